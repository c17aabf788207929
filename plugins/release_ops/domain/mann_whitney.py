"""The Mann-Whitney U test with a confidence interval of the shift, as Kayenta computes it (it ties out to R's wilcox.test).

Source: spinnaker/kayenta, kayenta-mannwhitney (MannWhitney.scala, BrentSolver.java) at a69573be (Apache-2.0). It is always
the normal approximation, corrected for continuity and ties, whatever the size of the samples.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

Sample = Sequence[float] | NDArray[np.float64]

_ITERATIONS = 1000
_TOLERANCE = 1e-4
_EPSILON = 2.220446049250313e-16


class TiedError(ValueError):
    """All observations are tied, so that there is no interval."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """By how much the first sample lies above the second: the Hodges-Lehmann estimate and its confidence interval."""

    low: float
    high: float
    estimate: float


def mann_whitney(first: Sequence[float], second: Sequence[float], *, confidence: float) -> Shift:
    """Two-sided interval of the shift at that level, 0..1 exclusive; TiedError, ValueError for an empty sample."""
    x, y = np.asarray(first, dtype=float), np.asarray(second, dtype=float)
    if not x.size or not y.size:
        raise ValueError("a sample is empty")
    least, most = float(x.min() - y.max()), float(x.max() - y.min())

    def root(quantile: float) -> float:
        lower, upper = wilcoxon_difference(least, quantile, x, y), wilcoxon_difference(most, quantile, x, y)
        if lower <= 0:
            return least
        if upper >= 0:
            return most
        return brent(least, most, lower, upper, lambda shift: wilcoxon_difference(shift, quantile, x, y))

    quantile = NormalDist().inv_cdf((1.0 - confidence) / 2)
    low, high = root(-quantile), root(quantile)
    lower, upper = wilcoxon_difference(least, 0, x, y), wilcoxon_difference(most, 0, x, y)
    estimate = brent(least, most, lower, upper, lambda shift: wilcoxon_difference(shift, 0, x, y))
    return Shift(low=low, high=high, estimate=estimate)


def wilcoxon_difference(shift: float, quantile: float, first: Sample, second: Sample) -> float:
    """Standardised rank sum of the first sample less `shift`, minus the quantile; TiedError when all are tied."""
    x, y = np.asarray(first, dtype=float), np.asarray(second, dtype=float)
    ranks, ties = ranked(np.concatenate((x - shift, y)))
    n, m = float(x.size), float(y.size)
    sum_above = float(ranks[: x.size].sum()) - n * (n + 1) / 2 - n * m / 2
    correction = float(np.sign(sum_above)) * 0.5
    tied = float((ties**3 - ties).sum())
    variance = (n * m / 12) * ((n + m + 1) - tied / ((n + m) * (n + m - 1)))
    if variance <= 0:
        raise TiedError("cannot compute confidence interval when all observations are tied")
    return float((sum_above - correction) / np.sqrt(variance) - quantile)


def ranked(values: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Ranks from 1, of ties their mean, and the size of each group of ties; NaN ranks highest."""
    known = np.where(np.isnan(values), np.inf, values)
    _, places, counts = np.unique(known, return_inverse=True, return_counts=True)
    sizes = counts.astype(float)
    means = np.cumsum(sizes) - (sizes - 1) / 2
    return means[places], sizes


def brent(a: float, b: float, fa: float, fb: float, function: Callable[[float], float]) -> float:
    """Zero of a function between two points with known values, by Brent's method as in R's zeroin."""
    if fa == 0:
        return a
    if fb == 0:
        return b
    c, fc = a, fa
    for _ in range(_ITERATIONS + 1):
        before = b - a
        if abs(fc) < abs(fb):
            a, b, c = b, c, b
            fa, fb, fc = fb, fc, fb
        least = 2 * _EPSILON * abs(b) + _TOLERANCE / 2
        step = (c - b) / 2
        if abs(step) <= least or fb == 0:
            return b
        if abs(before) >= least and abs(fa) > abs(fb):
            step = _interpolated((a, b, c), (fa, fb, fc), step, before, least)
        if abs(step) < least:
            step = least if step > 0 else -least
        a, fa = b, fb
        b += step
        fb = function(b)
        if (fb > 0 and fc > 0) or (fb < 0 and fc < 0):
            c, fc = a, fa
    return b


def _interpolated(
    points: tuple[float, float, float], values: tuple[float, float, float], step: float, before: float, least: float
) -> float:
    """Step of a linear or inverse quadratic interpolation; the bisection's own where that would lead too far."""
    (a, b, c), (fa, fb, fc) = points, values
    far = c - b
    if a == c:
        ratio = fb / fa
        p, q = far * ratio, 1.0 - ratio
    else:
        q, t1, t2 = fa / fc, fb / fc, fb / fa
        p = t2 * (far * q * (q - t1) - (b - a) * (t1 - 1.0))
        q = (q - 1.0) * (t1 - 1.0) * (t2 - 1.0)
    p, q = (p, -q) if p > 0.0 else (-p, q)
    fits = p < 0.75 * far * q - abs(least * q) / 2 and p < abs(before * q / 2)
    return p / q if fits else step
