"""Commits as a changelog sees them: what each tells, which are copies of one another, and which were taken back."""

from __future__ import annotations

import bisect
import datetime as dt
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from release_ops.domain import commits as messages
from release_ops.domain.change import Change, RawCommit
from release_ops.domain.tool_messages import names_release, parse_lone_merge

OURS = "Release-Ops-Effect"
"""Trailer of the commits that Release Ops itself makes, such as that of a changelog file: no news for anybody."""


@dataclass(slots=True)
class Entry:
    """A commit with what its message says; `changes` is empty for what a changelog leaves out.

    The message itself is let go: a long history would hold all of it in memory.
    """

    id: str
    parents: tuple[str, ...]
    author: str
    authored_at: int
    committed_at: int
    subject: str
    changes: tuple[Change, ...]
    revert: messages.Revert | None
    picked: tuple[str, ...]


_PROGRAM = re.compile(
    r"merge|auto|fixup|squash|amend|rever|reapply|v?\d|chore|bump|prepare|release|version|initial", re.IGNORECASE
)
"""How every message begins that `messages.is_ignored` knows, and the first one of a repository."""
_FIRST = re.compile(r"initial commit", re.IGNORECASE)
_SQUASHED = re.compile(r"merge|auto|prepare|release|version|v?\d|bump ", re.IGNORECASE)


def read(commit: RawCommit, types: Mapping[str, str]) -> Entry:
    """What a commit tells. Merges and messages that Git or a release tool wrote tell nothing."""
    message = commit.message
    if OURS not in message:
        plain = messages.read_plain(message, types, commit.id, commit.author, commit.committed_at)
        if plain is not None:
            header, change = plain
            at = commit.authored_at, commit.committed_at
            return Entry(commit.id, commit.parents, commit.author, *at, header, (change,), None, ())
    when = dt.datetime.fromtimestamp(commit.committed_at, dt.UTC) if commit.committed_at else None
    changes = messages.parse_squashed(message, types=types, id=commit.id, author=commit.author, committed_at=when)
    subject = messages.subject(message)
    if len(changes) != 1 or changes[0].reverts or changes[0].type == "revert" or _PROGRAM.match(subject):
        return _read_other(commit, subject, changes, when)
    if OURS in message and any(token == OURS for token, _ in changes[0].footers):
        changes = ()
    return _entry(commit, subject, changes, None)


def _read_other(commit: RawCommit, subject: str, changes: tuple[Change, ...], when: dt.datetime | None) -> Entry:
    revert = None if changes else messages.parse_revert(commit.message)
    if len(changes) == 1 and (changes[0].reverts or changes[0].type == "revert"):
        revert = messages.Revert(changes[0].description, changes[0].reverts)
    if revert is not None and not changes:
        changes = (Change(type="revert", description=revert.header, reverts=revert.ids),)
    elif len(changes) == 1 and changes[0].type not in messages.KNOWN_TYPES and names_release(subject):
        # `Release: 1.26.0` has the form of a typed message, and no change below it.
        changes = ()
    elif (messages.is_ignored(commit.message) or _FIRST.fullmatch(subject)) and not (
        changes and len(commit.parents) < 2 and _SQUASHED.match(subject)
    ):
        # A merge or a release with one parent that names changes is a squash merge: they are told nowhere else.
        lone = parse_lone_merge(commit.message) if len(commit.parents) < 2 else None
        changes = (lone,) if lone else ()
    elif changes and any(token == OURS for token, _ in changes[0].footers):
        changes = ()
    elif not changes and len(commit.parents) < 2 and subject and not names_release(subject):
        body = messages.normalise(commit.message).partition("\n")[2].strip()
        # Programs that raise dependencies and format code say so in words of their own: maintenance.
        kind = "chore" if commit.author.endswith("[bot]") else ""
        changes = (Change(type=kind, description=subject, body=body or None),)
    about: dict[str, Any] = {"id": commit.id, "author": commit.author, "committed_at": when}
    changes = tuple(change if change.id == commit.id else replace(change, **about) for change in changes)
    return _entry(commit, subject, changes, revert)


def _entry(commit: RawCommit, subject: str, changes: tuple[Change, ...], revert: messages.Revert | None) -> Entry:
    return Entry(
        commit.id,
        commit.parents,
        commit.author,
        commit.authored_at,
        commit.committed_at,
        subject,
        changes,
        revert,
        messages.picked_from(commit.message),
    )


class Copies:
    """Which commits are the same change: cherry-picks, backports, branches that were rebased and merged twice.

    Two commits are the same when one names the other (`git cherry-pick -x`), when both name a third, or when author,
    time of authoring and subject agree, which Git keeps whenever it copies a commit.
    """

    def __init__(self, entries: Sequence[Entry], ids: Sequence[str] | None = None) -> None:
        """`ids` are those of the whole history, where `entries` are only a part of it."""
        self._root: dict[str, str] = {}
        if any(entry.picked for entry in entries):
            index = _Ids(entry.id for entry in entries) if ids is None else _Ids(ids)
            for entry in entries:
                for origin in entry.picked:
                    self._join(entry.id, index.find(origin) or origin)
        written: dict[tuple[int, str], list[Entry]] = {}
        for entry in entries:
            if entry.authored_at and len(entry.parents) < 2:
                written.setdefault((entry.authored_at, entry.author), []).append(entry)
        for group in written.values():
            if len(group) > 1:
                first: dict[str, str] = {}
                for entry in group:
                    self._join(entry.id, first.setdefault(_plain(entry.subject), entry.id))
        self._all: dict[str, list[str]] = {}
        for commit_id in self._root:
            self._all.setdefault(self.of(commit_id) or commit_id, []).append(commit_id)

    def __bool__(self) -> bool:
        return bool(self._root)

    def of(self, commit_id: str) -> str | None:
        """A name that is the same for all copies of a change; None for a commit without copies."""
        if commit_id not in self._root:
            return None
        while (above := self._root[commit_id]) != commit_id:
            self._root[commit_id] = self._root[above]
            commit_id = above
        return commit_id

    def all(self, commit_id: str) -> Sequence[str]:
        """Ids of all copies of a commit, itself included."""
        return self._all.get(self.of(commit_id) or "", (commit_id,))

    def _join(self, one: str, other: str) -> None:
        if one != other:
            self._root.setdefault(one, one)
            self._root.setdefault(other, other)
            self._root[self.of(one) or one] = self.of(other) or other


def likeness(entry: Entry) -> int:
    """The same number for commits that may be copies of one another, but for those that name each other; 0: of none."""
    if not entry.authored_at or len(entry.parents) > 1:
        return 0
    return hash((entry.authored_at, entry.author, _plain(entry.subject)))


class Told:
    """Which releases have told a change that has copies, or took it back; the names are those of `Copies.of`."""

    def __init__(self) -> None:
        self._by: dict[str, list[tuple[str, bool]]] = {}

    def add(self, name: str, release: str, *, has: bool = True) -> None:
        """Remember that `release` tells it, or that it tells that it took it back."""
        self._by.setdefault(name, []).append((release, has))

    def is_known(self, name: str, knows: Callable[[str], bool]) -> bool:
        """Whether the last of the releases that readers know by `knows` has it."""
        return next((has for release, has in reversed(self._by.get(name, ())) if knows(release)), False)


def settled(
    entries: Sequence[Entry],
    copies: Copies,
    told: Told | None = None,
    *,
    release: str = "",
    knows: Callable[[str], bool] = lambda release: True,
) -> list[Entry]:
    """The entries of a release, newest first, without what was taken back in it, and every change once.

    Left out is what `told` has from a release that the readers of this one know, by `knows`; what this one tells is
    added. So is what it takes back: a copy of that is news again. Of a change that came and went in this release a
    later copy of the revert is none.
    """
    told = told or Told()
    here: set[str] = set()
    kept = []
    subjects: set[str] | None = None
    gone, done = _taken_back(entries, copies)
    if copies:
        for i in done:
            if (name := copies.of(entries[i].id)) is not None:
                told.add(name, release)
    for entry in reversed([entry for i, entry in enumerate(entries) if i not in gone] if gone else entries):
        if len(entry.parents) > 1 and entry.changes:
            if subjects is None:
                subjects = {_plain(one.subject) for one in entries if len(one.parents) < 2}
            if _plain(entry.subject) in subjects:
                # A merge that repeats the subject of a commit of its branch says nothing new.
                continue
        name = copies.of(entry.id) if copies else None
        if name is not None:
            if name in here or told.is_known(name, knows):
                continue
            here.add(name)
            told.add(name, release)
        kept.append(entry)
        if copies and entry.revert is not None:
            for target in {copies.of(one) for one in entry.revert.ids} - {None, name}:
                told.add(str(target), release, has=False)
                here.discard(str(target))
    kept.reverse()
    return kept


def _taken_back(entries: Sequence[Entry], copies: Copies) -> tuple[set[int], set[int]]:
    """Positions of the pairs of a change and the revert that took it back, and of the reverts among them that stand.

    A revert that is itself reverted has no effect. It is decided from the newest revert backwards, so that a chain of
    any length comes out right; a revert of something older than the range stays and is listed. The revert of a merge
    takes back what the merge brought, that of a copy takes back all copies before it.
    """
    if not any(entry.revert is not None for entry in entries):
        return set(), set()
    index = _Ids(entry.id for entry in entries)
    position = {entry.id: i for i, entry in enumerate(entries)}
    by_subject: dict[str, list[int]] = {}
    if any(entry.revert is not None and not entry.revert.ids for entry in entries):
        for i, entry in enumerate(entries):
            by_subject.setdefault(_plain(entry.subject), []).append(i)
    gone: set[int] = set()
    done: set[int] = set()
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
            if len(entries[target].parents) > 1:
                gone |= _brought(entries, position, entries[target])
            if copies:
                twins = (position.get(one, -1) for one in copies.all(entries[target].id))
                gone.update(twin for twin in twins if twin > i)
        if complete:
            gone.add(i)
            done.add(i)
    return gone, done


def _brought(entries: Sequence[Entry], position: Mapping[str, int], merge: Entry) -> set[int]:
    """Positions of the commits of the range that came with a merge: on its other parents' side alone."""
    before = _ancestors(entries, position, merge.parents[:1], set())
    return _ancestors(entries, position, merge.parents[1:], before)


def _ancestors(
    entries: Sequence[Entry], position: Mapping[str, int], ids: Iterable[str], without: set[int]
) -> set[int]:
    found: set[int] = set()
    waiting = [position[sha] for sha in ids if sha in position]
    while waiting:
        at = waiting.pop()
        if at not in found and at not in without:
            found.add(at)
            waiting.extend(position[sha] for sha in entries[at].parents if sha in position)
    return found


def _plain(subject: str) -> str:
    """A subject without the pull request's number that a squash merge appends."""
    return messages.without_pull(subject.strip())[0]


class _Ids:
    """Full commit ids by any unambiguous abbreviation of at least 7 digits."""

    def __init__(self, ids: Iterable[str]) -> None:
        self._full = set(ids)
        self._short: dict[str, list[str]] | None = None

    def find(self, sha: str) -> str | None:
        """The one full id that begins with `sha`, or None."""
        if sha in self._full:
            return sha
        if len(sha) in {40, 64}:
            return None
        if self._short is None:
            self._short = {}
            for full in self._full:
                self._short.setdefault(full[:7], []).append(full)
        found = [full for full in self._short.get(sha[:7], ()) if full.startswith(sha)]
        return found[0] if len(found) == 1 else None


def people(entries: Sequence[Entry]) -> Iterator[str]:
    """Names of authors and co-authors, without mail addresses and bots; a name may come several times."""
    names = {entry.author for entry in entries}
    names.update(
        who.partition("<")[0]
        for entry in entries
        for change in entry.changes
        if change.co_authors
        for who in change.co_authors
    )
    for name in names:
        if (trimmed := name.strip()) and not trimmed.endswith("[bot]"):
            yield trimmed
