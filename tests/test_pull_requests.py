"""Looking up pull requests: what is kept is not asked again, and what fails is said and not raised."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from release_ops.adapters.github_api import GitHubApi, requester_of
from release_ops.adapters.pulls_cache import PullsCache
from release_ops.pull_requests import PullLookup, from_environment
from tests.fakes.github import TOKEN, FakeGitHub
from tests.fakes.loopback import Answer

NOW = datetime(2026, 9, 2, 10, tzinfo=UTC)
FORBIDDEN = Answer(200, {"errors": [{"type": "FORBIDDEN", "message": f"not for {TOKEN}"}]})


@pytest.fixture
def github() -> Iterator[FakeGitHub]:
    with FakeGitHub() as fake:
        yield fake
        assert fake.violations == []


class Looking:
    """A lookup with a clock, and what it warned of."""

    def __init__(self, github: FakeGitHub, folder: Path) -> None:
        self.said: list[str] = []
        self.now = NOW
        self.path = folder / "pulls.sqlite"
        self.lookup = PullLookup(
            api=GitHubApi(requester_of(github.client()), sleep=lambda seconds: None),
            repository="octo/webapp",
            cache=PullsCache(self.path),
            warn=self.said.append,
            now=lambda: self.now,
        )

    def labels(self, commits: list[str]) -> list[tuple[str, ...]]:
        return [one.labels for some in self.lookup(commits).values() for one in some]


@pytest.fixture
def looking(github: FakeGitHub, tmp_path: Path) -> Looking:
    return Looking(github, tmp_path)


def history(github: FakeGitHub, count: int) -> list[str]:
    found = []
    for number in range(1, count + 1):
        sha = github.add_commit(f"change {number} (#{number})", at="2026-09-02T09:00:00Z")
        github.add_pull(number, merge_commit=sha, merged_at="2026-09-02T09:00:00Z", labels=["bug"])
        found.append(sha)
    return found[::-1]


def test_only_new_commits_are_asked_for(github: FakeGitHub, looking: Looking) -> None:
    commits = [github.add_commit("without one", at="2026-09-02T09:00:00Z"), *history(github, 3)]
    assert len(looking.lookup(commits)) == 3
    assert len(looking.lookup(commits)) == 3
    assert len(github.requests) == 1
    assert looking.lookup([*history(github, 1), *commits]).keys() >= set(commits[1:])
    assert b"c1:" not in github.requests[1].body
    assert looking.said == []


def test_labels_are_looked_at_again_after_a_while(github: FakeGitHub, looking: Looking) -> None:
    commits = history(github, 1)
    assert looking.labels(commits) == [("bug",)]
    github.pulls[0]["labels"] = ["enhancement"]
    looking.now += timedelta(minutes=59)
    assert looking.labels(commits) == [("bug",)]
    looking.now += timedelta(minutes=2)
    assert looking.labels(commits) == [("enhancement",)]


def test_a_failure_is_said_without_the_token_and_leaves_all_out(github: FakeGitHub, looking: Looking) -> None:
    github.fail_next(1, FORBIDDEN)
    assert looking.lookup(history(github, 2)) == {}
    (said,) = looking.said
    assert said.startswith("written without the labels, titles and authors of pull requests: GitHub POST /graphql: 403")
    assert TOKEN not in said


def test_the_next_attempt_goes_on_where_the_last_one_failed(github: FakeGitHub, looking: Looking) -> None:
    commits = history(github, 60)
    github.graphql.points = 3
    assert looking.lookup(commits) == {}
    assert "rate limit" in looking.said[0]
    github.graphql.points = 5000
    before = len(github.requests)
    assert len(looking.lookup(commits)) == 60
    assert len(github.requests) == before + 1
    assert b"c10:" not in github.requests[-1].body


def test_a_broken_file_costs_only_time(github: FakeGitHub, looking: Looking) -> None:
    commits = history(github, 1)
    looking.path.write_bytes(b"no database" * 100)
    assert len(looking.lookup(commits)) == 1
    assert len(looking.said) == 2
    assert all(said.startswith(f"{looking.path}: ") for said in looking.said)


@pytest.mark.parametrize(
    "fields",
    [
        {"committedDate": None},
        {"committedDate": "2026-09-02T09:00:00"},
        {"associatedPullRequests": {"nodes": [{"merged": True}]}},
    ],
)
def test_an_answer_of_another_form_is_said_and_leaves_all_out(
    github: FakeGitHub, looking: Looking, fields: dict[str, object]
) -> None:
    (commit,) = history(github, 1)
    found = {"oid": commit, "committedDate": "2026-09-02T09:00:00Z", "associatedPullRequests": {"nodes": []}, **fields}
    github.fail_next(1, Answer(200, {"data": {"repository": {"c0": found}}}))
    assert looking.lookup([commit]) == {}
    assert "answer about pull requests is none by its schema" in looking.said[0]


def test_what_is_kept_in_another_form_costs_only_time(github: FakeGitHub, looking: Looking) -> None:
    commits = history(github, 1)
    looking.lookup(commits)
    with contextlib.closing(sqlite3.connect(looking.path)) as database, database:
        database.execute("UPDATE answer SET answer = '{}'")
    assert len(looking.lookup(commits)) == 1
    assert looking.said[0].startswith(f"{looking.path}: ")


def test_commits_of_another_kind_of_repository(looking: Looking) -> None:
    assert looking.lookup(["a" * 64]) == {}
    assert "not a full commit id" in looking.said[0]


class TestFromTheEnvironment:
    def test_without_a_token_it_says_what_is_missing(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.delenv("GITHUB_TOKEN", raising=False)
        assert from_environment("octo/webapp") is None
        assert "put a token into GITHUB_TOKEN" in capsys.readouterr().err

    @pytest.mark.parametrize("name", ["webapp", "https://github.com/octo/webapp", "a/b/c", ""])
    def test_another_name_than_owner_and_name(self, name: str) -> None:
        with pytest.raises(ValueError, match="write owner/name"):
            from_environment(name)

    def test_an_address_that_is_none(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("GITHUB_TOKEN", TOKEN)
        monkeypatch.setenv("GITHUB_API_URL", "github.example.org")
        with pytest.raises(ValueError, match="GITHUB_API_URL: not an http"):
            from_environment("octo/webapp")
