"""Cost against plan: what was spent more or less, whether by price, volume or currency, and what drives it.

A variance is actual - plan: above 0 is over budget. Its parts add up to it exactly:

- currency: what was booked, less the same at the rates that the budget was made with;
- volume: (actual quantity - planned quantity) x planned price;
- price: (actual price - planned price) x actual quantity, at the budget's rates;
- rest: what has no quantity on both sides, so that nobody can tell price from volume.

C. Horngren et al., *Cost Accounting*, 16th edition, chapter 7 (price and efficiency variances of a flexible budget).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from release_ops.domain.budget_policy import BudgetPolicy, Limits
from release_ops.domain.money import MissingRate, Rates, money_text
from release_ops.domain.months import last_day, month_of, year_of

ZERO = Decimal(0)


class Kind(StrEnum):
    """What an entry of the budget is."""

    PLAN = "plan"
    ACTUAL = "actual"
    COMMITMENT = "commitment"


class Entry(NamedTuple):
    """One budget line of a month, one booking, or one commitment, as its source has it."""

    kind: str
    version: str
    category: str
    item: str
    day: date
    """Of a line the first day of its month, of a booking its day, of a commitment the day when it is due."""
    amount: Decimal
    currency: str
    quantity: Decimal | None = None
    unit: str = ""
    used: Decimal | None = None
    """How much of the quantity of a booking was used."""

    @property
    def key(self) -> tuple[str, str, str]:
        """What costs are compared by: release, category and item."""
        return self.version, self.category, self.item


class Valued(NamedTuple):
    """An entry in the currency of the report."""

    entry: Entry
    value: Decimal
    planned: Decimal
    """A booking of the year: the same amount at the rate that the budget was made with; else `value`."""


class MissingRates(Exception):
    """Amounts that cannot be converted; each once."""

    def __init__(self, missing: Sequence[MissingRate]) -> None:
        super().__init__(missing)
        self.missing = tuple(missing)

    def __str__(self) -> str:
        """One line per rate."""
        return "\n".join(map(str, self.missing))


def valued(entries: Iterable[Entry], rates: Rates, policy: BudgetPolicy, month: date) -> list[Valued]:
    """The entries in the policy's currency; MissingRates names every rate that there is not.

    A line of the budget is converted at the rate of the first day of its financial year, a booking at that of its day, a
    commitment at that of its day; what is still to come, at that of the last day of `month`.
    """
    found, missing = [], dict[str, MissingRate]()
    year, now = year_of(month, policy.year_starts)[0], last_day(month)
    for entry in entries:
        made = year_of(entry.day, policy.year_starts)[0]
        # Nobody has a rate of a day to come: the budget of the next year is written before that begins.
        day = {Kind.PLAN: min(made, now), Kind.COMMITMENT: min(entry.day, now)}.get(Kind(entry.kind), entry.day)
        try:
            value = rates.convert(entry.amount, entry.currency, policy.currency, day)
            # Only bookings of the year are split into causes: of others the budget's rate is not asked for.
            asked = entry.kind == Kind.ACTUAL and made == year
            planned = rates.convert(entry.amount, entry.currency, policy.currency, made) if asked else value
            found.append(Valued(entry, value, planned))
        except MissingRate as error:
            missing[str(error)] = error
    if missing:
        raise MissingRates([missing[text] for text in sorted(missing)])
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Variance:
    """Plan and cost of something in a period, and what the difference is made of; money in the report's currency."""

    plan: Decimal = ZERO
    actual: Decimal = ZERO
    price: Decimal = ZERO
    volume: Decimal = ZERO
    currency: Decimal = ZERO
    rest: Decimal = ZERO

    @property
    def amount(self) -> Decimal:
        """Actual - plan; the sum of the four parts."""
        return self.actual - self.plan

    @property
    def ratio(self) -> Decimal | None:
        """The same as a share of the plan; None where nothing was planned."""
        return self.amount / self.plan if self.plan else None

    def __add__(self, other: Variance) -> Variance:
        return Variance(
            plan=self.plan + other.plan,
            actual=self.actual + other.actual,
            price=self.price + other.price,
            volume=self.volume + other.volume,
            currency=self.currency + other.currency,
            rest=self.rest + other.rest,
        )


class Item(NamedTuple):
    """One item of a category in a period."""

    version: str
    category: str
    item: str
    variance: Variance
    planned_quantity: Decimal | None
    actual_quantity: Decimal | None
    """None where some part of it has no quantity, or another unit."""
    unit: str


def items(entries: Iterable[Valued]) -> list[Item]:
    """Variance of every item, in the order of its name; `entries` are the plan and the bookings of one period."""
    groups: dict[tuple[str, str, str], tuple[list[Valued], list[Valued]]] = {}
    for one in entries:
        if one.entry.kind != Kind.COMMITMENT:
            groups.setdefault(one.entry.key, ([], []))[one.entry.kind == Kind.ACTUAL].append(one)
    return [_item(key, *groups[key]) for key in sorted(groups)]


def _item(key: tuple[str, str, str], plan: Sequence[Valued], actual: Sequence[Valued]) -> Item:
    planned, spent = _sum(plan), _sum(actual)
    before_rates = sum((one.planned for one in actual), ZERO)
    unit = next((one.entry.unit for one in (*plan, *actual) if one.entry.unit), "")
    same_unit = {one.entry.unit for one in (*plan, *actual)} <= {unit, ""}
    before, after = _quantity(plan), _quantity(actual)
    if not same_unit or not plan:
        after = None
    if not before or after is None:
        split = Variance(plan=planned, actual=spent, currency=spent - before_rates, rest=before_rates - planned)
    else:
        volume = planned * (after - before) / before
        split = Variance(
            plan=planned,
            actual=spent,
            currency=spent - before_rates,
            volume=volume,
            price=before_rates - planned - volume,
        )
    return Item(*key, split, before if plan else None, after, unit)


def _sum(some: Iterable[Valued]) -> Decimal:
    return sum((one.value for one in some), ZERO)


def _quantity(some: Sequence[Valued]) -> Decimal | None:
    known = [one.entry.quantity for one in some if one.entry.quantity is not None]
    return sum(known, ZERO) if len(known) == len(some) else None


def whole(some: Iterable[Item]) -> Variance:
    """Variance of several items together."""
    return sum((one.variance for one in some), Variance())


PARTS: Mapping[str, str] = {"volume": "volume", "price": "price", "currency": "exchange rates", "rest": "not split"}
"""Part of a variance to what it is called."""


class Driver(NamedTuple):
    """What drives a variance most: the item that moves it furthest its own way, and by which part."""

    item: str
    version: str
    amount: Decimal
    part: str
    """One of PARTS."""
    words: str


def driver(some: Sequence[Item], currency: str) -> Driver | None:
    """The driver of these items' variance; None where there is no variance."""
    total = whole(some).amount
    if total == 0:
        return None
    sign = 1 if total > 0 else -1
    found = max(some, key=lambda one: (one.variance.amount * sign, one.item, one.version))
    amount = found.variance.amount
    part = max(PARTS, key=lambda name: getattr(found.variance, name) * sign)
    return Driver(found.item, found.version, amount, part, _words(found, part, currency))


def _words(one: Item, part: str, currency: str) -> str:
    amount = one.variance.amount
    name = one.item or one.category
    where = f" ({one.version})" if one.version else ""
    side = "over" if amount > 0 else "under"
    text = f"{name}{where}: {money_text(abs(amount), currency)} {side} plan"
    if not one.variance.plan:
        return f"{name}{where}: {money_text(amount, currency)} without a budget"
    if part == "rest":
        return f"{text}; without quantities nobody can tell price from volume"
    own = money_text(abs(getattr(one.variance, part)), currency)
    detail = {"volume": _more(one), "price": _dearer(one, currency)}.get(part, "")
    return f"{text}, {own} of it by {PARTS[part]}{f': {detail}' if detail else ''}"


def _more(one: Item) -> str:
    if one.planned_quantity is None or one.actual_quantity is None:
        return ""
    return f"{_plain(one.actual_quantity)} {one.unit or 'units'} instead of {_plain(one.planned_quantity)}"


def _dearer(one: Item, currency: str) -> str:
    if not one.planned_quantity or not one.actual_quantity:
        return ""
    before = one.variance.plan / one.planned_quantity
    after = (one.variance.actual - one.variance.currency) / one.actual_quantity
    each = one.unit.removesuffix("s") or "unit"
    return f"{money_text(after, currency)} per {each} instead of {money_text(before, currency)}"


def _plain(number: Decimal) -> str:
    return f"{number.normalize():,f}"


class Verdict(NamedTuple):
    """green, yellow or red, and the sentence that says why."""

    status: str
    words: str


def judge(found: Variance, policy: BudgetPolicy) -> Verdict:
    """How a variance is to be taken."""
    amount, currency = found.amount, policy.currency
    told = money_text(abs(amount), currency)
    if abs(amount) < policy.matters_from or amount == 0:
        return Verdict(
            "green", f"{told} {'over' if amount > 0 else 'under'} plan, less than matters" if amount else "as planned"
        )
    if found.ratio is None:
        return Verdict("red", f"{told} without a budget")
    limits, side = (policy.over, "over") if amount > 0 else (policy.under, "under")
    share = abs(found.ratio)
    status, limit = _beyond(share, limits)
    held = f", the limit is {_percent(limit)}" if limit is not None else ""
    return Verdict(status, f"{told} ({_percent(share)}) {side} plan{held}")


def _beyond(share: Decimal, limits: Limits) -> tuple[str, Decimal | None]:
    """Status and the limit that decided: the one that was crossed, else the nearest one that was not."""
    for status, limit in (("red", limits.red), ("yellow", limits.yellow)):
        if limit is not None and share > limit:
            return status, limit
    return "green", limits.yellow if limits.yellow is not None else limits.red


def _percent(share: Decimal) -> str:
    return f"{share * 100:.1f} %"


def by_month(entries: Iterable[Valued], kind: str) -> dict[date, Decimal]:
    """Month to the value of the entries of one kind."""
    sums: dict[date, Decimal] = {}
    for one in entries:
        if one.entry.kind == kind:
            month = month_of(one.entry.day)
            sums[month] = sums.get(month, ZERO) + one.value
    return sums
