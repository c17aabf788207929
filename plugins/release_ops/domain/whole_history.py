"""Every release of a history, of one package or of all packages of a repository: the history is read once."""

from __future__ import annotations

import datetime as dt
import functools
from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from release_ops.domain.change import RawCommit
from release_ops.domain.changelog import UNRELEASED, Changelog, assemble
from release_ops.domain.changelog_rules import DEFAULT_RULES, ChangelogRules
from release_ops.domain.commits import TYPE_ALIASES
from release_ops.domain.entries import Copies, Entry, Told, likeness, read, settled
from release_ops.domain.pulls import PathsOf, PullsOf, joiner
from release_ops.domain.ranges import Plan, Release, plan
from release_ops.domain.segments import Graph

KEPT = 150_000
"""Commits of a history whose texts are kept while it is read; a longer one is asked for again, release by release."""

Again = Callable[[Sequence[str]], Iterator[RawCommit]]
"""Commits by their ids, in the order of the ids."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """One product of a repository that holds several: its name, its folders and its releases.

    `folders` end with a slash; without any, the whole repository is meant.
    """

    name: str
    folders: tuple[str, ...] = ()
    releases: Sequence[Release] = ()

    def holds(self, path: str) -> bool:
        """Whether a file belongs to it."""
        return not self.folders or path.startswith(self.folders)


class WholeHistory:
    """A history that was read once: who descends from whom, and what its commits say.

    `commits` are those of the head and of every release, newest first. Where there are more than `keep`, their texts
    are let go and `again` is asked for them when they are told, so that memory is bounded by the largest release.
    """

    def __init__(
        self,
        commits: Iterable[RawCommit],
        packages: Sequence[Package],
        *,
        head: str | None,
        types: Mapping[str, str] = TYPE_ALIASES,
        again: Again | None = None,
        keep: int = KEPT,
    ) -> None:
        self._packages = packages
        self._types = types
        self._again = again
        self._entries: list[Entry] = []
        self._days: dict[str, int] = {}
        self._places: dict[tuple[int, ...], list[int]] = {}
        self._head = head
        self._read(commits, keep if again is not None else None)

    def _read(self, commits: Iterable[RawCommit], keep: int | None) -> None:
        graph, entries, types = Graph(), self._entries, self._types
        tagged = {release.commit for package in self._packages for release in package.releases}
        sorts = _Sorter(self._packages)
        likenesses: array[int] | None = None
        picks: list[str] = []
        for at, commit in enumerate(commits):
            graph.add(commit.id, commit.parents)
            if commit.id in tagged:
                self._days[commit.id] = commit.committed_at
            if sorts.needed:
                self._places.setdefault(sorts.of(commit.paths), []).append(at)
            entry = read(commit, types)
            if likenesses is None:
                entries.append(entry)
                if keep is None or len(entries) <= keep:
                    continue
                likenesses = array("q", map(likeness, entries))
                picks = [one.id for one in entries if one.picked]
                entries.clear()
            else:
                likenesses.append(likeness(entry))
                if entry.picked:
                    picks.append(entry.id)
        self._ids = graph.ids()
        condensed = graph.condensed(tagged | {self._head} if self._head else tagged)
        self._parents, self._chains = condensed.parents, condensed.chains
        self._last: tuple[Sequence[Release], Plan, Mapping[str, str]] | None = None
        if likenesses is None:
            self._copies = Copies(entries)
        else:
            self._copies = Copies(self._doubtful(likenesses, picks), self._ids)

    def _doubtful(self, likenesses: Sequence[int], picks: Iterable[str]) -> list[Entry]:
        """Entries that may be copies of others: those with a likeness that others have too, and those that were picked."""
        seen: set[int] = set()
        twice: set[int] = set()
        for one in likenesses:
            (twice if one in seen else seen).add(one)
        twice.discard(0)
        asked = dict.fromkeys(self._ids[at] for at, one in enumerate(likenesses) if one in twice)
        return list(self._fetched(list(asked | dict.fromkeys(picks))))

    def _fetched(self, ids: Sequence[str]) -> Iterator[Entry]:
        if self._again is not None and ids:
            for commit in self._again(ids):
                yield read(commit, self._types)

    def changelogs(
        self,
        package: int = 0,
        *,
        on: dt.date,
        web_url: str = "",
        rules: ChangelogRules = DEFAULT_RULES,
        pulls: PullsOf | None = None,
        paths: PathsOf | None = None,
    ) -> Iterator[Changelog]:
        """The changelogs of one package, lowest version first, at the end that of what is not released, if anything is.

        Which release tells a commit is decided by `ranges.plan`, over all tags and all commits, before those of other
        packages are left out; a change that was picked onto another line is not told again to readers who know of it
        (`Plan.knows`). `on` is the day of what is not released; a release has the day of its commit. `pulls` is asked
        once for all commits, `paths` once for each release that has commits without a type, if `rules` want to know.
        """
        mine = self._packages[package]
        found, groups = self._planned(package)
        told = Told()
        join = joiner((self._ids[at] for at in self._positions(package)), rules, pulls, paths)
        web = web_url.rstrip("/")
        texts = self._texts([groups[entry.tag if entry else ""] for entry in reversed(found.entries)])
        for release, entries in zip(reversed(found.entries), texts, strict=True):
            tag = "" if release is None else release.tag
            base = found.previous.get(tag) if release else found.latest
            at = self._days.get(release.commit) if release else None
            kept = settled(entries, self._copies, told, release=tag, knows=functools.partial(found.knows, release))
            changelog = assemble(
                join(kept) if join else kept,
                product=mine.name,
                version=UNRELEASED if release is None else release.name,
                previous=base,
                on=on if at is None else dt.datetime.fromtimestamp(at, dt.UTC).date(),
                web_url=web,
                compare_url=f"{web}/compare/{base}...{tag or 'HEAD'}" if web and base else "",
                rules=rules,
            )
            if release is not None or not changelog.is_empty:
                yield changelog

    def _plan(self, package: int) -> tuple[Plan, Mapping[str, str]]:
        """The plan, and the tag that tells each chain."""
        releases = self._packages[package].releases
        if self._last is None or self._last[0] != releases:
            found = plan(self._parents, releases, self._head)
            tags = {name: release.tag for name, release in found.owners.items()}
            self._last = releases, found, tags | dict.fromkeys(found.unreleased, "")
        return self._last[1:]

    def _planned(self, package: int) -> tuple[Plan, dict[str, list[int]]]:
        """The plan of a package and, by tag, the positions of the commits that it tells; "" for what is not released."""
        found, tags = self._plan(package)
        chains = self._chains
        groups: dict[str, list[int]] = {"": []}
        groups.update((entry.tag, []) for entry in found.entries if entry)
        for at in self._positions(package):
            group = groups.get(tags.get(chains[at], "?"))
            if group is not None:
                group.append(at)
        return found, groups

    def _positions(self, package: int) -> Iterable[int]:
        if not self._packages[package].folders:
            return range(len(self._ids))
        return sorted(at for some, places in self._places.items() if package in some for at in places)

    def _texts(self, groups: Sequence[Sequence[int]]) -> Iterator[list[Entry]]:
        """What the commits of each group say."""
        if self._entries:
            entries = self._entries
            for group in groups:
                yield [entries[at] for at in group]
            return
        fetched = self._fetched([self._ids[at] for group in groups for at in group])
        for group in groups:
            yield [next(fetched) for _ in group]


class _Sorter:
    """Which packages a commit belongs to, by its paths; remembers folders, as a history touches the same ones always."""

    def __init__(self, packages: Sequence[Package]) -> None:
        self._packages = [(i, package) for i, package in enumerate(packages) if package.folders]
        self._depth = max((folder.count("/") for _, package in self._packages for folder in package.folders), default=0)
        self._known: dict[str, tuple[int, ...]] = {}
        self.needed = bool(self._packages)

    def of(self, paths: Iterable[str]) -> tuple[int, ...]:
        """Positions of the packages that hold one of the paths, in their order."""
        found: tuple[int, ...] = ()
        for path in paths:
            # No package looks deeper into a path than this; what comes last is a file.
            folder = "/".join(path.split("/", self._depth)[:-1]) + "/"
            some = self._known.get(folder)
            if some is None:
                some = tuple(i for i, package in self._packages if package.holds(folder))
                self._known[folder] = some
            if not found:
                found = some
            elif some != found:
                found = tuple(sorted({*found, *some}))
        return found
