"""By hand: give a feature flag to more and more people, each step proven before the next."""

from __future__ import annotations

from datetime import timedelta

import pendulum
from airflow.sdk import DAG, Param

from release_ops.operators.approval import SeatOperator
from release_ops.operators.flags import ACTIONS, START, PrepareRampOperator, RampFlagOperator

DOC = """
## Flag ramp

One run leads one flag in one environment through the steps of its plan (section `flags` of the product file):

1. `prepare` asks the engine (a flagd file in git, or Unleash) what it serves, and works out what the first step does to
   people. **A change that would throw users about is refused**, unless the form allows it with a reason.
2. `ask` collects the approvals that the plan asks for; without any nobody is asked.
3. `ramp` takes step after step. Each lasts its interval and waits for its analyses; a **bad** step goes back as the plan
   says (`on_failure`), pauses and opens an incident; without data the step is **held**. Between steps no worker is used.

Actions of the form: `start`; `resume` goes on after a pause, and accepts a step that is held; `pause`; `stop` leaves
the flag where it is for good. Each of the last three takes the open ramp over: the run that led it ends.

Everything is in `release_metrics.flag_ramp`, `flag_ramp_step` and `flag_change`. **To switch a flag off, use flag_kill.**

**When it fails:** clear `ramp`: it goes on where it was, and nothing is written twice. `docs/flags.md` has the rest.
"""

with DAG(
    dag_id="flag_ramp",
    dag_display_name="Flag ramp",
    description="Gives a feature flag to more and more people, each step proven before the next.",
    doc_md=DOC,
    schedule=None,
    start_date=pendulum.datetime(2020, 1, 1, tz="UTC"),
    catchup=False,
    tags=["flags"],
    params={
        "product": Param("", type="string", minLength=1, title="Product"),
        "flag": Param("", type="string", minLength=1, title="Flag"),
        "environment": Param("production", type="string", minLength=1, title="Environment"),
        "action": Param(START, type="string", enum=[*ACTIONS], title="Action"),
        "reason": Param("", type=["null", "string"], title="Reason"),
        "may_rebucket": Param(
            False,
            type="boolean",
            title="Users may be thrown about",
            description="Allows a change after which users lose the flag or get another variant without need. Say why.",
        ),
    },
    default_args={"owner": "release-management", "retries": 5, "retry_delay": timedelta(minutes=1)},
):
    prepare = PrepareRampOperator(
        task_id="prepare",
        product="{{ params.product }}",
        flag="{{ params.flag }}",
        environment="{{ params.environment }}",
        action="{{ params.action }}",
        reason="{{ params.reason or '' }}",
        may_rebucket="{{ params.may_rebucket }}",
    )
    ask = SeatOperator.partial(task_id="ask", map_index_template="{{ task.seat }}").expand_kwargs(prepare.output)
    RampFlagOperator(task_id="ramp", run=prepare.output["run"], answers=ask.output, trigger_rule="none_failed")
