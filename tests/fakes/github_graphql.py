"""The part of GitHub's GraphQL API that our adapter uses: a strict schema, its limits, and what it says beyond them."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from graphql import FieldNode, GraphQLError, build_schema, execute, parse, validate, visit
from graphql.language import IntValueNode, Visitor

from tests.fakes.loopback import Answer

SDL = """
scalar DateTime
scalar GitObjectID
scalar URI

type Query { repository(owner: String!, name: String!): Repository }
type Repository { object(oid: GitObjectID): GitObject }
interface GitObject { oid: GitObjectID! }
type Commit implements GitObject {
  oid: GitObjectID!
  committedDate: DateTime!
  associatedPullRequests(first: Int, orderBy: PullRequestOrder): PullRequestConnection
}
enum OrderDirection { ASC DESC }
enum PullRequestOrderField { CREATED_AT UPDATED_AT }
input PullRequestOrder { direction: OrderDirection! field: PullRequestOrderField! }
type PullRequestConnection { nodes: [PullRequest] }
type PullRequest {
  number: Int!
  title: String!
  url: URI!
  body: String!
  lastEditedAt: DateTime
  merged: Boolean!
  mergedAt: DateTime
  baseRefName: String!
  author: Actor
  mergedBy: Actor
  milestone: Milestone
  mergeCommit: Commit
  labels(first: Int): LabelConnection
}
interface Actor { login: String! }
type Bot implements Actor { login: String! }
type User implements Actor { login: String! }
type Milestone { title: String! }
type LabelConnection { nodes: [Label] }
type Label { name: String! }
"""
"""A part of GitHub's own schema; the contract tests compare them."""
SCHEMA = build_schema(SDL)
NODES = 500_000
CONNECTIONS = frozenset({"associatedPullRequests", "labels"})


@dataclass
class GraphQL:
    """Answers queries about one repository. `commit_of` gives the data of a commit by its id, None for one it lacks."""

    name: str
    commit_of: Callable[[str], dict[str, Any] | None]
    points: int = 5000
    reset: int = 1_790_000_000
    bearable: int = 100
    """Commits in one query that GitHub manages in ten seconds; more get a 502."""

    def answer(self, body: Mapping[str, Any], refuse: Callable[[str], Answer]) -> Answer:
        """Status 200 for everything but a query that takes too long."""
        asked = _Asked()
        if wrong := _mistake(body, asked):
            return refuse(f"graphql: {wrong}")
        document = parse(body["query"])
        if asked.objects > self.bearable:
            return Answer(502, {"data": None, "errors": [{"message": TIMEOUT}]})
        cost = max(math.ceil((asked.objects + asked.objects * asked.firsts["associatedPullRequests"]) / 100), 1)
        nodes = asked.objects * asked.firsts["associatedPullRequests"] * (1 + asked.firsts["labels"])
        if nodes > NODES:
            return refuse(f"graphql: {nodes} nodes")
        if cost > self.points:
            error = {"type": "RATE_LIMITED", "message": "API rate limit exceeded for user ID 1."}
            return Answer(200, {"errors": [error]}, self._limits(0))
        self.points -= cost
        done = execute(SCHEMA, document, {"repository": self._repository}, variable_values=dict(body["variables"]))
        assert not hasattr(done, "__await__")
        answer: dict[str, Any] = {"data": done.data}
        if done.errors:
            answer["errors"] = [{"type": "NOT_FOUND", **one.formatted} for one in done.errors]
        return Answer(200, answer, self._limits(self.points))

    def _limits(self, remaining: int) -> dict[str, str]:
        return {"X-RateLimit-Remaining": str(remaining), "X-RateLimit-Reset": str(self.reset)}

    def _repository(self, _: object, owner: str, name: str) -> dict[str, Any]:
        if f"{owner}/{name}" != self.name:
            raise GraphQLError(f"Could not resolve to a Repository with the name '{owner}/{name}'.")
        return {"object": lambda _, oid: self.commit_of(oid)}


TIMEOUT = (
    "Something went wrong while executing your query. This may be the result of a timeout, or it could be a GitHub bug."
)


class _Asked(Visitor):
    """What a query costs: how many objects, how large each connection. Every connection needs a limit from 1 to 100."""

    def __init__(self) -> None:
        super().__init__()
        self.objects = 0
        self.firsts = dict.fromkeys(CONNECTIONS, 0)
        self.problems: list[str] = []

    def enter_field(self, node: FieldNode, *_: object) -> None:
        name = node.name.value
        if name == "object":
            self.objects += 1
        if name in CONNECTIONS:
            first = next((one.value for one in node.arguments if one.name.value == "first"), None)
            count = int(first.value) if isinstance(first, IntValueNode) else 0
            if not 1 <= count <= 100:
                self.problems.append(f"{name}: first must be from 1 to 100")
            self.firsts[name] = max(self.firsts[name], count)


def _mistake(body: Mapping[str, Any], asked: _Asked) -> str:
    """What is wrong with a request; empty for a right one, whose cost `asked` then knows."""
    if set(body) != {"query", "variables"}:
        return f"body {sorted(body)}"
    try:
        document = parse(body["query"])
    except GraphQLError as error:
        return str(error)
    if problems := validate(SCHEMA, document):
        return str(problems[0])
    visit(document, asked)
    return asked.problems[0] if asked.problems else ""


def commit_data(sha: str, at: str, pulls: list[dict[str, Any]], name: str) -> dict[str, Any]:
    """A commit with the pull requests that brought it, as they were made."""

    def associated(_: object, first: int, orderBy: Mapping[str, str]) -> dict[str, Any]:  # noqa: N803
        assert orderBy == {"field": "CREATED_AT", "direction": "ASC"}
        return {"nodes": [_pull_data(pull, name) for pull in sorted(pulls, key=lambda one: one["number"])[:first]]}

    return {"__typename": "Commit", "oid": sha, "committedDate": at, "associatedPullRequests": associated}


def _pull_data(pull: Mapping[str, Any], name: str) -> dict[str, Any]:
    merged = pull["merged_at"]
    author = {"__typename": "Bot" if pull["is_bot"] else "User", "login": pull["author"]} if pull["author"] else None
    merge = {"__typename": "Commit", "oid": pull["merge_commit_sha"]} if merged else None
    return {
        "number": pull["number"],
        "title": pull["title"],
        "url": f"https://github.com/{name}/pull/{pull['number']}",
        "body": pull["body"],
        "lastEditedAt": pull["edited_at"],
        "merged": bool(merged),
        "mergedAt": merged,
        "baseRefName": pull["base"],
        "author": author,
        "mergedBy": {"__typename": "User", "login": "ada"} if merged else None,
        "milestone": {"title": pull["milestone"]} if pull["milestone"] else None,
        "mergeCommit": merge,
        "labels": lambda _, first: {"nodes": [{"name": label} for label in list(pull["labels"])[:first]]},
    }
