"""Blackouts that come again: what is refused, and that they keep their wall-clock time."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from release_ops.domain.recurrence import Occurrences, checked_rule
from release_ops.domain.rules import local_instant
from release_ops.domain.window_rules import RecurringBlackout

START = datetime(2026, 1, 2, 22)  # noqa: DTZ001 - wall-clock time
BERLIN = ZoneInfo("Europe/Berlin")


def night(rule: str = "FREQ=DAILY", **facts: object) -> Occurrences:
    given = {"start": START, "lasts": timedelta(hours=8), "rule": rule, "zone": "Europe/Berlin", "reason": "night run"}
    return Occurrences(RecurringBlackout(**{**given, **facts}))  # type: ignore[arg-type]


def spans(found: Occurrences, first: date, last: date) -> list[str]:
    start, end = (local_instant(day, time(0), BERLIN).astimezone(UTC) for day in (first, last))
    return [
        f"{one.astimezone(BERLIN):%m-%d %H:%M} {end.astimezone(BERLIN):%m-%d %H:%M}"
        for one, end in found.between(start, end)
    ]


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ("FREQ=SECONDLY", "too often; use FREQ=DAILY with BYHOUR"),
        ("FREQ=MINUTELY;INTERVAL=5", "too often"),
        ("FREQ=HOURLY", "too often"),
        ("FREQ=WEKLY", "FREQ is one of DAILY, WEEKLY, MONTHLY, YEARLY; write one like FREQ=WEEKLY;BYDAY=FR"),
        ("every Friday", "is no part of a recurrence rule; write one like"),
        ("", "'nothing' is no part"),
        ("FREQ=WEEKLY;BYDAY=XX", "is not a recurrence rule"),
        ("FREQ=WEEKLY;BYDAY=FR;FREQ=DAILY", "FREQ is written twice"),
        ("FREQ=WEEKLY;COUNT=3;UNTIL=20270101", "exclude each other"),
        ("FREQ=DAILY;INTERVAL=0", "out of range; write a number from 1 to 400"),
        ("FREQ=DAILY;COUNT=1000000000", "out of range"),
        ("FREQ=DAILY;BYHOUR=0,1,2,3,4,5;BYMINUTE=0,10,20,30,40,50", "more than 1000 times a year"),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "names no day at all"),
        ("FREQ=WEEKLY;UNTIL=20250101", "UNTIL is before its start"),
        ("FREQ=WEEKLY;UNTIL=20271332", "is no date; write it like UNTIL=20271231"),
        ("FREQ=WEEKLY;X-EVIL=1", "X-EVIL is not known"),
    ],
)
def test_a_rule_that_cannot_be_kept_is_refused_with_a_remedy(rule: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        checked_rule(rule, START, "Europe/Berlin")


def test_a_rule_ends_with_its_last_day() -> None:
    rule = checked_rule("rrule: freq=daily; until=20260104", START, "Europe/Berlin")
    assert spans(night(rule), date(2026, 1, 1), date(2026, 1, 9)) == [
        "01-02 22:00 01-03 06:00",
        "01-03 22:00 01-04 06:00",
        "01-04 22:00 01-05 06:00",
    ]


def test_an_end_in_utc_is_that_instant() -> None:
    assert checked_rule("FREQ=DAILY;UNTIL=20260701T210000Z", START, "Europe/Berlin").endswith("UNTIL=20260701T230000")


def test_a_night_keeps_its_hours_when_the_clocks_change() -> None:
    assert spans(night(), date(2026, 3, 28), date(2026, 3, 30)) == [
        "03-27 22:00 03-28 06:00",
        "03-28 22:00 03-29 06:00",
        "03-29 22:00 03-30 06:00",
    ]
    assert len(spans(night(), date(2026, 10, 24), date(2026, 10, 25))) == 2


def test_what_the_clocks_skip_closes_nothing_and_the_next_night_comes() -> None:
    skipped = night(start=datetime(2026, 3, 28, 2), lasts=timedelta(hours=1))  # noqa: DTZ001
    assert spans(skipped, date(2026, 3, 28), date(2026, 3, 31)) == [
        "03-28 02:00 03-28 03:00",
        "03-30 02:00 03-30 03:00",
    ]


def test_days_are_left_out_and_added() -> None:
    wanted = night("FREQ=WEEKLY;BYDAY=FR", without=(START,), also=(START + timedelta(days=3),))
    assert spans(wanted, date(2026, 1, 1), date(2026, 1, 10)) == ["01-05 22:00 01-06 06:00", "01-09 22:00 01-10 06:00"]


def test_a_leap_day_comes_every_four_years() -> None:
    leap = night("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29", start=datetime(2024, 2, 29), lasts=timedelta(days=1))  # noqa: DTZ001
    found = leap.between(datetime(2026, 1, 1, tzinfo=UTC), datetime(2037, 1, 1, tzinfo=UTC))
    assert [one.astimezone(BERLIN).year for one, _ in found] == [2028, 2032, 2036]


zones = st.sampled_from(
    ["UTC", "Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Apia"]
)


@given(
    zones,
    st.sampled_from(["FREQ=DAILY", "FREQ=DAILY;INTERVAL=3", "FREQ=WEEKLY;BYDAY=MO,SU", "FREQ=MONTHLY;BYMONTHDAY=-1"]),
    st.datetimes(datetime(2026, 1, 1), datetime(2026, 2, 1)),  # noqa: DTZ001
    st.timedeltas(timedelta(minutes=1), timedelta(days=9)),
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC)),  # noqa: DTZ001
)
@settings(deadline=None, max_examples=200)
def test_covering_says_what_listing_says(
    zone: str, rule: str, start: datetime, lasts: timedelta, moment: datetime
) -> None:
    blackout = RecurringBlackout(start=start, lasts=lasts, rule=rule, zone=zone, reason="x")
    asked = Occurrences(blackout).covering(moment)
    everything = Occurrences(blackout).between(datetime(2025, 12, 1, tzinfo=UTC), datetime(2028, 3, 1, tzinfo=UTC))
    assert asked == max((end for one, end in everything if one <= moment < end), default=None)
    assert everything == sorted(everything)
