"""Anonymous means anonymous: nothing in the database leads from an answer to an invitation, or from a link to an answer."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta
from typing import Any

import pytest
from scipy.stats import spearmanr

from release_ops.domain.survey_links import spent, write
from release_ops.survey_box import close, mix
from release_ops.survey_seal import SealError, unseal
from tests.surveys.town import ANOTHER, NOW, PLAN, SECRET, Town, respondents

NAME = "webapp:customers:2026-Q4"
PEOPLE = 240


@pytest.fixture
def crowd(town: Town) -> Town:
    """A round with many people, so that an order that was kept could not pass for chance."""
    town.write(plans={"customers": PLAN}, people=respondents(("customers", PEOPLE)))
    town.open()
    return town


def everybody_answers(town: Town, *, until: int = PEOPLE) -> list[str]:
    """Persons in the order in which they answered; each says who it is, which only the test may know."""
    links = town.links()
    order = sorted(links)[:until]
    for person in order:
        town.answer(links[person], form=secrets.token_bytes(16), comment=f"I am {person}")
    return order


def everything(town: Town) -> dict[str, list[dict[str, Any]]]:
    """Each row of each table of ours, as text and with what PostgreSQL itself notes of a row."""
    tables = town.rows(
        "SELECT schemaname || '.' || tablename AS name FROM pg_tables WHERE schemaname IN ('release_ops', 'release_metrics')"
    )
    return {
        row["name"]: town.rows(f"SELECT t::text AS said, t.xmin::text, t.xmax::text, t.ctid::text FROM {row['name']} t")
        for row in tables
    }


def answers_in_place(town: Town) -> list[dict[str, Any]]:
    return town.rows("SELECT *, xmin::text, ctid FROM release_ops.survey_answer ORDER BY ctid")


def test_an_answer_has_no_time_no_counter_and_no_person(town: Town) -> None:
    columns = {
        row["column_name"]: (row["data_type"], row["column_default"])
        for row in town.rows(
            "SELECT column_name, data_type, column_default FROM information_schema.columns "
            "WHERE table_schema = 'release_ops' AND table_name = 'survey_answer'"
        )
    }
    assert columns == {
        "id": ("uuid", "gen_random_uuid()"),
        "round": ("text", None),
        "audience": ("text", None),
        "score": ("smallint", None),
        "comment": ("text", "''::text"),
        "wave": ("smallint", None),
    }
    assert (
        town.rows(
            "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
            "WHERE n.nspname = 'release_ops' AND c.relkind = 'S' AND c.relname LIKE 'survey%%'"
        )
        == []
    )


def test_answering_changes_nothing_at_an_invitation(crowd: Town) -> None:
    state = "SELECT i::text, xmin::text, xmax::text, ctid::text FROM release_ops.survey_invitation i ORDER BY person"
    before = crowd.rows(state)
    everybody_answers(crowd)
    assert crowd.rows(state) == before
    close(crowd.store, NAME, crowd.known, now=NOW + timedelta(days=14))
    assert crowd.rows(state) == before


def test_no_trace_of_a_link_is_left_when_the_round_is_closed(crowd: Town) -> None:
    links = crowd.links()
    everybody_answers(crowd)
    close(crowd.store, NAME, crowd.known, now=NOW + timedelta(days=14))
    kept = "\n".join(row["said"] for rows in everything(crowd).values() for row in rows)
    assert "I am ada-0@customers.example.org" in kept
    for link in links.values():
        text = write(link, SECRET)
        traces = [text.encode(), link.nonce, spent(link, SECRET)]
        traces += [digest(one).digest() for one in traces for digest in (hashlib.sha256, hashlib.md5, hashlib.sha1)]
        for trace in traces:
            assert trace.hex() not in kept
    assert text not in kept


def test_answers_are_written_at_once_and_in_an_order_that_is_nobodys(crowd: Town) -> None:
    order = everybody_answers(crowd)
    close(crowd.store, NAME, crowd.known, now=NOW + timedelta(days=14))
    found = answers_in_place(crowd)
    assert {row["comment"] for row in found} == {f"I am {person}" for person in order}
    # One transaction: no row tells when it was written, and no other row of anybody was written with it but the round.
    (transaction,) = {row["xmin"] for row in found}
    beside = {name for name, rows in everything(crowd).items() if any(row["xmin"] == transaction for row in rows)}
    assert beside == {"release_ops.survey_answer", "release_ops.survey_round"}
    place = {row["comment"].removeprefix("I am "): number for number, row in enumerate(found)}
    by_id = {row["comment"].removeprefix("I am "): float(row["id"].int) for row in found}
    invited = [row["person"] for row in crowd.rows("SELECT person FROM release_ops.survey_invitation ORDER BY ctid")]
    for earlier in (order, invited):
        for later in (place, by_id):
            rho = spearmanr(range(PEOPLE), [later[person] for person in earlier]).statistic
            assert abs(rho) < 0.33  # by chance once in ten million times


def test_nothing_is_left_in_the_box_not_even_what_was_deleted(crowd: Town) -> None:
    everybody_answers(crowd)
    mix(crowd.store, crowd.round(), crowd.known)
    close(crowd.store, NAME, crowd.known, now=NOW + timedelta(days=14))
    sizes = crowd.rows(
        "SELECT pg_relation_size('release_ops.survey_sealed') + pg_relation_size('release_ops.survey_spent') "
        "+ pg_relation_size(reltoastrelid) AS bytes FROM pg_class WHERE oid = 'release_ops.survey_sealed'::regclass"
    )
    assert sizes == [{"bytes": 0}]


def test_in_an_open_round_the_database_cannot_read_answers(crowd: Town) -> None:
    everybody_answers(crowd, until=10)
    crowd.answer(crowd.links()["ada-99@customers.example.org"], comment="")
    kept = "\n".join(row["said"] for rows in everything(crowd).values() for row in rows)
    assert "I am" not in kept
    assert b"I am".hex() not in kept
    assert len({row["n"] for row in crowd.rows("SELECT octet_length(sealed) AS n FROM release_ops.survey_sealed")}) == 1


def test_equal_answers_do_not_look_equal(crowd: Town) -> None:
    for link in list(crowd.links().values())[:20]:
        crowd.answer(link, score=10, comment="Fine")
    found = [bytes(row["sealed"]) for row in crowd.rows("SELECT sealed FROM release_ops.survey_sealed")]
    # The first four bytes name the secret, all others differ.
    assert len({one[4:20] for one in found}) == len({one[20:36] for one in found}) == 20


def test_after_mixing_not_even_the_secret_tells_whose_answer_it_is(crowd: Town) -> None:
    order = everybody_answers(crowd, until=100)
    assert mix(crowd.store, crowd.round(), crowd.known) == 100
    used = {row["xmin"] for row in crowd.rows("SELECT xmin::text FROM release_ops.survey_spent")}
    boxed = crowd.rows("SELECT xmin::text, sealed FROM release_ops.survey_sealed ORDER BY ctid")
    assert len({row["xmin"] for row in boxed}) == 1
    assert not {row["xmin"] for row in boxed} & used
    opened = [unseal(bytes(row["sealed"]), crowd.round()["id"], crowd.known).comment for row in boxed]
    assert sorted(opened) == sorted(f"I am {person}" for person in order)
    rho = spearmanr(range(100), [opened.index(f"I am {person}") for person in order]).statistic
    assert abs(rho) < 0.52  # by chance once in ten million times


def test_a_batch_that_is_too_small_to_hide_in_is_not_mixed(crowd: Town) -> None:
    everybody_answers(crowd, until=4)
    before = crowd.rows("SELECT * FROM release_ops.survey_sealed ORDER BY id")
    assert mix(crowd.store, crowd.round(), crowd.known) == 0
    assert crowd.rows("SELECT * FROM release_ops.survey_sealed ORDER BY id") == before


def test_without_its_secret_the_box_stays_shut_and_whole(crowd: Town) -> None:
    everybody_answers(crowd, until=10)
    with pytest.raises(SealError, match="add it to `previous`"):
        close(crowd.store, NAME, (ANOTHER,), now=NOW + timedelta(days=14))
    assert crowd.round()["state"] == "open"
    assert close(crowd.store, NAME, (ANOTHER, SECRET), now=NOW + timedelta(days=14)) == 10


def test_a_small_audience_is_not_even_noted(town: Town) -> None:
    town.open()
    links = town.links()
    for person, link in links.items():
        town.answer(link, form=secrets.token_bytes(16), comment=person.partition("@")[2])
    close(town.store, NAME, town.known, now=NOW + timedelta(days=14))
    told = {row["comment"]: row["audience"] for row in answers_in_place(town)}
    # Two executives are too few, and the two together would be a group of two: support joins them.
    assert told == {
        "customers.example.org": "customers",
        "support.example.org": "*",
        "executives.example.org": "*",
    }


@pytest.mark.parametrize(("early", "late", "told"), [(6, 5, {1: 6, 2: 5}), (6, 4, {None: 10}), (10, 0, {1: 10})])
def test_waves_are_told_only_where_both_are_large_enough(town: Town, early: int, late: int, told: dict) -> None:
    town.open()
    for number, link in enumerate(list(town.links().values())[: early + late]):
        town.answer(link, form=secrets.token_bytes(16), wave=1 if number < early else 2)
    close(town.store, NAME, town.known, now=NOW + timedelta(days=14))
    found = [row["wave"] for row in answers_in_place(town)]
    assert {wave: found.count(wave) for wave in set(found)} == told
