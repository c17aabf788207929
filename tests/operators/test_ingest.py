"""The hourly reading of facts: git and feeds of a product into the tables, from where the last one ended."""

from __future__ import annotations

import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from release_ops.ledger import LockBusy
from release_ops.operators import ingest_reading, parts
from release_ops.operators.ingest import (
    CHANGES,
    DELIVERY_FACTS,
    IngestOperator,
    ListProductsOperator,
    PublishFactsOperator,
)
from release_ops.operators.ingest_reading import ingest
from release_ops.operators.parts import open_ledger
from release_ops.product import find_product
from tests.fakes.github import TOKEN, FakeGitHub

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
    outcome = ingest(open_ledger(), find_product("webapp"), now=datetime.now(UTC), full=full)
    return outcome.changes, outcome.problems


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


def feeds(house, **files):
    """Give the product these feeds, each a CSV file, instead of those that it has."""
    lines = house.rehearsal.file.read_text(encoding="utf-8").splitlines()
    kept = [line for line in lines if not line.startswith("delivery:")]
    named = json.dumps({stream: {"file": f"{stream}.csv"} for stream in files})
    house.rehearsal.file.write_text("\n".join([*kept, f"delivery: {{feeds: {named}}}", ""]), encoding="utf-8")
    for stream, text in files.items():
        (house.rehearsal.file.parent / f"{stream}.csv").write_text(text)


def sources(house, table):
    return {one["source"] for one in rows(house, table)}


def test_a_repository_that_does_not_answer_hinders_no_feed_and_is_told_for_each_stream(fed):
    shutil.rmtree(fed.remote)
    _, problems = read()
    assert [problem.partition(":")[0] for problem in problems] == [
        "commits from git",
        "published_releases from git",
        "deployed_commits from git",
    ]
    assert all("repository.location" in problem for problem in problems)
    assert len(rows(fed, "deployment")) == 2


def test_who_feeds_the_commits_needs_no_repository(house):
    shutil.rmtree(house.remote)
    at = "2026-10-01T10:00:00Z,2026-10-01T10:00:00Z"
    feeds(
        house,
        commits=f"commit,authored_at,committed_at\naaa,{at}\n",
        deployments="deployment,environment,result,finished_at\nD-1,prod,success,2026-10-02T10:00:00Z\n",
        deployed_commits="deployment,commit\nD-1,aaa\n",
    )
    assert read()[1] == []
    assert [one["commit"] for one in rows(house, "deployed_commit")] == ["aaa"]


def test_a_commit_that_is_not_there_is_noted_and_fails_nothing(fed):
    path = fed.rehearsal.file.parent / "deployments.csv"
    path.write_text(path.read_text().replace("2.7.0", "9.9.9"))
    outcome = ingest(open_ledger(), find_product("webapp"), now=NOW)
    assert outcome.problems == []
    assert ["no tag for '9.9.9'" in note for note in outcome.notes] == [True]
    (state,) = [one for one in fed.store.all("ingest_states", product="webapp") if one["stream"] == "deployed_commits"]
    assert "no tag for '9.9.9'" in state["problem"]
    assert state["finished_at"] is not None


def test_a_stream_has_one_place_and_a_broken_one_takes_nothing_away(house):
    read()
    assert sources(house, "commit") == {"git"}
    feeds(house, commits="commit,authored_at\naaa,2026-10-01T10:00:00Z\n")
    assert "committed_at: is missing from the heading" in read()[1][0]
    assert sources(house, "commit") == {"git"}
    feeds(house, commits="commit,authored_at,committed_at\naaa,2026-10-01T10:00:00Z,2026-10-01T10:00:00Z\n")
    assert read()[1] == []
    assert sources(house, "commit") == {"csv"}
    feeds(house)
    assert read()[1] == []
    assert sources(house, "commit") == {"git"}


def test_a_failure_between_two_streams_is_made_up_for(fed, monkeypatch):
    """A task that is killed leaves whole streams or nothing of them; the next one brings the rest."""

    def killed(*args, **named):
        raise KeyboardInterrupt

    for name in ("load_commits", "load_releases", "load_feed", "load_deployed_commits"):
        with monkeypatch.context() as patch:
            patch.setattr(ingest_reading, name, killed)
            with pytest.raises(KeyboardInterrupt):
                read()
    read()
    broken = {table: plain(rows(fed, table)) for table in TABLES}
    with fed.store.connect() as connection:
        connection.execute(f"TRUNCATE {', '.join(f'release_ops.{table}' for table in (*TABLES, 'ingest_state'))}")
    read()
    assert {table: plain(rows(fed, table)) for table in TABLES} == broken


TABLES = ("commit", "published_release", "deployment", "deployed_commit")


def plain(found):
    return sorted((sorted((k, str(v)) for k, v in one.items() if k != "loaded_at") for one in found), key=str)


def test_two_readings_at_once_are_one_after_the_other(fed, monkeypatch):
    def busy() -> bool:
        try:
            with open_ledger().product_lock("webapp:ingest", wait=False):
                return False
        except LockBusy:
            return True

    seen = list[bool]()
    real = ingest_reading.load_feed

    def while_reading(*args, **named):
        with ThreadPoolExecutor(1) as rival:
            seen.append(rival.submit(busy).result())
        return real(*args, **named)

    monkeypatch.setattr(ingest_reading, "load_feed", while_reading)
    read()
    assert seen == [True]
    assert not busy()


# A product on GitHub


@pytest.fixture
def github(house, monkeypatch):
    """The product on a GitHub that knows of deployments and issues."""
    house.edit(f"location: {house.remote}", "location: octo/webapp")
    monkeypatch.setattr(parts, "git_address", lambda github: str(house.remote))
    house.edit("repository:\n  kind: git\n", "repository:\n  kind: github\n  connection: github_fake\n")
    with FakeGitHub() as fake:
        connection = {"conn_type": "github", "host": fake.url, "password": TOKEN}
        monkeypatch.setenv("AIRFLOW_CONN_GITHUB_FAKE", json.dumps(connection))
        yield fake
        assert fake.violations == []


def hours_ago(hours):
    return (NOW - timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest.fixture
def there(house, github):
    there = github.delivery
    for place, tag in enumerate(("v2.6.0", "v2.7.0"), 1):
        at, commit = hours_ago(48 - place), house.git("rev-parse", f"{tag}^{{commit}}")
        there.add_deployment(place, environment="prod", commit=commit, created_at=at, statuses=[("SUCCESS", at)])
        there.add_release(tag, created_at=at, published_at=at, commit=commit)
    there.add_issue(7, labels=["outage"], created_at=hours_ago(5), updated_at=hours_ago(5))
    return there


def test_what_github_tells_stands_beside_the_commits_with_the_versions_of_the_tags(house, there):
    assert read()[1] == []
    assert {(one["environment"], one["version"]) for one in rows(house, "deployment")} == {
        ("production", "2.6.0"),
        ("production", "2.7.0"),
    }
    assert {one["version"] for one in rows(house, "published_release")} == {"2.6.0", "2.7.0"}
    assert sources(house, "published_release") == {"github"}
    assert [one["incident"] for one in rows(house, "incident")] == ["7"]
    assert {one["deployment"] for one in rows(house, "deployed_commit")} == {
        max(rows(house, "deployment"), key=lambda one: one["version"])["deployment"]
    }
    assert not any(read()[0].values())
    assert not any(read(full=True)[0].values())


def test_a_feed_is_read_instead_of_github_and_incidents_beside_it(house, there):
    read()
    feeds(
        house,
        deployments="deployment,environment,result,finished_at\nD-1,prod,success,2026-10-02T10:00:00Z\n",
        incidents="incident,started_at\nP-1,2026-10-02T11:00:00Z\n",
    )
    assert read()[1] == []
    assert sources(house, "deployment") == {"csv"}
    assert rows(house, "deployment_status") == []
    assert {one["incident"] for one in rows(house, "incident")} == {"7", "P-1"}
    assert sources(house, "published_release") == {"github"}
    feeds(house)
    assert read()[1] == []
    assert sources(house, "deployment") == {"github"}
    assert {one["incident"] for one in rows(house, "incident")} == {"7"}


def test_a_row_of_github_from_the_future_is_passed_over_and_hinders_nothing(house, there, caplog):
    there.add_release("v9.9.9", created_at=hours_ago(1), published_at=hours_ago(-1000), commit="")
    assert read()[1] == []
    assert {one["version"] for one in rows(house, "published_release")} == {"2.6.0", "2.7.0"}
    assert "published_releases from GitHub: 1 rows from the future are passed over" in caplog.text


def test_a_github_that_refuses_the_token_hinders_no_other_source(house, github, there, monkeypatch):
    connection = {"conn_type": "github", "host": github.url, "password": "ghp_wrong"}
    monkeypatch.setenv("AIRFLOW_CONN_GITHUB_FAKE", json.dumps(connection))
    _, problems = read()
    assert "ghp_wrong" not in str(problems)
    assert [problem.split()[0] for problem in problems] == [
        "pull_requests",
        "issues",
        "published_releases",
        "deployments",
    ]
    assert rows(house, "commit")


def context(try_number=1):
    pushed = {}
    return {
        "ti": SimpleNamespace(try_number=try_number, xcom_push=lambda key, value: pushed.update({key: value})),
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


def test_what_a_try_wrote_is_told_by_the_next_one_though_that_finds_nothing_new(fed):
    about, _ = context()
    feeds(
        fed,
        deployments="deployment,environment,result,finished_at\nD-9,prod,success,2026-10-02T10:00:00Z\n",
        issues="?\n",
    )
    with pytest.raises(AirflowFailException, match="issues from csv"):
        IngestOperator(task_id="ingest", product="webapp").execute(about)
    # Airflow forgets what a try pushed when the next one begins.
    about, pushed = context(try_number=2)
    with pytest.raises(AirflowFailException, match="issues from csv"):
        IngestOperator(task_id="ingest", product="webapp").execute(about)
    extra = PublishFactsOperator(task_id="publish", changes=[pushed[CHANGES]]).execute(about)
    assert extra["rows"] == {"earlier try": {"written": 0, "removed": 0}}


def test_a_product_that_there_is_not_is_refused(fed):
    assert "webapp" in ListProductsOperator(task_id="products").execute({})
    with pytest.raises(AirflowFailException, match="no product wepapp"):
        ListProductsOperator(task_id="products", product="wepapp").execute({})
