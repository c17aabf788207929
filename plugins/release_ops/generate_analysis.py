"""Analyses of a product file as Argo Rollouts' AnalysisTemplates: the same metrics, conditions and limits."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from release_ops.domain.analysis_policy import Analysis, Metric, NoData, Source

API = "argoproj.io/v1alpha1"
VERSION_LABEL = "app.kubernetes.io/version"
KNOWN_ARGS = ("product", "environment", "version")
"""Placeholders that Argo can be told; `previous` and `weight` are known to Release Ops alone."""
_PLACEHOLDER = re.compile(r"\{(product|version|previous|environment|weight)\}")
_IN_REGEX = re.compile(r"=~\s*(\"[^\"]*\{version\}[^\"]*\"|'[^']*\{version\}[^']*')")
_OF_A_LIST = re.compile(r"result\s*\[|\(\s*result\b|\bin\s+result\b")


@dataclass(slots=True)
class Templates:
    """AnalysisTemplates of one environment, by the analysis that they are of."""

    documents: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def note(self, text: str) -> None:
        """Add what cannot be said, once."""
        if text not in self.notes:
            self.notes.append(text)

    def reference(self, analyses: Sequence[str]) -> list[dict[str, str]]:
        """The templates of some analyses, as a step names them."""
        return [
            {"templateName": self.documents[name]["metadata"]["name"]} for name in analyses if name in self.documents
        ]


def name_of(text: str) -> str:
    """Name that Kubernetes takes."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:63].rstrip("-") or "x"


def span(value: timedelta) -> str:
    """Duration as Argo writes it: 90s, 10m, 24h."""
    seconds = int(value.total_seconds())
    for unit, size in (("h", 3600), ("m", 60)):
        if seconds and seconds % size == 0:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"


def templates(product: str, analyses: Sequence[Analysis], prometheus: str, namespace: str) -> Templates:
    """AnalysisTemplates of those analyses that Argo can measure; what it cannot is noted."""
    made = Templates()
    for analysis in analyses:
        metrics = [metric for one in analysis.metrics if (metric := _metric(analysis, one, made)) is not None]
        if not metrics:
            made.note(f"analysis {analysis.name}: none of its metrics can be measured by Argo; its steps are left out")
            continue
        spec: dict[str, Any] = {"args": _args(metrics, prometheus), "metrics": metrics}
        dry = [one.name for one in analysis.metrics if one.dry_run and one.name in {made_["name"] for made_ in metrics}]
        if dry:
            spec["dryRun"] = [{"metricName": f"^{re.escape(name)}$"} for name in dry]
        metadata = {"name": name_of(f"{product}-{analysis.name}"), "namespace": namespace}
        made.documents[analysis.name] = {
            "apiVersion": API,
            "kind": "AnalysisTemplate",
            "metadata": metadata,
            "spec": spec,
        }
    return made


def args(product: str, environment: str) -> list[dict[str, Any]]:
    """What a Rollout tells its analyses."""
    return [
        {"name": "product", "value": product},
        {"name": "environment", "value": environment},
        {"name": "version", "valueFrom": {"fieldRef": {"fieldPath": f"metadata.labels['{VERSION_LABEL}']"}}},
    ]


def _args(metrics: Sequence[Mapping[str, Any]], prometheus: str) -> list[dict[str, str]]:
    """Every template takes all that a Rollout tells: Argo minds no argument that is not used."""
    return [*({"name": name} for name in KNOWN_ARGS), {"name": "prometheus-address", "value": prometheus}]


def _metric(analysis: Analysis, metric: Metric, made: Templates) -> dict[str, Any] | None:
    where = f"analysis {analysis.name}: metric {metric.name}"
    if metric.judge is not None:
        made.note(
            f"{where}: Argo has no judge that compares with a baseline by itself (it asks a Kayenta server); left out"
        )
        return None
    if metric.source is not Source.PROMETHEUS:
        made.note(f"{where}: Argo cannot ask a database ({metric.source.value}); left out")
        return None
    sample = metric.minimum_sample.query if metric.minimum_sample is not None else ""
    strange = sorted(set(_PLACEHOLDER.findall(metric.query + sample)) - set(KNOWN_ARGS))
    if strange:
        made.note(f"{where}: Argo does not know {{{strange[0]}}}; left out")
        return None
    if _IN_REGEX.search(metric.query + sample):
        made.note(f"{where}: Argo does not escape {{version}} in a regular expression: a dot in it stands for any sign")
    success, failure = _conditions(metric, where, made)
    found: dict[str, Any] = {"name": metric.name}
    if metric.initial_delay:
        found["initialDelay"] = span(metric.initial_delay)
    if metric.interval is not None:
        found["interval"] = span(metric.interval)
    if metric.count:
        found["count"] = metric.count
    found |= {key: value for key, value in (("successCondition", success), ("failureCondition", failure)) if value}
    found["failureLimit"] = metric.failure_limit
    found["inconclusiveLimit"] = metric.inconclusive_limit
    found["consecutiveErrorLimit"] = metric.consecutive_error_limit
    if metric.consecutive_success_limit:
        found["consecutiveSuccessLimit"] = metric.consecutive_success_limit
    provider: dict[str, Any] = {"address": "{{args.prometheus-address}}", "query": _query(metric)}
    if metric.window is not None:
        step = span(metric.step) if metric.step is not None else "15s"
        start = f'now() - duration("{span(metric.window)}")'
        made.note(f"{where}: it is asked over a time (rangeQuery), which takes Argo Rollouts 1.8 or later")
        provider["rangeQuery"] = {"start": start, "end": "now()", "step": step}
    found["provider"] = {"prometheus": provider}
    return found


def _query(metric: Metric) -> str:
    query = _filled(metric.query)
    if metric.minimum_sample is None:
        return query
    return f"({query}) and on() (({_filled(metric.minimum_sample.query)}) >= {metric.minimum_sample.at_least:g})"


def _filled(query: str) -> str:
    return _PLACEHOLDER.sub(lambda match: f"{{{{args.{match[1]}}}}}", query)


def _conditions(metric: Metric, where: str, made: Templates) -> tuple[str, str]:
    """Conditions that say of no data what the product file says of it.

    Argo makes an Error of an empty answer; here it is neither good nor bad (hold), or bad (fail).
    """
    success, failure = metric.success, metric.failure
    if not (success or failure) or metric.no_data is NoData.IGNORE:
        return success, failure
    if not _OF_A_LIST.search(success + failure):
        if metric.minimum_sample is not None or metric.no_data is NoData.FAIL:
            made.note(f"{where}: its conditions are not about a list, so that no data is an Error to Argo")
        return success, failure
    there = "any(result, {!isNaN(#)})"
    good = f"({success})" if success else f"!({failure})"
    bad = f"({failure})" if failure else f"!({success})"
    if metric.no_data is NoData.FAIL:
        return f"{there} && {good}", f"!{there} || {bad}"
    return f"{there} && {good}", f"{there} && {bad}"
