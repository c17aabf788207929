"""Argo CD's REST API: an application, its sync and health, and the Argo Rollouts in it."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote, urlsplit

import requests

from release_ops.adapters.driver import DriverError
from release_ops.domain.argo_state import ApplicationState, RolloutState

ROLLOUT = {"group": "argoproj.io", "version": "v1alpha1", "kind": "Rollout"}
ATTEMPTS = 3
"""Of a question; an act is never repeated here."""
TIMEOUT = 30.0
MOST_BYTES = 32 * 1024 * 1024
"""Of one answer: the rendered manifests of a large application have a few MB."""
_TEXT = 1_000
_REMEDIES: Mapping[int, str] = {
    400: "correct what the message names",
    401: "the token of the connection is wrong or expired: store a new one (argocd account generate-token)",
    403: "give the account of the token the right in Argo CD's RBAC policy (docs/drivers.md lists the rights), and "
    "check the name of the application: Argo CD answers 403 for one that is not there",
    404: "check the names of the application and its namespace",
}


class ArgoCDError(DriverError):
    """Argo CD refused or could not be asked; the message names the call, what it said, and the remedy."""


class BusyError(ArgoCDError):
    """Another operation of the application is under way."""


class ArgoCD:
    """One application of one Argo CD. Every method raises ArgoCDError with its remedy."""

    def __init__(
        self,
        origin: str,
        token: str,
        application: str,
        *,
        app_namespace: str = "",
        project: str = "",
        verify: bool | str = True,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """`origin` is `https://host[:port]`, with the path below which Argo CD is served if it has one."""
        host = urlsplit(origin)
        if host.scheme not in {"http", "https"} or not host.hostname or host.username:
            raise ArgoCDError(
                f"Argo CD: {host.hostname or 'the host'}: not an http(s) URL; correct the connection's host"
            )
        if not token or not re.fullmatch(r"[\x21-\x7e]+", token):
            raise ArgoCDError("Argo CD: no usable token; store one as the connection's password")
        self.origin = origin.rstrip("/")
        self.application = application
        self._where = {"appNamespace": app_namespace, "project": project}
        self._token = token
        self._verify = verify
        self._sleep = sleep
        self._path = f"/api/v1/applications/{quote(application, safe='')}"

    @property
    def page(self) -> str:
        """Address of the application's page."""
        namespace = f"{quote(self._where['appNamespace'], safe='')}/" if self._where["appNamespace"] else ""
        return f"{self.origin}/applications/{namespace}{quote(self.application, safe='')}"

    # Looking

    def get(self, *, refresh: bool = False) -> Mapping[str, Any]:
        """The application. `refresh`: it is compared with the repository anew before it answers."""
        query = {"refresh": "normal"} if refresh else {}
        return _object(self._call("GET", self._path, query=query), "application")

    def rollout(self, application: Mapping[str, Any], name: str) -> RolloutState:
        """State of the Rollout of that name in the application, which `get` answered."""
        manifest = self._resource(self._place(application, name))
        return rollout_state(name, manifest)

    def actions(self, application: Mapping[str, Any], name: str) -> frozenset[str]:
        """Names of the actions that the token may run on a Rollout, whether or not they fit its present state."""
        query = self._place(application, name)
        answer = _object(self._call("GET", f"{self._path}/resource/actions", query=query), "actions")
        return frozenset(_text(one.get("name")) for one in _list(answer.get("actions")) if isinstance(one, Mapping))

    def manifests(self, revision: str) -> int:
        """Number of manifests that Argo CD makes of a commit; nothing is applied."""
        answer = _object(self._call("GET", f"{self._path}/manifests", query={"revision": revision}), "manifests")
        return len(_list(answer.get("manifests")))

    # Acting

    def sync(self, revision: str) -> None:
        """Ask for a sync to a commit. BusyError while another operation is under way."""
        body = {"name": self.application, "revision": revision, "prune": False}
        self._call("POST", f"{self._path}/sync", body=body)

    def act(self, application: Mapping[str, Any], name: str, action: str) -> None:
        """Run an action of a Rollout: resume, abort, retry, promote-full."""
        body = {"name": self.application, **self._place(application, name), "action": action}
        self._call("POST", f"{self._path}/resource/actions/v2", body=body)

    # Calls

    def _place(self, application: Mapping[str, Any], name: str) -> dict[str, str]:
        """Where a Rollout is, from the list of the application's resources."""
        found = []
        status = application.get("status")
        for one in _list(status.get("resources") if isinstance(status, Mapping) else None):
            if isinstance(one, Mapping) and one.get("kind") == "Rollout" and one.get("group") == ROLLOUT["group"]:
                found.append(_text(one.get("name")))
                if one.get("name") == name:
                    place = {**ROLLOUT, "version": _text(one.get("version")) or ROLLOUT["version"]}
                    return {**place, "resourceName": name, "namespace": _text(one.get("namespace"))}
        has = f"it has {', '.join(sorted(found))}" if found else "it has none"
        raise ArgoCDError(f"application {self.application}: there is no Rollout {name}; {has}: correct gitops.rollouts")

    def _resource(self, place: Mapping[str, str]) -> Mapping[str, Any]:
        answer = _object(self._call("GET", f"{self._path}/resource", query=place), "resource")
        try:
            return _object(json.loads(_text(answer.get("manifest"), MOST_BYTES)), "manifest")
        except (ValueError, RecursionError):
            raise ArgoCDError(f"Argo CD GET {self._path}/resource: the manifest is not JSON; try again later") from None

    def _call(
        self, verb: str, path: str, *, query: Mapping[str, str] | None = None, body: Mapping[str, Any] | None = None
    ) -> Any:
        where = {key: value for key, value in self._where.items() if value}
        parameters = {**(query or {}), **(where if body is None else {})}
        content = None if body is None else {**body, **where}
        attempts = ATTEMPTS if verb == "GET" else 1
        why = ""
        for attempt in range(attempts):
            try:
                response = requests.request(
                    verb,
                    f"{self.origin}{path}",
                    params=parameters,
                    json=content,
                    headers={"Authorization": f"Bearer {self._token}", "Accept": "application/json"},
                    timeout=TIMEOUT,
                    verify=self._verify,
                    allow_redirects=False,  # would take the token to another host
                    stream=True,
                )
                data = _body(verb, path, response)
            except requests.RequestException as error:
                why = f"no answer ({type(error).__name__})"
            else:
                if response.status_code == 200:
                    return _json(verb, path, data)
                if response.status_code < 500 and response.status_code != 429:
                    raise _refused(verb, path, response.status_code, data)
                why = f"{response.status_code}: {_message(data)}"
            if attempt < attempts - 1:
                self._sleep(float(2**attempt))
        tail = "try again later" if verb == "GET" else "it may have happened all the same: look before trying again"
        raise ArgoCDError(f"Argo CD {verb} {path}: {why}; check the connection's host and the network; {tail}")


def from_connection(connection_id: str, application: str, *, app_namespace: str = "", project: str = "") -> ArgoCD:
    """Application by an Airflow connection of type `http`: host, password (a token), maybe port, and `verify` as an extra.

    ArgoCDError when it cannot be used.
    """
    from airflow.sdk import BaseHook  # noqa: PLC0415 - costs a second

    try:
        connection = BaseHook.get_connection(connection_id)
        extra = dict(connection.extra_dejson or {})
    except Exception as error:
        raise ArgoCDError(
            f"connection {connection_id}: cannot be used: {type(error).__name__}; create it: airflow connections add "
            f"{connection_id} --conn-type http --conn-host https://argocd.example.org --conn-password TOKEN"
        ) from None
    host = connection.host or ""
    origin = host if "://" in host else f"{connection.schema or 'https'}://{host}"
    parts = urlsplit(origin)
    if connection.port and not parts.port:
        origin = f"{parts.scheme}://{parts.netloc}:{connection.port}{parts.path}"
    verify = extra.get("verify", True)
    return ArgoCD(
        origin,
        connection.password or "",
        application,
        app_namespace=app_namespace,
        project=project,
        verify=verify if isinstance(verify, bool | str) else True,
    )


# Answers


def application_state(application: Mapping[str, Any]) -> ApplicationState:
    """What an application's answer says of sync and health."""
    status = _mapping(application.get("status"))
    sync, health = _mapping(status.get("sync")), _mapping(status.get("health"))
    operation = _mapping(status.get("operationState"))
    about = _mapping(_mapping(operation.get("operation")).get("sync"))
    result = _mapping(operation.get("syncResult"))
    if about.get("dryRun") is True:
        operation, about, result = {}, {}, {}
    conditions = [one for one in _list(status.get("conditions")) if isinstance(one, Mapping)]
    return ApplicationState(
        sync=_text(sync.get("status")) or "Unknown",
        revisions=_revisions(sync),
        health=_text(health.get("status")) or "Unknown",
        health_message=_text(health.get("message")),
        operation=_text(operation.get("phase")),
        operation_message=_text(operation.get("message")),
        operation_revisions=_revisions(result) or _revisions(about),
        errors=tuple(
            f"{_text(one.get('type'))}: {_text(one.get('message'))}"
            for one in conditions
            if _text(one.get("type")).endswith("Error")
        ),
    )


def rollout_state(name: str, manifest: Mapping[str, Any]) -> RolloutState:
    """What a Rollout's manifest says of how far it is.

    The weight is the one that the traffic router was told, without one that of the last step that was reached.
    """
    spec, status = _mapping(manifest.get("spec")), _mapping(manifest.get("status"))
    strategy = _mapping(spec.get("strategy"))
    steps = [_mapping(one) for one in _list(_mapping(strategy.get("canary")).get("steps"))]
    step = status.get("currentStepIndex")
    phase = _text(status.get("phase"))
    paused = tuple(_text(_mapping(one).get("reason")) for one in _list(status.get("pauseConditions")))
    generation = str(_mapping(manifest.get("metadata")).get("generation", ""))
    return RolloutState(
        name=name,
        phase=phase,
        message=_text(status.get("message")),
        weight=_weight(strategy, status, steps, step if isinstance(step, int) else None, phase),
        step=step if isinstance(step, int) else None,
        steps=len(steps),
        pauses_left=sum("pause" in one for one in steps[step + 1 :]) if isinstance(step, int) else 0,
        observed=not generation or str(status.get("observedGeneration", "")) == generation,
        aborted=status.get("abort") is True,
        promoted=bool(status.get("currentPodHash")) and status.get("currentPodHash") == status.get("stableRS"),
        # "If pause conditions is empty, but controllerPause is true, it indicates the user manually unpaused" (types.go)
        resumed=status.get("promoteFull") is True or (status.get("controllerPause") is True and not paused),
        pauses=paused,
    )


def _weight(
    strategy: Mapping[str, Any],
    status: Mapping[str, Any],
    steps: list[Mapping[str, Any]],
    step: int | None,
    phase: str,
) -> int:
    current, stable = status.get("currentPodHash"), status.get("stableRS")
    if phase == "Healthy" or (current and current == stable):
        return 100
    if "blueGreen" in strategy:
        return 100 if current and _mapping(status.get("blueGreen")).get("activeSelector") == current else 0
    if status.get("abort") is True:
        return 0
    told = _mapping(_mapping(_mapping(status.get("canary")).get("weights")).get("canary")).get("weight")
    if isinstance(told, int) and not isinstance(told, bool):
        return max(0, min(100, told))
    reached = [one["setWeight"] for one in steps[: step or 0] if isinstance(one.get("setWeight"), int)]
    return max(0, min(100, reached[-1])) if reached else 0


def _revisions(part: Mapping[str, Any]) -> tuple[str, ...]:
    several = tuple(_text(one) for one in _list(part.get("revisions")))
    one = _text(part.get("revision"))
    return tuple(filter(None, several)) or ((one,) if one else ())


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _text(value: Any, limit: int = _TEXT) -> str:
    return value[:limit] if isinstance(value, str) else ""


def _object(value: Any, what: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise ArgoCDError(f"Argo CD: the {what} is no object; check the connection's host")
    return value


def _body(verb: str, path: str, response: requests.Response) -> bytes:
    body = bytearray()
    with response:
        for part in response.iter_content(1 << 16):
            body += part
            if len(body) > MOST_BYTES:
                raise ArgoCDError(f"Argo CD {verb} {path}: more than {MOST_BYTES} bytes; check the connection's host")
    return bytes(body)


def _json(verb: str, path: str, data: bytes) -> Any:
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        message = "the answer is not JSON; check the connection's host, and that it leads past any login page"
        raise ArgoCDError(f"Argo CD {verb} {path}: {message}") from None


def _message(data: bytes) -> str:
    try:
        answer = json.loads(data)
    except (ValueError, RecursionError):
        answer = None
    said = _text(_mapping(answer).get("message")) or _text(_mapping(answer).get("error")) or "no message"
    return " ".join(said.split())[:300]


def _refused(verb: str, path: str, status: int, data: bytes) -> ArgoCDError:
    said = _message(data)
    start = f"Argo CD {verb} {path}: {status}: {said}"
    if "another operation is already in progress" in said:
        return BusyError(f"{start}; it is tried again once that one has ended")
    return ArgoCDError(f"{start}; {_REMEDIES.get(status, 'check the host of the connection')}")
