"""One round of an analysis's judged metrics: each compared with its baseline, and the score that they make together."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from release_ops.domain.analysis_policy import SCORE, Analysis, JudgePolicy, Metric
from release_ops.domain.analysis_run import Measured, Measurement, Phase, Value
from release_ops.domain.judge import NO_DATA, Classification, Label, judge
from release_ops.domain.judge_score import Scored, ScoreLabel, classify_score, score

_PHASES = {
    Label.PASS: Phase.SUCCESSFUL,
    Label.HIGH: Phase.FAILED,
    Label.LOW: Phase.FAILED,
    Label.NODATA_FAIL: Phase.FAILED,
    Label.NODATA: Phase.INCONCLUSIVE,
    Label.ERROR: Phase.ERROR,
}
_SCORES = {
    ScoreLabel.PASS: Phase.SUCCESSFUL,
    ScoreLabel.MARGINAL: Phase.INCONCLUSIVE,
    ScoreLabel.FAIL: Phase.FAILED,
}


def score_metric(analysis: Analysis) -> Metric:
    """The score as a metric: schedule and limits are those of the judged metrics, which share them."""
    first = analysis.judged[0]
    return Metric(
        name=SCORE,
        interval=first.interval,
        initial_delay=first.initial_delay,
        count=first.count,
        failure_limit=first.failure_limit,
        inconclusive_limit=first.inconclusive_limit,
        consecutive_error_limit=first.consecutive_error_limit,
        consecutive_success_limit=first.consecutive_success_limit,
        dry_run=all(one.dry_run for one in analysis.judged),
    )


def judge_round(
    analysis: Analysis, measured: Mapping[str, Measured], now: datetime
) -> tuple[tuple[Measurement, ...], Measurement]:
    """Measurement of each judged metric, and that of the score.

    The score is Error when a metric could not be measured, Failed when a critical metric is bad, Inconclusive while a metric
    is held, and otherwise what its thresholds say. Dry metrics are told and do not count, unless all of them are dry.
    """
    every_dry = all(one.dry_run for one in analysis.judged)
    found: list[Measurement] = []
    scored: list[Scored] = []
    held: list[tuple[str, Classification]] = []
    broken: list[str] = []
    for metric in analysis.judged:
        one = measured[metric.name]
        counts = every_dry or not metric.dry_run
        if one.error:
            found.append(_measurement(metric, one, Phase.ERROR, one.error, now))
            if counts:
                broken.append(f"{metric.name}: {one.error}")
            continue
        result = _classified(metric, one)
        if counts and result.held:
            held.append((metric.name, result))
        elif counts:
            groups = (_policy(metric).group,)
            scored.append(
                Scored(
                    name=metric.name,
                    label=result.label,
                    groups=groups,
                    critical=result.critical,
                    reason=result.reason or f"{metric.name} was classified as {result.label}",
                )
            )
        found.append(_measurement(metric, one, _PHASES[result.label], result.reason, now, result=result))
    started = min((one.started_at for one in found), default=now)
    return tuple(found), _whole(analysis, scored, held, broken, started, now)


def _whole(
    analysis: Analysis,
    scored: list[Scored],
    held: list[tuple[str, Classification]],
    broken: list[str],
    started: datetime,
    now: datetime,
) -> Measurement:
    result = score(scored, analysis.score.groups)
    value: Value = result.summary
    reason = ""
    grave = any(one.critical and one.label is not Label.PASS for one in scored)
    if broken:
        phase, message, value = Phase.ERROR, "; ".join(broken), None
    elif held and not grave:
        phase, message, value = Phase.INCONCLUSIVE, "; ".join(f"{name}: {one.reason}" for name, one in held), None
        reason = held[0][1].held
    else:
        label = classify_score(result.summary, passing=analysis.score.passing, marginal=analysis.score.marginal)
        phase, message = _SCORES[label], _told(analysis, result.summary, label, result.reason, scored)
        if phase is Phase.INCONCLUSIVE:
            reason = "marginal score"
    return Measurement(
        metric=SCORE,
        phase=phase,
        started_at=started,
        finished_at=now,
        value=value,
        message=message,
        reason=reason,
        dry_run=all(one.dry_run for one in analysis.judged),
        detail={"groups": {one.name: round(one.score, 2) for one in result.groups}},
    )


def _told(analysis: Analysis, value: float, label: ScoreLabel, reason: str, scored: list[Scored]) -> str:
    if label is ScoreLabel.PASS:
        return ""
    limit = analysis.score.passing if label is ScoreLabel.MARGINAL else analysis.score.marginal
    bad = ", ".join(f"{one.name} {one.label}" for one in scored if one.label is not Label.PASS)
    why = f"score {value:g} is below {limit:g}"
    return f"{why} ({bad})" if not reason else f"{reason}; {why} ({bad})"


def _policy(metric: Metric) -> JudgePolicy:
    if metric.judge is None:
        raise ValueError(f"{metric.name} is not judged")
    return metric.judge


def _classified(metric: Metric, measured: Measured) -> Classification:
    policy = _policy(metric)
    least = metric.minimum_sample
    canary, baseline = _values(measured.value), _values(measured.baseline)
    if least is not None and not (measured.sample is not None and measured.sample >= least.at_least):
        # Too small a sample is as good as none.
        canary = ()
    found = judge(policy, metric.name, canary, baseline)
    if least is None or canary or not _values(measured.value):
        return found
    sample = "no value" if measured.sample is None else f"{measured.sample:g}"
    return Classification(
        label=found.label,
        critical=found.critical,
        held=NO_DATA if found.held else "",
        reason=f"no data: the sample is {sample}, at least {least.at_least:g} is needed",
    )


def _values(value: Value) -> tuple[float, ...]:
    return () if value is None else value if isinstance(value, tuple) else (value,)


def _measurement(
    metric: Metric,
    measured: Measured,
    phase: Phase,
    message: str,
    now: datetime,
    *,
    result: Classification | None = None,
) -> Measurement:
    ratio = None if result is None or math.isnan(result.deviation) else result.deviation
    return Measurement(
        metric=metric.name,
        phase=phase,
        started_at=measured.at or now,
        finished_at=now,
        value=ratio,
        message=message,
        reason="" if result is None else result.held,
        sample=measured.sample,
        dry_run=metric.dry_run,
        detail={} if result is None else _detail(result),
    )


def _detail(result: Classification) -> dict[str, Any]:
    """JSON-safe: what JSON has no number for is null."""
    shift = result.shift
    return {
        "label": result.label.value,
        "critical": result.critical,
        "effect": _finite(result.effect),
        "shift": None if shift is None else {"low": shift.low, "high": shift.high, "estimate": shift.estimate},
        "canary": {name: _finite(value) for name, value in asdict(result.canary).items()},
        "baseline": {name: _finite(value) for name, value in asdict(result.baseline).items()},
    }


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
