"""Human approvals: one seat per role that has to agree, then the decision."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from airflow.providers.standard.operators.branch import BaseBranchOperator
from airflow.providers.standard.operators.hitl import HITLOperator
from airflow.sdk import Context, Param

from release_ops.domain import gates
from release_ops.domain.model import Approval, Gate, MilestoneKind, Outcome, Product, Waiver
from release_ops.domain.windows import NeverOpenError, moment_text, opening
from release_ops.escaping import escape_md
from release_ops.operators import gate as quality
from release_ops.operators import parts
from release_ops.operators.artifacts import GATE_REPORT, page_of
from release_ops.operators.milestone import MilestoneOperator

APPROVE, REJECT = "Approve", "Reject"
TICK, WAIVE = "tick_", "waive_"
WAIVER_DAYS = 14


class SeatsOperator(MilestoneOperator):
    """Returns one mapping per seat, ready for `SeatOperator.partial(...).expand_kwargs(...)`.

    No seats when the gate needs no approvals, when it failed on something that nobody may waive, or when its seats
    cannot be filled by different people; the decision then says so.
    """

    template_fields: Sequence[str] = ("run_facts", "gate_result")

    def __init__(self, *, gate_result: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.gate_result = gate_result

    def execute(self, context: Context) -> list[dict[str, Any]]:
        """One question per seat."""
        run, result = self.run_facts, self.gate_result
        if result["gate"] is None:
            return []
        product = parts.product_of(run)
        gate = self.gate(product, result["gate"])
        if hopeless(gate, result):
            self.log.info("%s failed on a criterion that may not be waived: nobody is asked", gate.name)
            return []
        try:
            seats = gates.seats(gate.approvals, product.approvers, exclude=run["started_by"])
        except gates.NoApproverError as error:
            self.log.warning("%s", error)
            return []
        subject = self.subject(product)
        asked_at = datetime.now(UTC).isoformat()
        body = result["body"] + self.note(product)
        return [
            {
                "seat": seat.id,
                "role": seat.role,
                "asked_at": asked_at,
                "subject": f"{subject} - {gates.role_name(seat.role)}",
                "body": body,
                "assigned_users": [{"id": person.id, "name": person.name} for person in seat.people],
                "form": form(gate, result, seat.role),
                "response_timeout": gate.approvals.timeout.total_seconds(),
            }
            for seat in seats
        ]

    def gate(self, product: Product, name: str) -> Gate:
        """The gate with the approvals that this release needs."""
        return quality.gate_of(product, name, parts.release_of(product, self.run_facts))

    def subject(self, product: Product) -> str:
        """What is asked."""
        return f"{product.name} {self.run_facts['version']}: {self.run_facts['kind'].replace('_', ' ')}"

    def note(self, product: Product) -> str:
        """What whoever approves has to know besides the evidence, in Markdown."""
        return _window_note(product, self.run_facts)


class SeatOperator(HITLOperator):
    """Asks the people of one seat to approve; the first answer counts.

    Returns seat, role, user and login (None when nobody answered in time), approved, reason, asked_at, answered_at,
    ticked checklist items and waivers as JSON. `form` is the JSON schema of the fields; `response_timeout` is in seconds.
    """

    # Subject and body hold text from outside; as template fields they would be run through Jinja once more.
    template_fields: Sequence[str] = ()

    def __init__(
        self, *, seat: str, role: str, asked_at: str, form: dict[str, Any], response_timeout: float, **kwargs: Any
    ) -> None:
        kwargs.pop("params", None)  # those of the DAG, which are no fields of this form
        super().__init__(
            options=[APPROVE, REJECT],
            defaults=REJECT,
            params={name: Param(source="task", **field) for name, field in form.items()},
            response_timeout=timedelta(seconds=response_timeout),
            **kwargs,
        )
        self.seat = seat
        self.role = role
        self.asked_at = asked_at

    def execute_complete(self, context: Context, event: dict[str, Any]) -> dict[str, Any]:
        """The answer."""
        answer = super().execute_complete(context, event)
        fields: Mapping[str, Any] = answer["params_input"] or {}
        user = answer["responded_by_user"]
        return {
            "seat": self.seat,
            "role": self.role,
            "user": user["id"] if user else None,
            "login": user["name"] if user else None,
            "approved": answer["chosen_options"] == [APPROVE],
            "reason": str(fields.get("reason") or "")[:2000],
            "asked_at": self.asked_at,
            "answered_at": answer["responded_at"].isoformat() if answer["responded_at"] else None,
            "ticked": _chosen(fields, TICK),
            "waived": _chosen(fields, WAIVE),
            "waiver_days": int(fields.get("waiver_days") or WAIVER_DAYS),
        }


class DecideOperator(BaseBranchOperator):
    """Joins gate and approvals into a decision and takes the branch `proceed` or `blocked` (task ids).

    Pushes the decision under the key `decision`: proceed, verdict, reasons, body, approved_by, decided_at, commit. The
    gate's report then shows what was ticked and waived.
    """

    operator_extra_links = (GATE_REPORT,)
    template_fields: Sequence[str] = ("run_facts", "gate_result", "answers")

    def __init__(self, *, run: Any, gate_result: Any, answers: Any, proceed: str, blocked: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.run_facts = run
        self.gate_result = gate_result
        self.answers = answers
        self.proceed = proceed
        self.blocked = blocked
        self.made: Mapping[str, str] = {}

    def choose_branch(self, context: Context) -> str:
        """Decide, write the approvals and waivers down, and choose."""
        run, result = self.run_facts, self.gate_result
        decision = self._decide(run, result, [dict(answer) for answer in self.answers or []])
        context["ti"].xcom_push(key="decision", value=decision)
        return self.proceed if decision["proceed"] else self.blocked

    def gate(self, product: Product, name: str) -> Gate:
        """The gate with the approvals that this release needs."""
        return quality.gate_of(product, name, parts.release_of(product, self.run_facts))

    def _decide(
        self, run: Mapping[str, Any], result: Mapping[str, Any], answers: list[dict[str, Any]]
    ) -> dict[str, Any]:
        now = datetime.now(UTC)
        facts = {
            "commit": result["commit"],
            "base": result["base"],
            "gate": result["gate"],
            "decided_at": now.isoformat(),
        }
        if result["gate"] is None:
            return {
                **facts,
                "proceed": True,
                "verdict": "pass",
                "valid_until": None,
                "reasons": [],
                "body": "",
                "approved_by": [],
            }
        product = parts.product_of(run)
        gate = self.gate(product, result["gate"])
        store = parts.open_store()
        starter = starter_of(run, answers)
        approvals = [as_approval(answer) for answer in answers]
        _save(store, run, gate, answers)
        for waiver in granted(gate, answers, started_by=starter, now=now):
            store.execute(
                "waiver_save",
                product=run["product"],
                version=run["version"],
                **{name: getattr(waiver, name) for name in waiver.__slots__},
            )
        roles = gates.roles_by_user(product.approvers)
        evidence = gates.apply_ticks(
            gate,
            [quality.as_evidence(piece) for piece in result["evidence"]],
            approvals,
            roles,
            started_by=starter,
        )
        waivers = quality.active_waivers(store, run, gate.name)
        evaluation = gates.evaluate(gate, evidence, waivers, now=now)
        body = quality.gate_table(product, run, gate, evaluation, result["commit"])
        quality.save(store, run, gate, evaluation, result["commit"], body)
        self.made = {GATE_REPORT.name: page_of(run, quality.report_name(gate))}
        quorum = gates.quorum(gate.approvals, approvals, roles, started_by=starter)
        titles = {criterion.id: criterion.title for criterion in gate.criteria}
        reasons = [f"{titles[piece.criterion]}: {_why(piece)}" for piece in evaluation.blocking]
        reasons += unreasoned_waivers(gate, answers)
        if not quorum.reached:
            reasons.append(_unmet(product, gate, quorum, answers, run))
        _keep_attempt(store, run, result, evaluation, answers, proceeded=not reasons, now=now)
        used = {piece.criterion for piece in evaluation.evidence if piece.waived_by}
        expiries = [waiver.expires_at for waiver in waivers if waiver.criterion in used]
        return {
            **facts,
            "proceed": not reasons,
            "verdict": evaluation.verdict.value,
            "valid_until": min(expiries).isoformat() if expiries else None,
            "reasons": reasons,
            "body": body,
            "approved_by": [answer["user"] for answer in answers if answer["approved"] and answer["user"]],
        }


def hopeless(gate: Gate, result: Mapping[str, Any]) -> bool:
    """Whether a required criterion failed that nobody may waive, so that asking people would waste their time."""
    failed = {
        piece["criterion"]
        for piece in result["evidence"]
        if piece["outcome"] in {Outcome.FAIL, Outcome.UNKNOWN} and not piece["waived_by"]
    }
    return any(each.required and not each.waivable and each.id in failed for each in gate.criteria)


def form(gate: Gate, result: Mapping[str, Any], role: str) -> dict[str, Any]:
    """Fields of a seat's form as JSON schemas: a reason, the role's checklist, and a waiver per failed criterion."""
    outcomes = {piece["criterion"]: piece for piece in result["evidence"]}
    fields: dict[str, Any] = {
        "reason": {"default": "", "type": ["string", "null"], "title": "Reason (needed for Reject and for waivers)"}
    }
    for criterion in gate.criteria:
        piece = outcomes[criterion.id]
        if piece["outcome"] == Outcome.PENDING and criterion.spec.get("role") in {role, None}:
            fields[TICK + criterion.id] = {"default": False, "type": "boolean", "title": criterion.title}
        failed = piece["outcome"] in {Outcome.FAIL, Outcome.UNKNOWN} and not piece["waived_by"]
        if failed and criterion.required and criterion.waivable:
            fields[WAIVE + criterion.id] = {
                "default": False,
                "type": "boolean",
                "title": f"Waive: {criterion.title}",
                "description": "A signed exception, with your reason, for this release only.",
            }
            fields["waiver_days"] = {
                "default": WAIVER_DAYS,
                "type": "integer",
                "minimum": 1,
                "maximum": 90,
                "title": "Waivers expire after (days)",
            }
    return fields


def starter_of(run: Mapping[str, Any], answers: Sequence[Mapping[str, Any]]) -> str | None:
    """User id of whoever started the run by hand: Airflow tells a run's starter by login, an answer by id and login."""
    started_by: str | None = run["started_by"]
    same = (answer["user"] for answer in answers if started_by and started_by in {answer["user"], answer["login"]})
    return next(same, started_by)


def granted(gate: Gate, answers: Sequence[Mapping[str, Any]], *, started_by: str | None, now: datetime) -> list[Waiver]:
    """Waivers in the answers: with an approval and a reason, for a waivable criterion, not by who started the run."""
    waivable = {criterion.id for criterion in gate.criteria if criterion.waivable}
    return [
        Waiver(
            gate=gate.name,
            criterion=criterion,
            approver=answer["user"],
            reason=answer["reason"].strip(),
            granted_at=now,
            expires_at=now + timedelta(days=answer["waiver_days"]),
        )
        for answer in answers
        if answer["approved"] and answer["user"] not in {None, started_by} and answer["reason"].strip()
        for criterion in answer["waived"]
        if criterion in waivable
    ]


def unreasoned_waivers(gate: Gate, answers: Sequence[Mapping[str, Any]]) -> list[str]:
    """A sentence per waiver that does not count because its approver gave no reason."""
    titles = {criterion.id: criterion.title for criterion in gate.criteria}
    return [
        f"{answer['user']} waived {titles.get(criterion, criterion)} without a reason, which does not count; "
        "clear this run from quality_gate on and give one"
        for answer in answers
        if answer["approved"] and not answer["reason"].strip()
        for criterion in answer["waived"]
    ]


def as_approval(answer: Mapping[str, Any]) -> Approval:
    """One seat's answer as the domain sees it."""
    return Approval(
        seat=answer["seat"],
        role=answer["role"],
        user=answer["user"],
        approved=answer["approved"],
        reason=answer["reason"],
        answered_at=_instant(answer["answered_at"]),
        ticked=frozenset(answer["ticked"]),
    )


def _save(store: Any, run: Mapping[str, Any], gate: Gate, answers: Sequence[Mapping[str, Any]]) -> None:
    with store.transaction():
        for answer in answers:
            store.execute(
                "approval_save",
                run_id=run["run_id"],
                seat=answer["seat"],
                product=run["product"],
                version=run["version"],
                gate=gate.name,
                role=answer["role"],
                user_id=answer["user"],
                approved=answer["approved"],
                reason=answer["reason"],
                answered_at=_instant(answer["answered_at"]),
                ticked=answer["ticked"],
                asked_at=_instant(answer.get("asked_at")),
            )


def _keep_attempt(
    store: Any,
    run: Mapping[str, Any],
    result: Mapping[str, Any],
    evaluation: gates.Evaluation,
    answers: Sequence[Mapping[str, Any]],
    *,
    proceeded: bool,
    now: datetime,
) -> None:
    """Write an evaluation and what was decided on it down for good: the next one of this run overwrites the rest."""
    # A run that was asked by an earlier version of ours does not say when it was evaluated.
    about = {
        "run_id": run["run_id"],
        "gate": evaluation.gate,
        "evaluated_at": _instant(result.get("evaluated_at")) or now,
    }
    asked = [at for answer in answers if (at := _instant(answer.get("asked_at")))]
    answered = [at for answer in answers if (at := _instant(answer["answered_at"]))]
    with store.transaction():
        store.execute(
            "gate_attempt_save",
            **about,
            product=run["product"],
            version=run["version"],
            kind=run["kind"],
            verdict=evaluation.verdict.value,
            commit=result["commit"],
            asked_at=min(asked, default=None),
            answered_at=max(answered, default=None),
            seats=len(answers),
            seats_answered=sum(answer["user"] is not None for answer in answers),
            decided_at=now,
            proceeded=proceeded,
        )
        store.execute("criterion_attempt_keep", **about, criteria=[piece.criterion for piece in evaluation.evidence])


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _unmet(
    product: Product,
    gate: Gate,
    quorum: gates.Quorum,
    answers: Sequence[Mapping[str, Any]],
    run: Mapping[str, Any],
) -> str:
    if answers:
        return quorum.why
    try:
        gates.seats(gate.approvals, product.approvers, exclude=run["started_by"])
    except gates.NoApproverError as error:
        return str(error)
    return "Nobody was asked to approve, since the gate failed on a criterion that may not be waived."


def _why(piece: Any) -> str:
    found = f"{piece.observed or 'no evidence'}, expected {piece.expected}" if piece.expected else piece.observed
    return f"{found}; {piece.detail}" if piece.detail else found or piece.outcome.value


def _window_note(product: Product, run: Mapping[str, Any]) -> str:
    release_type = parts.release_of(product, run).type
    try:
        waits = opening(product, MilestoneKind(run["kind"]), datetime.now(UTC), release_type)
    except NeverOpenError as error:
        return f"\n\n{escape_md(str(error))}."
    if not waits.closures:
        return ""
    return (
        f"\n\nThe window is {escape_md(str(waits))}; it opens {moment_text(waits.opens)} ({product.timezone}). "
        "Approve now; it is carried out when the window opens."
    )


def _chosen(fields: Mapping[str, Any], prefix: str) -> list[str]:
    return sorted(
        name.removeprefix(prefix) for name, value in fields.items() if name.startswith(prefix) and value is True
    )
