"""Deployments, environments and runs of workflows at GitHub, for the fake: their state, answers and rules."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import yaml

from tests.fakes import github_bodies as bodies
from tests.fakes.loopback import Answer, Request

if TYPE_CHECKING:
    from tests.fakes.github import FakeGitHub

DEPLOYMENT = "ref task auto_merge required_contexts payload environment description production_environment"
STATES = ("error", "failure", "inactive", "in_progress", "queued", "pending", "success")
Row = tuple[str, str, Callable[..., Answer], str, str, str]


class Deploys:
    """What a repository has of them. Times count up from a fixed one, a second for each thing that is made."""

    def __init__(self, github: FakeGitHub) -> None:
        self.github = github
        self.deployments: list[dict[str, Any]] = []
        self.statuses: dict[int, list[dict[str, Any]]] = {}
        self.runs: list[dict[str, Any]] = []
        self.environments: dict[str, Sequence[str]] = {}
        """Name to the logins of those who have to review."""
        self.workflows: dict[str, str] = {}
        """File in .github/workflows to its text, on every branch and tag."""
        self.hidden = 0
        """So many listings of runs do not show the newest run yet."""
        self.old = False
        """An Enterprise server that does not know `return_run_details`."""
        self._count = 0

    def rows(self) -> list[Row]:
        name, page = "(?P<name>[^/]+)", "per_page page"
        return [
            ("GET", "deployments", self._deployments, f"environment {page}", "", ""),
            ("POST", "deployments", self._deploy, "", DEPLOYMENT, "ref"),
            ("GET", "deployments/(?P<id>\\d+)/statuses", self._statuses, page, "", ""),
            ("GET", f"actions/workflows/{name}", self._workflow, "", "", ""),
            ("GET", f"actions/workflows/{name}/runs", self._runs, f"event {page}", "", ""),
            (
                "POST",
                f"actions/workflows/{name}/dispatches",
                self._dispatch,
                "",
                "ref inputs return_run_details",
                "ref",
            ),
            ("GET", "actions/runs/(?P<id>\\d+)/pending_deployments", self._pending, "", "", ""),
            ("GET", f"environments/{name}", self._environment, "", "", ""),
            ("GET", f"contents/\\.github%2Fworkflows%2F{name}", self._content, "ref", "", ""),
        ]

    # What tests do

    def say(self, state: str, description: str = "", log: str = "", *, deployment: int = -1) -> None:
        """Somebody reports a status of a deployment, the newest one unless it is named by its index."""
        assert state in STATES
        one = self.deployments[deployment]
        status = {"id": self.github._id(), "state": state, "description": description, "log": log, "at": self._now()}
        self.statuses[one["id"]].append(status)

    def run(self, status: str, conclusion: str | None = None, *, index: int = -1) -> None:
        """A run goes on, the newest one unless it is named."""
        self.runs[index] |= {"status": status, "conclusion": conclusion}

    # Handlers

    def _deployments(self, request: Request, body: Any) -> Answer:
        wanted = request.query.get("environment")
        found = [one for one in reversed(self.deployments) if wanted in (None, one["environment"])]
        return self.github._paged(request, [self._deployment(one) for one in found])

    def _deploy(self, request: Request, body: Any) -> Answer:
        sha = self.github._sha(body["ref"])
        if sha is None:
            return Answer(422, {"message": f"No ref found for: {body['ref']}"})
        if body.get("auto_merge", True) is not False:
            return self.github.refuse("a deployment that may merge")
        states = {one["context"]: one["state"] for one in self.github.statuses.get(sha, [])}
        wanted = body.get("required_contexts", list(states))
        bad = [context for context in wanted if states.get(context) != "success"]
        if bad:
            return Answer(409, {"message": f"Conflict: Commit status checks failed for {body['ref']}."})
        one = {"id": self.github._id(), "sha": sha, "at": self._now(), "task": "deploy", "description": "", **body}
        one.setdefault("environment", "production")
        self.deployments.append(one)
        self.statuses[one["id"]] = []
        return Answer(201, self._deployment(one))

    def _statuses(self, request: Request, body: Any, id: str) -> Answer:
        if int(id) not in self.statuses:
            return _not_found()
        one = next(one for one in self.deployments if one["id"] == int(id))
        return self.github._paged(request, [self._status(one, said) for said in reversed(self.statuses[int(id)])])

    def _workflow(self, request: Request, body: Any, name: str) -> Answer:
        if name not in self.workflows:
            return _not_found()
        api = f"{self.github.origin}/repos/{self.github.name}/actions/workflows/{name}"
        page = f"{self.github.origin}/{self.github.name}/actions/workflows/{name}"
        found = {"id": bodies.number_of(name), "node_id": "W_1", "name": name, "path": f".github/workflows/{name}"}
        times = dict.fromkeys(("created_at", "updated_at"), bodies.NEVER)
        links = {"url": api, "html_url": page, "badge_url": f"{page}/badge.svg"}
        return Answer(200, {**found, "state": "active", **times, **links})

    def _runs(self, request: Request, body: Any, name: str) -> Answer:
        if name not in self.workflows:
            return _not_found()
        if request.query.get("event") != "workflow_dispatch":
            return self.github.refuse(f"runs {dict(request.query)}")
        shown = [one for one in reversed(self.runs) if one["file"] == name]
        if self.hidden and shown:
            self.hidden, shown = self.hidden - 1, shown[1:]
        found = [self._run(one) for one in shown]
        return self.github._paged(request, found, lambda page: {"total_count": len(found), "workflow_runs": page})

    def _dispatch(self, request: Request, body: Any, name: str) -> Answer:
        if name not in self.workflows:
            return _not_found()
        if self.old and "return_run_details" in body:
            body = {key: value for key, value in body.items() if key != "return_run_details"}
        sha = self.github._sha(body["ref"])
        if sha is None:
            return Answer(422, {"message": f"No ref found for: {body['ref']}"})
        known = yaml.load(self.workflows[name], Loader=yaml.BaseLoader)
        declared = known["on"]["workflow_dispatch"]["inputs"]
        inputs = body.get("inputs", {})
        stray = sorted(set(inputs) - set(declared))
        if stray or len(inputs) > 25 or not all(isinstance(one, str) for one in inputs.values()):
            return Answer(422, {"message": f"Unexpected inputs provided: {stray}"})
        title = known.get("run-name", "a commit's message")
        title = re.sub(r"\$\{\{ inputs\.(\w+) \}\}", lambda match: inputs.get(match[1], ""), title)
        one = {"id": self.github._id(), "file": name, "title": title, "sha": sha, "ref": body["ref"], "inputs": inputs}
        self.runs.append({**one, "at": self._now(), "status": "queued", "conclusion": None})
        if not body.get("return_run_details"):
            return Answer(204)
        page = f"{self.github.origin}/{self.github.name}/actions/runs/{one['id']}"
        return Answer(
            200, {"workflow_run_id": one["id"], "run_url": self._api(f"actions/runs/{one['id']}"), "html_url": page}
        )

    def _pending(self, request: Request, body: Any, id: str) -> Answer:
        run = next((one for one in self.runs if one["id"] == int(id)), None)
        if run is None:
            return _not_found()
        if run["status"] != "waiting":
            return Answer(200, [])
        return Answer(
            200,
            [
                {
                    "environment": {"id": bodies.number_of(name), "node_id": "EN_1", "name": name},
                    "wait_timer": 0,
                    "wait_timer_started_at": None,
                    "current_user_can_approve": False,
                    "reviewers": [self._reviewer(login) for login in logins],
                }
                for name, logins in self.environments.items()
                if logins
            ],
        )

    def _environment(self, request: Request, body: Any, name: str) -> Answer:
        name = unquote(name)
        if name not in self.environments:
            return _not_found()
        rule = {"id": 1, "node_id": "GA_1", "type": "required_reviewers", "prevent_self_review": True}
        rules = [{**rule, "reviewers": [self._reviewer(login) for login in self.environments[name]]}]
        rules += [{"id": 2, "node_id": "GA_2", "type": "wait_timer", "wait_timer": 30}]
        return Answer(
            200,
            {
                "id": bodies.number_of(name),
                "node_id": "EN_1",
                "name": name,
                "url": self._api(f"environments/{name}"),
                "html_url": f"{self.github.origin}/{self.github.name}/deployments/{name}",
                "created_at": bodies.NEVER,
                "updated_at": bodies.NEVER,
                "protection_rules": rules if self.environments[name] else [],
            },
        )

    def _content(self, request: Request, body: Any, name: str) -> Answer:
        if name not in self.workflows or self.github._sha(request.query.get("ref", "main")) is None:
            return _not_found()
        data = self.workflows[name].encode()
        path = f".github/workflows/{name}"
        api = self._api(f"contents/{path}")
        links = {"url": api, "html_url": api, "git_url": api, "download_url": api}
        facts = {"name": name, "path": path, "sha": "0" * 40, "size": len(data), "type": "file", "encoding": "base64"}
        inner = {"self": api, "git": api, "html": api}
        content = "\n".join(base64.encodebytes(data).decode().split("\n"))
        return Answer(200, {**facts, "content": content, **links, "_links": inner})

    # Bodies

    def _deployment(self, one: dict[str, Any]) -> dict[str, Any]:
        api = self._api(f"deployments/{one['id']}")
        return {
            "url": api,
            "id": one["id"],
            "node_id": f"DE_{one['id']}",
            "sha": one["sha"],
            "ref": one["ref"],
            "task": one["task"],
            "payload": one.get("payload", {}),
            "original_environment": one["environment"],
            "environment": one["environment"],
            "description": one["description"],
            "creator": bodies.user(self.github.origin, "release-ops"),
            "created_at": one["at"],
            "updated_at": one["at"],
            "statuses_url": f"{api}/statuses",
            "repository_url": self._api("")[:-1],
            "transient_environment": False,
            "production_environment": one.get("production_environment", False),
        }

    def _status(self, one: dict[str, Any], said: dict[str, Any]) -> dict[str, Any]:
        api = self._api(f"deployments/{one['id']}")
        return {
            "url": f"{api}/statuses/{said['id']}",
            "id": said["id"],
            "node_id": f"DES_{said['id']}",
            "state": said["state"],
            "creator": bodies.user(self.github.origin, "github-actions"),
            "description": said["description"],
            "environment": one["environment"],
            "target_url": said["log"],
            "log_url": said["log"],
            "created_at": said["at"],
            "updated_at": said["at"],
            "deployment_url": api,
            "repository_url": self._api("")[:-1],
        }

    def _run(self, one: dict[str, Any]) -> dict[str, Any]:
        api = self._api(f"actions/runs/{one['id']}")
        page = f"{self.github.origin}/{self.github.name}/actions/runs/{one['id']}"
        person = {"name": "Ada", "email": "ada@example.org"}
        commit = {"id": one["sha"], "tree_id": one["sha"], "message": "feat: x", "timestamp": one["at"]}
        repository = bodies.repository(self.github.origin, self.github.name)
        links = ("jobs", "logs", "check_suite", "cancel", "rerun", "artifacts", "workflow")
        return {
            "id": one["id"],
            "name": one["file"],
            "node_id": f"WFR_{one['id']}",
            "head_branch": one["ref"],
            "head_sha": one["sha"],
            "path": f".github/workflows/{one['file']}",
            "display_title": one["title"],
            "run_number": 1,
            "event": "workflow_dispatch",
            "status": one["status"],
            "conclusion": one["conclusion"],
            "workflow_id": bodies.number_of(one["file"]),
            "url": api,
            "html_url": page,
            "pull_requests": [],
            "created_at": one["at"],
            "updated_at": one["at"],
            **{f"{link}_url": f"{api}/{link}" for link in links},
            "head_commit": {**commit, "author": person, "committer": person},
            "repository": repository,
            "head_repository": repository,
        }

    def _reviewer(self, login: str) -> dict[str, Any]:
        return {"type": "User", "reviewer": bodies.user(self.github.origin, login)}

    def _api(self, path: str) -> str:
        return f"{self.github.origin}/repos/{self.github.name}/{path}"

    def _now(self) -> str:
        self._count += 1
        return f"2026-11-26T09:{self._count // 60:02}:{self._count % 60:02}Z"


def _not_found() -> Answer:
    return Answer(404, {"message": "Not Found", "documentation_url": "https://docs.github.com/rest", "status": "404"})
