"""`release-ops conflicts`: which dates of which products are at odds, and what would mend it."""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.text import Text

from release_ops.domain.conflict_model import Conflict, Fix, Side
from release_ops.domain.conflicts import find_conflicts
from release_ops.domain.model import Product
from release_ops.product import load_products, products_folder
from release_ops.terminal import OK, PROBLEMS, USAGE, Command, Terminal, count, day, near, product_named

_STYLES = {"error": "red", "warning": "yellow", "accepted": "dim"}


def _conflicts_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "files", metavar="FILE", nargs="*", help="product files, or ids of products; all of the project without any"
    )
    parser.add_argument("--since", metavar="DATE", type=day, help="only conflicts from this day on (default: today)")
    parser.add_argument("--json", action="store_true", help="print JSON instead of text")


def _conflicts(args: argparse.Namespace, terminal: Terminal) -> int:
    named = [product_named(name, terminal) for name in args.files]
    if USAGE in named:
        return USAGE
    meant = {one.id: one for one in named if isinstance(one, Product)}
    products, broken = products_around(args.files, meant, terminal)
    if not products and not broken:
        return terminal.refuse(f"{near(products_folder())}: no product files; name some, or set RELEASE_OPS_PRODUCTS")
    since = args.since or terminal.today
    every = find_conflicts(products.values(), since=since)
    found = [one for one in every if not args.files or any(side.product in meant for side in one.sides)]
    if args.json:
        terminal.say(json.dumps([as_json(one) for one in found], indent=2, ensure_ascii=False))
    else:
        for one in found:
            show_conflict(terminal, one)
        where = f"of {', '.join(meant)} among " if args.files else ""
        what = f"{where}{count(len(products), 'product')} from {since} on"
        terminal.say(f"{tally(found)}; {what}" if found else f"no conflicts; {what}")
        if broken:
            terminal.say(Text(f"{count(broken, 'file')} with mistakes left out: see release-ops validate", style="red"))
    return PROBLEMS if broken or PROBLEMS in named or any(one.is_error for one in found) else OK


def products_around(
    names: Sequence[str], meant: Mapping[str, Product], terminal: Terminal
) -> tuple[dict[str, Product], int]:
    """The products that are meant and those beside them, with which they can be at odds; and how many files are broken."""
    products, broken = dict(meant), set[str]()
    paths = [Path(name) for name in names]
    folders = {path.parent if path.exists() else products_folder() for path in paths} or {products_folder()}
    for folder in sorted(folders):
        beside, problems = load_products(folder)
        products = {**beside, **products}
        for problem in problems:
            if not names:  # what is wrong with a file that is meant has been told
                terminal.problem(problem)
            broken.add(problem.file)
    return products, len(broken)


def tally(conflicts: Iterable[Conflict]) -> str:
    """`2 conflicts: 1 error, 1 warning`."""
    counts = Counter(one.state for one in conflicts)
    parts = [count(counts[state], state) if state != "accepted" else f"{counts[state]} accepted"
             for state in _STYLES if counts[state]]  # fmt: skip
    return f"{count(sum(counts.values()), 'conflict')}: {', '.join(parts)}"


def show_conflict(terminal: Terminal, conflict: Conflict, *, note: str = "") -> None:
    """Print a conflict with the dates that mend it; a `note` stands in front of it."""
    state = conflict.state
    line = Text(f"{note} " if note else "")
    line.append(f"{state}: ", style=_STYLES[state])
    line.append(f"{conflict.kind}: ", style="bold")
    line.append(conflict.message)
    terminal.out.print(line)
    if conflict.accepted:
        terminal.out.print(Text(f"    accepted: {conflict.accepted}", style="dim"))
        return
    for mend in [conflict.remedy] if conflict.remedy else map(str, conflict.fixes):
        terminal.out.print(Text(f"    {mend}", style="green"))
    if not conflict.proposal:
        terminal.out.print(Text("    no free date near it", style="dim"))


def as_json(conflict: Conflict) -> dict[str, Any]:
    """The conflict as plain values: what `--json` prints."""
    return {
        "key": conflict.key,
        "kind": conflict.kind.value,
        "severity": conflict.severity.value,
        "accepted": conflict.accepted or None,
        "message": conflict.message,
        "subject": conflict.subject or None,
        "first": _side(conflict.first),
        "second": _side(conflict.second) if conflict.second else None,
        "remedy": conflict.remedy or None,
        "fixes": [_fix(one) for one in conflict.fixes],
    }


def _side(side: Side) -> dict[str, Any]:
    return {
        "product": side.product,
        "version": side.version,
        "milestone": side.milestone.value,
        "planned_at": side.planned_at.isoformat() if side.planned_at else None,
    }


def _fix(fix: Fix) -> dict[str, Any]:
    return {**_side(fix.side), "planned_at": fix.at.isoformat()}


CONFLICTS = Command("find dates of products that are at odds, and dates that mend it", _conflicts_options, _conflicts)
