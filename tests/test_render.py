"""Text that leaves the house: data shows as it is and never becomes structure, a link, a mention or a command."""

from __future__ import annotations

import dataclasses
import datetime as dt
import html
import json
import re
import unicodedata
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from jinja2 import UndefinedError
from jinja2.exceptions import SecurityError

from release_ops import render as module
from release_ops.changelog_formats import changelog_html, changelog_slack_messages
from release_ops.domain.audiences import SHOWN, Audience, KnownIssue, NotesPolicy
from release_ops.domain.change import RawCommit
from release_ops.domain.changelog import Changelog, build
from release_ops.domain.changelog_rules import ChangelogRules, Tickets
from release_ops.domain.model import Feature, FeatureStatus
from release_ops.domain.notes import Notes, migration_guide, notes_for
from release_ops.domain.summary import TITLE, Sentence, Summary
from release_ops.escaping import code_block, inline, is_plain
from release_ops.product import load_product
from release_ops.render import (
    BREAK,
    FORMATS,
    Safe,
    TemplateProblem,
    block,
    changelog_by_template,
    changelog_markdown,
    clean,
    escape,
    find_template,
    link,
    migration_markdown,
    notes_markdown,
    notes_text,
    one_line,
    pack,
    render,
    template_folders,
    units,
)
from tests.hostile import MARKDOWN, MESSAGES, TEXTS, WEB, changelog, leaves

DEMO = Path(__file__).parents[1] / "include" / "products" / "demo.yaml"


def visible(text: str) -> str:
    return text.replace(BREAK, "")


def test_templates_say_what_they_do_not_know() -> None:
    with pytest.raises(TemplateProblem, match=r"entry\.md\.j2:1: UndefinedError: 'changelog' is undefined") as found:
        render("changelog/entry.md.j2", fmt="md")
    assert isinstance(found.value.__cause__, UndefinedError)
    with pytest.raises(TemplateProblem, match="etc/passwd: no such template in "):
        render("../../etc/passwd", fmt="md")
    with pytest.raises(ValueError, match="choose one of md, mrkdwn, html, plain, xml"):
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
    with pytest.raises(TemplateProblem, match="SecurityError") as found:
        render("own.j2", fmt="md", x="x")
    assert isinstance(found.value.__cause__, SecurityError)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a\n{% if %}\n", "own.j2:2: Expected an expression"),
        ("a\n\n{{ nope }}", "own.j2:3: UndefinedError: 'nope' is undefined"),
        ("{{ 1 + 'a' }}", "own.j2:1: TypeError"),
        ("{% include 'changelog/nope.j2' %}", "changelog/nope.j2: no such template in "),
        ("{% include 'own.j2' %}", "own.j2:1: RecursionError"),
    ],
)
def test_a_broken_template_is_named_with_its_line(
    text: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    team_template(tmp_path, monkeypatch, text)
    with pytest.raises(TemplateProblem) as found:
        render("own.j2", fmt="md")
    assert said in str(found.value)
    assert str(tmp_path) in str(found.value)
    assert "no such template" in said or "remove the file" in str(found.value)


def test_a_product_s_templates_come_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The team's own for the product, the team's own, the project's for the product, the project's."""
    team, project = tmp_path / "team", tmp_path / "project"
    monkeypatch.setenv("RELEASE_OPS_TEMPLATES", str(team))
    monkeypatch.setattr(module, "TEMPLATES", project)
    folders = [team / "products" / "shop", team, project / "products" / "shop", project]
    assert template_folders("shop") == folders
    assert template_folders() == [team, project]
    for folder in reversed(folders):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "x.j2").write_text(f"{folder.relative_to(tmp_path)}: {{{{ text }}}}")
    for folder in folders:
        assert render("x.j2", fmt="plain", product="shop", text="a") == f"{folder.relative_to(tmp_path)}: a"
        assert find_template("x.j2", "shop") == folder / "x.j2"
        (folder / "x.j2").unlink()
    with pytest.raises(TemplateProblem, match=r"x\.j2: no such template"):
        find_template("x.j2", "shop")


@pytest.mark.parametrize("product", ["../shop", "a/b", "..", "", "Shop", "a\x00", "/etc"])
def test_a_product_is_not_a_path(product: str) -> None:
    with pytest.raises(ValueError, match="not the id of a product"):
        render("changelog/entry.md.j2", fmt="md", product=product, changelog=changelog())


def test_a_product_is_data_of_its_templates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    product = load_product(DEMO)
    (tmp_path / "products" / product.id).mkdir(parents=True)
    monkeypatch.setenv("RELEASE_OPS_TEMPLATES", str(tmp_path))
    (tmp_path / "products" / product.id / "own.j2").write_text("{{ product.name }}")
    assert render("own.j2", fmt="plain", product=product) == product.name


def test_a_product_s_own_changelog(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "products" / "shop" / "changelog").mkdir(parents=True)
    (tmp_path / "products" / "shop" / "changelog" / "change.md.j2").write_text("* {{ change.description }}\n")
    monkeypatch.setenv("RELEASE_OPS_TEMPLATES", str(tmp_path))
    assert changelog_markdown(changelog("fix: x"), "shop").endswith("### Fixes\n\n* x\n")
    assert changelog_markdown(changelog("fix: x")).endswith("- x (`0000000`)\n")


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
    assert [link("x", url, fmt) for fmt in FORMATS] == ["x"] * 5


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
    assert page.text == one_line(text).replace("\ufffe", "\ufffd").replace("\uffff", "\ufffd")


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
    assert changelog_markdown(changelog()) == "## [2.8.0] - 2026-11-20\n\nNo changes: the same as v2.7.0.\n"
    assert "Maintenance only" in changelog_markdown(changelog("chore: x"))
    assert json.dumps(changelog_slack_messages(changelog())).count("No changes: the same as v2.7.0.") == 1
    first = dataclasses.replace(changelog(), previous=None)
    assert changelog_markdown(first) == "## [2.8.0] - 2026-11-20\n\nNo changes.\n"
    for audience in POLICY.audiences:
        assert "No changes: the same as v2.7.0." in notes_markdown(notes_for(changelog(), audience, POLICY))


def test_what_an_empty_release_is_compared_with_is_data_too() -> None:
    hostile = dataclasses.replace(changelog(), previous="<b>*x*")
    assert "&lt;b&gt;\\*x\\*" in changelog_markdown(hostile)


OURS = {
    *("heading_open", "heading_close", "bullet_list_open", "bullet_list_close", "list_item_open", "list_item_close"),
    *("paragraph_open", "paragraph_close", "inline", "text", "strong_open", "strong_close", "link_open", "link_close"),
    *("code_inline", "softbreak", "hardbreak"),
}


POLICY = NotesPolicy(
    audiences={
        "outside": Audience(heading="What is new", sections=("Breaking changes", "Fixes"), highlights=3),
        "inside": Audience(heading="All", sections=("*",), highlights=5, show=frozenset(SHOWN), internal=True),
    }
)
NOTES_TITLES = {"Highlights", "Before you upgrade", "Known issues", "Thanks", TITLE}


def notes(text: str, audience: str = "inside") -> Notes:
    """Notes in which every text from outside is `text`: commits, features, known issues, names, a model's sentences."""
    found = changelog(
        f"feat({one_line(text).replace('(', '').replace(')', '')})!: {one_line(text)}\n\nBREAKING CHANGE: x\n\n  {text}",
        f"fix: {text}\n\nRefs: WEB-1",
        f"feat: y\n\nHighlight: true\nRefs: WEB-1\nRelease-Note: {one_line(text)}",
        web_url=WEB,
        compare_url=f"{WEB}/compare/v1...v2",
    )
    found = replace(found, contributors=(text, "Ada"), first_time=(text,))
    made = notes_for(
        found,
        audience,
        POLICY,
        features=[Feature(id="WEB-1", title=text, status=FeatureStatus.DONE, priority="must")],
        known_issues=[KnownIssue(id=text, title=text, workaround=text, url=f"{WEB}/issues/1")],
    )
    numbers = tuple(range(1, len(made.listed) + 1))
    return replace(made, summary=Summary((Sentence(text, numbers),)) if numbers else None)


@settings(deadline=None)
@given(TEXTS, st.sampled_from(["inside", "outside"]))
def test_hostile_texts_in_notes(text: str, audience: str) -> None:
    made = notes(text, audience)
    guide = migration_markdown(made.changelog, migration_guide(made.changelog, POLICY))
    for shown in (notes_markdown(made), guide):
        tokens = leaves(MARKDOWN.parse(shown))
        assert {token.type for token in tokens} <= OURS | {"ordered_list_open", "ordered_list_close", "fence"}
        links = [str(token.attrs["href"]) for token in tokens if token.type == "link_open"]
        assert all(link.startswith(WEB) for link in links)
        prose = "".join(token.content for token in tokens if token.type == "text")
        assert not re.search(r"@[\w-]", prose)
    tokens = MARKDOWN.parse(notes_markdown(made))
    titles = [tokens[at + 1].content for at, token in enumerate(tokens) if token.type == "heading_open"][1:]
    assert set(titles) <= NOTES_TITLES | {section.title for section in made.sections}


@settings(deadline=None)
@given(TEXTS)
def test_hostile_texts_in_notes_as_html_and_plain_text(text: str) -> None:
    made = notes(text)
    tags = set(re.findall(r"<(/?\w+)", notes_text(made, "html").partition("<body>")[2]))
    assert {tag.strip("/") for tag in tags} <= {
        *("h1", "h2", "p", "ul", "ol", "li", "strong", "a", "br", "code", "pre"),
        *("body", "html"),
    }
    plain = notes_text(made, "plain")
    assert not re.search("[\x00-\x08\x0b-\x1f\u202a-\u202e\u2066-\u2069]", plain)


@given(st.text(alphabet="a`~\n <@"))
def test_code_of_others_cannot_leave_its_block(text: str) -> None:
    tokens = MARKDOWN.parse(f"- item\n\n  {code_block(text, 'md', '  ')}\n")
    assert [token.type for token in tokens if token.level == 2][-1] == "fence"
    (fence,) = [token for token in tokens if token.type == "fence"]
    assert fence.content.split() == text.split()
    assert str(code_block("<b>", "html")) == "<pre><code>&lt;b&gt;</code></pre>"


def test_notes_with_a_summary_number_their_changes_and_say_who_wrote_it() -> None:
    shown = notes_markdown(notes("search"))
    assert "## Summary (written by a model from the changes below)\n\n- search \\[[1](" in shown
    assert "\n1. **search:** search (" in shown
    assert "\n2. " in shown
    assert f"[1]({WEB}/commit/" in shown
    outside = notes_markdown(notes("search", "outside"))
    assert "\\[1, 2\\]" in outside
    assert "/commit/" not in outside
    page = notes_text(notes("search"), "html")
    assert '<ol start="1">' in page
    assert '<ol start="2">' in page


def test_notes_show_everything_once() -> None:
    shown = notes_markdown(replace(notes("slow"), summary=None))
    for heading in ("# Webapp 2.8.0: All", "## Highlights", "## Before you upgrade", "## Known issues", "## Thanks"):
        assert shown.count(f"{heading}\n") == 1
    assert "**Breaking, slow:** slow" in shown
    assert "What helps: slow" in shown
    assert "slow, Ada" in shown
    assert "First contribution: slow" in shown
    assert f"[All changes]({WEB}/compare/v1...v2)" in shown


def test_a_migration_guide() -> None:
    found = changelog(
        "feat(api)!: answer in UTC\n\nBREAKING CHANGE: convert\n\n```\na = 1\n```", "fix!: bare", web_url=WEB
    )
    assert migration_markdown(found, migration_guide(found, POLICY)) == (
        "# Upgrading Webapp from v2.7.0 to 2.8.0\n\n"
        "## api\n\n### answer in UTC\n\nconvert\n\n```\na = 1\n```\n\n"
        f"Changed in [`{found.breaking[0].id[:7]}`]({WEB}/commit/{found.breaking[0].id}).\n\n"
        "## Everything else\n\n### bare\n\nThe change says no more than this.\n\n"
        f"Changed in [`{found.breaking[1].id[:7]}`]({WEB}/commit/{found.breaking[1].id}).\n"
    ).replace("### answer", "### Answer")
    nothing = migration_markdown(changelog("fix: x"), ())
    assert nothing.endswith("Nothing to do: this release has no breaking changes.\n")


@given(MESSAGES)
def test_hostile_commits_in_markdown(messages: list[str]) -> None:
    found = changelog(*messages, web_url=WEB)
    made = [notes_for(found, audience, POLICY) for audience in POLICY.audiences]
    texts = [changelog_markdown(found), *map(notes_markdown, made)]
    headings = [[section.title for section in one.sections] for one in (found, *made)]
    for text, wanted in zip(texts, headings, strict=True):
        tokens = leaves(MARKDOWN.parse(text))
        # What somebody who upgrades has to do may hold code, which the notes set apart.
        assert {token.type for token in tokens} <= (OURS if text is texts[0] else OURS | {"fence"})
        assert all(str(token.attrs["href"]).startswith(WEB) for token in tokens if token.type == "link_open")
        assert not re.search(r"@[\w-]", text)
        shown = [tokens[i + 1].content for i, token in enumerate(tokens) if token.type == "heading_open"]
        assert [title for title in shown[1:] if title not in NOTES_TITLES] == wanted


@example(["🎉" * 100], 21)
@example(["🎉" * 10 + "a" * 50 + "🎉" * 50], 20)
@given(st.lists(st.text(alphabet="ab &<>🎉").map(lambda text: escape(text, "mrkdwn"))), st.integers(20, 60))
def test_texts_are_split_and_never_cut(lines: list[str], limit: int) -> None:
    texts = pack(lines, limit)
    assert all(units(text) <= limit for text in texts)
    assert "".join("".join(texts).split()) == "".join("".join(lines).split())
    assert not [text for text in texts if re.search(r"&(?:l|g|lt|gt|a|am|amp)?$", text)]


def test_a_link_is_not_parted() -> None:
    line = "x" * 40 + f" <{WEB}/commit/1|`1`>"
    assert pack([line], 80) == ["x" * 40, f" <{WEB}/commit/1|`1`>"]


def test_memory_of_formats() -> None:
    assert [escape("<b> @x", fmt) for fmt in FORMATS] == [
        f"&lt;b&gt; @{BREAK}x",
        f"&lt;b&gt; @{BREAK}x",
        "&lt;b&gt; @x",
        "<b> @x",
        "&lt;b&gt; @x",
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


class TestTickets:
    """Keys of tickets are links in every format that has links, and the text around them stays data."""

    RULES = ChangelogRules(tickets=Tickets(("WEB",), "https://jira.example.org/browse/{id}"))

    def made(self, message: str) -> Changelog:
        commit = RawCommit("a" * 40, ("b" * 40,), message)
        return build(
            [commit], product="Webapp", version="1.0.0", previous=None, on=dt.date(2026, 11, 20), rules=self.RULES
        )

    def test_markdown(self) -> None:
        made = self.made("feat: WEB-1 search, *all* of it [WEB-22] (#3)\n\nCloses: WEB-7")
        line = (
            "- [WEB-1](https://jira.example.org/browse/WEB-1) search, \\*all\\* of it "
            "\\[[WEB-22](https://jira.example.org/browse/WEB-22)\\] (#3) "
            "(`aaaaaaa`, closes [WEB-7](https://jira.example.org/browse/WEB-7))"
        )
        assert line in changelog_markdown(made)
        assert changelog_markdown(made) == changelog_by_template(made)

    def test_slack_and_html(self) -> None:
        made = self.made("feat: see WEB-1 <!channel>")
        (message,) = changelog_slack_messages(made)
        text = message[1]["text"]["text"]
        assert "see <https://jira.example.org/browse/WEB-1|WEB-1> &lt;!channel&gt;" in text
        assert '<a href="https://jira.example.org/browse/WEB-1">WEB-1</a> &lt;!channel&gt;' in changelog_html(made)

    @given(st.text(max_size=60), st.text(max_size=60))
    @example("", "0.AL")
    @example("", "https://0.AL")
    def test_nothing_else_becomes_a_link(self, before: str, after: str) -> None:
        made = self.made(f"feat: x{before} WEB-1 {after}")
        tokens = MARKDOWN.parse(changelog_markdown(made))
        hrefs = {child.attrs["href"] for one in tokens for child in one.children or () if child.type == "link_open"}
        assert hrefs <= {"https://jira.example.org/browse/WEB-1"}
