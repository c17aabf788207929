"""`release-ops schedule`: the best dates for a release's GA, scored and explained."""

from __future__ import annotations

import argparse
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

from rich.box import SIMPLE
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from release_ops.domain.model import Product, Release
from release_ops.domain.scheduling import needed, propose
from release_ops.domain.scheduling_conflicts import conflict_check
from release_ops.domain.scheduling_model import Candidate, Proposal, obstacle_texts
from release_ops.domain.slips import Policy, notice_policy
from release_ops.domain.windows import moment_text
from release_ops.product import load_products, products_folder
from release_ops.terminal import OK, PROBLEMS, Command, Terminal, day, product_named, release_named

MOST = 50
"""Candidates that are shown at most."""
SHOWN_CLOSINGS = 8
_SHORT = {"readiness": "ready", "compliance": "comply", "preference": "prefer"}
"""Headings that leave room for the date on 80 columns."""


def _options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="product file, or the id of one of the project's products")
    parser.add_argument("version", metavar="VERSION", help="release that the file plans")
    parser.add_argument(
        "--between", metavar=("A", "B"), type=day, nargs=2, required=True, help="first and last day to look at"
    )
    parser.add_argument("--count", metavar="N", type=_count, default=3, help="how many to propose (default: 3)")
    parser.add_argument("--json", action="store_true", help="print JSON instead of text")


def _count(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= MOST:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 to {MOST}")
    return int(text)


def _schedule(args: argparse.Namespace, terminal: Terminal) -> int:
    product = product_named(args.file, terminal)
    if isinstance(product, int):
        return product
    release = release_named(product, args.version, terminal)
    if isinstance(release, int):
        return release
    products = _others(args.file, terminal)
    first, last = args.between
    try:
        found = propose(
            product,
            release.version,
            first,
            last,
            today=terminal.today,
            dates=needed(release, products),
            count=args.count,
            check=conflict_check(product, release, products),
        )
    except ValueError as error:
        return terminal.refuse(str(error))
    if args.json:
        terminal.say(json.dumps(as_json(product, release, found), indent=2, ensure_ascii=False))
    else:
        _show(terminal, product, release, found, f"{first} to {last}")
    return OK if found.best else PROBLEMS


def _others(file: str, terminal: Terminal) -> dict[str, Product]:
    """Products of the files beside the release's own, by id; files with mistakes are left out, which is told."""
    path = Path(file)
    products, problems = load_products(path.parent if path.exists() else products_folder())
    if broken := len({problem.file for problem in problems}):
        files = "1 file" if broken == 1 else f"{broken} files"
        terminal.err.print(f"{files} with mistakes left out: see release-ops validate", soft_wrap=True)
    return products


def as_json(product: Product, release: Release, found: Proposal) -> dict[str, Any]:
    """A proposal as plain data."""
    return {
        "product": product.id,
        "version": release.version,
        "type": release.type.value,
        "timezone": product.timezone,
        "planned": _candidate(found.planned),
        "before": _candidate(found.before) if found.before else None,
        "after": _candidate(found.after) if found.after else None,
        "days": found.days,
        "legal": found.legal,
        "candidates": [_candidate(one) for one in found.best],
        "closings": [{"rule": one.rule, "subject": one.subject, "days": one.days} for one in found.closings],
    }


def _candidate(one: Candidate) -> dict[str, Any]:
    return {
        "at": one.at.isoformat(),
        "legal": one.is_legal,
        "score": round(one.score, 1),
        "obstacles": [{"rule": each.rule, "subject": each.subject, "text": each.text} for each in one.obstacles],
        "parts": [
            {"name": part.name, "score": round(part.score, 3), "weight": part.weight, "reason": part.reason}
            for part in one.parts
        ],
        "conflicts": [
            {"kind": each.kind.value, "severity": each.severity.value, "text": each.message} for each in one.conflicts
        ],
    }


def _show(terminal: Terminal, product: Product, release: Release, found: Proposal, span: str) -> None:
    terminal.say(Text(f"{product.name} {release.version}, {release.type}: {span} ({product.timezone})", style="bold"))
    planned = found.planned
    if planned.is_legal:
        terminal.say(f"planned for {moment_text(planned.at)}, score {planned.score:.0f}")
        _show_conflicts(terminal, planned)
    else:
        terminal.say(Text(f"planned for {moment_text(planned.at)}, which is not possible:", style="red"))
        for text in obstacle_texts(planned):
            terminal.out.print(_indented(text))
        for where, near in (("before", found.before), ("after", found.after)):
            said = f"{moment_text(near.at)}, score {near.score:.0f}" if near else "none"
            terminal.say(f"  nearest possible date {where} it: {said}")
    policy, why = notice_policy(
        release.ga, release.ga + timedelta(days=1), terminal.today, product.notice.get(release.type), type=release.type
    )
    if release.ga >= terminal.today and policy is Policy.BREACHED:
        terminal.say(Text(f"moving it breaches the notice that was promised: {why}", style="yellow"))
    if found.best:
        terminal.out.print()
        terminal.out.print(_table(found))
        for one in found.best:
            terminal.say(Text(moment_text(one.at), style="bold"))
            for part in one.parts:
                terminal.out.print(_indented(f"{part.name} {part.score:.2f} x {part.weight:g}: {part.reason}"))
            _show_conflicts(terminal, one)
    terminal.say(f"{found.legal} of {found.days} days are possible" + ("; not possible:" if found.closings else ""))
    for closing in found.closings[:SHOWN_CLOSINGS]:
        days = "1 day" if closing.days == 1 else f"{closing.days} days"
        terminal.out.print(_indented(f"{days}: {closing.rule}: {closing.subject}"))
    if len(found.closings) > SHOWN_CLOSINGS:
        terminal.say(f"  and {len(found.closings) - SHOWN_CLOSINGS} more reasons (--json has all)")


def _show_conflicts(terminal: Terminal, candidate: Candidate) -> None:
    for one in candidate.conflicts:
        terminal.out.print(_indented(f"conflict ({one.severity}): {one.message}"))


def _indented(text: str) -> Padding:
    """A line that stays indented where it is broken."""
    return Padding(Text(text), (0, 0, 0, 2), expand=False)


def _table(found: Proposal) -> Table:
    table = Table(box=SIMPLE, padding=(0, 1, 0, 0))
    table.add_column("GA", no_wrap=True)
    table.add_column("score", justify="right", no_wrap=True)
    for part in found.best[0].parts:
        table.add_column(_SHORT.get(part.name, part.name), justify="right", no_wrap=True)
    for one in found.best:
        table.add_row(moment_text(one.at), f"{one.score:.0f}", *(f"{part.score:.2f}" for part in one.parts))
    return table


SCHEDULE = Command("propose dates for a release's GA, scored and explained", _options, _schedule)
