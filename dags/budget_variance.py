"""Monthly: what every product cost, where that differs from its budget, and what the year will cost."""

from __future__ import annotations

from datetime import timedelta

import pendulum
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG, Param

from release_ops.operators.budget import ReportBudgetOperator
from release_ops.operators.contract import PublishTablesOperator, assets_of
from release_ops.operators.quality_checks import check_tasks

DOC = """
## Budget variance

On the 6th of every month, for every product whose file has a plan or feeds of money (section `budget`):

1. `report` reads budget lines, costs, commitments and exchange rates, all of a product or nothing, and closes the months
   that are due: cost against plan by category with price, volume and exchange rates told apart, the forecast of the year
   with its interval, earned value of the releases, and where money could be saved.
2. `check_columns` and `check_rows` check the tables by the rules in `include/sql/checks`.
3. `publish` tells the assets `release_metrics/<table>`. A product whose money cannot be read holds up neither the others
   nor this; `every_budget_reported` then keeps the run red.

**A closed month stays as it was reported.** A booking that comes late, or a plan that is changed for a past month, adds a
revision that says so; the earlier one is kept. A run without a change makes nothing and tells nobody, so that it can be run
by hand at any time.

The report lies among the artifacts of all products, as a page, as text and as a workbook; the audiences of
`budget.report_to` get it once per month and revision. How everything is worked out is in `docs/budget.md`.

**When it fails:** the log names the file, line, column, value and remedy. Look before Airflow does with
`release-ops feeds` and `release-ops budget`.
"""

with DAG(
    dag_id="budget_variance",
    dag_display_name="Budget variance",
    description="Closes the month of every product's budget and reports where its cost differs from the plan.",
    doc_md=DOC,
    schedule="0 7 6 * *",
    start_date=pendulum.datetime(2020, 1, 1, tz="UTC"),
    catchup=False,
    max_active_runs=1,
    tags=["budget"],
    params={"product": Param(None, type=["null", "string"], title="Product", section="Run by hand")},
    default_args={"owner": "release-management", "retries": 2, "retry_delay": timedelta(minutes=1)},
):
    report = ReportBudgetOperator(task_id="report", product="{{ params.product or '' }}")
    publish = PublishTablesOperator(task_id="publish", outlets=assets_of("budget_variance"))
    # The months of the other products are checked and published where one product's money could not be read.
    checks = check_tasks("budget_variance", trigger_rule="all_done")
    report >> checks >> publish
    report >> EmptyOperator(task_id="every_budget_reported")
