"""One look at an item of a validation list: a measurement, an address, a program; what fails is said, never raised."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

from airflow.sdk import BaseHook

from release_ops.adapters.http_probe import ProbeError, probe
from release_ops.adapters.program import ProgramError, run_program
from release_ops.domain import analysis as analysing
from release_ops.domain.analysis import Measured
from release_ops.domain.analysis_policy import Analysis, Metric, Source
from release_ops.domain.analysis_run import Phase
from release_ops.domain.deploy_plan import in_words
from release_ops.domain.deploy_readiness_policy import ValidationItem
from release_ops.domain.model import Outcome
from release_ops.domain.validation import Result
from release_ops.operators.deploy_checks import filled
from release_ops.operators.measuring import measure
from release_ops.product import project_root

_OUTCOMES = {Phase.SUCCESSFUL: Outcome.PASS, Phase.FAILED: Outcome.FAIL}


@dataclass(frozen=True, slots=True, kw_only=True)
class Looking:
    """What there is to look with: the analyses of the product, the facts that queries name, and how metrics are measured."""

    analyses: Mapping[str, Analysis]
    facts: Mapping[str, str]
    """product, version, previous, environment and weight."""
    measure: Callable[[Metric, Mapping[str, str], datetime], Measured] = measure
    clock: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))


def look(item: ValidationItem, looking: Looking, *, attempts: int) -> Result:
    """What an item gives now. `attempts` is how often it was looked at, this time included."""
    try:
        outcome, observed, expected, detail = _LOOKS[item.kind](item, looking)
    except Exception as error:
        said = f"{type(error).__name__}: {' '.join(str(error).split())[:500]}"
        outcome, observed, expected, detail = Outcome.UNKNOWN, "could not be looked at", item.title, said
    return Result(
        item=item.id,
        outcome=outcome,
        at=looking.clock(),
        attempts=attempts,
        observed=observed,
        expected=expected,
        detail=detail,
    )


_Found = tuple[Outcome, str, str, str]


def _analysis(item: ValidationItem, looking: Looking) -> _Found:
    known = looking.analyses.get(item.analysis)
    if known is None:
        detail = "the product file no longer has it; write it under `analyses`"
        return Outcome.UNKNOWN, "no such analysis", item.analysis, detail
    return _once(known, looking)


def _measured(item: ValidationItem, looking: Looking) -> _Found:
    spec = item.spec
    metric = Metric(
        name=item.id,
        source=Source(item.kind),
        connection=str(spec["connection"]),
        query=str(spec["query"]),
        success=str(spec["success"]),
    )
    return _once(Analysis(name=item.title, metrics=(metric,)), looking)


def _once(analysis: Analysis, looking: Looking) -> _Found:
    """Each metric of an analysis measured once, now: a list of checks asks how things are, not how they go on."""
    single = replace(
        analysis,
        metrics=tuple(
            replace(one, count=1, interval=None, initial_delay=timedelta(0), consecutive_success_limit=None)
            for one in analysis.metrics
        ),
    )
    now = looking.clock()
    run = analysing.start(single, now)
    found = [looking.measure(one, looking.facts, now) for one in analysing.due(single, run, now)]
    run = analysing.record(single, run, found, now)
    # An error is tried again by an analysis; here the item's own retries say how often.
    broken = "; ".join(f"{one.metric}: {one.error}" for one in found if one.error)
    observed = ", ".join(f"{one.metric} {_shown(one)}" for one in found)
    expected = "; ".join(one.success or f"not {one.failure}" for one in analysis.metrics if one.success or one.failure)
    if broken:
        return Outcome.UNKNOWN, observed, expected, broken
    return _OUTCOMES.get(run.phase, Outcome.UNKNOWN), observed, expected, run.message


def _shown(one: Measured) -> str:
    if one.error or one.value is None:
        return "no data"
    values = one.value if isinstance(one.value, tuple) else (one.value,)
    return "[" + ", ".join(f"{value:g}" for value in values[:5]) + ("]" if len(values) <= 5 else ", ...]")


def _http(item: ValidationItem, looking: Looking) -> _Found:
    spec = item.spec
    url = filled(str(spec["url"]), looking.facts, escape=lambda value: quote(value, safe=""))
    text = filled(str(spec.get("contains") or ""), looking.facts)
    expected = f"{spec['status']}" + (f" with {text}" if text else "")
    auth = None
    if spec.get("connection"):
        connection = BaseHook.get_connection(str(spec["connection"]))
        auth = (connection.login or "", connection.password or "")
    try:
        answer = probe(url, timeout=spec["timeout"], auth=auth)
    except ProbeError as error:
        # What does not answer is down: that is what a health address is asked for.
        return Outcome.FAIL, "no answer", expected, str(error)
    if answer.status != spec["status"]:
        return Outcome.FAIL, f"{answer.status}", expected, url
    if text and text.encode() not in answer.content:
        return Outcome.FAIL, f"{answer.status} without {text}", expected, url
    return Outcome.PASS, expected, expected, ""


def _command(item: ValidationItem, looking: Looking) -> _Found:
    argv = [filled(str(one), looking.facts) for one in item.spec["run"]]
    try:
        ended = run_program(argv, timeout=item.spec["timeout"], folder=project_root())
    except ProgramError as error:
        return Outcome.UNKNOWN, "did not run", "ends with 0", str(error)
    said = ended.output[-500:]
    if ended.code is None:
        return Outcome.UNKNOWN, f"no end within {in_words(item.spec['timeout'])}", "ends with 0", said
    outcome = Outcome.FAIL if ended.code else Outcome.PASS
    return outcome, f"ends with {ended.code}", "ends with 0", said


_LOOKS: Mapping[str, Callable[[ValidationItem, Looking], _Found]] = {
    "analysis": _analysis,
    "prometheus": _measured,
    "sql": _measured,
    "http": _http,
    "command": _command,
}
