"""The register of raised concerns in our tables."""

from __future__ import annotations

from datetime import datetime

from release_ops.domain.concerns import Raised, concern_id, due_at
from release_ops.domain.model import Product
from release_ops.store import Row, Store

SHOWN = 500
"""Concerns that are read at once: all open ones, and the last answers."""


class ConcernProblem(ValueError):
    """A concern that cannot be registered or answered: why, and what to do."""


def register(
    store: Store,
    product: Product,
    stakeholder: str,
    text: str,
    *,
    received_at: datetime,
    topic: str = "other",
    version: str = "",
) -> Raised:
    """Register a concern of a stakeholder of the product; twice is once. ConcernProblem for an unknown one.

    The owner is who looks after the stakeholder, by the register.
    """
    rows = {row["id"]: row["owner"] for row in store.all("concern_owners", product=product.id)}
    people = {one.id: one.owner for one in product.stakeholders.people} | rows
    if stakeholder not in people:
        known = ", ".join(people) or "nobody yet: write them under stakeholders.people"
        raise ConcernProblem(f"{product.id}: stakeholder {stakeholder!r} is not in the register; it has: {known}")
    if version and version not in {one.version for one in product.releases}:
        raise ConcernProblem(
            f"{product.id} plans no release {version}; leave the version out, or name one that it plans"
        )
    if not text.strip():
        raise ConcernProblem("the concern has no text; write down what was said")
    identity = concern_id(product.id, stakeholder, received_at, text)
    store.execute(
        "concern_save",
        id=identity,
        product=product.id,
        version=version,
        stakeholder=stakeholder,
        topic=topic,
        text=text.strip(),
        received_at=received_at,
        due_at=due_at(received_at, product.concerns, zone=product.timezone, regions=product.holiday_regions),
        owner=people[stakeholder],
    )
    return concern(store, identity)


def answer(store: Store, identity: str, text: str, *, by: str, at: datetime) -> Raised:
    """Write down the answer to a concern; a second answer is refused, the same one again is fine. ConcernProblem."""
    found = concern(store, identity)
    if not text.strip():
        raise ConcernProblem(f"{identity}: the answer has no text; write down what was answered")
    if at < found.received_at:
        raise ConcernProblem(f"{identity}: was received at {found.received_at:%Y-%m-%d %H:%M %Z}; name a later time")
    if found.answered_at is None:
        store.execute("concern_answer", id=identity, answer=text.strip(), answered_at=at, answered_by=by)
        found = concern(store, identity)
    if found.answer != text.strip():
        raise ConcernProblem(
            f"{identity}: was answered by {found.answered_by} on {found.answered_at:%Y-%m-%d}, and stays so; "
            "register a new concern if there is one"
        )
    return found


def concern(store: Store, identity: str) -> Raised:
    """One concern; ConcernProblem if there is none of that id."""
    row = store.one("concern_one", id=identity)
    if row is None:
        raise ConcernProblem(f"there is no concern {identity!r}; `release-ops concern list` shows their ids")
    return _raised(row)


def concerns_of(store: Store, product: str | None = None, *, open_only: bool = False) -> list[Raised]:
    """The concerns of a product, or of all: open ones by the time they are due, then the latest answers."""
    return [_raised(row) for row in store.all("concerns_of", product=product, open_only=open_only, limit=SHOWN)]


def _raised(row: Row) -> Raised:
    names = (
        "id", "product", "version", "stakeholder", "topic", "text", "received_at", "due_at", "owner", "answer",
        "answered_at", "answered_by", "told_at", "reminders",
    )  # fmt: skip
    return Raised(**{name: row[name] for name in names})
