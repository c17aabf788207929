"""Rollouts in a real Airflow, judged by a real Prometheus: good, bad, slow and silent ones, and workers that are killed.

All of them run at the same time, with a shop that is deployed to. Each is killed in another kind of step: first its task and
the worker that minds it, then, when all have come back, the scheduler with everything below it.
"""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psutil
import pytest

from quickstart import shop_service
from release_ops import rollouts
from release_ops.delivery_refresh import refresh
from release_ops.rollouts import Rollout
from tests.prometheus_server import Prometheus, free_port
from tests.system.test_train import is_below

pytestmark = [pytest.mark.system, pytest.mark.timeout(1800)]

FILE = """\
product: {id}
name: Shop {id}
repository: {{kind: git, location: {remote}, push: true}}
timezone: UTC
windows: {{holidays_close: false}}
milestone_gates: {{planning: null, alpha: null, feature_complete: null, freeze: null, beta: null, rc: null, ga: null}}
readiness: {{support: null, marketing: null}}
releases: [{{version: 1.1.0, type: hotfix, ga: {today}}}]
approvers: {{release_manager: [{{id: ana, name: Ana Alvarez}}]}}
audiences: {{engineering: [{{kind: outbox}}], support: [{{kind: outbox}}]}}
analyses:
  health:
    metrics:
      error_rate:
        connection: shop_prometheus
        query: >-
          (sum(rate(http_requests_total{{service="{{product}}",version="{{version}}",status=~"5.."}}[20s])) or vector(0))
          / sum(rate(http_requests_total{{service="{{product}}",version="{{version}}"}}[20s]))
        interval: 8s
        initial_delay: 8s
        count: 2
        success: result[0] < 0.01
      mean_seconds:
        connection: shop_prometheus
        query: >-
          sum(rate(http_request_duration_seconds_sum{{service="{{product}}",version="{{version}}"}}[20s]))
          / sum(rate(http_request_duration_seconds_count{{service="{{product}}",version="{{version}}"}}[20s]))
        interval: 8s
        initial_delay: 8s
        count: 2
        success: result[0] < 0.3
deploy:
  command: {{run: ["{python}", "{program}", deploy, "{url}"], timeout: 20m}}
  environments:
    production:
      approvals: {{}}
      windows: false
      poll: 1s
      progress_within: 1h
      rollback: {{within: 1h}}
      hold: {{look_again: 10s}}
      announce:
        started: [engineering]
        held: [engineering]
        promoted: [engineering, support]
        rolled_back: [engineering, support]
      steps: {steps}
"""
CANARY = "[{weight: 20}, {analyse: health}, {weight: 100}]"
RESTING = "[{weight: 20}, {pause: until told}, {weight: 100}]"
HOW = {"weight": "good", "analyse": "good", "pause": "good", "errors": "errors", "slow": "slow", "silent": "silent"}
"""How the new version of each product behaves. The first three are named after the kind of step that they are killed in."""
KILLED = {"weight": "apply", "analyse": "status", "pause": "status", "errors": "rollback", "silent": "status"}
"""In which call of the deploy program each is killed."""
DAG = "release_deploy"


@dataclass
class Deployments:
    """What the tests look at."""

    house: Any
    url: str

    def run_id(self, product: str) -> str:
        return f"deploy__{product}_1.1.0_production"

    def rollout(self, product: str) -> Rollout:
        return rollouts.find(self.house.store, f"{product}:1.1.0:production:1")

    def asked(self, product: str) -> list[tuple[str, int]]:
        """What the shop was really turned to, in order."""
        state = shop_service.ask(self.url, f"/state?product={product}&environment=production")
        return [(one["version"], one["weight"]) for one in state["asked"]]

    def block(self, product: str, action: str, *, on: bool) -> None:
        shop_service.ask(self.url, "/block", {"product": product, "action": action, "on": on})

    def hangs(self, product: str) -> bool:
        """Whether the deploy program waits in the call that it is to be killed in."""
        return bool(programs(product)) and self._waits(product)

    def _waits(self, product: str) -> bool:
        query = f"/blocked?product={product}&action={KILLED[product]}"
        return bool(shop_service.ask(self.url, query)["waiting"] > 1)

    def trigger(self, dag: str, run_id: str, conf: dict[str, str]) -> None:
        request = {"dag_run_id": run_id, "logical_date": None, "conf": conf}
        self.house.airflow.rest("POST", f"/dags/{dag}/dagRuns", json=request)

    def task(self, product: str, task: str) -> dict[str, Any]:
        run = quote(self.run_id(product), safe="")
        path = f"/dags/{DAG}/dagRuns/{run}/taskInstances/{task}"
        return self.house.airflow.rest("GET", path)

    def run_state(self, product: str) -> str:
        return self.house.airflow.rest("GET", f"/dags/{DAG}/dagRuns/{quote(self.run_id(product), safe='')}")["state"]

    def questions(self) -> list[dict[str, Any]]:
        """Open questions under Required Actions of the rollout that is held."""
        path = f"/dags/{DAG}/dagRuns/{quote(self.run_id('silent'), safe='')}/hitlDetails"
        return [one for one in self.house.airflow.rest("GET", path)["hitl_details"] if not one["response_received"]]

    def asks(self) -> bool:
        """Whether the held rollout waits for its answer, after whatever was done to its workers."""
        return bool(self.questions()) and self.task("silent", "roll")["state"] == "awaiting_input"

    def answer(self, option: str, *, user: str) -> int:
        path = f"/dags/{DAG}/dagRuns/{quote(self.run_id('silent'), safe='')}/taskInstances/roll/-1/hitlDetails"
        body = {"chosen_options": [option], "params_input": {"reason": "the exporter was down"}}
        return self.house.airflow.request("PATCH", path, user=user, json=body).status_code


def programs(product: str) -> list[psutil.Process]:
    """Deploy programs that work on a product now."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if "deploy" in process.cmdline() and process.environ().get("RELEASE_OPS_PRODUCT") == product:
                found.append(process)
    return found


def kill_worker(house: Any, product: str) -> int:
    """`kill -9` the deploy program, the task that started it and the worker that minds the task; how many."""
    scheduler = house.airflow.component("scheduler").process.pid
    killed = 0
    for program in programs(product):
        with contextlib.suppress(psutil.Error):
            for victim in [program, *(one for one in program.parents() if is_below(one, scheduler))]:
                victim.kill()
                killed += 1
    return killed


@pytest.fixture(scope="module")
def deployments(house, tmp_path_factory) -> Iterator[Deployments]:
    """Six rollouts that went through everything, and have ended."""
    folder: Path = tmp_path_factory.mktemp("shop")
    port = free_port()
    program = Path(shop_service.__file__)
    shop = subprocess.Popen([sys.executable, str(program), "serve", str(port), "30"])
    url = f"http://127.0.0.1:{port}"
    found = Deployments(house, url)
    if Prometheus.program is None:
        pytest.skip("real part missing: prometheus")
    try:
        house.wait(lambda: is_open(url), "the shop to open")
        with Prometheus(folder / "prometheus", scrape="1s").start([f"127.0.0.1:{port}"]) as prometheus:
            prepare(found, folder, prometheus.url)
            go_through_everything(found)
            yield found
    finally:
        shop.terminate()
        shop.wait()


def is_open(url: str) -> bool:
    with contextlib.suppress(OSError):
        return bool(shop_service.ask(url, "/state?product=x&environment=y"))
    return False


def prepare(found: Deployments, folder: Path, prometheus: str) -> None:
    """A tagged repository, the product files, what is live, and what the new versions are like."""
    house = found.house
    remote = folder / "shop.git"
    for command in (
        ["init", "-q", "-b", "main", "."],
        *(["commit", "-q", "--allow-empty", "-m", "feat: a shop"], ["tag", "v1.0.0"]),
        *(["commit", "-q", "--allow-empty", "-m", "fix: prices"], ["tag", "v1.1.0"]),
    ):
        remote.mkdir(exist_ok=True)
        who = ["-c", "user.name=Shop", "-c", "user.email=shop@example.org"]
        subprocess.run(["git", "-C", str(remote), *who, *command], check=True, capture_output=True)
    location = {"connection_id": "shop_prometheus", "conn_type": "http", "host": prometheus}
    house.airflow.rest("POST", "/connections", json=location)
    for product, how in HOW.items():
        shop_service.ask(found.url, "/seed", {"product": product, "environment": "production", "version": "1.0.0"})
        shop_service.ask(found.url, "/behave", {"product": product, "version": "1.1.0", "how": how})
        text = FILE.format(
            id=product,
            remote=remote,
            today=datetime.now(UTC).date(),
            python=sys.executable,
            program=shop_service.__file__,
            url=found.url,
            steps=RESTING if product == "pause" else CANARY,
        )
        (house.products / f"{product}.yaml").write_text(text, encoding="utf-8")

    house.read_again(DAG, "rollout_control")

    def known() -> bool:
        params = house.airflow.rest("GET", f"/dags/{DAG}/details")["params"]
        return set(HOW) <= set(params["product"]["schema"]["enum"])

    house.wait(known, "the form of release_deploy to name the products")


def go_through_everything(found: Deployments) -> None:
    """Start all six; kill the tasks of five of them, then the scheduler; let them end."""
    house = found.house
    for product in ("weight", "errors"):
        found.block(product, KILLED[product], on=True)
    for product in HOW:
        conf = {"product": product, "version": "1.1.0", "environment": "production"}
        found.trigger(DAG, found.run_id(product), conf)

    def until(product: str, state: str, step: int) -> None:
        def there() -> bool:
            with contextlib.suppress(KeyError):
                rollout = found.rollout(product)
                return (rollout.state.phase, rollout.state.step) == (state, step)
            return False

        house.wait(there, f"{product} to be {state} in step {step}")

    until("analyse", "running", 1)
    found.block("analyse", "status", on=True)
    until("pause", "paused", 1)
    found.block("pause", "status", on=True)
    conf = {"product": "pause", "environment": "production", "order": "resume", "reason": "go on"}
    found.trigger("rollout_control", "go-on", conf)
    until("silent", "held", 1)
    (question,) = house.wait(found.questions, "the silent one to ask")
    HELD.update(question)
    found.block("silent", "status", on=True)
    for product, action in KILLED.items():
        house.wait(lambda product=product: found.hangs(product), f"{product} to be in its call")
        assert kill_worker(house, product) >= 2, product
        found.block(product, action, on=True)
    for product in KILLED:
        house.wait(lambda product=product: found.hangs(product), f"{product} to have come back")
    house.airflow.component("scheduler").kill()
    for product in KILLED:
        kill_worker(house, product)
        for program in programs(product):
            program.kill()
    house.airflow.start("scheduler")
    for product, action in KILLED.items():
        found.block(product, action, on=False)
    shop_service.ask(found.url, "/behave", {"product": "silent", "version": "1.1.0", "how": "good"})
    house.wait(found.asks, "the silent one to ask again")
    # As a person would: not in the second in which the question appears.
    asked_at = house.airflow.scheduler_heartbeat()
    house.wait(lambda: house.airflow.scheduler_heartbeat() > asked_at + timedelta(seconds=5), "the scheduler to go on")
    REFUSED.append(found.answer("Promote", user="eva"))
    assert found.answer("Resume analysis", user="ana") == 200
    for product in HOW:
        house.wait(lambda product=product: found.run_state(product) in {"success", "failed"}, f"{product} to end")


HELD: dict[str, Any] = {}
"""The question that the silent one asked."""
REFUSED: list[int] = []
"""What Airflow said to somebody who may not decide."""


@pytest.mark.parametrize("product", ["weight", "analyse", "pause", "silent"])
def test_a_good_version_goes_to_everybody_whatever_was_killed_meanwhile(deployments, product):
    rollout = deployments.rollout(product)
    assert (rollout.state.phase, rollout.state.weight) == ("promoted", 100)
    assert deployments.asked(product) == [("1.1.0", 20), ("1.1.0", 100)]
    assert deployments.run_state(product) == "success"


@pytest.mark.parametrize(("product", "metric"), [("errors", "error_rate"), ("slow", "mean_seconds")])
def test_a_bad_version_is_taken_back_within_two_intervals(deployments, product, metric):
    rollout = deployments.rollout(product)
    assert rollout.state.phase == "rolled_back"
    assert deployments.asked(product) == [("1.1.0", 20), ("1.0.0", 100)]
    assert metric in rollout.state.why
    rows = deployments.house.store.all("measurements_of", subject_kind="rollout", subject=rollout.id)
    found = [row["phase"] for row in rows if row["metric"] == metric]
    assert found[-1] == "Failed"
    assert len(found) <= 2


def test_a_silent_version_is_held_and_asks_the_people_who_may_decide(deployments):
    assert HELD["subject"] == "Shop silent 1.1.0 to production is held: what now?"
    assert HELD["options"] == ["Resume analysis", "Promote", "Roll back"]
    assert [user["id"] for user in HELD["assigned_users"]] == ["ana"]
    assert "no data" in HELD["body"]
    assert REFUSED == [403]
    events = rollouts.events(deployments.house.store, deployments.rollout("silent").id)
    (resumed,) = [row["detail"] for row in events if row["kind"] == "resume"]
    assert (resumed["by"], resumed["text"]) == ("ana", "ana resumes it: the exporter was down")


@pytest.mark.parametrize("product", [*KILLED])
def test_each_act_was_done_once_although_worker_and_scheduler_were_killed(deployments, product):
    store = deployments.house.store
    effects = store.all("effects_of", product=product, version="1.1.0")
    acts = [row for row in effects if row["key"].startswith("deploy:")]
    assert len(acts) == 2
    assert {row["state"] for row in acts} == {"done"}
    assert len(deployments.asked(product)) == 2
    assert deployments.task(product, "roll")["try_number"] >= 3
    kinds = [row["kind"] for row in rollouts.events(store, deployments.rollout(product).id)]
    assert kinds.count("weight") == (1 if product == "errors" else 2)
    assert kinds.count("promote") + kinds.count("verify") == 1


@pytest.mark.parametrize("product", [*HOW])
def test_everybody_was_told_once(deployments, product):
    rows = deployments.house.store.all("messages_of", product=product, version="1.1.0")
    assert {row["state"] for row in rows} == {"sent"}
    told = sorted((row["key"].split(":")[6], row["audience"]) for row in rows)
    bad = product in {"errors", "slow"}
    end = "rolled_back" if bad else "promoted"
    expected = [("started", "engineering"), (end, "engineering"), (end, "support")]
    held = [("held3", "engineering")] if product == "silent" else []
    assert told == sorted([*expected, *held])
    (body,) = [row["body"] for row in rows if f":{end}:engineering" in row["key"]]
    assert ("Why:" in body) == bad


def test_dora_counts_what_was_taken_back_as_failed_and_recovered(deployments):
    store = deployments.house.store
    refresh(store, now=datetime.now(UTC))
    with store.connect() as connection:
        rows = connection.execute(
            "SELECT product, deployments, failed, recovered FROM release_metrics.dora "
            "WHERE product = ANY (%s) AND environment = 'production' AND period = 'month'",
            [[*HOW]],
        ).fetchall()
        incidents = connection.execute(
            "SELECT product, severity, resolved_at IS NOT NULL AS resolved, fixed_by FROM release_metrics.incident "
            "WHERE product = ANY (%s) ORDER BY product",
            [[*HOW]],
        ).fetchall()
    found = {row["product"]: (row["deployments"], row["failed"], row["recovered"]) for row in rows}
    assert found == {name: (2, 1, 1) if how in {"errors", "slow"} else (1, 0, 0) for name, how in HOW.items()}
    assert [(row["product"], row["severity"], row["resolved"]) for row in incidents] == [
        ("errors", "high", True),
        ("slow", "high", True),
    ]
    assert incidents[0]["fixed_by"] == "errors:1.1.0:production:1:rollback"
