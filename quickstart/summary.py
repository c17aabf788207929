"""What the train left behind, read from the tables and from the repository itself."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from release_ops.domain.model import Product

DONE = frozenset({"done", "skipped"})
STUCK = frozenset({"blocked", "missed"})


def milestones(dsn: str, product: str, version: str) -> dict[str, dict[str, Any]]:
    """Milestone rows of a release by kind: state, detail, late, planned_at, actual_at."""
    query = "SELECT * FROM release_ops.milestone WHERE product = %s AND version = %s ORDER BY planned_at"
    return {row["kind"]: row for row in _rows(dsn, query, product, version)}


def remote_of(product: Product, state: Path) -> str:
    """Repository in which tags and branches are made: the real one, or the private clone of a file without `push`."""
    if product.repository.push:
        return product.repository.location
    return str(state / "mirrors" / f"{product.id}.git.sandbox.git")


def made_refs(remote: str, product: Product, version: str) -> list[tuple[str, str]]:
    """Tags and branches of a release at the remote, as (ref, commit), peeled; empty if the remote cannot be asked."""
    patterns = [
        f"refs/tags/{product.repository.tag_name(version)}",
        f"refs/tags/{product.repository.tag_name(version)}^{{}}",
        f"refs/tags/{product.repository.tag_name(version)}-*",
        f"refs/heads/{product.repository.branch_name(version)}",
    ]
    found = subprocess.run(
        ["git", "ls-remote", remote, *patterns],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"GIT_TERMINAL_PROMPT": "0"},
    )
    refs: dict[str, str] = {}
    for line in found.stdout.splitlines():
        commit, ref = line.split("\t")
        # `v1^{}`, the commit behind an annotated tag, comes after `v1`, the tag object.
        refs[ref.removesuffix("^{}")] = commit
    return sorted(refs.items(), key=lambda item: (item[0].startswith("refs/tags/"), item[0]))


def report(dsn: str, product: Product, version: str, state: Path) -> Iterator[str]:
    """Lines that say what a release's train made."""
    remote = remote_of(product, state)
    yield f"{product.name} {version}, made in {remote}"
    refs = made_refs(remote, product, version)
    for ref, commit in refs:
        _, kind, name = ref.split("/", 2)
        yield f"  {'tag   ' if kind == 'tags' else 'branch'} {name:<24} {commit[:12]}"
    branch = product.repository.branch_name(version)
    if f"refs/heads/{branch}" in dict(refs):
        yield f"  changelog: {product.repository.changelog} on {branch}: {_show(remote, branch, product)}"
    yield "messages"
    query = """
        SELECT audience, channel_kind, channel_to, count(*) AS messages, count(*) FILTER (WHERE state = 'sent') AS sent
        FROM release_ops.message WHERE product = %s AND version = %s GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
    """
    for row in _rows(dsn, query, product.id, version):
        channel = " ".join(filter(None, [row["channel_kind"], row["channel_to"]]))
        yield f"  {row['audience']:<24} {row['messages']:>4} to {channel} ({row['sent']} sent)"
    yield "rows in release_ops"
    yield from (f"  {table:<24} {count:>4}" for table, count in table_rows(dsn).items())


def figures(dsn: str) -> Iterator[str]:
    """Lines with DORA's measures of the last month with a deployment, the health of releases under way, and the budgets."""
    yield "DORA in production, last whole month with a deployment"
    query = """
        SELECT DISTINCT ON (product) * FROM release_metrics.dora
        WHERE period = 'month' AND environment = 'production' AND complete AND deployments > 0
        ORDER BY product, starts_on DESC
    """
    for row in _rows(dsn, query):
        yield f"  {row['product']:<10} {row['starts_on']:%B %Y}: {', '.join(_dora(row))}"
    yield "health"
    query = """
        SELECT h.*, (
            SELECT string_agg(words, '; ' ORDER BY place) FROM release_metrics.health_reason r
            WHERE r.product = h.product AND r.version = h.version AND r.week = h.week AND r.status = h.status
        ) AS words
        FROM release_metrics.health h WHERE latest ORDER BY product, planned_ga
    """
    for row in _rows(dsn, query):
        yield f"  {row['product']:<10} {row['version']:<8} {row['status']:<8} {row['words'] or ''}".rstrip()
    yield "budget, last closed month"
    query = """
        SELECT DISTINCT ON (product) product, month_starts_on, status, words FROM release_metrics.budget_month WHERE latest
        ORDER BY product, month_starts_on DESC
    """
    for row in _rows(dsn, query):
        yield f"  {row['product']:<10} {row['month_starts_on']:%B %Y}: {row['status']}, {row['words']}"
    yield "feature flags"
    query = """
        SELECT DISTINCT ON (product, flag, environment) product, flag, environment, state, share, detail
        FROM release_metrics.flag_ramp ORDER BY product, flag, environment, attempt DESC
    """
    for row in _rows(dsn, query):
        yield f"  {row['product']:<10} {row['flag']} in {row['environment']}: {_share(row['share'])}, {row['state']}"
    yield "capacity of the coming weeks"
    query = """
        SELECT team_file, team, sum(capacity) AS hours, sum(booked + planned) / nullif(sum(capacity), 0) AS promised
        FROM release_metrics.team_capacity_week WHERE latest GROUP BY team_file, team ORDER BY team_file, team
    """
    for row in _rows(dsn, query):
        yield f"  {row['team_file']:<10} {row['team']:<10} {row['hours']:,.0f} h, {_share(row['promised'])} promised"


def _dora(row: Mapping[str, Any]) -> Iterator[str]:
    """DORA's five measures in words; what nobody knows is unknown."""
    yield f"{row['deployments']} deployment{'s' * (row['deployments'] != 1)}"
    yield f"lead time {_duration(row['lead_time_median'])}"
    yield f"change fail rate {_share(row['change_fail_rate'])}"
    yield f"recovery {_duration(row['recovery_time_median'])}"
    yield f"rework {_share(row['rework_rate'])}"


def _share(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.0%}".replace("%", " %")


def _duration(value: timedelta | None) -> str:
    if value is None:
        return "unknown"
    hours = value.total_seconds() / 3600
    return f"{hours / 24:.1f} d" if hours >= 48 else f"{hours:.1f} h"


def _show(remote: str, branch: str, product: Product) -> str:
    path = f"{branch}:{product.repository.changelog}"
    # Only a repository on this machine can be looked into without a clone.
    return f"git --git-dir={remote} show {path}" if Path(remote).is_dir() else f"git show origin/{path}"


def table_rows(dsn: str) -> Mapping[str, int]:
    """Number of rows per table of the schema release_ops."""
    with psycopg.connect(dsn) as connection:
        tables = connection.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'release_ops' AND tablename !~ '^_' ORDER BY tablename"
        ).fetchall()
        counts = {}
        for (table,) in tables:
            found = connection.execute(sql.SQL("SELECT count(*) FROM release_ops.{}").format(sql.Identifier(table)))
            counts[table] = next(iter(found))[0]
    return counts


def _rows(dsn: str, query: Any, *parameters: str) -> list[dict[str, Any]]:
    with psycopg.connect(dsn, row_factory=dict_row) as connection:
        return connection.execute(query, parameters).fetchall()
