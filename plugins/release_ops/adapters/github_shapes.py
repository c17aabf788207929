"""What GitHub's answers become: checks, pull requests, features, and the JSON-safe records of what we made."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from release_ops.domain.feature_text import acceptance, needs, read_labels
from release_ops.domain.model import Feature, FeatureStatus
from release_ops.domain.scope_policy import ScopePolicy

BODY_LIMIT = 125_000
"""Characters that GitHub takes as the text of a release."""
WORST_FIRST = ("failure", "pending", "success")
_STARTED = re.compile(r"(?:status\s*[:/]\s*)?(in[ _-]?progress|wip)", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One check at a commit. `state` is success, failure, pending or missing (required, and nobody reported it)."""

    name: str
    state: str
    conclusion: str
    """GitHub's own word for it: `timed_out`, `in_progress`, `error`, ..."""
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PullRequest:
    """A pull request and who, besides its author, approved it and still does."""

    number: int
    title: str
    author: str
    url: str
    head: str = ""
    """Commit at its tip."""
    merge_commit: str = ""
    labels: tuple[str, ...] = ()
    approved_by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertCount:
    """Open security alerts; `count` is None when a source could not be asked, and `reason` says why."""

    count: int | None
    reason: str = ""
    url: str = ""


def abridged(body: str, url: str, limit: int = BODY_LIMIT) -> str:
    """Markdown text within the limit: whole leading lines, then how many more there are and where (`url`)."""
    if len(body) <= limit:
        return body
    lines = body.splitlines(keepends=True)
    room = limit - len(f"\n…and {len(lines)} more lines: {url}\n")
    kept = 0
    while kept < len(lines) and len(lines[kept]) <= room:
        room -= len(lines[kept])
        kept += 1
    return f"{''.join(lines[:kept])}\n…and {len(lines) - kept} more lines: {url}\n"


def age_of_run(run: Mapping[str, Any]) -> tuple[str, int]:
    """Sorts runs of one name: the greatest is the latest."""
    return (run.get("started_at") or run.get("completed_at") or "", int(run["id"]))


def check_of_run(run: Mapping[str, Any]) -> Check:
    """Check of a check run."""
    conclusion = run.get("conclusion") or run["status"]
    state = "failure"
    if run["status"] != "completed":
        state = "pending"
    elif conclusion in ("success", "neutral", "skipped"):
        state = "success"
    return Check(name=run["name"], state=state, conclusion=conclusion, url=run.get("html_url") or "")


def check_of_status(status: Mapping[str, Any]) -> Check:
    """Check of a legacy status."""
    state = "failure" if status["state"] == "error" else status["state"]
    return Check(name=status["context"], state=state, conclusion=status["state"], url=status.get("target_url") or "")


def _labels(entry: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(label["name"] if isinstance(label, Mapping) else str(label) for label in entry.get("labels") or ())


def pull_request_of(pull: Mapping[str, Any], approvers: tuple[str, ...]) -> PullRequest:
    """Pull request with those who approved it."""
    return PullRequest(
        number=pull["number"],
        title=pull["title"],
        author=(pull["user"] or {}).get("login", ""),
        url=pull["html_url"],
        head=pull["head"]["sha"],
        merge_commit=pull["merge_commit_sha"] or "",
        labels=_labels(pull),
        approved_by=approvers,
    )


def feature_of(issue: Mapping[str, Any], policy: ScopePolicy) -> Feature:
    """Feature of an issue: its status from state, assignees and labels, the rest from its labels and its text."""
    labels = _labels(issue)
    assignees = [person["login"] for person in issue.get("assignees") or ()]
    status = FeatureStatus.PLANNED
    if issue["state"] == "closed":
        status = FeatureStatus.DONE
    elif assignees or any(_STARTED.fullmatch(label) for label in labels):
        status = FeatureStatus.IN_PROGRESS
    said, text = read_labels(labels, policy), str(issue.get("body") or "")
    return Feature(
        id=f"#{issue['number']}",
        title=issue["title"],
        status=status,
        owner=", ".join(assignees),
        priority=said.priority or "should",
        stated=said.priority is not None,
        url=issue["html_url"],
        points=said.points,
        value=said.value,
        risk=said.risk,
        team=said.team,
        depends_on=tuple(f"#{number}" for number in needs(text) if number != issue["number"]),
        acceptance=acceptance(text),
    )


def release_record(release: Mapping[str, Any]) -> dict[str, Any]:
    """Id, tag, name, url, prerelease and the digest of its text."""
    return {
        "id": release["id"],
        "tag": release["tag_name"],
        "name": release["name"] or "",
        "url": release["html_url"],
        "prerelease": release["prerelease"],
        "body_sha256": hashlib.sha256((release["body"] or "").encode()).hexdigest(),
    }


def freeze_rules(reviews: int, check: str) -> list[dict[str, Any]]:
    """Rules of a frozen branch, as GitHub writes them."""
    return [
        {"type": "deletion"},
        {"type": "non_fast_forward"},
        {
            "type": "pull_request",
            "parameters": {
                "required_approving_review_count": reviews,
                "dismiss_stale_reviews_on_push": True,
                "require_code_owner_review": False,
                "require_last_push_approval": False,
                "required_review_thread_resolution": False,
            },
        },
        {
            "type": "required_status_checks",
            "parameters": {
                "required_status_checks": [{"context": check}],
                "strict_required_status_checks_policy": False,
            },
        },
    ]


def ruleset_record(ruleset: Mapping[str, Any]) -> dict[str, Any]:
    """Id, name, enforcement, refs, types of its rules, and url."""
    conditions = ruleset.get("conditions") or {}
    return {
        "id": ruleset["id"],
        "name": ruleset["name"],
        "enforcement": ruleset["enforcement"],
        "refs": list((conditions.get("ref_name") or {}).get("include") or ()),
        "rules": sorted(rule["type"] for rule in ruleset.get("rules") or ()),
        "url": ((ruleset.get("_links") or {}).get("html") or {}).get("href") or "",
    }


def status_record(status: Mapping[str, Any]) -> dict[str, Any]:
    """Id, state, description, url and context."""
    return {
        "id": status["id"],
        "state": status["state"],
        "description": status.get("description") or "",
        "url": status.get("target_url") or "",
        "context": status["context"],
    }
