"""The daily snapshot of every open release's scope: the burn-up, and a throughput of our own."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

from airflow.sdk import Asset, BaseOperator, Context
from airflow.sdk.exceptions import AirflowFailException

from release_ops.domain.milestones import train
from release_ops.domain.model import Feature, FeatureStatus, MilestoneKind, Product, Release
from release_ops.operators import parts
from release_ops.operators.scope import scope
from release_ops.product import load_products, products_folder
from release_ops.store import Store

SCOPE_DAY = Asset("release_metrics/scope_day")
MOVED_OUT = frozenset({"excluded", "frozen"})
"""Dispositions of features that a freeze took out of their release."""
SETTLED = frozenset({"done", "missed", "skipped"})


class SnapshotScopeDayOperator(BaseOperator):
    """Notes how much of every open release is planned and done today. Returns the number of releases per product.

    A tracker that does not answer does not hinder the others; AirflowFailException names it at the end.
    """

    def execute(self, context: Context) -> dict[str, Any]:
        """Look, write, tell the asset."""
        products, _ = load_products(products_folder())
        counts: dict[str, Any] = {}
        problems: list[str] = []
        store, now = parts.open_store(), datetime.now(UTC)
        for product in products.values():
            for release in open_releases(store, product, now):
                try:
                    snapshot(store, release, promised(store, release, scope(product, release)), now.date())
                    counts[product.id] = counts.get(product.id, 0) + 1
                except Exception as error:
                    problems.append(f"{product.id} {release.version}: {type(error).__name__}: {error}")
        context["outlet_events"][SCOPE_DAY].extra = {"day": now.date().isoformat(), "releases": counts}
        if problems:
            raise AirflowFailException("some scopes could not be looked at\n" + "\n".join(problems))
        return counts


def open_releases(store: Store, product: Product, now: datetime) -> list[Release]:
    """Releases between their first milestone and GA, the next GA first; none whose GA is too late to be caught up with."""
    found = []
    for release in product.releases:
        milestones = train(product, release)
        ga = next((each.planned_at for each in milestones if each.kind is MilestoneKind.GA), None)
        if ga is None or milestones[0].planned_at > now or ga + product.catch_up < now:
            continue
        rows = store.all("milestones_of", product=product.id, version=release.version)
        if {row["kind"]: row["state"] for row in rows}.get(MilestoneKind.GA.value) not in SETTLED:
            found.append(release)
    return sorted(found, key=lambda release: release.ga)


def snapshot(store: Store, release: Release, features: Sequence[Feature], day: date) -> None:
    """Write how much is planned and done; a second look of the day replaces the first."""
    done = [feature for feature in features if feature.status is FeatureStatus.DONE]
    store.execute(
        "scope_day_save",
        product=release.product,
        version=release.version,
        day=day,
        total=len(features),
        done=len(done),
        points_total=points(features),
        points_done=points(done),
        unestimated=sum(1 for feature in features if feature.points is None),
    )


def points(features: Sequence[Feature]) -> float:
    """Points of those features that have an estimate."""
    return float(sum(feature.points or 0.0 for feature in features))


def promised(store: Store, release: Release, features: Sequence[Feature]) -> tuple[Feature, ...]:
    """The scope that a release is held to: its features without those that its plan deferred.

    What the freeze takes out later stays in it: it was promised and is lost.
    """
    rows = store.all("scope_of", product=release.product, version=release.version)
    deferred = {row["feature"] for row in rows if row["planned"] is False}
    return tuple(feature for feature in features if feature.id not in deferred)


def in_release(store: Store, product: Product, release: Release) -> tuple[Feature, ...]:
    """What is to be done for a release: its scope without what its plan deferred or its freeze took out."""
    rows: list[dict[str, Any]] = store.all("scope_of", product=product.id, version=release.version)
    out = {row["feature"] for row in rows if row["disposition"] in MOVED_OUT or row["planned"] is False}
    return tuple(feature for feature in scope(product, release) if feature.id not in out)
