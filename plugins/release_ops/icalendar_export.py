"""A product's blackouts and freezes as an iCalendar file (RFC 5545), for other people's calendars."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event, vRecur

from release_ops.domain.milestones import train
from release_ops.domain.model import MilestoneKind, Product
from release_ops.domain.recurrence import rule_starts
from release_ops.domain.rules import local_instant
from release_ops.domain.window_rules import ForeignFreeze, RecurringBlackout
from release_ops.icalendar_file import one_line

_NAMESPACE = uuid.UUID("6c1f9d3e-5f0b-5d0e-9a55-0e6f7f6d2b11")
_DAY = timedelta(days=1)


def write_calendar(product: Product, *, stamp: datetime) -> str:
    """Return a product's blackouts and freezes as iCalendar text; `stamp` (aware) is when it was made.

    What is imported is left out: it has a calendar of its own. Freezes of downstream products close; the product's own, from
    freeze to GA, are TRANSPARENT, since they do not keep it from changing production. Identifiers stay over exports.
    """
    calendar = Calendar()
    calendar.add("PRODID", "-//Release Ops//blackouts//EN")
    calendar.add("VERSION", "2.0")
    calendar.add("METHOD", "PUBLISH")
    calendar.add("X-WR-CALNAME", f"{product.name}: blackouts")
    for event in closures(product):
        event.add("DTSTAMP", stamp.astimezone(UTC).replace(microsecond=0))
        calendar.add_component(event)
    calendar.add_missing_timezones()
    text: str = calendar.to_ical().decode()
    return text


def closures(product: Product) -> list[Event]:
    """A product's blackouts and freezes with identifiers of their own, still without a DTSTAMP."""
    zone = ZoneInfo(product.timezone)
    events = [_once(one.start, one.end, one.reason, zone) for one in product.blackouts if not one.calendar]
    events += [_again(one) for one in product.recurring_blackouts if not one.calendar]
    events += [_freeze(one, zone) for one in product.downstream_freezes]
    for release in product.releases:
        dates = {milestone.kind: milestone.planned_at for milestone in train(product, release)}
        start, end = dates.get(MilestoneKind.FREEZE), dates.get(MilestoneKind.GA)
        if start is not None and end is not None and start.astimezone(UTC) < end.astimezone(UTC):
            own = ForeignFreeze(product=product.name, version=release.version, start=start, end=end)
            event = _freeze(own, zone)
            event.add("TRANSP", "TRANSPARENT")
            events.append(event)
    for event in events:
        identity = event.to_ical().decode()
        event.add("UID", f"{uuid.uuid5(_NAMESPACE, f'{product.id}:{identity}')}@release-ops")
    return events


def _once(start: datetime, end: datetime, reason: str, zone: ZoneInfo) -> Event:
    event = Event()
    event.add("SUMMARY", one_line(reason))
    days = (_whole_day(start, zone), _whole_day(end, zone))
    for field, moment, day in zip(("DTSTART", "DTEND"), (start, end), days, strict=True):
        event.add(field, moment.astimezone(UTC) if None in days or day is None else day)
    return event


def _whole_day(moment: datetime, zone: ZoneInfo) -> date | None:
    """The day that an instant begins in a zone; None when it is within one."""
    day = moment.astimezone(zone).date()
    return day if local_instant(day, time(0), zone).astimezone(UTC) == moment.astimezone(UTC) else None


def _freeze(freeze: ForeignFreeze, zone: ZoneInfo) -> Event:
    event = _once(freeze.start, freeze.end, f"Freeze of {freeze.product} {freeze.version}", zone)
    event.add("CATEGORIES", ["FREEZE"])
    return event


def _again(blackout: RecurringBlackout) -> Event:
    event = Event()
    event.add("SUMMARY", one_line(blackout.reason))
    whole = blackout.start.time() == time(0) and blackout.lasts % _DAY == timedelta(0)
    zone = ZoneInfo(blackout.zone)

    def written(wall: datetime) -> date:
        return wall.date() if whole else wall.replace(tzinfo=zone)

    first = _first(blackout)
    event.add("DTSTART", written(first))
    event.add("DTEND", written(first + blackout.lasts))
    if blackout.rule:
        event.add("RRULE", _recur(blackout.rule, whole=whole, zone=zone))
    for field, walls in (("EXDATE", blackout.without), ("RDATE", blackout.also)):
        if walls:
            parameters: dict[str, Any] = {"VALUE": "DATE"} if whole else {}
            event.add(field, [written(one) for one in walls], parameters=parameters)
    return event


def _first(blackout: RecurringBlackout) -> datetime:
    """Start that the rule names first: what reads the file takes DTSTART for one of its times."""
    return next(rule_starts(blackout), blackout.start)


def _recur(rule: str, *, whole: bool, zone: ZoneInfo) -> vRecur:
    parts = dict(piece.split("=", 1) for piece in rule.split(";"))
    if until := parts.get("UNTIL"):
        moment = datetime.strptime(until, "%Y%m%dT%H%M%S").replace(tzinfo=zone)
        parts["UNTIL"] = f"{moment:%Y%m%d}" if whole else f"{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    recur: vRecur = vRecur.from_ical(";".join(f"{key}={value}" for key, value in parts.items()))
    return recur
