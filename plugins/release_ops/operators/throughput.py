"""A product's throughput, from where its policy says: the tracker, a feed, our own snapshots, or the git history."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from release_ops.adapters.feed import read_feed_file
from release_ops.adapters.sql import read_sql
from release_ops.domain.model import Product
from release_ops.domain.rules import local_instant
from release_ops.domain.throughput import (
    MOST_ROWS,
    POINT,
    FeedError,
    Throughput,
    check_units,
    of_amounts,
    of_days,
    of_feed,
    of_snapshots,
    source_of,
)
from release_ops.operators import parts
from release_ops.product import products_folder
from release_ops.store import Store


def throughput_of(product: Product, store: Store, *, as_of: date) -> tuple[str, Throughput]:
    """Source and throughput of the product's policy, up to the day before `as_of`.

    UnitError when it does not count the policy's items, FeedError for a feed that cannot be used; a system that does
    not answer raises its own error.
    """
    policy = product.forecast
    source = source_of(policy, product.scope.source)
    check_units(policy, source)
    end = as_of - timedelta(days=1)
    return source, _SOURCES[source](product, store, end - policy.history + timedelta(days=1), end)


def _github(product: Product, _: Store, start: date, end: date) -> Throughput:
    github = parts.open_github(product)
    if github is None:
        raise FeedError("throughput from github needs repository.kind: github")
    zone = ZoneInfo(product.timezone)
    closed = github.closed_features(local_instant(start, time(0), zone))
    days = (at.astimezone(zone).date() for at in closed)
    return of_days(days, start=start, end=end, item=product.forecast.item, source=f"issues closed on {github.name}")


def _csv(product: Product, _: Store, start: date, end: date) -> Throughput:
    folder = products_folder()
    path = folder / product.forecast.file
    found = read_feed_file(path, start=start, end=end, item=product.forecast.item)
    # Every reader sees what a forecast rests on; where the server keeps its files is no matter of theirs.
    return replace(found, source=str(path.relative_to(folder)) if path.is_relative_to(folder) else path.name)


def _sql(product: Product, _: Store, start: date, end: date) -> Throughput:
    policy = product.forecast
    source = f"SQL on {policy.connection}"
    rows = read_sql(policy.connection, policy.statement, most=MOST_ROWS + 1)
    if any(len(row) != 2 for row in rows):
        raise FeedError(f"{source}: the rows must have two columns, day and completed")
    given = [(number, row[0], row[1]) for number, row in enumerate(rows, 1)]
    return of_feed(given, start=start, end=end, item=policy.item, source=source)


def _snapshots(product: Product, store: Store, start: date, end: date) -> Throughput:
    rows = store.all("scope_days_of", product=product.id, since=start)
    counted = "points_done" if product.forecast.item == POINT else "done"
    return of_snapshots(
        ((row["version"], row["day"], float(row[counted])) for row in rows),
        start=start,
        end=end,
        item=product.forecast.item,
        source="daily snapshots of the scope",
    )


def _git(product: Product, store: Store, start: date, end: date) -> Throughput:
    rows = store.all("changes_per_day", product=product.id, zone=product.timezone, since=start)
    return of_amounts(
        ((row["day"], float(row["completed"])) for row in rows),
        start=start,
        end=end,
        item=product.forecast.item,
        source="changes in the git history",
    )


_SOURCES: Mapping[str, Callable[[Product, Store, date, date], Throughput]] = {
    "github": _github,
    "csv": _csv,
    "sql": _sql,
    "snapshots": _snapshots,
    "git": _git,
}


def today_of(product: Product, now: datetime) -> date:
    """The day that it is in the product's zone."""
    return now.astimezone(ZoneInfo(product.timezone)).date()
