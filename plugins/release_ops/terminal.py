"""What every subcommand needs: where to write, how to show a problem, which product is meant."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path

from rich.console import Console
from rich.text import Text

from release_ops.domain.model import Product, Release
from release_ops.product import Problem, ProductError, find_product, load_product, products_folder

OK, PROBLEMS, USAGE = 0, 1, 2
"""Exit codes: all is well; problems were found; the call itself is wrong."""


@dataclass(frozen=True, slots=True)
class Command:
    """One subcommand: its options, and what it does with them (returns the exit code)."""

    help: str
    options: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace, Terminal], int]


class Terminal:
    """Where a command writes, and what day and time it is: the beginning of the day (UTC), if nobody says more."""

    def __init__(self, today: date, now: datetime | None = None) -> None:
        self.out = Console(highlight=False, emoji=False, markup=False)
        self.err = Console(stderr=True, highlight=False, emoji=False, markup=False)
        self.today = today
        self.now = now or datetime.combine(today, time(0), UTC)

    @classmethod
    def at(cls, now: datetime) -> Terminal:
        """Terminal at an aware time, in UTC."""
        return cls(now.date(), now)

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


def unreadable(path: Path) -> str:
    """Why a path cannot be a file that somebody meant; empty when it can."""
    if not path.exists():
        return f"{path}: no such file"
    if path.is_dir():
        return f"{path}: is a folder; name the product files in it, like {path / '*.yaml'}"
    return "" if os.access(path, os.R_OK) else f"{path}: may not be read"


def near(path: Path) -> Path:
    """A path as a person in the working directory would write it."""
    try:
        return path.relative_to(Path.cwd())
    except ValueError:
        return path


def count(number: int, noun: str) -> str:
    """`1 file`, `2 files`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def day(text: str) -> date:
    """Date of an option; argparse's own error for anything else."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a date; write it like 2027-03-11") from None


def product_named(name: str, terminal: Terminal) -> Product | int:
    """Product of a file or of an id; when there is none, says why and returns the exit code."""
    path = Path(name)
    try:
        if path.exists() or path.suffix:
            if said := unreadable(path):
                return terminal.refuse(said)
            return load_product(path)
        return find_product(name, near(products_folder()))
    except ProductError as error:
        if not path.exists() and error.problems[0].value == name:
            return terminal.refuse(f"{name}: neither a file nor a product; {error.problems[0].remedy}")
        for problem in error.problems:
            terminal.problem(problem)
        return PROBLEMS


def release_named(product: Product, version: str, terminal: Terminal) -> Release | int:
    """Release of a product; when it plans none of that version, says so and returns the exit code."""
    release = next((one for one in product.releases if one.version == version), None)
    if release is not None:
        return release
    known = ", ".join(one.version for one in product.releases) or "none"
    return terminal.refuse(f"{product.id} plans no release {version}; its releases: {known}")
