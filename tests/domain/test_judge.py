"""The judge's parts against R, against Kayenta's other suites, and its guards.

Values of transforms, detectors, percentiles and effect sizes: spinnaker/kayenta kayenta-judge TransformSuite, DetectorSuite
and StatisticSuite at a69573be (Apache-2.0).
"""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import mannwhitneyu

from release_ops.domain.analysis_policy import Direction, EffectMeasure, EffectSize, JudgePolicy, NoData
from release_ops.domain.judge import Label, classify, classify_means, judge
from release_ops.domain.judge_score import Scored, ScoreLabel, classify_score, score
from release_ops.domain.judge_values import (
    Statistics,
    cohen_d,
    common_language,
    described,
    iqr_outliers,
    mean_ratio,
    nan_as,
    percentile,
    sigma_outliers,
    told_apart,
    without,
    without_nan,
)
from release_ops.domain.mann_whitney import TiedError, mann_whitney, wilcoxon_difference

NAN = math.nan
NIST = (95.1772, 95.1567, 95.1937, 95.1959, 95.1442, 95.0610, 95.1591, 95.1195, 95.1772, 95.0925, 95.1990, 95.1682)
SPREAD = (21.0, 23.0, 24.0, 25.0, 50.0, 29.0, 23.0, 21.0)
TWO_SIDED = (1.0, 1.0, 1.0, 5.0, -1.0, -1.0, -1.0, -5.0)
FLAT = (1.0,) * 5 + (20.0,) + (1.0,) * 5


def test_missing_values_are_left_out_or_replaced():
    assert without_nan((0.0, 1.0, NAN, 1.0, 0.0)) == (0.0, 1.0, 1.0, 0.0)
    assert without_nan((NAN, NAN)) == ()
    assert nan_as((NAN, 10.1, NAN, 40.4)) == (0.0, 10.1, 0.0, 40.4)


def test_outliers_lie_beyond_the_quartiles():
    assert without(SPREAD, iqr_outliers(SPREAD)) == (21.0, 23.0, 24.0, 25.0, 29.0, 23.0, 21.0)
    assert iqr_outliers(TWO_SIDED) == (False, False, False, True, False, False, False, True)
    assert iqr_outliers(()) == ()
    # With reduced sensitivity never inside the 1st and 99th percentiles: the quartiles of these are equal.
    many = (1.0,) * 96 + (1.5,) * 4
    assert sum(iqr_outliers(many)) == 4
    assert sum(iqr_outliers(many, reduced=True)) == 0


def test_outliers_lie_so_many_deviations_from_the_mean():
    assert without(FLAT, sigma_outliers(FLAT)) == (1.0,) * 10
    assert sigma_outliers(TWO_SIDED, 1.0) == (False, False, False, True, False, False, False, True)
    assert sigma_outliers(()) == ()


@pytest.mark.parametrize("detect", [iqr_outliers, sigma_outliers])
def test_a_factor_is_above_zero(detect):
    with pytest.raises(ValueError, match="must be above zero"):
        detect(SPREAD, 0.0)


def test_percentiles_lie_between_two_values():
    assert percentile((0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5), 5) == pytest.approx(0.175)
    assert percentile(range(10), 50) == 4.5
    assert percentile(NIST, 90) == pytest.approx(95.19568, abs=1e-12)
    assert (percentile((1.0,), 100), math.isnan(percentile((), 50))) == (1.0, True)


def test_statistics_describe_a_sample():
    assert described((4.0,)) == Statistics(count=1, mean=4, min=4, max=4, std=0)
    assert described(()) == Statistics()
    found = described((1.0, 1.0, 1.0, 10.0, 10.0, 10.0))
    assert (found.count, found.mean, found.min, found.max) == (6, 5.5, 1.0, 10.0)
    assert found.std == pytest.approx(4.9295, abs=1e-4)


def test_effect_sizes():
    ones = (1.0,) * 5
    assert mean_ratio(ones, ones) == 1.0
    assert mean_ratio(ones, (10.0,) * 5) == 10.0
    assert mean_ratio((100.0,) * 5, (10.0,) * 5) == 0.1
    assert math.isnan(mean_ratio((0.0,) * 5, (10.0,) * 5))
    assert math.isnan(mean_ratio((10.0,) * 5, (0.0,) * 5))
    five_ten, one_two = (5.0, 5.0, 5.0, 10.0, 10.0, 10.0), (1.0, 1.0, 1.0, 2.0, 2.0, 2.0)
    assert cohen_d(five_ten, one_two) == pytest.approx(3.03821, abs=1e-5)
    assert common_language((1.0, 2.0, 3.0), (1.0, 2.0, 3.0)) == 0.5
    assert (common_language((9.0, 8.0), (1.0, 2.0)), common_language((1.0, 2.0), (9.0, 8.0))) == (0.0, 1.0)


SAMPLES = st.lists(st.integers(-20, 20).map(float), min_size=2, max_size=20)


@given(SAMPLES, SAMPLES)
@settings(max_examples=50)
def test_the_test_statistic_is_that_of_scipy(x, y):
    """scipy's asymptotic method has the same corrections for ties and continuity."""
    if len({*x, *y}) == 1:
        return
    z = wilcoxon_difference(0.0, 0.0, x, y)
    p = mannwhitneyu(x, y, method="asymptotic", use_continuity=True).pvalue
    assert min(1.0, math.erfc(abs(z) / math.sqrt(2))) == pytest.approx(min(1.0, p), abs=1e-9)
    assert common_language(y, x) == pytest.approx(mannwhitneyu(x, y).statistic / (len(x) * len(y)))


@given(SAMPLES, SAMPLES, st.integers(-50, 50))
@settings(max_examples=50)
def test_an_interval_moves_with_the_sample_and_turns_with_the_sides(x, y, by):
    try:
        here = mann_whitney(x, y, confidence=0.98)
        there = mann_whitney([one + by for one in x], y, confidence=0.98)
    except TiedError:
        return
    assert there.low == pytest.approx(here.low + by, abs=1e-3)
    assert there.high == pytest.approx(here.high + by, abs=1e-3)
    assert min(x) - max(y) <= here.estimate <= max(x) - min(y)


def test_all_observations_tied_have_no_interval():
    with pytest.raises(TiedError, match="all observations are tied"):
        mann_whitney((2.0,), (1.0,), confidence=0.98)
    with pytest.raises(ValueError, match="a sample is empty"):
        mann_whitney((), (1.0,), confidence=0.98)


def test_constant_values_are_told_apart_the_same_way_each_time():
    spread = told_apart((10.0,) * 5)
    assert spread == told_apart((10.0,) * 5)
    assert len(set(spread)) == 5
    assert sum(spread) / 5 == pytest.approx(10.0)
    assert max(abs(one - 10) for one in spread) < 10 * 3e-5
    assert classify((1.0,) * 5, (10.0,) * 5).label is Label.HIGH
    assert classify((10.0,) * 5, (1.0,) * 5).label is Label.LOW


def test_a_classifier_without_data_says_so_or_passes_when_nothing_means_zero():
    for compare in (classify, classify_means):
        assert compare((), (1.0,)).label is Label.NODATA
        assert compare((1.0,), (), critical=True).critical
        assert compare((1.0,), (), must_have_data=True).label is Label.NODATA_FAIL
        assert compare((1.0,), (), must_have_data=True, critical=True).label is Label.NODATA
        assert compare((1.0,), (), replace_nan=True).label is Label.PASS


def test_means_alone_are_compared_in_the_direction_that_is_bad():
    low, high = (1.0, 2.0), (10.0, 20.0)
    assert classify_means(low, high).label is Label.HIGH
    assert classify_means(high, low).label is Label.LOW
    assert classify_means(low, high, direction=Direction.DECREASE).label is Label.PASS
    assert classify_means(high, low, direction=Direction.INCREASE).label is Label.PASS
    assert classify_means((0.0,), high).deviation == math.inf


RANDOM = np.random.default_rng(7)
NEAR = tuple(RANDOM.normal(10, 1, 30))
FAR = tuple(RANDOM.normal(14, 1, 30))


@pytest.mark.parametrize(
    ("policy", "canary", "label", "held"),
    [
        (JudgePolicy(), FAR, Label.HIGH, ""),
        (JudgePolicy(direction=Direction.DECREASE), FAR, Label.PASS, ""),
        (JudgePolicy(tolerance=0.99), FAR, Label.PASS, ""),
        (JudgePolicy(effect=EffectSize(allowed_increase=1.6)), FAR, Label.PASS, ""),
        (JudgePolicy(effect=EffectSize(measure=EffectMeasure.CLES, allowed_increase=0.9)), FAR, Label.HIGH, ""),
        (JudgePolicy(minimum=31), FAR, Label.NODATA, "no data"),
        (JudgePolicy(minimum=31, no_data=NoData.FAIL), FAR, Label.NODATA_FAIL, ""),
        (JudgePolicy(minimum=31, no_data=NoData.IGNORE), FAR, Label.NODATA, ""),
        (JudgePolicy(), (NAN,) * 30, Label.NODATA, "no data"),
        (JudgePolicy(replace_nan=True), (NAN,) * 30, Label.LOW, ""),
        (JudgePolicy(), NEAR[::-1], Label.PASS, ""),
    ],
)
def test_a_policy_decides_what_a_difference_is(policy, canary, label, held):
    found = judge(policy, "latency", canary, NEAR)
    assert (found.label, found.held) == (label, held)


def test_rare_outliers_are_removed_where_the_policy_says_so_and_frequent_ones_never():
    removing = JudgePolicy(remove_outliers=True)
    rare, frequent = (*NEAR * 4, 1e6), (*NEAR[:-6], *(1e6,) * 6)
    assert judge(JudgePolicy(), "latency", rare, NEAR).canary.max == 1e6
    assert judge(removing, "latency", rare, NEAR).canary.max < 20
    assert judge(removing, "latency", frequent, NEAR).canary.max == 1e6


def test_one_value_a_side_says_nothing():
    found = judge(JudgePolicy(), "latency", (2.0,), (1.0,))
    assert (found.label, found.held) == (Label.NODATA, "no data")
    assert "all observations are tied" in found.reason


def scored(name: str, label: Label, group: str = "g", **settings) -> Scored:
    return Scored(name=name, label=label, groups=(group,), **settings)


def test_groups_without_a_weight_share_what_is_left():
    metrics = [scored("a", Label.PASS, "a"), scored("b", Label.HIGH, "b"), scored("c", Label.PASS, "c")]
    assert score(metrics, {"a": 50}).summary == 75.0
    assert score(metrics, {}).summary == pytest.approx(66.67)


def test_a_metric_may_be_in_several_groups_and_a_group_without_data_counts_in_full():
    both = Scored(name="a", label=Label.HIGH, groups=("x", "y"))
    found = score([both, scored("b", Label.PASS, "y"), scored("c", Label.PASS, "z")], {})
    assert {one.name: one.score for one in found.groups} == {"x": 0.0, "y": 50.0, "z": 100.0}
    silent = score([scored("a", Label.NODATA, "x"), scored("b", Label.PASS, "y"), scored("c", Label.HIGH, "z")], {})
    assert silent.summary == pytest.approx(66.67)
    missing = score([scored("a", Label.NODATA_FAIL), scored("b", Label.PASS), scored("c", Label.PASS)], {})
    assert missing.summary == pytest.approx(66.67)


def test_a_critical_metric_that_does_not_pass_makes_it_zero():
    found = score([scored("a", Label.PASS), scored("b", Label.HIGH, critical=True, reason="b was High")], {})
    assert (found.summary, found.reason) == (0.0, "Canary Failed: b was High")
    assert score([scored("a", Label.PASS, critical=True)], {}).summary == 100.0


def test_thresholds_make_pass_marginal_and_fail():
    labels = [classify_score(value, passing=95, marginal=75).value for value in (100, 95, 94.99, 75, 74.99, 0)]
    assert labels == ["Pass", "Pass", "Marginal", "Marginal", "Fail", "Fail"]
    assert classify_score(80, passing=80, marginal=80) is ScoreLabel.PASS
