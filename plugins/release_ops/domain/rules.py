"""Rules of dates, read and applied: offsets, week labels and numbers, ordinal weekdays, ends of months, and their sums."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from functools import lru_cache
from zoneinfo import ZoneInfo

from release_ops.domain.business_days import Days
from release_ops.domain.rule_forms import (
    ANCHORS,
    START,
    WEEKDAYS,
    Anchor,
    Base,
    DayOf,
    MonthEdge,
    NearWeekday,
    Offset,
    OrdinalWeekday,
    Rule,
    Sum,
    Unit,
    WeekLabel,
    WeekNumber,
    add_months,
    monday,
)

__all__ = [
    "FORMS", "START", "WEEKDAYS", "Anchor", "MonthEdge", "NearWeekday", "Offset", "OrdinalWeekday", "Rule", "Sum", "Unit",
    "WeekLabel", "WeekNumber", "add_months", "anchors_of", "apply_rule", "local_instant", "monday", "parse_rule",
    "parse_weekday",
]  # fmt: skip

_ORDINALS = {"first": 1, "1st": 1, "second": 2, "2nd": 2, "third": 3, "3rd": 3, "fourth": 4, "4th": 4, "last": -1}
_UNITS = {
    "w": "w", "week": "w", "weeks": "w",
    "d": "d", "day": "d", "days": "d",
    "bd": "bd", "business day": "bd", "business days": "bd",
    "mo": "mo", "month": "mo", "months": "mo",
    "y": "y", "year": "y", "years": "y",
}  # fmt: skip
_LIMITS = {"w": (260, "five"), "d": (1825, "five"), "bd": (1300, "five"), "mo": (240, "twenty"), "y": (20, "twenty")}
_MOST_STEPS = 4
FORMS = (
    "-4w, -3d, -3bd, ga, +1w, +18mo, +5y, R-5, 'R-5 Thursday', 'week 4 Tuesday', 'third Thursday', "
    "'first Monday of month -1', 'beta +2d', 'docs_freeze +0d' or '-4w +1d'"
)

_STEP = re.compile(r" ?(?P<sign>[+-]?) ?(?P<count>\d{1,6}) ?(?P<unit>business days?|[a-z]+(?: days?)?)")
_NAME = r"[a-z][a-z0-9_]*(?:[.-][a-z][a-z0-9_]*)*"
# Months after `of month` have no unit: `first Monday of month -1` is a month, `first Monday of month -1w` a week.
_MONTH = r"of(?: the)? month(?: ?(?P<sign>[+-]) ?(?P<months>\d+)(?!\d| ?[a-z]))?"
_BASES = {
    "label": re.compile(r"r ?(?P<sign>[+-]) ?(?P<weeks>\d{1,3})(?!\d)(?: (?P<weekday>[a-z]+))?"),
    "number": re.compile(r"week (?P<number>\d{1,3})(?!\d)(?: (?P<weekday>[a-z]+))?"),
    "edge": re.compile(rf"(?P<edge>first|last) day {_MONTH}"),
    "distance": re.compile(
        rf"(?P<count>\d{{1,6}}) ?(?P<unit>business days?|[a-z]+) (?P<side>before|after) (?P<anchor>{_NAME})"
    ),
    "near": re.compile(rf"(?P<weekday>[a-z]+) (?P<on>on or )?(?P<side>before|after) (?P<anchor>{_NAME})"),
    "ordinal": re.compile(rf"(?P<ordinal>\w+) (?P<weekday>[a-z]+)(?: {_MONTH})?"),
    "anchor": re.compile(rf"(?P<anchor>{_NAME})"),
}


@lru_cache(maxsize=4096)
def parse_rule(text: str) -> Rule:
    """Return the rule that a text states; `FORMS` has an example of each form, docs/calendars.md the whole grammar.

    Case, spaces and the typographic minus do not matter. Raises ValueError naming the remedy.
    """
    words = " ".join(text.replace("−", "-").replace("–", "-").lower().split())
    if words in {"0", "+0", "-0"}:
        return Offset(0)
    steps = _steps(words, None)
    base: Base | None = None
    if steps is None:
        base, steps = _based(words)
    if len(steps) > _MOST_STEPS:
        raise ValueError(f"adds more than {_MOST_STEPS} offsets; write it with fewer")
    if base is None or base == Offset(0):
        if not steps:
            return Offset(0)
        base, *rest = steps
        steps = [*rest]
        if base == Offset(0) and steps:
            base, *steps = steps
    if isinstance(base, Anchor) and all(step == Offset(0) for step in steps):
        return base
    return Sum(base, tuple(steps)) if steps else base


def _based(words: str) -> tuple[Base, list[Offset]]:
    """Base and offsets of a rule that begins with something else than an offset."""
    for form, pattern in _BASES.items():
        match = pattern.match(words)
        if match is None:
            continue
        rest = words[match.end() :]
        if rest[:1].isalnum():
            continue
        steps = _steps(rest, match[0])
        if steps is None:
            continue
        if form in {"anchor", "distance"}:
            name = match["anchor"]
            if form == "distance":
                steps = [_distance(match["count"], match["unit"], "-" if match["side"] == "before" else "+"), *steps]
            elif name not in ANCHORS and not steps:
                break
            return (Offset(0) if name == "ga" else Anchor(name)), steps
        return _READERS[form](match), steps
    # A lone word may be an event's id, too; `freeze` is then no help to who wrote docs_freeze.
    near = difflib.get_close_matches(words, ANCHORS, n=1, cutoff=0.75)
    raise ValueError(f"is not a rule; did you mean {near[0]!r}?" if near else f"is not a rule; write {FORMS}")


def _steps(words: str, base: str | None) -> list[Offset] | None:
    """Offsets that a text consists of; None when it consists of something else."""
    found: list[re.Match[str]] = []
    place = 0
    while place < len(words):
        match = _STEP.match(words, place)
        if match is None:
            return None
        found.append(match)
        place = match.end()
    if not found and base is None:
        return None
    return [_offset(match, base) for match in found]


def _offset(match: re.Match[str], base: str | None) -> Offset:
    if int(match["count"]) and not match["sign"] and match["unit"] in _UNITS:
        than, short = "GA" if base is None else base, f"{int(match['count'])}{_UNITS[match['unit']]}"
        raise ValueError(f"before or after {than}? write -{short} for before, +{short} for after")
    return _distance(match["count"], match["unit"], match["sign"])


def _distance(digits: str, word: str, sign: str) -> Offset:
    count, unit = int(digits), _UNITS.get(word)
    if unit is None:
        raise ValueError(
            f"unknown unit {word!r}; count w (weeks), d (days), bd (business days), mo (months) or y (years), like -4w"
        )
    most, years = _LIMITS[unit]
    if count > most:
        raise ValueError(f"is more than {years} years; use at most {most}{unit}")
    return Offset(-count if sign == "-" else count, Unit(unit))


def _months(match: re.Match[str], most: int) -> int:
    months = int((match["sign"] or "+") + (match["months"] or "0"))
    if abs(months) > most:
        years = {60: "five", 240: "twenty"}[most]
        raise ValueError(f"is more than {years} years away; use at most {most} months")
    return months


def _ordinal(match: re.Match[str]) -> OrdinalWeekday:
    if match["ordinal"] in {"fifth", "5th"}:
        raise ValueError("most months have no fifth one; write 'last'")
    ordinal = _ORDINALS.get(match["ordinal"])
    if ordinal is None:
        raise ValueError(f"is not a rule; write {FORMS}")
    return OrdinalWeekday(ordinal, parse_weekday(match["weekday"]), _months(match, 60))


def _weekday_or_monday(match: re.Match[str]) -> int:
    return parse_weekday(match["weekday"]) if match["weekday"] else 0


def _label(match: re.Match[str]) -> WeekLabel:
    weeks = int(match["weeks"])
    if weeks > _LIMITS["w"][0]:
        raise ValueError(f"is more than five years; use at most R{match['sign']}{_LIMITS['w'][0]}")
    return WeekLabel(-weeks if match["sign"] == "-" else weeks, _weekday_or_monday(match))


def _number(match: re.Match[str]) -> WeekNumber:
    number = int(match["number"])
    if not 0 < number <= _LIMITS["w"][0]:
        raise ValueError("is no week of a cycle; the first one is week 1")
    return WeekNumber(number, _weekday_or_monday(match))


_READERS: dict[str, Callable[[re.Match[str]], Base]] = {
    "label": _label,
    "number": _number,
    "edge": lambda match: MonthEdge(match["edge"] == "last", _months(match, 240)),
    "near": lambda match: NearWeekday(
        parse_weekday(match["weekday"]), match["side"] == "after", match["anchor"], match["on"] is not None
    ),
    "ordinal": _ordinal,
}


def parse_weekday(text: str) -> int:
    """Return 0 for Monday to 6 for Sunday, from an English name or its first three letters; ValueError otherwise."""
    wanted = text.strip().lower()
    for index, name in enumerate(WEEKDAYS):
        if len(wanted) >= 3 and name.lower().startswith(wanted):
            return index
    raise ValueError(f"{text!r} is not a weekday; write Monday or Mon")


@lru_cache(maxsize=65_536)
def local_instant(day: date, at: time, zone: ZoneInfo) -> datetime:
    """Return an aware datetime in `zone`: a time that the clocks skip moves forward, one that they repeat is the first."""
    wall = datetime.combine(day, at.replace(tzinfo=None, fold=0), tzinfo=zone)
    return wall.astimezone(UTC).astimezone(zone)


def anchors_of(rule: Rule) -> tuple[str, ...]:
    """Names, other than `ga`, of the days that a rule counts from."""
    return rule.anchors


def _no_anchors(name: str) -> date:
    raise ValueError(f"counts from {name!r}, which is no day here; count from ga")


def apply_rule(rule: Rule, ga: date, days: Days, day_of: DayOf = _no_anchors) -> date:
    """Return the date that a rule names, before any adjustment to business days.

    Business days count from GA without GA's own date, as in "three working days before". `day_of` gives the day of an
    anchor by its name; it is asked for no other than those of `anchors_of`.
    """
    return rule.day(ga, days, day_of)
