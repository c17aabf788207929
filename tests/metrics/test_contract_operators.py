"""Targets from the product files, assets that tell of tables, Parquet on a schedule."""

from __future__ import annotations

import json
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest
from airflow.sdk import Asset
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException
from psycopg.conninfo import conninfo_to_dict

from release_ops.operators.contract import (
    PARQUET,
    ExportParquetOperator,
    PublishTablesOperator,
    SyncTargetsOperator,
    assets_of,
)
from release_ops.store import Store
from tests.metrics.world import at

PRODUCTS = Path(__file__).resolve().parents[2] / "include" / "products"


class Outlets(dict[Asset, SimpleNamespace]):
    """What a task says with its assets."""

    def __missing__(self, asset: Asset) -> SimpleNamespace:
        self[asset] = SimpleNamespace(extra={})
        return self[asset]


def context(run_type: str = "scheduled") -> Any:
    return {
        "outlet_events": Outlets(),
        "dag_run": SimpleNamespace(run_type=run_type, run_after=at("2026-07-20 05:40")),
    }


def connect(store: Store, monkeypatch: pytest.MonkeyPatch) -> Store:
    parts = conninfo_to_dict(store.dsn)
    fields = {"conn_type": "postgres", "login": parts["user"], "host": parts["host"], "schema": parts["dbname"]}
    monkeypatch.setenv("AIRFLOW_CONN_RELEASE_OPS_DB", json.dumps(fields))
    return store


@pytest.fixture
def empty(store: Store, monkeypatch: pytest.MonkeyPatch) -> Store:
    return connect(store, monkeypatch)


@pytest.fixture
def full(world: Store, monkeypatch: pytest.MonkeyPatch) -> Store:
    return connect(world, monkeypatch)


def targets(store: Store) -> list[dict[str, Any]]:
    with store.connect() as connection:
        return connection.execute("SELECT * FROM release_metrics.product_target ORDER BY product").fetchall()


@pytest.fixture
def products(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the demo and, as `pay`, the same under the strict profile."""
    folder = tmp_path / "products"
    folder.mkdir()
    for file in PRODUCTS.glob("_*.yaml"):
        (folder / file.name).write_bytes(file.read_bytes())
    demo = (PRODUCTS / "demo.yaml").read_text(encoding="utf-8")
    (folder / "demo.yaml").write_text(demo, encoding="utf-8")
    strict = demo.replace("product: webapp", "product: pay", 1)
    strict += "\ndelivery: {production: live, targets: {profile: strict, critical_issues: 2}}\n"
    (folder / "pay.yaml").write_text(strict, encoding="utf-8")
    monkeypatch.setenv("RELEASE_OPS_PRODUCTS", str(folder))
    return folder


def sync() -> dict[str, int]:
    return SyncTargetsOperator(task_id="sync_targets").execute(context())


def test_targets_are_those_of_the_product_files(empty, products):
    assert sync() == {"products": 2, "changed": 2}
    pay, webapp = targets(empty)
    assert (webapp["profile"], webapp["timezone"], webapp["production"]) == ("standard", "Europe/Berlin", "production")
    assert (float(webapp["deployment_success"]), float(webapp["critical_issues"])) == (0.98, 0.5)
    assert (webapp["freeze_to_production"].days, webapp["recovery"]) == (28, None)
    assert (pay["profile"], pay["production"]) == ("strict", "live")
    assert (float(pay["deployment_success"]), float(pay["critical_issues"])) == (0.995, 2)
    assert pay["recovery"].total_seconds() == 7200


def test_what_has_not_changed_is_not_written_and_what_cannot_be_read_stays(empty, products):
    sync()
    before = targets(empty)
    assert sync()["changed"] == 0
    assert targets(empty) == before
    broken = (products / "pay.yaml").read_text(encoding="utf-8").replace("timezone:", "timezon:")
    (products / "pay.yaml").write_text(broken, encoding="utf-8")
    assert sync() == {"products": 1, "changed": 0}
    assert targets(empty) == before
    eased = (products / "demo.yaml").read_text(encoding="utf-8")
    eased += "\ndelivery: {targets: {profiles: {standard: {critical_issues: null}}}}\n"
    (products / "demo.yaml").write_text(eased, encoding="utf-8")
    assert sync()["changed"] == 1
    assert targets(empty)[1]["critical_issues"] is None


def test_a_zone_that_the_database_does_not_know_counts_in_utc(empty, products):
    with empty.connect() as connection:
        row = {"product": "far", "profile": "", "timezone": "Mars/Olympus", "production": "production"}
        row |= dict.fromkeys(("deployment_success", "freeze_to_production", "critical_issues", "recovery"))
        empty.execute("product_targets_save", targets=[row])
        connection.execute("INSERT INTO release_ops.release (product, version, type) VALUES ('far', '1.0.0', 'minor')")
        (found,) = connection.execute("SELECT timezone FROM release_metrics.product_target").fetchall()
        assert found["timezone"] == "UTC"
        assert connection.execute("SELECT * FROM release_metrics.release_scorecard").fetchall() != []


def test_an_asset_tells_how_many_rows_its_table_has_and_which_time_they_cover(full):
    told = context()
    PublishTablesOperator(task_id="publish", outlets=assets_of("delivery_metrics")).execute(told)
    events = {asset.name: event.extra for asset, event in told["outlet_events"].items()}
    assert events["release_metrics/release_scorecard"] == {"rows": 4}
    assert events["release_metrics/deployment"] == {
        "rows": 10,
        "from": "2026-01-13T10:00:00+00:00",
        "until": "2026-06-22T09:00:00+00:00",
    }
    dora = events["release_metrics/dora"]
    assert dora["from"] == "2026-01-01"
    assert dora["rows"] > 100
    json.dumps(events)


@pytest.mark.parametrize(
    ("table", "base"), [("deployment_predecessor", "deployment"), ("pull_request_flow", "pull_request")]
)
def test_counting_rows_that_look_something_up_looks_nothing_up(full, table, base):
    with full.connect() as connection:
        plan = connection.execute(f"EXPLAIN (FORMAT JSON) SELECT count(*) FROM release_metrics.{table}").fetchone()
    assert re.findall(r'"Relation Name": "(\w+)"', json.dumps(plan)) == [base]


def test_tables_without_rows_are_told_too(empty):
    told = context()
    PublishTablesOperator(task_id="publish", outlets=assets_of("delivery_metrics")).execute(told)
    assert {event.extra["rows"] for event in told["outlet_events"].values()} == {0}


def test_parquet_goes_to_the_place_of_the_variable(full, tmp_path):
    operator = ExportParquetOperator(task_id="export_parquet", outlets=[PARQUET])
    operator.render_template_fields({"var": {"value": {"release_ops_parquet": f"file://{tmp_path}/files"}}})
    told = context()
    counts = operator.execute(told)
    assert counts["written"] > 50
    assert told["outlet_events"][PARQUET].extra == {"place": f"file://{tmp_path}/files", **counts}
    assert pq.read_table(tmp_path / "files" / "release_scorecard" / "part.parquet").num_rows == 4


@pytest.mark.parametrize(("run_type", "found"), [("asset_triggered", False), ("scheduled", True), ("manual", True)])
def test_a_run_after_new_facts_leaves_months_alone_that_are_long_over(full, tmp_path, run_type, found):
    ExportParquetOperator(task_id="export_parquet", outlets=[PARQUET], place=str(tmp_path)).execute(context())
    with full.connect() as connection:
        connection.execute(
            "UPDATE release_ops.deployment SET url = 'https://ci.example' WHERE finished_at < '2026-06-01Z'"
        )
        connection.execute(
            "UPDATE release_ops.deployment SET url = 'https://ci.test' WHERE finished_at >= '2026-06-15Z'"
        )
    ExportParquetOperator(task_id="again", outlets=[PARQUET], place=str(tmp_path)).execute(context(run_type))
    urls = set(ds.dataset(tmp_path / "deployment", partitioning="hive").to_table().column("url").to_pylist())
    assert "https://ci.test" in urls
    assert ("https://ci.example" in urls) is found


def test_without_a_place_nothing_is_written_and_with_a_wrong_one_it_is_told(empty):
    operator = ExportParquetOperator(task_id="export_parquet", outlets=[PARQUET])
    operator.render_template_fields({"var": {"value": {}}})
    with pytest.raises(AirflowSkipException, match="the variable release_ops_parquet names no place"):
        operator.execute(context())
    with pytest.raises(
        AirflowFailException, match="variable release_ops_parquet: 'metrics' is neither an absolute path"
    ):
        ExportParquetOperator(task_id="export_parquet", place="metrics").execute(context())
