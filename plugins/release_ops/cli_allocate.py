"""`release-ops allocate`: who should work on what, from a team file; and an approved plan is applied."""

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
    parser.add_argument(
        "--out", metavar="PLAN", type=Path, help="write the plan there as JSON, to look at and to apply"
    )
    parser.add_argument(
        "--way-out", type=int, metavar="N", help="with --out, where there is no plan: that of the Nth way out"
    )
    parser.add_argument(
        "--apply", metavar="PLAN", type=Path, help="apply a plan of --out that was approved; nothing is planned"
    )
    parser.add_argument("--format", choices=("table", "json"), default="table", help="table (default), json")


def _run(args: argparse.Namespace, terminal: Terminal) -> int:
    from dataclasses import replace  # noqa: PLC0415 - the other commands start without a solver

    from release_ops.domain.allocation import allocate  # noqa: PLC0415
    from release_ops.team_file import load_staff  # noqa: PLC0415

    if said := unreadable(args.file) or _contradiction(args):
        return terminal.refuse(said)
    if args.apply is not None:
        return _applied(args, terminal)
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
        _tell(found, staff.policy, terminal)
    if args.out is not None and (said := _written(args, staff, found, terminal)):
        return terminal.refuse(said)
    return OK if found.objective is not None else PROBLEMS


def _contradiction(args: argparse.Namespace) -> str:
    """What is wrong with the options."""
    if args.seconds is not None and args.seconds <= 0:
        return "--seconds has to be more than 0"
    if args.way_out is not None and args.out is None:
        return "--way-out goes with --out PLAN"
    if args.apply is not None and args.out is not None:
        return "--out plans, --apply applies what was planned: one of the two"
    return ""


def _written(args: argparse.Namespace, staff: Any, found: Any, terminal: Terminal) -> str:
    """Write the plan as a proposal; what is wrong if that cannot be done."""
    from release_ops.domain.allocation_change import document, propose  # noqa: PLC0415

    shares = found.shares
    if found.objective is None:
        if args.way_out is None or not 1 <= args.way_out <= len(found.alternatives):
            count = len(found.alternatives)
            return (
                f"nothing is written: there is no plan; choose one of the {count} ways out with --way-out 1 to {count}"
            )
        shares = found.alternatives[args.way_out - 1].shares
    proposal = propose(staff, shares)
    try:
        args.out.write_text(json.dumps(document(proposal), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    except OSError as error:
        return f"{args.out}: cannot be written: {error.strerror}; name another file"
    if args.format == "table":
        _changes(proposal, terminal)
        terminal.say(
            f"{args.out}: plan {proposal.id}. Once approved: release-ops allocate {args.file} --apply {args.out}"
        )
    return ""


def _applied(args: argparse.Namespace, terminal: Terminal) -> int:
    from release_ops.domain.allocation_change import proposal_of  # noqa: PLC0415
    from release_ops.team_allocations import allocations_file  # noqa: PLC0415
    from release_ops.team_apply import StalePlan, apply  # noqa: PLC0415

    if said := unreadable(args.apply):
        return terminal.refuse(said)
    try:
        proposal = proposal_of(json.loads(args.apply.read_text(encoding="utf-8")))
    except (ValueError, UnicodeDecodeError) as error:
        return terminal.refuse(f"{args.apply}: {error}")
    try:
        is_new = apply(args.file, proposal)
    except ProductError as error:
        for problem in error.problems:
            terminal.problem(problem)
        return PROBLEMS
    except (StalePlan, OSError) as error:
        return terminal.refuse(str(error))
    terminal.say(f"{allocations_file(args.file)}: plan {proposal.id} {'stands now' if is_new else 'stands already'}")
    return OK


def _changes(proposal: Any, terminal: Terminal) -> None:
    if not proposal.changes:
        terminal.say("Nothing changes: these are the bookings that stand.")
        return
    table = Table(title="what changes", title_justify="left")
    for name in ("member", "project", "skill"):
        table.add_column(name, overflow="fold")
    for name in ("hours so far", "hours then", "money"):
        table.add_column(name, justify="right")
    for one in proposal.changes[:MOST_ROWS]:
        numbers = (f"{one.before:,.2f}", f"{one.after:,.2f}", f"{one.money:+,.2f}")
        table.add_row(one.member, one.project, one.skill, *numbers)
    terminal.out.print(table)
    if len(proposal.changes) > MOST_ROWS:
        terminal.say(f"and {len(proposal.changes) - MOST_ROWS:,} more; the file has them")


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
        "timed_out": found.timed_out,
        "clash": None if found.clash is None else [*found.clash.limits],
        "clash_is_least": None if found.clash is None else found.clash.is_least,
        "alternatives": [
            {
                "title": one.title,
                "price": one.price,
                "money": one.money,
                "is_best": one.is_best,
                "steps": [*one.steps],
                "shares": [_share(share) for share in one.shares],
            }
            for one in found.alternatives
        ],
    }


def _share(one: Any) -> dict[str, Any]:
    return {**one._asdict(), "hours": str(one.hours), "cost": str(one.cost)}


def _tell(found: Any, policy: Any, terminal: Terminal) -> None:
    currency, late = policy.currency, f"Time ran out after {policy.seconds:g} s"
    if found.objective is not None:
        _plan(found.shares, terminal)
        parts = ", ".join(f"{name} {money:,.2f}" for name, money in found.parts.items())
        far = {"optimal": "the best plan there is", "feasible": "the best plan that was found in time"}[found.status]
        near = f"at most {found.gap:.2%} from the optimum" if found.gap else "the optimum"
        terminal.say(f"{far}: {near}. Objective {found.objective:,.2f} {currency}: {parts}.")
        if found.timed_out:
            terminal.say(f"{late}; with more, by --seconds, a better plan may be found.")
        return
    if found.clash is None:
        terminal.say(f"{late}, and neither a plan was found nor that there is none; give it more with --seconds")
        return
    terminal.say(
        "There is no plan. These clash:" if found.clash.is_least else "There is no plan. Among these is a clash:"
    )
    for one in found.clash.limits:
        terminal.say(f"  - {one}")
    for place, one in enumerate(found.alternatives, 1):
        best = "" if one.is_best else ", or less"
        # Where the order is not that of the money, what it is has to be seen.
        ranked = (
            f" (ranked as {one.price:,.2f}: work left out counts times its priority)"
            if one.price > one.money + 1
            else ""
        )
        terminal.say(f"Way out {place}: {one.title}, for {one.money:,.2f} {currency}{best}{ranked}")
        for step in one.steps:
            terminal.say(f"  - {step}")
    if not found.alternatives:
        terminal.say("Nothing that the policy allows helps; see `relaxing`.")
    else:
        terminal.say("With the first:")
        _plan(found.alternatives[0].shares, terminal)
    if found.timed_out:
        terminal.say(f"{late}; with more, by --seconds, a smaller clash or a cheaper way out may be found.")


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
