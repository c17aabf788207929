"""The timetable as the scheduler uses it: every milestone fires once, whatever ties, outages and moves there are."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pendulum
import pytest
from airflow.timetables.base import DagRunInfo, TimeRestriction
from airflow.utils.types import DagRunType
from hypothesis import given
from hypothesis import strategies as st

from release_ops.timetable import MilestoneTimetable, event_of

OPEN = TimeRestriction(earliest=pendulum.datetime(2020, 1, 1), latest=None, catchup=True)
NINE = datetime(2026, 10, 23, 7, 0, tzinfo=UTC)
FOREVER = timedelta(days=36500)

keys = st.builds(
    "{}:{}.{}.0:alpha".format, st.sampled_from(["api", "web", "app"]), st.integers(0, 9), st.integers(0, 9)
)
instants = st.integers(0, 5).map(lambda hours: NINE + timedelta(hours=hours))
calendars = st.dictionaries(keys, instants, max_size=12)


def timetable(calendar: dict[str, datetime], catch_up: timedelta = FOREVER) -> MilestoneTimetable:
    return MilestoneTimetable(kind="alpha", events=[event_of(key, at, catch_up) for key, at in calendar.items()])


def run_id(table: MilestoneTimetable, info: DagRunInfo) -> str:
    return table.generate_run_id(
        run_type=DagRunType.SCHEDULED, run_after=info.run_after, data_interval=None, partition_key=info.partition_key
    )


def fire_all(table: MilestoneTimetable, last: DagRunInfo | None = None) -> list[DagRunInfo]:
    fired = []
    while (last := table.next_dagrun_info_v2(last_dagrun_info=last, restriction=OPEN)) is not None:
        fired.append(last)
    return fired


@given(calendars)
def test_every_milestone_fires_once_in_the_order_of_time(calendar):
    fired = fire_all(timetable(calendar))
    assert {info.partition_key: info.run_after for info in fired} == calendar
    assert len(fired) == len(calendar)
    assert [info.run_after for info in fired] == sorted(info.run_after for info in fired)


@given(calendars)
def test_parsing_the_dag_again_between_two_runs_changes_nothing(calendar):
    """Airflow then takes the run with the greatest partition date as the last one."""
    table = timetable(calendar)
    fired: list[DagRunInfo] = []
    while True:
        last = max(fired, key=lambda info: info.partition_date, default=None)
        info = table.next_dagrun_info_v2(last_dagrun_info=last, restriction=OPEN)
        if info is None:
            break
        assert run_id(table, info) not in {run_id(table, earlier) for earlier in fired}
        fired.append(info)
    assert {info.partition_key for info in fired} == set(calendar)


@given(calendars)
def test_what_is_serialised_depends_on_the_calendar_alone(calendar):
    shuffled = dict(reversed(calendar.items()))
    assert timetable(calendar).serialize() == timetable(shuffled).serialize()
    again = MilestoneTimetable.deserialize(timetable(calendar).serialize())
    assert fire_all(again) == fire_all(timetable(calendar))


@given(calendars)
def test_run_ids_are_legal_and_name_the_release(calendar):
    table = timetable(calendar)
    for info in fire_all(table):
        assert re.fullmatch(r"[A-Za-z0-9_.~:+-]+", run_id(table, info))
        assert run_id(table, info).startswith(f"scheduled__{info.partition_key}__2026-10-23T")


def test_two_products_on_one_instant_both_fire():
    fired = fire_all(timetable({"web:1.0.0:alpha": NINE, "api:3.0.0:alpha": NINE}))
    assert {info.partition_key for info in fired} == {"web:1.0.0:alpha", "api:3.0.0:alpha"}
    assert {info.run_after for info in fired} == {NINE}


def test_a_moved_milestone_fires_again_under_another_name():
    first = timetable({"web:1.0.0:alpha": NINE})
    (before,) = fire_all(first)
    moved = timetable({"web:1.0.0:alpha": NINE + timedelta(days=7)})
    (after,) = fire_all(moved, before)
    assert run_id(first, before) != run_id(moved, after)


def test_a_milestone_that_was_added_before_the_last_run_does_not_fire():
    (last,) = fire_all(timetable({"web:1.0.0:alpha": NINE}))
    added = timetable({"web:1.0.0:alpha": NINE, "api:3.0.0:alpha": NINE - timedelta(days=1)})
    assert fire_all(added, last) == []


def test_after_an_outage_only_what_is_inside_the_catch_up_window_fires():
    now = datetime.now(UTC).replace(microsecond=0)
    table = timetable(
        {"web:1.0.0:alpha": now - timedelta(days=30), "web:1.1.0:alpha": now - timedelta(days=3)}, timedelta(days=14)
    )
    assert [info.partition_key for info in fire_all(table)] == ["web:1.1.0:alpha"]


def test_without_catch_up_nothing_of_the_past_fires():
    table = timetable({"web:1.0.0:alpha": datetime.now(UTC) - timedelta(days=3)})
    strict = OPEN._replace(catchup=False)
    assert table.next_dagrun_info_v2(last_dagrun_info=None, restriction=strict) is None


def test_the_restriction_is_inclusive_on_both_ends():
    table = timetable({"web:1.0.0:alpha": NINE})
    exact = TimeRestriction(earliest=pendulum.instance(NINE), latest=pendulum.instance(NINE), catchup=True)
    assert table.next_dagrun_info_v2(last_dagrun_info=None, restriction=exact).run_after == NINE
    early = exact._replace(earliest=None, latest=pendulum.instance(NINE) - timedelta(seconds=1))
    assert table.next_dagrun_info_v2(last_dagrun_info=None, restriction=early) is None


def test_backfill_takes_what_lies_between_its_dates():
    calendar = {f"web:1.{minor}.0:alpha": NINE + timedelta(days=minor) for minor in range(5)}
    between = timetable(calendar).iter_partition_dagrun_infos(
        earliest=NINE + timedelta(days=1), latest=NINE + timedelta(days=3)
    )
    assert [info.partition_key for info in between] == ["web:1.1.0:alpha", "web:1.2.0:alpha", "web:1.3.0:alpha"]


def test_a_partition_key_leads_back_to_its_date():
    table = timetable({"web:1.0.0:alpha": NINE})
    (info,) = fire_all(table)
    assert table.resolve_partition_date("web:1.0.0:alpha") == info.partition_date
    assert table.resolve_partition_date("web:9.9.9:alpha") is None


@pytest.mark.parametrize("run_type", [DagRunType.MANUAL, DagRunType.BACKFILL_JOB])
def test_other_kinds_of_runs_get_a_name_too(run_type):
    name = timetable({}).generate_run_id(run_type=run_type, run_after=NINE, data_interval=None)
    assert re.fullmatch(rf"{run_type}__[A-Za-z0-9_.~:+-]+", name)
