"""Concerns that wait for an answer for too long: told to who looks after the stakeholder, again until they are answered."""

from __future__ import annotations

from datetime import UTC, datetime

from airflow.sdk import BaseOperator, Context
from airflow.sdk.exceptions import AirflowFailException

from release_ops.concern_register import concerns_of
from release_ops.domain.concerns import Raised, to_be_told
from release_ops.domain.message_facts import Facts, Occasion
from release_ops.domain.model import Channel, Product, Release, ReleaseType
from release_ops.ledger import Ledger
from release_ops.messages import compose
from release_ops.operators import parts
from release_ops.operators.announce import deliver
from release_ops.operators.letters import as_message
from release_ops.operators.owners import READER, place_of, tell_owner
from release_ops.product import load_products, products_folder
from release_ops.stakeholder_plan import Registers, read_registers


class ChaseConcernsOperator(BaseOperator):
    """Tells the owners of concerns that are overdue, once per `concerns.remind_every`. Returns how many were told.

    An owner who cannot be reached is told by the audiences of `concerns.overdue_to`. AirflowFailException, at the end, names
    concerns that reached nobody.
    """

    def execute(self, context: Context) -> dict[str, int]:
        """Look at all open concerns."""
        told, problems = chase(parts.open_ledger(), datetime.now(UTC), str(context["dag_run"].run_id))
        if problems:
            raise AirflowFailException("\n".join(problems))
        return {"told": told}


def chase(ledger: Ledger, now: datetime, run_id: str = "") -> tuple[int, list[str]]:
    """The work at `now` (aware): how many concerns somebody was told of, and those that reached nobody."""
    products, _ = load_products(products_folder())
    registers, _ = read_registers(products, products_folder(), now)
    told, problems = 0, []
    for concern in concerns_of(ledger.store, open_only=True):
        if concern.product not in registers:
            continue
        product = registers[concern.product][0]
        if not to_be_told(concern, product.concerns, now):
            continue
        error = _tell(ledger, product, registers, concern, now, run_id)
        if error:
            problems.append(f"{concern.product}: {concern.id} of {concern.stakeholder} reached nobody: {error}")
            continue
        told += 1
        ledger.store.execute("concern_reminded", id=concern.id, told_at=now, reminders=concern.reminders + 1)
    return told, problems


def _tell(ledger: Ledger, product: Product, registers: Registers, concern: Raised, now: datetime, run_id: str) -> str:
    """By the first channel that takes it; why none did."""
    return tell_owner(
        product,
        registers[product.id][1],
        concern.owner,
        otherwise=product.concerns.overdue_to,
        send=lambda audience, channel: _send(ledger, product, concern, audience, channel, now, run_id),
        what=concern.id,
    )


def _send(
    ledger: Ledger, product: Product, concern: Raised, audience: str, channel: Channel, now: datetime, run_id: str
) -> None:
    release = next((one for one in product.releases if one.version == concern.version), None)
    # What is about no release in particular needs none: the message names the product alone.
    about = release or Release(product=product.id, version=concern.version, type=ReleaseType.MINOR, ga=now.date())
    facts = Facts(product=product, release=about, now=now)
    reader = audience if audience in product.messages.audiences else READER
    letter = compose("concern_overdue", reader, facts, event=Occasion(concern=concern))
    key = f"message:{product.id}:concern:{concern.id}:{concern.reminders + 1}:{place_of(channel)}"
    run = {"product": product.id, "version": concern.version, "kind": "concern", "run_id": run_id}
    deliver(ledger, run, audience, channel, as_message(letter, key, channel))
