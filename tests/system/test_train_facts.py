"""What is known once the demo's train is out: facts are read, DORA is made of them, and every release is reported on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from quickstart.evaluation import Evaluation
from tests.metrics.dora_oracle import differences
from tests.quickstart.files_oracle import FilesOracle

pytestmark = [pytest.mark.system, pytest.mark.timeout(1800)]

KEY = ("product", "environment", "period", "starts_on")
PRODUCTS = ("shop-api", "webapp")
FACTS = (
    "commit", "pull_request", "pull_review", "check_run", "issue", "published_release", "deployment", "deployment_status",
    "deployed_commit", "incident", "flag_change", "release_measure",
)  # fmt: skip


@pytest.fixture(scope="module")
def evaluated(house) -> datetime:
    """When the DAGs began that read, work out and report; all of them succeeded."""
    begun = datetime.now(UTC)
    house.demo.deploy()
    evaluation = Evaluation(house.airflow, lambda _: None, house.approver.look)
    evaluation.run()
    assert evaluation.failed == []
    return begun


def rows(house, text: str) -> list[dict]:
    with house.store.connect() as connection:
        return connection.execute(text).fetchall()


@pytest.mark.parametrize("product", PRODUCTS)
def test_every_fact_that_the_ci_wrote_is_in_the_tables(house, evaluated, product):
    (ci,) = (one for one in house.demo.cis if one.product.id == product)
    for fact in FACTS:
        (row,) = rows(house, f"SELECT count(*) AS found FROM release_metrics.{fact} WHERE product = '{product}'")
        if fact in {"commit", "published_release", "deployed_commit"}:  # git tells
            assert row["found"] > 0, fact
        elif (ci.folder / f"{fact}s.csv").exists():
            assert row["found"] == len(ci.rows(f"{fact}s")), fact


def test_every_cell_of_dora_is_what_the_words_make_of_the_files_and_the_repository(house, evaluated):
    read = rows(house, "SELECT product, finished_at FROM release_ops.ingest_state WHERE stream = 'deployments'")
    read_at = {row["product"]: row["finished_at"] for row in read if row["product"] in PRODUCTS}
    assert sorted(read_at) == sorted(PRODUCTS)
    found = rows(house, f"SELECT * FROM release_metrics.dora WHERE product IN {PRODUCTS}")
    oracle = FilesOracle(house.demo.cis, read_at, datetime.now(UTC))
    expected = list(oracle.dora())
    assert len({(row["product"], row["environment"]) for row in expected}) == 4
    assert differences(found, expected, KEY) == []


def test_every_release_under_way_has_its_report_of_the_week(house, evaluated):
    found = rows(house, f"SELECT * FROM release_metrics.health WHERE latest AND product IN {PRODUCTS}")
    reports = {(row["product"], row["version"]): row for row in found}
    # A release whose support has ended keeps the last report that it had.
    under_way = {("webapp", "2.8.1"), ("webapp", "2.9.0"), ("shop-api", "1.5.0")}
    assert under_way <= set(reports)
    for row in (reports[release] for release in under_way):
        assert row["made_at"] >= evaluated - timedelta(seconds=1)
        assert row["status"] in {"green", "yellow", "red", "unknown"}
    assert reports["webapp", "2.9.0"]["on_time"] is not None
    assert reports["webapp", "2.9.0"]["quality"] is not None
    for product, version in reports:
        kept = {row["name"] for row in house.store.all("artifacts_list", product=product, version=version)}
        assert {"health.html", "health.md"} <= kept
