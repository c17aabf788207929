"""What a rollout is going to do, fixed when it is planned: a product file that is edited meanwhile does not change it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from typing import Any

from release_ops.domain.deploy_policy import AfterHold, Environment, HoldRule, RollbackRule, Step, StepKind, Trigger


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Steps and rules of one rollout."""

    version: str
    previous: str
    """Version that the way back leads to; empty: there is none."""
    steps: tuple[Step, ...]
    """Not empty; some step has weight 100, and none after it less."""
    background: tuple[str, ...] = ()
    rollback: RollbackRule = field(default_factory=RollbackRule)
    hold: HoldRule = field(default_factory=HoldRule)
    progress_within: timedelta = timedelta(minutes=10)
    attempts: int = 3
    poll: timedelta = timedelta(seconds=15)


def plan_of(environment: Environment, version: str, previous: str) -> Plan:
    """Plan of a version's rollout to an environment as its policy is now."""
    return Plan(
        version=version,
        previous=previous,
        steps=environment.steps,
        background=environment.background,
        rollback=environment.rollback,
        hold=environment.hold,
        progress_within=environment.progress_within,
        attempts=environment.attempts,
        poll=environment.poll,
    )


def plan_to_json(plan: Plan) -> dict[str, Any]:
    """A plan as JSON can hold it; durations in seconds."""
    found: dict[str, Any] = _plain(asdict(plan))
    return found


def plan_from_json(kept: Mapping[str, Any]) -> Plan:
    """The plan again."""
    rollback, hold = kept["rollback"], kept["hold"]
    return Plan(
        version=kept["version"],
        previous=kept["previous"],
        steps=tuple(_step(one) for one in kept["steps"]),
        background=tuple(kept["background"]),
        rollback=RollbackRule(
            automatic=rollback["automatic"],
            on=frozenset(Trigger(one) for one in rollback["on"]),
            within=timedelta(seconds=rollback["within"]),
        ),
        hold=HoldRule(
            timeout=timedelta(seconds=hold["timeout"]),
            then=AfterHold(hold["then"]),
            look_again=timedelta(seconds=hold["look_again"]),
            roles=tuple(hold["roles"]),
        ),
        progress_within=timedelta(seconds=kept["progress_within"]),
        attempts=kept["attempts"],
        poll=timedelta(seconds=kept["poll"]),
    )


def _step(kept: Mapping[str, Any]) -> Step:
    pause = kept["pause"]
    return Step(
        kind=StepKind(kept["kind"]),
        weight=kept["weight"],
        pause=timedelta(seconds=pause) if pause is not None else None,
        analyses=tuple(kept["analyses"]),
        validation=kept["validation"],
    )


def _plain(value: Any) -> Any:
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, dict):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, frozenset):
        return sorted(str(one) for one in value)
    if isinstance(value, tuple | list):
        return [_plain(one) for one in value]
    return value
