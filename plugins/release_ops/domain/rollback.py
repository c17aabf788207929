"""The rollback plan of a release: where back to, how, when, who decides; what is not known is said to be not known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from release_ops.domain.gates import role_name
from release_ops.domain.model import MilestoneKind, Product, Release
from release_ops.domain.test_plan import condition_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What lies between the previous version and this one. `files` is None when nobody could look; `why` then says so."""

    previous_tag: str = ""
    previous_commit: str = ""
    head: str = ""
    """Commit that was compared with it."""
    files: tuple[str, ...] | None = None
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How a release is taken back. Empty texts and lists are not known, except where a field says otherwise."""

    change: Change
    branch: str
    command: str
    criteria: tuple[str, ...]
    deciders: tuple[str, ...]
    """`release manager: Ana Alvarez`, of the gate that GA has to pass."""
    told: tuple[str, ...]
    migrations: tuple[str, ...] | None
    """Changed files that change data; None: nobody could look."""
    patterns: tuple[str, ...]
    flags: tuple[str, ...]


def plan_rollback(product: Product, release: Release, change: Change) -> Plan:
    """The plan, from the product file and from what the repository has."""
    policy = product.rollback
    gate = product.gates.get(product.milestone_gates.get(MilestoneKind.GA, ""))
    deciders = [
        f"{role_name(role)}: {', '.join(one.name for one in product.approvers.get(role, ())) or 'nobody'}"
        for role in (gate.approvals.roles if gate else ())
    ]
    told = product.announcements.get(MilestoneKind.GA, ())
    audiences = tuple(product.channels) if "*" in told else told
    return Plan(
        change=change,
        branch=product.repository.branch_name(release.version),
        command=policy.command,
        criteria=(*policy.when, *_numbers(product)),
        deciders=tuple(deciders),
        told=tuple(dict.fromkeys((*product.problems_to, *audiences))),
        migrations=None if change.files is None else data_changes(change.files, policy.migrations),
        patterns=policy.migrations,
        flags=policy.flags,
    )


def data_changes(files: Sequence[str], patterns: Sequence[str]) -> tuple[str, ...]:
    """Files that match one of the patterns, in their order; a pattern also matches below any folder."""
    return tuple(
        one
        for one in files
        if any(fnmatchcase(one, pattern) or fnmatchcase(one, f"*/{pattern}") for pattern in patterns)
    )


def _numbers(product: Product) -> list[str]:
    """The numbers of the gates up to GA that are read in production too, each once; what reports of tests say is not."""
    found: dict[str, None] = {}
    for kind in MilestoneKind:
        gate = product.gates.get(product.milestone_gates.get(kind, ""))
        if gate is None or kind.rank > MilestoneKind.GA.rank:
            continue
        for criterion in gate.criteria:
            if criterion.kind in {"sql", "prometheus"} and (condition := condition_of(criterion)):
                found[f"{criterion.title} ({condition}) is no longer true in production"] = None
    return list(found)


def people_of(product: Product) -> Mapping[str, str]:
    """`technical_lead` -> `Ben Bauer, Ana Alvarez (technical lead)`, for every role, and the name of every person's id."""
    names = {one.id: one.name for people in product.approvers.values() for one in people}
    roles = {
        role: f"{', '.join(one.name for one in people)} ({role_name(role)})"
        for role, people in product.approvers.items()
        if people
    }
    return {**names, **roles}
