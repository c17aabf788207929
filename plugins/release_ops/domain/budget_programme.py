"""Budgets of several products as one: amounts in a common currency, at one rate for all figures of a product.

Plan, cost and earned value of a product are told at the same rate, that of the month's last day, so that no ratio of theirs
(variance / plan, CPI, SPI) changes with the currency that they are told in.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from release_ops.domain.budget_forecast import quantile
from release_ops.domain.budget_policy import Programme
from release_ops.domain.earned_value import EarnedValue, total
from release_ops.domain.money import Conversion, MissingRate, Rates
from release_ops.domain.months import last_day

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """How the amounts of a product are told in its programme's currency."""

    rate: Conversion | None
    reason: str = ""
    """Why there is no rate, if there is none: its programme has no totals for the month then."""


def told_in(programme: Programme, currency: str, rates: Rates, month: date) -> Told:
    """The rate of the month's last day."""
    try:
        return Told(rate=rates.find(currency, programme.currency, last_day(month)))
    except MissingRate as error:
        return Told(rate=None, reason=str(error))


def earned_together(parts: Sequence[tuple[str, EarnedValue, Conversion]]) -> EarnedValue:
    """Several products' work as one, each with its name and its rate; indices are those of the sums."""
    return total([(name, work.converted(rate.times, rate.by)) for name, work, rate in parts])


def bounds(
    expected: Decimal, error: Decimal | None, freedom: Decimal | None, *, chance: Decimal, least: Decimal
) -> tuple[Decimal, Decimal] | None:
    """Interval of a sum of forecasts of a standard error; None where the error is unknown. No bound is below `least`."""
    if error is None:
        return None
    reach = error * quantile(chance, freedom) if error and freedom else ZERO
    return max(expected - reach, least), max(expected + reach, least)
