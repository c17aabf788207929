"""A company's facts of delivery for `metrics.py`: made in the database, the same in every run of the same size."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import psycopg

from release_ops.store import Store

CHUNK_DAYS = 14
COMMITS = 5
"""Commits and one pull request per deployment."""

LOADING = ("fsync = off", "full_page_writes = off", "max_wal_size = '6GB'", "checkpoint_timeout = '1h'")
"""Settings while history is loaded; what is timed runs with the wheel's own."""

CHANCE = "((hashint8({0}) & 1048575) / 1048576.0)"
"""A number in 0..1 that is always the same for the same number."""


@dataclass(frozen=True)
class Company:
    """How much there is, and when."""

    deployments: int
    products: int
    days: int
    until: date
    """The last day with facts."""

    @property
    def a_day(self) -> int:
        """Deployments of a day."""
        return self.deployments // self.days

    @property
    def first(self) -> date:
        """The first day."""
        return self.until - timedelta(days=self.days - 1)

    def midnight(self, day: date) -> datetime:
        """Its first instant."""
        return datetime.combine(day, time(), UTC)

    def of(self, day: date) -> int:
        """Number of the first deployment of a day."""
        return (day - self.first).days * self.a_day


# One row per deployment of some days. Numbers go up with time, products take turns, one of ten goes to staging.
DEPLOYMENTS = f"""
    SELECT i, 'p' || lpad((i %% %(products)s)::text, 4, '0') AS product, 'd' || i AS deployment,
        %(start)s::timestamptz + interval '1 day' * (i::float8 / %(a_day)s) AS finished_at,
        CASE WHEN {CHANCE.format("i + 1")} < 0.1 THEN 'staging' ELSE 'production' END AS environment,
        CASE WHEN i %% %(products)s %% 10 <> 0 THEN '' WHEN i / %(products)s %% 2 = 0 THEN 'api' ELSE 'web' END AS component,
        '1.' || i / %(products)s / 300 || '.0' AS version,
        CASE WHEN {CHANCE.format("i + 2")} < 0.05 THEN 'failure' ELSE 'success' END AS result,
        CASE WHEN {CHANCE.format("i + 3")} < 0.01 THEN true END AS rolled_back,
        interval '30 minutes' + interval '10 days' * power({CHANCE.format("i + 4")}, 3) AS lead
    FROM generate_series(%(low)s, %(high)s - 1) AS i
"""
COMMIT = "md5({0}::text) || left(md5('x' || {0}), 8)"
LAST = COMMIT.format(f"({COMMITS} * i + {COMMITS - 1})")

STATEMENTS = (
    f"""
    INSERT INTO release_ops.deployment
        (product, deployment, environment, component, version, commit, result, started_at, finished_at, rolled_back, source)
    SELECT product, deployment, environment, component, version, {LAST}, result, finished_at - interval '5 minutes',
        finished_at, rolled_back, 'csv'
    FROM ({DEPLOYMENTS}) AS d
    """,
    f"""
    WITH fresh AS (
        SELECT d.*, {COMMIT.format("j")} AS commit, finished_at - lead * (1 - 0.1 * (j %% {COMMITS})) AS authored_at,
            finished_at - lead * (0.6 - 0.1 * (j %% {COMMITS})) AS committed_at
        FROM ({DEPLOYMENTS}) AS d CROSS JOIN LATERAL generate_series({COMMITS} * i, {COMMITS} * i + {COMMITS - 1}) AS j
    ), written AS (
        INSERT INTO release_ops.commit (product, commit, author, authored_at, committed_at, source)
        SELECT product, commit, 'author ' || i %% 500, authored_at, committed_at, 'git' FROM fresh
    )
    INSERT INTO release_ops.deployed_commit
        (product, environment, component, commit, deployment, deployed_at, authored_at, committed_at)
    SELECT product, environment, component, commit, deployment, finished_at, authored_at, committed_at FROM fresh
    WHERE result = 'success'
    """,
    f"""
    INSERT INTO release_ops.pull_request
        (product, pull_request, title, author, state, base, merge_commit, first_commit, first_commit_at, created_at,
        first_review_at, first_review, approved_at, merged_at, closed_at, commits, additions, deletions, changed_files,
        source)
    SELECT product, i::text, 'Change ' || i, 'author ' || i %% 500, 'merged', 'main', {LAST},
        {COMMIT.format(f"({COMMITS} * i)")}, finished_at - lead, finished_at - lead * 0.5, finished_at - lead * 0.4,
        'r' || i, finished_at - lead * 0.3, finished_at - lead * 0.2, finished_at - lead * 0.2, {COMMITS}, 40, 20, 3,
        'github'
    FROM ({DEPLOYMENTS}) AS d
    """,
    f"""
    INSERT INTO release_ops.incident (product, incident, started_at, resolved_at, deployment, fixed_by, source)
    SELECT product, 'i' || i, started_at, CASE WHEN resolved_at < %(end)s THEN resolved_at END,
        CASE WHEN i %% 2 = 0 THEN deployment ELSE '' END,
        CASE WHEN {CHANCE.format("i + 7")} < 0.25 THEN 'd' || i + %(products)s ELSE '' END, 'csv'
    FROM (
        SELECT d.*, finished_at + interval '1 hour' * {CHANCE.format("i + 5")} AS started_at,
            finished_at + interval '1 hour' + interval '2 days' * power({CHANCE.format("i + 6")}, 3) AS resolved_at
        FROM ({DEPLOYMENTS}) AS d
        WHERE result = 'success' AND environment = 'production' AND {CHANCE.format("i + 8")} < 0.04
    ) AS d
    """,
    f"""
    INSERT INTO release_ops.issue (product, issue, title, state, severity, created_at, closed_at, source)
    SELECT product, 'n' || i, 'Something is wrong', 'closed',
        CASE WHEN {CHANCE.format("i + 9")} < 0.01 THEN 'critical' ELSE '' END,
        finished_at - interval '3 hours', finished_at - interval '1 hour', 'github'
    FROM ({DEPLOYMENTS}) AS d WHERE i %% 5 = 0
    """,
    f"""
    INSERT INTO release_ops.release (product, version, type, state, planned_ga, opened_at, released_at)
    SELECT DISTINCT ON (product, version) product, version,
        (ARRAY['minor', 'minor', 'minor', 'hotfix'])[1 + i %% 4], 'released', finished_at::date, finished_at, finished_at
    FROM ({DEPLOYMENTS}) AS d ORDER BY product, version, i
    ON CONFLICT DO NOTHING
    """,
    """
    INSERT INTO release_ops.ingest_state (product, source, stream, finished_at)
    SELECT DISTINCT 'p' || lpad(p::text, 4, '0'), 'csv', stream, %(end)s::timestamptz
    FROM generate_series(0, %(products)s - 1) AS p
    CROSS JOIN (VALUES ('deployments'), ('incidents'), ('issues')) AS s (stream)
    ON CONFLICT (product, source, stream) DO UPDATE SET finished_at = excluded.finished_at
    """,
)


def write(store: Store, company: Company, first: date, following: date) -> int:
    """Write the facts of the days from `first` to before `following`; returns the number of deployments."""
    low, high = company.of(first), company.of(following)
    given = {
        "products": company.products,
        "a_day": company.a_day,
        "start": company.midnight(company.first),
        "end": company.midnight(following),
        "low": low,
        "high": high,
    }
    with store.connect() as connection:
        for statement in STATEMENTS:
            connection.execute(statement, given)  # type: ignore[call-overload]
    return high - low


def load(store: Store, company: Company, first: date, following: date) -> None:
    """Write the history of those days, some at a time as an ingest does, and let Postgres look at it."""
    with loading(store):
        while first < following:
            write(store, company, first, min(first + timedelta(days=CHUNK_DAYS), following))
            first += timedelta(days=CHUNK_DAYS)
    settle(store)


@contextmanager
def loading(store: Store) -> Iterator[None]:
    """Postgres does not wait for the disk inside the block."""
    with store.connect() as connection:
        for setting in LOADING:
            connection.execute(f"ALTER SYSTEM SET {setting}")  # type: ignore[call-overload]
        connection.execute("SELECT pg_reload_conf()")
        yield
        for setting in LOADING:
            connection.execute(f"ALTER SYSTEM RESET {setting.partition(' ')[0]}")  # type: ignore[call-overload]
        connection.execute("SELECT pg_reload_conf()")


def settle(store: Store) -> None:
    """Vacuum, analyse and write to disk what was written, so that nobody does it beside what is timed."""
    with store.connect() as connection:
        connection.execute("VACUUM (ANALYZE)")
        connection.execute("CHECKPOINT")


def counted(connection: psycopg.Connection[Any], *tables: str) -> dict[str, int]:
    """Rows by table."""
    found = {}
    for table in tables:
        row = connection.execute(f"SELECT count(*) AS rows FROM {table}").fetchone()  # type: ignore[call-overload]
        found[table.rpartition(".")[2]] = row["rows"]
    return found
