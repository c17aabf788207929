"""What the deployments in a product file must be to its other sections, and steps that would not lead to all users."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise

from release_ops.domain.deploy_policy import EVERY_ANALYSIS, Environment, StepKind, Strategy
from release_ops.domain.gates import NoApproverError, seats
from release_ops.domain.model import Product
from release_ops.product_deploy_drivers import REQUIRED
from release_ops.product_errors import Problem, did_you_mean
from release_ops.product_validation import Steps, located
from release_ops.product_yaml import Node


def deploy_problems(product: Product, root: Node) -> list[Problem]:
    """Return names that the file does not have, environments in a circle, drivers without settings, and wrong steps."""
    found: list[Problem] = []
    for name, environment in product.deploy.environments.items():
        path: Steps = ("deploy", "environments", name)
        found += _driver(environment, root, path)
        found += _order(product, environment, root, path)
        found += _steps(product, environment, root, path)
        found += _people(product, environment, root, path)
    return found


def _driver(environment: Environment, root: Node, path: Steps) -> Iterator[Problem]:
    needed = REQUIRED.get(environment.driver)
    if needed and not environment.settings.get(needed):
        message = f"is deployed by the driver {environment.driver}, which has no {needed}"
        example = {"run": "command: {run: [./deploy.sh]}"}.get(needed, f"{environment.driver}: {{{needed}: ...}}")
        yield located(root, path, message, f"write {example} here or under deploy, or choose another driver")


def _order(product: Product, environment: Environment, root: Node, path: Steps) -> Iterator[Problem]:
    known = [*product.deploy.environments]
    for index, other in enumerate(environment.after):
        where: Steps = (*path, "after", index)
        if other not in known:
            yield located(root, where, "there is no such environment", did_you_mean(other, known))
        elif known.index(other) >= known.index(environment.name):
            remedy = f"write {other} above {environment.name}: environments stand in their order of promotion"
            yield located(root, where, "does not come before this environment", remedy)
    if environment.gate and environment.gate not in product.gates:
        remedy = did_you_mean(environment.gate, [*product.gates])
        yield located(root, (*path, "gate"), "there is no such gate", remedy)


def _steps(product: Product, environment: Environment, root: Node, path: Steps) -> Iterator[Problem]:
    weights = [step.weight for step in environment.steps if step.kind is StepKind.WEIGHT]
    if 100 not in weights[-1:]:
        yield located(root, (*path, "steps"), "does not end with all users", "write {weight: 100} as the last weight")
    if any(after < before for before, after in pairwise(weights)):
        yield located(root, (*path, "steps"), "takes users away again", "write the weights in rising order")
    if environment.strategy is Strategy.CANARY and not any(
        step.analyses or step.kind is StepKind.PAUSE for step in environment.steps
    ):
        remedy = "write analyses, pauses between the weights, or strategy: rolling"
        yield located(root, path, "is a canary that nothing looks at before everybody has it", remedy)
    known = [*product.analyses]
    for name in dict.fromkeys(name for step in environment.steps for name in step.analyses):
        if name not in product.analyses:
            yield located(root, (*path, "steps"), f"there is no analysis {name}", did_you_mean(name, known))
        elif endless := product.analyses[name].endless:
            remedy = f"write a count under {endless[0]}, or name the analysis under background"
            yield located(root, (*path, "steps"), f"analysis {name} has no end, so the step would have none", remedy)
    for index, name in enumerate(environment.background):
        if name not in product.analyses and name != EVERY_ANALYSIS:
            yield located(root, (*path, "background", index), "there is no such analysis", did_you_mean(name, known))


def _people(product: Product, environment: Environment, root: Node, path: Steps) -> Iterator[Problem]:
    if environment.approvals is not None and environment.approvals.roles:
        try:
            seats(environment.approvals, product.approvers)
        except NoApproverError as error:
            remedy = "name more people under approvers, or ask others: approvals: {roles: {release_manager: 1}}"
            yield located(root, (*path, "approvals"), str(error).split(".", maxsplit=1)[0], remedy)
    own = root.value.get("deploy")
    for occasion, names in environment.announce.items():
        for index, name in enumerate(names):
            where: Steps = (*path, "announce", occasion, index)
            if name != "*" and name not in product.channels and own is not None and _is_written(own, where[1:]):
                yield located(root, where, "there is no such audience", did_you_mean(name, [*product.channels]))


def _is_written(node: Node, path: Iterable[str | int]) -> bool:
    """Whether a place is in the file itself, and not only in what its stage has."""
    for step in path:
        try:
            node = node.value[step]
        except (KeyError, IndexError, TypeError):
            return False
    return True
