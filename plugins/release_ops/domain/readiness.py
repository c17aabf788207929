"""Whether those beside the team are ready for a release: lists by area, as checklist items of its gates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from release_ops.domain.model import Criterion, Gate, Release


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadinessItem:
    """One thing that has to be there."""

    title: str
    types: frozenset[str] = frozenset()
    """Release types that need it; empty: all."""
    required: bool = False
    """True: a gate fails without it; False: the gate's verdict is conditional."""
    draft: str = ""
    """Kind of message whose draft is its evidence; empty: none."""
    draft_is_enough: bool = False
    """True: the draft shows that it is there; False: somebody still has to say so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadinessArea:
    """Who has to be ready, and at which gate."""

    title: str
    gate: str
    role: str = ""
    """Only this role may tick its items; empty: any approver."""
    items: Mapping[str, ReadinessItem] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadinessNote:
    """What a product file says of an item of a release. All texts are data."""

    done: bool
    link: str = ""
    note: str = ""


def with_readiness(gate: Gate, areas: Mapping[str, ReadinessArea], release: Release, make: type[Criterion]) -> Gate:
    """The gate with the items that a release of this type needs there, at the end of its criteria.

    `make` is the class of criteria. A criterion of the gate that has the id of an item stands for it.
    """
    known = {criterion.id for criterion in gate.criteria}
    found = tuple(
        make(
            id=f"{area_id}_{item_id}",
            kind="checklist",
            title=f"{area.title}: {item.title[:1].lower()}{item.title[1:]}",
            required=item.required,
            spec={
                "readiness": f"{area_id}.{item_id}",
                **({"role": area.role} if area.role else {}),
                **({"draft": item.draft, "draft_is_enough": item.draft_is_enough} if item.draft else {}),
            },
        )
        for area_id, area in areas.items()
        if area.gate == gate.name
        for item_id, item in area.items.items()
        if (not item.types or release.type in item.types) and f"{area_id}_{item_id}" not in known
    )
    return replace(gate, criteria=(*gate.criteria, *found)) if found else gate
