"""Commits -> a Changelog with sections, and its place in a changelog file."""

from __future__ import annotations

import bisect
import datetime as dt
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from semver import Version

from release_ops.domain import commits as messages
from release_ops.domain.model import Change, RawCommit
from release_ops.domain.versions import parse_version


@dataclass(frozen=True, slots=True)
class SectionRule:
    """One heading and the types below it; a hidden one shows only its breaking changes."""

    title: str
    types: tuple[str, ...]
    hidden: bool = False


OURS = "Release-Ops-Effect"
"""Trailer of the commits that Release Ops itself makes, such as that of a changelog file: no news for anybody."""
BREAKING_TITLE = "Breaking changes"
OTHER_TITLE = "Other changes"

SECTION_RULES: tuple[SectionRule, ...] = (
    SectionRule("Security", ("security",)),
    SectionRule("Features", ("feat",)),
    SectionRule("Fixes", ("fix",)),
    SectionRule("Performance", ("perf",)),
    SectionRule("Deprecations", ("deprecation",)),
    SectionRule("Reverts", ("revert",)),
    SectionRule("Documentation", ("docs",)),
    SectionRule("Refactoring", ("refactor",)),
    SectionRule("Maintenance", ("chore", "ci", "style", "test", "build"), hidden=True),
)
"""The order of a changelog between its breaking changes and its other ones; types that no rule names are others."""


@dataclass(frozen=True, slots=True)
class Section:
    """A heading with its changes, newest first."""

    title: str
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Changelog:
    """What a release brings. All texts come from commits: data, to be escaped where they are shown."""

    product: str
    version: str
    previous: str | None
    """The version or tag that it is compared with, None for a first release."""
    date: dt.date
    sections: tuple[Section, ...] = ()
    """Every shown change once; breaking changes first, unconventional ones last."""
    breaking: tuple[Change, ...] = ()
    unconventional: tuple[Change, ...] = ()
    """Changes without a type: their messages do not follow Conventional Commits."""
    hidden: tuple[Change, ...] = ()
    """Changes that count but are not shown: chore, ci, style, test, build."""
    contributors: tuple[str, ...] = ()
    """Names of authors and co-authors, sorted; without mail addresses and bots."""
    compare_url: str = ""
    web_url: str = ""
    """Page of the repository, `https://github.com/octo/webapp`; empty: ids are not linked."""

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing at all between the two versions that anybody would count as a change."""
        return not self.sections and not self.hidden

    @property
    def changes(self) -> tuple[Change, ...]:
        """All changes, shown or hidden: what decides the size of the release."""
        return tuple(change for section in self.sections for change in section.changes) + self.hidden

    def named(self, version: str) -> Changelog:
        """The same changelog under another version."""
        return replace(self, version=version)


def build(
    commits: Iterable[RawCommit],
    *,
    product: str,
    version: str,
    previous: str | None,
    on: dt.date,
    web_url: str = "",
    compare_url: str = "",
    types: Mapping[str, str] = messages.TYPE_ALIASES,
    rules: Sequence[SectionRule] = SECTION_RULES,
) -> Changelog:
    """The changelog of `commits`, which come newest first and are walked once.

    Left out are merges and messages that Git or a release tool wrote, changes that are reverted in the range (with
    their reverts), and cherry-picks of commits that are in the range. An empty range gives an empty changelog.
    """
    kept = _without_reverted(_without_copies([_read(commit, types) for commit in commits]))
    changes = [change for entry in kept for change in entry.changes]
    people = {person for entry in kept for person in _people(entry)}
    by_type = {kind: rule for rule in rules for kind in rule.types}
    filed: dict[str, list[Change]] = {BREAKING_TITLE: []}
    filed.update({rule.title: [] for rule in rules})
    filed.setdefault(OTHER_TITLE, [])
    hidden: list[Change] = []
    for change in changes:
        rule = by_type.get(change.type)
        if change.breaking:
            filed[BREAKING_TITLE].append(change)
        elif rule is None:
            filed[OTHER_TITLE].append(change)
        elif rule.hidden:
            hidden.append(change)
        else:
            filed[rule.title].append(change)
    return Changelog(
        product=product,
        version=version,
        previous=previous,
        date=on,
        sections=tuple(Section(title, tuple(found)) for title, found in filed.items() if found),
        breaking=tuple(filed[BREAKING_TITLE]),
        unconventional=tuple(change for change in changes if not change.type),
        hidden=tuple(hidden),
        contributors=tuple(sorted(people, key=str.casefold)),
        compare_url=compare_url,
        web_url=web_url.rstrip("/"),
    )


@dataclass(frozen=True, slots=True)
class _Entry:
    """A commit with what its message says; `changes` is empty for what a changelog leaves out."""

    commit: RawCommit
    subject: str
    changes: tuple[Change, ...]
    revert: messages.Revert | None
    picked: tuple[str, ...]


def _read(commit: RawCommit, types: Mapping[str, str]) -> _Entry:
    subject = messages.subject(commit.message)
    changes = messages.parse_squashed(commit.message, types=types)
    revert = None if changes else messages.parse_revert(commit.message)
    if len(changes) == 1 and (changes[0].reverts or changes[0].type == "revert"):
        revert = messages.Revert(changes[0].description, changes[0].reverts)
    if revert is not None and not changes:
        changes = (Change(type="revert", description=revert.header, reverts=revert.ids),)
    elif messages.is_ignored(commit.message) and not (
        changes and len(commit.parents) < 2 and subject.startswith("Merge")
    ):
        # A merge with one parent is a squash merge: what its text names is nowhere else.
        changes = ()
    elif changes and any(token == OURS for token, _ in changes[0].footers):
        changes = ()
    elif not changes and len(commit.parents) < 2 and subject:
        body = messages.normalise(commit.message).partition("\n")[2].strip()
        changes = (Change(type="", description=subject, body=body or None),)
    when = dt.datetime.fromtimestamp(commit.committed_at, dt.UTC) if commit.committed_at else None
    changes = tuple(replace(change, id=commit.id, author=commit.author, committed_at=when) for change in changes)
    return _Entry(commit, subject, changes, revert, messages.picked_from(commit.message))


def _without_copies(entries: list[_Entry]) -> list[_Entry]:
    """Entries without the cherry-picks whose original, or an earlier pick of it, is there too.

    A merge that repeats the subject of a commit of its branch is such a copy as well.
    """
    index = _Ids(entry.commit.id for entry in entries)
    subjects = {_plain(entry.subject) for entry in entries if len(entry.commit.parents) < 2}
    seen: set[str] = set()
    kept = []
    for entry in reversed(entries):
        origins = [index.find(sha) or sha for sha in entry.picked]
        copy = any(origin in seen or (origin in index and origin != entry.commit.id) for origin in origins)
        seen.update(origins)
        if len(entry.commit.parents) > 1 and _plain(entry.subject) in subjects:
            # Not dropped: a revert may name the merge.
            kept.append(replace(entry, changes=()))
        elif not copy:
            kept.append(entry)
    kept.reverse()
    return kept


def _without_reverted(entries: list[_Entry]) -> list[_Entry]:
    """Entries without the pairs of a change and the revert that took it back.

    A revert that is itself reverted has no effect. It is decided from the newest revert backwards, so that a chain of
    any length comes out right; a revert of something older than the range stays and is listed. The revert of a merge
    takes back what the merge brought.
    """
    index = _Ids(entry.commit.id for entry in entries)
    position = {entry.commit.id: i for i, entry in enumerate(entries)}
    by_subject: dict[str, list[int]] = {}
    for i, entry in enumerate(entries):
        by_subject.setdefault(_plain(entry.subject), []).append(i)
    gone: set[int] = set()
    free: dict[str, int] = {}
    for i, entry in enumerate(entries):
        if entry.revert is None or i in gone:
            continue
        if entry.revert.ids:
            targets = {position[full] for sha in entry.revert.ids if (full := index.find(sha))} - {i}
            complete = len(targets) == len(entry.revert.ids)
        else:
            header = _plain(entry.revert.header)
            same = by_subject.get(header, [])
            at = max(bisect.bisect_right(same, i), free.get(header, 0))
            while at < len(same) and same[at] in gone:
                at += 1
            # All between are gone: no later revert has to look at them again.
            free[header] = at
            targets = set(same[at : at + 1])
            complete = bool(targets)
        for target in targets:
            gone.add(target)
            if len(entries[target].commit.parents) > 1:
                gone |= _brought(entries, position, entries[target].commit)
        if complete:
            gone.add(i)
    return [entry for i, entry in enumerate(entries) if i not in gone]


def _brought(entries: list[_Entry], position: Mapping[str, int], merge: RawCommit) -> set[int]:
    """Positions of the commits of the range that came with a merge: on its other parents' side alone."""
    before = _ancestors(entries, position, merge.parents[:1], set())
    return _ancestors(entries, position, merge.parents[1:], before)


def _ancestors(entries: list[_Entry], position: Mapping[str, int], ids: Iterable[str], without: set[int]) -> set[int]:
    found: set[int] = set()
    waiting = [position[sha] for sha in ids if sha in position]
    while waiting:
        at = waiting.pop()
        if at not in found and at not in without:
            found.add(at)
            waiting.extend(position[sha] for sha in entries[at].commit.parents if sha in position)
    return found


def _plain(subject: str) -> str:
    """A subject without the pull request's number that a squash merge appends."""
    return messages.without_pull(subject.strip())[0]


class _Ids:
    """Full commit ids by any unambiguous abbreviation of at least 7 digits."""

    def __init__(self, ids: Iterable[str]) -> None:
        self._full = set(ids)
        self._short: dict[str, list[str]] = {}
        for full in self._full:
            self._short.setdefault(full[:7], []).append(full)

    def __contains__(self, sha: str) -> bool:
        return sha in self._full

    def find(self, sha: str) -> str | None:
        """The one full id that begins with `sha`, or None."""
        if sha in self._full:
            return sha
        found = [full for full in self._short.get(sha[:7], ()) if full.startswith(sha)]
        return found[0] if len(found) == 1 else None


def _people(entry: _Entry) -> Iterator[str]:
    names = [entry.commit.author]
    names += [who.partition("<")[0] for change in entry.changes for who in change.co_authors]
    return (name.strip() for name in names if name.strip() and not name.strip().endswith("[bot]"))


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


def merge_changelog_file(existing: str, entry: str, version: str) -> FileUpdate:
    """A changelog file with one more entry.

    The entry comes before the first older version, so below the header, an Unreleased section and newer versions; every
    other byte stays, line ends included. A section for `version` that is there already is never replaced: what a person
    made of it is the better text, and a release must not fail over it. `outcome` tells `unchanged` from `kept`.
    """
    newline = "\r\n" if "\r\n" in existing else "\n"
    text = existing.replace("\r\n", "\n")
    entry = entry.replace("\r\n", "\n").strip("\n") + "\n"
    if not text.strip("\ufeff \n"):
        text = NEW_FILE
    headings = list(_headings(text))
    wanted = parse_version(version)
    for i, heading in enumerate(headings):
        if heading.version == wanted:
            end = next((later.start for later in headings[i + 1 :] if later.level <= heading.level), len(text))
            same = text[heading.start : end].strip() == entry.strip()
            return FileUpdate(existing, "unchanged" if same else "kept")
    older = (h for h in headings if h.version is not None and h.version < wanted)
    at = next((heading.start for heading in older), None)
    if at is None:
        before, after = text.rstrip("\n") + "\n\n", ""
    else:
        before, after = text[:at], "\n" + text[at:]
        before = before if before.endswith("\n\n") or not before.strip("\ufeff\n ") else before.rstrip("\n") + "\n\n"
    return FileUpdate((before + entry + after).replace("\n", newline), "inserted")


@dataclass(frozen=True, slots=True)
class _Heading:
    start: int
    level: int
    version: Version | None


_HEADING = re.compile(r"(#{1,3})[ \t]+(.*)")
_HEADING_VERSION = re.compile(r"(?<![\w.])[\[(]?v?(\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?)")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")


def _headings(text: str) -> Iterator[_Heading]:
    """Headings of level 1 to 3 that name a version, and those of level 1 and 2 that do not (they end a section)."""
    start, fence, comment = 0, "", False
    for line in text.splitlines(keepends=True):
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
        elif found := _HEADING.match(line.lstrip("\ufeff")):
            named = _HEADING_VERSION.search(found[2])
            version = None
            if named:
                try:
                    version = parse_version(named[1])
                except ValueError:
                    version = None
            if version is not None or len(found[1]) < 3:
                yield _Heading(start, len(found[1]), version)
        start += len(line)
