"""Daily: bring the calendar tables up to date, start what was added late, report what was missed and what was moved."""

from __future__ import annotations

from datetime import timedelta

import pendulum
from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
from airflow.sdk import DAG

from release_ops.operators.change_history import CHANGE_LOG, UpdateChangeLogOperator
from release_ops.operators.conflicts import CONFLICT, FindConflictsOperator
from release_ops.operators.feeds import WriteFeedsOperator
from release_ops.operators.predictions import PREDICTION, ScorePredictionsOperator
from release_ops.operators.risks import RISK, AssessRisksOperator
from release_ops.operators.scope_days import SCOPE_DAY, SnapshotScopeDayOperator
from release_ops.operators.slips import SLIPS, RecordSlipsOperator
from release_ops.operators.watch import FindMissedOperator, ReportProblemsOperator

DOC = """
## Calendar watch

Looks once a day at every product file:

- a milestone that passed **without a run** and lies inside the product's `catch_up` window is started now, late;
- an older one is marked **missed** and reported to the release managers, once; it does not hold up the ones after it;
- a date that was **moved** to another day since the last look is a slip: `record_slips` writes a report on what follows
  from it, linked from the task, and tells those concerned, once;
- `write_feeds` writes the calendars that people subscribe to, to the places that product files name under `feeds`;
- `find_conflicts` looks for **conflicts** between the dates of all products from today on, writes them into
  `release_metrics.conflict` (the asset of that name is told), keeps a report, and tells both sides of what is new, once;
- what is wrong (a broken product file, a repository that does not answer, a release that left its file while it was open,
  a date that moved by a year) makes `report_problems` red, after everything else has been done;
- `update_change_log` brings `release_metrics.change_log` up to date with every product's repository, also with tags that
  people made by hand, and tells the asset `release_metrics/change_log`;
- `snapshot_scope_day` notes how much of every open release is planned and done (`release_metrics.scope_day`);
- `score_predictions` adds to `release_metrics.prediction` what came of earlier predictions;
- `assess_risks` assesses the risks of every release anew until it is closed and a hotfix would no longer count against
  it, marks those that came true or were avoided, tells the asset `release_metrics/risk`, and writes their probabilities
  down as predictions.

Run it by hand after editing a product file, to see its effect at once.
"""

with DAG(
    dag_id="calendar_watch",
    dag_display_name="Calendar watch",
    description="Starts milestones that were added late, reports those that were missed, tells what was moved.",
    doc_md=DOC,
    schedule="15 5 * * *",
    start_date=pendulum.datetime(2020, 1, 1, tz="UTC"),
    catchup=False,
    max_active_runs=1,
    tags=["calendar"],
    default_args={"owner": "release-management", "retries": 2, "retry_delay": timedelta(minutes=1)},
):
    find_missed = FindMissedOperator(task_id="find_missed")
    TriggerDagRunOperator.partial(
        task_id="start_late", skip_when_already_exists=True, map_index_template="{{ task.trigger_run_id }}"
    ).expand_kwargs(find_missed.output)
    FindConflictsOperator(task_id="find_conflicts", outlets=[CONFLICT])
    UpdateChangeLogOperator(task_id="update_change_log", outlets=[CHANGE_LOG])
    SnapshotScopeDayOperator(task_id="snapshot_scope_day", outlets=[SCOPE_DAY])
    assess_risks = AssessRisksOperator(task_id="assess_risks", outlets=[RISK, PREDICTION])
    # What became of a risk today is scored today.
    assess_risks >> ScorePredictionsOperator(task_id="score_predictions", outlets=[PREDICTION], trigger_rule="all_done")
    record_slips = RecordSlipsOperator(task_id="record_slips", outlets=[SLIPS], trigger_rule="all_done")
    write_feeds = WriteFeedsOperator(task_id="write_feeds", trigger_rule="all_done")
    find_missed >> record_slips >> write_feeds
    finders = [find_missed, record_slips, assess_risks]
    report_problems = ReportProblemsOperator(
        task_id="report_problems", tasks=[one.task_id for one in finders], trigger_rule="all_done", retries=0
    )
    finders >> report_problems
