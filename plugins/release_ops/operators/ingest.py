"""Facts of delivery: every product's repository, forge and feeds into the fact tables, each from where it was left."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from airflow.sdk import Asset, BaseOperator, Context
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from release_ops.operators import parts
from release_ops.operators.chosen import named_product
from release_ops.operators.ingest_reading import ingest
from release_ops.product import find_product, load_products, products_folder

DELIVERY_FACTS = Asset("release_ops/delivery_facts")
CHANGES = "changes"
"""XCom under which a product's task leaves what it changed, also when it fails afterwards."""

EARLIER_TRY = "earlier try"
"""Stands among the streams when a try before may have written what nobody was told of."""


class ListProductsOperator(BaseOperator):
    """Ids of the products whose facts are to be read: all of them, or the one that is named."""

    template_fields: Sequence[str] = ("product",)

    def __init__(self, *, product: str = "", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.product = product

    def execute(self, context: Context) -> list[str]:
        """AirflowFailException for a product that there is not."""
        products, broken = load_products(products_folder())
        for problem in broken:
            self.log.warning("%s", problem)
        return [named_product(products, self.product).id] if self.product else list(products)


class IngestOperator(BaseOperator):
    """Reads the facts of one product. Returns the rows written and removed per stream.

    What cannot be read does not hinder the rest; AirflowFailException names it at the end.
    """

    template_fields: Sequence[str] = ("product", "full")

    def __init__(self, *, product: str, full: str | bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.product = product
        self.full = full

    def execute(self, context: Context) -> dict[str, Any]:
        """Read, write, note, fail with what went wrong."""
        product, ledger = find_product(self.product), parts.open_ledger()
        outcome = ingest(ledger, product, now=datetime.now(UTC), full=str(self.full).lower() == "true")
        told = {
            stream: {"written": one.written, "removed": one.removed, "from": _iso(one.start), "until": _iso(one.end)}
            for stream, one in outcome.changes.items()
            if one
        }
        if context["ti"].try_number > 1:
            # The try before may have been cut off between writing and telling.
            told.setdefault(EARLIER_TRY, {"written": 0, "removed": 0, "from": None, "until": None})
        context["ti"].xcom_push(key=CHANGES, value=told)
        if outcome.problems:
            raise AirflowFailException(f"some facts of {product.id} could not be read\n" + "\n".join(outcome.problems))
        return told


class PublishFactsOperator(BaseOperator):
    """Tells the asset `release_ops/delivery_facts` what changed; skipped, and no event, where nothing did."""

    template_fields: Sequence[str] = ("changes",)

    def __init__(self, *, changes: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.changes = changes

    def execute(self, context: Context) -> dict[str, Any]:
        """Sum up, tell."""
        told: dict[str, Any] = {}
        starts, ends = [], []
        for one in self.changes or ():
            for stream, change in (one or {}).items():
                rows = told.setdefault(stream, {"written": 0, "removed": 0})
                rows["written"] += change["written"]
                rows["removed"] += change["removed"]
                starts += [change["from"]] if change["from"] else []
                ends += [change["until"]] if change["until"] else []
        if not told:
            raise AirflowSkipException("no fact has changed")
        extra = {"rows": told, "from": min(starts, default=None), "until": max(ends, default=None)}
        context["outlet_events"][DELIVERY_FACTS].extra = extra
        return extra


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
