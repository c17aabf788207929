"""A product's dated entries as people see them: what is planned, what became of it, and how often it was moved."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from release_ops.domain.events import events
from release_ops.domain.milestones import train
from release_ops.domain.model import MilestoneKind, Product, Release
from release_ops.domain.windows import closed_by

Key = tuple[str, str, str, str]
"""Product, version, `milestone` or `event`, and kind or id: what an entry stays over every move."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """What is on record of an entry's dates: `sequence` rises with each move; both instants are aware."""

    planned_at: datetime
    sequence: int
    changed_at: datetime
    first_planned_on: date
    title: str = ""
    ends_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """What became of a milestone. `state` is planned, running, blocked, done, missed or skipped."""

    state: str
    actual_at: datetime | None = None
    changed_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Records:
    """What the database knows of entries by their keys; nothing, without a database."""

    moves: Mapping[Key, Move]
    progress: Mapping[Key, Progress]


NO_RECORDS = Records(moves={}, progress={})


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One milestone or event of a release. Instants are aware, in the entry's own zone; `ends_at` is exclusive."""

    product: str
    name: str
    """Name of the product that people read."""
    version: str
    category: str
    id: str
    title: str
    planned_at: datetime
    ends_at: datetime
    all_day: bool = False
    rule: str = ""
    note: str = ""
    owner: str = ""
    move: Move | None = None
    progress: Progress | None = None
    waits: str = ""
    """What closes its window when it is planned, in words; empty when that is open, or it needs none."""
    withdrawn: bool = False
    """It was planned and is no longer: skipped, or its release left the product file."""

    @property
    def key(self) -> Key:
        """Identity over every move."""
        return self.product, self.version, self.category, self.id

    @property
    def is_ga(self) -> bool:
        """Whether it is the general availability of its release."""
        return self.category == "milestone" and self.id == MilestoneKind.GA

    @property
    def state(self) -> str:
        """Where it stands; what nothing is known of is planned."""
        if self.withdrawn:
            return "withdrawn"
        return self.progress.state if self.progress else "planned"

    @property
    def actual_at(self) -> datetime | None:
        """When it was done, in the entry's zone; None until then."""
        done = self.progress.actual_at if self.progress else None
        return done.astimezone(self.planned_at.tzinfo) if done else None

    @property
    def days_late(self) -> int | None:
        """Calendar days from planned to actual in the entry's zone, negative: early; None until it is done."""
        return (self.actual_at.date() - self.planned_at.date()).days if self.actual_at else None

    @property
    def days_moved(self) -> int | None:
        """Calendar days from the first plan to the present one; None where no earlier plan is on record."""
        return (self.planned_at.date() - self.move.first_planned_on).days if self.move else None


_ABBREVIATED = {"ga": "GA", "rc": "RC"}


def milestone_name(kind: str) -> str:
    """How people write a milestone: `feature complete`, `GA`."""
    return _ABBREVIATED.get(kind) or kind.replace("_", " ")


def agenda(product: Product, records: Records = NO_RECORDS) -> tuple[Entry, ...]:
    """Return the milestones and events of all releases of a product, and what was withdrawn, ordered by date."""
    planned = plan(product)
    return in_order([*recorded(planned, records), *unplanned(product, planned, records)])


def plan(product: Product) -> tuple[Entry, ...]:
    """Return the milestones and events of all releases of a product as its file has them, release by release."""
    return tuple(entry for release in product.releases for entry in _planned(product, release))


def recorded(planned: Iterable[Entry], records: Records) -> Iterable[Entry]:
    """Entries of a `plan` with what is on record of them."""
    for entry in planned:
        move, progress = records.moves.get(entry.key), records.progress.get(entry.key)
        if move is None and progress is None:
            yield entry
        elif entry.category == "milestone" and move and progress and progress.state == "done":
            # What is done is measured by the date that it was done for, whatever the file says since.
            done_for = move.planned_at.astimezone(entry.planned_at.tzinfo)
            yield replace(entry, planned_at=done_for, ends_at=done_for, move=move, progress=progress)
        else:
            yield replace(entry, move=move, progress=progress)


def unplanned(product: Product, planned: Iterable[Entry], records: Records) -> Iterable[Entry]:
    """What is on record of a product and not in its `plan`: withdrawn, except for what was done, which stays done."""
    present = {entry.key for entry in planned}
    zone = ZoneInfo(product.timezone)
    for key, move in records.moves.items():
        if key[0] != product.id or key in present:
            continue
        progress = records.progress.get(key)
        yield Entry(
            product=product.id,
            name=product.name,
            version=key[1],
            category=key[2],
            id=key[3],
            title=milestone_name(key[3]) if key[2] == "milestone" else move.title or key[3],
            planned_at=move.planned_at.astimezone(zone),
            ends_at=(move.ends_at or move.planned_at).astimezone(zone),
            move=move,
            progress=progress,
            withdrawn=progress is None or progress.state != "done",
        )


def in_order(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    """Entries by instant; at the same instant by key, a train's milestones in their own order."""
    return tuple(sorted(entries, key=_order))


def _order(entry: Entry) -> tuple[datetime, str, str, str, int, str]:
    rank = MilestoneKind(entry.id).rank if entry.category == "milestone" else 0
    return entry.planned_at.astimezone(UTC), entry.product, entry.version, entry.category, rank, entry.id


def _planned(product: Product, release: Release) -> Iterable[Entry]:
    for one in train(product, release):
        yield Entry(
            product=product.id,
            name=product.name,
            version=release.version,
            category="milestone",
            id=one.kind.value,
            title=milestone_name(one.kind),
            planned_at=one.planned_at,
            ends_at=one.planned_at,
            rule=one.rule,
            note=one.note,
            waits=str(closed_by(product, one.kind, one.planned_at, release.type) or ""),
        )
    for event in events(product, release):
        yield Entry(
            product=product.id,
            name=product.name,
            version=release.version,
            category="event",
            id=event.id,
            title=event.title,
            planned_at=event.planned_at,
            ends_at=event.ends_at,
            all_day=event.all_day,
            rule=event.rule,
            note=event.note,
            owner=event.owner,
        )
