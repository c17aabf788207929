"""How the capacity of a team file is reviewed: how far ahead, what is too much, what help costs, who decides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal

from release_ops.domain.delivery_policy import DeliveryFeed
from release_ops.domain.model import Channel, Person


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingPolicy:
    """What it takes to raise somebody's level of a skill."""

    price: Decimal = Decimal(150)
    """Of an hour of training, beside the working time of who is trained."""
    hours: Mapping[str, float] = field(default_factory=dict)
    """Level to the hours from the one below to it."""
    certificate: float = 40.0
    """Hours to a certificate."""
    hours_per_week: float = 8.0
    candidates: int = 3
    """How many are proposed for a gap."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HirePolicy:
    """What it takes to have one more person. A salary is of a year."""

    salaries: Mapping[str, Decimal] = field(default_factory=dict)
    """Level to the salary."""
    recruitment: Decimal = Decimal("0.25")
    """Share of the salary that finding somebody costs."""
    benefits: Decimal = Decimal("1.3")
    """Times the salary."""
    overhead: Decimal = Decimal("1.5")
    """Times salary and benefits."""
    year_hours: Decimal = Decimal(1720)
    """Working hours of a year, by which a salary becomes a price of an hour."""
    hours_per_week: float = 40.0
    weeks: int = 12
    """Until somebody is there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutsidePolicy:
    """What others take for the work, and what it costs to do it later."""

    price: Decimal = Decimal(150)
    """Of an hour of a contractor."""
    weeks: int = 2
    """Until somebody is there."""
    delay: Decimal = Decimal(1000)
    """What a week's delay of a project costs, times its priority."""
    most_weeks: int = 26
    """A project is not proposed to be moved by more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewPolicy:
    """The review of a team file."""

    every: timedelta = timedelta(weeks=2)
    """Time between reviews."""
    weeks: int = 12
    """How many weeks are looked at, from that of the review on."""
    history: int = 12
    """Weeks of worked hours that are looked back at."""
    regions: tuple[str, ...] = ()
    """Public holidays of who names none of his own, and of the projects."""
    under: float = 0.5
    """Somebody of whose time a smaller share is promised in a week has room."""
    bus_factor: int = 2
    """So many people have to be able to do what a skill or a need asks for."""
    matters_from: float = 4.0
    """Hours; a gap that is smaller over all its weeks gets no recommendation."""
    recommendations: int = 10
    """For how many gaps, the largest first, something is recommended."""
    group: int = 5
    """Scores of fewer people, and costs that are made of fewer rates, are not told."""
    chance: float = 0.8
    """Chance that the interval of a forecast holds the hours."""
    scored: int = 8
    """Predictions of the past that an interval takes at least."""
    training: TrainingPolicy = field(default_factory=TrainingPolicy)
    hire: HirePolicy = field(default_factory=HirePolicy)
    outside: OutsidePolicy = field(default_factory=OutsidePolicy)
    approvers: tuple[Person, ...] = ()
    """Any one of them approves a plan. Without one no plan is applied."""
    answer_hours: float = 72.0
    """Time to approve; a plan that nobody answered is not applied."""
    channels: tuple[Channel, ...] = ()
    """Where the report is told."""
    worked: DeliveryFeed | None = None
    """Hours that were worked."""
