"""Answers of the demo's customers and partners to a quarterly survey, as another tool would export them.

They are made up, from a fixed seed: all is well for a year, then the new checkout makes customers unhappy. Executives and
press are so few that they stay hidden.
"""

from __future__ import annotations

import csv
import random
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

SEED = 20_261_127
QUARTERS = 6
NAME = "survey_relationship.csv"
COLUMNS = ("id", "person", "survey_type", "score", "comment", "created_at", "segment")

Shares = tuple[float, float]
"""Of promoters and of detractors."""


class Crowd(NamedTuple):
    """A group: how many of them answer, what they think usually and in the last quarter."""

    answers: int
    usual: Shares
    last: Shares


CROWDS: Mapping[str, Crowd] = {
    "customers": Crowd(64, (0.52, 0.17), (0.22, 0.5)),
    "partners": Crowd(14, (0.42, 0.2), (0.4, 0.22)),
    "support": Crowd(9, (0.5, 0.15), (0.45, 0.2)),
    "executives": Crowd(3, (0.4, 0.3), (0.4, 0.3)),
    "press": Crowd(6, (0.3, 0.3), (0.3, 0.3)),
}
GLAD = (
    "Search finds what I mean, even when I mistype.",
    "Support called me back within the hour.",
    "Fast, and the order page says everything.",
    "Would not want to go back to the old shop.",
)
MILD = ("Good, but vouchers cannot be combined.", "Fine. A dark colour scheme would help in the evening.")
SORRY = (
    "The new checkout on one page loses my address when I go back.",
    "Paying by bank transfer takes three tries since the last release.",
    "The checkout is slow on the phone. Call me: +49 30 5550 1234.",
    "Guest orders ask for an account again. Regards, Thomas Weber",
    "I wrote to anna.schmidt@example.com twice and nobody answered.",
)


def write_answers(folder: Path, at: datetime) -> list[str]:
    """Write the export if it is not there yet; its name. The last answers are of the quarter before `at`."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / NAME
    if path.exists():
        return []
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        writer.writerows(_rows(_quarters(at.date())))
    return [NAME]


def _quarters(today: date) -> list[date]:
    """First days of the quarters that are over, the last QUARTERS of them."""
    month = today.year * 12 + (today.month - 1) // 3 * 3
    return [date((month - 3 * back) // 12, (month - 3 * back) % 12 + 1, 1) for back in range(QUARTERS, 0, -1)]


def _rows(quarters: Sequence[date]) -> Iterator[tuple[object, ...]]:
    chance = random.Random(SEED)  # noqa: S311 - made-up answers
    identity = 5400
    for first in quarters:
        for name, crowd in CROWDS.items():
            promoters, detractors = crowd.last if first == quarters[-1] else crowd.usual
            for _ in range(crowd.answers + chance.randint(0, crowd.answers // 8)):
                identity += 1
                draw = chance.random()
                if draw < promoters:
                    score, words = chance.choice((9, 10)), GLAD
                elif draw < 1 - detractors:
                    score, words = chance.choice((7, 8)), MILD
                else:
                    score, words = chance.choice((2, 3, 4, 5, 6)), SORRY
                said = chance.choice(words) if chance.random() < 0.45 else ""
                at = datetime(first.year, first.month, first.day, 9, tzinfo=UTC) + timedelta(
                    hours=chance.randint(200, 700)
                )
                yield identity, identity + 90_000, "nps", score, said, int(at.timestamp()), name
