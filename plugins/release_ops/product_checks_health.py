"""What the health section of a product file must be to its other sections: audiences, releases and their milestones."""

from __future__ import annotations

from collections.abc import Iterator

from release_ops.domain.health_policy import MEASURES
from release_ops.domain.milestones import WITHOUT_CALENDAR
from release_ops.domain.model import Product
from release_ops.product_checks_common import limits_out_of_order, unknown_audiences
from release_ops.product_errors import Problem, did_you_mean
from release_ops.product_validation import Steps, located
from release_ops.product_yaml import Node


def health_problems(product: Product, root: Node) -> list[Problem]:
    """Return thresholds in the wrong order, and audiences, releases and milestones that the file does not have.

    An audience that only the defaults name is none: a product that goes without it does not have to say so twice.
    """
    found = [*_order(product, root), *_audiences(product, root), *_external(product, root)]
    return [problem for problem in found if problem.file == root.file]


def _order(product: Product, root: Node) -> Iterator[Problem]:
    return limits_out_of_order(
        root, ("health", "thresholds"), product.health.thresholds, lambda name: MEASURES[name].high_is_bad
    )


def _audiences(product: Product, root: Node) -> Iterator[Problem]:
    return unknown_audiences(root, ("health", "report_to"), product.health.report_to, product)


def _external(product: Product, root: Node) -> Iterator[Problem]:
    releases = {release.version: release for release in product.releases}
    for index, owed in enumerate(product.health.external):
        path: Steps = ("health", "external", index)
        if not owed.version:
            continue
        release = releases.get(owed.version)
        if release is None:
            remedy = did_you_mean(owed.version, releases) or "plan the release, or leave the version out"
            yield located(root, (*path, "version"), "there is no such release", remedy)
            continue
        kinds = {kind.value for kind in (*product.trains.get(release.type, {}), *release.overrides)}
        if release.type not in WITHOUT_CALENDAR and owed.before not in kinds:
            message = f"the {release.type} release {release.version} has no such milestone"
            remedy = did_you_mean(owed.before, sorted(kinds), what="it has")
            yield located(root, (*path, "before"), message, remedy)
