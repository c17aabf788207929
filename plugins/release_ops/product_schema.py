"""The product file's schema: what may be written where. The JSON Schema for editors is generated from these models."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError

from release_ops.domain.business_days import check_region
from release_ops.domain.milestones import WEEKDAYS, parse_rule, parse_weekday
from release_ops.domain.model import Adjust, MilestoneKind, ReleaseType

YEARS = range(1990, 2101)
_DURATION = re.compile(r"(\d{1,4})\s*(m|h|d|w)")
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_DATED = re.compile(r"(?:(?P<weekday>[A-Za-z]+),? +)?(?P<date>\d{4}-\d{1,2}-\d{1,2})")


def wrong(message: str, remedy: str = "") -> PydanticCustomError:
    """Return an error whose message and remedy the product loader shows apart."""
    return PydanticCustomError("product_file", "{message}", {"message": message, "remedy": remedy})


def _text(value: Any) -> str:
    if isinstance(value, bool):
        raise wrong("is true or false to YAML, not text", "put quotes around it")
    if isinstance(value, int | float):
        raise wrong("is a number to YAML, not text", "put quotes around it")
    if not isinstance(value, str):
        raise wrong(f"is a {_kind(value)}, not text", "write one value")
    if not value.strip():
        raise wrong("is empty", "write something or remove the key")
    return value


def _kind(value: Any) -> str:
    return {dict: "mapping", list: "list", type(None): "missing value"}.get(type(value), type(value).__name__)


def parse_dated(text: str) -> tuple[date, int | None]:
    """Return the date of `2026-11-26` or `Thu 2026-11-26` and the weekday (0 Monday) if one is written; ValueError."""
    match = _DATED.fullmatch(text.strip())
    if match is None:
        raise ValueError("is not a date; write it like 2026-11-26")
    year, month, day = (int(part) for part in match["date"].split("-"))
    try:
        value = date(year, month, day)
    except ValueError as error:
        raise ValueError(f"is not a date: {error}; check day and month (year-month-day)") from None
    return value, parse_weekday(match["weekday"]) if match["weekday"] else None


def weekday_problem(day: date, weekday: int) -> str:
    """What to say when a date is not the weekday that is written with it; empty when it is."""
    if day.weekday() == weekday:
        return ""
    before = day - timedelta(days=(day.weekday() - weekday) % 7)
    nearest = before if (day - before).days <= 3 else before + timedelta(days=7)
    return (
        f"{day} is a {WEEKDAYS[day.weekday()]}, not a {WEEKDAYS[weekday]}; "
        f"the nearest {WEEKDAYS[weekday]} is {nearest}: correct the date or the weekday"
    )


def _date(value: Any) -> date:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    if not isinstance(value, str):
        raise wrong("is not a date", "write it like 2026-11-26")
    try:
        day, weekday = parse_dated(value)
    except ValueError as error:
        raise _split(error) from None
    if weekday is not None and (problem := weekday_problem(day, weekday)):
        raise _split(ValueError(problem))
    if day.year not in YEARS:
        raise wrong(f"the year {day.year} is wildly off", "correct the year")
    return day


def _split(error: ValueError) -> PydanticCustomError:
    """Make one of our own ValueErrors, `what is wrong; remedy`, an error of the schema."""
    message, _, remedy = str(error).partition("; ")
    return wrong(message, remedy)


def _time(value: Any) -> time:
    if isinstance(value, time):
        return value
    match = re.fullmatch(r"(\d{1,2}):(\d{2})", value) if isinstance(value, str) else None
    if match is None or int(match[1]) > 23 or int(match[2]) > 59:
        raise wrong("is not a time of day", 'write it like "09:00", from "00:00" to "23:59"')
    return time(int(match[1]), int(match[2]))


def _duration(value: Any) -> timedelta:
    if isinstance(value, timedelta):
        return value
    match = _DURATION.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        raise wrong("is not a duration", "write it like 14d, 36h, 2w or 30m")
    return timedelta(**{_UNITS[match[2]]: int(match[1])})


def _moment(value: Any) -> datetime | date:
    """A date, or a date and a time of day: `2026-12-24`, `2026-12-24 18:00`, with or without an offset."""
    if isinstance(value, str) and re.match(r"\d{4}-\d{1,2}-\d{1,2}[T ]", value.strip()):
        try:
            moment = datetime.fromisoformat(value.strip())
        except ValueError as error:
            raise wrong(f"is not a date and time: {error}", "write it like 2026-12-24 18:00") from None
        if moment.year not in YEARS:
            raise wrong(f"the year {moment.year} is wildly off", "correct the year")
        return moment
    return _date(value)


def _rule(value: Any) -> str:
    text = f"{value:+d}" if isinstance(value, int) and not isinstance(value, bool) else value
    if not isinstance(text, str):
        raise wrong("is not a rule", "write one like -4w")
    try:
        parse_rule(text)
    except ValueError as error:
        raise _split(error) from None
    return " ".join(text.split())


def _zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ValueError, OSError, KeyError):
        raise PydanticCustomError("unknown_zone", "unknown time zone") from None
    return value


def _region(value: str) -> str:
    try:
        check_region(value)
    except ValueError as error:
        message = str(error)
        raise (wrong("unknown holiday region", message) if message.startswith("did") else _split(error)) from None
    return value


def _pattern(value: str) -> str:
    if "{version}" not in value:
        raise wrong("lacks {version}, so every release would get the same name", "write it like v{version}")
    sample = value.replace("{version}", "1.0.0")
    if re.search(r"[{}\s~^:?*\[\\]|\.\.|^-|^/|//|@\{|/$|/\.|^\.|\.lock$|\.lock/|\.$", sample):
        raise wrong("is not a name that git allows", "use letters, digits, '.', '-', '_' and '/' around {version}")
    return value


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


def _string_schema(pattern: str, *examples: str) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "pattern": pattern, "examples": list(examples)})


_DATE_PATTERN = r"^([A-Za-z]+,? +)?\d{4}-\d{1,2}-\d{1,2}$"
Text = Annotated[str, BeforeValidator(_text), WithJsonSchema({"type": "string", "minLength": 1})]
Date = Annotated[date, BeforeValidator(_date), _string_schema(_DATE_PATTERN, "2026-11-26", "Thu 2026-11-26")]
TimeOfDay = Annotated[time, BeforeValidator(_time), _string_schema(r"^([01]?\d|2[0-3]):[0-5]\d$", "09:00")]
Duration = Annotated[timedelta, BeforeValidator(_duration), _string_schema(r"^\d{1,4}\s*[mhdw]$", "14d", "36h")]
Moment = Annotated[
    datetime | date,
    BeforeValidator(_moment),
    _string_schema(r"^([A-Za-z]+,? +)?\d{4}-\d{1,2}-\d{1,2}([T ].+)?$", "2026-12-24", "2026-12-24 18:00"),
]
RuleText = Annotated[
    str,
    BeforeValidator(_rule),
    WithJsonSchema(
        {
            "type": ["string", "integer"],
            "examples": ["-4w", "-3d", "-3bd", "ga", "+1w", "third Thursday", "first Monday of month -1"],
        }
    ),
]
Zone = Annotated[Text, AfterValidator(_zone), _string_schema(r"^[A-Za-z0-9_+/-]+$", "UTC", "Europe/Berlin")]
Region = Annotated[Text, AfterValidator(_region), _string_schema(r"^[A-Z]{2}(-.+)?$", "DE", "DE-BE", "US")]
Pattern = Annotated[Text, AfterValidator(_pattern), _string_schema(r"\{version\}", "v{version}")]
Count = Annotated[int, Field(strict=True, ge=0, le=100)]


class Part(BaseModel):
    """Base of every section: unknown keys are errors, attributes' docstrings become the editor's help."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True, frozen=True)


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


class VersioningPart(Part):
    """How versions are numbered."""

    scheme: Literal["semver", "calver"]
    """`semver`: MAJOR.MINOR.PATCH; `calver`: YEAR.MONTH.PATCH without leading zeros."""


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
    """Name of a file in include/sql/queries, without `.sql`."""

    @model_validator(mode="after")
    def _has_one_text(self) -> SqlCriterion:
        if (self.statement is None) == (self.query is None):
            raise wrong("needs either `statement` or `query`", "write the SQL, or name a file in include/sql/queries")
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


class GatesCriterion(CriterionBase):
    """Earlier gates of the release have passed."""

    kind: Literal["gates"]
    gates: list[Text] | None = None
    """Only these gates; all earlier ones without it."""


CriterionPart = Annotated[
    ChecksCriterion | ReviewsCriterion | FeaturesCriterion | ReportCriterion | GithubCriterion | SqlCriterion
    | FileCriterion | ChecklistCriterion | GatesCriterion,
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
    freeze: FreezePart = FreezePart()
    windows: WindowsPart = WindowsPart()
    blackouts: list[BlackoutPart] = []
    """Periods in which production may not be changed."""
