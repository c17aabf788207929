"""Deployments: one run brings one version of one product to one environment, step by step, or takes it back."""

from __future__ import annotations

from datetime import timedelta

import pendulum
from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
from airflow.sdk import DAG, Asset, Param, PartitionedAssetTimetable, chain

from release_ops.domain.deploy_policy import ValidationPhase
from release_ops.domain.tickets_policy import AT_PROMOTION
from release_ops.operators.approval import SeatOperator
from release_ops.operators.deploy import ResolveDeployOperator, note_deploy_failure
from release_ops.operators.deploy_end import (
    DELIVERY_FACTS,
    DEPLOYED,
    ROLLED_BACK,
    AnnounceDeployOperator,
    FollowOperator,
    RecordDeployOperator,
    StartDeploymentsOperator,
    TellEndOperator,
)
from release_ops.operators.deploy_gate import (
    AwaitDeployWindowOperator,
    DeployDecideOperator,
    DeployGateOperator,
    DeploySeatsOperator,
    ReportDeployBlockedOperator,
)
from release_ops.operators.deploy_plan import PlanDeployOperator
from release_ops.operators.rollout import RolloutOperator
from release_ops.operators.tickets import MarkTicketsOperator, note_tickets_failure
from release_ops.operators.validation import TakeBackOperator, ValidateOperator
from release_ops.product import load_products, products_folder

DOC = """
## Deployment

One run brings one version of one product to one environment. It is started by the form, by the tag of a milestone
(`release_deploy_start`), or by the environment before it, as `deploy.environments` of the product file says.

| step | what happens |
|---|---|
| `resolve` | finds the tag, what is live now, and opens the rollout; one at a time per product and environment |
| `plan` | looks whether all is ready, and writes down steps, times, the way back and the guides |
| `quality_gate`, `approve`, `decide` | checks, gate and approvals; **Required Actions** shows what waits for you |
| `await_window` | waits for the product's window, if the environment asks for it |
| `roll` | step by step to all users, or back; takes a worker only for moments. The window is asked again before each step |
| `announce`, `record` | tells the audiences; writes the facts that DORA's measures are made of |
| `promoted`, `rolled_back` | tell the assets `release_ops/deployed` and `release_ops/rolled_back` |
| `validate_*`, `take_back_*` | go through the validation lists when they are due; a critical failure takes it back |
| `tickets` | fix version and transition of the Jira issues, once production has it |
| `follow` | starts the next environments that follow by themselves |

**While it is under way:** trigger `rollout_control` to hold, resume, promote or abort it. **When it is held,** *Required
Actions* asks what to do, with what was measured. **When it failed,** the environment needs people: see `docs/deploying.md`.

A failed task changes nothing and forgets nothing: clear it, and it goes on from where it was.
"""

STARTER = """
## Deployments that follow a milestone

When a milestone has made its tag, each environment that takes the tags of that milestone gets a run of `release_deploy`.
Products without `deploy` in their file are skipped.
"""

PRODUCTS, _ = load_products(products_folder())
DEPLOYED_PRODUCTS = {name: product for name, product in PRODUCTS.items() if product.deploy.environments}
ENVIRONMENTS = list(dict.fromkeys(name for one in DEPLOYED_PRODUCTS.values() for name in one.deploy.environments))
FINALS = sorted({f"{release.version}" for product in DEPLOYED_PRODUCTS.values() for release in product.releases})
DEFAULTS = {
    "owner": "release-management",
    "retries": 3,
    "retry_delay": timedelta(seconds=15),
    "retry_exponential_backoff": True,
    "max_retry_delay": timedelta(minutes=10),
}

with DAG(
    dag_id="release_deploy",
    dag_display_name="Deployment",
    description="Brings a version to an environment step by step, or takes it back.",
    doc_md=DOC,
    schedule=None,
    start_date=pendulum.datetime(2020, 1, 1, tz="UTC"),
    catchup=False,
    max_active_runs=500,
    tags=["deployment"],
    params={
        "product": Param(
            None, type=["null", "string"], enum=[None, *sorted(DEPLOYED_PRODUCTS)], title="Product", section="Deploy"
        ),
        "version": Param(None, type=["null", "string"], examples=FINALS, title="Version", section="Deploy"),
        "environment": Param(
            None, type=["null", "string"], enum=[None, *ENVIRONMENTS], title="Environment", section="Deploy"
        ),
        "reason": Param("", type=["null", "string"], maxLength=500, title="Reason", section="Deploy"),
        "kind": Param("release", type="string", enum=["release", "hotfix", "rollback"], title="Why", section="Deploy"),
    },
    default_args={**DEFAULTS, "on_failure_callback": note_deploy_failure},
):
    resolve = ResolveDeployOperator(
        task_id="resolve",
        product="{{ params.product or '' }}",
        version="{{ params.version or '' }}",
        environment="{{ params.environment or '' }}",
        reason="{{ params.reason or '' }}",
        purpose="{{ params.kind or '' }}",
    )
    run = resolve.output
    plan = PlanDeployOperator(task_id="plan", run=run)
    gate = DeployGateOperator(task_id="quality_gate", run=run, plan=plan.output)
    seats = DeploySeatsOperator(task_id="seats", run=run, gate_result=gate.output)
    approve = SeatOperator.partial(task_id="approve", map_index_template="{{ task.seat }}").expand_kwargs(seats.output)
    decide = DeployDecideOperator(
        task_id="decide",
        run=run,
        gate_result=gate.output,
        answers=approve.output,
        proceed="await_window",
        blocked="report_blocked",
        trigger_rule="none_failed_min_one_success",
    )
    facts = {"run": run, "decision": decide.output["decision"]}
    await_window = AwaitDeployWindowOperator(task_id="await_window", **facts)
    # A lost worker costs a try; a rollout of days may lose many.
    roll = RolloutOperator(task_id="roll", retries=50, retry_exponential_backoff=False, **facts)
    blocked = ReportDeployBlockedOperator(task_id="report_blocked", **facts)
    joined = {"trigger_rule": "none_failed_min_one_success", **facts}
    announce = AnnounceDeployOperator(task_id="announce", **joined)
    record = RecordDeployOperator(task_id="record", outlets=[DELIVERY_FACTS], **joined)
    promoted = TellEndOperator(task_id="promoted", run=run, phase="promoted", outlets=[DEPLOYED])
    rolled_back = TellEndOperator(task_id="rolled_back", run=run, phase="rolled_back", outlets=[ROLLED_BACK])
    follow = FollowOperator(task_id="follow", run=run)
    start_next = TriggerDagRunOperator.partial(
        task_id="start_next", trigger_dag_id="release_deploy", skip_when_already_exists=True
    ).expand_kwargs(follow.output)
    chain(decide, [await_window, blocked])
    chain(await_window, roll, [announce, record])
    chain(blocked, [announce, record])
    chain(record, [promoted, rolled_back])
    chain(promoted, follow)
    for phase in ValidationPhase:
        validate = ValidateOperator(
            task_id=f"validate_{phase}", run=run, rollout=roll.output, phase=phase.value, retries=10
        )
        back = TakeBackOperator(task_id=f"take_back_{phase}", run=run, validation=validate.output)
        start_back = TriggerDagRunOperator.partial(
            task_id=f"start_back_{phase}", trigger_dag_id="release_deploy", skip_when_already_exists=True
        ).expand_kwargs(back.output)
        chain(promoted, validate, back, start_back)
    # Beside the rest: the version is out, whatever its tickets say.
    tickets = MarkTicketsOperator(
        task_id="tickets", run=run, ref=run, moment=AT_PROMOTION, on_failure_callback=note_tickets_failure
    )
    chain(promoted, tickets)

with DAG(
    dag_id="release_deploy_start",
    dag_display_name="Deployments after a milestone",
    description="Starts the deployments of a tag that a milestone made.",
    doc_md=STARTER,
    schedule=PartitionedAssetTimetable(
        assets=Asset("release_ops/alpha")
        | Asset("release_ops/beta")
        | Asset("release_ops/rc")
        | Asset("release_ops/ga")
    ),
    start_date=pendulum.datetime(2020, 1, 1, tz="UTC"),
    catchup=False,
    max_active_runs=500,
    tags=["deployment"],
    default_args=DEFAULTS,
):
    environments = StartDeploymentsOperator(task_id="environments")
    TriggerDagRunOperator.partial(
        task_id="start", trigger_dag_id="release_deploy", skip_when_already_exists=True
    ).expand_kwargs(environments.output)
