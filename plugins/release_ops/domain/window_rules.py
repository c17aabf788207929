"""The nouns of open and closed time: what closes a window, business hours, recurring blackouts, others' freezes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from release_ops.domain.model import ReleaseType


class Closer(StrEnum):
    """What kind of rule closes a window, in the order in which they are told when they end together."""

    BLACKOUTS = "blackouts"
    CALENDARS = "calendars"
    DOWNSTREAM = "downstream"
    HOLIDAYS = "holidays"
    HOURS = "hours"


@dataclass(frozen=True, slots=True)
class Hours:
    """Business hours of a week in a product's wall-clock time.

    `week` has seven entries, Monday first; each holds (start, end) in minutes after midnight of its day. An end above 1440
    lies on the next day: `22:00-06:00` on Monday closes on Tuesday morning.
    """

    week: tuple[tuple[tuple[int, int], ...], ...]

    def __post_init__(self) -> None:
        if len(self.week) != 7:
            raise ValueError("a week has seven days")


@dataclass(frozen=True, slots=True, kw_only=True)
class RecurringBlackout:
    """A blackout that comes again. All of its times are wall-clock times in `zone`: `22:00` stays 22:00 over DST.

    Make it with a rule that `recurrence.checked_rule` returned; a rule that names no day closes nothing.
    """

    start: datetime
    """Naive: where the rule begins to count, and its time of day."""
    lasts: timedelta
    """Wall-clock length of each occurrence."""
    rule: str
    """RFC 5545 recurrence rule without UTC in its UNTIL; empty: only the days in `also`."""
    zone: str
    reason: str
    without: tuple[datetime, ...] = ()
    """Naive starts that the rule names and that do not close (EXDATE)."""
    also: tuple[datetime, ...] = ()
    """Naive starts beside the rule's (RDATE)."""
    calendar: str = ""
    """File that it comes from; empty: the product file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignFreeze:
    """Another product's freeze, both ends aware, in which what it builds on may not be changed under it."""

    product: str
    version: str
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Peak:
    """A time in which a release hurts more: ISO days, both with their year or both `11-20` of every year; end included."""

    start: str
    end: str
    impact: float
    """0..1."""
    reason: str

    def covers(self, day: date) -> bool:
        """Whether a day is in it; without years a peak may reach over New Year."""
        text = day.isoformat()[-len(self.start) :]
        if self.start <= self.end:
            return self.start <= text <= self.end
        return text >= self.start or text <= self.end


@dataclass(frozen=True, slots=True)
class Preference:
    """Weekdays (0 Monday) and spans of minutes after midnight that suit releases of a type."""

    days: frozenset[int]
    spans: tuple[tuple[int, int], ...]

    def suits(self, at: datetime) -> tuple[bool, bool]:
        """Whether the weekday and the time of day of a local time suit."""
        minute = at.hour * 60 + at.minute
        return at.weekday() in self.days, any(
            start <= minute < end or start <= minute + 1440 < end for start, end in self.spans
        )


PARTS = ("impact", "people", "readiness", "risk", "compliance", "preference")
"""Parts of a proposal's score."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SchedulingPolicy:
    """How dates are weighed. The mappings by release type are keyed by `ReleaseType`."""

    weights: Mapping[str, float] = field(default_factory=lambda: dict.fromkeys(PARTS, 1.0))
    busy: tuple[float, ...] = (0.0,) * 7
    """Business impact 0..1 of each weekday, Monday first."""
    peaks: tuple[Peak, ...] = ()
    prefer: Mapping[ReleaseType, Preference] = field(default_factory=dict)
    spacing: Mapping[ReleaseType, timedelta] = field(default_factory=dict)
