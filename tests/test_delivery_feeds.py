"""A product's feeds into the tables: whole or not at all, and what follows from one feed for the rows of another."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from release_ops.adapters.delivery_feed import FeedRejected
from release_ops.delivery_feeds import Loaded, drop, feed_streams, load_feed
from release_ops.domain.delivery_policy import DeliveryFeed
from release_ops.domain.facts import TABLES
from release_ops.domain.model import Product
from release_ops.facts_store import FactsStore
from release_ops.feeds_document import columns_document
from release_ops.product import ProductError, load_product
from release_ops.store import Store

PROJECT = Path(__file__).resolve().parents[1]
DEMO = PROJECT / "include" / "products" / "demo.yaml"
NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)


class Desk:
    """A product with feeds in a folder, and the tables that they go to."""

    def __init__(self, store: Store, folder: Path) -> None:
        self.store, self.folder = store, folder
        self.facts = FactsStore(store, "webapp")
        self.feeds: dict[str, DeliveryFeed] = {}

    @property
    def product(self) -> Product:
        product = load_product(DEMO)
        return replace(product, delivery=replace(product.delivery, feeds=self.feeds))

    def file(self, stream: str, text: str) -> None:
        (self.folder / f"{stream}.csv").write_text(text)
        self.feeds[stream] = DeliveryFeed(file=f"{stream}.csv")

    def load(self, stream: str, **more: Any) -> Loaded:
        return load_feed(self.facts, self.product, stream, folder=self.folder, **{"now": NOW, **more})

    def rows(self, stream: str, *columns: str) -> list[tuple]:
        with self.store.connect() as connection:
            found = connection.execute(f"SELECT * FROM release_metrics.{TABLES[stream]} ORDER BY 2, 3, 4, 5").fetchall()
        return [tuple(row[name] for name in columns) for row in found]


@pytest.fixture
def desk(store: Store, tmp_path: Path) -> Desk:
    return Desk(store, tmp_path)


@pytest.fixture
def tickets(dsn: str, monkeypatch: pytest.MonkeyPatch) -> psycopg.Connection:
    """The database of another team, on the connection `tickets`."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(
            "CREATE TABLE public.ticket (key text, status text, tags text[], opened timestamptz, closed timestamptz, "
            "changed timestamptz)"
        )
        info = conninfo_to_dict(dsn)
        parts = {"conn_type": "postgres", "host": info["host"], "login": info["user"], "schema": info["dbname"]}
        monkeypatch.setenv("AIRFLOW_CONN_TICKETS", json.dumps(parts))
        yield connection


DEPLOYMENTS = """deployment,environment,result,finished_at,commit
D-1,prod,success,2026-10-01T10:00:00Z,aaa
D-2,prod,success,2026-10-02T10:00:00Z,bbb
D-3,prod,failure,2026-10-03T10:00:00Z,ccc
D-4,prod,success,2026-10-04T10:00:00Z,ccc
"""


def test_a_file_is_the_whole_truth_of_its_stream(desk: Desk) -> None:
    desk.facts.write(
        {"deployments": [{"deployment": "G", "environment": "test", "result": "running"}]}, source="github"
    )
    desk.file("deployments", DEPLOYMENTS)
    loaded = desk.load("deployments")
    assert (loaded.rows, loaded.changes["deployments"].written) == (4, 4)
    assert desk.load("deployments").changes == {}
    desk.file("deployments", DEPLOYMENTS.replace("D-2", "D-5"))
    change = desk.load("deployments").changes["deployments"]
    assert (change.written, change.removed) == (1, 1)
    assert desk.rows("deployments", "deployment", "environment", "source") == [
        ("D-1", "production", "csv"),
        ("D-3", "production", "csv"),
        ("D-4", "production", "csv"),
        ("D-5", "production", "csv"),
        ("G", "test", "github"),
    ]


def test_of_a_file_with_one_bad_row_nothing_is_written(desk: Desk) -> None:
    desk.file("deployments", DEPLOYMENTS)
    desk.load("deployments")
    desk.file("deployments", "deployment,environment,result,finished_at\nD-9,prod,running,\nD-8,prod,done,\n")
    with pytest.raises(
        FeedRejected, match=r"deployments\.csv:3: result: 'done': .*\nnothing of deployments\.csv was taken"
    ):
        desk.load("deployments")
    assert [name for (name,) in desk.rows("deployments", "deployment")] == ["D-1", "D-2", "D-3", "D-4"]


def test_a_statement_without_since_is_the_whole_truth_too(desk: Desk, tickets: psycopg.Connection) -> None:
    tickets.execute("INSERT INTO ticket VALUES ('W-1', 'OPEN', '{outage,sev1}', '2026-11-01 09:00Z', null, now())")
    tickets.execute("INSERT INTO ticket VALUES ('W-2', 'OPEN', null, '2026-11-01 09:00Z', null, now())")
    statement = (
        "SELECT key AS issue, status AS state, tags AS labels, opened AS created_at FROM ticket WHERE key LIKE 'W%'"
    )
    desk.feeds["issues"] = DeliveryFeed(statement=statement, connection="tickets")
    assert desk.load("issues").rows == 2
    tickets.execute("DELETE FROM ticket WHERE key = 'W-2'")
    assert desk.load("issues").changes["issues"].removed == 1
    assert desk.rows("issues", "issue", "state", "severity", "source") == [("W-1", "open", "critical", "sql")]


def test_a_statement_with_since_brings_news_and_removes_nothing(desk: Desk, tickets: psycopg.Connection) -> None:
    for day in (1, 20):
        at = NOW - timedelta(days=day)
        tickets.execute("INSERT INTO ticket VALUES (%s, 'OPEN', null, %s, null, %s)", [f"W-{day}", at, at])
    tickets.execute("INSERT INTO ticket VALUES ('W-old', 'OPEN', null, %s, null, %s)", [NOW - timedelta(days=400)] * 2)
    statement = (
        "SELECT key AS issue, status AS state, opened AS created_at, closed AS closed_at FROM ticket "
        "WHERE changed >= %(since)s AND key LIKE 'W%' AND changed < %(since)s + interval '400 days'"
    )
    desk.feeds["issues"] = DeliveryFeed(statement=statement, connection="tickets")
    assert desk.load("issues").rows == 2
    tickets.execute("DELETE FROM ticket WHERE key = 'W-1'")
    tickets.execute("UPDATE ticket SET status = 'CLOSED', closed = %s, changed = %s WHERE key = 'W-20'", [NOW, NOW])
    assert desk.load("issues", now=NOW + timedelta(minutes=30)).rows == 1
    assert desk.rows("issues", "issue", "state") == [("W-1", "open"), ("W-20", "closed")]
    assert desk.load("issues", now=NOW + timedelta(hours=3)).changes == {}  # once more, an hour before the last reading
    assert desk.load("issues", now=NOW + timedelta(hours=5)).rows == 0
    assert desk.load("issues", now=NOW + timedelta(hours=5), full=True).rows == 1


def test_a_statement_that_fails_moves_no_watermark(desk: Desk, tickets: psycopg.Connection) -> None:
    tickets.execute("INSERT INTO ticket VALUES ('W-1', 'OPEN', null, %s, null, %s)", [NOW, NOW])
    tickets.execute("INSERT INTO ticket VALUES ('W-2', 'DONE', null, %s, null, %s)", [NOW, NOW])
    statement = "SELECT key AS issue, status AS state, opened AS created_at FROM ticket WHERE changed >= %(since)s"
    desk.feeds["issues"] = DeliveryFeed(statement=statement, connection="tickets")
    with pytest.raises(FeedRejected, match=r"delivery\.feeds\.issues \(SQL on tickets\):2: state: 'DONE'"):
        desk.load("issues")
    assert desk.facts.state("sql", "issues").watermark == {}
    assert desk.rows("issues", "issue") == []
    desk.feeds["issues"] = DeliveryFeed(statement="DELETE FROM ticket WHERE changed >= %(since)s", connection="tickets")
    with pytest.raises(Exception, match="CURSOR FOR DELETE"):
        desk.load("issues")
    assert tickets.execute("SELECT count(*) FROM ticket").fetchone() == (2,)


ISSUES = """issue,state,created_at,closed_at,labels,title
W-1,closed,2026-10-01T10:00Z,2026-10-01T11:00Z,incident|sev1,Checkout is down
W-2,open,2026-10-02T10:00Z,,feature,
W-3,open,2026-10-03T10:00Z,,outage,
"""


def test_issues_that_are_incidents_become_incidents_and_cease_to_be(desk: Desk) -> None:
    desk.file("issues", ISSUES)
    desk.load("issues")
    shown = ("incident", "severity", "resolved_at", "title")
    closed = datetime(2026, 10, 1, 11, tzinfo=UTC)
    assert desk.rows("incidents", *shown) == [
        ("W-1", "critical", closed, "Checkout is down"),
        ("W-3", "", None, ""),
    ]
    desk.file("issues", ISSUES.replace("outage", "question"))
    assert desk.load("issues").changes["incidents"].removed == 1
    desk.file("issues", "issue,state,created_at\n")
    desk.load("issues")
    assert desk.rows("incidents", *shown) == []


def test_a_feed_of_incidents_stands_beside_those_of_issues_and_above_them(desk: Desk) -> None:
    desk.file("issues", ISSUES)
    desk.file("incidents", "incident,started_at,severity\nP-1,2026-10-05T10:00Z,low\nW-1,2026-10-01T09:30Z,high\n")
    assert feed_streams(desk.product) == ["issues", "incidents"]
    for stream in ("issues", "incidents"):
        desk.load(stream)
    assert desk.rows("incidents", "incident", "severity") == [("P-1", "low"), ("W-1", "high"), ("W-3", "")]
    assert [desk.load(stream).changes for stream in ("issues", "incidents")] == [{}, {}]
    desk.file("issues", ISSUES.replace("outage", "question"))
    for stream in ("issues", "incidents"):
        desk.load(stream)
    assert desk.rows("incidents", "incident") == [("P-1",), ("W-1",)]


def test_incidents_of_issues_go_although_the_feed_of_incidents_brings_only_news(
    desk: Desk, tickets: psycopg.Connection
) -> None:
    tickets.execute("INSERT INTO ticket VALUES ('W-1', 'open', '{outage}', %s, null, %s)", [NOW, NOW])
    desk.feeds["issues"] = DeliveryFeed(
        statement="SELECT key AS issue, status AS state, tags AS labels, opened AS created_at FROM ticket",
        connection="tickets",
    )
    desk.feeds["incidents"] = DeliveryFeed(
        statement="SELECT 'P-1' AS incident, %(since)s AS started_at", connection="tickets"
    )
    for stream in feed_streams(desk.product):
        desk.load(stream)
    assert desk.rows("incidents", "incident") == [("P-1",), ("W-1",)]
    tickets.execute("UPDATE ticket SET tags = null")
    for stream in feed_streams(desk.product):
        desk.load(stream)
    assert desk.rows("incidents", "incident") == [("P-1",)]


DEPLOYED = """deployment,commit,authored_at,committed_at
D-2,bbb,2026-10-01T12:00:00Z,2026-10-01T12:00:00Z
D-3,ccc,2026-10-02T12:00:00Z,2026-10-02T12:00:00Z
D-4,ccc,2026-10-02T12:00:00Z,2026-10-02T12:00:00Z
D-4,bbb,2026-10-01T12:00:00Z,2026-10-01T12:00:00Z
"""


def test_deployed_commits_are_those_of_the_first_successful_deployment(desk: Desk) -> None:
    desk.file("deployments", DEPLOYMENTS)
    desk.file("deployed_commits", DEPLOYED)
    assert feed_streams(desk.product) == ["deployments", "deployed_commits"]
    for stream in feed_streams(desk.product):
        assert desk.load(stream).notes == ()
    shown = ("environment", "commit", "deployment", "deployed_at")
    assert desk.rows("deployed_commits", *shown) == [
        ("production", "bbb", "D-2", datetime(2026, 10, 2, 10, tzinfo=UTC)),
        ("production", "ccc", "D-4", datetime(2026, 10, 4, 10, tzinfo=UTC)),
    ]
    desk.file("deployments", DEPLOYMENTS.replace("failure", "success"))
    for stream in feed_streams(desk.product):
        desk.load(stream)
    assert desk.rows("deployed_commits", "commit", "deployment") == [("bbb", "D-2"), ("ccc", "D-3")]
    desk.file("deployed_commits", DEPLOYED.splitlines()[0] + "\n")
    desk.load("deployed_commits")
    assert desk.rows("deployed_commits", "commit") == []


def test_deployed_commits_that_say_too_little_are_told_and_the_others_stand(desk: Desk) -> None:
    desk.file("deployments", DEPLOYMENTS)
    desk.file("commits", "commit,authored_at,committed_at\nbbb,2026-10-01T12:00:00Z,2026-10-01T13:00:00Z\n")
    desk.file("deployed_commits", "deployment,commit\nD-2,bbb\nD-4,ccc\nX-1,ddd\nX-1,eee\n")
    for stream in ("commits", "deployments"):
        desk.load(stream)
    assert desk.load("deployed_commits").notes == (
        "deployment 'D-4': 1 rows of deployed_commits lack times, such as commit ccc; write authored_at and committed_at, "
        "or feed commits",
        "deployment 'X-1': 2 rows of deployed_commits name it, and there is no such deployment; feed it, or correct the id",
    )
    assert desk.rows("deployed_commits", "commit", "committed_at") == [
        ("bbb", datetime(2026, 10, 1, 13, tzinfo=UTC)),
    ]


def test_what_a_feed_brought_goes_with_it(desk: Desk) -> None:
    desk.file("issues", ISSUES)
    desk.load("issues")
    desk.facts.write({"incidents": [{"incident": "7", "started_at": NOW}]}, source="github")
    changes = drop(desk.facts, "csv", "issues")
    assert {stream: change.removed for stream, change in changes.items()} == {"issues": 3, "incidents": 2}
    assert desk.rows("incidents", "incident") == [("7",)]
    assert desk.facts.states() == []


# The product file and the documentation


def with_feeds(tmp_path: Path, feeds: Mapping[str, Any]) -> Path:
    path = tmp_path / "webapp.yaml"
    path.write_text(DEMO.read_text() + "\ndelivery:\n  feeds: " + json.dumps(feeds) + "\n")
    return path


@pytest.mark.parametrize(
    ("feeds", "said"),
    [
        ({"deployments": {"file": "a.csv", "statement": "SELECT 1"}}, "a feed is either a file or a statement"),
        ({"deployments": {"statement": "SELECT 1"}}, "a statement needs `connection`"),
        ({"deploys": {"file": "a.csv"}}, "delivery.feeds.deploys: unknown stream; did you mean 'deployments'?"),
        (
            {"deployed_commits": {"statement": "SELECT 1 WHERE %(since)s", "connection": "x"}},
            "select all rows: a late deployment changes old ones",
        ),
    ],
)
def test_a_feed_that_cannot_be_meant_is_a_problem_of_the_product_file(tmp_path: Path, feeds: dict, said: str) -> None:
    with pytest.raises(ProductError) as error:
        load_product(with_feeds(tmp_path, feeds))
    assert said in str(error.value)
    assert "webapp.yaml:" in str(error.value)


def test_the_documentation_has_the_columns_that_are_read() -> None:
    text = (PROJECT / "docs" / "feeds.md").read_text(encoding="utf-8")
    _, _, columns = text.partition("<!-- release-ops feeds --columns -->\n\n")
    assert columns.strip() == columns_document().strip(), (
        "run `release-ops feeds --columns` and put it into docs/feeds.md"
    )
