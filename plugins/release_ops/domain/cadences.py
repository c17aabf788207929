"""Cadences: releases every so many weeks or months, until a date, numbered one after the other."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import pairwise

from semver import Version

from release_ops.domain.business_days import Days
from release_ops.domain.calver import Format, next_by_calendar
from release_ops.domain.model import Adjust, Release, ReleaseType
from release_ops.domain.rules import WEEKDAYS, OrdinalWeekday, add_months, anchors_of, apply_rule, parse_rule
from release_ops.domain.version_forms import form_of, versions_of

MOST = 520
"""Releases of one cadence: ten years of weeks."""
FORMS = "4 weeks, 3 months, 1 year, third Thursday, 'first Tuesday of every 2 months'"
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_COUNTED = re.compile(r"(?:every )?(?:(?P<count>\d{1,3}) ?)?(?P<unit>w|weeks?|mo|months?|y|years?)")
_ORDINAL = re.compile(
    r"(?P<day>(?:first|second|third|fourth|last|1st|2nd|3rd|4th) [a-z]+)"
    r"(?: of (?:every|each|the)(?: (?P<count>\d{1,3}))? (?P<unit>month|year)s?)?"
)


@dataclass(frozen=True, slots=True)
class Every:
    """Every so many weeks, or every so many months: on the first one's day of the month, or on an ordinal weekday."""

    weeks: int = 0
    months: int = 0
    weekday: OrdinalWeekday | None = None

    def __str__(self) -> str:
        """`4 weeks`, `12 months`, `first Tuesday of every 2 months`."""
        if self.weeks:
            return f"{self.weeks} week{'s' if self.weeks > 1 else ''}"
        months = f"{self.months} months" if self.months > 1 else "month"
        return f"{self.weekday} of every {months}" if self.weekday else f"{self.months} {months.rsplit(maxsplit=1)[-1]}"


def parse_every(text: str) -> Every:
    """Return how often: `4 weeks`, `3 months`, `third Thursday`, `first Tuesday of every 2 months`; ValueError otherwise."""
    words = " ".join(text.lower().split())
    if match := _COUNTED.fullmatch(words):
        count = int(match["count"] or 1)
        if not count:
            raise ValueError("is never; count from 1")
        if match["unit"].startswith("w"):
            return Every(weeks=count)
        return Every(months=count * (12 if match["unit"].startswith("y") else 1))
    match = _ORDINAL.fullmatch(words)
    rule = parse_rule(match["day"]) if match is not None else None
    if match is None or not isinstance(rule, OrdinalWeekday) or match["count"] in {"0", "00", "000"}:
        raise ValueError(f"is not how often; write {FORMS}")
    return Every(months=int(match["count"] or 1) * (12 if match["unit"] == "year" else 1), weekday=rule)


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """Another day for one release of a cadence."""

    to: date
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Cadence:
    """Releases from `first` until `until`, both included."""

    type: ReleaseType
    every: Every
    first: date
    until: date
    version: str = ""
    """Of the first release; empty for versions that are dates."""
    bump: str = "minor"
    """What goes up from one to the next: major, minor or patch."""
    start: str = ""
    """Rule of the first day of each cycle, counted from the GA that the cadence names, also when that is moved."""
    adjust: Adjust = Adjust.NONE
    skips: Mapping[str, str] = field(default_factory=dict)
    """Reason by day (2026-12-22) or version: a day left out costs no number, a version left out takes its day along."""
    moves: Mapping[date, Move] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Fault:
    """Something about a cadence that cannot be followed; `field` is its key, `skip.0` the first of a list."""

    field: str
    message: str
    remedy: str


def days_of(cadence: Cadence) -> Iterator[date]:
    """Yield the days that a cadence names, skipped and moved ones too; at most one more than `MOST`."""
    every = cadence.every
    for index in range(MOST + 1):
        if every.weeks:
            day = cadence.first + timedelta(weeks=index * every.weeks)
        else:
            day = add_months(
                cadence.first if every.weekday is None else cadence.first.replace(day=1), index * every.months
            )
            if every.weekday is not None:
                day = every.weekday.of(day)
        if day > cadence.until:
            return
        if day >= cadence.first:
            yield day


def expand(
    cadence: Cadence, product: str, tag: str, days: Days, *, place: int = 0
) -> tuple[tuple[Release, ...], tuple[Fault, ...]]:
    """Return a cadence's releases in order of their days, and what of it cannot be followed.

    `tag` is the product's pattern of tags, which knows the format of versions. Depends on its arguments alone.
    """
    form, named = form_of(tag), list(days_of(cadence))
    faults = _faults(cadence, named, form)
    if any(fault.field in {"version", "until", "start"} for fault in faults):
        return (), tuple(faults)
    releases: list[Release] = []
    seen: list[str] = []
    for day in named:
        if day.isoformat() in cadence.skips:
            continue
        try:
            version = _next(cadence, form, day, seen)
        except ValueError as error:  # a format of dates without a number that tells two releases apart
            message, _, remedy = str(error).rpartition("; ")
            return (), (*faults, Fault("every", message.rpartition(": ")[2], remedy))
        seen.append(version)
        if version in cadence.skips:
            continue
        ga, reason = days.adjust(day, cadence.adjust), ""
        if ga != day:
            reason = f"{WEEKDAYS[day.weekday()]} {day} is {days.closed(day)}"
        if (move := cadence.moves.get(day)) is not None:
            ga, reason = move.to, move.reason
        start = apply_rule(parse_rule(cadence.start), day, days) if cadence.start else None
        releases.append(
            Release(
                product=product, version=version, type=cadence.type, ga=ga, start=start, reason=reason, cadence=place
            )
        )
    faults += _unused_versions(cadence, seen)
    return tuple(releases), tuple(faults)


def _next(cadence: Cadence, form: Format | None, day: date, seen: list[str]) -> str:
    if not seen and cadence.version:
        return cadence.version
    if form is not None:
        return next_by_calendar(form, day, seen, level=cadence.bump)
    return str(getattr(Version.parse(seen[-1]), f"bump_{cadence.bump}")())


def _faults(cadence: Cadence, named: list[date], form: Format | None) -> list[Fault]:
    if cadence.until < cadence.first:
        return [
            Fault("until", f"{cadence.until} is before the first release on {cadence.first}", "correct one of them")
        ]
    if len(named) > MOST:
        return [Fault("until", f"makes more than {MOST} releases", "end it earlier; it can be prolonged every year")]
    places = [(f"move.{index}", day) for index, day in enumerate(cadence.moves)]
    places += [
        (f"skip.{index}", date.fromisoformat(what)) for index, what in enumerate(cadence.skips) if _DAY.fullmatch(what)
    ]
    strangers = [
        Fault(field_, f"no release of this cadence is on {day}", _nearest(day, named))
        for field_, day in places
        if day not in named
    ]
    return [*_version_faults(cadence, form), *_start_faults(cadence), *strangers, *_overtakings(cadence, named)]


def _start_faults(cadence: Cadence) -> list[Fault]:
    rule = parse_rule(cadence.start) if cadence.start else None
    if rule is not None and anchors_of(rule):
        return [Fault("start", f"counts from {anchors_of(rule)[0]}", "count it from GA, like R-14 or -14w")]
    if rule is not None and apply_rule(rule, cadence.first, Days()) >= cadence.first:
        return [Fault("start", "is not before GA", "write how long before GA a cycle starts, like R-14 or -14w")]
    return []


def _version_faults(cadence: Cadence, form: Format | None) -> list[Fault]:
    if not cadence.version:
        if form is not None and any(token[0] in "Y0" for token in form.tokens):
            return []
        return [Fault("version", "is missing", "write the version of the first release")]
    try:
        _ = Version.parse(cadence.version) if form is None else versions_of(form.text).parse(cadence.version)
    except ValueError:
        what = "a semver version" if form is None else f"of the form {form.text}"
        return [Fault("version", f"{cadence.version!r} is not {what}", "correct it")]
    return []


def _overtakings(cadence: Cadence, named: list[date]) -> list[Fault]:
    """Moves to a day that is not between the neighbours."""
    kept = [day for day in named if day.isoformat() not in cadence.skips]
    moves = list(cadence.moves)
    found = []
    for first, second in pairwise(kept):
        before, after = (cadence.moves[day].to if day in cadence.moves else day for day in (first, second))
        if before >= after:
            place = moves.index(second if second in cadence.moves else first)
            message = f"a release on {after} is not after the one before it on {before}"
            found.append(Fault(f"move.{place}", message, "move less, move the other one too, or skip one"))
    return found


def _nearest(day: date, named: list[date]) -> str:
    near = min(named, key=lambda one: abs(one - day), default=None)
    return f"the nearest one is on {WEEKDAYS[near.weekday()]} {near}" if near else "the cadence has no release at all"


def _unused_versions(cadence: Cadence, seen: list[str]) -> list[Fault]:
    return [
        Fault(f"skip.{index}", f"this cadence has no version {what}", f"it goes from {seen[0]} to {seen[-1]}")
        for index, what in enumerate(cadence.skips)
        if seen and what not in seen and not _DAY.fullmatch(what)
    ]
