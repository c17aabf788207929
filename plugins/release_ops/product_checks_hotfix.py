"""What the section `hotfix` must be to the rest of a product file: gates that it names, audiences that it tells."""

from __future__ import annotations

from release_ops.domain.model import Product
from release_ops.product_errors import Problem, did_you_mean
from release_ops.product_validation import Steps, located
from release_ops.product_yaml import Node


def hotfix_problems(product: Product, root: Node) -> list[Problem]:
    """Gates that are not there, and a pattern that makes the release branch and the hotfix's the same."""
    policy = product.hotfix
    named: list[tuple[Steps, str]] = [(("hotfix", "gate"), policy.gate)] if policy.gate else []
    named += [(("hotfix", "tests", kind), name) for kind, name in policy.tests.items()]
    found = [
        located(root, path, "there is no such gate", did_you_mean(name, list(product.gates)))
        for path, name in named
        if name not in product.gates
    ]
    if policy.branch == product.repository.release_branch:
        message, remedy = "is the pattern of the release branches too", "write hotfix/{version}"
        found.append(located(root, ("hotfix", "branch"), message, remedy))
    return found
