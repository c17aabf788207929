"""The risks of open releases: assessed at planning and once a day, and kept with their history."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from airflow.sdk import Asset, BaseOperator, Context

from release_ops.adapters.git import RepositoryError
from release_ops.adapters.github_api import GitHubError
from release_ops.domain.model import Feature, Product, Release
from release_ops.domain.predictions import Prediction, PredictionKind
from release_ops.domain.risk import Basis, Risk, RiskState
from release_ops.domain.rollback import Change
from release_ops.operators import parts
from release_ops.operators.predictions import PREDICTION, note
from release_ops.operators.scope import scope
from release_ops.product import load_products, products_folder
from release_ops.risk_facts import Asked, RepositoryFacts, asked_of, assess, repository_facts
from release_ops.store import Store

RISK = Asset("release_metrics/risk")
LONGEST = 500
"""Characters of a prediction's basis."""


class AssessRisksOperator(BaseOperator):
    """Assesses the risks of every release that was begun, until it is closed and each risk has come to its end.

    Returns the number of releases and of risks that came true. What went wrong is pushed under the key `problems`, a
    sentence each: one release that fails does not hide the others.
    """

    def execute(self, context: Context) -> dict[str, Any]:
        """Assess and keep."""
        store, now = parts.open_store(), datetime.now(UTC)
        found, problems = list[Risk](), list[str]()
        counts = {"releases": 0, "came_true": 0}
        products, _ = load_products(products_folder())
        for product in products.values():
            at_risk = {row["version"] for row in store.all("releases_at_risk", product=product.id)}
            for release in product.releases:
                if release.version not in at_risk:
                    continue
                try:
                    facts = read_repository(product, release)
                    found += assess_and_keep(store, product, release, scope(product, release), facts, now)
                except Exception as error:
                    problems.append(f"{product.id} {release.version}: the risks: {type(error).__name__}: {error}")
                    continue
                counts["releases"] += 1
        counts["came_true"] = sum(risk.state is RiskState.CAME_TRUE for risk in found)
        context["ti"].xcom_push(key="problems", value=problems)
        context["outlet_events"][RISK].extra = {**counts, "risks": len(found)}
        context["outlet_events"][PREDICTION].extra = {"releases": counts["releases"]}
        return counts


def read_repository(product: Product, release: Release) -> RepositoryFacts:
    """Facts of the product's repository as it is now; when it does not answer, that is a fact too."""
    try:
        repository = parts.open_repository(product)
        repository.fetch()
        return repository_facts(repository, product, release)
    except RepositoryError as error:
        return RepositoryFacts(Change(why=f"the repository could not be read: {error}"))


def assess_and_keep(
    store: Store,
    product: Product,
    release: Release,
    features: Sequence[Feature],
    facts: RepositoryFacts,
    now: datetime,
) -> tuple[Risk, ...]:
    """The register as of `now`, kept as the assessment of its day; a second one of a day replaces the first.

    What it says of open risks is written down as predictions, the first time of a day.
    """
    risks = assess(product, release, features, facts, _asked(store, product, release), today=now.date())
    subject = {"product": product.id, "version": release.version}
    with store.transaction():
        for risk in risks:
            store.execute(
                "risk_save",
                **subject,
                risk=risk.id,
                category=risk.category,
                title=risk.title,
                mitigation=risk.mitigation,
                owner=risk.owner,
                state=risk.state,
                detail=risk.detail,
                at=now,
            )
            store.execute(
                "risk_assess",
                **subject,
                risk=risk.id,
                assessed_on=now.date(),
                assessed_at=now,
                probability=risk.probability,
                impact=risk.impact,
                basis=risk.basis,
                why=risk.why,
                trend=risk.trend,
            )
        store.execute("risks_close_others", **subject, risks=[risk.id for risk in risks], at=now)
        note(store, predictions_of(product, release, features, risks, now))
    return risks


def predictions_of(
    product: Product, release: Release, features: Iterable[Feature], risks: Iterable[Risk], now: datetime
) -> tuple[Prediction, ...]:
    """What the register predicts: open risks whose probability somebody knows.

    A risk that is called like a feature is left out: under that name the forecast predicts that the feature is late.
    """
    taken = {feature.id for feature in features}
    return tuple(
        Prediction(
            product=product.id,
            version=release.version,
            kind=PredictionKind.RISK,
            made_at=now,
            subject=risk.id,
            probability=risk.probability,
            basis=f"{risk.basis}: {risk.why}"[:LONGEST],
        )
        for risk in risks
        if risk.state is RiskState.OPEN and risk.basis is not Basis.UNKNOWN and risk.id not in taken
    )


def _asked(store: Store, product: Product, release: Release) -> Asked:
    """What our tables and GitHub know; a GitHub that does not answer leaves its measure unknown."""
    asked = asked_of(store, product, release)
    try:
        github = parts.open_github(product)
        return replace(asked, incidents=github.open_issues(product.risks.incident_label) if github else None)
    except GitHubError as error:
        return replace(asked, no_incidents=f"GitHub could not be asked for open incidents: {error}")
