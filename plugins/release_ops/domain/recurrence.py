"""Recurrence rules of RFC 5545: checked, bounded, and expanded in wall-clock time."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from heapq import merge
from itertools import groupby, islice, takewhile
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr

from release_ops.domain.rules import local_instant
from release_ops.domain.window_rules import RecurringBlackout

FREQUENCIES = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
MOST_IN_A_YEAR = 1000
"""Occurrences: more is no calendar of blackouts but business hours."""
LONGEST = timedelta(days=366)
"""Of one occurrence."""
LAST_YEAR = 2110
"""No occurrence after it is looked for."""
_KEYS = {
    "FREQ", "INTERVAL", "COUNT", "UNTIL", "BYDAY", "BYMONTH", "BYMONTHDAY", "BYSETPOS", "BYHOUR", "BYMINUTE", "WKST",
    "BYWEEKNO", "BYYEARDAY",
}  # fmt: skip
_UNTIL = re.compile(r"(\d{8})(?:T(\d{6})(Z?))?")
_EXAMPLE = "write one like FREQ=WEEKLY;BYDAY=FR"
_SHIFT = timedelta(days=2)
"""More than any change of a zone's clocks, a skipped day included."""


def checked_rule(text: str, start: datetime, zone: str) -> str:
    """Return the rule in one form, UNTIL as the wall-clock time in `zone`; `start` is the naive time that it counts from.

    Raises ValueError, `what is wrong; remedy`, for what RFC 5545 does not know, for hours, minutes and seconds as
    frequency, for more than `MOST_IN_A_YEAR` occurrences a year, and for a rule that names no time at all.
    """
    parts = _parts(text)
    if (frequency := parts.get("FREQ", "")) not in FREQUENCIES:
        if frequency in {"SECONDLY", "MINUTELY", "HOURLY"}:
            raise ValueError(f"FREQ={frequency} is too often; use FREQ=DAILY with BYHOUR, or windows.hours")
        raise ValueError(f"FREQ is one of {', '.join(FREQUENCIES)}; {_EXAMPLE}")
    if "UNTIL" in parts:
        parts["UNTIL"] = _until(parts["UNTIL"], zone)
        if parts["UNTIL"] < f"{start:%Y%m%dT%H%M%S}":
            raise ValueError(f"UNTIL is before its start {start:%Y-%m-%d %H:%M}; write a later day")
    rule = ";".join(f"{key}={value}" for key, value in parts.items())
    try:
        found = _walls(rule, start)
        year = [*islice(takewhile(lambda one: one < start + timedelta(days=3660), found), MOST_IN_A_YEAR * 10 + 1)]
    except (ValueError, TypeError, IndexError, OverflowError) as error:
        raise ValueError(f"is not a recurrence rule: {error}; {_EXAMPLE}") from None
    if not year and next(_walls(rule, start), None) is None:
        raise ValueError("names no day at all; check its days and months")
    if len(year) > MOST_IN_A_YEAR * 10:
        raise ValueError(f"comes more than {MOST_IN_A_YEAR} times a year; write windows.hours instead")
    return rule


def _parts(text: str) -> dict[str, str]:
    parts: dict[str, str] = {}
    for piece in text.upper().replace(" ", "").removeprefix("RRULE:").strip(";").split(";"):
        key, sign, value = piece.partition("=")
        if not sign or not value:
            raise ValueError(f"{piece or 'nothing'!r} is no part of a recurrence rule; {_EXAMPLE}")
        if key not in _KEYS:
            raise ValueError(f"{key} is not known in a recurrence rule; use {', '.join(sorted(_KEYS))}")
        if key in parts:
            raise ValueError(f"{key} is written twice; keep one")
        parts[key] = value
    if "COUNT" in parts and "UNTIL" in parts:
        raise ValueError("COUNT and UNTIL exclude each other; keep one")
    for key, most in (("INTERVAL", 400), ("COUNT", 100_000)):
        if key in parts and not (parts[key].isascii() and parts[key].isdigit() and 1 <= int(parts[key]) <= most):
            raise ValueError(f"{key}={parts[key]} is out of range; write a number from 1 to {most}")
    return parts


def _until(text: str, zone: str) -> str:
    match = _UNTIL.fullmatch(text)
    if match is None:
        raise ValueError(f"UNTIL={text} is no date; write it like UNTIL=20271231")
    try:
        if match[2] is None:
            datetime.strptime(match[1], "%Y%m%d")  # noqa: DTZ007 - only whether it is a day
            return f"{match[1]}T235959"
        moment = datetime.strptime(match[1] + match[2], "%Y%m%d%H%M%S")  # noqa: DTZ007 - a wall-clock time
    except ValueError:
        raise ValueError(f"UNTIL={text} is no date; write it like UNTIL=20271231") from None
    if match[3]:
        moment = moment.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    return f"{moment:%Y%m%dT%H%M%S}"


def _walls(rule: str, start: datetime) -> Iterator[datetime]:
    if not rule:
        return iter(())
    return iter(rrulestr(rule, dtstart=start))


def rule_starts(blackout: RecurringBlackout) -> Iterator[datetime]:
    """Naive starts that a blackout's rule names, whatever is added or left out."""
    return _walls(blackout.rule, blackout.start)


class Occurrences:
    """The times of one recurring blackout as aware UTC spans, expanded as far as somebody has asked."""

    def __init__(self, blackout: RecurringBlackout) -> None:
        self.blackout = blackout
        self._zone = ZoneInfo(blackout.zone)
        self._starts: list[datetime] = []
        self._ends: list[datetime] = []
        self._expanded = datetime.min.replace(tzinfo=UTC)
        without = set(blackout.without)
        starts = merge(_walls(blackout.rule, blackout.start), sorted(blackout.also))
        self._rest = (one for one, _ in groupby(starts) if one not in without and one.year <= LAST_YEAR)

    def covering(self, moment: datetime) -> datetime | None:
        """Last end of the occurrences that cover an aware UTC moment (start included, end not); None: it is outside."""
        return max((end for _, end in self._near(moment, moment) if end > moment), default=None)

    def between(self, start: datetime, end: datetime) -> list[tuple[datetime, datetime]]:
        """Occurrences, earliest first, that overlap the span of two aware UTC moments."""
        return [(one, last) for one, last in self._near(start, end) if last > start and one < end]

    def _near(self, first: datetime, last: datetime) -> list[tuple[datetime, datetime]]:
        """Occurrences that begin up to `last` and may reach `first`, earliest first."""
        while self._expanded <= last + _SHIFT:
            wall = next(self._rest, None)
            if wall is None:
                self._expanded = datetime.max.replace(tzinfo=UTC)
            else:
                self._add(wall)
        low = bisect_left(self._starts, first - self.blackout.lasts - _SHIFT)
        high = bisect_right(self._starts, last)
        return [*zip(self._starts[low:high], self._ends[low:high], strict=True)]

    def _add(self, wall: datetime) -> None:
        last = wall + self.blackout.lasts
        start = local_instant(wall.date(), wall.time(), self._zone).astimezone(UTC)
        end = local_instant(last.date(), last.time(), self._zone).astimezone(UTC)
        self._expanded = max(self._expanded, start)
        if end > start:  # the clocks may skip all of an occurrence, or the start of one past that of the next
            place = bisect_right(self._starts, start)
            self._starts.insert(place, start)
            self._ends.insert(place, end)


@lru_cache(maxsize=4096)
def occurrences(blackout: RecurringBlackout) -> Occurrences:
    """The expansion of a recurring blackout, kept for the next question."""
    return Occurrences(blackout)


def as_wall(day: date) -> datetime:
    """First wall-clock moment of a day."""
    return datetime(day.year, day.month, day.day)  # noqa: DTZ001 - wall-clock time of a recurrence
