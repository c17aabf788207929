"""Rollouts for the tests of the pages, and to look at."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg

from tests.web.filled import EVIL, put

BEGAN = datetime(2026, 11, 18, 9, tzinfo=UTC)
ENDED = frozenset({"promoted", "rolled_back", "aborted", "failed"})
STEPS = [
    {"kind": "weight", "weight": 10, "pause": None, "analyses": [], "validation": ""},
    {"kind": "analyse", "weight": 0, "pause": None, "analyses": ["errors", "latency"], "validation": ""},
    {"kind": "pause", "weight": 0, "pause": 600.0, "analyses": [], "validation": ""},
    {"kind": "weight", "weight": 100, "pause": None, "analyses": [], "validation": ""},
]


def rollout(version: str, environment: str, state: str, number: int, **facts: Any) -> dict[str, Any]:
    """A row of `rollout`; `number` says how many hours later than BEGAN it began."""
    product, attempt = facts.get("product", "webapp"), facts.get("attempt", 1)
    started = BEGAN + timedelta(hours=number)
    return {
        "rollout": f"{product}:{version}:{environment}:{attempt}",
        "product": product,
        "version": version,
        "environment": environment,
        "attempt": attempt,
        "strategy": "canary",
        "driver": "command",
        "state": state,
        "plan": {"steps": STEPS},
        "planned_at": started - timedelta(minutes=5),
        "started_at": started,
        "ended_at": started + timedelta(minutes=20) if state in ENDED else None,
        **facts,
    }


def event(of: dict[str, Any], place: int, kind: str, text: str, **detail: Any) -> dict[str, Any]:
    """A row of `rollout_event`, a minute after the one before."""
    at = of["started_at"] + timedelta(minutes=place)
    return {"rollout": of["rollout"], "place": place, "at": at, "kind": kind, "detail": {"text": text, **detail}}


def measurement(of: dict[str, Any], number: int, phase: str, value: float | None, **facts: Any) -> dict[str, Any]:
    """A row of `measurement`, half a minute after the one before."""
    return {
        "subject_kind": "rollout",
        "subject": of["rollout"],
        "run": "1:0:errors",
        "analysis": "errors",
        "metric": "error_rate",
        "started_at": of["started_at"] + timedelta(seconds=30 * number),
        "value": value,
        "phase": phase,
        **facts,
    }


def fill_rollouts(connection: psycopg.Connection[Any]) -> None:
    """One that is out, one that went back, one that waits for a person."""
    out = rollout("2.7.0", "production", "promoted", 0, weight=100, previous_version="2.6.0", step=4)
    back = rollout("2.8.0", "production", "rolled_back", 2, previous_version="2.7.0", step=1, detail=f"errors: {EVIL}")
    held = rollout("2.8.0", "staging", "held", 3, previous_version="2.7.0", weight=10, step=1, requested_by="ana")
    held |= {"detail": "errors: no data since 3 measurements", "reason": EVIL, "ref": "v2.8.0", "commit": "a" * 40}
    put(connection, "rollout", out, back, held)
    put(
        connection,
        "rollout_event",
        *(event(out, 1, "weight", "10 %", weight=10), event(out, 2, "weight", "100 %", weight=100)),
        event(back, 1, "weight", "10 %", weight=10),
        event(back, 2, "rollback", f"error_rate 0.05 {EVIL}"),
        event(back, 3, "weight", "0 %", weight=0),
        event(held, 1, "weight", "10 %", weight=10),
        event(held, 2, "hold", "no data", by="ana"),
    )
    put(
        connection,
        "measurement",
        *(measurement(back, number, "Failed", 0.05 + number / 1000, message=EVIL) for number in (1, 2)),
        *(measurement(held, number, "Inconclusive", None, message="no data") for number in (1, 2, 3)),
        measurement(out, 1, "Successful", 0.001),
    )
