"""Commits -> a changelog, and a changelog in its file."""

from __future__ import annotations

import datetime as dt
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from release_ops.domain.change import RawCommit, Tag
from release_ops.domain.changelog import (
    Changelog,
    SectionRule,
    build,
    merge_changelog_file,
    update_changelog_file,
)
from release_ops.domain.changelog_rules import ChangelogRules
from release_ops.domain.ranges import releases_of
from release_ops.domain.whole_history import Package, WholeHistory

DAY = dt.date(2026, 11, 20)


def sha(name: str) -> str:
    return hashlib.sha1(name.encode()).hexdigest()


def commit(name: str, message: str, *parents: str, author: str = "Ada") -> RawCommit:
    return RawCommit(
        sha(name),
        tuple(sha(parent) for parent in parents or ("root",)),
        message,
        author,
        "a@example.org",
        1_795_000_000,
    )


def revert(name: str, of: str, header: str) -> RawCommit:
    return commit(name, f'Revert "{header}"\n\nThis reverts commit {sha(of)}.')


def changelog(*commits: RawCommit, **options: object) -> Changelog:
    """Of commits that are given newest first."""
    return build(commits, product="Webapp", version="2.8.0", previous="v2.7.0", on=DAY, **options)  # type: ignore[arg-type]


def titles(found: Changelog) -> dict[str, list[str]]:
    return {section.title: [change.description for change in section.changes] for section in found.sections}


def test_sections_stand_in_their_order_with_the_newest_change_first() -> None:
    found = changelog(
        commit("i", "tidy up"),
        commit("h", "docs: explain"),
        commit("g", "perf: faster"),
        commit("f", "fix: second"),
        commit("e", "fix: first"),
        commit("d", "feat: search"),
        commit("c", "security: close the door"),
        commit("b", "chore!: drop Python 3.9"),
        commit("a", "ci: run twice"),
    )
    assert list(titles(found).items()) == [
        ("Breaking changes", ["drop Python 3.9"]),
        ("Security", ["close the door"]),
        ("Features", ["search"]),
        ("Fixes", ["second", "first"]),
        ("Performance", ["faster"]),
        ("Documentation", ["explain"]),
        ("Other changes", ["tidy up"]),
    ]
    assert [change.description for change in found.hidden] == ["run twice"]
    assert [change.description for change in found.unconventional] == ["tidy up"]
    assert found.changes[0].id == sha("b")


def test_an_empty_range_is_an_empty_changelog() -> None:
    assert changelog().is_empty
    assert changelog(commit("a", "Merge branch 'x'", "b", "c")).is_empty
    assert not changelog(commit("a", "chore: x")).is_empty


def test_a_team_s_own_sections() -> None:
    rules = ChangelogRules(sections=(SectionRule("News", ("feat", "fix")), SectionRule("Tools", ("chore",))))
    found = changelog(commit("c", "chore: x"), commit("b", "feature: y"), commit("a", "docs: z"), rules=rules)
    assert titles(found) == {"News": ["y"], "Tools": ["x"], "Other changes": ["z"]}


@pytest.mark.parametrize(
    "message",
    [
        *("Merge branch 'main'", "fixup! feat: x", "squash! feat: x", "chore(release): 2.7.9", "v2.7.9", "   \n"),
        *("Initial commit", "2.7.9\n\nSigned-off-by: Ada <ada@example.org>", "amend! x\n\nfeat: y"),
        "chore(release): 2.7.9 [skip ci]\n\n### Features\n\n* find things",
    ],
)
def test_what_programs_wrote_is_left_out(message: str) -> None:
    assert changelog(commit("a", message)).is_empty


def test_commits_of_our_own_are_no_news() -> None:
    ours = "docs(changelog): webapp 2.7.0\n\nRelease-Ops-Effect: changelog:webapp:2.7.0\n"
    assert changelog(commit("a", ours)).is_empty


def test_a_merge_that_repeats_its_branch_is_said_once() -> None:
    merge = commit("m", "feat: search (#9)", "b", "a")
    assert titles(changelog(merge, commit("a", "feat: search"))) == {"Features": ["search"]}
    assert titles(changelog(merge, commit("a", "wip"))) == {"Features": ["search (#9)"], "Other changes": ["wip"]}


@pytest.mark.parametrize("title", ["Merged in search (pull request #9)", "Release 2.8.0 (#9)", "Merged a into b"])
def test_a_squash_merge_without_a_type_shows_what_it_holds(title: str) -> None:
    squashed = commit("a", f"{title}\n\nfeat: search\n\nfix: close files")
    assert titles(changelog(squashed)) == {"Features": ["search"], "Fixes": ["close files"]}


class TestReverts:
    """A change that is taken back in the range never happened, and neither did taking it back."""

    def test_both_disappear(self) -> None:
        assert titles(changelog(revert("b", "a", "feat: x"), commit("a", "feat: x"))) == {}

    def test_also_where_only_the_subject_says_which(self) -> None:
        pull = commit("c", 'Revert "feat: x (#3)" (#4)\n\nReverts octo/webapp#3')
        found = changelog(pull, commit("b", "feat: y"), commit("a", "feat: x (#3)"))
        assert titles(found) == {"Features": ["y"]}

    def test_a_conventional_revert(self) -> None:
        found = changelog(commit("b", f"revert: feat: x\n\nRefs: {sha('a')[:10]}"), commit("a", "feat: x"))
        assert found.is_empty

    def test_a_reverted_revert_leaves_the_change(self) -> None:
        found = changelog(
            revert("c", "b", 'Revert "feat: x"'),
            revert("b", "a", "feat: x"),
            commit("a", "feat: x"),
        )
        assert titles(found) == {"Features": ["x"]}

    def test_three_in_a_row_take_it_back_again(self) -> None:
        found = changelog(
            revert("d", "c", 'Reapply "feat: x"'),
            revert("c", "b", 'Revert "feat: x"'),
            revert("b", "a", "feat: x"),
            commit("a", "feat: x"),
        )
        assert found.is_empty

    def test_a_change_that_was_made_again_stays(self) -> None:
        found = changelog(commit("c", "feat: x"), commit("b", 'Revert "feat: x"'), commit("a", "feat: x"))
        assert [change.id for change in found.changes] == [sha("c")]

    def test_the_revert_of_something_older_is_listed(self) -> None:
        assert titles(changelog(revert("b", "a", "feat: x"))) == {"Reverts": ["feat: x"]}

    def test_a_revert_of_two_of_which_one_is_older_stays(self) -> None:
        both = commit("b", f"fix: undo\n\nThis reverts commits {sha('a')} and {sha('older')}.")
        assert titles(changelog(both, commit("a", "feat: x"))) == {"Fixes": ["undo"]}

    def test_the_revert_of_a_merge_takes_back_its_branch(self) -> None:
        found = changelog(
            commit(
                "r",
                f"Revert \"Merge branch 'x'\"\n\nThis reverts commit {sha('m')}, reversing\nchanges made to {sha('b')}.",
                "m",
            ),
            commit("m", "Merge branch 'x'", "b", "x2"),
            commit("x2", "fix: on the branch", "x1"),
            commit("b", "feat: on the trunk", "a"),
            commit("x1", "feat: on the branch", "a"),
            commit("a", "feat: before", "root"),
        )
        assert titles(found) == {"Features": ["on the trunk", "before"]}


class TestCherryPicks:
    """A change that was picked onto another branch is announced once."""

    def test_the_copy_of_a_change_in_the_range(self) -> None:
        copy = commit("b", f"fix: x\n\n(cherry picked from commit {sha('a')})")
        assert [change.id for change in changelog(copy, commit("a", "fix: x")).changes] == [sha("a")]

    def test_two_copies_of_a_change_elsewhere(self) -> None:
        message = f"fix: x\n\n(cherry picked from commit {sha('elsewhere')})"
        assert [c.id for c in changelog(commit("b", message), commit("a", message)).changes] == [sha("a")]

    def test_two_changes_of_one_name_are_two(self) -> None:
        assert len(changelog(commit("b", "fix: x"), commit("a", "fix: x")).changes) == 2


def test_contributors_are_people_each_once_and_without_addresses() -> None:
    found = changelog(
        commit("c", "fix: x\n\nCo-authored-by: Bo <bo@example.org>", author="Ada"),
        commit("b", "fix: y", author="ada the second"),
        commit("a", "chore: z", author="dependabot[bot]"),
        commit("0", "fix: a", author="Ada"),
    )
    assert found.contributors == ("Ada", "ada the second", "Bo")


@given(
    st.lists(
        st.tuples(st.integers(0, 30), st.sampled_from(["feat: x", "fix: y", "Revert", "pick", "merge"])), max_size=30
    )
)
def test_every_commit_is_shown_at_most_once(story: list[tuple[int, str]]) -> None:
    commits = []
    for at, (target, what) in enumerate(story):
        message = {
            "Revert": f'Revert "feat: x"\n\nThis reverts commit {sha(str(target))}.',
            "pick": f"fix: y\n\n(cherry picked from commit {sha(str(target))})",
        }.get(what, what)
        parents = (str(at - 1), str(target)) if what == "merge" else (str(at - 1),)
        commits.append(commit(str(at), message, *parents))
    shown = [change.id for change in changelog(*reversed(commits)).changes]
    assert len(shown) == len(set(shown))


def test_tens_of_thousands_of_reverts_of_one_subject_end() -> None:
    many = [commit(f"r{i}", 'Revert "feat: x"') for i in range(30_000)] + [
        commit(f"c{i}", "feat: x") for i in range(30_000)
    ]
    assert changelog(*many).is_empty


class TestLines:
    """A change that is in several releases, on several lines."""

    def told(self, commits: list[RawCommit], **tags: str) -> dict[str, list[str]]:
        releases = releases_of(
            [Tag(f"v{v.strip('_').replace('_', '.')}", sha(at)) for v, at in tags.items()], "v{version}"
        )
        package = Package(name="Webapp", releases=releases)
        found = list(WholeHistory(commits, [package], head=commits[0].id).changelogs(on=DAY))[::-1]
        return {one.version: [change.description for change in one.changes] for one in found}

    def test_a_backport_between_two_releases_is_told_once(self) -> None:
        pick = f"fix: x\n\n(cherry picked from commit {sha('b')})"
        commits = [commit("b", "fix: x", "a"), commit("p", pick, "a"), RawCommit(sha("a"), (), "feat: begin")]
        assert self.told(commits, _1_0_0="a", _1_0_1="p", _1_1_0="b") == {
            "1.1.0": [],
            "1.0.1": ["x"],
            "1.0.0": ["begin"],
        }

    def test_a_backport_to_an_older_line_is_told_to_both(self) -> None:
        pick = f"fix: x\n\n(cherry picked from commit {sha('c')})"
        commits = [
            commit("c", "fix: x", "b"),
            commit("p", pick, "a"),
            commit("b", "feat!: y", "a"),
            RawCommit(sha("a"), (), "feat: begin"),
        ]
        found = self.told(commits, _1_9_0="a", _1_9_1="p", _2_0_0="b", _2_0_1="c")
        assert (found["1.9.1"], found["2.0.1"]) == (["x"], ["x"])

    def test_a_branch_that_was_rebased_and_merged_twice(self) -> None:
        def written(name: str, *parents: str) -> RawCommit:
            return RawCommit(sha(name), tuple(map(sha, parents)), "fix: x", "Ada", "", 9, authored_at=7)

        commits = [
            commit("m", "Merge branch 'x'", "b", "c"),
            written("b", "a"),
            written("c", "a"),
            commit("a", "feat: y"),
        ]
        assert self.told(commits) == {"Unreleased": ["y", "x"]}

    def test_a_change_that_was_reverted_and_picked_again_is_told(self) -> None:
        again = commit("c", f"feat: x\n\n(cherry picked from commit {sha('a')})", "b")
        found = changelog(again, revert("b", "a", "feat: x"), commit("a", "feat: x"))
        assert [change.id for change in found.changes] == [sha("c")]


ENTRY = "## [2.8.0] - 2026-11-20\n\n### Fixes\n\n- x\n"


class TestFile:
    """A changelog file keeps what people wrote."""

    def test_a_new_file_gets_a_header(self) -> None:
        text = update_changelog_file("", ENTRY, "2.8.0")
        assert text.startswith("# Changelog\n\n")
        assert text.endswith(f"\n\n{ENTRY}")

    def test_the_newest_entry_comes_below_header_and_unreleased(self) -> None:
        before = "# Changes\n\nBy hand.\n\n## [Unreleased]\n\n- soon\n\n## [2.7.0] - 2026-10-01\n\n- old\n\n[2.7.0]: https://example.org\n"
        assert update_changelog_file(before, ENTRY, "2.8.0") == before.replace("## [2.7.0]", f"{ENTRY}\n## [2.7.0]")

    def test_a_maintenance_release_comes_below_newer_ones(self) -> None:
        before = "# Changes\n\n## 3.0.0\n\n- new\n\n## 2.7.0\n\n- old\n"
        assert update_changelog_file(before, ENTRY, "2.8.0") == before.replace("## 2.7.0", f"{ENTRY}\n## 2.7.0")

    def test_twice_is_once(self) -> None:
        once = merge_changelog_file("# Changes\n", ENTRY, "2.8.0")
        assert once.outcome == "inserted"
        again = merge_changelog_file(once.text, ENTRY, "2.8.0")
        assert (again.text, again.outcome) == (once.text, "unchanged")

    def test_what_a_person_made_of_an_entry_stays(self) -> None:
        edited = update_changelog_file("", ENTRY, "2.8.0").replace("- x", "- x, at last!")
        kept = merge_changelog_file(edited, ENTRY, "2.8.0")
        assert (kept.text, kept.outcome) == (edited, "kept")

    def test_line_ends_and_byte_order_mark_stay(self) -> None:
        before = "\ufeff# Changes\r\n\r\n## 2.7.0\r\n\r\n- old\r\n"
        after = update_changelog_file(before, ENTRY, "2.8.0")
        assert after == before.replace("## 2.7.0", ENTRY.replace("\n", "\r\n") + "\r\n## 2.7.0")

    @pytest.mark.parametrize("wrapper", ["```\n{}\n```", "~~~~ md\n{}\n```\n~~~~", "<!--\n{}\n-->"])
    def test_headings_in_code_and_comments_are_none(self, wrapper: str) -> None:
        before = f"# Changes\n\n{wrapper.format('## 2.8.0')}\n\n## 2.7.0\n"
        after = merge_changelog_file(before, ENTRY, "2.8.0")
        assert after.outcome == "inserted"
        assert after.text == before.replace("## 2.7.0", f"{ENTRY}\n## 2.7.0")

    def test_other_styles_of_headings(self) -> None:
        before = "# [2.7.0](https://example.org/v2.7.0) (2026-10-01)\n\n### Fixes\n\n- old\n\n## v2.6.9\n"
        assert update_changelog_file(before, ENTRY, "2.8.0") == f"{ENTRY}\n{before}"

    def test_a_prerelease_is_older_than_its_final_version(self) -> None:
        before = "## [2.8.0-rc.1] - 2026-11-13\n\n- x\n"
        assert update_changelog_file(before, ENTRY, "2.8.0") == f"{ENTRY}\n{before}"

    @given(st.text(), st.integers(0, 9))
    def test_nothing_that_was_there_is_lost(self, before: str, patch: int) -> None:
        version = f"2.8.{patch}"
        update = merge_changelog_file(before, ENTRY.replace("2.8.0", version), version)
        if before.strip("\ufeff \n\r"):
            kept = iter(update.text.replace("\r\n", "\n").splitlines())
            assert all(line in kept for line in before.rstrip("\n\r").replace("\r\n", "\n").splitlines())
        assert merge_changelog_file(update.text, ENTRY.replace("2.8.0", version), version).outcome != "inserted"
