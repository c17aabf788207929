"""`release-ops flags`: what the flags of a product are, where they stand, what their ramps would do, which are due."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from rich.table import Table

from release_ops.cli_store import NoDatabase, open_database
from release_ops.domain.flag_report import Standing, stale
from release_ops.domain.flags_policy import Flag, Ramp
from release_ops.domain.model import Product
from release_ops.terminal import OK, PROBLEMS, Command, Terminal, product_named

if TYPE_CHECKING:
    from release_ops.adapters.flag_engine import FlagEngine

VIEWS = ("status", "plan", "stale")


def _options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="product file, or the id of one of the project's products")
    parser.add_argument(
        "view",
        metavar="VIEW",
        nargs="?",
        choices=VIEWS,
        default="status",
        help="status: what the engine serves, and what a ramp's next step would do to people (default); plan: the ramps, "
        "without asking anybody; stale: the flags that are due to be removed",
    )
    parser.add_argument("--flag", metavar="KEY", help="this flag alone")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.add_argument("--database", metavar="DSN", help="our database, for what changed when (stale)")


def _run(args: argparse.Namespace, terminal: Terminal) -> int:
    product = product_named(args.file, terminal)
    if isinstance(product, int):
        return product
    flags = [*product.flags.flags.values()]
    if args.flag is not None:
        try:
            flags = [product.flags.flag(args.flag)]
        except KeyError as error:
            return terminal.refuse(f"{product.id}: {error.args[0]}")
    if not flags:
        return terminal.refuse(f"{product.id} has no flags; write some under flags.flags (docs/flags.md)")
    code, rows = OK, list[Mapping[str, Any]]()
    if args.view == "plan":
        rows = [_planned(flag, name, ramp) for flag in flags for name, ramp in flag.environments.items()]
    else:
        code, rows = _asked(product, flags, args, terminal)
    if args.json:
        terminal.say(json.dumps(rows, indent=2, ensure_ascii=False))
        return code
    if not rows:
        terminal.say("no flag is due")
        return code
    table = Table()
    for name in rows[0]:
        table.add_column(name.replace("_", " "), overflow="fold")
    for row in rows:
        table.add_row(*(str(value) for value in row.values()))
    terminal.out.print(table)
    return code


def _planned(flag: Flag, environment: str, ramp: Ramp) -> dict[str, Any]:
    least = sum((ramp.interval_at(step) for step in ramp.steps[:-1]), timedelta())
    proofs = dict.fromkeys(name for step in ramp.steps for name in ramp.analyses_at(step))
    rate = [f"error rate <= {ramp.error_rate.threshold:g}"] if ramp.error_rate else []
    roles = ramp.approvals.roles if ramp.approvals else {}
    return {
        "flag": flag.key,
        "environment": environment,
        "steps": ", ".join(f"{step} %" for step in ramp.steps),
        "takes_at_least": str(least),
        "waits_for": ", ".join([*proofs, *rate, *(["the rollout"] if ramp.with_rollout else [])]) or "its time alone",
        "on_failure": ramp.on_failure.value,
        "approvals": ", ".join(f"{count} {role}" for role, count in roles.items()) or "none",
    }


def _asked(
    product: Product, flags: Sequence[Flag], args: argparse.Namespace, terminal: Terminal
) -> tuple[int, list[Mapping[str, Any]]]:
    """Exit code and rows of what has to be asked for; a flag that cannot be asked hides no other."""
    # The engines are opened by Airflow's connections, which are slow to load.
    from airflow.sdk.exceptions import AirflowException  # noqa: PLC0415

    from release_ops.adapters.flag_engine import FlagError  # noqa: PLC0415
    from release_ops.adapters.git_process import RepositoryError  # noqa: PLC0415
    from release_ops.operators.flag_parts import open_engine  # noqa: PLC0415

    code, rows = OK, list[Mapping[str, Any]]()
    try:
        engine = open_engine(product)
        for flag in flags:
            rows += (
                _standing(product, flag, engine)
                if args.view == "status"
                else _due(product, flag, engine, args, terminal)
            )
    except (FlagError, RepositoryError, AirflowException) as error:
        terminal.err.print(f"release-ops: {product.id}: {error}", soft_wrap=True)
        code = PROBLEMS
    except NoDatabase as error:
        code = terminal.refuse(str(error))
    return code, rows


def _standing(product: Product, flag: Flag, engine: FlagEngine) -> list[Mapping[str, Any]]:
    from release_ops.domain.flag_ramp import BEFORE  # noqa: PLC0415
    from release_ops.domain.flags import change_of, may_write, wanted, words  # noqa: PLC0415

    rows = list[Mapping[str, Any]]()
    for environment, ramp in flag.environments.items():
        before = engine.read(flag, environment)
        reached = [place for place, step in enumerate(ramp.steps) if step <= (before.percent or 0)]
        step = (reached[-1] if before.percent and reached else BEFORE) + 1
        coming = "at its target"
        if step < len(ramp.steps):
            after = wanted(flag, environment, ramp.steps[step])
            change = change_of(
                before, after, engine.moves(flag, environment, before, after, sample=product.flags.sample)
            )
            refusal = may_write(change, allowed=False, reason="")
            coming = f"refused: {refusal}" if refusal else change.words
        rows.append({"flag": flag.key, "environment": environment, "serves": words(before), "next_step": coming})
    return rows


def _due(
    product: Product, flag: Flag, engine: FlagEngine, args: argparse.Namespace, terminal: Terminal
) -> list[Mapping[str, Any]]:
    from release_ops.flag_reporting import facts_of  # noqa: PLC0415
    from release_ops.operators import parts  # noqa: PLC0415

    code = parts.open_repository(product)
    if args.database is not None:
        reasons = facts_of(open_database(args.database), product, flag, engine, code, terminal.now)["reasons"]
        return [
            {"flag": flag.key, "owner": flag.owner, "due_because": one["why"], "do": one["remedy"]} for one in reasons
        ]
    from release_ops.domain.flags import words  # noqa: PLC0415
    from release_ops.flag_reporting import references  # noqa: PLC0415

    states = {name: engine.read(flag, name) for name in flag.environments}
    standings = [Standing(environment=name, words=words(one), percent=one.percent) for name, one in states.items()]
    found = stale(flag, product.flags.stale, standings, references(product, flag, code)[0], terminal.today)
    return [{"flag": flag.key, "owner": flag.owner, "due_because": one.why, "do": one.remedy} for one in found]


FLAGS = Command("show feature flags: where they stand, their ramps, and which are due", _options, _run)
