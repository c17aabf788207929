"""A strict, stateful stand-in for Argo CD's REST API and the Argo Rollouts below it, on a real config repository.

Routes, parameters and bodies are those of Argo CD 3.x's own description (assets/swagger.json: ApplicationService_Get,
_Sync, _GetManifests, _GetResource, _ListResourceActions, _RunResourceActionV2); what the actions of a Rollout change,
and when they are disabled, is taken from its resource customizations (actions/*.lua, discovery.lua). The controllers do
not run by themselves: tests call `sync_now` and `step`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import unquote

from tests.fakes.git_source import Source, git
from tests.fakes.loopback import Answer, Loopback, Request

TOKEN = "eyJhbGciOiJIUzI1NiJ9.the-fakes.own-token"
PLACE = ("namespace", "resourceName", "version", "group", "kind")
WHERE = ("appNamespace", "project")


class FakeArgoCD(Loopback):
    """One application from the branch `main` of `source`, whose `file` names the version; maybe with one Rollout."""

    def __init__(
        self, source: Source, file: str, *, steps: Sequence[Mapping[str, Any]] | None = None, automated: bool = True
    ) -> None:
        super().__init__()
        self.source = source
        self.file = file
        self.automated = automated
        self.seen = source.head()
        """Commit that it last compared with."""
        self.live = self.seen
        """Commit that is applied."""
        self.health = "Healthy"
        self.health_message = ""
        self.operation: dict[str, Any] | None = None
        self.conditions: list[dict[str, str]] = []
        self.rollout = None if steps is None else _rollout(steps, self._hash(self.live))
        self.denied: set[str] = set()
        """Actions that the token has no right to."""
        self.acted: list[str] = []

    # What tests do instead of the controllers

    def sync_now(self, phase: str = "Succeeded", message: str = "successfully synced (all tasks run)") -> None:
        """The application controller syncs to the newest commit, or fails to."""
        self.seen = self.source.head()
        self._operate(self.seen, phase, message)
        if phase == "Succeeded":
            self._apply(self.seen)

    def step(self) -> None:
        """The controller of Rollouts goes on until a pause, the next analysis, or the end."""
        assert self.rollout is not None
        status, steps = self.rollout["status"], self.rollout["spec"]["strategy"]["canary"]["steps"]
        status["observedGeneration"] = str(self.rollout["metadata"]["generation"])
        if status.get("abort"):
            status |= {"phase": "Degraded", "message": "RolloutAborted: Rollout aborted update", "currentStepIndex": 0}
            self._weigh(0)
        elif status["currentPodHash"] == status["stableRS"] or status.get("promoteFull"):
            self._promote()
        elif not status.get("pauseConditions"):
            self._walk(status, steps)
        self._judge()

    def _walk(self, status: dict[str, Any], steps: list[dict[str, Any]]) -> None:
        at = status["currentStepIndex"]
        if status.get("controllerPause"):  # it was resumed
            status["controllerPause"], at = False, at + 1
        while at < len(steps):
            if "setWeight" in steps[at]:
                self._weigh(steps[at]["setWeight"])
            elif "pause" in steps[at]:
                pause = [{"reason": "CanaryPauseStep", "startTime": "2026-11-26T09:00:00Z"}]
                status |= {"currentStepIndex": at, "pauseConditions": pause, "controllerPause": True}
                status |= {"phase": "Paused", "message": "CanaryPauseStep"}
                return
            at += 1
        status["currentStepIndex"] = at
        self._promote()

    def _promote(self) -> None:
        assert self.rollout is not None
        status, steps = self.rollout["status"], self.rollout["spec"]["strategy"]["canary"]["steps"]
        status |= {"stableRS": status["currentPodHash"], "phase": "Healthy", "currentStepIndex": len(steps)}
        for key in ("message", "promoteFull", "pauseConditions", "controllerPause"):
            status.pop(key, None)
        self._weigh(0)

    def inconclusive(self) -> None:
        """An analysis of the Rollout came to nothing."""
        assert self.rollout is not None
        pause = [{"reason": "InconclusiveAnalysis", "startTime": "2026-11-26T09:00:00Z"}]
        self.rollout["status"] |= {"pauseConditions": pause, "controllerPause": True, "phase": "Paused"}
        self._judge()

    # Serving

    def answer(self, request: Request) -> Answer:
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            return Answer(401, {"error": "no session information", "code": 16, "message": "no session information"})
        base, _, rest = request.path.removeprefix("/api/v1/applications/").partition("/")
        if not request.path.startswith("/api/v1/applications/"):
            return self.refuse(request.path)
        if unquote(base) != "webapp-production":
            return Answer(403, {"error": "permission denied", "code": 7, "message": "permission denied"})
        table: dict[tuple[str, str], tuple[Callable[[Request, Any], Answer], Sequence[str], Sequence[str]]] = {
            ("GET", ""): (self._get, ("refresh", *WHERE), ()),
            ("POST", "sync"): (self._sync, (), ("name", "revision", "prune", *WHERE)),
            ("GET", "manifests"): (self._manifests, ("revision", *WHERE), ()),
            ("GET", "resource"): (self._resource, (*PLACE, *WHERE), ()),
            ("GET", "resource/actions"): (self._actions, (*PLACE, *WHERE), ()),
            ("POST", "resource/actions/v2"): (self._act, (), ("name", *PLACE, "action", *WHERE)),
        }
        if (request.verb, rest) not in table:
            return self.refuse(f"{request.verb} {request.path}")
        handler, query, keys = table[request.verb, rest]
        body = json.loads(request.body) if request.body else {}
        stray = (set(request.query) - set(query)) | (set(body) - set(keys))
        if stray:
            return self.refuse(f"{request.verb} {request.path}: {sorted(stray)}")
        return handler(request, body)

    def _get(self, request: Request, body: Any) -> Answer:
        if request.query.get("refresh") not in (None, "normal", "hard"):
            return self.refuse(f"refresh {request.query['refresh']}")
        if "refresh" in request.query:
            self.seen = self.source.head()
        return Answer(200, self.application())

    def application(self) -> dict[str, Any]:
        """The application as the API and its custom resource have it."""
        source = {"repoURL": "https://git.example.org/config.git", "path": ".", "targetRevision": "main"}
        destination = {"server": "https://kubernetes.default.svc", "namespace": "shop"}
        resources = []
        if self.rollout is not None:
            one = {"group": "argoproj.io", "version": "v1alpha1", "kind": "Rollout", "namespace": "shop"}
            resources.append({**one, "name": "webapp", "status": "Synced", "health": {"status": self.health}})
        status: dict[str, Any] = {
            "sync": {
                "status": "Synced" if self.seen == self.live else "OutOfSync",
                "comparedTo": {"source": source, "destination": destination},
                "revision": self.seen,
            },
            "health": {"status": self.health},
            "resources": resources,
            "sourceType": "Kustomize",
            "reconciledAt": "2026-11-26T09:00:00Z",
            **({"operationState": self.operation} if self.operation else {}),
            **({"conditions": self.conditions} if self.conditions else {}),
        }
        if self.health_message:
            status["health"]["message"] = self.health_message
        return {
            "apiVersion": "argoproj.io/v1alpha1",
            "kind": "Application",
            "metadata": {"name": "webapp-production", "namespace": "argocd"},
            "spec": {"project": "shop", "source": source, "destination": destination},
            "status": status,
        }

    def _sync(self, request: Request, body: Any) -> Answer:
        if "sync" in self.denied:
            return Answer(403, {"error": "permission denied", "code": 7, "message": "permission denied"})
        if self.operation and self.operation["phase"] == "Running":
            said = "another operation is already in progress"
            return Answer(400, {"error": said, "code": 9, "message": said})
        if self.automated and body["revision"] != self.source.head():
            said = f"Cannot sync to {body['revision']}: auto-sync currently set to main"
            return Answer(400, {"error": said, "code": 9, "message": said})
        self._operate(body["revision"], "Running", "")
        self.acted.append(f"sync {body['revision']}")
        return Answer(200, self.application())

    def _manifests(self, request: Request, body: Any) -> Answer:
        revision = request.query["revision"]
        text = git(self.source.path, "show", f"{revision}:{self.file}", ok=False)
        if not text:
            said = f"Unable to generate manifests in .: rpc error: unable to resolve '{revision}' to a commit SHA"
            return Answer(500, {"error": said, "code": 2, "message": said})
        made = [json.dumps({"kind": kind}) for kind in ("Rollout", "Service")]
        return Answer(200, {"manifests": made, "revision": revision, "sourceType": "Kustomize"})

    def _resource(self, request: Request, body: Any) -> Answer:
        return self._placed(request.query) or Answer(200, {"manifest": json.dumps(self.rollout)})

    def _placed(self, place: Mapping[str, str]) -> Answer | None:
        wanted = ("shop", "webapp", "v1alpha1", "argoproj.io", "Rollout")
        if self.rollout is None or tuple(place.get(key) for key in PLACE) != wanted:
            said = (
                f"{place.get('kind')} {place.get('group')} {place.get('resourceName')} not found as part of application"
            )
            return Answer(400, {"error": said, "code": 3, "message": said})
        return None

    def _disabled(self) -> dict[str, bool]:
        assert self.rollout is not None
        status = self.rollout["status"]
        done, aborted = status["currentPodHash"] == status["stableRS"], bool(status.get("abort"))
        return {
            "restart": False,
            "resume": not status.get("pauseConditions"),
            "abort": done or aborted,
            "retry": done or not aborted,
            "promote-full": done,
        }

    def _actions(self, request: Request, body: Any) -> Answer:
        offered = [
            {"name": name, "disabled": disabled}
            for name, disabled in self._disabled().items()
            if name not in self.denied
        ]
        return self._placed(request.query) or Answer(200, {"actions": offered})

    def _act(self, request: Request, body: Any) -> Answer:
        action = body["action"]
        if action in self.denied:
            said = f"permission denied: applications, action/argoproj.io/Rollout/{action}, shop/webapp-production"
            return Answer(403, {"error": said, "code": 7, "message": said})
        if problem := self._placed(body):
            return problem
        if action not in self._disabled():
            said = f"action {action} does not exist"
            return Answer(400, {"error": said, "code": 3, "message": said})
        assert self.rollout is not None
        status = self.rollout["status"]
        if action == "abort":
            status["abort"] = True
        elif action == "retry":
            status.pop("abort", None)
        elif action == "resume":
            status.pop("pauseConditions", None)
        elif action == "promote-full":
            status["promoteFull"] = True
        self.acted.append(action)
        return Answer(200, {})

    # Parts

    def _operate(self, revision: str, phase: str, message: str) -> None:
        self.operation = {
            "phase": phase,
            "message": message,
            "startedAt": "2026-11-26T09:00:00Z",
            "operation": {"sync": {"revision": revision}},
            "syncResult": {"revision": revision, "source": {"repoURL": "https://git.example.org/config.git"}},
        }

    def _apply(self, commit: str) -> None:
        self.live = commit
        if self.rollout is None or self._hash(commit) == self.rollout["status"]["currentPodHash"]:
            return
        self.rollout["metadata"]["generation"] += 1
        status = self.rollout["status"]
        for key in ("abort", "pauseConditions", "controllerPause", "message"):
            status.pop(key, None)
        status |= {"currentPodHash": self._hash(commit), "currentStepIndex": 0, "phase": "Progressing"}
        self._judge()

    def _hash(self, commit: str) -> str:
        text = git(self.source.path, "show", f"{commit}:{self.file}")
        return hashlib.sha1(text.encode()).hexdigest()[:9]

    def _weigh(self, weight: int) -> None:
        assert self.rollout is not None
        hash_ = self.rollout["status"]["currentPodHash"]
        stable = self.rollout["status"]["stableRS"]
        self.rollout["status"]["canary"] = {
            "weights": {
                "canary": {"podTemplateHash": hash_, "weight": weight, "serviceName": "webapp-canary"},
                "stable": {"podTemplateHash": stable, "weight": 100 - weight, "serviceName": "webapp"},
            }
        }

    def _judge(self) -> None:
        assert self.rollout is not None
        phase = self.rollout["status"]["phase"]
        self.health = "Suspended" if phase == "Paused" else phase
        self.health_message = self.rollout["status"].get("message", "")


def _rollout(steps: Sequence[Mapping[str, Any]], hash_: str) -> dict[str, Any]:
    labels = {"matchLabels": {"app": "webapp"}}
    container = {"name": "webapp", "image": "webapp"}
    template = {"metadata": {"labels": {"app": "webapp"}}, "spec": {"containers": [container]}}
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Rollout",
        "metadata": {"name": "webapp", "namespace": "shop", "generation": 1},
        "spec": {
            "replicas": 4,
            "selector": labels,
            "template": template,
            "strategy": {"canary": {"steps": [dict(one) for one in steps]}},
        },
        "status": {
            "observedGeneration": "1",
            "phase": "Healthy",
            "currentPodHash": hash_,
            "stableRS": hash_,
            "currentStepIndex": len(steps),
        },
    }
