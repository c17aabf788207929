"""Release Ops: what a release is, how it is decided, and the acts that carry it out."""
