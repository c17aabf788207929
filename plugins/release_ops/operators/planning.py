"""What planning, feature complete and end of support do: the release record is opened, its scope noted, and closed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from release_ops.domain.milestones import train
from release_ops.domain.model import Feature, Product, Release
from release_ops.operators import effects, parts
from release_ops.operators.artifacts import TRAIN, keep, page_of
from release_ops.operators.plan_documents import PLAN_LINKS, keep_plan_documents
from release_ops.operators.window import ActingOperator
from release_ops.render import render


class OpenReleaseOperator(ActingOperator):
    """Opens the release record and keeps its dated train, its risks and its plans as artifacts.

    Returns the train as a list of mappings.
    """

    operator_extra_links = (TRAIN, *PLAN_LINKS)

    def act(self) -> dict[str, Any]:
        """Open and render."""
        run = self.run_facts
        product = parts.product_of(run)
        release = parts.release_of(product, run)
        store = parts.open_store()
        dated = train(product, release)
        store.execute(
            "release_open",
            product=product.id,
            version=release.version,
            type=release.type.value,
            theme=release.theme,
            planned_ga=release.ga,
            opened_at=datetime.now(UTC),
        )
        text = render("reports/train.md.j2", fmt="md", product=product, release=release, train=dated)
        keep(store, run, "train.md", text)
        documents = keep_plan_documents(store, run, product, release, scope(product, release), datetime.now(UTC))
        self.made = {TRAIN.name: page_of(run, "train.md"), **documents}
        return {"train": [{"kind": each.kind.value, "planned_at": each.planned_at.isoformat()} for each in dated]}


class SnapshotScopeOperator(ActingOperator):
    """Notes every planned feature with its status, from the product file or the GitHub milestone named like the version."""

    def act(self) -> dict[str, Any]:
        """Number of features per status."""
        run = self.run_facts
        product = parts.product_of(run)
        features = scope(product, parts.release_of(product, run))
        store = parts.open_store()
        with store.transaction():
            for feature in features:
                store.execute("scope_save", **scope_row(run, feature))
        counts: dict[str, int] = {}
        for feature in features:
            counts[feature.status.value] = counts.get(feature.status.value, 0) + 1
        return {"features": len(features), **counts}


class CloseReleaseOperator(ActingOperator):
    """Closes the release and lifts its freeze."""

    def act(self) -> dict[str, Any]:
        """Lift, then close."""
        run = self.run_facts
        product = parts.product_of(run)
        ledger = parts.open_ledger()
        lifted: dict[str, Any] = {}
        with ledger.product_lock(product.id):
            if github := parts.open_github(product):
                lifted = effects.release_branch_protection(ledger, run, github)
            now = datetime.now(UTC)
            store = ledger.store
            store.execute("freeze_lift", product=product.id, version=run["version"], lifted_at=now)
            store.execute("release_state", product=product.id, version=run["version"], state="closed", closed_at=now)
        return {"closed_at": now.isoformat(), **lifted}


def scope(product: Product, release: Release) -> tuple[Feature, ...]:
    """Planned features of a release, from where the product says they are."""
    if product.scope_source == "github" and (github := parts.open_github(product)):
        return tuple(github.milestone_features(release.version))
    return release.features


def scope_row(run: Mapping[str, Any], feature: Feature) -> dict[str, Any]:
    """Row of `scope_feature` before a freeze decides on it."""
    return {
        "product": run["product"],
        "version": run["version"],
        "feature": feature.id,
        "title": feature.title,
        "status": feature.status.value,
        "owner": feature.owner,
        "priority": feature.priority,
        "url": feature.url,
        "snapshot_at": datetime.now(UTC),
        "previous_status": None,
        "disposition": None,
        "deadline": None,
        "reason": "",
    }
