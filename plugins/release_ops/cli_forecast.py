"""`release-ops forecast`: when a release will be done, from a feed of what the team completes each day."""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.table import Table
from rich.text import Text

from release_ops.adapters.feed import read_feed_file
from release_ops.domain.milestones import train
from release_ops.domain.model import Feature, Product, Release
from release_ops.domain.throughput import CHANGE
from release_ops.product import products_folder
from release_ops.terminal import OK, PROBLEMS, Command, Terminal, count, product_named

if TYPE_CHECKING:
    from release_ops.domain.outlook import Outlook

FEED = (
    "git log --first-parent --since=90.days --format=%cs | sort | uniq -c | "
    'awk \'BEGIN {print "day,completed"} {print $2 "," $1}\''
)
"""A feed of merged changes, for a product that counts these."""
STEADY = {
    "stable": ("stable", "green"),
    "unstable": ("unstable", "yellow"),
    "too_little_data": ("too little data", "yellow"),
}


def _options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="product file, or the id of one of the project's products")
    parser.add_argument("version", metavar="VERSION", help="release to forecast")
    parser.add_argument(
        "--throughput",
        metavar="CSV",
        type=Path,
        help="what was completed per day: columns day and completed (default: forecast.file of the product)",
    )
    parser.add_argument("--seed", metavar="N", type=_seed, help="another seed than the product's")
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")


def _forecast(args: argparse.Namespace, terminal: Terminal) -> int:
    product = product_named(args.file, terminal)
    if isinstance(product, int):
        return product
    try:
        release = product.release(args.version)
    except KeyError as error:
        return terminal.refuse(error.args[0])
    if args.seed is not None:
        product = replace(product, forecast=replace(product.forecast, seed=args.seed))
    path = throughput_file(args.file, product, args.throughput)
    if path is None:
        hint = f", such as the output of: {FEED}" if product.forecast.item == CHANGE else ""
        return terminal.refuse(
            f"--throughput: name a CSV file with the columns day and completed, {product.forecast.item}s per day{hint}. "
            "What Airflow reads from a tracker or its database is not read here."
        )
    if not path.is_file():
        return terminal.refuse(f"{path}: no such file; name a CSV file with the columns day and completed")
    try:
        found = outlook_of(product, release, path, terminal)
    except ValueError as error:
        terminal.err.print(Text(str(error), style="red"), soft_wrap=True)
        return PROBLEMS
    if args.json:
        terminal.say(json.dumps(_as_json(found), indent=2, ensure_ascii=False))
    else:
        _show(terminal, product, found)
    return OK


def outlook_of(product: Product, release: Release, path: Path, terminal: Terminal) -> Outlook:
    """Forecast as of today from a feed. ValueError and OSError say why there is none."""
    # NumPy takes longer to load than any other command to run.
    from release_ops.domain.outlook import outlook  # noqa: PLC0415

    end = terminal.today - timedelta(days=1)
    start = end - product.forecast.history + timedelta(days=1)
    return outlook(
        product,
        release,
        release.features,
        read_feed_file(path, start=start, end=end, item=product.forecast.item),
        source="csv",
        as_of=terminal.today,
        ahead=_ahead(product, release, terminal),
    )


def _seed(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is no seed; write a whole number, 0 or more")
    return int(text)


def throughput_file(file: str, product: Product, named: Path | None) -> Path | None:
    """The feed that is named, else the product's own, beside its file."""
    if named is not None or not product.forecast.file:
        return named
    beside = Path(file).parent if Path(file).exists() else products_folder()
    return beside / product.forecast.file


def _ahead(product: Product, release: Release, terminal: Terminal) -> tuple[Feature, ...]:
    """Scope of the releases that have begun and come out before this one, but after today."""
    earlier = [
        one
        for one in product.releases
        if terminal.today <= one.ga < release.ga
        and (dated := train(product, one))
        and dated[0].planned_at.date() <= terminal.today
    ]
    return tuple(feature for one in earlier for feature in one.features)


def _as_json(found: Outlook) -> dict[str, Any]:
    proposal, chart = found.proposal, found.stability.chart
    return {
        "product": found.product,
        "version": found.version,
        "as_of": found.as_of.isoformat(),
        "item": found.item,
        "planned_ga": found.planned_ga.isoformat(),
        "due": found.due.isoformat(),
        "done_by": found.done_by.value,
        "remaining": list(found.remaining),
        "features_left": len(found.left),
        "features_ahead": found.ahead,
        "scope_done": {f"p{percent}": day and day.isoformat() for percent, day in found.forecast.dates.items()},
        "ga": {f"p{percent}": day and day.isoformat() for percent, day in found.ga.items()},
        "on_time": found.on_time,
        "by_due": {f"p{percent}": amount for percent, amount in found.by_due.items()},
        "delivered": found.delivered,
        "burn_up": [
            {"day": row.day.isoformat(), "p15": row.low, "p50": row.middle, "p85": row.high}
            for row in found.forecast.burn_up
        ],
        "runs": found.forecast.runs,
        "seed": found.forecast.seed,
        "history": {
            "from": found.throughput.start.isoformat(),
            "to": found.throughput.end.isoformat(),
            "days": found.stability.days,
            "busy_days": found.stability.busy,
            "completed": found.throughput.total,
        },
        "stability": {
            "verdict": found.stability.verdict.value,
            "reasons": list(found.stability.reasons),
            "weekly_mean": chart and chart.mean,
            "lower": chart and chart.lower,
            "upper": chart and chart.upper,
        },
        "proposal": proposal
        and {
            "ga": proposal.ga and proposal.ga.isoformat(),
            "days": proposal.days,
            "drop": [feature.id for feature in proposal.drop],
            "enough": proposal.enough,
        },
        "reason": found.forecast.reason,
    }


def _show(terminal: Terminal, product: Product, found: Outlook) -> None:
    terminal.out.print(Text(f"{product.name} {found.version}: forecast as of {found.as_of}", style="bold"))
    if found.forecast.reason:
        terminal.say(f"  {found.forecast.reason}")
    else:
        table = Table()
        table.add_column("chance", justify="right")
        table.add_column("scope done")
        table.add_column("GA")
        for percent, day in found.ga.items():
            done = found.forecast.dates[percent]
            cells = (f"{one:%a %Y-%m-%d}" if one else "not within two years" for one in (done, day))
            late = day is None or day > found.planned_ga
            table.add_row(f"{percent} %", *cells, style="yellow" if late else "green")
        terminal.out.print(table)
    low, high = found.remaining
    items = f"{low:g}" if low == high else f"{low:g} to {high:g}"
    before = f", and {count(found.ahead, 'feature')} of earlier releases" if found.ahead else ""
    word, colour = STEADY[found.stability.verdict.value]
    facts = {
        "planned GA": f"{found.planned_ga:%a %Y-%m-%d}; chance to make it {100 * found.on_time:.0f} %",
        "scope due": f"{found.due:%a %Y-%m-%d} ({found.done_by.replace('_', ' ')})",
        "by then": f"at least {found.by_due[85]:g} {found.item}s with a chance of 85 %, {found.by_due[50]:g} with 50 %",
        "remaining": f"{len(found.left)} of {count(found.total, 'feature')}{before}: {items} {found.item}s",
        "history": f"{found.throughput.total:g} {found.item}s on {count(found.stability.days, 'day')}, "
        f"{found.throughput.start} to {found.throughput.end}",
    }
    for name, text in facts.items():
        terminal.out.print(Text(f"  {name:<11} {text}"), soft_wrap=True)
    terminal.out.print(Text("  stability   ").append(word, style=colour))
    for reason in found.stability.reasons:
        terminal.out.print(Text(f"    {reason}"), soft_wrap=True)
    if found.proposal is not None:
        if found.proposal.ga is not None:
            moved = f"move GA to {found.proposal.ga:%a %Y-%m-%d}, {count(found.proposal.days or 0, 'day')} later"
            terminal.out.print(Text(f"  proposal    {moved}"), soft_wrap=True)
        if found.proposal.drop:
            names = ", ".join(feature.id for feature in found.proposal.drop)
            said = "or keep the date without" if found.proposal.enough else "not enough alone: leave out"
            terminal.out.print(Text(f"              {said} {names}"), soft_wrap=True)
    terminal.out.print(Text(f"  {found.forecast.runs} simulated futures, seed {found.forecast.seed}", style="dim"))


FORECAST = Command("tell when a release will be done, from what the team completes each day", _options, _forecast)
