"""Moves of dates in a running house: recorded wherever a release is planned, told once, with their reasons."""

from __future__ import annotations

import subprocess
import threading
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace

import pytest

from release_ops.operators import slips as operator
from release_ops.operators.record import plan
from release_ops.operators.slip_record import forget_releases
from release_ops.operators.slips import RecordSlipsOperator
from release_ops.operators.watch import FindMissedOperator
from release_ops.product import find_product

VERSION = "2.8.1"
"""The patch after the release that the house works on: nothing of it is done."""

APP = """\
product: app
name: App
repository: {{kind: git, location: {remote}}}
milestone_gates: {{alpha: null, feature_complete: null, freeze: null, beta: null, ga: null}}
releases:
  - {{version: 4.0.0, type: minor, ga: {ga}, needs: [{{product: webapp, version: 2.8.1}}]}}
"""


@pytest.fixture
def ga(house):
    """GA of the patch, far enough ahead for all its milestones to be still to come."""
    day = datetime.now(UTC).date() + timedelta(days=60)
    day += timedelta(days=(3 - day.weekday()) % 7)
    (planned,) = (one.ga for one in house.rehearsal.product.releases if one.version == VERSION)
    house.edit(f"ga: {planned}", f"ga: {day}")
    return day


def watch(house):
    """One look of calendar_watch: what `record_slips` returned, and the problems that it pushed."""
    context = house.context("planning", run_id="watch")
    context["ti"].get_dr_count = lambda **_: 0
    FindMissedOperator(task_id="find_missed").execute(context)
    return tell_slips(house)


def tell_slips(house):
    context = house.context("planning", run_id="watch")
    context["outlet_events"] = {operator.SLIPS: SimpleNamespace(extra=None)}
    found = RecordSlipsOperator(task_id="record_slips").execute(context)
    return found, house.xcom["problems"]


def rows(house, view="slip", version=VERSION, where="true"):
    with house.store.connect() as connection:
        return connection.execute(
            f"SELECT * FROM release_metrics.{view} WHERE product = 'webapp' AND version = '{version}' AND {where}"
            + (" ORDER BY noticed_at, new_on, entry" if view == "slip" else "")
        ).fetchall()


def entry(house, name, version=VERSION):
    found = house.store.all("calendar_entries_of", product="webapp", version=version)
    return next(row for row in found if row["entry"] == name)


def messages(house):
    found = house.store.all("messages_of", product="webapp", version=VERSION)
    return [row for row in found if ":slip:" in row["key"]]


def move(house, old, new, **more):
    written = "".join(f"\n    {name}: {value}" for name, value in more.items())
    house.edit(f"ga: {old}\n", f"ga: {new}{written}\n")


def test_the_first_look_is_a_baseline_and_tells_nobody(house, ga):
    assert watch(house) == ([], [])
    assert rows(house) == []
    assert (entry(house, "ga")["sequence"], entry(house, "ga")["planned_on"]) == (0, ga)


def test_a_moved_ga_is_one_move_of_the_whole_train_told_once_per_audience(house, ga):
    watch(house)
    later = ga + timedelta(weeks=1)
    move(house, ga, later, reason="The licence is missing")
    (told,), problems = watch(house)
    assert problems == []
    assert (told["from"], told["to"], told["days"], told["policy"]) == (str(ga), str(later), 7, "ok")
    assert set(told["moved"]) == {"planning", "freeze", "rc", "ga", "support_end"}
    slips = rows(house)
    assert {(row["days"], row["moved_ga"], row["reason"], row["reason_from"]) for row in slips} == {
        (7, True, "The licence is missing", "file")
    }
    assert {row["sequence"] for row in slips} == {1}
    first = messages(house)
    assert sorted(row["audience"] for row in first) == ["customers", "engineering", "executives", "support"]
    assert {row["state"] for row in first} == {"sent"}
    assert watch(house) == ([], [])
    assert messages(house) == first
    assert rows(house) == slips


def test_those_who_mend_problems_read_why_and_the_others_the_date(house, ga):
    watch(house)
    move(house, ga, ga + timedelta(weeks=1), reason="The licence is missing")
    watch(house)
    bodies = {row["audience"]: row["body"] for row in messages(house)}
    assert "The licence is missing" in bodies["engineering"]
    assert "What follows:" in bodies["engineering"]
    assert "licence" not in bodies["customers"]
    assert "RC" not in bodies["customers"]
    assert f"{ga + timedelta(weeks=1):%a %Y-%m-%d}" in bodies["customers"]


def test_the_report_is_kept_and_linked(house, ga):
    watch(house)
    move(house, ga, ga + timedelta(weeks=1))
    (told,), _ = watch(house)
    listed = house.store.all("artifacts_list", product="webapp", version=VERSION)
    names = [row["name"] for row in listed]
    assert sorted(name.rsplit(".", 1)[1] for name in names) == ["html", "md"]
    assert told["page"].endswith(next(name for name in names if name.endswith(".md")).replace(":", "%3A"))
    kept = house.store.one("artifact_of", product="webapp", version=VERSION, kind="ga", name=names[-1])
    assert "# Webapp 2.8.1: GA moved to" in kept["content"]


def test_a_dependent_product_hears_of_it(house, ga):
    file = house.rehearsal.file.parent / "app.yaml"
    file.write_text(APP.format(remote=house.remote, ga=ga + timedelta(days=4)), encoding="utf-8")
    watch(house)
    move(house, ga, ga + timedelta(weeks=1))
    watch(house)
    (body,) = [row["body"] for row in messages(house) if ":app:engineering" in row["key"]]
    assert "app 4.0.0 needs GA of webapp 2.8.1" in body
    assert "3 days too late" in body


def test_a_train_run_that_plans_first_does_not_hide_the_slip(house, ga):
    watch(house)
    move(house, ga, ga + timedelta(weeks=1))
    product = find_product("webapp")
    plan(house.store, product, product.release(VERSION))
    assert len(rows(house)) == 5
    assert messages(house) == []
    (told,), _ = watch(house)
    assert told["days"] == 7
    assert len(rows(house)) == 5


def test_moved_and_moved_back_the_same_day_are_two_slips(house, ga):
    watch(house)
    later = ga + timedelta(weeks=1)
    product = find_product("webapp")
    for old, new in ((ga, later), (later, ga)):
        move(house, old, new)
        product = find_product("webapp")
        plan(house.store, product, product.release(VERSION))
    told, _ = watch(house)
    assert [one["days"] for one in told] == [7, -7]
    assert [row["days"] for row in rows(house, where="entry = 'ga'")] == [7, -7]
    assert entry(house, "ga")["sequence"] == 2
    (one,) = rows(house, "milestone_plan", where="kind = 'ga'")
    assert (one["slips"], one["slipped_days"], one["planned_on"], one["first_planned_on"]) == (2, 0, ga, ga)


def test_two_hosts_at_once_record_one_slip(house, ga):
    watch(house)
    move(house, ga, ga + timedelta(weeks=1))
    product = find_product("webapp")
    start = threading.Barrier(4)

    def plans():
        start.wait()
        plan(house.store, product, product.release(VERSION))

    hosts = [threading.Thread(target=plans) for _ in range(4)]
    for host in hosts:
        host.start()
    for host in hosts:
        host.join()
    assert len(rows(house)) == 5
    assert entry(house, "ga")["sequence"] == 1


def test_what_is_done_does_not_slip(house):
    house.milestone("planning")
    later = house.postpone()
    watch(house)
    moved = {row["entry"] for row in rows(house, version="2.8.0")}
    assert "ga" in moved
    assert "planning" not in moved
    assert entry(house, "ga", "2.8.0")["planned_on"] == later


def test_a_new_time_of_day_is_no_slip_and_raises_the_sequence(house, ga):
    watch(house)
    house.edit(f"ga: {ga}\n", f'ga: {ga}\n    milestones: {{ga: {{at: "17:00", reason: after hours}}}}\n')
    assert watch(house) == ([], [])
    assert rows(house) == []
    assert (entry(house, "ga")["sequence"], entry(house, "rc")["sequence"]) == (1, 0)


def test_skipping_and_removing_are_no_slips(house, ga):
    watch(house)
    house.edit(f"ga: {ga}\n", f"ga: {ga}\n    milestones: {{rc: skip}}\n")
    watch(house)
    assert (entry(house, "rc")["withdrawn"], entry(house, "rc")["sequence"]) == (True, 1)
    house.edit("version: 2.8.1", "version: 2.8.2")
    watch(house)
    assert entry(house, "ga")["withdrawn"]
    house.edit("version: 2.8.2", "version: 2.8.1")
    house.edit(f"ga: {ga}\n", f"ga: {ga + timedelta(days=14)}\n")
    watch(house)
    assert rows(house) == []
    assert not entry(house, "ga")["withdrawn"]


def test_a_file_that_breaks_is_no_slip_and_holds_the_message_back(house, ga):
    watch(house)
    move(house, ga, ga + timedelta(weeks=1))
    product = find_product("webapp")
    plan(house.store, product, product.release(VERSION))
    sound = house.rehearsal.file.read_text(encoding="utf-8")
    house.rehearsal.file.write_text(sound.replace("type: patch", "type: pach"), encoding="utf-8")
    assert tell_slips(house) == ([], [])
    assert messages(house) == []
    assert not entry(house, "ga")["withdrawn"]
    house.rehearsal.file.write_text(sound, encoding="utf-8")
    assert len(tell_slips(house)[0]) == 1


def test_a_wrong_year_is_recorded_reported_and_told_only_to_who_can_mend_it(house, ga):
    watch(house)
    move(house, ga, ga + timedelta(days=371))
    _, problems = watch(house)
    assert any("did you mean" in problem and "webapp 2.8.1: GA moves by" in problem for problem in problems)
    assert all(row["implausible"] for row in rows(house, where="entry = 'ga'"))
    assert {row["audience"] for row in messages(house)} == {"engineering"}


def test_late_notice_is_a_breach(house):
    house.edit("catch_up: 110d", "catch_up: 30d")
    soon = datetime.now(UTC).date() + timedelta(days=1)
    (planned,) = (one.ga for one in house.rehearsal.product.releases if one.version == VERSION)
    house.edit(f"ga: {planned}", f"ga: {soon}")
    watch(house)
    move(house, soon, soon + timedelta(days=20))
    (told,), _ = watch(house)
    assert told["policy"] == "breached"
    (row,) = rows(house, where="entry = 'ga'")
    assert "but a patch release asks for 3 days" in row["policy_reason"]
    (one,) = rows(house, "milestone_plan", where="kind = 'ga'")
    assert one["breaches"] == 1


def git(folder, *args):
    identity = ("-c", "user.name=Ana Alvarez", "-c", "user.email=ana@example.org")
    subprocess.run(["git", "-C", str(folder), *identity, *args], check=True, capture_output=True)


def test_the_commit_gives_the_reason_where_the_file_has_none(house, ga):
    folder = house.rehearsal.file.parent
    git(folder, "init", "-q")
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "Plan the autumn")
    watch(house)
    later = ga + timedelta(weeks=1)
    move(house, ga, later)
    git(folder, "commit", "-qam", "Move 2.8.1 behind the fair @channel <!here>\n\nBecause.")
    watch(house)
    (reason,) = {row["reason"] for row in rows(house)}
    assert reason.startswith("Move 2.8.1 behind the fair @channel <!here> (Ana Alvarez, ")
    assert {row["reason_from"] for row in rows(house)} == {"commit"}


def test_what_is_not_committed_has_no_commit_for_a_reason(house, ga):
    folder = house.rehearsal.file.parent
    git(folder, "init", "-q")
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "Plan the autumn")
    watch(house)
    move(house, ga, ga + timedelta(weeks=1))
    watch(house)
    assert {(row["reason"], row["reason_from"]) for row in rows(house)} == {("no reason given", "none")}


def test_a_reason_that_nobody_looked_for_is_found_by_the_watch(house, ga, monkeypatch):
    watch(house)
    move(house, ga, ga + timedelta(weeks=1))
    product = find_product("webapp")

    def killed(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("release_ops.operators.record.explain_move", killed)
    with pytest.raises(KeyboardInterrupt):
        plan(house.store, product, product.release(VERSION))
    assert {row["reason"] for row in rows(house)} == {""}
    watch(house)
    assert {row["reason"] for row in rows(house)} == {"no reason given"}


def test_a_channel_that_fails_is_tried_again_and_nobody_hears_twice(house, ga, monkeypatch):
    watch(house)
    move(house, ga, ga + timedelta(weeks=1))
    sound = operator.tell

    def broken(*args, **kwargs):
        sound(*args, **{**kwargs, "audiences": ("engineering",)})
        raise RuntimeError("support by slack #support: channel_not_found")

    monkeypatch.setattr(operator, "tell", broken)
    with pytest.raises(RuntimeError, match="channel_not_found"):
        watch(house)
    before = messages(house)
    monkeypatch.setattr(operator, "tell", sound)
    assert len(tell_slips(house)[0]) == 1
    assert [row for row in messages(house) if row["audience"] == "engineering"] == before


def test_events_move_too(house, ga):
    with house.rehearsal.file.open("a", encoding="utf-8") as file:
        file.write("\nevents: {docs_freeze: {rule: -3w, title: Freeze of the docs}}\n")
    watch(house)
    move(house, ga, ga + timedelta(weeks=1))
    watch(house)
    (row,) = rows(house, where="category = 'event'")
    assert (row["title"], row["days"], row["policy"]) == ("Freeze of the docs", 7, "none")
    assert isinstance(row["old_on"], date)


def test_a_new_zone_that_keeps_the_instant_and_not_the_day_hides_no_later_move(house, ga):
    def write(day, at):
        return f'ga: {day}\n    milestones: {{ga: {{at: "{at}", reason: zone}}}}\n'

    house.edit("timezone: Europe/Berlin", "timezone: Asia/Tokyo")
    house.edit(f"ga: {ga}\n", write(ga, "02:00"))
    watch(house)
    instant = entry(house, "ga")["planned_at"]
    before = ga - timedelta(days=1)
    house.edit("timezone: Asia/Tokyo", "timezone: Asia/Dubai")
    house.edit(write(ga, "02:00"), write(before, "21:00"))
    watch(house)
    assert entry(house, "ga")["planned_at"] == instant
    later = ga + timedelta(days=20)
    house.edit(write(before, "21:00"), write(later, "21:00"))
    watch(house)
    assert [(row["old_on"], row["new_on"]) for row in rows(house, where="entry = 'ga'")] == [
        (ga, before),
        (before, later),
    ]


def test_what_was_done_is_in_the_plan_again_when_its_release_comes_back(house):
    house.milestone("planning")
    planned = entry(house, "planning", "2.8.0")
    product = find_product("webapp")
    without = replace(product, releases=tuple(one for one in product.releases if one.version != "2.8.0"))
    forget_releases(house.store, without, now=datetime.now(UTC))
    assert entry(house, "planning", "2.8.0")["withdrawn"]
    house.postpone()
    watch(house)
    back = entry(house, "planning", "2.8.0")
    assert (back["planned_at"], back["sequence"]) == (planned["planned_at"], planned["sequence"] + 2)
    assert not any(row["withdrawn"] for row in rows(house, "milestone_plan", "2.8.0"))
