"""The calendar's page and its feeds in Airflow's own API server."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from icalendar import Calendar

from release_ops.web import calendar_pages

pytestmark = pytest.mark.xdist_group("web")

ROOT = "/release-ops"
PATHS = (f"{ROOT}/calendar", f"{ROOT}/calendar.ics", f"{ROOT}/calendar/webapp.ics")


@pytest.mark.parametrize("path", PATHS)
def test_nobody_sees_the_calendar_without_a_login(site, path):
    assert site.stranger.get(path).status_code == 401
    assert site.reader.get(path).status_code == 200


def test_planned_and_actual_stand_side_by_side(site):
    site.store.execute(
        "milestone_state",
        product="webapp",
        version="2.8.0",
        kind="alpha",
        state="done",
        actual_at=datetime(2026, 10, 31, 8, tzinfo=UTC),
    )
    text = site.reader.get(f"{ROOT}/calendar").text
    assert '<time datetime="2026-10-29T09:00:00+01:00">Thu 2026-10-29 09:00</time>' in text
    assert '<time datetime="2026-10-31T09:00:00+01:00">Sat 2026-10-31 09:00</time>' in text
    assert '<td class="late">+2 d</td>' in text
    assert 'href="/team/release-ops/calendar/webapp.ics"' in text


@pytest.mark.parametrize("path", PATHS[1:])
def test_a_feed_is_a_calendar_file_that_is_fetched_once_until_a_date_moves(site, path):
    first = site.reader.get(path)
    assert first.headers["content-type"] == "text/calendar; charset=utf-8"
    known = {"If-None-Match": first.headers["etag"]}
    assert site.reader.get(path, headers=known).status_code == 304
    day = datetime(2026, 11, 1, 5, 15, tzinfo=UTC)
    entry = {"product": "webapp", "version": "2.8.0", "category": "milestone", "entry": "ga", "title": "GA"}
    more = {"planned_on": day.date(), "reason": "", "release_reason": ""}
    for planned_at, seen_at in ((day, day), (datetime(2026, 11, 26, 8, tzinfo=UTC), day.replace(day=2))):
        site.store.execute("calendar_entry_save", **entry, **more, planned_at=planned_at, seen_at=seen_at)
    moved = site.reader.get(path, headers=known)
    assert moved.status_code == 200
    events = {str(one["UID"]): one for one in Calendar.from_ical(moved.content).walk("VEVENT")}
    ga = events["webapp:2.8.0:ga@release-ops"]
    assert (ga["SEQUENCE"], ga["DTSTAMP"].dt) == (1, datetime(2026, 11, 2, 5, 15, tzinfo=UTC))
    assert ga["URL"] == "http://localhost/team/release-ops/releases/webapp/2.8.0"


def test_a_feed_of_no_product_says_so(site):
    answer = site.reader.get(f"{ROOT}/calendar/nothing.ics")
    assert answer.status_code == 404
    assert "No product file describes nothing." in answer.text


def test_without_a_database_the_plan_is_shown(monkeypatch):
    def refuse():
        raise calendar_pages.AirflowNotFoundException

    monkeypatch.setattr(calendar_pages, "open_store", refuse)
    assert calendar_pages._records() is calendar_pages.NO_RECORDS
