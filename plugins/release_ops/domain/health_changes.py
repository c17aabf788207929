"""What is different in a release since its last weekly report."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from release_ops.domain.health import Reason, Status
from release_ops.domain.health_facts import HealthFacts
from release_ops.domain.words import days_text

_NAMED = 5
_NOTABLE = 0.05
"""A chance that moved by less has not changed to a reader."""


def changes_of(facts: HealthFacts, status: Status, reasons: Sequence[Reason]) -> tuple[str, ...]:
    """Sentences; none for the first report of a release."""
    if facts.earlier is None:
        return ()
    return tuple(_changes(facts, facts.earlier.facts, status, reasons))


def _changes(facts: HealthFacts, before: Mapping[str, Any], status: Status, reasons: Sequence[Reason]) -> Iterator[str]:
    earlier = facts.earlier
    if earlier is None:
        return
    if earlier.status != status:
        yield f"{earlier.status} became {status}"
    yield from _dates(facts, before)
    yield from _scope(facts, before)
    was = {gate["gate"]: gate["verdict"] for gate in before.get("gates", ())}
    for gate in facts.gates:
        if was.get(gate.gate) not in (None, gate.verdict):
            yield f"gate {gate.gate}: {was[gate.gate]} became {gate.verdict}"
    if facts.risks is not None and "risks" in before:
        known = {risk["risk"] for risk in before["risks"]}
        new = [risk.title for risk in facts.risks if risk.trend == "new" and risk.risk not in known]
        if new:
            yield f"new risk{'s' if len(new) > 1 else ''}: {_named(new)}"
        still = {risk.risk for risk in facts.risks}
        gone = [risk["title"] for risk in before["risks"] if risk["risk"] not in still]
        if gone:
            yield f"no longer open: {_named(gone)}"
    yield from _measures(before, reasons)


def _dates(facts: HealthFacts, before: Mapping[str, Any]) -> Iterator[str]:
    was = {step["kind"]: date.fromisoformat(step["planned_at"][:10]) for step in before.get("milestones", ())}
    for step in facts.steps:
        day = step.planned_at.date()
        old = was.get(step.kind)
        if old is not None and old != day:
            days = (day - old).days
            how_far = f"{days_text(abs(days))} {'later' if days > 0 else 'earlier'}"
            yield f"{step.kind.replace('_', ' ')} moved from {old} to {day}, {how_far}"


def _scope(facts: HealthFacts, before: Mapping[str, Any]) -> Iterator[str]:
    if facts.features is None or "features" not in before:
        return
    was = {one["id"]: one for one in before["features"]}
    now = {one.id: one for one in facts.features}
    if added := [f"{one.id} {one.title}" for one in facts.features if one.id not in was]:
        yield f"added to the scope: {_named(added)}"
    if removed := [f"{one['id']} {one['title']}" for key, one in was.items() if key not in now]:
        yield f"out of the scope: {_named(removed)}"
    if back := [
        f"{one.id} {one.title}"
        for one in facts.features
        if one.id in was and was[one.id]["status"] == "done" and one.status.value != "done"
    ]:
        yield f"done last week, open again: {_named(back)}"


def _measures(before: Mapping[str, Any], reasons: Sequence[Reason]) -> Iterator[str]:
    was = {one["measure"]: one for one in before.get("reasons", ())}
    for reason in reasons:
        old = was.get(reason.measure)
        if old is None or reason.measure in {"gates", "slip"}:
            continue
        if old["status"] != reason.status:
            yield f"{reason.title.lower()}: {old['status']} became {reason.status} ({reason.words})"
        elif reason.unit == "ratio" and isinstance(old["value"], int | float) and reason.value is not None:
            moved = reason.value - old["value"]
            if abs(moved) >= _NOTABLE and reason.measure == "on_time":
                yield f"{reason.title.lower()}: {old['value'] * 100:.0f} % became {reason.value * 100:.0f} %"


def _named(things: Sequence[str]) -> str:
    more = f" and {len(things) - _NAMED} more" if len(things) > _NAMED else ""
    return ", ".join(things[:_NAMED]) + more
