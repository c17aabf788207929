"""The grammar of dates: every form is read, written back, and applied over year ends, leap days and short months."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from release_ops.domain.business_days import Days
from release_ops.domain.rules import (
    Anchor,
    MonthEdge,
    NearWeekday,
    Offset,
    OrdinalWeekday,
    Rule,
    Sum,
    Unit,
    WeekLabel,
    WeekNumber,
    anchors_of,
    apply_rule,
    monday,
    parse_rule,
)

NAMES = st.sampled_from(["start", "planning", "beta", "rc", "docs_freeze", "lib.client", "code-freeze"])
weekdays = st.integers(0, 6)
dates = st.dates(date(1995, 1, 1), date(2090, 12, 31))
offsets = st.builds(Offset, st.integers(-20, 20), st.sampled_from(Unit))
bases = st.one_of(
    offsets,
    st.builds(OrdinalWeekday, st.sampled_from([1, 2, 3, 4, -1]), weekdays, st.integers(-60, 60)),
    st.builds(MonthEdge, st.booleans(), st.integers(-240, 240)),
    st.builds(WeekLabel, st.integers(-260, 260), weekdays),
    st.builds(WeekNumber, st.integers(1, 260), weekdays),
    st.builds(Anchor, NAMES),
    st.builds(NearWeekday, weekdays, st.booleans(), st.one_of(st.just("ga"), NAMES), st.booleans()),
)
sums = st.builds(
    Sum,
    bases.filter(lambda base: base != Offset(0)),
    st.lists(offsets.filter(lambda one: bool(one.count)), min_size=1, max_size=3).map(tuple),
)
rules = st.one_of(bases, sums)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("+18mo", Offset(18, Unit.MONTHS)),
        ("+5 years", Offset(5, Unit.YEARS)),
        ("R-5", WeekLabel(-5)),
        ("r - 5 thu", WeekLabel(-5, 3)),
        ("R+0", WeekLabel(0)),
        ("R-0", WeekLabel(0)),
        ("week 4", WeekNumber(4)),
        ("Week 4 Tuesday", WeekNumber(4, 1)),
        ("start", Anchor("start")),
        ("beta", Anchor("beta")),
        ("docs_freeze +0d", Anchor("docs_freeze")),
        ("ga +1w", Offset(1, Unit.WEEKS)),
        ("beta +2d", Sum(Anchor("beta"), (Offset(2),))),
        ("beta-2d", Sum(Anchor("beta"), (Offset(-2),))),
        ("-4w +1d", Sum(Offset(-4, Unit.WEEKS), (Offset(1),))),
        ("-4w+1d", Sum(Offset(-4, Unit.WEEKS), (Offset(1),))),
        ("R-5 Thursday +2bd", Sum(WeekLabel(-5, 3), (Offset(2, Unit.BUSINESS_DAYS),))),
        ("week 4 +1d", Sum(WeekNumber(4), (Offset(1),))),
        ("first Monday of month -1 +2d", Sum(OrdinalWeekday(1, 0, -1), (Offset(2),))),
        ("first Monday of month -1w", Sum(OrdinalWeekday(1, 0), (Offset(-1, Unit.WEEKS),))),
        ("third Thursday +1d", Sum(OrdinalWeekday(3, 3), (Offset(1),))),
        ("last day of month +60", MonthEdge(last=True, months=60)),
        ("first day of the month", MonthEdge(last=False)),
        ("3 days before ga", Offset(-3)),
        ("2 business days after beta", Sum(Anchor("beta"), (Offset(2, Unit.BUSINESS_DAYS),))),
        ("1 week after docs_freeze +1d", Sum(Anchor("docs_freeze"), (Offset(1, Unit.WEEKS), Offset(1)))),
        ("Thursday before ga", NearWeekday(3, after=False)),
        ("Tue on or after beta", NearWeekday(1, after=True, anchor="beta", same=True)),
        ("Tuesday after docs_freeze +1w", Sum(NearWeekday(1, after=True, anchor="docs_freeze"), (Offset(1, Unit.WEEKS),))),
    ],
)  # fmt: skip
def test_a_rule_is_read(text: str, rule: Rule) -> None:
    assert parse_rule(text) == rule


@pytest.mark.parametrize(
    ("text", "remedy"),
    [
        ("betta", r"is not a rule; did you mean 'beta'\?"),
        ("docs_freeze", "is not a rule; write"),
        ("beta 2d", r"before or after beta\? write -2d"),
        ("R5", "is not a rule"),
        ("R-999", r"at most R-260"),
        ("R-5 Thrusday", "is not a weekday"),
        ("R-5 weeks", "is not a weekday"),
        ("week 0", "the first one is week 1"),
        ("week four", "is not a rule"),
        ("3 fortnights before ga", "unknown unit 'fortnights'"),
        ("99 years before ga", "at most 20y"),
        ("week 4 of beta", "is not a rule"),
        ("+21y", "more than twenty years; use at most 20y"),
        ("+300mo", "at most 240mo"),
        ("last day of month +999", "at most 240 months"),
        ("-1d -1d -1d -1d -1d", "more than 4 offsets"),
        ("fifth day of month", "fifth"),
        ("Thursday before", "is not a rule"),
        ("beta + 2", "is not a rule"),
        ("-4w 1d", "before or after GA"),
    ],
)
def test_an_unreadable_rule_says_what_to_write(text: str, remedy: str) -> None:
    with pytest.raises(ValueError, match=remedy):
        parse_rule(text)


@given(rules)
def test_a_rule_is_written_as_it_is_read(rule: Rule) -> None:
    assert parse_rule(str(rule)) == rule


@pytest.mark.parametrize(
    ("rule", "ga", "day"),
    [
        ("R-5", date(2026, 4, 1), date(2026, 2, 23)),
        ("R-5 Thursday", date(2026, 4, 1), date(2026, 2, 26)),
        ("R+0", date(2027, 1, 3), date(2026, 12, 28)),
        ("R-1 Sunday", date(2026, 12, 28), date(2026, 12, 27)),
        ("+5y", date(2024, 2, 29), date(2029, 2, 28)),
        ("+4y", date(2024, 2, 29), date(2028, 2, 29)),
        ("+1mo", date(2026, 1, 31), date(2026, 2, 28)),
        ("-1mo", date(2024, 3, 31), date(2024, 2, 29)),
        ("+18mo", date(2022, 10, 24), date(2024, 4, 24)),
        ("last day of month", date(2028, 2, 1), date(2028, 2, 29)),
        ("first day of month +60", date(2022, 10, 24), date(2027, 10, 1)),
        ("last day of month -1", date(2026, 1, 15), date(2025, 12, 31)),
        ("Thursday before ga", date(2026, 11, 26), date(2026, 11, 19)),
        ("Thursday on or before ga", date(2026, 11, 26), date(2026, 11, 26)),
        ("Tuesday after ga", date(2026, 12, 31), date(2027, 1, 5)),
        ("-4w +1d", date(2026, 11, 26), date(2026, 10, 30)),
        ("third Thursday of month +1 -2bd", date(2026, 11, 26), date(2026, 12, 15)),
    ],
)
def test_rules_over_month_year_and_leap_day(rule: str, ga: date, day: date) -> None:
    assert apply_rule(parse_rule(rule), ga, Days()) == day


def test_anchors_are_asked_by_name() -> None:
    days = {"start": date(2026, 9, 2), "beta": date(2026, 10, 1)}
    ga = date(2026, 12, 1)
    assert apply_rule(parse_rule("week 1"), ga, Days(), days.__getitem__) == date(2026, 8, 31)
    assert apply_rule(parse_rule("week 4 Tuesday"), ga, Days(), days.__getitem__) == date(2026, 9, 22)
    assert apply_rule(parse_rule("beta +2bd"), ga, Days(), days.__getitem__) == date(2026, 10, 5)
    assert apply_rule(parse_rule("Monday before beta"), ga, Days(), days.__getitem__) == date(2026, 9, 28)


def test_a_rule_without_anchor_needs_none() -> None:
    with pytest.raises(ValueError, match="counts from 'beta'"):
        apply_rule(parse_rule("beta +2d"), date(2026, 12, 1), Days())


@given(rules, dates, dates)
def test_only_named_anchors_are_asked(rule: Rule, ga: date, other: date) -> None:
    asked = set()

    def day_of(name: str) -> date:
        asked.add(name)
        return other

    apply_rule(rule, ga, Days(), day_of)
    assert asked == set(anchors_of(rule))


@given(dates, st.integers(-260, 260), weekdays)
def test_a_labelled_day_is_that_many_weeks_from_gas_week(ga: date, weeks: int, weekday: int) -> None:
    day = apply_rule(WeekLabel(weeks, weekday), ga, Days())
    assert (monday(day) - monday(ga), day.weekday()) == (timedelta(weeks=weeks), weekday)


@given(dates, weekdays, st.booleans(), st.booleans())
def test_a_near_weekday_is_within_a_week(ga: date, weekday: int, after: bool, same: bool) -> None:
    day = apply_rule(NearWeekday(weekday, after, "ga", same), ga, Days())
    distance = (day - ga).days if after else (ga - day).days
    assert day.weekday() == weekday
    assert (0 if same else 1) <= distance <= (6 if same else 7)


@given(dates, st.integers(-240, 240))
def test_months_stay_on_their_day_or_end_with_the_month(ga: date, months: int) -> None:
    day = apply_rule(Offset(months, Unit.MONTHS), ga, Days())
    assert (day.year * 12 + day.month) - (ga.year * 12 + ga.month) == months
    assert day.day == ga.day or (day.day < ga.day and (day + timedelta(days=1)).day == 1)
