"""`release-ops health`: how releases stand, by the last report that was kept, or worked out now."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from release_ops.cli_store import NoDatabase, open_database
from release_ops.domain.model import Product, Release
from release_ops.domain.rule_forms import monday
from release_ops.product import load_products, products_folder
from release_ops.product_errors import did_you_mean
from release_ops.terminal import OK, PROBLEMS, Command, Terminal, day, product_named, release_named

if TYPE_CHECKING:
    from release_ops.store import Store

RECENT = timedelta(days=14)
"""A release whose last report is older is not told without its name: its support has ended, or nobody makes reports."""
FORMATS = ("text", "md", "html", "json")
Facts = Mapping[str, Any]


class _NoAnswerError(Exception):
    """There is nothing to show: why, and the remedy."""


def _options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "product",
        metavar="PRODUCT",
        nargs="?",
        help="product file, or the id of a product (default: all products)",
    )
    parser.add_argument("version", metavar="VERSION", nargs="?", help="this release (default: all that are active)")
    parser.add_argument(
        "--now", action="store_true", help="work it out from the present facts; keeps and tells nothing"
    )
    parser.add_argument("--week", metavar="DATE", type=day, help="the report of that week (default: the last one)")
    parser.add_argument("--format", choices=FORMATS, help="text (default), md (Markdown), html (a page) or json")
    parser.add_argument("--json", action="store_const", const="json", dest="format", help="the same as --format json")
    parser.add_argument("--output", metavar="F", type=Path, help="write to this file instead of the terminal")
    parser.add_argument(
        "--database", metavar="DSN", help="our database (default: the connection of AIRFLOW_CONN_RELEASE_OPS_DB)"
    )


def _run(args: argparse.Namespace, terminal: Terminal) -> int:
    if args.week is not None and (args.now or not args.version):
        return terminal.refuse(
            "--week is of the kept reports of one release: name its product and version, without --now"
        )
    # Reports are kept also of products that have no file here; a path is of a file alone.
    is_file = bool(args.product) and (Path(args.product).exists() or bool(Path(args.product).suffix))
    product = product_named(args.product, terminal) if args.product and (args.now or is_file) else None
    if isinstance(product, int):
        return product
    release = release_named(product, args.version, terminal) if product and args.version and args.now else None
    if isinstance(release, int):
        return release
    try:
        store = open_database(args.database)
        if args.now:
            code, reports = _worked_out(store, product, release, terminal)
        else:
            name = product.id if product is not None else args.product or ""
            code, reports = OK, _kept(store, name, args.version or "", args.week, terminal.today)
    except (NoDatabase, _NoAnswerError) as error:
        return terminal.refuse(str(error))
    return max(code, _show(reports, args, terminal)) if reports else code


def _show(reports: Sequence[Facts], args: argparse.Namespace, terminal: Terminal) -> int:
    from release_ops import health_forms  # noqa: PLC0415 - templates and charts are slow to load

    forms: Mapping[str, Callable[[Sequence[Facts]], str]] = {
        "text": health_forms.plain,
        "md": health_forms.markdown,
        "html": health_forms.page,
        "json": lambda some: json.dumps(some, indent=2, ensure_ascii=False) + "\n",
    }
    text = forms[args.format or "text"](health_forms.worst_first(reports))
    if args.output is None:
        terminal.out.file.write(text)
        return OK
    try:
        args.output.write_text(text, encoding="utf-8")
    except OSError as error:
        return terminal.refuse(f"{args.output}: {error.strerror}")
    terminal.say(f"wrote {args.output}")
    return OK


def _kept(store: Store, product: str, version: str, week: date | None, today: date) -> list[Facts]:
    """Reports as they were kept: of one release the last one or that of a week, else the last of every active release."""
    if version:
        rows = store.all("health_of", product=product, version=version)
        if not rows:
            raise _NoAnswerError(_unknown(store, product, version))
        if week is None:
            return [rows[0]["facts"]]
        for row in rows:
            if row["week"] == monday(week):
                return [row["facts"]]
        kept = ", ".join(row["week"].isoformat() for row in rows)
        raise _NoAnswerError(
            f"there is no report of {product} {version} of the week of {monday(week)}; there are of the weeks of {kept}"
        )
    rows = store.all("health_latest", since=monday(today - RECENT), product=product or None)
    if not rows:
        raise _NoAnswerError(_unknown(store, product, ""))
    return [row["facts"] for row in rows]


def _unknown(store: Store, product: str, version: str) -> str:
    """Why there is no report, as far as one can tell from those that there are."""
    how = "health_report makes one every Monday; --now works it out from the present facts"
    known = store.all("health_latest", since=date.min)
    products = sorted({row["product"] for row in known})
    if not known:
        return f"no report has been made yet; {how}"
    if product and product not in products:
        return f"there is no report of {product}; {did_you_mean(product, products, what='there are of')}; {how}"
    if version:
        versions = sorted(row["version"] for row in known if row["product"] == product)
        return (
            f"there is no report of {product} {version}; {did_you_mean(version, versions, what='there are of')}; {how}"
        )
    last = max(row["week"] for row in known if not product or row["product"] == product)
    return f"the last report{f' of {product}' if product else ''} is of the week of {last}; {how}"


def _worked_out(
    store: Store, product: Product | None, release: Release | None, terminal: Terminal
) -> tuple[int, list[Facts]]:
    """Exit code and reports from the facts as they are; what fails is told and hides no other."""
    # The readers of facts are Airflow's operators; they are slow to load.
    from release_ops.domain.health_report import report_of  # noqa: PLC0415
    from release_ops.health_forms import as_json  # noqa: PLC0415
    from release_ops.operators.health_reading import active_releases, facts_of  # noqa: PLC0415

    products, broken = load_products(products_folder())
    for problem in broken if product is None else ():
        terminal.problem(problem)
    code = PROBLEMS if broken and product is None else OK
    if product is not None:
        products = {**products, product.id: product}
    chosen = [product] if product is not None else [*products.values()]
    found: list[Facts] = []
    active = 0
    for one in chosen:
        for each in [release] if release is not None else active_releases(store, one, terminal.now):
            active += 1
            try:
                found.append(as_json(report_of(facts_of(store, one, each, products, terminal.now))))
            except Exception as error:  # whatever one release lacks must not hide the others
                terminal.err.print(
                    f"release-ops: {one.id} {each.version}: {type(error).__name__}: {error}", soft_wrap=True
                )
                code = PROBLEMS
    if not active and code == OK:
        where = product.id if product is not None else str(products_folder())
        raise _NoAnswerError(
            f"{where}: no release is active: each is from health.ahead before its first milestone until its support has "
            "ended; name a version to see it nevertheless"
        )
    return code, found


HEALTH = Command("show how releases stand: the last weekly report, or worked out now", _options, _run)
