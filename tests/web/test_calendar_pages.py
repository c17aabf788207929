"""The calendar's page and its feeds in Airflow's own API server."""

from __future__ import annotations

import html
import re
import time
from datetime import UTC, datetime, timedelta

import pytest
from airflow.sdk.exceptions import AirflowNotFoundException
from fastapi import FastAPI
from fastapi.testclient import TestClient
from icalendar import Calendar

from release_ops.web import calendar_pages
from tests.web.scene import NOW

pytestmark = pytest.mark.xdist_group("web")

ROOT = "/release-ops"
JSON = {"Accept": "application/json"}
AROUND = {word: f"{NOW + timedelta(days=days):%Y-%m-%d}" for word, days in (("from", -120), ("until", 200))}
"""A period that holds all of the company's releases."""
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
    text = site.reader.get(f"{ROOT}/calendar?product=webapp&from=2026-10-01&until=2026-12-31").text
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


def asked(site, **query):
    """The calendar as data."""
    answer = site.reader.get(f"{ROOT}/calendar", params={**query, "format": "json"})
    assert answer.status_code == 200, answer.text
    return answer.json()


def entries_of(found):
    """(product, version, entry, state) of all entries."""
    return [
        (product["id"], release["version"], entry["id"], entry["state"])
        for product in found["products"]
        for release in product["releases"]
        for entry in release["entries"]
    ]


@pytest.mark.parametrize(
    ("query", "products"),
    [
        ({"product": "shop"}, ["shop"]),
        ({"product": "APP"}, ["android", "webapp", "ios"]),  # a part of an id or a name, whatever the case
        ({"product": "ios"}, ["ios"]),
        ({"product": "nobody"}, []),
        ({"type": "major"}, ["api", "billing"]),
        ({"state": "blocked"}, ["shop"]),
        ({"state": "missed"}, ["ios"]),
        ({"state": "running"}, ["android"]),
        ({"state": "skipped"}, ["android"]),
        ({"state": "moved"}, ["billing", "shop"]),
        ({"state": "withdrawn"}, []),
        ({"from": "2031-01-01", "until": "2031-12-31"}, []),
    ],
)
def test_the_calendar_shows_the_products_that_were_asked_for(company, query, products):
    found = asked(company, **query)
    assert [product["id"] for product in found["products"]] == products
    assert found["pages"]["total"] == len(products)


def test_a_filter_leaves_out_all_other_entries(company):
    assert {kind for _, _, kind, _ in entries_of(asked(company, kind="ga"))} == {"ga"}
    assert {state for *_, state in entries_of(asked(company, state="done"))} == {"done"}
    types = {release["type"] for product in asked(company, type="patch")["products"] for release in product["releases"]}
    assert types == {"patch"}
    assert entries_of(asked(company, state="missed")) == [("ios", "7.1.0", "beta", "missed")]


def test_only_what_lies_in_the_period_is_shown_and_a_release_passes_through_it(company):
    whole = asked(company, product="billing", **AROUND)
    (release,) = whole["products"][0]["releases"]
    start = release["begins_at"][:10]
    (passing,) = asked(company, product="billing", **{"from": start, "until": start})["products"][0]["releases"]
    assert [entry["id"] for entry in passing["entries"]] == ["planning"]
    assert (passing["begins_at"], passing["ends_at"]) == (release["begins_at"], release["ends_at"])


def test_products_come_in_parts_that_are_linked(company):
    found = asked(company, size=2, page=2)
    assert found["pages"] == {"number": 2, "size": 2, "total": 7}
    assert [product["id"] for product in found["products"]] == ["billing", "webapp"]
    assert asked(company, size=2, page=99)["pages"]["number"] == 4
    text = company.reader.get(f"{ROOT}/calendar?size=2&page=2&product=").text
    assert "Page 2 of 4, 7 products" in text
    assert re.findall(r'<a href="([^"]+)"(?: rel="\w+")?>(Previous|Next|First|Last)</a>', text) == [
        (f"?size=2&amp;page={number}", words)
        for number, words in ((1, "First"), (1, "Previous"), (3, "Next"), (4, "Last"))
    ]


def test_a_moved_and_late_milestone_says_from_when_and_by_how_much(company):
    (release,) = [
        one for one in asked(company, product="shop", **AROUND)["products"][0]["releases"] if one["version"] == "2.8.0"
    ]
    alpha = next(entry for entry in release["entries"] if entry["id"] == "alpha")
    assert (alpha["days_moved"], alpha["days_late"], alpha["state"]) == (9, 3, "done")
    text = company.reader.get(f"{ROOT}/calendar", params={"product": "shop", "view": "table", **AROUND}).text
    assert f'moved from <time datetime="{alpha["first_planned_on"]}">' in text
    assert '<td class="late">+3 d</td>' in text


def test_a_freeze_lasts_from_its_milestone_to_the_general_availability(company):
    (release,) = [one for one in asked(company, product="api")["products"][0]["releases"] if one["version"] == "4.0.0"]
    dates = {entry["id"]: entry["planned_at"] for entry in release["entries"]}
    assert (release["freeze_at"], release["freeze_until"]) == (dates["freeze"], dates["ga"])


def test_closed_time_is_shown_with_its_reason(company):
    closed = asked(company, product="shop")["products"][0]["closed"]
    assert [one["reason"] for one in closed if one["kind"] == "blackouts"] == ["Year-end business <&>"]
    assert "holidays" in {one["kind"] for one in closed}
    assert "<title>Year-end business &lt;&amp;&gt;: " in company.reader.get(f"{ROOT}/calendar?product=shop").text


def test_an_open_conflict_stands_with_both_of_its_products(company):
    for product in ("shop", "android"):
        found = asked(company, product=product)
        assert [one["key"] for one in found["conflicts"]] == ["same_window:shop:2.8.0:ga:android:7.1.0:ga"]
        marked = [
            (release["version"], entry["id"])
            for release in found["products"][0]["releases"]
            for entry in release["entries"]
            if entry["conflicts"]
        ]
        assert marked == [({"shop": "2.8.0", "android": "7.1.0"}[product], "ga")]
    assert asked(company, product="ios")["conflicts"] == []


def test_what_left_the_product_file_is_shown_only_when_asked_for(company):
    day = datetime.now(UTC).replace(hour=8, minute=0, second=0, microsecond=0)
    common = {"product": "shop", "version": "2.5.0", "category": "milestone", "title": "GA", "reason": ""}
    more = {"release_reason": "", "planned_on": day.date(), "planned_at": day, "seen_at": day}
    for entry in ("ga", "beta"):
        company.store.execute("calendar_entry_save", **common, **more, entry=entry, ends_at=None)
    with company.store.connect() as connection:
        connection.execute("UPDATE release_ops.calendar_entry SET withdrawn = true WHERE version = '2.5.0'")
    gone = entries_of(asked(company, state="withdrawn"))
    assert sorted(gone) == [("shop", "2.5.0", "beta", "withdrawn"), ("shop", "2.5.0", "ga", "withdrawn")]
    assert "2.5.0" not in {version for _, version, _, _ in entries_of(asked(company, product="shop"))}


LAST_YEAR = {"from": "2025-02-01", "until": "2025-05-31"}


@pytest.fixture
def veteran(company):
    """The company whose product search has a release 1.0.0 that is out, was moved, and has left its file long ago."""
    key = {"product": "search", "version": "1.0.0"}
    company.store.execute(
        "release_open",
        **key,
        type="major",
        theme="The first one",
        planned_ga=datetime(2025, 3, 24, tzinfo=UTC).date(),
        opened_at=datetime(2025, 2, 1, tzinfo=UTC),
    )
    for day in (3, 24):
        at = datetime(2025, 3, day, 8, tzinfo=UTC)
        common = {"category": "milestone", "title": "GA", "reason": "", "release_reason": "", "ends_at": None}
        for entry in ("ga", "rc"):
            company.store.execute(
                "calendar_entry_save", **key, **common, entry=entry, planned_on=at.date(), planned_at=at, seen_at=at
            )
    company.store.execute(
        "milestone_state", **key, kind="ga", state="done", actual_at=datetime(2025, 3, 24, 9, tzinfo=UTC)
    )
    with company.store.connect() as connection:
        connection.execute("UPDATE release_ops.calendar_entry SET withdrawn = true WHERE version = '1.0.0'")
    return company


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"state": "moved"}, [("search", "1.0.0", "ga", "done")]),
        ({"state": "done"}, [("search", "1.0.0", "ga", "done")]),
        ({"state": "withdrawn"}, [("search", "1.0.0", "rc", "withdrawn")]),
        ({"type": "major"}, [("search", "1.0.0", "ga", "done")]),
        ({"type": "major", "state": "moved", "kind": "ga"}, [("search", "1.0.0", "ga", "done")]),
        ({"kind": "ga"}, [("search", "1.0.0", "ga", "done")]),
        ({}, [("search", "1.0.0", "ga", "done")]),
        ({"type": "minor"}, []),
        ({"type": "minor", "state": "moved"}, []),
        ({"state": "moved", "kind": "beta"}, []),
        ({"state": "running"}, []),
    ],
)
def test_a_release_that_is_out_stays_what_it_was_when_it_has_left_its_file(veteran, query, found):
    answer = asked(veteran, **LAST_YEAR, **query)
    assert entries_of(answer) == found
    assert [one["id"] for one in answer["products"]] == (["search"] if found else [])
    assert {(one["type"], one["theme"]) for each in answer["products"] for one in each["releases"]} <= {
        ("major", "The first one")
    }


def test_hostile_names_are_text(company):
    text = company.reader.get(f"{ROOT}/calendar", params={"product": "shop", "view": "table", **AROUND}).text
    text += company.reader.get(f"{ROOT}/calendar?product=<script>alert(2)</script>").text
    text += company.reader.get(f"{ROOT}/calendar?product=shop").text
    assert "&lt;script&gt;" in text
    assert not re.search(r"<script>", text)


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("from=2026-12-01&until=2026-11-01", "before it begins on 2026-12-01; exchange the two"),
        ("from=2020-01-01&until=2026-11-01", "longer than 800 days; choose a shorter period"),
        ("from=9999-12-31", "The period"),
        ("until=0001-01-01", "The period"),
        ("from=9999-12-31&until=9999-12-31", "not between 1900-01-01 and 2199-12-31"),
        ("until=9999-12-31", "not between 1900-01-01 and 2199-12-31"),
        ("from=0001-01-01&until=0001-01-01", "not between 1900-01-01 and 2199-12-31"),
        ("from=soon", "from: Input should be a valid date"),
        ("type=giant", "type: Input should be"),
        ("state=lost", "state: Input should be"),
        ("page=0", "page: Input should be greater than or equal to 1"),
        ("size=101", "size: Input should be less than or equal to 100"),
        (f"product={'x' * 101}", "product: String should have at most 100 characters"),
    ],
)
def test_what_cannot_be_asked_is_said_in_words(site, query, words):
    answer = site.reader.get(f"{ROOT}/calendar?{query}")
    assert answer.status_code == 400
    assert words in html.unescape(answer.text)
    told = site.reader.get(f"{ROOT}/calendar?{query}", headers=JSON)
    assert (told.status_code, told.headers["content-type"]) == (400, "application/problem+json")


def test_a_period_that_cannot_be_shown_leaves_the_form_as_it_was_filled_in(site):
    text = site.reader.get(f"{ROOT}/calendar?product=shop&type=minor&from=2026-12-01&until=2026-11-01").text
    assert '<input type="search" name="product" value="shop" maxlength="100">' in text
    assert '<option value="minor" selected>Minor</option>' in text
    assert '<input type="date" name="until" value="2026-11-01">' in text
    assert 'href="?product=shop&amp;type=minor"' in text


def test_an_empty_value_of_a_form_asks_for_nothing(site):
    blank = "product=&type=&kind=&state=&from=&until=&view=&page=&size="
    assert asked(site) == site.reader.get(f"{ROOT}/calendar?{blank}", headers=JSON).json()


def calendar_once(site, is_there):
    """The calendar as soon as it is as wanted: where reading files takes long, readers see the state before meanwhile."""
    end = time.monotonic() + 60
    while not is_there(text := site.reader.get(f"{ROOT}/calendar").text) and time.monotonic() < end:
        time.sleep(0.05)
    return text


def test_a_broken_product_file_is_named_and_the_others_are_shown(site):
    broken = site.products / "zzz.yaml"
    broken.write_text("product: zzz\nreleases: <&>\n")
    try:
        text = calendar_once(site, lambda text: "zzz.yaml" in text)
    finally:
        broken.unlink()
    assert "Some product files cannot be read" in text
    assert "zzz.yaml" in text
    assert "Webapp" in text
    assert "Some product files" not in calendar_once(site, lambda text: "zzz.yaml" not in text)


def test_a_database_that_does_not_answer_leaves_the_plan(company):
    with company.store.connect() as connection:
        connection.execute("ALTER TABLE release_ops.calendar_entry RENAME TO gone")
        try:
            page, found = company.reader.get(f"{ROOT}/calendar"), asked(company)
        finally:
            connection.execute("ALTER TABLE release_ops.gone RENAME TO calendar_entry")
    assert "so that only the plan is shown" in page.text
    assert found["recorded"] is False
    assert {state for *_, state in entries_of(found)} == {"planned"}


def test_the_page_of_a_release_is_linked_once_there_is_a_record_and_for_who_may_see_it(company):
    address = "/team/release-ops/releases/shop/2.8.0"
    path = f"{ROOT}/calendar?product=shop"
    assert f'href="{address}"' in company.reader.get(path).text
    assert "/releases/shop/2.9.0" not in company.reader.get(path).text
    assert "/releases/shop" not in company.get_as("carla", path).text


def test_a_feed_of_no_product_says_so(site):
    answer = site.reader.get(f"{ROOT}/calendar/nothing.ics")
    assert answer.status_code == 404
    assert "No product file describes nothing." in answer.text


@pytest.mark.parametrize("path", PATHS)
def test_without_a_connection_to_a_database_the_plan_is_shown(monkeypatch, path):
    def refuse():
        raise AirflowNotFoundException

    monkeypatch.setattr(calendar_pages, "pooled_store", refuse)
    app = FastAPI()
    app.include_router(calendar_pages.router)
    app.dependency_overrides = {one.dependency: lambda: None for one in calendar_pages.router.dependencies}
    answer = TestClient(app).get(path.removeprefix(ROOT), params={"product": "webapp"})
    assert answer.status_code == 200
    assert "2.8.0" in answer.text
    assert path.endswith(".ics") or "only the plan is shown" in answer.text
