"""Monte Carlo: against exact convolution for small cases, and what must hold for every history."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from release_ops.domain.forecast import HORIZON, PERCENTS, Simulation, forecast, how_many

MONDAY = date(2026, 11, 2)
WEEKDAYS = Simulation(workday=lambda day: day.weekday() < 5)
FEW = Simulation(runs=400)


def exact_done_by(history: Sequence[int], remaining: int, days: int) -> float:
    """Chance that `days` draws add up to `remaining`, by convolving the distribution of a day with itself."""
    day = np.bincount(history) / len(history)
    total = np.array([1.0])
    for _ in range(days):
        total = np.convolve(total, day)
    return float(total[remaining:].sum())


@pytest.mark.parametrize("history", [[0, 1], [0, 0, 3], [1, 0, 2, 0, 0, 5], [2, 1, 1, 0, 4, 0, 1]])
@pytest.mark.parametrize("remaining", [1, 4, 9])
def test_the_chance_of_each_day_is_that_of_the_exact_distribution(history: list[int], remaining: int) -> None:
    found = forecast(history, remaining, as_of=MONDAY)
    for ahead in (1, 2, 5, 10, 20):
        exact = exact_done_by(history, remaining, ahead)
        error = (exact * (1 - exact) / found.runs) ** 0.5
        assert found.by(MONDAY + timedelta(days=ahead)) == pytest.approx(exact, abs=4.5 * error + 1e-12)


@pytest.mark.parametrize("history", [[0, 1], [1, 0, 2, 0, 0, 5]])
def test_how_many_by_a_day_is_a_percentile_of_the_exact_distribution(history: list[int]) -> None:
    for percent, amount in how_many(history, 30).items():
        assert exact_done_by(history, int(amount), 30) > percent / 100 - 0.02
        assert exact_done_by(history, int(amount) + 1, 30) < percent / 100 + 0.02


def test_a_team_that_does_one_a_day_is_done_after_as_many_days() -> None:
    found = forecast([1.0], 12, as_of=MONDAY)
    assert set(found.dates.values()) == {date(2026, 11, 14)}
    assert (found.by(date(2026, 11, 13)), found.by(date(2026, 11, 14))) == (0, 1)
    assert [row.middle for row in found.burn_up] == pytest.approx(list(range(1, 13)))


def test_only_workdays_are_worked_on_and_counted_from_the_day_after() -> None:
    friday = date(2026, 11, 6)
    found = forecast([1.0], 1, as_of=friday, how=WEEKDAYS)
    assert found.dates[50] == date(2026, 11, 9)
    assert found.by(date(2026, 11, 8)) == 0
    assert all(day.weekday() < 5 for day in forecast([0, 1], 20, as_of=friday, how=WEEKDAYS).days)


def test_days_of_nothing_count() -> None:
    assert forecast([1, 0], 10, as_of=MONDAY).dates[50] > forecast([1], 10, as_of=MONDAY).dates[50]


def test_the_same_seed_gives_the_same_forecast_and_another_one_hardly_another() -> None:
    one, again = (forecast([0, 1, 3], (20, 30), as_of=MONDAY, due=date(2026, 11, 20)) for _ in range(2))
    assert one == again
    other = forecast([0, 1, 3], (20, 30), as_of=MONDAY, how=Simulation(seed=2))
    assert other.done != one.done
    assert abs((other.dates[85] - one.dates[85]).days) <= 1


def test_a_history_of_nothing_has_no_date_and_says_why() -> None:
    found = forecast([0] * 30, 1, as_of=MONDAY, due=date(2026, 12, 1))
    assert found.dates == dict.fromkeys(PERCENTS)
    assert found.by(date(2030, 1, 1)) == 0
    assert found.cut == 1
    assert found.reason == "nothing was completed on the 30 days of the history, so that nothing can be forecast"


def test_nothing_left_is_done_today() -> None:
    found = forecast([0] * 30, 0, as_of=MONDAY, due=MONDAY)
    assert set(found.dates.values()) == {MONDAY}
    assert (found.by(MONDAY), found.cut, found.reason) == (1, 0, "")


def test_what_lies_beyond_the_horizon_has_no_date_but_its_chance() -> None:
    found = forecast([0.0] * 99 + [1.0], 5, as_of=MONDAY)
    assert found.dates[50] is not None
    assert found.dates[95] is None
    assert len(found.days) == HORIZON
    assert found.by(date(2050, 1, 1)) == pytest.approx(exact_done_by([0] * 99 + [1], 5, HORIZON), abs=0.02)


def test_without_the_part_that_is_cut_the_rest_is_done_in_time() -> None:
    history, due = [0, 0, 1, 2], date(2026, 11, 22)
    found = forecast(history, 30, as_of=MONDAY, due=due)
    assert found.by(due) < 0.85
    left = 30 - found.cut * 30
    assert forecast(history, left, as_of=MONDAY).by(due) >= 0.85
    assert forecast(history, left + 1, as_of=MONDAY).by(due) < 0.85


def test_points_need_not_be_whole() -> None:
    assert forecast([0.1], 0.3, as_of=MONDAY).dates[95] == date(2026, 11, 5)


@pytest.mark.parametrize(
    ("history", "remaining"),
    [([], 1), ([1, -1], 1), ([float("nan")], 1), ([1], -1), ([1], (3, 2)), ([1], float("inf"))],
)
def test_what_is_no_history_and_no_amount_is_refused(history: list[float], remaining: float) -> None:
    with pytest.raises(ValueError, match=r"history|remaining"):
        forecast(history, remaining, as_of=MONDAY)


def test_a_calendar_without_workdays_is_refused() -> None:
    with pytest.raises(ValueError, match="there is no workday"):
        forecast([1], 1, as_of=MONDAY, how=Simulation(workday=lambda _: False))


histories = st.lists(st.integers(0, 8), min_size=1, max_size=40).filter(any)
LATEST = date(2100, 1, 1)


@settings(max_examples=60)
@given(histories, st.integers(0, 60), st.integers(0, 20))
def test_more_to_do_is_never_earlier(history: list[int], remaining: int, more: int) -> None:
    little, much = (forecast(history, amount, as_of=MONDAY, how=FEW) for amount in (remaining, remaining + more))
    for percent in PERCENTS:
        assert (little.dates[percent] or LATEST) <= (much.dates[percent] or LATEST)
    for day in much.days:
        assert little.by(day) >= much.by(day)


@settings(max_examples=60)
@given(histories, st.integers(0, 60), st.data())
def test_more_throughput_is_never_later(history: list[int], remaining: int, data: st.DataObject) -> None:
    extra = data.draw(st.lists(st.integers(0, 3), min_size=len(history), max_size=len(history)))
    faster = [one + more for one, more in zip(history, extra, strict=True)]
    slow, fast = (forecast(each, remaining, as_of=MONDAY, how=FEW) for each in (history, faster))
    for percent in PERCENTS:
        assert (fast.dates[percent] or LATEST) <= (slow.dates[percent] or LATEST)
    assert how_many(faster, 10, how=FEW)[85] >= how_many(history, 10, how=FEW)[85]


@settings(max_examples=60)
@given(histories, st.integers(1, 60), st.integers(0, 30))
def test_dates_chances_and_the_fan_are_in_order(history: list[int], low: int, wide: int) -> None:
    found = forecast(history, (low, low + wide), as_of=MONDAY, how=FEW)
    dates = [found.dates[percent] or LATEST for percent in PERCENTS]
    assert dates == sorted(dates)
    assert list(found.done) == sorted(found.done)
    for percent, day in found.dates.items():
        if day is not None:
            assert found.by(day) >= percent / 100
            assert found.by(day - timedelta(days=1)) < percent / 100
    for row in found.burn_up:
        assert 0 <= row.low <= row.middle <= row.high <= low + wide + 1e-6
    for before, after in zip(found.burn_up, found.burn_up[1:], strict=False):
        assert after.low >= before.low
