"""What is looked at before a deployment, what the plan says, and what stops it."""

from __future__ import annotations

import stat
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from release_ops import rollouts
from release_ops.domain.deploy_policy import Environment
from release_ops.domain.model import Product
from release_ops.domain.rollout_plan import plan_of
from release_ops.domain.rollout_state import Note, Phase, State
from release_ops.operators import parts
from release_ops.operators.artifacts import kept_text
from release_ops.operators.deploy_gate import DeployDecideOperator, DeployGateOperator, DeploySeatsOperator
from release_ops.operators.deploy_plan import PlanDeployOperator, criteria_of
from release_ops.store import Store

DEPLOY = """
deploy:
  command: {run: [/bin/true]}
  environments:
    staging: {steps: [{weight: 100}]}
    production:
      steps: [{weight: 10}, {pause: 10m}, {weight: 100}]
      windows: false
      validation:
        immediate:
          - {title: The shop answers, http: "https://shop.example.org/health", critical: true}
          - The front page looks right
  readiness:
    checks:
      on_call: {people: [ben]}
"""
RUN: dict[str, Any] = {
    "product": "webapp",
    "version": "2.8.0",
    "deployed": "2.8.0",
    "kind": "deploy",
    "occasion": ":production:1",
    "run_id": "deploy__1",
    "dag_id": "release_deploy",
    "environment": "production",
    "rollout": "webapp:2.8.0:production:1",
    "attempt": 1,
    "previous": "2.7.1",
    "tag": "v2.8.0",
    "milestone": "ga",
    "purpose": "release",
    "started_by": None,
}


@pytest.fixture
def shop(house):
    """The demo, tagged 2.8.0 on its default branch, with two environments."""
    house.git("tag", "v2.8.0", "main")
    write(house, DEPLOY)
    return house


def write(house, deploy: str) -> None:
    text = house.rehearsal.file.read_text(encoding="utf-8").split("\ndeploy:\n")[0]
    house.rehearsal.file.write_text(text + deploy, encoding="utf-8")


def run_of(house, **changed: Any) -> dict[str, Any]:
    return {**RUN, "commit": house.git("rev-parse", "main"), **changed}


def plan(house, **changed: Any) -> dict[str, Any]:
    return PlanDeployOperator(task_id="plan", run=run_of(house, **changed)).execute({})


def found(made: dict[str, Any], check: str) -> dict[str, Any]:
    return next(one for one in made["readiness"] if one["id"] == check)


def passed_gate(store: Store, verdict: str = "pass", gate: str = "production") -> None:
    store.execute(
        "gate_evaluation_save", run_id="r", gate=gate, product="webapp", version="2.8.0", kind="ga", verdict=verdict,
        evaluated_at=datetime.now(UTC), commit="c",
    )  # fmt: skip


def product_and(environment: str) -> tuple[Product, Environment]:
    product = parts.product_of({"product": "webapp"})
    return product, product.deploy.environments[environment]


def promote(
    store: Store,
    environment: str,
    version: str = "2.8.0",
    *,
    minutes: float = 1,
    ago: float = 60,
    product: str = "webapp",
) -> None:
    """A rollout that was promoted `ago` minutes ago and took so long, its steps a third each."""
    _, place = product_and(environment)
    start = datetime.now(UTC) - timedelta(minutes=ago + minutes)
    rollout = rollouts.plan(
        store, product=product, version=version, environment=environment, strategy="canary", driver="command",
        steps=plan_of(place, version, "2.7.1"), ref=f"v{version}", commit="c", kind="release", requested_by="", reason="",
        run_id="r", dag_id="d", at=start,
    )  # fmt: skip
    state = State(phase=Phase.RUNNING, asked=0)
    rollouts.move(store, rollout, state, at=start, notes=[Note("step", "begins")])
    weights = [step for step in place.steps if step.weight]
    for number, _ in enumerate(weights, 1):
        rollout = rollouts.find(store, rollout.id)
        at = start + timedelta(minutes=minutes * number / len(weights))
        rollouts.move(store, rollout, state, at=at, notes=[Note("weight", "reached")])
    rollout = rollouts.find(store, rollout.id)
    done = State(phase=Phase.PROMOTED, asked=0, weight=100)
    rollouts.move(store, rollout, done, at=start + timedelta(minutes=minutes), notes=[Note("promote", "all")])


def test_what_is_not_known_is_said_and_stops_it_before_anything_is_changed(shop):
    made = plan(shop)
    assert not made["proceed"]
    assert {one["id"] for one in made["readiness"] if one["blocks"]} == {"promoted"}
    assert found(made, "gate")["observed"] == "production: not evaluated"
    assert found(made, "promoted")["detail"] == "deploy 2.8.0 there first"
    assert made["reasons"] == [
        "The environments before this one have promoted the version: not in staging (deploy 2.8.0 there first)"
    ]
    assert (found(made, "artifacts")["outcome"], found(made, "artifacts")["blocks"]) == ("unknown", False)
    assert (found(made, "rehearsal")["outcome"], found(made, "rehearsal")["blocks"]) == ("unknown", False)
    assert found(made, "notice")["detail"].startswith("the communication of the product file plans no message brief")
    assert "❌ not ready" in made["body"]


def test_a_release_that_is_ready_has_steps_times_a_way_back_and_three_guides(shop):
    passed_gate(shop.store)
    promote(shop.store, "staging")
    made = plan(shop)
    assert made["proceed"], made["reasons"]
    assert found(made, "tag")["outcome"] == "pass"
    assert found(made, "on_call")["observed"] == "Ben Bauer"
    assert [(one["name"], one["begins"], one["lasts"]) for one in made["steps"]] == [
        ("10 % of the users", 0, 300), ("rest", 300, 600), ("100 % of the users", 900, 300)
    ]  # fmt: skip
    assert (made["duration"]["known_from"], made["duration"]["low"]) == ("policy", None)
    assert made["rollback"]["previous_tag"] == "v2.7.1"
    assert made["rollback"]["changed_files"] > 10
    names = [f"{kind}-guide-production-2.8.0.md" for kind in ("deployment", "rollback", "troubleshooting")]
    guides = [kept_text(shop.store, RUN, name) for name in names]
    assert "deployment guide" in guides[0]
    assert "**From 2.8.0 back to 2.7.1**, tag `v2.7.1`" in guides[1]
    assert "No incident of this environment is known." in guides[2]
    assert "<h1 " in kept_text(shop.store, RUN, "rollback-guide-production-2.8.0.html")
    assert kept_text(shop.store, RUN, "deploy-plan-production-2.8.0.md") == made["body"]


def test_durations_come_from_earlier_rollouts_of_the_same_environment(shop):
    for number, minutes in enumerate((12, 20, 16), 1):
        promote(shop.store, "production", f"2.6.{number}", minutes=minutes, ago=100 * number)
    promote(shop.store, "staging", "2.6.9", minutes=600, ago=30)
    lasts = plan(shop)["duration"]
    assert (lasts["median"], lasts["low"], lasts["high"], lasts["runs"]) == (960, 720, 1200, 3)
    assert lasts["level"] == pytest.approx(0.5)
    assert lasts["why"].startswith("from 3 earlier rollouts of this environment with the same steps; so few say")


def test_a_failed_gate_and_a_moved_tag_stop_it(shop):
    passed_gate(shop.store, "fail")
    promote(shop.store, "staging")
    made = plan(shop, commit=shop.git("rev-parse", "main~1"))
    assert {one["id"] for one in made["readiness"] if one["blocks"]} == {"gate", "tag"}
    assert found(made, "tag")["detail"] == "somebody moved the tag, or another commit is meant"
    assert found(plan(shop, tag="v9.9.9"), "tag")["observed"] == "no such tag"


def test_changed_data_has_to_be_ticked_and_wants_a_backup(shop):
    passed_gate(shop.store)
    promote(shop.store, "staging")
    changed = shop.git("diff", "--name-only", "v2.7.1", "main").splitlines()[0]
    made = plan(shop)
    assert (found(made, "migrations")["outcome"], found(made, "backup")["outcome"]) == ("pass", "pass")
    write(shop, DEPLOY + f'rollback: {{migrations: ["{changed}"]}}\n')
    made = plan(shop)
    assert made["proceed"], "a tick that is still to come stops nothing"
    assert found(made, "migrations")["observed"] == f"1 since v2.7.1: {changed}"
    assert found(made, "backup")["outcome"] == "pending"
    criteria, _ = criteria_of(made)
    assert [one.id for one in criteria if one.kind == "checklist"] == ["ready_migrations", "ready_backup"]


def decided(house, made: dict[str, Any], run: dict[str, Any], ticked: list[str]) -> dict[str, Any]:
    """What is decided when the people of the environment approve and Ben ticks this."""
    result = DeployGateOperator(task_id="gate", run=run, plan=made).execute({})
    seats = DeploySeatsOperator(task_id="seats", run=run, gate_result=result).execute({})
    answers = [
        {
            "seat": seat["seat"], "role": seat["role"], "user": user, "login": user, "approved": True, "reason": "",
            "asked_at": seat["asked_at"], "answered_at": datetime.now(UTC).isoformat(), "waived": [], "waiver_days": 14,
            "ticked": ticked if user == "ben" else [],
        }
        for seat, user in zip(seats, ("ben", "ana"), strict=False)
    ]  # fmt: skip
    operator = DeployDecideOperator(
        task_id="decide", run=run, gate_result=result, answers=answers, proceed="go", blocked="stop"
    )
    operator.choose_branch(house.context("deploy", run_id="r"))
    return {**house.xcom["decision"], "seats": seats}


def test_whoever_approves_sees_the_plan_and_ticks_its_checks(shop):
    passed_gate(shop.store)
    promote(shop.store, "staging")
    changed = shop.git("diff", "--name-only", "v2.7.1", "main").splitlines()[0]
    write(shop, DEPLOY + f'rollback: {{migrations: ["{changed}"]}}\n')
    run = run_of(shop)
    made = plan(shop)
    decision = decided(shop, made, run, ["ready_migrations", "ready_backup"])
    form = decision["seats"][0]["form"]
    assert {"tick_ready_migrations", "tick_ready_backup"} <= set(form)
    assert "### Steps" in decision["seats"][0]["body"]
    assert decision["proceed"], decision["reasons"]
    refused = decided(shop, made, run, ["ready_migrations"])
    assert not refused["proceed"]
    assert refused["reasons"][0].startswith("The data has a backup that is fresh and was restored before: not ticked")


def test_what_nobody_may_waive_asks_nobody_and_changes_nothing(shop):
    made = plan(shop, tag="v9.9.9")
    decision = decided(shop, made, run_of(shop), [])
    assert decision["seats"] == []
    assert not decision["proceed"]
    assert "The tag is there, at the commit that is deployed: no such tag" in decision["reasons"][0]


def test_where_nobody_is_asked_a_checklist_is_not_known(shop):
    write(shop, DEPLOY + "      docs: {kind: checklist, title: The runbook is read}\n")
    made = plan(shop, environment="staging", occasion=":staging:1")
    assert (found(made, "docs")["outcome"], found(made, "docs")["blocks"]) == ("unknown", True)
    assert found(made, "docs")["detail"] == "nobody is asked before a deployment to staging: give it approvals"


NEEDED = {
    "one": ("3.2.0", "pass", "one 3.2.0 in production"),
    "two": ("3.10.1", "pass", "two 3.10.1 in production"),
    "three": ("3.1.9", "fail", "deploy first: three 3.2.0 or higher, below 4.0.0, but 3.1.9 is live in production"),
    "four": ("4.0.0", "fail", "but 4.0.0 is live in production"),
    "five": ("", "unknown", "nobody knows what is live in production"),
    "six": ("the new one", "unknown", "six 3.2.0 or higher, below 4.0.0: "),
}
"""Another product to what is live of it, the outcome, and what is said."""


def test_other_products_have_to_be_there_in_the_versions_that_it_needs(shop):
    checks = "".join(
        f"      {name}: {{kind: dependencies, title: T, needs: {{{name}: {{at_least: 3.2.0, below: 4.0.0}}}}}}\n"
        for name in NEEDED
    )
    write(shop, DEPLOY + checks)
    for name, (live, _, _) in NEEDED.items():
        if live:
            promote(shop.store, "production", live, product=name)
    made = plan(shop)
    for name, (_, outcome, text) in NEEDED.items():
        one = found(made, name)
        assert (name, one["outcome"]) == (name, outcome)
        assert text in f"{one['observed']} {one['detail']}"


def test_the_on_call_calendar_says_who_and_an_absent_person_is_nobody(shop):
    now = datetime.now(UTC)
    lines = [
        "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//x//y//EN", "BEGIN:VEVENT", "UID:1",
        "TRANSP:TRANSPARENT", "SUMMARY:Chloe",
        f"DTSTART:{now - timedelta(hours=1):%Y%m%dT%H%M%SZ}", f"DTEND:{now + timedelta(minutes=5):%Y%m%dT%H%M%SZ}",
        "END:VEVENT", "END:VCALENDAR",
    ]  # fmt: skip
    calendar = shop.rehearsal.file.parent / "on-call.ics"
    calendar.write_text("\r\n".join(lines), encoding="utf-8")
    write(shop, DEPLOY.replace("on_call: {people: [ben]}", "on_call: {calendar: on-call.ics}"))
    one = found(plan(shop), "on_call")
    assert (one["outcome"], one["observed"]) == ("pass", "Chloe")
    assert one["detail"].startswith("the shift ends ")
    calendar.write_text("\r\n".join(lines).replace(f"{now:%Y}", f"{now.year - 2}"), encoding="utf-8")
    assert found(plan(shop), "on_call")["outcome"] == "fail"
    day = now.date()
    away = f"away: [{{who: ben, start: {day - timedelta(days=1)}, end: {day + timedelta(days=1)}}}]\n"
    write(shop, DEPLOY + away)
    one = found(plan(shop), "on_call")
    assert (one["outcome"], one["observed"]) == ("fail", "only ben, who is away")


def test_programs_files_and_numbers_are_asked(shop, tmp_path):
    script = tmp_path / "backup.sh"
    script.write_text('#!/bin/sh\necho "of $1: fresh"\ntest "$1" = production\n', encoding="utf-8")
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    checks = f"""\
      backup: null
      fresh: {{kind: command, title: Backup is fresh, run: [{script}, "{{environment}}"]}}
      broken: {{kind: command, title: Other, run: [{script}, elsewhere], blocks: false}}
      absent: {{kind: command, title: Gone, run: [{tmp_path}/none], blocks: false}}
      slow: {{kind: command, title: Slow, run: [/bin/sleep, "30"], timeout: 1s, blocks: false}}
      artifacts: {{files: [CHANGELOG.md, nothing/here.txt], blocks: true}}
      few: {{kind: sql, title: Few, connection: release_ops_db, statement: "SELECT 2 WHERE {{version}} = '2.8.0'",
        comparator: "<", threshold: 2}}
"""
    write(shop, DEPLOY + checks)
    made = plan(shop)
    assert (found(made, "fresh")["outcome"], found(made, "fresh")["observed"]) == ("pass", "of production: fresh")
    assert (found(made, "broken")["outcome"], found(made, "broken")["observed"]) == ("fail", "ends with 1")
    assert (found(made, "absent")["outcome"], found(made, "slow")["outcome"]) == ("unknown", "unknown")
    assert found(made, "slow")["observed"] == "no end within 1 s"
    assert found(made, "artifacts")["detail"].startswith("nothing/here.txt is not in ")
    assert (found(made, "few")["outcome"], found(made, "few")["observed"]) == ("fail", "2")
    assert not [one for one in made["readiness"] if one["id"] == "backup"]


def test_a_way_back_is_not_kept_waiting_by_notices_and_rehearsals(shop):
    made = plan(shop, purpose="rollback")
    assert {one["id"] for one in made["readiness"]} == {"tag", "artifacts", "migrations", "backup", "window"}


def test_a_rehearsal_counts_while_it_is_fresh(shop):
    def rehearsed(passed: bool, days: float) -> dict[str, Any]:
        at = datetime.now(UTC) - timedelta(days=days)
        shop.store.execute(
            "rehearsal_save", product="webapp", environment="production", rehearsed_at=at, version="2.7.1",
            previous_version="2.7.0", driver="command", passed=passed, ended_at=at, detail="" if passed else "no way",
            evidence={}, run_id="r",
        )  # fmt: skip
        return found(plan(shop), "rehearsal")

    one = rehearsed(True, 20)
    assert (one["outcome"], one["observed"]) == ("fail", "passed 20 d ago, back to 2.7.0")
    assert rehearsed(False, 5)["outcome"] == "fail"
    assert rehearsed(True, 1)["outcome"] == "pass"


def test_a_pre_release_is_asked_for_the_gate_of_its_own_milestone(shop):
    shop.git("tag", "v2.8.0-beta.1", "main")
    made = plan(
        shop, environment="staging", deployed="2.8.0-beta.1", tag="v2.8.0-beta.1", milestone="beta", previous="",
        occasion=":staging:2.8.0-beta.1:1",
    )  # fmt: skip
    assert found(made, "gate")["observed"] == "beta: not evaluated"
    assert "There is none: no version is known to be live there." in made["body"]
