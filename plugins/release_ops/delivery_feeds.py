"""A product's feeds of facts into the tables: each whole or not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import chain
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from release_ops.adapters.delivery_feed import csv_rows, opened, sql_rows
from release_ops.adapters.sql import SINCE, streamed
from release_ops.domain.budget_format import BUDGET_FORMATS
from release_ops.domain.delivery_policy import DeliveryFeed
from release_ops.domain.facts import ALONG, TABLES
from release_ops.domain.feed_format import FORMATS
from release_ops.domain.feed_money import BudgetWords
from release_ops.domain.feed_rows import Reading
from release_ops.domain.model import Product
from release_ops.domain.stakeholder_format import STAKEHOLDER_FORMATS
from release_ops.domain.survey_format import SURVEY_FORMATS
from release_ops.facts_store import Changes, FactsStore, Query, together
from release_ops.store import clean_text

OVERLAP = timedelta(hours=1)
"""How far before the last reading's beginning a statement's `%(since)s` goes back: other machines have other clocks."""
SOURCES = ("csv", "sql")

_LAST = ("deployed_commits", "incidents")
"""Streams that are made of others too, and so come after them."""
_INCIDENT = ("incident", "title", "severity", "started_at", "resolved_at", "url")
_DEPLOYED = (
    *("environment", "repository", "component", "commit", "deployment"),
    *("deployed_at", "authored_at", "committed_at"),
)


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a feed brought."""

    rows: int
    changes: Changes = field(default_factory=dict)
    notes: Sequence[str] = ()
    """What of it could not be used, in words."""


def source_of(feed: DeliveryFeed) -> str:
    """`csv` or `sql`."""
    return "csv" if feed.file else "sql"


def place_of(stream: str, feed: DeliveryFeed) -> str:
    """What people call a feed: its file, or where its statement stands."""
    return feed.file or f"{_field(stream)} (SQL on {feed.connection})"


_ONLY_FEEDS: Mapping[str, tuple[str, Callable[[Product], DeliveryFeed | None]]] = {
    **dict.fromkeys(SURVEY_FORMATS, ("surveys.feed", lambda product: product.surveys.feed)),
    **dict.fromkeys(STAKEHOLDER_FORMATS, ("stakeholders.feed", lambda product: product.stakeholders.feed)),
}
"""Streams of sections that have one feed: where it stands, and which it is."""


def _field(stream: str) -> str:
    if stream in _ONLY_FEEDS:
        return _ONLY_FEEDS[stream][0]
    return f"{'budget' if stream in BUDGET_FORMATS else 'delivery'}.feeds.{stream}"


def goes_on(feed: DeliveryFeed) -> bool:
    """Whether it brings only what is new, and so cannot tell what is gone."""
    return SINCE in feed.statement


def feed_streams(product: Product) -> list[str]:
    """Streams that the product's feeds bring, in the order in which they are to be read."""
    feeds = product.delivery.feeds
    return sorted((one for one in TABLES if one in feeds), key=lambda one: (one in _LAST, list(TABLES).index(one)))


def reading_of(product: Product, now: datetime) -> Reading:
    """How the product's rows are read."""
    budget = BudgetWords(product.budget.currency, product.budget.categories)
    zone = ZoneInfo(product.timezone)
    return Reading(policy=product.delivery, zone=zone, pattern=product.repository.tag, now=now, budget=budget)


def feed_of(product: Product, stream: str) -> DeliveryFeed:
    """The feed of a stream; its section of the product file has to name one."""
    if stream in _ONLY_FEEDS:
        feed = _ONLY_FEEDS[stream][1](product)
        if feed is None:
            raise KeyError(stream)
        return feed
    return (product.budget.feeds if stream in BUDGET_FORMATS else product.delivery.feeds)[stream]


@contextmanager
def feed_rows(
    product: Product, stream: str, *, folder: Path, since: datetime, now: datetime
) -> Iterator[Iterator[Mapping[str, Any]]]:
    """Rows of a feed as they come; FeedRejected, at their end, of a bad one. `folder` has the product file."""
    feed, reading = feed_of(product, stream), reading_of(product, now)
    place = place_of(stream, feed)
    if feed.file:
        with opened(feed.file, folder=folder, connection=feed.connection) as file:
            yield csv_rows(file, place, stream, reading)
    else:
        with streamed(feed.connection, feed.statement, since=since) as (names, rows):
            yield sql_rows(names, rows, place, stream, reading)


def since_of(product: Product, watermark: Mapping[str, Any], now: datetime) -> datetime:
    """From when on a statement is asked for rows: a little before the last reading, or as far as the policy says."""
    last = watermark.get("since")
    return datetime.fromisoformat(last) - OVERLAP if last else now - product.delivery.since


def load_feed(
    facts: FactsStore, product: Product, stream: str, *, folder: Path, now: datetime, full: bool = False
) -> Loaded:
    """Bring the tables to what a feed says; of a bad one nothing is written, and FeedRejected tells why.

    `full`: as if it was never read before.
    """
    feed = product.delivery.feeds[stream]
    source = source_of(feed)
    watermark = {} if full else facts.state(source, stream).watermark
    since = since_of(product, watermark, now)
    counted = _Counted()
    with facts.transaction(), feed_rows(product, stream, folder=folder, since=since, now=now) as rows:
        writing = _Writing(facts, product, stream, counted.of(rows))
        changes, notes = _WRITERS.get(stream, _rows)(writing)
        facts.advance(source, stream, {"since": now.isoformat()} if goes_on(feed) else {}, counted.rows)
    return Loaded(counted.rows, changes, notes)


def drop(facts: FactsStore, source: str, stream: str) -> Changes:
    """Remove what a source brought of a stream that is no longer read from there."""
    along = () if source in SOURCES and stream != "issues" else ALONG.get(stream, ())
    with facts.transaction():
        changes = [facts.remove(one, source=source) for one in (stream, *along)]
        facts.drop(source, stream)
    return together(changes)


class _Counted:
    def __init__(self) -> None:
        self.rows = 0

    def of(self, rows: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
        """The rows, counted as they pass."""
        for row in rows:
            self.rows += 1
            yield row


@dataclass(frozen=True, slots=True)
class _Writing:
    facts: FactsStore
    product: Product
    stream: str
    rows: Iterator[Mapping[str, Any]]

    @property
    def feed(self) -> DeliveryFeed:
        return self.product.delivery.feeds[self.stream]

    @property
    def source(self) -> str:
        return source_of(self.feed)

    @property
    def columns(self) -> list[str]:
        return [column.name for column in FORMATS[self.stream].columns]

    def load(self, rows: Iterable[Mapping[str, Any]]) -> Changes:
        """Write what the feed has; unless it only brings news, its source has no more than that."""
        whole = not goes_on(self.feed)
        return self.facts.load(self.stream, self.columns, rows, source=self.source, whole=whole)


def _rows(writing: _Writing) -> tuple[Changes, Sequence[str]]:
    return writing.load(writing.rows), ()


def _issues(writing: _Writing) -> tuple[Changes, Sequence[str]]:
    changes = [writing.load(writing.rows)]
    incidents = writing.product.delivery.feeds.get("incidents")
    if incidents is None or source_of(incidents) != writing.source:
        facts, source = writing.facts, writing.source
        found = Query("incidents_of_issues", {"source": source})
        changes.append(facts.load("incidents", _INCIDENT, found, source=source, whole=True))
    return together(changes), ()


def _incidents(writing: _Writing) -> tuple[Changes, Sequence[str]]:
    """Those of the feed, and those that issues of the same source are; of both the feed's counts."""
    facts, about = writing.facts, {"product": writing.product.id, "source": writing.source}
    of_issues = facts.store.all("incidents_of_issues", **about)
    changes = [writing.load(chain(of_issues, writing.rows))]
    if goes_on(writing.feed) and (gone := facts.store.all("issues_without_incident", **about)):
        changes.append(facts.write({}, source=writing.source, gone={"incidents": gone}))
    return together(changes), ()


def _deployed_commits(writing: _Writing) -> tuple[Changes, Sequence[str]]:
    facts, names = writing.facts, [column.name for column in FORMATS["deployed_commits"].columns]
    facts.store.execute("fed_commits_stage")
    texts = frozenset({"deployment", "repository", "commit"})
    facts.store.copy(
        "fed_commits_copy",
        ([clean_text(row[name]) if name in texts else row[name] for name in names] for row in writing.rows),
    )
    changes = facts.load("deployed_commits", _DEPLOYED, Query("fed_commits"), source=writing.source, whole=True)
    return changes, tuple(_lost(row) for row in facts.store.all("fed_commits_lost", product=writing.product.id))


def _lost(row: Mapping[str, Any]) -> str:
    what = f"deployment {row['deployment']!r}: {row['rows']} rows of deployed_commits"
    if row["no_deployment"]:
        return f"{what} name it, and there is no such deployment; feed it, or correct the id"
    return f"{what} lack times, such as commit {row['commit']}; write authored_at and committed_at, or feed commits"


_WRITERS: Mapping[str, Callable[[_Writing], tuple[Changes, Sequence[str]]]] = {
    "issues": _issues,
    "incidents": _incidents,
    "deployed_commits": _deployed_commits,
}
