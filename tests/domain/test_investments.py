"""What to put money into: the optimum, its limits, the curve, and what an option returns."""

from __future__ import annotations

from decimal import Decimal
from itertools import product as every

import numpy as np
import pytest

from release_ops.domain.budget_policy import Investments, Option
from release_ops.domain.investments import plan, projection

D = Decimal


def option(name="A", cost=1000, benefit=100, **more) -> Option:
    values = {"low": benefit, "high": benefit, **more}
    values = {key: D(str(one)) if isinstance(one, int | float) else one for key, one in values.items()}
    whole = {key: int(values.pop(key)) for key in ("priority", "starts_after", "ramp") if key in values}
    return Option(
        name=name, category=values.pop("category", "people"), cost=D(cost), benefit=D(benefit), **values, **whole
    )


def policy(*options, **more) -> Investments:
    values = {"budget": D(1000), "risk": D(1), "discount": D(0), "months": 24, **more}
    return Investments(options=options, **values)


def shares(found) -> dict[str, float]:
    assert found.chosen is not None, found.clash
    return {one.option.name: float(share) for one, share in zip(found.options, found.chosen.shares, strict=True)}


class TestProjection:
    def test_without_interest_it_is_what_comes_less_what_goes(self):
        found = projection(option(running=10), D(100), policy())
        assert (found.npv, found.payback) == (24 * 90 - 1000, 12)
        assert found.roi == D(2400 - 1240) / 1240

    def test_a_benefit_that_comes_later_and_grows(self):
        """Nothing for 2 months, then 25, 50, 75 and 100 a month."""
        found = projection(option(starts_after=2, ramp=3), D(100), policy(months=7))
        assert found.npv == 25 + 50 + 75 + 100 + 100 - 1000
        assert found.payback is None

    def test_later_money_counts_less(self):
        """Numbers of a financial calculator: 12 months of 100 at 12 % a year, monthly compounded to it."""
        found = projection(option(cost=1), D(100), policy(discount=D("0.12"), months=12))
        rate = 1.12 ** (1 / 12) - 1
        assert float(found.npv) == pytest.approx(100 * (1 - 1.12**-1) / rate - 1)


class TestPlan:
    def test_money_goes_to_what_returns_most_for_it(self):
        found = plan(policy(option("A", 800, 100), option("B", 800, 60)), None)
        assert shares(found) == {"A": 1, "B": 0.25}
        assert found.chosen.cost == 1000
        # B returns 24 x 60 - 800 = 640 for 800.
        assert float(found.price) == pytest.approx(0.8)

    def test_money_that_is_enough_has_no_price(self):
        assert plan(policy(option("A", 100, 100)), None).price == 0

    def test_what_costs_more_than_it_brings_is_not_done_unless_it_has_to_be(self):
        poor = {"cost": 500, "benefit": 1}
        assert shares(plan(policy(option(**poor)), None)) == {"A": 0}
        assert shares(plan(policy(option(**poor, at_least=0.4)), None)) == {"A": 0.4}

    def test_priority_weighs_the_return(self):
        some = option("A", 1000, 100), option("B", 1000, 80, priority=2)
        assert shares(plan(policy(*some), None)) == {"A": 0, "B": 1}

    def test_a_category_has_its_own_limit(self):
        some = option("A", 800, 100, category="people"), option("B", 800, 60, category="tools")
        found = plan(policy(*some, categories={"people": D(200)}), None)
        assert shares(found) == {"A": 0.25, "B": 1}

    def test_risk_is_kept_within_its_limit(self):
        some = option("A", 1000, 200, risk=0.5), option("B", 1000, 60, risk=0.1)
        found = plan(policy(*some, risk=D("0.3")), None)
        assert shares(found) == {"A": pytest.approx(0.5), "B": pytest.approx(0.5)}
        assert float(found.chosen.risk) == pytest.approx(0.3)

    def test_without_a_budget_it_is_what_the_year_leaves(self):
        assert plan(policy(option("A", 1000, 100), budget=None), D(250)).chosen.cost == 250
        assert plan(policy(option("A", 1000, 100), budget=None), D(-50)).chosen.cost == 0

    def test_without_options_there_is_no_plan(self):
        assert plan(policy(), D(100)) is None

    @pytest.mark.parametrize(
        ("some", "more", "said"),
        [
            ([option(cost=3000, at_least=1)], {}, "what has to be done costs 3,000.00, there are 1,000.00"),
            (
                [option(cost=500, at_least=1)],
                {"categories": {"people": D(100)}},
                "what has to be done in people costs 500.00, its limit is 100.00",
            ),
            (
                [option(cost=500, at_least=1, risk=0.4)],
                {"risk": D("0.2")},
                "the least risk that is possible is 40 %, the limit is 20 %",
            ),
        ],
    )
    def test_limits_that_clash_are_named(self, some, more, said):
        found = plan(policy(*some, **more), None)
        assert (found.chosen, found.price, found.clash) == (None, None, said)

    def test_the_curve_rises_from_the_least_risk_to_that_of_no_limit(self):
        some = [option("A", 1000, 200, risk=0.5), option("B", 1000, 90, risk=0.2), option("C", 1000, 50, risk=0)]
        found = plan(policy(*some, risk=D("0.25")), None)
        risks, values = [one.risk for one in found.curve], [one.value for one in found.curve]
        assert (risks, values) == (sorted(risks), sorted(values))
        assert len(set(values)) == len(values) >= 4
        assert (risks[0], float(risks[-1])) == (0, pytest.approx(0.5))
        assert found.curve[0].shares == (0, 0, 1)
        assert float(found.curve[-1].value) == 24 * 200 - 1000

    @pytest.mark.parametrize("seed", range(5))
    def test_no_plan_of_a_fine_grid_is_better(self, seed):
        """Against every plan in steps of a twentieth that keeps the limits."""
        chance = np.random.default_rng(seed)
        some = [
            option(
                name,
                int(chance.integers(200, 900)),
                int(chance.integers(10, 90)),
                risk=round(chance.uniform(0, 0.6), 2),
            )
            for name in "ABC"
        ]
        own = policy(*some, risk=D("0.3"), budget=D(700))
        found = plan(own, None)
        worth = np.array([float(one.expected.npv) for one in found.options])
        cost, risk = (np.array([float(getattr(one, name)) for one in some]) for name in ("cost", "risk"))
        best = 0.0
        for steps in every(range(21), repeat=3):
            done = np.array(steps) / 20
            if done @ cost <= 700 and done @ (risk * cost) <= 0.3 * (done @ cost) + 1e-9:
                best = max(best, float(done @ worth))
        mine = float(found.chosen.value)
        assert mine >= best - 1e-6
        assert mine <= best + worth.clip(0).max() / 5
        assert float(found.chosen.cost) <= 700 + 1e-6
