"""`release-ops calendar`: the dated trains of a product."""

from __future__ import annotations

import argparse
import json
from typing import Any

from rich.table import Table
from rich.text import Text

from release_ops.domain.milestones import train
from release_ops.domain.model import Milestone, MilestoneKind, Product, Release
from release_ops.domain.rules import WEEKDAYS
from release_ops.domain.windows import closed_by, next_open
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
        "timezone": product.timezone,
        "milestones": [
            {
                "key": milestone.key,
                "kind": milestone.kind.value,
                "planned_at": milestone.planned_at.isoformat(),
                "weekday": WEEKDAYS[milestone.planned_at.weekday()],
                "days_to_ga": (release.ga - milestone.planned_at.date()).days,
                "rule": milestone.rule,
                "note": _note(product, milestone),
            }
            for milestone in train(product, release)
        ],
    }


def _note(product: Product, milestone: Milestone) -> str:
    """The milestone's own note, and why it will have to wait."""
    closure = closed_by(product, milestone.kind, milestone.planned_at)
    if closure is None:
        return milestone.note
    opens = next_open(product, milestone.kind, milestone.planned_at)
    waits = f"waits until {opens:%Y-%m-%d %H:%M}: {closure.reason}"
    return f"{milestone.note}; {waits}" if milestone.note else waits


def _show(terminal: Terminal, product: Product, release: Release) -> None:
    """Print one release: a table whose notes are a column where there is room for one, and lines below elsewhere."""
    title = f"{product.name} {release.version}, {release.type}" + (f": {release.theme}" if release.theme else "")
    terminal.out.print(Text(title, style="bold"))
    milestones = train(product, release)
    if not milestones:
        terminal.out.print(f"  no calendar: a {release.type} release runs when somebody starts it\n")
        return
    notes = {milestone.kind: note for milestone in milestones if (note := _note(product, milestone))}
    column = bool(notes) and terminal.out.width >= WIDE
    table = Table()
    for heading in ("milestone", "day", "local time", "zone"):
        table.add_column(heading, no_wrap=True)
    table.add_column("to GA", justify="right", no_wrap=True)
    table.add_column("rule", no_wrap=True)
    if column:
        table.add_column("note")
    for milestone in milestones:
        at = milestone.planned_at
        distance = (at.date() - release.ga).days
        cells: list[str | Text] = [
            milestone.kind.replace("_", " "),
            WEEKDAYS[at.weekday()][:3],
            f"{at:%Y-%m-%d %H:%M}",
            at.tzname() or product.timezone,
            "GA" if milestone.kind is MilestoneKind.GA else f"{distance:+d} d" if distance else "0 d",
            Text(milestone.rule),
        ]
        if column:
            cells.append(Text(notes.get(milestone.kind, "")))
        table.add_row(*cells, style="bold" if milestone.kind is MilestoneKind.GA else None)
    terminal.out.print(table)
    if not column:
        for kind, note in notes.items():
            terminal.out.print(Text(f"  {kind.replace('_', ' ')}: {note}"))
    terminal.out.print()


CALENDAR = Command("print the dated trains of a product", _calendar_options, _calendar)
