"""`release-ops allocate`: who should work on what, from a team file; nothing is changed."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.table import Table

from release_ops.product import ProductError
from release_ops.terminal import OK, PROBLEMS, Command, Terminal, unreadable

MOST_ROWS = 200
"""Of the table; `--format json` has them all."""


def _options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", type=Path, help="team file; docs/capacity.md tells what is in it")
    parser.add_argument("--seconds", type=float, help="end the search after so long (default: as the file says)")
    parser.add_argument("--format", choices=("table", "json"), default="table", help="table (default), json")


def _run(args: argparse.Namespace, terminal: Terminal) -> int:
    from dataclasses import replace  # noqa: PLC0415 - the other commands start without a solver

    from release_ops.domain.allocation import allocate  # noqa: PLC0415
    from release_ops.team_file import load_staff  # noqa: PLC0415

    if said := unreadable(args.file):
        return terminal.refuse(said)
    if args.seconds is not None and args.seconds <= 0:
        return terminal.refuse("--seconds has to be more than 0")
    try:
        staff = load_staff(args.file)
    except ProductError as error:
        for problem in error.problems:
            terminal.problem(problem)
        return PROBLEMS
    if args.seconds is not None:
        staff = replace(staff, policy=replace(staff.policy, seconds=args.seconds))
    found = allocate(staff)
    if args.format == "json":
        terminal.say(json.dumps(facts(found), indent=2, ensure_ascii=False))
    else:
        _tell(found, staff.policy.currency, terminal)
    return OK if found.objective is not None else PROBLEMS


def facts(found: Any) -> dict[str, Any]:
    """An allocation as plain data; money and hours are texts in plain digits."""
    return {
        "status": found.status,
        "method": found.method,
        "objective": found.objective,
        "bound": found.bound,
        "gap": found.gap,
        "parts": found.parts,
        "shares": [_share(one) for one in found.shares],
        "clash": None if found.clash is None else [*found.clash.limits],
        "alternatives": [
            {
                "title": one.title,
                "price": one.price,
                "money": one.money,
                "steps": [*one.steps],
                "shares": [_share(share) for share in one.shares],
            }
            for one in found.alternatives
        ],
    }


def _share(one: Any) -> dict[str, Any]:
    return {**one._asdict(), "hours": str(one.hours), "cost": str(one.cost)}


def _tell(found: Any, currency: str, terminal: Terminal) -> None:
    if found.objective is not None:
        _plan(found.shares, terminal)
        parts = ", ".join(f"{name} {money:,.2f}" for name, money in found.parts.items())
        far = {"optimal": "the best plan there is", "feasible": "the best plan that was found in time"}[found.status]
        near = f"at most {found.gap:.2%} from the optimum" if found.gap else "the optimum"
        terminal.say(f"{far}: {near}. Objective {found.objective:,.2f} {currency}: {parts}.")
        return
    if found.clash is None:
        terminal.say("no plan was found in time; give it more with --seconds")
        return
    terminal.say(
        "There is no plan. These clash:" if found.clash.is_least else "There is no plan. Among these is a clash:"
    )
    for one in found.clash.limits:
        terminal.say(f"  - {one}")
    for place, one in enumerate(found.alternatives):
        terminal.say(f"{'Cheapest way out' if not place else 'Or'}: {one.title}, for {one.money:,.2f} {currency}")
        for step in one.steps:
            terminal.say(f"  - {step}")
    if not found.alternatives:
        terminal.say("Nothing that the policy allows helps; see `relaxing`.")
    else:
        terminal.say("With the cheapest:")
        _plan(found.alternatives[0].shares, terminal)


def _plan(shares: Sequence[Any], terminal: Terminal) -> None:
    table = Table(title="who works on what", title_justify="left")
    for name in ("project", "skill", "member"):
        table.add_column(name, overflow="fold")
    for name in ("hours", "load", "match", "cost"):
        table.add_column(name, justify="right")
    for one in shares[:MOST_ROWS]:
        numbers = (f"{one.hours:,.2f}", f"{one.load:.0%}", f"{one.match:.0%}", f"{one.cost:,.2f}")
        table.add_row(one.project, one.skill, one.member, *numbers)
    terminal.out.print(table)
    if len(shares) > MOST_ROWS:
        terminal.say(f"and {len(shares) - MOST_ROWS:,} more; --format json has them")


ALLOCATE = Command("say who should work on what, from a team file", _options, _run)
