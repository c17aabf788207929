"""Rollouts in the database: planned, moved on from state to state, and read again by whoever goes on."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import psycopg

from release_ops.domain.analysis_run import AnalysisRun, Measurement
from release_ops.domain.deploying import Target
from release_ops.domain.rollout_plan import Plan, plan_from_json, plan_to_json
from release_ops.domain.rollout_state import Command, Note, Order, Phase, State, state_from_json, state_to_json
from release_ops.store import Row, Store


class RolloutError(Exception):
    """A rollout cannot be planned; the message says why and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rollout:
    """One rollout as it stands."""

    id: str
    product: str
    version: str
    environment: str
    attempt: int
    kind: str
    strategy: str
    driver: str
    ref: str
    commit: str
    plan: Plan
    state: State
    runs: Mapping[str, AnalysisRun] = field(default_factory=dict)
    """Analyses by the keys of `rollout_state.Analyse`."""
    revision: int = 0
    told: int = 0
    asked: str = ""
    """Task instance under which people are asked; empty: they are not."""
    requested_by: str = ""
    reason: str = ""
    planned_at: datetime
    started_at: datetime | None = None
    ended_at: datetime | None = None
    run_id: str = ""
    dag_id: str = ""

    def target(self, weight: int) -> Target:
        """What a driver is asked for."""
        return Target(
            product=self.product,
            version=self.version,
            ref=self.ref,
            commit=self.commit,
            environment=self.environment,
            weight=weight,
            previous=self.plan.previous,
            strategy=self.strategy,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """Orders that wait for a rollout, and their ids."""

    commands: tuple[Command, ...]
    ids: tuple[int, ...]


def rollout_id(product: str, version: str, environment: str, attempt: int) -> str:
    """Id of a rollout."""
    return f"{product}:{version}:{environment}:{attempt}"


def find(store: Store, rollout: str) -> Rollout:
    """A rollout as it is now. KeyError without it."""
    row = store.one("rollout_one", rollout=rollout)
    if row is None:
        raise KeyError(f"there is no rollout {rollout}")
    return _of(row)


def open_one(store: Store, product: str, environment: str) -> Rollout | None:
    """The rollout of a product and environment that has not ended."""
    row = store.one("rollout_open", product=product, environment=environment)
    return _of(row) if row else None


def plan(
    store: Store,
    *,
    product: str,
    version: str,
    environment: str,
    strategy: str,
    driver: str,
    steps: Plan,
    ref: str,
    commit: str,
    kind: str,
    requested_by: str,
    reason: str,
    run_id: str,
    dag_id: str,
    at: datetime,
) -> Rollout:
    """The rollout of a run: the one that it has open already, or the next attempt.

    An open one of the same version whose run has gone goes on in this one. RolloutError when another version is on its way
    to the environment.
    """
    about = {"product": product, "environment": environment}
    known = open_one(store, **about)
    if known is None:
        last = store.all("rollout_attempts", version=version, **about)
        attempt = last[0]["attempt"] + 1 if last else 1
        # Where somebody was faster, it is told below.
        with contextlib.suppress(psycopg.errors.UniqueViolation):
            store.execute(
                "rollout_plan",
                rollout=rollout_id(product, version, environment, attempt),
                version=version,
                attempt=attempt,
                kind=kind,
                strategy=strategy,
                driver=driver,
                ref=ref,
                commit=commit,
                previous_version=steps.previous,
                plan=plan_to_json(steps),
                requested_by=requested_by,
                reason=reason,
                at=at,
                run_id=run_id,
                dag_id=dag_id,
                **about,
            )
        known = open_one(store, **about)
    if known is None or (known.version, known.run_id) != (version, run_id):
        raise RolloutError(_busy(product, environment, known))
    return known


def _busy(product: str, environment: str, other: Rollout | None) -> str:
    if other is None:
        return f"{product}: another deployment to {environment} began and ended just now; start this one again"
    return (
        f"{product} {other.version} is being deployed to {environment} ({other.state.phase.replace('_', ' ')} at "
        f"{other.state.weight} %, run {other.run_id}), and there is one deployment at a time. Wait until it has ended, or "
        f"abort it with the form of rollout_control, then start this one again"
    )


def adopt(store: Store, rollout: Rollout, *, run_id: str, dag_id: str) -> Rollout:
    """The rollout goes on in another run."""
    store.execute("rollout_adopt", rollout=rollout.id, run_id=run_id, dag_id=dag_id)
    return find(store, rollout.id)


def waiting(store: Store, rollout: str) -> Taken:
    """Orders that nobody has taken yet."""
    rows = store.all("rollout_commands_waiting", rollout=rollout)
    commands = tuple(Command(order=Order(row["command"]), by=row["by"], reason=row["reason"]) for row in rows)
    return Taken(commands=commands, ids=tuple(row["id"] for row in rows))


def tell(store: Store, rollout: str, order: str, *, key: str, by: str, reason: str, at: datetime) -> None:
    """Write an order down; the same key again is the same order."""
    store.execute("rollout_command_add", rollout=rollout, key=key, command=order, by=by, reason=reason[:2000], at=at)


def move(
    store: Store,
    rollout: Rollout,
    state: State,
    *,
    at: datetime,
    notes: Sequence[Note] = (),
    runs: Mapping[str, AnalysisRun] | None = None,
    taken: Sequence[int] = (),
) -> bool:
    """Write a rollout's next state with everything that led to it, in one transaction.

    False, and nothing is written, when somebody else moved it since it was read.
    """
    runs = rollout.runs if runs is None else runs
    with store.transaction():
        moved = store.execute(
            "rollout_move",
            rollout=rollout.id,
            revision=rollout.revision,
            state=state.phase.value,
            weight=state.weight,
            step=state.step,
            detail=(state.why or state.waiting)[:2000],
            progress={"state": state_to_json(state), "runs": {key: run.to_json() for key, run in runs.items()}},
            started_at=at if state.asked >= 0 else None,
            ended_at=at if state.is_over else None,
        )
        if not moved:
            return False
        for note in notes:
            detail = {"text": note.text, **({"by": note.by} if note.by else {}), "weight": state.weight}
            store.execute("rollout_event_add", rollout=rollout.id, at=at, kind=note.kind, detail=detail)
        for key, run in runs.items():
            known = rollout.runs.get(key)
            seen = {(one.metric, one.started_at) for one in known.measurements} if known is not None else set()
            for one in run.measurements:
                if (one.metric, one.started_at) not in seen:
                    _save(store, rollout, key, run.analysis, one)
        for command in taken:
            store.execute("rollout_command_take", order_id=command, at=at)
    return True


def events(store: Store, rollout: str) -> list[Row]:
    """What happened, in order: place, at, kind, detail."""
    return store.all("rollout_events_of", rollout=rollout)


def _save(store: Store, rollout: Rollout, key: str, analysis: str, one: Measurement) -> None:
    values = one.value if isinstance(one.value, tuple) else () if one.value is None else (one.value,)
    first = next((value for value in values if math.isfinite(value)), None)
    store.execute(
        "measurement_save",
        subject_kind="rollout",
        subject=rollout.id,
        run=key,
        analysis=analysis,
        metric=one.metric,
        started_at=one.started_at,
        product=rollout.product,
        environment=rollout.environment,
        value=first,
        result=list(values),
        sample=one.sample,
        phase=one.phase.value,
        message=one.message[:2000],
        dry_run=one.dry_run,
    )


def _of(row: Row) -> Rollout:
    progress = row["progress"]
    state = state_from_json(progress.get("state") or {})
    return Rollout(
        id=row["rollout"],
        **{
            name: row[name]
            for name in (
                *("product", "version", "environment", "attempt", "kind", "strategy", "driver", "ref", "commit"),
                *(
                    "revision",
                    "told",
                    "asked",
                    "requested_by",
                    "reason",
                    "planned_at",
                    "started_at",
                    "ended_at",
                    "run_id",
                    "dag_id",
                ),
            )
        },
        plan=plan_from_json(row["plan"]),
        state=state if state.phase is not Phase.PLANNED else State(),
        runs={key: AnalysisRun.from_json(run) for key, run in (progress.get("runs") or {}).items()},
    )
