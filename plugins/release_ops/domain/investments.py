"""What to put money into: a linear programme over the options, its trade-off curve, and what each option returns.

An option may be done in part, a share x of it from 0 to 1. The value of an option is its expected present value x its
priority. The programme maximises the sum of x value under the limits: money for all and for each category, shares that
have to be done, and the risk of the whole, which is the mean of the options' risks by their cost:
sum(risk cost x) <= limit sum(cost x), linear in x. H. Markowitz, *Portfolio Selection* (1952), with the expected loss for
the variance, so that nothing has to be known of correlations; solved by HiGHS (Q. Huangfu, J. Hall, 2018).

No single best answer is told alone: the curve has the best value of each limit of risk (the epsilon-constraint method,
Y. Haimes, 1971), and the price of money is what one more unit of it would bring (the dual value of its limit).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

from release_ops.domain.budget_policy import Investments, Option

ZERO = Decimal(0)
STEPS = 8
"""Points of the curve between the lowest risk and that of doing what pays most."""


class Projection(NamedTuple):
    """What an option returns under one assumption of its benefit; money."""

    npv: Decimal
    """Net present value: discounted benefits less running cost, less what it costs."""
    roi: Decimal
    """(undiscounted benefits - all cost) / all cost."""
    payback: int | None
    """Months until the undiscounted benefits have paid for it; None if they do not within the months that are counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Projected:
    """An option with its three projections."""

    option: Option
    low: Projection
    expected: Projection
    high: Projection


class Point(NamedTuple):
    """The best plan under one limit of risk."""

    risk: Decimal
    """Risk of the plan, 0..1."""
    value: Decimal
    """Its present value, not weighted."""
    cost: Decimal
    shares: tuple[Decimal, ...]
    """Share of each option, in their order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to do with the money."""

    budget: Decimal
    options: Sequence[Projected]
    chosen: Point | None
    """The best plan under the policy's limit of risk; None if there is none."""
    curve: Sequence[Point]
    """Best plans under rising limits of risk, without doubles."""
    price: Decimal | None
    """What one more unit of money would bring in weighted value; 0 where money is not what limits."""
    clash: str = ""
    """Why there is no plan, if there is none."""


def projection(option: Option, benefit: Decimal, policy: Investments) -> Projection:
    """Month by month: the benefit begins after `starts_after` months and grows in `ramp` equal steps.

    Running cost begins with the benefit. A month's money counts 1 / (1 + discount)^(month / 12).
    """
    monthly = (1 + policy.discount) ** (1 / Decimal(12))
    present, brought, spent, payback = -option.cost, ZERO, option.cost, None
    factor = Decimal(1)
    for month in range(1, policy.months + 1):
        factor *= monthly
        done = month - option.starts_after
        if done <= 0:
            continue
        share = min(Decimal(done) / (option.ramp + 1), Decimal(1))
        gain = benefit * share
        present += (gain - option.running) / factor
        brought += gain
        spent += option.running
        if payback is None and brought >= spent:
            payback = month
    return Projection(present, (brought - spent) / spent, payback)


def plan(policy: Investments, left: Decimal | None) -> Plan | None:
    """The best plan and the curve; None without options, or where nobody knows how much money there is.

    `left` is what the year's forecast leaves of its budget, for a policy that names no budget of its own.
    """
    budget = policy.budget if policy.budget is not None else left
    if not policy.options or budget is None:
        return None
    options = [
        Projected(
            option=one,
            low=projection(one, one.low, policy),
            expected=projection(one, one.benefit, policy),
            high=projection(one, one.high, policy),
        )
        for one in policy.options
    ]
    money = max(budget, ZERO)
    if clash := _clash(policy, money):
        return Plan(budget=money, options=options, chosen=None, curve=(), price=None, clash=clash)
    programme = _Programme(policy, options, money)
    found = programme.best(float(policy.risk))
    curve = programme.curve()
    if found is None:
        least = curve[0].risk if curve else None
        why = "what has to be done breaks a limit"
        if least is not None:
            why = f"the least risk that is possible is {least * 100:.0f} %, the limit is {policy.risk * 100:.0f} %"
        return Plan(budget=money, options=options, chosen=None, curve=curve, price=None, clash=why)
    point, price = found
    return Plan(budget=money, options=options, chosen=point, curve=curve, price=price)


def _clash(policy: Investments, money: Decimal) -> str:
    """Which limit of money what has to be done breaks alone; empty if none."""
    needed = sum((one.at_least * one.cost for one in policy.options), ZERO)
    if needed > money:
        return f"what has to be done costs {needed:,.2f}, there are {money:,.2f}"
    for category, limit in policy.categories.items():
        own = sum((one.at_least * one.cost for one in policy.options if one.category == category), ZERO)
        if own > limit:
            return f"what has to be done in {category} costs {own:,.2f}, its limit is {limit:,.2f}"
    return ""


class _Programme:
    def __init__(self, policy: Investments, options: Sequence[Projected], money: Decimal) -> None:
        import numpy as np  # noqa: PLC0415 - the command line starts without it

        self._options = options
        self._cost = np.array([float(one.option.cost) for one in options])
        self._risk = np.array([float(one.option.risk) for one in options])
        self._weighted = np.array([float(one.expected.npv) * one.option.priority for one in options])
        self._bounds = [(float(one.option.at_least), float(one.option.at_most)) for one in options]
        # In units of the budget: HiGHS works best with numbers around 1.
        self._unit = float(money) or 1.0
        rows, limits = [self._cost / self._unit], [float(money) / self._unit]
        for category, limit in policy.categories.items():
            own = np.array([float(one.option.category == category) for one in options])
            rows.append(self._cost * own / self._unit)
            limits.append(float(limit) / self._unit)
        self._rows, self._limits = rows, limits

    def best(self, risk: float) -> tuple[Point, Decimal] | None:
        """The best plan whose risk is at most so much, and the price of money; None if there is none."""
        found = self._solve(-self._weighted / self._unit, risk)
        if found is None:
            return None
        return self._point(found.x), Decimal(repr(max(0.0, -float(found.ineqlin.marginals[0])))) + 0

    def curve(self) -> list[Point]:
        """From the plan of the lowest risk to that of no limit, each better than the one before."""
        free = self.best(1.0)
        if free is None:
            return []
        top = float(free[0].risk)
        low = self._lowest(top)
        limits = [low + (top - low) * step / STEPS for step in range(STEPS + 1)]
        points: list[Point] = []
        for limit in limits:
            found = self.best(limit)
            if found is not None and (not points or found[0].value > points[-1].value + Decimal("0.005")):
                points.append(found[0])
        return points

    def _lowest(self, top: float) -> float:
        """The lowest limit of risk that some plan keeps, by halving."""
        low, high = 0.0, top
        if self._solve(-self._weighted, low) is not None:
            return low
        for _ in range(40):
            middle = (low + high) / 2
            low, high = (low, middle) if self._solve(-self._weighted, middle) is not None else (middle, high)
        return high

    def _solve(self, goal: Any, risk: float) -> Any:
        import numpy as np  # noqa: PLC0415
        from scipy.optimize import linprog  # noqa: PLC0415

        rows = np.vstack([*self._rows, (self._risk - risk) * self._cost / self._unit])
        found = linprog(goal, A_ub=rows, b_ub=[*self._limits, 0.0], bounds=self._bounds, method="highs")
        return found if found.status == 0 else None

    def _point(self, shares: Any) -> Point:
        parts = tuple(Decimal(repr(round(float(one), 9))) + 0 for one in shares)
        pairs = list(zip(parts, self._options, strict=True))
        cost = sum((share * one.option.cost for share, one in pairs), ZERO)
        risk = sum((share * one.option.cost * one.option.risk for share, one in pairs), ZERO)
        value = sum((share * one.expected.npv for share, one in pairs), ZERO)
        return Point(risk / cost if cost else ZERO, value, cost, parts)
