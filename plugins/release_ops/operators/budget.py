"""The budget of every product: costs are read, due months closed, and the last one reported and told once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from functools import cache
from typing import Any

from airflow.sdk import BaseOperator, Context

from release_ops.addresses import artifact_page
from release_ops.budget_blocks import budget_blocks
from release_ops.budget_charts import pictures
from release_ops.budget_closing import Closed, close, due_month
from release_ops.budget_forms import mail, markdown, page, view
from release_ops.budget_inputs import bring
from release_ops.budget_workbook import excel
from release_ops.domain.model import Product
from release_ops.domain.months import last_day
from release_ops.ledger import Ledger
from release_ops.operators import parts
from release_ops.operators.announce import Rich, tell
from release_ops.operators.artifacts import MadeLink, address_of, keep, page_of
from release_ops.operators.chosen import named_product
from release_ops.product import file_of, load_products, products_folder
from release_ops.spreadsheet import MEDIA_TYPE
from release_ops.store import Store

BUDGET_REPORT = MadeLink("Budget report")
KIND = "budget"
PLACE = {"product": "*", "version": "budget", "kind": KIND}
"""Where the reports lie among the artifacts: a budget belongs to no single release."""


class ReportBudgetOperator(BaseOperator):
    """Reads the money of every product that has a budget, or of the one that is named, and closes the months that are due.

    Returns one mapping per revision that was made: product, month, revision, status. A second run without a change makes
    none and tells nobody. A product that fails does not hide the others; RuntimeError names it at the end, and a retry
    does only what is missing.
    """

    template_fields: Sequence[str] = ("product",)
    operator_extra_links = (BUDGET_REPORT,)

    def __init__(self, *, product: str = "", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.product = product
        self.made: Mapping[str, str] = {}

    def execute(self, context: Context) -> list[dict[str, Any]]:
        """Read, close, keep, tell."""
        now, ledger = datetime.now(UTC), parts.open_ledger()
        products, broken = load_products(products_folder())
        chosen = [named_product(products, self.product)] if self.product else list(products.values())
        problems = [str(problem) for problem in broken]
        made: list[dict[str, Any]] = []
        for product in chosen:
            if not product.budget.is_there:
                continue
            try:
                closed = run_budget(ledger, product, now, run_id=context["dag_run"].run_id)
            except Exception as error:
                problems.append(f"{product.id}: {type(error).__name__}: {error}")
                continue
            made += [
                {
                    "product": product.id,
                    "month": one.month.isoformat(),
                    "revision": one.revision,
                    "status": one.facts["status"],
                }
                for one in closed
            ]
            self.made = {BUDGET_REPORT.name: page_of(PLACE, report_name(product, due_month(product, now).isoformat()))}
        if problems:
            raise RuntimeError("some budgets could not be reported on\n" + "\n".join(problems))
        return made


def run_budget(ledger: Ledger, product: Product, now: datetime, *, run_id: str) -> list[Closed]:
    """Bring the tables up to date, close what is due, keep the reports of new revisions and tell of the last month."""
    store = ledger.store
    path = file_of(product.id)
    bring(store, product, folder=path.parent if path is not None else products_folder(), now=now)
    # Both or neither: a month that is closed is not reported on again.
    with store.transaction():
        closed = close(store, product, now)
        for one in closed:
            keep_report(store, product, one.facts)
    last = last_closed(store, product, now)
    if last is not None:
        tell_report(ledger, product, last, run_id=run_id)
    return closed


def last_closed(store: Store, product: Product, now: datetime) -> Mapping[str, Any] | None:
    """Facts of the last revision of the month that was due last; None if there is none."""
    rows = store.all("budget_closes_of", product=product.id, since=due_month(product, now))
    facts: Mapping[str, Any] | None = rows[0]["facts"] if rows else None
    return facts


def report_name(product: Product, month: str, ending: str = "html") -> str:
    """Name of the report of a month among the artifacts."""
    return f"{product.id}-{month[:7]}.{ending}"


def keep_report(store: Store, product: Product, facts: Mapping[str, Any]) -> None:
    """Write the report as a page, as text and as a workbook; a later revision of the month replaces it."""
    entries = store.all("budget_entries_shown", product=product.id, month=facts["month"], at=facts["closed_at"])
    until = last_day(date.fromisoformat(facts["month"]))
    rates = store.all("exchange_rates", product=product.id, until=until, at=facts["closed_at"])
    with store.transaction():
        month = facts["month"]
        keep(store, PLACE, report_name(product, month, "md"), markdown(facts))
        keep(store, PLACE, report_name(product, month, "html"), page(facts), "text/html")
        keep(store, PLACE, report_name(product, month, "xlsx"), excel(facts, entries, rates), MEDIA_TYPE)


def tell_report(ledger: Ledger, product: Product, facts: Mapping[str, Any], *, run_id: str) -> dict[str, Any]:
    """One message per audience, channel, month and revision."""
    run = {"product": product.id, "version": KIND, "kind": KIND, "run_id": run_id}
    name = report_name(product, facts["month"])
    address = address_of(artifact_page(PLACE["product"], PLACE["version"], KIND, name))
    rich = Rich(
        pictures=cache(lambda: pictures(facts)),
        html=lambda drawn: mail(facts, link=address, pictures=drawn),
        blocks=lambda drawn, files: budget_blocks(facts, address=address, pictures=drawn, files=files),
    )
    occasion = f":{facts['month'][:7]}:{facts['revision']}"
    data = {"report": view(facts), "link": address}
    return tell(ledger, product, run, KIND, occasion, data, audiences=product.budget.report_to, rich=rich)
