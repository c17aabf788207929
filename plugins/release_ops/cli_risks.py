"""`release-ops risks`: the risk register of a release, from its file, its repository and, where it answers, our database."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from typing import Any

from rich.table import Table
from rich.text import Text

from release_ops.adapters.git_process import RepositoryError
from release_ops.cli_repository import opened
from release_ops.domain.model import Product, Release
from release_ops.domain.risk import Basis, Risk, level_of
from release_ops.domain.rollback import Change
from release_ops.risk_facts import Asked, RepositoryFacts, asked_of, assess, repository_facts
from release_ops.store import Store
from release_ops.terminal import OK, Command, Terminal, product_named, release_named


def _options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="product file, or the id of one of the project's products")
    parser.add_argument("version", metavar="VERSION", help="version of a release that it plans")
    parser.add_argument("--database", metavar="DSN", help="our database, for past releases and trends")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")


def _run(args: argparse.Namespace, terminal: Terminal) -> int:
    product = product_named(args.file, terminal)
    if isinstance(product, int):
        return product
    release = release_named(product, args.version, terminal)
    if isinstance(release, int):
        return release
    facts = _facts(product, release)
    store = _store(args.database, terminal)
    asked = asked_of(store, product, release) if store else Asked()
    risks = assess(product, release, release.features, facts, asked, today=terminal.today)
    level = level_of(risks, product.risks)
    if args.json:
        found = {
            "product": product.id,
            "version": release.version,
            "level": level,
            "risks": [_row(one) for one in risks],
        }
        terminal.say(json.dumps(found, indent=2, ensure_ascii=False))
        return OK
    terminal.out.print(
        Text(f"{product.name} {release.version}, {release.type}: a {level} risk as a whole", style="bold")
    )
    table = Table()
    table.add_column("score", justify="right", no_wrap=True)
    table.add_column("p", justify="right", no_wrap=True)
    table.add_column("impact", justify="right", no_wrap=True)
    table.add_column("risk and what it rests on")
    for risk in risks:
        words = Text(risk.title, style="bold")
        became = f"; {risk.state.replace('_', ' ')}: {risk.detail}" if risk.detail else ""
        words.append(f"\n{risk.basis}: {risk.why}{became}", style="not bold")
        mark = "?" if risk.basis is Basis.UNKNOWN else ""
        table.add_row(f"{risk.score:.1f}", f"{risk.probability:.0%}{mark}", str(risk.impact), words)
    terminal.out.print(table)
    if any(risk.basis is Basis.UNKNOWN for risk in risks):
        terminal.out.print("?  assumed: no data is not zero risk")
    return OK


def _row(risk: Risk) -> dict[str, Any]:
    return {**asdict(risk), "score": round(risk.score, 4)}


def _facts(product: Product, release: Release) -> RepositoryFacts:
    if product.repository.kind == "github":
        why = "the command line does not ask GitHub; the daily assessment in Airflow does"
        return RepositoryFacts(Change(why=why))
    try:
        with opened(product.repository.location) as history:
            return repository_facts(history, product, release)
    except RepositoryError as error:
        return RepositoryFacts(Change(why=f"the repository could not be read: {error}"))


def _store(dsn: str | None, terminal: Terminal) -> Store | None:
    """The database that was named, where it answers; what stands in the way goes to the error stream."""
    if dsn is None:
        return None
    store = Store(dsn)
    try:
        store.all("releases_all")
    except Exception as error:
        # Whatever is wrong with a database, the register without it is better than none.
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        terminal.err.print(f"release-ops: without the database: {reason}", soft_wrap=True)
        return None
    return store


RISKS = Command("print the risk register of a release", _options, _run)
