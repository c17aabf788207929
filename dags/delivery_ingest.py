"""Hourly: facts of delivery from repositories, GitHub and feeds into the fact tables."""

from __future__ import annotations

from datetime import timedelta

import pendulum
from airflow.sdk import DAG, Param

from release_ops.operators.ingest import DELIVERY_FACTS, IngestOperator, ListProductsOperator, PublishFactsOperator

DOC = """
## Delivery ingest

Every hour, for every product, each source from where the last reading ended:

- **git**: commits and version tags of the mirror, and which deployment brought which commit first;
- **GitHub**, for products that live there: pull requests with reviews and checks, issues and incidents, releases,
  deployments with their states;
- **feeds**: the CSV files and SQL statements of `delivery.feeds` in the product file (`docs/feeds.md`).

A stream is read from its feed, if it has one, else from git or GitHub.

One task per product. A source that does not answer hinders neither the others nor other products; the task is red at its
end and names it, and the next reading goes on where this one ended. What was passed over (a deployment of a commit that the
repository does not have) is a warning in the log. `release_ops.ingest_state` and the page **Metrics** show how far each
stream was read. Reading twice is reading once.

`publish` tells the asset `release_ops/delivery_facts` what changed, which starts `delivery_metrics`; it is skipped where
nothing has.

Run it by hand for one product, or with *Read everything again*.
"""

with DAG(
    dag_id="delivery_ingest",
    dag_display_name="Delivery ingest",
    description="Reads commits, pull requests, checks, issues, releases, deployments and incidents.",
    doc_md=DOC,
    schedule="20 * * * *",
    start_date=pendulum.datetime(2020, 1, 1, tz="UTC"),
    catchup=False,
    max_active_runs=1,
    tags=["metrics"],
    params={
        "product": Param(None, type=["null", "string"], title="Product", section="Run by hand"),
        "full": Param(False, type="boolean", title="Read everything again", section="Run by hand"),
    },
    default_args={"owner": "release-management", "retries": 2, "retry_delay": timedelta(minutes=1)},
):
    products = ListProductsOperator(task_id="products", product="{{ params.product or '' }}")
    ingest = IngestOperator.partial(
        task_id="ingest",
        full="{{ params.full }}",
        map_index_template="{{ task.product }}",
        # Most of them wait for the same hosts.
        max_active_tis_per_dagrun=8,
    ).expand(product=products.output)
    PublishFactsOperator(
        task_id="publish", changes=ingest.output["changes"], outlets=[DELIVERY_FACTS], trigger_rule="all_done"
    )
