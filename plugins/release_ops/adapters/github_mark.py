"""How far a reading of GitHub got, and how much it asks for at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from release_ops.adapters.github_api import PAGE
from release_ops.adapters.github_values import instant

QUICK = 3.0
"""Seconds of an answer after which more is asked for. GitHub ends a query after ten."""
WATCHED = 100
"""Entries that are looked at again, at most; GitHub takes no more ids in a query."""


@dataclass
class PageSize:
    """Entries asked for at once: half as many after what was too much, twice as many after quick answers."""

    entries: int
    watched: int = WATCHED
    needed: int = 1
    """Quick answers in a row before more is asked for."""
    quick: int = 0

    def answered(self, seconds: float) -> None:
        """An answer came after so long."""
        self.quick = self.quick + 1 if seconds <= QUICK else 0
        if self.quick >= self.needed:
            self.quick, self.entries = 0, min(self.entries * 2, PAGE)

    def refused(self) -> None:
        """It was too much."""
        self.entries, self.watched = max(self.entries // 2, 1), max(self.watched // 2, 1)
        self.quick, self.needed = 0, min(self.needed * 4, 16)


@dataclass
class Mark:
    """Where a reading is. `since`: how far back the first one went."""

    since: datetime
    read: datetime | None = None
    """All that moved before is read; None until a reading got to its end."""
    top: datetime | None = None
    """When the newest entry of an unfinished reading moved."""
    after: str | None = None
    """GitHub's cursor of the last page of an unfinished reading."""
    watch: dict[str, tuple[datetime, str]] = field(default_factory=dict)
    """GitHub's id to until when, and our key."""

    @classmethod
    def of(cls, kept: Mapping[str, Any], since: datetime) -> Mark:
        """From a watermark; one that goes back less far than is wanted now, or is none of ours, counts as none."""
        try:
            went = instant(kept["since"])
            if went > since + timedelta(days=1):
                return cls(since)
            return cls(
                went,
                instant(kept["read"]) if kept.get("read") else None,
                instant(kept["top"]) if kept.get("after") else None,
                str(kept["after"]) if kept.get("after") else None,
                {str(id_): (instant(until), str(key)) for id_, (until, key) in dict(kept.get("watch") or {}).items()},
            )
        except (KeyError, TypeError, ValueError):
            return cls(since)

    def kept(self) -> dict[str, Any]:
        """As a watermark, JSON-safe."""
        found: dict[str, Any] = {"since": self.since.isoformat()}
        if self.read:
            found["read"] = self.read.isoformat()
        if self.after and self.top:
            found |= {"top": self.top.isoformat(), "after": self.after}
        last = sorted(self.watch.items(), key=lambda one: (one[1][0], one[0]), reverse=True)[:WATCHED]
        return {**found, "watch": {id_: [until.isoformat(), key] for id_, (until, key) in last}} if last else found
