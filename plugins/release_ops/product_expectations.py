"""The part of a product file that is about expectations: what a slip, a change of scope or an incident means for whom."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field

from release_ops.domain.expectation_policy import EventPolicy, ExpectationPolicy, TopicPolicy
from release_ops.domain.stakeholder_policy import Strategy, Topic
from release_ops.product_types import Duration, Part, Text

Severity = Literal["critical", "high", "medium", "low"]


class TopicPart(Part):
    """What an event means for those who are concerned about a topic.

    Texts may hold {product}, {version}, {title}, {day}, {old}, {new}, {days}, {features} and {severity}.
    """

    effect: Text
    """What it does to what they are concerned about."""
    likely: Text
    """What they will probably ask."""
    mitigation: Text
    """What we do about it."""


class EventPart(Part):
    """What one kind of event touches."""

    audiences: list[Text] = []
    """Told in any case."""
    topics: dict[Topic, TopicPart] = {}
    """Topic of a concern to what is said; `other` stands for those that are not named."""


class IncidentPart(EventPart):
    """What an incident touches."""

    severities: list[Severity] = []
    """Incidents that are an occasion; all of them without any."""


class EventsPart(Part):
    """The events."""

    slip: EventPart = EventPart()
    """A date moved."""
    scope: EventPart = EventPart()
    """Features were taken out of a release."""
    incident: IncidentPart = IncidentPart()
    """Users met a failure."""


class ExpectationsPart(Part):
    """What news means for whom, and when they hear again."""

    next_contact: dict[Strategy, Annotated[int, Field(strict=True, ge=1, le=90)]] = {}
    """Strategy to business days until the next contact."""
    recent: Duration = timedelta(days=7)
    """What is older when it is first seen gets no plan."""
    usual: dict[Text, list[Topic]] = {}
    """Audience to what those in it usually ask about who have stated no concern."""
    events: EventsPart = EventsPart()


def expectation_policy(part: ExpectationsPart) -> ExpectationPolicy:
    """The domain's policy."""
    events = {"slip": part.events.slip, "scope": part.events.scope, "incident": part.events.incident}
    return ExpectationPolicy(
        events={
            name: EventPolicy(
                audiences=tuple(one.audiences),
                severities=tuple(one.severities) if isinstance(one, IncidentPart) else (),
                topics={
                    topic.value: TopicPolicy(effect=words.effect, likely=words.likely, mitigation=words.mitigation)
                    for topic, words in one.topics.items()
                },
            )
            for name, one in events.items()
        },
        usual={audience: tuple(topic.value for topic in topics) for audience, topics in part.usual.items()},
        next_contact={strategy.value: days for strategy, days in part.next_contact.items()},
        recent=part.recent,
    )
