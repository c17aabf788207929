"""In which release a change is: by ancestry, over copies and reverts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from release_ops.domain.change import RawCommit
from release_ops.domain.change_history import (
    Record,
    asked_for,
    described,
    history_of,
    mattering,
    whereabouts,
)
from release_ops.domain.ranges import Release, in_order
from release_ops.domain.versions import parse_version

IDS = {name: f"{i:02x}" * 20 for i, name in enumerate("abcdefghijklmnopqrstuvwxyz", start=0x10)}


def release(version: str, commit: str) -> Release:
    return Release(parse_version(version), f"v{version}", IDS[commit])


class Past:
    """A history written commit by commit, oldest first; `records` come as git gives them, newest first."""

    def __init__(self) -> None:
        self.commits: list[RawCommit] = []

    def add(self, name: str, message: str, *parents: str, authored: int = 0) -> None:
        at = 1000 + len(self.commits)
        above = tuple(IDS[parent] for parent in parents)
        self.commits.append(RawCommit(IDS[name], above, message, "Ada", "a@b", at, authored or at))

    def records(self, *releases: Release, **options: Any) -> list[Record]:
        return history_of(reversed(self.commits), releases, **options)

    @property
    def parents(self) -> Mapping[str, Sequence[str]]:
        return {commit.id: commit.parents for commit in self.commits}

    def spans(self, name: str, *releases: Release) -> str:
        """Runs of releases that have the change of a commit, as words."""
        records = self.records(*releases)
        (change,) = {record.change for record in records if record.commit == IDS[name]}
        (found,) = whereabouts(records, self.parents, releases, [change])
        return ", ".join(f"{start.tag}..{end.tag if end else ''}" for start, end in found.spans)


def by_name(records: Sequence[Record]) -> dict[str, Record]:
    names = {full: name for name, full in IDS.items()}
    return {names[record.commit]: record for record in records}


def tags(record: Record) -> tuple[str | None, str | None]:
    pre, final = record.first_prerelease, record.first_final
    return (pre.tag if pre else None), (final.tag if final else None)


@pytest.fixture
def past() -> Past:
    """a (v1.0.0) - b - c (v1.1.0-rc.1) - d (v1.1.0) - e, and x on top of a: the backport of c, v1.0.1."""
    past = Past()
    past.add("a", "feat: begin")
    past.add("b", "feat(cart): gift cards (#7)", "a")
    past.add("c", "fix(cart): round half up\n\nCloses WEB-7", "b", authored=50)
    past.add("x", "fix(cart): round half up\n\nCloses WEB-7", "a", authored=50)
    past.add("d", "docs: say so", "c")
    past.add("e", "feat!: drop version 1 of the API", "d")
    return past


RELEASES = (release("1.0.0", "a"), release("1.0.1", "x"), release("1.1.0-rc.1", "c"), release("1.1.0", "d"))


def test_a_change_has_its_first_prerelease_and_its_first_final_release(past: Past) -> None:
    found = by_name(past.records(*RELEASES))
    assert tags(found["a"]) == (None, "v1.0.0")
    assert tags(found["b"]) == ("v1.1.0-rc.1", "v1.1.0")
    assert tags(found["d"]) == (None, "v1.1.0")
    assert tags(found["e"]) == (None, None)


def test_a_backport_shares_the_name_of_its_change_and_has_releases_of_its_own(past: Past) -> None:
    found = by_name(past.records(*RELEASES))
    assert found["c"].change == found["x"].change == IDS["c"]
    assert tags(found["x"]) == (None, "v1.0.1")
    assert past.spans("c", *RELEASES) == past.spans("x", *RELEASES) == "v1.0.1.."


def test_a_release_without_the_change_between_two_that_have_it_is_seen(past: Past) -> None:
    past.add("y", "fix: other", "a")
    assert past.spans("x", *RELEASES, release("1.0.2", "y")) == "v1.0.1..v1.0.1, v1.1.0.."


def test_what_a_final_release_had_first_is_no_news_in_a_later_prerelease(past: Past) -> None:
    found = by_name(past.records(release("1.0.0", "b"), release("1.1.0-rc.1", "c")))
    assert tags(found["b"]) == (None, "v1.0.0")
    assert tags(found["c"]) == ("v1.1.0-rc.1", None)


def test_a_record_says_what_the_commit_says(past: Past) -> None:
    found = by_name(past.records())
    assert (found["b"].type, found["b"].scope, found["b"].description, found["b"].issues) == (
        "feat", "cart", "gift cards (#7)", ("#7",)
    )  # fmt: skip
    assert found["c"].issues == ("WEB-7",)
    assert found["e"].breaking
    assert not found["c"].breaking


def test_a_merge_tells_nothing_but_the_pull_request_that_it_is_of(past: Past) -> None:
    past.add("f", "Merge pull request #12 from ada/topic", "e", "x")
    merge = by_name(past.records(*RELEASES))["f"]
    assert (merge.told, merge.issues, merge.description) == (False, ("#12",), "Merge pull request #12 from ada/topic")


def test_a_description_is_bounded() -> None:
    past = Past()
    past.add("a", f"feat: {'x' * 10_000}")
    assert len(past.records()[0].description) == 500


# Reverts


def revert(name: str) -> str:
    return f'Revert "x"\n\nThis reverts commit {IDS[name]}.\n'


def reverted(past: Past) -> dict[str, str]:
    names = {full: name for name, full in IDS.items()}
    return {name: names[record.reverted_by] for name, record in by_name(past.records()).items() if record.reverted_by}


def test_a_revert_takes_its_change_back_from_its_own_release_on(past: Past) -> None:
    past.add("f", revert("b"), "e")
    assert reverted(past) == {"b": "f"}
    assert past.spans("b", *RELEASES, release("1.2.0", "f")) == "v1.1.0..v1.1.0"


def test_the_revert_of_a_revert_brings_the_change_back(past: Past) -> None:
    past.add("f", revert("b"), "e")
    past.add("g", revert("f"), "f")
    assert reverted(past) == {"f": "g"}
    past.add("h", revert("g"), "g")
    assert reverted(past) == {"g": "h", "b": "f"}


def test_a_revert_takes_back_the_copies_in_its_own_history_and_no_others(past: Past) -> None:
    past.add("y", revert("c"), "x")
    assert reverted(past) == {"x": "y"}
    assert past.spans("c", *RELEASES, release("1.0.2", "y")) == "v1.0.1..v1.0.1, v1.1.0.."


def test_a_revert_without_an_id_takes_back_the_nearest_commit_of_its_subject_that_is_left() -> None:
    past = Past()
    past.add("a", "feat: x")
    past.add("b", "feat: x", "a")
    past.add("c", 'Revert "feat: x"', "b")
    assert reverted(past) == {"b": "c"}
    past.add("d", 'Revert "feat: x"', "c")
    assert reverted(past) == {"b": "d", "a": "c"}


def test_the_revert_of_a_merge_takes_back_what_the_merge_brought(past: Past) -> None:
    past.add("s", "feat: on the side", "b")
    past.add("t", "fix: on the side", "s")
    past.add("m", "Merge branch 'side'", "e", "t")
    past.add("n", revert("m"), "m")
    assert reverted(past) == {"m": "n", "s": "n", "t": "n"}


def test_a_revert_that_came_with_a_merge_that_was_reverted_takes_nothing_back(past: Past) -> None:
    past.add("s", revert("b"), "d")
    past.add("m", "Merge branch 'side'", "e", "s")
    past.add("n", revert("m"), "m")
    assert reverted(past) == {"m": "n", "s": "n"}


def test_ten_thousand_reverts_of_copied_changes_take_no_longer_than_one_pass() -> None:
    """Every one of them asks which copies are in its history."""
    size, copied = 10_000, "fix: same"
    commits = [RawCommit(f"{0:040x}", (), copied, "Ada", "", 1, 1), RawCommit(f"{1:040x}", (), copied, "Ada", "", 1, 1)]
    last = commits[0].id
    for i in range(2, size):
        message = f'Revert "fix: same"\n\nThis reverts commit {commits[0].id}.'
        commits.append(RawCommit(f"{i:040x}", (last,), message, "Ada", "", i, i))
        last = commits[-1].id
    found = {record.commit: record for record in history_of(reversed(commits), [])}
    assert found[commits[0].id].reverted_by is not None
    assert found[commits[1].id].reverted_by is None


# Questions


def test_a_question_is_a_commit_an_issue_or_words(past: Past) -> None:
    past.add("f", "Merge pull request #12 from ada/topic", "e", "x")
    past.add("g", "fix: see octo/web#7", "f")
    records = past.records()
    names = {full: name for name, full in IDS.items()}

    def asked(question: str) -> str:
        return "".join(sorted(names[record.commit] for record in asked_for(records, question)))

    assert asked(IDS["b"][:7]) == asked(IDS["b"].upper()) == "b"
    assert asked("#7") == "bg"
    assert asked("octo/web#7") == "g"
    assert asked("#12") == "f"
    assert asked("WEB-7") == "cx"
    assert asked("HALF round") == "cx"
    assert asked("nothing like it") == asked("  ") == asked("abcdef0123") == ""


@pytest.mark.parametrize("question", ["#7", "WEB-7", "HALF round", IDS["c"][:9], "API drop"])
def test_what_is_not_parsed_makes_no_difference_to_the_answer(past: Past, question: str) -> None:
    past.add("f", revert("b"), "e")
    full, quick = past.records(*RELEASES), past.records(*RELEASES, matters=mattering(question))
    assert [one.commit for one in asked_for(quick, question)] == [one.commit for one in asked_for(full, question)] != []
    raw = {commit.id: commit for commit in past.commits}
    assert [described(record, raw[record.commit]) for record in quick] == full


# The definition


@st.composite
def histories(draw: st.DrawFn) -> tuple[list[RawCommit], list[Release]]:
    size = draw(st.integers(1, 14))
    commits = []
    for i in range(size):
        above = draw(st.lists(st.integers(0, i - 1), max_size=3, unique=True)) if i else []
        commits.append(RawCommit(f"{i:040x}", tuple(f"{one:040x}" for one in above), f"feat: {i}"))
    numbers = draw(
        st.lists(st.sampled_from(["1.0.0-rc.1", "1.0.0", "1.0.1", "1.1.0-rc.1", "1.1.0", "2.0.0"]), unique=True)
    )
    places = [draw(st.integers(0, size - 1)) for _ in numbers]
    return commits, [
        Release(parse_version(one), f"v{one}", f"{place:040x}") for one, place in zip(numbers, places, strict=True)
    ]


@given(histories())
def test_first_is_the_first_in_order_of_the_releases_that_contain_it(
    given: tuple[list[RawCommit], list[Release]],
) -> None:
    commits, releases = given
    parents = {commit.id: commit.parents for commit in commits}
    within = {commit.id: {commit.id} for commit in commits}
    for commit in commits:  # parents come first here
        for above in commit.parents:
            within[commit.id] |= within[above]
    finals = [one for one in releases if one.is_final]
    records = history_of(reversed(commits), releases)
    for record in records:
        first = next((one for one in in_order(parents, releases) if record.commit in within[one.commit]), None)
        final = next((one for one in in_order(parents, finals) if record.commit in within[one.commit]), None)
        assert record.first_final == final
        assert record.first_prerelease == (None if first is None or first.is_final else first)
    for found in whereabouts(records, parents, releases, [record.change for record in records]):
        ordered = sorted(finals, key=lambda one: one.version)
        has = [one for one in ordered if found.copies[0].commit in within[one.commit]]
        told = [
            one
            for start, end in found.spans
            for one in ordered[ordered.index(start) : (ordered.index(end) if end else len(ordered)) + 1]
        ]
        assert told == has
