"""Results of surveys in a product file: how answers are judged and told, what is done about them, other tools' files."""

from __future__ import annotations

from datetime import datetime
from pathlib import PurePosixPath
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from release_ops.domain.survey_results_policy import (
    ENGAGEMENT_PARTS,
    ActionRule,
    Engagement,
    ImportColumns,
    ImportFolder,
    Late,
    Limit,
    SurveyResultsPolicy,
)
from release_ops.product_types import Part, Text, wrong

Kind = Literal["nps", "csat", "ces"]
Measured = Literal["nps", "csat", "ces", "concerns", "response_rate", "engagement"]
EngagementWord = Literal["response_rate", "response_trend", "comments"]
Happening = Literal["fell", "rose", "response_fell"]
Ratio = Annotated[float, Field(ge=-1, le=1)]
Share = Annotated[float, Field(gt=0, le=1)]
Columns = list[Text]


def _form(text: str) -> str:
    try:
        datetime.strptime(datetime(2026, 11, 27, 12, 30).strftime(text), text)  # noqa: DTZ001, DTZ007 - a trial
    except ValueError:
        raise wrong(f"{text!r} is no form of a date", "write it like %d.%m.%Y or %m/%d/%Y %I:%M:%S %p") from None
    return text


def _below(pattern: str) -> str:
    if pattern.startswith(("/", "~")) or ".." in PurePosixPath(pattern).parts:
        raise wrong(f"{pattern!r} leads out of the folder", "write a pattern below the product file's folder")
    return pattern


DateForm = Annotated[Text, AfterValidator(_form)]


class SurveyLimitPart(Part):
    """Beyond `yellow` a measure is yellow, beyond `red` red; null: never."""

    yellow: Ratio | None = None
    """Below it, or above it for concerns, the measure is yellow."""
    red: Ratio | None = None
    """Below it, or above it for concerns, the measure is red."""


class EngagementPart(Part):
    """How engagement is worked out: the weighted mean of its parts, each held to a target."""

    response_rate: Share = 0.3
    """Response rate that is full marks, 0..1."""
    comments: Share = 0.4
    """Share of answers with a comment that is full marks, 0..1."""
    weights: dict[EngagementWord, Annotated[float, Field(ge=0, le=100)]] = {}
    """Weights of the parts; 0 leaves one out."""


class SurveyActionPart(Part):
    """What is to be done for a group when something is so."""

    when: Literal["fell", "rose", "score", "concerns", "response_rate", "response_fell", "engagement"]
    """What asks for it; fell, rose and response_fell: by more than chance explains."""
    below: Ratio | None = None
    """It is asked for below this value; for score, concerns, response_rate and engagement."""
    above: Ratio | None = None
    """It is asked for above this value."""
    kinds: list[Kind] = []
    """Kinds of survey that it holds for; all without it."""
    action: Text
    """What is to be done."""
    owner: Text
    """Role that has to do it."""
    within: Text | None = None
    """Time in which it has to be done, in words."""

    @model_validator(mode="after")
    def _is_whole(self) -> SurveyActionPart:
        limits = (self.below is not None) + (self.above is not None)
        if self.when in {"fell", "rose", "response_fell"}:
            if limits:
                raise wrong(f"{self.when!r} happens or not, it has no limit", "leave below and above out")
        elif limits != 1:
            raise wrong(f"{self.when!r} needs one limit", "write one of below and above")
        return self


class ImportColumnsPart(Part):
    """Which columns of a tool's CSV file say what: the first of each list that the file has."""

    score: Annotated[Columns, Field(min_length=1)]
    """The score, a whole number on the survey's scale."""
    comment: Columns = []
    """What was written to it."""
    date: Columns = []
    """When it was answered."""
    id: Columns = []
    """What tells answers apart; without it equal rows are told apart by their number."""
    audience: Columns = []
    """Group that the answer belongs to."""
    release: Columns = []
    """Version that it is about; for surveys that are held after releases."""
    finished: Columns = []
    """Rows in which it says 0, no, false, partial or incomplete are left out."""
    header_rows: Annotated[int, Field(strict=True, ge=1, le=5)] = 1
    """Rows before the first answer; the first has the names."""
    dates: list[DateForm] = []
    """Forms of its dates beside ISO 8601, as strptime has them, tried in this order."""


class ImportFilesPart(Part):
    """Files of another tool that are looked for whenever the surveys run."""

    survey: Text
    """Id of the survey among `surveys.plans` whose answers they hold."""
    files: Annotated[Text, AfterValidator(_below)] = Field(examples=["surveys/delighted-*.csv"])
    """Pattern of their names, relative to the product file's folder."""
    tool: Text = "columns"
    """Name of the columns among `survey_results.tools`."""
    audience: Text | None = None
    """Audience of rows without one; without it such a row is a problem."""


class SurveyResultsPart(Part):
    """What is made of the answers of surveys. docs/survey-results.md says how."""

    level: Annotated[float, Field(ge=0.5, lt=1)] = 0.95
    """Confidence of intervals; a change with a probability below 1 minus it is more than chance."""
    rounds: Annotated[int, Field(strict=True, ge=2, le=24)] = 8
    """Rounds that a report shows."""
    protection: Annotated[int, Field(strict=True, ge=3, le=1000)] = 5
    """At least so wide is the interval in which the size of a small group can be worked out to lie."""
    late: Literal["separate", "restate"] = "separate"
    """Answers after the close: counted only, or taken in as soon as a group has enough of them to hide in."""
    comments: Annotated[int, Field(strict=True, ge=0, le=200)] = 20
    """Comments of a group that are shown, by chance."""
    comment_length: Annotated[int, Field(strict=True, ge=40, le=1000)] = 500
    """Characters of one."""
    limits: dict[Measured, SurveyLimitPart | None] = {}
    """Limits of the measures, ratios 0..1 (NPS -1..1); null: told but never bad."""
    engagement: EngagementPart = EngagementPart()
    actions: dict[Text, SurveyActionPart | None] = {}
    """What is to be done, by id; null takes one of the defaults away."""
    report_to: list[Text] = []
    """Audiences that get the report when a round has closed."""
    tools: dict[Text, ImportColumnsPart] = {}
    """Columns of other tools' exports."""
    imports: list[ImportFilesPart] = []
    """Files that are taken in."""

    @model_validator(mode="after")
    def _is_whole(self) -> SurveyResultsPart:
        for index, one in enumerate(self.imports):
            if one.tool not in self.tools:
                raise wrong(f"imports.{index}: there is no tool {one.tool!r}", f"it has: {', '.join(self.tools)}")
        return self


def survey_results_policy(part: SurveyResultsPart) -> SurveyResultsPolicy:
    """The domain's policy."""
    weights = dict.fromkeys(ENGAGEMENT_PARTS, 1.0)
    for name, weight in part.engagement.weights.items():
        weights[name] = weight
    return SurveyResultsPolicy(
        level=part.level,
        rounds=part.rounds,
        protection=part.protection,
        late=Late(part.late),
        comments=part.comments,
        comment_length=part.comment_length,
        limits={
            name: Limit() if one is None else Limit(yellow=one.yellow, red=one.red) for name, one in part.limits.items()
        },
        engagement=Engagement(
            response_rate=part.engagement.response_rate, comments=part.engagement.comments, weights=weights
        ),
        actions=tuple(
            ActionRule(
                id=name,
                when=one.when,
                action=one.action,
                owner=one.owner,
                kinds=frozenset(one.kinds),
                below=one.below,
                above=one.above,
                within=one.within or "",
            )
            for name, one in part.actions.items()
            if one is not None
        ),
        report_to=tuple(dict.fromkeys(part.report_to)),
        tools={
            name: ImportColumns(
                score=tuple(one.score),
                comment=tuple(one.comment),
                date=tuple(one.date),
                id=tuple(one.id),
                audience=tuple(one.audience),
                release=tuple(one.release),
                finished=tuple(one.finished),
                header_rows=one.header_rows,
                dates=tuple(one.dates),
            )
            for name, one in part.tools.items()
        },
        imports=tuple(
            ImportFolder(survey=one.survey, files=one.files, tool=one.tool, audience=one.audience or "")
            for one in part.imports
        ),
    )
