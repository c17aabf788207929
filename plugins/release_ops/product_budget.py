"""The budget in a product file: currency, cost models, the plan, where costs come from, and what is judged."""

from __future__ import annotations

import re
from datetime import date, timedelta
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from release_ops.domain.budget_policy import BudgetPolicy, CostModels, Investments, Limits, Option, PlanLine, Programme
from release_ops.domain.earned_value import Estimate
from release_ops.domain.money import CURRENCIES
from release_ops.domain.months import between
from release_ops.product_delivery import DeliveryFeedPart, delivery_feed
from release_ops.product_types import YEARS, Duration, Part, Text, wrong

MOST_MONTHS = 120
_NUMBER = {"type": "number"}


def _number(value: Any) -> Decimal:
    """A YAML number without the error of a binary fraction."""
    if isinstance(value, Decimal):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise wrong("is not a number", "write digits with a point for decimals, without a currency")
    return Decimal(str(value))


def _month(value: Any) -> date:
    if isinstance(value, date):
        return value
    match = re.fullmatch(r"(\d{4})-(\d{1,2})", value.strip()) if isinstance(value, str) else None
    if match is None or not 1 <= int(match[2]) <= 12 or int(match[1]) not in YEARS:
        raise wrong("is not a month", "write it like 2026-11")
    return date(int(match[1]), int(match[2]), 1)


def _currency(value: Any) -> str:
    if not isinstance(value, str) or value not in CURRENCIES:
        raise wrong("is no code of a currency", f"write one of ISO 4217 like EUR{_near(value)}")
    return value


def _near(value: Any) -> str:
    found = str(value).strip().upper()
    return f"; did you mean {found!r}?" if found in CURRENCIES else ""


Number = Annotated[Decimal, BeforeValidator(_number), WithJsonSchema(_NUMBER)]
Amount = Annotated[Number, Field(ge=0, le=10**12)]
Share = Annotated[Number, Field(ge=0, le=1)]
Factor = Annotated[Number, Field(gt=0, le=1000)]
Month = Annotated[date, BeforeValidator(_month), WithJsonSchema({"type": "string", "pattern": r"^\d{4}-\d{1,2}$"})]
Currency = Annotated[str, BeforeValidator(_currency), WithJsonSchema({"type": "string", "pattern": "^[A-Z]{3}$"})]
MoneyStream = Literal["budget_lines", "budget_actuals", "budget_commitments", "exchange_rates"]


class PeopleModelPart(Part):
    """What work costs."""

    overhead: Factor = Decimal(1)
    """Factor on every rate, for what an hour costs beside it."""
    rates: dict[Text, Amount] = Field(default={}, examples=[{"engineer": 85}])
    """Role to what an hour of it costs."""


class InfrastructureModelPart(Part):
    """What machines cost."""

    scaling: Factor = Decimal(1)
    """Factor for the load that they are built for, unless a line has its own."""
    high_availability: Factor = Decimal("1.8")
    """Factor for lines that have to survive the loss of a part."""


class DiscountPart(Part):
    """A discount for many seats."""

    seats: Annotated[int, Field(ge=1, le=10**6)]
    """From so many on."""
    discount: Share
    """What each of all seats costs less."""


class ToolsModelPart(Part):
    """What licences cost."""

    discounts: list[DiscountPart] = []
    """Discounts for many seats; the highest that is reached holds for all of them."""


class ModelsPart(Part):
    """Cost models that the lines of the plan are costed by."""

    people: PeopleModelPart = PeopleModelPart()
    infrastructure: InfrastructureModelPart = InfrastructureModelPart()
    tools: ToolsModelPart = ToolsModelPart()


_COSTED = {
    "amount": (),
    "hours": ("role", "rate"),
    "base": ("units", "scaling", "high_availability", "growth"),
    "seats": ("price",),
}


class PlanLinePart(Part):
    """A line of the plan, the same in each of its months."""

    category: Text
    """One of `categories`."""
    item: Text = Field(examples=["Engineers"])
    """What it is; costs of the same item are compared with it."""
    version: Text | None = None
    """Release that it is for; none without it."""
    start: Month = Field(examples=["2026-01"])
    """First month."""
    end: Month = Field(examples=["2026-12"])
    """Last month."""
    currency: Currency | None = None
    """Currency of its amounts; that of the budget without it."""
    amount: Amount | None = None
    """Money per month, where no model costs it."""
    hours: Amount | None = None
    """Hours of work per month."""
    role: Text | None = None
    """Role whose rate they cost."""
    rate: Amount | None = None
    """What an hour costs, instead of a role's rate."""
    base: Amount | None = None
    """What one unit of infrastructure costs per month, without factors."""
    units: Amount | None = None
    """How many of them; 1 without it."""
    scaling: Factor | None = None
    """Factor for the load; that of the model without it."""
    high_availability: bool | None = None
    """Whether it has to survive the loss of a part."""
    growth: Annotated[Number, Field(gt=-1, le=1)] | None = None
    """By what share its cost grows from month to month."""
    seats: Amount | None = None
    """Licences."""
    price: Amount | None = None
    """What a licence costs per month without discount."""

    @model_validator(mode="after")
    def _is_costed_once(self) -> PlanLinePart:
        given = [name for name in _COSTED if getattr(self, name) is not None]
        if len(given) != 1:
            raise wrong("does not say once what it costs", "write one of amount, hours, base and seats")
        for owner, names in _COSTED.items():
            for name in names:
                if owner != given[0] and getattr(self, name) is not None:
                    raise wrong(f"{name} goes with {owner}", f"remove it, or write {owner}")
        if self.hours is not None and (self.role is None) == (self.rate is None):
            raise wrong("hours need a role or a rate", "write one of the two")
        if self.seats is not None and self.price is None:
            raise wrong("seats need a price", "write what one costs per month")
        if not 1 <= between(self.start, self.end) <= MOST_MONTHS:
            raise wrong(f"{self.start:%Y-%m} to {self.end:%Y-%m} is no period", f"write 1 to {MOST_MONTHS} months")
        return self


class LimitsPart(Part):
    """Beyond `yellow` something is yellow, beyond `red` red; null: never."""

    yellow: Annotated[Number, Field(ge=0, le=100)] | None = None
    """Beyond it yellow."""
    red: Annotated[Number, Field(ge=0, le=100)] | None = None
    """Beyond it red."""


class BudgetThresholdsPart(Part):
    """What is judged, and by what."""

    over: LimitsPart = LimitsPart()
    """Cost above plan since the year began, as a share of it."""
    under: LimitsPart = LimitsPart()
    """Cost below plan since the year began, as a share of it."""
    index: LimitsPart = LimitsPart()
    """CPI and SPI(t) of a release; below it."""
    matters_from: Amount = Decimal(0)
    """A smaller variance is green whatever its share."""

    @model_validator(mode="after")
    def _in_order(self) -> BudgetThresholdsPart:
        for name, sign in (("over", 1), ("under", 1), ("index", -1)):
            one: LimitsPart = getattr(self, name)
            if one.yellow is not None and one.red is not None and (one.red - one.yellow) * sign < 0:
                which = "above" if sign > 0 else "below"
                raise wrong(
                    f"{name}: red {one.red} is better than yellow {one.yellow}", f"write a red {which} the yellow"
                )
        return self


class OptionPart(Part):
    """Something that money could be put into, and what is assumed of it."""

    name: Text
    """What it is."""
    category: Text
    """One of `categories`."""
    cost: Annotated[Amount, Field(gt=0)]
    """What all of it costs, once."""
    benefit: Amount
    """What it brings per month when all of it is there."""
    low: Amount | None = None
    """The same if it goes badly; half of it without it."""
    high: Amount | None = None
    """The same if it goes well; as expected without it."""
    running: Amount = Decimal(0)
    """What it costs per month from then on."""
    risk: Share = Decimal(0)
    """Share of its benefit that is at risk."""
    priority: Annotated[int, Field(ge=1, le=10)] = 1
    """Weight of its return."""
    starts_after: Annotated[int, Field(ge=0, le=MOST_MONTHS)] = 0
    """Months until the first benefit."""
    ramp: Annotated[int, Field(ge=0, le=MOST_MONTHS)] = 0
    """Months from then until the full benefit."""
    at_least: Share = Decimal(0)
    """Share of it that has to be done."""
    at_most: Share = Decimal(1)
    """Share of it that can be done."""
    assumes: Text | None = None
    """What the benefit rests on, in words."""

    @model_validator(mode="after")
    def _in_order(self) -> OptionPart:
        if self.at_least > self.at_most:
            raise wrong("at_least is above at_most", "correct one of the two")
        low, high = (
            self.low if self.low is not None else Decimal(0),
            self.high if self.high is not None else self.benefit,
        )
        if not low <= self.benefit <= high:
            raise wrong("benefit is not between low and high", "correct one of the three")
        return self


class InvestmentsPart(Part):
    """What could be done with money, and the limits of it."""

    options: list[OptionPart] = []
    """What there is to choose from."""
    budget: Amount | None = None
    """Money for all of them; what the forecast leaves of the year's budget without it."""
    categories: dict[Text, Amount] = {}
    """Category to the money for its options, at most."""
    risk: Share = Decimal("0.3")
    """Risk of the whole, at most: mean of the options' risks by their cost."""
    discount: Annotated[Number, Field(ge=0, le=1)] = Decimal("0.08")
    """Interest per year by which later benefits count less."""
    months: Annotated[int, Field(ge=1, le=MOST_MONTHS)] = 36
    """How far ahead benefits are counted."""


class ProgrammePart(Part):
    """The products whose budgets are told as one: all that have the same name and currency here."""

    name: Text = "all products"
    """Its name."""
    currency: Currency = "EUR"
    """ISO 4217 code that its totals are told in."""


class BudgetPart(Part):
    """What a product may cost, what it costs, and how that is judged."""

    currency: Currency = "EUR"
    """ISO 4217 code of the currency of reports, and of amounts that name none."""
    year_starts: Annotated[int, Field(ge=1, le=12)] = 1
    """Month in which the financial year begins."""
    categories: Annotated[list[Text], Field(min_length=1)] = ["people", "infrastructure", "tools", "services", "other"]
    """Categories of cost, in the order of reports."""
    models: ModelsPart = ModelsPart()
    plan: list[PlanLinePart] = []
    """Budget lines; those of the feed `budget_lines` are beside them."""
    feeds: dict[MoneyStream, DeliveryFeedPart] = {}
    """Budget lines, costs, commitments and exchange rates from files and databases; docs/feeds.md has the columns."""
    thresholds: BudgetThresholdsPart = BudgetThresholdsPart()
    estimate: Literal["typical", "atypical", "combined", "bottom_up"] = "typical"
    """Which estimate at completion is told first."""
    interval: Annotated[Number, Field(ge=Decimal("0.5"), le=Decimal("0.99"))] = Decimal("0.8")
    """Chance that the interval of the forecast holds the year's cost."""
    closes: Duration = timedelta(days=5)
    """How long after its end a month is closed."""
    rates_good_for: Duration = timedelta(days=45)
    """How long after its day an exchange rate may be used."""
    investments: InvestmentsPart = InvestmentsPart()
    programme: ProgrammePart = ProgrammePart()
    report_to: list[Text] = ["executives"]
    """Audiences that get the monthly report."""

    @model_validator(mode="after")
    def _reads_whole_feeds(self) -> BudgetPart:
        for stream, feed in self.feeds.items():
            if "%(since)s" in (feed.statement or ""):
                raise wrong(f"feeds.{stream} asks for news only", "select all rows: what is gone has to be seen")
        return self


def budget_policy(part: BudgetPart) -> BudgetPolicy:
    """The domain's policy."""
    tools = sorted((one.seats, one.discount) for one in part.models.tools.discounts)
    infrastructure, limits = part.models.infrastructure, part.thresholds
    return BudgetPolicy(
        currency=part.currency,
        year_starts=part.year_starts,
        categories=tuple(part.categories),
        models=CostModels(
            rates=dict(part.models.people.rates),
            overhead=part.models.people.overhead,
            scaling=infrastructure.scaling,
            high_availability=infrastructure.high_availability,
            discounts=tuple(tools),
        ),
        plan=tuple(_line(one, part.currency) for one in part.plan),
        feeds={stream: delivery_feed(one) for stream, one in part.feeds.items()},
        rates_good_for=part.rates_good_for,
        over=_limits(limits.over),
        under=_limits(limits.under),
        index=_limits(limits.index),
        matters_from=limits.matters_from,
        estimate=Estimate(part.estimate),
        interval=part.interval,
        closes=part.closes,
        investments=_investments(part.investments),
        programme=Programme(name=part.programme.name, currency=part.programme.currency),
        report_to=tuple(part.report_to),
    )


def _line(part: PlanLinePart, currency: str) -> PlanLine:
    return PlanLine(**{"currency": currency, **part.model_dump(exclude_none=True)})


def _limits(part: LimitsPart) -> Limits:
    return Limits(yellow=part.yellow, red=part.red)


def _investments(part: InvestmentsPart) -> Investments:
    return Investments(
        options=tuple(
            Option(
                **{
                    **one.model_dump(exclude_none=True),
                    "low": one.benefit / 2 if one.low is None else one.low,
                    "high": one.benefit if one.high is None else one.high,
                }
            )
            for one in part.options
        ),
        budget=part.budget,
        categories=dict(part.categories),
        risk=part.risk,
        discount=part.discount,
        months=part.months,
    )
