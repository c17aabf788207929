"""The acts on a repository, each through the ledger: exactly once over crashes and retries."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from release_ops.adapters.git import GitRepository
from release_ops.adapters.github import GitHubRepository
from release_ops.domain.model import Product
from release_ops.ledger import Claim, Ledger


def key_of(act: str, run: Mapping[str, Any]) -> str:
    """Key of an effect: `tag:webapp:2.8.0:alpha`; a repeated pre-release has its run in it."""
    return f"{act}:{run['product']}:{run['version']}:{run['kind']}{run['occasion']}"


def about(act: str, run: Mapping[str, Any]) -> dict[str, Any]:
    """What the ledger notes beside an effect."""
    return {"kind": act, "product": run["product"], "version": run["version"], "run_id": run["run_id"]}


def cut_branch(
    ledger: Ledger, run: Mapping[str, Any], repository: GitRepository, name: str, commit: str, *, occasion: str = ""
) -> dict[str, Any]:
    """Release branch at a commit, once per occasion; returns branch and commit."""

    def find(_: Claim) -> dict[str, Any] | None:
        head = repository.find_branch(name)
        return {"branch": name, "commit": repository.create_branch(name, commit)} if head else None

    def do(_: Claim) -> dict[str, Any]:
        return {"branch": name, "commit": repository.create_branch(name, commit)}

    key = f"branch:{run['product']}:{run['version']}{occasion}"
    return ledger.perform(key, find=find, do=do, about=about("branch", run)).result


def cut_tag(
    ledger: Ledger,
    run: Mapping[str, Any],
    repository: GitRepository,
    chosen: Mapping[str, Any],
    commit: str,
    message: str,
) -> dict[str, Any]:
    """Annotated tag at a commit; returns tag, commit and what was chosen. TagConflict if it is on another commit."""
    name = chosen["tag"]
    kept = {fact: chosen[fact] for fact in ("version", "tag", "commit", "date")}

    def find(claim: Claim) -> dict[str, Any] | None:
        return do(claim) if repository.find_tag(name) else None

    def do(claim: Claim) -> dict[str, Any]:
        tag = repository.create_tag(name, commit, message, at=claim.claimed_at)
        return {"tag": tag.name, "commit": tag.commit, "chosen": kept}

    return ledger.perform(key_of("tag", run), find=find, do=do, about=about("tag", run)).result


def changelog_key(run: Mapping[str, Any], commit: str) -> str:
    """Key of the changelog commit on top of an approved commit; another approval may need another one."""
    return f"{key_of('changelog', run)}:{commit[:12]}"


def commit_changelog(
    ledger: Ledger,
    run: Mapping[str, Any],
    repository: GitRepository,
    approved: str,
    branch: str,
    path: str,
    content: Any,
) -> dict[str, Any]:
    """Changelog file committed on the release branch; `content` maps the present text to the new one."""
    key = changelog_key(run, approved)
    message = f"docs(changelog): {run['product']} {run['version']}\n\nRelease-Ops-Effect: {key}\n"

    def find(_: Claim) -> dict[str, Any] | None:
        commit = repository.find_commit(branch, key)
        return {"commit": commit, "path": path} if commit else None

    def do(claim: Claim) -> dict[str, Any]:
        commit = repository.commit_file(branch, path, content, message, at=claim.claimed_at)
        return {"commit": commit, "path": path}

    return ledger.perform(key, find=find, do=do, about=about("changelog", run)).result


def publish_github(
    ledger: Ledger,
    run: Mapping[str, Any],
    github: GitHubRepository,
    tag: str,
    name: str,
    body: str,
    *,
    prerelease: bool,
) -> dict[str, Any]:
    """GitHub release of a tag; returns its record."""
    return ledger.perform(
        key_of("release", run),
        find=lambda _: github.find_release(tag),
        do=lambda _: github.create_release(tag, name, body, prerelease=prerelease),
        about=about("release", run),
    ).result


def protect_branch(
    ledger: Ledger, run: Mapping[str, Any], github: GitHubRepository, product: Product, branch: str
) -> dict[str, Any]:
    """GitHub ruleset that freezes the release branch; returns its record."""
    name = ruleset_name(run)
    policy = product.freeze
    return ledger.perform(
        key_of("ruleset", run),
        find=lambda _: github.find_ruleset(name),
        do=lambda _: github.create_ruleset(name, branch, required_reviews=policy.required_reviews, check=policy.check),
        about=about("ruleset", run),
    ).result


def release_branch_protection(ledger: Ledger, run: Mapping[str, Any], github: GitHubRepository) -> dict[str, Any]:
    """Freeze ruleset removed; returns its name and whether it was there."""
    name = ruleset_name(run)
    return ledger.perform(
        key_of("ruleset-removal", run),
        find=lambda _: None if github.find_ruleset(name) else {"ruleset": name, "removed": False},
        do=lambda _: {"ruleset": name, "removed": github.delete_ruleset(name)},
        about=about("ruleset-removal", run),
    ).result


def ruleset_name(run: Mapping[str, Any]) -> str:
    """Name of the ruleset of a release's freeze."""
    return f"release-ops freeze {run['product']} {run['version']}"
