"""The emergency train, started by a form: fix, two approvals, tests, tag, deployment and merge-back within hours."""

from __future__ import annotations

from datetime import timedelta

import pendulum
from airflow.sdk import DAG, Asset, Param, chain, cross_downstream

from release_ops.operators.approval import SeatOperator, SeatsOperator
from release_ops.operators.hotfix import PickFixesOperator, ResolveHotfixOperator
from release_ops.operators.hotfix_deploy import DeployHotfixOperator
from release_ops.operators.hotfix_end import (
    CriteriaSeatsOperator,
    EndHotfixOperator,
    HotfixBlockedOperator,
    HotfixDecideOperator,
    HotfixGateOperator,
    NoteCriteriaOperator,
)
from release_ops.operators.hotfix_merge import MergeBackOperator
from release_ops.operators.hotfix_publish import PublishHotfixOperator
from release_ops.operators.hotfix_tests import ExpeditedTestsOperator
from release_ops.operators.record import note_failure
from release_ops.product import load_products, products_folder

DOC = """
## Hotfix

Mends what is broken in production, from the released tag to the tag `x.y.(z+1)`, its deployment and its way back to the
default branch and to every open release branch. `docs/hotfix.md` says what to do at 3 at night.

**To start it:** *Trigger*, fill in the form. What is wrong with it is told at once in the log of `resolve`, and nothing has
been made then. `release-ops hotfix FILE --affected V --fix SHA` shows beforehand what would happen.

| step | what happens |
|---|---|
| `resolve` | checks the form, numbers the hotfix, tells that it has started |
| `pick` | cuts `hotfix/x.y.z` at the released tag and picks the fixes; a conflict fails it with the commands to resolve it |
| `quality_gate`, `approve` | the minimal gate; technical lead and product owner, two people, neither of whom started it |
| `expedited_tests` | asks for the tests of the commit until they are there; takes no worker meanwhile |
| `publish` | changelog, tag, release; exactly once. Security: only now it is said what it is |
| `deploy` | starts `release_deploy` for each environment in order and waits |
| `merge_back` | merges the tag back; what conflicts or is protected waits as a pull request or a branch |
| `end` | writes down that it is done, and by when the retrospective is due |
| `confirm` | asks a technical lead which success criteria are met |
| `report_blocked` | instead, when gate, people or tests said no |

**When a task fails:** its log says what to do; then *Clear* that task. Nothing that was done is done twice.
"""

PRODUCTS, _ = load_products(products_folder())
"""Files with errors are left out here; the DAG file `product_files.py` shows them as an import error."""

REASONS = {key: one.title for product in PRODUCTS.values() for key, one in product.hotfix.reasons.items()}
SEVERITIES = list(dict.fromkeys(one for product in PRODUCTS.values() for one in product.hotfix.severities))

FORM = {
    "product": Param(None, type=["null", "string"], enum=[None, *sorted(PRODUCTS)], title="Product"),
    "affected": Param(
        "", type=["null", "string"], maxLength=60, title="Affected version", description="Released, like 2.8.0"
    ),
    "severity": Param(
        SEVERITIES[0] if SEVERITIES else "", type=["null", "string"], enum=[None, "", *SEVERITIES], title="Severity"
    ),
    "reason": Param(
        "",
        type=["null", "string"],
        enum=[None, "", *sorted(REASONS)],
        values_display={"": "", **REASONS},
        title="Why it cannot wait",
    ),
    "why": Param(
        "",
        type=["null", "string"],
        maxLength=500,
        title="What is broken, for whom",
        description="One sentence. It is told to the audiences, unless this is a security release.",
    ),
    "fixes": Param(
        "",
        type=["null", "string"],
        format="multiline",
        maxLength=5000,
        title="Fixes",
        description="One per line: a commit of the default branch, a pull request (#123), or a branch",
    ),
    "success": Param(
        "",
        type=["null", "string"],
        format="multiline",
        maxLength=2000,
        title="Success criteria",
        description="One per line: what shows that it is mended",
    ),
    **{
        f"advisory_{name}": Param(
            "",
            type=["null", "string"],
            maxLength=300,
            title=title,
            description=about,
            section="Security: told once it is out",
        )
        for name, title, about in (
            ("id", "Advisory", "CVE-2026-12345 or GHSA-..."),
            ("title", "What the weakness is", "Whoever may see this DAG's runs in Airflow can read it before."),
            ("affected", "Affected versions", "2.6.0 to 2.8.0; the affected version without it"),
            ("credit", "Reported by", ""),
        )
    },
}

with DAG(
    dag_id="release_hotfix",
    dag_display_name="Hotfix",
    description="Mends what is broken in production: fixes, approvals, tests, tag, deployment, merge-back.",
    doc_md=DOC,
    schedule=None,
    start_date=pendulum.datetime(2020, 1, 1, tz="UTC"),
    catchup=False,
    max_active_runs=50,
    tags=["hotfix", "release-train"],
    params=FORM,
    default_args={
        "owner": "release-management",
        "retries": 3,
        "retry_delay": timedelta(seconds=15),
        "retry_exponential_backoff": True,
        "max_retry_delay": timedelta(minutes=5),
        "on_failure_callback": note_failure,
    },
) as dag:
    resolve = ResolveHotfixOperator(task_id="resolve", form={name: f"{{{{ params.{name} or '' }}}}" for name in FORM})
    run = resolve.output
    pick = PickFixesOperator(task_id="pick", run=run)
    gate = HotfixGateOperator(task_id="quality_gate", run=run, picked=pick.output)
    seats = SeatsOperator(task_id="seats", run=run, gate_result=gate.output)
    approve = SeatOperator.partial(task_id="approve", map_index_template="{{ task.seat }}").expand_kwargs(seats.output)
    decide = HotfixDecideOperator(
        task_id="decide",
        run=run,
        gate_result=gate.output,
        answers=approve.output,
        proceed="expedited_tests",
        blocked="report_blocked",
        trigger_rule="none_failed_min_one_success",
    )
    facts = {"run": run, "decision": decide.output["decision"]}
    tests = ExpeditedTestsOperator(task_id="expedited_tests", proceed="publish", blocked="report_blocked", **facts)
    publish = PublishHotfixOperator(
        task_id="publish", picked=pick.output, outlets=[Asset("release_ops/hotfix")], **facts
    )
    blocked = HotfixBlockedOperator(
        task_id="report_blocked",
        tests="expedited_tests",
        trigger_rule="none_failed_min_one_success",
        **facts,
    )
    deploy = DeployHotfixOperator(task_id="deploy", run=run)
    merge_back = MergeBackOperator(task_id="merge_back", run=run, published=publish.output)
    end = EndHotfixOperator(task_id="end", run=run)
    criteria = CriteriaSeatsOperator(task_id="criteria", run=run)
    confirm = SeatOperator.partial(task_id="confirm").expand_kwargs(criteria.output)
    NoteCriteriaOperator(
        task_id="note_criteria", run=run, answers=confirm.output, trigger_rule="none_failed_min_one_success"
    )
    chain(decide, [tests, blocked])
    cross_downstream([tests], [publish, blocked])
    chain(publish, deploy, merge_back, end, criteria)
