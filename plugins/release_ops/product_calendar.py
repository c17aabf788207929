"""The calendar in a product file: rules, own dates of releases, the freeze, windows and blackouts."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from release_ops.domain.model import Adjust, MilestoneKind, ReleaseType
from release_ops.product_types import (
    Count,
    Date,
    Duration,
    Moment,
    Part,
    RuleText,
    Text,
    TimeOfDay,
    WeekText,
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


class RulePart(Part):
    """When a milestone falls, relative to GA, to the start of the cycle or to another milestone or event."""

    rule: RuleText
    """An offset (-4w, -3d, -3bd, +18mo, +5y), a week (R-5 Thursday, week 4 Tuesday), an ordinal weekday, another
    milestone or event with an offset (beta +2d), or a sum (-4w +1d)."""
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
    week: WeekText | None = None
    """Week that the date is in, as a check against typing errors: R-5 or week 4."""
    reason: Text | None = None
    """Shown beside the milestone."""

    @model_validator(mode="after")
    def _says_one_thing(self) -> OverridePart:
        if sum((self.date is not None, self.rule is not None, self.skip)) > 1:
            raise wrong("date, rule and skip exclude each other", "keep one of them")
        if self.week is not None and self.date is None:
            raise wrong("a week without a date checks nothing", "give the date, or write the week as the rule")
        if self.date is None and self.rule is None and not self.skip and self.at is None:
            raise wrong("changes nothing", "give a date, a rule, a time `at` or `skip: true`")
        return self


RuleOrText = Annotated[RulePart, BeforeValidator(_as_rule, json_schema_input_type=RuleText | RulePart)]
OverrideOrText = Annotated[OverridePart, BeforeValidator(_as_override, json_schema_input_type=str | OverridePart)]


def _place(value: str) -> str:
    if re.match(r"[a-z0-9+]+://[^/@]*:[^/@]*@", value):
        raise wrong(
            "holds a password", "put it into an Airflow connection, and write its id: s3://aws_default@bucket/path"
        )
    if "://" not in value and not value.startswith("/"):
        raise wrong(
            "is neither an absolute path nor a URL", "write it like /srv/www/calendars or s3://bucket/calendars"
        )
    return value.rstrip("/")


class EventPart(Part):
    """A dated entry of every release's calendar that runs nothing."""

    rule: RuleText
    """When, like a milestone's rule."""
    title: Text | None = None
    """What people read; the key without it."""
    at: TimeOfDay | None = None
    """Time of day; an entry of whole days without it."""
    zone: Zone | None = None
    """IANA zone of `at`; the product's without it."""
    lasts: Duration = timedelta(0)
    """How long it lasts; without it the whole day, or the instant `at`."""
    adjust: Adjust = Adjust.NONE
    """Where a date moves that is no business day."""
    types: list[ReleaseType] = []
    """Release types that have it; all without it."""
    owner: Text | None = None
    """Who sees to it."""


EventOrText = Annotated[EventPart, BeforeValidator(_as_rule, json_schema_input_type=RuleText | EventPart)]


class WeeksPart(Part):
    """Weeks that the calendar shows beside its days."""

    count: Literal["to_ga", "from_start"]
    """`to_ga`: R-5 is the fifth week before GA's; `from_start`: week 1 is the one in which the release starts."""


def _as_weeks(value: Any) -> Any:
    return {"count": value} if isinstance(value, str) else value


WeeksOrText = Annotated[WeeksPart, BeforeValidator(_as_weeks, json_schema_input_type=str | WeeksPart)]


class NeedPart(Part):
    """Another product's milestone that has to be done before one of this release's."""

    product: Text
    """Id of the other product."""
    version: Text
    """Its release."""
    milestone: MilestoneKind = MilestoneKind.GA
    """What has to be done there."""
    before: MilestoneKind = MilestoneKind.GA
    """What it has to be done before, here."""


class FeedsPart(Part):
    """Where the calendar is written as a file, for calendar programs that cannot log in."""

    path: Annotated[Text, AfterValidator(_place)] | None = Field(
        default=None, examples=["/srv/www/calendars", "s3://aws_default@bucket/calendars"]
    )
    """Folder, or an object store's URL with its Airflow connection; nothing is written without it."""


class AbsencePart(Part):
    """A period in which a person is not there."""

    who: Text
    """User id, as under `approvers`."""
    start: Moment
    """First day, or the instant, in the product's zone unless it has an offset."""
    end: Moment
    """Last day (included), or the instant."""
    reason: Text | None = None
    """Shown beside it."""


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
