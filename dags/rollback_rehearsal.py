"""Daily: shows that the way back works, where that has not been shown for a week."""

from __future__ import annotations

from datetime import timedelta

import pendulum
from airflow.sdk import DAG, Param

from release_ops.operators.rehearsal import REHEARSAL, RehearseOperator

DOC = """
## Rollback rehearsal

For every environment with `rehearse: true` under `deploy.environments` of a product file, once a week
(`deploy.rehearsal.every`), and every day while it fails:

- The driver of the environment proves that the version before the live one can be brought back, **and changes nothing**: the
  command driver runs its program with the action `rehearse`, GitOps makes the commit and does not push it, GitHub looks
  whether the workflow would start.
- `release_metrics.rehearsal` has a row for each; the report lies among the artifacts of the live version.
- A way back that does not work is told to those who hear of problems (`problems_to`), once a day.
- Gates ask for it with a criterion of kind `rehearsal`, deployments with a check of that kind.

Run it by hand with a product, and perhaps an environment, to rehearse at once.
"""

with DAG(
    dag_id="rollback_rehearsal",
    dag_display_name="Rollback rehearsal",
    description="Proves that the way back of each environment works, changing nothing.",
    doc_md=DOC,
    schedule="0 5 * * *",
    start_date=pendulum.datetime(2020, 1, 1, tz="UTC"),
    catchup=False,
    max_active_runs=1,
    tags=["deployment"],
    params={
        "product": Param(None, type=["null", "string"], title="Product", section="Run by hand"),
        "environment": Param(None, type=["null", "string"], title="Environment", section="Run by hand"),
    },
    default_args={"owner": "release-management", "retries": 2, "retry_delay": timedelta(minutes=5)},
):
    RehearseOperator(
        task_id="rehearse",
        product="{{ params.product or '' }}",
        environment="{{ params.environment or '' }}",
        outlets=[REHEARSAL],
    )
