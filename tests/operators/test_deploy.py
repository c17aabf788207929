"""A deployment from its form to its records, step by step as the DAG has them, with a real program and a real repository."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from airflow.sdk import Asset
from airflow.sdk.exceptions import (
    AirflowFailException,
    AirflowSkipException,
    TaskAwaitingInput,
    TaskDeferred,
)
from psycopg.conninfo import conninfo_to_dict

from release_ops import rollouts
from release_ops.delivery_refresh import refresh
from release_ops.domain.analysis import Measured
from release_ops.operators import rollout, rollout_hold
from release_ops.operators.deploy import ResolveDeployOperator, note_deploy_failure
from release_ops.operators.deploy_end import (
    AnnounceDeployOperator,
    FollowOperator,
    RecordDeployOperator,
    StartDeploymentsOperator,
    TellEndOperator,
)
from release_ops.operators.deploy_gate import (
    AwaitDeployWindowOperator,
    DeployDecideOperator,
    DeployGateOperator,
    DeploySeatsOperator,
    ReportDeployBlockedOperator,
)
from release_ops.operators.deploy_plan import PlanDeployOperator
from release_ops.operators.rollout import RolloutOperator
from release_ops.operators.rollout_control import TellRolloutOperator
from release_ops.product import project_root
from release_ops.rollouts import RolloutError
from release_ops.store import Store

SHOP = """\
product: shop
name: Shop
repository: {{kind: git, location: {remote}, push: true}}
timezone: UTC
windows: {{holidays_close: false}}
releases:
  - {{version: 2.8.0, type: minor, ga: 2026-11-26}}
approvers:
  release_manager: [{{id: ana, name: Ana Alvarez}}]
  technical_lead: [{{id: ben, name: Ben Bauer}}]
  qa_lead: [{{id: chloe}}]
  product_owner: [{{id: dmitri}}]
  stakeholder: [{{id: eva}}]
audiences: {{engineering: [{{kind: outbox}}], executives: [{{kind: outbox}}]}}
analyses:
  errors: {{metrics: {{error_rate: {{query: up, interval: 30s, count: 1, success: "result[0] < 0.01"}}}}}}
deploy:
  command: {{run: [include/examples/deploy/deploy.sh, "{place}"]}}
  environments:
    staging: {{milestones: [rc, ga]}}
    production:
      automatic: true
      steps: [{{weight: 10}}, {{analyse: errors}}, {{weight: 100}}]
"""
AGREED = {"proceed": True, "reasons": [], "valid_until": None, "decided_at": "2026-11-26T09:00:00+00:00", "body": ""}


class Questions:
    """Required Actions of one task: its first words stay, and asking again throws an answer away."""

    def __init__(self) -> None:
        self.text = ""
        self.people: list[str] = []
        self.event: dict[str, Any] | None = None
        self.times = 0

    def upsert(self, *, ti_id: Any, subject: str, body: str, assigned_users: Any, **_: Any) -> None:
        self.text = self.text or f"{subject}\n{body}"
        self.people = self.people or [user["id"] for user in assigned_users]
        self.event = None
        self.times += 1

    def answer(self, option: str, user: str, reason: str = "") -> None:
        self.event = {
            "chosen_options": [option],
            "params_input": {"reason": reason},
            "responded_at": datetime.now(UTC),
            "responded_by_user": {"id": user, "name": user},
            "timedout": False,
        }


class Deploying:
    """The shop, and the DAG's steps run by hand."""

    def __init__(self, folder: Path, store: Store) -> None:
        self.folder, self.store = folder, store
        self.place, self.file = folder / "place", folder / "products" / "shop.yaml"
        self.questions, self.ti, self.alive = Questions(), uuid4(), 0
        self.value: float | None = 0.002
        self.xcom: dict[str, Any] = {}

    def context(self, **dag_run: Any) -> dict[str, Any]:
        facts = {"run_id": "deploy__shop", "run_type": "manual", "triggering_user_name": "ben", "partition_key": None}
        events: dict[Asset, Any] = {}
        return {
            "dag_run": SimpleNamespace(**{**facts, "dag_id": "release_deploy", **dag_run}),
            "dag": SimpleNamespace(dag_id="release_deploy"),
            "ti": SimpleNamespace(
                id=self.ti,
                task_id="roll",
                get_dr_count=lambda **_: self.alive,
                xcom_pull=lambda **_: self.xcom.get("run"),
                xcom_push=lambda *, key, value: self.xcom.update({key: value}),
            ),
            "outlet_events": events,
        }

    def resolve(self, environment: str = "production", *, version: str = "2.8.0", **how: Any) -> dict[str, Any]:
        purpose = how.pop("purpose", "hotfix" if environment == "production" else "release")
        operator = ResolveDeployOperator(
            task_id="resolve", product="shop", version=version, environment=environment, reason="now", purpose=purpose
        )
        self.xcom["run"] = run = operator.execute(self.context(**how))
        return run

    def look(self, run: Mapping[str, Any]) -> dict[str, Any] | TaskDeferred | TaskAwaitingInput:
        """One awakening of the task: what it returned, or how it went to sleep."""
        try:
            event, self.questions.event = self.questions.event, None
            return RolloutOperator(task_id="roll", run=run, decision=AGREED).execute(self.context(), event)
        except (TaskDeferred, TaskAwaitingInput) as sleep:
            return sleep

    def roll(self, run: Mapping[str, Any]) -> dict[str, Any]:
        for _ in range(40):
            found = self.look(run)
            if isinstance(found, dict):
                return found
            assert not isinstance(found, TaskAwaitingInput)
        raise AssertionError(found)

    def live(self, environment: str) -> tuple[str, str]:
        folder = self.place / environment
        return ((folder / "version").read_text().strip(), (folder / "weight").read_text().strip())

    def put(self, environment: str, version: str) -> None:
        (self.place / environment).mkdir(parents=True, exist_ok=True)
        (self.place / environment / "version").write_text(version)
        (self.place / environment / "weight").write_text("100")

    def edit(self, old: str, new: str) -> None:
        text = self.file.read_text()
        assert old in text
        self.file.write_text(text.replace(old, new))


@pytest.fixture
def shop(tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch) -> Deploying:
    remote, products = tmp_path / "shop.git", tmp_path / "products"
    products.mkdir()
    remote.mkdir()
    who = ["-c", "user.name=Shop", "-c", "user.email=shop@example.org"]
    for command in (["init", "-q", "-b", "main"], ["commit", "-q", "--allow-empty", "-m", "feat: a shop"]):
        subprocess.run(["git", "-C", str(remote), *who, *command], check=True)
    for tag in ("v2.8.0-rc.1", "v2.8.0", "v2.8.1"):
        subprocess.run(["git", "-C", str(remote), "tag", tag], check=True)
    for defaults in (project_root() / "include" / "products").glob("_defaults*"):
        shutil.copy(defaults, products)
    made = Deploying(tmp_path, store)
    made.file.write_text(SHOP.format(remote=remote, place=made.place), encoding="utf-8")
    made.put("staging", "2.7.1")
    made.put("production", "2.7.1")
    monkeypatch.setenv("RELEASE_OPS_PRODUCTS", str(products))
    monkeypatch.setenv("RELEASE_OPS_HOME", str(tmp_path / "state"))
    parts = conninfo_to_dict(store.dsn)
    connection = {"conn_type": "postgres", "host": parts["host"], "login": parts["user"], "schema": parts["dbname"]}
    monkeypatch.setenv("AIRFLOW_CONN_RELEASE_OPS_DB", json.dumps(connection))
    monkeypatch.setattr(rollout_hold, "upsert_hitl_detail", made.questions.upsert)
    monkeypatch.setattr(
        rollout,
        "measure",
        lambda metric, _, at: Measured(metric=metric.name, value=None if made.value is None else (made.value,), at=at),
    )
    return made


# Which version goes where


def test_a_run_names_the_version_its_commit_and_what_the_way_back_leads_to(shop):
    run = shop.resolve()
    assert {key: run[key] for key in ("rollout", "previous", "tag", "milestone", "started_by", "occasion")} == {
        "rollout": "shop:2.8.0:production:1",
        "previous": "2.7.1",
        "tag": "v2.8.0",
        "milestone": "ga",
        "started_by": "ben",
        "occasion": ":production:1",
    }
    assert len(run["commit"]) == 40
    assert shop.live("production") == ("2.7.1", "100"), "nothing is changed yet"


def test_a_prerelease_belongs_to_its_release_and_a_hotfix_needs_no_plan(shop):
    run = shop.resolve("staging", version="2.8.0-rc.1")
    assert (run["version"], run["deployed"], run["milestone"]) == ("2.8.0", "2.8.0-rc.1", "rc")
    assert run["occasion"] == ":staging:2.8.0-rc.1:1"
    hotfix = shop.resolve(version="2.8.1", run_id="deploy__shop_2.8.1_production")
    assert (hotfix["version"], hotfix["purpose"]) == ("2.8.1", "hotfix")


@pytest.mark.parametrize(
    ("environment", "version", "purpose", "problem"),
    [
        ("prod", "2.8.0", "release", "shop has no environment prod; deploy.environments has: staging, production"),
        ("staging", "9.9.9", "release", "the repository has no tag v9.9.9: only what is tagged is deployed"),
        ("production", "2.8.0", "release", "has not been promoted in staging, which comes before production"),
        ("staging", "", "release", "this run names no version"),
    ],
)
def test_what_cannot_be_deployed_is_refused_with_a_remedy(shop, environment, version, purpose, problem):
    with pytest.raises(AirflowFailException, match=problem):
        shop.resolve(environment, version=version, purpose=purpose)
    assert shop.store.one("rollout_open", product="shop", environment=environment) is None


def test_what_is_live_already_and_products_without_deployments_are_skipped(shop):
    shop.put("production", "2.8.0")
    with pytest.raises(AirflowSkipException, match="is live in production already"):
        shop.resolve()
    shop.file.write_text(shop.file.read_text().partition("deploy:")[0])
    with pytest.raises(AirflowSkipException, match="is not deployed from here"):
        shop.resolve()


def test_another_deployment_has_to_wait_unless_its_run_is_gone_before_it_changed_anything(shop):
    shop.resolve()
    shop.alive = 1
    with pytest.raises(AirflowFailException, match="there is one deployment at a time"):
        shop.resolve(version="2.8.1", run_id="another")
    shop.alive = 0
    assert shop.resolve(version="2.8.1", run_id="another")["rollout"] == "shop:2.8.1:production:1"
    assert rollouts.find(shop.store, "shop:2.8.0:production:1").state.phase == "aborted"


def half_out(shop: Deploying, **how: Any) -> dict[str, Any]:
    """A rollout that rests at 10 %."""
    shop.edit("{analyse: errors}", "{pause: until told}")
    run = shop.resolve(**how)
    assert isinstance(shop.look(run), TaskDeferred)
    return run


def test_a_deployment_half_out_is_gone_on_with_by_another_run_of_its_version_only(shop):
    run = half_out(shop)
    assert shop.live("production") == ("2.8.0", "10")
    with pytest.raises(AirflowFailException, match="clear its task `roll`, so that it goes on"):
        shop.resolve(version="2.8.1", run_id="another")
    again = shop.resolve(run_id="another")
    assert (again["rollout"], again["previous"]) == (run["rollout"], "2.7.1")
    told = {"product": "shop", "environment": "production", "order": "resume"}
    TellRolloutOperator(task_id="tell", **told).execute(shop.context())
    assert shop.roll(again)["state"] == "promoted"


def test_what_has_all_users_and_was_not_promoted_is_looked_at_again(shop):
    """A version whose run is gone, or a first one that failed, would else close its environment and those after it."""
    shop.edit("{analyse: errors}, {weight: 100}", "{weight: 100}, {analyse: errors}")
    shop.value = None
    run = shop.resolve()
    while not isinstance(shop.look(run), TaskAwaitingInput):
        pass
    assert shop.live("production") == ("2.8.0", "100")
    again = shop.resolve(run_id="again")
    assert (again["rollout"], again["run_id"]) == (run["rollout"], "again")
    shop.value = 0.002
    told = {"product": "shop", "environment": "production", "order": "resume"}
    TellRolloutOperator(task_id="tell", **told).execute(shop.context())
    assert shop.roll(again)["state"] == "promoted"
    with pytest.raises(AirflowSkipException, match="is live in production already"):
        shop.resolve(run_id="once-more")


def test_a_first_version_that_failed_can_be_tried_again_though_it_is_still_live(shop):
    shutil.rmtree(shop.place / "production")
    shop.value = 0.05
    run = shop.resolve()
    assert shop.roll(run)["state"] == "failed"
    shop.put("production", "2.8.0")
    shop.value = 0.002
    again = shop.resolve(run_id="again")
    assert (again["attempt"], again["previous"]) == (2, "")
    assert shop.roll(again)["state"] == "promoted"


# Gate, approvals, window


def test_the_people_of_the_environment_are_asked_with_the_plan_before_them(shop):
    run = shop.resolve()
    plan = PlanDeployOperator(task_id="plan", run=run).execute({})
    gate = DeployGateOperator(task_id="gate", run=run, plan=plan).execute({})
    seats = DeploySeatsOperator(task_id="seats", run=run, gate_result=gate).execute({})
    # ben started it and cannot approve it; nobody else is a technical lead.
    assert seats == []
    run = {**run, "started_by": None}
    seats = DeploySeatsOperator(task_id="seats", run=run, gate_result=gate).execute({})
    assert [(seat["subject"], [one["id"] for one in seat["assigned_users"]]) for seat in seats] == [
        ("Shop 2.8.0: deploy to production - technical lead", ["ben"]),
        ("Shop 2.8.0: deploy to production - release manager", ["ana"]),
    ]
    assert "| analyse errors | +5 min |" in seats[0]["body"]
    assert "To 2.7.1, by itself after" in seats[0]["body"]
    assert "Shop 2.8.0 to production (canary), after 2.7.1" in seats[0]["body"]


def test_a_rejected_deployment_changes_nothing_and_ends(shop):
    run = {**shop.resolve(), "started_by": None}
    plan = PlanDeployOperator(task_id="plan", run=run).execute({})
    gate = DeployGateOperator(task_id="gate", run=run, plan=plan).execute({})
    answers = [
        {
            **{
                "seat": f"{role}-1",
                "role": role,
                "user": user,
                "login": user,
                "approved": user == "ana",
                "reason": "no",
            },
            **{"asked_at": None, "answered_at": datetime.now(UTC).isoformat(), "ticked": [], "waived": []},
        }
        for role, user in (("technical_lead", "ben"), ("release_manager", "ana"))
    ]
    decide = DeployDecideOperator(
        task_id="decide", run=run, gate_result=gate, answers=answers, proceed="go", blocked="stop"
    )
    assert decide.choose_branch(shop.context()) == "stop"
    decision = shop.xcom["decision"]
    ReportDeployBlockedOperator(task_id="blocked", run=run, decision=decision).execute({})
    found = rollouts.find(shop.store, run["rollout"])
    assert (found.state.phase, found.started_at) == ("aborted", None)
    assert "Rejected by ben as technical lead: no" in found.state.why
    told = AnnounceDeployOperator(task_id="announce", run=run, decision=decision).execute({})
    assert told == {"messages": 1, "audiences": ["engineering"]}
    assert shop.live("production") == ("2.7.1", "100")
    assert shop.resolve(run_id="again")["rollout"] == "shop:2.8.0:production:2"


def test_a_blackout_defers_the_wait_and_is_asked_again_at_the_moment_of_the_act(shop):
    run = shop.resolve()
    now = datetime.now(UTC)
    start, end = (f"{at:%Y-%m-%d %H:%M}" for at in (now - timedelta(hours=1), now + timedelta(days=2)))
    blackout = f'blackouts: [{{start: "{start}", end: "{end}", reason: Christmas business}}]\n'
    shop.file.write_text(shop.file.read_text() + blackout)
    with pytest.raises(TaskDeferred) as slept:
        AwaitDeployWindowOperator(task_id="window", run=run, decision=AGREED).execute({})
    assert slept.value.trigger.moment > now + timedelta(days=1)
    # The window closed after the wait: the rollout asks once more and does not begin.
    assert isinstance(shop.look(run), TaskDeferred)
    found = rollouts.find(shop.store, run["rollout"])
    assert "Christmas business" in found.state.waiting
    assert (found.started_at, shop.live("production")) == (None, ("2.7.1", "100"))
    shop.file.write_text(shop.file.read_text().replace(blackout, ""))
    assert shop.roll(run)["state"] == "promoted"


def test_a_way_back_by_a_validation_list_waits_for_no_window_no_gate_and_nobody(shop):
    subprocess.run(["git", "-C", str(shop.folder / "shop.git"), "tag", "v2.7.1"], check=True)
    shop.put("production", "2.8.0")
    now = datetime.now(UTC)
    start, end = (f"{at:%Y-%m-%d %H:%M}" for at in (now - timedelta(hours=1), now + timedelta(days=2)))
    shop.file.write_text(
        shop.file.read_text() + f'blackouts: [{{start: "{start}", end: "{end}", reason: Christmas business}}]\n'
    )
    run = shop.resolve(version="2.7.1", purpose="rollback", triggering_user_name=None)
    plan = PlanDeployOperator(task_id="plan", run=run).execute({})
    gate = DeployGateOperator(task_id="gate", run=run, plan=plan).execute({})
    assert DeploySeatsOperator(task_id="seats", run=run, gate_result=gate).execute({}) == []
    decide = DeployDecideOperator(task_id="decide", run=run, gate_result=gate, answers=[], proceed="go", blocked="stop")
    assert decide.choose_branch(shop.context()) == "go", shop.xcom["decision"]["reasons"]
    facts = {"run": run, "decision": shop.xcom["decision"]}
    AwaitDeployWindowOperator(task_id="await_window", **facts).execute({})
    assert shop.roll(run)["state"] == "promoted"
    assert shop.live("production") == ("2.7.1", "100")
    kinds = [row["kind"] for row in rollouts.events(shop.store, run["rollout"])]
    assert kinds == ["step", "weight", "promote"], "all users at once: each minute more is one with the bad version"
    # Changes of data need somebody who says that they can be taken back.
    risky = {**plan, "readiness": [*plan["readiness"]]}
    risky["readiness"][-2] = {**risky["readiness"][-2], "outcome": "pending"}
    assert risky["readiness"][-2]["id"] == "backup"
    gate = DeployGateOperator(task_id="gate", run=run, plan=risky).execute({})
    assert len(DeploySeatsOperator(task_id="seats", run=run, gate_result=gate).execute({})) == 2
    # Whoever asks for one by the form still needs the others' yes.
    by_hand = {**run, "started_by": "eva"}
    gate = DeployGateOperator(task_id="gate", run=by_hand, plan=plan).execute({})
    assert len(DeploySeatsOperator(task_id="seats", run=by_hand, gate_result=gate).execute({})) == 2


# The rollout and its records


def test_a_promoted_version_is_told_and_recorded_and_goes_on_to_the_next_environment(shop):
    run = shop.resolve("staging")
    assert shop.roll(run)["state"] == "promoted"
    assert shop.live("staging") == ("2.8.0", "100")
    facts = {"run": run, "decision": AGREED}
    AnnounceDeployOperator(task_id="announce", **facts).execute({})
    record = RecordDeployOperator(task_id="record", **facts).execute(shop.context())
    assert (record["state"], record["detail"]) == ("promoted", "")
    assert TellEndOperator(task_id="promoted", run=run, phase="promoted").execute(shop.context())["version"] == "2.8.0"
    with pytest.raises(AirflowSkipException):
        TellEndOperator(task_id="rolled_back", run=run, phase="rolled_back").execute(shop.context())
    (following,) = FollowOperator(task_id="follow", run=run).execute({})
    assert following["trigger_run_id"] == "deploy__shop_2.8.0_production"
    assert following["conf"]["environment"] == "production"
    (row,) = shop.store.all("messages_of", product="shop", version="2.8.0")
    assert row["subject"] == "Shop 2.8.0: live in staging"


def test_what_one_environment_goes_back_to_does_not_go_on_to_the_next(shop):
    run = shop.resolve("staging", purpose="rollback")
    assert shop.roll(run)["state"] == "promoted"
    assert FollowOperator(task_id="follow", run=run).execute({}) == []


def test_an_environment_that_left_the_product_file_stops_the_task_and_not_the_watch(shop):
    run = half_out(shop)
    text = shop.file.read_text()
    for broken in (text.partition("deploy:")[0], text.replace("    production:", "    prod:")):
        shop.file.write_text(broken)
        with pytest.raises(RolloutError, match=r"no longer has production .* put it back, then clear this task"):
            shop.look(run)
    shop.file.write_text(text)
    assert isinstance(shop.look(run), TaskDeferred)


def test_a_version_that_is_taken_back_is_an_incident_a_failed_deployment_and_a_recovery(shop):
    shop.value = 0.05
    run = shop.resolve()
    assert shop.roll(run)["state"] == "rolled_back"
    assert shop.live("production") == ("2.7.1", "100")
    AnnounceDeployOperator(task_id="announce", run=run, decision=AGREED).execute({})
    RecordDeployOperator(task_id="record", run=run, decision=AGREED).execute(shop.context())
    with shop.store.connect() as connection:
        deployments = connection.execute(
            "SELECT deployment, version, result, rolled_back, unplanned FROM release_metrics.deployment ORDER BY deployment"
        ).fetchall()
        (incident,) = connection.execute("SELECT * FROM release_metrics.incident").fetchall()
    assert [tuple(row.values()) for row in deployments] == [
        ("shop:2.8.0:production:1", "2.8.0", "failure", True, True),
        ("shop:2.8.0:production:1:rollback", "2.7.1", "success", False, True),
    ]
    assert (incident["severity"], incident["fixed_by"]) == ("high", "shop:2.8.0:production:1:rollback")
    assert incident["started_at"] <= incident["resolved_at"]
    assert "analysis errors failed" in incident["title"]
    refresh(shop.store, now=datetime.now(UTC))
    with shop.store.connect() as connection:
        (dora,) = connection.execute(
            "SELECT deployments, failed, recovered FROM release_metrics.dora WHERE period = 'month' AND product = 'shop'"
        ).fetchall()
    assert tuple(dora.values()) == (2, 1, 1)
    bodies = {row["audience"]: row["body"] for row in shop.store.all("messages_of", product="shop", version="2.8.0")}
    subjects = {row["subject"] for row in shop.store.all("messages_of", product="shop", version="2.8.0")}
    assert "Shop 2.8.0: taken back in production" in subjects
    assert "The team looks for the cause" in bodies["executives"]
    report = shop.store.one("artifact_of", product="shop", version="2.8.0", kind="deploy", name="production-2.8.0-1.md")
    assert "| errors | error_rate | 0.05 |" in report["content"]


def test_a_version_that_breaks_at_once_for_everybody_is_an_incident_too(shop):
    program = shop.folder / "deploy.sh"
    text = (project_root() / "include/examples/deploy/deploy.sh").read_text()
    sick = '"phase": "\'$([ "$(live version)" = 2.8.0 ] && echo degraded || echo healthy)\'"'
    program.write_text(text.replace('"phase": "healthy"', sick))
    program.chmod(0o755)
    shop.edit("include/examples/deploy/deploy.sh", str(program))
    shop.edit("steps: [{weight: 10}, {analyse: errors}, {weight: 100}]", "strategy: recreate")
    run = shop.resolve()
    assert shop.roll(run)["state"] == "rolled_back"
    with shop.store.connect() as connection:
        (incident,) = connection.execute("SELECT title, resolved_at FROM release_metrics.incident").fetchall()
        row = connection.execute(
            "SELECT rolled_back FROM release_metrics.deployment WHERE version = '2.8.0'"
        ).fetchone()
    assert "2.8.0 is not healthy" in incident["title"]
    assert incident["resolved_at"] is not None
    assert row["rolled_back"] is True


def test_a_silent_version_waits_under_required_actions_and_goes_on_by_the_answer(shop):
    shop.value = None
    run = shop.resolve()
    while not isinstance(shop.look(run), TaskAwaitingInput):
        pass
    asleep = shop.look(run)
    assert isinstance(asleep, TaskAwaitingInput)
    assert asleep.timeout <= timedelta(minutes=1), "it looks at the form meanwhile"
    assert "Shop 2.8.0 to production is held: what now?" in shop.questions.text
    assert "no data" in shop.questions.text
    assert shop.questions.people == ["ana", "ben"]
    assert shop.questions.times == 1, "asking again would throw an answer away"
    shop.value = 0.002
    shop.questions.answer("Resume analysis", "ana", "the exporter was down")
    assert shop.roll(run)["state"] == "promoted"
    (resumed,) = [row for row in rollouts.events(shop.store, run["rollout"]) if row["kind"] == "resume"]
    assert resumed["detail"]["text"] == "ana resumes it: the exporter was down"


def test_a_held_rollout_takes_orders_from_the_form(shop):
    shop.value = None
    run = shop.resolve()
    while not isinstance(shop.look(run), TaskAwaitingInput):
        pass
    told = {"product": "shop", "environment": "production", "reason": "enough"}
    form = TellRolloutOperator(task_id="tell", order="abort", **told)
    first = form.execute(shop.context(run_id="form-1", dag_id="rollout_control"))
    assert first == form.execute(shop.context(run_id="form-1", dag_id="rollout_control")), (
        "a retry writes nothing twice"
    )
    assert shop.roll(run)["state"] == "rolled_back"
    with pytest.raises(AirflowFailException, match="nothing of shop is on its way to production"):
        form.execute(shop.context(run_id="form-2"))


def test_a_deployment_that_waits_for_people_or_its_window_gives_way_to_an_urgent_one(shop):
    run = shop.resolve()
    shop.alive = 1
    with pytest.raises(AirflowFailException, match="abort it with the form of rollout_control"):
        shop.resolve(version="2.8.1", run_id="urgent")
    form = TellRolloutOperator(
        task_id="tell", order="abort", product="shop", environment="production", reason="2.8.1 first"
    )
    told = form.execute(shop.context(run_id="form-1", dag_id="rollout_control"))
    assert told == form.execute(shop.context(run_id="form-1", dag_id="rollout_control")), "a retry is the same order"
    assert shop.resolve(version="2.8.1", run_id="urgent")["rollout"] == "shop:2.8.1:production:1"
    gone = rollouts.find(shop.store, run["rollout"])
    assert (gone.state.phase, gone.state.why) == ("aborted", "ben aborted it: 2.8.1 first. Nothing was changed")
    # Approved after all, it does nothing.
    AwaitDeployWindowOperator(task_id="await_window", run=run, decision=AGREED).execute({})
    assert shop.roll(run)["state"] == "aborted"
    assert shop.live("production") == ("2.7.1", "100")


def test_a_way_back_that_fails_fails_the_run_loudly(shop):
    run = half_out(shop)
    (shop.place / "production" / "version.new").mkdir()  # the program cannot write any more
    told = {"product": "shop", "environment": "production", "order": "abort"}
    TellRolloutOperator(task_id="tell", **told).execute(shop.context())
    assert isinstance(shop.look(run), TaskDeferred)
    with shop.store.connect() as connection:
        connection.execute(
            """UPDATE release_ops.rollout SET revision = revision + 1, progress = jsonb_set(progress, '{state,since}',
            to_jsonb((progress #>> '{state,since}')::timestamptz - interval '15 minutes'))"""
        )
    assert shop.roll(run)["state"] == "failed"
    RecordDeployOperator(task_id="record", run=run, decision=AGREED).execute(shop.context())
    with pytest.raises(AirflowFailException, match="THE WAY BACK FAILED"):
        TellEndOperator(task_id="rolled_back", run=run, phase="rolled_back").execute(shop.context())
    with shop.store.connect() as connection:
        (incident,) = connection.execute("SELECT resolved_at FROM release_metrics.incident").fetchall()
    assert incident["resolved_at"] is None
    (shop.place / "production" / "version.new").rmdir()
    shop.edit("{pause: until told}", "{analyse: errors}")
    mending = shop.resolve(version="2.8.1", run_id="mending")
    assert shop.roll(mending)["state"] == "promoted"
    with shop.store.connect() as connection:
        (incident,) = connection.execute("SELECT resolved_at, fixed_by FROM release_metrics.incident").fetchall()
    assert incident["fixed_by"] == mending["rollout"]
    assert incident["resolved_at"] == rollouts.find(shop.store, mending["rollout"]).ended_at


def test_a_promoted_version_that_is_taken_back_later_was_a_failure_that_users_met(shop):
    run = shop.resolve()
    assert shop.roll(run)["state"] == "promoted"
    subprocess.run(["git", "-C", str(shop.folder / "shop.git"), "tag", "v2.7.1"], check=True)
    back = shop.resolve(version="2.7.1", purpose="rollback", run_id="deploy__shop_back")
    assert shop.roll(back)["state"] == "promoted"
    RecordDeployOperator(task_id="record", run=run, decision=AGREED).execute(shop.context())
    with shop.store.connect() as connection:
        deployments = connection.execute(
            "SELECT version, result, rolled_back, unplanned FROM release_metrics.deployment ORDER BY finished_at"
        ).fetchall()
        (incident,) = connection.execute("SELECT * FROM release_metrics.incident").fetchall()
    assert [tuple(row.values()) for row in deployments] == [
        ("2.8.0", "success", True, True),
        ("2.7.1", "success", False, True),
    ]
    assert (incident["deployment"], incident["fixed_by"]) == (run["rollout"], back["rollout"])
    assert incident["title"] == "2.8.0 in production was taken back: now"
    refresh(shop.store, now=datetime.now(UTC))
    with shop.store.connect() as connection:
        (dora,) = connection.execute(
            "SELECT deployments, failed, recovered FROM release_metrics.dora WHERE period = 'month' AND product = 'shop'"
        ).fetchall()
    assert tuple(dora.values()) == (2, 1, 1)


def test_a_failed_task_ends_what_was_not_begun_and_leaves_what_was(shop):
    run = shop.resolve()
    note_deploy_failure({**shop.context(), "exception": RuntimeError("disk full")})  # type: ignore[arg-type, typeddict-item]
    assert rollouts.find(shop.store, run["rollout"]).state.phase == "aborted"
    run = half_out(shop, run_id="again")
    note_deploy_failure({**shop.context(run_id="again"), "exception": RuntimeError("disk full")})  # type: ignore[arg-type, typeddict-item]
    assert rollouts.find(shop.store, run["rollout"]).ended_at is None
    bodies = [row["body"] for row in shop.store.all("messages_of", product="shop", version="2.8.0")]
    assert any("2.8.0 has 10 % of the users. Clear the task: it goes on from there" in body for body in bodies)


def test_the_tag_of_a_milestone_goes_to_the_environments_that_take_it(shop):
    start = StartDeploymentsOperator(task_id="environments", key="shop:2.8.0:ga")
    (found,) = start.execute({})
    assert (found["trigger_run_id"], found["conf"]["environment"]) == ("deploy__shop_2.8.0_staging", "staging")
    assert StartDeploymentsOperator(task_id="environments", key="shop:2.8.0:ga").execute({}) == [found]
    with pytest.raises(AirflowFailException, match="its rc made no tag"):
        StartDeploymentsOperator(task_id="environments", key="shop:2.8.0:rc").execute({})
