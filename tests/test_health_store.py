"""Weekly health in the tables: one row per release and week, what data teams read of it, and every column explained."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import psycopg
import pytest

from release_ops.facts_store import FactsStore
from release_ops.store import Store

MONDAY = date(2026, 11, 2)
RELEASE = {"product": "webapp", "version": "2.8.0"}


def save(store: Store, week: date = MONDAY, hour: int = 7, status: str = "green", **headline: Any) -> None:
    reasons = [
        {"measure": "quality", "status": "red", "value": 3.5, "threshold": 5, "unit": "points", "words": "3.5 of 10"},
        {"measure": "on_time", "status": "unknown", "value": None, "threshold": None, "unit": "ratio", "words": "?"},
    ]
    store.execute(
        "health_report_save",
        **RELEASE,
        week=week,
        made_at=datetime(week.year, week.month, week.day, hour, tzinfo=UTC),
        status=status,
        headline=headline,
        facts={"version": 1},
        reasons=reasons,
    )


def read(store: Store, view: str) -> list[dict[str, Any]]:
    with store.connect() as connection:
        return connection.execute(f"SELECT * FROM release_metrics.{view} ORDER BY week, 1, 2").fetchall()


def test_a_second_report_of_a_week_replaces_the_first_and_leaves_nothing_of_it(store: Store) -> None:
    save(store, status="yellow", on_time=0.5, quality=7.5)
    save(store, hour=9, status="green", on_time=0.9)
    (row,) = read(store, "health")
    assert (row["status"], row["on_time"], row["quality"], row["made_at"].hour) == ("green", 0.9, None, 9)


def test_each_week_stands_beside_the_one_before(store: Store) -> None:
    save(store, on_time=0.8, p85_on="2026-11-26", status="green")
    save(store, date(2026, 11, 9), on_time=0.4, p85_on="2026-12-03", status="red")
    save(store, date(2026, 11, 23), on_time=0.5, p85_on="2026-12-03", status="red")
    first, second, third = read(store, "health")
    assert (first["on_time_last_week"], first["status_last_week"], first["latest"]) == (None, None, False)
    assert (second["on_time_last_week"], second["p85_moved_days"], second["status_last_week"]) == (0.8, 7, "green")
    # The week in between has no report, so that nothing is said of it.
    assert (third["on_time_last_week"], third["p85_moved_days"], third["latest"]) == (None, None, True)


def test_what_is_not_known_is_null_in_the_view(store: Store) -> None:
    save(store, status="unknown")
    (row,) = read(store, "health")
    known = {name for name, value in row.items() if value is not None}
    assert known == {"product", "version", "week", "made_at", "status", "latest"}


def test_a_week_begins_on_a_monday(store: Store) -> None:
    with pytest.raises(psycopg.errors.CheckViolation):
        save(store, date(2026, 11, 3))


def test_the_reasons_are_rows_in_the_order_of_the_report(store: Store) -> None:
    save(store, status="red")
    first, second = sorted(read(store, "health_reason"), key=lambda row: row["place"])
    assert (first["measure"], first["value"], first["threshold"], first["unit"]) == ("quality", 3.5, 5.0, "points")
    assert (second["measure"], second["value"], second["threshold"], second["remedy"]) == ("on_time", None, None, None)


def test_the_last_reports_come_worst_first(store: Store) -> None:
    for product, status in (("a", "green"), ("b", "unknown"), ("c", "red"), ("d", "yellow")):
        store.execute(
            "health_report_save",
            product=product,
            version="1.0.0",
            week=MONDAY,
            made_at=datetime(2026, 11, 2, tzinfo=UTC),
            status=status,
            headline={},
            facts={},
            reasons=[],
        )
    assert [row["product"] for row in store.all("health_latest", since=MONDAY)] == ["c", "d", "b", "a"]
    assert store.all("health_latest", since=date(2026, 11, 9)) == []


@pytest.mark.parametrize(("days_ago", "known"), [(0, True), (6, True), (7, False), (30, False), (None, False)])
def test_critical_issues_are_known_while_somebody_reads_the_issues(
    store: Store, days_ago: int | None, known: bool
) -> None:
    now = datetime(2026, 11, 2, 7, tzinfo=UTC)
    facts = FactsStore(store, "webapp")
    facts.begin("csv", "issues", at=now - timedelta(days=40))
    if days_ago is not None:
        facts.finish("csv", "issues", at=now - timedelta(days=days_ago))
    found = store.one("health_quality", product="webapp", production="production", now=now)
    assert found is not None
    assert (found["issues_known"], found["critical"]) == (known, 0)


def test_nobody_reading_at_all_is_told_apart_from_reading_nothing(store: Store) -> None:
    found = store.one(
        "health_quality", product="webapp", production="production", now=datetime(2026, 11, 2, tzinfo=UTC)
    )
    assert found is not None
    assert found["issues_known"] is None


@pytest.mark.parametrize("view", ["health", "health_reason"])
def test_every_column_is_explained(store: Store, view: str) -> None:
    with store.connect() as connection:
        rows = connection.execute(
            "SELECT attname, col_description(attrelid, attnum) AS said FROM pg_attribute "
            f"WHERE attrelid = 'release_metrics.{view}'::regclass AND attnum > 0"
        ).fetchall()
    assert [row["attname"] for row in rows if not row["said"]] == []
