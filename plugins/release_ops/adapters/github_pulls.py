"""The merged pull requests of commits, in few calls: GitHub's GraphQL API, many commits at once.

Fifty commits are one call of three points (GitHub counts the connections in a query, and gives a user 5,000 points an
hour) and at most 5,300 of the 500,000 nodes that a call may ask for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from release_ops.adapters.github_api import GET_ATTEMPTS, GitHubApi, GitHubError, NotFoundError, UnreachableError
from release_ops.domain.pulls import BODY_LIMIT, TITLE_LIMIT, PullRequest

BATCH = 50
"""Commits in one call. GitHub ends a query after ten seconds, so more at once is not faster."""
PULLS = 5
"""Pull requests of one commit that are looked at, oldest first."""
LABELS = 20
_COMMIT = re.compile(r"[0-9a-f]{40}")

FRAGMENTS = f"""
fragment facts on Commit {{
  oid
  committedDate
  associatedPullRequests(first: {PULLS}, orderBy: {{field: CREATED_AT, direction: ASC}}) {{
    nodes {{
      number
      title
      url
      body
      lastEditedAt
      merged
      mergedAt
      baseRefName
      author {{ __typename login }}
      mergedBy {{ login }}
      milestone {{ title }}
      mergeCommit {{ oid }}
      labels(first: {LABELS}) {{ nodes {{ name }} }}
    }}
  }}
}}
"""


@dataclass(frozen=True, slots=True)
class CommitPulls:
    """What GitHub knows of a commit: when it was made, and the merged pull requests that brought it, oldest first."""

    commit: str
    committed_at: datetime
    pulls: tuple[PullRequest, ...]

    @property
    def settled_at(self) -> datetime:
        """When the last of it happened: the commit, or the last merge."""
        return max([self.committed_at, *(pull.merged_at for pull in self.pulls if pull.merged_at)])


def document(commits: Sequence[str]) -> str:
    """GraphQL query for these commits (full ids); ValueError for anything else, which would be text in a query."""
    strange = [one for one in commits if _COMMIT.fullmatch(one) is None]
    if strange:
        raise ValueError(f"{strange[0]!r}: not a full commit id; GitHub knows commits by 40 hexadecimal digits")
    asked = "\n".join(f'    c{at}: object(oid: "{one}") {{ ...facts }}' for at, one in enumerate(commits))
    return (
        "query ($owner: String!, $name: String!) {\n  repository(owner: $owner, name: $name) {\n"
        f"{asked}\n  }}\n}}{FRAGMENTS}"
    )


def pulls_of(api: GitHubApi, repository: str, commits: Sequence[str]) -> Iterator[CommitPulls]:
    """What GitHub knows of each of `commits`, in their order, batch by batch; those that it does not have are left out.

    `repository` is `owner/name`. What was too much for one call is asked for in halves. Raises a GitHubError.
    """
    owner, _, name = repository.partition("/")
    size, start = BATCH, 0
    while start < len(commits):
        batch = commits[start : start + size]
        try:
            # Only the smallest question is repeated as it is: GitHub would refuse a large one again.
            attempts = 1 if len(batch) > 1 else GET_ATTEMPTS
            data = api.query(document(batch), {"owner": owner, "name": name}, attempts=attempts)
        except UnreachableError:
            if len(batch) == 1:
                raise
            size = len(batch) // 2
            continue
        if data.get("repository") is None:
            raise NotFoundError(f"GitHub has no repository {repository}, or the token may not see it")
        yield from _answers(data["repository"])
        start += len(batch)


def _answers(found: Mapping[str, Any]) -> list[CommitPulls]:
    """What one call says; GitHubError where it is not what GitHub's schema promises."""
    try:
        return [_read(one) for one in found.values() if one]
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise GitHubError(
            f"GitHub's answer about pull requests is none by its schema ({type(error).__name__}: {error}); check whether "
            "a proxy stands between, and the connection's host"
        ) from error


def _read(found: Mapping[str, Any]) -> CommitPulls:
    pulls = (found.get("associatedPullRequests") or {}).get("nodes") or ()
    return CommitPulls(
        found["oid"],
        _time(found["committedDate"]),
        tuple(_pull(pull) for pull in pulls if pull and pull["merged"]),
    )


def _pull(pull: Mapping[str, Any]) -> PullRequest:
    author = pull["author"] or {}
    edited, merged = pull["lastEditedAt"], pull["mergedAt"]
    reviewed = not edited or not merged or _time(edited) <= _time(merged)
    return PullRequest(
        number=pull["number"],
        title=pull["title"][:TITLE_LIMIT],
        url=pull["url"],
        body=pull["body"][:BODY_LIMIT] if reviewed else "",
        labels=tuple(label["name"] for label in (pull["labels"] or {}).get("nodes") or () if label),
        author=author.get("login", ""),
        is_bot=author.get("__typename") == "Bot",
        merged_by=(pull["mergedBy"] or {}).get("login", ""),
        merged_at=_time(merged) if merged else None,
        merge_commit=(pull["mergeCommit"] or {}).get("oid", ""),
        base=pull["baseRefName"],
        milestone=(pull["milestone"] or {}).get("title", ""),
    )


def _time(text: str) -> datetime:
    time = datetime.fromisoformat(text)
    if time.tzinfo is None:
        raise ValueError(f"{text!r} has no zone")
    return time
