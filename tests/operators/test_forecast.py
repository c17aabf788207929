"""The weekly forecast and what becomes of its predictions, over a real database."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from types import SimpleNamespace

import pytest
from airflow.sdk.exceptions import AirflowFailException

from release_ops.domain.throughput import FeedError, UnitError
from release_ops.operators import forecast as forecast_operator
from release_ops.operators.forecast import ForecastReleasesOperator, forecast_release
from release_ops.operators.parts import open_ledger
from release_ops.operators.predictions import PREDICTION, ScorePredictionsOperator, gate_chances, record_of, score
from release_ops.operators.scope_days import SCOPE_DAY, SnapshotScopeDayOperator, open_releases
from release_ops.operators.throughput import throughput_of
from release_ops.operators.watch import plan_all

TODAY = datetime.now(UTC)
"""The operators read the real clock, as the rehearsed release does."""


def context():
    events = {asset: SimpleNamespace(extra=None) for asset in (PREDICTION, SCOPE_DAY)}
    return {"dag_run": SimpleNamespace(run_id="manual__1"), "outlet_events": events}


def product(house):
    from release_ops.product import find_product

    return find_product("webapp")


@pytest.fixture
def planned(house):
    """The demo's release ten weeks before its GA, planning done, half of its features still to do."""
    house.postpone()
    house.edit("catch_up: 110d", "catch_up: 200d")
    text = house.rehearsal.file.read_text()
    first, *rest = re.split(r"(?=- \{id: WEB-)", text)
    rest = [line.replace("status: done", "status: planned") if number > 5 else line for number, line in enumerate(rest)]
    house.rehearsal.file.write_text(first + "".join(rest))
    # Planning was two weeks ago: GA in 56 days, 6 weeks of train before it would be later.
    release = product(house).release("2.8.0")
    start = datetime.now(UTC).date() - timedelta(days=14)
    house.edit(
        f"    ga: {release.ga}\n",
        f"    ga: {release.ga}\n    milestones: {{planning: {{date: {start}, reason: began early}}}}\n",
    )
    assert plan_all(house.store, house.rehearsal.file.parent)[1] == []
    house.store.execute(
        "release_open",
        product="webapp",
        version="2.8.0",
        type="minor",
        theme="",
        planned_ga=release.ga,
        opened_at=datetime.now(UTC) - timedelta(days=14),
    )
    return house


def snapshots(house, per_week, *, weeks=12, total=40):
    """Snapshots of every day up to yesterday in which so many features were done per week, one a day from Monday on."""
    done, day = 0, TODAY.date() - timedelta(days=7 * weeks + 1)
    while day < TODAY.date():
        done += day.weekday() < per_week
        house.store.execute(
            "scope_day_save",
            product="webapp",
            version="2.7.9",
            day=day,
            total=max(total, done),
            done=done,
            points_total=0.0,
            points_done=0.0,
            unestimated=total if done <= total else done,
        )
        day += timedelta(days=1)


def run(house, **named):
    return ForecastReleasesOperator(task_id="forecast", **named).execute(context())


def messages(house):
    rows = house.store.all("messages_of", product="webapp", version="2.8.0")
    return [row for row in rows if "slip_proposal" in row["key"]]


def report(house):
    row = house.store.one("artifact_of", product="webapp", version="2.8.0", kind="forecast", name="forecast.md")
    return row["content"]


def test_a_fast_team_is_in_time_and_nobody_is_disturbed(planned):
    snapshots(planned, 5)
    (found,) = [one for one in run(planned) if one["version"] == "2.8.0"]
    assert found["forecast"]
    assert found["ga"]["p85"] == product(planned).release("2.8.0").ga.isoformat()
    assert found["on_time"] == 1
    assert messages(planned) == []
    assert "**100 %**" in report(planned)
    assert "stable" in report(planned)


def test_a_slow_team_gets_an_early_proposal_once_a_week(planned):
    snapshots(planned, 1)
    (found,) = [one for one in run(planned) if one["version"] == "2.8.0"]
    assert found["proposal"]
    (message,) = messages(planned)
    assert message["audience"] == "engineering"
    assert "Move GA to" in message["body"]
    run(planned)
    assert len(messages(planned)) == 1
    later = datetime.now(UTC) + timedelta(days=7)
    ledger, release = open_ledger(), product(planned).release("2.8.0")
    subject = {"product": "webapp", "version": "2.8.0", "kind": "forecast", "run_id": "next"}
    forecast_release(ledger, product(planned), release, subject, later)
    assert len(messages(planned)) == 2


def test_the_release_team_hears_of_it_where_there_is_one(planned):
    planned.edit("audiences:\n  engineering:", "audiences:\n  release: [{kind: outbox}]\n  engineering:")
    snapshots(planned, 1)
    run(planned, product="webapp", version="2.8.0")
    assert {message["audience"] for message in messages(planned)} == {"engineering", "release"}


def test_what_is_predicted_is_written_down_once_a_day_and_never_rewritten(planned):
    snapshots(planned, 1)
    run(planned)
    first = planned.store.all("predictions_of", product="webapp", version="2.8.0")
    assert {row["kind"] for row in first} == {"ga_date", "on_time", "scope", "duration"}
    snapshots(planned, 5)
    run(planned)
    assert planned.store.all("predictions_of", product="webapp", version="2.8.0") == first


def test_without_a_history_the_report_says_why_there_is_no_forecast(planned):
    (found,) = [one for one in run(planned) if one["version"] == "2.8.0"]
    assert not found["forecast"]
    assert "no whole day of history yet" in found["reason"]
    assert "**No forecast.**" in report(planned)
    assert planned.store.all("predictions_of", product="webapp") == []


def test_units_that_do_not_mix_are_refused_with_the_reason(planned):
    planned.rehearsal.file.write_text(planned.rehearsal.file.read_text() + "\nforecast: {item: change}\n")
    (found,) = [one for one in run(planned) if one["version"] == "2.8.0"]
    assert "do not mix" in found["reason"]
    with pytest.raises(UnitError):
        throughput_of(product(planned), planned.store, as_of=TODAY.date())


def test_one_release_can_be_named_and_a_wrong_name_is_refused(planned):
    snapshots(planned, 5)
    assert [one["version"] for one in run(planned, product="webapp", version="2.8.0")] == ["2.8.0"]
    with pytest.raises(AirflowFailException, match="webapp has no release 9"):
        run(planned, product="webapp", version="9")
    with pytest.raises(AirflowFailException, match="no product shop; there are: webapp"):
        run(planned, product="shop", version="9")
    with pytest.raises(AirflowFailException, match="both a product and a version"):
        run(planned, product="webapp")


def test_a_system_that_does_not_answer_fails_the_task(planned, monkeypatch):
    def refuse(*_, **__):
        raise ConnectionError("the tracker is away")

    monkeypatch.setattr(forecast_operator, "in_release", refuse)
    with pytest.raises(AirflowFailException, match=r"webapp 2\.8\.0: ConnectionError: the tracker is away"):
        run(planned)


def test_what_the_freeze_took_out_no_longer_remains(planned):
    snapshots(planned, 1)
    at = {"product": "webapp", "version": "2.8.0", "snapshot_at": TODAY}
    for feature in ("WEB-210", "WEB-211", "WEB-212"):
        planned.store.execute("scope_save", **at, feature=feature, status="planned", disposition="excluded")
    run(planned)
    assert "3 of 9 features are not done" in report(planned)


# Snapshots


def test_each_open_release_is_looked_at_once_a_day(planned):
    assert [one.version for one in open_releases(planned.store, product(planned), datetime.now(UTC))] == ["2.8.0"]
    for _ in range(2):
        assert SnapshotScopeDayOperator(task_id="scope").execute(context()) == {"webapp": 1}
    with planned.store.connect() as connection:
        (row,) = connection.execute("SELECT * FROM release_metrics.scope_day").fetchall()
    assert (row["version"], row["total"], row["done"], row["unestimated"]) == ("2.8.0", 12, 6, 0)
    assert row["done_ratio"] == 0.5


def test_scope_has_one_denominator_in_snapshots_predictions_and_scorecards(planned):
    """What the plan deferred counts nowhere; what the freeze took out counts as lost everywhere."""
    about = {"product": "webapp", "version": "2.8.0"}
    snapshots(planned, 1)
    later = datetime.now(UTC) + timedelta(hours=1)
    run(planned)
    for number in range(1, 13):
        kept = {"status": "done", "disposition": "included"} if number <= 9 else {"status": "planned"}
        out = {"disposition": "frozen"} if number > 9 else {}
        planned.store.execute("scope_save", **about, feature=f"WEB-{200 + number}", snapshot_at=later, **kept, **out)
    with planned.store.connect() as connection:
        connection.execute("UPDATE release_ops.scope_feature SET planned = feature <> 'WEB-212'")
    SnapshotScopeDayOperator(task_id="scope").execute(context())
    ga = planned.store.one("milestone_one", **about, kind="ga")["planned_at"]
    planned.store.execute("milestone_state", **about, kind="ga", state="done", actual_at=ga)
    score(planned.store, product(planned), datetime.now(UTC))
    with planned.store.connect() as connection:
        (day,) = connection.execute("SELECT total FROM release_metrics.scope_day WHERE version = '2.8.0'").fetchall()
        (said,) = connection.execute("SELECT actual FROM release_metrics.prediction WHERE kind = 'scope'").fetchall()
        (card,) = connection.execute(
            "SELECT scope_total, scope_done, scope_delivered FROM release_metrics.release_scorecard WHERE version = '2.8.0'"
        ).fetchall()
    assert day["total"] == 11
    assert card == {"scope_total": 11, "scope_done": 9, "scope_delivered": 9 / 11}
    assert said["actual"] == card["scope_delivered"]
    assert planned.store.one("story_scope_sums", **about)["features"] == 11


def test_a_release_that_is_out_is_no_longer_looked_at(planned):
    planned.store.execute(
        "milestone_state", product="webapp", version="2.8.0", kind="ga", state="done", actual_at=TODAY
    )
    assert SnapshotScopeDayOperator(task_id="scope").execute(context()) == {}


def test_a_release_whose_ga_can_no_longer_be_caught_up_with_is_not_open(planned):
    webapp = product(planned)
    ga = planned.store.one("milestone_one", product="webapp", version="2.8.0", kind="ga")["planned_at"]
    late = ga + webapp.catch_up
    assert "2.8.0" in [one.version for one in open_releases(planned.store, webapp, late - timedelta(hours=1))]
    assert "2.8.0" not in [one.version for one in open_releases(planned.store, webapp, late + timedelta(hours=1))]


def test_snapshots_are_a_throughput_from_the_day_after_the_first(planned):
    snapshots(planned, 2, weeks=4)
    source, found = throughput_of(product(planned), planned.store, as_of=TODAY.date())
    assert source == "snapshots"
    assert found.start == TODAY.date() - timedelta(days=28)
    assert found.total == 8


# Other sources


def configure(house, text):
    house.rehearsal.file.write_text(house.rehearsal.file.read_text() + f"\nforecast: {{{text}}}\n")
    return product(house)


def test_a_feed_lies_beside_the_product_file(house):
    with_feed = configure(house, "file: done.csv")
    with pytest.raises(FeedError, match=r"done\.csv: No such file"):
        throughput_of(with_feed, house.store, as_of=date(2026, 11, 9))
    (house.rehearsal.file.parent / "done.csv").write_text("day,completed\n2026-11-02,2\n2026-11-05,1\n")
    source, found = throughput_of(with_feed, house.store, as_of=date(2026, 11, 9))
    assert (source, found.start, found.done) == ("csv", date(2026, 11, 2), (2, 0, 0, 1))
    # What is stored and shown names the file beside the product files, not where the server keeps them.
    assert found.source == "done.csv"


def test_a_statement_counts_in_any_database(house):
    statement = "SELECT date '2026-11-02' + n, n FROM generate_series(0, 3) n"
    counted = configure(house, f'statement: "{statement}", connection: release_ops_db')
    source, found = throughput_of(counted, house.store, as_of=date(2026, 11, 9))
    assert (source, found.done) == ("sql", (0, 1, 2, 3))
    wide = statement.replace("n, n FROM", "n, n, n FROM")
    house.edit(statement, wide)
    with pytest.raises(FeedError, match="two columns"):
        throughput_of(product(house), house.store, as_of=date(2026, 11, 9))


def test_changes_count_once_on_the_day_of_their_first_copy(house):
    counted = configure(house, "item: change, split: [2, 4]")
    columns = (
        "product, commit, change, told, type, scope, breaking, description, issues, author, committed_at, reverted_by"
    )
    rows = [
        ("a", "a", True, "2026-11-02T10:00Z", None),
        ("b", "a", True, "2026-11-04T10:00Z", None),
        ("c", "c", True, "2026-11-02T23:30Z", None),  # the 3rd in Berlin
        ("d", "d", False, "2026-11-04T10:00Z", None),
        ("e", "e", True, "2026-11-04T10:00Z", "f"),
    ]
    with house.store.connect() as connection:
        for commit, change, told, at, reverted in rows:
            connection.execute(
                f"INSERT INTO release_ops.change_log ({columns}) "
                "VALUES ('webapp', %s, %s, %s, 'feat', '', false, '', '{}', '', %s, %s)",
                [commit, change, told, at, reverted],
            )
    source, found = throughput_of(counted, house.store, as_of=date(2026, 11, 6))
    assert source == "git"
    assert found.done[-4:] == (1, 1, 0, 0)


# Scores


def try_gate(house, version, gate, verdict, at):
    about = {"product": "webapp", "version": version, "run_id": f"{version}:{gate}:{at}", "kind": "ga"}
    made = {"evaluated_at": at, "decided_at": at, "seats": 0, "seats_answered": 0, "proceeded": verdict != "fail"}
    house.store.execute("gate_attempt_save", **about, **made, gate=gate, verdict=verdict)


def test_the_chance_of_a_gate_is_that_of_first_tries_and_nothing_is_said_without_any(planned):
    for number, verdict in enumerate(("fail", "pass", "conditional")):
        at = TODAY - timedelta(days=100 - number)
        try_gate(planned, f"2.{number}.0", "production", verdict, at)
        try_gate(planned, f"2.{number}.0", "production", "pass", at + timedelta(hours=1))
    chances = gate_chances(planned.store, product(planned), product(planned).release("2.8.0"))
    assert chances == {"production": pytest.approx(3 / 5)}


def test_predictions_are_scored_when_the_release_is_out_and_only_once(planned):
    snapshots(planned, 1)
    for gate in ("production", "beta"):
        try_gate(planned, "2.7.0", gate, "pass", TODAY - timedelta(days=100))
    run(planned)
    assert score(planned.store, product(planned), TODAY) == 0
    with planned.store.connect() as connection:
        waiting = connection.execute("SELECT scope_accuracy FROM release_metrics.prediction WHERE kind = 'scope'")
        assert waiting.fetchall() == [{"scope_accuracy": None}]
    about = {"product": "webapp", "version": "2.8.0"}
    tomorrow = datetime.combine(TODAY.date() + timedelta(days=1), time(12), UTC)
    for number in range(1, 13):
        planned.store.execute(
            "scope_save",
            **about,
            feature=f"WEB-{200 + number}",
            status="done" if number <= 9 else "planned",
            disposition="included" if number <= 9 else "frozen",
            snapshot_at=tomorrow,
        )
    try_gate(planned, "2.8.0", "production", "conditional", tomorrow)
    ga = planned.store.one("milestone_one", **about, kind="ga")["planned_at"]
    planned.store.execute("milestone_state", **about, kind="ga", state="done", actual_at=ga)
    counts = ScorePredictionsOperator(task_id="score").execute(context())
    assert counts["webapp"] == 7
    assert ScorePredictionsOperator(task_id="score").execute(context()) == {"webapp": 0}
    with planned.store.connect() as connection:
        rows = connection.execute("SELECT * FROM release_metrics.prediction").fetchall()
        buckets = connection.execute("SELECT * FROM release_metrics.prediction_calibration").fetchall()
    by = {(row["kind"], row["subject"]): row for row in rows}
    assert by["on_time", ""]["occurred"] is True
    assert by["on_time", ""]["brier"] == pytest.approx((1 - by["on_time", ""]["probability"]) ** 2)
    assert by["ga_date", "p85"]["brier"] == pytest.approx(0.15**2)
    assert by["ga_date", "p85"]["days_off"] < 0
    assert by["scope", ""]["actual"] == 0.75
    assert by["scope", ""]["scope_accuracy"] == pytest.approx(1 - abs(by["scope", ""]["expected"] - 0.75))
    assert by["duration", ""]["days_off"] == by["duration", ""]["actual"] - by["duration", ""]["expected"]
    assert by["duration", ""]["time_variance"] < 0.15
    assert (by["gate", "production"]["occurred"], by["gate", "production"]["hit"]) == (True, True)
    assert by["gate", "beta"]["resolved_at"] is None
    assert sum(row["predictions"] for row in buckets) == 5
    assert all(len(str(row[name])) == 3 for row in buckets for name in ("probability_from", "probability_to"))
    record = record_of(planned.store, product(planned))
    assert record.chances == 5
    assert {bucket.low: bucket.count for bucket in record.calibration} == {
        low: sum(row["predictions"] for row in buckets if float(row["probability_from"]) == low)
        for low in {float(row["probability_from"]) for row in buckets}
    }
