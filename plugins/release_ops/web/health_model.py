"""What the pages of health show: reports as release_ops.health_report keeps them. Null is unknown."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from pydantic import model_validator

from release_ops.web.parts import Pages
from release_ops.web.responses import Answer
from release_ops.web.values import Line, Passage

WORST_FIRST = ("red", "yellow", "unknown", "green")


class Reason(Answer):
    """What one measure said and what it was held to."""

    measure: str
    title: Line = ""
    status: str
    """red, yellow, green or unknown."""
    value: float | None = None
    threshold: float | None = None
    unit: str = ""
    words: Passage = ""
    remedy: Passage = ""
    """What would make it known."""


class Week(Answer):
    """A week of a release in numbers."""

    week: date
    """Its Monday."""
    status: str
    on_time: float | None
    p85_on: date | None
    planned_ga: date | None
    quality: float | None
    features_done: int | None
    features_total: int | None
    points_done: float | None
    points_total: float | None
    velocity: float | None
    velocity_needed: float | None
    gates_failing: int | None
    critical_issues: int | None
    risks_open: int | None


class Standing(Answer):
    """How a release stands by its last report, with last week's beside it."""

    product: str
    """Id of its product."""
    version: str
    """Its version."""
    planned_ga: date | None
    """Day of general availability as planned; null: not planned."""
    status: str
    """red, yellow, green or unknown; unknown too where there is no report."""
    status_last_week: str | None
    """status of the week before; null: there was no report."""
    week: date | None
    """Monday of the week of the report; null: there is none."""
    made_at: datetime | None
    """When the report was made."""
    next_milestone: str | None
    """Kind of the next milestone; null: none is to come."""
    next_milestone_at: datetime | None
    """When that is planned."""
    features_total: int | None
    """Planned features."""
    features_done: int | None
    """Those that are done."""
    features_done_last_week: int | None
    """The same a week before."""
    points_total: float | None
    """Points of the estimated features."""
    points_done: float | None
    """Points of those that are done."""
    item: str | None
    """What remaining and both velocities count: feature, point or change."""
    remaining: float | None
    """Items that remain."""
    velocity: float | None
    """Items completed in a week."""
    velocity_needed: float | None
    """Items in a week that it takes."""
    quality: float | None
    """0..10."""
    quality_last_week: float | None
    """The same a week before."""
    quality_coverage: float | None
    """Share 0..1 of the score that is known."""
    gates_failing: int | None
    """Gates whose last evaluation failed."""
    critical_issues: int | None
    """Open critical issues and incidents."""
    on_time: float | None
    """Chance 0..1 that GA is on its planned day."""
    on_time_last_week: float | None
    """The same a week before."""
    p50_on: date | None
    """Day by which GA is reached with a chance of 50 %."""
    p85_on: date | None
    """Day by which GA is reached with a chance of 85 %."""
    p85_on_last_week: date | None
    """The same a week before."""
    risks_open: int | None
    """Open risks."""
    support_needed: int | None
    """What waits for somebody."""
    reasons: tuple[Reason, ...]
    """Every measure, the worst first."""

    @property
    def why(self) -> tuple[Reason, ...]:
        """The reasons that made the status."""
        return tuple(one for one in self.reasons if one.status == self.status)

    @property
    def p85_moved(self) -> int | None:
        """Days by which the day that is reached with 85 % moved within a week."""
        both = self.p85_on and self.p85_on_last_week
        return (self.p85_on - self.p85_on_last_week).days if both else None  # type: ignore[operator]


class BoardRow(Standing):
    """A release on the board."""

    type: str
    theme: Line
    state: str
    weeks: tuple[Week, ...] = ()
    """Its last weeks in order."""
    page: str
    """Address of its report."""


class BoardAnswer(Answer):
    """How every release stands that is not out, or was reported on lately; the worst first."""

    releases: tuple[BoardRow, ...]
    """This page of them."""
    counts: dict[str, int]
    """How many there are by status."""
    pages: Pages
    """Which page of the list this is."""


class Part(Answer):
    """A part of the quality score."""

    part: str
    title: Line = ""
    share: float | None = None
    """0..1; null is unknown."""
    weight: float = 1.0
    words: Passage = ""


class Risk(Answer):
    """An open risk."""

    risk: Line
    title: Line = ""
    score: float | None = None
    probability: float | None = None
    impact: int | None = None
    trend: str = ""
    why: Passage = ""
    mitigation: Passage = ""
    owner: Line = ""


class Criterion(Answer):
    """A criterion of a gate."""

    criterion: Line
    title: Line = ""
    outcome: str = "unknown"
    required: bool = True
    waived_by: Line = ""


class Gate(Answer):
    """A gate at its last evaluation."""

    gate: Line
    milestone: str = ""
    verdict: str = "unknown"
    evaluated_at: datetime | None = None
    criteria: tuple[Criterion, ...] = ()
    waiting_for: int = 0


class Step(Answer):
    """A milestone."""

    kind: str
    state: str = "planned"
    planned_at: datetime | None = None
    actual_at: datetime | None = None
    first_planned_on: date | None = None
    detail: Passage = ""


class Action(Answer):
    """Something to do, with the number that asks for it."""

    kind: str
    """scope, date, resource or mitigation."""
    text: Passage
    trigger: Passage = ""


class BurnUp(Answer):
    """A day of the burn-up: what is planned and done, or what will be with 85, 50 and 15 %."""

    day: date
    total: float | None = None
    done: float | None = None
    low: float | None = None
    middle: float | None = None
    high: float | None = None


_LISTS = ("path", "resources", "dependencies", "changes", "accomplishments", "focus", "support")
_MOST = 60
"""Entries of a list of the report that are shown."""
_DAYS = 1_000
"""Days of the burn-up that are shown."""


class Details(Answer):
    """What the report says beyond its numbers."""

    theme: Line = ""
    type: str = ""
    is_out: bool = False
    """Its GA is done."""
    milestones: tuple[Step, ...] = ()
    gates: tuple[Gate, ...] = ()
    parts: tuple[Part, ...] = ()
    """Parts of the quality score."""
    risks: tuple[Risk, ...] = ()
    path: tuple[Line, ...] = ()
    """Critical path."""
    resources: tuple[Passage, ...] = ()
    dependencies: tuple[Passage, ...] = ()
    changes: tuple[Passage, ...] = ()
    """What changed since last week."""
    accomplishments: tuple[Passage, ...] = ()
    focus: tuple[Passage, ...] = ()
    """What comes next week."""
    support: tuple[Passage, ...] = ()
    """What waits for somebody."""
    actions: tuple[Action, ...] = ()
    burn_up: tuple[BurnUp, ...] = ()
    doubt: Passage = ""
    """Why the forecast is to be doubted; may be empty."""

    @model_validator(mode="before")
    @classmethod
    def _of_report(cls, kept: Any) -> Any:
        """The report as it is kept, which a later or an earlier program may have written."""
        if not isinstance(kept, Mapping) or "parts" in kept:
            return kept
        quality = kept.get("quality")
        own = {name: value for name, value in kept.items() if value is not None}
        cut = {name: tuple(own.get(name, ()))[:_MOST] for name in (*_LISTS, "milestones", "gates", "risks", "actions")}
        parts = quality.get("parts", ()) if isinstance(quality, Mapping) else ()
        return {**own, **cut, "parts": parts, "burn_up": tuple(own.get("burn_up", ()))[-_DAYS:]}


class ReportAnswer(Standing):
    """The weekly report of a release."""

    week_before: date | None
    """Monday of the report before this one; null: there is none."""
    week_after: date | None
    """Monday of the report after this one; null: there is none."""
    details: Details
    """What it says beyond its numbers."""
    weeks: tuple[Week, ...]
    """The weeks up to this one, in order."""
