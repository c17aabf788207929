"""By hand: switch a feature flag off, at once and for everybody."""

from __future__ import annotations

from datetime import timedelta

import pendulum
from airflow.sdk import DAG, Param

from release_ops.operators.flags import KillFlagOperator

DOC = """
## Kill switch

Switches a feature flag off in one environment, for everybody, also for those who are named. One task, one write: a commit
into the flagd file, or one call of Unleash. A ramp of the flag that is open ends first and does not come back.

Who, why, from and to are in `release_metrics.flag_change`; the audiences of `flags.tell_killed` hear of it.

Applications follow when they read the flag the next time: `docs/flags.md` says how soon that is for each engine.

**When it fails:** it tries again by itself, every ten seconds. The message says what the engine said.
"""

with DAG(
    dag_id="flag_kill",
    dag_display_name="Kill switch",
    description="Switches a feature flag off, at once and for everybody.",
    doc_md=DOC,
    schedule=None,
    start_date=pendulum.datetime(2020, 1, 1, tz="UTC"),
    catchup=False,
    tags=["flags"],
    params={
        "product": Param("", type="string", minLength=1, title="Product"),
        "flag": Param("", type="string", minLength=1, title="Flag"),
        "environment": Param("production", type="string", minLength=1, title="Environment"),
        "reason": Param("", type="string", minLength=1, title="Reason"),
    },
    default_args={"owner": "release-management", "retries": 10, "retry_delay": timedelta(seconds=10)},
):
    KillFlagOperator(
        task_id="kill",
        product="{{ params.product }}",
        flag="{{ params.flag }}",
        environment="{{ params.environment }}",
        reason="{{ params.reason }}",
    )
