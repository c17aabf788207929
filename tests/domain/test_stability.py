"""The XmR chart against a published one, and the verdict on a history."""

from __future__ import annotations

import numpy as np
import pytest

from release_ops.domain.stability import stability, xmr

NIST = [49.6, 47.6, 49.9, 51.3, 47.8, 51.2, 52.6, 52.4, 53.6, 52.1]
"""Flowrate of ten batches: NIST/SEMATECH e-Handbook of Statistical Methods, 6.3.2.2 (public domain)."""

STEADY = [0, 1, 0, 2, 1, 1, 0, 0, 2, 1, 0, 1, 1, 0, 2, 1, 0, 1, 1, 1, 2, 2, 0, 1, 1, 2, 0, 0, 1, 1]


def test_the_limits_are_those_of_the_handbook() -> None:
    chart = xmr(NIST)
    assert chart.mean == pytest.approx(50.81)
    assert chart.moving_range == pytest.approx(1.8778, abs=5e-5)
    # The handbook has 55.8041 and 45.8159, by 3 / 1.128 instead of its rounded value 2.66.
    assert chart.upper == pytest.approx(55.8041, abs=1e-3)
    assert chart.lower == pytest.approx(45.8159, abs=1e-3)
    assert (chart.outside, chart.runs) == ((), ())


def test_a_value_outside_the_limits_is_a_signal() -> None:
    assert xmr([5, 6, 5, 4, 5, 6, 30, 5, 4, 5, 6, 5, 4, 5, 6, 5, 5, 4, 6, 5]).outside == (6,)


def test_eight_on_one_side_are_a_signal_and_seven_are_none() -> None:
    assert xmr([9] * 7 + [1] * 7).runs == ()
    assert xmr([9] * 8 + [1] * 8).runs == ((0, 7), (8, 15))


def test_a_value_on_the_mean_ends_a_run() -> None:
    assert xmr([9] * 4 + [5] + [9] * 4 + [1] * 4 + [5] + [1] * 4).runs == ()


def test_nobody_completes_less_than_nothing() -> None:
    assert xmr([0, 3, 0, 3]).lower == 0
    assert xmr([0, 3, 0, 3], floor=None).lower < 0


def test_one_value_is_no_chart() -> None:
    with pytest.raises(ValueError, match="two"):
        xmr([1])


def test_a_steady_team_is_stable_with_its_numbers() -> None:
    found = stability(STEADY)
    assert (found.verdict, found.days, found.weeks, found.busy, found.reasons) == ("stable", 30, 6, 20, ())
    assert found.chart is not None
    assert found.chart.values == (4, 4, 4, 4, 6, 4)


def test_a_team_that_doubled_is_unstable_and_the_weeks_are_named() -> None:
    found = stability([*([0, 1, 0, 1, 0] * 9), *([1, 2, 1, 2, 1] * 9)])
    assert found.verdict == "unstable"
    assert "Weeks 1 to 9 of 18 are all below the mean of 4.5." in found.reasons


@pytest.mark.parametrize(
    ("history", "reason"),
    [
        ([1] * 19, "The history has 19 days, 3 whole weeks; a forecast wants 4 weeks."),
        ([1] * 9, "The history has 9 days, 1 whole week; a forecast wants 4 weeks."),
        ([1] + [0] * 24, "Something was completed on 1 day of the history; a forecast wants 5 such days."),
        ([0] * 40 + [1] * 4, "Something was completed on 4 days of the history; a forecast wants 5 such days."),
    ],
)
def test_too_little_is_neither_stable_nor_unstable(history: list[float], reason: str) -> None:
    found = stability(history)
    assert (found.verdict, found.reasons) == ("too_little_data", (reason,))


def test_an_odd_week_at_the_beginning_is_left_out() -> None:
    chart = stability([99, *STEADY]).chart
    assert chart is not None
    assert 99 not in chart.values


def test_of_steady_teams_few_are_called_unstable() -> None:
    """90 days are 64 business days. Charting days instead of weeks would call about half of them unstable, or more."""
    rng = np.random.default_rng(7)
    for rate in (0.3, 1, 3):
        verdicts = [stability(rng.poisson(rate, 64).tolist()).verdict for _ in range(400)]
        assert verdicts.count("unstable") / 400 < 0.12
