"""Every release of a history: chains of commits, texts that are asked for again, packages."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from release_ops.domain.change import RawCommit, Tag
from release_ops.domain.changelog import Changelog
from release_ops.domain.ranges import Release, plan, releases_of
from release_ops.domain.segments import Graph
from release_ops.domain.whole_history import Package, WholeHistory

DAY = dt.date(2026, 11, 20)
TEXTS = [
    *("feat: search", "fix: close files", "wip", "docs: more", 'Revert "feat: search"', "fix!: drop it", "chore: tidy"),
    "fix: close files\n\n(cherry picked from commit {other})",
    'Revert "fix: close files"\n\nThis reverts commit {other}.',
]
VERSIONS = ["1.0.0", "1.1.0-rc.1", "1.1.0", "1.2.0-beta.1", "1.2.0", "2.0.0-alpha.1", "2.0.0"]


def sha(number: int) -> str:
    return f"{number:040x}"


@st.composite
def histories(draw: Any) -> tuple[list[RawCommit], list[Release]]:
    """Up to 14 commits, newest first as far as that can be, with merges, roots, copies and reverts; up to 6 tags."""
    size = draw(st.integers(1, 14))
    texts = draw(st.sampled_from([TEXTS, TEXTS[:4]]))
    twins = draw(st.booleans())
    commits = []
    for i in range(size):
        parents = draw(st.lists(st.integers(0, i - 1), max_size=3, unique=True)) if i else []
        message = draw(st.sampled_from(texts)).format(other=sha(draw(st.integers(0, size - 1))))
        paths = draw(st.lists(st.sampled_from(["a/x", "b/y/z", "b/x", "README.md"]), max_size=2, unique=True))
        at = draw(st.integers(1, 3)) if twins else i + 1
        commits.append(
            RawCommit(sha(i), tuple(map(sha, parents)), message, "Ada", "", 100 + i, authored_at=at, paths=tuple(paths))
        )
    if draw(st.booleans()):
        commits.reverse()
    chosen = draw(st.lists(st.sampled_from(VERSIONS), max_size=6, unique=True))
    tags = [Tag(f"v{version}", sha(draw(st.integers(0, size - 1)))) for version in chosen]
    return commits, releases_of(tags, "v{version}")


def told(found: Sequence[Changelog]) -> list[tuple[Any, ...]]:
    return [(one.version, one.previous, one.date, [change.id for change in one.changes]) for one in found]


def whole(commits: list[RawCommit], releases: list[Release], head: str, **options: Any) -> list[Changelog]:
    history = WholeHistory(commits, [Package(name="webapp", releases=releases)], head=head, **options)
    return list(history.changelogs(on=DAY))


@given(histories(), st.data())
def test_a_chain_is_attributed_as_its_commits_are(history: Any, data: st.DataObject) -> None:
    commits, releases = history
    head = data.draw(st.sampled_from([commit.id for commit in commits]))
    graph = Graph()
    for commit in commits:
        graph.add(commit.id, commit.parents)
    condensed = graph.condensed({head, *(release.commit for release in releases)})
    assert graph.ids() == [commit.id for commit in commits]
    one_by_one = plan({commit.id: commit.parents for commit in commits}, releases, head)
    by_chain = plan(condensed.parents, releases, head)
    chain_of = dict(zip(graph.ids(), condensed.chains, strict=True))
    assert {one: by_chain.owners[chain_of[one]].tag for one in chain_of if chain_of[one] in by_chain.owners} == {
        one: owner.tag for one, owner in one_by_one.owners.items()
    }
    assert {one for one in chain_of if chain_of[one] in by_chain.unreleased} == one_by_one.unreleased
    assert (by_chain.entries, by_chain.previous, by_chain.latest) == (
        *(one_by_one.entries, one_by_one.previous, one_by_one.latest),
    )
    for entry in by_chain.entries:
        for release in releases:
            assert by_chain.knows(entry, release.tag) == one_by_one.knows(entry, release.tag)


@given(histories(), st.integers(0, 5), st.data())
def test_texts_that_were_let_go_are_asked_for_again(history: Any, keep: int, data: st.DataObject) -> None:
    commits, releases = history
    head = data.draw(st.sampled_from([commit.id for commit in commits]))
    by_id = {commit.id: commit for commit in commits}
    asked: list[str] = []

    def again(ids: Sequence[str]) -> Any:
        asked.extend(ids)
        return (by_id[one] for one in ids)

    assert told(whole(commits, releases, head, again=again, keep=keep)) == told(whole(commits, releases, head))
    assert bool(asked) == (len(commits) > keep)


@given(histories(), st.data())
def test_a_package_tells_its_own_commits_by_everybodys_tags(history: Any, data: st.DataObject) -> None:
    commits, releases = history
    head = data.draw(st.sampled_from([commit.id for commit in commits]))
    mine = releases if data.draw(st.booleans()) else releases[:2]
    packages = [
        Package(name="a", folders=("a/",), releases=releases),
        Package(name="b", folders=("b/y/", "b/x"), releases=mine),
        Package(name="all", releases=releases),
    ]
    both = WholeHistory(commits, packages, head=head)
    everything = {one.version: {change.id for change in one.changes} for one in both.changelogs(2, on=DAY)}
    assert everything == {one.version: {change.id for change in one.changes} for one in whole(commits, releases, head)}
    paths = {commit.id: commit.paths for commit in commits}
    for one in both.changelogs(0, on=DAY):
        for change in one.changes:
            assert any(path.startswith("a/") for path in paths[change.id])
    alone = WholeHistory(commits, [packages[1]], head=head)
    assert told(list(both.changelogs(1, on=DAY))) == told(list(alone.changelogs(on=DAY)))
    plain = [commit for commit in commits if "\n" not in commit.message and not commit.message.startswith("Revert")]
    if plain == commits and len({commit.authored_at for commit in commits}) == len(commits):
        # Nothing is a copy, a revert or a merge that says what its branch said: each tells its own, and all of it.
        single = {commit.id for commit in commits if len(commit.parents) < 2}
        held = {one.version: {change.id for change in one.changes} for one in both.changelogs(0, on=DAY)}
        for version, ids in everything.items():
            touched = {one for one in ids & single if any(path.startswith("a/") for path in paths[one])}
            assert held.get(version, set()) & single == touched


def test_a_release_whose_commit_touches_another_package_has_its_heading() -> None:
    commits = [
        RawCommit("c" * 40, ("b" * 40,), "feat: in b", committed_at=3, paths=("b/x",)),
        RawCommit("b" * 40, ("a" * 40,), "feat: in a", committed_at=2, paths=("a/x",)),
        RawCommit("a" * 40, (), "feat: begin", committed_at=1, paths=("a/x", "b/x")),
    ]
    releases = releases_of([Tag("v1.0.0", "a" * 40), Tag("v1.1.0", "b" * 40), Tag("v1.2.0", "c" * 40)], "v{version}")
    history = WholeHistory(
        commits, [Package(name=name, folders=(f"{name}/",), releases=releases) for name in "ab"], head="c" * 40
    )
    for package, expected in ((0, ["begin", "in a", None]), (1, ["begin", None, "in b"])):
        found = list(history.changelogs(package, on=DAY))
        assert [one.version for one in found] == ["1.0.0", "1.1.0", "1.2.0"]
        assert [next((change.description for change in one.changes), None) for one in found] == expected


@pytest.mark.parametrize("size", [50_000])
def test_a_long_chain_in_any_order_needs_no_recursion(size: int) -> None:
    for numbers in (range(size), range(size - 1, -1, -1)):
        graph = Graph()
        for i in numbers:
            graph.add(sha(i), (sha(i - 1),) if i else ())
        assert set(graph.condensed([sha(size - 1)]).chains) == {sha(size - 1)}
