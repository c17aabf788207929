"""Ways to reach people."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """One way to reach an audience: kind `outbox`, `slack` or `email`."""

    kind: str
    connection: str | None = None
    to: str = ""
    """Slack channel or mail address; empty for the outbox."""
