"""The operators over a real database and real files: reviewed once, asked, applied once, told once."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException
from psycopg.types.json import Jsonb

from release_ops.ledger import Ledger
from release_ops.operators import capacity
from release_ops.operators.capacity import FailUnreadOperator, ReportCapacityOperator, ReviewCapacityOperator, settle
from release_ops.team_allocations import allocations_file, read_allocations
from release_ops.team_file import load_staff

from .conftest import TODAY, WEEK, Office, weeks_ago

NOW = datetime.now(UTC)


def review(office: Office, **more: Any) -> dict[str, int]:
    office.pushed["questions"] = office.execute(ReviewCapacityOperator(task_id="review", **more))
    return {key: len(value) for key, value in office.pushed.items()}


def answer(office: Office, *, approved: bool = True, user: str | None = "eva") -> str:
    [asked] = office.pushed["questions"]
    given = {"approved": approved, "user": user, "reason": "as we said"}
    return settle(Ledger(office.store), asked["team"], TODAY, asked["plan"], given, now=NOW, run_id="manual__1")


def plans(office: Office) -> list[dict[str, Any]]:
    return office.rows("SELECT * FROM release_ops.allocation_plan ORDER BY reviewed_on")


def messages(office: Office) -> list[dict[str, Any]]:
    return office.rows("SELECT key, subject, body FROM release_ops.message ORDER BY key")


def report(office: Office) -> None:
    office.execute(ReportCapacityOperator(task_id="report", reviewed=office.pushed["reviewed"]))


def test_a_review_is_kept_with_its_predictions_and_asks_the_seat_of_the_file(office: Office) -> None:
    assert review(office) == {"reviewed": 1, "questions": 1, "problems": 0}
    [row] = office.rows("SELECT team_file, reviewed_on, facts FROM release_ops.capacity_review")
    assert (row["team_file"], row["reviewed_on"]) == ("crew", TODAY)
    [asked] = office.pushed["questions"]
    assert asked["assigned_users"] == [{"id": "eva", "name": "Eva Ebert"}]
    assert asked["response_timeout"] == 3 * 24 * 3600
    assert "Ana: Shop" in asked["body"] or "Bo: Shop" in asked["body"]
    weeks = office.rows("SELECT DISTINCT week FROM release_ops.hours_prediction ORDER BY week")
    assert [one["week"] for one in weeks][:2] == [WEEK + timedelta(weeks=1), WEEK + timedelta(weeks=2)]


def test_nothing_is_applied_before_the_answer_and_the_plan_stands_after_it(office: Office) -> None:
    review(office)
    file = allocations_file(office.folder / "crew.yaml")
    assert not file.exists()
    assert answer(office) == "applied"
    standing = read_allocations(file)
    assert standing is not None
    assert standing.id == plans(office)[0]["plan"]
    assert (plans(office)[0]["decided_by"], plans(office)[0]["reason"]) == ("eva", "as we said")
    effects = office.rows("SELECT key, state, how FROM release_ops.effect")
    assert [(one["state"], one["how"]) for one in effects] == [("done", "performed")]
    # Once more, as a task does that was killed before it could say so: the same.
    before = file.stat().st_mtime_ns
    assert answer(office) == "applied"
    assert file.stat().st_mtime_ns == before


def test_the_teams_hours_are_expected_by_the_plan_that_was_applied(office: Office) -> None:
    query = "SELECT sum(hours) AS hours FROM release_ops.hours_prediction WHERE dimension = 'team'"
    review(office)
    assert office.rows(query)[0]["hours"] == 0
    answer(office)
    # Five of six weeks are to come; the seventh and later ones have no work.
    total = sum(
        float(one.hours_per_week) for member in load_staff(office.folder / "crew.yaml").members for one in member.booked
    )
    assert office.rows(query)[0]["hours"] == pytest.approx(total * 5, rel=1e-3)


def test_the_next_review_proposes_nothing_when_everything_stays(office: Office) -> None:
    review(office)
    answer(office)
    assert review(office) == {"reviewed": 1, "questions": 0, "problems": 0}
    assert plans(office)[0]["status"] == "applied"


@pytest.mark.parametrize(("user", "status"), [("eva", "rejected"), (None, "unanswered")])
def test_a_plan_that_is_not_approved_changes_nothing(office: Office, user: str | None, status: str) -> None:
    review(office)
    assert answer(office, approved=False, user=user) == status
    assert not allocations_file(office.folder / "crew.yaml").exists()
    report(office)
    [told] = messages(office)
    assert {"rejected": "rejected by eva", "unanswered": "nobody answered"}[status] in told["body"]


def test_a_plan_that_stands_is_not_told_as_rejected_when_the_question_of_another_run_is_answered(
    office: Office,
) -> None:
    review(office)
    questions = office.pushed["questions"]
    review(office)
    assert office.pushed["questions"][0]["plan"] == questions[0]["plan"]
    assert answer(office) == "applied"
    office.pushed["questions"] = questions
    assert answer(office, approved=False, user=None) == "applied"
    assert (plans(office)[0]["status"], plans(office)[0]["decided_by"]) == ("applied", "eva")
    assert allocations_file(office.folder / "crew.yaml").exists()


def test_a_plan_whose_team_was_changed_meanwhile_is_not_applied(office: Office) -> None:
    review(office)
    office.team(ops=70)
    assert answer(office) == "stale"
    assert not allocations_file(office.folder / "crew.yaml").exists()
    assert "plan again" in plans(office)[0]["reason"]


def test_a_plan_that_cannot_be_written_fails_with_the_remedy(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    review(office)
    (office.folder / "blocked").write_text("no folder")
    monkeypatch.setenv("RELEASE_OPS_ALLOCATIONS", str(office.folder / "blocked"))
    with pytest.raises(AirflowFailException, match="RELEASE_OPS_ALLOCATIONS"):
        answer(office)
    assert plans(office)[0]["status"] == "failed"


def test_the_report_is_kept_in_three_forms_without_names_and_told_once_with_them(office: Office) -> None:
    review(office)
    answer(office)
    report(office)
    report(office)
    kept = office.rows("SELECT name, content, data FROM release_ops.artifact WHERE kind = 'capacity' ORDER BY name")
    assert [one["name"] for one in kept] == [f"crew-{TODAY}.{ending}" for ending in ("html", "md", "xlsx")]
    for one in kept[:2]:
        assert "approved, and applied" in one["content"]
        for name in ("Ana", "Bo", "Cy"):
            assert f"{name}:" not in one["content"]
            assert f">{name}<" not in one["content"]
    [told] = messages(office)
    assert told["subject"].startswith(f"crew, {TODAY:%-d %B %Y}: capacity ")
    assert "Cy: Move, ops: 0 h → 60 h" in told["body"]


def test_a_team_file_that_cannot_be_read_does_not_hold_up_the_others(office: Office) -> None:
    (office.folder / "bad.yaml").write_text("members: []\nprojects: []\n")
    office.team("late", extra="")
    assert review(office) == {"reviewed": 2, "questions": 2, "problems": 1}
    [problem] = office.pushed["problems"]
    assert problem.startswith("bad: ProductError: ")
    with pytest.raises(AirflowFailException, match="bad: ProductError"):
        office.execute(FailUnreadOperator(task_id="unread", problems=office.pushed["problems"]))
    office.execute(FailUnreadOperator(task_id="unread", problems=[]))


def test_a_bad_feed_is_told_with_its_line_and_nothing_of_it_is_kept(office: Office) -> None:
    office.worked(f"{weeks_ago(1)},ana,shop,20,,", f"{weeks_ago(1)},bo,shop,200,,", "soon,ana,shop,1,,")
    assert review(office)["problems"] == 1
    [problem] = office.pushed["problems"]
    assert "worked.csv:3: hours: '200': are more than a week has" in problem
    assert "worked.csv:4: week: 'soon': is no day" in problem
    assert office.rows("SELECT 1 FROM release_ops.worked_hours") == []


def test_a_message_that_cannot_be_sent_does_not_keep_the_others_from_theirs(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.team("late")
    review(office)
    real = capacity.deliver

    def broken(ledger: Any, run: Any, audience: Any, channel: Any, message: Any) -> Any:
        if ":crew:" in message.key:
            raise ConnectionError("the outbox is full")
        return real(ledger, run, audience, channel, message)

    monkeypatch.setattr(capacity, "deliver", broken)
    with pytest.raises(AirflowFailException, match="crew: RuntimeError: outbox : the outbox is full"):
        report(office)
    assert [one["key"].split(":")[4] for one in messages(office)] == ["late"]


def test_a_scheduled_run_waits_two_weeks_and_a_run_by_hand_does_not(office: Office) -> None:
    def scheduled() -> int:
        office.execute(ReviewCapacityOperator(task_id="review"), "scheduled")
        return len(office.pushed["reviewed"])

    assert scheduled() == 1
    assert scheduled() == 0
    assert review(office)["reviewed"] == 1
    with office.store.connect() as connection:
        connection.execute("SET session_replication_role = replica")
        for table in ("capacity_review", "allocation_plan"):
            connection.execute(f"UPDATE release_ops.{table} SET reviewed_on = reviewed_on - 13")
    assert scheduled() == 0
    with office.store.connect() as connection:
        connection.execute("SET session_replication_role = replica")
        for table in ("capacity_review", "allocation_plan"):
            connection.execute(f"UPDATE release_ops.{table} SET reviewed_on = reviewed_on - 1")
    assert scheduled() == 1


def test_a_team_that_there_is_not_is_named(office: Office) -> None:
    with pytest.raises(AirflowFailException, match="no team file 'crow'"):
        review(office, team="crow")


def test_without_approvers_nobody_is_asked(office: Office) -> None:
    path = office.folder / "crew.yaml"
    path.write_text(path.read_text().replace("approvers: [{id: eva, name: Eva Ebert}]", "approvers: []"))
    assert review(office)["questions"] == 0


def test_what_is_pushed_is_json(office: Office) -> None:
    review(office)
    assert json.loads(json.dumps(office.pushed)) == office.pushed


def test_a_survey_of_a_group_called_like_the_team_says_how_content_it_is(office: Office) -> None:
    office.worked(*(f"{weeks_ago(1)},{who},shop,20,,2" for who in ("ana", "bo")))
    review(office)
    query = "SELECT team, score FROM release_metrics.team_satisfaction ORDER BY team"
    assert office.rows(query) == [{"team": "ops", "score": None}, {"team": "web", "score": None}]
    results = [
        {"audience": "web", "state": "told", "mean": 4.25, "answers": 9},
        {"audience": "ops", "state": "hidden", "mean": None},
    ]
    facts = Jsonb({"kind": "csat", "occasion": "2026-11", "title": "Team", "results": results})
    with office.store.connect() as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute(
            "INSERT INTO release_ops.survey_report (round, product, survey, closed_on, made_at, revision, facts, told)"
            " VALUES ('r', 'webapp', 'team', current_date, now(), 1, %s, '[]')",
            [facts],
        )
    review(office)
    assert office.rows(query) == [{"team": "ops", "score": None}, {"team": "web", "score": 4.25}]


def test_worked_hours_are_replaced_from_the_feeds_first_week_on_and_earlier_ones_stay(office: Office) -> None:
    office.worked(f"{weeks_ago(3)},ana,shop,20,,", f"{weeks_ago(2)},ana,shop,30,python,")
    review(office)
    office.worked(f"{weeks_ago(2) + timedelta(days=3)},ana,shop,31.5,,")
    review(office)
    rows = office.rows("SELECT week, hours, skill FROM release_ops.worked_hours ORDER BY week")
    assert [(one["week"], float(one["hours"]), one["skill"]) for one in rows] == [
        (weeks_ago(3), 20.0, ""),
        (weeks_ago(2), 31.5, ""),
    ]
    told = office.rows(
        "SELECT week, worked, available FROM release_metrics.utilisation_week WHERE dimension = 'team' AND name = 'web'"
        " ORDER BY week"
    )
    assert [(one["week"], one["worked"]) for one in told] == [(weeks_ago(3), 20.0), (weeks_ago(2), 31.5)]
