"""Conflicts across all products: what cannot happen as planned, or had better not, and which dates would mend it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise
from zoneinfo import ZoneInfo

from release_ops.domain.conflict_calendar import Calendar, Dated, days_from
from release_ops.domain.conflict_model import Conflict, Fix, Side, in_order, side_of
from release_ops.domain.conflict_policy import ConflictKind, ConflictPolicy, ConflictRule, strictest
from release_ops.domain.conflict_rules import CROWDS, LONE, broken_need, width
from release_ops.domain.crowding import Line, Point
from release_ops.domain.model import Milestone, MilestoneKind, Need, Product
from release_ops.domain.release_dates import NoSuchDay
from release_ops.domain.rules import local_instant
from release_ops.domain.windows import NeverOpenError, closed_by, next_open

Node = tuple[str, str, MilestoneKind]


def find_conflicts(
    products: Iterable[Product], *, policy: ConflictPolicy | None = None, since: date | None = None, fixes: bool = True
) -> tuple[Conflict, ...]:
    """Return the conflicts between the dates of all releases, ordered by date; the order of `products` does not matter.

    Without a `policy` the strictest of the products' own counts. Only conflicts with a date on or after `since` are
    told. A fix is the nearest business day with an open window, within the policy's horizon, on which the milestone (and,
    as GA moves, its whole train) has no conflict of that kind and makes none; `fixes=False` leaves them out.

    Near-linear: one sweep per line of points (a team, a person), one look-up per need, absence, conference and freeze.
    """
    search = _Search(Calendar(products), policy, since)
    found = [one for one in search.conflicts() if since is None or one.at.date() >= since]
    accepted = (_accepted(search.calendar.products, one) for one in found)
    return in_order(search.mended(one) if fixes else one for one in accepted)


class _Search:
    def __init__(self, calendar: Calendar, policy: ConflictPolicy | None, since: date | None) -> None:
        self.calendar = calendar
        self.policy = policy or strictest(product.conflicts for product in calendar.products.values())
        self.rules: dict[ConflictKind, ConflictRule] = dict(self.policy.rules)
        self.since = since
        self.lines: dict[ConflictKind, dict[str, Line]] = {
            kind: self._lines(kind) for kind in CROWDS if kind in self.rules
        }

    def _lines(self, kind: ConflictKind) -> dict[str, Line]:
        points: dict[str, list[Point]] = {}
        for dated in self.calendar.releases.values():
            for group, point in CROWDS[kind].points(self.calendar, dated):
                points.setdefault(group, []).append(point)
        return {group: Line(some) for group, some in points.items()}

    def conflicts(self) -> Iterator[Conflict]:
        """Every conflict, without its fixes."""
        for kind, rule in self.rules.items():
            if kind in CROWDS:
                yield from self._crowds(kind, rule)
            else:
                for dated in self.calendar.releases.values():
                    yield from LONE[kind](self.calendar, dated, rule)
        if ConflictKind.NEEDS in self.rules:
            yield from _cycles(self.calendar, self.rules[ConflictKind.NEEDS])

    def _crowds(self, kind: ConflictKind, rule: ConflictRule) -> Iterator[Conflict]:
        """One conflict per pair, with all that the two compete for."""
        pairs: dict[tuple[str, str], tuple[Milestone, Milestone, int, list[str]]] = {}
        for group, line in sorted(self.lines[kind].items()):
            for earlier, later, others in line.crowded(width(kind, rule), rule.at_most):
                pair = (later.what.key, earlier.what.key)
                pairs.setdefault(pair, (later.what, earlier.what, others, []))[3].append(group)
        for after, before, others, groups in pairs.values():
            first, second, subject = side_of(after), side_of(before), ", ".join(filter(None, groups))
            more = f"; {others} others are there already, and {rule.at_most} may" if rule.at_most > 1 else ""
            yield Conflict(
                kind=kind,
                severity=rule.severity,
                first=first,
                second=second,
                subject=subject,
                message=CROWDS[kind].sentence(first, second, subject, rule) + more,
            )

    def mended(self, conflict: Conflict) -> Conflict:
        """The conflict with its fixes."""
        if conflict.remedy:
            return conflict
        first, second = conflict.first, conflict.second
        if conflict.kind is ConflictKind.NEEDS and second is not None:
            moves = ((second, -1, first.planned_at), (first, 1, second.planned_at))
        else:
            moves = ((first, -1, None), (first, 1, None))
        found = (self._fix(conflict.kind, side, step, beyond) for side, step, beyond in moves)
        return replace(conflict, fixes=tuple(one for one in found if one is not None))

    def _fix(self, kind: ConflictKind, side: Side, step: int, beyond: datetime | None) -> Fix | None:
        """The nearest date of one side that is free, before or after; on the far side of the date `beyond`."""
        dated = self.calendar.releases[side.product, side.version]
        milestone = dated.milestone(side.milestone)
        if milestone is None:
            return None
        local = milestone.planned_at.astimezone(ZoneInfo(dated.product.timezone))
        lowest, highest = (
            self.calendar.neighbours(dated) if side.milestone is MilestoneKind.GA else (date.min, date.max)
        )
        for day in days_from(local.date(), step, self.policy.horizon.days, dated.product.holiday_regions):
            if not lowest < day < highest or (self.since is not None and day < self.since):
                return None
            at = local_instant(day, local.time(), ZoneInfo(dated.product.timezone))
            if beyond is not None and (at.astimezone(UTC) - beyond.astimezone(UTC)).total_seconds() * step <= 0:
                continue
            if not self._is_free(kind, Dated(dated.product, dated.release, (replace(milestone, planned_at=at),))):
                continue
            opens = _open_on_day(dated, side.milestone, at, later=step > 0)
            if opens is not None and self._holds(kind, dated, side.milestone, opens):
                return Fix(side=side, at=opens)
        return None

    def _holds(self, kind: ConflictKind, dated: Dated, milestone: MilestoneKind, at: datetime) -> bool:
        """True if a move leaves the train in order, and what moves with it has no conflict of that kind either."""
        try:
            moved = dated.moved(milestone, at)
        except NoSuchDay:
            return False
        if not moved.in_order_of(dated):
            return False
        concerned = moved.train if milestone is MilestoneKind.GA else moved.only({milestone})
        return self._is_free(kind, Dated(moved.product, moved.release, tuple(concerned)))

    def _is_free(self, kind: ConflictKind, dated: Dated) -> bool:
        rule = self.rules[kind]
        if kind in CROWDS:
            lines, within = self.lines[kind], width(kind, rule)
            return all(
                group not in lines or lines[group].has_room(point.x, point.identity, within, rule.at_most)
                for group, point in CROWDS[kind].points(self.calendar, dated)
            )
        if any(True for _ in LONE[kind](self.calendar, dated, rule)):
            return False
        return kind is not ConflictKind.NEEDS or not any(self._broken_dependents(dated, rule))

    def _broken_dependents(self, dated: Dated, rule: ConflictRule) -> Iterator[Conflict]:
        """Needs of other releases that this one, with its present dates, does not meet."""
        present = {one.kind for one in dated.train}
        for other, need in self.calendar.dependents.get(dated.key, ()):
            here = other.milestone(need.before)
            if here is not None and need.milestone in present:
                yield from broken_need(self.calendar, here, need, dated, rule)


def _open_on_day(dated: Dated, kind: MilestoneKind, at: datetime, *, later: bool) -> datetime | None:
    """The instant itself if its window is open; else (`later`) the next open one of its day, if there is one."""
    if closed_by(dated.product, kind, at, dated.release.type) is None:
        return at
    if not later:
        return None
    try:
        opens = next_open(dated.product, kind, at, dated.release.type).astimezone(at.tzinfo)
    except NeverOpenError:
        return None
    return opens if opens.date() == at.date() else None


def _accepted(products: Mapping[str, Product], conflict: Conflict) -> Conflict:
    """The conflict with the reason for which one of its products accepts it."""
    day = conflict.at.date()
    for side in conflict.sides:
        others = {one.product for one in conflict.sides if one is not side}
        for one in products[side.product].accepted_conflicts:
            if (
                one.kind is conflict.kind
                and one.version in {"", side.version}
                and (not one.product or one.product in others or (not others and conflict.subject == one.product))
                and (one.until is None or day <= one.until)
            ):
                return replace(conflict, accepted=one.reason)
    return conflict


def _cycles(calendar: Calendar, rule: ConflictRule) -> Iterator[Conflict]:
    """Releases that wait for each other: no dates will ever do. One conflict per ring."""
    graph: dict[Node, set[Node]] = {}
    needs: dict[tuple[Node, Node], Need] = {}
    for key, dated in sorted(calendar.releases.items()):
        for need in dated.release.needs:
            before, after = (need.product, need.version, need.milestone), (*key, need.before)
            graph.setdefault(after, set()).add(before)
            graph.setdefault(before, set())
            needs[before, after] = need
    stations: dict[tuple[str, str], list[MilestoneKind]] = {}
    for product, version, kind in graph:
        stations.setdefault((product, version), []).append(kind)
    for key, kinds in stations.items():
        ordered = sorted(kinds, key=lambda kind: kind.rank)
        for earlier, later in pairwise(ordered):
            graph[*key, later].add((*key, earlier))
    while ring := _ring(graph):
        links = sorted(pair for pair in pairwise(ring) if pair in needs)
        before, after = links[0]
        graph[after].discard(before)
        sides = [_side(calendar, node) for node in (after, before)]
        if sides[0].planned_at is None and sides[1].planned_at is None:
            continue
        names = " needs ".join(f"{node[0]} {node[1]} {node[2]}" for node in _turned(ring, after))
        yield Conflict(
            kind=ConflictKind.NEEDS,
            severity=rule.severity,
            first=sides[0],
            second=sides[1],
            subject="each other",
            message=f"these wait for each other, so that no dates will do: {names.replace('_', ' ')}",
            remedy="drop one of these needs",
        )


def _ring(graph: Mapping[Node, set[Node]]) -> list[Node]:
    """A ring of the graph, each node before the one that needs it; empty if there is none."""
    ordered = {node: sorted(graph[node]) for node in sorted(graph)}
    try:
        TopologicalSorter(ordered).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def _turned(ring: list[Node], start: Node) -> list[Node]:
    """The ring from one node on, each needing the next."""
    nodes = ring[:-1][::-1]
    place = nodes.index(start)
    return [*nodes[place:], *nodes[:place], start]


def _side(calendar: Calendar, node: Node) -> Side:
    product, version, kind = node
    dated = calendar.releases.get((product, version))
    milestone = dated.milestone(kind) if dated is not None else None
    at = milestone.planned_at if milestone is not None else None
    return Side(product=product, version=version, milestone=kind, planned_at=at)
