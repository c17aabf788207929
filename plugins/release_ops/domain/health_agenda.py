"""What was achieved in a release, what comes next, who is missing, and what waits for somebody."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta

from release_ops.domain.gates import role_name
from release_ops.domain.health_facts import SETTLED, CheckedGate, HealthFacts, Step, is_out
from release_ops.domain.health_needs import external_of, local_day
from release_ops.domain.health_readings import overdue_steps, path_of
from release_ops.domain.model import Feature, FeatureStatus, MilestoneKind
from release_ops.domain.plan_policy import milestone_name
from release_ops.domain.scope import MUST
from release_ops.domain.words import days_text

WEEK = timedelta(days=7)
TOP = 5
"""So many risks and features are named."""


def resources_of(facts: HealthFacts) -> tuple[str, ...]:
    """Who is away before the release ends, and which team has more to do than there is room for; none after GA."""
    return () if is_out(facts) else (*_absences(facts), *_overloads(facts))


def _absences(facts: HealthFacts) -> Iterator[str]:
    last = max([step.planned_at for step in facts.steps] or [facts.now])
    soon = [one for one in facts.product.absences if one.end > facts.now and one.start < last]
    for one in sorted(soon, key=lambda one: (one.start, one.person)):
        start, end = local_day(facts, one.start), local_day(facts, one.end - timedelta(seconds=1))
        when = f"on {start}" if start == end else f"from {start} to {end}"
        yield f"{one.person} is away {when}" + (f" ({one.reason})" if one.reason else "")


def _overloads(facts: HealthFacts) -> Iterator[str]:
    plan = facts.plan
    if plan is None or plan.room is None:
        return
    for team, pool in plan.room.teams.items():
        points = sum(one.points for one in plan.priorities.choices if one.feature.team == team)
        if points > pool.points:
            yield f"team {team} has {points:g} points to do and room for {pool.points:g}"


def accomplishments_of(facts: HealthFacts) -> tuple[str, ...]:
    """Milestones, features and gates that were done since the last report, in a release's first one since a week ago."""
    since = facts.earlier.made_at if facts.earlier else facts.now - WEEK
    told = [
        f"{milestone_name(step.kind)} is done"
        for step in facts.steps
        if step.state == "done" and step.actual_at is not None and since < step.actual_at <= facts.now
    ]
    if facts.earlier is not None:
        before = {one["id"]: one["status"] for one in facts.earlier.facts.get("features", ())}
        told += [
            f"{one.id} {one.title}"
            for one in facts.features or ()
            if one.status is FeatureStatus.DONE and before.get(one.id, "done") != "done"
        ]
    told += [_passed(gate) for gate in facts.gates if _has_passed(gate) and since < gate.evaluated_at <= facts.now]
    return tuple(told)


def _has_passed(gate: CheckedGate) -> bool:
    return gate.verdict != "fail" and not gate.waiting_for


def _passed(gate: CheckedGate) -> str:
    how = " with waivers" if any(one.waived_by for one in gate.criteria) else ""
    return f"gate {milestone_name(gate.gate)} passed{how}"


def focus_of(facts: HealthFacts) -> tuple[str, ...]:
    """What comes within the policy's `ahead`: milestones, the musts that are open, promises, the critical path."""
    return (*_coming(facts), *(() if is_out(facts) else _to_finish(facts)))


def _coming(facts: HealthFacts) -> Iterator[str]:
    until = facts.now + facts.product.health.ahead
    for step in facts.steps:
        if step.state in SETTLED or not facts.now < step.planned_at <= until:
            continue
        gate = facts.product.gates.get(facts.product.milestone_gates.get(MilestoneKind(step.kind), ""))
        roles = gate.approvals.for_type(facts.release.type).roles if gate else {}
        needs = f", with the approval of {_roles(roles)}" if roles else ""
        yield f"{local_day(facts, step.planned_at):%a %Y-%m-%d}: {milestone_name(step.kind)}{needs}"


def _to_finish(facts: HealthFacts) -> Iterator[str]:
    musts = [one for one in _unfinished(facts) if one.priority == MUST]
    for one in musts[:TOP]:
        yield f"finish {one.id} {one.title}, which the release cannot go without"
    if len(musts) > TOP:
        yield f"and {len(musts) - TOP} more that it cannot go without"
    today, last = local_day(facts, facts.now), local_day(facts, facts.now + facts.product.health.ahead)
    for owed in external_of(facts):
        if not owed.delivered and today <= owed.due <= last:
            yield f"{owed.due:%a %Y-%m-%d}: {owed.what} from {owed.who} is promised"
    path = path_of(facts)[0]
    titles = {one.id: one.title for one in facts.features or ()}
    if path and path[0] not in {one.id for one in musts}:
        rest = (
            f", the first of {len(path)} on the critical path" if len(path) > 1 else ", the longest piece of work left"
        )
        yield f"{path[0]} {titles[path[0]]}{rest}"


def _roles(roles: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {role_name(role)}" for role, count in roles.items())


def _unfinished(facts: HealthFacts) -> Sequence[Feature]:
    return [one for one in facts.features or () if one.status is not FeatureStatus.DONE]


def support_of(facts: HealthFacts) -> tuple[str, ...]:
    """What waits for somebody: overdue and blocked milestones, approvals, waivers that end."""
    late = [_overdue(step, days) for step, days in overdue_steps(facts) if days or step.state == "blocked"]
    waiting = [_waiting(facts, gate) for gate in facts.gates if gate.waiting_for]
    return (*late, *waiting, *expiring_of(facts))


def _waiting(facts: HealthFacts, gate: CheckedGate) -> str:
    owed = "1 approval" if gate.waiting_for == 1 else f"{gate.waiting_for} approvals"
    return f"gate {milestone_name(gate.gate)} has been waiting for {owed} since {local_day(facts, gate.evaluated_at)}"


def _overdue(step: Step, days: int) -> str:
    when = f"was due {days_text(days)} ago" if days else "is due today"
    return f"{milestone_name(step.kind)} {when} and {step.words}" + (f": {step.detail}" if step.detail else "")


def expiring_of(facts: HealthFacts) -> list[str]:
    """The waivers that end within the policy's `expiring`."""
    until = facts.now + facts.product.health.expiring
    return [
        f"the waiver of {one.criterion.replace('_', ' ')} in gate {milestone_name(one.gate)} by {one.approver} ends on "
        f"{local_day(facts, one.expires_at)}"
        for one in facts.waivers
        if facts.now < one.expires_at <= until
    ]
