"""What a weekly report recommends, each with the number that triggers it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from release_ops.domain.feasibility import chain
from release_ops.domain.health import Reason, Status
from release_ops.domain.health_facts import HealthFacts, is_out
from release_ops.domain.health_needs import (
    external_trigger,
    late_external,
    late_needs,
    need_title,
    need_trigger,
)
from release_ops.domain.health_readings import overdue_steps, path_of, quality_score, speed_of
from release_ops.domain.outlook import SURE
from release_ops.domain.plan_policy import milestone_name
from release_ops.domain.words import capital, days_text

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
        yield from _plan(facts, bad)
        yield from _growth(bad)
        yield from _owed(facts, bad)
    yield from _overdue(facts, bad)
    yield from _gates(facts, bad)
    yield from _quality(facts, bad)
    yield from _risks(facts, bad)
    if "critical_issues" in bad:
        trigger = bad["critical_issues"].words
        yield Action(kind="mitigation", text="Close the critical issues before anything new", trigger=trigger)


def _proposal(facts: HealthFacts, bad: dict[str, Reason]) -> Iterator[Action]:
    """What brings the forecast and the date together again, each alone."""
    found = facts.outlook
    if found is None or "on_time" not in bad:
        return
    sure = found.ga.get(SURE)
    late = f"with {SURE} % by {sure}" if sure else f"with {SURE} % not within two years"
    trigger = f"{found.on_time * 100:.0f} % for GA on {found.planned_ga}, {late}"
    ways = []
    if found.proposal is not None and found.proposal.drop:
        keeps = f"keeps the date with a chance of {SURE} %" if found.proposal.enough else "is not enough, but helps"
        text = f"leave out {_named([f'{one.id} {one.title}' for one in found.proposal.drop])}: that {keeps}"
        ways.append(Action(kind="scope", text=text, trigger=trigger))
    if found.proposal is not None and found.proposal.ga is not None and found.proposal.days:
        text = f"move GA to {found.proposal.ga:%a %Y-%m-%d}, {days_text(found.proposal.days)} later"
        ways.append(Action(kind="date", text=text, trigger=trigger))
    speed = speed_of(facts)
    if "velocity" in bad and speed and speed.needed:
        text = f"find people for {speed.needed - speed.actual:.1f} more {speed.item}s a week"
        trigger = f"{speed.actual:.1f} {speed.item}s a week, {speed.needed:.1f} needed"
        ways.append(Action(kind="resource", text=text, trigger=trigger))
    for place, way in enumerate(ways):
        yield replace(way, text=f"or {way.text}" if place else capital(way.text))


def _plan(facts: HealthFacts, bad: dict[str, Reason]) -> Iterator[Action]:
    """What makes the plan fit into the time and the teams again."""
    found = [one for one in ("critical_path", "capacity") if one in bad]
    if facts.plan is None or not found:
        return
    trigger = "; ".join(bad[one].words for one in found)
    kinds = {"scope": "scope", "date": "date", "hands": "resource", "repair": "mitigation"}
    for remedy in facts.plan.feasibility.remedies:
        yield Action(kind=kinds[remedy.kind], text=capital(remedy.text), trigger=trigger)
    if facts.plan.feasibility.remedies:
        return
    path = path_of(facts)[0]
    if "critical_path" in bad and path:
        room = facts.plan.room
        if room is not None and not room.days:
            text, kind = f"Leave out {chain(path)}, or set a new date for {room.words}", "scope"
        else:
            text, kind = f"Let nothing interrupt {chain(path)}, or leave a part of it out", "mitigation"
        yield Action(kind=kind, text=text, trigger=bad["critical_path"].words)
    later = [one.feature for one in facts.plan.priorities.choices if not one.planned]
    # What the forecast asks to leave out is not asked for twice.
    proposal = facts.outlook.proposal if facts.outlook and "on_time" in bad else None
    named = {one.id for one in proposal.drop} if proposal else set()
    if "capacity" in bad and {one.id for one in later} - named:
        text = f"Leave for a later release what does not fit: {_named([f'{one.id} {one.title}' for one in later])}"
        yield Action(kind="scope", text=text, trigger=bad["capacity"].words)


def _growth(bad: dict[str, Reason]) -> Iterator[Action]:
    if "scope_growth" in bad:
        text = "Let nothing more into the scope unless something else leaves it"
        yield Action(kind="scope", text=text, trigger=bad["scope_growth"].words)


def _owed(facts: HealthFacts, bad: dict[str, Reason]) -> Iterator[Action]:
    if "dependencies" not in bad:
        return
    for need in late_needs(facts):
        name = facts.titles.get(need.product, need.product)
        text = f"Agree with {name} on a date for {need_title(facts, need)}"
        yield Action(kind="date", text=text, trigger=need_trigger(facts, need))
    for owed in late_external(facts):
        text = f"Ask {owed.who} for {owed.what}, or plan without it"
        yield Action(kind="mitigation", text=text, trigger=external_trigger(facts, owed))


def _overdue(facts: HealthFacts, bad: dict[str, Reason]) -> Iterator[Action]:
    if "overdue" not in bad:
        return
    late = [(step, days) for step, days in overdue_steps(facts) if days]
    if late:
        oldest, days = late[0]
        dates = "a new date" if len(late) == 1 else "new dates"
        text = f"Finish {_named([milestone_name(step.kind) for step, _ in late])}, or set {dates}"
        trigger = f"{milestone_name(oldest.kind)} is {days_text(days)} overdue and {oldest.words}"
        yield Action(kind="date", text=text, trigger=trigger)


def _gates(facts: HealthFacts, bad: dict[str, Reason]) -> Iterator[Action]:
    if "gates" not in bad:
        return
    for gate in facts.gates:
        required = [one for one in gate.criteria if one.required]
        open_ones = [one.title or one.criterion for one in required if one.outcome != "pass" and not one.waived_by]
        if gate.verdict == "fail" and open_ones:
            name = milestone_name(gate.gate)
            trigger = f"{len(open_ones)} of {len(required)} required criteria of gate {name} do not pass"
            yield Action(kind="mitigation", text=f"Mend or waive: {_named(open_ones)}", trigger=trigger)


def _quality(facts: HealthFacts, bad: dict[str, Reason]) -> Iterator[Action]:
    """The part that takes most from the score."""
    if "quality" not in bad:
        return
    parts = [(part.weight * (1 - part.share), part) for part in quality_score(facts).parts if part.share is not None]
    lost, worst = max(parts, key=lambda one: one[0])
    if lost > 0:
        trigger = f"{bad['quality'].words}; {worst.words}"
        text = f"Mend first what takes most from the quality score: {worst.title.lower()}"
        yield Action(kind="mitigation", text=text, trigger=trigger)


def _risks(facts: HealthFacts, bad: dict[str, Reason]) -> Iterator[Action]:
    limit = facts.product.health.thresholds.get("risk")
    if "risk" not in bad or limit is None:
        return
    least = min(one for one in (limit.yellow, limit.red) if one is not None)
    for risk in sorted(facts.risks or (), key=lambda one: (-one.score, one.risk)):
        if risk.score > least and risk.mitigation:
            who = f" ({risk.owner})" if risk.owner else ""
            trigger = f"{risk.title}: {risk.score:.1f} of 5, over {least:g}"
            yield Action(kind="mitigation", text=f"{risk.mitigation}{who}", trigger=trigger)


def _named(things: Sequence[str]) -> str:
    more = f" and {len(things) - _NAMED} more" if len(things) > _NAMED else ""
    return ", ".join(things[:_NAMED]) + more
