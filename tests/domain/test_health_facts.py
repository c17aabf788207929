"""Health of a release from its facts: every threshold on both sides and on it, and that nothing unknown is ever green."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from release_ops.domain.health import Status
from release_ops.domain.health_facts import HealthFacts, OpenRisk, ScopeDay, Share
from release_ops.domain.health_policy import MEASURES, ExternalNeed
from release_ops.domain.health_readings import readings_of
from release_ops.domain.health_report import report_of
from release_ops.domain.model import Feature, FeatureStatus, MilestoneKind
from tests.health_cases import MONDAY, bad, blank, gate, good, product

GREEN, YELLOW, RED, UNKNOWN = Status.GREEN, Status.YELLOW, Status.RED, Status.UNKNOWN
BERLIN = ZoneInfo("Europe/Berlin")
needed = st.frozensets(st.sampled_from(sorted(MEASURES)), max_size=4)


# ----------------------------------------------------------------------------------------- thresholds, from the facts


@cache
def fine() -> HealthFacts:
    """Everything done, everything known, nothing wrong."""
    return good()


def of_outlook(**changed: Any) -> HealthFacts:
    outlook = fine().outlook
    assert outlook is not None
    return replace(fine(), outlook=replace(outlook, **changed))


def on_time(value: float) -> HealthFacts:
    return of_outlook(on_time=value)


def velocity(value: float) -> HealthFacts:
    """Of six features in the three business days that are left, so many times that pace."""
    left = 6.0
    days = 3
    due = date(2026, 11, 12)
    return of_outlook(history=(left / days * value,) * 20, remaining=(left, left), due=due, as_of=MONDAY)


def left(*features: Feature, days: int, points: float) -> HealthFacts:
    """These features, with so many business days and points of room."""
    plan = fine().plan
    assert plan is not None
    assert plan.room is not None
    assert plan.room.whole is not None
    room = replace(plan.room, days=days, whole=replace(plan.room.whole, points=points), teams={})
    choices = tuple(replace(one, points=0.0) for one in plan.priorities.choices)
    first = replace(choices[0], points=sum(one.points or 0 for one in features), assumed=False)
    plan = replace(plan, room=room, priorities=replace(plan.priorities, choices=(first, *choices[1:])))
    return replace(fine(), features=features, plan=plan)


def feature(name: str, *after: str, days: float | None = None, points: float | None = None) -> Feature:
    return Feature(
        id=name, title=name, status=FeatureStatus.PLANNED, depends_on=after, days=days, points=points, team="nobody"
    )


def critical_path(value: float) -> HealthFacts:
    chain = (feature("A", days=3, points=1), feature("B", "A", days=4.5, points=1), feature("C", days=5, points=1))
    return (
        left(*chain, days=10, points=1000) if value == 2.5 else left(*_longer(chain, 10 - value), days=10, points=1000)
    )


def _longer(chain: Sequence[Feature], length: float) -> list[Feature]:
    return [replace(chain[0], days=length - 4.5), *chain[1:]]


def capacity(value: float) -> HealthFacts:
    return left(feature("A", days=1, points=100 * value), days=50, points=100)


def gates(value: float) -> HealthFacts:
    failed = [gate(f"gate_{place}", "alpha", {"tests": "fail"}, days_ago=2) for place in range(int(value))]
    return replace(fine(), gates=(*fine().gates, *failed), product=_with(quality={}))


def _with(**changed: Any) -> Any:
    return replace(product(), health=replace(product().health, **changed))


def overdue(value: float) -> HealthFacts:
    """The last milestone that has come was not done, and was due at midnight so many days ago."""
    due = datetime.combine(MONDAY - timedelta(days=int(value)), datetime.min.time(), BERLIN)
    steps = [
        replace(step, state="missed", planned_at=due, actual_at=None) if step.kind == "feature_complete" else step
        for step in fine().steps
    ]
    return replace(fine(), steps=steps)


def slip(value: float) -> HealthFacts:
    steps = [
        replace(step, first_planned_on=fine().release.ga - timedelta(days=int(value))) if step.kind == "ga" else step
        for step in fine().steps
    ]
    return replace(fine(), steps=steps)


def scope_growth(value: float) -> HealthFacts:
    """40 features were planned; so many more are there now."""
    planned = ScopeDay(day=MONDAY - timedelta(days=14), total=40, done=0, points_total=0, points_done=0)
    features = tuple(
        replace(feature(f"F-{place}"), status=FeatureStatus.DONE) for place in range(round(40 + 40 * value))
    )
    return replace(fine(), features=features, history=(planned,))


def quality(value: float) -> HealthFacts:
    weights = {"reviews": 1.0}
    return replace(fine(), product=_with(quality=weights), reviews=Share(share=value / 10, words=""))


def critical_issues(value: float) -> HealthFacts:
    return replace(fine(), critical=int(value), product=_with(quality={}))


def risk(value: float) -> HealthFacts:
    one = OpenRisk(risk="r", title="R", score=value, probability=value / 5, impact=5, trend="steady")
    return replace(fine(), risks=(one,))


def dependencies(value: float) -> HealthFacts:
    late = [
        ExternalNeed(what=f"Thing {place}", who="Vendor", due=MONDAY - timedelta(days=1)) for place in range(int(value))
    ]
    there = ExternalNeed(what="Contract", who="Vendor", due=MONDAY - timedelta(days=1), delivered=True)
    return replace(fine(), product=_with(external=(*late, there)))


CASES: Mapping[str, tuple[Callable[[float], HealthFacts], Mapping[float, Status]]] = {
    "on_time": (on_time, {1.0: GREEN, 0.85: GREEN, 0.8499: YELLOW, 0.5: YELLOW, 0.4999: RED, 0.0: RED}),
    "velocity": (velocity, {2.0: GREEN, 1.0: GREEN, 0.99: YELLOW, 0.7: YELLOW, 0.69: RED, 0.0: RED}),
    "critical_path": (critical_path, {2.5: GREEN, 2.0: GREEN, 1.5: YELLOW, 0.0: YELLOW, -0.5: RED}),
    "capacity": (capacity, {0.01: GREEN, 0.9: GREEN, 0.91: YELLOW, 1.0: YELLOW, 1.01: RED}),
    "gates": (gates, {0: GREEN, 1: YELLOW, 2: RED}),
    "overdue": (overdue, {0: GREEN, 1: YELLOW, 3: YELLOW, 4: RED}),
    "slip": (slip, {-7: GREEN, 0: GREEN, 1: YELLOW, 28: YELLOW, 29: RED}),
    "scope_growth": (scope_growth, {-0.1: GREEN, 0: GREEN, 0.15: GREEN, 0.175: YELLOW, 0.4: YELLOW, 0.425: RED}),
    "quality": (quality, {10: GREEN, 7: GREEN, 6.99: YELLOW, 4: YELLOW, 3.99: RED, 0: RED}),
    "critical_issues": (critical_issues, {0: GREEN, 1: YELLOW, 2: YELLOW, 3: RED}),
    "risk": (risk, {0.1: GREEN, 2: GREEN, 2.01: YELLOW, 3.5: YELLOW, 3.51: RED, 5: RED}),
    "dependencies": (dependencies, {0: GREEN, 1: YELLOW, 2: RED}),
}


def test_every_measure_is_tried():
    assert CASES.keys() == MEASURES.keys()


@pytest.mark.parametrize(
    ("measure", "value", "status"),
    [(measure, value, status) for measure, (_, told) in CASES.items() for value, status in told.items()],
)
def test_facts_on_both_sides_of_every_threshold(measure, value, status):
    report = report_of(CASES[measure][0](value))
    (reason,) = [one for one in report.reasons if one.measure == measure]
    assert reason.value == pytest.approx(value)
    assert reason.status is status
    others = {one.measure: one.status for one in report.reasons if one.measure != measure}
    assert not {YELLOW, RED} & {*others.values()}, others
    assert report.status is status


# ----------------------------------------------------------------------------------------------------- what is unknown


@pytest.mark.parametrize(
    ("measure", "lost"),
    [
        ("on_time", {"outlook": None}),
        ("velocity", {"outlook": None}),
        ("critical_path", {"features": None}),
        ("critical_path", {"features": ()}),
        ("critical_path", {"plan": None, "features": (feature("A", days=1),)}),
        ("capacity", {"features": None}),
        ("capacity", {"features": ()}),
        ("capacity", {"plan": None, "features": (feature("A", days=1),)}),
        ("gates", {"gates": ()}),
        ("slip", {"steps": ()}),
        ("scope_growth", {"features": None}),
        ("scope_growth", {"history": ()}),
        ("quality", {"critical": None, "gates": (), "deployments": Share(share=None, words="")}),
        ("critical_issues", {"critical": None}),
        ("risk", {"risks": None}),
    ],
)
def test_what_is_not_known_is_unknown_and_never_green_where_it_is_needed(measure, lost):
    facts = replace(fine(), **lost)
    facts = replace(facts, product=_with(needed=frozenset({measure})))
    report = report_of(facts)
    (reason,) = [one for one in report.reasons if one.measure == measure]
    assert (reason.status, reason.value) == (UNKNOWN, None)
    assert reason.words
    assert reason.remedy
    assert report.status is UNKNOWN
    assert reason in report.missing
    assert not report.actions


def test_a_release_without_a_calendar_is_not_punctual():
    report = report_of(blank())
    assert not [one for one in report.reasons if one.status is GREEN]


def test_a_team_without_data_is_unknown_and_hears_what_would_help():
    report = report_of(blank())
    assert report.status is UNKNOWN
    assert {one.measure for one in report.missing} >= {
        "on_time",
        "velocity",
        "gates",
        "quality",
        "critical_issues",
        "risk",
    }
    assert all(one.remedy for one in report.missing)


def test_a_forecast_from_a_few_days_is_no_knowledge():
    outlook = fine().outlook
    assert outlook is not None
    short = of_outlook(stability=replace(outlook.stability, verdict=type(outlook.stability.verdict)("too_little_data")))
    assert report_of(short).status is UNKNOWN


def test_a_score_of_which_too_little_is_known_says_nothing():
    weights = {"reviews": 1.0, "checks": 1.0, "critical_issues": 0.0}
    half = replace(
        fine(),
        product=_with(quality=weights, coverage=0.5),
        reviews=Share(share=0.1, words=""),
        checks=Share(share=None, words=""),
    )
    (reason,) = [one for one in report_of(half).reasons if one.measure == "quality"]
    assert (reason.status, reason.value) == (RED, pytest.approx(1))
    less = replace(half, product=_with(quality=weights, coverage=0.51))
    (reason,) = [one for one in report_of(less).reasons if one.measure == "quality"]
    assert (reason.status, reason.words) == (UNKNOWN, "1.0 of 10, but only 50 % of it is known")


def test_features_that_nobody_has_estimated_leave_the_critical_path_unknown_unless_it_is_too_long_already():
    facts = left(feature("A", days=3, points=1), feature("B"), days=10, points=1000)
    (reason,) = [one for one in report_of(facts).reasons if one.measure == "critical_path"]
    assert reason.status is UNKNOWN
    assert "nobody said how long B take" in reason.words
    late = left(feature("A", days=11, points=1), feature("B"), days=10, points=1000)
    (reason,) = [one for one in report_of(late).reasons if one.measure == "critical_path"]
    assert (reason.status, reason.value) == (RED, -1)


def test_what_does_not_apply_is_left_out_and_not_needed():
    everything_done = replace(
        fine(), product=_with(needed=frozenset({"on_time", "velocity", "capacity", "dependencies"}))
    )
    report = report_of(everything_done)
    told = {one.measure for one in report.reasons}
    assert not {"velocity", "critical_path", "capacity", "dependencies"} & told
    assert report.status is GREEN


# --------------------------------------------------------------------------------------------------------- after GA


def out(**changed: Any) -> HealthFacts:
    """A release whose GA is done; of its way there nothing counts any more."""
    ga = next(step for step in fine().steps if step.kind == "ga")
    now = ga.planned_at + timedelta(days=4)
    steps = [
        replace(step, state="done" if step.planned_at <= now else "planned", actual_at=step.planned_at)
        for step in fine().steps
    ]
    return replace(fine(), **{"now": now, "steps": steps, "outlook": None, "gates": fine().gates, **changed})


def test_after_ga_the_way_to_it_is_not_judged():
    report = report_of(out())
    assert report.is_out
    assert {one.measure for one in report.reasons} == {"gates", "overdue", "slip", "quality", "critical_issues", "risk"}
    assert report.status is GREEN
    late = ExternalNeed(what="Contract", who="Vendor", due=MONDAY - timedelta(days=1))
    assert report_of(out(product=_with(external=(late,)))).status is GREEN


def test_after_ga_other_measures_are_needed():
    assert report_of(out(critical=None)).status is UNKNOWN
    assert report_of(out(critical=None, product=_with(needed_after=frozenset({"risk"})))).status is GREEN
    assert report_of(out(critical=3)).status is RED


def test_a_milestone_that_ga_went_without_is_not_waited_for():
    steps = [replace(step, state="missed") if step.kind == "beta" else step for step in out().steps]
    assert report_of(out(steps=steps)).status is GREEN


# -------------------------------------------------------------------------------------------- properties of the facts

REMOVALS: Mapping[str, Any] = {
    "outlook": None,
    "plan": None,
    "features": None,
    "gates": (),
    "risks": None,
    "critical": None,
    "deployments": Share(share=None, words=""),
    "reviews": Share(share=None, words=""),
    "checks": Share(share=None, words=""),
    "history": (),
}
facts_of = st.sampled_from([*CASES]).flatmap(
    lambda measure: st.sampled_from([*CASES[measure][1]]).map(CASES[measure][0])
)
facts = st.one_of(facts_of, st.builds(out), st.just(bad()), st.just(blank()))


@given(facts, needed, st.sets(st.sampled_from(sorted(REMOVALS))))
def test_no_release_is_green_while_a_needed_measure_is_unknown(facts, needed, lost):
    policy = replace(facts.product.health, needed=needed, needed_after=needed)
    facts = replace(facts, product=replace(facts.product, health=policy), **{name: REMOVALS[name] for name in lost})
    report = report_of(facts)
    if needed & {one.measure for one in report.missing}:
        assert report.status is not GREEN
    if report.status is GREEN:
        assert report.why
        assert not report.actions


@given(facts, needed, st.sets(st.sampled_from(sorted(REMOVALS))), st.sets(st.sampled_from(sorted(REMOVALS))))
def test_forgetting_facts_never_makes_green_of_unknown(facts, needed, lost, more):
    policy = replace(facts.product.health, needed=needed, needed_after=needed)
    before = replace(facts, product=replace(facts.product, health=policy), **{name: REMOVALS[name] for name in lost})
    after = replace(before, **{name: REMOVALS[name] for name in more})
    assert not (report_of(before).status is UNKNOWN and report_of(after).status is GREEN)


@given(facts)
def test_equal_facts_give_equal_reports(facts):
    assert report_of(facts) == report_of(replace(facts))


@given(facts)
def test_every_measure_is_read_once(facts):
    names = [one.measure for one in readings_of(facts)]
    assert len(names) == len({*names})
    way = {"on_time", "velocity", "critical_path", "capacity", "scope_growth", "dependencies"}
    is_out = any(step.kind == MilestoneKind.GA and step.state == "done" for step in facts.steps)
    assert {*names} == {*MEASURES} - (way if is_out else set())


def test_what_a_gate_let_through_with_conditions_is_told() -> None:
    checked = gate("freeze", "freeze", {"load": "fail", "coverage": "pass"}, days_ago=1)
    passed = gate("beta", "beta", {"load": "pass"}, days_ago=1)
    facts = replace(fine(), gates=(passed, replace(checked, verdict="conditional")))
    (reason,) = (one for one in report_of(facts).reasons if one.measure == "gates")
    assert (reason.value, reason.words) == (
        0,
        "all 2 that were evaluated passed; not met, waived or not required: Load",
    )
    (reason,) = (one for one in report_of(replace(facts, gates=(passed,))).reasons if one.measure == "gates")
    assert reason.words == "beta passed"
