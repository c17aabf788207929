"""Every call of the GitHub adapter against GitHub's own description, and the fake's answers against the same.

Not checked: the Accept header and Link headers (see `Recorder`), and what GitHub's description leaves open, such as the
severities in the query of Dependabot alerts, which it gives as plain text.
"""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote

import pytest
from github import Auth, Github
from jsonschema import Draft4Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT4

from release_ops.adapters.github import GitHubRepository
from release_ops.adapters.github_back import find_pull
from tests.contract.prism import Recorder
from tests.fakes.github import TOKEN, FakeGitHub
from tests.fakes.loopback import Answer, Request

pytestmark = [pytest.mark.contract, pytest.mark.timeout(300), pytest.mark.xdist_group("github-contract")]

SHA = "6dcb09b5b57875f334f61aebed695e2e4193db5e"
Case = Callable[[GitHubRepository], Any]
CASES: dict[str, tuple[Case, ...]] = {
    "about": (lambda repository: repository.about(),),
    "checks": (
        lambda repository: repository.checks(SHA, ["mighty_readme"]),
        lambda repository: repository.checks("main"),
    ),
    "merged_pull_requests": (
        lambda repository: repository.merged_pull_requests("v1.0.0", "release/2.0.0"),
        lambda repository: repository.merged_pull_requests(None, SHA),
    ),
    "unreviewed_merged_prs": (lambda repository: repository.unreviewed_merged_prs(SHA, SHA),),
    "open_pull_requests": (lambda repository: repository.open_pull_requests("release/2.0.0"),),
    "open_issues": (
        lambda repository: repository.open_issues("critical: now"),
        lambda repository: repository.open_issues(),
    ),
    "security_alerts": (
        lambda repository: repository.security_alerts("critical"),
        lambda repository: repository.security_alerts("low"),
    ),
    "closed_features": (lambda repository: repository.closed_features(datetime(2026, 11, 2, tzinfo=UTC)),),
    "milestone_features": (lambda repository: repository.milestone_features("1.0"),),
    "find_release": (
        lambda repository: repository.find_release("v1.0.0"),
        lambda repository: repository.find_release("web/v1"),
    ),
    "create_release": (
        lambda repository: repository.create_release("v1.0.0", "1.0.0", "text", prerelease=False),
        lambda repository: repository.create_release("web/v1.0.0-rc.1", "rc", "text", prerelease=True),
    ),
    "update_release": (lambda repository: repository.update_release("v1.0.0", "1.0.0", "text", prerelease=False),),
    "find_ruleset": (lambda repository: repository.find_ruleset("super cool ruleset"),),
    "create_ruleset": (lambda repository: repository.create_ruleset("freeze", "release/2.0.0", required_reviews=2),),
    "delete_ruleset": (lambda repository: repository.delete_ruleset("super cool ruleset"),),
    "find_status": (lambda repository: repository.find_status(SHA, "continuous-integration/jenkins"),),
    "set_status": (
        lambda repository: repository.set_status(SHA, "success", "a fix may land", url="https://airflow.example.org"),
        lambda repository: repository.set_status(SHA, "failure", "frozen"),
    ),
}
WITHOUT_A_CALL: dict[str, Case] = {
    "commit_url": lambda repository: repository.commit_url(SHA),
    "compare_url": lambda repository: repository.compare_url("v1", "v2"),
    "tree_url": lambda repository: repository.tree_url("main"),
}
SINGLE = [
    pytest.param(case, id=f"{name}-{number}") for name, cases in CASES.items() for number, case in enumerate(cases)
]


def repository_at(url: str) -> GitHubRepository:
    auth = Auth.Token(TOKEN)
    client = Github(auth=auth, base_url=url, seconds_between_requests=None, seconds_between_writes=None)
    return GitHubRepository("octocat/hello-world", client=client, sleep=lambda _: None)


def test_every_public_method_has_a_case() -> None:
    methods = {name for name, _ in inspect.getmembers(GitHubRepository, callable) if not name.startswith("_")}
    assert methods == set(CASES) | set(WITHOUT_A_CALL)


@pytest.mark.parametrize("case", SINGLE)
def test_what_we_ask_is_what_github_describes(case: Case, github_recorder: Recorder) -> None:
    case(repository_at(github_recorder.origin))
    assert github_recorder.exchanges
    wrong = [str(one) for one in github_recorder.exchanges if one.violations or one.answer.status >= 400]
    assert wrong == []


@pytest.mark.parametrize("case", WITHOUT_A_CALL.values(), ids=WITHOUT_A_CALL)
def test_addresses_of_pages_need_no_call(case: Case, github_recorder: Recorder) -> None:
    assert case(repository_at(github_recorder.origin))
    assert github_recorder.exchanges == []


def test_what_is_asked_for_a_merge_back_is_what_github_describes(github_recorder: Recorder) -> None:
    """Prism has no answer of its own for a single pull request, nor for one that is made."""
    find_pull(repository_at(github_recorder.origin), "new-topic", "master")
    wrong = [str(one) for one in github_recorder.exchanges if one.violations or one.answer.status >= 400]
    assert (len(github_recorder.exchanges), wrong) == (1, [])


def test_a_wrong_call_is_noticed(github_recorder: Recorder) -> None:
    api = repository_at(github_recorder.origin).api
    with pytest.raises(Exception, match="422"):
        api.call("POST", "/repos/octocat/hello-world/rulesets", body={"name": 1, "enforcement": "maybe"})
    assert any("enforcement" in one for one in github_recorder.exchanges[-1].violations)


# ------------------------------------------------------------------------------------------------------------ the fake


class Witness(FakeGitHub):
    """The fake, keeping its answers."""

    def __init__(self) -> None:
        super().__init__("octocat/hello-world")
        self.answers: list[tuple[Request, Answer]] = []

    def answer(self, request: Request) -> Answer:
        answer = super().answer(request)
        self.answers.append((request, answer))
        return answer


@pytest.fixture
def witness() -> Iterator[Witness]:
    with Witness() as fake:
        first = fake.add_commit("chore: first")
        fake.add_tag("v1.0.0", first)
        fake.add_tag("web/v1.0.0-rc.1", first)
        last = fake.add_commit("feat: second (#1)")
        fake.refs["refs/heads/release/2.0.0"] = last
        fake.commits.append({"sha": SHA, "message": "feat: third (#2)", "at": "2026-09-02T09:00:00Z"})
        fake.add_check_run(SHA, "mighty_readme", "success")
        fake.add_check_run(last, "unit", None)
        fake.add_status(SHA, "continuous-integration/jenkins", "success")
        reviews = [("ada", "APPROVED", "MEMBER"), ("alan", "COMMENTED", "NONE")]
        fake.add_pull(1, merge_commit=last, merged_at="2026-09-01T09:00:00Z", reviews=reviews)
        fake.add_pull(2, merge_commit=SHA, merged_at="2026-09-02T09:00:00Z", labels=["bug"], reviews=reviews)
        fake.add_pull(3, state="open", base="release/2.0.0")
        fake.add_issue(4, labels=["critical: now"], assignees=["ada"])
        fake.add_issue(5, state="closed", state_reason="completed", milestone=1)
        fake.add_issue(6, labels=["critical: now"], pull_request=True)
        fake.add_milestone(1, "1.0")
        fake.code_alerts = ["critical", None]
        fake.dependabot_alerts = ["critical", "low"]
        fake.releases.append({"id": 1, "tag_name": "v1.0.0", "name": "1.0.0", "body": "text", "prerelease": False})
        fake.rulesets.append(
            {
                "id": 2,
                "name": "super cool ruleset",
                "target": "branch",
                "enforcement": "active",
                "bypass_actors": [],
                "conditions": {"ref_name": {"include": ["refs/heads/main"], "exclude": []}},
                "rules": [{"type": "deletion"}],
            }
        )
        yield fake
        assert fake.violations == []


def schema_of(description: dict[str, Any], request: Request, status: int) -> dict[str, Any] | None:
    """Schema of an answer; None when it has no body."""
    path = request.path
    for template, item in description["paths"].items():
        pattern = "/".join(
            "[^/]+" if "{" in part and part[0] == "{" else re.escape(part) for part in template.split("/")
        )
        pattern = re.sub(r"\{\w+\}|\\\{\w+\\\}", "[^/]+", pattern)
        if request.verb.lower() in item and re.fullmatch(pattern, path):
            answer = item[request.verb.lower()]["responses"][str(status)]
            if "$ref" in answer:
                answer = description["components"]["responses"][answer["$ref"].rsplit("/", 1)[1]]
            content = answer.get("content")
            return None if content is None else content["application/json"]["schema"]
    raise AssertionError(f"GitHub describes no {request.verb} {unquote(path)} -> {status}")


def as_json_schema(value: Any) -> Any:
    """OpenAPI 3.0's `nullable` as JSON Schema has it, and references into the registered description."""
    if isinstance(value, list):
        return [as_json_schema(one) for one in value]
    if not isinstance(value, dict):
        return value
    found = {key: as_json_schema(one) for key, one in value.items() if key not in ("example", "examples")}
    if isinstance(found.get("$ref"), str):
        found["$ref"] = found["$ref"].replace("#/", "urn:github#/", 1)
    return {"anyOf": [found, {"type": "null"}]} if value.get("nullable") is True else found


@pytest.fixture(scope="session")
def registry(github_description: dict[str, Any]) -> Registry[Any]:
    components = {"components": as_json_schema({"schemas": github_description["components"]["schemas"]})}
    return Registry().with_resource("urn:github", Resource(contents=components, specification=DRAFT4))


@pytest.mark.parametrize("case", SINGLE)
def test_the_fake_answers_as_github_describes(
    case: Case, witness: Witness, github_description: dict[str, Any], registry: Registry[Any]
) -> None:
    witness.releases = [] if "create_release" in case.__code__.co_names else witness.releases
    case(repository_at(witness.origin))
    assert witness.answers
    for request, answer in witness.answers:
        schema = schema_of(github_description, request, answer.status)
        if schema is None:
            assert answer.body is None
            continue
        validator = Draft4Validator(as_json_schema(schema), registry=registry)
        problems = [f"{error.json_path}: {error.message[:200]}" for error in validator.iter_errors(answer.body)]
        assert problems == [], f"{request.verb} {request.path} -> {answer.status}: {json.dumps(problems, indent=1)}"
