"""Which release a commit belongs to."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from release_ops.domain.change import Tag
from release_ops.domain.ranges import Parents, Release, attribute, in_order, plan, reachable, releases_of
from release_ops.domain.versions import parse_version


def release(version: str, commit: str) -> Release:
    return Release(parse_version(version), f"v{version}", commit)


def owned(parents: Parents, *releases: Release) -> dict[str, str]:
    """Tag -> its commits, in alphabetical order, as one word."""
    found: dict[str, str] = {}
    for commit, owner in sorted(attribute(parents, releases).items()):
        found[owner.tag] = found.get(owner.tag, "") + commit
    return found


def line(commits: str) -> dict[str, tuple[str, ...]]:
    """`abc`: a, then b on top of it, then c."""
    return {commit: (commits[i - 1],) if i else () for i, commit in enumerate(commits)}


def test_each_release_owns_what_came_since_the_one_before() -> None:
    found = owned(line("abcdef"), release("1.0.0", "b"), release("1.1.0", "e"))
    assert found == {"v1.0.0": "ab", "v1.1.0": "cde"}


def test_a_release_branch_that_is_merged_back_is_not_told_twice() -> None:
    # a - b - c - d - m - e      v1.1.0 is tagged on x, on a branch that is merged back at m.
    #      \- x -----/
    parents = line("abcde") | {"x": ("b",), "m": ("d", "x"), "e": ("m",)}
    releases = (release("1.0.0", "a"), release("1.1.0", "x"), release("1.2.0", "e"))
    assert owned(parents, *releases) == {"v1.0.0": "a", "v1.1.0": "bx", "v1.2.0": "cdem"}
    assert plan(parents, releases, "e").previous == {"v1.1.0": "v1.0.0", "v1.2.0": "v1.1.0"}


def test_a_release_branch_that_is_never_merged_back_keeps_what_it_shares() -> None:
    parents = line("abcd") | {"x": ("b",)}
    releases = (release("1.0.0", "a"), release("1.1.0", "x"), release("1.2.0", "d"))
    assert owned(parents, *releases) == {"v1.0.0": "a", "v1.1.0": "bx", "v1.2.0": "cd"}
    assert plan(parents, releases, "d").previous == {"v1.1.0": "v1.0.0", "v1.2.0": "v1.1.0"}


def test_a_maintenance_line_compares_with_its_own_releases() -> None:
    parents = line("abc") | {"x": ("a",), "y": ("x",)}
    releases = (release("1.0.0", "a"), release("2.0.0", "c"), release("1.0.1", "x"), release("1.0.2", "y"))
    assert owned(parents, *releases) == {"v1.0.0": "a", "v1.0.1": "x", "v1.0.2": "y", "v2.0.0": "bc"}
    assert plan(parents, releases, "c").previous == {"v1.0.1": "v1.0.0", "v1.0.2": "v1.0.1", "v2.0.0": "v1.0.0"}


def test_ancestry_wins_over_versions_that_go_backwards() -> None:
    releases = (release("2.1.0", "c"), release("3.0.0", "b"))
    assert [one.tag for one in in_order(line("abc"), releases)] == ["v3.0.0", "v2.1.0"]
    assert owned(line("abc"), *releases) == {"v3.0.0": "ab", "v2.1.0": "c"}


def test_two_tags_on_one_commit() -> None:
    assert owned(line("ab"), release("1.0.0", "b"), release("1.0.0-rc.1", "b")) == {"v1.0.0-rc.1": "ab"}


def test_a_history_that_ends_early_and_a_tag_outside_of_it() -> None:
    parents = {"c": ("b",), "b": ("outside",)}
    assert owned(parents, release("1.0.0", "elsewhere"), release("1.1.0", "c")) == {"v1.1.0": "bc"}


def test_the_next_release_is_compared_with_the_highest_of_one_commit() -> None:
    releases = (release("1.0.0", "a"), release("1.0.1", "a"), release("1.1.0", "b"))
    found = plan(line("abc"), releases, "c")
    assert found.previous == {"v1.0.1": "v1.0.0", "v1.1.0": "v1.0.1"}
    assert plan(line("abc"), releases[:2], "a").latest == "v1.0.1"


def test_readers_know_what_is_in_a_history_and_not_what_only_shares_commits_with_it() -> None:
    # a - b - c - d      v0.9.2 is on x: its version is lower than that of c, so that b belongs to it.
    #      \- x
    parents = line("abcd") | {"x": ("b",)}
    early, beside, late = release("0.9.1", "a"), release("0.9.2", "x"), release("0.10.0", "c")
    found = plan(parents, (early, beside, late), "d")
    assert found.owners["b"] is beside
    assert [found.knows(None, one.tag) for one in (early, beside, late)] == [True, False, True]


def test_readers_of_a_final_release_know_of_no_prerelease_beside_it() -> None:
    parents = line("abc") | {"x": ("a",)}
    beta, final = release("1.0.1-beta.1", "x"), release("1.1.0", "c")
    found = plan(parents, (release("1.0.0", "a"), beta, final), None)
    assert found.entries[1:3] == (final, beta)
    assert not found.knows(final, beta.tag)


def test_readers_of_another_root_come_from_the_release_below_it() -> None:
    parents = line("ab") | {"x": ()}
    found = plan(parents, (release("1.0.0", "a"), release("1.1.0", "b"), release("2.0.0", "x")), None)
    assert found.previous["v2.0.0"] == "v1.1.0"
    assert [found.knows(found.by_tag["v2.0.0"], tag) for tag in ("v1.0.0", "v1.1.0")] == [True, True]


def test_tags_are_read_by_their_pattern() -> None:
    tags = [Tag("v1.10.0", "b"), Tag("v1.9.0", "a", annotated=True), Tag("nightly", "c"), Tag("api-v2.0.0", "d")]
    assert [one.tag for one in releases_of(tags, "v{version}")] == ["v1.9.0", "v1.10.0"]
    assert [one.tag for one in releases_of(tags, "api-v{version}")] == ["api-v2.0.0"]


def test_a_tag_that_is_no_semantic_version_counts_where_no_other_has_its_version() -> None:
    tags = [Tag("v1.0", "a"), Tag("v1.0.1", "b"), Tag("v2.0rc1", "c"), Tag("v2.0.0", "d"), Tag("v2.0", "e")]
    found = releases_of(tags, "v{version}")
    assert [(one.tag, one.name) for one in found] == [
        ("v1.0", "1.0"),
        ("v1.0.1", "1.0.1"),
        ("v2.0rc1", "2.0rc1"),
        ("v2.0.0", "2.0.0"),
    ]


def test_a_short_tag_that_moves_along_is_no_release() -> None:
    tags = [Tag("v2.1.1", "a"), Tag("v2.1.2", "b"), Tag("v2.1", "b"), Tag("v2", "b")]
    assert [one.tag for one in releases_of(tags, "v{version}")] == ["v2.1.1", "v2.1.2"]


def test_a_second_form_of_tags_adds_what_the_first_lacks() -> None:
    tags = [Tag("v1.0.0", "a"), Tag("1.0.0", "z"), Tag("1.1.0", "b"), Tag("v1.2.0", "c")]
    assert [one.tag for one in releases_of(tags, "v{version}", "{version}")] == ["v1.0.0", "1.1.0", "v1.2.0"]
    assert [one.tag for one in releases_of(tags, "v{version}")] == ["v1.0.0", "v1.2.0"]


class TestPlan:
    """The entries of a changelog."""

    def groups(self, parents: Parents, head: str | None, *releases: Release) -> dict[str, str]:
        ids = sorted(parents)
        found = plan(parents, releases, head).group(ids)
        return {tag: "".join(ids[at] for at in places) for tag, places in found.items()}

    def test_without_tags_all_is_unreleased(self) -> None:
        assert self.groups(line("abc"), "c") == {"": "abc"}

    def test_a_final_release_tells_what_its_pre_releases_told(self) -> None:
        releases = (release("1.0.0", "a"), release("1.1.0-rc.1", "b"), release("1.1.0-rc.2", "c"))
        assert self.groups(line("abcde"), "e", *releases) == {
            "": "de",
            "v1.1.0-rc.2": "c",
            "v1.1.0-rc.1": "b",
            "v1.0.0": "a",
        }
        releases += (release("1.1.0", "d"),)
        assert self.groups(line("abcde"), "e", *releases) == {"": "e", "v1.1.0": "bcd", "v1.0.0": "a"}

    def test_a_pre_release_beside_its_final_release_loses_nothing(self) -> None:
        parents = line("abc") | {"x": ("b",)}
        releases = (release("1.0.0", "a"), release("1.1.0-rc.1", "x"), release("1.1.0", "c"))
        assert self.groups(parents, "c", *releases) == {"": "", "v1.1.0": "bc", "v1.0.0": "a"}

    def test_a_pre_release_that_another_version_took_over(self) -> None:
        releases = (release("1.0.0", "a"), release("1.1.0-beta.1", "b"), release("2.0.0", "c"))
        assert self.groups(line("abc"), "c", *releases) == {"": "", "v2.0.0": "bc", "v1.0.0": "a"}

    def test_commits_outside_of_the_head_are_not_unreleased(self) -> None:
        parents = line("ab") | {"x": ("a",), "y": ("x",)}
        assert self.groups(parents, "b", release("1.0.0", "x")) == {"": "b", "v1.0.0": "ax"}
        assert self.groups(parents, None, release("1.0.0", "x")) == {"": "", "v1.0.0": "ax"}


@st.composite
def histories(draw: Any) -> tuple[dict[str, tuple[str, ...]], list[Release]]:
    """A random history of up to 12 commits with merges and several roots, and up to 6 versions anywhere in it."""
    size = draw(st.integers(1, 12))
    parents = {
        str(i): tuple(str(p) for p in draw(st.lists(st.integers(0, i - 1), max_size=3, unique=True))) if i else ()
        for i in range(size)
    }
    versions = ["1.0.0", "1.1.0-rc.1", "1.1.0", "1.2.0-beta.1", "1.2.0", "2.0.0-alpha.1", "2.0.0"]
    chosen = draw(st.lists(st.sampled_from(versions), max_size=6, unique=True))
    return parents, [release(version, str(draw(st.integers(0, size - 1)))) for version in chosen]


def ancestors(parents: Parents, commit: str) -> set[str]:
    return {commit}.union(*(ancestors(parents, parent) for parent in parents[commit]))


@given(histories())
def test_the_order_is_that_of_the_versions_unless_ancestry_contradicts_it(history: Any) -> None:
    parents, releases = history
    ordered = in_order(parents, releases)
    assert sorted(one.tag for one in ordered) == sorted(one.tag for one in releases)
    below = {one.tag: ancestors(parents, one.commit) - {one.commit} for one in releases}
    for i, one in enumerate(ordered):
        assert not [later for later in ordered[i + 1 :] if later.commit in below[one.tag]]
    if not any(
        other.commit in below[one.tag] and other.version > one.version for one in releases for other in releases
    ):
        assert [one.version for one in ordered] == sorted(one.version for one in releases)


@given(histories())
def test_a_commit_belongs_to_the_first_release_that_reaches_it(history: Any) -> None:
    parents, releases = history
    wanted: dict[str, str] = {}
    for one in in_order(parents, releases):
        for commit in ancestors(parents, one.commit):
            wanted.setdefault(commit, one.tag)
    assert {commit: one.tag for commit, one in attribute(parents, releases).items()} == wanted


@given(histories(), st.data())
def test_every_commit_is_in_one_entry_or_in_none_that_is_asked_for(history: Any, data: st.DataObject) -> None:
    parents, releases = history
    head = data.draw(st.sampled_from(sorted(parents)))
    found = plan(parents, releases, head)
    ids = sorted(parents)
    told = [ids[at] for places in found.group(ids).values() for at in places]
    assert len(told) == len(set(told))
    finals = [one for one in releases if one.is_final]
    entries = [entry for entry in found.entries if entry is not None]
    assert set(told) == reachable(parents, [head, *(one.commit for one in entries)])
    for one in finals:
        lower = [other for other in finals if other.commit in ancestors(parents, one.commit) and other is not one]
        mine = {ids[at] for at in found.group(ids)[one.tag]}
        assert mine == ancestors(parents, one.commit) - set().union(
            *(
                ancestors(parents, other.commit)
                for other in in_order(parents, finals)[: in_order(parents, finals).index(one)]
            )
        )
        assert not mine & set().union(
            *(ancestors(parents, other.commit) for other in lower if other.commit != one.commit)
        )


@pytest.mark.parametrize("size", [50_000])
def test_a_long_history_needs_no_recursion_and_ends(size: int) -> None:
    parents = {str(i): (str(i - 1),) if i else () for i in range(size)}
    backwards = [release(f"1.0.{size - i}", str(i)) for i in range(0, size, 100)]
    assert len(attribute(parents, backwards)) == int(backwards[-1].commit) + 1
