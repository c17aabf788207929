"""`release-ops calendar`: the dated trains of a product."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from rich.table import Table
from rich.text import Text

from release_ops.calendar_json import milestone_note, release_data
from release_ops.calendar_markdown import calendar_markdown
from release_ops.domain.agenda import NO_RECORDS, Entry, Key, Records, agenda
from release_ops.domain.events import events
from release_ops.domain.milestones import train
from release_ops.domain.model import Event, Milestone, MilestoneKind, Product, Release
from release_ops.domain.release_dates import week_label
from release_ops.domain.rules import WEEKDAYS
from release_ops.icalendar_feed import feed
from release_ops.product import load_products, products_folder
from release_ops.terminal import OK, PROBLEMS, Command, Terminal, product_named

WIDE = 110
"""Columns from which on the calendar has room for notes."""


FORMATS = ("table", "ics", "md", "json")


def _calendar_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "file", metavar="FILE", nargs="?", help="product file, or the id of one of the project's products"
    )
    parser.add_argument("--all", action="store_true", help="of all products of the project, instead of FILE")
    parser.add_argument("--version", metavar="V", help="only this release")
    parser.add_argument("--format", choices=FORMATS, help="table (default), ics (iCalendar), md (Markdown) or json")
    parser.add_argument("--json", action="store_const", const="json", dest="format", help="the same as --format json")
    parser.add_argument("--output", metavar="F", type=Path, help="write to this file instead of the terminal")
    parser.add_argument(
        "--actual",
        action="store_true",
        help="with what was done, and when, from the database (AIRFLOW_CONN_RELEASE_OPS_DB)",
    )


def _calendar(args: argparse.Namespace, terminal: Terminal) -> int:
    products = _products(args, terminal)
    if isinstance(products, int):
        return products
    try:
        records = _recorded() if args.actual else NO_RECORDS
        shape = args.format or "table"
        if shape == "table":
            if args.output is not None:
                return terminal.refuse("a table is for the terminal; choose --format ics, md or json for a file")
            for product in products:
                _print(terminal, product, records)
            return OK
        title = "Release calendar" if args.all else products[0].name
        content = _written(shape, title, products, records, recorded=args.actual)
        if args.output is None:
            sys.stdout.buffer.write(content)
            sys.stdout.buffer.flush()
        else:
            args.output.write_bytes(content)
            terminal.say(f"wrote {args.output}")
    except _NoDatabaseError as error:
        return terminal.refuse(str(error))
    except BrokenPipeError:
        raise
    except OSError as error:
        return terminal.refuse(f"{args.output}: {error.strerror}")
    return OK


class _NoDatabaseError(Exception):
    """The database cannot be asked: why, and the remedy."""


def _products(args: argparse.Namespace, terminal: Terminal) -> list[Product] | int:
    if args.all == bool(args.file):
        return terminal.refuse("which product? Name one file or id, or all of them with --all")
    if not args.all:
        product = product_named(args.file, terminal)
        return product if isinstance(product, int) else _chosen([product], args, terminal)
    products, problems = load_products(products_folder())
    for problem in problems:
        terminal.problem(problem)
    if problems:
        return PROBLEMS
    if not products:
        return terminal.refuse(f"{products_folder()}: no product files")
    return _chosen([*products.values()], args, terminal)


def _chosen(products: list[Product], args: argparse.Namespace, terminal: Terminal) -> list[Product] | int:
    if not args.version:
        return products
    chosen = [_only(product, args.version) for product in products]
    if any(product.releases for product in chosen):
        return [product for product in chosen if product.releases]
    known = ", ".join(release.version for product in products for release in product.releases) or "none"
    who = "no product plans" if args.all else f"{products[0].id} plans no"
    return terminal.refuse(f"{who} release {args.version}; its releases: {known}")


def _only(product: Product, version: str) -> Product:
    return replace(product, releases=tuple(one for one in product.releases if one.version == version))


def _recorded() -> Records:
    """What the database knows; _NoDatabaseError where there is none to ask."""
    # Airflow is slow to load, and a calendar alone needs none of it.
    from airflow.sdk.exceptions import AirflowException  # noqa: PLC0415
    from psycopg import Error  # noqa: PLC0415

    from release_ops.calendar_records import records_of  # noqa: PLC0415
    from release_ops.database import open_store  # noqa: PLC0415

    try:
        return records_of(open_store())
    except (AirflowException, Error) as error:
        said = " ".join(str(error).split())
        raise _NoDatabaseError(
            f"--actual: the database cannot be asked ({said}); set AIRFLOW_CONN_RELEASE_OPS_DB to its address"
        ) from error


def _written(shape: str, title: str, products: Sequence[Product], records: Records, *, recorded: bool) -> bytes:
    if shape == "ics":
        return feed(products, records, name=title)
    if shape == "md":
        return calendar_markdown(title, products, records, recorded=recorded).encode()
    found = [release_data(product, one, records) for product in products for one in product.releases]
    return (json.dumps(found, indent=2, ensure_ascii=False) + "\n").encode()


def _print(terminal: Terminal, product: Product, records: Records) -> None:
    if not product.releases:
        terminal.say(f"{product.id} plans no release")
    recorded = {entry.key: entry for entry in agenda(product, records)} if records is not NO_RECORDS else {}
    for release in product.releases:
        _show(terminal, product, release, recorded)


def _show(terminal: Terminal, product: Product, release: Release, recorded: Mapping[Key, Entry]) -> None:
    """Print one release: a table whose notes are a column where there is room for one, and lines below elsewhere."""
    title = f"{product.name} {release.version}, {release.type}" + (f": {release.theme}" if release.theme else "")
    terminal.out.print(Text(title, style="bold"))
    milestones = train(product, release)
    if not milestones:
        terminal.out.print(f"  no calendar: a {release.type} release runs when somebody starts it\n")
        return
    entries = sorted(
        [
            *(_milestone_row(product, release, one, recorded) for one in milestones),
            *(_event_row(one) for one in events(product, release)),
        ],
        key=lambda row: row.at.timestamp(),
    )
    wide = terminal.out.width >= WIDE
    column = wide and any(row.note for row in entries)
    zones = wide or not (product.weeks or recorded)
    if not zones:
        terminal.out.print(f"  times in {product.timezone}")
    table = Table()
    table.add_column("milestone", min_width=min(max(len(row.title) for row in entries), 24 if wide else 16))
    for heading, shown in (("week", product.weeks), ("day", True), ("local time", True), ("zone", zones)):
        if shown:
            table.add_column(heading, no_wrap=True)
    table.add_column("to GA", justify="right", no_wrap=True)
    if recorded:
        table.add_column("actual", no_wrap=wide)
    table.add_column("rule", no_wrap=wide or not (product.weeks or recorded))
    if column:
        table.add_column("note")
    for row in entries:
        day = row.at.date()
        distance = (day - release.ga).days
        cells = [
            row.title,
            *([week_label(product, release, day)] if product.weeks else ()),
            WEEKDAYS[day.weekday()][:3],
            f"{day}" if row.all_day else f"{row.at:%Y-%m-%d %H:%M}",
            *(["" if row.all_day else row.at.tzname() or product.timezone] if zones else ()),
            "GA" if row.is_ga else f"{distance:+d} d" if distance else "0 d",
            *([row.actual] if recorded else ()),
            row.rule,
            *([row.note] if column else ()),
        ]
        table.add_row(*map(Text, cells), style="bold" if row.is_ga else None)
    terminal.out.print(table)
    for row in entries if not column else ():
        if row.note:
            terminal.out.print(Text(f"  {row.title}: {row.note}"))
    terminal.out.print()


@dataclass(frozen=True, slots=True)
class _Row:
    title: str
    at: datetime
    rule: str
    note: str
    all_day: bool = False
    is_ga: bool = False
    actual: str = ""


def _milestone_row(product: Product, release: Release, one: Milestone, recorded: Mapping[Key, Entry]) -> _Row:
    note = milestone_note(product, release, one)
    ga = one.kind is MilestoneKind.GA
    if ga and release.reason:
        note = f"{release.reason}; {note}" if note else release.reason
    entry = recorded.get((product.id, release.version, "milestone", one.kind.value))
    return _Row(one.kind.replace("_", " "), one.planned_at, one.rule, note, is_ga=ga, actual=_actual(entry))


def _actual(entry: Entry | None) -> str:
    """`2026-11-26 (+2 d)`, or where it stands when it is not done."""
    if entry is None:
        return ""
    if entry.actual_at is None:
        return entry.state
    return f"{entry.actual_at:%Y-%m-%d}" + (f" ({entry.days_late:+d} d)" if entry.days_late else "")


def _event_row(one: Event) -> _Row:
    return _Row(one.title, one.planned_at, one.rule, one.note, all_day=one.all_day)


CALENDAR = Command(
    "print the dated trains of a product, or write them as a calendar file", _calendar_options, _calendar
)
