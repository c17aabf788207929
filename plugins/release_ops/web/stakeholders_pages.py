"""Stakeholders: who has a stake, what is done for them, and which messages were sent, are due or failed."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from release_ops.addresses import RELEASES, STAKEHOLDERS, artifact_page, story_page
from release_ops.expectation_events import FOLDER, plan_name
from release_ops.render import Safe
from release_ops.web import stakeholders as stakes
from release_ops.web.access import may_see, shows
from release_ops.web.filters import Choice, Filters, FormField
from release_ops.web.parts import moment
from release_ops.web.responses import PROBLEMS, documented, page, pages_root
from release_ops.web.sections import section_of
from release_ops.web.shelf import SHELF
from release_ops.web.stakeholders_model import STATES, StakeholdersAnswer
from release_ops.web.stakeholders_picture import grid
from release_ops.web.story_words import place_of
from release_ops.web.tables import tables

router = APIRouter(dependencies=[shows(section_of(STAKEHOLDERS))], responses=PROBLEMS, tags=["stakeholders"])


class StakeholdersQuery(BaseModel):
    """Whose stakeholders and which messages to show. An empty value means all."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    product: Annotated[str, Field(max_length=200)] = ""
    """Id of a product."""
    state: Literal["", "due", "held", "failed", "sent", "escalated", "lapsed", "withdrawn"] = ""
    """Messages in this state only."""
    page: Annotated[int, Field(ge=1, le=100_000)] = 1
    """Page of the messages."""


@router.get(STAKEHOLDERS, **documented(StakeholdersAnswer))
def board(request: Request, query: Annotated[StakeholdersQuery, Query()]) -> Response:
    """Who has a stake in the products, and what they hear when."""
    store = tables()
    known = [row["product"] for row in store.all("stakeholder_products")]
    chosen = [query.product] if query.product else known
    shelved = SHELF.catalogue().products
    found = stakes.read_stakeholders(
        store,
        product=query.product or None,
        state=query.state or None,
        page=query.page,
        products=[shelved[one].product for one in chosen if one in shelved],
    )
    root = pages_root(request)
    sees_releases = may_see(request, *section_of(RELEASES).dags)
    place = place_of(chosen[0] if len(chosen) == 1 else "")

    def when(at: datetime | None) -> Safe:
        return moment(at.astimezone(place.zone) if at else None)

    return page(
        request,
        "stakeholders.html.j2",
        found,
        title="Stakeholders",
        states=STATES,
        rounds=stakes.rounds(found.messages),
        any_product=bool(known),
        several=len(chosen) > 1,
        zone=place.zone_name,
        when=when,
        now=datetime.now(UTC),
        plan_address=lambda one: (
            root + artifact_page(one.product, one.version, FOLDER, plan_name(one.kind, one.event))
            if sees_releases
            else ""
        ),
        filters=Filters(
            fields=(
                FormField("product", "Product", query.product, [Choice(one, one) for one in known]),
                FormField("state", "Messages", query.state, [Choice(one, one) for one in STATES]),
            ),
            is_set=bool(query.product or query.state),
        ),
        picture=grid(
            stakes.grid_places(found.people),
            {one.number: one.name for one in found.people},
            influence=found.high_influence,
            interest=found.high_interest,
        ),
        release_address=lambda product, version: root + story_page(product, version) if sees_releases else "",
    )
