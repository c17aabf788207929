"""What is due to people by the matrix and their cadence: planned, sent once, tried again, and brought to somebody else."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from airflow.sdk import BaseOperator, Context
from airflow.sdk.exceptions import AirflowFailException

from release_ops.domain.due_messages import DueMessage
from release_ops.domain.message_delivery import (
    ESCALATION,
    State,
    next_step,
    owner_channels,
    retry_at,
    without_addresses,
)
from release_ops.domain.model import Channel, Product
from release_ops.domain.stakeholder_policy import Availability, SendPolicy, Stakeholder
from release_ops.domain.stakeholders import availability_of_audiences
from release_ops.ledger import Ledger
from release_ops.operators import parts
from release_ops.operators.announce import Message, deliver
from release_ops.operators.stakeholder_texts import NothingToTell, Texts, name_of
from release_ops.product import load_products, products_folder
from release_ops.stakeholder_plan import Registers, plan, read_registers
from release_ops.store import Row

log = logging.getLogger(__name__)


class UpdateStakeholdersOperator(BaseOperator):
    """Plans what is due, sends what may be sent, escalates what is refused. Returns how many messages are in which state.

    A run after a kill goes on where it ended; nothing is sent twice. Refused messages do not make it fail: they are tried
    again by the policy. AirflowFailException, at the end, names files and registers that cannot be read, and messages that
    reached neither their readers nor anybody of us.
    """

    def execute(self, context: Context) -> dict[str, int]:
        """Read, plan, send."""
        counts, problems = look(parts.open_ledger(), datetime.now(UTC), str(context["dag_run"].run_id))
        if problems:
            raise AirflowFailException("\n".join(problems))
        return counts


def look(ledger: Ledger, now: datetime, run_id: str) -> tuple[dict[str, int], list[str]]:
    """Plan and take one step with everything that is due at `now` (aware); the counts by state, and what went wrong."""
    products, broken = load_products(products_folder())
    registers, unread = read_registers(products, products_folder(), now)
    problems = [*map(str, broken), *unread.values()]
    found = plan(ledger.store, registers, whole=not problems, now=now)
    delivery = Delivery(ledger, registers, found, Texts(ledger.store, registers, now), now, run_id)
    counts = delivery.send_all()
    return counts, problems + delivery.lost


@dataclass(frozen=True, slots=True)
class _Way:
    """How a message is brought: through which channels, when, and by whose policy."""

    product: Product
    people: Sequence[Stakeholder]
    message: DueMessage
    channels: tuple[Channel, ...]
    availability: Availability

    @property
    def policy(self) -> SendPolicy:
        return self.product.stakeholders.send


@dataclass(slots=True)
class Delivery:
    """One look at all open messages. `now` is aware; `found` are the planned messages by key."""

    ledger: Ledger
    registers: Registers
    found: Mapping[str, DueMessage]
    texts: Texts
    now: datetime
    run_id: str
    lost: list[str] = field(default_factory=list)
    """Messages that reached neither their readers nor anybody of us."""

    def send_all(self) -> dict[str, int]:
        """Take the next step of every open message that is due; what one of them raises is noted with it.

        Returns the number of messages per state that they came into.
        """
        counts: dict[str, int] = {}
        # What stands in for a refused message is due at once, so it goes out in the same look.
        seen: set[str] = set()
        while rows := [row for row in self._open() if row["key"] not in seen]:
            for row in rows:
                seen.add(row["key"])
                way = self._way(row)
                if way is not None:
                    state = self._advance(row, way)
                    counts[state.value] = counts.get(state.value, 0) + 1
        return counts

    def _open(self) -> list[Row]:
        return self.ledger.store.all("stakeholder_messages_open", at=self.now)

    def _way(self, row: Row) -> _Way | None:
        """None: its product or register cannot be read now, so it waits."""
        message = self.found.get(row["escalates"] or row["key"])
        if message is None:
            return None
        product, people = self._product_of(message)
        if row["phase"] != ESCALATION:
            return _Way(product, people, message, message.channels, message.availability)
        _, channels = owner_channels(product, people, message.owner)
        return _Way(product, people, message, channels, availability_of_audiences(product))

    def _product_of(self, message: DueMessage) -> tuple[Product, Sequence[Stakeholder]]:
        if message.product in self.registers:
            return self.registers[message.product]
        # A digest of several products: any of them that knows the reader.
        return next(
            one for one in self.registers.values() if any(person.id == message.stakeholder for person in one[1])
        )

    def _advance(self, row: Row, way: _Way) -> State:
        step = next_step(
            due_at=row["due_at"],
            useful_until=row["useful_until"],
            waits_for=row["waits_for"],
            emergency=row["emergency"],
            not_before=row["not_before"],
            attempts=row["attempts"],
            availability=way.availability,
            now=self.now,
        )
        if step.state is State.DUE:
            return self._send(row, way)
        if step.state is not State.FAILED:
            self._note(row, step.state, why=step.why, not_before=step.until)
        return step.state

    def _send(self, row: Row, way: _Way) -> State:
        # A register may have lost the channel since the message was escalated to it.
        channel = way.channels[min(row["place"], len(way.channels) - 1)]
        run = {"product": row["product"], "version": row["version"], "kind": row["phase"], "run_id": self.run_id}
        try:
            message = self._message(row, way, channel)
        except NothingToTell as error:
            self._note(row, State.LAPSED, why=str(error))
            return State.LAPSED
        except Exception as error:
            # A text that cannot be written is the fault of no channel: another one would not help.
            log.exception("%s", row["key"])
            self.lost.append(f"{row['key']}: cannot be written: {type(error).__name__}: {error}")
            self._note(row, State.FAILED, error=f"{type(error).__name__}: {error}", not_before=self._pause(way))
            return State.FAILED
        try:
            deliver(self.ledger, run, row["audience"] or row["stakeholder"], channel, message._replace(at=self.now))
        except Exception as error:
            log.warning("%s by %s: %s", row["key"], channel.kind, error)
            return self._refused(row, way, without_addresses(f"{type(error).__name__}: {error}"))
        sent = self.ledger.store.one("message_by_key", key=row["key"])
        self._note(row, State.SENT, sent_at=sent["sent_at"] if sent else self.now, error="")
        return State.SENT

    def _message(self, row: Row, way: _Way, channel: Channel) -> Message:
        if row["phase"] != ESCALATION:
            return self.texts.message(row, row["key"], channel)
        meant = {**row, "audience": way.message.audience, "stakeholder": way.message.stakeholder}
        who = name_of(way.people, meant)
        return self.texts.notice(meant, row["key"], channel, who=who, product=way.product)

    def _pause(self, way: _Way) -> datetime:
        return self.now + way.policy.backoff[-1]

    def _refused(self, row: Row, way: _Way, error: str) -> State:
        attempts = row["attempts"] + 1
        again = retry_at(attempts, way.policy, self.now)
        if again is None:
            instead = self._instead(row, way)
            if instead is not None:
                with self.ledger.store.transaction():
                    self.ledger.store.execute("stakeholder_message_escalate", key=row["key"], at=self.now, **instead)
                    self._note(row, State.ESCALATED, attempts=attempts, error=error, escalated_to=instead["to"])
                return State.ESCALATED
            self.lost.append(f"{row['key']}: reached nobody: {error}; mend the channel, it is tried again until then")
            again = self._pause(way)
        self._note(row, State.FAILED, attempts=attempts, error=error, not_before=again)
        return State.FAILED

    def _instead(self, row: Row, way: _Way) -> dict[str, Any] | None:
        """The next channel of the reader, else the owner; None: both are behind us."""
        origin = row["escalates"] or row["key"]
        place = row["place"] + 1
        same = {name: row[name] for name in ("phase", "audience", "stakeholder", "useful_until")}
        if place < len(way.channels):
            suffix = "escalation:" if row["phase"] == ESCALATION else ""
            return {
                **same,
                "to": f"{origin}:{suffix}via{place + 1}",
                "place": place,
                "channel_kind": way.channels[place].kind,
            }
        if row["phase"] == ESCALATION:
            return None
        audience, channels = owner_channels(way.product, way.people, way.message.owner)
        if not channels:
            return None
        return {
            "to": f"{origin}:escalation",
            "phase": ESCALATION,
            "audience": audience,
            "stakeholder": "",
            "place": 0,
            "channel_kind": channels[0].kind,
            "useful_until": max(row["useful_until"], self.now + way.policy.useful_for),
        }

    def _note(self, row: Row, state: State, **facts: Any) -> None:
        self.ledger.store.execute("stakeholder_message_set", key=row["key"], state=state, at=self.now, **facts)
