"""Pull requests and a team's rules -> what a changelog tells, and how often."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from release_ops.domain.change import RawCommit, Tag
from release_ops.domain.changelog import Changelog, build
from release_ops.domain.changelog_rules import ChangelogRules, PathRule, SectionRule, Tickets
from release_ops.domain.next_version import next_version
from release_ops.domain.pulls import PullRequest, primary
from release_ops.domain.ranges import releases_of
from release_ops.domain.whole_history import Package, WholeHistory

DAY = dt.date(2026, 11, 20)
LABELS = ChangelogRules(convention="labels")
NONE = ChangelogRules(convention="none")


def sha(name: str) -> str:
    return hashlib.sha1(name.encode()).hexdigest()


def commit(name: str, message: str, *parents: str, author: str = "Ada") -> RawCommit:
    return RawCommit(
        sha(name), tuple(sha(one) for one in parents or ("root",)), message, author, "a@example.org", 1_795_000_000
    )


def merge(name: str, number: int, title: str, *parents: str) -> RawCommit:
    return commit(name, f"Merge pull request #{number} from octo/topic\n\n{title}", *parents, author="Maintainer")


def pull(number: int, title: str, *, merged_as: str, **about: Any) -> PullRequest:
    return PullRequest(number=number, title=title, merge_commit=sha(merged_as), **about)


class Asked:
    """Lookup that remembers what it was asked."""

    def __init__(self, answers: Mapping[str, Any]) -> None:
        self.answers = {sha(name): some for name, some in answers.items()}
        self.asked: list[list[str]] = []

    def __call__(self, commits: Sequence[str]) -> Mapping[str, Any]:
        self.asked.append(list(commits))
        return {one: self.answers[one] for one in commits if one in self.answers}


def changelog(*commits: RawCommit, pulls: Mapping[str, Any] | None = None, **options: Any) -> Changelog:
    """Of commits that are given newest first; `pulls` by the names of their commits."""
    lookup = None if pulls is None else Asked(pulls)
    return build(commits, product="Webapp", version="2.8.0", previous="v2.7.0", on=DAY, pulls=lookup, **options)


def titles(found: Changelog) -> dict[str, list[str]]:
    return {section.title: [change.description for change in section.changes] for section in found.sections}


class TestToldOnce:
    """A pull request is told by its conventional commits, and where it has none by its title."""

    def test_a_merge_without_conventional_commits_is_told_by_the_title(self) -> None:
        one = pull(9, "Add search", merged_as="m", labels=("enhancement",), author="grace")
        found = changelog(
            merge("m", 9, "Add search", "main", "b"),
            commit("b", "address review", "a"),
            commit("a", "wip"),
            pulls={key: [one] for key in "mba"},
        )
        assert titles(found) == {"Features": ["Add search (#9)"]}
        assert found.changes[0].id == sha("m")
        assert found.contributors == ("Ada", "grace")

    def test_a_conventional_title_needs_no_label(self) -> None:
        one = pull(9, "feat(web)!: add search", merged_as="m")
        found = changelog(merge("m", 9, "x", "main", "a"), commit("a", "wip"), pulls={"m": [one], "a": [one]})
        assert titles(found) == {"Breaking changes": ["add search (#9)"]}
        assert (found.changes[0].scope, found.changes[0].notes) == ("web", ("add search (#9)",))

    def test_conventional_commits_are_told_one_by_one_and_the_rest_by_the_title(self) -> None:
        one = pull(9, "Add search", merged_as="m")
        commits = (merge("m", 9, "x", "main", "c"), commit("c", "feat: index", "b"), commit("b", "fix: close", "a"))
        asked = {key: [one] for key in "mcba"}
        assert titles(changelog(*commits, pulls=asked)) == {"Features": ["index (#9)"], "Fixes": ["close (#9)"]}
        found = changelog(*commits, commit("a", "wip"), pulls=asked)
        assert titles(found) == {
            "Features": ["index (#9)"],
            "Fixes": ["close (#9)"],
            "Other changes": ["Add search (#9)"],
        }

    def test_the_title_does_not_repeat_a_commit(self) -> None:
        one = pull(9, "Search", merged_as="m")
        found = changelog(
            merge("m", 9, "x", "main", "b"),
            commit("b", "feat: search.", "a"),
            commit("a", "wip"),
            pulls={key: [one] for key in "mba"},
        )
        assert titles(found) == {"Features": ["search. (#9)"]}

    def test_a_squashed_commit_stands_for_its_branch(self) -> None:
        """release-please#2438: the branch came along another way, so both are in the range."""
        one = pull(9, "feat: search", merged_as="s")
        found = changelog(
            commit("m", "Merge branch 'topic'", "s", "b"),
            commit("s", "feat: search (#9)", "main"),
            commit("b", "fix: typo in search", "a"),
            commit("a", "feat!: begin search"),
            pulls={key: [one] for key in "sba"},
        )
        assert titles(found) == {"Breaking changes": ["search (#9)"]}
        assert found.breaking[0].notes == ("begin search",)

    def test_a_merge_with_a_title_of_its_own_leaves_the_word_to_its_branch(self) -> None:
        one = pull(9, "feat: search", merged_as="m")
        found = changelog(
            commit("m", "feat!: search for everybody", "main", "b"),
            commit("b", "feat: index", "a"),
            commit("a", "fix: close"),
            pulls={key: [one] for key in "mba"},
        )
        assert titles(found) == {"Breaking changes": ["index (#9)"], "Fixes": ["close (#9)"]}
        assert found.breaking[0].notes == ("search for everybody",)

    def test_rebased_commits_are_no_squashed_one(self) -> None:
        one = pull(9, "Search", merged_as="b")
        found = changelog(commit("b", "feat: search", "a"), commit("a", "fix: close"), pulls={"b": [one], "a": [one]})
        assert titles(found) == {"Features": ["search (#9)"], "Fixes": ["close (#9)"]}

    def test_a_merge_that_brings_nothing_new_is_not_told(self) -> None:
        one = pull(9, "Merge the release branch back", merged_as="m")
        assert changelog(merge("m", 9, "x", "main", "b"), pulls={"m": [one]}).is_empty

    def test_a_commit_belongs_to_what_it_was_merged_as_or_else_to_the_oldest(self) -> None:
        topic, release = pull(3, "topic", merged_as="t"), pull(8, "release", merged_as="r")
        assert primary(sha("r"), (topic, release)) == release
        assert primary(sha("c"), (topic, release)) == topic
        assert primary(sha("c"), ()) is None

    def test_the_number_that_a_title_has_stays(self) -> None:
        found = changelog(commit("a", "feat: x (#3)"), pulls={"a": [pull(9, "x", merged_as="a")]})
        assert titles(found) == {"Features": ["x (#3)"]}


class TestLabels:
    def told(self, *labels: str, message: str = "Add search (#9)", **options: Any) -> Changelog:
        one = pull(9, "Add search", merged_as="a", labels=labels)
        return changelog(commit("a", message), pulls={"a": [one]}, **options)

    def test_they_give_the_type_that_a_message_lacks(self) -> None:
        assert titles(self.told("Bug", "good first issue")) == {"Fixes": ["Add search (#9)"]}
        assert titles(self.told("bug", message="feat: search (#9)")) == {"Features": ["search (#9)"]}
        assert titles(self.told("dependencies")) == {}

    def test_or_overrule_it_where_the_team_says_so(self) -> None:
        found = self.told("bug", message="feat: search (#9)", rules=LABELS)
        assert titles(found) == {"Fixes": ["Add search (#9)"]}
        assert titles(self.told(message="feat: search (#9)", rules=LABELS)) == {"Features": ["Add search (#9)"]}

    def test_of_several_the_one_whose_section_is_first_counts(self) -> None:
        assert titles(self.told("documentation", "security", "bug")) == {"Security": ["Add search (#9)"]}

    @pytest.mark.parametrize("label", ["skip-changelog", "ignore", "Ignore-For-Release"])
    def test_one_leaves_the_change_out(self, label: str) -> None:
        assert self.told("bug", label, message="feat!: search").is_empty

    @pytest.mark.parametrize("message", ["Add search", "feat: search"])
    def test_one_marks_what_breaks(self, message: str) -> None:
        found = self.told("breaking-change", message=message)
        assert list(titles(found)) == ["Breaking changes"]
        assert next_version(found.changes, final="2.7.0").version == "3.0.0"

    def test_it_marks_one_change_of_several(self) -> None:
        one = pull(9, "x", merged_as="b", labels=("breaking",))
        found = changelog(commit("b", "feat: y", "a"), commit("a", "fix: x"), pulls={"a": [one], "b": [one]})
        assert titles(found) == {"Breaking changes": ["y (#9)"], "Fixes": ["x (#9)"]}

    def test_a_label_of_their_own(self) -> None:
        rules = ChangelogRules(labels={"kind/news": "feat"})
        assert titles(self.told("kind/news", rules=rules)) == {"Features": ["Add search (#9)"]}
        assert titles(self.told("bug", rules=rules)) == {"Changes": ["Add search (#9)"]}

    def test_the_whole_pull_request_is_one_entry_by_the_convention_labels(self) -> None:
        one = pull(9, "Add search", merged_as="b", labels=("enhancement",))
        found = changelog(
            commit("b", "feat: y", "a"), commit("a", "fix!: x"), pulls={"a": [one], "b": [one]}, rules=LABELS
        )
        assert titles(found) == {"Breaking changes": ["Add search (#9)"]}
        assert found.breaking[0].notes == ("x",)
        assert found.breaking[0].type == "feat"

    def test_without_pull_requests_messages_decide(self) -> None:
        found = changelog(commit("b", "feat: y", "a"), commit("a", "tidy"), rules=LABELS)
        assert titles(found) == {"Features": ["y"], "Other changes": ["tidy"]}


class TestBody:
    """What a reviewed body adds to a title."""

    BODY = (
        "<!-- BREAKING CHANGE: describe it here -->\r\nThe old one was slow.\r\n\r\n"
        "BREAKING CHANGE: the index is made anew\r\nCloses: #4\r\nRelease-As: 9.0.0"
    )

    def test_what_breaks_and_what_is_closed(self) -> None:
        one = pull(9, "Add search", merged_as="a", body=self.BODY)
        found = changelog(commit("a", "Search\n\nfixes #3"), pulls={"a": [one]})
        assert found.breaking[0].notes == ("the index is made anew",)
        assert [ref.target for ref in found.breaking[0].references] == ["#4"]

    @pytest.mark.parametrize("body", [BODY, "BREAKING CHANGE: RELEASE AS: 9.0.0"])
    def test_it_never_names_the_version(self, body: str) -> None:
        one = pull(9, "Add search", merged_as="a", body=body)
        found = changelog(commit("a", "Search"), pulls={"a": [one]})
        assert next_version(found.changes, final="2.7.0").version == "3.0.0"

    def test_a_title_is_one_bounded_line(self) -> None:
        one = pull(9, "a\nBREAKING CHANGE: b " + "x" * 999, merged_as="a")
        found = changelog(commit("a", "Search"), pulls={"a": [one]})
        (change,) = found.changes
        assert not change.breaking
        assert "\n" not in change.description
        assert len(change.description) <= 256 + len(" (#9)")

    def test_without_a_title_there_is_a_number(self) -> None:
        found = changelog(commit("a", "Search"), pulls={"a": [pull(9, " ", merged_as="a")]})
        assert titles(found) == {"Changes": ["Pull request #9 (#9)"]}


class TestContributors:
    def test_whoever_opened_a_squashed_pull_request_is_known_by_login_everywhere(self) -> None:
        one = pull(9, "x", merged_as="b", author="ada-l")
        found = changelog(
            commit("c", "fix: z", author="Ada"),
            commit("b", "feat: x (#9)", author="Ada"),
            commit("a", "fix: y", author="Ben"),
            pulls={"b": [one]},
        )
        assert found.contributors == ("ada-l", "Ben")

    def test_programs_are_no_contributors(self) -> None:
        one = pull(9, "x", merged_as="b", author="renovate", is_bot=True)
        assert changelog(commit("b", "fix: x (#9)", author="Renovate"), pulls={"b": [one]}).contributors == ()

    def test_co_authors_stay(self) -> None:
        one = pull(9, "x", merged_as="b")
        message = "wip\n\nCo-authored-by: Cleo <c@example.org>"
        found = changelog(commit("b", message, author="Ada"), pulls={"b": [one]})
        assert found.contributors == ("Ada", "Cleo")


class TestPaths:
    RULES = ChangelogRules(
        paths=(PathRule("docs/", "docs"), PathRule("**/*.md", "docs"), PathRule("src/**/test_?.py", "test"))
    )

    @pytest.mark.parametrize(
        ("files", "kind"),
        [
            (["docs/a/b.txt"], "docs"),
            (["README.md", "a/b/c.md"], "docs"),
            (["docs/x", "README.md"], ""),
            (["src/test_a.py", "src/x/y/test_b.py"], "test"),
            (["src/test_ab.py"], ""),
            (["mydocs/a"], ""),
            (["README_md"], ""),
            ([], ""),
        ],
    )
    def test_all_files_have_to_match_one_rule(self, files: list[str], kind: str) -> None:
        assert self.RULES.type_of_paths(files) == kind

    def test_they_are_asked_for_commits_without_a_type_alone(self) -> None:
        paths = Asked({"c": ["docs/a"], "b": ["docs/a"], "a": ["src/a"]})
        commits = (commit("c", "explain"), commit("b", "feat: x"), commit("a", "tidy"))
        found = changelog(*commits, rules=self.RULES, paths=paths)
        assert titles(found) == {"Features": ["x"], "Documentation": ["explain"], "Other changes": ["tidy"]}
        assert paths.asked == [[sha("c"), sha("a")]]
        changelog(*commits, rules=replace(self.RULES, convention="none"), paths=paths)
        assert len(paths.asked) == 1

    def test_nothing_is_asked_without_a_rule(self) -> None:
        paths = Asked({})
        changelog(commit("a", "tidy"), paths=paths)
        changelog(commit("a", "tidy"), pulls={}, paths=paths)
        assert paths.asked == []


class TestWithoutAConvention:
    def test_there_is_one_section_in_the_words_of_the_commits(self) -> None:
        found = changelog(
            commit("c", "feat(web)!: search"),
            commit("b", "Merge branch 'x'", "a", "z"),
            commit("a", "tidy"),
            rules=NONE,
        )
        assert titles(found) == {"Changes": ["feat(web)!: search", "tidy"]}

    def test_labels_still_mark_what_breaks_and_leave_out(self) -> None:
        found = changelog(
            commit("c", "a (#1)"),
            commit("b", "b (#2)"),
            commit("a", "c (#3)"),
            pulls={
                "c": [pull(1, "One", merged_as="c", labels=("breaking",))],
                "b": [pull(2, "feat: Two", merged_as="b", labels=("bug",))],
                "a": [pull(3, "Three", merged_as="a", labels=("skip-changelog",))],
            },
            rules=NONE,
        )
        assert titles(found) == {"Breaking changes": ["One (#1)"], "Changes": ["feat: Two (#2)"]}


class TestTickets:
    RULES = ChangelogRules(tickets=Tickets(("WEB", "OPS"), "https://jira.example.org/browse/{id}"))

    def links(self, message: str) -> list[tuple[str, str]]:
        (change,) = changelog(commit("a", message), rules=self.RULES).changes
        return list(change.links)

    def test_keys_of_the_projects_get_their_page(self) -> None:
        page = "https://jira.example.org/browse/"
        assert self.links("feat: WEB-12 search, not UTF-8 or XWEB-1") == [("WEB-12", f"{page}WEB-12")]
        assert self.links("feat: search (WEB-1)\n\nCloses: OPS-7, #3") == [
            ("WEB-1", f"{page}WEB-1"),
            ("OPS-7", f"{page}OPS-7"),
        ]
        assert self.links("feat: search\n\nSee UTF-8.") == []

    def test_a_key_is_no_type(self) -> None:
        found = changelog(commit("b", "WEB-1: add search"), commit("a", "UTF-8: x"), rules=self.RULES)
        assert titles(found) == {"Other changes": ["WEB-1: add search", "x"]}
        assert [change.type for change in found.changes] == ["", "utf-8"]


def test_own_types_and_headings() -> None:
    rules = ChangelogRules(
        types={"neu": "feat"}, sections=(SectionRule("News", ("feat",)), SectionRule("Rest", ("fix",), hidden=True))
    )
    found = changelog(commit("c", "neu: y"), commit("b", "fix: x"), commit("a", "docs: z"), rules=rules)
    assert titles(found) == {"News": ["y"], "Other changes": ["z"]}
    assert [change.description for change in found.hidden] == ["x"]


def test_a_whole_history_is_looked_up_once() -> None:
    commits = [commit("b", "Search (#2)", "a"), commit("a", "Begin (#1)")]
    pulls = Asked(
        {
            "b": [pull(2, "Search", merged_as="b", labels=("bug",))],
            "a": [pull(1, "Begin", merged_as="a", labels=("enhancement",))],
        }
    )
    releases = releases_of([Tag("v1.0.0", sha("a"))], "v{version}")
    whole = WholeHistory(commits, [Package(name="Webapp", releases=releases)], head=sha("b"))
    found = whole.changelogs(on=DAY, pulls=pulls)
    assert [titles(one) for one in found] == [{"Features": ["Begin (#1)"]}, {"Fixes": ["Search (#2)"]}]
    assert pulls.asked == [[sha("b"), sha("a")]]


def test_what_was_reverted_is_not_told_by_its_pull_request() -> None:
    one, back = pull(1, "Search", merged_as="a"), pull(2, 'Revert "Search"', merged_as="b")
    revert = commit("b", f'Revert "Search (#1)" (#2)\n\nThis reverts commit {sha("a")}.', "a")
    assert changelog(revert, commit("a", "Search (#1)"), pulls={"a": [one], "b": [back]}).is_empty
