"""Commits and tags of a product's repository as facts of delivery."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from release_ops.adapters.git_history import History
from release_ops.domain.change import RawCommit
from release_ops.domain.model import Product
from release_ops.domain.ranges import Release, releases_of
from release_ops.domain.versions import tag_version
from release_ops.facts_store import Changes, FactsStore, together

GIT = "git"

_COMMIT = ("commit", "author", "authored_at", "committed_at")
_RELEASE = ("tag", "name", "version", "is_prerelease", "commit", "created_at", "published_at")
_NAME_LIMIT = 255

Row = dict[str, Any]


def heads_of(product: Product, repository: History, releases: Sequence[Release]) -> list[str]:
    """Commits whose histories make up the product's: its default branch, its release branches and its releases."""
    prefix, _, suffix = product.repository.release_branch.partition("{version}")
    heads = [release.commit for release in releases]
    for name, commit in repository.refs().items():
        branch = name.removeprefix("refs/heads/")
        if branch != name and (
            branch == product.repository.default_branch
            or (branch.startswith(prefix) and branch.endswith(suffix) and len(branch) > len(prefix) + len(suffix))
        ):
            heads.append(commit)
    return list(dict.fromkeys(heads))


def holds(product: Product, commit: RawCommit) -> bool:
    """Whether a commit, read with its paths where the product has folders, is one of the product."""
    folders = product.repository.folders
    return not folders or any(path.startswith(folders) for path in commit.paths)


def load_commits(facts: FactsStore, product: Product, repository: History, *, now: datetime, full: bool) -> Changes:
    """Bring the commits to what the fetched repository has: those of its heads since the first reading's beginning.

    Only what is new since the last reading is read. Commits that left the heads' histories (a rewritten or a deleted
    branch) go. Everything is read anew when the folders or `delivery.since` changed, when the last heads are no longer
    known, or with `full`.
    """
    last = {} if full else facts.state(GIT, "commits").watermark
    heads = sorted(heads_of(product, repository, releases_of(repository.tags(), product.repository.tag)))
    rules = _rules(product)
    known: list[str] | None = last.get("heads") if last.get("rules") == rules else None
    # What was read once stays: a mirror that is made anew does not let the beginning move up.
    floor = int(last["floor"]) if known is not None else int((now - product.delivery.since).timestamp())
    if known is not None and repository.missing_commits(known):
        known = None
    counted = 0

    def rows(commits: Iterable[RawCommit]) -> Iterator[Row]:
        nonlocal counted
        for commit in commits:
            if commit.committed_at >= floor and holds(product, commit):
                counted += 1
                yield commit_row(commit)

    paths = bool(product.repository.folders)
    changes: list[Changes] = []
    with facts.transaction():
        if known != heads:
            new = rows(repository.commits(heads, without=known or (), paths=paths))
            changes.append(facts.load("commits", _COMMIT, new, source=GIT, whole=known is None))
            lost = _lost(repository, known or (), heads)
            changes.append(facts.write({}, source=GIT, gone={"commits": [{"commit": one} for one in lost]}))
        facts.advance(GIT, "commits", {"heads": heads, "floor": floor, "rules": rules}, counted)
    return together(changes)


def _lost(repository: History, known: Sequence[str], heads: Sequence[str]) -> list[str]:
    """Commits of the known heads that are in no history of the present ones."""
    lost = dict.fromkeys(one.id for one in repository.commits(known, without=heads))
    if lost:
        # Where clocks went wrong, git names commits here that the heads still hold: it stops at dates. A walk without an
        # exclusion does not; branches are rarely rewritten.
        for one in repository.commits(heads):
            lost.pop(one.id, None)
    return list(lost)


def _rules(product: Product) -> str:
    """What else decides which commits there are, in short."""
    rules = (product.repository.folders, product.delivery.since.total_seconds())
    return hashlib.sha256(repr(rules).encode()).hexdigest()[:16]


def load_releases(facts: FactsStore, product: Product, repository: History) -> Changes:
    """Bring the published releases to the tags of versions that the fetched repository has."""
    releases = releases_of(repository.tags(), product.repository.tag)
    dates = repository.tag_dates()
    committed = {one.id: one.committed_at for one in repository.commits_of(sorted({one.commit for one in releases}))}
    rows: list[Row] = [
        {
            "tag": one.tag,
            "name": one.tag,
            "version": str(one.version),
            "is_prerelease": not one.is_final,
            "commit": one.commit,
            "created_at": instant(committed.get(one.commit, 0)),
            "published_at": instant(dates.get(one.tag, 0)),
        }
        for one in releases
    ]
    with facts.transaction():
        changes = facts.load("published_releases", _RELEASE, rows, source=GIT, whole=True)
        facts.advance(GIT, "published_releases", {}, len(rows))
    return changes


def commit_row(commit: RawCommit) -> Row:
    """Row of a commit. A date that its author wrote wrongly is that of the commit."""
    committed = instant(commit.committed_at) or datetime.fromtimestamp(0, UTC)
    return {
        "commit": commit.id,
        "author": commit.author[:_NAME_LIMIT],
        "authored_at": instant(commit.authored_at) or committed,
        "committed_at": committed,
    }


def instant(seconds: int) -> datetime | None:
    """Aware time; None where it is not known."""
    return datetime.fromtimestamp(seconds, UTC) if seconds else None


class Versions:
    """Which version a tag or a commit is, by the product's tags."""

    def __init__(self, pattern: str, releases: Sequence[Release]) -> None:
        self._pattern = pattern
        self._commits = {one.tag: one.commit for one in releases}
        self._tags = {str(one.version): one.tag for one in releases}
        # Of several releases of one commit the highest comes last.
        self._versions = {one.commit: str(one.version) for one in releases}

    @classmethod
    def of(cls, product: Product, repository: History | None) -> Versions:
        """Of the fetched repository; without one only tags tell their versions."""
        pattern = product.repository.tag
        return cls(pattern, releases_of(repository.tags(), pattern) if repository is not None else ())

    def version_of(self, row: Mapping[str, Any]) -> str:
        """Version of a deployment or release: its own, that of its tag or ref, or of its commit; empty if unknown."""
        if row.get("version"):
            return str(row["version"])
        for name in (row.get("tag"), row.get("ref")):
            if name and (version := tag_version(str(name), self._pattern)) is not None:
                return str(version)
        return self._versions.get(str(row.get("commit") or ""), "")

    def commit_of(self, row: Mapping[str, Any]) -> str:
        """Commit of a deployment or release: its own, or that of the tag that it names or whose version it has."""
        if row.get("commit"):
            return str(row["commit"])
        names = (row.get("tag"), row.get("ref"), self._tags.get(str(row.get("version") or "")))
        return next((self._commits[name] for name in names if name and name in self._commits), "")
