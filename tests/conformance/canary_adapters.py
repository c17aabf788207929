"""How the cases of Argo Rollouts and Kayenta are put to our analysis, conditions, judge and score.

Each function takes one case and returns what differs from what its suite expects; empty: it passes.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from release_ops.domain.analysis_policy import Direction, EffectMeasure, EffectSize, Metric
from release_ops.domain.analysis_run import Measurement, MetricResult, Phase
from release_ops.domain.analysis_status import assess_metric
from release_ops.domain.conditions import ConditionError, assess, evaluate
from release_ops.domain.judge import Classification, Label, classify, classify_means
from release_ops.domain.judge_score import Scored, score
from release_ops.domain.mann_whitney import brent, mann_whitney, wilcoxon_difference

AT = datetime(2026, 3, 2, tzinfo=UTC)
FLOATS = {"service_apdex": {"label": None, "values": {"values": [2.0, 2.0]}}}
GO = {"true": True, "nil": None, "[]float64{}": [], "float64(5)": 5.0}
"""Values that the suites write in Go."""
CRITICAL = {
    "Critical Effect Size: Critical High",
    "Critical Effect Size: Critical Low",
    "Critical Effect Size: Critical High (Default Thresholds)",
    "Mann-Whitney Missing Experiment Data: Critical Metric",
    "Mann-Whitney Zero Mean: Critical Metric",
}
"""Tests of Kayenta that expect `critical`; all others that speak of it expect that it is not."""


def cases(folder: Path) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Suite, name and content of each case below a folder."""
    for path in sorted(folder.glob("*.json")):
        data = json.loads(path.read_text(encoding="utf-8"))
        if path.stem == "argo_evaluate_result":
            lists = {name: data[name] for name in ("evaluate_result", "expressions")}
            yield path.stem, "worst_order", {"worst_order": data["worst_order"]}
        else:
            lists = {"": data.get("cases") or data.get("tests") or []}
        for kind, found in lists.items():
            for place, case in enumerate(found):
                name = case.get("test") or case.get("name") or case.get("expr")
                yield path.stem, f"{kind}{place}-{name}", {**case, "tolerance": data.get("tolerance", 1e-6)}


def differences(suite: str, case: dict[str, Any]) -> list[str]:
    """What differs from the expectation of a case."""
    return list(
        {
            "argo_assess_metric_status": metric_status,
            "argo_evaluate_result": evaluation,
            "kayenta_classifier": classification,
            "kayenta_mannwhitney": rank_test,
            "kayenta_scorer": summary_score,
        }[suite](case)
    )


def differ(what: str, expected: Any, ours: Any) -> Iterator[str]:
    if expected != ours:
        yield f"{what}: expected {expected!r}, not {ours!r}"


def metric_status(case: dict[str, Any]) -> Iterator[str]:
    settings = dict(case["metric"])
    if "Interval" in settings:
        settings["Interval"] = timedelta(seconds=int(settings["Interval"].removesuffix("s")))
    metric = Metric(name="m", **{snake(name): value for name, value in settings.items()})
    phases = [Phase(phase) for phase in case["measurement_phases"]]
    result = MetricResult(
        name="m",
        measurements=tuple(
            Measurement(metric="m", phase=phase, started_at=AT, finished_at=AT if phase.completed else None)
            for phase in phases
        ),
        **{snake(name): value for name, value in case["result"].items()},
    )
    yield from differ("phase", case["expected_phase"], assess_metric(metric, result, terminating=case["terminating"]))


def snake(name: str) -> str:
    return re.sub(r"(?<!^)([A-Z])", r"_\1", name).lower()


def evaluation(case: dict[str, Any]) -> Iterator[str]:
    if "worst_order" in case:
        yield from differ("order", case["worst_order"], [phase.value for phase in Phase])
    elif "expr" in case:
        yield from differ("answer", case["expected"], answer(case["expr"], value_of(case)))
    else:
        phase, message = assess(
            GO.get(case["result"], case["result"]),
            success=case["success_condition"],
            failure=case["failure_condition"],
        )
        yield from differ("phase", case["phase"], phase)
        yield from differ("error", case["phase"] == "Error", bool(message))


def value_of(case: dict[str, Any]) -> Any:
    value = case["result"]
    if value == "floats":
        return FLOATS if "apdex" in case["expr"] else [2.0, 2.0]
    if isinstance(value, str):
        return value[1:-1] if value[:1] == '"' else GO.get(value, value)
    return value


def answer(condition: str, result: Any) -> bool:
    """As EvalCondition: what cannot be answered is false."""
    try:
        return evaluate(condition, result)
    except ConditionError:
        return False


def classification(case: dict[str, Any]) -> Iterator[str]:
    metrics = {name: one["values"] for name, one in case["metrics"].items()}
    settings = {one["var"]: (one["type"], one["args"]) for one in case["classifiers"]}
    results: dict[str, Classification] = {}
    for call in case["calls"]:
        kind, arguments = settings[call["classifier"]]
        words = [word.strip() for word in call["args"].split(",")]
        asked: dict[str, Any] = {
            "direction": Direction(next(word for word in words if "MetricDirection." in word).split(".")[1].lower()),
            "replace_nan": "NaNStrategy.Replace" in words,
            "critical": "isCriticalMetric = true" in words,
            "must_have_data": "isDataRequired = true" in words,
        }
        control, experiment = metrics[words[0]], metrics[words[1]]
        if kind == "MeanInequalityClassifier":
            results[call["var"]] = classify_means(control, experiment, **asked)
            continue
        effect = EffectSize(
            measure=EffectMeasure.CLES if "CLES" in case["test"] else EffectMeasure.MEAN_RATIO,
            **pair(arguments, "effectSizeThresholds", "allowed"),
            **pair(arguments, "criticalThresholds", "critical"),
        )
        results[call["var"]] = classify(
            control,
            experiment,
            name=case["metrics"][words[1]]["name"],
            tolerance=number(arguments, "tolerance"),
            confidence=number(arguments, "confLevel"),
            effect=effect,
            **asked,
        )
    for one in case["asserts"]:
        ours = getattr(results[one["var"]], {"classification": "label"}.get(one["field"], one["field"]))
        expected = one["equals"]
        if expected == ".isNaN":
            yield from differ(one["field"], True, math.isnan(ours))
        elif one["field"] == "critical":
            # The file says that it is asserted, not which way; the suite's source does.
            yield from differ("critical", case["test"].rsplit(" - ")[-1] in CRITICAL, ours)
        else:
            yield from differ(one["field"], float(expected) if one["field"] == "deviation" else expected, ours)
    if not case["asserts"]:
        yield from differ("reason", True, bool(results["result"].reason))


def number(text: str, name: str) -> float:
    match = re.search(rf"{name}\s*=\s*([-\d.]+)", text)
    assert match, text
    return float(match[1])


def pair(text: str, name: str, prefix: str) -> dict[str, float]:
    match = re.search(rf"{name}\s*=\s*\(([-\d.]+),\s*([-\d.]+)", text)
    return {f"{prefix}_decrease": float(match[1]), f"{prefix}_increase": float(match[2])} if match else {}


def rank_test(case: dict[str, Any]) -> Iterator[str]:
    x, y, confidence = case["experiment"], case["control"], case["confidence"]
    expected = case["expected"]
    near = case["tolerance"]
    for one in expected.get("wilcoxon_diff", ()):
        yield from close("wilcoxon_diff", one["value"], wilcoxon_difference(one["mu"], one["quantile"], x, y), near)
    if "ci_low" in expected:
        found = mann_whitney(x, y, confidence=confidence)
        yield from close("ci_low", expected["ci_low"], found.low, near)
        yield from close("ci_high", expected["ci_high"], found.high, near)
        # The suite itself allows 1e-4 here: that is the tolerance of the root that it looks for.
        yield from close("estimate", expected["estimate"], found.estimate, 1e-4)
    if "r_reference" in expected:
        yield from steps(x, y, expected["r_reference"], near)


def steps(x: list[float], y: list[float], r: dict[str, float], near: float) -> Iterator[str]:
    """The intermediate values of R's own computation, one by one."""
    least, most = min(x) - max(y), max(x) - min(y)
    found = {"rMumin": least, "rMumax": most}
    for quantile, low, high, root in (
        (r["rZqLower"], "rFlower1", "rFupper1", "rCil"),
        (r["rZqUpper"], "rFlower2", "rFupper2", "rCiu"),
        (0.0, "", "", "rEst"),
    ):
        lower, upper = wilcoxon_difference(least, quantile, x, y), wilcoxon_difference(most, quantile, x, y)
        found |= {low: lower, high: upper}
        found[root] = brent(least, most, lower, upper, lambda mu, q=quantile: wilcoxon_difference(mu, q, x, y))
    for name, value in r.items():
        if name in found:
            yield from close(name, value, found[name], near)


def close(what: str, expected: float, ours: float, near: float) -> Iterator[str]:
    if not math.isclose(expected, ours, rel_tol=0, abs_tol=near):
        yield f"{what}: expected {expected!r}, not {ours!r}"


def summary_score(case: dict[str, Any]) -> Iterator[str]:
    metrics = [
        Scored(
            name=one["name"],
            label=Label(one["classification"]),
            groups=tuple(one["groups"]),
            critical=one["critical"],
        )
        for one in case["metrics"]
    ]
    yield from differ("score", case["expected_summary_score"], score(metrics, case["group_weights"]).summary)
