"""The part of a product file that is about analyses: what is measured while a version is rolled out, and when it passes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from release_ops.domain.analysis_policy import (
    Analysis,
    Direction,
    EffectMeasure,
    EffectSize,
    JudgePolicy,
    Metric,
    MinimumSample,
    NoData,
    ScorePolicy,
    Source,
)
from release_ops.domain.condition_syntax import ConditionError
from release_ops.domain.conditions import check
from release_ops.product_types import Part, Span, Text, wrong

CONNECTIONS: Mapping[Source, str] = {Source.PROMETHEUS: "prometheus", Source.SQL: "release_ops_db"}
"""Airflow connection of a source where a metric names none."""


def _by_name(value: Any) -> Any:
    """A list of metrics becomes the mapping from name to metric."""
    if not isinstance(value, list):
        return value
    found: dict[str, Any] = {}
    for item in value:
        if not isinstance(item, dict) or "name" not in item:
            raise wrong("a metric in a list needs a `name`", "or write a mapping from name to metric")
        if str(item["name"]) in found:
            raise wrong(f"metric {item['name']!r} is here twice", "rename one")
        found[str(item["name"])] = {key: part for key, part in item.items() if key != "name"}
    return found


def _condition(value: str) -> str:
    try:
        check(value)
    except ConditionError as error:
        message, _, remedy = str(error).partition("; ")
        if "ends too early" in message and "#" not in value:
            remedy += ", and put quotes around a condition with # in it: YAML takes the rest for a comment"
        raise wrong(message, remedy or "write one like result[0] < 0.01") from None
    return value


Flag = Annotated[bool, Field(strict=True)]
Finite = Annotated[float, Field(allow_inf_nan=False)]
Limit = Annotated[int, Field(strict=True, ge=0, le=1000)]
Ratio = Annotated[float, Field(gt=0, lt=1)]
Percent = Annotated[float, Field(ge=0, le=100)]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,39}$")]
Condition = Annotated[
    Text,
    AfterValidator(_condition),
    WithJsonSchema({"type": "string", "minLength": 1, "examples": ["result[0] < 0.01", "all(result, # < 0.5)"]}),
]


class MinimumSamplePart(Part):
    """How much there has to be before a measurement says anything."""

    query: Text
    """Gives one number, such as the requests of the last minute; asked of the metric's own source."""
    at_least: Finite
    """Below it there is no data."""


class EffectSizePart(Part):
    """How large a difference from the baseline has to be."""

    measure: EffectMeasure = EffectMeasure.MEAN_RATIO
    """`mean_ratio`: mean of the canary / mean of the baseline; `cles`: chance that a canary's value exceeds a baseline's."""
    allowed_increase: Finite | None = None
    """At or above it the metric is High; any increase without it."""
    allowed_decrease: Finite | None = None
    """At or below it the metric is Low; any decrease without it."""
    critical_increase: Finite | None = None
    """At or above it a critical metric fails the analysis by itself."""
    critical_decrease: Finite | None = None
    """At or below it a critical metric fails the analysis by itself."""


class JudgePart(Part):
    """How a metric is compared with its baseline, by Kayenta's judge."""

    direction: Direction = Direction.EITHER
    """Which difference is bad: `increase`, `decrease` or `either`."""
    tolerance: Annotated[float, Field(ge=0, lt=1)] = 0.25
    """Share of the estimated difference that the confidence interval has to keep away from zero."""
    confidence: Ratio = 0.98
    """Level of the confidence interval."""
    effect_size: EffectSizePart = EffectSizePart()
    critical: Flag = False
    """true: it fails the analysis by itself, whatever the score is."""
    group: Name = "default"
    """Group whose weight it shares in the score."""
    no_data: Literal["hold", "fail", "ignore"] = "hold"
    """What too little data says: `hold` for a person, `fail`, or `ignore` the metric as Kayenta does."""
    minimum: Limit = 5
    """So many values there have to be on either side; fewer are no data."""
    replace_nan: Flag = False
    """true: a value that is missing counts as 0; false: it is left out."""
    remove_outliers: Flag = False
    """true: values far beyond the quartiles are left out, on both sides."""
    outlier_factor: Annotated[float, Field(gt=0, le=100)] = 3.0
    """So many interquartile ranges beyond the quartiles an outlier begins."""
    zero_baseline: Literal["hold", "fail", "ignore"] = "hold"
    """What a difference says whose baseline is zero, so that there is no ratio; `ignore`: the test alone decides."""


class MetricPart(Part):
    """Something that is measured again and again, and when it passes."""

    source: Source = Source.PROMETHEUS
    """Where it comes from."""
    connection: Text | None = None
    """Airflow connection; `prometheus` or `release_ops_db` without it."""
    query: Text = Field(examples=['sum(rate(http_requests_total{version="{version}"}[1m]))'])
    """PromQL or SQL. May name {product}, {version}, {previous}, {environment} and {weight}."""
    baseline_query: Text | None = None
    """The same of what the canary is compared with, such as version="{previous}"; only with `judge`."""
    window: Span | None = None
    """The query is asked over so long up to now, instead of now alone; a judge of Prometheus needs it."""
    step: Span = timedelta(seconds=15)
    """Distance of the values in the window."""
    interval: Span | None = None
    """Time from one measurement to the next; there is only one without it."""
    initial_delay: Span = timedelta(0)
    """So long after the start of the analysis the first measurement comes."""
    count: Limit | None = None
    """Number of measurements; with an interval and without a count it goes on until the rollout is over."""
    success: Condition | None = None
    """Condition under which a measurement is good; `result` is what was measured."""
    failure: Condition | None = None
    """Condition under which it is bad; with both and neither of them true it is inconclusive."""
    failure_limit: Annotated[int, Field(strict=True, ge=-1, le=1000)] = 0
    """More bad measurements than this fail the metric; -1: they never do."""
    inconclusive_limit: Limit = 0
    """More inconclusive measurements than this hold the rollout."""
    consecutive_error_limit: Limit = 4
    """More failed queries in a row than this end the analysis with an error."""
    consecutive_success_limit: Limit | None = None
    """So many good measurements in a row are enough."""
    dry_run: Flag = False
    """true: it is measured and told, and decides nothing."""
    minimum_sample: MinimumSamplePart | None = None
    """What there has to be at least, before a measurement says anything."""
    no_data: Literal["hold", "fail", "evaluate"] = "hold"
    """What no data says: `hold` for a person, `fail`, or `evaluate` the conditions all the same as Argo does."""
    judge: JudgePart | None = None
    """Compares it with `baseline_query`, instead of by conditions."""


class ScorePart(Part):
    """What the judged metrics of an analysis make together: a score from 0 to 100."""

    passing: Percent = 95.0
    """From it on the score is good."""
    marginal: Percent = 75.0
    """Below it the score is bad; between the two a person has to look."""
    groups: dict[Name, Percent] = {}
    """Weight of each group in percent; groups without one share what is left of 100."""


Metrics = Annotated[dict[Name, MetricPart], BeforeValidator(_by_name)]


class AnalysisPart(Part):
    """Metrics that are measured together; the worst of them is the result."""

    like: Text | None = None
    """Name of one of `analysis_templates` that it begins from; what is written here changes it."""
    metrics: Metrics = {}
    """From name to metric; a list of metrics with `name` is understood too."""
    score: ScorePart = ScorePart()


class AnalysisTemplatePart(Part):
    """A ready-made analysis, that analyses begin from with `like`."""

    metrics: Metrics = {}
    """From name to metric."""
    score: ScorePart = ScorePart()


def with_templates(data: Any) -> Any:
    """Data of a product file in which each analysis with `like` has what its template has and it does not say itself."""
    analyses, templates = (
        (data.get("analyses"), data.get("analysis_templates")) if isinstance(data, Mapping) else (None, None)
    )
    if not isinstance(analyses, Mapping) or not isinstance(templates, Mapping):
        return data
    made = {}
    for name, own in analyses.items():
        template = templates.get(own.get("like")) if isinstance(own, Mapping) and _is_text(own.get("like")) else None
        made[name] = _merged(template, own) if isinstance(template, Mapping) else own
    return {**data, "analyses": made}


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _merged(base: Any, own: Any) -> Any:
    """Mappings key by key, the own value last; lists of metrics as the mappings that they stand for."""
    if isinstance(own, list) and all(isinstance(one, Mapping) and "name" in one for one in own):
        own = {str(one["name"]): {key: part for key, part in one.items() if key != "name"} for one in own}
    if not isinstance(base, Mapping) or not isinstance(own, Mapping):
        return own
    return {**base, **{key: _merged(base.get(key), value) for key, value in own.items()}}


def analyses_of(parts: Mapping[str, AnalysisPart]) -> dict[str, Analysis]:
    """The domain's analyses."""
    return {
        name: Analysis(
            name=name,
            metrics=tuple(_metric(key, one) for key, one in part.metrics.items()),
            score=ScorePolicy(passing=part.score.passing, marginal=part.score.marginal, groups=dict(part.score.groups)),
        )
        for name, part in parts.items()
    }


def _metric(name: str, part: MetricPart) -> Metric:
    sample = part.minimum_sample
    return Metric(
        name=name,
        source=part.source,
        connection=part.connection or CONNECTIONS[part.source],
        query=part.query.strip(),
        baseline_query=(part.baseline_query or "").strip(),
        window=part.window,
        step=part.step if part.window is not None else None,
        interval=part.interval,
        initial_delay=part.initial_delay,
        count=part.count,
        success=part.success or "",
        failure=part.failure or "",
        failure_limit=part.failure_limit,
        inconclusive_limit=part.inconclusive_limit,
        consecutive_error_limit=part.consecutive_error_limit,
        consecutive_success_limit=part.consecutive_success_limit,
        dry_run=part.dry_run,
        minimum_sample=None if sample is None else MinimumSample(query=sample.query.strip(), at_least=sample.at_least),
        no_data=NoData(part.no_data),
        judge=None if part.judge is None else _judge(part.judge),
    )


def _judge(part: JudgePart) -> JudgePolicy:
    return JudgePolicy(
        direction=part.direction,
        tolerance=part.tolerance,
        confidence=part.confidence,
        effect=EffectSize(**part.effect_size.model_dump()),
        critical=part.critical,
        group=part.group,
        no_data=NoData(part.no_data),
        replace_nan=part.replace_nan,
        remove_outliers=part.remove_outliers,
        outlier_factor=part.outlier_factor,
        zero_baseline=NoData(part.zero_baseline),
        minimum=part.minimum,
    )
