"""One commit message -> one change. Other projects' cases are in tests/conformance."""

from __future__ import annotations

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from release_ops.domain.change import Change, Reference
from release_ops.domain.commits import (
    TYPE_ALIASES,
    is_ignored,
    parse_all,
    parse_commit,
    parse_revert,
    parse_squashed,
    picked_from,
    without_pull,
)


def parsed(message: str) -> Change:
    change = parse_commit(message)
    assert change is not None
    return change


def test_all_parts_of_a_message() -> None:
    change = parsed(
        "Feat(api)!: drop v1 (#12)\n\nNobody used it.\n\nNot even us.\n\n"
        "BREAKING CHANGE: use v2,\n it is better\nCloses: #7, octo/repo#8 and JIRA-9\n"
        "Co-authored-by: Ada <ada@example.org>\nReviewed-by: Z"
    )

    assert (change.type, change.scope, change.breaking, change.description) == ("feat", "api", True, "drop v1 (#12)")
    assert change.body == "Nobody used it.\n\nNot even us."
    assert change.notes == ("use v2,\n it is better",)
    assert change.footers == (
        ("BREAKING CHANGE", "use v2,\n it is better"),
        ("Closes", "#7, octo/repo#8 and JIRA-9"),
        ("Co-authored-by", "Ada <ada@example.org>"),
        ("Reviewed-by", "Z"),
    )
    assert change.references == (
        Reference(action=None, target="#12"),
        Reference(action="Closes", target="#7"),
        Reference(action="Closes", target="octo/repo#8"),
        Reference(action="Closes", target="JIRA-9"),
    )
    assert change.co_authors == ("Ada <ada@example.org>",)


@pytest.mark.parametrize(
    "message",
    [
        "",
        "update things",
        "fix:no space",
        "fix(): x",
        "fix( ): x",
        "fix((a)): x",
        "fix (a): x",
        "a b: x",
        "Merge branch 'x'",
    ],
)
def test_what_is_not_conventional(message: str) -> None:
    assert parse_commit(message) is None


def test_an_exclamation_mark_alone_makes_the_description_the_note() -> None:
    assert parsed("fix!: forget tokens").notes == ("forget tokens",)


def test_a_breaking_change_whose_text_stands_below() -> None:
    assert parsed("fix: x\n\nBREAKING CHANGE:\n\nthe port is 8080 now\nfor all").notes == (
        "the port is 8080 now\nfor all",
    )


@pytest.mark.parametrize(
    ("rest", "note"),
    [
        ("Some body\nRefs: #1\nBREAKING CHANGE: the port", "the port"),
        ("Some body\nBREAKING-CHANGE: the port\nis 8080\nRefs: #1", "the port\nis 8080"),
        ("Some body\n\n* BREAKING CHANGE: the port", "the port"),
        ("Some body\n\n BREAKING CHANGE: the port\n of all", "the port\nof all"),
        ("* BREAKING CHANGE:\n\nthe port\nof all\nCloses #1", "the port\nof all"),
    ],
)
def test_a_breaking_change_that_is_no_footer_is_heeded_all_the_same(rest: str, note: str) -> None:
    change = parsed(f"fix: x\n\n{rest}")
    assert (change.breaking, change.notes) == (True, (note,))
    assert change.body is not None
    assert change.body.startswith(rest[:7])


@pytest.mark.parametrize(
    "rest",
    [
        *("We have no BREAKING CHANGE: none", "breaking change: x\nBreaking Change: x", "Text\nBREAKING CHANGES: x"),
        *("Text\nBREAKING CHANGE:x", "Text\nBREAKING CHANGE x", "So:\n```\nBREAKING CHANGE: x\n```"),
        "Or set in:\n    BREAKING CHANGE: x",
    ],
)
def test_words_that_break_nothing(rest: str) -> None:
    assert not parsed(f"docs: write footers\n\n{rest}").breaking


@pytest.mark.parametrize("title", ["BREAKING CHANGE", "BREAKING-CHANGE", "BREAKING CHANGE(api)"])
def test_a_title_that_only_says_that_it_breaks(title: str) -> None:
    change = parsed(f"{title}: drop v1")
    assert (change.type, change.breaking, change.notes) == ("breaking-change", True, ("drop v1",))
    assert not parsed("breaking-change: drop v1").breaking


def test_text_below_a_footer_is_text_and_never_a_note() -> None:
    change = parsed("fix: x\n\nBREAKING CHANGE: the port\n\nThanks to all.\n\nRefs: #1")
    assert change.notes == ("the port",)
    assert change.body == "Thanks to all."
    assert change.footers[-1] == ("Refs", "#1")


def test_a_body_begins_one_blank_line_below_the_title_and_further_ones_are_its_own() -> None:
    change = parsed("fix: x\n\n\n\nbody\n\n\n\nRefs: #1\n\n\n\nBREAKING CHANGE: the port\n\n\n")
    assert (change.body, change.footers) == ("\n\nbody", (("Refs", "#1"), ("BREAKING CHANGE", "the port")))


def test_windows_line_ends_and_other_scripts() -> None:
    change = parsed("feat(größe): 支持 Größen\r\n\r\nتفاصيل\r\n\r\nCloses #3\r\n")
    assert (change.scope, change.description, change.body) == ("größe", "支持 Größen", "تفاصيل")
    assert change.references == (Reference(action="Closes", target="#3"),)


def test_types_by_another_name_only_where_asked() -> None:
    assert parsed("Feature: x").type == "feature"
    assert parse_commit("Feature: x", types=TYPE_ALIASES) == parse_commit("feat: x")


@pytest.mark.parametrize(
    ("text", "references"),
    [
        ("fixes #1, #2 and octo/repo#3", [("fixes", "#1"), ("fixes", "#2"), ("fixes", "octo/repo#3")]),
        ("see #4 for more", [(None, "#4")]),
        ("see https://example.org/x#5 and octo/repo/wiki#6", []),
        ("UTF-8 and SHA-256", []),
        ("Closes JIRA-7 some day", [(None, "JIRA-7")]),
        ("fixes GH-12, unlike GH-3", [("fixes", "GH-12"), (None, "GH-3")]),
        ("HIGH-12 and GH-pages", []),
        ("see https://github.com/octo/repo/issues/5 for more", []),
        ("closes https://github.com/octo/repo/issues/5.", [("closes", "octo/repo#5")]),
        ("Fixes: https://forge.example.org/a/b/pulls/5#note-1", [("Fixes", "a/b#5")]),
        ("fixes https://gitlab.com/a/b/c/-/issues/7 and #8", [("fixes", "a/b/c#7"), ("fixes", "#8")]),
        ("resolves: https://example.atlassian.net/browse/JIRA-7", [("resolves", "JIRA-7")]),
        ("fixes https://example.org/issues/5 and https://github.com/octo/repo/issues/5th", []),
    ],
)
def test_references_in_a_sentence(text: str, references: list[tuple[str | None, str]]) -> None:
    assert [(r.action, r.target) for r in parsed(f"fix: x\n\nAs said: {text}").references] == references


@pytest.mark.parametrize(
    ("footer", "targets"),
    [
        ("Closes: https://github.com/octo/repo/issues/12", ["octo/repo#12"]),
        ("Refs: https://github.com/octo/repo/pull/3#issuecomment-1, #4", ["octo/repo#3", "#4"]),
        ("Issue: <https://gitlab.example.org/group/sub/repo/-/work_items/5>", ["group/sub/repo#5"]),
        ("See: https://gitlab.com/octo/repo/-/merge_requests/6", ["octo/repo!6"]),
        ("Bug: https://bitbucket.org/octo/repo/issues/7/it-fails", ["octo/repo#7"]),
        ("Ticket: https://jira.example.org/jira/browse/WEB-8?focusedId=9", ["WEB-8"]),
        ("Refs: https://example.org/x#5", []),
        ("Refs: GH-12, !13", ["GH-12", "!13"]),
        ("Closes #14, #15", ["#14", "#15"]),
        ("Closes: 16", ["#16"]),
        ('Fixes: 5e3da1bc34a2 ("net: count again")', []),
        ('Fixes: 1234567 ("net: count again")', []),
    ],
)
def test_what_a_footer_lists(footer: str, targets: list[str]) -> None:
    token = footer.partition(":" if ": " in footer else " ")[0]
    assert parsed(f"fix: x\n\n{footer}").references == tuple(Reference(action=token, target=one) for one in targets)


def test_what_reverts_name() -> None:
    assert parsed("revert: let us never speak of it\n\nRefs: 676104e, a215868").reverts == ("676104e", "a215868")
    git = parse_revert('Revert "feat: x (#3)"\n\nThis reverts commit 0123456789abcdef0123456789abcdef01234567.')
    assert git is not None
    assert (git.header, git.ids) == ("feat: x (#3)", ("0123456789abcdef0123456789abcdef01234567",))
    again = parse_revert('Reapply "feat: x"\n\nThis reverts commit 89abcdef.')
    assert again is not None
    assert (again.header, again.ids) == ('Revert "feat: x"', ("89abcdef",))
    assert parsed("fix: x\n\nThis partially reverts commit 0123456.").reverts == ()


@pytest.mark.parametrize("token", ["Co-authored-by", "Co-Authored-By", "co-authored-by", "CO-AUTHORED-BY"])
def test_co_authors_however_the_token_is_written(token: str) -> None:
    change = parsed(
        f"feat: x\n\nThe authored-on date.\n\n{token}: Ada <a@example.org>\nCo-authored-by: Bob <b@example.org>"
    )
    assert change.co_authors == ("Ada <a@example.org>", "Bob <b@example.org>")


def test_the_line_of_a_cherry_pick_is_no_part_of_a_footer() -> None:
    change = parsed("fix: x\n\nBREAKING-CHANGE: the port\n(cherry picked from commit 0123456)\nRefs: #1")
    assert change.footers == (("BREAKING-CHANGE", "the port"), ("Refs", "#1"))
    assert picked_from("fix: x\n\nRefs: #1\n(cherry picked from commit 0123456)") == ("0123456",)


def test_where_a_cherry_pick_comes_from() -> None:
    assert picked_from("fix: x\n\n(cherry picked from commit 0123456789abcdef0123456789abcdef01234567)\n") == (
        "0123456789abcdef0123456789abcdef01234567",
    )
    assert picked_from("fix: cherry trees") == ()


@pytest.mark.parametrize(
    "message",
    [
        *("fixup! feat: x", "squash! x", "Merge branch 'a'", "v1.2.3", "chore: release 1.2.3"),
        *("bump: version 4.16.5 → 4.17.0", "Release v1.2.3", "Bump version to 1.2.3", "Prepare release 1.2.3"),
        *("1.2.3 [skip-ci]", "1.2.3-rc.1 (CI skip)", "Release v1.2.3 (#12)", " v1.2.3", "chore:  1.2.3"),
        *("1.2.3\n\nSigned-off-by: Ada <ada@example.org>", "chore(release): 1.2.3 [skip ci]\n\n### Features\n\n* x"),
        *("Merged develop into main", "Merged in search (pull request #8)", "Merged PR 7: x", "Auto-merged a into b"),
    ],
)
def test_messages_that_a_program_wrote(message: str) -> None:
    assert is_ignored(message)


@pytest.mark.parametrize(
    "message",
    [
        *("feat: merge two lists", "chore: release notes are sorted", "mergers and acquisitions"),
        *("Release 1.2.3 was broken, mend it", "version 2 of the format", "bump: version of the tool"),
        *("initial commit", "see Merge branch 'a'", "Merged two lists", "1.2.3 (skip the queue)", "x\n\n1.2.3"),
    ],
)
def test_messages_that_only_look_so(message: str) -> None:
    assert not is_ignored(message)


SQUASHED = "Add search (#9)\n\n* feat(search): find things\n\nwith an index\n\n* fix!: close files\n\n* wip\n"


def test_a_squash_merge_holds_several_changes() -> None:
    first, second = parse_all(SQUASHED)
    assert (first.type, first.scope, first.body) == ("feat", "search", "with an index")
    assert (second.type, second.breaking) == ("fix", True)
    assert parse_squashed(SQUASHED) == (first, second)


def test_commits_that_stand_below_one_another_in_a_list() -> None:
    found = parse_all("Add search (#9)\n\n* feat: find things\n* fix(io)!: close files\n  at once\nfix: not a new one")
    assert [(one.type, one.scope, one.description) for one in found] == [
        ("feat", None, "find things"),
        ("fix", "io", "close files"),
    ]


LOG = """Squashed commit of the following:

commit 63ec09b9e844e616dcaa7bae35a0b66671b59fbb (HEAD -> search)
Merge: 1f34769 b2334a6
Author: Ada <ada@example.org>
Date:   Sun Jan 19 12:05:23 2025 +0000

    feat(search): find things

    With an index.

    Closes: #12

commit 1f34769bf8352131ad6f4879b8c47becf3c7aa69
Author: Ada <ada@example.org>
Date:   Sat Jan 18 10:13:53 2025 +0000

    wip

commit b2334a64a11ef745a17a2a4034f651e08e8c45a6
Author: Ada <ada@example.org>

    fix!: close files

    BREAKING CHANGE: handles end with their block
"""


@pytest.mark.parametrize("message", [LOG, LOG.replace("\n", "\r\n"), f"Add search\n\n{LOG}"])
def test_the_log_that_a_squash_of_git_wrote(message: str) -> None:
    first, second = parse_squashed(message)
    assert (first.scope, first.body, first.footers) == ("search", "With an index.", (("Closes", "#12"),))
    assert (second.type, second.breaking, second.notes) == ("fix", True, ("handles end with their block",))


def test_a_log_below_a_conventional_title_is_its_making() -> None:
    (change,) = parse_squashed(f"feat: search (#9)\n\n{LOG}\nReviewed-by: Z\n")
    assert (change.description, change.notes) == ("search (#9)", ("handles end with their block",))


def test_commits_in_brackets_are_changes_of_their_own() -> None:
    message = (
        "fix: mark fields\n\nAs the server has it.\n\nRefs: #1\n"
        "BEGIN_NESTED_COMMIT\ndocs(samples): show fields\n\nRefs: #2\nEND_NESTED_COMMIT\n"
        "BEGIN_NESTED_COMMIT\nfeat: guess fields\nEND_NESTED_COMMIT\nCo-authored-by: Ada <ada@example.org>"
    )
    first, second, third = parse_squashed(message)
    assert (first.body, first.footers) == (
        "As the server has it.",
        (("Refs", "#1"), ("Co-authored-by", "Ada <ada@example.org>")),
    )
    assert (second.scope, second.footers) == ("samples", (("Refs", "#2"),))
    assert third.description == "guess fields"


def test_a_conventional_squash_merge_is_one_change_that_breaks_what_its_commits_break() -> None:
    (change,) = parse_squashed("feat: search (#9)\n\n* feat: index\n\n* fix!: close files\n")
    assert (change.description, change.breaking, change.notes) == ("search (#9)", True, ("close files",))


def test_the_pull_request_behind_a_description() -> None:
    assert without_pull("add x (#12)") == ("add x", "#12")
    assert without_pull("add x (!3)") == ("add x", "!3")
    assert without_pull("add x (for 3)") == ("add x (for 3)", "")


@given(st.text())
def test_any_text_is_read_without_complaint(message: str) -> None:
    for text in (message, f"feat: {message}", f"fix: x\n\n{message}", f"fix: x\n\nRefs: {message}"):
        parse_commit(text)
        parse_squashed(text)
        parse_revert(text)
        is_ignored(text)


@given(st.text(alphabet=st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp", "Zs")), min_size=1))
def test_a_description_survives_as_it_is(description: str) -> None:
    assert parsed(f"feat(a b): {description}").description == description


MEGABYTES = 10_000_000
HOSTILE = {
    "one footer again and again": "fix: x\n\n" + "Refs: #1\n" * 100_000,
    "breaking footers": "fix: x\n\n" + "BREAKING CHANGE: y\n\n" * 100_000,
    "a body of references": "fix: x\n\n" + "closes #1, " * 100_000,
    "one long line": "fix: " + "a" * MEGABYTES,
    "an open scope": "fix(" + "a" * MEGABYTES,
    "a long type": "a" * MEGABYTES,
    "blank lines": "fix: x" + "\n" * MEGABYTES + "y",
    "spaces": "fix: x\n\nRefs:" + " " * MEGABYTES + "\n",
    "a version without end": "v1.1." + "1" * MEGABYTES + " x",
    "open quotes": 'Revert "' + '" (#1' * 200_000,
    "urls": "fix: x\n\ncloses " + "https://a/b/c/issues/1 " * 100_000,
    "one url": "fix: x\n\ncloses https://a/" + "browse/" * 1_000_000,
    "a deep path": "fix: x\n\nRefs: #1 " + "a/" * 1_000_000,
    "slashes": "fix: x\n\nRefs: " + "/ " * 1_000_000,
    "dashes and words": "fix: x\n\n" + "a-" * 1_000_000,
    "half a commit in every paragraph": "x\n\n" + "* feat(a" * 200_000 + "\n\n* feat(" * 100_000,
    "ids": "fix: x\n\nThis reverts commit " + "0123456, " * 100_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_messages_end(name: str) -> None:
    """With a quadratic step any of these would run for hours."""
    message = HOSTILE[name]
    parse_commit(message)
    parse_squashed(message)
    parse_revert(message)
    is_ignored(message)
    picked_from(message)


@pytest.mark.parametrize(
    "unit",
    [
        *(
            "Refs: #1\n",
            "Token: a\n b\n",
            "text\n\n",
            "BREAKING CHANGE: x\n\n",
            "x\nBREAKING CHANGE: y\n",
            "* feat: x\n\n",
            "fixes #1 ",
        ),
        *(
            "* feat: x\n",
            "BEGIN_NESTED_COMMIT\nfeat: x\n",
            "\nSquashed commit of the following:\n\ncommit 0123456\n    fix: x\n",
        ),
    ],
)
def test_twice_the_message_is_twice_the_work(unit: str) -> None:
    small, large = (lines_run(lambda n=n: parse_squashed("fix: x\n\n" + unit * n)) for n in (200, 400))
    assert large <= 2.1 * small


def lines_run(work: object) -> int:
    """Number of lines of Python that `work` runs through."""
    count = 0

    def trace(frame: object, event: str, arg: object) -> object:
        nonlocal count
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        work()  # type: ignore[operator]
    finally:
        sys.settrace(before)
    return count
