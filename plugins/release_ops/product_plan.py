"""The plan in a product file: features and where they come from."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from release_ops.product_types import Part, Text


class FeaturePart(Part):
    """One planned piece of a release's scope."""

    id: Text = Field(examples=["WEB-118"])
    """Identifier that commits and tickets use."""
    title: Text
    """What users get, in one line."""
    status: Literal["planned", "in_progress", "done"] = "planned"
    """How far it is."""
    owner: Text | None = None
    """Who answers for it."""
    priority: Literal["must", "should", "could"] = "should"
    """At the freeze an unfinished must gets a deadline, a could is excluded."""
    url: Text | None = None
    """Its ticket."""
    points: Annotated[float, Field(ge=0, le=10_000)] | None = None
    """Effort in the team's own points."""
    value: Annotated[float, Field(ge=0, le=10_000)] | None = None
    """What it is worth, on the team's own scale."""
    risk: Annotated[float, Field(ge=0, le=1)] | None = None
    """Probability 0..1 that it is not done in time."""
    depends_on: list[Text] = []
    """Ids of features that have to be done before it."""
    team: Text | None = None
    """Who builds it."""
    acceptance: list[Text] = []
    """What must be true for it to be done."""


class ScopePart(Part):
    """Where a release's features come from."""

    source: Literal["file", "github"] = "file"
    """`file`: this file; `github`: the issues of the GitHub milestone named like the version."""


Most = Annotated[float, Field(gt=0, le=10_000)]


class LoadPart(Part):
    """How much scope a release has before a warning; nothing is refused for it."""

    features_per_week: Most | None = None
    """Features for each week from the start of the cycle to GA."""
    points_per_week: Most | None = None
    """Points for each week, when all features are estimated."""
    times_usual: Annotated[float, Field(ge=1, le=100)] | None = None
    """So many times what the product's other releases of the type usually have."""
