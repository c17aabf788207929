"""Weekly: where every feature flag stands, what its ramps did, and which are due to be removed."""

from __future__ import annotations

from datetime import timedelta

import pendulum
from airflow.sdk import DAG, Param

from release_ops.operators.flag_report import REPORTS, ReportFlagsOperator
from release_ops.operators.quality_checks import check_tasks

DOC = """
## Flag report

Every Monday, for every product whose file has flags (section `flags`):

- What each engine serves per environment, the timeline of the ramps with the verdicts, every change on record, and
  evaluations by variant where the engine counts them (Unleash; flagd does not).
- **Stale flags**, with what to do: past their date of removal, at 100 % or 0 % everywhere for too long (`flags.stale`), or
  named by no line of the default branch.

The report lies among the artifacts; the audiences of `flags.report_to` get it once a week; `release_metrics.flag_report` has
a row per flag and week. Run it by hand at any time: it replaces the report of this week.

**When it fails:** the message names the product, and what its engine or repository said; the others are reported on.
"""

with DAG(
    dag_id="flag_report",
    dag_display_name="Flag report",
    description="Reports weekly on feature flags, and on those that are due to be removed.",
    doc_md=DOC,
    schedule="15 7 * * 1",
    start_date=pendulum.datetime(2020, 1, 1, tz="UTC"),
    catchup=False,
    max_active_runs=1,
    tags=["flags"],
    params={"product": Param(None, type=["null", "string"], title="Product", section="Run by hand")},
    default_args={"owner": "release-management", "retries": 2, "retry_delay": timedelta(minutes=1)},
):
    report = ReportFlagsOperator(task_id="report", product="{{ params.product or '' }}", outlets=[REPORTS])
    report >> check_tasks("flag_report")
