"""`make run`, `make stop` and `make clean`."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psutil

from quickstart import demo_hotfix, summary
from quickstart.airflow import PROJECT, Airflow, AirflowError, User
from quickstart.approver import Approver
from quickstart.demo import TEAMS, Demo, make_demo
from quickstart.demo_deploy import DemoShop, await_promotion
from quickstart.demo_flags import FORM
from quickstart.demo_survey import answer_on_page
from quickstart.evaluation import LATER, ROUNDS, Evaluation
from quickstart.postgres import Postgres, PostgresError, data_directory
from quickstart.processes import end_all, write_pid
from quickstart.rehearsal import Rehearsal, RehearsalError, adopt, rehearse
from quickstart.repository import NotOurs
from release_ops.addresses import (
    BUDGET,
    CALENDAR,
    CAPACITY,
    DEPLOYMENTS,
    HEALTH,
    METRICS,
    PREFIX,
    STAKEHOLDERS,
    SURVEYS,
    release_page,
    story_page,
)
from release_ops.domain.model import MilestoneKind
from release_ops.domain.survey_links import Secret, Secrets
from release_ops.product import ProductError, load_product, load_products
from release_ops.store import Store

STATE = PROJECT / ".run"
PATIENCE = 25 * 60
"""Seconds that a train may take when nobody has to be waited for."""
FAILED, BAD_FILE = 1, 2


@dataclass
class Run:
    """One `make run`, from the environment variables PRODUCT, APPROVE, EXIT and PORT."""

    product: Path | None
    manual: bool
    exit: bool
    port: int
    started: float
    demo: Demo | None = None
    shop: DemoShop = field(default_factory=DemoShop)

    @classmethod
    def from_environment(cls, env: Mapping[str, str]) -> Run:
        """Read the variables; ValueError if one of them makes no sense."""
        approve = env.get("APPROVE") or "auto"
        if approve not in {"auto", "manual"}:
            raise ValueError(f"APPROVE={approve}: write auto or manual")
        port = env.get("PORT") or "8080"
        if not port.isdigit() or int(port) > 65535:
            raise ValueError(f"PORT={port}: write a port number")
        return cls(
            product=Path(env["PRODUCT"]) if env.get("PRODUCT") else None,
            manual=approve == "manual",
            exit=(env.get("EXIT") or "0") not in {"0", "no", "false"},
            port=int(port),
            started=time.monotonic(),
        )

    def say(self, text: str) -> None:
        """Print one line of progress."""
        print(f"[{time.monotonic() - self.started:4.0f}s] {text}", flush=True)

    def main(self) -> int:
        """Do all of it; the exit code."""
        rehearsal = self._product()
        postgres = Postgres(data_directory(STATE))
        new = not (postgres.data / "PG_VERSION").exists()
        try:
            postgres.start()
            self.say(f"Postgres runs on {postgres.data}{' (new)' if new else ''}")
            with Airflow(
                home=STATE,
                postgres=postgres,
                products=STATE / "products",
                users=_users(),
                port=self.port,
                settings={"AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "True", **self._teams(), **self.shop.settings},
            ) as airflow:
                return self._drive(airflow, rehearsal)
        finally:
            self.say("stopping")
            postgres.stop()

    def _teams(self) -> dict[str, str]:
        """Where the demo's teams are; a reader's own are in the project."""
        return {"RELEASE_OPS_TEAMS": str(STATE / TEAMS)} if self.demo else {}

    def _product(self) -> Rehearsal | None:
        """Put the product file in its place; None when its own dates stand."""
        kept, folder = STATE / "state" / "rehearsals.json", STATE / "products"
        now = datetime.now(UTC)
        if self.product is None:
            self.demo = make_demo(folder, STATE / "remotes", kept=kept, now=now, say=self.say, deployed=True)
            rehearsal = self.demo.rehearsal
        elif load_product(self.product).repository.push:
            product = adopt(self.product, folder)
            self.say(
                f"{product.id}: the file says push: true, so this is no rehearsal. Its dates stand; tags, branches and "
                f"messages are real."
            )
            return None
        else:
            rehearsal = rehearse(self.product, folder, kept=kept, now=now)
        self.say(f"a rehearsal of {rehearsal.product.name} {rehearsal.release.version} on {rehearsal.file}, where")
        for change in rehearsal.changes:
            self.say(f"  {change}")
        for one in rehearsal.milestones:
            self.say(f"  {one.planned_at:%a %Y-%m-%d %H:%M} {one.kind.value}")
        return rehearsal

    def _drive(self, airflow: Airflow, rehearsal: Rehearsal | None) -> int:
        airflow.prepare()
        Store(airflow.dsn).migrate()
        self.say("databases are migrated")
        past = self.demo.write_past(airflow) if self.demo else None
        if self.demo:
            self.shop.start(airflow, self.demo.rehearsal.product.id, self.demo.live())
        airflow.start()
        airflow.wait_until_healthy(timeout=300)
        needed = (dag for some in ROUNDS for dag in some)
        airflow.wait_for_dags(
            *(f"release_{kind.value}" for kind in MilestoneKind), demo_hotfix.DAG, *needed, timeout=300
        )
        if past is not None:
            told, _ = past.communicate()
            if past.returncode:
                raise AirflowError(f"the past of the demo could not be written:\n{told}")
            if told:
                self.say(told.strip())
        later = LATER if rehearsal is not None else frozenset()
        for dag in airflow.rest("GET", "/dags?limit=100")["dags"]:
            if dag["dag_id"] not in later:
                airflow.unpause(dag["dag_id"])
        if airflow.port != self.port and self.port:
            self.say(f"port {self.port} is taken")
        self.say(f"Airflow serves {airflow.url}, log in as admin with {airflow.password('admin')}")
        approver = Approver(airflow, self.say, answering=not self.manual)
        failed = 0
        if rehearsal is not None:
            failed = Train(self, airflow, approver, rehearsal).run()
            if not failed:
                failed = self._deployed(airflow, approver, rehearsal) or self._evaluate(airflow, approver)
            self._report(airflow, rehearsal)
        _logins(airflow)
        if self.exit:
            return failed
        self.say("serving; Ctrl-C stops everything, `make run` goes on from here")
        while True:
            airflow.wait_for(approver.look, timeout=float("inf"), every=2)

    def _deployed(self, airflow: Airflow, approver: Approver, rehearsal: Rehearsal) -> int:
        """Wait until everybody in the demo's shop has the release; 1 if they do not get it."""
        if self.demo is None:
            return 0
        about = (rehearsal.product.id, rehearsal.release.version)
        if problem := await_promotion(airflow, self.say, approver.look, *about):
            self.say(f"STOPPED: {problem}")
            return FAILED
        return 0

    def _evaluate(self, airflow: Airflow, approver: Approver) -> int:
        """Let the DAGs run that read facts and report; 1 if one fails."""
        if self.demo is not None:
            for deployed in self.demo.deploy():
                self.say(f"the CI deploys {deployed}")
        night = self._hotfix(airflow)
        evaluation = Evaluation(airflow, self.say, approver.look, forms=FORM if self.demo is not None else {})
        evaluation.run()
        if night is not None and not night.wait(approver.look, self.say):
            evaluation.failed.append(f"{night.run_id} failed; logs: {airflow.logs}")
        if not evaluation.failed:
            self._answer(airflow)
            return 0
        for problem in evaluation.failed:
            self.say(f"STOPPED: {problem}")
        return FAILED

    def _hotfix(self, airflow: Airflow) -> demo_hotfix.Hotfix | None:
        """Something is wrong with what has just come out: mend it while the other DAGs read their facts."""
        if self.demo is None or self.manual:
            return None
        made = self.demo.rehearsal
        later = [one.version for one in made.product.releases if one.ga > made.release.ga]
        self.say(f"{demo_hotfix.FAULT}: somebody starts a hotfix of {made.product.id} {made.release.version}")
        return demo_hotfix.begin(
            airflow,
            Path(made.product.repository.location),
            product=made.product.id,
            affected=made.release.version,
            following=later[0],
        )

    def _answer(self, airflow: Airflow) -> None:
        """Let people answer the survey that has just been opened."""
        if self.demo is None:
            return
        secret = Secret(airflow.survey_secret)
        secrets = Secrets(secret, (secret,))
        answered, unused = answer_on_page(Store(airflow.dsn), self.demo.products, secrets, airflow.url)
        self.say(f"{answered} people answer a survey on the page")
        if unused:
            self.say(f"answer it yourself: {unused}")

    def _report(self, airflow: Airflow, rehearsal: Rehearsal) -> None:
        """Print what there is now, and where to look at it."""
        product, version = rehearsal.product, rehearsal.release.version
        for line in summary.report(airflow.dsn, product, version, airflow.home / "state"):
            print(line)
        for line in summary.figures(airflow.dsn):
            print(line)
        later = ", once `make run` without EXIT serves again" if self.exit else ""
        print(f"look at{later}")
        for name, page in {
            "calendar": CALENDAR,
            "release": story_page(product.id, version),
            "deployed": DEPLOYMENTS,
            "health": HEALTH,
            "metrics": METRICS,
            "people": STAKEHOLDERS,
            "surveys": SURVEYS,
            "capacity": CAPACITY,
            "budget": BUDGET,
            "documents": release_page(product.id, version),
        }.items():
            print(f"  {name:<10} {airflow.url}{PREFIX}{page}")


@dataclass
class Train:
    """Watches one release until every milestone up to GA is done."""

    run_: Run
    airflow: Airflow
    approver: Approver
    rehearsal: Rehearsal

    def run(self) -> int:
        """0 when all are done; 1, with a report, when one cannot be done or time is up."""
        seen: dict[str, str] = {}
        end = time.monotonic() + PATIENCE
        wanted = [one.kind.value for one in self.rehearsal.milestones]
        release = self.rehearsal.release
        while True:
            rows = summary.milestones(self.airflow.dsn, release.product, release.version)
            for kind in wanted:
                state = rows[kind]["state"] if kind in rows else "planned"
                if state == "running" and any(
                    seen.get(before) not in summary.DONE for before in wanted[: wanted.index(kind)]
                ):
                    state = "waiting"
                if seen.get(kind, "planned") != state:
                    detail = f": {rows[kind]['detail']}" if rows[kind]["detail"] else ""
                    late = " (late)" if rows[kind]["late"] and state == "done" else ""
                    self.run_.say(f"{kind:<17}{state}{late}{detail}")
                seen[kind] = state
            # A milestone is done before its last message is sent.
            if all(seen[kind] in summary.DONE for kind in wanted) and not self._runs("running", "queued"):
                if failed := self._runs("failed"):
                    return self._hangs(f"failed: {', '.join(failed)}")
                self.run_.say(f"{release.product} {release.version} is out")
                return 0
            if any(seen[kind] in summary.STUCK for kind in wanted):
                return self._hangs("the train stands still")
            self.airflow.wait_for(self._look, timeout=60, what="the API to answer")
            if failed := self._runs("failed"):
                return self._hangs(f"failed: {', '.join(failed)}")
            if time.monotonic() > end and not self.approver.waiting:
                return self._hangs(f"not done after {PATIENCE // 60} minutes")
            time.sleep(1)

    def _look(self) -> bool:
        self.approver.look()
        return True

    def _runs(self, *states: str) -> list[str]:
        """Ids of the release's runs in one of these states."""
        key = f"{self.rehearsal.release.product}:{self.rehearsal.release.version}:"
        asked = "&".join(f"state={state}" for state in states)
        found = self.airflow.rest("GET", f"/dags/~/dagRuns?{asked}&limit=100")["dag_runs"]
        return [one["dag_run_id"] for one in found if str(one.get("partition_key") or "").startswith(key)]

    def _hangs(self, why: str) -> int:
        self.run_.say(f"STOPPED: {why}")
        for run in self.airflow.rest("GET", "/dags/~/dagRuns?state=failed&state=running&limit=100")["dag_runs"]:
            path = f"/dags/{run['dag_id']}/dagRuns/{quote(run['dag_run_id'], safe='')}/taskInstances?limit=100"
            tasks = [
                _task(one)
                for one in self.airflow.rest("GET", path)["task_instances"]
                if one["state"] not in {"success", "skipped", "removed", None}
            ]
            self.run_.say(f"  {run['dag_run_id']} {run['state']}: {', '.join(tasks) or 'no task runs'}")
        release = self.rehearsal.release
        for kind, row in summary.milestones(self.airflow.dsn, release.product, release.version).items():
            self.run_.say(f"  {kind:<17}{row['state']} {row['detail']}")
        self.run_.say(f"  logs: {self.airflow.logs}")
        return FAILED


def stop() -> int:
    """End a `make run` in another terminal, and what one that was killed left behind."""
    main = _main_process()
    if main is not None and main.pid != os.getpid():
        print(f"stopping make run (pid {main.pid})")
        main.terminate()
        try:
            main.wait(90)
        except psutil.TimeoutExpired:
            main.kill()
    for name in end_all(STATE / "pids"):
        print(f"stopped {name}")
    postgres = Postgres(data_directory(STATE))
    if postgres.running():
        postgres.stop()
        print("stopped Postgres")
    return 0


def clean() -> int:
    """Remove Postgres' data, which may lie outside the state directory, and the state."""
    data = data_directory(STATE)
    shutil.rmtree(data, ignore_errors=True)
    if data.parent != STATE:
        shutil.rmtree(data.parent, ignore_errors=True)
    shutil.rmtree(STATE, ignore_errors=True)
    return 0


def run() -> int:
    """`make run`."""
    try:
        chosen = Run.from_environment(os.environ)
    except ValueError as error:
        print(error, file=sys.stderr)
        return BAD_FILE
    if other := _main_process():
        print(f"make run runs already (pid {other.pid}); `make stop` ends it", file=sys.stderr)
        return FAILED
    STATE.mkdir(exist_ok=True)
    write_pid(STATE / "main.pid", os.getpid())
    # `make stop` and a closing terminal are like Ctrl-C.
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    try:
        return chosen.main()
    except KeyboardInterrupt:
        return FAILED if chosen.exit else 0
    except (ProductError, RehearsalError) as error:
        print(error, file=sys.stderr)
        return BAD_FILE
    except (AirflowError, PostgresError, NotOurs) as error:
        print(f"\n{error}", file=sys.stderr)
        return FAILED
    finally:
        (STATE / "main.pid").unlink(missing_ok=True)


def _users() -> list[User]:
    products, _ = load_products(STATE / "products")
    people = {person.id for product in products.values() for some in product.approvers.values() for person in some}
    return [User("admin", "admin"), *(User(person) for person in sorted(people))]


def _logins(airflow: Airflow) -> None:
    print(f"Airflow: {airflow.url}")
    for user in airflow.users:
        print(f"  {user.id:<24} {airflow.password(user.id)}")


def _task(instance: Mapping[str, Any]) -> str:
    index = f"[{instance['map_index']}]" if instance["map_index"] >= 0 else ""
    return f"{instance['task_id']}{index} {instance['state']}"


def _main_process() -> psutil.Process | None:
    try:
        pid, created = (STATE / "main.pid").read_text(encoding="ascii").split()
        process = psutil.Process(int(pid))
    except (OSError, ValueError, psutil.NoSuchProcess):
        return None
    return process if abs(process.create_time() - float(created)) < 1 else None


if __name__ == "__main__":
    commands = {"run": run, "stop": stop, "clean": clean}
    sys.exit(commands[sys.argv[1] if len(sys.argv) > 1 else "run"]())
