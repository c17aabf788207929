"""The demo's books: in order on any day of the year, and worth a report."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from quickstart.demo_budget import write_money
from quickstart.rehearsal import rehearse
from release_ops.budget_closing import due_month
from release_ops.budget_preview import preview

PROJECT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("month", range(1, 13))
def test_on_any_day_the_books_make_a_report_with_a_forecast(tmp_path: Path, month: int) -> None:
    now = datetime(2026, month, 3 * month - 2 if month < 10 else 28, 9, 5, tzinfo=UTC)
    source = PROJECT / "include" / "products" / "demo.yaml"
    more = PROJECT / "quickstart" / "products" / "demo.more.yaml"
    kept = tmp_path / "kept.json"
    product = rehearse(source, tmp_path, kept=kept, now=now, remote=tmp_path, version="2.8.0", more=more).product
    feeds = tmp_path / "feeds" / product.id
    earlier = [("2.7.0", now.date() - timedelta(days=90)), ("2.7.1", now.date() - timedelta(days=60))]
    assert len(write_money(feeds, product, now, earlier)) == 4
    assert write_money(feeds, product, now, earlier) == []
    due = due_month(product, now)
    facts, entries, _ = preview(product, due, folder=tmp_path, now=now)
    assert facts["total"]["forecast_low"] is not None or due.month == 12
    assert float(facts["total"]["actual"]) > 0
    booked = [one["on_day"] for one in entries if one["kind"] == "actual"]
    assert max(booked) < date(now.year, now.month, 1)
