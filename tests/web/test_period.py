"""Stretches of days: by name, before and after, and where an instant lies in them."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from release_ops.web.period import EARLIEST, LATEST, LONGEST, NAMES, Period, around, named

DAYS = st.dates(date(1990, 1, 1), date(2100, 12, 31))


@pytest.mark.parametrize(
    ("name", "first", "last"),
    [
        ("coming", date(2026, 10, 1), date(2027, 3, 31)),
        ("month", date(2026, 11, 1), date(2026, 11, 30)),
        ("quarter", date(2026, 10, 1), date(2026, 12, 31)),
        ("half_year", date(2026, 7, 1), date(2026, 12, 31)),
        ("year", date(2026, 1, 1), date(2026, 12, 31)),
    ],
)
def test_a_period_has_whole_months(name, first, last):
    assert named(name, date(2026, 11, 27)) == Period(first, last)


@given(day=DAYS, name=st.sampled_from([*NAMES]))
def test_a_named_period_holds_today_and_its_neighbours_meet_it(day, name):
    period = named(name, day)
    assert period.first <= day <= period.last
    assert period.later().first.toordinal() == period.last.toordinal() + 1
    assert period.earlier().last.toordinal() == period.first.toordinal() - 1
    assert period.later().earlier() == period


@given(first=DAYS, days=st.integers(1, LONGEST.days))
def test_the_neighbours_of_any_period_meet_it(first, days):
    period = Period(first, date.fromordinal(first.toordinal() + days - 1))
    assert period.days == days
    assert period.later().first.toordinal() == period.last.toordinal() + 1
    assert period.earlier().last.toordinal() == period.first.toordinal() - 1


def test_a_period_is_neither_empty_nor_endless():
    with pytest.raises(ValueError, match="exchange the two"):
        Period(date(2026, 2, 1), date(2026, 1, 31))
    with pytest.raises(ValueError, match="longer than 800 days"):
        Period(date(2026, 1, 1), date(2028, 3, 11))
    assert Period(date(2026, 1, 1), date(2028, 3, 10)).days == 800


@pytest.mark.parametrize("day", [date.min, date(1899, 12, 31), date(2200, 1, 1), date.max])
def test_a_period_lies_where_dates_can_be_reckoned(day):
    with pytest.raises(ValueError, match="not between 1900-01-01 and 2199-12-31"):
        Period(day, day)
    assert Period(LATEST, LATEST).end == datetime(2200, 1, 1, tzinfo=UTC)
    assert Period(EARLIEST, EARLIEST).days == 1


def test_one_end_alone_asks_for_half_a_year():
    assert around(date(2026, 1, 1), None) == Period(date(2026, 1, 1), date(2026, 7, 2))
    assert around(None, date(2026, 7, 2)) == Period(date(2026, 1, 1), date(2026, 7, 2))


def test_an_instant_has_its_place():
    day = Period(date(2026, 1, 1), date(2026, 1, 1))
    assert day.place(datetime(2026, 1, 1, 12, tzinfo=UTC)) == 0.5
    assert day.holds(day.start)
    assert not day.holds(day.end)
