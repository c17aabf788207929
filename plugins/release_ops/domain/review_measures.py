"""The measures of a review by name: what objectives are held to, what rules ask about, what findings tell.

Each is worked out from the facts alone, and is None where it is not known: never 0 for unknown.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from statistics import fmean, median
from typing import Any, NamedTuple

from release_ops.domain.process_optimiser import hours_text
from release_ops.domain.process_time import CATEGORIES, Spent, covered, spent
from release_ops.domain.review_compare import BETTER, WORSE, Comparison
from release_ops.domain.review_facts import ReviewFacts, Row
from release_ops.domain.words import days_text

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
SEVERE = ("critical", "high")


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """The facts with what several measures need."""

    facts: ReviewFacts
    comparisons: Sequence[Comparison]
    parts: Sequence[Spent]


class Measure(NamedTuple):
    """How a measure is called, its unit, which end is good, and how it is found."""

    title: str
    unit: str
    """count, days, hours, ratio, score (-1..1) or share (a Brier score)."""
    high_is_good: bool | None
    of: Callable[[Looked], float | None]


def _card(name: str, unit: timedelta | None = None) -> Callable[[Looked], float | None]:
    def found(look: Looked) -> float | None:
        value: Any = look.facts.scorecard.get(name)
        if value is None:
            return None
        return value / unit if unit is not None else float(value)

    return found


def blocked(attempts: Sequence[Row]) -> timedelta:
    """Time from each failed try of a gate to the next try of the same gate, added up."""
    by_gate: dict[str, list[Row]] = defaultdict(list)
    for one in attempts:
        by_gate[one["gate"]].append(one)
    return sum(
        (
            max(after["evaluated_at"] - before["decided_at"], timedelta(0))
            for tries in by_gate.values()
            for before, after in pairwise(tries)
            if before["verdict"] == "fail"
        ),
        timedelta(0),
    )


def _blocked(look: Looked) -> float | None:
    return blocked(look.facts.attempts) / HOUR if look.facts.attempts else None


def _waits(look: Looked) -> list[timedelta]:
    return [
        max(one["answered_at"] - one["asked_at"], timedelta(0))
        for one in look.facts.approvals
        if one["asked_at"] is not None and one["answered_at"] is not None
    ]


def _answer_median(look: Looked) -> float | None:
    waits = _waits(look)
    return median(one / HOUR for one in waits) if waits else None


def _answer_longest(look: Looked) -> float | None:
    waits = _waits(look)
    return max(waits) / HOUR if waits else None


def _added(look: Looked) -> float | None:
    """Features that were not in the plan; None without a plan."""
    rows = look.facts.features
    if not any(one["planned"] is not None for one in rows):
        return None
    return float(sum(one["planned"] is None for one in rows))


def _left_out(look: Looked) -> float | None:
    card = look.facts.scorecard
    total, done = card.get("scope_total"), card.get("scope_done")
    return None if total is None or done is None else float(max(total - done, 0))


def _incidents(severe: bool) -> Callable[[Looked], float | None]:
    def found(look: Looked) -> float | None:
        rows = look.facts.incidents
        if rows is None:
            return None
        return float(sum(not severe or one["severity"] in SEVERE for one in rows))

    return found


def _restored(look: Looked) -> float | None:
    times = [
        (one["resolved_at"] - one["started_at"]) / HOUR
        for one in look.facts.incidents or ()
        if one["resolved_at"] is not None
    ]
    return median(times) if times else None


def _survey(kind: str) -> Callable[[Looked], float | None]:
    def found(look: Looked) -> float | None:
        told = [
            float(one["score"])
            for one in look.facts.surveys
            if one["kind"] == kind and one["audience"] is None and one["state"] == "told" and one["score"] is not None
        ]
        return told[-1] if told else None

    return found


def _brier(look: Looked) -> float | None:
    scores = [float(one["brier"]) for one in look.facts.predictions if one["brier"] is not None]
    return fmean(scores) if scores else None


def _sure(look: Looked) -> float | None:
    for one in look.facts.predictions:
        if one["kind"] == "ga_date" and one["subject"] == "p85" and one["days_off"] is not None:
            return float(one["days_off"])
    return None


def _rollouts(*states: str) -> Callable[[Looked], float | None]:
    def found(look: Looked) -> float | None:
        rows = look.facts.rollouts
        return float(sum(one["state"] in states for one in rows)) if rows else None

    return found


def _held(look: Looked) -> float | None:
    rows = look.facts.rollouts
    return float(sum(bool(one["holds"]) for one in rows)) if rows else None


def _category(name: str) -> Callable[[Looked], float | None]:
    def found(look: Looked) -> float | None:
        course = look.facts.course
        if course is None or not course.lead_time:
            return None
        return sum((one.time for one in look.parts if one.category == name), timedelta(0)) / course.lead_time

    return found


def _lead_time(look: Looked) -> float | None:
    return look.facts.course.lead_time / DAY if look.facts.course is not None else None


def _approvals_path(look: Looked) -> float | None:
    if look.facts.course is None:
        return None
    spells = [one for one in look.facts.course.spells if one.activity == "approval"]
    return covered(spells) / HOUR if spells else None


def _count(verdict: str) -> Callable[[Looked], float | None]:
    def found(look: Looked) -> float | None:
        known = [one for one in look.comparisons if one.p is not None]
        return float(sum(one.verdict == verdict for one in known)) if known else None

    return found


def _overdue(look: Looked) -> float | None:
    rows = look.facts.earlier_actions
    day = look.facts.now.date()
    return float(sum(one["state"] == "open" and one["due_on"] < day for one in rows)) if rows else None


MEASURES: Mapping[str, Measure] = {
    "days_late": Measure("Days after the planned GA", "days", False, _card("days_late")),
    "days_after_first_plan": Measure("Days after the first plan of GA", "days", False, _card("days_after_first_plan")),
    "slips": Measure("Moves of its dates", "count", False, _card("slips")),
    "breaches": Measure("Moves that breached the notice policy", "count", False, _card("breaches")),
    "scope_delivered": Measure(
        "Share of the planned scope that was delivered", "ratio", True, _card("scope_delivered")
    ),
    "features_left_out": Measure("Planned features that were not delivered", "count", False, _left_out),
    "features_added": Measure("Features that came after planning", "count", False, _added),
    "first_time_ratio": Measure("Gates that passed at the first try", "ratio", True, _card("first_time_ratio")),
    "gate_failures": Measure("Tries of gates that failed", "count", False, _card("gate_failures")),
    "blocked_time": Measure("Time that gates were blocked", "hours", False, _blocked),
    "waivers": Measure("Criteria that were waived", "count", False, _card("waivers")),
    "approval_wait": Measure("Time that gates waited for approvals", "hours", False, _card("approval_wait", HOUR)),
    "approval_time": Measure("Time in which somebody's approval was waited for", "hours", False, _approvals_path),
    "answer_median": Measure("Median time to an answer", "hours", False, _answer_median),
    "answer_longest": Measure("Longest time to an answer", "hours", False, _answer_longest),
    "lead_time": Measure("From opening to GA", "days", False, _lead_time),
    **{
        f"{name}_share": Measure(f"Share of the time that was {name}", "ratio", None, _category(name))
        for name in CATEGORIES
    },
    "freeze_to_production": Measure("From freeze to production", "days", False, _card("freeze_to_production", DAY)),
    "hotfix_time": Measure(
        "From the request of a hotfix until it was out",
        "hours",
        False,
        lambda look: None if look.facts.hotfix_seconds is None else look.facts.hotfix_seconds / 3600,
    ),
    "deployment_success": Measure("Deployments that succeeded", "ratio", True, _card("deployment_success")),
    "deployments_failed": Measure(
        "Deployments that users met a failure of", "count", False, _card("deployments_failed")
    ),
    "recovery_time": Measure("Median time to recover", "hours", False, _card("recovery_time", HOUR)),
    "critical_issues": Measure("Critical issues in the first 48 hours", "count", False, _card("critical_issues")),
    "incidents": Measure("Incidents of its deployments", "count", False, _incidents(severe=False)),
    "incidents_severe": Measure("Critical and high incidents", "count", False, _incidents(severe=True)),
    "restore_time": Measure("Median time to resolve an incident", "hours", False, _restored),
    "rollouts_undone": Measure(
        "Rollouts that were undone", "count", False, _rollouts("rolled_back", "aborted", "failed")
    ),
    "rollouts_promoted": Measure("Rollouts that reached everybody", "count", True, _rollouts("promoted")),
    "rollouts_held": Measure("Rollouts that were held", "count", False, _held),
    "nps": Measure("NPS of its survey", "score", True, _survey("nps")),
    "csat": Measure("Satisfied, of its survey", "ratio", True, _survey("csat")),
    "ces": Measure("Found it easy, of its survey", "ratio", True, _survey("ces")),
    "brier": Measure("Brier score of its predictions", "share", False, _brier),
    "p85_days_off": Measure("GA after the day promised with 85 %", "days", False, _sure),
    "measures_better": Measure("Measures that improved by more than chance", "count", True, _count(BETTER)),
    "measures_worse": Measure("Measures that got worse by more than chance", "count", False, _count(WORSE)),
    "actions_overdue": Measure("Action items of earlier reviews that are overdue", "count", False, _overdue),
}
"""By name, in the order of a report."""


def look(facts: ReviewFacts, found: Sequence[Comparison]) -> Looked:
    """The facts as measures need them."""
    parts = spent(facts.course, facts.policy.optimiser.stages) if facts.course is not None else ()
    return Looked(facts=facts, comparisons=found, parts=parts)


def readings(looked: Looked) -> dict[str, float | None]:
    """Every measure by name; None: not known."""
    return {name: measure.of(looked) for name, measure in MEASURES.items()}


def value_text(name: str, value: float | None) -> str:
    """`84 %`, `3 days`, `4.5 h`, `2`; `unknown`."""
    return "unknown" if value is None else _TEXTS[MEASURES[name].unit](value)


def percent(value: float) -> str:
    """`84 %`."""
    return f"{value * 100:.0f} %"


def _days(value: float) -> str:
    return days_text(int(value)) if value == int(value) else f"{value:.1f} days"


_TEXTS: Mapping[str, Callable[[float], str]] = {
    "ratio": percent,
    "days": _days,
    "hours": lambda value: hours_text(timedelta(hours=value)),
    "score": lambda value: f"{value * 100:+.0f}",
    "share": lambda value: f"{value:.2f}",
    "count": lambda value: f"{value:g}",
}
