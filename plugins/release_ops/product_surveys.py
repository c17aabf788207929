"""Surveys in a product file: what is asked, who is asked, how often, and what the page and the mail say."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, WithJsonSchema, model_validator

from release_ops.domain.model import ReleaseType
from release_ops.domain.survey_policy import (
    Respondent,
    Sample,
    Scale,
    SurveyCadence,
    SurveyKind,
    SurveyPlan,
    SurveyPolicy,
    SurveyTexts,
)
from release_ops.domain.survey_words import WORDS, fitting
from release_ops.product_delivery import DeliveryFeedPart, delivery_feed
from release_ops.product_types import Duration, Part, Text, wrong

LONGEST = timedelta(days=90)
"""A round is open no longer: its links would outlive what they ask about."""
_LANGUAGE = r"^[a-z]{2,3}(-[A-Z]{2})?$"
_ID = r"^[a-z0-9][a-z0-9_.-]{0,49}$"


def _language(text: str) -> str:
    if re.fullmatch(_LANGUAGE, text) is None:
        raise wrong(f"{text!r} is no language", "write its code, such as en or pt-BR")
    return text


def _identity(text: str) -> str:
    if re.fullmatch(_ID, text) is None:
        raise wrong(f"{text!r} is no id", "write small letters, digits, '-', '_' and '.', 50 at most")
    return text


def _word(name: str) -> str:
    if name not in WORDS:
        raise wrong(f"there is no word {name!r}", f"it has: {', '.join(WORDS)}")
    return name


def _fills(text: str) -> str:
    if problem := fitting(text):
        raise wrong(problem, "write {product}, {version}, {title} or {day}, or {{ for a brace")
    return text


Language = Annotated[str, AfterValidator(_language), WithJsonSchema({"type": "string", "pattern": _LANGUAGE})]
Identity = Annotated[str, AfterValidator(_identity), WithJsonSchema({"type": "string", "pattern": _ID})]
Filled = Annotated[Text, AfterValidator(_fills)]
WordName = Annotated[str, AfterValidator(_word), WithJsonSchema({"type": "string", "enum": list(WORDS)})]
Score = Annotated[int, Field(strict=True, ge=0, le=10)]
Kind = Literal["nps", "csat", "ces"]


class SurveyTextsPart(Part):
    """What a survey says in one language. `{product}` and `{version}` are filled in."""

    question: Filled | None = None
    """The question whose answer is a score."""
    low: Filled | None = None
    """What the lowest score means."""
    high: Filled | None = None
    """What the highest score means."""
    follow_up: Filled | Literal[""] | None = None
    """The question for a comment; `""`: none is asked for."""


class SurveyScalePart(Part):
    """Whole scores from `low` to `high`, and the usual texts by language."""

    low: Score
    """Lowest score."""
    high: Score
    """Highest score."""
    texts: dict[Language, SurveyTextsPart] = {}
    """Language to what is said in it."""

    @model_validator(mode="after")
    def _rises(self) -> SurveyScalePart:
        if self.high <= self.low:
            raise wrong(f"the scale goes from {self.low} to {self.high}", "write a high above the low")
        return self


class SurveySamplePart(Part):
    """Who of those that may be asked is asked."""

    share: Annotated[float, Field(gt=0, le=1)] | None = None
    """Share of them, 0..1."""
    size: Annotated[int, Field(strict=True, ge=1, le=100_000)] | None = None
    """So many of them at most."""

    @model_validator(mode="after")
    def _is_one(self) -> SurveySamplePart:
        if (self.share is None) == (self.size is None):
            raise wrong("a sample is either a share or a size", "write one of `share` and `size`")
        return self


class SurveyPart(Part):
    """One survey."""

    kind: Kind
    """`nps`: would you recommend it; `csat`: how content are you; `ces`: how easy was it."""
    title: Filled | None = None
    """Name that people read; the id without it."""
    audiences: list[Text] = []
    """Who is asked; everybody among `surveys.people` without it."""
    cadence: Literal["monthly", "quarterly", "after_release"] = "quarterly"
    """When it is held."""
    day: Annotated[int, Field(strict=True, ge=1, le=28)] = 1
    """Day of the month, or of the quarter's first month, on which it opens."""
    after: Duration = timedelta(days=7)
    """So long after GA it opens, where it is held after releases."""
    types: list[ReleaseType] = []
    """Types of the releases after which it is held; all without it."""
    sample: SurveySamplePart | None = None
    """Part of the people; all of them without it."""
    remind_after: Duration | Literal[False] | None = None
    """So long after the invitation everybody is reminded once; false: nobody is. `surveys.remind_after` without it."""
    open_for: Duration | None = None
    """How long it can be answered; `surveys.open_for` without it."""
    texts: dict[Language, SurveyTextsPart] = {}
    """What it says, where that differs from the texts of its kind."""


class RespondentPart(Part):
    """Somebody who may be asked."""

    address: Text = Field(examples=["ada@example.org"])
    """Mail address; of channel `slack` the id of a member or channel."""
    audience: Text
    """Group whose answers are told together."""
    language: Language | None = None
    """Language of mail and page; `surveys.language` without it."""
    channel: Literal["email", "slack", "outbox"] = "email"
    """How the link reaches the person. `outbox` sends nothing: for trials."""

    @model_validator(mode="after")
    def _has_address(self) -> RespondentPart:
        if self.channel == "email" and not 0 < self.address.strip().find("@") < len(self.address.strip()) - 1:
            raise wrong(f"{self.address!r} is not a mail address", "write address: ada@example.org")
        return self


class SurveysPart(Part):
    """Surveys of the people who use, sell, support or pay for the product. docs/surveys.md says how they work."""

    kinds: dict[Kind, SurveyScalePart] = {}
    """Scale and usual texts of each kind."""
    plans: dict[Identity, SurveyPart] = {}
    """The surveys by id."""
    people: list[RespondentPart] = []
    """Who may be asked."""
    stakeholders: Annotated[bool, Field(strict=True)] = True
    """Whether the people of the register `stakeholders` may be asked too, by the first of their channels."""
    feed: DeliveryFeedPart | None = None
    """More of them, from a CSV file or an SQL statement with the columns address, audience, language and channel."""
    language: Language = "en"
    """For people without one of their own, or with one that has no texts."""
    minimum: Annotated[int, Field(strict=True, ge=3, le=1000)] = 5
    """Groups with fewer invited people are not told apart, and groups with fewer answers are not told."""
    at_most_every: Duration = timedelta(days=30)
    """Nobody is asked again before that time, by any survey of any product."""
    remind_after: Duration | Literal[False] = timedelta(days=5)
    """So long after the invitation everybody is reminded once; false: nobody is."""
    open_for: Duration = timedelta(days=14)
    """How long a round can be answered."""
    connections: dict[Literal["email", "slack"], Text] = {}
    """Airflow connection of a channel; the usual one without it."""
    words: dict[Language, dict[WordName, Filled]] = {}
    """What page and mail say beside the question, by language."""

    @model_validator(mode="after")
    def _is_whole(self) -> SurveysPart:
        for name, plan in self.plans.items():
            if plan.kind not in self.kinds:
                raise wrong(f"plans.{name}: kind {plan.kind} is none of `kinds`", f"give it a scale: kinds.{plan.kind}")
            open_for = self.open_for if plan.open_for is None else plan.open_for
            remind = self.remind_after if plan.remind_after is None else plan.remind_after
            if not timedelta(hours=1) <= open_for <= LONGEST:
                raise wrong(f"plans.{name}: a round would be open for {open_for}", "write open_for between 1h and 90d")
            if remind and remind >= open_for:
                raise wrong(
                    f"plans.{name}: the reminder comes after the round closes",
                    "write remind_after below open_for, or false",
                )
            texts = {**self.kinds[plan.kind].texts, **plan.texts}.get(self.language)
            usual = self.kinds[plan.kind].texts.get(self.language)
            if not (texts and texts.question) and not (usual and usual.question):
                raise wrong(
                    f"plans.{name}: there is no question in {self.language!r}, the language of `surveys.language`",
                    f"write texts: {{{self.language}: {{question: ...}}}}",
                )
        if self.plans and self.language not in self.words:
            raise wrong(f"language {self.language!r} has no `words`", f"choose one of: {', '.join(self.words)}")
        return self


def survey_policy(part: SurveysPart) -> SurveyPolicy:
    """The domain's policy; every survey gets whole texts, its own over those of its kind."""
    scales = {SurveyKind(name): _scale(one) for name, one in part.kinds.items()}
    return SurveyPolicy(
        plans={name: _plan(name, one, part, scales) for name, one in part.plans.items()},
        scales=scales,
        people=tuple(
            Respondent(
                address=one.address.strip(),
                audience=one.audience,
                language=one.language or "",
                channel=one.channel,
            )
            for one in part.people
        ),
        stakeholders=part.stakeholders,
        feed=None if part.feed is None else delivery_feed(part.feed),
        language=part.language,
        minimum=part.minimum,
        at_most_every=part.at_most_every,
        connections=dict(part.connections.items()),
        words={language: dict(words) for language, words in part.words.items()},
    )


def _scale(part: SurveyScalePart) -> Scale:
    texts = {language: _over(SurveyTexts(), one) for language, one in part.texts.items()}
    return Scale(low=part.low, high=part.high, texts=texts)


def _plan(name: str, part: SurveyPart, whole: SurveysPart, scales: Mapping[SurveyKind, Scale]) -> SurveyPlan:
    kind = SurveyKind(part.kind)
    usual = scales[kind].texts
    remind = whole.remind_after if part.remind_after is None else part.remind_after
    fallback = usual.get(whole.language, SurveyTexts())
    return SurveyPlan(
        id=name,
        title=part.title or name,
        kind=kind,
        audiences=tuple(dict.fromkeys(part.audiences)),
        cadence=SurveyCadence(part.cadence),
        day=part.day,
        after=part.after,
        types=frozenset(one.value for one in part.types),
        sample=Sample() if part.sample is None else Sample(share=part.sample.share, size=part.sample.size),
        remind_after=remind or None,
        open_for=whole.open_for if part.open_for is None else part.open_for,
        texts={
            language: _over(usual.get(language, fallback), part.texts.get(language, SurveyTextsPart()))
            for language in dict.fromkeys((*usual, *part.texts))
        },
    )


def _over(usual: SurveyTexts, own: SurveyTextsPart) -> SurveyTexts:
    return SurveyTexts(
        question=usual.question if own.question is None else own.question,
        low=usual.low if own.low is None else own.low,
        high=usual.high if own.high is None else own.high,
        follow_up=usual.follow_up if own.follow_up is None else own.follow_up,
    )
