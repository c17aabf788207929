"""Which release a commit belongs to: by ancestry alone, the oldest release first, in time linear in the history.

A release owns the commits that it reaches and that no release before it reaches. Dates and the order of a log play no
part: clocks are wrong, and a branch that is merged late carries old commits.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from semver import Version

from release_ops.domain.change import Tag
from release_ops.domain.versions import tag_version, written_in

Parents = Mapping[str, Sequence[str]]
"""Commit id -> ids of its parents. A parent that is no key lies outside of the history that is looked at."""


@dataclass(frozen=True, slots=True)
class Release:
    """A tag that names a version, and the commit that it leads to."""

    version: Version
    tag: str
    commit: str
    written: str = ""
    """The version as the tag writes it, where that is not how semver does: `1.26`, `2.0.0a1`."""

    @property
    def name(self) -> str:
        """The version for people."""
        return self.written or str(self.version)

    @property
    def is_final(self) -> bool:
        """Whether it is no pre-release."""
        return not self.version.prerelease


def releases_of(tags: Sequence[Tag], *patterns: str) -> list[Release]:
    """The releases that `tags` name by a pattern (`v{version}`, `{version}` once), lowest version first.

    Other tags are passed over. A tag by a later pattern, or one that is no semantic version (`v2.8`), counts only where
    no other names its version; and one of two numbers not where it stands on a later release of its line: it moves
    along. Of two more tags for one version (`v1.0.0+a` and `v1.0.0+b` have equal precedence) both stay, in the order of
    their names.
    """
    exact: list[Release] = []
    others: list[Release] = []
    for place, pattern in enumerate(patterns):
        for tag in tags:
            version, written = tag_version(tag.name, pattern), written_in(tag.name, pattern)
            if version is None or written is None:
                continue
            if written == str(version):
                (others if place else exact).append(Release(version, tag.name, tag.commit))
            else:
                others.append(Release(version, tag.name, tag.commit, written))
    known = {release.version for release in exact}
    at = {(release.commit, release.version.major, release.version.minor) for release in exact}
    for release in others:
        version = release.version
        short = release.is_final and release.written.count(".") == 1
        moves = short and (release.commit, version.major, version.minor) in at
        if version not in known and not moves:
            known.add(version)
            exact.append(release)
    return sorted(exact, key=lambda release: (release.version, release.tag))


def in_order(parents: Parents, releases: Sequence[Release]) -> list[Release]:
    """The releases, oldest first: one comes after all that are in its history, and otherwise by its version.

    Versions decide between lines of development that do not contain each other. Where versions contradict ancestry
    (v3.0.0 was tagged by mistake, then v2.1.0 on top of it) ancestry wins. Linear in commits and releases.
    """
    lowest_first = _lowest_first(releases)
    if _claim(parents, lowest_first) is not None:
        return lowest_first
    at: dict[str, list[Release]] = {}
    for release in lowest_first:
        at.setdefault(release.commit, []).append(release)
    ordered: list[Release] = []
    seen: set[str] = set()
    for release in lowest_first:
        # Depth first; a commit's releases are written down when everything below it has been.
        stack = [(release.commit, False)]
        while stack:
            commit, done = stack.pop()
            if done:
                ordered.extend(at[commit])
            elif commit not in seen:
                seen.add(commit)
                if commit in at:
                    stack.append((commit, True))
                stack.extend((parent, False) for parent in parents.get(commit, ()))
    return ordered


def attribute(parents: Parents, releases: Sequence[Release]) -> dict[str, Release]:
    """Commit id -> the first release, by `in_order`, that reaches it; commits that none reaches are no keys."""
    return _attributed(parents, releases)[1]


def _attributed(parents: Parents, releases: Sequence[Release]) -> tuple[list[Release], dict[str, Release]]:
    """The releases in order, and what each owns."""
    ordered = _lowest_first(releases)
    owners = _claim(parents, ordered)
    if owners is None:
        ordered = in_order(parents, releases)
        owners = _claim(parents, ordered)
    return ordered, owners or {}


def _lowest_first(releases: Iterable[Release]) -> list[Release]:
    return sorted(releases, key=lambda release: (release.version, release.tag))


def _claim(parents: Parents, ordered: Sequence[Release]) -> dict[str, Release] | None:
    """Owners of the commits when the releases take theirs in this order; None where it contradicts ancestry."""
    last = {release.commit: i for i, release in enumerate(ordered)}
    owners: dict[str, Release] = {}
    for i, release in enumerate(ordered):
        stack = [release.commit]
        while stack:
            commit = stack.pop()
            if commit in last and last[commit] > i and commit != release.commit:
                return None
            if commit in owners:
                continue
            above = parents.get(commit)
            if above is None:
                continue
            owners[commit] = release
            stack += above
    return owners


def before(version: Version | None, releases: Iterable[Release]) -> list[Release]:
    """The releases whose commits one of `version` does not tell again; None: of what has no version yet.

    A final release counts from all final ones below it, a pre-release from those and the pre-releases of its own
    version below it, whatever line they are on.
    """
    return [
        release
        for release in releases
        if (version is None or release.version < version)
        and (
            release.is_final
            or (
                version is not None
                and bool(version.prerelease)
                and release.version.finalize_version() == version.finalize_version()
            )
        )
    ]


def reachable(parents: Parents, heads: Iterable[str]) -> set[str]:
    """Ids of the commits that are in the history of `heads`, themselves included."""
    found: set[str] = set()
    stack = [head for head in heads if head in parents]
    while stack:
        commit = stack.pop()
        if commit not in found:
            found.add(commit)
            stack += [parent for parent in parents[commit] if parent in parents]
    return found


class Histories:
    """Which of some commits are in the histories of one another; found out when it is first asked for."""

    def __init__(self, parents: Parents, commits: Iterable[str]) -> None:
        self._parents = parents
        self._bits = {commit: 1 << i for i, commit in enumerate(dict.fromkeys(commits))}
        self._found: dict[str, int] | None = None

    def have(self, commit: str, other: str) -> bool:
        """Whether `other` is in the history of `commit`, or is it."""
        if self._found is None:
            self._found = self._walked()
        return bool(self._found.get(commit, 0) & self._bits.get(other, 0))

    def _walked(self) -> dict[str, int]:
        parents, bits = self._parents, self._bits
        has: dict[str, int] = {}
        stack = [commit for commit in bits if commit in parents]
        while stack:
            commit = stack[-1]
            above = [] if commit in has else [one for one in parents[commit] if one in parents]
            waiting = [one for one in above if one not in has]
            if waiting:
                stack += waiting
                continue
            stack.pop()
            if commit not in has:
                mark = bits.get(commit, 0)
                for one in above:
                    mark |= has[one]
                has[commit] = mark
        return {commit: has[commit] for commit in bits if commit in has}


@dataclass(frozen=True, slots=True)
class Plan:
    """Which entries a whole-history changelog has, and which commits each of them tells.

    `entries` go from the highest version to the lowest; None stands for what is not released yet.
    """

    entries: tuple[Release | None, ...]
    owners: Mapping[str, Release]
    """Commit id -> the entry that tells it; what is a commit of the head and no key is not released."""
    previous: Mapping[str, str]
    """Tag of an entry -> tag that it is compared with; no key for a first release."""
    latest: str | None
    """Tag that what is not released is compared with: the highest version right below it."""
    unreleased: set[str]
    """Ids of the commits of the head that no entry tells."""
    by_tag: Mapping[str, Release]
    histories: Histories
    head: str

    def knows(self, entry: Release | None, tag: str) -> bool:
        """Whether the readers of an entry know another: it is in the entry's history, or between it and `previous`.

        Who comes to 2.0.1 comes from 2.0.0 and what that has, and never saw 1.9.1; who comes to 1.1.0 may come from
        1.0.1. Pre-releases between two releases on another line are nobody's way, but those of the entry's own version.
        """
        base = self.latest if entry is None else self.previous.get(entry.tag)
        by_tag = self.by_tag
        other = by_tag.get(tag)
        if other is None:
            return False
        lowest = by_tag.get(base or "")
        low = lowest.version if lowest else None
        counts = before(None if entry is None else entry.version, (other,))
        if counts and (low is None or other.version > low):
            return True
        ways = [entry.commit if entry else self.head, *([lowest.commit] if lowest else ())]
        return other is lowest or any(self.histories.have(way, other.commit) for way in ways)

    def group(self, ids: Iterable[str]) -> dict[str, list[int]]:
        """Tag of an entry (`""`: not released) -> positions in `ids`, in their order."""
        groups: dict[str, list[int]] = {"" if entry is None else entry.tag: [] for entry in self.entries}
        unreleased = groups.setdefault("", [])
        for at, commit in enumerate(ids):
            release = self.owners.get(commit)
            if release is not None:
                group = groups.get(release.tag)
                if group is not None:
                    group.append(at)
            elif commit in self.unreleased:
                unreleased.append(at)
        return groups


def plan(parents: Parents, releases: Sequence[Release], head: str | None) -> Plan:
    """The entries of the changelog of a whole history.

    A final release tells everything since the final ones before it, so its pre-releases need no entry; a pre-release
    has one only as long as no final release has its version or contains it. `head` is the commit up to which there may
    be unreleased changes; None: there are none.
    """
    finals, owners = _attributed(parents, [release for release in releases if release.is_final])
    out = {release.version.finalize_version() for release in finals}
    pending = [
        release
        for release in releases
        if not release.is_final and release.commit not in owners and release.version.finalize_version() not in out
    ]
    if pending:
        rest = {commit: above for commit, above in parents.items() if commit not in owners}
        pending, added = _attributed(rest, pending)
        owners |= added
    entries = sorted([*finals, *pending], key=lambda release: (release.version, release.tag), reverse=True)
    unreleased = set() if head is None else _unowned(parents, head, owners)
    # Who stands on a commit of several releases has all of them.
    tops = owners | {release.commit: release for release in [*finals, *pending] if release.commit in owners}
    below = _below(parents, owners, tops, [*finals, *pending])
    at_head = tops.get(head or "")
    near = [at_head] if at_head else _right_below(parents, unreleased, tops)
    latest = max(near, key=lambda release: release.version, default=None)
    return Plan(
        entries=(None, *entries),
        owners=owners,
        previous=_bases(below, [*finals, *pending]),
        latest=latest.tag if latest else None,
        unreleased=unreleased,
        by_tag={release.tag: release for release in entries},
        histories=Histories(parents, [*([head] if head else ()), *(release.commit for release in entries)]),
        head=head or "",
    )


def _unowned(parents: Parents, head: str, owners: Mapping[str, Release]) -> set[str]:
    """Commits of the head that no release has. What a release has, it has with all that is below."""
    found: set[str] = set()
    stack = [head]
    while stack:
        commit = stack.pop()
        if commit not in found and commit not in owners and commit in parents:
            found.add(commit)
            stack += parents[commit]
    return found


def _right_below(parents: Parents, commits: Iterable[str], tops: Mapping[str, Release]) -> list[Release]:
    return list({id(one): one for commit in commits for above in parents[commit] if (one := tops.get(above))}.values())


def _below(
    parents: Parents, owners: Mapping[str, Release], tops: Mapping[str, Release], releases: Iterable[Release]
) -> dict[str, Sequence[Release]]:
    """Tag -> owners of the parents of its commits; the release before it where it shares its commit with others.

    `tops` are the owners, but on a commit of several releases the last of them.
    """
    found: dict[str, dict[str, Release]] = {}
    for commit, release in owners.items():
        for above in parents[commit]:
            if owners.get(above) is not release and (other := tops.get(above)) is not None:
                found.setdefault(release.tag, {})[other.tag] = other
    below: dict[str, Sequence[Release]] = {}
    lasts: dict[str, Release] = {}
    for release in releases:
        owner = owners.get(release.commit)
        if owner is release:
            below[release.tag] = list(found.get(release.tag, {}).values())
        else:
            one = lasts.get(release.commit, owner)
            below[release.tag] = [one] if one else []
        lasts[release.commit] = release
    return below


def _bases(below: Mapping[str, Sequence[Release]], ordered: Sequence[Release]) -> dict[str, str]:
    """Tag -> the highest lower version among the releases right below it; else the highest lower version of all.

    Without one right below (a release branch that was never merged back) the lower version is still what its commits
    are counted from.
    """
    bases: dict[str, str] = {}
    for i, release in enumerate(ordered):
        lower = [one for one in below[release.tag] or ordered[:i] if one.version < release.version]
        if lower:
            bases[release.tag] = max(lower, key=lambda one: one.version).tag
    return bases
