"""Scorecards, adherence and gates, on rows whose answers can be counted by hand."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from release_ops.delivery_refresh import refresh
from release_ops.store import SQL, Store
from tests.metrics.world import HOUR, add, at

MIGRATIONS = SQL / "migrations"
MINUTE = timedelta(minutes=1)


def read(store: Store, statement: str, *arguments: Any) -> list[dict[str, Any]]:
    with store.connect() as connection:
        return connection.execute(statement, arguments).fetchall()


def change(store: Store, statement: str) -> None:
    with store.connect() as connection:
        connection.execute(statement)


def card(store: Store, product: str = "webapp", version: str = "2.8.0") -> dict[str, Any]:
    (row,) = read(
        store, "SELECT * FROM release_metrics.release_scorecard WHERE product = %s AND version = %s", product, version
    )
    return row


def some(row: dict[str, Any], expected: dict[str, Any]) -> None:
    assert {name: row[name] for name in expected} == expected


# The release scorecard


def test_dates_slips_and_lateness_are_counted_in_the_products_zone(world):
    """22:30 UTC is the next day in Berlin; a move to 2036 is a typing error and counts for nothing."""
    some(
        card(world),
        {
            "first_planned_ga": date(2026, 6, 4),
            "planned_ga": date(2026, 6, 18),
            "ga_at": at("2026-06-19 22:30"),
            "days_late": 2,
            "days_after_first_plan": 16,
            "ga_slips": 2,
            "ga_slipped_days": 14,
            "slips": 3,
            "breaches": 1,
        },
    )
    some(
        card(world, version="2.7.0"), {"days_late": 0, "days_after_first_plan": 0, "ga_slips": 0, "ga_slipped_days": 0}
    )


def test_scope_counts_what_was_planned_and_what_was_done_by_the_day_of_ga(world):
    """Deferred F-6 is left out, F-5 that the freeze excluded counts as lost; the daily look of 10 June saw a third done."""
    some(
        card(world),
        {
            "scope_total": 4,
            "scope_done": 3,
            "scope_delivered": Decimal("0.75"),
            "scope_total_at_freeze": 4,
            "scope_done_at_freeze": 2,
            "scope_delivered_at_freeze": Decimal("0.5"),
        },
    )


def test_without_daily_looks_the_snapshot_of_the_freeze_counts(world):
    change(world, "DELETE FROM release_ops.scope_day")
    some(card(world), {"scope_total": 4, "scope_done": 2, "scope_delivered_at_freeze": None})


def test_gates_count_every_try_and_waits_add_up(world):
    some(
        card(world),
        {
            "gates": 2,
            "gate_evaluations": 3,
            "gate_failures": 1,
            "gates_passed_first_time": 1,
            "first_time_ratio": Decimal("0.5"),
            "waivers": 1,
            "approval_wait": 30 * HOUR,
            "approval_wait_longest": 26 * HOUR,
        },
    )
    some(
        card(world, "payments", "1.0.0"), {"gate_evaluations": 1, "approval_wait": None, "approval_wait_longest": None}
    )


def test_deployments_are_those_of_the_version_to_production(world):
    """A run that failed, one that was rolled back, one that stayed; staging is not its own."""
    some(
        card(world),
        {
            "deployments": 3,
            "deployments_unsuccessful": 1,
            "deployments_rolled_back": 1,
            "deployments_failed": 1,
            "deployment_success_target": Decimal("0.98"),
            "deployment_success_met": False,
            "production_at": at("2026-06-20 12:00"),
            "freeze_to_production": timedelta(days=23, hours=3),
            "freeze_to_production_met": True,
        },
    )
    assert card(world)["deployment_success"] == 1 / 3


def test_an_incident_alone_is_a_failure_as_dora_counts_it_and_no_rollback(world):
    change(world, "UPDATE release_ops.deployment SET rolled_back = false WHERE deployment = 'w4'")
    refresh(world, now=at("2026-11-01 05:00"))
    some(card(world), {"deployments_unsuccessful": 1, "deployments_rolled_back": 0, "deployments_failed": 1})
    assert card(world)["deployment_success"] == 2 / 3
    (outcome,) = read(world, "SELECT * FROM release_metrics.deployment_outcome WHERE deployment = 'w4'")
    some(outcome, {"is_failed": True, "failed_why": "incident"})


def test_which_deployments_fail_is_unknown_where_nobody_says_so(world):
    change(world, "DELETE FROM release_ops.incident")
    change(world, "DELETE FROM release_ops.ingest_state WHERE stream <> 'deployments'")
    change(world, "UPDATE release_ops.deployment SET rolled_back = NULL")
    refresh(world, now=at("2026-11-01 05:00"), full=True)
    some(card(world), {"deployments": 3, "deployments_unsuccessful": 1, "deployments_failed": None})


def test_bringing_an_older_release_back_is_no_deployment_of_its_own(world):
    """w5 undoes 2.8.0 with 2.7.0; 2.8.0 goes out again, which is its own; so is 2.7.0 before it was replaced."""
    some(
        card(world, version="2.7.0"),
        {"deployments": 1, "deployment_success": 1, "production_at": at("2026-03-12 12:00")},
    )
    row = {"product": "webapp", "environment": "production", "version": "2.7.0", "result": "failure"}
    add(world, "deployment", {**row, "deployment": "w2b", "finished_at": at("2026-03-13 12:00")})
    add(world, "deployment", {**row, "deployment": "w9", "finished_at": at("2026-06-20 14:00")})
    some(card(world, version="2.7.0"), {"deployments": 2, "deployments_unsuccessful": 1, "deployment_success": 0.5})
    some(card(world), {"deployments": 3})


def test_a_fix_of_an_older_release_that_comes_after_a_newer_one_is_its_own(world):
    row = {"product": "webapp", "environment": "production", "version": "2.6.1", "result": "success"}
    add(world, "release", {"product": "webapp", "version": "2.6.1", "type": "patch", "state": "released"})
    add(world, "deployment", {**row, "deployment": "w8", "finished_at": at("2026-07-01 12:00")})
    some(card(world, version="2.6.1"), {"deployments": 1, "production_at": at("2026-07-01 12:00")})


def test_a_deployment_that_names_no_version_is_found_by_the_commit_of_the_tag(world):
    """The environment that stands for users is the product file's; rollbacks that no source tells of are unknown."""
    some(
        card(world, "payments", "1.0.0"),
        {
            "deployments": 1,
            "deployments_unsuccessful": 0,
            "deployments_rolled_back": None,
            "deployment_success": 1,
            "deployment_success_target": Decimal("0.995"),
            "deployment_success_met": True,
            "production_at": at("2026-05-06 09:00"),
        },
    )


def test_a_deployment_of_several_repositories_is_one(world):
    row = {"product": "webapp", "deployment": "w6", "repository": "shop-api", "environment": "production"}
    add(world, "deployment", {**row, "version": "2.8.0", "result": "failure", "finished_at": at("2026-06-22 09:00")})
    some(card(world), {"deployments": 3, "deployments_unsuccessful": 2, "deployment_success": 0})


def test_deployments_are_unknown_where_nobody_reads_them_and_none_where_somebody_does(world):
    change(world, "DELETE FROM release_ops.deployment")
    nothing = {"deployment_success": None, "deployment_success_met": None, "production_at": None}
    some(
        card(world),
        {
            "deployments": 0,
            "deployments_unsuccessful": 0,
            "deployments_failed": 0,
            **nothing,
            "freeze_to_production_met": False,
        },
    )
    change(world, "DELETE FROM release_ops.ingest_state")
    some(
        card(world),
        {
            "deployments": None,
            "deployments_unsuccessful": None,
            "deployments_failed": None,
            **nothing,
            "freeze_to_production_met": None,
        },
    )


def test_recovery_is_that_of_the_releases_own_failed_deployments(world):
    """w4 brought the incident of 13:00, which was over at 15:00, three hours after its end."""
    some(card(world), {"recovery_time": 3 * HOUR, "recovery_time_target": None, "recovery_time_met": None})
    change(world, "UPDATE release_ops.product_target SET recovery = '2 hours' WHERE product = 'webapp'")
    some(card(world), {"recovery_time_target": 2 * HOUR, "recovery_time_met": False})
    change(world, "UPDATE release_ops.product_target SET recovery = '4 hours' WHERE product = 'webapp'")
    some(card(world), {"recovery_time_met": True})
    some(card(world, version="2.7.0"), {"recovery_time": None, "recovery_time_met": None})


def test_a_failure_that_lasts_longer_than_its_target_misses_it_before_it_ends(world):
    change(world, "UPDATE release_ops.product_target SET recovery = '4 hours' WHERE product = 'webapp'")
    change(world, "UPDATE release_ops.incident SET resolved_at = NULL WHERE incident = '1'")
    refresh(world, now=at("2026-11-01 05:00"))
    some(card(world), {"recovery_time": None, "recovery_time_met": False})


def test_a_production_deployment_before_the_freeze_gives_no_negative_time(world):
    change(world, "UPDATE release_ops.deployment SET finished_at = '2026-05-01' WHERE deployment = 'w4'")
    some(card(world), {"freeze_to_production": None, "freeze_to_production_met": None})


def test_critical_issues_are_those_of_48_hours_from_ga_on_and_an_issue_that_is_an_incident_counts_once(world):
    some(card(world), {"critical_issues": 2, "critical_issues_target": Decimal("0.5"), "critical_issues_met": False})
    some(card(world, version="2.7.0"), {"critical_issues": 0, "critical_issues_met": True})


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM release_ops.ingest_state",
        "UPDATE release_ops.ingest_state SET finished_at = '2026-06-21 22:29' WHERE stream = 'issues'",
        "INSERT INTO release_ops.ingest_state (product, source, stream) VALUES ('webapp', 'csv', 'incidents')",
    ],
)
def test_critical_issues_are_unknown_until_they_were_read_after_the_48_hours(world, statement):
    change(world, statement)
    some(card(world), {"critical_issues": None, "critical_issues_met": None})


def test_scores_and_cost_are_null_where_nobody_measured_them(world):
    some(
        card(world, version="2.7.0"),
        {"nps": 41, "csat": Decimal("4.25"), "ces": None, "cost": Decimal("18250.5"), "cost_currency": "EUR"},
    )
    some(card(world), {"nps": None, "csat": None, "ces": None, "cost": None, "cost_currency": None})


def test_a_release_that_has_only_been_planned_knows_next_to_nothing(world):
    row = card(world, version="2.9.0")
    zero = {"ga_slips", "ga_slipped_days", "slips", "breaches", "gates", "gate_evaluations", "gate_failures", "waivers"}
    zero |= {"gates_passed_first_time", "deployments", "deployments_unsuccessful", "deployments_failed"}
    known = {"product", "version", "type", "state", "planned_ga"}
    targets = {name for name in row if name.endswith("_target")}
    assert {name: row[name] for name in row.keys() - known - targets} == {
        name: 0 if name in zero else None for name in row.keys() - known - targets
    }


def test_a_product_without_targets_is_held_to_nothing(world):
    change(world, "DELETE FROM release_ops.product_target")
    row = card(world)
    assert {row[name] for name in row if name.endswith(("_target", "_met"))} == {None}
    some(row, {"deployments": 3, "days_late": 1})


# Milestone adherence


def adherence(store: Store, **about: str) -> dict[date, dict[str, Any]]:
    rows = read(store, "SELECT * FROM release_metrics.milestone_adherence")
    return {row["starts_on"]: row for row in rows if about.items() <= row.items()}


def test_adherence_counts_days_against_the_last_plan_and_against_the_first(world):
    months = adherence(world, product="webapp", kind="ga", period="month")
    assert list(months) == [date(2026, 3, 1), date(2026, 6, 1)]
    some(
        months[date(2026, 3, 1)],
        {
            "milestones": 1,
            "on_time": 1,
            "on_time_ratio": 1,
            "on_first_plan_ratio": 1,
            "slips": 0,
            "slips_per_milestone": 0,
        },
    )
    some(
        months[date(2026, 6, 1)],
        {
            "milestones": 1,
            "on_time": 0,
            "on_time_ratio": 0,
            "on_first_plan_ratio": 0,
            "lateness_median": timedelta(days=1, hours=13, minutes=30),
            "slips": 2,
            "slips_per_milestone": 2,
            "breaches": 1,
        },
    )


def test_a_milestone_done_on_its_day_after_its_hour_is_on_time_and_a_slip_counts_against_the_first_plan(world):
    (freeze,) = (row for start, row in adherence(world, kind="freeze", period="quarter").items() if start.month == 4)
    some(freeze, {"lateness_mean": 20 * MINUTE, "on_time_ratio": 1})
    months = adherence(world, product="webapp", kind="freeze", period="month")
    some(months[date(2026, 5, 1)], {"on_time_ratio": 1, "on_first_plan_ratio": 0, "slips": 1})


def test_what_is_overdue_or_missed_is_not_on_time_and_what_was_taken_out_does_not_count(world):
    entry = {"product": "webapp", "category": "milestone", "entry": "beta", "first_seen": at("2026-01-01 00:00")}
    entry |= {"changed_at": at("2026-01-01 00:00"), "planned_at": at("2026-04-02 09:00")}
    day = date(2026, 4, 2)
    states = {"blocked": "1", "missed": "2", "skipped": "3", "planned": "4"}
    for state, version in states.items():
        add(world, "calendar_entry", {**entry, "version": version, "planned_on": day, "first_planned_on": day})
        add(world, "milestone", {"product": "webapp", "version": version, "kind": "beta", "state": state})
    add(
        world,
        "calendar_entry",
        {**entry, "version": "5", "planned_on": day, "first_planned_on": day, "withdrawn": True},
    )
    ahead = date(2126, 4, 2)
    add(world, "calendar_entry", {**entry, "version": "6", "planned_on": ahead, "first_planned_on": ahead})
    (only,) = adherence(world, kind="beta", period="month").values()
    some(only, {"milestones": 3, "done": 0, "on_time_ratio": 0, "lateness_median": None, "lateness_mean": None})


# Gates and changes


def test_which_criterion_holds_releases_up(world):
    rows = read(world, "SELECT * FROM release_metrics.gate_criterion_outcome WHERE product = 'webapp' ORDER BY 2, 3")
    assert [(row["gate"], row["criterion"]) for row in rows] == [
        ("freeze", "coverage"),
        ("freeze", "tests"),
        ("ga", "coverage"),
        ("ga", "tests"),
    ]
    coverage, tests, _, _ = rows
    some(coverage, {"evaluations": 3, "failed": 1, "waived": 1, "blocked": 0, "title": "Coverage above 80 %"})
    some(tests, {"evaluations": 3, "failed": 1, "waived": 0, "blocked": 1, "last_outcome": "pass"})
    assert tests["fail_ratio"] == 1 / 3


def test_changes_of_a_release_count_a_backport_and_its_original_once(world):
    rows = read(world, "SELECT * FROM release_metrics.release_change ORDER BY version, type")
    assert [(row["version"], row["type"], row["changes"], row["breaking"], row["reverted"]) for row in rows] == [
        ("2.7.0", "feat", 1, 0, 0),
        ("2.7.0", "fix", 1, 0, 0),
        ("2.8.0", "feat", 2, 1, 1),
        ("2.8.0", "fix", 1, 0, 0),
        ("2.8.0", "revert", 1, 0, 0),
    ]


def test_rows_from_before_attempts_were_kept_are_attempts_too(world):
    """What the migration makes of an installation that is in use."""
    change(world, "DELETE FROM release_ops.gate_attempt")
    text = (MIGRATIONS / "0013_release_scorecard.sql").read_text(encoding="utf-8")
    for statement in text.split(";\n"):
        if "INSERT INTO release_ops." in statement:
            change(world, statement)
    (row,) = read(world, "SELECT * FROM release_metrics.gate_attempt WHERE run_id = 'r8-freeze'")
    some(
        row, {"verdict": "conditional", "attempt": 1, "criteria": 2, "seats": None, "proceeded": None, "asked_at": None}
    )
    assert row["answered_at"] == at("2026-05-29 09:01")
    assert row["approval_wait"] is None
