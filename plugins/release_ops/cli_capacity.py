"""`release-ops capacity`: the review of a team file, before anything is kept."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

from rich.table import Table

from release_ops.product import ProductError
from release_ops.terminal import OK, PROBLEMS, Command, Terminal, unreadable

Facts = Mapping[str, Any]
FORMS = ("table", "md", "html", "json", "xlsx")


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no day; write it like 2026-11-30") from None


def _options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", type=Path, help="team file; docs/capacity.md tells what is in it")
    parser.add_argument("--today", metavar="YYYY-MM-DD", type=_day, help="day of the review (default: today)")
    parser.add_argument("--seconds", type=float, help="end the search for a plan after so long; 0: look for none")
    parser.add_argument("--database", metavar="DSN", help="our database, for what earlier reviews expected")
    parser.add_argument(
        "--format", choices=FORMS, default="table", help=f"{FORMS[0]} (default), {', '.join(FORMS[1:])}"
    )
    parser.add_argument("--output", metavar="FILE", type=Path, help="write it there; needed for xlsx")


def _run(args: argparse.Namespace, terminal: Terminal) -> int:
    from release_ops.adapters.delivery_feed import FeedRejected  # noqa: PLC0415 - the other commands start without it
    from release_ops.team_file import load_staff  # noqa: PLC0415

    if args.format == "xlsx" and args.output is None:
        return terminal.refuse("a workbook is no text; name a file with --output")
    if args.seconds is not None and args.seconds < 0:
        return terminal.refuse("--seconds has to be 0 or more")
    if said := unreadable(args.file):
        return terminal.refuse(said)
    try:
        staff = load_staff(args.file)
        facts = _facts(args, staff, terminal.today)
    except ProductError as error:
        for problem in error.problems:
            terminal.problem(problem)
        return PROBLEMS
    except FeedRejected as error:
        for line in str(error).splitlines():
            terminal.say(line)
        return PROBLEMS
    if args.format == "table" and args.output is None:
        _tell(facts, terminal)
    else:
        made = _made(args.format, facts)
        if args.output is None:
            terminal.say(made.decode().rstrip("\n"))
        else:
            args.output.write_bytes(made)
    return OK


def _facts(args: argparse.Namespace, staff: Any, today: date) -> dict[str, Any]:
    from release_ops.capacity_inputs import read_worked  # noqa: PLC0415
    from release_ops.capacity_reviewing import facts_for, history, plan_of  # noqa: PLC0415
    from release_ops.store import Store  # noqa: PLC0415

    day = args.today or today
    worked = read_worked(staff, folder=args.file.parent, now=datetime.combine(day, time(12), UTC))
    team = args.file.stem
    _, made = history(Store(args.database), team, staff, day) if args.database else ([], [])
    if args.seconds:
        staff = replace(staff, policy=replace(staff.policy, seconds=args.seconds))
    return facts_for(
        staff,
        None if args.seconds == 0 else plan_of(staff),
        team_file=team,
        today=day,
        worked=worked.hours if worked is not None else (),
        made=made,
        satisfaction=worked.satisfaction if worked is not None else {},
    )


def _made(form: str, facts: Facts) -> bytes:
    from release_ops.capacity_forms import excel, markdown, page  # noqa: PLC0415

    if form == "xlsx":
        return excel(facts)
    if form == "json":
        return f"{json.dumps(facts, indent=2, ensure_ascii=False)}\n".encode()
    return (page(facts) if form == "html" else markdown(facts, people=True)).encode()


def _tell(facts: Facts, terminal: Terminal) -> None:
    from release_ops.capacity_forms import view  # noqa: PLC0415

    report = view(facts, people=True)
    terminal.say(f"Capacity of {report['title']}: {report['status']}. {report['words']}.")
    for one in report["figures"]:
        terminal.say(f"{one['title']}: {one['value']} ({one['small']})")
    table = Table(title="promised time", title_justify="left")
    table.add_column("week of")
    for row in report["teams"]:
        table.add_column(row["team"] if row["kind"] == "now" else f"{row['team']}, with the plan", justify="right")
    for place, week in enumerate(report["weeks"]):
        table.add_row(week["text"], *(row["cells"][place]["text"] for row in report["teams"]))
    terminal.out.print(table)
    gaps = Table(title="what is wanted, and what lacks", title_justify="left")
    for name in ("skill", "level"):
        gaps.add_column(name, overflow="fold")
    for name in ("wanted", "lacking at the target", "beyond all time"):
        gaps.add_column(name, justify="right")
    for row in report["gaps"]:
        gaps.add_row(*(row[name] for name in ("skill", "level", "demand", "short", "lacking")))
    terminal.out.print(gaps)
    for line in _lines(report):
        terminal.say(line)


def _lines(report: Facts) -> Iterator[str]:
    """What the tables do not say."""
    for one in report["advice"]:
        yield f"{one['gap']}: {one['words']}"
        for option in one["options"]:
            yield f"  {option['total']}: {option['way']}, closes {option['covers']} ({option['assumptions']})"
    few = [one for one in (*report["bus"], *report["projects"]) if one["status"] != "green"]
    yield from (f"{one.get('name', one['skill'])}: {one['words']}" for one in few)
    yield from (f"{one['skill']}: {one['words']}" for one in report["stale"])
    if report["plan"]:
        yield report["plan"]["words"]
        yield from (f"  {line}" for line in (*report["plan"]["changes"], *report["plan"]["clash"]))
    for one in report["accuracy"]:
        yield (
            f"{one['predictions']} predictions of {one['what']}: bias {one['bias']}, mean error {one['mape']}, "
            f"inside the interval {one['coverage']}"
        )
    yield from (*report["loads"], *report["notes"])


CAPACITY = Command("review the time, the work and the skills of a team file, and keep nothing", _options, _run)
