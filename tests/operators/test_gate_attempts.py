"""Every try of a gate is kept: a run that is cleared evaluates its gate again, and the first answer is not forgotten."""

from datetime import UTC, datetime, timedelta

import pytest

ALPHA = {"product": "webapp", "version": "2.8.0", "gate": "alpha"}


@pytest.fixture
def run(house):
    house.milestone("planning")
    house.edit("gates:\n", "gates:\n  alpha:\n    criteria:\n      system_tests: {path: reports/none.xml}\n")
    return house.resolve("alpha")


def read(house, statement):
    with house.store.connect() as connection:
        return connection.execute(statement).fetchall()


def attempts(house):
    return read(house, "SELECT * FROM release_metrics.gate_attempt WHERE gate = 'alpha' ORDER BY attempt")


def test_a_gate_that_is_tried_again_in_the_same_run_has_failed_once_and_passed_once(house, run):
    assert not house.decide(run)["proceed"]
    assert house.decide(run, lambda given: {"waived": ["system_tests"], "reason": "run by hand"})["proceed"]
    first, second = attempts(house)
    assert (first["attempt"], first["verdict"], first["proceeded"]) == (1, "fail", False)
    assert (second["attempt"], second["verdict"], second["proceeded"]) == (2, "conditional", True)
    assert first["criteria_failed"] >= 1
    assert second["criteria_waived"] == 1
    assert {first["run_id"], second["run_id"]} == {run["run_id"]}
    (outcome,) = read(house, "SELECT * FROM release_metrics.gate_outcome WHERE gate = 'alpha'")
    assert outcome["verdict"] == "conditional"
    (criterion,) = read(
        house,
        "SELECT * FROM release_metrics.gate_criterion_outcome WHERE gate = 'alpha' AND criterion = 'system_tests'",
    )
    assert (criterion["evaluations"], criterion["unknown"], criterion["waived"], criterion["blocked"]) == (2, 2, 1, 1)
    assert criterion["fail_ratio"] == 1


def test_deciding_twice_on_one_evaluation_is_one_attempt(house, run):
    """A task that is killed after it has written, and retried."""
    from release_ops.operators.approval import DecideOperator
    from release_ops.operators.gate import QualityGateOperator

    gate = QualityGateOperator(task_id="quality_gate", run=run).execute({})
    for _ in range(2):
        operator = DecideOperator(task_id="decide", run=run, gate_result=gate, answers=[], proceed="go", blocked="stop")
        operator.choose_branch(house.context("alpha", run_id=run["run_id"]))
    (attempt,) = attempts(house)
    assert attempt["evaluated_at"] == datetime.fromisoformat(gate["evaluated_at"])
    assert (attempt["seats"], attempt["approval_wait"]) == (0, None)


def test_the_wait_for_approvers_is_from_the_question_to_the_last_answer(house, run):
    asked = datetime(2026, 11, 2, 9, tzinfo=UTC)
    hours = iter((5, 30, 7, 3, 2, 1))

    def answer(given):
        return {
            "asked_at": asked.isoformat(),
            "answered_at": (asked + timedelta(hours=next(hours))).isoformat(),
            "waived": ["system_tests"],
            "reason": "run by hand",
        }

    assert house.decide(run, answer)["proceed"]
    (attempt,) = attempts(house)
    seats = read(house, "SELECT * FROM release_metrics.approval WHERE gate = 'alpha' ORDER BY waited")
    assert attempt["seats"] == attempt["seats_answered"] == len(seats) >= 2
    assert attempt["approval_wait"] == seats[-1]["waited"] == timedelta(hours=30)
    assert seats[0]["asked_at"] == attempt["asked_at"] == asked


def test_nobody_answering_is_no_wait_of_nothing(house, run):
    house.decide(run, lambda given: {"user": None, "approved": False, "ticked": [], "answered_at": None})
    (attempt,) = attempts(house)
    assert attempt["seats"] >= 1
    assert (attempt["seats_answered"], attempt["approval_wait"], attempt["proceeded"]) == (0, None, False)
