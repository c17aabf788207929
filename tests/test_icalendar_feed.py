"""The feed that calendar programs subscribe to, read back by a strict parser and by the library that wrote it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from urllib.parse import unquote
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ical.calendar_stream import IcsCalendarStream
from icalendar import Calendar

from release_ops import icalendar_feed
from release_ops.domain.agenda import NO_RECORDS, Move, Progress, Records, agenda
from release_ops.domain.model import EventRule, Product
from release_ops.escaping import clean
from release_ops.icalendar_feed import feed, uid
from release_ops.product import load_product

DEMO = load_product(Path(__file__).parents[1] / "include" / "products" / "demo.yaml")
GA = ("webapp", "2.8.0", "milestone", "ga")


def read(content: bytes):
    """Events by UID, as the strict parser has them; both parsers have to find the same ones."""
    strict = {event.uid: event for event in IcsCalendarStream.calendar_from_ics(content.decode()).events}
    loose = {str(event["UID"]): event for event in Calendar.from_ical(content).walk("VEVENT")}
    assert strict.keys() == loose.keys()
    assert {key: event.summary for key, event in strict.items()} == {k: str(e["SUMMARY"]) for k, e in loose.items()}
    return strict


def of(product: Product = DEMO, records: Records = NO_RECORDS, **more):
    return read(feed([product], records, name=product.name, **more))


def move(sequence: int, changed_at: datetime, planned_at: datetime = datetime(2026, 11, 26, 8, tzinfo=UTC)) -> Move:
    return Move(planned_at=planned_at, sequence=sequence, changed_at=changed_at, first_planned_on=date(2026, 11, 19))


def test_a_milestone_is_an_instant_in_utc_under_its_own_name():
    events = of(page=lambda product, version: f"https://airflow.example.org/release-ops/artifacts/{product}/{version}")
    ga = events["webapp:2.8.0:ga@release-ops"]
    assert (ga.summary, ga.dtstart, ga.dtend) == ("Webapp 2.8.0: GA", datetime(2026, 11, 26, 8, tzinfo=UTC), None)
    assert (ga.categories, ga.status, ga.transparency, ga.sequence) == (["MILESTONE"], "CONFIRMED", "TRANSPARENT", 0)
    assert str(ga.url) == "https://airflow.example.org/release-ops/artifacts/webapp/2.8.0"
    assert ga.description == "Thu 2026-11-26 09:00 CET\nRule: ga"
    assert not ga.alarm


def test_freezes_take_no_time_and_blackouts_do():
    events = [event for event in of().values() if event.categories in (["FREEZE"], ["BLACKOUT"])]
    freeze = next(event for event in events if event.summary == "Freeze of Webapp 2.8.0")
    assert (freeze.transparency, freeze.dtstart.date(), freeze.dtend.date()) == (
        "TRANSPARENT",
        date(2026, 11, 12),
        date(2026, 11, 26),
    )
    (blackout,) = [event for event in events if event.categories == ["BLACKOUT"]]
    assert (blackout.summary, blackout.transparency) == ("Christmas business and year-end closing", "OPAQUE")
    assert blackout.dtstart == datetime(2026, 12, 18, 17, tzinfo=UTC)


def test_entries_of_whole_days_are_dates():
    rule = EventRule(id="bash", title="Bug bash", rule="-10d", lasts=timedelta(days=2))
    bash = of(replace(DEMO, events=(rule,)))["webapp:2.8.0:event:bash@release-ops"]
    assert (bash.dtstart, bash.dtend) == (date(2026, 11, 16), date(2026, 11, 18))


def test_an_event_and_a_milestone_of_one_name_are_two_entries():
    events = of(replace(DEMO, events=(EventRule(id="ga", title="Party", rule="ga"),)))
    assert events["webapp:2.8.0:ga@release-ops"].summary == "Webapp 2.8.0: GA"
    assert events["webapp:2.8.0:event:ga@release-ops"].summary == "Webapp 2.8.0: Party"


def test_sequence_and_stamp_are_those_of_the_last_change():
    changed = datetime(2026, 11, 1, 5, 15, 7, 123456, tzinfo=UTC)
    ga = of(DEMO, Records(moves={GA: move(3, changed)}, progress={}))["webapp:2.8.0:ga@release-ops"]
    assert (ga.sequence, ga.dtstamp, ga.last_modified) == (3, changed.replace(microsecond=0), ga.dtstamp)
    assert "First planned: 2026-11-19 (+7 d)" in ga.description


def test_the_same_plan_makes_the_same_bytes_in_lines_of_75_octets():
    again = feed([DEMO, replace(DEMO, id="b", name="ü" * 300)], name="ä" * 100)
    assert again == feed([DEMO, replace(DEMO, id="b", name="ü" * 300)], name="ä" * 100)
    assert all(len(line) <= 75 for line in again.split(b"\r\n"))
    assert again.endswith(b"END:VCALENDAR\r\n")
    assert b"\n" not in again.replace(b"\r\n", b"")


@pytest.mark.parametrize(
    ("state", "status"),
    [
        ("planned", "CONFIRMED"),
        ("running", "CONFIRMED"),
        ("done", "CONFIRMED"),
        ("blocked", "TENTATIVE"),
        ("missed", "CANCELLED"),
        ("skipped", "CANCELLED"),
    ],
)
def test_the_status_is_where_the_milestone_stands(state, status):
    records = Records(moves={}, progress={GA: Progress(state=state)})
    assert of(DEMO, records)["webapp:2.8.0:ga@release-ops"].status == status


def test_what_was_published_once_is_cancelled_when_it_is_withdrawn():
    gone = ("webapp", "2.9.0", "milestone", "ga")
    at = datetime(2027, 1, 14, 8, tzinfo=UTC)
    event = of(DEMO, Records(moves={gone: move(1, at, at)}, progress={}))["webapp:2.9.0:ga@release-ops"]
    assert (event.status, event.dtstart, event.sequence) == ("CANCELLED", at, 1)


def test_a_milestone_that_will_have_to_wait_is_tentative():
    moved = replace(DEMO.release("2.8.1"), ga=date(2026, 12, 22))
    ga = of(replace(DEMO, releases=(moved,)))["webapp:2.8.1:ga@release-ops"]
    assert ga.status == "TENTATIVE"
    assert "Closed: Christmas business and year-end closing until Mon 2027-01-04 08:00" in ga.description


def test_a_feed_that_grows_too_long_leaves_out_the_earliest_and_says_so(monkeypatch):
    monkeypatch.setattr(icalendar_feed, "MOST_ENTRIES", 3)
    content = feed([DEMO], name="x")
    kept = [event for event in read(content).values() if event.categories == ["MILESTONE"]]
    assert len(kept) == 3
    assert {event.dtstart.date() for event in kept} == {date(2026, 12, 8), date(2026, 12, 10), date(2026, 12, 17)}
    assert str(Calendar.from_ical(content)["X-WR-CALDESC"]) == f"{len(agenda(DEMO)) - 3} earlier entries are left out"


def test_of_several_products_freezes_and_blackouts_name_theirs():
    other = replace(DEMO, id="shop", name="Shop")
    summaries = {event.summary for event in read(feed([DEMO, other], name="all")).values()}
    assert {f"{name}: Christmas business and year-end closing" for name in ("Webapp", "Shop")} <= summaries


HOSTILE = st.text(st.sampled_from('a ,;:\\"\n\r\x00\x07\u2028\u202eÄß版🚀\ud800%=') | st.characters(), max_size=120)
ZONES = sorted(available_timezones() - {"localtime", "Factory"})


@given(text=HOSTILE, identity=HOSTILE.filter(str.strip), zone=st.sampled_from(ZONES), at=st.none() | st.times())
def test_a_feed_reads_back_as_what_was_planned(text, identity, zone, at):
    rule = EventRule(id=identity, title=text, rule="-3d", at=at and time(at.hour, at.minute), zone=zone, owner=text)
    release = replace(DEMO.release("2.8.0"), overrides={})
    product = replace(DEMO, name=text, timezone=zone, releases=(release,), events=(rule,))
    events = of(product)
    entries = {uid(entry): entry for entry in agenda(product)}
    assert {
        key for key, event in events.items() if event.categories not in (["FREEZE"], ["BLACKOUT"])
    } == entries.keys()
    for key, entry in entries.items():
        event = events[key]
        assert event.summary == " ".join(clean(f"{text} 2.8.0: {entry.title}").split())
        if entry.all_day:
            assert (event.dtstart, event.dtend) == (entry.planned_at.date(), entry.ends_at.date())
        else:
            assert event.dtstart == entry.planned_at.astimezone(UTC)


@given(day=st.dates(date(2000, 1, 1), date(2030, 12, 31)), zone=st.sampled_from(ZONES))
def test_a_whole_day_is_that_day_in_every_zone(day, zone):
    rule = EventRule(id="day", title="Day", rule="ga", zone=zone)
    product = replace(DEMO, releases=(replace(DEMO.release("2.8.0"), ga=day, overrides={}),), events=(rule,))
    event = of(product)["webapp:2.8.0:event:day@release-ops"]
    skipped = datetime.combine(day, time(12), ZoneInfo(zone)).astimezone(UTC).astimezone(ZoneInfo(zone)).date() != day
    assert event.dtend > event.dtstart
    assert event.dtstart == day or skipped


@given(st.text(st.characters(), min_size=1, max_size=40))
def test_identifiers_are_plain_and_tell_all_ids_apart(identity):
    entry = replace(agenda(DEMO)[0], category="event", id=identity)
    written = uid(entry)
    assert written.isascii()
    assert not set(written) & set(' ,;\\"\r\n')
    assert unquote(written.removesuffix("@release-ops").rsplit(":", 1)[1], errors="surrogatepass") == identity
