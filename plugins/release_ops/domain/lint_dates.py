"""What looks wrong about a list of dates, wherever it comes from: stages, weekdays and weeks that contradict each other."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from itertools import pairwise
from statistics import median

from release_ops.domain.rules import WEEKDAYS, Rule, WeekLabel, WeekNumber, add_months, monday, parse_rule

_STAGES = {"alpha": 0, "beta": 1, "candidate": 2, "rc": 2, "ga": 3, "final": 3, "": 3}
_STAGE = re.compile(
    r"v?(?P<version>\d{1,6}(?:\.\d{1,6}){1,2})"
    r"(?:[ .-]*(?P<stage>alpha|beta|candidate|rc|final)[ .-]?(?P<number>\d{0,6}))?(?: released)?"
)
_BARE = re.compile(r"(?P<stage>alpha|beta|candidate|rc|ga|final)[ _.-]?(?P<number>\d{0,6})(?: released)?")
_LONGEST_PAUSE = 366
"""Days between two stages of one version: no project takes longer from one to the next."""
_YEARS = (12, -12, 24, -24, 36, -36)
"""Months by which a mistyped year is off."""
_STRAY = 180
"""Days that a date is away from all others of its list before its year is doubted."""


_AGREEING = 3
"""Written weeks from which on they are believed rather than GA."""
_MARGIN = timedelta(days=62)
"""How far before and after the others a date may be that another year brings among them."""


class Doubtful(StrEnum):
    """What is doubtful about a date."""

    WEEKDAY = "weekday"
    WEEK = "week"
    HEADER = "header"
    START = "start"
    SPELLING = "spelling"
    BACKWARDS = "backwards"
    YEAR = "year"
    TWICE = "twice"
    ORDER = "order"
    LONG = "long"


@dataclass(frozen=True, slots=True, kw_only=True)
class DateRow:
    """One dated line of somebody's schedule."""

    name: str
    """What it is; `3.9.0 beta 1`, `1.23.0-rc.0 released` and `rc_2` are stages of a release."""
    day: date
    weekday: int | None = None
    """Weekday that is written with it, 0 for Monday."""
    week: str = ""
    """Week that is written with it, `R-5` or `week 4`."""
    ends: date | None = None
    """Last day of an entry of several days."""


@dataclass(frozen=True, slots=True)
class DateDoubt:
    """One thing that is wrong in a list of dates; `row` is the place of the one to blame, None for GA or the start."""

    row: int | None
    kind: Doubtful
    message: str
    remedy: str
    instead: date | None = None
    """The date that was meant, where everything else says so."""

    def __str__(self) -> str:
        """`what is wrong; remedy`."""
        return f"{self.message}; {self.remedy}"


def lint_dates(
    rows: Sequence[DateRow], *, ga: date | None = None, start: date | None = None, listed: bool = False
) -> list[DateDoubt]:
    """Return what is doubtful about rows, ordered by their places.

    Stages of one version, of the patches of one line, and of the lines of one major version have to follow each other in
    time; of those that do not, the fewest are blamed, and of equal choices the one that another year or month would put
    right. Weeks are compared with the week of `ga` (R-5) or of `start` (week 4): when most that are written differ by the
    same number, that day is blamed and not they. `listed` says that the rows stand in the order of their days; if their
    weeks are counted to GA, the first of them is that of `start`.
    Days are of the years 20 to 9980.
    """
    found = [
        *_weekdays(rows),
        *_weeks(rows, ga, start),
        *_stages(rows),
        *_strays(rows),
        *_twice(rows),
        *_long(rows),
        *(_out_of_order(rows) if listed else ()),
        *(_first_week(rows, start) if listed and start is not None else ()),
    ]
    in_weeks = {doubt.row: doubt for doubt in found if doubt.kind is Doubtful.WEEK}
    said: dict[tuple[int | None, Doubtful], DateDoubt] = {}
    for first in found:
        doubt = first
        if first.kind in {Doubtful.WEEKDAY, Doubtful.YEAR} and (better := in_weeks.get(first.row)) is not None:
            doubt = replace(first, remedy=better.remedy, instead=better.instead)  # week and weekday agree on it
        kind = Doubtful.BACKWARDS if doubt.kind is Doubtful.YEAR else doubt.kind  # one wrong year is told once
        said.setdefault((doubt.row, kind), doubt)
    return sorted(said.values(), key=lambda doubt: (-1 if doubt.row is None else doubt.row, doubt.kind))


def _weekdays(rows: Sequence[DateRow]) -> Iterable[DateDoubt]:
    for place, row in enumerate(rows):
        if row.weekday is None or row.day.weekday() == row.weekday:
            continue
        near = row.day + timedelta(days=(row.weekday - row.day.weekday() + 3) % 7 - 3)
        message = f"{row.name}: {row.day} is a {WEEKDAYS[row.day.weekday()]}, not a {WEEKDAYS[row.weekday]}"
        remedy = f"the nearest {WEEKDAYS[row.weekday]} is {near}: correct the date or the weekday"
        yield DateDoubt(place, Doubtful.WEEKDAY, message, remedy)


def _weeks(rows: Sequence[DateRow], ga: date | None, start: date | None) -> Iterable[DateDoubt]:
    rules = [_week_rule(row.week) for row in rows]
    for rule_type, anchor, name in ((WeekLabel, ga, "GA"), (WeekNumber, start, "the start")):
        if anchor is None:
            continue
        off: dict[int, int] = {}
        for place, (row, rule) in enumerate(zip(rows, rules, strict=True)):
            if not isinstance(rule, rule_type):
                continue
            stated = rule.weeks if isinstance(rule, WeekLabel) else _number(rule) - 1
            off[place] = (monday(row.day) - monday(anchor)).days // 7 - stated
            if row.week.replace(" ", "").upper() == "R-0":
                message = f"{row.name or row.day}: GA's week is R+0, not R-0"
                yield DateDoubt(place, Doubtful.SPELLING, message, "write R+0")
        usual, count = Counter(off.values()).most_common(1)[0] if off else (0, 0)
        if usual and count >= _AGREEING and 2 * count > len(off):
            meant = anchor + timedelta(weeks=usual)
            some = f"all {count}" if count == len(off) else f"{count} of {len(off)}"
            message = f"{some} weeks written here say that {name} is {_weeks_away(usual)} than {anchor}"
            yield DateDoubt(None, Doubtful.HEADER, message, f"did you mean the week of {monday(meant)}?", meant)
        else:
            usual = 0
        for place, shift in off.items():
            if shift != usual:
                row, rule, away = rows[place], rules[place], shift - usual
                right = _written(rule, away)
                message = f"{row.name or row.day}: {row.day} is not in {row.week} but {right}"
                meant = _in_week(row, monday(row.day) - timedelta(weeks=away))
                remedy = f"did you mean {meant}? correct the date or the week"
                yield DateDoubt(place, Doubtful.WEEK, message, remedy, meant)


def _written(rule: Rule | None, away: int) -> str:
    """`in R-4`, `in week 7`: the week so many weeks from that of a rule."""
    if isinstance(rule, WeekLabel):
        return f"in R{rule.weeks + away:+d}"
    number = _number(rule) + away
    return f"in week {number}" if number > 0 else "before the start"


def _in_week(row: DateRow, first: date) -> date:
    """The day that a row means in the week from `first`: one with another month or year, or else that week's weekday."""
    weekday = row.day.weekday() if row.weekday is None else row.weekday
    typed = (add_months(row.day, months) for months in (1, -1, *_YEARS))
    fitting = (day for day in typed if day.day == row.day.day and monday(day) == first)
    return next((day for day in fitting if row.weekday in {None, day.weekday()}), first + timedelta(days=weekday))


def _first_week(rows: Sequence[DateRow], start: date) -> Iterable[DateDoubt]:
    """A start outside the first of the weeks that are counted to GA, as when a schedule grew and its header did not."""
    first = min((row for row in rows if isinstance(_week_rule(row.week), WeekLabel)), key=_day, default=None)
    if first is not None and monday(first.day) != monday(start):
        message = f"the first week that is written here is {first.week} on {first.day}, and the start is {start}"
        remedy = f"did you mean a start in the week of {monday(first.day)}?"
        yield DateDoubt(None, Doubtful.START, message, remedy, monday(first.day))


def _day(row: DateRow) -> date:
    return row.day


def _week_rule(text: str) -> Rule | None:
    """The week that a text names; None for any other text, which nobody can compare."""
    try:
        return parse_rule(text) if text else None
    except ValueError:
        return None


def _number(rule: object) -> int:
    return rule.number if isinstance(rule, WeekNumber) else 0


def _weeks_away(shift: int) -> str:
    return f"{abs(shift)} week{'s' if abs(shift) > 1 else ''} {'later' if shift > 0 else 'earlier'}"


Key = tuple[tuple[int, ...], int, int]
"""Version, stage and its number: what stages are ordered by."""


def stage_of(name: str) -> Key | None:
    """Return what a stage is ordered by, `3.9.0 beta 1` as ((3, 9, 0), 1, 1), `beta_1` as ((), 1, 1); None for others."""
    words = " ".join(name.lower().split())
    if match := _STAGE.fullmatch(words):
        parts = [*map(int, match["version"].split(".")), 0][:3]
        stage = match["stage"] or ""
        return tuple(parts), _STAGES[stage], int(match["number"] or 0) if stage else 0
    if match := _BARE.fullmatch(words):
        return (), _STAGES[match["stage"]], int(match["number"] or 0)
    return None


def _stages(rows: Sequence[DateRow]) -> Iterable[DateDoubt]:
    keyed = [(key, place) for place, row in enumerate(rows) if (key := stage_of(row.name)) is not None]
    lines: dict[object, list[tuple[Key, int]]] = {}
    for key, place in keyed:
        lines.setdefault(key[0][:2], []).append((key, place))
        if key[0] and not key[0][2]:  # the same stage of 3.9.0, 3.10.0, 3.11.0
            lines.setdefault((key[0][0], key[1:]), []).append((key, place))
    told = set[int]()
    for line in lines.values():
        ordered = [place for _, place in sorted(line)]
        # Months are mistyped within a line; lines of one project are years apart.
        one_line = len({key[0][:2] for key, _ in line}) == 1
        for place, other, meant in _backwards(rows, ordered, (*_YEARS, 1, -1) if one_line else _YEARS):
            if place not in told:
                told.add(place)
                one, two = rows[place], rows[other]
                how = "before" if ordered.index(other) < ordered.index(place) else "after"
                message = f"{one.name} on {one.day} is {how} {two.name} on {two.day}"
                remedy = f"did you mean {meant}?" if meant else "correct one of them"
                yield DateDoubt(place, Doubtful.BACKWARDS, message, remedy, meant)
    for line in lines.values():
        yield from _pauses(rows, [(key, place) for key, place in sorted(line) if place not in told], told)


def _backwards(
    rows: Sequence[DateRow], ordered: list[int], months: Sequence[int]
) -> Iterable[tuple[int, int, date | None]]:
    """The fewest rows without which the others rise: each with a neighbour that it contradicts, and the day it may mean."""
    days = [rows[place].day for place in ordered]
    if all(one <= two for one, two in pairwise(days)):
        return
    choices = []
    for late in (False, True):
        kept = _rising(days, late=late)
        meant = {index: _meant(days, kept, index, months) for index in range(len(days)) if index not in kept}
        left = [days[index] for index in kept]
        choices.append(((sum(day is None for day in meant.values()), max(left) - min(left), late), meant, kept))
    _, meant, kept = min(choices, key=lambda choice: choice[0])
    for index, day in meant.items():
        before = max((one for one in kept if one < index), default=None)
        after = min((one for one in kept if one > index), default=None)
        if before is not None and days[index] < days[before]:
            yield ordered[index], ordered[before], day
        elif after is not None:
            yield ordered[index], ordered[after], day


def _rising(days: list[date], *, late: bool) -> set[int]:
    """Indices of a longest rising row of days; of several, the one that keeps early (or, `late`, later) ones."""
    best = [1] * len(days)
    previous: list[int | None] = [None] * len(days)
    for index, day in enumerate(days):
        for before in range(index):
            longer = best[before] + 1
            if days[before] <= day and (longer > best[index] or (longer == best[index] and late)):
                best[index], previous[index] = longer, before
    ends = [index for index in range(len(days)) if best[index] == max(best)]
    # Where the last of two is the later day, the one kept longest is the earlier in the list, and the other way round.
    at: int | None = ends[-1] if late else ends[0]
    kept = set[int]()
    while at is not None:
        kept.add(at)
        at = previous[at]
    return kept


def _meant(days: list[date], kept: set[int], index: int, months: Sequence[int]) -> date | None:
    """The day in a neighbouring year or month that fits between the neighbours of a row that does not."""
    low = max((days[one] for one in kept if one < index), default=date.min)
    high = min((days[one] for one in kept if one > index), default=date.max)
    shifted = [add_months(days[index], count) for count in months]
    fitting = [day for day in shifted if low <= day <= high and day.day == days[index].day]
    return min(fitting, key=lambda day: abs(day - days[index]), default=None)


def _pauses(rows: Sequence[DateRow], line: list[tuple[Key, int]], told: set[int]) -> Iterable[DateDoubt]:
    """Stages of one version more than a year apart."""
    for (one, first), (two, second) in pairwise(line):
        days = (rows[second].day - rows[first].day).days
        if one[0] != two[0] or days <= _LONGEST_PAUSE or {first, second} & told:
            continue
        last = second == line[-1][1]
        blamed, other = (second, first) if last or first != line[0][1] else (first, second)
        meant = add_months(rows[blamed].day, -12 if blamed == second else 12)
        told.add(blamed)
        row, near = rows[blamed], rows[other]
        message = f"{row.name} on {row.day} is more than a year from {near.name} on {near.day}"
        yield DateDoubt(blamed, Doubtful.YEAR, message, f"did you mean {meant}?", meant)


def _strays(rows: Sequence[DateRow]) -> Iterable[DateDoubt]:
    """Dates of one list, but for stages of several versions, that another year would bring among the others."""
    if len({key[0] for row in rows if (key := stage_of(row.name)) is not None}) > 1 or len(rows) < 3:
        return
    for place, row in enumerate(rows):
        others = [one.day for index, one in enumerate(rows) if index != place]
        if min(abs(day - row.day) for day in others) <= timedelta(days=_STRAY):
            continue
        low, high = min(others), max(others)
        for years in (1, -1, 2, -2, 3, -3, 10, -10):
            meant = add_months(row.day, 12 * years)
            if low - meant <= _MARGIN and meant - high <= _MARGIN:
                message = f"{row.name} on {row.day} is {_STRAY} days or more from everything else"
                yield DateDoubt(place, Doubtful.YEAR, message, f"did you mean {meant}?", meant)
                break


def _twice(rows: Sequence[DateRow]) -> Iterable[DateDoubt]:
    """One stage with two dates."""
    first: dict[Key, int] = {}
    for place, row in enumerate(rows):
        key = stage_of(row.name)
        if key is None:
            continue
        other = rows[first.setdefault(key, place)]
        if other.day != row.day:
            message = f"{row.name} is on {other.day} and on {row.day}"
            yield DateDoubt(place, Doubtful.TWICE, message, "correct one of them")


def _long(rows: Sequence[DateRow]) -> Iterable[DateDoubt]:
    """Entries of several days that end before they begin, or last far longer than the others of their list."""
    lengths = [(row.ends - row.day).days for row in rows if row.ends is not None]
    usual = median(lengths) if len(lengths) > 2 else None
    for place, row in enumerate(rows):
        if row.ends is None:
            continue
        days = (row.ends - row.day).days
        if days < 0:
            yield DateDoubt(
                place, Doubtful.LONG, f"{row.name or row.day} ends on {row.ends}, before it begins", "correct one"
            )
        elif usual and days > 2 * usual:
            message = f"{row.name or row.day} from {row.day} to {row.ends} is more than twice as long as the others"
            meant = row.day + timedelta(days=int(usual))
            yield DateDoubt(place, Doubtful.LONG, message, f"did you mean {meant}?", meant)


def _out_of_order(rows: Sequence[DateRow]) -> Iterable[DateDoubt]:
    for place, (before, row) in enumerate(pairwise(rows), start=1):
        if row.day < before.day:
            message = f"{row.name or row.day} on {row.day} stands below {before.name or before.day} on {before.day}"
            yield DateDoubt(place, Doubtful.ORDER, message, "put it in its place, or correct one of the dates")
