"""The ramp of a flag as a state machine: what comes next, from what is known. Pure; the clock is passed in.

The caller loops: look, `advance`, keep the state, do the act. An act is `Write` (let the engine have that percentage, then
call `written`), `Wait` (look again then, or earlier when somebody says something) or `End`. A state that is kept before its
act is done leads to the same act when the loop begins again, so that a process may die anywhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from release_ops.domain.flags_policy import OnFailure, Ramp


class RampPhase(StrEnum):
    """How far a ramp is. `paused` waits for a person who resumes it; the last three are over."""

    RUNNING = "running"
    HELD = "held"
    """Nobody knows whether the step is good: no data. It looks again by itself."""
    PAUSED = "paused"
    DONE = "done"
    STOPPED = "stopped"
    """Somebody ended it; the flag stays where it is."""
    KILLED = "killed"
    """The flag was switched off."""

    @property
    def is_over(self) -> bool:
        """Whether nothing can follow."""
        return self in {RampPhase.DONE, RampPhase.STOPPED, RampPhase.KILLED}


class Command(StrEnum):
    """What a person can tell a ramp."""

    RESUME = "resume"
    """Go on: a held step counts as good, a paused one is tried again."""
    PAUSE = "pause"
    STOP = "stop"


class Verdict(StrEnum):
    """What the analyses of a step say together."""

    OPEN = "open"
    GOOD = "good"
    BAD = "bad"
    UNKNOWN = "unknown"
    """No data, inconclusive, or it could not be measured."""


BEFORE = -1
"""Step of a ramp that has not begun."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RampState:
    """Where a ramp is."""

    phase: RampPhase = RampPhase.RUNNING
    step: int = BEFORE
    """Place of the step that is being proven, or that failed."""
    percent: int = 0
    """What the engine is to serve now."""
    is_set: bool = True
    """Whether it does; False: it is to be written."""
    place: int = 0
    """Number of the last write, from 1; 0: none."""
    set_at: datetime | None = None
    tries: int = 0
    """How often the step's analyses were begun anew."""
    measured_from: datetime | None = None
    """When the present try of its analyses begins."""
    held_since: datetime | None = None
    accepted: bool = False
    """A person said that the step counts as good."""
    failed: bool = False
    """It paused because a step was bad."""
    failed_at: datetime | None = None
    """When its analyses said so; None: the rollout that it goes with fell."""
    why: str = ""

    def to_json(self) -> dict[str, Any]:
        """The state as JSON keeps it."""
        return {
            name: value.isoformat() if isinstance(value, datetime) else value for name, value in asdict(self).items()
        }

    @staticmethod
    def from_json(kept: Mapping[str, Any]) -> RampState:
        """The state that `to_json` made; an empty mapping is a ramp that has not begun."""
        facts = dict(kept)
        for name in ("set_at", "measured_from", "held_since", "failed_at"):
            if facts.get(name):
                facts[name] = datetime.fromisoformat(facts[name])
        if "phase" in facts:
            facts["phase"] = RampPhase(facts["phase"])
        return RampState(**facts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rollout:
    """How far the release's deployment in the environment is."""

    weight: int
    """Percent of the users that have the version."""
    is_promoted: bool = False
    is_gone: bool = False
    """It was rolled back or aborted, or has failed."""
    words: str = ""

    def reached(self, percent: int) -> bool:
        """Whether so many percent of the users have the version."""
        return self.is_promoted or (not self.is_gone and self.weight >= percent)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What is known when the machine is asked."""

    now: datetime
    percent: int | None
    """What the engine serves; None: something that a ramp did not write."""
    verdict: Verdict = Verdict.GOOD
    """Of the analyses of the present step and try."""
    message: str = ""
    """Why, in words."""
    next_due: datetime | None = None
    """When the next measurement is due; None: none is."""
    rollout: Rollout | None = None
    """None where there is none; asked only of ramps `with_rollout`."""
    closed_until: datetime | None = None
    """End of what closes the product's window; asked only of ramps that keep to it."""
    closed_by: str = ""
    command: Command | None = None
    by: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Write:
    """Let the engine have the percentage of the state, as its write number `place`."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing to do before that instant; None: before somebody says something."""

    until: datetime | None


@dataclass(frozen=True, slots=True)
class End:
    """The run is over: the ramp is done, stopped, killed or paused."""


Act = Write | Wait | End


def advance(ramp: Ramp, state: RampState, seen: Seen) -> tuple[RampState, Act]:
    """State and act that follow from what is seen. The same state and sight give the same."""
    if seen.command is not None and not state.phase.is_over:
        state = _told(ramp, state, seen)
    if state.phase.is_over:
        return state, End()
    if not state.is_set:
        return state, Write()
    if state.phase is RampPhase.PAUSED:
        return state, End()
    return _go_on(ramp, state, seen)


def _go_on(ramp: Ramp, state: RampState, seen: Seen) -> tuple[RampState, Act]:
    if (state.place or state.step != BEFORE) and seen.percent != state.percent:
        there = "something else than a ramp writes" if seen.percent is None else f"{seen.percent} %"
        why = f"the engine serves {there} instead of {state.percent} %: somebody else changed the flag"
        return replace(state, phase=RampPhase.PAUSED, why=why), End()
    if seen.rollout is not None and seen.rollout.is_gone:
        # The code behind the flag is going: nobody is to be left on it.
        return _back(ramp, state, f"{seen.rollout.words}: the flag goes with it", seen.now, off=True)
    if state.step == BEFORE or state.accepted:
        return _next(ramp, state, seen)
    return _proven(ramp, state, seen)


def written(state: RampState, now: datetime, percent: int | None = None) -> RampState:
    """State after its write was made; the analyses begin now."""
    return replace(
        state, is_set=True, set_at=now, measured_from=now, percent=state.percent if percent is None else percent
    )


def refused(state: RampState, serves: int | None, why: str) -> RampState:
    """State of a ramp whose next write is not made: it pauses where the flag is, and that step is still to be taken."""
    percent = state.percent if serves is None else serves
    step = max(BEFORE, state.step - 1)
    return replace(state, phase=RampPhase.PAUSED, step=step, percent=percent, is_set=True, failed=False, why=why)


def killed(state: RampState, why: str) -> RampState:
    """State of a ramp whose flag was switched off: whatever it was about to write, it does not."""
    return replace(state, phase=RampPhase.KILLED, percent=0, is_set=True, why=why)


def adopted(ramp: Ramp, percent: int, now: datetime) -> RampState:
    """Beginning of a ramp of a flag that has so many percent already: steps up to there are not taken again."""
    reached = [place for place, step in enumerate(ramp.steps) if step <= percent]
    if not percent or not reached:
        return RampState()
    return RampState(step=reached[-1], percent=percent, set_at=now, measured_from=now)


def _told(ramp: Ramp, state: RampState, seen: Seen) -> RampState:
    who = f"{seen.by}: {seen.reason}" if seen.reason else seen.by
    serves = state.percent if seen.percent is None else seen.percent
    if seen.command is Command.STOP:
        return replace(state, phase=RampPhase.STOPPED, percent=serves, is_set=True, why=f"stopped by {who}")
    if seen.command is Command.PAUSE:
        return _paused(state, serves, f"paused by {who}")
    if state.phase is RampPhase.HELD:
        return replace(state, phase=RampPhase.RUNNING, accepted=True, held_since=None, why=f"step accepted by {who}")
    if state.phase is not RampPhase.PAUSED:
        return state
    step = state.step
    if serves != state.percent:
        step = adopted(ramp, serves, seen.now).step
    elif state.failed:
        # The step that failed comes next, and is proven again; from nobody it begins at the first.
        step = step - 1 if serves else BEFORE
    return replace(
        state,
        phase=RampPhase.RUNNING,
        step=step,
        percent=serves,
        accepted=state.failed and step != BEFORE,
        failed=False,
        tries=state.tries + 1,
        set_at=seen.now,
        measured_from=seen.now,
        why=f"resumed by {who}",
    )


def _paused(state: RampState, serves: int, why: str) -> RampState:
    if state.phase is RampPhase.PAUSED:
        return state  # what failed is still to be proven again, and a step back is made all the same
    if not state.is_set and serves != state.percent:
        return refused(state, serves, why)
    return replace(state, phase=RampPhase.PAUSED, why=why)


def _proven(ramp: Ramp, state: RampState, seen: Seen) -> tuple[RampState, Act]:
    percent = ramp.steps[state.step]
    if seen.verdict is Verdict.BAD:
        return _back(ramp, state, f"{percent} %: {seen.message}", seen.now)
    if seen.verdict is Verdict.UNKNOWN:
        since = state.held_since or seen.now
        if seen.now - since >= ramp.hold_for:
            why = f"{percent} %: held for {_words(ramp.hold_for)}: {seen.message}"
            return replace(state, phase=RampPhase.PAUSED, held_since=None, why=why), End()
        # The analyses begin anew when it is time to look again.
        again = seen.now + ramp.look_again
        return (
            replace(
                state,
                phase=RampPhase.HELD,
                held_since=since,
                tries=state.tries + 1,
                measured_from=again,
                why=f"{percent} %: held: {seen.message}",
            ),
            Wait(again),
        )
    if state.phase is RampPhase.HELD and seen.verdict is Verdict.GOOD:
        state = replace(state, phase=RampPhase.RUNNING, held_since=None, why="there is data again")
    until = (state.set_at or seen.now) + ramp.interval_at(percent)
    if seen.verdict is Verdict.OPEN:
        return state, Wait(seen.next_due if seen.next_due is not None else until)
    if seen.now < until and state.step < len(ramp.steps) - 1:
        return state, Wait(until)
    return _next(ramp, state, seen)


def _next(ramp: Ramp, state: RampState, seen: Seen) -> tuple[RampState, Act]:
    step = state.step + 1
    if step >= len(ramp.steps):
        return replace(state, phase=RampPhase.DONE, accepted=False, why=f"at {ramp.target} %, as planned"), End()
    percent = ramp.steps[step]
    if ramp.with_rollout and (seen.rollout is None or not seen.rollout.reached(percent)):
        words = seen.rollout.words if seen.rollout else "the release is not being deployed here yet"
        return replace(state, why=f"{percent} % waits for the rollout: {words}"), Wait(None)
    if seen.closed_until is not None:
        return replace(state, why=f"{percent} % waits for the window: {seen.closed_by}"), Wait(seen.closed_until)
    return (
        replace(
            state,
            phase=RampPhase.RUNNING,
            step=step,
            percent=percent,
            is_set=False,
            place=state.place + 1,
            tries=0,
            held_since=None,
            accepted=False,
            why=f"step {step + 1} of {len(ramp.steps)}",
        ),
        Write(),
    )


def _back(ramp: Ramp, state: RampState, why: str, now: datetime, *, off: bool = False) -> tuple[RampState, Act]:
    """Pause, at what the policy says."""
    target = state.percent
    if off or ramp.on_failure is OnFailure.OFF:
        target = 0
    elif ramp.on_failure is OnFailure.PREVIOUS:
        target = ramp.steps[state.step - 1] if state.step > 0 else 0
    paused = replace(
        state,
        phase=RampPhase.PAUSED,
        failed=True,
        failed_at=None if off else now,
        held_since=None,
        accepted=False,
        why=why,
    )
    if target == state.percent:
        return paused, End()
    return replace(paused, percent=target, is_set=False, place=state.place + 1), Write()


def _words(span: timedelta) -> str:
    seconds = int(span.total_seconds())
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size and seconds % size == 0:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"
