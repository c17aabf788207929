"""All that closes a window together: the chain that is told, and that the next open instant is the first one."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from release_ops.domain import windows
from release_ops.domain.hours import read_hours
from release_ops.domain.model import (
    Adjust,
    Blackout,
    FreezePolicy,
    MilestoneKind,
    MilestoneRule,
    Need,
    Product,
    Release,
    ReleaseType,
    Repository,
    WindowPolicy,
)
from release_ops.domain.window_rules import Closer, ForeignFreeze, RecurringBlackout
from release_ops.domain.windows import NeverOpenError, closed_by, closed_spans, freezes_for, next_open, opening

GA = MilestoneKind.GA
OFFICE = read_hours({"mon-thu": ["09:00-16:00"], "fri": ["09:00-12:00"]})


def product(zone: str = "Europe/Berlin", **facts: object) -> Product:
    given: dict[str, object] = {
        "id": "webapp",
        "name": "Webapp",
        "repository": Repository(
            kind="git", location="x.git", connection=None, default_branch="main", tag="v{version}",
            release_branch="release/{version}", changelog="CHANGELOG.md", push=False,
        ),
        "scheme": "semver",
        "timezone": zone,
        "holiday_regions": (),
        "catch_up": timedelta(days=14),
        "trains": {},
        "releases": (),
        "gates": {},
        "milestone_gates": {},
        "approvers": {},
        "channels": {},
        "freeze": FreezePolicy(),
        "windows": WindowPolicy(),
        "blackouts": (),
    }  # fmt: skip
    return Product(**{**given, **facts})  # type: ignore[arg-type]


def at(text: str, zone: str = "Europe/Berlin") -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


def every(rule: str, start: str, hours: float, reason: str = "again", **facts: object) -> RecurringBlackout:
    wall = datetime.fromisoformat(start)
    lasts = timedelta(hours=hours)
    return RecurringBlackout(start=wall, lasts=lasts, rule=rule, zone="Europe/Berlin", reason=reason, **facts)  # type: ignore[arg-type]


YEAR_END = Blackout(start=at("2026-12-18 18:00"), end=at("2027-01-04 08:00"), reason="Christmas blackout")


def test_the_whole_chain_is_told() -> None:
    one = product(blackouts=(YEAR_END,), windows=WindowPolicy(hours=OFFICE))
    found = opening(one, GA, at("2026-12-24 12:00"))
    assert found.opens == at("2027-01-04 09:00")
    assert str(found) == (
        "closed by Christmas blackout until Mon 2027-01-04 08:00, then by business hours "
        "(Mon-Thu 09:00-16:00, Fri 09:00-12:00) until Mon 2027-01-04 09:00"
    )
    assert str(opening(one, GA, at("2026-12-17 12:00"))) == "open"


def test_a_closed_year_is_left_in_as_many_steps_as_rules_close_it(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def counted(*args: object) -> object:
        asked.append(args)
        return closed_by(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(windows, "closed_by", counted)
    year = Blackout(start=at("2026-01-01 00:00"), end=at("2027-01-01 00:00"), reason="moving house")
    one = product(blackouts=(year,), windows=WindowPolicy(hours=OFFICE), holiday_regions=("DE",))
    assert opening(one, GA, at("2026-01-01 09:00")).opens == at("2027-01-04 09:00")
    assert len(asked) <= 4


def test_days_in_a_row_that_one_rule_closes_are_one_link() -> None:
    one = product(recurring_blackouts=(every("FREQ=DAILY;COUNT=5", "2026-11-23 00:00", 24, "stocktaking"),))
    assert str(opening(one, GA, at("2026-11-24 10:00"))) == "closed by stocktaking until Sat 2026-11-28 00:00"


def test_calendars_are_open_together_or_not_at_all() -> None:
    ours = Blackout(start=at("2026-11-26 00:00"), end=at("2026-11-27 00:00"), reason="fair")
    theirs = Blackout(
        start=at("2026-11-27 00:00"), end=at("2026-11-28 00:00"), reason="Shutdown", calendar="company.ics"
    )
    found = opening(product(blackouts=(ours, theirs)), GA, at("2026-11-26 09:00"))
    assert [(one.reason, one.closer) for one in found.closures] == [
        ("fair", Closer.BLACKOUTS),
        ("Shutdown (company.ics)", Closer.CALENDARS),
    ]


def test_a_hotfix_does_not_wait_for_the_office_but_for_the_blackout() -> None:
    policy = WindowPolicy(hours=OFFICE, ignore={ReleaseType.HOTFIX: frozenset({Closer.HOURS, Closer.HOLIDAYS})})
    one = product(blackouts=(YEAR_END,), windows=policy, holiday_regions=("DE",))
    night = at("2026-10-03 23:00")  # a holiday, too
    assert closed_by(one, GA, night, ReleaseType.HOTFIX) is None
    assert closed_by(one, GA, night, ReleaseType.PATCH) is not None
    assert next_open(one, GA, at("2026-12-25 03:00"), ReleaseType.HOTFIX) == YEAR_END.end


def downstream(*needs: Need) -> Product:
    rules = {MilestoneKind.FREEZE: MilestoneRule(rule="-2w"), GA: MilestoneRule(rule="ga", adjust=Adjust.NONE)}
    release = Release(product="shop", version="3.0.0", type=ReleaseType.MINOR, ga=date(2026, 11, 26), needs=needs)
    return replace(product(), id="shop", trains={ReleaseType.MINOR: rules}, releases=(release,))


def test_a_product_that_is_built_on_ours_holds_us_up_from_its_freeze_to_its_ga() -> None:
    one = product(downstream_freezes=freezes_for("webapp", downstream()))
    found = opening(one, GA, at("2026-11-20 09:00"))
    assert str(found) == "closed by the freeze of shop 3.0.0 until Thu 2026-11-26 09:00"
    assert closed_by(one, GA, at("2026-11-12 08:59")) is None


def test_a_product_that_waits_for_ours_does_not_hold_it_up() -> None:
    assert freezes_for("webapp", downstream(Need(product="webapp", version="2.8.0"))) == ()


@pytest.mark.parametrize(
    ("facts", "rule"),
    [
        ({"recurring_blackouts": (every("FREQ=DAILY", "2026-01-01 00:00", 24, "closed for ever"),)}, "closed for ever"),
        (
            {
                "windows": WindowPolicy(hours=read_hours({"sat": ["09:00-12:00"]})),
                "recurring_blackouts": (every("FREQ=WEEKLY;BYDAY=SA", "2026-01-03 08:00", 5, "stocktaking"),),
            },
            "hours: business hours .* stocktaking",
        ),
        (
            {"blackouts": (Blackout(start=at("2026-01-01 00:00"), end=at("2099-01-01 00:00"), reason="sunset"),)},
            "sunset",
        ),
    ],
)
def test_a_window_that_never_opens_names_what_closes_it(facts: dict[str, object], rule: str) -> None:
    with pytest.raises(NeverOpenError, match=rf"webapp: the window does not open within ten years of .*{rule}"):
        opening(product(**facts), GA, at("2026-11-26 09:00"))


def test_what_closes_a_span_is_listed_with_starts_and_reasons() -> None:
    one = product(
        blackouts=(YEAR_END,),
        recurring_blackouts=(every("FREQ=WEEKLY;BYDAY=FR", "2026-01-02 16:00", 4, "Friday evening"),),
        holiday_regions=("DE-BE",),
    )
    found = closed_spans(one, at("2026-12-17 00:00"), at("2026-12-26 00:00"))
    assert [(f"{start:%m-%d %H:%M}", closure.reason) for start, closure in found] == [
        ("12-18 16:00", "Friday evening"),
        ("12-18 18:00", "Christmas blackout"),
        ("12-25 00:00", "Christmas Day (DE-BE)"),
        ("12-25 16:00", "Friday evening"),
    ]


ZONES = (
    "UTC",
    "Europe/Berlin",
    "America/St_Johns",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "Pacific/Apia",
    "Africa/Cairo",
)
STARTS = (
    datetime(2026, 3, 27, tzinfo=UTC),  # clocks forward in Europe
    datetime(2026, 10, 23, tzinfo=UTC),  # and back
    datetime(2027, 12, 30, tzinfo=UTC),
    datetime(2028, 2, 27, tzinfo=UTC),
    datetime(2026, 4, 3, tzinfo=UTC),  # clocks of Lord Howe, by half an hour
)
STEP = timedelta(minutes=15)


@st.composite
def calendars(draw: st.DrawFn) -> tuple[Product, datetime]:
    """A product of any zone whose rules begin and end on quarters of an hour, and a moment to ask at."""
    zone = draw(st.one_of(st.sampled_from(ZONES), st.timezone_keys(allow_prefix=False)))
    base = draw(st.sampled_from(STARTS))
    quarters = st.integers(0, 4 * 24 * 4)
    once = tuple(
        Blackout(start=base + start * STEP, end=base + (start + length) * STEP, reason=f"once {start}")
        for start, length in draw(st.lists(st.tuples(quarters, st.integers(1, 200)), max_size=3))
    )
    again = tuple(
        RecurringBlackout(
            start=(base.replace(tzinfo=None) - timedelta(days=9)).replace(hour=hour),
            lasts=length * STEP,
            rule=rule,
            zone=draw(st.sampled_from(ZONES)),
            reason=f"again {hour}",
        )
        for rule, hour, length in draw(
            st.lists(
                st.tuples(
                    st.sampled_from(["FREQ=DAILY", "FREQ=WEEKLY;BYDAY=SU,WE", "FREQ=DAILY;INTERVAL=2"]),
                    st.integers(0, 23),
                    st.integers(1, 60),
                ),
                max_size=2,
            )
        )
    )
    hours = draw(
        st.sampled_from(
            [
                None,
                OFFICE,
                read_hours({"daily": ["22:00-02:30"]}),
                read_hours({"sat-tue": ["02:00-03:00", "08:00-24:00"]}),
            ]
        )
    )
    frozen = (ForeignFreeze(product="shop", version="1.0.0", start=base, end=base + 7 * STEP),)
    one = product(
        zone,
        blackouts=once,
        recurring_blackouts=again,
        windows=WindowPolicy(hours=hours),
        holiday_regions=draw(st.sampled_from([(), ("DE",), ("CA", "EG")])),
        downstream_freezes=draw(st.sampled_from([(), frozen])),
    )
    return one, (base + draw(quarters) * STEP).astimezone(ZoneInfo(zone))


@given(calendars())
@settings(deadline=None, max_examples=150)
def test_the_next_open_instant_is_open_and_nothing_earlier_is(case: tuple[Product, datetime]) -> None:
    one, moment = case
    try:
        found = opening(one, GA, moment)
    except NeverOpenError:
        start = moment.astimezone(UTC)
        assert all(closed_by(one, GA, start + step * STEP) is not None for step in range(4 * 24 * 20))
        return
    assert closed_by(one, GA, found.opens) is None
    # Every rule changes on a quarter of an hour, so that asking at each of them finds every opening.
    now = moment.astimezone(UTC)
    while now < found.opens.astimezone(UTC):
        assert closed_by(one, GA, now) is not None, now
        now += STEP
    assert now == found.opens.astimezone(UTC)
    untils = [closure.until.astimezone(UTC) for closure in found.closures]
    assert untils == sorted(untils)
    assert not untils or untils[-1] == found.opens.astimezone(UTC)
