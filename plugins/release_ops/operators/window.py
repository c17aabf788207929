"""Waiting for a product's window without a worker, and asking it again right before the act."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from airflow.providers.standard.triggers.temporal import DateTimeTrigger
from airflow.sdk import Context
from airflow.sdk.exceptions import AirflowFailException

from release_ops.domain.model import MilestoneKind
from release_ops.domain.windows import NeverOpenError, moment_text, opening
from release_ops.operators import parts
from release_ops.operators.effects import key_of
from release_ops.operators.milestone import DecidedOperator
from release_ops.operators.record import check_unmoved, select
from release_ops.store import Store


class WindowOperator(DecidedOperator):
    """One step that needs the product's window open, if its milestone changes production."""

    def await_window(self, event: Any = None) -> datetime:
        """Return the present instant once the window is open; until then the task is deferred and runs again.

        What was decided must still hold: a date that was moved meanwhile ends the run, a waiver that expired fails it.
        The log and the milestone's detail say which rules close the window and until when. `event` is what woke the task.
        """
        run, decision = self.run_facts, self.decision
        store = parts.open_store()
        product = parts.product_of(run)
        release = parts.release_of(product, run)
        now = datetime.now(UTC)
        if _is_out(store, run):
            return now
        check_unmoved(store, product, release, run)
        if decision["valid_until"] and datetime.fromisoformat(decision["valid_until"]) <= now:
            raise AirflowFailException(
                f"a waiver that the decision stands on expired at {decision['valid_until']}: clear this run from "
                "quality_gate on"
            )
        try:
            waits = opening(product, MilestoneKind(run["kind"]), now, release.type)
        except NeverOpenError as error:
            raise AirflowFailException(str(error)) from error
        if waits.closures:
            detail = f"waits for its window until {moment_text(waits.opens)} ({product.timezone}): {waits}"
            self.log.info("%s", detail)
            store.execute("milestone_note", **select(run, "product", "version", "kind"), detail=detail[:2000])
            self.defer(trigger=DateTimeTrigger(moment=waits.opens), method_name="execute")
        if event is not None:
            store.execute("milestone_note", **select(run, "product", "version", "kind"), detail="")
        return now


class AwaitWindowOperator(WindowOperator):
    """Waits until the product may be changed, if this milestone changes production; asks again when it wakes."""

    def execute(self, context: Context, event: Any = None) -> dict[str, str]:
        """Return when the window was found open."""
        return {"open_at": self.await_window(event).isoformat()}


class ActingOperator(WindowOperator):
    """One act of a milestone. The window is asked again before it: a product file may have changed since the wait."""

    def execute(self, context: Context, event: Any = None) -> dict[str, Any]:
        """Wait again if the window has closed, then act."""
        self.await_window(event)
        return self.act()

    @abstractmethod
    def act(self) -> dict[str, Any]:
        """Do it. Where that begins with waiting for something else, `await_window` is asked once more."""


def _is_out(store: Store, run: Mapping[str, Any]) -> bool:
    """Whether the milestone's tag is made: what is half out is completed, whatever the window says."""
    made = store.one("effect_one", key=key_of("tag", run))
    return made is not None and made["state"] == "done"
