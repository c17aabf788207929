"""`release-ops simulate`: a release after a change of dates or scope, before anybody commits it."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from rich.table import Table
from rich.text import Text

from release_ops.cli_conflicts import as_json as conflict_json
from release_ops.cli_conflicts import products_around, show_conflict
from release_ops.cli_forecast import outlook_of, throughput_file
from release_ops.domain.feasibility import ReleasePlan
from release_ops.domain.model import Product
from release_ops.domain.risk import Risk
from release_ops.domain.simulation import Simulation, simulate
from release_ops.domain.slip_consequences import Topic
from release_ops.domain.slips import Category, Policy
from release_ops.domain.what_if import Moved, ScopeChange, Slip, changed, parse_scope, parse_slip
from release_ops.simulated_risks import ChangedRisk, changed_risks
from release_ops.terminal import OK, PROBLEMS, Command, Terminal, count, product_named

T = TypeVar("T")


def _options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="product file, or the id of one of the project's products")
    parser.add_argument("version", metavar="VERSION", help="release to change")
    parser.add_argument(
        "--slip",
        metavar="MILESTONE=TO",
        type=_read(parse_slip),
        action="append",
        default=[],
        dest="changes",
        help="move a milestone: ga=+2w, rc=-3bd, ga=2026-12-10; may be repeated",
    )
    parser.add_argument(
        "--scope",
        metavar="VERB:ID",
        type=_read(parse_scope),
        action="append",
        dest="changes",
        help="change a feature: drop:ID, done:ID, must:ID, should:ID, could:ID, add:ID=POINTS; may be repeated",
    )
    parser.add_argument(
        "--throughput", metavar="CSV", type=Path, help="forecast from this feed: see release-ops forecast"
    )
    parser.add_argument("--json", action="store_true", help="print JSON instead of text")


def _read(parse: Callable[[str], T]) -> Callable[[str], T]:
    """A parser whose ValueError argparse shows in its own words."""

    def read(text: str) -> T:
        try:
            return parse(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from None

    return read


def _run(args: argparse.Namespace, terminal: Terminal) -> int:
    product = product_named(args.file, terminal)
    if isinstance(product, int):
        return product
    changes: Sequence[Slip | ScopeChange] = args.changes
    if not changes:
        return terminal.refuse("nothing to simulate; say --slip ga=+2w or --scope drop:ID")
    try:
        after = changed(product, args.version, changes)
    except (KeyError, ValueError) as error:
        return terminal.refuse(str(error.args[0]))
    beside, broken = products_around([args.file], {product.id: product}, terminal)
    found = simulate(product, after, args.version, beside, today=terminal.today)
    feed = throughput_file(args.file, product, args.throughput)
    chances = [_chance(one, args.version, feed, terminal) for one in (product, after)] if feed else []
    on_time = (chances[0].get("on_time"), chances[1].get("on_time")) if chances else (None, None)
    risks = changed_risks(product, after, args.version, today=terminal.today, on_time=on_time)
    if args.json:
        terminal.say(json.dumps(_as_json(found, chances, risks), indent=2, ensure_ascii=False))
    else:
        _show(terminal, found, chances, risks)
        if broken:
            terminal.say(Text(f"{count(broken, 'file')} with mistakes left out: see release-ops validate", style="red"))
    bad = found.is_refused or found.new_issues or any(one.is_error and one.key in found.new for one in found.conflicts)
    return PROBLEMS if bad else OK


def _chance(product: Product, version: str, feed: Path, terminal: Terminal) -> dict[str, Any]:
    """Forecast of a release in a few numbers, or why there is none."""
    try:
        found = outlook_of(product, product.release(version), feed, terminal)
    except (OSError, ValueError) as error:
        return {"reason": str(error)}
    return {
        "planned_ga": found.planned_ga.isoformat(),
        "on_time": found.on_time,
        **{f"p{percent}": day and day.isoformat() for percent, day in found.ga.items()},
        "reason": found.forecast.reason or found.doubt or None,
    }


def _as_json(found: Simulation, chances: Sequence[dict[str, Any]], risks: Sequence[ChangedRisk]) -> dict[str, Any]:
    return {
        "product": found.after.id,
        "version": found.version,
        "loads": not found.is_refused,
        "train": [
            {
                "kind": one.kind.value,
                "before": one.before and one.before.planned_at.isoformat(),
                "after": one.after and one.after.planned_at.isoformat(),
                "days": one.days,
            }
            for one in found.train
        ],
        "slips": [
            {
                "subject": one.subject.name,
                "old": one.old.isoformat(),
                "new": one.new.isoformat(),
                "days": one.days,
                "notice_days": one.notice_days,
                "policy": one.policy.value,
                "policy_reason": one.policy_reason,
            }
            for one in found.slips
        ],
        "consequences": [
            {"topic": one.topic.value, "product": one.product, "version": one.version, "text": one.text, "bad": one.bad}
            for one in found.consequences
        ],
        "conflicts": [{**conflict_json(one), "new": one.key in found.new} for one in found.conflicts],
        "conflicts_gone": [conflict_json(one) for one in found.gone],
        "doubts": [{"error": one.error, "text": str(one)} for one in found.doubts],
        "plan": {"before": _plan_json(found.planned), "after": _plan_json(found.replanned)},
        "risks": [
            {
                "risk": one.risk.id,
                "title": one.risk.title,
                **{name: _risk_json(side) for name, side in (("before", one.before), ("after", one.after))},
            }
            for one in risks
        ],
        "forecast": dict(zip(("before", "after"), chances, strict=True)) if chances else None,
    }


def _plan_json(plan: ReleasePlan | None) -> dict[str, Any] | None:
    if plan is None:
        return None
    verdict, room = plan.feasibility, plan.room
    return {
        "feasible": verdict.feasible,
        "estimated": plan.estimated,
        "points": plan.priorities.points,
        "room_points": room.whole.points if room and room.whole else None,
        "critical_path_days": verdict.path_days,
        "room_days": room.days if room else None,
        "issues": [{"kind": one.kind, "text": one.text} for one in verdict.issues],
        "remedies": [{"kind": one.kind, "text": one.text} for one in verdict.remedies],
    }


def _risk_json(risk: Risk | None) -> dict[str, Any] | None:
    if risk is None:
        return None
    return {"probability": risk.probability, "score": round(risk.score, 4), "basis": risk.basis.value, "why": risk.why}


def _show(
    terminal: Terminal, found: Simulation, chances: Sequence[dict[str, Any]], risks: Sequence[ChangedRisk]
) -> None:
    terminal.out.print(Text(f"{found.after.name} {found.version}, as it would be", style="bold"))
    if found.train:
        terminal.out.print(_train(found.train))
    else:
        terminal.out.print("  no calendar: this release runs when somebody starts it")
    ga = next((one for one in found.slips if one.is_ga), None)
    if ga is not None:
        style = {Policy.BREACHED: "red", Policy.OK: "green"}.get(ga.policy, "")
        terminal.say(Text(f"notice: {ga.policy_reason}", style=style))
    _section(terminal, "what follows", _follows(found))
    if found.conflicts:
        terminal.out.print(Text("conflicts", style="bold"))
        for one in found.conflicts:
            show_conflict(terminal, one, note="new" if one.key in found.new else "")
    _section(terminal, "conflicts that go away", [(one.message, "green") for one in found.gone])
    _section(terminal, "doubts", [(str(one), "red" if one.error else "yellow") for one in found.doubts])
    _section(terminal, "plan", _plan_lines(found))
    if chances:
        terminal.out.print(Text("forecast", style="bold"))
        for name, chance in zip(("as planned", "like this"), chances, strict=True):
            terminal.say(f"  {name:<10} {_words(chance)}")
    _section(terminal, "risks that change", [_risk_line(one) for one in risks])


def _plan_lines(found: Simulation) -> list[tuple[str, str]]:
    """Lines and styles: both plans in a line, then what would speak against the new one and what would help."""
    before, after = found.planned, found.replanned
    if before is None or after is None:
        return [(f"not known: the features come from {found.after.scope.source}, which only Airflow asks", "yellow")]
    if not after.priorities.choices and not before.priorities.choices:
        return []
    lines = []
    for name, plan in (("as planned", before), ("like this", after)):
        verdict = "feasible" if plan.feasibility.feasible else "not feasible"
        sums = f": {', '.join(plan.sums)}" if plan.sums else ""
        lines.append((f"{name:<10} {verdict}{sums}", "" if plan.feasibility.feasible else "red"))
    lines += [(one.text, "red") for one in after.feasibility.issues]
    return lines + [(f"would help: {one.text}", "green") for one in after.feasibility.remedies]


def _risk_line(one: ChangedRisk) -> tuple[str, str]:
    """`GA is later than planned: 35 % -> 60 % (the forecast ...)`, and its style."""
    before, after = (f"{risk.probability:.0%}" if risk else "not there" for risk in (one.before, one.after))
    return f"{one.risk.title}: {before} -> {after} ({one.risk.why})", "yellow" if one.change > 0 else "green"


def _follows(found: Simulation) -> list[tuple[str, str]]:
    """Lines and styles: events that move, and all consequences but the moves that the train shows."""
    events = [one for one in found.slips if one.subject.category is Category.EVENT]
    return [
        *(
            (f"{one.title} moves from {one.old:%a %Y-%m-%d} to {one.new:%a %Y-%m-%d} ({one.days:+d} d)", "")
            for one in events
        ),
        *((one.text, "yellow" if one.bad else "") for one in found.consequences if one.topic is not Topic.MOVES),
    ]


def _section(terminal: Terminal, title: str, lines: Sequence[tuple[str, str]]) -> None:
    if not lines:
        return
    terminal.out.print(Text(title, style="bold"))
    for text, style in lines:
        terminal.say(Text(f"  {text}", style=style))


def _train(train: Sequence[Moved]) -> Table:
    table = Table()
    for heading in ("milestone", "planned", "like this"):
        table.add_column(heading, no_wrap=True)
    table.add_column("moves", justify="right", no_wrap=True)
    for one in train:
        moved = f"{one.days:+d} d" if one.days else ""
        both = one.before is not None and one.after is not None
        cells = (f"{each.planned_at:%a %Y-%m-%d %H:%M}" if each else "-" for each in (one.before, one.after))
        table.add_row(one.kind.replace("_", " "), *cells, moved, style="bold" if moved or not both else "dim")
    return table


def _words(chance: dict[str, Any]) -> str:
    """`GA on 2026-12-10 with a chance of 40 %; 85 %: 2027-01-14`."""
    if "on_time" not in chance:
        return str(chance["reason"])
    sure = chance["p85"] or "not within two years"
    said = f"GA on {chance['planned_ga']} with a chance of {100 * chance['on_time']:.0f} %; with 85 % by {sure}"
    return f"{said} ({chance['reason']})" if chance["reason"] else said


SIMULATE = Command("show a release after a change of dates or scope, before anybody commits it", _options, _run)
