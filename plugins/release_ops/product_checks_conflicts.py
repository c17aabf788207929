"""What the section on conflicts must be to the rest of a product file."""

from __future__ import annotations

from release_ops.domain.model import Product
from release_ops.product_errors import Problem, did_you_mean
from release_ops.product_validation import located
from release_ops.product_yaml import Node


def conflict_checks(product: Product, root: Node) -> list[Problem]:
    """Return the problems of `accepted_conflicts`: releases that are not planned."""
    found = []
    versions = [release.version for release in product.releases]
    for index, one in enumerate(product.accepted_conflicts):
        if one.version and one.version not in versions:
            path = ("accepted_conflicts", index, "version")
            remedy = did_you_mean(one.version, versions) or "remove the entry"
            found.append(located(root, path, "no release has this version", remedy))
    return found
