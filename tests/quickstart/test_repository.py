"""The demo product's repository is what the demo's product file and gates expect."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from quickstart.demo_api import API
from quickstart.repository import Facts, NotOurs, make_demo_remote
from release_ops.adapters.git import GitRepository
from release_ops.adapters.reports import read_report
from release_ops.domain.change import RawCommit
from release_ops.domain.commits import parse_commit
from release_ops.product import load_product

PROJECT = Path(__file__).parents[2]
TODAY = date(2026, 11, 26)
TAGS = ("v2.5.0", "v2.6.0", "v2.6.1", "v2.7.0", "v2.7.1")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Facts]:
    path = tmp_path_factory.mktemp("demo") / "webapp.git"
    return path, make_demo_remote(path, today=TODAY)


@pytest.fixture(scope="module")
def repository(made: tuple[Path, Facts], tmp_path_factory: pytest.TempPathFactory) -> GitRepository:
    return GitRepository(made[0], mirror=tmp_path_factory.mktemp("mirror") / "webapp.git", push=True)


@pytest.fixture(scope="module")
def work(repository: GitRepository) -> list[RawCommit]:
    """What was done since the last release, without merges."""
    return [commit for commit in repository.log("v2.7.1", "main") if len(commit.parents) < 2]


def test_it_holds_a_few_hundred_commits_and_the_earlier_releases(
    made: tuple[Path, Facts], repository: GitRepository
) -> None:
    facts = made[1]
    assert facts.commits == sum(1 for _ in repository.log(None, "main"))
    assert 300 <= facts.commits <= 600
    assert facts.tags == TAGS
    assert facts.head == repository.head("main")
    assert all(tag.annotated for tag in repository.tags(merged="main"))
    assert [tag.name for tag in repository.tags(merged="main")] == list(TAGS)
    assert repository.default_branch() == "main"


def test_the_same_day_gives_the_same_commits(made: tuple[Path, Facts], tmp_path: Path) -> None:
    assert make_demo_remote(tmp_path / "again.git", today=TODAY) == made[1]


def test_a_repository_that_is_there_stays_as_it_is_on_a_later_day(made: tuple[Path, Facts]) -> None:
    assert make_demo_remote(made[0], today=TODAY + timedelta(days=3)) == made[1]


def test_the_second_product_has_a_history_of_its_own(made: tuple[Path, Facts], tmp_path: Path) -> None:
    facts = make_demo_remote(tmp_path / "api.git", today=TODAY, story=API)
    assert facts.tags == ("v1.2.0", "v1.3.0", "v1.4.0")
    assert make_demo_remote(tmp_path / "api.git", today=TODAY, story=API) == facts
    with pytest.raises(NotOurs):
        make_demo_remote(tmp_path / "api.git", today=TODAY)
    api = GitRepository(tmp_path / "api.git", mirror=tmp_path / "mirror.git", push=True)
    changes = [parse_commit(commit.message) for commit in api.log("v1.4.0", "main")]
    assert None not in changes
    scopes = {change.scope for change in changes if change is not None}
    assert scopes >= {scope.name for scope in API.scopes}


def test_something_else_at_the_path_is_not_touched(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(NotOurs, match="something else"):
        make_demo_remote(tmp_path, today=TODAY)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_copy_that_was_interrupted_is_made_again(made: tuple[Path, Facts], tmp_path: Path) -> None:
    partial = tmp_path / "webapp.git.partial" / "objects"
    partial.mkdir(parents=True)
    assert make_demo_remote(tmp_path / "webapp.git", today=TODAY) == made[1]
    assert not partial.exists()


@pytest.mark.parametrize("today", [date(2026, 11, 21), date(2026, 11, 23), date(2027, 1, 1), date(2028, 2, 29)])
def test_work_lies_on_working_days_before_today(today: date, tmp_path: Path) -> None:
    make_demo_remote(tmp_path / "webapp.git", today=today)
    repository = GitRepository(tmp_path / "webapp.git", mirror=tmp_path / "mirror.git", push=True)
    days = [datetime.fromtimestamp(c.committed_at, UTC) for c in repository.log(None, "main")]
    assert max(days).date() < today
    assert today - max(days).date() <= timedelta(days=4)
    assert {day.weekday() for day in days} == {0, 1, 2, 3, 4}
    assert days == sorted(days, reverse=True)


def test_every_change_was_reviewed_by_somebody_else(work: list[RawCommit]) -> None:
    for commit in work:
        reviewers = re.findall(r"^Reviewed-by: .* <(.+)>$", commit.message, re.MULTILINE)
        assert reviewers, commit.message
        assert commit.email not in reviewers


def test_the_work_since_the_last_release_is_conventional_and_of_every_sort(work: list[RawCommit]) -> None:
    changes = [parse_commit(commit.message) for commit in work]
    assert None not in changes
    known = [change for change in changes if change is not None]
    assert {change.type for change in known} >= {
        "feat",
        "fix",
        "perf",
        "docs",
        "refactor",
        "test",
        "build",
        "ci",
        "revert",
    }
    assert sum(change.breaking for change in known) == 1
    assert any(change.co_authors for change in known)
    assert any(change.references for change in known)
    ids = {commit.id for commit in work}
    reverted = [each for change in known for each in change.reverts]
    assert reverted
    assert set(reverted) <= ids


def test_a_merge_brings_the_patch_release_back(repository: GitRepository) -> None:
    merges = [commit for commit in repository.log("v2.7.0", "main") if len(commit.parents) == 2]
    assert [commit.message for commit in merges] == ["Merge branch 'release/2.7.1'\n"]
    assert repository.is_ancestor("v2.7.1", "main")
    assert not repository.is_ancestor("v2.7.1", merges[0].parents[0])


def test_the_changelog_tells_of_the_earlier_releases(repository: GitRepository) -> None:
    text = (repository.read_file("main", "CHANGELOG.md") or b"").decode()
    assert re.findall(r"^## \[(.+)\]", text, re.MULTILINE) == ["2.7.1", "2.7.0", "2.6.1", "2.6.0", "2.5.0"]


def test_finished_features_of_the_product_file_are_in_the_history(
    work: list[RawCommit], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RELEASE_OPS_DEMO_REPOSITORY", "/nowhere")
    product = load_product(PROJECT / "include/products/demo.yaml")
    refs = {match for commit in work for match in re.findall(r"^Refs: (WEB-\d+)$", commit.message, re.MULTILINE)}
    features = product.release("2.8.0").features
    assert {feature.id for feature in features if feature.status == "done"} <= refs
    assert {feature.id for feature in features if feature.status == "planned"}.isdisjoint(refs)


def test_every_report_and_file_that_the_gates_ask_for_is_there_and_good(
    repository: GitRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RELEASE_OPS_DEMO_REPOSITORY", "/nowhere")
    product = load_product(PROJECT / "include/products/demo.yaml")
    criteria = [c for gate in product.gates.values() for c in gate.criteria if c.kind in {"report", "file"}]
    assert criteria
    for criterion in criteria:
        path = criterion.spec["path"]
        if criterion.kind == "file":
            assert repository.file_exists("main", path), path
            continue
        data = repository.read_file("main", path)
        assert data is not None, path
        value = read_report(criterion.spec["format"], data, name=path)[criterion.spec["metric"]]
        threshold = float(criterion.spec["threshold"])
        assert {">": value > threshold, ">=": value >= threshold, "==": value == threshold, "<=": value <= threshold}[
            criterion.spec["comparator"]
        ], f"{path}: {value}"
