"""Who works on what: the best plan, how far from the best it can be, and what to do where there is none."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from time import monotonic
from typing import NamedTuple

from release_ops.domain.allocation_clash import Alternative, Clash, alternatives, clash
from release_ops.domain.allocation_large import solve_large
from release_ops.domain.allocation_model import Model, Offer, at_once, build
from release_ops.domain.allocation_solver import INFEASIBLE, OPTIMAL, UNKNOWN, Solution, solve
from release_ops.domain.assignment import assign
from release_ops.domain.staff import Staff

WHOLE = 1e-6
"""A smaller share of a need is what the solver's tolerances left over."""
LARGE = 4000
"""Offers from which on HiGHS alone does not find a plan in time."""
CENT = Decimal("0.01")


class Share(NamedTuple):
    """What a member does of a need."""

    member: str
    project: str
    skill: str
    hours: Decimal
    load: float
    """Share of his free time while the project runs."""
    match: float
    cost: Decimal
    """Hours x rate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Allocation:
    """A plan, or why there is none."""

    status: str
    """optimal: within the gap that the policy names; feasible: the best when time was up; infeasible; unknown."""
    method: str
    """assignment: one to one, exact; programme: mixed-integer; windows: the same, some projects at a time."""
    shares: Sequence[Share] = ()
    parts: dict[str, float]
    """Part of the objective to its money."""
    objective: float | None = None
    bound: float | None = None
    """No plan is cheaper than this."""
    gap: float | None = None
    """(objective - bound) / objective."""
    clash: Clash | None = None
    alternatives: Sequence[Alternative] = ()
    """Cheapest first."""
    timed_out: bool = False
    """Whether the search was ended by the clock: a better plan, a smaller clash or a cheaper way out may be there."""


def allocate(staff: Staff, *, clock: Callable[[], float] = monotonic) -> Allocation:
    """The cheapest plan of a staff that has members and projects, or why there is none, within the policy's `seconds`.

    Where every need is one person's and nobody can do two, it is the assignment problem; else a mixed-integer programme.
    `clock` gives seconds of any origin.
    """
    policy, begun = staff.policy, clock()

    def left() -> float:
        return policy.seconds - (clock() - begun)

    model = build(staff)
    if _one_to_one(model) and (found := _assigned(model)) is not None:
        return found
    method = "programme"
    solution = Solution(UNKNOWN, None, None, None, {})
    if len(model.offers) > LARGE:
        method, solution = "windows", solve_large(model, left=left, gap=policy.gap)
    if solution.status == UNKNOWN and left() > 0:
        method, solution = "programme", solve(model, seconds=left(), gap=policy.gap)
    if solution.values is not None:
        return replace(_told(model, solution, method), timed_out=solution.status != OPTIMAL)
    if solution.status != INFEASIBLE:
        return Allocation(status=solution.status, method=method, parts={}, timed_out=True)
    return _ways_out(build(staff, overtime=True), left)


def _ways_out(model: Model, left: Callable[[], float]) -> Allocation:
    """Why there is no plan, in at most a third of the time that is left, and what would help."""
    rest = left() * 2 / 3
    why = clash(model, lambda: left() - rest)
    ways = [
        Alternative(one.title, one.price, one.money, one.steps, tuple(shares_of(model, one.values)), one.is_best)
        for one in alternatives(model, left)
    ]
    late = not why.is_least or not all(one.is_best for one in ways) or left() <= 0
    return Allocation(status=INFEASIBLE, method="programme", parts={}, clash=why, alternatives=ways, timed_out=late)


def shares_of(model: Model, values: Sequence[float]) -> list[Share]:
    """Who does what according to the columns, by project, need and member as they stand in the staff.

    Hours are rounded to hundredths so that those of a need add up to what they were before.
    """
    staff = model.staff
    taken: dict[tuple[int, int], list[tuple[Offer, float]]] = {}
    for offer, value in zip(model.offers, values, strict=False):
        if value >= WHOLE:
            taken.setdefault((offer.project, offer.need), []).append((offer, float(value)))
    found = []
    for (p, n), offers in sorted(taken.items()):
        project = staff.projects[p]
        rounded = _rounded([share * offer.hours for offer, share in offers])
        for (offer, share), hours in zip(offers, rounded, strict=True):
            if hours:
                member, load = staff.members[offer.member], share * offer.load
                cost = (hours * member.rate).quantize(CENT)
                found.append(Share(member.id, project.id, project.needs[n].skill, hours, load, offer.fit, cost))
    return found


def _rounded(amounts: Sequence[float]) -> list[Decimal]:
    """Amounts in hundredths that add up to their sum in hundredths: those that lose most by it are rounded up."""
    cents = [amount * 100 for amount in amounts]
    found = [int(one + 1e-6) for one in cents]
    lacking = round(sum(cents)) - sum(found)
    for place in sorted(range(len(cents)), key=lambda one: found[one] - cents[one])[: max(0, lacking)]:
        found[place] += 1
    return [Decimal(one) / 100 for one in found]


def _told(model: Model, solution: Solution, method: str) -> Allocation:
    parts = {
        part.value: sum(price * float(value) for price, value in zip(prices, solution.values, strict=True))
        for part, prices in model.prices.items()
    }
    return Allocation(
        status=solution.status,
        method=method,
        shares=shares_of(model, solution.values),
        parts=parts,
        objective=solution.objective,
        bound=solution.bound,
        gap=solution.gap,
    )


def _one_to_one(model: Model) -> bool:
    """Whether nothing but who does which need is open, and nobody can do two of them."""
    staff = model.staff
    simple = staff.policy.budget is None and all(
        len(one.needs) == 1
        and one.needs[0].whole
        and one.budget is None
        and not (one.people_at_least or one.mix or one.members)
        and one.people_at_most != 0
        for one in staff.projects
    )
    alone = all(at_once(staff, m) == 1 and len(crowds) == 1 for m, crowds in model.crowds.items())
    return simple and alone and len(staff.projects) <= len(staff.members)


def _assigned(model: Model) -> Allocation | None:
    """The exact answer to one to one; None if there is none."""
    staff = model.staff
    prices = [sum(of) for of in zip(*model.prices.values(), strict=True)]
    costs = [[float("inf")] * len(staff.members) for _ in staff.projects]
    columns: dict[tuple[int, int], dict[int, float]] = {}
    for at, offer in enumerate(model.offers):
        if offer.load > 1 + WHOLE:
            continue
        pair = offer.member, offer.project
        values = columns[pair] = {at: 1.0}
        if pair in model.pairs:
            values[model.pairs[pair]] = 1.0
        over = model.crowds[offer.member][0].over
        if over is not None:
            values[over] = max(0.0, offer.load - model.fair)
        costs[offer.project][offer.member] = sum(prices[one] * value for one, value in values.items())
    found = assign(costs)
    if found is None:
        return None
    whole = [0.0] * len(model.upper)
    for p, m in found.pairs:
        for column, value in columns[m, p].items():
            whole[column] = value
    return _told(model, Solution(OPTIMAL, whole, found.cost, found.cost, {}), "assignment")
