"""Other people's calendars as blackouts, and ours for them."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ical.calendar_stream import IcsCalendarStream

from release_ops.cli import main
from release_ops.domain.model import Blackout, Product
from release_ops.domain.recurrence import occurrences
from release_ops.domain.window_rules import ForeignFreeze, RecurringBlackout
from release_ops.domain.windows import closed_spans
from release_ops.icalendar_export import write_calendar
from release_ops.icalendar_file import MAX_EVENTS, Closed, parse_calendar, read_calendar
from release_ops.product import ProductError, load_product

PROJECT = Path(__file__).parents[1]
DEFAULTS = PROJECT / "include" / "products"
STAMP = datetime(2026, 11, 27, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")


def calendar(*events: str) -> bytes:
    """A file of entries; each is the lines of one, with spaces between them."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//test//EN"]
    for number, event in enumerate(events):
        lines += ["BEGIN:VEVENT", f"UID:{number}", *event.split(" | "), "END:VEVENT"]
    return "\r\n".join([*lines, "END:VCALENDAR", ""]).encode()


def parsed(*events: str) -> Closed:
    return parse_calendar(calendar(*events), "company.ics", "Europe/Berlin", "Company")


def shown(closed: Closed) -> list[str]:
    assert closed.problems == ()
    return [f"{one.start:%Y-%m-%d %H:%M} {one.end:%Y-%m-%d %H:%M} {one.reason}" for one in closed.blackouts]


@pytest.mark.parametrize(
    ("event", "told"),
    [
        ("DTSTART;VALUE=DATE:20261224 | SUMMARY:Eve", "2026-12-24 00:00 2026-12-25 00:00 Eve"),
        ("DTSTART;VALUE=DATE:20261224 | DTEND;VALUE=DATE:20261227", "2026-12-24 00:00 2026-12-27 00:00 busy"),
        ("DTSTART;VALUE=DATE:20261224 | DURATION:P2D", "2026-12-24 00:00 2026-12-26 00:00 busy"),
        ("DTSTART:20261224T180000 | DURATION:PT90M", "2026-12-24 18:00 2026-12-24 19:30 busy"),
        ("DTSTART:20261224T180000Z | DTEND:20261224T190000Z", "2026-12-24 19:00 2026-12-24 20:00 busy"),
        (
            "DTSTART;TZID=America/New_York:20261224T180000 | DTEND;TZID=America/New_York:20261224T190000",
            "2026-12-25 00:00 2026-12-25 01:00 busy",
        ),
        (
            "DTSTART;TZID=W. Europe Standard Time:20261224T180000 | DURATION:PT1H",
            "2026-12-24 18:00 2026-12-24 19:00 busy",
        ),
        # Over the night in which the clocks change, hours are hours and days are days.
        ("DTSTART;TZID=Europe/Berlin:20260328T200000 | DURATION:PT12H", "2026-03-28 20:00 2026-03-29 09:00 busy"),
        ("DTSTART;TZID=Europe/Berlin:20260328T200000 | DURATION:P1D", "2026-03-28 20:00 2026-03-29 20:00 busy"),
    ],
)
def test_an_entry_closes_its_time_in_the_zone_that_it_means(event: str, told: str) -> None:
    assert shown(parsed(event)) == [told]


def test_what_is_free_or_cancelled_closes_nothing() -> None:
    free = "DTSTART;VALUE=DATE:20261224 | TRANSP:TRANSPARENT"
    cancelled = "DTSTART;VALUE=DATE:20261224 | STATUS:CANCELLED"
    assert parsed(free, cancelled) == Closed()


def test_a_series_comes_again_without_its_exceptions_and_with_its_extra_days() -> None:
    series = (
        "DTSTART;TZID=Europe/Berlin:20260105T220000 | DURATION:PT8H | RRULE:FREQ=WEEKLY;COUNT=4"
        " | EXDATE;TZID=Europe/Berlin:20260112T220000 | RDATE;TZID=Europe/Berlin:20260107T220000 | SUMMARY:Night"
    )
    (night,) = parsed(series).recurring
    found = occurrences(night).between(datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))
    assert [f"{start.astimezone(BERLIN):%m-%d %H:%M}" for start, _ in found] == [
        "01-05 22:00", "01-07 22:00", "01-19 22:00", "01-26 22:00",
    ]  # fmt: skip


def test_one_time_of_a_series_with_a_date_of_its_own_replaces_the_usual_one() -> None:
    content = calendar(
        "DTSTART:20260105T220000 | DURATION:PT1H | RRULE:FREQ=WEEKLY;COUNT=2",
        "DTSTART:20260113T100000 | DURATION:PT1H | RECURRENCE-ID:20260112T220000",
    ).replace(b"UID:1\r\n", b"UID:0\r\n")
    closed = parse_calendar(content, "company.ics", "Europe/Berlin", "Company")
    (series,) = closed.recurring
    found = occurrences(series).between(datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))
    assert [one.astimezone(BERLIN).day for one, _ in found] == [5]
    assert shown(closed) == ["2026-01-13 10:00 2026-01-13 11:00 busy"]


@pytest.mark.parametrize(
    ("event", "told"),
    [
        ("SUMMARY:No start", "company.ics:4: VEVENT No start: DTSTART: is missing; give the entry a start"),
        (
            "DTSTART:20261224T180000Z | DTEND:20261224T170000Z | SUMMARY:Back",
            "company.ics:4: VEVENT Back: DTEND: 2026-12-24 17:00:00+00:00: is not after its start",
        ),
        ("DTSTART;TZID=Mars/Olympus:20261224T180000 | DURATION:PT1H", "DTSTART: Mars/Olympus: unknown time zone; use"),
        ("DTSTART:2026-12-24", "DTSTART: 2026-12-24: cannot be read:"),
        ("DTSTART:20261224T180000Z | DTEND;VALUE=DATE:20261225", "is a day and its start a time"),
        ("DTSTART:19261224T180000Z | DURATION:PT1H", "the year 1926 is wildly off; correct the year"),
        (
            "DTSTART:20261224T180000Z | DURATION:PT1H | RRULE:FREQ=SECONDLY",
            "RRULE: FREQ=SECONDLY: FREQ=SECONDLY is too often; use FREQ=DAILY with BYHOUR",
        ),
        ("DTSTART:20260101T180000Z | DURATION:P400D | RRULE:FREQ=YEARLY", "repeats what lasts longer than a year"),
        (
            "DTSTART:20260101T180000Z | DURATION:PT1H | RDATE;VALUE=PERIOD:20260105T180000Z/PT1H",
            "RDATE: .*is a period; write the start of the entry alone",
        ),
    ],
)
def test_an_entry_that_cannot_be_read_is_told_with_its_line_and_the_others_stay(event: str, told: str) -> None:
    closed = parsed(event, "DTSTART;VALUE=DATE:20261224")
    assert len(closed.blackouts) == 1
    (problem,) = closed.problems
    import re

    assert re.search(told.replace("+", r"\+"), str(problem)), str(problem)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "company.ics: holds no calendar; export it as iCalendar"),
        (b"hello", "company.ics: is not an iCalendar file"),
        (b"\xff\xfe\x00", "company.ics: is not UTF-8 text"),
        (b"PK\x03\x04", "company.ics: is not an iCalendar file"),
        (calendar(*["DTSTART;VALUE=DATE:20261224"] * (MAX_EVENTS + 1)), f"company.ics: has {MAX_EVENTS + 1} entries"),
    ],
)
def test_a_file_that_is_no_calendar_is_one_problem(content: bytes, told: str) -> None:
    (problem,) = parse_calendar(content, "company.ics", "UTC", "Company").problems
    assert str(problem).startswith(told)


def test_a_file_is_not_read_without_end() -> None:
    broken = ["DTSTART:20260101T180000Z | DURATION:PT1H | RRULE:FREQ=SECONDLY"] * 30
    problems = parsed(*broken).problems
    assert len(problems) == 21
    assert "is not read on after so many problems" in str(problems[-1])


lines = st.builds(
    "{}{}:{}".format,
    st.sampled_from(
        ["DTSTART", "DTEND", "DURATION", "RRULE", "EXDATE", "RDATE", "SUMMARY", "TRANSP", "RECURRENCE-ID", "UID"]
    ),
    st.sampled_from(["", ";VALUE=DATE", ";TZID=Europe/Berlin", ";TZID=Bad/Zone", ";VALUE=PERIOD", ";TZID="]),
    st.sampled_from(
        [
            *("20260101", "20260101T100000", "20260101T100000Z", "20260230", "99999999", "00010101", "20260101T250000"),
            *(
                "P1D",
                "-PT1H",
                "P99999999999D",
                "P3000000D",
                "20260101T100000Z/PT1H",
                "20260101,20260105",
                "",
                "x",
                "\u202e",
            ),
            *(
                "FREQ=WEEKLY",
                "FREQ=",
                "FREQ=WEEKLY;BYDAY=9ZZ",
                "FREQ=WEEKLY;INTERVAL=99999999999999",
                "FREQ=DAILY;COUNT=3",
            ),
        ]
    ),
)


@given(st.lists(st.lists(lines, max_size=5), max_size=3), st.floats(0, 1))
@settings(deadline=None, max_examples=300)
def test_any_text_is_read_or_told_and_never_raises(events: list[list[str]], part: float) -> None:
    content = calendar(*(" | ".join(["DTSTART:20260105T100000", *event]) for event in events))
    for text in (content, content[: int(len(content) * part)]):
        closed = parse_calendar(text, "company.ics", "Europe/Berlin", "Company")
        for one in closed.recurring:
            occurrences(one).covering(datetime(2026, 6, 1, tzinfo=UTC))
        assert all(len(str(problem)) < 500 for problem in closed.problems)


def test_a_file_that_is_missing_or_too_large_is_a_problem(tmp_path: Path) -> None:
    (problem,) = read_calendar(tmp_path / "nope.ics", "UTC").problems
    assert "cannot be read: No such file" in str(problem)
    (tmp_path / "big.ics").write_bytes(b" " * 2_000_001)
    (problem,) = read_calendar(tmp_path / "big.ics", "UTC").problems
    assert "has 2000001 bytes; export at most 2000000" in str(problem)


def test_text_of_a_calendar_is_one_plain_line() -> None:
    (one,) = parsed("DTSTART;VALUE=DATE:20261224 | SUMMARY:Two\\nlines \u202eand\x1b[31m tricks").blackouts
    assert one.reason == "Two lines and [31m tricks"


@pytest.fixture(scope="module")
def demo() -> Product:
    return load_product(DEFAULTS / "demo.yaml")


RULES = [
    "FREQ=WEEKLY;BYDAY=FR",
    "FREQ=DAILY;INTERVAL=7",
    "FREQ=MONTHLY;BYDAY=-1FR",
    "FREQ=WEEKLY;UNTIL=20270601T235959",
]
walls = st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31)).map(lambda one: one.replace(second=0, microsecond=0))  # noqa: DTZ001


@st.composite
def closings(draw: st.DrawFn) -> tuple[tuple[Blackout, ...], tuple[RecurringBlackout, ...]]:
    once = []
    for start, length, whole in draw(st.lists(st.tuples(walls, st.integers(1, 5000), st.booleans()), max_size=3)):
        begin = datetime.combine(start, time(0)) if whole else start
        end = begin + (timedelta(days=1 + length % 9) if whole else timedelta(minutes=length))
        first, last = (one.replace(tzinfo=BERLIN).astimezone(UTC).astimezone(BERLIN) for one in (begin, end))
        if first.astimezone(UTC) < last.astimezone(UTC):
            once.append(
                Blackout(start=first, end=last, reason=draw(st.sampled_from(["Fair", "a; b, c \\ d", "Übung"])))
            )
    again = [
        RecurringBlackout(
            start=datetime.combine(start, time(0)) if whole else start,
            lasts=timedelta(days=2) if whole else timedelta(minutes=length),
            rule=rule,
            zone=zone,
            reason="again",
            without=tuple({datetime.combine(start, time(0) if whole else start.time()) + timedelta(days=7)}),
        )
        for start, length, whole, rule, zone in draw(
            st.lists(
                st.tuples(
                    walls,
                    st.integers(1, 2000),
                    st.booleans(),
                    st.sampled_from(
RULES
                    ),
                    st.sampled_from(["Europe/Berlin", "America/New_York"]),
                ),
                max_size=2,
            )
        )
    ]  # fmt: skip
    # A series of whole days is one of its product's zone: iCalendar has no zone for a day.
    kept = [one for one in again if one.zone == "Europe/Berlin" or one.start.time() != time(0)]
    return tuple(once), tuple(kept)


@given(closings())
@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_exported_closes_the_same_time_when_it_is_imported(
    demo: Product, closing: tuple[tuple[Blackout, ...], tuple[RecurringBlackout, ...]]
) -> None:
    once, again = closing
    one = replace(demo, blackouts=once, recurring_blackouts=again, holiday_regions=(), releases=())
    text = write_calendar(one, stamp=STAMP)
    IcsCalendarStream.calendar_from_ics(text)
    closed = parse_calendar(text.encode(), "x.ics", "Europe/Berlin", "")
    assert closed.problems == ()
    back = replace(one, blackouts=closed.blackouts, recurring_blackouts=closed.recurring)
    span = datetime(2025, 12, 1, tzinfo=UTC), datetime(2028, 1, 1, tzinfo=UTC)
    assert [(start, each.until, each.reason) for start, each in closed_spans(back, *span)] == [
        (start, each.until, each.reason) for start, each in closed_spans(one, *span)
    ]


def test_an_export_is_the_same_every_time_and_its_own_freezes_hold_nobody_up(demo: Product) -> None:
    frozen = ForeignFreeze(product="shop", version="3.0.0", start=STAMP, end=STAMP + timedelta(days=3))
    one = replace(demo, downstream_freezes=(frozen,))
    text = write_calendar(one, stamp=STAMP)
    assert text == write_calendar(one, stamp=STAMP)
    events = IcsCalendarStream.calendar_from_ics(text).events
    assert len({event.uid for event in events}) == len(events) == 6
    assert {event.summary: event.transparency for event in events} == {
        "Christmas business and year-end closing": None,
        "Freeze of shop 3.0.0": None,
        "Freeze of Webapp 2.7.0": "TRANSPARENT",
        "Freeze of Webapp 2.7.1": "TRANSPARENT",
        "Freeze of Webapp 2.8.0": "TRANSPARENT",
        "Freeze of Webapp 2.8.1": "TRANSPARENT",
    }


def product_file(folder: Path, more: str, *, name: str = "up") -> Path:
    text = (DEFAULTS / "demo.yaml").read_text(encoding="utf-8")
    path = folder / f"{name}.yaml"
    path.write_text(text.replace("product: webapp", f"product: {name}") + more, encoding="utf-8")
    return path


def test_a_product_file_names_calendars_and_what_is_built_on_it(tmp_path: Path) -> None:
    (tmp_path / "company.ics").write_bytes(calendar("DTSTART;VALUE=DATE:20261130 | SUMMARY:Stocktaking"))
    product_file(tmp_path, "", name="shop")
    path = product_file(
        tmp_path,
        "  - {start: 2026-01-02 16:00, end: 2026-01-02 20:00, reason: Friday, repeats: FREQ=WEEKLY;BYDAY=FR}\n"
        "calendars: [{file: company.ics, name: Company}]\n"
        'windows: {hours: {mon-thu: "09:00-16:00"}, freezes_close: true}\nships_into: [shop]\n',
    )
    product = load_product(path, defaults=DEFAULTS)
    assert [one.reason for one in product.blackouts if one.calendar == "Company"] == ["Stocktaking"]
    assert [one.reason for one in product.recurring_blackouts] == ["Friday"]
    assert [one.version for one in product.downstream_freezes] == ["2.7.0", "2.7.1", "2.8.0", "2.8.1"]


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ("calendars: [nope.ics]\n", "nope.ics is not there; put it beside the product file"),
        ("calendars: [bad.ics]\n", "bad.ics: holds no calendar; export it as iCalendar"),
        (
            "windows: {freezes_close: true}\nships_into: [shup]\n",
            "ships_into[0]: shup: there is no such product; did you mean 'shop'?",
        ),
        ("windows: {freezes_close: true}\nships_into: [broken]\n", "its freezes cannot be read"),
        (
            'windows: {hours: {mon: "9-5"}}\n',
            "windows.hours.mon: 9-5: '9-5' is no span of hours; write it like 09:00-16:00",
        ),
        (
            'windows: {hours: {moonday: closed, tue: "9-5", wed: ["08:00-09:00", "25:00-26:00"]}}\n',
            "windows.hours.moonday: 'moonday' is not a weekday",
        ),
        ("windows: {ignore: {hotfx: [hours]}}\n", "unknown release type; did you mean 'hotfix'?"),
        (
            "  - {start: 2026-01-02, end: 2026-01-02, reason: x, repeats: FREQ=HOURLY}\n",
            "blackouts[1].repeats: FREQ=HOURLY: FREQ=HOURLY is too often; use FREQ=DAILY with BYHOUR",
        ),
        (
            "  - {start: 2026-01-02, end: 2026-01-02, reason: x, zone: UTC}\n",
            "blackouts[1].zone: UTC: is for repeated blackouts",
        ),
        (
            "  - {start: 2026-01-02, end: 2026-01-02, reason: for ever, repeats: FREQ=DAILY}\n",
            "the window does not open within ten years",
        ),
        (
            "scheduling: {peaks: [{start: 02-30, end: 03-01, reason: x}]}\n",
            "02-30: is no day of the year; write month-day",
        ),
        ("scheduling: {busy: {moo: 0.5}}\n", "unknown weekday; did you mean 'mon'?"),
        ("scheduling: {weights: {people: much}}\n", "scheduling.weights.people: much: is not a number; write one"),
    ],
)
def test_mistakes_about_windows_are_told_with_their_remedy(tmp_path: Path, more: str, told: str) -> None:
    (tmp_path / "bad.ics").write_bytes(b"")
    (tmp_path / "broken.yaml").write_text("product: broken\n")
    product_file(tmp_path, "", name="shop")
    with pytest.raises(ProductError) as error:
        load_product(product_file(tmp_path, more), defaults=DEFAULTS)
    assert told in str(error.value)


def cli(capsys: pytest.CaptureFixture[str], *args: object) -> tuple[int, str, str]:
    code = main([*map(str, args)], today=date(2026, 11, 27))
    out, err = capsys.readouterr()
    return code, out, err


def test_the_command_lists_what_closes_the_window(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = cli(capsys, "blackouts", DEFAULTS / "demo.yaml", "--json")
    assert code == 0
    first = json.loads(out)[0]
    assert first == {
        "start": "2026-12-18T18:00:00+01:00",
        "end": "2027-01-04T08:00:00+01:00",
        "reason": "Christmas business and year-end closing",
        "closer": "blackouts",
    }
    code, out, _ = cli(capsys, "blackouts", DEFAULTS / "demo.yaml")
    assert "Webapp: closed for ga (Europe/Berlin)" in out


def test_what_is_imported_can_be_pasted_into_a_product_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = tmp_path / "company.ics"
    source.write_bytes(
        calendar(
            "DTSTART;VALUE=DATE:20261130 | SUMMARY:Stock: taking",
            "DTSTART;TZID=America/New_York:20260105T220000 | DURATION:PT8H | RRULE:FREQ=WEEKLY;BYDAY=MO | SUMMARY:Night"
            " | EXDATE;TZID=America/New_York:20260112T220000",
        )
    )
    code, out, _ = cli(capsys, "blackouts", DEFAULTS / "demo.yaml", "--import", source)
    assert code == 0
    entries = yaml.safe_load(out)["blackouts"]
    assert [one["reason"] for one in entries] == ["Stock: taking", "Night"]
    path = tmp_path / "webapp.yaml"
    path.write_text((DEFAULTS / "demo.yaml").read_text().partition("blackouts:")[0] + out)
    pasted = load_product(path, defaults=DEFAULTS)
    whole = read_calendar(source, "Europe/Berlin")
    given = replace(pasted, blackouts=whole.blackouts, recurring_blackouts=whole.recurring)
    span = datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 6, 1, tzinfo=UTC)
    assert [(a, b.until) for a, b in closed_spans(pasted, *span)] == [
        (a, b.until) for a, b in closed_spans(given, *span)
    ]


def test_the_export_goes_to_a_file_or_to_the_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "out.ics"
    assert cli(capsys, "blackouts", DEFAULTS / "demo.yaml", "--export", target)[0] == 0
    code, out, _ = cli(capsys, "blackouts", DEFAULTS / "demo.yaml", "--export", "-")
    assert code == 0
    assert out.replace("\r\n", "\n") == target.read_text(encoding="utf-8").replace("\r\n", "\n")


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (("--import", "nope.ics"), "nope.ics: no such file"),
        (("--between", "2027-01-02", "2027-01-01"), "is before"),
        (("--between", "2027-01-02", "2047-01-01"), "more than ten years"),
        (("--export", "/nowhere/x.ics"), "No such file"),
    ],
)
def test_calls_that_cannot_work_say_why(capsys: pytest.CaptureFixture[str], args: tuple[str, ...], told: str) -> None:
    code, _, err = cli(capsys, "blackouts", DEFAULTS / "demo.yaml", *args)
    assert code == 2
    assert told in err
