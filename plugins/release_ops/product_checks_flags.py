"""What the flags of a product file must be to its other sections: audiences, roles, releases, analyses, the engine."""

from __future__ import annotations

from collections.abc import Iterator

from release_ops.domain.flags_policy import Engine, Flag, Ramp
from release_ops.domain.model import Product
from release_ops.product_checks_common import unknown_audiences
from release_ops.product_errors import Problem, did_you_mean
from release_ops.product_validation import Steps, located
from release_ops.product_yaml import Node


def flag_problems(product: Product, root: Node) -> list[Problem]:
    """Return the audiences, roles and releases that the flags name and the file does not have, and what the engine lacks.

    An audience that only the defaults name is none: a product that goes without it does not have to say so twice.
    """
    found: list[Problem] = []
    for name in ("tell", "tell_killed", "report_to"):
        found += unknown_audiences(root, ("flags", name), getattr(product.flags, name), product)
    for key, flag in product.flags.flags.items():
        found += _flag(product, root, ("flags", "flags", key), flag)
    return [problem for problem in found if problem.file == root.file]


def _flag(product: Product, root: Node, path: Steps, flag: Flag) -> Iterator[Problem]:
    versions = [release.version for release in product.releases]
    if flag.version and flag.version not in versions:
        remedy = did_you_mean(flag.version, versions) or "plan the release, or leave the version out"
        yield located(root, (*path, "version"), "there is no such release", remedy)
    for environment, ramp in flag.environments.items():
        yield from _ramp(product, root, (*path, "environments", environment), ramp)


def _ramp(product: Product, root: Node, path: Steps, ramp: Ramp) -> Iterator[Problem]:
    for role, count in ramp.approvals.roles.items() if ramp.approvals else ():
        people = product.approvers.get(role, ())
        where: Steps = (*path, "approvals", "roles", role)
        if not people:
            remedy = did_you_mean(role, product.approvers) or f"write people under approvers.{role}"
            yield located(root, where, "no approver has this role", remedy)
        elif len(people) < count:
            yield located(root, where, f"asks for {count} people, and there are {len(people)}", "ask for fewer")
    named = dict.fromkeys((*ramp.analyses, *(name for some in ramp.step_analyses.values() for name in some)))
    for name in named:
        if name not in product.analyses:
            remedy = did_you_mean(name, product.analyses) or f"write it under analyses.{name}"
            yield located(root, (*path, "analyses"), f"there is no analysis {name}", remedy)
    if ramp.targeting.segments and product.flags.engine is not Engine.UNLEASH:
        message = "segments are Unleash's, and the engine is flagd"
        yield located(root, (*path, "targeting", "segments"), message, "write them as rules")
