"""What the rest of the year will cost, with an interval that holds it with a stated chance.

Two models of the months that have passed, each with its exact interval under normal errors:

- ratio: cost = r x plan, with a variance that grows with the plan. r is the sum of costs / the sum of plans, the best linear
  unbiased estimate (W. Cochran, *Sampling Techniques*, 3rd edition, section 6.7). The error of the rest's forecast has the
  variance s² (P + P² / p), P and p being the plans of the rest and of the past, s² = sum((cost - r plan)² / plan) / (n - 1).
- deviation: cost = plan + d, with a constant variance, where some month had no plan. Its variance is
  s² (m + m² / n) for m months of n.

The interval is the forecast -+ t(n - 1) standard errors. Its coverage is the stated chance, whatever the ratio and the
spread, if the months are independent and normal; tests/domain/test_budget_forecast.py counts it by simulation, also for
skewed costs. Categories are taken as independent in their sum, whose degrees of freedom are Satterthwaite's
(F. Satterthwaite, Biometrics Bulletin 2, 1946).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

ZERO = Decimal(0)
FEWEST = 3
"""Months from which on a spread can be told."""
SMALL = Decimal("0.1")
"""Share of a sum that may be taken without a spread."""
WINDOW = 12
"""Months of the past that say how costs go; older ones say how they went."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """What is still to come: money in the report's currency."""

    expected: Decimal
    low: Decimal | None = None
    high: Decimal | None = None
    """Bounds of the interval; None where `reason` says why there is none."""
    method: str = "plan"
    """`ratio`, `deviation`, or `plan` where the past says too little."""
    months: int = 0
    """Months of the past that it rests on."""
    error: Decimal | None = None
    """Standard error of `expected`."""
    freedom: Decimal = ZERO
    """Degrees of freedom of that error."""
    committed: Decimal = ZERO
    """What is ordered of it: no forecast is lower."""
    reason: str = ""
    """Why there is no interval, or what it leaves out."""


def outlook(
    plan: Sequence[Decimal],
    cost: Sequence[Decimal],
    rest: Sequence[Decimal],
    *,
    chance: Decimal,
    committed: Decimal = ZERO,
) -> Outlook:
    """The rest's cost, of the plans and costs of the months that have passed and the plans of those to come.

    `plan` and `cost` are as long as each other, the latest month last. `chance` is that of the interval, 0..1.
    """
    pairs = list(zip(plan, cost, strict=True))[-WINDOW:]
    ahead = sum(rest, ZERO)
    if not rest:
        return Outlook(expected=ZERO, low=ZERO, high=ZERO, method="none", reason="the year is over")
    known = len(pairs)
    if known < FEWEST:
        reason = f"an interval needs {FEWEST} months, there {'is' if known == 1 else 'are'} {known}"
        return Outlook(expected=max(ahead, committed), months=known, committed=committed, reason=reason)
    planned, spent = sum((one for one, _ in pairs), ZERO), sum((one for _, one in pairs), ZERO)
    # A ratio of a rest that is cut below 0 would have a variance below 0.
    if all(one > 0 for one, _ in pairs) and ahead >= 0:
        ratio = spent / planned
        spread = sum(((c - ratio * p) ** 2 / p for p, c in pairs), ZERO) / (known - 1)
        expected, variance, method = ratio * ahead, spread * (ahead + ahead * ahead / planned), "ratio"
    else:
        drift = (spent - planned) / known
        spread = sum(((c - p - drift) ** 2 for p, c in pairs), ZERO) / (known - 1)
        count = Decimal(len(rest))
        expected, variance, method = ahead + drift * count, spread * (count + count * count / known), "deviation"
    error, freedom = variance.sqrt(), Decimal(known - 1)
    return _bounded(expected, error, freedom, chance, committed, method=method, months=known)


def together(parts: Mapping[str, Outlook], *, chance: Decimal) -> Outlook:
    """The sum of several outlooks of the same months, by name.

    Parts without an interval are taken as planned, and named, if they are at most SMALL of the sum; otherwise the sum has
    no interval either.
    """
    expected = sum((one.expected for one in parts.values()), ZERO)
    committed = sum((one.committed for one in parts.values()), ZERO)
    months = max((one.months for one in parts.values()), default=0)
    without = {name: one for name, one in parts.items() if one.low is None}
    if sum((one.expected for one in without.values()), ZERO) > SMALL * expected:
        reason = next(one.reason for one in without.values())
        return Outlook(expected=expected, committed=committed, months=months, reason=reason)
    fixed = f"{', '.join(without)} as planned, without a spread" if without else ""
    variances = [(one.error * one.error, one.freedom) for one in parts.values() if one.error]
    total = sum((one for one, _ in variances), ZERO)
    if not total:
        low = high = expected
        return Outlook(
            expected=expected, low=low, high=high, committed=committed, months=months, method="sum", reason=fixed
        )
    freedom = total * total / sum((one * one / free for one, free in variances), ZERO)
    found = _bounded(expected, total.sqrt(), freedom, chance, committed, method="sum", months=months)
    return replace(found, reason=fixed)


def _bounded(
    expected: Decimal,
    error: Decimal,
    freedom: Decimal,
    chance: Decimal,
    committed: Decimal,
    *,
    method: str,
    months: int,
) -> Outlook:
    reach = error * quantile(chance, freedom)
    return Outlook(
        expected=max(expected, committed),
        low=max(expected - reach, committed),
        high=max(expected + reach, committed),
        method=method,
        months=months,
        error=error,
        freedom=freedom,
        committed=committed,
    )


def quantile(chance: Decimal, freedom: Decimal) -> Decimal:
    """Student's t that a two-sided interval of that chance reaches to."""
    from scipy.special import stdtrit  # noqa: PLC0415 - the command line starts without it

    return Decimal(repr(float(stdtrit(float(freedom), float((1 + chance) / 2)))))
