"""The product file's schema: what may be written where. The JSON Schema for editors is generated from these models."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, Field, model_validator

from release_ops.domain.calver import COUNTERS
from release_ops.domain.model import Adjust, MilestoneKind, ReleaseType
from release_ops.product_changelog import ChangelogPart
from release_ops.product_notes import KnownIssuePart, NotesPart
from release_ops.product_types import (
    STRICT,
    Count,
    Date,
    Duration,
    Folder,
    Moment,
    Pattern,
    Region,
    RuleText,
    Text,
    TimeOfDay,
    VersionFormat,
    Zone,
    wrong,
)


def _as_rule(value: Any) -> Any:
    return {"rule": value} if isinstance(value, str | int) and not isinstance(value, bool) else value


def _as_override(value: Any) -> Any:
    """`rc: 2026-11-20`, `rc: -2w` and `rc: skip` are short for the mapping."""
    if not isinstance(value, str):
        return value
    if value == "skip":
        return {"skip": True}
    return {"date": value} if re.search(r"\d{4}-\d", value) else {"rule": value}


def _by_id(value: Any) -> Any:
    """A list of criteria becomes the mapping from id to criterion."""
    if not isinstance(value, list):
        return value
    found: dict[str, Any] = {}
    for item in value:
        if not isinstance(item, dict) or "id" not in item:
            raise wrong("a criterion in a list needs an `id`", "or write a mapping from id to criterion")
        if item["id"] in found:
            raise wrong(f"criterion {item['id']!r} is here twice", "rename one")
        found[str(item["id"])] = {key: part for key, part in item.items() if key != "id"}
    return found


class Part(BaseModel):
    """Base of every section."""

    model_config = STRICT


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


class RulePart(Part):
    """When a milestone falls, relative to GA."""

    rule: RuleText
    """Offset in weeks (w), days (d) or business days (bd), `ga`, or an ordinal weekday of GA's month."""
    at: TimeOfDay | None = None
    """Time of day in the product's zone; the product's `at` without it."""
    adjust: Adjust | None = None
    """Where a date moves that is no business day: `previous` (default), `next` (default of support_end) or `none`."""


class OverridePart(Part):
    """One release's own date for a milestone, with the reason."""

    date: Date | None = None
    """The date, exactly: it is not moved to a business day."""
    rule: RuleText | None = None
    """Another rule than the train's."""
    at: TimeOfDay | None = None
    """Another time of day than the train's."""
    skip: Annotated[bool, Field(strict=True)] = False
    """true: this release has no such milestone."""
    reason: Text | None = None
    """Shown beside the milestone."""

    @model_validator(mode="after")
    def _says_one_thing(self) -> OverridePart:
        if sum((self.date is not None, self.rule is not None, self.skip)) > 1:
            raise wrong("date, rule and skip exclude each other", "keep one of them")
        if self.date is None and self.rule is None and not self.skip and self.at is None:
            raise wrong("changes nothing", "give a date, a rule, a time `at` or `skip: true`")
        return self


RuleOrText = Annotated[RulePart, BeforeValidator(_as_rule, json_schema_input_type=RuleText | RulePart)]
OverrideOrText = Annotated[OverridePart, BeforeValidator(_as_override, json_schema_input_type=str | OverridePart)]


class FeaturePart(Part):
    """One planned piece of a release's scope."""

    id: Text = Field(examples=["WEB-118"])
    """Identifier that commits and tickets use."""
    title: Text
    """What users get, in one line."""
    status: Literal["planned", "in_progress", "done"] = "planned"
    """How far it is."""
    owner: Text | None = None
    """Who answers for it."""
    priority: Literal["must", "should", "could"] = "should"
    """At the freeze an unfinished must gets a deadline, a could is excluded."""
    url: Text | None = None
    """Its ticket."""


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
    known_issues: list[KnownIssuePart] = []
    """What is not right in it and known to be so; told in the notes."""


class CriterionBase(Part):
    """What every criterion has."""

    title: Text
    """The statement that must be true."""
    required: Annotated[bool, Field(strict=True)] = True
    """false: its failure makes the gate's verdict conditional instead of fail."""
    waivable: Annotated[bool, Field(strict=True)] = True
    """false: nobody may waive it."""


Comparator = Literal["<", "<=", "==", "!=", ">=", ">"]
Number = Annotated[int, Field(strict=True)] | Annotated[float, Field(strict=True, allow_inf_nan=False)]


class Condition(CriterionBase):
    """A number compared with a threshold."""

    comparator: Comparator
    """How the measured number compares with the threshold."""
    threshold: Number
    """Ratios are written 0..1."""


class ChecksCriterion(CriterionBase):
    """The repository's checks are green at the commit."""

    kind: Literal["checks"]
    names: list[Text] | None = None
    """Only these checks; all required ones without it."""


class ReviewsCriterion(CriterionBase):
    """Every merged change was reviewed."""

    kind: Literal["reviews"]


class FeaturesCriterion(CriterionBase):
    """The planned features are done."""

    kind: Literal["features"]
    movable: Annotated[bool, Field(strict=True)] = False
    """true: also passes when the freeze may move what is unfinished or give it a deadline."""


class ReportCriterion(Condition):
    """A number in a report file of the commit."""

    kind: Literal["report"]
    format: Literal["junit", "cobertura", "sarif"]
    """Format of the report."""
    path: Text
    """Path in the commit, or an object store's URL."""
    metric: Text
    """Name of the number in the report."""


class GithubCriterion(Condition):
    """A number that GitHub knows."""

    kind: Literal["github"]
    metric: Literal["open_issues", "security_alerts"]
    """What is counted."""
    label: Text | None = None
    """Count only issues with this label."""
    severity: Literal["low", "medium", "high", "critical"] | None = None
    """Count only alerts of this severity or worse."""


class SqlCriterion(Condition):
    """A number that an SQL statement returns."""

    kind: Literal["sql"]
    connection: Text
    """Airflow connection of the database."""
    statement: Text | None = None
    """Statement that returns one number."""
    query: Text | None = None
    """Name of a file in include/sql/checks, without `.sql`."""

    @model_validator(mode="after")
    def _has_one_text(self) -> SqlCriterion:
        if (self.statement is None) == (self.query is None):
            raise wrong("needs either `statement` or `query`", "write the SQL, or name a file in include/sql/checks")
        return self


class FileCriterion(CriterionBase):
    """A file exists in the commit."""

    kind: Literal["file"]
    path: Text
    """Path in the commit."""


class ChecklistCriterion(CriterionBase):
    """A person says so while approving."""

    kind: Literal["checklist"]
    role: Text | None = None
    """Only this role may tick it."""


class VersionCriterion(CriterionBase):
    """The version is at least what the changes since the last release ask for."""

    kind: Literal["version"]


class GatesCriterion(CriterionBase):
    """Earlier gates of the release have passed."""

    kind: Literal["gates"]
    gates: list[Text] | None = None
    """Only these gates; all earlier ones without it."""


CriterionPart = Annotated[
    ChecksCriterion | ReviewsCriterion | FeaturesCriterion | ReportCriterion | GithubCriterion | SqlCriterion
    | FileCriterion | ChecklistCriterion | GatesCriterion | VersionCriterion,
    Field(discriminator="kind"),
]  # fmt: skip


class ApprovalsPart(Part):
    """Who has to agree."""

    roles: dict[str, Annotated[int, Field(strict=True, ge=1, le=100)]] = {}
    """Number of people per role; distinct people fill them."""
    minimum: Count = 0
    """At least so many distinct people in all."""
    timeout: Duration = timedelta(days=3)
    """How long they have."""


class GatePart(Part):
    """Named criteria plus required approvals."""

    criteria: Annotated[dict[str, CriterionPart], BeforeValidator(_by_id)] = {}
    """From id to criterion; a list of criteria with `id` is understood too."""
    approvals: ApprovalsPart = ApprovalsPart()
    """Who has to agree; nobody without it."""


class PersonPart(Part):
    """Somebody who approves."""

    id: Text
    """User id in Airflow."""
    name: Text | None = None
    """Name that is shown; the id without it."""
    email: Text | None = None
    """Mail address."""


class ChannelPart(Part):
    """One way to reach an audience."""

    kind: Literal["outbox", "slack", "email"]
    """`outbox` keeps the message in the database and shows it in Airflow."""
    connection: Text | None = None
    """Airflow connection; the kind's usual one without it."""
    to: Text | None = Field(default=None, examples=["#releases", "team@example.org"])
    """Slack channel or mail address; nothing for the outbox."""

    @model_validator(mode="after")
    def _has_address(self) -> ChannelPart:
        if self.kind == "email" and self.to is not None and "@" not in self.to:
            raise wrong(f"{self.to!r} is not a mail address", "write to: team@example.org")
        if self.kind != "outbox" and self.to is None:
            example = '"#releases"' if self.kind == "slack" else "team@example.org"
            raise wrong(f"a channel of kind {self.kind} needs `to`", f"write to: {example}")
        return self


class FreezePart(Part):
    """What the freeze demands of the branch and of unfinished features."""

    required_reviews: Count = 2
    """Reviews that a change needs during the freeze."""
    exempt: list[Text] = ["fix", "docs"]
    """Change types that may still land."""
    deadline: Duration = timedelta(days=3)
    """How long an unfinished must-have feature gets."""
    check: Text = "release-ops/freeze"
    """Name of the status check that a GitHub ruleset demands during the freeze."""


class WindowsPart(Part):
    """Which milestones change production and what closes their window, besides blackouts."""

    milestones: list[MilestoneKind] = [MilestoneKind.GA]
    """These wait for an open window."""
    holidays_close: Annotated[bool, Field(strict=True)] = True
    """true: public holidays of the product's regions close the window."""


class BlackoutPart(Part):
    """A period in which production may not be changed."""

    start: Moment
    """First day, or the instant, in the product's zone unless it has an offset."""
    end: Moment
    """Last day (included), or the instant."""
    reason: Text
    """Shown to whoever waits."""


class ScopePart(Part):
    """Where a release's features come from."""

    source: Literal["file", "github"] = "file"
    """`file`: this file; `github`: the issues of the GitHub milestone named like the version."""


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
    scope: ScopePart = ScopePart()
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
    freeze: FreezePart = FreezePart()
    windows: WindowsPart = WindowsPart()
    blackouts: list[BlackoutPart] = []
    """Periods in which production may not be changed."""
