"""`release-ops stakeholders`: the register with its strategies, and which message is due when and to whom."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from rich.table import Table
from rich.text import Text

from release_ops.adapters.delivery_feed import FeedRejected
from release_ops.domain.due_messages import DueMessage, digests, due_messages
from release_ops.domain.model import Product
from release_ops.domain.stakeholder_policy import Stakeholder
from release_ops.domain.stakeholders import next_open, treatment_of
from release_ops.product import file_of, products_folder
from release_ops.stakeholder_register import RegisterError, read_register
from release_ops.terminal import OK, PROBLEMS, Command, Terminal, day, product_named


def _options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="product file, or the id of one of the project's products")
    parser.add_argument("--date", type=day, metavar="DAY", help="what is due from this day on; today without it")
    parser.add_argument("--days", type=int, default=42, metavar="N", help="so many days ahead (42)")
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")


def _run(args: argparse.Namespace, terminal: Terminal) -> int:
    product = product_named(args.file, terminal)
    if isinstance(product, int):
        return product
    zone = ZoneInfo(product.timezone)
    now = datetime.combine(args.date or terminal.today, time(0), zone).astimezone(UTC)
    file = file_of(product.id)
    try:
        people = read_register(product, folder=file.parent if file else products_folder(), now=now)
    except (FeedRejected, RegisterError) as error:
        terminal.err.print(f"release-ops: {error}", soft_wrap=True)
        return PROBLEMS
    due = due_from(product, people, now, now + timedelta(days=args.days))
    if args.json:
        found = {
            "product": product.id,
            "stakeholders": [_person(product, one) for one in people],
            "due": [_due(one) for one in due],
        }
        terminal.say(json.dumps(found, indent=2, ensure_ascii=False, default=str))
        return OK
    terminal.out.print(_register(product, people) if people else "nobody is registered: write stakeholders.people")
    terminal.out.print(_plan(due, zone) if due else "nothing is due in this time")
    return OK


def due_from(product: Product, people: Sequence[Stakeholder], now: datetime, until: datetime) -> list[DueMessage]:
    """What will be due from now until then, by time: by the plan, as if nothing had been sent yet."""
    matrix = due_messages(product, people, (), known_at={}, now=now)
    found = [*matrix, *digests([(product, people)], since={}, now=now)]
    return sorted((one for one in found if now <= one.due_at < until), key=lambda one: (one.due_at, one.key))


def _register(product: Product, people: Sequence[Stakeholder]) -> Table:
    table = Table(title=f"Stakeholders of {product.name}", title_justify="left")
    for name in ("influence", "interest"):
        table.add_column(name, justify="right", no_wrap=True)
    for name in ("stakeholder", "strategy", "hears", "by"):
        table.add_column(name)
    order = sorted(people, key=lambda one: (-one.influence, -one.interest, one.name))
    for one in order:
        treatment = treatment_of(one, product.stakeholders)
        who = Text(one.name, style="bold")
        who.append(f"\n{one.type.replace('_', ' ')}{f', {one.role}' if one.role else ''}", style="not bold")
        hand = f"\nby hand: {one.reason}" if treatment.by_hand else ""
        table.add_row(
            str(one.influence),
            str(one.interest),
            who,
            f"{treatment.strategy.replace('_', ' ')}{hand}",
            f"{treatment.cadence.replace('_', ' ')}, {one.level}",
            ", then ".join(channel.kind for channel in one.channels) or Text("no channel", style="red"),
        )
    return table


def _plan(due: Sequence[DueMessage], zone: ZoneInfo) -> Table:
    table = Table(title=f"Due, in {zone.key}", title_justify="left")
    for name in ("due", "message", "to", "by", "then"):
        table.add_column(name, no_wrap=name == "due")
    alike: dict[tuple[str, ...], list[str]] = {}
    for one in due:
        about = f"{one.product} {one.version}: {one.title}" if one.version else one.title
        when = f"{one.due_at.astimezone(zone):%a %Y-%m-%d %H:%M}"
        alike.setdefault((when, about, one.channels[0].kind, _then(one, zone)), []).append(
            one.stakeholder or one.audience
        )
    for (when, about, channel, then), who in alike.items():
        table.add_row(when, about, ", ".join(who), channel, then)
    return table


def _then(message: DueMessage, zone: ZoneInfo) -> str:
    """What holds it up at its time, as far as the plan knows."""
    if message.waits_for:
        return f"once {message.waits_for.replace('_', ' ')}"
    if message.emergency:
        return "at any hour"
    opened = next_open(message.availability, message.due_at)
    if opened is None:
        return "never available"
    return "" if opened[0] == message.due_at else f"held until {opened[0].astimezone(zone):%a %m-%d %H:%M}: {opened[1]}"


def _person(product: Product, person: Stakeholder) -> dict[str, Any]:
    names = ("id", "name", "role", "type", "influence", "interest", "audience", "level", "language", "owner")
    return {
        **{name: getattr(person, name) for name in names},
        **asdict(treatment_of(person, product.stakeholders)),
        "channels": [one.kind for one in person.channels],
    }


def _due(message: DueMessage) -> dict[str, Any]:
    names = (
        "key",
        "product",
        "version",
        "phase",
        "kind",
        "audience",
        "stakeholder",
        "detail",
        "waits_for",
        "emergency",
    )
    return {
        **{name: getattr(message, name) for name in names},
        "due_at": message.due_at.isoformat(),
        "channel": message.channels[0].kind,
    }


STAKEHOLDERS = Command("print the register of stakeholders, and what is due to whom when", _options, _run)
