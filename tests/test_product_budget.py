"""The section budget of a product file: read strictly, with every mistake at its line."""

from __future__ import annotations

import json
import shutil
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from release_ops.domain.earned_value import Estimate
from release_ops.product import ProductError, load_product

PRODUCTS = Path(__file__).resolve().parents[1] / "include" / "products"
SEATS = {"category": "tools", "item": "Seats", "start": "2026-01", "end": "2026-12", "seats": 60, "price": 9.95}


def load(folder: Path, budget: dict[str, Any]):
    for defaults in PRODUCTS.glob("_defaults*.yaml"):
        shutil.copy(defaults, folder)
    path = folder / "webapp.yaml"
    path.write_text(f"{(PRODUCTS / 'demo.yaml').read_text()}\nbudget: {json.dumps(budget)}\n")
    return load_product(path).budget


def test_the_defaults_are_a_policy_that_reads_nothing(tmp_path):
    budget = load(tmp_path, {})
    assert not budget.is_there
    assert (budget.currency, budget.year_starts, budget.closes) == ("EUR", 1, timedelta(days=5))
    assert (budget.over.yellow, budget.over.red, budget.under.red) == (Decimal("0.05"), Decimal("0.1"), None)
    assert budget.models.discounts == ((50, Decimal("0.1")), (200, Decimal("0.2")), (1000, Decimal("0.3")))
    assert budget.estimate is Estimate.TYPICAL


def test_a_plan_is_read_without_the_error_of_binary_fractions(tmp_path):
    budget = load(tmp_path, {"currency": "CHF", "plan": [SEATS, {**SEATS, "item": "More", "currency": "USD"}]})
    first, second = budget.plan
    assert (first.price, first.currency, first.start) == (Decimal("9.95"), "CHF", date(2026, 1, 1))
    assert second.currency == "USD"
    assert budget.is_there


def test_an_option_that_says_no_bounds_has_half_and_the_whole(tmp_path):
    option = {"name": "A", "category": "tools", "cost": 10, "benefit": 4}
    (found,) = load(tmp_path, {"investments": {"options": [option]}}).investments.options
    assert (found.low, found.high) == (2, 4)


@pytest.mark.parametrize(
    ("budget", "said"),
    [
        ({"currency": "EURO"}, "EURO: is no code of a currency; write one of ISO 4217 like EUR"),
        ({"currency": "usd"}, "did you mean 'USD'?"),
        ({"year_starts": 13}, "year_starts"),
        ({"plan": [{**SEATS, "category": "tool"}]}, "there is no category 'tool'; did you mean 'tools'?"),
        ({"plan": [{**SEATS, "amount": 5}]}, "does not say once what it costs"),
        ({"plan": [{**SEATS, "seats": None}]}, "does not say once what it costs"),
        ({"plan": [{**SEATS, "price": None}]}, "seats need a price"),
        ({"plan": [{**SEATS, "role": "engineer"}]}, "role goes with hours"),
        ({"plan": [{**SEATS, "start": "2027-01"}]}, "2027-01 to 2026-12 is no period"),
        ({"plan": [{**SEATS, "start": "January"}]}, "January: is not a month; write it like 2026-11"),
        ({"plan": [{**SEATS, "price": "9,95"}]}, "9,95: is not a number"),
        ({"plan": [SEATS, {**SEATS, "start": "2026-12", "end": "2027-02"}]}, "Seats: is planned twice for a month"),
        (
            {
                "plan": [
                    {"category": "people", "item": "E", "start": "2026-01", "end": "2026-02", "hours": 5, "role": "dev"}
                ]
            },
            "the role 'dev' has no rate; write its rate under models.people.rates",
        ),
        (
            {"thresholds": {"over": {"yellow": 0.2}}},
            "over: red 0.1 is better than yellow 0.2; write a red above the yellow",
        ),
        ({"thresholds": {"index": {"red": 0.99}}}, "index: red 0.99 is better than yellow 0.95; write a red below"),
        ({"report_to": ["executive"]}, "there is no such audience; did you mean 'executives'?"),
        ({"feeds": {"budget_actuals": {"file": "a", "statement": "b"}}}, "a feed is either a file or a statement"),
        (
            {"feeds": {"budget_actuals": {"connection": "c", "statement": "SELECT 1 WHERE x > %(since)s"}}},
            "feeds.budget_actuals asks for news only; select all rows",
        ),
        ({"investments": {"categories": {"tool": 5}}}, "there is no category 'tool'"),
        (
            {"investments": {"options": [{"name": "A", "category": "tools", "cost": 1, "benefit": 4, "low": 5}]}},
            "benefit is not between low and high",
        ),
        ({"intervall": 0.8}, "did you mean 'interval'?"),
    ],
)
def test_a_mistake_is_told_with_its_remedy(tmp_path, budget, said):
    with pytest.raises(ProductError) as caught:
        load(tmp_path, budget)
    assert said in str(caught.value)
    assert "webapp.yaml:" in str(caught.value)
