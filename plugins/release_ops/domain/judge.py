"""Comparing a canary with its baseline: how one metric is classified, after Kayenta's NetflixACAJudge.

Source: spinnaker/kayenta, kayenta-judge (NetflixACAJudge.scala, classifiers/metric) at a69573be (Apache-2.0). `classify` and
`classify_means` are theirs; `judge` adds the guards of ours: too few values, and a baseline of zero.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from release_ops.domain.analysis_policy import Direction, EffectMeasure, EffectSize, JudgePolicy, NoData
from release_ops.domain.judge_values import (
    Statistics,
    Values,
    common_language,
    described,
    iqr_outliers,
    mean_ratio,
    nan_as,
    told_apart,
    without,
    without_nan,
)
from release_ops.domain.mann_whitney import Shift, TiedError, mann_whitney


class Label(StrEnum):
    """What a comparison says of the canary."""

    PASS = "Pass"  # noqa: S105 - a label, not a secret
    HIGH = "High"
    LOW = "Low"
    NODATA = "Nodata"
    NODATA_FAIL = "NodataFailMetric"
    """There is no data, and that counts as a failure."""
    ERROR = "Error"


NO_DATA = "no data"
ZERO_BASELINE = "zero baseline"


@dataclass(frozen=True, slots=True, kw_only=True)
class Classification:
    """What is said of one metric."""

    label: Label
    reason: str = ""
    deviation: float = 1.0
    """Mean of the canary / mean of the baseline; NaN when one of them is zero."""
    critical: bool = False
    """True: it makes the score 0."""
    effect: float = math.nan
    """Size of the difference in the measure that was asked for."""
    shift: Shift | None = None
    """What the test found; None when it was not needed."""
    held: str = ""
    """Why nobody can say, in a word or two; a person has to look."""
    canary: Statistics = field(default_factory=Statistics)
    baseline: Statistics = field(default_factory=Statistics)


def judge(policy: JudgePolicy, name: str, canary: Sequence[float], baseline: Sequence[float]) -> Classification:
    """Classify a metric by its policy: NaN and outliers are treated, then the two sides compared.

    `held` is set when there are too few values, or when the baseline is zero and the canary differs, and the policy says to
    hold. A test that cannot be made counts as too few values.
    """
    experiment, control = prepared(policy, canary), prepared(policy, baseline)
    found = _guarded(policy, name, control, experiment)
    return replace(found, canary=described(experiment), baseline=described(control))


def _guarded(policy: JudgePolicy, name: str, control: Values, experiment: Values) -> Classification:
    fewest = min(len(control), len(experiment))
    if fewest < max(policy.minimum, 1):
        sides = f"{len(experiment)} values of the canary and {len(control)} of the baseline"
        wanted = max(policy.minimum, 1)
        return _nothing(policy, f"no data: {sides}, at least {wanted} each are needed", NO_DATA)
    found = classify(
        control,
        experiment,
        name=name,
        direction=policy.direction,
        critical=policy.critical,
        must_have_data=policy.no_data is NoData.FAIL,
        replace_nan=policy.replace_nan,
        tolerance=policy.tolerance,
        confidence=policy.confidence,
        effect=policy.effect,
    )
    if found.label is Label.ERROR:
        return _nothing(policy, f"no data: {found.reason}", NO_DATA)
    zero = policy.effect.measure is EffectMeasure.MEAN_RATIO and not described(control).mean
    if found.label is Label.PASS or not zero or policy.zero_baseline is NoData.IGNORE:
        return found
    reason = f"{found.reason}; the baseline is zero, so there is no ratio"
    if policy.zero_baseline is NoData.FAIL:
        return replace(found, reason=reason, critical=policy.critical)
    return replace(found, label=Label.NODATA, reason=reason, critical=False, held=ZERO_BASELINE)


def _nothing(policy: JudgePolicy, reason: str, held: str) -> Classification:
    if policy.no_data is NoData.FAIL:
        return Classification(label=Label.NODATA_FAIL, reason=reason, critical=policy.critical)
    if policy.no_data is NoData.IGNORE:
        return Classification(label=Label.NODATA, reason=reason, critical=policy.critical)
    return Classification(label=Label.NODATA, reason=reason, held=held)


def prepared(policy: JudgePolicy, values: Sequence[float]) -> Values:
    """Values with NaN and outliers treated as the policy says."""
    known = nan_as(values) if policy.replace_nan else without_nan(values)
    if not policy.remove_outliers:
        return known
    return without(known, iqr_outliers(known, policy.outlier_factor, reduced=True))


def classify(
    control: Sequence[float],
    experiment: Sequence[float],
    *,
    name: str = "",
    direction: Direction = Direction.EITHER,
    critical: bool = False,
    must_have_data: bool = False,
    replace_nan: bool = False,
    tolerance: float = 0.25,
    confidence: float = 0.98,
    effect: EffectSize | None = None,
) -> Classification:
    """Classify by the Mann-Whitney test (Kayenta's MannWhitneyClassifier).

    High: the interval of the shift lies above `tolerance` x the estimated shift, and the effect reaches what is allowed; an
    effect that cannot be computed is not asked. Low: likewise below. `control` and `experiment` hold no NaN.
    """
    size = effect or EffectSize()
    early = _without_test(control, experiment, name, critical, must_have_data, replace_nan)
    if early is not None:
        return early
    x, y = tuple(experiment), tuple(control)
    if len(set(x)) == 1 and len(set(y)) == 1:
        x, y = told_apart(x), told_apart(y)
    try:
        shift = mann_whitney(x, y, confidence=confidence)
    except TiedError as error:
        return Classification(label=Label.ERROR, reason=f"Metric Classification Failed: {error}")
    deviation = mean_ratio(y, x)
    measured = common_language(y, x) if size.measure is EffectMeasure.CLES else deviation
    bound = tolerance * abs(shift.estimate)
    least, most = size.allowed()
    critical_least, critical_most = size.critical()
    unknown = math.isnan(measured)
    found = Classification(label=Label.PASS, deviation=deviation, effect=measured, shift=shift)
    if direction is not Direction.DECREASE and shift.low > bound and (unknown or measured >= most):
        grave = critical and (unknown or measured >= critical_most)
        return replace(found, label=Label.HIGH, critical=grave, reason=_reason(name, Label.HIGH, grave))
    if direction is not Direction.INCREASE and shift.high < -bound and (unknown or measured <= least):
        grave = critical and (unknown or measured <= critical_least)
        return replace(found, label=Label.LOW, critical=grave, reason=_reason(name, Label.LOW, grave))
    return found


def _reason(name: str, label: Label, grave: bool) -> str:
    return f"The metric {name} was classified as {label} (Critical)" if grave else f"{name} was classified as {label}"


def _without_test(
    control: Sequence[float],
    experiment: Sequence[float],
    name: str,
    critical: bool,
    must_have_data: bool,
    replace_nan: bool,
) -> Classification | None:
    """What can be said without a test: a side is empty, both are the same, or there is only one value in all."""
    if not len(control) or not len(experiment):
        if replace_nan:
            return Classification(label=Label.PASS)
        reason = f"Missing data for {name}"
        if must_have_data and not critical:
            return Classification(label=Label.NODATA_FAIL, reason=reason)
        return Classification(label=Label.NODATA, reason=reason, critical=critical)
    if sorted(control) == sorted(experiment):
        return Classification(label=Label.PASS, reason="The Canary and Baseline data are identical")
    if len({*control, *experiment}) == 1:
        return Classification(label=Label.PASS)
    return None


def classify_means(
    control: Sequence[float],
    experiment: Sequence[float],
    *,
    direction: Direction = Direction.EITHER,
    critical: bool = False,
    must_have_data: bool = False,
    replace_nan: bool = False,
) -> Classification:
    """Classify by the means alone (Kayenta's MeanInequalityClassifier): a yardstick for better judges."""
    if not len(control) or not len(experiment):
        if replace_nan:
            return Classification(label=Label.PASS)
        if must_have_data and not critical:
            return Classification(label=Label.NODATA_FAIL)
        return Classification(label=Label.NODATA, deviation=0.0, critical=critical)
    above, below = described(experiment).mean, described(control).mean
    ratio = above / below if below else math.copysign(math.inf, above) if above else math.nan
    if direction is not Direction.DECREASE and above > below:
        reason = "The Canary mean was greater than the Baseline mean"
        return Classification(label=Label.HIGH, reason=reason, deviation=ratio, critical=critical)
    if direction is not Direction.INCREASE and above < below:
        reason = "The Canary mean was less than the Baseline mean"
        return Classification(label=Label.LOW, reason=reason, deviation=ratio, critical=critical)
    return Classification(label=Label.PASS)
