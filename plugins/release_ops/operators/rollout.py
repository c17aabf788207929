"""The task that rolls out: it looks, acts and goes to sleep, and takes a worker only while it looks."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
from airflow.sdk import BaseHook, Context
from airflow.sdk.exceptions import TaskDeferred
from airflow.triggers.base import BaseTrigger, TriggerEvent

from release_ops import rollouts
from release_ops.database import DATABASE_CONNECTION, dsn
from release_ops.domain.rollout_state import Phase
from release_ops.operators import parts, rollout_hold
from release_ops.operators.deploy import environment_of
from release_ops.operators.deploy_gate import window
from release_ops.operators.drivers import open_driver
from release_ops.operators.measuring import measure
from release_ops.operators.milestone import DecidedOperator
from release_ops.operators.rollout_engine import Engine
from release_ops.operators.rollout_news import settle
from release_ops.rollouts import Rollout
from release_ops.store import Store

LONGEST_SLEEP = timedelta(hours=1)
"""A sleeping rollout looks at least so often: its product file may have changed."""


class RolloutOperator(DecidedOperator):
    """Drives the rollout of a run to its end. Returns rollout, state, weight and detail.

    Its state is in the database after every move. A worker, triggerer or scheduler that is lost takes nothing with it: the
    next try of the task, or the next wake-up, reads the state and goes on. Each act is in the ledger, once. While it waits
    it is deferred; while it is held it waits under *Required Actions*.
    """

    def execute(self, context: Context, event: Any = None) -> dict[str, Any]:
        """Look at it, then go to sleep until there is something to look at; return when it has ended."""
        run = self.run_facts
        product = parts.product_of(run)
        environment = environment_of(product, run)
        ledger = parts.open_ledger()
        rollout_hold.take_answer(ledger.store, run, context, event)
        engine = Engine(
            ledger=ledger,
            driver=open_driver(product, environment),
            analyses=product.analyses,
            measure=measure,
            closed=lambda at: window(product, run, environment, at),
            clock=lambda: datetime.now(UTC),
            about={"product": run["product"], "version": run["version"], "run_id": run["run_id"]},
        )
        found = engine.look(run["rollout"])
        rollout = found.rollout
        settle(ledger, product, environment, run, rollout)
        if rollout.state.is_over:
            return ended(rollout)
        self.log.info("%s", standing(rollout, found.again_at))
        if rollout.state.phase is Phase.HELD:
            rollout_hold.park(context, ledger.store, product, environment, run, rollout, until=found.again_at)
        until = min(found.again_at or datetime.max.replace(tzinfo=UTC), datetime.now(UTC) + LONGEST_SLEEP)
        raise TaskDeferred(trigger=RolloutTrigger(rollout=rollout.id, until=until.isoformat()), method_name="execute")


class RolloutTrigger(BaseTrigger):
    """Fires at an instant, or as soon as somebody tells the rollout something."""

    def __init__(self, *, rollout: str, until: str) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.rollout = rollout
        self.until = until

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Path and arguments from which a triggerer makes this trigger again."""
        return f"{type(self).__module__}.{type(self).__name__}", {"rollout": self.rollout, "until": self.until}

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Look for orders every `RELEASE_OPS_POLL_SECONDS` (default 15) until the instant has come."""
        connection = await BaseHook.aget_connection(DATABASE_CONNECTION)
        store = Store(dsn(connection))
        pause = float(os.environ.get("RELEASE_OPS_POLL_SECONDS", "15"))
        until = datetime.fromisoformat(self.until)
        told = False
        while not told and (left := (until - datetime.now(UTC)).total_seconds()) > 0:
            await asyncio.sleep(min(pause, left))
            try:
                told = bool((await asyncio.to_thread(rollouts.waiting, store, self.rollout)).ids)
            except psycopg.OperationalError as error:
                # A database that restarts is no reason to end the wait.
                self.log.warning("looking again in %s s: %s", pause, error)
        yield TriggerEvent({"told": told})


def ended(rollout: Rollout) -> dict[str, Any]:
    """What came of a rollout, for the steps after it."""
    return {
        "rollout": rollout.id,
        "state": rollout.state.phase.value,
        "weight": rollout.state.weight,
        "detail": rollout.state.why,
    }


def standing(rollout: Rollout, again_at: datetime | None) -> str:
    """Where a rollout stands, for the log."""
    state, steps = rollout.state, len(rollout.plan.steps)
    why = f": {state.why or state.waiting}" if state.why or state.waiting else ""
    again = f"; looks again at {again_at:%H:%M:%S} UTC" if again_at else ""
    return f"{rollout.id}: {state.phase} in step {min(state.step + 1, steps)} of {steps}, {state.weight} %{why}{again}"
