"""The list of releases and the page of one, in Airflow's own API server: what they say, link to, and keep back."""

from __future__ import annotations

import re
from datetime import date

import pytest
from psycopg.types.json import Jsonb

from release_ops.web.story import CHAPTERS, PARTS
from tests.web.conftest import Site
from tests.web.filled import EVIL, NOW, PRODUCT, VERSION, commit_of, put, run_of

pytestmark = pytest.mark.xdist_group("web")

ROOT = "/release-ops"
STORY = f"{ROOT}/releases/{PRODUCT}/{VERSION}"
JSON = {"Accept": "application/json"}


def releases_in(text: str) -> list[str]:
    return re.findall(r'href="/team/release-ops/releases/([^"/]+/[^"/]+)"', text)


# The list


def test_releases_under_way_come_first_the_next_ga_on_top(filled: Site):
    text = filled.reader.get(f"{ROOT}/releases").text
    assert releases_in(text) == ["webapp/2.8.0", "shop/3.1.0", "webapp/2.7.0"]
    assert 'first planned <time datetime="2026-11-26">Thu 2026-11-26</time> (+7\u00a0d)' in text


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("product=shop", ["shop/3.1.0"]),
        ("state=active", ["webapp/2.8.0", "shop/3.1.0"]),
        ("state=released&type=minor", ["webapp/2.7.0"]),
        ("state=&product=&type=", ["webapp/2.8.0", "shop/3.1.0", "webapp/2.7.0"]),
        ("product=nothing", []),
    ],
)
def test_the_list_can_be_narrowed(filled: Site, query, found):
    text = filled.reader.get(f"{ROOT}/releases?{query}").text
    assert releases_in(text) == found
    assert ("No release is like that." in text) == (not found)


def test_a_state_that_there_is_not_is_told(filled: Site):
    answer = filled.reader.get(f"{ROOT}/releases?state=lost")
    assert answer.status_code == 400
    assert "state" in answer.text


def test_a_long_list_has_pages_and_its_filter_stays(filled: Site):
    with filled.store.connect() as connection:
        for at in range(60):
            put(
                connection,
                "release",
                {"product": "many", "version": f"1.{at}.0", "type": "minor", "planned_ga": date(2027, 2, 1)},
            )
    text = filled.reader.get(f"{ROOT}/releases?product=many").text
    assert len(releases_in(text)) == 50
    assert 'href="?product=many&amp;page=2" rel="next"' in text
    assert len(releases_in(filled.reader.get(f"{ROOT}/releases?product=many&page=2").text)) == 10


def test_health_stands_beside_a_release_for_who_may_read_it(filled: Site):
    path = f"{ROOT}/releases"
    shown = {one["version"]: one["health"] for one in filled.get_as("vera", path, **JSON).json()["releases"]}
    assert shown == {"2.8.0": "yellow", "3.1.0": "unknown", "2.7.0": None}
    with filled.store.connect() as connection:
        report = {"week": date(2026, 11, 16), "made_at": NOW, "status": "green", "facts": {}, "reasons": Jsonb([])}
        put(connection, "health_report", {"product": PRODUCT, "version": "2.7.0", **report})
    # As on its own page and on the board: a release that is out is reported on until its support ends.
    shown = {one["version"]: one["health"] for one in filled.get_as("vera", path, **JSON).json()["releases"]}
    assert (
        shown["2.7.0"] == filled.get_as("vera", f"{path}/webapp/2.7.0", **JSON).json()["release"]["health"] == "green"
    )
    assert {one["health"] for one in filled.get_as("rosa", path, **JSON).json()["releases"]} == {None}
    assert filled.get_as("rosa", STORY, **JSON).json()["release"]["health"] is None


# The story


def test_every_chapter_has_a_heading_that_the_table_of_contents_leads_to(filled: Site):
    text = filled.reader.get(STORY).text
    assert re.findall(r'<h2 id="(\w+)">', text) == [chapter.anchor for chapter in CHAPTERS]
    (contents,) = re.findall(r'<nav class="contents".*?</nav>', text, re.S)
    assert re.findall(r'href="#(\w+)"', contents) == [chapter.anchor for chapter in CHAPTERS]


def test_dates_are_told_in_the_zone_of_the_product(filled: Site):
    text = filled.reader.get(STORY).text
    assert "Times are in Europe/Berlin." in text
    assert '<time datetime="2026-10-31T09:00:00+01:00">Sat 2026-10-31 09:00</time>' in text
    assert '<td class="late">+2\u00a0d</td>' in text


def test_a_run_leads_into_airflow(filled: Site):
    run = run_of("beta", NOW.replace(day=17, hour=8)).replace(":", "%3A")
    assert f'<a href="/team/dags/release_beta/runs/{run}" target="_top">Beta</a>' in filled.reader.get(STORY).text


def test_what_comes_from_outside_is_shown_and_never_markup(filled: Site):
    for path in ("", *(f"/{name}" for name in PARTS)):
        text = filled.reader.get(STORY + path).text
        assert "<script>alert" not in text
        assert "javascript:" not in text
        assert "\u202e" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; &quot;q&quot; &#x27;x&#x27;" in filled.reader.get(STORY).text


def test_the_chance_of_a_risk_of_which_nothing_is_known_is_told_as_assumed(filled: Site):
    assert ">45 %</td>" in filled.reader.get(STORY).text
    with filled.store.connect() as connection:
        connection.execute("UPDATE release_ops.risk_assessment SET basis = 'unknown'")
    assert ">45 %, assumed</td>" in filled.reader.get(STORY).text


def test_a_gate_without_links_has_no_column_for_them(filled: Site):
    heading = '<th scope="col">Evidence</th>'
    before = filled.reader.get(STORY).text.count(heading)
    with filled.store.connect() as connection:
        connection.execute("UPDATE release_ops.criterion_result SET link = ''")
    assert (before > 0, filled.reader.get(STORY).text.count(heading)) == (True, 0)


@pytest.mark.parametrize(
    "path", ["/releases", "/calendar", "/health", "/metrics", "/releases/webapp/2.8.0", "/nowhere"]
)
def test_an_unknown_format_is_refused_with_those_that_there_are(filled: Site, path):
    answer = filled.reader.get(f"{ROOT}{path}?format=xml")
    assert answer.status_code == (404 if path == "/nowhere" else 400)
    assert path == "/nowhere" or "There is no format xml: pages come as html or json." in answer.text
    as_data = filled.reader.get(f"{ROOT}{path}?format=xml", headers=JSON)
    assert as_data.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/releases?product=nobody", "product"),
        ("/health?product=nobody", "product"),
        ("/metrics?product=nobody", "product"),
        ("/metrics?environment=nobody", "environment"),
        ("/metrics/webapp?environment=nobody", "environment"),
        ("/scorecards?product=nobody", "product"),
    ],
)
def test_a_filter_by_something_unknown_names_it(filled: Site, path, name):
    text = filled.reader.get(ROOT + path).text
    assert f"Nothing is known of the {name} <strong>nobody</strong>." in text
    assert '<option value="nobody" selected>nobody</option>' in text
    assert "Nothing is known of" not in filled.reader.get(ROOT + path.replace("nobody", "")).text


def test_links_out_tell_the_other_side_nothing(filled: Site):
    text = filled.reader.get(STORY).text
    out = re.findall(r'<a href="https?://[^"]*"([^>]*)>', text)
    assert out
    assert all('rel="noopener noreferrer nofollow"' in attributes for attributes in out)
    assert 'href="https://github.com/example/webapp/runs/12"' in text
    assert 'href="https://github.com/example/webapp/releases/7"' in text


def test_the_body_of_a_message_stays_private(filled: Site):
    assert "the secret body" not in filled.reader.get(STORY).text
    assert "the secret body" not in filled.reader.get(f"{STORY}?format=json").text


def test_a_release_that_has_only_begun_says_what_to_do(filled: Site):
    text = filled.reader.get(f"{ROOT}/releases/shop/3.1.0").text
    for words in (
        "gates and their criteria stand under gates",
        "planning takes the first look",
        "delivery_ingest reads them",
    ):
        assert words in text
    with filled.store.connect() as connection:
        put(connection, "release", {"product": "shop", "version": "3.0.1", "type": "hotfix"})
    assert "a hotfix release runs when somebody starts it" in filled.reader.get(f"{ROOT}/releases/shop/3.0.1").text


def test_what_is_cut_leads_to_all_of_it(filled: Site):
    text = filled.reader.get(STORY).text
    assert '<a href="/team/release-ops/releases/webapp/2.8.0/changes">All 24 changes</a>; 12 are shown.' in text
    whole = filled.reader.get(f"{STORY}/changes").text
    assert whole.count(commit_of(2)[:10]) == 1
    assert "24 changes" in whole


@pytest.mark.parametrize("name", PARTS)
def test_every_list_is_there_as_a_page_and_as_json(filled: Site, name):
    text = filled.reader.get(f"{STORY}/{name}").text
    assert f"<h1>{PARTS[name].title} of webapp 2.8.0</h1>" in text
    assert 'href="/team/release-ops/releases/webapp/2.8.0"' in text
    answer = filled.get_as("vera", f"{STORY}/{name}", **JSON).json()
    assert answer["total"] == len(answer["rows"]) > 0


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/webapp/9.9.9", "There is no release 9.9.9 of webapp."),
        ("/webapp/9.9.9/messages", "There is no release 9.9.9 of webapp."),
        ("/webapp/2.8.0/messages?page=7", "The list has no page 7."),
        ("/webapp/2.8.0/nothing", "There is nothing at this address."),
        ("/%00/%3Cb%3E", "There is no release &lt;b&gt; of"),
    ],
)
def test_what_is_not_there_is_told(filled: Site, path, words):
    answer = filled.reader.get(f"{ROOT}/releases{path}")
    assert answer.status_code == 404
    assert words in answer.text


def test_the_json_of_the_story_is_described_and_holds_all_chapters(filled: Site):
    story = filled.get_as("vera", STORY, **JSON).json()
    assert story["release"]["theme"].startswith("Checkout in one page")
    assert {*PARTS, "train", "scope_sums", "change_types"} <= set(story)
    described = filled.get_as("vera", f"{ROOT}/openapi.json").json()["paths"]
    assert {f"/releases/{{product}}/{{version}}/{name}" for name in PARTS} <= set(described)


# Who may see it


def test_what_belongs_to_other_dags_is_left_out(filled: Site):
    text = filled.get_as("gina", STORY).text  # release_ga and health_report
    assert re.findall(r'<th scope="row">(GA|Alpha|Beta)\b', text) == ["GA"]
    for hidden in ("coverage", "gate-alpha.md", "release_forecast", "Moved dates", "change_size", "Deployments"):
        assert hidden not in text
    assert filled.get_as("gina", f"{STORY}/gates", **JSON).json()["total"] == 0
    assert filled.get_as("carla", STORY).status_code == 403


@pytest.mark.parametrize(
    "path", ["/releases", f"/releases/{PRODUCT}/{VERSION}", f"/releases/{PRODUCT}/{VERSION}/messages"]
)
def test_nobody_sees_it_without_a_login(filled: Site, path):
    answer = filled.stranger.get(ROOT + path)
    assert answer.status_code == 401
    assert EVIL[:7] not in answer.text
    assert "webapp is in alpha" not in answer.text
