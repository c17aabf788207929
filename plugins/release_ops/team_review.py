"""The section `review` of a team file: how far ahead, what is too much, what help costs, who approves, who is told."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field, model_validator

from release_ops.domain.capacity_policy import HirePolicy, OutsidePolicy, ReviewPolicy, TrainingPolicy
from release_ops.domain.model import Channel, Person
from release_ops.product_budget import Amount, Number
from release_ops.product_channels import ChannelPart
from release_ops.product_delivery import DeliveryFeedPart, delivery_feed
from release_ops.product_schema import PersonPart
from release_ops.product_types import Duration, Part, Region, wrong

Word = Literal["novice", "intermediate", "advanced", "expert", "specialist"]
Ratio = Annotated[float, Field(ge=0, le=1)]
Hours = Annotated[float, Field(ge=0, le=10_000)]
WeekHours = Annotated[float, Field(ge=0, le=80)]
Weeks = Annotated[int, Field(strict=True, ge=0, le=104)]
Factor = Annotated[Number, Field(ge=1, le=10)]


class TrainingPart(Part):
    """What it takes to raise somebody's level."""

    price: Amount
    """Of an hour, beside the working time of who is trained."""
    hours: dict[Word, Hours] = {}
    """Level to the hours from the one below to it."""
    certificate: Hours
    """Hours to a certificate."""
    hours_per_week: WeekHours
    candidates: Annotated[int, Field(strict=True, ge=1, le=20)]
    """People proposed for a gap."""


class HirePart(Part):
    """What it takes to have one more person."""

    salaries: dict[Word, Amount] = {}
    """Level to a salary of a year; for a level without one nobody is hired."""
    recruitment: Annotated[Number, Field(ge=0, le=2)]
    """Share of the salary that finding somebody costs."""
    benefits: Factor
    """Times the salary."""
    overhead: Factor
    """Times salary and benefits."""
    year_hours: Annotated[Number, Field(ge=100, le=3000)]
    """Working hours of a year."""
    hours_per_week: WeekHours
    weeks: Weeks
    """Until somebody is there."""


class OutsidePart(Part):
    """What others take for the work, and what doing it later costs."""

    price: Amount
    """Of an hour."""
    weeks: Weeks
    """Until somebody is there."""
    delay: Amount
    """Of a week's delay of a project, times its priority."""
    most_weeks: Weeks
    """By which a project is moved at most."""


class ReviewPart(Part):
    """How capacity is reviewed."""

    every: Duration
    """Time between reviews, which are on Mondays."""
    weeks: Annotated[int, Field(strict=True, ge=1, le=104)]
    """Looked at, from the one of the review on."""
    history: Annotated[int, Field(strict=True, ge=1, le=104)]
    """Weeks of worked hours that are looked back at."""
    holidays: list[Region] = []
    """Public holidays of members and projects; a member's own `holidays` replace them."""
    under: Ratio
    """Below this share of his time somebody has room."""
    bus_factor: Annotated[int, Field(strict=True, ge=1, le=100)]
    """So many people have to be able to do what is needed."""
    matters_from: Hours
    """Hours of a gap from which on something is recommended."""
    recommendations: Annotated[int, Field(strict=True, ge=0, le=100)]
    """Gaps, the largest first, for which something is recommended."""
    group: Annotated[int, Field(strict=True, ge=5, le=100)]
    """People at least whose score, or whose cost, is told."""
    chance: Annotated[float, Field(ge=0.5, le=0.99)]
    """Chance that the interval of a prediction holds the hours."""
    scored: Annotated[int, Field(strict=True, ge=2, le=1000)]
    """Predictions of the past that an interval takes at least."""
    training: TrainingPart
    hire: HirePart
    outside: OutsidePart
    approvers: list[PersonPart] = []
    """Any one of them approves a plan; without one no plan is applied."""
    answer_within: Duration
    """A plan that nobody answered in this time is not applied."""
    report_to: list[ChannelPart] = []
    """Where the report is told; it names people."""
    worked: DeliveryFeedPart | None = None
    """Hours that were worked; docs/feeds.md has the columns."""

    @model_validator(mode="after")
    def _reads_whole_feed(self) -> ReviewPart:
        if self.worked is not None and "%(since)s" in (self.worked.statement or ""):
            raise wrong("worked asks for news only", "select all rows of the weeks that are looked back at")
        if self.answer_within < timedelta(minutes=1):
            raise wrong("answer_within leaves no time to answer", "write it like 3d")
        return self


def review_policy(part: ReviewPart) -> ReviewPolicy:
    """The domain's policy."""
    return ReviewPolicy(
        **part.model_dump(
            include={
                *(
                    "every",
                    "weeks",
                    "history",
                    "under",
                    "bus_factor",
                    "matters_from",
                    "recommendations",
                    "group",
                    "chance",
                ),
                "scored",
            }
        ),
        regions=tuple(part.holidays),
        training=TrainingPolicy(**part.training.model_dump()),
        hire=HirePolicy(**part.hire.model_dump()),
        outside=OutsidePolicy(**part.outside.model_dump()),
        approvers=tuple(Person(id=one.id, name=one.name or one.id, email=one.email or "") for one in part.approvers),
        answer_hours=part.answer_within.total_seconds() / 3600,
        channels=tuple(Channel(kind=one.kind, connection=one.connection, to=one.to or "") for one in part.report_to),
        worked=delivery_feed(part.worked) if part.worked is not None else None,
    )
