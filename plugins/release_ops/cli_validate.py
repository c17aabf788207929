"""`release-ops validate`: what is wrong with product files, line by line."""

from __future__ import annotations

import argparse
import shlex
from datetime import date
from pathlib import Path

from rich.text import Text

from release_ops.cli_conflicts import products_around
from release_ops.domain.conflicts import find_conflicts
from release_ops.domain.model import Product
from release_ops.product import Problem, ProductError, doubts, load_product, product_files, products_folder
from release_ops.terminal import OK, PROBLEMS, USAGE, Command, Terminal, count, near, unreadable


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
            files = [near(path) for path in product_files(folder)]
        except OSError as error:
            return terminal.refuse(f"{folder}: {error.strerror}; set RELEASE_OPS_PRODUCTS")
        if not files:
            return terminal.refuse(
                f"{folder}: no product files; write one with `release-ops init NAME --repository URL`"
            )
    absent = [said for path in files if (said := unreadable(path))]
    for said in absent:
        terminal.refuse(said)
    if absent:
        return USAGE
    shown = set[Problem]()
    owners: dict[str, Path] = {}
    sound: list[Product] = []
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
            sound.append(product)
        for problem in [*problems, *warnings]:
            if problem not in shown:  # the defaults' problems are every file's
                terminal.problem(problem, doubt=problem in warnings)
                shown.add(problem)
        bad += bool(problems or (args.strict and warnings))
        if not problems and product is not None:
            releases = count(len(product.releases), "release")
            warned = f", {count(len(warnings), 'warning')}" if warnings else ""
            terminal.say(Text(f"{path}: ok: {product.id}, {releases}{warned}", style="green"))
    if bad:
        terminal.say(f"{bad} of {count(len(files), 'file')} to mend")
    _mention_conflicts(sound, args.files, terminal)
    return PROBLEMS if bad else OK


def _mention_conflicts(sound: list[Product], named: list[Path], terminal: Terminal) -> None:
    """Say how many conflicts there are between the dates of products, or of those that are named and all beside them."""
    meant = {product.id: product for product in sound}
    if not meant:
        return
    names = [str(path) for path in named]
    products = products_around(names, meant, terminal)[0] if named else meant
    found = [one for one in find_conflicts(products.values(), since=terminal.today, fixes=False) if not one.accepted]
    if not named:
        if found and len(meant) > 1:
            terminal.say(f"{count(len(found), 'conflict')} between dates: see release-ops conflicts")
        return
    own = sum(any(side.product in meant for side in one.sides) for one in found)
    if own:
        whose = "its dates" if len(names) == 1 else "their dates"
        see = shlex.join(["release-ops", "conflicts", *names])
        terminal.say(f"{count(own, 'conflict')} between {whose} and others: see {see}")


def _examine(path: Path, today: date) -> tuple[list[Problem], list[Problem], Product | None]:
    try:
        product = load_product(path)
    except ProductError as error:
        return list(error.problems), [], None
    errors, warnings = doubts(path, product, today)
    return errors, warnings, product


VALIDATE = Command("check product files and say what is wrong, line by line", _validate_options, _validate)
