"""How releases are looked back on, in a product file: when, against which objectives, by which rules."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from release_ops.domain.model import MilestoneKind
from release_ops.domain.process_optimiser import LEVERS
from release_ops.domain.process_time import CATEGORIES
from release_ops.domain.review_findings import names_in
from release_ops.domain.review_measures import MEASURES
from release_ops.domain.review_policy import ActionPolicy, Objective, OptimiserPolicy, ReviewPolicy, Rule
from release_ops.product_errors import did_you_mean
from release_ops.product_types import Duration, Part, Text, wrong

Category = Literal["planning", "development", "testing", "documentation", "coordination", "deployment"]
assert set(CATEGORIES) == set(Category.__args__)  # type: ignore[attr-defined]  # noqa: S101 - one list, two spellings


def _between(least: timedelta, most: timedelta, words: str) -> AfterValidator:
    def check(value: timedelta) -> timedelta:
        if not least <= value <= most:
            raise wrong("is too short" if value < least else "is too long", f"write one {words}")
        return value

    return AfterValidator(check)


def _measure(name: str) -> str:
    if name not in MEASURES:
        raise wrong(
            f"there is no measure {name!r}", did_you_mean(name, [*MEASURES]) or f"use one of: {', '.join(MEASURES)}"
        )
    return name


def _lever(name: str) -> str:
    if name not in LEVERS:
        raise wrong(f"there is no lever {name!r}", f"use one of: {', '.join(LEVERS)}")
    return name


def _filled(text: str) -> str:
    try:
        names = [*names_in(text)]
    except ValueError as error:
        raise wrong(f"its braces do not fit: {error}", "write {measure}, and {{ and }} for braces") from None
    for name in names:
        _measure(name)
    return text


MeasureName = Annotated[Text, AfterValidator(_measure)]
LeverName = Annotated[Text, AfterValidator(_lever)]
Told = Annotated[Text, AfterValidator(_filled)]
HotfixTime = Annotated[Duration, _between(timedelta(hours=1), timedelta(days=60), "from 1h to 60d")]
MeetingTime = Annotated[Duration, _between(timedelta(minutes=30), timedelta(hours=8), "from 30m to 8h")]
Ratio = Annotated[float, Field(gt=0, lt=1)]


class ObjectivePart(Part):
    """Something that a release is meant to reach."""

    title: Text
    """How people call it."""
    measure: MeasureName
    """What it is judged by; docs/reviews.md lists the measures with their units."""
    at_least: float | None = None
    """Met from this value on."""
    at_most: float | None = None
    """Met up to this value."""
    kinds: list[Literal["release", "support_end", "hotfix"]] = []
    """Kinds of review that it holds for; all without it."""

    @model_validator(mode="after")
    def _is_bounded(self) -> ObjectivePart:
        if self.at_least is None and self.at_most is None:
            raise wrong("has no bound", "write at_least or at_most")
        return self


class ReviewRulePart(Part):
    """A finding, told when a measure is beyond a bound."""

    worked: bool = False
    """True for something that worked."""
    measure: MeasureName
    """What it asks about."""
    above: float | None = None
    """It holds above this value."""
    below: float | None = None
    """It holds below this value."""
    finding: Told
    """What it says; `{measure}` is replaced by the value of any measure."""
    evidence: list[MeasureName] = []
    """Measures that are shown besides."""
    recommendation: Told | None = None
    """What is to be done about it; becomes a proposed action item."""
    owner: Text | None = None
    """Role that answers for it."""
    lever: LeverName | None = None
    """Lever of the process optimiser that says what it would gain."""

    @model_validator(mode="after")
    def _has_one_bound(self) -> ReviewRulePart:
        if (self.above is None) == (self.below is None):
            raise wrong("needs one bound", "write one of above and below")
        return self


class ActionsPart(Part):
    """How action items are followed up."""

    due_in: Duration = timedelta(days=14)
    """When an item is due for which nobody said a date."""
    remind_every: Duration = timedelta(days=7)
    """The owner of an overdue item hears of it after this again."""
    overdue_to: list[Text] = []
    """Audiences that hear of an overdue item whose owner cannot be reached."""


class OptimiserPart(Part):
    """What the process optimiser looks at."""

    releases: Annotated[int, Field(strict=True, ge=1, le=50)] = 8
    """The last so many releases."""
    quantile: Ratio = 0.25
    """What the best do: this quantile of times of the same sort."""
    fewest: Annotated[int, Field(strict=True, ge=3, le=50)] = 4
    """So many times, and for a trend so many releases, are needed before anything is said of them."""
    least: Duration = timedelta(minutes=30)
    """Changes that would save less per release are not told."""
    stages: dict[MilestoneKind, Category] = {}
    """What the time before a milestone is counted as, where nothing was waited for."""
    documents: list[Text] = []
    """Criteria whose lack is a lack of documents, as patterns like `*_notes`."""


class ReviewPart(Part):
    """How releases are looked back on. docs/reviews.md says how each figure is made."""

    after: Annotated[Duration, _between(timedelta(days=1), timedelta(days=60), "from 1d to 60d")] = timedelta(days=10)
    """How long after GA the review is due."""
    at_support_end: bool = True
    """Whether there is another one when support ends."""
    hotfix_within: Annotated[Duration, _between(timedelta(hours=1), timedelta(days=60), "from 1h to 60d")] = timedelta(
        hours=48
    )
    """How soon after a hotfix its review is due."""
    look_back: Duration = timedelta(days=90)
    """Reviews that were due longer ago and never made are not made up for."""
    compare: Annotated[Duration, _between(timedelta(days=1), timedelta(days=366), "from 1d to 366d")] = timedelta(
        days=28
    )
    """At most so long before GA is compared with the time after it."""
    minimum_sample: Annotated[int, Field(strict=True, ge=2, le=1000)] = 5
    """With fewer on either side nothing is said to differ."""
    level: Annotated[float, Field(ge=0.5, lt=1)] = 0.95
    """Confidence of intervals."""
    meeting: Annotated[Duration, _between(timedelta(minutes=30), timedelta(hours=8), "from 30m to 8h")] = timedelta(
        minutes=60
    )
    """Length of the meeting that the agenda fills."""
    report_to: list[Text] = []
    """Audiences that get the review."""
    objectives: dict[Text, ObjectivePart] = {}
    """What a release is held to."""
    rules: dict[Text, ReviewRulePart] = {}
    """Findings: what worked and what did not."""
    actions: ActionsPart = ActionsPart()
    optimiser: OptimiserPart = OptimiserPart()


def review_policy(part: ReviewPart) -> ReviewPolicy:
    """The domain's policy."""
    return ReviewPolicy(
        after=part.after,
        at_support_end=part.at_support_end,
        hotfix_within=part.hotfix_within,
        look_back=part.look_back,
        compare=part.compare,
        minimum_sample=part.minimum_sample,
        level=part.level,
        meeting=part.meeting,
        report_to=tuple(part.report_to),
        objectives={
            name: Objective(**{**one.model_dump(), "kinds": tuple(one.kinds)}) for name, one in part.objectives.items()
        },
        rules=tuple(_rules(part)),
        actions=ActionPolicy(
            due_in=part.actions.due_in,
            remind_every=part.actions.remind_every,
            overdue_to=tuple(part.actions.overdue_to),
        ),
        optimiser=OptimiserPolicy(
            releases=part.optimiser.releases,
            quantile=part.optimiser.quantile,
            fewest=part.optimiser.fewest,
            least=part.optimiser.least,
            stages={kind.value: category for kind, category in part.optimiser.stages.items()},
            documents=tuple(part.optimiser.documents),
        ),
    )


def _rules(part: ReviewPart) -> Iterator[Rule]:
    for name, one in part.rules.items():
        yield Rule(
            id=name,
            worked=one.worked,
            measure=one.measure,
            above=one.above,
            below=one.below,
            finding=one.finding,
            evidence=tuple(one.evidence),
            recommendation=one.recommendation or "",
            owner=one.owner or "",
            lever=one.lever or "",
        )
