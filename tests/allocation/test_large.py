"""Plans made some projects at a time: every limit is kept, the bound is one, and time ends the search as it is told to."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from release_ops.domain import allocation, allocation_large
from release_ops.domain.allocation import allocate
from release_ops.domain.allocation_large import solve_large
from release_ops.domain.allocation_model import build
from release_ops.domain.allocation_solver import FEASIBLE, INFEASIBLE, OPTIMAL, UNKNOWN, solve
from tests.allocation.test_allocation import random_staff


def counted(turns):
    """Time for so many looks at the clock."""
    left = itertools.chain(itertools.repeat(60.0, turns), itertools.repeat(0.0))
    return lambda: next(left)


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("window", [4, 800])
def test_a_plan_by_windows_keeps_every_row_and_lies_between_the_bound_and_the_optimum(seed, window, monkeypatch):
    monkeypatch.setattr(allocation_large, "WINDOW", window)
    model = build(random_staff(seed, work=8))
    best = solve(model, seconds=60, gap=0)
    found = solve_large(model, left=counted(60), gap=0)
    assert found.status in {OPTIMAL, FEASIBLE}
    for row in model.rows:
        done = sum(by * found.values[at] for at, by in zip(row.columns, row.coefficients, strict=True))
        assert row.low - 1e-4 <= done <= row.high + 1e-4
    assert all(one in {0.0, 1.0} for one, whole in zip(found.values, model.integer, strict=True) if whole)
    assert found.bound <= best.objective * (1 + 1e-6)
    assert found.objective >= best.objective * (1 - 1e-5)
    # A window that holds everything is the programme itself.
    if window == 800:
        assert found.objective == pytest.approx(best.objective, rel=0.002)


def test_without_any_plan_that_is_said_if_the_relaxed_programme_has_none():
    staff = random_staff(0, work=200, rate=20)
    assert solve_large(build(staff), left=counted(60), gap=0).status == INFEASIBLE


def test_time_that_is_up_before_there_is_a_plan_gives_none():
    found = solve_large(build(random_staff(1, work=8)), left=counted(1), gap=0)
    assert (found.status, found.values) == (UNKNOWN, None)


def test_a_large_team_is_planned_by_windows_and_told_alike(monkeypatch):
    staff = random_staff(2, work=8)
    best = allocate(staff)
    monkeypatch.setattr(allocation, "LARGE", 0)
    ticks = itertools.count(0, 1.5)
    found = allocate(staff, clock=lambda: next(ticks))
    assert found.method == "windows"
    assert found.objective == pytest.approx(best.objective, rel=0.005)
    assert found.objective == pytest.approx(sum(found.parts.values()), rel=1e-6)
    assert found.gap == pytest.approx((found.objective - found.bound) / found.objective, abs=1e-9)
    assert found.timed_out == (found.status != OPTIMAL)
    assert np.isclose(sum(float(one.hours) for one in found.shares), sum(float(one.hours) for one in best.shares))


def test_one_limit_of_time_is_for_everything():
    """Of sixty seconds: a clock that is past them at once gives no answer, one that is past them later no way out."""
    staff = random_staff(0, work=200, rate=20)
    late = allocate(staff, clock=itertools.chain([0.0], itertools.repeat(61.0)).__next__)
    assert (late.status, late.timed_out, late.shares) == (UNKNOWN, True, ())
    clashing = allocate(staff, clock=itertools.chain([0.0, 0.0, 0.0], itertools.repeat(61.0)).__next__)
    assert (clashing.status, clashing.timed_out, clashing.alternatives) == (INFEASIBLE, True, [])
