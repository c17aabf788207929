"""Waiting without a worker for the milestones before."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import psycopg
from airflow.sdk import BaseHook, Context
from airflow.triggers.base import BaseTrigger, TriggerEvent

from release_ops.database import DATABASE_CONNECTION, dsn
from release_ops.domain.milestones import train
from release_ops.operators import parts
from release_ops.operators.milestone import MilestoneOperator
from release_ops.operators.record import check_unmoved
from release_ops.store import Store

LOOK_AGAIN = 3600.0
"""Seconds after which a waiting task reads its product file again."""

SETTLED = frozenset({"done", "missed", "skipped"})
"""States of a milestone that let the next one go."""


class AwaitPredecessorOperator(MilestoneOperator):
    """Waits until every earlier milestone of the release is settled, deferred to the triggerer.

    An earlier milestone that lies before the product's catch-up window and never ran will not run any more: it is
    marked missed and does not hold the train.
    """

    def execute(self, context: Context, event: Any = None) -> dict[str, str]:
        """Return the states of the earlier milestones, once all are settled."""
        run: Mapping[str, Any] = self.run_facts
        store = parts.open_store()
        product = parts.product_of(run)
        release = parts.release_of(product, run)
        check_unmoved(store, product, release, run)
        dated = train(product, release)
        kinds = [milestone.kind.value for milestone in dated]
        earlier = dated[: kinds.index(run["kind"])]
        states = _states(store, run)
        for milestone in earlier:
            expired = milestone.planned_at + product.catch_up < datetime.now(UTC)
            if expired and states.get(milestone.kind, "planned") == "planned":
                store.execute(
                    "milestone_state",
                    product=product.id,
                    version=run["version"],
                    kind=milestone.kind.value,
                    state="missed",
                    detail=f"planned before the catch-up window of {product.catch_up.days} days",
                )
        states = _states(store, run)
        waiting = [m.kind.value for m in earlier if states.get(m.kind, "planned") not in SETTLED]
        if waiting:
            self.log.info("waiting for %s", ", ".join(f"{kind} ({states.get(kind, 'planned')})" for kind in waiting))
            self.defer(
                trigger=MilestoneTrigger(product=product.id, version=run["version"], kinds=waiting),
                method_name="execute",
            )
        return {milestone.kind.value: states[milestone.kind] for milestone in earlier}


class MilestoneTrigger(BaseTrigger):
    """Fires when milestones of a release are settled, and every hour, so that its task sees a changed product file."""

    def __init__(self, *, product: str, version: str, kinds: Sequence[str]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.product = product
        self.version = version
        self.kinds = list(kinds)

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Path and arguments from which a triggerer makes this trigger again."""
        arguments = {"product": self.product, "version": self.version, "kinds": self.kinds}
        return f"{type(self).__module__}.{type(self).__name__}", arguments

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Look every `RELEASE_OPS_POLL_SECONDS` (default 15) until all are settled or an hour has gone by."""
        connection = await BaseHook.aget_connection(DATABASE_CONNECTION)
        store = Store(dsn(connection))
        pause = float(os.environ.get("RELEASE_OPS_POLL_SECONDS", "15"))
        run = {"product": self.product, "version": self.version}
        until = time.monotonic() + LOOK_AGAIN
        while time.monotonic() < until:
            try:
                states = await asyncio.to_thread(_states, store, run)
            except psycopg.OperationalError as error:
                # A database that restarts is no reason to end a wait of weeks.
                self.log.warning("looking again in %s s: %s", pause, error)
                states = {}
            if all(states.get(kind, "planned") in SETTLED for kind in self.kinds):
                break
            await asyncio.sleep(pause)
        yield TriggerEvent({"kinds": self.kinds})


def _states(store: Store, run: Mapping[str, Any]) -> dict[str, str]:
    rows = store.all("milestones_of", product=run["product"], version=run["version"])
    return {row["kind"]: row["state"] for row in rows}
