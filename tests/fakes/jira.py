"""A strict, stateful stand-in for the part of Jira that our adapters ask: search, versions, issues and their transitions."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from atlassian import Jira

from tests.fakes.loopback import Answer, Loopback, Request

LOGIN, TOKEN = "ana@example.org", "the-fakes-own-token"
JQL = re.compile(
    r'project = "([A-Z]+)" AND fixVersion = "([\w.+-]+)" AND issuetype in standardIssueTypes\(\) ORDER BY key ASC'
)
CATEGORIES = {"planned": "new", "in_progress": "indeterminate", "done": "done"}
WORKFLOW = {
    "To Do": {"11": ("Start", "In Progress")},
    "In Progress": {"21": ("Finish", "Done")},
    "Done": {"31": ("Ship it", "Released"), "41": ("Reopen", "In Progress")},
    "Released": {},
}
"""Status to its transitions: id to (name, status that it leads to)."""


class FakeJira(Loopback):
    """One site with one project, `WEB`. As Cloud it pages by token, at most `page` at a time, else by `startAt`."""

    def __init__(self, *, cloud: bool) -> None:
        super().__init__()
        self.cloud = cloud
        self.page = 2
        self.versions = {"2.8.0"}
        self.issues: dict[str, dict[str, Any]] = {}
        self.project_versions: dict[str, dict[str, Any]] = {}
        """Of the project, by id: what `/version` makes and `/versions` lists."""
        self.tickets: dict[str, dict[str, Any]] = {}
        """Issues with a status of `WORKFLOW` and the ids of their fix versions."""
        self.moves: list[tuple[str, str]] = []

    def add_ticket(self, key: str, status: str = "Done") -> None:
        assert status in WORKFLOW
        self.tickets[key] = {"status": status, "versions": []}

    def client(self, password: str = TOKEN) -> Jira:
        return Jira(url=self.origin, username=LOGIN, password=password)

    def add(self, key: str, summary: str, *, version: str = "2.8.0", status: str = "planned", **fields: Any) -> None:
        self.issues[key] = {
            "version": version,
            "fields": {"summary": summary, "status": {"statusCategory": {"key": CATEGORIES[status]}}, **fields},
        }

    def block(self, blocker: str, blocked: str, kind: str = "Blocks") -> None:
        """Link two issues; each side sees the other one."""
        for one, side, other in ((blocked, "inwardIssue", blocker), (blocker, "outwardIssue", blocked)):
            if one in self.issues:
                status = self.issues[other]["fields"]["status"]
                link = {"type": {"name": kind}, side: {"key": other, "fields": {"status": status}}}
                self.issues[one]["fields"].setdefault("issuelinks", []).append(link)

    def answer(self, request: Request) -> Answer:
        expected = base64.b64encode(f"{LOGIN}:{TOKEN}".encode()).decode()
        if request.headers.get("authorization") != f"Basic {expected}":
            return Answer(401, {"errorMessages": ["Client must be authenticated to access this resource."]})
        api = "/rest/api/3" if self.cloud else "/rest/api/2"
        for verb, pattern, handle in self._routes():
            if verb == request.verb and (match := re.fullmatch(api + pattern, request.path)):
                return handle(request, *match.groups())
        return self.refuse(f"{request.verb} {request.path}")

    def _routes(self) -> list[tuple[str, str, Any]]:
        return [
            ("GET", "/search/jql" if self.cloud else "/search", self._search),
            ("GET", "/project/(\\w+)", self._project),
            ("GET", "/project/(\\w+)/versions", self._versions),
            ("POST", "/version", self._make_version),
            ("PUT", "/version/(\\d+)", self._change_version),
            ("GET", "/issue/([A-Z]+-\\d+)", self._issue),
            ("PUT", "/issue/([A-Z]+-\\d+)", self._edit),
            ("GET", "/issue/([A-Z]+-\\d+)/transitions", self._offered),
            ("POST", "/issue/([A-Z]+-\\d+)/transitions", self._move),
        ]

    def _search(self, request: Request) -> Answer:
        takes = {"jql", "fields", "maxResults", "nextPageToken" if self.cloud else "startAt"}
        if stray := set(request.query) - takes:
            return self.refuse(f"{request.path}: {sorted(stray)}")
        match = JQL.fullmatch(request.query.get("jql", ""))
        if match is None:
            return self.refuse(f"jql {request.query.get('jql')}")
        if match[1] != "WEB" or match[2] not in self.versions:
            said = f"The value '{match[2]}' does not exist for the field 'fixVersion'."
            return Answer(400, {"errorMessages": [said], "warningMessages": []})
        return self._page(match[2], request.query)

    def _page(self, version: str, query: Mapping[str, str]) -> Answer:
        fields = query["fields"].split(",")
        found = [
            {"key": key, "fields": {name: value for name, value in issue["fields"].items() if name in fields}}
            for key, issue in sorted(self.issues.items())
            if issue["version"] == version
        ]
        start = int(query.get("nextPageToken") or query.get("startAt") or 0)
        end = start + min(self.page, int(query["maxResults"]))
        if not self.cloud:
            return Answer(200, {"startAt": start, "total": len(found), "issues": found[start:end]})
        more = {"nextPageToken": str(end)} if end < len(found) else {"isLast": True}
        return Answer(200, {"issues": found[start:end], **more})

    def _project(self, request: Request, key: str) -> Answer:
        if key != "WEB":
            return Answer(404, {"errorMessages": [f"No project could be found with key '{key}'."], "errors": {}})
        return Answer(200, {"id": "10000", "key": "WEB", "name": "Web shop"})

    def _versions(self, request: Request, key: str) -> Answer:
        if key != "WEB":
            return Answer(404, {"errorMessages": [f"No project could be found with key '{key}'."], "errors": {}})
        return Answer(200, list(self.project_versions.values()))

    def _make_version(self, request: Request) -> Answer:
        body = json.loads(request.body)
        if set(body) != {"name", "description", "projectId"} or body["projectId"] != 10000:
            return self.refuse(f"POST version {body}")
        if any(one["name"] == body["name"] for one in self.project_versions.values()):
            said = "A version with this name already exists in this project."
            return Answer(400, {"errorMessages": [], "errors": {"name": said}})
        key = str(20_000 + len(self.project_versions))
        self.project_versions[key] = {
            "id": key,
            "name": body["name"],
            "archived": False,
            "released": False,
            "projectId": 10000,
        }
        return Answer(201, self.project_versions[key])

    def _change_version(self, request: Request, key: str) -> Answer:
        body = json.loads(request.body)
        if set(body) != {"released", "releaseDate"} or body["released"] is not True:
            return self.refuse(f"PUT version {body}")
        if key not in self.project_versions:
            return Answer(404, {"errorMessages": ["Could not find version for id."], "errors": {}})
        date.fromisoformat(body["releaseDate"])
        self.project_versions[key].update(body)
        return Answer(200, self.project_versions[key])

    def _absent(self) -> Answer:
        return Answer(
            404, {"errorMessages": ["Issue does not exist or you do not have permission to see it."], "errors": {}}
        )

    def _issue(self, request: Request, key: str) -> Answer:
        if request.query != {"fields": "status,fixVersions"}:
            return self.refuse(f"GET issue {request.query}")
        if key not in self.tickets:
            return self._absent()
        ticket = self.tickets[key]
        versions = [self.project_versions[one] for one in ticket["versions"]]
        return Answer(200, {"key": key, "fields": {"status": {"name": ticket["status"]}, "fixVersions": versions}})

    def _edit(self, request: Request, key: str) -> Answer:
        body = json.loads(request.body)
        if key not in self.tickets:
            return self._absent()
        try:
            ((added,),) = ([one["add"]["id"] for one in body["update"]["fixVersions"]],)
        except (KeyError, TypeError, ValueError):
            return self.refuse(f"PUT issue {body}")
        if added not in self.project_versions:
            return Answer(400, {"errorMessages": [], "errors": {"fixVersions": "Version is not valid"}})
        if added not in self.tickets[key]["versions"]:
            self.tickets[key]["versions"].append(added)
        return Answer(204)

    def _offered(self, request: Request, key: str) -> Answer:
        if key not in self.tickets:
            return self._absent()
        found = [
            {"id": one, "name": name, "to": {"name": status}, "isAvailable": True}
            for one, (name, status) in WORKFLOW[self.tickets[key]["status"]].items()
        ]
        return Answer(200, {"expand": "transitions", "transitions": found})

    def _move(self, request: Request, key: str) -> Answer:
        body = json.loads(request.body)
        if set(body) != {"transition"}:
            return self.refuse(f"POST transitions {body}")
        if key not in self.tickets:
            return self._absent()
        found = WORKFLOW[self.tickets[key]["status"]].get(body["transition"]["id"])
        if found is None:
            said = (
                "It seems that you have tried to perform a workflow operation that is not valid for the current state."
            )
            return Answer(400, {"errorMessages": [said], "errors": {}})
        self.tickets[key]["status"] = found[1]
        self.moves.append((key, found[1]))
        return Answer(204)
