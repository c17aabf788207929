"""A month's report from the product file and its feeds alone, without our tables: nothing is written anywhere."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

from release_ops.budget_closing import worked_out
from release_ops.budget_inputs import Inputs, entries_of, progress_of, rates_of, read
from release_ops.domain.model import Product
from release_ops.domain.months import last_day
from release_ops.store import Store


def preview(
    product: Product, month: date, *, folder: Path, now: datetime, database: str | None = None
) -> tuple[dict[str, Any], list[dict[str, Any]], list[dict[str, Any]]]:
    """Facts as the month would be closed now, and the entries and exchange rates that they are made of. BudgetError.

    How much of the releases is done comes from `database`; without one it is unknown.
    """
    found = read(product, folder=folder, now=now)
    entries = entries_of(found)
    inputs = Inputs(
        entries=entries,
        rates=rates_of(found),
        progress=progress_of(Store(database), product, last_day(month)) if database else {},
    )
    facts, _ = worked_out(product, month, inputs)
    rows = [{**one._asdict(), "on_day": one.day} for one in entries]
    for row in rows:
        del row["day"]
    return {**facts, "revision": None, "closed_at": None, "before": None}, rows, [one._asdict() for one in inputs.rates]
