"""What people may expect after a slip, a change of scope or an incident: worked out once, kept, and told."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from airflow.sdk import BaseOperator, Context
from airflow.sdk.exceptions import AirflowFailException

from release_ops import expectation_events as kept
from release_ops.domain.expectations import Event, EventKind, Expectation, parties_of, plan_expectations
from release_ops.domain.message_facts import Facts, Occasion
from release_ops.domain.model import Channel, Product, Release
from release_ops.domain.stakeholder_policy import Availability, Stakeholder
from release_ops.domain.stakeholders import availability_of_audiences, next_open
from release_ops.ledger import Ledger
from release_ops.messages import compose
from release_ops.operators import parts
from release_ops.operators.announce import audiences_of, deliver
from release_ops.operators.artifacts import keep
from release_ops.operators.letters import as_message, read_facts
from release_ops.product import load_products, products_folder
from release_ops.stakeholder_plan import read_registers

log = logging.getLogger(__name__)

AT_ONCE = "critical"
"""Severity of incidents that wait for nobody's hours."""


class PlanExpectationsOperator(BaseOperator):
    """Works out whom each new slip, change of scope or incident touches, keeps the plan, and tells those it touches.

    Returns the number of plans made and of messages sent. Audiences that the announcement of a slip has told are not told
    again; people and audiences are told when they are available. A channel that refuses is tried again in the next run;
    AirflowFailException names it after all others were told.
    """

    def execute(self, context: Context) -> dict[str, int]:
        """Plan, keep, tell."""
        made, sent, problems = look(parts.open_ledger(), datetime.now(UTC), str(context["dag_run"].run_id))
        if problems:
            raise AirflowFailException("\n".join(problems))
        return {"plans": made, "messages": sent}


def look(ledger: Ledger, now: datetime, run_id: str = "") -> tuple[int, int, list[str]]:
    """The work at `now` (aware): number of plans, number of messages, and what went wrong."""
    products, _ = load_products(products_folder())
    registers, unread = read_registers(products, products_folder(), now)
    problems = [*unread.values()]
    made = sent = 0
    for product, people in registers.values():
        teller = _Teller(ledger, product, {one.id: one for one in people}, now, run_id)
        try:
            made += _plan(ledger, product, people, now)
            for event, expectation, row in kept.untold(ledger.store, product):
                sent += teller.tell(event, expectation, row)
        except Exception as error:
            log.exception("what people may expect of %s could not be worked out", product.id)
            problems.append(f"{product.id}: {type(error).__name__}: {error}")
        problems += teller.problems
    return made, sent, problems


def _plan(ledger: Ledger, product: Product, people: Sequence[Stakeholder], now: datetime) -> int:
    store, today = ledger.store, now.astimezone(ZoneInfo(product.timezone)).date()
    events = kept.new_events(store, product, now)
    owners = {one.id: one.name for one in people} | {
        one.id: one.name for some in product.approvers.values() for one in some
    }
    for event in events:
        plan = plan_expectations(product, event, parties_of(product, people), today=today)
        run = {"product": product.id, "version": event.version, "kind": kept.FOLDER}
        with store.transaction():
            kept.save(store, product, plan, now)
            keep(store, run, kept.plan_name(event.kind.value, event.id), kept.plan_markdown(product, plan, owners))
    return len(events)


@dataclass(slots=True)
class _Teller:
    """Tells whom the events of one product touch, each of them once."""

    ledger: Ledger
    product: Product
    people: Mapping[str, Stakeholder]
    now: datetime
    run_id: str
    problems: list[str] = field(default_factory=list)
    facts: dict[str, Facts] = field(default_factory=dict)

    def tell(self, event: Event, expectation: Expectation, row: Mapping[str, Any]) -> int:
        """Number of messages sent."""
        release = next((one for one in self.product.releases if one.version == event.version), None)
        if release is None or self.now - event.at > self.product.expectations.recent:
            return 0
        party = expectation.party
        if not party.is_person:
            return self._audience(event, expectation, row, release)
        person = self.people.get(party.id)
        channels = person.channels if person else ()
        if not channels:
            if self.product.channels.get(party.audience):
                self._note(row, told_by="audience")
            return 0
        if person is not None and not self._may_tell(person.availability, event):
            return 0
        return self._first(event, expectation, row, release, channels)

    def _audience(self, event: Event, expectation: Expectation, row: Mapping[str, Any], release: Release) -> int:
        audience = expectation.party.audience
        hears = {one for kind in event.milestones for one in audiences_of(self.product, kind)}
        if event.kind is EventKind.SLIP and audience in hears | set(self.product.problems_to):
            self._note(row, told_by="announcement")
            return 0
        if not self._may_tell(availability_of_audiences(self.product), event):
            return 0
        sent = 0
        failed = []
        for channel in self.product.channels.get(audience, ()):
            try:
                self._send(event, expectation, release, channel)
                sent += 1
            except Exception as error:
                failed.append(f"{channel.kind}: {type(error).__name__}: {error}")
        self._note(row, told_by="" if failed else "message", error="; ".join(failed))
        return sent

    def _first(
        self,
        event: Event,
        expectation: Expectation,
        row: Mapping[str, Any],
        release: Release,
        channels: Sequence[Channel],
    ) -> int:
        """By the first channel that takes it."""
        failed = []
        for channel in channels:
            try:
                self._send(event, expectation, release, channel)
            except Exception as error:
                failed.append(f"{channel.kind}: {type(error).__name__}: {error}")
            else:
                self._note(row, told_by="message")
                return 1
        self._note(row, told_by="", error="; ".join(failed))
        return 0

    def _may_tell(self, availability: Availability, event: Event) -> bool:
        if event.kind is EventKind.INCIDENT and event.severity == AT_ONCE:
            return True
        opened = next_open(availability, self.now)
        return opened is not None and opened[0] <= self.now

    def _send(self, event: Event, expectation: Expectation, release: Release, channel: Channel) -> None:
        party = expectation.party
        if release.version not in self.facts:
            self.facts[release.version] = read_facts(self.ledger.store, self.product, release, self.now)
        audience = party.audience or self.product.stakeholders.reads_as
        letter = compose(
            "expectation",
            audience,
            self.facts[release.version],
            detail=party.detail,
            event=Occasion(news=event, expectation=expectation),
        )
        # Keys are read by many, so a person's own address is in none.
        own = "" if party.is_person and channel.kind == "email" else channel.to
        where = ":".join(part for part in (channel.kind, own) if part)
        who = f"{'person' if party.is_person else 'audience'}:{party.id}"
        key = f"message:{self.product.id}:{event.version}:expectation:{event.kind}:{event.id}:{who}:{where}"
        run = {"product": self.product.id, "version": event.version, "kind": kept.FOLDER, "run_id": self.run_id}
        deliver(self.ledger, run, audience, channel, as_message(letter, key, channel))

    def _note(self, row: Mapping[str, Any], *, told_by: str, error: str = "") -> None:
        if error:
            log.warning("%s %s: %s: %s", row["product"], row["version"], row["name"], error)
            self.problems.append(f"{row['product']} {row['version']}: {row['name']} was not told: {error}")
        self.ledger.store.execute(
            "expectation_told",
            **kept.key_of(dict(row)),
            told_at=self.now if told_by else None,
            told_by=told_by,
            error=error,
        )
