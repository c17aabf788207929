"""Where the time of a release went: every moment from its opening to its GA is counted once, in one category.

Waiting is known by its intervals (approvals, gates that failed, windows, steps before that were late, holds of rollouts);
acting by those of rollouts; all other time belongs to the stage that it lies in, by the milestone that ends it. Where
intervals overlap, the one that is higher in ACTIVITIES counts; of two of the same sort the one that ends last, as that one
was waited for.

What lies on the critical path is worked out with the train: a milestone begins on its planned date, or when the one
before is done, whichever is later. Time that was saved before a planned date moves nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import NamedTuple

COORDINATION = "coordination"
CATEGORIES = ("planning", "development", "testing", "documentation", COORDINATION, "deployment")
"""In the order of a release."""
ZERO = timedelta(0)
_SHORT = frozenset({"ga", "rc", "qa", "ux", "it", "sre"})


class Activity(NamedTuple):
    """A sort of interval: the category that it counts in, and how its part is called."""

    category: str
    words: str


ACTIVITIES: Mapping[str, Activity] = {
    "approval": Activity(COORDINATION, "approval by {subject}"),
    "hold": Activity(COORDINATION, "rollout held in {subject}"),
    "documents": Activity("documentation", "documents that gate {subject} asked for"),
    "gate": Activity(COORDINATION, "gate {subject} blocked"),
    "window": Activity(COORDINATION, "between decision and act of {subject}"),
    "predecessor": Activity(COORDINATION, "step before {subject} was late"),
    "rollout": Activity("deployment", "rollout to {subject}"),
}
"""Where intervals overlap, the first counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spell:
    """An interval of an activity, for `subject` (a role, a gate, an environment), before a milestone. Times are aware."""

    activity: str
    subject: str
    milestone: str
    start: datetime
    end: datetime

    @property
    def length(self) -> timedelta:
        """Never negative."""
        return max(self.end - self.start, ZERO)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A milestone that was done: when it was planned for (None: no calendar), and when it was done. Times are aware."""

    kind: str
    planned_at: datetime | None
    done_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """A release from its opening to its GA, with what is known of its time. `stages` are in the order of time."""

    product: str
    version: str
    type: str
    opened_at: datetime
    ga_at: datetime
    stages: tuple[Stage, ...]
    spells: tuple[Spell, ...] = ()

    @property
    def lead_time(self) -> timedelta:
        """From opening to GA."""
        return max(self.ga_at - self.opened_at, ZERO)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """Time of a release in one part of a category, and by how much earlier GA had been without it."""

    category: str
    part: str
    activity: str
    """Of ACTIVITIES; empty: the time of the stage itself."""
    subject: str
    time: timedelta
    on_path: timedelta


def late_steps(course: Course) -> tuple[Spell, ...]:
    """Times in which a milestone was due and the one before was not done."""
    found = []
    for before, stage in pairwise(course.stages):
        if stage.planned_at is not None and stage.planned_at < before.done_at:
            end = min(before.done_at, stage.done_at)
            name = stage.kind
            found.append(
                Spell(activity="predecessor", subject=name, milestone=before.kind, start=stage.planned_at, end=end)
            )
    return tuple(one for one in found if one.end > one.start)


def spent(course: Course, stages: Mapping[str, str]) -> tuple[Spent, ...]:
    """Where the time went, the most first; the parts add up to the lead time to the microsecond.

    `stages` is the kind of a milestone to the category of the time before it; what it does not name is development.
    """
    times: dict[tuple[str, str, str, str], timedelta] = defaultdict(lambda: ZERO)
    in_time: dict[tuple[str, str, str, str], dict[str, timedelta]] = defaultdict(lambda: defaultdict(lambda: ZERO))
    begun = begins(course)
    for start, end, spell, stage in _segments(course):
        kind = stage.kind if stage is not None else "ga"
        if spell is not None:
            activity = ACTIVITIES[spell.activity]
            part = activity.words.format(subject=spoken(spell.subject))
            key = (activity.category, part, spell.activity, spell.subject)
        else:
            key = (stages.get(kind, "development"), f"up to {spoken(kind)}", "", kind)
        times[key] += end - start
        if stage is not None and start >= begun[kind]:
            in_time[key][kind] += end - start
    found = [
        Spent(
            category=category,
            part=part,
            activity=activity,
            subject=subject,
            time=time,
            on_path=earlier(course, in_time[category, part, activity, subject]),
        )
        for (category, part, activity, subject), time in times.items()
    ]
    return tuple(sorted(found, key=lambda one: (-one.time, one.category, one.part)))


def _segments(course: Course) -> Iterable[tuple[datetime, datetime, Spell | None, Stage | None]]:
    """The whole time cut wherever anything begins or ends: start, end, the spell that counts, the stage that it lies in."""
    known = [one for one in course.spells if one.end > course.opened_at and one.start < course.ga_at]
    cuts = {course.opened_at, course.ga_at}
    cuts.update(at for one in known for at in (one.start, one.end))
    cuts.update(stage.done_at for stage in course.stages)
    cuts.update(begins(course).values())
    inside = sorted(at for at in cuts if course.opened_at <= at <= course.ga_at)
    ranks = {name: rank for rank, name in enumerate(ACTIVITIES)}
    for start, end in pairwise(inside):
        covering = [one for one in known if one.start <= start and one.end >= end]
        chosen = min(covering, key=lambda one: (ranks[one.activity], -one.end.timestamp(), one.subject), default=None)
        stage = next((one for one in course.stages if one.done_at >= end), None)
        yield start, end, chosen, stage


def begins(course: Course) -> Mapping[str, datetime]:
    """When the work up to each milestone could end at the earliest: on its date, or when the one before was done."""
    found, before = {}, course.opened_at
    for stage in course.stages:
        found[stage.kind] = max(stage.planned_at or before, before)
        before = stage.done_at
    return found


def earlier(course: Course, saved: Mapping[str, timedelta]) -> timedelta:
    """By how much earlier GA had been, had the stages up to these milestones taken so much less; never negative.

    Of a stage, only time after it `begins` counts: what was saved before would have been waited for its date.
    """
    return max(_ga(course, {}) - _ga(course, saved), ZERO)


def _ga(course: Course, saved: Mapping[str, timedelta]) -> datetime:
    real = at = course.opened_at
    for stage in course.stages:
        # What was really taken from the moment at which it could begin; less than nothing where it was done early.
        took = stage.done_at - max(stage.planned_at or real, real)
        at = max(max(stage.planned_at or at, at) + took - saved.get(stage.kind, ZERO), at)
        real = stage.done_at
    return at


def spoken(identifier: str) -> str:
    """`feature complete` of `feature_complete`, `QA lead` of `qa_lead`; GA and RC as people write them."""
    return " ".join(word.upper() if word in _SHORT else word for word in identifier.split("_"))


def covered(spells: Sequence[Spell]) -> timedelta:
    """Time in which at least one of them was."""
    total, until = ZERO, None
    for one in sorted(spells, key=lambda one: one.start):
        if one.end <= one.start:
            continue
        start = one.start if until is None else max(one.start, until)
        total += max(one.end - start, ZERO)
        until = one.end if until is None else max(until, one.end)
    return total


def capped(spells: Sequence[Spell], activity: str, subject: str, most: timedelta) -> tuple[Spell, ...]:
    """The same with none of that activity and subject longer than `most`."""
    return tuple(
        replace(one, end=min(one.end, one.start + most)) if one.activity == activity and one.subject == subject else one
        for one in spells
    )
