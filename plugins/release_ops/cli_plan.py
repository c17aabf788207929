"""`release-ops plan`: what a release's plan would be, before anyone commits to it."""

from __future__ import annotations

import argparse
import csv
import json
from dataclasses import asdict
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails
from rich.table import Table
from rich.text import Text

from release_ops.domain.feasibility import ReleasePlan, plan_release
from release_ops.domain.model import Feature, Product, Release
from release_ops.domain.prioritise import plain
from release_ops.domain.scope_policy import FILE
from release_ops.product_convert import feature_of
from release_ops.product_errors import did_you_mean
from release_ops.product_plan import FeaturePart
from release_ops.product_validation import in_words
from release_ops.store import json_safe
from release_ops.terminal import OK, PROBLEMS, Command, Terminal, product_named, release_named, unreadable

MOST_BYTES = 10_000_000
LISTS = ("depends_on", "acceptance")
"""Columns of a CSV file that hold several values, with `;` between them."""


class FeaturesError(ValueError):
    """A file of features that cannot be used; the text has a line per problem."""


def _options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="product file, or the id of one of the project's products")
    parser.add_argument("version", metavar="VERSION", help="the release to plan")
    parser.add_argument(
        "--features",
        metavar="FILE",
        type=Path,
        help="CSV or JSON with the features, instead of those of the product file",
    )
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")


def _plan(args: argparse.Namespace, terminal: Terminal) -> int:
    product = product_named(args.file, terminal)
    if isinstance(product, int):
        return product
    release = release_named(product, args.version, terminal)
    if isinstance(release, int):
        return release
    if args.features is None and product.scope.source != FILE:
        return terminal.refuse(
            f"the features of {product.id} come from {product.scope.source}, which only Airflow has the connection to; "
            "give them with --features FILE.csv"
        )
    features = release.features
    if args.features is not None:
        if said := unreadable(args.features):
            return terminal.refuse(said)
        try:
            features = read_features(args.features)
        except FeaturesError as error:
            terminal.say(Text(str(error), style="red"))
            return PROBLEMS
    plan = plan_release(product, release, features, at=datetime.combine(terminal.today, time(0), tzinfo=UTC))
    if args.json:
        terminal.say(json.dumps(as_json(product, release, plan), indent=2, ensure_ascii=False))
    else:
        _show(terminal, product, release, plan)
    return OK if plan.feasibility.feasible else PROBLEMS


def read_features(path: Path) -> tuple[Feature, ...]:
    """Features of a CSV file with a header, or of a JSON list, by the keys of a product file; FeaturesError."""
    try:
        if path.stat().st_size > MOST_BYTES:
            raise FeaturesError(f"{path}: is larger than {MOST_BYTES // 1_000_000} MB; is it the right file?")
        text = path.read_text(encoding="utf-8-sig")
        rows = _json_rows(path, text) if path.suffix.lower() == ".json" else _csv_rows(text)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise FeaturesError(f"{path}: cannot be read: {error}; write CSV or JSON in UTF-8") from None
    except json.JSONDecodeError as error:
        raise FeaturesError(f"{path}:{error.lineno}: is not JSON: {error.msg}") from None
    found, problems, seen = list[Feature](), list[str](), dict[str, str]()
    for where, row in rows:
        try:
            feature = feature_of(FeaturePart.model_validate(row))
        except ValidationError as error:
            problems += [f"{path}:{where}: {_told(one)}" for one in error.errors(include_url=False)]
            continue
        if feature.id in seen:
            problems.append(f"{path}:{where}: id: {feature.id}: is in {seen[feature.id]} already; remove one")
        seen[feature.id] = str(where)
        found.append(feature)
    if not rows:
        problems.append(
            f"{path}: holds no features; the first line of a CSV file names the columns: id,title,points,..."
        )
    if problems:
        raise FeaturesError("\n".join(problems))
    return tuple(found)


def _told(error: ErrorDetails) -> str:
    """`points: many: is not a number; write one like 0.5`, of one error in a row."""
    column = ".".join(map(str, error["loc"])) or "row"
    value = str(error["input"])[:60]
    if error["type"] == "missing":
        return f"{column}: is missing; each feature needs id and title, and CSV has commas between its columns"
    if error["type"] == "extra_forbidden":
        return f"{column}: {value}: unknown column; {did_you_mean(column, FeaturePart.model_fields)}"
    if error["type"] in {"enum", "literal_error"}:
        return f"{column}: {value}: is not known here; known are: {error['ctx']['expected']}"
    message, remedy = in_words(error)
    return f"{column}: {value}: {message}" + (f"; {remedy}" if remedy else "")


def _csv_rows(text: str) -> list[tuple[str, Any]]:
    reader = csv.DictReader(text.splitlines(), restkey="more cells than columns")
    rows: list[tuple[str, Any]] = []
    for row in reader:
        filled: dict[str, Any] = {str(key).strip(): value for key, value in row.items() if value not in (None, "")}
        for name in LISTS:
            if isinstance(filled.get(name), str):
                filled[name] = [part.strip() for part in filled[name].split(";") if part.strip()]
        rows.append((str(reader.line_num), filled))
    return rows


def _json_rows(path: Path, text: str) -> list[tuple[str, Any]]:
    rows = json.loads(text)
    if not isinstance(rows, list):
        raise FeaturesError(f"{path}: is no list; write [{{...}}, ...] with the keys of features in a product file")
    return [(f"[{index}]", row) for index, row in enumerate(rows)]


def as_json(product: Product, release: Release, plan: ReleasePlan) -> dict[str, Any]:
    """A plan as JSON: the room, every choice in order, alternatives, and feasibility."""
    verdict, room = plan.feasibility, plan.room
    found: dict[str, Any] = json_safe(
        {
            "product": product.id,
            "version": release.version,
            "feasible": verdict.feasible,
            "estimated": plan.estimated,
            "room": asdict(room) if room else None,
            "points": plan.priorities.points,
            "features": [
                {
                    "id": each.feature.id,
                    "title": each.feature.title,
                    "team": each.feature.team,
                    "priority": each.priority,
                    "planned": each.planned,
                    "points_left": each.points,
                    "assumed": each.assumed,
                    "score": each.score,
                    "reason": each.reason,
                }
                for each in plan.priorities.choices
            ],
            "mvp": plan.priorities.mvp,
            "extended": plan.priorities.extended,
            "critical_path": verdict.critical_path,
            "critical_path_days": verdict.path_days,
            "issues": [asdict(issue) for issue in verdict.issues],
            "remedies": [
                {"kind": each.kind, "text": each.text, "features": each.features, "ga": each.ga}
                for each in verdict.remedies
            ],
            "notes": verdict.notes,
        }
    )
    return found


def _show(terminal: Terminal, product: Product, release: Release, plan: ReleasePlan) -> None:
    verdict, priorities = plan.feasibility, plan.priorities
    terminal.out.print(Text(f"{product.name} {release.version}: plan", style="bold"))
    if plan.room:
        room = plan.room
        terminal.out.print(f"{room.start} to {room.end} ({room.until.replace('_', ' ')}), {room.days} business days")
    table = Table()
    for heading in ("", "feature", "priority"):
        table.add_column(heading, no_wrap=True)
    table.add_column("points", justify="right", no_wrap=True)
    table.add_column("why")
    for choice in priorities.choices:
        table.add_row(
            "in" if choice.planned else "later",
            Text(choice.feature.id),
            choice.priority,
            plain(choice.points) + ("?" if choice.assumed else ""),
            Text(choice.reason),
            style=None if choice.planned else "dim",
        )
    if priorities.choices:
        terminal.out.print(table)
        terminal.out.print(Text(f"least: {', '.join(priorities.mvp) or 'no must-haves'}"))
        terminal.out.print(Text(f"with 20 % more capacity also: {', '.join(priorities.extended) or 'nothing more'}"))
    if plan.sums:
        terminal.out.print(Text(", ".join(plan.sums)))
    if len(verdict.critical_path) > 1:
        terminal.out.print(Text(f"critical path: {' -> '.join(verdict.critical_path)}"))
    terminal.out.print(Text("feasible", style="green") if verdict.feasible else Text("not feasible", style="bold red"))
    for issue in verdict.issues:
        terminal.out.print(Text(f"  {issue.text}", style="red"))
    for remedy in verdict.remedies:
        terminal.out.print(Text(f"  would help: {remedy.text}", style="green"))
    for note in verdict.notes:
        terminal.out.print(Text(f"  note: {note}", style="yellow"))


PLAN = Command("prioritise a release's scope and say whether it can be done", _options, _plan)
