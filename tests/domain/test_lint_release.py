"""One release against itself: weeks, stages, years, notice and load, each at its field with a remedy."""

from __future__ import annotations

import dataclasses
from datetime import date, timedelta
from pathlib import Path

import pytest

from release_ops.domain.lint import lint
from release_ops.domain.model import (
    Feature,
    FeatureStatus,
    LoadPolicy,
    MilestoneKind,
    MilestoneOverride,
    Product,
    Release,
    ReleaseType,
)
from release_ops.product import load_product

DEMO = Path(__file__).parents[2] / "include" / "products" / "demo.yaml"


@pytest.fixture(scope="module")
def webapp() -> Product:
    return dataclasses.replace(load_product(DEMO), holiday_regions=(), blackouts=())


def release(**more: object) -> Release:
    return Release(product="webapp", version="2.9.0", type=ReleaseType.MINOR, ga=date(2027, 3, 4), **more)  # type: ignore[arg-type]


def own(day: str, week: str = "") -> MilestoneOverride:
    return MilestoneOverride(date=date.fromisoformat(day), week=week, reason="so")


def told(product: Product, *releases: Release, today: date | None = None) -> list[str]:
    found = lint(dataclasses.replace(product, releases=releases), today=today)
    return [f"{'error' if one.error else 'doubt'} {one}" for one in found]


def test_a_week_that_is_not_the_dates_is_an_error(webapp: Product) -> None:
    events = {"docs": own("2027-02-11", "R-2")}
    assert told(webapp, release(events=events, overrides={MilestoneKind.RC: own("2027-02-25", "R-1")})) == [
        "error 2.9.0 events.docs: 2027-02-11 is not in R-2 but in R-3; did you mean 2027-02-18? correct the date or the week"
    ]


def test_weeks_that_all_agree_blame_ga(webapp: Product) -> None:
    events = {"a": own("2027-02-11", "R-6"), "b": own("2027-02-18", "R-5"), "c": own("2027-02-25", "R-4")}
    assert told(webapp, release(events=events)) == [
        "error 2.9.0 ga: all 3 weeks written here say that GA is 3 weeks later than 2027-03-04; did you mean the week of "
        "2027-03-22?"
    ]


def test_stages_among_events_follow_each_other(webapp: Product) -> None:
    assert told(webapp, release(events={"beta_2": own("2027-02-22"), "beta_3": own("2027-01-25")})) == [
        "error 2.9.0 events.beta_3: beta_3 on 2027-01-25 is before beta_2 on 2027-02-22; did you mean 2027-02-25?"
    ]
    assert told(webapp, release(events={"rc_1": own("2027-02-24"), "rc_2": own("2027-03-02")})) == []


def test_an_own_date_of_another_year_is_an_error_before_ga_and_a_doubt_after_it(webapp: Product) -> None:
    assert told(webapp, release(events={"docs": own("2026-02-11")})) == [
        "error 2.9.0 events.docs: 2026-02-11 is more than half a year from everything else of this release; did you mean "
        "2027-02-11?"
    ]
    assert told(webapp, release(events={"docs": own("2028-02-11")})) == [
        "doubt 2.9.0 events.docs: 2028-02-11 is more than half a year from everything else of this release; did you mean "
        "2027-02-11?"
    ]
    assert told(webapp, release(events={"end_of_life": own("2030-03-04")})) == []


def test_a_cycle_starts_before_its_ga(webapp: Product) -> None:
    assert told(webapp, release(start=date(2027, 3, 4))) == [
        "error 2.9.0 start: the cycle starts on 2027-03-04, and GA is on 2027-03-04; correct one of the dates"
    ]


def test_too_little_notice_is_a_doubt(webapp: Product) -> None:
    said = (
        "doubt 2.9.0 ga: 2027-03-04 is 13 days from today; a minor release needs 14 days: from 2027-03-05 on, or write "
    )
    said += "the day on which it was announced: announced: 2026-11-02"
    assert told(webapp, release(), today=date(2027, 2, 19)) == [said]
    assert told(webapp, release(), today=date(2027, 2, 18)) == []
    assert told(webapp, release(), today=date(2027, 3, 5)) == []
    assert told(webapp, release()) == []


def test_what_was_announced_in_time_or_has_begun_is_not_doubted(webapp: Product) -> None:
    assert told(webapp, release(announced=date(2027, 2, 1)), today=date(2027, 2, 25)) == []
    done = Feature(id="A", title="A", status=FeatureStatus.DONE)
    assert told(webapp, release(features=(done,)), today=date(2027, 2, 25)) == []
    assert told(webapp, release(announced=date(2027, 3, 3))) == [
        "doubt 2.9.0 ga: 2027-03-04 is one day from its announcement; a minor release needs 14 days: from 2027-03-17 on"
    ]


def features(count: int, points: float | None = None) -> tuple[Feature, ...]:
    return tuple(Feature(id=f"F{n}", title="x", status=FeatureStatus.PLANNED, points=points) for n in range(count))


def test_more_than_the_weeks_can_hold_is_a_doubt(webapp: Product) -> None:
    by_points = dataclasses.replace(webapp, load=LoadPolicy(points_per_week=10))
    assert told(webapp, release(features=features(33))) == [
        "doubt 2.9.0 features: 33 features in 6 weeks are more than 5 a week; leave out 3 features, or move GA to 2027-03-11"
    ]
    assert told(webapp, release(features=features(30))) == []
    assert told(by_points, release(features=features(8, 8.0))) == [
        "doubt 2.9.0 features: 64 points in 6 weeks are more than 10 a week; leave out 4 points, or move GA to 2027-03-11"
    ]


def test_far_more_than_usual_is_a_doubt(webapp: Product) -> None:
    usual = [
        dataclasses.replace(
            release(), version=f"2.{n + 1}.0", ga=date(2026, 3, 4) + timedelta(weeks=12 * n), features=features(4)
        )
        for n in range(3)
    ]
    assert told(webapp, *usual, release(features=features(9))) == [
        "doubt 2.9.0 features: 9 features are more than 2 times the usual 4; leave some out, or plan a longer release"
    ]
    assert told(webapp, *usual, release(features=features(8))) == []


def test_findings_of_a_cadences_release_name_the_cadence(webapp: Product) -> None:
    (finding,) = lint(
        dataclasses.replace(webapp, releases=(dataclasses.replace(release(start=date(2027, 4, 1)), cadence=1),))
    )
    assert (finding.cadence, finding.version) == (1, "2.9.0")
