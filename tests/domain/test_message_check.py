"""What is said about a commit message before it is merged."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from release_ops.domain.message_check import RULES, check_message, check_release_notes, named_commits

NOTE = "\n\nBREAKING CHANGE: call open() instead of start()"


@pytest.mark.parametrize(
    "message",
    [
        "feat: add search",
        "feature(ui)!: add search" + NOTE,
        "Fix: close files\n\nLonger text.\n\nRefs: #12\nSigned-off-by: Ada <ada@example.org>\n",
        "\n\nfix: close files\r\n\r\nText.\r\n",
        "feat!: drop x\n\nBREAKING CHANGE:\nuse y instead",
        "feat!: drop x\n\nBREAKING-CHANGE: use y instead",
        "fix: x\n\nBreaking changes: none.\n- [ ] Breaking change: yes\n## Breaking changes\nbreaking the ice",
        "fix: x\n\n```\nBREAKING CHANGES: an example\nFixes:#1\n```",
        "feat: squashed\n\n* feat!: drop x\n\nBREAKING CHANGE: use y instead",
        "fix: see http://example.org/a:b",
        "Merge branch 'main' into topic",
        'Revert "feat: add search"\n\nThis reverts commit 1a2b3c4d.',
        "fix: " + "x" * 90 + " (#12345678)",
    ],
)
def test_right_messages(message: str) -> None:
    assert check_message(message) == []


@pytest.mark.parametrize(
    ("message", "rule", "line", "remedy"),
    [
        ("", "empty", 1, "say what changed"),
        ("Add search", "no-type", 1, "such as `fix: Add search`"),
        ("Fixed the parser", "no-type", 1, "such as `fix: Fixed the parser`"),
        ("faet: add", "unknown-type", 1, "did you mean `feat`?"),
        ("zzz: add", "unknown-type", 1, "use one of build, chore"),
        ("feat add search", "no-type", 1, "write `feat: add search`"),
        ("docs/readme", "no-type", 1, "such as `fix: docs/readme`"),
        ("[fix] close files", "no-type", 1, "write `fix: close files`"),
        ("feat:add search", "no-blank", 1, "write `feat: add search`"),
        ("faet(ui):add", "no-blank", 1, "write `feat(ui): add`"),
        ("feat:", "no-description", 1, "write `feat: what`"),
        ("feat(): add", "empty-scope", 1, "`feat: add`"),
        ("feat (ui): add", "malformed-title", 1, "write `feat(ui): add`"),
        ("feat!(ui): add", "malformed-title", 1, "write `feat(ui)!: add`"),
        ("feat：add", "malformed-title", 1, "write `feat: add`"),
        ("feat: " + "x" * 95, "long-title", 1, "shorten it"),
        ("feat: x\nmore", "no-blank-line", 2, "leave a blank line"),
        ("feat!: drop x", "breaking-note", 1, "add a footer"),
        ("feat!: drop x\n\nBREAKING CHANGE: yes", "breaking-note", 1, "add a footer"),
        ("feat!: drop x\n\nBREAKING CHANGE:", "breaking-note", 3, "say what broke"),
        ("fix: x\n\nBREAKING-CHANGES: use y", "breaking-spelling", 3, "write `BREAKING CHANGE: use y`"),
        ("fix: x\n\nBreaking change: use y", "breaking-spelling", 3, "write `BREAKING CHANGE: use y`"),
        ("fix: x\n\n**BREAKING CHANGE:** use y", "breaking-spelling", 3, "write `BREAKING CHANGE: use y`"),
        ("fix: x\n\nBREAKING CHANGE:use y", "breaking-spelling", 3, "write `BREAKING CHANGE: use y`"),
        ("fix: x\n\nBREAKING CHANGE\nuse y", "breaking-spelling", 3, "write `BREAKING CHANGE: use y`"),
        ("fix: x\n\nBREAKING: use y", "breaking-spelling", 3, "write `BREAKING CHANGE: use y`"),
        ("fix: x\n\nText\nBREAKING CHANGE: use y", "breaking-spelling", 4, "leave a blank line above"),
        ("\n\nfix: x\r\n\r\nText\r\nBREAKING CHANGE: use y", "breaking-spelling", 6, "leave a blank line above"),
        ("fix: x\n\nCloses:#12", "footer", 3, "write `Closes: #12`"),
        ("fix: x\n\nReviewed by: Ada", "footer", 3, "write `Reviewed-by: Ada`"),
        ("fix: x\n\nText\nSigned-off-by: Ada", "footer", 4, "leave a blank line above"),
        ("fixup! feat: x", "fixup", 1, "squash before merging"),
    ],
)
def test_one_flaw(message: str, rule: str, line: int, remedy: str) -> None:
    (flaw,) = check_message(message)
    assert (flaw.rule, flaw.line) == (rule, line)
    assert remedy in flaw.remedy


def test_the_types_that_a_team_allows() -> None:
    assert check_message("story: x", types={"story"}) == []
    (flaw,) = check_message("feature: x", types={"feat", "fix"})
    assert flaw.remedy == "did you mean `feat`?"


def test_a_title_alone_need_not_say_what_to_do() -> None:
    assert check_message("feat!: drop x", whole=False) == []


def test_an_author_may_write_fixups_that_nobody_merges() -> None:
    assert check_message("fixup! feat: x", final=False) == []


def test_commits_that_a_message_names() -> None:
    message = (
        'Revert "x"\n\nThis reverts commit 1234567.\n(cherry picked from commit abcdef12)\n\n'
        'Refs: 1a2b3c4, 7654321 defaced and #12\nFixes: 0123abcd ("x")\nhttps://example.org/1a2b3c4\n'
    )
    assert named_commits(message) == [(3, "1234567"), (4, "abcdef12"), (6, "1a2b3c4"), (7, "0123abcd")]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "has no section in this file"),
        ("# Changelog\n\n## [2.7.0]\n\n- x\n", "has no section in this file"),
        ("## Unreleased\n\n- x\n\n## [2.8.0] - 2026\n\n### Added\n\n- \n\n<!-- to\ndo -->\n", "has a section without text"),
        ("## [2.8.0]\n\n## [2.7.0]\n\n- x\n\n[2.7.0]: https://example.org\n", "has a section without text"),
        ("## [2.8.0]\n\n[2.8.0]: https://example.org\n", "has a section without text"),
        ("## [2.8.0]\n\n### Added\n\n- search\n", None),
        ("## v2.8.0\nsearch\n", None),
    ],
)  # fmt: skip
def test_release_notes_before_a_tag(text: str, said: str | None) -> None:
    flaw = check_release_notes(text, "2.8.0")
    assert (flaw.message if flaw else None) == said


@given(st.text(), st.booleans())
def test_any_text_is_answered_with_known_rules(message: str, whole: bool) -> None:
    lines = message.replace("\r\n", "\n").replace("\r", "\n").count("\n") + 1
    for flaw in check_message(message, whole=whole):
        assert flaw.rule in RULES
        assert 1 <= flaw.line <= lines
        assert len(flaw.value) <= 72
