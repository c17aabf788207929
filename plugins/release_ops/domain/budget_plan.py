"""The plan of a product file, costed by its models: what each line is to cost in each of its months."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from release_ops.domain.budget_policy import BudgetPolicy, CostModels, PlanLine
from release_ops.domain.months import months


class Planned(NamedTuple):
    """One line in one month."""

    version: str
    category: str
    item: str
    month: date
    amount: Decimal
    currency: str
    quantity: Decimal | None
    unit: str


def planned_lines(policy: BudgetPolicy) -> Iterator[Planned]:
    """Every line of the plan in every month of it, in the order of the file."""
    for line in policy.plan:
        for place, month in enumerate(months(line.start, line.end)):
            amount, quantity, unit = cost(line, policy.models, place)
            yield Planned(line.version, line.category, line.item, month, amount, line.currency, quantity, unit)


def cost(line: PlanLine, models: CostModels, month: int) -> tuple[Decimal, Decimal | None, str]:
    """Amount, quantity and unit of a line in its `month`, counted from 0.

    - people: hours x rate x overhead
    - infrastructure: units x base x scaling x high availability, growing from month to month
    - tools: seats x price x (1 - discount of that many seats)

    ValueError for a role without a rate; the product file is checked before.
    """
    if line.amount is not None:
        return line.amount, None, ""
    if line.hours is not None:
        rate = line.rate if line.rate is not None else models.rates.get(line.role)
        if rate is None:
            raise ValueError(f"{line.item}: the role {line.role!r} has no rate")
        return line.hours * rate * models.overhead, line.hours, "hours"
    if line.base is not None:
        scaling = models.scaling if line.scaling is None else line.scaling
        factor = scaling * (models.high_availability if line.high_availability else 1) * (1 + line.growth) ** month
        return line.units * line.base * factor, line.units, "units"
    if line.seats is not None and line.price is not None:
        return licences(line.seats, line.price, models), line.seats, "seats"
    raise ValueError(f"{line.item}: nothing says what it costs")


def licences(seats: Decimal, price: Decimal, models: CostModels) -> Decimal:
    """What so many licences cost: the discount of the highest number of seats that is reached holds for all of them."""
    discount = max((share for least, share in models.discounts if seats >= least), default=Decimal(0))
    return seats * price * (1 - discount)
