"""The beginning and the end of a milestone's run: which release it is about, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from airflow.sdk import BaseOperator, Context
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from release_ops.domain.milestones import train
from release_ops.domain.model import Milestone, MilestoneKind, Product, Release
from release_ops.domain.versions import check_planned
from release_ops.operators import parts
from release_ops.operators.record import finish, plan, select, subject_of
from release_ops.product import ProductError
from release_ops.store import Store

LATE_AFTER = timedelta(hours=1)
"""A run that starts later than this after its planned instant is marked late."""

CLOCKS = timedelta(minutes=5)
"""How far the clocks of scheduler and worker may differ."""

PRERELEASES = frozenset({MilestoneKind.ALPHA, MilestoneKind.BETA, MilestoneKind.RC})
"""Milestones that a person may run again by hand: each time cuts the next number."""


class ResolveReleaseOperator(BaseOperator):
    """Finds the release that this run is about, writes down its dated train and that the run began.

    Returns the run as a mapping: product, version, kind, planned_at (ISO 8601), run_id, dag_id, late, reason, started_by
    (user id of whoever started a manual run, else None) and occasion (part of the keys of effects; empty but for
    a repeated pre-release). Skips everything after it when the milestone has been done by another run, or one is at it.
    """

    template_fields = ("product", "version", "reason")

    def __init__(self, *, kind: str, product: str, version: str, reason: str = "", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.kind = kind
        self.product = product
        self.version = version
        self.reason = reason

    def execute(self, context: Context) -> dict[str, Any]:
        """Resolve, check against the repository, record."""
        dag_run = context["dag_run"]
        product_id, version = subject_of(dag_run.partition_key, self.kind, self.product, self.version)
        product, release = _planned(product_id, version)
        milestone = _milestone(product, release, self.kind)
        by_hand = dag_run.run_type == "manual"
        now = datetime.now(UTC)
        run = {
            "product": product.id,
            "version": release.version,
            "kind": self.kind,
            "planned_at": milestone.planned_at.isoformat(),
            "run_id": dag_run.run_id,
            "dag_id": context["dag"].dag_id,
            "late": now - milestone.planned_at > LATE_AFTER,
            "reason": self.reason,
            "started_by": (dag_run.triggering_user_name or None) if by_hand else None,
            "occasion": "",
        }
        repeatable = run["started_by"] is not None and milestone.kind in PRERELEASES
        if not by_hand and milestone.planned_at > now + CLOCKS:
            raise AirflowSkipException(f"{milestone.key} was moved to {milestone.planned_at:%Y-%m-%d %H:%M %Z}")
        ledger = parts.open_ledger()
        with ledger.product_lock(product.id):
            # Read again: the wait may have been long, and an old plan would look like a date moved back.
            plan(ledger.store, *_planned(product_id, version))
            self._claim(context, ledger.store, run, repeatable=repeatable)
        _check_versions(product, release, milestone.kind)
        return run

    def _claim(self, context: Context, store: Store, run: dict[str, Any], *, repeatable: bool) -> None:
        """Begin the run unless the milestone is done or another run is at it; AirflowSkipException says which."""
        mine = store.one("run_of", run_id=run["run_id"], dag_id=run["dag_id"])
        others = [
            row
            for row in store.all("runs_of", **select(run, "product", "version", "kind"))
            if row["run_id"] != run["run_id"]
        ]
        done = next((row["run_id"] for row in others if row["state"] == "done"), None)
        if done and not repeatable:
            raise AirflowSkipException(f"{run['kind']} of {run['product']} {run['version']} was done by {done}")
        for other in (row for row in others if row["state"] == "running"):
            if not _is_alive(context, other):
                finish(store, other, state="failed", detail="ended in Airflow before it was done")
            elif run["started_by"] is None:
                raise AirflowSkipException(
                    f"{other['run_id']} is at the {run['kind']} of {run['product']} {run['version']}"
                )
        if mine:
            run["occasion"] = mine["occasion"]
        elif done:
            run["occasion"] = f":{run['run_id']}"
        store.execute("milestone_run_start", started_at=datetime.now(UTC), **run)
        store.execute(
            "milestone_state", **select(run, "product", "version", "kind", "late"), state="running", detail=""
        )


def _is_alive(context: Context, row: Mapping[str, Any]) -> bool:
    """Whether a run that our table calls running still is: marking it failed in the UI calls nobody back."""
    count: int = context["ti"].get_dr_count(dag_id=row["dag_id"], run_ids=[row["run_id"]], states=["queued", "running"])
    return count > 0


def _planned(product_id: str, version: str) -> tuple[Product, Release]:
    """The product and the release as their file has them now."""
    try:
        product = parts.product_of({"product": product_id})
        return product, product.release(version)
    except (ProductError, KeyError, OSError) as error:
        raise AirflowFailException(str(error).strip("'\"")) from error


def _milestone(product: Product, release: Release, kind: str) -> Milestone:
    for milestone in train(product, release):
        if milestone.kind == kind:
            return milestone
    raise AirflowFailException(
        f"{product.id} {release.version} ({release.type}) has no {kind} in its train; "
        f"see `release-ops calendar include/products/{product.id}.yaml`"
    )


def _check_versions(product: Product, release: Release, kind: MilestoneKind) -> None:
    if kind in {MilestoneKind.GA, MilestoneKind.SUPPORT_END}:
        return  # the final tag may be there: GA adopts its own and refuses another's
    repository = parts.open_repository(product)
    repository.fetch()
    tags = [tag.name for tag in repository.tags()]
    if problems := check_planned(release.version, tags, product.repository.tag):
        raise AirflowFailException("; ".join(problems))
