"""What GitHub's GraphQL API lists of a repository: pull requests, issues, releases and deployments, and how they change."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from graphql import GraphQLError

HOME = "R_1"
BEGAN = "2026-09-01T09:00:00Z"
TIMEOUT = (
    "Something went wrong while executing your query. This may be the result of a timeout, or it could be a GitHub bug."
)
FORBIDDEN = "Resource not accessible by personal access token"


def sha(name: object) -> str:
    """Full id of a commit."""
    return hashlib.sha1(str(name).encode()).hexdigest()


@dataclass
class Said:
    """A review (with a state) or a comment. A login that ends with `[bot]` is a program's; empty: it is gone."""

    author: str
    at: str | None = BEGAN
    state: str = "COMMENTED"


@dataclass
class Ran:
    """A check run, or with `is_status` a status; `conclusion` None: it has not ended."""

    name: str
    conclusion: str | None = "SUCCESS"
    started_at: str | None = BEGAN
    is_status: bool = False


@dataclass
class Pull:
    """A pull request; `commits` are (id, authored), oldest first."""

    number: int
    updated_at: str = BEGAN
    created_at: str = BEGAN
    state: str = "OPEN"
    title: str = ""
    author: str = "grace"
    commits: list[tuple[str, str]] = field(default_factory=list)
    reviews: list[Said] = field(default_factory=list)
    comments: list[Said] = field(default_factory=list)
    checks: list[Ran] = field(default_factory=list)
    """Of its last commit."""
    labels: list[str] = field(default_factory=list)
    is_draft: bool = False
    ready: list[str] = field(default_factory=list)
    merged_at: str | None = None
    closed_at: str | None = None
    merge_commit: str | None = None
    base: str = "main"

    def __post_init__(self) -> None:
        self.commits = self.commits or [(sha(f"commit of {self.number}"), self.created_at)]

    @property
    def head(self) -> str:
        return self.commits[-1][0]


@dataclass
class Issue:
    """An issue; `repository` is the id of the repository that it is in now."""

    number: int
    updated_at: str = BEGAN
    created_at: str = BEGAN
    title: str = ""
    author: str = "grace"
    labels: list[str] = field(default_factory=list)
    milestone: str = ""
    closed_at: str | None = None
    repository: str = HOME


@dataclass
class Release:
    """A release; `published_at` None: a draft."""

    tag: str
    created_at: str = BEGAN
    published_at: str | None = BEGAN
    name: str | None = None
    is_prerelease: bool = False
    commit: str | None = None


@dataclass
class Deployment:
    """A deployment; `statuses` are (state, time), or (state, time, address of its log), oldest first."""

    number: int
    environment: str | None = "production"
    created_at: str = BEGAN
    statuses: list[tuple[str, ...]] = field(default_factory=list)
    commit: str = ""
    ref: str | None = "main"
    task: str | None = "deploy"
    state: str = "PENDING"


@dataclass
class Delivery:
    """State of the lists. `forbidden` are fields that the token may not see."""

    pulls: dict[int, Pull] = field(default_factory=dict)
    issues: dict[int, Issue] = field(default_factory=dict)
    releases: dict[int, Release] = field(default_factory=dict)
    deployments: dict[int, Deployment] = field(default_factory=dict)
    forbidden: set[str] = field(default_factory=set)
    broken: set[int] = field(default_factory=set)
    """Pull requests whose size or checks GitHub fails to make out."""

    def add_pull(self, number: int, **facts: Any) -> Pull:
        """A pull request, or the same anew."""
        self.pulls[number] = Pull(number, **facts)
        return self.pulls[number]

    def add_issue(self, number: int, **facts: Any) -> Issue:
        """An issue, or the same anew."""
        self.issues[number] = Issue(number, **facts)
        return self.issues[number]

    def add_release(self, tag: str, **facts: Any) -> Release:
        """One more release."""
        release = Release(tag, **facts)
        self.releases[max(self.releases, default=0) + 1] = release
        return release

    def add_deployment(self, number: int, **facts: Any) -> Deployment:
        """A deployment, or the same anew."""
        self.deployments[number] = Deployment(number, **facts)
        return self.deployments[number]

    # --------------------------------------------------------------------------------------------------------- serving

    def repository(self, name: str) -> dict[str, Any]:
        """Data of the repository."""
        return {
            "id": HOME,
            "nameWithOwner": name,
            "pullRequests": lambda _, **page: _page([self._pull(one) for one in self.pulls.values()], **page),
            "issues": self._issues,
            "releases": lambda _, **page: _page([_release(*one) for one in self.releases.items()], **page),
            "deployments": lambda _, **page: _page([_deployment(one) for one in self.deployments.values()], **page),
        }

    def _issues(self, _: object, filterBy: Mapping[str, Any], **page: Any) -> Any:  # noqa: N803
        here = (one for one in self.issues.values() if one.repository == HOME)
        return _page([_issue(one) for one in here if one.updated_at >= filterBy["since"]], **page)

    def node(self, id_: str) -> Any:
        """Data of anything by its id; an error where there is nothing."""
        for pull in self.pulls.values():
            if id_ == f"PR_{pull.number}":
                return self._pull(pull)
            if id_ == f"C_{pull.head}":
                return self._commit(pull.head, BEGAN)
        for issue in self.issues.values():
            if id_ == f"I_{issue.number}":
                return _issue(issue)
        for number, release in self.releases.items():
            if id_ == f"RE_{number}":
                return _release(number, release)
        for deployment in self.deployments.values():
            if id_ == f"DE_{deployment.number}":
                return _deployment(deployment)
        return GraphQLError(
            f"Could not resolve to a node with the global id of '{id_}'", extensions={"type": "NOT_FOUND"}
        )

    def _pull(self, pull: Pull) -> dict[str, Any]:
        one = f"{pull.number}"
        merge = pull.merge_commit and {"__typename": "Commit", "id": f"C_{pull.merge_commit}", "oid": pull.merge_commit}
        return {
            "__typename": "PullRequest",
            "id": f"PR_{one}",
            "number": pull.number,
            "title": pull.title or f"Change {one}",
            "url": f"https://github.com/octo/webapp/pull/{one}",
            "state": pull.state,
            "isDraft": pull.is_draft,
            "createdAt": pull.created_at,
            "updatedAt": pull.updated_at,
            "closedAt": pull.closed_at or pull.merged_at,
            "mergedAt": pull.merged_at,
            "baseRefName": pull.base,
            "headRefName": f"feature-{one}",
            "headRefOid": pull.head,
            "additions": self._made_out(pull, 10 * pull.number),
            "deletions": pull.number,
            "changedFiles": 2,
            "author": actor(pull.author),
            "mergeCommit": merge,
            "labels": lambda _, first: {"nodes": [{"name": label} for label in pull.labels[:first]]},
            "commits": lambda _, **page: _list(
                [{"id": f"PRC_{oid}", "commit": self._commit(oid, at)} for oid, at in pull.commits], **page
            ),
            "reviews": lambda _, **page: _list(
                [
                    {"id": f"PRR_{one}_{at}", "state": said.state, "submittedAt": said.at, "author": actor(said.author)}
                    for at, said in enumerate(pull.reviews)
                ],
                **page,
            ),
            "comments": lambda _, **page: _list(
                [
                    {"id": f"IC_{one}_{at}", "createdAt": said.at, "author": actor(said.author)}
                    for at, said in enumerate(pull.comments)
                ],
                **page,
            ),
            "timelineItems": lambda _, last, itemTypes: _list(  # noqa: N803
                [
                    {"__typename": "ReadyForReviewEvent", "id": f"RFR_{at}", "createdAt": at}
                    for at in pull.ready
                    if "READY_FOR_REVIEW_EVENT" in itemTypes
                ],
                last=last,
            ),
        }

    def _commit(self, oid: str, authored_at: str) -> dict[str, Any]:
        return {
            "__typename": "Commit",
            "id": f"C_{oid}",
            "oid": oid,
            "authoredDate": authored_at,
            "statusCheckRollup": lambda _: self._rollup(oid),
        }

    def _rollup(self, oid: str) -> Any:
        if "statusCheckRollup" in self.forbidden:
            raise GraphQLError(FORBIDDEN, extensions={"type": "FORBIDDEN"})
        pull = next((one for one in self.pulls.values() if one.head == oid), None)
        if pull is None or not pull.checks:
            return None
        found = {"id": f"SCR_{oid}", "contexts": lambda _, **page: _list(list(map(_check, pull.checks)), **page)}
        return self._made_out(pull, found)

    def _made_out(self, pull: Pull, value: Any) -> Any:
        return GraphQLError(TIMEOUT) if pull.number in self.broken else value


def actor(login: str) -> dict[str, str] | None:
    """An account as GraphQL shows it: a program's without `[bot]`, none that is gone."""
    if not login:
        return None
    name = login.removesuffix("[bot]")
    return {"__typename": "User" if name == login else "Bot", "login": name}


def _issue(issue: Issue) -> dict[str, Any]:
    return {
        "__typename": "Issue",
        "id": f"I_{issue.number}",
        "number": issue.number,
        "title": issue.title or f"Issue {issue.number}",
        "url": f"https://github.com/octo/webapp/issues/{issue.number}",
        "state": "CLOSED" if issue.closed_at else "OPEN",
        "createdAt": issue.created_at,
        "updatedAt": issue.updated_at,
        "closedAt": issue.closed_at,
        "author": actor(issue.author),
        "milestone": {"title": issue.milestone} if issue.milestone else None,
        "labels": lambda _, first: {"nodes": [{"name": label} for label in issue.labels[:first]]},
        "repository": {"id": issue.repository},
    }


def _release(number: int, release: Release) -> dict[str, Any]:
    return {
        "__typename": "Release",
        "id": f"RE_{number}",
        "tagName": release.tag,
        "name": release.name,
        "url": f"https://github.com/octo/webapp/releases/tag/{release.tag}",
        "isDraft": release.published_at is None,
        "isPrerelease": release.is_prerelease,
        "createdAt": release.created_at,
        "publishedAt": release.published_at,
        "tagCommit": {"oid": release.commit} if release.commit else None,
    }


def _deployment(deployment: Deployment) -> dict[str, Any]:
    one = deployment.number
    statuses = [
        {
            "id": f"DES_{one}_{at}",
            "state": state,
            "description": f"it is {state}",
            "createdAt": when,
            "logUrl": log[0] if log else None,
        }
        for at, (state, when, *log) in enumerate(deployment.statuses)
    ]
    return {
        "__typename": "Deployment",
        "id": f"DE_{one}",
        "createdAt": deployment.created_at,
        "updatedAt": statuses[-1]["createdAt"] if statuses else deployment.created_at,
        "commitOid": deployment.commit or sha(f"deployed {one}"),
        "environment": deployment.environment,
        "latestEnvironment": deployment.environment,
        "task": deployment.task,
        "state": statuses[-1]["state"] if statuses else deployment.state,
        "ref": {"id": f"REF_{deployment.ref}", "name": deployment.ref} if deployment.ref else None,
        "statuses": lambda _, **page: _list(statuses[::-1], **page),
    }


def _check(ran: Ran) -> dict[str, Any]:
    page = f"https://github.com/octo/webapp/runs/{sha(ran.name)[:8]}"
    if ran.is_status:
        rest = {"context": ran.name, "state": ran.conclusion or "PENDING", "createdAt": ran.started_at}
        return {"__typename": "StatusContext", "id": f"SC_{ran.name}", "targetUrl": page, **rest}
    return {
        "__typename": "CheckRun",
        "id": f"CR_{ran.name}",
        "name": ran.name,
        "status": "COMPLETED" if ran.conclusion else "IN_PROGRESS",
        "conclusion": ran.conclusion,
        "startedAt": ran.started_at,
        "completedAt": ran.started_at if ran.conclusion else None,
        "permalink": page,
    }


# ----------------------------------------------------------------------------------------------------------- connections


def _list(entries: Sequence[Any], first: int | None = None, after: str | None = None, last: int | None = None) -> Any:
    """A connection in the order of its entries; its cursors are places."""
    start = int(_opened(after)[0]) if after else 0
    some = entries[-last:] if last else entries[start : start + (first or 0)]
    more = bool(first) and start + len(some) < len(entries)
    return _connection(some, len(entries), more, _sealed(start + len(some)) if some else None)


def _page(
    entries: Iterable[Mapping[str, Any]],
    first: int,
    orderBy: Mapping[str, str],  # noqa: N803
    after: str | None = None,
) -> Any:
    """A connection in the order of a time; like GitHub's, its cursors are the time and the id of the entry."""
    name = {"CREATED_AT": "createdAt", "UPDATED_AT": "updatedAt"}[orderBy["field"]]
    down = orderBy["direction"] == "DESC"
    keyed = sorted(((one[name], one["id"], one) for one in entries), key=lambda one: one[:2], reverse=down)
    if after is not None:
        mark = tuple(_opened(after))
        keyed = [one for one in keyed if (one[:2] < mark if down else one[:2] > mark)]
    some = keyed[:first]
    cursor = _sealed(*some[-1][:2]) if some else None
    return _connection([one for *_, one in some], len(keyed), len(keyed) > first, cursor)


def _connection(some: Sequence[Any], total: int, more: bool, cursor: str | None) -> dict[str, Any]:
    return {"nodes": list(some), "totalCount": total, "pageInfo": {"hasNextPage": more, "endCursor": cursor}}


def _sealed(*parts: Any) -> str:
    return base64.b64encode(f"cursor:v2:{json.dumps(parts)}".encode()).decode()


def _opened(cursor: str) -> list[Any]:
    try:
        opened: list[Any] = json.loads(base64.b64decode(cursor).decode().removeprefix("cursor:v2:"))
    except ValueError:
        said = f"`{cursor}` does not appear to be a valid cursor."
        raise GraphQLError(said, extensions={"type": "INVALID_CURSOR_ARGUMENTS"}) from None
    return opened
