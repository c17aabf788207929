"""A release's forecast beside its plan: deadlines, queues, proposals and what is predicted."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from release_ops.domain.business_days import Days
from release_ops.domain.model import Blackout, Feature, FeatureStatus, MilestoneKind, Product, ReleaseType
from release_ops.domain.outlook import Outlook, legal_ga, outlook, predictions_of, size
from release_ops.domain.predictions import PredictionKind
from release_ops.domain.rules import local_instant
from release_ops.domain.throughput import ForecastPolicy, Throughput, UnitError
from release_ops.domain.windows import closed_by
from release_ops.product import load_product

DEMO = Path(__file__).resolve().parents[2] / "include" / "products" / "demo.yaml"
TODAY = date(2026, 10, 27)
GA, FREEZE = date(2026, 11, 26), date(2026, 11, 12)


@pytest.fixture(scope="module")
def product() -> Product:
    return load_product(DEMO)


def features(left: int, *, priority: str = "should", done: int = 6) -> list[Feature]:
    statuses = [FeatureStatus.DONE] * done + [FeatureStatus.PLANNED] * left
    return [
        Feature(id=f"WEB-{number}", title="A feature", status=status, priority=priority)
        for number, status in enumerate(statuses)
    ]


def worked(*week: float, weeks: int = 13) -> Throughput:
    """The same Monday to Friday, week after week, up to the day before TODAY, a Tuesday."""
    days = [*week, 0.0, 0.0] * weeks + [week[0]]
    return Throughput(start=TODAY - timedelta(days=len(days)), done=tuple(days), item="feature", source="snapshots")


def look(product: Product, scope: list[Feature], throughput: Throughput, **more: object) -> Outlook:
    options = {"source": "snapshots", "as_of": TODAY, **more}
    return outlook(product, product.release("2.8.0"), scope, throughput, **options)  # type: ignore[arg-type]


def test_a_scope_that_is_done_before_the_freeze_keeps_the_planned_ga(product: Product) -> None:
    found = look(product, features(5), worked(1, 1, 1, 1, 1))
    assert (found.done_by, found.due) == (MilestoneKind.FREEZE, FREEZE)
    assert found.forecast.dates[95] == date(2026, 11, 3)
    assert found.ga == {50: GA, 85: GA, 95: GA}
    assert (found.on_time, found.delivered, found.proposal, found.doubt) == (1, 1, None, "")


def test_after_a_late_scope_the_train_takes_the_time_it_plans(product: Product) -> None:
    found = look(product, features(17), worked(1, 1, 1, 1, 1))
    # 17 business days after 27 October: Thursday 19 November, and 14 days from freeze to GA.
    assert found.forecast.dates[85] == date(2026, 11, 19)
    assert found.ga[85] == date(2026, 12, 3)
    assert found.on_time == 0
    assert found.by_due == {50: 12, 85: 12, 95: 12}
    assert found.proposal is not None
    assert (found.proposal.ga.date(), found.proposal.days) == (date(2026, 12, 3), 7)
    assert len(found.proposal.drop) == 5
    assert found.proposal.enough


def test_after_the_freeze_what_is_left_has_until_ga(product: Product) -> None:
    late = worked(1, 1, 1, 1, 1)
    found = look(product, features(3), late, as_of=FREEZE)
    assert (found.done_by, found.due) == (MilestoneKind.GA, GA)


def test_could_is_dropped_before_should_and_musts_never(product: Product) -> None:
    scope = [
        *features(20, priority="must", done=0),
        Feature(id="S-1", title="", status=FeatureStatus.PLANNED, priority="should"),
        Feature(id="C-2", title="", status=FeatureStatus.IN_PROGRESS, priority="could"),
        Feature(id="C-1", title="", status=FeatureStatus.PLANNED, priority="could"),
    ]
    proposal = look(product, scope, worked(1, 1, 1, 1, 1)).proposal
    assert proposal is not None
    assert [feature.id for feature in proposal.drop] == ["C-1", "C-2", "S-1"]
    assert not proposal.enough


def test_releases_that_come_out_before_take_the_throughput_first(product: Product) -> None:
    alone = look(product, features(5), worked(1, 1, 1, 1, 1))
    queued = look(product, features(5), worked(1, 1, 1, 1, 1), ahead=features(10))
    assert queued.ahead == 10
    assert queued.remaining == (15, 15)
    assert queued.forecast.dates[50] > alone.forecast.dates[50]


def test_split_makes_more_items_of_each_feature(product: Product) -> None:
    split = replace(product, forecast=replace(product.forecast, split=(1.0, 2.0)))
    found = look(split, features(10), worked(1, 1, 1, 1, 1))
    assert found.remaining == (10, 20)
    assert found.forecast.dates[95] > found.forecast.dates[50]


def test_points_are_added_up_and_features_without_them_are_named(product: Product) -> None:
    points = replace(product, forecast=ForecastPolicy(item="point"))
    scope = [replace(feature, points=2.5) for feature in features(2)]
    throughput = replace(worked(1, 1, 1, 1, 1), item="point")
    assert look(points, scope, throughput).remaining == (5, 5)
    with pytest.raises(UnitError, match=r"WEB-6, WEB-7: no points.*estimate them, or set forecast.item to feature"):
        look(points, features(2), throughput)
    assert size([], "point") == 0


def test_units_that_do_not_mix_are_refused(product: Product) -> None:
    with pytest.raises(UnitError, match="git counts no features"):
        look(product, features(2), worked(1, 1, 1, 1, 1), source="git")


def test_a_release_without_a_calendar_has_nothing_to_be_forecast_against(product: Product) -> None:
    hotfix = replace(product.release("2.8.1"), type="hotfix")
    with pytest.raises(ValueError, match="a hotfix release has no calendar"):
        outlook(product, hotfix, [], worked(1, 1, 1, 1, 1), source="snapshots", as_of=TODAY)


def test_a_history_without_a_day_says_what_to_do(product: Product) -> None:
    empty = Throughput(start=TODAY, done=(), item="feature", source="snapshots")
    with pytest.raises(ValueError, match="no whole day of history yet"):
        look(product, features(2), empty)


def test_nothing_completed_for_weeks_is_alarming_and_after_some_days_it_is_not(product: Product) -> None:
    stuck = look(product, features(2), worked(0, 0, 0, 0, 0))
    assert stuck.ga == {50: None, 85: None, 95: None}
    assert stuck.proposal is not None
    assert (stuck.proposal.ga, stuck.is_alarming) == (None, True)
    assert not look(product, features(2), worked(0, 0, 0, 0, 0, weeks=1)).is_alarming


def test_an_unstable_history_is_marked_and_its_forecast_shown(product: Product) -> None:
    days = [0.0, 1, 0, 0, 0, 0, 0] * 9 + [2.0, 2, 2, 2, 2, 0, 0] * 9 + [2]
    throughput = Throughput(start=TODAY - timedelta(days=len(days)), done=tuple(days), item="feature", source="x")
    found = look(product, features(5), throughput)
    assert found.doubt.startswith("The throughput has changed within its history")
    assert found.ga[85] is not None


def test_a_proposed_ga_is_a_business_day_outside_every_blackout(product: Product) -> None:
    def ga(of: Product, *day: int) -> str:
        return f"{legal_ga(of, date(*day), time(9), ReleaseType.MINOR):%Y-%m-%d %H:%M}"

    assert ga(product, 2026, 11, 26) == "2026-11-26 09:00"
    assert ga(product, 2026, 11, 28) == "2026-11-30 09:00"
    # The blackout of Christmas ends at 08:00 on the 4th of January.
    assert ga(product, 2026, 12, 19) == "2027-01-04 09:00"
    morning = datetime(2026, 11, 30, tzinfo=UTC)
    noon = Blackout(start=morning, end=morning + timedelta(hours=11), reason="morning")
    assert ga(replace(product, blackouts=(noon,)), 2026, 11, 30) == "2026-11-30 12:00"


@given(
    st.dates(date(2026, 1, 1), date(2029, 12, 31)),
    st.lists(st.tuples(st.datetimes(datetime(2026, 1, 1), datetime(2029, 12, 31)), st.integers(1, 2000)), max_size=5),  # noqa: DTZ001
)
def test_a_proposed_ga_is_open_on_a_business_day_and_none_before_it_is(
    product: Product, day: date, closures: list[tuple[datetime, int]]
) -> None:
    starts = [(start.replace(tzinfo=UTC), timedelta(hours=hours)) for start, hours in closures]
    blackouts = tuple(Blackout(start=start, end=start + length, reason="x") for start, length in starts)
    shop = replace(product, blackouts=blackouts)
    days = Days(shop.holiday_regions)

    def open_at(moment: datetime) -> bool:
        return not days.closed(moment.date()) and closed_by(shop, MilestoneKind.GA, moment) is None

    found = legal_ga(shop, day, time(9), ReleaseType.MINOR)
    assert found.date() >= day
    assert open_at(found)
    earlier = day
    while earlier < found.date():
        assert not open_at(local_instant(earlier, time(9), ZoneInfo(shop.timezone)))
        earlier += timedelta(days=1)


def test_what_is_predicted(product: Product) -> None:
    scope = features(17)
    scope[-1] = replace(scope[-1], risk=0.4)
    found = look(product, scope, worked(1, 1, 1, 1, 1))
    made_at = datetime(2026, 10, 27, 6, tzinfo=UTC)
    made = predictions_of(found, made_at=made_at, opened_on=date(2026, 10, 15), gates={"ga": 0.75})
    by = {(one.kind, one.subject): one for one in made}
    assert set(by) == {
        (PredictionKind.ON_TIME, ""),
        (PredictionKind.SCOPE, ""),
        (PredictionKind.GA_DATE, "p50"),
        (PredictionKind.GA_DATE, "p85"),
        (PredictionKind.GA_DATE, "p95"),
        (PredictionKind.DURATION, ""),
        (PredictionKind.RISK, "WEB-22"),
        (PredictionKind.GATE, "ga"),
    }
    assert by[PredictionKind.GA_DATE, "p85"].expected_on == date(2026, 12, 3)
    assert by[PredictionKind.DURATION, ""].expected == 49
    assert by[PredictionKind.SCOPE, ""].expected == pytest.approx((6 + 12) / 23)
    assert by[PredictionKind.ON_TIME, ""].basis == "snapshots; 66 days; stable"


def test_a_history_of_nothing_predicts_no_date(product: Product) -> None:
    found = look(product, features(2), worked(0, 0, 0, 0, 0))
    assert predictions_of(found, made_at=datetime(2026, 10, 27, tzinfo=UTC), opened_on=None, gates={}) == ()
