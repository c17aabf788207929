"""Messages that are due: sent once, held, tried again, escalated, moved, withdrawn, lapsed; whatever is killed."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from slack_sdk import WebClient

from release_ops.domain.message_delivery import State
from tests.adapters.test_email import Mailbox, Server

PLAN = datetime(2026, 5, 13, 7, 0, tzinfo=UTC)
"""When the plan of 2.0.0 is due: four weeks before GA at 09:00 in Berlin."""
BEFORE = PLAN - timedelta(hours=2)
TEN = timedelta(hours=3)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.fixture
def planned(office: Any) -> Any:
    """An office that has planned ahead."""
    assert office.look(BEFORE) == ({}, [])
    return office


def test_everybody_in_the_matrix_is_planned_for_and_nothing_is_sent_before_its_time(planned):
    due = {key: row["due_at"] for key, row in planned.rows().items() if row["phase"] == "plan"}
    assert due == dict.fromkeys(
        (
            "message:shop:2.0.0:plan:engineering:outbox",
            "message:shop:2.0.0:plan:support:outbox",
            "message:shop:2.0.0:plan:executives:outbox",
            "message:shop:2.0.0:plan:customers:slack:#news",
            "message:shop:2.0.0:plan:customers:@carl",
            "message:shop:2.0.0:plan:executives:@eva",
        ),
        PLAN,
    )
    assert planned.heard("news") == []
    assert {row["state"] for row in planned.rows().values()} == {"due"}


def test_what_is_due_is_sent_once_and_as_the_reader_reads(planned):
    planned.look(PLAN)
    planned.look(PLAN + timedelta(minutes=15))
    assert planned.heard("news") == ["Shop 2.0.0: what comes on Thu 2026-06-11"]
    assert len(planned.store.all("messages_of", product="shop", version="2.0.0")) == 5, "all but Eva, who sleeps"
    row = planned.row("plan", "customers")
    assert (row["state"], row["detail"], row["attempts"]) == ("sent", "detailed", 0)
    assert planned.row("plan", "eva")["detail"] == "summary", "an executive's level goes before the release type"


def test_nobody_is_woken_and_the_next_open_moment_is_told(planned):
    planned.look(PLAN)
    row = planned.row("plan", "eva")
    assert (row["state"], row["why"]) == ("held", "outside their hours")
    assert row["not_before"] == at("2026-05-13T12:00"), "08:00 in New York"
    planned.look(at("2026-05-13T11:59"))
    assert planned.heard("eva") == []
    planned.look(at("2026-05-13T12:00"))
    assert planned.heard("eva") == ["Shop 2.0.0: what comes on Thu 2026-06-11"]


def test_who_is_away_hears_when_they_are_back(office):
    office.edit("ga: 2026-06-11", "ga: 2026-06-12")
    office.look(BEFORE)
    office.look(at("2026-05-15T13:00"))
    row = office.row("plan", "carl")
    assert (row["state"], row["why"]) == ("held", "away: holiday")
    assert row["not_before"] == at("2026-05-19T06:00")
    office.look(at("2026-05-19T06:00"))
    assert len(office.heard("carl")) == 1


def test_a_refused_message_is_tried_again_with_growing_pauses_and_then_goes_another_way(planned):
    planned.slack.channels["C000000001"]["is_archived"] = True
    now, pauses = at("2026-05-13T12:00"), []
    for attempt in range(1, 4):
        planned.look(now)
        row = planned.row("plan", "eva")
        assert (row["state"], row["attempts"]) == ("failed", attempt)
        assert "Slack: no channel #eva" in row["error"]
        pauses.append(row["not_before"] - now)
        planned.look(row["not_before"] - timedelta(minutes=1))
        assert planned.row("plan", "eva")["attempts"] == attempt, "not before its pause is over"
        now = row["not_before"]
    assert pauses == [timedelta(minutes=15), timedelta(hours=1), timedelta(hours=4)]
    counts, problems = planned.look(now)
    assert (counts[State.ESCALATED], problems) == (1, [])
    row = planned.row("plan", "eva")
    assert (row["state"], row["escalated_to"]) == ("escalated", f"{row['key']}:via2")
    instead = planned.rows()[row["escalated_to"]]
    assert (instead["state"], instead["channel_kind"], instead["escalates"]) == ("sent", "outbox", row["key"])


def test_what_no_channel_takes_goes_to_the_owner_with_the_text(planned):
    planned.slack.channels["C000000002"]["is_archived"] = True
    now = PLAN
    while planned.row("plan", "carl")["state"] != "escalated":
        _, problems = planned.look(now)
        assert problems == []
        now += timedelta(hours=1)
    row = planned.row("plan", "carl")
    notice = planned.store.one("message_by_key", key=row["escalated_to"])
    assert row["escalated_to"] == f"{row['key']}:escalation"
    assert notice["subject"] == "Shop 2.0.0: Carl Client was not reached"
    assert notice["audience"] == "engineering", "the product owner has no channel that the product uses"
    assert "what comes on Thu 2026-06-11" in notice["body"]
    sent = [key for key, one in planned.rows().items() if "carl" in key and one["state"] == "sent"]
    assert sent == [row["escalated_to"]]


def test_what_reaches_nobody_is_said_by_the_run(planned):
    planned.edit("engineering: [{kind: outbox}]", 'engineering: [{kind: slack, connection: slack_test, to: "#gone"}]')
    planned.slack.channels["C000000002"]["is_archived"] = True
    told: list[str] = []
    for hour in range(60):
        told += planned.look(PLAN + timedelta(hours=hour))[1]
    assert [one for one in told if ":@carl:escalation: reached nobody" in one]


def test_a_release_that_moves_takes_its_messages_along_and_what_was_sent_stays_sent(planned):
    planned.look(PLAN)
    before = planned.row("plan", "customers")
    planned.edit("ga: 2026-06-11", "ga: 2026-06-25")
    planned.look(PLAN + TEN)
    assert planned.row("plan", "customers") == before
    eva = planned.row("plan", "eva")
    assert (eva["state"], eva["due_at"], eva["moved_by"]) == (*("due", at("2026-05-28T07:00"), timedelta(days=15)),), (
        "the 14th was a holiday, the 28th is none"
    )
    freeze = planned.row("feature_freeze", "support")
    assert (freeze["first_due_at"], freeze["due_at"]) == (at("2026-05-28T07:00"), at("2026-06-11T07:00"))
    planned.look(PLAN + timedelta(days=15, hours=6))
    assert planned.heard("news") == ["Shop 2.0.0: what comes on Thu 2026-06-11"]
    assert planned.heard("eva")[-1] == "Shop 2.0.0: what comes on Thu 2026-06-25"


def test_a_cancelled_release_withdraws_what_is_due_and_brings_it_back_when_it_returns(planned):
    line = "  - {version: 2.0.0, type: major, ga: 2026-06-11, theme: A new checkout}\n"
    planned.look(PLAN)
    planned.edit(f"releases:\n{line}", "releases: []\n")
    planned.look(PLAN + TEN)
    states = {row["state"] for row in planned.rows().values() if row["version"]}
    assert states == {"sent", "withdrawn"}
    assert planned.row("plan", "customers")["state"] == "sent"
    assert planned.row("plan", "eva")["state"] == "withdrawn"
    planned.look(at("2026-06-04T07:30"))
    assert len(planned.heard("news")) == 1, "nothing of a cancelled release is sent"
    planned.edit("releases: []\n", f"releases:\n{line}")
    planned.look(at("2026-06-04T07:45"))
    assert len(planned.heard("news")) == 2, "the code freeze is due again, and was sent"


def test_a_file_that_cannot_be_read_withdraws_nothing(planned):
    planned.edit("timezone: Europe/Berlin", "timezone: Europe/Berlim")
    _, problems = planned.look(PLAN)
    assert "unknown time zone" in problems[0]
    assert {row["state"] for row in planned.rows().values()} == {"due"}


def test_after_an_outage_the_useful_is_sent_late_and_the_rest_lapses(planned):
    planned.look(at("2026-06-03T09:00"))
    assert planned.row("plan", "customers")["state"] == "lapsed", "three weeks late, and useful for one"
    assert planned.row("plan", "customers")["why"] == "too late to be useful"
    planned.look(at("2026-06-08T09:00"))
    late = planned.row("code_freeze", "customers")
    assert (late["state"], late["due_at"]) == ("sent", at("2026-06-04T07:00"))


def test_an_emergency_waits_for_nobody(planned):
    planned.edit("releases:\n", "releases:\n  - {version: 1.9.1, type: hotfix, ga: 2026-05-17}\n")
    planned.look(at("2026-05-17T02:00"))
    sent = {key for key, row in planned.rows().items() if row["phase"] == "at_once" and row["state"] == "sent"}
    assert {key.rpartition("at_once:")[2] for key in sent} == {
        *("engineering:outbox", "support:outbox", "executives:outbox", "customers:slack:#news"),
        *("customers:@carl", "executives:@eva"),
    }, "on a Sunday night, also to who is away"
    planned.look(at("2026-05-17T02:15"))
    assert len(planned.heard("eva")) == 1


def test_a_security_release_is_no_news_outside_before_it_is_out(planned):
    planned.edit("releases:\n", "releases:\n  - {version: 1.9.1, type: security, ga: 2026-05-20}\n")
    planned.look(at("2026-05-17T02:00"))
    told = {key for key, row in planned.rows().items() if row["version"] == "1.9.1" and row["state"] == "sent"}
    assert {key.rpartition("security_at_once:")[2] for key in told} == {"engineering:outbox"}


def completed(office: Any, moment: datetime) -> None:
    with office.store.connect() as connection:
        connection.execute(
            "INSERT INTO release_ops.release (product, version, type, state, released_at)"
            " VALUES ('shop', '2.0.0', 'major', 'released', %s)",
            [moment],
        )


def test_what_tells_of_a_release_waits_until_it_is_out(planned):
    planned.look(at("2026-06-11T13:00"))
    row = planned.row("release_day", "carl")
    assert (row["state"], row["why"]) == ("held", "waits until the release has been completed")
    completed(planned, at("2026-06-15T11:30"))
    planned.look(at("2026-06-15T11:45"))
    row = planned.row("release_day", "carl")
    assert (row["state"], row["due_at"]) == ("sent", at("2026-06-15T11:30"))
    assert planned.row("looking_back", "eva")["due_at"] == at("2026-06-22T07:00"), "a week after, not after the plan"


def test_the_train_has_told_the_audiences_that_it_is_out_so_they_are_not_told_again(planned):
    completed(planned, at("2026-06-11T08:00"))
    planned.look(at("2026-06-11T13:00"))
    told = {row["stakeholder"] for row in planned.rows().values() if row["phase"] == "release_day"}
    assert told == {"carl", "eva"}
    assert {row["audience"] for row in planned.rows().values() if row["phase"] == "looking_back"} == {
        *("engineering", "support", "executives")
    }


def test_who_comes_later_hears_from_then_on_and_who_goes_hears_no_more(planned):
    planned.edit(
        "    carl:\n",
        "    dora:\n      {name: Dora, type: vendor, influence: 5, interest: 5,"
        " channels: [{kind: outbox}]}\n    carl:\n",
    )
    planned.look(at("2026-05-19T08:00"))
    digests = [row["due_at"] for row in planned.rows().values() if row["key"].startswith("message:digest:dora")]
    assert digests == [at("2026-05-26T07:00")], "25 May is a holiday in Berlin"
    planned.edit(
        "    dora:\n      {name: Dora, type: vendor, influence: 5, interest: 5, channels: [{kind: outbox}]}\n", ""
    )
    planned.look(at("2026-05-20T08:00"))
    assert planned.row("digest", "dora")["state"] == "withdrawn"
    with planned.store.connect() as connection:
        row = connection.execute(
            "SELECT left_at FROM release_metrics.stakeholder WHERE stakeholder = 'dora'"
        ).fetchone()
    assert row == {"left_at": at("2026-05-20T08:00")}


class Killed(BaseException):
    """As if the process had ended: nothing catches it."""


class Reaper:
    """Ends the process at the n-th statement or request, before it or right after it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *, before: bool) -> None:
        self.left, self.before = -1, before
        for owner, name in ((psycopg.Connection, "execute"), (WebClient, "api_call")):
            monkeypatch.setattr(owner, name, self._ending(getattr(owner, name)))

    def _ending(self, act: Callable[..., Any]) -> Callable[..., Any]:
        return lambda *arguments, **named: self._around(lambda: act(*arguments, **named))

    def _around(self, act: Any) -> Any:
        self.left -= 1
        if self.left == 0 and self.before:
            raise Killed
        done = act()
        if self.left == 0:
            raise Killed
        return done


@pytest.mark.parametrize("before", [True, False], ids=["before", "after"])
def test_killed_at_any_statement_and_started_again_everybody_hears_once(office, monkeypatch, before):
    reaper = Reaper(monkeypatch, before=before)
    now, kills = PLAN, 0
    office.look(BEFORE)
    while True:
        reaper.left = kills + 1
        try:
            office.look(now)
        except Killed:
            kills += 1
            continue
        finally:
            reaper.left = -1
        break
    assert kills > 30, "every statement was a place to die"
    assert len(office.heard("news")) == len(office.heard("carl")) == 1
    with office.store.connect() as connection:
        row = connection.execute("SELECT count(*), count(DISTINCT key) AS keys FROM release_ops.message").fetchone()
    assert row == {"count": 5, "keys": 5}
    assert planned_states(office) == {"sent": 5, "held": 1}


def planned_states(office: Any) -> dict[str, int]:
    found: dict[str, int] = {}
    for row in office.rows().values():
        if row["phase"] == "plan":
            found[row["state"]] = found.get(row["state"], 0) + 1
    return found


def test_what_a_mail_server_says_is_told_without_the_address(office, monkeypatch):
    server = Server(Mailbox())
    server.start()
    extra = {"from_email": "ops@example.org", "disable_ssl": True, "disable_tls": True}
    smtp = {"conn_type": "smtp", "host": "127.0.0.1", "port": server.port, "extra": extra}
    monkeypatch.setenv("AIRFLOW_CONN_SMTP_DEFAULT", json.dumps(smtp))
    office.edit('{kind: slack, connection: slack_test, to: "#carl"}', "{kind: email, to: nobody@client.example}")
    try:
        office.look(PLAN)
    finally:
        server.stop()
    assert "the server refused (address); 550 no such user" in office.row("plan", "carl")["error"]
    with office.store.connect() as connection:
        told = [
            str(connection.execute(f"SELECT * FROM release_metrics.{view}").fetchall())
            for view in ("message", "stakeholder_message", "stakeholder", "effect")
        ]
    assert "nobody@" not in "".join(told)


def test_what_stands_in_for_a_regular_update_is_tried_again_too(office):
    office.edit(
        "{kind: outbox}]\n      owner: dmitri",
        '{kind: slack, connection: slack_test, to: "#gone"}]\n      owner: dmitri',
    )
    office.look(BEFORE)
    office.slack.channels["C000000001"]["is_archived"] = True
    key, now = (office.row("digest", "eva")[name] for name in ("key", "due_at"))
    while office.rows()[key]["state"] != "escalated":
        office.look(now)
        now += timedelta(hours=1)
    instead = office.rows()[key]["escalated_to"]
    assert office.rows()[instead]["state"] == "failed"
    office.look(now)
    assert office.rows()[instead]["state"] in {"failed", "escalated"}
    office.slack.add_channel("C000000009", "gone")
    while office.rows()[instead]["state"] == "failed" and now < office.rows()[instead]["useful_until"]:
        office.look(now)
        now += timedelta(hours=1)
    assert office.rows()[instead]["state"] == "sent"
