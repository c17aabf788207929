"""GitHub's GraphQL endpoint for one repository: a strict schema, its limits, and what it says beyond them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from graphql import (
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLNamedType,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    execute,
    get_named_type,
    parse,
    validate,
    value_from_ast_untyped,
)
from graphql.type import GraphQLInterfaceType, GraphQLObjectType

from tests.fakes.github_delivery import TIMEOUT, Delivery
from tests.fakes.github_graphql_schema import SCHEMA
from tests.fakes.loopback import Answer

NODES = 500_000


@dataclass
class GraphQL:
    """Answers queries about one repository. `commit_of` gives the data of a commit by its id, None for one it lacks."""

    name: str
    commit_of: Callable[[str], dict[str, Any] | None]
    delivery: Delivery
    points: int = 5000
    limit: int = 5000
    reset: int = 1_790_000_000
    bearable: int = 200
    """Commits, entries of a list and ids in one query that GitHub manages in ten seconds; more get a 502."""
    costs: list[int] = field(default_factory=list)
    """Points of each query that was answered."""

    def answer(self, body: Mapping[str, Any], refuse: Callable[[str], Answer]) -> Answer:
        """Status 200 for everything but a query that takes too long."""
        asked = Asked(body.get("variables") or {})
        if wrong := _mistake(body, asked):
            return refuse(f"graphql: {wrong}")
        if asked.objects > self.bearable:
            return Answer(502, {"data": None, "errors": [{"message": TIMEOUT}]})
        cost = max(round(asked.requests / 100), 1)
        if cost > self.points:
            error = {"type": "RATE_LIMITED", "message": "API rate limit exceeded for user ID 1."}
            return Answer(200, {"errors": [error]}, self._limits(0))
        self.points -= cost
        self.costs.append(cost)
        limits = {
            "cost": cost,
            "limit": self.limit,
            "remaining": self.points,
            "resetAt": datetime.fromtimestamp(self.reset, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        }
        root = {
            "repository": self._repository,
            "rateLimit": limits,
            "node": lambda _, id: self.delivery.node(id),
            "nodes": lambda _, ids: [self.delivery.node(one) for one in ids],
        }
        done = execute(SCHEMA, parse(body["query"]), root, variable_values=dict(body["variables"]))
        assert not hasattr(done, "__await__")
        answer: dict[str, Any] = {"data": done.data}
        if done.errors:
            answer["errors"] = [_formatted(one) for one in done.errors]
        return Answer(200, answer, self._limits(self.points))

    def _limits(self, remaining: int) -> dict[str, str]:
        return {"X-RateLimit-Remaining": str(remaining), "X-RateLimit-Reset": str(self.reset)}

    def _repository(self, _: object, owner: str, name: str) -> dict[str, Any]:
        if f"{owner}/{name}" != self.name:
            raise GraphQLError(
                f"Could not resolve to a Repository with the name '{owner}/{name}'.", extensions={"type": "NOT_FOUND"}
            )
        return {**self.delivery.repository(self.name), "object": lambda _, oid: self.commit_of(oid)}


def _mistake(body: Mapping[str, Any], asked: Asked) -> str:
    """What is wrong with a request; empty for a right one, whose cost `asked` then knows."""
    if set(body) != {"query", "variables"}:
        return f"body {sorted(body)}"
    try:
        document = parse(body["query"])
    except GraphQLError as error:
        return str(error)
    if problems := validate(SCHEMA, document):
        return str(problems[0])
    asked.add(document)
    return asked.problems[0] if asked.problems else f"{asked.nodes} nodes" if asked.nodes > NODES else ""


def _formatted(error: GraphQLError) -> dict[str, Any]:
    """As GitHub says it: the type, if there is one, beside the message. A mistake of this fake is raised."""
    said = dict(error.formatted)
    extensions: Any = said.pop("extensions", {})
    if error.original_error is not None and not isinstance(error.original_error, GraphQLError):
        raise error.original_error
    return {**extensions, **said}


class Asked:
    """What a query costs, by GitHub's rules. Every connection needs a limit from 1 to 100."""

    def __init__(self, variables: Mapping[str, Any]) -> None:
        self.variables = dict(variables)
        self.fragments: dict[str, FragmentDefinitionNode] = {}
        self.objects = 0
        self.requests = 0
        """Each connection counts once per entry that it may be below."""
        self.nodes = 0
        self.problems: list[str] = []

    def add(self, document: DocumentNode) -> None:
        """Add up what a valid document asks."""
        for definition in document.definitions:
            if isinstance(definition, FragmentDefinitionNode):
                self.fragments[definition.name.value] = definition
        for definition in document.definitions:
            if isinstance(definition, OperationDefinitionNode):
                self.walk(definition.selection_set, SCHEMA.type_map["Query"], 1, 0)

    def walk(self, selections: SelectionSetNode, kind: GraphQLNamedType, times: int, depth: int) -> None:
        """Add up what is asked of `times` things of a type, below so many connections."""
        for node in selections.selections:
            if any(one.name.value == "include" and not self._values(one)["if"] for one in node.directives or ()):
                continue
            if isinstance(node, FragmentSpreadNode):
                fragment = self.fragments[node.name.value]
                self.walk(fragment.selection_set, SCHEMA.type_map[fragment.type_condition.name.value], times, depth)
            elif isinstance(node, InlineFragmentNode):
                narrowed = SCHEMA.type_map[node.type_condition.name.value] if node.type_condition else kind
                self.walk(node.selection_set, narrowed, times, depth)
            elif isinstance(node, FieldNode) and isinstance(kind, GraphQLObjectType | GraphQLInterfaceType):
                self._field(node, kind, times, depth)

    def _values(self, node: FieldNode | DirectiveNode) -> dict[str, Any]:
        return {one.name.value: value_from_ast_untyped(one.value, self.variables) for one in node.arguments or ()}

    def _field(self, node: FieldNode, kind: GraphQLObjectType | GraphQLInterfaceType, times: int, depth: int) -> None:
        name = node.name.value
        if name.startswith("__") or node.selection_set is None:
            return
        found = kind.fields[name]
        arguments = self._values(node)
        below = get_named_type(found.type)
        if name == "object":
            self.objects += 1
        if name == "nodes" and "ids" in arguments:
            times *= len(arguments["ids"])
            self.objects += len(arguments["ids"])
            if len(arguments["ids"]) > 100:
                self.problems.append("nodes: you may not provide more than 100 node ids")
        if below.name.endswith("Connection"):
            limits = [arguments[one] for one in ("first", "last") if arguments.get(one) is not None]
            if len(limits) != 1 or not 1 <= limits[0] <= 100:
                self.problems.append(f"{name}: first or last must be from 1 to 100")
                return
            self.objects += limits[0] if depth == 0 and kind.name == "Repository" else 0
            self.requests += times
            times, depth = times * limits[0], depth + 1
            self.nodes += times
        self.walk(node.selection_set, below, times, depth)


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
