"""Who has a stake in a product, how much of it, and how they are told: what the section `stakeholders` of its file says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from release_ops.domain.delivery_policy import DeliveryFeed
from release_ops.domain.window_rules import Hours

if TYPE_CHECKING:
    from release_ops.domain.model import Channel

SCALE = range(1, 6)
"""Influence and interest: 1 none, 2 little, 3 some, 4 much, 5 all there is."""


class StakeholderType(StrEnum):
    """What somebody is to a product."""

    EXECUTIVE = "executive"
    PRODUCT_MANAGER = "product_manager"
    ENGINEERING_LEAD = "engineering_lead"
    CLIENT = "client"
    END_USER = "end_user"
    VENDOR = "vendor"
    INVESTOR = "investor"
    REGULATOR = "regulator"
    INTERNAL_TEAM = "internal_team"
    PARTNER = "partner"


class Level(StrEnum):
    """The language that somebody is told in: what it means, what it does, or how it works."""

    EXECUTIVE = "executive"
    BUSINESS = "business"
    TECHNICAL = "technical"


class Strategy(StrEnum):
    """What influence and interest ask for (Mendelow's grid)."""

    MANAGE_CLOSELY = "manage_closely"
    KEEP_SATISFIED = "keep_satisfied"
    KEEP_INFORMED = "keep_informed"
    MONITOR = "monitor"


class Cadence(StrEnum):
    """How often somebody hears without an occasion."""

    WEEKLY = "weekly"
    EVERY_TWO_WEEKS = "every_two_weeks"
    MONTHLY = "monthly"
    QUARTERLY = "quarterly"
    NEVER = "never"


class Topic(StrEnum):
    """What somebody is concerned about; the kind of news that touches it."""

    DATE = "date"
    SCOPE = "scope"
    QUALITY = "quality"
    COST = "cost"
    SECURITY = "security"
    AVAILABILITY = "availability"
    COMPLIANCE = "compliance"
    UPGRADE = "upgrade"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Concern:
    """What somebody has said to be concerned about, in their words."""

    topic: Topic
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Away:
    """A time, both ends aware and the end exclusive, in which somebody is not there."""

    start: datetime
    end: datetime
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Availability:
    """When somebody may be told something that is no emergency. Hours are wall-clock times in `zone`."""

    zone: str = "UTC"
    hours: Hours | None = None
    """None: around the clock."""
    holidays: tuple[str, ...] = ()
    """Regions whose public holidays are days off."""
    away: tuple[Away, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Stakeholder:
    """Somebody with a stake in a product: a person, a body or a firm. All texts are data."""

    id: str
    name: str
    type: StakeholderType
    role: str = ""
    influence: int
    """1..5, how much they can change what becomes of it."""
    interest: int
    """1..5, how much it matters to them."""
    audience: str = ""
    """Audience whose messages they get; empty: none, only what their cadence brings."""
    channels: tuple[Channel, ...] = ()
    """The first is used; the next ones where it fails."""
    level: Level = Level.BUSINESS
    language: str = "en"
    """ISO 639 code of the language they are told in."""
    availability: Availability = field(default_factory=Availability)
    owner: str = ""
    """Who of us looks after them: an approver's id or another stakeholder's; empty: nobody is named."""
    concerns: tuple[Concern, ...] = ()
    strategy: Strategy | None = None
    """Chosen by hand; None: what influence and interest ask for."""
    cadence: Cadence | None = None
    """Chosen by hand; None: the strategy's."""
    reason: str = ""
    """Why strategy or cadence were chosen by hand."""
    source: str = "file"
    """Where the register has them from: file, csv or sql."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """What a type of stakeholder usually is; a stakeholder's own words go before."""

    audience: str = ""
    level: Level = Level.BUSINESS


@dataclass(frozen=True, slots=True, kw_only=True)
class Quadrant:
    """A field of the grid: whether influence and interest are high in it, and how often those in it hear."""

    influence: bool
    interest: bool
    cadence: Cadence


@dataclass(frozen=True, slots=True, kw_only=True)
class SendPolicy:
    """How messages to people are brought to them."""

    attempts: int = 4
    """Failures after which a message is escalated."""
    backoff: tuple[timedelta, ...] = (timedelta(minutes=15), timedelta(hours=1), timedelta(hours=4))
    """Pause after the first failure, the second, ...; the last one counts for all later ones."""
    hours: Hours | None = None
    """When an audience may be told, in the product's zone; None: around the clock."""
    useful_for: timedelta = timedelta(days=2)
    """A message that is later than this is not sent any more, unless its phase says otherwise."""
    emergencies: frozenset[str] = frozenset({"hotfix", "security"})
    """Release types whose messages wait for nobody's hours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StakeholderPolicy:
    """The register and its rules."""

    people: tuple[Stakeholder, ...] = ()
    feed: DeliveryFeed | None = None
    """Where more of the register is read from; None: the file is all of it."""
    high_influence: int = 4
    high_interest: int = 4
    """From these on, influence and interest are high."""
    quadrants: Mapping[Strategy, Quadrant] = field(default_factory=dict)
    kinds: Mapping[StakeholderType, Kind] = field(default_factory=dict)
    levels: Mapping[Level, str] = field(default_factory=dict)
    """Level to the detail of the messages (`MessagePolicy.details`) that those of it get."""
    usual: Availability = field(default_factory=Availability)
    """Availability of those who say nothing of theirs."""
    send: SendPolicy = field(default_factory=SendPolicy)
    reads_as: str = "customers"
    """Audience whose words those read who are in none."""

    def person(self, identity: str) -> Stakeholder | None:
        """Stakeholder of that id among those of the file."""
        return next((one for one in self.people if one.id == identity), None)
