"""What the database knows of a calendar: what became of each milestone, and how often each entry was moved."""

from __future__ import annotations

from collections.abc import Sequence

from release_ops.domain.agenda import Move, Progress, Records
from release_ops.store import Store


def records_of(store: Store, products: Sequence[str] | None = None) -> Records:
    """Records of some products by their ids, or of all."""
    of = {} if products is None else {"products": list(products)}
    rows = store.all("milestones_progress", **of)
    moves = {
        (row["product"], row["version"], row["category"], row["entry"]): Move(
            planned_at=row["planned_at"],
            ends_at=row["ends_at"],
            title=row["title"],
            sequence=row["sequence"],
            changed_at=row["changed_at"],
            first_planned_on=row["first_planned_on"],
        )
        for row in store.all("calendar_entries", **of)
    }
    progress = {
        (row["product"], row["version"], "milestone", row["kind"]): Progress(
            state=row["state"],
            actual_at=row["actual_at"],
            # What is only planned has no history of its own: its date is the plan's.
            changed_at=None if row["state"] == "planned" else row["updated_at"],
        )
        for row in rows
    }
    return Records(moves=moves, progress=progress)
