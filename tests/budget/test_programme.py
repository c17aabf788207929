"""Budgets of several products as one: sums in one currency, and no sum where something of it is not known."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from scipy import stats

from release_ops.budget_closing import close
from release_ops.budget_inputs import bring
from release_ops.domain.budget_policy import Programme
from release_ops.domain.budget_programme import bounds, earned_together, told_in
from release_ops.domain.earned_value import EarnedValue
from release_ops.domain.money import Conversion, Rate, Rates
from release_ops.product import load_product
from tests.budget import books
from tests.budget.conftest import NOW, Office

D = Decimal
OCTOBER = "month_starts_on = '2026-10-01'"


@pytest.fixture
def offices(tmp_path, store) -> Callable[..., dict[str, Any]]:
    """Closes October of products of the given budgets; product to its facts."""

    def run(**sections: dict[str, Any]) -> dict[str, Any]:
        facts = {}
        for product, section in sections.items():
            folder = tmp_path / product
            rows, scope = section.pop("rows", {}), section.pop("scope", books.SCOPE)
            path = books.write(folder, section=section, **rows)
            path.write_text(path.read_text().replace("product: webapp", f"product: {product}"))
            path = path.rename(folder / f"{product}.yaml")
            found = load_product(path)
            assert found.id == product
            for _, day, done, points in scope:
                counts = {"total": points, "done": done, "points_total": float(points), "points_done": float(done)}
                store.execute("scope_day_save", product=product, version="2.8.0", day=day, unestimated=0, **counts)
            bring(store, found, folder=folder, now=NOW)
            facts[product] = close(store, found, NOW)[-1].facts
        return facts

    run.store = store  # type: ignore[attr-defined]
    return run


def rows(offices, query: str) -> list[dict[str, Any]]:
    return Office(None, offices.store).rows(query)  # type: ignore[arg-type]


def dollars() -> dict[str, Any]:
    """The same books in dollars."""
    rates = [f"EUR,USD,2026-{month:02}-01,1.25" for month in range(1, 11)]
    return {"currency": "USD", "rows": {"exchange_rates": rates}}


def test_amounts_of_two_currencies_add_up_at_the_rate_of_the_last_day(offices):
    facts = offices(webapp={}, api=dollars())
    assert (facts["api"]["programme"]["rate"], facts["api"]["programme"]["rate_on"]) == ("0.8", "2026-10-01")
    found = {
        row["category"]: row for row in rows(offices, f"SELECT * FROM release_metrics.budget_total WHERE {OCTOBER}")
    }
    for category in ("", "people", "tools", "infrastructure"):
        own = [
            next(line for line in (*one["lines"], one["total"]) if line["category"] == category)
            for one in (facts["webapp"], facts["api"])
        ]
        for name in ("month_plan", "month_actual", "plan", "actual", "variance", "year_plan", "forecast", "committed"):
            wanted = float(own[0][name]) + 0.8 * float(own[1][name])
            assert float(found[category][name]) == pytest.approx(wanted), (category, name)
        assert found[category]["products"] == 2
    assert {row["currency"] for row in found.values()} == {"EUR"}


def test_the_spread_of_the_sum_is_that_of_independent_products(offices):
    facts = offices(webapp={}, api=dollars())
    (row,) = rows(offices, f"SELECT * FROM release_metrics.budget_total WHERE {OCTOBER} AND category = ''")
    parts = [
        (rate * float(facts[product]["total"]["forecast_error"]), float(facts[product]["total"]["forecast_freedom"]))
        for product, rate in (("webapp", 1), ("api", 0.8))
    ]
    variance = sum(error**2 for error, _ in parts)
    freedom = variance**2 / sum(error**4 / free for error, free in parts)
    assert float(row["forecast_error"]) == pytest.approx(variance**0.5)
    assert float(row["forecast_freedom"]) == pytest.approx(freedom)
    low, high = bounds(row["forecast"], row["forecast_error"], row["forecast_freedom"], chance=D("0.8"), least=D(0))
    reach = stats.t.ppf(0.9, freedom) * variance**0.5
    assert (float(low), float(high)) == (
        pytest.approx(float(row["forecast"]) - reach),
        pytest.approx(float(row["forecast"]) + reach),
    )


def test_earned_value_of_two_products_is_that_of_their_sums(offices):
    facts = offices(webapp={}, api=dollars())
    (row,) = rows(offices, f"SELECT * FROM release_metrics.earned_value_total WHERE {OCTOBER}")
    work = {product: next(one for one in found["work"] if one["version"] == "") for product, found in facts.items()}
    bac, pv, ev, ac, eac, rest = (
        float(work["webapp"][name]) + 0.8 * float(work["api"][name])
        for name in ("bac", "pv", "ev", "ac", "eac", "eac_bottom_up")
    )
    wanted = {
        **{"bac": bac, "pv": pv, "ev": ev, "ac": ac, "sv": ev - pv, "cv": ev - ac, "spi": ev / pv, "cpi": ev / ac},
        **{"eac_typical": bac / (ev / ac), "eac_atypical": ac + bac - ev, "eac_bottom_up": rest},
        **{"eac_combined": ac + (bac - ev) / (ev / ac * ev / pv), "eac": eac, "etc": eac - ac, "vac": bac - eac},
        **{
            "tcpi_bac": (bac - ev) / (bac - ac),
            "tcpi_eac": (bac - ev) / (eac - ac),
            "complete": ev / bac,
            "spent": ac / bac,
        },
    }
    for name, value in wanted.items():
        assert float(row[name]) == pytest.approx(value), name
    parts = []
    for product, rate in (("webapp", D(1)), ("api", D("0.8"))):
        values = {name: D(work[product][name]) for name in ("bac", "pv", "ev", "ac")}
        parts.append((product, EarnedValue(**values), Conversion(rate, date(2026, 10, 1))))
    whole = earned_together(parts)
    assert float(whole.cpi.value) == pytest.approx(float(row["cpi"]))
    assert float(whole.tcpi_bac.value) == pytest.approx(float(row["tcpi_bac"]))


def test_without_a_rate_there_is_no_total_and_the_product_is_named(offices):
    lonely = {"currency": "CHF", "rows": {"exchange_rates": [], **{name: [] for name in ("budget_commitments",)}}}
    lonely["rows"]["budget_lines"] = [",tools,Seats,2026-10,900,,,"]
    lonely["rows"]["budget_actuals"] = ["T,,tools,Seats,2026-10-02,950,,,,"]
    facts = offices(webapp={}, alps=lonely)
    assert facts["alps"]["total"]["actual"] == "950"
    assert facts["alps"]["programme"]["reason"].startswith("no exchange rate from CHF to EUR for 2026-10-31")
    (row,) = rows(offices, f"SELECT * FROM release_metrics.budget_total WHERE {OCTOBER} AND category = ''")
    assert (row["missing"], row["actual"], row["forecast"]) == (["alps"], None, None)
    (before,) = rows(
        offices, "SELECT * FROM release_metrics.budget_total WHERE month_starts_on = '2026-09-01' AND category = ''"
    )
    assert (before["missing"], before["products"]) == ([], 1)


def test_a_product_that_has_not_closed_the_month_is_missed(offices):
    offices(webapp={}, api=dollars())
    with offices.store.connect() as connection:
        connection.execute("DELETE FROM release_ops.budget_close WHERE product = 'api' AND month = '2026-10-01'")
    (row,) = rows(offices, f"SELECT * FROM release_metrics.budget_total WHERE {OCTOBER} AND category = ''")
    assert (row["missing"], row["plan"]) == (["api"], None)


def test_earned_value_of_a_programme_is_unknown_where_that_of_a_product_is(offices):
    offices(webapp={}, api={**dollars(), "scope": ()})
    (row,) = rows(offices, f"SELECT * FROM release_metrics.earned_value_total WHERE {OCTOBER}")
    assert (row["unknown"], row["ev"], row["cpi"], row["eac"]) == (["api"], None, None, None)
    assert row["ac"] > 0


def test_programmes_of_another_name_or_currency_are_told_apart(offices):
    offices(webapp={}, api={**dollars(), "programme": {"name": "Platform", "currency": "USD"}})
    found = rows(
        offices,
        f"SELECT programme, currency, products FROM release_metrics.budget_total WHERE {OCTOBER} AND category = ''",
    )
    assert sorted(tuple(row.values()) for row in found) == [("Platform", "USD", 1), ("all products", "EUR", 1)]


def test_the_restated_month_is_the_one_that_counts(offices, tmp_path):
    offices(webapp={})
    books.write(tmp_path / "webapp", budget_actuals=[*books.COSTS, "L-1,,tools,Seats,2026-10-30,1000,,,,"])
    product = load_product(tmp_path / "webapp" / "webapp.yaml")
    before = rows(offices, f"SELECT actual FROM release_metrics.budget_total WHERE {OCTOBER} AND category = ''")
    bring(offices.store, product, folder=tmp_path / "webapp", now=NOW + timedelta(days=3))
    close(offices.store, product, NOW + timedelta(days=3))
    after = rows(offices, f"SELECT actual FROM release_metrics.budget_total WHERE {OCTOBER} AND category = ''")
    assert after[0]["actual"] == before[0]["actual"] + 1000


def test_the_views_of_options_and_of_the_curve_say_what_the_report_says(offices):
    options = [
        {"name": "Tests", "category": "people", "cost": 24000, "benefit": 1900, "low": 900, "high": 2600, "risk": 0.15},
        {"name": "Cache", "category": "tools", "cost": 9000, "benefit": 800, "risk": 0.6, "running": 50},
    ]
    facts = offices(webapp={"investments": {"budget": 30000, "options": options}})["webapp"]["investments"]
    found = rows(offices, f"SELECT * FROM release_metrics.budget_investment WHERE {OCTOBER} ORDER BY name DESC")
    for row, one in zip(found, facts["options"], strict=True):
        for name in ("cost", "share", "npv_low", "npv_expected", "npv_high", "roi_expected", "running"):
            assert float(row[name]) == pytest.approx(float(one[name])), name
    curve = rows(offices, f"SELECT * FROM release_metrics.budget_trade_off WHERE {OCTOBER} ORDER BY place")
    assert [float(row["value"]) for row in curve] == [pytest.approx(float(one["value"])) for one in facts["curve"]]
    last = dict(zip(["Tests", "Cache"], map(float, facts["curve"][-1]["shares"]), strict=True))
    assert curve[-1]["shares"] == last


def test_a_rate_is_that_of_the_last_day_or_a_reason():
    rates = Rates(
        [Rate("USD", "EUR", date(2026, 10, 1), D("0.8")), Rate("USD", "EUR", date(2026, 10, 31), D("0.9"))],
        good_for=timedelta(45),
    )
    assert told_in(Programme(), "USD", rates, date(2026, 10, 1)).rate.rate == D("0.9")
    assert told_in(Programme(), "GBP", rates, date(2026, 10, 1)).rate is None
    assert told_in(Programme(currency="GBP"), "GBP", rates, date(2026, 10, 1)).rate.rate == 1
