"""Earned value of releases: what is planned and paid for them, and how much of their scope is done."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import NamedTuple

from release_ops.domain.budget import ZERO, Kind, Valued, Verdict, by_month
from release_ops.domain.budget_policy import BudgetPolicy
from release_ops.domain.earned_value import EarnedSchedule, EarnedValue, Estimate, Figure, total
from release_ops.domain.months import between, last_day, later, month_of, months

ALL = ""
"""Version of the work of all releases together."""


class Progress(NamedTuple):
    """How much of a release was done on a day: points where features are estimated, else features."""

    day: date
    done: Decimal
    total: Decimal
    out_on: date | None = None
    """Day on which the release came out; None if it had not by the end of the month."""

    @property
    def share(self) -> Decimal | None:
        """Share 0..1; None without a scope."""
        return min(self.done / self.total, Decimal(1)) if self.total else None


class Step(NamedTuple):
    """The three values of earned value at the end of a month."""

    month: date
    pv: Decimal
    ev: Decimal | None
    """None for months to come, and where nobody had looked by then."""
    ac: Decimal | None
    """None for months to come."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """A release at the end of a month: its value in money and in time (months), and how that is to be taken."""

    version: str
    value: EarnedValue
    schedule: EarnedSchedule | None
    """None where there is no plan over time: without a budget, before its first month, or for all releases together."""
    without_schedule: str
    """Why there is none, if there is none."""
    start: date | None
    """First month of its plan."""
    verdict: Verdict
    is_out: bool = False
    """Whether the release is out: whatever of its scope it lacks, no more is spent on it."""
    parts: Sequence[Work] = ()
    """The releases of which this is the whole."""
    curve: Sequence[Step] = ()
    """Month by month, from the first of its plan or cost to the last; empty without a budget."""

    def eac(self, how: Estimate) -> Figure:
        """What it will have cost: the estimate, of a release that is out its cost, of several their sum."""
        if self.is_out:
            return Figure(self.value.ac)
        if not self.parts:
            return self.value.eac(how)
        found = [(one.version, one.eac(how)) for one in self.parts]
        unknown = next((f"{version}: {figure.reason}" for version, figure in found if figure.value is None), "")
        if unknown:
            return Figure(None, unknown)
        return Figure(sum((figure.value for _, figure in found if figure.value is not None), ZERO))

    def time(self, name: str) -> Figure:
        """A figure of the schedule (`es`, `sv`, `spi`, `duration`, `delay`, `tspi`), or why there is none."""
        if self.schedule is None:
            return Figure(None, self.without_schedule)
        found: Figure = getattr(self.schedule, name)
        return found


def work_of(
    version: str,
    entries: Sequence[Valued],
    progress: Sequence[Progress],
    policy: BudgetPolicy,
    month: date,
    *,
    year: date,
) -> Work | None:
    """The work of a release at the end of a month; None if the year has neither plan nor cost for it by then.

    `year` is the first day of the financial year. Planned value is the plan up to the month, earned value the share of the
    scope that is done x the whole plan. The bottom-up estimate of the rest is the plan of the months to come, or what is
    ordered for them if that is more. Time stands still once all is done, or the release is out with what it has.
    """
    own = [one for one in entries if one.entry.version == version]
    begun = [one for one in own if one.entry.kind != Kind.COMMITMENT and one.entry.day <= last_day(month)]
    if not any(one.entry.day >= year for one in begun):
        return None
    plan, cost = by_month(own, Kind.PLAN), by_month(own, Kind.ACTUAL)
    bac = sum(plan.values(), ZERO)
    share = _share_on(progress, last_day(month))
    ahead = sum((amount for when, amount in plan.items() if when > month), ZERO)
    ordered = sum((one.value for one in own if one.entry.kind == Kind.COMMITMENT), ZERO)
    curve = _curve(plan)
    if any(after < before for before, after in pairwise((ZERO, *curve))):
        # Cuts that are higher than what is planned in their month: no value can be planned that is taken away later.
        return _unplanned(version, (bac, bac - ahead), cost, month, policy)
    unknown = "its scope is not known" if bac else "it has no budget"
    value = EarnedValue(
        bac=bac,
        pv=bac - ahead,
        ev=None if share is None or not bac else share * bac,
        ac=sum((amount for when, amount in cost.items() if when <= month), ZERO),
        bottom_up=max(ahead, ordered),
        unknown=unknown,
    )
    schedule, without = _schedule(plan, curve, value, progress, month)
    first = min(plan, default=None)
    spi = schedule.spi if schedule is not None else Figure(None, without)
    return Work(
        version=version,
        value=value,
        schedule=schedule,
        without_schedule=without,
        start=first,
        verdict=_judge(value.cpi, spi, policy),
        is_out=any(one.out_on is not None for one in progress),
        curve=_steps(plan, cost, progress, month),
    )


def all_work(some: Sequence[Work], policy: BudgetPolicy) -> Work | None:
    """All releases as one; None if there is none. Their plans begin at different times, so that it has no schedule."""
    if not some:
        return None
    value = total([(one.version, one.value) for one in some])
    why = "releases begin at different times"
    return Work(
        version=ALL,
        value=value,
        schedule=None,
        without_schedule=why,
        start=None,
        verdict=_judge(value.cpi, Figure(None, why), policy),
        parts=some,
        curve=_together(some),
    )


def _steps(
    plan: Mapping[date, Decimal], cost: Mapping[date, Decimal], progress: Sequence[Progress], month: date
) -> list[Step]:
    bac = sum(plan.values(), ZERO)
    if not bac:
        return []
    steps, pv, ac = [], ZERO, ZERO
    for one in months(min((*plan, *cost)), max((*plan, month))):
        pv += plan.get(one, ZERO)
        ac += cost.get(one, ZERO) if one <= month else ZERO
        share = _share_on(progress, last_day(one)) if one <= month else None
        steps.append(Step(one, pv, None if share is None else share * bac, ac if one <= month else None))
    return steps


def _together(some: Sequence[Work]) -> list[Step]:
    """Sums over the releases: before its first month a release has no value, after its last one what it had then."""
    drawn = [one.curve for one in some if one.curve]
    if not drawn:
        return []
    first, last = min(one[0].month for one in drawn), max(one[-1].month for one in drawn)
    steps = []
    for month in months(first, last):
        now = [
            max((step for step in one if step.month <= month), default=Step(month, ZERO, ZERO, ZERO)) for one in drawn
        ]
        steps.append(
            Step(month, sum((one.pv for one in now), ZERO), _sum(one.ev for one in now), _sum(one.ac for one in now))
        )
    return steps


def _sum(some: Iterable[Decimal | None]) -> Decimal | None:
    """None if one of them is unknown."""
    known = [*some]
    return None if None in known else sum((one for one in known if one is not None), ZERO)


def _share_on(progress: Sequence[Progress], day: date) -> Decimal | None:
    """Share that was done at the end of a day; None if nobody looked by then, or there was no scope."""
    before = [one for one in progress if one.day <= day]
    return max(before, key=lambda one: one.day).share if before else None


def _curve(plan: Mapping[date, Decimal]) -> list[Decimal]:
    """Planned value at the end of every month from the first to the last of a plan."""
    curve, so_far = [], ZERO
    for one in months(min(plan), max(plan)) if plan else ():
        so_far += plan.get(one, ZERO)
        curve.append(so_far)
    return curve


def _unplanned(
    version: str, planned: tuple[Decimal, Decimal], cost: Mapping[date, Decimal], month: date, policy: BudgetPolicy
) -> Work:
    """Work whose plan takes value away: only plan and cost can be told. `planned`: in all, and by the end of the month."""
    why = "its plan is cut below 0 in a month; spread the cut over the months that it is taken from"
    value = EarnedValue(
        bac=max(planned[0], ZERO),
        pv=max(min(planned), ZERO),
        ev=None,
        ac=sum((amount for when, amount in cost.items() if when <= month), ZERO),
        unknown=why,
    )
    unknown = Figure(None, why)
    verdict = _judge(unknown, unknown, policy)
    return Work(version=version, value=value, schedule=None, without_schedule=why, start=None, verdict=verdict)


def _schedule(
    plan: Mapping[date, Decimal],
    curve: Sequence[Decimal],
    value: EarnedValue,
    progress: Sequence[Progress],
    month: date,
) -> tuple[EarnedSchedule | None, str]:
    if not value.bac:
        return None, "it has no budget"
    first = min(plan)
    if month < first:
        return None, "its first month is still to come"
    passed = months(first, month)
    ended = next((one for one in passed if (_share_on(progress, last_day(one)) or ZERO) >= 1), month)
    out = next((month_of(one.out_on) for one in progress if one.out_on is not None), month)
    ended = max(first, min(ended, out))
    return (
        EarnedSchedule(planned=curve, ev=value.ev, at=Decimal(between(first, ended)), unknown=value.unknown),
        "",
    )


def planned_end(work: Work) -> date | None:
    """Last month of the plan of a release; None without a schedule."""
    if work.schedule is None or work.start is None:
        return None
    return later(work.start, int(work.schedule.pd) - 1)


def _judge(cpi: Figure, spi: Figure, policy: BudgetPolicy) -> Verdict:
    """By the worse of both indices; unknown where neither is known."""
    known = [(name, one.value) for name, one in (("CPI", cpi), ("SPI(t)", spi)) if one.value is not None]
    if not known:
        return Verdict("unknown", cpi.reason)
    name, worst = min(known, key=lambda one: one[1])
    limits = policy.index
    for status, limit in (("red", limits.red), ("yellow", limits.yellow)):
        if limit is not None and worst < limit:
            # As exact as it takes to tell the two apart: 0.846 is below 0.85, and so is not "0.85".
            digits = next((n for n in range(2, 6) if f"{worst:.{n}f}" != f"{limit:.{n}f}"), 6)
            return Verdict(status, f"{name} {worst:.{digits}f} is below {limit:.2f}")
    return Verdict("green", ", ".join(f"{one} {found:.2f}" for one, found in known))
