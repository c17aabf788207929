"""Every call about deployments and workflows against GitHub's own description, and the fake's answers against the same.

Not checked: what the description leaves open, such as the payload of a deployment and the inputs of a workflow.
"""

from __future__ import annotations

import contextlib
import inspect
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from jsonschema import Draft4Validator
from referencing import Registry

from release_ops.adapters.github_api import GitHubError
from release_ops.adapters.github_deployments import Deployment, GitHubDeployments, Run
from tests.contract.prism import Recorder
from tests.contract.test_github_contract import SHA, Witness, as_json_schema, registry, repository_at, schema_of

__all__ = ["registry"]

pytestmark = [pytest.mark.contract, pytest.mark.timeout(300), pytest.mark.xdist_group("github-contract")]

AT = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)
WORKFLOW = "on:\n  workflow_dispatch:\n    inputs:\n      release_ops: {type: string}\n"


def _text(github: GitHubDeployments) -> None:
    """The description's own example of a file is one of a folder, which is no text."""
    with contextlib.suppress(GitHubError):
        github.workflow_text("deploy.yml", "main")


Case = Callable[[GitHubDeployments], Any]
CASES: dict[str, Case] = {
    "deployments": lambda github: list(github.deployments("production")),
    "create_deployment": lambda github: github.create_deployment(
        "main", "production", {"key": "k"}, task="deploy", description="x", required_contexts=(), production=True
    ),
    "status": lambda github: github.status(Deployment(1, {}, AT)),
    "dispatch": lambda github: github.dispatch("deploy.yml", "main", {"release_ops": "x"}),
    "runs": lambda github: list(github.runs("deploy.yml")),
    "reviewers": lambda github: github.reviewers(Run(2, "", "waiting", "", "")),
    "environment": lambda github: github.environment("production"),
    "commit_of": lambda github: github.commit_of("main"),
    "workflow_text": _text,
}


def test_every_public_method_has_a_case() -> None:
    methods = {name for name, _ in inspect.getmembers(GitHubDeployments, callable) if not name.startswith("_")}
    assert methods == set(CASES)


@pytest.mark.parametrize("name", sorted(CASES))
def test_what_we_ask_is_what_github_describes(name: str, github_recorder: Recorder) -> None:
    CASES[name](GitHubDeployments(repository_at(github_recorder.origin)))
    assert github_recorder.exchanges
    wrong = [str(one) for one in github_recorder.exchanges if one.violations or one.answer.status >= 400]
    assert wrong == []


@pytest.fixture
def witness() -> Iterator[Witness]:
    with Witness() as fake:
        fake.add_commit("chore: first")
        fake.commits.append({"sha": SHA, "message": "feat: second", "at": "2026-09-02T09:00:00Z"})
        fake.deploys.workflows["deploy.yml"] = WORKFLOW
        fake.deploys.environments["production"] = ["ada"]
        made = {"ref": "main", "environment": "production", "task": "deploy", "description": "", "sha": SHA}
        fake.deploys.deployments.append({"id": 1, "at": "2026-11-26T09:00:00Z", **made})
        fake.deploys.statuses[1] = []
        fake.deploys.say("success", "done", "https://ci.example.org/1")
        run = {"file": "deploy.yml", "title": "x", "sha": SHA, "ref": "main", "status": "waiting", "conclusion": None}
        fake.deploys.runs.append({"id": 2, "at": "2026-11-26T09:30:00Z", **run})
        yield fake
        assert fake.violations == []


@pytest.mark.parametrize("name", sorted(CASES))
def test_the_fake_answers_as_github_describes(
    name: str, witness: Witness, github_description: dict[str, Any], registry: Registry[Any]
) -> None:
    CASES[name](GitHubDeployments(repository_at(witness.origin)))
    assert witness.answers
    for request, answer in witness.answers:
        schema = schema_of(github_description, request, answer.status)
        if schema is None:
            assert answer.body is None
            continue
        validator = Draft4Validator(as_json_schema(schema), registry=registry)
        problems = [f"{error.json_path}: {error.message[:200]}" for error in validator.iter_errors(answer.body)]
        assert problems == [], f"{request.verb} {request.path} -> {answer.status}: {json.dumps(problems, indent=1)}"
