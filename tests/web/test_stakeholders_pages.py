"""The page of stakeholders: what it counts and shows is what the rows say, and nobody's address is on it."""

from __future__ import annotations

import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from release_ops.web.stakeholders import PAGE, grid_places, read_stakeholders, rounds
from release_ops.web.stakeholders_model import STATES, Person
from release_ops.web.stakeholders_picture import MOST, grid
from tests.web.conftest import Site
from tests.web.filled import put

pytestmark = pytest.mark.xdist_group("web")

PATH = "/release-ops/stakeholders"
JSON = {"Accept": "application/json"}
NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
SECRET = "eva.private@example.org"


def person(product: str = "webapp", identity: str = "eva", **facts: Any) -> dict[str, Any]:
    return {
        **{
            "product": product,
            "id": identity,
            "name": f"{identity.capitalize()} <b>&",
            "role": "Chief",
            "type": "client",
        },
        **{"influence": 5, "interest": 4, "strategy": "manage_closely", "cadence": "weekly", "by_hand": False},
        **{"audience": "customers", "level": "business", "zone": "UTC", "source": "file", "known_from": NOW},
        "channels": [{"kind": "email", "connection": "smtp_secret", "to": SECRET}, {"kind": "outbox"}],
        "concerns": [{"topic": "cost", "text": "a secret worry"}],
        **facts,
    }


def message(number: int, state: str, **facts: Any) -> dict[str, Any]:
    due = NOW + timedelta(hours=number)
    return {
        **{"key": f"k{number}", "product": "webapp", "version": "2.8.0", "phase": "plan", "title": "The plan"},
        **{"kind": "brief", "audience": "customers", "stakeholder": "eva", "channel_kind": "email"},
        **{"first_due_at": due, "due_at": due, "useful_until": due + timedelta(days=2), "state": state},
        **{"sent_at": due if state == "sent" else None, "planned_at": NOW, "changed_at": NOW},
        **facts,
    }


def write(site: Site, people: list[dict[str, Any]], messages: list[dict[str, Any]]) -> None:
    with site.store.connect() as connection:
        put(connection, "stakeholder", *people)
        put(connection, "stakeholder_message", *messages)


def test_only_who_may_read_the_updates_sees_them_and_nobody_sees_an_address(site: Site):
    write(site, [person()], [message(1, "sent")])
    assert site.get_as("carla", PATH).status_code == 403
    assert site.stranger.get(PATH).status_code == 401
    for answer in (site.reader.get(PATH), site.reader.get(PATH, headers=JSON)):
        assert answer.status_code == 200
        assert "manage_closely" in answer.text or "Manage closely" in answer.text
        for secret in (SECRET, "smtp_secret", "a secret worry"):
            assert secret not in answer.text
    assert "<b>&" not in site.reader.get(PATH).text, "a name is text"


def test_its_counts_are_those_of_the_rows(site: Site):
    chance = random.Random(19)
    people = [
        person(identity=f"p{number}", influence=chance.randint(1, 5), interest=chance.randint(1, 5))
        for number in range(30)
    ]
    rows = [
        message(
            number,
            chance.choice(STATES),
            stakeholder=f"p{chance.randrange(30)}",
            product=chance.choice(("webapp", "shop")),
        )
        for number in range(140)
    ]
    write(site, people, rows)
    shown = site.reader.get(f"{PATH}?product=webapp", headers=JSON).json()
    mine = [row for row in rows if row["product"] == "webapp"]
    assert shown["counts"] == {state: Counter(row["state"] for row in mine)[state] for state in STATES}
    assert shown["pages"]["total"] == len(mine)
    for one in shown["people"]:
        own = [row for row in mine if row["stakeholder"] == one["id"]]
        sent = [row["sent_at"] for row in own if row["sent_at"]]
        following = [row["due_at"] for row in own if row["state"] in {"due", "held", "failed"}]
        assert one["last_sent_at"] == (max(sent).isoformat().replace("+00:00", "Z") if sent else None)
        assert one["next_due_at"] == (min(following).isoformat().replace("+00:00", "Z") if following else None)
        assert one["troubled"] == sum(row["state"] in {"failed", "escalated"} for row in own)
    opened = [one["key"] for one in shown["messages"] if one["state"] in {"due", "held", "failed"}]
    assert [one["key"] for one in shown["messages"]][: len(opened)] == opened, "what is open stands first"
    assert len(shown["messages"]) == min(PAGE, len(mine))


def test_every_state_can_be_chosen(site: Site):
    write(site, [person()], [message(number, state) for number, state in enumerate(STATES)])
    for state in STATES:
        shown = site.reader.get(f"{PATH}?state={state}", headers=JSON).json()
        assert [one["state"] for one in shown["messages"]] == [state]
        assert all(shown["counts"][one] == 1 for one in STATES), "the counts are of all states"
    assert site.reader.get(f"{PATH}?state=lost").status_code == 400


def test_a_digest_of_several_products_is_shown_with_each_of_them(site: Site):
    write(site, [person(), person("shop")], [message(1, "due", product="*", version="", phase="digest")])
    for product in ("webapp", "shop"):
        assert len(site.reader.get(f"{PATH}?product={product}", headers=JSON).json()["messages"]) == 1
    assert site.reader.get(f"{PATH}?product=other", headers=JSON).json()["messages"] == []


def test_an_escalated_message_says_who_was_told_instead(site: Site):
    write(
        site,
        [person()],
        [
            message(1, "escalated", attempts=4, error="550 no such user", escalated_to="k2"),
            message(
                2,
                "sent",
                phase="escalation",
                channel_kind="outbox",
                audience="engineering",
                stakeholder="",
                escalates="k1",
            ),
        ],
    )
    text = site.reader.get(PATH).text
    assert "refused 4 times, then to the owner (sent)" in text
    assert "550 no such user" in text
    assert "1 refused" in text


def test_the_matrix_is_that_of_the_product_file(site: Site):
    write(site, [person()], [])
    found = site.reader.get(f"{PATH}?product=webapp", headers=JSON).json()["matrix"]
    rows = {row["title"]: row["times"] for row in found["rows"]}
    assert rows["The plan"] == {"major": "4 weeks before", "minor": "2 weeks before", "patch": "3 days before"}
    assert rows["Emergency release"] == {"hotfix": "at once"}
    assert rows["Security release"] == {"security": "at once"}
    assert rows["Release day"]["minor"] == "on the day, once completed"
    assert rows["A week after"]["patch"] == "1 week after, once completed"


def test_without_a_register_it_says_how_to_write_one(site: Site):
    assert "Nobody is registered and nothing is due." in site.reader.get(PATH).text
    answer = read_stakeholders(site.store, product=None, state=None, page=1, products=[])
    assert (answer.people, answer.messages, answer.counts) == ((), (), dict.fromkeys(STATES, 0))


def test_everybody_has_a_place_in_the_grid():
    people = [
        Person.model_construct(number=number, interest=1 + number % 5, influence=1 + number // 5 % 5)
        for number in range(1, 61)
    ]
    places = grid_places(people)
    assert sorted(number for numbers in places.values() for number in numbers) == list(range(1, 61))
    crowded = {(5, 5): list(range(1, MOST + 4))}
    drawn = str(grid(crowded, {1: "<Eva>"}, influence=4, interest=4))
    assert f">+{MOST + 3 - (MOST - 1)}<" in drawn
    assert "&lt;Eva&gt;" in drawn
    for title in ("manage closely", "keep satisfied", "keep informed", "monitor"):
        assert title in drawn


def test_what_goes_alike_to_several_is_one_line_and_what_differs_is_not(site: Site):
    alike = {"first_due_at": NOW, "due_at": NOW}
    write(
        site,
        [person(), person(identity="ben")],
        [
            *(message(1, "due", **alike), message(2, "due", **alike, stakeholder="ben")),
            message(3, "due", **alike, stakeholder="", channel_kind="slack"),
            message(4, "held", **alike, stakeholder="", why="outside their hours"),
        ],
    )
    found = read_stakeholders(site.store, product=None, state=None, page=1, products=[])
    lines = {(one.first.state, one.first.channel_kind): len(one.readers) for one in rounds(found.messages)}
    assert lines == {("due", "email"): 2, ("due", "slack"): 1, ("held", "email"): 1}


def concern(number: int, **facts: Any) -> dict[str, Any]:
    return {
        **{"id": f"c-{number}", "product": "webapp", "version": "2.8.0", "stakeholder": "eva", "topic": "date"},
        **{"text": "a secret worry", "received_at": NOW, "due_at": NOW + timedelta(hours=24), "owner": "mia"},
        **facts,
    }


def test_concerns_are_shown_with_their_times_and_without_their_words(site: Site):
    answered = {"answer": "a secret answer", "answered_by": "mia"}
    with site.store.connect() as connection:
        put(connection, "stakeholder", person())
        put(
            connection,
            "concern",
            concern(1, reminders=2),
            concern(2, **answered, answered_at=NOW + timedelta(hours=2)),
            concern(3, **answered, answered_at=NOW + timedelta(hours=30)),
            concern(4, product="other"),
        )
    found = site.reader.get(f"{PATH}?product=webapp", headers=JSON).json()["concerns"]
    assert (found["total"], found["open"], found["in_time"]) == (3, 1, 1)
    assert [one["id"] for one in found["shown"]] == ["c-1", "c-3", "c-2"]
    text = site.reader.get(f"{PATH}?product=webapp").text
    for said in ("1 of 3 wait for an answer; 1 were answered in time", "overdue", "reminded 2 times", "answered late"):
        assert said in text
    assert "secret" not in text


def test_news_says_how_many_it_touches_and_links_the_plan(site: Site):
    event = {"product": "webapp", "version": "2.8.0", "kind": "slip", "event": "2026-11-20T090000Z"}
    with site.store.connect() as connection:
        put(
            connection,
            "expectation_event",
            {
                **event,
                "title": "the <b>release",
                "happened_at": NOW,
                "old_on": NOW.date(),
                "new_on": NOW.date(),
                "planned_at": NOW,
            },
        )
        put(
            connection,
            "expectation",
            {**event, "party": "eva", "is_person": True, "name": "Eva", "stated": 1, "next_contact_on": NOW.date()},
            {
                **{**event, "party": "customers", "is_person": False, "name": "Customers", "told_at": NOW},
                **{"told_by": "announcement", "next_contact_on": NOW.date() + timedelta(days=2)},
            },
        )
    (news,) = site.reader.get(PATH, headers=JSON).json()["news"]
    assert (news["touched"], news["concerned"], news["told"]) == (2, 1, 1)
    assert news["next_contact_on"] == str(NOW.date())
    text = site.reader.get(PATH).text
    assert "1 of 2" in text
    assert "/artifacts/webapp/2.8.0/expectations/expectations-slip-2026-11-20T090000Z.md" in text
    assert "<b>release" not in text
