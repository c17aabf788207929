"""What the database knows of a calendar: what became of each milestone, and how often each entry was moved."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from release_ops.domain.agenda import Move, Progress, Records
from release_ops.store import Store


def records_of(store: Store, products: Sequence[str] | None = None) -> Records:
    """Records of some products by their ids, or of all."""
    found = _sorted(store.all("calendar_records", **({} if products is None else {"products": list(products)})))
    return Records(
        moves={key: move for one in found.values() for key, move in one.moves.items()},
        progress={key: progress for one in found.values() for key, progress in one.progress.items()},
    )


def records_between(
    store: Store, products: Sequence[str], start: datetime, end: datetime, versions: Collection[str]
) -> dict[str, Records]:
    """Records by product, of the releases that have a date from `start` up to `end` on record, and of these versions."""
    return _sorted(
        store.all("calendar_records", products=list(products), start=start, end=end, versions=sorted(versions))
    )


def _sorted(rows: list[dict[str, Any]]) -> dict[str, Records]:
    found: dict[str, tuple[dict[Any, Move], dict[Any, Progress]]] = {}
    for row in rows:
        moves, progress = found.setdefault(row["product"], ({}, {}))
        key = (row["product"], row["version"], row["category"], row["entry"])
        if row["planned_at"] is not None:
            moves[key] = Move(
                planned_at=row["planned_at"],
                ends_at=row["ends_at"],
                title=row["title"],
                sequence=row["sequence"],
                changed_at=row["changed_at"],
                first_planned_on=row["first_planned_on"],
            )
        if row["state"] is not None:
            progress[key] = Progress(
                state=row["state"],
                actual_at=row["actual_at"],
                # What is only planned has no history of its own: its date is the plan's.
                changed_at=None if row["state"] == "planned" else row["updated_at"],
            )
    return {product: Records(moves=moves, progress=progress) for product, (moves, progress) in found.items()}
