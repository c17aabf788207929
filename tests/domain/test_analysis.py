"""An analysis as it goes on: what is due when, how measurements are counted, what decides, and what a hold is.

Beside the cases of tests/conformance these are Argo Rollouts' semantics too, read in analysis_test.go at 9f8d111d:
generateMetricTasks, calculateNextReconcileTime, assessRunStatus and dry runs.
"""

from __future__ import annotations

import json
import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from release_ops.domain.analysis import (
    SCORE,
    AnalysisRun,
    Measured,
    Measurement,
    MetricResult,
    Phase,
    Summary,
    due,
    next_due,
    record,
    resume,
    start,
    terminate,
    worst,
)
from release_ops.domain.analysis_policy import (
    Analysis,
    EffectSize,
    JudgePolicy,
    Metric,
    MinimumSample,
    NoData,
    ScorePolicy,
)
from release_ops.domain.analysis_run import KEPT, KEPT_VALUES
from release_ops.domain.analysis_status import ERROR_RETRY, assess_metric, limits_exceeded, run_status

T0 = datetime(2026, 3, 2, 9, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def errors(name: str = "errors", **settings) -> Metric:
    return Metric(name=name, **{"success": "result[0] < 0.01", "interval": MINUTE, "count": 3, **settings})


def analysis(*metrics: Metric, **settings) -> Analysis:
    return Analysis(name="canary", metrics=metrics, **settings)


def value(number: float | tuple[float, ...] | None, metric: str = "errors", **settings) -> Measured:
    return Measured(metric=metric, value=(number,) if isinstance(number, float) else number, **settings)


GOOD, BAD = value(0.001), value(0.05)


def played(what: Analysis, *measured: Measured, run: AnalysisRun | None = None) -> AnalysisRun:
    """Run after each of the measurements in turn, each taken when it is due."""
    run = run or start(what, T0)
    for one in measured:
        at = next_due(what, run)
        assert at is not None, "nothing is due any more"
        run = record(what, run, one, at)
    return run


class TestSchedule:
    def test_the_first_measurement_is_due_at_once_and_the_next_an_interval_after_it(self):
        what = analysis(errors())
        run = start(what, T0)
        assert run.phase is Phase.PENDING
        assert [one.name for one in due(what, run, T0)] == ["errors"]
        run = record(what, run, GOOD, T0)
        assert due(what, run, T0 + timedelta(seconds=59)) == ()
        assert next_due(what, run) == T0 + MINUTE
        assert [one.name for one in due(what, run, T0 + MINUTE)] == ["errors"]

    def test_an_initial_delay_counts_from_the_start(self):
        what = analysis(errors(initial_delay=20 * MINUTE), errors("now"))
        run = start(what, T0)
        assert [one.name for one in due(what, run, T0)] == ["now"]
        run = record(what, run, value(0.001, "now"), T0)
        run = record(what, run, value(0.001, "now"), T0 + MINUTE)
        run = record(what, run, value(0.001, "now"), T0 + 2 * MINUTE)
        assert run.phase is Phase.RUNNING
        assert next_due(what, run) == T0 + 20 * MINUTE
        assert [one.name for one in due(what, run, T0 + 20 * MINUTE)] == ["errors"]

    def test_the_earliest_metric_is_next(self):
        what = analysis(errors(interval=5 * MINUTE), errors("often"))
        run = record(what, start(what, T0), [GOOD, value(0.001, "often")], T0)
        assert next_due(what, run) == T0 + MINUTE
        assert [one.name for one in due(what, run, T0 + MINUTE)] == ["often"]

    def test_after_an_error_it_is_measured_again_soon_whatever_the_interval_is(self):
        for interval in (5 * MINUTE, None):
            what = analysis(errors(interval=interval, count=None))
            run = record(what, start(what, T0), value(None, error="no answer"), T0)
            assert next_due(what, run) == T0 + ERROR_RETRY

    def test_neither_count_nor_interval_is_one_measurement(self):
        what = analysis(errors(interval=None, count=None))
        run = played(what, GOOD)
        assert run.phase is Phase.SUCCESSFUL
        assert next_due(what, run) is None
        assert due(what, run, T0 + 9 * MINUTE) == ()
        assert errors(interval=None, count=0).effective_count == 1

    @pytest.mark.parametrize("count", [None, 0])
    def test_an_interval_without_a_count_has_no_end(self, count):
        what = analysis(errors(count=count))
        assert what.endless == ("errors",)
        assert played(what, *[GOOD] * 30).phase is Phase.RUNNING
        assert analysis(errors(count=None, consecutive_success_limit=2)).endless == ()

    def test_a_metric_that_is_completed_is_not_measured_again(self):
        what = analysis(errors(count=1), errors("slow", count=2))
        run = record(what, start(what, T0), [GOOD, value(0.001, "slow")], T0)
        assert [one.name for one in due(what, run, T0 + MINUTE)] == ["slow"]

    def test_one_that_is_going_on_is_looked_at_again_when_it_says(self):
        """As Argo's jobs; ours are measured at once."""
        what = analysis(errors())
        going = Measurement(metric="errors", phase=Phase.RUNNING, started_at=T0, resume_at=T0 + MINUTE)
        run = replace(start(what, T0), results=(MetricResult(name="errors", measurements=(going,)),))
        assert (due(what, run, T0), next_due(what, run)) == ((), T0 + MINUTE)
        assert [one.name for one in due(what, run, T0 + MINUTE)] == ["errors"]
        done = record(what, run, GOOD, T0 + MINUTE)
        assert [one.phase for one in done.measurements] == [Phase.SUCCESSFUL]

    def test_nothing_is_measured_once_a_metric_has_failed(self):
        what = analysis(errors(), errors("other", initial_delay=5 * MINUTE))
        run = record(what, start(what, T0), BAD, T0)
        assert (run.phase, due(what, run, T0 + 9 * MINUTE), next_due(what, run)) == (Phase.FAILED, (), None)


class TestCounting:
    @pytest.mark.parametrize(
        ("settings", "measured", "phase"),
        [
            ({}, [GOOD] * 3, Phase.SUCCESSFUL),
            ({}, [GOOD, BAD], Phase.FAILED),
            ({"failure_limit": 1}, [GOOD, BAD, GOOD], Phase.SUCCESSFUL),
            ({"failure_limit": 1, "count": 5}, [GOOD, BAD, BAD], Phase.FAILED),
            ({"failure_limit": -1, "consecutive_success_limit": 2, "count": 9}, [BAD] * 3 + [GOOD] * 2, Phase.SUCCESSFUL),
            ({"failure_limit": -1, "consecutive_success_limit": 2}, [GOOD, BAD, GOOD], Phase.FAILED),
            ({"failure_limit": 1, "consecutive_success_limit": 2}, [GOOD, BAD, GOOD], Phase.INCONCLUSIVE),
            ({"failure": "result[0] > 0.04", "count": 5}, [value(0.02)], Phase.INCONCLUSIVE),
            ({"failure": "result[0] > 0.04", "inconclusive_limit": 1}, [value(0.02), GOOD, GOOD], Phase.SUCCESSFUL),
            ({"consecutive_success_limit": 1}, [GOOD], Phase.SUCCESSFUL),
        ],
    )  # fmt: skip
    def test_the_limits_decide(self, settings, measured, phase):
        assert played(analysis(errors(**settings)), *measured).phase is phase

    def test_errors_do_not_count_and_more_than_four_in_a_row_are_an_error(self):
        what = analysis(errors())
        broken = value(None, error="connection refused")
        run = played(what, GOOD, *[broken] * 4, GOOD, GOOD)
        assert run.phase is Phase.SUCCESSFUL
        assert (run.result("errors").count, run.result("errors").error) == (3, 4)
        run = played(what, GOOD, *[broken] * 5)
        assert run.phase is Phase.ERROR
        assert run.message == (
            "errors cannot be measured: connection refused (consecutiveErrors (5) > consecutiveErrorLimit (4))"
        )

    def test_a_condition_that_cannot_be_answered_is_an_error_of_the_measurement(self):
        what = analysis(errors(success="result < 0.01"))
        run = record(what, start(what, T0), GOOD, T0)
        assert run.measurements[0].phase is Phase.ERROR
        assert "could not evaluate successCondition" in run.measurements[0].message

    def test_the_later_of_failed_inconclusive_and_error_wins(self):
        """TestAssessMetricFailureInconclusiveOrError."""
        result = MetricResult(name="errors", failed=1, inconclusive=1, consecutive_error=5)
        assert limits_exceeded(errors(), result)[0] is Phase.ERROR
        assert limits_exceeded(errors(), replace(result, consecutive_error=4)) == (
            Phase.INCONCLUSIVE,
            "inconclusive (1) > inconclusiveLimit (0)",
        )

    def test_a_run_carries_the_latest_measurements_and_counts_all_of_them(self):
        what = analysis(errors(count=None))
        run = played(what, *[GOOD] * (KEPT + 10))
        assert len(run.measurements) == KEPT
        assert run.result("errors").count == KEPT + 10

    def test_conditions_are_asked_of_all_values_and_the_first_ones_are_kept(self):
        what = analysis(errors(success="len(result) == 5000 && result[-1] > 0", failure="result[-1] == 0.5"))
        run = record(what, start(what, T0), value((0.1,) * 4999 + (0.5,)), T0)
        (taken,) = run.measurements
        assert (taken.phase, taken.value) == (Phase.FAILED, (0.1,) * KEPT_VALUES)
        assert taken.message.startswith("measured 0.1, 0.1, 0.1, 0.1 and 4996 more, wanted")

    def test_what_arrives_twice_does_no_harm(self):
        what = analysis(errors(count=1), errors("other"))
        run = record(what, start(what, T0), GOOD, T0)
        assert record(what, run, BAD, T0) == run
        over = terminate(what, run, T0)
        assert record(what, over, BAD, T0) == over

    def test_a_name_that_is_no_metric_is_refused(self):
        what = analysis(errors())
        with pytest.raises(KeyError, match="analysis canary has no metric latency; it has: errors"):
            record(what, start(what, T0), value(1.0, "latency"), T0)


class TestRun:
    def test_the_worst_metric_decides_once_all_are_completed(self):
        what = analysis(errors(count=1), errors("other", count=2))
        run = record(what, start(what, T0), [GOOD, value(0.001, "other")], T0)
        assert (run.phase, run.message) == (Phase.RUNNING, "")
        run = record(what, run, value(0.05, "other"), T0 + MINUTE)
        assert run.phase is Phase.FAILED
        assert run.message == "other failed: measured 0.05, wanted result[0] < 0.01 (failed (1) > failureLimit (0))"
        assert run.completed_at == T0 + MINUTE
        assert run.summary == Summary(count=2, successful=1, failed=1)

    def test_a_failure_ends_the_run_at_once_and_the_others_are_successful_so_far(self):
        what = analysis(errors(count=None), errors("other", count=5))
        run = record(what, start(what, T0), [GOOD, value(0.05, "other")], T0)
        assert run.phase is Phase.FAILED
        run = terminate(what, run, T0)
        assert run.phase is Phase.FAILED

    def test_phases_are_ordered_from_best_to_worst(self):
        order = ["Successful", "Running", "Pending", "Inconclusive", "Error", "Failed"]
        assert [phase.value for phase in Phase] == order
        assert worst(Phase.ERROR, Phase.FAILED, Phase.INCONCLUSIVE) is Phase.FAILED
        assert [phase.value for phase in Phase if not phase.completed] == ["Running", "Pending"]

    def test_terminated_before_anything_was_measured_it_is_successful(self):
        """TestTerminateAnalysisRun."""
        what = analysis(errors(initial_delay=MINUTE))
        run = terminate(what, start(what, T0), T0)
        assert (run.phase, run.message) == (Phase.SUCCESSFUL, "Run Terminated")
        assert run.summary == Summary(count=1)

    def test_terminated_in_the_middle_what_it_has_found_counts(self):
        what = analysis(errors(failure_limit=2, count=None))
        run = terminate(what, played(what, GOOD, BAD), T0 + 2 * MINUTE)
        assert (run.phase, next_due(what, run)) == (Phase.SUCCESSFUL, None)

    def test_the_message_has_what_the_provider_said(self):
        """TestAssessRunStatusErrorMessageFromProvider."""
        result = MetricResult(
            name="errors", phase=Phase.FAILED, failed=1, count=1, message="Provider Error",
            measurements=(Measurement(metric="errors", phase=Phase.FAILED, started_at=T0, finished_at=T0),),
        )  # fmt: skip
        _, phase, message = run_status([errors()], replace(start(analysis(), T0), results=(result,)))
        assert phase is Phase.FAILED
        assert message.endswith('failed (1) > failureLimit (0): "Error Message: Provider Error"')

    def test_of_several_failures_the_first_is_told(self):
        """TestAssessRunStatusMultipleFailures."""
        what = analysis(errors(count=1), errors("other", count=1))
        run = record(what, start(what, T0), [BAD, value(0.9, "other")], T0)
        assert run.message.startswith("errors failed: measured 0.05")

    def test_a_metric_without_measurements_is_pending_and_terminating_successful(self):
        empty = MetricResult(name="errors")
        assert assess_metric(errors(), empty, terminating=False) is Phase.PENDING
        assert assess_metric(errors(), empty, terminating=True) is Phase.SUCCESSFUL


class TestDryRun:
    def test_it_is_measured_and_told_and_decides_nothing(self):
        what = analysis(errors(count=1), errors("trial", count=1, dry_run=True))
        run = record(what, start(what, T0), [GOOD, value(0.9, "trial")], T0)
        assert (run.phase, run.message) == (Phase.SUCCESSFUL, "")
        assert (run.summary, run.dry_run_summary) == (
            Summary(count=1, successful=1),
            Summary(count=1, failed=1),
        )
        assert run.result("trial").message == "Metric assessed Failed due to failed (1) > failureLimit (0)"

    def test_with_nothing_but_dry_runs_the_run_is_successful(self):
        """TestAssessRunStatusWithOnlyDryRunMetrics."""
        what = analysis(errors(count=1, dry_run=True))
        assert played(what, BAD).phase is Phase.SUCCESSFUL

    def test_a_failed_one_does_not_end_the_others(self):
        what = analysis(errors(), errors("trial", dry_run=True))
        run = record(what, start(what, T0), [GOOD, value(0.9, "trial")], T0)
        assert run.phase is Phase.RUNNING
        assert [one.name for one in due(what, run, T0 + MINUTE)] == ["errors"]


class TestNoData:
    @pytest.mark.parametrize("silent", [None, (), (math.nan,), math.nan])
    def test_no_data_holds_and_never_passes(self, silent):
        what = analysis(errors())
        run = record(what, start(what, T0), Measured(metric="errors", value=silent), T0)
        assert (run.phase, run.reason) == (Phase.INCONCLUSIVE, "no data")
        assert "no data: the query returned" in run.message

    @pytest.mark.parametrize(
        ("sample", "said"),
        [
            (49.0, "no data: a sample of 49 is below the minimum 50"),
            (None, "no data: the minimum sample of 50 has no value"),
            (math.nan, "no data: the minimum sample of 50 has no value"),
        ],
    )
    def test_too_small_a_sample_is_no_data_however_good_the_value_is(self, sample, said):
        what = analysis(errors(minimum_sample=MinimumSample(query="q", at_least=50)))
        for number in (0.0, 1.0):
            run = record(what, start(what, T0), value(number, sample=sample), T0)
            assert (run.phase, run.reason) == (Phase.INCONCLUSIVE, "no data")
            assert said in run.message
        assert record(what, start(what, T0), value(0.0, sample=50.0), T0).phase is Phase.RUNNING

    def test_a_policy_may_fail_instead_or_ask_the_conditions_as_argo_does(self):
        fails = analysis(errors(no_data=NoData.FAIL))
        assert record(fails, start(fails, T0), value(()), T0).phase is Phase.FAILED
        asks = analysis(errors(no_data=NoData.EVALUATE, success="len(result) == 0 || result[0] < 0.01", count=1))
        assert record(asks, start(asks, T0), value(()), T0).phase is Phase.SUCCESSFUL
        plain = analysis(errors(no_data=NoData.EVALUATE))
        run = record(plain, start(plain, T0), value(()), T0)
        assert run.measurements[0].phase is Phase.ERROR
        assert "metric result is nil or empty" in run.measurements[0].message

    def test_an_inconclusive_limit_waits_for_data(self):
        what = analysis(errors(inconclusive_limit=2, count=5))
        run = played(what, value(()), value(()), GOOD, GOOD, GOOD)
        assert run.phase is Phase.SUCCESSFUL
        assert played(what, value(()), value(()), value(())).phase is Phase.INCONCLUSIVE

    def test_loose_limits_do_not_let_a_metric_pass_that_has_nothing_good_to_show(self):
        what = analysis(errors(inconclusive_limit=3, failure_limit=1))
        run = played(what, value(()), value(()), BAD)
        assert (run.phase, run.reason) == (Phase.INCONCLUSIVE, "no data")
        assert run.message == "errors is inconclusive: 0 of 3 measurements were good"
        assert played(what, value(()), GOOD, BAD).phase is Phase.SUCCESSFUL


class TestResume:
    def test_it_counts_anew_and_keeps_what_was_measured(self):
        what = analysis(errors(), errors("other", count=1))
        held = record(what, start(what, T0), [value(()), value(0.001, "other")], T0)
        assert held.phase is Phase.INCONCLUSIVE
        later = T0 + 90 * MINUTE
        run = resume(held, later)
        assert (run.phase, run.message, run.resumed_at, run.completed_at) == (Phase.RUNNING, "", later, None)
        assert len(run.measurements) == 2
        assert [one.name for one in due(what, run, later)] == ["errors", "other"]
        run = record(what, run, [GOOD, value(0.001, "other")], later)
        for place in (1, 2):
            run = record(what, run, GOOD, later + place * MINUTE)
        assert (run.phase, run.result("errors").count, len(run.measurements)) == (Phase.SUCCESSFUL, 3, 6)

    def test_it_does_not_wait_for_the_initial_delay_again(self):
        what = analysis(errors(initial_delay=30 * MINUTE))
        held = record(what, start(what, T0), value(()), T0 + 30 * MINUTE)
        assert due(what, resume(held, T0 + 40 * MINUTE), T0 + 40 * MINUTE)

    def test_one_that_has_no_interval_is_measured_at_once(self):
        what = analysis(errors(interval=None, count=None))
        held = record(what, start(what, T0), value(()), T0)
        run = resume(held, T0 + MINUTE)
        assert next_due(what, run) == T0
        assert record(what, run, GOOD, T0 + MINUTE).phase is Phase.SUCCESSFUL


NEAR, FAR = (1.0, 1.1, 0.9, 1.0, 1.05, 0.95), (2.0, 2.1, 1.9, 2.0, 2.05, 1.95)


def judged(name: str, *, dry_run: bool = False, **settings) -> Metric:
    return Metric(name=name, dry_run=dry_run, judge=JudgePolicy(**{"group": name, "minimum": 5, **settings}))


def pair(name: str, canary: tuple[float, ...] | None, baseline: tuple[float, ...] | None = NEAR) -> Measured:
    return Measured(metric=name, value=canary, baseline=baseline)


class TestJudged:
    what = analysis(
        judged("errors"),
        judged("latency"),
        score=ScorePolicy(passing=95, marginal=60, groups={"errors": 60, "latency": 40}),
    )

    @pytest.mark.parametrize(
        ("errors_are", "latency_is", "phase", "score"),
        [
            (NEAR, NEAR, Phase.SUCCESSFUL, 100.0),
            (NEAR, FAR, Phase.INCONCLUSIVE, 60.0),
            (FAR, NEAR, Phase.FAILED, 40.0),
            (FAR, FAR, Phase.FAILED, 0.0),
        ],
    )
    def test_they_decide_together_by_their_score(self, errors_are, latency_is, phase, score):
        run = record(self.what, start(self.what, T0), [pair("errors", errors_are), pair("latency", latency_is)], T0)
        assert (run.phase, run.result(SCORE).last.value) == (phase, score)

    def test_each_one_is_told(self):
        run = record(self.what, start(self.what, T0), [pair("errors", FAR), pair("latency", NEAR)], T0)
        last = run.result("errors").last
        assert (last.phase, last.detail["label"], last.message) == (
            Phase.FAILED,
            "High",
            "errors was classified as High",
        )
        assert last.value == pytest.approx(2.0)
        assert last.detail["canary"]["mean"] == pytest.approx(2.0)
        assert run.message.startswith("score failed: score 40 is below 60 (errors High)")

    def test_they_are_due_together_and_refused_apart(self):
        run = start(self.what, T0)
        assert [one.name for one in due(self.what, run, T0)] == ["errors", "latency"]
        with pytest.raises(ValueError, match="judged metrics are recorded together; missing: latency"):
            record(self.what, run, pair("errors", NEAR), T0)

    @pytest.mark.parametrize("silent", [None, (), (1.0, 1.0)])
    def test_too_little_data_holds(self, silent):
        run = record(self.what, start(self.what, T0), [pair("errors", silent), pair("latency", NEAR)], T0)
        assert (run.phase, run.reason) == (Phase.INCONCLUSIVE, "no data")
        assert "no data: " in run.message
        run = record(self.what, start(self.what, T0), [pair("errors", NEAR, silent), pair("latency", NEAR)], T0)
        assert run.reason == "no data"

    @pytest.mark.parametrize(
        ("no_data", "critical", "phase"),
        [
            (NoData.FAIL, False, Phase.FAILED),
            (NoData.FAIL, True, Phase.FAILED),
            (NoData.IGNORE, False, Phase.SUCCESSFUL),
            (NoData.IGNORE, True, Phase.FAILED),
        ],
    )
    def test_a_policy_may_say_what_no_data_is(self, no_data, critical, phase):
        """With `ignore` as in Kayenta: a group without data counts as 100, a critical metric without data fails."""
        what = analysis(judged("errors", no_data=no_data, critical=critical), judged("latency"), judged("load"))
        run = record(what, start(what, T0), [pair("errors", ()), pair("latency", NEAR), pair("load", NEAR)], T0)
        assert run.phase is phase

    def test_half_of_the_metrics_without_data_are_a_failure_where_no_data_is_ignored(self):
        what = analysis(judged("errors", no_data=NoData.IGNORE), judged("latency"))
        run = record(what, start(what, T0), [pair("errors", ()), pair("latency", NEAR)], T0)
        assert run.phase is Phase.FAILED
        assert "50% or more metrics returned NODATA" in run.message

    def test_a_critical_failure_decides_even_while_another_metric_is_held(self):
        what = analysis(judged("errors", critical=True), judged("latency"))
        run = record(what, start(what, T0), [pair("errors", FAR), pair("latency", ())], T0)
        assert run.phase is Phase.FAILED
        assert "Canary Failed: The metric errors was classified as High (Critical)" in run.message

    def test_a_metric_that_cannot_be_measured_makes_the_round_an_error_and_comes_again(self):
        broken = Measured(metric="errors", error="no answer")
        run = record(self.what, start(self.what, T0), [broken, pair("latency", NEAR)], T0)
        assert (run.phase, run.result(SCORE).last.phase) == (Phase.RUNNING, Phase.ERROR)
        assert next_due(self.what, run) == T0 + ERROR_RETRY
        run = record(self.what, run, [pair("errors", NEAR), pair("latency", NEAR)], T0 + ERROR_RETRY)
        assert run.phase is Phase.SUCCESSFUL

    def test_a_dry_one_does_not_count_unless_all_are_dry(self):
        what = analysis(judged("errors", dry_run=True), judged("latency"))
        run = record(what, start(what, T0), [pair("errors", FAR), pair("latency", NEAR)], T0)
        assert (run.phase, run.result(SCORE).last.value) == (Phase.SUCCESSFUL, 100.0)
        what = analysis(judged("errors", dry_run=True))
        run = record(what, start(what, T0), pair("errors", FAR), T0)
        assert (run.phase, run.result(SCORE).last.value) == (Phase.SUCCESSFUL, 0.0)
        assert run.dry_run_summary == Summary(count=1, failed=1)

    @pytest.mark.parametrize(
        ("policy", "phase", "reason"),
        [
            (NoData.HOLD, Phase.INCONCLUSIVE, "zero baseline"),
            (NoData.FAIL, Phase.FAILED, ""),
            (NoData.IGNORE, Phase.FAILED, ""),
        ],
    )
    def test_a_baseline_of_zero_has_no_ratio(self, policy, phase, reason):
        what = analysis(judged("errors", zero_baseline=policy, effect=EffectSize(allowed_increase=5.0)))
        run = record(what, start(what, T0), pair("errors", FAR, (0.0,) * 6), T0)
        assert (run.phase, run.reason) == (phase, reason)
        if policy is not NoData.IGNORE:
            assert "the baseline is zero, so there is no ratio" in run.message + run.result("errors").last.message
        # No difference needs no ratio.
        assert record(what, start(what, T0), pair("errors", (0.0,) * 6, (0.0,) * 6), T0).phase is Phase.SUCCESSFUL

    def test_a_small_sample_is_no_data(self):
        metric = replace(judged("errors"), minimum_sample=MinimumSample(query="q", at_least=100))
        what = analysis(metric)
        run = record(what, start(what, T0), replace(pair("errors", FAR), sample=10.0), T0)
        assert (run.phase, run.reason) == (Phase.INCONCLUSIVE, "no data")
        assert "no data: the sample is 10, at least 100 is needed" in run.message

    def test_rounds_are_repeated_and_limited_like_measurements(self):
        metric = replace(judged("errors"), interval=MINUTE, count=3, failure_limit=1)
        what = analysis(metric)
        run = played(what, pair("errors", NEAR), pair("errors", FAR), pair("errors", NEAR))
        assert (run.phase, run.result(SCORE).count, run.result("errors").count) == (Phase.SUCCESSFUL, 3, 3)


NUMBERS = st.one_of(st.none(), st.floats(0, 1), st.just(math.nan), st.tuples(), st.tuples(st.floats(0, 1)))


@given(st.lists(NUMBERS, max_size=12), st.integers(-1, 3), st.integers(0, 3), st.sampled_from([None, 0, 4]))
@settings(max_examples=50)
def test_a_run_survives_every_change_of_process(numbers, failure_limit, inconclusive_limit, count):
    """Whatever was measured: through JSON and back it is the same run, and goes on in the same way."""
    what = analysis(errors(failure_limit=failure_limit, inconclusive_limit=inconclusive_limit, count=count))
    straight = carried = start(what, T0)
    for place, number in enumerate(numbers):
        at = T0 + place * MINUTE
        measured = Measured(metric="errors", value=number)
        straight = record(what, straight, measured, at)
        kept = json.dumps(carried.to_json(), allow_nan=False)
        carried = record(what, AnalysisRun.from_json(json.loads(kept)), measured, at)
    assert json.dumps(carried.to_json()) == json.dumps(straight.to_json())
    assert straight.phase.completed == (next_due(what, straight) is None)
    if straight.phase is Phase.SUCCESSFUL:
        # Nothing passes on no data alone.
        assert any(one.phase is not Phase.INCONCLUSIVE for one in straight.measurements)
