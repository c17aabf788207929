"""What is different in a release since its last weekly report."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from release_ops.domain.health import Reason, Status
from release_ops.domain.health_facts import HealthFacts, is_out
from release_ops.domain.health_needs import local_day
from release_ops.domain.outlook import SURE
from release_ops.domain.plan_policy import milestone_name
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
            yield f"gate {milestone_name(gate.gate)}: {was[gate.gate]} became {gate.verdict}"
        elif gate.gate not in was and gate.verdict == "fail":
            yield f"gate {milestone_name(gate.gate)} was evaluated and failed"
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
    was = {
        step["kind"]: local_day(facts, datetime.fromisoformat(step["planned_at"]))
        for step in before.get("milestones", ())
    }
    for step in facts.steps:
        day = local_day(facts, step.planned_at)
        old = was.get(step.kind)
        if old is not None and old != day:
            days = (day - old).days
            yield f"{milestone_name(step.kind)} moved from {old} to {day}, {_how_far(days)}"
    last, sure = facts.earlier.p85_on if facts.earlier else None, _sure(facts)
    if last is not None and sure is not None and sure != last:
        yield f"GA with 85 % moved from {last} to {sure}, {_how_far((sure - last).days)}"


def _sure(facts: HealthFacts) -> date | None:
    found = facts.outlook
    return found.ga.get(SURE) if found and not found.forecast.reason and not is_out(facts) else None


def _how_far(days: int) -> str:
    return f"{days_text(abs(days))} {'later' if days > 0 else 'earlier'}"


def _scope(facts: HealthFacts, before: Mapping[str, Any]) -> Iterator[str]:
    # A scope that could not be read last week is no empty one.
    if facts.features is None or before.get("headline", {}).get("features_total") is None:
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
        yield f"done before, open again: {_named(back)}"


def _measures(before: Mapping[str, Any], reasons: Sequence[Reason]) -> Iterator[str]:
    was = {one["measure"]: one for one in before.get("reasons", ())}
    for reason in reasons:
        old = was.get(reason.measure)
        if reason.measure in {"gates", "slip"}:  # told by the gates and the dates themselves
            continue
        if old is None:
            if reason.status in (Status.RED, Status.YELLOW):
                yield f"{reason.title.lower()}: is {reason.status} ({reason.words})"
        elif old["status"] != reason.status:
            yield f"{reason.title.lower()}: {old['status']} became {reason.status} ({reason.words})"
        elif reason.unit == "ratio" and isinstance(old["value"], int | float) and reason.value is not None:
            moved = reason.value - old["value"]
            if abs(moved) >= _NOTABLE and reason.measure == "on_time":
                yield f"{reason.title.lower()}: {old['value'] * 100:.0f} % became {reason.value * 100:.0f} %"


def _named(things: Sequence[str]) -> str:
    more = f" and {len(things) - _NAMED} more" if len(things) > _NAMED else ""
    return ", ".join(things[:_NAMED]) + more
