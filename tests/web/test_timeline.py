"""The calendar drawn: places, rows, signs; and that nothing in it is markup of somebody else's."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from release_ops.web.calendar_model import (
    CalendarConflict,
    CalendarEntry,
    CalendarProduct,
    CalendarRelease,
    ClosedTime,
    ConflictSide,
)
from release_ops.web.period import Period
from release_ops.web.timeline import WIDTH, axis, bars, lane, words

YEAR = Period(date(2026, 1, 1), date(2026, 12, 31))
NOW = datetime(2026, 7, 2, 12, tzinfo=UTC)
MIDDLE = "50.00%"
"""Place of NOW in YEAR."""


def entry(kind: str, at: datetime, **more) -> CalendarEntry:
    base = {
        "category": "milestone",
        "id": kind,
        "title": kind,
        "planned_at": at,
        "ends_at": at,
        "all_day": False,
        "state": "planned",
        "actual_at": None,
        "days_late": None,
        "first_planned_on": None,
        "days_moved": None,
        "note": "",
        "waits": "",
        "conflicts": [],
    }
    return CalendarEntry(**{**base, **more})


def release(version: str, *entries: CalendarEntry, **more) -> CalendarRelease:
    ends = {
        "begins_at": min((one.planned_at for one in entries), default=None),
        "ends_at": max((one.planned_at for one in entries), default=None),
    }
    base = {"type": "minor", "theme": "", "freeze_at": None, "freeze_until": None, "page": None, **ends}
    return CalendarRelease(version=version, entries=list(entries), **{**base, **more})


def product(*releases: CalendarRelease, closed: list[ClosedTime] | None = None) -> CalendarProduct:
    return CalendarProduct(
        id="shop",
        name="Shop",
        timezone="UTC",
        feed="/x.ics",
        next_entry=None,
        next_version=None,
        releases=list(releases),
        closed=closed or [],
    )


def drawn(shown: CalendarProduct, conflicts: tuple[CalendarConflict, ...] = ()) -> ET.Element:
    return ET.fromstring(lane(shown, conflicts, YEAR, NOW))


def of_class(root: ET.Element, name: str) -> list[ET.Element]:
    return [one for one in root.iter() if name in one.get("class", "").split()]


def test_the_line_of_today_lies_behind_the_signs_and_the_names():
    drawing = [one.get("class", "") for one in drawn(product(release("1.0.0", entry("ga", NOW)))).iter()]
    (today,) = (at for at, name in enumerate(drawing) if name == "today")
    assert today < min(at for at, name in enumerate(drawing) if "mark" in name or "label" in name)


def test_a_milestone_stands_where_its_instant_lies_and_today_too():
    root = drawn(product(release("1.0.0", entry("ga", NOW))))
    (mark,) = of_class(root, "mark")
    assert (mark.get("x"), mark.find("text").text) == (MIDDLE, "GA")
    (today,) = of_class(root, "today")
    assert today.get("x1") == today.get("x2") == MIDDLE


def test_what_is_done_stands_where_it_was_done_with_a_trail_from_its_plan():
    planned = NOW - timedelta(days=73)
    done = entry("ga", planned, state="done", actual_at=NOW, days_late=73)
    root = drawn(product(release("1.0.0", done)))
    (mark,) = of_class(root, "mark")
    assert (mark.get("class"), mark.get("x")) == ("mark milestone done", MIDDLE)
    (line, spot) = of_class(root, "late")
    assert (line.get("x1"), line.get("x2"), spot.get("cx")) == ("30.00%", MIDDLE, "30.00%")


def test_what_was_moved_has_a_trail_from_its_first_date_also_from_outside_of_the_period():
    inside = entry("ga", NOW, first_planned_on=date(2026, 4, 20), days_moved=73)
    outside = entry("beta", NOW, first_planned_on=date(2025, 11, 2), days_moved=242)
    root = drawn(product(release("1.0.0", inside, outside)))
    moved = of_class(root, "moved")
    assert [one.get("x1") for one in moved if one.tag == "line"] == ["30.00%", "0.00%"]
    assert [one.get("cx") for one in moved if one.tag == "circle"] == ["30.00%"]


def test_a_freeze_a_blackout_and_a_holiday_are_bands():
    closed = [
        ClosedTime(starts_at=NOW, ends_at=NOW + timedelta(days=73), reason="Sale <&>", kind="blackouts"),
        ClosedTime(starts_at=NOW, ends_at=datetime(2027, 6, 1, tzinfo=UTC), reason="Long", kind="holidays"),
    ]
    shown = product(
        release("1.0.0", entry("ga", NOW), freeze_at=NOW - timedelta(days=73), freeze_until=NOW), closed=closed
    )
    root = drawn(shown)
    (freeze,) = of_class(root, "freeze")
    assert (freeze.get("x"), freeze.get("width")) == ("30.00%", "20.00%")
    sale, long = of_class(root, "closed")
    assert (sale.get("x"), sale.get("width")) == (MIDDLE, "20.00%")
    assert sale.find("title").text == "Sale <&>: Thu 2026-07-02 12:00 to Sun 2026-09-13 12:00"
    assert (long.get("x"), long.get("width")) == (MIDDLE, MIDDLE)


def test_a_conflict_is_marked_with_what_is_wrong_and_what_would_mend_it():
    side = ConflictSide(product="shop", version="1.0.0", milestone="ga", planned_at=NOW)
    clash = CalendarConflict(
        key="k", kind="team", severity="error", message="both at once", proposal="move one", sides=[side]
    )
    root = drawn(product(release("1.0.0", entry("ga", NOW, conflicts=["k"]))), (clash,))
    (mark,) = of_class(root, "clash")
    assert (mark.get("class"), mark.find("title").text) == ("clash error", "both at once; move one")


def test_only_a_release_with_a_page_is_a_link_and_none_stops_the_keyboard():
    root = drawn(product(release("1.0.0", entry("ga", NOW), page="/r/1.0.0"), release("2.0.0", entry("ga", NOW))))
    (link,) = root.iter("a")
    assert (link.get("href"), link.get("tabindex")) == ("/r/1.0.0", "-1")


def test_words_of_an_entry_say_all_that_its_sign_does():
    done = entry(
        "beta", datetime(2026, 10, 29, 9, tzinfo=UTC), state="done", actual_at=datetime(2026, 10, 31, 9, tzinfo=UTC),
        days_late=2, first_planned_on=date(2026, 10, 20), days_moved=9, note="moved by a holiday",
    )  # fmt: skip
    assert words(done) == (
        "beta: planned Thu 2026-10-29 09:00, done Sat 2026-10-31 09:00 (+2 d); moved from 2026-10-20 (+9 d); "
        "moved by a holiday"
    )
    assert words(entry("ga", NOW, state="missed", waits="Sale until Mon")) == (
        "ga: planned Thu 2026-07-02 12:00, missed; closed by Sale until Mon"
    )


def test_the_scale_names_months_and_draws_weeks_where_there_is_room():
    assert re.findall(r">(\w{3}(?: \d{4})?)</text>", axis(YEAR, NOW))[:3] == ["Jan 2026", "Feb", "Mar"]
    assert 'class="week"' not in axis(YEAR, NOW)
    month = axis(Period(date(2026, 11, 1), date(2026, 11, 30)), NOW)
    assert month.count('class="week"') == 5
    assert "today" not in month
    long = axis(Period(date(2026, 1, 1), date(2027, 12, 31)), NOW)
    assert re.findall(r">(\w{3} \d{4})</text>", long) == [
        f"{name} {year}" for year in (2026, 2027) for name in ("Jan", "Apr", "Jul", "Oct")
    ]


INSTANTS = st.integers(-180 * 24, 540 * 24).map(lambda hours: YEAR.start + timedelta(hours=hours))
KINDS = ["planning", "alpha", "feature_complete", "freeze", "beta", "rc", "ga", "support_end"]


@st.composite
def products(draw) -> CalendarProduct:
    releases = []
    for number in range(draw(st.integers(0, 12))):
        kinds = draw(st.lists(st.sampled_from(KINDS), max_size=8, unique=True))
        theme = draw(st.text(max_size=60))
        releases.append(release(f"1.{number}.0", *(entry(kind, draw(INSTANTS)) for kind in kinds), theme=theme))
    return product(*releases)


@given(products())
@settings(max_examples=100)
def test_nothing_touches_anything_else_and_it_is_well_formed(shown):
    placed = bars(shown, YEAR)
    assert sorted(bar.release.version for bar in placed) == sorted(one.version for one in shown.releases)
    boxes = []
    for bar in placed:
        sign = 100 * 12 / WIDTH
        boxes.append((bar.left - sign, bar.right + sign, bar.top, bar.top + bar.height))
        spots = [(mark.slot, mark.x) for mark in bar.marks]
        for slot in {slot for slot, _ in spots}:
            line = sorted(x for other, x in spots if other == slot)
            assert all(second - first >= 2 * sign - 1e-9 for first, second in pairwise(line))
    for index, (left, right, top, bottom) in enumerate(boxes):
        for other in boxes[index + 1 :]:
            assert right < other[0] or other[1] < left or bottom <= other[2] or other[3] <= top
    root = drawn(shown)
    assert max((bar.top + bar.height for bar in placed), default=0) <= int(root.get("height"))
    assert {one.tag for one in root.iter()} <= {"svg", "line", "rect", "text", "tspan", "title", "circle", "path", "a"}
    assert all(0 <= float(one.get("x", "0").rstrip("%")) <= 100 for one in root.iter("svg"))
