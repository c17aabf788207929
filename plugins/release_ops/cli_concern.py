"""`release-ops concern`: register a concern of a stakeholder, write down its answer, list them."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from release_ops.cli_store import NoDatabase, open_database
from release_ops.domain.stakeholder_policy import Topic
from release_ops.escaping import escape_plain
from release_ops.terminal import OK, PROBLEMS, Command, Terminal, product_named

if TYPE_CHECKING:
    from release_ops.domain.concerns import Raised
    from release_ops.store import Store


def _options(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    database = "our database (default: the connection of AIRFLOW_CONN_RELEASE_OPS_DB)"
    adding = actions.add_parser("add", help="register a concern")
    adding.add_argument("product", metavar="PRODUCT", help="product file, or the id of a product")
    adding.add_argument("--from", dest="stakeholder", metavar="ID", required=True, help="stakeholder of the register")
    adding.add_argument("--text", required=True, help="what was said")
    adding.add_argument("--topic", choices=[one.value for one in Topic], default=Topic.OTHER.value)
    adding.add_argument("--version", default="", help="release that it is about (default: none in particular)")
    adding.add_argument(
        "--received", metavar="TIME", type=_time, help="when, like 2026-11-20T14:30+01:00 (default: now)"
    )
    answering = actions.add_parser("answer", help="write down the answer to a concern")
    answering.add_argument("concern", metavar="CONCERN", help="its id, like c-1a2b3c4d5e")
    answering.add_argument("--text", required=True, help="what was answered")
    answering.add_argument("--by", metavar="ID", required=True, help="who answered")
    answering.add_argument("--at", metavar="TIME", type=_time, help="when, like 2026-11-20T14:30+01:00 (default: now)")
    listing = actions.add_parser("list", help="list concerns; exit code 1 where one is overdue")
    listing.add_argument("product", metavar="PRODUCT", nargs="?", help="id of a product (default: all)")
    listing.add_argument("--open", action="store_true", help="only those without an answer")
    for each in (adding, answering, listing):
        each.add_argument("--database", metavar="DSN", help=database)


def _time(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a time; write it like 2026-11-20T14:30+01:00") from None
    if found.tzinfo is None:
        raise argparse.ArgumentTypeError(f"{text!r} has no zone; write it like 2026-11-20T14:30+01:00")
    return found.astimezone(UTC)


def _run(args: argparse.Namespace, terminal: Terminal) -> int:
    from release_ops.concern_register import ConcernProblem  # noqa: PLC0415 - the database is slow to load

    try:
        store = open_database(args.database)
        return {"add": _add, "answer": _answer, "list": _list}[args.action](store, args, terminal)
    except (NoDatabase, ConcernProblem) as error:
        return terminal.refuse(str(error))


def _add(store: Store, args: argparse.Namespace, terminal: Terminal) -> int:
    from release_ops.concern_register import register  # noqa: PLC0415

    product = product_named(args.product, terminal)
    if isinstance(product, int):
        return product
    found = register(
        store,
        product,
        args.stakeholder,
        args.text,
        received_at=args.received or terminal.now,
        topic=args.topic,
        version=args.version,
    )
    who = f" by {found.owner}" if found.owner else "; nobody looks after them: name an owner in the register"
    terminal.say(f"{found.id}: to be answered by {found.due_at:%a %Y-%m-%d %H:%M} UTC{who}")
    return OK


def _answer(store: Store, args: argparse.Namespace, terminal: Terminal) -> int:
    from release_ops.concern_register import answer  # noqa: PLC0415

    found = answer(store, args.concern, args.text, by=args.by, at=args.at or terminal.now)
    late = "in time" if found.in_time else f"{_hours(found, terminal.now)} late"
    terminal.say(f"{found.id}: answered, {late}")
    return OK


def _list(store: Store, args: argparse.Namespace, terminal: Terminal) -> int:
    from release_ops.concern_register import concerns_of  # noqa: PLC0415

    found = concerns_of(store, args.product, open_only=args.open)
    for one in found:
        about = f"{one.product} {one.version}".strip()
        received = f"received {one.received_at:%Y-%m-%d %H:%M}, due {one.due_at:%Y-%m-%d %H:%M} UTC"
        terminal.say(f"{one.id}  {about}, {one.stakeholder}: {_state(one, terminal.now)} ({received})")
        terminal.say(f"    {escape_plain(one.text)}")
        if one.answer:
            terminal.say(f"    answer: {escape_plain(one.answer)}")
    if not found:
        terminal.say("no concerns")
    return PROBLEMS if any(one.is_overdue(terminal.now) for one in found) else OK


def _state(one: Raised, now: datetime) -> str:
    if one.answered_at is not None:
        return f"answered by {one.answered_by}, {'in time' if one.in_time else f'{_hours(one, now)} late'}"
    return f"overdue by {_hours(one, now)}" if one.is_overdue(now) else "open"


def _hours(one: Raised, now: datetime) -> str:
    minutes = int(one.overdue_by(now).total_seconds() // 60)
    return f"{minutes // 60} h {minutes % 60:02} min"


CONCERN = Command("register, answer and list concerns of stakeholders", _options, _run)
