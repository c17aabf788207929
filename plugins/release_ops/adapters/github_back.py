"""Pull requests by which a change comes back to a branch, and what a merged one brought."""

from __future__ import annotations

from typing import Any

from release_ops.adapters.github import GitHubRepository


def find_pull(github: GitHubRepository, head: str, base: str) -> dict[str, Any] | None:
    """Newest pull request of a branch of the repository into another one, open or not: number, url, state; None without."""
    owner = github.name.partition("/")[0]
    pulls = github.api.items(f"/repos/{github.name}/pulls", state="all", head=f"{owner}:{head}", base=base)
    found = [pull for pull in pulls if pull["head"]["ref"] == head and pull["base"]["ref"] == base]
    return _record(max(found, key=lambda pull: int(pull["number"]))) if found else None


def open_pull(github: GitHubRepository, head: str, base: str, title: str, body: str) -> dict[str, Any]:
    """Pull request of a branch of the repository into another one; like `find_pull`."""
    fields = {"head": head, "base": base, "title": title, "body": body, "maintainer_can_modify": True}
    return _record(github.api.call("POST", f"/repos/{github.name}/pulls", body=fields)[1])


def commits_of_pull(github: GitHubRepository, number: int) -> list[str]:
    """Ids of the commits on its base branch that a merged pull request is; LookupError with the reason and what to do.

    A squashed one is one commit. One that was rebased is as many as it had, and GitHub names the last of them: they are told
    apart by their messages.
    """
    pull = github.api.find(f"/repos/{github.name}/pulls/{number}")
    if pull is None:
        raise LookupError(f"#{number}: GitHub {github.name} has no pull request of that number")
    if not pull.get("merged_at"):
        raise LookupError(
            f"#{number} is not merged ({pull['state']}); merge it, or name its branch {pull['head']['ref']}"
        )
    last = github.api.get(f"/repos/{github.name}/commits/{pull['merge_commit_sha']}")
    if len(last["parents"]) > 1:
        inside = github.api.items(f"/repos/{github.name}/pulls/{number}/commits")
        return [one["sha"] for one in inside if len(one["parents"]) < 2]
    messages = [one["commit"]["message"] for one in github.api.items(f"/repos/{github.name}/pulls/{number}/commits")]
    found = [last]
    if len(messages) > 1 and last["commit"]["message"] == messages[-1]:
        while len(found) < len(messages):
            found.append(github.api.get(f"/repos/{github.name}/commits/{found[-1]['parents'][0]['sha']}"))
    return [one["sha"] for one in reversed(found)]


def _record(pull: dict[str, Any]) -> dict[str, Any]:
    return {"number": pull["number"], "url": pull["html_url"], "state": pull["state"]}
