"""A release as a story: what each section of its page holds. Rows come from the queries `story_*`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from pydantic import model_validator

from release_ops.web.responses import Answer
from release_ops.web.values import Line, Listing, Passage, WebAddress, web_address

ACTIVE = frozenset({"planned", "in_progress", "frozen"})
FACTS = 4
"""Facts of an effect's result that are shown."""
LINKS = ("html_url", "url", "link")
"""Facts that are the address of a page."""


class Header(Answer):
    """What stands at the head of the page."""

    product: str
    version: str
    type: str
    """major, minor, patch, hotfix or security."""
    theme: Line
    state: str
    """planned, in_progress, frozen, released or closed."""
    planned_ga: date | None
    """Day of general availability as last planned; null without a calendar."""
    first_planned_ga: date | None
    """The same as first planned."""
    actual_ga: datetime | None
    """When it came; null until then."""
    branch: Line
    """Release branch; empty until it is cut."""
    previous_version: Line
    opened_at: datetime | None
    frozen_at: datetime | None
    freeze_lifted_at: datetime | None
    released_at: datetime | None
    closed_at: datetime | None
    on_time: float | None
    """Chance 0..1 that GA is on its planned day, as last predicted; null: never."""
    on_time_made_on: date | None
    p85_on: date | None
    """Day by which GA is reached with a chance of 85 %, as last predicted."""
    health: str | None
    """green, yellow, red or unknown by its last weekly report; null without one."""
    health_week: date | None
    """Monday of the week of that report."""

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


class Milestone(Answer):
    """A station of the train."""

    kind: str
    state: str
    """planned, running, blocked, done, missed or skipped."""
    planned_at: datetime | None
    first_planned_on: date | None
    """Day as first planned, in the product's zone."""
    planned_on: date | None
    """Day as last planned, in the product's zone."""
    actual_at: datetime | None
    late: bool
    """Whether it began after an outage or a missed date."""
    detail: Passage
    """Why it is in this state; may be empty."""
    withdrawn: bool
    """Whether it is out of the plan."""
    moves: int
    """How often its date was moved to another day."""
    moved_days: int | None
    """Sum of these moves, calendar days; null without any."""
    breaches: int
    """How many of them breached the notice policy."""
    reason: Passage
    """Why it was moved last; may be empty."""
    policy_reason: Line
    """What the notice policy said of it."""


class Run(Answer):
    """A run of Airflow's that worked on the release."""

    run_id: str
    dag_id: str
    """DAG of Airflow's."""
    kind: str
    planned_at: datetime | None
    started_at: datetime
    finished_at: datetime | None
    state: str
    """running, done, blocked, not_applied or failed."""
    late: bool
    reason: Passage
    started_by: Line


class Criterion(Answer):
    """A criterion of a gate with its evidence."""

    gate: str
    run_id: str
    criterion: str
    title: Line
    required: bool
    """Whether it can fail the gate."""
    outcome: str
    """pass, fail, unknown or pending (somebody has to tick it)."""
    observed: Line
    expected: Line
    detail: Passage
    link: WebAddress
    waived_by: Line
    """Who waived it; empty if nobody did."""


class Approval(Answer):
    """What one seat answered."""

    run_id: str
    gate: str
    seat: str
    role: str
    """Role that the seat stands for."""
    user_id: Line
    """Who answered; empty if nobody did in time."""
    approved: bool
    reason: Passage
    answered_at: datetime | None

    @property
    def answer(self) -> str:
        """`approved`, `rejected`, or `unanswered`: nobody did in time."""
        return "approved" if self.approved else "rejected" if self.user_id else "unanswered"


class Waiver(Answer):
    """An exception to one criterion."""

    gate: str
    criterion: str
    approver: Line
    reason: Passage
    granted_at: datetime
    expires_at: datetime


class Gate(Answer):
    """One evaluation of a gate; with what belongs to it where it is shown in full."""

    gate: str
    run_id: str
    dag_id: str | None
    kind: str
    """Milestone that it guards."""
    verdict: str
    """pass, conditional (with waivers or optional misses) or fail."""
    evaluated_at: datetime
    commit: str
    tries: int
    """How often the gate was evaluated for this release."""
    latest: bool
    """Whether this is the last evaluation of the gate."""
    criteria: tuple[Criterion, ...] = ()
    approvals: tuple[Approval, ...] = ()
    waivers: tuple[Waiver, ...] = ()


class Feature(Answer):
    """A feature of the scope."""

    feature: Line
    title: Line
    url: WebAddress
    owner: Line
    team: Line
    priority: str
    """must, should or could."""
    status: str
    """planned, in_progress or done."""
    points: float | None
    """Effort; null: not estimated."""
    planned: bool | None
    """In the plan, deferred (false), or never planned (null)."""
    plan_reason: Passage
    disposition: str | None
    """included, excluded, deadline_imposed or frozen; null before the freeze."""
    deadline: datetime | None
    disposition_reason: Passage


class ScopeSums(Answer):
    """How much there is and how much is done, without what was deferred or excluded."""

    features: int = 0
    features_done: int = 0
    points: float | None = None
    points_done: float | None = None
    unestimated: int = 0


class ChangeType(Answer):
    """How many changes of one type there are."""

    type: str
    changes: int
    breaking: int


class Change(Answer):
    """A change that the release was the first to have."""

    commit: str
    type: str
    """Type by Conventional Commits; empty without one."""
    scope: Line
    breaking: bool
    description: Line
    issues: tuple[Line, ...]
    author: Line
    committed_at: datetime | None
    first_prerelease: str | None
    """Pre-release that had it first; null if the final release had."""


class Deployment(Answer):
    """A deployment of the release."""

    deployment: Line
    environment: Line
    component: Line
    result: str
    """success, failure, abandoned or running."""
    started_at: datetime | None
    finished_at: datetime | None
    commit: str
    unplanned: bool | None
    """Whether it mended what users met; null: nobody says."""
    rolled_back: bool | None
    """Whether it was undone; null: nobody says."""
    failed: bool | None
    """Whether it failed or broke what users do; null: it runs, or nobody knows."""
    incidents: int | None
    url: WebAddress


class Incident(Answer):
    """Users met a failure that a deployment of the release brought."""

    incident: Line
    title: Line
    severity: str
    """critical, high, medium or low; empty if unknown."""
    environment: Line
    deployment: Line
    started_at: datetime
    resolved_at: datetime | None
    """Null while it is open."""
    url: WebAddress


class FlagChange(Answer):
    """A change of a feature flag."""

    flag: Line
    environment: Line
    old_value: Line
    new_value: Line
    changed_by: Line
    reason: Passage
    changed_at: datetime


class Message(Answer):
    """What was told to whom."""

    audience: Line
    channel_kind: str
    """outbox, slack or email."""
    channel_to: Line
    subject: Line
    state: str
    """queued, sent or failed."""
    created_at: datetime
    sent_at: datetime | None
    error: Passage
    """Why the last attempt failed; empty if it did not."""


class Effect(Answer):
    """An act on the outside world."""

    key: Line
    kind: str
    state: str
    """claimed (interrupted, or under way) or done."""
    how: str | None
    """performed by us, or adopted: the outside world had it already; null until done."""
    claimed_at: datetime
    done_at: datetime | None
    run_id: str
    dag_id: str | None
    facts: tuple[tuple[str, str], ...]
    """Names and values of what it left."""
    link: WebAddress
    """Page of what it left; empty without one."""

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


class Prediction(Answer):
    """What was said before the fact, and what came of it."""

    kind: str
    """on_time, ga_date, scope, duration, gate or risk."""
    subject: Line
    """p50, p85, p95, a gate, a feature or a risk; may be empty."""
    made_on: date
    probability: float | None
    """Chance 0..1; null for scope and duration."""
    expected_on: date | None
    expected: float | None
    """Share of the scope 0..1, or days; null for other kinds."""
    basis: Passage
    resolved_at: datetime | None
    occurred: bool | None
    """Whether it came true; null until known."""
    actual_on: date | None
    actual: float | None
    brier: float | None
    """(probability - occurred) squared, 0 is best; null until known."""
    days_off: float | None


class Risk(Answer):
    """A risk as last assessed."""

    risk: Line
    title: Line
    category: str
    probability: float
    """Chance 0..1."""
    impact: int
    """1 (very low) to 5 (very high)."""
    score: float
    """probability x impact."""
    basis: str
    """measured, stated or unknown."""
    why: Passage
    trend: str
    """new, rising, falling or steady."""
    mitigation: Passage
    owner: Line
    state: str
    """open, came_true, avoided or closed."""
    detail: Passage
    assessed_on: date


class Slip(Answer):
    """A move of a date."""

    entry: Line
    title: Line
    category: str
    old_on: date
    new_on: date
    days: int
    """new_on minus old_on, calendar days."""
    notice_days: int
    """old_on minus noticed_on, calendar days."""
    noticed_on: date
    policy: str
    """ok, breached or none."""
    policy_reason: Passage
    implausible: bool
    """Whether it looks like a wrong year."""
    reason: Passage
    reason_from: str
    """file, commit or none."""


class Conflict(Answer):
    """A date that is at odds with something."""

    kind: str
    severity: str
    """error or warning."""
    accepted: str | None
    """Reason for living with it; null if nobody accepted it."""
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
    """Null while it is open."""


class Artifact(Answer):
    """A text or file that a milestone made."""

    kind: str
    name: str
    media_type: str
    size: int
    """Bytes."""
    created_at: datetime


class Story(Answer):
    """A release from plan to aftermath."""

    release: Header
    train: tuple[Milestone, ...]
    runs: Listing[Run]
    gates: Listing[Gate]
    evidence_cut: bool
    """Whether some criteria, approvals or waivers are left out: there are too many."""
    scope: Listing[Feature]
    scope_sums: ScopeSums
    change_types: tuple[ChangeType, ...]
    changes: Listing[Change]
    texts: tuple[Artifact, ...]
    """What is written of the changes: changelog, notes, migration guide; the latest milestone first."""
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
