"""Variance: its parts, its driver and how it is judged; the plan's cost models; what could be saved."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from release_ops.domain.budget import Entry, Variance, driver, items, judge, valued, whole
from release_ops.domain.budget_plan import cost, planned_lines
from release_ops.domain.budget_policy import BudgetPolicy, CostModels, PlanLine
from release_ops.domain.budget_report import report_of
from release_ops.domain.money import Rate, Rates
from release_ops.domain.months import between, last_day, later, months, year_of

D = Decimal
RATES = Rates(
    [Rate("USD", "EUR", date(2026, 1, 1), D("0.8")), Rate("USD", "EUR", date(2026, 10, 1), D("0.9"))],
    good_for=timedelta(days=400),
)
POLICY = BudgetPolicy(models=CostModels(discounts=((50, D("0.1")), (200, D("0.2")))))
OCTOBER = date(2026, 10, 1)


def entry(kind, amount, *, item="Engineers", month=10, category="people", **more) -> Entry:
    values = {"currency": "EUR", "version": "", "unit": "hours" if "quantity" in more else "", **more}
    numbers = {name: D(str(values.pop(name))) for name in ("quantity", "used") if name in values}
    day = values.pop("day", date(2026, month, 1))
    return Entry(kind=kind, category=category, item=item, day=day, amount=D(str(amount)), **numbers, **values)


def variance(*entries) -> Variance:
    return whole(items(valued(entries, RATES, POLICY, OCTOBER)))


def parts(found: Variance) -> tuple[Decimal, ...]:
    return found.volume, found.price, found.currency, found.rest


class TestParts:
    def test_more_hours_at_a_higher_price(self):
        found = variance(entry("plan", 8000, quantity=100), entry("actual", 9350, quantity=110))
        assert (found.amount, parts(found)) == (1350, (800, 550, 0, 0))
        assert found.ratio == D("0.16875")

    def test_a_dearer_currency_is_neither_price_nor_volume(self):
        """As many at the same price in dollars, which cost 0.80 when the budget was made and 0.90 now."""
        found = variance(
            entry("plan", 1000, currency="USD", quantity=10), entry("actual", 1000, currency="USD", quantity=10)
        )
        assert (found.plan, found.actual, parts(found)) == (800, 900, (0, 0, 100, 0))

    def test_the_budget_of_a_year_to_come_waits_for_no_rate_of_that_year(self):
        """Written in autumn, in a currency of which nobody has a rate of January yet: the month closes all the same."""
        rates = Rates([Rate("USD", "EUR", date(2026, m, 1), D("0.8") + D(m) / 100) for m in range(1, 11)],
                      good_for=timedelta(days=45))  # fmt: skip
        ahead = entry("plan", 1000, currency="USD", day=date(2027, 2, 1))
        [found] = valued([ahead], rates, POLICY, OCTOBER)
        assert found.value == 900

    def test_nothing_bought_is_all_volume(self):
        assert parts(variance(entry("plan", 500, quantity=10))) == (-500, 0, 0, 0)

    @pytest.mark.parametrize(
        "entries",
        [
            [entry("plan", 500), entry("actual", 600)],
            [entry("plan", 500, quantity=10), entry("actual", 600)],
            [entry("plan", 500, quantity=0), entry("actual", 600, quantity=3)],
            # Hours are not compared with days.
            [entry("plan", 500, quantity=10), entry("actual", 600, quantity=2, unit="days")],
        ],
    )
    def test_without_quantities_that_can_be_compared_nothing_is_split(self, entries):
        assert parts(variance(*entries)) == (0, 0, 0, 100)

    def test_a_credit_note_takes_away(self):
        assert variance(entry("plan", 500), entry("actual", 600), entry("actual", -150)).amount == -50

    def test_a_commitment_is_no_cost_yet(self):
        assert variance(entry("plan", 500), entry("commitment", 600)).actual == 0


class TestDriver:
    def test_it_is_the_item_that_moves_the_sum_furthest_its_own_way(self):
        found = items(
            valued(
                [
                    entry("plan", 100, item="A"),
                    entry("actual", 400, item="A"),
                    entry("plan", 1000, item="B", quantity=10),
                    entry("actual", 800, item="B", quantity=8),
                ],
                RATES,
                POLICY,
                OCTOBER,
            )
        )
        assert driver(found, "EUR")[:2] == ("A", "")
        assert driver(found[1:], "EUR").words == (
            "B: EUR 200.00 under plan, EUR 200.00 of it by volume: 8 hours instead of 10"
        )

    def test_a_price_is_told_per_unit(self):
        found = items(
            valued([entry("plan", 800, quantity=10), entry("actual", 900, quantity=10)], RATES, POLICY, OCTOBER)
        )
        assert driver(found, "EUR").words == (
            "Engineers: EUR 100.00 over plan, EUR 100.00 of it by price: EUR 90.00 per hour instead of EUR 80.00"
        )

    def test_what_nobody_planned_is_told_so(self):
        found = items(valued([entry("actual", 640, item="Chairs", version="2.8.0")], RATES, POLICY, OCTOBER))
        assert driver(found, "EUR").words == "Chairs (2.8.0): EUR 640.00 without a budget"

    def test_without_a_variance_there_is_none(self):
        assert driver(items(valued([entry("plan", 5), entry("actual", 5)], RATES, POLICY, OCTOBER)), "EUR") is None


@pytest.mark.parametrize(
    ("plan", "actual", "status", "words"),
    [
        (10000, 10500, "green", "EUR 500.00 (5.0 %) over plan, the limit is 5.0 %"),
        (10000, 10501, "yellow", "EUR 501.00 (5.0 %) over plan, the limit is 5.0 %"),
        (10000, 11000, "yellow", "EUR 1,000.00 (10.0 %) over plan, the limit is 5.0 %"),
        (10000, 11001, "red", "EUR 1,001.00 (10.0 %) over plan, the limit is 10.0 %"),
        (10000, 8000, "yellow", "EUR 2,000.00 (20.0 %) under plan, the limit is 15.0 %"),
        (100, 599, "green", "EUR 499.00 over plan, less than matters"),
        (0, 600, "red", "EUR 600.00 without a budget"),
        (0, 0, "green", "as planned"),
    ],
)
def test_a_variance_is_judged_by_its_share_if_it_matters(plan, actual, status, words):
    assert judge(Variance(plan=D(plan), actual=D(actual)), POLICY) == (status, words)


class TestCostModels:
    def line(self, **more) -> PlanLine:
        values = {
            "category": "tools",
            "item": "X",
            "start": date(2026, 1, 1),
            "end": date(2026, 3, 1),
            "currency": "EUR",
        }
        return PlanLine(**values, **more)

    @pytest.mark.parametrize(
        ("line", "month", "expected"),
        [
            ({"amount": D(70)}, 2, (70, None, "")),
            ({"hours": D(10), "role": "engineer"}, 0, (D("1020.0"), 10, "hours")),
            ({"hours": D(10), "rate": D(50)}, 0, (600, 10, "hours")),
            ({"base": D(100)}, 0, (150, 1, "units")),
            ({"base": D(100), "units": D(3), "scaling": D(1)}, 0, (300, 3, "units")),
            ({"base": D(100), "scaling": D(1), "high_availability": True}, 0, (200, 1, "units")),
            ({"base": D(100), "scaling": D(1), "growth": D("0.1")}, 2, (121, 1, "units")),
            ({"seats": D(49), "price": D(10)}, 0, (490, 49, "seats")),
            ({"seats": D(50), "price": D(10)}, 0, (450, 50, "seats")),
            ({"seats": D(200), "price": D(10)}, 0, (1600, 200, "seats")),
        ],
    )
    def test_a_month_costs_what_its_model_says(self, line, month, expected):
        models = CostModels(
            rates={"engineer": D(85)},
            overhead=D("1.2"),
            scaling=D("1.5"),
            high_availability=D(2),
            discounts=POLICY.models.discounts,
        )
        assert cost(self.line(**line), models, month) == expected

    def test_a_line_is_planned_in_each_of_its_months(self):
        policy = BudgetPolicy(plan=(self.line(amount=D(70)),))
        assert [(one.month.month, one.amount) for one in planned_lines(policy)] == [(1, 70), (2, 70), (3, 70)]

    def test_a_role_without_a_rate_is_an_error(self):
        with pytest.raises(ValueError, match="the role 'wizard' has no rate"):
            cost(self.line(hours=D(1), role="wizard"), CostModels(), 0)


class TestSavings:
    def savings(self, *entries, month=OCTOBER):
        some = [entry("plan", 10_000, item="Seats", category="tools", month=one) for one in range(1, 13)]
        found = report_of([*some, *entries], RATES, {}, POLICY, product="p", name="P", month=month)
        return {one.kind: one for one in found.savings}

    def seats(self, amount, quantity, used, *months_):
        about = {"item": "Seats", "category": "tools", "unit": "seats"}
        return [entry("actual", amount, month=one, quantity=quantity, used=used, **about) for one in months_]

    def test_what_is_paid_and_was_not_used_for_three_months(self):
        found = self.savings(*self.seats(10_000, 100, 60, 8, 9, 10))
        # 40 seats of 100 each, in November and December.
        assert found["unused"].amount == 8000
        assert found["unused"].words.startswith("100 seats of Seats are paid and at most 60 were used in 3 months")

    def test_one_month_of_use_is_enough_to_keep_them(self):
        assert "unused" not in self.savings(*self.seats(10_000, 100, 60, 8, 9), *self.seats(10_000, 100, 100, 10))

    def test_nobody_knows_the_use_of_two_months(self):
        assert "unused" not in self.savings(*self.seats(10_000, 100, 60, 9, 10))

    def test_more_seats_that_cost_less(self):
        found = self.savings(*self.seats(19_600, 196, 196, 10))
        # 196 at 100 with 10 % off would be 111.11 each; 200 with 20 % off cost 17,777.78.
        assert found["discount"].amount == pytest.approx(2 * (D(19_600) - D(19_600) / 196 / D("0.9") * 200 * D("0.8")))

    def test_a_price_above_plan_goes_on_until_the_year_ends(self):
        lines = [entry("plan", 8000, month=one, quantity=100) for one in range(1, 13)]
        costs = [entry("actual", 9000, month=one, quantity=100) for one in range(1, 11)]
        assert self.savings(*lines, *costs)["price"].amount == 2000

    def test_budget_that_even_the_upper_bound_does_not_need(self):
        costs = [
            entry("actual", 5000 + 10 * (one % 2), item="Seats", category="tools", month=one) for one in range(1, 11)
        ]
        found = self.savings(*costs)["release"]
        assert 9900 < found.amount < 10_000
        assert "with a chance of 90 % it takes no more than EUR 10,0" in found.words

    def test_when_the_year_is_over_there_is_nothing_to_save(self):
        assert self.savings(*self.seats(10_000, 100, 60, 10, 11, 12), month=date(2026, 12, 1)) == {}


def test_months_and_financial_years():
    assert later(date(2026, 11, 1), 3) == date(2027, 2, 1)
    assert later(date(2026, 1, 1), -1) == date(2025, 12, 1)
    assert last_day(date(2028, 2, 1)) == date(2028, 2, 29)
    assert between(date(2026, 11, 1), date(2027, 1, 1)) == 3
    assert [one.month for one in months(date(2026, 11, 17), date(2027, 1, 2))] == [11, 12, 1]
    assert year_of(date(2026, 3, 31), 4) == (date(2025, 4, 1), date(2026, 3, 1))
    assert year_of(date(2026, 4, 1), 4) == (date(2026, 4, 1), date(2027, 3, 1))
