"""Who sees which section, and what of it: by the DAGs that Airflow's auth manager lets them read."""

from __future__ import annotations

import re

import pytest

from release_ops.web.sections import SECTIONS

pytestmark = pytest.mark.xdist_group("web")

ROOT = "/release-ops"


def sections_of(text: str) -> list[str]:
    (nav,) = re.findall(r'<nav aria-label="Sections">(.*?)</nav>', text, re.S) or [""]
    return re.findall(r">([^<>\n]+)</a>", nav)


@pytest.mark.parametrize(
    ("user", "route", "sections"),
    [
        ("vera", "calendar", [section.title for section in SECTIONS]),
        ("carla", "calendar", ["Calendar"]),
        ("gina", "releases", ["Releases", "Health"]),
    ],
)
def test_the_navigation_names_the_sections_of_the_dags_that_a_user_may_read(site, user, route, sections):
    answer = site.get_as(user, f"{ROOT}/{route}")
    assert answer.status_code == 200
    assert sections_of(answer.text) == sections
    assert re.findall(r'aria-current="page">(\w+)<', answer.text) == [route.capitalize()]


@pytest.mark.parametrize(
    ("user", "path", "words"),
    [
        ("carla", "/releases", "your login may not read one of the release DAGs"),
        ("carla", "/artifacts/webapp/2.8.0", "your login may not read one of the release DAGs"),
        ("gina", "/calendar", "your login may not read calendar_watch"),
        ("gina", "/calendar.ics", "your login may not read calendar_watch"),
        ("gina", "/calendar/webapp.ics", "your login may not read calendar_watch"),
        ("nora", "/", "your login may not read"),
    ],
)
def test_who_may_read_none_of_a_sections_dags_is_told_so(release, user, path, words):
    release.keep("ga", "changelog-2.8.0.md", "# secret")
    answer = release.get_as(user, ROOT + path)
    assert answer.status_code == 403
    assert words in answer.text
    assert "webapp" not in re.sub(r'href="[^"]*"', "", answer.text)


def test_what_belongs_to_a_dag_that_one_may_not_read_is_left_out(release):
    seen = release.keep("ga", "notes-of-ga.md", "the end")
    hidden = release.keep("alpha", "notes-of-alpha.md", "a secret")
    listed = release.get_as("gina", f"{ROOT}/artifacts/webapp/2.8.0").text
    assert "notes-of-ga.md" in listed
    assert "alpha" not in listed
    assert release.get_as("gina", seen).status_code == 200
    for suffix in ("", "?raw=1", "?download=1", "?format=json"):
        answer = release.get_as("gina", hidden + suffix)
        assert answer.status_code == 404
        assert "a secret" not in answer.text


def test_the_way_in_leads_to_what_a_user_may_see(site):
    assert site.get_as("gina", f"{ROOT}/").headers["location"] == "/team/release-ops/releases"
