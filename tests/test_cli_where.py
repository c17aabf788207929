"""`release-ops where` on a real repository."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

import release_ops
from release_ops.adapters.git_history import History
from release_ops.adapters.git_mirror import Mirror
from release_ops.adapters.git_process import Git
from release_ops.cli_changelog import main
from release_ops.domain.change_history import history_of
from release_ops.domain.ranges import in_order, releases_of
from tests.fakes.git_source import Source, git


@pytest.fixture
def source(tmp_path: Path) -> Source:
    """1.0.0, a fix that is out in 1.1.0-rc.1 and 1.1.0, its backport in 1.0.1, and what is not released."""
    made = Source(tmp_path / "webapp.git")
    first = made.commit("feat: begin")
    made.tag("v1.0.0", first)
    fix = made.commit("fix(cart): round half up\n\nCloses WEB-7, closes #12")
    made.tag("v1.1.0-rc.1", fix)
    made.tag("v1.1.0", made.commit("docs: rounding"))
    backport = made.commit(
        f"fix(cart): round half up\n\n(cherry picked from commit {fix})", branch="1.0.x", parents=[first]
    )
    made.tag("v1.0.1", backport, "1.0.1")
    made.commit("feat: gift\x1b[31m cards")
    return made


def test_it_says_where_a_fix_is(source: Source, capsys: pytest.CaptureFixture[str]) -> None:
    fix = git(source.path, "rev-parse", "v1.1.0-rc.1")
    assert main(["where", fix[:10], "--repo", str(source.path)]) == 0
    told = capsys.readouterr().out
    backport = git(source.path, "rev-parse", "v1.0.1^{commit}")
    assert told == (
        "fix(cart): round half up\n"
        f"  {fix[:12]} of 2026-09-21 by Ada Lovelace\n"
        "  first pre-release: v1.1.0-rc.1\n"
        "  first release: v1.1.0\n"
        f"  copy: {backport[:12]} of 2026-09-21 by Ada Lovelace, first in v1.0.1\n"
        "  in releases: v1.0.1 and later\n"
    )


@pytest.mark.parametrize("question", ["#12", "WEB-7", "round up"])
def test_issue_and_words_find_it_too(source: Source, capsys: pytest.CaptureFixture[str], question: str) -> None:
    assert main(["where", *question.split(), "--repo", str(source.path), "--json"]) == 0
    (found,) = json.loads(capsys.readouterr().out)
    assert found["change"] == git(source.path, "rev-parse", "v1.1.0-rc.1")
    assert found["releases"] == [{"from": "v1.0.1", "to": None}]
    assert [one["first_final"] for one in found["copies"]] == ["v1.1.0", "v1.0.1"]
    assert found["copies"][0]["issues"] == ["#12", "WEB-7"]


def test_a_pull_request_is_found_by_its_number(source: Source, capsys: pytest.CaptureFixture[str]) -> None:
    source.commit("fix: late (#281)")
    source.commit("docs: see #281")
    assert main(["where", "#281", "--repo", str(source.path), "--json"]) == 0
    assert "fix" in [one["copies"][0]["type"] for one in json.loads(capsys.readouterr().out)]
    assert main(["where", "#28", "--repo", str(source.path)]) == 1


def test_what_is_not_released_and_what_was_taken_back(source: Source, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["where", "gift cards", "--repo", str(source.path)]) == 0
    told = capsys.readouterr().out
    assert "first release: not released yet" in told
    assert "in releases: none" in told
    assert "\x1b" not in told
    taken = git(source.path, "rev-parse", "v1.1.0-rc.1")
    source.tag("v1.1.1", source.commit(f'Revert "fix(cart): round half up"\n\nThis reverts commit {taken}.'))
    assert main(["where", taken, "--repo", str(source.path)]) == 0
    told = capsys.readouterr().out
    assert f"taken back by: {git(source.path, 'rev-parse', 'v1.1.1')[:12]}" in told
    assert "first in v1.1.1" in told
    assert "in releases: v1.0.1 to v1.1.0\n" in told


def test_a_commit_on_a_branch_that_nothing_has_merged_is_found_by_its_id(
    source: Source, capsys: pytest.CaptureFixture[str]
) -> None:
    topic = source.commit("feat: topic", branch="topic", parents=[source.head()])
    assert main(["where", "topic", "--repo", str(source.path)]) == 1
    assert "no commit of HEAD or of a release fits 'topic'" in capsys.readouterr().err
    assert main(["where", topic, "--repo", str(source.path)]) == 0
    assert "not released yet" in capsys.readouterr().out


def test_many_changes_are_counted(source: Source, capsys: pytest.CaptureFixture[str]) -> None:
    for n in range(23):
        source.commit(f"fix: many {n}")
    assert main(["where", "many", "--repo", str(source.path)]) == 0
    told = capsys.readouterr()
    assert told.out.count("fix: many") == 20
    assert "and 3 older changes" in told.err


def test_a_place_that_is_no_repository(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["where", "x", "--repo", str(tmp_path)]) == 2
    assert capsys.readouterr().err.startswith("release-ops where: ")


def test_it_starts_without_airflow_pandas_and_pydantic() -> None:
    heavy = {"airflow", "pandas", "pydantic", "psycopg"}
    code = f"import sys, release_ops.cli_where; print(sorted({heavy} & set(sys.modules)))"
    plugins = str(Path(release_ops.__file__).parents[1])
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"PYTHONPATH": plugins},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("seed", range(3))
def test_git_says_the_same_about_every_commit_of_a_tangled_history(tmp_path: Path, seed: int) -> None:
    """`git tag --contains`, release by release in their order, is what "first" means."""
    chance = random.Random(seed)
    source = Source(tmp_path / "tangled.git")
    made: list[str] = []
    for n in range(25):
        above = chance.sample(made, min(len(made), chance.choice([1, 1, 1, 2, 3])))
        made.append(source.commit(f"feat: {n}", parents=above, branch=f"b{n}"))
    for number in ("1.0.0-rc.1", "1.0.0", "1.0.1", "1.1.0-alpha.1", "1.1.0-rc.1", "1.1.0", "2.0.0"):
        source.tag(f"v{number}", chance.choice(made))
    process = Git()
    repository = History(process, Mirror(process, "x", source.path), shown="x")
    releases = releases_of(repository.tags(), "v{version}")
    records = history_of(repository.commits(made), releases)
    parents = {one.id: one.parents for one in repository.commits(made)}
    finals = [one for one in releases if one.is_final]
    for record in records:
        told = set(git(source.path, "tag", "--contains", record.commit).split())
        first = next((one for one in in_order(parents, releases) if one.tag in told), None)
        assert record.first_final == next((one for one in in_order(parents, finals) if one.tag in told), None)
        assert record.first_prerelease == (None if first is None or first.is_final else first)
