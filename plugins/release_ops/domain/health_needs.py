"""What a release waits for from others: milestones of other products, and what vendors and others promised."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from zoneinfo import ZoneInfo

from release_ops.domain.health_facts import SETTLED, HealthFacts, NeededMilestone, is_out
from release_ops.domain.health_policy import ExternalNeed
from release_ops.domain.model import MilestoneKind
from release_ops.domain.plan_policy import milestone_name
from release_ops.domain.words import days_text


def local_day(facts: HealthFacts, moment: datetime) -> date:
    """The day of an aware moment where the product is at home."""
    return moment.astimezone(ZoneInfo(facts.product.timezone)).date()


def late_needs(facts: HealthFacts) -> list[NeededMilestone]:
    """Needed milestones of others that nobody plans, or that come after ours needs them; none that ours did without."""
    return [
        need
        for need in facts.needs
        if not need.done
        and not _is_past(facts, need.before)
        and (need.planned_at is None or (need.needed_by is not None and need.planned_at >= need.needed_by))
    ]


def external_of(facts: HealthFacts) -> list[ExternalNeed]:
    """What others owe this release, the nearest first."""
    mine = (one for one in facts.product.health.external if one.version in {"", facts.release.version})
    return sorted(mine, key=lambda one: (one.due, one.what, one.who))


def late_external(facts: HealthFacts) -> list[ExternalNeed]:
    """What is not there though its day has passed, or is promised for a day after that of the milestone that needs it."""
    today = local_day(facts, facts.now)
    return [
        one
        for one in external_of(facts)
        if not one.delivered
        and not _is_past(facts, one.before)
        and (one.due < today or one.due > needed_on(facts, one))
    ]


def needed_on(facts: HealthFacts, owed: ExternalNeed) -> date:
    """The day of the milestone that waits for it; that of GA where the release has no such milestone."""
    days = {step.kind: local_day(facts, step.planned_at) for step in facts.steps}
    return days.get(owed.before, days.get(MilestoneKind.GA.value, facts.release.ga))


def late_words(facts: HealthFacts) -> list[str]:
    """Everything that others will not have in time, by name."""
    return [
        *(f"{need_title(facts, one)}" for one in late_needs(facts)),
        *(f"{one.what} from {one.who}" for one in late_external(facts)),
    ]


def need_title(facts: HealthFacts, need: NeededMilestone) -> str:
    """`Shop 3.1.0 GA`."""
    return f"{facts.titles.get(need.product, need.product)} {need.version} {milestone_name(need.milestone)}"


def need_trigger(facts: HealthFacts, need: NeededMilestone) -> str:
    """The days that make it late."""
    if need.planned_at is None or need.needed_by is None:
        by = f" on {local_day(facts, need.needed_by)}" if need.needed_by else ""
        return f"planned for no day; {milestone_name(need.before)}{by} needs it"
    theirs, ours = local_day(facts, need.planned_at), local_day(facts, need.needed_by)
    late = f"{days_text((theirs - ours).days)} after" if theirs > ours else "on the day of"
    return f"planned for {theirs}, {late} {milestone_name(need.before)} on {ours}, which needs it"


def external_trigger(facts: HealthFacts, owed: ExternalNeed) -> str:
    """The days that make it late."""
    today, wanted = local_day(facts, facts.now), needed_on(facts, owed)
    waits = milestone_name(owed.before)
    if owed.due > wanted:
        return (
            f"promised for {owed.due}, {days_text((owed.due - wanted).days)} after {waits} on {wanted}, which needs it"
        )
    return f"promised for {owed.due}, {days_text((today - owed.due).days)} ago; {waits} on {wanted} needs it"


def dependencies_of(facts: HealthFacts) -> tuple[str, ...]:
    """What others owe, each with its state, and the conflicts with other releases."""
    return (*_needs(facts), *_external(facts), *facts.conflicts)


def _needs(facts: HealthFacts) -> Iterator[str]:
    late = {id(one) for one in late_needs(facts)}
    for one in facts.needs:
        when = f"planned for {local_day(facts, one.planned_at)}" if one.planned_at else "planned by nobody"
        state = "done" if one.done else when + (", too late" if id(one) in late and one.planned_at else "")
        by = f" on {local_day(facts, one.needed_by)}" if one.needed_by and not one.done else ""
        yield f"{need_title(facts, one)}: {state}; needed for {milestone_name(one.before)}{by}"


def _external(facts: HealthFacts) -> Iterator[str]:
    late, today = late_external(facts), local_day(facts, facts.now)
    for owed in external_of(facts):
        by = "" if owed.delivered else f" on {needed_on(facts, owed)}"
        state = "delivered" if owed.delivered else f"promised for {owed.due}"
        if owed in late:
            state += ", not delivered" if owed.due < today else ", too late"
        yield f"{owed.what} from {owed.who}: {state}; needed for {milestone_name(owed.before)}{by}"


def _is_past(facts: HealthFacts, kind: str) -> bool:
    """Whether the milestone that waited is done or left out: what it needed holds it up no more."""
    return is_out(facts) or any(step.kind == kind and step.state in SETTLED for step in facts.steps)
