"""After a promotion: which items of the validation lists are due when, and what their results mean."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from release_ops.domain.deploy_readiness_policy import ValidationItem
from release_ops.domain.model import Outcome

HUMAN = "human"

PASSED, FAILED, UNFINISHED = "passed", "failed", "unfinished"


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What one look at an item gave, and how often it was looked at."""

    item: str
    outcome: Outcome
    at: datetime
    attempts: int = 1
    observed: str = ""
    expected: str = ""
    detail: str = ""
    by: str = ""
    """Who said so, of a human item."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """How a list ended: `passed`, `failed` (some item did) or `unfinished` (some item is not known)."""

    verdict: str
    passed: int
    failed: tuple[str, ...]
    unknown: tuple[str, ...]
    critical: tuple[str, ...]
    """Critical items that failed: a rollback is asked for."""


def due_at(item: ValidationItem, promoted_at: datetime) -> datetime:
    """When an item is looked at first."""
    return promoted_at + item.after


def is_settled(item: ValidationItem, result: Result | None) -> bool:
    """Whether an item is not looked at again: it passed, or failed or stayed unknown after all its tries."""
    if result is None:
        return False
    if item.kind == HUMAN or result.outcome is Outcome.PASS:
        return True
    return result.attempts > item.retries


def next_look(item: ValidationItem, result: Result | None, promoted_at: datetime) -> datetime | None:
    """When an item is looked at next; None: never again."""
    if is_settled(item, result):
        return None
    return due_at(item, promoted_at) if result is None else result.at + item.retry_after


def due(
    items: Iterable[ValidationItem], results: Mapping[str, Result], promoted_at: datetime, now: datetime
) -> tuple[ValidationItem, ...]:
    """Items that machines look at now, in their order."""
    return tuple(
        one
        for one in items
        if one.kind != HUMAN and (at := next_look(one, results.get(one.id), promoted_at)) is not None and at <= now
    )


def next_due(items: Iterable[ValidationItem], results: Mapping[str, Result], promoted_at: datetime) -> datetime | None:
    """When a machine looks at something next; None: all of that is done."""
    return min(
        (
            at
            for one in items
            if one.kind != HUMAN and (at := next_look(one, results.get(one.id), promoted_at)) is not None
        ),
        default=None,
    )


def to_ask(items: Iterable[ValidationItem], results: Mapping[str, Result]) -> tuple[ValidationItem, ...]:
    """Human items that nobody has answered."""
    return tuple(one for one in items if one.kind == HUMAN and one.id not in results)


def ask_at(items: Sequence[ValidationItem], promoted_at: datetime) -> datetime:
    """When people are asked: all items of a list at once, when the last of them is due. ValueError of none."""
    return max(due_at(one, promoted_at) for one in items)


def critical_failures(items: Iterable[ValidationItem], results: Mapping[str, Result]) -> tuple[str, ...]:
    """Ids of critical items that are known to have failed for good."""
    return tuple(
        one.id
        for one in items
        if one.critical
        and (result := results.get(one.id)) is not None
        and result.outcome is Outcome.FAIL
        and is_settled(one, result)
    )


def summary(items: Sequence[ValidationItem], results: Mapping[str, Result]) -> Summary:
    """What a list says; what nobody knows never passes."""
    outcomes = {one.id: results[one.id].outcome if one.id in results else Outcome.UNKNOWN for one in items}
    failed = tuple(key for key, outcome in outcomes.items() if outcome is Outcome.FAIL)
    unknown = tuple(key for key, outcome in outcomes.items() if outcome in {Outcome.UNKNOWN, Outcome.PENDING})
    return Summary(
        verdict=FAILED if failed else UNFINISHED if unknown else PASSED,
        passed=sum(outcome is Outcome.PASS for outcome in outcomes.values()),
        failed=failed,
        unknown=unknown,
        critical=critical_failures(items, results),
    )
