"""What counts from what: milestones and events that name each other, the start of a cycle, and its weeks."""

from __future__ import annotations

import dataclasses
import zoneinfo
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from release_ops.domain.business_days import Days
from release_ops.domain.events import events
from release_ops.domain.milestones import train
from release_ops.domain.model import (
    Adjust,
    EventRule,
    FreezePolicy,
    MilestoneKind,
    MilestoneOverride,
    MilestoneRule,
    Product,
    Release,
    ReleaseType,
    Repository,
    WindowPolicy,
)
from release_ops.domain.release_dates import NoSuchDay, ReleaseDates, week_label
from release_ops.domain.rules import WEEKDAYS, apply_rule, parse_rule


def product(train_: dict[str, str], *entries: EventRule, weeks: str = "", regions: tuple[str, ...] = ()) -> Product:
    rules = {
        MilestoneKind(kind): MilestoneRule(rule=rule, adjust=Adjust.PREVIOUS if regions else Adjust.NONE)
        for kind, rule in {**train_, "ga": "ga"}.items()
    }
    return Product(
        id="webapp", name="Webapp",
        repository=Repository(
            kind="git", location="x.git", connection=None, default_branch="main", tag="v{version}",
            release_branch="release/{version}", changelog="CHANGELOG.md", push=False,
        ),
        scheme="semver", timezone="Europe/Berlin", holiday_regions=regions, catch_up=timedelta(days=14),
        trains={ReleaseType.MINOR: rules}, releases=(), gates={}, milestone_gates={}, approvers={}, channels={},
        freeze=FreezePolicy(), windows=WindowPolicy(), blackouts=(), events=entries, weeks=weeks,
    )  # fmt: skip


def release(ga: date = date(2026, 12, 8), start: date | None = None, **own: MilestoneOverride) -> Release:
    overrides = {MilestoneKind(kind): override for kind, override in own.items()}
    return Release(product="webapp", version="1.2.0", type=ReleaseType.MINOR, ga=ga, start=start, overrides=overrides)


def event(key: str, rule: str) -> EventRule:
    return EventRule(id=key, title=key, rule=rule)


def days_of(a_product: Product, a_release: Release) -> dict[str, str]:
    dated = [(one.kind.value, one.planned_at) for one in train(a_product, a_release)]
    dated += [(one.id, one.planned_at) for one in events(a_product, a_release)]
    return {name: f"{at:%a %m-%d}" for name, at in dated}


def test_milestones_and_events_count_from_each_other() -> None:
    a_product = product(
        {"planning": "-8w", "beta": "docs_freeze +1w", "rc": "beta +2w"},
        event("docs_freeze", "planning +1w"), event("review", "Friday before rc"), event("Party", "ga +1d"),
        event("clean", "party +1bd"),
    )  # fmt: skip
    assert days_of(a_product, release()) == {
        "planning": "Tue 10-13", "docs_freeze": "Tue 10-20", "beta": "Tue 10-27", "review": "Fri 11-06", "rc": "Tue 11-10",
        "ga": "Tue 12-08", "Party": "Wed 12-09", "clean": "Thu 12-10",
    }  # fmt: skip


def test_what_counts_from_a_moved_milestone_moves_with_it() -> None:
    own = release(beta=MilestoneOverride(date=date(2026, 11, 2)))
    assert days_of(product({"beta": "-4w", "rc": "beta +1w"}, event("docs", "beta +2d")), own) == {
        "beta": "Mon 11-02", "docs": "Wed 11-04", "rc": "Mon 11-09", "ga": "Tue 12-08",
    }  # fmt: skip


def test_an_event_counts_from_the_day_on_which_its_milestone_runs() -> None:
    a_product = product({"beta": "-4w"}, event("docs", "beta +1d"), regions=("DE-BE",))
    found = days_of(a_product, release(ga=date(2027, 1, 22)))
    assert (found["beta"], found["docs"]) == ("Thu 12-24", "Fri 12-25")


def test_the_start_is_the_releases_own_or_its_first_milestone() -> None:
    a_product = product({"planning": "-8w", "rc": "week 3 Thursday"})
    assert days_of(a_product, release())["rc"] == "Thu 10-29"
    assert days_of(a_product, release(start=date(2026, 9, 30)))["rc"] == "Thu 10-15"


@pytest.mark.parametrize(
    ("train_", "said"),
    [
        ({"beta": "rc -1w", "rc": "beta +1w"}, r"counts from itself \(beta -> rc -> beta\); let one of them count from ga"),
        ({"beta": "rcc -1w"}, "counts from 'rcc', which is no milestone or event; known are: start, beta, ga, docs"),
        ({"beta": "dosc +1d"}, "did you mean 'docs'"),
        ({"beta": "alpha +1w"}, "counts from alpha, which a minor release does not have"),
        ({"planning": "start", "beta": "week 3"}, "the start of the cycle, which is not known; give the release a `start`"),
    ],
)  # fmt: skip
def test_a_day_that_is_not_there_is_told(train_: dict[str, str], said: str) -> None:
    dates = ReleaseDates(product(train_, event("docs", "-1w")), release())
    with pytest.raises(NoSuchDay, match=said):
        dates.milestone(MilestoneKind.BETA)


def test_a_skipped_milestone_is_no_anchor() -> None:
    dates = ReleaseDates(product({"beta": "-2w", "rc": "beta +1w"}), release(beta=MilestoneOverride(skip=True)))
    with pytest.raises(NoSuchDay, match="counts from beta, which this release skips; give this one a rule or date"):
        dates.milestone(MilestoneKind.RC)


ZONES = sorted(zoneinfo.available_timezones())
SKIPPED = {(zone, year) for zone in ("Pacific/Apia", "Pacific/Fakaofo") for year in (2011, 2012)}
"""Islands that crossed the date line: their calendar lacks a day."""
dates = st.dates(date(2000, 1, 1), date(2060, 12, 31))


@given(dates, st.sampled_from(ZONES), st.integers(1, 9), st.integers(0, 9), st.sampled_from(["", "DE-BE", "US", "JP"]))
@settings(max_examples=200)
def test_in_any_zone_what_counts_from_a_day_is_that_long_after_it(
    ga: date, zone: str, weeks: int, days: int, region: str
) -> None:
    train_ = {"planning": f"-{weeks + 9}w", "beta": f"rc -{weeks}w", "rc": "R-1 Thursday"}
    entries = (event("docs", f"beta +{days}d"), event("party", "docs +1w"), event("first", "start"))
    regions = (region,) if region else ()
    a_product = dataclasses.replace(product(train_, *entries, regions=regions), timezone=zone)
    milestones, found = train(a_product, release(ga)), events(a_product, release(ga))
    at = {one.kind.value: one.planned_at.date() for one in milestones} | {
        one.id: one.planned_at.date() for one in found
    }
    if (zone, ga.year) not in SKIPPED:
        assert at["docs"] - at["beta"] == timedelta(days=days)
        assert at["party"] - at["docs"] == timedelta(weeks=1)
        assert at["first"] == min(at["planning"], at["beta"], at["rc"])
    assert [one.planned_at.timestamp() for one in milestones] == sorted(
        one.planned_at.timestamp() for one in milestones
    )
    assert [one.planned_at.timestamp() for one in found] == sorted(one.planned_at.timestamp() for one in found)


@given(dates, st.integers(-60, 60), st.integers(0, 6))
def test_a_week_label_is_the_inverse_of_its_rule(ga: date, weeks: int, weekday: int) -> None:
    a_product, a_release = product({}, weeks="to_ga"), release(ga)
    day = apply_rule(parse_rule(f"R{weeks:+d} {WEEKDAYS[weekday]}"), ga, Days())
    assert week_label(a_product, a_release, day) == f"R{weeks:+d}"


@given(dates, st.integers(1, 60), st.integers(0, 6))
def test_a_week_number_is_the_inverse_of_its_rule(start: date, number: int, weekday: int) -> None:
    a_product, a_release = product({}, weeks="from_start"), release(start + timedelta(weeks=15), start)
    day = apply_rule(parse_rule(f"week {number} {WEEKDAYS[weekday]}"), a_release.ga, Days(), lambda _: start)
    assert week_label(a_product, a_release, day) == f"week {number}"


@given(dates, st.integers(1, 400))
def test_there_is_no_week_before_the_first(start: date, before: int) -> None:
    a_product, a_release = product({}, weeks="from_start"), release(start + timedelta(weeks=15), start)
    day = start - timedelta(days=start.weekday() + before)
    assert week_label(a_product, a_release, day) == ""


def test_weeks_are_shown_where_the_product_counts_them() -> None:
    assert week_label(product({}), release(), date(2026, 12, 1)) == ""
    assert week_label(product({}, weeks="from_start"), release(), date(2026, 12, 1)) == ""  # the start is not known
    assert week_label(dataclasses.replace(product({}), weeks="to_ga"), release(), date(2026, 12, 1)) == "R-1"
