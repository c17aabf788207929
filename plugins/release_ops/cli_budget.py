"""`release-ops budget`: what a month's report would say, from the product file and its feeds, before anything is kept."""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

from rich.table import Table

from release_ops.domain.model import Product
from release_ops.product import products_folder
from release_ops.terminal import OK, PROBLEMS, Command, Terminal, product_named

Facts = Mapping[str, Any]


def _month(text: str) -> date:
    if re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", text) is None:
        raise argparse.ArgumentTypeError(f"{text!r} is no month; write it like 2026-10")
    return date.fromisoformat(f"{text}-01")


def _options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="product file, or the id of one of the project's products")
    parser.add_argument("--month", metavar="YYYY-MM", type=_month, help="month (default: the one that is due)")
    parser.add_argument("--database", metavar="DSN", help="our database, for how much of the releases' scope is done")
    parser.add_argument(
        "--format",
        choices=("table", "md", "html", "json", "xlsx"),
        default="table",
        help="table (default), md, html, json, xlsx",
    )
    parser.add_argument("--output", metavar="FILE", type=Path, help="write it there; needed for xlsx")


def _run(args: argparse.Namespace, terminal: Terminal) -> int:
    if args.format == "xlsx" and args.output is None:
        return terminal.refuse("a workbook is no text; name a file with --output")
    product = product_named(args.file, terminal)
    if isinstance(product, int):
        return product
    if not product.budget.is_there:
        terminal.say(f"{product.name} has no budget; write its section budget (docs/budget.md)")
        return OK
    return _shown(args, product, terminal)


def _shown(args: argparse.Namespace, product: Product, terminal: Terminal) -> int:
    from release_ops.budget_closing import due_month  # noqa: PLC0415 - the other commands start without a database
    from release_ops.budget_inputs import BudgetError  # noqa: PLC0415
    from release_ops.budget_preview import preview  # noqa: PLC0415

    path = Path(args.file)
    folder = path.parent if path.is_file() else products_folder()
    now = datetime.combine(terminal.today, time(12), UTC)
    month = args.month or due_month(product, now)
    try:
        facts, entries, rates = preview(product, month, folder=folder, now=now, database=args.database)
    except BudgetError as error:
        for line in str(error).splitlines():
            terminal.say(line)
        return PROBLEMS
    if args.format == "table" and args.output is None:
        _tell(facts, terminal)
    else:
        made = _made(args.format, facts, entries, rates)
        if args.output is None:
            terminal.say(made.decode().rstrip("\n"))
        else:
            args.output.write_bytes(made)
    return OK


def _made(form: str, facts: Facts, entries: Sequence[Facts], rates: Sequence[Facts]) -> bytes:
    from release_ops.budget_forms import markdown, page  # noqa: PLC0415
    from release_ops.budget_workbook import excel  # noqa: PLC0415

    if form == "xlsx":
        return excel(facts, entries, rates)
    if form == "json":
        return f"{json.dumps(facts, indent=2, ensure_ascii=False)}\n".encode()
    return (page(facts) if form == "html" else markdown(facts)).encode()


def _tell(facts: Facts, terminal: Terminal) -> None:
    from release_ops.budget_forms import view  # noqa: PLC0415

    report = view(facts)
    terminal.say(f"{report['title']}: {report['status']}. {report['words']}. Amounts in {report['currency']}.")
    table = Table(title="since the year began", title_justify="left")
    for name in ("category", "status"):
        table.add_column(name)
    for name in (
        "plan",
        "cost",
        "over or under",
        "share",
        "plan of the year",
        "expected",
        f"{report['chance']} interval",
    ):
        table.add_column(name, justify="right", overflow="fold")
    for line in report["lines"]:
        table.add_row(
            *(line[name] for name in ("category", "status", "plan", "actual", "variance", "ratio", "year_plan")),
            line["forecast"],
            line["interval"],
        )
    terminal.out.print(table)
    for line in report["lines"]:
        if line["driver"]:
            terminal.say(f"{line['category']}: {line['driver']}")
    if report["work"]:
        _tell_work(report["work"], terminal)
    for one in report["savings"]:
        terminal.say(f"could be saved: {one['amount']}: {one['words']}")
    for note in report["notes"]:
        terminal.say(note)


def _tell_work(work: list[dict[str, str]], terminal: Terminal) -> None:
    table = Table(title="earned value", title_justify="left")
    table.add_column("release")
    table.add_column("status")
    names = ("bac", "pv", "ev", "ac", "cpi", "spi", "spi_t", "eac", "vac", "tcpi_bac")
    for name in names:
        table.add_column(name.upper().replace("_T", "(t)").replace("_BAC", ""), justify="right", overflow="fold")
    for one in work:
        table.add_row(one["version"], one["status"], *(one[name] for name in names))
    terminal.out.print(table)
    for one in work:
        if one["why"]:
            terminal.say(f"{one['version']}: unknown, because {one['why']}")


BUDGET = Command("show the budget report of a month, and keep nothing", _options, _run)
