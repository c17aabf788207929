"""Evidence for the criteria of a gate: one function per kind of criterion, in one table."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from release_ops.domain.model import Criterion, Evidence, Gate
from release_ops.operators import (
    evidence_deploy,
    evidence_metrics,
    evidence_plan,
    evidence_release,
    evidence_repository,
)
from release_ops.operators.evidence_sources import Sources

__all__ = ["COLLECTORS", "CollectionError", "Sources", "collect", "collect_all"]


class CollectionError(RuntimeError):
    """Some evidence could not be collected because a system is broken; `evidence` is all that was."""

    def __init__(self, problems: Mapping[str, Exception], evidence: tuple[Evidence, ...]) -> None:
        lines = [f"{criterion}: {type(error).__name__}: {error}" for criterion, error in problems.items()]
        super().__init__("evidence could not be collected; the other criteria were looked at\n" + "\n".join(lines))
        self.problems = dict(problems)
        self.evidence = evidence


def collect(criterion: Criterion, sources: Sources) -> Evidence:
    """Evidence for one criterion.

    What is missing (no report, no row, no GitHub) is `unknown` and `detail` says how to provide it; a system that does
    not answer raises its own error; ValueError for a kind that does not exist.
    """
    collector = COLLECTORS.get(criterion.kind)
    if collector is None:
        raise ValueError(f"{criterion.id}: unknown kind {criterion.kind!r}; use one of {', '.join(COLLECTORS)}")
    return collector(criterion, sources)


def collect_all(gate: Gate, sources: Sources) -> tuple[Evidence, ...]:
    """Evidence for every criterion of a gate; all are tried before CollectionError names those that could not be."""
    found: list[Evidence] = []
    problems: dict[str, Exception] = {}
    for criterion in gate.criteria:
        try:
            found.append(collect(criterion, sources))
        except Exception as error:
            problems[criterion.id] = error
    if problems:
        raise CollectionError(problems, tuple(found)) from next(iter(problems.values()))
    return tuple(found)


COLLECTORS: Mapping[str, Callable[[Criterion, Sources], Evidence]] = {
    "checks": evidence_repository.checks,
    "reviews": evidence_repository.reviews,
    "features": evidence_release.features,
    "feasible": evidence_plan.feasible,
    "report": evidence_repository.report,
    "github": evidence_repository.github,
    "sql": evidence_release.sql,
    "prometheus": evidence_metrics.prometheus,
    "file": evidence_repository.file,
    "checklist": evidence_release.checklist,
    "gates": evidence_release.gates,
    "version": evidence_release.version,
    "rehearsal": evidence_deploy.rehearsal,
}
