"""Deploys by commits in a config repository, and asks Argo CD whether they are live."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from release_ops.adapters.argocd import ArgoCD, ArgoCDError, BusyError, application_state
from release_ops.adapters.config_repository import ConfigRepository
from release_ops.adapters.driver import DriverError
from release_ops.adapters.git import GitRepository
from release_ops.domain.argo_state import ApplicationState, RolloutState, judge
from release_ops.domain.deploying import Live, Target
from release_ops.domain.gitops_policy import ArgoSteps, GitOpsPolicy

_FAILED = frozenset({"Failed", "Error"})


class GitOpsDriver:
    """One environment of one product; a `driver.Driver`."""

    def __init__(self, policy: GitOpsPolicy, repository: GitRepository, argocd: ArgoCD | None) -> None:
        self.policy = policy
        self.repository = repository
        self.config = ConfigRepository(policy, repository)
        self.argocd = argocd

    def look(self, target: Target) -> Live:
        """What the branch says, and how far Argo CD and the Rollouts are with it."""
        with self.config.told():
            self.repository.fetch()
            state = self.config.state(self.repository.head(self.config.ref))
            commit = self.repository.last_commit(state.commit, self.config.paths) or state.commit
            version, weight, note = self.config.version(state, target, commit)
            seen = Live(
                version=version,
                weight=weight,
                settled=True,
                # Where nobody looks after the commits, a commit is all that deploying means.
                phase="healthy" if version and not note else "unknown",
                detail=note or "committed; nobody looks after it (gitops.argocd names no connection)",
                evidence={"repository": self.policy.repository, "commit": commit, "branch": self.policy.branch},
            )
            if not version:
                return replace(seen, detail="the files name no version yet")
            return seen if self.argocd is None else self._followed(self.argocd, target, seen)

    def _followed(self, argocd: ArgoCD, target: Target, seen: Live) -> Live:
        """What the files say, with what Argo CD says of their commit."""
        commit = seen.evidence["commit"]
        answer = argocd.get()
        told = application_state(answer)
        if not self.config.contains(told.revisions, commit):
            answer = argocd.get(refresh=True)
            told = application_state(answer)
        rollouts = [argocd.rollout(answer, name) for name in self.policy.rollouts]
        judged = judge(
            told,
            rollouts,
            has_commit=self.config.contains(told.revisions, commit),
            failed_on_it=told.operation in _FAILED and self.config.contains(told.operation_revisions, commit),
            wanted=target.weight if rollouts and seen.version == target.version else seen.weight,
            leads=self.policy.steps is ArgoSteps.RESUME,
        )
        note = seen.detail if seen.detail.startswith("the files") else ""
        return replace(
            seen,
            weight=judged.weight,
            settled=judged.settled,
            phase=judged.phase,
            detail="; ".join(filter(None, (note, judged.detail))),
            evidence={**seen.evidence, **_evidence(argocd, told, rollouts)},
        )

    # Acting

    def apply(self, target: Target, key: str, at: datetime) -> Mapping[str, Any]:
        """The version at its weight committed, then Argo CD asked to look, and a waiting Rollout resumed."""
        if target.weight < 100 and not self.policy.has_weights:
            raise DriverError(
                f"{target.environment}: nothing there can give {target.weight} % of the users a version of their own; name "
                "gitops.rollouts, or the place of the weight in gitops.files, or deploy in one step of 100 %"
            )
        with self.config.told():
            done = self.config.go_to(target, 100 if self.policy.rollouts else target.weight, key, at)
            # What was committed just now has not begun to pause.
            return {**done, **self._follow(done["commit"], None if done["changed"] else target)}

    def rollback(self, target: Target, key: str, at: datetime) -> Mapping[str, Any]:
        """The version before committed for all users.

        A Rollout under way is aborted first: its users are back before the commit has arrived.
        """
        with self.config.told():
            self.repository.fetch()
            self.config.earlier(target)
            aborted = self._abort()
            done = self.config.go_back(target, key, at)
            return {**done, **aborted, **self._follow(done["commit"], None)}

    def rehearse(self, target: Target) -> Mapping[str, Any]:
        """The way back made on a copy of the files; the push and Argo CD are asked whether they would do it."""
        with self.config.told():
            self.repository.fetch()
            done = self.config.rehearse(target)
            if self.policy.push:
                self.repository.check_push(self.policy.branch)
                done["push"] = "allowed"
            return done if self.argocd is None else {**done, **self._asked(self.argocd, target)}

    def _asked(self, argocd: ArgoCD, target: Target) -> Mapping[str, Any]:
        """Whether Argo CD offers the actions, and can make the manifests of the version before."""
        answer = argocd.get()
        told = application_state(answer)
        needed = {"abort"} if self.policy.abort else set()
        needed |= {"resume", "promote-full"} if self.policy.steps is ArgoSteps.RESUME else set()
        for name in self.policy.rollouts:
            if missing := sorted(needed - argocd.actions(answer, name)):
                raise DriverError(
                    f"Rollout {name}: Argo CD offers no action {', '.join(missing)}; give the token the right to it, and "
                    "leave Argo CD's own customization of Rollouts in place"
                )
        commit = self.config.commit_of_previous(target)
        made = argocd.manifests(commit)
        facts = {"sync": told.sync, "health": told.health, "manifests": made, "manifests_of": commit}
        return {"application": argocd.page, **facts}

    # Parts

    def _follow(self, commit: str, target: Target | None) -> dict[str, Any]:
        """Argo CD asked to look at the commit. What it says then is for `look`; a push is never undone by its silence."""
        if self.argocd is None:
            return {}
        try:
            answer = self.argocd.get(refresh=True)
            told = application_state(answer)
            done: dict[str, Any] = {"application": self.argocd.page}
            if self.policy.sync and not (told.sync == "Synced" and self.config.contains(told.revisions, commit)):
                done["sync"] = self._sync(self.argocd, told, commit)
        except ArgoCDError as error:
            if self.policy.sync or self.policy.steps is ArgoSteps.RESUME:
                raise
            return {"warning": str(error)}
        if target is not None and self.policy.steps is ArgoSteps.RESUME:
            done["resumed"] = self._resume(self.argocd, answer, target)
        return done

    def _sync(self, argocd: ArgoCD, told: ApplicationState, commit: str) -> str:
        if told.operation == "Running" and self.config.contains(told.operation_revisions, commit):
            return "under way"
        try:
            argocd.sync(commit)
        except BusyError:
            # Asked for again at the next try of the same act.
            raise DriverError(
                f"application {self.policy.application}: another operation is under way; it is asked for again"
            ) from None
        return "asked"

    def _resume(self, argocd: ArgoCD, answer: Mapping[str, Any], target: Target) -> list[str]:
        """Rollouts at less than the target's weight go on; whoever asks twice finds them further, or told already.

        To all users one that has further pauses goes without them: somebody ordered it so. DriverError for one that is not
        at its pause yet. One that an inconclusive analysis stopped is a person's to resume.
        """
        done = []
        for name in self.policy.rollouts:
            state = argocd.rollout(answer, name)
            is_there = state.promoted or state.weight >= target.weight
            if is_there or state.resumed or state.aborted or "InconclusiveAnalysis" in state.pauses:
                continue
            pauses = state.observed and "CanaryPauseStep" in state.pauses
            if target.weight == 100 and (state.pauses_left or not pauses):
                argocd.act(answer, name, "promote-full")
            elif pauses:
                argocd.act(answer, name, "resume")
            else:
                raise DriverError(f"Rollout {name} is at {state.weight} % and not at its pause yet; it is asked again")
            done.append(name)
        return done

    def _abort(self) -> dict[str, Any]:
        """Rollouts under way aborted. What hinders it is told and does not hold up the commit."""
        if self.argocd is None or not self.policy.abort or not self.policy.rollouts:
            return {}
        done: list[str] = []
        try:
            answer = self.argocd.get()
            for name in self.policy.rollouts:
                state = self.argocd.rollout(answer, name)
                if not state.promoted and not state.aborted:
                    self.argocd.act(answer, name, "abort")
                    done.append(name)
        except ArgoCDError as error:
            return {"aborted": done, "not_aborted": str(error)}
        return {"aborted": done}


def _evidence(argocd: ArgoCD, told: ApplicationState, rollouts: Sequence[RolloutState]) -> dict[str, str]:
    found = {
        "application": argocd.page,
        "revision": ", ".join(told.revisions),
        "sync": told.sync,
        "health": told.health,
        "operation": told.operation,
    }
    for one in rollouts:
        found[f"rollout {one.name}"] = f"{one.phase}, {one.weight} %"
    return {name: value for name, value in found.items() if value}
