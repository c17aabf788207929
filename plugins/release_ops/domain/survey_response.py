"""Who answered, and what those who did not might have said.

Nobody knows what people think who do not answer. Two estimates show how much it could matter, and neither is the score:

- Those who answer late, after a reminder, are taken to stand for those who never do (J. S. Armstrong and T. S. Overton,
  Estimating Nonresponse Bias in Mail Surveys, Journal of Marketing Research 14, 1977).
- Each audience counts by its people instead of its answers (weighting to the population, W. G. Cochran, Sampling
  Techniques, 1977, chapter 5A).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

from release_ops.domain.survey_scores import ADDED, Difference, Interval, Score, Tally, difference, score_of, wilson


@dataclass(frozen=True, slots=True)
class Rate:
    """A share of people who answered, 0..1, with Wilson's interval."""

    answered: int
    invited: int
    value: float
    interval: Interval


@dataclass(frozen=True, slots=True)
class NonResponse:
    """What the answers after the reminder say about those who never came."""

    early: Score
    late: Score
    change: Difference
    """Late minus early."""
    estimate: float
    """Score of all who were asked, if those who did not answer think like those who answered late."""


def response_rate(answered: int, invited: int | None, *, level: float = 0.95) -> Rate | None:
    """Share of the invited people who answered; None where their number is unknown, 0, or smaller than that of answers."""
    if not invited or answered > invited:
        return None
    return Rate(answered, invited, answered / invited, wilson(answered, invited, level=level))


def nonresponse(
    kind: str, early: Tally, late: Tally, invited: int | None, *, minimum: int, level: float = 0.95
) -> NonResponse | None:
    """Compare both waves of a round; None unless each has at least `minimum` answers and it is known how many were asked."""
    answered = early.n + late.n
    if min(early.n, late.n) < minimum or not invited or answered > invited:
        return None
    first, second = score_of(kind, early, level=level), score_of(kind, late, level=level)
    both, change = score_of(kind, early.plus(late), level=level), difference(kind, late, early, level=level)
    if first is None or second is None or both is None or change is None:
        return None
    rate = answered / invited
    return NonResponse(first, second, change, rate * both.value + (1 - rate) * second.value)


def weighted(kind: str, strata: Sequence[tuple[Tally, int | None]], *, level: float = 0.95) -> Score | None:
    """The score with every stratum counted by its people, from (answers, people).

    The variance is the sum of the strata's, each adjusted as in its own interval (Agresti and Coull for shares). None for
    fewer than two strata, for one without an answer, or where the number of people is unknown.
    """
    if len(strata) < 2 or any(not one.n or not people for one, people in strata):
        return None
    everybody = sum(people or 0 for _, people in strata)
    value = middle = variance = 0.0
    for one, people in strata:
        weight = (people or 0) / everybody
        top, bottom = one.top, one.bottom if kind == "nps" else 0
        value += weight * (top - bottom) / one.n
        size = one.n + (ADDED if kind == "nps" else 4)
        share = (top + (ADDED / 4 if kind == "nps" else 2)) / size
        taken = (bottom + ADDED / 4) / size if kind == "nps" else 0.0
        middle += weight * (share - taken)
        variance += weight * weight * (share + taken - (share - taken) ** 2) / size
    reach = NormalDist().inv_cdf(0.5 + level / 2) * math.sqrt(variance)
    lowest = -1.0 if kind == "nps" else 0.0
    interval = Interval(max(lowest, min(value, middle - reach)), min(1.0, max(value, middle + reach)))
    return Score(sum(one.n for one, _ in strata), value, interval)
