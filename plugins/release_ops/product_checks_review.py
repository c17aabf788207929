"""What the reviews of a product file must be to its other sections: audiences that it has."""

from __future__ import annotations

from release_ops.domain.model import Product
from release_ops.product_checks_common import unknown_audiences
from release_ops.product_errors import Problem
from release_ops.product_yaml import Node


def review_problems(product: Product, root: Node) -> list[Problem]:
    """Return audiences that the file does not have; those that only the defaults name are left alone."""
    found = [
        *unknown_audiences(root, ("review", "report_to"), product.review.report_to, product),
        *unknown_audiences(root, ("review", "actions", "overdue_to"), product.review.actions.overdue_to, product),
    ]
    return [problem for problem in found if problem.file == root.file]
