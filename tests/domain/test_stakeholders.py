"""Who is treated how, when somebody may be told, and which message is due when: by examples and by properties."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from release_ops.domain.due_messages import Occurrence, digests, due_messages
from release_ops.domain.hours import read_hours
from release_ops.domain.message_delivery import State, next_step, owner_channels, retry_at
from release_ops.domain.model import Channel, Release, ReleaseType
from release_ops.domain.stakeholder_policy import (
    SCALE,
    Availability,
    Away,
    Cadence,
    SendPolicy,
    Stakeholder,
    StakeholderType,
    Strategy,
)
from release_ops.domain.stakeholders import next_open, periods, treatment_of
from release_ops.product import load_product

PRODUCT = load_product(Path(__file__).resolve().parents[2] / "include" / "products" / "demo.yaml")
POLICY = PRODUCT.stakeholders
ZONES = ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "America/St_Johns", "UTC")
OFFICE = read_hours({"mon-fri": ["08:00-18:00"]})
NIGHT = read_hours({"daily": ["22:00-06:00"]})
INSTANTS = st.datetimes(datetime(2025, 1, 1), datetime(2028, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001 - of `timezones`


def person(**facts: object) -> Stakeholder:
    usual = {"id": "p", "name": "P", "type": StakeholderType.CLIENT, "influence": 5, "interest": 5}
    return Stakeholder(**{"channels": (Channel(kind="outbox"),), **usual, **facts})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("influence", "interest", "strategy", "cadence"),
    [
        (4, 4, Strategy.MANAGE_CLOSELY, Cadence.WEEKLY),
        (5, 3, Strategy.KEEP_SATISFIED, Cadence.EVERY_TWO_WEEKS),
        (3, 5, Strategy.KEEP_INFORMED, Cadence.MONTHLY),
        (3, 3, Strategy.MONITOR, Cadence.QUARTERLY),
    ],
)
def test_influence_and_interest_ask_for_a_strategy_and_it_for_a_cadence(influence, interest, strategy, cadence):
    found = treatment_of(person(influence=influence, interest=interest), POLICY)
    assert (found.strategy, found.cadence, found.asked, found.by_hand) == (strategy, cadence, strategy, False)


def test_every_place_on_the_grid_has_one_treatment_and_a_hand_may_choose_another():
    for influence in SCALE:
        for interest in SCALE:
            one = person(influence=influence, interest=interest)
            asked = treatment_of(one, POLICY)
            chosen = treatment_of(replace(one, strategy=Strategy.MONITOR, reason="asked for it"), POLICY)
            assert (chosen.strategy, chosen.cadence) == (Strategy.MONITOR, Cadence.QUARTERLY)
            assert chosen.by_hand == (asked.strategy is not Strategy.MONITOR)
            assert treatment_of(replace(one, cadence=Cadence.NEVER, reason="left"), POLICY).cadence is Cadence.NEVER


def test_thresholds_are_the_policys():
    low = replace(POLICY, high_influence=2, high_interest=5)
    assert treatment_of(person(influence=2, interest=4), low).strategy is Strategy.KEEP_SATISFIED


STEPS = {
    Cadence.WEEKLY: (7, 7),
    Cadence.EVERY_TWO_WEEKS: (14, 14),
    Cadence.MONTHLY: (28, 31),
    Cadence.QUARTERLY: (90, 92),
}


@given(st.sampled_from([*STEPS]), st.dates(date(1999, 1, 1), date(2090, 1, 1)), st.integers(0, 900))
def test_periods_are_the_same_whoever_asks_when(cadence, after, span):
    until = after + timedelta(days=span)
    found = periods(cadence, after, until)
    low, high = STEPS[cadence]
    assert all(after < one <= until for one in found)
    assert all(low <= (b - a).days <= high for a, b in pairwise(found))
    middle = after + timedelta(days=span // 2)
    assert found == [*periods(cadence, after, middle), *periods(cadence, middle, until)]
    assert all(
        one.weekday() == 0 if cadence in (Cadence.WEEKLY, Cadence.EVERY_TWO_WEEKS) else one.day == 1 for one in found
    )
    assert len(found) >= span // high - 1


def is_open(availability: Availability, at: datetime) -> bool:
    """The same question asked naively: by the clock on the wall."""
    local = at.astimezone(ZoneInfo(availability.zone))
    if any(one.start <= at < one.end for one in availability.away):
        return False
    if availability.hours is None:
        return True
    minute = local.hour * 60 + local.minute
    spans = [(start, end) for start, end in availability.hours.week[local.weekday()]]
    before = [(start - 1440, end - 1440) for start, end in availability.hours.week[local.weekday() - 1]]
    return any(start <= minute < end for start, end in spans + before)


@settings(max_examples=300)
@given(
    INSTANTS, st.sampled_from(ZONES), st.sampled_from([OFFICE, NIGHT, None]), st.integers(0, 400), st.integers(1, 300)
)
def test_the_next_open_moment_is_open_and_none_before_it_is(now, zone, hours, starts, lasts):
    away = Away(start=now + timedelta(hours=starts - 100), end=now + timedelta(hours=starts - 100 + lasts))
    availability = Availability(zone=zone, hours=hours, away=(away,))
    found = next_open(availability, now)
    assert found is not None
    at, why = found
    assert at >= now
    assert at.tzinfo is UTC
    assert is_open(availability, at)
    assert (at == now) == (why == "")
    # The repeated hour of a night in autumn is open twice or not at all: only there may the naive question differ.
    step = now
    while step < at - timedelta(hours=1):
        local = step.astimezone(ZoneInfo(zone))
        assert (
            not is_open(availability, step)
            or local.fold
            or local.utcoffset() != at.astimezone(local.tzinfo).utcoffset()
        )
        step += timedelta(minutes=37)


@pytest.mark.parametrize(
    ("now", "opens"),
    [
        ("2026-03-29T05:59+02:00", "2026-03-30T08:00+02:00"),  # the night in which the clocks go forward
        ("2026-03-27T18:00+01:00", "2026-03-30T08:00+02:00"),  # from winter into summer
        ("2026-10-23T18:00+02:00", "2026-10-26T08:00+01:00"),  # and back
        ("2026-12-24T18:30+01:00", "2026-12-28T08:00+01:00"),  # over Christmas and a weekend
    ],
)
def test_people_are_told_at_eight_by_their_own_clock(now, opens):
    office = Availability(zone="Europe/Berlin", hours=OFFICE, holidays=("DE-BE",))
    found = next_open(office, datetime.fromisoformat(now))
    assert found is not None
    assert found[0] == datetime.fromisoformat(opens)


def test_who_is_never_there_is_never_told():
    gone = Away(start=datetime(2026, 1, 1, tzinfo=UTC), end=datetime(2999, 1, 1, tzinfo=UTC))
    assert next_open(Availability(away=(gone,), hours=OFFICE), datetime(2026, 6, 1, tzinfo=UTC)) is None


def due(release: Release, zone: str = "Europe/Berlin", **more: object) -> dict[str, datetime]:
    product = replace(PRODUCT, timezone=zone, holiday_regions=(), releases=(release,))
    now = datetime(2020, 1, 1, tzinfo=UTC)
    occurrences = more.pop("occurrences", ())
    found = due_messages(product, (), occurrences, known_at={}, now=now)  # type: ignore[arg-type]
    return {one.phase: one.due_at.astimezone(ZoneInfo(zone)) for one in found}


@given(
    st.dates(date(2025, 1, 1), date(2029, 1, 1)), st.sampled_from(ZONES), st.sampled_from(["major", "minor", "patch"])
)
def test_a_message_is_due_so_long_before_ga_by_the_clock_of_the_product(ga, zone, kind):
    found = due(Release(product="webapp", version="9.0.0", type=ReleaseType(kind), ga=ga), zone)
    weeks = {"major": 28, "minor": 14, "patch": 3}[kind]
    asked = ga - timedelta(days=weeks)
    day = asked if asked.weekday() < 5 else asked - timedelta(days=asked.weekday() - 4)
    assert (found["plan"].date(), found["plan"].time()) == (day, time(9)), "09:00 whatever the clocks did in between"
    assert ("feature_freeze" in found) == (kind == "major")
    assert ("code_freeze" in found) == (kind != "patch")


@given(st.dates(date(2025, 1, 1), date(2029, 1, 1)), st.integers(-60, 60))
def test_a_moved_release_keeps_the_keys_of_its_messages(ga, days):
    release = Release(product="webapp", version="9.0.0", type=ReleaseType.MAJOR, ga=ga)
    moved = replace(release, ga=ga + timedelta(days=days))
    product = replace(PRODUCT, releases=(release,))
    now = datetime(2020, 1, 1, tzinfo=UTC)
    before, after = (
        due_messages(replace(product, releases=(one,)), POLICY.people, (), known_at={}, now=now)
        for one in (release, moved)
    )
    assert {one.key for one in before} == {one.key for one in after}
    assert len({one.key for one in before}) == len(before), "one message per audience and channel, or stakeholder"


def test_what_happened_several_times_is_told_every_time_and_what_is_expected_once():
    release = Release(product="webapp", version="9.0.0", type=ReleaseType.MINOR, ga=date(2026, 11, 26))
    product = replace(PRODUCT, releases=(release,))
    facts = [
        Occurrence(
            product="webapp", version="9.0.0", event=event, id=identity, at=datetime(2026, 11, day, 9, tzinfo=UTC)
        )
        for event, identity, day in (("failed", "d1", 26), ("failed", "d2", 27), ("completed", "9.0.0", 30))
    ]
    found = due_messages(product, (), facts, known_at={}, now=datetime(2026, 11, 30, tzinfo=UTC))
    failed = sorted(one.due_at.day for one in found if one.phase == "failed" and one.audience == "support")
    assert failed == [26, 27]
    back = next(one for one in found if one.phase == "looking_back" and one.audience == "support")
    assert (back.waits_for, back.due_at.date()) == ("", date(2026, 12, 7)), "a week after it was out"


def test_who_has_a_stake_in_two_products_gets_one_digest_as_often_as_the_one_asks_that_asks_for_most():
    other = replace(PRODUCT, id="other")
    now = datetime(2026, 11, 25, 12, tzinfo=UTC)
    found = digests([(PRODUCT, [person(interest=1)]), (other, [person()])], since={"p": date(2026, 11, 15)}, now=now)
    assert [(one.product, one.key.rpartition(":")[2]) for one in found] == [
        ("*", "2026-11-16"),
        ("*", "2026-11-23"),
        ("*", "2026-11-30"),
    ]
    assert found[0].useful_until == found[1].due_at, "the next digest makes the one before it useless"


def test_who_comes_to_hear_more_often_does_not_wait_for_the_period_that_was_planned_before():
    now = datetime(2026, 11, 25, 12, tzinfo=UTC)
    quarter = {"p": date(2026, 12, 31)}  # the one of January was planned, and is open
    found = digests([(PRODUCT, [person(cadence=Cadence.WEEKLY)])], since=quarter, now=now)
    assert [one.key.rpartition(":")[2] for one in found] == ["2026-11-30"]


OPEN = Availability()
NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


def step(**facts: object) -> State:
    usual = {
        **{"due_at": NOW - timedelta(hours=1), "useful_until": NOW + timedelta(hours=1), "waits_for": ""},
        **{"emergency": False, "not_before": None, "attempts": 0, "availability": OPEN, "now": NOW},
    }
    return next_step(**{**usual, **facts}).state  # type: ignore[arg-type]


def test_what_is_done_next_with_a_message():
    closed = Availability(hours=read_hours({"sun": ["09:00-10:00"]}))
    assert step() is State.DUE
    assert step(availability=closed) is State.HELD
    assert step(availability=closed, emergency=True) is State.DUE
    assert step(useful_until=NOW) is State.LAPSED
    assert step(useful_until=NOW, waits_for="completed") is State.HELD, "it is useful from what happens on"
    assert step(attempts=1, not_before=NOW + timedelta(minutes=1)) is State.FAILED
    assert step(attempts=1, not_before=NOW) is State.DUE


def test_pauses_grow_and_end():
    policy = SendPolicy(attempts=3, backoff=(timedelta(minutes=1), timedelta(minutes=5)))
    assert [retry_at(count, policy, NOW) for count in (1, 2, 3)] == [
        NOW + timedelta(minutes=1),
        NOW + timedelta(minutes=5),
        None,
    ]


def test_an_owner_is_reached_as_they_can_be():
    mail = Channel(kind="email", connection="smtp_x", to="team@example.org")
    mailing = replace(PRODUCT, channels={**PRODUCT.channels, "support": (mail,)})
    eva = next(one for one in POLICY.people if one.id == "eva")
    assert owner_channels(PRODUCT, POLICY.people, "eva") == ("executives", eva.channels)
    audience, channels = owner_channels(mailing, (), "ana")
    assert (audience, channels[0]) == ("engineering", Channel(kind="email", connection="smtp_x", to="ana@example.org"))
    assert owner_channels(PRODUCT, (), "ana") == ("engineering", PRODUCT.channels["engineering"])
