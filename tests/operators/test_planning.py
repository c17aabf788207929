"""Planning: the scope that is written down, a plan that is refused, and the change board of a major release."""

from __future__ import annotations

import pytest

from release_ops.domain.scope_policy import JiraScope, ScopePolicy
from release_ops.operators import parts
from release_ops.operators.gate import QualityGateOperator


def artifact(house, name):
    return house.store.one("artifact_of", product="webapp", version="2.8.0", kind="planning", name=name)["content"]


def scope_rows(house):
    with house.store.connect() as connection:
        return {row["feature"]: row for row in connection.execute("SELECT * FROM release_metrics.scope").fetchall()}


def make_infeasible(house):
    """The demo is rehearsed after its feature complete: a must that is open has no time left."""
    house.edit("title: One-page checkout, status: done", "title: One-page checkout, status: planned")


def test_planning_writes_the_scope_with_priorities_and_reasons(house):
    house.milestone("planning")
    text = artifact(house, "scope.md")
    assert "The plan is feasible" in text
    assert "Wish lists that can be shared" in text.split("**Deferred**")[1]
    kept = scope_rows(house)
    assert kept["WEB-201"]["planned"] is True
    assert kept["WEB-201"]["plan_reason"] == "done"
    assert kept["WEB-212"]["planned"] is False
    assert "could: " in kept["WEB-212"]["plan_reason"]
    assert (kept["WEB-203"]["points"], kept["WEB-203"]["depends_on"]) == (5, ["WEB-201"])


def test_planning_twice_writes_the_same(house):
    run = house.resolve("planning")
    decision = house.decide(run)
    first = house.act(run, decision)
    text, kept = artifact(house, "scope.md"), scope_rows(house)
    assert house.act(run, decision) == first
    assert (artifact(house, "scope.md"), scope_rows(house)) == (text, kept)


def test_the_kickoff_tells_what_is_planned(house):
    house.milestone("planning")
    with house.store.connect() as connection:
        (message,) = connection.execute("SELECT body FROM release_ops.message WHERE key LIKE '%:planning:%'").fetchall()
    assert "One-page checkout" in message["body"]
    assert "The plan is feasible" in message["body"]
    assert "Deferred" in message["body"]


def test_an_infeasible_plan_is_refused_with_what_would_make_it_feasible(house):
    make_infeasible(house)
    run = house.resolve("planning")
    decision = house.decide(run)
    house.act(run, decision)
    assert not decision["proceed"]
    (reason,) = decision["reasons"]
    assert "critical path WEB-201" in reason
    assert "less scope: leave out or demote" in reason
    assert "later date: GA on" in reason
    assert "The plan is not feasible" in artifact(house, "blocked.md")
    kept = house.store.one("milestone_one", product="webapp", version="2.8.0", kind="planning")
    assert kept["state"] == "blocked"
    assert "critical path" in kept["detail"]


def test_who_approves_a_plan_may_waive_that_it_is_infeasible(house):
    make_infeasible(house)
    house.edit("gates:\n", "gates:\n  planning:\n    approvals: {roles: {product_owner: 1}}\n")
    run = house.resolve("planning")
    waived = {"waived": ["plan_feasible"], "reason": "a contractor starts on Monday"}
    assert house.decide(run, lambda given: waived)["proceed"]


def test_a_major_needs_two_of_the_change_board_and_a_minor_nobody(house):
    assert house.decide(house.resolve("planning"))["approved_by"] == []
    house.edit("type: minor", "type: major")
    run = house.resolve("planning")
    refused = house.decide(run)
    assert not refused["proceed"]
    assert any("change board" in reason for reason in refused["reasons"])
    house.edit("approvers:\n", "approvers:\n  change_board: [{id: gil}, {id: hana}]\n")
    assert house.decide(run)["approved_by"] == ["gil", "hana"]


def test_a_plan_that_the_board_rejects_keeps_its_reason(house):
    house.edit("type: minor", "type: major")
    house.edit("approvers:\n", "approvers:\n  change_board: [{id: gil}, {id: hana}]\n")
    run = house.resolve("planning")
    decision = house.decide(run, lambda given: {"approved": False, "reason": "too much before Christmas"})
    house.act(run, decision)
    assert "too much before Christmas" in artifact(house, "blocked.md")
    kept = house.store.all("approvals_of", product="webapp", version="2.8.0", run_id=run["run_id"])
    assert {row["reason"] for row in kept} == {"too much before Christmas"}


def test_who_approves_sees_the_plan(house):
    gate = QualityGateOperator(task_id="quality_gate", run=house.resolve("planning")).execute({})
    assert "Guest orders without an account" in gate["body"]


def test_a_source_that_cannot_be_read_is_an_error_and_no_empty_scope(house, monkeypatch):
    real = parts.product_of

    def from_jira(run):
        from dataclasses import replace

        return replace(real(run), scope=ScopePolicy(source="jira", jira=JiraScope(project="WEB", connection="absent")))

    monkeypatch.setattr(parts, "product_of", from_jira)
    with pytest.raises(Exception, match="connection absent: cannot be used"):
        QualityGateOperator(task_id="quality_gate", run=house.resolve("planning")).execute({})
