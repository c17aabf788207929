"""The calendar of a period from the product files and from what is on record, product by product."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from release_ops.calendar_records import records_between
from release_ops.domain.agenda import NO_RECORDS, Entry, Records, in_order, recorded, unplanned
from release_ops.domain.model import MilestoneKind, Product, ReleaseType
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


Known = Mapping[str, Mapping[str, str | None]]
"""Types of releases by product and version; None where only the product file can tell."""


def find_products(catalogue: Catalogue, asked: Asked, known: Known | None) -> list[Shelved]:
    """Products with a release in the period: by what their files plan, and `known` on record (`releases_on_record`)."""
    if known is None:
        return catalogue.remember(asked, lambda: _search(catalogue, asked, {}))
    return _search(catalogue, asked, known)


def _search(catalogue: Catalogue, asked: Asked, known: Known) -> list[Shelved]:
    found = []
    for one in named(catalogue, asked.product):
        on_record = known.get(one.product.id, {})
        planned = {release.release.version: release for release in one.releases}
        # Also of releases that have left the file.
        gone = any(
            not asked.type or type_ == asked.type for version, type_ in on_record.items() if version not in planned
        )
        if gone or any(
            _is_planned(release, asked) and (asked.state not in ON_RECORD or version in on_record)
            for version, release in planned.items()
        ):
            found.append(one)
    return found


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


def is_on_record(asked: Asked, now: datetime) -> bool:
    """Whether only the database knows which products are asked for: releases that are out leave their files."""
    return asked.state in ON_RECORD or asked.type is not None or asked.period.end <= now


def releases_on_record(store: Store, asked: Asked) -> Known:
    """Releases that the database knows to be as was asked for."""
    rows = store.all(
        "calendar_in_state",
        start=asked.period.start,
        end=asked.period.end,
        **({"state": asked.state} if asked.state in ON_RECORD else {}),
        **({"kind": asked.kind.value} if asked.kind else {}),
        **({"type": asked.type.value} if asked.type else {}),
    )
    found: dict[str, dict[str, str | None]] = {}
    for row in rows:
        found.setdefault(row["product"], {})[row["version"]] = row["type"]
    return found


@dataclass(frozen=True, slots=True)
class OnRecord:
    """What the database knows of some products around a period; nothing, without a database."""

    records: Mapping[str, Records]
    """By product; those of releases that lie outside of the period may be missing."""
    begun: Mapping[tuple[str, str], tuple[str, str]]
    """Type and theme by product and version, of the releases that have begun."""
    conflicts: Sequence[dict[str, Any]]
    """Rows of the open ones."""


NOTHING = OnRecord({}, {}, ())


def read_records(store: Store, products: Sequence[Shelved], period: Period) -> OnRecord:
    """What the database knows of some products around a period."""
    if not products:
        return NOTHING
    ids = [one.product.id for one in products]
    versions = {dated.release.version for one in products for dated in one.releases if _overlaps(dated, period)}
    return OnRecord(
        records_between(store, ids, period.start, period.end, versions),
        {
            (row["product"], row["version"]): (row["type"], row["theme"])
            for row in store.all("calendar_releases", products=ids)
        },
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
    on_record: OnRecord
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
    records = shown.on_record.records.get(shelved.product.id, NO_RECORDS)
    ahead = (entry for entry in shelved.entries if entry.planned_at >= shown.now)
    return next((entry for entry in recorded(ahead, records) if entry.state == "planned"), None)


def _releases(shelved: Shelved, shown: Shown, clashes: dict[tuple[str, str], list[str]]) -> Iterator[CalendarRelease]:
    asked, product = shown.asked, shelved.product
    records = shown.on_record.records.get(product.id, NO_RECORDS)
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
            named_so = (version, dated.release.type.value, dated.release.theme)
            yield from _release(product, named_so, [*recorded(dated.entries, records), *entries], shown, clashes)
    for version, entries in gone.items():
        type_, theme = shown.on_record.begun.get((product.id, version), ("", ""))
        if asked.type is None or type_ == asked.type:
            yield from _release(product, (version, type_, theme), entries, shown, clashes)


def _release(
    product: Product,
    named_so: tuple[str, str, str],
    entries: list[Entry],
    shown: Shown,
    clashes: dict[tuple[str, str], list[str]],
) -> Iterator[CalendarRelease]:
    """A release by its version, type and theme."""
    asked = shown.asked
    version, type_, theme = named_so
    known = [entry for entry in entries if not entry.withdrawn]
    begins = min((one.planned_at for one in known), default=None)
    ends = max((one.ends_at for one in known), default=None)
    wanted = in_order(entry for entry in entries if asked.wants(entry))
    passes = begins and ends and begins < asked.period.end and ends >= asked.period.start
    if not wanted and (asked.kind or asked.state or not passes):
        return
    is_recorded = any(entry.progress is not None for entry in entries)
    at = {entry.id: entry.actual_at or entry.planned_at for entry in known if entry.category == "milestone"}
    yield CalendarRelease(
        version=version,
        type=type_,
        theme=theme,
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
