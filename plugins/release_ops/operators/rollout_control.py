"""What people tell a rollout by a form: it is written down, and the rollout takes it at its next look."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from airflow.sdk import BaseOperator, Context
from airflow.sdk.exceptions import AirflowFailException

from release_ops import rollouts
from release_ops.domain.rollout import advance
from release_ops.domain.rollout_state import Order, Phase
from release_ops.operators import parts


class TellRolloutOperator(BaseOperator):
    """Writes an order for the rollout that is open in an environment, with the name of who gave it. Returns the order.

    A rollout that waits for its gate, its approvals or its window has no task that would take an order: an abort ends it
    here, so that another one may begin. A retry writes nothing twice. AirflowFailException when nothing is under way there.
    """

    template_fields: Sequence[str] = ("product", "environment", "order", "reason")

    def __init__(self, *, product: str, environment: str, order: str, reason: str = "", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.product = product
        self.environment = environment
        self.order = order
        self.reason = reason

    def execute(self, context: Context) -> dict[str, Any]:
        """Find the rollout, write the order."""
        store, dag_run = parts.open_store(), context["dag_run"]
        if self.order not in [*Order]:
            raise AirflowFailException(f"{self.order!r} is no order; choose one of {', '.join(Order)}")
        key = f"{dag_run.dag_id}:{dag_run.run_id}"
        rollout = rollouts.open_one(store, self.product, self.environment)
        if rollout is None:
            if (told := store.one("rollout_command_of", key=key)) is not None:
                return {"rollout": told["rollout"], "order": self.order, "by": told["by"], "reason": told["reason"]}
            raise AirflowFailException(
                f"nothing of {self.product or '(no product)'} is on its way to {self.environment or '(no environment)'}: "
                "look at the runs of release_deploy"
            )
        by = dag_run.triggering_user_name or "somebody"
        rollouts.tell(
            store,
            rollout.id,
            self.order,
            key=key,
            by=by,
            reason=self.reason,
            at=datetime.now(UTC),
        )
        if self.order == Order.ABORT and rollout.state.phase is Phase.PLANNED:
            taken = rollouts.waiting(store, rollout.id)
            now = datetime.now(UTC)
            turn = advance(rollout.plan, rollout.state, now, commands=taken.commands)
            # Where its task took it over meanwhile, that one follows the order.
            rollouts.move(store, rollout, turn.state, at=now, notes=turn.notes, taken=taken.ids)
        return {"rollout": rollout.id, "order": self.order, "by": by, "reason": self.reason}
