"""What to do about gaps, and what became of plans: every figure once more from its rows, in another way."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any
from unittest import mock

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from release_ops.domain.capacity import Work, demand, member_weeks, weeks
from release_ops.domain.capacity_advice import _STEPS, Advice, Option, advise, effort, undone_of
from release_ops.domain.capacity_gaps import Ability, gap_weeks, undone
from release_ops.domain.capacity_report import review
from release_ops.domain.capacity_tracking import Prediction, Worked, accuracy, predictions, quantile, score
from release_ops.domain.staff import Booking, Level, Skill, Staff

from .cases import MONDAY, member, need, project, staff, staffs

SPAN = weeks(MONDAY, 8)
WEEK = timedelta(days=7)
DUE = Decimal("0.01")


def advice_of(found: Staff) -> list[Advice]:
    work = demand(found.projects, found.review.regions, SPAN)
    return advise(found, gap_weeks(work, found), work, member_weeks(found, SPAN), MONDAY)


def crew(**more: object) -> Staff:
    """One who can, 40 h a week, and 60 h a week that are wanted for eight weeks; another who is two levels away."""
    ann = member("ann", skills={"python": Level.ADVANCED})
    bo = member("bo", hours=30, skills={"python": Level.NOVICE})
    return staff([ann, bo], [project("a", need("python", Level.ADVANCED, 480), weeks=8)], **more)


def by_kind(advice: Advice) -> dict[str, Option]:
    return {one.kind: one for one in advice.options}


def test_the_gap_is_what_is_wanted_beyond_the_target_week_by_week() -> None:
    [found] = advice_of(crew())
    assert found.ability == Ability("python", Level.ADVANCED, False)
    assert found.short == pytest.approx(8 * (60 - 34))
    assert found.lacking == pytest.approx(8 * (60 - 40))
    assert (found.first, found.last) == (SPAN[0], SPAN[-1])
    assert found.projects == ("a",)


def test_somebody_from_outside_costs_the_hours() -> None:
    [found] = advice_of(crew())
    way = by_kind(found)["contract"]
    assert way.total == way.cost == Decimal(208) * 150
    assert way.ready == MONDAY + 2 * WEEK
    assert any("52 h of it are wanted before" in one for one in way.assumptions)


def test_hiring_costs_recruitment_and_loaded_pay_until_the_gap_ends() -> None:
    [found] = advice_of(crew())
    way = by_kind(found)["hire"]
    salary = Decimal(64_000)
    # There after three weeks: five of the eight are paid; 26 h a week lack, of the 34 that a new one has at the target.
    expected = salary * Decimal("0.25") + salary * Decimal("1.3") * Decimal("1.5") * 5 / 52
    assert way.cost == expected.quantize(DUE, ROUND_HALF_EVEN)
    assert way.covers == pytest.approx(5 * 26)
    assert way.rest == Decimal(3 * 26) * 150
    even = (salary * Decimal("0.25") + salary * Decimal("1.95")) / 150
    assert any(f"from {even:.0f} h" in one for one in way.assumptions)


def test_a_delay_that_does_not_help_is_known_by_the_first_week_that_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody can do it, however late: one linear programme for each delay, not one for each week of years."""
    asked: list[int] = []

    def counted(work: list[Work], *args: Any, **more: Any) -> list[float]:
        asked.append(len({one.week for one in work}))
        return undone(work, *args, **more)

    monkeypatch.setattr("release_ops.domain.capacity_advice.undone", counted)
    long = [
        project("p", need("cobol", Level.EXPERT, 800), weeks=40),
        project("q", need("python", Level.NOVICE, 9), weeks=90),
    ]
    crew_ = staff([member("ann", skills={"python": Level.EXPERT})], long)
    [found] = advice_of(crew_)
    assert "postpone" not in by_kind(found)
    delays = [one for one in _STEPS if one <= crew_.review.outside.most_weeks]
    assert asked[1:] == [1] * len(delays)


def test_who_pays_nothing_for_outside_hours_is_told_that_hiring_never_pays() -> None:
    found = crew()
    found = replace(found, review=replace(found.review, outside=replace(found.review.outside, price=Decimal(0))))
    way = by_kind(advice_of(found)[0])["hire"]
    assert way.rest == 0
    assert any("never pays" in one for one in way.assumptions)


def test_training_costs_the_hours_with_the_time_of_who_learns_and_helps_afterwards() -> None:
    found = crew()
    found = replace(found, review=replace(found.review, training=replace(found.review.training, hours_per_week=40.0)))
    way = by_kind(advice_of(found)[0])["train"]
    assert way.who == "bo"
    assert way.hours == 80 + 120
    assert way.ready == MONDAY + 5 * WEEK
    an_hour = Decimal(42_000) * Decimal("1.3") * Decimal("1.5") / 1720
    assert way.cost == (200 * (150 + an_hour)).quantize(DUE, ROUND_HALF_EVEN)
    assert way.covers == pytest.approx(3 * 0.85 * 30)
    assert way.rest == (Decimal(repr(round(208 - 3 * 25.5, 2))) * 150).quantize(DUE)


def test_what_the_plan_gives_somebody_is_no_room_for_the_gap() -> None:
    found = crew()
    booking = Booking(project="x", start=MONDAY, end=MONDAY + 8 * WEEK, hours_per_week=25.5, plan="p")
    found = replace(
        found,
        members=(found.members[0], replace(found.members[1], booked=(booking,))),
        review=replace(found.review, training=replace(found.review.training, hours_per_week=40.0)),
    )
    assert "train" not in by_kind(advice_of(found)[0])


def test_a_project_is_moved_by_the_fewest_weeks_that_are_tried_and_enough() -> None:
    found = crew()
    way = by_kind(advice_of(found)[0])["postpone"]
    # 480 h at 34 h a week take more than 14 weeks: six more are too few, eight are enough.
    assert way.weeks == 8
    assert way.cost == Decimal(1000) * 8 * 3
    later = replace(found, projects=(replace(found.projects[0], end=found.projects[0].end + 8 * WEEK),))
    assert not any(undone_of(later, Ability("python", Level.ADVANCED, False), MONDAY))


@given(staffs())
@settings(max_examples=25)
def test_ways_are_sorted_by_their_price_and_each_is_priced_for_the_whole_gap(found: Staff) -> None:
    for one in advice_of(found):
        totals = [way.total for way in one.options]
        assert totals == sorted(totals)
        for way in one.options:
            assert way.total == way.cost + way.rest
            if way.kind != "postpone":
                assert way.covers <= one.short + 1e-6
                assert float(way.rest) == pytest.approx((one.short - way.covers) * 150, abs=2)


@given(st.sampled_from(list(Level)), st.sampled_from([None, *Level]), st.booleans(), st.booleans())
def test_training_takes_the_steps_between_two_levels(
    wanted: Level, now: Level | None, certified: bool, has_one: bool
) -> None:
    skills = {} if now is None else {"python": Skill(level=now, certified=has_one)}
    bo = replace(member("bo"), skills=skills)
    found = crew()
    steps = pd.Series([40, 80, 120, 200, 300], index=range(1, 6))
    expected = steps[(steps.index > (now or 0)) & (steps.index <= wanted)].sum()
    expected += 40 if certified and not (now is not None and has_one) else 0
    assert effort(found, bo, Ability("python", wanted, certified)) == expected


# What became of plans


hours_told = st.lists(
    st.tuples(st.sampled_from(["ann", "bo", "stranger"]), st.sampled_from(["a", "b"]), st.integers(1, 6)),
    unique=True,
    min_size=1,
    max_size=20,
).flatmap(
    lambda rows: st.tuples(
        st.just(rows), st.lists(st.floats(0, 60), min_size=len(rows), max_size=len(rows)), st.booleans()
    )
)


@given(hours_told)
@settings(max_examples=60)
def test_utilisation_is_the_sum_of_hours_over_those_that_there_were(told: tuple) -> None:
    rows, hours, skilled = told
    found = crew()
    worked = [
        Worked(who, what, MONDAY - ago * WEEK, amount, "python" if skilled else "")
        for (who, what, ago), amount in zip(rows, hours, strict=True)
    ]
    table = pd.DataFrame(worked, columns=["person", "project", "week", "hours", "skill"])
    # Gaps and advice take by far the longest to work out, and hours that were worked have no part in them.
    place = "release_ops.domain.capacity_report"
    with mock.patch(f"{place}.gap_weeks", return_value=[]), mock.patch(f"{place}.advise", return_value=[]):
        seen = review(found, today=MONDAY, worked=worked).utilisation
    first, last = table["week"].min(), table["week"].max()
    assert {one.week for one in seen} <= {first + place * WEEK for place in range((last - first).days // 7 + 1)}
    own = table[table["person"] != "stranger"]
    for dimension, column, source in (("team", None, own), ("project", "project", table), ("skill", "skill", table)):
        for one in (each for each in seen if each.dimension == dimension):
            part = source if column is None else source[source[column] == one.name]
            assert one.worked == pytest.approx(part[part["week"] == one.week]["hours"].sum())
            if dimension == "team":
                assert one.available == pytest.approx(70)
                assert one.share == pytest.approx(one.worked / 70)
    assert sum(one.worked for one in seen if one.dimension == "project") == pytest.approx(table["hours"].sum())
    assert any(one.dimension == "skill" for one in seen) == (skilled and any(hours))


pairs = st.lists(
    st.tuples(st.integers(1, 10), st.floats(1, 100), st.floats(0, 100), st.booleans()), min_size=1, max_size=30
)


@given(pairs)
def test_predictions_are_scored_against_what_came(made: list) -> None:
    found = crew()
    worked, told = [], []
    for place, (ago, expected, came, banded) in enumerate(made):
        week = MONDAY - ago * WEEK
        worked.append(Worked("ann", f"p{place}", week, came))
        low, high = (expected * 0.8, expected * 1.2) if banded else (None, None)
        told.append(Prediction("project", f"p{place}", week - 3 * WEEK, week, expected, low, high))
    told.append(Prediction("project", "p0", MONDAY, MONDAY + WEEK, 50.0))  # has not come yet
    scored = score(told, worked, found, max(one.week for one in worked))
    assert len(scored) == len(made)
    table = pd.DataFrame(made, columns=["ago", "expected", "came", "banded"])
    [result] = accuracy(scored)
    total = table["came"].sum()
    if total > 0:
        assert result.bias == pytest.approx(table["expected"].sum() / total - 1)
    else:
        assert result.bias is None
    known = table[table["came"] > 0]
    errors = (known["expected"] - known["came"]).abs() / known["came"]
    assert result.mape == (pytest.approx(errors.mean()) if len(known) else None)
    inside = table[table["banded"]]
    share = inside["came"].between(inside["expected"] * 0.8, inside["expected"] * 1.2)
    assert result.intervals == len(inside)
    assert result.coverage == (pytest.approx(share.mean()) if len(inside) else None)


@given(st.lists(st.floats(0, 3), min_size=1, max_size=40), st.floats(0, 1))
def test_quantiles_are_those_of_numpy(values: list[float], share: float) -> None:
    assert quantile(sorted(values), share) == pytest.approx(float(np.quantile(values, share)))


@given(st.lists(st.floats(0.1, 3), min_size=0, max_size=20))
def test_an_interval_is_made_of_how_earlier_predictions_went_and_of_nothing_else(ratios: list[float]) -> None:
    found = crew()
    past = [(Prediction("project", "a", date(2026, 9, 7), date(2026, 9, 14), 10.0), 10 * one) for one in ratios]
    work = demand(found.projects, (), SPAN)
    made = predictions(member_weeks(found, SPAN), work, MONDAY, within=SPAN[1:], past=past, chance=0.8, scored=8)
    of_projects = [one for one in made if one.dimension == "project"]
    assert {one.week for one in made} == set(SPAN[1:])
    assert all(one.hours == pytest.approx(60) for one in of_projects)
    for one in of_projects:
        if len(ratios) < 8:
            assert (one.low, one.high) == (None, None)
        else:
            assert one.low == pytest.approx(60 * np.quantile(ratios, 0.1))
            assert one.high == pytest.approx(60 * np.quantile(ratios, 0.9))
    assert all(one.low is None for one in made if one.dimension == "team")


def test_a_week_without_hours_of_a_project_is_none_and_one_of_which_nobody_tells_is_unknown() -> None:
    found = crew()
    worked = [Worked("ann", "a", MONDAY - 3 * WEEK, 30.0), Worked("ann", "b", MONDAY - 2 * WEEK, 10.0)]
    told = [Prediction("project", "a", MONDAY - 5 * WEEK, MONDAY - ago * WEEK, 20.0) for ago in (4, 3, 2, 1)]
    scored = score(told, worked, found, MONDAY - 2 * WEEK)
    assert [(one.week, came) for one, came in scored] == [(MONDAY - 3 * WEEK, 30.0), (MONDAY - 2 * WEEK, 0.0)]


@given(staffs())
@settings(max_examples=20)
def test_a_review_can_be_made_of_any_staff(found: Staff) -> None:
    assume(found.projects)
    told = review(found, today=MONDAY)
    assert len(told.teams) == len({one.team for one in found.members}) * 8
