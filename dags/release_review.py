"""Daily: releases whose time has come are looked back on, and action items that are overdue are chased."""

from __future__ import annotations

from datetime import timedelta

import pendulum
from airflow.sdk import DAG, Param

from release_ops.operators.contract import PublishTablesOperator, assets_of
from release_ops.operators.quality_checks import check_tasks
from release_ops.operators.review import ChaseActionsOperator, ReviewReleasesOperator

DOC = """
## Release review

Every day:

1. `review` looks back on every release whose GA is `review.after` ago (10 days by default), and again when its support
   ends: how it stood against its objectives, what changed before and after it, incidents, what users said, where its time
   went, what was predicted, what worked and what did not with the numbers, and what to change, ranked by what it would
   gain. It writes the document with the agenda of the meeting, proposes action items, and tells the audiences of
   `review.report_to` once. With it comes the report of the process optimiser on the last releases.
2. `chase` reminds the owners of action items that are overdue.
3. `check_columns` and `check_rows` check the tables, `publish` tells the assets `release_metrics/<table>`.

**Run it by hand** for one release: name product and version; the document is made anew, nobody is told twice. After a
hotfix `release_hotfix` starts it with the kind `hotfix`: the meeting is due within 48 hours, and the document is made
anew every day until it was held.

Who decides on action items uses the form of the DAG `action_items`. Objectives, rules and times are in the section
`review` of the product file; `docs/reviews.md` says how each figure is made.

**When it fails:** the log names the release and why; the others have been made.
"""

with DAG(
    dag_id="release_review",
    dag_display_name="Release review",
    description="Looks back on releases after GA and at the end of support, and follows up on what was decided.",
    doc_md=DOC,
    schedule="30 7 * * *",
    start_date=pendulum.datetime(2020, 1, 1, tz="UTC"),
    catchup=False,
    max_active_runs=1,
    tags=["review"],
    params={
        "product": Param(None, type=["null", "string"], title="Product", section="Run by hand"),
        "version": Param(None, type=["null", "string"], title="Version", section="Run by hand"),
        "kind": Param(
            None,
            type=["null", "string"],
            enum=[None, "release", "support_end", "hotfix"],
            title="Kind",
            section="Run by hand",
        ),
        "due_at": Param(
            None,
            type=["null", "string"],
            title="Due at",
            description="When the meeting is due, like 2026-11-29T14:30+00:00; empty: by the policy.",
            section="Run by hand",
        ),
    },
    default_args={"owner": "release-management", "retries": 2, "retry_delay": timedelta(minutes=1)},
):
    review = ReviewReleasesOperator(
        task_id="review",
        product="{{ params.product or '' }}",
        version="{{ params.version or '' }}",
        kind="{{ params.kind or '' }}",
        due_at="{{ params.due_at or '' }}",
    )
    # A review that fails keeps nobody from being reminded.
    chase = ChaseActionsOperator(task_id="chase", trigger_rule="all_done")
    publish = PublishTablesOperator(task_id="publish", outlets=assets_of("release_review"))
    review >> chase >> check_tasks("release_review") >> publish
    # What failed before shows in the run, too.
    review >> publish
