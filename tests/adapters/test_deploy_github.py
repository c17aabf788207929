"""The GitHub driver: deployments that others act on, workflows that are started and followed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from release_ops.adapters.deploy_github import GitHubDriver
from release_ops.adapters.driver import DriverError
from release_ops.adapters.github import GitHubRepository
from release_ops.adapters.github_deployments import GitHubDeployments
from release_ops.domain.deploying import Target
from release_ops.domain.github_deploy_policy import GitHubDeployPolicy, mark_in, mark_of
from tests.fakes.github import FakeGitHub
from tests.fakes.loopback import Answer

AT = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)
KEY = "deploy:webapp:2.8.0:deploy:production:1:0"
TARGET = Target(
    product="webapp",
    version="2.8.0",
    ref="v2.8.0",
    commit="1" * 40,
    environment="production",
    weight=100,
    previous="2.7.0",
    strategy="rolling",
)
WORKFLOW = """\
name: Deploy
run-name: Deploy ${{ inputs.release_ops }}
on:
  workflow_dispatch:
    inputs:
      version: {required: true, type: string}
      weight: {required: true, type: string}
      release_ops: {required: true, type: string}
"""
INPUTS = {"version": "{version}", "weight": "{weight}"}


@pytest.fixture
def github() -> Iterator[FakeGitHub]:
    with FakeGitHub() as fake:
        for version in ("2.7.0", "2.8.0"):
            fake.add_tag(f"v{version}", fake.add_commit(f"feat: {version}"))
        fake.deploys.workflows["deploy.yml"] = WORKFLOW
        yield fake
    assert fake.violations == []


def driver(github: FakeGitHub, *, age: timedelta = timedelta(seconds=1), **policy) -> GitHubDriver:
    settings = GitHubDeployPolicy(repository="octo/webapp", environment="production", **policy)
    repository = GitHubRepository("octo/webapp", client=github.client(), sleep=lambda _: None)
    return GitHubDriver(
        settings, GitHubDeployments(repository), tag="v{version}", sleep=lambda _: None, now=lambda: AT + age
    )


def started(github: FakeGitHub, **policy) -> GitHubDriver:
    """Driver that starts the workflow."""
    return driver(github, workflow="deploy.yml", inputs=INPUTS, weights=True, deployment=False, **policy)


def seen(live) -> tuple[str, int, bool, str]:
    return live.version, live.weight, live.settled, live.phase


# Deployments


def test_a_deployment_says_what_it_is_about_and_merges_nothing(github):
    done = driver(github, production=True).apply(TARGET, KEY, AT)
    (made,) = github.deploys.deployments
    assert done["deployment"] == made["id"]
    assert made["payload"] == {"release_ops": {"key": KEY, "product": "webapp", "version": "2.8.0", "weight": 100}}
    assert (made["ref"], made["auto_merge"], made["required_contexts"]) == ("v2.8.0", False, [])
    assert (made["description"], made["task"], made["production_environment"]) == ("webapp 2.8.0", "deploy", True)


def test_a_second_try_finds_the_deployment(github):
    github.drop_next(1, "POST")
    with pytest.raises(DriverError, match="it may have happened all the same"):
        driver(github).apply(TARGET, KEY, AT)
    done = driver(github).apply(TARGET, KEY, AT)
    driver(github).apply(TARGET, KEY, AT)
    assert [one["id"] for one in github.deploys.deployments] == [done["deployment"]]
    driver(github).apply(TARGET, "another act", AT)
    assert len(github.deploys.deployments) == 2


@pytest.mark.parametrize(
    ("state", "settled", "phase"),
    [
        (None, False, "progressing"),
        ("queued", False, "progressing"),
        ("pending", False, "progressing"),
        ("in_progress", False, "progressing"),
        ("success", True, "healthy"),
        ("failure", True, "degraded"),
        ("error", True, "degraded"),
        ("inactive", True, "unknown"),
    ],
)
def test_the_newest_status_counts(github, state, settled, phase):
    one = driver(github)
    one.apply(TARGET, KEY, AT)
    if state is not None:
        github.deploys.say("in_progress")
        github.deploys.say(state, "as it is", "https://ci.example.org/1")
    live = one.look(TARGET)
    assert seen(live) == ("2.8.0", 100, settled, phase)
    if state is not None:
        assert live.detail.endswith(": as it is")
        assert live.evidence["log"] == "https://ci.example.org/1"


def test_other_peoples_deployments_are_none_of_ours(github):
    one = driver(github)
    assert seen(one.look(TARGET)) == ("", 0, True, "unknown")
    one.apply(TARGET, KEY, AT)
    github.deploys.say("success")
    theirs = {"ref": "main", "environment": "production", "auto_merge": False, "required_contexts": []}
    for payload in ("", "{", {"who": "me"}, {"release_ops": "x"}, '{"release_ops": {"product": "shop"}}'):
        one.github.api.call("POST", "/repos/octo/webapp/deployments", body={**theirs, "payload": payload})
    assert seen(one.look(TARGET)) == ("2.8.0", 100, True, "healthy")


def test_the_way_back_is_a_deployment_of_the_tag_of_before(github):
    one = driver(github)
    one.apply(TARGET, KEY, AT)
    github.deploys.say("failure")
    one.rollback(TARGET, "back", AT)
    made = github.deploys.deployments[-1]
    assert (made["ref"], made["task"]) == ("v2.7.0", "rollback")
    github.deploys.say("success")
    assert one.look(TARGET).shows("2.7.0", 100)
    with pytest.raises(DriverError, match="there is no version before"):
        one.rollback(replace(TARGET, previous=""), "back", AT)


def test_checks_that_github_asks_for_hold_it_up(github):
    github.add_status(github.refs["refs/tags/v2.8.0"], "ci", "failure")
    with pytest.raises(DriverError, match=r"409: Conflict: Commit status checks failed for v2\.8\.0"):
        driver(github, required_contexts=None).apply(TARGET, KEY, AT)
    assert driver(github, required_contexts=()).apply(TARGET, KEY, AT)["deployment"]


def test_a_share_that_nothing_can_give_is_refused(github):
    with pytest.raises(DriverError, match=r"nothing there can give 10 % .* github\.weights: true"):
        driver(github).apply(replace(TARGET, weight=10), KEY, AT)
    one = driver(github, weights=True)
    one.apply(replace(TARGET, weight=10), KEY, AT)
    github.deploys.say("success")
    assert seen(one.look(TARGET)) == ("2.8.0", 10, True, "healthy")


# Workflows


def test_a_workflow_is_started_with_its_inputs_and_our_mark(github):
    done = started(github).apply(replace(TARGET, weight=10), KEY, AT)
    (run,) = github.deploys.runs
    mark = str(mark_of("webapp", "2.8.0", "production", 10, KEY))
    assert run["inputs"] == {"version": "2.8.0", "weight": "10", "release_ops": mark}
    assert run["title"] == f"Deploy {mark}"
    assert done["run"] == f"{github.origin}/octo/webapp/actions/runs/{run['id']}"
    assert run["ref"] == "v2.8.0"


@pytest.mark.parametrize(
    ("status", "conclusion", "settled", "phase", "detail"),
    [
        ("queued", None, False, "progressing", "the workflow is queued"),
        ("in_progress", None, False, "progressing", "the workflow is in progress"),
        ("completed", "success", True, "healthy", "the workflow succeeded"),
        ("completed", "failure", True, "degraded", "the workflow ended with failure"),
        ("completed", "cancelled", True, "degraded", "the workflow ended with cancelled"),
        ("completed", "timed_out", True, "degraded", "the workflow ended with timed_out"),
    ],
)
def test_a_run_is_followed_to_its_end(github, status, conclusion, settled, phase, detail):
    one = started(github)
    one.apply(replace(TARGET, weight=10), KEY, AT)
    github.deploys.run(status, conclusion)
    live = one.look(TARGET)
    assert seen(live) == ("2.8.0", 10, settled, phase)
    assert live.detail == detail
    assert live.evidence == {"run": f"{github.origin}/octo/webapp/actions/runs/{github.deploys.runs[0]['id']}"}


def test_a_run_that_waits_for_reviewers_is_paused_and_names_them(github):
    github.deploys.environments["production"] = ["ada", "grace"]
    one = started(github)
    one.apply(TARGET, KEY, AT)
    github.deploys.run("waiting")
    live = one.look(TARGET)
    assert seen(live) == ("2.8.0", 100, False, "paused")
    assert live.detail == "the workflow waits for a review of production (ada, grace)"


def test_a_try_after_a_lost_one_finds_its_run(github):
    github.drop_next(1, "POST")
    with pytest.raises(DriverError, match="may have happened"):
        started(github).apply(TARGET, KEY, AT)
    done = started(github, age=timedelta(minutes=10)).apply(TARGET, KEY, AT)
    assert [one["id"] for one in github.deploys.runs] == [done["run_id"]]


def test_a_try_soon_after_a_lost_one_waits_until_github_shows_the_run(github):
    github.drop_next(1, "POST")
    with pytest.raises(DriverError):
        started(github).apply(TARGET, KEY, AT)
    github.deploys.hidden = 2
    started(github, age=timedelta(seconds=10)).apply(TARGET, KEY, AT)
    assert (len(github.deploys.runs), github.deploys.hidden) == (1, 0)


def test_a_run_of_another_act_is_not_taken_for_this_one(github):
    started(github).apply(TARGET, "first attempt", AT)
    started(github, age=timedelta(minutes=10)).apply(TARGET, "second attempt", AT)
    assert len(github.deploys.runs) == 2


def test_the_newest_run_of_the_product_and_environment_counts(github):
    one = started(github)
    one.apply(TARGET, KEY, AT)
    github.deploys.run("completed", "success")
    one.apply(replace(TARGET, product="shop", version="9.0.0"), "other product", AT)
    one.apply(replace(TARGET, environment="staging", version="2.9.0"), "other environment", AT)
    assert seen(one.look(TARGET)) == ("2.8.0", 100, True, "healthy")
    one.rollback(TARGET, "back", AT)
    assert github.deploys.runs[-1]["ref"] == "v2.7.0"
    assert seen(one.look(TARGET)) == ("2.7.0", 100, False, "progressing")


def test_a_server_that_does_not_tell_the_run_is_no_hindrance(github):
    github.deploys.old = True
    done = started(github).apply(TARGET, KEY, AT)
    assert done["run"].endswith(f"/actions/runs/{github.deploys.runs[0]['id']}")


def test_an_act_ends_once_its_run_shows_so_that_no_older_one_is_looked_at(github):
    one = started(github)
    one.apply(TARGET, "first attempt", AT)
    github.deploys.run("completed", "failure")
    github.deploys.hidden = 3
    one.apply(TARGET, "second attempt", AT)
    assert seen(one.look(TARGET)) == ("2.8.0", 100, False, "progressing")


def test_a_run_that_never_shows_is_told_by_its_address(github):
    github.deploys.hidden = 100
    done = started(github).apply(TARGET, KEY, AT)
    assert done["run"].endswith(f"/actions/runs/{github.deploys.runs[0]['id']}")


def test_with_both_the_worse_of_the_two_counts(github):
    one = driver(github, workflow="deploy.yml", inputs={**INPUTS, "version": "{version} {deployment}"})
    one.apply(TARGET, KEY, AT)
    assert github.deploys.runs[0]["inputs"]["version"] == f"2.8.0 {github.deploys.deployments[0]['id']}"
    github.deploys.run("completed", "success")
    assert one.look(TARGET).phase == "progressing"
    github.deploys.say("success")
    assert seen(one.look(TARGET)) == ("2.8.0", 100, True, "healthy")
    github.deploys.say("failure")
    live = one.look(TARGET)
    assert (live.phase, sorted(live.evidence)) == ("degraded", ["deployment", "run"])


def test_what_is_filled_into_an_input_is_not_looked_at_again(github):
    one = started(github)
    one.apply(replace(TARGET, version="{previous}"), KEY, AT)
    assert github.deploys.runs[0]["inputs"]["version"] == "{previous}"


@pytest.mark.parametrize("name", ["", "Deploy", "webapp 2.8.0 production 101% 0123456789ab", "a b c 5% 0123456789ABC"])
def test_the_name_of_a_run_that_is_not_ours_has_no_mark(name):
    assert mark_in(name) is None


# The rehearsal


def test_the_rehearsal_finds_tag_workflow_and_protection_and_starts_nothing(github):
    github.deploys.environments["production"] = ["ada"]
    proof = started(github).rehearse(TARGET)
    assert proof["commit"] == github.refs["refs/tags/v2.7.0"]
    assert proof["protection"] == {"reviewers": ["ada"], "wait_minutes": 30}
    assert proof["workflow"] == "deploy.yml at v2.7.0"
    assert (github.deploys.runs, github.deploys.deployments) == ([], [])


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("run-name: Deploy ${{ inputs.release_ops }}\n", "", r"its run-name does not have inputs\.release_ops"),
        ("      weight: {required: true, type: string}\n", "", "workflow_dispatch lacks the inputs weight"),
        ("workflow_dispatch", "workflow_call", "has no `on: workflow_dispatch` with inputs"),
        ("name: Deploy", "name: [", "is no YAML"),
    ],
)
def test_the_rehearsal_finds_a_workflow_that_would_not_do(github, old, new, says):
    github.deploys.workflows["deploy.yml"] = WORKFLOW.replace(old, new)
    with pytest.raises(DriverError, match=says):
        started(github).rehearse(TARGET)


def test_the_rehearsal_finds_what_is_missing(github):
    with pytest.raises(DriverError, match=r"there is no tag v2\.6\.0 to go back to"):
        started(github).rehearse(replace(TARGET, previous="2.6.0"))
    del github.deploys.workflows["deploy.yml"]
    with pytest.raises(DriverError, match="404"):
        started(github).rehearse(TARGET)


def test_what_the_token_may_not_do_is_told(github):
    github.fail_next(
        1, Answer(403, {"message": "Resource not accessible"}, {"X-Accepted-GitHub-Permissions": "actions=write"})
    )
    with pytest.raises(DriverError, match=r"give the token the missing permission \(GitHub asks for: actions=write\)"):
        started(github).apply(TARGET, KEY, AT)
