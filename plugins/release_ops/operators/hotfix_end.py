"""The end of an emergency: what became of it is written down, and somebody looks whether it has done what it is for."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from airflow.sdk import Context
from airflow.sdk.exceptions import AirflowFailException

from release_ops.domain.hotfix import Emergency
from release_ops.domain.model import Product
from release_ops.operators import parts
from release_ops.operators.announce import tell
from release_ops.operators.approval import TICK, DecideOperator
from release_ops.operators.artifacts import BLOCKED_REPORT, keep, page_of
from release_ops.operators.change_history import update_change_log
from release_ops.operators.gate import QualityGateOperator
from release_ops.operators.hotfix import known, report_of
from release_ops.operators.hotfix_publish import exemptions
from release_ops.operators.milestone import DecidedOperator, MilestoneOperator
from release_ops.operators.record import finish
from release_ops.render import render

log = logging.getLogger(__name__)

UNSAID = "written in the approval form of this run in Airflow"
"""In place of what people say of an embargoed hotfix."""
LOOKS = "technical_lead"
"""Role that says whether the success criteria are met, if the product has it; else whoever approved."""


class HotfixGateOperator(QualityGateOperator):
    """Evaluates the hotfix's gate; whoever approves sees what is on the branch and what they exempt it from."""

    template_fields: Sequence[str] = ("run_facts", "gate", "picked")

    def __init__(self, *, picked: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.picked = picked

    def execute(self, context: Context) -> dict[str, Any]:
        """The gate's result with the hotfix before its evidence."""
        run, emergency = self.run_facts, known(self.run_facts)
        result = super().execute(context)
        if result["commit"] != self.picked["commit"]:
            raise AirflowFailException(
                f"{emergency.branch} is at {result['commit'][:12]}, and {self.picked['commit'][:12]} is what was picked: "
                "clear the task `pick` of this run, so that who approves sees what is on the branch, and no fix is missing"
            )
        body = report_of(parts.product_of(run), run, emergency, self.picked)
        closed = exemptions(parts.planned_product_of(run), emergency, datetime.now(UTC))
        notes = render("reports/hotfix_exempt.md.j2", fmt="md", closures=closed) if closed else ""
        return {**result, "body": f"{body}\n{notes}\n{result['body']}"}


class HotfixDecideOperator(DecideOperator):
    """Decides as any gate does; what people wrote of an embargoed hotfix stays where they wrote it, out of all tables."""

    def _decide(
        self, run: Mapping[str, Any], result: Mapping[str, Any], answers: list[dict[str, Any]]
    ) -> dict[str, Any]:
        if known(run).is_embargoed:
            answers = [{**one, "reason": UNSAID if (one["reason"] or "").strip() else ""} for one in answers]
        return super()._decide(run, result, answers)


class HotfixBlockedOperator(DecidedOperator):
    """Writes down and tells why a hotfix does not go out: gate, people or tests said no.

    `tests` is the task that pushes the tests' reasons under the key `reasons`.
    """

    operator_extra_links = (BLOCKED_REPORT,)

    def __init__(self, *, tests: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.tests = tests

    def execute(self, context: Context) -> dict[str, Any]:
        """Report, tell, end."""
        run = self.run_facts
        tested = context["ti"].xcom_pull(task_ids=self.tests, key="reasons")
        reasons = [*self.decision["reasons"], *(tested or [])]
        decision = {**self.decision, "proceed": False, "reasons": reasons}
        product = parts.product_of(run)
        is_embargoed = known(run).is_embargoed
        ledger = parts.open_ledger()
        text = render("reports/blocked.md.j2", fmt="md", product=product, run=run, decision=decision)
        self.log.info("%s", text)
        if is_embargoed:
            # Names of tests and of criteria may tell what is mended; the log has them.
            reasons = ["the log of this task says what stands in the way"]
            decision = {**decision, "reasons": reasons, "body": ""}
        else:
            keep(ledger.store, run, "blocked.md", text)
            self.made = {BLOCKED_REPORT.name: page_of(run, "blocked.md")}
        now = datetime.now(UTC)
        with ledger.store.transaction():
            finish(ledger.store, run, state="blocked", detail="; ".join(reasons)[:2000])
            ended = {"ended_at": now, "end_state": "blocked"}
            ledger.store.execute("hotfix_end", product=product.id, version=run["version"], **ended)
        words = {"release": parts.release_of(product, run), "decision": decision, "result": {}, "changelog": {}}
        told = tuple(one for one in product.problems_to if not is_embargoed or one in product.hotfix.embargo)
        tell(ledger, product, run, "blocked", f":blocked:{decision['decided_at']}", words, audiences=told)
        return {"reasons": reasons}


class EndHotfixOperator(MilestoneOperator):
    """Writes down that the hotfix is out and back, and when its retrospective is due."""

    def execute(self, context: Context) -> dict[str, Any]:
        """Record, bring the change log up to date, return the times that the target is about."""
        run = self.run_facts
        ledger = parts.open_ledger()
        store = ledger.store
        key = {"product": run["product"], "version": run["version"]}
        with store.transaction():
            finish(store, run, state="done", detail="")
            store.execute("hotfix_end", **key, ended_at=datetime.now(UTC), end_state="done")
        try:
            update_change_log(ledger, parts.planned_product_of(run))
        except Exception as error:
            # It is out whether or not the change log can be written; the daily update makes up for it.
            log.exception("the change log of %s is not up to date", run["product"])
            detail = f"the change log is not up to date ({type(error).__name__}: {error})"[:500]
            store.execute("milestone_note", **key, kind=run["kind"], detail=detail)
        row = store.one("hotfix_of", **key) or {}
        due = row.get("retrospective_due_at")
        out = row.get("deployed_at") or row.get("tagged_at")
        return {
            "minutes": round((out - row["requested_at"]).total_seconds() / 60, 1) if out else None,
            "within_target": out - row["requested_at"] <= row["target"] if out else None,
            "retrospective_due_at": due.isoformat() if due else None,
        }


class CriteriaSeatsOperator(MilestoneOperator):
    """Returns one question, ready for `SeatOperator.partial(...).expand_kwargs(...)`: which success criteria are met."""

    def execute(self, context: Context) -> list[dict[str, Any]]:
        """The question to the technical leads; none without criteria."""
        run = self.run_facts
        product, emergency = parts.product_of(run), known(run)
        if not emergency.criteria:
            return []
        people = people_who_look(product, emergency)
        form: dict[str, Any] = {
            f"{TICK}{place}": {"default": False, "type": "boolean", "title": text}
            for place, text in enumerate(emergency.criteria)
        }
        form["reason"] = {"default": "", "type": ["string", "null"], "title": "What you saw"}
        return [
            {
                "seat": "criteria",
                "role": LOOKS,
                "asked_at": datetime.now(UTC).isoformat(),
                "subject": f"{product.name} {run['version']}: has the hotfix done what it is for?",
                "body": render(
                    "reports/hotfix_criteria.md.j2", fmt="md", product=product, run=run, emergency=emergency
                ),
                "assigned_users": people,
                "form": form,
                "response_timeout": product.hotfix.retrospective.total_seconds(),
            }
        ]


class NoteCriteriaOperator(MilestoneOperator):
    """Writes down which success criteria were found met; nobody's answer leaves them unknown."""

    template_fields: Sequence[str] = ("run_facts", "answers")

    def __init__(self, *, answers: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.answers = answers

    def execute(self, context: Context) -> dict[str, bool] | None:
        """Criterion to whether it is met."""
        run = self.run_facts
        answer: Mapping[str, Any] | None = next((dict(one) for one in self.answers or [] if one["user"]), None)
        if answer is None:
            return None
        criteria = known(run).criteria
        met = {text: answer["approved"] and str(place) in answer["ticked"] for place, text in enumerate(criteria)}
        parts.open_store().execute(
            "hotfix_confirm",
            product=run["product"],
            version=run["version"],
            criteria_met=met,
            confirmed_at=datetime.fromisoformat(answer["answered_at"]),
            confirmed_by=answer["user"],
        )
        return met


def people_who_look(product: Product, emergency: Emergency) -> list[dict[str, str]]:
    """Users who may answer: the technical leads, or, where nobody is, everybody who approves for the product."""
    people = product.approvers.get(LOOKS) or tuple(one for each in product.approvers.values() for one in each)
    return [{"id": one.id, "name": one.name} for one in dict.fromkeys(people)]
