"""A strict, stateful stand-in for the part of Jira that our adapter reads: the search of Cloud and of Data Center."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from typing import Any

from atlassian import Jira

from tests.fakes.loopback import Answer, Loopback, Request

LOGIN, TOKEN = "ana@example.org", "the-fakes-own-token"
JQL = re.compile(
    r'project = "([A-Z]+)" AND fixVersion = "([\w.+-]+)" AND issuetype in standardIssueTypes\(\) ORDER BY key ASC'
)
CATEGORIES = {"planned": "new", "in_progress": "indeterminate", "done": "done"}


class FakeJira(Loopback):
    """One site with one project, `WEB`. As Cloud it pages by token, at most `page` at a time, else by `startAt`."""

    def __init__(self, *, cloud: bool) -> None:
        super().__init__()
        self.cloud = cloud
        self.page = 2
        self.versions = {"2.8.0"}
        self.issues: dict[str, dict[str, Any]] = {}

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
        path = "/rest/api/3/search/jql" if self.cloud else "/rest/api/2/search"
        if request.verb != "GET" or request.path != path:
            return self.refuse(f"{request.verb} {request.path}")
        takes = {"jql", "fields", "maxResults", "nextPageToken" if self.cloud else "startAt"}
        if stray := set(request.query) - takes:
            return self.refuse(f"{request.path}: {sorted(stray)}")
        expected = base64.b64encode(f"{LOGIN}:{TOKEN}".encode()).decode()
        if request.headers.get("authorization") != f"Basic {expected}":
            return Answer(401, {"errorMessages": ["Client must be authenticated to access this resource."]})
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
