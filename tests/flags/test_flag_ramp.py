"""The ramp as a state machine: every step waits for its proof, nothing is taken twice, people have the last word."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from release_ops.domain.flag_ramp import (
    BEFORE,
    Act,
    Command,
    End,
    RampPhase,
    RampState,
    Rollout,
    Seen,
    Verdict,
    Wait,
    Write,
    adopted,
    advance,
    killed,
    refused,
    written,
)
from release_ops.domain.flags_policy import OnFailure, Ramp
from tests.flags.conftest import NOW

HOUR = timedelta(hours=1)
RAMP = Ramp(steps=(10, 50, 100), interval=HOUR, hold_for=4 * HOUR, look_again=HOUR)


class Flag:
    """A flag on its ramp, with a clock and an engine that does what it is told."""

    def __init__(self, ramp: Ramp = RAMP, state: RampState | None = None) -> None:
        self.ramp, self.now, self.serves = ramp, NOW, 0
        self.state = state or RampState()
        self.writes: list[int] = []

    def look(self, **seen: object) -> Act:
        """One turn, through JSON as between two processes."""
        facts = {"now": self.now, "percent": self.serves, **seen}
        self.state, act = advance(self.ramp, RampState.from_json(self.state.to_json()), Seen(**facts))  # type: ignore[arg-type]
        if isinstance(act, Write):
            self.serves = self.state.percent
            self.writes.append(self.serves)
            self.state = written(self.state, self.now)
        return act

    def until_end(self, **seen: object) -> None:
        """Look until nothing follows, at the time that each act names."""
        for _ in range(50):
            act = self.look(**seen)
            if isinstance(act, End):
                return
            if isinstance(act, Wait):
                assert act.until is not None
                assert act.until > self.now
                self.now = act.until
        raise AssertionError("it does not end")

    def at_step(self, step: int) -> Flag:
        """Let it be proven up to a step."""
        while self.state.step < step or not self.writes:
            self.look()
            self.now += HOUR
        return self


def test_steps_are_taken_in_their_order_and_each_lasts_its_interval() -> None:
    flag = Flag(replace(RAMP, intervals={50: 3 * HOUR}))
    flag.until_end()
    assert flag.writes == [10, 50, 100]
    assert flag.state.phase is RampPhase.DONE
    assert flag.now - NOW == 4 * HOUR


def test_a_step_waits_for_its_analyses_however_long_they_take() -> None:
    flag = Flag().at_step(0)
    flag.now += 100 * HOUR
    due = flag.now + timedelta(minutes=3)
    assert flag.look(verdict=Verdict.OPEN, next_due=due) == Wait(due)
    assert flag.look() == Write()
    assert flag.writes == [10, 50]


def test_the_last_step_is_proven_too() -> None:
    flag = Flag().at_step(2)
    assert flag.look(verdict=Verdict.OPEN, next_due=flag.now) == Wait(flag.now)
    flag.look(verdict=Verdict.BAD, message="too many errors")
    assert (flag.state.phase, flag.writes) == (RampPhase.PAUSED, [10, 50, 100, 50])


@pytest.mark.parametrize(
    ("policy", "writes"),
    [(OnFailure.PAUSE, [10, 50]), (OnFailure.PREVIOUS, [10, 50, 10]), (OnFailure.OFF, [10, 50, 0])],
)
def test_a_bad_step_goes_where_the_policy_says_and_pauses(policy: OnFailure, writes: list[int]) -> None:
    flag = Flag(replace(RAMP, on_failure=policy)).at_step(1)
    flag.until_end(verdict=Verdict.BAD, message="error_rate 0.05 > 0.01")
    assert flag.writes == writes
    assert (flag.state.phase, flag.state.failed) == (RampPhase.PAUSED, True)
    assert flag.state.why == "50 %: error_rate 0.05 > 0.01"


def test_a_bad_first_step_goes_back_to_nobody() -> None:
    flag = Flag().at_step(0)
    flag.until_end(verdict=Verdict.BAD)
    assert flag.writes == [10, 0]


@pytest.mark.parametrize(
    ("policy", "writes"),
    [
        (OnFailure.PAUSE, [10, 50, 50, 100]),
        (OnFailure.PREVIOUS, [10, 50, 10, 50, 100]),
        (OnFailure.OFF, [10, 50, 0, 10, 50, 100]),
    ],
)
def test_who_resumes_has_the_failed_step_proven_again(policy: OnFailure, writes: list[int]) -> None:
    flag = Flag(replace(RAMP, on_failure=policy)).at_step(1)
    flag.until_end(verdict=Verdict.BAD)
    flag.look(command=Command.RESUME, by="ana")
    flag.until_end()
    assert flag.writes == writes
    assert flag.state.phase is RampPhase.DONE


def test_without_data_it_is_held_and_looks_again_until_it_has_been_long_enough() -> None:
    flag = Flag().at_step(0)
    assert flag.look(verdict=Verdict.UNKNOWN, message="no data") == Wait(flag.now + HOUR)
    assert (flag.state.phase, flag.state.tries) == (RampPhase.HELD, 1)
    flag.until_end(verdict=Verdict.UNKNOWN, message="no data")
    assert (flag.state.phase, flag.serves) == (RampPhase.PAUSED, 10)
    assert flag.state.why == "10 %: held for 4 h: no data"


def test_data_that_comes_after_all_lets_it_go_on() -> None:
    flag = Flag().at_step(0)
    flag.look(verdict=Verdict.UNKNOWN)
    flag.until_end()
    assert flag.writes == [10, 50, 100]


def test_a_person_may_accept_a_held_step() -> None:
    flag = Flag().at_step(0)
    flag.look(verdict=Verdict.UNKNOWN)
    assert flag.look(verdict=Verdict.UNKNOWN, command=Command.RESUME, by="ana", reason="seen in the logs") == Write()
    assert flag.writes == [10, 50]


def test_somebody_elses_change_pauses_it_and_is_where_it_resumes() -> None:
    flag = Flag().at_step(1)
    flag.serves = 20
    flag.until_end()
    assert flag.state.why == "the engine serves 20 % instead of 50 %: somebody else changed the flag"
    flag.look(command=Command.RESUME, by="ana")
    flag.until_end()
    assert flag.writes == [10, 50, 50, 100]


def test_what_was_changed_by_hand_into_something_else_is_not_touched() -> None:
    flag = Flag().at_step(1)
    flag.until_end(percent=None)
    assert (flag.state.phase, flag.writes) == (RampPhase.PAUSED, [10, 50])


def test_stop_leaves_the_flag_where_it_is_for_good() -> None:
    flag = Flag().at_step(1)
    assert flag.look(command=Command.STOP, by="ana", reason="not this week") == End()
    assert (flag.state.phase, flag.state.percent) == (RampPhase.STOPPED, 50)
    assert flag.look(command=Command.RESUME) == End()


def test_a_killed_ramp_writes_nothing_more() -> None:
    state, act = advance(RAMP, RampState(), Seen(now=NOW, percent=0))
    assert act == Write()
    assert advance(RAMP, killed(state, "errors"), Seen(now=NOW, percent=0))[1] == End()


def test_a_process_that_dies_before_its_write_writes_it_when_it_is_back() -> None:
    state, act = advance(RAMP, RampState(), Seen(now=NOW, percent=0))
    again, same = advance(RAMP, RampState.from_json(state.to_json()), Seen(now=NOW + HOUR, percent=0))
    assert (again, same) == (state, act) == (state, Write())


def test_a_ramp_with_the_rollout_follows_it_and_falls_with_it() -> None:
    flag = Flag(replace(RAMP, with_rollout=True))
    assert flag.look(rollout=None) == Wait(None)
    assert flag.look(rollout=Rollout(weight=10, words="at 10 %")) == Write()
    flag.now += HOUR
    assert flag.look(rollout=Rollout(weight=25, words="at 25 %")) == Wait(None)
    assert "waits for the rollout: at 25 %" in flag.state.why
    assert flag.look(rollout=Rollout(weight=100, is_promoted=True)) == Write()
    flag.until_end(rollout=Rollout(weight=0, is_gone=True, words="2.8.0 was rolled back"))
    assert flag.writes == [10, 50, 0]
    assert flag.state.why == "2.8.0 was rolled back: the flag goes with it"


def test_a_closed_window_lets_no_step_through() -> None:
    flag = Flag()
    opens = NOW + 5 * HOUR
    assert flag.look(closed_until=opens, closed_by="Christmas business") == Wait(opens)
    assert flag.writes == []


def test_a_flag_that_people_have_already_is_taken_up_where_it_is() -> None:
    assert adopted(RAMP, 0, NOW) == RampState()
    assert adopted(RAMP, 5, NOW).step == BEFORE
    flag = Flag(state=adopted(RAMP, 60, NOW))
    flag.serves = 60
    flag.until_end()
    assert flag.writes == [100]


@settings(max_examples=50)
@given(
    st.lists(
        st.tuples(st.sampled_from([*Verdict]), st.sampled_from([None, None, None, *Command]), st.integers(0, 3)),
        max_size=25,
    )
)
def test_whatever_comes_nobody_gets_it_before_the_step_before_was_proven_or_accepted(
    story: list[tuple[Verdict, Command | None, int]],
) -> None:
    flag = Flag()
    for verdict, command, hours in story:
        before = flag.state
        flag.look(verdict=verdict, command=command, by="ana")
        if flag.serves > before.percent:
            known = verdict is Verdict.GOOD or command is Command.RESUME or before.step == BEFORE or before.accepted
            assert known
            assert flag.serves in {10, 50, 100}
        assert flag.state.percent == flag.serves
        flag.now += hours * HOUR
    rising = [now for was, now in zip([0, *flag.writes], flag.writes, strict=False) if now > was]
    assert all(now in RAMP.steps for now in rising)


def test_a_ramp_that_took_up_a_flag_sees_that_somebody_changed_it_before_its_first_write() -> None:
    flag = Flag(state=adopted(RAMP, 50, NOW))
    flag.serves = 0
    assert isinstance(flag.look(), End)
    assert (flag.state.phase, flag.writes) == (RampPhase.PAUSED, [])


def test_a_step_that_was_refused_is_taken_when_the_ramp_is_resumed_and_none_is_passed_over() -> None:
    flag = Flag().at_step(1)
    about_to, act = advance(RAMP, flag.state, Seen(now=flag.now, percent=50))
    assert (act, about_to.step) == (Write(), 2)
    flag.state = refused(about_to, 50, "the seed changes")
    flag.look(command=Command.RESUME, by="ana")
    flag.now += HOUR
    flag.until_end()
    assert (flag.state.phase, flag.writes, flag.serves) == (RampPhase.DONE, [10, 50, 100], 100)


def test_who_says_pause_before_a_step_is_written_keeps_it_from_being_written() -> None:
    flag = Flag().at_step(0)
    flag.state, act = advance(RAMP, flag.state, Seen(now=flag.now, percent=10))
    assert act == Write()  # and the worker dies
    assert isinstance(flag.look(command=Command.PAUSE, by="ana"), End)
    assert (flag.state.phase, flag.state.percent, flag.writes) == (RampPhase.PAUSED, 10, [10])
    flag.look(command=Command.RESUME, by="ana")
    flag.now += HOUR
    flag.until_end()
    assert flag.writes == [10, 50, 100]


def test_a_pause_of_a_paused_ramp_does_not_make_its_failed_step_count_as_taken() -> None:
    flag = Flag().at_step(1)
    flag.until_end(verdict=Verdict.BAD, message="errors")
    flag.look(command=Command.PAUSE, by="ana")
    flag.look(command=Command.RESUME, by="ana")
    flag.until_end()
    assert flag.writes == [10, 50, 10, 50, 100]


def test_a_moment_survives_its_json() -> None:
    state = RampState(set_at=datetime(2026, 11, 2, tzinfo=NOW.tzinfo), phase=RampPhase.HELD)
    assert RampState.from_json(state.to_json()) == state
