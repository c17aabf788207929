"""How a product's money is planned, read and judged: what the section `budget` of its file says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from release_ops.domain.delivery_policy import DeliveryFeed
from release_ops.domain.earned_value import Estimate

CATEGORIES = ("people", "infrastructure", "tools", "services", "other")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Beyond `yellow` something is yellow, beyond `red` it is red; None: never."""

    yellow: Decimal | None = None
    red: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CostModels:
    """What a month of something costs; `budget_plan` has the formulas."""

    rates: Mapping[str, Decimal] = field(default_factory=dict)
    """Role to what an hour of its work costs."""
    overhead: Decimal = Decimal(1)
    """What an hour costs beside its rate, as a factor."""
    scaling: Decimal = Decimal(1)
    """Factor on the base cost of infrastructure for the load it is built for."""
    high_availability: Decimal = Decimal("1.8")
    """Factor on infrastructure that has to survive the loss of a part."""
    discounts: tuple[tuple[int, Decimal], ...] = ()
    """From so many seats on, a share 0..1 less for each; ascending."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanLine:
    """A line of the product file's plan: the same every month from `start` to `end`, the first days of months.

    Exactly one of `amount`, `hours`, `base` and `seats` is there, and says which model it is costed by.
    """

    category: str
    item: str
    version: str = ""
    """Release that it is for; empty: none in particular."""
    start: date
    end: date
    currency: str
    amount: Decimal | None = None
    """Money per month."""
    hours: Decimal | None = None
    """Hours of work per month, at the rate of `role` or at `rate`."""
    role: str = ""
    rate: Decimal | None = None
    base: Decimal | None = None
    """Cost of one unit of infrastructure per month without factors."""
    units: Decimal = Decimal(1)
    scaling: Decimal | None = None
    """Its own scaling factor; None: that of the models."""
    high_availability: bool = False
    growth: Decimal = Decimal(0)
    """By how much the cost grows from month to month, a share."""
    seats: Decimal | None = None
    """Licences, at `price` each per month."""
    price: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """Something that money could be put into, and what is assumed of it."""

    name: str
    category: str
    cost: Decimal
    """What all of it costs, once."""
    benefit: Decimal
    """What it brings per month when it is there in full."""
    low: Decimal
    high: Decimal
    """The same, if it goes badly and if it goes well."""
    running: Decimal = Decimal(0)
    """What it costs per month from then on."""
    risk: Decimal = Decimal(0)
    """Share 0..1 of the benefit that is put at risk."""
    priority: int = 1
    """Weight of its return, 1 and more: what the strategy makes of it."""
    starts_after: int = 0
    """Months until the first benefit."""
    ramp: int = 0
    """Months from then until the full benefit, in equal steps."""
    at_least: Decimal = Decimal(0)
    at_most: Decimal = Decimal(1)
    """Shares of it that have to be done, and that can be."""
    assumes: str = ""
    """In words, what the benefit rests on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Investments:
    """What could be done, and the limits of it. Money is in the budget's currency."""

    options: tuple[Option, ...] = ()
    budget: Decimal | None = None
    """Money for all of them; None: what the forecast leaves of the year's budget, if that is above 0."""
    categories: Mapping[str, Decimal] = field(default_factory=dict)
    """Category to the money for its options, at most."""
    risk: Decimal = Decimal("0.3")
    """Risk of the whole, at most: mean of the options' risks, by their cost."""
    discount: Decimal = Decimal("0.08")
    """Interest per year by which later benefits count less."""
    months: int = 36
    """How far ahead benefits are counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Programme:
    """The products whose budgets are told as one."""

    name: str = "all products"
    currency: str = "EUR"
    """ISO 4217 code that the totals are told in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetPolicy:
    """How a product's money is planned, read and judged."""

    currency: str = "EUR"
    """ISO 4217 code of reports and of amounts that name none."""
    year_starts: int = 1
    """Month, 1..12, in which the financial year begins."""
    categories: tuple[str, ...] = CATEGORIES
    models: CostModels = field(default_factory=CostModels)
    plan: tuple[PlanLine, ...] = ()
    feeds: Mapping[str, DeliveryFeed] = field(default_factory=dict)
    """Stream (budget_lines, budget_actuals, budget_commitments, exchange_rates) to its feed."""
    rates_good_for: timedelta = timedelta(days=45)
    """How long after its day an exchange rate may be used."""
    over: Limits = field(default_factory=lambda: Limits(yellow=Decimal("0.05"), red=Decimal("0.1")))
    """Cost above plan, as a share of it."""
    under: Limits = field(default_factory=lambda: Limits(yellow=Decimal("0.15")))
    """Cost below plan, as a share of it."""
    index: Limits = field(default_factory=lambda: Limits(yellow=Decimal("0.95"), red=Decimal("0.85")))
    """CPI and SPI(t); below it."""
    matters_from: Decimal = Decimal(500)
    """A smaller variance is green whatever its share."""
    estimate: Estimate = Estimate.TYPICAL
    """Estimate at completion that is told first."""
    interval: Decimal = Decimal("0.8")
    """Chance that the interval of the year-end forecast holds the year's cost."""
    closes: timedelta = timedelta(days=5)
    """How long after its end a month is closed: bookings come late."""
    investments: Investments = field(default_factory=Investments)
    programme: Programme = field(default_factory=Programme)
    report_to: tuple[str, ...] = ("executives",)
    """Audiences that get the monthly report."""

    @property
    def is_there(self) -> bool:
        """Whether anything is planned or read."""
        return bool(self.plan or self.feeds)
