"""The release workflow of GitHub Actions: its jobs, its rights, and that nothing from outside gets into a script."""

from __future__ import annotations

import gzip
import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator

from release_ops.adapters.deploy_github import GitHubDriver
from release_ops.domain.github_deploy_policy import GitHubDeployPolicy
from release_ops.generate_workflow import workflow_file
from release_ops.product_deploy_github import github_policy
from tests.generating.shop import ANALYSES, HEAD, SHOP, product

SCHEMA = Path(__file__).with_name("github-workflow.json.gz")
GITHUB = (
    HEAD
    + ANALYSES
    + """\
deploy:
  driver: github
  github:
    workflow: release.yml
    inputs:
      version: "{version}"
      ref: "{ref}"
      environment: "{environment}"
      weight: "{weight}"
      id: "{deployment}"
  environments:
    staging: {github: {deployment: true}}
    production: {github: {environment: live, weights: true}}
"""
)
INPUTS = {"version": "1.2.3", "ref": "v1.2.3", "environment": "staging", "weight": "100", "id": "7"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("shop")


@pytest.fixture(scope="module")
def made(folder: Path):
    return workflow_file(product(folder, GITHUB), "shop.yaml", "release.yml")


@pytest.fixture(scope="module")
def document(made) -> dict[str, Any]:
    return yaml.load(made.text, Loader=yaml.BaseLoader)


def steps(document: dict[str, Any]) -> list[dict[str, Any]]:
    return [step for job in document["jobs"].values() for step in job["steps"]]


@pytest.mark.parametrize("text", [GITHUB, SHOP, HEAD], ids=["github", "gitops", "nothing deployed"])
def test_it_is_a_workflow_by_the_published_schema(tmp_path, text):
    validator = Draft7Validator(json.loads(gzip.decompress(SCHEMA.read_bytes())))
    written = yaml.safe_load(workflow_file(product(tmp_path, text), "shop.yaml", "release.yml").text)
    assert [error.message for error in validator.iter_errors(written)] == []
    written["jobs"]["build"]["timeout"] = 5
    assert [*validator.iter_errors(written)], "the schema notices what is wrong"


def test_every_action_is_pinned_to_a_commit_and_says_which_version_that_is(made):
    used = re.findall(r"^ *uses: (.*)$", made.text, re.MULTILINE)
    assert used
    assert all(re.fullmatch(r"[\w.-]+/[\w.-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", one) for one in used)


def test_no_job_has_a_right_that_it_does_not_need(document):
    assert document["permissions"] == {}
    rights = {name: job["permissions"] for name, job in document["jobs"].items()}
    assert rights == {
        "build": {"contents": "read", "packages": "write"},
        "tell": {},
        "deploy-staging": {"contents": "read", "deployments": "write"},
        "deploy-production": {"contents": "read", "deployments": "write"},
    }
    assert all(job["timeout-minutes"] for job in document["jobs"].values())
    checkouts = [one["with"] for one in steps(document) if "checkout" in one.get("uses", "")]
    assert all(one["persist-credentials"] == "false" for one in checkouts)


def test_scripts_hold_no_expressions(document):
    scripts = [one["run"] for one in steps(document) if "run" in one]
    assert scripts
    assert [one for one in scripts if "${{" in one] == []


def test_each_script_is_one_that_the_shell_can_read(document):
    for one in steps(document):
        if "run" in one:
            done = subprocess.run(("bash", "-n"), input=one["run"], text=True, capture_output=True, check=False)
            assert done.stderr == ""


@pytest.mark.parametrize(
    ("tag", "code", "version"),
    [("v2.8.0", 0, "2.8.0"), ("v2.8.0-rc.1", 0, "2.8.0-rc.1"), ("v$(touch x)", 1, ""), ("v2.8.0;id", 1, "")],
)
def test_the_version_is_what_the_tag_says_and_nothing_is_run(document, tmp_path, tag, code, version):
    script = document["jobs"]["build"]["steps"][0]["run"]
    env = {"PATH": os.environ["PATH"], "TAG": tag, "GITHUB_OUTPUT": str(tmp_path / "output")}
    done = subprocess.run(
        ("bash", "-eo", "pipefail", "-c", script), env=env, cwd=tmp_path, capture_output=True, check=False
    )
    assert done.returncode == code
    told = (tmp_path / "output").read_text() if version else ""
    assert told == (f"version={version}\n" if version else "")
    assert {one.name for one in tmp_path.iterdir()} <= {"output"}


def test_a_deployment_is_told_how_it_goes(document, tmp_path):
    job = document["jobs"]["deploy-staging"]
    assert job["if"] == "github.event_name == 'workflow_dispatch' && inputs.environment == 'staging'"
    assert job["environment"] == {"name": "staging"}
    assert document["jobs"]["deploy-production"]["environment"] == {"name": "live"}
    first, _, deploy, last = job["steps"]
    assert (first["env"]["STATE"], last["if"]) == ("in_progress", "always()")
    assert deploy["env"]["INPUT_WEIGHT"] == "${{ inputs.weight }}"
    gh = tmp_path / "gh"
    gh.write_text('#!/bin/sh\nprintf "%s\\n" "$@" > called\n')
    gh.chmod(0o755)
    env = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "STATE": "in_progress", "GITHUB_REPOSITORY": "example/shop"}
    for id_, code, called in (("", 0, False), ("7; id", 1, False), ("7", 0, True)):
        script = ("bash", "-eo", "pipefail", "-c", first["run"])
        done = subprocess.run(script, env={**env, "DEPLOYMENT": id_}, cwd=tmp_path, check=False)
        assert (done.returncode, (tmp_path / "called").exists()) == (code, called)
    assert "repos/example/shop/deployments/7/statuses" in (tmp_path / "called").read_text()


def test_the_driver_can_start_what_the_generator_wrote(folder, made):
    shop = product(folder, GITHUB)
    for environment in shop.deploy.environments.values():
        policy = github_policy(shop, environment)
        assert isinstance(policy, GitHubDeployPolicy)
        GitHubDriver(policy, None, tag=shop.repository.tag)._check_workflow(made.text, "main")


def test_without_inputs_in_the_product_file_it_says_what_to_write_there(tmp_path):
    made = workflow_file(product(tmp_path, SHOP), "shop.yaml", "release.yml")
    told = "\n".join(made.notes)
    assert 'write under deploy.github: workflow: release.yml, inputs: {version: "{version}"' in told
    assert "environment production is deployed by the driver gitops" in told
    assert "./deploy.sh 'a b'" in made.text, "the program of the product file, without a shell's second reading"


def test_inputs_without_which_no_job_knows_what_to_do_are_added_and_told(tmp_path):
    text = GITHUB.replace('      version: "{version}"\n', "").replace('      environment: "{environment}"\n', "")
    made = workflow_file(product(tmp_path, text), "shop.yaml", "release.yml")
    assert "lack environment and version" in "\n".join(made.notes)
    declared = yaml.load(made.text, Loader=yaml.BaseLoader)["on"]["workflow_dispatch"]["inputs"]
    assert set(declared) == {*INPUTS, "release_ops"}
