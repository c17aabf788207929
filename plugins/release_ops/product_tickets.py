"""The part of a product file that is about tickets: the fix version and the transition of what is released."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from release_ops.domain.scope_policy import ScopePolicy
from release_ops.domain.tickets_policy import TicketsPolicy
from release_ops.product_types import Part, Text

ProjectKey = Annotated[Text, Field(pattern=r"^[A-Z][A-Z0-9_]{1,254}$")]


class TicketsPart(Part):
    """What becomes of the Jira issues of a release when it is out."""

    projects: list[ProjectKey] = Field(default=[], examples=[["WEB"]])
    """Keys of the projects whose issues are touched; without it none is."""
    connection: Text | None = None
    """Airflow connection of type `jira`; that of `scope.jira`, or jira_default, without it."""
    at: Literal["ga", "promotion"] = "ga"
    """`ga`: when the final version is tagged; `promotion`: when a production environment has promoted it."""
    version: Text = Field(default="{version}", examples=["{product} {version}"])
    """Name of the fix version, which is made where it is missing."""
    transition: Text | None = Field(default=None, examples=["Released"])
    """Name of the transition, or of the status that it leads to; none is done without it."""
    keep: list[Text] = []
    """Issues in these statuses are not moved."""
    mark_released: Annotated[bool, Field(strict=True)] = True
    """Whether the fix version is marked as released."""
    only_closed: Annotated[bool, Field(strict=True)] = False
    """true: of the issues that commits name, only those that a commit closes."""
    most: Annotated[int, Field(strict=True, ge=1, le=10_000)] = 500
    """More issues than this are taken for a mistake, and none is touched."""


def tickets_policy(part: TicketsPart, scope: ScopePolicy) -> TicketsPolicy:
    """The policy that a section says."""
    jira = scope.jira
    return TicketsPolicy(
        projects=tuple(dict.fromkeys(part.projects)),
        connection=part.connection or (jira.connection if jira else None),
        at=part.at,
        version=part.version,
        transition=part.transition or "",
        keep=tuple(part.keep),
        mark_released=part.mark_released,
        only_closed=part.only_closed,
        most=part.most,
    )
