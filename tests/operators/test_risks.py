"""Risks and plans of a release, with a real repository and a real database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from release_ops.adapters.github_api import UnreachableError
from release_ops.domain.predictions import Prediction, PredictionKind
from release_ops.operators import parts
from release_ops.operators.predictions import PREDICTION, note, score
from release_ops.operators.risks import RISK, AssessRisksOperator
from release_ops.product import find_product


def assess(house):
    """What one daily assessment returns; its problems are in `house.xcom`."""
    events = {RISK: SimpleNamespace(extra=None), PREDICTION: SimpleNamespace(extra=None)}
    context = {**house.context("planning", run_id="watch"), "outlet_events": events}
    counts = AssessRisksOperator(task_id="assess_risks").execute(context)
    assert events[RISK].extra == {**counts, "risks": events[RISK].extra["risks"]}
    return counts


def sql(house, statement, **words):
    with house.store.connect() as connection:
        return connection.execute(statement, words)


def text(house, name):
    return house.store.one("artifact_of", product="webapp", version="2.8.0", kind="planning", name=name)["content"]


def rows(house):
    with house.store.connect() as connection:
        found = connection.execute("SELECT * FROM release_metrics.risk WHERE latest").fetchall()
    return {row["risk"]: row for row in found}


def test_planning_leaves_the_register_and_three_plans(house):
    house.milestone("planning")
    assert "since v2.7.1: by commits, larger than 100% of the last 4 releases" in text(house, "risks.md").replace(
        "\\", ""
    )
    assert "| Regression test | full |" in text(house, "test_plan.md")
    assert "failed == 0" in text(house, "test_plan.md").replace("\\", "")
    assert "GA, " in text(house, "communication_plan.md")
    rollback = text(house, "rollback_plan.md")
    assert "To `v2.7.1`" in rollback
    assert "Not known: nobody has written a deploy command" in rollback
    assert "release manager: Ana Alvarez" in rollback


def test_data_migrations_and_what_the_team_wrote_are_in_the_rollback_plan(house):
    house.edit(
        "\nnotes:\n",
        "\nrollback: {command: deploy it, migrations: ['src/*'], when: [orders fail], flags: [new]}\nnotes:\n",
    )
    house.milestone("planning")
    rollback = text(house, "rollback_plan.md")
    for words in ("deploy it", "- orders fail", "enough: new", "src/checkout/index.ts"):
        assert words in rollback


def test_the_day_has_one_assessment_of_each_risk(house):
    house.milestone("planning")
    first = rows(house)
    assert first["change_size"]["basis"] == "measured"
    assert first["hotfix"]["basis"] == "unknown"
    assert assess(house)["releases"] == 1
    again = rows(house)
    assert again.keys() == first.keys()
    assert again["churn"]["found_at"] == first["churn"]["found_at"]


def test_a_failed_gate_makes_its_risk_come_true(house):
    house.milestone("planning")
    with house.store.connect() as connection:
        connection.execute(
            "INSERT INTO release_ops.gate_attempt"
            " (run_id, gate, evaluated_at, product, version, milestone, verdict, decided_at)"
            " VALUES ('r', 'alpha', now(), 'webapp', '2.8.0', 'alpha', 'fail', now())"
        )
    assess(house)
    assert (rows(house)["gate"]["state"], rows(house)["gate"]["detail"]) == ("came_true", "gate alpha failed")


def test_late_milestones_do_not_show_that_somebody_was_away_or_held_up(house):
    """The rehearsed train is weeks late; only what says so by itself has come true."""
    house.milestone("planning")
    found = rows(house)
    assert found["milestone"]["state"] == "came_true"
    assert {found[name]["state"] for name in ("absences", "incidents", "single_owner", "slips")} == {"open"}


def test_a_seat_that_nobody_answered_shows_that_approvers_were_away(house):
    house.milestone("planning")
    sql(
        house,
        "INSERT INTO release_ops.gate_attempt"
        " (run_id, gate, evaluated_at, product, version, milestone, verdict, decided_at, seats, seats_answered)"
        " VALUES ('r', 'alpha', now(), 'webapp', '2.8.0', 'alpha', 'pass', now(), 3, 1)",
    )
    assess(house)
    found = rows(house)["absences"]
    assert (found["state"], found["detail"]) == ("came_true", "2 seats of gate alpha had no answer in time")


def test_a_repository_that_does_not_answer_is_unknown(house, monkeypatch):
    house.milestone("planning")
    monkeypatch.setenv("RELEASE_OPS_HOME", str(house.remote.parent / "elsewhere"))
    house.remote.rename(house.remote.with_name("gone.git"))
    assess(house)
    found = rows(house)["churn"]
    assert found["basis"] == "unknown"
    assert "the repository could not be read" in found["why"]


def predictions(house):
    found = house.store.all("predictions_of", product="webapp", version="2.8.0")
    return {row["subject"]: row for row in found if row["kind"] == "risk"}


def close(house, *, days_since_ga):
    """The release went out that many days ago and was closed a week later."""
    out = datetime.now(UTC) - timedelta(days=days_since_ga)
    sql(
        house,
        "UPDATE release_ops.release SET state = 'closed', released_at = %(out)s, closed_at = %(out)s + interval '7 days'"
        " WHERE version = '2.8.0'",
        out=out,
    )
    # What a rehearsal in the past leaves behind: every milestone on its day.
    sql(
        house,
        "UPDATE release_ops.milestone SET state = 'done', actual_at = planned_at WHERE version = '2.8.0'",
    )


def test_the_last_forecast_and_the_slips_are_read_from_the_tables(house):
    house.milestone("planning")
    ga = house.postpone()
    assert (rows(house)["late_ga"]["why"], rows(house)["slips"]["why"]) == (
        "there is no forecast yet",
        "no date was moved",
    )
    now = datetime.now(UTC)
    for days, chance in ((8, 0.9), (1, 0.35)):
        said = Prediction(
            product="webapp",
            version="2.8.0",
            kind=PredictionKind.ON_TIME,
            made_at=now - timedelta(days=days),
            probability=chance,
            expected_on=ga,
        )
        note(house.store, [said])
    for entry, at in (("rc", now), ("ga", now), ("docs", now - timedelta(days=3))):
        sql(
            house,
            "INSERT INTO release_ops.slip (product, version, category, entry, sequence, old_on, new_on, noticed_on, "
            "noticed_at, policy, moved_ga) VALUES ('webapp', '2.8.0', 'event', %(entry)s, 1, '2026-01-01', '2026-01-02',"
            " '2025-12-01', %(at)s, 'ok', true)",
            entry=entry,
            at=at,
        )
    assess(house)
    found = rows(house)
    assert (found["late_ga"]["basis"], found["late_ga"]["probability"]) == ("measured", pytest.approx(0.65))
    assert found["late_ga"]["why"].endswith(f"gives GA on {ga} 35%")
    assert (found["slips"]["probability"], found["slips"]["why"]) == (0.4, "its dates were moved 2 times")


def test_what_is_known_of_open_risks_is_predicted_once_a_day(house):
    house.milestone("planning")
    first = predictions(house)
    assert first["change_size"]["probability"] == rows(house)["change_size"]["probability"]
    assert first["change_size"]["basis"].startswith("measured: ")
    assert "hotfix" not in first, "nobody knows anything of it"
    assert "milestone" not in first, "the rehearsed train is late already"
    assess(house)
    assert predictions(house) == first


def test_a_closed_release_is_assessed_until_a_hotfix_would_no_longer_count(house):
    house.milestone("planning")
    close(house, days_since_ga=9)
    assert assess(house)["releases"] == 1
    assert (rows(house)["churn"]["state"], rows(house)["late_ga"]["state"]) == ("open", "avoided")
    close(house, days_since_ga=15)
    assess(house)
    assert rows(house)["churn"]["state"] == "avoided"
    assert {row["state"] for row in rows(house).values()} <= {"avoided", "came_true", "closed"}
    assert assess(house)["releases"] == 0
    assert score(house.store, find_product("webapp"), datetime.now(UTC)) > 0
    assert predictions(house)["churn"]["occurred"] is False


def test_a_hotfix_after_the_release_was_closed_comes_true(house):
    house.milestone("planning")
    close(house, days_since_ga=9)
    sql(
        house,
        "INSERT INTO release_ops.release (product, version, type, state, released_at)"
        " VALUES ('webapp', '2.8.9', 'hotfix', 'released', %(at)s)",
        at=datetime.now(UTC) - timedelta(days=1),
    )
    assess(house)
    assert rows(house)["churn"]["state"] == "came_true"
    score(house.store, find_product("webapp"), datetime.now(UTC))
    assert predictions(house)["churn"]["occurred"] is True


def test_a_risk_that_left_the_product_file_is_closed(house):
    stated = "risks: {stated: [{id: fair, title: A fair, category: business, probability: low, impact: 1}]}\n"
    house.edit("\nnotes:\n", f"\n{stated}notes:\n")
    house.milestone("planning")
    house.edit(stated, "")
    assess(house)
    assert (rows(house)["fair"]["state"], rows(house)["fair"]["detail"]) == ("closed", "is no longer looked for")


def test_a_github_that_does_not_answer_is_no_reason_not_to_plan(house, monkeypatch):
    class Silent:
        def open_issues(self, label):
            raise UnreachableError("GET /repos/octo/webapp/issues: timed out")

    known = {**vars(parts), "open_github": lambda product: Silent()}
    monkeypatch.setattr("release_ops.operators.risks.parts", SimpleNamespace(**known))
    house.milestone("planning")
    found = rows(house)["incidents"]
    assert found["basis"] == "unknown"
    assert found["why"] == "GitHub could not be asked for open incidents: GET /repos/octo/webapp/issues: timed out"


def test_a_release_that_cannot_be_assessed_is_a_problem_and_spares_the_others(house, monkeypatch):
    house.milestone("planning")

    def broken(product, release):
        raise ValueError("the scope is not there")

    monkeypatch.setattr("release_ops.operators.risks.scope", broken)
    assert assess(house)["releases"] == 0
    assert house.xcom["problems"] == ["webapp 2.8.0: the risks: ValueError: the scope is not there"]


def test_the_plans_are_short_and_say_only_what_can_be_seen(house):
    house.milestone("planning")
    told = [line for line in text(house, "communication_plan.md").splitlines() if "| GA |" in line]
    assert len(told) == 1, "one line for all who hear the same"
    assert "customers, engineering, executives, support" in told[0]
    rollback = text(house, "rollback_plan.md").replace("\\", "")
    assert "in production" not in rollback, "no report of tests is read there"
    assert "nobody has written `rollback.when`" in rollback
    assert "RC is done" in text(house, "test_plan.md")


def test_what_made_a_risk_come_true_is_said_once(house):
    house.milestone("planning")
    detail = rows(house)["milestone"]["detail"].split("; ")
    assert len(detail) == len(set(detail)) > 1
    assert any(one.startswith("GA is ") for one in detail)


def test_a_milestone_is_late_by_the_day_of_the_products_zone(house):
    """16:30 in Los Angeles is half past midnight in UTC, and 15:30 is not: done an hour late it is still on its day."""
    planned = datetime(2026, 1, 15, 23, 30, tzinfo=UTC)
    of = {"product": "webapp", "version": "2.7.0"}
    with house.store.connect() as connection:
        connection.execute(
            "INSERT INTO release_ops.release (product, version, type, planned_ga, released_at) "
            "VALUES ('webapp', '2.7.0', 'minor', '2026-01-15', '2026-01-16 00:30+00')"
        )
    house.store.execute(
        "milestone_state", **of, kind="ga", state="done", planned_at=planned, actual_at=planned + timedelta(hours=1)
    )
    late = {
        zone: house.store.all("risk_history", product="webapp", within=timedelta(days=14), zone=zone)[0]["late"]
        for zone in ("America/Los_Angeles", "UTC")
    }
    assert late == {"America/Los_Angeles": False, "UTC": True}
