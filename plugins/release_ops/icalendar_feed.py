"""The calendar that people subscribe to (RFC 5545, 7986): milestones, events, freezes and blackouts of products."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import chain
from urllib.parse import quote

from icalendar import Calendar, Event, vText

from release_ops.domain.agenda import NO_RECORDS, Entry, Records, agenda, in_order
from release_ops.domain.model import Product
from release_ops.escaping import clean
from release_ops.icalendar_export import closures

PRODID = "-//Release Ops//calendar//EN"
MEDIA_TYPE = "text/calendar"
MOST_ENTRIES = 10_000
"""Milestones and events of a feed; what is planned earliest is left out first, and the feed says so."""
MOST_TEXT = 2_000
"""Characters of one text in it."""
UNRECORDED = datetime(2000, 1, 1, tzinfo=UTC)
"""Stamp of what no change is on record of: a feed depends on the plan alone, never on the clock."""

_DAY = timedelta(days=1)


def feed(
    products: Sequence[Product],
    records: Records = NO_RECORDS,
    *,
    name: str,
    page: Callable[[str, str], str] | None = None,
) -> bytes:
    """Return the calendar of products as iCalendar bytes, the same bytes for the same plan and records.

    `page` gives the address of a release's page, by product and version. Times are in UTC, so that no client needs our
    zones; entries of whole days are dates. A milestone whose window is closed, or that is blocked, is TENTATIVE; what
    was skipped, missed or withdrawn is CANCELLED.
    """
    entries = in_order(chain.from_iterable(agenda(product, records) for product in products))
    left_out = max(len(entries) - MOST_ENTRIES, 0)
    calendar = Calendar()
    calendar.add("PRODID", PRODID)
    calendar.add("VERSION", "2.0")
    calendar.add("METHOD", "PUBLISH")
    calendar.add("X-WR-CALNAME", vText(_line(name)))
    calendar.add("REFRESH-INTERVAL", timedelta(hours=6), parameters={"VALUE": "DURATION"})
    if left_out:
        calendar.add("X-WR-CALDESC", vText(f"{left_out} earlier entries are left out"))
    for entry in entries[left_out:]:
        calendar.add_component(_event(entry, page))
    for event in _closed(products):
        calendar.add_component(event)
    calendar.add_missing_timezones()
    written: bytes = calendar.to_ical()
    return written


def withdrawn(content: bytes) -> bytes:
    """Return a feed of ours with every entry cancelled, the same bytes if all are; what is not ours stays as it is."""
    try:
        calendar = Calendar.from_ical(content)
    except ValueError:
        return content
    left = [event for event in calendar.walk("VEVENT") if event.get("STATUS") != "CANCELLED"]
    if calendar.get("PRODID") != PRODID or not left:
        return content
    for event in left:
        event.pop("STATUS", None)
        event.add("STATUS", "CANCELLED")
        sequence = int(event.pop("SEQUENCE", 0))
        event.add("SEQUENCE", sequence + 1)
    written: bytes = calendar.to_ical()
    return written


def uid(entry: Entry) -> str:
    """Identifier over every move, `webapp:2.8.0:ga@release-ops`; an event's id is told apart from a milestone's kind."""
    parts = [entry.product, entry.version, *(["event"] if entry.category == "event" else []), entry.id]
    return ":".join(quote(part, safe="", errors="surrogatepass") for part in parts) + "@release-ops"


def _event(entry: Entry, page: Callable[[str, str], str] | None) -> Event:
    changed = [one.changed_at for one in (entry.move, entry.progress) if one is not None and one.changed_at]
    stamp = max(changed, default=UNRECORDED).astimezone(UTC).replace(microsecond=0)
    event = Event()
    event.add("UID", uid(entry))
    event.add("DTSTAMP", stamp)
    event.add("LAST-MODIFIED", stamp)
    event.add("SEQUENCE", entry.move.sequence if entry.move else 0)
    if entry.all_day:
        first = entry.planned_at.date()
        event.add("DTSTART", first)
        # A zone that skips a whole day has no first moment of it.
        event.add("DTEND", max(entry.ends_at.date(), first + _DAY))
    else:
        start, end = entry.planned_at.astimezone(UTC), entry.ends_at.astimezone(UTC)
        event.add("DTSTART", start)
        if end > start:
            event.add("DTEND", end)
    event.add("SUMMARY", _line(f"{entry.name} {entry.version}: {entry.title}"))
    if said := _text("\n".join(_said(entry))):
        event.add("DESCRIPTION", said)
    event.add("CATEGORIES", [entry.category.upper()])
    event.add("STATUS", _status(entry))
    event.add("TRANSP", "TRANSPARENT")
    if page is not None:
        event.add("URL", page(entry.product, entry.version))
    return event


def _status(entry: Entry) -> str:
    if entry.state in {"withdrawn", "skipped", "missed"}:
        return "CANCELLED"
    done = entry.state == "done"
    return "TENTATIVE" if entry.state == "blocked" or (entry.waits and not done) else "CONFIRMED"


def _said(entry: Entry) -> Iterable[str]:
    if not entry.all_day:
        yield f"{entry.planned_at:%a %Y-%m-%d %H:%M %Z}"
    if entry.rule:
        yield f"Rule: {entry.rule}"
    if entry.actual_at:
        yield f"Done: {entry.actual_at:%a %Y-%m-%d %H:%M %Z}"
    elif entry.state != "planned":
        yield f"State: {entry.state}"
    if entry.days_moved and entry.move:
        yield f"First planned: {entry.move.first_planned_on} ({entry.days_moved:+d} d)"
    if entry.waits and entry.state != "done":
        yield f"Closed: {entry.waits}"
    if entry.owner:
        yield f"Owner: {entry.owner}"
    if entry.note:
        yield entry.note


def _closed(products: Sequence[Product]) -> Iterable[Event]:
    """Freezes, which take no time, and blackouts, which do; of two that are alike, one."""
    seen = set[str]()
    for product in products:
        for event in closures(product):
            if (known := str(event["UID"])) in seen:
                continue
            seen.add(known)
            event.add("DTSTAMP", UNRECORDED)
            if "CATEGORIES" not in event:
                event.add("CATEGORIES", ["BLACKOUT"])
            if "TRANSP" not in event:
                event.add("TRANSP", "OPAQUE")
            named = f"{product.name}: {event['SUMMARY']}" if len(products) > 1 else str(event["SUMMARY"])
            event.pop("SUMMARY")
            event.add("SUMMARY", _line(named))
            yield event


def _line(text: str) -> str:
    return " ".join(clean(text).split())[:MOST_TEXT]


def _text(text: str) -> str:
    return clean(text).strip()[:MOST_TEXT]
