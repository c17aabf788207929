"""Changelogs and versions of a repository: its history read once, and given to the domain."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from semver import Version

from release_ops.adapters.git_history import History
from release_ops.domain.change import Change, RawCommit
from release_ops.domain.changelog import UNRELEASED, Changelog, build, types_of
from release_ops.domain.changelog_rules import DEFAULT_RULES, ChangelogRules
from release_ops.domain.next_version import Decision, next_version
from release_ops.domain.pulls import PullsOf
from release_ops.domain.ranges import Release, before, releases_of
from release_ops.domain.version_forms import read_pattern, tag_name
from release_ops.domain.versions import BumpPolicy, read_version
from release_ops.domain.whole_history import Package, WholeHistory


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A product's history: the repository, the form of its tags (`v{version}`) and its page, if it has one.

    `rules` say how its changes are read and filed, `pulls` looks up the pull requests of commits.
    """

    repository: History
    product: str
    pattern: str = "v{version}"
    older: tuple[str, ...] = ()
    """Further forms of tags, which count where no tag by `pattern` has the version."""
    web_url: str = ""
    folders: tuple[str, ...] = ()
    """Folders of a product that shares its repository with others, each with a slash at the end; empty: all of it."""
    rules: ChangelogRules = DEFAULT_RULES
    pulls: PullsOf | None = None

    def __post_init__(self) -> None:
        read_pattern(self.pattern)

    def commits(
        self, heads: Sequence[str], *, without: Iterable[str] = (), since: int | None = None
    ) -> list[RawCommit]:
        """Commits of the product that `heads` have and none of `without`, newest first; see `History.commits`."""
        return self.own(self.everybodys(heads, without=without, since=since))

    def everybodys(
        self, heads: Sequence[str], *, without: Iterable[str] = (), since: int | None = None
    ) -> list[RawCommit]:
        """The same with those of other products, with what `holds` asks for."""
        return list(self.repository.commits(heads, without=without, since=since, paths=bool(self.folders)))

    def own(self, commits: list[RawCommit]) -> list[RawCommit]:
        """Those of the product."""
        return [commit for commit in commits if self.holds(commit)] if self.folders else commits

    def holds(self, commit: RawCommit) -> bool:
        """Whether a commit that was read with its paths is one of the product."""
        return not self.folders or any(path.startswith(self.folders) for path in commit.paths)

    def releases(self) -> list[Release]:
        """All releases, lowest version first."""
        return releases_of(self.repository.tags(), self.pattern, *self.older)

    def names(self, releases: Sequence[Release]) -> list[str]:
        """The releases as tags by the pattern, however their own are written."""
        return [tag_name(self.pattern, release.version) for release in releases]

    @property
    def reading(self) -> dict[str, Any]:
        """How changes are read, as `build` and `WholeHistory.changelogs` take it."""
        return {"rules": self.rules, "pulls": self.pulls, "paths": self.repository.paths}


def changelog_of(source: Source, *, to: str = "HEAD", base: str | None = None, version: str | None = None) -> Changelog:
    """The changelog of `to`: what no lower release has, on whatever line; with `base`, what that ref has not.

    Where a release has all of it, the changelog is empty and compared with that one. The version is `version`, else that
    of a tag on the commit, else the one that the changes ask for. RepositoryError for an unknown ref, ValueError for a
    malformed version and for a `base` that has all of `to`.
    """
    repository = source.repository
    head = repository.head(to)
    releases = source.releases()
    here = _named(to, [one for one in releases if one.commit == head])
    wanted = read_version(version, source.pattern) if version else here.version if here else None
    named = str(wanted) if version else here.name if here else ""
    lower = before(wanted, releases)
    reached = _reached(repository, head, lower)
    previous = base or (reached.tag if reached else lower[-1].tag if lower else None)
    if base is not None:
        since = repository.head(base)
        if since != head and repository.is_ancestor(head, since):
            raise ValueError(f"nothing to tell: {base} has all of {to}; exchange them, or compare with something older")
        everything = source.everybodys([head], without=[since])
        commits, elsewhere = source.own(everything), []
    else:
        out = {release.commit for release in lower}
        everything = source.everybodys([head], without=sorted(out))
        if wanted is not None and (early := _early(wanted, releases, everything[1:])):
            everything = source.everybodys([head], without=sorted(out | early))
        commits = source.own(everything)
        if not everything and (holder := _holder(repository, head, lower, reached)):
            previous = holder.tag
        elsewhere = _elsewhere(source, head, lower, reached, commits)
    newest = everything[0] if everything else next(repository.commits_of([head]))
    web = source.web_url.rstrip("/")
    changelog = build(
        commits,
        product=source.product,
        version=named or UNRELEASED,
        previous=previous,
        on=dt.datetime.fromtimestamp(newest.committed_at, dt.UTC).date(),
        web_url=web,
        compare_url=f"{web}/compare/{previous}...{to}" if web and previous else "",
        elsewhere=elsewhere,
        **source.reading,
    )
    if not named and base is not None:
        changelog = changelog.named(next_of(source, to=to, on=_today()).version or UNRELEASED)
    elif not named:
        final = next((one for one in releases if one.tag == previous), reached)
        decided = _decided(source, head, releases, changelog.changes, final, on=_today())
        changelog = changelog.named(decided.version or UNRELEASED)
    return changelog


def _named(to: str, here: Sequence[Release]) -> Release | None:
    """The release that is asked for, of those on one commit: that whose tag was named, else the highest."""
    tag = to.removeprefix("refs/").removeprefix("tags/")
    return next((one for one in here if one.tag == tag), here[-1] if here else None)


def _early(wanted: Version, releases: Sequence[Release], below: Sequence[RawCommit]) -> set[str]:
    """Commits of higher final releases that are in the history: v3.0.0 was tagged by mistake, then v2.1.0 on top of it."""
    higher = {one.commit for one in releases if one.is_final and one.version > wanted}
    return higher.intersection(commit.id for commit in below) if higher else set()


def all_changelogs(source: Source, *, to: str = "HEAD") -> Iterator[Changelog]:
    """The changelogs of every release of every line, lowest version first; at the end that of what is unreleased.

    One at a time: of a long history no more is kept than one release.
    """
    head = source.repository.head(to)
    package = Package(name=source.product, folders=source.folders, releases=up_to(source.releases(), to))
    whole = _whole(source.repository, head, [package], types_of(source.rules))
    yield from whole.changelogs(0, on=_today(), web_url=source.web_url, **source.reading)


def up_to(releases: Sequence[Release], to: str) -> list[Release]:
    """The releases that are not above the one whose tag is `to`; all of them for a branch or a commit.

    Of a branch nobody knows which of the releases beside it are its future, and which were made for it.
    """
    last = next((one for one in releases if one.tag == to.removeprefix("refs/tags/")), None)
    return [one for one in releases if last is None or one.version <= last.version]


@dataclass(frozen=True, slots=True)
class Start:
    """Where what is not released begins: the releases of a whole history, and the one that it is compared with."""

    releases: Sequence[Release]
    latest: str | None


def start_of(source: Source, releases: Sequence[Release], *, to: str = "HEAD") -> Start:
    """Where what `to` has and none of these releases has begins."""
    reached = _reached(source.repository, source.repository.head(to), releases)
    return Start(releases, reached.tag if reached else None)


def unreleased_of(source: Source, start: Start, *, to: str = "HEAD") -> Changelog | None:
    """What `all_changelogs` gives last, read without what is released; None where nothing is unreleased.

    Raises LookupError where another release is the last one in the history of `to` than when `start` was made.
    """
    repository = source.repository
    head = repository.head(to)
    reached = _reached(repository, head, start.releases)
    if (reached.tag if reached else None) != start.latest:
        raise LookupError(f"{start.latest} is no longer the release before {to}")
    commits = source.commits([head], without=sorted({release.commit for release in start.releases}))
    web = source.web_url.rstrip("/")
    changelog = build(
        commits,
        product=source.product,
        version=UNRELEASED,
        previous=start.latest,
        on=_today(),
        web_url=web,
        compare_url=f"{web}/compare/{start.latest}...HEAD" if web and start.latest else "",
        elsewhere=_elsewhere(source, head, start.releases, reached, commits),
        **source.reading,
    )
    return None if changelog.is_empty else changelog


def package_changelogs(sources: Sequence[Source], *, to: str = "HEAD") -> Iterator[tuple[Source, Iterator[Changelog]]]:
    """The same for every package of one repository, which is read once for all of them."""
    repository = sources[0].repository
    head = repository.head(to)
    tags = repository.tags()
    forms = {(source.pattern, *source.older) for source in sources}
    releases = {form: up_to(releases_of(tags, *form), to) for form in forms}
    packages = [
        Package(name=source.product, folders=source.folders, releases=releases[(source.pattern, *source.older)])
        for source in sources
    ]
    types = {name: kind for source in sources for name, kind in types_of(source.rules).items()}
    whole = _whole(repository, head, packages, types)
    for i, source in enumerate(sources):
        yield source, whole.changelogs(i, on=_today(), web_url=source.web_url, **source.reading)


def _whole(repository: History, head: str, packages: Sequence[Package], types: Mapping[str, str]) -> WholeHistory:
    commits = {release.commit for package in packages for release in package.releases}
    paths = any(package.folders for package in packages)
    found = repository.commits(list(dict.fromkeys([head, *sorted(commits)])), paths=paths)
    return WholeHistory(found, packages, head=head, types=types, again=repository.commits_of)


def _today() -> dt.date:
    return dt.datetime.now(dt.UTC).date()


def next_of(
    source: Source,
    *,
    to: str = "HEAD",
    stage: str | None = None,
    planned: str | None = None,
    on: dt.date | None = None,
) -> Decision:
    """The next version of `to`, from the same range and the same reading as its changelog; by the calendar, that of `on`."""
    repository = source.repository
    head = repository.head(to)
    releases = source.releases()
    finals = before(None, releases)
    last = _reached(repository, head, finals)
    everything = source.everybodys([head], without=sorted({release.commit for release in finals}))
    commits = source.own(everything)
    elsewhere = _elsewhere(source, head, finals, last, commits)
    day = dt.date(1970, 1, 1)
    about: dict[str, Any] = {"product": "", "version": UNRELEASED, "previous": None, "on": day}
    changes = build(commits, elsewhere=elsewhere, **about, **source.reading).changes
    final = last or (finals[-1] if finals else None)
    if not everything:
        final = _holder(repository, head, finals, last) or final
    return _decided(source, head, releases, changes, final, stage=stage, planned=planned, on=on)


def _decided(
    source: Source, head: str, releases: Sequence[Release], changes: Sequence[Change], final: Release | None, **how: Any
) -> Decision:
    """The version after `final`, with what pre-releases since then have promised; `changes` are those since `final`."""
    repository = source.repository
    since = [one for one in releases if not one.is_final and (final is None or one.version > final.version)]
    found = _reached(repository, head, since)
    while found and final and repository.is_ancestor(found.commit, final.commit):
        # A final release came out that contains it under a lower version: what it promised was given up.
        since = [one for one in since if one.version < found.version]
        found = _reached(repository, head, since)
    fresh = changes
    if found is not None:
        new = {commit.id for commit in repository.commits([head], without=[found.commit])}
        fresh = tuple(change for change in changes if change.id in new)
    return next_version(
        changes,
        final=str(final.version) if final else None,
        prerelease=str(found.version) if found else None,
        fresh=fresh,
        existing=source.names(releases),
        pattern=source.pattern,
        policy=_policy(source),
        **how,
    )


def _policy(source: Source) -> BumpPolicy:
    """Where messages follow no convention, any change asks for a release."""
    return BumpPolicy(at_least="patch") if source.rules.convention == "none" else BumpPolicy()


_PROBES = 8


def _reached(repository: History, head: str, releases: Sequence[Release]) -> Release | None:
    """The last of `releases` (lowest first) that is in the history of the head.

    The newest few are asked for one by one, which needs no walk over the whole history.
    """
    for release in releases[: -_PROBES - 1 : -1]:
        if repository.is_ancestor(release.commit, head):
            return release
    if len(releases) <= _PROBES:
        return None
    merged = {tag.name for tag in repository.tags(merged=head)}
    return next((release for release in reversed(releases) if release.tag in merged), None)


def _holder(repository: History, head: str, releases: Sequence[Release], reached: Release | None) -> Release | None:
    """The lowest of `releases` (lowest first) that has the head in its history, such as one on a release branch.

    None where there is none, or where the head itself is what was released (`reached`).
    """
    if reached is not None and reached.commit == head:
        return None
    holding = {tag.name for tag in repository.tags(contains=head)}
    return next((release for release in releases if release.tag in holding), None)


def _elsewhere(
    source: Source, head: str, lower: Sequence[Release], reached: Release | None, commits: Sequence[RawCommit]
) -> list[RawCommit]:
    """Released commits that the readers of `commits` know of, as far as one of `commits` may be a copy of them.

    They are those of releases on other lines that readers may come from, above the last one in the head's history; and
    those of that history which are not older than what was copied: only a copy was committed after it was written. In
    one line of commits the copy comes last; where branches were merged, the release may have the copy.
    """
    heads = {one.commit for one in lower if reached is None or one.version > reached.version}
    found = source.commits(sorted(heads), without=[head]) if heads else []
    merges = any(len(one.parents) > 1 for one in commits)
    written = [
        one.authored_at
        for one in commits
        if one.authored_at and (merges or one.authored_at != one.committed_at or "cherry" in one.message)
    ]
    if written and lower:
        mine = {one.id for one in commits}
        since = source.commits([head], since=min(written) - _CLOCKS)
        found += [one for one in since if one.id not in mine]
    return found


_CLOCKS = 86_400
"""Seconds by which clocks of two machines may differ."""
