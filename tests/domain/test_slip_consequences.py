"""What follows from a move: other trains, dependents, closed windows, people who are away."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from release_ops.domain.model import Absence, EventRule, MilestoneKind, MilestoneOverride, Need
from release_ops.domain.slip_consequences import Topic, consequences, dependents
from release_ops.domain.slips import compare, entries, slips_of
from release_ops.product import load_product, project_root
from tests.domain.test_slips import seen

DEMO = load_product(project_root() / "include" / "products" / "demo.yaml")
TODAY = date(2026, 10, 1)
VERSION = "2.8.0"


def with_release(product, release):
    releases = tuple(release if one.version == release.version else one for one in product.releases)
    return replace(product, releases=releases)


def after(product, others=(), *, today=TODAY, **changes):
    """What follows when the release is changed, as texts by topic, and the consequences themselves."""
    before = product.release(VERSION)
    release = replace(before, **changes)
    product = with_release(product, release)
    slips = slips_of(product, release, compare(seen(product, before), entries(product, release)), noticed=today)
    return consequences(product, release, slips, (product, *others), today=today)


def of(found, topic):
    return [one.text for one in found if one.topic is topic]


def test_the_rest_of_the_train_moves_with_its_ga():
    found = after(DEMO, ga=date(2026, 12, 3))
    assert "RC moves from Thu 2026-11-19 to Thu 2026-11-26 (+7 d)" in of(found, Topic.MOVES)
    assert len(of(found, Topic.MOVES)) == 7


def test_a_milestone_with_a_date_of_its_own_stays_behind():
    own = {MilestoneKind.RC: MilestoneOverride(date=date(2026, 11, 19), reason="fixed")}
    product = with_release(DEMO, replace(DEMO.release(VERSION), overrides=own))
    found = after(product, ga=date(2026, 12, 3))
    assert of(found, Topic.STAYS) == ["RC stays on Thu 2026-11-19, now 14 days before GA"]


def test_a_later_release_whose_train_is_now_crossed():
    found = after(DEMO, ga=date(2026, 12, 9))
    assert of(found, Topic.TRAIN) == [
        "the train of webapp 2.8.1, which starts on Thu 2026-12-03, overlaps it by 6 days"
    ]
    assert of(after(DEMO, ga=date(2026, 12, 3)), Topic.TRAIN) == []


def test_a_ga_that_no_longer_comes_before_the_next_ones():
    (text,) = of(after(DEMO, ga=date(2026, 12, 15)), Topic.TRAIN)
    assert text == "its GA is no longer before that of webapp 2.8.1 on Thu 2026-12-10"


def test_a_ga_pulled_before_the_one_that_it_follows():
    found = of(after(DEMO, ga=date(2026, 9, 24), today=date(2026, 6, 1)), Topic.TRAIN)
    assert found == [
        "it starts before the GA of webapp 2.7.0 on Thu 2026-08-27 and overlaps it by 14 days",
        "its GA is no longer after that of webapp 2.7.1 on Thu 2026-09-24",
    ]


def dependent(ga):
    release = replace(
        DEMO.release(VERSION), product="app", version="4.0.0", ga=ga, needs=(Need(product="webapp", version=VERSION),)
    )
    return replace(DEMO, id="app", releases=(release,))


@pytest.mark.parametrize(
    ("theirs", "said", "late"),
    [
        (date(2026, 12, 7), "still fits, 4 days to spare", False),
        (date(2026, 12, 3), "not before it, on the same day", True),
        (date(2026, 12, 2), "1 day too late", True),
        (date(2026, 11, 30), "3 days too late", True),
    ],
)
def test_a_dependent_fits_or_is_late_by_so_many_days(theirs, said, late):
    found = [one for one in after(DEMO, [dependent(theirs)], ga=date(2026, 12, 3)) if one.topic is Topic.DEPENDENT]
    (one,) = found
    assert one.text == f"app 4.0.0 needs GA of webapp 2.8.0 before its own GA on {theirs:%a %Y-%m-%d}: {said}"
    assert one.bad is late
    assert (one.product, one.version) == ("app", "4.0.0")


def test_who_does_not_need_it_is_no_dependent():
    other = replace(dependent(date(2026, 12, 7)), releases=DEMO.releases)
    assert dependents(DEMO, DEMO.release(VERSION), [DEMO, other]) == ()


def test_a_ga_pulled_forward_may_come_before_what_it_needs():
    need = Need(product="app", version="4.0.0")
    product = with_release(DEMO, replace(DEMO.release(VERSION), needs=(need,)))
    base = replace(dependent(date(2026, 11, 24)).releases[0], needs=())
    found = after(product, [replace(DEMO, id="app", releases=(base,))], ga=date(2026, 11, 19))
    assert of(found, Topic.NEEDS) == [
        "it needs GA of app 4.0.0, which is on Tue 2026-11-24: 5 days too late for its GA"
    ]


def test_a_ga_in_a_blackout_waits_and_one_on_a_weekend_is_told():
    (text,) = of(after(DEMO, ga=date(2026, 12, 21)), Topic.WINDOW)
    assert text.startswith("GA on Mon 2026-12-21 waits until Mon 2027-01-04 08:00: Christmas business")
    assert "GA on Sat 2026-11-28 is on a weekend" in of(after(DEMO, ga=date(2026, 11, 28)), Topic.HOLIDAY)


def away(person, day, reason=""):
    start = datetime.combine(day, datetime.min.time(), UTC)
    return Absence(person=person, start=start, end=start + timedelta(days=1), reason=reason)


def test_an_approver_who_is_away_and_whether_the_others_suffice():
    ga = date(2026, 12, 3)
    alone = replace(DEMO, absences=(away("eva", ga, "parental leave"),))
    (text,) = [text for text in of(after(alone, ga=ga), Topic.ABSENCE) if text.startswith("GA on")]
    assert text == (
        "GA on Thu 2026-12-03: Eva Ebert (stakeholder) is away: parental leave; "
        "the others cannot fill every seat of its gate"
    )
    assert of(after(alone, ga=date(2026, 12, 8)), Topic.ABSENCE) == []


def test_the_owner_of_an_event_who_is_away():
    rule = EventRule(id="review", title="Release review", rule="+2d", owner="lena")
    product = replace(DEMO, events=(rule,), absences=(away("lena", date(2026, 12, 5)),))
    found = of(after(product, ga=date(2026, 12, 3)), Topic.ABSENCE)
    assert "Release review on Sat 2026-12-05: lena, who owns it, is away" in found


def test_what_is_past_is_not_told():
    found = after(DEMO, [dependent(date(2026, 12, 2))], ga=date(2026, 12, 3), today=date(2027, 6, 1))
    assert {one.topic for one in found} <= {Topic.MOVES, Topic.TRAIN}


@given(days=st.integers(min_value=-60, max_value=400).filter(bool))
def test_every_move_has_its_consequences_in_order_and_in_words(days):
    found = after(DEMO, [dependent(date(2026, 12, 2))], ga=DEMO.release(VERSION).ga + timedelta(days=days))
    places = [list(Topic).index(one.topic) for one in found]
    assert places == sorted(places)
    assert all(one.text and not one.text.endswith(".") for one in found)
