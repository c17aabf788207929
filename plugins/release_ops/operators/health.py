"""The weekly health of every active release: kept as a row and a report, and told once a week."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any

from airflow.sdk import Asset, BaseOperator, Context
from airflow.sdk.exceptions import AirflowFailException

from release_ops.addresses import HEALTH as HEALTH_PAGE
from release_ops.addresses import health_page
from release_ops.domain.health import WORST_FIRST
from release_ops.domain.health_report import Report, report_of
from release_ops.domain.model import Channel, Product
from release_ops.health_blocks import portfolio_blocks, release_blocks
from release_ops.health_forms import as_json, counts, mail, markdown, page, pictures, worst_first
from release_ops.ledger import Ledger
from release_ops.operators import parts
from release_ops.operators.announce import Message, Rich, compose, deliver, format_of, message_key, tell
from release_ops.operators.artifacts import MadeLink, address_of, keep, page_of
from release_ops.operators.chosen import chosen_releases
from release_ops.operators.health_reading import active_releases, facts_of
from release_ops.product import load_products, products_folder
from release_ops.store import Store

HEALTH = Asset("release_metrics/health")
HEALTH_REPORT = MadeLink("Health report")
KIND = "health"
"""Under which the reports are filed among the artifacts of a release."""
PORTFOLIO = {"product": "*", "version": "health", "kind": KIND}
"""Where the report of all releases lies among the artifacts: it belongs to no single one."""
PAGE = "health.html"
TEXT = "health.md"
SLACK, MAIL = "health.slack.json", "health.mail.html"
"""The report as Slack and mail show it, without the drawn charts; the first is what Slack's Block Kit Builder takes."""


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
        chosen = chosen_releases(
            products,
            self.product,
            self.version,
            every=lambda product: active_releases(ledger.store, product, now),
            kind="active",
        )
        for product, release in chosen:
            run = {"product": product.id, "version": release.version, "kind": KIND, "run_id": context["dag_run"].run_id}
            try:
                report = report_of(facts_of(ledger.store, product, release, products, now))
                keep_report(ledger.store, run, report)
                reports.append(report)
                self.made = {HEALTH_REPORT.name: page_of(run, PAGE)}
                tell_report(ledger, product, run, report)
            except Exception as error:
                problems.append(f"{product.id} {release.version}: {type(error).__name__}: {error}")
        if len(reports) > 1 and not self.product:
            try:
                self.made = {HEALTH_REPORT.name: page_of(PORTFOLIO, PAGE)}
                keep_portfolio(ledger.store, reports)
                tell_portfolio(ledger, products, reports, run_id=context["dag_run"].run_id)
            except Exception as error:
                problems.append(f"all releases together: {type(error).__name__}: {error}")
        reports.sort(key=lambda one: WORST_FIRST.index(one.status))
        by_status = {status.value: sum(one.status is status for one in reports) for status in WORST_FIRST}
        context["outlet_events"][HEALTH].extra = {"releases": len(reports), **by_status}
        if problems:
            raise AirflowFailException("some releases could not be reported on\n" + "\n".join(problems))
        return [
            {"product": one.product, "version": one.version, "week": one.week.isoformat(), "status": one.status.value}
            for one in reports
        ]


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
        address = address_of(health_page(report.product, report.version))
        blocks = release_blocks(facts, address=address, pictures=(), files={})
        keep(store, run, SLACK, json.dumps({"blocks": blocks}, indent=2, ensure_ascii=False), "application/json")
        keep(store, run, MAIL, mail([facts], link=address, pictures=()), "text/html")


def tell_report(ledger: Ledger, product: Product, run: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """One message per audience and channel and week."""
    facts = as_json(report)
    address = address_of(health_page(report.product, report.version))
    rich = Rich(
        pictures=cache(lambda: pictures(facts)),
        html=lambda drawn: mail([facts], link=address, pictures=drawn),
        blocks=lambda drawn, files: release_blocks(facts, address=address, pictures=drawn, files=files),
    )
    data = {"report": facts, "link": address}
    return tell(ledger, product, run, "health", occasion(report), data, audiences=product.health.report_to, rich=rich)


def keep_portfolio(store: Store, reports: Sequence[Report]) -> None:
    """Write the report of all releases as a page and as text; a later one replaces it."""
    facts = [as_json(report) for report in reports]
    keep(store, PORTFOLIO, TEXT, markdown(facts))
    keep(store, PORTFOLIO, PAGE, page(facts), "text/html")


def tell_portfolio(ledger: Ledger, products: Mapping[str, Product], reports: Sequence[Report], *, run_id: str) -> int:
    """One overview per week for each audience and channel that several of these releases report to. Returns their number.

    It holds these releases alone. RuntimeError names the channels that failed, after all have been tried.
    """
    shared: dict[tuple[str, Channel], list[Report]] = {}
    for report in reports:
        product = products[report.product]
        for audience in product.health.report_to:
            for channel in product.channels.get(audience, ()):
                shared.setdefault((audience, channel), []).append(report)
    sent, failures = 0, list[str]()
    for (audience, channel), some in shared.items():
        if len(some) < 2:
            continue
        try:
            # As artifacts lie under a name, a message is about a release or none.
            deliver(
                ledger,
                {**PORTFOLIO, "version": "", "run_id": run_id},
                audience,
                channel,
                overview(audience, channel, some),
            )
            sent += 1
        except Exception as error:
            failures.append(f"{audience} by {channel.kind} {channel.to}: {error}")
    if failures:
        raise RuntimeError("; ".join(failures))
    return sent


def overview(audience: str, channel: Channel, reports: Sequence[Report]) -> Message:
    """The message about several releases of one week, the worst first."""
    facts = worst_first([as_json(report) for report in reports])
    addresses = {(one.product, one.version): address_of(health_page(one.product, one.version)) for one in reports}
    address = address_of(HEALTH_PAGE)
    rich = Rich(
        pictures=tuple,
        html=lambda _: mail(facts, link=address),
        blocks=lambda *_: portfolio_blocks(facts, addresses=addresses),
    )
    words = {"reports": facts, "counts": counts(facts), "link": address}
    key = message_key(PORTFOLIO, occasion(reports[0]), audience, channel)
    return compose("health_portfolio", key, format_of(channel), words)._replace(rich=rich)


def occasion(report: Report) -> str:
    """What tells the messages of one week from those of another."""
    year, week, _ = report.week.isocalendar()
    return f":{year}-W{week:02}"
