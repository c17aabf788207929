"""Scores of surveys with their intervals, and whether two of them differ by more than chance explains.

A score of answers is an estimate for everybody who could have answered; `Score` carries its interval. Shares and NPS are
ratios (NPS -1..1), means are in points of the scale. Sources:

- NPS: three answers are added, in the proportions 1 : 2 : 1 of detractors, passives and promoters, then a Wald interval is
  made: B. Rocks, Interval Estimation for the "Net Promoter Score", The American Statistician 70 (2016), after A. Agresti
  and Y. Min (2005) and D. G. Bonett and R. M. Price (2012); recommended by J. Lewis and J. Sauro, measuringu.com (2021).
- Shares: E. B. Wilson, Probable Inference, JASA 22 (1927), without continuity correction, as R. G. Newcombe, Statistics in
  Medicine 17 (1998), method 3. Their difference: A. Agresti and B. Caffo, The American Statistician 54 (2000).
- Test of two shares: the N-1 chi-squared test, I. Campbell, Statistics in Medicine 26 (2007).
- Several tests at once: S. Holm, Scandinavian Journal of Statistics 6 (1979).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import NamedTuple

ADDED = 3.0
"""Answers that are added to NPS before its interval is made; half of them passives."""


class Instrument(NamedTuple):
    """How answers on a scale become a score."""

    title: str
    low: int
    high: int
    top_from: int
    """Scores from here on are the share that is told; for NPS the promoters."""
    bottom_to: int
    """Scores up to here voice a concern; NPS takes them away: the detractors."""


INSTRUMENTS: Mapping[str, Instrument] = {
    "nps": Instrument("NPS", 0, 10, 9, 6),
    "csat": Instrument("CSAT", 1, 5, 4, 2),
    "ces": Instrument("CES", 1, 7, 5, 3),
}
"""By the kind of a survey: likelihood to recommend (F. Reichheld, 2003); the satisfied, 4 and 5 of 5; ease, 5 to 7 of 7."""


class Tally(NamedTuple):
    """Answers of a group: how many there are, at the top of the scale and at its bottom, and sums for the mean."""

    n: int = 0
    top: int = 0
    bottom: int = 0
    total: int = 0
    """Sum of the scores."""
    squares: int = 0
    """Sum of their squares."""

    def plus(self, other: Tally) -> Tally:
        """Both groups as one."""
        return Tally(*(mine + its for mine, its in zip(self, other, strict=True)))

    @property
    def middle(self) -> int:
        """Answers that are at neither end."""
        return self.n - self.top - self.bottom


@dataclass(frozen=True, slots=True)
class Interval:
    """Bounds of an estimate at a level of confidence."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Score:
    """An estimate from `n` answers and its interval."""

    n: int
    value: float
    interval: Interval


@dataclass(frozen=True, slots=True)
class Difference:
    """One score minus another, its interval, and the two-sided probability of so much by chance."""

    value: float
    interval: Interval
    p: float


def instrument(kind: str, low: int, high: int) -> Instrument:
    """How a survey of `kind` is scored on a scale of its own: as many scores at its ends count as on the usual one, or half.

    KeyError for an unknown kind; ValueError for NPS on another scale than its own, which would be no NPS.
    """
    usual = INSTRUMENTS[kind]
    if (low, high) == (usual.low, usual.high):
        return usual
    if kind == "nps":
        raise ValueError(f"NPS is made of scores from {usual.low} to {usual.high}, not from {low} to {high}")
    end = max(1, min(usual.high - usual.top_from + 1, (high - low) // 2))
    return Instrument(usual.title, low, high, high - end + 1, low + end - 1)


def tally(scale: Instrument, scores: Sequence[int]) -> Tally:
    """Count answers on a scale. ValueError for a score that is not on it."""
    for score in scores:
        if not scale.low <= score <= scale.high:
            raise ValueError(f"{score} is not on the scale of {scale.title}, {scale.low} to {scale.high}")
    return Tally(
        n=len(scores),
        top=sum(score >= scale.top_from for score in scores),
        bottom=sum(score <= scale.bottom_to for score in scores),
        total=sum(scores),
        squares=sum(score * score for score in scores),
    )


def score_of(kind: str, of: Tally, *, level: float = 0.95) -> Score | None:
    """NPS, or the share at the top of the scale, with its interval; None without an answer."""
    if not of.n:
        return None
    if kind == "nps":
        return Score(of.n, (of.top - of.bottom) / of.n, nps_interval(of.top, of.bottom, of.n, level=level))
    return Score(of.n, of.top / of.n, wilson(of.top, of.n, level=level))


def mean_of(of: Tally, *, level: float = 0.95) -> Score | None:
    """Mean of the scores in points with Student's interval; None with less than two answers."""
    if of.n < 2:
        return None
    from scipy import stats  # noqa: PLC0415 - takes half a second, which the command line saves

    mean = of.total / of.n
    variance = max(0.0, (of.squares - of.total * mean) / (of.n - 1))
    reach = float(stats.t.ppf(0.5 + level / 2, of.n - 1)) * math.sqrt(variance / of.n)
    return Score(of.n, mean, Interval(mean - reach, mean + reach))


def nps_interval(promoters: int, detractors: int, n: int, *, level: float = 0.95) -> Interval:
    """Adjusted-Wald interval of NPS, within -1..1. ValueError without an answer."""
    if n < 1:
        raise ValueError("an interval needs at least one answer")
    middle, error = _adjusted_nps(promoters, detractors, n)
    reach = _z(level) * error
    return Interval(max(-1.0, middle - reach), min(1.0, middle + reach))


def wilson(successes: int, n: int, *, level: float = 0.95) -> Interval:
    """Wilson's score interval of a share, without continuity correction. ValueError without an answer."""
    if n < 1:
        raise ValueError("an interval needs at least one answer")
    share, square = successes / n, _z(level) ** 2
    middle = (share + square / (2 * n)) / (1 + square / n)
    reach = math.sqrt(square) * math.sqrt(share * (1 - share) / n + square / (4 * n * n)) / (1 + square / n)
    # At the ends the bound is the share itself; rounding must not move it.
    return Interval(
        0.0 if successes == 0 else max(0.0, middle - reach), 1.0 if successes == n else min(1.0, middle + reach)
    )


def difference(kind: str, new: Tally, old: Tally, *, level: float = 0.95) -> Difference | None:
    """The newer score minus the older one; None where either has no answer.

    NPS: both adjusted, variances added (J. Lewis and J. Sauro, How to Statistically Compare Two Net Promoter Scores, 2021).
    Shares: interval of Agresti and Caffo, probability by the N-1 test.
    """
    if not new.n or not old.n:
        return None
    if kind == "nps":
        (middle, error), (before, its) = (_adjusted_nps(one.top, one.bottom, one.n) for one in (new, old))
        change, spread = middle - before, math.hypot(error, its)
        value = (new.top - new.bottom) / new.n - (old.top - old.bottom) / old.n
        reach = _z(level) * spread
        interval = Interval(max(-2.0, change - reach), min(2.0, change + reach))
        return Difference(value, interval, _two_sided(change / spread))
    value = new.top / new.n - old.top / old.n
    first, second = ((one.top + 1) / (one.n + 2) for one in (new, old))
    error = math.sqrt(first * (1 - first) / (new.n + 2) + second * (1 - second) / (old.n + 2))
    reach = _z(level) * error
    interval = Interval(max(-1.0, first - second - reach), min(1.0, first - second + reach))
    return Difference(value, interval, two_shares(new.top, new.n, old.top, old.n))


def two_shares(successes: int, n: int, others: int, m: int) -> float:
    """Two-sided probability of the N-1 test that two shares are the same."""
    both = n + m
    pooled = (successes + others) / both
    if pooled in {0.0, 1.0}:
        return 1.0
    error = math.sqrt(pooled * (1 - pooled) * (1 / n + 1 / m))
    return _two_sided((successes / n - others / m) / error * math.sqrt((both - 1) / both))


def holm(probabilities: Sequence[float]) -> list[float]:
    """Probabilities of several tests, each corrected for all of them, in their order."""
    order = sorted(range(len(probabilities)), key=probabilities.__getitem__)
    corrected, worst = [0.0] * len(order), 0.0
    for rank, place in enumerate(order):
        worst = max(worst, min(1.0, (len(order) - rank) * probabilities[place]))
        corrected[place] = worst
    return corrected


def _adjusted_nps(promoters: int, detractors: int, n: int) -> tuple[float, float]:
    """NPS after the added answers, and its standard error."""
    size = n + ADDED
    top, bottom = (promoters + ADDED / 4) / size, (detractors + ADDED / 4) / size
    middle = top - bottom
    return middle, math.sqrt((top + bottom - middle * middle) / size)


def _z(level: float) -> float:
    return NormalDist().inv_cdf(0.5 + level / 2)


def _two_sided(z: float) -> float:
    return math.erfc(abs(z) / math.sqrt(2))
