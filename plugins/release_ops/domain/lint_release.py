"""What looks wrong about one release: weeks and stages that contradict its dates, stray years, notice, load."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import median

from release_ops.domain.events import events
from release_ops.domain.finding import Finding
from release_ops.domain.lint_dates import DateRow, Doubtful, lint_dates, stage_of
from release_ops.domain.model import (
    FeatureStatus,
    Milestone,
    MilestoneKind,
    MilestoneOverride,
    Product,
    Release,
)
from release_ops.domain.release_dates import NoSuchDay, ReleaseDates
from release_ops.domain.rules import add_months

_STRAY = timedelta(days=180)
_FEW = 3
"""Features or points from which on a release can be overloaded."""


def lint_release(
    product: Product, release: Release, milestones: Sequence[Milestone], today: date | None
) -> list[Finding]:
    """Return what is wrong or doubtful about one release with a calendar; `milestones` are its train.

    Errors: a week that is written with a date and is not that date's, stages (`beta_2`) out of their order, a start
    after GA, an own date in another year than the rest. Doubtful: too little notice, more scope than usual.
    """
    start = _start(product, release)
    dated = _dated(product, release, milestones)
    return [
        *_start_doubts(release),
        *_weeks(release, start),
        *_stages(release, dated),
        *_strays(release, dated),
        *_notice(product, release, today),
        *_load(product, release, start),
    ]


def _start(product: Product, release: Release) -> date | None:
    try:
        return ReleaseDates(product, release).start()
    except NoSuchDay:
        return None


@dataclass(frozen=True, slots=True)
class _Dated:
    field: str
    name: str
    day: date


def _dated(product: Product, release: Release, milestones: Sequence[Milestone]) -> list[_Dated]:
    """Milestones, and the events where something is to be said of them: own dates, or ids that are stages."""
    found = [_Dated(f"milestones.{one.kind}", one.kind.value, one.planned_at.date()) for one in milestones]
    if any(own.date for _, own in _own_dates(release)) or any(stage_of(one.id) for one in product.events):
        found += [_Dated(f"events.{one.id}", one.id, one.planned_at.date()) for one in events(product, release)]
    return found


def _start_doubts(release: Release) -> Iterable[Finding]:
    if release.start is not None and release.start >= release.ga:
        message = f"the cycle starts on {release.start}, and GA is on {release.ga}"
        yield Finding(True, release.version, "start", message, "correct one of the dates", also="ga")


def _own_dates(release: Release) -> list[tuple[str, MilestoneOverride]]:
    own = [(f"milestones.{kind}", one) for kind, one in release.overrides.items()]
    return own + [(f"events.{key}", one) for key, one in release.events.items()]


def _weeks(release: Release, start: date | None) -> Iterable[Finding]:
    own = [(field, one, one.date) for field, one in _own_dates(release) if one.week and one.date]
    rows = [DateRow(name="", day=day, week=one.week) for _, one, day in own]
    for doubt in lint_dates(rows, ga=release.ga, start=start):
        if doubt.row is not None:
            error = doubt.kind is Doubtful.WEEK
            message = doubt.message.removeprefix(f"{own[doubt.row][2]}: ")
            yield Finding(error, release.version, own[doubt.row][0], message, doubt.remedy)
        elif doubt.kind is Doubtful.HEADER:
            field = "ga" if "GA" in doubt.message or release.start is None else "start"
            yield Finding(True, release.version, field, doubt.message, doubt.remedy)


def _stages(release: Release, dated: Sequence[_Dated]) -> Iterable[Finding]:
    """Events that are named like stages, against each other and the milestones; milestones alone have their own check."""
    staged = [(one, key) for one in dated if (key := stage_of(one.name)) is not None]
    milestones = {key[1] for one, key in staged if one.field.startswith("milestones.")}
    # `rc` and `rc_1` are one stage, and which of them is the week and which the day is nobody's business here.
    staged = [
        (one, key)
        for one, key in staged
        if one.field.startswith("milestones.") or key[1] not in milestones or key[2] > 1
    ]
    if len(staged) == len(milestones):
        return
    for doubt in lint_dates([DateRow(name=one.name, day=one.day) for one, _ in staged]):
        if doubt.kind is Doubtful.BACKWARDS and doubt.row is not None:
            field = staged[doubt.row][0].field
            of_events = any(one.name in doubt.message.split() for one, _ in staged if one.field.startswith("events."))
            if of_events:
                field = "ga" if field == "milestones.ga" else field
                yield Finding(True, release.version, field, doubt.message, doubt.remedy)


def _strays(release: Release, dated: Sequence[_Dated]) -> Iterable[Finding]:
    """Own dates half a year away from all others that another year would bring among them."""
    for field, own in _own_dates(release):
        if own.date is None or field == f"milestones.{MilestoneKind.SUPPORT_END}":
            continue
        others = [one.day for one in dated if one.field != field]
        if not others or min(abs(day - own.date) for day in others) <= _STRAY:
            continue
        low, high = min([*others, release.ga]) - timedelta(days=31), release.ga
        years = (1, 2, 3, 10) if own.date < high else (-1,)
        meant = next((day for count in years if low <= (day := add_months(own.date, 12 * count)) < high), None)
        if meant is not None:
            message = f"{own.date} is more than half a year from everything else of this release"
            yield Finding(own.date < high, release.version, field, message, f"did you mean {meant}?")


def _notice(product: Product, release: Release, today: date | None) -> Iterable[Finding]:
    """A GA that was announced too late; without the day on which it was, one that is too near and not begun."""
    needed = product.notice.get(release.type)
    since = release.announced
    if since is None and today is not None and today <= release.ga:
        begun = any(one.status is not FeatureStatus.PLANNED for one in release.features)
        since = None if begun else today
    if needed is None or since is None or release.ga - since >= needed:
        return
    days = (release.ga - since).days
    message = f"{release.ga} is {_days(days)} from {'its announcement' if release.announced else 'today'}"
    remedy = f"a {release.type} release needs {_days(needed.days)}: from {since + needed} on"
    if not release.announced:
        remedy += ", or write the day on which it was announced: announced: 2026-11-02"
    yield Finding(False, release.version, "ga", message, remedy)


def _days(count: int) -> str:
    return "one day" if count == 1 else f"{count} days"


def _load(product: Product, release: Release, start: date | None) -> Iterable[Finding]:
    """More features or points than fit into the weeks of a release, or far more than the others of its type have."""
    policy = product.load
    amounts = {"features": float(len(release.features)), "points": _points(release)}
    weeks = max(1.0, (release.ga - start).days / 7) if start is not None else None
    for what, most in (("features", policy.features_per_week), ("points", policy.points_per_week)):
        if most is None or weeks is None or amounts[what] < _FEW or amounts[what] <= most * weeks:
            continue
        later = release.ga + timedelta(weeks=math.ceil(amounts[what] / most - weeks))
        message = f"{amounts[what]:g} {what} in {weeks:.3g} weeks are more than {most:g} a week"
        remedy = f"leave out {math.ceil(amounts[what] - most * weeks)} {what}, or move GA to {later}"
        yield Finding(False, release.version, "features", message, remedy)
        return
    if policy.times_usual is None:
        return
    others = [one for one in product.releases if one.type is release.type and one is not release and one.features]
    for what, usual in (
        ("points", [_points(one) for one in others]),
        ("features", [float(len(one.features)) for one in others]),
    ):
        if len(usual) < 2 or not all(usual) or amounts[what] < _FEW:
            continue
        if amounts[what] > policy.times_usual * median(usual):
            message = f"{amounts[what]:g} {what} are more than {policy.times_usual:g} times the usual {median(usual):g}"
            yield Finding(False, release.version, "features", message, "leave some out, or plan a longer release")
        return


def _points(release: Release) -> float:
    """Points of all features; 0 unless all are estimated."""
    points = [one.points for one in release.features]
    return 0.0 if any(one is None for one in points) else sum(one for one in points if one is not None)
