"""The features of a release, from where the product says they are, and their rows."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from airflow.sdk.exceptions import AirflowFailException

from release_ops.domain.model import Feature, Product, Release
from release_ops.domain.prioritise import Choice
from release_ops.domain.scope_policy import GITHUB, JIRA
from release_ops.operators import parts


def scope(product: Product, release: Release) -> tuple[Feature, ...]:
    """Features of a release from file, GitHub or Jira; a source that cannot be read raises its error, and is never empty."""
    if product.scope.source == GITHUB:
        github = parts.open_github(product)
        if github is None:
            raise AirflowFailException(f"{product.id}: scope.source is github, but the repository is not on GitHub")
        return github.milestone_features(release.version, product.scope)
    if product.scope.source == JIRA:
        return parts.open_jira(product).version_features(release.version, product.scope)
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
        # What the plan has ranked stays as it ranked it.
        "priority": feature.priority if feature.stated else None,
        "url": feature.url,
        "snapshot_at": datetime.now(UTC),
        "previous_status": None,
        "disposition": None,
        "deadline": None,
        "reason": "",
    }


def planned_row(run: Mapping[str, Any], choice: Choice, at: datetime) -> dict[str, Any]:
    """What the plan of `at` says of a feature, for the query `scope_plan`."""
    feature = choice.feature
    return {
        "product": run["product"],
        "version": run["version"],
        "feature": feature.id,
        "title": feature.title,
        "status": feature.status.value,
        "owner": feature.owner,
        "url": feature.url,
        "team": feature.team,
        "priority": choice.priority,
        "points": feature.points,
        "value": feature.value,
        "risk": feature.risk,
        "score": choice.score,
        "depends_on": list(feature.depends_on),
        "planned": choice.planned,
        "plan_reason": choice.reason,
        "planned_at": at,
    }
