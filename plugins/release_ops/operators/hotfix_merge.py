"""A hotfix comes back: to the default branch and to every release branch whose version is not out, each once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from airflow.sdk import Context

from release_ops.adapters.git_picking import MergeConflict, PickingRepository
from release_ops.adapters.git_process import PushRejected
from release_ops.adapters.github_back import find_pull, open_pull
from release_ops.domain.hotfix import Emergency
from release_ops.domain.model import Product
from release_ops.domain.versions import read_version
from release_ops.hotfixes import settle_changelog, targets_of
from release_ops.ledger import Claim, Ledger
from release_ops.operators import effects, parts
from release_ops.operators.artifacts import keep, kept_text
from release_ops.operators.changelog import document
from release_ops.operators.hotfix import HOTFIX_REPORT, known
from release_ops.operators.hotfix_tell import tell_station
from release_ops.operators.milestone import MilestoneOperator
from release_ops.render import render

MERGE_REPORT = "merge-back.md"
STANDING = frozenset({"pull_request", "branch"})
"""Ways of coming back that a person has to finish."""


class MergeBackOperator(MilestoneOperator):
    """Merges the hotfix's tag into each branch; the changelog, which both sides write, is put together by rule.

    What conflicts or is protected stands as a pull request on GitHub, elsewhere as a pushed branch, and the message names
    the conflict and the commands. Returns one mapping per branch: branch, how (merged, contained, pull_request or branch),
    commit, address and detail. Cleared later, it notices what people have finished.
    """

    operator_extra_links = (HOTFIX_REPORT,)
    template_fields = ("run_facts", "published")

    def __init__(self, *, published: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.published = published

    def execute(self, context: Context) -> list[dict[str, Any]]:
        """Branch by branch."""
        run = self.run_facts
        planned, emergency = parts.planned_product_of(run), known(run)
        ledger = parts.open_ledger()
        store = ledger.store
        with ledger.product_lock(planned.id):
            repository = parts.open_repository(planned)
            repository.fetch()
            affected = read_version(emergency.affected, planned.repository.tag)
            found = [
                self._bring_back(ledger, planned, repository, emergency, branch)
                for branch in targets_of(planned, repository, affected)
            ]
            frozen = {row["branch"]: row for row in store.all("freezes_active", product=planned.id)}
            now = datetime.now(UTC)
            key = {"product": planned.id, "version": run["version"]}
            with store.transaction():
                for one in found:
                    store.execute("hotfix_merge_save", **key, at=now, **one)
                    if one["branch"] in frozen and one["how"] == "merged":
                        store.execute(
                            "freeze_exemption_save",
                            **key,
                            rule=f"the freeze of {frozen[one['branch']]['version']} on {one['branch']}",
                            closer="freeze",
                            exempted_by=_approvers(store.one("hotfix_of", **key)),
                            reason=planned.hotfix.reasons[emergency.reason].title,
                            at=now,
                        )
                store.execute("hotfix_station", **key, merged_back_at=now)
                text = render(
                    "reports/merge_back.md.j2",
                    fmt="md",
                    product=planned,
                    run=run,
                    emergency=emergency,
                    merges=found,
                    tag=self.published["tag"],
                    remote=repository.remote,
                )
                keep(store, run, MERGE_REPORT, text)
        self.log.info("%s", text)
        tell_station(ledger, run, emergency, "merged_back", merges=found, tag=self.published["tag"])
        return found

    def _bring_back(
        self, ledger: Ledger, product: Product, repository: PickingRepository, emergency: Emergency, branch: str
    ) -> dict[str, Any]:
        run, commit = self.run_facts, self.published["commit"]
        entry = kept_text(ledger.store, run, document("changelog", run["version"], ".md"))
        rule = settle_changelog(product, run["version"], entry)
        key = f"merge-back:{run['product']}:{run['version']}:{branch}"

        def find(_: Claim) -> dict[str, Any] | None:
            head = repository.find_branch(branch)
            if head is None:
                return _done(branch, "contained", "", "the branch is gone")
            repository.fetch()
            if not repository.is_ancestor(commit, head):
                return None
            ours = repository.find_commit(branch, key)
            return _done(branch, "merged", ours) if ours else _done(branch, "contained", head)

        def do(claim: Claim) -> dict[str, Any]:
            message = f"Merge {product.id} {run['version']} back into {branch}\n\nRelease-Ops-Effect: {key}\n"
            try:
                made = repository.merge(branch, commit, message, at=claim.claimed_at, resolve=rule)
            except MergeConflict as conflict:
                return self._stand(product, repository, branch, commit, _told(conflict))
            except PushRejected as refused:
                ready = repository.merged(repository.head(branch), commit, message, at=claim.claimed_at, resolve=rule)
                return self._stand(
                    product, repository, branch, ready, f"{branch} takes no push: {refused.message}"[:500]
                )
            return _done(branch, "merged", made)

        result = ledger.perform(key, find=find, do=do, about=effects.about("merge-back", run)).result
        if result["how"] in STANDING and (head := repository.find_branch(branch)):
            repository.fetch()
            if repository.is_ancestor(commit, head):
                return _done(branch, "merged", head, "finished by hand")
        return result

    def _stand(
        self, product: Product, repository: PickingRepository, branch: str, commit: str, why: str
    ) -> dict[str, Any]:
        """A branch with what has to come back, and on GitHub its pull request."""
        run = self.run_facts
        name = product.hotfix.merge_branch_of(run["version"], branch)
        repository.create_branch(name, commit)
        github = parts.open_github(product)
        if github is None:
            return {**_done(branch, "branch", commit, why), "address": name}
        # A type that the freeze's check lets through: see `freeze.exempt`.
        title = (
            f"{product.freeze.exempt[0] if product.freeze.exempt else 'fix'}: merge {run['version']} back into {branch}"
        )
        body = render(
            "reports/merge_back_pull.md.j2", fmt="md", product=product, run=run, branch=branch, name=name, why=why
        )
        pull = find_pull(github, name, branch) or open_pull(github, name, branch, title, body)
        return {**_done(branch, "pull_request", commit, why), "address": pull["url"]}


def _done(branch: str, how: str, commit: str, detail: str = "") -> dict[str, Any]:
    return {"branch": branch, "how": how, "commit": commit, "address": "", "detail": detail}


def _told(conflict: MergeConflict) -> str:
    return "conflict in " + ", ".join(f"{one.path} ({one.what})" for one in conflict.files)


def _approvers(row: Mapping[str, Any] | None) -> list[str]:
    return list(row["approved_by"]) if row else []
