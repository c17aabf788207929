"""A real Airflow on the wheel's Postgres: scheduler, DAG processor, triggerer and API server as processes of their own."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
import pytest

from quickstart.airflow import Airflow, User
from quickstart.approver import Approver
from quickstart.demo import TEAMS, Demo, make_demo
from quickstart.evaluation import LATER, ROUNDS
from quickstart.postgres import Postgres
from quickstart.repository import make_demo_remote
from release_ops.store import Store

PEOPLE = ("ana", "ben", "chloe", "dmitri", "eva")
KINDS = ("planning", "alpha", "feature_complete", "freeze", "beta", "rc", "ga", "support_end")
PATIENCE = 600.0
"""Seconds that a condition may take: machines are shared and noisy."""

SETTINGS = {
    # A killed task is noticed by its missing heartbeat.
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "20",
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT_DETECTION_INTERVAL": "5",
    "AIRFLOW__WORKERS__MIN_HEARTBEAT_INTERVAL": "3",
    # A file that was changed is asked to be read again: reading all of them all the time takes a core.
    "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "120",
    "AIRFLOW__CORE__DAG_VERSION_INFLATION_CHECK_LEVEL": "error",
}

API = """\
product: api
name: Api
repository: {{kind: git, location: {remote}, push: true}}
timezone: Europe/Berlin
windows: {{holidays_close: false}}
catch_up: 400d
trains:
  minor: {{planning: null, feature_complete: null, freeze: null, beta: null, rc: null, support_end: null}}
milestone_gates: {{alpha: null, feature_complete: null, freeze: null, beta: null, ga: null}}
releases:
  - {{version: 1.4.0, type: minor, ga: {ga}}}
"""


@dataclass
class House:
    """The running Airflow and the repositories of its products."""

    airflow: Airflow
    approver: Approver
    store: Store
    folder: Path
    demo: Demo
    remotes: dict[str, Path] = field(default_factory=dict)

    @property
    def products(self) -> Path:
        return self.airflow.products

    def wait(self, condition: Callable[[], Any], what: str) -> Any:
        return self.airflow.wait_for(condition, timeout=PATIENCE, what=what)

    def wait_answering(self, condition: Callable[[], Any], what: str) -> Any:
        """Wait, and answer meanwhile whatever people are asked."""

        def look() -> Any:
            self.approver.look()
            return condition()

        return self.airflow.wait_for(look, timeout=PATIENCE, what=what, every=1)

    def read_again(self, *dags: str) -> None:
        """Have the files of these DAGs parsed at once, as after a change of what they are made of."""
        for token in {self.airflow.rest("GET", f"/dags/{dag}")["file_token"] for dag in dags}:
            self.airflow.rest("PUT", f"/parseDagFile/{token}")

    def runs(self, kind: str, product: str) -> list[dict[str, Any]]:
        """Runs of a milestone's DAG for one product, oldest first."""
        found = self.airflow.rest("GET", f"/dags/release_{kind}/dagRuns?limit=100&order_by=run_after")["dag_runs"]
        return [run for run in found if f"__{product}:" in run["dag_run_id"]]

    def scheduled(self, kind: str, product: str) -> list[dict[str, Any]]:
        return [run for run in self.runs(kind, product) if run["run_type"] == "scheduled"]

    def tasks(self, kind: str, run_id: str) -> dict[str, dict[str, Any]]:
        path = f"/dags/release_{kind}/dagRuns/{quote(run_id, safe='')}/taskInstances?limit=100"
        return {one["task_id"]: one for one in self.airflow.rest("GET", path)["task_instances"]}

    def questions(self, kind: str, product: str) -> list[dict[str, Any]]:
        """Open questions of a milestone's seats."""
        (run,) = self.scheduled(kind, product)
        path = f"/dags/release_{kind}/dagRuns/{quote(run['dag_run_id'], safe='')}/hitlDetails"
        return self.airflow.rest("GET", path)["hitl_details"]

    def answer(self, question: dict[str, Any], user: str, **fields: Any) -> int:
        """Status code of that user's Approve."""
        one = question["task_instance"]
        run = quote(one["dag_run_id"], safe="")
        path = f"/dags/{one['dag_id']}/dagRuns/{run}/taskInstances/{one['task_id']}/{one['map_index']}/hitlDetails"
        values = {name: param["value"] for name, param in question["params"].items()}
        body = {"chosen_options": ["Approve"], "params_input": {**values, **fields}}
        return self.airflow.request("PATCH", path, user=user, json=body).status_code

    def states(self, product: str, version: str) -> dict[str, str]:
        return {row["kind"]: row["state"] for row in self.store.all("milestones_of", product=product, version=version)}

    def git(self, product: str, *args: str) -> str:
        done = subprocess.run(
            ["git", "-C", str(self.remotes[product]), *args], capture_output=True, text=True, check=True
        )
        return done.stdout.strip()

    def tags(self, product: str) -> list[str]:
        lines = subprocess.run(
            ["git", "ls-remote", "--tags", "--refs", str(self.remotes[product])],
            capture_output=True,
            text=True,
            check=True,
        ).stdout.splitlines()
        return [line.split("refs/tags/")[1] for line in lines]


@pytest.fixture(scope="session")
def house() -> Iterator[House]:
    """The demo with its facts, a product whose milestones fall on the same instants, and a calendar in the last weeks."""
    folder = Path(tempfile.mkdtemp(prefix="ro-sys-", dir="/tmp"))
    folder.chmod(0o755)
    now = datetime.now(UTC)
    products = folder / "products"
    demo = make_demo(products, folder / "remotes", kept=folder / "kept.json", now=now)
    made = demo.rehearsal
    remotes = {name: folder / f"{name}.git" for name in ("api", "ops")}
    for remote in remotes.values():
        make_demo_remote(remote, today=now.date())
    remotes |= {ci.product.id: ci.remote for ci in demo.cis}
    # Text from outside that would be a template if anything rendered it twice.
    named = made.file.read_text(encoding="utf-8").replace("name: Webapp\n", 'name: "Webapp {{ 7 * 7 }}"\n')
    made.file.write_text(named, encoding="utf-8")
    for tag in subprocess.run(
        ["git", "-C", str(remotes["api"]), "tag"], capture_output=True, text=True, check=True
    ).stdout.split():
        subprocess.run(["git", "-C", str(remotes["api"]), "tag", "-d", tag], capture_output=True, check=True)
    (products / "api.yaml").write_text(API.format(remote=remotes["api"], ga=made.release.ga), encoding="utf-8")
    postgres = Postgres(folder / "pg")
    postgres.start()
    with psycopg.connect(postgres.dsn("postgres"), autocommit=True) as connection:
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            connection.execute(f"ALTER SYSTEM SET {setting} = off")
        connection.execute("SELECT pg_reload_conf()")
    users = (User("admin", "admin"), *(User(person) for person in PEOPLE))
    airflow = Airflow(
        home=folder,
        postgres=postgres,
        products=products,
        users=users,
        settings={**SETTINGS, "RELEASE_OPS_TEAMS": str(folder / TEAMS)},
    )
    try:
        airflow.prepare()
        store = Store(airflow.dsn)
        store.migrate()
        airflow.start()
        airflow.wait_until_healthy(timeout=PATIENCE)
        needed = (dag for some in ROUNDS for dag in some)
        airflow.wait_for_dags(*(f"release_{kind}" for kind in KINDS), "release_hotfix", *needed, timeout=PATIENCE)
        for dag in LATER:
            airflow.pause(dag)
        yield House(airflow, Approver(airflow), store, folder, demo, remotes)
    finally:
        airflow.stop()
        postgres.stop()
        shutil.rmtree(folder, ignore_errors=True)
