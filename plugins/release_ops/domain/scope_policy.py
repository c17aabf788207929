"""Where a release's features come from, how its trackers' labels read, and how fast the teams are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

FILE, GITHUB, JIRA = "file", "github", "jira"


@dataclass(frozen=True, slots=True, kw_only=True)
class JiraScope:
    """A project in Jira and which of its custom fields hold what we plan by."""

    project: str
    connection: str | None = None
    points_field: str = ""
    """Id such as customfield_10016; empty: the project has no story points."""
    value_field: str = ""
    team_field: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScopePolicy:
    """Source of the features and what labels and priorities of a tracker mean; names are compared without case."""

    source: str = FILE
    points: Mapping[str, float] = field(default_factory=dict)
    """Label to points, besides labels such as `points: 5`."""
    risk: Mapping[str, float] = field(default_factory=dict)
    """Label to the probability 0..1 that the feature is late."""
    priorities: Mapping[str, str] = field(default_factory=dict)
    """Label, or name of a Jira priority, to must, should or could."""
    jira: JiraScope | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamSpeed:
    """Points per week of a team while all its people are there."""

    points_per_week: float
    people: tuple[str, ...] = ()
    """User ids; each absent one takes an equal share of the points away. Empty: absences do not count."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Capacity:
    """How many points are done in a week: by all, and by single teams."""

    whole: TeamSpeed | None = None
    teams: Mapping[str, TeamSpeed] = field(default_factory=dict)
