"""Deploys through GitHub: makes a deployment, starts a workflow, and follows both to their end."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import yaml

from release_ops.adapters.driver import DriverError
from release_ops.adapters.github_api import GitHubError, NotFoundError
from release_ops.adapters.github_deployments import GitHubDeployments, Run
from release_ops.domain.deploying import Live, LivePhase, Target
from release_ops.domain.github_deploy_policy import GitHubDeployPolicy, Mark, mark_in, mark_of, written

_STATES: Mapping[str, tuple[bool, LivePhase, str]] = {
    "": (False, "progressing", "nobody has taken the deployment yet"),
    "queued": (False, "progressing", "the deployment is queued"),
    "pending": (False, "progressing", "the deployment is pending"),
    "in_progress": (False, "progressing", "the deployment is in progress"),
    "waiting": (False, "paused", "the deployment waits for a review"),
    "success": (True, "healthy", "the deployment succeeded"),
    "failure": (True, "degraded", "the deployment failed"),
    "error": (True, "degraded", "the deployment ended with an error"),
    "inactive": (True, "unknown", "the deployment is inactive: another one took its place, or the environment is gone"),
}
"""State of a deployment to whether it stays so, the phase, and words."""
_WORST_FIRST: tuple[LivePhase, ...] = ("degraded", "unknown", "paused", "progressing", "healthy")
LATE = timedelta(seconds=3)
"""An act that began longer ago than this is tried again: its first try may have started a run."""
SKEW = timedelta(minutes=5)
"""GitHub's clock may be so far from ours."""
SEEN = timedelta(minutes=2)
"""After this time a run that was started shows in GitHub's list."""
WAITS = (2.0, 4.0, 8.0)
"""Seconds between looks for a run that was started."""


@dataclass(frozen=True, slots=True)
class _Said:
    """What one of the two says, with the version and share that it is about."""

    version: str
    weight: int
    settled: bool
    phase: LivePhase
    detail: str
    evidence: Mapping[str, str]


class GitHubDriver:
    """One environment of one product; a `driver.Driver`."""

    def __init__(
        self,
        policy: GitHubDeployPolicy,
        github: GitHubDeployments,
        *,
        tag: str,
        sleep: Callable[[float], None] = time.sleep,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """`tag` is the pattern of the product's tags, by which the version before is found."""
        self.policy = policy
        self.github = github
        self._tag = tag
        self._sleep = sleep
        self._now = now

    # What is live

    def look(self, target: Target) -> Live:
        """What the newest of our deployments and runs say."""
        with _told():
            said = [one for one in (self._of_run(target), self._of_deployment(target)) if one is not None]
        if not said:
            return Live(
                version="", weight=0, settled=True, phase="unknown", detail="nothing was deployed from here yet"
            )
        # The workflow started last, and knows best what it is about.
        first = said[0]
        both = [one for one in said if (one.version, one.weight) == (first.version, first.weight)]
        worst = min(both, key=lambda one: _WORST_FIRST.index(one.phase))
        return Live(
            version=first.version,
            weight=first.weight,
            settled=worst.settled,
            phase=worst.phase,
            detail=worst.detail,
            evidence={key: value for one in reversed(both) for key, value in one.evidence.items()},
        )

    def _of_run(self, target: Target) -> _Said | None:
        if not self.policy.workflow:
            return None
        for run in self.github.runs(self.policy.workflow):
            mark = mark_in(run.name)
            if mark is not None and (mark.product, mark.environment) == (target.product, target.environment):
                settled, phase, detail = self._judged(run)
                return _Said(mark.version, mark.weight, settled, phase, detail, {"run": run.url})
        return None

    def _judged(self, run: Run) -> tuple[bool, LivePhase, str]:
        if run.status == "completed":
            if run.conclusion == "success":
                return True, "healthy", "the workflow succeeded"
            return True, "degraded", f"the workflow ended with {run.conclusion or 'no conclusion'}"
        if run.status == "waiting":
            for_whom = self.github.reviewers(run)
            return (
                False,
                "paused",
                f"the workflow waits for a review of {for_whom}" if for_whom else "the workflow waits",
            )
        return False, "progressing", f"the workflow is {run.status.replace('_', ' ') or 'not known yet'}"

    def _of_deployment(self, target: Target) -> _Said | None:
        if not self.policy.deployment:
            return None
        for one in self.github.deployments(self.policy.environment):
            version, weight = one.payload.get("version"), one.payload.get("weight")
            if one.payload.get("product") == target.product and isinstance(version, str) and isinstance(weight, int):
                status = self.github.status(one)
                unknown: tuple[bool, LivePhase, str] = (False, "unknown", f"the deployment is {status.state}")
                settled, phase, detail = _STATES.get(status.state, unknown)
                detail = f"{detail}: {status.description}" if status.description else detail
                evidence = {"deployment": str(one.id), **({"log": status.url} if status.url else {})}
                return _Said(version, weight, settled, phase, detail, evidence)
        return None

    # Acting

    def apply(self, target: Target, key: str, at: datetime) -> Mapping[str, Any]:
        """A deployment of the tag made and the workflow started, each at most once for a key."""
        if target.weight < 100 and not self.policy.weights:
            raise DriverError(
                f"{target.environment}: nothing there can give {target.weight} % of the users a version of their own; write "
                "github.weights: true if the workflow can, or deploy in one step of 100 %"
            )
        with _told():
            return self._act(target, target.version, target.ref, target.weight, self.policy.task, key, at)

    def rollback(self, target: Target, key: str, at: datetime) -> Mapping[str, Any]:
        """The tag of the version before deployed for all users, as a new deployment with the task `rollback`."""
        with _told():
            return self._act(target, target.previous, self._ref_before(target), 100, "rollback", key, at)

    def _act(
        self, target: Target, version: str, ref: str, weight: int, task: str, key: str, at: datetime
    ) -> dict[str, Any]:
        mark = mark_of(target.product, version, target.environment, weight, key)
        done: dict[str, Any] = {"ref": ref, "environment": self.policy.environment, "mark": str(mark)}
        if self.policy.deployment:
            payload = {"key": key, "product": target.product, "version": version, "weight": weight}
            done["deployment"] = self._deployment(target, version, ref, task, payload, at)
        if self.policy.workflow:
            run = self._run(mark, at) or self._started(target, mark, ref, at, done)
            done |= {"run": run.url, "run_id": run.id} if run is not None else {}
        return done

    def _deployment(
        self, target: Target, version: str, ref: str, task: str, payload: Mapping[str, Any], at: datetime
    ) -> int:
        for one in self.github.deployments(self.policy.environment):
            if one.payload.get("key") == payload["key"]:
                return one.id
            if one.created_at < at - SKEW:
                break
        share = "" if payload["weight"] == 100 else f" at {payload['weight']} %"
        return self.github.create_deployment(
            ref,
            self.policy.environment,
            payload,
            task=task,
            description=f"{target.product} {version}{share}",
            required_contexts=self.policy.required_contexts if task != "rollback" else (),
            production=self.policy.production,
        )

    def _run(self, mark: Mark, at: datetime) -> Run | None:
        """The run that an earlier try of this act started.

        GitHub lists a run some seconds after it was started, so that a try soon after a lost one looks several times.
        """
        age = self._now() - at
        return None if age < LATE else self._listed(mark, at, WAITS if age < SEEN else ())

    def _started(self, target: Target, mark: Mark, ref: str, at: datetime, done: Mapping[str, Any]) -> Run | None:
        """The run of a workflow that is started now, once GitHub lists it: until then an older one would be looked at."""
        where = self.policy.workflow_ref or ref
        run = self.github.dispatch(self.policy.workflow, where, self._inputs(target, mark, ref, done))
        return self._listed(mark, at, WAITS) or run

    def _listed(self, mark: Mark, at: datetime, waits: Sequence[float]) -> Run | None:
        for wait in (0.0, *waits):
            if wait:
                self._sleep(wait)
            for run in self.github.runs(self.policy.workflow):
                if (known := mark_in(run.name)) is not None and known.digest == mark.digest:
                    return run
                if run.created_at is not None and run.created_at < at - SKEW:
                    break
        return None

    def _inputs(self, target: Target, mark: Mark, ref: str, done: Mapping[str, Any]) -> Mapping[str, str]:
        facts = {
            "version": mark.version,
            "ref": ref,
            "commit": target.commit if mark.version == target.version else "",
            "product": target.product,
            "environment": target.environment,
            "weight": str(mark.weight),
            "previous": target.previous,
            "deployment": str(done.get("deployment", "")),
        }
        inputs = {name: written(pattern, facts) for name, pattern in self.policy.inputs.items()}
        return {**inputs, self.policy.mark: str(mark)}

    def _ref_before(self, target: Target) -> str:
        if not target.previous:
            raise DriverError(f"{target.environment}: there is no version before {target.version} to go back to")
        return self._tag.replace("{version}", target.previous)

    # The rehearsal

    def rehearse(self, target: Target) -> Mapping[str, Any]:
        """Whether the tag of before is there, and the workflow takes what the way back would give it; nothing is started."""
        ref = self._ref_before(target)
        with _told():
            try:
                commit = self.github.commit_of(ref)
            except NotFoundError:
                raise DriverError(
                    f"GitHub {self.policy.repository}: there is no tag {ref} to go back to; push it, or deploy by hand"
                ) from None
            done: dict[str, Any] = {"previous": target.previous, "ref": ref, "commit": commit}
            done["protection"] = self.github.environment(self.policy.environment)
            if self.policy.deployment and done["protection"] is None:
                done["note"] = f"environment {self.policy.environment} is not there yet; GitHub makes it on first use"
            if self.policy.workflow:
                where = self.policy.workflow_ref or ref
                self._check_workflow(self.github.workflow_text(self.policy.workflow, where), where)
                done["workflow"] = f"{self.policy.workflow} at {where}"
            return done

    def _check_workflow(self, content: str, ref: str) -> None:
        """Whether a workflow can be started by us and found again; DriverError naming what it lacks."""
        place = f"{self.policy.workflow} at {ref}"
        try:
            document = yaml.load(content, Loader=yaml.BaseLoader)  # noqa: S506 - builds text, lists and dicts only
        except (yaml.YAMLError, RecursionError):
            raise DriverError(f"{place}: is no YAML; correct the workflow") from None
        trigger = document.get("on") if isinstance(document, dict) else None
        dispatch = trigger.get("workflow_dispatch") if isinstance(trigger, dict) else None
        if dispatch is None:
            raise DriverError(f"{place}: has no `on: workflow_dispatch` with inputs; add it")
        inputs = dispatch.get("inputs") if isinstance(dispatch, dict) else None
        missing = sorted({*self.policy.inputs, self.policy.mark} - set(inputs if isinstance(inputs, dict) else ()))
        if missing:
            raise DriverError(f"{place}: workflow_dispatch lacks the inputs {', '.join(missing)}; add them")
        if f"inputs.{self.policy.mark}" not in str(document.get("run-name", "")):
            raise DriverError(
                f"{place}: its run-name does not have inputs.{self.policy.mark}, by which its run is found; write "
                f"run-name: Deploy ${{{{ inputs.{self.policy.mark} }}}}"
            )


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except GitHubError as error:
        raise DriverError(str(error)) from error
