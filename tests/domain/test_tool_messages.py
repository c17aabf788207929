"""Messages of releases and of squashed merges; the examples are those of public histories."""

from __future__ import annotations

import datetime as dt

import pytest

from release_ops.domain.change import RawCommit
from release_ops.domain.changelog import build
from release_ops.domain.tool_messages import names_release, parse_lone_merge


@pytest.mark.parametrize(
    "subject",
    [
        "Version 0.28.1 (#3445)",
        "Release of 0.12.10 (bugfix)",
        "Bumps version to 3.0.18 and updates Changelog",
        "Bump version: 5.3.5 → 5.3.6 (#1983)",
        "Bump version number to 0.12.dev",
        "start version 2.2.0",
        "Preparing to cut v1.10.1",
        "Update CHANGELOG for 0.24.0 release date. (#2679)",
        "v2.4.2 changelog",
        "v2.0rc1",
        "0.11 => 1.0",
        "Release the v1.0.0!",
        "2.9.1 [skip ci]",
    ],
)
def test_a_version_was_made_and_nothing_else_is_said(subject: str) -> None:
    assert names_release(subject)


@pytest.mark.parametrize(
    "subject",
    [
        "Bump actions/checkout from 6.0.2 to 7.0.0 (#7540)",
        "Drop Python 3.9",
        "Release 0.9.1 due to build artifacts issue",
        "Release of 0.12.6 (Security fix)",
        "Update to 1.0",
        "Upgrade mypy to version 1.20.2",
        "3.10+ (#1234)",
        "Release notes",
        "to the",
        "",
    ],
)
def test_something_is_said(subject: str) -> None:
    assert not names_release(subject)


@pytest.mark.parametrize(
    ("message", "kind", "description"),
    [
        ("Merge commit from fork\n\n* Avoid any decoding\n\n* Add tests", "security", "Avoid any decoding"),
        (
            "Merge pull request from GHSA-34jh-p97f-mpxf\r\n\r\n* Strip the header on redirects",
            "security",
            "Strip the header on redirects (GHSA-34jh-p97f-mpxf)",
        ),
        ("Merge pull request from GHSA-v845-jxx5-vc9f\n\n", "security", "GHSA-v845-jxx5-vc9f"),
        ("Merge commit from fork", "security", "Merge commit from fork"),
        ("Merge pull request #12 from octo/search\n\nSearch by author\n\nLong story.", "", "Search by author (#12)"),
    ],
)
def test_a_squashed_merge_tells_its_text(message: str, kind: str, description: str) -> None:
    found = parse_lone_merge(message)
    assert found is not None
    assert (found.type, found.description) == (kind, description)


@pytest.mark.parametrize(
    "message", ["Merge branch 'main' into topic", "Merge pull request #12 from octo/search", "Merge two lists\n\nFast."]
)
def test_a_merge_that_tells_nothing(message: str) -> None:
    assert parse_lone_merge(message) is None


def test_what_goes_where() -> None:
    """A version is no news, a fix of an advisory is security, a program's update of dependencies is maintenance."""
    commits = [
        RawCommit("d" * 40, ("e" * 40,), "Bump ruff (#9)", "dependabot[bot]"),
        RawCommit("e" * 40, ("c" * 40,), "Release: 1.26.0", "Ada"),
        RawCommit("c" * 40, ("b" * 40,), "Release 1.26.18 (#3159)", "Ada"),
        RawCommit("b" * 40, ("a" * 40,), "Merge commit from fork\n\n* Limit sizes", "Ada"),
        RawCommit("a" * 40, (), "Limit ages (#1)", "Ada"),
    ]
    found = build(commits, product="web", version="1.0.0", previous=None, on=dt.date(2026, 11, 20))
    assert [(one.title, [change.description for change in one.changes]) for one in found.sections] == [
        ("Security", ["Limit sizes"]),
        ("Other changes", ["Limit ages (#1)"]),
    ]
    assert [change.description for change in found.hidden] == ["Bump ruff (#9)"]
