"""The operators of feature flags: a ramp that waits without a worker, and the kill switch."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NoReturn

import psycopg
from airflow.sdk import BaseHook, BaseOperator, Context
from airflow.sdk.exceptions import AirflowFailException
from airflow.triggers.base import BaseTrigger, TriggerEvent

from release_ops.database import DATABASE_CONNECTION, dsn
from release_ops.domain import gates
from release_ops.domain.flag_ramp import Command, Wait
from release_ops.domain.flags import Change, FlagState, words
from release_ops.domain.flags_policy import Flag, Ramp
from release_ops.domain.model import ApprovalPolicy, Product
from release_ops.escaping import escape_md
from release_ops.flag_ramping import RampError, Ramping
from release_ops.flag_writing import Order, kill
from release_ops.operators import parts
from release_ops.operators.approval import as_approval, starter_of
from release_ops.operators.flag_parts import KIND, chosen_flag, open_engine, open_ramping, tell_killed, user_of
from release_ops.store import Row, Store

START = "start"
ACTIONS = (START, *(command.value for command in Command))
"""What the form of flag_ramp offers."""
LOOK_AGAIN = 3600.0
"""Seconds after which a waiting ramp looks at its product file and its engine again, whatever happens."""
REASON = {"reason": {"default": "", "type": ["string", "null"], "title": "Reason (needed for Reject)"}}


class PrepareRampOperator(BaseOperator):
    """Looks at what is asked for before anything is done: the flag, what its first step would do to people, who agrees.

    Returns one mapping per seat, for `SeatOperator.partial(...).expand_kwargs(...)`; none where nobody has to agree. Pushes
    under the key `run`: product, version, flag, environment, action, reason, may_rebucket, run_id, started_by, asked_at and
    change (words). AirflowFailException where the change would throw users about and the form does not allow it.
    """

    template_fields: Sequence[str] = ("product", "flag", "environment", "action", "reason", "may_rebucket")

    def __init__(
        self,
        *,
        product: str,
        flag: str,
        environment: str,
        action: str = START,
        reason: str = "",
        may_rebucket: Any = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.product = product
        self.flag = flag
        self.environment = environment
        self.action = action
        self.reason = reason
        self.may_rebucket = may_rebucket

    def execute(self, context: Context) -> list[dict[str, Any]]:
        """Look."""
        if self.action not in ACTIONS:
            raise AirflowFailException(f"action {self.action!r}: choose one of {', '.join(ACTIONS)}")
        product, flag = chosen_flag(self.product, self.flag, self.environment)
        run: dict[str, Any] = {
            "product": product.id,
            "version": flag.version,
            "kind": KIND,
            "flag": flag.key,
            "environment": self.environment,
            "action": self.action,
            "reason": str(self.reason or "").strip(),
            "may_rebucket": str(self.may_rebucket).lower() == "true",
            "run_id": context["dag_run"].run_id,
            "started_by": user_of(context) or None,
            "asked_at": datetime.now(UTC).isoformat(),
            "change": "",
        }
        seats: list[dict[str, Any]] = []
        if self.action == START:
            ledger = parts.open_ledger()
            ramping = open_ramping(ledger, product, flag, self.environment)
            try:
                before, change = ramping.look(may_rebucket=run["may_rebucket"], reason=run["reason"])
            except RampError as error:
                raise AirflowFailException(str(error)) from None
            run["change"] = change.words if change else f"{words(before)}: at its target already"
            seats = _seats(product, flag, flag.ramp(self.environment), run, before, change)
        context["ti"].xcom_push(key="run", value=run)
        return seats


def _seats(
    product: Product, flag: Flag, ramp: Ramp, run: Mapping[str, Any], before: FlagState, change: Change | None
) -> list[dict[str, Any]]:
    policy = ramp.approvals
    if policy is None or not (policy.roles or policy.minimum):
        return []
    try:
        seats = gates.seats(policy, product.approvers, exclude=run["started_by"])
    except gates.NoApproverError as error:
        raise AirflowFailException(str(error)) from None
    subject = f"{product.name}: flag {flag.key} in {run['environment']}"
    return [
        {
            "seat": seat.id,
            "role": seat.role,
            "asked_at": datetime.now(UTC).isoformat(),
            "subject": f"{subject} - {gates.role_name(seat.role)}",
            "body": _body(flag, ramp, run, before, change),
            "assigned_users": [{"id": person.id, "name": person.name} for person in seat.people],
            "form": REASON,
            "response_timeout": policy.timeout.total_seconds(),
        }
        for seat in seats
    ]


def _body(flag: Flag, ramp: Ramp, run: Mapping[str, Any], before: FlagState, change: Change | None) -> str:
    """What is approved, as Markdown."""
    steps = ", ".join(f"{step} %" for step in ramp.steps)
    proofs = [*ramp.analyses, *([f"error rate up to {ramp.error_rate.threshold * 100:g} %"] if ramp.error_rate else [])]
    lines = [
        f"**{escape_md(flag.description or flag.key)}** ({flag.kind}, owner {escape_md(flag.owner)})",
        f"- Now: {escape_md(words(before))}",
        f"- Steps: {steps}; each lasts at least {ramp.interval}",
        f"- Each step waits for: {escape_md(', '.join(proofs) or 'its time alone')}",
        f"- A bad step: {ramp.on_failure.value}",
    ]
    if change is not None:
        lines.append(f"- The first step: {escape_md(change.words)} ({escape_md(change.moves.how)})")
        lines += [f"- **Users would be thrown about:** {escape_md(one)}" for one in change.rebuckets]
    if run["reason"]:
        lines.append(f"- Why: {escape_md(run['reason'])}")
    return "\n".join(lines)


class RampFlagOperator(BaseOperator):
    """Leads a ramp until it is done, paused or ended; between its steps it waits in the triggerer, without a worker.

    Returns ramp, state, percent and detail. State is kept in Postgres: killed anywhere, its next try goes on where it was.
    """

    template_fields: Sequence[str] = ("run_facts", "answers")

    def __init__(self, *, run: Any, answers: Any = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.run_facts = run
        self.answers = answers

    def execute(self, context: Context, event: Any = None) -> dict[str, Any]:
        """Turn after turn."""
        run = self.run_facts
        product, flag = chosen_flag(run["product"], run["flag"], run["environment"])
        ledger = parts.open_ledger()
        ramping = open_ramping(ledger, product, flag, run["environment"])
        policy = ramping.ramp.approvals
        if run["action"] == START and policy is not None and (why := self._unmet(product, policy)):
            return {"ramp": "", "state": "refused", "percent": None, "detail": why}
        row = self._row(ramping)
        if row["run_id"] == run["run_id"]:
            act = ramping.go_on(row["ramp"])
            row = ledger.store.one("flag_ramp_one", ramp=row["ramp"]) or row
            if isinstance(act, Wait) and row["run_id"] == run["run_id"]:
                self._wait(ledger.store, row, act)
        # Over, paused, or another run leads it now.
        return {"ramp": row["ramp"], "state": row["state"], "percent": row["percent"], "detail": row["detail"]}

    def _unmet(self, product: Product, policy: ApprovalPolicy) -> str:
        answers = [dict(answer) for answer in self.answers or []]
        starter = starter_of(self.run_facts, answers)
        approvals = [as_approval(answer) for answer in answers]
        quorum = gates.quorum(policy, approvals, gates.roles_by_user(product.approvers), started_by=starter)
        return "" if quorum.reached else quorum.why

    def _row(self, ramping: Ramping) -> Row:
        """The ramp that this run leads: its own, or the open one, which it takes over with what it is to be told."""
        run = self.run_facts
        order = Order(
            by=run["started_by"] or "",
            reason=run["reason"],
            run_id=run["run_id"],
            asked_at=datetime.fromisoformat(run["asked_at"]),
        )
        try:
            if run["action"] == START:
                return ramping.begin(order, may_rebucket=run["may_rebucket"])
            return ramping.take_over(Command(run["action"]), order)
        except RampError as error:
            raise AirflowFailException(str(error)) from None

    def _wait(self, store: Store, row: Row, act: Wait) -> NoReturn:
        news = store.one("flag_ramp_news", ramp=row["ramp"]) or {}
        until = act.until.isoformat() if act.until else ""
        self.log.info("%s: %s; waits%s", row["ramp"], row["detail"], f" until {until}" if until else "")
        trigger = FlagRampTrigger(
            ramp=row["ramp"], revision=row["revision"], rollout=news.get("rollout", ""), until=until
        )
        self.defer(trigger=trigger, method_name="execute")


class FlagRampTrigger(BaseTrigger):
    """Fires at an instant, when the ramp was moved or told something, and when its rollout moved."""

    def __init__(self, *, ramp: str, revision: int, rollout: str, until: str) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.ramp = ramp
        self.revision = revision
        self.rollout = rollout
        self.until = until

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Path and arguments from which a triggerer makes this trigger again."""
        arguments = {"ramp": self.ramp, "revision": self.revision, "rollout": self.rollout, "until": self.until}
        return f"{type(self).__module__}.{type(self).__name__}", arguments

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Look every `RELEASE_OPS_POLL_SECONDS` (default 15), and once more when it is time."""
        connection = await BaseHook.aget_connection(DATABASE_CONNECTION)
        store = Store(dsn(connection))
        pause = float(os.environ.get("RELEASE_OPS_POLL_SECONDS", "15"))
        until = datetime.fromisoformat(self.until) if self.until else None
        ends = time.monotonic() + LOOK_AGAIN
        while time.monotonic() < ends:
            left = (until - datetime.now(UTC)).total_seconds() if until is not None else pause
            if left <= 0 or await asyncio.to_thread(self._is_news, store):
                break
            await asyncio.sleep(min(pause, left))
        yield TriggerEvent({"ramp": self.ramp})

    def _is_news(self, store: Store) -> bool:
        try:
            news = store.one("flag_ramp_news", ramp=self.ramp)
        except psycopg.OperationalError as error:
            # A database that restarts is no reason to end a wait of days.
            self.log.warning("looking again: %s", error)
            return False
        return news is None or bool(
            news["is_over"] or news["told"] or news["revision"] != self.revision or news["rollout"] != self.rollout
        )


class KillFlagOperator(BaseOperator):
    """Switches a flag off for everybody in one write, ends its ramp, and tells people. Returns before, after, ramp."""

    template_fields: Sequence[str] = ("product", "flag", "environment", "reason")

    def __init__(self, *, product: str, flag: str, environment: str, reason: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.product = product
        self.flag = flag
        self.environment = environment
        self.reason = reason

    def execute(self, context: Context) -> dict[str, Any]:
        """Switch off first, talk afterwards."""
        product, flag = chosen_flag(self.product, self.flag, self.environment)
        by, run_id = user_of(context), context["dag_run"].run_id
        reason = str(self.reason or "").strip()
        if not reason:
            raise AirflowFailException("reason: is empty; say why the flag is switched off, it goes into the audit")
        key = f"flag-kill:{product.id}:{flag.key}:{self.environment}:{run_id}"
        ledger = parts.open_ledger()
        done = kill(
            ledger,
            open_engine(product),
            flag,
            self.environment,
            product=product.id,
            key=key,
            order=Order(by=by, reason=reason, run_id=run_id),
            now=datetime.now(UTC),
        )
        told = tell_killed(ledger, product, flag, self.environment, done, by=by, reason=reason, key=done["key"])
        return {**done, **told}
