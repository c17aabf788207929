"""The demo train from its calendar to GA in a real Airflow, and what may go wrong on the way. The tests are one story."""

from __future__ import annotations

import contextlib
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil
import pytest

pytestmark = [pytest.mark.system, pytest.mark.timeout(1800)]

HOOK = """#!/bin/sh
# Holds the push of the final tag until the test has killed who pushes it.
while read -r old new ref; do
    if [ "$ref" = refs/tags/v2.8.0 ] && mv "{armed}" "{hit}" 2>/dev/null; then
        while [ ! -e "{go}" ]; do sleep 0.1; done
        exit 1
    fi
done
"""

OPS = """\
product: ops
name: Ops
repository: {{kind: git, location: {remote}, push: true}}
timezone: UTC
windows: {{holidays_close: false}}
trains:
  minor: {{planning: null, feature_complete: null, freeze: null, beta: null, support_end: null}}
milestone_gates: {{alpha: null, feature_complete: null, freeze: null, beta: null, ga: null}}
releases:
  - version: 3.2.0
    type: minor
    ga: {ga:%Y-%m-%d}
    milestones:
      alpha: {{date: {at:%Y-%m-%d}, at: "{at:%H:%M}", reason: "{reason}"}}
      rc: {{date: {at:%Y-%m-%d}, at: "{at:%H:%M}", reason: "{reason}"}}
"""

FORGOTTEN = """\
  - version: 3.3.0
    type: minor
    ga: {ga:%Y-%m-%d}
    milestones:
      alpha: skip
      rc: {{date: {rc:%Y-%m-%d}, reason: forgotten}}
"""


def test_the_calendar_starts_a_run_per_milestone_named_after_the_release(house):
    def started():
        runs = house.scheduled("alpha", "webapp") + house.scheduled("alpha", "api")
        return runs if len(runs) == 2 else None

    runs = house.wait(started, "both alphas to start")
    for run in runs:
        assert run["dag_run_id"].startswith(
            (
                "scheduled__webapp:2.8.0:alpha__",
                "scheduled__api:1.4.0:alpha__",
            )
        )
    assert runs[0]["run_after"] == runs[1]["run_after"]


def test_an_approval_takes_a_person_with_the_role_and_one_answer(house):
    def asked():
        found = house.questions("alpha", "webapp") if house.scheduled("alpha", "webapp") else []
        return {one["subject"].rsplit(" - ", 1)[1]: one for one in found} if len(found) == 2 else None

    seats = house.wait(asked, "alpha to ask its two seats")
    lead = seats["technical lead"]
    assert {user["id"] for user in lead["assigned_users"]} == {"ana", "ben"}
    assert "| Criterion | Outcome |" in lead["body"]
    assert lead["subject"].startswith("Webapp {{ 7 * 7 }} 2.8.0")
    assert house.answer(lead, "eva") == 403
    assert house.answer(lead, "admin") == 403
    # As a person would: not in the second in which the question appears.
    asked_at = house.airflow.scheduler_heartbeat()
    house.wait(lambda: house.airflow.scheduler_heartbeat() > asked_at + timedelta(seconds=5), "the scheduler to go on")
    assert house.answer(lead, "ben") == 200
    assert house.answer(lead, "ana") == 409


def test_a_milestone_waits_for_the_one_before_it_without_a_worker(house):
    (run,) = house.wait(lambda: house.scheduled("rc", "webapp"), "rc to start")
    state = house.wait(
        lambda: house.tasks("rc", run["dag_run_id"])["await_predecessor"]["state"] == "deferred", "rc to wait"
    )
    assert state


def test_ga_whose_worker_is_killed_in_the_middle_is_released_once(house):
    """`kill -9` while the final tag is on its way, after the changelog commit: the retry does what is missing."""
    armed, hit, go = (house.folder / name for name in ("armed", "hit", "go"))
    hook = house.remotes["webapp"] / "hooks" / "pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(HOOK.format(armed=armed, hit=hit, go=go))
    hook.chmod(0o755)
    armed.touch()
    house.wait_answering(hit.exists, "GA to push its tag")
    killed = kill_worker_of(house, "push")
    go.touch()
    hook.unlink()
    assert killed >= 2

    def finished():
        runs = [run for run in house.scheduled("ga", "webapp") if run["state"] == "success"]
        return runs or None

    (run,) = house.wait_answering(finished, "GA to be done and announced")
    assert house.states("webapp", "2.8.0")["ga"] == "done"
    assert house.tasks("ga", run["dag_run_id"])["publish_release"]["try_number"] >= 2


def test_the_train_left_every_tag_once_and_one_message_per_audience(house):
    expected = ["v2.8.0", "v2.8.0-alpha.1", "v2.8.0-beta.1", "v2.8.0-rc.1"]
    assert sorted(tag for tag in house.tags("webapp") if tag.startswith("v2.8")) == expected
    assert house.git("webapp", "rev-parse", "v2.8.0^{commit}") == house.git("webapp", "rev-parse", "release/2.8.0")
    commits = house.git("webapp", "log", "--format=%s", "v2.8.0-rc.1..release/2.8.0").splitlines()
    assert commits == ["docs(changelog): webapp 2.8.0"]
    messages = house.store.all("messages_of", product="webapp", version="2.8.0")
    told = sorted(row["audience"] for row in messages if row["key"].startswith("message:webapp:2.8.0:ga:"))
    assert told == ["customers", "engineering", "executives", "support"]
    assert {row["state"] for row in messages} == {"sent"}


def test_two_milestones_of_one_instant_both_ran_once(house):
    house.wait_answering(
        lambda: [run for run in house.scheduled("ga", "api") if run["state"] == "success"], "the other product's GA"
    )
    for kind in ("alpha", "ga"):
        assert len(house.scheduled(kind, "api")) == len(house.scheduled(kind, "webapp")) == 1
    assert sorted(house.tags("api")) == ["v1.4.0", "v1.4.0-alpha.1"]


def test_an_outage_over_two_milestones_delays_them_but_loses_none(house):
    at = next_minute()
    write_ops(house, at, reason="as planned")

    def planned(kind):
        path = f"/dags/release_{kind}"
        return house.airflow.rest("GET", path)["next_dagrun_run_after"] == f"{at:%Y-%m-%dT%H:%M:%SZ}"

    house.wait(lambda: planned("alpha") and planned("rc"), "both milestones to be planned")
    house.airflow.component("scheduler").kill()
    house.wait(lambda: datetime.now(UTC) > at + timedelta(seconds=2), "their instant to pass")
    assert house.scheduled("alpha", "ops") == []
    house.airflow.start("scheduler")
    house.wait(lambda: house.states("ops", "3.2.0").get("rc") == "done", "both milestones to be made up for")
    assert [len(house.scheduled(kind, "ops")) for kind in ("alpha", "rc")] == [1, 1]
    assert sorted(tag for tag in house.tags("ops") if tag.startswith("v3")) == ["v3.2.0-alpha.1", "v3.2.0-rc.1"]


def test_a_moved_date_runs_again_under_its_new_date_and_repeats_nothing(house):
    before = house.tags("ops")
    at = next_minute(ahead=60)  # it may be past when the scheduler hears of it: it runs all the same
    write_ops(house, at, reason="moved")

    def moved():
        runs = [
            run for run in house.scheduled("alpha", "ops") if run["dag_run_id"].endswith(f"{at:%Y-%m-%dT%H:%M:%SZ}")
        ]
        return runs if runs and runs[0]["state"] == "success" else None

    (run,) = house.wait(moved, "the moved milestone to run")
    tasks = house.tasks("alpha", run["dag_run_id"])
    assert tasks["resolve"]["state"] == "skipped"
    assert house.tags("ops") == before


def test_a_milestone_added_with_a_past_date_is_found_by_the_watch(house):
    """The calendar never goes back: an earlier date than the last run's is for calendar_watch."""
    file = house.products / "ops.yaml"
    today = datetime.now(UTC)
    added = FORGOTTEN.format(ga=today + timedelta(days=9), rc=today - timedelta(days=2))
    file.write_text(file.read_text(encoding="utf-8") + added, encoding="utf-8")
    request = {"dag_run_id": f"by-hand__{int(time.time())}", "logical_date": None}
    house.airflow.rest("POST", "/dags/calendar_watch/dagRuns", json=request)
    house.wait(lambda: house.states("ops", "3.3.0").get("rc") == "done", "the forgotten rc to be made up for")
    (row,) = house.store.all("runs_of", product="ops", version="3.3.0", kind="rc")
    assert row["run_id"].startswith("watch__ops:3.3.0:rc__")
    assert row["late"]


def kill_worker_of(house, subcommand: str) -> int:
    """`kill -9` the git process, the task that started it and the worker that supervises the task."""
    scheduler = house.airflow.component("scheduler").process.pid
    # Not its session: git runs in one of its own.
    for process in psutil.Process(scheduler).children(recursive=True):
        with contextlib.suppress(psutil.Error):
            if Path(process.name()).name == "git" and subcommand in process.cmdline():
                chain = [process, *(parent for parent in process.parents() if is_below(parent, scheduler))]
                for victim in chain:
                    victim.kill()
                return len(chain)
    return 0


def is_below(process: psutil.Process, ancestor: int) -> bool:
    return any(parent.pid == ancestor for parent in process.parents())


def next_minute(*, ahead: float = 100) -> datetime:
    """A full minute, at most so many seconds ahead; the default is far enough for a DAG file to be parsed before."""
    return (datetime.now(UTC) + timedelta(seconds=ahead)).replace(second=0, microsecond=0)


def write_ops(house, at: datetime, *, reason: str) -> None:
    text = OPS.format(remote=house.remotes["ops"], at=at, ga=at + timedelta(days=1), reason=reason)
    (house.products / "ops.yaml").write_text(text, encoding="utf-8")
    house.read_again("release_alpha", "release_rc")
