"""A rollout as a state machine: steps, analyses, what people tell it, and the way back. Pure; the driver is asked elsewhere.

`advance` is given what is known now and says what has to be so. What it says follows from the state alone, so that whoever
lost the thread (a killed worker, a restarted scheduler) reads the state and goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from release_ops.domain.deploy_policy import AfterHold, Step, StepKind, Trigger
from release_ops.domain.deploying import Live
from release_ops.domain.rollout_plan import Plan
from release_ops.domain.rollout_state import (
    BAD,
    BROKEN,
    GOING,
    GOOD,
    OVER,
    UNCLEAR,
    Act,
    Analyse,
    Apply,
    Command,
    GoBack,
    Note,
    Order,
    Phase,
    Reading,
    State,
    Trouble,
    Turn,
)
from release_ops.domain.rollout_words import words_of


def advance(
    plan: Plan,
    state: State,
    now: datetime,
    live: Live | Trouble | None = None,
    analyses: Mapping[str, Reading] | None = None,
    commands: Sequence[Command] = (),
    *,
    closed: str = "",
    sent_back: bool = True,
) -> Turn:
    """As far as a rollout can go by what is known at `now` (aware).

    `live` is what the driver sees, None if it was not asked. `analyses` has the readings by the keys of `Analyse`.
    `closed` is what closes the product's window, empty if it is open: then no further users get the new version.
    `sent_back` is whether the driver has been asked for the way back, if the state is on it. Calling it again with the same
    facts changes nothing more, but that each `Trouble` counts.
    """
    notes: list[Note] = []
    if state.is_over:
        pass  # An end is an end.
    elif isinstance(live, Trouble):
        state = replace(state, troubles=state.troubles + 1)
    elif live is not None:
        state = replace(state, troubles=0)
    for command in commands:
        state = _told(plan, state, now, command, notes)
    facts = _Facts(plan, now, live, analyses or {}, closed, sent_back, notes)
    while (after := _moved(state, facts)) != state:
        state = after
    return Turn(state, acts_of(plan, state), tuple(notes))


def acts_of(plan: Plan, state: State) -> tuple[Act, ...]:
    """What has to be so in a state, each of it as often as asked."""
    if state.phase is Phase.ROLLING_BACK:
        return (GoBack(state.tries),)
    acts: list[Act] = []
    if state.phase in GOING:
        acts += (Analyse(run, name) for run, name in background_runs(plan, state))
    if state.phase is Phase.RUNNING and state.step < len(plan.steps):
        step = plan.steps[state.step]
        if step.kind is StepKind.WEIGHT and state.asked == state.step:
            acts.append(Apply(state.step, step.weight, state.tries))
        acts += (Analyse(run, name) for run, name in step_runs(plan, state))
    return tuple(acts)


def step_runs(plan: Plan, state: State) -> tuple[tuple[str, str], ...]:
    """Key and name of each analysis of the step that a rollout is in."""
    if state.step >= len(plan.steps):
        return ()
    return tuple((f"{state.step}.{state.tries}:{name}", name) for name in plan.steps[state.step].analyses)


def background_runs(plan: Plan, state: State) -> tuple[tuple[str, str], ...]:
    """Key and name of each analysis in the background; none before the first users have the new version."""
    if state.background < 0:
        return ()
    return tuple((f"background.{state.background}:{name}", name) for name in plan.background)


def is_share_owed(plan: Plan, state: State) -> bool:
    """Whether the driver was asked for a share that nobody has seen yet: it may still come."""
    return state.asked >= 0 and plan.steps[state.asked].weight != state.weight


def next_look(plan: Plan, state: State) -> datetime | None:
    """Instant at which a state changes by time alone; None: never. Analyses have their own times."""
    if state.since is None:
        return None
    if state.phase is Phase.ROLLING_BACK:
        return state.since + plan.rollback.within
    if state.phase is Phase.HELD:
        return state.since + plan.hold.timeout if plan.hold.then is AfterHold.ROLLBACK else None
    if state.phase is Phase.PAUSED and (pause := plan.steps[state.step].pause) is not None:
        return state.since + pause
    if state.phase is Phase.RUNNING and _is_waiting_for_driver(plan, state):
        return state.since + plan.progress_within
    return None


def is_driver_needed(plan: Plan, state: State) -> bool:
    """Whether the state goes on by what the driver does, so that it has to be asked again and again."""
    return state.phase is Phase.ROLLING_BACK or (state.phase is Phase.RUNNING and _is_waiting_for_driver(plan, state))


def _is_waiting_for_driver(plan: Plan, state: State) -> bool:
    return state.step < len(plan.steps) and plan.steps[state.step].kind is StepKind.WEIGHT and state.asked == state.step


class _Facts(NamedTuple):
    plan: Plan
    now: datetime
    live: Live | Trouble | None
    analyses: Mapping[str, Reading]
    closed: str
    sent_back: bool
    notes: list[Note]

    def say(self, kind: str, text: str, by: str = "") -> None:
        self.notes.append(Note(kind, text, by))

    def ended(self, runs: Sequence[tuple[str, str]], phase: str) -> Iterator[tuple[str, Reading]]:
        """Name and reading of the runs that ended so."""
        return ((name, found) for run, name in runs if (found := self.analyses.get(run)) and found.phase == phase)

    def has_ended(self, run: str) -> bool:
        """Whether a run is over."""
        return (found := self.analyses.get(run)) is not None and found.phase in OVER


# What people say


def _told(plan: Plan, state: State, now: datetime, command: Command, notes: list[Note]) -> State:
    """The state after an order; one that changes nothing is noted with why."""
    if why := _refusal(state, command.order):
        text = f"{command.by} said {command.order}, which changes nothing: {why}"
        notes.append(Note(_KINDS[command.order], text, command.by))
        return state
    text = f"{command.by} {_DOES[command.order]}{f': {command.reason}' if command.reason else ''}"
    notes.append(Note(_KINDS[command.order], text, command.by))
    if state.phase is Phase.ROLLING_BACK:
        return replace(state, since=now, troubles=0, tries=state.tries + 1)
    if command.order is Order.ABORT:
        return _back(plan, state, now, text, notes, told=True)
    if command.order is Order.HOLD:
        return replace(state, phase=Phase.HELD, since=now, why=text)
    if command.order is Order.PROMOTE:
        last = max(place for place, step in enumerate(plan.steps) if step.kind is StepKind.WEIGHT)
        return _entered(replace(state, skipping=True), last if state.step <= last else len(plan.steps), now)
    return _resumed(state, now)


def _refusal(state: State, order: Order) -> str:
    """Why an order cannot be followed; empty if it can."""
    if state.is_over:
        return f"the rollout is {state.phase.replace('_', ' ')}"
    if state.phase is Phase.ROLLING_BACK:
        return "" if order is Order.RETRY else "it is on its way back"
    if order is Order.HOLD and state.phase is Phase.HELD:
        return "it is held already"
    if order is Order.PROMOTE and state.failed:
        return f"{state.why}. Resume it, so that this is looked at again, or roll back"
    if order in {Order.RESUME, Order.RETRY} and state.phase not in {Phase.HELD, Phase.PAUSED}:
        return "it is neither held nor paused"
    return ""


def _resumed(state: State, now: datetime) -> State:
    """Out of a pause to the next step; out of a hold to the beginning of its step, with analyses that begin anew."""
    if state.phase is Phase.PAUSED:
        return _entered(state, state.step + 1, now)
    return replace(
        _entered(state, state.step, now),
        tries=state.tries + 1,
        background=state.background + (state.background >= 0),
        failed=False,
        troubles=0,
    )


_KINDS = {
    Order.PROMOTE: "promote",
    Order.HOLD: "hold",
    Order.RESUME: "resume",
    Order.RETRY: "resume",
    Order.ABORT: "abort",
}

_DOES = {
    Order.PROMOTE: "promotes it to all users",
    Order.HOLD: "holds it",
    Order.RESUME: "resumes it",
    Order.RETRY: "has it tried again",
    Order.ABORT: "aborted it",
}


def _entered(state: State, step: int, now: datetime) -> State:
    """At the beginning of a step; `tries` counts only within one."""
    tries = state.tries if step == state.step else 0
    return replace(state, phase=Phase.RUNNING, step=step, since=now, tries=tries, why="", waiting="")


# What happens by itself


def _moved(state: State, facts: _Facts) -> State:
    """One move, or the state as it is."""
    if state.phase in GOING and (found := _went_wrong(state, facts)) is not None:
        return found
    move = _PHASES.get(state.phase)
    return move(state, facts) if move is not None else state


def _begun(state: State, facts: _Facts) -> State:
    return replace(state, phase=Phase.RUNNING, since=facts.now)


def _running(state: State, facts: _Facts) -> State:
    if state.step >= len(facts.plan.steps):
        facts.say("promote", f"{facts.plan.version} has all users")
        return replace(state, phase=Phase.PROMOTED, why="")
    step = facts.plan.steps[state.step]
    return _STEPS[step.kind](state, facts, step)


def _paused(state: State, facts: _Facts) -> State:
    pause = facts.plan.steps[state.step].pause
    is_over = pause is not None and state.since is not None and facts.now >= state.since + pause
    return _entered(state, state.step + 1, facts.now) if is_over else state


def _went_wrong(state: State, facts: _Facts) -> State | None:
    """Where the state goes because something is not right; None: nothing new is wrong."""
    plan, live = facts.plan, facts.live
    if isinstance(live, Trouble) and state.troubles >= plan.attempts:
        return _failure(
            state, facts, Trigger.FAILED, f"the driver failed {state.troubles} times in a row: {live.message}"
        )
    if (
        state.asked >= 0
        and isinstance(live, Live)
        and live.phase == "degraded"
        and live.settled
        and live.version == plan.version
    ):
        # Whoever got it got a broken one, also where the step never came to its end.
        state = replace(state, weight=max(state.weight, live.weight))
        return _failure(state, facts, Trigger.FAILED, f"{plan.version} is not healthy: {live.detail or 'degraded'}")
    return _judged(state, facts, background_runs(plan, state), Trigger.ERROR_BUDGET)


def _judged(
    state: State, facts: _Facts, runs: Sequence[tuple[str, str]], trigger: Trigger, *, wait: bool = False
) -> State | None:
    """Where runs lead that did not succeed; None: nowhere. The worst counts; all but a failure can `wait` for the rest."""
    for name, reading in facts.ended(runs, BAD):
        return _failure(state, facts, trigger, f"analysis {name} failed: {_said(reading)}")
    if state.skipping or (wait and not all(facts.has_ended(run) for run, _ in runs)):
        return None
    for name, reading in facts.ended(runs, BROKEN):
        why = f"analysis {name} cannot be measured: {_said(reading)}"
        takes_back = Trigger.ERROR in facts.plan.rollback.on
        return _failure(state, facts, Trigger.ERROR, why) if takes_back else _hold(state, facts, why)
    for name, reading in facts.ended(runs, UNCLEAR):
        return _hold(state, facts, f"analysis {name} is inconclusive: {_said(reading)}")
    return None


def _said(reading: Reading) -> str:
    return reading.message or "it gives no reason"


def _hold(state: State, facts: _Facts, why: str) -> State | None:
    if state.phase is Phase.HELD:
        return None
    facts.say("hold", why)
    return replace(state, phase=Phase.HELD, since=facts.now, why=why)


def _failure(state: State, facts: _Facts, trigger: Trigger, why: str) -> State | None:
    rule = facts.plan.rollback
    if rule.automatic and trigger in rule.on:
        return _back(facts.plan, replace(state, failed=True), facts.now, why, facts.notes)
    if state.failed:
        return None
    held = _hold(state, facts, why) or replace(state, why=why)
    return replace(held, failed=True)


def _back(plan: Plan, state: State, now: datetime, why: str, notes: list[Note], *, told: bool = False) -> State:
    """The beginning of the way back, or the end where nothing was changed or nothing is there to go back to."""
    if state.asked < 0:
        text = f"{why}. Nothing was changed"
        notes.append(Note("abort", text))
        return replace(state, phase=Phase.ABORTED, since=now, why=text)
    if not plan.previous:
        text = (
            f"{why}. This is the first deployment here, so there is no version to go back to: {plan.version} stays as it is "
            f"({state.weight} %); take it away, or deploy another one"
        )
        notes.append(Note("abort" if told else "rollback", text))
        return replace(state, phase=Phase.ABORTED if told else Phase.FAILED, since=now, why=text)
    notes.append(Note("rollback", f"{why}. Back to {plan.previous}"))
    return replace(state, phase=Phase.ROLLING_BACK, since=now, troubles=0, tries=0, waiting="", why=why)


def _held(state: State, facts: _Facts) -> State:
    rule = facts.plan.hold
    if rule.then is AfterHold.ROLLBACK and state.since is not None and facts.now >= state.since + rule.timeout:
        why = f"{state.why}. Nobody decided within {words_of(rule.timeout.total_seconds())}"
        return _back(facts.plan, state, facts.now, why, facts.notes)
    return state


def _on_the_way_back(state: State, facts: _Facts) -> State:
    plan, live = facts.plan, facts.live
    is_back = isinstance(live, Live) and live.shows(plan.previous, 100) and live.phase == "healthy"
    # The version before may be live still, and the new one on its way.
    if is_back and (facts.sent_back or not is_share_owed(plan, state)):
        facts.say("verify", f"{plan.previous} is live and healthy again for all users")
        return replace(state, phase=Phase.ROLLED_BACK, weight=0)
    # Nothing better can be done than to try again: errors of the driver end the way back by its time alone.
    if facts.now < (state.since or facts.now) + plan.rollback.within:
        return state
    if isinstance(live, Trouble):
        seen = f"the driver failed {state.troubles} times in a row: {live.message}"
    else:
        seen = f"{live.version or 'nothing'} at {live.weight} %, {live.phase}" if live is not None else "unknown"
    within = words_of(plan.rollback.within.total_seconds())
    problem = f"{plan.previous} was not live and healthy within {within} ({seen})"
    text = f"THE WAY BACK FAILED: {problem}. It was begun because {state.why}"
    facts.say("verify", text)
    return replace(state, phase=Phase.FAILED, why=text)


# The steps


def _weight(state: State, facts: _Facts, step: Step) -> State:
    plan, live = facts.plan, facts.live
    if isinstance(live, Live) and live.shows(plan.version, step.weight):
        facts.say("weight", f"{plan.version} has {step.weight} % of the users")
        begins = state.background < 0 < step.weight
        state = replace(state, weight=step.weight, asked=state.step, background=0 if begins else state.background)
        return _entered(state, len(plan.steps) if state.skipping else state.step + 1, facts.now)
    if state.asked == state.step:
        if state.since is not None and facts.now >= state.since + plan.progress_within:
            seen = f" ({live.detail})" if isinstance(live, Live) and live.detail else ""
            within = words_of(plan.progress_within.total_seconds())
            why = f"{plan.version} did not come to {step.weight} % of the users within {within}{seen}"
            return _failure(state, facts, Trigger.FAILED, why) or state
        return state
    if facts.closed:
        return replace(state, waiting=facts.closed)
    facts.say("step", f"step {state.step + 1} of {len(plan.steps)}: {step.weight} % of the users get {plan.version}")
    return replace(state, asked=state.step, since=facts.now, waiting="")


def _pause(state: State, facts: _Facts, step: Step) -> State:
    rests = (
        f"rests for {words_of(step.pause.total_seconds())}"
        if step.pause is not None
        else "rests until somebody resumes it"
    )
    facts.say("step", f"step {state.step + 1} of {len(facts.plan.steps)}: it {rests}")
    return replace(state, phase=Phase.PAUSED, since=facts.now, why="" if step.pause is not None else rests)


def _analyse(state: State, facts: _Facts, step: Step) -> State:
    runs = step_runs(facts.plan, state)
    if (found := _judged(state, facts, runs, Trigger.FAILED, wait=True)) is not None:
        return found
    if all((reading := facts.analyses.get(run)) is not None and reading.phase == GOOD for run, _ in runs):
        kind = "validation" if step.kind is StepKind.VALIDATE else "analysis"
        facts.say(kind, f"succeeded at {state.weight} % of the users: {', '.join(name for _, name in runs)}")
        return _entered(state, state.step + 1, facts.now)
    return state


_PHASES: Mapping[Phase, Callable[[State, _Facts], State]] = {
    Phase.PLANNED: _begun,
    Phase.RUNNING: _running,
    Phase.PAUSED: _paused,
    Phase.HELD: _held,
    Phase.ROLLING_BACK: _on_the_way_back,
}
_STEPS: Mapping[StepKind, Callable[[State, _Facts, Step], State]] = {
    StepKind.WEIGHT: _weight,
    StepKind.PAUSE: _pause,
    StepKind.ANALYSE: _analyse,
    StepKind.VALIDATE: _analyse,
}
