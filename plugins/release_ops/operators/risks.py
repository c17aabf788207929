"""The risks of open releases: assessed at planning and once a day, and kept with their history."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from airflow.sdk import BaseOperator, Context

from release_ops.adapters.git import RepositoryError
from release_ops.domain.model import Feature, Product, Release
from release_ops.domain.risk import Risk
from release_ops.domain.rollback import Change
from release_ops.operators import parts
from release_ops.operators.scope import scope
from release_ops.product import load_products, products_folder
from release_ops.risk_facts import Asked, RepositoryFacts, assess, repository_facts
from release_ops.store import Store

OPEN = frozenset({"in_progress", "frozen", "released"})
"""States of a release whose risks are still looked at."""


class AssessRisksOperator(BaseOperator):
    """Assesses the risks of every release that was begun and is not closed.

    Returns the number of releases and of risks that came true. One product that fails does not hide the others; the task
    fails after all have been tried.
    """

    def execute(self, context: Context) -> dict[str, Any]:
        """Assess and keep."""
        store, now = parts.open_store(), datetime.now(UTC)
        done, came_true, problems = 0, 0, list[str]()
        products, _ = load_products(products_folder())
        for product in products.values():
            states = {row["version"]: row["state"] for row in store.all("releases_of", product=product.id)}
            for release in product.releases:
                if states.get(release.version) not in OPEN:
                    continue
                try:
                    facts = read_repository(product, release)
                    risks = assess_and_keep(store, product, release, scope(product, release), facts, now)
                except Exception as error:
                    problems.append(f"{product.id} {release.version}: {type(error).__name__}: {error}")
                    continue
                done += 1
                came_true += sum(risk.state == "came_true" for risk in risks)
        if problems:
            raise RuntimeError("\n".join(problems))
        return {"releases": done, "came_true": came_true}


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
    """The register as of `now`, kept as the assessment of its day; a second one of a day replaces the first."""
    github = parts.open_github(product)
    incidents = github.open_issues(product.risks.incident_label) if github else None
    risks = assess(product, release, features, facts, Asked(store=store, incidents=incidents), today=now.date())
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
    return risks
