"""Quality gates: evidence in, verdict out, written down."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from airflow.sdk import Context
from airflow.sdk.exceptions import AirflowFailException

from release_ops.adapters.git import GitRepository
from release_ops.domain.feasibility import plan_release
from release_ops.domain.gates import Evaluation, evaluate
from release_ops.domain.milestones import train
from release_ops.domain.model import (
    Criterion,
    Evidence,
    Gate,
    MilestoneKind,
    Outcome,
    Product,
    Release,
    Verdict,
    Waiver,
)
from release_ops.domain.readiness import with_readiness
from release_ops.domain.versions import base_tag
from release_ops.operators import parts
from release_ops.operators.artifacts import GATE_REPORT, keep, page_of
from release_ops.operators.drafts import kept_drafts
from release_ops.operators.evidence import Sources, collect_all
from release_ops.operators.milestone import MilestoneOperator
from release_ops.operators.planning import SCOPE_DOCUMENT, kickoff_of, write
from release_ops.operators.scope import scope
from release_ops.render import render
from release_ops.store import Store

log = logging.getLogger(__name__)


class QualityGateOperator(MilestoneOperator):
    """Collects the evidence of a gate's criteria and evaluates it.

    `gate` names the gate; without it, the product's gate for this milestone is taken, and a milestone without a gate
    passes. Returns gate, verdict (pass, conditional or fail), commit that was looked at, base tag, evaluated_at, the
    evidence as a list of mappings and `body`, a Markdown table for whoever approves, which is kept as the gate's report
    too. A failed gate is a result, not an error.
    """

    operator_extra_links = (GATE_REPORT,)

    template_fields: Sequence[str] = ("run_facts", "gate")

    def __init__(self, *, gate: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.gate = gate

    def execute(self, context: Context) -> dict[str, Any]:
        """Evaluate at the head of the release branch, or of the default branch before the freeze."""
        run: Mapping[str, Any] = self.run_facts
        product = parts.product_of(run)
        result, self.made = look(run, product, self.gate or product.milestone_gates.get(run["kind"]))
        return result


def look(
    run: Mapping[str, Any], product: Product, name: str | None, *, commit: str | None = None
) -> tuple[dict[str, Any], Mapping[str, str]]:
    """Evaluation of a gate at a commit, by default the release's head, as `QualityGateOperator` returns it; and its link."""
    release = parts.release_of(product, run)
    repository = parts.open_repository(product)
    repository.fetch()
    commit = commit or release_head(repository, product, release.version)
    reachable = [tag.name for tag in repository.tags(merged=commit)]
    base = base_tag(run["version"], reachable, product.repository.tag)
    facts = {"gate": name, "commit": commit, "base": base}
    if name is None:
        return {**facts, "verdict": "pass", "evidence": [], "body": "This milestone has no gate."}, {}
    gate = gate_of(product, name, release)
    store = parts.open_store()
    sources = sources_for(product, release, run, repository, store, commit=commit, base=base)
    evaluation = evaluate(gate, collect_all(gate, sources), active_waivers(store, run, name), now=datetime.now(UTC))
    evaluated_at = datetime.now(UTC)
    body = gate_table(product, run, gate, evaluation, commit)
    save(store, run, gate, evaluation, commit, body)
    if run["kind"] == MilestoneKind.PLANNING:
        # Who approves a plan has to see it.
        body = f"{body}\n{write(SCOPE_DOCUMENT, kickoff_of(run, at=sources.now))}"
    result = {
        **facts,
        "evaluated_at": evaluated_at.isoformat(),
        "verdict": evaluation.verdict.value,
        "evidence": [as_mapping(piece) for piece in evaluation.evidence],
        "body": body,
    }
    return result, {GATE_REPORT.name: page_of(run, report_name(gate))}


def gate_of(product: Product, name: str, release: Release) -> Gate:
    """Gate of that name with the approvals and the items of readiness that a release of this type needs.

    AirflowFailException when the product file no longer has it.
    """
    if name not in product.gates:
        raise AirflowFailException(
            f"{product.id}: gates.{name}: the product file no longer has this gate; put it back, or name another one under "
            "milestone_gates, and clear this run from quality_gate on"
        )
    gate = product.gates[name]
    gate = with_readiness(gate, product.readiness, release, Criterion)
    return replace(gate, approvals=gate.approvals.for_type(release.type))


def release_head(repository: GitRepository, product: Product, version: str) -> str:
    """Commit that the release is made of: the release branch's head from the freeze on, before it the default branch's."""
    branch = repository.find_branch(product.repository.branch_name(version))
    return branch or repository.head(product.repository.default_branch)


def gate_table(product: Product, run: Mapping[str, Any], gate: Gate, evaluation: Evaluation, commit: str) -> str:
    """Evidence as Markdown, for the approval form and the report."""
    return render(
        "reports/gate.md.j2", fmt="md", product=product, run=run, gate=gate, evaluation=evaluation, commit=commit
    )


def active_waivers(store: Store, run: Mapping[str, Any], gate: str) -> list[Waiver]:
    """Waivers of the release's gate that have not expired."""
    rows = store.all("waivers_active", product=run["product"], version=run["version"], gate=gate, now=datetime.now(UTC))
    names = ("gate", "criterion", "approver", "reason", "granted_at", "expires_at")
    return [Waiver(**{name: row[name] for name in names}) for row in rows]


def report_name(gate: Gate) -> str:
    """Name of the artifact that a gate's report is: one part of an address, however the gate is called."""
    name = re.sub(r"[^\w.+-]", "-", gate.name)
    return f"gate-{name}.md"


def save(store: Store, run: Mapping[str, Any], gate: Gate, evaluation: Evaluation, commit: str, report: str) -> None:
    """Write the evaluation, its criteria and its report; the latest evaluation of a run stands."""
    criteria = {criterion.id: criterion for criterion in gate.criteria}
    with store.transaction():
        keep(store, run, report_name(gate), report)
        store.execute(
            "gate_evaluation_save",
            run_id=run["run_id"],
            gate=gate.name,
            product=run["product"],
            version=run["version"],
            kind=run["kind"],
            verdict=evaluation.verdict.value,
            evaluated_at=datetime.now(UTC),
            commit=commit,
        )
        for piece in evaluation.evidence:
            criterion = criteria[piece.criterion]
            store.execute(
                "criterion_result_save",
                run_id=run["run_id"],
                gate=gate.name,
                title=criterion.title,
                kind=criterion.kind,
                required=criterion.required,
                **as_mapping(piece),
            )


def as_mapping(piece: Evidence) -> dict[str, str]:
    """Evidence as JSON."""
    return {
        "criterion": piece.criterion,
        "outcome": piece.outcome.value,
        "observed": piece.observed,
        "expected": piece.expected,
        "detail": piece.detail,
        "link": piece.link,
        "waived_by": piece.waived_by,
    }


def as_evidence(mapping: Mapping[str, str]) -> Evidence:
    """Inverse of `as_mapping`."""
    return Evidence(**{**mapping, "outcome": Outcome(mapping["outcome"])})  # type: ignore[arg-type]


def _up_to(kinds: list[MilestoneKind], last: str) -> list[MilestoneKind]:
    return [kind for kind in kinds if kind.rank <= MilestoneKind(last).rank]


def sources_for(
    product: Product,
    release: Release,
    run: Mapping[str, Any],
    repository: GitRepository,
    store: Store,
    *,
    commit: str,
    base: str | None,
) -> Sources:
    """Everything that evidence about a commit of a release can be taken from."""
    kinds = [milestone.kind for milestone in train(product, release)]
    # A deployment comes after the milestone that made its tag.
    station = run.get("milestone")
    earlier = kinds[: kinds.index(MilestoneKind(run["kind"]))] if station is None else _up_to(kinds, station)
    of = {"product": product.id, "version": release.version}
    verdicts = store.all("gates_passed", **of)
    features, now = scope(product, release), datetime.now(UTC)
    return Sources(
        product=product.id,
        version=release.version,
        commit=commit,
        base=base,
        repository=repository,
        now=now,
        pattern=product.repository.tag,
        bump=product.bump,
        changes=parts.changelog_source(product, repository, log.warning),
        github=parts.open_github(product),
        features=features,
        deferred=frozenset(row["feature"] for row in store.all("scope_of", **of) if row["planned"] is False),
        plan=lambda: plan_release(product, release, features, at=now),
        freeze=product.freeze,
        earlier_gates=[product.milestone_gates[kind] for kind in earlier if kind in product.milestone_gates],
        verdicts={row["gate"]: Verdict(row["verdict"]) for row in verdicts},
        readiness=release.readiness,
        drafts=kept_drafts(store, product, release),
        rehearsed=[one.name for one in product.deploy.environments.values() if one.rehearse],
        rehearsals={row["environment"]: row for row in store.all("rehearsals_latest", product=product.id)},
    )
