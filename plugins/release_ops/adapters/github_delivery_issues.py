"""Issues as facts of delivery, and the incidents that their labels make of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from release_ops.adapters.github_api import PAGE
from release_ops.adapters.github_nested import Nested
from release_ops.adapters.github_values import address, count, instant, instant_or_none, labels, login, text
from release_ops.adapters.github_walk import Found, Row
from release_ops.domain.delivery_names import is_incident, severity_of
from release_ops.domain.delivery_policy import DeliveryPolicy
from release_ops.domain.pulls import TITLE_LIMIT

OPEN = timedelta(days=365)
"""So long after it moved an open issue that weighs is looked at again: one that was transferred or deleted moves no more."""
WEIGHTY = frozenset({"critical", "high"})

DOCUMENT = """
query (
  $owner: String!, $name: String!, $first: Int!, $after: String, $since: DateTime!, $paging: Boolean!, $whole: Boolean!,
  $watch: [ID!]!, $watching: Boolean!
) {
  rateLimit { cost limit remaining resetAt }
  repository(owner: $owner, name: $name) {
    id
    entries: issues(
      first: $first, after: $after, orderBy: {field: UPDATED_AT, direction: DESC}, filterBy: {since: $since}
    ) @include(if: $paging) {
      pageInfo { hasNextPage endCursor }
      nodes { id updatedAt ... @include(if: $whole) { ...facts } }
    }
  }
  watched: nodes(ids: $watch) @include(if: $watching) { id ... on Issue { ...facts } }
}
fragment facts on Issue {
  id number title url state createdAt updatedAt closedAt
  author { __typename login }
  milestone { title }
  labels(first: 100) { nodes { name } }
  repository { id }
}
"""


class Issues:
    """Listing of a repository's issues, by when they last moved."""

    document = DOCUMENT
    time = "updatedAt"
    again = timedelta()
    first = PAGE
    options: Mapping[str, tuple[str, str]] = {}

    def __init__(self, policy: DeliveryPolicy) -> None:
        self.policy = policy

    def lists(self, entry: dict[str, Any], *, moved: bool) -> Sequence[tuple[dict[str, Any], Nested]]:
        """None: GitHub lets an issue have no more labels than a page holds."""
        return ()

    def found(self, entry: dict[str, Any], *, moved: bool) -> Found:
        """Row of an issue, and of its incident; what is no incident any more has none."""
        row = self._issue(entry)
        watched = row["state"] == "open" and (row["is_incident"] or row["severity"] in WEIGHTY)
        incidents = [self._incident(row)] if row["is_incident"] else []
        return Found(
            rows={"issues": [row], "incidents": incidents},
            gone={} if incidents else {"incidents": [{"incident": row["issue"]}]},
            watch=row["updated_at"] + OPEN if watched else None,
            key=row["issue"],
        )

    def missing(self, key: str) -> Mapping[str, Sequence[Row]]:
        """Keys of an issue that was deleted, or transferred to another repository, and of its incident."""
        return {"issues": [{"repository": "", "issue": key}], "incidents": [{"incident": key}]}

    def _issue(self, issue: Mapping[str, Any]) -> Row:
        names = labels(issue)
        return {
            "repository": "",
            "issue": str(count(issue["number"])),
            "title": text(issue["title"], TITLE_LIMIT),
            "url": address(issue["url"]),
            "author": login(issue["author"]),
            "state": {"OPEN": "open", "CLOSED": "closed"}[issue["state"]],
            "labels": names,
            "severity": severity_of(self.policy, names),
            "is_incident": is_incident(self.policy, names),
            "milestone": text((issue["milestone"] or {}).get("title")),
            "created_at": instant(issue["createdAt"]),
            "closed_at": instant_or_none(issue["closedAt"]) if issue["state"] == "CLOSED" else None,
            "updated_at": instant(issue["updatedAt"]),
        }

    def _incident(self, issue: Row) -> Row:
        closed = issue["closed_at"]
        return {
            "incident": issue["issue"],
            "environment": "",
            "title": issue["title"],
            "severity": issue["severity"],
            "started_at": issue["created_at"],
            "resolved_at": closed and max(closed, issue["created_at"]),
            "deployment": "",
            "fixed_by": "",
            "url": issue["url"],
        }
