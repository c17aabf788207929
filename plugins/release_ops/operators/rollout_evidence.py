"""What a rollout stands on, in words: its steps, what was measured, what happened."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from release_ops import rollouts
from release_ops.domain.deploy_policy import Step, StepKind
from release_ops.domain.model import Product
from release_ops.domain.rollout_state import GOING, Phase
from release_ops.domain.rollout_words import words_of
from release_ops.render import render
from release_ops.rollouts import Rollout
from release_ops.store import Row, Store

LATEST = 12
"""So many latest measurements are shown."""


def evidence(store: Store, product: Product, rollout: Rollout) -> str:
    """The report on a rollout as Markdown."""
    return render("reports/rollout.md.j2", fmt="md", **facts(store, product, rollout))


def facts(store: Store, product: Product, rollout: Rollout) -> dict[str, Any]:
    """What reports and messages are written from."""
    measured = measurements(store, rollout)
    return {
        "product": product,
        "rollout": rollout,
        "state": rollout.state.phase.value,
        "steps": [(step_words(step), _mark(rollout, place)) for place, step in enumerate(rollout.plan.steps)],
        "events": [
            {"at": row["at"], "kind": row["kind"], "text": row["detail"].get("text", "")}
            for row in rollouts.events(store, rollout.id)
        ],
        "measurements": measured[-LATEST:],
        "measured": len(measured),
    }


def measurements(store: Store, rollout: Rollout) -> Sequence[Row]:
    """Everything that was measured, in order."""
    return store.all("measurements_of", subject_kind="rollout", subject=rollout.id)


def step_words(step: Step) -> str:
    """A step as people read it."""
    if step.kind is StepKind.WEIGHT:
        return f"{step.weight} % of the users" if step.weight else "the new version beside the old one, without users"
    if step.kind is StepKind.PAUSE:
        return f"rest for {words_of(step.pause.total_seconds())}" if step.pause else "rest until somebody resumes it"
    verb = "validate" if step.kind is StepKind.VALIDATE else "analyse"
    return f"{verb} {', '.join(step.analyses)}"


def _mark(rollout: Rollout, place: int) -> str:
    state = rollout.state
    if place < state.step or state.phase is Phase.PROMOTED:
        return "done"
    return "now" if place == state.step and state.phase in GOING else ""
