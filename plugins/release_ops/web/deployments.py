"""Rollouts with their steps, events and measurements, read for the pages."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from release_ops.store import Row, Store
from release_ops.web.deployments_model import (
    OPEN,
    DeploymentAnswer,
    DeploymentsAnswer,
    Happening,
    Measured,
    Place,
    Rollout,
    Step,
)
from release_ops.web.parts import Pages, lasts
from release_ops.web.values import Listing

PAGE = 50
"""Rollouts on a page."""
EVENTS, METRICS = 500, 200
"""Events and metrics of a rollout that are shown."""
_RUN = re.compile(r"(\d+|background)\.(\d+):")
"""Key of a run of an analysis: place of its step, how often it began anew, and its name."""


def read_deployments(
    store: Store, *, product: str | None, environment: str | None, state: str | None, page: int
) -> DeploymentsAnswer:
    """What runs where, and a page of the rollouts."""
    with store.transaction():
        places = store.all("rollouts_live", product=product)
        rows = store.all(
            "rollouts_board",
            product=product,
            environment=environment,
            state=state,
            limit=PAGE,
            offset=PAGE * (page - 1),
        )
    return DeploymentsAnswer(
        places=tuple(_place(row) for row in places if environment in {None, row["environment"]}),
        rollouts=tuple(_rollout(row) for row in rows),
        pages=Pages(number=page, size=PAGE, total=rows[0]["total"] if rows else 0),
    )


def _place(row: Row) -> Place:
    texts = ("live_version", "live_rollout", "open_rollout", "open_version", "open_state")
    return Place(
        product=row["product"],
        environment=row["environment"],
        live_since=row["live_since"],
        open_weight=row["open_weight"] or 0,
        **{name: row[name] or "" for name in texts},
    )


def read_deployment(store: Store, rollout: str) -> DeploymentAnswer | None:
    """A rollout as a whole; None if there is none of that id."""
    with store.transaction():
        row = store.one("rollout_shown", rollout=rollout)
        if row is None:
            return None
        events = store.all("rollout_events_shown", rollout=rollout, limit=EVENTS)
        measured = store.all("measurements_shown", rollout=rollout, limit=METRICS)
    return DeploymentAnswer(
        rollout=_rollout(row),
        **{name: row[name] for name in ("driver", "ref", "commit", "reason", "run_id", "dag_id")},
        steps=steps_of(row["plan"].get("steps") or (), row["step"], row["state"]),
        happenings=Listing[Happening](
            rows=tuple(Happening(**{name: one[name] for name in Happening.model_fields}) for one in events),
            total=events[0]["total"] if events else 0,
        ),
        measured=tuple(
            Measured(**{name: one[name] for name in Measured.model_fields} | {"run": run_words(one["run"])})
            for one in measured
        ),
    )


def _rollout(row: Row) -> Rollout:
    return Rollout(**{name: row[name] for name in Rollout.model_fields})


def steps_of(steps: Sequence[Mapping[str, Any]], current: int, state: str) -> tuple[Step, ...]:
    """The plan's steps, each done, at work, to do, or where the rollout stopped; `current` counts from 0."""
    ended = state not in OPEN
    here = "stopped" if ended or state == "rolling_back" else "to_do" if state == "planned" else "running"
    found = []
    for place, step in enumerate(steps):
        is_done = state == "promoted" or place < current
        stands = "done" if is_done else here if place == current else "to_do"
        found.append(Step(kind=str(step.get("kind", "")), text=step_words(step), state=stands))
    return tuple(found)


def run_words(run: str) -> str:
    """Where in the rollout an analysis ran, `step 2, begun anew 1 time`; its key where that is of another form."""
    match = _RUN.match(run)
    if match is None:
        return run
    where = "in the background" if match[1] == "background" else f"step {int(match[1]) + 1}"
    anew = int(match[2])
    return where + (f", begun anew {anew} time{'' if anew == 1 else 's'}" if anew else "")


def step_words(step: Mapping[str, Any]) -> str:
    """A step in words, `25 % of the users`."""
    match step.get("kind"):
        case "weight":
            weight = step.get("weight", 0)
            return f"{weight} % of the users" if weight else "beside the version before, without users"
        case "pause":
            pause = step.get("pause")
            return f"wait {lasts(timedelta(seconds=float(pause)))}" if pause else "wait until somebody resumes"
        case "analyse":
            return f"analyse {', '.join(step.get('analyses') or ()) or 'nothing'}"
        case other:
            return f"{other or 'step'} {step.get('validation', '')}".strip()
