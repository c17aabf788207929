"""What each measure of a release's health says, read from its facts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, date, timedelta
from typing import NamedTuple

from release_ops.domain.business_days import Days
from release_ops.domain.health import Quality, Reading, quality_of
from release_ops.domain.health_facts import HealthFacts, NeededMilestone, Step
from release_ops.domain.model import FeatureStatus, MilestoneKind
from release_ops.domain.outlook import Outlook
from release_ops.domain.prioritise import plain
from release_ops.domain.stability import LEAST_WEEKS, Steadiness
from release_ops.domain.words import days_text

SETTLED = frozenset({"done", "skipped"})
PER_ISSUE = 0.25
"""What an open critical issue takes from its part of the quality score."""


class Speed(NamedTuple):
    """Items per week: what was completed, and what it takes from now on; None: the day has come, or nobody knows."""

    actual: float
    needed: float | None
    item: str
    remaining: float
    weeks: float


def step_of(facts: HealthFacts, kind: MilestoneKind) -> Step | None:
    """A milestone of the release."""
    return next((step for step in facts.steps if step.kind == kind.value), None)


def is_out(facts: HealthFacts) -> bool:
    """Whether GA is done."""
    ga = step_of(facts, MilestoneKind.GA)
    return ga is not None and ga.state == "done"


def first_planned_ga(facts: HealthFacts) -> date | None:
    """Day that GA was planned for at first, as far as it was recorded."""
    ga = step_of(facts, MilestoneKind.GA)
    return ga.first_planned_on if ga else None


def speed_of(facts: HealthFacts) -> Speed | None:
    """Velocity of the forecast's history and what the rest of the scope takes; None without a forecast."""
    found = facts.outlook
    if found is None or not found.history:
        return None
    per_week = 5 if facts.product.forecast.days == "business" else 7
    actual = sum(found.history) / len(found.history) * per_week
    days = _days_until(facts, found, found.due)
    remaining = found.remaining[1]
    needed = remaining / days * per_week if days else None
    return Speed(actual, needed, found.item, remaining, days / per_week)


def _days_until(facts: HealthFacts, found: Outlook, due: date) -> int:
    closed = Days(facts.product.holiday_regions)
    span = (found.as_of + timedelta(days=offset) for offset in range(1, max(0, (due - found.as_of).days) + 1))
    return sum(1 for day in span if facts.product.forecast.days != "business" or not closed.closed(day))


def overdue_steps(facts: HealthFacts) -> list[tuple[Step, int]]:
    """Milestones whose day has passed without their being done, with the days since, the oldest first."""
    found = [
        (step, (facts.now.astimezone(UTC).date() - step.planned_at.astimezone(UTC).date()).days)
        for step in facts.steps
        if step.state not in SETTLED and step.planned_at <= facts.now
    ]
    return sorted(found, key=lambda one: -one[1])


def late_needs(facts: HealthFacts) -> list[NeededMilestone]:
    """Needed milestones of others that nobody plans, or that come after ours needs them."""
    return [
        need
        for need in facts.needs
        if not need.done
        and (need.planned_at is None or (need.needed_by is not None and need.planned_at >= need.needed_by))
    ]


def quality_score(facts: HealthFacts) -> Quality:
    """The quality score of the release, by its product's weights."""
    criteria = [one for gate in facts.gates for one in gate.criteria if one.required]
    passed = sum(one.outcome == "pass" or bool(one.waived_by) for one in criteria)
    share = passed / len(criteria) if criteria else None
    critical = facts.critical
    shares: Mapping[str, tuple[float | None, str]] = {
        "gates": (share, f"{passed} of {len(criteria)} required criteria" if criteria else "no gate was evaluated yet"),
        "change_fail_rate": (facts.deployments.share, facts.deployments.words),
        "reviews": (facts.reviews.share, facts.reviews.words),
        "checks": (facts.checks.share, facts.checks.words),
        "critical_issues": (
            None if critical is None else max(0.0, 1 - PER_ISSUE * critical),
            "nobody counts them" if critical is None else f"{critical} open",
        ),
    }
    return quality_of(shares, facts.product.health)


def readings_of(facts: HealthFacts) -> Iterator[Reading]:
    """A reading per measure that applies to the release as it is now."""
    yield _on_time(facts)
    yield from _pace(facts)
    yield from _plan(facts)
    yield _gates(facts)
    yield _overdue(facts)
    yield _slip(facts)
    yield _quality(facts)
    yield _critical(facts)
    yield _risk(facts)
    if facts.needs:
        late = late_needs(facts)
        words = "; ".join(f"{one.product} {one.version} {_words(one.milestone)}" for one in late[:3])
        yield Reading(measure="dependencies", value=len(late), words=words or f"all {len(facts.needs)} fit or are done")


def _on_time(facts: HealthFacts) -> Reading:
    ga, found = step_of(facts, MilestoneKind.GA), facts.outlook
    if is_out(facts) and ga is not None:
        when = f" on {ga.actual_at:%Y-%m-%d}" if ga.actual_at else ""
        return Reading(measure="on_time", value=1.0, words=f"GA is done{when}")
    if found is None or found.forecast.reason:
        why = facts.outlook_why or (found.forecast.reason if found else "") or "there is no forecast"
        return Reading(
            measure="on_time",
            value=None,
            words=f"no forecast: {why}",
            remedy="give the release features and a history of what the team completes (docs/planning.md)",
        )
    words = f"{found.on_time * 100:.0f} % for GA on {found.planned_ga}"
    if found.stability.verdict is Steadiness.TOO_LITTLE:
        # A chance from a few days is no knowledge: neither green nor red may rest on it.
        remedy = f"it becomes known with {LEAST_WEEKS} weeks of history"
        return Reading(measure="on_time", value=None, words=f"{words}, from too little history", remedy=remedy)
    doubt = f". {found.doubt.partition('. ')[0]}" if found.doubt else ""
    return Reading(measure="on_time", value=found.on_time, words=words + doubt)


def _pace(facts: HealthFacts) -> Iterator[Reading]:
    speed = speed_of(facts)
    if is_out(facts):
        return
    if speed is None:
        yield Reading(
            measure="velocity",
            value=None,
            words="there is no history of completed work",
            remedy="see Chance to be on time",
        )
    elif speed.remaining:
        noun = f"{speed.item}s"
        if speed.needed is None:
            yield Reading(
                measure="velocity", value=0.0, words=f"{speed.remaining:g} {noun} are left and their day has come"
            )
            return
        words = f"{speed.actual:.1f} {noun} a week; {speed.needed:.1f} are needed for {speed.weeks:.1f} weeks"
        yield Reading(measure="velocity", value=speed.actual / speed.needed, words=words)


def _plan(facts: HealthFacts) -> Iterator[Reading]:
    plan = facts.plan
    if plan is None or is_out(facts) or not any(f.status is not FeatureStatus.DONE for f in facts.features or ()):
        return
    room = plan.room
    if room is None:
        return
    length = plan.feasibility.path_days
    words = f"{plain(length)} business days of work in a chain, {days_text(room.days)} left until {room.words}"
    yield Reading(measure="critical_path", value=room.days - length, words=words)
    if room.whole is None or plan.unestimated:
        what = "nobody said how much the teams can do" if room.whole is None else "features without points"
        remedy = "capacity" if room.whole is None else "points of every feature"
        yield Reading(measure="capacity", value=None, words=what, remedy=f"add {remedy} to the product file")
    elif room.whole.points > 0:
        used = plan.priorities.points / room.whole.points
        words = f"{plain(plan.priorities.points)} points to do, room for {plain(room.whole.points)} until {room.words}"
        yield Reading(measure="capacity", value=used, words=words)
    else:
        words = f"{plain(plan.priorities.points)} points to do and no day left until {room.words}"
        yield Reading(measure="capacity", value=float("inf") if plan.priorities.points else 0.0, words=words)


def _gates(facts: HealthFacts) -> Reading:
    if not facts.gates:
        remedy = "it becomes known when the first milestone with a gate runs"
        return Reading(measure="gates", value=None, words="no gate was evaluated yet", remedy=remedy)
    failing = [gate for gate in facts.gates if gate.verdict == "fail"]
    names = ", ".join(gate.gate for gate in failing)
    words = f"{names} failed" if failing else f"all {len(facts.gates)} that were evaluated passed"
    return Reading(measure="gates", value=len(failing), words=words)


def _overdue(facts: HealthFacts) -> Reading:
    late = overdue_steps(facts)
    if not late:
        return Reading(measure="overdue", value=0, words="every milestone up to today is done")
    step, days = late[0]
    state = "is blocked" if step.state == "blocked" else f"is {step.state}"
    detail = f": {step.detail}" if step.detail else ""
    return Reading(
        measure="overdue", value=days, words=f"{_words(step.kind)} of {step.planned_at:%Y-%m-%d} {state}{detail}"
    )


def _slip(facts: HealthFacts) -> Reading:
    first = first_planned_ga(facts)
    if first is None:
        return Reading(
            measure="slip", value=None, words="no plan is recorded", remedy="calendar_watch records it every day"
        )
    days = (facts.release.ga - first).days
    words = f"GA is planned as at first, for {first}" if not days else f"first planned for {first}"
    return Reading(measure="slip", value=days, words=words)


def _quality(facts: HealthFacts) -> Reading:
    quality = quality_score(facts)
    if quality.score is None:
        remedy = "let delivery_ingest read pull requests, checks and deployments (docs/feeds.md)"
        return Reading(measure="quality", value=None, words="no part of it is known", remedy=remedy)
    unknown = [part.part.replace("_", " ") for part in quality.parts if part.share is None]
    words = f"{quality.score:.1f} of 10" + (f"; unknown: {', '.join(unknown)}" if unknown else "")
    return Reading(measure="quality", value=quality.score, words=words)


def _critical(facts: HealthFacts) -> Reading:
    if facts.critical is None:
        remedy = "let delivery_ingest read issues or incidents (docs/feeds.md)"
        return Reading(measure="critical_issues", value=None, words="nobody counts them", remedy=remedy)
    return Reading(measure="critical_issues", value=facts.critical, words=f"{facts.critical} open")


def _risk(facts: HealthFacts) -> Reading:
    if facts.risks is None:
        return Reading(
            measure="risk", value=None, words="never assessed", remedy="planning and calendar_watch assess them"
        )
    top = max(facts.risks, key=lambda risk: risk.score, default=None)
    if top is None:
        return Reading(measure="risk", value=0, words="no risk is open")
    return Reading(measure="risk", value=top.score, words=f"{top.title} ({top.score:.1f} of 5, {top.trend})")


def _words(kind: str) -> str:
    return kind.replace("_", " ")
