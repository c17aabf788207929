"""The tests of a hotfix: asked until their evidence is there, without holding a worker meanwhile."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from airflow.providers.standard.operators.branch import BaseBranchOperator
from airflow.providers.standard.triggers.temporal import DateTimeTrigger
from airflow.sdk import Context

from release_ops.domain.gates import Evaluation, evaluate
from release_ops.domain.model import Gate, Outcome, Product
from release_ops.operators import gate as quality
from release_ops.operators import parts
from release_ops.operators.artifacts import GATE_REPORT, page_of
from release_ops.operators.evidence import collect_all

LOOK_AGAIN = 15.0
"""Seconds between two looks, unless RELEASE_OPS_POLL_SECONDS says otherwise."""


class ExpeditedTestsOperator(BaseBranchOperator):
    """Evaluates the tests' gate at the approved commit and takes the branch `proceed` or `blocked` (task ids).

    While a required criterion is unknown it waits, deferred to the triggerer, up to `hotfix.tests_within` after the
    decision. What failed or never reported is pushed under the key `reasons`.
    """

    operator_extra_links = (GATE_REPORT,)
    template_fields: Sequence[str] = ("run_facts", "decision")

    def __init__(self, *, run: Any, decision: Any, proceed: str, blocked: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.run_facts = run
        self.decision = decision
        self.proceed = proceed
        self.blocked = blocked
        self.made: Mapping[str, str] = {}

    def execute(self, context: Context, event: Any = None) -> Any:
        """Choose, or wait."""
        return self.do_branch(context, self.choose_branch(context))

    def choose_branch(self, context: Context) -> str:
        """Evaluate; defer while it is not settled and there is time."""
        run, decision = self.run_facts, self.decision
        product = parts.product_of(run)
        store = parts.open_store()
        key = {"product": product.id, "version": run["version"]}
        approved = {
            "approved_at": datetime.fromisoformat(decision["decided_at"]),
            "approved_by": decision["approved_by"],
        }
        store.execute("hotfix_station", **key, **approved)
        name = product.hotfix.tests.get(product.repository.kind)
        if not name:
            self.log.warning("%s names no tests for its hotfixes (hotfix.tests): it goes on without", product.id)
            return self.proceed
        gate = quality.gate_of(product, name, parts.release_of(product, run))
        now = datetime.now(UTC)
        evaluation = self._evaluate(product, gate, now)
        self.made = {GATE_REPORT.name: page_of(run, quality.report_name(gate))}
        waiting = [one.criterion for one in evaluation.blocking if one.outcome is Outcome.UNKNOWN]
        failed = [one for one in evaluation.blocking if one.outcome is not Outcome.UNKNOWN]
        until = approved["approved_at"] + product.hotfix.tests_within
        if waiting and not failed and now < until:
            pause = float(os.environ.get("RELEASE_OPS_POLL_SECONDS", LOOK_AGAIN))
            self.log.info("waiting for %s until %s", ", ".join(waiting), until.isoformat())
            self.defer(
                trigger=DateTimeTrigger(moment=min(until, now + timedelta(seconds=pause))), method_name="execute"
            )
        titles = {criterion.id: criterion.title for criterion in gate.criteria}
        if evaluation.blocking:
            reasons = [
                f"{titles[one.criterion]}: {one.observed or one.outcome.value}{f'; {one.detail}' if one.detail else ''}"
                for one in evaluation.blocking
            ]
            context["ti"].xcom_push(key="reasons", value=reasons)
            return self.blocked
        store.execute("hotfix_station", **key, tested_at=now)
        return self.proceed

    def _evaluate(self, product: Product, gate: Gate, now: datetime) -> Evaluation:
        run, commit = self.run_facts, self.decision["commit"]
        repository = parts.open_repository(product)
        repository.fetch()
        store = parts.open_store()
        sources = quality.sources_for(
            product, parts.release_of(product, run), run, repository, store, commit=commit, base=self.decision["base"]
        )
        evaluation = evaluate(gate, collect_all(gate, sources), quality.active_waivers(store, run, gate.name), now=now)
        quality.save(store, run, gate, evaluation, commit, quality.gate_table(product, run, gate, evaluation, commit))
        return evaluation
