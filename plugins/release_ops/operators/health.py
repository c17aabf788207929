"""The weekly health of every active release: kept as a row and a report, and told once a week."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from airflow.sdk import Asset, BaseOperator, Context
from airflow.sdk.exceptions import AirflowFailException

from release_ops.domain.health import WORST_FIRST
from release_ops.domain.health_report import Report, report_of
from release_ops.domain.model import Product, Release
from release_ops.health_forms import markdown, page
from release_ops.ledger import Ledger
from release_ops.operators import parts
from release_ops.operators.announce import tell
from release_ops.operators.artifacts import MadeLink, keep, page_of
from release_ops.operators.health_reading import active_releases, facts_of
from release_ops.product import load_products, products_folder
from release_ops.store import Store, json_safe

HEALTH = Asset("release_metrics/health")
HEALTH_REPORT = MadeLink("Health report")
KIND = "health"
"""Under which the reports are filed among the artifacts of a release."""
PAGE = "health.html"
TEXT = "health.md"


class ReportHealthOperator(BaseOperator):
    """Reports on every active release, or on the one that is named. Returns one mapping per release, the worst first.

    A second run in a week replaces that week's report and tells nothing twice. A release that fails does not hide the
    others; AirflowFailException names it at the end.
    """

    template_fields: Sequence[str] = ("product", "version")
    operator_extra_links = (HEALTH_REPORT,)

    def __init__(self, *, product: str = "", version: str = "", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.product = product
        self.version = version
        self.made: Mapping[str, str] = {}

    def execute(self, context: Context) -> list[dict[str, Any]]:
        """Look, keep, tell."""
        now, ledger = datetime.now(UTC), parts.open_ledger()
        products, broken = load_products(products_folder())
        reports: list[Report] = []
        problems = [str(problem) for problem in broken]
        for product, release in self._chosen(ledger.store, products, now):
            run = {"product": product.id, "version": release.version, "kind": KIND, "run_id": context["dag_run"].run_id}
            try:
                report = report_of(facts_of(ledger.store, product, release, products, now))
                keep_report(ledger.store, run, report)
                reports.append(report)
                self.made = {HEALTH_REPORT.name: page_of(run, PAGE)}
                tell_report(ledger, product, run, report)
            except Exception as error:
                problems.append(f"{product.id} {release.version}: {type(error).__name__}: {error}")
        reports.sort(key=lambda one: WORST_FIRST.index(one.status))
        counts = {status.value: sum(one.status is status for one in reports) for status in WORST_FIRST}
        context["outlet_events"][HEALTH].extra = {"releases": len(reports), **counts}
        if problems:
            raise AirflowFailException("some releases could not be reported on\n" + "\n".join(problems))
        return [
            {"product": one.product, "version": one.version, "week": one.week.isoformat(), "status": one.status.value}
            for one in reports
        ]

    def _chosen(self, store: Store, products: Mapping[str, Product], now: datetime) -> list[tuple[Product, Release]]:
        if not self.product and not self.version:
            return [(one, release) for one in products.values() for release in active_releases(store, one, now)]
        if not (self.product and self.version):
            raise AirflowFailException("name both a product and a version, or neither for every active release")
        if self.product not in products:
            raise AirflowFailException(f"no product {self.product}; there are: {', '.join(products) or 'none'}")
        try:
            return [(products[self.product], products[self.product].release(self.version))]
        except KeyError as error:
            raise AirflowFailException(error.args[0]) from None


def keep_report(store: Store, run: Mapping[str, Any], report: Report) -> None:
    """Write the week's row and the report as a page and as text; a later one of the week replaces it."""
    facts = as_json(report)
    with store.transaction():
        store.execute(
            "health_report_save",
            product=report.product,
            version=report.version,
            week=report.week,
            made_at=report.made_at,
            status=report.status,
            headline=facts["headline"],
            facts=facts,
            reasons=facts["reasons"],
        )
        keep(store, run, TEXT, markdown([facts]))
        keep(store, run, PAGE, page([facts]), "text/html")


def as_json(report: Report) -> dict[str, Any]:
    """A report as the column `facts` holds it, and as templates, charts and pages read it."""
    found: dict[str, Any] = json_safe(asdict(report))
    return found


def tell_report(ledger: Ledger, product: Product, run: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """One message per audience and channel and week."""
    year, week, _ = report.week.isocalendar()
    data = {"report": as_json(report), "link": page_of(run, PAGE)}
    return tell(ledger, product, run, "health", f":{year}-W{week:02}", data, audiences=product.health.report_to)
