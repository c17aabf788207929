"""Commits and tags of a repository as facts: what is read step by step is what is there."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from release_ops.adapters.git import GitRepository
from release_ops.domain.change import RawCommit, Tag
from release_ops.domain.model import Product
from release_ops.domain.ranges import releases_of
from release_ops.facts_store import FactsStore
from release_ops.git_facts import Versions, commit_row, load_commits, load_releases
from release_ops.product import load_product
from release_ops.store import Store
from tests.fakes.git_graph import FOLDERS, Graph, Repository, random_graph
from tests.fakes.git_source import AT, Source, git

DEMO = load_product(Path(__file__).resolve().parents[1] / "include" / "products" / "demo.yaml")
NOW = datetime.fromtimestamp(AT, UTC) + timedelta(days=1)
SIZE = 30


def product(*folders: str, **delivery: Any) -> Product:
    repository = replace(DEMO.repository, folders=folders, tag="v{version}", release_branch="release/{version}")
    return replace(DEMO, repository=repository, delivery=replace(DEMO.delivery, **delivery))


def rows(store: Store, table: str = "commit") -> list[dict[str, Any]]:
    with store.connect() as connection:
        return connection.execute(f"SELECT * FROM release_ops.{table} ORDER BY 3").fetchall()


@pytest.fixture(scope="module")
def woods(tmp_path_factory: pytest.TempPathFactory) -> tuple[Graph, Repository]:
    graph = random_graph(Random(2), several=2, size=SIZE // 2)
    return graph, Repository.of(graph, tmp_path_factory.mktemp("woods") / "woods.git")


PLACES = st.integers(0, SIZE - 1)
REFS = st.dictionaries(
    st.sampled_from(
        ["refs/heads/release/2.8.0", "refs/heads/topic", "refs/tags/v1.0.0", "refs/tags/v1.1.0", "refs/tags/x"]
    ),
    PLACES,
)
"""Branches and tags besides the default branch; those of `topic` and `x` are not the product's."""


# Clocks that went wrong: git names a commit of the old head as lost that the new tag still holds.
@example([(6, {}), (0, {"refs/heads/release/2.8.0": 7, "refs/tags/v1.0.0": 11})], None, 0)
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(PLACES, REFS), min_size=2, max_size=4),
    st.sampled_from([None, None, 0]),
    st.sampled_from([0, 0, 25]),
)
def test_whatever_becomes_of_branches_and_tags_the_commits_are_those_of_now(
    store: Store,
    woods: tuple[Graph, Repository],
    steps: list[tuple[int, dict[str, int]]],
    folder: int | None,
    floor: int,
) -> None:
    graph, repository = woods
    facts = FactsStore(store, "webapp")
    facts.remove("commits", source="git")
    facts.forget("git", "commits")
    now = datetime.fromtimestamp(AT + 60 * floor, UTC) + DEMO.delivery.since
    webapp = product(*[f"{FOLDERS[folder]}/"] if folder is not None else [])
    for later, (main, refs) in enumerate(steps):
        repository.point({"refs/heads/main": main, **refs})
        load_commits(facts, webapp, repository.history(), now=now + timedelta(minutes=later), full=False)
        ours = {main, *(place for name, place in refs.items() if not name.endswith(("topic", "/x")))}
        expected = {
            repository.ids[one]
            for one in set().union(*map(graph.holds, ours))
            if (folder is None or graph.folders[one] == folder) and graph.minutes[one] >= floor
        }
        assert {row["commit"] for row in rows(store)} == expected
    before = rows(store)
    assert load_commits(facts, webapp, repository.history(), now=now, full=False) == {}
    assert load_commits(facts, webapp, repository.history(), now=now, full=True) == {}
    assert rows(store) == before


# By example


class Shop:
    def __init__(self, store: Store, folder: Path) -> None:
        self.store, self.source = store, Source(folder / "shop.git")
        self.repository = GitRepository(self.source.path, mirror=folder / "mirror.git", push=True)
        self.facts = FactsStore(store, "webapp")

    def load(self, webapp: Product | None = None, *, full: bool = False) -> Any:
        self.repository.fetch()
        return load_commits(self.facts, webapp or product(), self.repository, now=NOW, full=full)


@pytest.fixture
def shop(store: Store, tmp_path: Path) -> Shop:
    return Shop(store, tmp_path)


def test_a_commit_has_its_author_and_both_times(shop: Shop) -> None:
    made = shop.source.commit("feat: one", author="Änne <anne@example.org>")
    assert shop.load()["commits"].written == 1
    (row,) = rows(shop.store)
    at = datetime.fromtimestamp(AT + 60, UTC)
    assert (row["commit"], row["author"], row["source"], row["repository"]) == (made, "Änne", "git", "")
    assert (row["authored_at"], row["committed_at"]) == (at, at)


def test_only_what_is_new_is_read(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    for place in range(5):
        shop.source.commit(f"feat: {place}")
    shop.load()
    asked: list[list[str]] = []
    commits = GitRepository.commits
    monkeypatch.setattr(
        GitRepository,
        "commits",
        lambda self, heads, **more: (
            found := list(commits(self, heads, **more)),
            asked.append([one.id for one in found]),
        )[0],
    )
    new = shop.source.commit("feat: new")
    assert shop.load()["commits"].written == 1
    assert asked == [[new], []]
    asked.clear()
    assert shop.load() == {}
    assert asked == []


def test_a_history_that_was_rewritten_and_cleaned_up_is_read_anew(shop: Shop) -> None:
    first = shop.source.commit("feat: first")
    shop.source.commit("feat: second")
    shop.load()
    third = shop.source.commit("feat: third", parents=[first])
    shop.repository.fetch()
    mirror = shop.repository._mirror.path
    git(mirror, "reflog", "expire", "--expire=now", "--all")
    git(mirror, "gc", "--quiet", "--prune=now")
    change = shop.load()["commits"]
    assert (change.written, change.removed) == (1, 1)
    assert {row["commit"] for row in rows(shop.store)} == {first, third}


def test_a_mirror_that_is_made_anew_takes_no_older_commits_away(shop: Shop, tmp_path: Path) -> None:
    shop.source.commit("feat: first")
    shop.source.commit("feat: second", branch="release/2.8.0", parents=[])
    shop.load()
    before = rows(shop.store)
    git(shop.source.path, "update-ref", "-d", "refs/heads/release/2.8.0")
    shop.repository = GitRepository(shop.source.path, mirror=tmp_path / "anew.git", push=True)
    shop.repository.fetch()
    later = NOW + DEMO.delivery.since
    changes = load_commits(shop.facts, product(), shop.repository, now=later, full=False)
    assert (changes["commits"].written, changes["commits"].removed) == (0, 1)
    assert rows(shop.store) == [row for row in before if row["commit"] == shop.source.head()]


def test_other_folders_and_an_earlier_beginning_are_read_anew(shop: Shop) -> None:
    web = shop.source.commit("feat: web", files={"web/a": "1"})
    api = shop.source.commit("feat: api", files={"api/a": "1"})
    shop.load(product("web/"))
    assert [row["commit"] for row in rows(shop.store)] == [web]
    shop.load(product("api/"))
    assert [row["commit"] for row in rows(shop.store)] == [api]
    shop.load(product(since=timedelta(hours=1)))
    assert rows(shop.store) == []
    shop.load(product(since=timedelta(days=2)))
    assert len(rows(shop.store)) == 2


def test_dates_that_are_none_do_not_stop_it() -> None:
    row = commit_row(RawCommit("a", (), "", committed_at=AT))
    assert row["authored_at"] == row["committed_at"] == datetime.fromtimestamp(AT, UTC)
    assert commit_row(RawCommit("a", (), ""))["committed_at"] == datetime.fromtimestamp(0, UTC)


def test_tags_of_versions_are_published_releases_and_go_with_their_tag(shop: Shop) -> None:
    one, two = shop.source.commit("feat: one"), shop.source.commit("feat: two")
    shop.source.tag("v1.0.0-rc.1", one)
    shop.source.tag("v1.0.0", two, "Release 1.0.0")
    shop.source.tag("nightly", two)
    shop.repository.fetch()
    assert load_releases(shop.facts, product(), shop.repository)["published_releases"].written == 2
    final, candidate = rows(shop.store, "published_release")
    assert (final["tag"], final["version"], final["is_prerelease"], final["commit"]) == ("v1.0.0", "1.0.0", False, two)
    assert final["created_at"] == datetime.fromtimestamp(AT + 120, UTC)
    assert final["published_at"] > final["created_at"]
    assert (candidate["version"], candidate["is_prerelease"], candidate["published_at"]) == ("1.0.0-rc.1", True, None)
    assert load_releases(shop.facts, product(), shop.repository) == {}
    git(shop.source.path, "tag", "-d", "v1.0.0-rc.1")
    shop.repository.fetch()
    assert load_releases(shop.facts, product(), shop.repository)["published_releases"].removed == 1


def test_an_empty_repository_has_no_facts(shop: Shop) -> None:
    assert shop.load() == {}
    assert load_releases(shop.facts, product(), shop.repository) == {}


@pytest.mark.parametrize(
    ("row", "version", "commit"),
    [
        ({"version": "7", "commit": "zzz"}, "7", "zzz"),
        ({"ref": "v1.1.0"}, "1.1.0", "bbb"),
        ({"ref": "refs-unknown", "commit": "bbb"}, "1.1.0", "bbb"),
        ({"version": "1.0.0", "ref": "main"}, "1.0.0", "aaa"),
        ({"tag": "v3.0.0"}, "3.0.0", ""),
        ({"commit": "ccc"}, "", "ccc"),
        ({}, "", ""),
    ],
)
def test_versions_and_commits_are_told_by_tags(row: dict, version: str, commit: str) -> None:
    tags = [Tag("v1.0.0", "aaa"), Tag("v1.1.0-rc.1", "bbb"), Tag("v1.1.0", "bbb")]
    versions = Versions("v{version}", releases_of(tags, "v{version}"))
    assert (versions.version_of(row), versions.commit_of(row)) == (version, commit)
