"""Every format, read back by a parser of that format."""

from __future__ import annotations

import datetime as dt
import json
import xml.etree.ElementTree as ET
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from release_ops import writers
from release_ops.domain.changelog import Changelog, build
from release_ops.domain.model import RawCommit
from release_ops.escaping import one_line
from release_ops.render import TEMPLATES, changelog_data
from release_ops.writers import (
    XML_NAMESPACE,
    changelog_confluence,
    changelog_html,
    changelog_plain,
    changelog_xml,
    page_html,
)

WEB = "https://github.com/octo/webapp"
SCHEMA = json.loads(Path(TEMPLATES, "changelog/changelog.schema.json").read_text())


def changelog(*messages: str, **options: str) -> Changelog:
    raw = [RawCommit(f"{i:040x}", ("0" * 40,), m, "Ada", "", 1_795_000_000) for i, m in enumerate(messages)]
    on = dt.date(2026, 11, 20)
    return build(raw, product="Webapp", version="2.8.0", previous="v2.7.0", on=on, **options)  # type: ignore[arg-type]


NASTY = st.lists(
    st.sampled_from(
        [
            *("<script>alert(1)</script>", "]]>", "<!--", "&amp;", "&", "<ac:link/>", "@team", "\x00", "\x1b[31m"),
            *("\ufffe", "\u202e", "\ud800", "a", " ", "\n", "é", '"', "'", "{{ 7*7 }}", "</li>", "#12", "\U0001f389"),
        ]
    ),
    max_size=8,
).map("".join)
MESSAGES = st.lists(
    st.one_of(
        NASTY, NASTY.map(lambda text: f"feat: x{text}"), NASTY.map(lambda t: f"fix(a)!: y\n\nBREAKING CHANGE: {t}z")
    ),
    max_size=6,
)


def descriptions(found: Changelog) -> list[str]:
    return [change.description for section in found.sections for change in section.changes]


@given(MESSAGES)
def test_json_follows_its_schema(messages: list[str]) -> None:
    validator = Draft202012Validator(SCHEMA)
    validator.check_schema(SCHEMA)
    data = json.loads(json.dumps(changelog_data(changelog(*messages, web_url=WEB))))
    assert list(validator.iter_errors(data)) == []


class Page(HTMLParser):
    """Tags and the depth to which they nest."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.open.append(tag)
        assert all(value and value.startswith(WEB) for name, value in attrs if name == "href")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_comment(self, data: str) -> None:
        pytest.fail(f"a comment: {data}")


@given(MESSAGES)
def test_html_has_our_tags_alone(messages: list[str]) -> None:
    page = Page()
    page.feed(changelog_html(changelog(*messages, web_url=WEB)))
    page.close()
    assert page.open == []
    assert page.tags <= {"h2", "h3", "ul", "li", "a", "code", "strong", "p", "br"}


@given(MESSAGES)
def test_xml_gives_the_descriptions_back(messages: list[str]) -> None:
    found = changelog(*messages)
    root = ET.fromstring(changelog_xml(found))
    name = f"{{{XML_NAMESPACE}}}"
    assert root.tag == f"{name}changelog"
    read = [one_line(one.text or "") for one in root.iter(f"{name}description")]
    assert read == [one_line(text).replace("\ufffe", "\ufffd") for text in descriptions(found)]


@given(MESSAGES)
def test_confluence_storage_is_well_formed(messages: list[str]) -> None:
    for part in changelog_confluence(changelog(*messages, web_url=WEB)):
        root = ET.fromstring(f'<root xmlns:ac="ac" xmlns:ri="ri">{part}</root>')
        assert {one.tag for one in root.iter()} <= {"root", "h2", "h3", "ul", "li", "a", "code", "strong", "p", "br"}


def test_a_large_page_of_confluence_is_split_and_never_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writers, "CONFLUENCE_LIMIT", 500)
    parts = changelog_confluence(changelog(*(f"feat: number {i}" for i in range(40))))
    assert len(parts) > 1
    texts = ["".join(one.itertext()) for part in parts for one in ET.fromstring(f"<r>{part}</r>").iter("li")]
    assert [text.partition(" (")[0] for text in texts] == [f"number {i}" for i in range(40)]


@given(MESSAGES)
def test_plain_text_has_a_line_for_every_change(messages: list[str]) -> None:
    found = changelog(*messages)
    text = changelog_plain(found)
    assert sum(line.startswith("* ") for line in text.split("\n")) == len(descriptions(found))
    assert not set("\x00\x1b\u202e") & set(text)


def test_the_layouts() -> None:
    found = changelog("feat(api)!: drop v1\n\nBREAKING CHANGE: use v2\n\nCloses #7", web_url=WEB)
    assert changelog_plain(found) == (
        "Webapp 2.8.0 - 2026-11-20\n=========================\n\n"
        "Breaking changes\n----------------\n\n* api: drop v1 (0000000, closes #7)\n  use v2\n"
    )
    assert changelog_html(found) == (
        "<h2>2.8.0 - 2026-11-20</h2>\n<h3>Breaking changes</h3>\n<ul>\n"
        f'<li><strong>api:</strong> drop v1 (<a href="{WEB}/commit/{"0" * 40}"><code>0000000</code></a>, '
        f'closes <a href="{WEB}/issues/7">#7</a>)<ul><li>use v2</li></ul></li>\n</ul>\n'
    )
    assert page_html(changelog_html(found), "<Webapp>").count("&lt;Webapp&gt;") == 2
    assert "<p>No changes.</p>" in changelog_html(changelog())
