"""Telling people: one message per audience and channel, exactly once."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from airflow.sdk import Context

from release_ops.adapters.email import EmailChannel, Inline
from release_ops.adapters.outbox import Outbox
from release_ops.adapters.slack import SlackChannel, SlackError
from release_ops.adapters.slack_blocks import Block
from release_ops.adapters.slack_files import SlackPictures
from release_ops.charts import Picture
from release_ops.domain.model import Channel, MilestoneKind, Product
from release_ops.ledger import Claim, Ledger
from release_ops.operators import parts
from release_ops.operators.effects import about
from release_ops.operators.milestone import DecidedOperator
from release_ops.render import render

log = logging.getLogger(__name__)

HIGHLIGHTS = 5
PRIORITIES = {"must": 0, "should": 1, "could": 2}

_BLANK_LINES = re.compile(r"\n{3,}")


class AnnounceOperator(DecidedOperator):
    """Tells every audience that the product names for this milestone what happened, or why it did not.

    Returns the number of messages and the audiences reached. A channel that fails makes the task fail after all others
    have been tried; a retry sends only what is missing.
    """

    template_fields: Sequence[str] = ("run_facts", "decision", "result", "changelog")

    def __init__(self, *, result: Any = None, changelog: Any = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.result = result
        self.changelog = changelog

    def execute(self, context: Context) -> dict[str, Any]:
        """Send, channel by channel."""
        run, decision = self.run_facts, self.decision
        product = parts.product_of(run)
        ledger = parts.open_ledger()
        changelog = dict(self.changelog or {})
        if run["kind"] == MilestoneKind.GA and (features := kept_features(ledger, run)):
            changelog["highlights"] = features
        data = {
            "release": parts.release_of(product, run),
            "decision": decision,
            "result": self.result or {},
            "changelog": changelog,
        }
        if decision["proceed"]:
            return tell(ledger, product, run, "done", run["occasion"], data)
        # A blocked milestone may be blocked again, with another message.
        return tell(ledger, product, run, "blocked", f":blocked:{decision['decided_at']}", data)


def kept_features(ledger: Ledger, run: Mapping[str, Any]) -> list[str]:
    """Titles of the features that the freeze kept, the most important first, at most `HIGHLIGHTS`."""
    rows = ledger.store.all("scope_of", product=run["product"], version=run["version"])
    kept = [row for row in rows if row["disposition"] == "included"]
    ranked = sorted(kept, key=lambda row: (PRIORITIES.get(row["priority"], len(PRIORITIES)), row["feature"]))
    return [row["title"] for row in ranked[:HIGHLIGHTS]]


def tell(
    ledger: Ledger,
    product: Product,
    run: Mapping[str, Any],
    outcome: str,
    occasion: str,
    data: Mapping[str, Any],
    *,
    audiences: Sequence[str] | None = None,
    rich: Rich | None = None,
) -> dict[str, Any]:
    """One message per audience and channel, from the templates `messages/<outcome>.*`.

    What is done goes to the audiences of the milestone; what is not (blocked, missed, failed) stays among those that the
    product names under `problems_to`, unless `audiences` names others.

    `rich` is what mail and Slack show beside the text. `occasion` tells messages of the same milestone, audience and
    channel apart. RuntimeError names the channels that failed, after all have been tried.
    """
    sent, failures = 0, []
    if audiences is None:
        audiences = audiences_of(product, run["kind"]) if outcome == "done" else product.problems_to
    for audience in audiences:
        for channel in product.channels.get(audience, ()):
            words = {"product": product, "run": run, "audience": audience, **data}
            message = compose(
                outcome, message_key(run, occasion, audience, channel), format_of(channel), words
            )._replace(rich=rich)
            try:
                deliver(ledger, run, audience, channel, message)
                sent += 1
            except Exception as error:
                failures.append(f"{audience} by {channel.kind} {channel.to}: {error}")
    if failures:
        raise RuntimeError("; ".join(failures))
    return {"messages": sent, "audiences": list(audiences)}


class Rich(NamedTuple):
    """What a message is for channels that show more than its text; made only where such a channel is told."""

    pictures: Callable[[], Sequence[Picture]]
    html: Callable[[Sequence[Picture]], str]
    """A page for mail programs, which finds its pictures by their names."""
    blocks: Callable[[Sequence[Picture], Mapping[str, str]], list[Block]]
    """Slack's blocks; of a picture without an id in the mapping from name to id, its words."""


class Message(NamedTuple):
    """What is told, under the key that makes it one message."""

    key: str
    subject: str
    body: str
    rich: Rich | None = None
    at: datetime | None = None
    """When it is told, aware; None: now."""


def audiences_of(product: Product, kind: str) -> tuple[str, ...]:
    """Audiences that hear of a milestone; `*` in the product file stands for every audience."""
    named = product.announcements.get(MilestoneKind(kind), ())
    return tuple(product.channels) if "*" in named else tuple(named)


def message_key(run: Mapping[str, Any], occasion: str, audience: str, channel: Channel) -> str:
    """Key of a message, `message:webapp:2.8.0:ga:support:slack:#support`."""
    where = ":".join(part for part in (channel.kind, channel.to) if part)
    return f"message:{run['product']}:{run['version']}:{run['kind']}{occasion}:{audience}:{where}"


def format_of(channel: Channel) -> str:
    """Format of the texts that a channel takes."""
    return _CHANNELS[channel.kind].fmt


def compose(outcome: str, key: str, fmt: str, words: Mapping[str, Any]) -> Message:
    """Subject and body from templates, for one format."""
    subject = render(f"messages/{outcome}.subject.j2", fmt="plain", **words).strip()
    body = _BLANK_LINES.sub("\n\n", render(f"messages/{outcome}.{fmt}.j2", fmt=fmt, **words)).strip()
    return Message(key, subject, body + "\n")


def deliver(
    ledger: Ledger, run: Mapping[str, Any], audience: str, channel: Channel, message: Message
) -> dict[str, Any]:
    """Queue the message in the outbox and send it through its channel, once."""
    outbox = Outbox(ledger.store)
    outbox.queue(
        message.key,
        product=run["product"],
        version=run["version"],
        audience=audience,
        kind=channel.kind,
        to=channel.to,
        subject=message.subject,
        body=message.body,
        at=_time_of(message),
    )
    kind = _CHANNELS[channel.kind]
    try:
        result = ledger.perform(
            message.key,
            find=lambda claim: kind.find(outbox, channel, message, claim),
            do=lambda claim: kind.send(outbox, channel, message, claim),
            about=about("message", run),
        ).result
    except Exception as error:
        outbox.failed(message.key, str(error))
        raise
    outbox.sent(message.key, at=_time_of(message))
    return result


def deliver_privately(ledger: Ledger, channel: Channel, message: Message, *, key: str, note: Mapping[str, Any]) -> None:
    """Send what is for one person alone through its channel, once. Nothing of its text is kept, nor to whom it went.

    `key` is the effect's in the ledger, `note` what the ledger has beside it; `message.key` is what the channel finds it
    again by. What the channel raises goes to the caller.
    """
    kind = _CHANNELS[channel.kind]
    outbox = Outbox(ledger.store)

    def find(claim: Claim) -> dict[str, Any] | None:
        return {} if kind.find(outbox, channel, message, claim) is not None else None

    def do(claim: Claim) -> dict[str, Any]:
        kind.send(outbox, channel, message, claim)
        return {}

    ledger.perform(key, find=find, do=do, about=note)


def _time_of(message: Message) -> datetime:
    return message.at or datetime.now(UTC)


def _find_in_outbox(outbox: Outbox, _: Channel, message: Message, __: Claim) -> dict[str, Any] | None:
    return outbox.find_message(message.key)


def _leave_in_outbox(outbox: Outbox, _: Channel, message: Message, __: Claim) -> dict[str, Any]:
    return outbox.post(message.key, at=_time_of(message))


def _nowhere(*_: object) -> None:
    return None


def _slack(channel: Channel) -> SlackChannel:
    return SlackChannel(connection_id=channel.connection)


def _find_slack(_: Outbox, channel: Channel, message: Message, claim: Claim) -> dict[str, Any] | None:
    return _slack(channel).find_message(channel.to, message.key, claim.claimed_at)


def _send_slack(_: Outbox, channel: Channel, message: Message, claim: Claim) -> dict[str, Any]:
    def post(blocks: list[Block]) -> dict[str, Any]:
        return _slack(channel).post(channel.to, message.key, message.subject, blocks, since=claim.claimed_at)

    if message.rich is None:
        # `verbatim`: Slack makes no links, mentions or channel names out of the text.
        return post([{"type": "section", "text": {"type": "mrkdwn", "text": message.body, "verbatim": True}}])
    pictures = _drawn(message.rich)
    files = _uploaded(channel, pictures)
    try:
        return post(message.rich.blocks(pictures, files))
    except SlackError as error:
        if error.code != "invalid_blocks" or not files:
            raise
        log.warning("Slack does not show the pictures, so they are told in words: %s", error)
        return post(message.rich.blocks(pictures, {}))


def _drawn(rich: Rich) -> Sequence[Picture]:
    """The pictures of a message; none where they cannot be drawn, which is no reason to say nothing."""
    try:
        return rich.pictures()
    except Exception:
        log.exception("the pictures cannot be drawn: the message goes without them")
        return ()


def _uploaded(channel: Channel, pictures: Sequence[Picture]) -> dict[str, str]:
    """Ids of the pictures that Slack took; those after the first that it does not take are not tried."""
    found: dict[str, str] = {}
    slack = SlackPictures(connection_id=channel.connection)
    for one in pictures:
        try:
            found[one.name] = slack.upload(one.name, one.words, one.png)
        except SlackError as error:
            log.warning("the pictures are told in words: %s", error)
            break
    return found


def _send_email(_: Outbox, channel: Channel, message: Message, claim: Claim) -> dict[str, Any]:
    mail = EmailChannel(connection_id=channel.connection)
    html, inline = "", list[Inline]()
    if message.rich is not None:
        pictures = _drawn(message.rich)
        html = message.rich.html(pictures)
        inline = [Inline(one.name, one.png) for one in pictures]
    return mail.send(channel.to, message.key, message.subject, message.body, html, pictures=inline, at=claim.claimed_at)


class _Kind(NamedTuple):
    fmt: str
    find: Callable[[Outbox, Channel, Message, Claim], dict[str, Any] | None]
    send: Callable[[Outbox, Channel, Message, Claim], dict[str, Any]]


_CHANNELS = {
    "outbox": _Kind("md", _find_in_outbox, _leave_in_outbox),
    "slack": _Kind("mrkdwn", _find_slack, _send_slack),
    # A mail server cannot be asked what it has taken: the Message-ID, made of the key, lets receivers drop a second copy.
    "email": _Kind("plain", _nowhere, _send_email),
}
