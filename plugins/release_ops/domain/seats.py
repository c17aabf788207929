"""Who has to be there for a gate: seats of roles, each filled by a different person."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet

from release_ops.domain.model import ApprovalPolicy, Gate, MilestoneKind, Person, Product


def gate_of(product: Product, kind: MilestoneKind) -> Gate | None:
    """Gate that a milestone has to pass, if people have to agree there."""
    gate = product.gates.get(product.milestone_gates.get(kind, ""))
    return gate if gate is not None and gate.approvals.roles else None


def eligible(product: Product, gate: Gate) -> frozenset[str]:
    """Ids of everybody who may fill a seat of a gate."""
    return frozenset(person.id for role in gate.approvals.roles for person in product.approvers.get(role, ()))


def can_fill(
    approvals: ApprovalPolicy, approvers: Mapping[str, tuple[Person, ...]], without: AbstractSet[str] = frozenset()
) -> bool:
    """True if different people can fill all seats, without some of them.

    A maximum matching by augmenting paths (Kuhn 1955).
    """
    people = {role: sorted({one.id for one in approvers.get(role, ())} - without) for role in approvals.roles}
    taken: dict[str, str] = {}

    def seat(role: str, tried: set[str]) -> bool:
        for person in people[role]:
            if person in tried:
                continue
            tried.add(person)
            if person not in taken or seat(taken[person], tried):
                taken[person] = role
                return True
        return False

    if not all(seat(role, set()) for role, count in sorted(approvals.roles.items()) for _ in range(count)):
        return False
    return approvals.minimum <= len({person for some in people.values() for person in some})


def indispensable(product: Product, gate: Gate) -> tuple[str, ...]:
    """Ids, in order, of people without whom a gate cannot be passed; nobody if it cannot be passed with all of them."""
    if not can_fill(gate.approvals, product.approvers):
        return ()
    return tuple(
        person
        for person in sorted(eligible(product, gate))
        if not can_fill(gate.approvals, product.approvers, frozenset({person}))
    )
