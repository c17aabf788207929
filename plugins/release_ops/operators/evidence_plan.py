"""Evidence about the plan: whether it can be done, and whether enough is known to say so."""

from __future__ import annotations

from release_ops.domain.feasibility import ReleasePlan, elsewhere, names
from release_ops.domain.model import Criterion, Evidence
from release_ops.operators.evidence_sources import Sources, found, unknown


def feasible(criterion: Criterion, sources: Sources) -> Evidence:
    """Whether nothing that is known speaks against the plan; `estimated: true` asks whether enough is known."""
    expected = "points and capacity are known" if criterion.spec.get("estimated") else "time and capacity suffice"
    link = f"scope of {sources.product} {sources.version}"
    if sources.plan is None:
        detail = "the scope is not known: list `features` of the release, or set `scope: {source: github}` or jira"
        return unknown(criterion, "no scope", expected=expected, detail=detail, link=link)
    plan = sources.plan()
    if not plan.priorities.choices:
        return found(criterion, True, observed="no features planned", expected=expected, link=link)
    if criterion.spec.get("estimated"):
        return _estimated(criterion, plan, expected, link)
    verdict = plan.feasibility
    if verdict.feasible:
        observed = ", ".join(plan.sums) or "no dependency that cannot be met"
        return found(criterion, True, observed=observed, expected=expected, link=link)
    remedies = "; or ".join(remedy.text for remedy in verdict.remedies)
    detail = (
        f"what would make it feasible: {remedies}"
        if remedies
        else "neither less scope, nor a later date, nor more hands"
    )
    observed = "; ".join(issue.text for issue in verdict.issues[:5])
    more = len(verdict.issues) - 5
    observed += f"; and {more} more" if more > 0 else ""
    return found(criterion, False, observed=observed, expected=expected, detail=detail, link=link)


def _estimated(criterion: Criterion, plan: ReleasePlan, expected: str, link: str) -> Evidence:
    if plan.estimated:
        return found(criterion, True, observed="all known", expected=expected, link=link)
    lacking, remedies = [], []
    if plan.room is None or plan.room.whole is None:
        lacking.append("no capacity")
        remedies.append("write capacity: {points_per_week: ...} into the product file")
    if plan.unestimated:
        lacking.append(f"no points of {names(plan.unestimated)}")
        remedies.append("estimate the features")
    if plan.outside:
        lacking += [elsewhere(one, other) for one, other in plan.outside[:5]]
        remedies.append("agree on a day with those who do what others wait for")
    detail = f"{' and '.join(remedies)}, so that feasible says more"
    return unknown(criterion, ", ".join(lacking), expected=expected, detail=detail, link=link)
