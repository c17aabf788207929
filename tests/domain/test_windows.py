"""When production may be changed."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from release_ops.domain.model import Blackout, FreezePolicy, MilestoneKind, Product, Repository, WindowPolicy
from release_ops.domain.windows import closed_by, next_open

BERLIN = ZoneInfo("Europe/Berlin")
GA = MilestoneKind.GA


def product(
    *blackouts: tuple[datetime, datetime, str], holidays_close: bool = True, regions: tuple[str, ...] = ("DE-BE",)
) -> Product:
    return Product(
        id="webapp",
        name="Webapp",
        repository=Repository(
            kind="git", location="x.git", connection=None, default_branch="main", tag="v{version}",
            release_branch="release/{version}", changelog="CHANGELOG.md", push=False,
        ),
        scheme="semver",
        timezone="Europe/Berlin",
        holiday_regions=regions,
        catch_up=timedelta(days=14),
        trains={},
        releases=(),
        gates={},
        milestone_gates={},
        approvers={},
        channels={},
        freeze=FreezePolicy(),
        windows=WindowPolicy(holidays_close=holidays_close),
        blackouts=tuple(Blackout(start=start, end=end, reason=reason) for start, end, reason in blackouts),
    )  # fmt: skip


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN)


YEAR_END = (at("2026-12-18 18:00"), at("2027-01-04 08:00"), "year-end closing")


def test_an_ordinary_day_is_open() -> None:
    moment = at("2026-11-26 09:00")
    assert closed_by(product(YEAR_END), GA, moment) is None
    assert next_open(product(YEAR_END), GA, moment) == moment


def test_a_blackout_closes_from_its_start_up_to_its_end() -> None:
    closed = product(YEAR_END)
    assert closed_by(closed, GA, at("2026-12-18 17:59")) is None
    closure = closed_by(closed, GA, at("2026-12-18 18:00"))
    assert closure is not None
    assert (closure.reason, closure.until) == ("year-end closing", at("2027-01-04 08:00"))
    assert closed_by(closed, GA, at("2027-01-04 08:00")) is None


def test_a_holiday_closes_its_local_day() -> None:
    closure = closed_by(product(), GA, datetime(2026, 12, 24, 23, 30, tzinfo=UTC))
    assert closure is not None
    assert (closure.reason, closure.until) == ("Christmas Day (DE-BE)", at("2026-12-26 00:00"))


def test_holidays_that_do_not_close() -> None:
    assert closed_by(product(holidays_close=False), GA, at("2026-12-25 09:00")) is None


def test_only_milestones_that_change_production_need_a_window() -> None:
    assert closed_by(product(YEAR_END), MilestoneKind.ALPHA, at("2026-12-25 09:00")) is None


def test_closures_that_touch_are_waited_out_together() -> None:
    fair = (at("2026-12-23 00:00"), at("2026-12-25 00:00"), "the fair")
    assert next_open(product(fair), GA, at("2026-12-23 09:00")) == at("2026-12-27 00:00")


def test_of_two_reasons_the_longer_one_is_told() -> None:
    closure = closed_by(product(YEAR_END), GA, at("2026-12-25 09:00"))
    assert closure is not None
    assert closure.reason == "year-end closing"


def test_an_instant_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        closed_by(product(), GA, datetime(2026, 11, 26, 9))  # noqa: DTZ001


moments = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(BERLIN))  # noqa: DTZ001
spans = st.tuples(moments, st.timedeltas(timedelta(minutes=1), timedelta(days=30)))


@given(st.lists(spans, max_size=6), moments)
@settings(deadline=None)
def test_the_next_open_instant_is_open_and_nothing_before_it_is(
    closed: list[tuple[datetime, timedelta]], moment: datetime
) -> None:
    one = product(*((start, (start.astimezone(UTC) + length).astimezone(BERLIN), "x") for start, length in closed))
    opens = next_open(one, GA, moment)
    assert closed_by(one, GA, opens) is None
    assert opens.timestamp() >= moment.timestamp()
    span = opens.timestamp() - moment.timestamp()
    for part in (0.0, 0.25, 0.5, 0.75, 0.999):
        earlier = datetime.fromtimestamp(moment.timestamp() + span * part, UTC)
        assert span == 0 or closed_by(one, GA, earlier) is not None


def test_a_holiday_at_the_end_of_the_year_reaches_into_the_next() -> None:
    assert next_open(product(), GA, at("2027-01-01 12:00")).date() == date(2027, 1, 2)
