"""How long the steps of earlier rollouts took, from their events."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from release_ops.domain.analysis_policy import Analysis, Metric
from release_ops.domain.deploy_history import Happened, past_rollout, step_times
from release_ops.domain.deploy_policy import Step, StepKind

START = datetime(2026, 11, 26, 9, tzinfo=UTC)
STEPS = (
    Step(kind=StepKind.WEIGHT, weight=10),
    Step(kind=StepKind.PAUSE, pause=timedelta(minutes=10)),
    Step(kind=StepKind.ANALYSE, analyses=("errors",)),
    Step(kind=StepKind.WEIGHT, weight=100),
    Step(kind=StepKind.ANALYSE, analyses=("errors",)),
)
ERRORS = Analysis(
    name="errors",
    metrics=(
        Metric(name="rate", count=3, interval=timedelta(minutes=1), initial_delay=timedelta(seconds=30)),
        Metric(name="once"),
    ),
)


def at(minute: float, kind: str, by: str = "") -> Happened:
    return Happened(kind, START + timedelta(minutes=minute), by)


EVENTS = [
    at(0, "step"), at(2, "weight"), at(2, "step"), at(15, "analysis"), at(15, "step"), at(16, "weight"), at(19, "analysis"),
    at(19, "promote"),
]  # fmt: skip


def test_each_step_lasts_from_the_end_of_the_one_before_to_its_own():
    past = past_rollout("r", STEPS, START, START + timedelta(minutes=19), EVENTS)
    assert past is not None
    assert past.total == timedelta(minutes=19)
    assert [length.total_seconds() / 60 for _, length in past.steps] == [2, 10, 3, 1, 3]
    assert [name for name, _ in past.steps] == [
        "10 % of the users", "rest", "analyse errors", "100 % of the users", "analyse errors"
    ]  # fmt: skip


def test_a_rollout_that_people_touched_says_nothing_of_its_steps():
    for event in (at(5, "hold"), at(5, "resume", "ana"), at(5, "promote", "ana")):
        assert past_rollout("r", STEPS, START, START + timedelta(minutes=19), [*EVENTS, event]) is None


def test_events_that_do_not_fit_the_steps_leave_the_whole():
    past = past_rollout("r", STEPS, START, START + timedelta(minutes=19), EVENTS[:3])
    assert past is not None
    assert (past.total, past.steps) == (timedelta(minutes=19), ())


def test_the_file_knows_how_long_pauses_and_analyses_with_an_end_last():
    times = step_times(STEPS, {"errors": ERRORS})
    assert [one.lasts for one in times] == [
        None, timedelta(minutes=10), timedelta(minutes=2, seconds=30), None, timedelta(minutes=2, seconds=30)
    ]  # fmt: skip
    endless = Analysis(name="errors", metrics=(Metric(name="rate", interval=timedelta(minutes=1)),))
    assert step_times(STEPS[2:3], {"errors": endless})[0].lasts is None
    assert step_times(STEPS[2:3], {})[0].lasts is None
