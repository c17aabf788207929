"""The allocation of people to projects as a mixed-integer programme.

For every member who can meet a need there is a share s of it, 0..1 (0 or 1 where one person has to do all of it), and for
every member and project of which that holds a y: whether he takes part. A member's work for a project is spread over the
time that he is free while it runs, so his load by it is the same on all those days:
load = sum(s hours) / free hours during the project.

- hours: the shares of a need add up to 1.
- time: on no day more load than 1, less `switching_loss` for each project beyond the first. It is enough to look at the
  largest sets of projects that run on one day (the maximal cliques of an interval graph).
- projects: not more than `projects_at_once` of them on one day.
- members, people, mix, budget: who takes part, how many, with which skills, and what they cost.
- load <= y, and load >= `least_share` y, or all of the project if that is less.
- load - over <= fair y, where over is what somebody works above the fair load: it follows from the others, and without it
  whoever works half of the fair load would join by half in the relaxed programme.

Minimised are money and what is weighed like money: cost; (1 - match) hours at the mean rate; hours above the fair load,
which is demand / time and at most the target; `start_hours` for each project that somebody joins.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Any, NamedTuple

from release_ops.domain.staff import Member, Project, Staff, able, free_hours, match


class Kind(StrEnum):
    """What a limit is about, and so what it costs to give way."""

    HOURS = "hours"
    TIME = "overtime"
    PROJECTS = "projects"
    BUDGET = "budget"
    PEOPLE = "people"


class Limit(NamedTuple):
    """Something that the plan has to keep."""

    kind: Kind
    words: str
    """What has to be kept, with what makes it hard."""
    short: str
    """The same in short, for who knows it already."""
    amount: float = 1.0
    """What 1 of its row is in hours, projects, money or heads."""
    weight: float = 1.0
    """Priority: how many times the money counts that it costs to give way."""


@dataclass(slots=True)
class Row:
    """low <= sum(coefficient x column) <= high."""

    columns: list[int]
    coefficients: list[float]
    low: float
    high: float
    limit: int = -1
    """Place of its limit; -1: it defines what the columns mean, and nobody can give way."""
    price: float = 0.0
    """What it costs to miss `low` or to pass `high` by 1."""
    most: float = float("inf")
    """By how much at most."""


class Offer(NamedTuple):
    """A member who could do a need; all by place."""

    member: int
    project: int
    need: int
    hours: float
    """What all of the need would take him."""
    load: float
    """The same as a share of his free time during the project."""
    fit: float
    """How well he matches, 0..1."""


class Part(StrEnum):
    """Part of the objective."""

    COST = "cost"
    MATCH = "match"
    BALANCE = "balance"
    SWITCHING = "switching"


class Crowd(NamedTuple):
    """Projects that run on one day, and the column of a member's load by them above the fair one."""

    projects: Sequence[int]
    over: int | None
    """None: balance does not count."""
    free: float
    """Hours of a member on the days of it."""


@dataclass(slots=True)
class Model:
    """Columns and rows; a column is priced per part of the objective."""

    staff: Staff
    offers: list[Offer] = field(default_factory=list)
    """The first columns are the shares of these."""
    pairs: dict[tuple[int, int], int] = field(default_factory=dict)
    """Member and project to the column that says whether he takes part."""
    rows: list[Row] = field(default_factory=list)
    limits: list[Limit] = field(default_factory=list)
    prices: dict[Part, list[float]] = field(default_factory=lambda: {part: [] for part in Part})
    upper: list[float] = field(default_factory=list)
    integer: list[bool] = field(default_factory=list)
    fair: float = 0.0
    """Load above which balance counts."""
    crowds: dict[int, list[Crowd]] = field(default_factory=dict)
    """Member to the largest sets of projects for him that run on one day."""

    def column(self, upper: float, *, integer: bool = False, **prices: float) -> int:
        """Add a column from 0 to `upper`, priced by parts of the objective; returns its place."""
        self.upper.append(upper)
        self.integer.append(integer)
        for part, column in self.prices.items():
            column.append(prices.get(part.value, 0.0))
        return len(self.upper) - 1

    def row(
        self,
        terms: Iterable[tuple[int, float]],
        low: float,
        high: float,
        limit: Limit | None = None,
        price: float = 0.0,
        most: float = float("inf"),
    ) -> None:
        """Add a row; one that belongs to a limit can be given way to at its price."""
        found = list(terms)
        at = -1
        if limit is not None:
            at = len(self.limits)
            self.limits.append(limit)
        self.rows.append(Row([one for one, _ in found], [by for _, by in found], low, high, at, price, most))


class Calendar:
    """Free hours of members on the days of the projects."""

    def __init__(self, staff: Staff) -> None:
        import numpy as np  # noqa: PLC0415 - the command line starts without it

        self._projects = staff.projects
        first = min(one.start for one in staff.projects)
        last = max(one.end for one in staff.projects)
        days = [first + timedelta(days=place) for place in range((last - first).days + 1)]
        self._spans = [((one.start - first).days, (one.end - first).days + 1) for one in staff.projects]
        self.free: Any = np.array([[free_hours(one, day, planned=False) for day in days] for one in staff.members])
        self._sums: Any = np.concatenate([np.zeros((len(staff.members), 1)), self.free.cumsum(axis=1)], axis=1)
        self._running = [
            sum(1 << place for place, (begin, end) in enumerate(self._spans) if begin <= day < end)
            for day in range(len(days))
        ]

    def during(self, member: int, project: int) -> float:
        """Free hours of a member while a project runs."""
        begin, end = self._spans[project]
        return float(self._sums[member, end] - self._sums[member, begin])

    @property
    def hours(self) -> float:
        """Free hours of everybody on all days."""
        return float(self._sums[:, -1].sum())

    def together(self, member: int, projects: Iterable[int]) -> list[tuple[list[int], float]]:
        """The largest sets of some projects that run on one day on which a member is free, in the order of their days.

        With each set the free hours of the days on which nothing but it runs, in whole or in part; each day counts once.
        """
        mask = sum(1 << place for place in projects)
        hours: dict[int, float] = {}
        for running, free in zip(self._running, self.free[member].tolist(), strict=True):
            if free > 0 and running & mask:
                hours[running & mask] = hours.get(running & mask, 0.0) + free
        largest = [one for one in hours if not any(one != other and one & other == one for other in hours)]
        found = dict.fromkeys(largest, 0.0)
        for one, free in hours.items():
            found[next(other for other in largest if one & other == one)] += free
        return [(list(_places(one)), free) for one, free in found.items()]


def _places(mask: int) -> Iterable[int]:
    place = 0
    while mask:
        if mask & 1:
            yield place
        mask >>= 1
        place += 1


def build(staff: Staff, *, overtime: bool = False) -> Model:
    """The programme of an allocation. The staff has members and projects, each project with an id of its own.

    With `overtime` only the limits of time forbid it, so that they can give way; without, what the columns mean does too,
    which brings the bound nearer.
    """
    model = Model(staff)
    calendar = Calendar(staff)
    _offers(model, calendar)
    _participation(model, 1.0 + staff.policy.relaxing.overtime_at_most if overtime else 1.0)
    _needs(model, calendar)
    _time(model, calendar)
    _composition(model)
    _budgets(model)
    return model


def mean_rate(staff: Staff) -> float:
    """What an hour costs in the mean of the members."""
    return sum(float(one.rate) for one in staff.members) / max(1, len(staff.members))


def _offers(model: Model, calendar: Calendar) -> None:
    staff, weights, mean = model.staff, model.staff.policy.weights, mean_rate(model.staff)
    for p, project in enumerate(staff.projects):
        barred = set(project.without)
        for n, need in enumerate(project.needs):
            for m, member in enumerate(staff.members):
                if not able(member, need) or member.id in barred or (free := calendar.during(m, p)) <= 0:
                    continue
                fit = match(member, need, staff.policy, project.start)
                hours = need.hours_of.get(member.id, need.hours)
                model.offers.append(Offer(m, p, n, hours, hours / free, fit))
                model.column(
                    1.0,
                    integer=need.whole,
                    cost=weights.cost * hours * float(member.rate),
                    match=weights.match * (1 - fit) * hours * mean,
                )


def _participation(model: Model, most: float) -> None:
    """Columns that say who takes part in what, where it matters, and what they mean. Loads are at most `most`."""
    staff, policy = model.staff, model.staff.policy
    start = policy.weights.switching * policy.start_hours
    everywhere = start > 0 or policy.least_share > 0 or policy.switching_loss > 0
    own: dict[tuple[int, int], list[int]] = {}
    for at, offer in enumerate(model.offers):
        own.setdefault((offer.member, offer.project), []).append(at)
    most_at_once = min((at_once(staff, m) for m in range(len(staff.members))), default=0)
    everywhere = everywhere or most_at_once < len(staff.projects)
    for (m, p), places in own.items():
        project = staff.projects[p]
        if not everywhere and not _composed(project):
            continue
        joins = 0.0 if _is_in(staff.members[m], project) else start * float(staff.members[m].rate)
        y = model.pairs[m, p] = model.column(1.0, integer=True, switching=joins)
        loads = [(at, model.offers[at].load) for at in places]
        for at, load in loads:
            model.row([(at, max(1.0, load / most)), (y, -1.0)], -float("inf"), 0.0)
        if len(loads) > 1:
            model.row([*loads, (y, -most)], -float("inf"), 0.0)
        if policy.least_share > 0:
            crew = max(1, project.people_at_least, len(project.members), *(one.people for one in project.mix))
            least = min(policy.least_share, sum(load for _, load in loads) / crew)
            model.row([*loads, (y, -least)], 0.0, float("inf"))


def _is_in(member: Member, project: Project) -> bool:
    """Whether he works for it already, by hand or by the last plan, and so needs no time to get into it."""
    return any(one.project == project.id for one in member.booked)


def _composed(project: Project) -> bool:
    limited = project.people_at_least > 0 or project.people_at_most is not None
    return bool(limited or project.mix or project.members)


def at_once(staff: Staff, member: int) -> int:
    """On how many projects a member, by place, may work on one day."""
    own = staff.members[member].projects_at_once
    return staff.policy.projects_at_once if own is None else own


def _needs(model: Model, calendar: Calendar) -> None:
    staff, relaxing = model.staff, model.staff.policy.relaxing
    own: dict[tuple[int, int], list[int]] = {}
    for at, offer in enumerate(model.offers):
        own.setdefault((offer.project, offer.need), []).append(at)
    for p, project in enumerate(staff.projects):
        for n, need in enumerate(project.needs):
            places = own.get((p, n), [])
            free = sum(calendar.during(model.offers[at].member, p) for at in places)
            who = (
                f"{heads(len(places))} can do it, with {free:,.0f} h free then" if places else "nobody there can do it"
            )
            certified = ", certified" if need.certified else ""
            whole = ", by one person" if need.whole else ""
            words = (
                f"{project.name} takes {need.hours:,.0f} h of {need.skill} ({need.level.word} or better{certified})"
                f"{whole}: {who}"
            )
            price = (relaxing.hours or 0.0) * need.hours * project.priority
            short = f"{project.name}, {need.hours:,.0f} h of {need.skill}"
            limit = Limit(Kind.HOURS, words, short, need.hours, project.priority)
            model.row(((at, 1.0) for at in places), 1.0, 1.0, limit, price, 1.0)


def _time(model: Model, calendar: Calendar) -> None:
    staff, policy = model.staff, model.staff.policy
    demand = sum(need.hours for project in staff.projects for need in project.needs)
    model.fair = min(policy.target, demand / calendar.hours) if calendar.hours else policy.target
    per_hour = policy.weights.balance * mean_rate(staff)
    own: dict[int, dict[int, list[int]]] = {}
    for at, offer in enumerate(model.offers):
        own.setdefault(offer.member, {}).setdefault(offer.project, []).append(at)
    for m, projects in own.items():
        member, most = staff.members[m], at_once(staff, m)
        for together, free in calendar.together(m, projects):
            loads = [(at, model.offers[at].load) for p in together for at in projects[p]]
            takes = [(model.pairs[m, p], 1.0) for p in together if (m, p) in model.pairs]
            names = listed([staff.projects[p].name for p in together])
            loss = policy.switching_loss if len(takes) > 1 else 0.0
            model.row(
                [*loads, *((y, loss) for y, _ in takes if loss)],
                -float("inf"),
                1.0 + loss,
                Limit(
                    Kind.TIME,
                    f"{member.name} has {free:,.0f} h free around {names}",
                    f"{member.name}, around {names}",
                    free,
                ),
                (policy.relaxing.overtime or 0.0) * float(member.rate) * free,
                policy.relaxing.overtime_at_most,
            )
            if len(takes) > most:
                words = f"{member.name} works on at most {most} of {names} at once"
                short = f"{member.name}, at most {most} of {names} at once"
                price = (policy.relaxing.projects or 0.0) * float(member.rate)
                model.row(takes, -float("inf"), most, Limit(Kind.PROJECTS, words, short), price)
            over = None
            if per_hour > 0:
                over = model.column(float("inf"), balance=per_hour * free)
                model.row([*loads, (over, -1.0)], -float("inf"), model.fair)
            model.crowds.setdefault(m, []).append(Crowd(together, over, free))
        _joined(model, m, projects)


def _joined(model: Model, member: int, projects: Mapping[int, Sequence[int]]) -> None:
    """Rows load - over <= fair y, for each project of a member, in the crowd where being over the fair load costs most."""
    for p, places in projects.items():
        crowds = [one for one in model.crowds[member] if p in one.projects and one.over is not None]
        if (member, p) not in model.pairs or not crowds:
            continue
        over = max(crowds, key=lambda one: one.free).over
        loads = [(at, model.offers[at].load) for at in places]
        terms = [*loads, (over or 0, -1.0), (model.pairs[member, p], -model.fair)]
        model.row(terms, -float("inf"), 0.0)


def _composition(model: Model) -> None:
    staff = model.staff
    price = (staff.policy.relaxing.people or 0.0) * mean_rate(staff)
    taking: dict[int, dict[int, int]] = {}
    for (m, p), y in model.pairs.items():
        taking.setdefault(p, {})[m] = y
    for p, project in enumerate(staff.projects):
        own = taking.get(p, {})
        everybody = [(y, 1.0) for y in own.values()]
        if project.people_at_least:
            words = f"{project.name} has at least {heads(project.people_at_least)}"
            short = f"{project.name}, at least {heads(project.people_at_least)}"
            model.row(everybody, project.people_at_least, float("inf"), Limit(Kind.PEOPLE, words, short), price)
        if project.people_at_most is not None:
            words = f"{project.name} has at most {heads(project.people_at_most)}"
            short = f"{project.name}, at most {heads(project.people_at_most)}"
            model.row(everybody, -float("inf"), project.people_at_most, Limit(Kind.PEOPLE, words, short), price)
        for mix in project.mix:
            able_ones = [(y, 1.0) for m, y in own.items() if _has(staff, m, mix.skill, mix.level)]
            words = f"{project.name} has at least {heads(mix.people)} with {mix.skill} ({mix.level.word} or better)"
            short = f"{project.name}, at least {heads(mix.people)} with {mix.skill} ({mix.level.word} or better)"
            model.row(able_ones, mix.people, float("inf"), Limit(Kind.PEOPLE, words, short), price)
        for member in project.members:
            at = next((m for m, one in enumerate(staff.members) if one.id == member), -1)
            name = staff.members[at].name if at >= 0 else member
            column = [(own[at], 1.0)] if at in own else []
            words = f"{name} is part of {project.name}"
            model.row(column, 1.0, float("inf"), Limit(Kind.PEOPLE, words, words), price)


def _has(staff: Staff, member: int, skill: str, level: int) -> bool:
    found = staff.members[member].skills.get(skill)
    return found is not None and found.level >= level


def _budgets(model: Model) -> None:
    staff, policy = model.staff, model.staff.policy
    price = policy.relaxing.budget or 0.0

    def cost(offer: Offer) -> float:
        return offer.hours * float(staff.members[offer.member].rate)

    for p, project in enumerate(staff.projects):
        if project.budget is None:
            continue
        terms = [(at, cost(offer)) for at, offer in enumerate(model.offers) if offer.project == p]
        words = f"the people of {project.name} cost at most {project.budget:,.2f} {policy.currency}"
        short = f"{project.name}, budget of {project.budget:,.2f} {policy.currency}"
        _money(model, terms, float(project.budget), (words, short), price)
    if policy.budget is not None:
        terms = [(at, cost(offer)) for at, offer in enumerate(model.offers)]
        words = f"the people of all projects cost at most {policy.budget:,.2f} {policy.currency}"
        short = f"all projects, budget of {policy.budget:,.2f} {policy.currency}"
        _money(model, terms, float(policy.budget), (words, short), price)


def _money(model: Model, terms: Sequence[tuple[int, float]], most: float, words: tuple[str, str], price: float) -> None:
    # In units of the budget: HiGHS works best with numbers around 1.
    unit = most or 1.0
    scaled = [(at, by / unit) for at, by in terms]
    model.row(scaled, -float("inf"), most / unit, Limit(Kind.BUDGET, *words, unit), price * unit)


def heads(number: int) -> str:
    """`1 person`, `2 people`."""
    return "1 person" if number == 1 else f"{number} people"


def listed(names: Sequence[str]) -> str:
    """`a, b and c`; of many the first three and how many more."""
    if len(names) > 4:
        return f"{', '.join(names[:3])} and {len(names) - 3} more"
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
