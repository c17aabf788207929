"""What a product may cost and what it costs, into the tables: the plan of its file and its feeds, together or not at all.

Nothing is changed or removed: what is no longer so ends (`known_until`), what is so now begins (`known_from`).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

from release_ops.adapters.delivery_feed import FeedRejected
from release_ops.delivery_feeds import feed_rows, place_of, source_of
from release_ops.domain.budget import Entry, Kind
from release_ops.domain.budget_format import BUDGET_FORMATS
from release_ops.domain.budget_plan import planned_lines
from release_ops.domain.budget_work import Progress
from release_ops.domain.model import Product
from release_ops.domain.money import Rate
from release_ops.store import Store, clean_text

FILE = "file"
"""Source of the lines that the product file plans itself."""
RATES = "exchange_rates"
_KINDS: Mapping[str, tuple[Kind, str, str]] = {
    "budget_lines": (Kind.PLAN, "", "month"),
    "budget_actuals": (Kind.ACTUAL, "booking", "booked_on"),
    "budget_commitments": (Kind.COMMITMENT, "commitment", "due_on"),
}
"""Stream to the kind of its entries, the column with their ids, and that with their day."""
DAYS: Mapping[str, str] = {**{stream: day for stream, (_, _, day) in _KINDS.items()}, RATES: "valid_on"}
"""Stream to the column with the day of its rows."""

Row = Mapping[str, Any]


class BudgetError(Exception):
    """What of a product's budget cannot be read; one line per problem, and nothing was written."""


class Change(NamedTuple):
    """What a stream's reading changed: rows that are known now, and rows that ended."""

    rows: int
    begun: int
    ended: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """What a month's report is made of."""

    entries: Sequence[Entry]
    rates: Sequence[Rate]
    progress: Mapping[str, Sequence[Progress]]


def streams_of(product: Product) -> list[str]:
    """Streams of money that the product's feeds bring, in the order of their formats."""
    return [stream for stream in BUDGET_FORMATS if stream in product.budget.feeds]


def read(product: Product, *, folder: Path, now: datetime) -> dict[str, list[dict[str, Any]]]:
    """All rows of the product's money by stream, the file's own plan among the budget lines; nothing is written.

    BudgetError with every problem of every feed. `folder` has the product file.
    """
    found: dict[str, list[dict[str, Any]]] = {}
    problems: list[str] = []
    for stream in streams_of(product):
        try:
            with feed_rows(product, stream, folder=folder, since=now, now=now) as rows:
                found[stream] = [dict(row) for row in rows]
        except FeedRejected as error:
            problems.append(str(error))
        except Exception as error:  # of a database or an object store, each has its own
            problems.append(f"{place_of(stream, product.budget.feeds[stream])}: {type(error).__name__}: {error}")
    own = plan_rows(product)
    fed = {_key(row) for row in found.get("budget_lines", ())}
    for row in own:
        if _key(row) in fed:
            problems.append(
                f"budget.plan: {row['item']}: {row['month']:%Y-%m} is in the feed budget_lines too; remove one of the two"
            )
    if problems:
        raise BudgetError("\n".join(problems))
    return {FILE: own, **found}


def plan_rows(product: Product) -> list[dict[str, Any]]:
    """The plan of the product file as rows of budget_lines."""
    names = ("version", "category", "item", "month", "amount", "currency", "quantity", "unit")
    return [dict(zip(names, line, strict=True)) for line in planned_lines(product.budget)]


def bring(store: Store, product: Product, *, folder: Path, now: datetime) -> dict[str, Change]:
    """Bring the tables to what the product's file and feeds say; BudgetError, and nothing is written, if one is bad.

    Stream to what changed; the plan of the file is `plan`.
    """
    found = read(product, folder=folder, now=now)
    changes: dict[str, Change] = {}
    with store.transaction():
        store.execute("budget_lock", product=product.id)
        at = moment(store, product, now)
        feeds = {stream: source_of(feed) for stream, feed in product.budget.feeds.items()}
        changes["plan"] = _entries(store, product, Kind.PLAN, FILE, map(_planned, found[FILE]), at)
        for stream, (kind, *_) in _KINDS.items():
            sources = [FILE] if kind is Kind.PLAN else []
            if stream in feeds:
                rows = (_row(stream, row) for row in found[stream])
                changes[stream] = _entries(store, product, kind, feeds[stream], rows, at)
                sources.append(feeds[stream])
            ended = store.execute("budget_entry_drop", product=product.id, kind=kind, sources=sources, at=at)
            if ended:
                before = changes.get(stream, Change(0, 0, 0))
                changes[stream] = before._replace(ended=before.ended + ended)
        if RATES in feeds:
            changes[RATES] = _rates(store, product, feeds[RATES], found[RATES], at)
        elif ended := store.execute("exchange_rate_drop", product=product.id, at=at):
            changes[RATES] = Change(0, 0, ended)
    return changes


def moment(store: Store, product: Product, now: datetime) -> datetime:
    """A time after everything that is known of the product's budget, now if no clock went wrong."""
    found = store.one("budget_moment", product=product.id, now=now)
    at: datetime = found["at"] if found is not None and found["at"] is not None else now
    return at


def inputs_of(
    store: Store, product: Product, *, until: date, at: datetime, closed_at: datetime | None = None
) -> Inputs:
    """What is known of everything up to a day, and what was known at `closed_at` (without it: is) of what comes later."""
    about = {"product": product.id, "until": until, "at": at}
    return Inputs(
        entries=[_entry(row) for row in store.all("budget_entries", **about, closed_at=closed_at or at)],
        rates=[Rate(**row) for row in store.all("exchange_rates", **about)],
        progress=progress_of(store, product, until),
    )


def progress_of(store: Store, product: Product, until: date) -> dict[str, list[Progress]]:
    """Release to how much of it was done on the days on which somebody looked, until a day."""
    progress: dict[str, list[Progress]] = {}
    for row in store.all("budget_progress", product=product.id, until=until):
        progress.setdefault(row["version"], []).append(_progress(row))
    return progress


def entries_of(found: Mapping[str, Sequence[Row]]) -> list[Entry]:
    """Entries of what `read` has found."""
    streams = {FILE: "budget_lines", **{stream: stream for stream in _KINDS}}
    return [
        Entry(
            kind=_KINDS[stream][0],
            day=row[_KINDS[stream][2]],
            used=row.get("used"),
            **{name: row[name] for name in ("version", "category", "item", "amount", "currency", "quantity", "unit")},
        )
        for source, stream in streams.items()
        for row in found.get(source, ())
    ]


def rates_of(found: Mapping[str, Sequence[Row]]) -> list[Rate]:
    """Exchange rates of what `read` has found."""
    return [Rate(**row) for row in found.get(RATES, ())]


def _entry(row: Row) -> Entry:
    return Entry(day=row["on_day"], **{name: row[name] for name in Entry._fields if name != "day"})


def _progress(row: Row) -> Progress:
    """Points where features are estimated, else features."""
    if row["points_total"]:
        points = (Decimal(repr(row["points_done"])), Decimal(repr(row["points_total"])))
        return Progress(row["day"], *points, row["out_on"])
    return Progress(row["day"], Decimal(row["done"]), Decimal(row["total"]), row["out_on"])


def _key(row: Row) -> str:
    """What a budget line is known by, as text."""
    return json.dumps([row["version"], row["category"], row["item"], f"{row['month']:%Y-%m}"], ensure_ascii=False)


def _planned(row: Row) -> list[Any]:
    return _row("budget_lines", row)


def _row(stream: str, row: Row) -> list[Any]:
    """A feed's row in the order of the staging table."""
    _, identity, day = _KINDS[stream]
    entry = row[identity] if identity else _key(row)
    texts = [clean_text(text) for text in (entry, row["version"], row["category"], row["item"])]
    return [
        *texts,
        row[day],
        row["amount"],
        row["currency"],
        row.get("quantity"),
        clean_text(row["unit"]),
        row.get("used"),
    ]


def _entries(
    store: Store, product: Product, kind: Kind, source: str, rows: Iterable[Sequence[Any]], at: datetime
) -> Change:
    store.execute("budget_entry_stage")
    count = store.copy("budget_entry_copy", rows)
    about = {"product": product.id, "kind": kind, "source": source, "at": at}
    ended = store.execute("budget_entry_retire", **about)
    begun = store.execute("budget_entry_add", **about)
    store.execute("budget_entry_unstage")
    return Change(count, begun, ended)


def _rates(store: Store, product: Product, source: str, rows: Sequence[Row], at: datetime) -> Change:
    store.execute("exchange_rate_stage")
    count = store.copy(
        "exchange_rate_copy", ([row["base"], row["quote"], row["valid_on"], row["rate"]] for row in rows)
    )
    about = {"product": product.id, "source": source, "at": at}
    ended = store.execute("exchange_rate_retire", **about)
    begun = store.execute("exchange_rate_add", **about)
    return Change(count, begun, ended)
