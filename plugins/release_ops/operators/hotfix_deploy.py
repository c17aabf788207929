"""A hotfix is deployed: `release_deploy` is started for one environment after the other, and awaited without a worker."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

from airflow.providers.standard.triggers.external_task import DagStateTrigger
from airflow.sdk import Context
from airflow.sdk.exceptions import AirflowFailException, DagRunTriggerException

from release_ops.domain.model import Product
from release_ops.operators import parts
from release_ops.operators.hotfix import known
from release_ops.operators.hotfix_tell import tell_station
from release_ops.operators.milestone import MilestoneOperator
from release_ops.store import Store

if TYPE_CHECKING:
    from airflow.utils.state import DagRunState

DEPLOY = "release_deploy"
ENDED = ["success", "failed"]
PROMOTED, LIVE = "promoted", "live already"


class DeployHotfixOperator(MilestoneOperator):
    """Brings the hotfix to every environment that finals reach, in their order; the next one only after the one before.

    A run of `release_deploy` that is at it already is waited for, not doubled. Fails when an environment was not promoted:
    clear this task once it may be tried again. Returns the environments with their states; a product without any goes on.
    """

    template_fields: Sequence[str] = ("run_facts",)

    def execute(self, context: Context, event: Any = None) -> dict[str, Any]:
        """Start or await the first environment that does not have it; tell when all have."""
        run = self.run_facts
        product, emergency = parts.product_of(run), known(run)
        store = parts.open_store()
        wanted = environments_of(product)
        if not wanted:
            self.log.warning(
                "%s has no section `deploy`: the hotfix is out as a tag, and nothing is deployed", product.id
            )
            return {"environments": {}}
        for environment in wanted:
            last = last_rollout(store, run, environment)
            if last is not None and last["state"] == PROMOTED:
                continue
            self._deploy(context, environment, last)
        rows = {environment: last_rollout(store, run, environment) for environment in wanted}
        ended = [row["ended_at"] for row in rows.values() if row is not None and row["ended_at"]]
        at = max(ended, default=datetime.now(UTC))
        store.execute("hotfix_station", product=product.id, version=run["version"], deployed_at=at)
        tell_station(parts.open_ledger(), run, emergency, "deployed", environments=list(wanted), at=at)
        return {"environments": {name: row["state"] if row else LIVE for name, row in rows.items()}}

    def execute_complete(self, context: Context, event: Any = None) -> dict[str, Any]:
        """A run of `release_deploy` has ended."""
        return self.execute(context, event=event)

    def _deploy(self, context: Context, environment: str, last: Mapping[str, Any] | None) -> None:
        """Wait for the run that deploys there, begun if there is none: by its exception Airflow starts it, and defers us.

        Returns where the version was live before.
        """
        run = self.run_facts
        run_id = f"deploy__{run['product']}_{run['version']}_{environment}"
        if last is not None:
            run_id = last["run_id"] or run_id
        pause = int(float(os.environ.get("RELEASE_OPS_POLL_SECONDS", "15"))) or 1
        if context["ti"].get_dr_count(dag_id=DEPLOY, run_ids=[run_id]):
            states = ["queued", "running"]
            if not context["ti"].get_dr_count(dag_id=DEPLOY, run_ids=[run_id], states=states):
                if last is None and context["ti"].get_dr_count(dag_id=DEPLOY, run_ids=[run_id], states=["success"]):
                    # It ended well and opened no rollout: the version was live there before.
                    self.log.warning("%s %s is live in %s already", run["product"], run["version"], environment)
                    return
                state = "was not begun" if last is None else f"ended {last['state']}"
                raise AirflowFailException(
                    f"{run['product']} {run['version']} {state} in {environment}: look at the run {run_id} of {DEPLOY}; "
                    "when it may be tried again, clear that run, and then the task `deploy` of this one"
                )
            trigger = DagStateTrigger(
                dag_id=DEPLOY,
                states=cast("list[DagRunState]", ENDED),
                run_ids=[run_id],
                execution_dates=None,
                poll_interval=pause,
            )
            self.defer(trigger=trigger, method_name="execute_complete")
        raise DagRunTriggerException(
            trigger_dag_id=DEPLOY,
            dag_run_id=run_id,
            conf={
                "product": run["product"],
                "version": run["version"],
                "environment": environment,
                "reason": f"hotfix, started by {run['run_id']}",
                "kind": "hotfix",
            },
            reset_dag_run=False,
            skip_when_already_exists=False,
            wait_for_completion=True,
            allowed_states=ENDED,
            failed_states=[],
            poke_interval=pause,
            deferrable=True,
        )


def environments_of(product: Product) -> tuple[str, ...]:
    """Environments that the tags of finals reach, in order of promotion: by themselves or after one that they reach."""
    policy = getattr(product, "deploy", None)
    found: list[str] = []
    for name, environment in (policy.environments if policy is not None else {}).items():
        if "ga" in environment.milestones or any(before in found for before in environment.after):
            found.append(name)
    return tuple(found)


def last_rollout(store: Store, run: Mapping[str, Any], environment: str) -> Mapping[str, Any] | None:
    """Last deployment of the hotfix to an environment; None before the first."""
    return store.one("hotfix_rollout", product=run["product"], version=run["version"], environment=environment)
