"""Weekly: how does every active release stand, what changed, and what to do about it."""

from __future__ import annotations

from datetime import timedelta

import pendulum
from airflow.sdk import DAG, Param

from release_ops.operators.health import HEALTH, ReportHealthOperator

DOC = """
## Health report

Every Monday, after the forecast, for every release from two weeks before its planning to the end of its support:

- **green, yellow, red or unknown** with the reasons: chance to be on time, velocity, critical path, capacity, gates, overdue
  milestones, slips, growth of the scope, quality, critical issues, risks, what others owe. Where too little is known the
  release is *unknown*, and the report says what would make it known.
- What changed since the last report, what was achieved, what comes next, where support is needed, and what to do, each
  with the number that asks for it.
- The report lies among the artifacts of the release and on the page **Health**; the audiences of `health.report_to` get it
  once a week; `release_metrics.health` has a row per release and week.

Thresholds are in the section `health` of the product file. Run it by hand, also for one release: it replaces the report
of this week.
"""

with DAG(
    dag_id="health_report",
    dag_display_name="Health report",
    description="Reports weekly on the health of every active release.",
    doc_md=DOC,
    schedule="30 6 * * 1",
    start_date=pendulum.datetime(2020, 1, 1, tz="UTC"),
    catchup=False,
    max_active_runs=1,
    tags=["health"],
    params={
        "product": Param(None, type=["null", "string"], title="Product", section="Run by hand"),
        "version": Param(None, type=["null", "string"], title="Version", section="Run by hand"),
    },
    default_args={"owner": "release-management", "retries": 2, "retry_delay": timedelta(minutes=1)},
):
    ReportHealthOperator(
        task_id="report",
        product="{{ params.product or '' }}",
        version="{{ params.version or '' }}",
        outlets=[HEALTH],
    )
