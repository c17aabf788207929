"""Moves of dates: what counts as a slip, how much notice it had, and whether that was enough."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from release_ops.domain.model import MilestoneKind, MilestoneOverride, ReleaseType
from release_ops.domain.slips import (
    GA,
    Category,
    Change,
    Known,
    Policy,
    Subject,
    compare,
    entries,
    headline,
    implausible,
    notice_policy,
    slip,
    slips_of,
)
from release_ops.product import load_product, project_root

DEMO = load_product(project_root() / "include" / "products" / "demo.yaml")
RELEASE = DEMO.release("2.8.0")
NOTICED = date(2026, 10, 1)
RC = Subject(Category.MILESTONE, "rc")
DATES = st.dates(date(2000, 1, 1), date(2100, 1, 1))


def seen(product, release, *, sequence=0):
    """The calendar of a release as it was last seen."""
    return [
        Known(
            subject=one.subject,
            title=one.title,
            planned_at=one.planned_at,
            ends_at=one.ends_at,
            day=one.day,
            reason=one.reason,
            release_reason=one.release_reason,
            sequence=sequence,
            withdrawn=False,
        )
        for one in entries(product, release)
    ]


def moved(old, new, *, product=DEMO, noticed=NOTICED, **settled):
    return slips_of(product, new, compare(seen(product, old), entries(product, new), **settled), noticed=noticed)


@given(old=DATES, new=DATES, noticed=DATES)
def test_days_and_notice_are_calendar_days(old, new, noticed):
    one = slip("webapp", "2.8.0", GA, old, new, noticed, notice=timedelta(weeks=2))
    assert one.old + timedelta(days=one.days) == one.new
    assert one.noticed + timedelta(days=one.notice_days) == one.old
    assert (one.policy is Policy.OK) == (min(old, new) - noticed >= timedelta(weeks=2))


@given(old=DATES, new=DATES, noticed=DATES)
def test_a_move_and_its_return_cancel_out(old, new, noticed):
    there = slip("webapp", "2.8.0", GA, old, new, noticed)
    back = slip("webapp", "2.8.0", GA, new, old, noticed)
    assert there.days + back.days == 0


@given(weeks=st.integers(min_value=1, max_value=40))
def test_a_ga_takes_every_milestone_with_it_in_whole_weeks(weeks):
    product = replace(DEMO, holiday_regions=())
    later = replace(RELEASE, ga=RELEASE.ga + timedelta(weeks=weeks))
    found = moved(RELEASE, later, product=product)
    assert {one.subject.name for one in found} == set(product.trains[ReleaseType.MINOR])
    assert {one.days for one in found} == {7 * weeks}
    assert all(one.moved_ga for one in found)
    assert headline(found).is_ga
    assert found[0].is_ga


@pytest.mark.parametrize(
    ("old", "new", "noticed", "policy", "said"),
    [
        (
            "2026-11-26",
            "2026-12-10",
            "2026-11-12",
            "ok",
            "14 days before the old date; a minor release asks for 14 days",
        ),
        ("2026-11-26", "2026-12-10", "2026-11-13", "breached", "13 days before the old date, but a minor release asks"),
        ("2026-11-26", "2026-12-10", "2026-11-28", "breached", "told 2 days after the old date, but"),
        ("2026-12-10", "2026-11-26", "2026-11-13", "breached", "13 days before the new date, but"),
        ("2026-12-10", "2026-11-26", "2026-11-10", "ok", "16 days before the new date; "),
        ("2026-11-26", "2026-12-10", "2026-11-25", "breached", "1 day before the old date, but"),
    ],
)
def test_notice_counts_up_to_the_earlier_of_the_two_dates(old, new, noticed, policy, said):
    days = [date.fromisoformat(text) for text in (old, new, noticed)]
    verdict, why = notice_policy(*days, timedelta(weeks=2), type=ReleaseType.MINOR)
    assert verdict == policy
    assert why.startswith(said)


def test_only_a_ga_needs_notice_and_only_where_the_product_asks_for_it():
    old, new = RELEASE.ga, RELEASE.ga + timedelta(days=7)
    assert slip("webapp", "2.8.0", RC, old, new, old, notice=timedelta(weeks=2)).policy is Policy.NONE
    without = slip("webapp", "2.8.0", GA, old, new, old, type=ReleaseType.HOTFIX)
    assert (without.policy, without.policy_reason) == (Policy.NONE, "a hotfix release asks for no notice")


@pytest.mark.parametrize(
    ("old", "new", "noticed", "hint"),
    [
        ("2021-10-04", "2020-10-04", "2020-05-26", "did you mean 2021-10-04"),
        ("2020-01-28", "2020-02-04", "2022-01-05", "did you mean 2022-02-04"),
        ("2026-11-26", "2062-11-26", "2026-10-01", "did you mean"),
        ("2024-02-29", "2028-02-29", "2024-01-10", "moves by 1461 days"),
        ("2031-12-20", "2032-01-05", "2026-10-01", "more than five years ahead"),
    ],
)
def test_a_wrong_year_is_named_with_a_guess(old, new, noticed, hint):
    assert hint in implausible(*(date.fromisoformat(text) for text in (old, new, noticed)))


@pytest.mark.parametrize(("old", "noticed"), [("2024-11-26", "2026-10-01"), ("2025-11-26", "2026-10-01")])
def test_a_wrong_year_that_was_mended_is_no_wrong_year(old, noticed):
    new = date(2026, 11, 26)
    assert implausible(date.fromisoformat(old), new, date.fromisoformat(noticed)) == ""
    assert implausible(date.fromisoformat(old), new + timedelta(weeks=60), date.fromisoformat(noticed)) != ""


@given(old=DATES, days=st.integers(min_value=-364, max_value=364))
def test_a_move_within_a_year_is_plausible(old, days):
    new = old + timedelta(days=days)
    assert implausible(old, new, new) == ""


def test_what_is_the_same_is_no_difference():
    assert compare(seen(DEMO, RELEASE), entries(DEMO, RELEASE)) == ()


def test_the_first_look_is_a_baseline():
    found = compare((), entries(DEMO, RELEASE))
    assert {one.change for one in found} == {Change.ADDED}
    assert slips_of(DEMO, RELEASE, found, noticed=NOTICED) == ()


def test_a_new_time_of_the_same_day_is_no_slip():
    rc = MilestoneOverride(at=DEMO.trains[ReleaseType.MINOR][MilestoneKind.RC].at.replace(hour=17), reason="evening")
    found = compare(seen(DEMO, RELEASE), entries(DEMO, replace(RELEASE, overrides={MilestoneKind.RC: rc})))
    assert [(one.change, one.before.subject) for one in found] == [(Change.SHIFTED, RC)]


def test_a_skipped_milestone_is_withdrawn_and_comes_back_without_a_slip():
    skipped = replace(RELEASE, overrides={MilestoneKind.RC: MilestoneOverride(skip=True)})
    found = compare(seen(DEMO, RELEASE), entries(DEMO, skipped))
    assert [(one.change, one.before.subject) for one in found] == [(Change.WITHDRAWN, RC)]
    gone = [replace(one, withdrawn=True) if one.subject == RC else one for one in seen(DEMO, RELEASE)]
    assert compare(gone, entries(DEMO, skipped)) == ()
    assert [one.change for one in compare(gone, entries(DEMO, RELEASE))] == [Change.RETURNED]


def test_what_is_done_does_not_slip_and_a_record_of_the_past_is_corrected():
    later = replace(RELEASE, ga=RELEASE.ga + timedelta(weeks=1))
    kinds = {one.value for one in MilestoneKind}
    assert moved(RELEASE, later, kept=kinds) == ()
    assert moved(RELEASE, later, past=kinds) == ()
    left = {one.subject.name for one in moved(RELEASE, later, kept={"planning", "alpha"})}
    assert left == kinds - {"planning", "alpha"}


def test_a_reason_counts_when_it_came_with_the_move():
    own = MilestoneOverride(date=date(2026, 11, 23), reason="Fair in Cologne")
    fair = replace(RELEASE, overrides={MilestoneKind.RC: own})
    (one,) = moved(RELEASE, fair)
    assert (one.subject, one.reason, one.moved_ga) == (RC, "Fair in Cologne", False)
    again = replace(fair, overrides={MilestoneKind.RC: replace(own, date=date(2026, 11, 24))})
    (one,) = moved(fair, again)
    assert one.reason == ""
    because = replace(RELEASE, ga=RELEASE.ga + timedelta(weeks=1), reason="The licence is missing")
    assert {one.reason for one in moved(RELEASE, because)} == {"The licence is missing"}


def test_without_a_ga_the_first_milestone_of_the_train_heads_the_move():
    overrides = {
        MilestoneKind.RC: MilestoneOverride(date=date(2026, 11, 23)),
        MilestoneKind.BETA: MilestoneOverride(date=date(2026, 11, 13)),
    }
    assert headline(moved(RELEASE, replace(RELEASE, overrides=overrides))).subject.name == "beta"
