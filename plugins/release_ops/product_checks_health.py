"""What the health section of a product file must be to its other sections: audiences that are there."""

from __future__ import annotations

from release_ops.domain.model import Product
from release_ops.product_errors import Problem, did_you_mean
from release_ops.product_validation import Steps, located
from release_ops.product_yaml import Node


def health_problems(product: Product, root: Node) -> list[Problem]:
    """Return the audiences that the section names and the file does not have.

    An audience that only the defaults name is none: a product that goes without it does not have to say so twice.
    """
    found = []
    audiences = [*product.channels]
    for index, name in enumerate(product.health.report_to):
        if name not in audiences:
            path: Steps = ("health", "report_to", index)
            found.append(located(root, path, "there is no such audience", did_you_mean(name, audiences)))
    return [problem for problem in found if problem.file == root.file]
