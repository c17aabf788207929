"""Pull requests as facts of delivery, with their reviews, comments and the checks of their last commit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from release_ops.adapters.github_nested import Nested
from release_ops.adapters.github_values import (
    address,
    count,
    instant,
    instant_or_none,
    is_bot,
    labels,
    login,
    nodes,
    text,
    written_instant,
)
from release_ops.adapters.github_walk import FIRST, Found, Row
from release_ops.domain.pulls import TITLE_LIMIT

RECENT = timedelta(days=1)
"""So long after a pull request moved its checks are looked at again: they begin late, and somebody starts them anew."""
PENDING = timedelta(days=7)
"""So long when they have not ended."""

COMMITS = Nested("PullRequest", ("commits",), "commit { oid authoredDate }")
REVIEWS = Nested("PullRequest", ("reviews",), "id state submittedAt author { __typename login }")
COMMENTS = Nested("PullRequest", ("comments",), "id createdAt author { __typename login }")
CHECKS = Nested(
    "Commit",
    ("statusCheckRollup", "contexts"),
    "__typename ... on CheckRun { name status conclusion startedAt completedAt permalink } "
    "... on StatusContext { context state createdAt targetUrl }",
)

DOCUMENT = f"""
query (
  $owner: String!, $name: String!, $first: Int!, $after: String, $paging: Boolean!, $whole: Boolean!,
  $watch: [ID!]!, $watching: Boolean!, $checks: Boolean!
) {{
  rateLimit {{ cost limit remaining resetAt }}
  repository(owner: $owner, name: $name) {{
    id
    entries: pullRequests(first: $first, after: $after, orderBy: {{field: UPDATED_AT, direction: DESC}})
      @include(if: $paging) {{
      pageInfo {{ hasNextPage endCursor }}
      nodes {{
        id updatedAt
        ... @include(if: $whole) {{
          ...checked
          title url state isDraft createdAt mergedAt closedAt baseRefName headRefName headRefOid
          additions deletions changedFiles
          author {{ __typename login }}
          mergeCommit {{ oid }}
          labels(first: 100) {{ nodes {{ name }} }}
          ready: timelineItems(last: 1, itemTypes: [READY_FOR_REVIEW_EVENT]) {{
            nodes {{ ... on ReadyForReviewEvent {{ createdAt }} }}
          }}
          {COMMITS.asked("first: 100", "totalCount")}
          {REVIEWS.asked("first: 100")}
          {COMMENTS.asked("first: 100")}
        }}
      }}
    }}
  }}
  watched: nodes(ids: $watch) @include(if: $watching) {{ id ... on PullRequest {{ ...checked }} }}
}}
fragment checked on PullRequest {{
  id number updatedAt
  head: commits(last: 1) @include(if: $checks) {{
    nodes {{ commit {{ id oid {CHECKS.asked("first: 100")} }} }}
  }}
}}
"""

_CONCLUSIONS = {
    "SUCCESS": "success",
    "NEUTRAL": "neutral",
    "SKIPPED": "neutral",
    "CANCELLED": "cancelled",
    "STALE": "cancelled",
}
"""Of GitHub's conclusions; any other is a failure."""
_STATES = {"SUCCESS": "success", "PENDING": "pending", "EXPECTED": "pending"}
"""Of GitHub's states of a status; any other is a failure."""
_WORST_FIRST = ("failure", "pending", "cancelled", "success", "neutral")
_REVIEWS = frozenset({"APPROVED", "CHANGES_REQUESTED", "COMMENTED", "DISMISSED"})
_BY_OTHERS_ONLY = frozenset({"APPROVED", "CHANGES_REQUESTED", "DISMISSED"})
"""What GitHub lets nobody say of their own pull request; only the first two of them can be dismissed."""


class PullRequests:
    """Listing of a repository's pull requests, by when they last moved."""

    document = DOCUMENT
    time = "updatedAt"
    again = timedelta()
    first = FIRST
    options: Mapping[str, tuple[str, str]] = {"checks": ("statusCheckRollup", "the checks of pull requests")}

    def lists(self, entry: dict[str, Any], *, moved: bool) -> Iterator[tuple[dict[str, Any], Nested]]:
        """Its commits, reviews and comments, if it moved, and its checks."""
        if moved and "title" in entry:
            yield from ((entry, nested) for nested in (COMMITS, REVIEWS, COMMENTS))
        if (head := _head(entry)) is not None:
            yield head, CHECKS

    def found(self, entry: dict[str, Any], *, moved: bool) -> Found:
        """Rows of a pull request, its reviews and its checks; only the latter where it did not move."""
        checks = list(_checks(entry))
        end = instant(entry["updatedAt"]) + (PENDING if any(one["state"] == "pending" for one in checks) else RECENT)
        watch = end if entry.get("head") is not None else None
        if not moved or "title" not in entry:  # what is looked at again comes without the rest
            return Found(rows={"check_runs": checks}, watch=watch)
        reviews = list(_reviews(entry))
        return Found(
            rows={
                "pull_requests": [_pull(entry, reviews)],
                "pull_reviews": [row for row, _ in reviews],
                "check_runs": checks,
            },
            watch=watch,
        )

    def missing(self, key: str) -> Mapping[str, Sequence[Row]]:
        """Nothing: a pull request that GitHub no longer has was one all the same."""
        return {}


def _head(pull: Mapping[str, Any]) -> dict[str, Any] | None:
    """Last commit of a pull request's branch; None where GitHub does not say."""
    found = nodes(pull.get("head"))
    return found[0]["commit"] if found else None


def _pull(pull: Mapping[str, Any], reviews: Sequence[tuple[Row, bool]]) -> Row:
    written = [
        (at, one["commit"]["oid"])
        for one in nodes(pull["commits"])
        if (at := written_instant(one["commit"]["authoredDate"])) is not None
    ]
    first_commit_at, first_commit = min(written, key=lambda one: one[0], default=(None, ""))
    first = min((row for row, bot in reviews if not bot), key=lambda row: row["submitted_at"], default=None)
    ready = nodes(pull["ready"])
    return {
        "repository": "",
        "pull_request": str(count(pull["number"])),
        "title": text(pull["title"], TITLE_LIMIT),
        "url": address(pull["url"]),
        "author": login(pull["author"]),
        "author_is_bot": is_bot(pull["author"]),
        "state": {"OPEN": "open", "MERGED": "merged", "CLOSED": "closed"}[pull["state"]],
        "base": text(pull["baseRefName"]),
        "head": text(pull["headRefName"]),
        "head_commit": text(pull["headRefOid"]),
        "merge_commit": text((pull["mergeCommit"] or {}).get("oid")) if pull["state"] == "MERGED" else "",
        "first_commit": first_commit,
        "first_commit_at": first_commit_at,
        "created_at": instant(pull["createdAt"]),
        "ready_at": instant(ready[-1]["createdAt"]) if ready and not pull["isDraft"] else None,
        "first_review_at": first and first["submitted_at"],
        "first_review": first["review"] if first else "",
        "approved_at": min((row["submitted_at"] for row, _ in reviews if row["state"] == "approved"), default=None),
        "merged_at": instant_or_none(pull["mergedAt"]),
        "closed_at": instant_or_none(pull["closedAt"]),
        "updated_at": instant(pull["updatedAt"]),
        "commits": count(pull["commits"]["totalCount"]),
        "additions": count(pull["additions"]),
        "deletions": count(pull["deletions"]),
        "changed_files": count(pull["changedFiles"]),
        "labels": labels(pull),
    }


def _reviews(pull: Mapping[str, Any]) -> Iterator[tuple[Row, bool]]:
    """Reviews and comments by others than the author, and whether a program gave them; comments of programs are none."""
    for one in nodes(pull["reviews"]):
        if one["state"] in _REVIEWS and one["submittedAt"] and _by_another(pull, one, one["state"]):
            yield _review(pull, one, one["state"].lower(), instant(one["submittedAt"])), is_bot(one["author"])
    for one in nodes(pull["comments"]):
        if not is_bot(one["author"]) and _by_another(pull, one, "COMMENTED"):
            yield _review(pull, one, "commented", instant(one["createdAt"])), False


def _by_another(pull: Mapping[str, Any], said: Mapping[str, Any], state: str) -> bool:
    """True where somebody else than the author said it; of two accounts that are gone nobody knows."""
    return login(pull["author"]) != login(said["author"]) or state in _BY_OTHERS_ONLY


def _review(pull: Mapping[str, Any], said: Mapping[str, Any], state: str, at: datetime) -> Row:
    return {
        "repository": "",
        "pull_request": str(count(pull["number"])),
        "review": text(said["id"]),
        "author": login(said["author"]),
        "state": state,
        "submitted_at": at,
    }


def _checks(pull: Mapping[str, Any]) -> Iterator[Row]:
    """Last run of each check of the last commit; a run and a status of one name give the worse."""
    head = _head(pull)
    runs: dict[str, Row] = {}
    statuses: dict[str, Row] = {}
    for one in nodes(CHECKS.of(head)):
        match one["__typename"]:
            case "CheckRun":
                row = _run(one)
                if row["name"] not in runs or _began(row) >= _began(runs[row["name"]]):
                    runs[row["name"]] = row
            case "StatusContext":
                row = _status(one)
                statuses[row["name"]] = row
    for name in {**runs, **statuses}:
        both = [some[name] for some in (runs, statuses) if name in some]
        worst = min(both, key=lambda row: _WORST_FIRST.index(row["state"]))
        yield {
            "repository": "",
            "commit": text((head or {})["oid"]),
            "pull_request": str(count(pull["number"])),
            **worst,
        }


def _began(run: Row) -> datetime:
    """When a run began; what has not begun yet is the latest of all."""
    began: datetime | None = run["started_at"] or run["completed_at"]
    return began or datetime.max.replace(tzinfo=UTC)


def _run(run: Mapping[str, Any]) -> Row:
    ended = run["status"] == "COMPLETED"
    return {
        "name": text(run["name"], 255),
        "state": _CONCLUSIONS.get(run["conclusion"], "failure") if ended else "pending",
        "started_at": instant_or_none(run["startedAt"]),
        "completed_at": instant_or_none(run["completedAt"]) if ended else None,
        "url": address(run["permalink"]),
    }


def _status(status: Mapping[str, Any]) -> Row:
    state = _STATES.get(status["state"], "failure")
    return {
        "name": text(status["context"], 255),
        "state": state,
        "started_at": None,
        "completed_at": None if state == "pending" else instant(status["createdAt"]),
        "url": address(status["targetUrl"]),
    }
