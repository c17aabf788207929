"""Text that leaves the house: data shows as it is and never becomes structure, a link, a mention or a command."""

from __future__ import annotations

import datetime as dt
import html
import json
import re
import unicodedata
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from jinja2 import UndefinedError
from jinja2.exceptions import SecurityError, TemplateNotFound
from markdown_it import MarkdownIt
from markdown_it.token import Token

from release_ops.domain.changelog import Changelog, build
from release_ops.domain.model import RawCommit
from release_ops.domain.notes import AUDIENCES, notes_for
from release_ops.escaping import inline, is_plain
from release_ops.render import (
    BREAK,
    FORMATS,
    SLACK_BLOCKS,
    SLACK_TEXT,
    Safe,
    block,
    changelog_by_template,
    changelog_data,
    changelog_markdown,
    changelog_slack,
    changelog_slack_messages,
    clean,
    escape,
    link,
    notes_markdown,
    one_line,
    pack,
    render,
    units,
)

MARKDOWN = MarkdownIt("gfm-like", {"html": True, "linkify": True})
assert MARKDOWN.linkify is not None
# As GitHub does: `example.org` alone is no link, addresses with a scheme and of mail are; `www.` is looked for below.
MARKDOWN.linkify.set({"fuzzy_link": False})
WEB = "https://github.com/octo/webapp"

HOSTILE = [
    "@team and @octo/core, mail ada@example.org",
    "<!channel> <@U123> <#C1> <!subteam^S1>",
    "<script>alert(1)</script> <img src=x onerror=alert(1)> <!-- x",
    "[click](http://evil.example) ![x](http://evil.example/x.png) <http://evil.example>",
    "http://evil.example www.evil.example ftp://evil.example mailto:a@b.example xmpp:a@b.example",
    "# heading", "## [9.9.9]", "- item", "+ item", "1. item", "> quote", "---", "===", "***", "___", "```", "~~~",
    "| a | b |", "|---|---|", "[x]: http://evil.example", "[^1]: note", "- [ ] task", ":---",
    "**bold** __bold__ *it* _it_ ~~gone~~ `code` ``more`` $math$ \\* \\",
    "&lt;b&gt; &#64;team &amp; &commat;team",
    "{{ 7 * 7 }} {% include '/etc/passwd' %} {# x #}",
    "\u202egnp.exe\u202c \u2066x\u2069 \x1b[31mred\x1b[0m \x00 \x07 \u200b \ufeff \ud800",
    "a\nb\r\nc\u2028d\u2029e\x85f\x0bg\x0ch",
    "a\n# b\n- c\n1. d\n> e\n```\nf\n| g |\n---\n===\n<b>h</b>\n[i]: http://evil.example",
    "🎉👨‍👩‍👧 نرم‌افزار 支持",
]  # fmt: skip
TEXTS = st.one_of(
    st.sampled_from(HOSTILE),
    st.text(st.characters(codec=None)),
    st.lists(
        st.sampled_from(
            [*"\\`*_{}[]()<>#+-.!|~&$@:=/ \n\t1a", "http://", "www.", "a.b", "<!", "-->", "&#", ";", "\u202e", "\ud83d"]
        )
    ).map("".join),
)


def visible(text: str) -> str:
    return text.replace(BREAK, "")


def leaves(tokens: list[Token]) -> list[Token]:
    return [leaf for token in tokens for leaf in (token, *leaves(token.children or []))]


def test_templates_say_what_they_do_not_know() -> None:
    with pytest.raises(UndefinedError):
        render("changelog/entry.md.j2", fmt="md")
    with pytest.raises(TemplateNotFound):
        render("../../etc/passwd", fmt="md")
    with pytest.raises(ValueError, match="choose one of md, mrkdwn, html, plain"):
        render("changelog/entry.md.j2", fmt="pdf")


def team_template(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    (tmp_path / "own.j2").write_text(text)
    monkeypatch.setenv("RELEASE_OPS_TEMPLATES", str(tmp_path))


def test_a_team_s_own_template_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "changelog").mkdir()
    (tmp_path / "changelog" / "entry.md.j2").write_text("Hello {{ changelog.product }}")
    monkeypatch.setenv("RELEASE_OPS_TEMPLATES", str(tmp_path))
    assert changelog_markdown(changelog()) == "Hello Webapp\n"


def test_a_template_cannot_reach_into_python(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    team_template(tmp_path, monkeypatch, "{{ x.__class__.__mro__ }}")
    with pytest.raises(SecurityError):
        render("own.j2", fmt="md", x="x")


@pytest.mark.parametrize(
    "expression", ["x", "x ~ ''", "x | safe", "x | upper", "m(x)", "[x] | join", "'%s' | format(x)", "b"]
)
@pytest.mark.parametrize("fmt", FORMATS[:3])
def test_no_way_around_the_escaping(expression: str, fmt: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    macro = "{% macro m(y) %}{{ y }}{% endmacro %}{% set b %}{{ x }}{% endset %}"
    team_template(tmp_path, monkeypatch, macro + "{{ " + expression + " }}")
    assert "<" not in render("own.j2", fmt=fmt, x="<b>@team")


def test_data_is_never_a_template(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    team_template(tmp_path, monkeypatch, "{{ x }}")
    assert render("own.j2", fmt="plain", x="{{ 7 * 7 }}") == "{{ 7 * 7 }}"


def test_our_own_markup_is_marked_and_loses_the_mark_when_joined() -> None:
    assert escape(Safe("**x**"), "md") == "**x**"
    assert type(Safe("**") + "x") is str


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "http://x y", "http://x)(", "https://x/<b>", "", "//x", "http://x\u202e"]
)
def test_only_plain_web_addresses_become_links(url: str) -> None:
    assert [link("x", url, fmt) for fmt in FORMATS] == ["x"] * 4


def test_links_by_format() -> None:
    url = "https://example.org/a?b=1&c=2"
    assert link("a|b", url, "md") == f"[a\\|b]({url})"
    assert link("a|b", url, "mrkdwn") == "<https://example.org/a?b=1&amp;c=2|a¦b>"
    assert link("a|b", url, "html") == '<a href="https://example.org/a?b=1&amp;c=2">a|b</a>'
    assert link("a|b", url, "plain") == f"a|b ({url})"


@given(TEXTS)
def test_control_bidi_and_invisible_characters_go(text: str) -> None:
    kept = {"\n", "\u200c", "\u200d"}
    assert not [c for c in clean(text) if unicodedata.category(c) in {"Cc", "Cf", "Cs", "Zl", "Zp"} and c not in kept]
    assert clean(clean(text)) == clean(text)
    assert "\n" not in one_line(text)
    clean(text).encode("utf-8")


PARAGRAPH = ["paragraph_open", "inline", "text", "paragraph_close"]


@given(TEXTS)
@example("a\\")
@example("&#x40;team")
def test_markdown_shows_data_as_it_is(text: str) -> None:
    shown = escape(text, "md")
    found = leaves(MARKDOWN.parse(f"x {shown}"))
    assert {token.type for token in found} <= set(PARAGRAPH)
    content = "".join(token.content for token in found if token.type == "text")
    assert visible(content) == f"x {one_line(text)}".rstrip()
    assert not re.search(r"@[\w-]|\bwww\.|://", content)


@given(TEXTS)
def test_markdown_data_opens_no_structure_at_the_start_of_a_line(text: str) -> None:
    found = leaves(MARKDOWN.parse(escape(text, "md")))
    assert {token.type for token in found} <= set(PARAGRAPH)


@given(TEXTS)
def test_markdown_blocks_stay_text_in_their_item(text: str) -> None:
    found = leaves(MARKDOWN.parse(f"- x\n  - {block('y' + text, 'md', '    ')}\n\n## next\n"))
    ours = {
        "bullet_list_open",
        "list_item_open",
        "list_item_close",
        "bullet_list_close",
        "heading_open",
        "heading_close",
    }
    assert {token.type for token in found} <= set(PARAGRAPH) | ours | {"softbreak", "hardbreak"}
    assert sum(token.type == "list_item_open" for token in found) == 2


def test_a_list_in_a_note_keeps_its_lines() -> None:
    assert block("gone:\n- a\n- b", "md", "  ") == "gone:\\\n  \\- a\\\n  \\- b"


@pytest.mark.parametrize(
    ("text", "md", "page"),
    [
        ("keep `a_b*c` and x", "keep `a_b*c` and x", "keep <code>a_b*c</code> and x"),
        ("`<b>` & `@team`", "`<b>` & `@team`", "<code>&lt;b&gt;</code> &amp; <code>@team</code>"),
        ("one ` alone", "one \\` alone", "one ` alone"),
        ("``two`` and ` `", "\\`\\`two\\`\\` and \\` \\`", "``two`` and ` `"),
        ("$`x`$", "\\$`x`\\$", "$<code>x</code>$"),
    ],
)
def test_code_in_a_description_stays_code(text: str, md: str, page: str) -> None:
    assert inline(text, "md") == md
    assert inline(text, "html") == page
    assert inline(text, "plain") == text


@given(TEXTS)
def test_code_in_a_description_brings_nothing_else(text: str) -> None:
    tokens = leaves(MARKDOWN.parse(f"x {inline(text, 'md')}"))
    assert {token.type for token in tokens} <= {
        "paragraph_open",
        "inline",
        "text",
        "code_inline",
        "paragraph_close",
        "text_special",
    }
    spoken = "".join(token.content for token in tokens if token.type in {"text", "text_special"})
    assert not re.search(r"@\w|www\.\w|://\w", spoken)
    page = Tags()
    page.feed(f"<p>{inline(text, 'html')}</p>")
    page.close()
    assert set(page.tags) <= {"p", "code"}


@given(TEXTS)
def test_slack_reads_no_command_in_data(text: str) -> None:
    shown = escape(text, "mrkdwn")
    assert "<" not in shown
    assert ">" not in shown
    assert "``" not in shown
    assert not re.search(r"@\w", shown)
    assert visible(html.unescape(shown)) == html.unescape(html.escape(one_line(text), quote=False))


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_comment(self, data: str) -> None:
        self.tags.append("!--")

    def handle_decl(self, decl: str) -> None:
        self.tags.append("!")

    def handle_data(self, data: str) -> None:
        self.text += data


@given(TEXTS)
def test_html_shows_data_as_it_is(text: str) -> None:
    page = Tags()
    page.feed(f'<p title="{escape(text, "html")}">{escape(text, "html")}</p>')
    page.close()
    assert page.tags == ["p"]
    assert page.text == one_line(text)


def changelog(*commits: str, **options: str) -> Changelog:
    raw = [RawCommit(f"{i:07x}" * 5 + "abcde", ("0" * 40,), m, "Ada", "", 1_795_000_000) for i, m in enumerate(commits)]
    return build(raw, product="Webapp", version="2.8.0", previous="v2.7.0", on=dt.date(2026, 11, 20), **options)  # type: ignore[arg-type]


def test_an_entry_of_a_changelog_file() -> None:
    found = changelog(
        "feat(api)!: drop v1 (#12)\n\nBREAKING CHANGE: use v2\n\nCloses #7",
        "fix: keep snake_case, `code` and a_b*c",
        web_url=WEB,
        compare_url=f"{WEB}/compare/v2.7.0...v2.8.0",
    )
    ids = [change.id for change in found.changes]
    assert changelog_markdown(found) == (
        f"## [2.8.0]({WEB}/compare/v2.7.0...v2.8.0) - 2026-11-20\n"
        "\n"
        "### Breaking changes\n"
        "\n"
        f"- **api:** drop v1 ([#12]({WEB}/pull/12)) ([`{ids[0][:7]}`]({WEB}/commit/{ids[0]}), closes [#7]({WEB}/issues/7))\n"
        "  - use v2\n"
        "\n"
        "### Fixes\n"
        "\n"
        f"- keep snake_case, `code` and a_b\\*c ([`{ids[1][:7]}`]({WEB}/commit/{ids[1]}))\n"
    )


def test_without_a_web_page_nothing_is_linked() -> None:
    assert changelog_markdown(changelog("fix: x (#3)")).splitlines()[-1] == "- x (#3) (`0000000`)"


@pytest.mark.parametrize(
    ("web", "commit", "pull"),
    [
        ("https://gitlab.com/octo/webapp", "/-/commit/", "!3](https://gitlab.com/octo/webapp/-/merge_requests/3)"),
        ("https://bitbucket.org/octo/webapp", "/commits/", "#3](https://bitbucket.org/octo/webapp/pull-requests/3)"),
    ],
)
def test_links_of_other_forges(web: str, commit: str, pull: str) -> None:
    text = changelog_markdown(changelog(f"fix: x ({pull[:2]})", web_url=web))
    assert f"{web}{commit}0000000" in text
    assert pull in text


def test_an_empty_release_and_one_of_maintenance_say_so() -> None:
    assert changelog_markdown(changelog()) == "## [2.8.0] - 2026-11-20\n\nNo changes.\n"
    assert "Maintenance only" in changelog_markdown(changelog("chore: x"))
    assert json.dumps(changelog_slack(changelog())).count("No changes.") == 1


MESSAGES = st.lists(
    st.one_of(
        TEXTS,
        TEXTS.map(lambda text: f"feat: {text}"),
        st.tuples(TEXTS, TEXTS).map(
            lambda both: f"fix({one_line(both[0])})!: x\n\n{both[1]}\n\nBREAKING CHANGE: {both[1]}"
        ),
    ),
    max_size=6,
)
OURS = {
    *("heading_open", "heading_close", "bullet_list_open", "bullet_list_close", "list_item_open", "list_item_close"),
    *("paragraph_open", "paragraph_close", "inline", "text", "strong_open", "strong_close", "link_open", "link_close"),
    *("code_inline", "softbreak", "hardbreak"),
}


@given(MESSAGES)
def test_hostile_commits_in_markdown(messages: list[str]) -> None:
    found = changelog(*messages, web_url=WEB)
    texts = [changelog_markdown(found), *(notes_markdown(notes_for(found, audience)) for audience in AUDIENCES)]
    headings = [[section.title for section in found.sections]]
    headings += [[section.title for section in notes_for(found, audience).sections] for audience in AUDIENCES]
    for text, wanted in zip(texts, headings, strict=True):
        tokens = leaves(MARKDOWN.parse(text))
        assert {token.type for token in tokens} <= OURS
        assert all(str(token.attrs["href"]).startswith(WEB) for token in tokens if token.type == "link_open")
        assert not re.search(r"@[\w-]", text)
        shown = [tokens[i + 1].content for i, token in enumerate(tokens) if token.type == "heading_open"]
        assert [title for title in shown[1:] if title not in {"Highlights", "Before you upgrade", "Thanks"}] == wanted


SLACK_LINK = re.compile(r"<https://github\.com/octo/webapp[^<>|]*\|[^<>|]*>")


@given(MESSAGES)
def test_hostile_commits_in_slack(messages: list[str]) -> None:
    for block_ in changelog_slack(changelog(*messages, web_url=WEB)):
        text = block_["text"]["text"]
        assert "<" not in SLACK_LINK.sub("", text)
        assert not re.search(r"@\w", text)
        assert block_["type"] == "header" or block_["text"]["verbatim"] is True


@given(MESSAGES)
def test_hostile_commits_as_data(messages: list[str]) -> None:
    data = changelog_data(changelog(*messages))
    assert json.loads(json.dumps(data)) == data


@given(st.lists(st.text(alphabet="ab &<>🎉").map(lambda text: escape(text, "mrkdwn"))), st.integers(20, 60))
def test_texts_are_split_and_never_cut(lines: list[str], limit: int) -> None:
    texts = pack(lines, limit)
    assert all(units(text) <= limit for text in texts)
    assert "".join("".join(texts).split()) == "".join("".join(lines).split())
    assert not [text for text in texts if re.search(r"&(?:l|g|lt|gt|a|am|amp)?$", text)]


def test_a_link_is_not_parted() -> None:
    line = "x" * 40 + f" <{WEB}/commit/1|`1`>"
    assert pack([line], 80) == ["x" * 40, f" <{WEB}/commit/1|`1`>"]


def test_a_large_changelog_fills_several_slack_messages() -> None:
    found = changelog(*(f"feat: {'long words ' * 80}{i}" for i in range(300)), web_url=WEB)
    messages = changelog_slack_messages(found)
    texts = [part["text"]["text"] for message in messages for part in message]
    assert len(messages) > 1
    assert all(len(message) <= SLACK_BLOCKS for message in messages)
    assert all(units(text) <= SLACK_TEXT for text in texts)
    assert all(f" {i} (<" in "\n".join(texts) for i in range(300))
    first = changelog_slack(found)
    assert len(first) == SLACK_BLOCKS
    assert "more lines are in the full changelog" in first[-1]["text"]["text"]


def test_a_title_too_long_for_a_header_is_a_section() -> None:
    found = build([], product="p" * 200, version="2.8.0", previous=None, on=dt.date(2026, 11, 20))
    assert changelog_slack(found)[0]["text"]["text"] == f"{'p' * 200} 2.8.0"


def test_memory_of_formats() -> None:
    assert [escape("<b> @x", fmt) for fmt in FORMATS] == [
        f"&lt;b&gt; @{BREAK}x",
        f"&lt;b&gt; @{BREAK}x",
        "&lt;b&gt; @x",
        "<b> @x",
    ]


@given(MESSAGES, st.booleans(), st.booleans())
def test_the_usual_layout_is_that_of_the_templates(messages: list[str], linked: bool, compared: bool) -> None:
    found = changelog(
        *messages, web_url=WEB if linked else "", compare_url=f"{WEB}/compare/v2.7.0...v2.8.0" if compared else ""
    )
    assert changelog_markdown(found) == changelog_by_template(found)


@given(st.text(alphabet="aB1é日 .,;'\"!?%()-w_*#\u202e"))
def test_the_short_way_of_escaping_is_the_long_way(text: str) -> None:
    if is_plain(text):
        assert escape(f"\x00{text}", "md") == text == escape(text, "md")
        assert escape(f"\x00{text}", "mrkdwn") == text == escape(text, "mrkdwn")


def test_a_team_s_own_layout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "changelog").mkdir()
    (tmp_path / "changelog" / "change.md.j2").write_text("* {{ change.description }}\n")
    monkeypatch.setenv("RELEASE_OPS_TEMPLATES", str(tmp_path))
    assert changelog_markdown(changelog("fix: x*")).endswith("### Fixes\n\n* x\\*\n")
