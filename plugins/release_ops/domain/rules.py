"""Rules of milestones: offsets from GA in weeks, days and business days, and ordinal weekdays, read and applied."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from release_ops.domain.business_days import Days

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_ORDINALS = {"first": 1, "1st": 1, "second": 2, "2nd": 2, "third": 3, "3rd": 3, "fourth": 4, "4th": 4, "last": -1}
_UNITS = {
    "w": "w", "week": "w", "weeks": "w",
    "d": "d", "day": "d", "days": "d",
    "bd": "bd", "business day": "bd", "business days": "bd",
}  # fmt: skip
_OFFSET = re.compile(r"(?P<sign>[+-]?)\s*(?P<count>\d{1,6})\s*(?P<unit>[a-z]+(?: days?)?)")
_ORDINAL = re.compile(
    r"(?P<ordinal>\w+) (?P<weekday>[a-z]+)(?: of(?: the)? month(?: ?(?P<sign>[+-]) ?(?P<months>\d+))?)?"
)
_LIMITS = {"w": 260, "d": 1825, "bd": 1300}
FORMS = "-4w, -3d, -3bd, ga, +1w, 'third Thursday' or 'first Monday of month -1'"


class Unit(StrEnum):
    """What an offset counts."""

    WEEKS = "w"
    DAYS = "d"
    BUSINESS_DAYS = "bd"


@dataclass(frozen=True, slots=True)
class Offset:
    """So many units after GA; negative: before; 0 is GA's own date."""

    count: int
    unit: Unit = Unit.DAYS


@dataclass(frozen=True, slots=True)
class OrdinalWeekday:
    """The `ordinal`-th `weekday` (0 Monday; ordinal -1: the last) of the month `months` after GA's month."""

    ordinal: int
    weekday: int
    months: int = 0


Rule = Offset | OrdinalWeekday


def parse_rule(text: str) -> Rule:
    """Return the rule that a text states: `-4w`, `-3d`, `-3bd`, `ga`, `+1w`, `third Thursday`, `first Monday of month -1`.

    Case, spaces and the typographic minus do not matter. Raises ValueError naming the remedy.
    """
    words = " ".join(text.replace("−", "-").replace("–", "-").lower().split())
    if words in {"ga", "0", "+0", "-0"}:
        return Offset(0)
    if match := _OFFSET.fullmatch(words):
        unit = _UNITS.get(match["unit"])
        if unit is None:
            raise ValueError(
                f"unknown unit {match['unit']!r}; count w (weeks), d (days) or bd (business days), like -4w"
            )
        count = int(match["count"])
        if count and not match["sign"]:
            raise ValueError(f"before or after GA? write -{count}{unit} for before, +{count}{unit} for after")
        if count > _LIMITS[unit]:
            raise ValueError(f"is more than five years; use at most {_LIMITS[unit]}{unit}")
        return Offset(-count if match["sign"] == "-" else count, Unit(unit))
    if match := _ORDINAL.fullmatch(words):
        return _ordinal(match)
    raise ValueError(f"is not a rule; write {FORMS}")


def _ordinal(match: re.Match[str]) -> OrdinalWeekday:
    if match["ordinal"] in {"fifth", "5th"}:
        raise ValueError("most months have no fifth one; write 'last'")
    ordinal = _ORDINALS.get(match["ordinal"])
    if ordinal is None:
        raise ValueError(f"is not a rule; write {FORMS}")
    weekday = parse_weekday(match["weekday"])
    months = int((match["sign"] or "+") + (match["months"] or "0"))
    if abs(months) > 60:
        raise ValueError("is more than five years away; use at most 60 months")
    return OrdinalWeekday(ordinal, weekday, months)


def parse_weekday(text: str) -> int:
    """Return 0 for Monday to 6 for Sunday, from an English name or its first three letters; ValueError otherwise."""
    wanted = text.strip().lower()
    for index, name in enumerate(WEEKDAYS):
        if len(wanted) >= 3 and name.lower().startswith(wanted):
            return index
    raise ValueError(f"{text!r} is not a weekday; write Monday or Mon")


def local_instant(day: date, at: time, zone: ZoneInfo) -> datetime:
    """Return an aware datetime in `zone`: a time that the clocks skip moves forward, one that they repeat is the first."""
    wall = datetime.combine(day, at.replace(tzinfo=None, fold=0), tzinfo=zone)
    return wall.astimezone(UTC).astimezone(zone)


def apply_rule(rule: Rule, ga: date, days: Days) -> date:
    """Return the date that a rule names, before any adjustment to business days.

    Business days count from GA without GA's own date, as in "three working days before".
    """
    if isinstance(rule, OrdinalWeekday):
        return _nth_weekday(ga, rule)
    if rule.unit is Unit.BUSINESS_DAYS:
        return days.shift(ga, rule.count)
    return ga + timedelta(
        weeks=rule.count if rule.unit is Unit.WEEKS else 0, days=rule.count if rule.unit is Unit.DAYS else 0
    )


def _nth_weekday(ga: date, rule: OrdinalWeekday) -> date:
    month = ga.year * 12 + ga.month - 1 + rule.months
    first = date(month // 12, month % 12 + 1, 1)
    if rule.ordinal > 0:
        return first + timedelta(days=(rule.weekday - first.weekday()) % 7 + 7 * (rule.ordinal - 1))
    last = date((month + 1) // 12, (month + 1) % 12 + 1, 1) - timedelta(days=1)
    return last - timedelta(days=(last.weekday() - rule.weekday) % 7)
