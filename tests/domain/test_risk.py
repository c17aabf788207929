"""Risks: tables that never fall while their measure rises, unknown that is not zero, and what became of each."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from release_ops.domain.model import Absence, Feature, FeatureStatus
from release_ops.domain.risk import (
    Basis,
    Course,
    Earlier,
    Level,
    Measure,
    MilestoneFact,
    RiskState,
    Trend,
    level_of,
    outcomes_of,
    register,
)
from release_ops.domain.risk_measures import (
    Size,
    absences,
    change_size,
    churn,
    compression,
    past_rate,
    single_owner,
    stated_features,
    unfinished_musts,
)
from release_ops.product import load_product

DEMO = load_product(Path(__file__).resolve().parents[2] / "include" / "products" / "demo.yaml")
RELEASE = DEMO.release("2.8.0")
RULES = {rule.id: rule for rule in DEMO.risks.rules}
COUNTS = st.integers(0, 10_000)
SIZES = st.builds(Size, COUNTS, COUNTS, COUNTS)
DAY = date(2026, 11, 1)


def feature(number: int, status: str = "planned", **words) -> Feature:
    return Feature(id=f"F-{number}", title="A feature", status=FeatureStatus(status), priority="must", **words)


@given(st.sampled_from(DEMO.risks.rules), st.floats(-10, 1000), st.floats(-10, 1000))
def test_every_table_gives_a_probability_that_never_falls(rule, one, other):
    low, high = sorted((one, other))
    assert 0 <= rule.probability(low) <= rule.probability(high) <= 1


@given(SIZES, SIZES, st.lists(SIZES, min_size=3, max_size=12))
def test_a_larger_release_is_no_smaller_risk(one, other, past):
    larger = Size(max(one.commits, other.commits), max(one.files, other.files), max(one.lines, other.lines))
    assert 0 <= change_size(one, past, "v1").value <= change_size(larger, past, "v1").value <= 1


@given(st.integers(0, 50), st.integers(0, 50))
def test_more_failures_are_a_higher_rate(failed, more):
    total = failed + more + 1
    assert 0 < past_rate(failed, total, "x").value < past_rate(failed + 1, total, "x").value < 1


@given(st.integers(0, 9), st.integers(1, 10))
def test_more_open_musts_and_less_time_are_no_smaller_risk(done, days):
    features = [feature(number, "done" if number < done else "planned") for number in range(10)]
    behind = [feature(number, "done" if number < max(0, done - 1) else "planned") for number in range(10)]
    end = DAY + timedelta(days=days)
    value = unfinished_musts(features, DAY, end, DAY).value
    assert value <= unfinished_musts(behind, DAY, end, DAY).value
    assert value <= unfinished_musts(features, DAY, end, DAY + timedelta(days=1)).value


def test_what_is_done_is_the_smallest_risk():
    assert unfinished_musts([feature(1, "done")], DAY, DAY, DAY).value == -1


def test_numbers_are_in_the_words():
    measure = change_size(Size(120, 54, 258), [Size(10, 5, 400)] * 4, "v2.7.1")
    assert measure.words == (
        "120 commits, 54 files, 258 lines since v2.7.1: by commits, larger than 100% of the last 4 releases"
    )
    assert churn({"a": 3, "b": 1}, "v1").words == "1 of 2 changed files changed 3 times or more since v1: a (3)"


def test_two_past_releases_are_no_percentile():
    assert change_size(Size(1, 1, 1), [Size(1, 1, 1)] * 2, "v1").value is None


def test_estimates_multiply_as_independent_ones():
    measure = stated_features([feature(1, risk=0.5), feature(2, risk=0.5), feature(3, "done", risk=0.9)])
    assert measure.value == pytest.approx(0.75)
    assert measure.basis is Basis.STATED
    assert stated_features([feature(1)]) is None


def test_the_owner_with_the_most_open_features_counts():
    measure = single_owner([feature(1, owner="omar"), feature(2, owner="omar"), feature(3, owner="mia")])
    assert (measure.value, measure.words) == (pytest.approx(2 / 3), "2 of 3 open features belong to omar")


def away(person: str, start: date, end: date) -> Absence:
    first, last = (datetime(day.year, day.month, day.day, tzinfo=UTC) for day in (start, end))
    return Absence(person=person, start=first, end=last)


def test_an_approver_away_is_a_risk_and_no_quorum_the_highest():
    assert absences(DEMO, RELEASE).value is None
    short = replace(DEMO, absences=(away("eva", date(2026, 11, 26), date(2026, 11, 27)),))
    long = replace(DEMO, absences=(away("eva", date(2026, 11, 20), date(2026, 12, 20)),))
    assert absences(short, RELEASE).value == 0.5
    assert absences(long, RELEASE).value == 1
    assert "gate production cannot be approved" in absences(long, RELEASE).words
    elsewhere = replace(DEMO, absences=(away("eva", date(2026, 1, 1), date(2026, 1, 2)),))
    assert absences(elsewhere, RELEASE).value == 0


def test_a_late_start_compresses_the_train():
    assert compression(DEMO, RELEASE, date(2026, 10, 15)).value == 0
    assert compression(DEMO, RELEASE, date(2026, 11, 5)).value == 0.5


def known(value: float | None, **words):
    return register(DEMO.risks, (), {"churn": Measure(value=value, words="so")}, **words)[0]


def test_no_data_is_not_zero_risk():
    risk = known(None)
    assert (risk.probability, risk.basis) == (0.3, Basis.UNKNOWN)
    assert known(0).basis is Basis.MEASURED


@pytest.mark.parametrize(("value", "trend"), [(0, Trend.FALLING), (0.1, Trend.STEADY), (0.5, Trend.RISING)])
def test_the_trend_is_against_an_earlier_day(value, trend):
    assert known(value).trend is Trend.NEW
    assert known(value, earlier={"churn": Earlier(probability=0.15, impact=3)}).trend is trend


def test_a_hotfix_makes_it_come_true_and_it_stays_so():
    course = Course(hotfixes=("2.8.1",), released_on=DAY)
    outcomes = outcomes_of(course, DEMO.risks, today=DAY + timedelta(days=3))
    before = {"churn": Earlier(probability=0.25, impact=3)}
    risk = known(0.0, outcomes=outcomes, earlier=before)
    assert (risk.state, risk.detail, risk.probability) == (RiskState.CAME_TRUE, "2.8.1 followed as a hotfix", 0.25)
    later = known(0.0, earlier={"churn": Earlier(probability=0.25, impact=3, state=RiskState.CAME_TRUE, detail="so")})
    assert (later.state, later.detail) == (RiskState.CAME_TRUE, "so")


@pytest.mark.parametrize(("days", "state"), [(14, RiskState.OPEN), (15, RiskState.AVOIDED)])
def test_without_a_hotfix_it_is_avoided_when_its_time_is_over(days, state):
    outcomes = outcomes_of(Course(released_on=DAY), DEMO.risks, today=DAY + timedelta(days=days))
    assert known(0.0, outcomes=outcomes).state is state


@pytest.mark.parametrize(
    ("fact", "words"),
    [
        ({"state": "missed"}, "beta was missed"),
        ({"state": "done", "done_on": DAY + timedelta(days=1)}, "beta was 1 day late"),
        ({"state": "blocked"}, "beta is 3 days late"),
        ({"state": "done", "done_on": DAY}, None),
        ({"state": "skipped"}, None),
    ],
)
def test_late_is_said_in_days(fact, words):
    course = Course(milestones=(MilestoneFact(kind="beta", planned_on=DAY, **fact),))
    happened = outcomes_of(course, DEMO.risks, today=DAY + timedelta(days=3)).happened
    assert happened.get("milestone_late") == words
    assert "ga_late" not in happened


OWN = {
    "gate": Course(failed_gates=("beta",)),
    "absences": Course(unanswered={"rc": 1}),
    "milestone": Course(milestones=(MilestoneFact(kind="beta", state="missed"),)),
    "late_ga": Course(milestones=(MilestoneFact(kind="ga", state="missed"),)),
    "slips": Course(moves=2),
    "unfinished_musts": Course(musts_left_out=("F-1",)),
    "single_owner": Course(left_out=(("F-1", "omar"), ("F-2", "omar"))),
    "hotfix": Course(hotfixes=("2.8.1",)),
    "dependency_age": Course(hotfixes=("2.8.1",), security=("2.8.1",)),
}


@pytest.mark.parametrize("name", OWN)
def test_a_risk_comes_true_by_evidence_of_its_own_kind_and_by_no_other(name):
    alike = {"dependency_age": {"hotfix"}, "late_ga": {"milestone"}}
    found = register(
        DEMO.risks,
        (),
        {rule: Measure(value=0.1, words="so") for rule in OWN},
        outcomes=outcomes_of(OWN[name], DEMO.risks, today=DAY),
    )
    assert {risk.id for risk in found if risk.state is RiskState.CAME_TRUE} == {name} | alike.get(name, set())


@pytest.mark.parametrize(
    "course",
    [
        Course(moves=1),
        Course(left_out=(("F-1", "omar"),)),
        Course(left_out=(("F-1", "omar"), ("F-2", "mia"))),
        Course(left_out=(("F-1", ""), ("F-2", ""))),
    ],
)
def test_one_move_or_features_of_several_people_are_no_evidence(course):
    assert outcomes_of(course, DEMO.risks, today=DAY).happened == {}


def test_the_highest_open_score_is_the_level():
    assert level_of([], DEMO.risks) is Level.LOW
    assert (
        level_of(register(DEMO.risks, (), {"unfinished_musts": Measure(value=1, words="")}), DEMO.risks) is Level.HIGH
    )
    assert level_of(register(DEMO.risks, (), {"late_ga": Measure(value=0.3, words="")}), DEMO.risks) is Level.MEDIUM
