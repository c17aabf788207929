"""iCalendar files (RFC 5545) read as blackouts: what other people's calendars close."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo

from icalendar import Calendar, Component

from release_ops.domain.model import Blackout
from release_ops.domain.recurrence import LONGEST, as_wall, checked_rule
from release_ops.domain.rules import local_instant
from release_ops.domain.window_rules import RecurringBlackout
from release_ops.escaping import clean
from release_ops.product_errors import Problem

MAX_BYTES = 2_000_000
MAX_EVENTS = 5_000
MAX_RECURRING = 500
MAX_DATES = 2_000
"""Of EXDATE and RDATE in one event."""
MOST_PROBLEMS = 20
"""After so many a file is not read on."""
_YEARS = range(1990, 2101)
_DAY = timedelta(days=1)
_LONGEST_DURATION = 36525 * _DAY


@dataclass(frozen=True, slots=True)
class Closed:
    """What a calendar file closes, and what of it could not be read."""

    blackouts: tuple[Blackout, ...] = ()
    recurring: tuple[RecurringBlackout, ...] = ()
    problems: tuple[Problem, ...] = ()


class _WrongError(ValueError):
    """An entry that cannot be read: field, value, what is wrong, remedy."""

    def __init__(self, field: str, value: object, message: str, remedy: str) -> None:
        super().__init__(message)
        self.field, self.value, self.message, self.remedy = field, str(value)[:60], message, remedy


def read_calendar(path: Path, zone: str, name: str = "") -> Closed:
    """Return the blackouts of an iCalendar file; `zone` is that of its floating times, `name` what people read.

    Each VEVENT closes its time; TRANSP:TRANSPARENT and STATUS:CANCELLED do not. A file that is missing, too large or no
    calendar is one problem; an entry that cannot be read is one each, with its line, and the others stay.
    """
    try:
        stat = path.stat()
        if stat.st_size > MAX_BYTES:
            return _refused(path, f"has {stat.st_size} bytes", f"export at most {MAX_BYTES} bytes: fewer years")
        return _read(str(path), zone, name or path.name, (stat.st_mtime_ns, stat.st_size))
    except OSError as error:
        return _refused(path, f"cannot be read: {error.strerror}", "correct the path, relative to the product file")


def _refused(path: Path, message: str, remedy: str) -> Closed:
    return Closed(problems=(Problem(str(path), 0, "", "", message, remedy),))


@lru_cache(maxsize=64)
def _read(path: str, zone: str, name: str, _: tuple[int, int]) -> Closed:
    """A file as it is at one moment: a hundred products share one calendar."""
    content = Path(path).read_bytes()[: MAX_BYTES + 1]
    return parse_calendar(content, path, zone, name)


def parse_calendar(content: bytes, file: str, zone: str, name: str, *, everything: bool = False) -> Closed:
    """Return the blackouts of the text of an iCalendar file; see `read_calendar`.

    `everything`: also entries that do not make anybody busy, as the shifts of an on-call calendar often do not.
    """
    where = Path(file)
    try:
        calendars = Calendar.from_ical(content.decode("utf-8-sig"), multiple=True)
    except UnicodeDecodeError:
        return _refused(where, "is not UTF-8 text", "export it as iCalendar (.ics)")
    except (ValueError, KeyError, TypeError, IndexError) as error:
        return _refused(where, f"is not an iCalendar file: {one_line(error)}", "export it as iCalendar (.ics)")
    calendars = [one for one in calendars if one.name == "VCALENDAR"]
    if not calendars:
        return _refused(where, "holds no calendar", "export it as iCalendar (.ics): it begins with BEGIN:VCALENDAR")
    events = [event for calendar in calendars for event in calendar.walk("VEVENT")]
    if len(events) > MAX_EVENTS:
        return _refused(where, f"has {len(events)} entries", f"export at most {MAX_EVENTS}: fewer years")
    lines = [number for number, line in enumerate(content.splitlines(), 1) if line.strip().upper() == b"BEGIN:VEVENT"]
    return _gather(events, lines, file, zone, name, everything=everything)


def _gather(
    events: Sequence[Component], lines: Sequence[int], file: str, zone: str, name: str, *, everything: bool
) -> Closed:
    moved: dict[str, list[date]] = {}
    once: list[Blackout] = []
    again: list[RecurringBlackout] = []
    problems: list[Problem] = []
    for event in events:
        # One time of a series with a date of its own: the series does not come then. What cannot be read is told below.
        original = None if event.errors else event.get("RECURRENCE-ID")
        if isinstance(day := getattr(original, "dt", None), date) and day.year in _YEARS:
            moved.setdefault(str(event.get("UID", "")), []).append(day)
    for index, event in enumerate(events):
        line = lines[index] if index < len(lines) else 0
        try:
            found = _entry(event, zone, name, moved.get(str(event.get("UID", "")), []), everything=everything)
            if sum(isinstance(one, RecurringBlackout) for one in found) + len(again) > MAX_RECURRING:
                raise _WrongError("RRULE", "", f"is beyond {MAX_RECURRING} repeated entries", "export fewer")
        except _WrongError as error:
            component = f"VEVENT {one_line(event.get('SUMMARY') or event.get('UID') or index + 1)}"
            problems.append(
                Problem(file, line, f"{component}: {error.field}", error.value, error.message, error.remedy)
            )
            if len(problems) >= MOST_PROBLEMS:
                problems.append(Problem(file, 0, "", "", "is not read on after so many problems", "mend these first"))
                break
            continue
        once += [one for one in found if isinstance(one, Blackout)]
        again += [one for one in found if isinstance(one, RecurringBlackout)]
    return Closed(
        tuple(sorted(once, key=lambda one: (one.start.astimezone(UTC), one.end.astimezone(UTC), one.reason))),
        tuple(again),
        tuple(problems),
    )


def _entry(
    event: Component, zone: str, name: str, moved: Sequence[date], *, everything: bool
) -> list[Blackout | RecurringBlackout]:
    if event.errors:
        field, message = event.errors[0]
        raise _WrongError(
            str(field), event.get(field, ""), f"cannot be read: {one_line(message)}", "correct it at its source"
        )
    is_free = str(event.get("TRANSP", "")).upper() == "TRANSPARENT" and not everything
    if is_free or str(event.get("STATUS", "")).upper() == "CANCELLED":
        return []
    reason = one_line(event.get("SUMMARY")) or "busy"
    start = _moment(event, "DTSTART")
    if start is None:
        raise _WrongError("DTSTART", "", "is missing", "give the entry a start")
    end = _end(event, start)
    if _order(start, zone) >= _order(end, zone):
        raise _WrongError("DTEND", end, f"is not after its start {start}", "correct one of them")
    rules = event.get("RRULE")
    dates = _dates(event, "RDATE")
    if rules is None and not dates:
        return [Blackout(start=_instant(start, zone), end=_instant(end, zone), reason=reason, calendar=name)]
    if isinstance(rules, list):
        raise _WrongError("RRULE", "", "is there more than once", "keep one rule per entry")
    return [_recurring(event, start, end, zone, reason, name, moved, dates)]


def _recurring(
    event: Component,
    start: date,
    end: date,
    zone: str,
    reason: str,
    name: str,
    moved: Sequence[date],
    dates: Sequence[date],
) -> RecurringBlackout:
    own = _zone_of(start, zone)
    begin, finish = _wall(start, own), _wall(end, own)
    if finish - begin > LONGEST:
        raise _WrongError("DTEND", end, "repeats what lasts longer than a year", "correct start or end")
    rules = event.get("RRULE")
    rule = ""
    if rules is not None:
        text = rules.to_ical().decode()
        try:
            rule = checked_rule(text, begin, own)
        except ValueError as error:
            message, _, remedy = str(error).partition("; ")
            raise _WrongError("RRULE", text, message, remedy) from None
    without = [*_dates(event, "EXDATE"), *([] if "RECURRENCE-ID" in event else moved)]
    return RecurringBlackout(
        start=begin,
        lasts=finish - begin,
        rule=rule,
        zone=own,
        reason=reason,
        without=tuple(sorted({_at_start(one, begin, own) for one in without})),
        # DTSTART is the first time even where the rule does not name it.
        also=tuple(sorted({begin, *(_at_start(one, begin, own) for one in dates)})),
        calendar=name,
    )


def _at_start(moment: date, begin: datetime, zone: str) -> datetime:
    """Wall-clock start of the occurrence that a date, or a moment, names."""
    return _wall(moment, zone) if isinstance(moment, datetime) else datetime.combine(moment, begin.time())


def _end(event: Component, start: date) -> date:
    end = _moment(event, "DTEND")
    if end is not None:
        if isinstance(end, datetime) != isinstance(start, datetime):
            raise _WrongError("DTEND", end, "is a day and its start a time, or the other way round", "write both alike")
        return end
    length = event.get("DURATION")
    if length is not None:
        if not isinstance(getattr(length, "dt", None), timedelta):
            raise _WrongError("DURATION", length, "is not a duration", "write it like PT2H or P1D")
        if abs(length.dt) > _LONGEST_DURATION:
            raise _WrongError("DURATION", length.dt, "is longer than a century", "correct it")
        return _after(start, length.dt)
    return start if isinstance(start, datetime) else start + _DAY


def _after(start: date, length: timedelta) -> date:
    """Days count on the calendar, hours on the clock that never changes (RFC 5545, 3.3.6)."""
    days, rest = divmod(length, _DAY)
    if not isinstance(start, datetime):
        return start + length if not rest else as_wall(start) + length
    end = start + timedelta(days=days)
    return (end.astimezone(UTC) + rest).astimezone(end.tzinfo) if end.tzinfo is not None else end + rest


def _moment(event: Component, field: str) -> date | None:
    value = event.get(field)
    if value is None:
        return None
    if isinstance(value, list):
        raise _WrongError(field, "", "is there more than once", "keep one")
    found = getattr(value, "dt", None)
    if not isinstance(found, date):
        raise _WrongError(field, value, "is not a date or time", "write it like 20261224 or 20261224T180000Z")
    _of_this_age(field, found)
    zone_named = value.params.get("TZID") if hasattr(value, "params") else None
    if isinstance(found, datetime) and zone_named and found.tzinfo is None:
        raise _WrongError(field, zone_named, "unknown time zone", "use a name like Europe/Berlin")
    return found


def _of_this_age(field: str, moment: date) -> date:
    if moment.year not in _YEARS:
        raise _WrongError(field, moment, f"the year {moment.year} is wildly off", "correct the year")
    return moment


def _dates(event: Component, field: str) -> list[date]:
    value = event.get(field)
    if value is None:
        return []
    found: list[date] = []
    for one in value if isinstance(value, list) else [value]:
        for each in getattr(one, "dts", []):
            if not isinstance(each.dt, date):
                raise _WrongError(field, each.dt, "is a period", "write the start of the entry alone")
            found.append(_of_this_age(field, each.dt))
    if len(found) > MAX_DATES:
        raise _WrongError(field, len(found), f"names more than {MAX_DATES} dates", "write a rule")
    return found


def _zone_of(start: date, zone: str) -> str:
    """Zone in which a series repeats: its own, or the product's for days and floating times."""
    if not isinstance(start, datetime) or start.tzinfo is None:
        return zone
    key = getattr(start.tzinfo, "key", None) or ("UTC" if start.utcoffset() == timedelta(0) else None)
    try:
        return ZoneInfo(str(key)).key if key else _unknown_zone(start)
    except (ValueError, OSError, KeyError):
        return _unknown_zone(start)


def _unknown_zone(start: datetime) -> str:
    raise _WrongError("DTSTART", start.tzinfo, "repeats in a zone of its own", "use a zone like Europe/Berlin")


def _wall(moment: date, zone: str) -> datetime:
    if not isinstance(moment, datetime):
        return as_wall(moment)
    return moment if moment.tzinfo is None else moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None)


def _instant(moment: date, zone: str) -> datetime:
    own = ZoneInfo(zone)
    if not isinstance(moment, datetime):
        return local_instant(moment, time(0), own)
    return local_instant(moment.date(), moment.time(), own) if moment.tzinfo is None else moment.astimezone(own)


def _order(moment: date, zone: str) -> datetime:
    return _instant(moment, zone).astimezone(UTC)


def one_line(value: object) -> str:
    """One line of at most 200 characters that every format can hold: it is shown to people and in reports."""
    flat = re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]", " ", str(value or ""))
    return " ".join(clean(flat).split())[:200]
