"""`release-ops blackouts`: what closes a product's window, from and to other people's calendars."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import yaml
from rich.table import Table
from rich.text import Text

from release_ops.domain.hours import describe
from release_ops.domain.model import Blackout, Product
from release_ops.domain.recurrence import rule_starts
from release_ops.domain.rules import local_instant
from release_ops.domain.window_rules import RecurringBlackout
from release_ops.domain.windows import closed_spans, moment_text
from release_ops.icalendar_export import write_calendar
from release_ops.icalendar_file import read_calendar
from release_ops.terminal import OK, PROBLEMS, Command, Terminal, day, product_named, unreadable

MONTHS_AHEAD = timedelta(days=366)
MOST_DAYS = 3660


def _options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="product file, or the id of one of the project's products")
    parser.add_argument(
        "--between", metavar=("A", "B"), type=day, nargs=2, help="first and last day (default: a year from today)"
    )
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    ways = parser.add_mutually_exclusive_group()
    ways.add_argument(
        "--import", dest="source", metavar="X.ics", type=Path, help="print an iCalendar file as `blackouts:` to paste"
    )
    ways.add_argument(
        "--export",
        metavar="X.ics",
        help="write the product's own blackouts and freezes as iCalendar; - for the terminal",
    )


def _run(args: argparse.Namespace, terminal: Terminal) -> int:
    product = product_named(args.file, terminal)
    if isinstance(product, int):
        return product
    if args.source is not None:
        return _import(args.source, product, terminal)
    if args.export is not None:
        return _export(args.export, product, terminal)
    return _list(args, product, terminal)


def _list(args: argparse.Namespace, product: Product, terminal: Terminal) -> int:
    first, last = args.between or (terminal.today, terminal.today + MONTHS_AHEAD)
    if last < first:
        return terminal.refuse(f"{last} is before {first}; write the first day first")
    if (last - first).days > MOST_DAYS:
        return terminal.refuse(f"{first} to {last} is more than ten years; ask for less")
    zone = ZoneInfo(product.timezone)
    start = local_instant(first, time(0), zone)
    spans = closed_spans(product, start, local_instant(last + timedelta(days=1), time(0), zone))
    if args.json:
        rows = [
            {
                "start": begin.isoformat(),
                "end": closure.until.isoformat(),
                "reason": closure.reason,
                "closer": closure.closer.value,
            }
            for begin, closure in spans
        ]
        terminal.say(json.dumps(rows, indent=2, ensure_ascii=False))
        return OK
    kinds = ", ".join(sorted(kind.value for kind in product.windows.milestones)) or "no milestone"
    terminal.say(Text(f"{product.name}: closed for {kinds} ({product.timezone})", style="bold"))
    if product.windows.hours is not None:
        terminal.say(f"open only {describe(product.windows.hours)}")
    if not spans:
        terminal.say(f"nothing closes it from {first} to {last}")
        return OK
    table = Table()
    for heading in ("from", "until", "by"):
        table.add_column(heading, no_wrap=True)
    table.add_column("reason")
    for begin, closure in spans:
        table.add_row(moment_text(begin), moment_text(closure.until), closure.closer.value, Text(closure.reason))
    terminal.out.print(table)
    return OK


def _import(path: Path, product: Product, terminal: Terminal) -> int:
    if said := unreadable(path):
        return terminal.refuse(said)
    closed = read_calendar(path, product.timezone)
    for problem in closed.problems:
        terminal.problem(problem)
    entries = [
        *(_once(one, ZoneInfo(product.timezone)) for one in closed.blackouts),
        *(entry for one in closed.recurring for entry in _again(one, ZoneInfo(product.timezone))),
    ]
    if entries:
        text = yaml.safe_dump({"blackouts": entries}, sort_keys=False, allow_unicode=True, width=1000)
        sys.stdout.write(text)
    elif not closed.problems:
        terminal.say(f"{path}: nothing in it closes a window")
    return PROBLEMS if closed.problems else OK


def _once(blackout: Blackout, zone: ZoneInfo) -> dict[str, str]:
    start, end = blackout.start.astimezone(zone), blackout.end.astimezone(zone)
    midnight = time(0)
    if (start.time(), end.time()) == (midnight, midnight):
        shown = [start.date(), end.date() - timedelta(days=1)]
        return {"start": str(shown[0]), "end": str(shown[1]), "reason": blackout.reason}
    return {"start": start.isoformat(" ", "minutes"), "end": end.isoformat(" ", "minutes"), "reason": blackout.reason}


def _again(blackout: RecurringBlackout, zone: ZoneInfo) -> Iterable[dict[str, object]]:
    """The rule as one entry, and its extra days as one entry each; in the product's zone."""
    for extra in blackout.also:
        if extra not in blackout.without and extra != next(rule_starts(blackout), None):
            start = local_instant(extra.date(), extra.time(), ZoneInfo(blackout.zone))
            last = extra + blackout.lasts
            end = local_instant(last.date(), last.time(), ZoneInfo(blackout.zone))
            yield dict(_once(Blackout(start=start, end=end, reason=blackout.reason), zone))
    if not blackout.rule:
        return
    first = next(rule_starts(blackout), blackout.start)
    entry: dict[str, object] = {"start": _wall(first), "end": _wall(first + blackout.lasts)}
    whole = first.time() == time(0) and not blackout.lasts % timedelta(days=1)
    if whole:
        entry = {"start": str(first.date()), "end": str((first + blackout.lasts).date() - timedelta(days=1))}
    entry |= {"reason": blackout.reason, "repeats": blackout.rule}
    if blackout.zone != zone.key:
        entry["zone"] = blackout.zone
    if blackout.without:
        entry["without"] = [str(one.date()) if whole else _wall(one) for one in blackout.without]
    yield entry


def _wall(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M}"


def _export(target: str, product: Product, terminal: Terminal) -> int:
    stamp = datetime.combine(terminal.today, time(0), UTC)
    text = write_calendar(product, stamp=stamp)
    if target == "-":
        sys.stdout.write(text)
        return OK
    try:
        Path(target).write_text(text, encoding="utf-8", newline="")
    except OSError as error:
        return terminal.refuse(f"{target}: {error.strerror}")
    terminal.say(f"wrote {target}")
    return OK


BLACKOUTS = Command("print what closes a product's window; import and export iCalendar", _options, _run)
