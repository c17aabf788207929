"""New facts start the metrics; what is sound is published and written as Parquet, and one wrong row holds all back."""

from __future__ import annotations

import time
from typing import Any
from urllib.parse import quote

import pandas as pd
import pytest

from release_ops.contract import told_by
from release_ops.quality_checks import checks_of

pytestmark = [pytest.mark.system, pytest.mark.timeout(1800)]

DAG = "delivery_metrics"
SCORECARD = "release_metrics/release_scorecard"


def new_facts(house) -> dict[str, Any]:
    """The run that the asset of the ingest starts, when it has ended."""
    house.airflow.unpause(DAG)
    (facts,) = house.wait(
        lambda: [
            one
            for one in house.airflow.rest("GET", "/assets?name_pattern=release_ops/delivery_facts")["assets"]
            if one["name"] == "release_ops/delivery_facts"
        ],
        "the asset of the facts to be known",
    )
    before = {run["dag_run_id"] for run in runs(house)}
    house.airflow.rest("POST", "/assets/events", json={"asset_id": facts["id"]})

    def ended():
        new = [run for run in runs(house) if run["dag_run_id"] not in before and run["run_type"] == "asset_triggered"]
        return new[0] if new and new[0]["state"] in {"success", "failed"} else None

    return house.wait(ended, f"the run of {DAG} to end")


def runs(house) -> list[dict[str, Any]]:
    return house.airflow.rest("GET", f"/dags/{DAG}/dagRuns?limit=100")["dag_runs"]


def states(house, run: dict[str, Any]) -> dict[str, list[str]]:
    path = f"/dags/{DAG}/dagRuns/{quote(run['dag_run_id'], safe='')}/taskInstances?limit=200"
    found: dict[str, list[str]] = {}
    for task in house.airflow.rest("GET", path)["task_instances"]:
        found.setdefault(task["task_id"], []).append(task["state"])
    return found


def told(house) -> dict[str, list[dict[str, Any]]]:
    """Extras of the events of this DAG, by asset."""
    found: dict[str, list[dict[str, Any]]] = {}
    for event in house.airflow.rest("GET", f"/assets/events?source_dag_id={DAG}&limit=1000")["asset_events"]:
        found.setdefault(event["name"], []).append(event["extra"])
    return found


def release(house, version: str) -> None:
    with house.store.connect() as connection:
        connection.execute(
            "INSERT INTO release_ops.release (product, version, type) VALUES ('metrics', %s, 'minor')", [version]
        )


def test_new_facts_are_worked_out_checked_published_and_exported(house):
    release(house, f"1.0.{int(time.time())}")
    run = new_facts(house)
    found = states(house, run)
    assert found["check_rows"] == ["success"] * len(checks_of(DAG))
    assert {state for of_task in found.values() for state in of_task} == {"success"}
    events = told(house)
    assert {f"release_metrics/{table.name}" for table in told_by(DAG)} <= events.keys()
    with house.store.connect() as connection:
        (count,) = connection.execute("SELECT count(*) AS rows FROM release_metrics.release_scorecard").fetchall()
        targets = connection.execute("SELECT product, profile FROM release_metrics.product_target").fetchall()
    assert events[SCORECARD][0] == {"rows": count["rows"]}
    assert {"product": "webapp", "profile": "standard"} in targets
    frame = pd.read_parquet(house.folder / "parquet" / "release_scorecard")
    assert len(frame) == count["rows"]
    assert "metrics" in set(frame["product"])


def test_a_wrong_row_makes_the_run_red_and_nothing_is_published(house):
    version = f"2.0.{int(time.time())}"
    release(house, version)
    before = {name: len(extras) for name, extras in told(house).items()}
    with house.store.connect() as connection:
        connection.execute(
            "INSERT INTO release_ops.release_measure (product, version, measure, value, measured_at) "
            "VALUES ('metrics', %s, 'nps', 410, now())",
            [version],
        )
    try:
        run = new_facts(house)
    finally:
        with house.store.connect() as connection:
            connection.execute("DELETE FROM release_ops.release_measure WHERE product = 'metrics'")
    found = states(house, run)
    assert run["state"] == "failed"
    assert sorted(found["check_rows"]) == ["failed", *["success"] * (len(checks_of(DAG)) - 1)]
    assert found["publish"] == found["export_parquet"] == ["upstream_failed"]
    assert {name: len(extras) for name, extras in told(house).items()} == before
    frame = pd.read_parquet(house.folder / "parquet" / "release_scorecard")
    assert version not in set(frame["version"])
