"""The drivers `gitops` and `github`, made from the product file and Airflow connections."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping

from airflow.sdk import BaseHook

from release_ops.adapters.argocd import from_connection
from release_ops.adapters.deploy_github import GitHubDriver
from release_ops.adapters.deploy_gitops import GitOpsDriver
from release_ops.adapters.driver import Driver, DriverError
from release_ops.adapters.git import GitRepository, RepositoryError, credential_env
from release_ops.adapters.github import GitHubRepository
from release_ops.adapters.github_api import GitHubError
from release_ops.adapters.github_deployments import GitHubDeployments
from release_ops.domain.deploy_policy import Environment
from release_ops.domain.gitops_policy import GitOpsPolicy
from release_ops.domain.model import Product
from release_ops.operators.parts import git_credentials, state_folder
from release_ops.product_deploy_github import github_policy
from release_ops.product_deploy_gitops import gitops_policy


def open_gitops(_: Product, environment: Environment) -> Driver:
    """Driver of an environment that is deployed to by commits. DriverError for a connection that cannot be used."""
    policy = gitops_policy(environment.settings)
    argocd = None
    if policy.argocd:
        argocd = from_connection(
            policy.argocd, policy.application, app_namespace=policy.app_namespace, project=policy.project
        )
    return GitOpsDriver(policy, _config_repository(policy), argocd)


def open_github_driver(product: Product, environment: Environment) -> Driver:
    """Driver of an environment that GitHub deploys to. DriverError for a connection that cannot be used."""
    policy = github_policy(product, environment)
    try:
        repository = GitHubRepository(policy.repository, connection_id=policy.connection or None)
    except (GitHubError, ValueError) as error:
        raise DriverError(str(error)) from error
    return GitHubDriver(policy, GitHubDeployments(repository), tag=product.repository.tag)


def _config_repository(policy: GitOpsPolicy) -> GitRepository:
    """Mirror of a config repository; environments and products that share one share the mirror."""
    name = re.sub(r"[^A-Za-z0-9]+", "-", policy.repository.rsplit("/", 1)[-1].removesuffix(".git"))[:40]
    digest = hashlib.sha256(policy.repository.encode()).hexdigest()[:12]
    mirror = state_folder() / "mirrors" / f"config-{name}-{digest}.git"
    try:
        mirror.parent.mkdir(parents=True, exist_ok=True)
        return GitRepository(policy.repository, mirror=mirror, push=policy.push, env=_credentials(policy))
    except (GitHubError, RepositoryError, ValueError, OSError) as error:
        raise DriverError(f"{policy.repository}: {error}") from error


def _credentials(policy: GitOpsPolicy) -> Mapping[str, str]:
    if not policy.connection:
        return {}
    try:
        connection = BaseHook.get_connection(policy.connection)
    except Exception as error:
        raise DriverError(
            f"connection {policy.connection}: cannot be used: {type(error).__name__}; create it with `airflow connections "
            "add` (password: a token that may push; or the extras key_file and known_hosts)"
        ) from None
    if connection.conn_type == "github":
        github = GitHubRepository(policy.repository, connection_id=policy.connection)
        return credential_env("x-access-token", github.git_token)
    return git_credentials(connection)
