"""What the settings of the drivers `gitops` and `github` must be to each other, to the steps, and to the product."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from release_ops.domain.deploy_policy import Environment, StepKind
from release_ops.domain.gitops_policy import HelmValues
from release_ops.domain.model import Product
from release_ops.product_deploy_github import github_policy
from release_ops.product_deploy_gitops import gitops_policy
from release_ops.product_errors import Problem
from release_ops.product_validation import Steps, located
from release_ops.product_yaml import Node, locate

Location = Callable[[Node, tuple[str, ...], str], tuple[str, list[Problem]]]
"""Location of a repository that is written at a path, by its kind, and what is wrong with it."""


def driver_problems(product: Product, root: Node) -> list[Problem]:
    """Return settings that do not go together, and shares of the users that a driver cannot give."""
    found: list[Problem] = []
    for environment in product.deploy.environments.values():
        check = {"gitops": _gitops, "github": _github}.get(environment.driver)
        found += check(product, environment, root) if check is not None else ()
    return found


def _gitops(_: Product, environment: Environment, root: Node) -> Iterator[Problem]:
    settings = environment.settings
    if not settings.get("repository"):
        return  # told as missing
    policy = gitops_policy(settings)
    if not policy.files:
        message, remedy = "names no files", "write files: the kustomizations or values files that name the version"
        yield located(root, setting_path(root, environment, "files"), message, remedy)
        return
    if policy.argocd and not policy.application:
        path = setting_path(root, environment, "argocd")
        yield located(root, path, "is asked about no Application", "write application: its name at Argo CD")
    for key in ("application", "rollouts", "sync"):
        if settings.get(key) and not policy.argocd:
            remedy = "write argocd: the Airflow connection of Argo CD, or remove it"
            yield located(root, setting_path(root, environment, key), "needs Argo CD", remedy)
    if policy.rollouts and any(isinstance(one, HelmValues) and one.weight for one in policy.files):
        message = "the Rollout has the weights, and a values file too"
        remedy = "remove canary and weight from files, or the rollouts"
        yield located(root, setting_path(root, environment, "rollouts"), message, remedy)
    if not policy.has_weights:
        remedy = "name rollouts, or the place of the weight in files, or write strategy: rolling"
        yield from _shares(environment, root, remedy)


def _github(product: Product, environment: Environment, root: Node) -> Iterator[Problem]:
    policy = github_policy(product, environment)
    if not policy.repository:
        path: Steps = setting_path(root, environment, "repository")
        message = "is missing, and the product's own repository is not on GitHub"
        yield located(root, path, message, "write repository: owner/name")
    if not policy.deployment and not policy.workflow:
        remedy = "write workflow: the file that is started, or deployment: true"
        yield located(root, setting_path(root, environment, "deployment"), "leaves nothing to do", remedy)
    if not policy.workflow:
        for key in ("inputs", "workflow_ref", "mark"):
            if key in environment.settings:
                remedy = "write workflow: the file that is started, or remove it"
                yield located(root, setting_path(root, environment, key), "is for a workflow", remedy)
    if policy.mark in policy.inputs:
        path = setting_path(root, environment, "inputs", policy.mark)
        yield located(root, path, "is the input that gets our mark", "rename one of the two: mark: release_ops")
    if policy.weights and policy.workflow and not any("{weight}" in one for one in policy.inputs.values()):
        remedy = 'write inputs: {weight: "{weight}"}'
        yield located(root, setting_path(root, environment, "weights"), "reaches no input of the workflow", remedy)
    if not policy.weights:
        remedy = "write weights: true if the workflow can do it, or strategy: rolling"
        yield from _shares(environment, root, remedy)


def _shares(environment: Environment, root: Node, remedy: str) -> Iterator[Problem]:
    weights = [step.weight for step in environment.steps if step.kind is StepKind.WEIGHT and step.weight < 100]
    if weights:
        path: Steps = ("deploy", "environments", environment.name)
        message = f"gives a version to {weights[0]} % of the users, which nothing there can do"
        yield located(root, path, message, remedy)


def with_config_repositories(product: Product, root: Node, location: Location) -> tuple[Product, list[Problem]]:
    """The product with the locations of its config repositories filled in, and what is wrong with them."""
    environments, problems = dict(product.deploy.environments), dict[Problem, None]()
    for name, environment in environments.items():
        if environment.driver != "gitops" or "repository" not in environment.settings:
            continue
        path = setting_path(root, environment, "repository")
        text, found = location(root, tuple(str(step) for step in path), "git")
        problems |= dict.fromkeys(found)
        settings = {**environment.settings, "repository": text or environment.settings["repository"]}
        environments[name] = replace(environment, settings=settings)
    return replace(product, deploy=replace(product.deploy, environments=environments)), [*problems]


def setting_path(root: Node, environment: Environment, *keys: str | int) -> Steps:
    """Where a setting of an environment's driver is written: there, at its stage, or for all; there if nowhere."""
    places = [*_sections(environment)]
    for place in places:
        path: Steps = (*place, *keys)
        if len(locate(root, path)[2]) == len(path):
            return path
    return (*places[0], *keys)


def _sections(environment: Environment) -> Iterator[Steps]:
    yield ("deploy", "environments", environment.name, environment.driver)
    yield ("deploy", "stages", environment.stage.value, environment.driver)
    yield ("deploy", environment.driver)
