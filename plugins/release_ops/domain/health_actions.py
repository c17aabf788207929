"""What a weekly report recommends, each with the number that triggers it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from release_ops.domain.health import Reason, Status
from release_ops.domain.health_facts import HealthFacts
from release_ops.domain.health_readings import is_out, late_needs, speed_of
from release_ops.domain.words import days_text

_NAMED = 5
KINDS = {"scope": "Scope", "date": "Date", "resource": "People", "mitigation": "Mitigation"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """Something to do: `scope`, `date`, `resource` or `mitigation`, and the number that asks for it."""

    kind: str
    text: str
    trigger: str


def actions_of(facts: HealthFacts, reasons: Sequence[Reason]) -> tuple[Action, ...]:
    """Recommendations, none where nothing is yellow or red; each text once."""
    found: dict[str, Action] = {}
    for action in _all(facts, {reason.measure: reason for reason in reasons if _is_bad(reason)}):
        found.setdefault(action.text, action)
    return tuple(found.values())


def _is_bad(reason: Reason) -> bool:
    return reason.status in (Status.RED, Status.YELLOW)


def _all(facts: HealthFacts, bad: dict[str, Reason]) -> Iterator[Action]:
    if not is_out(facts):
        yield from _proposal(facts, bad)
        yield from _remedies(facts, bad)
    if "gates" in bad:
        for gate in facts.gates:
            failing = [one for one in gate.criteria if one.required and one.outcome != "pass" and not one.waived_by]
            open_ones = [one.title or one.criterion for one in failing]
            if gate.verdict == "fail" and open_ones:
                count = f"{len(open_ones)} of {len(gate.criteria)} criteria of gate {gate.gate} do not pass"
                yield Action(kind="mitigation", text=f"Mend or waive: {'; '.join(open_ones[:_NAMED])}", trigger=count)
    limit = facts.product.health.thresholds.get("risk")
    for risk in sorted(facts.risks or (), key=lambda one: -one.score):
        if "risk" in bad and limit and limit.yellow is not None and risk.score > limit.yellow and risk.mitigation:
            who = f" ({risk.owner})" if risk.owner else ""
            trigger = f"{risk.title}: {risk.score:.1f} of 5, over {limit.yellow:g}"
            yield Action(kind="mitigation", text=f"{risk.mitigation}{who}", trigger=trigger)
    for need in late_needs(facts):
        theirs = f"{need.product} {need.version} {need.milestone.replace('_', ' ')}"
        late = (
            f"it comes {days_text((need.planned_at - need.needed_by).days)} after it is needed"
            if need.planned_at and need.needed_by
            else "nobody plans it"
        )
        yield Action(kind="date", text=f"Agree with {need.product} on a date for {theirs}", trigger=late)
    if "critical_issues" in bad:
        reason = bad["critical_issues"]
        yield Action(kind="mitigation", text="Close the critical issues before anything new", trigger=reason.words)


def _proposal(facts: HealthFacts, bad: dict[str, Reason]) -> Iterator[Action]:
    found = facts.outlook
    if found is None or found.proposal is None or "on_time" not in bad:
        return
    sure = found.ga.get(85)
    trigger = f"85 % date {sure or 'not within two years'}, planned {found.planned_ga}"
    drop = found.proposal.drop
    if drop:
        names = ", ".join(f"{one.id} {one.title}" for one in drop[:_NAMED])
        more = f" and {len(drop) - _NAMED} more" if len(drop) > _NAMED else ""
        keeps = "keeps the date with a chance of 85 %" if found.proposal.enough else "is not enough, but helps"
        yield Action(kind="scope", text=f"Leave out {names}{more}: that {keeps}", trigger=trigger)
    if found.proposal.ga is not None and found.proposal.days:
        text = f"Or move GA to {found.proposal.ga:%a %Y-%m-%d}, {days_text(found.proposal.days)} later"
        yield Action(kind="date", text=text, trigger=trigger)
    speed = speed_of(facts)
    if "velocity" in bad and speed and speed.needed:
        lack = speed.needed - speed.actual
        text = f"Or find people for {lack:.1f} more {speed.item}s a week"
        yield Action(kind="resource", text=text, trigger=f"{speed.actual:.1f} a week, {speed.needed:.1f} needed")


def _remedies(facts: HealthFacts, bad: dict[str, Reason]) -> Iterator[Action]:
    if facts.plan is None or not {"critical_path", "capacity"} & bad.keys():
        return
    trigger = "; ".join(bad[one].words for one in ("critical_path", "capacity") if one in bad)
    kinds = {"scope": "scope", "date": "date", "hands": "resource", "repair": "mitigation"}
    for remedy in facts.plan.feasibility.remedies:
        yield Action(kind=kinds.get(remedy.kind, "mitigation"), text=remedy.text, trigger=trigger)
