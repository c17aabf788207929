"""Quality checks: sound tables pass, full or empty, and one wrong row stops the publication with words that help."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException
from psycopg.conninfo import conninfo_to_dict

from release_ops.contract import told_by
from release_ops.database import DATABASE_CONNECTION, dsn
from release_ops.operators.quality_checks import CheckColumnsOperator, CheckRowsOperator
from release_ops.quality_checks import CheckFileError, Checks, column_arguments, quality_checks, row_arguments
from release_ops.store import Store
from tests.metrics.world import add, at, fill

Use = Callable[..., None]


@pytest.fixture
def use(store: Store, monkeypatch: pytest.MonkeyPatch) -> Use:
    """Give Airflow the connection to the test's database, in one of the forms that people write it in."""

    def _use(form: str = "host") -> None:
        parts = conninfo_to_dict(store.dsn)
        fields: dict[str, Any] = {"conn_type": "postgres", "login": parts["user"], "schema": parts["dbname"]}
        fields |= {"host": parts["host"]} if form == "host" else {"extra": {"host": parts["host"]}}
        monkeypatch.setenv("AIRFLOW_CONN_RELEASE_OPS_DB", json.dumps(fields))

    return _use


def check(table: str) -> None:
    """What the DAG does with the checks of a table."""
    checks = quality_checks()[table]
    if checks.columns:
        CheckColumnsOperator(task_id="columns", conn_id=DATABASE_CONNECTION, **column_arguments(checks)).execute({})
    CheckRowsOperator(task_id="rows", conn_id=DATABASE_CONNECTION, **row_arguments(checks)).execute({})


TELLERS = (
    "delivery_metrics",
    "budget_variance",
    "stakeholder_updates",
    "capacity_review",
    "satisfaction_survey",
    "release_review",
    "flag_report",
)
"""The DAGs that publish tables."""


def test_every_table_that_is_published_is_checked_and_no_other(store):
    assert set(quality_checks()) == {table.name for dag in TELLERS for table in told_by(dag)}


@pytest.mark.parametrize("filled", [True, False])
def test_sound_tables_pass_also_without_rows(store, use, filled):
    use()
    if filled:
        fill(store)
    for table in quality_checks():
        check(table)


WRONG: list[tuple[str, str, str, dict[str, Any]]] = [
    ("deployment", "is_from_the_future", "deployment", {"finished_at": at("2126-01-01 00:00")}),
    ("deployment", "ends_long_before_it_starts", "deployment", {"started_at": at("2026-03-01 00:00")}),
    ("incident", "is_from_the_future", "incident", {"started_at": at("2126-01-01 00:00")}),
    ("release_measure", "nps_is_out_of_range", "release_measure", {"measure": "nps", "value": 410}),
    ("release_measure", "cost_has_no_currency", "release_measure", {"measure": "cost", "value": 1, "unit": "euros"}),
    ("deployed_commit", "every_deployment_is_known", "deployed_commit", {"deployment": "nobody knows"}),
    ("issue", "is_closed_without_a_time", "issue", {"state": "closed"}),
    (
        "issue",
        "few_are_closed_before_they_are_opened",
        "issue",
        {"state": "closed", "closed_at": at("2025-01-01 00:00")},
    ),
    ("pull_request", "is_merged_without_a_time", "pull_request", {"state": "merged"}),
    ("commit", "few_are_from_the_future", "commit", {"committed_at": at("2126-01-01 00:00")}),
    ("check_run", "few_end_before_they_start", "check_run", {"completed_at": at("2026-01-01 00:00")}),
    ("stakeholder_message", "escalated_to_nobody", "stakeholder_message", {"state": "escalated"}),
    ("stakeholder_message", "given_up_without_reason", "stakeholder_message", {"state": "lapsed"}),
    ("flag_change", "changes_nothing", "flag_change", {"old_value": "on", "new_value": "on"}),
]
SOUND: dict[str, dict[str, Any]] = {
    "deployment": {
        "deployment": "d",
        "environment": "production",
        "result": "success",
        "finished_at": at("2026-02-02 00:00"),
    },
    "incident": {"incident": "i", "started_at": at("2026-02-02 00:00")},
    "release_measure": {"version": "1.0.0", "measured_at": at("2026-02-02 00:00")},
    "deployed_commit": {
        "environment": "production",
        "commit": "c",
        "deployed_at": at("2026-02-02 00:00"),
        "authored_at": at("2026-02-02 00:00"),
        "committed_at": at("2026-02-02 00:00"),
    },
    "issue": {"issue": "1", "created_at": at("2026-02-02 00:00")},
    "pull_request": {"pull_request": "1", "created_at": at("2026-02-02 00:00")},
    "commit": {"commit": "c", "authored_at": at("2026-02-02 00:00")},
    "check_run": {"commit": "c", "name": "tests", "state": "success", "started_at": at("2026-02-02 00:00")},
    "stakeholder_message": {
        **{"key": "k", "phase": "plan", "title": "The plan", "kind": "brief", "channel_kind": "outbox"},
        **dict.fromkeys(("first_due_at", "due_at", "useful_until", "planned_at", "changed_at"), at("2026-02-02 00:00")),
    },
    "flag_change": {"change": "1", "flag": "f", "changed_at": at("2026-02-02 00:00")},
}


FEW = 10
"""Rows with a wrong time that hold nothing back, however few rows there are: somebody's clock is always wrong."""
KEYS = {"issue": "issue", "commit": "commit", "check_run": "commit"}


@pytest.mark.parametrize(("table", "name", "into", "wrong"), WRONG)
def test_a_wrong_row_is_told_with_its_check_and_a_query_that_shows_it(store, use, table, name, into, wrong):
    use()
    if name.startswith("few_"):
        for number in range(FEW):
            add(store, into, {"product": "webapp", **SOUND[into], **wrong, KEYS[into]: f"other {number}"})
        check(table)
    add(store, into, {"product": "webapp", **SOUND[into], **wrong})
    with pytest.raises(AirflowFailException) as caught:
        check(table)
    said = str(caught.value)
    assert said.startswith(
        f"release_metrics.{table} is not sound, so that no table of this run is published (include/sql/checks/{table}.yaml)"
    )
    assert f"\n{name}: " in said
    if "see SELECT" in said:
        with store.connect() as connection:
            assert len(connection.execute(said.partition("see ")[2]).fetchall()) == 1


def test_a_ratio_beyond_one_is_told_with_its_value_and_bound(store, use):
    """A view cannot be made wrong by rows, so another one is put in its place."""
    use()
    with store.connect() as connection:
        connection.execute("CREATE TABLE release_metrics.wrong AS SELECT 1.2 AS ratio, NULL::numeric AS other")
    checks = Checks(
        table="wrong", columns={"ratio": {"max": {"leq_to": 1}}, "other": {"min": {"geq_to": 0}}}, never={}, always={}
    )
    operator = CheckColumnsOperator(task_id="columns", conn_id=DATABASE_CONNECTION, **column_arguments(checks))
    with pytest.raises(AirflowFailException, match=r"\nratio: max is 1\.2, which is not at most 1$"):
        operator.execute({})


def test_only_the_rows_that_a_file_names_are_looked_at(store, use):
    use()
    with store.connect() as connection:
        connection.execute("CREATE TABLE release_metrics.long AS SELECT n FROM generate_series(1, 9) n")
    checks = {"table": "long", "columns": {"n": {"max": {"leq_to": 4}}}, "always": {"are_four": "count(*) = 4"}}
    some = Checks(where="n < 5", never={"is_large": "n > 4"}, **checks)
    CheckColumnsOperator(task_id="columns", conn_id=DATABASE_CONNECTION, **column_arguments(some)).execute({})
    CheckRowsOperator(task_id="rows", conn_id=DATABASE_CONNECTION, **row_arguments(some)).execute({})
    wrong = Checks(where="n < 5", never={"is_even": "n = 2 OR n = 8"}, **checks)
    with pytest.raises(AirflowFailException, match=r"\nis_even: see SELECT \* .* WHERE \(n = 2 OR n = 8\) AND n < 5$"):
        CheckRowsOperator(task_id="rows", conn_id=DATABASE_CONNECTION, **row_arguments(wrong)).execute({})


@pytest.mark.parametrize("form", ["host", "extra"])
def test_the_providers_hook_connects_with_every_form_of_our_connection(store, use, form):
    """A socket's folder as host, which is what `make run` writes, or among the extras."""
    use(form)
    from airflow.sdk import BaseHook

    connection = BaseHook.get_connection(DATABASE_CONNECTION)
    assert conninfo_to_dict(dsn(connection)) == conninfo_to_dict(store.dsn)
    check("release_scorecard")


def test_results_are_kept_for_who_listens(store, use):
    """OpenLineage and other listeners read them from the operator."""
    use()
    fill(store)
    checks = quality_checks()["release_scorecard"]
    operator = CheckRowsOperator(task_id="rows", conn_id=DATABASE_CONNECTION, **row_arguments(checks))
    operator.execute({})
    assert {result.name for result in operator.check_results} == {*checks.never, *checks.always}
    assert all(result.success for result in operator.check_results)


# Files of checks


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "holds no checks; write some under always, columns, never, where"),
        ("nver: {}", "nver: unknown; write always, columns, never, where"),
        ("never: {Wrong Name: a > b}", "Wrong Name: write a name of its own"),
        ("never: {twice: a}\nalways: {twice: b}", "twice: write a name of its own"),
        ("never: {two: a > b; DROP TABLE x}", "write one SQL expression, without a semicolon"),
        ("never: {no_text: 1}", "no_text: 1: write one SQL expression"),
    ],
)
def test_a_file_that_cannot_be_used_is_told(tmp_path, text, said):
    (tmp_path / "wrong.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(CheckFileError) as caught:
        quality_checks(tmp_path)
    assert said in str(caught.value)
    assert "wrong.yaml" in str(caught.value)
