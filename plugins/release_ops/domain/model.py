"""The nouns: what a product, a release, a milestone, a feature and a gate are; `change` has those of a history."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Any

from release_ops.domain.analysis_policy import Analysis
from release_ops.domain.audiences import KnownIssue, NotesPolicy
from release_ops.domain.budget_policy import BudgetPolicy
from release_ops.domain.changelog_rules import DEFAULT_RULES, ChangelogRules
from release_ops.domain.concern_policy import ConcernPolicy
from release_ops.domain.conflict_policy import Acceptance, Conference, ConflictPolicy
from release_ops.domain.delivery_policy import DeliveryPolicy
from release_ops.domain.deploy_policy import DeployPolicy
from release_ops.domain.expectation_policy import ExpectationPolicy
from release_ops.domain.flags_policy import FlagsPolicy
from release_ops.domain.health_policy import HealthPolicy
from release_ops.domain.hotfix_policy import HotfixPolicy
from release_ops.domain.message_policy import MessagePolicy
from release_ops.domain.plan_policy import Phase, RollbackPolicy, TestPolicy
from release_ops.domain.readiness import ReadinessArea, ReadinessNote
from release_ops.domain.review_policy import ReviewPolicy
from release_ops.domain.risk import RiskPolicy, StatedRisk
from release_ops.domain.scope_policy import Capacity, ScopePolicy
from release_ops.domain.stakeholder_policy import StakeholderPolicy
from release_ops.domain.summary import WriterPolicy
from release_ops.domain.survey_policy import SurveyPolicy
from release_ops.domain.survey_results_policy import SurveyResultsPolicy
from release_ops.domain.throughput import ForecastPolicy
from release_ops.domain.tickets_policy import TicketsPolicy
from release_ops.domain.version_forms import tag_name
from release_ops.domain.window_rules import Closer, ForeignFreeze, Hours, RecurringBlackout, SchedulingPolicy


class ReleaseType(StrEnum):
    """How much a release changes; decides its train."""

    MAJOR = "major"
    MINOR = "minor"
    PATCH = "patch"
    HOTFIX = "hotfix"
    SECURITY = "security"


class MilestoneKind(StrEnum):
    """The stations of a train, in the order in which they run when they fall on the same instant."""

    PLANNING = "planning"
    ALPHA = "alpha"
    FEATURE_COMPLETE = "feature_complete"
    FREEZE = "freeze"
    BETA = "beta"
    RC = "rc"
    GA = "ga"
    SUPPORT_END = "support_end"

    @property
    def rank(self) -> int:
        """Position in the train, 0 for planning."""
        return _RANKS[self]


_RANKS = {kind: place for place, kind in enumerate(MilestoneKind)}


class Adjust(StrEnum):
    """Where a date moves that falls on a day without business."""

    PREVIOUS = "previous"
    NEXT = "next"
    NONE = "none"


class Verdict(StrEnum):
    """What the evaluation of a gate says."""

    PASS = "pass"  # noqa: S105 - a verdict, not a secret
    CONDITIONAL = "conditional"
    FAIL = "fail"


class Outcome(StrEnum):
    """What the evidence says of one criterion; `unknown` is never `pass`."""

    PASS = "pass"  # noqa: S105
    FAIL = "fail"
    UNKNOWN = "unknown"
    PENDING = "pending"
    """A person has still to tick it."""


class FeatureStatus(StrEnum):
    """How far a feature is."""

    PLANNED = "planned"
    IN_PROGRESS = "in_progress"
    DONE = "done"


class Disposition(StrEnum):
    """What the freeze does with a feature."""

    INCLUDED = "included"
    EXCLUDED = "excluded"
    DEADLINE_IMPOSED = "deadline_imposed"
    FROZEN = "frozen"


@dataclass(frozen=True, slots=True, kw_only=True)
class MilestoneRule:
    """When a milestone falls: `rule` is one of the forms that `rules.parse_rule` reads."""

    rule: str
    at: time = time(9, 0)
    adjust: Adjust = Adjust.PREVIOUS


@dataclass(frozen=True, slots=True, kw_only=True)
class MilestoneOverride:
    """One release's own date for a milestone, or (`skip`) that it has none; always with its reason."""

    date: date | None = None
    at: time | None = None
    rule: str | None = None
    skip: bool = False
    reason: str = ""
    week: str = ""
    """Week that is written with the date, `R-5` or `week 4`, as a check."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Milestone:
    """A dated step of a release. `planned_at` is aware, in the product's zone."""

    product: str
    version: str
    kind: MilestoneKind
    planned_at: datetime
    rule: str
    note: str = ""
    """Why the date differs from the bare rule: an override's reason, a holiday that moved it."""

    @property
    def key(self) -> str:
        """Partition key of the run that carries it out, `webapp:2.8.0:alpha`."""
        return f"{self.product}:{self.version}:{self.kind}"


@dataclass(frozen=True, slots=True, kw_only=True)
class EventRule:
    """A dated entry of every release's calendar that runs nothing: a deadline, a meeting, a freeze of the docs."""

    id: str
    title: str
    rule: str
    at: time | None = None
    """None: an entry of whole days."""
    zone: str = ""
    """IANA zone of `at`; the product's without it."""
    lasts: timedelta = timedelta(0)
    adjust: Adjust = Adjust.NONE
    types: frozenset[ReleaseType] = frozenset()
    """Release types that have it; empty: all that have a calendar."""
    owner: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A dated entry of one release's calendar. Both instants are aware; `ends_at` is exclusive."""

    product: str
    version: str
    id: str
    title: str
    planned_at: datetime
    ends_at: datetime
    all_day: bool
    rule: str
    note: str = ""
    owner: str = ""

    @property
    def key(self) -> str:
        """Identity over every move, `webapp:2.8.0:docs_freeze`."""
        return f"{self.product}:{self.version}:{self.id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """Another product's milestone that has to be done before one of this release's."""

    product: str
    version: str
    milestone: MilestoneKind = MilestoneKind.GA
    before: MilestoneKind = MilestoneKind.GA


@dataclass(frozen=True, slots=True, kw_only=True)
class Absence:
    """A period, both ends aware and the end exclusive, in which a person is not there."""

    person: str
    start: datetime
    end: datetime
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Feature:
    """One planned piece of a release's scope."""

    id: str
    title: str
    status: FeatureStatus
    owner: str = ""
    priority: str = "should"
    """must, should or could: a must that is unfinished at the freeze gets a deadline, a could is excluded."""
    url: str = ""
    points: float | None = None
    """Effort in the team's own points; None: nobody has estimated it."""
    value: float | None = None
    """What it is worth, on the team's own scale."""
    risk: float | None = None
    """Probability 0..1 that it is not done in time."""
    depends_on: tuple[str, ...] = ()
    """Ids of features that have to be done before it."""
    team: str = ""
    acceptance: tuple[str, ...] = ()
    """What must be true for it to be done."""
    days: float | None = None
    """Business days from its start to its end; None: its points at the speed of its team."""
    stated: bool = True
    """False: nobody gave the priority; the plan ranks it, and until then it counts as a should."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """A product and a version with its GA date."""

    product: str
    version: str
    type: ReleaseType
    ga: date
    theme: str = ""
    overrides: Mapping[MilestoneKind, MilestoneOverride] = field(default_factory=dict)
    features: tuple[Feature, ...] = ()
    known_issues: tuple[KnownIssue, ...] = ()
    start: date | None = None
    """First day of its cycle, from which week numbers count; None: the day of its first milestone."""
    reason: str = ""
    """Why its dates were moved last."""
    events: Mapping[str, MilestoneOverride] = field(default_factory=dict)
    """Own dates of its events by id, and events that only it has."""
    needs: tuple[Need, ...] = ()
    announced: date | None = None
    """Day on which its GA was made known; the notice counts from it."""
    cadence: int | None = None
    """Place in the product file of the cadence that made it; None: it is written there itself."""
    risks: tuple[StatedRisk, ...] = ()
    """What the team fears for this release."""
    readiness: Mapping[str, ReadinessNote] = field(default_factory=dict)
    """What the file says of the items of `Product.readiness`, by `area.item`."""
    due: datetime | None = None
    """Instant, aware, by which an emergency release has to be out; None: its dates are days."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Repository:
    """Where a product's source lives. `location` is a git URL or path, or `owner/name` for GitHub."""

    kind: str
    location: str
    connection: str | None
    default_branch: str
    tag: str
    """Pattern of a tag, `v{version}`; with the format of versions that are no semantic ones, `v{version:YYYY.0M.MICRO}`."""
    release_branch: str
    """Pattern of a release branch, `release/{version}`."""
    changelog: str
    push: bool
    """False: tags, branches and commits are made in a private clone and nothing leaves the machine."""
    folders: tuple[str, ...] = ()
    """Folders of a product that shares its repository with others, each with a slash at the end; empty: all of it."""

    def tag_name(self, version: str) -> str:
        """Tag of a version."""
        return tag_name(self.tag, version)

    def branch_name(self, version: str) -> str:
        """Release branch of a (final) version."""
        return self.release_branch.format(version=version)


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody who approves. `id` is the user id that Airflow's auth manager knows."""

    id: str
    name: str
    email: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Criterion:
    """One checkable statement of a gate. `spec` holds what its kind needs (see docs/release-managers.md)."""

    id: str
    kind: str
    """checks, reviews, features, feasible, report, github, sql, prometheus, file, checklist, gates or version."""
    title: str
    required: bool = True
    waivable: bool = True
    spec: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalPolicy:
    """Who has to agree: so many people per role, at least `minimum` distinct people, within `timeout`."""

    roles: Mapping[str, int] = field(default_factory=dict)
    minimum: int = 0
    timeout: timedelta = timedelta(days=3)
    types: Mapping[ReleaseType, ApprovalPolicy] = field(default_factory=dict)
    """Who has to agree instead, for releases of these types."""

    def for_type(self, release_type: ReleaseType) -> ApprovalPolicy:
        """Policy that counts for a release of that type."""
        return self.types.get(release_type, self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """Named criteria plus required approvals."""

    name: str
    criteria: tuple[Criterion, ...] = ()
    approvals: ApprovalPolicy = field(default_factory=ApprovalPolicy)


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """One way to reach an audience: kind `outbox`, `slack` or `email`."""

    kind: str
    connection: str | None = None
    to: str = ""
    """Slack channel or mail address; empty for the outbox."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Blackout:
    """A period, both ends aware, in which production may not be changed."""

    start: datetime
    end: datetime
    reason: str
    calendar: str = ""
    """File that it comes from; empty: the product file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowPolicy:
    """Which milestones change production and what closes their window, besides the blackouts."""

    milestones: frozenset[MilestoneKind] = frozenset({MilestoneKind.GA})
    holidays_close: bool = True
    hours: Hours | None = None
    """None: open around the clock."""
    ignore: Mapping[ReleaseType, frozenset[Closer]] = field(default_factory=dict)
    """What does not hold a release of that type up."""
    freezes_close: bool = False
    """True: the freezes of the products that it ships into close its window."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FreezePolicy:
    """What the freeze demands of the branch and of unfinished features."""

    required_reviews: int = 2
    exempt: tuple[str, ...] = ("fix", "docs")
    """Change types that may still land."""
    deadline: timedelta = timedelta(days=3)
    """How long an unfinished must-have feature gets."""
    check: str = "release-ops/freeze"
    """Name of the status check that a GitHub ruleset demands during the freeze."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadPolicy:
    """How much scope a release has before lint doubts it; None: no limit of that kind."""

    features_per_week: float | None = None
    points_per_week: float | None = None
    times_usual: float | None = None
    """So many times the median of the product's other releases of its type."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """A thing that is released: one file `include/products/<id>.yaml`, over the defaults."""

    id: str
    name: str
    repository: Repository
    scheme: str
    """`semver`, `calver`, `sequential` or `hybrid`."""
    timezone: str
    holiday_regions: tuple[str, ...]
    catch_up: timedelta
    trains: Mapping[ReleaseType, Mapping[MilestoneKind, MilestoneRule]]
    releases: tuple[Release, ...]
    gates: Mapping[str, Gate]
    milestone_gates: Mapping[MilestoneKind, str]
    approvers: Mapping[str, tuple[Person, ...]]
    channels: Mapping[str, tuple[Channel, ...]]
    """Audience to its channels."""
    freeze: FreezePolicy
    windows: WindowPolicy
    blackouts: tuple[Blackout, ...]
    recurring_blackouts: tuple[RecurringBlackout, ...] = ()
    downstream_freezes: tuple[ForeignFreeze, ...] = ()
    calendars: tuple[tuple[str, str], ...] = ()
    """File and name of each iCalendar file that its blackouts come from."""
    scheduling: SchedulingPolicy = field(default_factory=SchedulingPolicy)
    announcements: Mapping[MilestoneKind, tuple[str, ...]] = field(default_factory=dict)
    """Which audiences hear of a milestone; `*` stands for all."""
    problems_to: tuple[str, ...] = ("engineering",)
    """Which audiences hear of a milestone that was blocked, missed or failed."""
    notes: NotesPolicy = field(default_factory=NotesPolicy)
    messages: MessagePolicy = field(default_factory=MessagePolicy)
    expectations: ExpectationPolicy = field(default_factory=ExpectationPolicy)
    concerns: ConcernPolicy = field(default_factory=ConcernPolicy)
    readiness: Mapping[str, ReadinessArea] = field(default_factory=dict)
    """What others need for a release, by area."""
    events: tuple[EventRule, ...] = ()
    weeks: str = ""
    """How its calendar counts weeks: `to_ga` (R-5), `from_start` (week 4), or not at all."""
    feeds: str = ""
    """Folder or object store URL that the calendar is written to; empty: nowhere."""
    teams: tuple[str, ...] = ()
    """Who builds it; products that share a team compete for it."""
    absences: tuple[Absence, ...] = ()
    notice: Mapping[ReleaseType, timedelta] = field(default_factory=dict)
    """How long before a GA its date has to be known; a move of it later than that breaches the policy."""
    conflicts: ConflictPolicy = field(default_factory=ConflictPolicy)
    """What counts as a conflict, as this product's file has it; `strictest` makes the project's policy of all."""
    conferences: tuple[Conference, ...] = ()
    accepted_conflicts: tuple[Acceptance, ...] = ()
    ships_into: tuple[str, ...] = ()
    """Ids of products that it is a part of: their freezes and blackouts hold for it too."""
    load: LoadPolicy = LoadPolicy()
    scope: ScopePolicy = field(default_factory=ScopePolicy)
    """Where its features come from."""
    capacity: Capacity = field(default_factory=Capacity)
    forecast: ForecastPolicy = field(default_factory=ForecastPolicy)
    delivery: DeliveryPolicy = field(default_factory=DeliveryPolicy)
    deploy: DeployPolicy = field(default_factory=DeployPolicy)
    health: HealthPolicy = field(default_factory=HealthPolicy)
    hotfix: HotfixPolicy = field(default_factory=HotfixPolicy)
    """How what is broken in production is mended at once."""
    analyses: Mapping[str, Analysis] = field(default_factory=dict)
    """What is measured while a version is rolled out."""
    budget: BudgetPolicy = field(default_factory=BudgetPolicy)
    surveys: SurveyPolicy = field(default_factory=SurveyPolicy)
    survey_results: SurveyResultsPolicy = field(default_factory=SurveyResultsPolicy)
    review: ReviewPolicy = field(default_factory=ReviewPolicy)
    stakeholders: StakeholderPolicy = field(default_factory=StakeholderPolicy)
    """Who has a stake in it, and how they are told."""
    changelog: ChangelogRules = DEFAULT_RULES

    risks: RiskPolicy = field(default_factory=RiskPolicy)
    tests: TestPolicy = field(default_factory=TestPolicy)
    communication: tuple[Phase, ...] = ()
    rollback: RollbackPolicy = field(default_factory=RollbackPolicy)
    flags: FlagsPolicy = field(default_factory=FlagsPolicy)
    tickets: TicketsPolicy = field(default_factory=TicketsPolicy)
    """What becomes of the tickets of a release that is out."""
    plan_writer: WriterPolicy | None = None
    """Who puts the plan into words beside the templates' own; None: nobody."""
    bump: Mapping[str, str] = field(default_factory=dict)
    """Levels of `versions.BumpPolicy` that differ from its own."""

    def release(self, version: str) -> Release:
        """Release of that version; KeyError with the known versions."""
        for release in self.releases:
            if release.version == version:
                return release
        known = ", ".join(release.version for release in self.releases) or "none"
        raise KeyError(f"{self.id} has no release {version}; its product file plans: {known}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What was found for one criterion. All text is data from outside: escape it where it is shown."""

    criterion: str
    outcome: Outcome
    observed: str = ""
    expected: str = ""
    detail: str = ""
    link: str = ""
    waived_by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiver:
    """An approver's signed, reasoned, expiring exception to one criterion."""

    gate: str
    criterion: str
    approver: str
    reason: str
    granted_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """One answer to one seat. `user` is None when nobody answered in time."""

    seat: str
    role: str
    user: str | None
    approved: bool
    reason: str = ""
    answered_at: datetime | None = None
    ticked: frozenset[str] = frozenset()
    """Ids of the checklist criteria that this person ticked."""
