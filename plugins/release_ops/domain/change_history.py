"""In which release is a change: every commit of a history with the first releases that have it, its copies, its revert.

Everything is decided by ancestry, in time linear in the history; see `ranges` for what "first" means.
"""

from __future__ import annotations

import bisect
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from release_ops.domain import commits as messages
from release_ops.domain.change import RawCommit
from release_ops.domain.entries import Copies, Entry, read
from release_ops.domain.ranges import Parents, Release, attribute

DESCRIPTION_LIMIT = 500
"""Characters of a description that are kept."""
ISSUES_LIMIT = 50
"""Issues of one commit that are kept."""
ISSUE_LIMIT = 1024
"""Characters of an issue that is kept. A longer one is none, and more than an index can hold."""
NAME_LIMIT = 200
"""Characters of a type, a scope and an author that are kept."""

_ID = re.compile(r"[0-9a-fA-F]{7,64}")
_ISSUE = re.compile(r"(?:[\w.-]+/[\w.-]+)?#\d+|[A-Z][A-Z0-9_]*-\d+")
_NUMBER = re.compile(r"(?<![\w#])#\d{1,9}\b")


class Record(NamedTuple):
    """One commit and what became of it."""

    commit: str
    change: str
    """Commit of the first copy, the same for all copies of a change; the commit itself where there is no other."""
    told: bool
    """Whether it tells a change; false for merges and what Git or a release tool wrote."""
    type: str
    """Type of its (first) change; empty without one."""
    scope: str
    breaking: bool
    description: str
    issues: tuple[str, ...]
    """What it names, each once: `#12`, `octo/repo#12`, `WEB-7`."""
    author: str
    authored_at: int
    """Seconds since the epoch, as `committed_at`; 0: not known."""
    committed_at: int
    first_prerelease: Release | None
    """The first release that has it, if that is a pre-release."""
    first_final: Release | None
    """The first final release that has it."""
    reverted_by: str | None
    """The commit that took it back, and that stands."""


def history_of(
    commits: Iterable[RawCommit],
    releases: Sequence[Release],
    *,
    types: Mapping[str, str] = messages.TYPE_ALIASES,
    matters: Callable[[str], bool] | None = None,
) -> list[Record]:
    """A record for every commit, in their order. `commits` are walked once, children as a rule before their parents.

    Of several releases the lowest version is the first, unless ancestry says otherwise (`ranges.in_order`). Where a
    final release has a commit first, no pre-release is named: that of a later version is no news. Messages that do not
    matter (`mattering`) are not parsed, which takes most of the time: their records are those of commits that tell
    nothing, until `described`.
    """
    entries = [
        read(commit, types) if matters is None or matters(commit.message) else _unread(commit) for commit in commits
    ]
    parents = {entry.id: entry.parents for entry in entries}
    first = attribute(parents, releases)
    finals = [release for release in releases if release.is_final]
    final = first if len(finals) == len(releases) else attribute(parents, finals)
    copies = Copies(entries)
    names = _names(entries, copies)
    gone = taken_back(entries, copies)
    found = []
    for entry in entries:
        commit = entry.id
        before = first.get(commit)
        told, kind, scope, breaking, description, issues = _told(entry)
        found.append(
            Record(
                commit,
                names.get(commit, commit),
                told,
                kind,
                scope,
                breaking,
                description,
                issues,
                entry.author[:NAME_LIMIT],
                entry.authored_at,
                entry.committed_at,
                None if before is None or before.is_final else before,
                final.get(commit),
                gone.get(commit),
            )
        )
    return found


def described(record: Record, commit: RawCommit, types: Mapping[str, str] = messages.TYPE_ALIASES) -> Record:
    """The record with what the commit's message tells."""
    told, kind, scope, breaking, description, issues = _told(read(commit, types))
    return record._replace(told=told, type=kind, scope=scope, breaking=breaking, description=description, issues=issues)


def mattering(question: str) -> Callable[[str], bool]:
    """Which messages have to be parsed to answer a question of `asked_for`: reverts, and what may fit the question."""
    asked = question.strip()
    words = [asked.rpartition("#")[2]] if _ISSUE.fullmatch(asked) else [] if _ID.fullmatch(asked) else asked.split()
    folded = [word.casefold() for word in words]

    def matters(message: str) -> bool:
        lowered = message.casefold()
        if folded and all(word in lowered for word in folded):
            return True
        return "revert" in lowered or "reapply" in lowered

    return matters


def _unread(commit: RawCommit) -> Entry:
    message = commit.message
    return Entry(
        commit.id,
        commit.parents,
        commit.author,
        commit.authored_at,
        commit.committed_at,
        messages.subject(message),
        (),
        None,
        messages.picked_from(message),
    )


def _told(entry: Entry) -> tuple[bool, str, str, bool, str, tuple[str, ...]]:
    """The fields of a record from `told` to `issues`."""
    if not entry.changes:
        return False, "", "", False, entry.subject[:DESCRIPTION_LIMIT], _issues(entry)
    change = entry.changes[0]
    breaking = change.breaking or any(one.breaking for one in entry.changes)
    description = change.description[:DESCRIPTION_LIMIT]
    kind, scope = change.type[:NAME_LIMIT], (change.scope or "")[:NAME_LIMIT]
    return True, kind, scope, breaking, description, _issues(entry)


def _issues(entry: Entry) -> tuple[str, ...]:
    if not entry.changes:
        # A merge says which pull request it is of, and nothing else does.
        return tuple(dict.fromkeys(_NUMBER.findall(entry.subject))) if "#" in entry.subject else ()
    if len(entry.changes) == 1 and not entry.changes[0].references:
        return ()
    targets = (one.target for change in entry.changes for one in change.references)
    named = dict.fromkeys(target for target in targets if len(target) <= ISSUE_LIMIT)
    return tuple(named)[:ISSUES_LIMIT]


def _names(entries: Sequence[Entry], copies: Copies) -> dict[str, str]:
    """Commit with copies -> the first of them: one that was not picked from another before one that was, by time."""
    if not copies:
        return {}
    groups: dict[str, list[Entry]] = {}
    for entry in entries:
        if name := copies.of(entry.id):
            groups.setdefault(name, []).append(entry)
    names: dict[str, str] = {}
    for group in groups.values():
        origin = min(group, key=lambda entry: (bool(entry.picked), entry.committed_at, entry.id))
        names.update((entry.id, origin.id) for entry in group)
    return names


def taken_back(entries: Sequence[Entry], copies: Copies) -> dict[str, str]:
    """Commit -> the commit that reverts it; a revert that is itself reverted takes nothing back.

    The revert of a merge takes back what the merge brought, the revert of a change every copy of it that is in the
    revert's own history. Without an id it takes back the nearest commit of that subject. One pass, children first.
    """
    if not any(entry.revert is not None for entry in entries):
        return {}
    ordered = children_first(entries)
    targets = _Targets(ordered)
    gone: dict[str, str] = {}
    # One bit per revert of a change with copies, two per merge taken back, handed down from child to parent: which of
    # them have a commit in their history.
    marks: dict[str, int] = {}
    by_bit: list[str] = []
    claims: dict[str, int] = {}
    sides = 0
    for place, entry in enumerate(ordered):
        mark = marks.pop(entry.id, 0)
        if mark:
            claimed = mark & claims.get(copies.of(entry.id) or "", 0)
            brought = mark & sides & ~(mark >> 1)
            if claimed or brought:
                gone[entry.id] = by_bit[(claimed or brought).bit_length() - 1]
        by = gone.get(entry.id)
        if entry.revert is not None and by is None:
            for target in targets.of(place, entry):
                name = copies.of(target)
                if name is None:
                    gone[target] = entry.id
                    continue
                bit = 1 << len(by_bit)
                by_bit.append(entry.id)
                claims[name] = claims.get(name, 0) | bit
                mark |= bit
        if by is not None and len(entry.parents) > 1:
            side = 1 << len(by_bit)
            by_bit += [by, by]
            sides |= side
            for parent in entry.parents[1:]:
                marks[parent] = marks.get(parent, 0) | side
            marks[entry.parents[0]] = marks.get(entry.parents[0], 0) | side << 1
        if mark:
            for parent in entry.parents:
                marks[parent] = marks.get(parent, 0) | mark
    return gone


class _Targets:
    """What a revert names: commits by their ids, else the nearest one of its subject that is free."""

    def __init__(self, ordered: Sequence[Entry]) -> None:
        self._ids = Ids(entry.id for entry in ordered)
        self._ordered = ordered
        self._free: dict[str, int] = {}
        self._by_subject: dict[str, list[int]] = {}
        if any(entry.revert is not None and not entry.revert.ids for entry in ordered):
            for place, entry in enumerate(ordered):
                self._by_subject.setdefault(_plain(entry.subject), []).append(place)

    def of(self, place: int, entry: Entry) -> list[str]:
        """Ids of the commits that the revert at that place takes back."""
        if entry.revert is None:
            return []
        if entry.revert.ids:
            return [full for sha in entry.revert.ids if (full := self._ids.find(sha)) and full != entry.id]
        header = _plain(entry.revert.header)
        same = self._by_subject.get(header, [])
        at = max(bisect.bisect_right(same, place), self._free.get(header, 0))
        self._free[header] = at + 1
        return [self._ordered[one].id for one in same[at : at + 1]]


def _plain(subject: str) -> str:
    return messages.without_pull(subject.strip())[0]


class Ids:
    """Full commit ids by any unambiguous abbreviation."""

    def __init__(self, ids: Iterable[str]) -> None:
        self._sorted = sorted(ids)

    def all(self, sha: str) -> list[str]:
        """Every id that begins with `sha`."""
        start = bisect.bisect_left(self._sorted, sha)
        return self._sorted[start : bisect.bisect_right(self._sorted, sha + "g", lo=start)]

    def find(self, sha: str) -> str | None:
        """The one id that begins with `sha`, None without one or with several."""
        found = self.all(sha)
        return found[0] if len(found) == 1 else None


def children_first(entries: Sequence[Entry]) -> list[Entry]:
    """The entries with every child before its parents, whatever their dates say."""
    by_id = {entry.id: entry for entry in entries}
    children = dict.fromkeys(by_id, 0)
    for entry in entries:
        for parent in entry.parents:
            if parent in children:
                children[parent] += 1
    waiting = [entry for entry in reversed(entries) if not children[entry.id]]
    ordered = []
    while waiting:
        entry = waiting.pop()
        ordered.append(entry)
        for parent in entry.parents:
            if parent in children:
                children[parent] -= 1
                if not children[parent]:
                    waiting.append(by_id[parent])
    return ordered


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """Where one change is, over all its copies."""

    copies: tuple[Record, ...]
    """The commits that make it, the first copy first."""
    spans: tuple[tuple[Release, Release | None], ...]
    """Runs of final releases that have it, by version: first and last; None: up to the newest there is."""
    reverts: tuple[Record, ...]
    """The commits that took copies back."""


def whereabouts(
    records: Sequence[Record], parents: Parents, releases: Sequence[Release], names: Sequence[str]
) -> list[Whereabouts]:
    """Where the changes of these names (`Record.change`) are. One pass over the history, however many are asked for.

    A release has a change when it has a copy of it and not the commit that took that copy back.
    """
    wanted = dict.fromkeys(names)
    groups: dict[str, list[Record]] = {name: [] for name in wanted}
    for record in records:
        if record.change in groups:
            groups[record.change].append(record)
    marked = {record.commit for group in groups.values() for record in group}
    marked |= {record.reverted_by for group in groups.values() for record in group if record.reverted_by}
    bits = {commit: 1 << i for i, commit in enumerate(sorted(marked))}
    has = _carried(records, parents, bits)
    by_id = {record.commit: record for record in records if record.commit in bits}
    finals = sorted(
        (release for release in releases if release.is_final), key=lambda release: (release.version, release.tag)
    )
    found = []
    for group in groups.values():
        pairs = [(bits[one.commit], bits.get(one.reverted_by or "", 0)) for one in group]
        flags = [any(has.get(one.commit, 0) & (c | r) == c for c, r in pairs) for one in finals]
        group.sort(key=lambda record: (record.commit != record.change, record.committed_at, record.commit))
        reverts = {one.reverted_by: by_id[one.reverted_by] for one in group if one.reverted_by in by_id}
        found.append(Whereabouts(tuple(group), _spans(finals, flags), tuple(reverts.values())))
    return found


def _carried(records: Sequence[Record], parents: Parents, bits: Mapping[str, int]) -> dict[str, int]:
    """Commit -> the bits of what is in its history."""
    has: dict[str, int] = {}
    # Oldest first nearly always finds the parents done; where clocks were wrong, they are done first.
    for record in reversed(records):
        stack = [record.commit]
        while stack:
            commit = stack[-1]
            mark = bits.get(commit, 0)
            for parent in parents[commit]:
                above = has.get(parent)
                if above is not None:
                    mark |= above
                elif parent in parents:
                    stack.append(parent)
            if stack[-1] == commit:
                has[commit] = mark
                stack.pop()
    return has


def _spans(finals: Sequence[Release], flags: Sequence[bool]) -> tuple[tuple[Release, Release | None], ...]:
    spans: list[tuple[Release, Release | None]] = []
    start: Release | None = None
    last: Release | None = None
    for release, has in zip(finals, flags, strict=True):
        if has and start is None:
            start = release
        elif not has and start is not None:
            spans.append((start, last))
            start = None
        last = release
    if start is not None:
        spans.append((start, None))
    return tuple(spans)


def asked_for(records: Sequence[Record], question: str) -> list[Record]:
    """The records that a question means, in their order.

    `#12` and `WEB-7` mean the commits that name this issue (or `octo/repo#12`) or are this pull request, 7 to 64
    hexadecimal digits a commit by its id or nothing, anything else the commits whose description has all its words,
    case aside.
    """
    asked = question.strip()
    if _ID.fullmatch(asked):
        return [record for record in records if record.commit.startswith(asked.lower())]
    if _ISSUE.fullmatch(asked):
        return [
            record
            for record in records
            if any(one == asked or (asked[0] == "#" and one.endswith(asked)) for one in record.issues)
            or (record.told and messages.without_pull(record.description)[1] == asked)
        ]
    words = asked.casefold().split()
    if not words:
        return []
    return [
        record for record in records if record.told and all(word in record.description.casefold() for word in words)
    ]
