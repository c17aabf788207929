"""The command line: see what product files say before Airflow runs them.

Exit codes: 0 all is well, 1 problems were found, 2 the call itself is wrong (unknown option, no such file).
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from release_ops import cli_changelog, cli_where
from release_ops.cli_actions import ACTIONS
from release_ops.cli_allocate import ALLOCATE
from release_ops.cli_analyse import ANALYSE
from release_ops.cli_blackouts import BLACKOUTS
from release_ops.cli_budget import BUDGET
from release_ops.cli_calendar import CALENDAR
from release_ops.cli_capacity import CAPACITY
from release_ops.cli_concern import CONCERN
from release_ops.cli_conflicts import CONFLICTS
from release_ops.cli_feeds import FEEDS
from release_ops.cli_flags import FLAGS
from release_ops.cli_forecast import FORECAST
from release_ops.cli_generate import GENERATE
from release_ops.cli_guide import GUIDE
from release_ops.cli_health import HEALTH
from release_ops.cli_hotfix import HOTFIX
from release_ops.cli_init import InitError, starter
from release_ops.cli_metrics import METRICS_DOCS
from release_ops.cli_plan import PLAN
from release_ops.cli_preview import PREVIEW
from release_ops.cli_review import REVIEW
from release_ops.cli_risks import RISKS
from release_ops.cli_schedule import SCHEDULE
from release_ops.cli_simulate import SIMULATE
from release_ops.cli_stakeholders import STAKEHOLDERS
from release_ops.cli_survey import SURVEY
from release_ops.cli_survey_results import SURVEY_IMPORT, SURVEY_REPORT
from release_ops.cli_validate import VALIDATE
from release_ops.product import ProductError, json_schema, load_product, products_folder, project_root
from release_ops.terminal import OK, USAGE, Command, Terminal, day, near


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
    terminal.say(f"wrote {near(target)}")
    return OK


def _init_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help="identifier of the product, like webapp")
    parser.add_argument("--repository", metavar="URL", required=True, help="git URL or path of its repository")
    parser.add_argument("--version", metavar="V", default="1.0.0", help="first release to plan (default: 1.0.0)")
    parser.add_argument("--ga", metavar="DATE", type=day, help="its GA (default: a Thursday in ten weeks)")
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
        return terminal.refuse(f"{near(target)} exists already and stays as it is; choose another name, or edit it")
    except InitError as error:
        return terminal.refuse(str(error))
    except OSError as error:
        return terminal.refuse(f"{near(target)}: {error.strerror}")
    try:
        load_product(target)
    except ProductError as error:
        target.unlink()
        for problem in error.problems:
            terminal.problem(problem)
        return USAGE
    terminal.say(f"wrote {near(target)}\nedit it, then: release-ops calendar {args.name}")
    return OK


COMMANDS: dict[str, Command] = {
    "validate": VALIDATE,
    "calendar": CALENDAR,
    "plan": PLAN,
    "blackouts": BLACKOUTS,
    "schedule": SCHEDULE,
    "conflicts": CONFLICTS,
    "forecast": FORECAST,
    "feeds": FEEDS,
    "budget": BUDGET,
    "capacity": CAPACITY,
    "allocate": ALLOCATE,
    "simulate": SIMULATE,
    "risks": RISKS,
    "health": HEALTH,
    "guide": GUIDE,
    "hotfix": HOTFIX,
    "analyse": ANALYSE,
    "flags": FLAGS,
    "preview": PREVIEW,
    "stakeholders": STAKEHOLDERS,
    "concern": CONCERN,
    "review": REVIEW,
    "actions": ACTIONS,
    "survey": SURVEY,
    "survey-import": SURVEY_IMPORT,
    "survey-report": SURVEY_REPORT,
    "generate": GENERATE,
    "init": Command("write a small product file to start from", _init_options, _init),
    "metrics-docs": METRICS_DOCS,
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
            code = int(args.run(args))
        else:
            code = COMMANDS[args.command].run(args, Terminal(today) if today else Terminal.at(datetime.now(UTC)))
        sys.stdout.flush()  # here, where a reader who has left is no error
    except BrokenPipeError:  # `release-ops calendar webapp | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OK
    return code


if __name__ == "__main__":
    sys.exit(main())
