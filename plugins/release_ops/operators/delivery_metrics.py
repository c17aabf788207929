"""DORA's figures after every reading of facts."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from airflow.sdk import BaseOperator, Context

from release_ops.delivery_refresh import refresh
from release_ops.operators import parts
from release_ops.product import load_products, products_folder
from release_ops.store import json_safe


class RefreshDeliveryMetricsOperator(BaseOperator):
    """Works out again what the facts that changed concern: outcomes of deployments, weeks and months.

    :param full: work everything out again, after a change of the rules, say; costs with the whole history.

    Returns `Refreshed` in JSON: rows by table, and the window from `starts_at` to `ends_at`.
    """

    template_fields = ("full",)

    def __init__(self, *, full: bool | str = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.full = full

    def execute(self, context: Context) -> dict[str, Any]:
        """Refresh, in one transaction."""
        products, _ = load_products(products_folder())
        full = str(self.full).casefold() == "true"  # a template of a run's params gives text
        done = refresh(parts.open_store(), now=datetime.now(UTC), full=full, products=products.values())
        return dict(json_safe(asdict(done)))
