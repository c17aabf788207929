"""Rules become dates, whatever the zone, the holidays, and the day on which somebody asks."""

from __future__ import annotations

import dataclasses
import zoneinfo
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from release_ops.domain.business_days import Days, check_region
from release_ops.domain.lint import lint
from release_ops.domain.milestones import predecessor, train
from release_ops.domain.model import (
    Adjust,
    Blackout,
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
from release_ops.domain.rules import Offset, OrdinalWeekday, Unit, apply_rule, local_instant, parse_rule, parse_weekday

MAJOR = {
    "planning": "-8w", "alpha": "-4w", "feature_complete": "-3w", "freeze": "-2w", "beta": "-2w", "rc": "-1w",
    "ga": "ga", "support_end": "+1w",
}  # fmt: skip
MINOR = {**MAJOR, "planning": "-6w"}
PATCH = {"planning": "-1w", "freeze": "-3bd", "rc": "-2bd", "ga": "ga", "support_end": "+1w"}
ZONES = sorted(zoneinfo.available_timezones())
REGIONS = ["DE-BE", "US", "JP", "CN", "GB-ENG", "BR", "IN", "SA", "IL", "IR"]

dates = st.dates(date(2000, 1, 1), date(2060, 12, 31))
times = st.times().map(lambda at: at.replace(second=0, microsecond=0))


def rules(train_: dict[str, str], at: time = time(9)) -> dict[MilestoneKind, MilestoneRule]:
    adjust = {"ga": Adjust.NONE, "support_end": Adjust.NEXT}
    return {
        MilestoneKind(kind): MilestoneRule(rule=rule, at=at, adjust=adjust.get(kind, Adjust.PREVIOUS))
        for kind, rule in train_.items()
    }


def product(
    *releases: Release, zone: str = "Europe/Berlin", regions: tuple[str, ...] = (), at: time = time(9)
) -> Product:
    return Product(
        id="webapp",
        name="Webapp",
        repository=Repository(
            kind="git", location="x.git", connection=None, default_branch="main", tag="v{version}",
            release_branch="release/{version}", changelog="CHANGELOG.md", push=False,
        ),
        scheme="semver",
        timezone=zone,
        holiday_regions=regions,
        catch_up=timedelta(days=14),
        trains={
            ReleaseType.MAJOR: rules(MAJOR, at), ReleaseType.MINOR: rules(MINOR, at), ReleaseType.PATCH: rules(PATCH, at),
            ReleaseType.HOTFIX: {}, ReleaseType.SECURITY: {},
        },
        releases=releases,
        gates={},
        milestone_gates={},
        approvers={},
        channels={},
        freeze=FreezePolicy(),
        windows=WindowPolicy(),
        blackouts=(),
    )  # fmt: skip


def release(
    version: str = "2.8.0",
    ga: date = date(2026, 11, 26),
    type_: ReleaseType = ReleaseType.MINOR,
    **own: MilestoneOverride,
) -> Release:
    overrides = {MilestoneKind(kind): override for kind, override in own.items()}
    return Release(product="webapp", version=version, type=type_, ga=ga, overrides=overrides)


def days_of(a_product: Product, a_release: Release) -> dict[str, str]:
    return {m.kind.value: f"{m.planned_at:%a %Y-%m-%d %H:%M}" for m in train(a_product, a_release)}


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("-4w", Offset(-4, Unit.WEEKS)),
        ("+1w", Offset(1, Unit.WEEKS)),
        ("-3d", Offset(-3, Unit.DAYS)),
        ("-3bd", Offset(-3, Unit.BUSINESS_DAYS)),
        ("- 3 business days", Offset(-3, Unit.BUSINESS_DAYS)),
        ("−2 weeks", Offset(-2, Unit.WEEKS)),
        ("ga", Offset(0)),
        ("GA", Offset(0)),
        ("+0d", Offset(0, Unit.DAYS)),
        ("third Thursday", OrdinalWeekday(3, 3)),
        ("3rd thu", OrdinalWeekday(3, 3)),
        ("last Friday of month", OrdinalWeekday(-1, 4)),
        ("first Monday of month -1", OrdinalWeekday(1, 0, -1)),
        ("second Tuesday of the month +2", OrdinalWeekday(2, 1, 2)),
    ],
)
def test_a_rule_is_read(text: str, rule: object) -> None:
    assert parse_rule(text) == rule


@pytest.mark.parametrize(
    ("text", "remedy"),
    [
        ("4w", "write -4w for before, [+]4w for after"),
        ("-4m", "count w"),
        ("-4", "is not a rule; write -4w"),
        ("-999w", "at most 260w"),
        ("fifth Friday", "write 'last'"),
        ("third Thrusday", "Thrusday|thrusday"),
        ("umpteenth Monday", "is not a rule"),
        ("first Monday of month -99", "at most 60 months"),
        ("soon", "third Thursday"),
        ("", "is not a rule"),
        ("-4w; rm -rf /", "is not a rule"),
    ],
)
def test_an_unreadable_rule_says_what_to_write(text: str, remedy: str) -> None:
    with pytest.raises(ValueError, match=remedy):
        parse_rule(text)


def test_a_minor_release_has_its_train() -> None:
    assert days_of(product(), release()) == {
        "planning": "Thu 2026-10-15 09:00",
        "alpha": "Thu 2026-10-29 09:00",
        "feature_complete": "Thu 2026-11-05 09:00",
        "freeze": "Thu 2026-11-12 09:00",
        "beta": "Thu 2026-11-12 09:00",
        "rc": "Thu 2026-11-19 09:00",
        "ga": "Thu 2026-11-26 09:00",
        "support_end": "Thu 2026-12-03 09:00",
    }


def test_a_major_release_is_planned_eight_weeks_ahead() -> None:
    assert days_of(product(), release("3.0.0", type_=ReleaseType.MAJOR))["planning"] == "Thu 2026-10-01 09:00"


def test_a_patch_release_counts_business_days() -> None:
    assert days_of(product(), release("2.8.1", date(2026, 12, 8), ReleaseType.PATCH)) == {
        "planning": "Tue 2026-12-01 09:00",
        "freeze": "Thu 2026-12-03 09:00",
        "rc": "Fri 2026-12-04 09:00",
        "ga": "Tue 2026-12-08 09:00",
        "support_end": "Tue 2026-12-15 09:00",
    }


@pytest.mark.parametrize("kind", [ReleaseType.HOTFIX, ReleaseType.SECURITY])
def test_an_emergency_has_no_calendar(kind: ReleaseType) -> None:
    assert train(product(), release("2.8.2", type_=kind)) == ()


def test_freeze_comes_before_beta_at_the_same_instant() -> None:
    kinds = [milestone.kind for milestone in train(product(), release())]
    assert kinds.index(MilestoneKind.FREEZE) + 1 == kinds.index(MilestoneKind.BETA)


def test_a_holiday_moves_a_milestone_to_the_business_day_before_and_says_why() -> None:
    milestones = {m.kind: m for m in train(product(regions=("DE-BE",)), release(ga=date(2026, 5, 28)))}
    alpha = milestones[MilestoneKind.FREEZE]
    assert (alpha.planned_at.date(), alpha.note) == (date(2026, 5, 13), "Thursday 2026-05-14 is Ascension Day (DE-BE)")


def test_support_end_moves_to_the_business_day_after() -> None:
    milestones = {m.kind: m for m in train(product(regions=("DE-BE",)), release(ga=date(2026, 12, 18)))}
    assert milestones[MilestoneKind.SUPPORT_END].planned_at.date() == date(2026, 12, 28)


def test_ga_never_moves() -> None:
    christmas = release(ga=date(2026, 12, 25))
    assert train(product(regions=("DE-BE",)), christmas)[-2].planned_at.date() == date(2026, 12, 25)


def test_an_own_date_is_taken_as_it_is_and_tells_its_reason() -> None:
    saturday = MilestoneOverride(date=date(2026, 11, 21), at=time(18, 30), reason="the fair is on Friday")
    rc = next(m for m in train(product(), release(rc=saturday)) if m.kind is MilestoneKind.RC)
    assert (rc.planned_at.strftime("%a %H:%M"), rc.rule, rc.note) == (
        "Sat 18:30",
        "2026-11-21",
        "the fair is on Friday",
    )


def test_an_own_rule_replaces_the_trains() -> None:
    own = release(alpha=MilestoneOverride(rule="third Thursday of month -1"))
    assert days_of(product(), own)["alpha"] == "Thu 2026-10-15 09:00"


def test_a_skipped_milestone_is_not_there() -> None:
    assert "alpha" not in days_of(product(), release(alpha=MilestoneOverride(skip=True)))


def test_long_holidays_do_not_turn_the_train_around() -> None:
    golden_week = release("2.8.1", date(2026, 10, 9), ReleaseType.PATCH)
    kinds = [milestone.kind.value for milestone in train(product(regions=("CN",)), golden_week)]
    assert kinds == ["planning", "freeze", "rc", "ga", "support_end"]


def test_predecessor() -> None:
    milestones = train(product(), release())
    assert predecessor(milestones, MilestoneKind.PLANNING) is None
    assert predecessor(milestones, MilestoneKind.BETA) == next(m for m in milestones if m.kind is MilestoneKind.FREEZE)
    assert predecessor(train(product(), release("2.8.1", type_=ReleaseType.PATCH)), MilestoneKind.ALPHA) is None


@pytest.mark.parametrize(
    ("rule", "ga", "day"),
    [
        ("third Thursday", date(2026, 11, 26), date(2026, 11, 19)),
        ("first Monday of month -1", date(2027, 1, 14), date(2026, 12, 7)),
        ("last Friday", date(2028, 2, 3), date(2028, 2, 25)),
        ("first Monday of month +1", date(2026, 12, 31), date(2027, 1, 4)),
        ("-1d", date(2028, 3, 1), date(2028, 2, 29)),
        ("-1d", date(2027, 3, 1), date(2027, 2, 28)),
        ("-4w", date(2027, 1, 7), date(2026, 12, 10)),
        ("+1bd", date(2026, 11, 27), date(2026, 11, 30)),
        ("-1bd", date(2026, 11, 28), date(2026, 11, 27)),
    ],
)
def test_rules_over_month_year_and_leap_day(rule: str, ga: date, day: date) -> None:
    assert apply_rule(parse_rule(rule), ga, Days()) == day


def test_a_time_that_the_clocks_skip_moves_forward() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    assert local_instant(date(2026, 3, 29), time(2, 30), berlin).isoformat() == "2026-03-29T03:30:00+02:00"


def test_a_time_that_the_clocks_repeat_is_the_first() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    assert local_instant(date(2026, 10, 25), time(2, 30), berlin).isoformat() == "2026-10-25T02:30:00+02:00"


def test_a_day_that_the_calendar_skips_moves_forward() -> None:
    apia = ZoneInfo("Pacific/Apia")
    assert local_instant(date(2011, 12, 30), time(9), apia).isoformat() == "2011-12-31T09:00:00+14:00"


@given(st.sampled_from(ZONES), dates, times)
@settings(deadline=None)
def test_every_instant_exists_in_its_zone(zone: str, day: date, at: time) -> None:
    instant = local_instant(day, at, ZoneInfo(zone))
    assert instant.astimezone(UTC).astimezone(ZoneInfo(zone)).isoformat() == instant.isoformat()
    wall = datetime.combine(day, at)
    assert timedelta() <= instant.replace(tzinfo=None) - wall <= timedelta(days=1)


@given(st.sampled_from(ZONES), dates, dates, times)
@settings(deadline=None)
def test_a_later_day_is_a_later_instant(zone: str, one: date, other: date, at: time) -> None:
    early, late = sorted((one, other))
    assert local_instant(early, at, ZoneInfo(zone)).timestamp() <= local_instant(late, at, ZoneInfo(zone)).timestamp()


@given(dates, st.integers(-60, 60), st.integers(-60, 60), st.sampled_from(Unit), st.sampled_from(["", *REGIONS]))
@settings(deadline=None)
def test_offsets_are_monotone(ga: date, one: int, other: int, unit: Unit, region: str) -> None:
    days = Days((region,) if region else ())
    low, high = sorted((one, other))
    assert apply_rule(Offset(low, unit), ga, days) <= apply_rule(Offset(high, unit), ga, days)


@given(dates, st.integers(-30, 30).filter(bool), st.sampled_from(["", *REGIONS]))
@settings(deadline=None)
def test_business_days_are_business_days(ga: date, count: int, region: str) -> None:
    days = Days((region,) if region else ())
    day = days.shift(ga, count)
    assert not days.closed(day)
    first, last = sorted((ga, day))
    between = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    assert sum(not days.closed(one) for one in between if one != ga) == abs(count)


@given(dates, st.sampled_from([Adjust.PREVIOUS, Adjust.NEXT]), st.lists(st.sampled_from(REGIONS), max_size=2))
@settings(deadline=None)
def test_an_adjusted_day_is_the_nearest_business_day(day: date, how: Adjust, regions: list[str]) -> None:
    days = Days(tuple(regions))
    adjusted = days.adjust(day, how)
    assert not days.closed(adjusted)
    assert (adjusted <= day) if how is Adjust.PREVIOUS else (adjusted >= day)
    first, last = sorted((adjusted, day))
    assert all(
        days.closed(first + timedelta(days=n))
        for n in range((last - first).days + 1)
        if first + timedelta(days=n) != adjusted
    )


@given(
    dates,
    st.sampled_from(["major", "minor", "patch"]),
    st.sampled_from(ZONES),
    st.lists(st.sampled_from(REGIONS), max_size=2),
)
@settings(deadline=None, max_examples=200)
def test_a_default_train_always_runs_in_its_order(ga: date, kind: str, zone: str, regions: list[str]) -> None:
    type_ = ReleaseType(kind)
    milestones = train(product(zone=zone, regions=tuple(regions)), release("2.8.0", ga, type_))
    assert [milestone.kind.rank for milestone in milestones] == sorted(milestone.kind.rank for milestone in milestones)
    instants = [milestone.planned_at.timestamp() for milestone in milestones]
    assert instants == sorted(instants)
    assert len({milestone.key for milestone in milestones}) == len(milestones)
    days = Days(tuple(regions))
    assert all(
        not days.closed(m.planned_at.date())
        for m in milestones
        if m.kind is not MilestoneKind.GA or not days.closed(ga)
    )


def findings(*releases: Release, regions: tuple[str, ...] = (), today: date | None = None) -> list[str]:
    return [
        ("error " if one.error else "") + str(one) for one in lint(product(*releases, regions=regions), today=today)
    ]


def test_a_sound_calendar_has_no_findings() -> None:
    assert (
        findings(
            release("2.7.0", date(2026, 8, 27)), release(), release("2.8.1", date(2026, 12, 10), ReleaseType.PATCH)
        )
        == []
    )


def test_a_patch_of_an_older_line_may_come_later() -> None:
    old = release("2.7.5", date(2026, 12, 3), ReleaseType.PATCH)
    assert findings(release("2.7.0", date(2026, 8, 27)), release(), old) == []


def test_the_order_of_the_list_does_not_matter() -> None:
    assert findings(release(), release("2.7.0", date(2026, 8, 27))) == []


def test_a_wrong_year_is_found_and_the_right_one_guessed() -> None:
    (found,) = findings(
        release("2.7.0", date(2024, 8, 29)), release("2.8.0", date(2013, 11, 28)), release("2.9.0", date(2025, 2, 27))
    )[:1]
    assert found.startswith(
        "error 2.8.0 ga: versions go backwards: GA of 2.7.0 is 2024-08-29, GA of 2.8.0 is 2013-11-28"
    )
    assert found.endswith("did you mean 2024-11-28?")


def test_a_stray_first_release_is_found() -> None:
    found = findings(
        release("2.7.0", date(2013, 8, 29)), release("2.8.0", date(2024, 11, 28)), release("2.9.0", date(2025, 2, 27))
    )
    assert found == [
        "error 2.7.0 ga: 2013-08-29 is more than two years from the neighbouring release 2.8.0 on 2024-11-28; "
        "did you mean 2024-08-29?"
    ]


def test_a_pause_of_more_than_a_year_is_only_doubtful() -> None:
    (found,) = findings(
        release("1.0.0", date(2025, 1, 16), ReleaseType.MAJOR), release("2.0.0", date(2026, 6, 18), ReleaseType.MAJOR)
    )
    assert found.startswith("2.0.0 ga: 2026-06-18 is more than a year")


def test_a_calendar_far_from_today_is_found() -> None:
    assert findings(release(ga=date(2062, 11, 23)), today=date(2026, 11, 1)) == [
        "error 2.8.0 ga: 2062-11-23 is more than five years from today; correct the year, or plan a release"
    ]


def test_a_version_twice_is_found() -> None:
    assert "error 2.8.0 version: is planned twice; remove one of the two" in findings(release(), release())


def test_ga_on_a_closed_day_is_doubtful() -> None:
    assert findings(release(ga=date(2026, 12, 25)), regions=("DE-BE",)) == [
        "2.8.0 ga: Friday 2026-12-25 is Christmas Day (DE-BE); GA never moves by itself; meant so?"
    ]
    assert findings(release(ga=date(2026, 11, 28)))[0].startswith("2.8.0 ga: Saturday 2026-11-28 is a weekend")


def test_ga_in_a_blackout_is_doubtful() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    closed = Blackout(
        start=datetime(2026, 11, 26, tzinfo=berlin), end=datetime(2026, 11, 28, tzinfo=berlin), reason="the fair"
    )
    (found,) = lint(dataclasses.replace(product(release()), blackouts=(closed,)))
    assert str(found).endswith("is in a blackout (the fair); it will wait until 2026-11-28 00:00")


def test_an_own_date_out_of_the_trains_order_is_an_error() -> None:
    late = release(rc=MilestoneOverride(date=date(2026, 12, 1)))
    assert findings(late) == [
        "error 2.8.0 milestones.rc: rc on 2026-12-01 09:00 is after ga on 2026-11-26 09:00; "
        "rc comes before ga: correct one of them"
    ]


def test_a_type_that_the_number_denies_is_doubtful() -> None:
    assert findings(release("2.8.1"))[0].startswith("2.8.1 type: is minor, but the number is that of a patch release")


@pytest.mark.parametrize("region", ["DE", "DE-BE", "US", "US-CA", "GB-ENG"])
def test_a_region_is_known(region: str) -> None:
    check_region(region)


@pytest.mark.parametrize(
    ("region", "remedy"),
    [
        ("de", "did you mean 'DE'"),
        ("ZZ", "two-letter"),
        ("DE-XX", "known are BB, BE"),
        ("Germany", "two-letter"),
        ("", "two-letter"),
    ],
)
def test_an_unknown_region_says_what_to_write(region: str, remedy: str) -> None:
    with pytest.raises(ValueError, match=remedy):
        check_region(region)


def test_weekdays_are_read_short_and_long() -> None:
    assert [parse_weekday(text) for text in ("Mon", "thursday", "SUN", "Thurs")] == [0, 3, 6, 3]
    with pytest.raises(ValueError, match="is not a weekday"):
        parse_weekday("T")
