"""`release-ops analyse`: an analysis looked at once, at its sources or with numbers from two files. It changes nothing."""

from __future__ import annotations

import argparse
import csv
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from rich.table import Table

from release_ops.domain.analysis_policy import PLACEHOLDER_HELP, SCORE, Analysis, JudgePolicy, Metric
from release_ops.domain.analysis_run import AnalysisRun, Measured, Measurement, Phase, Value
from release_ops.domain.model import Product
from release_ops.domain.query_text import placeholders
from release_ops.product_errors import did_you_mean
from release_ops.terminal import OK, PROBLEMS, Command, Terminal, product_named, unreadable

MOST_BYTES = 8 << 20
MOST_ROWS = 100_000
SHOWN = 4
"""So many of several values are shown."""

WORDS = {
    Phase.SUCCESSFUL: ("passes", "green"),
    Phase.FAILED: ("fails", "red"),
    Phase.INCONCLUSIVE: ("holds", "yellow"),
    Phase.ERROR: ("error", "red"),
}


class _FileError(Exception):
    """A file of values that cannot be used: which, what is wrong, and the remedy."""


def _options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("product", metavar="FILE", help="product file, or the id of a product")
    parser.add_argument(
        "--analysis", metavar="NAME", action="append", help="this one (may be given again; default: all of the product)"
    )
    parser.add_argument("--version", metavar="V", help="version that is rolled out")
    parser.add_argument("--previous", metavar="V", help="version that was there before")
    parser.add_argument("--environment", metavar="E", default="production", help="environment (default: production)")
    parser.add_argument("--weight", metavar="N", type=int, default=100, help="its share of the traffic (default: 100)")
    parser.add_argument("--prometheus", metavar="URL", help="this server, instead of those of the Airflow connections")
    parser.add_argument("--at", metavar="TIME", type=_time, help="as of then, like 2027-03-11T14:00Z (default: now)")
    parser.add_argument(
        "--canary", metavar="CSV", type=Path, help="values of the new version, a column for each judged metric"
    )
    parser.add_argument("--baseline", metavar="CSV", type=Path, help="the same of the version before")
    parser.add_argument("--json", action="store_true", help="print what was measured as JSON")


def _time(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a time; write it like 2027-03-11T14:00Z") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _run(args: argparse.Namespace, terminal: Terminal) -> int:
    if (args.canary is None) != (args.baseline is None):
        return terminal.refuse("--canary and --baseline are compared with each other: name both files")
    if args.prometheus and urlsplit(args.prometheus).scheme not in {"http", "https"}:
        return terminal.refuse(
            f"--prometheus {args.prometheus}: is no http(s) address; write it like http://localhost:9090"
        )
    product = product_named(args.product, terminal)
    if isinstance(product, int):
        return product
    chosen = _chosen(product, args, terminal)
    if isinstance(chosen, int):
        return chosen
    at = args.at or terminal.now
    facts = {
        "product": product.id,
        "version": args.version or "",
        "previous": args.previous or "",
        "environment": args.environment,
        "weight": str(args.weight),
    }
    runs = []
    for one in chosen:
        try:
            runs.append((one, _looked_at(one, facts, at, args)))
        except _FileError as error:
            return terminal.refuse(str(error))
    if args.json:
        terminal.out.file.write(json.dumps([run.to_json() for _, run in runs], indent=2) + "\n")
    else:
        for analysis, run in runs:
            _show(analysis, run, terminal)
    return OK if all(run.phase is Phase.SUCCESSFUL for _, run in runs) else PROBLEMS


def _chosen(product: Product, args: argparse.Namespace, terminal: Terminal) -> list[Analysis] | int:
    """The analyses that are meant, each to be measured once; the exit code when there are none."""
    if not product.analyses:
        return terminal.refuse(f"{product.id} has no analyses; write `analyses:` into its file, as in docs/analysis.md")
    for name in args.analysis or ():
        if name not in product.analyses:
            return terminal.refuse(f"{product.id} has no analysis {name}; {did_you_mean(name, product.analyses)}")
    found = [product.analyses[name].once() for name in args.analysis or product.analyses]
    if args.canary is not None:
        judged = [replace(one, metrics=one.judged) for one in found if one.judged]
        if not judged:
            return terminal.refuse(
                "none of them compares with a baseline; only metrics with `judge` take values from files"
            )
        return judged
    named = {
        name
        for one in found
        for metric in one.metrics
        for query in (metric.query, metric.baseline_query, metric.minimum_sample.query if metric.minimum_sample else "")
        for name in placeholders(query)
    }
    for name in ("version", "previous"):
        if name in named and not getattr(args, name):
            return terminal.refuse(f"the queries name {{{name}}}: add --{name} with the {PLACEHOLDER_HELP[name]}")
    return found


def _looked_at(analysis: Analysis, facts: Mapping[str, str], at: datetime, args: argparse.Namespace) -> AnalysisRun:
    from release_ops.domain.analysis import record, start  # noqa: PLC0415 - the other commands start without numpy

    if args.canary is not None:
        canary, baseline = _columns(args.canary), _columns(args.baseline)
        measured = [
            Measured(
                metric=one.name,
                value=_column(canary, one.name, args.canary, analysis),
                baseline=_column(baseline, one.name, args.baseline, analysis),
                sample=one.minimum_sample.at_least if one.minimum_sample else None,
            )
            for one in analysis.metrics
        ]
        return record(analysis, start(analysis, at), measured, at)
    # Slow to import, and not needed for files.
    from release_ops.adapters.prometheus import Prometheus  # noqa: PLC0415
    from release_ops.operators.measuring import Sources, measure_all  # noqa: PLC0415

    sources = Sources()
    if args.prometheus:
        url = args.prometheus.rstrip("/")
        sources = replace(sources, prometheus=lambda name: Prometheus(url=url, name=name))
    return record(analysis, start(analysis, at), measure_all(analysis.metrics, facts, at, sources=sources), at)


def _columns(path: Path) -> dict[str, list[float]]:
    """Values of a CSV file by the name of their column; an empty cell is NaN."""
    if said := unreadable(path):
        raise _FileError(said)
    if path.stat().st_size > MOST_BYTES:
        raise _FileError(f"{path}: is larger than {MOST_BYTES >> 20} MiB; leave out columns, or take fewer values")
    try:
        rows = list(csv.reader(path.read_text(encoding="utf-8-sig").splitlines()))
    except (UnicodeDecodeError, csv.Error) as error:
        raise _FileError(f"{path}: is no CSV in UTF-8: {error}; save it as CSV") from None
    if len(rows) > MOST_ROWS:
        raise _FileError(f"{path}: has more than {MOST_ROWS} rows; take fewer values")
    names = [name.strip() for name in rows[0]] if rows else []
    found: dict[str, list[float]] = {name: [] for name in names}
    for line, row in enumerate(rows[1:], start=2):
        for name, cell in zip(names, row, strict=False):
            text = cell.strip()
            try:
                found[name].append(float(text) if text else math.nan)
            except ValueError:
                # A column of times is nobody's metric.
                found[name].append(math.nan)
                if name not in {"time", "timestamp", "at"}:
                    raise _FileError(f"{path}:{line}: {name}: {text!r} is no number; write one like 0.5") from None
    return found


def _column(columns: Mapping[str, list[float]], name: str, path: Path, analysis: Analysis) -> tuple[float, ...]:
    if name in columns:
        return tuple(columns[name])
    remedy = did_you_mean(name, columns, what="its columns are") or "write a first line with the names of the metrics"
    raise _FileError(f"{path}: has no column {name}, a metric of the analysis {analysis.name}; {remedy}")


def _show(analysis: Analysis, run: AnalysisRun, terminal: Terminal) -> None:
    table = Table(title=analysis.name, title_justify="left", title_style="bold")
    sampled = any(one.minimum_sample for one in analysis.metrics)
    for column in ("metric", "measured", *(["sample"] if sampled else []), "wanted", "says", "why"):
        table.add_column(column, overflow="fold")
    for metric in (*analysis.metrics, *([Metric(name=SCORE)] if run.result(SCORE) else [])):
        result = run.result(metric.name)
        last = result.last if result else None
        if last is None:
            continue
        word, colour = WORDS.get(last.phase, (str(last.phase), ""))
        least = metric.minimum_sample
        sample = [f"{_number(last.sample)} of {_number(least.at_least)}" if least else ""] if sampled else []
        wanted = _wanted(metric) if metric.name != SCORE else _wanted_score(analysis)
        says = f"{word} (dry run)" if last.dry_run else word
        table.add_row(metric.name, _measured(last), *sample, wanted, says, last.message, style=colour)
    terminal.out.print(table)
    word, _ = WORDS.get(run.phase, (str(run.phase), ""))
    terminal.say(f"{analysis.name}: {word}{f': {run.message}' if run.message else ''}")


def _measured(last: Measurement) -> str:
    canary, baseline = last.detail.get("canary"), last.detail.get("baseline")
    if not isinstance(canary, Mapping) or not isinstance(baseline, Mapping):
        return _value(last.value)
    if not canary["count"] or not baseline["count"]:
        return f"{canary['count']} values against {baseline['count']}"
    ratio = f" (x{_number(last.value)})" if isinstance(last.value, float) else ""
    means = f"{_number(canary['mean'])} against {_number(baseline['mean'])}{ratio}"
    return f"{means}, {canary['count']} and {baseline['count']} values"


def _value(value: Value) -> str:
    if not isinstance(value, tuple):
        return _number(value)
    shown = ", ".join(_number(one) for one in value[:SHOWN]) or "no data"
    return shown if len(value) <= SHOWN else f"{shown}, and {len(value) - SHOWN} more"


def _number(value: float | None) -> str:
    return "nothing" if value is None else f"{value:.4g}"


def _wanted(metric: Metric) -> str:
    if metric.judge is not None:
        return _wanted_judge(metric.judge)
    parts: Sequence[str] = (metric.success, f"not {metric.failure}" if metric.failure else "")
    return ", ".join(part for part in parts if part)


def _wanted_judge(judge: JudgePolicy) -> str:
    what = {"increase": "not above", "decrease": "not below", "either": "like"}[judge.direction]
    low, high = judge.effect.allowed()
    limits = {"increase": f"below {high:g}", "decrease": f"above {low:g}", "either": f"between {low:g} and {high:g}"}
    is_plain = (low, high) == (judge.effect.measure.none, judge.effect.measure.none)
    measure = judge.effect.measure.replace("_", " ")
    return f"{what} the baseline" + ("" if is_plain else f", or {measure} {limits[judge.direction]}")


def _wanted_score(analysis: Analysis) -> str:
    return f"{analysis.score.passing:g} or more; fails below {analysis.score.marginal:g}"


ANALYSE = Command("look at an analysis once: what is measured, and why it passes, fails or holds", _options, _run)
