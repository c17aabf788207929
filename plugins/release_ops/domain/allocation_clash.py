"""Where no plan keeps all limits: which of them clash, and what the cheapest ways out are.

A clash is an irreducible infeasible set: limits that cannot be kept together, and can as soon as any one of them is gone.
It is found by the elastic filter, which gathers limits until no plan keeps them, and the deletion filter, which leaves
out one after the other and keeps those that were needed (J. Chinneck, E. Dravnieks, 1991). A way out gives way to the
limits of one kind, or of all, at the lowest price.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence, Set
from typing import Any, NamedTuple

from release_ops.domain.allocation_model import Kind, Limit, Model, Row
from release_ops.domain.allocation_solver import INFEASIBLE, OPTIMAL, UNKNOWN, solve

Left = Callable[[], float]
"""Seconds until time is up; 0 or less: it is."""
SLACK = 1e-6
LITTLE = 1e-4
"""Weight of the plan beside the price of giving way: it decides between ways out that cost the same."""
TITLES = {
    Kind.HOURS: "less work, or people from outside",
    Kind.TIME: "overtime",
    Kind.PROJECTS: "more projects at once",
    Kind.BUDGET: "more money",
    Kind.PEOPLE: "teams of another composition",
}


class Clash(NamedTuple):
    """Limits that cannot be kept together."""

    limits: Sequence[str]
    is_least: bool
    """Whether it is known that none of them can be left out."""


class Alternative(NamedTuple):
    """A way out."""

    title: str
    price: float
    """What it is ranked by: money, that of work times the project's priority."""
    money: float
    """What it costs beside the plan."""
    steps: Sequence[str]
    """Each limit that gives way, and by how much."""
    shares: Any
    """Who works on what then."""
    is_best: bool = True
    """Whether it was shown that this way costs no less."""


class WayOut(NamedTuple):
    """An alternative as the solver found it."""

    title: str
    price: float
    money: float
    steps: Sequence[str]
    values: Any
    is_best: bool


def clash(model: Model, left: Left) -> Clash:
    """The limits of a model without a plan that clash; of several clashes one. `left` says how many seconds there are."""
    # A clash of the relaxed programme is one of the programme, and is found much faster.
    integral = _status(model, left, None, integral=False) != INFEASIBLE
    suspects = _gathered(model, left, integral=integral)
    needed, is_least = _reduced(model, left, suspects, integral=integral)
    return Clash([model.limits[one].words for one in sorted(needed)], is_least)


def alternatives(model: Model, left: Left) -> list[WayOut]:
    """Ways out that the policy allows, cheapest first: each kind of limit alone, and all together if that is cheaper."""
    relaxing = model.staff.policy.relaxing
    kinds = [kind for kind in Kind if getattr(relaxing, kind.value) is not None]
    ways = [({kind}, TITLES[kind]) for kind in kinds] + ([({*kinds}, "some of each")] if len(kinds) > 1 else [])
    tried: list[WayOut | None] = []
    for place, (own, title) in enumerate(ways):
        # Each has its part of the time that is left, so that one that takes long leaves some to the others.
        tried.append(_way_out(model, left() / (len(ways) - place), own, title))
    together = tried.pop() if len(kinds) > 1 else None
    found = [one for one in tried if one is not None]
    least = min((one.price for one in found), default=float("inf"))
    if together is not None and together.price < least * (1 - LITTLE):
        found.append(together)
    return sorted(found, key=lambda one: one.price)


def _way_out(model: Model, seconds: float, kinds: Set[Kind], title: str) -> WayOut | None:
    def give(row: Row) -> float | None:
        return row.price if model.limits[row.limit].kind in kinds else None

    solution = solve(model, seconds=seconds, gap=model.staff.policy.gap, weight=LITTLE, give=give)
    if solution.values is None:
        return None
    rows = {row.limit: row for row in model.rows if row.limit >= 0}
    given = {limit: by for limit, by in solution.slack.items() if by > SLACK}
    price = sum(by * rows[limit].price for limit, by in given.items())
    money = sum(by * rows[limit].price / model.limits[limit].weight for limit, by in given.items())
    steps = [_step(rows[limit], model.limits[limit], by) for limit, by in sorted(given.items())]
    return WayOut(title, price, money, steps, solution.values, solution.status == OPTIMAL)


def _step(row: Row, limit: Limit, by: float) -> str:
    """What giving way to a limit means, in its unit, and its money."""
    amount = by * limit.amount
    words = {
        Kind.HOURS: f"{amount:,.1f} h left out or done by people from outside",
        Kind.TIME: f"{amount:,.1f} h of overtime",
        Kind.PROJECTS: f"{amount:,.0f} more",
        Kind.BUDGET: f"{amount:,.2f} more",
        Kind.PEOPLE: f"missed by {amount:,.0f}",
    }
    money = "" if limit.kind is Kind.BUDGET else f", for {by * row.price / limit.weight:,.2f}"
    return f"{limit.short}: {words[limit.kind]}{money}"


def _status(model: Model, left: Left, enforced: Set[int] | None, *, integral: bool) -> str:
    return solve(model, seconds=left(), gap=1.0, weight=0.0, enforced=enforced, integral=integral).status


def _gathered(model: Model, left: Left, *, integral: bool) -> list[int]:
    """Limits that a plan breaks when all may give way, then what it breaks when those stand, until no plan is left."""
    policy = model.staff.policy
    gathered: set[int] = set()

    def give(row: Row) -> float | None:
        return None if row.limit in gathered else 1.0

    for _ in model.limits:
        found = solve(model, seconds=left(), gap=policy.gap, weight=0.0, give=give, integral=integral)
        if found.values is None:
            break
        broken = {limit for limit, by in found.slack.items() if by > SLACK}
        if not broken:
            break
        gathered |= broken
    return sorted(gathered)


def _reduced(model: Model, left: Left, suspects: Sequence[int], *, integral: bool) -> tuple[set[int], bool]:
    """Those of the suspects that are needed for there to be no plan; and whether every one of them was shown to be."""
    needed, is_least = set(suspects), True
    status = _status(model, left, needed, integral=integral)
    if status == UNKNOWN and needed:
        return needed, False
    if status != INFEASIBLE:
        # What the filter gathered does not clash within the solver's tolerances; all limits do.
        needed = set(range(len(model.limits)))
    for one in sorted(needed):
        status = _status(model, left, needed - {one}, integral=integral)
        if status == INFEASIBLE:
            needed.discard(one)
        # Without an answer in time it stays.
        is_least = is_least and status != UNKNOWN
    return needed, is_least
