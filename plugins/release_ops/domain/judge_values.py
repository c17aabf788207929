"""What is done to measured values before they are judged, and how they are described: after Kayenta's judge.

Source: spinnaker/kayenta, kayenta-judge (preprocessing, detectors, stats) at a69573be (Apache-2.0).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from release_ops.domain.mann_whitney import ranked

Values = tuple[float, ...]

NOISE = 1e-5
"""Scale of the noise that tells constant values apart, as a share of them."""


def without_nan(values: Sequence[float]) -> Values:
    """Values that are numbers."""
    return tuple(one for one in values if not math.isnan(one))


def nan_as(values: Sequence[float], replacement: float = 0.0) -> Values:
    """Values, with the replacement for what is no number."""
    return tuple(replacement if math.isnan(one) else one for one in values)


def percentile(values: Sequence[float], p: float) -> float:
    """The p-th percentile, 0..100, linear between two values (R-7); NaN of none."""
    return float(np.percentile(np.asarray(values, dtype=float), p)) if len(values) else math.nan


def iqr_outliers(values: Sequence[float], factor: float = 1.5, *, reduced: bool = False) -> tuple[bool, ...]:
    """Which values lie more than `factor` interquartile ranges outside of the quartiles (Tukey's fences).

    Reduced sensitivity: the fences are never inside the 1st and 99th percentiles.
    """
    if factor <= 0:
        raise ValueError("the factor must be above zero")
    if not len(values):
        return ()
    low, high = percentile(values, 25), percentile(values, 75)
    lower, upper = low - factor * (high - low), high + factor * (high - low)
    if reduced:
        lower, upper = min(percentile(values, 1), lower), max(percentile(values, 99), upper)
    return tuple(one > upper or one < lower for one in values)


def sigma_outliers(values: Sequence[float], k: float = 3.0) -> tuple[bool, ...]:
    """Which values lie more than k standard deviations (of the population) from the mean."""
    if k <= 0:
        raise ValueError("k must be above zero")
    if not len(values):
        return ()
    array = np.asarray(values, dtype=float)
    mean, deviation = float(array.mean()), float(array.std())
    return tuple(abs(one - mean) > deviation * k for one in values)


def without(values: Sequence[float], outliers: Sequence[bool]) -> Values:
    """Values that are no outliers."""
    return tuple(one for one, out in zip(values, outliers, strict=True) if not out)


def told_apart(values: Sequence[float]) -> Values:
    """Constant values spread a little around themselves, so that ranks can be given.

    Kayenta adds Gaussian noise; the quantiles of the same distribution give the same spread, and the same answer twice.
    """
    scale = abs(values[0]) * NOISE
    normal = NormalDist()
    return tuple(one + scale * normal.inv_cdf((place + 0.5) / len(values)) for place, one in enumerate(values))


@dataclass(frozen=True, slots=True, kw_only=True)
class Statistics:
    """Description of a sample; all zero of an empty one. `std` is that of a sample (n - 1)."""

    count: int = 0
    mean: float = 0.0
    min: float = 0.0
    max: float = 0.0
    std: float = 0.0


def described(values: Sequence[float]) -> Statistics:
    """Statistics of values."""
    if not len(values):
        return Statistics()
    array = np.asarray(values, dtype=float)
    return Statistics(
        count=array.size,
        mean=float(array.mean()),
        min=float(array.min()),
        max=float(array.max()),
        std=float(array.std(ddof=1)) if array.size > 1 else 0.0,
    )


def mean_ratio(control: Sequence[float], experiment: Sequence[float]) -> float:
    """Mean of the experiment / mean of the control; NaN when one of them is zero."""
    below, above = described(control).mean, described(experiment).mean
    return above / below if below and above else math.nan


def cohen_d(control: Sequence[float], experiment: Sequence[float]) -> float:
    """Distance of the means in pooled standard deviations (Cohen's d)."""
    one, other = described(control), described(experiment)
    freedom = one.count + other.count - 2
    if freedom <= 0:
        return math.nan
    pooled = math.sqrt(((other.count - 1) * other.std**2 + (one.count - 1) * one.std**2) / freedom)
    return abs(other.mean - one.mean) / pooled if pooled else math.nan


def common_language(control: Sequence[float], experiment: Sequence[float]) -> float:
    """Probability 0..1 that a value of the experiment exceeds one of the control, ties half (Vargha and Delaney, 2000)."""
    m, n = len(experiment), len(control)
    ranks, _ = ranked(np.asarray((*experiment, *control), dtype=float))
    return float((2 * ranks[:m].sum() - m * (m + 1)) / (2 * n * m))
