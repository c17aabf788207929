"""Every ten minutes: tell each pull request into a frozen branch whether it may land."""

from __future__ import annotations

from datetime import timedelta

import pendulum
from airflow.sdk import DAG

from release_ops.operators.guard import GuardFreezeOperator

DOC = """
## Freeze guard

While a release is frozen, its branch on GitHub takes a pull request only when the status `release-ops/freeze` (the
product's `freeze.check`) is green. This DAG sets it every ten minutes:

- **green** for the change types that the product exempts (`freeze.exempt`, by default `fix` and `docs`), read from the
  title of the pull request;
- **red** for all others, with the reason; a breaking change is never exempt.

Products in a plain git repository have no pull requests: their freeze is on record, and GA refuses a release branch that
moved after its approval.
"""

with DAG(
    dag_id="freeze_guard",
    dag_display_name="Freeze guard",
    description="Says at every pull request into a frozen branch whether it may land.",
    doc_md=DOC,
    schedule="*/10 * * * *",
    start_date=pendulum.datetime(2020, 1, 1, tz="UTC"),
    catchup=False,
    max_active_runs=1,
    tags=["calendar", "freeze"],
    default_args={"owner": "release-management", "retries": 1, "retry_delay": timedelta(minutes=1)},
):
    GuardFreezeOperator(task_id="guard_freeze")
