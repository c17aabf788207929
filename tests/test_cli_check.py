"""`release-ops changelog check` as a pipeline and a hook use it."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from release_ops import cli_changelog, cli_check

Captured = pytest.CaptureFixture[str]


def git(folder: Path, *args: str) -> str:
    fixed = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    who = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org")
    done = subprocess.run(
        ["git", "-C", str(folder), *who, *args], env=os.environ | fixed, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


def commit(folder: Path, message: str) -> str:
    git(folder, "commit", "--quiet", "--allow-empty", "-m", message)
    return git(folder, "rev-parse", "HEAD")


@pytest.fixture(autouse=True)
def _no_pipeline(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GITHUB_ACTIONS", "GITHUB_BASE_REF", "CI_MERGE_REQUEST_TARGET_BRANCH_NAME"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def topic(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory: a topic branch with one right commit, off a main with a wrong one."""
    folder = tmp_path / "webapp"
    folder.mkdir()
    git(folder, "init", "--quiet", "--initial-branch=main")
    commit(folder, "Begin")
    git(folder, "switch", "--quiet", "-c", "topic")
    commit(folder, "feat: search")
    monkeypatch.chdir(folder)
    return folder


def check(*args: str) -> int:
    return cli_changelog.main(["changelog", "check", *args])


def test_only_what_the_default_branch_has_not_is_checked(topic: Path, capsys: Captured) -> None:
    assert check() == 0
    base = git(topic, "rev-parse", "--short=7", "main")
    assert capsys.readouterr().out == f"1 commit since {base}: ok\n"
    git(topic, "switch", "--quiet", "main")
    commit(topic, "fix: on main")
    git(topic, "merge", "--quiet", "--no-ff", "-m", "Merge", "topic")
    assert check("--from", "main^1", "--to", "HEAD") == 0


def test_each_problem_names_commit_line_value_and_remedy(topic: Path, capsys: Captured) -> None:
    one = commit(topic, "faet: x")
    two = commit(topic, "fix: y\n\nBREAKING-CHANGES: use z")
    assert check() == 1
    assert capsys.readouterr().out.splitlines() == [
        f"commit {one[:7]}:1: warning: `faet` is no known type; did you mean `feat`? [unknown-type]",
        f"commit {two[:7]}:3: `BREAKING-CHANGES: use z` is not read as a footer; write `BREAKING CHANGE: use z` "
        "[breaking-spelling]",
        f"3 commits since {git(topic, 'rev-parse', '--short=7', 'main')}: 1 error, 1 warning",
    ]


def test_levels_strictness_and_own_types(topic: Path, capsys: Captured) -> None:
    commit(topic, "faet: x")
    assert check() == 0
    assert check("--strict") == 1
    assert check("--types", "feat,fix") == 1
    assert check("--types", "feat,fix", "--level", "unknown-type=off", "--strict") == 0
    capsys.readouterr()
    with pytest.raises(SystemExit) as caught:
        check("--level", "unknown-typ=off")
    assert caught.value.code == 2
    assert "write RULE=LEVEL with one of empty, no-type" in capsys.readouterr().err


def test_the_target_of_a_pull_request_comes_first(
    topic: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    git(topic, "branch", "release/1.0", "HEAD~1")
    wrong = commit(topic, "wrong")
    git(topic, "branch", "next")
    commit(topic, "fix: y")
    git(topic, "update-ref", "refs/remotes/origin/next", wrong)
    assert check() == 1
    monkeypatch.setenv("GITHUB_BASE_REF", "next")
    capsys.readouterr()
    assert check() == 0
    assert capsys.readouterr().out == f"1 commit since {wrong[:7]}: ok\n"


def test_without_anything_to_compare_with(topic: Path, capsys: Captured) -> None:
    git(topic, "branch", "--delete", "--force", "main")
    assert check() == 2
    assert "name a commit with --from" in capsys.readouterr().err


def test_references_to_nothing(topic: Path, capsys: Captured) -> None:
    known = git(topic, "rev-parse", "HEAD")
    commit(topic, f'Revert "feat: search"\n\nThis reverts commit {known}.')
    commit(topic, f"fix: y\n\nRefs: {known[:8]}a0a0a0, {known[:10]}\n\n(cherry picked from commit {'1b' * 20})")
    assert check() == 1
    lines = capsys.readouterr().out.splitlines()
    assert [line.partition("`")[2].partition("`")[0] for line in lines[:-1]] == [f"{known[:8]}a0a0a0", "1b" * 20]
    assert check("--level", "unknown-commit=warning") == 0


def test_a_title_needs_no_repository(tmp_path: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert check("--title", "feat!: drop x") == 0
    body = tmp_path / "body.md"
    body.write_text("Text.\n")
    assert check("--title", "feat!: drop x", "--body-file", "body.md") == 1
    assert "title:1: `feat!: drop x` is a breaking change that does not say what to do" in capsys.readouterr().out
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"\xef\xbb\xbfBREAKING CHANGE: use y instead\n")))
    assert check("--title", "feat!: drop x", "--body-file", "-") == 0
    assert check("--body-file", "body.md") == 2


def test_a_title_and_its_commits(topic: Path, capsys: Captured) -> None:
    assert check("--title", "feat: x", "--from", "main") == 0
    assert capsys.readouterr().out.startswith("1 commit since main and title: ok")


def test_a_message_file_without_what_git_comments(topic: Path, capsys: Captured) -> None:
    file = topic / ".git" / "COMMIT_EDITMSG"
    file.write_text(
        "# Please enter\nfix: y\n\nText\n# On branch topic\nBREAKING CHANGE: use z\n"
        "# ------------------------ >8 ------------------------\nFixes:#1\n"
    )
    assert check("--message-file", ".git/COMMIT_EDITMSG") == 1
    assert capsys.readouterr().out.splitlines() == [
        ".git/COMMIT_EDITMSG:6: `BREAKING CHANGE: use z` is not read as a footer; leave a blank line above the footers "
        "[breaking-spelling]",
        ".git/COMMIT_EDITMSG: 1 error, 0 warnings",
    ]


def test_as_a_commit_msg_hook(topic: Path) -> None:
    hook = topic / ".git" / "hooks" / "commit-msg"
    plugins = Path(cli_check.__file__).parents[1]
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(
        f'#!/bin/sh\nPYTHONPATH={plugins} exec {sys.executable} -m release_ops changelog check --message-file "$1"\n'
    )
    hook.chmod(0o755)
    commit(topic, "fixup! feat: search")
    with pytest.raises(subprocess.CalledProcessError) as caught:
        commit(topic, "fix: y\n\nRefs: 1a2b3c4d5e")
    assert "`1a2b3c4d5e` is no commit of the repository" in caught.value.stdout + caught.value.stderr


def test_annotations_cannot_be_broken_out_of(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    assert check("--title", "100%\x1b[31m, a::b\r::error::x") == 1
    lines = capsys.readouterr().out.splitlines()
    assert [line[:9] for line in lines] == ["::error t", "::warning", "title: 1 "]
    assert lines[0].startswith("::error title=title%3A the title has no `type%3A` in front::title:1: `100%25")
    assert "\x1b" not in lines[0]
    for fmt in ((), ("--json",)):
        assert check("--title", "x ##[add-mask]e", *fmt) == 1
        assert "##[" not in capsys.readouterr().out
    assert check("--title", "x ##[add-mask]e", "--json") == 1
    assert json.loads(capsys.readouterr().out)["problems"][0]["value"] == "x ##[add-mask]e"
    assert check("--title", "Add x", "--annotations", "none") == 1
    assert capsys.readouterr().out.startswith("title:1: `Add x`")


def test_an_annotation_names_file_and_line() -> None:
    problem = cli_check.Problem("warning", "footer", "", "a,b:c.md", 7, "x", "is 5%", "say\nso")
    assert cli_check.annotation(problem) == (
        "::warning file=a%2Cb%3Ac.md,line=7,title=a%2Cb%3Ac.md%3A a footer that is not read as one"
        "::a,b:c.md:7: warning: `x` is 5%25; say so [footer]"
    )


def test_problems_as_json(topic: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    assert check("--title", "Add x", "--json") == 1
    data = json.loads(capsys.readouterr().out)
    (problem,) = data["problems"]
    assert data["checked"] == ["title"]
    assert (problem["level"], problem["rule"], problem["line"], problem["value"]) == ("error", "no-type", 1, "Add x")


def test_release_notes_before_a_tag(topic: Path, capsys: Captured) -> None:
    args = ("--changelog-file", "CHANGELOG.md", "--version", "1.1.0")
    assert check(*args) == 1
    assert "has no release notes: the file is not there" in capsys.readouterr().out
    (topic / "CHANGELOG.md").write_text("# Changelog\n\n## [1.1.0] - 2026-11-26\n\n## [1.0.0]\n\n- x\n")
    assert check(*args) == 1
    assert capsys.readouterr().out.startswith("CHANGELOG.md:3: `1.1.0` has a section without text; write them")
    (topic / "CHANGELOG.md").write_text("## 1.1.0\n\n- search\n")
    assert check(*args) == 0
    assert check("--changelog-file", "CHANGELOG.md") == 2
    assert check("--changelog-file", "CHANGELOG.md", "--version", "1.1") == 2


def test_options_before_the_action_count_and_without_it_the_changelog_is_printed(
    topic: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(topic.parent)
    assert cli_changelog.main(["changelog", "--repo", "webapp", "check"]) == 0
    assert "1 commit since" in capsys.readouterr().out
    assert cli_changelog.main(["changelog", "--repo", "webapp"]) == 0
    assert capsys.readouterr().out.startswith("## [0.1.0]")
