"""Every figure of a report is what pandas makes of the same rows."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime
from typing import Any

import pytest

from release_ops.domain.months import later
from tests.budget import books
from tests.budget.oracle import expected


def agree(found: Any, wanted: float, what: str) -> None:
    if wanted is None or math.isnan(wanted):
        assert found is None, what
    else:
        assert found is not None, what
        assert float(found) == pytest.approx(wanted, rel=1e-9, abs=1e-6), what


def compare(facts: dict[str, Any], oracle: dict[str, Any]) -> int:
    """How many figures were compared."""
    count = 0
    lines = {line["category"]: line for line in facts["lines"]} | {"all": facts["total"]}
    assert lines.keys() == oracle["lines"].keys()
    for category, figures in oracle["lines"].items():
        for name, wanted in figures.items():
            agree(lines[category][name], wanted, f"{facts['month']} {category} {name}")
            count += 1
    work = {one["version"]: one for one in facts["work"]}
    assert work.keys() - {""} == oracle["work"].keys()
    for version, figures in oracle["work"].items():
        for name, wanted in figures.items():
            agree(work[version][name], wanted, f"{facts['month']} {version} {name}")
            count += 1
    if work:
        for name in ("bac", "pv", "ac"):
            agree(work[""][name], sum(one[name] for one in oracle["work"].values()), f"all releases {name}")
    return count


def test_the_books_that_can_be_read(office):
    office.scope(books.SCOPE)
    closed = {one.month: one.facts for one in office.run()}
    assert len(closed) == 10
    counts = [compare(facts, expected(office.folder, f"{month}", books.SCOPE)) for month, facts in closed.items()]
    assert counts[-1] > 70


@pytest.mark.parametrize("seed", range(8))
def test_books_of_two_years_that_nobody_has_thought_of(office, seed):
    office.write(**books.made_up(seed))
    scope = [
        (f"2.{6 + place // 8}.0", later(date(2025, 1, 1), place).replace(day=20), place % 8, 8)
        for place in range(22)
        if place % 8
    ]
    office.scope(scope)
    closed = {one.month: one.facts for one in office.run()}
    for month, facts in closed.items():
        compare(facts, expected(office.folder, f"{month}", scope))
    assert len(closed) == 10


def test_the_parts_of_every_variance_add_up_to_it_exactly(office):
    office.write(**books.made_up(99))
    for one in office.run():
        for row in (*one.facts["lines"], *one.facts["items"], one.facts["total"]):
            parts = sum(float(row[name]) for name in ("price", "volume", "exchange", "rest"))
            assert parts == pytest.approx(float(row["variance"]), abs=1e-9)


def test_the_views_say_what_the_report_says(office):
    office.scope(books.SCOPE)
    facts = office.run()[-1].facts
    (month,) = office.rows("SELECT * FROM release_metrics.budget_month WHERE month_starts_on = '2026-10-01'")
    for name in ("plan", "actual", "variance", "forecast", "forecast_low", "year_plan", "committed"):
        assert float(month[name]) == pytest.approx(float(facts["total"][name]))
    shown = office.rows(
        "SELECT category, variance, driver FROM release_metrics.budget_variance WHERE month_starts_on = '2026-10-01'"
    )
    assert {row["category"]: (float(row["variance"]), row["driver"]) for row in shown} == {
        line["category"]: (pytest.approx(float(line["variance"])), line["driver"]) for line in facts["lines"]
    }
    value = office.rows(
        "SELECT * FROM release_metrics.earned_value WHERE month_starts_on = '2026-10-01' AND version = '2.8.0'"
    )[0]
    (release,) = [one for one in facts["work"] if one["version"] == "2.8.0"]
    for name in ("bac", "ev", "cpi", "eac_combined", "spi_t", "duration", "tcpi_bac"):
        assert float(value[name]) == pytest.approx(float(release[name]))


def test_a_figure_that_is_null_in_the_view_has_its_reason(office):
    office.run(datetime(2026, 11, 6, 7, tzinfo=UTC))
    (row,) = office.rows(
        "SELECT * FROM release_metrics.earned_value WHERE month_starts_on = '2026-10-01' AND version = '2.8.0'"
    )
    assert (row["ev"], row["cpi"], row["status"]) == (None, None, "unknown")
    assert row["reasons"]["cpi"] == "its scope is not known"
