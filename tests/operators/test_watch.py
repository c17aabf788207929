"""The daily look at the calendar: what it starts, what it reports, and that one broken product spares the others."""

from __future__ import annotations

import runpy
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from airflow.sdk.exceptions import AirflowFailException

from release_ops.operators import watch
from release_ops.operators.record import plan
from release_ops.operators.watch import FindMissedOperator
from release_ops.product import load_product

DAG_FILE = Path(__file__).resolve().parents[2] / "dags" / "calendar_watch.py"
BROKEN = """\
product: gone
repository: {kind: git, location: /nowhere/gone.git}
milestone_gates: {alpha: null, feature_complete: null, freeze: null, beta: null, ga: null}
releases:
  - {version: 1.0.0, type: minor, ga: 2026-11-20}
"""


def look(house, scheduled=0):
    """Runs to start, and the problems, of one look; `scheduled` runs of each milestone are there already."""
    context = house.context("planning", run_id="watch")
    context["ti"].get_dr_count = lambda **_: scheduled
    return FindMissedOperator(task_id="find_missed").execute(context), house.xcom["problems"]


def state(house, kind, version="2.8.0"):
    return house.store.one("milestone_one", product="webapp", version=version, kind=kind)["state"]


def told(house, word):
    rows = house.store.all("messages_of", product="webapp", version="2.8.0")
    return sorted(row["key"].split(":")[3] for row in rows if word in row["key"])


def test_milestones_that_passed_without_a_run_are_started_under_the_same_name_every_day(house):
    starts, problems = look(house)
    assert problems == []
    names = {start["trigger_run_id"].split("__")[1] for start in starts if ":2.8.0:" in start["trigger_run_id"]}
    assert {"webapp:2.8.0:planning", "webapp:2.8.0:ga"} <= names
    assert look(house)[0] == starts


def test_a_run_that_the_calendar_made_is_not_started_again(house):
    assert look(house, scheduled=1)[0] == []


def test_what_is_older_than_the_catch_up_window_is_missed_and_told_once(house):
    house.edit("catch_up: 110d", "catch_up: 30d")
    starts, _ = look(house)
    assert "release_planning" not in {
        start["trigger_dag_id"] for start in starts if ":2.8.0:" in start["trigger_run_id"]
    }
    assert state(house, "planning") == "missed"
    first = told(house, ":missed:")
    assert "planning" in first
    look(house)
    assert told(house, ":missed:") == first


def test_a_release_that_was_out_before_is_no_news(house):
    house.edit("catch_up: 110d", "catch_up: 1d")
    house.git("tag", "v2.8.0", "main")
    look(house)
    assert state(house, "planning") == "skipped"
    assert told(house, ":missed:") == []


def test_one_unreachable_repository_does_not_hide_the_others(house):
    (house.rehearsal.file.parent / "gone.yaml").write_text(BROKEN)
    starts, problems = look(house)
    assert any("webapp:2.8.0:ga" in start["trigger_run_id"] for start in starts)
    assert len(problems) == 1
    assert "gone" in problems[0]
    with pytest.raises(AirflowFailException, match="gone"):
        report(find_missed=problems)


def report(**pushed):
    """One report over the tasks of calendar_watch that look for problems, of which those named pushed theirs."""
    task = runpy.run_path(str(DAG_FILE))["find_missed"].dag.get_task("report_problems")

    def xcom_pull(*, task_ids, key, default=None, map_indexes=None):
        assert task_ids in task.upstream_task_ids
        return pushed.get(task_ids, default) if key == "problems" else default

    context = {"ti": SimpleNamespace(xcom_pull=xcom_pull, dag_id="calendar_watch")}
    task.render_template_fields(context)
    task.execute(context)


def test_nothing_wrong_is_nothing_to_report():
    report(find_missed=[], record_slips=[], assess_risks=[])


def test_a_task_that_failed_before_it_could_say_what_is_wrong_does_not_swallow_what_the_others_found():
    with pytest.raises(AirflowFailException, match=r"^a date moved by a year\nthe risks cannot be read$"):
        report(record_slips=["a date moved by a year"], assess_risks=["the risks cannot be read"])


def test_a_release_that_left_its_file_while_it_was_open_is_a_problem(house):
    house.milestone("planning")
    house.edit("version: 2.8.0", "version: 2.9.0")
    house.edit("version: 2.8.1", "version: 2.9.1")
    _, problems = look(house)
    assert any("webapp 2.8.0 is in_progress" in problem for problem in problems)


def test_a_blocked_milestone_that_is_moved_within_the_window_is_found_again(house):
    for kind in ("planning", "alpha", "feature_complete", "freeze", "beta"):
        house.milestone(kind)
    run = house.resolve("rc")
    house.store.execute(
        "milestone_state", product="webapp", version="2.8.0", kind="rc", state="blocked", detail="rejected"
    )
    house.store.execute(
        "milestone_run_finish",
        run_id=run["run_id"],
        dag_id=run["dag_id"],
        state="blocked",
        finished_at=run["planned_at"],
    )
    again = house.ga - timedelta(days=1)
    house.edit(
        f"    ga: {house.ga}\n", f"    ga: {house.ga}\n    milestones: {{rc: {{date: {again}, reason: again}}}}\n"
    )
    starts, _ = look(house)
    assert any(f"webapp:2.8.0:rc__{again}T" in start["trigger_run_id"] for start in starts)


ZETA = """\
product: zeta
repository: {{kind: git, location: {remote}}}
milestone_gates: {{alpha: null, feature_complete: null, freeze: null, beta: null, ga: null}}
releases:
  - {{version: 3.0.0, type: minor, ga: {ga}}}
"""


def test_a_date_that_is_moved_while_others_are_planned_does_not_look_moved_back(house, monkeypatch):
    """Planning thousands of releases takes minutes; meanwhile a file is edited and a run plans by it."""
    file = house.rehearsal.file.parent / "zeta.yaml"
    first = datetime.now(UTC).date() + timedelta(days=90)
    later = first + timedelta(days=14)
    file.write_text(ZETA.format(remote=house.remote, ga=first))
    look(house)

    def planned_by_a_run_meanwhile(store, product, release):
        if release.version == "2.8.0":
            file.write_text(ZETA.format(remote=house.remote, ga=later))
            moved = load_product(file)
            plan(store, moved, moved.release("3.0.0"))
        return plan(store, product, release)

    monkeypatch.setattr(watch, "plan", planned_by_a_run_meanwhile)
    _, problems = look(house)
    assert problems == []
    with house.store.connect() as connection:
        slips = connection.execute(
            "SELECT old_on, new_on FROM release_metrics.slip WHERE product = 'zeta' AND entry = 'ga'"
        ).fetchall()
    assert [(row["old_on"], row["new_on"]) for row in slips] == [(first, later)]


def test_a_product_that_breaks_while_others_are_planned_is_told_and_keeps_its_plan(house, monkeypatch):
    file = house.rehearsal.file.parent / "zeta.yaml"
    file.write_text(ZETA.format(remote=house.remote, ga=datetime.now(UTC).date() + timedelta(days=90)))

    def broken_meanwhile(store, product, release):
        file.write_text("product: zeta\nreleases: [{version: 3.0.0, type: minor, ga: soon}]\n")
        return plan(store, product, release)

    monkeypatch.setattr(watch, "plan", broken_meanwhile)
    _, problems = look(house)
    assert any("zeta.yaml" in problem and "soon" in problem for problem in problems)
    assert house.store.all("milestones_of", product="zeta", version="3.0.0") == []
