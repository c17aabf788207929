"""Expectations: whom a slip, a change of scope or an incident touches, how, what they will ask, and when they hear again."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from release_ops.domain.business_days import Days
from release_ops.domain.expectation_policy import OTHER, EventPolicy, ExpectationPolicy, TopicPolicy
from release_ops.domain.model import MilestoneKind, Product
from release_ops.domain.stakeholder_policy import Stakeholder
from release_ops.domain.stakeholders import treatment_of
from release_ops.domain.words import capital, days_text

_NAME = re.compile(r"\{([a-z]+)\}")


class EventKind(StrEnum):
    """What changed."""

    SLIP = "slip"
    SCOPE = "scope"
    INCIDENT = "incident"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that changes what people may expect of a release. Texts are data."""

    kind: EventKind
    id: str
    """Tells events of a release and kind apart, for ever."""
    version: str
    title: str
    """What moved, or what the incident is called."""
    at: datetime
    """When it was noticed, aware."""
    milestones: frozenset[str] = frozenset()
    """Kinds of the milestones that moved: who hears of them is touched."""
    old: date | None = None
    new: date | None = None
    features: tuple[str, ...] = ()
    """Titles of features that are not in the release any more."""
    feature_ids: tuple[str, ...] = ()
    """Their ids, in the same order."""
    severity: str = ""
    reason: str = ""
    """Why, for inside readers."""

    @property
    def days(self) -> int:
        """How far a date moved; later is positive."""
        return (self.new - self.old).days if self.old and self.new else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """Who may be touched: a stakeholder, or an audience as a whole."""

    id: str
    name: str
    audience: str
    strategy: str
    concerns: tuple[tuple[str, str], ...] = ()
    """Topic and the party's own words."""
    owner: str = ""
    """Id of who looks after them."""
    detail: str = ""
    is_person: bool = True
    """False: an audience."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One topic of a party: what it said, what the event does to it, what it will ask, what we do about it."""

    topic: str
    stated: str
    """In the party's own words; empty: it has not said so, readers like it usually ask."""
    effect: str
    likely: str
    mitigation: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """What an event means for one party."""

    party: Party
    why: tuple[str, ...]
    """Why it is touched."""
    answers: tuple[Answer, ...]
    next_contact: date

    @property
    def stated(self) -> tuple[Answer, ...]:
        """The answers to what the party itself has said."""
        return tuple(one for one in self.answers if one.stated)

    @property
    def effects(self) -> tuple[str, ...]:
        """What it means, each sentence once."""
        return tuple(dict.fromkeys(one.effect for one in self.answers if one.effect))


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectationPlan:
    """Everybody whom an event touches, those with stated concerns first."""

    event: Event
    expectations: tuple[Expectation, ...] = field(default=())
    untouched: tuple[str, ...] = ()
    """Names of the parties that need not hear."""


def parties_of(product: Product, people: Sequence[Stakeholder]) -> tuple[Party, ...]:
    """The stakeholders, and the audiences of the product's channels as they are without them."""
    policy = product.stakeholders
    found = [
        Party(
            id=one.id,
            name=one.name,
            audience=one.audience,
            strategy=treatment_of(one, policy).strategy.value,
            concerns=tuple((each.topic.value, each.text) for each in one.concerns),
            owner=one.owner,
            detail=policy.levels.get(one.level, ""),
        )
        for one in people
    ]
    titles = {name: product.messages.audience(name).title for name in product.messages.names}
    audiences = [
        Party(id=name, name=titles.get(name, name), audience=name, strategy="keep_informed", is_person=False)
        for name in product.channels
    ]
    return (*found, *audiences)


def is_occasion(event: Event, policy: ExpectationPolicy, now: datetime) -> bool:
    """Whether an event asks for a plan: it is recent, known to the policy, and bad enough."""
    rules = policy.events.get(event.kind)
    if rules is None or now - event.at > policy.recent:
        return False
    return event.kind is not EventKind.INCIDENT or not rules.severities or event.severity in rules.severities


def plan_expectations(product: Product, event: Event, parties: Iterable[Party], *, today: date) -> ExpectationPlan:
    """Whom of the parties the event touches, and how.

    Somebody is touched who is in an audience that is told of this kind of event in any case, who hears of a milestone
    that moved, or who has stated a concern that the event has words for. Who has stated none is answered what their
    audience usually asks.
    """
    policy = product.expectations
    rules = policy.events.get(event.kind, EventPolicy())
    found: list[Expectation] = []
    untouched: list[str] = []
    for party in parties:
        stated = [(topic, text) for topic, text in party.concerns if topic in rules.topics and topic != OTHER]
        why = [*_audience_reasons(product, event, rules, party), *(f"concerned about {topic}" for topic, _ in stated)]
        if not why:
            untouched.append(party.name)
            continue
        usual = [(topic, "") for topic in policy.usual.get(party.audience, (OTHER,))]
        found.append(
            Expectation(
                party=party,
                why=tuple(dict.fromkeys(why)),
                answers=_answers(product, event, rules, stated or usual),
                next_contact=_next_contact(product, party, today),
            )
        )
    found.sort(key=lambda one: (not one.stated, not one.party.is_person, one.next_contact, one.party.name))
    return ExpectationPlan(event=event, expectations=tuple(found), untouched=tuple(untouched))


def _audience_reasons(product: Product, event: Event, rules: EventPolicy, party: Party) -> list[str]:
    found = []
    if party.audience and party.audience in rules.audiences:
        found.append(f"told of every {'change of scope' if event.kind is EventKind.SCOPE else event.kind.value}")
    for kind in MilestoneKind:
        named = product.announcements.get(kind, ())
        if kind in event.milestones and party.audience and (party.audience in named or "*" in named):
            found.append(f"hears of {kind.value.upper() if kind in {'ga', 'rc'} else kind.value.replace('_', ' ')}")
    return found


def _answers(
    product: Product, event: Event, rules: EventPolicy, topics: Sequence[tuple[str, str]]
) -> tuple[Answer, ...]:
    found = []
    for topic, stated in topics:
        words = rules.topics.get(topic) or rules.topics.get(OTHER)
        if words is not None:
            found.append(_answer(product, event, topic, stated, words))
    return tuple(found)


def _answer(product: Product, event: Event, topic: str, stated: str, words: TopicPolicy) -> Answer:
    values = _values(product, event)
    effect, likely, mitigation = (_filled(text, values) for text in (words.effect, words.likely, words.mitigation))
    return Answer(topic=topic, stated=stated, effect=effect, likely=likely, mitigation=mitigation)


def _values(product: Product, event: Event) -> Mapping[str, str]:
    later = f"{days_text(abs(event.days))} {'later' if event.days > 0 else 'earlier'}"
    return {
        "product": product.name,
        "version": event.version,
        "title": capital(event.title),
        "day": f"{event.at:%a %Y-%m-%d}",
        "old": f"{event.old:%a %Y-%m-%d}" if event.old else "",
        "new": f"{event.new:%a %Y-%m-%d}" if event.new else "",
        "days": later,
        "features": ", ".join(event.features),
        "severity": event.severity or "severity not known",
    }


def _filled(text: str, values: Mapping[str, str]) -> str:
    return _NAME.sub(lambda match: values.get(match[1], match[0]), text)


def _next_contact(product: Product, party: Party, today: date) -> date:
    days = product.expectations.next_contact
    return Days(product.holiday_regions).shift(today, days.get(party.strategy) or max(days.values(), default=5))
