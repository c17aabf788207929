"""The product file's schema: what may be written where. The JSON Schema for editors is generated from these models."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from release_ops.domain.calver import COUNTERS
from release_ops.domain.model import MilestoneKind, ReleaseType
from release_ops.product_analysis import AnalysisPart, AnalysisTemplatePart, with_templates
from release_ops.product_analysis import Name as AnalysisName
from release_ops.product_budget import BudgetPart
from release_ops.product_cadences import CadencePart
from release_ops.product_calendar import (
    AbsencePart,
    EventOrText,
    FeedsPart,
    FreezePart,
    NeedPart,
    OverrideOrText,
    RuleOrText,
    WeeksOrText,
)
from release_ops.product_changelog import ChangelogPart
from release_ops.product_channels import ChannelPart
from release_ops.product_concerns import ConcernsPart
from release_ops.product_conflicts import AcceptedConflictPart, ConferencePart, ConflictsPart
from release_ops.product_delivery import DeliveryPart
from release_ops.product_deploy import DeployPart
from release_ops.product_documents import PhasePart, RollbackPart, TestsPart
from release_ops.product_expectations import ExpectationsPart
from release_ops.product_flags import FlagsPart
from release_ops.product_forecast import ForecastPart
from release_ops.product_gates import GatePart
from release_ops.product_health import HealthPart
from release_ops.product_hotfix import HotfixPart
from release_ops.product_messages import MessagesPart
from release_ops.product_notes import KnownIssuePart, NotesPart, PlanningPart
from release_ops.product_plan import CapacityPart, FeaturePart, LoadPart, ScopePart
from release_ops.product_readiness import Name, ReadinessAreaPart, ReadinessNoteOrText
from release_ops.product_review import ReviewPart
from release_ops.product_risks import RisksPart, StatedRiskPart
from release_ops.product_stakeholders import StakeholdersPart
from release_ops.product_survey_results import SurveyResultsPart
from release_ops.product_surveys import SurveysPart
from release_ops.product_tickets import TicketsPart
from release_ops.product_types import (
    Date,
    Duration,
    Folder,
    Part,
    Pattern,
    Region,
    Text,
    TimeOfDay,
    VersionFormat,
    Zone,
    wrong,
)
from release_ops.product_windows import BlackoutPart, CalendarOrText, SchedulingPart, WindowsPart


class RepositoryPart(Part):
    """Where the source lives and how tags and branches are named."""

    kind: Literal["git", "github"]
    """`git`: any repository through the git program; `github`: also pull requests, checks, rulesets and releases."""
    location: Text = Field(examples=["https://git.example.org/webapp.git", "example/webapp", "../webapp.git"])
    """Git URL, a path relative to the project's folder, or `owner/name` for GitHub. May hold ${RELEASE_OPS_...}."""
    connection: Text | None = None
    """Airflow connection with the credentials; none for a public or local repository."""
    default_branch: Text
    """Branch that releases are cut from until the freeze."""
    tag: Pattern
    """Pattern of a tag."""
    release_branch: Pattern
    """Pattern of a release branch."""
    changelog: Text
    """Path of the changelog in the repository."""
    push: Annotated[bool, Field(strict=True)]
    """false: tags, branches and commits are made in a private clone and nothing leaves the machine."""
    folders: list[Folder] = Field(default=[], examples=[["packages/web"]])
    """Only what changes these folders counts, for a product that shares its repository with others. Give it tags of its
    own, such as web-v{version}, unless all of them are released together."""


Level = Literal["none", "patch", "minor", "major"]
FORMATS = {"semver": None, "calver": "YYYY.MM.MICRO", "sequential": "N", "hybrid": "YYYY.MINOR.PATCH"}
"""Format of each scheme's versions where the file names none."""


class VersioningPart(Part):
    """How versions are numbered."""

    scheme: Literal["semver", "calver", "sequential", "hybrid"]
    """`semver`: MAJOR.MINOR.PATCH; `calver`: by date; `sequential`: 42, 43; `hybrid`: by date, with MAJOR or MINOR."""
    format: VersionFormat | None = None
    """How versions are written; without it YYYY.MM.MICRO (calver), N (sequential) or YYYY.MINOR.PATCH (hybrid)."""
    zero_breaking: Level | None = None
    """What a breaking change asks for at 0.y.z; `minor` without it."""
    zero_minor: Level | None = None
    """What a feature asks for at 0.y.z; `minor` without it."""
    at_least: Level | None = None
    """What any change at all asks for; `none` without it: documentation alone is no release."""
    at_most: Level | None = None
    """More than this no change asks for; `major` without it."""

    @property
    def form(self) -> str | None:
        """Format of the versions, None for semantic ones."""
        return self.format or FORMATS[self.scheme]

    @model_validator(mode="after")
    def _fits(self) -> VersioningPart:
        if self.scheme == "semver":
            if self.format is not None:
                raise wrong("semver has no format", "remove it, or write scheme: calver")
            return self
        policy = [name for name in ("zero_breaking", "zero_minor") if getattr(self, name) is not None]
        if policy:
            raise wrong(f"{policy[0]} is for semver", "remove it")
        tokens = set(re.findall(r"[A-Z0]+", self.form or ""))
        dated, counted = tokens - {*COUNTERS}, tokens & {"MAJOR", "MINOR"}
        scheme = "hybrid" if dated and counted else "calver" if dated else "sequential" if tokens == {"N"} else "none"
        if scheme != self.scheme:
            example = {"calver": "YYYY.0M.MICRO", "sequential": "N", "hybrid": "YYYY.MINOR.PATCH"}[self.scheme]
            remedy = f"write a format such as {example}"
            raise wrong(f"{self.format} is no format of scheme {self.scheme}", remedy)
        return self


class ReleasePart(Part):
    """One planned release."""

    version: Text = Field(examples=["2.8.0"])
    """Final version; its pre-releases are numbered by the train."""
    type: ReleaseType
    """Decides which train it gets; hotfix and security releases have no calendar."""
    ga: Date
    """Day of general availability, with or without its weekday."""
    weekday: Text | None = None
    """Weekday of `ga`, as a check against typing errors."""
    theme: Text | None = None
    """What the release is about, in one line."""
    milestones: dict[MilestoneKind, OverrideOrText] = {}
    """Own dates for single milestones: a date, a rule, `skip`, or a mapping with the reason."""
    features: list[FeaturePart] = []
    """The scope, when `scope.source` is `file`."""
    start: Date | None = None
    """First day of its cycle, from which week numbers count; the day of its first milestone without it."""
    announced: Date | None = None
    """Day on which its GA was made known; the notice counts from it."""
    reason: Text | None = None
    """Why its dates were moved last: the slip that is recorded says so."""
    events: dict[Text, OverrideOrText] = {}
    """Own dates of its events, and events that only it has: a date, a rule, `skip`, or a mapping with the reason."""
    needs: list[NeedPart] = []
    """Milestones of other products that have to be done first."""
    risks: list[StatedRiskPart] = []
    """What the team fears for this release, beside what is measured."""
    known_issues: list[KnownIssuePart] = []
    """What is not right in it and known to be so; told in the notes."""
    readiness: dict[Name, dict[Name, ReadinessNoteOrText]] = {}
    """What is ready of the lists under `readiness`: `true`, an address or words that show it, or a mapping."""


class PersonPart(Part):
    """Somebody who approves."""

    id: Text
    """User id in Airflow."""
    name: Text | None = None
    """Name that is shown; the id without it."""
    email: Text | None = None
    """Mail address."""


class ProductPart(Part):
    """A product of Release Ops: what is released, when, and who says so."""

    product: Annotated[Text, Field(pattern=r"^[a-z0-9][a-z0-9_.-]{0,49}$")] = Field(examples=["webapp"])
    """Identifier: lower-case letters, digits, `-`, `_` and `.`. It is part of run ids and keys."""
    name: Text | None = None
    """Name that people read; the identifier without it."""
    repository: RepositoryPart
    versioning: VersioningPart
    timezone: Zone
    """IANA zone that all dates and times of this file are in."""
    holidays: list[Region] = []
    """Public holidays that are no business days: country codes, optionally with a part."""
    catch_up: Duration
    """A milestone found late still runs within this time; an older one is reported as missed."""
    at: TimeOfDay
    """Time of day at which milestones run, unless their rule says otherwise."""
    trains: dict[ReleaseType, dict[MilestoneKind, RuleOrText]]
    """Milestone rules per release type."""
    releases: list[ReleasePart] = []
    """Planned and past releases."""
    cadences: list[CadencePart] = []
    """Releases that come by the calendar, such as every four weeks."""
    events: dict[Text, EventOrText] = {}
    """Dated entries of every release's calendar that run nothing: deadlines, meetings, freezes of the docs."""
    weeks: WeeksOrText | None = None
    """Shows the week of every day in the calendar."""
    teams: list[Text] = []
    """Who builds it; products that share a team compete for it."""
    feeds: FeedsPart = FeedsPart()
    away: list[AbsencePart] = []
    """When people who must act are not there."""
    notice: dict[ReleaseType, Duration] = {}
    """How long before a GA its date has to be known, per release type."""
    ships_into: list[Text] = []
    """Ids of products that this one is a part of: while they are frozen or closed, it is not delivered to them."""
    conferences: list[ConferencePart] = []
    """Days on which people are elsewhere."""
    conflicts: ConflictsPart = ConflictsPart()
    accepted_conflicts: list[AcceptedConflictPart] = []
    """Conflicts that people know of and live with."""
    load: LoadPart = LoadPart()
    scope: ScopePart = ScopePart()
    forecast: ForecastPart = ForecastPart()
    delivery: DeliveryPart = DeliveryPart()
    deploy: DeployPart = DeployPart()
    health: HealthPart = HealthPart()
    hotfix: HotfixPart = HotfixPart()
    analyses: dict[AnalysisName, AnalysisPart] = {}
    """What is measured while a version is rolled out, from name to analysis."""
    analysis_templates: dict[AnalysisName, AnalysisTemplatePart] = {}
    """Ready-made analyses, that `analyses` begin from with `like`."""
    budget: BudgetPart = BudgetPart()
    surveys: SurveysPart = SurveysPart()
    survey_results: SurveyResultsPart = SurveyResultsPart()
    review: ReviewPart = ReviewPart()
    stakeholders: StakeholdersPart = StakeholdersPart()
    capacity: CapacityPart = CapacityPart()
    gates: dict[str, GatePart] = {}
    """Named gates."""
    milestone_gates: dict[MilestoneKind, Text] = {}
    """Which gate a milestone has to pass; none without an entry."""
    approvers: dict[str, list[PersonPart]] = {}
    """People per role."""
    audiences: dict[str, list[ChannelPart]] = {}
    """Channels per audience."""
    announcements: dict[MilestoneKind, list[Text]] = {}
    """Which audiences hear of a milestone; `"*"` stands for all."""
    problems_to: list[Text] = ["engineering"]
    """Which audiences hear of a milestone that was blocked, missed or failed."""
    changelog: ChangelogPart = ChangelogPart()
    notes: NotesPart = NotesPart()
    messages: MessagesPart = MessagesPart()
    expectations: ExpectationsPart = ExpectationsPart()
    concerns: ConcernsPart = ConcernsPart()
    readiness: dict[Name, ReadinessAreaPart] = {}
    """What support, marketing and others need for a release, as items of the gates' checklists."""
    planning: PlanningPart = PlanningPart()
    risks: RisksPart = RisksPart()
    tests: TestsPart = TestsPart()
    communication: dict[Text, PhasePart] = {}
    """Messages of people to people, beside what the milestones announce by themselves."""
    rollback: RollbackPart = RollbackPart()
    flags: FlagsPart = FlagsPart()
    tickets: TicketsPart = TicketsPart()
    freeze: FreezePart = FreezePart()
    windows: WindowsPart = WindowsPart()
    blackouts: list[BlackoutPart] = []
    """Periods in which production may not be changed."""
    calendars: list[CalendarOrText] = []
    """iCalendar files whose entries are blackouts; paths are relative to the product file, or to the project."""
    scheduling: SchedulingPart = SchedulingPart()

    @model_validator(mode="before")
    @classmethod
    def _with_templates(cls, data: Any) -> Any:
        return with_templates(data)
