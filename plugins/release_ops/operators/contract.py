"""What data teams get: targets from the product files, assets that tell of tables, and Parquet."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from airflow.sdk import Asset, BaseOperator, Context
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from release_ops.adapters.parquet import ParquetError
from release_ops.contract import SCHEMA, extent, tables, told_by
from release_ops.database import open_store
from release_ops.domain.model import Product
from release_ops.parquet_export import export
from release_ops.product import load_products, products_folder
from release_ops.store import json_safe

PARQUET = Asset(f"{SCHEMA}/parquet")
PLACE = "release_ops_parquet"
"""Airflow variable that names the place of the Parquet files."""
LATELY = timedelta(days=35)
"""How far back new facts may change Parquet files at once; what is older follows with the run of the day."""


def assets_of(dag_id: str) -> list[Asset]:
    """Assets of the tables that a DAG tells of."""
    return [Asset(f"{SCHEMA}/{table.name}") for table in told_by(dag_id)]


class SyncTargetsOperator(BaseOperator):
    """Writes what every product is held to into `release_metrics.product_target`. Returns the number of changed products.

    Products whose files have mistakes keep what they had: *Import Errors* shows the mistakes.
    """

    def execute(self, context: Context) -> dict[str, int]:
        """Read the files, write what differs."""
        products, _ = load_products(products_folder())
        changed = open_store().execute(
            "product_targets_save", targets=[targets_of(product) for product in products.values()]
        )
        return {"products": len(products), "changed": changed}


def targets_of(product: Product) -> dict[str, Any]:
    """Row of a product; durations in seconds, None where it is held to nothing."""
    policy = product.delivery
    targets = policy.targets
    return {
        "product": product.id,
        "profile": targets.profile,
        "timezone": product.timezone,
        "production": policy.production,
        "deployment_success": targets.deployment_success,
        "freeze_to_production": targets.freeze_to_production and targets.freeze_to_production.total_seconds(),
        "critical_issues": targets.critical_issues,
        "recovery": targets.recovery and targets.recovery.total_seconds(),
    }


class PublishTablesOperator(BaseOperator):
    """Tells the assets `release_metrics/<table>` in its outlets: number of rows, first and last time. Returns the same.

    Runs after the checks of these tables: an asset that is told is a table that is sound.
    """

    def execute(self, context: Context) -> dict[str, Any]:
        """Count, tell."""
        store = open_store()
        found = {}
        for asset in self.outlets:
            name = asset.name.removeprefix(f"{SCHEMA}/")
            found[name] = json_safe(extent(store, tables()[name]))
            context["outlet_events"][asset].extra = found[name]
        return found


class ExportParquetOperator(BaseOperator):
    """Brings the Parquet files below `place` up to date. Returns the counts of `parquet_export.export`.

    After new facts (a run that an asset triggered) only the last months are looked at; every other run looks at all of them.

    Skipped without a place. AirflowFailException for a place that cannot be used at all.
    """

    template_fields: Sequence[str] = ("place",)

    def __init__(self, *, place: str = f"{{{{ var.value.get('{PLACE}', '') }}}}", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.place = place

    def since(self, context: Context) -> date | None:
        """First day that is looked at; None: all of history."""
        run = context["dag_run"]
        if run.run_type != "asset_triggered":
            return None
        return run.run_after.date() - LATELY

    def execute(self, context: Context) -> dict[str, int]:
        """Write what changed, tell the asset."""
        if not self.place:
            raise AirflowSkipException(
                f"the variable {PLACE} names no place; docs/platform-engineers.md says how to set it"
            )
        try:
            counts = export(open_store(), self.place, since=self.since(context))
        except ParquetError as error:
            raise AirflowFailException(f"variable {PLACE}: {error}") from error
        context["outlet_events"][PARQUET].extra = {"place": self.place, **counts}
        return counts
