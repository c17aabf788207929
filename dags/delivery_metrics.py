"""After every reading of facts: DORA's measures, checks of every table, then what data teams wait for."""

from __future__ import annotations

from datetime import timedelta

import pendulum
from airflow.sdk import DAG, Asset, AssetOrTimeSchedule, CronTriggerTimetable, Param

from release_ops.operators.contract import (
    PARQUET,
    ExportParquetOperator,
    PublishTablesOperator,
    SyncTargetsOperator,
    assets_of,
)
from release_ops.operators.delivery_metrics import RefreshDeliveryMetricsOperator
from release_ops.operators.quality_checks import check_tasks

DOC = """
## Delivery metrics

Runs when `delivery_ingest` has read new facts (the asset `release_ops/delivery_facts`), and once a day, so that a week in
which nothing happened is a week with zeros too.

1. `sync_targets` writes what every product is held to (`delivery.targets` of its file).
2. `refresh` works out again what the new facts concern: what became of deployments, and DORA's weeks and months.
3. `check_columns` and `check_rows` check every table that is published, one task each. Their rules are
   in `include/sql/checks`. **One failed check holds everything back:** the log says which rule, and shows the rows.
4. `publish` tells the assets `release_metrics/<table>`, with the number of rows and the time that they cover.
5. `export_parquet` writes the months that changed as Parquet, to the place that the Airflow variable `release_ops_parquet`
   names. Skipped without one.

What the tables say is in `docs/metrics.md`.

**When a check fails:** mend the rows it shows at their source (a CSV feed, a tracker) and let `delivery_ingest` read them
again, which starts this DAG anew. Run it by hand with *Work everything out again* after a change of the rules in a
product file.
"""

with DAG(
    dag_id="delivery_metrics",
    dag_display_name="Delivery metrics",
    description="Works out DORA's measures and scorecards, checks every table, tells data teams.",
    doc_md=DOC,
    schedule=AssetOrTimeSchedule(
        timetable=CronTriggerTimetable("40 5 * * *", timezone="UTC"), assets=Asset("release_ops/delivery_facts")
    ),
    start_date=pendulum.datetime(2020, 1, 1, tz="UTC"),
    catchup=False,
    max_active_runs=1,
    tags=["metrics"],
    params={"full": Param(False, type="boolean", title="Work everything out again", section="Run by hand")},
    default_args={"owner": "release-management", "retries": 2, "retry_delay": timedelta(minutes=1)},
):
    sync_targets = SyncTargetsOperator(task_id="sync_targets")
    refresh = RefreshDeliveryMetricsOperator(task_id="refresh", full="{{ params.full }}")
    checks = check_tasks("delivery_metrics")
    publish = PublishTablesOperator(task_id="publish", outlets=assets_of("delivery_metrics"))
    export_parquet = ExportParquetOperator(task_id="export_parquet", outlets=[PARQUET])
    sync_targets >> refresh >> checks
    checks >> publish
    checks >> export_parquet
