"""Surveys: rounds are opened when they are due, everybody is asked and reminded once, and closed rounds are emptied."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from airflow.sdk import BaseOperator, Context
from airflow.sdk.configuration import conf
from airflow.sdk.exceptions import AirflowFailException

from release_ops.domain.model import Channel, Product
from release_ops.domain.survey_rounds import nearly
from release_ops.ledger import Ledger
from release_ops.operators import parts
from release_ops.operators.announce import Message, Rich, deliver_privately
from release_ops.operators.chosen import named_product
from release_ops.product import file_of, load_products, products_folder
from release_ops.store import Row, Store
from release_ops.survey_box import close, mix
from release_ops.survey_letters import INVITATION, REMINDER, Letter, letter
from release_ops.survey_rounds import open_round, people_of, round_name, rounds_due
from release_ops.survey_secret import Secrets, read_secrets

log = logging.getLogger(__name__)


class _SurveyOperator(BaseOperator):
    """Works on the surveys of every product, or of the one that is named. One that fails does not hide the others."""

    template_fields: Sequence[str] = ("product",)

    def __init__(self, *, product: str = "", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.product = product

    def execute(self, context: Context) -> list[dict[str, Any]]:
        """Work on each product; RuntimeError names those that failed, at the end, and a retry does what is missing."""
        now = datetime.now(UTC)
        products, broken = load_products(products_folder())
        chosen = [named_product(products, self.product)] if self.product else list(products.values())
        problems = [str(problem) for problem in broken]
        found: list[dict[str, Any]] = []
        ledger = parts.open_ledger()
        secrets: Secrets | None = None
        for product in chosen:
            if not self.is_wanted(ledger.store, product):
                continue
            with noted(problems, product.id):
                secrets = secrets or read_secrets()
                found += self.work(ledger, product, secrets, now, problems, run_id=context["dag_run"].run_id)
        if problems:
            raise RuntimeError("some surveys could not be worked on\n" + "\n".join(problems))
        return found

    def is_wanted(self, store: Store, product: Product) -> bool:
        """Whether a product has anything to be worked on."""
        raise NotImplementedError

    def work(
        self, ledger: Ledger, product: Product, secrets: Secrets, now: datetime, problems: list[str], *, run_id: str
    ) -> Iterator[dict[str, Any]]:
        """Work on one product; what fails of one round is added to `problems`."""
        raise NotImplementedError


class OpenSurveysOperator(_SurveyOperator):
    """Begins the rounds that are due and notes whom they ask.

    Returns a mapping per round: round, invited, and the reason where nobody is asked.
    """

    def is_wanted(self, store: Store, product: Product) -> bool:
        """Products with surveys on our own page; those of another tool need neither secret nor address."""
        return bool(product.surveys.plans.keys() - {one.survey for one in product.survey_results.imports})

    def work(
        self, ledger: Ledger, product: Product, secrets: Secrets, now: datetime, problems: list[str], *, run_id: str
    ) -> Iterator[dict[str, Any]]:
        """Open what is due; a feed of people is read only then."""
        waiting = rounds_due(ledger.store, product, now)
        if not waiting:
            return
        path = file_of(product.id)
        people = people_of(product, folder=path.parent if path is not None else products_folder(), now=now)
        for one in waiting:
            with noted(problems, round_name(product, one)):
                opened = open_round(ledger.store, product, one, people, secret=secrets.current, now=now)
                if opened.reason:
                    log.warning("round %s asks nobody: %s", opened.round, opened.reason)
                yield {"round": opened.round, "invited": opened.invited, "reason": opened.reason}


class SendSurveysOperator(_SurveyOperator):
    """Invites the people of open rounds, and reminds everybody once: nobody knows who has answered.

    Returns a mapping per round: round, and how many were invited and reminded now. Whom a channel does not take is tried
    again by the next run; the task fails once all others have been tried.
    """

    def is_wanted(self, store: Store, product: Product) -> bool:
        """Products with open rounds."""
        return bool(store.all("survey_rounds_open", product=product.id))

    def work(
        self, ledger: Ledger, product: Product, secrets: Secrets, now: datetime, problems: list[str], *, run_id: str
    ) -> Iterator[dict[str, Any]]:
        """Send what is due."""
        base = base_address()
        failed = 0
        for about in ledger.store.all("survey_rounds_open", product=product.id):
            if now >= about["closes_at"]:
                continue
            with noted(problems, about["round"]):
                post = Post(ledger, product, about, secrets, base, run_id)
                invited = post.send(INVITATION, ledger.store.all("survey_invitations_unsent", round=about["round"]))
                reminded = post.send(REMINDER, reminders_due(ledger.store, about, now))
                failed += post.failed
                yield {"round": about["round"], "invited": invited, "reminded": reminded}
        if failed:
            raise RuntimeError(
                f"{failed} messages were not taken; release_ops.survey_invitation.error says why, the next run tries again"
            )


class CloseSurveysOperator(BaseOperator):
    """Closes rounds whose time is over, and mixes the answers of the others, so that their order is lost early.

    It goes by the tables alone: a product file that cannot be read, or is gone, keeps no answers in the box.
    Returns a mapping per closed round: round; not how many answered, which the report may have to hide. RuntimeError names
    the rounds that failed, after all others.
    """

    template_fields: Sequence[str] = ("product",)

    def __init__(self, *, product: str = "", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.product = product

    def execute(self, context: Context) -> list[dict[str, Any]]:
        """Close or mix each open round."""
        now, store = datetime.now(UTC), parts.open_store()
        rows = store.all("survey_rounds_open", product=self.product or None)
        known = read_secrets().known if rows else ()
        closed: list[dict[str, Any]] = []
        problems: list[str] = []
        for about in rows:
            with noted(problems, about["round"]):
                if now < about["closes_at"]:
                    mix(store, about, known)
                    continue
                if close(store, about["round"], known, now=now) is not None:
                    closed.append({"round": about["round"]})
        if problems:
            raise RuntimeError("some surveys could not be worked on\n" + "\n".join(problems))
        return closed


@contextmanager
def noted(problems: list[str], name: str) -> Iterator[None]:
    """What goes wrong with one round is noted, and keeps no other from its turn."""
    try:
        yield
    except Exception as error:
        problems.append(f"{name}: {type(error).__name__}: {error}")


def reminders_due(store: Store, about: Row, now: datetime) -> list[Row]:
    """People of a round who are to be reminded now; from the first of them on, answers are of the second wave."""
    if about["remind_at"] is None:
        return []
    # Whose invitation was late has as much time as all others.
    before = now - nearly(about["remind_at"] - about["opened_at"])
    if about["opened_at"] > before:
        return []
    waiting = store.all("survey_reminders_unsent", round=about["round"], before=before)
    if waiting:
        store.execute("survey_reminding", round=about["round"], at=now)
    return waiting


def base_address() -> str:
    """Airflow's own address, which links begin with. AirflowFailException where it does not know it."""
    base = (conf.get("api", "base_url", fallback="") or "").rstrip("/")
    if urlsplit(base).scheme not in {"http", "https"}:
        raise AirflowFailException("links need Airflow's address as people reach it: set api.base_url")
    return base


class Post:
    """Sends the letters of one round."""

    def __init__(self, ledger: Ledger, product: Product, about: Row, secrets: Secrets, base: str, run_id: str) -> None:
        self._ledger = ledger
        self._connections: Mapping[str, str] = product.surveys.connections
        self._about = about
        self._secret = secrets.of(about["key"])
        self._base = base
        self._note = {"kind": "survey", "product": product.id, "run_id": run_id}
        self.failed = 0
        """Letters that a channel did not take."""

    def send(self, what: str, people: Sequence[Row]) -> int:
        """Send a letter to each person; how many were taken."""
        taken, store = 0, self._ledger.store
        noted = {INVITATION: "survey_invited", REMINDER: "survey_reminded"}[what]
        for person in people:
            try:
                self._one(what, person)
            except Exception as error:
                self.failed += 1
                store.execute("survey_undelivered", id=person["id"], error=str(error)[:500])
                continue
            store.execute(noted, id=person["id"], at=datetime.now(UTC))
            taken += 1
        return taken

    def _one(self, what: str, person: Row) -> None:
        if person["channel"] == "outbox":
            return
        made = letter(what, self._about, person, secret=self._secret, base=self._base)
        channel = Channel(
            kind=person["channel"], connection=self._connections.get(person["channel"]), to=person["address"]
        )
        # Random, so that neither the ledger nor a mail's id names anybody.
        key = f"survey:{self._about['round']}:{what}:{person['id']}"
        deliver_privately(self._ledger, channel, message_of(key, made, person["channel"]), key=key, note=self._note)


def message_of(key: str, made: Letter, channel: str) -> Message:
    """A letter as a channel takes it."""
    if channel == "slack":
        return Message(key, made.subject, made.mrkdwn)
    rich = Rich(pictures=lambda: (), html=lambda _: made.html, blocks=lambda *_: [])
    return Message(key, made.subject, made.plain, rich)
