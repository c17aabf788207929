"""What the plan in a product file must be: dependencies that exist and do not run in circles, teams, sources, boards."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from release_ops.domain.feasibility import cycles
from release_ops.domain.gates import NoApproverError, seats
from release_ops.domain.model import FeatureStatus, Product
from release_ops.domain.scope_policy import FILE, GITHUB
from release_ops.product_errors import Problem, did_you_mean
from release_ops.product_validation import Steps, located
from release_ops.product_yaml import Node


def plan_problems(product: Product, root: Node) -> list[Problem]:
    """Problems of a file's features, their teams and their source; ids that are listed twice are told elsewhere."""
    found = []
    if product.scope.source == GITHUB and product.repository.kind != "github":
        message = "the repository is not on GitHub, so there are no milestones to read"
        found.append(
            located(root, ("scope", "source"), message, "write repository: {kind: github, ...}, or source: file")
        )
    for index, release in enumerate(product.releases):
        if release.features and product.scope.source != FILE:
            message = f"is not read: the features come from {product.scope.source}"
            found.append(located(root, ("releases", index, "features"), message, "remove it, or write source: file"))
            continue
        found += _features(product, root, index)
    return found


def _features(product: Product, root: Node, index: int) -> list[Problem]:
    features = product.releases[index].features
    known = [one.id for one in features]
    found, path = [], ("releases", index, "features")
    for place, feature in enumerate(features):
        for at, other in enumerate(feature.depends_on):
            if other not in known:
                where: Steps = (*path, place, "depends_on", at)
                elsewhere = [
                    release.version for release in product.releases if other in [each.id for each in release.features]
                ]
                remedy = (
                    f"it is in {', '.join(elsewhere)}: remove it when that is out, or move one of them"
                    if elsewhere
                    else did_you_mean(other, known)
                )
                found.append(located(root, where, "this release has no such feature", remedy))
        if feature.team and product.capacity.teams and feature.team not in product.capacity.teams:
            near = did_you_mean(feature.team, product.capacity.teams)
            if near.startswith("did"):
                found.append(located(root, (*path, place, "team"), "capacity has no such team", near))
    # A circle is a mistake in the file however far its features are.
    for circle in cycles([replace(one, status=FeatureStatus.PLANNED) for one in features]):
        first = known.index(circle[0])
        message = f"features wait for each other: {' -> '.join(circle)}"
        place_of = (*path, first, "depends_on", features[first].depends_on.index(circle[1]))
        found.append(located(root, place_of, message, "remove one of these dependencies"))
    return found


def strangers_away(product: Product, root: Node) -> list[Problem]:
    """Absences of people whom no approval and no team counts on: nothing follows from them, so the id may be mistyped."""
    known = {person.id for people in product.approvers.values() for person in people}
    known.update(name for team in product.capacity.teams.values() for name in team.people)
    found = []
    for index, absence in enumerate(product.absences):
        if absence.person not in known:
            near = did_you_mean(absence.person, sorted(known), what="those who do are")
            message = "nobody who approves or belongs to a team has this id"
            found.append(located(root, ("away", index, "who"), message, near or "correct it, or remove the absence"))
    return found


def board_problems(product: Product, root: Node, today: date) -> list[Problem]:
    """Seats of releases to come that a gate asks for by their type and that the approvers cannot fill.

    Told when a file is checked, not when it is loaded: a past major release needs no board any more.
    """
    found = []
    coming = dict.fromkeys(release.type for release in product.releases if release.ga >= today)
    for name in dict.fromkeys(product.milestone_gates.values()):
        gate = product.gates.get(name)
        for kind in coming:
            policy = gate.approvals.types.get(kind) if gate else None
            if policy is None:
                continue
            try:
                seats(policy, product.approvers)
            except NoApproverError:
                asked = " and ".join(f"{count} x {role}" for role, count in policy.roles.items())
                first = next(iter(policy.roles), "")
                where: Steps = ("approvers", first) if first in product.approvers else ("approvers",)
                message = f"gate {name} asks {asked} of a {kind} release, and they cannot be filled by different people"
                remedy = (
                    f"write people under approvers.{first}, or ask nobody: "
                    f"gates.{name}.approvals.types: {{{kind}: null}}"
                )
                found.append(located(root, where, message, remedy))
    return found
