"""The outside parts that operators work with, made from Airflow connections and the product file."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from airflow.sdk import BaseHook, Connection

from release_ops.adapters.git import GitRepository, credential_env, ssh_env
from release_ops.adapters.git_picking import PickingRepository
from release_ops.adapters.github import GitHubRepository
from release_ops.adapters.jira import JiraProject
from release_ops.adapters.pulls_cache import PullsCache
from release_ops.changelogs import Source
from release_ops.database import open_store
from release_ops.domain.hotfix import EMERGENCIES, Emergency, as_seen_by, record_of, with_emergencies
from release_ops.domain.model import Product, Release, ReleaseType
from release_ops.ledger import Ledger
from release_ops.product import find_product
from release_ops.pull_requests import WAIT, PullLookup

__all__ = [
    "changelog_source",
    "emergency_of",
    "git_address",
    "git_credentials",
    "open_github",
    "open_jira",
    "open_ledger",
    "open_repository",
    "open_store",
    "planned_product_of",
    "product_of",
    "release_of",
    "state_folder",
    "with_hotfixes",
]


def state_folder() -> Path:
    """Where git mirrors live: `RELEASE_OPS_HOME`, else `release_ops` below Airflow's home."""
    default = Path(os.environ.get("AIRFLOW_HOME", Path.home() / "airflow")) / "release_ops"
    return Path(os.environ.get("RELEASE_OPS_HOME", default))


def open_ledger() -> Ledger:
    """Ledger of effects in the same database."""
    return Ledger(open_store())


def product_of(run: Mapping[str, Any]) -> Product:
    """Product that a run is about, from its file as it is now; of a hotfix's run as the emergency train sees it.

    A hotfix stands in no product file: it is on record, and this is where everything that works for a release finds it.
    """
    product = find_product(run["product"])
    version = str(run.get("version") or "")
    planned = next((one for one in product.releases if one.version == version), None)
    if not version or (planned is not None and planned.type not in EMERGENCIES):
        return product
    row = open_store().one("hotfix_of", product=product.id, version=version)
    return as_seen_by(product, record_of(row)) if row else product


def planned_product_of(run: Mapping[str, Any]) -> Product:
    """Product that a run is about, as its file has it and the planned train sees it."""
    return find_product(run["product"])


def emergency_of(run: Mapping[str, Any]) -> Emergency | None:
    """The hotfix on record that a run is about; None for a planned release."""
    row = open_store().one("hotfix_of", product=run["product"], version=run["version"])
    return record_of(row) if row else None


def with_hotfixes(product: Product) -> Product:
    """The product with the hotfixes on record among its releases, for who looks at all of them."""
    rows = open_store().all("hotfixes_of", product=product.id)
    return with_emergencies(product, [record_of(row) for row in rows])


def release_of(product: Product, run: Mapping[str, Any]) -> Release:
    """Release that a run is about; of a deployment also one that the product file does not plan, such as a hotfix."""
    version = str(run["version"])
    if run.get("purpose") and version not in {release.version for release in product.releases}:
        day = datetime.fromisoformat(run["planned_at"]).date()
        return Release(product=product.id, version=version, type=ReleaseType.HOTFIX, ga=day)
    return product.release(version)


def open_repository(product: Product) -> PickingRepository:
    """Mirror of the product's repository, with the credentials of its connection."""
    source = product.repository
    env: Mapping[str, str] = {}
    location = source.location
    if github := open_github(product):
        location = git_address(github)
        env = credential_env("x-access-token", github.git_token)
    elif source.connection:
        env = git_credentials(BaseHook.get_connection(source.connection))
    mirror = state_folder() / "mirrors" / f"{product.id}.git"
    mirror.parent.mkdir(parents=True, exist_ok=True)
    return PickingRepository(location, mirror=mirror, push=source.push, env=env)


def git_address(github: GitHubRepository) -> str:
    """Where git finds a repository on GitHub."""
    return f"{github.web_url}.git"


def git_credentials(connection: Connection) -> Mapping[str, str]:
    """Environment for git: login and password, or the extras `key_file` and `known_hosts` for ssh."""
    extra = connection.extra_dejson
    if extra.get("key_file") or extra.get("known_hosts"):
        return ssh_env(key=extra.get("key_file"), known_hosts=extra.get("known_hosts"))
    return credential_env(connection.login or "", connection.password or "")


def open_github(product: Product) -> GitHubRepository | None:
    """GitHub side of the product's repository; None for a plain git repository."""
    if product.repository.kind != "github":
        return None
    return GitHubRepository(product.repository.location, connection_id=product.repository.connection)


def open_jira(product: Product) -> JiraProject:
    """Jira project that the product's features come from; ValueError if its file names none."""
    if product.scope.jira is None:
        raise ValueError(f"{product.id}: scope.jira names no project; write jira: {{project: ...}}")
    return JiraProject(product.scope.jira)


def changelog_source(product: Product, repository: GitRepository, warn: Callable[[str], None]) -> Source:
    """How the product's changes are found and read; what a look-up of pull requests lacks goes to `warn`."""
    github = open_github(product)
    return Source(
        repository=repository,
        product=product.name,
        pattern=product.repository.tag,
        web_url=github.web_url if github else "",
        folders=product.repository.folders,
        rules=product.changelog,
        pulls=pull_lookup(github, warn) if github else None,
    )


def pull_lookup(github: GitHubRepository, warn: Callable[[str], None]) -> PullLookup:
    """Lookup of merged pull requests, with what is known of them beside the git mirrors; what fails goes to `warn`."""
    # No release waits for long for what is only nice to have.
    return PullLookup(
        api=replace(github.api, max_wait=WAIT),
        repository=github.name,
        cache=PullsCache(state_folder() / "pulls.sqlite"),
        warn=warn,
    )
