"""A changelog in its file: a new entry in its place, and every other byte as it was."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from semver import Version

from release_ops.domain.version_forms import FormVersion, read_pattern
from release_ops.domain.versions import parse_version, read_version

NEW_FILE = """# Changelog

All notable changes of this project are documented in this file, newest first.
"""


@dataclass(frozen=True, slots=True)
class FileUpdate:
    """A changelog file after an update. `outcome`: `inserted`; `unchanged`, the same entry was there;
    `kept`, the file has another text for that version, which stays."""  # noqa: D205, D209

    text: str
    outcome: str


def update_changelog_file(existing: str, entry: str, version: str) -> str:
    """`existing` with `entry` (Markdown, beginning with its `## ` heading) in place; see `merge_changelog_file`."""
    return merge_changelog_file(existing, entry, version).text


def merge_changelog_file(existing: str, entry: str, version: str, pattern: str = "{version}") -> FileUpdate:
    """A changelog file with one more entry.

    The entry comes before the first older version, so below the header, an Unreleased section and newer versions; every
    other byte stays, line ends included. A section for `version` that is there already is never replaced: what a person
    made of it is the better text, and a release must not fail over it. `outcome` tells `unchanged` from `kept`.
    `pattern` says how versions are written, as in tags; semantic ones are older than all of a format.
    """
    newline = "\r\n" if existing.count("\r\n") * 2 > existing.count("\n") else "\n"
    entry = entry.replace("\r\n", "\n").strip("\n") + "\n"
    text = existing if existing.strip("\ufeff\r\n ") else NEW_FILE.replace("\n", newline)
    headings = list(_headings(text, read_pattern(pattern)[2]))
    wanted = read_version(version, pattern)
    for i, heading in enumerate(headings):
        if heading.version == wanted:
            end = next((later.start for later in headings[i + 1 :] if later.level <= heading.level), len(text))
            same = text[heading.start : end].replace("\r\n", "\n").strip() == entry.strip()
            return FileUpdate(existing, "unchanged" if same else "kept")
    older = (h for h in headings if h.version is not None and h.version < wanted)
    at = next((heading.start for heading in older), len(text))
    before, after = text[:at], text[at:]
    blank = not before.strip("\ufeff\r\n ") or before.replace("\r\n", "\n").endswith("\n\n")
    gap = "" if blank else newline if before.endswith("\n") else newline * 2
    below = newline if after else ""
    return FileUpdate(before + gap + entry.replace("\n", newline) + below + after, "inserted")


def section_of(existing: str, version: str, pattern: str = "{version}") -> tuple[int, str] | None:
    """1-based line of the heading of `version` in a changelog file, and the text below it; None without a heading.

    `pattern` says how versions are written, as in tags. Raises ValueError for a malformed version.
    """
    text, wanted = existing.replace("\r\n", "\n"), read_version(version, pattern)
    headings = list(_headings(text, read_pattern(pattern)[2]))
    for i, heading in enumerate(headings):
        if heading.version == wanted:
            end = next((later.start for later in headings[i + 1 :] if later.level <= heading.level), len(text))
            return text.count("\n", 0, heading.start) + 1, text[heading.start : end].partition("\n")[2]
    return None


@dataclass(frozen=True, slots=True)
class _Heading:
    start: int
    level: int
    version: Version | None


_HEADING = re.compile(r"(#{1,3})[ \t]+(.*)")
_HEADING_VERSION = re.compile(r"(?<![\w.])[\[(]?v?(\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?)")
_BEGINS = re.compile(r"[\[(]?v?\d|(?:release|version)\s", re.IGNORECASE)
_HEADING_FORM = re.compile(r"[\[(]?v?([0-9A-Za-z.+_-]+)")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")


def _headings(text: str, kind: type[Version]) -> Iterator[_Heading]:
    """Headings of level 1 to 3 that name a version, and those of level 1 and 2 that do not (they end a section).

    Those of level 3 begin with it: some tools write patch releases so, and *Upgrading from 1.2.0* is a part of a section.
    """
    start, fence, comment = 0, "", False
    for line in text.split("\n"):
        mark = _FENCE.match(line)
        if comment:
            comment = "-->" not in line
        elif fence:
            if mark and mark[1][0] == fence[0] and len(mark[1]) >= len(fence) and not line[mark.end() :].strip():
                fence = ""
        elif mark:
            fence = mark[1]
        elif line.lstrip().startswith("<!--"):
            comment = "-->" not in line
        elif found := _HEADING.match(line, bom := int(line.startswith("\ufeff"))):
            inner = len(found[1]) == 3
            version = None if inner and not _BEGINS.match(found[2]) else _named(found[2], kind)
            if version is not None or not inner:
                yield _Heading(start + bom, len(found[1]), version)
        start += len(line) + 1


def _named(title: str, kind: type[Version]) -> Version | None:
    """The version that a heading names; one of a format stands at its beginning, for there are dates in headings, too."""
    if issubclass(kind, FormVersion):
        begins = _HEADING_FORM.match(title)
        try:
            return kind.parse(begins[1] if begins else "")
        except ValueError:
            # The team changed its numbering: what it released before is older.
            return kind(0) if _HEADING_VERSION.search(title) else None
    named = _HEADING_VERSION.search(title)
    try:
        return parse_version(named[1]) if named else None
    except ValueError:
        return None
