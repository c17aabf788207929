"""The numbers of a survey's report worked out anew from its rows, by other means than the product's."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from scipy import stats

CUTS = {"nps": (6, 9), "csat": (2, 4), "ces": (3, 5)}


def values(kind: str, scores: Iterable[int]) -> np.ndarray[Any, Any]:
    """-1, 0, 1 for NPS; 0, 1 for shares."""
    array = np.array(list(scores))
    low, high = CUTS[kind]
    return (array >= high).astype(float) - ((array <= low) if kind == "nps" else 0)


def score(kind: str, scores: Sequence[int], level: float = 0.95) -> tuple[float, float, float]:
    """Value and bounds."""
    marks = values(kind, scores)
    if kind != "nps":
        found = stats.binomtest(int(marks.sum()), len(marks)).proportion_ci(level, method="wilson")
        return float(marks.mean()), float(found.low), float(found.high)
    padded = np.concatenate([marks, [1, -1, 0]])
    weights = np.concatenate([np.ones(len(marks)), [0.75, 0.75, 1.5]])
    middle = float(np.average(padded, weights=weights))
    error = math.sqrt(float(np.average((padded - middle) ** 2, weights=weights)) / weights.sum())
    reach = stats.norm.ppf(0.5 + level / 2) * error
    return float(marks.mean()), max(-1.0, middle - reach), min(1.0, middle + reach)


def change_p(kind: str, new: Sequence[int], old: Sequence[int]) -> float:
    """Two-sided probability that both are alike."""
    if kind == "nps":
        moments = []
        for scores in (new, old):
            marks = np.concatenate([values(kind, scores), [1, -1, 0]])
            weights = np.concatenate([np.ones(len(scores)), [0.75, 0.75, 1.5]])
            middle = np.average(marks, weights=weights)
            moments.append((middle, np.average((marks - middle) ** 2, weights=weights) / weights.sum()))
        (first, its), (second, others) = moments
        return float(2 * stats.norm.sf(abs(first - second) / math.sqrt(its + others)))
    a, b = (values(kind, scores) for scores in (new, old))
    table = [[a.sum(), len(a) - a.sum()], [b.sum(), len(b) - b.sum()]]
    if min(np.sum(table, axis=0)) == 0:
        return 1.0
    chi = stats.chi2_contingency(table, correction=False).statistic
    n = len(a) + len(b)
    return float(stats.chi2.sf(chi * (n - 1) / n, 1))


def holm(ps: Sequence[float]) -> list[float]:
    """By the definition: the largest, over the tests that are no larger, of their count times p."""
    m = len(ps)
    ranked = np.argsort(ps, kind="stable")
    out = np.empty(m)
    out[ranked] = np.minimum(1, np.maximum.accumulate((m - np.arange(m)) * np.array(ps)[ranked]))
    return [float(one) for one in out]


def rate_p(answered: int, invited: int, before: int, asked: int) -> float:
    """Two-sided probability that two response rates are alike."""
    return change_p("csat", [5] * answered + [1] * (invited - answered), [5] * before + [1] * (asked - before))
