"""A held rollout under Airflow's *Required Actions*: the question with its evidence, and the answer as an order.

An answer is written down as an order before anything else, under a key made of the task instance and the instant of the
answer. So none is lost between two looks, and none counts twice.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NoReturn

from airflow.sdk import Context, Param
from airflow.sdk.exceptions import AirflowRuntimeError, TaskAwaitingInput
from airflow.sdk.execution_time.hitl import (
    HITLUser,
    get_hitl_detail_content_detail,
    update_hitl_detail_response,
    upsert_hitl_detail,
)

from release_ops import rollouts
from release_ops.addresses import artifact_page
from release_ops.domain.deploy_policy import Environment
from release_ops.domain.model import Product
from release_ops.domain.rollout_state import Order
from release_ops.operators.artifacts import address_of, keep
from release_ops.operators.rollout_evidence import evidence
from release_ops.rollouts import Rollout
from release_ops.store import Store

log = logging.getLogger(__name__)

RESUME, PROMOTE, ROLL_BACK = "Resume analysis", "Promote", "Roll back"
ORDERS: Mapping[str, Order] = {RESUME: Order.RESUME, PROMOTE: Order.PROMOTE, ROLL_BACK: Order.ABORT}
SOON = timedelta(minutes=1)
"""When a held rollout looks again where nothing says when."""


class Question:
    """The question of one task instance. `may_exist`: whether one may have been asked; otherwise none has."""

    def __init__(self, context: Context, *, may_exist: bool) -> None:
        self._id = context["ti"].id
        self._may_exist = may_exist

    def take_answer(self, store: Store, run: Mapping[str, Any]) -> None:
        """Write the answer to the last question down as an order, if there is one that was not yet."""
        answer = self._detail()
        if answer is None or not answer.response_received or answer.responded_at is None or not answer.chosen_options:
            return
        user = answer.responded_by_user
        order = ORDERS.get(answer.chosen_options[0])
        if user is None or order is None:
            return  # We closed the question ourselves.
        key = f"{self._id}:{answer.responded_at.isoformat()}"
        reason = str((answer.params_input or {}).get("reason") or "").strip()
        at = answer.responded_at
        rollouts.tell(store, run["rollout"], order.value, key=key, by=user.id, reason=reason, at=at)

    def park(
        self,
        store: Store,
        product: Product,
        environment: Environment,
        run: Mapping[str, Any],
        rollout: Rollout,
        *,
        until: datetime | None,
    ) -> NoReturn:
        """Ask, unless it is asked already, and wait without a worker. The task goes on in `execute`.

        Airflow keeps the words of a first question for the next ones, so they lead to the page with the evidence of now.
        """
        name = f"{run['environment']}-{rollout.version}-{run['attempt']}-held.md"
        text = evidence(store, product, rollout)
        keep(store, run, name, text)
        detail = self._detail()
        if detail is None or detail.response_received:
            page = address_of(artifact_page(run["product"], run["version"], run["kind"], name))
            upsert_hitl_detail(
                ti_id=self._id,
                subject=f"{product.name} {rollout.version} to {environment.name} is held: what now?",
                body=text + (f"\n\nAs it is now: {page}" if page else ""),
                options=[*ORDERS],
                defaults=None,
                multiple=False,
                params={"reason": Param("", type=["string", "null"], title="Reason").serialize()},
                assigned_users=deciders(product, environment),
            )
        wait = max((until or datetime.now(UTC) + SOON) - datetime.now(UTC), timedelta(seconds=1))
        raise TaskAwaitingInput(method_name="execute", timeout=wait)

    def close(self) -> None:
        """Take a question back that nobody has to answer any more."""
        detail = self._detail()
        if detail is not None and not detail.response_received:
            update_hitl_detail_response(ti_id=self._id, chosen_options=[RESUME], params_input={})

    def _detail(self) -> Any:
        """What Airflow has of it; None before the first."""
        if not self._may_exist:
            return None
        try:
            return get_hitl_detail_content_detail(ti_id=self._id)
        except AirflowRuntimeError as error:
            log.debug("no question yet: %s", error)
            return None


def deciders(product: Product, environment: Environment) -> list[HITLUser]:
    """Who may answer: the approvers of the roles that the environment names; nobody named: whoever may use the DAG."""
    people = {person.id: person.name for role in environment.hold.roles for person in product.approvers.get(role, ())}
    return [HITLUser(id=user, name=name) for user, name in people.items()]
