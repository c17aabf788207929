"""Every format, read back by a parser of that format, whatever commits say."""

from __future__ import annotations

import datetime as dt
import json
import re
import xml.etree.ElementTree as ET
from pathlib import Path

import html5lib
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from release_ops import changelog_formats
from release_ops.changelog_formats import (
    CHANGELOG_FORMATS,
    SLACK_BLOCKS,
    SLACK_MESSAGE,
    SLACK_TEXT,
    XML_NAMESPACE,
    changelog_confluence,
    changelog_github,
    changelog_html,
    changelog_plain,
    changelog_slack_messages,
    changelog_xml,
    history,
    page_html,
)
from release_ops.changelog_json import changelog_data, json_text
from release_ops.domain.changelog import Changelog, build
from release_ops.domain.notes import notes_for
from release_ops.escaping import BREAK, one_line, units, without_pull
from release_ops.product import standard_notes
from release_ops.render import NOTES_FORMATS, TEMPLATES, notes_text
from tests.hostile import AUTHORS, HOSTILE, MARKDOWN, MESSAGES, WEB, changelog, descriptions, leaves

SCHEMA = json.loads(Path(TEMPLATES, "changelog/changelog.schema.json").read_text())
COMPARE = f"{WEB}/compare/v2.7.0...v2.8.0"
HTML_TAGS = {"h2", "h3", "ul", "li", "a", "code", "strong", "p", "br"}
STEERING = set("\x00\x07\x1b\x85\u202e\u2066\u200b\ufeff\ud800")


def seen(text: str) -> str:
    """As a reader sees it."""
    return " ".join(text.replace(BREAK, "").split())


def held(text: str) -> str:
    """A text on one line, as XML and HTML can hold it."""
    return one_line(text).replace("\ufffe", "\ufffd").replace("\uffff", "\ufffd")


# JSON


@given(MESSAGES)
def test_json_follows_its_schema_and_loses_nothing(messages: list[str]) -> None:
    validator = Draft202012Validator(SCHEMA)
    validator.check_schema(SCHEMA)
    data = changelog_data(changelog(*messages, web_url=WEB))
    text = json_text(data)
    assert json.loads(text) == data
    assert list(validator.iter_errors(json.loads(text))) == []
    assert not STEERING & set(text)
    text.encode()


# GitHub


@given(MESSAGES, AUTHORS, st.booleans())
def test_hostile_commits_in_the_body_of_a_github_release(messages: list[str], author: str, linked: bool) -> None:
    found = changelog(*messages, author=author, web_url=WEB if linked else "", compare_url=COMPARE)
    text = changelog_github(found)
    tokens = leaves(MARKDOWN.parse(text))
    ours = ("heading", "bullet_list", "list_item", "paragraph", "strong", "link")
    wanted = {f"{name}_{end}" for name in ours for end in ("open", "close")}
    assert {token.type for token in tokens} <= wanted | {"inline", "text", "code_inline", "softbreak", "hardbreak"}
    assert all(str(token.attrs["href"]).startswith(WEB) for token in tokens if token.type == "link_open")
    assert not re.search(r"@[\w-]", text)
    headings = [tokens[i + 1].content for i, token in enumerate(tokens) if token.type == "heading_open"]
    assert headings == ["What's Changed", *(section.title for section in found.sections)]
    items = [
        tokens[i + 2].content for i, token in enumerate(tokens) if token.type == "list_item_open" and token.level == 1
    ]
    assert len(items) == len(descriptions(found))
    assert not STEERING & set(text)


def test_the_body_of_a_github_release() -> None:
    found = changelog(
        "feat(api)!: drop v1 (#12)\n\nBREAKING CHANGE: use v2", "fix: x", web_url=WEB, compare_url=COMPARE
    )
    second = found.sections[1].changes[0].id
    assert changelog_github(found) == (
        "## What's Changed\n\n### Breaking changes\n\n"
        f"* **api:** drop v1 by Ada in [#12]({WEB}/pull/12)\n  * use v2\n\n"
        f"### Fixes\n\n* x by Ada in [`{second[:7]}`]({WEB}/commit/{second})\n\n"
        f"**Full Changelog**: [v2.7.0...v2.8.0]({COMPARE})\n"
    )


# HTML, XML, Confluence


@given(MESSAGES)
def test_html_has_our_tags_alone_and_every_text(messages: list[str]) -> None:
    found = changelog(*messages, web_url=WEB, compare_url=COMPARE)
    text = changelog_html(found)
    root = html5lib.parse(page_html([found], "<Webapp>"), namespaceHTMLElements=False)
    assert root.find("head/title").text == "<Webapp>"
    body = root.find("body")
    assert {element.tag for element in body.iter()} <= HTML_TAGS | {"body", "h1"}
    assert all(a.get("href").startswith(WEB) and list(a.keys()) == ["href"] for a in body.iter("a"))
    shown = ["".join(item.itertext()) for item in body.findall("ul/li")]
    for item, prefix in zip(shown, prefixes(found), strict=True):
        # The signs around code become elements.
        assert seen(item).replace("`", "").startswith(seen(prefix).replace("`", ""))
    assert [tag.tag for tag in ET.fromstring(f"<r>{text}</r>")] == [e.tag for e in body if e.tag != "h1"]


def prefixes(found: Changelog) -> list[str]:
    """How the item of each change begins: its scope and its description."""
    return [
        held(f"{change.scope}: " if change.scope else "") + " " + held(without_pull(change.description)[0])
        for section in found.sections
        for change in section.changes
    ]


@given(MESSAGES, AUTHORS)
def test_xml_gives_every_text_back(messages: list[str], author: str) -> None:
    found = changelog(*messages, author=author)
    root = ET.fromstring(changelog_xml(found))
    name = f"{{{XML_NAMESPACE}}}"
    assert root.tag == f"{name}changelog"
    changes = [change for section in found.sections for change in section.changes]
    for read, change in zip(root.iter(f"{name}change"), changes, strict=True):
        assert held(read.findtext(f"{name}description") or "") == held(change.description)
        assert held(read.get("scope", "")) == held(change.scope or "")
        assert held(read.get("author", "")) == held(change.author)
        assert [held(one.text or "") for one in read.iter(f"{name}note")] == [held(note) for note in change.notes]
        assert [one.text for one in read.iter(f"{name}reference")] == [one.target for one in change.references]


@given(MESSAGES)
def test_confluence_storage_is_well_formed(messages: list[str]) -> None:
    for part in changelog_confluence(changelog(*messages, web_url=WEB)):
        root = ET.fromstring(f'<root xmlns:ac="ac" xmlns:ri="ri">{part}</root>')
        assert {one.tag for one in root.iter()} <= HTML_TAGS | {"root"}


def test_a_large_page_of_confluence_is_split_between_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(changelog_formats, "CONFLUENCE_LIMIT", 1000)
    parts = changelog_confluence(
        changelog(*(f"feat: number {i}" for i in range(60)), *(f"fix: {i}" for i in range(20)))
    )
    assert len(parts) > 3
    assert all(len(part) <= 1000 for part in parts)
    roots = [ET.fromstring(f"<r>{part}</r>") for part in parts]
    texts = ["".join(one.itertext()) for root in roots for one in root.iter("li")]
    wanted = [*(f"number {i}" for i in range(60)), *map(str, range(20))]
    assert [text.partition(" (")[0] for text in texts] == wanted
    assert ["(continued)" in (root.findtext("h2") or "") for root in roots] == [False, *[True] * (len(parts) - 1)]


def test_one_change_too_long_for_a_page_of_confluence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(changelog_formats, "CONFLUENCE_LIMIT", 8000)
    words = [f"'<w{i}>'" for i in range(3000)]
    issues = ", ".join(f"#{i}" for i in range(1, 200))
    found = changelog(
        f"feat({'s' * 3000})!: {' '.join(words[:1000])}\n\nBREAKING CHANGE: {' '.join(words[1000:])}\nCloses: {issues}",
        web_url=WEB,
    )
    parts = changelog_confluence(found)
    assert all(len(part) <= 8000 for part in parts)
    text = " ".join("".join(ET.fromstring(f"<r>{part}</r>").itertext()) for part in parts)
    assert [text.count(word) for word in words] == [1] * len(words)
    assert re.findall(r"closes #(\d+)", text) == [str(i) for i in range(1, 200)]
    assert text.count("s" * 800) >= 3


# Plain text


@given(MESSAGES)
def test_plain_text_has_a_line_for_every_change(messages: list[str]) -> None:
    found = changelog(*messages)
    text = changelog_plain(found)
    assert sum(line.startswith("* ") for line in text.split("\n")) == len(descriptions(found))
    assert not STEERING & set(text)


# Slack

SLACK_LINK = re.compile(r"<https://github\.com/octo/webapp[^<>|]*\|[^<>|]*>")


@given(MESSAGES)
def test_hostile_commits_in_slack(messages: list[str]) -> None:
    for message in changelog_slack_messages(changelog(*messages, web_url=WEB)):
        for block in message:
            text = block["text"]["text"]
            assert "<" not in SLACK_LINK.sub("", text)
            assert not re.search(r"@\w", text)
            assert block["type"] == "header" or block["text"]["verbatim"] is True
            assert not STEERING & set(text)


def test_a_large_changelog_fills_several_slack_messages() -> None:
    found = changelog(*(f"feat: {'long words ' * 80}{i}" for i in range(300)), *["fix: x"] * 400, web_url=WEB)
    messages = changelog_slack_messages(found)
    texts = [block["text"]["text"] for message in messages for block in message]
    assert len(messages) > 1
    assert all(len(message) <= SLACK_BLOCKS for message in messages)
    assert all(units(json.dumps(message, ensure_ascii=False)) <= SLACK_MESSAGE + 200 for message in messages)
    assert all(units(text) <= SLACK_TEXT for text in texts)
    assert all(f" {i} (<" in "\n".join(texts) for i in range(300))


def test_many_small_blocks_fill_several_slack_messages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(changelog_formats, "SLACK_TEXT", 10)
    messages = changelog_slack_messages(changelog(*["fix: xxxxxx"] * 100))
    assert [len(message) for message in messages[:-1]] == [SLACK_BLOCKS] * (len(messages) - 1)


def test_a_title_too_long_for_a_header_is_a_section() -> None:
    found = build([], product="p" * 200, version="2.8.0", previous=None, on=dt.date(2026, 11, 20))
    assert changelog_slack_messages(found)[0][0]["text"]["text"] == f"{'p' * 200} 2.8.0"


# Notes

POLICY = standard_notes()


@given(MESSAGES, AUTHORS)
def test_hostile_commits_in_notes(messages: list[str], author: str) -> None:
    found = changelog(*messages, author=author, web_url=WEB, compare_url=COMPARE)
    for audience in POLICY.audiences:
        notes = notes_for(found, audience, POLICY)
        page = html5lib.parse(notes_text(notes, "html"), namespaceHTMLElements=False)
        body = page.find("body")
        assert {element.tag for element in body.iter()} <= HTML_TAGS | {"body", "h1"}
        shown = [element.text for element in body.findall("h2")]
        assert [title for title in shown if title not in OURS] == [section.title for section in notes.sections]
        assert not STEERING & set(notes_text(notes, "plain"))


OURS = {"Highlights", "Before you upgrade", "Thanks"}


def test_notes_in_an_unknown_format() -> None:
    with pytest.raises(ValueError, match=f"notes are written in {', '.join(NOTES_FORMATS)}"):
        notes_text(notes_for(changelog(), "general", POLICY), "xml")


# All of them


def test_the_layouts() -> None:
    found = changelog("feat(api)!: drop v1\n\nBREAKING CHANGE: use v2\n\nCloses #7", web_url=WEB)
    commit = found.changes[0].id
    assert changelog_plain(found) == (
        "Webapp 2.8.0 - 2026-11-20\n=========================\n\n"
        f"Breaking changes\n----------------\n\n* api: drop v1 ({commit[:7]}, closes #7)\n  use v2\n"
    )
    assert changelog_html(found) == (
        "<h2>2.8.0 - 2026-11-20</h2>\n<h3>Breaking changes</h3>\n<ul>\n"
        f'<li><strong>api:</strong> drop v1 (<a href="{WEB}/commit/{commit}"><code>{commit[:7]}</code></a>, '
        f'closes <a href="{WEB}/issues/7">#7</a>)<ul><li>use v2</li></ul></li>\n</ul>\n'
    )
    assert "<p>No changes: the same as v2.7.0.</p>" in changelog_html(changelog())


@pytest.mark.parametrize("fmt", CHANGELOG_FORMATS)
@pytest.mark.parametrize("messages", [(), ("chore: x",), tuple(f"feat(x)!: {text}" for text in HOSTILE)])
def test_one_loop_writes_every_format(fmt: str, messages: tuple[str, ...]) -> None:
    found = changelog(*messages, web_url=WEB, compare_url=COMPARE)
    kind = CHANGELOG_FORMATS[fmt]
    written = kind.write(found, "shop")
    assert written == kind.write(found, None)
    assert kind.ending.startswith(".")
    assert isinstance(written, bytes) == (fmt == "pdf")
    if isinstance(written, str):
        assert not STEERING & set(written)
        written.encode()


@pytest.mark.parametrize("fmt", [fmt for fmt in CHANGELOG_FORMATS if fmt not in {"github", "pdf"}])
def test_a_history_is_one_document(fmt: str) -> None:
    found = [changelog("feat: one"), changelog("fix: two").named("2.7.0")]
    text = "".join(map(str, history(found, fmt)))
    assert text.index("one") < text.index("two")
    if fmt in {"json", "slack"}:
        assert len(json.loads(text)) == 2
    if fmt == "xml":
        assert [child.get("version") for child in ET.fromstring(text)] == ["2.8.0", "2.7.0"]
    if fmt == "html":
        assert len(html5lib.parse(text, namespaceHTMLElements=False).findall("body/h2")) == 2


def test_a_history_is_no_body_of_a_release() -> None:
    with pytest.raises(ValueError, match="the format github is the text of one release"):
        list(history([changelog()], "github"))


@pytest.mark.parametrize("template", ["html", "plain", "xml", "confluence"])
def test_a_product_s_own_template_of_each_format(
    template: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "products" / "shop" / "changelog"
    folder.mkdir(parents=True)
    (folder / f"entry.{template}.j2").write_text("{{ changelog.version }} of our own {{ '<&' }}")
    monkeypatch.setenv("RELEASE_OPS_TEMPLATES", str(tmp_path))
    write = CHANGELOG_FORMATS[template].write
    escaped = "<&" if template == "plain" else "&lt;&amp;"
    assert f"2.8.0 of our own {escaped}" in str(write(changelog(), "shop"))
    assert "of our own" not in str(write(changelog(), "other"))
