"""What users of other tools ask for in vain: one public thread a test, on a repository of the thread's shape."""

from __future__ import annotations

import datetime as dt
import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from release_ops import cli_changelog
from release_ops.adapters.git import GitRepository
from release_ops.adapters.git_process import TagConflict


class Repository:
    """A repository whose commits are a minute apart, so that dates and ancestry can be set against each other."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)
        folder.mkdir()
        self.git("init", "--quiet", "--initial-branch=main")

    def git(self, *args: str) -> str:
        self.clock += dt.timedelta(minutes=1)
        fixed = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
        dates = {"GIT_AUTHOR_DATE": self.clock.isoformat(), "GIT_COMMITTER_DATE": self.clock.isoformat()}
        who = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org")
        done = subprocess.run(
            ["git", "-C", str(self.folder), *who, *args],
            env=os.environ | fixed | dates,
            check=True,
            capture_output=True,
            text=True,
        )
        return done.stdout.strip()

    def commit(self, message: str, *tags: str) -> str:
        self.git("commit", "--quiet", "--allow-empty", "-m", message)
        for tag in tags:
            self.git("tag", tag)
        return self.git("rev-parse", "HEAD")

    def switch(self, branch: str, at: str = "") -> None:
        self.git("switch", "--quiet", *(["-c", branch, at] if at else [branch]))

    def merge(self, branch: str, message: str) -> None:
        self.git("merge", "--quiet", "--no-ff", "-m", message, branch)


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """v1.0.0 on main, with one feature."""
    made = Repository(tmp_path / "webapp")
    made.commit("feat: begin", "v1.0.0")
    return made


@pytest.fixture
def told(repository: Repository, capsys: pytest.CaptureFixture[str]) -> Any:
    """Descriptions by section title of one release (`--to`), or by version of the whole history."""

    def read(*args: str) -> Any:
        command = ["changelog", "--repo", str(repository.folder), "--format", "json", *args]
        assert cli_changelog.main(command) == 0
        data = json.loads(capsys.readouterr().out)
        if "--all" in args:
            return {one["version"]: [c["description"] for s in one["sections"] for c in s["changes"]] for one in data}
        return {one["title"]: [change["description"] for change in one["changes"]] for one in data["sections"]}

    return read


def next_version(repository: Repository, capsys: pytest.CaptureFixture[str], *args: str) -> str:
    cli_changelog.main(["version", "next", "--repo", str(repository.folder), *args])
    return capsys.readouterr().out.strip()


def test_a_release_branch_that_is_merged_back_late_keeps_its_commits(repository: Repository, told: Any) -> None:
    """git-cliff#498, wrong commit assignment to tags: E and F came before the tag, but are not in its history."""
    repository.commit("feat: B")
    repository.switch("release/1.1", "main")
    repository.commit("fix: C")
    repository.switch("main")
    repository.commit("feat: E")
    repository.commit("feat: F")
    repository.switch("release/1.1")
    repository.commit("fix: D", "v1.1.0")
    repository.switch("main")
    repository.merge("release/1.1", "Merge release 1.1.0")
    repository.commit("feat: H")
    assert told("--all") == {"Unreleased": ["H", "F", "E"], "1.1.0": ["B", "D", "C"], "1.0.0": ["begin"]}
    assert told() == {"Features": ["H", "F", "E"]}


def test_a_branch_that_merged_main_in_before_its_own_merge_has_its_feature_told(
    repository: Repository, told: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    """python-semantic-release#1252: the version was raised for a feature that the empty notes of v1.2.0 did not have."""
    repository.switch("feature", "main")
    repository.commit("feat: my new feature")
    repository.switch("main")
    repository.commit("feat: something on main", "v1.1.0")
    repository.switch("feature")
    repository.merge("main", "Merge branch 'main' into feature")
    repository.switch("main")
    repository.merge("feature", "Merge branch 'feature'")
    assert next_version(repository, capsys) == "1.2.0"
    repository.git("tag", "v1.2.0")
    assert told("--to", "v1.2.0") == {"Features": ["my new feature"]}
    assert told("--all")["1.2.0"] == ["my new feature"]
    assert told("--all")["1.1.0"] == ["something on main"]


@pytest.mark.parametrize("how", ["squash", "merge", "rebase"])
def test_a_hotfix_that_was_released_on_its_branch_does_not_bring_everything_again(
    how: str, repository: Repository, told: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    """release-please#2044: after the merge of a hotfix branch with its release, all commits came into the next one."""
    repository.commit("feat: on main before")
    repository.switch("hotfix", "v1.0.0")
    fix = repository.commit("fix: the fire", "v1.0.1")
    repository.switch("main")
    if how == "squash":
        repository.commit("fix: the fire (#12)")
    elif how == "merge":
        repository.merge("hotfix", "Merge pull request #12 from octo/hotfix\n\nfix: the fire")
    else:
        repository.git("cherry-pick", "--allow-empty", fix)
    repository.commit("feat: on main after")
    assert told()["Features"] == ["on main after", "on main before"]
    # A squash is a commit of its own, with another time: nothing says that it is a copy.
    assert told().get("Fixes", []) == (["the fire (#12)"] if how == "squash" else [])
    assert next_version(repository, capsys) == "1.1.0"


def test_each_prerelease_has_its_own_notes_and_the_final_release_has_them_all(
    repository: Repository, told: Any
) -> None:
    """python-semantic-release#817: only the last commits between the last candidate and the release appeared."""
    repository.commit("feat: one", "v1.1.0-rc.1")
    repository.commit("fix: two", "v1.1.0-rc.2")
    repository.commit("fix: three", "v1.1.0")
    assert told("--to", "v1.1.0-rc.1") == {"Features": ["one"]}
    assert told("--to", "v1.1.0-rc.2") == {"Fixes": ["two"]}
    assert told("--to", "v1.1.0") == {"Features": ["one"], "Fixes": ["three", "two"]}
    assert told("--all") == {"1.1.0": ["one", "three", "two"], "1.0.0": ["begin"]}


@pytest.mark.parametrize(
    "revert",
    [
        'Revert "feat: foo"\n\nThis reverts commit {id}.',
        'Revert "feat: foo" (#3855)',
        "revert: feat: foo\n\nThis reverts commit {id}.",
        "revert: feat: foo\n\nRefs: {id}",
    ],
)
def test_a_feature_that_was_taken_back_before_the_release_counts_for_nothing(
    revert: str, repository: Repository, told: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    """release-please#296 and git-cliff#382: neither in the notes nor in the version, whatever wrote the revert."""
    feature = repository.commit("feat: foo")
    repository.commit("fix: bar")
    repository.commit(revert.format(id=feature))
    assert told() == {"Fixes": ["bar"]}
    assert next_version(repository, capsys) == "1.0.1"


def test_the_revert_of_something_that_is_out_is_told(repository: Repository, told: Any) -> None:
    """git-cliff#382: what was released before cannot be untold."""
    released = repository.git("rev-parse", "v1.0.0^{commit}")
    repository.commit(f'Revert "feat: begin"\n\nThis reverts commit {released}.')
    assert told() == {"Reverts": ["feat: begin"]}


def test_a_run_after_a_failure_behind_the_tag_does_the_same_again(
    repository: Repository, told: Any, tmp_path: Path
) -> None:
    """semantic-release#3178: with the tag there, the second run found nothing to release and no notes to write."""
    repository.commit("feat: one")
    head = repository.commit("fix: two")
    before = told()
    remote = GitRepository(str(repository.folder), mirror=tmp_path / "mirror.git", push=True)
    when = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)
    made = remote.create_tag("v1.1.0", head, "webapp 1.1.0", at=when)
    assert remote.create_tag("v1.1.0", head, "webapp 1.1.0", at=when) == made
    assert told("--to", head) == told("--to", "v1.1.0") == before
    other = repository.commit("fix: three")
    remote.fetch()
    with pytest.raises(TagConflict, match=r"v1\.1\.0"):
        remote.create_tag("v1.1.0", other, "webapp 1.1.0", at=when)


def test_the_commits_of_a_squash_without_a_conventional_title_are_all_told(
    repository: Repository, told: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    """release-please#2438: fixes and features in the body of a squash merge were ignored."""
    repository.commit("Checkout (#7)\n\n* feat: pay by card\n\n* fix(cart): round prices\n\n* chore: format")
    assert told() == {"Features": ["pay by card"], "Fixes": ["round prices"]}
    assert next_version(repository, capsys) == "1.1.0"


@pytest.mark.parametrize(
    "message",
    [
        "feat: pay by card (#7)\n\n* feat: pay by card\n\n* fix: typo",
        "feat: pay by card (#7)\n\nfeat: pay by card\n\nLong story.",
    ],
)
def test_a_squash_with_a_conventional_title_is_told_once(message: str, repository: Repository, told: Any) -> None:
    """release-please#2476 and its kin of #2438: one commit gave an entry for its title and one for its body."""
    repository.commit(message)
    assert told() == {"Features": ["pay by card (#7)"]}


def test_a_merge_that_repeats_the_title_of_its_branch_is_told_once(repository: Repository, told: Any) -> None:
    """release-please#2476: the merge commit's text and the commit itself, twice the same line."""
    repository.switch("feature", "main")
    repository.commit("feat: change smth")
    repository.switch("main")
    repository.merge("feature", "Merge pull request #178 from octo/feature\n\nfeat: change smth")
    assert told() == {"Features": ["change smth"]}


@pytest.mark.parametrize(
    ("messages", "version", "sections"),
    [
        (("docs: how to", "chore(deps): raise ruff"), "", {"Documentation": ["how to"]}),
        (("ci: cache",), "", {}),
        (("docs: how to", "fix: leak"), "1.0.1", {"Fixes": ["leak"], "Documentation": ["how to"]}),
        (("chore!: drop Python 3.9",), "2.0.0", {"Breaking changes": ["drop Python 3.9"]}),
    ],
)
def test_the_version_and_the_notes_come_from_the_same_changes(
    messages: tuple[str, ...],
    version: str,
    sections: dict[str, list[str]],
    repository: Repository,
    told: Any,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """git-cliff#816: commits that the notes left out raised the version, or made its calculation fail."""
    for message in messages:
        repository.commit(message)
    assert told() == sections
    assert next_version(repository, capsys) == version
