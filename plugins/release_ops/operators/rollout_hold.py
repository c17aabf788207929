"""A held rollout under Airflow's *Required Actions*: the question with its evidence, and the answer as an order.

An answer is written down as an order before anything else, under a key made of the task instance and the instant of the
answer. So none is lost between two looks, and none counts twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NoReturn

from airflow.sdk import Context, Param
from airflow.sdk.exceptions import TaskAwaitingInput
from airflow.sdk.execution_time.hitl import HITLUser, upsert_hitl_detail

from release_ops import rollouts
from release_ops.addresses import artifact_page
from release_ops.domain.deploy_policy import Environment
from release_ops.domain.model import Product
from release_ops.domain.rollout_state import Order
from release_ops.operators.artifacts import address_of, keep
from release_ops.operators.rollout_evidence import evidence
from release_ops.rollouts import Rollout
from release_ops.store import Store

RESUME, PROMOTE, ROLL_BACK = "Resume analysis", "Promote", "Roll back"
ORDERS: Mapping[str, Order] = {RESUME: Order.RESUME, PROMOTE: Order.PROMOTE, ROLL_BACK: Order.ABORT}
SOON = timedelta(minutes=1)
"""When a held rollout looks again where nothing says when."""


def take_answer(store: Store, run: Mapping[str, Any], context: Context, event: Mapping[str, Any] | None) -> None:
    """Write the answer that woke the task down as an order; `event` is what Airflow woke it with."""
    user = (event or {}).get("responded_by_user")
    chosen = (event or {}).get("chosen_options") or []
    order = ORDERS.get(chosen[0]) if chosen else None
    if event is None or not user or order is None:
        return
    at = event["responded_at"]
    at = at if isinstance(at, datetime) else datetime.fromisoformat(str(at))
    reason = str((event.get("params_input") or {}).get("reason") or "").strip()
    key = f"{context['ti'].id}:{at.isoformat()}"
    with store.transaction():
        rollouts.tell(store, run["rollout"], order.value, key=key, by=user["id"], reason=reason, at=at)
        store.execute("rollout_asked", rollout=run["rollout"], ti="")


def park(
    context: Context,
    store: Store,
    product: Product,
    environment: Environment,
    run: Mapping[str, Any],
    rollout: Rollout,
    *,
    until: datetime | None,
) -> NoReturn:
    """Ask, unless it is asked already, and wait without a worker. The task goes on in `execute`.

    Asking again would throw an answer away that came while this task was awake; Airflow gives that one when it parks. It
    keeps the words of a task's first question for its next ones, so they lead to the page with the evidence of now.
    """
    name = f"{run['environment']}-{rollout.version}-{run['attempt']}-held.md"
    text = evidence(store, product, rollout)
    keep(store, run, name, text)
    ti = context["ti"].id
    if rollout.asked != str(ti):
        page = address_of(artifact_page(run["product"], run["version"], run["kind"], name))
        upsert_hitl_detail(
            ti_id=ti,
            subject=f"{product.name} {rollout.version} to {environment.name} is held: what now?",
            body=text + (f"\n\nAs it is now: {page}" if page else ""),
            options=[*ORDERS],
            defaults=None,
            multiple=False,
            params={"reason": Param("", type=["string", "null"], title="Reason").serialize()},
            assigned_users=deciders(product, environment),
        )
        store.execute("rollout_asked", rollout=rollout.id, ti=str(ti))
    wait = max((until or datetime.now(UTC) + SOON) - datetime.now(UTC), timedelta(seconds=1))
    raise TaskAwaitingInput(method_name="execute", timeout=wait)


def deciders(product: Product, environment: Environment) -> list[HITLUser]:
    """Who may answer: the approvers of the roles that the environment names; nobody named: whoever may use the DAG."""
    people = {person.id: person.name for role in environment.hold.roles for person in product.approvers.get(role, ())}
    return [HITLUser(id=user, name=name) for user, name in people.items()]
