"""The state machine of a rollout: what each event leads to, and what no sequence of events may ever lead to."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from release_ops.domain.deploy_policy import AfterHold, HoldRule, RollbackRule, Step, StepKind, Trigger
from release_ops.domain.deploying import Live
from release_ops.domain.rollout import acts_of, advance, is_driver_needed, next_look
from release_ops.domain.rollout_plan import Plan, plan_from_json, plan_to_json
from release_ops.domain.rollout_state import (
    ENDED,
    Analyse,
    Apply,
    Command,
    GoBack,
    Order,
    Phase,
    Reading,
    State,
    Trouble,
    state_from_json,
    state_to_json,
)

NOW = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def weight(share: int) -> Step:
    return Step(kind=StepKind.WEIGHT, weight=share)


def analyse(*names: str) -> Step:
    return Step(kind=StepKind.ANALYSE, analyses=names)


def rest(length: timedelta | None) -> Step:
    return Step(kind=StepKind.PAUSE, pause=length)


CANARY = Plan(
    version="2.8.0",
    previous="2.7.1",
    steps=(weight(10), analyse("errors"), rest(10 * MINUTE), weight(50), analyse("errors", "latency"), weight(100)),
    background=("budget",),
)


class World:
    """A rollout with a driver that does what it is asked, and analyses that say what the test says."""

    def __init__(self, plan: Plan = CANARY, live: tuple[str, int] | None = None) -> None:
        self.plan, self.state, self.now = plan, State(), NOW
        self.live: Live | Trouble = Live(
            version=live[0] if live else plan.previous, weight=live[1] if live else 100, settled=True, phase="healthy"
        )
        self.readings: dict[str, Reading] = {}
        self.notes: list[Any] = []
        self.weights: list[int] = []

    def look(self, *commands: Command, closed: str = "") -> State:
        turn = advance(self.plan, self.state, self.now, self.live, self.readings, commands, closed=closed)
        again = advance(self.plan, turn.state, self.now, self.live, self.readings, closed=closed)
        if not isinstance(self.live, Trouble):
            assert (again.state, again.notes) == (turn.state, ()), "the same facts once more change nothing"
        # Whoever reads the state of a killed worker goes on exactly there.
        self.state = state_from_json(state_to_json(turn.state))
        assert self.state == turn.state
        self.notes += turn.notes
        return self.state

    def obey(self) -> None:
        """The driver does what the state demands, wholly."""
        for act in acts_of(self.plan, self.state):
            if isinstance(act, Apply):
                self.live = Live(version=self.plan.version, weight=act.weight, settled=True, phase="healthy")
                self.weights.append(act.weight)
            elif isinstance(act, GoBack):
                self.live = Live(version=self.plan.previous, weight=100, settled=True, phase="healthy")

    def say(self, phase: str, message: str = "") -> None:
        """Everything that is analysed now ends so."""
        for act in acts_of(self.plan, self.state):
            if isinstance(act, Analyse) and not act.run.startswith("background"):
                self.readings[act.run] = Reading(phase=phase, message=message)

    def until(self, phase: Phase, *, analyses: str = "Successful", steps: int = 40) -> None:
        """Look, obey, analyse and let time go by until the rollout is there."""
        for _ in range(steps):
            if self.look().phase is phase:
                return
            self.obey()
            self.look()
            self.say(analyses)
            self.now += MINUTE
        raise AssertionError(f"{self.state} never was {phase}")


def order(what: str, by: str = "ana", reason: str = "") -> Command:
    return Command(order=Order(what), by=by, reason=reason)


def at_first_analysis(plan: Plan = CANARY) -> World:
    world = World(plan)
    world.look()
    world.obey()
    world.look()
    return world


def test_a_good_version_goes_step_by_step_to_all_users():
    world = World()
    world.until(Phase.PROMOTED)
    assert world.weights == [10, 50, 100]
    assert world.state.weight == 100
    assert [note.kind for note in world.notes] == [
        *("step", "weight", "analysis", "step", "step", "weight", "analysis", "step", "weight", "promote"),
    ]


def test_nobody_gets_it_before_the_window_opens_and_nothing_runs_out_meanwhile():
    world = World()
    world.look(closed="Christmas business")
    assert acts_of(CANARY, world.state) == ()
    assert world.state.waiting == "Christmas business"
    world.now += timedelta(days=9)
    world.look(closed="Christmas business")
    assert world.state.phase is Phase.RUNNING
    assert not is_driver_needed(CANARY, world.state)
    world.look()
    assert acts_of(CANARY, world.state) == (Apply(0, 10),)


def test_a_window_that_closes_between_two_steps_stops_the_next_one_only():
    world = at_first_analysis()
    world.say("Successful")
    world.look(closed="after hours")
    world.now += 10 * MINUTE
    world.look(closed="after hours")
    assert (world.state.step, world.state.weight, world.state.waiting) == (3, 10, "after hours")
    world.obey()
    assert world.weights == [10]


def test_what_is_asked_of_the_driver_has_to_be_there_in_time():
    world = World()
    world.look()
    assert next_look(CANARY, world.state) == NOW + CANARY.progress_within
    world.now += CANARY.progress_within
    world.live = Live(version="2.8.0", weight=5, settled=False, phase="progressing", detail="3 of 8 instances")
    assert world.look().phase is Phase.ROLLING_BACK
    assert "did not come to 10 % of the users within 10 min (3 of 8 instances)" in world.state.why


def test_a_failed_analysis_takes_it_back_and_the_way_back_is_verified():
    world = at_first_analysis()
    world.say("Failed", "error_rate: 0.05, more than 0.01")
    assert world.look().phase is Phase.ROLLING_BACK
    assert acts_of(CANARY, world.state) == (GoBack(),)
    world.live = Live(version="2.7.1", weight=100, settled=True, phase="degraded")
    assert world.look().phase is Phase.ROLLING_BACK, "live, but not in health"
    world.obey()
    assert world.look().phase is Phase.ROLLED_BACK
    assert [note.text for note in world.notes][-2:] == [
        "analysis errors failed: error_rate: 0.05, more than 0.01. Back to 2.7.1",
        "2.7.1 is live and healthy again for all users",
    ]


@pytest.mark.parametrize("phase", [Phase.RUNNING, Phase.PAUSED, Phase.HELD])
def test_a_burning_error_budget_takes_it_back_from_wherever_it_is(phase):
    world = at_first_analysis()
    if phase is Phase.PAUSED:
        world.say("Successful")
    world.look(*([order("hold")] if phase is Phase.HELD else []))
    assert world.state.phase is phase
    world.readings["background.0:budget"] = Reading(phase="Failed", message="14 times too fast")
    assert world.look().phase is Phase.ROLLING_BACK
    assert world.state.why == "analysis budget failed: 14 times too fast"


@pytest.mark.parametrize(
    ("phase", "words"), [("Inconclusive", "is inconclusive: no data"), ("Error", "cannot be measured: no data")]
)
def test_without_data_it_is_held_and_goes_on_when_it_is_resumed_and_there_is_some(phase, words):
    world = at_first_analysis()
    world.say(phase, "no data")
    assert world.look().phase is Phase.HELD
    assert world.state.why == f"analysis errors {words}"
    assert [act for act in acts_of(CANARY, world.state) if isinstance(act, Apply)] == []
    world.look(order("resume"))
    assert Analyse("1.1:errors", "errors") in acts_of(CANARY, world.state), "the analysis begins anew"
    world.until(Phase.PROMOTED)


def test_what_cannot_be_measured_takes_it_back_where_the_product_says_so():
    world = at_first_analysis(replace(CANARY, rollback=RollbackRule(on=frozenset({Trigger.FAILED, Trigger.ERROR}))))
    world.say("Error", "connection refused")
    assert world.look().phase is Phase.ROLLING_BACK


def test_the_worst_of_several_analyses_counts_and_a_failure_does_not_wait_for_the_others():
    plan = replace(CANARY, steps=(weight(10), analyse("errors", "latency", "saturation"), weight(100)))
    world = at_first_analysis(plan)
    world.readings |= {"1.0:errors": Reading(phase="Inconclusive"), "1.0:latency": Reading(phase="Running")}
    assert world.look().phase is Phase.RUNNING, "one is still under way"
    world.readings["1.0:saturation"] = Reading(phase="Failed")
    assert world.look().phase is Phase.ROLLING_BACK


def test_nobody_decides_on_a_held_rollout_in_time():
    world = at_first_analysis()
    world.look(order("hold", reason="strange logs"))
    world.now += CANARY.hold.timeout
    assert world.look().phase is Phase.ROLLING_BACK
    assert world.state.why == "ana holds it: strange logs. Nobody decided within 24 h"
    staying = at_first_analysis(replace(CANARY, hold=HoldRule(then=AfterHold.STAY)))
    staying.look(order("hold"))
    staying.now += timedelta(days=90)
    assert staying.look().phase is Phase.HELD
    assert next_look(staying.plan, staying.state) is None


def test_promoting_goes_to_all_users_at_once_without_the_steps_between():
    world = at_first_analysis()
    world.look(order("promote", reason="we need it now"))
    assert [act for act in acts_of(CANARY, world.state) if isinstance(act, Apply)] == [Apply(5, 100)]
    world.obey()
    assert world.look().phase is Phase.PROMOTED
    assert world.weights == [10, 100]


def test_resuming_ends_a_pause_and_holding_one_keeps_it():
    plan = replace(CANARY, steps=(weight(10), rest(None), weight(100)))
    world = at_first_analysis(plan)
    world.now += timedelta(days=30)
    assert world.look().phase is Phase.PAUSED
    assert world.look(order("hold")).phase is Phase.HELD
    assert world.look(order("resume")).phase is Phase.PAUSED, "it rests until somebody resumes it"
    world.look(order("resume"))
    assert Apply(2, 100) in acts_of(plan, world.state)


def test_aborting_before_anything_was_changed_changes_nothing():
    world = World()
    world.look(closed="after hours")
    world.look(order("abort", reason="wrong version"), closed="after hours")
    assert (world.state.phase, acts_of(CANARY, world.state)) == (Phase.ABORTED, ())
    assert world.state.why == "ana aborted it: wrong version. Nothing was changed"


@pytest.mark.parametrize(("how", "phase"), [("abort", Phase.ABORTED), ("fail", Phase.FAILED)])
def test_a_first_deployment_has_no_way_back_and_says_so(how, phase):
    world = at_first_analysis(replace(CANARY, previous=""))
    if how == "fail":
        world.say("Failed", "5 %")
    world.look(*([order("abort")] if how == "abort" else []))
    assert world.state.phase is phase
    assert "first deployment here, so there is no version to go back to" in world.state.why


def test_without_automatic_rollback_a_failure_is_held_and_only_a_fresh_analysis_lets_it_go_on():
    world = at_first_analysis(replace(CANARY, rollback=RollbackRule(automatic=False)))
    world.say("Failed", "5 %")
    assert world.look().phase is Phase.HELD
    assert world.look(order("promote")).phase is Phase.HELD
    assert "which changes nothing: analysis errors failed: 5 %" in world.notes[-1].text
    world.look(order("resume"))
    world.until(Phase.PROMOTED)


def test_a_driver_that_fails_is_tried_again_and_then_taken_back():
    world = World()
    world.look()
    for _ in range(CANARY.attempts - 1):
        world.live = Trouble(message="exit code 3")
        assert world.look().phase is Phase.RUNNING
    world.obey()
    world.live = Live(version="2.7.1", weight=100, settled=True, phase="healthy")
    assert world.look().troubles == 0, "it was only a hiccup"
    for _ in range(CANARY.attempts):
        world.live = Trouble(message="exit code 3")
        world.look()
    assert world.state.phase is Phase.ROLLING_BACK
    assert world.state.why == "the driver failed 3 times in a row: exit code 3"


def test_a_way_back_that_does_not_work_ends_loudly_and_can_be_tried_again_before_that():
    world = at_first_analysis()
    world.look(order("abort"))
    world.now += 10 * MINUTE
    world.look(order("retry", by="ben"))
    world.now += 10 * MINUTE
    assert world.look().phase is Phase.ROLLING_BACK, "the time that it may take began anew"
    world.now += 5 * MINUTE
    assert world.look().phase is Phase.FAILED
    assert world.state.why.startswith(
        "THE WAY BACK FAILED: 2.7.1 was not live and healthy within 15 min (2.8.0 at 10 %, healthy)"
    )


def test_a_version_that_is_not_healthy_is_taken_back_without_any_analysis():
    world = at_first_analysis()
    world.live = Live(version="2.8.0", weight=10, settled=True, phase="degraded", detail="CrashLoopBackOff")
    assert world.look().phase is Phase.ROLLING_BACK
    assert world.state.why == "2.8.0 is not healthy: CrashLoopBackOff"


def test_users_who_got_a_broken_version_count_though_its_step_never_came_to_an_end():
    world = World(replace(CANARY, steps=(weight(100),), background=()))
    world.look()
    world.live = Live(version="2.8.0", weight=100, settled=True, phase="degraded", detail="exit code 1")
    assert world.look().phase is Phase.ROLLING_BACK
    assert (world.state.weight, world.state.why) == (100, "2.8.0 is not healthy: exit code 1")


def test_what_is_there_already_is_not_asked_for_again():
    world = World(live=("2.8.0", 10))
    world.look()
    assert world.state.step == 1
    assert not any(isinstance(act, Apply) for act in acts_of(CANARY, world.state))


def test_a_plan_is_the_same_after_it_was_kept():
    plan = replace(CANARY, rollback=RollbackRule(automatic=False, on=frozenset({Trigger.ERROR})))
    assert plan_from_json(plan_to_json(plan)) == plan


# No sequence of events, repeats of one event included, leads anywhere else.

SHARES = st.sampled_from([0, 10, 50, 100])
STEPS = st.lists(
    st.one_of(
        SHARES.map(weight),
        st.sampled_from([analyse("errors"), analyse("errors", "latency"), rest(MINUTE), rest(None)]),
    ),
    max_size=5,
).map(lambda steps: (*sorted_weights(steps), weight(100), analyse("errors")))
EVENTS = st.one_of(
    st.sampled_from(list(Order)).map(lambda one: ("order", one)),
    st.sampled_from(["Successful", "Failed", "Error", "Inconclusive", "Running"]).map(lambda one: ("analyses", one)),
    st.sampled_from(["Failed", "Inconclusive", "Running"]).map(lambda one: ("background", one)),
    st.sampled_from(["obey", "degraded", "trouble", "silent", "minutes", "hours", "closed"]).map(lambda one: (one, "")),
)


def sorted_weights(steps: list[Step]) -> list[Step]:
    """The shares in rising order, everything else where it was."""
    shares = iter(sorted(step.weight for step in steps if step.kind is StepKind.WEIGHT))
    return [weight(next(shares)) if step.kind is StepKind.WEIGHT else step for step in steps]


@settings(max_examples=150)
@given(
    steps=STEPS,
    previous=st.sampled_from(["2.7.1", ""]),
    automatic=st.booleans(),
    events=st.lists(EVENTS, max_size=30),
)
def test_no_sequence_of_events_passes_what_did_not_succeed(steps, previous, automatic, events):
    plan = replace(CANARY, steps=steps, previous=previous, rollback=RollbackRule(automatic=automatic))
    world = World(plan, None if previous else ("", 0))
    for kind, what in events:
        before, commands, closed = world.state, [], ""
        if kind == "order":
            commands = [Command(order=what, by="ana")]
        elif kind == "analyses":
            world.say(what)
        elif kind == "background" and before.background >= 0:
            world.readings[f"background.{before.background}:budget"] = Reading(phase=what)
        elif kind == "obey":
            world.obey()
        elif kind == "degraded":
            world.live = Live(version=plan.version, weight=10, settled=True, phase="degraded")
        elif kind == "trouble":
            world.live = Trouble(message="exit code 3")
        elif kind == "silent":
            world.live = Live(version=plan.version, weight=0, settled=False, phase="unknown")
        elif kind in {"minutes", "hours"}:
            world.now += MINUTE if kind == "minutes" else timedelta(hours=25)
        elif kind == "closed":
            closed = "after hours"
        after = world.look(*commands, closed=closed)
        check(world, before, after, promoted=(kind, what) == ("order", Order.PROMOTE))
    # Whatever happened, people can always end it.
    world.look(order("abort"))
    world.obey()
    world.live = (
        world.live
        if isinstance(world.live, Live)
        else Live(version=previous, weight=100, settled=True, phase="healthy")
    )
    world.look()
    world.now += timedelta(days=1)
    assert world.look().phase in ENDED


def check(world: World, before: State, after: State, *, promoted: bool) -> None:
    if before.phase in ENDED:
        assert after == before, "an end is an end"
    if before.phase is Phase.ROLLING_BACK:
        assert after.phase in {Phase.ROLLING_BACK, Phase.ROLLED_BACK, Phase.FAILED}
    if after.phase is Phase.PROMOTED:
        assert not after.failed
        assert after.weight == 100
    if after.failed and world.plan.rollback.automatic:
        assert after.phase not in {Phase.RUNNING, Phase.PAUSED, Phase.PROMOTED}
    for place in range(before.step, min(after.step, len(world.plan.steps))):
        step = world.plan.steps[place]
        if step.analyses and not (promoted or after.skipping):
            tries = before.tries if place == before.step else 0
            readings = [world.readings.get(f"{place}.{tries}:{name}") for name in step.analyses]
            assert [reading and reading.phase for reading in readings] == ["Successful"] * len(step.analyses)
    asked = [act for act in acts_of(world.plan, after) if isinstance(act, Apply)]
    assert all(act.step == after.step for act in asked)
    assert not (asked and after.failed)
