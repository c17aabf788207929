"""Orders to a rollout that is under way: hold, resume, promote, abort, by a form."""

from __future__ import annotations

from datetime import timedelta

import pendulum
from airflow.sdk import DAG, Param

from release_ops.operators.rollout_control import TellRolloutOperator
from release_ops.product import load_products, products_folder

DOC = """
## Orders to a rollout

| order | what the rollout does |
|---|---|
| `hold` | gives no further users the new version; those who have it keep it |
| `resume` | goes on: out of a hold, with its analyses from the beginning, or out of a pause |
| `promote` | gives it to all users at once; not after a failed analysis |
| `abort` | takes it back |
| `retry` | tries the step, or the way back, once more |

The rollout takes the order within its poll interval (some seconds), a held one within a minute. Your name and reason are
on record. An order that changes nothing is noted with why.
"""

PRODUCTS, _ = load_products(products_folder())
DEPLOYED = {name: product for name, product in PRODUCTS.items() if product.deploy.environments}
ENVIRONMENTS = list(dict.fromkeys(name for one in DEPLOYED.values() for name in one.deploy.environments))

with DAG(
    dag_id="rollout_control",
    dag_display_name="Rollout: hold, resume, promote, abort",
    description="Tells a rollout what to do.",
    doc_md=DOC,
    schedule=None,
    start_date=pendulum.datetime(2020, 1, 1, tz="UTC"),
    catchup=False,
    max_active_runs=50,
    tags=["deployment"],
    params={
        "product": Param(None, type=["null", "string"], enum=[None, *sorted(DEPLOYED)], title="Product"),
        "environment": Param(None, type=["null", "string"], enum=[None, *ENVIRONMENTS], title="Environment"),
        "order": Param("hold", type="string", enum=["hold", "resume", "promote", "abort", "retry"], title="Order"),
        "reason": Param("", type=["null", "string"], maxLength=500, title="Reason"),
    },
    default_args={"owner": "release-management", "retries": 3, "retry_delay": timedelta(seconds=5)},
):
    TellRolloutOperator(
        task_id="tell",
        product="{{ params.product or '' }}",
        environment="{{ params.environment or '' }}",
        order="{{ params.order }}",
        reason="{{ params.reason or '' }}",
    )
