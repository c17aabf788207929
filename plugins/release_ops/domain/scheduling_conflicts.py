"""What a proposed date would clash with: the conflicts that a release would have if its GA were on another day."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from release_ops.domain.conflict_model import Conflict
from release_ops.domain.conflict_policy import ConflictKind
from release_ops.domain.conflicts import find_conflicts
from release_ops.domain.model import MilestoneKind, Product, Release
from release_ops.domain.scheduling_model import Candidate

_JUDGED = frozenset({ConflictKind.ABSENCE, ConflictKind.NEEDS})
"""Kinds that a candidate's own parts tell for its GA; of the rest of its train they are news."""


def conflict_check(
    product: Product, release: Release, products: Mapping[str, Product]
) -> Callable[[Candidate], Candidate]:
    """Return what adds its conflicts to a candidate; `products` are all products by id, with or without its own."""
    others = [one for one in products.values() if one.id != product.id]

    def check(candidate: Candidate) -> Candidate:
        moved = replace(release, ga=candidate.day)
        releases = tuple(moved if one.version == release.version else one for one in product.releases)
        found = find_conflicts([replace(product, releases=releases), *others], fixes=False)
        return replace(candidate, conflicts=tuple(_news(found, release)))

    return check


def _news(conflicts: Iterable[Conflict], release: Release) -> Iterable[Conflict]:
    for one in conflicts:
        ours = [side for side in one.sides if (side.product, side.version) == (release.product, release.version)]
        told = one.kind in {ConflictKind.HOLIDAY, ConflictKind.SPACING} or (
            one.kind in _JUDGED and one.first in ours and one.first.milestone is MilestoneKind.GA
        )
        if ours and not told and not one.accepted:
            yield one
