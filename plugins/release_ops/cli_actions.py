"""`release-ops actions`: list the action items of reviews, take one up, add one, close one."""

from __future__ import annotations

import argparse
from datetime import timedelta
from typing import TYPE_CHECKING

from release_ops.cli_store import NoDatabase, open_database
from release_ops.escaping import escape_plain
from release_ops.terminal import OK, PROBLEMS, Command, Terminal, day

if TYPE_CHECKING:
    from datetime import date

    from release_ops.store import Row, Store

DUE_IN = timedelta(days=14)


def _options(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    listing = actions.add_parser("list", help="list action items; exit code 1 where one is overdue")
    listing.add_argument("product", metavar="PRODUCT", nargs="?", help="id of a product (default: all)")
    listing.add_argument("--version", help="only those of this release's reviews")
    listing.add_argument("--open", action="store_true", help="only proposed and open ones")
    taking = actions.add_parser("take", help="take up a proposed item, or change its owner and its day")
    adding = actions.add_parser("add", help="write down an item that people agreed on")
    done = actions.add_parser("done", help="close an item with what shows that it is done")
    drop = actions.add_parser("drop", help="close an item with why it is dropped")
    for each in (taking, adding, done, drop):
        each.add_argument("product", metavar="PRODUCT", help="id of a product")
        each.add_argument("version", metavar="VERSION", help="release whose review it is of")
    for each in (taking, done, drop):
        each.add_argument("item", metavar="ITEM", help="its id, like a-1a2b3c4d")
    for each in (taking, adding):
        each.add_argument("--owner", required=True, help="role of the product, or somebody's id")
        each.add_argument("--due", metavar="DATE", type=day, help="day by which it is to be done (default: in 14 days)")
    adding.add_argument("--text", required=True, help="what is to be done")
    for each in (done, drop):
        each.add_argument("--evidence", required=True, help="what shows it, or why")
        each.add_argument("--by", metavar="ID", required=True, help="who says so")
    for each in (listing, taking, adding, done, drop):
        each.add_argument(
            "--database", metavar="DSN", help="our database (default: the connection of AIRFLOW_CONN_RELEASE_OPS_DB)"
        )


def _run(args: argparse.Namespace, terminal: Terminal) -> int:
    from release_ops.review_register import ActionProblem  # noqa: PLC0415 - the database is slow to load

    try:
        store = open_database(args.database)
        return _list(store, args, terminal) if args.action == "list" else _change(store, args, terminal)
    except (NoDatabase, ActionProblem) as error:
        return terminal.refuse(str(error))


def _change(store: Store, args: argparse.Namespace, terminal: Terminal) -> int:
    from release_ops.review_register import add, close, take  # noqa: PLC0415

    release = (args.product, args.version)
    if args.action in {"done", "drop"}:
        state = "done" if args.action == "done" else "dropped"
        close(store, *release, args.item, state=state, evidence=args.evidence, by=args.by, at=terminal.now)
        terminal.say(f"{args.item}: {state}")
        return OK
    due = args.due or terminal.today + DUE_IN
    if args.action == "add":
        row = add(store, *release, args.text, owner=args.owner, due_on=due, at=terminal.now, source="command")
    else:
        row = take(store, *release, args.item, owner=args.owner, due_on=due, at=terminal.now)
    terminal.say(f"{row['id']}: {row['owner']}, by {row['due_on']:%a %Y-%m-%d}")
    return OK


def _list(store: Store, args: argparse.Namespace, terminal: Terminal) -> int:
    from release_ops.review_register import items  # noqa: PLC0415

    found = items(store, args.product, args.version, open_only=args.open)
    for one in found:
        owner = one["owner"] or "nobody yet"
        terminal.say(f"{one['id']}  {one['product']} {one['version']}, {owner}: {_state(one, terminal.today)}")
        terminal.say(f"    {escape_plain(one['text'])}")
        if one["evidence"]:
            terminal.say(f"    {escape_plain(one['evidence'])}")
    if not found:
        terminal.say("no action items")
    return PROBLEMS if any(_is_overdue(one, terminal.today) for one in found) else OK


def _is_overdue(one: Row, today: date) -> bool:
    return bool(one["state"] == "open" and one["due_on"] < today)


def _state(one: Row, today: date) -> str:
    if one["closed_at"] is not None:
        return f"{one['state']} on {one['closed_at']:%Y-%m-%d}"
    if _is_overdue(one, today):
        return f"overdue since {one['due_on']}"
    return f"{one['state']}, due {one['due_on']}"


ACTIONS = Command("list, take up and close action items of reviews", _options, _run)
