"""Every two weeks: what time the teams have, what is wanted of it, what lacks, and who should work on what."""

from __future__ import annotations

from datetime import timedelta

import pendulum
from airflow.sdk import DAG, Param

from release_ops.operators.capacity import (
    ApprovePlanOperator,
    FailUnreadOperator,
    ReportCapacityOperator,
    ReviewCapacityOperator,
)
from release_ops.operators.contract import PublishTablesOperator, assets_of
from release_ops.operators.quality_checks import check_tasks

DOC = """
## Capacity review

On Mondays, for every team file in `include/teams` whose last review is two weeks ago (`review.every`):

1. `review` reads the file and the feed of worked hours, works out time and work by team and week, what lacks, what rests
   on few people and what to do about it, scores what earlier reviews expected, and looks for the best plan of who works on
   what.
2. `approve` asks the people of the team file's seat (`review.approvers`), if the plan changes anything. **Nothing is
   changed without an approval**; an approved plan is applied at once: its bookings stand in `<team>.allocations.yaml` from
   then on. A plan that nobody answers within `review.answer_within` is not applied, nor is one whose team was changed
   meanwhile.
3. `report` keeps the report among the artifacts of all products and tells it in the channels of `review.report_to`.
4. `check_columns`, `check_rows` and `publish` check the tables and tell the assets `release_metrics/<table>`.

**A team file that cannot be read does not hold up the others:** they are reviewed, asked, told and published; `unread` then
fails and names file, line, value and remedy. Look before Airflow does with `release-ops capacity FILE`.

Names of people are in the question, in messages and in the command's output; the pages, artifacts and tables name teams.
docs/capacity.md says how everything is worked out. Run it by hand at any time: it replaces the review of the day.
"""

with DAG(
    dag_id="capacity_review",
    dag_display_name="Capacity review",
    description="Reviews the capacity of every team and proposes who works on what.",
    doc_md=DOC,
    # Cron knows no second Monday: what a team file has said of its cadence is looked at by the review itself.
    schedule="45 6 * * 1",
    start_date=pendulum.datetime(2020, 1, 1, tz="UTC"),
    catchup=False,
    max_active_runs=1,
    tags=["capacity"],
    params={"team": Param(None, type=["null", "string"], title="Team file", section="Run by hand")},
    default_args={"owner": "release-management", "retries": 2, "retry_delay": timedelta(minutes=1)},
):
    review = ReviewCapacityOperator(task_id="review", team="{{ params.team or '' }}")
    approve = ApprovePlanOperator.partial(task_id="approve", map_index_template="{{ task.team }}").expand_kwargs(
        review.output
    )
    report = ReportCapacityOperator(task_id="report", reviewed=review.output["reviewed"], trigger_rule="all_done")
    unread = FailUnreadOperator(
        task_id="unread", problems=review.output["problems"], trigger_rule="all_done", retries=0
    )
    publish = PublishTablesOperator(task_id="publish", outlets=assets_of("capacity_review"))
    checks = check_tasks("capacity_review")
    review >> [approve, report]
    approve >> report >> unread
    review >> checks >> publish
