"""What the analyses of a ramp's step say: measured when they are due, kept with the ramp, and put into one verdict."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from release_ops.domain.analysis import AnalysisRun, Measured, Phase, due, next_due, record, start
from release_ops.domain.analysis_policy import Analysis, Metric, Source
from release_ops.domain.analysis_run import Measurement
from release_ops.domain.flag_ramp import BEFORE, RampPhase, RampState, Verdict
from release_ops.domain.flags_policy import ErrorRate, Flag, Ramp
from release_ops.domain.model import Product
from release_ops.store import Row, Store

ERROR_RATE = "error_rate"
"""Name of the analysis that a ramp's threshold makes."""

Measure = Callable[[Metric, Mapping[str, str], datetime], Measured]


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What is known of the present step."""

    verdict: Verdict = Verdict.GOOD
    message: str = ""
    next_due: datetime | None = None
    runs: Mapping[str, Any] = field(default_factory=dict)
    """Its analyses as JSON, by `place:try:name`."""


def judge(
    store: Store, product: Product, flag: Flag, row: Row, state: RampState, measure: Measure, now: datetime
) -> Judged:
    """Measure what is due of the present step's analyses. Every measurement is written down once."""
    if state.step == BEFORE or not state.is_set or state.phase.is_over or state.phase is RampPhase.PAUSED:
        return Judged(runs=row["runs"])
    ramp = flag.ramp(row["environment"])
    percent = ramp.steps[state.step]
    analyses = analyses_of(product, ramp, percent)
    since = state.measured_from or now
    if not analyses:
        return Judged()
    if now < since:
        return Judged(verdict=Verdict.OPEN, next_due=since, runs=row["runs"])
    facts = {
        "product": product.id,
        "version": row["version"],
        "previous": "",
        "environment": row["environment"],
        "weight": str(percent),
    }
    runs: dict[str, AnalysisRun] = {}
    for analysis in analyses:
        key = f"{state.place}:{state.tries}:{analysis.name}"
        kept = row["runs"].get(key)
        run = AnalysisRun.from_json(kept) if kept else start(analysis, since)
        measured = [measure(metric, facts, now) for metric in due(analysis, run, now)]
        if measured:
            before = [(one.metric, one.started_at) for one in run.measurements]
            run = record(analysis, run, measured, now)
            for one in run.measurements:
                if (one.metric, one.started_at) not in before:
                    _keep(store, row, key, analysis.name, one)
        runs[key] = run
    return _verdict(analyses, runs.values(), {key: run.to_json() for key, run in runs.items()})


def analyses_of(product: Product, ramp: Ramp, percent: int) -> tuple[Analysis, ...]:
    """Analyses that the step of a percentage waits for; KeyError for a name that the product does not have."""
    named = tuple(product.analyses[name] for name in ramp.analyses_at(percent))
    rate = ramp.error_rate
    return (*named, _threshold(rate, ramp, percent)) if rate is not None else named


def _threshold(rate: ErrorRate, ramp: Ramp, percent: int) -> Analysis:
    """The threshold as an analysis: measured all through the step, the first time when there has been some traffic."""
    lasts = ramp.interval_at(percent)
    every = min(rate.interval, lasts)
    metric = Metric(
        name=ERROR_RATE,
        source=Source(rate.source),
        connection=rate.connection,
        query=rate.query,
        interval=every,
        initial_delay=every,
        count=max(1, int(lasts / every)) if every else 1,
        success=f"result[0] <= {rate.threshold:g}",
        failure_limit=rate.failure_limit,
    )
    return Analysis(name=ERROR_RATE, metrics=(metric,))


def _verdict(analyses: Iterable[Analysis], runs: Iterable[AnalysisRun], kept: Mapping[str, Any]) -> Judged:
    found = list(zip(analyses, runs, strict=True))
    bad = [(one, run) for one, run in found if run.phase is Phase.FAILED]
    # What cannot be measured is not known to be bad: it is held, for a person to look at.
    unknown = [(one, run) for one, run in found if run.phase in {Phase.INCONCLUSIVE, Phase.ERROR}]
    open_ones = [(one, run) for one, run in found if not run.phase.completed]
    for verdict, some in ((Verdict.BAD, bad), (Verdict.UNKNOWN, unknown)):
        # One that failed decides at once; one that says nothing only when no other may still fail.
        if some and (verdict is Verdict.BAD or not open_ones):
            message = "; ".join(f"{one.name}: {run.message or run.phase.value}" for one, run in some)
            return Judged(verdict=verdict, message=message, runs=kept)
    if open_ones:
        times = [at for one, run in open_ones if (at := next_due(one, run)) is not None]
        return Judged(verdict=Verdict.OPEN, next_due=min(times, default=None), runs=kept)
    return Judged(message="; ".join(f"{one.name}: {run.message or 'good'}" for one, run in found), runs=kept)


def _keep(store: Store, row: Row, key: str, analysis: str, one: Measurement) -> None:
    values = one.value if isinstance(one.value, tuple) else () if one.value is None else (one.value,)
    store.execute(
        "measurement_save",
        subject_kind="flag_ramp",
        subject=row["ramp"],
        run=key,
        analysis=analysis,
        metric=one.metric,
        started_at=one.started_at,
        product=row["product"],
        environment=row["environment"],
        value=next((value for value in values if math.isfinite(value)), None),
        result=list(values),
        sample=one.sample,
        phase=one.phase.value,
        message=one.message[:2000],
        dry_run=one.dry_run,
    )
