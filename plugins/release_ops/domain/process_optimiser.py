"""Across the last releases: where time goes, what holds the train up, how that moves, and what a change would gain.

A gain is what the same releases would have saved, had no wait of a sort been longer than what the best quarter of such
waits is (the policy's quantile, Hyndman and Fan's type 7); its interval is Student's over the releases. Trends are the
slopes of H. Theil (1950) and P. K. Sen (JASA 63, 1968) with Sen's interval. The constraint is, after E. Goldratt (The Goal,
1984), what GA waited for most: time beside the critical path is no constraint, however long it is.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import NamedTuple

from release_ops.domain.process_time import (
    CATEGORIES,
    ZERO,
    Course,
    Spell,
    Spent,
    begins,
    capped,
    covered,
    earlier,
    spent,
    spoken,
)
from release_ops.domain.review_policy import OptimiserPolicy

DAY = timedelta(days=1)


class Lever(NamedTuple):
    """What can be changed about an activity."""

    words: str
    """With `{subject}` and `{most}`."""
    at_once: str
    """The same where the best quarter needs none of it."""
    per_release: bool
    """Releases without such a wait count as 0, because a wait is not needed; else only waits are compared."""


LEVERS: Mapping[str, Lever] = {
    "approval": Lever(
        "Have approvals by {subject} answered within {most}, as the best quarter is",
        "Have approvals by {subject} answered at once, as the best quarter is",
        per_release=False,
    ),
    "gate": Lever(
        "Get gate {subject} through within {most} of its first try",
        "Get gate {subject} through at its first try",
        per_release=True,
    ),
    "documents": Lever(
        "Have the documents that gate {subject} asks for within {most} of its first try",
        "Have the documents that gate {subject} asks for before its first try",
        per_release=True,
    ),
    "window": Lever(
        "Act on {subject} within {most} of its decision: plan for open windows",
        "Act on {subject} as soon as it is decided: plan for open windows",
        per_release=True,
    ),
    "hold": Lever(
        "Decide on held rollouts in {subject} within {most}",
        "Decide on held rollouts in {subject} at once",
        per_release=False,
    ),
    "predecessor": Lever(
        "Begin {subject} at most {most} after its date: plan the step before to end earlier",
        "Begin {subject} on its date: plan the step before to end earlier",
        per_release=True,
    ),
    "rollout": Lever(
        "Roll out to {subject} within {most}, as the best quarter does",
        "Roll out to {subject} at once",
        per_release=False,
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """A category, or a part of one, over all releases."""

    category: str
    part: str
    """Empty: the category as a whole."""
    days: float
    """Mean per release."""
    share: float
    """Of the lead time of all releases, 0..1."""
    path_days: float
    """Mean days by which GA had been earlier without it."""
    releases: int
    """In how many of them it was."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trend:
    """Days per release by which a category (`lead time`: all of them) grows from release to release."""

    category: str
    slope: float | None
    low: float | None
    high: float | None
    verdict: str
    """rises, falls, no trend (the interval holds 0), or unknown."""
    reason: str = ""
    """Why it is unknown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A change of the process, and what the same releases would have saved by it, in days per release."""

    lever: str
    subject: str
    words: str
    most_hours: float
    """The time that the best quarter takes."""
    waits: int
    """On so many times it rests."""
    days: float
    low: float | None
    high: float | None
    """Of the interval; None with a single release."""
    path_days: float
    """Of these days, by how many GA had been earlier."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseTime:
    """One release of the report."""

    version: str
    type: str
    ga_at: datetime
    days: float
    by_category: Mapping[str, float]
    """Days."""
    parts: tuple[Spent, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Optimisation:
    """What the process optimiser says of a product. `releases` are in the order of their GA."""

    product: str
    made_at: datetime
    level: float
    releases: tuple[ReleaseTime, ...]
    shares: tuple[Share, ...]
    """Categories with their parts, the largest first."""
    bottleneck: Share | None
    """Largest share of the lead time among the parts that are no stage by plan; None where there is none."""
    constraint: Share | None
    """What GA waited for most; None where nothing on the critical path is known."""
    trends: tuple[Trend, ...]
    changes: tuple[Change, ...]
    """The most expected gain first."""
    notes: tuple[str, ...]


def optimise(
    product: str, courses: Sequence[Course], policy: OptimiserPolicy, *, level: float, now: datetime
) -> Optimisation:
    """Look at the last releases of `courses`, which may be in any order."""
    chosen = sorted(courses, key=lambda one: (one.ga_at, one.version))[-policy.releases :]
    parts = [spent(one, policy.stages) for one in chosen]
    releases = tuple(_release(one, its) for one, its in zip(chosen, parts, strict=True))
    shares = tuple(_shares(chosen, parts))
    named = [one for one in shares if one.part]
    acts = [one for one in named if not one.part.startswith("up to ")]
    return Optimisation(
        product=product,
        made_at=now,
        level=level,
        releases=releases,
        shares=shares,
        bottleneck=max(acts, key=lambda one: one.days, default=None),
        constraint=max((one for one in acts if one.path_days > 0), key=lambda one: one.path_days, default=None),
        trends=tuple(_trends(releases, policy.fewest, level)),
        changes=tuple(sorted(_changes(chosen, policy, level), key=lambda one: (-one.days, one.words))),
        notes=tuple(_notes(chosen, policy)),
    )


def _release(course: Course, parts: Sequence[Spent]) -> ReleaseTime:
    by_category = {name: sum((one.time for one in parts if one.category == name), ZERO) / DAY for name in CATEGORIES}
    return ReleaseTime(
        version=course.version,
        type=course.type,
        ga_at=course.ga_at,
        days=course.lead_time / DAY,
        by_category=by_category,
        parts=tuple(parts),
    )


def _shares(courses: Sequence[Course], parts: Sequence[Sequence[Spent]]) -> Iterator[Share]:
    whole = sum((one.lead_time for one in courses), ZERO)
    if not whole:
        return
    times: dict[tuple[str, str], list[tuple[timedelta, timedelta]]] = {}
    for its in parts:
        for one in its:
            times.setdefault((one.category, one.part), []).append((one.time, one.on_path))
    for category in CATEGORIES:
        of = {part: found for (name, part), found in times.items() if name == category}
        total = sum((time for found in of.values() for time, _ in found), ZERO)
        path = sum((on_path for found in of.values() for _, on_path in found), ZERO)
        present = sum(any(one.category == category for one in its) for its in parts)
        yield _share(category, "", total, path, whole, len(courses), present)
        for part, found in sorted(of.items(), key=lambda item: -sum((time for time, _ in item[1]), ZERO)):
            time, on_path = (sum(column, ZERO) for column in zip(*found, strict=True))
            yield _share(category, part, time, on_path, whole, len(courses), len(found))


def _share(
    category: str, part: str, time: timedelta, path: timedelta, whole: timedelta, releases: int, present: int
) -> Share:
    return Share(
        category=category,
        part=part,
        days=time / DAY / releases,
        share=time / whole,
        path_days=path / DAY / releases,
        releases=present,
    )


def _trends(every: Sequence[ReleaseTime], fewest: int, level: float) -> Iterator[Trend]:
    """Over the releases of the type of the last one: a patch is no short minor."""
    releases = [one for one in every if one.type == every[-1].type]
    series = {"lead time": [one.days for one in releases]}
    series.update({name: [one.by_category[name] for one in releases] for name in CATEGORIES})
    for category, days in series.items():
        yield trend(
            category, days, fewest=fewest, level=level, what=f"{releases[-1].type} releases" if releases else "releases"
        )


def trend(category: str, values: Sequence[float], *, fewest: int, level: float, what: str = "releases") -> Trend:
    """Theil and Sen's slope per release with Sen's interval; unknown with less than `fewest` values."""
    if len(values) < fewest:
        reason = f"{len(values)} {what}, {fewest} are needed"
        return Trend(category=category, slope=None, low=None, high=None, verdict="unknown", reason=reason)
    from scipy import stats  # noqa: PLC0415 - takes half a second, which the command line saves

    found = stats.theilslopes(values, range(len(values)), alpha=level)
    slope, low, high = float(found.slope), float(found.low_slope), float(found.high_slope)
    verdict = "rises" if low > 0 else "falls" if high < 0 else "no trend"
    return Trend(category=category, slope=slope, low=low, high=high, verdict=verdict)


def _changes(courses: Sequence[Course], policy: OptimiserPolicy, level: float) -> Iterator[Change]:
    subjects = dict.fromkeys((one.activity, one.subject) for course in courses for one in course.spells)
    for activity, subject in subjects:
        lever = LEVERS[activity]
        own = [
            [one for one in course.spells if (one.activity, one.subject) == (activity, subject)] for course in courses
        ]
        if lever.per_release:
            lengths = [covered(spells) for spells in own]
        else:
            lengths = [one.length for spells in own for one in spells]
        if len(lengths) < policy.fewest:
            continue
        most = timedelta(seconds=quantile([one.total_seconds() for one in lengths], policy.quantile))
        savings = [_saving(course, activity, subject, most, per_release=lever.per_release) for course in courses]
        days = [time / DAY for time, _ in savings]
        if sum(days) / len(days) < max(policy.least / DAY, 1e-9):
            continue
        low, high = mean_interval(days, level)
        yield Change(
            lever=activity,
            subject=subject,
            words=(lever.words if most else lever.at_once).format(subject=spoken(subject), most=hours_text(most)),
            most_hours=most / timedelta(hours=1),
            waits=len(lengths),
            days=sum(days) / len(days),
            low=low,
            high=high,
            path_days=sum((path for _, path in savings), ZERO) / DAY / len(savings),
        )


def _saving(
    course: Course, activity: str, subject: str, most: timedelta, *, per_release: bool
) -> tuple[timedelta, timedelta]:
    """What a release had saved of its time under this activity, and by how much earlier its GA had been."""
    after: Sequence[Spell]
    if per_release:
        own = [one for one in course.spells if (one.activity, one.subject) == (activity, subject)]
        whole = covered(own)
        left = min(most / whole, 1.0) if whole else 1.0
        after = _shortened(course.spells, activity, subject, left)
    else:
        after = capped(course.spells, activity, subject, most)
    saved, on_time, begun = ZERO, dict[str, timedelta](), begins(course)
    for milestone in dict.fromkeys(one.milestone for one in course.spells if one.activity == activity):
        # Another role may have been waited for at the same time: only what nobody was waited for is saved.
        pair = [
            [one for one in some if one.activity == activity and one.milestone == milestone]
            for some in (course.spells, after)
        ]
        saved += covered(pair[0]) - covered(pair[1])
        start = begun.get(milestone, course.ga_at)
        late = [[replace(one, start=max(one.start, start)) for one in some] for some in pair]
        on_time[milestone] = covered(late[0]) - covered(late[1])
    return saved, earlier(course, on_time)


def _shortened(spells: Sequence[Spell], activity: str, subject: str, left: float) -> tuple[Spell, ...]:
    return tuple(
        found
        for one in spells
        for found in (
            capped([one], activity, subject, one.length * left)
            if (one.activity, one.subject) == (activity, subject)
            else (one,)
        )
    )


def quantile(values: Sequence[float], share: float) -> float:
    """Quantile by linear interpolation, type 7 of R. Hyndman and Y. Fan (1996). ValueError without a value."""
    if not values:
        raise ValueError("no value, no quantile")
    ordered = sorted(values)
    place = (len(ordered) - 1) * share
    below = math.floor(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)


def mean_interval(values: Sequence[float], level: float) -> tuple[float | None, float | None]:
    """Student's interval of the mean of savings, not below 0; None with less than two values."""
    if len(values) < 2:
        return None, None
    from scipy import stats  # noqa: PLC0415

    mean = sum(values) / len(values)
    variance = sum((one - mean) ** 2 for one in values) / (len(values) - 1)
    reach = float(stats.t.ppf(0.5 + level / 2, len(values) - 1)) * math.sqrt(variance / len(values))
    return max(0.0, mean - reach), mean + reach


def hours_text(time: timedelta) -> str:
    """`35 min`, `4.0 h`, `2.1 days`."""
    if time < timedelta(hours=1):
        return f"{time / timedelta(minutes=1):.0f} min"
    return f"{time / timedelta(hours=1):.1f} h" if time < 2 * DAY else f"{time / DAY:.1f} days"


def _notes(courses: Sequence[Course], policy: OptimiserPolicy) -> Iterator[str]:
    if len(courses) < policy.fewest:
        yield f"{len(courses)} releases are known; trends need {policy.fewest}."
    kinds = sorted({one.type for one in courses})
    if len(kinds) > 1:
        yield f"Releases of several types are compared: {', '.join(kinds)}."
    seen = {one.activity for course in courses for one in course.spells}
    missing = [name for name in ("approval", "gate", "rollout") if name not in seen]
    if missing:
        words = {"approval": "approvals", "gate": "blocked gates", "rollout": "rollouts"}
        yield f"Nothing is recorded of {', '.join(words[one] for one in missing)}: their time is counted in the stages."
