"""What a product's facts of delivery are read from, and what its figures are held to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

SEVERITIES = ("critical", "high", "medium", "low")


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryFeed:
    """A CSV file, or an SQL statement on an Airflow connection, whose columns are those of docs/feeds.md."""

    file: str = ""
    """Path, or address of an object; relative paths are beside the product file."""
    statement: str = ""
    connection: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryTargets:
    """What figures are held to; None: to nothing."""

    profile: str = ""
    """Profile of the product file that they come from; empty without one."""
    deployment_success: float | None = 0.98
    """Share of a release's production deployments that succeed and are not rolled back, at least."""
    freeze_to_production: timedelta | None = timedelta(weeks=4)
    """Time from a release's freeze to its production deployment, less than."""
    critical_issues: float | None = 0.5
    """Critical issues in the 48 hours after GA, fewer than, on average."""
    recovery: timedelta | None = None
    """Time from a failed deployment to users being well again, less than; the median counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryPolicy:
    """Where facts come from and how those of others are called here."""

    since: timedelta = timedelta(days=365)
    """How far back the first reading goes."""
    production: str = "production"
    """Environment that stands for users in scorecards."""
    environments: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Our name to the names of others, `*` standing for any text; what no entry names keeps its name."""
    incidents: tuple[str, ...] = ()
    """Labels that make an issue an incident; folded."""
    incident_within: timedelta | None = None
    """How long after a deployment an incident is still held against it; None: until the next one."""
    severities: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """critical, high, medium, low to the labels that say so; folded."""
    feeds: Mapping[str, DeliveryFeed] = field(default_factory=dict)
    """Stream to its feed."""
    targets: DeliveryTargets = field(default_factory=DeliveryTargets)
