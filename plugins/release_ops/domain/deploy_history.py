"""How long earlier rollouts and their steps took, from what happened in them; and what a step is called."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from release_ops.domain.analysis_policy import Analysis, Metric
from release_ops.domain.deploy_plan import PastRollout, StepTime
from release_ops.domain.deploy_policy import Step, StepKind

_ENDS = {StepKind.WEIGHT: "weight", StepKind.ANALYSE: "analysis", StepKind.VALIDATE: "validation"}
"""Kind of step to the kind of event with which it ends; a pause ends when the step after it begins."""
_TOUCHED = frozenset({"hold", "resume", "abort", "rollback"})


class Happened(NamedTuple):
    """One event of a rollout; `by` is empty where nobody gave an order."""

    kind: str
    at: datetime
    by: str = ""


def step_name(step: Step) -> str:
    """`10 % of the users`, `analyse errors, latency`, `rest 10 min`, `validate immediate`."""
    match step.kind:
        case StepKind.WEIGHT:
            return f"{step.weight} % of the users"
        case StepKind.PAUSE:
            return "rest" if step.pause is not None else "rest until somebody resumes"
        case StepKind.VALIDATE:
            return f"validate {step.validation}"
        case _:
            return f"analyse {', '.join(step.analyses)}"


def step_times(steps: Iterable[Step], analyses: Mapping[str, Analysis]) -> tuple[StepTime, ...]:
    """The steps with their lengths as far as the product file has them: pauses, and analyses that have an end."""
    return tuple(StepTime(name=step_name(one), kind=one.kind.value, lasts=_length(one, analyses)) for one in steps)


def _length(step: Step, analyses: Mapping[str, Analysis]) -> timedelta | None:
    if step.kind is StepKind.PAUSE:
        return step.pause
    if not step.analyses:
        return None
    found = [_lasts(metric) for name in step.analyses if name in analyses for metric in analyses[name].metrics]
    known = [one for one in found if one is not None]
    return max(known) if known and len(known) == len(found) else None


def _lasts(metric: Metric) -> timedelta | None:
    """From the start of an analysis to the last measurement of a metric; None: it has no end of its own."""
    count = metric.effective_count
    if count is None:
        return None
    return metric.initial_delay + (metric.interval or timedelta(0)) * (count - 1)


def past_rollout(
    rollout: str, steps: Sequence[Step], started_at: datetime, ended_at: datetime, events: Sequence[Happened]
) -> PastRollout | None:
    """How long a promoted rollout took; None for one that people held, resumed or promoted, which says nothing of its steps.

    Without a mark for the end of each step in its events it has the whole length alone.
    """
    if any(one.kind in _TOUCHED or (one.kind == "promote" and one.by) for one in events):
        return None
    total = ended_at - started_at
    lengths: list[tuple[str, timedelta]] = []
    at, place = started_at, 0
    for step in steps:
        if step.kind is StepKind.PAUSE:
            # The next step begins when it is over; where that says nothing of its beginning, it lasted as long as it should.
            if step.pause is None:
                return PastRollout(rollout=rollout, total=total)
            end = at + step.pause
        else:
            place = next((n for n in range(place, len(events)) if events[n].kind == _ENDS[step.kind]), -1)
            if place < 0:
                return PastRollout(rollout=rollout, total=total)
            end = events[place].at
            place += 1
        lengths.append((step_name(step), max(end - at, timedelta(0))))
        at = max(at, end)
    return PastRollout(rollout=rollout, total=total, steps=tuple(lengths))
