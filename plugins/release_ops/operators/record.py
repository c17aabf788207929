"""What became of a run: its end, written down for the run and for its milestone, and told when it failed."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from airflow.sdk import Context
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from release_ops.domain.milestones import train
from release_ops.domain.model import Milestone, MilestoneKind, Product, Release
from release_ops.operators import parts
from release_ops.operators.announce import tell
from release_ops.operators.change_history import note_release
from release_ops.operators.milestone import DecidedOperator
from release_ops.operators.slip_record import explain_move, note_moves
from release_ops.product import ProductError
from release_ops.store import Store

log = logging.getLogger(__name__)


class RecordOperator(DecidedOperator):
    """Writes down how the run ended: `done`, `blocked` or, for a freeze that was not ready, `not_applied`."""

    def execute(self, context: Context) -> dict[str, Any]:
        """Record the state of run and milestone."""
        run: Mapping[str, Any] = self.run_facts
        state = end_state(run, self.decision)
        store = parts.open_store()
        detail = "" if state == "done" else "; ".join(self.decision["reasons"])
        finish(store, run, state=state, detail=detail)
        # Only now: reading a long history may be killed, and what is out has to be on record by then.
        if state == "done" and (detail := note_release(run, self.decision)):
            store.execute("milestone_note", **select(run, "product", "version", "kind"), detail=detail)
        return {"state": state, "detail": detail}


def end_state(run: Mapping[str, Any], decision: Mapping[str, Any]) -> str:
    """State of a milestone after its decision."""
    if decision["proceed"]:
        return "done"
    return "not_applied" if run["kind"] == MilestoneKind.FREEZE else "blocked"


def finish(store: Store, run: Mapping[str, Any], *, state: str, detail: str) -> None:
    """Write the end of a run and what it means for its milestone."""
    now = datetime.now(UTC)
    milestone_state = {"not_applied": "blocked", "failed": "blocked"}.get(state, state)
    with store.transaction():
        store.execute("milestone_run_finish", run_id=run["run_id"], dag_id=run["dag_id"], state=state, finished_at=now)
        store.execute(
            "milestone_state",
            **select(run, "product", "version", "kind", "late"),
            state=milestone_state,
            detail=detail,
            actual_at=now if state == "done" else None,
        )


def plan(store: Store, product: Product, release: Release) -> tuple[Milestone, ...]:
    """Write the release and its dated train; what has been done stays done. Returns the train.

    Whatever was moved since the calendar was last seen is written down in the same transaction; `calendar_watch` tells it.
    """
    dated = train(product, release)
    key = {"product": product.id, "version": release.version}
    now = datetime.now(UTC)
    with store.transaction():
        store.execute("release_plan", **key, type=release.type.value, theme=release.theme, planned_ga=release.ga)
        states = {row["kind"]: row["state"] for row in store.all("milestones_of", **key)}
        for milestone in dated:
            store.execute("milestone_plan", **key, kind=milestone.kind.value, planned_at=milestone.planned_at)
        slips = note_moves(store, product, release, states, now=now)
    if slips:
        # After the transaction: git takes its time, and the move is on record whatever it says.
        explain_move(store, product, release, now)
    return dated


def check_unmoved(store: Store, product: Product, release: Release, run: Mapping[str, Any]) -> None:
    """AirflowSkipException when what this run is to carry out is no longer planned for now.

    A milestone that has been moved to a later date since the calendar made the run is planned again, for the run of its
    new date; one that a person started goes on. One that the product file skips now is skipped, whoever started it.
    """
    now = datetime.now(UTC)
    planned = next((each.planned_at for each in train(product, release) if each.kind == run["kind"]), None)
    if planned is not None and (run["started_by"] is not None or planned <= now):
        return
    if planned is None:
        why = "it is no longer in the plan of its product file"
    else:
        why = f"moved to {planned:%Y-%m-%d %H:%M %Z} before it was carried out"
    finish(store, run, state="blocked", detail=why)
    plan(store, product, release)
    if planned is None:
        store.execute("milestone_state", **select(run, "product", "version", "kind"), state="skipped", detail=why)
    raise AirflowSkipException(f"{run['kind']} of {run['product']} {run['version']}: {why}")


def note_failure(context: Context) -> None:
    """Failure callback of every task: the run and its milestone show that they failed and why, and people hear of it."""
    task_instance = context["ti"]
    run = task_instance.xcom_pull(task_ids="resolve") or _named(context)
    if not run:
        return
    why = f"task {task_instance.task_id} failed: {context.get('exception') or 'see its log'}"[:2000]
    ledger = parts.open_ledger()
    finish(ledger.store, run, state="failed", detail=why)
    try:
        occasion = f":failed:{run['run_id']}:{task_instance.task_id}"
        tell(ledger, parts.product_of(run), run, "failed", occasion, {"why": why})
    except Exception:
        log.exception("the failure of %s is on record but could not be announced", run["run_id"])


def _named(context: Context) -> dict[str, Any] | None:
    """What a run is about by its own words, when it failed before it was resolved; None if there is no such release."""
    dag_run, params, dag_id = context["dag_run"], context.get("params") or {}, context["dag"].dag_id
    kind = dag_id.removeprefix("release_")
    try:
        product, version = subject_of(
            dag_run.partition_key, kind, params.get("product") or "", params.get("version") or ""
        )
        parts.product_of({"product": product}).release(version)
    except (AirflowFailException, ProductError, KeyError, OSError):
        return None
    run = {"product": product, "version": version, "kind": kind, "late": None}
    rows = parts.open_store().all("runs_of", product=product, version=version, kind=kind)
    if any(row["state"] in {"running", "done"} and row["run_id"] != dag_run.run_id for row in rows):
        return None
    return {**run, "run_id": dag_run.run_id, "dag_id": dag_id, "reason": "", "started_by": None}


def select(run: Mapping[str, Any], *names: str) -> dict[str, Any]:
    """Some facts of a run, as arguments of a query."""
    return {name: run[name] for name in names}


def subject_of(partition_key: str | None, kind: str, product: str, version: str) -> tuple[str, str]:
    """Product and version that a run is about: from its partition key, else from its form."""
    if not partition_key:
        if not product or not version:
            raise AirflowFailException(
                "this run names no release: trigger it with a product and a version, for example webapp and 2.8.0"
            )
        return product, version
    found = partition_key.split(":")
    if len(found) != 3 or found[2] != kind:
        raise AirflowFailException(
            f"partition key {partition_key!r} is not <product>:<version>:{kind}; trigger the run with the form instead"
        )
    return found[0], found[1]
