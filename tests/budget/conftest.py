"""Books in a folder, a fresh database, and months that are closed at fixed times."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from release_ops.budget_closing import Closed, close
from release_ops.budget_inputs import Change, bring
from release_ops.domain.model import Product
from release_ops.product import load_product
from release_ops.store import Store
from tests.budget import books

NOW = datetime(2026, 11, 6, 7, 0, tzinfo=UTC)


@dataclass
class Office:
    """The books of a product and our tables."""

    folder: Path
    store: Store

    def write(self, **rows: Any) -> None:
        books.write(self.folder, **rows)

    @property
    def product(self) -> Product:
        return load_product(self.folder / "webapp.yaml")

    def scope(self, rows: Sequence[tuple[str, Any, int, int]]) -> None:
        for version, day, done, total in rows:
            counts = {"total": total, "done": done, "points_total": float(total), "points_done": float(done)}
            self.store.execute("scope_day_save", product="webapp", version=version, day=day, unestimated=0, **counts)

    def bring(self, now: datetime = NOW) -> dict[str, Change]:
        return bring(self.store, self.product, folder=self.folder, now=now)

    def close(self, now: datetime = NOW) -> list[Closed]:
        return close(self.store, self.product, now)

    def run(self, now: datetime = NOW) -> list[Closed]:
        self.bring(now)
        return self.close(now)

    def rows(self, query: str) -> list[dict[str, Any]]:
        with self.store.connect() as connection:
            return connection.execute(query).fetchall()


@pytest.fixture
def office(tmp_path: Path, store: Store) -> Office:
    found = Office(tmp_path / "products", store)
    found.write()
    return found


@pytest.fixture
def facts(office: Office) -> Callable[[str], dict[str, Any]]:
    """Facts of a month once everything that is due is closed."""

    def of(month: str) -> dict[str, Any]:
        (found,) = [one.facts for one in office.run() if f"{one.month:%Y-%m}" == month]
        return found

    return of
