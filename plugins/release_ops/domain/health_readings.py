"""What each measure of a release's health says, read from its facts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, timedelta
from typing import NamedTuple

from release_ops.domain.business_days import Days
from release_ops.domain.feasibility import ReleasePlan, critical_path
from release_ops.domain.health import Quality, Reading, Status, judge, quality_of
from release_ops.domain.health_facts import SETTLED, HealthFacts, ScopeDay, Step, is_out, step_of
from release_ops.domain.health_needs import external_of, late_words, local_day
from release_ops.domain.model import Feature, FeatureStatus, MilestoneKind
from release_ops.domain.outlook import Outlook
from release_ops.domain.plan_policy import milestone_name
from release_ops.domain.prioritise import plain
from release_ops.domain.room import Room, efforts
from release_ops.domain.stability import LEAST_WEEKS, Steadiness
from release_ops.domain.words import days_text

NO_ROOM = 99.0
"""What `capacity` reads at most: there is as good as no room for what is to be done."""
PER_ISSUE = 0.25
"""What an open critical issue takes from its part of the quality score."""


class Speed(NamedTuple):
    """Items per week: what was completed, and what it takes from now on; None: the day has come, or nobody knows."""

    actual: float
    needed: float | None
    item: str
    remaining: float
    weeks: float


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
    """Milestones whose time has passed without their being done, with the days since, the oldest first.

    What ought to have come before a GA that is done is not waited for any more.
    """
    ga = step_of(facts, MilestoneKind.GA)
    after = ga.planned_at if ga is not None and is_out(facts) else None
    today = local_day(facts, facts.now)
    found = [
        (step, (today - local_day(facts, step.planned_at)).days)
        for step in facts.steps
        if step.state not in SETTLED and step.planned_at <= facts.now and (after is None or step.planned_at > after)
    ]
    return sorted(found, key=lambda one: -one[1])


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
            "nobody has counted them this week" if critical is None else f"{critical} open",
        ),
    }
    return quality_of(shares, facts.product.health)


def readings_of(facts: HealthFacts) -> Iterator[Reading]:
    """A reading per measure of the release as it is now; after GA there are none of the way to it."""
    if not is_out(facts):
        yield _on_time(facts)
        yield _pace(facts)
        yield from _plan(facts)
        yield _growth(facts)
        yield _owed(facts)
    yield _gates(facts)
    yield _overdue(facts)
    yield _slip(facts)
    yield _quality(facts)
    yield _critical(facts)
    yield _risk(facts)


def _none(measure: str, words: str) -> Reading:
    """There is nothing to measure, which is known."""
    return Reading(measure=measure, value=None, words=words, applies=False)


def _owed(facts: HealthFacts) -> Reading:
    count = len(facts.needs) + len(external_of(facts))
    if not count:
        return _none("dependencies", "it waits for nobody")
    late = late_words(facts)
    if not late:
        return Reading(measure="dependencies", value=0, words=f"all {count} fit or are done")
    words = "; ".join(late[:3]) + (f" and {len(late) - 3} more" if len(late) > 3 else "")
    return Reading(measure="dependencies", value=len(late), words=f"not in time: {words}")


def _on_time(facts: HealthFacts) -> Reading:
    found = facts.outlook
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


def _pace(facts: HealthFacts) -> Reading:
    speed = speed_of(facts)
    if speed is None:
        remedy = "give the forecast a history of what the team completes (docs/planning.md)"
        return Reading(measure="velocity", value=None, words="there is no history of completed work", remedy=remedy)
    if not speed.remaining:
        return _none("velocity", "nothing is left to do")
    noun = f"{speed.item}s"
    if speed.needed is None:
        words = f"{speed.remaining:g} {noun} are left and their day has come"
        return Reading(measure="velocity", value=0.0, words=words)
    words = f"{speed.actual:.1f} {noun} a week; {speed.needed:.1f} are needed for {speed.weeks:.1f} weeks"
    return Reading(measure="velocity", value=speed.actual / speed.needed, words=words)


def _plan(facts: HealthFacts) -> Iterator[Reading]:
    if facts.features is None:
        for measure in ("critical_path", "capacity"):
            words = facts.features_why or "the scope could not be read"
            yield Reading(measure=measure, value=None, words=words, remedy="mend what keeps the scope from being read")
        return
    if not facts.features:
        remedy = "give the release features (docs/planning.md)"
        for measure in ("critical_path", "capacity"):
            yield Reading(measure=measure, value=None, words="no features are planned", remedy=remedy)
        return
    if all(one.status is FeatureStatus.DONE for one in facts.features):
        yield from (_none(measure, "nothing is left to do") for measure in ("critical_path", "capacity"))
        return
    plan = facts.plan
    if plan is None:
        for measure in ("critical_path", "capacity"):
            yield Reading(measure=measure, value=None, words="nobody has planned it", remedy="plan the release")
        return
    room = plan.room
    if room is None:
        yield from (_none(measure, "the release has no calendar") for measure in ("critical_path", "capacity"))
        return
    yield _path(facts, plan, room)
    yield _capacity(plan, room)


def _path(facts: HealthFacts, plan: ReleasePlan, room: Room) -> Reading:
    path, length = path_of(facts)
    rings = [issue.text for issue in plan.feasibility.issues if issue.kind == "cycle"]
    if rings:
        remedy = "mend the dependencies"
        return Reading(measure="critical_path", value=None, words="; ".join(rings), remedy=remedy)
    remedy = "add points or days of every feature, and the capacity, to the product file"
    if not path:
        words = "nobody said how long the features take"
        return Reading(measure="critical_path", value=None, words=words, remedy=remedy)
    reading = Reading(
        measure="critical_path",
        value=room.days - length,
        words=f"{plain(length)} business days of work in a chain, {_days_left(room)} left until {room.words}",
    )
    unsized = _unsized(facts.features or (), room)
    if unsized and judge(reading, facts.product.health).status is Status.GREEN:
        # What is not estimated can only make the chain longer: what is bad already stays bad, what is good is not known.
        words = f"{reading.words}; nobody said how long {', '.join(unsized[:3])} take" + (
            f" and {len(unsized) - 3} more" if len(unsized) > 3 else ""
        )
        return replace(reading, value=None, words=words, remedy=remedy)
    return reading


def _days_left(room: Room) -> str:
    return days_text(room.days) if room.days else "no day"


def _unsized(features: Sequence[Feature], room: Room) -> list[str]:
    """Ids of unfinished features of which nobody knows how many days they take."""

    def is_sized(one: Feature) -> bool:
        pool = room.pool(one)
        return one.days is not None or one.points == 0 or (one.points is not None and bool(pool and pool.per_day))

    return [one.id for one in features if one.status is not FeatureStatus.DONE and not is_sized(one)]


def _capacity(plan: ReleasePlan, room: Room) -> Reading:
    if room.whole is None or plan.unestimated:
        what = "nobody said how much the teams can do" if room.whole is None else "features without points"
        remedy = "capacity" if room.whole is None else "points of every feature"
        return Reading(measure="capacity", value=None, words=what, remedy=f"add {remedy} to the product file")
    left = sum(choice.points for choice in plan.priorities.choices)
    fits = f"room for {plain(room.whole.points)}" if room.days else "no day left"
    words = f"{plain(left)} points to do, {fits} until {room.words}"
    used = min(left / room.whole.points, NO_ROOM) if room.whole.points > 0 else NO_ROOM
    return Reading(measure="capacity", value=used if left else 0.0, words=words)


def path_of(facts: HealthFacts) -> tuple[tuple[str, ...], float]:
    """Ids and business days of the longest chain of all that is left, whether or not a plan would defer it.

    () where features wait for each other, or where nobody knows how long any of them takes.
    """
    features = facts.features or ()
    return critical_path(features, efforts(features, facts.plan.room if facts.plan else None))


def _growth(facts: HealthFacts) -> Reading:
    planning = step_of(facts, MilestoneKind.PLANNING)
    if planning is not None and planning.state not in SETTLED:
        return _none("scope_growth", "the scope is being planned")
    first = planned_scope(facts)
    if facts.features is None or first is None:
        remedy = "calendar_watch notes the scope every day"
        return Reading(measure="scope_growth", value=None, words="nobody has noted an earlier scope", remedy=remedy)
    now = len(facts.features)
    words = f"{now} features; {first.total} on {first.day}, when they were planned"
    return Reading(measure="scope_growth", value=(now - first.total) / first.total, words=words)


def planned_scope(facts: HealthFacts) -> ScopeDay | None:
    """The first scope that was noted after planning was done, else the last one before; None if there is none.

    What is added while the release is being planned is no growth.
    """
    planning = step_of(facts, MilestoneKind.PLANNING)
    noted = [one for one in facts.history if one.total]
    if planning is None or planning.actual_at is None:
        return noted[0] if noted else None
    done_on = planning.actual_at.astimezone(UTC).date()
    after = [one for one in noted if one.day > done_on]
    return after[0] if after else noted[-1] if noted else None


def _gates(facts: HealthFacts) -> Reading:
    if not facts.gates:
        remedy = "it becomes known when the first milestone with a gate runs"
        return Reading(measure="gates", value=None, words="no gate was evaluated yet", remedy=remedy)
    failing = [gate for gate in facts.gates if gate.verdict == "fail"]
    names = ", ".join(milestone_name(gate.gate) for gate in failing)
    count = len(facts.gates)
    passed = f"all {count} that were evaluated passed" if count > 1 else f"{milestone_name(facts.gates[0].gate)} passed"
    conditions = [
        one.title or one.criterion
        for gate in facts.gates
        if gate.verdict == "conditional"
        for one in gate.criteria
        if one.outcome != "pass"
    ]
    if conditions:
        passed += f"; not met, waived or not required: {', '.join(dict.fromkeys(conditions))}"
    return Reading(measure="gates", value=len(failing), words=f"{names} failed" if failing else passed)


def _overdue(facts: HealthFacts) -> Reading:
    if not facts.steps:
        return _none("overdue", "the release has no calendar")
    late = overdue_steps(facts)
    if not late:
        return Reading(measure="overdue", value=0, words="every milestone up to today is done")
    step, days = late[0]
    detail = f": {step.detail}" if step.detail else ""
    more = f", and {len(late) - 1} more" if len(late) > 1 else ""
    words = f"{milestone_name(step.kind)} of {local_day(facts, step.planned_at)} {step.words}{detail}{more}"
    return Reading(measure="overdue", value=days, words=words)


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
    remedy = "let delivery_ingest read pull requests, checks and deployments (docs/feeds.md)"
    if quality.score is None:
        return Reading(measure="quality", value=None, words="no part of it is known", remedy=remedy)
    if quality.coverage < facts.product.health.coverage - 1e-9:
        words = f"{quality.score:.1f} of 10, but only {quality.coverage * 100:.0f} % of it is known"
        return Reading(measure="quality", value=None, words=words, remedy=remedy)
    unknown = [part.part.replace("_", " ") for part in quality.parts if part.share is None]
    words = f"{quality.score:.1f} of 10" + (f"; unknown: {', '.join(unknown)}" if unknown else "")
    return Reading(measure="quality", value=quality.score, words=words)


def _critical(facts: HealthFacts) -> Reading:
    if facts.critical is None:
        remedy = "let delivery_ingest read issues or incidents (docs/feeds.md)"
        return Reading(measure="critical_issues", value=None, words="nobody has counted them this week", remedy=remedy)
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
