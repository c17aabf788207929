"""The weekly report of a release: how it stands, what changed, what comes, and what to do about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from release_ops.domain.health import Quality, Reason, Status, overall, reasons_of
from release_ops.domain.health_actions import Action, actions_of
from release_ops.domain.health_changes import changes_of
from release_ops.domain.health_facts import CheckedGate, HealthFacts, OpenRisk, Step
from release_ops.domain.health_readings import (
    SETTLED,
    first_planned_ga,
    is_out,
    late_needs,
    overdue_steps,
    quality_score,
    readings_of,
    speed_of,
)
from release_ops.domain.model import Feature, FeatureStatus, MilestoneKind
from release_ops.domain.rule_forms import monday
from release_ops.domain.scope import MUST
from release_ops.domain.words import days_text

WEEK = timedelta(days=7)
TOP = 5
"""So many risks, failing criteria and features are named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Headline:
    """The report in numbers: the columns of release_metrics.health."""

    planned_ga: date | None
    next_milestone: str | None
    next_milestone_at: datetime | None
    features_total: int | None
    features_done: int | None
    points_total: float | None
    points_done: float | None
    unestimated: int | None
    item: str | None
    remaining: float | None
    velocity: float | None
    velocity_needed: float | None
    quality: float | None
    quality_coverage: float | None
    path_days: float | None
    path_room: int | None
    gates_failing: int | None
    waivers_expiring: int
    critical_issues: int | None
    on_time: float | None
    p50_on: date | None
    p85_on: date | None
    slipped_days: int | None
    risks_open: int | None
    highest_risk: float | None
    support_needed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BurnPoint:
    """A day of the burn-up: what is planned and done, or the fan of what will be (85, 50, 15 %), in the forecast's item."""

    day: date
    total: float | None = None
    done: float | None = None
    low: float | None = None
    middle: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LineOfFeature:
    """A feature as the next report compares it."""

    id: str
    title: str
    status: str
    priority: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A release's health of one week; every text may hold words from outside."""

    product: str
    name: str
    version: str
    type: str
    theme: str
    week: date
    """Monday, by the UTC day of made_at."""
    made_at: datetime
    status: Status
    reasons: tuple[Reason, ...]
    headline: Headline
    first_planned_ga: date | None
    is_out: bool
    before: Mapping[str, Any] | None
    """week, status, on_time and p85_on of the last report of an earlier week."""
    quality: Quality
    milestones: tuple[Step, ...]
    gates: tuple[CheckedGate, ...]
    features: tuple[LineOfFeature, ...]
    path: tuple[str, ...]
    """Ids on the critical path."""
    risks: tuple[OpenRisk, ...]
    resources: tuple[str, ...]
    dependencies: tuple[str, ...]
    changes: tuple[str, ...]
    accomplishments: tuple[str, ...]
    focus: tuple[str, ...]
    support: tuple[str, ...]
    actions: tuple[Action, ...]
    burn_up: tuple[BurnPoint, ...]
    due: date | None
    """Day by which the scope has to be done."""
    doubt: str

    @property
    def missing(self) -> tuple[Reason, ...]:
        """What nobody knows, each with what would make it known."""
        return tuple(reason for reason in self.reasons if reason.status is Status.UNKNOWN)

    @property
    def why(self) -> tuple[Reason, ...]:
        """The reasons that made the status: those of its colour."""
        return tuple(reason for reason in self.reasons if reason.status is self.status)


def week_of(moment: datetime) -> date:
    """Monday of the UTC day of an aware moment."""
    return monday(moment.astimezone(UTC).date())


def report_of(facts: HealthFacts) -> Report:
    """The report of a release from its facts. Equal facts give equal reports."""
    policy = facts.product.health
    reasons = reasons_of(readings_of(facts), policy)
    status = overall(reasons, policy)
    support, found, earlier = _support(facts), facts.outlook, facts.earlier
    features = tuple(
        LineOfFeature(id=one.id, title=one.title, status=one.status.value, priority=one.priority)
        for one in facts.features or ()
    )
    risks = tuple(sorted(facts.risks or (), key=lambda risk: (-risk.score, risk.risk)))
    return Report(
        product=facts.product.id,
        name=facts.product.name,
        version=facts.release.version,
        type=facts.release.type.value,
        theme=facts.release.theme,
        week=week_of(facts.now),
        made_at=facts.now,
        status=status,
        reasons=reasons,
        headline=_headline(facts, len(support)),
        first_planned_ga=first_planned_ga(facts),
        is_out=is_out(facts),
        before=None
        if earlier is None
        else {
            "week": earlier.week,
            "status": earlier.status,
            "on_time": earlier.on_time,
            "p85_on": earlier.p85_on,
        },
        quality=quality_score(facts),
        milestones=tuple(facts.steps),
        gates=tuple(facts.gates),
        features=features,
        path=facts.plan.feasibility.critical_path if facts.plan else (),
        risks=risks[:TOP],
        resources=_resources(facts),
        dependencies=_dependencies(facts),
        changes=changes_of(facts, status, reasons),
        accomplishments=_accomplishments(facts),
        focus=_focus(facts),
        support=support,
        actions=actions_of(facts, reasons),
        burn_up=_burn_up(facts),
        due=found.due if found else None,
        doubt=found.doubt if found else "",
    )


def _headline(facts: HealthFacts, support: int) -> Headline:
    features, found, speed = facts.features, facts.outlook, speed_of(facts)
    estimated = [one for one in features or () if one.points is not None]
    done = [one for one in features or () if one.status is FeatureStatus.DONE]
    coming = next((step for step in facts.steps if step.state not in SETTLED), None)
    told = found if found and not found.forecast.reason and not is_out(facts) else None
    quality, first = quality_score(facts), first_planned_ga(facts)
    open_path = facts.plan is not None and facts.plan.room is not None and not is_out(facts)
    return Headline(
        planned_ga=facts.release.ga,
        next_milestone=coming.kind if coming else None,
        next_milestone_at=coming.planned_at if coming else None,
        features_total=None if features is None else len(features),
        features_done=None if features is None else len(done),
        points_total=sum(one.points or 0.0 for one in estimated) if estimated else None,
        points_done=sum(one.points or 0.0 for one in done) if estimated else None,
        unestimated=None if features is None else len(features) - len(estimated),
        item=speed.item if speed else None,
        remaining=speed.remaining if speed else None,
        velocity=speed.actual if speed else None,
        velocity_needed=speed.needed if speed and not is_out(facts) else None,
        quality=quality.score,
        quality_coverage=quality.coverage,
        path_days=facts.plan.feasibility.path_days if facts.plan and open_path else None,
        path_room=facts.plan.room.days if facts.plan and facts.plan.room and open_path else None,
        gates_failing=sum(gate.verdict == "fail" for gate in facts.gates) if facts.gates else None,
        waivers_expiring=len(_expiring(facts)),
        critical_issues=facts.critical,
        on_time=told.on_time if told else None,
        p50_on=told.ga.get(50) if told else None,
        p85_on=told.ga.get(85) if told else None,
        slipped_days=(facts.release.ga - first).days if first else None,
        risks_open=None if facts.risks is None else len(facts.risks),
        highest_risk=max((risk.score for risk in facts.risks), default=None) if facts.risks else None,
        support_needed=support,
    )


def _expiring(facts: HealthFacts) -> list[str]:
    until = facts.now + facts.product.health.expiring
    return [
        f"the waiver of {one.criterion} in gate {one.gate} by {one.approver} ends on {one.expires_at:%Y-%m-%d}"
        for one in facts.waivers
        if facts.now < one.expires_at <= until
    ]


def _resources(facts: HealthFacts) -> tuple[str, ...]:
    if is_out(facts):
        return ()
    last = max([step.planned_at for step in facts.steps] or [facts.now])
    soon = [one for one in facts.product.absences if one.end > facts.now and one.start < last]
    told = [
        f"{one.person} is away from {one.start:%Y-%m-%d} to {(one.end - timedelta(seconds=1)):%Y-%m-%d}"
        + (f" ({one.reason})" if one.reason else "")
        for one in sorted(soon, key=lambda one: (one.start, one.person))
    ]
    plan = facts.plan
    if plan is not None and plan.room is not None:
        for team, pool in plan.room.teams.items():
            points = plan.priorities.points_of(team)
            if points > pool.points:
                told.append(f"team {team} has {points:g} points to do and room for {pool.points:g}")
    return tuple(told)


def _dependencies(facts: HealthFacts) -> tuple[str, ...]:
    late = {id(one) for one in late_needs(facts)}
    told = []
    for one in facts.needs:
        theirs = f"{facts.titles.get(one.product, one.product)} {one.version} {one.milestone.replace('_', ' ')}"
        when = f"planned for {one.planned_at:%Y-%m-%d}" if one.planned_at else "planned by nobody"
        state = "done" if one.done else when + (", too late" if id(one) in late and one.planned_at else "")
        told.append(f"{theirs}: {state}; needed for {one.before.replace('_', ' ')}")
    return (*told, *facts.conflicts)


def _accomplishments(facts: HealthFacts) -> tuple[str, ...]:
    since = facts.earlier.made_at if facts.earlier else facts.now - WEEK
    told = [
        f"{step.kind.replace('_', ' ')} is done"
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
    told += [
        f"gate {gate.gate} passed" + (" with waivers" if any(one.waived_by for one in gate.criteria) else "")
        for gate in facts.gates
        if gate.verdict == "pass" and since < gate.evaluated_at <= facts.now
    ]
    return tuple(told)


def _focus(facts: HealthFacts) -> tuple[str, ...]:
    until = facts.now + facts.product.health.ahead
    told = []
    for step in facts.steps:
        if step.state in SETTLED or not facts.now < step.planned_at <= until:
            continue
        gate = facts.product.gates.get(facts.product.milestone_gates.get(MilestoneKind(step.kind), ""))
        needs = f", with the approval of {_roles(gate.approvals.roles)}" if gate and gate.approvals.roles else ""
        told.append(f"{step.planned_at:%a %Y-%m-%d}: {step.kind.replace('_', ' ')}{needs}")
    if not is_out(facts):
        musts = [one for one in _unfinished(facts) if one.priority == MUST][:TOP]
        told += [f"finish {one.id} {one.title}, which the release cannot go without" for one in musts]
        path = facts.plan.feasibility.critical_path if facts.plan else ()
        if path and path[0] not in {one.id for one in musts}:
            told.append(f"{path[0]} is the next on the critical path of {len(path)}")
    return tuple(told)


def _roles(roles: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {role.replace('_', ' ')}" for role, count in roles.items())


def _unfinished(facts: HealthFacts) -> Sequence[Feature]:
    return [one for one in facts.features or () if one.status is not FeatureStatus.DONE]


def _support(facts: HealthFacts) -> tuple[str, ...]:
    told = [
        f"{step.kind.replace('_', ' ')} is {step.state} since {days_text(days)}"
        + (f": {step.detail}" if step.detail else "")
        for step, days in overdue_steps(facts)
        if days or step.state == "blocked"
    ]
    told += [
        f"gate {gate.gate} waits for {gate.waiting_for} approval{'s' if gate.waiting_for > 1 else ''} since "
        f"{gate.evaluated_at:%Y-%m-%d}"
        for gate in facts.gates
        if gate.waiting_for
    ]
    return (*told, *_expiring(facts))


def _burn_up(facts: HealthFacts) -> tuple[BurnPoint, ...]:
    found = facts.outlook
    points = found is not None and found.item == "point"
    past = [
        BurnPoint(
            day=one.day,
            total=one.points_total if points else one.total,
            done=one.points_done if points else one.done,
        )
        for one in facts.history
    ]
    if found is None or is_out(facts) or found.item == "change" or not found.forecast.burn_up or not past:
        return tuple(past)
    done, total = past[-1].done or 0.0, past[-1].total or 0.0
    # Features of earlier releases are done first: the fan of this one starts when they are.
    ahead = max(0.0, found.remaining[1] - (total - done))
    fan = [BurnPoint(day=found.as_of, low=done, middle=done, high=done)]
    fan += [
        BurnPoint(
            day=one.day,
            **{
                name: done + min(max(0.0, value - ahead), total - done)
                for name, value in (("low", one.low), ("middle", one.middle), ("high", one.high))
            },
        )
        for one in found.forecast.burn_up
    ]
    return (*past, *fan)
