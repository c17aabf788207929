"""What is asked of whom and how often: the surveys of a product, their scales and their texts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from release_ops.domain.delivery_policy import DeliveryFeed


class SurveyKind(StrEnum):
    """What a survey measures."""

    NPS = "nps"
    """Net Promoter Score: would you recommend it?"""
    CSAT = "csat"
    """Customer satisfaction: how content are you?"""
    CES = "ces"
    """Customer Effort Score: how easy was it?"""


class SurveyCadence(StrEnum):
    """When a survey is held."""

    MONTHLY = "monthly"
    QUARTERLY = "quarterly"
    AFTER_RELEASE = "after_release"


@dataclass(frozen=True, slots=True, kw_only=True)
class SurveyTexts:
    """What a survey says in one language. `{product}` and `{version}` in it are filled in."""

    question: str = ""
    low: str = ""
    """What the lowest score means."""
    high: str = ""
    """What the highest score means."""
    follow_up: str = ""
    """The question for a comment; empty: none is asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """Whole scores from `low` to `high`, and the usual texts by language."""

    low: int
    high: int
    texts: Mapping[str, SurveyTexts] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """Who of those that may be asked is asked: a share 0..1 or at most so many; both None: all."""

    share: float | None = None
    size: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SurveyPlan:
    """One survey of a product."""

    id: str
    title: str
    kind: SurveyKind
    audiences: tuple[str, ...] = ()
    """Who is asked; empty: everybody among the product's people."""
    cadence: SurveyCadence = SurveyCadence.QUARTERLY
    day: int = 1
    """Day of the month, or of the quarter's first month, on which a round opens."""
    after: timedelta = timedelta(days=7)
    """So long after GA a round opens, where the cadence is `after_release`."""
    types: frozenset[str] = frozenset()
    """Types of the releases after which it is held; empty: all."""
    sample: Sample = Sample()
    remind_after: timedelta | None = timedelta(days=5)
    """None: nobody is reminded."""
    open_for: timedelta = timedelta(days=14)
    texts: Mapping[str, SurveyTexts] = field(default_factory=dict)
    """Language to the whole texts: the survey's own, else those of its kind."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Respondent:
    """Somebody who may be asked."""

    address: str
    audience: str
    language: str = ""
    """Empty: the product's."""
    channel: str = "email"
    """email, slack or outbox."""

    @property
    def person(self) -> str:
        """What tells people apart: the address in lower case."""
        return self.address.strip().lower()


@dataclass(frozen=True, slots=True, kw_only=True)
class SurveyPolicy:
    """The surveys of a product and what holds for all of them."""

    plans: Mapping[str, SurveyPlan] = field(default_factory=dict)
    scales: Mapping[SurveyKind, Scale] = field(default_factory=dict)
    people: tuple[Respondent, ...] = ()
    """Those that the product file names."""
    stakeholders: bool = True
    """Whether the people of the register of stakeholders may be asked too."""
    feed: DeliveryFeed | None = None
    """Where more of them come from."""
    language: str = "en"
    """For people without one of their own, or with one that has no texts."""
    minimum: int = 5
    """People invited below whom an audience is not told apart, and answers below which a group is not told."""
    at_most_every: timedelta = timedelta(days=30)
    """A person is not asked again before that time, by any survey of any product."""
    words: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Language to what page and mail say in it beside the question; see `survey_words.WORDS`."""
    connections: Mapping[str, str] = field(default_factory=dict)
    """Channel to the Airflow connection through which it sends, where it is not the usual one."""
