"""Registers, matrices and messages to people, read for the page."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from release_ops.domain.model import Product, ReleaseType
from release_ops.domain.plan_policy import Phase
from release_ops.domain.stakeholder_policy import StakeholderPolicy
from release_ops.store import Row as Found
from release_ops.store import Store
from release_ops.web.parts import Pages
from release_ops.web.stakeholders_model import STATES, Matrix, Person, Row, StakeholdersAnswer, Told
from release_ops.web.stakeholders_news import read_concerns, read_news

PEOPLE = 200
"""Stakeholders that are shown."""
PAGE = 50
"""Messages on a page."""
_RULE = re.compile(r"([+-])(\d+)(w|d|bd)")
_UNITS = {"w": "week", "d": "day", "bd": "business day"}


def read_stakeholders(
    store: Store, *, product: str | None, state: str | None, page: int, products: Sequence[Product]
) -> StakeholdersAnswer:
    """The page, in four queries. `products` are those whose files can be read and that are shown."""
    with store.transaction():
        people = store.all("stakeholders_board", product=product, limit=PEOPLE)
        messages = store.all(
            "stakeholder_messages_board", product=product, state=state, limit=PAGE, offset=PAGE * (page - 1)
        )
        concerns, news = read_concerns(store, product), read_news(store, product)
    policy = products[0].stakeholders if products else StakeholderPolicy()
    return StakeholdersAnswer(
        people=tuple(_person(number, row) for number, row in enumerate(people, 1)),
        people_total=people[0]["total"] if people else 0,
        high_influence=policy.high_influence,
        high_interest=policy.high_interest,
        concerns=concerns,
        news=news,
        matrix=matrix_of(products[0]) if len(products) == 1 else None,
        messages=tuple(Told(**{name: row[name] for name in Told.model_fields}) for row in messages),
        counts={name: messages[0][name] if messages else 0 for name in STATES},
        pages=Pages(number=page, size=PAGE, total=messages[0]["total"] if messages else 0),
    )


def _person(number: int, row: Found) -> Person:
    same = {name: row[name] for name in Person.model_fields if name not in {"number", "topics"}}
    topics = dict.fromkeys(str(one.get("topic", "other")) for one in row["concerns"])
    return Person(number=number, topics=tuple(topics), **same)


def matrix_of(product: Product) -> Matrix:
    """The matrix of a product as people read it."""
    rows = []
    for phase in product.communication:
        times = {kind.value: when(phase, kind) for kind in ReleaseType if phase.is_for(kind)}
        if times:
            rows.append(
                Row(
                    title=phase.title,
                    what=phase.what,
                    kind=phase.kind,
                    audiences=tuple(product.channels) if "*" in phase.audiences else phase.audiences,
                    times=times,
                    details={kind: phase.details[kind] for kind in times if kind in phase.details},
                )
            )
    return Matrix(product=product.id, types=tuple(kind.value for kind in ReleaseType), rows=tuple(rows))


def when(phase: Phase, kind: str) -> str:
    """When a phase is due for a type of release, `4 weeks before`."""
    if phase.at_once:
        return "at once"
    rule = phase.rule_for(kind)
    event = phase.event.replace("_", " ")
    if not rule:
        return f"when {event}"
    words = "on the day" if rule == "ga" else _words(rule)
    return f"{words}, once {event}" if event else words


def _words(rule: str) -> str:
    match = _RULE.fullmatch(rule)
    if match is None:
        return rule
    sign, count, unit = match.groups()
    return f"{count} {_UNITS[unit]}{'' if count == '1' else 's'} {'before' if sign == '-' else 'after'}"


@dataclass(frozen=True, slots=True)
class Round:
    """Messages that stand one after the other and differ in their readers alone: one line of the page."""

    first: Told
    readers: tuple[str, ...]


def rounds(messages: Sequence[Told]) -> list[Round]:
    """The messages in their order, those that went alike to several as one."""
    found = []
    for _, some in groupby(messages, key=_occasion):
        alike = tuple(some)
        found.append(Round(alike[0], tuple(one.name or one.audience or one.stakeholder for one in alike)))
    return found


def _occasion(message: Told) -> tuple[Any, ...]:
    names = ("product", "version", "title", "phase", "channel_kind", "emergency", "first_due_at", "due_at", "state")
    more = ("why", "not_before", "attempts", "error", "sent_at", "stands_in", "escalated_by", "escalated_state")
    return tuple(getattr(message, name) for name in names + more)


def grid_places(people: Sequence[Any]) -> dict[tuple[int, int], list[int]]:
    """Numbers of the stakeholders by interest and influence."""
    found: dict[tuple[int, int], list[int]] = {}
    for one in people:
        found.setdefault((one.interest, one.influence), []).append(one.number)
    return found
