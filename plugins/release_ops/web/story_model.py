"""A release as a story: what each section of its page holds. Rows come from the queries `story_*`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from pydantic import Field, model_validator

from release_ops.web.values import Line, Listing, Model, Passage, WebAddress, web_address

ACTIVE = frozenset({"planned", "in_progress", "frozen"})
FACTS = 4
"""Facts of an effect's result that are shown."""
LINKS = ("html_url", "url", "link")
"""Facts that are the address of a page."""


class Header(Model):
    """What stands at the head of the page."""

    product: str
    version: str
    type: str
    theme: Line
    state: str
    planned_ga: date | None
    first_planned_ga: date | None
    actual_ga: datetime | None
    branch: Line
    previous_version: Line
    opened_at: datetime | None
    frozen_at: datetime | None
    freeze_lifted_at: datetime | None
    released_at: datetime | None
    closed_at: datetime | None
    on_time: float | None = Field(
        description="Chance 0..1 that GA is on its planned day, as last predicted; null: never."
    )
    on_time_made_on: date | None
    p85_on: date | None = Field(description="Day by which GA is reached with a chance of 85 %, as last predicted.")

    @property
    def is_active(self) -> bool:
        """Whether it is still to come out."""
        return self.state in ACTIVE

    @property
    def moved_days(self) -> int | None:
        """How far the planned GA is from its first plan, calendar days."""
        if self.planned_ga is None or self.first_planned_ga is None:
            return None
        return (self.planned_ga - self.first_planned_ga).days


class Milestone(Model):
    """A station of the train."""

    kind: str
    state: str
    planned_at: datetime | None
    first_planned_on: date | None
    planned_on: date | None
    actual_at: datetime | None
    late: bool
    detail: Passage
    withdrawn: bool
    moves: int
    moved_days: int | None
    breaches: int
    reason: Passage
    policy_reason: Line


class Run(Model):
    """A run of Airflow's that worked on the release."""

    run_id: str
    dag_id: str
    kind: str
    planned_at: datetime | None
    started_at: datetime
    finished_at: datetime | None
    state: str
    late: bool
    reason: Passage
    started_by: Line


class Criterion(Model):
    """A criterion of a gate with its evidence."""

    gate: str
    run_id: str
    criterion: str
    title: Line
    required: bool
    outcome: str
    observed: Line
    expected: Line
    detail: Passage
    link: WebAddress
    waived_by: Line


class Approval(Model):
    """What one seat answered."""

    run_id: str
    gate: str
    seat: str
    role: str
    user_id: Line
    approved: bool
    reason: Passage
    answered_at: datetime | None

    @property
    def answer(self) -> str:
        """`approved`, `rejected`, or `unanswered`: nobody did in time."""
        return "approved" if self.approved else "rejected" if self.user_id else "unanswered"


class Waiver(Model):
    """An exception to one criterion."""

    gate: str
    criterion: str
    approver: Line
    reason: Passage
    granted_at: datetime
    expires_at: datetime


class Gate(Model):
    """One evaluation of a gate; with what belongs to it where it is shown in full."""

    gate: str
    run_id: str
    dag_id: str | None
    kind: str
    verdict: str
    evaluated_at: datetime
    commit: str
    tries: int
    latest: bool
    criteria: tuple[Criterion, ...] = ()
    approvals: tuple[Approval, ...] = ()
    waivers: tuple[Waiver, ...] = ()


class Feature(Model):
    """A feature of the scope."""

    feature: Line
    title: Line
    url: WebAddress
    owner: Line
    team: Line
    priority: str
    status: str
    points: float | None
    planned: bool | None
    plan_reason: Passage
    disposition: str | None
    deadline: datetime | None
    disposition_reason: Passage


class ScopeSums(Model):
    """How much there is and how much is done, without what was deferred or excluded."""

    features: int = 0
    features_done: int = 0
    points: float | None = None
    points_done: float | None = None
    unestimated: int = 0


class ChangeType(Model):
    """How many changes of one type there are."""

    type: str
    changes: int
    breaking: int


class Change(Model):
    """A change that the release was the first to have."""

    commit: str
    type: str
    scope: Line
    breaking: bool
    description: Line
    issues: tuple[Line, ...]
    author: Line
    committed_at: datetime | None
    first_prerelease: str | None


class Deployment(Model):
    """A deployment of the release."""

    deployment: Line
    environment: Line
    component: Line
    result: str
    started_at: datetime | None
    finished_at: datetime | None
    commit: str
    unplanned: bool | None
    rolled_back: bool | None
    failed: bool | None = Field(description="Whether it failed or broke what users do; null: it runs, or nobody knows.")
    incidents: int | None
    url: WebAddress


class Incident(Model):
    """Users met a failure that a deployment of the release brought."""

    incident: Line
    title: Line
    severity: str
    environment: Line
    deployment: Line
    started_at: datetime
    resolved_at: datetime | None
    url: WebAddress


class FlagChange(Model):
    """A change of a feature flag."""

    flag: Line
    environment: Line
    old_value: Line
    new_value: Line
    changed_by: Line
    reason: Passage
    changed_at: datetime


class Message(Model):
    """What was told to whom."""

    audience: Line
    channel_kind: str
    channel_to: Line
    subject: Line
    state: str
    created_at: datetime
    sent_at: datetime | None
    error: Passage


class Effect(Model):
    """An act on the outside world."""

    key: Line
    kind: str
    state: str
    how: str | None = Field(
        description="performed by us, or adopted: the outside world had it already; null until done."
    )
    claimed_at: datetime
    done_at: datetime | None
    run_id: str
    dag_id: str | None
    facts: tuple[tuple[str, str], ...] = Field(description="Names and values of what it left.")
    link: WebAddress = Field(description="Page of what it left; empty without one.")

    @model_validator(mode="before")
    @classmethod
    def _of_result(cls, row: Any) -> Any:
        """What the ledger keeps is whatever the outside world answered: a few plain facts of it are shown."""
        if not isinstance(row, Mapping) or "result" not in row:
            return row
        result = row["result"] if isinstance(row["result"], Mapping) else {}
        plain = [
            (str(name), str(value)[:100])
            for name, value in result.items()
            if isinstance(value, str | int | float) and str(value) and not web_address(value)
        ]
        link = next((found for name in LINKS if (found := web_address(result.get(name)))), "")
        return {**row, "facts": plain[:FACTS], "link": link}


class Prediction(Model):
    """What was said before the fact, and what came of it."""

    kind: str
    subject: Line
    made_on: date
    probability: float | None
    expected_on: date | None
    expected: float | None
    basis: Passage
    resolved_at: datetime | None
    occurred: bool | None
    actual_on: date | None
    actual: float | None
    brier: float | None
    days_off: float | None


class Risk(Model):
    """A risk as last assessed."""

    risk: Line
    title: Line
    category: str
    probability: float
    impact: int
    score: float
    basis: str
    why: Passage
    trend: str
    mitigation: Passage
    owner: Line
    state: str
    detail: Passage
    assessed_on: date


class Slip(Model):
    """A move of a date."""

    entry: Line
    title: Line
    category: str
    old_on: date
    new_on: date
    days: int
    notice_days: int
    noticed_on: date
    policy: str
    policy_reason: Passage
    implausible: bool
    reason: Passage
    reason_from: str


class Conflict(Model):
    """A date that is at odds with something."""

    kind: str
    severity: str
    accepted: str | None
    product: str
    version: str
    milestone: str
    other_product: str | None
    other_version: str | None
    other_milestone: str | None
    message: Passage
    proposal: Passage
    first_seen: datetime
    resolved_at: datetime | None


class Artifact(Model):
    """A text or file that a milestone made."""

    kind: str
    name: str
    media_type: str
    size: int
    created_at: datetime


class Story(Model):
    """A release from plan to aftermath."""

    release: Header
    train: tuple[Milestone, ...]
    runs: Listing[Run]
    gates: Listing[Gate]
    evidence_cut: bool = Field(
        description="Whether some criteria, approvals or waivers are left out: there are too many."
    )
    scope: Listing[Feature]
    scope_sums: ScopeSums
    change_types: tuple[ChangeType, ...]
    changes: Listing[Change]
    deployments: Listing[Deployment]
    incidents: Listing[Incident]
    flags: Listing[FlagChange]
    messages: Listing[Message]
    effects: Listing[Effect]
    predictions: Listing[Prediction]
    risks: Listing[Risk]
    slips: Listing[Slip]
    conflicts: Listing[Conflict]
    artifacts: Listing[Artifact]
