"""DevLake's end-to-end tables put to our SQL: their input through our feed statements into our facts, our views back into
their columns.

A case is any folder with tables in the layout of DevLake's tests. What it expects follows from the tables that are there:

- `cicd_deployment_commits_after`, of `..._before`: our `deployment_predecessor`
- `project_pr_metrics`, of pull requests, commits, comments, `commits_diffs` and deployments: our `pull_request_flow`
- `project_incident_deployment_relationships`, of `incidents` or `issues`, and deployments: our `incident_deployment`
- `cicd_deployment_commits`, of `cicd_pipelines` and its kin: facts by `deployments_from_pipelines.sql`
- `incidents`, of `issues` and `board_issues`: facts by `incidents_from_issues.sql`
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from release_ops.delivery_refresh import refresh
from release_ops.store import Store

STATEMENTS = Path(__file__).resolve().parents[2] / "include" / "examples" / "devlake"
NOW = datetime(2026, 1, 1, tzinfo=UTC)
PROJECT = "project1"
"""The project that all of DevLake's tests are about."""

Cells = dict[str, str]
Rows = list[Cells]

DEVLAKE: Mapping[str, str] = {
    "project_mapping": 'project_name text, "table" text, row_id text',
    "cicd_deployment_commits": (
        "id text, cicd_scope_id text, cicd_deployment_id text, result text, environment text, repo_url text,"
        " commit_sha text, ref_name text, prev_success_deployment_commit_id text,"
        " created_date timestamptz, started_date timestamptz, finished_date timestamptz"
    ),
    "cicd_pipelines": (
        "id text, result text, status text, type text, environment text, cicd_scope_id text, duration_sec numeric,"
        " created_date timestamptz, started_date timestamptz, finished_date timestamptz"
    ),
    "cicd_pipeline_commits": "pipeline_id text, commit_sha text, branch text, repo_id text, repo_url text",
    "cicd_tasks": "id text, pipeline_id text, result text, type text, environment text",
    "commits_diffs": "old_commit_sha text, new_commit_sha text, commit_sha text",
    "commits": "sha text, authored_date timestamptz, committed_date timestamptz",
    "pull_requests": (
        "id text, base_repo_id text, title text, url text, author_id text, merge_commit_sha text, base_ref text,"
        " head_ref text, created_date timestamptz, merged_date timestamptz, closed_date timestamptz"
    ),
    "pull_request_commits": "commit_sha text, pull_request_id text, commit_authored_date timestamptz",
    "pull_request_comments": "id text, pull_request_id text, account_id text, created_date timestamptz",
    "incidents": (
        'id text, title text, url text, "table" text, scope_id text, created_date timestamptz, resolution_date timestamptz'
    ),
    "issues": "id text, title text, url text, type text, created_date timestamptz, resolution_date timestamptz",
    "board_issues": "board_id text, issue_id text",
}
"""DevLake's tables, as far as our statements read them."""

FACTS: Mapping[str, str] = {
    "deployments": "deployment",
    "deployments_from_pipelines": "deployment",
    "pull_requests": "pull_request",
    "pull_reviews": "pull_review",
    "incidents": "incident",
    "incidents_from_issues": "incident",
}
"""Statement to the table that its rows go into."""


@dataclass(frozen=True)
class Flow:
    """An expected table and what ours are made of it."""

    folder: Path
    table: str
    """The expected one, by its file's stem."""
    statements: tuple[str, ...]
    answer: Callable[[Lake], Rows]
    key: str = "id"

    @property
    def name(self) -> str:
        """For the test's id."""
        return f"{self.folder.name}:{self.table}"


class Lake:
    """DevLake's database beside ours, filled with a folder's input."""

    def __init__(self, store: Store, folder: Path, expected: str) -> None:
        self.store, self.files = store, tables(folder)
        self.connection = psycopg.connect(store.dsn, autocommit=True, row_factory=psycopg.rows.dict_row)
        self.connection.execute("SET TIME ZONE 'UTC'")
        self.connection.execute("CREATE SCHEMA devlake")
        for table, columns in DEVLAKE.items():
            self.connection.execute(f"CREATE TABLE devlake.{table} ({columns})")  # type: ignore[call-overload]
            source = next((stem for stem in (table, f"{table}_before", f"{table}_after") if stem in self.files), "")
            if source and source != expected:
                self._fill(table, self.files[source])

    def _fill(self, table: str, rows: Rows) -> None:
        known = dict(column.strip().rsplit(" ", 1) for column in DEVLAKE[table].split(","))
        known = {name.strip('"'): kind for name, kind in known.items()}
        for row in rows:
            # As DevLake's importer has it: an empty text is a text, an empty time is none.
            cells = {
                name: row.get(name, "") if kind == "text" else row.get(name) or None for name, kind in known.items()
            }
            self.connection.execute(
                sql.SQL("INSERT INTO devlake.{} ({}) VALUES ({})").format(
                    sql.Identifier(table),
                    sql.SQL(", ").join(map(sql.Identifier, cells)),
                    sql.SQL(", ").join(map(sql.Placeholder, cells)),
                ),
                cells,
            )

    def feed(self, *statements: str) -> None:
        """Rows of those statements of ours into our facts."""
        self.connection.execute("SET search_path TO devlake")
        for name in statements:
            text = (STATEMENTS / f"{name}.sql").read_text(encoding="utf-8").replace("'my project'", f"'{PROJECT}'")
            for row in self.connection.execute(text).fetchall():  # type: ignore[call-overload]
                facts = {"product": PROJECT, **{column: value for column, value in row.items() if value is not None}}
                self.connection.execute(
                    sql.SQL("INSERT INTO release_ops.{} ({}) VALUES ({})").format(
                        sql.Identifier(FACTS[name]),
                        sql.SQL(", ").join(map(sql.Identifier, facts)),
                        sql.SQL(", ").join(map(sql.Placeholder, facts)),
                    ),
                    facts,
                )

    def play_git(self) -> None:
        """What the ingest asks git, asked of commits_diffs: which commits lie between a deployment and its predecessor."""
        self.connection.execute(
            """
            INSERT INTO release_ops.deployed_commit
                (product, environment, repository, component, commit, deployment, deployed_at, authored_at, committed_at)
            SELECT DISTINCT ON (1, 2, 3, 4, 5) p.product, p.environment, p.repository, p.component, c.commit_sha,
                p.deployment, p.finished_at, p.finished_at, p.finished_at
            FROM release_metrics.deployment_predecessor AS p
            JOIN devlake.commits_diffs AS c ON c.old_commit_sha = p.previous_commit AND c.new_commit_sha = p.commit
            ORDER BY 1, 2, 3, 4, 5, p.finished_at
            """
        )

    def refresh(self) -> None:
        """Ours, for real."""
        refresh(self.store, now=NOW)

    def ask(self, statement: str) -> list[dict[str, Any]]:
        """Rows of a statement on our side."""
        return self.connection.execute(statement).fetchall()  # type: ignore[call-overload]


def tables(folder: Path) -> dict[str, Rows]:
    """Stem to rows, of all CSV files in a folder and below; of two with one stem the one on top."""
    found: dict[str, Rows] = {}
    for path in sorted(folder.rglob("*.csv"), key=lambda path: (len(path.parts), path)):
        text = path.read_text(encoding="utf-8-sig")
        found.setdefault(path.stem, list(csv.DictReader(io.StringIO(text))))
    return found


def flows(root: Path) -> Iterator[Flow]:
    """Of every folder below `root` that has tables, what they expect."""
    for folder in sorted(path for path in root.iterdir() if path.is_dir()):
        stems = tables(folder).keys()
        deployments = stems & {
            "cicd_deployment_commits",
            "cicd_deployment_commits_before",
            "cicd_deployment_commits_after",
        }
        if {"cicd_deployment_commits_before", "cicd_deployment_commits_after"} <= stems:
            yield Flow(folder, "cicd_deployment_commits_after", ("deployments",), predecessors)
        if "project_pr_metrics" in stems:
            yield Flow(folder, "project_pr_metrics", ("deployments", "pull_requests", "pull_reviews"), pull_requests)
        if {"cicd_pipelines", "cicd_pipeline_commits", "cicd_deployment_commits"} <= stems:
            yield Flow(folder, "cicd_deployment_commits", ("deployments_from_pipelines",), generated)
        if {"issues", "board_issues", "incidents"} <= stems:
            yield Flow(folder, "incidents", ("incidents_from_issues",), incidents)
        if "project_incident_deployment_relationships" in stems and deployments:
            source = "incidents" if "incidents" in stems and "issues" not in stems else "incidents_from_issues"
            yield Flow(folder, "project_incident_deployment_relationships", ("deployments", source), relationships)


def answer(flow: Flow, store: Store) -> tuple[Rows, Rows]:
    """Expected rows and ours, both by the expected columns that we have."""
    lake = Lake(store, flow.folder, flow.table)
    with lake.connection:
        lake.feed(*flow.statements)
        lake.play_git()
        lake.refresh()
        ours = flow.answer(lake)
    return tables(flow.folder)[flow.table], ours


# Ours in their columns


def predecessors(lake: Lake) -> Rows:
    """Each deployment commit of the input, with the one that ours says came before."""
    found = {}
    for row in lake.ask("SELECT * FROM release_metrics.deployment_predecessor WHERE previous_deployment IS NOT NULL"):
        mine = commit_of(lake, row["deployment"], row["repository"])
        found[mine["id"]] = commit_of(lake, row["previous_deployment"], row["repository"])["id"]
    return [
        {**one, "prev_success_deployment_commit_id": found.get(one["id"], "")}
        for one in lake.files["cicd_deployment_commits_before"]
    ]


def pull_requests(lake: Lake) -> Rows:
    """Merged pull requests with their stages in minutes."""
    rows: Rows = []
    for one in lake.ask(
        """
        SELECT f.*, c.repository AS deployed_repository
        FROM release_metrics.pull_request_flow AS f
        LEFT JOIN release_metrics.deployed_commit AS c
            ON c.product = f.product AND c.environment = f.environment AND c.commit = f.merge_commit
                AND c.deployment = f.deployment
        WHERE f.state = 'merged'
        """
    ):
        # DevLake adds up rounded minutes.
        parts = [minutes(one[stage]) for stage in ("coding_time", "open_time", "deploy_time")]
        assert (
            one["known_time"] <= timedelta(minutes=sum(parts_known(parts))) < one["known_time"] + timedelta(minutes=3)
        )
        rows.append(
            {
                "id": one["pull_request"],
                "project_name": one["product"],
                "first_commit_sha": one["first_commit"],
                "pr_coding_time": parts[0],
                "first_review_id": one["first_review"],
                "pr_pickup_time": minutes(one["pickup_time"]),
                "pr_review_time": minutes(one["review_time"]),
                "deployment_commit_id": (
                    commit_of(lake, one["deployment"], one["deployed_repository"])["id"] if one["deployment"] else ""
                ),
                "pr_deploy_time": parts[2],
                "pr_cycle_time": str(sum(parts_known(parts))),
                "first_commit_authored_date": instant(one["first_commit_at"]),
                "first_comment_date": instant(one["first_review_at"]),
                "pr_created_date": instant(one["created_at"]),
                "pr_merged_date": instant(one["merged_at"]),
                "pr_deployed_date": instant(one["deployed_at"]),
            }
        )
    return rows


def relationships(lake: Lake) -> Rows:
    """Incidents that belong to a deployment."""
    return [
        {"id": row["incident"], "project_name": row["product"], "deployment_id": pipeline_of(lake, row["deployment"])}
        for row in lake.ask("SELECT * FROM release_metrics.incident_deployment WHERE deployment IS NOT NULL")
    ]


def generated(lake: Lake) -> Rows:
    """Deployment commits made of pipelines."""
    results = {"success": "SUCCESS", "failure": "FAILURE", "running": ""}
    return [
        {
            "id": f"{row['deployment']}:{row['repository']}",
            "commit_sha": row["commit"],
            "cicd_scope_id": row["component"],
            "cicd_deployment_id": row["deployment"],
            "result": results[row["result"]],
            "repo_url": row["repository"],
            "environment": row["environment"].upper(),
            "started_date": instant(row["started_at"]),
            "finished_date": instant(row["finished_at"]),
        }
        for row in lake.ask("SELECT * FROM release_metrics.deployment")
    ]


def incidents(lake: Lake) -> Rows:
    """Incidents made of issues."""
    return [
        {
            "id": row["incident"],
            "title": row["title"],
            "created_date": instant(row["started_at"]),
            "resolution_date": instant(row["resolved_at"]),
        }
        for row in lake.ask("SELECT * FROM release_metrics.incident")
    ]


def commit_of(lake: Lake, deployment: str, repository: str) -> dict[str, Any]:
    """DevLake's deployment commit that a deployment of ours is: the last of the pipeline, or an earlier try of its own."""
    return max(
        lake.ask("SELECT * FROM devlake.cicd_deployment_commits WHERE finished_date IS NOT NULL"),
        key=lambda row: (
            row["repo_url"] == repository,
            row["id"] == deployment,
            row["cicd_deployment_id"] == deployment,
            row["finished_date"],
            row["id"],
        ),
    )


def pipeline_of(lake: Lake, deployment: str) -> str:
    """DevLake's pipeline that a deployment of ours is, or is a try of."""
    tries = {row["id"]: row["cicd_deployment_id"] for row in lake.ask("SELECT * FROM devlake.cicd_deployment_commits")}
    return str(tries.get(deployment, deployment))


def minutes(span: timedelta | None) -> str:
    """Whole minutes, rounded up, as DevLake counts; empty for none."""
    return "" if span is None else str(math.ceil(span / timedelta(minutes=1)))


def parts_known(parts: Sequence[str]) -> list[int]:
    """Those that are."""
    return [int(part) for part in parts if part]


def instant(at: datetime | None) -> str:
    """An instant; empty for none."""
    return "" if at is None else at.astimezone(UTC).isoformat(timespec="milliseconds")


def same(expected: str, ours: str) -> bool:
    """Cells are the same; instants whatever way they are written."""
    if expected == ours:
        return True
    try:
        return as_instant(expected) == as_instant(ours)
    except ValueError:
        return False


def as_instant(text: str) -> datetime:
    """`2023-4-1 6:01:02`, `2023-04-01T06:01:02.000+00:00` and their like; without a zone it is UTC."""
    day, _, clock = text.replace("T", " ").partition(" ")
    year, month, date = day.split("-")
    hour, rest = clock.split(":", 1)
    read = datetime.fromisoformat(f"{year}-{month:0>2}-{date:0>2}T{hour:0>2}:{rest}")
    return read if read.tzinfo else read.replace(tzinfo=UTC)
