"""An analysis as it goes on: what is to be measured now, when next, and what comes of what was measured.

Pure: the clock and the measured values are passed in. The caller loops: `due` -> measure -> `record` -> wait for `next_due`,
until `AnalysisRun.phase` is completed. `to_json` and `from_json` of the run carry it over from one process to the next.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from release_ops.domain.analysis_judging import judge_round, score_metric
from release_ops.domain.analysis_policy import SCORE, Analysis, Metric, NoData
from release_ops.domain.analysis_run import (
    KEPT_VALUES,
    AnalysisRun,
    Measured,
    Measurement,
    MetricResult,
    Phase,
    Summary,
    Value,
    worst,
)
from release_ops.domain.analysis_status import assess_run, counted, due_at, is_due
from release_ops.domain.conditions import assess

__all__ = [
    "SCORE",
    "AnalysisRun",
    "Measured",
    "Measurement",
    "MetricResult",
    "Phase",
    "Summary",
    "due",
    "next_due",
    "record",
    "resume",
    "start",
    "terminate",
    "worst",
]

_SHOWN = 4
_OUTCOMES = {NoData.HOLD: Phase.INCONCLUSIVE, NoData.FAIL: Phase.FAILED}


def start(analysis: Analysis, now: datetime) -> AnalysisRun:
    """Run that begins now, with nothing measured; initial delays count from here."""
    return AnalysisRun(analysis=analysis.name, started_at=now, phase=Phase.PENDING)


def due(analysis: Analysis, run: AnalysisRun, now: datetime) -> tuple[Metric, ...]:
    """Metrics to measure now. Judged ones come all together or not at all, and are recorded so."""
    if run.phase.completed:
        return ()
    now_due = {metric.name for metric in _deciding(analysis) if is_due(metric, run, now)}
    return tuple(one for one in analysis.metrics if (SCORE if one.judge else one.name) in now_due)


def next_due(analysis: Analysis, run: AnalysisRun) -> datetime | None:
    """When the next metric is to be measured, which may be past; None: never, the run is over."""
    if run.phase.completed:
        return None
    times = (due_at(metric, run) for metric in _deciding(analysis))
    return min((at for at in times if at is not None), default=None)


def record(analysis: Analysis, run: AnalysisRun, measured: Measured | Iterable[Measured], now: datetime) -> AnalysisRun:
    """Run with what was measured, and assessed.

    What a metric gave that has already ended is left out, so that a result which arrives twice does no harm.

    Raises:
        KeyError: a name that is no metric of the analysis.
        ValueError: some but not all of the judged metrics; they are measured together.
    """
    if run.phase.completed:
        return run
    found = (measured,) if isinstance(measured, Measured) else tuple(measured)
    rounds: dict[str, Measured] = {}
    for one in found:
        metric = analysis.metric(one.metric)
        if metric.judge is not None:
            rounds[one.metric] = one
            continue
        run = _counted(run, metric, _taken(metric, one, now))
    if rounds:
        missing = [one.name for one in analysis.judged if one.name not in rounds]
        if missing:
            raise ValueError(f"judged metrics are recorded together; missing: {', '.join(missing)}")
        score = score_metric(analysis)
        before = run.result(score.name)
        if before is None or not before.phase.completed:
            judged, whole = judge_round(analysis, rounds, now)
            for each in judged:
                # They are told; the score decides.
                kept = run.result(each.metric) or MetricResult(name=each.metric, dry_run=True)
                run = run.with_result(replace(counted(kept, each), phase=each.phase, message=each.message))
            run = _counted(run, score, whole)
    return _assessed_run(analysis, run, now)


def terminate(analysis: Analysis, run: AnalysisRun, now: datetime) -> AnalysisRun:
    """Run that was told to end: what it has found so far counts, and nothing found yet is no failure (Argo's terminate)."""
    return run if run.phase.completed else _assessed_run(analysis, replace(run, terminate=True), now)


def resume(run: AnalysisRun, now: datetime) -> AnalysisRun:
    """Run that goes on after a hold: every metric is counted anew, what was measured stays on record.

    Initial delays are over; the next measurement comes an interval after the last one, which usually is at once.
    """
    return replace(
        run,
        phase=Phase.RUNNING,
        message="",
        terminate=False,
        completed_at=None,
        resumed_at=now,
        summary=Summary(),
        dry_run_summary=Summary(),
        results=tuple(
            MetricResult(name=one.name, phase=Phase.RUNNING, measurements=one.measurements, dry_run=one.dry_run)
            for one in run.results
        ),
    )


def _deciding(analysis: Analysis) -> tuple[Metric, ...]:
    """Metrics that are assessed: those that are not judged, and the score of those that are."""
    plain = tuple(one for one in analysis.metrics if one.judge is None)
    return (*plain, score_metric(analysis)) if analysis.judged else plain


def _assessed_run(analysis: Analysis, run: AnalysisRun, now: datetime) -> AnalysisRun:
    """Run assessed, and once more when a metric has just ended badly, which ends the others too.

    Argo's controller comes to the second look by itself, because the first one changed the run.
    """
    metrics = _deciding(analysis)
    assessed = assess_run(metrics, run, now)
    return assess_run(metrics, assessed, now) if assessed.terminating and not run.terminating else assessed


def _counted(run: AnalysisRun, metric: Metric, measurement: Measurement) -> AnalysisRun:
    result = run.result(metric.name) or MetricResult(name=metric.name, phase=Phase.RUNNING, dry_run=metric.dry_run)
    return run if result.phase.completed else run.with_result(counted(result, measurement))


def _taken(metric: Metric, measured: Measured, now: datetime) -> Measurement:
    """What a measurement of a metric with conditions says."""
    phase, message, reason = _assessed(metric, measured)
    return Measurement(
        metric=metric.name,
        phase=phase,
        started_at=measured.at or now,
        finished_at=now,
        value=measured.value[:KEPT_VALUES] if isinstance(measured.value, tuple) else measured.value,
        message=message,
        reason=reason,
        sample=measured.sample,
        dry_run=metric.dry_run,
    )


def _assessed(metric: Metric, measured: Measured) -> tuple[Phase, str, str]:
    """Phase, message and, for what is held, the reason in a word or two."""
    if measured.error:
        return Phase.ERROR, measured.error, ""
    outcome = _OUTCOMES.get(metric.no_data)
    least = metric.minimum_sample
    if least is not None and outcome is not None:
        if measured.sample is None or math.isnan(measured.sample):
            return outcome, f"no data: the minimum sample of {least.at_least:g} has no value", "no data"
        if measured.sample < least.at_least:
            return (
                outcome,
                f"no data: a sample of {measured.sample:g} is below the minimum {least.at_least:g}",
                "no data",
            )
    if outcome is not None and _is_empty(measured.value):
        what = "the query returned nothing" if measured.value in (None, ()) else "the query returned NaN"
        return outcome, f"no data: {what}", "no data"
    value = list(measured.value) if isinstance(measured.value, tuple) else measured.value
    phase, message = assess(value, success=metric.success, failure=metric.failure)
    if phase in {Phase.FAILED, Phase.INCONCLUSIVE}:
        message = f"measured {_shown(measured.value)}, {_wanted(metric)}"
    return phase, message, ""


def _wanted(metric: Metric) -> str:
    parts = (
        f"wanted {metric.success}" if metric.success else "",
        f"unwanted {metric.failure}" if metric.failure else "",
    )
    return ", ".join(part for part in parts if part)


def _shown(value: Value) -> str:
    """A value in a message; of many the first few."""
    if not isinstance(value, tuple):
        return "nothing" if value is None else f"{value:.4g}"
    shown = ", ".join(f"{one:.4g}" for one in value[:_SHOWN])
    return f"{shown} and {len(value) - _SHOWN} more" if len(value) > _SHOWN else shown or "nothing"


def _is_empty(value: Value) -> bool:
    """Nothing, or no number among it."""
    if value is None:
        return True
    return all(map(math.isnan, value)) if isinstance(value, tuple) else math.isnan(value)
