"""Values of GitHub's answers as rows have them: bounded texts, addresses, times with a zone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from release_ops.store import clean_text

TEXT_LIMIT = 1_000
URL_LIMIT = 2_000


def text(value: Any, limit: int = TEXT_LIMIT) -> str:
    """Text that PostgreSQL can hold, at most `limit` characters; empty for null. TypeError for anything else."""
    if value is None:
        return ""
    if not isinstance(value, str):
        raise TypeError(f"{value!r:.80} is no text")
    return clean_text(value[:limit])


def address(value: Any) -> str:
    """Address of a page; empty for null, for one that is too long, and for any that is not http(s)."""
    if not isinstance(value, str) or len(value) > URL_LIMIT:
        return ""
    try:
        scheme = urlsplit(value).scheme
    except ValueError:
        return ""
    return clean_text(value) if scheme in ("http", "https") else ""


def instant(value: Any) -> datetime:
    """Time with a zone; ValueError for a time without one, TypeError for what is no text."""
    time = datetime.fromisoformat(value)
    if time.tzinfo is None:
        raise ValueError(f"{value!r} has no zone")
    return time


def instant_or_none(value: Any) -> datetime | None:
    """Time with a zone; None for null."""
    return None if value is None else instant(value)


def written_instant(value: Any) -> datetime | None:
    """Time that a commit's author wrote, which may be none at all; None then."""
    try:
        return instant(value)
    except (TypeError, ValueError, OverflowError):
        return None


def count(value: Any) -> int:
    """Whole number from 0; ValueError for anything else."""
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError(f"{value!r:.80} is no count")
    return value


def nodes(connection: Mapping[str, Any] | None) -> list[Any]:
    """Entries of a connection, without those that GitHub left null."""
    return [one for one in (connection or {}).get("nodes") or () if one is not None]


def login(actor: Mapping[str, Any] | None) -> str:
    """Login of an account; empty for one that is gone."""
    return text((actor or {}).get("login"), 255)


def is_bot(actor: Mapping[str, Any] | None) -> bool:
    """True for a program's account."""
    return (actor or {}).get("__typename") == "Bot"


def labels(entry: Mapping[str, Any]) -> list[str]:
    """Names of its labels; GitHub lets an entry have 100."""
    return [text(one["name"], 255) for one in nodes(entry["labels"])]
