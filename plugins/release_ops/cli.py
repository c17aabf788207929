"""The command line: see what product files say before Airflow runs them.

Exit codes: 0 all is well, 1 problems were found, 2 the call itself is wrong (unknown option, no such file).
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from release_ops import cli_changelog, cli_where
from release_ops.cli_init import InitError, starter
from release_ops.domain.milestones import train
from release_ops.domain.model import Milestone, MilestoneKind, Product, Release
from release_ops.domain.rules import WEEKDAYS
from release_ops.domain.windows import closed_by, next_open
from release_ops.product import (
    Problem,
    ProductError,
    doubts,
    find_product,
    json_schema,
    load_product,
    product_files,
    products_folder,
    project_root,
)

OK, PROBLEMS, USAGE = 0, 1, 2
WIDE = 110
"""Columns from which on the calendar has room for notes."""


@dataclass(frozen=True, slots=True)
class Command:
    """One subcommand: its options, and what it does with them (returns the exit code)."""

    help: str
    options: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace, Terminal], int]


class Terminal:
    """Where a command writes, and what day it is."""

    def __init__(self, today: date) -> None:
        self.out = Console(highlight=False, emoji=False, markup=False)
        self.err = Console(stderr=True, highlight=False, emoji=False, markup=False)
        self.today = today

    def say(self, text: str | Text) -> None:
        """Print a line that is never broken, so that paths can be clicked and searched for."""
        self.out.print(text, soft_wrap=True)

    def refuse(self, text: str) -> int:
        """Say on the error stream why the call is wrong; returns the exit code for it."""
        self.err.print(f"release-ops: {text}", soft_wrap=True)
        return USAGE

    def problem(self, problem: Problem, *, doubt: bool = False) -> None:
        """Print a problem as `file:line: field: value: what; remedy`, coloured on a terminal."""
        where = f"{problem.file}:{problem.line}" if problem.line else problem.file
        line = Text(f"{where}: ", style="dim")
        if doubt:
            line.append("warning: ", style="yellow")
        if problem.field:
            line.append(problem.field, style="bold")
            line.append(": ")
        if problem.value:
            line.append(problem.value, style="cyan")
            line.append(": ")
        line.append(problem.message, style="yellow" if doubt else "red")
        if problem.remedy:
            line.append("; ")
            line.append(problem.remedy, style="green")
        self.say(line)


def _unreadable(path: Path) -> str:
    """Why a path cannot be a file that somebody meant; empty when it can."""
    if not path.exists():
        return f"{path}: no such file"
    if path.is_dir():
        return f"{path}: is a folder; name the product files in it, like {path / '*.yaml'}"
    return "" if os.access(path, os.R_OK) else f"{path}: may not be read"


def _validate_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "files", metavar="FILE", type=Path, nargs="*", help="product files; all of the project without any"
    )
    parser.add_argument("--strict", action="store_true", help="treat warnings as problems")


def _validate(args: argparse.Namespace, terminal: Terminal) -> int:
    files: list[Path] = args.files
    if not files:
        folder = products_folder()
        try:
            files = [_near(path) for path in product_files(folder)]
        except OSError as error:
            return terminal.refuse(f"{folder}: {error.strerror}; set RELEASE_OPS_PRODUCTS")
        if not files:
            return terminal.refuse(
                f"{folder}: no product files; write one with `release-ops init NAME --repository URL`"
            )
    absent = [said for path in files if (said := _unreadable(path))]
    for said in absent:
        terminal.refuse(said)
    if absent:
        return USAGE
    shown = set[Problem]()
    owners: dict[str, Path] = {}
    bad = 0
    for path in files:
        problems, warnings, product = _examine(path, terminal.today)
        if product is not None and product.id in owners:
            taken = f"is the product of {owners[product.id]} already"
            problems.append(
                Problem(str(path), 0, "product", product.id, taken, "give it another id, or remove one file")
            )
        elif product is not None:
            owners[product.id] = path
        for problem in [*problems, *warnings]:
            if problem not in shown:  # the defaults' problems are every file's
                terminal.problem(problem, doubt=problem in warnings)
                shown.add(problem)
        bad += bool(problems or (args.strict and warnings))
        if not problems and product is not None:
            releases = _count(len(product.releases), "release")
            warned = f", {_count(len(warnings), 'warning')}" if warnings else ""
            terminal.say(Text(f"{path}: ok: {product.id}, {releases}{warned}", style="green"))
    if bad:
        terminal.say(f"{bad} of {_count(len(files), 'file')} to mend")
    return PROBLEMS if bad else OK


def _examine(path: Path, today: date) -> tuple[list[Problem], list[Problem], Product | None]:
    try:
        product = load_product(path)
    except ProductError as error:
        return list(error.problems), [], None
    errors, warnings = doubts(path, product, today)
    return errors, warnings, product


def _near(path: Path) -> Path:
    """A path as a person in the working directory would write it."""
    try:
        return path.relative_to(Path.cwd())
    except ValueError:
        return path


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _calendar_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="product file, or the id of one of the project's products")
    parser.add_argument("--version", metavar="V", help="only this release")
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")


def _calendar(args: argparse.Namespace, terminal: Terminal) -> int:
    path = Path(args.file)
    try:
        if path.exists() or path.suffix:
            if said := _unreadable(path):
                return terminal.refuse(said)
            product = load_product(path)
        else:
            product = find_product(args.file, _near(products_folder()))
    except ProductError as error:
        if not path.exists() and error.problems[0].value == args.file:
            return terminal.refuse(f"{args.file}: neither a file nor a product; {error.problems[0].remedy}")
        for problem in error.problems:
            terminal.problem(problem)
        return PROBLEMS
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


def _schema_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--write", action="store_true", help="write include/products/product.schema.json")


def schema_text() -> str:
    """The JSON Schema as the file beside the product files has it."""
    return json.dumps(json_schema(), indent=2, ensure_ascii=False, sort_keys=True) + "\n"


def _schema(args: argparse.Namespace, terminal: Terminal) -> int:
    if not args.write:
        sys.stdout.write(schema_text())
        return OK
    target = project_root() / "include" / "products" / "product.schema.json"
    target.write_text(schema_text(), encoding="utf-8")
    terminal.say(f"wrote {_near(target)}")
    return OK


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a date; write it like 2027-03-11") from None


def _init_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help="identifier of the product, like webapp")
    parser.add_argument("--repository", metavar="URL", required=True, help="git URL or path of its repository")
    parser.add_argument("--version", metavar="V", default="1.0.0", help="first release to plan (default: 1.0.0)")
    parser.add_argument("--ga", metavar="DATE", type=_day, help="its GA (default: a Thursday in ten weeks)")
    parser.add_argument("--branch", default="main", help="default branch of the repository (default: main)")
    parser.add_argument("--timezone", metavar="ZONE", default="UTC", help="IANA zone of all dates (default: UTC)")


def _init(args: argparse.Namespace, terminal: Terminal) -> int:
    folder = products_folder()
    target = folder / f"{args.name}.yaml"
    thursday = terminal.today + timedelta(weeks=10, days=(3 - terminal.today.weekday()) % 7)
    location = args.repository
    if Path(location).expanduser().exists():
        location = str(Path(location).expanduser().resolve())
    try:
        text = starter(
            args.name,
            location=location,
            version=args.version,
            ga=args.ga or thursday,
            branch=args.branch,
            timezone=args.timezone,
        )
        folder.mkdir(parents=True, exist_ok=True)
        with target.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        return terminal.refuse(f"{_near(target)} exists already and stays as it is; choose another name, or edit it")
    except InitError as error:
        return terminal.refuse(str(error))
    except OSError as error:
        return terminal.refuse(f"{_near(target)}: {error.strerror}")
    try:
        load_product(target)
    except ProductError as error:
        target.unlink()
        for problem in error.problems:
            terminal.problem(problem)
        return USAGE
    terminal.say(f"wrote {_near(target)}\nedit it, then: release-ops calendar {args.name}")
    return OK


COMMANDS: dict[str, Command] = {
    "validate": Command("check product files and say what is wrong, line by line", _validate_options, _validate),
    "calendar": Command("print the dated trains of a product", _calendar_options, _calendar),
    "init": Command("write a small product file to start from", _init_options, _init),
    "schema": Command("print the JSON Schema of product files", _schema_options, _schema),
}
"""Name to subcommand; a new one is a new entry."""


def main(argv: Sequence[str] | None = None, *, today: date | None = None) -> int:
    """Run one subcommand and return its exit code; `today` replaces the clock."""
    parser = argparse.ArgumentParser(
        prog="release-ops", description="A team's release calendar, before Airflow runs it."
    )
    subparsers = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, command in COMMANDS.items():
        added = subparsers.add_parser(name, help=command.help, description=command.help[0].upper() + command.help[1:])
        command.options(added)
    cli_changelog.register(subparsers)
    cli_where.register(subparsers)
    args = parser.parse_args(argv)
    try:
        if args.command not in COMMANDS:
            return int(args.run(args))
        return COMMANDS[args.command].run(args, Terminal(today or datetime.now(UTC).date()))
    except BrokenPipeError:  # `release-ops calendar webapp | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OK


if __name__ == "__main__":
    sys.exit(main())
