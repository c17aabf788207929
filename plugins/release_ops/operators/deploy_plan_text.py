"""What is going to happen in a deployment, for whoever approves it."""

from __future__ import annotations

from typing import Any

from airflow.sdk import Context

from release_ops import rollouts
from release_ops.operators import parts
from release_ops.operators.artifacts import MadeLink, keep, page_of
from release_ops.operators.milestone import MilestoneOperator
from release_ops.operators.rollout_evidence import evidence

PLAN = MadeLink("Plan")


class ShowPlanOperator(MilestoneOperator):
    """Writes the steps of the rollout and its way back down, before anything happens. Returns body, as Markdown."""

    operator_extra_links = (PLAN,)

    def execute(self, context: Context) -> dict[str, Any]:
        """Keep the plan."""
        run = self.run_facts
        store = parts.open_store()
        body = evidence(store, parts.product_of(run), rollouts.find(store, run["rollout"]))
        name = f"{run['environment']}-{run['deployed']}-{run['attempt']}-plan.md"
        keep(store, run, name, body)
        self.made = {PLAN.name: page_of(run, name)}
        return {"body": body}
