"""What a release is and how we decide: pure functions over frozen dataclasses."""
