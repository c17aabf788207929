"""One file per outside system; no decisions."""
