"""The freeze: a protected release branch, and a decision for every unfinished feature."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from airflow.sdk import Context

from release_ops.domain.model import Disposition, FeatureStatus, MilestoneKind
from release_ops.domain.scope import FeatureDecision, freeze_features, readiness
from release_ops.operators import effects, parts
from release_ops.operators.artifacts import BLOCKED_REPORT, FREEZE_REPORT, keep, page_of
from release_ops.operators.milestone import DecidedOperator
from release_ops.operators.planning import SCOPE_DOCUMENT, kickoff_of, write
from release_ops.operators.scope import scope, scope_row
from release_ops.operators.window import ActingOperator
from release_ops.render import render


class ApplyFreezeOperator(ActingOperator):
    """Cuts and protects the release branch, moves unfinished features out, writes the freeze report.

    Returns branch, commit, protection (`ruleset` on GitHub, `recorded` for plain git) and features per disposition.
    """

    operator_extra_links = (FREEZE_REPORT,)

    def act(self) -> dict[str, Any]:
        """Freeze at the commit that the gate looked at."""
        run, decision = self.run_facts, self.decision
        product = parts.product_of(run)
        ledger = parts.open_ledger()
        store = ledger.store
        branch = product.repository.branch_name(run["version"])
        with ledger.product_lock(product.id):
            repository = parts.open_repository(product)
            repository.fetch()
            self.await_window()
            cut = effects.cut_branch(ledger, run, repository, branch, decision["commit"])
            protection = "recorded"
            if github := parts.open_github(product):
                effects.protect_branch(ledger, run, github, product, branch)
                protection = "ruleset"
            decisions = decide_features(run, datetime.now(UTC))
            report = render(
                "reports/freeze.md.j2",
                fmt="md",
                product=product,
                run=run,
                branch=branch,
                commit=cut["commit"],
                protection=protection,
                decisions=decisions,
                applied=True,
                readiness=None,
                reasons=[],
            )
            with store.transaction():
                for each in decisions:
                    store.execute("scope_save", **decided_row(run, each))
                store.execute(
                    "freeze_start",
                    product=product.id,
                    version=run["version"],
                    branch=branch,
                    base_commit=cut["commit"],
                    started_at=datetime.now(UTC),
                    report=report,
                )
                store.execute(
                    "release_state", product=product.id, version=run["version"], state="frozen", branch=branch
                )
                keep(store, run, "freeze.md", report)
        self.made = {FREEZE_REPORT.name: page_of(run, "freeze.md")}
        counts = {kind.value: sum(each.disposition is kind for each in decisions) for kind in Disposition}
        return {"branch": branch, "commit": cut["commit"], "protection": protection, **counts}


class ReportBlockedOperator(DecidedOperator):
    """Writes why a milestone was not carried out, with what to do; for a freeze, the features that stand in its way."""

    operator_extra_links = (BLOCKED_REPORT,)

    def execute(self, context: Context) -> dict[str, Any]:
        """Render and keep the report."""
        run, decision = self.run_facts, self.decision
        product = parts.product_of(run)
        if run["kind"] == "freeze":
            decisions = decide_features(run, datetime.now(UTC))
            text = render(
                "reports/freeze.md.j2",
                fmt="md",
                product=product,
                run=run,
                branch=product.repository.branch_name(run["version"]),
                commit=decision["commit"],
                protection="",
                decisions=decisions,
                applied=False,
                readiness=readiness(decisions),
                reasons=decision["reasons"],
            )
        else:
            text = render("reports/blocked.md.j2", fmt="md", product=product, run=run, decision=decision)
        if run["kind"] == MilestoneKind.PLANNING:
            text = (
                f"{text}\n{write(SCOPE_DOCUMENT, kickoff_of(run, at=datetime.fromisoformat(decision['decided_at'])))}"
            )
        text = f"{text}\n{decision['body']}"
        self.log.info("%s", text)
        keep(parts.open_store(), run, "blocked.md", text)
        self.made = {BLOCKED_REPORT.name: page_of(run, "blocked.md")}
        return {"reasons": decision["reasons"]}


def decide_features(run: Mapping[str, Any], at: datetime) -> tuple[FeatureDecision, ...]:
    """What the freeze does with each feature of the release's scope."""
    product = parts.product_of(run)
    return freeze_features(scope(product, parts.release_of(product, run)), product.freeze, at=at)


def decided_row(run: Mapping[str, Any], decision: FeatureDecision) -> dict[str, Any]:
    """Row of `scope_feature` after the freeze."""
    feature = replace(decision.feature, status=FeatureStatus(decision.feature.status))
    return {
        **scope_row(run, feature),
        "previous_status": decision.previous_status.value,
        "disposition": decision.disposition.value,
        "deadline": decision.deadline,
        "reason": decision.reason,
    }
