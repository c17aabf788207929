"""A ramp that runs: looking, deciding by the state machine, writing through the ledger, telling people; restart-safe."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from release_ops.adapters.flag_engine import FlagEngine
from release_ops.domain import flag_ramp
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
    advance,
    written,
)
from release_ops.domain.flags import Change, FlagState, change_of, may_write, same, wanted
from release_ops.domain.flags_policy import Flag, Ramp
from release_ops.domain.model import MilestoneKind, Product
from release_ops.domain.windows import closed_by
from release_ops.flag_judging import Judged, Measure, judge
from release_ops.flag_writing import Order, alone, move, open_incident, ramp_id, resolve_incidents, write
from release_ops.ledger import Ledger
from release_ops.store import Row

log = logging.getLogger(__name__)

TURNS = 200
"""Turns that one call takes before it waits all the same: more is a mistake of ours, not a ramp."""
_GONE = frozenset({"rolling_back", "rolled_back", "aborted", "failed"})

Tell = Callable[[str, Row, RampState], None]
"""Message (flag_ramped, flag_paused), ramp and state; the same one is told once, however often it is asked for."""


class RampError(Exception):
    """A ramp cannot be begun; the message says why and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ramping:
    """A flag in an environment, and all that its ramp needs."""

    ledger: Ledger
    product: Product
    flag: Flag
    environment: str
    engine: FlagEngine
    measure: Measure
    tell: Tell
    clock: Callable[[], datetime]

    @property
    def ramp(self) -> Ramp:
        """Its plan."""
        return self.flag.ramp(self.environment)

    @property
    def _where(self) -> dict[str, str]:
        return {"product": self.product.id, "flag": self.flag.key, "environment": self.environment}

    def preview(self) -> tuple[FlagState, Change | None]:
        """What the engine serves, and what the first write of a ramp would do to people; None: there is none to make."""
        before = self.engine.read(self.flag, self.environment)
        state = flag_ramp.adopted(self.ramp, before.percent or 0, self.clock())
        step = state.step + 1
        if step >= len(self.ramp.steps):
            return before, None
        return before, self._change(before, self.ramp.steps[step])

    def look(self, *, may_rebucket: bool, reason: str) -> tuple[FlagState, Change | None]:
        """The same; RampError where that would throw users about and nobody allowed it."""
        before, change = self.preview()
        if change is not None and (refusal := may_write(change, allowed=may_rebucket, reason=reason)):
            raise RampError(f"{self.flag.key} in {self.environment}: {refusal}")
        return before, change

    def take_over(self, command: Command, order: Order) -> Row:
        """The open ramp, led by this run from now on and told something, once per run; RampError if none is open."""
        store = self.ledger.store
        row = store.one("flag_ramp_of_run", **self._where, run_id=order.run_id) or store.one(
            "flag_ramp_open", **self._where
        )
        if row is None:
            raise RampError(f"no ramp of {self.flag.key} in {self.environment} is open; start one")
        with store.transaction():
            told = store.execute(
                "flag_ramp_command_add",
                ramp=row["ramp"],
                key=f"{row['ramp']}:{order.run_id}",
                command=command,
                by=order.by,
                reason=order.reason,
                at=self.clock(),
            )
            if told:  # a run that another one took over in turn does not take it back
                store.execute("flag_ramp_take", ramp=row["ramp"], run_id=order.run_id)
        return self._row(row["ramp"])

    def begin(self, order: Order, *, may_rebucket: bool) -> Row:
        """The ramp of this run, begun now unless it is there already.

        Raises:
            RampError: another one is open, its first write would throw users about and nobody allowed that, or the flag was
                switched off while people were asked.
        """
        store, now = self.ledger.store, self.clock()
        row = store.one("flag_ramp_of_run", **self._where, run_id=order.run_id)
        if row is not None:
            return row
        if order.asked_at is not None and (off := self._killed_since(order.asked_at)):
            raise RampError(
                f"{self.flag.key} in {self.environment} was switched off at {off:%Y-%m-%d %H:%M} UTC, after this ramp was "
                "asked for; what people agreed to is not so any more: start flag_ramp anew"
            )
        before, change = self.look(may_rebucket=may_rebucket, reason=order.reason)
        state = flag_ramp.adopted(self.ramp, before.percent or 0, now)
        for _ in range(3):
            found = store.one("flag_ramp_attempts", **self._where)
            attempt = (found["attempts"] if found else 0) + 1
            begun = store.execute(
                "flag_ramp_begin",
                **self._where,
                ramp=ramp_id(**self._where, attempt=attempt),
                attempt=attempt,
                version=self.flag.version,
                engine=self.engine.name,
                percent=before.percent or 0,
                target=self.ramp.target,
                detail=state.why,
                plan={
                    "steps": list(self.ramp.steps),
                    "first": change.words if change else "",
                    "before": before.percent,
                },
                progress=replace(state, percent=before.percent or 0).to_json(),
                may_rebucket=may_rebucket,
                requested_by=order.by,
                reason=order.reason,
                planned_at=now,
                run_id=order.run_id,
            )
            if begun and (row := store.one("flag_ramp_of_run", **self._where, run_id=order.run_id)) is not None:
                return row
            if (other := store.one("flag_ramp_open", **self._where)) is not None:
                raise RampError(
                    f"{other['ramp']} is {other['state']} at {other['percent']} %: {other['detail']}; resume or stop it "
                    "(form of flag_ramp), or switch the flag off (flag_kill)"
                )
        raise RampError(f"the ramp of {self.flag.key} in {self.environment} could not be begun; run it again")

    def _killed_since(self, at: datetime) -> datetime | None:
        prefix = f"flag-kill:{self.product.id}:{self.flag.key}:{self.environment}:"
        found = self.ledger.store.one("flag_killed_since", prefix=prefix, since=at)
        return found["claimed_at"] if found else None

    def go_on(self, ramp: str) -> Wait | End:
        """Turn after turn until there is something to wait for, or it is over."""
        for _ in range(TURNS):
            act = self.turn(ramp)
            if isinstance(act, Wait | End):
                return act
        raise RuntimeError(f"{ramp} did not come to rest within {TURNS} turns")

    def turn(self, ramp: str) -> Act:
        """Look, decide, keep, act. Killed anywhere, the next call goes on where this one was."""
        store = self.ledger.store
        row = self._row(ramp)
        if self.ramp.steps != (begun := tuple(row["plan"].get("steps") or self.ramp.steps)):
            return self._with_steps(begun).turn(ramp)
        state = RampState.from_json(row["progress"])
        now = self.clock()
        # Not under the lock: a source that answers slowly holds up no kill switch.
        judged = judge(store, self.product, self.flag, row, state, self.measure, now)
        with alone(self.ledger, **self._where):
            told = store.one("flag_ramp_command_waiting", ramp=ramp)
            seen = self._seen(row, judged, told, now)
            state, act = advance(self.ramp, state, seen)
            if not move(store, row, state, judged.runs, now):
                return Write()  # somebody else moved it: look again
            self._note(row, state, seen, told)
            if isinstance(act, Write):
                self._write(self._row(ramp), state)
        row = self._row(ramp)
        self._report(row, RampState.from_json(row["progress"]))
        return act

    def _with_steps(self, steps: tuple[int, ...]) -> Ramping:
        """The steps that the ramp began with and people agreed to; those of the product file are for the next one."""
        environments = {**self.flag.environments, self.environment: replace(self.ramp, steps=steps)}
        return replace(self, flag=replace(self.flag, environments=environments))

    def _row(self, ramp: str) -> Row:
        row = self.ledger.store.one("flag_ramp_one", ramp=ramp)
        if row is None:
            raise RampError(f"there is no ramp {ramp}; start flag_ramp anew")
        return row

    def _seen(self, row: Row, judged: Judged, told: Row | None, now: datetime) -> Seen:
        closure = closed_by(self.product, MilestoneKind.GA, now) if self.ramp.windows else None
        return Seen(
            now=now,
            percent=row["percent"] if row["ended_at"] else self.engine.read(self.flag, self.environment).percent,
            verdict=judged.verdict,
            message=judged.message,
            next_due=judged.next_due,
            rollout=self._rollout() if self.ramp.with_rollout else None,
            closed_until=closure.until if closure else None,
            closed_by=str(closure) if closure else "",
            command=Command(told["command"]) if told else None,
            by=told["by"] if told else "",
            reason=told["reason"] if told else "",
        )

    def _rollout(self) -> Rollout | None:
        found = self.ledger.store.one(
            "flag_rollout", product=self.product.id, environment=self.environment, version=self.flag.version
        )
        if found is None:
            return None
        return Rollout(
            weight=found["weight"],
            is_promoted=found["state"] == "promoted",
            is_gone=found["state"] in _GONE,
            words=f"{found['version']} is {found['state'].replace('_', ' ')} at {found['weight']} %",
        )

    def _note(self, row: Row, state: RampState, seen: Seen, told: Row | None) -> None:
        store, before = self.ledger.store, RampState.from_json(row["progress"])
        if told is not None:
            store.execute("flag_ramp_command_take", id=told["id"], at=seen.now)
        if before.step == BEFORE or not before.is_set or before.phase is RampPhase.PAUSED:
            return
        verdict = seen.verdict.value if seen.verdict is not Verdict.OPEN else ""
        if state.accepted or (seen.command is Command.RESUME and before.phase is RampPhase.HELD):
            verdict = "accepted"
        if verdict:
            message = (seen.message if verdict != "accepted" else f"{seen.by}: {seen.reason}")[:2000]
            about = {"ramp": row["ramp"], "place": before.place, "at": seen.now}
            store.execute("flag_ramp_step_verdict", **about, verdict=verdict, message=message)

    def _change(self, before: FlagState, percent: int) -> Change:
        after = wanted(self.flag, self.environment, percent)
        moves = self.engine.moves(self.flag, self.environment, before, after, sample=self.product.flags.sample)
        return change_of(before, after, moves)

    def _write(self, row: Row, state: RampState) -> None:
        """Give the flag its percentage, unless that throws users about. Back is always allowed."""
        store, key = self.ledger.store, f"flag:{row['ramp']}:{state.place}"
        about = {"ramp": row["ramp"], "place": state.place}
        store.execute(
            "flag_ramp_step_plan", **about, percent=state.percent, at=self.clock(), why=state.why[:2000], effect=key
        )
        before = self.engine.read(self.flag, self.environment)
        after = wanted(self.flag, self.environment, state.percent)
        if not same(before, after):
            change = self._change(before, state.percent)
            refusal = may_write(change, allowed=row["may_rebucket"], reason=row["reason"])
            if refusal and state.phase is RampPhase.RUNNING:
                move(store, row, flag_ramp.refused(state, before.percent, refusal), row["runs"], self.clock())
                return
            counted = change.moves.how
            store.execute("flag_ramp_step_counted", **about, gain=change.gain, lose=change.lose, counted=counted)
        if self._row(row["ramp"])["ended_at"] is not None:
            return  # switched off meanwhile
        order = Order(by=row["requested_by"], reason=self._why(row, state), run_id=row["run_id"])
        write(
            self.ledger,
            self.engine,
            self.flag,
            self.environment,
            before,
            after,
            product=self.product.id,
            key=key,
            order=order,
        )
        now = self.clock()
        store.execute("flag_ramp_step_set", **about, at=now)
        move(store, row, written(state, now), row["runs"], now)

    @staticmethod
    def _why(row: Row, state: RampState) -> str:
        return f"ramp {row['ramp']}, {state.why}" + (f": {row['reason']}" if row["reason"] else "")

    def _report(self, row: Row, state: RampState) -> None:
        """What follows from where it is: incident and messages. Asked for again after a crash; each is there once."""
        store = self.ledger.store
        if state.phase is RampPhase.PAUSED and state.failed:
            open_incident(store, row, state, self.product.flags.incident, self.ramp.steps[state.step])
        if state.phase is RampPhase.DONE:
            resolve_incidents(store, self.product.id, self.flag.key, self.environment, self.clock())
        if state.phase in {RampPhase.PAUSED, RampPhase.HELD}:
            self._told("flag_paused", row, state)
        elif state.place and state.is_set and state.phase is not RampPhase.KILLED:
            self._told("flag_ramped", row, state)

    def _told(self, outcome: str, row: Row, state: RampState) -> None:
        try:
            self.tell(outcome, row, state)
        except Exception:
            # A channel that is away stops no ramp; the message stays unsent on record, and the next turn tries again.
            log.exception("%s: not everybody could be told", row["ramp"])


def order_of(row: Mapping[str, Any]) -> Order:
    """Who began a ramp, and why."""
    return Order(by=row["requested_by"], reason=row["reason"], run_id=row["run_id"])
