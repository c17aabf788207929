"""A stretch of days that a page shows, and the ones that people ask for by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property

from release_ops.domain.months import later as month_later

LONGEST = timedelta(days=800)
"""A longer period is not shown: its days would be narrower than a line."""
EARLIEST, LATEST = date(1900, 1, 1), date(2199, 12, 31)
"""Days that can be shown: beside the ends of what a date can hold, zones and holidays cannot be reckoned."""
HALF_YEAR = timedelta(days=183)
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Period:
    """Days from `first` to `last`, both included, as UTC counts them.

    ValueError: empty, longer than `LONGEST`, or not between `EARLIEST` and `LATEST`.
    """

    first: date
    last: date

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise ValueError(f"it ends on {self.last}, before it begins on {self.first}; exchange the two")
        if self.first < EARLIEST or self.last > LATEST:
            raise ValueError(
                f"{self.first} to {self.last} is not between {EARLIEST} and {LATEST}; choose days in between"
            )
        if self.last - self.first >= LONGEST:
            raise ValueError(f"{self.first} to {self.last} is longer than {LONGEST.days} days; choose a shorter period")

    @cached_property
    def start(self) -> datetime:
        """First instant of it."""
        return datetime.combine(self.first, time(0), UTC)

    @cached_property
    def end(self) -> datetime:
        """First instant after it."""
        return datetime.combine(self.last, time(0), UTC) + _DAY

    @property
    def days(self) -> int:
        """How many days it has."""
        return (self.last - self.first).days + 1

    def holds(self, at: datetime) -> bool:
        """Whether an aware instant lies in it."""
        return self.start <= at < self.end

    def place(self, at: datetime) -> float:
        """Where an aware instant lies, 0 at the start and 1 at the end; below 0 and above 1 outside."""
        return (at - self.start) / (self.end - self.start)

    def earlier(self) -> Period:
        """The period of the same length right before it; months stay months."""
        return _moved(self, -1)

    def later(self) -> Period:
        """The period of the same length right after it."""
        return _moved(self, 1)


def named(name: str, today: date) -> Period:
    """Period by one of NAMES. KeyError for another name."""
    first, months = _NAMED[name]
    start = month_later(today, first(today))
    return Period(start, month_later(start, months) - _DAY)


def around(first: date | None, last: date | None) -> Period:
    """Six months from a first day, or up to a last day."""
    if first is not None:
        return Period(first, first + HALF_YEAR - _DAY)
    last = last or date.max
    return Period(last - HALF_YEAR + _DAY, last)


_NAMED: dict[str, tuple[Callable[[date], int], int]] = {
    "coming": (lambda _: -1, 6),
    "month": (lambda _: 0, 1),
    "quarter": (lambda day: -((day.month - 1) % 3), 3),
    "half_year": (lambda day: -((day.month - 1) % 6), 6),
    "year": (lambda day: 1 - day.month, 12),
}
NAMES = {
    "coming": "Six months",
    "month": "This month",
    "quarter": "This quarter",
    "half_year": "This half-year",
    "year": "This year",
}
"""Periods by name, and how people read them; the first is what is shown when nobody asks."""


def _moved(period: Period, way: int) -> Period:
    after = period.last + _DAY
    if period.first.day == after.day == 1:
        months = (after.year - period.first.year) * 12 + after.month - period.first.month
        first = month_later(period.first, way * months)
        return Period(first, month_later(first, months) - _DAY)
    by = way * timedelta(days=period.days)
    return Period(period.first + by, period.last + by)
