"""When will it be done, and how much by then: Monte Carlo over a team's own throughput.

Each run draws, for each coming day, one day of the history at random and adds up what was completed on it, until the
remaining items are done. Nothing is assumed about the distribution; what happened in the history, its days of nothing
included, is what may happen again (D. S. Vacanti, Actionable Agile Metrics for Predictability, 2015; the resampling is
the bootstrap of B. Efron, 1979).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt

PERCENTS = (50, 85, 95)
"""Chances that the dates are told for."""
FAN = (15, 50, 85)
"""Percentiles of the burn-up: with a chance of 85 % at least the first, with 50 % at least the second is done."""
HORIZON = 520
"""Sampled days, two years of business days, beyond which a forecast says nothing."""
_BLOCK = 64
"""Days drawn at once; fixed, so that the draws of a day depend on nothing but the seed."""
_ROUNDING = 1e-9
"""Points add up to slightly less than their sum."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class BurnUp:
    """What is done in all by the end of a day: percentiles of the runs, as FAN names them; never more than remains."""

    day: date
    low: float
    middle: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """When the remaining items will be done."""

    as_of: date
    remaining: tuple[float, float]
    """Lowest and highest; each run draws evenly between them."""
    runs: int
    seed: int
    days: tuple[date, ...]
    """The coming days in order, up to the one by which every run is done, or to the horizon."""
    done: tuple[float, ...]
    """Share 0..1 of the runs that are done by the end of each of `days`."""
    dates: Mapping[int, date | None]
    """Percent (see PERCENTS) to the first day by which that share of the runs is done; None: not within the horizon."""
    burn_up: tuple[BurnUp, ...]
    """Of each of `days` up to the P95 date."""
    cut: float = 0.0
    """Share 0..1 of the remaining scope without which the rest is done by `due` with a chance of 85 %; 0 without `due`."""
    due: date | None = None
    reason: str = ""
    """Why no date can be told; empty if one can."""

    def by(self, day: date) -> float:
        """Chance 0..1 that everything is done by the end of a day."""
        if self.remaining[1] <= _ROUNDING:
            return 1.0
        place = bisect_right(self.days, day)
        return self.done[place - 1] if place else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulation:
    """How to simulate: `workday` says which days are sampled and forecast."""

    workday: Callable[[date], bool] = field(default=lambda _: True)
    runs: int = 10_000
    seed: int = 1
    horizon: int = HORIZON


def forecast(
    history: Sequence[float],
    remaining: float | tuple[float, float],
    *,
    as_of: date,
    due: date | None = None,
    how: Simulation | None = None,
) -> Forecast:
    """When `remaining` items (or between so many and so many) will be done, counting from the day after `as_of`.

    `history` is what was completed per sampled day. The same arguments give the same answer. A history of nothing
    gives no date and says so. ValueError for an empty history, amounts that are negative or no numbers, and a calendar
    without workdays.
    """
    how = how or Simulation()
    low, high = remaining if isinstance(remaining, tuple) else (remaining, remaining)
    sample = _checked(history, low, high)
    base = Forecast(
        as_of=as_of,
        remaining=(low, high),
        runs=how.runs,
        seed=how.seed,
        days=(),
        done=(),
        dates=dict.fromkeys(PERCENTS, as_of),
        burn_up=(),
        due=due,
    )
    if high <= _ROUNDING:
        return base
    if not sample.any():
        reason = f"nothing was completed on the {len(sample)} days of the history, so that nothing can be forecast"
        return replace(base, dates=dict.fromkeys(PERCENTS), cut=float(due is not None), reason=reason)
    scope, draws = (np.random.default_rng(seed) for seed in np.random.SeedSequence(how.seed).spawn(2))
    needed = np.full(how.runs, high) if low == high else scope.uniform(low, high, how.runs)
    days = coming(as_of, how)
    if not days:
        raise ValueError(f"there is no workday within {how.horizon * 7} days of {as_of}; correct the calendar")
    upto = bisect_right(days, due) if due is not None else 0
    finished, fan, at_due = _simulate(sample, needed - _ROUNDING, draws, len(days), upto)
    counts = np.bincount(finished, minlength=len(days) + 1)[: len(days)]
    done = np.cumsum(counts) / how.runs
    ends = np.sort(finished)
    dates = {percent: _date(days, int(ends[_place(percent, how.runs)])) for percent in PERCENTS}
    last = int(np.searchsorted(done, 1.0 - _ROUNDING)) + 1
    shown = int(ends[_place(PERCENTS[-1], how.runs)]) + 1
    short = np.sort(np.clip(1 - at_due / needed, 0, 1))
    return replace(
        base,
        days=tuple(days[:last]),
        done=tuple(done[:last].tolist()),
        dates=dates,
        burn_up=tuple(BurnUp(day, *row) for day, row in zip(days[:shown], fan[:shown].tolist(), strict=False)),
        cut=float(short[_place(85, how.runs)]) if due is not None else 0.0,
    )


def how_many(history: Sequence[float], days: int, *, how: Simulation | None = None) -> Mapping[int, float]:
    """How many items will be done within so many sampled days: percent (see PERCENTS) to at least so many, with that chance.

    ValueError as for `forecast`.
    """
    how = how or Simulation()
    sample = _checked(history, 0, 0)
    # The second stream, as in `forecast`: the same seed tells the same story of the same days.
    draws = np.random.default_rng(np.random.SeedSequence(how.seed).spawn(2)[1])
    total = np.zeros(how.runs)
    for start in range(0, min(max(days, 0), how.horizon), _BLOCK):
        block = draws.integers(0, len(sample), (_BLOCK, how.runs))
        total += sample[block[: min(days - start, _BLOCK)]].sum(axis=0)
    ordered = np.sort(total)[::-1]
    return {percent: float(ordered[_place(percent, how.runs)]) for percent in PERCENTS}


def coming(as_of: date, how: Simulation) -> list[date]:
    """The sampled days after a day, up to the horizon; fewer where the calendar has hardly any workday."""
    found: list[date] = []
    for ahead in range(1, how.horizon * 7 + 1):
        day = as_of + timedelta(days=ahead)
        if how.workday(day):
            found.append(day)
            if len(found) == how.horizon:
                break
    return found


def _checked(history: Sequence[float], low: float, high: float) -> Floats:
    sample = np.asarray(history, dtype=np.float64)
    if not len(sample):
        raise ValueError("the history has no day; a forecast needs at least one")
    if not np.isfinite(sample).all() or (sample < 0).any():
        raise ValueError("the history has a day with less than nothing, or with no number")
    if not (0 <= low <= high < np.inf):
        raise ValueError(f"remaining: {low} to {high}: write two numbers, the lower first, 0 or more")
    return sample


def _simulate(
    sample: Floats, needed: Floats, draws: np.random.Generator, horizon: int, upto: int
) -> tuple[npt.NDArray[np.int64], Floats, Floats]:
    """Per run the index of the day on which it is done (`horizon`: not within it), the burn-up, what is done at `upto`.

    Days are rows and runs are columns, so that a day's additions run through memory in order.
    """
    runs = len(needed)
    finished = np.full(runs, horizon, dtype=np.int64)
    total = np.zeros(runs)
    at_due = np.zeros(runs)
    fans = []
    ranks = [int(np.ceil(percent / 100 * runs)) - 1 for percent in FAN]
    for start in range(0, horizon, _BLOCK):
        drawn = sample[draws.integers(0, len(sample), (_BLOCK, runs))][: horizon - start]
        drawn[0] += total
        np.cumsum(drawn, axis=0, out=drawn)
        total = drawn[-1].copy()
        if start < upto <= start + len(drawn):
            at_due = drawn[upto - start - 1].copy()
        open_ = finished == horizon
        reached = drawn >= needed
        done = open_ & reached[-1]
        finished[done] = start + reached[:, done].argmax(axis=0)
        if open_.sum() > runs * (100 - PERCENTS[-1]) / 100 or not start:
            np.minimum(drawn, needed + _ROUNDING, out=drawn)
            drawn.partition(ranks, axis=1)
            fans.append(drawn[:, ranks])
        if done.sum() == open_.sum() and start + len(drawn) >= upto:
            break
    return finished, np.concatenate(fans), at_due


def _place(percent: int, runs: int) -> int:
    """Place, in ascending order, of the smallest value that at least so many percent do not exceed."""
    return -(-percent * runs // 100) - 1


def _date(days: Sequence[date], index: int) -> date | None:
    return days[index] if index < len(days) else None
