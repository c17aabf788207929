"""One reading of all facts of a product: what is read from where, and each stream on its own."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

from release_ops.adapters.git import GitRepository
from release_ops.adapters.github_api import GitHubApi
from release_ops.adapters.github_delivery import GITHUB_STREAMS, read_delivery
from release_ops.delivery_feeds import SOURCES, drop, feed_streams, load_feed, source_of
from release_ops.deployed_commits import STREAM as DEPLOYED_COMMITS
from release_ops.deployed_commits import load_deployed_commits
from release_ops.domain.facts import ALONG, Batch, is_ahead
from release_ops.domain.model import Product
from release_ops.facts_store import Changes, FactsStore, together
from release_ops.git_facts import GIT, Versions, load_commits, load_releases
from release_ops.ledger import Ledger
from release_ops.operators import parts
from release_ops.product import products_folder
from release_ops.store import Store

GITHUB = "github"

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a reading."""

    changes: Changes
    problems: list[str]
    """A sentence for each stream that could not be read."""
    notes: list[str]
    """A sentence for what was passed over in streams that were read."""


def ingest(ledger: Ledger, product: Product, *, now: datetime, full: bool = False) -> Outcome:
    """Read what is new in every source of a product. A stream that cannot be read does not hinder the others.

    `full`: as if nothing had ever been read. One reading of a product at a time; the train is not held up by it.
    """
    with ledger.product_lock(f"{product.id}:ingest"):
        reading = _Reading(ledger.store, product, now, full)
        steps = list(_steps(product))
        reading.drop_left({(source, stream) for source, stream, _ in steps})
        for source, stream, load in steps:
            reading.step(source, stream, load)
    return Outcome(together(reading.changes), reading.problems, reading.notes)


Loaded = tuple[Changes, str]
"""What changed, and what was passed over, in words."""
Step = tuple[str, str, Callable[["_Reading", str], Loaded]]
"""Source and stream, and how it is read."""


@dataclass
class _Reading:
    """One reading under way."""

    store: Store
    product: Product
    now: datetime
    full: bool
    changes: list[Changes] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    _repository: GitRepository | None = None
    _unreachable: Exception | None = None
    _api: GitHubApi | None = None

    @property
    def facts(self) -> FactsStore:
        """Tables of the product."""
        return FactsStore(self.store, self.product.id)

    def repository(self) -> GitRepository:
        """Its repository, fetched once; what hindered that is told to everybody who asks."""
        if self._unreachable is not None:
            raise self._unreachable
        if self._repository is None:
            try:
                repository = parts.open_repository(self.product)
                repository.fetch()
            except Exception as error:
                self._unreachable = error
                raise
            self._repository = repository
        return self._repository

    def api(self) -> GitHubApi:
        """GitHub as its connection names it."""
        if self._api is None:
            github = parts.open_github(self.product)
            if github is None:
                raise ValueError(f"{self.product.id}: repository.kind is not github")
            self._api = github.api
        return self._api

    def step(self, source: str, stream: str, load: Callable[[_Reading, str], Loaded]) -> None:
        """Read one stream; what goes wrong is noted beside its watermark and told at the end."""
        facts, name = self.facts, f"{stream} from {source}"
        facts.begin(source, stream, at=self.now)
        try:
            changes, note = load(self, stream)
        except Exception as error:
            said = self._failed(name, error)
            facts.fail(source, stream, said)
            return
        self.changes.append(changes)
        facts.finish(source, stream, at=datetime.now(UTC), problem=note)
        if note:
            log.warning("%s: %s", name, note)
            self.notes.append(f"{name}: {note}")

    def drop_left(self, read: Set[tuple[str, str]]) -> None:
        """Remove what feeds brought that are gone, and what git told of a stream that GitHub tells now, or the reverse.

        What a forge told stays when nothing tells it any more: it could not be had again.
        """
        facts, fed = self.facts, self.product.delivery.feeds
        streams = {stream for _, stream in read}
        for source, stream in facts.states():
            left = (source, stream) not in read and stream not in fed
            if left and (source in SOURCES or stream in streams):
                self._drop(source, stream, partial(drop, facts, source, stream))
        for stream, along in ALONG.items():
            for one in self._fed_instead(along) if (GITHUB, stream) in read else ():
                self._drop(GITHUB, one, partial(facts.remove, one, source=GITHUB))

    def own(self, batch: Batch, versions: Versions) -> Batch:
        """A batch of GitHub's without what feeds bring instead, and with what the product's tags tell.

        Whoever may write checks sets their times: a row from the future is passed over.
        """
        fed = self._fed_instead(batch.rows.keys() | batch.gone.keys())
        rows = {}
        for stream, some in batch.rows.items():
            past = [row for row in some if not is_ahead(stream, row, self.now)]
            if len(past) < len(some):
                log.warning("%s from GitHub: %d rows from the future are passed over", stream, len(some) - len(past))
            if stream not in fed:
                rows[stream] = [_tagged(row, versions) for row in past] if stream in _TAGGED else past
        return replace(
            batch, rows=rows, gone={stream: keys for stream, keys in batch.gone.items() if stream not in fed}
        )

    def _fed_instead(self, streams: Iterable[str]) -> list[str]:
        """Those that a feed brings instead of GitHub. Incidents come from issues besides."""
        return [one for one in streams if one in self.product.delivery.feeds and one != "incidents"]

    def _drop(self, source: str, stream: str, remove: Callable[[], Changes]) -> None:
        try:
            self.changes.append(remove())
        except Exception as error:
            self._failed(f"{stream} from {source}, which is no longer read", error)

    def _failed(self, name: str, error: Exception) -> str:
        ours = type(error).__module__.startswith("release_ops.")
        said = str(error) if ours else f"{type(error).__name__}: {error}"
        log.warning("%s: %s", name, said, exc_info=None if ours else error)
        self.problems.append(f"{name}: {said}")
        return said


def _steps(product: Product) -> Iterator[Step]:
    """What there is to read, in an order in which each finds what it needs: deployments before their commits.

    A stream is read from one place: from its feed, else from the repository. Who feeds the commits has no repository that
    could be read.
    """
    fed = product.delivery.feeds
    has_git = "commits" not in fed
    if has_git:
        yield GIT, "commits", _commits
    if product.repository.kind == GITHUB:
        yield from ((GITHUB, stream, _github) for stream in GITHUB_STREAMS if stream not in fed)
    elif has_git and "published_releases" not in fed:
        yield GIT, "published_releases", _releases
    yield from ((source_of(fed[stream]), stream, _feed) for stream in feed_streams(product))
    if has_git and DEPLOYED_COMMITS not in fed:
        yield GIT, DEPLOYED_COMMITS, _deployed_commits


def _commits(reading: _Reading, _: str) -> Loaded:
    facts, product = reading.facts, reading.product
    return load_commits(facts, product, reading.repository(), now=reading.now, full=reading.full), ""


def _releases(reading: _Reading, _: str) -> Loaded:
    return load_releases(reading.facts, reading.product, reading.repository()), ""


def _deployed_commits(reading: _Reading, _: str) -> Loaded:
    return load_deployed_commits(reading.facts, reading.product, reading.repository(), full=reading.full)


def _feed(reading: _Reading, stream: str) -> Loaded:
    facts, product = reading.facts, reading.product
    source = source_of(product.delivery.feeds[stream])
    # What other places told of the stream goes with the feed's first rows, and stays if that fails.
    with facts.transaction():
        others = [other for other, known in facts.states() if known == stream and other != source]
        gone = [drop(facts, other, stream) for other in others]
        loaded = load_feed(facts, product, stream, folder=products_folder(), now=reading.now, full=reading.full)
    return together([*gone, loaded.changes]), "\n".join(loaded.notes)


def _github(reading: _Reading, stream: str) -> Loaded:
    """Batches, each written with its watermark, so that a reading that ends early goes on from there."""
    product, facts, api = reading.product, reading.facts, reading.api()
    if reading.full:
        facts.forget(GITHUB, stream)
    mark = facts.state(GITHUB, stream).watermark
    versions = _versions(reading)
    for batch in read_delivery(
        api, product.repository.location, stream, watermark=mark, policy=product.delivery, now=reading.now
    ):
        # Noted as they come: those before an error are written.
        reading.changes.append(facts.write_batch(GITHUB, stream, reading.own(batch, versions)))
    return {}, ""


_TAGGED = frozenset({"deployments", "published_releases"})


def _versions(reading: _Reading) -> Versions:
    """What the product's tags tell. Without the repository it is less, which is told with the commits."""
    try:
        return Versions.of(reading.product, reading.repository())
    except Exception:
        return Versions.of(reading.product, None)


def _tagged(row: Mapping[str, Any], versions: Versions) -> Mapping[str, Any]:
    return {**row, "version": versions.version_of(row), "commit": versions.commit_of(row)}
