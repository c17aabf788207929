"""A changelog in every format that other programs and people read; each is a template of `include/templates/changelog`.

Formats with limits (Slack, Confluence) are split, never cut: what does not fit goes on in the next message or part.
"""

from __future__ import annotations

import dataclasses
import itertools
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from release_ops.changelog_json import changelog_data, json_text
from release_ops.domain.change import Change
from release_ops.domain.changelog import Changelog, Section
from release_ops.domain.changelog_file import NEW_FILE
from release_ops.escaping import Safe, escape_mrkdwn, one_line, pack, units
from release_ops.render import changelog_markdown, render

SLACK_BLOCKS = 50
"""Blocks of one message."""
SLACK_TEXT = 3000
"""UTF-16 units of one block's text."""
SLACK_HEADER = 150
SLACK_MESSAGE = 10_000
"""UTF-16 units of one message. Slack refuses (`msg_blocks_too_long`) from about 13,000 on, counting the blocks' frames; the
number is in no documentation, only in reports: slackapi/bolt-js#2509, #2867."""
CONFLUENCE_LIMIT = 400_000
"""Characters of one part of a Confluence page; Atlassian's editors become unusable well before their limit of 5 MB."""
XML_NAMESPACE = "urn:release-ops:changelog:1"


def changelog_github(changelog: Changelog, product: str | None = None) -> str:
    """The body of a GitHub release, laid out like the notes that GitHub itself makes."""
    return _ended(render("changelog/github.md.j2", fmt="md", product=product, changelog=changelog))


def changelog_html(changelog: Changelog, product: str | None = None) -> str:
    """A fragment of HTML that is well-formed XML too: a heading of level 2, sections of level 3 with lists."""
    return render("changelog/entry.html.j2", fmt="html", product=product, changelog=changelog)


def page_html(changelogs: Iterable[Changelog], title: str, product: str | None = None) -> str:
    """A whole page, readable without any other file."""
    entries = [Safe(changelog_html(changelog, product)) for changelog in changelogs]
    return render("changelog/page.html.j2", fmt="html", product=product, title=title, entries=entries)


def changelog_plain(changelog: Changelog, product: str | None = None) -> str:
    """Text for mails and terminals: headings are underlined, URLs stand behind what they belong to."""
    return _ended(render("changelog/entry.plain.j2", fmt="plain", product=product, changelog=changelog))


def changelog_xml(changelog: Changelog, product: str | None = None) -> str:
    """The element `changelog` of the namespace XML_NAMESPACE: what `changelog_data` has, as attributes and texts."""
    return render("changelog/entry.xml.j2", fmt="xml", product=product, changelog=changelog, namespace=XML_NAMESPACE)


def changelog_slack_messages(changelog: Changelog, product: str | None = None) -> list[list[dict[str, Any]]]:
    """The whole changelog as Block Kit messages, split between lines wherever one message or block is full."""
    text = render("changelog/slack.mrkdwn.j2", fmt="mrkdwn", product=product, changelog=changelog)
    title = one_line(f"{changelog.product} {changelog.version}")
    blocks: list[dict[str, Any]] = []
    if units(title) <= SLACK_HEADER:
        blocks.append({"type": "header", "text": {"type": "plain_text", "text": title, "emoji": False}})
    else:
        blocks += _slack_sections([escape_mrkdwn(title)])
    blocks += _slack_sections(text.strip("\n").split("\n"))
    messages: list[list[dict[str, Any]]] = []
    room = 0
    for block in blocks:
        size = units(json.dumps(block, ensure_ascii=False))
        if size > room or len(messages[-1]) == SLACK_BLOCKS:
            messages.append([])
            room = SLACK_MESSAGE
        messages[-1].append(block)
        room -= size
    return messages


def _slack_sections(lines: Iterable[str]) -> list[dict[str, Any]]:
    # `verbatim`: Slack must not make links, mentions or channel names out of plain text.
    return [
        {"type": "section", "text": {"type": "mrkdwn", "text": text, "verbatim": True}}
        for text in pack(lines, SLACK_TEXT)
        if text.strip()
    ]


def changelog_confluence(changelog: Changelog, product: str | None = None) -> list[str]:
    """Confluence storage format, in parts of at most CONFLUENCE_LIMIT characters, each well-formed on its own.

    A changelog that fits, as nearly all do, has one part. Parts end between changes, and inside of one only where it is too
    long for a part of its own; nothing is lost.
    """
    whole = _confluence(changelog, product, continued=False)
    if len(whole) <= CONFLUENCE_LIMIT:
        return [whole]
    room = CONFLUENCE_LIMIT // 8  # a character becomes six at most: &#x27;
    portions = [(s.title, p) for s in changelog.sections for change in s.changes for p in _portions(change, room)]
    return _confluence_parts(changelog, portions, len(whole), product, continued=False)


def _confluence(changelog: Changelog, product: str | None, *, continued: bool) -> str:
    template = "changelog/entry.confluence.j2"
    return render(template, fmt="html", product=product, changelog=changelog, continued=continued)


def _confluence_parts(
    changelog: Changelog, portions: Sequence[tuple[str, Change]], length: int, product: str | None, *, continued: bool
) -> list[str]:
    """As many parts as the length asks for; one that is too long all the same is parted again."""
    parts: list[str] = []
    for group in _groups(portions, length * 5 // 4 // CONFLUENCE_LIMIT + 2):
        sections = tuple(
            Section(title, tuple(change for _, change in several))
            for title, several in itertools.groupby(group, key=lambda portion: portion[0])
        )
        later = continued or bool(parts)
        text = _confluence(dataclasses.replace(changelog, sections=sections), product, continued=later)
        if len(text) <= CONFLUENCE_LIMIT or len(group) == 1:
            parts.append(text)
        else:
            parts += _confluence_parts(changelog, group, len(text), product, continued=later)
    return parts


def _groups(portions: Sequence[tuple[str, Change]], number: int) -> list[list[tuple[str, Change]]]:
    """At most `number` groups of about the same length, in order; at least two where there are two portions."""
    total = sum(_length(change) for _, change in portions)
    groups: list[list[tuple[str, Change]]] = [[] for _ in range(number)]
    reached = 0
    for portion in portions:
        length = _length(portion[1])
        groups[(2 * reached + length) * number // (2 * total)].append(portion)
        reached += length
    return [group for group in groups if group]


_FRAME = 300
"""What the links of a change or of an issue need besides its text, in characters."""


def _length(change: Change) -> int:
    texts = len(change.description) + sum(map(len, change.notes)) + len(change.scope or "")
    return texts + _FRAME * (1 + len(change.references))


def _portions(change: Change, room: int) -> list[Change]:
    """The change, as several where its texts have more than `room` characters; a scope of that length joins its text."""
    if _length(change) <= room:
        return [change]
    scope, description = change.scope, change.description
    if scope and len(scope) > room // 4:
        scope, description = None, f"{scope}: {description}"
    told: list[tuple[str, Any, int]] = [("description", text, len(text)) for text in pack([description], room)]
    told += [("references", one, _FRAME + len(one.target)) for one in change.references]
    for note in change.notes:
        if note != change.description:
            told += [("notes", text, len(text)) for text in pack(note.split("\n"), room)]
    portions: list[dict[str, Any]] = []
    left = 0
    for field, value, length in told:
        if length > left or field == "description":
            portions.append({"description": "… (continued)", "references": (), "notes": ()})
            left = room
        left -= length
        if field == "description":
            portions[-1][field] = value
        else:
            portions[-1][field] += (value,)
    return [dataclasses.replace(change, scope=scope, **portion) for portion in portions]


def _json(changelog: Changelog, product: str | None = None) -> str:
    return json_text(changelog_data(changelog))


def _page(changelog: Changelog, product: str | None = None) -> str:
    return page_html([changelog], f"{changelog.product} {changelog.version}", product)


def _confluence_text(changelog: Changelog, product: str | None = None) -> str:
    return "\n".join(changelog_confluence(changelog, product))


def _slack(changelog: Changelog, product: str | None = None) -> str:
    return json_text(changelog_slack_messages(changelog, product))


def _pdf(changelog: Changelog, product: str | None = None) -> bytes:
    from release_ops.changelog_pdf import changelogs_pdf  # noqa: PLC0415 - a typesetter, for those who want one

    return changelogs_pdf([changelog], product)


@dataclasses.dataclass(frozen=True, slots=True)
class ChangelogFormat:
    """How a file of the format ends (`.md`), its media type, and what writes it; `write` takes a product's id too."""

    ending: str
    media_type: str
    write: Callable[[Changelog, str | None], str | bytes]


CHANGELOG_FORMATS: Mapping[str, ChangelogFormat] = {
    "md": ChangelogFormat(".md", "text/markdown", changelog_markdown),
    "github": ChangelogFormat(".github.md", "text/markdown", changelog_github),
    "json": ChangelogFormat(".json", "application/json", _json),
    "html": ChangelogFormat(".html", "text/html", _page),
    "plain": ChangelogFormat(".txt", "text/plain", changelog_plain),
    "xml": ChangelogFormat(".xml", "application/xml", changelog_xml),
    "confluence": ChangelogFormat(".confluence.html", "text/html", _confluence_text),
    "slack": ChangelogFormat(".slack.json", "application/json", _slack),
    "pdf": ChangelogFormat(".pdf", "application/pdf", _pdf),
}
"""Format -> how the changelog of one release is written in it. Text is to be stored as UTF-8."""


def history(changelogs: Sequence[Changelog], fmt: str, product: str | None = None) -> Iterator[str | bytes]:
    """Many changelogs as one document, piece by piece; ValueError for `github`, which is the text of one release."""
    if fmt == "github":
        raise ValueError("the format github is the text of one release, not of the whole history; take md")
    if fmt == "json":
        yield json_text([changelog_data(changelog) for changelog in changelogs])
    elif fmt == "slack":
        yield json_text([message for one in changelogs for message in changelog_slack_messages(one, product)])
    elif fmt == "html":
        yield page_html(changelogs, f"{changelogs[0].product} changelog" if changelogs else "Changelog", product)
    elif fmt == "pdf":
        from release_ops.changelog_pdf import changelogs_pdf  # noqa: PLC0415

        yield changelogs_pdf(changelogs, product)
    else:
        write = CHANGELOG_FORMATS[fmt].write
        yield from joined((write(changelog, product) for changelog in changelogs), fmt)


JOINED = frozenset({"md", "plain", "xml", "confluence"})
"""Formats in which a document of many changelogs is made of what each is alone."""


def joined(texts: Iterable[str | bytes], fmt: str) -> Iterator[str | bytes]:
    """One document, piece by piece, of the texts of many changelogs; for the formats that are JOINED."""
    before, after = _AROUND.get(fmt, ("", ""))
    yield before
    for i, text in enumerate(texts):
        yield "\n" if i else ""
        yield text
    yield after


_AROUND = {
    "md": (NEW_FILE + "\n", ""),
    "xml": (f'<changelogs xmlns="{XML_NAMESPACE}">\n', "</changelogs>\n"),
}


def _ended(text: str) -> str:
    return text.rstrip("\n") + "\n"
