"""The pages of budgets: programmes without a false sum, products the worst first, a closed month with its history."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from release_ops.store import Store
from release_ops.web.budget import read_budget, read_budgets
from release_ops.web.budget_pages import index, money, share, signed
from release_ops.web.pictures import balance
from tests.web.conftest import Site
from tests.web.filled import fill

pytestmark = pytest.mark.xdist_group("web")

ROOT = "/release-ops"
REPORT = f"{ROOT}/budget/webapp"
JSON = {"Accept": "application/json"}


@pytest.mark.parametrize("path", [f"{ROOT}/budget", REPORT, f"{REPORT}/charts/year"])
def test_only_who_may_read_the_reports_sees_them(filled: Site, path):
    assert filled.get_as("vera", path).status_code == 200
    for user in ("carla", "gina", "rosa"):
        assert filled.get_as(user, path).status_code == 403
    answer = filled.stranger.get(path)
    assert answer.status_code == 401
    assert "Engineers" not in answer.text


# All products


def test_the_products_of_a_programme_are_told_as_one(filled: Site):
    answer = filled.get_as("vera", f"{ROOT}/budget", **JSON).json()
    (one,) = answer["programmes"]
    budgets = {row["product"]: row["line"] for row in answer["budgets"]}
    assert (one["products"], one["missing"], one["currency"]) == (2, [], "EUR")
    for name in ("plan", "actual", "forecast", "year_plan", "committed"):
        wanted = Decimal(budgets["webapp"][name]) + Decimal(budgets["shop"][name]) / Decimal("1.25")
        assert float(one[name]) == pytest.approx(float(wanted)), name
    assert float(one["forecast_low"]) < float(one["forecast"]) < float(one["forecast_high"])
    assert one["unknown"] == ["shop", "webapp"]
    assert one["cpi"] is None
    text = filled.reader.get(f"{ROOT}/budget").text
    assert "how much is done is not known of shop, webapp" in text


def test_a_programme_without_one_of_its_products_has_no_sum(filled: Site):
    with filled.store.connect() as connection:
        connection.execute("UPDATE release_ops.budget_close SET month = '2026-09-01' WHERE product = 'shop'")
    (one,) = filled.get_as("vera", f"{ROOT}/budget", **JSON).json()["programmes"]
    assert (one["missing"], one["actual"], one["forecast_low"]) == (["shop"], None, None)
    text = filled.reader.get(f"{ROOT}/budget").text
    assert "A sum without it would mislead." in text


def test_each_product_shows_the_last_revision_of_its_last_month(filled: Site):
    rows = {row["product"]: row for row in filled.get_as("vera", f"{ROOT}/budget", **JSON).json()["budgets"]}
    assert (rows["webapp"]["month"], rows["webapp"]["revision"]) == ("2026-10-01", 2)
    earlier = filled.get_as("vera", f"{ROOT}/budget?month=2026-09", **JSON).json()
    assert [(row["product"], row["month"]) for row in earlier["budgets"]] == [("webapp", "2026-09-01")]
    assert earlier["budgets"][0]["page"].endswith("/budget/webapp?month=2026-09")
    assert filled.reader.get(f"{ROOT}/budget?month=2026-13").status_code == 400


def test_without_a_closed_month_the_page_says_how_one_comes(site: Site):
    assert "closes a month on the 6th of the next one" in site.reader.get(f"{ROOT}/budget").text


# A closed month


def test_the_page_says_what_the_closed_month_says(filled: Site):
    found = filled.get_as("vera", REPORT, **JSON).json()
    facts = filled.store.one("budget_one", product="webapp", month=date(2026, 10, 1))["facts"]
    assert found["total"]["forecast"] == facts["total"]["forecast"]
    assert [one["variance"] for one in found["lines"]] == [one["variance"] for one in facts["lines"]]
    assert [one["share"] for one in found["investments"]["options"]] == [
        one["share"] for one in facts["investments"]["options"]
    ]
    text = filled.reader.get(REPORT).text
    for line in facts["lines"]:
        assert money(Decimal(line["actual"]), "EUR") in text
        assert signed(Decimal(line["variance"]), "EUR") in text
    assert "<script>alert" not in text


def test_months_lead_to_each_other_and_a_restatement_keeps_what_was_said(filled: Site):
    found = filled.get_as("vera", REPORT, **JSON).json()
    assert (found["month_before"], found["month_after"], found["revision"]) == ("2026-09-01", None, 2)
    (one,) = found["restatements"]
    assert Decimal(one["actual"]) - Decimal(one["actual_before"]) == 700
    text = filled.reader.get(REPORT).text
    assert "October 2026, revision 2" in text
    assert "+700.00" in text
    before = filled.get_as("vera", f"{REPORT}?month=2026-09", **JSON).json()
    assert (before["month_after"], before["restatements"]) == ("2026-10-01", [])


def test_the_reports_are_a_link_away_once_they_are_kept(filled: Site):
    assert "The report as a document" not in filled.reader.get(REPORT).text
    about = {"product": "*", "version": "budget", "kind": "budget", "media_type": "text/html", "data": None}
    filled.store.execute(
        "artifact_save", **about, name="webapp-2026-10.html", content="<p>", created_at=date(2026, 11, 6)
    )
    text = filled.reader.get(REPORT).text
    assert "/artifacts/%2A/budget/budget/webapp-2026-10.html" in text
    assert "As a workbook (Excel)" not in text


@pytest.mark.parametrize("name", ["year", "causes", "earned", "trade-off", "earned?version=2.8.0"])
def test_each_chart_is_a_specification(filled: Site, name):
    spec = filled.get_as("vera", f"{REPORT}/charts/{name}{'&' if '?' in name else '?'}theme=dark").json()
    assert (spec["width"], spec["background"]) == ("container", "transparent")


@pytest.mark.parametrize(
    "path", ["webapp/charts/none", "webapp/charts/earned?version=9", "nobody/charts/year", "nobody"]
)
def test_what_there_is_not_is_told(filled: Site, path):
    assert filled.reader.get(f"{ROOT}/budget/{path}").status_code == 404


def test_queries_do_not_grow_with_products_or_months(store: Store, monkeypatch):
    fill(store)
    asked: list[str] = []
    all_of = Store.all

    def counted(self: Store, query: str, /, **parameters):
        asked.append(query)
        return all_of(self, query, **parameters)

    monkeypatch.setattr(Store, "all", counted)
    assert len(read_budgets(store, month=None, product=None, page=1, address=str).budgets) == 2
    assert len(asked) == 2
    asked.clear()
    assert read_budget(store, "webapp", None) is not None
    assert len(asked) <= 3


def test_amounts_read_as_people_write_them():
    assert money(Decimal("1234.505"), "EUR") == "1,234.51"
    assert money(Decimal("1234.5"), "JPY") == "1,235"
    assert (signed(Decimal("-0.001"), "EUR"), signed(Decimal(-5), "EUR"), signed(Decimal(5), "EUR")) == (
        "0.00",
        "−5.00",
        "+5.00",
    )
    assert (share(Decimal("0.1234")), share(Decimal("-0.1"), sign=True), share(None)) == (
        "12.3 %",
        "−10.0 %",
        "unknown",
    )
    assert (index(Decimal("0.955")), index(None)) == ("0.96", "unknown")


def test_a_bar_goes_to_the_right_for_what_is_over():
    assert 'class="over" x="60.00" y="2" width="58.00"' in balance(5, 5, "tools")
    assert 'class="under" x="31.00" y="2" width="29.00"' in balance(-2.5, 5, "tools")
    assert "<rect" not in balance(0, 0, "<tools>")
    assert "&lt;tools&gt;" in balance(0, 0, "<tools>")
