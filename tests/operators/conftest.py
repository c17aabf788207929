"""A product with a real repository and a real database, and operators run as a DAG would run them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from psycopg.conninfo import conninfo_to_dict

from quickstart.rehearsal import Rehearsal, rehearse
from quickstart.repository import DEMO_VERSION, make_demo_remote
from release_ops.operators.announce import AnnounceOperator
from release_ops.operators.approval import DecideOperator, SeatsOperator
from release_ops.operators.changelog import CutPrereleaseOperator, GenerateChangelogOperator, PublishReleaseOperator
from release_ops.operators.freeze import ApplyFreezeOperator, ReportBlockedOperator
from release_ops.operators.gate import QualityGateOperator
from release_ops.operators.planning import CloseReleaseOperator, OpenReleaseOperator, SnapshotScopeOperator
from release_ops.operators.record import RecordOperator
from release_ops.operators.release import ResolveReleaseOperator
from release_ops.store import Store
from tests.fakes.approvals import approved

PROJECT = Path(__file__).resolve().parents[2]
NOW = datetime.now(UTC).replace(hour=12) - timedelta(days=14)
"""When the train was due: the operators read the real clock, and the end of support shall have passed too."""

ACTS: Mapping[str, Any] = {
    "planning": OpenReleaseOperator,
    "alpha": CutPrereleaseOperator,
    "feature_complete": SnapshotScopeOperator,
    "freeze": ApplyFreezeOperator,
    "beta": CutPrereleaseOperator,
    "rc": CutPrereleaseOperator,
    "ga": PublishReleaseOperator,
    "support_end": CloseReleaseOperator,
}
TAGGING = {"alpha", "beta", "rc", "ga"}


@pytest.fixture(scope="session")
def demo_repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo's remote; tests work on copies."""
    path = tmp_path_factory.mktemp("remote") / "demo.git"
    make_demo_remote(path, today=NOW.date())
    return path


@dataclass
class House:
    """A rehearsed demo product and what its operators need around them."""

    remote: Path
    rehearsal: Rehearsal
    store: Store
    xcom: dict[str, Any] = field(default_factory=dict)
    alive: int = 1
    """How many of the runs that are asked about Airflow still has."""

    def context(self, kind: str, *, run_id: str, **dag_run: Any) -> dict[str, Any]:
        facts = {"partition_key": f"webapp:2.8.0:{kind}", "run_type": "scheduled", "triggering_user_name": None}
        ti = SimpleNamespace(
            xcom_push=lambda *, key, value: self.xcom.update({key: value}), get_dr_count=lambda **_: self.alive
        )
        return {
            "dag_run": SimpleNamespace(run_id=run_id, **{**facts, **dag_run}),
            "dag": SimpleNamespace(dag_id=f"release_{kind}"),
            "ti": ti,
        }

    def resolve(self, kind: str, *, run_id: str = "", version: str = "", **dag_run: Any) -> dict[str, Any]:
        context = self.context(kind, run_id=run_id or f"scheduled__{kind}", **dag_run)
        operator = ResolveReleaseOperator(
            task_id="resolve", kind=kind, product="webapp" if version else "", version=version, reason=""
        )
        return operator.execute(context)

    def decide(
        self, run: Mapping[str, Any], answer: Callable[[dict[str, Any]], dict[str, Any]] | None = None
    ) -> dict[str, Any]:
        """Gate, seats, answers (everybody approves and ticks, unless `answer` says otherwise), decision."""
        gate = QualityGateOperator(task_id="quality_gate", run=run).execute({})
        seats = SeatsOperator(task_id="seats", run=run, gate_result=gate).execute({})
        taken: set[str] = set()
        answers = []
        for seat in seats:
            people = [person["id"] for person in seat["assigned_users"]]
            user = next((person for person in people if person not in taken), people[0])
            taken.add(user)
            given = approved(seat, user)
            answers.append({**given, **(answer(given) if answer else {})})
        operator = DecideOperator(
            task_id="decide", run=run, gate_result=gate, answers=answers, proceed="go", blocked="stop"
        )
        branch = operator.choose_branch(self.context(run["kind"], run_id=run["run_id"]))
        decision = self.xcom["decision"]
        assert branch == ("go" if decision["proceed"] else "stop")
        return decision

    def act(self, run: Mapping[str, Any], decision: Mapping[str, Any]) -> dict[str, Any]:
        """Changelog and act, or the report that says why not; then announce and record."""
        facts: dict[str, Any] = {"run": run, "decision": decision}
        changelog: dict[str, Any] = {}
        if not decision["proceed"]:
            result = ReportBlockedOperator(task_id="blocked", **facts).execute({})
        else:
            told = {}
            if run["kind"] in TAGGING:
                changelog = GenerateChangelogOperator(task_id="changelog", **facts).execute({})
                told = {"changelog": changelog}
            result = ACTS[run["kind"]](task_id="act", **facts, **told).execute({})
        AnnounceOperator(task_id="announce", result=result, changelog=changelog, **facts).execute({})
        RecordOperator(task_id="record", **facts).execute({})
        return result

    def milestone(self, kind: str, **dag_run: Any) -> dict[str, Any]:
        """A whole milestone in which everybody agrees."""
        run = self.resolve(kind, **dag_run)
        return self.act(run, self.decide(run))

    def git(self, *args: str, env: Mapping[str, str] | None = None) -> str:
        command = ["git", "-C", str(self.remote), *args]
        done = subprocess.run(command, capture_output=True, text=True, check=True, env={**os.environ, **(env or {})})
        return done.stdout.strip()

    def refs(self) -> dict[str, str]:
        lines = self.git("for-each-ref", "--format=%(refname) %(objectname)").splitlines()
        return dict(line.split() for line in lines)

    @property
    def ga(self) -> date:
        return self.rehearsal.release.ga

    def postpone(self) -> date:
        """Move GA, and that of the release after it, into the future; returns the new one."""
        later = datetime.now(UTC).date() + timedelta(days=70)
        (following,) = (each.ga for each in self.rehearsal.product.releases if each.version == "2.8.1")
        self.edit(f"ga: {following}", f"ga: {later + timedelta(days=30)}")
        self.edit(f"ga: {self.ga}", f"ga: {later}")
        return later

    def edit(self, old: str, new: str) -> None:
        text = self.rehearsal.file.read_text(encoding="utf-8")
        assert old in text
        self.rehearsal.file.write_text(text.replace(old, new), encoding="utf-8")


@pytest.fixture
def house(tmp_path: Path, demo_repository: Path, store: Store, monkeypatch: pytest.MonkeyPatch) -> House:
    """The demo product, its own copy of the remote, a fresh database, and the connection to it."""
    remote = tmp_path / "demo.git"
    shutil.copytree(demo_repository, remote)
    products = tmp_path / "products"
    rehearsal = rehearse(
        PROJECT / "include" / "products" / "demo.yaml",
        products,
        kept=tmp_path / "kept.json",
        now=NOW,
        remote=remote,
        version=DEMO_VERSION,
    )
    monkeypatch.setenv("RELEASE_OPS_PRODUCTS", str(products))
    monkeypatch.setenv("RELEASE_OPS_HOME", str(tmp_path / "state"))
    parts = conninfo_to_dict(store.dsn)
    connection = {"conn_type": "postgres", "host": parts["host"], "login": parts["user"], "schema": parts["dbname"]}
    monkeypatch.setenv("AIRFLOW_CONN_RELEASE_OPS_DB", json.dumps(connection))
    return House(remote=remote, rehearsal=rehearsal, store=store)
