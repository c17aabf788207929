"""A product whose surveys have rounds, for tests of what is made of answers."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import yaml

from release_ops.domain.model import Product
from release_ops.product import load_product
from release_ops.store import Store
from release_ops.survey_results import Reported, report_rounds
from tests.surveys.polls import close_round, rows
from tests.surveys.town import PLAN, PRODUCT

NOW = datetime(2026, 6, 1, 8, tzinfo=UTC)
GLAD = [10] * 18 + [8] * 6 + [3] * 4
SAD = [10] * 5 + [8] * 6 + [3] * 15


class House:
    """A product whose surveys have rounds."""

    def __init__(self, folder: Path, store: Store) -> None:
        self.folder, self.store = folder, store

    def product(self, **results: Any) -> Product:
        self.folder.mkdir(exist_ok=True)
        said = {
            **PRODUCT,
            "audiences": {"executives": [{"kind": "outbox", "to": "executives"}]},
            "surveys": {"plans": {"customers": PLAN, "care": {**PLAN, "kind": "csat"}}},
            "survey_results": results,
        }
        (self.folder / "webapp.yaml").write_text(yaml.safe_dump(said), encoding="utf-8")
        return load_product(self.folder / "webapp.yaml")

    def report(self, **results: Any) -> list[Reported]:
        return report_rounds(self.store, self.product(**results), now=NOW, chance=Random(1))

    def results(self) -> dict[tuple[str, str | None], dict[str, Any]]:
        found = rows(self.store, "SELECT * FROM release_metrics.survey_result")
        return {(row["occasion"], row["audience"]): row for row in found}


def held(folder: Path, store: Store) -> House:
    """Two rounds: customers are glad in the first and not in the second; partners are too few to be told of."""
    found = House(folder, store)
    close_round(
        store, 0, {"customers": (60, GLAD), "support": (12, [9, 9, 10, 8, 7, 6, 9, 10]), "partners": (9, [9, 2])}
    )
    close_round(store, 1, {"customers": (64, SAD), "support": (12, [9, 9, 10, 8, 7, 6])})
    return found
