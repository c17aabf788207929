"""The pages as data: under the same addresses, described by `/openapi.json`, for programs that log in by a token."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.xdist_group("web")

ROOT = "/release-ops"
JSON = {"Accept": "application/json"}


@pytest.mark.parametrize(
    ("path", "headers", "is_json"),
    [
        ("/releases", {"Accept": "application/json"}, True),
        ("/releases", {"Accept": "application/json;q=0.9, text/html;q=0.8"}, True),
        ("/releases?format=json", {"Accept": "text/html"}, True),
        ("/releases", {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}, False),
        ("/releases", {"Accept": "application/json;q=0.1, text/html"}, False),
        ("/releases", {"Accept": "*/*"}, False),
        ("/releases", {"Accept": ";;;,,,q=/q"}, False),
        ("/releases?format=html", {"Accept": "application/json"}, False),
    ],
)
def test_who_prefers_json_gets_json(site, path, headers, is_json):
    answer = site.get_as("vera", ROOT + path, **headers)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == ("application/json" if is_json else "text/html") + "; charset=utf-8"
    assert "Accept" in answer.headers["vary"]


def test_the_data_of_a_page_is_that_of_its_json(release):
    release.keep("ga", "changelog-2.8.0.md", "# é")
    (row,) = release.get_as("vera", f"{ROOT}/releases", **JSON).json()["releases"]
    assert row == {
        "product": "webapp",
        "version": "2.8.0",
        "type": "minor",
        "theme": "Search <& find>",
        "state": "in_progress",
        "planned_ga": "2026-11-26",
        "first_planned_ga": None,
        "released_at": None,
        "health": None,
        "artifacts": 1,
        "page": "/team/release-ops/releases/webapp/2.8.0",
    }
    (artifact,) = release.get_as("vera", f"{ROOT}/artifacts/webapp/2.8.0", **JSON).json()["artifacts"]
    assert artifact["created_at"] == "2026-11-20T09:30:00Z"
    whole = release.get_as("vera", artifact["download"].removeprefix("/team").partition("?")[0], **JSON).json()
    assert whole == artifact | {"content": "# é"}


@pytest.mark.parametrize(
    ("user", "path", "status", "detail"),
    [
        ("vera", "/artifacts/webapp/9", 404, "There is no release 9 of webapp."),
        ("vera", "/nowhere", 404, "There is nothing at this address."),
        ("nora", "/releases", 403, "your login may not read one of the release DAGs."),
    ],
)
def test_a_problem_is_told_as_json_too(site, user, path, status, detail):
    answer = site.get_as(user, ROOT + path, **JSON)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    told = answer.json()
    assert told["status"] == status
    assert told["detail"].endswith(detail)


def test_who_shows_no_token_is_told_so(site):
    answer = site.stranger.get(f"{ROOT}/releases", headers=JSON)
    assert (answer.status_code, answer.json()["title"]) == (401, "Log in first")


def test_every_page_is_described_for_programs(site):
    assert site.stranger.get(f"{ROOT}/openapi.json").status_code == 401
    described = site.reader.get(f"{ROOT}/openapi.json").json()
    assert described["servers"] == [{"url": "/team/release-ops"}]
    for path, operations in described["paths"].items():
        operation = operations["get"]
        assert set(operations) == {"get"}
        assert operation["security"], path
        assert {"401", "403", "404"} <= set(operation["responses"]), path
        if not path.endswith(".ics"):
            content = operation["responses"]["200"]["content"]
            name = content["application/json"]["schema"]["$ref"].rpartition("/")[2]
            schema = described["components"]["schemas"][name]
            # A list of models is described by what it lists.
            bare = [
                name for name, one in schema["properties"].items() if not one.get("description") and "items" not in one
            ]
            assert not bare, (path, bare)
