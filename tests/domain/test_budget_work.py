"""Earned value of releases: from the plan, the costs, and how much of the scope is done."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from release_ops.budget_facts import _work
from release_ops.domain.budget import Entry, Valued
from release_ops.domain.budget_policy import BudgetPolicy
from release_ops.domain.budget_work import Progress, all_work, planned_end, work_of
from release_ops.domain.earned_value import Estimate

D = Decimal
POLICY = BudgetPolicy()
YEAR = date(2026, 1, 1)


def entry(kind, month, amount, version="2.8.0") -> Valued:
    one = Entry(kind, version, "people", "Engineers", date(2026, month, 1), D(amount), "EUR")
    return Valued(one, D(amount), D(amount))


PLAN = [entry("plan", month, 100) for month in (3, 4, 5, 6)]
COST = [entry("actual", month, 120) for month in (3, 4)]


def looked(month, done, total=20, out_on=None) -> Progress:
    return Progress(date(2026, month, 28), D(done), D(total), out_on)


def work(month, *progress, entries=(*PLAN, *COST), version="2.8.0"):
    return work_of(version, entries, progress, POLICY, date(2026, month, 1), year=YEAR)


def test_planned_earned_and_actual_at_the_end_of_a_month():
    found = work(4, looked(3, 2), looked(4, 8))
    assert (found.value.bac, found.value.pv, found.value.ev, found.value.ac) == (400, 200, 160, 240)
    assert (found.schedule.pd, found.schedule.at, found.time("es").value) == (4, 2, D("1.6"))
    assert (found.start, planned_end(found)) == (date(2026, 3, 1), date(2026, 6, 1))
    assert found.verdict == ("red", "CPI 0.67 is below 0.85")


def test_progress_is_that_of_the_last_look_before_the_month_ends():
    assert work(4, looked(3, 2), looked(5, 20)).value.ev == 40


def test_a_scope_that_nobody_looked_at_leaves_the_value_unknown_and_the_cost_known():
    found = work(4)
    assert found.value.cpi == (None, "its scope is not known")
    assert found.value.spent.value == D("0.6")
    assert found.verdict == ("unknown", "its scope is not known")


def test_costs_without_a_budget_are_told_as_such():
    found = work(4, looked(4, 5), entries=COST)
    assert found.value.cpi == (None, "it has no budget")
    assert found.time("spi") == (None, "it has no budget")


def test_a_release_that_has_not_begun_is_not_told_yet():
    assert work(2) is None
    assert work(4, version="2.9.0", entries=[*PLAN, entry("plan", 9, 100, "2.9.0")]) is None


def test_a_release_of_another_year_is_not_told():
    old = [one._replace(entry=one.entry._replace(day=one.entry.day.replace(year=2025))) for one in (*PLAN, *COST)]
    assert work(4, entries=old) is None


def test_time_stands_still_when_all_is_done():
    found = work(12, looked(5, 12), looked(8, 20))
    assert (found.schedule.at, found.time("spi").rounded(3)) == (6, D("0.667"))


def test_time_stands_still_when_the_release_is_out_with_less_than_was_planned():
    out = date(2026, 7, 3)
    found = work(12, looked(5, 12), looked(7, 18, out_on=out))
    assert (found.schedule.at, found.time("es").value, found.time("spi").value) == (5, D("3.6"), D("0.72"))


def test_the_rest_from_below_is_the_plan_or_what_is_ordered():
    assert work(4, looked(4, 8)).value.eac(Estimate.BOTTOM_UP).value == 240 + 200
    ordered = [*PLAN, *COST, entry("commitment", 5, 700)]
    assert work(4, looked(4, 8), entries=ordered).value.eac(Estimate.BOTTOM_UP).value == 240 + 700


def test_all_releases_are_the_sum_and_have_no_schedule():
    first, second = work(4, looked(4, 8)), work(4, looked(4, 10))
    found = all_work([first, second], POLICY)
    assert (found.value.bac, found.value.ev, found.value.cpi.rounded(2)) == (800, 360, D("0.75"))
    assert found.time("spi") == (None, "releases begin at different times")
    assert all_work([], POLICY) is None


@pytest.mark.parametrize(
    ("done", "cost", "status"), [(10, 200, "green"), (10, 211, "yellow"), (10, 236, "red"), (9, 150, "yellow")]
)
def test_a_release_is_judged_by_the_worse_of_cost_and_time(done, cost, status):
    assert work(4, looked(4, done), entries=[*PLAN, entry("actual", 3, cost)]).verdict.status == status


def test_on_a_release_that_is_out_nothing_more_is_spent():
    out = work(6, looked(6, 18, out_on=date(2026, 6, 20)))
    going = work(4, looked(4, 8))
    assert (out.eac(Estimate.TYPICAL).value, out.value.eac().rounded()) == (240, D("266.67"))
    assert all_work([out, going], POLICY).eac(Estimate.ATYPICAL).value == 240 + 480
    unknown = all_work([out, work(4)], POLICY).eac(Estimate.TYPICAL)
    assert unknown == (None, "2.8.0: its scope is not known")


def test_an_index_just_below_its_limit_is_told_as_exactly_as_it_takes():
    """200 earned for 236.5 is 0.8457, which is not 0.85."""
    found = work(4, looked(4, 10), entries=[*PLAN, entry("actual", 3, Decimal("236.5"))])
    assert found.verdict.words == "CPI 0.846 is below 0.85"


def test_the_curve_has_a_gap_where_nobody_had_looked():
    curve = work(4, looked(4, 10)).curve
    assert [one.ev for one in curve if one.month.month < 4] == [None] * sum(one.month.month < 4 for one in curve)
    assert [one.ev for one in curve if one.month.month == 4] == [200]
    assert {one.ac for one in curve if one.month.month > 4} == {None}


def test_the_index_that_the_rest_needs_is_of_the_estimate_that_is_told():
    """Of a release that is out the estimate is its cost: nothing is left to be spent, so that no index is told."""
    told = _work(work(4, looked(4, 8, out_on=date(2026, 4, 28))), Estimate.TYPICAL)
    assert (told["eac"], told["etc"], told["tcpi_eac"]) == (240, 0, None)
    parts = [work(4, looked(4, 8)), work(4, looked(4, 12), entries=[entry("plan", 5, 300), entry("actual", 4, 60)])]
    whole = _work(all_work(parts, POLICY), Estimate.TYPICAL)
    assert whole["tcpi_eac"] == (whole["bac"] - whole["ev"]) / (whole["eac"] - whole["ac"])
