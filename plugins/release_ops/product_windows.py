"""Windows in a product file: blackouts, business hours, calendar files, and how dates are proposed."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo, field_validator

from release_ops.domain.hours import parse_days, parse_ranges, read_hours
from release_ops.domain.model import Blackout, MilestoneKind, ReleaseType, WindowPolicy
from release_ops.domain.recurrence import LONGEST, as_wall, checked_rule
from release_ops.domain.window_rules import Closer, Peak, Preference, RecurringBlackout, SchedulingPolicy
from release_ops.product_types import Duration, Moment, Part, Text, Zone, instant, wrong

_PEAK_DAY = re.compile(r"(\d{4}-)?\d{2}-\d{2}")


def _one_or_more(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _as_calendar(value: Any) -> Any:
    return {"file": value} if isinstance(value, str) else value


def _own_error(error: ValueError) -> Exception:
    message, _, remedy = str(error).partition("; ")
    return wrong(message, remedy)


def wall(moment: datetime | date, *, last: bool = False) -> datetime:
    """Wall-clock time of a moment without offset: of a date its start, or (`last`) the start of the next one."""
    if isinstance(moment, datetime):
        return moment.replace(tzinfo=None)
    return as_wall(moment + timedelta(days=1 if last else 0))


class BlackoutPart(Part):
    """A period in which production may not be changed, once or again and again."""

    start: Moment
    """First day, or the instant, in the product's zone unless it has an offset."""
    end: Moment
    """Last day (included), or the instant."""
    reason: Text
    """Shown to whoever waits."""
    repeats: Text | None = Field(default=None, examples=["FREQ=WEEKLY;BYDAY=FR", "FREQ=MONTHLY;BYDAY=-1FR"])
    """Recurrence rule of RFC 5545: `start` and `end` are those of the first time, in the product's zone."""
    zone: Zone | None = None
    """IANA zone of a repeated blackout's times; the product's without it."""
    without: list[Moment] = []
    """Days, or starts, on which a repeated blackout does not come."""

    @field_validator("zone")
    @classmethod
    def _of_repeats(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is not None and info.data.get("repeats") is None and "repeats" in info.data:
            raise wrong("is for repeated blackouts", "write start and end with an offset, like 2026-12-24 18:00+01:00")
        return value

    @field_validator("repeats")
    @classmethod
    def _recurs(cls, value: str | None, info: ValidationInfo) -> str | None:
        start, end = info.data.get("start"), info.data.get("end")
        if value is None or start is None or end is None:
            return value
        if any(isinstance(one, datetime) and one.tzinfo is not None for one in (start, end)):
            raise wrong("needs start and end without an offset", "write them in the product's zone")
        if re.search(r"UNTIL=\d+T\d+Z", value, re.IGNORECASE):
            raise wrong("has an UNTIL in UTC", "write UNTIL in the product's zone, without Z")
        if wall(end, last=True) - wall(start) > LONGEST:
            raise wrong("repeats what lasts longer than a year", "correct start or end")
        try:
            return checked_rule(value, wall(start), "UTC")
        except ValueError as error:
            raise _own_error(error) from None


class CalendarPart(Part):
    """An iCalendar file whose entries close the window."""

    file: Text = Field(examples=["company.ics"])
    """Path relative to the product file, or to the project's folder."""
    name: Text | None = None
    """What people read; the file's name without it."""


CalendarOrText = Annotated[CalendarPart, BeforeValidator(_as_calendar, json_schema_input_type=str | CalendarPart)]


def _days(value: str) -> str:
    try:
        parse_days(value)
    except ValueError as error:
        raise _own_error(error) from None
    return value


def _spans(value: str) -> str:
    try:
        parse_ranges(value)
    except ValueError as error:
        raise _own_error(error) from None
    return value


DaysText = Annotated[Text, AfterValidator(_days)]
SpansText = Annotated[Text, AfterValidator(_spans)]
Spans = Annotated[list[SpansText], BeforeValidator(_one_or_more, json_schema_input_type=str | list[str])]


class WindowsPart(Part):
    """Which milestones change production and what closes their window, besides blackouts and calendars."""

    milestones: list[MilestoneKind] = [MilestoneKind.GA]
    """These wait for an open window."""
    holidays_close: Annotated[bool, Field(strict=True)] = True
    """true: public holidays of the product's regions close the window."""
    hours: dict[DaysText, Spans] = Field(default={}, examples=[{"mon-thu": "09:00-16:00", "fri": "09:00-12:00"}])
    """Business hours; a day that is not named is closed. Without any the window is open around the clock."""
    ignore: dict[ReleaseType, list[Closer]] = {}
    """What does not hold a release of that type up."""
    freezes_close: Annotated[bool, Field(strict=True)] = False
    """true: while a product of `ships_into` is frozen for a release, the window is closed."""

    @field_validator("hours")
    @classmethod
    def _readable(cls, value: dict[str, list[str]]) -> dict[str, list[str]]:
        try:
            read_hours(value) if value else None
        except ValueError as error:
            raise _own_error(error) from None
        return value


def _peak_day(value: str) -> str:
    text = value if len(value) > 5 else f"2024-{value}"
    try:
        if not _PEAK_DAY.fullmatch(value):
            raise ValueError("form")
        date.fromisoformat(text)
    except ValueError:
        raise wrong("is no day of the year", "write month-day, like 11-20, or a date like 2026-11-27") from None
    return value


Ratio = Annotated[float, Field(ge=0, le=1)]
Weight = Annotated[float, Field(ge=0, le=100)]


class WeightsPart(Part):
    """How much each part of a proposal's score counts; 0 leaves it out."""

    impact: Weight = 3
    """How many people a bad release would hurt on that day."""
    people: Weight = 3
    """Whoever must approve is there, with somebody to spare."""
    readiness: Weight = 2
    """Other products' milestones that the release needs are done well before."""
    risk: Weight = 3
    """Working days to mend it before the next closed time; milestones that would be squeezed out."""
    compliance: Weight = 2
    """More notice and more distance to the neighbouring releases than the policy asks for."""
    preference: Weight = 2
    """Days and hours that suit the release type."""


class PeakPart(Part):
    """A time of the year in which a release hurts more."""

    start: Annotated[Text, AfterValidator(_peak_day)]
    """First day: `11-20` of every year, or `2026-11-27`."""
    end: Annotated[Text, AfterValidator(_peak_day)]
    """Last day, written like `start`."""
    impact: Ratio = 1.0
    """0 (nobody notices) to 1."""
    reason: Text
    """Shown in the proposal."""

    @field_validator("end")
    @classmethod
    def _alike(cls, value: str, info: ValidationInfo) -> str:
        start = info.data.get("start")
        if start is not None and len(start) != len(value):
            raise wrong("is not written like its start", "write both with the year, or both without")
        if start is not None and len(value) > 5 and value < start:
            raise wrong("ends before it starts", "swap start and end, or correct one")
        return value


class PreferPart(Part):
    """Days and hours that suit releases of a type."""

    days: Annotated[Text, AfterValidator(_days)] = "mon-fri"
    """Weekdays, like `tue-thu`."""
    hours: Annotated[Text, AfterValidator(_spans)] = "00:00-24:00"
    """Time of day, like `09:00-12:00`."""


class SchedulingPart(Part):
    """How `release-ops schedule` weighs dates."""

    weights: WeightsPart = WeightsPart()
    busy: dict[Annotated[Text, AfterValidator(_days)], Ratio] = {}
    """Business impact of a release per weekday, 0 (nobody notices) to 1; a day that is not named has 0."""
    peaks: list[PeakPart] = []
    """Times of the year in which a release hurts more."""
    prefer: dict[ReleaseType, PreferPart] = {}
    """Days and hours that suit each release type."""
    spacing: dict[ReleaseType, Duration] = {}
    """Shortest time between a GA of that type and the product's GA before or after it."""


def window_policy(part: WindowsPart) -> WindowPolicy:
    """The policy that a section states."""
    return WindowPolicy(
        milestones=frozenset(part.milestones),
        holidays_close=part.holidays_close,
        hours=read_hours(part.hours) if part.hours else None,
        ignore={kind: frozenset(closers) for kind, closers in part.ignore.items()},
        freezes_close=part.freezes_close,
    )


def blackouts_of(parts: list[BlackoutPart], zone: ZoneInfo) -> tuple[Blackout, ...]:
    """Blackouts that come once, by start."""
    found = (
        Blackout(start=instant(one.start, zone, last=False), end=instant(one.end, zone, last=True), reason=one.reason)
        for one in parts
        if one.repeats is None
    )
    return tuple(sorted(found, key=lambda blackout: blackout.start.astimezone(ZoneInfo("UTC"))))


def recurring_of(parts: list[BlackoutPart], zone: str) -> tuple[RecurringBlackout, ...]:
    """Blackouts that come again, in the order of the file."""
    return tuple(
        RecurringBlackout(
            start=wall(one.start),
            lasts=wall(one.end, last=True) - wall(one.start),
            rule=one.repeats,
            zone=one.zone or zone,
            reason=one.reason,
            without=tuple(_start(each, one) for each in one.without),
        )
        for one in parts
        if one.repeats is not None
    )


def _start(moment: datetime | date, part: BlackoutPart) -> datetime:
    """A day stands for the occurrence that starts on it."""
    if isinstance(moment, datetime):
        return moment.replace(tzinfo=None)
    return datetime.combine(moment, wall(part.start).time())


def scheduling_policy(part: SchedulingPart) -> SchedulingPolicy:
    """The policy that a section states; the last of two entries for a weekday counts."""
    week = [0.0] * 7
    for days, impact in part.busy.items():
        for day in parse_days(days):
            week[day] = impact
    return SchedulingPolicy(
        weights=part.weights.model_dump(),
        busy=tuple(week),
        peaks=tuple(Peak(one.start, one.end, one.impact, one.reason) for one in part.peaks),
        prefer={
            kind: Preference(frozenset(parse_days(one.days)), parse_ranges(one.hours))
            for kind, one in part.prefer.items()
        },
        spacing=dict(part.spacing),
    )
