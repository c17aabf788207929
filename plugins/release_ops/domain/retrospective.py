"""A release looked back on: what it reached, what changed, what worked and what did not, each with its numbers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from statistics import median
from typing import Any

from release_ops.domain.process_optimiser import Change, Optimisation
from release_ops.domain.process_time import Spell, Spent, covered
from release_ops.domain.review_agenda import Proposal, Topic, agenda_of, proposals_of
from release_ops.domain.review_compare import Comparison, comparisons
from release_ops.domain.review_facts import ReviewFacts, Row
from release_ops.domain.review_findings import Finding, findings_of
from release_ops.domain.review_measures import MEASURES, SEVERE, blocked, look, readings, value_text
from release_ops.domain.review_policy import Objective

HOUR = timedelta(hours=1)
MET, MISSED, UNKNOWN = "met", "missed", "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """An objective and what became of it."""

    objective: str
    title: str
    measure: str
    target: str
    value: float | None
    words: str
    outcome: str
    """met, missed or unknown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleWait:
    """How long a role was waited for."""

    role: str
    asked: int
    answered: int
    median_hours: float | None
    longest_hours: float | None
    waited_hours: float
    """Time in which at least one of its seats was waited for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """How a gate went."""

    gate: str
    tries: int
    failures: int
    blocked_hours: float
    blocking: tuple[str, ...]
    """Criteria that did not pass when it failed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """Users met a failure that a deployment of the release brought."""

    incident: str
    title: str
    severity: str
    environment: str
    deployment: str
    started_at: datetime
    restore_hours: float | None
    """None: it is open."""
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Predicted:
    """A prediction and what came of it."""

    kind: str
    subject: str
    made_on: date
    words: str
    outcome: str
    brier: float | None
    days_off: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionEffect:
    """A closed action item of an earlier review, and its measure then and now."""

    version: str
    id: str
    text: str
    owner: str
    state: str
    due_on: date
    closed_on: date | None
    measure: str
    title: str
    before: float | None
    after: float | None
    words: str
    verdict: str
    """better, worse, the same, or unknown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """All of it; `readings` are every measure by name, None where it is not known."""

    product: str
    name: str
    version: str
    type: str
    theme: str
    kind: str
    made_at: datetime
    due_at: datetime
    ga_at: datetime | None
    status: str
    """green: every known objective was met; yellow: some were missed; red: most were; unknown: none is known."""
    words: str
    objectives: tuple[Reached, ...]
    readings: Mapping[str, float | None]
    comparisons: tuple[Comparison, ...]
    compared_days: float | None
    """Days before and after GA that are compared."""
    incidents: tuple[Incident, ...] | None
    by_severity: Mapping[str, int]
    surveys: tuple[Row, ...]
    time: tuple[Spent, ...]
    roles: tuple[RoleWait, ...]
    gates: tuple[Gate, ...]
    slips: tuple[Row, ...]
    rollouts: tuple[Row, ...] | None
    predictions: tuple[Predicted, ...]
    worked: tuple[Finding, ...]
    did_not: tuple[Finding, ...]
    proposals: tuple[Proposal, ...]
    """What to change, the most expected gain first."""
    agenda: tuple[Topic, ...]
    earlier: tuple[ActionEffect, ...]
    notes: tuple[str, ...]


def review(facts: ReviewFacts, optimised: Optimisation | None = None) -> Review:
    """Look back on a release. `optimised` is what the optimiser says of its product: it ranks what to change."""
    compared = comparisons(facts)
    looked = look(facts, compared)
    found = readings(looked)
    objectives = tuple(
        _reached(name, one, found)
        for name, one in facts.policy.objectives.items()
        if not one.kinds or facts.kind in one.kinds
    )
    findings = findings_of(facts.policy.rules, found)
    changes: Sequence[Change] = optimised.changes if optimised is not None else ()
    proposals = proposals_of(facts.policy.rules, [one for one in findings if not one.worked], changes)
    status, words = _standing(objectives)
    return Review(
        product=facts.product,
        name=facts.name,
        version=facts.version,
        type=facts.type,
        theme=facts.theme,
        kind=facts.kind,
        made_at=facts.now,
        due_at=facts.due_at,
        ga_at=facts.scorecard.get("ga_at"),
        status=status,
        words=words,
        objectives=objectives,
        readings=found,
        comparisons=compared,
        compared_days=facts.after.days if facts.after is not None else None,
        incidents=None if facts.incidents is None else tuple(_incident(one) for one in facts.incidents),
        by_severity=_by_severity(facts.incidents or ()),
        surveys=tuple(facts.surveys),
        time=tuple(looked.parts),
        roles=tuple(_roles(facts.approvals)),
        gates=tuple(_gates(facts)),
        slips=tuple(facts.slips),
        rollouts=None if facts.rollouts is None else tuple(facts.rollouts),
        predictions=tuple(_predicted(one) for one in facts.predictions),
        worked=tuple(one for one in findings if one.worked),
        did_not=tuple(one for one in findings if not one.worked),
        proposals=proposals,
        agenda=agenda_of(findings, proposals, earlier=len(facts.earlier_actions), meeting=facts.policy.meeting),
        earlier=tuple(_effect(one, found) for one in facts.earlier_actions),
        notes=tuple(_notes(facts)),
    )


def _reached(name: str, objective: Objective, found: Mapping[str, float | None]) -> Reached:
    value, bounds, kept = found[objective.measure], list[str](), list[bool]()
    if objective.at_least is not None:
        bounds.append(f"at least {value_text(objective.measure, objective.at_least)}")
        kept.append(value is not None and value >= objective.at_least)
    if objective.at_most is not None:
        bounds.append(f"at most {value_text(objective.measure, objective.at_most)}")
        kept.append(value is not None and value <= objective.at_most)
    return Reached(
        objective=name,
        title=objective.title,
        measure=objective.measure,
        target=", ".join(bounds),
        value=value,
        words=value_text(objective.measure, value),
        outcome=UNKNOWN if value is None else MET if all(kept) else MISSED,
    )


def _standing(objectives: Sequence[Reached]) -> tuple[str, str]:
    known = [one for one in objectives if one.outcome != UNKNOWN]
    met = sum(one.outcome == MET for one in known)
    unknown = len(objectives) - len(known)
    rest = f"; of {unknown} more it is not known" if unknown else ""
    if not known:
        return UNKNOWN, "No objective can be judged: nothing is known of their measures."
    words = f"{met} of {len(known)} objectives were met{rest}."
    if met == len(known):
        return "green", words
    return ("yellow" if met * 2 >= len(known) else "red"), words


def _incident(row: Row) -> Incident:
    end = row["resolved_at"]
    return Incident(
        incident=row["incident"],
        title=row["title"],
        severity=row["severity"],
        environment=row["environment"],
        deployment=row["deployment"] or "",
        started_at=row["started_at"],
        restore_hours=None if end is None else (end - row["started_at"]) / HOUR,
        url=row["url"],
    )


def _by_severity(rows: Sequence[Row]) -> dict[str, int]:
    order = (*SEVERE, "medium", "low", "")
    return {name: count for name in order if (count := sum(one["severity"] == name for one in rows))}


def _roles(rows: Sequence[Row]) -> Iterator[RoleWait]:
    by_role: dict[str, list[Row]] = defaultdict(list)
    for one in rows:
        by_role[one["role"]].append(one)
    found = []
    for role, its in by_role.items():
        known = [one for one in its if one["asked_at"] is not None and one["answered_at"] is not None]
        waits = [max((one["answered_at"] - one["asked_at"]) / HOUR, 0.0) for one in known]
        spells = [
            Spell(activity="approval", subject=role, milestone="", start=one["asked_at"], end=one["answered_at"])
            for one in known
        ]
        found.append(
            RoleWait(
                role=role,
                asked=len(its),
                answered=sum(one["answered_at"] is not None for one in its),
                median_hours=median(waits) if waits else None,
                longest_hours=max(waits) if waits else None,
                waited_hours=covered(spells) / HOUR,
            )
        )
    yield from sorted(found, key=lambda one: (-one.waited_hours, one.role))


def _gates(facts: ReviewFacts) -> Iterator[Gate]:
    by_gate: dict[str, list[Row]] = defaultdict(list)
    for one in facts.attempts:
        by_gate[one["gate"]].append(one)
    for gate, tries in by_gate.items():
        missed = dict.fromkeys(one["title"] or one["criterion"] for one in facts.blocking if one["gate"] == gate)
        yield Gate(
            gate=gate,
            tries=len(tries),
            failures=sum(one["verdict"] == "fail" for one in tries),
            blocked_hours=blocked(tries) / HOUR,
            blocking=tuple(missed),
        )


def _predicted(row: Row) -> Predicted:
    said, outcome = "", "not resolved"
    if row["probability"] is not None:
        said = f"{row['probability'] * 100:.0f} %"
        if row["expected_on"] is not None:
            said += f" for {row['expected_on']}"
        if row["occurred"] is not None:
            outcome = "came true" if row["occurred"] else "did not come true"
    elif row["expected"] is not None:
        unit = " %" if row["kind"] == "scope" else " days"
        scale = 100 if row["kind"] == "scope" else 1
        said = f"{row['expected'] * scale:.0f}{unit}"
        if row["actual"] is not None:
            outcome = f"was {row['actual'] * scale:.0f}{unit}"
    if row["actual_on"] is not None:
        outcome += f", on {row['actual_on']}"
    return Predicted(
        kind=row["kind"],
        subject=row["title"] or row["subject"],
        made_on=row["made_on"],
        words=said,
        outcome=outcome,
        brier=row["brier"],
        days_off=row["days_off"],
    )


def _effect(row: Row, found: Mapping[str, float | None]) -> ActionEffect:
    """What became of an item: its measure when it was decided on, and in this release."""
    name = row["measure"] if row["measure"] in MEASURES else ""
    before, after = (row["value"], found.get(name)) if name else (None, None)
    verdict, words = UNKNOWN, "no measure is tied to it"
    if name:
        words = f"{MEASURES[name].title}: {value_text(name, before)} then, {value_text(name, after)} now"
        good = MEASURES[name].high_is_good
        if before is not None and after is not None and good is not None:
            verdict = "the same" if before == after else "better" if (after > before) == good else "worse"
    closed: Any = row["closed_at"]
    return ActionEffect(
        version=row["version"],
        id=row["id"],
        text=row["text"],
        owner=row["owner"],
        state=row["state"],
        due_on=row["due_on"],
        closed_on=closed.date() if closed is not None else None,
        measure=name,
        title=MEASURES[name].title if name else "",
        before=before,
        after=after,
        words=words,
        verdict=verdict,
    )


def _notes(facts: ReviewFacts) -> Iterator[str]:
    if facts.course is None:
        yield "Where the time went is not known: the release has no recorded opening or GA."
    if facts.incidents is None:
        yield "Incidents are not read for this product."
    if not facts.surveys:
        yield "No survey about this release has been reported on."
    if facts.rollouts is None or not facts.rollouts:
        yield "No rollout of this release is recorded."
    if facts.after is None:
        yield "Before and after GA cannot be compared: GA is not known, or no day has passed since."
