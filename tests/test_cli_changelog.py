"""`release-ops changelog` on a real repository."""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from release_ops import cli_changelog
from release_ops.adapters.git_history import History
from tests.fakes.github import TOKEN, FakeGitHub


def git(folder: Path, *args: str, at: str = "2026-11-20T12:00:00Z") -> str:
    fixed = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    dates = {"GIT_AUTHOR_DATE": at, "GIT_COMMITTER_DATE": at}
    who = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org")
    done = subprocess.run(
        ["git", "-C", str(folder), *who, *args],
        env=os.environ | fixed | dates,
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout.strip()


@pytest.fixture(autouse=True)
def caches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where texts are kept between runs."""
    folder = tmp_path / "caches"
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder))
    return folder


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """v1.0.0, then a maintenance branch with v1.0.1 that is merged back, and an unreleased feature and fix."""
    folder = tmp_path / "webapp"
    folder.mkdir()
    git(folder, "init", "--quiet", "--initial-branch=main")

    def commit(message: str, tag: str = "") -> None:
        git(folder, "commit", "--quiet", "--allow-empty", "-m", message)
        if tag:
            git(folder, "tag", tag)

    commit("feat: begin", "v1.0.0")
    git(folder, "switch", "--quiet", "-c", "1.0.x")
    commit("fix: on the maintenance line", "v1.0.1")
    git(folder, "switch", "--quiet", "main")
    commit("feat: search")
    git(folder, "merge", "--quiet", "--no-ff", "-m", "Merge branch '1.0.x'", "1.0.x")
    commit("fix: close files")
    git(folder, "tag", "nightly")
    return folder


def run(*args: str) -> int:
    parser = argparse.ArgumentParser()
    cli_changelog.register(parser.add_subparsers())
    parsed = parser.parse_args(["changelog", *args])
    return int(parsed.run(parsed))


def test_what_comes_next_since_the_last_reachable_release(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--repo", str(repository)) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("## [1.1.0] - 2026-11-20\n")
    assert "search" in printed
    assert "close files" in printed
    assert "maintenance line" not in printed


def test_a_pick_beside_its_merged_original_is_told_once(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    git(repository, "cherry-pick", "--allow-empty", "-x", git(repository, "rev-parse", "v1.0.1"))
    assert git(repository, "log", "-1", "--format=%s") == "fix: on the maintenance line"
    assert run("--repo", str(repository)) == 0
    assert run("--repo", str(repository), "--all") == 0
    one, _, whole = capsys.readouterr().out.partition("# Changelog\n")
    assert "maintenance line" not in one
    assert whole.count("maintenance line") == 1


def test_a_release_that_is_out(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--repo", str(repository), "--to", "v1.0.1", "--format", "json") == 0
    data = json.loads(capsys.readouterr().out)
    assert (data["version"], data["previous"]) == ("1.0.1", "v1.0.0")
    assert [section["title"] for section in data["sections"]] == ["Fixes"]


def test_a_first_release_tells_the_whole_history(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--repo", str(repository), "--to", "v1.0.0") == 0
    assert "begin" in capsys.readouterr().out


def test_a_named_range_and_version_for_slack(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--repo", str(repository), "--from", "v1.0.0", "--version", "1.1.0-rc.1", "--format", "slack") == 0
    ((header, section),) = json.loads(capsys.readouterr().out)
    assert header["text"]["text"] == "webapp 1.1.0-rc.1"
    assert "on the maintenance line" in section["text"]["text"]


def test_notes_for_an_audience(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--repo", str(repository), "--audience", "customer") == 0
    assert capsys.readouterr().out.startswith("# webapp 1.1.0: Release notes\n")


def test_notes_by_the_rules_of_a_product_file(
    repository: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "shop.yaml"
    file.write_text(
        "product: shop\nname: Shop\nrepository: {location: .}\nmilestone_gates: null\n"
        "releases:\n- {version: 1.1.0, type: minor, ga: 2026-11-26, known_issues: [{id: S-1, title: It is slow}]}\n"
        "notes: {audiences: {mine: {heading: For me, sections: [Fixes], show: [known_issues]}}}\n"
    )
    assert run("--repo", str(repository), "--audience", "mine", "--product-file", str(file)) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("# Shop 1.1.0: For me\n\n## Known issues\n\n- It is slow\n\n## Fixes\n")


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("--audience", "aliens"), "'aliens': unknown; choose one of general, technical"),
        (("--audience", "general", "--product-file", "/no/such.yaml"), "/no/such.yaml: no such file"),
    ],
)
def test_notes_that_cannot_be_made(
    repository: Path, capsys: pytest.CaptureFixture[str], args: tuple[str, ...], said: str
) -> None:
    assert run("--repo", str(repository), *args) == 2
    told = capsys.readouterr()
    assert said in told.err
    assert told.out == ""


def test_a_repository_by_url_is_read_from_a_copy(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--repo", repository.as_uri(), "--to", "main") == 0
    assert "search" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("--to=v9",), "no branch, tag or commit 'v9'; did you mean"),
        (("--from=v1.0.1", "--to=v1.0.0"), "nothing to tell: v1.0.1 has all of v1.0.0; exchange them"),
        (("--from=--output=x",), "no branch, tag or commit '--output=x'"),
        (("--version", "2.8"), "not a semantic version"),
        (("--tag", "v"), "such as v{version}"),
    ],
)
def test_what_cannot_be_read(
    args: tuple[str, ...], said: str, repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("--repo", str(repository), *args) == 2
    assert said in capsys.readouterr().err


def test_a_folder_without_a_repository(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--repo", str(tmp_path)) == 2
    assert capsys.readouterr().err.startswith("release-ops changelog: ")


def test_the_whole_history_tells_every_change_once(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--repo", str(repository), "--all") == 0
    printed = capsys.readouterr().out
    headings = [line for line in printed.splitlines() if line.startswith("## ")]
    assert [line.partition("]")[0] for line in headings] == ["## [Unreleased", "## [1.0.1", "## [1.0.0"]
    assert [printed.count(text) for text in ("begin", "maintenance line", "search", "close files")] == [1, 1, 1, 1]


def test_the_whole_history_as_data(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--repo", str(repository), "--all", "--format", "json") == 0
    data = json.loads(capsys.readouterr().out)
    assert [(one["version"], one["previous"]) for one in data] == [
        ("Unreleased", "v1.0.1"),
        ("1.0.1", "v1.0.0"),
        ("1.0.0", None),
    ]


def test_a_history_without_tags_is_unreleased(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    git(repository, "tag", "--delete", "v1.0.0", "v1.0.1")
    assert run("--repo", str(repository), "--all") == 0
    assert capsys.readouterr().out.count("\n## ") == 1


def test_tags_of_another_form_are_found_and_said(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    git(repository, "tag", "1.0", "v1.0.0")
    git(repository, "tag", "1.0.1", "v1.0.1")
    git(repository, "tag", "--delete", "v1.0.0", "v1.0.1")
    git(repository, "tag", "1.1rc1", "HEAD")
    assert run("--repo", str(repository), "--all") == 0
    printed = capsys.readouterr()
    headings = [line.partition(" - ")[0] for line in printed.out.splitlines() if line.startswith("## ")]
    assert headings == ["## [1.1rc1]", "## [1.0.1]", "## [1.0]"]
    assert "3 as {version}; --tag names another" in printed.err
    assert run_version("--repo", str(repository)) == 0
    assert capsys.readouterr().out == "1.1.0\n"
    assert run("--repo", str(repository), "--to", "1.1rc1", "--format", "json") == 0
    data = json.loads(capsys.readouterr().out)
    assert (data["version"], data["previous"]) == ("1.1rc1", "1.0.1")
    assert run("--repo", str(repository), "--all", "--tag", "v{version}") == 0
    assert "none of the 4 tags is of the form v{version}" in capsys.readouterr().err
    assert run("--repo", str(repository), "--all", "--tag", "{version}") == 0
    assert capsys.readouterr().err == ""


def test_the_folder_of_git_s_data_has_the_name_of_the_repository(
    repository: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    git(tmp_path, "clone", "--quiet", "--bare", str(repository), "shop.git")
    for place, name in ((repository / ".git", "webapp"), (tmp_path / "shop.git", "shop")):
        assert run("--repo", str(place), "--format", "plain") == 0
        assert capsys.readouterr().out.startswith(f"{name} 1.1.0 - ")


def test_what_is_not_released_has_no_date(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for fmt, heading in (
        ("md", "## [Unreleased]\n"),
        ("plain", "webapp Unreleased\n"),
        ("html", "<h2>Unreleased</h2>"),
    ):
        assert run("--repo", str(repository), "--all", "--format", fmt) == 0
        assert heading in capsys.readouterr().out


def test_a_team_without_types(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Most changes have no type: each asks for a patch, and for every audience they are what there is to read."""
    git(repository, "tag", "v1.1.0")
    for subject in ("Search by author", "docs: typo", "Limit sizes"):
        git(repository, "commit", "--quiet", "--allow-empty", "-m", subject)
    assert run("--repo", str(repository)) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("## [1.1.1]")
    assert "\n### Changes\n\n- Limit sizes" in printed
    assert run("--repo", str(repository), "--audience", "customer") == 0
    assert "Search by author" in capsys.readouterr().out
    assert run_version("--repo", str(repository)) == 0
    assert "and 1 more asked for 1.1.1" in capsys.readouterr().err
    for subject in ("docs: search", "ci: cache"):
        git(repository, "commit", "--quiet", "--allow-empty", "-m", subject)
    assert run_version("--repo", str(repository)) == 1


def test_a_prerelease_that_was_given_up_promises_nothing(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """httpx: 1.0.0.beta0 was cut, then 0.20.0 came out of the same branch."""
    git(repository, "tag", "v2.0.0-beta.1")
    git(repository, "commit", "--quiet", "--allow-empty", "-m", "fix: back to 1.x")
    git(repository, "tag", "v1.1.0")
    assert run_version("--repo", str(repository)) == 1
    git(repository, "commit", "--quiet", "--allow-empty", "-m", "fix: one more")
    capsys.readouterr()
    assert run_version("--repo", str(repository)) == 0
    assert capsys.readouterr().out == "1.1.1\n"


def test_a_range_from_a_commit_has_the_version_after_the_last_release(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whatever it is compared with: what is here comes out as `version next` says."""
    git(repository, "tag", "v0.9.0", git(repository, "commit-tree", "-m", "fix: old", "HEAD^{tree}"))
    for base in ("main~1", "v1.0.0", "v0.9.0"):
        assert run("--repo", str(repository), "--from", base) == 0
        assert capsys.readouterr().out.startswith("## [1.1.0]")


def test_a_release_branch_that_was_never_merged_back(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """v1.1.0 is tagged on its branch: what it shares with main is not told again by what comes next on main."""
    git(repository, "switch", "--quiet", "-c", "release/1.1")
    git(repository, "commit", "--quiet", "--allow-empty", "-m", "fix: last minute")
    git(repository, "tag", "-a", "-m", "1.1.0", "v1.1.0")
    git(repository, "switch", "--quiet", "main")
    git(repository, "commit", "--quiet", "--allow-empty", "-m", "feat: export")
    picked = git(repository, "rev-parse", "v1.1.0^{commit}")
    git(repository, "cherry-pick", "--allow-empty", "-x", picked)
    assert run("--repo", str(repository)) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("## [1.2.0]")
    assert [printed.count(text) for text in ("export", "search", "last minute")] == [1, 0, 0]
    assert run("--repo", str(repository), "--all") == 0
    printed = capsys.readouterr().out
    assert [printed.count(text) for text in ("export", "search", "last minute")] == [1, 1, 1]


def test_what_a_release_branch_has_all_of_is_compared_with_its_release(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """click: main ends one commit below the tag of 8.5.0, which is on the branch that was made for it."""
    git(repository, "switch", "--quiet", "--detach", "main")
    git(repository, "commit", "--quiet", "--allow-empty", "-m", "Release version 1.1.0")
    git(repository, "tag", "v1.1.0")
    git(repository, "switch", "--quiet", "main")
    assert run("--repo", str(repository)) == 0
    assert capsys.readouterr().out == "## [Unreleased]\n\nNo changes: the same as v1.1.0.\n"
    assert run_version("--repo", str(repository)) == 1
    assert "nothing since 1.1.0 asks for a release" in capsys.readouterr().err
    git(repository, "tag", "v1.1.1", "v1.1.0")
    assert run("--repo", str(repository), "--to", "v1.1.0", "--version", "1.1.2") == 0
    assert "the same as v1.1.1" in capsys.readouterr().out


def test_the_whole_history_up_to_a_tag(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    git(repository, "tag", "v1.1.0")
    for fmt, versions in (("plain", ["webapp 1.0.1 ", "webapp 1.0.0 "]), ("md", ["## [1.0.1] ", "## [1.0.0] "])):
        for ref in ("HEAD", "v1.0.1", "HEAD"):
            assert run("--repo", str(repository), "--all", "--to", ref, "--format", fmt) == 0
            printed = capsys.readouterr().out
            assert all(version in printed for version in versions)
            assert ("1.1.0" in printed) == (ref == "HEAD")


def test_a_fix_whose_copy_is_out_is_not_told_again_where_its_branch_is_merged(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    git(repository, "switch", "--quiet", "-c", "work", "v1.0.0")
    git(repository, "commit", "--quiet", "--allow-empty", "-m", "fix: round half up")
    git(repository, "switch", "--quiet", "main")
    git(repository, "cherry-pick", "--allow-empty", "-x", "work")
    git(repository, "tag", "v1.1.0")
    git(repository, "merge", "--quiet", "--no-ff", "-m", "Merge branch 'work'", "work")
    assert run("--repo", str(repository)) == 0
    assert "round half up" not in capsys.readouterr().out
    assert run("--repo", str(repository), "--all") == 0
    assert capsys.readouterr().out.count("round half up") == 1


def test_what_came_back_after_its_revert_is_told_again(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """1.1.0 tells a feature, 1.1.1 its revert, and what comes next brings it back."""
    git(repository, "tag", "v1.1.0")
    search = git(repository, "rev-parse", "HEAD~2")
    assert git(repository, "log", "-1", "--format=%s", search) == "feat: search"
    taken = ("-m", 'Revert "feat: search"', "-m", f"This reverts commit {search}.")
    git(repository, "commit", "--quiet", "--allow-empty", *taken)
    git(repository, "tag", "v1.1.1")
    git(repository, "cherry-pick", "--allow-empty", "-x", search)
    assert run("--repo", str(repository)) == 0
    assert run("--repo", str(repository), "--all") == 0
    one, _, whole = capsys.readouterr().out.partition("# Changelog\n")
    assert one.count("search") == 1
    assert whole.partition("## [1.1.1]")[0].count("search") == 1


def test_a_tag_that_is_named_is_the_release_that_is_meant(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Two tags on one commit, and a day that is that of the commit also where nothing changed."""
    git(repository, "tag", "v1.1.0")
    git(repository, "tag", "v1.1.1")
    for tag, text in (("v1.1.0", "### Features"), ("v1.1.1", "No changes: the same as v1.1.0.")):
        assert run("--repo", str(repository), "--to", tag) == 0
        printed = capsys.readouterr().out
        assert printed.startswith(f"## [{tag[1:]}] - 2026-11-20\n")
        assert text in printed


def test_a_release_on_top_of_a_higher_one_tells_only_its_own(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    git(repository, "tag", "v3.0.0")
    git(repository, "commit", "--quiet", "--allow-empty", "-m", "fix: the number")
    git(repository, "tag", "v1.1.0")
    assert run("--repo", str(repository), "--to", "v1.1.0") == 0
    printed = capsys.readouterr().out
    assert ("the number" in printed, "search" in printed) == (True, False)


def test_the_heading_is_the_next_version(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What a pre-release promised counts for both; so does a release on a branch where main has none."""
    git(repository, "tag", "v2.0.0-beta.1")
    git(repository, "commit", "--quiet", "--allow-empty", "-m", "fix: one more")
    assert run("--repo", str(repository)) == 0
    assert capsys.readouterr().out.startswith("## [2.0.0]")
    git(repository, "switch", "--quiet", "--orphan", "fresh")
    git(repository, "commit", "--quiet", "--allow-empty", "-m", "feat: anew")
    assert run("--repo", str(repository)) == run_version("--repo", str(repository)) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("## [1.1.0]")
    assert printed.endswith("\n1.1.0\n")


def run_version(*args: str) -> int:
    return cli_changelog.main(["version", "next", *args])


def test_the_next_version_and_why(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_version("--repo", str(repository)) == 0
    printed = capsys.readouterr()
    assert printed.out == "1.1.0\n"
    assert "asked for 1.1.0" in printed.err
    assert run_version("--repo", str(repository), "--pre", "alpha") == 0
    assert capsys.readouterr().out == "1.1.0-alpha.1\n"
    assert run_version("--repo", str(repository), "--planned", "2.0.0", "--json") == 0
    assert json.loads(capsys.readouterr().out)["version"] == "2.0.0"


def test_nothing_to_release(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_version("--repo", str(repository), "--to", "v1.0.1") == 1
    assert capsys.readouterr().out == ""
    assert run_version("--repo", str(repository), "--to", "v1.0.1", "--planned", "soon") == 2
    assert "version 'soon': not a semantic version" in capsys.readouterr().err


def test_a_feature_after_the_beta_of_a_fix(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    git(repository, "switch", "--quiet", "--detach", "v1.0.1")
    git(repository, "commit", "--quiet", "--allow-empty", "-m", "fix: one")
    git(repository, "tag", "v1.0.2-beta.1")
    assert run_version("--repo", str(repository), "--pre", "beta") == 1
    git(repository, "commit", "--quiet", "--allow-empty", "-m", "feat: two")
    capsys.readouterr()
    assert run_version("--repo", str(repository), "--pre", "beta") == 0
    assert capsys.readouterr().out == "1.1.0-beta.1\n"


def test_neither_airflow_nor_pandas_nor_jinja_is_loaded() -> None:
    told = subprocess.run(
        [sys.executable, "-c", "import sys, release_ops.cli_changelog; print(*sys.modules)"],
        env=os.environ | {"PYTHONPATH": str(Path(cli_changelog.__file__).parents[1])},
        check=True,
        capture_output=True,
        text=True,
    )
    assert not {"airflow", "pandas", "numpy", "jinja2", "rich", "pydantic", "typst"} & set(told.stdout.split())


@pytest.mark.parametrize("fmt", ["html", "plain", "xml", "confluence"])
def test_other_formats(fmt: str, repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--repo", str(repository), "--all", "--format", fmt) == 0
    assert capsys.readouterr().out.count("close files") == 1


def test_the_body_of_a_github_release(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    web = "https://github.com/octo/webapp"
    assert run("--repo", str(repository), "--format", "github", "--to", "v1.0.1", "--web-url", web) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("## What's Changed\n\n### Fixes\n\n* on the maintenance line by Ada in [`")
    assert printed.endswith(f"**Full Changelog**: [v1.0.0...v1.0.1]({web}/compare/v1.0.0...v1.0.1)\n")


def test_a_pdf_goes_into_a_file(repository: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "changelog.pdf"
    assert run("--repo", str(repository), "--all", "--format", "pdf", "--output", str(file)) == 0
    assert capsys.readouterr().out == ""
    assert file.read_bytes().startswith(b"%PDF-")


def test_a_pdf_goes_into_a_pipe(repository: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    assert run("--repo", str(repository), "--format", "pdf") == 0
    assert capfdbinary.readouterr().out.startswith(b"%PDF-")


def test_a_pdf_is_not_for_a_terminal(
    repository: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    assert run("--repo", str(repository), "--format", "pdf") == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "name a file with --output FILE" in printed.err


@pytest.mark.parametrize("fmt", ["md", "json", "slack"])
def test_a_file_has_what_the_terminal_shows(
    fmt: str, repository: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "changelog"
    assert run("--repo", str(repository), "--all", "--format", fmt) == 0
    printed = capsys.readouterr().out
    assert run("--repo", str(repository), "--all", "--format", fmt, "--output", str(file)) == 0
    assert file.read_text() == printed


@pytest.mark.parametrize(
    ("fmt", "begins"), [("html", "<!DOCTYPE html>"), ("plain", "webapp 1.1.0: Release notes\n====")]
)
def test_notes_in_other_formats(fmt: str, begins: str, repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--repo", str(repository), "--audience", "customer", "--format", fmt) == 0
    assert capsys.readouterr().out.startswith(begins)


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("--audience", "customer", "--format", "xml"), "notes are written in md, html, plain"),
        (("--all", "--format", "github"), "leave out --all"),
        (("--output", "/nowhere/x.md"), "/nowhere/x.md: no such file or directory; check the path"),
        (("--output", "/"), "/: is a directory; check the path"),
        (("--into", "x"), "--into is the folder for --packages"),
        (("--web-url", "example.org"), "--web-url 'example.org': write the page of the repository"),
        (("--product", "../x"), "not the id of a product"),
    ],
)
def test_what_cannot_be_written(
    args: tuple[str, ...], said: str, repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("--repo", str(repository), *args) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert said in printed.err


def test_a_team_s_broken_template_leaves_the_file(
    repository: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "own" / "products" / "shop" / "changelog"
    folder.mkdir(parents=True)
    (folder / "entry.md.j2").write_text("{{ changelog.version }")
    monkeypatch.setenv("RELEASE_OPS_TEMPLATES", str(tmp_path / "own"))
    file = tmp_path / "CHANGELOG.md"
    file.write_text("good")
    assert run("--repo", str(repository), "--product", "shop", "--output", str(file)) == 2
    assert f"{folder}/entry.md.j2:1: " in capsys.readouterr().err
    assert file.read_text() == "good"
    assert run("--repo", str(repository), "--output", str(file)) == 0


def test_pull_requests_are_joined_with_the_token_of_the_environment(
    repository: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    git(repository, "commit", "--quiet", "--allow-empty", "-m", "Export orders (#7)")
    head = git(repository, "rev-parse", "HEAD")
    with FakeGitHub() as github:
        for sha in git(repository, "rev-list", "HEAD").split():
            github.commits.append({"sha": sha, "message": "", "at": "2026-11-20T12:00:00Z"})
        github.add_pull(7, title="Export", merge_commit=head, merged_at="2026-09-02T10:00:00Z", labels=["breaking"])
        monkeypatch.setenv("GITHUB_API_URL", github.url)
        monkeypatch.setenv("GITHUB_TOKEN", TOKEN)
        monkeypatch.setenv("RELEASE_OPS_HOME", str(tmp_path / "home"))
        options = ("--repo", str(repository), "--github", "octo/webapp")
        assert run(*options) == 0
        printed = capsys.readouterr()
        assert printed.out.startswith("## [2.0.0]")
        assert "### Breaking changes\n\n- Export (#7)" in printed.out
        assert printed.err == ""
        assert run_version(*options) == 0
        assert capsys.readouterr().out == "2.0.0\n"
        assert len(github.requests) == 1
        monkeypatch.delenv("GITHUB_TOKEN")
        assert run(*options) == 0
        printed = capsys.readouterr()
        assert "- Export orders (#7)" in printed.out
        assert "put a token into GITHUB_TOKEN" in printed.err
        assert run("--repo", str(repository), "--github", "webapp") == 2
        assert github.violations == []


def test_a_team_s_rules_come_from_its_product_file(
    repository: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rules = tmp_path / "webapp.yaml"
    rules.write_text("changelog: {convention: none}\n")
    assert run("--repo", str(repository), "--product-file", str(rules)) == 0
    assert "### Changes\n\n- " in capsys.readouterr().out
    git(repository, "switch", "--quiet", "--detach", "v1.0.1")
    git(repository, "commit", "--quiet", "--allow-empty", "-m", "tidy up")
    assert run_version("--repo", str(repository), "--product-file", str(rules)) == 0
    assert capsys.readouterr().out == "1.0.2\n"
    rules.write_text("product: webapp\nchangelog: {convention: nope}\n")
    assert run("--repo", str(repository), "--product-file", str(rules)) == 2
    assert f"{rules}:2: changelog.convention: nope: " in capsys.readouterr().err


def test_types_by_path_are_asked_of_git(repository: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (repository / "docs").mkdir()
    (repository / "docs" / "a.md").write_text("x")
    git(repository, "add", "docs")
    git(repository, "commit", "--quiet", "-m", "explain")
    rules = tmp_path / "webapp.yaml"
    rules.write_text("changelog:\n  paths: [{path: docs/, type: docs}]\n")
    assert run("--repo", str(repository), "--product-file", str(rules), "--from", "HEAD~1") == 0
    assert "### Documentation\n\n- explain" in capsys.readouterr().out


def test_the_next_version_by_a_format(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["version", "next", "--repo", str(repository), "--format", "YYYY.0M.MICRO"]
    assert cli_changelog.main([*asked, "--date", "2026-04-02", "--pre", "rc"]) == 0
    assert capsys.readouterr().out == "2026.04.0-rc.1\n"
    git(repository, "tag", "v2026.04.0", "HEAD~1")
    assert cli_changelog.main([*asked, "--date", "2026-04-30"]) == 0
    assert capsys.readouterr().out == "2026.04.1\n"
    assert cli_changelog.main(["version", "next", "--repo", str(repository), "--format", "YYYY.QQ"]) == 2
    assert "'QQ' is none of" in capsys.readouterr().err


def test_the_changelog_of_versions_by_a_format(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    git(repository, "tag", "v2026.04.0")
    pattern = "v{version:YYYY.0M.MICRO}"
    assert (
        cli_changelog.main(["changelog", "--repo", str(repository), "--tag", pattern, "--all", "--format", "json"]) == 0
    )
    assert [entry["version"] for entry in json.loads(capsys.readouterr().out)] == ["2026.04.0"]


class TestKeptTexts:
    """A second run of `--all` renders only what is not released."""

    def whole(self, repository: Path, capsys: pytest.CaptureFixture[str], *more: str) -> str:
        assert run("--repo", str(repository), "--all", *more) == 0
        return capsys.readouterr().out

    def test_a_new_commit_costs_itself(
        self, repository: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        later = "2026-12-20T12:00:00Z"
        git(repository, "tag", "v1.1.0")
        git(repository, "switch", "--quiet", "-c", "side")
        git(repository, "commit", "--quiet", "--allow-empty", "-m", "feat: beside", at=later)
        git(repository, "switch", "--quiet", "main")
        git(repository, "merge", "--quiet", "--no-ff", "-m", "Merge branch 'side'", "side", at=later)
        first = self.whole(repository, capsys)
        git(repository, "commit", "--quiet", "--allow-empty", "-m", "feat: newer", at=later)
        asked = count_commits(monkeypatch)
        second = self.whole(repository, capsys)
        assert "newer" in second
        assert "newer" not in first
        # The three commits since the last release; and as a branch was merged, what may be a copy of one of them.
        assert sum(asked) == 2 * 3
        assert len(git(repository, "rev-list", "HEAD").split()) > 2 * 3
        assert second == self.whole(repository, capsys, "--no-cache")

    def test_a_new_tag_another_template_and_another_branch_are_noticed(
        self, repository: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.whole(repository, capsys)
        git(repository, "tag", "v1.1.0")
        assert "## [1.1.0]" in self.whole(repository, capsys)
        git(repository, "switch", "--quiet", "--detach", "v1.0.0")
        git(repository, "commit", "--quiet", "--allow-empty", "-m", "fix: beside")
        assert self.whole(repository, capsys) == self.whole(repository, capsys, "--no-cache")
        own = tmp_path / "own" / "changelog"
        own.mkdir(parents=True)
        (own / "entry.md.j2").write_text("## {{ changelog.version }} in our words\n")
        monkeypatch.setenv("RELEASE_OPS_TEMPLATES", str(tmp_path / "own"))
        assert "## 1.0.0 in our words" in self.whole(repository, capsys)

    def test_texts_are_kept_on_a_tag_too(
        self, repository: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        git(repository, "tag", "v1.1.0")
        first = self.whole(repository, capsys)
        asked = count_commits(monkeypatch)
        assert self.whole(repository, capsys) == first
        assert sum(asked) == 0
        git(repository, "commit", "--quiet", "--allow-empty", "-m", "feat: newer")
        assert self.whole(repository, capsys) == self.whole(repository, capsys, "--no-cache")

    def test_another_name_of_a_person_is_noticed(
        self, repository: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.whole(repository, capsys)
        (repository / ".mailmap").write_text("Ada Lovelace <ada@example.org>\n")
        git(repository, "add", ".mailmap")
        git(repository, "commit", "--quiet", "-m", "chore: names")
        asked = count_commits(monkeypatch)
        self.whole(repository, capsys)
        assert sum(asked) == len(git(repository, "rev-list", "HEAD").split())

    def test_a_damaged_file_counts_as_none(
        self, repository: Path, capsys: pytest.CaptureFixture[str], caches: Path
    ) -> None:
        first = self.whole(repository, capsys)
        (file,) = caches.rglob("*.txt")
        for damage in ("", "{}", "[]\n", '{"key": 1}\n', "\udc80"):
            file.write_text(damage, errors="surrogateescape")
            assert self.whole(repository, capsys) == first

    def test_a_place_that_cannot_be_written_is_no_error(
        self, repository: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "file").touch()
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
        assert "## [1.0.0]" in self.whole(repository, capsys)


def count_commits(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Numbers of commits that are read of git from here on."""
    asked: list[int] = []
    original = History.commits

    def counted(self: History, *args: object, **options: object) -> object:
        found = list(original(self, *args, **options))  # type: ignore[arg-type]
        asked.append(len(found))
        return iter(found)

    monkeypatch.setattr(History, "commits", counted)
    return asked


class TestPackages:
    """Several products in one repository."""

    @pytest.fixture
    def monorepo(self, tmp_path: Path) -> Path:
        folder = tmp_path / "mono"
        folder.mkdir()
        git(folder, "init", "--quiet", "--initial-branch=main")

        def commit(message: str, *files: str, tags: tuple[str, ...] = ()) -> None:
            for name in files:
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                (folder / name).write_text(message)
            git(folder, "add", ".")
            git(folder, "commit", "--quiet", "-m", message)
            for tag in tags:
                git(folder, "tag", tag)

        commit("feat: begin", "packages/api/a.py", "packages/web/a.js", tags=("api-v1.0.0", "web-v1.0.0"))
        commit("feat: search", "packages/web/b.js", tags=("web-v1.1.0",))
        commit("fix: close files", "packages/api/a.py", tags=("api-v1.0.1",))
        commit("fix!: both", "packages/api/c.py", "packages/web/c.js")
        commit("docs: more", "README.md")
        return folder

    def test_each_package_by_its_own_tags_from_one_pass(
        self, monorepo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        asked = count_commits(monkeypatch)
        assert run("--repo", str(monorepo), "--packages", "packages/*", "--into", str(tmp_path / "out")) == 0
        assert asked == [5]
        files = capsys.readouterr().out.split()
        assert [Path(file).name for file in files] == ["api.md", "web.md"]
        api, web = (Path(file).read_text() for file in files)
        assert re.findall("^## (.*?)(?: -.*)?$", api, re.MULTILINE) == ["[Unreleased]", "[1.0.1]", "[1.0.0]"]
        assert re.findall("^## (.*?)(?: -.*)?$", web, re.MULTILINE) == ["[Unreleased]", "[1.1.0]", "[1.0.0]"]
        assert ("search" in api, "search" in web, "more" in api + web) == (False, True, False)

    def test_one_package_and_its_next_version(self, monorepo: Path, capsys: pytest.CaptureFixture[str]) -> None:
        options = ("--repo", str(monorepo), "--path", "packages/web", "--tag", "web-v{version}")
        assert run_version(*options) == 0
        assert capsys.readouterr().out == "2.0.0\n"
        assert run(*options) == 0
        printed = capsys.readouterr().out
        assert printed.startswith("## [2.0.0]")
        assert printed.count("\n- ") == 1
        assert run(*options, "--path", "web") == 0
        assert capsys.readouterr().err == (
            "release-ops: --path web/: no such folder at HEAD; it is looked for from the root of the repository\n"
        )

    def test_tags_that_all_packages_share(
        self, monorepo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        for tag in git(monorepo, "tag").split():
            git(monorepo, "tag", "-d", tag)
        git(monorepo, "tag", "v1.0.0", "HEAD~4")
        git(monorepo, "tag", "v1.1.0", "HEAD~3")
        assert run("--repo", str(monorepo), "--packages", "packages/*", "--into", str(tmp_path)) == 0
        assert "## [1.1.0] - 2026-11-20\n\nNo changes: the same as v1.0.0.\n" in (tmp_path / "api.md").read_text()

    @pytest.mark.parametrize(
        ("args", "said"),
        [
            (("--packages", "packages/*"), "name their folder with --into DIR"),
            (("--packages", "nowhere/*", "--into", "x"), "'nowhere/*': no such folder at HEAD"),
            (("--packages", "../*", "--into", "x"), "'..' is no path inside a repository"),
            (("--packages", "packages/*", "--into", "x", "--from", "v1"), "--packages takes neither --from"),
        ],
    )
    def test_what_does_not_fit_together(
        self, args: tuple[str, ...], said: str, monorepo: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert run("--repo", str(monorepo), *args) == 2
        assert said in capsys.readouterr().err
