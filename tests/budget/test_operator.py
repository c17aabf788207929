"""The operator over a real database: one report and one message for each month and revision."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from airflow.sdk.exceptions import AirflowFailException
from psycopg.conninfo import conninfo_to_dict

from quickstart.demo_budget import write_money
from release_ops.budget_closing import due_month
from release_ops.ledger import Ledger
from release_ops.operators.budget import BUDGET_REPORT, ReportBudgetOperator, run_budget
from tests.budget import books
from tests.budget.conftest import NOW
from tests.budget.test_closing import DAY


@pytest.fixture
def airflow(office, monkeypatch):
    parts = conninfo_to_dict(office.store.dsn)
    connection = {"conn_type": "postgres", "host": parts["host"], "login": parts["user"], "schema": parts["dbname"]}
    monkeypatch.setenv("AIRFLOW_CONN_RELEASE_OPS_DB", json.dumps(connection))
    monkeypatch.setenv("RELEASE_OPS_PRODUCTS", str(office.folder))
    return office


def messages(office):
    return office.rows("SELECT key, audience, subject, state, body FROM release_ops.message ORDER BY key")


def artifacts(office):
    query = "SELECT name, media_type, content, data FROM release_ops.artifact WHERE kind = 'budget' ORDER BY name"
    return {row["name"]: row for row in office.rows(query)}


def run(office, now=NOW):
    return run_budget(Ledger(office.store), office.product, now, run_id="manual__1")


def test_the_last_month_is_told_once_to_whom_the_product_names(airflow):
    assert len(run(airflow)) == 10
    assert run(airflow, NOW + DAY) == []
    (told,) = messages(airflow)
    assert (told["key"], told["state"]) == ("message:webapp:budget:budget:2026-10:1:executives:outbox", "sent")
    assert told["subject"] == "Webapp, October 2026: budget red"
    assert "Cost since the year began: EUR" in told["body"]


def test_a_restated_month_is_told_again_and_says_so(airflow):
    run(airflow)
    airflow.write(budget_actuals=[*books.COSTS, "L-1,,tools,Seats,2026-10-30,1000,,,,"])
    run(airflow, NOW + DAY)
    assert [one["key"].split(":")[4:6] for one in messages(airflow)] == [["2026-10", "1"], ["2026-10", "2"]]
    assert messages(airflow)[1]["subject"].endswith("restated")


def test_every_month_has_its_report_in_three_forms(airflow):
    run(airflow)
    kept = artifacts(airflow)
    assert [*kept][-3:] == ["webapp-2026-10.html", "webapp-2026-10.md", "webapp-2026-10.xlsx"]
    assert len(kept) == 30
    assert kept["webapp-2026-10.html"]["content"].startswith("<!doctype html>")
    assert kept["webapp-2026-10.xlsx"]["data"][:2] == b"PK"


def test_a_run_that_could_not_keep_a_report_closes_no_month_and_does_both_when_it_is_tried_again(airflow, monkeypatch):
    def broken(*_, **__):
        raise MemoryError("the chart is too large")

    with monkeypatch.context() as patch:
        patch.setattr("release_ops.operators.budget.excel", broken)
        with pytest.raises(MemoryError):
            run(airflow)
    assert len(run(airflow, NOW + DAY)) == 10
    assert len(artifacts(airflow)) == 30


def test_a_run_that_could_not_tell_tells_when_it_is_tried_again(airflow, monkeypatch):
    def broken(*_, **__):
        raise ConnectionError("the outbox is full")

    with monkeypatch.context() as patch:
        patch.setattr("release_ops.operators.budget.tell", broken)
        with pytest.raises(ConnectionError):
            run(airflow)
    run(airflow, NOW + DAY)
    assert len(messages(airflow)) == 1


def test_the_operator_closes_what_is_due_today(airflow):
    """With the demo's books, which are of these months."""
    now = datetime.now(UTC)
    for name in books.COLUMNS:
        (airflow.folder / f"{name}.csv").unlink()
    write_money(airflow.folder, airflow.product, now, [])
    operator = ReportBudgetOperator(task_id="report")
    made = operator.execute({"dag_run": SimpleNamespace(run_id="manual__1")})
    assert made[-1]["month"] == due_month(airflow.product, now).isoformat()
    assert {one["product"] for one in made} == {"webapp"}
    assert operator.made[BUDGET_REPORT.name].endswith(f"webapp-{made[-1]['month'][:7]}.html")
    assert operator.execute({"dag_run": SimpleNamespace(run_id="manual__2")}) == []


def test_a_product_without_a_budget_is_passed_over(airflow):
    path = airflow.folder / "webapp.yaml"
    path.write_text(path.read_text().split("\nbudget: ")[0])
    assert ReportBudgetOperator(task_id="report").execute({"dag_run": SimpleNamespace(run_id="manual__1")}) == []


def test_what_is_wrong_is_named_with_its_line(airflow):
    airflow.write(budget_actuals=["B-1,,people,,soon,5,,,,"])
    with pytest.raises(RuntimeError) as caught:
        ReportBudgetOperator(task_id="report").execute({"dag_run": SimpleNamespace(run_id="manual__1")})
    assert "webapp: BudgetError: budget_actuals.csv:2: booked_on: 'soon': is no day" in str(caught.value)


def test_a_product_that_there_is_not_is_named(airflow):
    with pytest.raises(AirflowFailException, match="no product shop; there are: webapp"):
        ReportBudgetOperator(task_id="report", product="shop").execute({"dag_run": SimpleNamespace(run_id="manual__1")})
