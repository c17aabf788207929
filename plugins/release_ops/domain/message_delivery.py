"""What is done next with a message that is due: send, hold, or give it up; and what follows when a channel refuses it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from release_ops.domain.model import Channel, Product
from release_ops.domain.stakeholder_policy import Availability, SendPolicy, Stakeholder
from release_ops.domain.stakeholders import next_open

ESCALATION = "escalation"
"""Phase of what the owner is told because nobody else was reached."""


_ADDRESS = re.compile(r"[^\s<>()\[\]{}\"',;:=]+@[^\s<>()\[\]{}\"',;:=]*[^\s<>()\[\]{}\"',;:=.]")


def without_addresses(text: str) -> str:
    """What a channel said, for tables and pages that many read: mail addresses are not told."""
    return _ADDRESS.sub("(address)", text)


class State(StrEnum):
    """What became of a message."""

    DUE = "due"
    HELD = "held"
    SENT = "sent"
    FAILED = "failed"
    ESCALATED = "escalated"
    LAPSED = "lapsed"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What is done now: `due` is send. `why` and `until` are those of a hold or a lapse."""

    state: State
    why: str = ""
    until: datetime | None = None


def next_step(
    *,
    due_at: datetime,
    useful_until: datetime,
    waits_for: str,
    emergency: bool,
    not_before: datetime | None,
    attempts: int,
    availability: Availability,
    now: datetime,
) -> Step:
    """What to do with an open message; all instants are aware.

    What waits for an event does not lapse: it is useful from the event on.
    """
    if waits_for:
        return Step(state=State.HELD, why=f"waits until the release has {_happened(waits_for)}")
    if now >= useful_until:
        return Step(state=State.LAPSED, why="too late to be useful")
    if now < due_at:
        return Step(state=State.DUE, until=due_at)
    if attempts and not_before is not None and now < not_before:
        return Step(state=State.FAILED, until=not_before)
    opened = (now, "") if emergency else next_open(availability, now)
    if opened is None:
        return Step(state=State.HELD, why="never available")
    until, why = opened
    return Step(state=State.HELD, why=why, until=until) if until > now else Step(state=State.DUE)


def _happened(event: str) -> str:
    return {"completed": "been completed", "rolled_back": "been rolled back"}.get(event, event)


def retry_at(attempts: int, policy: SendPolicy, now: datetime) -> datetime | None:
    """When to try again after so many failures, the last one now; None: no more, somebody else has to be asked."""
    if attempts >= policy.attempts:
        return None
    return now + policy.backoff[min(attempts, len(policy.backoff)) - 1]


def owner_channels(product: Product, people: Sequence[Stakeholder], owner: str) -> tuple[str, tuple[Channel, ...]]:
    """Audience and channels by which the owner of a message is told that it did not arrive.

    A stakeholder by their own channels, an approver (or all of a role) by mail where the product sends mail at all;
    otherwise the audiences that hear of problems.
    """
    person = next((one for one in people if one.id == owner and one.channels), None)
    if person is not None:
        return person.audience or person.id, person.channels
    problems = next((one for one in product.problems_to if product.channels.get(one)), "")
    mail = next((one for shared in product.channels.values() for one in shared if one.kind == "email"), None)
    named = product.approvers.get(owner) or [
        one for some in product.approvers.values() for one in some if one.id == owner
    ]
    addresses = tuple(dict.fromkeys(one.email for one in named if one.email))
    own = tuple(Channel(kind="email", connection=mail.connection, to=to) for to in addresses) if mail else ()
    return problems or owner, own + tuple(product.channels.get(problems, ()))
