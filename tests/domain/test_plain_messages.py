"""Messages of the plainest kind are read by a short way, and later; what they say is the same."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from release_ops.domain.commits import (
    TYPE_ALIASES,
    is_ignored,
    parse_commit,
    parse_revert,
    parse_squashed,
    picked_from,
    read_plain,
)
from release_ops.domain.references import CLOSING, closes

WHEN = 1_795_000_000

HEADERS = st.sampled_from(
    [
        *("feat: add x", "fix(web): mend y (#12)", "fix: #12 is gone", "feat: WEB-7 add x", "feature: x", "Feat: x"),
        *(
            "fix: closes #1 and octo/repo#2",
            "chore: release 1.2.3",
            "chore(main): v1.2.3",
            "chore: tidy",
            "chore: bump",
        ),
        *(
            "feat( web ): x",
            "feat(): x",
            "feat:x",
            "feat: x ",
            "feat!: x",
            "revert: x",
            "docs: naïve 日本語",
            "fix : x",
        ),
        *("release: 1.2.3", "version: to 1.2.3", "wip", "", "fix: see (#1) and (#2)", "fixup! feat: x", "fix: a\tb"),
        *(
            "fix: closes https://github.com/a/b/issues/5",
            "fix: closes GH-5",
            "chore:  1.2.3 (#4)",
            "chore: 1.2.3 [skip-ci]",
        ),
    ]
)
LINES = st.sampled_from(
    [
        *(
            "",
            "text below",
            "Closes #3",
            "closes: #4, #5",
            "Fixes: WEB-9",
            "Refs #6",
            "resolves octo/repo#7",
            "  ",
            "\r",
        ),
        *(
            "Implementing #8",
            "CLOSES #9",
            "this fix is good",
            "Signed-off-by: A <a@example.org>",
            "# heading",
            "\u2028",
        ),
        *("Co-authored-by: B <b@example.org>", "BREAKING CHANGE: all", "This reverts commit 1234567.", "* feat: y"),
        *(
            "Co-Authored-By: C <c@example.org>",
            "fixes GH-12",
            "this closes https://gitlab.com/a/b/c/-/issues/13",
            "GH-14",
        ),
        *(
            "resolves https://example.org/browse/WEB-15",
            "BEGIN_NESTED_COMMIT",
            "END_NESTED_COMMIT",
            "closes a/b/c/d#16",
        ),
        *("Squashed commit of the following:", "commit 1234567", "    fix: y", " BREAKING CHANGE: x", "Closes: !17"),
        *("feat: z", "(cherry picked from commit 1234567)", "fixes\t#10", "see https://example.org/#11", "Token: v"),
        *("closes https://github.com/octo/repo/issues/12", "Fixes: https://gitlab.com/a/b/-/issues/3", "closes GH-13"),
        *("- fix: listed", "[feat] bracketed", "commit 1234567", "    feat: indented"),
    ]
)


@given(header=HEADERS, lines=st.lists(LINES, max_size=6), end=st.sampled_from(["", "\n"]))
def test_the_short_way_says_what_the_long_way_says(header: str, lines: list[str], end: str) -> None:
    message = "\n".join([header, *lines]) + end
    plain = read_plain(message, TYPE_ALIASES, "abc", "Ada", WHEN)
    if plain is None:
        return
    subject, change = plain
    about = {"id": "abc", "author": "Ada", "committed_at": datetime.fromtimestamp(WHEN, UTC)}
    closed = closes(change)
    assert [change] == list(parse_squashed(message, types=TYPE_ALIASES, **about))  # type: ignore[arg-type]
    assert (subject, is_ignored(message), picked_from(message), parse_revert(message)) == (header, False, (), None)
    named = [one.target for one in change.references if one.action and one.action.lower() in CLOSING]
    assert closed == tuple(dict.fromkeys(named))


@pytest.mark.parametrize("message", ["feat: x", "fix(web): x (#1)\n\nbody", "chore: tidy\n\nSigned-off-by: A <a@b.c>"])
def test_most_messages_go_the_short_way(message: str) -> None:
    assert read_plain(message, {}, "", "", 0) is not None


def test_parts_are_read_when_they_are_asked_for() -> None:
    found = read_plain("fix: x\n\nbody\n\nCloses #1", {}, "", "", 0)
    assert found is not None
    change = found[1]
    assert (change.body, change.footers, change.committed_at) == ("body", (("Closes", "1"),), None)
    assert change == parse_commit("fix: x\n\nbody\n\nCloses #1")
    with pytest.raises(AttributeError, match="Change has no attribute 'bodies'"):
        change.bodies  # type: ignore[attr-defined]  # noqa: B018
