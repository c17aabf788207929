"""DORA's figures: the page's example, an independent recomputation, and increments that equal a full build."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
from hypothesis import HealthCheck, Phase, given, note, settings
from hypothesis import strategies as st
from psycopg import sql

from release_ops.delivery_refresh import METRICS, STEPS, refresh
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


def test_every_step_says_its_intent():
    for path in METRICS.glob("dora_*.sql"):
        assert load_query(path.stem, METRICS).intent.endswith(".")
    assert {path.stem for path in METRICS.glob("dora_*.sql")} == {*STEPS, "dora_lock", "dora_rule_save", "dora_counts"}


# An independent recomputation, and increments


GRID = [at("2026-05-31 23:00") + i * 7 * HOUR for i in range(80)] + [at("2026-06-01 00:00"), at("2026-06-29 00:00")]
"""Instants few enough to meet each other, some of them where weeks and months begin."""
TIMES = st.sampled_from(GRID)
PRODUCTS = st.sampled_from(["webapp", "api"])
DEPLOYMENTS = st.sampled_from([f"d{i}" for i in range(12)])
MAYBE = st.sampled_from([None, None, True, False])
ENVIRONMENTS = st.sampled_from(["production", "production", "production", "staging", ""])
VERSIONS = st.sampled_from(["", "1.0.0", "1.0.1", "1.1.0"])


@st.composite
def deployments(draw: st.DrawFn) -> dict[str, Any]:
    result = draw(st.sampled_from(["success", "success", "success", "failure", "abandoned", "running"]))
    return {
        "product": draw(PRODUCTS),
        "deployment": draw(DEPLOYMENTS),
        "repository": draw(st.sampled_from(["", "", "lib"])),
        "environment": draw(ENVIRONMENTS),
        "component": draw(st.sampled_from(["", "", "web"])),
        "version": draw(VERSIONS),
        "result": result,
        "finished_at": None if result == "running" else draw(TIMES),
        "unplanned": draw(MAYBE),
        "rolled_back": draw(MAYBE),
    }


@st.composite
def incidents(draw: st.DrawFn) -> dict[str, Any]:
    started = draw(TIMES)
    return {
        "product": draw(PRODUCTS),
        "incident": draw(st.sampled_from(["i1", "i2", "i3", "i4", "i5"])),
        "environment": draw(st.sampled_from(["", "", "production", "staging"])),
        "started_at": started,
        "resolved_at": draw(st.sampled_from([None, started, started + 2 * HOUR, started + 3 * DAY])),
        "deployment": draw(st.one_of(st.just(""), st.just(""), DEPLOYMENTS, st.just("unheard of"))),
        "fixed_by": draw(st.one_of(st.just(""), DEPLOYMENTS)),
    }


@st.composite
def changes(draw: st.DrawFn) -> dict[str, Any]:
    arrived_at = draw(TIMES)
    return {
        "product": draw(PRODUCTS),
        "environment": draw(st.sampled_from(["production", "production", "staging"])),
        "repository": draw(st.sampled_from(["", "lib"])),
        "component": draw(st.sampled_from(["", "", "web"])),
        "commit": draw(st.sampled_from([f"c{i}" for i in range(12)])),
        "deployment": draw(DEPLOYMENTS),
        "deployed_at": arrived_at,
        "authored_at": arrived_at - draw(st.sampled_from([-1, 0, 5, 17, 100])) * HOUR,
        "committed_at": arrived_at - draw(st.sampled_from([0, 3, 4])) * HOUR,
    }


FACTS = st.one_of(
    *[deployments().map(lambda row: ("deployment", row))] * 5,
    *[changes().map(lambda row: ("deployed_commit", row))] * 3,
    *[incidents().map(lambda row: ("incident", row))] * 3,
    st.tuples(
        st.just("release"),
        st.fixed_dictionaries(
            {
                "product": PRODUCTS,
                "version": st.sampled_from(["1.0.0", "1.0.1", "1.1.0"]),
                "type": st.sampled_from(["minor", "hotfix", "security"]),
            }
        ),
    ),
    st.tuples(
        st.just("ingest_state"),
        st.fixed_dictionaries(
            {
                "product": PRODUCTS,
                "source": st.just("csv"),
                "stream": st.sampled_from(["deployments", "incidents", "issues"]),
                "finished_at": st.one_of(st.none(), TIMES),
            }
        ),
    ),
    st.tuples(
        st.just("delivery_rule"),
        st.fixed_dictionaries(
            {
                "product": PRODUCTS,
                "production": st.sampled_from(["production", "staging"]),
                "incident_within": st.sampled_from([None, 2 * DAY]),
            }
        ),
    ),
)
SWEEPS = [
    "UPDATE release_ops.deployment SET finished_at = finished_at + interval '7 days' WHERE product = 'webapp'",
    "UPDATE release_ops.deployment SET deployment = 'x' || deployment WHERE product = 'api' AND deployment NOT LIKE 'x%'",
    "UPDATE release_ops.deployed_commit SET deployed_at = deployed_at - interval '1 day'",
    "DELETE FROM release_ops.deployment WHERE environment = 'production' AND rolled_back",
    "DELETE FROM release_ops.deployed_commit WHERE component = ''",
    "DELETE FROM release_ops.incident WHERE deployment <> ''",
    "DELETE FROM release_ops.delivery_rule",
    "TRUNCATE release_ops.deployed_commit",
]
ACTS = st.one_of(
    *[st.tuples(st.just("put"), FACTS)] * 12,
    *[st.tuples(st.just("take away"), FACTS)] * 2,
    st.tuples(st.just("sweep"), st.sampled_from(SWEEPS)),
    st.tuples(st.just("refresh"), st.just(None)),
)


def act(connection: psycopg.Connection[Any], kind: str, what: Any) -> None:
    if kind == "sweep":
        connection.execute(what)
        return
    table, row = what
    key = KEYS[table]
    if kind == "take away":
        where = sql.SQL(" AND ").join(sql.SQL("{} = {}").format(sql.Identifier(k), sql.Placeholder(k)) for k in key)
        connection.execute(sql.SQL("DELETE FROM release_ops.{} WHERE {}").format(sql.Identifier(table), where), row)
        return
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


def clear(store: Store) -> None:
    with store.connect() as connection:
        for table in KEYS:
            connection.execute(sql.SQL("DELETE FROM release_ops.{}").format(sql.Identifier(table)))
    refresh(store, now=UTC_NOW)


def derived(store: Store) -> Mapping[str, list[dict[str, Any]]]:
    return {view: sorted(read(store, view), key=lambda row: tuple(map(str, row.values()))) for view in VIEWS}


@settings(
    max_examples=60,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # to shrink acts on a database takes minutes
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(acts=st.lists(ACTS, min_size=20, max_size=90))
def test_increments_are_what_pandas_says_and_what_a_full_build_says(store: Store, acts: list[tuple[str, Any]]) -> None:
    """Whatever is written, edited, moved and deleted, in whatever order, with refreshes anywhere in between."""
    clear(store)
    with store.connect() as connection:
        for kind, what in acts:
            if kind == "refresh":
                refresh(store, now=UTC_NOW)
            else:
                act(connection, kind, what)
    refresh(store, now=UTC_NOW)
    increments = derived(store)
    oracle = Oracle(store, UTC_NOW)
    told = differences(increments["dora"], list(oracle.dora()), VIEWS["dora"])
    told += differences(
        read_raw(store, "deployment_outcome"), oracle.outcomes.to_dict("records"), VIEWS["deployment_outcome"]
    )
    told += differences(
        increments["incident_deployment"], oracle.links.to_dict("records"), VIEWS["incident_deployment"]
    )
    for line in told:
        note(line)
    assert told == []
    refresh(store, now=UTC_NOW, full=True)
    assert derived(store) == increments


def read_raw(store: Store, table: str) -> list[dict[str, Any]]:
    with store.connect() as connection:
        return connection.execute(f"SELECT * FROM release_ops.{table}").fetchall()  # type: ignore[call-overload]
