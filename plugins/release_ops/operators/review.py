"""Reviews of releases: made when they are due, kept with their proposals and documents, told once; actions are chased."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from airflow.sdk import BaseOperator, Context
from airflow.sdk.exceptions import AirflowFailException

from release_ops.addresses import artifact_page
from release_ops.domain.message_facts import Facts, Occasion
from release_ops.domain.model import Channel, Product, Release, ReleaseType
from release_ops.domain.retrospective import review
from release_ops.domain.review_actions import ActionItem, action_of
from release_ops.ledger import Ledger
from release_ops.messages import compose
from release_ops.operators import parts
from release_ops.operators.announce import Rich, deliver, tell
from release_ops.operators.artifacts import MadeLink, address_of, keep, page_of
from release_ops.operators.chosen import named_product
from release_ops.operators.letters import as_message
from release_ops.operators.owners import READER, place_of, tell_owner
from release_ops.product import load_products, products_folder
from release_ops.review_blocks import review_blocks
from release_ops.review_charts import pictures
from release_ops.review_forms import as_json, mail, markdown, page, process_markdown, process_page, view
from release_ops.review_inputs import facts_of, optimised
from release_ops.review_register import KINDS, Due, due_reviews, items, keep_review, overdue
from release_ops.stakeholder_plan import Registers, read_registers
from release_ops.store import Store

log = logging.getLogger(__name__)

REVIEW = MadeLink("Review")
PROCESS = MadeLink("Where time goes")
KIND = "review"
"""Under which the documents are filed among the artifacts of a release."""
PLACE = {"product": "*", "version": "process", "kind": "process"}
"""Where the optimiser's last report of each product lies: it belongs to no single release."""


class ReviewReleasesOperator(BaseOperator):
    """Makes every review that is due, or the named one. Returns a mapping per review: product, version, kind, status.

    `kind` is release, support_end or hotfix; empty: release. `due_at` is an ISO 8601 time with its zone, by which a named
    review is to be held; empty: what the policy says. A review that fails does not hide the others; AirflowFailException
    names it at the end.
    """

    template_fields: Sequence[str] = ("product", "version", "kind", "due_at")
    operator_extra_links = (REVIEW, PROCESS)

    def __init__(
        self, *, product: str = "", version: str = "", kind: str = "", due_at: str = "", **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.product = product
        self.version = version
        self.kind = kind
        self.due_at = due_at
        self.made: Mapping[str, str] = {}

    def execute(self, context: Context) -> list[dict[str, Any]]:
        """Look, keep, tell."""
        now, ledger = datetime.now(UTC), parts.open_ledger()
        products, broken = load_products(products_folder())
        problems = [str(problem) for problem in broken]
        chosen = [named_product(products, self.product)] if self.product else list(products.values())
        named = self._named(ledger.store, chosen, now)
        made: list[dict[str, Any]] = []
        for product in chosen:
            try:
                due = named or due_reviews(ledger.store, product, now)
            except Exception as error:
                problems.append(f"{product.id}: {type(error).__name__}: {error}")
                continue
            for one in due:
                try:
                    status = run_review(ledger, product, one, now, run_id=context["dag_run"].run_id)
                except Exception as error:
                    log.exception("the review of %s %s could not be made", product.id, one.version)
                    problems.append(f"{product.id} {one.version}: {type(error).__name__}: {error}")
                    continue
                made.append({"product": product.id, "version": one.version, "kind": one.kind, "status": status})
                run = place_of_review(product, one)
                self.made = {
                    REVIEW.name: page_of(run, f"{one.kind}.html"),
                    PROCESS.name: page_of(PLACE, f"{product.id}.html"),
                }
        if problems:
            raise AirflowFailException("some releases could not be reviewed\n" + "\n".join(problems))
        return made

    def _named(self, store: Store, chosen: Sequence[Product], now: datetime) -> list[Due]:
        """The review that somebody names; none for what is due. AirflowFailException for what cannot be."""
        if not self.version:
            if self.due_at or self.kind:
                raise AirflowFailException("kind and due_at are of one review: name its product and version")
            return []
        if not self.product:
            raise AirflowFailException("name a product with the version")
        kind = self.kind or "release"
        if kind not in KINDS:
            raise AirflowFailException(f"kind {kind!r}: there are {', '.join(KINDS)}")
        if store.one("story_scorecard", product=chosen[0].id, version=self.version) is None:
            raise AirflowFailException(
                f"{chosen[0].id} {self.version} was never opened: name a version as the page Releases has it"
            )
        return [Due(version=self.version, kind=kind, due_at=self._due(store, chosen[0], kind, now))]

    def _due(self, store: Store, product: Product, kind: str, now: datetime) -> datetime:
        policy = product.review
        if self.due_at:
            try:
                found = datetime.fromisoformat(self.due_at)
            except ValueError:
                raise AirflowFailException(
                    f"due_at {self.due_at!r} is no time; write it like 2026-11-29T14:30+00:00"
                ) from None
            if found.tzinfo is None:
                raise AirflowFailException(f"due_at {self.due_at!r} has no zone; write it like 2026-11-29T14:30+00:00")
            return found.astimezone(UTC)
        card = store.one("story_scorecard", product=product.id, version=self.version) or {}
        ga_at = card.get("ga_at") or now
        waits = {"hotfix": policy.hotfix_within, "release": policy.after}
        return ga_at + waits[kind] if kind in waits else now + timedelta(days=7)


def place_of_review(product: Product, one: Due) -> dict[str, str]:
    """Where the documents of a review lie among the artifacts."""
    return {"product": product.id, "version": one.version, "kind": KIND}


def run_review(ledger: Ledger, product: Product, one: Due, now: datetime, *, run_id: str) -> str:
    """Make a review, keep it with its documents, tell its audiences once. Returns its status."""
    store = ledger.store
    # Scheduled before all else: a review that cannot be made is due all the same.
    key = {"product": product.id, "version": one.version, "kind": one.kind}
    store.execute("retrospective_schedule", **key, due_at=one.due_at, created_at=now)
    facts = facts_of(store, product, one.version, one.kind, due_at=one.due_at, now=now)
    until = facts.scorecard.get("ga_at") or now
    times = optimised(store, product, until=until, now=now)
    found = review(facts, times)
    shown = as_json(found, times)
    with store.transaction():
        keep_review(store, product, found, shown, times)
        keep_documents(store, product, one, shown, run_id)
    tell_review(ledger, product, one, shown, run_id=run_id)
    return found.status


def keep_documents(store: Store, product: Product, one: Due, facts: Mapping[str, Any], run_id: str) -> None:
    """Write the review as page, text, mail and Slack blocks, and the optimiser's report; later ones replace them."""
    run, name = place_of_review(product, one), one.kind
    keep(store, run, f"{name}.md", markdown(facts))
    keep(store, run, f"{name}.html", page(facts), "text/html")
    blocks = review_blocks(facts, address=address_of_review(product, one))
    slack = json.dumps({"blocks": blocks}, indent=2, ensure_ascii=False)
    keep(store, run, f"{name}.slack.json", slack, "application/json")
    keep(store, run, f"{name}.mail.html", mail(facts, link=address_of_review(product, one)), "text/html")
    keep(store, PLACE, f"{product.id}.md", process_markdown(facts["process"], product.name))
    keep(store, PLACE, f"{product.id}.html", process_page(facts["process"], product.name), "text/html")


def address_of_review(product: Product, one: Due) -> str:
    """Whole address of the review's page; empty where Airflow does not know its own."""
    return address_of(artifact_page(product.id, one.version, KIND, f"{one.kind}.html"))


def tell_review(ledger: Ledger, product: Product, one: Due, facts: Mapping[str, Any], *, run_id: str) -> dict[str, Any]:
    """One message per audience, channel and review."""
    address = address_of_review(product, one)
    rich = Rich(
        pictures=cache(lambda: pictures(facts["process"])),
        html=lambda drawn: mail(facts, link=address, pictures=drawn),
        blocks=lambda drawn, files: review_blocks(facts, address=address, pictures=drawn, files=files),
    )
    run = {**place_of_review(product, one), "run_id": run_id}
    data = {"report": view(facts), "link": address}
    return tell(ledger, product, run, KIND, f":{one.kind}", data, audiences=product.review.report_to, rich=rich)


class ChaseActionsOperator(BaseOperator):
    """Reminds owners of action items that are overdue, once per `review.actions.remind_every`. Returns how many were told.

    An owner who cannot be reached is told by the audiences of `review.actions.overdue_to`. AirflowFailException, at the
    end, names items that reached nobody.
    """

    def execute(self, context: Context) -> dict[str, int]:
        """Look at all open items."""
        told, problems = chase(parts.open_ledger(), datetime.now(UTC), str(context["dag_run"].run_id))
        if problems:
            raise AirflowFailException("\n".join(problems))
        return {"told": told}


def chase(ledger: Ledger, now: datetime, run_id: str = "") -> tuple[int, list[str]]:
    """The work at `now` (aware): how many items somebody was told of, and those that reached nobody."""
    products, _ = load_products(products_folder())
    registers, _ = read_registers(products, products_folder(), now)
    told, problems = 0, list[str]()
    for product, _people in registers.values():
        for row in overdue(items(ledger.store, product.id, open_only=True), product, now):
            error = _remind(ledger, product, registers, action_of(row), now, run_id)
            if error:
                problems.append(f"{product.id} {row['version']}: {row['id']} of {row['owner']} reached nobody: {error}")
                continue
            told += 1
            key = {"product": product.id, "version": row["version"], "id": row["id"]}
            ledger.store.execute("action_item_reminded", **key, told_at=now, reminders=row["reminders"] + 1)
    return told, problems


def _remind(
    ledger: Ledger, product: Product, registers: Registers, action: ActionItem, now: datetime, run_id: str
) -> str:
    def send(audience: str, channel: Channel) -> None:
        planned = next((one for one in product.releases if one.version == action.version), None)
        # An earlier release is in no file any more: the message needs its name alone.
        release = planned or Release(product=product.id, version=action.version, type=ReleaseType.MINOR, ga=now.date())
        facts = Facts(product=product, release=release, now=now)
        reader = audience if audience in product.messages.audiences else READER
        letter = compose("action_overdue", reader, facts, event=Occasion(action=action))
        key = f"message:{product.id}:{action.version}:action:{action.id}:{action.reminders + 1}:{place_of(channel)}"
        run = {"product": product.id, "version": action.version, "kind": "action", "run_id": run_id}
        deliver(ledger, run, audience, channel, as_message(letter, key, channel))

    return tell_owner(
        product,
        registers[product.id][1],
        action.owner,
        otherwise=product.review.actions.overdue_to,
        send=send,
        what=action.id,
    )
