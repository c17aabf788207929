"""DORA's figures: the page's example, an independent recomputation, and increments that equal a full build."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from psycopg import sql

from release_ops.delivery_refresh import METRICS, STEPS, refresh
from release_ops.facts_store import FactsStore
from release_ops.store import Store, load_query
from tests.metrics.dora_oracle import UTC_NOW, Oracle, differences
from tests.metrics.world import DAY, HOUR, add, at

PAGE = Path(__file__).resolve().parents[2] / "docs" / "dora.md"
WEBAPP = {"product": "webapp"}
KEYS = {
    "deployment": ("product", "deployment", "repository"),
    "deployed_commit": ("product", "environment", "repository", "component", "commit"),
    "incident": ("product", "incident"),
    "release": ("product", "version"),
    "ingest_state": ("product", "source", "stream"),
    "delivery_rule": ("product",),
}
VIEWS = {
    "dora": ("product", "environment", "period", "starts_on"),
    "deployment_outcome": ("product", "environment", "deployment"),
    "incident_deployment": ("product", "incident"),
}


def deployed(name: str, finished: str, **more: Any) -> dict[str, Any]:
    return {
        **WEBAPP,
        "deployment": name,
        "environment": "production",
        "result": "success",
        "finished_at": at(finished),
    } | more


def arrived(commit: str, deployment: str, authored: str, deployed_at: str, **more: Any) -> dict[str, Any]:
    times = {"authored_at": at(authored), "committed_at": at(authored), "deployed_at": at(deployed_at)}
    return {**WEBAPP, "environment": "production", "commit": commit, "deployment": deployment, **times} | more


def hurt(name: str, started: str, resolved: str | None = None, **more: Any) -> dict[str, Any]:
    return {
        **WEBAPP,
        "incident": name,
        "started_at": at(started),
        "resolved_at": at(resolved) if resolved else None,
    } | more


def read(store: Store, view: str, **where: Any) -> list[dict[str, Any]]:
    with store.connect() as connection:
        rows = connection.execute(f"SELECT * FROM release_metrics.{view}").fetchall()  # type: ignore[call-overload]
    return [row for row in rows if all(row[name] == value for name, value in where.items())]


def figures(store: Store, starts_on: str, period: str = "week", **where: Any) -> dict[str, Any]:
    (row,) = read(store, "dora", period=period, starts_on=at(starts_on).date(), **where)
    return row


def outcome(store: Store, deployment: str) -> dict[str, Any]:
    (row,) = read(store, "deployment_outcome", deployment=deployment)
    return row


# The page


def table(*head: str) -> list[list[str]]:
    """Rows of the page's table with that head."""
    page = PAGE.read_text(encoding="utf-8")
    rows = page.split(f"| {' | '.join(head)} |\n", 1)[1].split("\n\n", 1)[0].splitlines()[1:]
    return [[cell.strip() for cell in row[1:-1].split("|")] for row in rows]


def test_the_example_of_the_page_is_what_comes_out(store):
    says = {"true": True, "": None}
    for row in table("deployment", "finished_at", "result", "rolled_back", "unplanned"):
        name, finished, result, rolled_back, unplanned = row
        more = {"result": result, "rolled_back": says[rolled_back], "unplanned": says[unplanned]}
        add(store, "deployment", deployed(name, finished, **more))
    ends = {row["deployment"]: row["finished_at"] for row in read(store, "deployment")}
    page = PAGE.read_text(encoding="utf-8")
    started, resolved, fixed_by = re.findall(r"One incident, from (.{16}) to (.{16}), fixed by (\w+)\.", page)[0]
    add(store, "incident", hurt("i1", started, resolved, fixed_by=fixed_by))
    for commit, deployment, authored in table("commit", "deployment", "authored_at"):
        add(
            store, "deployed_commit", arrived(commit, deployment, authored, ends[deployment].strftime("%Y-%m-%d %H:%M"))
        )
    refresh(store, now=UTC_NOW)
    found = figures(store, "2026-06-01 00:00")
    expected = {row[0]: row[1] for row in table("column", "value", "because")}
    assert len(expected) == 17
    for column, value in expected.items():
        if ":" in value:
            hours, minutes = map(int, value.split(":"))
            assert found[column] == timedelta(hours=hours, minutes=minutes), column
        else:
            assert round(found[column], 3) == float(value), column


@pytest.mark.parametrize(("source", "pickup"), [("github", None), ("csv", timedelta(minutes=1))])
def test_a_program_of_githubs_reviews_nothing_and_a_feed_tells_reviews_alone(store, source, pickup):
    FactsStore(store, "webapp").write(
        {
            "pull_requests": [
                {"pull_request": "7", "author": "ada", "state": "open", "created_at": at("2026-11-02 09:00")}
            ],
            "pull_reviews": [
                {"pull_request": "7", "review": "1", "author": "copilot", "submitted_at": at("2026-11-02 09:01")}
            ],
        },
        source=source,
    )
    (row,) = read(store, "pull_request_flow", pull_request="7")
    assert row["pickup_time"] == pickup
    assert (row["first_review"] == "") == (pickup is None)


def test_every_step_says_its_intent():
    for path in METRICS.glob("dora_*.sql"):
        assert load_query(path.stem, METRICS).intent.endswith(".")
    assert {path.stem for path in METRICS.glob("dora_*.sql")} == {*STEPS, "dora_lock", "dora_rule_save", "dora_counts"}


# An independent recomputation, and increments


GRID = [at("2026-05-31 23:00") + i * 7 * HOUR for i in range(80)] + [at("2026-06-01 00:00"), at("2026-06-29 00:00")]
"""Instants few enough to meet each other, some of them where weeks and months begin."""


@dataclass(frozen=True)
class Facts:
    """Facts at random, with keys few enough that a second one of a key edits the first."""

    chance: Random

    def one(self, *choices: Any) -> Any:
        return self.chance.choice(choices)

    def deployment(self) -> dict[str, Any]:
        result = self.one("success", "success", "success", "success", "failure", "failure", "abandoned", "running")
        return {
            "product": self.one("webapp", "webapp", "api"),
            "deployment": f"d{self.chance.randrange(30)}",
            "repository": self.one("", "", "", "lib"),
            "environment": self.one("production", "production", "production", "production", "staging", ""),
            "component": self.one("", "", "", "web"),
            "version": self.one("", "1.0.0", "1.0.1", "1.1.0"),
            "result": result,
            "finished_at": None if result == "running" else self.one(*GRID),
            "unplanned": self.one(None, None, None, True, False),
            "rolled_back": self.one(None, None, False, True),
        }

    def incident(self) -> dict[str, Any]:
        started = self.one(*GRID)
        return {
            "product": self.one("webapp", "webapp", "api"),
            "incident": f"i{self.chance.randrange(10)}",
            "environment": self.one("", "", "production", "staging"),
            "started_at": started,
            "resolved_at": self.one(None, started, started + 2 * HOUR, started + 3 * DAY),
            "deployment": self.one("", "", "", f"d{self.chance.randrange(30)}", "unheard of"),
            "fixed_by": self.one("", "", f"d{self.chance.randrange(30)}"),
        }

    def deployed_commit(self) -> dict[str, Any]:
        arrived_at = self.one(*GRID)
        return {
            "product": self.one("webapp", "webapp", "api"),
            "environment": self.one("production", "production", "staging"),
            "repository": self.one("", "", "lib"),
            "component": self.one("", "", "web"),
            "commit": f"c{self.chance.randrange(15)}",
            "deployment": f"d{self.chance.randrange(30)}",
            "deployed_at": arrived_at,
            "authored_at": arrived_at - self.one(-1, 0, 5, 17, 100) * HOUR,
            "committed_at": arrived_at - self.one(0, 3, 4) * HOUR,
        }

    def release(self) -> dict[str, Any]:
        return {
            "product": self.one("webapp", "api"),
            "version": self.one("1.0.0", "1.0.1", "1.1.0"),
            "type": self.one("minor", "hotfix", "security"),
        }

    def ingest_state(self) -> dict[str, Any]:
        return {
            "product": self.one("webapp", "api"),
            "source": "csv",
            "stream": self.one("deployments", "incidents", "issues"),
            "finished_at": self.one(None, *GRID[-8:]),
        }

    def delivery_rule(self) -> dict[str, Any]:
        return {
            "product": self.one("webapp", "api"),
            "production": self.one("production", "production", "staging"),
            "incident_within": self.one(None, 2 * DAY),
        }

    def fact(self) -> tuple[str, dict[str, Any]]:
        """Table and row."""
        table = self.one(*["deployment"] * 6, *["deployed_commit"] * 3, *["incident"] * 3, *sorted(KEYS))
        return table, getattr(self, table)()


SWEEPS = [
    "UPDATE release_ops.deployment SET finished_at = finished_at + interval '7 days' WHERE product = 'webapp'",
    """UPDATE release_ops.deployment AS d SET deployment = 'x' || deployment
    WHERE product = 'api' AND deployment NOT LIKE 'x%' AND NOT EXISTS (
        SELECT FROM release_ops.deployment AS x
        WHERE x.product = d.product AND x.deployment = 'x' || d.deployment AND x.repository = d.repository
    )""",
    "UPDATE release_ops.deployed_commit SET deployed_at = deployed_at - interval '1 day'",
    "DELETE FROM release_ops.deployment WHERE environment = 'production' AND rolled_back",
    "DELETE FROM release_ops.deployed_commit WHERE component = ''",
    "DELETE FROM release_ops.incident WHERE deployment <> ''",
    "DELETE FROM release_ops.delivery_rule",
    "TRUNCATE release_ops.deployed_commit",
]


def put(connection: psycopg.Connection[Any], table: str, row: Mapping[str, Any]) -> None:
    key = KEYS[table]
    connection.execute(
        sql.SQL("INSERT INTO release_ops.{} ({}) VALUES ({}) ON CONFLICT ({}) DO UPDATE SET {}").format(
            sql.Identifier(table),
            sql.SQL(", ").join(map(sql.Identifier, row)),
            sql.SQL(", ").join(map(sql.Placeholder, row)),
            sql.SQL(", ").join(map(sql.Identifier, key)),
            sql.SQL(", ").join(
                sql.SQL("{0} = excluded.{0}").format(sql.Identifier(name)) for name in row if name not in key
            ),
        ),
        row,
    )


def take_away(connection: psycopg.Connection[Any], table: str, chance: Random) -> None:
    rows = connection.execute(sql.SQL("SELECT * FROM release_ops.{}").format(sql.Identifier(table))).fetchall()
    if rows:
        row = chance.choice(sorted(rows, key=lambda one: tuple(str(one[name]) for name in KEYS[table])))
        where = sql.SQL(" AND ").join(
            sql.SQL("{} = {}").format(sql.Identifier(name), sql.Placeholder(name)) for name in KEYS[table]
        )
        connection.execute(sql.SQL("DELETE FROM release_ops.{} WHERE {}").format(sql.Identifier(table), where), row)


def disturb(connection: psycopg.Connection[Any], facts: Facts) -> str:
    """One act of those who write facts; what it was."""
    kind = facts.one(*["put"] * 8, *["take away"] * 4, "sweep")
    if kind == "sweep":
        statement = facts.one(*SWEEPS)
        connection.execute(statement)
        return str(statement)
    if kind == "take away":
        table = facts.one(*["deployment"] * 3, "deployed_commit", "incident", "release", "delivery_rule")
        take_away(connection, table, facts.chance)
        return f"take away of {table}"
    table, row = facts.fact()
    put(connection, table, row)
    return f"put {table} {row}"


def clear(store: Store) -> None:
    with store.connect() as connection:
        for table in KEYS:
            connection.execute(sql.SQL("DELETE FROM release_ops.{}").format(sql.Identifier(table)))
    refresh(store, now=UTC_NOW)


def derived(store: Store) -> Mapping[str, list[dict[str, Any]]]:
    return {view: sorted(read(store, view), key=lambda row: tuple(map(str, row.values()))) for view in VIEWS}


@settings(
    max_examples=12,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # another seed is another story: there is nothing to shrink
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(seed=st.integers(0, 2**32))
def test_increments_are_what_the_words_say_and_what_a_full_build_says(store: Store, seed: int) -> None:
    """Whatever is written, edited, moved and deleted, in whatever order, with a refresh after every few acts."""
    clear(store)
    facts = Facts(Random(seed))
    with store.connect() as connection:
        for _ in range(90):
            put(connection, *facts.fact())
        for _ in range(8):
            acts = [disturb(connection, facts) for _ in range(facts.one(1, 1, 2, 4))]
            refresh(store, now=UTC_NOW)
            told = against_the_words(store)
            assert told == [], acts
    increments = derived(store)
    refresh(store, now=UTC_NOW, full=True)
    assert derived(store) == increments


def against_the_words(store: Store) -> list[str]:
    """Cells that are not what the words of the page make of the facts."""
    oracle = Oracle(store, UTC_NOW)
    return [
        *differences(read(store, "dora"), list(oracle.dora()), VIEWS["dora"]),
        *differences(read_raw(store, "deployment_outcome"), oracle.outcomes, VIEWS["deployment_outcome"]),
        *differences(read(store, "incident_deployment"), oracle.links, VIEWS["incident_deployment"]),
    ]


def read_raw(store: Store, table: str) -> list[dict[str, Any]]:
    with store.connect() as connection:
        return connection.execute(f"SELECT * FROM release_ops.{table}").fetchall()  # type: ignore[call-overload]
