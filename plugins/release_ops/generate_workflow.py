"""A release workflow of GitHub Actions from a product file: builds a tag, tells Release Ops, and deploys when it is told.

Values that people outside may choose (refs, inputs) reach a shell only through the environment, never through the text of
a script. Actions are pinned to commits. No job has a right that it does not need.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from typing import Any

from release_ops.domain.deploy_policy import Environment
from release_ops.domain.github_deploy_policy import GitHubDeployPolicy
from release_ops.domain.model import Product
from release_ops.generated_files import Generated, as_yaml, marked
from release_ops.product_deploy_github import github_policy

CHECKOUT = "actions/checkout@08c6903cd8c0fde910a37f88322edcfb5dd907a8"
CHECKOUT_VERSION = "v5.0.0"
MARK = "release_ops"
INPUTS: Mapping[str, str] = {
    "version": "{version}",
    "ref": "{ref}",
    "environment": "{environment}",
    "weight": "{weight}",
    "deployment": "{deployment}",
}
"""Inputs of the workflow where the product file names none, by what fills them."""
_VERSION = r"^[0-9A-Za-z][0-9A-Za-z.+_-]*$"
_CHECKED = """\
if ! [[ "$VERSION" =~ {pattern} ]]; then
  echo "::error::the version is not one that a tag of this product has"
  exit 1
fi
"""
_STATUS = """\
[ -n "$DEPLOYMENT" ] || exit 0
[[ "$DEPLOYMENT" =~ ^[0-9]+$ ]] || exit 1
gh api --method POST "repos/$GITHUB_REPOSITORY/deployments/$DEPLOYMENT/statuses" \\
  -f state="$STATE" -f log_url="$GITHUB_SERVER_URL/$GITHUB_REPOSITORY/actions/runs/$GITHUB_RUN_ID"
"""
_CALL_BACK = """\
token=$(jq -n '{username: env.AIRFLOW_USER, password: env.AIRFLOW_PASSWORD}' \\
  | curl --fail-with-body --silent --show-error --retry 3 \\
    -H 'Content-Type: application/json' -d @- "$AIRFLOW_URL/auth/token" \\
  | jq -r .access_token)
echo "::add-mask::$token"
code=$(jq -n '{
    dag_run_id: "deploy__\\(env.PRODUCT)_\\(env.VERSION)_\\(env.ENVIRONMENT)",
    logical_date: null,
    conf: {product: env.PRODUCT, version: env.VERSION, environment: env.ENVIRONMENT, reason: "built by \\(env.RUN)"}
  }' \\
  | curl --silent --show-error --retry 3 --output answer.json --write-out '%{http_code}' \\
    -H 'Content-Type: application/json' -H "Authorization: Bearer $token" -d @- \\
    "$AIRFLOW_URL/api/v2/dags/release_deploy/dagRuns")
# 409: it was asked for before.
if [ "$code" != 200 ] && [ "$code" != 201 ] && [ "$code" != 409 ]; then
  cat answer.json
  exit 1
fi
"""


def workflow_file(product: Product, source: str, path: str) -> Generated:
    """The workflow; `source` names the product file in its head."""
    notes: list[str] = []
    policies = {
        name: github_policy(product, one) for name, one in product.deploy.environments.items() if one.driver == "github"
    }
    inputs, mark = _inputs(policies, notes)
    jobs = {"build": _build(product), **_tell(product, notes)}
    environments = product.deploy.environments
    chosen = {name: one for name, one in environments.items() if name in policies} or environments
    for name, environment in chosen.items():
        jobs[_job(name)] = _deploy(product, environment, policies.get(name), inputs, notes)
    choices = list(chosen)
    if not choices:
        notes.append("the product file names no environments: there is no job that deploys")
    prefix, _, suffix = product.repository.tag.partition("{version}")
    document: dict[str, Any] = {
        "name": f"Release {product.name}",
        "run-name": (
            f"${{{{ inputs.{mark} && format('Deploy {{0}}', inputs.{mark}) || format('Release {{0}}', github.ref_name) }}}}"
        ),
        "on": {
            "push": {"tags": [f"{_glob(prefix)}*{_glob(suffix)}"]},
            "workflow_dispatch": {"inputs": {**_declared(inputs, choices), mark: _input("Mark of Release Ops")}},
        },
        "permissions": {},
        "concurrency": {
            "group": "${{ github.workflow }}-${{ inputs.environment || github.ref }}",
            "cancel-in-progress": False,
        },
        "defaults": {"run": {"shell": "bash"}},
        "jobs": jobs,
    }
    notes += _unsaid(product)
    body = as_yaml([document]).replace(f"uses: {CHECKOUT}\n", f"uses: {CHECKOUT} # {CHECKOUT_VERSION}\n")
    about = f"Release workflow of {product.name}, from {source}"
    return marked(path, f"github-actions {source}", body, notes, about=about)


def _inputs(policies: Mapping[str, GitHubDeployPolicy], notes: list[str]) -> tuple[Mapping[str, str], str]:
    """Inputs by what fills them, and the one of our mark, of the environments that start this workflow."""
    starting = {name: one for name, one in policies.items() if one.workflow}
    marks = sorted({one.mark for one in starting.values()})
    if len(marks) > 1:
        notes.append(f"the environments call their mark {' and '.join(marks)}; only {marks[0]} is declared")
    found = {name: pattern for one in starting.values() for name, pattern in one.inputs.items()}
    if not found:
        lines = ", ".join(f'{name}: "{pattern}"' for name, pattern in INPUTS.items())
        notes.append(
            f"for Release Ops to start it, write under deploy.github: workflow: release.yml, inputs: {{{lines}}}"
        )
    elif lacking := sorted({"version", "environment"} - set(found)):
        notes.append(
            f"the inputs in the product file lack {' and '.join(lacking)}, without which its jobs do not know what to "
            "deploy; they are declared here: add them there"
        )
        found |= {name: INPUTS[name] for name in lacking}
    return found or INPUTS, marks[0] if marks else MARK


def _declared(inputs: Mapping[str, str], choices: Sequence[str]) -> dict[str, Any]:
    declared = {}
    for name, pattern in inputs.items():
        if name == "environment" and choices:
            declared[name] = {"description": "Environment", "required": True, "type": "choice", "options": [*choices]}
        else:
            needed = pattern != "{deployment}"
            declared[name] = _input(f"Filled with {pattern}", required=needed)
    return declared


def _input(description: str, *, required: bool = False) -> dict[str, Any]:
    return {"description": description, "required": required, "type": "string"}


def _job(environment: str) -> str:
    return f"deploy-{environment}"


def _build(product: Product) -> dict[str, Any]:
    prefix, _, suffix = product.repository.tag.partition("{version}")
    strip = (
        f'VERSION="${{TAG#{shlex.quote(prefix)}}}"\nVERSION="${{VERSION%{shlex.quote(suffix)}}}"\n'
        if suffix
        else (f'VERSION="${{TAG#{shlex.quote(prefix)}}}"\n' if prefix else 'VERSION="$TAG"\n')
    )
    return {
        "name": "Build",
        "if": "github.event_name == 'push'",
        "runs-on": "ubuntu-latest",
        "timeout-minutes": 30,
        "permissions": {"contents": "read", "packages": "write"},
        "outputs": {"version": "${{ steps.version.outputs.version }}"},
        "steps": [
            {
                "name": "Read the version from the tag",
                "id": "version",
                "env": {"TAG": "${{ github.ref_name }}"},
                "run": strip + _CHECKED.format(pattern=_VERSION) + 'echo "version=$VERSION" >> "$GITHUB_OUTPUT"\n',
            },
            _checkout("${{ github.ref }}"),
            {
                "name": "Build and push the image",
                "env": {
                    "GITHUB_TOKEN": "${{ secrets.GITHUB_TOKEN }}",
                    "VERSION": "${{ steps.version.outputs.version }}",
                },
                "run": (
                    'image="ghcr.io/${GITHUB_REPOSITORY,,}"\n'
                    'docker login ghcr.io --username "$GITHUB_ACTOR" --password-stdin <<< "$GITHUB_TOKEN"\n'
                    'docker build --tag "$image:$VERSION" .\n'
                    'docker push "$image:$VERSION"\n'
                ),
            },
        ],
    }


def _tell(product: Product, notes: list[str]) -> dict[str, Any]:
    """The job that starts the deployment of the first environment, where Airflow's address is known."""
    first = next(iter(product.deploy.environments), None)
    if first is None:
        return {}
    notes.append(
        "job tell: it starts release_deploy for the first environment when the repository has the variable AIRFLOW_URL and "
        "the secrets AIRFLOW_USER and AIRFLOW_PASSWORD, of a user who may trigger that DAG and nothing else"
    )
    return {
        "tell": {
            "name": "Tell Release Ops",
            "needs": "build",
            "if": "vars.AIRFLOW_URL != ''",
            "runs-on": "ubuntu-latest",
            "timeout-minutes": 5,
            "permissions": {},
            "steps": [
                {
                    "name": "Ask for the deployment",
                    "env": {
                        "AIRFLOW_URL": "${{ vars.AIRFLOW_URL }}",
                        "AIRFLOW_USER": "${{ secrets.AIRFLOW_USER }}",
                        "AIRFLOW_PASSWORD": "${{ secrets.AIRFLOW_PASSWORD }}",
                        "PRODUCT": product.id,
                        "VERSION": "${{ needs.build.outputs.version }}",
                        "ENVIRONMENT": first,
                        "RUN": "${{ github.server_url }}/${{ github.repository }}/actions/runs/${{ github.run_id }}",
                    },
                    "run": _CALL_BACK,
                }
            ],
        }
    }


def _deploy(
    product: Product,
    environment: Environment,
    policy: GitHubDeployPolicy | None,
    inputs: Mapping[str, str],
    notes: list[str],
) -> dict[str, Any]:
    run = environment.settings.get("run") if environment.driver == "command" else None
    program = shlex.join(run) if run else "./deploy.sh"
    if not run:
        notes.append(
            f"job {_job(environment.name)}: it runs {program} with the inputs as INPUT_...: write it, or your steps there"
        )
    if environment.driver != "github":
        notes.append(
            f"environment {environment.name} is deployed by the driver {environment.driver}; its job is for the driver "
            "github"
        )
    passed = {f"INPUT_{name.upper().replace('-', '_')}": f"${{{{ inputs.{name} }}}}" for name in inputs}
    where: dict[str, Any] = {"name": policy.environment if policy is not None else environment.name}
    if policy is not None and policy.deployment:
        notes.append(
            f"environment {environment.name}: GitHub makes a deployment of its own for the job's environment, beside the "
            "one of Release Ops; github.deployment: false leaves one"
        )
    ref = "${{ inputs.ref }}" if "ref" in inputs else "${{ github.ref }}"
    steps: list[dict[str, Any]] = [
        _checkout(ref),
        {
            "name": "Deploy",
            "env": {**passed, "VERSION": "${{ inputs.version }}"},
            "run": _CHECKED.format(pattern=_VERSION) + program + "\n",
        },
    ]
    permissions = {"contents": "read"}
    if told := next((name for name, pattern in inputs.items() if pattern == "{deployment}"), None):
        status = {"GH_TOKEN": "${{ secrets.GITHUB_TOKEN }}", "DEPLOYMENT": f"${{{{ inputs.{told} }}}}"}
        ended = "${{ job.status == 'success' && 'success' || 'failure' }}"
        steps.insert(0, {"name": "Say that it has begun", "env": {**status, "STATE": "in_progress"}, "run": _STATUS})
        steps.append({"name": "Say how it ended", "if": "always()", "env": {**status, "STATE": ended}, "run": _STATUS})
        permissions["deployments"] = "write"
    return {
        "name": f"Deploy to {environment.name}",
        "if": f"github.event_name == 'workflow_dispatch' && inputs.environment == '{environment.name}'",
        "runs-on": "ubuntu-latest",
        "timeout-minutes": max(1, int(environment.progress_within.total_seconds() // 60)),
        "environment": where,
        "permissions": permissions,
        "steps": steps,
    }


def _checkout(ref: str) -> dict[str, Any]:
    return {"name": "Check out", "uses": CHECKOUT, "with": {"ref": ref, "persist-credentials": False}}


def _glob(text: str) -> str:
    """Text in a filter of tags, where these signs mean something."""
    return re.sub(r"[*?+\[\]!\\]", r"\\\g<0>", text)


def _unsaid(product: Product) -> list[str]:
    notes = []
    if any(one.approvals is not None and one.approvals.roles for one in product.deploy.environments.values()):
        notes.append(
            "approvals: Release Ops asks before it starts the workflow; reviewers of GitHub's environments come on top"
        )
    if any(one.windows for one in product.deploy.environments.values()):
        notes.append("windows: Release Ops asks them; a person who starts the workflow by hand goes around them")
    if any(one.background or one.steps for one in product.deploy.environments.values()):
        notes.append("steps and analyses: Release Ops leads them, one start of the workflow for each weight")
    return notes
