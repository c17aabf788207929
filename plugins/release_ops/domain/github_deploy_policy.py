"""How one environment is deployed to through GitHub: a deployment that somebody acts on, a workflow, or both."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

PLACEHOLDERS: Mapping[str, str] = {
    "version": "version that is deployed",
    "ref": "its tag",
    "commit": "its commit; empty on the way back",
    "product": "id of the product",
    "environment": "environment that is deployed to",
    "weight": "percent of the users that get it",
    "previous": "version before",
    "deployment": "id of GitHub's deployment; empty without `deployment`",
}
"""What an input of the workflow may name in braces."""
_PLACEHOLDER = re.compile(r"\{(" + "|".join(PLACEHOLDERS) + r")\}")
_MARK = re.compile(
    r"(?:^|\s)(?P<product>\S{1,100}) (?P<version>\S{1,100}) (?P<environment>\S{1,100}) (?P<weight>\d{1,3})% "
    r"(?P<digest>[0-9a-f]{12})(?:\s|$)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class GitHubDeployPolicy:
    """How one environment is deployed to through GitHub."""

    repository: str
    """`owner/name`."""
    connection: str = ""
    """Airflow connection of type `github`; empty: github_default."""
    environment: str
    """Name of the environment at GitHub."""
    deployment: bool = True
    """Whether a GitHub deployment is made; without `workflow` it has to be."""
    task: str = "deploy"
    """Task of the deployment; the way back has `rollback`."""
    required_contexts: tuple[str, ...] | None = ()
    """Statuses that GitHub asks for before it makes the deployment; None: all that there are at the commit."""
    production: bool = False
    """Whether GitHub shows it as a place of the users."""
    workflow: str = ""
    """File in .github/workflows that is started; empty: something else acts on the deployment."""
    workflow_ref: str = ""
    """Branch or tag that has the workflow file; empty: the version's tag."""
    inputs: Mapping[str, str] = field(default_factory=dict)
    """Inputs of the workflow, with `PLACEHOLDERS`."""
    mark: str = "release_ops"
    """Input that gets our mark, which has to be in the workflow's `run-name`: by it the run is found."""
    weights: bool = False
    """Whether the workflow, or who acts on the deployment, can give a version to a part of the users."""


@dataclass(frozen=True, slots=True)
class Mark:
    """What our mark on a run says: product, version, environment and percent, and whose act it was."""

    product: str
    version: str
    environment: str
    weight: int
    digest: str
    """Of the key of the act."""

    def __str__(self) -> str:
        return f"{self.product} {self.version} {self.environment} {self.weight}% {self.digest}"


def mark_of(product: str, version: str, environment: str, weight: int, key: str) -> Mark:
    """Mark of an act: the same for the same act, another for every other."""
    return Mark(product, version, environment, weight, hashlib.sha256(key.encode()).hexdigest()[:12])


def mark_in(text: str) -> Mark | None:
    """Mark in the name of a run; None without one."""
    found = _MARK.search(text)
    if found is None or int(found["weight"]) > 100:
        return None
    return Mark(found["product"], found["version"], found["environment"], int(found["weight"]), found["digest"])


def written(pattern: str, facts: Mapping[str, str]) -> str:
    """A pattern with `PLACEHOLDERS` filled in, in one pass: what is filled in is not looked at again."""
    return _PLACEHOLDER.sub(lambda match: facts[match[1]], pattern)
