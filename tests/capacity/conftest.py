"""Team files and worked hours in a folder, beside a real database."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from psycopg.conninfo import conninfo_to_dict

from release_ops.domain.capacity import monday
from release_ops.store import Store

TODAY = datetime.now(UTC).date()
WEEK = monday(TODAY)
TEAM = """\
members:
  - {{id: ana, name: Ana, team: web, hours_per_week: 40, rate: 88, skills: {{python: expert, react: novice}}}}
  - {{id: bo, name: Bo, team: web, hours_per_week: 40, rate: 61, skills: {{python: advanced, react: {{level: advanced, last_used: 2020-01-01}}}}}}
  - {{id: cy, name: Cy, team: ops, hours_per_week: 20, rate: 70, skills: {{ops: expert}}}}
projects:
  - {{id: shop, name: Shop, start: {start}, end: {end}, needs: [{{skill: python, level: advanced, hours: 200}}, {{skill: react, hours: 60}}]}}
  - {{id: move, name: Move, start: {start}, end: {end}, priority: 5, needs: [{{skill: ops, level: expert, hours: {ops}}}]}}
review:
  approvers: [{{id: eva, name: Eva Ebert}}]
  report_to: [{{kind: outbox}}]
  scored: 2
  worked: {{file: worked.csv}}
"""  # noqa: E501
HEAD = "week,person,project,hours,skill,satisfaction"


@dataclass
class Office:
    """A folder of team files, a database, and operators that run against both."""

    folder: Path
    store: Store
    pushed: dict[str, Any] = field(default_factory=dict)

    def team(self, name: str = "crew", *, ops: int = 60, extra: str = "") -> Path:
        """Write a team file of six weeks from this one on; its path."""
        path = self.folder / f"{name}.yaml"
        start, end = WEEK, WEEK + timedelta(weeks=6, days=-3)
        path.write_text(TEAM.format(start=start, end=end, ops=ops) + extra)
        return path

    def worked(self, *lines: str) -> None:
        """Write the feed of worked hours."""
        (self.folder / "worked.csv").write_text("\n".join([HEAD, *lines]) + "\n")

    def rows(self, query: str) -> list[dict[str, Any]]:
        """Rows of a query."""
        with self.store.connect() as connection:
            return connection.execute(query).fetchall()

    def execute(self, operator: Any, run_type: str = "manual") -> Any:
        """Run an operator as a DAG's run would; what it pushed is in `pushed`."""

        def push(*, key: str, value: Any) -> None:
            self.pushed[key] = value

        return operator.execute(
            {"dag_run": SimpleNamespace(run_id="manual__1", run_type=run_type), "ti": SimpleNamespace(xcom_push=push)}
        )


@pytest.fixture
def office(tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch) -> Office:
    """An office with one team and no hours worked."""
    parts = conninfo_to_dict(store.dsn)
    connection = {"conn_type": "postgres", "host": parts["host"], "login": parts["user"], "schema": parts["dbname"]}
    monkeypatch.setenv("AIRFLOW_CONN_RELEASE_OPS_DB", json.dumps(connection))
    monkeypatch.setenv("RELEASE_OPS_TEAMS", str(tmp_path))
    found = Office(tmp_path, store)
    found.team()
    found.worked()
    return found


def weeks_ago(count: int) -> date:
    """Monday of a week of the past."""
    return WEEK - timedelta(weeks=count)
