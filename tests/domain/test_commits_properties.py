"""Properties of reading commit messages: what was put together from parts comes apart into the same parts."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from release_ops.domain.change import Reference
from release_ops.domain.commits import (
    KNOWN_TYPES,
    TYPE_ALIASES,
    is_ignored,
    parse_all,
    parse_commit,
    parse_revert,
    parse_squashed,
    picked_from,
    without_pull,
)
from release_ops.domain.references import CLOSING

_CHARACTERS = st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp"))
_FOOTER_LIKE = re.compile(r"(?:BREAKING[ -]CHANGE|[A-Za-z0-9-]+)(?::| #)")
LINES = st.text(_CHARACTERS, min_size=1, max_size=40).map(str.strip).filter(bool)
"""One line of text without blanks at its ends."""
PROSE = LINES.filter(lambda line: not _FOOTER_LIKE.match(line) and "BREAKING" not in line)
"""A line that nobody takes for a footer."""


@dataclass(frozen=True)
class Parts:
    """A conventional message before it was put together."""

    type: str
    scope: str | None
    bang: bool
    description: str
    paragraphs: tuple[tuple[str, ...], ...]
    footers: tuple[tuple[str, str, str], ...]
    """Token, separator, value."""

    def message(self, blank_lines: int, end: str) -> str:
        scope = f"({self.scope})" if self.scope is not None else ""
        blocks = [f"{self.type}{scope}{'!' if self.bang else ''}: {self.description}"]
        blocks += ["\n".join(lines) for lines in self.paragraphs]
        if self.footers:
            blocks.append("\n".join(f"{token}{separator}{value}" for token, separator, value in self.footers))
        gap = "\n" * (blank_lines + 1)
        return (blocks[0] + gap + "\n\n".join(blocks[1:])).rstrip().replace("\n", end) + end


TYPES = st.one_of(
    st.sampled_from(sorted(KNOWN_TYPES)).flatmap(lambda kind: st.sampled_from([kind, kind.upper(), kind.title()])),
    st.from_regex(r"[a-z][a-z0-9_/-]{0,12}", fullmatch=True),
    st.just("größe"),
)
SCOPES = st.none() | LINES.map(lambda line: re.sub(r"[()]", "", line).strip()).filter(bool)
VALUES = st.builds(
    lambda first, more: "\n".join([first, *more]),
    LINES,
    st.lists(st.one_of(PROSE, PROSE.map(" {}".format)), max_size=3),
)
FOOTERS = st.one_of(
    st.tuples(st.sampled_from(["BREAKING CHANGE", "BREAKING-CHANGE"]), st.just(": "), VALUES),
    st.tuples(st.from_regex(r"[A-Za-z][A-Za-z0-9-]{0,15}", fullmatch=True), st.sampled_from([": ", " #"]), VALUES),
)
PARTS = st.builds(
    Parts,
    TYPES,
    SCOPES,
    st.booleans(),
    LINES,
    st.lists(st.tuples(PROSE) | st.tuples(PROSE, PROSE), max_size=3).map(tuple),
    st.lists(FOOTERS, max_size=4).map(tuple),
)


@given(PARTS, st.integers(1, 3), st.sampled_from(["\n", "\r\n"]))
def test_a_message_comes_apart_into_its_parts(parts: Parts, blank_lines: int, end: str) -> None:
    change = parse_commit(parts.message(blank_lines, end))

    assert change is not None
    assert (change.type, change.scope, change.description) == (parts.type.lower(), parts.scope, parts.description)
    body = "\n\n".join("\n".join(lines) for lines in parts.paragraphs)
    assert change.body == ("\n" * (blank_lines - 1) + body if body else None)
    assert change.footers == tuple((token, value) for token, _, value in parts.footers)
    breaking = tuple(value for token, _, value in parts.footers if token.startswith("BREAKING"))
    assert change.breaking == (parts.bang or bool(breaking))
    assert change.notes == (breaking or ((parts.description,) if parts.bang else ()))


FRAGMENTS = st.sampled_from(
    [
        *(
            "\n",
            "\r\n",
            "\n\n",
            "\r",
            " ",
            "\t",
            "    ",
            "* ",
            "- ",
            "```",
            '"',
            "(",
            ")",
            "!",
            ":",
            ": ",
            "#",
            "/",
            "\0",
        ),
        *(
            "feat",
            "fix: ",
            "feat(x)!: ",
            "chore: ",
            "v1.2.3",
            "Merge branch 'a'",
            "Merged PR 7: ",
            "fixup! ",
            'Revert "',
        ),
        *("BREAKING CHANGE: ", "BREAKING-CHANGE:", "BREAKING CHANGE", "Refs: ", "Closes #", "Co-Authored-By: a <b>"),
        *("Squashed commit of the following:\n", "commit 0123456\n", "BEGIN_NESTED_COMMIT\n", "END_NESTED_COMMIT\n"),
        *("closes ", "fixes: ", "#1", "octo/repo#2", "JIRA-3", "GH-4", "!5", ", ", " and ", "x", "é", "\u2028"),
        *("https://github.com/a/b/issues/6", "https://gitlab.com/a/b/-/merge_requests/7", "https://x/browse/JIRA-8"),
        *("This reverts commit 0123456.", "(cherry picked from commit 89abcde)", "Release-As: 1.2.3"),
    ]
)
HOSTILE = st.lists(FRAGMENTS | st.text(max_size=5), max_size=30).map("".join)


@given(HOSTILE)
def test_whatever_is_read_is_well_formed(message: str) -> None:
    changes = parse_all(message)
    announced = parse_squashed(message, types=TYPE_ALIASES, id="0123456", author="Ada")

    assert isinstance(is_ignored(message), bool)
    parse_revert(message)
    assert all(re.fullmatch("[0-9a-f]{7,64}", sha) for sha in picked_from(message))
    assert len(announced) <= len(changes)
    assert all((change.id, change.author) == ("0123456", "Ada") for change in announced)
    for change in (*changes, *announced):
        assert change.type == change.type.lower()
        assert change.description.strip() == change.description.rstrip() != ""
        assert all("\n" not in token for token, _ in change.footers)
        assert not change.notes or change.breaking
        assert all(re.fullmatch(r"\S{2,1200}", reference.target) for reference in change.references)
        assert without_pull(change.description)[0] in change.description


@given(HOSTILE.filter(lambda message: "\r" not in message))
def test_line_ends_make_no_difference(message: str) -> None:
    assert parse_squashed(message.replace("\n", "\r\n")) == parse_squashed(message)
    assert is_ignored(message.replace("\n", "\r\n")) == is_ignored(message)


@given(st.sampled_from(sorted(TYPE_ALIASES)), SCOPES, LINES)
def test_an_alias_is_its_type(alias: str, scope: str | None, description: str) -> None:
    rest = f"{f'({scope})' if scope else ''}: {description}"
    theirs = parse_commit(alias.title() + rest, types=TYPE_ALIASES)
    assert theirs is not None
    assert theirs == parse_commit(TYPE_ALIASES[alias] + rest)


TARGETS = st.one_of(
    st.integers(1, 99_999).map("#{}".format),
    st.integers(1, 99_999).map("octo/re.po-1#{}".format),
    st.integers(1, 99_999).map("GH-{}".format),
)
PAGES = st.builds(
    lambda page, number: (page[0].format(number), page[1].format(number)),
    st.sampled_from(
        [
            ("https://github.com/octo/repo/issues/{}", "octo/repo#{}"),
            ("https://github.com/octo/repo/pull/{}#issuecomment-1", "octo/repo#{}"),
            ("https://git.example.org:8443/group/sub/repo/-/issues/{}", "group/sub/repo#{}"),
        ]
    ),
    st.integers(1, 99_999),
)
ACTIONS = st.sampled_from([*sorted(CLOSING), "refs"]).flatmap(lambda word: st.sampled_from([word, word.title()]))


@given(ACTIONS, st.lists(TARGETS.map(lambda target: (target, target)) | PAGES, min_size=1, max_size=4))
def test_a_footer_lists_issues_with_what_is_done_about_them(action: str, issues: list[tuple[str, str]]) -> None:
    change = parse_commit(f"fix: x\n\n{action}: {', '.join(written for written, _ in issues)}")
    assert change is not None
    assert change.references == tuple(dict.fromkeys(Reference(action=action, target=target) for _, target in issues))


@given(ACTIONS, TARGETS.map(lambda target: (target, target)) | PAGES, st.sampled_from([" ", ": "]))
def test_a_sentence_says_what_is_done_about_an_issue(action: str, issue: tuple[str, str], separator: str) -> None:
    change = parse_commit(f"fix: x\n\nWith this it {action}{separator}{issue[0]} for good.")
    assert change is not None
    assert change.references == (Reference(action=action, target=issue[1]),)


@given(st.lists(st.sampled_from(['Revert "{}"', 'Revert "{}" (#12)', 'revert: "{}"']), min_size=1, max_size=9), LINES)
def test_reverts_of_reverts_come_apart_one_by_one(wrappers: list[str], subject: str) -> None:
    chain = [subject]
    for wrapper in wrappers:
        chain.append(wrapper.format(chain[-1]))
    for inner, outer in zip(chain[-2::-1], chain[:0:-1], strict=True):
        found = parse_revert(f"{outer}\n\nThis reverts commit 0123456789abcdef.")
        assert found is not None
        assert (found.header, found.ids) == (inner, ("0123456789abcdef",))


HEADERS = st.builds(
    lambda kind, scope, description: (f"{kind}{scope}: {description}", kind, description),
    st.sampled_from(sorted(KNOWN_TYPES)),
    st.sampled_from(["", "(api)", "(größe)!"]),
    LINES,
)


@pytest.mark.parametrize(
    ("title", "form", "joint"),
    [
        ("Add search (#9)", "* {}", "\n\n"),
        ("Add search", "* {}", "\n"),
        ("Add search", "- {}", "\n"),
        ("Merge branch 'search' into 'main'", "{}", "\n\n"),
        ("Merged in search (pull request #10)", "{}", "\n\n"),
        ("Merged PR 12: Add search", "{}", "\r\n\r\n"),
        ("Squashed commit of the following:", "commit 0123456\nAuthor: Ada <a@b>\nDate:   x\n\n    {}", "\n\n"),
    ],
)
@given(st.lists(HEADERS, min_size=1, max_size=5))
def test_the_commits_of_a_squash_are_all_told(
    title: str, form: str, joint: str, headers: list[tuple[str, str, str]]
) -> None:
    found = parse_squashed(f"{title}\n\n{joint.join(form.format(header) for header, _, _ in headers)}\n")
    assert [(one.type, one.description) for one in found] == [(kind, text) for _, kind, text in headers]


@given(HEADERS)
def test_the_title_of_a_merge_on_azure_is_read_without_its_prefix(header: tuple[str, str, str]) -> None:
    assert parse_squashed(f"Merged PR 12: {header[0]}") == parse_squashed(header[0])
