"""What the risks and the plans of a product file must be to its other sections: measures, levels of tests, audiences."""

from __future__ import annotations

from collections.abc import Iterable

from release_ops.domain.model import Product
from release_ops.domain.risk import StatedRisk
from release_ops.domain.risk_measures import MEASURED
from release_ops.domain.stakeholders import audience_members
from release_ops.product_errors import Problem, did_you_mean, nearest
from release_ops.product_validation import Steps, located
from release_ops.product_yaml import Node, locate


def risk_problems(product: Product, root: Node) -> list[Problem]:
    """Return the rules that nothing measures, and the ids that two risks of a release have.

    A release's own risk may have the id of one that the product states: then its own counts.
    """
    found = []
    # Not the product's rules: a misspelt one lacks its title too, and what is wrong with that is told elsewhere.
    rules, _, way = locate(root, ("risks", "rules"))
    names = [*rules.value] if len(way) == 2 and isinstance(rules.value, dict) else []
    for name in names:
        if name not in MEASURED and rules.value[name].value is not None:
            near = nearest(name, MEASURED)
            remedy = f"did you mean {near!r}?" if near else "write a risk of your own under risks.stated"
            found.append(located(root, ("risks", "rules", name), "nothing measures this risk", remedy))
    measured = {rule.id for rule in product.risks.rules}
    found += _twice(root, ("risks", "stated"), product.risks.stated, measured)
    for index, release in enumerate(product.releases):
        found += _twice(root, ("releases", index, "risks"), release.risks, measured)
    return found


def _twice(root: Node, path: Steps, risks: Iterable[StatedRisk], measured: set[str]) -> list[Problem]:
    found, seen = [], set[str]()
    for index, one in enumerate(risks):
        where: Steps = (*path, index, "id")
        if one.id in measured:
            remedy = f"give it another id, or write risks.rules.{one.id}: null to state it yourself"
            found.append(located(root, where, "is the id of a risk that is measured", remedy))
        elif one.id in seen:
            found.append(located(root, where, "is listed twice", "remove one, or correct the id"))
        seen.add(one.id)
    return found


def document_problems(product: Product, root: Node) -> list[Problem]:
    """Return the levels of tests and the audiences that the file names and does not have.

    Those that only the defaults name are none: a product that goes without a level or an audience does not have to say so
    twice.
    """
    found = []
    levels = [level.id for level in product.tests.levels]
    for kind, risks in product.tests.depths.items():
        for risk, depths in risks.items():
            for name in depths:
                if name not in levels:
                    path: Steps = ("tests", "depths", str(kind), str(risk), name)
                    remedy = did_you_mean(name, levels)
                    found.append(located(root, path, "there is no such level of tests", remedy))
    audiences = [*audience_members(product, product.stakeholders.people)]
    for phase in product.communication:
        for index, name in enumerate(phase.audiences):
            if name != "*" and name not in audiences:
                remedy = did_you_mean(name, audiences)
                path = ("communication", phase.id, "audiences", index)
                found.append(located(root, path, "there is no such audience", remedy))
    return [problem for problem in found if problem.file == root.file]
