"""How a group of stakeholders stands by what it answered, how engaged it is, and what is to be done about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from operator import gt, lt

from release_ops.domain.survey_response import Rate
from release_ops.domain.survey_results_policy import MEASURES, ActionRule, Engagement, Limit, SurveyResultsPolicy
from release_ops.domain.survey_scores import Difference, Score, Tally

WORST_FIRST = ("red", "yellow", "unknown", "green")


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupFacts:
    """What is told of a group in the last round. `p` are corrected for all groups of the report."""

    kind: str
    tally: Tally
    score: Score
    commented: int
    rate: Rate | None = None
    before: Score | None = None
    change: Difference | None = None
    p: float | None = None
    rate_before: Rate | None = None
    rate_p: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A measure, its value, its status, and the limit that decided."""

    measure: str
    value: float | None
    status: str
    limit: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a group stands: the worst of its readings."""

    status: str
    readings: tuple[Reading, ...]
    engagement: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """What is to be done, by whom, and the number that asks for it."""

    rule: ActionRule
    value: float
    limit: float | None


def significant(p: float | None, level: float) -> bool:
    """Whether a change is more than chance explains at a level of confidence."""
    return p is not None and p < 1 - level


def engagement(facts: GroupFacts, by: Engagement, *, level: float) -> float | None:
    """Weighted mean (0..1) of the parts that are known, None if none is.

    response_rate: rate / target; comments: share of answers with a comment / target; both at most 1. response_trend: 0 after
    a fall that is more than chance explains, else 1; known from the second round on.
    """
    parts: dict[str, float] = {"comments": min(1.0, facts.commented / facts.tally.n / by.comments)}
    if facts.rate is not None:
        parts["response_rate"] = min(1.0, facts.rate.value / by.response_rate)
        if facts.rate_before is not None:
            parts["response_trend"] = 0.0 if _rate_fell(facts, level) else 1.0
    weight = sum(by.weights.get(name, 0.0) for name in parts)
    return sum(by.weights.get(name, 0.0) * part for name, part in parts.items()) / weight if weight else None


def standing(facts: GroupFacts, policy: SurveyResultsPolicy) -> Standing:
    """The readings of a group, and the worst of their statuses; a fall by more than chance explains is never green."""
    lively = engagement(facts, policy.engagement, level=policy.level)
    values = {
        facts.kind: facts.score.value,
        "concerns": facts.tally.bottom / facts.tally.n,
        "response_rate": None if facts.rate is None else facts.rate.value,
        "engagement": lively,
    }
    readings = tuple(
        _reading(name, value, policy.limits.get(name, Limit()))
        for name, value in values.items()
        if value is not None or policy.limits.get(name, Limit()) != Limit()
    )
    found = {one.status for one in readings} - {"unknown"}
    if fell(facts, policy.level):
        found.add("yellow")
    status = next((one for one in WORST_FIRST if one in found), "unknown")
    return Standing(status=status, readings=readings, engagement=lively)


def actions(facts: GroupFacts, policy: SurveyResultsPolicy) -> list[Action]:
    """What the rules ask for, in their order."""
    lively = engagement(facts, policy.engagement, level=policy.level)
    change = facts.change.value if facts.change is not None else 0.0
    events = {
        "fell": (fell(facts, policy.level), change),
        "rose": (significant(facts.p, policy.level) and change > 0, change),
        "response_fell": (
            _rate_fell(facts, policy.level),
            facts.rate.value - facts.rate_before.value if facts.rate and facts.rate_before else 0.0,
        ),
    }
    values: Mapping[str, float | None] = {
        "score": facts.score.value,
        "concerns": facts.tally.bottom / facts.tally.n,
        "response_rate": None if facts.rate is None else facts.rate.value,
        "engagement": lively,
    }
    found = []
    for rule in policy.actions:
        if rule.kinds and facts.kind not in rule.kinds:
            continue
        if rule.when in events:
            happened, value = events[rule.when]
            if happened:
                found.append(Action(rule=rule, value=value, limit=None))
            continue
        measured = values[rule.when]
        if measured is None:
            continue
        if rule.below is not None and measured < rule.below:
            found.append(Action(rule=rule, value=measured, limit=rule.below))
        elif rule.above is not None and measured > rule.above:
            found.append(Action(rule=rule, value=measured, limit=rule.above))
    return found


def fell(facts: GroupFacts, level: float) -> bool:
    """Whether the score is lower than in the round before by more than chance explains."""
    return significant(facts.p, level) and facts.change is not None and facts.change.value < 0


def _rate_fell(facts: GroupFacts, level: float) -> bool:
    now, before = facts.rate, facts.rate_before
    return significant(facts.rate_p, level) and now is not None and before is not None and now.value < before.value


def _reading(measure: str, value: float | None, limit: Limit) -> Reading:
    if value is None:
        return Reading(measure=measure, value=None, status="unknown")
    worse = gt if MEASURES[measure][1] else lt
    for status, at in (("red", limit.red), ("yellow", limit.yellow)):
        if at is not None and worse(value, at):
            return Reading(measure=measure, value=value, status=status, limit=at)
    nearest = limit.yellow if limit.yellow is not None else limit.red
    return Reading(measure=measure, value=value, status="green", limit=nearest)
