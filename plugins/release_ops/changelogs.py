"""Changelogs and versions of a repository: its history read once, and given to the domain."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from release_ops.adapters.git_history import History
from release_ops.domain.changelog import UNRELEASED, Changelog, build, build_all
from release_ops.domain.next_version import Decision, next_version
from release_ops.domain.ranges import Release, before, releases_of
from release_ops.domain.versions import base_tag, parse_version, tag_version


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A product's history: the repository, the form of its tags (`v{version}`) and its page, if it has one."""

    repository: History
    product: str
    pattern: str = "v{version}"
    web_url: str = ""

    def __post_init__(self) -> None:
        if self.pattern.count("{version}") != 1:
            raise ValueError(f"--tag {self.pattern!r}: write where the version stands, such as v{{version}}")

    def releases(self) -> list[Release]:
        """All releases, lowest version first."""
        return releases_of(self.repository.tags(), self.pattern)


def changelog_of(source: Source, *, to: str = "HEAD", base: str | None = None, version: str | None = None) -> Changelog:
    """The changelog of `to`: what no lower release has, on whatever line; with `base`, what that ref has not.

    The version is `version`, else that of a tag on the commit, else the one that the changes ask for. RepositoryError
    for an unknown ref, ValueError for a malformed version.
    """
    repository = source.repository
    head = repository.head(to)
    releases = source.releases()
    named = str(parse_version(version)) if version else None
    if named is None:
        named = max(((one.version, str(one.version)) for one in releases if one.commit == head), default=(None, None))[
            1
        ]
    wanted = parse_version(named) if named else None
    lower = before(wanted, releases)
    merged = [tag.name for tag in repository.tags(merged=head)]
    # A version above all others: the base of what has no version yet is the last final one.
    previous = base or base_tag(named or f"{2**63}.0.0", merged, source.pattern)
    if previous is None and lower:
        previous = lower[-1].tag
    if base is not None:
        commits = list(repository.log(base, head))
        elsewhere = []
    else:
        out = sorted({release.commit for release in lower})
        commits = list(repository.commits([head], without=out))
        elsewhere = list(repository.commits(out, without=[head])) if out else []
    on = dt.datetime.fromtimestamp(commits[0].committed_at, dt.UTC) if commits else dt.datetime.now(dt.UTC)
    web = source.web_url.rstrip("/")
    changelog = build(
        commits,
        product=source.product,
        version=named or UNRELEASED,
        previous=previous,
        on=on.date(),
        web_url=web,
        compare_url=f"{web}/compare/{previous}...{to}" if web and previous else "",
        elsewhere=elsewhere,
    )
    if named is None:
        final = _version(base, source) or _version(previous, source)
        tags = [release.tag for release in releases]
        decided = next_version(changelog.changes, final=final, existing=tags, pattern=source.pattern)
        changelog = changelog.named(decided.version or UNRELEASED)
    return changelog


def all_changelogs(source: Source, *, to: str = "HEAD") -> list[Changelog]:
    """The changelogs of every release of every line, highest version first; before them that of what is unreleased."""
    repository = source.repository
    head = repository.head(to)
    releases = source.releases()
    heads = list(dict.fromkeys([head, *(release.commit for release in releases)]))
    now = dt.datetime.now(dt.UTC).date()
    return build_all(
        repository.commits(heads), releases, product=source.product, head=head, on=now, web_url=source.web_url
    )


def next_of(source: Source, *, to: str = "HEAD", stage: str | None = None, planned: str | None = None) -> Decision:
    """The next version of `to`, from the same range and the same reading as its changelog."""
    repository = source.repository
    head = repository.head(to)
    releases = source.releases()
    merged = [tag.name for tag in repository.tags(merged=head)]
    top = f"{2**63}.0.0"
    last = base_tag(top, merged, source.pattern)
    final = tag_version(last, source.pattern) if last else None
    pending = max(
        (
            found
            for name in merged
            if (found := tag_version(name, source.pattern)) is not None
            and found.prerelease
            and (final is None or found > final)
        ),
        default=None,
    )
    out = sorted({release.commit for release in before(None, releases)})
    commits = list(repository.commits([head], without=out))
    elsewhere = list(repository.commits(out, without=[head])) if out else []
    day = dt.date(1970, 1, 1)
    changes = build(commits, product="", version=top, previous=None, on=day, elsewhere=elsewhere).changes
    fresh = changes
    if pending is not None:
        tag = next(release for release in releases if release.version == pending)
        new = {commit.id for commit in repository.commits([head], without=[tag.commit])}
        fresh = tuple(change for change in changes if change.id in new)
    return next_version(
        changes,
        final=str(final) if final else None,
        prerelease=str(pending) if pending else None,
        fresh=fresh,
        existing=[release.tag for release in releases],
        pattern=source.pattern,
        stage=stage,
        planned=planned,
    )


def _version(ref: str | None, source: Source) -> str | None:
    found = tag_version(ref, source.pattern) if ref else None
    return str(found) if found else None
