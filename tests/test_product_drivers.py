"""The settings of the drivers `gitops` and `github` in a product file."""

from __future__ import annotations

from pathlib import Path

import pytest

from release_ops.domain.github_deploy_policy import GitHubDeployPolicy
from release_ops.domain.gitops_policy import ArgoSteps, GitOpsPolicy, HelmValues, KustomizeImage
from release_ops.product import ProductError, load_product, project_root
from release_ops.product_deploy_github import github_policy
from release_ops.product_deploy_gitops import gitops_policy

HEAD = """\
product: webapp
repository: {kind: github, location: example/webapp, connection: gh}
approvers:
  technical_lead: [{id: ada}]
  release_manager: [{id: grace}]
  product_owner: [{id: alan}]
  qa_lead: [{id: chloe}]
  stakeholder: [{id: eva}]
audiences: {engineering: [{kind: outbox}]}
analyses: {errors: {like: errors}}
"""
GITOPS = """\
deploy:
  driver: gitops
  gitops:
    repository: https://git.example.org/config.git
    connection: config_git
    argocd: argocd
  environments:
    staging:
      gitops:
        application: webapp-staging
        files: [{kustomization: apps/staging/kustomization.yaml, image: webapp}]
    production:
      gitops:
        application: webapp-production
        rollouts: [webapp]
        steps: resume
        files:
          - {kustomization: apps/production/kustomization.yaml, image: webapp, tag: "v{version}"}
          - {values: charts/jobs.yaml, version: "jobs[0].tag"}
"""
GITHUB = """\
deploy:
  driver: github
  environments:
    staging: {}
    production:
      github:
        environment: live
        workflow: deploy.yml
        weights: true
        inputs: {version: "{version}", weight: "{weight}"}
"""


def load(tmp_path: Path, text: str):
    path = tmp_path / "webapp.yaml"
    path.write_text(HEAD + text)
    return load_product(path, defaults=project_root() / "include" / "products")


def problems(tmp_path: Path, text: str) -> list[str]:
    with pytest.raises(ProductError) as raised:
        load(tmp_path, text)
    return [
        f"{problem.line}: {problem.field}: {problem.message}; {problem.remedy}" for problem in raised.value.problems
    ]


def test_what_is_written_for_all_is_written_once(tmp_path):
    product = load(tmp_path, GITOPS)
    staging, production = (gitops_policy(one.settings) for one in product.deploy.environments.values())
    shared = {"repository": "https://git.example.org/config.git", "connection": "config_git", "argocd": "argocd"}
    assert staging == GitOpsPolicy(
        **shared,
        application="webapp-staging",
        files=(KustomizeImage(file="apps/staging/kustomization.yaml", image="webapp"),),
    )
    assert production == GitOpsPolicy(
        **shared,
        application="webapp-production",
        rollouts=("webapp",),
        steps=ArgoSteps.RESUME,
        files=(
            KustomizeImage(file="apps/production/kustomization.yaml", image="webapp", tag="v{version}"),
            HelmValues(file="charts/jobs.yaml", version="jobs[0].tag"),
        ),
    )


def test_a_relative_repository_counts_from_the_project_and_may_hold_a_variable(tmp_path, monkeypatch):
    monkeypatch.setenv("RELEASE_OPS_CONFIG", str(tmp_path / "config.git"))
    text = GITOPS.replace("https://git.example.org/config.git", "${RELEASE_OPS_CONFIG}")
    product = load(tmp_path, text)
    assert product.deploy.environments["staging"].settings["repository"] == str(tmp_path / "config.git")
    told = problems(tmp_path, GITOPS.replace("https://git.", "https://me:secret@git."))
    assert told == ["14: deploy.gitops.repository: holds a password; put it into an Airflow connection"]


def test_the_products_own_repository_is_the_usual_one_for_github(tmp_path):
    product = load(tmp_path, GITHUB)
    staging, production = (github_policy(product, one) for one in product.deploy.environments.values())
    shared = {"repository": "example/webapp", "connection": "gh"}
    assert staging == GitHubDeployPolicy(**shared, environment="staging", deployment=True)
    assert production == GitHubDeployPolicy(
        **shared,
        environment="live",
        deployment=False,
        production=True,
        workflow="deploy.yml",
        weights=True,
        inputs={"version": "{version}", "weight": "{weight}"},
    )


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("image: webapp}]", "image: webapp, canary: x}]", "canary is for values; remove canary"),
        (", image: webapp}]", "}]", "names no image; write image: the name that the manifests have"),
        ("{values: charts/jobs.yaml, version", "{values: charts/jobs.yaml, weight", "a canary needs its version and its"),
        ("kustomization: apps/staging", "values: x, kustomization: apps/staging", "is either a kustomization"),
        ("v{version}", "v{verison}", "there is no placeholder {verison}; did you mean {version}?"),
        ("jobs[0].tag", "jobs[0", "'jobs[0' is no path of keys; write it like image.tag or images[0].tag"),
        ("        application: webapp-staging\n", "", "16: deploy.gitops.argocd: is asked about no Application"),
        ("    argocd: argocd\n", "", "19: deploy.environments.staging.gitops.application: needs Argo CD"),
        ("        rollouts: [webapp]\n", "", "deploy.environments.production: gives a version to 10 %"),
        (
            'version: "jobs[0].tag"', "version: a, canary: b, weight: c",
            "deploy.environments.production.gitops.rollouts: the Rollout has the weights, and a values file too",
        ),
        ("steps: resume", "steps: lead", "deploy.environments.production.gitops.steps"),
    ],
)  # fmt: skip
def test_wrong_settings_of_gitops_are_told_where_they_are_written(tmp_path, old, new, told):
    assert old in GITOPS
    found = problems(tmp_path, GITOPS.replace(old, new))
    assert any(told in one for one in found), found


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("weights: true", "weights: false", "gives a version to 10 % of the users, which nothing there can do"),
        (', weight: "{weight}"', "", "19: deploy.environments.production.github.weights: reaches no input"),
        ("{weight}", "{wieght}", "there is no placeholder {wieght}; did you mean {weight}?"),
        ("workflow: deploy.yml", "workflow: a/b.yml", "deploy.environments.production.github.workflow"),
        ("        workflow: deploy.yml\n", "", "19: deploy.environments.production.github.inputs: is for a workflow"),
        ("staging: {}", "staging: {github: {deployment: false}}", "deployment: leaves nothing to do"),
        ("weight: \"{weight}\"", "release_ops: \"{weight}\"", "inputs.release_ops: is the input that gets our mark"),
        ("environment: live", "repository: webapp", "deploy.environments.production.github.repository"),
    ],
)  # fmt: skip
def test_wrong_settings_of_github_are_told_where_they_are_written(tmp_path, old, new, told):
    assert old in GITHUB
    found = problems(tmp_path, GITHUB.replace(old, new))
    assert any(told in one for one in found), found


def test_without_a_repository_on_github_one_has_to_be_named(tmp_path, monkeypatch):
    monkeypatch.setitem(
        globals(), "HEAD", HEAD.replace("{kind: github, location: example/webapp, connection: gh}", "{location: .}")
    )
    found = problems(tmp_path, GITHUB)
    assert any("the product's own repository is not on GitHub; write repository: owner/name" in one for one in found)


def test_gitops_without_a_repository_is_told(tmp_path):
    found = problems(tmp_path, GITOPS.replace("    repository: https://git.example.org/config.git\n", ""))
    assert any("staging: is deployed by the driver gitops, which has no repository" in one for one in found), found
