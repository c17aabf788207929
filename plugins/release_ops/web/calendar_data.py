"""The calendar of a period from the product files and from what is on record, product by product."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from release_ops.calendar_records import records_between
from release_ops.domain.agenda import NO_RECORDS, Entry, Records, in_order, recorded, unplanned
from release_ops.domain.model import MilestoneKind, Product, Release, ReleaseType
from release_ops.domain.windows import closed_spans
from release_ops.store import Store
from release_ops.web.calendar_model import (
    CalendarConflict,
    CalendarEntry,
    CalendarProduct,
    CalendarRelease,
    ClosedTime,
    ConflictSide,
)
from release_ops.web.period import Period
from release_ops.web.shelf import Catalogue, DatedRelease, Shelved

log = logging.getLogger(__name__)

MOST_CONFLICTS = 100
MOVED = "moved"
"""Stands among the states: a milestone whose date is not the first one."""
ON_RECORD = frozenset({"running", "blocked", "done", "missed", "skipped", "withdrawn", MOVED})
"""States that only the database knows of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What of the calendar somebody wants to see; empty means all."""

    period: Period
    product: str = ""
    """Id of a product, or a part of ids and names."""
    type: ReleaseType | None = None
    kind: MilestoneKind | None = None
    state: str = ""

    def wants(self, entry: Entry) -> bool:
        """Whether an entry is part of it."""
        if self.kind and (entry.category, entry.id) != ("milestone", self.kind):
            return False
        if self.state == MOVED:
            stands = bool(entry.days_moved) and not entry.withdrawn
        else:
            stands = entry.state == self.state if self.state else not entry.withdrawn
        return stands and self._falls(entry)

    def _falls(self, entry: Entry) -> bool:
        start = self.period.start
        if entry.planned_at < self.period.end and (entry.planned_at >= start or entry.ends_at > start):
            return True
        return entry.actual_at is not None and self.period.holds(entry.actual_at)


def find_products(catalogue: Catalogue, asked: Asked, among: Collection[tuple[str, str]] | None) -> list[Shelved]:
    """Products with a release in the period, by what their files plan; `among`: only these releases count."""
    if among is None:
        return catalogue.remember(asked, lambda: _search(catalogue, asked, None))
    return _search(catalogue, asked, among)


def _search(catalogue: Catalogue, asked: Asked, among: Collection[tuple[str, str]] | None) -> list[Shelved]:
    known = {product for product, _ in among or ()}
    return [
        one
        for one in named(catalogue, asked.product)
        if any(
            _is_planned(release, asked) and (among is None or (one.product.id, release.release.version) in among)
            for release in one.releases
        )
        # Also of a release that has left its file.
        or (one.product.id in known and not asked.type)
    ]


def named(catalogue: Catalogue, text: str) -> Iterable[Shelved]:
    """The product of that id, or those with the text in id or name, whatever the case; all for an empty text."""
    if text in catalogue.products:
        return [catalogue.products[text]]
    wanted = text.casefold()
    return [
        one
        for one in catalogue.products.values()
        if wanted in one.product.id.casefold() or wanted in one.product.name.casefold()
    ]


def _is_planned(one: DatedRelease, asked: Asked) -> bool:
    if (asked.type and one.release.type is not asked.type) or not _overlaps(one, asked.period):
        return False
    if asked.kind is None:
        return True
    return any(
        entry.id == asked.kind and entry.category == "milestone" and asked.period.holds(entry.planned_at)
        for entry in one.entries
    )


def _overlaps(one: DatedRelease, period: Period) -> bool:
    """Whether a release passes through a period, as its product file has it."""
    return one.first is not None and one.last is not None and one.first < period.end and one.last >= period.start


def releases_in_state(store: Store, asked: Asked) -> set[tuple[str, str]] | None:
    """Releases that the database knows in the state that was asked for; None where it cannot tell."""
    if asked.state not in ON_RECORD:
        return None
    rows = store.all("calendar_in_state", state=asked.state, start=asked.period.start, end=asked.period.end)
    return {(row["product"], row["version"]) for row in rows}


def read_records(
    store: Store, products: Sequence[Shelved], period: Period
) -> tuple[Mapping[str, Records], list[dict[str, Any]]]:
    """What the database knows of some products around a period, by product, and their open conflicts."""
    if not products:
        return {}, []
    ids = [one.product.id for one in products]
    versions = {dated.release.version for one in products for dated in one.releases if _overlaps(dated, period)}
    return (
        records_between(store, ids, period.start, period.end, versions),
        store.all("conflicts_of_products", products=ids),
    )


def conflicts_of(rows: Iterable[dict[str, Any]], period: Period) -> list[CalendarConflict]:
    """Conflicts with a side in the period."""
    found = []
    for row in rows:
        sides = [
            ConflictSide(
                product=row[f"{place}_product"],
                version=row[f"{place}_version"],
                milestone=row[f"{place}_milestone"],
                planned_at=row[f"{place}_planned_at"],
            )
            for place in ("first", "second")
            if row[f"{place}_product"]
        ]
        if any(side.planned_at and period.holds(side.planned_at) for side in sides):
            found.append(
                CalendarConflict(
                    key=row["key"],
                    kind=row["kind"],
                    severity="accepted" if row["accepted"] else row["severity"],
                    message=row["message"],
                    proposal=row["proposal"],
                    sides=sides,
                )
            )
    return found[:MOST_CONFLICTS]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What a product's part of the calendar is made of."""

    asked: Asked
    records: Mapping[str, Records]
    """By product; those of releases that lie outside of the period may be missing."""
    conflicts: Sequence[CalendarConflict]
    now: datetime
    page: Callable[[str, str], str] | None
    """Address of a release's page by product and version; None for who may not see it."""
    feed: Callable[[str], str]


def product_of(shelved: Shelved, shown: Shown) -> CalendarProduct:
    """One product's releases with their entries of the period, its closed time, and what comes next for it."""
    product = shelved.product
    following = _following(shelved, shown)
    clashes: dict[tuple[str, str], list[str]] = {}
    for conflict in shown.conflicts:
        for side in conflict.sides:
            if side.product == product.id:
                clashes.setdefault((side.version, side.milestone), []).append(conflict.key)
    return CalendarProduct(
        id=product.id,
        name=product.name,
        timezone=product.timezone,
        feed=shown.feed(product.id),
        next_entry=_entry(following, clashes) if following else None,
        next_version=following.version if following else None,
        releases=list(_releases(shelved, shown, clashes)),
        closed=list(_closed(shelved, shown.asked.period)),
    )


@lru_cache(maxsize=2048)
def _closed(shelved: Shelved, period: Period) -> tuple[ClosedTime, ...]:
    return tuple(
        ClosedTime(starts_at=start, ends_at=closure.until, reason=closure.reason, kind=closure.closer.value)
        for start, closure in closed_spans(shelved.product, period.start, period.end)
    )


def _following(shelved: Shelved, shown: Shown) -> Entry | None:
    """The next entry that is still to come; a milestone may have run before its date."""
    records = shown.records.get(shelved.product.id, NO_RECORDS)
    ahead = (entry for entry in shelved.entries if entry.planned_at >= shown.now)
    return next((entry for entry in recorded(ahead, records) if entry.state == "planned"), None)


def _releases(shelved: Shelved, shown: Shown, clashes: dict[tuple[str, str], list[str]]) -> Iterator[CalendarRelease]:
    asked, product = shown.asked, shelved.product
    records = shown.records.get(product.id, NO_RECORDS)
    gone: dict[str, list[Entry]] = {}
    for entry in unplanned(product, shelved.entries, records):
        gone.setdefault(entry.version, []).append(entry)
    on_record = {key[1] for key in (*records.moves, *records.progress)}
    for dated in shelved.releases:
        version = dated.release.version
        entries = gone.pop(version, [])
        if (asked.type is None or dated.release.type is asked.type) and (
            version in on_record or _overlaps(dated, asked.period)
        ):
            yield from _release(product, dated.release, [*recorded(dated.entries, records), *entries], shown, clashes)
    if asked.type is None:
        for version, entries in gone.items():
            yield from _release(product, version, entries, shown, clashes)


def _release(
    product: Product,
    release: Release | str,
    entries: list[Entry],
    shown: Shown,
    clashes: dict[tuple[str, str], list[str]],
) -> Iterator[CalendarRelease]:
    asked = shown.asked
    known = [entry for entry in entries if not entry.withdrawn]
    begins = min((one.planned_at for one in known), default=None)
    ends = max((one.ends_at for one in known), default=None)
    wanted = in_order(entry for entry in entries if asked.wants(entry))
    passes = begins and ends and begins < asked.period.end and ends >= asked.period.start
    if not wanted and (asked.kind or asked.state or not passes):
        return
    version = release if isinstance(release, str) else release.version
    is_recorded = any(entry.progress is not None for entry in entries)
    at = {entry.id: entry.actual_at or entry.planned_at for entry in known if entry.category == "milestone"}
    yield CalendarRelease(
        version=version,
        type="" if isinstance(release, str) else release.type.value,
        theme="" if isinstance(release, str) else release.theme,
        begins_at=begins,
        ends_at=ends,
        freeze_at=at.get(MilestoneKind.FREEZE) if MilestoneKind.GA in at else None,
        freeze_until=at.get(MilestoneKind.GA) if MilestoneKind.FREEZE in at else None,
        page=shown.page(product.id, version) if shown.page and is_recorded else None,
        entries=[_entry(entry, clashes) for entry in wanted],
    )


def _entry(entry: Entry, clashes: dict[tuple[str, str], list[str]]) -> CalendarEntry:
    moved = entry.days_moved or None
    return CalendarEntry(
        category=entry.category,
        id=entry.id,
        title=entry.title,
        planned_at=entry.planned_at,
        ends_at=entry.ends_at,
        all_day=entry.all_day,
        state=entry.state,
        actual_at=entry.actual_at,
        days_late=entry.days_late,
        first_planned_on=entry.move.first_planned_on if entry.move and moved else None,
        days_moved=moved,
        note=entry.note,
        waits=entry.waits if entry.state != "done" else "",
        conflicts=clashes.get((entry.version, entry.id), []) if entry.category == "milestone" else [],
    )
