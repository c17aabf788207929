"""GitHub's answers in their full published shape, from the few facts that matter."""

from __future__ import annotations

import hashlib
from typing import Any

USER_LINKS = tuple(
    "events followers following gists organizations received_events repos starred subscriptions".split(" ")  # noqa: SIM905
)
REPOSITORY_LINKS = tuple(
    (  # noqa: SIM905
        "archive assignees blobs branches collaborators comments commits compare contents contributors deployments "
        "downloads events forks git_commits git_refs git_tags hooks issue_comment issue_events issues keys labels "
        "languages merges milestones notifications pulls releases stargazers statuses subscribers subscription tags "
        "teams trees"
    ).split(" ")
)
NEVER = "2026-01-01T00:00:00Z"


def number_of(text: str) -> int:
    """An id that follows from a text."""
    return int(hashlib.sha256(text.encode()).hexdigest()[:7], 16) + 1


def user(web: str, login: str) -> dict[str, Any]:
    api = f"{web}/users/{login}"
    return {
        "login": login,
        "id": number_of(login),
        "node_id": f"U_{login}",
        "avatar_url": f"{web}/avatars/{login}",
        "gravatar_id": "",
        "url": api,
        "html_url": f"{web}/{login}",
        **{f"{name}_url": f"{api}/{name}" for name in USER_LINKS},
        "type": "User",
        "site_admin": False,
    }


def repository(web: str, name: str) -> dict[str, Any]:
    api = f"{web}/repos/{name}"
    counts = ("forks", "forks_count", "open_issues", "open_issues_count", "size", "stargazers_count", "watchers",
              "watchers_count", "network_count", "subscribers_count")  # fmt: skip
    return {
        "id": number_of(name),
        "node_id": f"R_{number_of(name)}",
        "name": name.split("/")[1],
        "full_name": name,
        "owner": user(web, name.split("/", maxsplit=1)[0]),
        "private": True,
        "html_url": f"{web}/{name}",
        "url": api,
        "description": None,
        "fork": False,
        "homepage": None,
        "language": "Python",
        "license": None,
        "mirror_url": None,
        "default_branch": "main",
        "archived": False,
        "disabled": False,
        "has_issues": True,
        "has_projects": False,
        "has_wiki": False,
        "has_pages": False,
        "has_discussions": False,
        "has_downloads": False,
        "visibility": "private",
        **dict.fromkeys(counts, 0),
        **dict.fromkeys(("created_at", "updated_at", "pushed_at"), NEVER),
        **{f"{link}_url": f"{api}/{link}" for link in REPOSITORY_LINKS},
        **{f"{kind}_url": f"{web}/{name}.git" for kind in ("clone", "git", "ssh", "svn")},
    }


def commit(web: str, name: str, sha: str, message: str, at: str, parents: list[str]) -> dict[str, Any]:
    api = f"{web}/repos/{name}"
    person = {"name": "Ada", "email": "ada@example.org", "date": at}
    return {
        "url": f"{api}/commits/{sha}",
        "sha": sha,
        "node_id": f"C_{sha[:7]}",
        "html_url": f"{web}/{name}/commit/{sha}",
        "comments_url": f"{api}/commits/{sha}/comments",
        "commit": {
            "author": person,
            "committer": person,
            "comment_count": 0,
            "message": message,
            "tree": {"sha": sha, "url": f"{api}/git/trees/{sha}"},
            "url": f"{api}/git/commits/{sha}",
        },
        "author": user(web, "ada"),
        "committer": user(web, "ada"),
        "parents": [
            {"sha": one, "url": f"{api}/commits/{one}", "html_url": f"{web}/{name}/commit/{one}"} for one in parents
        ],
    }


def check_run(web: str, name: str, sha: str, check: dict[str, Any]) -> dict[str, Any]:
    api = f"{web}/repos/{name}"
    return {
        "id": check["id"],
        "node_id": f"CR_{check['id']}",
        "head_sha": sha,
        "name": check["name"],
        "url": f"{api}/check-runs/{check['id']}",
        "html_url": f"{web}/{name}/runs/{check['id']}",
        "details_url": f"{web}/{name}/runs/{check['id']}",
        "status": check["status"],
        "conclusion": check["conclusion"],
        "started_at": check["started_at"],
        "completed_at": check["started_at"] if check["status"] == "completed" else None,
        "external_id": "",
        "check_suite": {"id": 1},
        "output": {
            "title": None,
            "summary": None,
            "text": None,
            "annotations_count": 0,
            "annotations_url": f"{api}/check-runs/{check['id']}/annotations",
        },
        "app": None,
        "pull_requests": [],
    }


def status(web: str, name: str, sha: str, one: dict[str, Any], *, full: bool) -> dict[str, Any]:
    body = {
        "id": one["id"],
        "node_id": f"S_{one['id']}",
        "url": f"{web}/repos/{name}/statuses/{sha}",
        "avatar_url": f"{web}/avatars/ada",
        "state": one["state"],
        "description": one.get("description"),
        "target_url": one.get("target_url"),
        "context": one["context"],
        "created_at": NEVER,
        "updated_at": NEVER,
    }
    return {**body, "creator": user(web, "ada")} if full else body


def label(web: str, name: str, text: str) -> dict[str, Any]:
    return {
        "id": number_of(text),
        "node_id": f"L_{number_of(text)}",
        "url": f"{web}/repos/{name}/labels/{text.replace(' ', '%20')}",
        "name": text,
        "description": "",
        "color": "ededed",
        "default": False,
    }


def pull(web: str, name: str, one: dict[str, Any]) -> dict[str, Any]:
    number = one["number"]
    api, page = f"{web}/repos/{name}", f"{web}/{name}/pull/{number}"
    links = ("comments", "commits", "statuses", "html", "issue", "review_comments", "review_comment", "self")
    repo = repository(web, name)

    def side(ref: str, sha: str) -> dict[str, Any]:
        return {"label": f"octo:{ref}", "ref": ref, "sha": sha, "repo": repo, "user": user(web, one["author"])}

    return {
        "id": number_of(f"pull {number}"),
        "node_id": f"PR_{number}",
        "number": number,
        "url": f"{api}/pulls/{number}",
        "html_url": page,
        "diff_url": f"{page}.diff",
        "patch_url": f"{page}.patch",
        "issue_url": f"{api}/issues/{number}",
        **{
            f"{link}_url": f"{api}/pulls/{number}/{link}"
            for link in ("commits", "review_comments", "review_comment", "comments", "statuses")
        },
        "state": one["state"],
        "locked": False,
        "title": one["title"],
        "user": user(web, one["author"]),
        "body": None,
        "labels": [label(web, name, text) for text in one["labels"]],
        "milestone": None,
        "created_at": one["updated_at"],
        "updated_at": one["updated_at"],
        "closed_at": one["merged_at"],
        "merged_at": one["merged_at"],
        "merge_commit_sha": one["merge_commit_sha"],
        "assignee": None,
        "assignees": [],
        "requested_reviewers": [],
        "requested_teams": [],
        "head": side(one.get("head_ref", "feature"), one["head"]),
        "base": side(one["base"], "b" * 40),
        "_links": {link: {"href": f"{api}/pulls/{number}/{link}"} for link in links},
        "author_association": "MEMBER",
        "auto_merge": None,
        "draft": False,
    }


def review(web: str, name: str, number: int, index: int, one: tuple[str, str, str]) -> dict[str, Any]:
    login, state, association = one
    page = f"{web}/{name}/pull/{number}"
    return {
        "id": number_of(f"{number}/{index}"),
        "node_id": f"RV_{number}_{index}",
        "user": user(web, login),
        "body": "",
        "state": state,
        "commit_id": "c" * 40,
        "html_url": page,
        "pull_request_url": f"{web}/repos/{name}/pulls/{number}",
        "_links": {"html": {"href": page}, "pull_request": {"href": page}},
        "author_association": association,
        "submitted_at": NEVER,
    }


def milestone(web: str, name: str, one: dict[str, Any]) -> dict[str, Any]:
    api = f"{web}/repos/{name}/milestones/{one['number']}"
    return {
        "id": one["number"],
        "node_id": f"M_{one['number']}",
        "number": one["number"],
        "title": one["title"],
        "state": one["state"],
        "description": None,
        "creator": user(web, "ada"),
        "open_issues": 0,
        "closed_issues": 0,
        "url": api,
        "html_url": f"{web}/{name}/milestone/{one['number']}",
        "labels_url": f"{api}/labels",
        "created_at": NEVER,
        "updated_at": NEVER,
        "closed_at": None,
        "due_on": None,
    }


def issue(web: str, name: str, one: dict[str, Any]) -> dict[str, Any]:
    number = one["number"]
    api, page = f"{web}/repos/{name}/issues/{number}", f"{web}/{name}/issues/{number}"
    body = {
        "id": number_of(f"issue {number}"),
        "node_id": f"I_{number}",
        "number": number,
        "title": one["title"],
        "body": one["body"],
        "state": one["state"],
        "state_reason": one["state_reason"],
        "locked": False,
        "user": user(web, "ada"),
        "assignee": None,
        "assignees": [user(web, login) for login in one["assignees"]],
        "labels": [label(web, name, text) for text in one["labels"]],
        "milestone": None,
        "comments": 0,
        "url": api,
        "html_url": page,
        "repository_url": f"{web}/repos/{name}",
        "labels_url": f"{api}/labels",
        "comments_url": f"{api}/comments",
        "events_url": f"{api}/events",
        "created_at": NEVER,
        "updated_at": NEVER,
        "closed_at": one["closed_at"] or (NEVER if one["state"] == "closed" else None),
        "author_association": "MEMBER",
    }
    if one["pull_request"]:
        link = f"{web}/{name}/pull/{number}"
        body["pull_request"] = {"url": link, "html_url": link, "diff_url": link, "patch_url": link}
    return body


def code_alert(web: str, name: str, number: int, severity: str | None) -> dict[str, Any]:
    page = f"{web}/{name}/security/code-scanning/{number}"
    return {
        "number": number,
        "created_at": NEVER,
        "url": f"{web}/repos/{name}/code-scanning/alerts/{number}",
        "html_url": page,
        "instances_url": f"{page}/instances",
        "state": "open",
        "dismissed_by": None,
        "dismissed_at": None,
        "dismissed_reason": None,
        "rule": {"id": "py/sql-injection", "severity": "error", "security_severity_level": severity},
        "tool": {"name": "CodeQL"},
        "most_recent_instance": {"ref": "refs/heads/main"},
    }


def dependabot_alert(web: str, name: str, number: int, severity: str) -> dict[str, Any]:
    package = {"ecosystem": "pip", "name": "jinja2"}
    vulnerability = {
        "package": package,
        "severity": severity,
        "vulnerable_version_range": "< 3.1.6",
        "first_patched_version": {"identifier": "3.1.6"},
    }
    return {
        "number": number,
        "state": "open",
        "dependency": {"package": package, "manifest_path": "requirements.txt", "scope": "runtime"},
        "security_advisory": {
            "ghsa_id": f"GHSA-aaaa-bbbb-{number:04d}",
            "cve_id": None,
            "summary": "Sandbox breakout",
            "description": "Sandbox breakout",
            "vulnerabilities": [vulnerability],
            "severity": severity,
            "cvss": {"score": 9.0, "vector_string": None},
            "cwes": [],
            "identifiers": [{"type": "GHSA", "value": f"GHSA-aaaa-bbbb-{number:04d}"}],
            "references": [],
            "published_at": NEVER,
            "updated_at": NEVER,
            "withdrawn_at": None,
        },
        "security_vulnerability": vulnerability,
        "url": f"{web}/repos/{name}/dependabot/alerts/{number}",
        "html_url": f"{web}/{name}/security/dependabot/{number}",
        "created_at": NEVER,
        "updated_at": NEVER,
        "dismissed_at": None,
        "dismissed_by": None,
        "dismissed_reason": None,
        "dismissed_comment": None,
        "fixed_at": None,
    }


def release(web: str, name: str, one: dict[str, Any]) -> dict[str, Any]:
    api = f"{web}/repos/{name}/releases/{one['id']}"
    return {
        "id": one["id"],
        "node_id": f"RE_{one['id']}",
        "url": api,
        "html_url": f"{web}/{name}/releases/tag/{one['tag_name']}",
        "assets_url": f"{api}/assets",
        "upload_url": f"{api}/assets{{?name,label}}",
        "tarball_url": f"{web}/repos/{name}/tarball/{one['tag_name']}",
        "zipball_url": f"{web}/repos/{name}/zipball/{one['tag_name']}",
        "tag_name": one["tag_name"],
        "target_commitish": "main",
        "name": one["name"],
        "body": one["body"],
        "draft": False,
        "prerelease": one["prerelease"],
        "created_at": NEVER,
        "published_at": NEVER,
        "author": user(web, "release-bot"),
        "assets": [],
    }


def git_ref(web: str, name: str, ref: str, sha: str) -> dict[str, Any]:
    api = f"{web}/repos/{name}"
    return {
        "ref": ref,
        "node_id": f"REF_{sha[:7]}",
        "url": f"{api}/git/{ref}",
        "object": {"type": "commit", "sha": sha, "url": f"{api}/git/commits/{sha}"},
    }


def ruleset(web: str, name: str, one: dict[str, Any], *, full: bool) -> dict[str, Any]:
    api = f"{web}/repos/{name}/rulesets/{one['id']}"
    body = {
        "id": one["id"],
        "name": one["name"],
        "target": one["target"],
        "source_type": "Repository",
        "source": name,
        "enforcement": one["enforcement"],
        "node_id": f"RRS_{one['id']}",
        "_links": {"self": {"href": api}, "html": {"href": f"{web}/{name}/rules/{one['id']}"}},
        "created_at": NEVER,
        "updated_at": NEVER,
    }
    detail = {key: one[key] for key in ("bypass_actors", "conditions", "rules")}
    return {**body, **detail} if full else body
