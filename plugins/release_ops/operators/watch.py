"""The daily look at the calendar: what was missed, what was added with a past date, which product files are broken."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from airflow.sdk import BaseOperator, Context

from release_ops.domain.milestones import lint
from release_ops.domain.model import Milestone, Product
from release_ops.domain.versions import tag_version
from release_ops.operators import parts
from release_ops.operators.announce import tell
from release_ops.operators.release import plan
from release_ops.product import load_products, products_folder
from release_ops.store import Store

GRACE = timedelta(hours=1)
"""Time in which the calendar's own run of a milestone may still be on its way."""


class FindMissedOperator(BaseOperator):
    """Brings the dated trains in the tables up to date and finds the milestones that passed without a run.

    Returns one mapping per run to start, ready for `TriggerDagRunOperator.partial(...).expand_kwargs(...)`: milestones
    that are late but inside their product's catch-up window. Older ones are marked missed and reported, once.
    """

    def execute(self, context: Context) -> list[dict[str, Any]]:
        """Plan, compare, report."""
        products, problems = load_products(products_folder())
        for problem in problems:
            self.log.error("%s", problem)
        now = datetime.now(UTC)
        store = parts.open_store()
        late_ones: list[Milestone] = []
        for product in products.values():
            for finding in lint(product, today=now.date()):
                self.log.warning("%s: %s", product.id, finding)
            late, missed = overdue(store, product, now)
            late_ones += late
            if missed:
                self._report(product, missed)
        # A run that the calendar has made already is only waiting for its turn.
        return [start(each) for each in late_ones if not _is_scheduled(context, each)]

    def _report(self, product: Product, missed: Sequence[Milestone]) -> None:
        lines = [f"{each.version} {each.kind.replace('_', ' ')}: planned {each.planned_at:%Y-%m-%d}" for each in missed]
        self.log.warning("%s: missed: %s", product.id, "; ".join(lines))
        ledger = parts.open_ledger()
        for each in missed:
            run = {"product": product.id, "version": each.version, "kind": each.kind.value, "run_id": ""}
            tell(ledger, product, run, "missed", f":missed:{each.planned_at:%Y-%m-%d}", {"milestone": each})


def overdue(store: Store, product: Product, now: datetime) -> tuple[list[Milestone], list[Milestone]]:
    """Milestones of a product without a run: those still inside the catch-up window, and those newly marked missed."""
    late, missed = [], []
    released = released_versions(product) if product.releases else frozenset()
    for release in product.releases:
        dated = plan(store, product, release)
        states = {
            row["kind"]: row["state"] for row in store.all("milestones_of", product=product.id, version=release.version)
        }
        begun = {row["kind"] for row in store.all("runs_of", product=product.id, version=release.version)}
        for milestone in dated:
            if milestone.planned_at + GRACE > now or milestone.kind in begun or states[milestone.kind] != "planned":
                continue
            if milestone.planned_at + product.catch_up >= now:
                late.append(milestone)
                continue
            was_released = release.version in released
            store.execute(
                "milestone_state",
                product=product.id,
                version=release.version,
                kind=milestone.kind.value,
                state="skipped" if was_released else "missed",
                detail="released before this project ran it"
                if was_released
                else "passed its catch-up window without a run",
            )
            if not was_released:
                missed.append(milestone)
    return late, missed


def released_versions(product: Product) -> frozenset[str]:
    """Final versions that have a tag in the product's repository."""
    repository = parts.open_repository(product)
    repository.fetch()
    found = (tag_version(tag.name, product.repository.tag) for tag in repository.tags())
    return frozenset(str(version) for version in found if version is not None)


def _is_scheduled(context: Context, milestone: Milestone) -> bool:
    runs = context["ti"].get_dr_count(dag_id=f"release_{milestone.kind}", run_ids=[scheduled_run_id(milestone)])
    return runs > 0


def scheduled_run_id(milestone: Milestone) -> str:
    """Name of the run that the calendar makes for a milestone on its present date."""
    return f"scheduled__{milestone.key}__{milestone.planned_at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def start(milestone: Milestone) -> dict[str, Any]:
    """Run of a milestone's DAG; the same milestone and date always give the same run id."""
    return {
        "trigger_dag_id": f"release_{milestone.kind}",
        "trigger_run_id": scheduled_run_id(milestone).replace("scheduled__", "watch__", 1),
        "conf": {
            "product": milestone.product,
            "version": milestone.version,
            "reason": f"found by calendar_watch: planned for {milestone.planned_at:%Y-%m-%d %H:%M %Z}",
        },
    }
