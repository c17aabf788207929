"""What was completed per day: from dates, from snapshots, from a feed; and that units do not mix."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from release_ops.domain.throughput import (
    FeedError,
    ForecastPolicy,
    Throughput,
    UnitError,
    check_units,
    of_amounts,
    of_days,
    of_feed,
    of_snapshots,
    read_feed,
    sampled,
    source_of,
)

START, END = date(2026, 11, 2), date(2026, 11, 8)  # Monday to Sunday
SPAN = {"start": START, "end": END, "item": "feature", "source": "feed.csv"}


def day(number: int) -> date:
    return date(2026, 11, number)


def test_days_without_anything_are_zero_and_others_are_left_out() -> None:
    found = of_days([day(3), day(3), day(8), day(1), day(9)], **SPAN)
    assert found.done == (0, 2, 0, 0, 0, 0, 1)
    assert (found.start, found.end, found.total) == (START, END, 3)


def test_snapshots_count_what_was_done_since_the_one_before() -> None:
    snapshots = [("2.8", day(1), 4), ("2.8", day(2), 5), ("2.8", day(3), 5), ("2.8", day(6), 8)]
    assert of_snapshots(snapshots, **SPAN).done == (1, 0, 0, 0, 3, 0, 0)


def test_a_feature_that_is_opened_again_and_done_again_counts_once() -> None:
    snapshots = [("2.8", day(1), 4), ("2.8", day(2), 5), ("2.8", day(3), 4), ("2.8", day(4), 5), ("2.8", day(5), 6)]
    assert of_snapshots(snapshots, **SPAN).total == 2


def test_the_first_snapshot_of_each_release_is_where_it_starts() -> None:
    snapshots = [("2.8", day(4), 4), ("2.8", day(5), 5), ("2.9", day(6), 30), ("2.9", day(7), 31)]
    found = of_snapshots(snapshots, **SPAN)
    assert (found.start, found.done) == (day(5), (1, 0, 1, 0))


def test_without_snapshots_there_is_no_day() -> None:
    assert of_snapshots([], **SPAN).done == ()


def test_a_feed_is_read_with_its_columns_in_any_place() -> None:
    text = "\ufeffteam,Completed,Day\r\nweb,2,2026-11-03\r\nweb,0.5,2026-11-05\r\n\r\n"
    found = read_feed(text, **SPAN)
    assert (found.start, found.done) == (day(3), (2, 0, 0.5))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "feed.csv:1: the heading must name the columns day and completed"),
        ("date,n\n2026-11-02,1\n", "feed.csv:1: the heading must name"),
        ("day,completed\n02.11.2026,1\n", "feed.csv:2: day: '02.11.2026': write it like 2026-11-02"),
        ("day,completed\n2026-11-02,-1\n", "feed.csv:2: completed: '-1': write a number, 0 or more"),
        ("day,completed\n2026-11-02,nan\n", "feed.csv:2: completed: 'nan': write a number"),
        ("day,completed\n2026-11-02\n", "feed.csv:2: day: '': write it like"),
        ("day,completed\n2026-11-02,1\n2026-11-02,2\n", "feed.csv:3: day: 2026-11-02 is there already"),
        ("day,completed\n", "feed.csv: has no row up to 2026-11-08"),
        ("day,completed\n2026-11-09,1\n", "feed.csv: has no row up to 2026-11-08"),
        ("day,completed\n2026-10-01,1\n", "feed.csv: ends on 2026-10-01, which is too long ago"),
        ('day,completed\n"2026-11-02\n', "write it like 2026-11-02"),
    ],
)
def test_what_is_wrong_with_a_feed_is_told_with_its_line(text: str, said: str) -> None:
    with pytest.raises(FeedError) as caught:
        read_feed(text, **SPAN)
    assert said in str(caught.value)


def test_all_bad_lines_are_told_at_once_up_to_ten() -> None:
    with pytest.raises(FeedError) as caught:
        read_feed("day,completed\n" + "x,1\n" * 12, **SPAN)
    lines = str(caught.value).splitlines()
    assert (len(lines), lines[-1]) == (11, "and 2 more")


def test_rows_of_a_database_are_days_times_and_numbers() -> None:
    rows = [(1, day(2), 1), (2, datetime(2026, 11, 3, 23, 0), 2), (3, "2026-11-04", "3")]  # noqa: DTZ001 - as drivers give it
    assert of_feed(rows, **SPAN).done == (1, 2, 3)


def weekdays(moment: date) -> bool:
    return moment.weekday() < 5


def test_what_was_completed_on_a_weekend_counts_on_the_next_workday() -> None:
    amounts = [(day(6), 1.0), (day(7), 2.0), (day(8), 1.0), (day(9), 1.0)]
    found = of_amounts(amounts, start=START, end=day(10), item="feature", source="x")
    assert sampled(found, weekdays) == (0, 0, 0, 0, 1, 4, 0)


@given(st.dates(date(2020, 1, 1), date(2030, 1, 1)), st.lists(st.integers(0, 9), min_size=7, max_size=60))
def test_sampling_loses_nothing(start: date, done: list[int]) -> None:
    throughput = Throughput(start=start, done=tuple(map(float, done)), item="feature", source="x")
    assert sum(sampled(throughput, weekdays)) == sum(done)
    assert sampled(throughput, lambda _: True) == throughput.done
    assert throughput.end == start + timedelta(days=len(done) - 1)


@pytest.mark.parametrize(
    ("policy", "scope", "source"),
    [
        (ForecastPolicy(throughput="sql"), "github", "sql"),
        (ForecastPolicy(), "github", "github"),
        (ForecastPolicy(), "jira", "snapshots"),
        (ForecastPolicy(item="point"), "github", "snapshots"),
        (ForecastPolicy(file="x.csv", statement="SELECT 1"), "file", "csv"),
        (ForecastPolicy(statement="SELECT 1"), "file", "sql"),
        (ForecastPolicy(), "file", "snapshots"),
        (ForecastPolicy(item="change"), "file", "git"),
    ],
)
def test_where_throughput_comes_from_without_a_word_about_it(policy: ForecastPolicy, scope: str, source: str) -> None:
    assert source_of(policy, scope) == source


def test_features_and_changes_do_not_mix() -> None:
    with pytest.raises(UnitError, match="do not mix: say with split"):
        check_units(ForecastPolicy(item="change"), "git")
    with pytest.raises(UnitError, match="git counts no features: set item to change"):
        check_units(ForecastPolicy(), "git")
    check_units(ForecastPolicy(item="change", split=(3, 8)), "git")
