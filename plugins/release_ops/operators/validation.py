"""After a promotion: each validation list is gone through when it is due, by machines and people, and written down."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from airflow.providers.standard.operators.hitl import HITLOperator
from airflow.providers.standard.triggers.temporal import DateTimeTrigger
from airflow.sdk import Context, Param
from airflow.sdk.definitions.param import ParamsDict
from airflow.sdk.exceptions import AirflowSkipException
from airflow.sdk.execution_time.hitl import HITLUser

from release_ops.domain.deploy_policy import Environment, ValidationPhase
from release_ops.domain.deploy_readiness_policy import ValidationItem
from release_ops.domain.gates import role_name, roles_by_user
from release_ops.domain.model import Outcome, Product
from release_ops.domain.validation import (
    FAILED,
    Result,
    Summary,
    ask_at,
    critical_failures,
    due,
    due_at,
    next_due,
    summary,
    to_ask,
)
from release_ops.ledger import Ledger
from release_ops.operators import parts
from release_ops.operators.announce import tell
from release_ops.operators.artifacts import MadeLink, keep, page_of
from release_ops.operators.deploy import environment_of
from release_ops.operators.milestone import MilestoneOperator
from release_ops.operators.validation_look import Looking, look
from release_ops.render import render
from release_ops.store import Store

VALIDATION = MadeLink("Validation")
ANSWER = "Answer"
YES, NO, NOT_SEEN = "yes", "no", "not looked at"
FIELD = "item_"


class ValidateOperator(HITLOperator):
    """Goes through one validation list (`phase`: immediate, extended or business) of a deployment that was promoted.

    It sleeps without a worker until something is due, looks, and writes the result down; items that failed or are not known
    are looked at again as often as they say. What people have to say is asked under *Required Actions*, when all of that is
    due. A critical item that failed for good ends the list at once, and so does another version that takes the place of
    this one: what is left is not looked at any more.

    Returns phase, verdict (passed, failed or unfinished), passed, failed, unknown, critical and reasons. A failed list is a
    verdict, no error: those who hear of problems are told, and TakeBackOperator takes the version back.
    """

    operator_extra_links = (VALIDATION,)
    # Subject and body hold text from outside; as template fields they would be run through Jinja once more.
    template_fields: Sequence[str] = ("run_facts", "rollout")

    def __init__(self, *, run: Any, rollout: Any, phase: str, **kwargs: Any) -> None:
        kwargs.pop("params", None)  # those of the DAG, which are no fields of this form
        super().__init__(subject=f"Validation: {phase}", options=[ANSWER], defaults=ANSWER, **kwargs)
        self.run_facts = run
        self.rollout = rollout
        self.phase = phase
        self.made: Mapping[str, str] = {}

    def execute(self, context: Context, event: Any = None) -> dict[str, Any]:
        """Look at what is due, sleep until more is; then ask people; then tell."""
        run, store = self.run_facts, parts.open_store()
        product = parts.product_of(run)
        environment = environment_of(product, run)
        items = environment.validation.get(ValidationPhase(self.phase), ())
        if not items:
            raise AirflowSkipException(f"{environment.name} has no {self.phase} validation list")
        promoted_at = _promoted_at(store, run)
        results = results_of(store, run["rollout"])
        looking = Looking(analyses=product.analyses, facts=facts_of(run))
        while not critical_failures(items, results) and not _is_replaced(store, run):
            now = datetime.now(UTC)
            for item in due(items, results, promoted_at, now):
                known = results.get(item.id)
                result = look(item, looking, attempts=known.attempts + 1 if known else 1)
                self._note(store, item, result, promoted_at)
                results[item.id] = result
            upcoming = next_due(items, results, promoted_at)
            if critical_failures(items, results) or (upcoming is not None and upcoming <= datetime.now(UTC)):
                continue
            if upcoming is not None:
                self.defer(trigger=DateTimeTrigger(moment=upcoming), method_name="execute")
            if people := to_ask(items, results):
                at = ask_at(people, promoted_at)
                if at > datetime.now(UTC):
                    self.defer(trigger=DateTimeTrigger(moment=at), method_name="execute")
                self._prepare(product, environment, people, results)
                super().execute(context)
            break
        return self._end(store, product, environment, items, results)

    def execute_complete(self, context: Context, event: dict[str, Any]) -> dict[str, Any]:
        """Write the answers down; nobody's answer in time is none."""
        run, store = self.run_facts, parts.open_store()
        product = parts.product_of(run)
        environment = environment_of(product, run)
        items = environment.validation.get(ValidationPhase(self.phase), ())
        promoted_at = _promoted_at(store, run)
        results = results_of(store, run["rollout"])
        people = to_ask(items, results)
        self._prepare(product, environment, people, results)
        answer = super().execute_complete(context, event)
        user = answer["responded_by_user"]
        at = answer["responded_at"] or datetime.now(UTC)
        holds = roles_by_user(product.approvers).get(user["id"], frozenset()) if user else frozenset[str]()
        for item in people:
            said = str((answer["params_input"] or {}).get(f"{FIELD}{item.id}") or NOT_SEEN)
            result = answered(item, said if user else None, user["id"] if user else "", holds, at)
            self._note(store, item, result, promoted_at)
            results[item.id] = result
        return self._end(store, product, environment, items, results)

    def _prepare(
        self,
        product: Product,
        environment: Environment,
        people: Sequence[ValidationItem],
        results: Mapping[str, Result],
    ) -> None:
        """The question about some items: its words, its form, and who may answer it."""
        run = self.run_facts
        self.subject = f"{product.name} {run['deployed']} in {environment.name}: {self.phase} validation"
        self.body = render(
            "reports/validation_ask.md.j2",
            fmt="md",
            product=product,
            run=run,
            people=[{"title": one.title, "critical": one.critical, "role": role_name(one.role)} for one in people],
            known=len(results),
        )
        self.params = ParamsDict(
            {
                f"{FIELD}{one.id}": Param(
                    NOT_SEEN, type="string", enum=[NOT_SEEN, YES, NO], title=one.title, source="task"
                )
                for one in people
            }
        )
        self.assigned_users = deciders(product, people)
        self.response_timeout = max((one.within for one in people), default=timedelta(hours=24))

    def _note(self, store: Store, item: ValidationItem, result: Result, promoted_at: datetime) -> None:
        run = self.run_facts
        self.log.info("%s: %s: %s %s", item.id, item.title, result.outcome, result.observed)
        store.execute(
            "validation_save",
            rollout=run["rollout"],
            item=item.id,
            product=run["product"],
            version=run["deployed"],
            environment=run["environment"],
            phase=item.phase,
            title=item.title,
            kind=item.kind,
            critical=item.critical,
            due_at=due_at(item, promoted_at),
            outcome=result.outcome.value,
            checked_at=result.at,
            attempts=result.attempts,
            observed=result.observed[:1000],
            expected=result.expected[:1000],
            detail=result.detail[:2000],
            answered_by=result.by,
            run_id=run["run_id"],
        )

    def _end(
        self,
        store: Store,
        product: Product,
        environment: Environment,
        items: Sequence[ValidationItem],
        results: Mapping[str, Result],
    ) -> dict[str, Any]:
        """Report, tell what failed, and return what came of the list."""
        run = self.run_facts
        found = summary(items, results)
        rows = [(one, results.get(one.id)) for one in items]
        reasons = [_reason(one, result) for one, result in rows if one.id in found.failed]
        document = f"{environment.name}-{run['deployed']}-{run['attempt']}-validation-{self.phase}.md"
        text = render(
            "reports/validation.md.j2", fmt="md", product=product, run=run, phase=self.phase, found=found, rows=rows
        )
        keep(store, run, document, text)
        self.made = {VALIDATION.name: page_of(run, document)}
        self._happened(store, found, len(items))
        if found.verdict == FAILED:
            occasion = f"{run['occasion']}:validation:{self.phase}"
            back = run["previous"] if environment.rollback.automatic else ""
            data = {"phase": self.phase, "reasons": reasons, "critical": bool(found.critical), "back": back}
            tell(Ledger(store), product, run, "deploy_unvalidated", occasion, data)
        return {
            "phase": self.phase,
            "verdict": found.verdict,
            "passed": found.passed,
            "failed": list(found.failed),
            "unknown": list(found.unknown),
            "critical": list(found.critical),
            "reasons": reasons,
        }

    def _happened(self, store: Store, found: Summary, count: int) -> None:
        """The list's end among the events of its rollout, once."""
        text = f"{self.phase} validation {found.verdict}: {found.passed} of {count} passed"
        known = store.all("rollout_events_of", rollout=self.run_facts["rollout"])
        if not any(row["kind"] == "validation" and row["detail"].get("text") == text for row in known):
            store.execute(
                "rollout_event_add",
                rollout=self.run_facts["rollout"],
                at=datetime.now(UTC),
                kind="validation",
                detail={"text": text},
            )


class TakeBackOperator(MilestoneOperator):
    """Returns the deployment that takes a version back, ready for `TriggerDagRunOperator.expand_kwargs`; or none.

    One is asked for when a critical item of a list failed, the environment goes back by itself, and there is a version to go
    back to; of several lists it is the same one. None is where another deployment to the environment began since.
    """

    template_fields: Sequence[str] = ("run_facts", "validation")

    def __init__(self, *, validation: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.validation = validation

    def execute(self, context: Context) -> list[dict[str, Any]]:
        """Decide."""
        run, found = self.run_facts, self.validation
        if not found or not found["critical"]:
            return []
        product = parts.product_of(run)
        if not environment_of(product, run).rollback.automatic:
            self.log.warning("%s does not go back by itself (rollback.automatic): people decide", run["environment"])
            return []
        if not run["previous"]:
            self.log.warning("there is no version to go back to: people decide")
            return []
        if _is_replaced(parts.open_store(), run):
            self.log.warning("another deployment has begun since: what is live now is not of this run to take back")
            return []
        start = f"{run['product']}_{run['previous']}_{run['environment']}"
        reason = f"{found['phase']} validation of {run['deployed']} failed: {'; '.join(found['reasons'])}"
        return [
            {
                # Two versions may lead back to the same one, each from its own attempt.
                "trigger_run_id": f"deploy__{start}_back_from_{run['deployed']}_{run['attempt']}",
                "conf": {
                    "product": run["product"],
                    "version": run["previous"],
                    "environment": run["environment"],
                    "reason": reason[:500],
                    "kind": "rollback",
                },
            }
        ]


def answered(item: ValidationItem, said: str | None, user: str, holds: frozenset[str], at: datetime) -> Result:
    """What an answer to a human item says; `said` is None when nobody answered in time."""
    expected = f"{role_name(item.role)} says so" if item.role else "an approver says so"
    if said is None:
        return Result(
            item=item.id, outcome=Outcome.UNKNOWN, at=at, observed="nobody answered in time", expected=expected
        )
    if item.role and item.role not in holds:
        detail = f"{user} is no {role_name(item.role)}"
        return Result(
            item=item.id,
            outcome=Outcome.UNKNOWN,
            at=at,
            observed=f"{said}, by {user}",
            expected=expected,
            detail=detail,
        )
    outcome = {YES: Outcome.PASS, NO: Outcome.FAIL}.get(said, Outcome.UNKNOWN)
    return Result(item=item.id, outcome=outcome, at=at, observed=f"{said}, by {user}", expected=expected, by=user)


def deciders(product: Product, people: Sequence[ValidationItem]) -> list[HITLUser]:
    """Who may answer about some items: the approvers of the roles that they name, or all where one names none."""
    roles = {one.role for one in people}
    chosen = product.approvers if "" in roles else {role: product.approvers.get(role, ()) for role in roles}
    found = {person.id: person.name for group in chosen.values() for person in group}
    return [HITLUser(id=user, name=name) for user, name in found.items()]


def facts_of(run: Mapping[str, Any]) -> dict[str, str]:
    """What queries, addresses and programs may name."""
    return {
        "product": run["product"],
        "version": run["deployed"],
        "previous": run["previous"],
        "environment": run["environment"],
        "weight": "100",
    }


def results_of(store: Store, rollout: str) -> dict[str, Result]:
    """What is written down of a rollout, by item."""
    return {
        row["item"]: Result(
            item=row["item"],
            outcome=Outcome(row["outcome"]),
            at=row["checked_at"],
            attempts=row["attempts"],
            observed=row["observed"],
            expected=row["expected"],
            detail=row["detail"],
            by=row["answered_by"],
        )
        for row in store.all("validations_of", rollout=rollout)
    }


def _promoted_at(store: Store, run: Mapping[str, Any]) -> datetime:
    """When the rollout gave the version to all users; skipped where it did not."""
    row = store.one("rollout_one", rollout=run["rollout"])
    if row is None or row["state"] != "promoted":
        raise AirflowSkipException(
            f"{run['rollout']} is {row['state'] if row else 'not known'}: there is nothing to validate"
        )
    ended: datetime = row["ended_at"]
    return ended


def _is_replaced(store: Store, run: Mapping[str, Any]) -> bool:
    """Whether another rollout to the environment began after this one was promoted."""
    row = store.one("rollout_latest", product=run["product"], environment=run["environment"])
    return row is not None and row["rollout"] != run["rollout"]


def _reason(item: ValidationItem, result: Result | None) -> str:
    if result is None:
        return f"{item.title}: not looked at"
    told = f"{item.title}: {result.observed}"
    return f"{told} ({result.detail})" if result.detail else told


__all__ = ["TakeBackOperator", "ValidateOperator", "answered", "results_of"]
