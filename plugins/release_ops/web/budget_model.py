"""What the pages of budgets show: closed months as release_ops.budget_close keeps them. Null is unknown; ratios are 0..1."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal

from release_ops.web.parts import Pages
from release_ops.web.responses import Answer
from release_ops.web.values import Line, Passage


class BudgetLine(Answer):
    """One category of cost, or all of them (category empty). Amounts are in the currency of the answer."""

    category: Line = ""
    status: str
    """green, yellow or red."""
    words: Passage = ""
    """Why."""
    driver: Passage = ""
    """What drives the variance most; empty without a variance."""
    month_plan: Decimal
    month_actual: Decimal
    plan: Decimal
    """Since the financial year began."""
    actual: Decimal
    """Since the financial year began."""
    variance: Decimal
    """actual - plan, above 0 is over budget."""
    ratio: Decimal | None
    """variance / plan; null where nothing was planned."""
    price: Decimal
    volume: Decimal
    exchange: Decimal
    rest: Decimal
    """The four parts add up to variance."""
    year_plan: Decimal
    forecast: Decimal
    forecast_low: Decimal | None
    forecast_high: Decimal | None
    forecast_reason: Passage = ""
    """Why there is no interval, or what it leaves out."""
    committed: Decimal


class BudgetRow(Answer):
    """A product's budget in one line."""

    product: str
    name: Line
    month: date
    """First day of the closed month."""
    revision: int
    """Above 1: the month was restated."""
    closed_at: datetime
    status: str
    words: Passage
    currency: str
    chance: Decimal
    """Chance of the interval of the forecast."""
    line: BudgetLine
    """All categories together."""
    savings: Decimal
    """Sum of the opportunities to save; some may exclude each other."""
    page: str
    """Address of its page."""


class Programme(Answer):
    """The budgets of several products as one; amounts are null where a product is missing."""

    programme: Line
    currency: str
    year_starts_on: date
    month: date
    products: int
    missing: tuple[str, ...]
    """Products that have not closed the month or have no exchange rate."""
    unknown: tuple[str, ...]
    """Products of whose releases nobody knows how much is done."""
    month_plan: Decimal | None
    month_actual: Decimal | None
    plan: Decimal | None
    actual: Decimal | None
    variance: Decimal | None
    ratio: Decimal | None
    year_plan: Decimal | None
    forecast: Decimal | None
    forecast_low: Decimal | None
    forecast_high: Decimal | None
    committed: Decimal | None
    bac: Decimal | None
    pv: Decimal | None
    ev: Decimal | None
    ac: Decimal | None
    cpi: Decimal | None
    spi: Decimal | None
    eac: Decimal | None
    vac: Decimal | None
    tcpi_bac: Decimal | None


class BudgetsAnswer(Answer):
    """The budgets of all products in a month."""

    month: date | None
    """First day of the month; null: none is closed."""
    programmes: tuple[Programme, ...]
    budgets: tuple[BudgetRow, ...]
    pages: Pages
    """Where the list goes on."""


class MonthPoint(Answer):
    """A month of the year: sums since the year began."""

    month: date
    plan: Decimal
    actual: Decimal | None
    """Null for months to come."""


class Step(Answer):
    """Planned, earned and paid value at the end of a month."""

    month: date
    pv: Decimal
    ev: Decimal | None
    ac: Decimal | None


class Release(Answer):
    """Earned value of a release, or of all (version empty)."""

    version: Line
    status: str
    words: Passage
    bac: Decimal
    pv: Decimal
    ev: Decimal | None
    ac: Decimal
    sv: Decimal | None
    cv: Decimal | None
    spi: Decimal | None
    cpi: Decimal | None
    eac: Decimal | None
    eac_typical: Decimal | None
    eac_atypical: Decimal | None
    eac_combined: Decimal | None
    eac_bottom_up: Decimal | None
    etc: Decimal | None
    vac: Decimal | None
    tcpi_bac: Decimal | None
    tcpi_eac: Decimal | None
    complete: Decimal | None
    es: Decimal | None
    at: Decimal | None
    pd: Decimal | None
    spi_t: Decimal | None
    duration: Decimal | None
    reasons: Mapping[str, str] = {}
    """What is null and why."""
    curve: tuple[Step, ...] = ()


class Saving(Answer):
    """An opportunity to save until the year ends."""

    kind: str
    category: Line
    item: Line
    amount: Decimal
    words: Passage


class Option(Answer):
    """Something that money could be put into."""

    name: Line
    category: Line
    cost: Decimal
    benefit: Decimal
    low: Decimal
    high: Decimal
    running: Decimal
    risk: Decimal
    priority: int
    starts_after: int
    ramp: int
    assumes: Passage = ""
    share: Decimal | None
    """Share of it that the best plan does; null where there is none."""
    npv_low: Decimal
    npv_expected: Decimal
    npv_high: Decimal
    roi_low: Decimal
    roi_expected: Decimal
    roi_high: Decimal
    payback_low: int | None
    payback_expected: int | None
    payback_high: int | None


class CurvePoint(Answer):
    """The best plan under one limit of risk."""

    risk: Decimal
    value: Decimal
    cost: Decimal
    shares: tuple[Decimal, ...]
    """In the order of the options."""


class InvestmentsAnswer(Answer):
    """What the money could do."""

    budget: Decimal
    risk_limit: Decimal
    discount: Decimal
    months: int
    price: Decimal | None
    """What one more unit of money would bring in weighted value."""
    clash: Passage = ""
    chosen: CurvePoint | None
    curve: tuple[CurvePoint, ...]
    options: tuple[Option, ...]


class Restatement(Answer):
    """A revision of a closed month, with what it replaced."""

    month: date
    revision: int
    closed_at: datetime
    status: str
    plan: Decimal
    actual: Decimal
    plan_before: Decimal
    actual_before: Decimal
    status_before: str
    closed_before: datetime


class BudgetAnswer(Answer):
    """A closed month of a product."""

    product: str
    """Its id."""
    name: Line
    """What people call it."""
    month: date
    """First day of the month."""
    month_before: date | None
    """The closed month before; null: there is none."""
    month_after: date | None
    """The closed month after; null: it is the last."""
    revision: int
    """Above 1: the month was restated."""
    closed_at: datetime
    """When this revision was made, UTC."""
    status: str
    """green, yellow or red."""
    words: Passage
    """Why, in one sentence."""
    currency: str
    """ISO 4217 code of all amounts."""
    year_start: date
    """First day of the financial year."""
    year_end: date
    """First day of the last month of the financial year."""
    chance: Decimal
    """Chance of the intervals of the forecast."""
    estimate: str
    """Which estimate at completion is told first."""
    total: BudgetLine
    """All categories together."""
    lines: tuple[BudgetLine, ...]
    course: tuple[MonthPoint, ...]
    work: tuple[Release, ...]
    savings: tuple[Saving, ...]
    investments: InvestmentsAnswer | None
    """What the money could be put into; null: nothing is proposed."""
    notes: tuple[Passage, ...]
    restatements: tuple[Restatement, ...]
    restatements_total: int
    """How many there are in all."""
