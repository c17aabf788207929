"""Every figure of a review, worked out again from the rows; and what is not known stays unknown."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from release_ops.domain.process_time import spent
from release_ops.domain.retrospective import review
from release_ops.review_inputs import ReviewProblem, courses_of, facts_of, optimised
from tests.metrics.world import add, at
from tests.review.conftest import World
from tests.review.oracle import Books

NOW = at("2026-07-01 07:30")
DUE = at("2026-06-29 22:30")
STAGES = {
    "planning": "planning",
    "alpha": "development",
    "feature_complete": "development",
    "freeze": "testing",
    "beta": "testing",
    "rc": "testing",
    "ga": "deployment",
}


def made(world: World, version: str = "2.8.0"):
    facts = facts_of(world.store, world.product, version, "release", due_at=DUE, now=NOW)
    times = optimised(world.store, world.product, until=facts.scorecard["ga_at"], now=NOW)
    return review(facts, times), times


@pytest.mark.parametrize("version", ["2.7.0", "2.8.0"])
def test_every_measure_is_what_the_rows_say(world, version):
    found, _ = made(world, version)
    for name, value in Books(world.store.dsn, "webapp", version).expected().items():
        assert found.readings[name] == (pytest.approx(value) if value is not None else None), name


@pytest.mark.parametrize("version", ["2.7.0", "2.8.0"])
def test_every_minute_of_a_release_is_in_one_category(world, version):
    course = next(one for one in courses_of(world.store, world.product, until=NOW, limit=9) if one.version == version)
    parts = spent(course, world.product.review.optimiser.stages)
    by_category = {
        name: sum((one.time for one in parts if one.category == name), timedelta(0)) / timedelta(hours=1)
        for name in {one.category for one in parts}
    }
    assert by_category == pytest.approx(Books(world.store.dsn, "webapp", version).time(STAGES))
    assert sum((one.time for one in parts), timedelta(0)) == course.lead_time


def test_before_and_after_are_as_long_as_each_other_and_small_samples_say_nothing(world):
    found, _ = made(world)
    books = Books(world.store.dsn, "webapp", "2.8.0")
    reach = NOW - books.ga_at
    assert found.compared_days == pytest.approx(reach.total_seconds() / 86400)
    old, new = books.within(books.ga_at - reach, books.ga_at), books.within(books.ga_at, NOW)
    by_name = {one.measure: one for one in found.comparisons}
    weeks = reach.total_seconds() / 86400 / 7
    assert (by_name["deployments"].before, by_name["deployments"].after) == pytest.approx(
        (len(old[0]) / weeks, len(new[0]) / weeks)
    )
    assert (by_name["lead_time"].before, by_name["lead_time"].after) == (None, pytest.approx(new[1][0]))
    assert by_name["incidents"].sample_after == len(new[2])
    failed = [one["is_failed"] for one in new[0]]
    assert by_name["failures"].after == pytest.approx(sum(failed) / len(failed))
    assert {one.verdict for one in found.comparisons} <= {"too small", "no interval", "unknown"}
    assert {one.p for one in found.comparisons} == {None}


def test_incidents_are_those_of_its_deployments_with_their_times(world):
    found, _ = made(world)
    (one,) = found.incidents
    assert (one.incident, one.severity, one.deployment, one.restore_hours) == ("1", "critical", "w4", 2.0)
    assert found.by_severity == {"critical": 1}


def test_predictions_are_scored_as_they_stood_a_week_before_ga(world):
    found, _ = made(world)
    rows = [
        row
        for row in Books(world.store.dsn, "webapp", "2.8.0").own("prediction")
        if row["made_at"] <= at("2026-06-12 22:30")
    ]
    last = {}
    for row in sorted(rows, key=lambda row: row["made_at"]):
        last[row["kind"], row["subject"]] = row
    scored = [(row["probability"] - row["occurred"]) ** 2 for row in last.values() if row["probability"] is not None]
    assert found.readings["brier"] == pytest.approx(sum(scored) / len(scored))
    assert found.readings["p85_days_off"] == 5.0
    assert {(one.kind, one.outcome) for one in found.predictions} == {
        ("on_time", "did not come true"),
        ("ga_date", "did not come true, on 2026-06-20"),
        ("scope", "was 60 %"),
    }


def test_findings_tell_their_numbers_and_objectives_what_was_reached(world):
    found, _ = made(world)
    by_rule = {one.rule: one for one in (*found.worked, *found.did_not)}
    assert by_rule["late"].words == "GA was 2 days late"
    assert by_rule["slow_answers"].value == 26.0
    assert "An approval took up to 26.0 h" in by_rule["slow_answers"].words
    assert "severe_incidents" in by_rule
    outcomes = {one.objective: (one.outcome, one.words) for one in found.objectives}
    assert outcomes["on_time"] == ("missed", "2 days")
    assert outcomes["satisfaction"] == ("unknown", "unknown")
    known = [one for one in found.objectives if one.outcome != "unknown"]
    assert found.words.startswith(f"{sum(one.outcome == 'met' for one in known)} of {len(known)} objectives")


def test_the_agenda_fills_the_meeting_and_no_more(world):
    for length in ("30m", "60m", "3h"):
        world.write(meeting=length)
        found, _ = made(world)
        assert sum(one.minutes for one in found.agenda) == world.product.review.meeting.total_seconds() / 60
        assert min(one.minutes for one in found.agenda) >= 5


def test_a_release_of_which_little_is_known_is_unknown_and_never_0(world):
    key = {"product": "webapp", "version": "1.0.0"}
    add(world.store, "release", {**key, "type": "minor", "state": "planned"})
    facts = facts_of(world.store, world.product, "1.0.0", "release", due_at=DUE, now=NOW)
    found = review(facts, optimised(world.store, world.product, until=NOW, now=NOW))
    assert found.status == "unknown"
    assert found.comparisons == ()
    unknown = ("days_late", "scope_delivered", "approval_wait", "blocked_time", "lead_time", "csat", "brier")
    assert {found.readings[name] for name in unknown} == {None}
    assert found.did_not == ()


def test_a_release_that_was_never_opened_is_refused_with_what_to_do(world):
    with pytest.raises(ReviewProblem, match=r"webapp 9\.9\.9 was never opened"):
        facts_of(world.store, world.product, "9.9.9", "release", due_at=DUE, now=NOW)


def test_a_hotfix_is_held_to_its_time_and_not_to_a_calendar(world):
    facts = facts_of(world.store, world.product, "2.8.0", "hotfix", due_at=DUE, now=NOW)
    assert facts.hotfix_seconds is None
    timed = replace(facts, hotfix_seconds=5 * 3600.0)
    found = review(timed, optimised(world.store, world.product, until=NOW, now=NOW))
    outcomes = {one.objective: one.outcome for one in found.objectives}
    assert outcomes["hotfix"] == "missed"
    assert not outcomes.keys() & {"on_time", "scope", "first_plan", "freeze_to_production"}


def test_rollouts_with_their_holds_are_read_and_counted(world):
    with world.store.connect() as connection:
        connection.execute("TRUNCATE release_ops.rollout, release_ops.rollout_event CASCADE")
    key = {
        "product": "webapp",
        "version": "2.8.0",
        "environment": "production",
        "strategy": "canary",
        "driver": "command",
    }
    for attempt, state in ((1, "rolled_back"), (2, "promoted")):
        add(
            world.store,
            "rollout",
            {
                **key,
                "rollout": f"webapp:2.8.0:production:{attempt}",
                "attempt": attempt,
                "state": state,
                "planned_at": at(f"2026-06-19 1{attempt}:00"),
                "started_at": at(f"2026-06-19 1{attempt}:00"),
                "ended_at": at(f"2026-06-19 1{attempt}:40"),
            },
        )
    for place, kind, minute in ((1, "hold", 10), (2, "step", 15), (3, "resume", 25)):
        event = {"rollout": "webapp:2.8.0:production:1", "place": place, "kind": kind}
        add(world.store, "rollout_event", {**event, "at": at(f"2026-06-19 11:{minute}")})
    found, _ = made(world)
    assert (found.readings["rollouts_undone"], found.readings["rollouts_held"]) == (1.0, 1.0)
    time = {one.part: one.time for one in found.time}
    assert time["rollout held in production"] == timedelta(minutes=15)
    # The approval of GA was waited for until 11:01, and waiting for people counts first.
    assert time["rollout to production"] == timedelta(minutes=64)
