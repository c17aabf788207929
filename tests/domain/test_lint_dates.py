"""Lists of dates: what contradicts itself is found, the fewest are blamed, and what was meant is said where it shows."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from release_ops.domain.lint_dates import DateRow, lint_dates, stage_of
from release_ops.domain.rules import parse_weekday


def row(name: str, day: str, **more: object) -> DateRow:
    return DateRow(name=name, day=date.fromisoformat(day), **more)  # type: ignore[arg-type]


def told(*rows: DateRow, **more: object) -> list[str]:
    return [f"{doubt.kind}: {doubt}" for doubt in lint_dates(rows, **more)]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("3.9.0 beta 1", ((3, 9, 0), 1, 1)), ("1.23.0-rc.0 released", ((1, 23, 0), 2, 0)),
        ("v1.23.0 released", ((1, 23, 0), 3, 0)),
        ("3.11.4", ((3, 11, 4), 3, 0)), ("2.7.3 candidate 2", ((2, 7, 3), 2, 2)), ("alpha_2", ((), 0, 2)),
        ("rc 1", ((), 2, 1)),
        ("Docs freeze", None), ("beta testers meet", None), ("release-1.23 branch created", None),
    ],
)  # fmt: skip
def test_a_stage_is_known_by_its_name(name: str, key: object) -> None:
    assert stage_of(name) == key


def test_a_wrong_year_is_told_with_the_right_one() -> None:
    assert told(
        row("3.10.0 beta 1", "2021-05-03"), row("3.10.0 final", "2020-10-04"), row("3.11.0 final", "2022-10-24")
    ) == ["backwards: 3.10.0 final on 2020-10-04 is before 3.10.0 beta 1 on 2021-05-03; did you mean 2021-10-04?"]
    assert told(
        row("1.0.0 alpha 1", "2026-01-05"), row("1.0.0 beta 1", "2026-02-02"), row("1.0.0 final", "2027-03-02")
    ) == [
        "year: 1.0.0 final on 2027-03-02 is more than a year from 1.0.0 beta 1 on 2026-02-02; did you mean 2026-03-02?"
    ]
    assert told(row("Docs freeze", "2020-02-04"), row("Code freeze", "2022-03-30"), row("Release", "2022-05-03")) == [
        "year: Docs freeze on 2020-02-04 is 180 days or more from everything else; did you mean 2022-02-04?"
    ]


def test_two_dates_of_one_stage_are_told() -> None:
    assert told(row("2.3.0 final", "2003-06-29"), row("2.3.0 final", "2003-07-29")) == [
        "twice: 2.3.0 final is on 2003-06-29 and on 2003-07-29; correct one of them"
    ]


def test_a_weekday_that_is_not_the_dates_is_told() -> None:
    assert told(row("Blog freeze", "2024-02-27", weekday=2)) == [
        "weekday: Blog freeze: 2024-02-27 is a Tuesday, not a Wednesday; the nearest Wednesday is 2024-02-28: correct the "
        "date or the weekday"
    ]


def test_one_wrong_week_is_the_rows_and_the_same_in_all_is_gas() -> None:
    ga = date(2026, 4, 1)
    weeks = [row("", "2026-02-23", week="R-5"), row("", "2026-03-09", week="R-3"), row("", "2026-03-23", week="R-1")]
    assert told(*weeks, ga=ga) == []
    assert told(weeks[0], row("RC1", "2026-03-09", week="R-4"), weeks[2], ga=ga) == [
        "week: RC1: 2026-03-09 is not in R-4 but in R-3; did you mean 2026-03-02? correct the date or the week"
    ]
    assert told(*weeks, ga=ga + timedelta(weeks=3)) == [
        "header: all 3 weeks written here say that GA is 3 weeks earlier than 2026-04-22; did you mean the week of "
        "2026-03-30?"
    ]
    assert told(row("Release", "2026-03-30", week="R-0"), ga=ga) == [
        "spelling: Release: GA's week is R+0, not R-0; write R+0"
    ]
    start = date(2026, 1, 5)
    assert told(row("Freeze", "2026-02-03", week="week 6"), start=start) == [
        "week: Freeze: 2026-02-03 is not in week 6 but in week 5; did you mean 2026-02-10? correct the date or the week"
    ]


def test_most_weeks_are_believed_rather_than_ga_and_the_others_are_told_beside() -> None:
    days = [date(2026, 2, 23) + timedelta(weeks=n) for n in range(5)]
    rows = [DateRow(name="", day=day, week=f"R-{5 - n}") for n, day in enumerate(days)]
    rows[3] = DateRow(name="RC1", day=days[3], week="R-1")
    assert [(one.row, one.kind.value) for one in lint_dates(rows, ga=date(2026, 4, 20))] == [
        (None, "header"),
        (3, "week"),
    ]
    assert lint_dates([DateRow(name="x", day=days[0], week="the week of the summit")], ga=days[0]) == []


@pytest.mark.parametrize(
    ("day", "weekday", "week", "meant"),
    [
        ("2026-04-09", "Sat", "week 18", "2026-05-09"),  # another month
        ("2024-02-06", "Fri", "week 5", "2026-02-06"),  # another year
        ("2026-02-06", "Tue", "week 7", "2026-02-17"),  # neither: that weekday of that week
        ("2026-02-06", None, "week 7", "2026-02-20"),
    ],
)
def test_the_day_that_was_meant_has_the_week_and_the_weekday_that_are_written(day, weekday, week, meant) -> None:
    number = None if weekday is None else parse_weekday(weekday)
    doubts = lint_dates(
        [DateRow(name="x", day=date.fromisoformat(day), weekday=number, week=week)], start=date(2026, 1, 5)
    )
    assert {one.instead for one in doubts} == {date.fromisoformat(meant)}
    assert "week" in {one.kind.value for one in doubts}


def test_a_day_before_the_start_is_in_no_week() -> None:
    assert told(row("Freeze", "2025-12-29", week="week 2"), start=date(2026, 1, 5)) == [
        "week: Freeze: 2025-12-29 is not in week 2 but before the start; did you mean 2026-01-12? correct the date or the "
        "week"
    ]


def test_a_start_outside_the_first_week_is_stale() -> None:
    rows = [row("PTG", "2026-02-23"), row("", "2026-03-02", week="R-1"), row("Release", "2026-03-09", week="R+0")]
    assert told(*rows, start=date(2026, 3, 4), listed=True) == []
    assert told(*rows, start=date(2026, 3, 9)) == []
    assert told(*rows, start=date(2026, 3, 9), listed=True) == [
        "start: the first week that is written here is R-1 on 2026-03-02, and the start is 2026-03-09; did you mean a "
        "start in the week of 2026-03-02?"
    ]


def test_rows_that_should_stand_in_order_do() -> None:
    rows = [row("Test freeze", "2022-04-06"), row("Docs ready", "2022-04-05")]
    assert told(*rows) == []
    assert told(*rows, listed=True) == [
        "order: Docs ready on 2022-04-05 stands below Test freeze on 2022-04-06; put it in its place, or "
        "correct one of the dates"
    ]


def test_an_entry_that_is_too_long_or_ends_before_it_begins_is_told() -> None:
    week = [row(f"week {n}", f"2026-01-{n:02}", ends=date(2026, 1, n + 4)) for n in (5, 12, 19)]
    long = row("final", "2026-01-26", ends=date(2026, 2, 10))
    assert told(*week, long) == [
        "long: final from 2026-01-26 to 2026-02-10 is more than twice as long as the others; did you mean 2026-01-30?"
    ]
    assert told(*week, row("final", "2026-01-26", ends=date(2026, 1, 20))) == [
        "long: final ends on 2026-01-20, before it begins; correct one"
    ]


stages = st.lists(st.integers(0, 60), min_size=2, max_size=12)


@given(st.dates(date(2000, 1, 1), date(2060, 1, 1)), stages)
def test_stages_in_their_order_are_not_doubted(first: date, gaps: list[int]) -> None:
    days, rows = first, []
    for number, gap in enumerate(gaps):
        days += timedelta(days=gap)
        rows.append(DateRow(name=f"1.0.0 beta {number}", day=days))
    assert lint_dates(rows) == []


@given(st.dates(date(2000, 1, 1), date(2060, 1, 1)), st.integers(3, 12), st.data())
def test_a_stage_years_off_is_found_wherever_it_stands(first: date, count: int, data: st.DataObject) -> None:
    rows = [DateRow(name=f"1.0.0 beta {n}", day=first + timedelta(weeks=3 * n)) for n in range(count)]
    place = data.draw(st.integers(0, count - 1))
    years = data.draw(st.sampled_from([-3, -2, 2, 3]))
    rows[place] = DateRow(name=rows[place].name, day=rows[place].day + timedelta(days=365 * years))
    found = lint_dates(rows)
    assert place in {doubt.row for doubt in found}
    assert {doubt.row for doubt in found} == {place}


@given(
    st.lists(
        st.tuples(st.sampled_from(["alpha 1", "beta 1", "1.0.0 rc 1", "1.0.0", "1.1.0", "x"]), st.dates()), max_size=9
    )
)
def test_any_list_is_answered_and_what_is_left_without_the_blamed_rises(pairs: list[tuple[str, date]]) -> None:
    rows = [DateRow(name=name, day=day) for name, day in pairs if 20 < day.year < 9980]
    found = lint_dates(rows)
    assert found == lint_dates(rows)
    blamed = {doubt.row for doubt in found if doubt.kind in {"backwards", "twice"}}
    kept = sorted(
        (stage_of(one.name), one.day) for place, one in enumerate(rows) if place not in blamed and one.name[:3] == "1.0"
    )
    assert [day for _, day in kept] == sorted(day for _, day in kept)
