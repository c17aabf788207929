"""The register and what is due, into the tables: planned anew every time, so that what moves, goes or comes is followed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from release_ops.domain.due_messages import DueMessage, Occurrence, digests, due_messages
from release_ops.domain.model import Product
from release_ops.domain.stakeholder_policy import Stakeholder
from release_ops.domain.stakeholders import treatment_of
from release_ops.stakeholder_register import read_register
from release_ops.store import Store

LOOK_BACK = timedelta(days=30)
"""How long ago something may have happened to a release and still have a message to come."""
GONE = "no longer asked for: the release, the phase, the audience or the stakeholder is gone"

Registers = dict[str, tuple[Product, Sequence[Stakeholder]]]


def read_registers(products: Mapping[str, Product], folder: Path, now: datetime) -> tuple[Registers, dict[str, str]]:
    """Products with their registers, and by product what of a register cannot be read. `folder` has the product files."""
    registers: Registers = {}
    problems: dict[str, str] = {}
    for key, product in products.items():
        try:
            registers[key] = (product, read_register(product, folder=folder, now=now))
        except Exception as error:  # of a database or an object store, each has its own
            problems[key] = f"{key}: the register cannot be read: {error}"
    return registers, problems


def plan(store: Store, registers: Registers, *, whole: bool, now: datetime) -> dict[str, DueMessage]:
    """Write registers and due messages; returns the messages by key.

    `whole`: every product file and register could be read, so that what is not among them is gone. Without it nothing of
    the products that are missing is withdrawn, nor any digest; digests are then of the products that are there.
    """
    found: dict[str, DueMessage] = {}
    with store.transaction():
        store.execute("stakeholder_messages_settle", at=now)
        for product, people in registers.values():
            save_register(store, product, people, now)
            for message in of_product(store, product, people, now):
                found[message.key] = message
        since = {row["stakeholder"]: row["since"] for row in store.all("stakeholder_digests_since")}
        for message in digests(registers.values(), since=since, now=now):
            found[message.key] = message
        store.execute("stakeholder_message_plan", messages=[as_row(one) for one in found.values()], at=now)
        store.execute(
            "stakeholder_messages_withdraw",
            products=[*registers],
            whole=whole,
            keys=[*found],
            why=GONE,
            at=now,
        )
    return found


def of_product(store: Store, product: Product, people: Sequence[Stakeholder], now: datetime) -> list[DueMessage]:
    """What the matrix asks for, with what has happened to the releases."""
    occurrences = [
        Occurrence(product=product.id, **row)
        for row in store.all(
            "stakeholder_events",
            product=product.id,
            environment=product.delivery.production,
            since=now - LOOK_BACK,
            at=now,
        )
    ]
    first_seen = [one.id for one in product.communication if one.at_once or (one.event and not one.has_rule)]
    known = {
        row["key"]: row["due_at"]
        for row in store.all("stakeholder_messages_known", product=product.id, phases=first_seen)
    }
    return due_messages(product, people, occurrences, known_at=known, now=now)


def save_register(store: Store, product: Product, people: Sequence[Stakeholder], now: datetime) -> None:
    """Make the table the register; who is gone has left."""
    rows = [_person(product, one) for one in people]
    store.execute("stakeholder_save", product=product.id, people=rows, at=now)
    store.execute("stakeholders_leave", product=product.id, ids=[one.id for one in people], at=now)


def _person(product: Product, person: Stakeholder) -> dict[str, Any]:
    treatment = treatment_of(person, product.stakeholders)
    names = (
        *("id", "name", "role", "type", "influence", "interest", "reason", "audience", "level", "language", "owner"),
        "source",
    )
    return {
        **{name: getattr(person, name) for name in names},
        "strategy": treatment.strategy,
        "cadence": treatment.cadence,
        "by_hand": treatment.by_hand,
        "zone": person.availability.zone,
        "channels": [asdict(one) for one in person.channels],
        "concerns": [asdict(one) for one in person.concerns],
    }


def as_row(message: DueMessage) -> dict[str, Any]:
    """A message as the table has it."""
    names = (
        *("key", "product", "version", "phase", "title", "kind", "audience", "stakeholder", "detail", "language"),
        *("emergency", "due_at", "useful_until", "waits_for"),
    )
    return {**{name: getattr(message, name) for name in names}, "channel_kind": message.channels[0].kind}
