"""Business hours: how they are written, and when they are open."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from release_ops.domain.hours import describe, open_span, parse_days, read_hours

BERLIN = ZoneInfo("Europe/Berlin")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN)


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("mon", (0,)),
        ("Mon-Thu", (0, 1, 2, 3)),
        ("fri-mon", (4, 5, 6, 0)),
        ("mon, Wednesday", (0, 2)),
        ("daily", (0, 1, 2, 3, 4, 5, 6)),
    ],
)
def test_days_are_written_like_people_do(text: str, days: tuple[int, ...]) -> None:
    assert parse_days(text) == days


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ({"mon": ["9-16"]}, "'9-16' is no span of hours; write it like 09:00-16:00"),
        ({"mon": ["09:00-25:00"]}, "a time that no day has"),
        ({"mon": ["09:60-10:00"]}, "a time that no day has"),
        ({"mon": ["09:00-09:00"]}, "lasts no time; write 00:00-24:00"),
        ({"moonday": ["09:00-16:00"]}, "'moonday' is not a weekday"),
        ({"mon-fri": ["09:00-16:00"], "fri": ["09:00-12:00"]}, "Friday is in 'mon-fri' and in 'fri'; name it once"),
        ({"mon": ["closed"]}, "never open"),
        ({"mon": ["09:00-12:00, 11:00-13:00"]}, "the hours of Monday overlap"),
        ({"sun": ["22:00-06:00"], "mon": ["05:00-07:00"]}, "the hours of Monday overlap"),
        ({"mon,wed": ["09:00-12:00, 11:00-13:00"]}, "the hours of Monday and Wednesday overlap"),
        (
            {"mon-tue": ["09:00-12:00"], "tue": ["13:00-14:00"], "mon": ["8:00-9:00"]},
            "'mon-tue' and in 'tue', and Monday",
        ),
    ],
)
def test_hours_that_make_no_sense_are_refused(entries: dict[str, list[str]], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        read_hours(entries)


def test_hours_read_back_as_they_were_meant() -> None:
    hours = read_hours({"mon-thu": ["09:00-12:00", "13:00-16:00"], "fri": ["22:00-06:00"], "sat": ["closed"]})
    assert describe(hours) == "Mon-Thu 09:00-12:00 and 13:00-16:00, Fri 22:00-06:00"


@pytest.mark.parametrize(
    ("moment", "start", "end"),
    [
        ("2026-11-27 23:00", "2026-11-27 22:00", "2026-11-28 06:00"),
        ("2026-11-28 05:59", "2026-11-27 22:00", "2026-11-28 06:00"),
        ("2026-11-28 06:00", "2026-11-30 09:00", "2026-11-30 12:00"),
        ("2026-11-30 12:00", "2026-11-30 13:00", "2026-11-30 16:00"),
    ],
)
def test_the_span_that_is_open_or_the_next_one(moment: str, start: str, end: str) -> None:
    hours = read_hours({"mon-thu": ["09:00-12:00", "13:00-16:00"], "fri": ["22:00-06:00"]})
    assert open_span(hours, at(moment), BERLIN) == (at(start).astimezone(UTC), at(end).astimezone(UTC))


def test_hours_that_the_clocks_skip_wait_for_the_week_after() -> None:
    hours = read_hours({"sun": ["02:00-03:00"]})
    assert open_span(hours, at("2026-03-25 00:00"), BERLIN) == (
        at("2026-04-05 02:00").astimezone(UTC),
        at("2026-04-05 03:00").astimezone(UTC),
    )
