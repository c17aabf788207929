"""The weekly report of a release: how it stands, what changed, what comes, and what to do about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from release_ops.domain.health import Quality, Reason, Status, overall, reasons_of
from release_ops.domain.health_actions import Action, actions_of
from release_ops.domain.health_agenda import TOP, accomplishments_of, expiring_of, focus_of, resources_of, support_of
from release_ops.domain.health_changes import changes_of
from release_ops.domain.health_facts import SETTLED, CheckedGate, HealthFacts, OpenRisk, Step, is_out
from release_ops.domain.health_needs import dependencies_of
from release_ops.domain.health_readings import first_planned_ga, path_of, quality_score, readings_of, speed_of
from release_ops.domain.model import FeatureStatus
from release_ops.domain.rule_forms import monday


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
    readings = tuple(readings_of(facts))
    reasons, status = reasons_of(readings, policy), overall(readings, policy, is_out=is_out(facts))
    support, found, earlier = support_of(facts), facts.outlook, facts.earlier
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
        path=path_of(facts)[0],
        risks=risks[:TOP],
        resources=resources_of(facts),
        dependencies=dependencies_of(facts),
        changes=changes_of(facts, status, reasons),
        accomplishments=accomplishments_of(facts),
        focus=focus_of(facts),
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
    path, length = path_of(facts)
    open_path = bool(path) and facts.plan is not None and facts.plan.room is not None and not is_out(facts)
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
        path_days=length if open_path else None,
        path_room=facts.plan.room.days if facts.plan and facts.plan.room and open_path else None,
        gates_failing=sum(gate.verdict == "fail" for gate in facts.gates) if facts.gates else None,
        waivers_expiring=len(expiring_of(facts)),
        critical_issues=facts.critical,
        on_time=told.on_time if told else None,
        p50_on=told.ga.get(50) if told else None,
        p85_on=told.ga.get(85) if told else None,
        slipped_days=(facts.release.ga - first).days if first else None,
        risks_open=None if facts.risks is None else len(facts.risks),
        highest_risk=max((risk.score for risk in facts.risks), default=None) if facts.risks else None,
        support_needed=support,
    )


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
