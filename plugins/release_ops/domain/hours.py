"""Business hours: read from words like `mon-thu: "09:00-16:00"`, and asked for their open times."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from release_ops.domain.rules import WEEKDAYS, local_instant, parse_weekday
from release_ops.domain.window_rules import Hours

_RANGE = re.compile(r"(\d{1,2}):(\d{2})\s*[-–]\s*(\d{1,2}):(\d{2})")
_DAY = 1440
_LOOK_AHEAD = 60
"""Days in which every week that has hours opens, whatever the clocks skip."""


def parse_days(text: str) -> tuple[int, ...]:
    """Weekdays (0 Monday) of `mon`, `mon-thu`, `fri-mon`, `mon, wed` or `daily`; ValueError with a remedy."""
    words = text.strip().lower().replace("–", "-")
    if words in {"daily", "every day"}:
        return tuple(range(7))
    found: list[int] = []
    for piece in words.split(","):
        first, dash, last = (word.strip() for word in piece.partition("-"))
        start = parse_weekday(first)
        end = parse_weekday(last) if dash else start
        found += [(start + step) % 7 for step in range((end - start) % 7 + 1)]
    return tuple(dict.fromkeys(found))


def parse_ranges(text: str) -> tuple[tuple[int, int], ...]:
    """Minutes of `09:00-12:00, 13:00-16:00`; `22:00-06:00` ends on the next day; `closed` is none. ValueError otherwise."""
    if text.strip().lower() == "closed":
        return ()
    found = []
    for piece in text.split(","):
        match = _RANGE.fullmatch(piece.strip())
        if match is None:
            raise ValueError(f"{piece.strip()!r} is no span of hours; write it like 09:00-16:00")
        start, end = int(match[1]) * 60 + int(match[2]), int(match[3]) * 60 + int(match[4])
        if max(int(match[2]), int(match[4])) > 59 or start >= _DAY or end > _DAY:
            raise ValueError(f"{piece.strip()!r} has a time that no day has; write times from 00:00 to 24:00")
        if start == end:
            raise ValueError(f"{piece.strip()!r} lasts no time; write 00:00-24:00 for the whole day")
        found.append((start, end if end > start else end + _DAY))
    return tuple(sorted(found))


def read_hours(entries: Mapping[str, Sequence[str]]) -> Hours:
    """Hours of a week from days to spans; a day that is not named is closed.

    Raises ValueError for days that two entries name, for spans that overlap (also over midnight), and for no hours at all.
    """
    week: list[tuple[tuple[int, int], ...]] = [()] * 7
    named: dict[int, str] = {}
    twice: list[str] = []
    for key, spans in entries.items():
        ranges = tuple(sorted(one for text in spans for one in parse_ranges(text)))
        for day in parse_days(key):
            if day in named:
                twice.append(f"{WEEKDAYS[day]} is in {named[day]!r} and in {key!r}")
            named[day] = key
            week[day] = ranges
    if twice:
        raise ValueError(f"{', and '.join(twice)}; name {'it' if len(twice) == 1 else 'each'} once")
    if not any(week):
        raise ValueError("never open; write some hours, or remove `hours`")
    opened = sorted((day * _DAY + start, day * _DAY + end) for day, ranges in enumerate(week) for start, end in ranges)
    following = [*opened[1:], (opened[0][0] + 7 * _DAY, 0)]
    starts = [start for (_, end), (start, _) in zip(opened, following, strict=True) if start < end]
    if starts:
        days = dict.fromkeys(WEEKDAYS[day] for day in sorted(start // _DAY % 7 for start in starts))
        raise ValueError(f"the hours of {' and '.join(days)} overlap; write spans that follow each other")
    return Hours(tuple(week))


def open_span(hours: Hours, moment: datetime, zone: ZoneInfo) -> tuple[datetime, datetime] | None:
    """The open span in UTC that an aware moment is in, else the next one; None: there is none. Its end is exclusive."""
    utc = moment.astimezone(UTC)
    day = moment.astimezone(zone).date() - timedelta(days=2)
    for step in range(_LOOK_AHEAD):
        for start, end in _spans(hours, day + timedelta(days=step), zone):
            if end > utc:
                return start, end
    return None


def _spans(hours: Hours, day: date, zone: ZoneInfo) -> Iterator[tuple[datetime, datetime]]:
    for start, end in hours.week[day.weekday()]:
        first, last = _instant(day, start, zone), _instant(day, end, zone)
        if last > first:  # not one that the clocks skip
            yield first, last


def _instant(day: date, minutes: int, zone: ZoneInfo) -> datetime:
    days, rest = divmod(minutes, _DAY)
    return local_instant(day + timedelta(days=days), time(rest // 60, rest % 60), zone).astimezone(UTC)


@lru_cache(maxsize=256)
def describe(hours: Hours) -> str:
    """`Mon-Thu 09:00-16:00, Fri 09:00-12:00`."""
    found: list[str] = []
    day = 0
    while day < 7:
        last = day
        while last < 6 and hours.week[last + 1] == hours.week[day]:
            last += 1
        if hours.week[day]:
            names = WEEKDAYS[day][:3] + (f"-{WEEKDAYS[last][:3]}" if last > day else "")
            found.append(f"{names} {' and '.join(map(_span_text, hours.week[day]))}")
        day = last + 1
    return ", ".join(found)


def _span_text(span: tuple[int, int]) -> str:
    start, end = span
    shown = end if end <= _DAY else end - _DAY
    return f"{start // 60:02}:{start % 60:02}-{shown // 60:02}:{shown % 60:02}"
