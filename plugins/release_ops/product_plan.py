"""The plan in a product file: features, where they come from, and how fast the teams are."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from release_ops.domain.scope_policy import Capacity, JiraScope, ScopePolicy, TeamSpeed
from release_ops.product_types import Part, Text, wrong

Points = Annotated[float, Field(ge=0, le=10_000)]
Speed = Annotated[float, Field(gt=0, le=10_000)]
Ratio = Annotated[float, Field(ge=0, le=1)]
Priority = Literal["must", "should", "could"]


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
    priority: Priority | None = None
    """At the freeze an unfinished must gets a deadline, a could is excluded; without it the plan ranks it."""
    url: Text | None = None
    """Its ticket."""
    points: Points | None = None
    """Effort in the team's own points."""
    days: Annotated[float, Field(ge=0, le=1_000)] | None = None
    """Business days from its start to its end; without it its points at the speed of its team."""
    value: Points | None = None
    """What it is worth, on the team's own scale."""
    risk: Ratio | None = None
    """Probability 0..1 that it is not done in time."""
    depends_on: list[Text] = []
    """Ids of features that have to be done before it."""
    team: Text | None = None
    """Who builds it."""
    acceptance: list[Text] = []
    """What must be true for it to be done."""


class JiraPart(Part):
    """A project in Jira whose fixVersion is named like the version."""

    project: Annotated[Text, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]{1,254}$")] = Field(examples=["WEB"])
    """Key of the project."""
    connection: Text | None = None
    """Airflow connection of type `jira`; jira_default without it."""
    points_field: Text | None = Field(default=None, examples=["customfield_10016"])
    """Id of the field with the story points."""
    value_field: Text | None = None
    """Id of the field with the value, if there is one."""
    team_field: Text | None = None
    """Id of the field with the team, if there is one."""


class ScopePart(Part):
    """Where a release's features come from, and what a tracker's labels mean."""

    source: Literal["file", "github", "jira"] = "file"
    """`file`: this file; `github`: the issues of the GitHub milestone, `jira`: those of the fixVersion, named like the
    version."""
    points: dict[str, Points] = Field(default={}, examples=[{"size/M": 5}])
    """Label to points; labels such as `points: 5` need no entry."""
    risk: dict[str, Ratio] = Field(default={}, examples=[{"risk: high": 0.5}])
    """Label to the probability 0..1 that the feature is late."""
    priorities: dict[str, Priority] = Field(default={}, examples=[{"P0": "must"}])
    """Label, or name of a Jira priority, to must, should or could."""
    jira: JiraPart | None = None
    """Needed by source `jira`."""

    @model_validator(mode="after")
    def _has_jira(self) -> ScopePart:
        if self.source == "jira" and self.jira is None:
            raise wrong("source jira needs `jira`", "write jira: {project: WEB}")
        return self


def _as_speed(value: Any) -> Any:
    return {"points_per_week": value} if isinstance(value, int | float) and not isinstance(value, bool) else value


class TeamSpeedPart(Part):
    """How fast a team is."""

    points_per_week: Speed
    """While all its people are there."""
    people: list[Text] = []
    """User ids, as under `away`: each absent one takes an equal share of the points away."""


class CapacityPart(Part):
    """How many points are done in a week of five business days."""

    points_per_week: Speed | None = None
    """By all; the sum of the teams without it."""
    people: list[Text] = []
    """All who build it; needed only where teams do not name theirs."""
    teams: dict[
        Text, Annotated[TeamSpeedPart, BeforeValidator(_as_speed, json_schema_input_type=Speed | TeamSpeedPart)]
    ] = {}
    """Speed of each team that features name."""

    @model_validator(mode="after")
    def _counts(self) -> CapacityPart:
        if self.people and self.points_per_week is None:
            raise wrong("people without points", "add points_per_week")
        return self


Most = Annotated[float, Field(gt=0, le=10_000)]


class LoadPart(Part):
    """How much scope a release has before a warning; nothing is refused for it."""

    features_per_week: Most | None = None
    """Features for each week from the start of the cycle to GA."""
    points_per_week: Most | None = None
    """Points for each week, when all features are estimated."""
    times_usual: Annotated[float, Field(ge=1, le=100)] | None = None
    """So many times what the product's other releases of the type usually have."""


def scope_policy(part: ScopePart) -> ScopePolicy:
    """Policy of a valid section; names of labels are folded."""
    return ScopePolicy(
        source=part.source,
        points={name.casefold(): points for name, points in part.points.items()},
        risk={name.casefold(): risk for name, risk in part.risk.items()},
        priorities={name.casefold(): priority for name, priority in part.priorities.items()},
        jira=JiraScope(
            project=part.jira.project,
            connection=part.jira.connection,
            points_field=part.jira.points_field or "",
            value_field=part.jira.value_field or "",
            team_field=part.jira.team_field or "",
        )
        if part.jira
        else None,
    )


def capacity(part: CapacityPart) -> Capacity:
    """Capacity of a valid section."""
    whole = part.points_per_week
    return Capacity(
        whole=TeamSpeed(points_per_week=whole, people=tuple(dict.fromkeys(part.people))) if whole else None,
        teams={
            name: TeamSpeed(points_per_week=one.points_per_week, people=tuple(dict.fromkeys(one.people)))
            for name, one in part.teams.items()
        },
    )
