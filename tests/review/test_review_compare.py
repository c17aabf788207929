"""Before and after: intervals against published values and brute force, and no verdict without evidence."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from itertools import product as pairs
from statistics import median

import pytest

from release_ops.domain.review_compare import comparisons, rate_ratio, shift
from release_ops.domain.review_facts import ReviewFacts, Span
from release_ops.domain.review_policy import ReviewPolicy

GA = datetime(2026, 9, 1, 9, 0, tzinfo=UTC)
DAY = timedelta(days=1)


def span(start: datetime, deployments: int, failed: int, leads: list[float], incidents: int = 0) -> Span:
    return Span(
        start=start,
        end=start + 28 * DAY,
        deployments=[{"is_failed": n < failed, "recovery_seconds": None} for n in range(deployments)],
        lead_times=[hours * 3600 for hours in leads],
        incidents=[{"severity": "high", "restore_seconds": 3600.0} for _ in range(incidents)],
    )


def facts(before: Span, after: Span, **more) -> ReviewFacts:
    return ReviewFacts(
        product="webapp",
        name="Webapp",
        version="2.8.0",
        type="minor",
        theme="",
        kind="release",
        now=GA + 28 * DAY,
        due_at=GA,
        policy=ReviewPolicy(),
        scorecard={"ga_at": GA},
        course=None,
        before=before,
        after=after,
        **more,
    )


def test_the_ratio_of_two_rates_is_that_of_the_exact_test():
    # poisson.test(c(11, 6 + 8 + 7), c(800, 1083 + 1050 + 878)) of R's manual: the first rate over the second.
    ratio, low, high, p = rate_ratio(21, 3011, 11, 800, 0.95)
    assert ratio == pytest.approx(1.971488, abs=1e-6)
    assert (low, high) == pytest.approx((0.8584264, 4.2772659), abs=2e-4)
    assert p == pytest.approx(0.07967, abs=1e-5)


def test_without_an_earlier_event_there_is_no_ratio_and_no_upper_bound():
    ratio, low, high, _ = rate_ratio(0, 28, 6, 28, 0.95)
    assert (ratio, high) == (None, None)
    assert low > 1
    with pytest.raises(ValueError, match="no event"):
        rate_ratio(0, 28, 0, 28, 0.95)


def test_a_shift_is_the_median_of_all_differences_and_its_interval_covers_as_often_as_it_says():
    chance = random.Random(7)
    covered = 0
    for _ in range(200):
        old = [chance.expovariate(1 / 10) for _ in range(12)]
        new = [chance.expovariate(1 / 10) + 3 for _ in range(15)]
        change, low, high, _ = shift(old, new, 0.9)
        assert change == pytest.approx(median(after - before for before, after in pairs(old, new)))
        covered += low <= 3 <= high
    assert 0.84 <= covered / 200 <= 0.96


def test_thinning_of_many_values_moves_the_shift_by_little():
    chance = random.Random(3)
    old, new = ([chance.gauss(mean, 20) for _ in range(5000)] for mean in (100, 90))
    assert shift(old, new, 0.95)[0] == pytest.approx(-10, abs=1.5)


def test_a_clear_difference_is_told_with_its_side_and_a_small_sample_is_not():
    chance = random.Random(5)
    before = span(GA - 28 * DAY, 20, 8, [chance.gauss(100, 10) for _ in range(30)], incidents=2)
    after = span(GA, 60, 2, [chance.gauss(60, 10) for _ in range(30)], incidents=1)
    found = {one.measure: one for one in comparisons(facts(before, after))}
    assert {name: one.verdict for name, one in found.items()} == {
        "deployments": "better",
        "failures": "better",
        "lead_time": "better",
        "incidents": "too small",
        "restore": "too small",
    }
    assert found["lead_time"].high < 0 < found["deployments"].low
    assert found["incidents"].p is None


def test_what_could_be_chance_is_no_change_after_the_correction_for_all_tests():
    # Alone, 12 against 25 has a probability of 0.047; with three tests beside it nothing is proven.
    chance = random.Random(11)
    leads = [chance.gauss(100, 10) for _ in range(30)]
    before, after = span(GA - 28 * DAY, 12, 3, leads, incidents=6), span(GA, 25, 6, leads, incidents=6)
    assert rate_ratio(12, 28, 25, 28, 0.95)[3] < 0.05
    assert {one.verdict for one in comparisons(facts(before, after))} == {"no change"}


def test_measures_of_others_have_no_interval_and_unknown_stays_unknown():
    quiet = span(GA - 28 * DAY, 0, 0, [])
    found = {
        one.measure: one
        for one in comparisons(facts(quiet, quiet, measures={"nps": (40.0, 52.0), "cost": (None, 7.0)}))
    }
    assert (found["measure:nps"].change, found["measure:nps"].verdict) == (12.0, "no interval")
    assert (found["measure:cost"].before, found["measure:cost"].verdict) == (None, "unknown")
    assert "lead_time" not in found
