"""Every number that a reader of the report sees is worked out anew from the input rows, and not by our programs."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest

from release_ops import budget_forms as forms
from tests.budget import books
from tests.budget.oracle import expected
from tests.budget.oracle_money import best_value, returns, unused_and_dear

OPTIONS: list[dict[str, Any]] = [
    {
        "name": "Tests",
        "category": "people",
        "cost": 24000,
        "benefit": 1900,
        "low": 900,
        "high": 2600,
        "risk": 0.15,
        "ramp": 3,
    },
    {
        "name": "Cache",
        "category": "tools",
        "cost": 9000,
        "benefit": 800,
        "low": 400,
        "high": 900,
        "risk": 0.6,
        "running": 50,
    },
    {
        "name": "Move",
        "category": "infrastructure",
        "cost": 15000,
        "benefit": 1500,
        "low": 700,
        "high": 1600,
        "risk": 0.4,
        "starts_after": 5,
    },
]
BUDGET = 30000


@pytest.fixture
def october(office, facts) -> dict[str, Any]:
    office.write(section={"investments": {"budget": BUDGET, "options": OPTIONS}})
    office.scope(books.SCOPE)
    found: dict[str, Any] = facts("2026-10")
    return found


def test_the_savings_are_those_of_the_rows(office, october):
    found = {(one["kind"], one["item"]): float(one["amount"]) for one in october["savings"]}
    wanted = unused_and_dear(office.folder, "2026-10-01")
    assert wanted.keys() == {("price", "Engineers"), ("unused", "Seats")}
    assert found == {key: pytest.approx(amount) for key, amount in wanted.items()}


def test_what_options_return_is_what_their_months_bring(october):
    for one, option in zip(october["investments"]["options"], OPTIONS, strict=True):
        for case, benefit in (("low", option["low"]), ("expected", option["benefit"]), ("high", option["high"])):
            wanted = returns(option, benefit)
            assert float(one[f"npv_{case}"]) == pytest.approx(wanted["npv"])
            assert float(one[f"roi_{case}"]) == pytest.approx(wanted["roi"])
            assert one[f"payback_{case}"] == wanted["payback"]


def test_no_corner_of_what_is_allowed_brings_more_than_the_plan(october):
    plan = october["investments"]
    values = [returns(one, one["benefit"])["npv"] for one in OPTIONS]
    costs, risks = [one["cost"] for one in OPTIONS], [one["risk"] for one in OPTIONS]
    assert float(plan["chosen"]["value"]) == pytest.approx(best_value(values, costs, risks, BUDGET, 0.3), rel=1e-6)
    assert len(plan["curve"]) > 3
    for point in plan["curve"]:
        shares = [float(share) for share in point["shares"]]
        assert float(point["cost"]) == pytest.approx(sum(s * c for s, c in zip(shares, costs, strict=True)), abs=1e-3)
        best = best_value(values, costs, risks, BUDGET, float(point["risk"]))
        assert float(point["value"]) == pytest.approx(best, rel=1e-5, abs=0.01)
    more = best_value(values, costs, risks, BUDGET + 1, 0.3)
    assert float(plan["price"]) == pytest.approx(more - float(plan["chosen"]["value"]), rel=1e-3)


def test_the_months_of_the_year_are_the_sums_of_the_rows(office, october):
    plan, cost = books.table(office.folder, "budget_lines"), books.table(office.folder, "budget_actuals")
    rates = {f"2026-{month:02}": 0.9 + month / 100 for month in range(1, 10)} | {"2026-10": 1.0}
    planned = spent = 0.0
    for point in october["course"]:
        month = point["month"][:7]
        own = plan[plan["month"].dt.strftime("%Y-%m") == month]
        planned += sum(row.amount * (0.91 if row.currency == "USD" else 1) for row in own.itertuples())
        assert float(point["plan"]) == pytest.approx(planned)
        if month > "2026-10":
            assert point["actual"] is None
            continue
        booked = cost[cost["booked_on"].dt.strftime("%Y-%m") == month]
        spent += sum(row.amount * (rates[month] if row.currency == "USD" else 1) for row in booked.itertuples())
        assert float(point["actual"]) == pytest.approx(spent)


def test_the_curve_of_earned_value_is_plan_scope_and_cost_by_month(october):
    for work in october["work"]:
        steps = [
            tuple(None if one[name] is None else float(one[name]) for name in ("pv", "ev", "ac"))
            for one in work["curve"]
        ]
        assert [one["month"][:7] for one in work["curve"]] == ["2026-08", "2026-09", "2026-10", "2026-11"]
        # 5, 9 and 12 of 20 points of EUR 32,000 are done.
        assert steps == [(8000, 8000, 9000), (16000, 14400, 18900), (24000, 19200, 28250), (32000, None, None)]


def _texts(value: float) -> set[str]:
    """How people may read a figure: an amount, an index, a share; with or without its sign."""
    exact = Decimal(repr(round(value, 9)))
    cents, tenths, whole = (exact.quantize(Decimal(1).scaleb(-n), ROUND_HALF_UP) for n in (2, 1, 0))
    shares = [(exact * 100).quantize(Decimal(1).scaleb(-n), ROUND_HALF_UP) for n in (1, 0)]
    return {f"{abs(one):,}" for one in (cents, tenths, whole, *shares)}


def test_no_number_stands_on_the_report_that_the_rows_do_not_give(office, october):
    """Every number of the text is taken off it, and has to be one of those that were worked out anew."""
    oracle = expected(office.folder, "2026-10-01", books.SCOPE)
    values = [value for part in ("lines", "work") for one in oracle[part].values() for value in one.values()]
    values += [line["variance"] / line["plan"] for line in oracle["lines"].values() if line["plan"]]
    values += unused_and_dear(office.folder, "2026-10-01").values()
    npvs = [returns(one, one["benefit"]) for one in OPTIONS]
    for one in OPTIONS:
        values += [value for value in one.values() if isinstance(value, int | float)]
        values += [value for name in ("low", "benefit", "high") for value in returns(one, one[name]).values()]
    for point in (october["investments"]["chosen"], *october["investments"]["curve"]):
        shares = [float(share) for share in point["shares"]]
        cost = sum(share * one["cost"] for share, one in zip(shares, OPTIONS, strict=True))
        risk = sum(share * one["cost"] * one["risk"] for share, one in zip(shares, OPTIONS, strict=True))
        values += [
            cost,
            risk / cost if cost else 0,
            sum(s * one["npv"] for s, one in zip(shares, npvs, strict=True)),
            *shares,
        ]
    # Limits and settings of the product file and its defaults; quantities of the rows; what sentences count.
    values += [BUDGET, 0.05, 0.1, 0.15, 0.3, 0.08, 0.8, 0.85, 36, float(october["investments"]["price"])]
    values += [330, 300, 110, 45, 32, 20, 9350 / 110 - 80 + 0, 28250 / 330 - 80, 2, 3, 1, 4]
    allowed = set().union(*(_texts(float(value)) for value in values if value is not None and value == value))  # noqa: PLR0124
    text = re.sub(r"2\.8\.0|October 2026|January 2026|December 2026", "", forms.markdown(october))
    seen = re.findall(r"\d[\d,]*(?:\.\d+)?", text)
    assert len(seen) > 150
    assert [number for number in seen if number.strip(",") not in allowed] == []
