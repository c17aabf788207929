"""`release-ops feeds`: whether a product's feeds of facts can be read, and what would be written of them."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any

from rich.table import Table

from release_ops.adapters.delivery_feed import FeedRejected
from release_ops.budget_inputs import DAYS, BudgetError, bring, streams_of
from release_ops.delivery_feeds import Loaded, feed_of, feed_rows, feed_streams, load_feed, place_of, since_of
from release_ops.domain.facts import TIMES
from release_ops.domain.model import Product
from release_ops.facts_store import Change, FactsStore
from release_ops.feeds_document import columns_document
from release_ops.product import products_folder
from release_ops.store import Store
from release_ops.terminal import OK, PROBLEMS, Command, Terminal, count, product_named


def _options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "file", metavar="FILE", nargs="?", help="product file, or the id of one of the project's products"
    )
    parser.add_argument("--database", metavar="DSN", help="our database: tell what would change there")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.add_argument("--columns", action="store_true", help="print the columns of all feeds, in Markdown, and end")


@dataclass
class _Feed:
    """What was found in one feed."""

    stream: str
    place: str
    rows: int = 0
    start: datetime | None = None
    end: datetime | None = None
    changes: Mapping[str, Any] = field(default_factory=dict)
    """Stream to rows that would be written and removed, where a database was asked."""
    notes: tuple[str, ...] = ()
    rejected: FeedRejected | None = None
    failed: str = ""

    @property
    def is_good(self) -> bool:
        return self.rejected is None and not self.failed


def _run(args: argparse.Namespace, terminal: Terminal) -> int:
    if args.columns:
        terminal.say(columns_document())
        return OK
    if args.file is None:
        return terminal.refuse("name a product file, or ask for --columns")
    product = product_named(args.file, terminal)
    if isinstance(product, int):
        return product
    path = Path(args.file)
    folder = path.parent if path.is_file() else products_folder()
    now = datetime.combine(terminal.today, time(0), UTC)
    if args.database:
        found = list(_rehearsed(Store(args.database), product, folder, now))
    else:
        found = [_read(product, stream, folder, now) for stream in _streams(product)]
    if args.json:
        shown = {"product": product.id, "feeds": [_shown(one) for one in found]}
        terminal.say(json.dumps(shown, indent=2, ensure_ascii=False))
    else:
        _tell(product, found, terminal, asked=bool(args.database))
    return OK if all(one.is_good for one in found) else PROBLEMS


def _read(product: Product, stream: str, folder: Path, now: datetime) -> _Feed:
    """Read a feed to its end, and write nothing."""
    feed = _Feed(stream, place_of(stream, feed_of(product, stream)))
    try:
        with feed_rows(product, stream, folder=folder, since=since_of(product, {}, now), now=now) as rows:
            for row in rows:
                feed.rows += 1
                times = _times(stream, row)
                feed.start = min([*times, *([feed.start] if feed.start else [])], default=None)
                feed.end = max([*times, *([feed.end] if feed.end else [])], default=None)
    except FeedRejected as error:
        feed.rejected = error
    except Exception as error:  # of a database or an object store, each has its own
        feed.failed = f"{type(error).__name__}: {error}"
    return feed


def _streams(product: Product) -> list[str]:
    """Streams of facts, then those of money."""
    return [*feed_streams(product), *streams_of(product)]


def _times(stream: str, row: Mapping[str, Any]) -> list[datetime]:
    if stream in DAYS:
        return [datetime.combine(row[DAYS[stream]], time(0), UTC)]
    return [at for name in TIMES[stream] if (at := row.get(name)) is not None]


class _Undone(Exception):
    """Nothing of a rehearsal stays."""


def _rehearsed(store: Store, product: Product, folder: Path, now: datetime) -> Iterator[_Feed]:
    """Write all feeds in one transaction, which is undone."""
    facts = FactsStore(store, product.id)
    found = [_read(product, stream, folder, now) for stream in _streams(product)]
    money = [feed for feed in found if feed.stream in DAYS]
    try:
        with facts.transaction():
            if money and all(feed.is_good for feed in money):
                _rehearse_money(store, product, folder, now, money)
            for feed in found:
                if feed.is_good and feed.stream not in DAYS:
                    loaded: Loaded = load_feed(facts, product, feed.stream, folder=folder, now=now)
                    feed.changes, feed.notes = loaded.changes, tuple(loaded.notes)
            raise _Undone
    except _Undone:
        yield from found


def _rehearse_money(store: Store, product: Product, folder: Path, now: datetime, feeds: list[_Feed]) -> None:
    """Money is written together or not at all."""
    try:
        changes = bring(store, product, folder=folder, now=now)
    except BudgetError as error:
        feeds[0].failed = str(error)
        return
    for feed in feeds:
        _, begun, ended = changes[feed.stream]
        feed.changes = {feed.stream: Change(begun, ended)}


def _tell(product: Product, found: list[_Feed], terminal: Terminal, *, asked: bool) -> None:
    if not found:
        terminal.say(f"{product.name} has no feeds; name them under delivery.feeds or budget.feeds (docs/feeds.md)")
        return
    table = Table()
    for name in ("stream", "feed"):
        table.add_column(name, overflow="fold")
    for name in ("rows", *(("written", "removed") if asked else ())):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("from", no_wrap=True)
    table.add_column("to", no_wrap=True)
    for feed in found:
        cells = [feed.stream, feed.place, str(feed.rows) if feed.is_good else "none"]
        if asked:
            change = feed.changes.get(feed.stream)
            cells += [str(change.written if change else 0), str(change.removed if change else 0)]
        days = [at.date().isoformat() if at and feed.is_good else "" for at in (feed.start, feed.end)]
        table.add_row(*cells, *days)
    terminal.out.print(table)
    for feed in found:
        for note in feed.notes:
            terminal.say(f"{feed.place}: {note}")
        if feed.failed:
            terminal.say(f"{feed.place}: {feed.failed}")
        if feed.rejected is not None:
            for problem in feed.rejected.problems:
                terminal.problem(problem)
            more = f"; and {count(feed.rejected.more, 'more problem')}" if feed.rejected.more else ""
            terminal.say(f"{feed.place}: nothing of it would be written{more}")


def _shown(feed: _Feed) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "stream": feed.stream,
        "feed": feed.place,
        "rows": feed.rows if feed.is_good else None,
        "from": feed.start.isoformat() if feed.start and feed.is_good else None,
        "to": feed.end.isoformat() if feed.end and feed.is_good else None,
        "changes": {
            stream: {"written": change.written, "removed": change.removed} for stream, change in feed.changes.items()
        },
        "notes": list(feed.notes),
        "problems": [],
    }
    if feed.failed:
        shown["problems"] = [f"{feed.place}: {feed.failed}"]
    if feed.rejected is not None:
        shown["problems"] = str(feed.rejected).splitlines()
    return shown


FEEDS = Command("check a product's feeds of facts, and tell what would be written", _options, _run)
