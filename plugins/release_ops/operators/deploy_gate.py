"""What has to be said yes to before a deployment: the environment's gate, its approvals, and its window."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from airflow.providers.standard.triggers.temporal import DateTimeTrigger
from airflow.sdk import Context
from airflow.sdk.exceptions import AirflowFailException

from release_ops import rollouts
from release_ops.domain.deploy_plan import from_json
from release_ops.domain.deploy_policy import Environment
from release_ops.domain.gates import evaluate
from release_ops.domain.model import ApprovalPolicy, Gate, MilestoneKind, Outcome, Product
from release_ops.domain.rollout_state import ENDED
from release_ops.domain.windows import NeverOpenError, moment_text, opening
from release_ops.operators import gate as quality
from release_ops.operators import parts
from release_ops.operators.approval import DecideOperator, SeatsOperator
from release_ops.operators.artifacts import BLOCKED_REPORT, GATE_REPORT, keep, page_of
from release_ops.operators.deploy import ROLLBACK, environment_of, give_up
from release_ops.operators.deploy_plan import criteria_of
from release_ops.operators.milestone import DecidedOperator, MilestoneOperator
from release_ops.render import render


class DeployGateOperator(MilestoneOperator):
    """Joins the checks of the plan with the gate that the environment names, evaluated at the commit that is deployed.

    `plan` is what PlanDeployOperator returned: whoever approves gets to see it first, ticks what is to be ticked, and may
    waive what failed. Returns what QualityGateOperator does, and `readiness` of the plan.
    """

    operator_extra_links = (GATE_REPORT,)
    template_fields: Sequence[str] = ("run_facts", "plan")

    def __init__(self, *, plan: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.plan = plan

    def execute(self, context: Context) -> dict[str, Any]:
        """Evaluate both."""
        run, plan = self.run_facts, self.plan
        product, store = parts.product_of(run), parts.open_store()
        environment = environment_of(product, run)
        _, evidence = criteria_of(plan)
        result: dict[str, Any] = {"commit": run["commit"], "base": None, "evidence": [], "body": ""}
        if gate_asked(environment, run):
            result, self.made = quality.look(run, product, environment.gate, commit=run["commit"])
        now = datetime.now(UTC)
        found = [*evidence, *(quality.as_evidence(piece) for piece in result["evidence"])]
        waivers = quality.active_waivers(store, run, gate_name(environment))
        evaluation = evaluate(gate_of(product, run, plan), found, waivers, now=now)
        return {
            **result,
            "gate": gate_name(environment),
            "evaluated_at": now.isoformat(),
            "verdict": evaluation.verdict.value,
            "evidence": [quality.as_mapping(piece) for piece in evaluation.evidence],
            "body": "\n\n".join(text for text in (plan["body"], result["body"]) if text),
            "readiness": plan["readiness"],
        }


def gate_asked(environment: Environment, run: Mapping[str, Any]) -> str:
    """Gate that a deployment has to pass; empty: none. What users had before passed its own."""
    return "" if run["purpose"] == ROLLBACK else environment.gate


def approvals_asked(environment: Environment, run: Mapping[str, Any], planned: Mapping[str, Any]) -> ApprovalPolicy:
    """Who has to agree. A way back that a validation list started waits for nobody, unless a check needs people."""
    is_ready = all(one.finding.outcome is Outcome.PASS for one in from_json(planned["readiness"]) if one.required)
    if run["purpose"] == ROLLBACK and not run["started_by"] and is_ready:
        return ApprovalPolicy()
    return environment.approvals or ApprovalPolicy()


def gate_name(environment: Environment) -> str:
    """Under which what was decided about a deployment is kept."""
    return f"deploy-{environment.name}"


def gate_of(product: Product, run: Mapping[str, Any], planned: Mapping[str, Any]) -> Gate:
    """The checks of the plan and the criteria of the environment's gate, with the approvals of the environment.

    `planned` has the checks under `readiness`, as they were shown: a file that is edited meanwhile does not change them.
    """
    environment, release = environment_of(product, run), parts.release_of(product, run)
    gate = gate_asked(environment, run)
    own = quality.gate_of(product, gate, release).criteria if gate else ()
    approvals = approvals_asked(environment, run, planned)
    criteria, _ = criteria_of(planned)
    return Gate(name=gate_name(environment), criteria=(*criteria, *own), approvals=approvals.for_type(release.type))


class DeploySeatsOperator(SeatsOperator):
    """One question per person that the environment's approvals ask for."""

    def gate(self, product: Product, name: str) -> Gate:
        """The environment's."""
        return gate_of(product, self.run_facts, self.gate_result)

    def subject(self, product: Product) -> str:
        """What is asked."""
        run = self.run_facts
        return f"{product.name} {run['deployed']}: deploy to {run['environment']}"

    def note(self, product: Product) -> str:
        """What closes the window now."""
        run = self.run_facts
        closed, opens = window(product, run, environment_of(product, run), datetime.now(UTC))
        if not closed or opens is None:
            return f"\n\n{closed}" if closed else ""
        return f"\n\n{closed}. Approve now; it begins when the window opens, {moment_text(opens)} ({product.timezone})."


class DeployDecideOperator(DecideOperator):
    """Joins the gate and the approvals of an environment."""

    def gate(self, product: Product, name: str) -> Gate:
        """The environment's."""
        return gate_of(product, self.run_facts, self.gate_result)


class AwaitDeployWindowOperator(DecidedOperator):
    """Waits, without a worker, until the environment may be changed. The rollout itself asks again before each step."""

    def execute(self, context: Context, event: Any = None) -> dict[str, Any]:
        """Return when the window was found open."""
        run, now = self.run_facts, datetime.now(UTC)
        product = parts.product_of(run)
        if rollouts.find(parts.open_store(), run["rollout"]).state.phase in ENDED:
            return {"open_at": now.isoformat()}
        expires = self.decision["valid_until"]
        if expires and datetime.fromisoformat(expires) <= now:
            raise AirflowFailException(
                f"a waiver that the decision stands on expired at {expires}: clear this run from quality_gate on"
            )
        closed, opens = window(product, run, environment_of(product, run), now)
        if closed and opens is None:
            raise AirflowFailException(closed)
        if closed and opens is not None:
            self.log.info("%s", closed)
            self.defer(trigger=DateTimeTrigger(moment=opens), method_name="execute")
        return {"open_at": now.isoformat()}


def window(
    product: Product, run: Mapping[str, Any], environment: Environment, at: datetime
) -> tuple[str, datetime | None]:
    """What closes the window of an environment, and when it opens; empty words where it is open or not asked.

    The rules are those of GA, the milestone that changes production; a way back waits for no window. None as the time: it
    never opens.
    """
    if not environment.windows or run["purpose"] == ROLLBACK:
        return "", None
    try:
        waits = opening(product, MilestoneKind.GA, at, parts.release_of(product, run).type)
    except NeverOpenError as error:
        return str(error), None
    return (f"the window is {waits}", waits.opens) if waits.closures else ("", None)


class ReportDeployBlockedOperator(DecidedOperator):
    """Ends a deployment that was not approved, with nothing changed. Returns the reasons."""

    operator_extra_links = (BLOCKED_REPORT,)

    def execute(self, context: Context) -> dict[str, Any]:
        """Write why, end the rollout."""
        run, decision = self.run_facts, self.decision
        product, store = parts.product_of(run), parts.open_store()
        text = render("reports/blocked.md.j2", fmt="md", product=product, run=run, decision=decision)
        name = f"{run['environment']}-{run['attempt']}-blocked.md"
        keep(store, run, name, f"{text}\n{decision['body']}")
        self.made = {BLOCKED_REPORT.name: page_of(run, name)}
        give_up(store, rollouts.find(store, run["rollout"]), "; ".join(decision["reasons"]))
        return {"reasons": decision["reasons"]}
