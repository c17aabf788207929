"""Where money could be saved in the months that are left, each with the amount and how it was worked out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from release_ops.domain.budget import ZERO, Item, Kind, Valued
from release_ops.domain.budget_forecast import Outlook
from release_ops.domain.budget_policy import BudgetPolicy
from release_ops.domain.money import money_text
from release_ops.domain.months import later, month_of

USAGE_MONTHS = 3
"""What was not used for so many months in a row is not needed: the highest use of them counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Saving:
    """One opportunity."""

    kind: str
    """`unused`, `discount`, `price` or `release`."""
    category: str
    item: str
    amount: Decimal
    """What it would save until the year ends, in the report's currency."""
    words: str


def savings(
    entries: Sequence[Valued],
    found: Sequence[Item],
    outlooks: Mapping[str, Outlook],
    policy: BudgetPolicy,
    *,
    month: date,
    months_left: int,
    plan_left: Mapping[str, Decimal],
) -> list[Saving]:
    """All opportunities, the largest first.

    `found` are the items since the year began, `outlooks` and `plan_left` the forecast and the plan of the rest by category.
    Smaller ones than `matters_from` are left out. With no month left there is nothing to save.
    """
    if months_left <= 0:
        return []
    recent = [one for one in entries if one.entry.kind == Kind.ACTUAL]
    some = [
        *_unused(recent, policy, month, months_left),
        *_discounts(recent, policy, month, months_left),
        *_prices(found, recent, policy, month, months_left),
        *_released(outlooks, policy, plan_left),
    ]
    kept = [one for one in some if one.amount >= policy.matters_from and one.amount > 0]
    return sorted(kept, key=lambda one: (-one.amount, one.kind, one.category, one.item))


def _monthly(actual: Iterable[Valued], month: date, months: int = 1) -> dict[tuple[str, str], dict[date, list[Valued]]]:
    """Category and item to the bookings of each of the last months."""
    first = later(month, 1 - months)
    groups: dict[tuple[str, str], dict[date, list[Valued]]] = {}
    for one in actual:
        booked = month_of(one.entry.day)
        if first <= booked <= month:
            groups.setdefault((one.entry.category, one.entry.item), {}).setdefault(booked, []).append(one)
    return groups


def _total(some: Iterable[Valued]) -> Decimal:
    return sum((one.value for one in some), ZERO)


def _unused(actual: Sequence[Valued], policy: BudgetPolicy, month: date, left: int) -> Iterator[Saving]:
    """What is paid and was not used in any of the last months, at its last price."""
    for (category, item), by_month in sorted(_monthly(actual, month, USAGE_MONTHS).items()):
        bookings = [one.entry for some in by_month.values() for one in some]
        if len(by_month) < USAGE_MONTHS or any(one.used is None or one.quantity is None for one in bookings):
            continue
        used = max(sum((one.entry.used or ZERO for one in some), ZERO) for some in by_month.values())
        last = by_month[month]
        paid = sum((one.entry.quantity or ZERO for one in last), ZERO)
        if paid > used:
            each = _total(last) / paid
            unit = bookings[0].unit or "units"
            words = (
                f"{paid.normalize():f} {unit} of {item or category} are paid and at most {used.normalize():f} were used in "
                f"{USAGE_MONTHS} months: {money_text(each, policy.currency)} each, {left} months"
            )
            yield Saving(kind="unused", category=category, item=item, amount=(paid - used) * each * left, words=words)


def _discounts(actual: Sequence[Valued], policy: BudgetPolicy, month: date, left: int) -> Iterator[Saving]:
    """More seats that cost less: where the next discount takes more off all of them than the seats up to it cost."""
    tiers = policy.models.discounts
    for (category, item), by_month in sorted(_monthly(actual, month).items()):
        last = by_month[month]
        if any(one.entry.quantity is None or one.entry.unit != "seats" for one in last):
            continue
        seats = sum((one.entry.quantity or ZERO for one in last), ZERO)
        now = max((share for least, share in tiers if seats >= least), default=ZERO)
        ahead = [(least, share) for least, share in tiers if least > seats and share > now]
        if seats <= 0 or now >= 1 or not ahead:
            continue
        least, share = ahead[0]
        paid = _total(last)
        after = paid / seats / (1 - now) * least * (1 - share)
        if after < paid:
            words = (
                f"{least} seats of {item or category} instead of {seats.normalize():f} reach {share * 100:.0f} % discount: "
                f"{money_text(after, policy.currency)} a month instead of {money_text(paid, policy.currency)}, {left} months"
            )
            yield Saving(kind="discount", category=category, item=item, amount=(paid - after) * left, words=words)


def _prices(
    found: Sequence[Item], actual: Sequence[Valued], policy: BudgetPolicy, month: date, left: int
) -> Iterator[Saving]:
    """What the price above plan will cost, if as much is bought each month as in the last one."""
    groups = _monthly(actual, month)
    for one in found:
        bought = one.actual_quantity or ZERO
        if one.variance.price <= 0 or not one.planned_quantity or bought <= 0:
            continue
        last = [
            entry
            for entry in groups.get((one.category, one.item), {}).get(month, [])
            if entry.entry.version == one.version
        ]
        quantity = sum((entry.entry.quantity or ZERO for entry in last), ZERO)
        above = one.variance.price / bought
        if quantity:
            words = (
                f"the price of {one.item or one.category} is {money_text(above, policy.currency)} per "
                f"{one.unit.removesuffix('s') or 'unit'} above plan: {quantity.normalize():f} a month, {left} months"
            )
            yield Saving(
                kind="price", category=one.category, item=one.item, amount=above * quantity * left, words=words
            )


def _released(
    outlooks: Mapping[str, Outlook], policy: BudgetPolicy, plan_left: Mapping[str, Decimal]
) -> Iterator[Saving]:
    """Budget of the rest that even the upper bound of the forecast does not need."""
    for category, one in outlooks.items():
        plan = plan_left.get(category, ZERO)
        if one.high is not None and one.high < plan:
            words = (
                f"{money_text(plan, policy.currency)} are planned for {category} until the year ends, and with a chance of "
                f"{(1 + policy.interval) / 2 * 100:.0f} % it takes no more than {money_text(one.high, policy.currency)}"
            )
            yield Saving(kind="release", category=category, item="", amount=plan - one.high, words=words)
