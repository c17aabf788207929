"""The weekly report of feature flags: where each stands, what its ramps did, and which are due to be removed."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from airflow.sdk import Asset, BaseOperator, Context
from airflow.sdk.exceptions import AirflowFailException

from release_ops import flags_forms
from release_ops.domain.model import Product
from release_ops.flag_reporting import facts_of
from release_ops.ledger import Ledger
from release_ops.operators import parts
from release_ops.operators.announce import Rich, tell
from release_ops.operators.artifacts import MadeLink, keep, page_of
from release_ops.operators.chosen import named_product
from release_ops.operators.flag_parts import KIND, open_engine
from release_ops.product import load_products, products_folder

REPORTS = Asset("release_metrics/flag_report")
FLAG_REPORT = MadeLink("Flag report")
PAGE, TEXT, PLAIN = "flags.html", "flags.md", "flags.txt"
SLACK, MAIL = "flags.slack.json", "flags.mail.html"


class ReportFlagsOperator(BaseOperator):
    """Reports on the flags of every product that has some, or of the one that is named. Returns one mapping per flag.

    A second run in a week replaces that week's report and tells nothing twice. A product that fails does not hide the
    others; AirflowFailException names it at the end.
    """

    template_fields: Sequence[str] = ("product",)
    operator_extra_links = (FLAG_REPORT,)

    def __init__(self, *, product: str = "", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.product = product
        self.made: Mapping[str, str] = {}

    def execute(self, context: Context) -> list[dict[str, Any]]:
        """Look, keep, tell."""
        products, broken = load_products(products_folder())
        chosen = [named_product(products, self.product)] if self.product else [*products.values()]
        problems = [str(problem) for problem in broken] if not self.product else []
        ledger, found = parts.open_ledger(), list[dict[str, Any]]()
        for product in chosen:
            if not product.flags.flags:
                continue
            try:
                reports = report(ledger, product, context["dag_run"].run_id, datetime.now(UTC))
                self.made = {FLAG_REPORT.name: page_of(_run(product, ""), PAGE)}
            except Exception as error:
                problems.append(f"{product.id}: {type(error).__name__}: {error}")
                continue
            found += [{"product": product.id, "flag": one["flag"], "stale": one["stale"]} for one in reports]
        context["outlet_events"][REPORTS].extra = {"flags": len(found), "stale": sum(one["stale"] for one in found)}
        if problems:
            raise AirflowFailException("some flags could not be reported on\n" + "\n".join(problems))
        return found


def _run(product: Product, run_id: str) -> dict[str, str]:
    return {"product": product.id, "version": "flags", "kind": KIND, "run_id": run_id}


def report(ledger: Ledger, product: Product, run_id: str, now: datetime) -> list[dict[str, Any]]:
    """Work the reports of a product's flags out, keep them, and tell the product's audiences once a week."""
    store, engine, code = ledger.store, open_engine(product), parts.open_repository(product)
    reports = [facts_of(store, product, flag, engine, code, now) for flag in product.flags.flags.values()]
    run = _run(product, run_id)
    with store.transaction():
        for one in reports:
            store.execute(
                "flag_report_save",
                product=product.id,
                flag=one["flag"],
                week=one["week"],
                made_at=now,
                stale=one["stale"],
                facts=one,
            )
        keep(store, run, PAGE, flags_forms.page(reports), "text/html")
        keep(store, run, TEXT, flags_forms.markdown(reports))
        keep(store, run, PLAIN, flags_forms.plain(reports), "text/plain")
        keep(store, run, MAIL, flags_forms.mail(reports), "text/html")
        blocks = json.dumps({"blocks": flags_forms.blocks(reports)}, indent=2, ensure_ascii=False)
        keep(store, run, SLACK, blocks, "application/json")
    rich = Rich(
        pictures=tuple,
        html=lambda _: flags_forms.mail(reports),
        blocks=lambda *_: flags_forms.blocks(reports),
    )
    data = {"reports": flags_forms.ordered(reports), "counts": flags_forms.counts(reports)}
    tell(
        ledger,
        product,
        {**run, "version": ""},
        "flags",
        f":{reports[0]['week']}",
        data,
        audiences=product.flags.report_to,
        rich=rich,
    )
    return reports
