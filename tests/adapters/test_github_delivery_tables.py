"""Rows from GitHub against the tables that they are made for."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from psycopg import sql

from release_ops.domain.facts import TABLES
from tests.adapters.github_reading import Reader
from tests.fakes.github import FakeGitHub
from tests.fakes.github_delivery import Ran, Said, sha


@pytest.fixture
def github() -> Iterator[FakeGitHub]:
    with FakeGitHub() as fake:
        there = fake.delivery
        there.add_pull(
            1,
            title="nul \x00 and a lone \ud800 surrogate",
            author="",
            state="MERGED",
            merged_at="2026-09-02T09:00:00Z",
            merge_commit=sha("merge"),
            reviews=[
                Said("alan", state="APPROVED"),
                Said("", state="DISMISSED"),
                Said("grace", state="CHANGES_REQUESTED"),
            ],
            comments=[Said("alan")],
            checks=[Ran("unit"), Ran("lint", None, None), Ran("jenkins", "ERROR", is_status=True)],
            labels=["a, b", '"c"'],
        )
        there.add_pull(2, state="CLOSED", closed_at="2026-09-02T09:00:00Z", is_draft=True)
        there.add_issue(3, labels=["incident", "sev1"], title="x" * 5000)
        there.add_issue(4, closed_at="2026-09-02T09:00:00Z", milestone="2.8.0")
        there.add_release("v1", name=None)
        for number, states in enumerate([[], ["IN_PROGRESS"], ["SUCCESS", "INACTIVE"], ["ERROR"], ["INACTIVE"]]):
            there.add_deployment(number, statuses=[(one, "2026-09-02T09:00:00Z") for one in states])
        there.add_deployment(9, state="ABANDONED", ref=None, environment=None)
        yield fake
        assert fake.violations == []


@pytest.mark.parametrize(
    ("stream", "rows"),
    [
        ("pull_requests", {"pull_requests": 2, "pull_reviews": 4, "check_runs": 3}),
        ("issues", {"issues": 2, "incidents": 1}),
        ("published_releases", {"published_releases": 1}),
        ("deployments", {"deployments": 6, "deployment_statuses": 5}),
    ],
)
def test_the_tables_take_every_row_and_every_column_is_told(
    github: FakeGitHub, dsn: str, stream: str, rows: dict[str, int]
) -> None:
    reader = Reader(github, stream)
    reader.read()
    assert {name: len(some) for name, some in reader.tables.items()} == rows
    with psycopg.connect(dsn) as connection:
        for name in rows:
            found = connection.execute(
                "SELECT column_name FROM information_schema.columns WHERE table_schema = 'release_ops' AND table_name = %s",
                [TABLES[name]],
            )
            columns = {column for (column,) in found} - {"product", "source", "loaded_at"}
            for row in reader.rows(name):
                assert set(row) == columns
                statement = sql.SQL("INSERT INTO {} (product, {}) VALUES ('webapp', {})").format(
                    sql.Identifier("release_ops", TABLES[name]),
                    sql.SQL(", ").join(map(sql.Identifier, row)),
                    sql.SQL(", ").join(map(sql.Placeholder, row)),
                )
                connection.execute(statement, row)
