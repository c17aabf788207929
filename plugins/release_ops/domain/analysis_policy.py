"""What an analysis of a deployment is: metrics, how often each is measured, and when it passes, fails or says nothing.

The words are those of Argo Rollouts' AnalysisTemplate in snake case, and of Kayenta's canary configuration for `judge`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from enum import StrEnum

PLACEHOLDERS = ("product", "version", "previous", "environment", "weight")
"""What a query may name in braces: facts of the deployment that is analysed."""

PLACEHOLDER_HELP: Mapping[str, str] = {
    "product": "id of the product",
    "version": "version that is deployed",
    "previous": "version that was there before",
    "environment": "environment that is deployed to",
    "weight": "share of the traffic in percent that the version has",
}


class Source(StrEnum):
    """Where a metric comes from."""

    PROMETHEUS = "prometheus"
    SQL = "sql"


class NoData(StrEnum):
    """What a measurement without data says."""

    HOLD = "hold"
    """Inconclusive: a person has to look."""
    FAIL = "fail"
    """Failed."""
    IGNORE = "ignore"
    """A judged metric does not count, by Kayenta's rule."""
    EVALUATE = "evaluate"
    """The conditions of a metric are asked all the same, as Argo does: with nil, an empty list or NaN."""


class Direction(StrEnum):
    """Which difference from the baseline is bad."""

    INCREASE = "increase"
    DECREASE = "decrease"
    EITHER = "either"


class EffectMeasure(StrEnum):
    """How the size of a difference is told."""

    MEAN_RATIO = "mean_ratio"
    """Mean of the canary / mean of the baseline; 1 is no difference."""
    CLES = "cles"
    """Common language effect size: probability that a value of the canary exceeds one of the baseline; 0.5 is none."""

    @property
    def none(self) -> float:
        """What no difference at all is in this measure."""
        return 1.0 if self is EffectMeasure.MEAN_RATIO else 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class MinimumSample:
    """How much there has to be before a measurement says anything, such as requests in the last minute."""

    query: str
    """Gives one number; of the metric's own source."""
    at_least: float


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectSize:
    """How large a difference has to be; None: what `measure` has for no difference, so that any will do."""

    measure: EffectMeasure = EffectMeasure.MEAN_RATIO
    allowed_increase: float | None = None
    """At or above it the canary is High."""
    allowed_decrease: float | None = None
    """At or below it the canary is Low."""
    critical_increase: float | None = None
    """At or above it a critical metric fails the whole analysis."""
    critical_decrease: float | None = None

    def allowed(self) -> tuple[float, float]:
        """Lower and upper limit."""
        return self._of(self.allowed_decrease), self._of(self.allowed_increase)

    def critical(self) -> tuple[float, float]:
        """Lower and upper limit for a critical metric."""
        return self._of(self.critical_decrease), self._of(self.critical_increase)

    def _of(self, limit: float | None) -> float:
        return self.measure.none if limit is None else limit


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgePolicy:
    """How a metric is compared with its baseline (Kayenta, NetflixACAJudge)."""

    direction: Direction = Direction.EITHER
    tolerance: float = 0.25
    """Share of the estimated difference that the confidence interval has to stay away from zero."""
    confidence: float = 0.98
    """Level of the confidence interval, 0..1 exclusive."""
    effect: EffectSize = field(default_factory=EffectSize)
    critical: bool = False
    """Its failure alone makes the score 0."""
    group: str = "default"
    no_data: NoData = NoData.HOLD
    replace_nan: bool = False
    """True: a missing value counts as 0; False: it is left out."""
    remove_outliers: bool = False
    """True: values beyond `outlier_factor` interquartile ranges are left out, on both sides."""
    outlier_factor: float = 3.0
    zero_baseline: NoData = NoData.HOLD
    """What a difference says when the baseline's mean is zero, so that there is no ratio; `ignore`: the test alone
    decides, as Kayenta does."""
    minimum: int = 0
    """Fewer values than this on either side are no data."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """Something that is measured again and again, and when it passes. Limits are exceeded by more than them."""

    name: str
    source: Source = Source.PROMETHEUS
    connection: str = "prometheus"
    """Airflow connection."""
    query: str = ""
    baseline_query: str = ""
    """Only with `judge`: the same of what the canary is compared with."""
    window: timedelta | None = None
    """The query is asked over so long up to now instead of now alone; Prometheus only. A judge always needs one."""
    step: timedelta | None = None
    """Distance of the values in `window`."""
    interval: timedelta | None = None
    """Time from one measurement to the next; None: there is only one."""
    initial_delay: timedelta = timedelta(0)
    count: int | None = None
    """Number of measurements; None or 0 with an interval: until the analysis is ended from outside."""
    success: str = ""
    """Condition under which a measurement is good; see `conditions`."""
    failure: str = ""
    """Condition under which it is bad. With both, neither: inconclusive."""
    failure_limit: int = 0
    """More bad ones than this fail it; -1: they never do."""
    inconclusive_limit: int = 0
    consecutive_error_limit: int = 4
    consecutive_success_limit: int | None = None
    """So many good ones in a row are enough, whatever else was; None or 0: not asked."""
    dry_run: bool = False
    """It is measured and told, and decides nothing."""
    minimum_sample: MinimumSample | None = None
    no_data: NoData = NoData.HOLD
    judge: JudgePolicy | None = None

    @property
    def effective_count(self) -> int | None:
        """Number of measurements that it takes; None: no end of its own (Argo's EffectiveCount)."""
        if not self.count:
            return 1 if self.interval is None else None
        return self.count


SCORE = "score"
"""Name under which the score of an analysis's judged metrics is measured: they decide together, not each by itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScorePolicy:
    """How the judged metrics of an analysis make one score 0..100, and what it has to be."""

    passing: float = 95.0
    """From it on the score is good."""
    marginal: float = 75.0
    """Below it the score is bad; between the two it is inconclusive."""
    groups: Mapping[str, float] = field(default_factory=dict)
    """Weight of each group in percent; groups without one share what is left of 100 equally."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Analysis:
    """Metrics that are measured together; the worst of them is its result."""

    name: str
    metrics: tuple[Metric, ...] = ()
    score: ScorePolicy = field(default_factory=ScorePolicy)

    def metric(self, name: str) -> Metric:
        """Metric of that name; KeyError with the known names."""
        for one in self.metrics:
            if one.name == name:
                return one
        raise KeyError(f"analysis {self.name} has no metric {name}; it has: {', '.join(m.name for m in self.metrics)}")

    def once(self) -> Analysis:
        """The same with one measurement of each metric, at once, that decides by itself."""
        metrics = tuple(
            replace(
                one,
                interval=None,
                initial_delay=timedelta(0),
                count=None,
                failure_limit=0,
                inconclusive_limit=0,
                consecutive_error_limit=0,
                consecutive_success_limit=None,
            )
            for one in self.metrics
        )
        return replace(self, metrics=metrics)

    @property
    def endless(self) -> tuple[str, ...]:
        """Names of the metrics that have no end of their own: they go on until the analysis is ended from outside."""
        return tuple(
            one.name for one in self.metrics if one.effective_count is None and not one.consecutive_success_limit
        )

    @property
    def judged(self) -> tuple[Metric, ...]:
        """Metrics that are compared with a baseline; they share one schedule and one set of limits."""
        return tuple(one for one in self.metrics if one.judge is not None)
