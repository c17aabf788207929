"""How metrics and runs of an analysis are assessed: the rules of Argo Rollouts' analysis controller.

Source: argoproj/argo-rollouts, analysis/analysis.go and utils/analysis/helpers.go at 9f8d111d (Apache-2.0). `run_status` is
theirs with its messages; `assess_run` adds a hold and says the same in plain words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from release_ops.domain.analysis_policy import Metric
from release_ops.domain.analysis_run import KEPT, AnalysisRun, Measurement, MetricResult, Phase, Summary

ERROR_RETRY = timedelta(seconds=10)
"""After an error a metric is measured again so soon, whatever its interval is (Argo's DefaultErrorRetryInterval)."""
TERMINATED = "Run Terminated"


def assess_metric(metric: Metric, result: MetricResult, *, terminating: bool) -> Phase:
    """Phase of one metric after its latest measurement (Argo's assessMetricStatus)."""
    last = result.last
    if result.phase.completed:
        return result.phase
    if last is None:
        return Phase.SUCCESSFUL if terminating else Phase.PENDING
    if not last.phase.completed:
        return Phase.RUNNING
    exceeded, _ = limits_exceeded(metric, result)
    ended = exceeded or _counted_out(metric, result)
    return ended or (Phase.SUCCESSFUL if terminating else Phase.RUNNING)


def _counted_out(metric: Metric, result: MetricResult) -> Phase | None:
    """What a metric is that kept its limits and has enough in a row, or all that it was to have; None: it goes on."""
    wanted = metric.consecutive_success_limit or 0
    if 0 < wanted <= result.consecutive_success:
        return Phase.SUCCESSFUL
    count = metric.effective_count
    if count is None or result.count < count:
        return None
    if wanted <= 0:
        return Phase.SUCCESSFUL
    # Its good ones never came in a row. With a limit of bad ones that was kept, that says nothing either way.
    return Phase.INCONCLUSIVE if metric.failure_limit >= 0 else Phase.FAILED


def limits_exceeded(metric: Metric, result: MetricResult) -> tuple[Phase | None, str]:
    """Which limit a metric is beyond, and why; the later of Failed, Inconclusive and Error wins.

    Argo's assessMetricFailureInconclusiveOrError.
    """
    found: tuple[Phase | None, str] = (None, "")
    if 0 <= metric.failure_limit < result.failed:
        found = Phase.FAILED, f"failed ({result.failed}) > failureLimit ({metric.failure_limit})"
    if result.inconclusive > metric.inconclusive_limit:
        found = (
            Phase.INCONCLUSIVE,
            f"inconclusive ({result.inconclusive}) > inconclusiveLimit ({metric.inconclusive_limit})",
        )
    if result.consecutive_error > metric.consecutive_error_limit:
        found = (
            Phase.ERROR,
            f"consecutiveErrors ({result.consecutive_error}) > consecutiveErrorLimit ({metric.consecutive_error_limit})",
        )
    return found


def counted(result: MetricResult, measurement: Measurement) -> MetricResult:
    """Result with one more finished measurement, in the place of one that was still going on.

    An error is not counted, and any other one ends a row of errors.
    """
    phase = measurement.phase
    bad = phase is Phase.ERROR
    name = {
        Phase.SUCCESSFUL: "successful",
        Phase.FAILED: "failed",
        Phase.INCONCLUSIVE: "inconclusive",
        Phase.ERROR: "error",
    }[phase]
    last = result.last
    before = result.measurements[:-1] if last is not None and last.finished_at is None else result.measurements
    return replace(
        result,
        measurements=(*before, measurement)[-KEPT:],
        count=result.count + (0 if bad else 1),
        consecutive_error=result.consecutive_error + 1 if bad else 0,
        consecutive_success=result.consecutive_success + 1 if phase is Phase.SUCCESSFUL else 0,
        **{name: getattr(result, name) + 1},
    )


def is_due(metric: Metric, run: AnalysisRun, now: datetime) -> bool:
    """Whether a metric is to be measured now (Argo's generateMetricTasks)."""
    result = run.result(metric.name)
    if result is not None and result.phase.completed:
        return False
    last = None if result is None else result.last
    if last is not None and last.finished_at is None:
        # One that is going on is looked at again, even to end it.
        return run.terminating or last.resume_at is None or last.resume_at <= now
    if run.terminating:
        return False
    at = due_at(metric, run)
    return at is not None and at <= now


def due_at(metric: Metric, run: AnalysisRun) -> datetime | None:
    """When a metric is to be measured next; None: no more (Argo's calculateNextReconcileTime, of one metric)."""
    result = run.result(metric.name)
    if result is not None and result.phase.completed:
        return None
    last = None if result is None else result.last
    if result is None or last is None:
        return run.started_at + metric.initial_delay
    if last.finished_at is None:
        return last.resume_at
    count = metric.effective_count
    if count is not None and result.count >= count:
        return None
    if last.phase is Phase.ERROR:
        return last.finished_at + ERROR_RETRY
    # Without an interval there is a second one only after a hold, and nothing to wait for.
    return last.finished_at if metric.interval is None else last.finished_at + metric.interval


def assess_run(metrics: Iterable[Metric], run: AnalysisRun, now: datetime) -> AnalysisRun:
    """Run with its metrics, its own phase and its summaries assessed; a message stays as long as the phase does.

    Beyond Argo's rules a metric that reaches its count without one good measurement is held: see `assess_with_hold`.
    """
    assessed, phase, message = run_status(metrics, run, assess=assess_with_hold, words=_plain_words)
    if phase is assessed.phase:
        return assessed
    if phase.completed and phase is not Phase.SUCCESSFUL and not message:
        message = _tally(assessed, phase)
    return replace(assessed, phase=phase, message=message, completed_at=now if phase.completed else None)


def assess_with_hold(metric: Metric, result: MetricResult, *, terminating: bool) -> Phase:
    """As `assess_metric`, but Inconclusive where limits alone would let a metric pass that has nothing good to show."""
    phase = assess_metric(metric, result, terminating=terminating)
    says_nothing = result.inconclusive > 0 and not result.successful
    passes = phase is Phase.SUCCESSFUL and not result.phase.completed and not terminating
    return Phase.INCONCLUSIVE if passes and says_nothing else phase


def _tally(run: AnalysisRun, phase: Phase) -> str:
    """What to say of a metric that ended so without being beyond a limit."""
    found = (one for one in run.results if one.phase is phase and not one.dry_run)
    tallies = (
        _plain_words(one.name, phase, f"{one.successful} of {one.count} measurements were good", "") for one in found
    )
    return next(tallies, "")


def argo_words(name: str, phase: Phase, why: str, said: str) -> str:
    """What Argo Rollouts says of the metric that decided; `said` is the message of its latest measurement."""
    message = f'Metric "{name}" assessed {phase} due to {why}'
    return f'{message}: "Error Message: {said}"' if said else message


_VERBS = {Phase.FAILED: "failed", Phase.INCONCLUSIVE: "is inconclusive", Phase.ERROR: "cannot be measured"}


def _plain_words(name: str, phase: Phase, why: str, said: str) -> str:
    """The same for people who roll out: what was measured first, the limit after it."""
    reason = f"{said} ({why})" if said and why else said or why
    return f"{name} {_VERBS.get(phase, phase.lower())}: {reason}"


def run_status(
    metrics: Iterable[Metric],
    run: AnalysisRun,
    *,
    assess: Callable[..., Phase] = assess_metric,
    words: Callable[[str, Phase, str, str], str] = argo_words,
) -> tuple[AnalysisRun, Phase, str]:
    """Run with its metrics and summaries assessed, and the phase and message that it gets (Argo's assessRunStatus).

    The worst metric decides once all are completed, or at once when the run is terminating; dry runs never do.
    """
    terminating = run.terminating
    message = TERMINATED if run.terminate else ""
    worst: Phase | None = None
    everything = True
    ended: list[tuple[bool, Phase | None]] = []
    for metric in metrics:
        result = run.result(metric.name)
        if result is None:
            ended.append((metric.dry_run, None))
            everything = False
            continue
        phase = assess(metric, result, terminating=terminating)
        if phase is not result.phase:
            result = replace(result, phase=phase, message=result.last.message if result.last else result.message)
        exceeded, why = limits_exceeded(metric, result)
        ended.append((metric.dry_run, (exceeded or Phase.SUCCESSFUL) if phase.completed else None))
        if not phase.completed:
            everything = False
        elif metric.dry_run:
            worst = worst or Phase.SUCCESSFUL
            if why:
                result = replace(result, message=f"Metric assessed {phase} due to {why}")
        elif worst is None or phase.worse_than(worst):
            worst = phase
            if why:
                message = words(metric.name, phase, why, result.message)
        run = run.with_result(result)
    run = replace(
        run,
        summary=_summary(phase for dry, phase in ended if not dry),
        dry_run_summary=_summary(phase for dry, phase in ended if dry),
    )
    if terminating:
        return run, worst or Phase.SUCCESSFUL, message
    if everything and worst is not None:
        return run, worst, message
    return run, Phase.RUNNING, ""


def _summary(phases: Iterable[Phase | None]) -> Summary:
    found = list(phases)
    return Summary(
        count=len(found),
        successful=found.count(Phase.SUCCESSFUL),
        failed=found.count(Phase.FAILED),
        inconclusive=found.count(Phase.INCONCLUSIVE),
        error=found.count(Phase.ERROR),
    )
