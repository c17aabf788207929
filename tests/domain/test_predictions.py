"""What came of predictions, and how good they were: worked by hand."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from release_ops.domain.predictions import (
    Facts,
    Outcome,
    Prediction,
    PredictionKind,
    Scored,
    brier,
    calibration,
    hit,
    laplace,
    resolve,
    scope_accuracy,
    time_variance,
    track_record,
)

MADE = datetime(2026, 11, 2, 6, 0, tzinfo=UTC)
GA = date(2026, 11, 26)
TARGETS = {"scope": 0.85, "risk": 0.8, "gate": 0.9, "time": 0.15}


def said(kind: str, **what: object) -> Prediction:
    return Prediction(product="webapp", version="2.8.0", made_at=MADE, kind=PredictionKind(kind), **what)  # type: ignore[arg-type]


@pytest.mark.parametrize(("late", "occurred"), [(-1, True), (0, True), (1, False)])
@pytest.mark.parametrize("kind", ["ga_date", "on_time"])
def test_a_date_comes_true_when_ga_is_on_it_or_before(kind: str, late: int, occurred: bool) -> None:
    ga = GA + timedelta(days=late)
    prediction = said(kind, probability=0.85, expected_on=GA)
    assert resolve(prediction, Facts(ga_on=ga)) == Outcome(occurred=occurred, actual_on=ga)


def test_a_gate_is_judged_by_its_first_evaluation_after_the_prediction() -> None:
    tries = [(MADE - timedelta(days=1), True), (MADE + timedelta(days=2), True), (MADE + timedelta(days=1), False)]
    facts = Facts(gates=[("ga", at, passed) for at, passed in tries])
    assert resolve(said("gate", subject="ga", probability=0.7), facts) == Outcome(occurred=False)
    assert resolve(said("gate", subject="rc", probability=0.7), facts) is None


def test_scope_duration_and_risk() -> None:
    facts = Facts(ga_on=GA, opened_on=date(2026, 10, 15), delivered=0.75, happened={"WEB-1": True})
    assert resolve(said("scope", expected=0.9), facts) == Outcome(actual=0.75)
    assert resolve(said("duration", expected=40.0), facts) == Outcome(actual=42, actual_on=GA)
    assert resolve(said("risk", subject="WEB-1", probability=0.2), facts) == Outcome(occurred=True)


@pytest.mark.parametrize("kind", list(PredictionKind))
def test_nobody_knows_before_there_are_facts(kind: PredictionKind) -> None:
    assert resolve(said(kind, subject="x", probability=0.5, expected_on=GA), Facts()) is None


def test_brier_worked_by_hand() -> None:
    # (0.9-1)^2 = 0.01, (0.8-0)^2 = 0.64, (0.3-0)^2 = 0.09, (0.5-1)^2 = 0.25
    assert brier([(0.9, True), (0.8, False), (0.3, False), (0.5, True)]) == pytest.approx(0.99 / 4)
    assert brier([]) is None


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1))
def test_the_table_of_calibration_holds_every_prediction_and_its_brier_score_is_bounded(
    pairs: list[tuple[float, bool]],
) -> None:
    table = calibration(pairs)
    assert sum(bucket.count for bucket in table) == len(pairs)
    assert 0 <= (brier(pairs) or 0) <= 1
    for bucket in table:
        assert bucket.low - 1e-9 <= bucket.said <= bucket.high + 1e-9


def test_the_ends_of_the_buckets() -> None:
    table = calibration([(0.0, False), (0.1, False), (0.3, True), (0.85, True), (0.85, False), (1.0, True)])
    found = [(bucket.low, bucket.count, bucket.came_true) for bucket in table]
    assert found == [(0.0, 1, 0.0), (0.1, 1, 0.0), (0.3, 1, 1.0), (0.8, 2, 0.5), (0.9, 1, 1.0)]


@pytest.mark.parametrize(("chance", "occurred", "right"), [(0.8, True, True), (0.2, True, False), (0.5, False, False)])
def test_a_hit_is_what_was_held_for_likelier(chance: float, occurred: bool, right: bool) -> None:
    assert hit(chance, occurred) is right


def test_scope_and_time_worked_by_hand() -> None:
    assert scope_accuracy(0.9, 0.75) == pytest.approx(0.85)
    assert scope_accuracy(0.75, 0.9) == pytest.approx(0.85)
    assert time_variance(40, 46) == pytest.approx(0.15)
    assert time_variance(0, 3) is None
    assert laplace(8, 8) == pytest.approx(0.9)
    assert laplace(0, 0) == 0.5


def scored(kind: str, outcome: Outcome, **what: object) -> Scored:
    return Scored(prediction=said(kind, **what), outcome=outcome)


def test_the_track_record_is_held_to_the_targets() -> None:
    five = [scored("scope", Outcome(actual=0.8), expected=0.9) for _ in range(5)]
    five += [scored("duration", Outcome(actual=50), expected=40.0) for _ in range(5)]
    five += [scored("gate", Outcome(occurred=True), probability=0.9) for _ in range(4)]
    five += [scored("risk", Outcome(occurred=n < 2), probability=0.1, subject=str(n)) for n in range(5)]
    off = Outcome(occurred=False, actual_on=GA + timedelta(days=4))
    five += [scored("ga_date", off, probability=0.5, expected_on=GA, subject="p50")]
    record = track_record(five, TARGETS)
    verdicts = {score.subject: (score.count, score.value, score.verdict) for score in record.scores}
    assert verdicts == {
        "scope": (5, pytest.approx(0.9), "met"),
        "risk": (5, pytest.approx(0.6), "missed"),
        "gate": (4, 1.0, "too few"),
        "time": (5, pytest.approx(0.25), "missed"),
    }
    assert record.days_off == 4
    assert record.chances == 10
    # 4 x 0.01 of the gates, 2 x 0.81 and 3 x 0.01 of the risks, 0.25 of the date
    assert record.brier == pytest.approx((0.04 + 1.62 + 0.03 + 0.25) / 10)


def test_without_predictions_nothing_is_met_or_missed() -> None:
    record = track_record([], TARGETS)
    assert {score.verdict for score in record.scores} == {"too few"}
    assert (record.brier, record.calibration, record.days_off) == (None, (), None)
