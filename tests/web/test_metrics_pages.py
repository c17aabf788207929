"""The pages of metrics: figures as the tables have them, unknown never as zero, and every figure led back to its rows."""

from __future__ import annotations

import re
from datetime import date, timedelta
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from release_ops.store import Store
from release_ops.web import charts_script
from release_ops.web.metrics import read_product, read_scorecards, read_series
from release_ops.web.metrics_charts import course
from release_ops.web.metrics_model import Period, Series
from release_ops.web.metrics_words import MEASURES, frequency, name_of, told, why_unknown
from release_ops.web.pictures import Point, bars, line, summary
from tests.web.conftest import Site
from tests.web.filled import NOW, PRODUCT, fill, put

pytestmark = pytest.mark.xdist_group("web")

ROOT = "/release-ops"
JSON = {"Accept": "application/json"}
PAGES = (
    "/metrics",
    "/metrics/webapp",
    "/scorecards",
    "/metrics/webapp/deployments?environment=production&since=2026-10-26&until=2026-11-02",
)


@pytest.mark.parametrize("path", PAGES)
def test_only_who_may_read_the_metrics_sees_them(filled: Site, path):
    assert filled.get_as("vera", ROOT + path).status_code == 200
    assert filled.get_as("gina", ROOT + path).status_code == 403
    answer = filled.stranger.get(ROOT + path)
    assert answer.status_code == 401
    assert "INC-" not in answer.text


# The overview


def test_the_overview_has_every_product_with_the_figures_of_its_last_whole_week(filled: Site):
    answer = filled.get_as("vera", f"{ROOT}/metrics", **JSON).json()
    assert [(one["product"], one["environment"], len(one["periods"])) for one in answer["series"]] == [
        ("api", "production", 13),
        ("webapp", "production", 13),
    ]
    text = filled.reader.get(f"{ROOT}/metrics").text
    assert text.count("week of Mon 2026-11-09") == 2
    assert text.count("<strong>2 a week</strong>") == 2
    assert 'href="/team/release-ops/metrics/webapp"' in text


def test_what_is_unknown_is_said_with_how_to_supply_it(filled: Site):
    text = filled.reader.get(f"{ROOT}/metrics/api").text
    assert "name the labels of incidents under delivery.incidents" in text
    assert "let the feed of deployments fill unplanned" in text
    api = filled.get_as("vera", f"{ROOT}/metrics/api", **JSON).json()["series"]["periods"]
    assert {one["change_fail_rate"] for one in api} == {one["rework_rate"] for one in api} == {None}


def test_without_a_deployment_the_page_says_where_they_come_from(site: Site):
    assert "There is nothing to measure yet." in site.reader.get(f"{ROOT}/metrics").text
    with site.store.connect() as connection:
        put(connection, "release", {"product": "shop", "version": "1.0.0", "type": "minor"})
    text = site.reader.get(f"{ROOT}/metrics").text
    assert "No deployment is known" in text
    assert 'href="/team/release-ops/metrics/shop"' in text
    assert "No deployment is known." in site.reader.get(f"{ROOT}/metrics/shop").text


@pytest.mark.parametrize("query", ["period=day", "periods=0", "periods=5000", "page=0"])
def test_what_cannot_be_asked_is_told(filled: Site, query):
    answer = filled.reader.get(f"{ROOT}/metrics?{query}")
    assert answer.status_code == 400
    assert query.partition("=")[0] in answer.text


def test_a_period_with_no_day_in_it_is_told(filled: Site):
    answer = filled.reader.get(
        f"{ROOT}/metrics/webapp/changes?environment=production&since=0001-01-01&until=0001-01-01"
    )
    assert answer.status_code == 400
    assert "until" in answer.text


def test_the_environments_of_a_form_stand_once_each(filled: Site):
    assert re.findall(r">(.*?production)</option>", filled.reader.get(f"{ROOT}/metrics").text, re.IGNORECASE) == [
        "That of production",
        "production",
    ]
    one = filled.reader.get(f"{ROOT}/metrics/webapp").text
    assert re.findall(r'<option value="([^"]*)"( selected)?>', one)[0] == ("production", " selected")


# One product


def test_a_product_has_the_five_measures_with_both_medians_and_their_course(filled: Site):
    text = unescape(filled.reader.get(f"{ROOT}/metrics/webapp").text)
    for measure in MEASURES:
        assert f'<h3 id="{measure.key}">{measure.title}</h3>' in text
    assert "of an even number the middle between the two in the middle. The lower of the two: 4 d 8 h" in text
    assert '<svg class="bars"' in text
    assert 'aria-label="Change fail rate by week: from ' in text


def test_figures_are_those_of_the_contract(filled: Site):
    shown = filled.get_as("vera", f"{ROOT}/metrics/webapp?period=month&periods=4", **JSON).json()["series"]["periods"]
    with filled.store.connect() as connection:
        rows = connection.execute(
            "SELECT * FROM release_metrics.dora WHERE product = 'webapp' AND environment = 'production' AND period = 'month'"
            " ORDER BY starts_on DESC LIMIT 4"
        ).fetchall()
    for one, row in zip(shown, reversed(rows), strict=True):
        own = Period.model_validate(row).model_dump(mode="json")
        assert {name: row[name] for name in ("deployments", "changes", "failed", "rework")} == {
            name: one[name] for name in ("deployments", "changes", "failed", "rework")
        }
        assert one == own


def test_every_number_leads_to_as_many_rows(filled: Site):
    text = filled.reader.get(f"{ROOT}/metrics/webapp").text
    links = re.findall(r'<a href="(/team/release-ops/metrics/webapp/[^"]*)">([\d,]+)(?: unsuccessful)?</a>', text)
    assert {urlsplit(unescape(address)).path.rpartition("/")[2] for address, _ in links} == {
        "deployments",
        "changes",
        "incidents",
    }
    sorts = set()
    for address, number in links:
        path = unescape(address).removeprefix("/team")
        sorts.update(parse_qs(urlsplit(path).query).get("sort", []))
        assert filled.get_as("vera", path, **JSON).json()["total"] == int(number), address
    assert sorts == {"successful", "unsuccessful", "failed", "reached", "rework"}


def test_the_rows_say_why_a_deployment_failed_and_lead_out(filled: Site):
    path = f"{ROOT}/metrics/webapp/deployments?environment=production&since=2026-06-01&until=2026-12-01&sort=failed"
    text = filled.reader.get(path).text
    assert "<h1>Failed deployments of webapp</h1>" in text
    assert "failed: incident" in text
    assert 'href="https://github.com/example/webapp/deployments/webapp-1-1" rel="noopener noreferrer nofollow"' in text
    changes = filled.reader.get(path.replace("deployments", "changes").replace("&sort=failed", "")).text
    assert re.search(r"<td>\d+ d[^<]*</td>", changes)


def test_a_product_says_how_fresh_it_is(filled: Site):
    text = filled.reader.get(f"{ROOT}/metrics/webapp").text
    assert "the repository does not answer &lt;script&gt;" in text
    assert "ended early" in text
    assert '<td data-label="written">12 rows</td>' in text
    with filled.store.connect() as connection:
        connection.execute("UPDATE release_ops.ingest_state SET rows = 0")
    assert '<td data-label="written">nothing new</td>' in filled.reader.get(f"{ROOT}/metrics/webapp").text
    shop = filled.reader.get(f"{ROOT}/metrics/shop").text
    assert "feeds/deployments.csv:1: no such file" in shop
    assert "never" in shop


@pytest.mark.parametrize("path", ["/metrics/nothing", "/metrics/nothing%00"])
def test_a_product_of_which_nothing_is_known_is_told(filled: Site, path):
    assert filled.reader.get(ROOT + path).status_code == 404


# Charts


@pytest.mark.parametrize("measure", [one.key for one in MEASURES])
def test_the_course_of_a_measure_is_a_specification_with_every_period(filled: Site, measure):
    answer = filled.get_as("vera", f"{ROOT}/metrics/webapp/charts/{measure}?period=month&periods=5&theme=dark")
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    spec = answer.json()
    values = spec["data"]["values"]
    assert len(values) == 5
    assert values[-1]["month"].endswith("(not over)")
    assert all(
        (one["value"] is None) == (one["told"] in {"unknown", "none failed", "none recovered"}) for one in values
    )
    assert spec["width"] == "container"


@pytest.mark.parametrize(("path", "status"), [("webapp/charts/none", 404), ("none/charts/lead_time", 404)])
def test_a_chart_that_there_is_not_is_told(filled: Site, path, status):
    assert filled.reader.get(f"{ROOT}/metrics/{path}").status_code == status


def test_a_chart_is_for_who_may_see_the_page(filled: Site):
    assert filled.get_as("gina", f"{ROOT}/metrics/webapp/charts/lead_time").status_code == 403
    assert filled.stranger.get(f"{ROOT}/metrics/webapp/charts/lead_time").status_code == 401


def test_long_durations_are_drawn_in_days_and_frequencies_by_the_period():
    lead, frequency = MEASURES[1], MEASURES[0]
    short = series_of(period(lead_time_median=timedelta(hours=6)))
    long = series_of(period(lead_time_median=timedelta(days=5)), period())
    assert titled(course(lead, short, "week")) == ("hours", [6.0])
    assert titled(course(lead, long, "week")) == ("days", [5.0, None])
    weekly = series_of(period(deployment_frequency=2 / 7, successful=2))
    assert titled(course(frequency, weekly, "week")) == ("a week", [2])


def series_of(*periods: Period) -> Series:
    return Series(product=PRODUCT, environment="production", known_until=NOW, periods=periods, page="")


def titled(spec: dict[str, Any]) -> tuple[str, list[float | None]]:
    return spec["layer"][0]["encoding"]["y"]["title"], [one["value"] for one in spec["data"]["values"]]


def test_without_vega_a_page_has_no_charts_and_is_whole(monkeypatch):
    charts_script._bundle.cache_clear()
    monkeypatch.setattr(charts_script, "SOURCE", charts_script.SOURCE.with_name("gone.js"))
    assert charts_script.script() == b""
    charts_script._bundle.cache_clear()
    monkeypatch.undo()
    assert len(charts_script.script()) > 500_000


# Scorecards


def test_scorecards_say_of_each_target_whether_it_was_met_missed_or_is_unknown(filled: Site):
    cards = {one["version"]: one for one in filled.get_as("vera", f"{ROOT}/scorecards", **JSON).json()["scorecards"]}
    assert set(cards) == {"2.8.0", "2.7.0", "3.1.0"}
    assert cards["2.8.0"]["deployment_success_met"] is False
    assert cards["2.7.0"]["deployment_success_met"] is True
    assert cards["2.7.0"]["freeze_to_production_met"] is None
    text = filled.reader.get(f"{ROOT}/scorecards?product=webapp").text
    assert {"met", "missed", "unknown"} <= set(re.findall(r"</span>(met|missed|unknown)</span>", text))
    assert 'href="/team/release-ops/releases/webapp/2.8.0"' in text
    assert "shop 3.1.0" not in text


# What it costs


def test_queries_do_not_grow_with_products_or_periods(store: Store, monkeypatch):
    fill(store)
    asked: list[str] = []
    all_of = Store.all

    def counted(self: Store, query: str, /, **parameters: Any) -> list[dict[str, Any]]:
        asked.append(query)
        return all_of(self, query, **parameters)

    monkeypatch.setattr(Store, "all", counted)
    series, pages = read_series(store, period="week", periods=52, address=str)
    assert (len(asked), len(series), pages.total) == (1, 2, 2)
    asked.clear()
    assert read_product(store, PRODUCT, environment=None, period="week", periods=52, address=str) is not None
    assert len(asked) == 6
    asked.clear()
    assert len(read_scorecards(store, None)[0]) == 3
    assert len(asked) == 1


# Words and pictures


def period(**known: Any) -> Period:
    nothing = dict.fromkeys(Period.model_fields)
    zero = dict.fromkeys(("deployments", "successful", "unsuccessful", "changes", "reached_users"), 0)
    base = {"starts_on": date(2026, 11, 2), "ends_on": date(2026, 11, 9), "complete": True, "days": 7}
    return Period.model_validate({**nothing, **zero, **base, "deployment_frequency": 0.0, **known})


@pytest.mark.parametrize(
    ("key", "known", "words", "why"),
    [
        ("change_fail_rate", {}, "none deployed", "Nothing reached users."),
        ("change_fail_rate", {"deployments": 2, "reached_users": 2}, "unknown", "Nobody says which deployments fail"),
        ("change_fail_rate", {"reached_users": 4, "failed": 1, "change_fail_rate": 0.25}, "25.0 %", ""),
        ("change_fail_rate", {"reached_users": 4, "failed": 0, "change_fail_rate": 0.0}, "0.0 %", ""),
        ("recovery_time", {"reached_users": 4, "failed": 0}, "none failed", "No deployment failed."),
        ("recovery_time", {"reached_users": 4, "failed": 1}, "none recovered", "None has recovered yet."),
        ("recovery_time", {"reached_users": 4}, "unknown", "Nobody says which deployments fail"),
        ("lead_time", {"deployments": 1, "successful": 1}, "unknown", "No commit is known to have been deployed"),
        ("lead_time", {}, "none deployed", "Nothing was deployed."),
        ("lead_time", {"lead_time_median": timedelta(hours=30)}, "1 d 6 h", ""),
        ("rework_rate", {"reached_users": 3}, "unknown", "Nobody says which deployments were unplanned"),
    ],
)
def test_a_figure_without_a_value_says_why(key, known, words, why):
    (measure,) = (one for one in MEASURES if one.key == key)
    one = period(**known)
    assert told(measure, one) == words
    assert why_unknown(measure, one).startswith(why)
    assert bool(why_unknown(measure, one)) == bool(why)


MONTH = {"starts_on": date(2026, 10, 1), "ends_on": date(2026, 11, 1), "days": 31}


@pytest.mark.parametrize(
    ("known", "words"),
    [
        ({}, "none"),
        ({"successful": 3}, "3 a week"),
        ({"successful": 1200}, "1,200 a week"),
        ({"successful": 3, **MONTH}, "3 a month"),
        # A week of which two days are over is no week of three and a half times as much.
        ({"successful": 1, "complete": False, "days": 2, "deployment_frequency": 0.5}, "1 so far"),
        ({"complete": False, "days": 2}, "0 so far"),
    ],
)
def test_a_frequency_is_a_count_in_the_unit_of_the_page_and_of_an_unfinished_period_the_count_so_far(known, words):
    one = period(**known)
    assert frequency(one).replace("\u00a0", " ") == words
    assert told(MEASURES[0], one) == frequency(one)
    assert MEASURES[0].number(one) == known.get("successful", 0)


def test_a_period_is_called_by_its_week_or_month():
    assert name_of(period()) == "week of Mon 2026-11-02"
    assert name_of(period(**MONTH)) == "October 2026"
    assert name_of(period(starts_on=date(2026, 2, 1), ends_on=date(2026, 3, 1), days=28)) == "February 2026"


def test_the_lower_of_two_is_told_only_where_there_are_two():
    lead = MEASURES[1]
    odd = period(lead_time_median=timedelta(hours=6), lead_time_median_low=timedelta(hours=6))
    even = period(lead_time_median=timedelta(hours=6), lead_time_median_low=timedelta(hours=5))
    assert (lead.low_of(odd), lead.low_of(even), lead.low_of(period())) == (None, timedelta(hours=5), None)


def test_a_picture_says_in_words_what_it_shows_and_leaves_a_gap_for_the_unknown():
    points = [Point("one & <1>", 1.0), Point("unknown", None), Point("two", 2.0, True)]
    drawn = bars(points, "Rate")
    assert drawn.count('class="gap"') == 1
    assert drawn.count('class="bar"') == 1
    assert drawn.count('class="bar open"') == 1
    assert 'aria-label="Rate: from one &amp; &lt;1&gt; to two; 1 of 3 unknown"' in drawn
    assert line(points, "Rate").count("<circle") == 3
    assert summary([Point("x", None)]) == "unknown throughout"
    assert 'height="1.00"' in bars([Point("none", 0.0), Point("some", 5.0)], "Rate")


def test_a_week_that_lasts_is_not_the_last_whole_one(filled: Site):
    (series,), _ = read_series(filled.store, period="week", periods=5, product=PRODUCT, address=str)
    assert (series.last.starts_on, series.periods[-1].complete) == (date(2026, 11, 9), False)
    assert series.before is not None
    assert series.before.starts_on == date(2026, 11, 2)
    assert series.known_until < NOW + timedelta(days=1)
