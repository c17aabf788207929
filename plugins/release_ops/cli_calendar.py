"""`release-ops calendar`: the dated trains of a product."""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rich.table import Table
from rich.text import Text

from release_ops.domain.events import events
from release_ops.domain.milestones import train
from release_ops.domain.model import Event, Milestone, MilestoneKind, Product, Release
from release_ops.domain.release_dates import week_label
from release_ops.domain.rules import WEEKDAYS
from release_ops.domain.windows import NeverOpenError, opening
from release_ops.terminal import OK, Command, Terminal, product_named

WIDE = 110
"""Columns from which on the calendar has room for notes."""


def _calendar_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="product file, or the id of one of the project's products")
    parser.add_argument("--version", metavar="V", help="only this release")
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")


def _calendar(args: argparse.Namespace, terminal: Terminal) -> int:
    product = product_named(args.file, terminal)
    if isinstance(product, int):
        return product
    releases = [one for one in product.releases if args.version in {None, one.version}]
    if not releases and args.version:
        known = ", ".join(release.version for release in product.releases) or "none"
        return terminal.refuse(f"{product.id} plans no release {args.version}; its releases: {known}")
    if args.json:
        terminal.say(json.dumps([_as_json(product, release) for release in releases], indent=2, ensure_ascii=False))
        return OK
    if not releases:
        terminal.say(f"{product.id} plans no release")
    for release in releases:
        _show(terminal, product, release)
    return OK


def _as_json(product: Product, release: Release) -> dict[str, Any]:
    return {
        "product": product.id,
        "version": release.version,
        "type": release.type.value,
        "theme": release.theme,
        "ga": release.ga.isoformat(),
        "start": release.start.isoformat() if release.start else None,
        "reason": release.reason,
        "timezone": product.timezone,
        "milestones": [
            {
                "key": milestone.key,
                "kind": milestone.kind.value,
                "planned_at": milestone.planned_at.isoformat(),
                "weekday": WEEKDAYS[milestone.planned_at.weekday()],
                "days_to_ga": (release.ga - milestone.planned_at.date()).days,
                "week": week_label(product, release, milestone.planned_at.date()),
                "rule": milestone.rule,
                "note": _note(product, release, milestone),
            }
            for milestone in train(product, release)
        ],
        "events": [
            {
                "key": event.key,
                "id": event.id,
                "title": event.title,
                "planned_at": event.planned_at.isoformat(),
                "ends_at": event.ends_at.isoformat(),
                "all_day": event.all_day,
                "weekday": WEEKDAYS[event.planned_at.weekday()],
                "days_to_ga": (release.ga - event.planned_at.date()).days,
                "week": week_label(product, release, event.planned_at.date()),
                "rule": event.rule,
                "note": event.note,
            }
            for event in events(product, release)
        ],
    }


def _note(product: Product, release: Release, milestone: Milestone) -> str:
    """The milestone's own note, and why it will have to wait."""
    try:
        waits = opening(product, milestone.kind, milestone.planned_at, release.type)
    except NeverOpenError as error:
        return f"{milestone.note}; {error}" if milestone.note else str(error)
    if not waits.closures:
        return milestone.note
    reasons = ", then ".join(closure.reason for closure in waits.closures)
    told = f"waits until {waits.opens:%Y-%m-%d %H:%M}: {reasons}"
    return f"{milestone.note}; {told}" if milestone.note else told


def _show(terminal: Terminal, product: Product, release: Release) -> None:
    """Print one release: a table whose notes are a column where there is room for one, and lines below elsewhere."""
    title = f"{product.name} {release.version}, {release.type}" + (f": {release.theme}" if release.theme else "")
    terminal.out.print(Text(title, style="bold"))
    milestones = train(product, release)
    if not milestones:
        terminal.out.print(f"  no calendar: a {release.type} release runs when somebody starts it\n")
        return
    entries = sorted(
        [
            *(_milestone_row(product, release, one) for one in milestones),
            *(_event_row(one) for one in events(product, release)),
        ],
        key=lambda row: row.at.timestamp(),
    )
    wide = terminal.out.width >= WIDE
    column = wide and any(row.note for row in entries)
    zones = wide or not product.weeks
    if not zones:
        terminal.out.print(f"  times in {product.timezone}")
    table = Table()
    table.add_column("milestone", min_width=min(max(len(row.title) for row in entries), 24 if wide else 16))
    for heading, shown in (("week", product.weeks), ("day", True), ("local time", True), ("zone", zones)):
        if shown:
            table.add_column(heading, no_wrap=True)
    table.add_column("to GA", justify="right", no_wrap=True)
    table.add_column("rule", no_wrap=wide or not product.weeks)
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


def _milestone_row(product: Product, release: Release, one: Milestone) -> _Row:
    note = _note(product, release, one)
    ga = one.kind is MilestoneKind.GA
    if ga and release.reason:
        note = f"{release.reason}; {note}" if note else release.reason
    return _Row(one.kind.replace("_", " "), one.planned_at, one.rule, note, is_ga=ga)


def _event_row(one: Event) -> _Row:
    return _Row(one.title, one.planned_at, one.rule, one.note, all_day=one.all_day)


CALENDAR = Command("print the dated trains of a product", _calendar_options, _calendar)
