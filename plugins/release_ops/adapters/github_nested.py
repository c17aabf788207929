"""Lists inside the entries of a page: what did not fit into it is asked for, of many entries at once."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from release_ops.adapters.github_api import GET_ATTEMPTS, GitHubApi, UnreachableError

AT_ONCE = 20
"""Lists that one call goes on with."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Nested:
    """A connection below a node of GitHub's graph."""

    kind: str
    """Type of the node."""
    path: tuple[str, ...]
    """Fields from the node to the connection."""
    entry: str
    """What is asked of each entry."""

    def asked(self, arguments: str, more: str = "") -> str:
        """The connection in a query; `more` is what else is asked of it."""
        text = (
            f"{self.path[-1]}({arguments}) {{ {more} pageInfo {{ hasNextPage endCursor }} nodes {{ {self.entry} }} }}"
        )
        for field in reversed(self.path[:-1]):
            text = f"{field} {{ {text} }}"
        return text

    def of(self, node: dict[str, Any] | None) -> dict[str, Any] | None:
        """The connection in an answer; None where there is none."""
        found: dict[str, Any] | None = node
        for field in self.path:
            found = (found or {}).get(field)
        return found


def document(lists: Iterable[Nested]) -> str:
    """GraphQL query for the next page of each list: variables `i0`, `i1`, ... are ids of nodes, `a0`, ... cursors."""
    asked = list(lists)
    declared = ", ".join(f"$i{at}: ID!, $a{at}: String!" for at in range(len(asked)))
    fields = "\n".join(
        f"  n{at}: node(id: $i{at}) {{ ... on {one.kind} {{ {one.asked(f'first: 100, after: $a{at}')} }} }}"
        for at, one in enumerate(asked)
    )
    return f"query ({declared}) {{\n{fields}\n}}"


def complete(api: GitHubApi, found: Iterable[tuple[dict[str, Any], Nested]]) -> None:
    """Append to each node's list what its page left out. Raises a GitHubError."""
    waiting = unfinished(found)
    for _ in range(api.max_pages):
        if not waiting:
            return
        _next_pages(api, waiting)
        waiting = unfinished(waiting)
    for node, nested in waiting:
        _log.warning(
            "GitHub: %s %s: its %s are more than %d pages; the rest is not read",
            *(nested.kind, node["id"], nested.path[-1], api.max_pages),
        )


def _next_pages(api: GitHubApi, waiting: Sequence[tuple[dict[str, Any], Nested]]) -> None:
    """One more page of each list; what was too much for one call is asked for in halves."""
    size, start = AT_ONCE, 0
    while start < len(waiting):
        batch = waiting[start : start + size]
        variables = {}
        for at, (node, nested) in enumerate(batch):
            variables[f"i{at}"], variables[f"a{at}"] = node["id"], (nested.of(node) or {})["pageInfo"]["endCursor"]
        try:
            attempts = 1 if len(batch) > 1 else GET_ATTEMPTS
            data = api.query(document(nested for _, nested in batch), variables, attempts=attempts, absent=True)
        except UnreachableError:
            if len(batch) == 1:
                raise
            size = len(batch) // 2
            continue
        for at, (node, nested) in enumerate(batch):
            whole, more = nested.of(node) or {}, nested.of(data[f"n{at}"])
            whole["nodes"] = [*(whole["nodes"] or ()), *((more or {}).get("nodes") or ())]
            whole["pageInfo"] = (more or {}).get("pageInfo") or {"hasNextPage": False}
        start += len(batch)


def unfinished(found: Iterable[tuple[dict[str, Any], Nested]]) -> list[tuple[dict[str, Any], Nested]]:
    """Those of the lists of which GitHub has more."""
    return [
        (node, nested) for node, nested in found if ((nested.of(node) or {}).get("pageInfo") or {}).get("hasNextPage")
    ]
