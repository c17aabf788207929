"""Who sees which section, and what of it: by the DAGs that Airflow's auth manager lets them read."""

from __future__ import annotations

import re

import pytest
from airflow.api_fastapi.auth.managers.simple.simple_auth_manager import SimpleAuthManager
from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser
from airflow.providers.fab.auth_manager.fab_auth_manager import FabAuthManager

from release_ops.web import access
from release_ops.web.sections import DAGS, SECTIONS

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
        ("gina", "releases", ["Releases", "Health", "Capacity"]),
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


# Other auth managers


class Request:
    """As much of a request as access needs: whoever was let in."""

    def __init__(self, user) -> None:
        self.state = type("State", (), {"reader": access._Reader(user)})()


def asked_through(monkeypatch, manager, user):
    monkeypatch.setattr(access, "get_auth_manager", lambda: manager)
    request = Request(user)
    return lambda *dag_ids: access.may_see(request, *dag_ids)


@pytest.mark.parametrize(("role", "sees"), [("ADMIN", True), ("OP", True), ("VIEWER", True), (None, False)])
def test_the_simple_auth_manager_shows_all_to_every_role(monkeypatch, role, sees):
    user = SimpleAuthManagerUser(username="u", role=role)
    may_see = asked_through(monkeypatch, SimpleAuthManager(), user)
    assert {may_see(dag) for dag in DAGS} == {sees}


@pytest.mark.parametrize(
    ("permissions", "seen"),
    [
        ({("can_read", "DAGs")}, DAGS),
        ({("can_read", "DAG:release_ga"), ("can_read", "DAG:health_report")}, {"release_ga", "health_report"}),
        ({("can_edit", "DAG:release_ga")}, set()),
        (set(), set()),
    ],
)
def test_the_fab_auth_manager_shows_what_the_roles_of_a_user_may_read(monkeypatch, permissions, seen):
    # The provider's own decision, without the web application and the tables that it otherwise starts.
    manager = object.__new__(FabAuthManager)
    user = type("User", (), {"perms": permissions, "is_anonymous": False})()
    may_see = asked_through(monkeypatch, manager, user)
    assert {dag for dag in DAGS if may_see(dag)} == set(seen)


def test_with_several_teams_a_dag_is_asked_for_in_its_team(monkeypatch):
    class TeamManager(SimpleAuthManager):
        def filter_authorized_dag_ids(self, *, dag_ids, user, method="GET", team_name=None):
            asked.append((team_name, sorted(dag_ids)))
            return dag_ids if team_name == "shop" else set()

    asked: list[tuple[str | None, list[str]]] = []
    monkeypatch.setattr(access.conf, "getboolean", lambda *_: True)
    monkeypatch.setattr(access.DagModel, "get_dag_id_to_team_name_mapping", lambda dag_ids: {"release_ga": "shop"})
    may_see = asked_through(monkeypatch, TeamManager(), None)
    assert may_see("release_ga")
    assert not may_see("release_alpha")
    assert [team for team, _ in asked] == [None, "shop"] or [team for team, _ in asked] == ["shop", None]
    assert may_see("calendar_watch", "release_ga")
    assert len(asked) == 2
    assert not may_see("somebody_elses_dag")
    assert asked[2] == (None, ["somebody_elses_dag"])


def test_nobody_sees_nothing():
    assert not access.may_see(type("Request", (), {"state": object()})(), "release_ga")
