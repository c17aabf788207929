"""Commits that deployments brought, against brute force over any history and any order in which deployments become known."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from release_ops.adapters.git import GitRepository
from release_ops.deployed_commits import load_deployed_commits
from release_ops.domain.model import Product
from release_ops.facts_store import FactsStore
from release_ops.product import load_product
from release_ops.store import Store
from tests.fakes.git_graph import FOLDERS, Graph, Repository, random_graph
from tests.fakes.git_source import Source, git

DEMO = load_product(Path(__file__).resolve().parents[1] / "include" / "products" / "demo.yaml")
T0 = datetime(2026, 11, 2, 9, tzinfo=UTC)
COLUMNS = ("deployment", "environment", "component", "commit", "ref", "version", "result", "finished_at")


def product(folders: tuple[str, ...] = ()) -> Product:
    return replace(DEMO, repository=replace(DEMO.repository, folders=folders, tag="v{version}"))


@dataclass(frozen=True)
class Deployed:
    """A deployment of a commit of a graph by its place; None: of a commit that is nowhere."""

    name: str
    place: int | None
    hour: int
    environment: str = "production"
    component: str = ""
    result: str = "success"

    def row(self, ids: list[str]) -> dict[str, Any]:
        return {
            "deployment": self.name,
            "environment": self.environment,
            "component": self.component,
            "commit": "dead" * 10 if self.place is None else ids[self.place],
            "ref": "",
            "version": "",
            "result": self.result,
            "finished_at": T0 + timedelta(hours=self.hour),
        }


def expected(graph: Graph, known: list[Deployed], folder: int | None = None) -> set[tuple[str, str, int, str]]:
    """Environment, component, commit and deployment of each row, by the definition."""
    found = set()
    for line in {(one.environment, one.component) for one in known}:
        before: set[int] | None = None
        for one in sorted(known, key=lambda one: (one.hour, one.name)):
            if (one.environment, one.component) != line or one.result != "success" or one.place is None:
                continue
            held = graph.holds(one.place)
            if before is not None:
                found |= {(*line, place, one.name) for place in held - before}
            before = held | (before or set())
    return {row for row in found if folder is None or graph.folders[row[2]] == folder}


def actual(store: Store, ids: list[str]) -> set[tuple[str, str, int, str]]:
    return {(row["environment"], row["component"], ids.index(row["commit"]), row["deployment"]) for row in rows(store)}


def rows(store: Store) -> list[dict[str, Any]]:
    with store.connect() as connection:
        return connection.execute("SELECT * FROM release_ops.deployed_commit ORDER BY deployed_at, commit").fetchall()


def age(store: Store) -> None:
    """Let the next reading be an hour later: what was written so far is not of the time just before it."""
    with store.connect() as connection:
        connection.execute("UPDATE release_ops.deployment SET loaded_at = loaded_at - interval '1 hour'")


SEVERAL, SIZE = 25, 12
"""Histories in the one repository of all examples, and commits of each."""


@pytest.fixture(scope="module")
def woods(tmp_path_factory: pytest.TempPathFactory) -> tuple[Graph, Repository]:
    graph = random_graph(Random(1), several=SEVERAL, size=SIZE)
    return graph, Repository.of(graph, tmp_path_factory.mktemp("woods") / "woods.git")


@st.composite
def stories(draw: st.DrawFn) -> list[tuple[bool, list[Deployed]]]:
    """What becomes known of deployments of one history at one reading after the other, and whether it is all there is."""
    first = draw(st.integers(0, SEVERAL - 1)) * SIZE
    names = st.sampled_from([f"D-{i}" for i in range(9)])
    deployed = st.builds(
        Deployed,
        name=names,
        place=st.sampled_from([None, *range(first, first + SIZE), *range(first, first + SIZE)]),
        hour=st.integers(0, 12),
        environment=st.sampled_from(["production"] * 9 + ["staging"]),
        component=st.sampled_from([""] * 9 + ["api"]),
        result=st.sampled_from(["success"] * 9 + ["failure"]),
    )

    def some(least: int, most: int) -> st.SearchStrategy[list[Deployed]]:
        return st.lists(deployed, min_size=least, max_size=most, unique_by=lambda one: one.name)

    later = st.tuples(st.sampled_from([False] * 9 + [True]), some(1, 3))
    return [(True, draw(some(4, 8))), *draw(st.lists(later, min_size=1, max_size=4))]


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(stories(), st.sampled_from([None, None, 0]))
def test_whatever_becomes_known_in_whatever_order_the_rows_are_those_of_the_definition(
    store: Store, woods: tuple[Graph, Repository], story: list[tuple[bool, list[Deployed]]], folder: int | None
) -> None:
    graph, repository = woods
    facts = FactsStore(store, "webapp")
    facts.remove("deployments", source="csv")
    webapp = product((f"{FOLDERS[folder]}/",) if folder is not None else ())
    known: dict[str, Deployed] = {}
    for is_whole, reading in story:
        known = {**({} if is_whole else known), **{one.name: one for one in reading}}
        some = [one.row(repository.ids) for one in reading]
        facts.load("deployments", COLUMNS, some, source="csv", whole=is_whole)
        load_deployed_commits(facts, webapp, repository.history(), full=False)
        assert actual(store, repository.ids) == expected(graph, list(known.values()), folder)
        age(store)
    before = rows(store)
    assert load_deployed_commits(facts, webapp, repository.history(), full=False)[0] == {}
    assert load_deployed_commits(facts, webapp, repository.history(), full=True)[0] == {}
    assert rows(store) == before


# By example


class Shop:
    """A repository whose main branch grows, and deployments of it."""

    def __init__(self, store: Store, folder: Path) -> None:
        self.store, self.source = store, Source(folder / "shop.git")
        self.repository = GitRepository(self.source.path, mirror=folder / "mirror.git", push=True)
        self.facts = FactsStore(store, "webapp")
        self.commits = [self.source.commit(f"feat: {i}") for i in range(8)]
        self.git_calls = 0

    def deploy(self, name: str, hour: int, commit: str = "", **more: Any) -> None:
        row = {"deployment": name, "environment": "production", "result": "success", "commit": commit, **more}
        self.facts.write({"deployments": [{**row, "finished_at": T0 + timedelta(hours=hour)}]}, source="csv")

    def load(self, *, full: bool = False) -> str:
        self.repository.fetch()
        return load_deployed_commits(self.facts, product(), self.repository, full=full)[1]

    def brought(self) -> dict[str, list[int]]:
        """Deployment to the places of its commits."""
        found: dict[str, list[int]] = {}
        for row in rows(self.store):
            found.setdefault(row["deployment"], []).append(self.commits.index(row["commit"]))
        return {name: sorted(places) for name, places in sorted(found.items())}


@pytest.fixture
def shop(store: Store, tmp_path: Path) -> Shop:
    return Shop(store, tmp_path)


def test_the_first_deployment_brings_nothing_and_a_rollback_neither(shop: Shop) -> None:
    for hour, place in enumerate((1, 3, 2, 5)):
        shop.deploy(f"D-{hour}", hour, shop.commits[place])
    assert shop.load() == ""
    assert shop.brought() == {"D-1": [2, 3], "D-3": [4, 5]}
    (row, *_) = rows(shop.store)
    assert row["deployed_at"] == T0 + timedelta(hours=1)
    assert row["authored_at"] < row["deployed_at"]


def test_a_late_arrival_rewrites_what_it_changes_and_nothing_else(shop: Shop) -> None:
    for hour, place in ((1, 1), (3, 4), (5, 6), (7, 7)):
        shop.deploy(f"D-{hour}", hour, shop.commits[place])
    shop.load()
    before = {row["commit"]: row["loaded_at"] for row in rows(shop.store)}
    shop.deploy("D-4", 4, shop.commits[5])
    shop.load()
    assert shop.brought() == {"D-3": [2, 3, 4], "D-4": [5], "D-5": [6], "D-7": [7]}
    changed = [row["commit"] for row in rows(shop.store) if row["loaded_at"] != before[row["commit"]]]
    assert changed == [shop.commits[5]]


def test_an_earlier_first_deployment_makes_the_next_one_bring_something(shop: Shop) -> None:
    shop.deploy("D-2", 2, shop.commits[3])
    shop.deploy("D-3", 3, shop.commits[4])
    shop.load()
    assert shop.brought() == {"D-3": [4]}
    shop.deploy("D-1", 1, shop.commits[1])
    shop.load()
    assert shop.brought() == {"D-2": [2, 3], "D-3": [4]}


def test_a_deployment_that_moved_to_another_environment_leaves_its_line(shop: Shop) -> None:
    for hour, place in ((1, 1), (2, 2), (3, 4)):
        shop.deploy(f"D-{hour}", hour, shop.commits[place])
    shop.load()
    shop.deploy("D-1", 1, shop.commits[1], environment="staging")
    shop.load()
    assert shop.brought() == {"D-3": [3, 4]}


def test_a_commit_that_is_not_there_is_told_and_found_when_it_comes(shop: Shop) -> None:
    shop.deploy("D-1", 1, shop.commits[1])
    shop.deploy("D-2", 2, "f" * 40)
    shop.deploy("D-3", 3, shop.commits[5])
    shop.deploy("D-4", 4)
    shop.deploy("D-5", 5, version="9.9.9", ref="; rm -rf /")
    assert shop.load().splitlines() == [
        f"deployment 'D-2' to production of 2026-11-02 11:00 UTC: the repository has no commit '{'f' * 40}'; was its branch "
        "rewritten, or is it another's?",
        "deployment 'D-4' to production of 2026-11-02 13:00 UTC: names no commit, ref or version; name one of them",
        "deployment 'D-5' to production of 2026-11-02 14:00 UTC: no tag for '; rm -rf /' or '9.9.9'; push the tag, or name "
        "the commit",
    ]
    assert shop.brought() == {"D-3": [2, 3, 4, 5]}
    shop.source.tag("v9.9.9", shop.commits[7])
    assert "D-5" not in shop.load()
    assert shop.brought() == {"D-3": [2, 3, 4, 5], "D-5": [6, 7]}
    shop.deploy("D-2", 2, shop.commits[3])
    shop.load()
    assert shop.brought() == {"D-2": [2, 3], "D-3": [4, 5], "D-5": [6, 7]}


def test_a_rewritten_history_does_not_make_all_of_it_new(shop: Shop) -> None:
    shop.deploy("D-1", 1, shop.commits[1])
    shop.deploy("D-2", 2, shop.commits[3])
    shop.load()
    rewritten = [shop.source.commit("feat: 0 again", parents=[])]
    rewritten += [shop.source.commit(f"feat: {i} again") for i in range(1, 8)]
    shop.commits += rewritten
    shop.repository.fetch()
    mirror = shop.repository._mirror.path
    git(mirror, "reflog", "expire", "--expire=now", "--all")
    git(mirror, "gc", "--quiet", "--prune=now")
    age(shop.store)
    shop.deploy("D-3", 3, rewritten[5])
    assert f"the repository has no commit '{shop.commits[3]}'" in shop.load()
    assert shop.brought() == {"D-2": [2, 3]}
    for again in ({}, {"url": "https://ci.example.org/3"}):
        age(shop.store)
        shop.deploy("D-4", 4, rewritten[7])
        shop.deploy("D-3", 3, rewritten[5], **again)
        shop.load()
        assert shop.brought() == {"D-2": [2, 3], "D-4": [14, 15]}


def test_a_deployment_is_found_by_its_tag_its_version_and_a_shortened_commit(shop: Shop) -> None:
    for version, place in (("1.0.0", 1), ("1.1.0", 3), ("1.2.0", 5)):
        shop.source.tag(f"v{version}", shop.commits[place], f"Release {version}")
    shop.deploy("D-1", 1, version="1.0.0")
    shop.deploy("D-2", 2, ref="v1.1.0")
    shop.deploy("D-3", 3, version="1.2.0", ref="main")
    shop.deploy("D-4", 4, shop.commits[6][:10].upper())
    assert shop.load() == ""
    assert shop.brought() == {"D-2": [2, 3], "D-3": [4, 5], "D-4": [6]}


def test_another_repository_is_told_and_left_alone(shop: Shop) -> None:
    shop.deploy("D-1", 1, shop.commits[1], repository="other/thing")
    shop.deploy("D-2", 2, shop.commits[2], repository="other/thing")
    assert "repository 'other/thing' is not the product's" in shop.load()
    assert shop.brought() == {}


def test_a_line_takes_a_bounded_number_of_calls_of_git(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    from release_ops.adapters.git_process import Git

    calls = []
    start = Git._start
    monkeypatch.setattr(
        Git, "_start", lambda self, args, *more, **named: (calls.append(args[0]), start(self, args, *more, **named))[1]
    )
    shop.repository.fetch()

    def count() -> int:
        calls.clear()
        load_deployed_commits(shop.facts, product(), shop.repository, full=False)
        return len(calls)

    for hour, place in ((1, 0), (2, 1)):
        shop.deploy(f"D-{hour}", hour, shop.commits[place])
    few = count()
    for hour in range(3, 40):
        shop.deploy(f"D-{hour:02}", hour, shop.commits[hour % 8])
    assert count() == few + 1  # the base, too, is looked up
    assert calls.count("log") == 1
    assert calls.count("cat-file") == 2


def test_a_deployment_that_was_written_by_a_slow_transaction_is_not_missed(shop: Shop) -> None:
    """Its time is that of the transaction's beginning, which is before the last reading."""
    for hour, place in ((1, 0), (2, 1)):
        shop.deploy(f"D-{hour}", hour, shop.commits[place])
    with shop.store.connect() as slow:
        with slow.transaction():
            slow.execute("SELECT now()")
            shop.deploy("D-4", 4, shop.commits[4])
            shop.load()
            slow.execute(
                "INSERT INTO release_ops.deployment (product, deployment, environment, commit, result, finished_at) "
                "VALUES ('webapp', 'D-3', 'production', %s, 'success', %s)",
                [shop.commits[2], T0 + timedelta(hours=3)],
            )
        shop.load()
    assert shop.brought() == {"D-2": [1], "D-3": [2], "D-4": [3, 4]}
