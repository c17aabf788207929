"""A project in Jira Cloud or Data Center: the issues of a fixVersion as features. Only read, never written."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from release_ops.adapters.jira_site import Client, JiraError, JiraSite
from release_ops.domain.feature_text import LINE_LIMIT, MOST, acceptance, read_labels
from release_ops.domain.model import Feature, FeatureStatus
from release_ops.domain.scope_policy import JiraScope, ScopePolicy

__all__ = ["JiraError", "JiraProject"]

PAGE = 100
MAX_PAGES = 50
_STATUS = {"done": FeatureStatus.DONE, "indeterminate": FeatureStatus.IN_PROGRESS}
"""Key of a status category to our status; `new` and unknown ones are planned."""
_BLOCKS = "blocks"
_VERSION = re.compile(r"[\w.+-]{1,100}", re.ASCII)
_DROPPED = frozenset({"won't do", "won't fix", "duplicate", "cannot reproduce", "declined", "invalid", "rejected"})
"""Resolutions with which an issue is no feature of the release."""


class JiraProject:
    """One project. Every method raises JiraError with its remedy."""

    def __init__(
        self, scope: JiraScope, *, client: Client | None = None, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        """`client` stands in for the connection that `scope` names."""
        self.scope = scope
        self.site = JiraSite(scope.connection, client=client, sleep=sleep)

    def version_features(self, version: str, policy: ScopePolicy) -> tuple[Feature, ...]:
        """Issues (no subtasks) whose fixVersion is named like the version, by key.

        Done is what its status category says, in progress too. JiraError if the project has no such version: an empty
        scope is one that Jira knows and that has no issues. Issues that it waits for outside the version count while
        their status is not done.
        """
        if not _VERSION.fullmatch(version):
            raise JiraError(f"version {version!r}: not a name that can be searched for; use letters, digits, . _ + -")
        jql = (
            f'project = "{self.scope.project}" AND fixVersion = "{version}" AND issuetype in standardIssueTypes() '
            "ORDER BY key ASC"
        )
        # By key: an issue that moves while the pages are read is on two of them.
        issues = {str(issue["key"]): issue for issue in self._search(jql) if not _dropped(issue)}
        return tuple(self._feature(issue, {*issues}, policy) for issue in sorted(issues.values(), key=_by_number))

    def _search(self, jql: str) -> Iterator[Mapping[str, Any]]:
        wanted = ["summary", "status", "priority", "assignee", "labels", "issuelinks", "description", "resolution"]
        own = [self.scope.points_field, self.scope.value_field, self.scope.team_field]
        query: dict[str, Any] = {
            "jql": jql,
            "maxResults": PAGE,
            "fields": ",".join([*wanted, *(name for name in own if name)]),
        }
        path = "/rest/api/3/search/jql" if self.site.cloud else "/rest/api/2/search"
        seen = 0
        for _ in range(MAX_PAGES):
            answer = self._get(path, query)
            issues = answer.get("issues")
            if not isinstance(issues, list) or not all(_is_issue(issue) for issue in issues):
                raise JiraError(f"Jira GET {path}: an answer without issues; check the host of the connection")
            yield from issues
            seen += len(issues)
            if self.site.cloud:
                token = answer.get("nextPageToken")
                if not token:
                    return
                query["nextPageToken"] = token
            elif not issues or seen >= int(answer.get("total") or 0):
                return
            else:
                query["startAt"] = seen
        raise JiraError(f"Jira GET {path}: more than {MAX_PAGES * PAGE} issues in this version; split the version")

    def _get(self, path: str, query: Mapping[str, Any]) -> Mapping[str, Any]:
        project = self.scope.project
        answer = self.site.ask(
            "GET",
            path,
            query=query,
            remedies={
                400: f"create the version in project {project} and assign its issues; check scope.jira in the product file",
                403: f"give the account of the connection the permission to browse project {project}",
            },
        )
        return answer if isinstance(answer, Mapping) else {}

    def _feature(self, issue: Mapping[str, Any], keys: set[str], policy: ScopePolicy) -> Feature:
        fields: Mapping[str, Any] = issue["fields"]
        said = read_labels([str(label) for label in fields.get("labels") or ()], policy)
        priority = policy.priorities.get(_name(fields.get("priority")).casefold()) or said.priority
        points = self._number(issue, self.scope.points_field)
        value = self._number(issue, self.scope.value_field)
        team = fields.get(self.scope.team_field) if self.scope.team_field else None
        return Feature(
            id=str(issue["key"]),
            title=str(fields.get("summary") or issue["key"])[:LINE_LIMIT],
            status=_status(fields),
            owner=_name(fields.get("assignee")),
            priority=priority or "should",
            stated=priority is not None,
            url=f"{self.site.origin}/browse/{issue['key']}",
            points=said.points if points is None else points,
            value=said.value if value is None else value,
            risk=said.risk,
            team=_name(team) or said.team,
            depends_on=_waits_for(fields, keys),
            acceptance=_acceptance(fields.get("description")),
        )

    def _number(self, issue: Mapping[str, Any], name: str) -> float | None:
        value = issue["fields"].get(name) if name else None
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 10_000:
            raise JiraError(
                f"Jira {issue['key']}: {name}: {str(value)[:50]!r} is no number of points; correct the issue, or the field "
                "under scope.jira in the product file"
            )
        return float(value)


def _is_issue(issue: Any) -> bool:
    return isinstance(issue, Mapping) and isinstance(issue.get("fields"), Mapping) and bool(issue.get("key"))


def _by_number(issue: Mapping[str, Any]) -> tuple[str, int]:
    project, _, number = str(issue["key"]).rpartition("-")
    return project, int(number) if number.isdigit() else 0


def _name(value: Any) -> str:
    """Name of a person, priority, team or option; of a list the first."""
    if isinstance(value, list):
        value = value[0] if value else None
    if isinstance(value, Mapping):
        value = value.get("displayName") or value.get("name") or value.get("value") or value.get("title")
    return str(value)[:200] if value else ""


def _status(fields: Mapping[str, Any]) -> FeatureStatus:
    category = (fields.get("status") or {}).get("statusCategory") or {}
    return _STATUS.get(str(category.get("key")), FeatureStatus.PLANNED)


def _dropped(issue: Mapping[str, Any]) -> bool:
    return _name(issue["fields"].get("resolution")).casefold() in _DROPPED


def _waits_for(fields: Mapping[str, Any], keys: set[str]) -> tuple[str, ...]:
    """Keys of the issues that block it: of those outside the version, the ones that are not done."""
    found = []
    for link in fields.get("issuelinks") or ():
        other = link.get("inwardIssue") if isinstance(link, Mapping) else None
        if not isinstance(other, Mapping) or _name(link.get("type")).casefold() != _BLOCKS:
            continue
        if str(other.get("key")) in keys or _status(other.get("fields") or {}) is not FeatureStatus.DONE:
            found.append(str(other.get("key")))
    return tuple(dict.fromkeys(found))[:MOST]


def _acceptance(description: Any) -> tuple[str, ...]:
    """Task lists of a description: Data Center's is text, Cloud's a document (ADF) with `taskItem` nodes."""
    if isinstance(description, str):
        return acceptance(description)
    found: list[str] = []
    stack = [description]
    # Depth first, in reading order, without recursion: what comes from outside may be nested without end.
    while stack and len(found) < MOST:
        node = stack.pop()
        if not isinstance(node, Mapping):
            continue
        content = [child for child in node.get("content") or () if isinstance(child, Mapping)]
        if node.get("type") == "taskItem":
            text = "".join(str(child.get("text") or "") for child in content).strip()
            found += [text[:LINE_LIMIT]] if text else []
        else:
            stack += reversed(content)
    return tuple(dict.fromkeys(found))
