"""Prism over the official descriptions, or a skip that names what is not installed."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NoReturn

import pytest
from graphql import GraphQLSchema, build_schema

from tests.contract.prism import (
    GITHUB,
    GITHUB_GRAPHQL,
    JIRA,
    PRISM,
    SLACK,
    Recorder,
    SlackRecorder,
    cut,
    described,
    serving,
)
from tests.fakes.slack import FakeSlack

REPOSITORY = "/repos/{owner}/{repo}"
SEGMENTS = frozenset(
    {
        "",
        "actions",
        "code-scanning",
        "commits",
        "compare",
        "contents",
        "dependabot",
        "deployments",
        "environments",
        "git",
        "issues",
        "milestones",
        "pulls",
        "releases",
        "rulesets",
        "statuses",
    }
)
"""Of GitHub's description, the resources of a repository that Prism serves here; a call to any other fails."""

CONTRADICTORY = frozenset(
    {
        REPOSITORY,
        f"{REPOSITORY}/pulls",
        f"{REPOSITORY}/dependabot/alerts",
        f"{REPOSITORY}/actions/runs/{{run_id}}/pending_deployments",
    }
)
"""Paths whose examples, in this version of GitHub's description, lack required fields or have them of another type."""

API = "/rest/api/3"
JIRA_OPERATIONS = (
    ("get", f"{API}/project/{{projectIdOrKey}}"),
    ("get", f"{API}/project/{{projectIdOrKey}}/versions"),
    ("post", f"{API}/version"),
    ("put", f"{API}/version/{{id}}"),
    ("get", f"{API}/issue/{{issueIdOrKey}}"),
    ("put", f"{API}/issue/{{issueIdOrKey}}"),
    ("get", f"{API}/issue/{{issueIdOrKey}}/transitions"),
    ("post", f"{API}/issue/{{issueIdOrKey}}/transitions"),
)
"""Of Jira's description, what Prism serves here; a call to any other fails."""


def _read(path: Path, missing: Callable[[str], NoReturn]) -> dict[str, Any]:
    if shutil.which("node") is None:
        missing("node")
    for part in (PRISM, path):
        if not part.exists():
            missing(f"{part.name} (run tests/contract/install)")
    document: dict[str, Any] = json.loads(path.read_text())
    return document


@pytest.fixture(scope="session")
def github_description(missing: Callable[[str], NoReturn]) -> dict[str, Any]:
    """GitHub's own OpenAPI description."""
    return _read(GITHUB, missing)


@pytest.fixture(scope="session")
def github_schema(missing: Callable[[str], NoReturn]) -> GraphQLSchema:
    """GitHub's own GraphQL schema."""
    if not GITHUB_GRAPHQL.exists():
        missing(f"{GITHUB_GRAPHQL.parent.name} (run tests/contract/install)")
    return build_schema(GITHUB_GRAPHQL.read_text(encoding="utf-8"), assume_valid=True)


@pytest.fixture(scope="session")
def slack_description(missing: Callable[[str], NoReturn]) -> dict[str, Any]:
    """Slack's published description, as APIs.guru carries it: the same, from Swagger 2 turned to OpenAPI 3."""
    return _read(SLACK, missing)


@pytest.fixture(scope="session")
def github_prism(github_description: dict[str, Any]) -> Iterator[str]:
    with serving(described(github_description, REPOSITORY, SEGMENTS, CONTRADICTORY)) as url:
        yield url


@pytest.fixture(scope="session")
def slack_prism(slack_description: dict[str, Any]) -> Iterator[str]:
    with serving(slack_description) as url:
        yield url


@pytest.fixture(scope="session")
def jira_prism(missing: Callable[[str], NoReturn]) -> Iterator[str]:
    """Jira Cloud's published description, as APIs.guru carries it."""
    with serving(cut(_read(JIRA, missing), JIRA_OPERATIONS)) as url:
        yield url


@pytest.fixture
def jira_recorder(jira_prism: str) -> Iterator[Recorder]:
    with Recorder(jira_prism) as recorder:
        yield recorder


@pytest.fixture
def github_recorder(github_prism: str) -> Iterator[Recorder]:
    with Recorder(github_prism) as recorder:
        yield recorder


@pytest.fixture
def slack_recorder(slack_prism: str) -> Iterator[SlackRecorder]:
    fake = FakeSlack()
    fake.add_channel("C012AB3CD", "general")
    with SlackRecorder(slack_prism, fake) as recorder:
        yield recorder
    assert fake.violations == []
