"""What a product file says to the driver `github`: the repository, the environment, and the workflow."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field, model_validator

from release_ops.domain.deploy_policy import Environment, Stage
from release_ops.domain.github_deploy_policy import PLACEHOLDERS, GitHubDeployPolicy
from release_ops.domain.model import Product
from release_ops.product_deploy_gitops import check_pattern
from release_ops.product_types import Part, Text

Flag = Annotated[bool, Field(strict=True)]
Repository = Annotated[Text, Field(pattern=r"^[\w.-]+/[\w.-]+$")]
Input = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_-]{0,99}$")]
Workflow = Annotated[Text, Field(pattern=r"^[^/]+\.ya?ml$")]
INPUTS = 24
"""GitHub takes 25, and one is our mark."""


class GitHubDeployPart(Part):
    """Deploys through GitHub's deployments and workflows."""

    repository: Repository | None = Field(default=None, examples=["example/webapp"])
    """`owner/name`; the product's own repository without it."""
    connection: Text | None = None
    """Airflow connection of type `github`; that of the product's repository without it."""
    environment: Text | None = None
    """Name of the environment at GitHub; the name here without it."""
    deployment: Flag | None = None
    """Whether a GitHub deployment is made; without it only where there is no workflow: a job's environment makes one."""
    task: Text | None = None
    """Task of the deployment; `deploy` without it. The way back has `rollback`."""
    required_contexts: list[Text] | None = None
    """Statuses that GitHub asks for before it makes the deployment; none without it: our gates have asked."""
    workflow: Workflow | None = Field(default=None, examples=["deploy.yml"])
    """File in .github/workflows that is started; it has to have our mark in its run-name."""
    workflow_ref: Text | None = None
    """Branch or tag that has the workflow; the version's tag without it."""
    inputs: Annotated[dict[Input, Text], Field(max_length=INPUTS)] | None = Field(
        default=None, examples=[{"version": "{version}", "weight": "{weight}"}]
    )
    """Inputs of the workflow."""
    mark: Input | None = None
    """Input that gets our mark; `release_ops` without it."""
    weights: Flag | None = None
    """true: the workflow, or who acts on the deployment, can give a version to a part of the users."""

    @model_validator(mode="after")
    def _knows_placeholders(self) -> GitHubDeployPart:
        for pattern in (self.inputs or {}).values():
            check_pattern(pattern, PLACEHOLDERS)
        return self


def github_policy(product: Product, environment: Environment) -> GitHubDeployPolicy:
    """The policy of an environment's settings, which have been checked."""
    said: dict[str, Any] = dict(environment.settings)
    own = product.repository
    contexts = said.pop("required_contexts", ())
    usual: Mapping[str, Any] = {
        "repository": own.location if own.kind == "github" else "",
        "connection": (own.connection or "") if own.kind == "github" else "",
        "environment": environment.name,
        "deployment": "workflow" not in said,
        "production": environment.stage is Stage.PRODUCTION,
    }
    return GitHubDeployPolicy(**{**usual, **said}, required_contexts=tuple(contexts))
