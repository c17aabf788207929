"""The forms that a rule of a date has: each knows the day that it names, and how it is written."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from release_ops.domain.business_days import Days
from release_ops.domain.model import MilestoneKind

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
START = "start"
"""Anchor of a release's first day: `start` of the release, or the day of its first milestone."""
ANCHORS = frozenset({START, *(kind.value for kind in MilestoneKind)})
"""Anchors that every grammar knows; the others are ids of events."""
_ORDINAL_NAMES = {1: "first", 2: "second", 3: "third", 4: "fourth", -1: "last"}

DayOf = Callable[[str], date]
"""Day of an anchor by its name."""


def monday(day: date) -> date:
    """First day of a date's week."""
    return day - timedelta(days=day.weekday())


def add_months(day: date, months: int) -> date:
    """Return the same day of another month; its last day where the month is shorter."""
    month = day.year * 12 + day.month - 1 + months
    year, month = month // 12, month % 12 + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


class Unit(StrEnum):
    """What an offset counts."""

    WEEKS = "w"
    DAYS = "d"
    BUSINESS_DAYS = "bd"
    MONTHS = "mo"
    YEARS = "y"


@dataclass(frozen=True, slots=True)
class Offset:
    """So many units after GA; negative: before; 0 is GA's own date. A month or year that lacks the day ends earlier."""

    count: int
    unit: Unit = Unit.DAYS

    def __str__(self) -> str:
        """`-4w`; `ga` for no days."""
        return f"{self.count:+d}{self.unit}" if self.count or self.unit is not Unit.DAYS else "ga"

    @property
    def anchors(self) -> tuple[str, ...]:
        """None but GA."""
        return ()

    def day(self, ga: date, days: Days, day_of: DayOf) -> date:
        """Day of the offset from `ga`. Business days do not count that day itself."""
        del day_of
        if self.unit is Unit.BUSINESS_DAYS:
            return days.shift(ga, self.count)
        if self.unit in {Unit.MONTHS, Unit.YEARS}:
            return add_months(ga, self.count * (12 if self.unit is Unit.YEARS else 1))
        return ga + timedelta(days=self.count * (7 if self.unit is Unit.WEEKS else 1))


@dataclass(frozen=True, slots=True)
class OrdinalWeekday:
    """The `ordinal`-th `weekday` (0 Monday; ordinal -1: the last) of the month `months` after GA's month."""

    ordinal: int
    weekday: int
    months: int = 0

    def __str__(self) -> str:
        """`third Thursday`, `first Monday of month -1`."""
        text = f"{_ORDINAL_NAMES[self.ordinal]} {WEEKDAYS[self.weekday]}"
        return f"{text} of month {self.months:+d}" if self.months else text

    @property
    def anchors(self) -> tuple[str, ...]:
        """None but GA."""
        return ()

    def day(self, ga: date, days: Days, day_of: DayOf) -> date:
        """Day in GA's month, or in one before or after it."""
        del days, day_of
        return self.of(ga)

    def of(self, day: date) -> date:
        """Day in a date's month, or in one before or after it."""
        first = add_months(day.replace(day=1), self.months)
        if self.ordinal > 0:
            return first + timedelta(days=(self.weekday - first.weekday()) % 7 + 7 * (self.ordinal - 1))
        last = first.replace(day=monthrange(first.year, first.month)[1])
        return last - timedelta(days=(last.weekday() - self.weekday) % 7)


@dataclass(frozen=True, slots=True)
class MonthEdge:
    """The first or the last day of the month `months` after GA's month."""

    last: bool
    months: int = 0

    def __str__(self) -> str:
        """`last day of month +60`."""
        text = f"{'last' if self.last else 'first'} day of month"
        return f"{text} {self.months:+d}" if self.months else text

    @property
    def anchors(self) -> tuple[str, ...]:
        """None but GA."""
        return ()

    def day(self, ga: date, days: Days, day_of: DayOf) -> date:
        """First or last day of the month."""
        del days, day_of
        first = add_months(ga.replace(day=1), self.months)
        return first.replace(day=monthrange(first.year, first.month)[1]) if self.last else first


@dataclass(frozen=True, slots=True)
class WeekLabel:
    """A weekday of the week `weeks` after GA's week, which is R+0; weeks start on Monday."""

    weeks: int
    weekday: int = 0

    def __str__(self) -> str:
        """`R-5`, `R-5 Thursday`."""
        return f"R{self.weeks:+d}" + (f" {WEEKDAYS[self.weekday]}" if self.weekday else "")

    @property
    def anchors(self) -> tuple[str, ...]:
        """None but GA."""
        return ()

    def day(self, ga: date, days: Days, day_of: DayOf) -> date:
        """Day in the week that the label names."""
        del days, day_of
        return monday(ga) + timedelta(weeks=self.weeks, days=self.weekday)


@dataclass(frozen=True, slots=True)
class WeekNumber:
    """A weekday of a week of the cycle; the week that the release starts in is number 1."""

    number: int
    weekday: int = 0

    def __str__(self) -> str:
        """`week 4`, `week 4 Tuesday`."""
        return f"week {self.number}" + (f" {WEEKDAYS[self.weekday]}" if self.weekday else "")

    @property
    def anchors(self) -> tuple[str, ...]:
        """The start of the cycle."""
        return (START,)

    def day(self, ga: date, days: Days, day_of: DayOf) -> date:
        """Day in the week of that number."""
        del ga, days
        return monday(day_of(START)) + timedelta(weeks=self.number - 1, days=self.weekday)


@dataclass(frozen=True, slots=True)
class Anchor:
    """The day of another milestone or event of the release, or of its start."""

    name: str

    def __str__(self) -> str:
        """`beta`; an event's id with `+0d`, because a lone word is more often a typing error."""
        return self.name if self.name in ANCHORS else f"{self.name} +0d"

    @property
    def anchors(self) -> tuple[str, ...]:
        """What it names."""
        return (self.name,)

    def day(self, ga: date, days: Days, day_of: DayOf) -> date:
        """Day of what it names."""
        del ga, days
        return day_of(self.name)


@dataclass(frozen=True, slots=True)
class NearWeekday:
    """The nearest `weekday` after (or before) the day that `anchor` names; with `same`, that day itself counts."""

    weekday: int
    after: bool
    anchor: str = "ga"
    same: bool = False

    def __str__(self) -> str:
        """`Thursday before ga`, `Tuesday on or after beta`."""
        on = "on or " if self.same else ""
        return f"{WEEKDAYS[self.weekday]} {on}{'after' if self.after else 'before'} {self.anchor}"

    @property
    def anchors(self) -> tuple[str, ...]:
        """What it is near to, unless that is GA."""
        return () if self.anchor == "ga" else (self.anchor,)

    def day(self, ga: date, days: Days, day_of: DayOf) -> date:
        """Day within a week of the anchor's."""
        del days
        near = ga if self.anchor == "ga" else day_of(self.anchor)
        if self.same and near.weekday() == self.weekday:
            return near
        if self.after:
            return near + timedelta(days=(self.weekday - near.weekday() - 1) % 7 + 1)
        return near - timedelta(days=(near.weekday() - self.weekday - 1) % 7 + 1)


Base = Offset | OrdinalWeekday | MonthEdge | WeekLabel | WeekNumber | Anchor | NearWeekday


@dataclass(frozen=True, slots=True)
class Sum:
    """A rule and offsets that are added to its day, one after the other."""

    base: Base
    steps: tuple[Offset, ...]

    def __str__(self) -> str:
        """`-4w +1d`, `beta +2d`."""
        base = self.base.name if isinstance(self.base, Anchor) else str(self.base)
        return " ".join([base, *(f"{step.count:+d}{step.unit}" for step in self.steps)])

    @property
    def anchors(self) -> tuple[str, ...]:
        """Those of its base."""
        return self.base.anchors

    def day(self, ga: date, days: Days, day_of: DayOf) -> date:
        """Day of the base, and from there on."""
        day = self.base.day(ga, days, day_of)
        for step in self.steps:
            day = step.day(day, days, day_of)
        return day


Rule = Base | Sum
