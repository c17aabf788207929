"""The hourly reading of facts: git and feeds of a product into the tables, from where the last one ended."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from release_ops.operators.ingest import (
    CHANGES,
    DELIVERY_FACTS,
    IngestOperator,
    ListProductsOperator,
    PublishFactsOperator,
    ingest,
)
from release_ops.operators.parts import open_ledger
from release_ops.product import find_product

NOW = datetime.now(UTC)
DEPLOYMENTS = (
    "deployment,environment,version,result,finished_at\nD-1,prod,2.6.0,success,{one}\nD-2,prod,2.7.0,success,{two}\n"
)


@pytest.fixture
def fed(house):
    """The demo product with a feed of two deployments, an hour apart."""
    folder = house.rehearsal.file.parent
    at = {"one": (NOW - timedelta(hours=3)).isoformat(), "two": (NOW - timedelta(hours=2)).isoformat()}
    (folder / "deployments.csv").write_text(DEPLOYMENTS.format(**at))
    house.edit(
        "timezone: Europe/Berlin", "timezone: Europe/Berlin\ndelivery: {feeds: {deployments: {file: deployments.csv}}}"
    )
    return house


def rows(house, table):
    with house.store.connect() as connection:
        return connection.execute(f"SELECT * FROM release_ops.{table} WHERE product = 'webapp'").fetchall()


def read(*, full=False):
    return ingest(open_ledger(), find_product("webapp"), now=datetime.now(UTC), full=full)


def test_commits_tags_deployments_and_what_each_brought_are_read(fed):
    changes, problems = read()
    assert problems == []
    assert {"commits", "published_releases", "deployments", "deployed_commits"} <= changes.keys()
    brought = rows(fed, "deployed_commit")
    assert brought
    assert {one["deployment"] for one in brought} == {"D-2"}
    states = fed.store.all("ingest_states", product="webapp")
    assert {(one["source"], one["stream"]) for one in states} == {
        ("git", "commits"),
        ("git", "published_releases"),
        ("csv", "deployments"),
        ("git", "deployed_commits"),
    }
    assert all(one["finished_at"] for one in states)


def test_reading_twice_is_reading_once_and_so_is_reading_everything_again(fed):
    read()
    tables = ("commit", "published_release", "deployment", "deployed_commit")
    before = {table: rows(fed, table) for table in tables}
    for full in (False, True):
        changes, problems = read(full=full)
        assert problems == []
        assert not any(changes.values())
        assert {table: rows(fed, table) for table in tables} == before


def test_a_bad_feed_hinders_nothing_else_and_is_named(fed):
    (fed.rehearsal.file.parent / "deployments.csv").write_text("deployment,environment,result\nD-1,prod,done\n")
    _, problems = read()
    assert len(problems) == 1
    assert problems[0].startswith("deployments from csv: ")
    assert "result" in problems[0]
    assert rows(fed, "commit")
    (state,) = [one for one in fed.store.all("ingest_states", product="webapp") if one["stream"] == "deployments"]
    assert state["problem"]
    assert state["finished_at"] is None


def test_a_feed_that_left_the_product_file_takes_its_rows_along(fed):
    read()
    fed.edit("delivery: {feeds: {deployments: {file: deployments.csv}}}", "delivery: {}")
    _, problems = read()
    assert problems == []
    assert rows(fed, "deployment") == []
    assert rows(fed, "deployed_commit") == []


def context():
    pushed = {}
    return {
        "ti": SimpleNamespace(xcom_push=lambda key, value: pushed.update({key: value})),
        "outlet_events": {DELIVERY_FACTS: SimpleNamespace(extra=None)},
    }, pushed


def test_the_asset_is_told_rows_and_period_and_nothing_when_nothing_changed(fed):
    about, pushed = context()
    IngestOperator(task_id="ingest", product="webapp").execute(about)
    extra = PublishFactsOperator(task_id="publish", changes=[pushed[CHANGES], None]).execute(about)
    assert extra["rows"]["deployments"] == {"written": 2, "removed": 0}
    assert extra["from"] < extra["until"]
    assert about["outlet_events"][DELIVERY_FACTS].extra == extra
    IngestOperator(task_id="ingest", product="webapp").execute(about)
    with pytest.raises(AirflowSkipException):
        PublishFactsOperator(task_id="publish", changes=[pushed[CHANGES]]).execute(about)


def test_a_product_that_there_is_not_is_refused(fed):
    assert "webapp" in ListProductsOperator(task_id="products").execute({})
    with pytest.raises(AirflowFailException, match="no product wepapp"):
        ListProductsOperator(task_id="products", product="wepapp").execute({})
