"""The beginning and the end of a milestone's run: which release it is about, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from airflow.sdk import BaseOperator, Context
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from release_ops.domain.milestones import train
from release_ops.domain.model import Milestone, MilestoneKind, Product, Release
from release_ops.domain.versions import check_planned, tag_version
from release_ops.operators import parts
from release_ops.operators.milestone import DecidedOperator
from release_ops.product import ProductError
from release_ops.store import Store

LATE_AFTER = timedelta(hours=1)
"""A run that starts later than this after its planned instant is marked late."""

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
        product_id, version = _subject(dag_run.partition_key, self.kind, self.product, self.version)
        try:
            product = parts.product_of({"product": product_id})
            release = product.release(version)
        except (ProductError, KeyError, OSError) as error:
            raise AirflowFailException(str(error).strip("'\"")) from error
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
            "started_by": dag_run.triggering_user_name if by_hand else None,
            "occasion": "",
        }
        repeatable = by_hand and milestone.kind in PRERELEASES
        ledger = parts.open_ledger()
        with ledger.product_lock(product.id):
            self._claim(ledger.store, product, release, run, repeatable=repeatable)
        _check_versions(product, release, milestone.kind)
        return run

    def _claim(
        self, store: Store, product: Product, release: Release, run: dict[str, Any], *, repeatable: bool
    ) -> None:
        plan(store, product, release)
        runs = store.all("runs_of", **_select(run, "product", "version", "kind"))
        others = [row for row in runs if row["run_id"] != run["run_id"] and row["state"] in {"done", "running"}]
        other = next(iter(sorted(others, key=lambda row: row["state"])), None)
        if other and other["state"] == "done" and not repeatable:
            raise AirflowSkipException(
                f"{run['kind']} of {run['product']} {run['version']} was done by {other['run_id']}"
            )
        if other and other["state"] == "running" and run["started_by"] is None:
            raise AirflowSkipException(
                f"{other['run_id']} is at the {run['kind']} of {run['product']} {run['version']}"
            )
        if other and repeatable:
            run["occasion"] = f":{run['run_id']}"
        facts = {name: value for name, value in run.items() if name != "occasion"}
        store.execute("milestone_run_start", started_at=datetime.now(UTC), **facts)
        store.execute(
            "milestone_state", **_select(run, "product", "version", "kind", "late"), state="running", detail=""
        )


class RecordOperator(DecidedOperator):
    """Writes down how the run ended: `done`, `blocked` or, for a freeze that was not ready, `not_applied`."""

    def execute(self, context: Context) -> dict[str, Any]:
        """Record the state of run and milestone."""
        run: Mapping[str, Any] = self.run_facts
        state = end_state(run, self.decision)
        detail = "" if state == "done" else "; ".join(self.decision["reasons"])
        finish(parts.open_store(), run, state=state, detail=detail)
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
            **_select(run, "product", "version", "kind", "late"),
            state=milestone_state,
            detail=detail,
            actual_at=now if state == "done" else None,
        )


def plan(store: Store, product: Product, release: Release) -> tuple[Milestone, ...]:
    """Write the release and its dated train; what has been done stays done. Returns the train."""
    dated = train(product, release)
    with store.transaction():
        store.execute(
            "release_plan",
            product=product.id,
            version=release.version,
            type=release.type.value,
            theme=release.theme,
            planned_ga=release.ga,
        )
        for milestone in dated:
            store.execute(
                "milestone_plan",
                product=product.id,
                version=release.version,
                kind=milestone.kind.value,
                planned_at=milestone.planned_at,
            )
    return dated


def note_failure(context: Context) -> None:
    """Failure callback of every task: the run and its milestone show that they failed, and why."""
    task_instance = context["ti"]
    run = task_instance.xcom_pull(task_ids="resolve") or _named(context)
    if run:
        why = f"task {task_instance.task_id} failed: {context.get('exception') or 'see its log'}"
        finish(parts.open_store(), run, state="failed", detail=why[:2000])


def _named(context: Context) -> dict[str, Any] | None:
    """What a run is about by its own words, when it failed before it was resolved."""
    dag_run, params = context["dag_run"], context.get("params") or {}
    kind = context["dag"].dag_id.removeprefix("release_")
    try:
        product, version = _subject(
            dag_run.partition_key, kind, params.get("product") or "", params.get("version") or ""
        )
    except AirflowFailException:
        return None
    dag_id = context["dag"].dag_id
    return {
        "product": product,
        "version": version,
        "kind": kind,
        "late": None,
        "run_id": dag_run.run_id,
        "dag_id": dag_id,
    }


def _select(run: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: run[name] for name in names}


def _subject(partition_key: str | None, kind: str, product: str, version: str) -> tuple[str, str]:
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
    versions = (tag_version(tag.name, product.repository.tag) for tag in repository.tags())
    if problems := check_planned(release.version, [str(version) for version in versions if version]):
        raise AirflowFailException("; ".join(problems))
