"""Numbers as sentences have them."""

from __future__ import annotations


def days_text(count: int) -> str:
    """Return `1 day`, `2 days`."""
    return "1 day" if count == 1 else f"{count} days"


def capital(text: str) -> str:
    """The text with its first letter as a capital; `capitalize` would make `Ga` of GA."""
    return text[:1].upper() + text[1:]
