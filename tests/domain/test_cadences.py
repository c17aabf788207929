"""Cadences: so many weeks or months apart, on their weekday, numbered one after the other, until their end."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from release_ops.domain.business_days import Days
from release_ops.domain.cadences import MOST, Cadence, Every, Move, days_of, expand, parse_every
from release_ops.domain.model import Adjust, ReleaseType
from release_ops.domain.rules import OrdinalWeekday, apply_rule
from release_ops.domain.version_forms import with_form

SEMVER = "v{version}"
COUNTED = with_form("v{version}", "N")


def cadence(every: str, first: date, until: date, **more: object) -> Cadence:
    return Cadence(type=ReleaseType.MINOR, every=parse_every(every), first=first, until=until, **more)  # type: ignore[arg-type]


def dated(a_cadence: Cadence, tag: str = SEMVER, days: Days | None = None) -> dict[str, str]:
    releases, faults = expand(a_cadence, "webapp", tag, days or Days())
    assert not faults
    return {one.version: f"{one.ga:%a %Y-%m-%d}" for one in releases}


@pytest.mark.parametrize(
    ("text", "every"),
    [
        ("4 weeks", Every(weeks=4)),
        ("every 4w", Every(weeks=4)),
        ("week", Every(weeks=1)),
        ("3 months", Every(months=3)),
        ("1 year", Every(months=12)),
        ("third Thursday", Every(months=1, weekday=OrdinalWeekday(3, 3))),
        ("last Fri of every month", Every(months=1, weekday=OrdinalWeekday(-1, 4))),
        ("first Tuesday of every 2 months", Every(months=2, weekday=OrdinalWeekday(1, 1))),
        ("fourth Thursday of every 2 years", Every(months=24, weekday=OrdinalWeekday(4, 3))),
        ("first Tuesday of every year", Every(months=12, weekday=OrdinalWeekday(1, 1))),
    ],
)
def test_how_often_is_read_and_written(text: str, every: Every) -> None:
    assert parse_every(text) == every
    assert parse_every(str(every)) == every


@pytest.mark.parametrize(
    "text",
    ["", "often", "0 weeks", "0 months", "4 fortnights", "third of every month", "-4w", "last Friday of every 0 years"],
)
def test_an_unreadable_one_says_what_to_write(text: str) -> None:
    with pytest.raises(ValueError, match=r"4 weeks|count from 1"):
        parse_every(text)


def test_four_weeks_apart_and_counted() -> None:
    chromium = cadence("4 weeks", date(2025, 9, 30), date(2025, 12, 31), version="141")
    assert dated(chromium, COUNTED) == {
        "141": "Tue 2025-09-30", "142": "Tue 2025-10-28", "143": "Tue 2025-11-25", "144": "Tue 2025-12-23",
    }  # fmt: skip


def test_months_keep_the_day_of_the_first_one() -> None:
    assert dated(cadence("1 month", date(2027, 10, 31), date(2028, 3, 31), version="1.0.0")) == {
        "1.0.0": "Sun 2027-10-31", "1.1.0": "Tue 2027-11-30", "1.2.0": "Fri 2027-12-31", "1.3.0": "Mon 2028-01-31",
        "1.4.0": "Tue 2028-02-29", "1.5.0": "Fri 2028-03-31",
    }  # fmt: skip


def test_an_ordinal_weekday_counts_from_its_first_day_on() -> None:
    python = cadence(
        "first Tuesday of every 2 months", date(2024, 12, 1), date(2025, 8, 31), version="3.13.1", bump="patch"
    )
    assert dated(python) == {
        "3.13.1": "Tue 2024-12-03", "3.13.2": "Tue 2025-02-04", "3.13.3": "Tue 2025-04-01", "3.13.4": "Tue 2025-06-03",
        "3.13.5": "Tue 2025-08-05",
    }  # fmt: skip
    assert next(iter(dated(cadence("first Monday", date(2026, 1, 6), date(2026, 3, 1), version="1.0.0")).values())) == (
        "Mon 2026-02-02"
    )


def test_versions_that_are_dates_need_no_first_one() -> None:
    tag = with_form("v{version}", "YYYY.0M.MICRO")
    assert dated(cadence("2 weeks", date(2026, 12, 7), date(2027, 1, 6), bump="patch"), tag) == {
        "2026.12.0": "Mon 2026-12-07", "2026.12.1": "Mon 2026-12-21", "2027.01.0": "Mon 2027-01-04",
    }  # fmt: skip


def test_a_day_left_out_costs_no_number_and_a_version_left_out_takes_its_day_along() -> None:
    by_day = cadence("4 weeks", date(2026, 1, 6), date(2026, 4, 1), version="81", skips={"2026-02-03": "holidays"})
    assert dated(by_day, COUNTED) == {"81": "Tue 2026-01-06", "82": "Tue 2026-03-03", "83": "Tue 2026-03-31"}
    by_version = cadence("4 weeks", date(2026, 1, 6), date(2026, 4, 1), version="81", skips={"82": "never made"})
    assert dated(by_version, COUNTED) == {"81": "Tue 2026-01-06", "83": "Tue 2026-03-03", "84": "Tue 2026-03-31"}


def test_a_move_has_its_reason_and_leaves_the_start_where_it_was() -> None:
    moves = {date(2025, 11, 25): Move(to=date(2025, 12, 2), reason="Thanksgiving")}
    chromium = cadence("4 weeks", date(2025, 10, 28), date(2025, 12, 1), version="142", start="R-4", moves=moves)
    (_, moved), _ = expand(chromium, "chromium", COUNTED, Days(), place=2)
    assert (moved.version, moved.ga, moved.start) == ("143", date(2025, 12, 2), date(2025, 10, 27))
    assert (moved.reason, moved.cadence) == ("Thanksgiving", 2)


def test_a_holiday_moves_a_release_where_the_cadence_says_so() -> None:
    weekly = cadence("4 weeks", date(2026, 11, 27), date(2026, 12, 31), version="1.0.0", adjust=Adjust.NEXT)
    (_, second), _ = expand(weekly, "webapp", SEMVER, Days(("DE-BE",)))
    assert (second.ga, second.reason) == (date(2026, 12, 28), "Friday 2026-12-25 is Christmas Day (DE-BE)")


@pytest.mark.parametrize(
    ("more", "fault"),
    [
        ({"until": date(2025, 1, 1)}, ("until", "before the first release")),
        ({"until": date(2099, 1, 1)}, ("until", f"more than {MOST} releases")),
        ({"version": ""}, ("version", "is missing")),
        ({"start": "beta -1w"}, ("start", "counts from beta")),
        ({"start": "+1w"}, ("start", "is not before GA")),
        ({"version": "1.x"}, ("version", "is not a semver version")),
        ({"skips": {"2026-01-14": "?"}}, ("skip.0", "no release of this cadence is on 2026-01-14")),
        ({"skips": {"9.0.0": "?"}}, ("skip.0", "has no version 9.0.0")),
        ({"moves": {date(2026, 1, 14): Move(to=date(2026, 1, 15), reason="?")}}, ("move.0", "on 2026-01-14")),
        ({"moves": {date(2026, 1, 13): Move(to=date(2026, 1, 20), reason="?")}}, ("move.0", "is not after the one before")),
    ],
)  # fmt: skip
def test_what_cannot_be_followed_is_told(more: dict[str, object], fault: tuple[str, str]) -> None:
    usual = {"until": date(2026, 3, 1), "version": "1.0.0"}
    (told,) = expand(cadence("1 week", date(2026, 1, 6), **{**usual, **more}), "webapp", SEMVER, Days())[1]  # type: ignore[arg-type]
    assert (told.field, fault[1] in told.message) == (fault[0], True)
    assert told.remedy


def test_dates_that_cannot_tell_two_releases_apart_are_told() -> None:
    monthly = with_form("v{version}", "YYYY.0M")
    assert len(dated(cadence("1 month", date(2026, 1, 6), date(2026, 12, 31)), monthly)) == 12
    (fault,) = expand(cadence("2 weeks", date(2026, 1, 6), date(2026, 12, 31)), "webapp", monthly, Days())[1]
    assert (fault.field, fault.message, fault.remedy) == (
        "every", "2026.01 is out already", "add a counter, such as [.MICRO]",
    )  # fmt: skip


dates = st.dates(date(2000, 1, 1), date(2060, 12, 31))


@given(dates, st.integers(1, 12), st.integers(0, 1500), st.sampled_from(["weeks", "months"]))
def test_days_rise_from_the_first_to_the_last(first: date, count: int, long: int, unit: str) -> None:
    until = first + timedelta(days=long)
    found = list(days_of(cadence(f"{count} {unit}", first, until)))
    assert found[0] == first
    assert found == sorted(set(found))
    assert found[-1] <= until < found[-1] + timedelta(days=count * (7 if unit == "weeks" else 31) + 1)
    assert unit == "months" or {day.weekday() for day in found} == {first.weekday()}


@given(dates, st.sampled_from([1, 2, 3, 4, -1]), st.integers(0, 6), st.integers(1, 12), st.integers(0, 1500))
def test_days_are_on_the_weekday_named(first: date, ordinal: int, weekday: int, months: int, long: int) -> None:
    rule = OrdinalWeekday(ordinal, weekday)
    until = first + timedelta(days=long)
    found = list(
        days_of(Cadence(type=ReleaseType.MINOR, every=Every(months=months, weekday=rule), first=first, until=until))
    )
    assert found == sorted(set(found))
    assert all(first <= day <= until and day == apply_rule(rule, day, Days()) for day in found)


@given(dates, st.integers(1, 26), st.sampled_from(["major", "minor", "patch"]), st.integers(0, 1500))
def test_versions_rise_with_their_days_and_nothing_depends_on_the_day_of_asking(
    first: date, weeks: int, bump: str, long: int
) -> None:
    a_cadence = cadence(f"{weeks} weeks", first, first + timedelta(days=long), version="1.2.3", bump=bump)
    releases, faults = expand(a_cadence, "webapp", SEMVER, Days())
    assert not faults
    numbers = [tuple(map(int, one.version.split("."))) for one in releases]
    assert numbers == sorted(set(numbers))
    assert (releases, faults) == expand(a_cadence, "webapp", SEMVER, Days())
