"""What a product file says to the drivers that deploy it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field

from release_ops.product_deploy_github import GitHubDeployPart
from release_ops.product_deploy_gitops import GitOpsPart
from release_ops.product_types import Part, Span, Text

DriverName = Literal["command", "gitops", "github"]


class CommandPart(Part):
    """A program that deploys; what it is asked and how it answers is in docs/deploying.md."""

    run: list[Text] | None = Field(default=None, min_length=1, examples=[["./deploy.sh", "--quiet"]])
    """Program and arguments, without a shell; a relative path counts from the project's folder."""
    timeout: Span | None = None
    """How long one call may take."""
    connection: Text | None = None
    """Airflow connection whose password and extras the program gets as environment variables, and nobody else."""
    output: Annotated[int, Field(strict=True, ge=1_000, le=1_000_000)] | None = None
    """So many characters of the end of its output are kept as evidence."""


class DriverParts(Part):
    """Which driver deploys, and what it needs."""

    driver: DriverName | None = None
    """`command`: a program; `gitops`: a commit in a config repository; `github`: GitHub deployments and workflows."""
    command: CommandPart | None = None
    """For the driver `command`."""
    gitops: GitOpsPart | None = None
    """For the driver `gitops`."""
    github: GitHubDeployPart | None = None
    """For the driver `github`."""


REQUIRED: Mapping[str, str] = {"command": "run", "gitops": "repository"}
"""Driver to the key of its section without which it cannot do anything."""


def driver_name(*parts: DriverParts) -> str:
    """Driver that the parts name, the last word counts; empty if none does."""
    return next((part.driver for part in reversed(parts) if part.driver), "")


def driver_settings(name: str, *parts: DriverParts) -> dict[str, Any]:
    """Settings of a driver, key by key; the last part that has a key counts."""
    settings: dict[str, Any] = {}
    for part in parts:
        section: Part | None = getattr(part, name, None)
        if section is not None:
            settings |= section.model_dump(exclude_none=True)
    return settings
