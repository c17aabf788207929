"""Deployments as facts of delivery, with their statuses.

Asked for by GraphQL: to REST the statuses of each deployment are a call of their own, and a new one does not show in the
list.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from release_ops.adapters.github_nested import Nested
from release_ops.adapters.github_values import address, instant, nodes, text
from release_ops.adapters.github_walk import FIRST, Found, Row
from release_ops.domain.delivery_names import environment_name
from release_ops.domain.delivery_policy import DeliveryPolicy
from release_ops.domain.deployment_outcome import GONE, Outcome, outcome

UNFINISHED = timedelta(days=30)
"""So long after it was asked for a deployment that has not ended is looked at again; GitHub waits as long for approval."""
FINISHED = timedelta(days=1)
"""So long one that has ended: some are called failed after they were called a success."""
UNPLANNED = frozenset({"rollback", "hotfix"})
"""First words of a deployment's task that say that it mends what users met."""

STATUSES = Nested("Deployment", ("statuses",), "id state description createdAt logUrl")
DOCUMENT = f"""
query (
  $owner: String!, $name: String!, $first: Int!, $after: String, $paging: Boolean!, $whole: Boolean!,
  $watch: [ID!]!, $watching: Boolean!
) {{
  rateLimit {{ cost limit remaining resetAt }}
  repository(owner: $owner, name: $name) {{
    id
    entries: deployments(first: $first, after: $after, orderBy: {{field: CREATED_AT, direction: DESC}})
      @include(if: $paging) {{
      pageInfo {{ hasNextPage endCursor }}
      nodes {{ id createdAt ... @include(if: $whole) {{ ...facts }} }}
    }}
  }}
  watched: nodes(ids: $watch) @include(if: $watching) {{ id ... on Deployment {{ ...facts }} }}
}}
fragment facts on Deployment {{
  id createdAt updatedAt commitOid environment latestEnvironment task state
  ref {{ name }}
  {STATUSES.asked("first: 100")}
}}
"""


class Deployments:
    """Listing of a repository's deployments, by when they were asked for."""

    document = DOCUMENT
    time = "createdAt"
    again = timedelta()
    first = FIRST
    options: Mapping[str, tuple[str, str]] = {}

    def __init__(self, policy: DeliveryPolicy) -> None:
        self.policy = policy

    def lists(self, entry: dict[str, Any], *, moved: bool) -> Sequence[tuple[dict[str, Any], Nested]]:
        """Its statuses: a new one does not move it."""
        return [(entry, STATUSES)]

    def found(self, entry: dict[str, Any], *, moved: bool) -> Found:
        """Rows of a deployment and its statuses."""
        said = sorted(nodes(entry["statuses"]), key=lambda one: instant(one["createdAt"]))
        what = outcome(_states(entry, said))
        created, id_ = instant(entry["createdAt"]), text(entry["id"])
        ended = what.result in ("success", "failure")
        row = {
            "deployment": id_,
            "repository": "",
            "environment": self._environment(entry),
            "component": "",
            "version": "",
            "commit": text(entry["commitOid"]),
            "ref": text((entry["ref"] or {}).get("name")),
            "result": what.result,
            "created_at": created,
            "started_at": what.started_at,
            "finished_at": what.finished_at,
            "unplanned": True if _first_word(entry["task"]) in UNPLANNED else None,
            "rolled_back": None,
            "url": _page(said, what),
        }
        return Found(
            rows={"deployments": [row], "deployment_statuses": [_status(id_, one) for one in said]},
            watch=created + (FINISHED if ended else UNFINISHED),
            key="" if ended else id_,
        )

    def missing(self, key: str) -> Mapping[str, Sequence[Row]]:
        """Key of a deployment that was deleted before it ended; one that had ended was one all the same."""
        return {"deployments": [{"deployment": key, "repository": ""}]} if key else {}

    def _environment(self, entry: Mapping[str, Any]) -> str:
        name = text(entry["latestEnvironment"] or entry["environment"], 255)
        return environment_name(self.policy, name) if name.strip() else self.policy.production


def _states(entry: Mapping[str, Any], said: Sequence[Mapping[str, Any]]) -> list[tuple[str, datetime]]:
    """States and their times; GitHub itself calls one abandoned of which nobody ever reported."""
    state = text(entry["state"]).lower()
    if not said and state in GONE:
        return [(state, instant(entry["updatedAt"]))]
    return [(one["state"].lower(), instant(one["createdAt"])) for one in said]


def _status(deployment: str, status: Mapping[str, Any]) -> Row:
    return {
        "deployment": deployment,
        "status": text(status["id"]),
        "state": text(status["state"]).lower(),
        "description": text(status["description"]),
        "created_at": instant(status["createdAt"]),
    }


def _page(said: Sequence[Mapping[str, Any]], what: Outcome) -> str:
    """Log of the status that ended it, else of the last that names one."""
    pages = [(instant(one["createdAt"]) == what.finished_at, address(one["logUrl"])) for one in said]
    ended = [page for decisive, page in pages if page and decisive]
    return (ended or [page for _, page in pages if page] or [""])[-1]


def _first_word(task: Any) -> str:
    return text(task).replace(":", " ").replace("-", " ").casefold().partition(" ")[0]
