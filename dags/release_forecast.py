"""Weekly: when will every open release be done, and what to propose where that is too late."""

from __future__ import annotations

from datetime import timedelta

import pendulum
from airflow.sdk import DAG, Param

from release_ops.operators.forecast import ForecastReleasesOperator
from release_ops.operators.predictions import PREDICTION

DOC = """
## Release forecast

Every Monday, for every release between planning and GA: resamples the team's own throughput 10,000 times and tells by when
the rest of the scope is done with a chance of 50, 85 and 95 %.

- The report `forecast.md` is among the artifacts of the release: dates, chance to be on time, burn-up, whether the
  history is stable enough, and how good earlier predictions were.
- Every prediction is written into `release_metrics.prediction`; `calendar_watch` scores it when its outcome is known.
- Where the 85 % date is later than the planned GA, the audiences under `problems_to` (and `release`, if the product has it)
  get **an early proposal**: a legal later date, or which features to leave out. Once per week and release.
- A release without a usable history has a report that says why there is no forecast; that is no failure.

Run it by hand with a product and a version to forecast one release now.
"""

with DAG(
    dag_id="release_forecast",
    dag_display_name="Release forecast",
    description="Forecasts every open release weekly and proposes early where the plan does not hold.",
    doc_md=DOC,
    schedule="0 6 * * 1",
    start_date=pendulum.datetime(2020, 1, 1, tz="UTC"),
    catchup=False,
    max_active_runs=1,
    tags=["planning", "forecast"],
    params={
        "product": Param(None, type=["null", "string"], title="Product", section="Run by hand"),
        "version": Param(None, type=["null", "string"], title="Version", section="Run by hand"),
    },
    default_args={"owner": "release-management", "retries": 2, "retry_delay": timedelta(minutes=1)},
):
    ForecastReleasesOperator(
        task_id="forecast",
        product="{{ params.product or '' }}",
        version="{{ params.version or '' }}",
        outlets=[PREDICTION],
    )
