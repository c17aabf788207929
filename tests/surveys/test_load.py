"""Hundreds of people at once on the real page, served by two processes: every answer is there once, nothing else is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from release_ops.survey_box import close
from tests.surveys.crowd import EXPECTED, Person, run
from tests.surveys.serve import serving
from tests.surveys.town import PLAN, SECRET, Town, respondents

PEOPLE = 240
NAME, OVER = "webapp:customers:2026-Q4", "webapp:customers:2026-Q3"


def crowd(town: Town, people: int) -> list[Person]:
    """People of an open round, each with the link of one that is over too."""
    town.write(
        plans={"customers": PLAN}, people=respondents(("customers", people)), at_most_every="1d", stakeholders=False
    )
    town.open(datetime(2026, 7, 1, 8, tzinfo=UTC))
    town.open(datetime(2026, 10, 1, 8, tzinfo=UTC))
    opened = datetime.now(UTC).replace(microsecond=0)
    with town.store.connect() as connection:
        connection.execute(
            "UPDATE release_ops.survey_round SET opened_at = %s, closes_at = %s WHERE round = %s",
            [opened, opened + timedelta(days=14), NAME],
        )
    open_links, old = town.tokens(NAME), town.tokens(OVER)
    return [
        Person(token=token, late=old[person], score=number % 11, comment=f"comment of {person}")
        for number, (person, token) in enumerate(open_links.items())
    ]


def test_every_answer_is_kept_once_and_nothing_else(town: Town, tmp_path: Path) -> None:
    people = crowd(town, PEOPLE)
    with serving(town.store.dsn, SECRET.text, workers=2, log=tmp_path / "server.log") as url:
        tally = run(url, people, clients=12, seed=7)
    assert set(tally.seen) == EXPECTED
    assert tally.seen["open", 200] == PEOPLE
    close(town.store, NAME, town.known, now=datetime.now(UTC))
    kept = town.rows("SELECT comment, score FROM release_ops.survey_answer WHERE round = %(name)s", name=NAME)
    assert sorted((row["comment"], row["score"]) for row in kept) == sorted((one.comment, one.score) for one in people)
    assert town.rows("SELECT * FROM release_ops.survey_spent") == []
