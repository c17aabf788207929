"""A release as a story: what each section of its page holds. Rows come from the queries `story_*`."""

from __future__ import annotations

from datetime import date, datetime

from release_ops.web.metrics_model import Scorecard
from release_ops.web.responses import Answer
from release_ops.web.story_aftermath import (
    Artifact,
    Conflict,
    Deployment,
    Effect,
    FlagChange,
    Incident,
    Message,
    Prediction,
    Risk,
    Slip,
)
from release_ops.web.values import Line, Listing, Passage, WebAddress

ACTIVE = frozenset({"planned", "in_progress", "frozen"})


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
    review: str | None = None
    """green, yellow, red or unknown by its last review; null without one."""
    review_kind: str | None = None
    """release, support_end or hotfix."""
    review_made_at: datetime | None = None

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
    proceeded: bool | None
    """Whether the milestone went on; null: not decided yet, or not written down."""
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
    """How much was to be in it and how much is done; what its plan deferred is out, what its freeze took out is lost."""

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


class Story(Answer):
    """A release from plan to aftermath."""

    release: Header
    """Its record, and what is predicted of it."""
    train: tuple[Milestone, ...]
    """Its milestones in order."""
    runs: Listing[Run]
    """Runs of Airflow's, the newest first."""
    gates: Listing[Gate]
    """Each gate as it was last evaluated."""
    evidence_cut: bool
    """Whether some criteria, approvals or waivers are left out: there are too many."""
    scope: Listing[Feature]
    """Its features."""
    scope_sums: ScopeSums
    """How much there is and how much is done."""
    change_types: tuple[ChangeType, ...]
    """Changes by type."""
    changes: Listing[Change]
    """What it was the first to have."""
    texts: tuple[Artifact, ...]
    """What is written of the changes: changelog, notes, migration guide; the latest milestone first."""
    deployments: Listing[Deployment]
    """Its deployments, the newest first."""
    incidents: Listing[Incident]
    """Incidents that are held against them."""
    flags: Listing[FlagChange]
    """Changes of feature flags that belong to it."""
    scorecard: Scorecard | None
    """How it went against what it is held to; null if the user may not read the metrics."""
    messages: Listing[Message]
    """What was told to whom; what failed comes first."""
    effects: Listing[Effect]
    """Acts on the outside world; what was interrupted comes first."""
    predictions: Listing[Prediction]
    """The last of each kind."""
    risks: Listing[Risk]
    """Its risks as last assessed."""
    slips: Listing[Slip]
    """Moves of its dates."""
    conflicts: Listing[Conflict]
    """What its dates are at odds with."""
    artifacts: Listing[Artifact]
    """Texts and files that its milestones made."""
