"""Whether a plan can be done: its dependencies, its critical path against the time, its points against the capacity.

The critical path is the longest chain of dependencies, in business days (J. Kelley, M. Walker, Critical-Path Planning and
Scheduling, 1959); people are the other bound, so both are looked at. All of a team is taken to work on one feature at a
time: what is found to be too much is too much.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from math import ceil

import networkx as nx

from release_ops.domain.business_days import Days
from release_ops.domain.milestones import train
from release_ops.domain.model import Feature, FeatureStatus, MilestoneKind, MilestoneOverride, Product, Release
from release_ops.domain.prioritise import MUST_SHARE, Priorities, dependencies, plain, prioritise
from release_ops.domain.room import Effort, Pool, Room, efforts, room_for
from release_ops.domain.rules import WEEKDAYS
from release_ops.domain.scope import MUST
from release_ops.domain.scope_policy import FILE, Capacity, TeamSpeed
from release_ops.domain.windows import closed_by

LATEST = 52
"""Weeks; a date further out is no remedy."""
FASTEST = 20.0
"""Times; more hands than that are no remedy."""
_NAMED = 12
_SLACK = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """One thing that makes a plan infeasible, with the numbers that make it."""

    kind: str
    """unknown, cycle, path or capacity."""
    text: str
    features: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Remedy:
    """One way that alone makes the plan feasible: `scope`, `date` or `hands`; `repair` for broken dependencies."""

    kind: str
    text: str
    features: tuple[str, ...] = ()
    """What to leave out, for less scope."""
    ga: date | None = None
    """For a later date."""
    capacity: Capacity | None = None
    """For more hands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Feasibility:
    """What speaks against a plan and what would mend it; feasible when nothing does."""

    issues: tuple[Issue, ...]
    remedies: tuple[Remedy, ...]
    critical_path: tuple[str, ...]
    """Ids, what has to be done first first; empty when nothing is left to do, or in a cycle."""
    path_days: float
    notes: tuple[str, ...]
    """What is not known, and what is risky though feasible."""

    @property
    def feasible(self) -> bool:
        """Whether nothing that is known speaks against it."""
        return not self.issues


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleasePlan:
    """A release's scope as prioritised, the room there is for it, and whether it can be done."""

    priorities: Priorities
    room: Room | None
    feasibility: Feasibility
    outside: tuple[tuple[str, str], ...] = ()
    """Feature and the open issue that it waits for, for issues that its tracker has elsewhere than in this release."""

    @property
    def estimated(self) -> bool:
        """Whether points, capacity and all dependencies are known, so that feasible says something."""
        return self.room is not None and self.room.whole is not None and not self.unestimated and not self.outside

    @property
    def sums(self) -> tuple[str, ...]:
        """Points against capacity and critical path against time, as far as they are known."""
        if self.room is None:
            return ()
        if not self.room.days:
            return (f"{plain(self.priorities.points)} points to do", f"no business day is left until {self.room.words}")
        points, whole = plain(self.priorities.points), self.room.whole
        found = [f"{points} points to do" if whole is None else f"{points} of {plain(whole.points)} points"]
        path = plain(self.feasibility.path_days)
        found.append(f"critical path {path} of {self.room.days} business days until {self.room.words}")
        return tuple(found)

    @property
    def unestimated(self) -> tuple[str, ...]:
        """Ids of features without points."""
        return tuple(choice.feature.id for choice in self.priorities.choices if choice.assumed)


def plan_release(product: Product, release: Release, features: Sequence[Feature], *, at: datetime) -> ReleasePlan:
    """Prioritise features of different ids and say whether the result can be done from `at` (aware) on."""
    room = room_for(product, release, at=at)
    priorities = prioritise(features, room)
    issues = _issues(product, features, priorities, room)
    outside = () if product.scope.source == FILE else unknown_needs(priorities.planned)
    path, length = critical_path(priorities.planned, efforts(features, room))
    return ReleasePlan(
        priorities=priorities,
        room=room,
        feasibility=Feasibility(
            issues=tuple(issues),
            remedies=_remedies(product, release, features, issues, at) if issues else (),
            critical_path=path,
            path_days=length,
            notes=(*_notes(product, priorities, room), *(elsewhere(one, other) for one, other in outside)),
        ),
        outside=outside,
    )


def elsewhere(feature: str, other: str) -> str:
    """What is said of a feature that waits for an issue of another release or team: nobody here knows when it is done."""
    return f"{feature} waits for {other}, which is open and not in this release"


def unknown_needs(features: Sequence[Feature]) -> tuple[tuple[str, str], ...]:
    """Unfinished feature and the id it depends on, for ids that none of the features has."""
    known = {one.id for one in features}
    return tuple(
        (one.id, other)
        for one in features
        if one.status is not FeatureStatus.DONE
        for other in one.depends_on
        if other not in known
    )


def cycles(features: Sequence[Feature]) -> tuple[tuple[str, ...], ...]:
    """Shortest circle of dependencies through each group of features that wait for each other, its start at both ends."""
    graph = dependencies(features)
    found: list[tuple[str, ...]] = [(one, one) for one in graph if graph.has_edge(one, one)]
    for group in nx.strongly_connected_components(graph):
        if len(group) > 1:
            first = min(group)
            part = graph.subgraph(group)
            back = min((nx.shortest_path(part, other, first) for other in sorted(part.successors(first))), key=len)
            found.append((first, *back))
    return tuple(sorted(found))


def critical_path(features: Sequence[Feature], effort: Mapping[str, Effort]) -> tuple[tuple[str, ...], float]:
    """Longest chain of dependencies and its business days; of equally long ones the first by id; () for a cycle."""
    graph = dependencies(features)
    if not nx.is_directed_acyclic_graph(graph):
        return (), 0.0
    best: dict[str, tuple[float, tuple[str, ...]]] = {}
    for one in reversed(list(nx.lexicographical_topological_sort(graph))):
        before = [best[other] for other in graph.successors(one)]
        longest = max((length for length, _ in before), default=0.0)
        chain = min((path for length, path in before if length == longest and length > 0), default=())
        best[one] = (longest + effort[one].days, (*chain, one) if longest + effort[one].days > 0 else ())
    length = max((length for length, _ in best.values()), default=0.0)
    return min((path for total, path in best.values() if total == length), default=()), length


def _issues(product: Product, features: Sequence[Feature], priorities: Priorities, room: Room | None) -> list[Issue]:
    planned = priorities.planned
    # A tracker knows an id that the release has not: it may well be done in time. In a file it can only be a mistake.
    unknown = unknown_needs(planned) if product.scope.source == FILE else ()
    issues = [
        Issue(kind="unknown", text=f"{one} depends on {other}, which is not in this release", features=(one,))
        for one, other in unknown
    ]
    issues += [
        Issue(kind="cycle", text=f"features wait for each other: {' -> '.join(circle)}", features=circle[:-1])
        for circle in cycles(planned)
    ]
    if room is None:
        return issues
    path, length = critical_path(planned, efforts(features, room))
    if length > room.days + _SLACK:
        text = (
            f"critical path {chain(path)} needs {plain(length)} business days, there {_are(room.days)} until "
            f"{room.words}"
        )
        issues.append(Issue(kind="path", text=text, features=path))
    musts = [choice for choice in priorities.choices if choice.priority == MUST and choice.points]
    pools: dict[str, Pool] = {**({"": room.whole} if room.whole else {}), **room.teams}
    for name, pool in pools.items():
        own = [choice for choice in musts if not name or choice.feature.team == name]
        need = sum(choice.points for choice in own)
        if need > pool.points + _SLACK:
            lost = f", after {plain(pool.lost)} lost to absences" if pool.lost else ""
            whose = f" of {name}" if name else ""
            text = f"the must-haves{whose} need {plain(need)} points, there is capacity for {plain(pool.points)}"
            issues.append(Issue(kind="capacity", text=text + lost, features=tuple(each.feature.id for each in own)))
    return issues


def chain(ids: Sequence[str]) -> str:
    """`WEB-201 -> WEB-205`, the middle of a long one left out."""
    if len(ids) > _NAMED:
        ids = [*ids[: _NAMED // 2], f"{len(ids) - _NAMED} more", *ids[-(_NAMED // 2) :]]
    return " -> ".join(ids)


def _are(count: int) -> str:
    return "is 1" if count == 1 else f"are {count}"


def _notes(product: Product, priorities: Priorities, room: Room | None) -> tuple[str, ...]:
    notes = []
    if not priorities.choices:
        return ("no features are planned",)
    if room is None:
        notes.append("a release of this type has no calendar: neither time nor capacity is looked at")
    elif room.whole is None:
        notes.append(
            "nobody said how many points a week has: only dependencies and estimates in days are looked at; write "
            "`capacity: {points_per_week: ...}`"
        )
    open_ones = [choice for choice in priorities.choices if choice.assumed]
    if open_ones:
        usual = open_ones[0].points
        count = "1 feature has" if len(open_ones) == 1 else f"{len(open_ones)} features have"
        as_much = f"counted as {plain(usual)}, the median" if usual else "counted as nothing"
        notes.append(f"{count} no points ({names([one.feature.id for one in open_ones])}): {as_much}")
    if room is not None and room.whole is not None:
        need = sum(choice.points for choice in priorities.choices if choice.priority == MUST)
        if MUST_SHARE * room.whole.points < need <= room.whole.points:
            share = round(100 * need / room.whole.points)
            notes.append(f"musts take {share} % of the capacity; more than 60 % leaves little to give up")
        strangers = sorted(
            {one.feature.team for one in priorities.choices if one.feature.team} - product.capacity.teams.keys()
        )
        if strangers and product.capacity.teams:
            notes.append(f"no capacity of its own is stated for {names(strangers)}")
    return tuple(notes)


def names(words: Sequence[str], most: int = 8) -> str:
    """The first few, and how many more there are."""
    more = f" and {len(words) - most} more" if len(words) > most else ""
    return ", ".join(words[:most]) + more


def _remedies(
    product: Product, release: Release, features: Sequence[Feature], issues: Sequence[Issue], at: datetime
) -> tuple[Remedy, ...]:
    broken = [issue for issue in issues if issue.kind in {"unknown", "cycle"}]
    if broken:
        text = "mend the dependencies first: remove one of each circle, and plan or remove what is not in this release"
        return (Remedy(kind="repair", text=text),)
    found = (way(product, release, features, at) for way in (_less, _later, _more))
    return tuple(remedy for remedy in found if remedy is not None)


def _fits(product: Product, release: Release, features: Sequence[Feature], at: datetime) -> bool:
    room = room_for(product, release, at=at)
    return not _issues(product, features, prioritise(features, room), room)


def _less(product: Product, release: Release, features: Sequence[Feature], at: datetime) -> Remedy | None:
    """Must-haves to leave out, the least worth first, none of which could stay."""
    room = room_for(product, release, at=at)
    choices = [choice for choice in prioritise(features, room).choices if choice.priority == MUST and choice.points]
    worst_first = [choice.feature.id for choice in reversed(choices)]
    graph = dependencies(features)
    out: list[str] = []
    for one in worst_first:
        if one not in out:
            out += [one, *sorted(nx.ancestors(graph, one) - {*out})]
        if _fits(product, release, _without(features, out), at):
            break
    else:
        return None
    for one in list(out):
        fewer = [other for other in out if other != one]
        # What still depends on a feature that is out cannot stay.
        if not nx.descendants(graph, one) & {*fewer} and _fits(product, release, _without(features, fewer), at):
            out = fewer
    titles = {each.id: each.title for each in features}
    listed = names([f"{one} {titles[one]}" for one in out])
    return Remedy(kind="scope", text=f"less scope: leave out or demote {listed}", features=tuple(out))


def _without(features: Sequence[Feature], out: Sequence[str]) -> list[Feature]:
    return [one for one in features if one.id not in out]


def _later(product: Product, release: Release, features: Sequence[Feature], at: datetime) -> Remedy | None:
    """First GA, week by week and on a day on which it may be, whose train leaves enough time if planning stays."""
    days = Days(product.holiday_regions)
    kept: dict[MilestoneKind, MilestoneOverride] = {
        each.kind: MilestoneOverride(date=each.planned_at.date(), reason="stays where it was")
        for each in train(product, release)
        if each.kind is MilestoneKind.PLANNING
    }
    for weeks in range(1, LATEST + 1):
        moved = _legal(product, _moved(release, timedelta(weeks=weeks)), days)
        if moved is not None:
            moved = replace(moved, overrides={**moved.overrides, **kept})
        if moved is not None and _fits(product, moved, features, at):
            by = "1 week" if weeks == 1 else f"{weeks} weeks"
            stays = "".join(f", planning still on {own.date}" for own in kept.values())
            text = f"later date: GA on {WEEKDAYS[moved.ga.weekday()]} {moved.ga}, {by} later{stays}"
            return Remedy(kind="date", text=text, ga=moved.ga)
    return None


def _moved(release: Release, by: timedelta) -> Release:
    """Release with its GA and its own dates moved."""
    own = {kind: replace(one, date=one.date + by) if one.date else one for kind, one in release.overrides.items()}
    return replace(release, ga=release.ga + by, overrides=own)


def _legal(product: Product, release: Release, days: Days) -> Release | None:
    """Release on the first day from its GA on, within a week, that is a business day with an open window."""
    for _ in range(7):
        ga = next((each for each in train(product, release) if each.kind is MilestoneKind.GA), None)
        if ga is None:
            return None
        if not days.closed(release.ga) and closed_by(product, MilestoneKind.GA, ga.planned_at) is None:
            return release
        release = _moved(release, timedelta(days=1))
    return None


def _more(product: Product, release: Release, features: Sequence[Feature], at: datetime) -> Remedy | None:
    """Points per week, of those who have too few, with which the plan would fit; None if no number of hands helps."""
    room = room_for(product, release, at=at)
    if room is None or room.whole is None:
        return None
    factors = _short(prioritise(features, room), room)
    on_path = _slow(features, room)
    if on_path and not _fits(_faster(product, factors), release, features, at):
        low, high = 1.0, FASTEST
        for _ in range(20):
            middle = (low + high) / 2
            tried = _faster(product, {**factors, **{name: max(factors.get(name, 1.0), middle) for name in on_path}})
            low, high = (low, middle) if _fits(tried, release, features, at) else (middle, high)
        factors |= {name: max(factors.get(name, 1.0), high) for name in on_path}
    faster = _faster(product, factors)
    if not factors or max(factors.values()) > FASTEST or not _fits(faster, release, features, at):
        return None
    before = {"": product.capacity.whole, **product.capacity.teams}
    after = {"": faster.capacity.whole, **faster.capacity.teams}
    changes = [
        f"{plain(new.points_per_week)} points per week{f' in {name}' if name else ''} "
        f"instead of {plain(old.points_per_week)}"
        for name, new in after.items()
        if new is not None and (old := before[name]) is not None and new != old
    ]
    return Remedy(kind="hands", text=f"more hands: {names(changes)}", capacity=faster.capacity)


def _short(priorities: Priorities, room: Room) -> dict[str, float]:
    """How many times as much the pools would have to do whose points do not suffice for the musts; "" is that of all."""
    found = {}
    for name, pool in {"": room.whole, **room.teams}.items():
        need = sum(
            each.points for each in priorities.choices if each.priority == MUST and name in {"", each.feature.team}
        )
        if pool is not None and need > pool.points + _SLACK:
            found[name] = need / pool.points if pool.points else 2 * FASTEST
    return found


def _slow(features: Sequence[Feature], room: Room) -> set[str]:
    """Pools whose speed sets how long the planned features take, where their chain is too long."""
    planned = prioritise(features, room).planned
    if critical_path(planned, efforts(features, room))[1] <= room.days + _SLACK:
        return set()
    return {one.team if one.team in room.teams else "" for one in planned if one.days is None}


def _faster(product: Product, factors: Mapping[str, float]) -> Product:
    """Product with so many times the points per week, rounded up to tenths."""

    def times(name: str, speed: TeamSpeed) -> TeamSpeed:
        if name not in factors:
            return speed
        return replace(speed, points_per_week=ceil(speed.points_per_week * factors[name] * 10 - _SLACK) / 10)

    whole = product.capacity.whole
    if whole is None and "" in factors:
        # All together are the sum of the teams, so each of them has to do more.
        factors = {name: max(factors[""], factors.get(name, 1.0)) for name in product.capacity.teams}
    teams = {name: times(name, speed) for name, speed in product.capacity.teams.items()}
    return replace(product, capacity=Capacity(whole=times("", whole) if whole else None, teams=teams))
