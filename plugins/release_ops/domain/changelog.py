"""Commits -> a Changelog with sections, of one release. `whole_history` makes those of every release."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from release_ops.domain import commits as messages
from release_ops.domain.change import Change, RawCommit
from release_ops.domain.changelog_file import FileUpdate, merge_changelog_file, update_changelog_file
from release_ops.domain.changelog_rules import (
    BREAKING_TITLE,
    CHANGES_TITLE,
    DEFAULT_RULES,
    OTHER_TITLE,
    SECTION_RULES,
    ChangelogRules,
    SectionRule,
)
from release_ops.domain.entries import Copies, Entry, Told, people, read, settled
from release_ops.domain.pulls import PathsOf, PullsOf, joiner
from release_ops.domain.versions import lacks_types

__all__ = [
    "BREAKING_TITLE",
    "CHANGES_TITLE",
    "OTHER_TITLE",
    "SECTION_RULES",
    "UNRELEASED",
    "Changelog",
    "FileUpdate",
    "Section",
    "SectionRule",
    "assemble",
    "build",
    "merge_changelog_file",
    "update_changelog_file",
]


UNRELEASED = "Unreleased"
"""Version of what no release has yet."""


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
    first_time: tuple[str, ...] = ()
    """Those of them who have nothing in the history of `previous`; filled in where notes are made (`people.newcomers`)."""
    compare_url: str = ""
    web_url: str = ""
    """Page of the repository, `https://github.com/octo/webapp`; empty: ids are not linked."""

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing at all between the two versions that anybody would count as a change."""
        return not self.sections and not self.hidden

    @property
    def remark(self) -> str:
        """What stands in the place of sections where there are none, to be escaped; empty where there are any."""
        if self.sections:
            return ""
        if not self.is_empty:
            return "Maintenance only, no changes for users."
        return f"No changes: the same as {self.previous}." if self.previous else "No changes."

    @property
    def changes(self) -> tuple[Change, ...]:
        """All changes, shown or hidden: what decides the size of the release."""
        return tuple(change for section in self.sections for change in section.changes) + self.hidden

    @property
    def day(self) -> str:
        """Its date for people, `2026-11-20`; empty for what is not released."""
        return "" if self.version == UNRELEASED else self.date.isoformat()

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
    rules: ChangelogRules = DEFAULT_RULES,
    pulls: PullsOf | None = None,
    paths: PathsOf | None = None,
    elsewhere: Iterable[RawCommit] = (),
) -> Changelog:
    """The changelog of `commits`, which come newest first and are walked once.

    Left out are merges and messages that Git or a release tool wrote, changes that are reverted in the range (with
    their reverts), and copies of commits that are in the range or `elsewhere`: in releases on other lines, between
    `previous` and this one. An empty range gives an empty changelog. `rules` are the team's; `pulls` and `paths` look up
    what they ask for, pull requests and changed files of commits.
    """
    types = types_of(rules)
    entries = [read(commit, types) for commit in commits]
    others = [read(commit, types) for commit in elsewhere]
    copies = Copies([*entries, *others])
    told = Told()
    if others and copies:
        settled(others, copies, told)
    kept = settled(entries, copies, told)
    join = joiner((one.id for one in entries), rules, pulls, paths)
    return assemble(
        join(kept) if join else kept,
        product=product,
        version=version,
        previous=previous,
        on=on,
        web_url=web_url,
        compare_url=compare_url,
        rules=rules,
    )


def types_of(rules: ChangelogRules) -> Mapping[str, str]:
    """Spellings of types, as `read` takes them."""
    return {**messages.TYPE_ALIASES, **rules.types} if rules.types else messages.TYPE_ALIASES


def assemble(
    kept: Sequence[Entry],
    *,
    product: str,
    version: str,
    previous: str | None,
    on: dt.date,
    web_url: str,
    compare_url: str,
    rules: ChangelogRules = DEFAULT_RULES,
) -> Changelog:
    """The changelog of entries that are `settled`, newest first."""
    changes = [change for entry in kept for change in entry.changes]
    by_type = {kind: rule for rule in rules.headings for kind in rule.types}
    filed: dict[str, list[Change]] = {BREAKING_TITLE: []}
    filed.update({rule.title: [] for rule in rules.headings})
    others = CHANGES_TITLE if lacks_types(changes) else rules.other_title
    filed.setdefault(others, [])
    hidden: list[Change] = []
    for change in changes:
        rule = by_type.get(change.type)
        if change.breaking:
            filed[BREAKING_TITLE].append(change)
        elif rule is None:
            filed[others].append(change)
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
        contributors=tuple(sorted(set(people(kept)), key=str.casefold)),
        compare_url=compare_url,
        web_url=web_url.rstrip("/"),
    )
