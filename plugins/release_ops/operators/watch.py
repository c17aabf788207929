"""The daily look at the calendar: what was missed, what was added with a past date, which product files are broken."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from airflow.sdk import BaseOperator, Context
from airflow.sdk.exceptions import AirflowFailException

from release_ops.domain.lint import lint
from release_ops.domain.milestones import WITHOUT_CALENDAR, train
from release_ops.domain.model import Milestone, Product
from release_ops.domain.versions import tag_version
from release_ops.ledger import Ledger
from release_ops.operators import parts
from release_ops.operators.announce import tell
from release_ops.operators.record import plan
from release_ops.operators.slip_record import forget_releases
from release_ops.product import load_products, products_folder
from release_ops.store import Store

OUT_BEFORE = "released before this project ran it"
TOO_LATE = "passed its catch-up window without a run"

GRACE = timedelta(hours=1)
"""Time in which the calendar's own run of a milestone may still be on its way."""


class FindMissedOperator(BaseOperator):
    """Brings the dated trains in the tables up to date and finds the milestones that passed without a run.

    Returns one mapping per run to start, ready for `TriggerDagRunOperator.partial(...).expand_kwargs(...)`: milestones
    that are late but inside their product's catch-up window. Older ones are marked missed and reported, once. What went
    wrong is pushed under the key `problems`, a sentence each: a broken product must not hide the others.
    """

    def execute(self, context: Context) -> list[dict[str, Any]]:
        """Plan, compare, report."""
        planned, problems = plan_all(parts.open_store(), products_folder())
        now = datetime.now(UTC)
        late: list[Milestone] = []
        for product in planned:
            try:
                for finding in lint(product, today=now.date()):
                    self.log.warning("%s: %s", product.id, finding)
                ledger = parts.open_ledger()
                late += overdue(ledger.store, product, now)
                report_missed(ledger, product)
                problems += orphans(ledger.store, product)
            except Exception as error:
                problems.append(f"{product.id}: {type(error).__name__}: {error}")
        context["ti"].xcom_push(key="problems", value=problems)
        # A run that the calendar has made already is only waiting for its turn.
        return [start(each) for each in late if not _is_scheduled(context, each)]


class ReportProblemsOperator(BaseOperator):
    """Fails with everything that the look at the calendar found wrong; late milestones are started all the same.

    `tasks` are those that push their problems, a sentence each, under the key `problems`. One that failed before it could
    is red itself, and must not swallow what the others found.
    """

    def __init__(self, *, tasks: Sequence[str], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.tasks = tasks

    def execute(self, context: Context) -> None:
        """AirflowFailException with one line per problem; nothing if there is none."""
        pushed = [context["ti"].xcom_pull(task_ids=task, key="problems") for task in self.tasks]
        problems = [each for found in pushed for each in found or ()]
        if problems:
            raise AirflowFailException("\n".join(problems))


def plan_all(store: Store, folder: Path) -> tuple[list[Product], list[str]]:
    """Plan every release as its file is now, before anything else takes time; the products, and a sentence per problem.

    Planning thousands of releases takes minutes. A file that changes meanwhile is read again before its turn: a plan that is
    older than one that a run has written would look like a date that was moved back.
    """
    stamps = _stamps(folder)
    products, broken = load_products(folder)
    problems = [str(problem) for problem in broken]
    planned: dict[str, Product] = {}
    tried = set[str]()
    while (turn := next((each for each in products if each not in tried), None)) is not None:
        if (fresh := _stamps(folder)) != stamps:
            stamps = fresh
            products, broken = load_products(folder)
            problems += [text for text in map(str, broken) if text not in problems]
            continue
        tried.add(turn)
        product = products[turn]
        try:
            forget_releases(store, product, now=datetime.now(UTC))
            for release in product.releases:
                plan(store, product, release)
            planned[turn] = product
        except Exception as error:
            problems.append(f"{product.id}: {type(error).__name__}: {error}")
    return list(planned.values()), problems


def _stamps(folder: Path) -> dict[str, tuple[int, int, int]]:
    """What product files and defaults are known by without reading them: when they changed, their size, which they are."""
    found = {}
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in (each for each in entries if each.name.endswith((".yaml", ".yml"))):
            # A link to what is not there (any more) is no file yet.
            with contextlib.suppress(OSError):
                info = entry.stat()
                found[entry.name] = (info.st_mtime_ns, info.st_size, info.st_ino)
    return found


def overdue(store: Store, product: Product, now: datetime) -> list[Milestone]:
    """Milestones without a run on their present date that are still inside the catch-up window; older ones are marked.

    All of them have been planned.
    """
    late = []
    released = released_versions(product) if product.releases else frozenset()
    for release in product.releases:
        dated = train(product, release)
        subject = {"product": product.id, "version": release.version}
        states = {row["kind"]: row["state"] for row in store.all("milestones_of", **subject)}
        runs = store.all("runs_of", **subject)
        begun = {(row["kind"], row["planned_at"]) for row in runs}
        foreign = release.version in released and not runs
        for milestone in dated:
            if milestone.planned_at + GRACE > now or states[milestone.kind] != "planned":
                continue
            if (milestone.kind, milestone.planned_at) in begun:
                continue
            if milestone.planned_at + product.catch_up >= now:
                late.append(milestone)
                continue
            state, detail = ("skipped", OUT_BEFORE) if foreign else ("missed", TOO_LATE)
            store.execute("milestone_state", **subject, kind=milestone.kind.value, state=state, detail=detail)
    return late


def report_missed(ledger: Ledger, product: Product) -> None:
    """Tell of every missed milestone, whoever marked it; the ledger sees to it that it is told once."""
    for release in product.releases:
        missed = {
            row["kind"]
            for row in ledger.store.all("milestones_of", product=product.id, version=release.version)
            if row["state"] == "missed"
        }
        for each in train(product, release):
            if each.kind in missed:
                run = {"product": product.id, "version": each.version, "kind": each.kind.value, "run_id": ""}
                tell(ledger, product, run, "missed", f":missed:{each.planned_at:%Y-%m-%d}", {"milestone": each})


def orphans(store: Store, product: Product) -> list[str]:
    """A sentence per release that was begun, is not closed, and is no longer in the product file."""
    planned = {release.version for release in product.releases}
    return [
        f"{product.id} {row['version']} is {row['state']} but its product file no longer names it, so that its freeze is "
        "never lifted: put it back until its support_end is done"
        for row in store.all("releases_of", product=product.id)
        if row["version"] not in planned
        and row["state"] in {"in_progress", "frozen", "released"}
        and row["type"] not in WITHOUT_CALENDAR
    ]


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
