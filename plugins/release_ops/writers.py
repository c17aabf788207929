"""A changelog as HTML, plain text, XML and Confluence storage format: the formats that other programs show or read.

Texts of commits are data: `escaping` makes them harmless for each format, and XML is built as a tree.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Mapping
from xml.sax.saxutils import escape as xml_escape
from xml.sax.saxutils import quoteattr

from release_ops.domain.changelog import Changelog
from release_ops.domain.model import Change
from release_ops.escaping import block, clean, closed, commit_link, described, escape, link

CONFLUENCE_LIMIT = 400_000
"""Characters of one part of a Confluence page; Atlassian's editors become unusable well before their limit of 5 MB."""
XML_NAMESPACE = "urn:release-ops:changelog:1"

_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def _title(changelog: Changelog, fmt: str) -> str:
    version = link(changelog.version, changelog.compare_url, fmt)
    return f"{version} - {changelog.day}" if changelog.day else str(version)


def _nothing(changelog: Changelog) -> str:
    """What stands in the place of sections where there are none."""
    if changelog.is_empty:
        return "No changes."
    return "" if changelog.sections else "Maintenance only, no changes for users."


def _item_html(change: Change, web_url: str) -> str:
    scope = f"<strong>{escape(change.scope, 'html')}:</strong> " if change.scope else ""
    behind = ""
    if change.id:
        about = [commit_link(change, web_url, "html"), *(f"closes {one}" for one in closed(change, web_url, "html"))]
        behind = f" ({', '.join(about)})"
    notes = [str(block(note, "html")) for note in change.notes if note != change.description]
    below = "".join(f"<li>{note}</li>" for note in notes if note).replace("<br>", "<br/>")
    below = f"<ul>{below}</ul>" if below else ""
    return f"<li>{scope}{described(change, web_url, 'html')}{behind}{below}</li>\n"


def changelog_html(changelog: Changelog) -> str:
    """A fragment of HTML that is well-formed XML too: a heading of level 2, sections of level 3 with lists."""
    parts = [f"<h2>{_title(changelog, 'html')}</h2>\n"]
    if nothing := _nothing(changelog):
        parts.append(f"<p>{nothing}</p>\n")
    for section in changelog.sections:
        parts.append(f"<h3>{escape(section.title, 'html')}</h3>\n<ul>\n")
        parts += [_item_html(change, changelog.web_url) for change in section.changes]
        parts.append("</ul>\n")
    return _NOT_XML.sub("\ufffd", "".join(parts))


def page_html(changelogs: str, title: str) -> str:
    """A whole page around fragments of `changelog_html`, readable without any other file."""
    style = "body{max-width:60em;margin:2em auto;padding:0 1em;font:1em/1.5 system-ui,sans-serif}code{font-size:.9em}"
    shown = html.escape(clean(title))
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"/><title>{shown}</title>'
        f"<style>{style}</style></head><body>\n<h1>{shown}</h1>\n{changelogs}</body></html>\n"
    )


def changelog_plain(changelog: Changelog) -> str:
    """Text for mails and terminals: headings are underlined, URLs stand behind what they belong to."""
    title = f"{escape(changelog.product, 'plain')} {escape(changelog.version, 'plain')}"
    title += f" - {changelog.day}" if changelog.day else ""
    lines = [title, "=" * len(title), ""]
    if nothing := _nothing(changelog):
        lines += [nothing, ""]
    for section in changelog.sections:
        lines += [section.title, "-" * len(section.title), ""]
        for change in section.changes:
            scope = f"{escape(change.scope, 'plain')}: " if change.scope else ""
            about = [change.id[:7]] if change.id else []
            about += [f"closes {one}" for one in closed(change, "", "plain")]
            behind = f" ({', '.join(about)})" if about else ""
            lines.append(f"* {scope}{escape(change.description, 'plain')}{behind}")
            lines += [
                f"  {text}"
                for note in change.notes
                if note != change.description and (text := block(note, "plain", "  "))
            ]
        lines.append("")
    if changelog.compare_url:
        lines += [f"All changes: {changelog.compare_url}", ""]
    return "\n".join(lines)


def _element(name: str, text: str = "", /, **attributes: str | None) -> str:
    given = "".join(
        f" {key}={quoteattr(_xml(value))}" for key, value in attributes.items() if value is not None and value != ""
    )
    return f"<{name}{given}>{xml_escape(_xml(text))}</{name}>" if text else f"<{name}{given}/>"


def _xml(text: str) -> str:
    return _NOT_XML.sub("\ufffd", clean(text))


def changelog_xml(changelog: Changelog) -> str:
    """The element `changelog` of the namespace XML_NAMESPACE: what `changelog_data` has, as attributes and texts."""
    head = _element(
        "changelog",
        xmlns=XML_NAMESPACE,
        product=changelog.product,
        version=changelog.version,
        previous=changelog.previous,
        date=changelog.date.isoformat(),
        compare=changelog.compare_url,
    )
    lines = [head.removesuffix("/>") + ">"]
    for section in changelog.sections:
        lines.append(f"  <section title={quoteattr(_xml(section.title))}>")
        for change in section.changes:
            about = _element(
                "change",
                id=change.id,
                type=change.type,
                scope=change.scope,
                breaking="true" if change.breaking else None,
                author=change.author,
                at=change.committed_at.isoformat() if change.committed_at else None,
            )
            lines.append("    " + about.removesuffix("/>") + ">")
            lines.append("      " + _element("description", change.description))
            lines += ["      " + _element("note", note) for note in change.notes]
            lines += ["      " + _element("reference", one.target, action=one.action) for one in change.references]
            lines.append("    </change>")
        lines.append("  </section>")
    lines += ["  " + _element("contributor", name) for name in changelog.contributors]
    return "\n".join([*lines, "</changelog>", ""])


def changelog_confluence(changelog: Changelog) -> list[str]:
    """Confluence storage format, in parts of at most about CONFLUENCE_LIMIT characters, each well-formed on its own.

    A product that fits, as nearly all do, has one part. Parts end between changes; nothing is cut.
    """
    parts: list[str] = []
    current = f"<h2>{_title(changelog, 'html')}</h2>"
    if nothing := _nothing(changelog):
        current += f"<p>{nothing}</p>"
    for section in changelog.sections:
        heading = f"<h3>{escape(section.title, 'html')}</h3><ul>"
        current += heading
        for change in section.changes:
            line = _item_html(change, changelog.web_url).rstrip("\n")
            if len(current) + len(line) > CONFLUENCE_LIMIT and not current.endswith(heading):
                parts.append(current + "</ul>")
                current = heading
            current += line
        current += "</ul>"
    return [_NOT_XML.sub("\ufffd", part) for part in [*parts, current]]


WRITERS: Mapping[str, Callable[[Changelog], str]] = {
    "html": changelog_html,
    "plain": changelog_plain,
    "xml": changelog_xml,
    "confluence": lambda changelog: "\n".join(changelog_confluence(changelog)),
}
"""Format -> what writes it as one text."""
