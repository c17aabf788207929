"""What is said in the messages that are due: the letter of its kind, of the releases that it is about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from release_ops.domain.message_facts import Facts
from release_ops.domain.model import Channel, Product, Release
from release_ops.domain.stakeholder_policy import Stakeholder
from release_ops.messages import Letter, compose
from release_ops.operators.announce import Message, format_of
from release_ops.operators.announce import compose as compose_notice
from release_ops.operators.health_reading import active_releases
from release_ops.operators.letters import as_message, read_facts
from release_ops.stakeholder_plan import Registers
from release_ops.store import Row, Store


class NothingToTell(Exception):
    """There is no release that a regular update could be about."""


class Texts:
    """Letters, with the facts of every release read once."""

    def __init__(self, store: Store, registers: Registers, now: datetime) -> None:
        self._store, self._registers, self._now = store, registers, now
        self._facts: dict[tuple[str, str], Facts] = {}

    def letter(self, row: Row) -> Letter:
        """The letter of a planned message; NothingToTell, ValueError for a kind, audience or detail that is none."""
        if row["version"]:
            product = self._registers[row["product"]][0]
            facts, others = self._of(product, product.release(row["version"])), []
        else:
            facts, *others = self._standing(row["stakeholder"])
            product = facts.product
        audience = reader_of(product, row["audience"])
        detail = row["detail"] if row["detail"] in product.messages.details else ""
        return compose(row["kind"], audience, facts, detail=detail, others=others)

    def message(self, row: Row, key: str, channel: Channel) -> Message:
        """The same, as a channel takes it."""
        return as_message(self.letter(row), key, channel)

    def notice(self, row: Row, key: str, channel: Channel, *, who: str, product: Product) -> Message:
        """What the owner of a message is told: that it reached nobody, why, and what it would have said."""
        words: Mapping[str, Any] = {"product": product, "row": row, "who": who, "letter": self.letter(row)}
        return compose_notice("undelivered", key, format_of(channel), words)

    def _standing(self, stakeholder: str) -> Sequence[Facts]:
        found: list[tuple[Product, Release]] = []
        for product, people in self._registers.values():
            if any(one.id == stakeholder for one in people):
                found += [(product, release) for release in active_releases(self._store, product, self._now)]
        if not found:
            raise NothingToTell("no release of their products is under way")
        return [self._of(product, release) for product, release in sorted(found, key=lambda one: one[1].ga)]

    def _of(self, product: Product, release: Release) -> Facts:
        key = (product.id, release.version)
        if key not in self._facts:
            self._facts[key] = read_facts(self._store, product, release, self._now)
        return self._facts[key]


def reader_of(product: Product, audience: str) -> str:
    """Audience of messages whose words somebody reads: their own where there are words for it."""
    return audience if audience in product.messages.audiences else product.stakeholders.reads_as


def name_of(people: Sequence[Stakeholder], row: Row) -> str:
    """Who a message is for, as people call them."""
    return next((one.name for one in people if one.id == row["stakeholder"]), row["audience"] or row["stakeholder"])
