"""The form of action items: one change of one item, or that a review's meeting was held."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

from airflow.sdk import BaseOperator, Context
from airflow.sdk.exceptions import AirflowFailException

from release_ops.operators import parts
from release_ops.review_register import ActionProblem, add, close, hold, take
from release_ops.store import Row, Store, json_safe

STATES = {"done": "done", "drop": "dropped"}


class ChangeActionItemOperator(BaseOperator):
    """Does what the form says: take, add, done, drop or held. Returns the item, or the review that was held.

    `who` is the item's owner: `owner` is Airflow's word for that of a task. AirflowFailException says what is missing or
    cannot be, and what to do.
    """

    template_fields: Sequence[str] = (
        "product", "version", "what", "item", "text", "who", "due_on", "evidence", "kind",
    )  # fmt: skip

    def __init__(
        self,
        *,
        product: str,
        version: str,
        what: str,
        item: str = "",
        text: str = "",
        who: str = "",
        due_on: str = "",
        evidence: str = "",
        kind: str = "release",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.product = product
        self.version = version
        self.what = what
        self.item = item
        self.text = text
        self.who = who
        self.due_on = due_on
        self.evidence = evidence
        self.kind = kind

    def execute(self, context: Context) -> dict[str, Any]:
        """Change it in the name of who triggered the run."""
        by = context["dag_run"].triggering_user_name or ""
        try:
            found = self._change(parts.open_store(), by, datetime.now(UTC))
        except ActionProblem as error:
            raise AirflowFailException(str(error)) from None
        return dict(json_safe(found))

    def _change(self, store: Store, by: str, now: datetime) -> Row:
        if self.what == "held":
            hold(store, self.product, self.version, self.kind, by=by, at=now)
            return {"product": self.product, "version": self.version, "kind": self.kind, "held_by": by}
        if self.what in STATES:
            state = STATES[self.what]
            key = (self.product, self.version, self._item())
            return close(store, *key, state=state, evidence=self.evidence, by=by, at=now)
        due_on = self._day()
        if self.what == "add":
            return add(
                store,
                self.product,
                self.version,
                self.text,
                owner=self.who,
                due_on=due_on,
                at=now,
                source="form",
                kind=self.kind,
            )
        key = (self.product, self.version, self._item())
        return take(store, *key, owner=self.who, due_on=due_on, at=now, text=self.text)

    def _item(self) -> str:
        if not self.item:
            raise ActionProblem(f"{self.what} needs the id of an item, like a-1a2b3c4d; the review's document has them")
        return self.item

    def _day(self) -> date:
        try:
            return date.fromisoformat(self.due_on)
        except ValueError:
            raise ActionProblem(
                f"due_on {self.due_on!r} is no day; write the day by which it is to be done, like 2026-12-11"
            ) from None
