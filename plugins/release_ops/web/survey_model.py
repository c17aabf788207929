"""What the pages of surveys show: reports as release_ops.survey_report keeps them, and rounds that are under way.

Null is unknown, or hidden where `state` says so.
"""

from __future__ import annotations

from datetime import date, datetime

from release_ops.web.responses import Answer
from release_ops.web.values import Line, Passage


class Change(Answer):
    """A score against that of the told round before."""

    since: str
    """Round before."""
    value: float
    low: float
    high: float
    """Bounds of the true change."""
    p: float
    """Probability of as much by chance, of this change alone."""
    p_corrected: float
    """The same, corrected for all changes that were looked at."""
    tests: int
    """How many changes were looked at."""
    verdict: str
    """rose, fell or no_change."""


class Figure(Answer):
    """A score of a group or of everybody; ratios, NPS from -1 to 1."""

    state: str
    """told, hidden, empty or absent."""
    answers: int | None = None
    value: float | None = None
    low: float | None = None
    high: float | None = None
    top: int | None = None
    middle: int | None = None
    bottom: int | None = None
    mean: float | None = None
    mean_low: float | None = None
    mean_high: float | None = None
    invited: int | None = None
    response_rate: float | None = None
    response_low: float | None = None
    response_high: float | None = None


class RoundRow(Figure):
    """A round."""

    round: str
    occasion: Line
    version: Line = ""
    closed_on: date
    change: Change | None = None


class Cell(Figure):
    """A group in a round."""

    round: str


class AudienceRow(Answer):
    """A group in all rounds that are shown."""

    audience: Line
    """`*` for all groups that are too small to be told apart."""
    cells: tuple[Cell, ...]


class ActionRow(Answer):
    """What is to be done."""

    rule: Line
    when: str
    action: Passage
    owner: Line
    within: Line
    value: float
    limit: float | None


class GroupRow(Answer):
    """How a group stands."""

    audience: Line
    status: str
    answers: int
    value: float
    low: float
    high: float
    change: Change | None
    concerns: float
    response_rate: float | None
    engagement: float | None
    actions: tuple[ActionRow, ...]


class Comments(Answer):
    """What a group wrote, in random order."""

    audience: Line
    texts: tuple[Passage, ...]
    all: int
    """How many there are; those beyond `texts` are not shown."""


class SurveyReportAnswer(Answer):
    """The report of a round."""

    product: str
    """Its id."""
    name: Line
    """What people call the product."""
    survey: str
    """Id of the survey in the product file."""
    title: Line
    """What people call the survey."""
    kind: str
    """nps, csat or ces."""
    measure: str
    """What the score is called."""
    round: str
    """Id of the round."""
    occasion: Line
    """Quarter, month or release that it was held for."""
    version: Line
    """Release that was asked about; empty: none in particular."""
    closed_on: date
    """Day on which the round closed."""
    made_at: datetime
    """When the report was made, UTC."""
    revision: int
    """Above 1: the report was made anew."""
    minimum: int
    """Groups with fewer answers are hidden."""
    level: float
    """Confidence of the intervals."""
    status: str
    """green, yellow, red or unknown."""
    rounds: tuple[RoundRow, ...]
    audiences: tuple[AudienceRow, ...]
    groups: tuple[GroupRow, ...]
    comments: tuple[Comments, ...]


class SurveyRow(Answer):
    """The last report of a survey."""

    product: str
    survey: str
    name: Line
    title: Line
    kind: str
    measure: str
    occasion: Line
    closed_on: date
    status: str
    rounds: tuple[RoundRow, ...]
    actions: int
    """How many things are to be done."""
    page: str
    """Address of the report."""


class RunningRow(Answer):
    """A round that is open, or that was skipped."""

    product: str
    survey: str
    title: Line
    occasion: Line
    state: str
    reason: Passage
    """Why it was skipped."""
    invited: int
    closes_at: datetime


class SurveysAnswer(Answer):
    """All surveys."""

    surveys: tuple[SurveyRow, ...]
    running: tuple[RunningRow, ...]
