"""Scope: what the freeze does with every feature, and whether a release is ready to freeze."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from release_ops.domain.commits import parse_commit
from release_ops.domain.model import Disposition, Feature, FeatureStatus, FreezePolicy

MUST, SHOULD, COULD = "must", "should", "could"


@dataclass(frozen=True, slots=True, kw_only=True)
class FeatureDecision:
    """What the freeze does with one feature, and why."""

    feature: Feature
    disposition: Disposition
    previous_status: FeatureStatus
    """Status at the freeze, so that a feature that moves to the next release keeps it."""
    deadline: datetime | None
    """Until when a must-have feature has to be done; aware; None for every other disposition."""
    reason: str
    blocking: bool = False
    """The release should not freeze like this: a must-have that nobody has started."""


def freeze_features(features: Iterable[Feature], policy: FreezePolicy, *, at: datetime) -> tuple[FeatureDecision, ...]:
    """One decision per feature, in the given order, for a freeze at `at` (aware).

    Done: included. Unfinished `could`: excluded. Unfinished `should` (and any priority that is neither must nor could):
    frozen, it moves to the next release. Unfinished `must`: a deadline of `at + policy.deadline`; `blocking` if it has
    not even been started.
    """
    return tuple(_decide(feature, at=at, deadline=at + policy.deadline) for feature in features)


@dataclass(frozen=True, slots=True, kw_only=True)
class Readiness:
    """Whether the scope may be frozen; each issue is a sentence, each recommendation says what to do about issues."""

    ready: bool
    issues: tuple[str, ...]
    recommendations: tuple[str, ...]


def readiness(decisions: Iterable[FeatureDecision]) -> Readiness:
    """Whether these decisions allow the freeze: a must-have feature that nobody has started does not."""
    blocking = [decision.feature for decision in decisions if decision.blocking]
    issues = tuple(
        f"{feature.id} {feature.title} is a must-have and has not been started"
        f"{f' (owner: {feature.owner})' if feature.owner else ', and nobody owns it'}."
        for feature in blocking
    )
    recommendations = tuple(
        f"{feature.id}: start it{'' if feature.owner else ' with an owner'} and set its status to in_progress (it then "
        "gets a deadline), make it a should or could, plan it for the next release, or move the freeze."
        for feature in blocking
    )
    return Readiness(ready=not blocking, issues=issues, recommendations=recommendations)


def _decide(feature: Feature, *, at: datetime, deadline: datetime) -> FeatureDecision:
    disposition, due, blocking = Disposition.INCLUDED, None, False
    if feature.status is FeatureStatus.DONE:
        reason = "done"
    elif feature.priority == COULD:
        disposition = Disposition.EXCLUDED
        reason = f"could have, {_words(feature.status)} at the freeze: left out of this release"
    elif feature.priority == MUST:
        disposition, due = Disposition.DEADLINE_IMPOSED, deadline
        blocking = feature.status is FeatureStatus.PLANNED
        reason = (
            f"must have, {_words(feature.status)} at the freeze: done by {deadline:%Y-%m-%d %H:%M %Z} or decided anew"
        )
    else:
        disposition = Disposition.FROZEN
        reason = f"should have, {_words(feature.status)} at the freeze: moves to the next release as it is"
    return FeatureDecision(
        feature=feature,
        disposition=disposition,
        previous_status=feature.status,
        deadline=due,
        reason=reason,
        blocking=blocking,
    )


def _words(status: FeatureStatus) -> str:
    return {
        FeatureStatus.PLANNED: "not started",
        FeatureStatus.IN_PROGRESS: "in progress",
        FeatureStatus.DONE: "done",
    }[status]


@dataclass(frozen=True, slots=True)
class Landing:
    """Whether a change may land on a frozen branch, and why, in at most one sentence."""

    allowed: bool
    why: str


def may_land(title: str, policy: FreezePolicy) -> Landing:
    """Whether the freeze exempts a change with that title (`fix(api): ...`); a breaking change is never exempt."""
    change = parse_commit(title)
    exempt = ", ".join(policy.exempt) or "nothing"
    if change is None:
        return Landing(False, f"frozen: the title names no type; exempt: {exempt}")
    if change.breaking:
        return Landing(False, "frozen: a breaking change is never exempt")
    if change.type not in policy.exempt:
        return Landing(False, f"frozen: {change.type} is not exempt; exempt: {exempt}")
    return Landing(True, f"{change.type} may land during the freeze")
