"""Deployments: which version runs where, every rollout, and one rollout with its steps, analyses and events."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Literal
from urllib.parse import quote

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from release_ops.addresses import DEPLOYMENTS, RELEASES, deployment_page, release_page, story_page
from release_ops.render import Safe
from release_ops.web import deployments
from release_ops.web.access import may_see, shows
from release_ops.web.deployments_model import OPEN, STATES, DeploymentAnswer, DeploymentsAnswer
from release_ops.web.deployments_picture import stairs
from release_ops.web.filters import Choice, Filters, FormField
from release_ops.web.parts import moment
from release_ops.web.responses import PROBLEMS, Link, Problem, airflow_root, documented, page, pages_root
from release_ops.web.sections import section_of
from release_ops.web.story_words import place_of
from release_ops.web.tables import tables

router = APIRouter(dependencies=[shows(section_of(DEPLOYMENTS))], responses=PROBLEMS, tags=["deployments"])

CONTROL = "rollout_control"
"""DAG whose form tells a rollout what to do."""


class DeploymentsQuery(BaseModel):
    """Which rollouts to show. An empty value means all."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    product: Annotated[str, Field(max_length=200)] = ""
    """Id of a product."""
    environment: Annotated[str, Field(max_length=200)] = ""
    """Name of an environment."""
    state: Literal[
        "", "planned", "running", "paused", "held", "rolling_back", "promoted", "rolled_back", "aborted", "failed"
    ] = ""
    """Rollouts in this state only."""
    page: Annotated[int, Field(ge=1, le=100_000)] = 1
    """Page of the rollouts."""


@router.get(DEPLOYMENTS, **documented(DeploymentsAnswer))
def board(request: Request, query: Annotated[DeploymentsQuery, Query()]) -> Response:
    """Which version runs where, and every rollout, the open ones first."""
    store = tables()
    choices = store.all("rollout_choices")
    products = list(dict.fromkeys(row["product"] for row in choices))
    environments = list(dict.fromkeys(row["environment"] for row in choices))
    found = deployments.read_deployments(
        store,
        product=query.product or None,
        environment=query.environment or None,
        state=query.state or None,
        page=query.page,
    )
    place = place_of(query.product or (products[0] if len(products) == 1 else ""))
    return page(
        request,
        "deployments.html.j2",
        found,
        title="Deployments",
        any_rollout=bool(choices),
        several=len(products) > 1,
        zone=place.zone_name,
        when=_when(place.zone),
        filters=Filters(
            fields=(
                FormField("product", "Product", query.product, [Choice(one, one) for one in products]),
                FormField("environment", "Environment", query.environment, [Choice(one, one) for one in environments]),
                FormField("state", "State", query.state, [Choice(one, one.replace("_", " ")) for one in STATES]),
            ),
            is_set=bool(query.product or query.environment or query.state),
        ),
        **_addresses(request),
    )


@router.get(DEPLOYMENTS + "/{rollout}", **documented(DeploymentAnswer))
def deployment(request: Request, rollout: str) -> Response:
    """A rollout as a whole."""
    found = deployments.read_deployment(tables(), rollout)
    if found is None:
        raise Problem(
            404,
            "No such deployment",
            f"There is no deployment {rollout[:200]}.",
            "Choose one from the list.",
            Link("Deployments", pages_root(request) + DEPLOYMENTS),
        )
    place = place_of(found.rollout.product)
    about, airflow = found.rollout, airflow_root(request)
    return page(
        request,
        "deployment.html.j2",
        found,
        title=f"{about.product} {about.version} to {about.environment}",
        zone=place.zone_name,
        when=_when(place.zone),
        is_open=about.state in OPEN,
        picture=stairs(found.happenings.rows, until=about.ended_at or datetime.now(UTC), zone=place.zone),
        control_address=f"{airflow}/dags/{CONTROL}" if may_see(request, CONTROL) else "",
        actions_address=f"{airflow}/required_actions",
        run_address=(
            f"{airflow}/dags/{quote(found.dag_id, safe='')}/runs/{quote(found.run_id, safe='')}"
            if found.dag_id and found.run_id
            else ""
        ),
        **_addresses(request),
    )


def _when(zone: object) -> object:
    def when(at: datetime | None, form: str = "%a %Y-%m-%d %H:%M") -> Safe:
        return moment(at.astimezone(zone) if at else None, form)  # type: ignore[arg-type]

    return when


def _addresses(request: Request) -> dict[str, object]:
    root, sees_releases = pages_root(request), may_see(request, *section_of(RELEASES).dags)
    return {
        "board_address": root + DEPLOYMENTS,
        "rollout_address": lambda rollout: root + deployment_page(rollout),
        "release_address": lambda product, version: root + story_page(product, version) if sees_releases else "",
        "documents_address": lambda product, version: root + release_page(product, version) if sees_releases else "",
    }
