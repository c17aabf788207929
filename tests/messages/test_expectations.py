"""Whom news touches, how, and that each of them is told once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from release_ops.domain.expectations import Event, EventKind, Party, is_occasion, parties_of, plan_expectations
from release_ops.domain.message_facts import Facts, Occasion
from release_ops.domain.stakeholder_policy import (
    Availability,
    Concern,
    Level,
    Stakeholder,
    StakeholderType,
    Topic,
)
from release_ops.expectation_events import new_events, plan_markdown
from release_ops.ledger import Ledger
from release_ops.messages import compose
from release_ops.operators.expectations import look
from release_ops.product import load_product
from release_ops.store import Store

DEMO = Path(__file__).parents[2] / "include" / "products" / "demo.yaml"
PRODUCT = load_product(DEMO)
NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
SLIP = Event(
    kind=EventKind.SLIP,
    id="2026-11-20",
    version="2.8.0",
    title="GA",
    at=NOW,
    milestones=frozenset({"ga"}),
    old=date(2026, 11, 26),
    new=date(2026, 12, 3),
    reason="the load test fails",
)
INCIDENT = Event(
    kind=EventKind.INCIDENT, id="INC-7", version="2.8.0", title="Payment down for SECRET", at=NOW, severity="critical"
)


def party(name: str = "contoso", **facts: Any) -> Party:
    return Party(**{"id": name, "name": name.title(), "audience": "customers", "strategy": "manage_closely", **facts})


def touched(event: Event, *parties: Party) -> dict[str, Any]:
    plan = plan_expectations(PRODUCT, event, parties, today=NOW.date())
    return {one.party.id: one for one in plan.expectations}


# Who is touched


def test_who_hears_of_the_milestone_that_moved_is_touched() -> None:
    alpha = replace(SLIP, milestones=frozenset({"alpha"}), title="alpha")
    assert set(touched(SLIP, party())) == {"contoso"}
    assert touched(SLIP, party())["contoso"].why == ("hears of GA",)
    assert touched(alpha, party()) == {}
    assert set(touched(alpha, party("dev", audience="engineering"))) == {"dev"}


def test_who_has_stated_a_concern_is_touched_whatever_they_hear_of() -> None:
    alpha = replace(SLIP, milestones=frozenset({"alpha"}), title="alpha")
    found = touched(alpha, party(concerns=(("compliance", "The audit is on 1 December"),)))["contoso"]
    assert found.why == ("concerned about compliance",)
    assert [one.stated for one in found.answers] == ["The audit is on 1 December"]
    assert found.answers[0].effect == "What auditors are to see of 2.8.0 comes on Thu 2026-12-03."


def test_a_concern_that_the_event_has_no_words_for_does_not_touch() -> None:
    out = Event(kind=EventKind.SCOPE, id="x", version="2.8.0", title="Scope", at=NOW, features=("Gift wrapping",))
    assert touched(out, party(concerns=(("availability", "Nights only"),))) == {}
    assert set(touched(out, party(concerns=(("scope", "We need gift wrapping"),)))) == {"contoso"}


def test_some_audiences_are_told_in_any_case() -> None:
    found = touched(INCIDENT, party("ops", audience="operations"), party("buyer"))
    assert set(found) == {"ops"}
    assert found["ops"].why == ("told of every incident",)


def test_who_has_stated_nothing_is_answered_what_their_audience_usually_asks() -> None:
    answers = touched(SLIP, party("eva", audience="executives"))["eva"].answers
    assert [one.topic for one in answers] == ["date", "cost"]
    assert all(one.likely and one.mitigation and not one.stated for one in answers)
    assert answers[0].effect == "GA is 7 days later than planned, on Thu 2026-12-03."
    assert [one.topic for one in touched(SLIP, party("x", audience="sales"))["x"].answers] == ["other"]


def test_stated_concerns_come_first_and_stand_for_the_usual_ones() -> None:
    both = touched(SLIP, party("a"), party("b", concerns=(("cost", "Who pays?"),)))
    assert list(both) == ["b", "a"]
    assert [one.topic for one in both["b"].answers] == ["cost"]


@pytest.mark.parametrize(
    ("strategy", "day"),
    [
        ("manage_closely", date(2026, 11, 23)),  # the next business day after a Friday
        ("keep_satisfied", date(2026, 11, 24)),
        ("keep_informed", date(2026, 11, 27)),
        ("monitor", date(2026, 12, 4)),
    ],
)
def test_the_next_contact_follows_the_strategy(strategy: str, day: date) -> None:
    assert touched(SLIP, party(strategy=strategy))["contoso"].next_contact == day


def test_old_news_and_small_incidents_are_no_occasion() -> None:
    policy = PRODUCT.expectations
    assert is_occasion(SLIP, policy, NOW + timedelta(days=7))
    assert not is_occasion(SLIP, policy, NOW + timedelta(days=8))
    assert is_occasion(INCIDENT, policy, NOW)
    assert not is_occasion(replace(INCIDENT, severity="low"), policy, NOW)
    assert not is_occasion(replace(INCIDENT, severity=""), policy, NOW)


# What they read


def letter(event: Event, one: Party) -> str:
    found = touched(event, one)[one.id]
    facts = Facts(product=PRODUCT, release=PRODUCT.release("2.8.0"), now=NOW)
    text = compose("expectation", one.audience, facts, event=Occasion(news=event, expectation=found)).plain
    return " ".join(text.split())


def test_a_letter_answers_what_the_reader_has_said() -> None:
    text = letter(SLIP, party(concerns=(("cost", "Our licence ends in December"),)))
    assert "Webapp 2.8.0: GA moves to Thu 2026-12-03" in text
    assert "You told us “Our licence ends in December”: " in text
    assert "We write again by Mon 2026-11-23" in text
    assert "load test" not in text, "why it moved is for inside"
    assert "Will probably ask" not in text
    assert "who pays?" not in text


def test_what_an_incident_is_called_is_for_inside() -> None:
    outside = letter(INCIDENT, party(concerns=(("availability", "Our shop never sleeps"),)))
    assert "SECRET" not in outside
    assert "may not have been usable" in outside
    assert "SECRET" in letter(INCIDENT, party("ops", audience="operations"))


def test_the_plan_says_who_why_and_what_they_will_ask() -> None:
    plan = plan_expectations(
        PRODUCT,
        SLIP,
        [party(owner="ana", concerns=(("date", "Trade fair on 30 November"),)), party("quiet", audience="")],
        today=NOW.date(),
    )
    text = plan_markdown(PRODUCT, plan, {"ana": "Ana Alvarez"})
    for said in (
        "the load test fails",
        "| Contoso | manage closely | hears of GA; concerned about date | Mon 2026-11-23 | Ana Alvarez |",
        "**Has told us of a concern about date**",
        "Will probably ask: Can I rely on the new date?",
        "Not touched: Quiet.",
    ):
        assert said in text
    assert "Trade fair" not in text, "whoever may read the release may read this"


# Kept and told, on a real database


REGISTER = """
stakeholders:
  people:
    contoso:
      name: Contoso
      type: client
      influence: 5
      interest: 5
      owner: ana
      hours: {mon-fri: "09:00-17:00"}
      channels: [{kind: outbox}]
      concerns: [{topic: date, text: Trade fair on 30 November}]
    board:
      name: The board
      type: executive
      influence: 5
      interest: 2
"""


@pytest.fixture
def folder(registered: Callable[[str], Path]) -> Path:
    return registered(REGISTER)


def moved(store: Store, at: datetime = NOW) -> None:
    with store.connect() as connection:
        connection.execute(
            "INSERT INTO release_ops.slip (product, version, category, entry, sequence, title, old_on, new_on, noticed_on,"
            " noticed_at, policy, moved_ga) VALUES ('webapp', '2.8.0', 'milestone', 'ga', 1, 'GA', '2026-11-26',"
            " '2026-12-03', %s, %s, 'ok', true)",
            (at.date(), at),
        )


def messages(store: Store) -> list[dict[str, Any]]:
    return store.all("messages_of", product="webapp", version="2.8.0")


def test_a_slip_is_told_to_people_once_and_not_again_to_audiences(folder: Path, store: Store) -> None:
    moved(store)
    made, sent, problems = look(Ledger(store), NOW)
    assert (made, sent, problems) == (1, 1, [])
    (message,) = messages(store)
    assert message["subject"] == "Webapp 2.8.0: the release moves to Thu 2026-12-03"
    assert "Trade fair on 30 November" in message["body"]
    rows = {row["party"]: row for row in store.all("expectations_of", product="webapp", limit=50)}
    assert rows["contoso"]["told_by"] == "message"
    assert rows["customers"]["told_by"] == "announcement"
    assert rows["board"]["told_by"] == "audience", "it has no channel of its own"
    plan = store.one(
        "artifact_of", product="webapp", version="2.8.0", kind="expectations",
        name="expectations-slip-2026-11-20T093000.000000Z.md",
    )  # fmt: skip
    assert plan is not None
    assert "Has told us of a concern about date" in plan["content"]
    assert look(Ledger(store), NOW + timedelta(minutes=15)) == (0, 0, [])
    assert len(messages(store)) == 1


def test_the_address_of_a_person_is_in_no_key(folder: Path, store: Store) -> None:
    text = (folder / "demo.yaml").read_text()
    (folder / "demo.yaml").write_text(
        text.replace("channels: [{kind: outbox}]", "channels: [{kind: email, to: c@contoso.example}]")
    )
    moved(store)
    look(Ledger(store), NOW)
    with store.connect() as connection:
        told = [
            str(connection.execute(f"SELECT * FROM release_metrics.{view}").fetchall())
            for view in ("message", "effect")
        ]
    assert "person:contoso:email" in told[0]
    assert "c@contoso" not in "".join(told)


def test_people_are_told_when_they_are_available(folder: Path, store: Store) -> None:
    night = datetime(2026, 11, 19, 23, 0, tzinfo=UTC)
    moved(store, night)
    assert look(Ledger(store), night)[:2] == (1, 0)
    assert look(Ledger(store), NOW)[:2] == (0, 1)


@pytest.mark.parametrize(("severity", "at_night"), [("high", 0), ("critical", 2)])
def test_audiences_are_told_in_their_hours_but_of_critical_incidents(
    folder: Path, store: Store, severity: str, at_night: int
) -> None:
    night = datetime(2026, 11, 19, 23, 0, tzinfo=UTC)
    with store.connect() as connection:
        connection.execute(
            "INSERT INTO release_ops.incident (product, incident, title, severity, started_at)"
            " VALUES ('webapp', 'INC-7', 'Payment down', %s, %s)",
            (severity, night),
        )
    assert look(Ledger(store), night) == (1, at_night, [])
    assert look(Ledger(store), NOW) == (0, 2 - at_night, [])
    assert [one["audience"] for one in messages(store)] == ["support", "customers"]


def test_a_critical_incident_waits_for_nobody_s_hours(folder: Path, store: Store) -> None:
    night = datetime(2026, 11, 19, 23, 0, tzinfo=UTC)
    text = (folder / "demo.yaml").read_text().replace("topic: date", "topic: availability")
    (folder / "demo.yaml").write_text(text)
    with store.connect() as connection:
        connection.execute(
            "INSERT INTO release_ops.incident (product, incident, title, severity, started_at)"
            " VALUES ('webapp', 'INC-7', 'Payment down', 'critical', %s)",
            (night,),
        )
    made, sent, problems = look(Ledger(store), night)
    assert (made, problems) == (1, [])
    told = {row["party"]: row["told_by"] for row in store.all("expectations_of", product="webapp", limit=50)}
    assert told == {"contoso": "message", "support": "message"}
    assert sent == 2


def test_features_that_the_freeze_took_out_are_one_event_and_later_ones_another(folder: Path, store: Store) -> None:
    product = load_product(folder / "demo.yaml")
    of = {"product": "webapp", "version": "2.8.0", "status": "planned", "snapshot_at": NOW}
    store.execute(
        "scope_save", **of, feature="WEB-211", title="Gift wrapping", disposition="excluded", reason="too late"
    )
    store.execute("scope_save", **of, feature="WEB-201", title="One page", disposition="included")
    (event,) = new_events(store, product, NOW)
    assert (event.kind, event.features, event.reason) == (EventKind.SCOPE, ("Gift wrapping",), "too late")
    look(Ledger(store), NOW)
    assert new_events(store, product, NOW) == []
    store.execute("scope_save", **of, feature="WEB-212", title="Wish lists", disposition="frozen")
    (event,) = new_events(store, product, NOW)
    assert event.features == ("Wish lists",)


def test_a_killed_run_goes_on_where_it_ended(folder: Path, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    moved(store)
    monkeypatch.setattr("release_ops.operators.expectations.deliver", _refuse)
    made, sent, problems = look(Ledger(store), NOW)
    assert (made, sent) == (1, 0)
    assert "Contoso was not told: outbox: OSError: full" in problems[0]
    monkeypatch.undo()
    monkeypatch.setenv("RELEASE_OPS_PRODUCTS", str(folder))
    monkeypatch.setenv("RELEASE_OPS_HOME", str(folder / "home"))
    assert look(Ledger(store), NOW + timedelta(minutes=15)) == (0, 1, [])


def _refuse(*_: object) -> None:
    raise OSError("full")


def test_parties_are_the_register_and_the_audiences() -> None:
    person = Stakeholder(
        id="contoso",
        name="Contoso",
        type=StakeholderType.CLIENT,
        influence=5,
        interest=5,
        audience="customers",
        level=Level.EXECUTIVE,
        availability=Availability(),
        concerns=(Concern(topic=Topic.COST, text="Who pays?"),),
    )
    found = parties_of(PRODUCT, (person,))
    assert found[0].strategy == "manage_closely"
    assert found[0].detail == "summary"
    assert found[0].concerns == (("cost", "Who pays?"),)
    assert [one.id for one in found[1:]] == list(PRODUCT.channels)
    assert not any(one.is_person for one in found[1:])
