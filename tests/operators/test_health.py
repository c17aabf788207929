"""The weekly health report over a real database: kept once a week, told once, unknown where nothing is known."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from airflow.sdk.exceptions import AirflowFailException

from release_ops.operators.health import HEALTH, ReportHealthOperator
from release_ops.operators.watch import plan_all
from release_ops.product import find_product

TODAY = datetime.now(UTC)


def run(house, **named):
    operator = ReportHealthOperator(task_id="report", **named)
    events = {HEALTH: SimpleNamespace(extra=None)}
    result = operator.execute({"dag_run": SimpleNamespace(run_id="manual__1"), "outlet_events": events})
    return result, events[HEALTH].extra, operator


def row(house):
    (found,) = house.store.all("health_of", product="webapp", version="2.8.0")
    return found


@pytest.fixture
def planned(house):
    house.postpone()
    house.edit("catch_up: 110d", "catch_up: 200d\nhealth: {ahead: 60d}")
    assert plan_all(house.store, house.rehearsal.file.parent)[1] == []
    return house


def snapshots(house, *, weeks=12, per_week=3):
    done, day = 0, TODAY.date() - timedelta(days=7 * weeks + 1)
    while day < TODAY.date():
        done += day.weekday() < per_week
        house.store.execute(
            "scope_day_save",
            product="webapp",
            version="2.7.9",
            day=day,
            total=60,
            done=done,
            points_total=0.0,
            points_done=0.0,
            unestimated=60,
        )
        day += timedelta(days=1)


def test_without_a_history_a_release_is_unknown_and_the_report_says_what_is_missing(planned):
    result, extra, _ = run(planned, product="webapp", version="2.8.0")
    assert [one["status"] for one in result] == ["unknown"]
    assert extra == {"releases": 1, "red": 0, "yellow": 0, "unknown": 1, "green": 0}
    kept = row(planned)
    assert kept["on_time"] is None
    unknown = {reason["measure"]: reason for reason in kept["reasons"] if reason["status"] == "unknown"}
    assert unknown["on_time"]["remedy"]
    assert "green" not in kept["status"]


def test_with_a_history_it_is_judged_and_kept_in_numbers(planned):
    snapshots(planned)
    run(planned, product="webapp", version="2.8.0")
    kept = row(planned)
    assert kept["status"] in {"green", "yellow", "red"}
    assert kept["on_time"] is not None
    assert (kept["features_total"], kept["features_done"]) == (12, 10)
    assert kept["item"] == "feature"
    assert kept["velocity"] == pytest.approx(3, abs=0.3)
    assert kept["week"].weekday() == 0


def test_the_forms_that_slack_and_mail_get_lie_among_the_artifacts(planned):
    snapshots(planned)
    run(planned, product="webapp", version="2.8.0")
    of = {"product": "webapp", "version": "2.8.0", "kind": "health"}
    slack = json.loads(planned.store.one("artifact_of", **of, name="health.slack.json")["content"])
    assert slack["blocks"][0]["type"] == "header"
    assert "2.8.0" in slack["blocks"][0]["text"]["text"]
    mail = planned.store.one("artifact_of", **of, name="health.mail.html")
    assert mail["media_type"] == "text/html"
    assert "2.8.0" in mail["content"]
    assert "cid:" not in mail["content"], "a picture that nobody drew"


def test_a_second_run_of_the_week_replaces_the_report_and_tells_nobody_twice(planned):
    snapshots(planned)
    run(planned, product="webapp", version="2.8.0")
    first = row(planned)
    told = planned.store.all("messages_of", product="webapp", version="2.8.0")
    assert {message["audience"] for message in told} == {"engineering", "executives"}
    run(planned, product="webapp", version="2.8.0")
    second = row(planned)
    assert second["made_at"] > first["made_at"]
    assert second["reasons"] == first["reasons"]
    assert planned.store.all("messages_of", product="webapp", version="2.8.0") == told


def test_a_report_of_last_week_stays_and_is_compared_with(planned):
    snapshots(planned)
    run(planned, product="webapp", version="2.8.0")
    with planned.store.connect() as connection:
        connection.execute(
            "UPDATE release_ops.health_report SET week = week - 7, made_at = made_at - interval '7 days', status = 'red'"
        )
    planned.edit(
        "{id: WEB-211, title: Gift wrapping, status: in_progress", "{id: WEB-211, title: Gift wrapping, status: done"
    )
    run(planned, product="webapp", version="2.8.0")
    now, before = planned.store.all("health_of", product="webapp", version="2.8.0")
    assert (now["week"] - before["week"]).days == 7
    assert now["facts"]["before"]["status"] == "red"
    assert any(change.startswith("red became ") for change in now["facts"]["changes"])
    assert "WEB-211 Gift wrapping" in now["facts"]["accomplishments"]


def test_all_active_releases_are_reported_and_one_that_fails_hides_no_other(planned, monkeypatch):
    from release_ops.operators import health

    real = health.facts_of

    def broken(store, product, release, products, now):
        if release.version == "2.8.1":
            raise RuntimeError("no")
        return real(store, product, release, products, now)

    monkeypatch.setattr(health, "facts_of", broken)
    versions = {release.version for release in health.active_releases(planned.store, find_product("webapp"), TODAY)}
    assert "2.8.0" in versions
    if "2.8.1" in versions:
        with pytest.raises(AirflowFailException, match=r"webapp 2\.8\.1: RuntimeError: no"):
            run(planned)
    else:
        run(planned)
    assert row(planned)["version"] == "2.8.0"


def test_who_gets_several_releases_gets_one_overview_of_them_a_week(planned):
    planned.edit("health: {ahead: 60d}", "health: {ahead: 120d}")
    result, extra, _ = run(planned)
    assert extra["releases"] == len(result) > 1
    overviews = planned.store.all("messages_of", product="*", version="")
    assert sorted(message["audience"] for message in overviews) == ["engineering", "executives"]
    assert all(message["state"] == "sent" for message in overviews)
    for one in result:
        assert f"{one['version']}" in overviews[0]["body"]
    run(planned)
    assert planned.store.all("messages_of", product="*", version="") == overviews


def test_a_name_without_the_other_is_refused(planned):
    with pytest.raises(AirflowFailException, match="both"):
        run(planned, product="webapp")
    with pytest.raises(AirflowFailException, match="no product wepapp"):
        run(planned, product="wepapp", version="2.8.0")
