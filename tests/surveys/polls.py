"""Closed rounds put into the tables as they are when a round closes: answers without order, groups with who was asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from release_ops.store import Store

FIRST = datetime(2026, 1, 15, 8, tzinfo=UTC)
Groups = Mapping[str, tuple[int | None, Sequence[int]]]


def close_round(
    store: Store,
    place: int,
    groups: Groups,
    *,
    kind: str = "nps",
    survey: str = "customers",
    comments: Sequence[str] = (),
) -> str:
    """Put round number `place` into the tables, in that month of 2026; `comments` go to the first answers of each group."""
    occasion = f"2026-{place + 1:02}"
    name = f"webapp:{survey}:{occasion}"
    opened = FIRST + timedelta(days=30 * place)
    low, high = {"nps": (0, 10), "csat": (1, 5), "ces": (1, 7)}[kind]
    with store.connect() as connection:
        connection.execute(
            "INSERT INTO release_ops.survey_round (round, product, survey, occasion, kind, title, source, state, scale_low, "
            "scale_high, minimum, opened_at, closes_at, closed_at) VALUES (%s, 'webapp', %s, %s, %s, 'Customers', 'page', "
            "'closed', %s, %s, 5, %s, %s, %s)",
            (name, survey, occasion, kind, low, high, opened, opened + timedelta(14), opened + timedelta(14)),
        )
        for number, (audience, (invited, scores)) in enumerate(groups.items()):
            connection.execute(
                "INSERT INTO release_ops.survey_group VALUES (%s, %s, %s, %s)", (name, number, audience, invited)
            )
            for place_in, score in enumerate(scores):
                comment = comments[place_in] if place_in < len(comments) else ""
                connection.execute(
                    "INSERT INTO release_ops.survey_answer (round, audience, score, comment) VALUES (%s, %s, %s, %s)",
                    (name, audience, score, comment),
                )
    return name


def late(store: Store, round_: str, audience: str, scores: Sequence[int]) -> None:
    """Answers that came after the round was reported."""
    store.copy("survey_late_copy", ((round_, audience, score, "") for score in scores))


def rows(store: Store, statement: str) -> list[dict[str, Any]]:
    """What a data team reads."""
    with store.connect() as connection:
        return connection.execute(statement).fetchall()  # type: ignore[call-overload, no-any-return]
