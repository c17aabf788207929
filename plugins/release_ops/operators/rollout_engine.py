"""One look at a rollout: what people said, what the driver sees, what was measured; then what has to be done, once."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from release_ops import rollouts
from release_ops.adapters.driver import Driver, DriverError
from release_ops.domain import analysis as analysing
from release_ops.domain.analysis import AnalysisRun, Measured
from release_ops.domain.analysis_policy import Analysis, Metric
from release_ops.domain.deploying import Live
from release_ops.domain.rollout import acts_of, advance, is_driver_needed, is_share_owed, next_look
from release_ops.domain.rollout_state import Act, Analyse, Apply, Command, GoBack, Phase, Reading, Trouble
from release_ops.ledger import Claim, Ledger
from release_ops.rollouts import Rollout

log = logging.getLogger(__name__)

MISSING = "Error"
"""How an analysis reads that the product file no longer has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How a rollout stands after a look, and when to look again at the latest; None: only when something is said."""

    rollout: Rollout
    again_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """Brings rollouts forward. All that it knows is in the database: any process goes on where another one ended.

    `measure` is given a metric and the facts that its query names. `closed` says what closes the product's window now and
    until when; empty text: it is open.
    """

    ledger: Ledger
    driver: Driver
    analyses: Mapping[str, Analysis]
    measure: Callable[[Metric, Mapping[str, str], datetime], Measured]
    closed: Callable[[datetime], tuple[str, datetime | None]]
    clock: Callable[[], datetime]
    about: Mapping[str, Any] = field(default_factory=dict)
    """What the ledger notes beside each act: product, version, run_id."""

    def look(self, rollout_id: str) -> Look:
        """Bring a rollout as far as it goes now."""
        while True:
            before = rollouts.find(self.ledger.store, rollout_id)
            if before.state.is_over:
                return Look(rollout=before, again_at=None)
            if not self._turn(before):
                after = rollouts.find(self.ledger.store, rollout_id)
                return Look(rollout=after, again_at=self._again_at(after))

    def _turn(self, before: Rollout) -> bool:
        """One move, written down, and its acts carried out; whether there is more to be done at once.

        What the driver was asked for may be there already, and what was reached may lead on. After trouble with the driver
        there is nothing to be done at once, but that the way back is asked for blindly too.
        """
        store = self.ledger.store
        taken = rollouts.waiting(store, before.id)
        live = self._live(before)
        runs = self._measured(before)
        closed, _ = self.closed(self.clock())
        after = self._move(before, live, runs, taken.commands, taken.ids, closed)
        if after is None:
            return True  # Somebody else moved it meanwhile: it is read again.
        is_blind = isinstance(live, Trouble)
        if is_blind and after.state.phase is not Phase.ROLLING_BACK:
            return False
        more = after.state != before.state and not is_blind
        for act in acts_of(after.plan, after.state):
            if isinstance(act, Analyse):
                continue
            try:
                more = (self._perform(after, act) and not is_blind) or more
            except DriverError as error:
                log.warning("%s: %s", after.id, error)
                if not is_blind:  # then it counts already
                    self._move(after, Trouble(message=str(error)[:1000]), after.runs, (), (), closed)
                return False
        return more

    def _move(
        self,
        rollout: Rollout,
        live: Live | Trouble,
        runs: Mapping[str, AnalysisRun],
        commands: tuple[Command, ...],
        taken: tuple[int, ...],
        closed: str,
    ) -> Rollout | None:
        """The rollout in its next state, as it was written down; None: somebody else moved it."""
        now = self.clock()
        sent_back = rollout.state.phase is Phase.ROLLING_BACK and self._is_sent_back(rollout)
        readings = self._readings(rollout, runs)
        turn = advance(rollout.plan, rollout.state, now, live, readings, commands, closed=closed, sent_back=sent_back)
        for note in turn.notes:
            log.info("%s: %s: %s", rollout.id, note.kind, note.text)
        if turn.state == rollout.state and runs == rollout.runs and not taken and not turn.notes:
            return rollout
        if not rollouts.move(self.ledger.store, rollout, turn.state, at=now, notes=turn.notes, runs=runs, taken=taken):
            return None
        return rollouts.find(self.ledger.store, rollout.id)

    def _live(self, rollout: Rollout) -> Live | Trouble:
        try:
            return self.driver.look(rollout.target(_weight_of(rollout)))
        except DriverError as error:
            log.warning("%s: %s", rollout.id, error)
            return Trouble(message=str(error)[:1000])

    def _measured(self, rollout: Rollout) -> dict[str, AnalysisRun]:
        """The runs that have to go on, with what was due measured; those of former steps as they were."""
        runs = dict(rollout.runs)
        facts = facts_of(rollout)
        for act in acts_of(rollout.plan, rollout.state):
            if not isinstance(act, Analyse) or (analysis := self.analyses.get(act.analysis)) is None:
                continue
            run = runs.get(act.run) or analysing.start(analysis, self.clock())
            if metrics := analysing.due(analysis, run, self.clock()):
                found = [self.measure(metric, facts, self.clock()) for metric in metrics]
                run = analysing.record(analysis, run, found, self.clock())
            runs[act.run] = run
        return runs

    def _readings(self, rollout: Rollout, runs: Mapping[str, AnalysisRun]) -> dict[str, Reading]:
        found = {key: Reading(phase=run.phase.value, message=run.message) for key, run in runs.items()}
        for act in acts_of(rollout.plan, rollout.state):
            if isinstance(act, Analyse) and act.analysis not in self.analyses:
                message = "the product file no longer has it; put it back and resume"
                found[act.run] = Reading(phase=MISSING, message=message)
        return found

    def _perform(self, rollout: Rollout, act: Act) -> bool:
        """Have it done, once; whether it was done just now."""
        if isinstance(act, Apply):
            target, name = rollout.target(act.weight), f"step{act.step}.{act.tries}"
            version, ask = rollout.version, self.driver.apply
        else:
            assert not isinstance(act, Analyse)  # noqa: S101 - they are not done but measured
            target, name = rollout.target(0), _back_name(act.tries)
            version, ask = rollout.plan.previous, self.driver.rollback
        weight = act.weight if isinstance(act, Apply) else 100

        def find(_: Claim) -> dict[str, Any] | None:
            if isinstance(act, GoBack) and is_share_owed(rollout.plan, rollout.state):
                return None  # What is live says nothing of what is on its way.
            try:
                live = self.driver.look(target)
            except DriverError:
                if isinstance(act, Apply):
                    raise
                return None
            return {"version": version, "weight": weight, "found": True} if live.shows(version, weight) else None

        def do(claim: Claim) -> dict[str, Any]:
            facts = ask(target, claim.key, claim.claimed_at)
            return {"version": version, "weight": weight, **facts}

        key = _key(rollout, name)
        about = {"kind": "deployment", **self.about, "environment": rollout.environment}
        return self.ledger.perform(key, find=find, do=do, about=about).how != "done"

    def _is_sent_back(self, rollout: Rollout) -> bool:
        """Whether the driver took the order to go back."""
        row = self.ledger.store.one("effect_one", key=_key(rollout, _back_name(rollout.state.tries)))
        return row is not None and row["state"] == "done"

    def _again_at(self, rollout: Rollout) -> datetime | None:
        now = self.clock()
        state, plan = rollout.state, rollout.plan
        times = [next_look(plan, state)]
        for act in acts_of(plan, state):
            analysis = self.analyses.get(act.analysis) if isinstance(act, Analyse) else None
            if isinstance(act, Analyse) and analysis is not None:
                run = rollout.runs.get(act.run)
                times.append(analysing.next_due(analysis, run) if run is not None else now)
        if is_driver_needed(plan, state) or state.troubles:
            times.append(now + plan.poll)
        if state.waiting:
            times.append(self.closed(now)[1] or now + plan.poll)
        if state.phase is Phase.HELD:
            times.append(now + plan.hold.look_again)
        return min((at for at in times if at is not None), default=None)


def _key(rollout: Rollout, name: str) -> str:
    return f"deploy:{rollout.id}:{name}"


def _back_name(tries: int) -> str:
    return f"rollback.{tries}"


def facts_of(rollout: Rollout) -> dict[str, str]:
    """What the queries of an analysis may name."""
    return {
        "product": rollout.product,
        "version": rollout.version,
        "previous": rollout.plan.previous,
        "environment": rollout.environment,
        "weight": str(rollout.state.weight),
    }


def _weight_of(rollout: Rollout) -> int:
    """Share that the present step asks for."""
    step = rollout.state.step
    return rollout.plan.steps[step].weight if step < len(rollout.plan.steps) else 100
