"""Results of surveys: answers of other tools are taken in, and every closed round is reported and told once."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from airflow.sdk import BaseOperator, Context
from airflow.sdk.exceptions import AirflowFailException

from release_ops.addresses import artifact_page
from release_ops.domain.model import Product
from release_ops.ledger import Ledger
from release_ops.operators import parts
from release_ops.operators.announce import Rich, tell
from release_ops.operators.artifacts import MadeLink, address_of, keep, page_of
from release_ops.operators.chosen import named_product
from release_ops.product import file_of, load_products, products_folder
from release_ops.store import Store
from release_ops.survey_blocks import survey_blocks
from release_ops.survey_charts import pictures
from release_ops.survey_forms import mail, markdown, page, view
from release_ops.survey_imports import import_all
from release_ops.survey_results import report_rounds

log = logging.getLogger(__name__)

SURVEY_REPORT = MadeLink("Survey report")
KIND = "survey"
PLACE = {"product": "*", "version": "surveys", "kind": KIND}
"""Where the reports lie among the artifacts: a survey belongs to no single release."""


class ImportSurveysOperator(BaseOperator):
    """Takes in the files of other tools that the products name, of all products or of the one that is named.

    Returns one mapping per file and round: file, round, new, known, late, waiting. The same file twice brings nothing twice.
    A file with a problem is not taken in, and does not hide the others; AirflowFailException names all problems at the end.
    """

    template_fields: Sequence[str] = ("product",)

    def __init__(self, *, product: str = "", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.product = product

    def execute(self, context: Context) -> list[dict[str, Any]]:
        """Find the files and read them."""
        now, store = datetime.now(UTC), parts.open_store()
        chosen, problems = _chosen(self.product)
        made: list[dict[str, Any]] = []
        for product in chosen:
            brought, wrong = import_all(store, product, folder=_folder(product), now=now)
            problems += [f"{product.id}: {one}" for one in wrong]
            made += [
                {
                    "file": one.file,
                    "round": one.round,
                    "new": one.new,
                    "known": one.known,
                    "late": one.late,
                    "waiting": one.waiting,
                }
                for one in brought
            ]
        if problems:
            raise AirflowFailException("some answers could not be taken in\n" + "\n".join(problems))
        return made


class SurveyReportOperator(BaseOperator):
    """Reports on every closed round without a report, of all products with surveys or of the one that is named.

    Returns one mapping per report: product, round, revision, status, answers (None where hidden). A second run without news
    makes none and tells nobody. A product that fails does not hide the others; AirflowFailException names it at the end.
    """

    template_fields: Sequence[str] = ("product",)
    operator_extra_links = (SURVEY_REPORT,)

    def __init__(self, *, product: str = "", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.product = product
        self.made: Mapping[str, str] = {}

    def execute(self, context: Context) -> list[dict[str, Any]]:
        """Work out, keep, tell."""
        now, ledger = datetime.now(UTC), parts.open_ledger()
        chosen, problems = _chosen(self.product)
        made: list[dict[str, Any]] = []
        for product in chosen:
            if not product.surveys.plans:
                continue
            try:
                reported = report_rounds(ledger.store, product, now=now)
                for one in reported:
                    keep_report(ledger.store, one.facts)
                    made.append(
                        {
                            "product": product.id,
                            "round": one.round,
                            "revision": one.revision,
                            "status": one.facts["status"],
                            "answers": one.facts["rounds"][-1].get("answers"),
                        }
                    )
                tell_reports(ledger, product, run_id=context["dag_run"].run_id)
            except Exception as error:
                log.exception("the surveys of %s could not be reported on", product.id)
                problems.append(f"{product.id}: {type(error).__name__}: {error}")
                continue
            if reported:
                self.made = {SURVEY_REPORT.name: page_of(PLACE, report_name(reported[-1].facts))}
        if problems:
            raise AirflowFailException("some surveys could not be reported on\n" + "\n".join(problems))
        return made


def report_name(facts: Mapping[str, Any], ending: str = "html") -> str:
    """Name of the report of a round among the artifacts."""
    return f"{facts['product']}-{facts['survey']}-{facts['occasion']}.{ending}"


def keep_report(store: Store, facts: Mapping[str, Any]) -> None:
    """Write the report as a page and as text; a restated one replaces it."""
    with store.transaction():
        keep(store, PLACE, report_name(facts, "md"), markdown(facts))
        keep(store, PLACE, report_name(facts), page(facts), "text/html")


def tell_reports(ledger: Ledger, product: Product, *, run_id: str) -> None:
    """One message per audience, channel, round and revision about the last round of every survey.

    The ledger knows what was told already, so a run after a failure sends only what is missing.
    """
    for row in ledger.store.all("survey_reports_shown", product=product.id):
        facts = row["facts"]
        run = {"product": product.id, "version": "surveys", "kind": KIND, "run_id": run_id}
        address = address_of(artifact_page(PLACE["product"], PLACE["version"], KIND, report_name(facts)))
        tell(
            ledger,
            product,
            run,
            KIND,
            f":{facts['survey']}:{facts['occasion']}:{row['revision']}",
            {"report": view(facts), "link": address},
            audiences=[one for one in product.survey_results.report_to if one in product.channels],
            rich=_rich(facts, address),
        )


def _rich(facts: Mapping[str, Any], address: str) -> Rich:
    return Rich(
        pictures=cache(lambda: pictures(facts)),
        html=lambda drawn: mail(facts, link=address, pictures=drawn),
        blocks=lambda drawn, files: survey_blocks(facts, address=address, pictures=drawn, files=files),
    )


def _chosen(product: str) -> tuple[list[Product], list[str]]:
    products, broken = load_products(products_folder())
    found = [named_product(products, product)] if product else list(products.values())
    return found, [str(problem) for problem in broken]


def _folder(product: Product) -> Path:
    path = file_of(product.id)
    return path.parent if path is not None else products_folder()
