"""Delivery in a product file: where facts come from, what others call things, and what figures are held to."""

from __future__ import annotations

from datetime import timedelta
from difflib import get_close_matches
from typing import Annotated, Literal

from pydantic import Field, model_validator

from release_ops.domain.delivery_policy import DeliveryFeed, DeliveryPolicy, DeliveryTargets
from release_ops.product_types import Duration, Part, Text, wrong

Ratio = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[float, Field(ge=0, le=10_000)]
Stream = Literal[
    "commits",
    "pull_requests",
    "pull_reviews",
    "check_runs",
    "issues",
    "published_releases",
    "deployments",
    "deployment_statuses",
    "deployed_commits",
    "incidents",
    "flag_changes",
    "release_measures",
]


class DeliveryFeedPart(Part):
    """Facts from a CSV file or an SQL statement; docs/feeds.md has the columns."""

    file: Text | None = Field(default=None, examples=["deployments.csv", "s3://metrics/webapp/deployments.csv"])
    """CSV file beside the product file, with an absolute path, or in an object store."""
    statement: Text | None = None
    """SQL statement whose columns are named like those of the CSV file."""
    connection: Text | None = None
    """Airflow connection of the statement, or of the object store."""

    @model_validator(mode="after")
    def _is_one_source(self) -> DeliveryFeedPart:
        if (self.file is None) == (self.statement is None):
            raise wrong("a feed is either a file or a statement", "write one of `file` and `statement`")
        if self.statement is not None and self.connection is None:
            raise wrong("a statement needs `connection`", "name the Airflow connection of the database")
        return self


class DeliveryProfilePart(Part):
    """Named figures to be held to; what a profile does not name is held to nothing."""

    deployment_success: Ratio | None = None
    """Share of a release's production deployments that succeed and are not rolled back, at least."""
    freeze_to_production: Duration | None = None
    """Time from a release's freeze to its production deployment, less than."""
    critical_issues: Count | None = None
    """Critical issues in the 48 hours after GA, fewer than, on average over releases."""
    recovery: Duration | None = None
    """Time from a failed deployment to users being well again, less than; the median counts."""


class DeliveryTargetsPart(DeliveryProfilePart):
    """What figures are held to: those of a profile, but for what is written here."""

    profile: Text | None = Field(default=None, examples=["strict"])
    """Profile whose figures count: standard, strict, or one of your own."""
    profiles: dict[Text, DeliveryProfilePart] = {}
    """Profiles to choose from."""

    @model_validator(mode="after")
    def _names_a_profile(self) -> DeliveryTargetsPart:
        if self.profile is not None and self.profile not in self.profiles:
            known = sorted(self.profiles)
            near = get_close_matches(self.profile, known, n=1)
            remedy = f"did you mean {near[0]!r}?" if near else f"known are: {', '.join(known) or 'none'}"
            raise wrong(f"profile {self.profile!r} is none of `profiles`", remedy)
        return self


class DeliveryPart(Part):
    """Facts of delivery: what is read from repository, forge and feeds, and what figures are held to."""

    since: Duration = timedelta(days=365)
    """How far back the first reading goes."""
    production: Text = "production"
    """Environment that stands for users."""
    environments: dict[Text, list[Text]] = Field(default={}, examples=[{"production": ["prod", "live-*"]}])
    """Our name to the names that others use, `*` standing for any text; an unnamed environment keeps its name."""
    incidents: list[Text] = []
    """Labels that make an issue an incident."""
    incident_within: Annotated[Duration, Field(gt=timedelta(0))] | None = Field(default=None, examples=["7d"])
    """How long after a deployment an incident is still held against it, unless it names one; `null`: until the next."""
    severities: dict[Literal["critical", "high", "medium", "low"], list[Text]] = {}
    """Labels that tell how severe an issue is."""
    feeds: dict[Stream, DeliveryFeedPart] = {}
    """Facts from files and databases, beside the repository's or instead of them."""
    targets: DeliveryTargetsPart = DeliveryTargetsPart()

    @model_validator(mode="after")
    def _has_whole_feeds(self) -> DeliveryPart:
        deployed = self.feeds.get("deployed_commits")
        if deployed is not None and "%(since)s" in (deployed.statement or ""):
            raise wrong(
                "feeds.deployed_commits asks for news only", "select all rows: a late deployment changes old ones"
            )
        return self


def delivery_policy(part: DeliveryPart) -> DeliveryPolicy:
    """The domain's policy."""
    return DeliveryPolicy(
        since=part.since,
        production=part.production,
        environments={name: tuple(others) for name, others in part.environments.items()},
        incident_within=part.incident_within,
        incidents=tuple(label.casefold() for label in part.incidents),
        severities={name: tuple(label.casefold() for label in labels) for name, labels in part.severities.items()},
        feeds={stream: delivery_feed(one) for stream, one in part.feeds.items()},
        targets=_targets(part.targets),
    )


def delivery_feed(part: DeliveryFeedPart) -> DeliveryFeed:
    """The domain's feed."""
    return DeliveryFeed(file=part.file or "", statement=part.statement or "", connection=part.connection or "")


def _targets(part: DeliveryTargetsPart) -> DeliveryTargets:
    profile = part.profiles[part.profile] if part.profile is not None else DeliveryProfilePart()
    beside = part.model_dump(include=set(DeliveryProfilePart.model_fields), exclude_none=True)
    return DeliveryTargets(profile=part.profile or "", **(profile.model_dump() | beside))
