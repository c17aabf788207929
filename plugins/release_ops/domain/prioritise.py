"""What goes into a release: must, should or could by value, risk and effort, within what there is room for.

The order is that of weighted shortest job first (D. Reinertsen, The Principles of Product Development Flow, 2009, B16):
the cost of delay, here the value times the probability that the feature is done in time, divided by the size. Must,
should and could are those of MoSCoW (DSDM Agile Project Framework, ch. 10), and so are its shares: musts take at most
60 % of the effort, coulds are the last 20 %.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import inf
from statistics import median

import networkx as nx

from release_ops.domain.model import Feature, FeatureStatus
from release_ops.domain.room import Effort, Room, efforts
from release_ops.domain.scope import COULD, MUST, SHOULD

MUST_SHARE = 0.6
"""Of the capacity; musts beyond it leave too little that can be given up when something takes longer."""
COULD_SHARE = 0.2
"""Of the capacity that is for coulds; features without a stated priority that begin in it are coulds."""
EXTENDED = 0.2
"""How much more capacity the extended alternative has."""
_RANK = {MUST: 0, SHOULD: 1, COULD: 2}
_SLACK = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One feature in the plan, and why it is in or deferred."""

    feature: Feature
    priority: str
    """must, should or could, dependencies taken into account."""
    planned: bool
    """False: deferred."""
    reason: str
    points: float
    """What is left to do."""
    assumed: bool
    """The points are the median of the others'."""
    score: float | None
    """Value x (1 - risk) / points; None where nothing is left to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Priorities:
    """Every feature in the order in which it is chosen."""

    choices: tuple[Choice, ...]
    mvp: tuple[str, ...]
    """Ids of the musts and what they depend on: the least that is worth releasing."""
    extended: tuple[str, ...]
    """Ids that 20 % more capacity would add."""

    @property
    def planned(self) -> tuple[Feature, ...]:
        """Features that are in."""
        return tuple(choice.feature for choice in self.choices if choice.planned)

    @property
    def deferred(self) -> tuple[Choice, ...]:
        """Choices that are not in."""
        return tuple(choice for choice in self.choices if not choice.planned)

    @property
    def points(self) -> float:
        """What is left to do of the features that are in."""
        return sum(choice.points for choice in self.choices if choice.planned)

    def points_of(self, team: str) -> float:
        """What is left to do of a team's features that are in."""
        return sum(choice.points for choice in self.choices if choice.planned and choice.feature.team == team)


def dependencies(features: Sequence[Feature]) -> nx.DiGraph[str]:
    """Graph of the features, an edge from each to those that it waits for; ids that no feature has are left out.

    What is done waits for nothing any more.
    """
    graph: nx.DiGraph[str] = nx.DiGraph()
    graph.add_nodes_from(one.id for one in features)
    graph.add_edges_from(
        (one.id, other)
        for one in features
        for other in dict.fromkeys(one.depends_on)
        if graph.has_node(other) and one.status is not FeatureStatus.DONE
    )
    return graph


def prioritise(features: Sequence[Feature], room: Room | None) -> Priorities:
    """Choose among features of different ids.

    A stated priority counts; a feature without one is a should while 80 % of the capacity last, by its score, and a
    could from there on. What a must depends on is a must. Done features and musts are in whatever
    they cost (`feasibility` says whether they fit). Of the shoulds, then of the coulds, each is taken by its score,
    together with what it depends on, if the points of all and of its teams last and its chain of dependencies fits into
    the days; the others are deferred. So more room never defers what stood before the first feature that was deferred.
    Equal scores are told apart by points, then id.
    """
    book = _Book(features, room)
    in_order = sorted(features, key=book.order)
    for feature in in_order:
        book.consider(feature)
    choices = {
        feature.id: Choice(
            feature=feature,
            priority=book.priority[feature.id],
            planned=feature.id in book.taken,
            reason=book.why[feature.id],
            points=book.effort[feature.id].points,
            assumed=book.effort[feature.id].assumed,
            score=book.score[feature.id],
        )
        for feature in in_order
    }
    mvp = tuple(each for each, choice in choices.items() if choice.priority == MUST)
    return Priorities(choices=tuple(choices.values()), mvp=mvp, extended=book.more(in_order))


@dataclass
class _Book:
    """What is taken and what is left, while features are considered one after the other."""

    features: Sequence[Feature]
    room: Room | None
    taken: set[str] = field(default_factory=set)
    why: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.by_id = {one.id: one for one in self.features}
        self.effort: Mapping[str, Effort] = efforts(self.features, self.room)
        self.score = _scores(self.features, self.effort)
        self.graph = dependencies(self.features)
        self.needs = {one: nx.descendants(self.graph, one) for one in self.graph}
        self.chain = _chains(self.graph, self.effort)
        self.spent = dict.fromkeys(["", *(self.room.teams if self.room else ())], 0.0)
        self.limit = {"": self.room.whole.points} if self.room and self.room.whole else {}
        self.limit |= {name: pool.points for name, pool in self.room.teams.items()} if self.room else {}
        self.priority, self.pulled = self._priorities()

    def order(self, feature: Feature) -> tuple[int, float, float, str]:
        """Sort key: done, must, should, could; the best score first."""
        rank = -1 if feature.status is FeatureStatus.DONE else _RANK[self.priority[feature.id]]
        score = self.score[feature.id]
        return rank, -(inf if score is None else score), self.effort[feature.id].points, feature.id

    def _priorities(self) -> tuple[dict[str, str], dict[str, str]]:
        """Priority per id, and for those that are musts because one depends on them, which."""
        own = {one.id: one.priority if one.priority in _RANK else SHOULD for one in self.features}
        own |= self._ranked([one for one in self.features if not one.stated])
        by = {
            needed: one
            for one in sorted(own, reverse=True)
            if own[one] == MUST
            for needed in self.needs[one]
            if own[needed] != MUST
        }
        return {**own, **dict.fromkeys(by, MUST)}, by

    def _ranked(self, features: list[Feature]) -> dict[str, str]:
        """Should or could for those that nobody ranked: coulds begin where the last 20 % of the capacity do."""
        whole = self.limit.get("")
        if whole is None:
            return {one.id: SHOULD for one in features}
        used = sum(self.effort[one.id].points for one in self.features if one.stated and one.priority != COULD)
        found = {}
        for one in sorted(features, key=lambda one: (-(self.score[one.id] or 0.0), one.id)):
            used += self.effort[one.id].points
            found[one.id] = SHOULD if used <= whole * (1 - COULD_SHARE) + _SLACK else COULD
        return found

    def consider(self, feature: Feature) -> None:
        """Take or defer a feature, and say why."""
        if feature.id in self.taken:
            return
        if feature.status is FeatureStatus.DONE:
            self._take(feature.id, "done")
            return
        priority = self.priority[feature.id]
        if priority == MUST:
            self._take(feature.id, self._because(feature, "must"))
            return
        bundle = {feature.id, *self.needs[feature.id]} - self.taken
        if problem := self._obstacle(feature, bundle):
            self.why[feature.id] = f"{self._because(feature, priority)}: {self._worth(feature)}{problem}"
            return
        for needed in sorted(bundle - {feature.id}):
            self.priority[needed] = min(self.priority[needed], priority, key=lambda each: _RANK[each])
            done = self.by_id[needed].status is FeatureStatus.DONE
            self._take(needed, "done" if done else f"{self.priority[needed]}, because {feature.id} depends on it")
        self._take(feature.id, f"{self._because(feature, priority)}: {self._worth(feature)}fits")

    def more(self, in_order: Sequence[Feature]) -> tuple[str, ...]:
        """Ids that fit besides what is taken when every pool has 20 % more."""
        before = set(self.taken)
        self.limit = {name: points * (1 + EXTENDED) for name, points in self.limit.items()}
        for feature in in_order:
            bundle = {feature.id, *self.needs[feature.id]} - self.taken
            if feature.id not in self.taken and not self._obstacle(feature, bundle):
                for one in bundle:
                    self._take(one, self.why.get(one, ""))
        return tuple(one.id for one in in_order if one.id in self.taken - before)

    def _take(self, one: str, reason: str) -> None:
        self.taken.add(one)
        self.why[one] = reason
        self.spent[""] += self.effort[one].points
        if (team := self.by_id[one].team) in self.spent and team:
            self.spent[team] += self.effort[one].points

    def _because(self, feature: Feature, priority: str) -> str:
        if feature.id in self.pulled:
            return f"{priority}, because {self.pulled[feature.id]} depends on it"
        return priority if feature.stated else f"{priority} by its score"

    def _worth(self, feature: Feature) -> str:
        score = self.score[feature.id]
        if score is None:
            return ""
        return f"{'value' if self._has_value else 'worth'} per point {plain(score)}; "

    @property
    def _has_value(self) -> bool:
        return any(one.value is not None for one in self.features)

    def _obstacle(self, feature: Feature, bundle: set[str]) -> str:
        """What keeps a feature and what it needs out; empty if nothing does."""
        others = {one for one in bundle - {feature.id} if self.effort[one].points}
        what = f"with {', '.join(sorted(others))} it needs" if others else "it needs"
        if self.room and not self.room.days and any(self.effort[one].points for one in bundle):
            return f"no business day is left until {self.room.words}"
        for name, limit in self.limit.items():
            need = sum(self.effort[one].points for one in bundle if not name or self.by_id[one].team == name)
            left = limit - self.spent[name]
            if need <= left + _SLACK:
                continue
            whose = f"{name}'s capacity" if name else "capacity"
            if left <= _SLACK:
                return f"{whose} of {plain(limit)} points used up"
            return f"{plain(left)} of {whose} of {plain(limit)} points are left, {what} {plain(need)}"
        days = self.chain.get(feature.id)
        if self.room and days is not None and days > self.room.days + _SLACK:
            chain = "it and what it waits for take" if self.needs[feature.id] else "it takes"
            return f"{chain} {plain(days)} business days, there are {self.room.days}"
        return ""


def _scores(features: Sequence[Feature], effort: Mapping[str, Effort]) -> dict[str, float | None]:
    """Score per id. Without a value a feature counts as much as the median of those with one; if none has, as 1.

    Where nobody has estimated anything, all are of one size.
    """
    known = [one.value for one in features if one.value is not None]
    usual = median(known) if known else 1.0
    found: dict[str, float | None] = {}
    for one in features:
        left = effort[one.id]
        size = 1.0 if left.assumed and not left.points else left.points
        value = usual if one.value is None else one.value
        found[one.id] = value * (1 - (one.risk or 0.0)) / size if size else None
    return found


def _chains(graph: nx.DiGraph[str], effort: Mapping[str, Effort]) -> dict[str, float]:
    """Business days until each feature is done, with all that it waits for; nothing for what waits for a cycle."""
    found: dict[str, float] = {}
    core = {one for part in nx.strongly_connected_components(graph) if len(part) > 1 for one in part}
    core |= {one for one in graph if graph.has_edge(one, one)}
    tainted = core.union(*(nx.ancestors(graph, one) for one in core))
    for one in reversed(list(nx.lexicographical_topological_sort(graph.subgraph(set(graph) - tainted)))):
        found[one] = effort[one].days + max((found[other] for other in graph.successors(one)), default=0.0)
    return found


def plain(number: float) -> str:
    """A number as people write it, at most one decimal: `8`, `0.4`, `12.5`; two below a tenth."""
    digits = 2 if 0 < abs(number) < 0.1 else 1
    return f"{number:.{digits}f}".rstrip("0").rstrip(".") or "0"
