"""When a survey is held, who is asked, and which groups are large enough to be told apart."""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple

from release_ops.domain.survey_policy import Respondent, Sample, SurveyCadence, SurveyPlan, SurveyPolicy
from release_ops.domain.survey_words import fill

_SLACK = timedelta(hours=6)
TOGETHER = "*"
"""Group of those whose audiences are too small to be told apart."""


class Out(NamedTuple):
    """A release that is out."""

    version: str
    type: str
    at: datetime


class Due(NamedTuple):
    """A round that is to be opened: its survey, what tells it from the survey's other rounds, and its release."""

    plan: SurveyPlan
    occasion: str
    version: str = ""


def due(policy: SurveyPolicy, now: datetime, today: date, out: Iterable[Out]) -> list[Due]:
    """Rounds whose day has come, and came no longer ago than a round is open: later it would ask about what is long past.

    `today` is the day of `now` in the product's zone.
    """
    released = list(out)
    found: list[Due] = []
    for plan in policy.plans.values():
        if plan.cadence is SurveyCadence.AFTER_RELEASE:
            found += _after(plan, now, released)
        else:
            found += _regular(plan, today)
    return found


def _regular(plan: SurveyPlan, today: date) -> Iterator[Due]:
    months = 3 if plan.cadence is SurveyCadence.QUARTERLY else 1
    first = (today.year * 12 + today.month - 1) // months * months
    for period in (first - months, first):
        opens = date(period // 12, period % 12 + 1, plan.day)
        if opens <= today < opens + max(plan.open_for, timedelta(days=1)):
            quarter = f"{opens.year}-Q{(opens.month + 2) // 3}"
            yield Due(plan, quarter if months == 3 else f"{opens:%Y-%m}")


def _after(plan: SurveyPlan, now: datetime, out: Iterable[Out]) -> Iterator[Due]:
    for release in sorted(out, key=lambda one: one.at):
        opens = release.at + plan.after
        is_meant = not plan.types or release.type in plan.types
        if is_meant and opens <= now < opens + max(plan.open_for, timedelta(days=1)):
            yield Due(plan, release.version, release.version)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Who is asked in a round, and why not more."""

    people: tuple[Respondent, ...]
    """Those that are asked, each once, in an order that says nothing."""
    belong: int
    """How many belong to the audiences of the survey."""
    resting: int
    """Of them, those that were asked lately."""
    opted_out: int
    """Of them, those that want to be asked no more."""


def choose(
    plan: SurveyPlan, people: Iterable[Respondent], *, seed: str, resting: Collection[str], opted_out: Collection[str]
) -> Asked:
    """The people of a round. The same seed and people give the same sample; another seed gives another one.

    `resting` and `opted_out` are persons (`Respondent.person`). Of several entries of a person the first counts.
    """
    once: dict[str, Respondent] = {}
    for one in people:
        if not plan.audiences or one.audience in plan.audiences:
            once.setdefault(one.person, one)
    out = [one for one in once if one in opted_out]
    tired = [one for one in once if one in resting and one not in opted_out]
    left = [one for one in once if one not in resting and one not in opted_out]
    left.sort(key=lambda one: hashlib.sha256(f"{seed}\0{one}".encode()).digest())
    return Asked(
        people=tuple(once[one] for one in left[: size_of(plan.sample, len(left))]),
        belong=len(once),
        resting=len(tired),
        opted_out=len(out),
    )


def nearly(interval: timedelta) -> timedelta:
    """A little less than an interval: daily runs do not begin at the same second, and many mails take hours."""
    return interval - min(_SLACK, interval / 4)


def size_of(sample: Sample, people: int) -> int:
    """How many of so many people are asked; of a share the next whole number."""
    if sample.size is not None:
        return min(sample.size, people)
    if sample.share is not None:
        return min(people, math.ceil(people * sample.share - 1e-9))
    return people


def groups(people: Sequence[Respondent], minimum: int) -> tuple[str, ...]:
    """Groups that answers are told apart by, in their order of name, TOGETHER last.

    An audience with fewer invited people than `minimum` is not one of them: its people count for TOGETHER. If those are
    too few themselves, the smallest other audience joins them.
    """
    count = Counter(one.audience for one in people)
    small = {name for name, number in count.items() if number < minimum}
    while small and sum(count[name] for name in small) < minimum and small != set(count):
        small.add(min((name for name in count if name not in small), key=lambda name: (count[name], name)))
    apart = tuple(sorted(name for name in count if name not in small))
    return (*apart, TOGETHER) if small else apart


def group_of(audience: str, found: Sequence[str]) -> int:
    """Place of the group that people of an audience count for."""
    return found.index(audience) if audience in found else found.index(TOGETHER)


def language_of(person: Respondent, plan: SurveyPlan, policy: SurveyPolicy) -> str:
    """Language in which a person is asked: the own one where there are texts and words in it, or in its first part."""
    for wanted in (person.language, person.language.split("-")[0]):
        if wanted in plan.texts and wanted in policy.words:
            return wanted
    return policy.language


def title_of(plan: SurveyPlan, product: str, version: str = "") -> str:
    """Title of a survey's round, with the names of its product and release filled in."""
    return " ".join(fill(plan.title, {"product": product, "version": version}).split())


def texts_of(due: Due, product: str, policy: SurveyPolicy) -> Mapping[str, Mapping[str, str]]:
    """What the page of a round says, by language: words and texts by name, as they stand in the product file."""
    english = policy.words.get("en", {})
    usual = {**english, **policy.words.get(policy.language, {})}
    names = {"product": product, "version": due.version, "title": title_of(due.plan, product, due.version)}
    return {
        language: {
            **usual,
            **words,
            "question": texts.question,
            "low_words": texts.low,
            "high_words": texts.high,
            "follow_up": texts.follow_up,
            **{f"name_{name}": value for name, value in names.items()},
        }
        for language, texts in due.plan.texts.items()
        if (words := policy.words.get(language)) is not None
    }
