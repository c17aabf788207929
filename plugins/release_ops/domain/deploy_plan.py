"""The plan of one deployment: whether all is ready, the steps with their times, how long it takes, and the way back."""

from __future__ import annotations

import math
import statistics
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from release_ops.domain.deploy_readiness_policy import DeployCheck, DurationPolicy
from release_ops.domain.model import Criterion, Evidence, Outcome

READY = "ready_"
"""Before the id of a check where it stands beside the criteria of a gate."""
TICKED = frozenset({"checklist", "migrations"})
"""Kinds of checks that a person settles."""
HISTORY, POLICY, MIXED = "history", "policy", "mixed"
"""Where a duration is from: earlier rollouts, the product file, or some of it from each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What was found for one check. Texts are data from outside."""

    outcome: Outcome
    observed: str = ""
    expected: str = ""
    detail: str = ""
    """What to do about it."""
    link: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Readiness:
    """One check of a deployment with what was found."""

    id: str
    kind: str
    title: str
    finding: Finding
    required: bool
    """Whether the deployment waits for it: one that is not is told, whatever was found."""
    waivable: bool = True
    """Whether an approver may sign an exception to it."""
    role: str = ""
    """Who may tick it while it is pending; empty: any approver."""

    @property
    def blocks(self) -> bool:
        """Whether it stands in the way as it is; a tick that is still to come does not."""
        return self.required and self.finding.outcome in {Outcome.FAIL, Outcome.UNKNOWN}

    def as_criterion(self) -> tuple[Criterion, Evidence]:
        """It as one of a gate, so that whoever approves ticks it or waives it; and what was found."""
        criterion = Criterion(
            id=f"{READY}{self.id}",
            kind="checklist" if self.kind in TICKED else self.kind,
            title=self.title,
            required=self.required,
            waivable=self.waivable,
            spec={"role": self.role} if self.role else {},
        )
        found = self.finding
        evidence = Evidence(
            criterion=criterion.id,
            outcome=found.outcome,
            observed=found.observed,
            expected=found.expected,
            detail=found.detail,
            link=found.link,
        )
        return criterion, evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class StepTime:
    """A step of a rollout: what it is called, its kind, and how long it lasts by the product file; None: not said there."""

    name: str
    kind: str
    lasts: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PastRollout:
    """A rollout of the same environment that was promoted: how long it and each of its steps took.

    `steps` are (name, length) in the order in which they were done.
    """

    rollout: str
    total: timedelta
    steps: tuple[tuple[str, timedelta], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedStep:
    """A step with when it begins, from the start of the rollout, and how long it is thought to last."""

    name: str
    kind: str
    begins: timedelta
    lasts: timedelta
    known_from: str
    runs: int
    """Earlier rollouts that had this step."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """How long a rollout takes. `low` and `high` are None where no earlier rollout with these steps tells.

    `level` is the probability 0..1 with which the next one takes a time between them, whatever their distribution is.
    """

    median: timedelta
    low: timedelta | None
    high: timedelta | None
    level: float | None
    runs: int
    known_from: str
    why: str
    """Where the figures are from, in a sentence."""


def judge(checks: Iterable[tuple[DeployCheck, Finding]]) -> tuple[Readiness, ...]:
    """Each check with its finding."""
    return tuple(
        Readiness(
            id=check.id,
            kind=check.kind,
            title=check.title,
            finding=found,
            required=check.blocks and (check.unknown_blocks or found.outcome is not Outcome.UNKNOWN),
            waivable=check.waivable,
            role=check.role,
        )
        for check, found in checks
    )


def blocking(items: Iterable[Readiness]) -> tuple[Readiness, ...]:
    """Those that stand in the way."""
    return tuple(one for one in items if one.blocks)


def numbered(names: Sequence[str]) -> tuple[str, ...]:
    """Names that tell equal ones apart: `analyse errors`, `analyse errors (2)`."""
    seen: Counter[str] = Counter()
    found = []
    for name in names:
        seen[name] += 1
        found.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return tuple(found)


def estimate(
    steps: Sequence[StepTime], past: Sequence[PastRollout], policy: DurationPolicy
) -> tuple[tuple[PlannedStep, ...], Estimate]:
    """The steps with their times, and how long all of them take.

    A step takes the median of the earlier rollouts that had it; without one, what the product file says; without that,
    `policy.step`. The whole takes the median of the rollouts that had exactly these steps, and the interval is made of
    their order statistics: the j-th and k-th smallest of n enclose the next one with probability (k - j) / (n + 1)
    whatever the distribution is (David and Nagaraja, Order Statistics, 7.2), so that 80 % takes at least nine of them;
    of fewer it goes from the shortest to the longest, and `level` says what that is worth.
    """
    names = numbered([one.name for one in steps])
    told: dict[str, list[timedelta]] = {}
    alike = []
    for run in past:
        own = numbered([name for name, _ in run.steps])
        for name, (_, lasted) in zip(own, run.steps, strict=True):
            told.setdefault(name, []).append(lasted)
        if own == names:
            alike.append(run.total)
    planned, at = [], timedelta(0)
    for name, step in zip(names, steps, strict=True):
        lengths = told.get(name, [])
        lasts = median(lengths) if lengths else step.lasts if step.lasts is not None else policy.step
        source = HISTORY if lengths else POLICY
        planned.append(
            PlannedStep(name=name, kind=step.kind, begins=at, lasts=lasts, known_from=source, runs=len(lengths))
        )
        at += lasts
    return tuple(planned), _whole(planned, alike, at, policy)


def _whole(
    planned: Sequence[PlannedStep], alike: Sequence[timedelta], added: timedelta, policy: DurationPolicy
) -> Estimate:
    if alike:
        low, high, level = interval(alike, policy.confidence)
        why = f"from {_count(len(alike), 'earlier rollout')} of this environment with the same steps"
        if low is not None and level is not None and level < policy.confidence - 1e-9:
            why += (
                f"; so few say from the shortest to the longest only {level:.0%}, and {_needed(policy.confidence)} "
                f"are needed for {policy.confidence:.0%}"
            )
        return Estimate(
            median=median(alike), low=low, high=high, level=level, runs=len(alike), known_from=HISTORY, why=why
        )
    if any(one.known_from == HISTORY for one in planned):
        why = "no earlier rollout had the same steps: added from the medians of single steps and from the product file"
        return Estimate(median=added, low=None, high=None, level=None, runs=0, known_from=MIXED, why=why)
    why = (
        "no rollout of this environment was promoted before: added from the product file, and "
        f"{in_words(policy.step)} for a step whose length it does not say"
    )
    return Estimate(median=added, low=None, high=None, level=None, runs=0, known_from=POLICY, why=why)


def median(lengths: Sequence[timedelta]) -> timedelta:
    """Median of some durations, to the second; ValueError of none."""
    if not lengths:
        raise ValueError("there is no median of nothing")
    return timedelta(seconds=round(statistics.median(one.total_seconds() for one in lengths)))


def interval(
    lengths: Sequence[timedelta], confidence: float
) -> tuple[timedelta | None, timedelta | None, float | None]:
    """Interval that encloses the next duration with about this probability, and the probability that it really has.

    None three times for fewer than two durations.
    """
    ordered = sorted(one.total_seconds() for one in lengths)
    count = len(ordered)
    if count < 2:
        return None, None, None
    # As many are cut off at each end as leave at least the confidence; of few, none are.
    cut = int((count + 1) * (1 - confidence) / 2 + 1e-9)
    low, high = max(cut, 1), min(count + 1 - cut, count)
    level = (high - low) / (count + 1)
    return timedelta(seconds=round(ordered[low - 1])), timedelta(seconds=round(ordered[high - 1])), level


def _needed(confidence: float) -> int:
    """Smallest n whose whole range has the probability (n - 1) / (n + 1)."""
    return math.ceil((1 + confidence) / (1 - confidence) - 1e-9) if confidence < 1 else 0


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def in_words(length: timedelta) -> str:
    """`1 h 5 min`, `40 s`, `2 d`: at most two units."""
    seconds = round(length.total_seconds())
    parts = []
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60), ("s", 1)):
        count, seconds = divmod(seconds, size)
        if count:
            parts.append(f"{count} {unit}")
    return " ".join(parts[:2]) or "0 s"


def as_json(items: Iterable[Readiness]) -> list[dict[str, Any]]:
    """Readiness as JSON."""
    return [
        {
            "id": one.id,
            "kind": one.kind,
            "title": one.title,
            "outcome": one.finding.outcome.value,
            "observed": one.finding.observed,
            "expected": one.finding.expected,
            "detail": one.finding.detail,
            "link": one.finding.link,
            "required": one.required,
            "blocks": one.blocks,
            "waivable": one.waivable,
            "role": one.role,
        }
        for one in items
    ]


def from_json(items: Iterable[Mapping[str, Any]]) -> tuple[Readiness, ...]:
    """Inverse of `as_json`."""
    return tuple(
        Readiness(
            id=one["id"],
            kind=one["kind"],
            title=one["title"],
            finding=Finding(
                outcome=Outcome(one["outcome"]),
                observed=one["observed"],
                expected=one["expected"],
                detail=one["detail"],
                link=one["link"],
            ),
            required=one["required"],
            waivable=one["waivable"],
            role=one["role"],
        )
        for one in items
    )


def judged_rehearsal(row: Mapping[str, Any] | None, max_age: timedelta, now: datetime, environment: str) -> Finding:
    """What the last rehearsal of an environment is worth: a row of `release_ops.rehearsal`, or None."""
    expected = f"passed in {environment} within {in_words(max_age)}"
    if row is None:
        detail = f"set rehearse: true for {environment} in the product file, or run the DAG rollback_rehearsal by hand"
        return Finding(outcome=Outcome.UNKNOWN, observed="never rehearsed", expected=expected, detail=detail)
    age = now - row["rehearsed_at"]
    observed = f"{'passed' if row['passed'] else 'failed'} {in_words(age)} ago"
    if row["previous_version"]:
        observed += f", back to {row['previous_version']}"
    if not row["passed"]:
        return Finding(outcome=Outcome.FAIL, observed=observed, expected=expected, detail=str(row["detail"])[:1000])
    if age > max_age:
        detail = "run the DAG rollback_rehearsal again"
        return Finding(outcome=Outcome.FAIL, observed=observed, expected=expected, detail=detail)
    return Finding(outcome=Outcome.PASS, observed=observed, expected=expected)
