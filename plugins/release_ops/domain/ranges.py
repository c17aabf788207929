"""Which release a commit belongs to: by ancestry alone, the oldest release first, in time linear in the history.

A release owns the commits that it reaches and that no release before it reaches. Dates and the order of a log play no
part: clocks are wrong, and a branch that is merged late carries old commits.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from semver import Version

from release_ops.domain.model import Tag
from release_ops.domain.versions import tag_version

Parents = Mapping[str, Sequence[str]]
"""Commit id -> ids of its parents. A parent that is no key lies outside of the history that is looked at."""


@dataclass(frozen=True, slots=True)
class Release:
    """A tag that names a version, and the commit that it leads to."""

    version: Version
    tag: str
    commit: str

    @property
    def is_final(self) -> bool:
        """Whether it is no pre-release."""
        return not self.version.prerelease


def releases_of(tags: Iterable[Tag], pattern: str) -> list[Release]:
    """The releases that `tags` name by `pattern` (`v{version}`, `{version}` once), lowest version first.

    Other tags are passed over. Of two tags for one version (`v1.0.0+a` and `v1.0.0+b` have equal precedence) both stay,
    in the order of their names.
    """
    found = [Release(version, tag.name, tag.commit) for tag in tags if (version := tag_version(tag.name, pattern))]
    return sorted(found, key=lambda release: (release.version, release.tag))


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
    owners = _claim(parents, _lowest_first(releases))
    if owners is None:
        owners = _claim(parents, in_order(parents, releases))
    return owners or {}


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
    """Tag that what is not released is compared with: the highest version in the history of the head."""
    head: frozenset[str] | set[str]
    """Ids of the commits in the history of the head."""

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
            elif commit in self.head:
                unreleased.append(at)
        return groups


def plan(parents: Parents, releases: Sequence[Release], head: str | None) -> Plan:
    """The entries of the changelog of a whole history.

    A final release tells everything since the final ones before it, so its pre-releases need no entry; a pre-release
    has one only as long as no final release has its version or contains it. `head` is the commit up to which there may
    be unreleased changes; None: there are none.
    """
    finals = [release for release in releases if release.is_final]
    owners = attribute(parents, finals)
    out = {release.version.finalize_version() for release in finals}
    pending = [
        release
        for release in releases
        if not release.is_final and release.commit not in owners and release.version.finalize_version() not in out
    ]
    if pending:
        rest = {commit: above for commit, above in parents.items() if commit not in owners}
        owners |= attribute(rest, pending)
    entries = sorted([*finals, *pending], key=lambda release: (release.version, release.tag), reverse=True)
    reached = set() if head is None else reachable(parents, [head])
    return Plan(
        entries=(None, *entries),
        owners=owners,
        previous=_bases(parents, [*in_order(parents, finals), *in_order(parents, pending)]),
        latest=next((release.tag for release in entries if release.commit in reached), None),
        head=reached,
    )


def _bases(parents: Parents, ordered: Sequence[Release]) -> dict[str, str]:
    """Tag -> the highest lower version among the releases right below it; else the highest lower version of all.

    Right below are those that a walk from the release meets first. Without one (a release branch that was never merged
    back) the lower version is still what its commits are counted from.
    """
    at: dict[str, Release] = {}
    bases: dict[str, str] = {}
    seen: dict[str, Release] = {}
    before: list[Release] = []
    for release in ordered:
        below: list[Release] = []
        stack = [release.commit]
        while stack:
            commit = stack.pop()
            met = at.get(commit)
            if met is not None:
                below.append(met)
            elif commit in seen:
                below.append(seen[commit])
            elif commit in parents:
                seen[commit] = release
                stack += parents[commit]
        lower = [one for one in below or before if one.version < release.version]
        if lower:
            bases[release.tag] = max(lower, key=lambda one: one.version).tag
        at[release.commit] = release
        before.append(release)
    return bases
