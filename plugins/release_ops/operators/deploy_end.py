"""The end of a deployment: checks that follow, what is told and recorded, and the environment that comes next."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from airflow.sdk import Asset, BaseOperator, Context
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from release_ops import rollouts
from release_ops.domain.model import MilestoneKind, Product
from release_ops.domain.rollout_state import Phase
from release_ops.operators import parts, rollout_news
from release_ops.operators.announce import tell
from release_ops.operators.artifacts import MadeLink, keep, page_of
from release_ops.operators.deploy import ROLLBACK, environment_of, may_come
from release_ops.operators.effects import key_of
from release_ops.operators.milestone import DecidedOperator, MilestoneOperator
from release_ops.operators.rollout_evidence import evidence
from release_ops.rollouts import Rollout
from release_ops.store import Store

DEPLOYED, ROLLED_BACK = Asset("release_ops/deployed"), Asset("release_ops/rolled_back")
DELIVERY_FACTS = Asset("release_ops/delivery_facts")
REPORT = MadeLink("Rollout report")


class AnnounceDeployOperator(DecidedOperator):
    """Tells whoever has not been told yet: start, holds and end of the rollout, or why it was not begun.

    A channel that fails makes the task fail after all others were tried; a retry sends only what is missing.
    """

    def execute(self, context: Context) -> dict[str, Any]:
        """Send what is missing."""
        run, decision = self.run_facts, self.decision
        product, ledger = parts.product_of(run), parts.open_ledger()
        if not decision["proceed"]:
            occasion = f"{run['occasion']}:blocked:{decision['decided_at']}"
            return tell(ledger, product, run, "blocked", occasion, {"decision": decision})
        rollout = rollouts.find(ledger.store, run["rollout"])
        return {"messages": rollout_news.announce(ledger, product, environment_of(product, run), run, rollout)}


class RecordDeployOperator(DecidedOperator):
    """Writes the facts and the report once more, whole. Returns what assets say of the rollout, and why it ended."""

    operator_extra_links = (REPORT,)

    def execute(self, context: Context) -> dict[str, Any]:
        """Record."""
        run = self.run_facts
        product, store = parts.product_of(run), parts.open_store()
        rollout = rollouts.find(store, run["rollout"])
        rollout_news.record(store, environment_of(product, run), rollout)
        name = rollout_news.report_name(rollout)
        keep(store, run, name, evidence(store, product, rollout))
        self.made = {REPORT.name: page_of(run, name)}
        facts = told_of(rollout)
        for asset in self.outlets:
            context["outlet_events"][asset].extra = facts
        return {**facts, "detail": rollout.state.why}


class TellEndOperator(MilestoneOperator):
    """Tells the assets in its outlets that a rollout ended in `phase`; skipped when it ended otherwise.

    Where the way back should have been verified and was not, the task for `rolled_back` fails: the environment needs people,
    and nobody may overlook it.
    """

    def __init__(self, *, phase: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.phase = phase

    def execute(self, context: Context) -> dict[str, Any]:
        """Tell."""
        rollout = rollouts.find(parts.open_store(), self.run_facts["rollout"])
        if self.phase == Phase.ROLLED_BACK and rollout.state.phase is Phase.FAILED:
            raise AirflowFailException(rollout.state.why)
        if rollout.state.phase != self.phase:
            raise AirflowSkipException(f"{rollout.id} is {rollout.state.phase.replace('_', ' ')}")
        facts = told_of(rollout)
        for asset in self.outlets:
            context["outlet_events"][asset].extra = facts
        return facts


def told_of(rollout: Rollout) -> dict[str, Any]:
    """What the assets say of a rollout."""
    return {
        "product": rollout.product,
        "version": rollout.version,
        "environment": rollout.environment,
        "rollout": rollout.id,
        "state": rollout.state.phase.value,
        "ended_at": rollout.ended_at.isoformat() if rollout.ended_at else None,
    }


class FollowOperator(MilestoneOperator):
    """Returns the environments that the version goes to next by itself, ready for `TriggerDagRunOperator.expand_kwargs`.

    Those are automatic, take the tags of the milestone that made the version, and have it promoted in all environments
    before them. What one environment goes back to is of no concern to the others.
    """

    def execute(self, context: Context) -> list[dict[str, Any]]:
        """The next environments."""
        run = self.run_facts
        if run["purpose"] == ROLLBACK:
            return []
        product, store = parts.product_of(run), parts.open_store()
        found = [
            environment.name
            for environment in product.deploy.following(run["environment"])
            if environment.automatic
            and run["milestone"] in environment.milestones
            and not may_come(store, product, environment, run["deployed"])
        ]
        reason = f"promoted in {run['environment']} by {run['run_id']}"
        return [start_of(product.id, run["deployed"], name, reason, run["purpose"]) for name in found]


class StartDeploymentsOperator(BaseOperator):
    """Returns the environments to which the tag of a milestone goes by itself, ready for `expand_kwargs`.

    `key` is the partition key of the milestone's run, `webapp:2.8.0:rc`. Skipped where the product is not deployed at all.
    """

    template_fields: Sequence[str] = ("key",)

    def __init__(self, *, key: str = "{{ dag_run.partition_key or '' }}", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.key = key

    def execute(self, context: Context) -> list[dict[str, Any]]:
        """The first environments of the tag that the milestone made."""
        product_id, version, kind = (*self.key.split(":"), "", "", "")[:3]
        product = parts.product_of({"product": product_id})
        if not product.deploy.environments:
            raise AirflowSkipException(f"{product.id} is not deployed from here")
        store = parts.open_store()
        deployed = tagged_version(store, product, version, kind)
        found = [
            environment.name
            for environment in product.deploy.of_milestone(kind)
            if not may_come(store, product, environment, deployed) and (environment.automatic or not environment.after)
        ]
        return [start_of(product.id, deployed, name, f"{kind} of {version}", "release") for name in found]


def start_of(product: str, version: str, environment: str, reason: str, purpose: str) -> dict[str, Any]:
    """Arguments of the TriggerDagRunOperator that starts a deployment; the same one twice is one run."""
    return {
        "trigger_run_id": f"deploy__{product}_{version}_{environment}",
        "conf": {
            "product": product,
            "version": version,
            "environment": environment,
            "reason": reason,
            "kind": purpose,
        },
    }


def tagged_version(store: Store, product: Product, version: str, kind: str) -> str:
    """Version that a milestone tagged: `2.8.0-rc.1` of the rc of 2.8.0; of GA the release's own."""
    if kind == MilestoneKind.GA:
        return version
    run = {"product": product.id, "version": version, "kind": kind, "occasion": ""}
    row = store.one("effect_one", key=key_of("tag", run))
    if row is None or row["state"] != "done":
        raise AirflowFailException(f"{product.id} {version}: its {kind} made no tag, so there is nothing to deploy")
    return str(row["result"]["chosen"]["version"])
