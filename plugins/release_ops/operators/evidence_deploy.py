"""Evidence about deployments: whether the way back was rehearsed."""

from __future__ import annotations

from release_ops.domain.deploy_plan import judged_rehearsal
from release_ops.domain.model import Criterion, Evidence, Outcome
from release_ops.operators.evidence_sources import Sources, found, unknown


def rehearsal(criterion: Criterion, sources: Sources) -> Evidence:
    """Whether the last rehearsal of each environment passed and is fresh; the worst of them counts."""
    names = [str(name) for name in criterion.spec.get("environments") or sources.rehearsed]
    link = f"rehearsals of {sources.product}"
    if not names:
        observed = "no environment asks for rehearsals (rehearse: true)"
        return found(criterion, True, observed=observed, expected="passed where asked for", link=link)
    max_age = criterion.spec["max_age"]
    results = {name: judged_rehearsal(sources.rehearsals.get(name), max_age, sources.now, name) for name in names}
    observed = "; ".join(f"{name}: {one.observed}" for name, one in results.items())
    expected = "; ".join(one.expected for one in results.values())
    detail = "; ".join(f"{name}: {one.detail}" for name, one in results.items() if one.detail)
    outcomes = {one.outcome for one in results.values()}
    if Outcome.FAIL not in outcomes and Outcome.UNKNOWN in outcomes:
        return unknown(criterion, observed, expected=expected, detail=detail, link=link)
    holds = outcomes == {Outcome.PASS}
    return found(criterion, holds, observed=observed, expected=expected, detail=detail, link=link)
