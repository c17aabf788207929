"""The plan before the act: what is ready, which steps come when, how long they take, and the way back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from airflow.sdk import Context

from release_ops.adapters.git import GitRepository
from release_ops.adapters.git_process import RepositoryError
from release_ops.deploy_guides import GUIDES, guide, guide_page
from release_ops.deploy_planning import change_between, document, rollback_of, times_of, unplanned
from release_ops.domain.deploy_plan import from_json, judge
from release_ops.domain.deploy_policy import Environment
from release_ops.domain.model import Criterion, Evidence, MilestoneKind, Product, Release
from release_ops.domain.rollback import Change
from release_ops.operators import parts
from release_ops.operators.artifacts import MadeLink, keep, page_of
from release_ops.operators.deploy import environment_for, environment_of
from release_ops.operators.deploy_checks import Ground, look_at_all
from release_ops.operators.milestone import MilestoneOperator
from release_ops.render import render
from release_ops.store import Store

DEPLOY_PLAN = MadeLink("Deployment plan")
GUIDE_LINKS = {name: MadeLink(f"{title}") for name, title in GUIDES.items()}


class PlanDeployOperator(MilestoneOperator):
    """Looks at everything that has to be true before a deployment, and plans it; nothing is changed.

    `run` is what ResolveDeployOperator returned. Returns the plan as JSON (see `deploy_planning.document`) with `body`, its
    Markdown for the approval form; `proceed` is false, with `reasons`, where something stands in the way: a verdict that the
    DAG routes, no error. The plan and the guides are kept as artifacts.
    """

    operator_extra_links = (DEPLOY_PLAN, *GUIDE_LINKS.values())

    def execute(self, context: Context) -> dict[str, Any]:
        """Plan, keep."""
        run = self.run_facts
        product = parts.product_of(run)
        environment = environment_for(environment_of(product, run), run["purpose"])
        store = parts.open_store()
        plan = plan_deployment(store, product, environment, run, datetime.now(UTC))
        self.made = keep_plan(store, product, run, plan)
        return plan


def plan_deployment(
    store: Store, product: Product, environment: Environment, run: Mapping[str, Any], now: datetime
) -> dict[str, Any]:
    """The plan of a run's deployment as of `now` (aware)."""
    release = planned_release(product, run["version"])
    repository, change = _repository(product, run)
    times = times_of(store, product, environment, product.analyses)
    ground = Ground(
        product=product,
        release=release,
        environment=environment,
        version=run["deployed"],
        tag=run["tag"],
        commit=run["commit"],
        previous=run["previous"],
        milestone=MilestoneKind(run["milestone"]),
        purpose=run["purpose"],
        store=store,
        repository=repository,
        now=now,
        lasts=times[1],
        change=change,
        asked=is_asked(environment),
    )
    readiness = judge(look_at_all(product.deploy.readiness.checks, ground))
    about = {
        "version": run["deployed"],
        "release": run["version"],
        **{name: run[name] for name in ("tag", "commit", "previous", "purpose")},
    }
    back = rollback_of(product, release or unplanned(product, run["version"], now), change)
    plan = document(product, environment, about, readiness=readiness, times=times, back=back, planned_at=now)
    return with_body(plan)


def is_asked(environment: Environment) -> bool:
    """Whether people are asked before a deployment."""
    approvals = environment.approvals
    return approvals is not None and bool(approvals.roles or approvals.minimum)


def with_body(plan: Mapping[str, Any]) -> dict[str, Any]:
    """The plan with `body`, its Markdown."""
    bare = {name: value for name, value in plan.items() if name != "body"}
    return {**bare, "body": render("reports/deploy_plan.md.j2", fmt="md", plan=bare)}


def keep_plan(store: Store, product: Product, run: Mapping[str, Any], plan: Mapping[str, Any]) -> dict[str, str]:
    """Keep the plan and its guides as Markdown and as pages; returns name of the link -> address."""
    stem = f"{run['environment']}-{run['deployed']}"
    made = {}
    with store.transaction():
        name = f"deploy-plan-{stem}.md"
        keep(store, run, name, str(plan["body"]))
        made[DEPLOY_PLAN.name] = page_of(run, name)
        for kind, link in GUIDE_LINKS.items():
            text = guide(kind, product, plan, store)
            name = f"{kind}-guide-{stem}.md"
            keep(store, run, name, text)
            keep(store, run, f"{kind}-guide-{stem}.html", guide_page(product, text), "text/html")
            made[link.name] = page_of(run, name)
    return made


def planned_release(product: Product, version: str) -> Release | None:
    """Release of the product file; None where it plans none of this version."""
    return next((one for one in product.releases if one.version == version), None)


def criteria_of(plan: Mapping[str, Any]) -> tuple[tuple[Criterion, ...], tuple[Evidence, ...]]:
    """The checks of a plan as criteria of a gate, with their evidence: whoever approves ticks and waives them there."""
    pairs = [one.as_criterion() for one in from_json(plan["readiness"])]
    return tuple(one for one, _ in pairs), tuple(one for _, one in pairs)


def _repository(product: Product, run: Mapping[str, Any]) -> tuple[GitRepository | None, Change]:
    """The repository, fetched, and what lies between what is live and what is deployed."""
    try:
        repository = parts.open_repository(product)
        repository.fetch()
    except RepositoryError as error:
        return None, Change(head=run["commit"], why=f"the repository could not be read: {error}")
    return repository, change_between(repository, product, run["previous"], run["commit"])
