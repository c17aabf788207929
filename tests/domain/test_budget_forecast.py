"""The year-end forecast: its models, its floor, and how often its interval holds what comes."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import numpy as np
import pytest

from release_ops.domain.budget_forecast import outlook, quantile, together

CHANCE = Decimal("0.8")
TIMES = 1500


def money(values) -> list[Decimal]:
    return [Decimal(repr(round(float(one), 4))) for one in values]


def look(plan, cost, rest, **more):
    return outlook(money(plan), money(cost), money(rest), **{"chance": CHANCE, **more})


def test_costs_that_run_over_go_on_running_over():
    found = look([100, 200, 100], [110, 220, 110], [100, 300])
    assert (found.expected, found.low, found.high, found.method) == (440, 440, 440, "ratio")


def test_where_nothing_was_planned_costs_go_on_as_they_differed():
    found = look([0, 100, 0, 100], [10, 110, 10, 110], [100, 0])
    assert (found.method, found.expected) == ("deviation", 120)


@pytest.mark.parametrize(("months", "words"), [(0, "there are 0"), (1, "there is 1"), (2, "there are 2")])
def test_with_too_few_months_there_is_a_plan_and_no_interval(months, words):
    found = look([100] * months, [130] * months, [100, 100])
    assert (found.expected, found.low, found.high, found.method) == (200, None, None, "plan")
    assert found.reason == f"an interval needs 3 months, {words}"


def test_the_year_that_is_over_has_nothing_to_come():
    found = look([100] * 5, [130] * 5, [])
    assert (found.expected, found.low, found.high) == (0, 0, 0)


def test_nothing_is_forecast_below_what_is_ordered():
    found = look([100] * 4, [10, 11, 10, 11], [100], committed=Decimal(90))
    assert (found.low, found.expected, found.high) == (90, 90, 90)
    assert look([100], [10], [10], committed=Decimal(90)).expected == 90


def test_only_the_last_twelve_months_speak():
    assert look([100] * 30, [900] * 18 + [100] * 12, [100]).expected == 100


def test_the_quantile_is_students():
    """Tables of the t distribution: 80 % two-sided."""
    assert float(quantile(CHANCE, Decimal(2))) == pytest.approx(1.886, abs=5e-4)
    assert float(quantile(CHANCE, Decimal(11))) == pytest.approx(1.363, abs=5e-4)


Costs = Callable[[np.random.Generator, np.ndarray], np.ndarray]


def normal(chance: np.random.Generator, plan: np.ndarray) -> np.ndarray:
    return 1.1 * plan + chance.normal(0, 12 * np.sqrt(plan))


def skewed(chance: np.random.Generator, plan: np.ndarray) -> np.ndarray:
    """Gamma of the same kind of variance: costs have a long right tail."""
    return chance.gamma(plan / 40, 44)


def drifting(chance: np.random.Generator, plan: np.ndarray) -> np.ndarray:
    return plan + 50 + chance.normal(0, 80, len(plan))


def held(
    costs: Costs, plan: np.ndarray, months: int, *, seed: int, times: int = TIMES, chance: Decimal = CHANCE
) -> float:
    """How often the interval held the cost of the months after the first."""
    generator = np.random.default_rng(seed)
    hits = 0
    for _ in range(times):
        cost = costs(generator, plan)
        found = look(plan[:months], cost[:months], plan[months:], chance=chance)
        hits += float(found.low) <= cost[months:].sum() <= float(found.high)
    return hits / times


PLAN = np.array([800.0, 900, 1000, 1100, 1500, 900, 700, 1000, 1300, 1200, 900, 1000])


@pytest.mark.parametrize("months", [3, 6, 10])
@pytest.mark.parametrize("chance", ["0.8", "0.95"])
def test_the_interval_holds_as_often_as_it_says(months, chance):
    """The model's own errors. Three standard errors of the count are allowed."""
    nominal = float(chance)
    room = 3 * np.sqrt(nominal * (1 - nominal) / TIMES)
    assert held(normal, PLAN, months, seed=months, chance=Decimal(chance)) == pytest.approx(nominal, abs=room)


def test_it_nearly_does_for_costs_with_a_long_tail():
    assert held(skewed, PLAN, 8, seed=1) == pytest.approx(0.8, abs=0.05)


def test_it_does_where_some_months_have_no_plan():
    plan = np.where(np.arange(12) % 3 == 0, 0.0, 500.0)
    # Costs below 0 are no costs: the bound at 0 is never in the way here.
    assert held(drifting, plan, 8, seed=2) == pytest.approx(0.8, abs=0.032)


def test_the_sum_of_categories_holds_as_often_as_it_says():
    """Independent categories of unlike spread: Satterthwaite's degrees of freedom."""
    generator, hits = np.random.default_rng(3), 0
    for _ in range(TIMES):
        parts, come = {}, 0.0
        for name, size in (("people", 20), ("tools", 3), ("cloud", 8)):
            cost = 1.05 * PLAN + generator.normal(0, size * np.sqrt(PLAN))
            parts[name] = look(PLAN[:7], cost[:7], PLAN[7:])
            come += cost[7:].sum()
        found = together(parts, chance=CHANCE)
        hits += float(found.low) <= come <= float(found.high)
    assert hits / TIMES == pytest.approx(0.8, abs=0.035)


def test_a_small_part_without_a_spread_is_taken_as_planned_and_named():
    known, small, large = look([100] * 3, [90, 110, 105], [1000]), look([], [], [50]), look([], [], [500])
    found = together({"people": known, "other": small}, chance=CHANCE)
    assert found.expected == known.expected + 50
    assert found.reason == "other as planned, without a spread"
    assert found.low < found.expected < found.high
    without = together({"people": known, "other": large}, chance=CHANCE)
    assert (without.low, without.reason) == (None, "an interval needs 3 months, there are 0")
