"""A strict, stateful stand-in for the part of GitHub's REST API that our adapter uses, for one repository."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, Self
from unittest import mock
from urllib.parse import unquote, urlencode

from github import Auth, Github
from github.Requester import Requester

from tests.fakes import github_bodies as bodies
from tests.fakes.github_delivery import Delivery
from tests.fakes.github_deploys import Deploys
from tests.fakes.github_graphql import GraphQL, commit_data
from tests.fakes.loopback import Answer, Loopback, Request

TOKEN = "ghp_thisIsTheFakesToken0000000000000000"
PAGED = frozenset({"per_page", "page"})


@dataclass(frozen=True)
class Route:
    """One endpoint: what may be in its query and in its body (`needs`: what must be)."""

    verb: str
    pattern: re.Pattern[str]
    handler: Callable[..., Answer]
    query: Collection[str]
    body: Collection[str]
    needs: Collection[str]


class FakeGitHub(Loopback):
    """Repository `name` with a linear history on main. `prefix` is `/api/v3` for an Enterprise server."""

    def __init__(self, name: str = "octo/webapp", prefix: str = "") -> None:
        super().__init__()
        self.name = name
        self.prefix = prefix
        self.commits: list[dict[str, str]] = []
        self.refs: dict[str, str] = {}
        self.check_runs: dict[str, list[dict[str, Any]]] = {}
        self.statuses: dict[str, list[dict[str, Any]]] = {}
        self.pulls: list[dict[str, Any]] = []
        self.reviews: dict[int, list[tuple[str, str, str]]] = {}
        self.issues: list[dict[str, Any]] = []
        self.milestones: list[dict[str, Any]] = []
        self.code_alerts: list[str | None] = []
        self.dependabot_alerts: list[str] = []
        self.releases: list[dict[str, Any]] = []
        self.rulesets: list[dict[str, Any]] = []
        self.turned_off: dict[str, Answer] = {}
        """`code-scanning` or `dependabot` to what GitHub answers when the feature is off."""
        self.remaining = 5000
        self._next = 100
        self.deploys = Deploys(self)
        self._routes = self._table()
        self.delivery = Delivery()
        """What only GraphQL lists."""
        self.graphql = GraphQL(name, self._graphql_commit, self.delivery)

    @property
    def url(self) -> str:
        """What goes into the host of the connection."""
        return self.origin + self.prefix

    def __enter__(self) -> Self:
        # PyGithub waits a second after each write, out of courtesy to GitHub; we need none.
        self._unhurried = mock.patch.object(Requester, "_Requester__deferRequest", return_value=None)
        self._unhurried.start()
        return super().__enter__()

    def __exit__(self, *error: object) -> None:
        super().__exit__(*error)
        self._unhurried.stop()

    def client(self, token: str = TOKEN) -> Github:
        """Client that is let in."""
        return Github(auth=Auth.Token(token), base_url=self.url)

    # ----------------------------------------------------------------------------------------------- what tests set up

    def add_commit(self, message: str, at: str = "2026-09-01T09:00:00Z") -> str:
        sha = hashlib.sha1(f"{len(self.commits)} {message}".encode()).hexdigest()
        self.commits.append({"sha": sha, "message": message, "at": at})
        self.refs["refs/heads/main"] = sha
        return sha

    def add_tag(self, name: str, sha: str) -> None:
        self.refs[f"refs/tags/{name}"] = sha

    def add_check_run(
        self, sha: str, name: str, conclusion: str | None, started_at: str = "2026-09-01T09:00:00Z"
    ) -> None:
        """`conclusion` None: still running."""
        runs = self.check_runs.setdefault(sha, [])
        status = "in_progress" if conclusion is None else "completed"
        runs.append(
            {"id": self._id(), "name": name, "status": status, "conclusion": conclusion, "started_at": started_at}
        )

    def add_status(self, sha: str, context: str, state: str) -> None:
        self.statuses.setdefault(sha, []).append({"id": self._id(), "context": context, "state": state})

    def add_pull(
        self,
        number: int,
        *,
        merge_commit: str | None = None,
        merged_at: str | None = None,
        reviews: Collection[tuple[str, str, str]] = (),
        author: str = "grace",
        base: str = "main",
        labels: Collection[str] = (),
        state: str = "closed",
        updated_at: str = "",
        title: str = "",
        body: str = "",
        commits: Collection[str] = (),
        is_bot: bool = False,
        edited_at: str | None = None,
        milestone: str = "",
    ) -> None:
        """`reviews` are (login, state, author association), oldest first; `commits` those of its branch."""
        self.pulls.append(
            {
                "number": number,
                "title": title or f"Change {number}",
                "author": author,
                "state": state,
                "labels": labels,
                "base": base,
                "head": hashlib.sha1(str(number).encode()).hexdigest(),
                "merge_commit_sha": merge_commit,
                "merged_at": merged_at,
                "updated_at": updated_at or merged_at or "2026-09-01T09:00:00Z",
                "body": body,
                "commits": commits,
                "is_bot": is_bot,
                "edited_at": edited_at,
                "milestone": milestone,
            }
        )
        self.reviews[number] = list(reviews)

    def add_issue(
        self,
        number: int,
        *,
        title: str = "An issue",
        state: str = "open",
        labels: Collection[str] = (),
        assignees: Collection[str] = (),
        milestone: int | None = None,
        state_reason: str | None = None,
        pull_request: bool = False,
        closed_at: str | None = None,
        body: str | None = None,
    ) -> None:
        self.issues.append(
            {
                "number": number,
                "body": body,
                "title": title,
                "state": state,
                "labels": labels,
                "assignees": assignees,
                "milestone": milestone,
                "state_reason": state_reason,
                "pull_request": pull_request,
                "closed_at": closed_at,
            }
        )

    def add_milestone(self, number: int, title: str, state: str = "open") -> None:
        self.milestones.append({"number": number, "title": title, "state": state})

    # --------------------------------------------------------------------------------------------------------- serving

    def answer(self, request: Request) -> Answer:
        self.remaining -= 1
        limits = {
            "X-RateLimit-Limit": "5000",
            "X-RateLimit-Remaining": str(self.remaining),
            "X-RateLimit-Reset": "1790000000",
        }
        answer = self._routed(request)
        return Answer(answer.status, answer.body, {**limits, **answer.headers})

    def _routed(self, request: Request) -> Answer:
        if request.headers.get("authorization") not in (f"token {TOKEN}", f"Bearer {TOKEN}"):
            return Answer(401, {"message": "Bad credentials", "documentation_url": "https://docs.github.com/rest"})
        if not request.headers.get("user-agent"):
            return Answer(403, {"message": "Request forbidden: missing or invalid User-Agent string."})
        if request.headers.get("x-github-api-version") != "2022-11-28":
            return self.refuse("no X-GitHub-Api-Version")
        return self._dispatched(request)

    def _dispatched(self, request: Request) -> Answer:
        if request.path == f"{self.prefix.removesuffix('/v3')}/graphql" and request.verb == "POST":
            return self.graphql.answer(json.loads(request.body), self.refuse)
        place = re.match(rf"{re.escape(self.prefix)}/repos/([^/]+/[^/]+)/?(.*)", request.path)
        if place is None:
            return self.refuse(f"{request.verb} {request.path}")
        if place[1] != self.name:
            return _not_found()
        for route in self._routes:
            match = route.pattern.fullmatch(place[2])
            if match and route.verb == request.verb:
                return self._checked(route, request, {key: unquote(value) for key, value in match.groupdict().items()})
        return self.refuse(f"{request.verb} {request.path}")

    def _checked(self, route: Route, request: Request, names: Mapping[str, str]) -> Answer:
        stray = set(request.query) - set(route.query)
        if stray:
            return self.refuse(f"{request.verb} {request.path}: query {sorted(stray)}")
        body = json.loads(request.body) if request.body else {}
        stray = set(body) - set(route.body)
        if stray:
            return self.refuse(f"{request.verb} {request.path}: body {sorted(stray)}")
        absent = sorted(set(route.needs) - set(body))
        if absent:
            return _invalid(*[("", field, "missing_field") for field in absent])
        if request.query.get("per_page", "30").isdigit() and int(request.query.get("per_page", "30")) > 100:
            return self.refuse("per_page over 100 is silently 100 at GitHub")
        return route.handler(request, body, **names)

    def _table(self) -> list[Route]:
        table: list[tuple[str, str, Callable[..., Answer], str, str, str]] = [
            ("GET", "", self._repository, "", "", ""),
            ("GET", "commits", self._commits, "sha per_page page", "", ""),
            ("GET", "commits/(?P<ref>[^/]+)/check-runs", self._check_runs, "filter per_page page", "", ""),
            ("GET", "commits/(?P<ref>[^/]+)/status", self._combined, "per_page page", "", ""),
            ("GET", "compare/(?P<base>[^/]+?)\\.\\.\\.(?P<head>[^/]+)", self._compare, "per_page page", "", ""),
            ("GET", "commits/(?P<ref>[^/]+)", self._one_commit, "", "", ""),
            ("GET", "pulls", self._pulls, "state base head sort direction per_page page", "", ""),
            ("POST", "pulls", self._make_pull, "", "head base title body maintainer_can_modify", "head base title"),
            ("GET", "pulls/(?P<number>\\d+)", self._pull, "", "", ""),
            ("GET", "pulls/(?P<number>\\d+)/commits", self._pull_commits, "per_page page", "", ""),
            ("GET", "pulls/(?P<number>\\d+)/reviews", self._reviews, "per_page page", "", ""),
            ("GET", "issues", self._issues, "state labels milestone direction since per_page page", "", ""),
            ("GET", "issues/(?P<number>\\d+)", self._issue, "", "", ""),
            ("GET", "milestones", self._milestones, "state per_page page", "", ""),
            ("GET", "code-scanning/alerts", self._code, "state per_page page", "", ""),
            ("GET", "dependabot/alerts", self._dependabot, "state severity per_page after", "", ""),
            ("GET", "git/ref/(?P<ref>[^/]+)", self._ref, "", "", ""),
            ("GET", "releases/tags/(?P<tag>[^/]+)", self._release_of_tag, "", "", ""),
            ("POST", "releases", self._make_release, "", "tag_name name body draft prerelease make_latest", "tag_name"),
            ("PATCH", "releases/(?P<id>\\d+)", self._edit_release, "", "name body draft prerelease make_latest", ""),
            ("GET", "rulesets", self._rulesets, "includes_parents targets per_page page", "", ""),
            ("GET", "rulesets/(?P<id>\\d+)", self._ruleset, "includes_parents", "", ""),
            ("POST", "rulesets", self._make_ruleset, "", "name target enforcement bypass_actors conditions rules",
             "name enforcement"),
            ("DELETE", "rulesets/(?P<id>\\d+)", self._drop_ruleset, "", "", ""),
            ("POST", "statuses/(?P<sha>[^/]+)", self._make_status, "", "state description context target_url", "state"),
        ]  # fmt: skip
        return [
            Route(verb, re.compile(pattern), handler, query.split(), body.split(), needs.split())
            for verb, pattern, handler, query, body, needs in (*table, *self.deploys.rows())
        ]

    def _graphql_commit(self, sha: str) -> dict[str, Any] | None:
        pulls = [one for one in self.pulls if sha == one["merge_commit_sha"] or sha in one["commits"]]
        at = next((one["at"] for one in self.commits if one["sha"] == sha), None)
        if at is None and not pulls:
            return None
        return commit_data(sha, at or "2026-09-01T09:00:00Z", pulls, self.name)

    def _id(self) -> int:
        self._next += 1
        return self._next

    def _sha(self, ref: str) -> str | None:
        for full in (ref, f"refs/{ref}", f"refs/heads/{ref}", f"refs/tags/{ref}"):
            if full in self.refs:
                return self.refs[full]
        return ref if any(one["sha"] == ref for one in self.commits) else None

    def _paged(self, request: Request, items: list[Any], wrap: Callable[[list[Any]], Any] = list) -> Answer:
        size = int(request.query.get("per_page", "30"))
        page = int(request.query.get("page", "1"))
        headers = {}
        if page * size < len(items):
            following = urlencode({**request.query, "per_page": size, "page": page + 1})
            headers["Link"] = f'<{self.origin}{request.path}?{following}>; rel="next"'
        return Answer(200, wrap(items[(page - 1) * size : page * size]), headers)

    # -------------------------------------------------------------------------------------------------------- handlers

    def _repository(self, request: Request, body: Any) -> Answer:
        return Answer(200, bodies.repository(self.origin, self.name))

    def _commit(self, index: int) -> dict[str, Any]:
        one = self.commits[index]
        parents = [self.commits[index - 1]["sha"]] if index else []
        return bodies.commit(self.origin, self.name, one["sha"], one["message"], one["at"], parents)

    def _index(self, ref: str) -> int | None:
        sha = self._sha(ref)
        return next((index for index, one in enumerate(self.commits) if one["sha"] == sha), None)

    def _commits(self, request: Request, body: Any) -> Answer:
        index = self._index(request.query.get("sha", "main"))
        if index is None:
            return _not_found()
        return self._paged(request, [self._commit(one) for one in range(index, -1, -1)])

    def _check_runs(self, request: Request, body: Any, ref: str) -> Answer:
        sha = self._sha(ref)
        if sha is None:
            return Answer(422, {"message": f"No commit found for SHA: {ref}"})
        runs = [bodies.check_run(self.origin, self.name, sha, run) for run in self.check_runs.get(sha, [])]
        return self._paged(request, runs, lambda page: {"total_count": len(runs), "check_runs": page})

    def _combined(self, request: Request, body: Any, ref: str) -> Answer:
        sha = self._sha(ref)
        if sha is None:
            return _not_found()
        latest = {one["context"]: one for one in self.statuses.get(sha, [])}
        rows = [bodies.status(self.origin, self.name, sha, one, full=False) for one in latest.values()]
        states = {one["state"] for one in latest.values()}
        state = "failure" if states & {"failure", "error"} else "success" if states == {"success"} else "pending"
        api = f"{self.origin}/repos/{self.name}/commits/{sha}"
        rest = {
            "state": state,
            "sha": sha,
            "total_count": len(rows),
            "repository": bodies.repository(self.origin, self.name),
            "commit_url": api,
            "url": f"{api}/status",
        }
        return self._paged(request, rows, lambda page: {**rest, "statuses": page})

    def _compare(self, request: Request, body: Any, base: str, head: str) -> Answer:
        start, end = self._index(base), self._index(head)
        if start is None or end is None:
            return _not_found()
        commits = [self._commit(index) for index in range(start + 1, end + 1)]
        page = f"{self.origin}/{self.name}/compare/{base}...{head}"
        rest = {
            **dict.fromkeys(("url", "html_url", "permalink_url", "diff_url", "patch_url"), page),
            "base_commit": self._commit(start),
            "merge_base_commit": self._commit(min(start, end)),
            "status": "ahead" if end > start else "identical" if end == start else "behind",
            "ahead_by": max(end - start, 0),
            "behind_by": max(start - end, 0),
            "total_commits": len(commits),
        }
        return self._paged(request, commits, lambda some: {**rest, "commits": some})

    def _pulls(self, request: Request, body: Any) -> Answer:
        query = request.query
        found = [
            one
            for one in self.pulls
            if query.get("state", "open") in ("all", one["state"]) and query.get("base", one["base"]) == one["base"]
        ]
        if "head" in query:
            owner = self.name.partition("/")[0]
            found = [one for one in found if query["head"] == f"{owner}:{one.get('head_ref', 'feature')}"]
        if query.get("sort") == "updated":
            found.sort(key=lambda one: one["updated_at"], reverse=query.get("direction") == "desc")
        return self._paged(request, [bodies.pull(self.origin, self.name, one) for one in found])

    def _make_pull(self, request: Request, body: Any) -> Answer:
        if f"refs/heads/{body['head']}" not in self.refs or f"refs/heads/{body['base']}" not in self.refs:
            return _invalid(("PullRequest", "head", "invalid"))
        same = (body["head"], body["base"])
        if any((one.get("head_ref"), one["base"]) == same and one["state"] == "open" for one in self.pulls):
            return Answer(422, {"message": "Validation Failed", "errors": ["A pull request already exists."]})
        number = self._id()
        self.add_pull(number, base=body["base"], state="open", title=body["title"], body=body.get("body") or "")
        self.pulls[-1]["head_ref"] = body["head"]
        return Answer(201, bodies.pull(self.origin, self.name, self.pulls[-1]))

    def _pull(self, request: Request, body: Any, number: str) -> Answer:
        found = [one for one in self.pulls if one["number"] == int(number)]
        return Answer(200, bodies.pull(self.origin, self.name, found[0])) if found else _not_found()

    def _pull_commits(self, request: Request, body: Any, number: str) -> Answer:
        found = [one for one in self.pulls if one["number"] == int(number)]
        known = {one["sha"]: one for one in self.commits}
        return self._paged(request, [self._commit_body(known[sha]) for sha in found[0]["commits"]])

    def _one_commit(self, request: Request, body: Any, ref: str) -> Answer:
        known = {one["sha"]: one for one in self.commits}
        return Answer(200, self._commit_body(known[ref])) if ref in known else _not_found()

    def _commit_body(self, one: Mapping[str, Any]) -> dict[str, Any]:
        """A commit on top of the one before it, unless it says otherwise."""
        ids = [each["sha"] for each in self.commits]
        before = ids[max(ids.index(one["sha"]) - 1, 0)]
        parents = one.get("parents", [before])
        return {"sha": one["sha"], "commit": {"message": one["message"]}, "parents": [{"sha": sha} for sha in parents]}

    def _reviews(self, request: Request, body: Any, number: str) -> Answer:
        if int(number) not in self.reviews:
            return _not_found()
        reviews = [
            bodies.review(self.origin, self.name, int(number), index, one)
            for index, one in enumerate(self.reviews[int(number)])
        ]
        return self._paged(request, reviews)

    def _issues(self, request: Request, body: Any) -> Answer:
        query = request.query
        wanted = {label for label in query.get("labels", "").split(",") if label}
        found = [
            one
            for one in self.issues
            if query.get("state", "open") in ("all", one["state"])
            and wanted <= set(one["labels"])
            and query.get("milestone", str(one["milestone"]))
            in ("*" if one["milestone"] else "", str(one["milestone"]))
            and (one["closed_at"] or "9") >= query.get("since", "")
        ]
        return self._paged(request, [bodies.issue(self.origin, self.name, one) for one in found])

    def _issue(self, request: Request, body: Any, number: str) -> Answer:
        one = next((one for one in self.issues if one["number"] == int(number)), None)
        return _not_found() if one is None else Answer(200, bodies.issue(self.origin, self.name, one))

    def _milestones(self, request: Request, body: Any) -> Answer:
        state = request.query.get("state", "open")
        found = [one for one in self.milestones if state in ("all", one["state"])]
        return self._paged(request, [bodies.milestone(self.origin, self.name, one) for one in found])

    def _code(self, request: Request, body: Any) -> Answer:
        if "code-scanning" in self.turned_off:
            return self.turned_off["code-scanning"]
        alerts = [
            bodies.code_alert(self.origin, self.name, number, severity)
            for number, severity in enumerate(self.code_alerts, 1)
        ]
        return self._paged(request, alerts)

    def _dependabot(self, request: Request, body: Any) -> Answer:
        if "dependabot" in self.turned_off:
            return self.turned_off["dependabot"]
        severities = request.query.get("severity", "low,medium,high,critical").split(",")
        alerts = [
            bodies.dependabot_alert(self.origin, self.name, number, severity)
            for number, severity in enumerate(self.dependabot_alerts, 1)
            if severity in severities
        ]
        start, size = int(request.query.get("after", "0")), int(request.query.get("per_page", "30"))
        headers = {}
        if start + size < len(alerts):
            following = urlencode({**request.query, "after": start + size})
            headers["Link"] = f'<{self.origin}{request.path}?{following}>; rel="next"'
        return Answer(200, alerts[start : start + size], headers)

    def _ref(self, request: Request, body: Any, ref: str) -> Answer:
        sha = self.refs.get(f"refs/{ref}")
        return _not_found() if sha is None else Answer(200, bodies.git_ref(self.origin, self.name, f"refs/{ref}", sha))

    def _release_of_tag(self, request: Request, body: Any, tag: str) -> Answer:
        for one in self.releases:
            if one["tag_name"] == tag:
                return Answer(200, bodies.release(self.origin, self.name, one))
        return _not_found()

    def _make_release(self, request: Request, body: Any) -> Answer:
        if any(one["tag_name"] == body["tag_name"] for one in self.releases):
            return _invalid(("Release", "tag_name", "already_exists"))
        if problem := _release_problem(body):
            return problem
        if f"refs/tags/{body['tag_name']}" not in self.refs:
            self.add_tag(body["tag_name"], self.commits[-1]["sha"])
        one = {"id": self._id(), "name": None, "body": None, "prerelease": False, **body}
        self.releases.append(one)
        return Answer(201, bodies.release(self.origin, self.name, one))

    def _edit_release(self, request: Request, body: Any, id: str) -> Answer:
        for one in self.releases:
            if one["id"] == int(id):
                if problem := _release_problem({**one, **body}):
                    return problem
                one.update(body)
                return Answer(200, bodies.release(self.origin, self.name, one))
        return _not_found()

    def _rulesets(self, request: Request, body: Any) -> Answer:
        targets = request.query.get("targets", "branch,tag,push").split(",")
        found = [one for one in self.rulesets if one["target"] in targets]
        return self._paged(request, [bodies.ruleset(self.origin, self.name, one, full=False) for one in found])

    def _ruleset(self, request: Request, body: Any, id: str) -> Answer:
        for one in self.rulesets:
            if one["id"] == int(id):
                return Answer(200, bodies.ruleset(self.origin, self.name, one, full=True))
        return _not_found()

    def _make_ruleset(self, request: Request, body: Any) -> Answer:
        if any(one["name"] == body["name"] for one in self.rulesets):
            return Answer(422, {"message": "Validation Failed", "errors": ["Name must be unique"]})
        if body["enforcement"] not in ("disabled", "active", "evaluate"):
            return Answer(422, {"message": "Validation Failed", "errors": ["Enforcement is not included in the list"]})
        one = {"id": self._id(), "target": "branch", "bypass_actors": [], "conditions": {}, "rules": [], **body}
        self.rulesets.append(one)
        return Answer(201, bodies.ruleset(self.origin, self.name, one, full=True))

    def _drop_ruleset(self, request: Request, body: Any, id: str) -> Answer:
        before = len(self.rulesets)
        self.rulesets = [one for one in self.rulesets if one["id"] != int(id)]
        return Answer(204) if len(self.rulesets) < before else _not_found()

    def _make_status(self, request: Request, body: Any, sha: str) -> Answer:
        if self._sha(sha) is None:
            return Answer(422, {"message": f"No commit found for SHA: {sha}"})
        if body["state"] not in ("error", "failure", "pending", "success"):
            return _invalid(("Status", "state", "custom"))
        if len(body.get("description") or "") > 140:
            return Answer(422, {"message": "Validation Failed", "errors": ["description is too long (maximum is 140)"]})
        one = {"id": self._id(), "context": "default", **body}
        self.statuses.setdefault(sha, []).append(one)
        return Answer(201, bodies.status(self.origin, self.name, sha, one, full=True))


def _not_found() -> Answer:
    return Answer(404, {"message": "Not Found", "documentation_url": "https://docs.github.com/rest", "status": "404"})


def _invalid(*errors: tuple[str, str, str]) -> Answer:
    entries = [{"resource": resource, "field": field, "code": code} for resource, field, code in errors]
    return Answer(422, {"message": "Validation Failed", "errors": entries, "documentation_url": ""})


def _release_problem(body: Mapping[str, Any]) -> Answer | None:
    if len(body.get("body") or "") > 125_000:
        return Answer(
            422, {"message": "Validation Failed", "errors": ["body is too long (maximum is 125000 characters)"]}
        )
    if body.get("prerelease") and body.get("make_latest") == "true":
        return Answer(
            422, {"message": "Validation Failed", "errors": ["Latest release cannot be draft or prerelease."]}
        )
    return None
