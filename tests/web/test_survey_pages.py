"""The pages of surveys: who sees them, what they tell, and what they do not."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from random import Random

import pytest

from release_ops.product import load_product
from release_ops.survey_results import report_rounds
from release_ops.web.pictures import ErrorBar, error_bars
from tests.surveys.house import GLAD, SAD, House
from tests.surveys.polls import close_round
from tests.web.conftest import Site

pytestmark = pytest.mark.xdist_group("web")

PAGE = "/release-ops/surveys"
REPORT = f"{PAGE}/webapp/customers"
JSON = {"Accept": "application/json"}
HOSTILE = ["<script>alert(1)</script>", "{{ 7 * 7 }}", "[x](javascript:alert(2))", "ok " + "long " * 300]


@pytest.fixture
def polled(site: Site, tmp_path) -> Site:
    """Two rounds of a survey, the second much worse; a group of three in the first; comments of ill will."""
    small = {"support": (12, [9, 9, 10, 8, 7, 6, 9, 10]), "partners": (9, [9, 2, 2])}
    close_round(site.store, 0, {"customers": (60, GLAD), **small})
    close_round(site.store, 1, {"customers": (64, SAD), "support": (12, [9, 9, 10, 8, 7, 6])}, comments=HOSTILE)
    house = House(tmp_path / "products", site.store)
    house.product()
    report_rounds(
        site.store, load_product(house.folder / "webapp.yaml"), now=datetime(2026, 6, 1, tzinfo=UTC), chance=Random(1)
    )
    return site


@pytest.mark.parametrize("path", [PAGE, REPORT, f"{REPORT}/charts/trend"])
def test_only_who_may_read_the_dag_sees_them(polled: Site, path: str):
    assert polled.get_as("vera", path).status_code == 200
    assert polled.get_as("carla", path).status_code == 403
    answer = polled.stranger.get(path)
    assert answer.status_code == 401
    assert "Customers" not in answer.text


def test_the_list_says_how_each_survey_stands_and_what_to_do(polled: Site):
    (row,) = polled.get_as("vera", PAGE, **JSON).json()["surveys"]
    assert (row["status"], row["occasion"], row["actions"]) == ("red", "2026-02", 3)
    assert [one["answers"] for one in row["rounds"]] == [39, 32]
    text = polled.reader.get(PAGE).text
    assert "Fell by" in text
    assert "NPS fell from +50 to -38" in text
    assert f'href="/team{REPORT}"' in text


def test_the_report_tells_rounds_groups_actions_and_words(polled: Site):
    text = polled.reader.get(REPORT).text
    for heading in (
        "What to do",
        "Course",
        "Groups",
        "Groups by rounds",
        "Who answered, and who did not",
        "What people wrote",
    ):
        assert f">{heading}</h2>" in text
    assert "which chance alone brings in less than 0.1 % of cases" in text
    assert "There is no round to compare it with" in text


def test_a_hidden_group_shows_no_number(polled: Site):
    found = polled.get_as("vera", f"{REPORT}?occasion=2026-01", **JSON).json()
    states = {one["audience"]: one["cells"][0] for one in found["audiences"]}
    assert states["partners"]["state"] == states["support"]["state"] == "hidden"
    assert states["partners"]["answers"] is states["support"]["value"] is None
    assert [one["audience"] for one in found["groups"]] == ["customers"]


def test_comments_are_text_and_bounded(polled: Site):
    text = polled.reader.get(REPORT).text
    assert "<script>alert(1)" not in text
    assert "&lt;script&gt;alert(1)" in text
    assert "{{ 7 * 7 }}" in text
    assert 'href="javascript' not in text
    assert "long " * 110 not in text


def test_earlier_rounds_are_a_link_away(polled: Site):
    assert 'rel="prev">2026-01</a>' in polled.reader.get(REPORT).text
    assert 'rel="next">2026-02</a>' in polled.reader.get(f"{REPORT}?occasion=2026-01").text


def test_charts_are_drawn_from_the_report(polled: Site):
    for name in ("trend", "groups"):
        drawn = polled.get_as("vera", f"{REPORT}/charts/{name}?theme=dark").json()
        assert drawn["background"] == "transparent"
        assert drawn["$schema"].startswith("https://vega.github.io/schema/vega-lite/")
    assert polled.get_as("vera", f"{REPORT}/charts/pie", **JSON).status_code == 404


@pytest.mark.parametrize("path", [f"{PAGE}/webapp/nothing", f"{PAGE}/nobody/customers", f"{REPORT}?occasion=2020-01"])
def test_what_is_not_there_says_when_it_will_be(polled: Site, path: str):
    answer = polled.get_as("vera", path, **JSON)
    assert answer.status_code == 404
    assert answer.json()["remedy"] == "satisfaction_survey reports on a round when it has closed."


def test_without_a_survey_the_page_says_how_to_hold_one(site: Site):
    assert "No survey has been held." in site.reader.get(PAGE).text


def test_an_open_round_shows_how_many_were_asked_and_nothing_else(polled: Site):
    with polled.store.connect() as connection:
        connection.execute(
            "UPDATE release_ops.survey_round SET state = 'open', closed_at = NULL WHERE round = 'webapp:customers:2026-02'"
        )
    (running,) = polled.get_as("vera", PAGE, **JSON).json()["running"]
    assert (running["state"], running["invited"]) == ("open", 76)
    assert set(running) == {"product", "survey", "title", "occasion", "state", "reason", "invited", "closes_at"}


def test_error_bars_stand_where_their_values_are_and_break_at_a_gap():
    bars = [
        ErrorBar("a: 0", 0.0, -0.5, 0.5),
        ErrorBar("b: not told", None, None, None),
        ErrorBar("c: <1>", 1.0, 0.5, 1.0, True),
        ErrorBar("d: -1", -1.0, -1.0, -0.5),
    ]
    picture = str(error_bars(bars, "Score", low=-1, high=1))
    heights = [float(y) for y in re.findall(r'class="dot" cx="[\d.]+" cy="([\d.]+)"', picture)]
    assert heights == [32.0, 5.0, 59.0]
    assert picture.count("<polyline") == 1
    assert picture.count('class="ring"') == 1
    assert 'aria-label="Score: a: 0; b: not told; c: &lt;1&gt;; d: -1"' in picture
