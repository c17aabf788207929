"""The weekly forecast of every open release: predictions, a report, and an early proposal where the plan does not hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from airflow.sdk import BaseOperator, Context
from airflow.sdk.exceptions import AirflowFailException

from release_ops.domain.model import Product, Release
from release_ops.domain.outlook import Outlook, predictions_of
from release_ops.ledger import Ledger
from release_ops.operators import parts
from release_ops.operators.announce import tell
from release_ops.operators.artifacts import MadeLink, keep, page_of
from release_ops.operators.chosen import chosen_releases
from release_ops.operators.outlooks import outlook_of
from release_ops.operators.predictions import PREDICTION, gate_chances, note, opened_on, record_of
from release_ops.operators.scope_days import in_release, open_releases
from release_ops.product import load_products, products_folder
from release_ops.render import render

FORECAST = MadeLink("Forecast")
KIND = "forecast"
"""Under which the artifact and the messages of a forecast are filed, beside those of the milestones."""
RELEASE_TEAM = "release"
"""Audience that hears of a proposal besides those of `problems_to`, where the product has it."""


class ForecastReleasesOperator(BaseOperator):
    """Forecasts every release between planning and GA, or the one that is named. Returns one mapping per release.

    A release that cannot be forecast (no history, units that do not mix) has its reason instead; a system that does not
    answer fails the task after all others have been looked at. Repeated in a week, nothing is told twice.
    """

    template_fields: Sequence[str] = ("product", "version")
    operator_extra_links = (FORECAST,)

    def __init__(self, *, product: str = "", version: str = "", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.product = product
        self.version = version
        self.made: Mapping[str, str] = {}

    def execute(self, context: Context) -> list[dict[str, Any]]:
        """Forecast, write down, propose."""
        now = datetime.now(UTC)
        ledger = parts.open_ledger()
        results: list[dict[str, Any]] = []
        problems: list[str] = []
        for product, release in self._chosen(ledger, now):
            run = {"product": product.id, "version": release.version, "kind": KIND, "run_id": context["dag_run"].run_id}
            try:
                results.append(forecast_release(ledger, product, release, run, now))
                self.made = {FORECAST.name: page_of(run, "forecast.md")}
            except Exception as error:
                problems.append(f"{product.id} {release.version}: {type(error).__name__}: {error}")
        written = sum(result["predictions"] for result in results)
        context["outlet_events"][PREDICTION].extra = {"releases": len(results), "written": written}
        if problems:
            raise AirflowFailException("some releases could not be forecast\n" + "\n".join(problems))
        return results

    def _chosen(self, ledger: Ledger, now: datetime) -> list[tuple[Product, Release]]:
        products, broken = load_products(products_folder())
        for problem in broken:
            self.log.warning("%s", problem)
        return chosen_releases(
            products,
            self.product,
            self.version,
            every=lambda product: open_releases(ledger.store, product, now),
            kind="open",
        )


def forecast_release(
    ledger: Ledger, product: Product, release: Release, run: Mapping[str, Any], now: datetime
) -> dict[str, Any]:
    """Forecast one release, keep the report, write the predictions down, and propose what the forecast asks for."""
    store = ledger.store
    features = in_release(store, product, release)
    found, reason = None, ""
    try:
        found = outlook_of(store, product, release, features, now)
    except ValueError as error:  # what we refuse, with its reason; a broken system raises something else
        reason = str(error)
    record = record_of(store, product)
    words = {"release": release, "outlook": found, "reason": reason, "record": record}
    keep(store, run, "forecast.md", render("reports/forecast.md.j2", fmt="md", product=product, **words))
    if found is None:
        return {**_subject(run), "forecast": False, "reason": reason, "predictions": 0, "proposal": False}
    opened = opened_on(store, product, release.version)
    gates = gate_chances(store, product, release)
    written = note(store, predictions_of(found, made_at=now, opened_on=opened, gates=gates))
    if found.is_alarming:
        _tell_proposal(ledger, product, release, run, found)
    return {
        **_subject(run),
        "forecast": True,
        "ga": {f"p{percent}": day and day.isoformat() for percent, day in found.ga.items()},
        "on_time": round(found.on_time, 4),
        "stability": found.stability.verdict.value,
        "predictions": written,
        "proposal": found.is_alarming,
    }


def _subject(run: Mapping[str, Any]) -> dict[str, Any]:
    return {"product": run["product"], "version": run["version"]}


def _tell_proposal(ledger: Ledger, product: Product, release: Release, run: Mapping[str, Any], found: Outlook) -> None:
    year, week, _ = found.as_of.isocalendar()
    team = [RELEASE_TEAM] if RELEASE_TEAM in product.channels and RELEASE_TEAM not in product.problems_to else []
    tell(
        ledger,
        product,
        run,
        "slip_proposal",
        f":slip_proposal:{year}-W{week:02}",
        {"release": release, "outlook": found, "proposal": found.proposal},
        audiences=[*product.problems_to, *team],
    )
