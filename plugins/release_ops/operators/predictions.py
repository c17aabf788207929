"""Predictions in the tables: written down when they are made, scored when their outcome is known."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from airflow.sdk import Asset, BaseOperator, Context
from airflow.sdk.exceptions import AirflowFailException

from release_ops.domain.model import FeatureStatus, MilestoneKind, Product, Release
from release_ops.domain.predictions import (
    Facts,
    Outcome,
    Prediction,
    PredictionKind,
    Scored,
    TrackRecord,
    laplace,
    resolve,
    track_record,
)
from release_ops.operators import parts
from release_ops.operators.scope_days import MOVED_OUT, SETTLED
from release_ops.product import load_products, products_folder
from release_ops.store import Store

PREDICTION = Asset("release_metrics/prediction")


class ScorePredictionsOperator(BaseOperator):
    """Adds to every open prediction what came of it, if that is known. Returns the number scored now per product."""

    def execute(self, context: Context) -> dict[str, Any]:
        """Score product by product; AirflowFailException names those that could not be."""
        products, _ = load_products(products_folder())
        counts: dict[str, Any] = {}
        problems: list[str] = []
        store, now = parts.open_store(), datetime.now(UTC)
        for product in products.values():
            try:
                counts[product.id] = score(store, product, now)
            except Exception as error:
                problems.append(f"{product.id}: {type(error).__name__}: {error}")
        context["outlet_events"][PREDICTION].extra = {"scored": counts}
        if problems:
            raise AirflowFailException("some predictions could not be scored\n" + "\n".join(problems))
        return counts


def note(store: Store, predictions: Iterable[Prediction]) -> int:
    """Write predictions down, all or none; the first of a day stays. Returns how many are new."""
    with store.transaction():
        return sum(
            store.execute(
                "prediction_save",
                product=one.product,
                version=one.version,
                kind=one.kind,
                subject=one.subject,
                made_at=one.made_at,
                probability=one.probability,
                expected_on=one.expected_on,
                expected=one.expected,
                basis=one.basis,
            )
            for one in predictions
        )


def score(store: Store, product: Product, now: datetime) -> int:
    """Add what came of the product's open predictions. Returns how many; a second call finds none of them."""
    known: dict[str, Facts] = {}
    scored = 0
    for row in store.all("predictions_of", product=product.id, resolved=False):
        version = row["version"]
        if version not in known:
            known[version] = facts(store, product, version)
        outcome = resolve(_prediction(row), known[version])
        if outcome is not None:
            scored += store.execute(
                "prediction_resolve",
                **{name: row[name] for name in ("product", "version", "kind", "subject", "made_on")},
                occurred=outcome.occurred,
                actual_on=outcome.actual_on,
                actual=outcome.actual,
                now=now,
            )
    return scored


def facts(store: Store, product: Product, version: str) -> Facts:
    """What the tables know of a release."""
    about = {"product": product.id, "version": version}
    zone = ZoneInfo(product.timezone)
    ga = next((row for row in store.all("milestones_of", **about) if row["kind"] == MilestoneKind.GA), None)
    ga_on = ga["actual_at"].astimezone(zone).date() if ga and ga["actual_at"] else None
    opened = opened_on(store, product, version)
    planned = next((one for one in product.releases if one.version == version), None)
    now_done = {one.id: one.status is FeatureStatus.DONE for one in planned.features} if planned else {}
    happened: dict[str, bool] = {}
    rows = store.all("scope_of", **about)
    for row in rows:
        if row["disposition"] in MOVED_OUT or row["disposition"] == "included":
            happened[row["feature"]] = row["disposition"] != "included"
        elif ga_on is not None:
            # Its deadline came after the snapshot, or its train has no freeze: what counts is how it is now.
            happened[row["feature"]] = not now_done.get(row["feature"], row["status"] == FeatureStatus.DONE)
    names = {row["feature"] for row in rows} | now_done.keys()
    ended = {row["risk"]: row["state"] == "came_true" for row in store.all("risks_ended", **about)}
    return Facts(
        ga_on=ga_on,
        opened_on=opened,
        delivered=_delivered(store, product, version, rows, happened) if ga_on else None,
        # Of a feature and a risk with one name the feature is what was predicted.
        happened={risk: came_true for risk, came_true in ended.items() if risk not in names} | happened,
        gates=[
            (row["gate"], row["evaluated_at"], row["verdict"] != "fail")
            for row in store.all("gate_evaluations_of", **about)
        ],
    )


def _delivered(
    store: Store, product: Product, version: str, rows: list[dict[str, Any]], late: dict[str, bool]
) -> float | None:
    """Share 0..1 of the features that the plan did not defer, as release_scorecard.scope_delivered counts them."""
    if names := [row["feature"] for row in rows if row["planned"] is not False]:
        return sum(not late.get(name, True) for name in names) / len(names)
    days = [row for row in store.all("scope_days_of", product=product.id, since=date.max) if row["version"] == version]
    return days[-1]["done"] / days[-1]["total"] if days and days[-1]["total"] else None


def opened_on(store: Store, product: Product, version: str) -> date | None:
    """Day on which the release was opened, in the product's zone; None: it was not."""
    row = store.one("release_one", product=product.id, version=version)
    return row["opened_at"].astimezone(ZoneInfo(product.timezone)).date() if row and row["opened_at"] else None


def gate_chances(store: Store, product: Product, release: Release) -> dict[str, float]:
    """Chance of each gate that is still to come to pass the next time, from the first tries of the product's releases.

    Nothing is said of a gate that no release has tried.
    """
    rows = store.all("milestones_of", product=product.id, version=release.version)
    settled = {row["kind"] for row in rows if row["state"] in SETTLED}
    tries = {row["gate"]: (row["passed"], row["tried"]) for row in store.all("gate_first_tries", product=product.id)}
    ahead = [
        gate
        for kind, gate in product.milestone_gates.items()
        if kind in product.trains[release.type] and kind not in settled and kind is not MilestoneKind.SUPPORT_END
    ]
    return {gate: laplace(*tries[gate]) for gate in dict.fromkeys(ahead) if gate in tries}


def record_of(store: Store, product: Product) -> TrackRecord:
    """How good the product's predictions have been, against its targets."""
    scored = [
        Scored(
            prediction=_prediction(row),
            outcome=Outcome(occurred=row["occurred"], actual_on=row["actual_on"], actual=row["actual"]),
        )
        for row in store.all("predictions_of", product=product.id, resolved=True)
    ]
    return track_record(scored, product.forecast.targets)


def _prediction(row: dict[str, Any]) -> Prediction:
    return Prediction(
        product=row["product"],
        version=row["version"],
        kind=PredictionKind(row["kind"]),
        made_at=row["made_at"],
        subject=row["subject"],
        probability=row["probability"],
        expected_on=row["expected_on"],
        expected=row["expected"],
        basis=row["basis"],
    )
