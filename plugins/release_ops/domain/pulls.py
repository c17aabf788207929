"""Pull requests joined to the commits of a changelog: what their labels and titles say, and each change told once."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, NamedTuple

from release_ops.domain import commits as messages
from release_ops.domain.change import Change
from release_ops.domain.changelog_rules import BREAKING, SKIP, ChangelogRules
from release_ops.domain.entries import Entry

TITLE_LIMIT = 256
"""Characters of a title; GitHub takes no longer ones."""
BODY_LIMIT = 8192
"""Characters of a body that are looked at; what follows is cut."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PullRequest:
    """A merged pull request. Its texts are data of whoever opened it."""

    number: int
    title: str
    url: str = ""
    body: str = ""
    """Bounded; empty where it was edited after the merge: what nobody reviewed decides nothing."""
    labels: tuple[str, ...] = ()
    author: str = ""
    """Login; empty for an account that is gone."""
    is_bot: bool = False
    merged_by: str = ""
    merged_at: datetime | None = None
    merge_commit: str = ""
    """Commit that it was merged as: a merge, the squashed commit, or the last of the rebased ones."""
    base: str = ""
    """Branch that it was merged into."""
    milestone: str = ""


PullsOf = Callable[[Sequence[str]], Mapping[str, Sequence[PullRequest]]]
"""Merged pull requests of commits, by commit id, oldest first; asked once, with ids newest first."""
PathsOf = Callable[[Sequence[str]], Mapping[str, Sequence[str]]]
"""Files that commits change, by commit id."""
Join = Callable[[Sequence[Entry]], list[Entry]]


def joiner(commits: Iterable[str], rules: ChangelogRules, pulls: PullsOf | None, paths: PathsOf | None) -> Join | None:
    """What `rules` make of the settled entries of a release; None where messages alone decide.

    `commits` are the ids of all that the changelogs are made of, newest first: `pulls` is asked once, for all of them;
    `paths` once for each release, for those whose messages have no type.
    """
    if pulls is None and rules.is_plain:
        return None
    found = {} if pulls is None else {sha: tuple(some) for sha, some in pulls(list(commits)).items()}

    def join(kept: Sequence[Entry]) -> list[Entry]:
        joined = [_plainly(one, rules) for one in kept]
        if found:
            joined = joined_pulls(joined, found, rules)
        if paths is not None and rules.paths and rules.convention != "none":
            files = paths([change.id for one in joined for change in one.changes[:1] if not change.type])
            joined = [_with_changes(one, lambda change: _by_paths(change, files, rules)) for one in joined]
        if rules.tickets is not None:
            joined = [_with_changes(one, lambda change: _linked(change, rules)) for one in joined]
        return joined

    return join


def joined_pulls(
    entries: Sequence[Entry], pulls: Mapping[str, Sequence[PullRequest]], rules: ChangelogRules
) -> list[Entry]:
    """Entries of a release, newest first, with every pull request told once.

    A pull request is told by its conventional commits; where it has none, and always by the convention `labels`, by its
    title. A squashed commit stands for the commits of its branch, the commits of a branch for their merge. A label
    gives the type where neither commit nor title has one (`labels`: it comes first), marks what breaks, or leaves the
    whole pull request out. Whoever opened it is named by login.
    """
    groups: dict[int, list[int]] = {}
    chosen: dict[int, PullRequest] = {}
    for at, entry in enumerate(entries):
        if (pull := primary(entry.id, pulls.get(entry.id, ()))) is not None:
            groups.setdefault(pull.number, []).append(at)
            chosen[pull.number] = pull
    result: list[Entry | None] = list(entries)
    names: dict[str, str] = {}
    for number, places in groups.items():
        told = _told([entries[at] for at in places], chosen[number], rules, names)
        for at, entry_or_none in zip(places, told, strict=True):
            result[at] = entry_or_none
    return [replace(one, author=names.get(one.author, one.author)) for one in result if one is not None]


def primary(commit: str, pulls: Sequence[PullRequest]) -> PullRequest | None:
    """The pull request that a commit belongs to: that which was merged as it, else the oldest; None without any.

    The younger ones took it along: a branch of development that was merged into the main one.
    """
    return next((pull for pull in pulls if pull.merge_commit == commit), pulls[0] if pulls else None)


class Labels(NamedTuple):
    """What the labels of a pull request say. `type` is empty where none of them gives one."""

    type: str
    breaks: bool
    skips: bool


def labelled(pull: PullRequest, rules: ChangelogRules) -> Labels:
    """What the labels say; of several types the one whose section stands first."""
    meant = [rules.labels[label.casefold()] for label in pull.labels if label.casefold() in rules.labels]
    ranks = {kind: rank for rank, section in enumerate(rules.sections) for kind in section.types}
    types = sorted((one for one in meant if one not in {SKIP, BREAKING}), key=lambda kind: ranks.get(kind, len(ranks)))
    return Labels(types[0] if types else "", BREAKING in meant, SKIP in meant)


def _told(
    group: list[Entry], pull: PullRequest, rules: ChangelogRules, names: dict[str, str]
) -> Sequence[Entry | None]:
    """What becomes of the entries of one pull request, place by place; None for those that are left out."""
    says = labelled(pull, rules)
    if says.skips:
        return [None] * len(group)
    ids = {entry.id for entry in group}
    merged = next((at for at, entry in enumerate(group) if entry.id == pull.merge_commit), None)
    squashed = merged is not None and len(group[merged].parents) < 2 and not ids.intersection(group[merged].parents)
    login = f"{pull.author}[bot]" if pull.is_bot else pull.author
    if login and merged is not None:
        if squashed:
            # GitHub gives the squashed commit the name of whoever opened the pull request, a merge that of who merged it.
            names[group[merged].author] = login
        if squashed or len(group[merged].parents) > 1:
            group[merged] = replace(group[merged], author=login)
    if not any(entry.changes for entry in group):
        return group
    home = 0 if merged is None else merged
    typed = [at for at, entry in enumerate(group) if any(change.type for change in entry.changes)]
    if rules.convention != "conventional" or not typed:
        return _as_one(group, home, _title_change(pull, group, says, rules))
    kept = [entry.changes for entry in group]
    if squashed and merged in typed:
        kept = [entry.changes if at == merged else () for at, entry in enumerate(group)]
    elif merged in typed and len(group[merged].parents) > 1 and len(typed) > 1:
        kept[merged] = ()
    rest = [at for at, changes in enumerate(kept) if changes and at not in typed]
    shown = [change for changes in kept for change in changes if change.type]
    for at in rest:
        kept[at] = ()
    if rest:
        title = _title_change(pull, [group[at] for at in rest], says, rules)
        if _bare(title.description) not in {_bare(change.description) for change in shown}:
            kept[rest[0]] = (replace(title, **_about(group[rest[0]])),)
    notes = _breaking_notes(group)
    if (says.breaks or notes) and not any(change.breaking for changes in kept for change in changes):
        at = next(at for at, changes in enumerate(kept) if any(change.type for change in changes))
        kept[at] = (_broken(kept[at][0], notes), *kept[at][1:])
    return [
        replace(entry, changes=tuple(_numbered(change, pull) for change in changes))
        for entry, changes in zip(group, kept, strict=True)
    ]


def _as_one(group: Sequence[Entry], home: int, change: Change) -> Sequence[Entry]:
    """The pull request told in the place of one entry; the others stay for the names of their authors."""
    changes = (replace(change, **_about(group[home])),)
    return [replace(entry, changes=changes if at == home else ()) for at, entry in enumerate(group)]


def _about(entry: Entry) -> dict[str, Any]:
    when = next((change.committed_at for change in entry.changes), None)
    return {"id": entry.id, "author": entry.author, "committed_at": when}


_RELEASE_AS = ("RELEASE AS:", "RELEASE-AS:")
"""How a note names the next version; that of a pull request does not: whoever opened it is no release manager."""
_COMMENT = re.compile(r"<!--(?:[^-]|-(?!->))*+-->")


def _title_change(pull: PullRequest, group: Sequence[Entry], says: Labels, rules: ChangelogRules) -> Change:
    """The change that the title tells, with what the body and the commits add: references, co-authors, what breaks."""
    title = " ".join(pull.title.split())[:TITLE_LIMIT] or f"Pull request #{pull.number}"
    body = _COMMENT.sub("", messages.normalise(pull.body[:BODY_LIMIT]))
    types = {**messages.TYPE_ALIASES, **rules.types}
    plain = rules.convention == "none"
    read = None if plain else messages.parse_commit(f"{title}\n\n{body}", types=types)
    if read is None:
        read = messages.parse_commit(f"pull: {title}\n\n{body}") or Change(type="", description=title)
        read = replace(read, type="")
    own = [change for entry in group for change in entry.changes]
    given = (read.type, next((change.type for change in own if change.type), ""))
    order = (says.type, *given) if rules.convention == "labels" else (*given, says.type)
    kind = "" if plain else next(filter(None, order), "")
    said = (note for note in read.notes if read.breaking and not note.upper().startswith(_RELEASE_AS))
    notes = tuple(dict.fromkeys((*said, *_breaking_notes(group))))
    breaking = read.breaking or says.breaks or bool(notes)
    closing = (one for change in own for one in change.references if one.action)
    change = Change(
        type=kind,
        scope=read.scope,
        breaking=breaking,
        description=read.description,
        notes=(notes or (read.description,)) if breaking else (),
        references=tuple(dict.fromkeys((*read.references, *closing))),
        co_authors=tuple(dict.fromkeys(who for change in own for who in _co_authors(change))),
    )
    return _numbered(change, pull)


def _co_authors(change: Change) -> tuple[str, ...]:
    return change.co_authors or messages.co_authors(change.body or "")


def _numbered(change: Change, pull: PullRequest) -> Change:
    """With the number behind it, as a squash merge has it: renderers link that."""
    description = change.description
    if messages.without_pull(description)[1]:
        return change
    named = f"{description} (#{pull.number})"
    # A note that only repeats the description stays recognisable as such.
    return replace(
        change, description=named, notes=tuple(named if note == description else note for note in change.notes)
    )


def _broken(change: Change, notes: tuple[str, ...]) -> Change:
    return replace(change, breaking=True, notes=notes or (change.description,))


def _breaking_notes(group: Iterable[Entry]) -> tuple[str, ...]:
    return tuple(note for entry in group for change in entry.changes if change.breaking for note in change.notes)


def _bare(description: str) -> str:
    return messages.without_pull(description)[0].casefold().rstrip(".")


def _plainly(entry: Entry, rules: ChangelogRules) -> Entry:
    """In the words of the commit's subject where its type is none: a ticket's key, or anything in a team without types."""
    if not entry.changes or (rules.convention != "none" and _type(entry.changes[0], rules) == entry.changes[0].type):
        return entry
    said: dict[str, Any] = {"type": "", "scope": None, "description": entry.subject}
    if rules.convention == "none":
        said |= {"breaking": False, "notes": ()}
    return replace(entry, changes=(replace(entry.changes[0], **said),))


def _type(change: Change, rules: ChangelogRules) -> str:
    """The type; empty for `WEB-12: add search`, which only looks like one."""
    key = change.type.upper()
    return "" if rules.tickets is not None and key in rules.tickets.find(key) else change.type


def _with_changes(entry: Entry, do: Callable[[Change], Change]) -> Entry:
    return replace(entry, changes=tuple(map(do, entry.changes)))


def _by_paths(change: Change, files: Mapping[str, Sequence[str]], rules: ChangelogRules) -> Change:
    kind = "" if change.type else rules.type_of_paths(files.get(change.id, ()))
    return replace(change, type=kind) if kind else change


def _linked(change: Change, rules: ChangelogRules) -> Change:
    """With the page of every ticket that it names in its description or its references."""
    if rules.tickets is None:
        return change
    texts = (change.description, *(one.target for one in change.references))
    keys = dict.fromkeys(key for text in texts for key in rules.tickets.find(text))
    return replace(change, links=tuple((key, rules.tickets.page(key)) for key in keys)) if keys else change
