"""The daily look for conflicts: what the table says, and that people are told of everything once."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from airflow.sdk.exceptions import AirflowFailException

from release_ops.domain.conflict_policy import Severity
from release_ops.domain.conflicts import find_conflicts
from release_ops.operators import announce
from release_ops.operators import conflicts as operator
from release_ops.operators.conflicts import CONFLICT, FindConflictsOperator
from release_ops.product import load_products, products_folder

OTHER = """\
product: search
repository: {location: /nowhere/search.git}
timezone: Europe/Berlin
releases:
  - version: 1.0.0
    type: minor
    ga: GA
NEEDS
approvers:
  release_manager: [{id: r}]
  technical_lead: [{id: t}]
  qa_lead: [{id: q}]
  product_owner: [{id: p}]
  stakeholder: [{id: s}]
"""


class Town:
    """The demo with GA in ten weeks, and a second product."""

    def __init__(self, house) -> None:
        self.house = house
        self.ga = house.postpone()
        self.other = house.rehearsal.file.parent / "search.yaml"
        self.write()

    def write(self, days: int = 0, more: str = "", needs: str = "") -> None:
        ga = f"{self.ga + timedelta(days=days)}"
        self.other.write_text(OTHER.replace("GA", ga).replace("NEEDS", needs) + more)

    def look(self):
        events = {CONFLICT: type("Event", (), {"extra": None})()}
        task = FindConflictsOperator(task_id="find_conflicts")
        return task.execute({"outlet_events": events}), events[CONFLICT].extra, task

    def rows(self, where: str = "true"):
        with self.house.store.connect() as connection:
            query = f"SELECT * FROM release_metrics.conflict WHERE {where} ORDER BY first_seen, key"
            return connection.execute(query).fetchall()

    def messages(self, product: str, version: str):
        rows = self.house.store.all("messages_of", product=product, version=version)
        return [row for row in rows if ":conflict:" in row["key"]]


@pytest.fixture
def town(house) -> Town:
    return Town(house)


def test_both_sides_are_told_once_and_the_table_and_the_report_have_it(town):
    counts, extra, task = town.look()
    assert counts == extra == {"warning": 1}
    (row,) = town.rows()
    assert (row["kind"], row["product"], row["other_product"]) == ("same_window", "webapp", "search")
    assert row["first_seen"] == row["last_seen"]
    assert row["resolved_at"] is None
    assert "move webapp 2.8.0 ga to" in row["proposal"]
    (mine,), (theirs,) = town.messages("webapp", "2.8.0"), town.messages("search", "1.0.0")
    assert mine["subject"] == "Webapp 2.8.0: a conflict of dates"
    assert "- warning, same window: webapp 2.8.0 ga on" in theirs["body"]
    assert "To mend it: move webapp 2.8.0 ga to" in mine["body"]
    kept = town.house.store.one("artifact_of", **operator.REPORT, name=operator.REPORT_NAME)
    assert "## Warnings (1)" in kept["content"]
    assert task.made["Conflicts"].endswith("/artifacts/%2A/calendar/conflicts/conflicts.md")

    town.look()
    (again,) = town.rows()
    assert again["last_seen"] > again["first_seen"] == row["first_seen"]
    assert len(town.messages("webapp", "2.8.0")) == 1


def test_what_is_gone_is_resolved_and_what_comes_back_is_news(town):
    town.look()
    town.write(days=7)
    counts, _, _ = town.look()
    assert counts == {}
    (row,) = town.rows()
    assert row["resolved_at"] > row["last_seen"]
    town.write()
    town.look()
    assert [row["resolved_at"] is None for row in town.rows()] == [False, True]
    assert len(town.messages("webapp", "2.8.0")) == 2


def test_a_broken_file_resolves_nothing(town):
    town.look()
    town.other.write_text("product: search\n")
    town.look()
    assert len(town.rows("resolved_at IS NULL")) == 1
    town.write()
    town.look()
    assert len(town.messages("webapp", "2.8.0")) == 1


def test_an_accepted_conflict_is_kept_and_not_told(town):
    town.write(more="accepted_conflicts: [{kind: same_window, reason: it is only an index}]\n")
    counts, _, _ = town.look()
    assert counts == {"accepted": 1}
    (row,) = town.rows()
    assert row["accepted"] == "it is only an index"
    assert town.messages("webapp", "2.8.0") == []
    town.write()
    town.look()
    assert len(town.messages("webapp", "2.8.0")) == 1


def test_a_message_that_could_not_be_sent_is_sent_the_next_day_and_the_others_are_not_repeated(town, monkeypatch):
    slack = 'audiences: {engineering: [{kind: slack, to: "#search"}]}\n'
    town.write(more=slack)
    sent = []

    class Slack:
        def find_message(self, *_):
            return None

        def post(self, to, key, *_, since):
            if not sent:
                sent.append("refused")
                raise ConnectionError("Slack does not answer")
            sent.append(key)
            return {"ts": "1"}

    monkeypatch.setattr(announce, "_slack", lambda _: Slack())
    with pytest.raises(AirflowFailException, match=r"search 1\.0\.0: .*Slack does not answer"):
        town.look()
    town.look()
    assert len(sent) == 2
    assert len(town.messages("webapp", "2.8.0")) == 1
    town.look()
    assert len(sent) == 2


def test_hostile_text_stays_text(town):
    town.write(more="conferences:\n  - {name: '**<b>@here</b>** [x](http://e.example)', start: START, end: START}\n".replace(
        "START", f"{town.ga}"))  # fmt: skip
    town.look()
    body = "".join(row["body"] for row in town.messages("search", "1.0.0"))
    assert "conference" in body
    assert "<b>" not in body
    assert "[x](http" not in body


def test_a_thousand_conflicts_are_written_in_one_go(town):
    from release_ops.domain.conflict_model import Conflict, Side
    from release_ops.domain.conflict_policy import ConflictKind, Severity
    from release_ops.domain.model import MilestoneKind

    at = datetime(2027, 3, 11, 9, tzinfo=UTC)
    found = [
        Conflict(
            kind=ConflictKind.HOLIDAY,
            severity=Severity.WARNING,
            first=Side(product="p", version=f"1.{number}.0", milestone=MilestoneKind.GA, planned_at=at),
            subject="a day",
            message="is a day",
        )
        for number in range(1000)
    ]
    operator.write_conflicts(town.house.store, found, at)
    operator.write_conflicts(town.house.store, found[:400], at + timedelta(days=1))
    assert len(town.rows("resolved_at IS NULL")) == 400
    assert len(town.rows()) == 1000


class Flaky:
    """Slack that refuses the first message, and remembers the others."""

    def __init__(self) -> None:
        self.refused = False
        self.sent: list[str] = []

    def find_message(self, *_):
        return None

    def post(self, to, key, *_, since):
        if not self.refused:
            self.refused = True
            raise ConnectionError("Slack does not answer")
        self.sent.append(key)
        return {"ts": "1"}


SLACK = 'audiences: {engineering: [{kind: slack, to: "#search"}]}\n'
FAIR = "conferences:\n  - {{name: Fair, start: {day}, end: {day}}}\n"


def test_who_was_told_of_several_is_not_told_again_because_the_other_side_of_one_could_not_be(town, monkeypatch):
    slack = Flaky()
    monkeypatch.setattr(announce, "_slack", lambda _: slack)
    town.house.rehearsal.file.write_text(
        town.house.rehearsal.file.read_text(encoding="utf-8") + FAIR.format(day=town.ga), encoding="utf-8"
    )
    town.write(more=SLACK)
    with pytest.raises(AirflowFailException, match="Slack does not answer"):
        town.look()
    (told,) = town.messages("webapp", "2.8.0")
    assert "same window" in told["body"]
    assert "conference" in told["body"]
    town.look()
    assert town.messages("webapp", "2.8.0") == [told]


def test_what_is_gone_before_everybody_was_told_repeats_nothing_to_those_who_were(town, monkeypatch):
    slack = Flaky()
    monkeypatch.setattr(announce, "_slack", lambda _: slack)
    twice = SLACK.replace("[{", "[{kind: outbox}, {")
    town.write(more=twice + FAIR.format(day=town.ga))
    with pytest.raises(AirflowFailException, match="Slack does not answer"):
        town.look()
    town.write(more=twice)
    town.look()
    assert len([row for row in town.messages("search", "1.0.0") if row["key"].endswith(":outbox")]) == 1


def test_one_that_becomes_an_error_is_news_to_those_who_were_told(town):
    town.look()
    products, _ = load_products(products_folder())
    now = datetime.now(UTC)
    found = [replace(one, severity=Severity.ERROR) for one in find_conflicts(products.values(), since=now.date())]
    operator.write_conflicts(town.house.store, found, now)
    assert operator.tell_conflicts(operator.parts.open_ledger(), products, now) == []
    assert len(town.messages("webapp", "2.8.0")) == 2


def test_a_product_whose_file_breaks_is_told_when_it_can_be_read_again(town, monkeypatch):
    with monkeypatch.context() as before:
        before.setattr(operator, "tell_conflicts", lambda *_: [])
        town.look()
    sound = town.other.read_text(encoding="utf-8")
    town.other.write_text("product: search\n", encoding="utf-8")
    town.look()
    assert len(town.messages("webapp", "2.8.0")) == 1
    town.other.write_text(sound, encoding="utf-8")
    town.look()
    assert len(town.messages("search", "1.0.0")) == len(town.messages("webapp", "2.8.0")) == 1
