"""DORA's rules one by one, and refreshes beside writers: docs/dora.md as a specification."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from psycopg import sql

from release_ops import delivery_refresh
from release_ops.delivery_refresh import Refreshed, refresh
from release_ops.store import Store
from tests.metrics.dora_oracle import UTC_NOW
from tests.metrics.test_dora import WEBAPP, arrived, deployed, figures, hurt, outcome, read
from tests.metrics.world import DAY, HOUR, add, at

WEEK = "2026-06-01 00:00"


def refreshed(store: Store, **more: Any) -> Refreshed:
    return refresh(store, now=UTC_NOW, **more)


def change(store: Store, statement: str) -> None:
    with store.connect() as connection:
        connection.execute(statement)  # type: ignore[call-overload]


def reading(stream: str, finished: str | None, **more: Any) -> dict[str, Any]:
    return {**WEBAPP, "source": "csv", "stream": stream, "finished_at": at(finished) if finished else None} | more


# What counts, and when


def test_an_abandoned_and_a_running_deployment_and_one_to_nowhere_never_count(store):
    add(
        store,
        "deployment",
        deployed("d1", "2026-06-02 10:00", result="abandoned"),
        deployed("d2", "2026-06-02 11:00", result="running", finished_at=None),
        deployed("d3", "2026-06-02 12:00", environment=""),
    )
    refreshed(store)
    assert read(store, "dora") == []
    assert read(store, "deployment_outcome") == []


def test_a_deployment_at_midnight_of_monday_is_in_the_week_that_begins(store):
    add(store, "deployment", deployed("d1", "2026-06-07 23:59"), deployed("d2", "2026-06-08 00:00"))
    refreshed(store)
    assert figures(store, WEEK)["deployments"] == 1
    assert figures(store, "2026-06-08 00:00")["deployments"] == 1


def test_repositories_of_one_deployment_are_one_that_ends_with_the_last_success(store):
    parts = [
        ("web", "2026-06-02 10:00", "success"),
        ("api", "2026-06-02 11:00", "success"),
        ("job", "2026-06-02 12:00", "failure"),
    ]
    for repository, finished, result in parts:
        add(store, "deployment", deployed("d1", finished, repository=repository, result=result))
    refreshed(store)
    row = figures(store, WEEK)
    assert (row["deployments"], row["successful"], row["unsuccessful"]) == (1, 1, 0)
    assert (outcome(store, "d1")["parts"], outcome(store, "d1")["finished_at"]) == (3, at("2026-06-02 11:00"))


def test_a_commit_counts_in_the_component_that_gets_it_first_and_once_where_two_get_it_at_one_instant(store):
    for component, day in (("web", "2026-06-02"), ("api", "2026-06-09"), ("job", "2026-06-02")):
        add(
            store,
            "deployed_commit",
            arrived("c1", f"d-{component}", "2026-06-01 10:00", f"{day} 10:00", component=component),
        )
    refreshed(store)
    assert figures(store, WEEK)["changes"] == 1
    assert figures(store, "2026-06-08 00:00")["changes"] == 0
    change(store, "DELETE FROM release_ops.deployed_commit WHERE component <> 'api'")
    refreshed(store)
    assert read(store, "dora", starts_on=at(WEEK).date(), period="week") == []
    assert figures(store, "2026-06-08 00:00")["lead_time_median"] == 8 * DAY


def test_a_commit_from_the_future_has_a_lead_time_of_zero(store):
    add(store, "deployed_commit", arrived("c1", "d1", "2026-06-02 11:00", "2026-06-02 10:00"))
    refreshed(store)
    assert figures(store, WEEK)["lead_time_median"] == timedelta(0)


def test_weeks_without_a_deployment_have_zeroes_and_no_rates(store):
    add(store, "deployment", deployed("d1", "2026-06-02 10:00", rolled_back=False, unplanned=False))
    refreshed(store)
    row = figures(store, "2026-06-15 00:00")
    assert (row["deployments"], row["deployment_frequency"], row["failed"], row["rework"]) == (0, 0.0, 0, 0)
    assert (row["change_fail_rate"], row["rework_rate"], row["lead_time_median"]) == (None, None, None)


def test_the_unfinished_week_is_divided_by_its_days_so_far(store):
    add(store, "deployment", deployed("d1", "2026-07-14 10:00"))
    refreshed(store)  # on a Wednesday
    row = figures(store, "2026-07-13 00:00")
    assert (row["complete"], row["days"], row["deployment_frequency"]) == (False, 3, 1 / 3)


def test_weeks_in_which_nobody_read_deployments_are_missing_rather_than_zero(store):
    add(store, "deployment", deployed("d1", "2026-06-02 10:00"))
    add(store, "ingest_state", reading("deployments", "2026-06-16 06:00"))
    refreshed(store)
    weeks = [str(row["starts_on"]) for row in read(store, "dora", period="week")]
    assert sorted(weeks) == ["2026-06-01", "2026-06-08", "2026-06-15"]
    assert not figures(store, "2026-06-15 00:00")["complete"]


def test_a_deployment_of_tomorrow_waits_for_tomorrow(store):
    add(store, "deployment", deployed("d1", "2026-07-06 10:00"), deployed("d2", "2026-07-22 10:00"))
    refreshed(store)
    assert max(row["starts_on"] for row in read(store, "dora")) == at("2026-07-13 00:00").date()
    refresh(store, now=UTC_NOW + 7 * DAY)
    assert figures(store, "2026-07-20 00:00")["deployments"] == 1


# Which deployment an incident belongs to


def linked(store: Store, incident: str = "i1") -> tuple[Any, ...]:
    (row,) = read(store, "incident_deployment", incident=incident)
    return row["deployment"], row["linked_by"], row["environment"]


def test_an_incident_belongs_to_the_last_success_at_or_before_its_start(store):
    add(
        store,
        "deployment",
        deployed("d1", "2026-06-02 10:00"),
        deployed("d2", "2026-06-02 12:00"),
        deployed("d3", "2026-06-02 13:00", result="failure"),
        deployed("d4", "2026-06-02 13:00", environment="staging"),
    )
    add(
        store,
        "incident",
        hurt("i1", "2026-06-02 12:00"),
        hurt("i2", "2026-06-02 11:59"),
        hurt("i3", "2026-06-02 09:00"),
    )
    add(store, "incident", hurt("i4", "2026-06-02 14:00", environment="staging"))
    refreshed(store)
    assert linked(store, "i1") == ("d2", "last_success", "production")
    assert linked(store, "i2") == ("d1", "last_success", "production")
    assert linked(store, "i3") == (None, None, "production")
    assert linked(store, "i4") == ("d4", "last_success", "staging")


def test_a_late_deployment_takes_over_what_began_after_it_and_gives_it_back_when_it_goes(store):
    add(store, "deployment", deployed("d1", "2026-06-02 10:00"), deployed("d3", "2026-06-10 10:00"))
    add(store, "incident", hurt("i1", "2026-06-05 10:00", "2026-06-05 12:00"))
    refreshed(store)
    assert outcome(store, "d1")["is_failed"]
    add(store, "deployment", deployed("d2", "2026-06-04 10:00"))
    refreshed(store)
    assert (outcome(store, "d1")["is_failed"], outcome(store, "d2")["is_failed"]) == (False, True)
    change(store, "DELETE FROM release_ops.deployment WHERE deployment = 'd2'")
    refreshed(store)
    assert outcome(store, "d1")["is_failed"]
    assert outcome(store, "d1")["recovery_time"] == 3 * DAY + 2 * HOUR


def test_a_stated_deployment_counts_wherever_it_is_and_as_soon_as_it_is_known(store):
    add(store, "deployment", deployed("d1", "2026-06-02 10:00"))
    add(store, "incident", hurt("i1", "2026-06-05 10:00", deployment="d7"))
    refreshed(store)
    assert linked(store) == ("d7", "stated", "production")
    assert outcome(store, "d1")["incidents"] == 0
    add(store, "deployment", deployed("d7", "2026-06-04 10:00", environment="staging", result="failure"))
    refreshed(store)
    assert linked(store) == ("d7", "stated", "staging")
    assert (outcome(store, "d7")["reached_users"], outcome(store, "d7")["failed_why"]) == (True, "incident")


def test_an_incident_long_after_a_deployment_is_held_against_it_only_without_a_limit(store):
    add(store, "deployment", deployed("d1", "2026-06-02 10:00"))
    add(store, "incident", hurt("i1", "2026-06-10 10:00"))
    refreshed(store)
    assert linked(store)[0] == "d1"
    add(store, "delivery_rule", {**WEBAPP, "incident_within": 7 * DAY})
    refreshed(store)
    assert linked(store)[0] is None
    assert not outcome(store, "d1")["is_failed"]


def test_an_incident_without_an_environment_is_one_of_the_products_production(store):
    add(store, "delivery_rule", {**WEBAPP, "production": "live"})
    add(store, "deployment", deployed("d1", "2026-06-02 10:00", environment="live"), deployed("d2", "2026-06-02 11:00"))
    add(store, "incident", hurt("i1", "2026-06-02 12:00"))
    refreshed(store)
    assert linked(store) == ("d1", "last_success", "live")


# When a failed deployment has recovered


def test_it_has_not_recovered_while_one_of_its_incidents_is_open(store):
    add(store, "deployment", deployed("d1", "2026-06-02 10:00", rolled_back=True), deployed("d2", "2026-06-04 10:00"))
    add(store, "incident", hurt("i1", "2026-06-02 11:00", "2026-06-02 12:00"), hurt("i2", "2026-06-02 11:30"))
    refreshed(store)
    row = figures(store, WEEK)
    assert (row["failed"], row["recovered"], row["still_failed"], row["recovery_time_median"]) == (1, 0, 1, None)
    change(store, "UPDATE release_ops.incident SET resolved_at = '2026-06-02 15:00Z' WHERE incident = 'i2'")
    refreshed(store)
    found = outcome(store, "d1")
    assert (found["recovery_time"], found["restore_time"]) == (5 * HOUR, 4 * HOUR)
    assert found["failed_why"] == "incident, rollback"


def test_what_was_only_rolled_back_has_recovered_with_the_next_success_of_its_line(store):
    add(
        store,
        "deployment",
        deployed("d1", "2026-06-02 10:00", rolled_back=True),
        deployed("d2", "2026-06-02 11:00", result="failure"),
        deployed("d3", "2026-06-02 12:00", component="web"),
        deployed("d5", "2026-06-02 15:00"),
    )
    refreshed(store)
    assert outcome(store, "d1")["recovery_time"] == 5 * HOUR
    add(store, "deployment", deployed("d4", "2026-06-02 14:00"))
    refreshed(store)
    assert outcome(store, "d1")["recovery_time"] == 4 * HOUR
    change(store, "DELETE FROM release_ops.deployment WHERE deployment IN ('d4', 'd5')")
    refreshed(store)
    assert outcome(store, "d1")["recovered_at"] is None


def test_an_incident_that_was_over_before_its_deployment_ended_took_no_time(store):
    add(store, "deployment", deployed("d1", "2026-06-02 10:00"))
    add(store, "incident", hurt("i1", "2026-06-02 08:00", "2026-06-02 09:00", deployment="d1"))
    refreshed(store)
    assert outcome(store, "d1")["recovery_time"] == timedelta(0)
    assert outcome(store, "d1")["restore_time"] == HOUR


# Rework


@pytest.mark.parametrize(
    ("unplanned", "type", "fixes", "expected"),
    [
        (True, "minor", False, (True, "stated")),
        (False, "hotfix", True, (False, "")),
        (None, "minor", True, (True, "fixes an incident")),
        (None, "hotfix", False, (True, "release type")),
        (None, "security", False, (True, "release type")),
        (None, "minor", False, (False, "")),
        (None, None, False, (None, "")),
    ],
)
def test_rework_is_what_the_deployment_says_else_an_incident_else_the_release(store, unplanned, type, fixes, expected):
    add(store, "deployment", deployed("d1", "2026-06-02 10:00", version="1.0.1", unplanned=unplanned))
    if type:
        add(store, "release", {**WEBAPP, "version": "1.0.1", "type": type})
    if fixes:
        add(store, "incident", hurt("i1", "2026-06-01 10:00", "2026-06-02 10:00", fixed_by="d1"))
    refreshed(store)
    found = outcome(store, "d1")
    assert (found["is_rework"], found["rework_why"]) == expected
    rate = {True: 1.0, False: 0.0, None: None}[expected[0]]
    assert figures(store, WEEK)["rework_rate"] == rate


def test_an_incident_that_was_fixed_by_another_deployment_after_all_moves_the_rework(store):
    add(store, "deployment", deployed("d1", "2026-06-02 10:00"), deployed("d2", "2026-06-03 10:00"))
    add(store, "incident", hurt("i1", "2026-06-01 10:00", "2026-06-02 10:00", fixed_by="d1"))
    refreshed(store)
    change(store, "UPDATE release_ops.incident SET fixed_by = 'd2'")
    refreshed(store)
    assert (outcome(store, "d1")["is_rework"], outcome(store, "d2")["is_rework"]) == (None, True)


def test_the_type_of_a_release_that_changes_changes_its_deployments(store):
    add(store, "release", {**WEBAPP, "version": "1.0.1", "type": "patch"})
    add(store, "deployment", deployed("d1", "2026-06-02 10:00", version="1.0.1"))
    refreshed(store)
    change(store, "UPDATE release_ops.release SET type = 'hotfix'")
    refreshed(store)
    assert figures(store, WEEK)["rework"] == 1


# Unknown is null


def test_nobody_says_which_deployments_fail_until_somebody_does(store):
    add(
        store,
        "deployment",
        deployed("d1", "2026-06-02 10:00"),
        deployed("s1", "2026-06-02 10:00", environment="staging"),
    )
    add(store, "ingest_state", reading("incidents", None))
    refreshed(store)
    row = figures(store, WEEK, environment="production")
    assert (row["failed"], row["change_fail_rate"], row["incidents"], row["still_failed"]) == (None, None, None, None)
    assert outcome(store, "d1")["is_failed"] is None
    change(store, "UPDATE release_ops.ingest_state SET finished_at = '2026-06-03 00:00Z'")
    refreshed(store)
    assert figures(store, WEEK, environment="production")["change_fail_rate"] == 0.0
    # A feed of incidents is about production: of other environments it says nothing until it names one.
    assert figures(store, WEEK, environment="staging")["change_fail_rate"] is None


def test_a_deployment_that_states_whether_it_was_rolled_back_makes_failures_known(store):
    add(store, "deployment", deployed("d1", "2026-06-02 10:00", rolled_back=False))
    refreshed(store)
    assert figures(store, WEEK)["change_fail_rate"] == 0.0


def test_failed_runs_alone_say_nothing_of_failed_changes(store):
    add(store, "deployment", deployed("d1", "2026-06-02 10:00"), deployed("d2", "2026-06-02 11:00", result="failure"))
    refreshed(store)
    row = figures(store, WEEK)
    assert (row["unsuccessful"], row["reached_users"], row["change_fail_rate"]) == (1, 1, None)
    assert row["change_fail_rate_with_unsuccessful"] is None


# Refreshes beside writers


def test_a_refresh_tells_what_it_did_and_the_next_has_nothing_to_do(store):
    add(store, "deployment", deployed("d1", "2026-06-02 10:00"))
    add(store, "incident", hurt("i1", "2026-06-03 10:00"))
    refreshed(store)
    add(store, "deployment", deployed("d2", "2026-06-30 10:00"))
    done = refreshed(store)
    assert (done.deployment_outcome, done.incident_deployment, done.dora) == (1, 0, 2)
    assert (done.starts_at, done.ends_at) == (at("2026-06-01 00:00"), at("2026-07-06 00:00"))
    assert refreshed(store) == Refreshed(
        deployment_outcome=0, incident_deployment=0, dora=0, lines=1, starts_at=None, ends_at=None
    )


def test_what_a_writer_commits_during_a_refresh_is_left_to_the_next(store, monkeypatch):
    """Also of a deployment whose earlier mark this very refresh takes."""
    add(store, "deployment", deployed("d1", "2026-06-02 10:00"))
    steps, run = [], delivery_refresh._run

    def beside(connection: Any, step: str, **parameters: Any) -> Any:
        if step == "dora_outcomes" and not steps:
            steps.append(step)
            change(store, "UPDATE release_ops.deployment SET finished_at = '2026-06-09 10:00Z'")
        return run(connection, step, **parameters)

    monkeypatch.setattr(delivery_refresh, "_run", beside)
    refreshed(store)
    assert figures(store, WEEK)["deployments"] == 1
    refreshed(store)
    assert read(store, "dora", period="week", starts_on=at(WEEK).date()) == []
    assert figures(store, "2026-06-08 00:00")["deployments"] == 1


def test_a_writer_that_began_before_a_refresh_and_ended_after_it_is_not_lost(store):
    add(store, "deployment", deployed("d1", "2026-06-02 10:00"))
    with psycopg.connect(store.dsn) as slow:
        slow.execute("UPDATE release_ops.deployment SET rolled_back = true")
        refreshed(store)
        assert figures(store, WEEK)["failed"] is None
        slow.commit()
    refreshed(store)
    assert figures(store, WEEK)["failed"] == 1


def test_a_refresh_that_fails_leaves_everything_to_the_next(store, monkeypatch):
    add(store, "deployment", deployed("d1", "2026-06-02 10:00"))
    with monkeypatch.context() as broken:
        broken.setattr(delivery_refresh, "STEPS", (*delivery_refresh.STEPS[:-1], "dora_stage"))  # its tables are there
        with pytest.raises(psycopg.errors.DuplicateTable):
            refreshed(store)
    assert read(store, "dora") == []
    refreshed(store)
    assert figures(store, WEEK)["deployments"] == 1


def test_two_refreshes_at_once_take_turns(store):
    add(store, "deployment", *(deployed(f"d{i}", f"2026-06-02 {i:02d}:00") for i in range(24)))
    done: list[Refreshed] = []
    rivals = [threading.Thread(target=lambda: done.append(refreshed(store))) for _ in range(4)]
    for rival in rivals:
        rival.start()
    for rival in rivals:
        rival.join()
    assert sorted(each.deployment_outcome for each in done) == [0, 0, 0, 24]
    assert figures(store, WEEK)["deployments"] == 24


def test_a_table_that_is_emptied_is_noticed(store):
    add(store, "deployment", deployed("d1", "2026-06-02 10:00"))
    refreshed(store)
    change(store, "TRUNCATE release_ops.deployment")
    refreshed(store)
    assert (read(store, "dora"), read(store, "deployment_outcome")) == ([], [])


@pytest.mark.parametrize("fact", ["deployment", "incident", "deployed_commit", "release", "delivery_rule"])
def test_a_statement_that_writes_nothing_touches_nothing(store, fact):
    change(store, sql.SQL("DELETE FROM release_ops.{}").format(sql.Identifier(fact)).as_string())
    refreshed(store)
    with store.connect() as connection:
        assert connection.execute("SELECT * FROM release_ops.delivery_touched").fetchall() == []
