"""After a promotion: what is looked at when, what people say, and when the way back is asked for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowSkipException, TaskAwaitingInput, TaskDeferred

from release_ops.operators.artifacts import kept_text
from release_ops.operators.validation import TakeBackOperator, ValidateOperator
from tests.fakes.loopback import Answer, Loopback, Request
from tests.operators.test_deploy_plan import RUN, promote, write

HITL = "airflow.providers.standard.operators.hitl.upsert_hitl_detail"


class Shop(Loopback):
    """A shop that answers as it is told."""

    status = 200
    says = "2.8.0 is well"

    def answer(self, request: Request) -> Answer:
        return Answer(self.status, self.says) if request.path == "/health/production" else self.refuse(request.path)


@pytest.fixture
def shop():
    with Shop() as server:
        yield server
    assert server.violations == []


def deploy(items: str, phase: str = "immediate", more: str = "") -> str:
    lines = "\n".join(f"          - {line}" for line in items.strip().splitlines())
    return f"""
deploy:
  command: {{run: [/bin/true]}}
  environments:
    production:
      strategy: rolling
      steps: [{{weight: 100}}]
      windows: false
{more}      validation:
        {phase}:
{lines}
analyses:
  few: {{metrics: [{{name: rows, source: sql, connection: release_ops_db, query: "SELECT 3", success: "result[0] < 2"}}]}}
"""


def validate(phase: str = "immediate") -> dict[str, Any]:
    return operator(phase).execute({"task_instance": type("TI", (), {"id": "ti"})()})


def operator(phase: str = "immediate") -> ValidateOperator:
    return ValidateOperator(task_id=f"validate_{phase}", run=RUN, rollout={"state": "promoted"}, phase=phase)


def take_back(found: dict[str, Any], **changed: Any) -> list[dict[str, Any]]:
    return TakeBackOperator(task_id="take_back", run={**RUN, **changed}, validation=found).execute({})


def row(house, item: str) -> dict[str, Any]:
    rows = house.store.all("validations_of", rollout=RUN["rollout"])
    return next(one for one in rows if one["item"] == item)


def test_machines_look_at_addresses_programs_numbers_and_analyses(house, shop):
    items = f"""
{{title: It answers, http: {{url: "{shop.origin}/health/{{environment}}", contains: "{{version}}"}}}}
{{title: Smoke, command: [/bin/sh, -c, 'test "$0" = 2.8.0', "{{version}}"]}}
{{title: S, sql: {{connection: release_ops_db, query: "SELECT 4 WHERE {{version}} = '2.8.0'", success: "result[0] == 4"}}}}
{{title: Few, analyse: few}}
{{title: Broken, sql: {{connection: release_ops_db, query: "SELECT nothing", success: "result[0] == 1"}}}}
"""
    write(house, deploy(items))
    promote(house.store, "production")
    found = validate()
    assert (found["verdict"], found["passed"]) == ("failed", 3)
    assert (found["failed"], found["unknown"], found["critical"]) == (["immediate-4"], ["immediate-5"], [])
    assert row(house, "immediate-1")["observed"] == "200 with 2.8.0"
    assert row(house, "immediate-4")["observed"] == "rows [3]"
    assert "UndefinedColumn" in row(house, "immediate-5")["detail"]
    assert "3 of 5 passed" in kept_text(house.store, RUN, "production-2.8.0-1-validation-immediate.md")
    assert take_back(found) == []
    assert found["reasons"] == ["Few: rows [3]"] or found["reasons"][0].startswith("Few: rows [3] (")
    events = house.store.all("rollout_events_of", rollout=RUN["rollout"])
    assert events[-1]["detail"]["text"] == "immediate validation failed: 3 of 5 passed"
    messages = house.store.all("messages_of", product="webapp", version="2.8.0")
    assert [one["subject"] for one in messages] == ["Webapp 2.8.0 in production: immediate validation failed"]


def test_a_critical_item_that_fails_for_good_takes_the_version_back_at_once(house, shop, monkeypatch):
    items = f"""
{{title: It answers, http: "{shop.origin}/health/production", critical: true, retries: 1, retry_after: 30s}}
{{title: Later, command: [/bin/true], after: 1h}}
"""
    write(house, deploy(items))
    promote(house.store, "production", ago=1)
    shop.status = 503
    with pytest.raises(TaskDeferred) as first:
        validate()
    looked = row(house, "immediate-1")
    assert first.value.trigger.moment == looked["checked_at"] + timedelta(seconds=30)
    house.store.execute(
        "validation_save",
        **{**{k: v for k, v in looked.items() if k != "delay"}, "checked_at": looked["checked_at"] - timedelta(minutes=1)},
        rollout=RUN["rollout"], product="webapp", version="2.8.0", environment="production", run_id="r",
    )  # fmt: skip
    found = validate()
    assert (found["critical"], found["verdict"]) == (["immediate-1"], "failed")
    assert found["unknown"] == ["immediate-2"], "nobody looks at the rest of a version that goes"
    (start,) = take_back(found)
    assert start["trigger_run_id"] == "deploy__webapp_2.7.1_production_back_from_2.8.0_1"
    assert (start["conf"]["version"], start["conf"]["kind"]) == ("2.7.1", "rollback")
    assert start["conf"]["reason"].startswith("immediate validation of 2.8.0 failed: It answers: 503")
    (other,) = take_back(found, deployed="2.8.0-rc.2")
    assert other["trigger_run_id"] != start["trigger_run_id"], "Airflow would take the second way back for the first"
    assert take_back(found, previous="") == []
    write(house, deploy(items, more="      rollback: {automatic: false}\n"))
    assert take_back(found) == []


def test_it_sleeps_until_something_is_due(house):
    write(house, deploy("{title: Orders, command: [/bin/true]}", "extended"))
    promote(house.store, "production", ago=30)
    with pytest.raises(TaskDeferred) as slept:
        validate("extended")
    left = slept.value.trigger.moment - datetime.now(UTC)
    assert timedelta(minutes=89) < left < timedelta(minutes=91)
    assert house.store.all("validations_of", rollout=RUN["rollout"]) == []


def ask(house, monkeypatch) -> dict[str, Any]:
    asked: dict[str, Any] = {}
    monkeypatch.setattr(HITL, lambda **given: asked.update(given))
    with pytest.raises(TaskAwaitingInput):
        validate()
    return asked


def answer(user: str | None, **fields: str) -> dict[str, Any]:
    given = {
        "chosen_options": ["Answer"],
        "params_input": fields,
        "responded_at": datetime.now(UTC),
        "responded_by_user": {"id": user, "name": user} if user else None,
    }
    return operator().execute_complete({}, given)


PEOPLE = """
{title: It answers, command: [/bin/true]}
The front page looks right
{title: Payments arrive, role: product_owner, critical: true, within: 4h}
"""


def test_people_are_asked_once_when_machines_are_done(house, monkeypatch):
    write(house, deploy(PEOPLE))
    promote(house.store, "production")
    asked = ask(house, monkeypatch)
    assert asked["subject"] == "Webapp 2.8.0 in production: immediate validation"
    assert set(asked["params"]) == {"item_immediate-2", "item_immediate-3"}
    assert {one["id"] for one in asked["assigned_users"]} == {"ana", "ben", "chloe", "dmitri", "eva"}
    assert "a product owner says so" in asked["body"]
    found = answer("dmitri", **{"item_immediate-2": "yes", "item_immediate-3": "yes"})
    assert (found["verdict"], found["passed"]) == ("passed", 3)
    assert row(house, "immediate-3")["answered_by"] == "dmitri"


@pytest.mark.parametrize(
    ("user", "second", "third", "verdict", "critical", "why"),
    [
        ("dmitri", "yes", "no", "failed", ["immediate-3"], "no, by dmitri"),
        ("ben", "yes", "yes", "unfinished", [], "yes, by ben"),
        ("dmitri", "yes", "not looked at", "unfinished", [], "not looked at, by dmitri"),
        (None, "yes", "yes", "unfinished", [], "nobody answered in time"),
    ],
)
def test_only_an_answer_of_who_may_give_it_counts(house, monkeypatch, user, second, third, verdict, critical, why):
    write(house, deploy(PEOPLE))
    promote(house.store, "production")
    ask(house, monkeypatch)
    found = answer(user, **{"item_immediate-2": second, "item_immediate-3": third})
    assert (found["verdict"], found["critical"]) == (verdict, critical)
    assert row(house, "immediate-3")["observed"] == why


def test_a_late_no_does_not_take_back_what_has_been_deployed_since(house, monkeypatch):
    write(house, deploy(PEOPLE))
    promote(house.store, "production")
    ask(house, monkeypatch)
    found = answer("dmitri", **{"item_immediate-2": "yes", "item_immediate-3": "no"})
    assert found["critical"] == ["immediate-3"]
    assert len(take_back(found)) == 1
    promote(house.store, "production", "2.8.1", ago=5)
    assert take_back(found) == [], "2.7.1 in the place of 2.8.1 was nobody's wish"


def test_what_was_not_promoted_or_has_no_list_is_skipped_and_what_was_replaced_ends(house):
    write(house, deploy("{title: Orders, command: [/bin/true], after: 1h}"))
    with pytest.raises(AirflowSkipException, match="not known: there is nothing to validate"):
        validate()
    promote(house.store, "production", ago=30)
    with pytest.raises(AirflowSkipException, match="production has no business validation list"):
        validate("business")
    promote(house.store, "production", "2.8.1", ago=5)
    assert validate()["verdict"] == "unfinished"
