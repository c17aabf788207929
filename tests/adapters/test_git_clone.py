"""The command line in clones that lack a part of their history, with real git."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from release_ops import cli_changelog
from release_ops.adapters.git_clone import Clone, complete, find_clone
from release_ops.adapters.git_process import RepositoryError, Unreachable

Captured = pytest.CaptureFixture[str]


def git(folder: Path, *args: str) -> str:
    fixed = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    who = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org")
    done = subprocess.run(
        ["git", "-C", str(folder), *who, *args], env=os.environ | fixed, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


def commit(folder: Path, message: str) -> None:
    git(folder, "commit", "--quiet", "--allow-empty", "-m", message)


@pytest.fixture
def upstream(tmp_path: Path) -> Path:
    """v1.0.0, then four changes that no release has, one of them in a file."""
    folder = tmp_path / "upstream"
    folder.mkdir()
    git(folder, "init", "--quiet", "--initial-branch=main")
    git(folder, "config", "uploadpack.allowFilter", "true")
    commit(folder, "feat: begin")
    git(folder, "tag", "v1.0.0")
    for what in ("search", "export", "print"):
        commit(folder, f"feat: {what}")
    (folder / "file").write_text("x")
    git(folder, "add", "file")
    commit(folder, "fix: close files")
    return folder


def cloned(upstream: Path, *options: str) -> Path:
    folder = upstream.with_name("clone")
    git(upstream.parent, "clone", "--quiet", *options, upstream.as_uri(), str(folder))
    return folder


def changelog(folder: Path, *args: str) -> int:
    return cli_changelog.main(["changelog", "--repo", str(folder), *args])


COMPLETE = ("search", "export", "print", "close files")


@pytest.mark.parametrize(
    "options", [("--depth=1",), ("--depth=2", "--no-single-branch"), ("--depth=1", "--no-tags")], ids=" ".join
)
def test_a_shallow_clone_is_deepened(options: tuple[str, ...], upstream: Path, capsys: Captured) -> None:
    clone = cloned(upstream, *options)
    assert changelog(clone) == 0
    told = capsys.readouterr()
    assert told.out.startswith("## [1.1.0]")
    assert [told.out.count(what) for what in COMPLETE] == [1, 1, 1, 1]
    assert "begin" not in told.out
    assert "a shallow clone: fetching the rest of its history and its tags from origin" in told.err
    assert changelog(clone) == 0
    assert capsys.readouterr().err == ""


def test_a_checkout_of_a_pull_request_is_deepened_and_checked(
    upstream: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As actions/checkout makes it: one commit without a branch, no tags, a refspec for all branches."""
    git(upstream, "switch", "--quiet", "-c", "topic")
    commit(upstream, "faet: typo")
    git(upstream, "switch", "--quiet", "main")
    commit(upstream, "Not of this pull request")
    git(upstream, "merge", "--quiet", "--no-ff", "-m", "Merge 1 into 2", "topic")
    git(upstream, "update-ref", "refs/pull/1/merge", "HEAD")
    git(upstream, "reset", "--quiet", "--hard", "HEAD^")
    clone = upstream.with_name("clone")
    clone.mkdir()
    git(clone, "init", "--quiet")
    git(clone, "remote", "add", "origin", upstream.as_uri())
    git(clone, "fetch", "--quiet", "--no-tags", "--depth=1", "origin", "+refs/pull/1/merge:refs/remotes/pull/1/merge")
    git(clone, "checkout", "--quiet", "--detach", "refs/remotes/pull/1/merge")
    monkeypatch.setenv("GITHUB_BASE_REF", "main")
    monkeypatch.setenv("GITHUB_ACTIONS", "false")
    assert cli_changelog.main(["changelog", "check", "--repo", str(clone)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.partition(": ")[2] for line in lines] == [
        "warning: `faet` is no known type; did you mean `feat`? [unknown-type]",
        "0 errors, 1 warning",
    ]


@pytest.mark.parametrize("command", [("changelog",), ("version", "next"), ("changelog", "check")], ids=" ".join)
def test_without_fetching_a_shallow_clone_is_an_error(
    command: tuple[str, ...], upstream: Path, capsys: Captured
) -> None:
    clone = cloned(upstream, "--depth=1")
    assert cli_changelog.main([*command, "--repo", str(clone), "--no-fetch"]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert "is a shallow clone: most of its history is missing; run `git fetch --unshallow --tags origin`" in told.err
    assert "fetch-depth: 0" in told.err
    assert find_clone(clone).is_shallow


def test_a_shallow_clone_without_a_remote(upstream: Path, capsys: Captured) -> None:
    clone = cloned(upstream, "--depth=1")
    git(clone, "remote", "remove", "origin")
    assert changelog(clone) == 2
    assert "it has no remote to fetch the rest from: clone the repository again" in capsys.readouterr().err


def test_a_shallow_clone_whose_remote_is_gone(upstream: Path, capfd: pytest.CaptureFixture[str]) -> None:
    clone = cloned(upstream, "--depth=1")
    upstream.rename(upstream.with_name("elsewhere"))
    assert changelog(clone) == 2
    told = capfd.readouterr().err
    assert "does not appear to be a git repository" in told or "not found" in told or "does not exist" in told
    assert "`git fetch --unshallow --tags origin` failed in" in told


def test_a_shallow_clone_of_a_shallow_clone(upstream: Path) -> None:
    middle = cloned(upstream, "--depth=2")
    folder = upstream.with_name("second")
    git(upstream.parent, "clone", "--quiet", "--depth=1", middle.as_uri(), str(folder))
    with pytest.raises(RepositoryError, match="still shallow") as caught:
        complete(find_clone(folder), fetch=True, tags=True, say=print)
    assert "fetch from the full repository" in caught.value.remedy


@pytest.mark.parametrize("options", [("--no-tags",), ("--no-tags", "--single-branch")], ids=" ".join)
def test_tags_that_a_clone_left_out_are_fetched(options: tuple[str, ...], upstream: Path, capsys: Captured) -> None:
    clone = cloned(upstream, *options)
    assert changelog(clone, "--no-fetch") == 0
    told = capsys.readouterr()
    assert "begin" in told.out
    assert "there are no tags here; with --no-fetch, origin is not asked for any" in told.err
    assert changelog(clone) == 0
    told = capsys.readouterr()
    assert told.out.startswith("## [1.1.0]")
    assert "there are no tags here and origin has some: fetching them" in told.err


def test_no_tags_anywhere_is_no_news(upstream: Path, capsys: Captured) -> None:
    git(upstream, "tag", "--delete", "v1.0.0")
    assert changelog(cloned(upstream)) == 0
    assert capsys.readouterr().err == ""


def test_a_remote_that_cannot_be_asked_for_tags_is_a_warning(upstream: Path, capsys: Captured) -> None:
    clone = cloned(upstream, "--no-tags")
    upstream.rename(upstream.with_name("elsewhere"))
    assert changelog(clone) == 0
    assert "origin could not be asked for any: " in capsys.readouterr().err


def test_a_clone_without_a_remote_is_complete(upstream: Path, capsys: Captured) -> None:
    git(upstream, "tag", "--delete", "v1.0.0")
    assert changelog(upstream) == 0
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("kind", ["blob:none", "tree:0"])
def test_a_partial_clone_is_read_without_its_remote(kind: str, upstream: Path, capsys: Captured) -> None:
    """The remote is gone: whatever asked it for a blob or a tree would fail."""
    clone = cloned(upstream, f"--filter={kind}", "--no-checkout")
    upstream.rename(upstream.with_name("elsewhere"))
    assert changelog(clone, "--all") == 0
    told = capsys.readouterr()
    assert [told.out.count(what) for what in (*COMPLETE, "begin")] == [1, 1, 1, 1, 1]
    assert told.err == ""


def test_a_commit_unknown_to_a_partial_clone_is_not_asked_of_its_remote(upstream: Path, capsys: Captured) -> None:
    clone = cloned(upstream, "--filter=blob:none")
    commit(clone, f"fix: x\n\nRefs: {'1b' * 20}")
    upstream.rename(upstream.with_name("elsewhere"))
    assert cli_changelog.main(["changelog", "check", "--repo", str(clone)]) == 1
    assert "is no commit of the repository" in capsys.readouterr().out


def test_a_shallow_partial_clone_is_deepened_with_its_own_filter(upstream: Path, capsys: Captured) -> None:
    clone = cloned(upstream, "--depth=1", "--filter=blob:none", "--no-checkout")
    assert changelog(clone) == 0
    assert "search" in capsys.readouterr().out
    missing = git(clone, "rev-list", "--objects", "--all", "--missing=print")
    assert "?" in missing


def test_a_replaced_history_is_read_as_it_was_written(upstream: Path, capsys: Captured) -> None:
    git(upstream, "replace", "--graft", "HEAD")
    assert changelog(upstream) == 0
    printed = capsys.readouterr().out
    assert [printed.count(what) for what in COMPLETE] == [1, 1, 1, 1]


def test_a_shallow_clone_cannot_say_that_a_commit_is_unknown(
    upstream: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(cloned(upstream, "--depth=1"))
    assert cli_changelog.main(["changelog", "check", "--title", f"fix: x (cherry picked from commit {'1b' * 20})"]) == 0
    (Path() / "message").write_text("fix: x\n\nRefs: 1a2b3c4d\n")
    assert cli_changelog.main(["changelog", "check", "--message-file", "message"]) == 0
    assert find_clone(Path.cwd()).is_shallow


def test_a_linked_worktree_of_a_shallow_clone(upstream: Path, capsys: Captured) -> None:
    clone = cloned(upstream, "--depth=1")
    git(clone, "worktree", "add", "--quiet", "--detach", "../tree")
    assert changelog(upstream.with_name("tree")) == 0
    assert "search" in capsys.readouterr().out


def test_the_only_remote_counts_whatever_its_name(upstream: Path, capsys: Captured) -> None:
    assert changelog(cloned(upstream, "--depth=1", "--origin=company")) == 0
    assert "from company" in capsys.readouterr().err


def test_the_remote_is_asked_as_plain_git_would(upstream: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The person's own settings lead to the remote, here by another address."""
    clone = cloned(upstream, "--depth=1")
    git(clone, "remote", "set-url", "origin", "company:webapp")
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", f"url.{upstream.as_uri()}.insteadOf")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", "company:webapp")
    monkeypatch.setenv("GIT_DIR", "/nowhere")  # as inside a hook of another repository
    assert changelog(clone) == 0
    assert not find_clone(clone).is_shallow


def test_a_fetch_that_fails_names_the_command(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "remote", "add", "origin", str(tmp_path / "nowhere"))
    clone = Clone(tmp_path, tmp_path / ".git", is_shallow=True)
    with pytest.raises(Unreachable, match="--unshallow --tags origin"):
        complete(clone, fetch=True, tags=True, say=print)


# Folders that hold no history


def test_a_folder_in_no_repository(tmp_path: Path, capsys: Captured) -> None:
    assert changelog(tmp_path) == 2
    assert capsys.readouterr().err == (
        f"release-ops changelog: {tmp_path} is no git repository, nor in one; name one with --repo, a folder or a URL; "
        "`git init` makes a new one\n"
    )


def test_a_folder_that_is_not_there(tmp_path: Path, capsys: Captured) -> None:
    assert changelog(tmp_path / "nowhere") == 2
    assert "nowhere: no such folder; name a folder in a repository, or a URL\n" in capsys.readouterr().err


def test_a_repository_without_commits(tmp_path: Path, capsys: Captured) -> None:
    git(tmp_path, "init", "--quiet")
    assert changelog(tmp_path) == 2
    assert capsys.readouterr().err == f"release-ops changelog: {tmp_path} has no commits yet; make a first one\n"


def test_a_bare_repository_whose_head_names_no_branch(upstream: Path, capsys: Captured) -> None:
    bare = upstream.with_name("bare.git")
    git(upstream.parent, "clone", "--quiet", "--bare", str(upstream), str(bare))
    git(bare, "symbolic-ref", "HEAD", "refs/heads/master")
    assert changelog(bare) == 2
    said = f"release-ops changelog: {bare} is on the branch master, which does not exist; "
    assert capsys.readouterr().err == said + "say which one is meant, such as main\n"
    assert changelog(bare, "--to", "main") == 0


def test_a_folder_of_somebody_else(upstream: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    assert changelog(upstream) == 2
    assert f"git config --global --add safe.directory {upstream}" in capsys.readouterr().err
    trusting = upstream.with_name("config")
    trusting.write_text(f"[safe]\n\tdirectory = {upstream}\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(trusting))
    assert changelog(upstream) == 0
