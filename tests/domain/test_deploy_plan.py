"""Readiness of a deployment, how long it takes by what earlier ones took, and what people tick."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from release_ops.domain.deploy_plan import (
    Finding,
    PastRollout,
    StepTime,
    as_json,
    blocking,
    estimate,
    from_json,
    in_words,
    interval,
    judge,
)
from release_ops.domain.deploy_readiness_policy import DeployCheck, DurationPolicy
from release_ops.domain.gates import apply_ticks, evaluate
from release_ops.domain.model import Approval, ApprovalPolicy, Gate, Outcome

NOW = datetime(2026, 11, 26, 9, tzinfo=UTC)

POLICY = DurationPolicy(step=timedelta(minutes=5), confidence=0.8)
STEPS = [
    StepTime(name="10 %", kind="weight"),
    StepTime(name="analyse errors", kind="analyse", lasts=timedelta(minutes=2)),
    StepTime(name="100 %", kind="weight"),
    StepTime(name="analyse errors", kind="analyse", lasts=timedelta(minutes=2)),
]


def minutes(*values: float) -> list[timedelta]:
    return [timedelta(minutes=value) for value in values]


def check(key: str, **rest) -> DeployCheck:
    return DeployCheck(id=key, kind="checklist", title=key.capitalize(), **rest)


def past(*lengths: float, name: str = "r") -> PastRollout:
    steps = tuple(zip((one.name for one in STEPS), minutes(*lengths), strict=False))
    return PastRollout(rollout=name, total=timedelta(minutes=sum(lengths)), steps=steps)


def test_a_step_without_history_takes_what_the_file_says_and_the_rest_what_the_policy_assumes():
    steps, whole = estimate(STEPS, [], POLICY)
    assert [one.lasts for one in steps] == minutes(5, 2, 5, 2)
    assert [one.begins for one in steps] == minutes(0, 5, 7, 12)
    assert [one.name for one in steps] == ["10 %", "analyse errors", "100 %", "analyse errors (2)"]
    assert (whole.median, whole.low, whole.high, whole.level) == (timedelta(minutes=14), None, None, None)
    assert whole.known_from == "policy"
    assert "no rollout of this environment was promoted before" in whole.why
    assert "5 min for a step" in whole.why


def test_earlier_rollouts_with_the_same_steps_tell_each_step_and_the_whole():
    runs = [past(1, 2, 3, 4), past(3, 2, 3, 4), past(2, 2, 9, 4)]
    steps, whole = estimate(STEPS, runs, POLICY)
    assert [one.lasts for one in steps] == minutes(2, 2, 3, 4)
    assert {one.known_from for one in steps} == {"history"}
    assert (whole.median, whole.low, whole.high) == tuple(minutes(12, 10, 17))
    assert whole.level == pytest.approx(2 / 4)
    assert "only 50%, and 9 are needed for 80%" in whole.why


def test_the_interval_of_many_is_as_sure_as_asked_for():
    low, high, level = interval(minutes(*range(1, 20)), 0.8)
    assert (low, high) == tuple(minutes(2, 18))
    assert level == pytest.approx(0.8)
    low, high, level = interval(minutes(*range(1, 10)), 0.8)
    assert (low, high) == tuple(minutes(1, 9))
    assert level == pytest.approx(0.8)


@pytest.mark.parametrize("lengths", [[], [7]])
def test_one_rollout_has_no_interval(lengths):
    assert interval(minutes(*lengths), 0.8) == (None, None, None)


def test_rollouts_with_other_steps_tell_single_steps_and_no_interval():
    other = PastRollout(rollout="r", total=timedelta(hours=3), steps=(("10 %", timedelta(minutes=1)),))
    steps, whole = estimate(STEPS, [other], POLICY)
    assert [one.lasts for one in steps] == minutes(1, 2, 5, 2)
    assert [one.runs for one in steps] == [1, 0, 0, 0]
    assert (whole.known_from, whole.median, whole.low) == ("mixed", timedelta(minutes=10), None)


def test_what_failed_or_is_not_known_blocks_unless_the_policy_lets_it_go():
    items = judge(
        [
            (check("a"), Finding(outcome=Outcome.PASS)),
            (check("b"), Finding(outcome=Outcome.FAIL)),
            (check("c"), Finding(outcome=Outcome.UNKNOWN)),
            (check("d", unknown_blocks=False), Finding(outcome=Outcome.UNKNOWN)),
            (check("e", blocks=False), Finding(outcome=Outcome.FAIL)),
            (check("f"), Finding(outcome=Outcome.PENDING)),
        ]
    )
    assert [one.id for one in blocking(items)] == ["b", "c"]
    assert from_json(as_json(items)) == items


def test_a_check_stands_beside_the_criteria_of_a_gate_where_people_tick_and_waive_it():
    items = judge(
        [
            (check("backup", role="technical_lead"), Finding(outcome=Outcome.PENDING)),
            (
                DeployCheck(id="tag", kind="tag", title="Tag", waivable=False),
                Finding(outcome=Outcome.FAIL, observed="no"),
            ),
            (
                DeployCheck(id="on_call", kind="on_call", title="Who", unknown_blocks=False),
                Finding(outcome=Outcome.UNKNOWN),
            ),
        ]
    )
    criteria, evidence = zip(*(one.as_criterion() for one in items), strict=True)
    assert [(one.id, one.kind, one.required, one.waivable) for one in criteria] == [
        ("ready_backup", "checklist", True, True),
        ("ready_tag", "tag", True, False),
        ("ready_on_call", "on_call", False, True),
    ]
    assert criteria[0].spec == {"role": "technical_lead"}
    gate = Gate(name="g", criteria=criteria, approvals=ApprovalPolicy())
    assert [one.criterion for one in evaluate(gate, evidence, (), now=NOW).blocking] == ["ready_tag"]
    ben = Approval(seat="s", role="technical_lead", user="ben", approved=True, ticked=frozenset({"ready_backup"}))
    ticked = apply_ticks(gate, evidence, [ben], {"ben": frozenset({"technical_lead"})})
    assert (ticked[0].outcome, ticked[0].observed) == (Outcome.PASS, "ticked by ben")


def test_a_check_is_for_stages_and_types():
    one = check("a", stages=frozenset({"production"}), types=frozenset({"hotfix"}))
    assert one.is_for("production", "hotfix")
    assert not one.is_for("staging", "hotfix")
    assert not one.is_for("production", "minor")
    assert check("b").is_for("anything", "minor")


@pytest.mark.parametrize(
    ("length", "text"),
    [
        (timedelta(0), "0 s"),
        (timedelta(seconds=40), "40 s"),
        (timedelta(hours=1, minutes=5), "1 h 5 min"),
        (timedelta(days=2, hours=3, minutes=9), "2 d 3 h"),
    ],
)
def test_lengths_in_words(length, text):
    assert in_words(length) == text
