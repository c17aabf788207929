"""Stakeholders in a product file: the register, the grid of influence and interest, and how messages are brought."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo, field_validator, model_validator

from release_ops.domain.hours import read_hours
from release_ops.domain.model import Channel, ReleaseType
from release_ops.domain.stakeholder_policy import (
    Availability,
    Away,
    Cadence,
    Concern,
    Kind,
    Level,
    Quadrant,
    SendPolicy,
    Stakeholder,
    StakeholderPolicy,
    StakeholderType,
    Strategy,
    Topic,
)
from release_ops.product_channels import ChannelPart
from release_ops.product_delivery import DeliveryFeedPart, delivery_feed
from release_ops.product_types import Duration, Moment, Part, Region, Text, Zone, instant, wrong
from release_ops.product_windows import DaysText, Spans

_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")


def _language(value: str) -> str:
    if not _LANGUAGE.fullmatch(value):
        raise wrong(f"{value!r} is no code of a language", "write one of ISO 639, like en, de or pt-BR")
    return value


def _concern(value: Any) -> Any:
    return {"text": value} if isinstance(value, str) else value


def _readable(value: dict[str, list[str]] | None) -> dict[str, list[str]] | None:
    try:
        read_hours(value) if value else None
    except ValueError as error:
        message, _, remedy = str(error).partition("; ")
        raise wrong(message, remedy) from None
    return value


Scale = Annotated[int, Field(strict=True, ge=1, le=5)]
Language = Annotated[Text, AfterValidator(_language)]
HoursPart = Annotated[dict[DaysText, Spans], AfterValidator(_readable)]
Identifier = Annotated[Text, Field(pattern=r"^[a-z0-9][a-z0-9_.-]{0,49}$")]


class StakeholderAwayPart(Part):
    """A time in which somebody is not there."""

    start: Moment
    """First day, or the instant, in their zone."""
    end: Moment
    """Last day (included), or the instant."""
    reason: Text | None = None
    """Seen by those who look after them."""


class ConcernPart(Part):
    """What somebody is concerned about."""

    topic: Topic = Topic.OTHER
    """Which news touches it."""
    text: Text
    """In their words."""


ConcernOrText = Annotated[ConcernPart, BeforeValidator(_concern, json_schema_input_type=str | ConcernPart)]


class StakeholderPart(Part):
    """Somebody with a stake in the product."""

    name: Text
    """Name that people read."""
    role: Text | None = Field(default=None, examples=["Head of Purchasing, Contoso"])
    """What they are where they work."""
    type: StakeholderType
    """What they are to the product."""
    influence: Scale
    """1 none to 5: how much they can change what becomes of it."""
    interest: Scale
    """1 none to 5: how much it matters to them."""
    audience: Text | None = None
    """Audience whose messages they get; that of their type without it."""
    channels: list[ChannelPart] = []
    """How they are reached: the first is used, the next ones where it fails."""
    level: Level | None = None
    """Language they are told in: what it means, what it does, or how it works; that of their type without it."""
    language: Language = "en"
    """ISO 639 code."""
    zone: Zone | None = None
    """IANA zone they live in; the product's without it."""
    hours: HoursPart | None = Field(default=None, examples=[{"mon-thu": "09:00-16:00"}])
    """When they may be told; the project's usual hours without it."""
    holidays: list[Region] | None = None
    """Regions whose public holidays are days off; the product's without it."""
    away: list[StakeholderAwayPart] = []
    """When they are not there."""
    owner: Text | None = None
    """Who looks after them: the id of an approver or of another stakeholder."""
    concerns: list[ConcernOrText] = []
    """What they have said to be concerned about."""
    strategy: Strategy | None = None
    """Instead of what influence and interest ask for; needs `reason`."""
    cadence: Cadence | None = None
    """Instead of the strategy's; needs `reason`."""
    reason: Text | None = None
    """Why strategy or cadence are chosen by hand."""

    @model_validator(mode="after")
    def _gives_a_reason(self) -> StakeholderPart:
        chosen = "strategy" if self.strategy else "cadence" if self.cadence else ""
        if chosen and self.reason is None:
            raise wrong(f"{chosen} is chosen by hand without a reason", "write `reason`, or remove it")
        return self


class HighFromPart(Part):
    """From where on influence and interest are high."""

    influence: Scale = 4
    """1 to 5."""
    interest: Scale = 4
    """1 to 5."""


class StrategyPart(Part):
    """A field of the grid."""

    influence: Literal["high", "low"]
    """Whether influence is high in it."""
    interest: Literal["high", "low"]
    """Whether interest is high in it."""
    cadence: Cadence
    """How often those in it hear without an occasion."""


class StakeholderKindPart(Part):
    """What a type of stakeholder usually is."""

    audience: Text | None = None
    """Audience they belong to."""
    level: Level = Level.BUSINESS
    """Language they are told in."""


class SendPart(Part):
    """How messages to people are brought to them."""

    attempts: Annotated[int, Field(strict=True, ge=1, le=20)] = 4
    """Failures after which a message goes through another channel, or to the owner."""
    backoff: list[Duration] = [timedelta(minutes=15), timedelta(hours=1), timedelta(hours=4)]
    """Pause after the first failure, the second, ...; the last one counts for all later ones."""
    hours: HoursPart = {}
    """When audiences are told, in the product's zone; around the clock without any."""
    useful_for: Duration = timedelta(days=2)
    """A message that is later than this is not sent any more, unless its phase says otherwise."""
    emergencies: list[ReleaseType] = [ReleaseType.HOTFIX, ReleaseType.SECURITY]
    """Types of releases whose messages wait for nobody's hours."""

    @field_validator("backoff")
    @classmethod
    def _has_one(cls, value: list[timedelta]) -> list[timedelta]:
        if not value:
            raise wrong("is empty", "write at least one pause, like [15m]")
        return value


class StakeholdersPart(Part):
    """Who has a stake in the product, what is done for them, and how they are told."""

    people: dict[Identifier, StakeholderPart] = {}
    """The register, by id."""
    feed: DeliveryFeedPart | None = None
    """More of the register from a CSV file or an SQL statement; docs/stakeholders.md has the columns."""
    high_from: HighFromPart = HighFromPart()
    strategies: dict[Strategy, StrategyPart] = {}
    """The grid: what influence and interest ask for."""
    types: dict[StakeholderType, StakeholderKindPart] = {}
    """What somebody of a type usually is."""
    levels: dict[Level, Text] = {}
    """Level to the detail of messages, one of `messages.details`."""
    hours: HoursPart = {}
    """When people are told who name no hours, in their zone; around the clock without any."""
    send: SendPart = SendPart()
    reads_as: Text = "customers"
    """Audience whose words those read who are in none."""

    @field_validator("strategies")
    @classmethod
    def _is_a_whole_grid(cls, value: dict[Strategy, StrategyPart], _: ValidationInfo) -> dict[Strategy, StrategyPart]:
        fields = sorted((one.influence, one.interest) for one in value.values())
        if value and (len(fields) != 4 or len(set(fields)) != 4):
            raise wrong("is no whole grid", "give each of the four strategies a field of its own, high or low")
        return value


def channels_of(parts: list[ChannelPart]) -> tuple[Channel, ...]:
    """The domain's channels."""
    return tuple(Channel(kind=one.kind, connection=one.connection, to=one.to or "") for one in parts)


def stakeholder_policy(part: StakeholdersPart, zone: str, holidays: tuple[str, ...]) -> StakeholderPolicy:
    """The domain's policy; `zone` and `holidays` are the product's."""
    kinds = {key: Kind(audience=one.audience or "", level=one.level) for key, one in part.types.items()}
    usual = Availability(zone=zone, hours=read_hours(part.hours) if part.hours else None, holidays=holidays)
    return StakeholderPolicy(
        people=tuple(stakeholder(key, one, kinds.get(one.type, Kind()), usual) for key, one in part.people.items()),
        feed=delivery_feed(part.feed) if part.feed else None,
        high_influence=part.high_from.influence,
        high_interest=part.high_from.interest,
        quadrants={
            key: Quadrant(influence=one.influence == "high", interest=one.interest == "high", cadence=one.cadence)
            for key, one in part.strategies.items()
        },
        kinds=kinds,
        levels=dict(part.levels),
        usual=usual,
        reads_as=part.reads_as,
        send=SendPolicy(
            attempts=part.send.attempts,
            backoff=tuple(part.send.backoff),
            hours=read_hours(part.send.hours) if part.send.hours else None,
            useful_for=part.send.useful_for,
            emergencies=frozenset(one.value for one in part.send.emergencies),
        ),
    )


def stakeholder(identity: str, part: StakeholderPart, kind: Kind, usual: Availability) -> Stakeholder:
    """The domain's stakeholder; what it does not say is that of its type, or what is usual."""
    zone = part.zone or usual.zone
    return Stakeholder(
        id=identity,
        name=part.name,
        role=part.role or "",
        type=part.type,
        influence=part.influence,
        interest=part.interest,
        audience=part.audience or kind.audience,
        channels=channels_of(part.channels),
        level=part.level or kind.level,
        language=part.language,
        availability=Availability(
            zone=zone,
            hours=read_hours(part.hours) if part.hours else usual.hours,
            holidays=usual.holidays if part.holidays is None else tuple(dict.fromkeys(part.holidays)),
            away=tuple(
                Away(
                    start=instant(one.start, ZoneInfo(zone), last=False),
                    end=instant(one.end, ZoneInfo(zone), last=True),
                    reason=one.reason or "",
                )
                for one in part.away
            ),
        ),
        owner=part.owner or "",
        concerns=tuple(Concern(topic=one.topic, text=one.text) for one in part.concerns),
        strategy=part.strategy,
        cadence=part.cadence,
        reason=part.reason or "",
    )
