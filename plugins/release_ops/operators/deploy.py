"""The beginning of a deployment: which version goes where, from which one before; and what becomes of a run that failed."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from airflow.sdk import BaseOperator, Context
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from release_ops import rollouts
from release_ops.adapters.driver import DriverError
from release_ops.domain.deploy_policy import Environment, Step, StepKind
from release_ops.domain.deploying import Live, Target
from release_ops.domain.model import MilestoneKind, Product
from release_ops.domain.rollout import advance
from release_ops.domain.rollout_plan import plan_of
from release_ops.domain.rollout_state import Command, Order
from release_ops.domain.versions import read_version
from release_ops.operators import parts
from release_ops.operators.announce import tell
from release_ops.operators.drivers import open_driver
from release_ops.operators.milestone import MilestoneOperator
from release_ops.product import ProductError
from release_ops.rollouts import Rollout, RolloutError
from release_ops.store import Store

log = logging.getLogger(__name__)

KIND = "deploy"
"""Kind of the runs that deploy, beside those of the milestones."""
ROLLBACK = "rollback"
KINDS = ("release", "hotfix", ROLLBACK)
"""Why a version is deployed."""
_LABELS = {kind.value: kind for kind in (MilestoneKind.ALPHA, MilestoneKind.BETA, MilestoneKind.RC)}


class ResolveDeployOperator(BaseOperator):
    """Finds the version and the environment, what is live there, and opens the rollout.

    Returns the run as a mapping like that of a milestone: product, version (of the release), kind `deploy`, planned_at,
    run_id, dag_id, late, reason, started_by and occasion; besides environment, deployed (the version itself, which of a
    pre-release differs), rollout, attempt, previous, tag, commit, milestone and purpose (release, hotfix or rollback).
    Skips everything after it when there is nothing to deploy. Nothing is changed yet.
    """

    template_fields: Sequence[str] = ("product", "version", "environment", "reason", "purpose")

    def __init__(
        self, *, product: str, version: str, environment: str, reason: str = "", purpose: str = "", **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.product = product
        self.version = version
        self.environment = environment
        self.reason = reason
        self.purpose = purpose

    def execute(self, context: Context) -> dict[str, Any]:
        """Resolve, look, open."""
        dag_run, dag_id = context["dag_run"], context["dag"].dag_id
        product, environment = named(self.product, self.version, self.environment)
        purpose = self.purpose if self.purpose in KINDS else KINDS[0]
        started_by = dag_run.triggering_user_name if dag_run.run_type == "manual" else None
        store = parts.open_store()
        if purpose == KINDS[0]:
            _check_order(store, product, environment, self.version)
        commit = _tagged(product, self.version)
        tag = product.repository.tag_name(self.version)
        live = _live(product, environment, self.version, tag, commit)
        if live.shows(self.version, 100) and not _is_unfinished(store, product, environment, self.version):
            raise AirflowSkipException(f"{product.id} {self.version} is live in {environment.name} already")
        rollout = self._open(
            context,
            store,
            product=product.id,
            version=self.version,
            environment=environment.name,
            strategy=environment.strategy.value,
            driver=environment.driver,
            steps=plan_of(
                environment_for(environment, purpose),
                self.version,
                _previous(store, product, environment, self.version, live),
            ),
            ref=tag,
            commit=commit,
            kind=purpose,
            requested_by=started_by or "",
            reason=self.reason,
            run_id=dag_run.run_id,
            dag_id=dag_id,
            at=datetime.now(UTC),
        )
        return run_of(product, rollout, started_by=started_by or None)

    def _open(self, context: Context, store: Store, **about: Any) -> Rollout:
        """Open the rollout, or take one of this version over whose run has gone."""
        try:
            return rollouts.plan(store, **about)
        except RolloutError as error:
            other = rollouts.open_one(store, about["product"], about["environment"])
            states = ["queued", "running"]
            if other is None or context["ti"].get_dr_count(dag_id=other.dag_id, run_ids=[other.run_id], states=states):
                raise AirflowFailException(str(error)) from error
            if other.version == about["version"]:
                log.info("%s goes on here: its run %s has ended in Airflow", other.id, other.run_id)
                return rollouts.adopt(store, other, run_id=about["run_id"], dag_id=about["dag_id"])
            if other.state.asked >= 0:
                raise AirflowFailException(
                    f"{error}. That run has ended in Airflow before its rollout: clear its task `roll`, so that it goes on"
                ) from error
            give_up(store, other, f"its run {other.run_id} ended in Airflow before anything was changed")
            return rollouts.plan(store, **about)


def named(product_id: str, version: str, environment: str) -> tuple[Product, Environment]:
    """The product and the environment of a form. AirflowFailException says what there is; AirflowSkipException: nothing."""
    if not product_id or not version:
        raise AirflowFailException(
            "this run names no version: trigger it with a product, a version and an environment, such as webapp, 2.8.0 and "
            "production"
        )
    try:
        product = parts.product_of({"product": product_id})
    except (ProductError, OSError) as error:
        raise AirflowFailException(str(error)) from error
    known = product.deploy.environments
    if not known:
        raise AirflowSkipException(
            f"{product.id} is not deployed from here: its product file has no deploy.environments"
        )
    if environment not in known:
        raise AirflowFailException(
            f"{product.id} has no environment {environment or '(none named)'}; deploy.environments has: {', '.join(known)}"
        )
    return product, known[environment]


def environment_of(product: Product, run: Mapping[str, Any]) -> Environment:
    """Environment of a run as its product file has it now; RolloutError when it is gone.

    That is no end of the run: a file that is put right in time lets the next try go on.
    """
    known = product.deploy.environments
    if run["environment"] not in known:
        raise RolloutError(
            f"{product.id}: deploy.environments of the product file no longer has {run['environment']} (it has: "
            f"{', '.join(known) or 'none'}), and {run['rollout']} is not over: put it back, then clear this task"
        )
    return known[run["environment"]]


def run_of(product: Product, rollout: Rollout, *, started_by: str | None) -> dict[str, Any]:
    """The run that the steps of a deployment are given."""
    release, milestone = release_and_milestone(product, rollout.version)
    pre = f":{rollout.version}" if rollout.version != release else ""
    return {
        "product": product.id,
        "version": release,
        "kind": KIND,
        "planned_at": rollout.planned_at.isoformat(),
        "run_id": rollout.run_id,
        "dag_id": rollout.dag_id,
        "late": False,
        "reason": rollout.reason,
        "started_by": started_by,
        "occasion": f":{rollout.environment}{pre}:{rollout.attempt}",
        "environment": rollout.environment,
        "deployed": rollout.version,
        "rollout": rollout.id,
        "attempt": rollout.attempt,
        "previous": rollout.plan.previous,
        "tag": rollout.ref,
        "commit": rollout.commit,
        "milestone": milestone.value,
        "purpose": rollout.kind,
    }


def release_and_milestone(product: Product, version: str) -> tuple[str, MilestoneKind]:
    """Version of the release that a version belongs to, and the milestone that made it: `2.8.0-rc.1` is of 2.8.0's rc."""
    planned = {release.version for release in product.releases}
    if version in planned:
        return version, MilestoneKind.GA
    try:
        parsed = read_version(version, product.repository.tag)
    except ValueError:
        return version, MilestoneKind.GA
    label = str(parsed.prerelease or "").partition(".")[0]
    return str(parsed.finalize_version()), _LABELS.get(label, MilestoneKind.GA)


def may_come(store: Store, product: Product, environment: Environment, version: str) -> tuple[str, ...]:
    """Environments that have still to promote a version before it may come to this one."""
    promoted = {row["environment"] for row in store.all("rollout_promoted_in", product=product.id, version=version)}
    return tuple(name for name in environment.after if name not in promoted)


def _check_order(store: Store, product: Product, environment: Environment, version: str) -> None:
    if missing := may_come(store, product, environment, version):
        raise AirflowFailException(
            f"{product.id} {version} has not been promoted in {' and '.join(missing)}, which comes before "
            f"{environment.name}: deploy it there first, or change deploy.environments.{environment.name}.after. "
            "Nothing was changed"
        )


def _tagged(product: Product, version: str) -> str:
    """Commit of the version's tag."""
    repository = parts.open_repository(product)
    repository.fetch()
    name = product.repository.tag_name(version)
    tag = repository.find_tag(name)
    if tag is None:
        raise AirflowFailException(
            f"{product.id} {version}: the repository has no tag {name}: only what is tagged is deployed. Nothing was changed"
        )
    return tag.commit


def _live(product: Product, environment: Environment, version: str, tag: str, commit: str) -> Live:
    """What is live there; AirflowFailException if the driver cannot say, for then it cannot deploy either."""
    target = Target(
        product=product.id,
        version=version,
        ref=tag,
        commit=commit,
        environment=environment.name,
        weight=0,
        previous="",
        strategy=environment.strategy.value,
    )
    try:
        return open_driver(product, environment).look(target)
    except DriverError as error:
        raise AirflowFailException(
            f"{environment.name}: what is live there cannot be told: {error}. Nothing was changed"
        ) from error


def _previous(store: Store, product: Product, environment: Environment, version: str, live: Live) -> str:
    """Version that the way back leads to: what is live; where that is this version, half out, the last promoted one."""
    if live.version and live.version != version:
        return live.version
    row = store.one("rollout_promoted", product=product.id, environment=environment.name, version=version)
    return row["version"] if row else ""


def _is_unfinished(store: Store, product: Product, environment: Environment, version: str) -> bool:
    """Whether a rollout of ours brought a version there and did not promote it: it may be at its last analysis."""
    about = {"product": product.id, "environment": environment.name}
    if (current := rollouts.open_one(store, **about)) is not None and current.version == version:
        return True
    rows = [row for row in store.all("rollout_attempts", version=version, **about) if row["started_at"]]
    return bool(rows) and rows[0]["state"] != "promoted"


def environment_for(environment: Environment, purpose: str) -> Environment:
    """The environment with the steps of a purpose: a way back gives what users had before to all of them at once."""
    if purpose != ROLLBACK:
        return environment
    return replace(environment, steps=(Step(kind=StepKind.WEIGHT, weight=100),), background=())


def give_up(store: Store, rollout: Rollout, why: str, *, by: str = "release_deploy") -> bool:
    """End a rollout that has not changed anything; False, and it stays, if it has."""
    if rollout.state.is_over or rollout.state.asked >= 0:
        return False
    now = datetime.now(UTC)
    turn = advance(rollout.plan, rollout.state, now, commands=[Command(order=Order.ABORT, by=by, reason=why)])
    return rollouts.move(store, rollout, turn.state, at=now, notes=turn.notes)


def note_deploy_failure(context: Context) -> None:
    """Failure callback of every task: what was not begun is ended, what was begun stays open; people hear of it."""
    task_instance = context["ti"]
    run = task_instance.xcom_pull(task_ids="resolve")
    if not run:
        return
    why = f"task {task_instance.task_id} failed: {context.get('exception') or 'see its log'}"[:2000]
    ledger = parts.open_ledger()
    rollout = rollouts.find(ledger.store, run["rollout"])
    if rollout.run_id == run["run_id"] and not give_up(ledger.store, rollout, why) and not rollout.state.is_over:
        why += (
            f". The rollout stays as it is: {rollout.version} has {rollout.state.weight} % of the users. Clear the task: it "
            "goes on from there"
        )
    try:
        occasion = f"{run['occasion']}:failed:{run['run_id']}:{task_instance.task_id}"
        tell(ledger, parts.product_of(run), run, "failed", occasion, {"why": why})
    except Exception:
        log.exception("the failure of %s is on record but could not be announced", run["run_id"])


class DeployStep(MilestoneOperator):
    """One step of a deployment; `run` is what ResolveDeployOperator returned."""

    def rollout(self, store: Store) -> Rollout:
        """The run's rollout as it is now."""
        return rollouts.find(store, self.run_facts["rollout"])
