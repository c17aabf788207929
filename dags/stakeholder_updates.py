"""Every quarter of an hour: send what is due to stakeholders, try again what was refused, and follow what was moved."""

from __future__ import annotations

from datetime import timedelta

import pendulum
from airflow.sdk import DAG, Asset, AssetOrTimeSchedule, CronTriggerTimetable

from release_ops.operators.concerns import ChaseConcernsOperator
from release_ops.operators.contract import PublishTablesOperator, assets_of
from release_ops.operators.expectations import PlanExpectationsOperator
from release_ops.operators.quality_checks import check_tasks
from release_ops.operators.stakeholders import UpdateStakeholdersOperator

DOC = """
## Stakeholder updates

Tells those with a stake in a product what concerns them: the messages of the **communication matrix** (section
`communication` of the product file: which message, how long before or after GA, for whom, through what), what happened to a
release (started, completed, failed, rolled back), and a **regular update** to everybody in the register by their cadence.

1. `update` reads the product files and registers, plans what is due, and takes the next step of every open message:
   - sent, **once** per audience and channel, or stakeholder, whatever is killed or cleared;
   - **held** until somebody is available (hours, holidays, days away), unless it is an emergency, or until what it tells of
     has happened;
   - **failed**: tried again by `stakeholders.send`, then **escalated**: through the reader's next channel, at last to the
     owner, with the text;
   - **lapsed**, where an outage made it too late to be useful; **withdrawn**, where its release is no longer planned.
   A release that moves takes its messages along; what was sent stays sent.
2. `expect` works out, for each slip, change of scope and critical or high incident, whom it touches (by what they hear of,
   and by their stated concerns), keeps the plan among the artifacts of the release (what they will ask, what we propose,
   when they hear again), and tells people when they are available, once.
3. `chase` tells the owners of concerns that are not answered within `concerns.answer_within`, again until they are
   (`release-ops concern` registers and answers them).
4. `check_columns` and `check_rows` check the tables by the rules in `include/sql/checks`.
5. `publish` tells the assets `release_metrics/stakeholder_message`, `stakeholder`, `expectation` and `stakeholder_concern`.

The page **Stakeholders** shows the grid of influence and interest, the matrix, and what was sent, is due or failed. See it
before Airflow does with `release-ops stakeholders`. docs/stakeholders.md has the rest.

**When it fails:** the log names the file, field and remedy, or the message that reached nobody. Clear the task: it goes on
where it ended.
"""

with DAG(
    dag_id="stakeholder_updates",
    dag_display_name="Stakeholder updates",
    description="Sends what is due to stakeholders, once, when they are available; escalates what is refused.",
    doc_md=DOC,
    schedule=AssetOrTimeSchedule(
        timetable=CronTriggerTimetable("*/15 * * * *", timezone="UTC"),
        # A deployment that failed or was rolled back is told at once.
        assets=Asset("release_metrics/deployment_outcome"),
    ),
    start_date=pendulum.datetime(2020, 1, 1, tz="UTC"),
    catchup=False,
    max_active_runs=1,
    tags=["stakeholders"],
    default_args={"owner": "release-management", "retries": 2, "retry_delay": timedelta(minutes=1)},
):
    update = UpdateStakeholdersOperator(task_id="update")
    expect = PlanExpectationsOperator(task_id="expect")
    chase = ChaseConcernsOperator(task_id="chase")
    publish = PublishTablesOperator(task_id="publish", outlets=assets_of("stakeholder_updates"))
    checks = check_tasks("stakeholder_updates")
    for told in (update, expect, chase):
        told >> checks
    checks >> publish
