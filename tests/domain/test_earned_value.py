"""Earned value and earned schedule: the figures, and what is said where there is none."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from release_ops.domain.earned_value import EarnedSchedule, EarnedValue, Estimate, rounded, total

D = Decimal


def work(bac=1000, pv=400, ev=300, ac=400, **others) -> EarnedValue:
    return EarnedValue(bac=D(bac), pv=D(pv), ev=None if ev is None else D(ev), ac=D(ac), **others)


def test_the_four_estimates_at_completion():
    """CPI 0.75, SPI 0.75, 700 left."""
    late = work(bottom_up=D(900))
    assert late.eac(Estimate.TYPICAL).rounded() == D("1333.33")
    assert late.eac(Estimate.ATYPICAL).value == 1100
    assert late.eac(Estimate.COMBINED).rounded() == D("1644.44")
    assert late.eac(Estimate.BOTTOM_UP).value == 1300
    assert late.etc(Estimate.BOTTOM_UP).value == 900
    assert late.vac(Estimate.BOTTOM_UP).value == -300


def test_the_index_that_the_rest_needs_for_the_budget_and_for_the_estimate():
    late = work()
    assert late.tcpi_bac.rounded(4) == D("1.1667")
    assert late.tcpi_eac().rounded(4) == D("0.7500")
    assert late.tcpi_eac(Estimate.ATYPICAL).value == 1


def test_shares():
    late = work()
    assert (late.complete.value, late.spent.value) == (D("0.3"), D("0.4"))
    assert (late.sv_ratio.value, late.cv_ratio.rounded(4)) == (D("-0.25"), D("-0.3333"))


@pytest.mark.parametrize(
    ("name", "figure"),
    [
        ("how much is done is not known", work(ev=None).sv),
        ("how much is done is not known", work(ev=None).cpi),
        ("how much is done is not known", work(ev=None).eac()),
        ("how much is done is not known", work(ev=None).tcpi_bac),
        ("nothing was planned by then", work(pv=0).spi),
        ("nothing was planned by then", work(pv=0).sv_ratio),
        ("nothing was planned by then", work(pv=0).eac(Estimate.COMBINED)),
        ("nothing has been spent", work(ac=0).cpi),
        ("nothing has been spent", work(ac=0).eac()),
        ("credit notes are higher than the cost", work(ac=-5).cpi),
        ("nothing is earned yet", work(ev=0).eac()),
        ("nothing is earned yet", work(ev=0).eac(Estimate.COMBINED)),
        ("nothing is earned yet", work(ev=0).cv_ratio),
        ("nobody has estimated the rest anew", work().eac(Estimate.BOTTOM_UP)),
        ("nobody has estimated the rest anew", work().vac(Estimate.BOTTOM_UP)),
        ("the budget is spent", work(ac=1000).tcpi_bac),
        ("the budget is spent", work(ac=1200).tcpi_bac),
        ("all work is done", work(ev=1000, ac=1000).tcpi_bac),
        ("all work is done", work(ev=1000, ac=900).tcpi_eac()),
        ("there is no budget", work(bac=0, pv=0, ev=0).complete),
    ],
)
def test_what_cannot_be_told_is_no_number_and_says_why(name, figure):
    assert figure == (None, name)


def test_what_can_be_told_is_told_where_something_else_cannot():
    assert work(ev=None).spent.value == D("0.4")
    assert work(ev=0).spi.value == 0
    assert work(ac=0).eac(Estimate.ATYPICAL).value == 700
    assert work(ev=1000, ac=900).tcpi_bac.value == 0


@pytest.mark.parametrize("name", ["bac", "pv", "ev", "bottom_up"])
def test_a_value_below_0_is_refused(name):
    with pytest.raises(ValueError, match=f"{name} is -1; it cannot be below 0"):
        work(**{name: D(-1)})


def test_rounding_is_commercial_and_only_at_the_edge():
    assert [rounded(D(text)) for text in ("1.005", "-1.005", "2.675", "1.004")] == [
        D("1.01"),
        D("-1.01"),
        D("2.68"),
        D("1.00"),
    ]
    # With CPI rounded to 1.16 it would be 431034.48.
    assert work(bac=500000, pv=100000, ev=110000, ac=95000).eac().rounded() == D("431818.18")


MONEY = st.decimals(min_value=1, max_value=10**9, places=2)


@given(bac=MONEY, pv=MONEY, ev=MONEY, ac=MONEY)
def test_the_identities_that_hold_of_all_work(bac, pv, ev, ac):
    """ETC and VAC follow from EAC; the rest at the CPI that TCPI names costs what is left of the estimate."""
    some = EarnedValue(bac=bac, pv=pv, ev=min(ev, bac), ac=ac)
    for how in (Estimate.TYPICAL, Estimate.ATYPICAL, Estimate.COMBINED):
        eac = some.eac(how).value
        assert eac is not None
        assert float(some.etc(how).value + some.ac) == pytest.approx(float(eac))
        assert float(some.vac(how).value + eac) == pytest.approx(float(bac))
        if some.tcpi_eac(how).value:
            assert float((bac - some.ev) / some.tcpi_eac(how).value) == pytest.approx(float(eac - ac), rel=1e-9)
    assert float(some.tcpi_eac().value or some.cpi.value) == pytest.approx(float(some.cpi.value), rel=1e-9)


def test_the_indices_of_a_whole_are_those_of_its_sums():
    whole = total([("2.8.0", work()), ("2.8.1", work(bac=100, pv=10, ev=10, ac=5))])
    assert (whole.bac, whole.pv, whole.ev, whole.ac) == (1100, 410, 310, 405)
    assert whole.cpi.rounded(4) == D("0.7654")
    assert whole.bottom_up is None


def test_a_whole_names_the_part_of_which_nobody_knows_how_much_is_done():
    whole = total([("2.8.0", work()), ("2.8.1", work(ev=None))])
    assert whole.cpi == (None, "how much is done is not known of 2.8.1")
    assert whole.spent.value == D("0.4")


def schedule(planned, ev, at) -> EarnedSchedule:
    return EarnedSchedule(planned=[D(one) for one in planned], ev=None if ev is None else D(ev), at=D(at))


@pytest.mark.parametrize(
    ("planned", "ev", "expected"),
    [
        ([10, 30, 60, 100], 0, "0"),
        ([10, 30, 60, 100], 5, "0.5"),
        ([10, 30, 60, 100], 10, "1"),
        ([10, 30, 60, 100], 45, "2.5"),
        ([10, 30, 60, 100], 99, "3.975"),
        ([10, 30, 60, 100], 100, "4"),
        # More than was planned is still no later than the plan's end.
        ([10, 30, 60, 100], 110, "4"),
        # A pause is earned with what came before it, and not a moment sooner.
        ([10, 30, 30, 30, 100], 30, "4"),
        ([10, 30, 30, 30, 100], 29, "1.95"),
        ([10, 30, 30, 30, 100], 65, "4.5"),
        # Work that is planned to begin in the third period.
        ([0, 0, 50, 100], 0, "2"),
        ([0, 0, 50, 100], 25, "2.5"),
        # Periods after the end of the plan are none of its own.
        ([50, 100, 100, 100], 100, "2"),
        ([100], 40, "0.4"),
    ],
)
def test_earned_schedule(planned, ev, expected):
    assert schedule(planned, ev, 2).es.value == D(expected)


def test_what_follows_from_the_earned_schedule():
    late = schedule([10, 30, 60, 100], 20, 2)
    assert (late.pd, late.es.value) == (4, D("1.5"))
    assert late.sv.value == D("-0.5")
    assert late.spi.value == D("0.75")
    assert late.duration.rounded() == D("5.33")
    assert late.delay.rounded() == D("1.33")
    assert late.tspi.value == D("1.25")


@pytest.mark.parametrize(
    ("name", "figure"),
    [
        ("how much is done is not known", schedule([10, 20], None, 1).es),
        ("how much is done is not known", schedule([10, 20], None, 1).tspi),
        ("no time has passed", schedule([10, 20], 0, 0).spi),
        ("no time has passed", schedule([10, 20], 0, 0).duration),
        ("nothing is earned yet", schedule([10, 20], 0, 1).duration),
        ("nothing is earned yet", schedule([10, 20], 0, 1).delay),
        ("the planned time is over", schedule([10, 20], 15, 2).tspi),
        ("all work is done", schedule([10, 20], 20, 3).tspi),
    ],
)
def test_a_time_that_cannot_be_told_says_why(name, figure):
    assert figure == (None, name)


def test_work_that_is_done_before_its_time_needs_nothing_more():
    assert schedule([10, 20], 20, 1).tspi.value == 0


@pytest.mark.parametrize(
    ("planned", "ev", "at", "message"),
    [
        ([], 0, 1, "the plan has no value"),
        ([0, 0], 0, 1, "the plan has no value"),
        ([10, 5], 0, 1, "the planned value falls"),
        ([-5, 5], 0, 1, "the planned value falls"),
        ([10], -1, 1, "ev is -1"),
        ([10], 1, -1, "at is -1"),
    ],
)
def test_a_plan_that_makes_no_sense_is_refused(planned, ev, at, message):
    with pytest.raises(ValueError, match=message):
        schedule(planned, ev, at)


@given(steps=st.lists(st.integers(0, 50), min_size=1, max_size=24).filter(any), share=st.integers(0, 100))
def test_what_is_planned_at_the_earned_schedule_is_what_is_earned(steps, share):
    planned, so_far = [], D(0)
    for step in steps:
        so_far += step
        planned.append(so_far)
    ev = so_far * share / 100
    es = schedule(planned, ev, 1).es.value
    curve = [D(0), *planned]
    whole = int(es)
    rest = es - whole
    assert curve[whole] + (rest * (curve[whole + 1] - curve[whole]) if rest else 0) == pytest.approx(ev)


def test_work_without_a_budget_earns_nothing_and_costs_what_it_costs():
    whole = total([("2.8.0", work()), ("2.8.1", work(bac=0, pv=0, ev=None, ac=50))])
    assert (whole.ev, whole.ac) == (300, 450)


def test_periods_of_unlike_length_count_as_long_as_they_are():
    """January, February and March in days: half of what February adds is earned on its 14th day."""
    made = EarnedSchedule(planned=[D(10), D(30), D(60)], ends=[D(31), D(59), D(90)], ev=D(20), at=D(59))
    assert (made.pd, made.es.value, made.sv.value) == (90, 45, -14)
    assert made.duration.value == 118
    assert made.tspi.rounded(4) == D("1.4516")


@pytest.mark.parametrize(
    ("ends", "said"), [([1], "there are 1 ends of 2 periods"), ([2, 2], "do not rise"), ([0, 1], "do not rise")]
)
def test_ends_that_make_no_sense_are_refused(ends, said):
    with pytest.raises(ValueError, match=said):
        EarnedSchedule(planned=[D(10), D(20)], ends=[D(one) for one in ends], ev=D(5), at=D(1))


@pytest.mark.parametrize(
    ("bac", "pv", "ev", "ac", "rest", "figures"),
    [
        # A textbook of project management in information technology: six months, of which three have passed.
        (
            200000,
            120000,
            100000,
            90000,
            None,
            {"cv": "10000", "sv": "-20000", "cpi": "1.11", "spi": "0.83", "eac": "180000"},
        ),
        # One task of 100 hours at 100, of which 110 hours are spent and 10 are left (Earned Value Management, part IV).
        (10000, 10000, "9166.67", 11000, 1000, {"bottom_up": "12000", "vac": "-2000", "cpi": "0.83", "spi": "0.92"}),
        # Civil engineering board examinations: what the rest needs after an overrun.
        (10000000, 3200000, 3000000, 3500000, None, {"cpi": "0.857", "tcpi": "1.077"}),
        (5000000, 1600000, 1500000, 1800000, None, {"eac": "6000000"}),
        (2000000, 1000000, 1000000, 1100000, None, {"atypical": "2100000"}),
        (5000000, 2500000, 2000000, 2500000, None, {"tcpi": "1.2"}),
    ],
)
def test_exercises_of_textbooks(bac, pv, ev, ac, rest, figures):
    some = work(bac=bac, pv=pv, ev=ev, ac=ac, bottom_up=None if rest is None else D(rest))
    found = {
        **{name: getattr(some, name) for name in ("cv", "sv", "cpi", "spi")},
        "eac": some.eac(),
        "atypical": some.eac(Estimate.ATYPICAL),
        "bottom_up": some.eac(Estimate.BOTTOM_UP),
        "vac": some.vac(Estimate.BOTTOM_UP),
        "tcpi": some.tcpi_bac,
    }
    for name, text in figures.items():
        places = len(text.partition(".")[2])
        assert found[name].rounded(places) == D(text), name
