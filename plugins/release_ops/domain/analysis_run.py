"""One run of an analysis: what was measured, how it was assessed, and its form in JSON."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

KEPT = 50
"""So many latest measurements of a metric a run carries; its counters know of all of them."""

KEPT_VALUES = 100
"""So many values of one measurement a run carries; its conditions were asked of all of them."""

Value = float | tuple[float, ...] | None


class Phase(StrEnum):
    """State of a measurement, of a metric and of a run, from best to worst (Argo's analysisStatusOrder)."""

    SUCCESSFUL = "Successful"
    RUNNING = "Running"
    PENDING = "Pending"
    INCONCLUSIVE = "Inconclusive"
    ERROR = "Error"
    FAILED = "Failed"

    @property
    def completed(self) -> bool:
        """Nothing more is measured."""
        return self not in {Phase.RUNNING, Phase.PENDING}

    def worse_than(self, other: Phase) -> bool:
        """Whether it stands behind the other one in the order."""
        return _ORDER[self] > _ORDER[other]


_ORDER = {phase: place for place, phase in enumerate(Phase)}


def worst(*phases: Phase) -> Phase:
    """Worst of one or more phases."""
    return max(phases, key=_ORDER.__getitem__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What a source gave for a metric, before anything is made of it."""

    metric: str
    value: Value = None
    """A number, the values of several series or of a window, or None for no data. NaN stands for a value that is not
    a number in the source."""
    error: str = ""
    """Why it could not be measured; empty when it could."""
    sample: float | None = None
    """What the metric's `minimum_sample` found; None when it is not asked or has no data."""
    baseline: Value = None
    """The same as `value`, of what the canary is compared with."""
    at: datetime | None = None
    """When it was measured; None: when it is recorded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """What was made of one `Measured`."""

    metric: str
    phase: Phase
    started_at: datetime
    finished_at: datetime | None = None
    """None: still going on."""
    value: Value = None
    """As measured, at most `KEPT_VALUES` values; of a judged metric the ratio of both means, of the score the score."""
    message: str = ""
    reason: str = ""
    """Why it says nothing, in a word or two, such as `no data`; empty when it says something."""
    sample: float | None = None
    dry_run: bool = False
    resume_at: datetime | None = None
    """When to look at one again that is still going on."""
    detail: Mapping[str, Any] = field(default_factory=dict)
    """Of a judged metric: label, statistics of both sides, interval, effect."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricResult:
    """Measurements of one metric and how many of each kind there were since the run began or was resumed."""

    name: str
    phase: Phase = Phase.PENDING
    measurements: tuple[Measurement, ...] = ()
    """The latest ones, at most `KEPT`."""
    count: int = 0
    """Of all but errors."""
    successful: int = 0
    failed: int = 0
    inconclusive: int = 0
    error: int = 0
    consecutive_error: int = 0
    consecutive_success: int = 0
    dry_run: bool = False
    message: str = ""

    @property
    def last(self) -> Measurement | None:
        """Latest measurement."""
        return self.measurements[-1] if self.measurements else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """How many metrics ended in which way."""

    count: int = 0
    successful: int = 0
    failed: int = 0
    inconclusive: int = 0
    error: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class AnalysisRun:
    """One run of an analysis. Times are aware."""

    analysis: str
    started_at: datetime
    results: tuple[MetricResult, ...] = ()
    phase: Phase = Phase.PENDING
    message: str = ""
    """Why it is not `Successful`; of a terminated run `Run Terminated`."""
    terminate: bool = False
    """It was asked to end: nothing more is measured."""
    completed_at: datetime | None = None
    summary: Summary = field(default_factory=Summary)
    """Of the metrics that decide."""
    dry_run_summary: Summary = field(default_factory=Summary)
    """Of the others."""
    resumed_at: datetime | None = None
    """When it last went on from a hold."""

    def result(self, metric: str) -> MetricResult | None:
        """What there is of a metric; None before its first measurement."""
        return next((one for one in self.results if one.name == metric), None)

    @property
    def measurements(self) -> tuple[Measurement, ...]:
        """All measurements that it carries, in the order of time."""
        found = (one for result in self.results for one in result.measurements)
        return tuple(sorted(found, key=lambda one: one.started_at))

    @property
    def reason(self) -> str:
        """Why a run that is Inconclusive says nothing, such as `no data`; empty when it says something."""
        held = (one for one in self.results if one.phase is Phase.INCONCLUSIVE and not one.dry_run)
        reasons = (each.reason for one in held for each in reversed(one.measurements))
        return next((reason for reason in reasons if reason), "")

    @property
    def terminating(self) -> bool:
        """Asked to end, or a metric that decides has ended badly."""
        bad = {Phase.FAILED, Phase.ERROR, Phase.INCONCLUSIVE}
        return self.terminate or any(one.phase in bad for one in self.results if not one.dry_run)

    def with_result(self, result: MetricResult) -> AnalysisRun:
        """Run with that result in the place of the metric's former one."""
        names = [one.name for one in self.results]
        if result.name in names:
            kept = tuple(result if one.name == result.name else one for one in self.results)
            return replace(self, results=kept)
        return replace(self, results=(*self.results, result))

    def to_json(self) -> dict[str, Any]:
        """JSON-safe form, of which `from_json` makes an equal run."""
        return {
            "analysis": self.analysis,
            "started_at": self.started_at.isoformat(),
            "phase": self.phase.value,
            "message": self.message,
            "terminate": self.terminate,
            "completed_at": _text(self.completed_at),
            "resumed_at": _text(self.resumed_at),
            "summary": _counts(self.summary),
            "dry_run_summary": _counts(self.dry_run_summary),
            "results": [
                {
                    "name": one.name,
                    "phase": one.phase.value,
                    "message": one.message,
                    "dry_run": one.dry_run,
                    **{name: getattr(one, name) for name in _COUNTERS},
                    "measurements": [measurement_json(each) for each in one.measurements],
                }
                for one in self.results
            ],
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> AnalysisRun:
        """Run from what `to_json` made; KeyError or ValueError for anything else."""
        return cls(
            analysis=data["analysis"],
            started_at=datetime.fromisoformat(data["started_at"]),
            phase=Phase(data["phase"]),
            message=data["message"],
            terminate=data["terminate"],
            completed_at=_time(data["completed_at"]),
            resumed_at=_time(data["resumed_at"]),
            summary=Summary(**data["summary"]),
            dry_run_summary=Summary(**data["dry_run_summary"]),
            results=tuple(
                MetricResult(
                    name=one["name"],
                    phase=Phase(one["phase"]),
                    message=one["message"],
                    dry_run=one["dry_run"],
                    measurements=tuple(_measurement(one["name"], each) for each in one["measurements"]),
                    **{name: one[name] for name in _COUNTERS},
                )
                for one in data["results"]
            ),
        )


_COUNTERS = ("count", "successful", "failed", "inconclusive", "error", "consecutive_error", "consecutive_success")


def measurement_json(one: Measurement) -> dict[str, Any]:
    """JSON-safe form of a measurement; numbers that JSON has none for are the words `NaN`, `Infinity`, `-Infinity`."""
    return {
        "metric": one.metric,
        "phase": one.phase.value,
        "started_at": one.started_at.isoformat(),
        "finished_at": _text(one.finished_at),
        "resume_at": _text(one.resume_at),
        "value": [_number(each) for each in one.value] if isinstance(one.value, tuple) else _number(one.value),
        "message": one.message,
        "reason": one.reason,
        "sample": _number(one.sample),
        "dry_run": one.dry_run,
        "detail": dict(one.detail),
    }


def _measurement(metric: str, data: Mapping[str, Any]) -> Measurement:
    value = data["value"]
    return Measurement(
        metric=metric,
        phase=Phase(data["phase"]),
        started_at=datetime.fromisoformat(data["started_at"]),
        finished_at=_time(data["finished_at"]),
        resume_at=_time(data["resume_at"]),
        value=tuple(map(float, value)) if isinstance(value, list) else None if value is None else float(value),
        message=data["message"],
        reason=data["reason"],
        sample=None if data["sample"] is None else float(data["sample"]),
        dry_run=data["dry_run"],
        detail=data["detail"],
    )


def _number(value: float | None) -> float | str | None:
    if value is None or math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def _counts(summary: Summary) -> dict[str, int]:
    return {name: getattr(summary, name) for name in ("count", "successful", "failed", "inconclusive", "error")}


def _text(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()


def _time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
