"""What an analysis of a product file must be in itself: queries that can be filled in, limits that can be reached."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from release_ops.domain.analysis_policy import PLACEHOLDERS, SCORE, Analysis, Metric, NoData, Source
from release_ops.domain.model import Product
from release_ops.domain.query_text import PlaceholderError, check_query, unknown_placeholders
from release_ops.product_errors import Problem, did_you_mean
from release_ops.product_validation import Steps, located
from release_ops.product_yaml import Node

Said = tuple[str, str, str]
"""Field (dotted, empty for the whole), what is wrong with it, and the remedy."""

SHARED: Mapping[str, Callable[[Metric], Any]] = {
    "interval": lambda one: one.interval,
    "initial_delay": lambda one: one.initial_delay,
    "count": lambda one: one.count,
    "failure_limit": lambda one: one.failure_limit,
    "inconclusive_limit": lambda one: one.inconclusive_limit,
    "consecutive_error_limit": lambda one: one.consecutive_error_limit,
    "consecutive_success_limit": lambda one: one.consecutive_success_limit,
}
"""What the judged metrics of an analysis have in common, because they are measured and scored together."""


def analysis_problems(product: Product, root: Node) -> list[Problem]:
    """Return what is wrong with the analyses: templates that are not there, queries, conditions, limits and groups."""
    found = [problem for one in product.analyses.values() for problem in _analysis(one, root)]
    return [problem for problem in found if problem.file == root.file]


def _analysis(analysis: Analysis, root: Node) -> Iterator[Problem]:
    path: Steps = ("analyses", analysis.name)
    node = _child(_child(root, "analyses"), analysis.name)
    like = _child(node, "like")
    templates = _child(root, "analysis_templates")
    known = [*templates.value] if templates is not None and isinstance(templates.value, dict) else []
    if like is not None and str(like.value) not in known:
        remedy = did_you_mean(str(like.value), known) or "write its metrics"
        yield located(root, (*path, "like"), "there is no such template", remedy)
        return
    if not analysis.metrics:
        yield located(root, path, "measures nothing", "write at least one metric, or `like:` with a template's name")
    for metric in analysis.metrics:
        below = _place(path, node, metric.name)
        for field, message, remedy in _metric(metric, analysis):
            steps: Steps = (*below, *field.split(".")) if field else below
            yield located(root, steps, message, remedy)
    for field, message, remedy in _score(analysis):
        yield located(root, (*path, "score", *field.split(".")), message, remedy)


def _metric(metric: Metric, analysis: Analysis) -> Iterator[Said]:
    yield from _queries(metric)
    yield from _verdict(metric)
    yield from _limits(metric)
    if metric.judge is None:
        if metric.name == SCORE and analysis.judged:
            yield "", "has the name of the judged metrics' score", "rename it"
        return
    first = analysis.judged[0]
    for field, get in SHARED.items():
        if get(metric) != get(first):
            message = f"differs from that of {first.name}; judged metrics are measured and scored together"
            yield field, message.partition("; ")[0], f"write the same; {message.partition('; ')[2]}"


def _queries(metric: Metric) -> Iterator[Said]:
    sql = metric.source is Source.SQL
    sample = metric.minimum_sample
    texts = {
        "query": metric.query,
        "baseline_query": metric.baseline_query,
        "minimum_sample.query": sample.query if sample else "",
    }
    for field, text in texts.items():
        unknown = unknown_placeholders(text)
        if unknown:
            remedy = did_you_mean(unknown[0], PLACEHOLDERS)
            yield field, f"{{{unknown[0]}}} is no placeholder", remedy
            continue
        try:
            check_query(text, sql=sql)
        except PlaceholderError as error:
            message, _, remedy = str(error).partition("; ")
            yield field, message, remedy
    if sql and metric.window is not None:
        yield (
            "window",
            "is for Prometheus",
            "ask for the time in the statement, like at > now() - interval '10 minutes'",
        )


def _verdict(metric: Metric) -> Iterator[Said]:
    has_conditions = bool(metric.success or metric.failure)
    if metric.judge is None:
        if metric.baseline_query:
            yield "baseline_query", "is not used without a judge", "add `judge: {}`, or remove it"
        if not has_conditions:
            yield "", "never fails", "add `success:` or `failure:`, or `judge:` with a `baseline_query`"
        if metric.minimum_sample is not None and metric.no_data is NoData.EVALUATE:
            yield "minimum_sample", "is not used with no_data: evaluate", "write no_data: hold or fail, or remove it"
        return
    if not metric.baseline_query:
        remedy = 'add `baseline_query:`, such as the same query with version="{previous}"'
        yield "judge", "has nothing to compare with", remedy
    if has_conditions:
        field = "success" if metric.success else "failure"
        yield field, "is not asked of a judged metric", "remove it, or put it into a metric of its own"
    if metric.source is Source.PROMETHEUS and metric.window is None:
        yield "judge", "compares the values of a window, and there is none", "add `window:`, like 10m"


def _limits(metric: Metric) -> Iterator[Said]:
    """What Argo Rollouts refuses too (ValidateMetric)."""
    count, in_a_row = metric.count or 0, metric.consecutive_success_limit or 0
    if count > 1 and metric.interval is None:
        yield "count", "has no interval", "add `interval:`, like 30s"
    if metric.failure_limit == -1 and not in_a_row:
        yield "failure_limit", "leaves nothing that decides", "write 0 or more, or add `consecutive_success_limit:`"
    if not count:
        return
    needed = max(metric.failure_limit, 0) + in_a_row
    if count < needed:
        remedy = f"write {needed} or more, or lower failure_limit or consecutive_success_limit"
        yield "count", "is less than failure_limit + consecutive_success_limit", remedy
    if count < metric.inconclusive_limit:
        yield "count", "is less than inconclusive_limit", f"write {metric.inconclusive_limit} or more"


def _score(analysis: Analysis) -> Iterator[Said]:
    score = analysis.score
    if score.marginal > score.passing:
        yield "marginal", f"is above passing {score.passing:g}", "write at most that"
    groups = list(dict.fromkeys(one.judge.group for one in analysis.judged if one.judge))
    for name in score.groups:
        if name not in groups:
            remedy = did_you_mean(name, groups) or "remove it"
            yield f"groups.{name}", "no judged metric is in this group", remedy
    total = sum(score.groups.values())
    rest = [name for name in groups if name not in score.groups]
    if total > 100:
        yield "groups", f"weigh {total:g} percent together", "write weights of at most 100 in all"
    elif score.groups and not rest and total != 100 and not score.groups.keys() - set(groups):
        yield "groups", f"weigh {total:g} percent together", "write weights of 100 in all"
    elif rest and total == 100:
        remedy = f"lower the others, or weigh {rest[0]} too"
        yield "groups", f"leave nothing for the group {rest[0]}", remedy


def _place(path: Steps, node: Node | None, metric: str) -> Steps:
    """Where a metric is written: below its name, or at its place in a list."""
    metrics = _child(node, "metrics")
    if metrics is not None and isinstance(metrics.value, list):
        for index, one in enumerate(metrics.value):
            name = _child(one, "name")
            if name is not None and str(name.value) == metric:
                return (*path, "metrics", index)
    return (*path, "metrics", metric)


def _child(node: Node | None, key: str) -> Node | None:
    return node.value.get(key) if node is not None and isinstance(node.value, dict) else None
