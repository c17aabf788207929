"""Bring DORA's figures up to date with the facts: what was touched since the last time, or everything.

Triggers on the facts note what changes, whoever writes it. A refresh takes the notes that it sees, finds the outcomes,
weeks and months that they concern, and works those out again: its cost is that of what changed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg

from release_ops.domain.model import Product
from release_ops.store import SQL, Connection, Row, Store, arguments_of, load_query

METRICS = SQL / "metrics"

STEPS = (
    "dora_stage",
    "dora_take",
    "dora_analyze",
    "dora_find_incidents",
    "dora_analyze",
    "dora_unlink",
    "dora_link",
    "dora_find_deployments",
    "dora_analyze",
    "dora_forget_outcomes",
    "dora_outcomes",
    "dora_days",
    "dora_analyze",
    "dora_windows",
    "dora_analyze",
    "dora_forget_periods",
    "dora_periods",
    "dora_lines",
    "dora_forget_lines",
)
"""Statements of include/sql/metrics in their order; each says what it does."""


@dataclass(frozen=True, slots=True)
class Refreshed:
    """What a refresh worked out again."""

    deployment_outcome: int
    """Deployments whose outcome was found out again."""
    incident_deployment: int
    """Incidents whose deployment was."""
    dora: int
    """Weeks and months whose figures were."""
    lines: int
    """Products and environments that have figures at all."""
    starts_at: datetime | None
    """First instant of the first of those weeks and months, UTC; None where nothing was touched."""
    ends_at: datetime | None
    """First instant after the last of them."""


def refresh(store: Store, *, now: datetime, full: bool = False, products: Iterable[Product] = ()) -> Refreshed:
    """Bring deployment_outcome, incident_deployment and dora up to date, in one transaction.

    `now` ends the last week and month. `full` works everything out again instead of what was touched. `products` whose
    files say which environment is production. A second refresh at the same time waits for the first; facts may be
    written meanwhile, and what this one did not see is left to the next.
    """
    with store.connect(name="release-ops delivery metrics") as connection:
        _run(connection, "dora_lock")
        # One snapshot, taken after the lock: a fact that comes during the refresh is unseen, and so is its mark.
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        with connection.transaction():
            for product in products:
                _run(connection, "dora_rule_save", product=product.id, **_rule(product))
            for step in STEPS:
                _run(connection, step, **_given(step, now=now, full=full))
            (counts,) = _run(connection, "dora_counts").fetchall()
    return Refreshed(
        deployment_outcome=counts["deployments"],
        incident_deployment=counts["incidents"],
        dora=counts["periods"],
        lines=counts["lines"],
        starts_at=counts["starts_at"],
        ends_at=counts["ends_at"],
    )


def _rule(product: Product) -> dict[str, Any]:
    return {"production": product.delivery.production, "incident_within": product.delivery.incident_within}


def _given(step: str, **parameters: Any) -> dict[str, Any]:
    needed = load_query(step, METRICS).parameters
    return {name: value for name, value in parameters.items() if name in needed}


def _run(connection: Connection, step: str, **parameters: Any) -> psycopg.Cursor[Row]:
    query = load_query(step, METRICS)
    return connection.execute(query.text, arguments_of(query, parameters))
