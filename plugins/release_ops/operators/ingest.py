"""Facts of delivery: every product's repository, forge and feeds into the fact tables, each from where it was left."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from airflow.sdk import Asset, BaseOperator, Context
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from release_ops.adapters.git import GitRepository
from release_ops.adapters.github import GitHubRepository
from release_ops.adapters.github_delivery import GITHUB_STREAMS, read_delivery
from release_ops.delivery_feeds import SOURCES, drop_feed, feed_streams, load_feed, source_of
from release_ops.deployed_commits import STREAM as DEPLOYED_COMMITS
from release_ops.deployed_commits import load_deployed_commits
from release_ops.domain.facts import Batch
from release_ops.domain.model import Product
from release_ops.facts_store import Changes, FactsStore, together
from release_ops.git_facts import GIT, Versions, load_commits, load_releases
from release_ops.ledger import Ledger
from release_ops.operators import parts
from release_ops.product import find_product, load_products, products_folder
from release_ops.store import Store

DELIVERY_FACTS = Asset("release_ops/delivery_facts")
GITHUB = "github"
CHANGES = "changes"
"""XCom under which a product's task leaves what it changed, also when it fails afterwards."""


class ListProductsOperator(BaseOperator):
    """Ids of the products whose facts are to be read: all of them, or the one that is named."""

    template_fields: Sequence[str] = ("product",)

    def __init__(self, *, product: str = "", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.product = product

    def execute(self, context: Context) -> list[str]:
        """AirflowFailException for a product that there is not."""
        products, broken = load_products(products_folder())
        for problem in broken:
            self.log.warning("%s", problem)
        if self.product and self.product not in products:
            raise AirflowFailException(f"no product {self.product}; there are: {', '.join(products) or 'none'}")
        return [self.product] if self.product else list(products)


class IngestOperator(BaseOperator):
    """Reads the facts of one product. Returns the rows written and removed per stream.

    What cannot be read does not hinder the rest; AirflowFailException names it at the end.
    """

    template_fields: Sequence[str] = ("product", "full")

    def __init__(self, *, product: str, full: str | bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.product = product
        self.full = full

    def execute(self, context: Context) -> dict[str, Any]:
        """Read, write, note, fail with what went wrong."""
        product, ledger = find_product(self.product), parts.open_ledger()
        changes, problems = ingest(ledger, product, now=datetime.now(UTC), full=str(self.full).lower() == "true")
        told = {
            stream: {"written": one.written, "removed": one.removed, "from": _iso(one.start), "until": _iso(one.end)}
            for stream, one in changes.items()
            if one
        }
        context["ti"].xcom_push(key=CHANGES, value=told)
        if problems:
            raise AirflowFailException(f"some facts of {product.id} could not be read\n" + "\n".join(problems))
        return told


class PublishFactsOperator(BaseOperator):
    """Tells the asset `release_ops/delivery_facts` what changed; skipped, and no event, where nothing did."""

    template_fields: Sequence[str] = ("changes",)

    def __init__(self, *, changes: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.changes = changes

    def execute(self, context: Context) -> dict[str, Any]:
        """Sum up, tell."""
        told: dict[str, Any] = {}
        starts, ends = [], []
        for one in self.changes or ():
            for stream, change in (one or {}).items():
                rows = told.setdefault(stream, {"written": 0, "removed": 0})
                rows["written"] += change["written"]
                rows["removed"] += change["removed"]
                starts += [change["from"]] if change["from"] else []
                ends += [change["until"]] if change["until"] else []
        if not told:
            raise AirflowSkipException("no fact has changed")
        extra = {"rows": told, "from": min(starts, default=None), "until": max(ends, default=None)}
        context["outlet_events"][DELIVERY_FACTS].extra = extra
        return extra


def ingest(ledger: Ledger, product: Product, *, now: datetime, full: bool = False) -> tuple[Changes, list[str]]:
    """Read what is new in every source of a product; what changed per stream, and a sentence per thing that went wrong.

    `full`: as if nothing had ever been read. One reading of a product at a time; the train is not held up by it.
    """
    with ledger.product_lock(f"{product.id}:ingest"):
        reading = _Reading(ledger.store, product, now, full)
        # First, for what deployments brought is looked for at the end.
        reading.drop_left_feeds()
        for source, stream, read in _steps(reading):
            reading.step(source, stream, read)
        return together(reading.changes), reading.problems


@dataclass
class _Reading:
    """One reading of a product under way."""

    store: Store
    product: Product
    now: datetime
    full: bool
    changes: list[Changes] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    repository: GitRepository | None = None
    github: GitHubRepository | None = None

    @property
    def facts(self) -> FactsStore:
        return FactsStore(self.store, self.product.id)

    def step(self, source: str, stream: str, read: Callable[[], tuple[Changes, str]]) -> None:
        """Read one stream; what goes wrong is noted beside its watermark and told at the end."""
        facts = self.facts
        facts.begin(source, stream, at=self.now)
        try:
            changes, problem = read()
        except Exception as error:
            said = (
                str(error) if type(error).__module__.startswith("release_ops.") else f"{type(error).__name__}: {error}"
            )
            facts.fail(source, stream, said)
            self.problems.append(f"{stream} from {source}: {said}")
            return
        self.changes.append(changes)
        facts.finish(source, stream, at=datetime.now(UTC), problem=problem)
        if problem:
            self.problems.append(f"{stream} from {source}: {problem}")

    def drop_left_feeds(self) -> None:
        """Forget the feeds that the product no longer has, with their rows."""
        feeds = {(source_of(feed), stream) for stream, feed in self.product.delivery.feeds.items()}
        for source, stream in self.facts.states():
            if source in SOURCES and (source, stream) not in feeds:
                self.changes.append(drop_feed(self.facts, source, stream))


Step = tuple[str, str, Callable[[], tuple[Changes, str]]]


def _steps(reading: _Reading) -> Iterator[Step]:
    """What there is to read, in an order in which each finds what it needs: deployments before their commits."""
    product, fed = reading.product, feed_streams(reading.product)
    yield GIT, "commits", lambda: (_commits(reading), "")
    if product.repository.kind == GITHUB:
        for stream in GITHUB_STREAMS:
            if stream not in fed:
                yield GITHUB, stream, lambda stream=stream: (_github(reading, stream), "")  # type: ignore[misc]
    elif "published_releases" not in fed and reading.repository is not None:
        yield GIT, "published_releases", lambda: (load_releases(reading.facts, product, _fetched(reading)), "")
    for stream in fed:
        source = source_of(product.delivery.feeds[stream])
        yield source, stream, lambda stream=stream: _feed(reading, stream)  # type: ignore[misc]
    if DEPLOYED_COMMITS not in fed and reading.repository is not None:
        yield (
            GIT,
            DEPLOYED_COMMITS,
            lambda: load_deployed_commits(reading.facts, product, _fetched(reading), full=reading.full),
        )


def _commits(reading: _Reading) -> Changes:
    repository = parts.open_repository(reading.product)
    repository.fetch()
    reading.repository = repository
    return load_commits(reading.facts, reading.product, repository, now=reading.now, full=reading.full)


def _fetched(reading: _Reading) -> GitRepository:
    if reading.repository is None:
        raise AssertionError("the repository was not fetched")
    return reading.repository


def _feed(reading: _Reading, stream: str) -> tuple[Changes, str]:
    loaded = load_feed(
        reading.facts, reading.product, stream, folder=products_folder(), now=reading.now, full=reading.full
    )
    return loaded.changes, "\n".join(loaded.notes)


def _github(reading: _Reading, stream: str) -> Changes:
    """Batches of GitHub, each written with its watermark, so that an interrupted reading goes on where it was."""
    product, facts = reading.product, reading.facts
    if reading.github is None:
        reading.github = parts.open_github(product)
    if reading.github is None:
        raise AssertionError("only products on GitHub are read from there")
    versions = Versions.of(product, reading.repository)
    if reading.full:
        facts.forget(GITHUB, stream)
        facts.begin(GITHUB, stream, at=reading.now)
    watermark: Mapping[str, Any] = facts.state(GITHUB, stream).watermark
    for batch in read_delivery(
        reading.github.api,
        product.repository.location,
        stream,
        watermark=watermark,
        policy=product.delivery,
        now=reading.now,
    ):
        # Noted as they come: a reading that ends early has written these.
        reading.changes.append(facts.write_batch(GITHUB, stream, _versioned(batch, versions)))
    return {}


def _versioned(batch: Batch, versions: Versions) -> Batch:
    """The batch with the versions that the product's tags tell."""
    rows = {
        stream: [{**row, "version": versions.version_of(row)} for row in some]
        if stream in {"deployments", "published_releases"}
        else some
        for stream, some in batch.rows.items()
    }
    return replace(batch, rows=rows)


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
