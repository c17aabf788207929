"""A repository on GitHub.com or GitHub Enterprise: what its gates ask, and the releases, rulesets and statuses we make.

Results of the acts, and of the `find_*` that go with them, are JSON-safe dicts, so that the ledger can record or adopt
them. Tags and branches are made through git, not here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

from github import Auth, Github

from release_ops.adapters.github_api import (
    ForbiddenError,
    GitHubApi,
    NotFoundError,
    RefusedError,
    TooManyError,
    client_of,
    requester_of,
)
from release_ops.adapters.github_shapes import (
    BODY_LIMIT,
    WORST_FIRST,
    AlertCount,
    Check,
    PullRequest,
    age_of_run,
    check_of_run,
    check_of_status,
    feature_of,
    freeze_rules,
    pull_request_of,
    release_record,
    ruleset_record,
    status_record,
)
from release_ops.domain.model import Feature
from release_ops.domain.scope_policy import ScopePolicy

DEFAULT_CONNECTION = "github_default"
DEFAULT_SCOPE = ScopePolicy()
OUTSIDE = 50
"""So many issues outside a milestone are looked at for those in it."""
FREEZE_CHECK = "release-ops/freeze"
DESCRIPTION_LIMIT = 140
"""Characters that GitHub takes as the description of a status."""
ADMINISTRATORS: Mapping[str, Any] = {"actor_type": "RepositoryRole", "actor_id": 5, "bypass_mode": "always"}
"""The repository's administrators, as a ruleset names those who may bypass it."""
SEVERITIES = ("low", "medium", "high", "critical")
_REVIEWERS = frozenset({"OWNER", "MEMBER", "COLLABORATOR"})
_LOCATION = re.compile(r"(?:^|[/:])([\w.-]+)/([\w.-]+?)(?:\.git)?/?$")


class GitHubRepository:
    """One repository. Every method raises a GitHubError (see `github_api`) with its remedy."""

    def __init__(
        self, location: str, *, connection_id: str | None = None, client: Github | None = None, **limits: Any
    ) -> None:
        """`location` is `owner/name` or a URL; `connection_id` names an Airflow connection of type `github`.

        `client` stands in for the connection; `limits` go to GitHubApi (sleep, clock, max_wait, max_pages).
        """
        found = _LOCATION.search(location.strip())
        if found is None:
            raise ValueError(f"repository.location: {location!r}: not a GitHub repository; write owner/name")
        self.name = f"{found[1]}/{found[2]}"
        self.api = GitHubApi(requester_of(client or client_of(connection_id or DEFAULT_CONNECTION)), **limits)
        """Calls with the credentials of the connection."""
        self._path = f"/repos/{self.name}"
        host = urlsplit(self.api.requester.base_url)
        self.web_url = urlunsplit((host.scheme, host.netloc.removeprefix("api."), f"/{self.name}", "", ""))
        """Web page of the repository, without a slash at its end."""

    # ------------------------------------------------------------------------------------------------- what gates ask

    def about(self) -> dict[str, Any]:
        """Full name, default branch, whether it is private, and web address."""
        found = self.api.get(self._path)
        return {
            "name": found["full_name"],
            "default_branch": found["default_branch"],
            "private": found["private"],
            "url": found["html_url"],
        }

    def checks(self, commit: str, required: Iterable[str] = ()) -> tuple[Check, ...]:
        """Required checks at a commit in the order given, or all that exist there by name.

        Check runs and legacy statuses count alike; of several runs of one name the latest counts; if a run and a status
        share a name, the worse one does. Skipped and neutral runs are successes, as for GitHub's own branch rules.
        """
        ref = _segment(commit)
        latest: dict[str, dict[str, Any]] = {}
        for run in self.api.items(f"{self._path}/commits/{ref}/check-runs", "check_runs", filter="latest"):
            known = latest.get(run["name"])
            if known is None or age_of_run(run) > age_of_run(known):
                latest[run["name"]] = run
        found = {name: check_of_run(run) for name, run in latest.items()}
        for status in self.api.items(f"{self._path}/commits/{ref}/status", "statuses"):
            check = check_of_status(status)
            known_check = found.get(check.name)
            if known_check is None or WORST_FIRST.index(check.state) < WORST_FIRST.index(known_check.state):
                found[check.name] = check
        names = tuple(dict.fromkeys(required)) or tuple(sorted(found))
        return tuple(
            found.get(name) or Check(name=name, state="missing", conclusion="missing", url=self.commit_url(commit))
            for name in names
        )

    def merged_pull_requests(self, base: str | None, head: str) -> tuple[PullRequest, ...]:
        """Pull requests whose merge is in `base..head` (all of head's history without a base), by number.

        A pull request belongs to the range when the commit that GitHub merged it as does; those merged into another
        branch more than a day before the range began are not looked for.
        """
        commits, since = self._range(base, head)
        merged = [
            pull for pull in self._closed_pulls(since) if pull["merged_at"] and pull["merge_commit_sha"] in commits
        ]
        return tuple(
            pull_request_of(pull, self._approvers(pull))
            for pull in sorted(merged, key=lambda pull: int(pull["number"]))
        )

    def unreviewed_merged_prs(self, base: str | None, head: str) -> tuple[PullRequest, ...]:
        """Those of `merged_pull_requests` that nobody approved.

        An approval counts when it is its reviewer's last word, not dismissed, not the author's own, and from an owner,
        member or collaborator of the repository.
        """
        return tuple(pull for pull in self.merged_pull_requests(base, head) if not pull.approved_by)

    def open_pull_requests(self, branch: str) -> tuple[PullRequest, ...]:
        """Open pull requests into a branch, without their reviews."""
        pulls = self.api.items(f"{self._path}/pulls", state="open", base=branch)
        return tuple(pull_request_of(pull, ()) for pull in pulls)

    def open_issues(self, label: str = "") -> int:
        """Number of open issues (pull requests are none), of those with the label if one is given."""
        query = {"labels": label} if label else {}
        issues = self.api.items(f"{self._path}/issues", state="open", **query)
        return sum(1 for issue in issues if "pull_request" not in issue)

    def security_alerts(self, severity: str, sources: Sequence[str] = ("code_scanning", "dependabot")) -> AlertCount:
        """Open alerts of that severity (low, medium, high, critical) or a worse one, from all the sources together.

        A source that is turned off or not permitted makes the count unknown, never smaller: name only the sources that
        the repository has.
        """
        if severity not in SEVERITIES:
            raise ValueError(f"severity: {severity!r}: unknown; use one of {', '.join(SEVERITIES)}")
        unknown = set(sources) - {"code_scanning", "dependabot"}
        if unknown or not sources:
            raise ValueError(f"sources: {sorted(unknown)}: use code_scanning, dependabot or both")
        wanted = SEVERITIES[SEVERITIES.index(severity) :]
        total, reasons = 0, []
        for source in dict.fromkeys(sources):
            try:
                total += sum(1 for _ in self._alerts(source, wanted))
            except (ForbiddenError, NotFoundError) as error:
                reasons.append(f"{source.replace('_', ' ')} could not be asked: {error}")
        url = f"{self.web_url}/security"
        return AlertCount(count=None if reasons else total, reason="; ".join(reasons), url=url)

    def milestone_features(self, version: str, policy: ScopePolicy = DEFAULT_SCOPE) -> tuple[Feature, ...]:
        """Issues of the milestone named like the version (`2.8.0` or `v2.8.0`), by number; NotFoundError if none is.

        Closed is done, assigned or labelled `in progress` is in progress; closed as not planned is no feature. What
        labels and text say of it is in `domain/feature_text.py`. What a feature waits for outside the milestone counts
        while it is open.
        """
        titles = {}
        for milestone in self.api.items(f"{self._path}/milestones", state="all"):
            titles[milestone["title"].strip()] = milestone["number"]
        number = titles.get(version, titles.get(f"v{version}"))
        if number is None:
            known = ", ".join(sorted(titles)[:10]) or "none"
            raise NotFoundError(
                f"GitHub {self.name}: no milestone named {version}; there are: {known}. Create it and assign its "
                "issues, or set `scope: {source: file}` in the product file"
            )
        issues = [
            issue
            for issue in self.api.items(f"{self._path}/issues", milestone=number, state="all", direction="asc")
            if "pull_request" not in issue and issue.get("state_reason") not in ("not_planned", "duplicate")
        ]
        features = [feature_of(issue, policy) for issue in sorted(issues, key=lambda issue: int(issue["number"]))]
        settled = self._settled({one for each in features for one in each.depends_on} - {each.id for each in features})
        return tuple(
            replace(each, depends_on=tuple(one for one in each.depends_on if one not in settled)) for each in features
        )

    def _settled(self, ids: set[str]) -> set[str]:
        """Of issues outside a milestone those that are closed, are pull requests or do not exist."""
        if len(ids) > OUTSIDE:
            raise TooManyError(
                f"GitHub {self.name}: the milestone's issues wait for {len(ids)} issues outside it, more than {OUTSIDE}; "
                "put them into the milestone"
            )
        found = set()
        for one in sorted(ids):
            issue = self.api.find(f"{self._path}/issues/{one.removeprefix('#')}")
            if issue is None or issue["state"] == "closed" or "pull_request" in issue:
                found.add(one)
        return found

    def closed_features(self, since: datetime) -> tuple[datetime, ...]:
        """When the issues of any milestone that are closed as done were closed, from `since` on, in no order."""
        issues = self.api.items(
            f"{self._path}/issues",
            milestone="*",
            state="closed",
            since=since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        )
        closed = [
            datetime.fromisoformat(issue["closed_at"])
            for issue in issues
            if issue.get("closed_at")
            and "pull_request" not in issue
            and issue.get("state_reason") not in ("not_planned", "duplicate")
        ]
        return tuple(at for at in closed if at >= since)

    # ------------------------------------------------------------------------------------------------------- releases

    def find_release(self, tag: str) -> dict[str, Any] | None:
        """Published release of a tag: id, tag, name, url, prerelease, `body_sha256` of its text; None without one."""
        found = self.api.find(f"{self._path}/releases/tags/{_segment(tag)}")
        return None if found is None else release_record(found)

    def create_release(self, tag: str, name: str, body: str, *, prerelease: bool) -> dict[str, Any]:
        """Release of a tag that exists; like `find_release`.

        RefusedError without that tag (GitHub would make one at the default branch), with a release of it, or with a
        body over BODY_LIMIT (see `abridged`).
        """
        self._fits(body)
        if self.api.find(f"{self._path}/git/ref/{_segment(f'tags/{tag}')}") is None:
            raise RefusedError(f"GitHub {self.name}: no tag {tag}; push the tag first, then create its release")
        fields = self._release_fields(name, body, prerelease=prerelease)
        return release_record(self.api.call("POST", f"{self._path}/releases", body={"tag_name": tag, **fields})[1])

    def update_release(self, tag: str, name: str, body: str, *, prerelease: bool) -> dict[str, Any]:
        """Release of the tag with this name and text; like `find_release`. Doing it twice changes nothing."""
        self._fits(body)
        found = self.find_release(tag)
        if found is None:
            raise NotFoundError(f"GitHub {self.name}: no release of tag {tag} to update; create it first")
        fields = self._release_fields(name, body, prerelease=prerelease)
        return release_record(self.api.call("PATCH", f"{self._path}/releases/{found['id']}", body=fields)[1])

    # --------------------------------------------------------------------------------------------- freeze and statuses

    def find_ruleset(self, name: str) -> dict[str, Any] | None:
        """The repository's own branch ruleset: id, name, enforcement, refs, rules, url; None without one."""
        rulesets = self.api.items(f"{self._path}/rulesets", includes_parents="false", targets="branch")
        found = [ruleset["id"] for ruleset in rulesets if ruleset["name"] == name]
        if not found:
            return None
        ruleset = self.api.find(f"{self._path}/rulesets/{min(found)}", includes_parents="false")
        return None if ruleset is None else ruleset_record(ruleset)

    def create_ruleset(
        self,
        name: str,
        branch: str,
        *,
        required_reviews: int,
        check: str = FREEZE_CHECK,
        bypass: Sequence[Mapping[str, Any]] | None = None,
    ) -> dict[str, Any]:
        """Active ruleset on one branch; like `find_ruleset`.

        The branch then changes only through pull requests with so many reviews and the check green; nobody deletes or
        rewrites it. `bypass` names (as GitHub's `bypass_actors` do) who may push all the same, as whoever commits the
        changelog must: by default the repository's administrators, and our own GitHub App if the connection is one.
        """
        if not 0 <= required_reviews <= 10:
            raise ValueError(f"freeze.required_reviews: {required_reviews}: GitHub takes 0 to 10")
        body = {
            "name": name,
            "target": "branch",
            "enforcement": "active",
            "bypass_actors": [dict(actor) for actor in (self._ourselves() if bypass is None else bypass)],
            "conditions": {"ref_name": {"include": [f"refs/heads/{branch}"], "exclude": []}},
            "rules": freeze_rules(required_reviews, check),
        }
        return ruleset_record(self.api.call("POST", f"{self._path}/rulesets", body=body)[1])

    def delete_ruleset(self, name: str) -> bool:
        """Whether there was such a ruleset to delete; False is no error."""
        found = self.find_ruleset(name)
        if found is None:
            return False
        try:
            self.api.call("DELETE", f"{self._path}/rulesets/{found['id']}")
        except NotFoundError:
            return False
        return True

    def find_status(self, commit: str, context: str = FREEZE_CHECK) -> dict[str, Any] | None:
        """Latest status of that context at a commit: id, state, description, url, context; None without one."""
        for status in self.api.items(f"{self._path}/commits/{_segment(commit)}/status", "statuses"):
            if status["context"] == context:
                return status_record(status)
        return None

    def set_status(
        self, commit: str, state: str, description: str, *, url: str = "", context: str = FREEZE_CHECK
    ) -> dict[str, Any]:
        """Status (error, failure, pending or success) of a commit; like `find_status`. The newest one counts.

        A description over DESCRIPTION_LIMIT ends in an ellipsis.
        """
        if state not in ("error", "failure", "pending", "success"):
            raise ValueError(f"state: {state!r}: unknown; use error, failure, pending or success")
        if len(description) > DESCRIPTION_LIMIT:
            description = f"{description[: DESCRIPTION_LIMIT - 1]}…"
        body = {"state": state, "description": description, "context": context, **({"target_url": url} if url else {})}
        return status_record(self.api.call("POST", f"{self._path}/statuses/{_segment(commit)}", body=body)[1])

    # ------------------------------------------------------------------------------------------------- where to look

    @property
    def git_token(self) -> str:
        """What git takes as the password of user `x-access-token`: the token, or one of the App's installation."""
        auth = self.api.requester.auth
        return auth.token if auth is not None else ""

    def commit_url(self, commit: str) -> str:
        """Web page of a commit."""
        return f"{self.web_url}/commit/{_segment(commit)}"

    def compare_url(self, base: str, head: str) -> str:
        """Web page of what lies between two tags, branches or commits."""
        return f"{self.web_url}/compare/{quote(base, safe='/')}...{quote(head, safe='/')}"

    def tree_url(self, ref: str) -> str:
        """Web page of a branch or tag."""
        return f"{self.web_url}/tree/{quote(ref, safe='/')}"

    # ------------------------------------------------------------------------------------------------------- inside

    def _range(self, base: str | None, head: str) -> tuple[set[str], datetime | None]:
        """Ids of the commits in the range, and when it began."""
        if base is None:
            return {str(one["sha"]) for one in self.api.items(f"{self._path}/commits", sha=head)}, None
        commits: set[str] = set()
        began: datetime | None = None
        path = f"{self._path}/compare/{_segment(base)}...{_segment(head)}"
        for page in self.api.pages(path):
            began = began or _moment(page["merge_base_commit"]["commit"]["committer"]["date"])
            commits.update(str(one["sha"]) for one in page["commits"])
        return commits, began

    def _closed_pulls(self, since: datetime | None) -> Iterator[dict[str, Any]]:
        for pull in self.api.items(f"{self._path}/pulls", state="closed", sort="updated", direction="desc"):
            if since is not None and _moment(pull["updated_at"]) < since - timedelta(days=1):
                return
            yield pull

    def _approvers(self, pull: Mapping[str, Any]) -> tuple[str, ...]:
        author = (pull["user"] or {}).get("login", "")
        last: dict[str, str] = {}
        for review in self.api.items(f"{self._path}/pulls/{pull['number']}/reviews"):
            login = (review["user"] or {}).get("login", "")
            if review["state"] in ("APPROVED", "CHANGES_REQUESTED", "DISMISSED") and login not in ("", author):
                known = review.get("author_association", "") in _REVIEWERS
                last[login] = review["state"] if known else ""
        return tuple(sorted(login for login, state in last.items() if state == "APPROVED"))

    def _alerts(self, source: str, severities: Sequence[str]) -> Iterator[dict[str, Any]]:
        if source == "dependabot":
            yield from self.api.items(f"{self._path}/dependabot/alerts", state="open", severity=",".join(severities))
            return
        for alert in self.api.items(f"{self._path}/code-scanning/alerts", state="open"):
            if alert["rule"].get("security_severity_level") in severities:
                yield alert

    def _ourselves(self) -> Iterator[Mapping[str, Any]]:
        yield ADMINISTRATORS
        auth = self.api.requester.auth
        if isinstance(auth, Auth.AppInstallationAuth):
            yield {"actor_type": "Integration", "actor_id": int(auth.app_id), "bypass_mode": "always"}

    def _fits(self, body: str) -> None:
        if len(body) > BODY_LIMIT:
            raise RefusedError(
                f"GitHub {self.name}: the text of the release has {len(body)} characters, GitHub takes {BODY_LIMIT}; "
                "shorten the notes or abridge them with a link to the whole changelog"
            )

    @staticmethod
    def _release_fields(name: str, body: str, *, prerelease: bool) -> dict[str, Any]:
        latest = "false" if prerelease else "legacy"  # legacy: by version, so that a patch of an old line is not latest
        return {"name": name, "body": body, "draft": False, "prerelease": prerelease, "make_latest": latest}


def _segment(text: str) -> str:
    return quote(text, safe="")


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
