"""GitHub's deployments, environments and runs of workflows, of one repository."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any
from urllib.parse import quote

from release_ops.adapters.github import GitHubRepository
from release_ops.adapters.github_api import GitHubError, NotFoundError
from release_ops.adapters.github_values import address, instant, text

PAYLOAD = "release_ops"
"""Key of our part of a deployment's payload."""
MOST = 300
"""So many deployments or runs, newest first, are looked through."""
DESCRIPTION_LIMIT = 140


@dataclass(frozen=True, slots=True)
class Deployment:
    """A GitHub deployment that is ours."""

    id: int
    payload: Mapping[str, Any]
    """Our part: key, product, version, weight."""
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Status:
    """What was last said of a deployment."""

    state: str
    """success, failure, in_progress, ...; empty: nobody has said anything."""
    description: str = ""
    url: str = ""
    """Log that it names; empty without."""


@dataclass(frozen=True, slots=True)
class Run:
    """A run of a workflow."""

    id: int
    name: str
    status: str
    """queued, in_progress, waiting, pending, requested, completed."""
    conclusion: str
    """success, failure, cancelled, timed_out, ...; empty while it runs."""
    url: str
    created_at: datetime | None = None
    """None: it was started just now."""


class GitHubDeployments:
    """Deployments and runs of a repository. Every method raises a GitHubError with its remedy."""

    def __init__(self, repository: GitHubRepository) -> None:
        self.repository = repository
        self.api = repository.api
        self._path = f"/repos/{repository.name}"

    # Deployments

    def deployments(self, environment: str) -> Iterator[Deployment]:
        """Our deployments to an environment, newest first."""
        listed = self.api.items(f"{self._path}/deployments", environment=environment)
        for one in islice(listed, MOST):
            payload = _ours(one.get("payload"))
            if payload is not None:
                yield Deployment(int(one["id"]), payload, instant(one["created_at"]))

    def create_deployment(
        self,
        ref: str,
        environment: str,
        payload: Mapping[str, Any],
        *,
        task: str,
        description: str,
        required_contexts: tuple[str, ...] | None,
        production: bool,
    ) -> int:
        """Id of a new deployment; the ref is deployed as it is, nothing is merged into it."""
        body: dict[str, Any] = {
            "ref": ref,
            "task": task,
            "auto_merge": False,
            "payload": {PAYLOAD: dict(payload)},
            "environment": environment,
            "description": description[:DESCRIPTION_LIMIT],
            "production_environment": production,
        }
        if required_contexts is not None:
            body["required_contexts"] = list(required_contexts)
        _, made = self.api.call("POST", f"{self._path}/deployments", body=body)
        return int(made["id"])

    def status(self, deployment: Deployment) -> Status:
        """The newest status of a deployment."""
        listed = self.api.items(f"{self._path}/deployments/{deployment.id}/statuses")
        said = sorted(islice(listed, MOST), key=lambda one: (str(one["created_at"]), int(one["id"])))
        if not said:
            return Status("")
        pages = [address(one.get("log_url") or one.get("target_url")) for one in reversed(said)]
        last = said[-1]
        state, description = text(last.get("state"), 40).lower(), text(last.get("description"))
        return Status(state, description, next(filter(None, pages), ""))

    # Workflows

    def dispatch(self, workflow: str, ref: str, inputs: Mapping[str, str]) -> Run | None:
        """Start a workflow; its run, where GitHub tells it."""
        body = {"ref": ref, "inputs": dict(inputs), "return_run_details": True}
        _, made = self.api.call("POST", f"{self._workflow(workflow)}/dispatches", body=body)
        if not isinstance(made, Mapping) or "workflow_run_id" not in made:  # an older GitHub Enterprise answers nothing
            return None
        return Run(int(made["workflow_run_id"]), "", "queued", "", address(made.get("html_url")))

    def runs(self, workflow: str) -> Iterator[Run]:
        """Runs of a workflow that were started through the API, newest first."""
        listed = self.api.items(f"{self._workflow(workflow)}/runs", "workflow_runs", event="workflow_dispatch")
        for one in islice(listed, MOST):
            yield Run(
                id=int(one["id"]),
                name=text(one.get("display_title")),
                status=text(one.get("status"), 40),
                conclusion=text(one.get("conclusion"), 40),
                url=address(one.get("html_url")),
                created_at=instant(one["created_at"]),
            )

    def reviewers(self, run: Run) -> str:
        """Which environments a run waits for, and whose review; empty when it waits for none."""
        waits = []
        for one in self.api.get(f"{self._path}/actions/runs/{run.id}/pending_deployments"):
            people = [text(_name(entry.get("reviewer"))) for entry in one.get("reviewers") or ()]
            who = f" ({', '.join(filter(None, people))})" if any(people) else ""
            waits.append(f"{text((one.get('environment') or {}).get('name'), 255)}{who}")
        return ", ".join(waits)

    def workflow_text(self, workflow: str, ref: str) -> str:
        """The workflow's file at a branch or tag. NotFoundError without it."""
        self.api.get(self._workflow(workflow))
        found = self.api.get(f"{self._path}/contents/{quote(f'.github/workflows/{workflow}', safe='')}", ref=ref)
        try:
            data = base64.b64decode(str(found["content"])) if isinstance(found, Mapping) else b""
            return data.decode("utf-8")
        except (KeyError, binascii.Error, UnicodeDecodeError):
            raise GitHubError(f"GitHub {self.repository.name}: {workflow} at {ref} is no text file") from None

    def environment(self, name: str) -> Mapping[str, Any] | None:
        """Protection of an environment: its reviewers by name, and minutes that it waits; None if it is not there."""
        found = self.api.find(f"{self._path}/environments/{quote(name, safe='')}")
        if found is None:
            return None
        rules = found.get("protection_rules") or ()
        people = [_name(entry.get("reviewer")) for rule in rules for entry in rule.get("reviewers") or ()]
        waits = [int(rule.get("wait_timer") or 0) for rule in rules]
        return {"reviewers": [text(one) for one in people if one], "wait_minutes": max(waits, default=0)}

    def commit_of(self, ref: str) -> str:
        """Commit that a branch, tag or commit leads to. NotFoundError without it."""
        for one in self.api.items(f"{self._path}/commits", sha=ref):
            return text(one["sha"], 64)
        raise NotFoundError(f"GitHub {self.repository.name}: {ref} leads to no commit; check that the tag was pushed")

    def _workflow(self, name: str) -> str:
        return f"{self._path}/actions/workflows/{quote(name, safe='')}"


def _ours(payload: Any) -> Mapping[str, Any] | None:
    """Our part of a payload, which GitHub gives back as an object or as the text of one."""
    if isinstance(payload, str):
        try:
            payload = json.loads(payload)
        except (ValueError, RecursionError):
            return None
    part = payload.get(PAYLOAD) if isinstance(payload, Mapping) else None
    return part if isinstance(part, Mapping) else None


def _name(reviewer: Any) -> str:
    return str(reviewer.get("login") or reviewer.get("slug") or "") if isinstance(reviewer, Mapping) else ""
