"""A hotfix of a product on GitHub: checks are waited for, and what does not merge becomes one pull request."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from airflow.sdk.exceptions import TaskDeferred

from release_ops.adapters.github import GitHubRepository
from release_ops.adapters.github_back import commits_of_pull
from release_ops.operators import parts
from tests.fakes.git_source import git
from tests.fakes.github import TOKEN, FakeGitHub
from tests.hotfix.conftest import Shop


class Refs(dict):  # type: ignore[type-arg]
    """Refs of the fake as git has them now."""

    def __init__(self, shop: Shop) -> None:
        super().__init__()
        self.shop = shop

    def __contains__(self, name: object) -> bool:
        return bool(git(self.shop.source.path, "for-each-ref", str(name)))

    def get(self, name: str, default: object = None) -> object:
        return git(self.shop.source.path, "for-each-ref", "--format=%(objectname)", name) or default

    def __getitem__(self, name: str) -> str:
        return git(self.shop.source.path, "rev-parse", name)


@pytest.fixture
def github(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeGitHub]:
    shop.edit(
        f"kind: git, location: {shop.source.path}", "kind: github, connection: github_fake, location: octo/webapp"
    )
    monkeypatch.setattr(parts, "git_address", lambda _: str(shop.source.path))
    with FakeGitHub() as fake:
        fake.refs = Refs(shop)
        connection = {"conn_type": "github", "host": fake.url, "password": TOKEN}
        monkeypatch.setenv("AIRFLOW_CONN_GITHUB_FAKE", json.dumps(connection))
        yield fake
        assert fake.violations == []


def test_checks_are_waited_for_and_a_conflict_becomes_one_pull_request(shop: Shop, github: FakeGitHub) -> None:
    shop.fix("line 20\n", "ours on main\n", "feat: meanwhile")
    mended = shop.fix("line 20\n", "line 20, mended\n", branch="release/1.1.0")
    run = shop.resolve(mended)
    picked = shop.pick(run)
    decision = shop.decide(run, picked)
    github.commits.append({"sha": picked["commit"], "message": "fix", "at": "2026-09-01T09:00:00Z"})
    github.add_check_run(picked["commit"], "build", None)
    with pytest.raises(TaskDeferred):
        shop.tests(run, decision)
    github.add_check_run(picked["commit"], "build", "success", "2026-09-01T09:30:00Z")
    assert shop.tests(run, decision) == "go"
    published = shop.publish(run, decision, picked)
    assert [one["tag_name"] for one in github.releases] == ["v1.0.1"]

    main, release = shop.merge_back(run, published)
    assert (main["how"], release["how"]) == ("pull_request", "merged")
    assert shop.merge_back(run, published)[0]["address"] == main["address"]
    (pull,) = github.pulls
    assert (pull["base"], pull["head_ref"]) == ("main", "merge-back/1.0.1-to-main")
    assert pull["title"] == "fix: merge 1.0.1 back into main"
    assert "conflict in shop.txt" in pull["body"]
    (told,) = [
        row for row in shop.store.all("messages_of", product="shop", version="1.0.1") if "merged_back" in row["key"]
    ]
    assert main["address"] in told["body"]


def test_a_pull_request_is_as_many_commits_as_it_was_merged_as(shop: Shop, github: FakeGitHub) -> None:
    at = "2026-09-02T09:00:00Z"
    repository = GitHubRepository("octo/webapp", connection_id="github_fake")
    first, second = github.add_commit("fix: one"), github.add_commit("fix: two")
    github.add_pull(1, merge_commit=second, merged_at=at, commits=(first, second))
    assert commits_of_pull(repository, 1) == [first, second]
    squashed = github.add_commit("fix: both at once")
    github.add_pull(2, merge_commit=squashed, merged_at=at, commits=(first, second))
    assert commits_of_pull(repository, 2) == [squashed]
    merge = github.add_commit("Merge it")
    github.commits[-1]["parents"] = [squashed, second]
    github.add_pull(3, merge_commit=merge, merged_at=at, commits=(first, second))
    assert commits_of_pull(repository, 3) == [first, second]
    github.add_pull(4, state="open")
    with pytest.raises(LookupError, match="#4 is not merged"):
        commits_of_pull(repository, 4)
    with pytest.raises(LookupError, match="no pull request of that number"):
        commits_of_pull(repository, 5)
