"""What to do about hours that lack: train, hire, take somebody from outside, or do it later; the cheapest first.

Every way is priced for the whole gap: its own cost, and an outside hour for each hour that it leaves open.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from math import ceil
from typing import NamedTuple

from release_ops.domain.capacity import WEEK, MemberWeek, Work, demand, monday, open_hours, weeks
from release_ops.domain.capacity_gaps import Ability, GapWeek, ability_of, undone
from release_ops.domain.staff import Level, Member, Staff

CENT = Decimal("0.01")
YEAR = 52
_STEPS = (1, 2, 3, 4, 6, 8, 10, 13, 16, 20, 26, 39, 52)
"""Weeks by which a project is tried to be moved."""


class Option(NamedTuple):
    """One way to close a gap."""

    kind: str
    """train, hire, contract or postpone."""
    who: str
    """Id of the member who is trained, of the projects that wait; empty."""
    cost: Decimal
    """Of the way itself."""
    covers: float
    """Hours of the gap that it closes."""
    rest: Decimal
    """What outside hours for those that it leaves open cost."""
    ready: date | None
    """First week in which it helps; None: at once."""
    hours: float
    """Of training; 0 for the other ways."""
    weeks: int
    """Until it helps; of postponing, by how much the end moves."""
    assumptions: tuple[str, ...]

    @property
    def total(self) -> Decimal:
        """What closing the gap costs this way."""
        return self.cost + self.rest


class Advice(NamedTuple):
    """A gap and the ways to close it, the cheapest first."""

    ability: Ability
    short: float
    """Hours beyond what the target leaves, over all weeks."""
    lacking: float
    """Those beyond all time."""
    first: date
    last: date
    projects: tuple[str, ...]
    """Ids of those that wait for it, the most hours first."""
    options: tuple[Option, ...]


def price_of_hour(staff: Staff, level: Level) -> Decimal:
    """What an hour of somebody at a level costs by the policy's salaries; 0 where it names none."""
    hire = staff.review.hire
    salary = hire.salaries.get(level.word, Decimal(0))
    return salary * hire.benefits * hire.overhead / hire.year_hours


def advise(
    staff: Staff, gaps: Sequence[GapWeek], work: Sequence[Work], rows: Sequence[MemberWeek], now: date
) -> list[Advice]:
    """Advice for the largest gaps. `gaps` and `rows` are of the same weeks, `work` of these too."""
    by_ability: dict[Ability, list[GapWeek]] = defaultdict(list)
    for one in gaps:
        if one.short > 0:
            by_ability[one.ability].append(one)
    sizes = {ability: sum(one.short for one in own) for ability, own in by_ability.items()}
    chosen = sorted(
        (one for one in sizes if sizes[one] >= staff.review.matters_from), key=lambda one: (-sizes[one], one)
    )
    missing = undone(work, staff, staff.policy.target)
    kept: dict[tuple[str, date], float] = {}

    def open_of(member: Member, week: date) -> float:
        key = (member.id, week)
        if key not in kept:
            kept[key] = open_hours(member, week)
        return kept[key]

    found = []
    for ability in chosen[: staff.review.recommendations]:
        own = by_ability[ability]
        waiting: dict[str, float] = defaultdict(float)
        for piece, hours in zip(work, missing, strict=True):
            if ability_of(piece) == ability and hours > 0:
                waiting[piece.project] += hours
        short = {one.week: one.short for one in own}
        options = [
            *_training(staff, ability, short, rows, now),
            *_hire(staff, ability, short, now),
            _contract(staff, short, now),
            *_postponed(staff, ability, [*waiting], now, open_of),
        ]
        options.sort(key=lambda one: (one.total, one.kind, one.who))
        projects = tuple(sorted(waiting, key=lambda one: (-waiting[one], one)))
        lacking = sum(one.lacking for one in own)
        found.append(Advice(ability, sizes[ability], lacking, min(short), max(short), projects, tuple(options)))
    return found


def _rest(staff: Staff, short: Mapping[date, float], covered: float) -> Decimal:
    return money(sum(short.values()) - covered, staff.review.outside.price)


def money(hours: float, price: Decimal) -> Decimal:
    """Price of some hours, these to the hundredth, to the cent."""
    return (Decimal(repr(round(hours, 2))) * price).quantize(CENT)


def effort(staff: Staff, member: Member, ability: Ability) -> float:
    """Hours of training that bring somebody to an ability; 0 if he has it."""
    policy, skill = staff.review.training, member.skills.get(ability.skill)
    now = skill.level if skill is not None else 0
    hours = sum(policy.hours.get(level.word, 0.0) for level in Level if now < level <= ability.level)
    return hours + (policy.certificate if ability.certified and not (skill and skill.certified) else 0.0)


def _training(
    staff: Staff, ability: Ability, short: Mapping[date, float], rows: Sequence[MemberWeek], now: date
) -> Iterator[Option]:
    """Whoever needs it least first: who is nearest in hours of training, then who has most room."""
    policy, target = staff.review.training, staff.policy.target
    if policy.hours_per_week <= 0:
        return
    room: dict[str, dict[date, float]] = defaultdict(dict)
    for row in rows:
        room[row.member][row.week] = max(0.0, target * row.capacity - row.booked - row.planned)
    efforts = {one.id: effort(staff, one, ability) for one in staff.members}
    names = {one.id: one for one in staff.members}
    found = []
    for who, hours in efforts.items():
        if hours <= 0:
            continue
        takes = ceil(hours / policy.hours_per_week)
        ready = monday(now) + WEEK * takes
        covers = sum(min(lacks, room[who].get(week, 0.0)) for week, lacks in short.items() if week >= ready)
        if covers <= 0:
            continue
        skill = names[who].skills.get(ability.skill)
        level = skill.level if skill is not None else Level.NOVICE
        own = price_of_hour(staff, level)
        assumptions = (
            f"{hours:g} h of training from {skill.level.word if skill else 'no knowledge'}, "
            f"{policy.hours_per_week:g} h a week",
            f"{_plain(policy.price)} an hour, and {_plain(own.quantize(CENT))} for the working time",
            "room by the plan up to the target, after the training",
        )
        cost = money(hours, policy.price + own)
        found.append(Option("train", who, cost, covers, _rest(staff, short, covers), ready, hours, takes, assumptions))
    found.sort(key=lambda one: (one.hours, one.total, one.who))
    yield from found[: policy.candidates]


def _hire(staff: Staff, ability: Ability, short: Mapping[date, float], now: date) -> Iterator[Option]:
    policy = staff.review.hire
    salary = policy.salaries.get(ability.level.word)
    if salary is None:
        return
    ready = monday(now) + WEEK * policy.weeks
    paid = max(0, (max(short) - ready).days // 7 + 1)
    hours = policy.hours_per_week * staff.policy.target
    covers = sum(min(lacks, hours) for week, lacks in short.items() if week >= ready)
    loaded = salary * policy.benefits * policy.overhead
    cost = (salary * policy.recruitment + loaded * paid / YEAR).quantize(CENT)
    first_year, outside = salary * policy.recruitment + loaded, staff.review.outside.price
    assumptions = (
        f"salary {_plain(salary)} a year ({ability.level.word}), x {_plain(policy.benefits)} benefits x "
        f"{_plain(policy.overhead)} overhead, recruitment {policy.recruitment * 100:.0f} % of the salary",
        f"there after {policy.weeks} weeks, "
        + (f"paid for {paid} until the gap ends" if paid else "when the gap is over"),
        f"pays in the first year from {first_year / outside:.0f} h that would else come from outside"
        if outside
        else "never pays: an hour from outside costs nothing",
    )
    yield Option("hire", "", cost, covers, _rest(staff, short, covers), ready, 0.0, policy.weeks, assumptions)


def _contract(staff: Staff, short: Mapping[date, float], now: date) -> Option:
    policy = staff.review.outside
    ready = monday(now) + WEEK * policy.weeks
    late = sum(lacks for week, lacks in short.items() if week < ready)
    hours = sum(short.values())
    assumptions = [f"{_plain(policy.price)} an hour", f"there after {policy.weeks} weeks"]
    if late > 0:
        assumptions.append(f"{late:,.0f} h of it are wanted before, and come late")
    return Option(
        "contract", "", money(hours, policy.price), hours, Decimal("0.00"), ready, 0.0, policy.weeks, tuple(assumptions)
    )


def _postponed(
    staff: Staff, ability: Ability, names: Sequence[str], now: date, open_of: Callable[[Member, date], float]
) -> Iterator[Option]:
    """The smallest tried delay of the projects that wait with which they lack none of it any more.

    What is moved is the end: the work is spread over more weeks.
    """
    policy = staff.review.outside
    wanted = [one for one in staff.projects if one.id in names]
    if not wanted:
        return
    for delay in (one for one in _STEPS if one <= policy.most_weeks):
        later = {one.id: one.end + timedelta(weeks=delay) for one in wanted}
        moved = replace(
            staff,
            projects=tuple(replace(one, end=later.get(one.id, one.end)) for one in staff.projects),
        )
        if any(undone_of(moved, ability, now, open_of)):
            continue
        cost = sum((policy.delay * delay * one.priority for one in wanted), Decimal(0)).quantize(CENT)
        base = undone_of(staff, ability, now, open_of)
        titles = ", ".join(one.name for one in wanted)
        assumptions = (
            f"{titles}: {delay} week{'s' if delay > 1 else ''} later",
            f"{_plain(policy.delay)} for a week's delay, times the priority",
            "its work is spread over the longer time",
        )
        ids = ", ".join(one.id for one in wanted)
        yield Option("postpone", ids, cost, sum(base, 0.0), Decimal("0.00"), None, 0.0, delay, assumptions)
        return


def undone_of(
    staff: Staff, ability: Ability, now: date, open_of: Callable[[Member, date], float] = open_hours
) -> Iterator[float]:
    """Hours of an ability that lack at the target in every week from now until the last project ends.

    Week by week as they are asked for, and of those alone in which the ability is wanted: each takes a linear programme.
    """
    last = max(one.end for one in staff.projects)
    span = weeks(now, max(1, (monday(last) - monday(now)).days // 7 + 1))
    by_week: dict[date, list[Work]] = defaultdict(list)
    for one in demand(staff.projects, staff.review.regions, span):
        by_week[one.week].append(one)
    for _, work in sorted(by_week.items()):
        if not any(ability_of(one) == ability for one in work):
            continue
        missing = undone(work, staff, staff.policy.target, open_of=open_of)
        yield from (hours for one, hours in zip(work, missing, strict=True) if ability_of(one) == ability and hours > 0)


def _plain(amount: Decimal) -> str:
    return f"{amount:,f}"
