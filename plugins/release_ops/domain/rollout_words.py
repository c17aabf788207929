"""Lengths of time in a rollout, for people."""

from __future__ import annotations


def words_of(seconds: float) -> str:
    """A length of time: `90 s`, `15 min`, `24 h`."""
    for unit, size in (("h", 3600), ("min", 60)):
        if seconds >= size and seconds % size == 0:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:g} s"
