"""What a change of one release would bring: dates that move, what follows, conflicts and doubts that come and go."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from release_ops.domain.conflict_model import Conflict
from release_ops.domain.conflicts import find_conflicts
from release_ops.domain.feasibility import Issue, ReleasePlan, plan_release
from release_ops.domain.finding import Finding
from release_ops.domain.lint import lint
from release_ops.domain.model import Product
from release_ops.domain.scope_policy import FILE
from release_ops.domain.slip_consequences import Consequence, consequences
from release_ops.domain.slips import Difference, Known, Slip, compare, entries, slips_of
from release_ops.domain.what_if import Moved
from release_ops.domain.what_if import compare as compare_trains


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulation:
    """A release as it is planned, and as it would be."""

    before: Product
    after: Product
    version: str
    train: tuple[Moved, ...]
    slips: tuple[Slip, ...]
    """Of milestones and events, as `calendar_watch` would record them today."""
    consequences: tuple[Consequence, ...]
    conflicts: tuple[Conflict, ...]
    """Those that the release would have; `new` tells which of them it has not now."""
    new: frozenset[str]
    """Keys of conflicts."""
    gone: tuple[Conflict, ...]
    doubts: tuple[Finding, ...]
    """What lint would say and does not say now."""
    planned: ReleasePlan | None
    """The plan as it is, counted from today; None where the features are not in the product file."""
    replanned: ReleasePlan | None
    """The plan as it would be."""

    @property
    def new_issues(self) -> tuple[Issue, ...]:
        """What would speak against the plan, of a kind that does not speak against it now."""
        if self.planned is None or self.replanned is None:
            return ()
        known = {issue.kind for issue in self.planned.feasibility.issues}
        return tuple(issue for issue in self.replanned.feasibility.issues if issue.kind not in known)

    @property
    def is_refused(self) -> bool:
        """Whether the product file would not load like this."""
        return any(doubt.error for doubt in self.doubts)


def simulate(
    before: Product, after: Product, version: str, products: Mapping[str, Product], *, today: date
) -> Simulation:
    """Compare one release of a product before and after a change; `products` are those that it is planned beside."""
    beside = {key: one for key, one in products.items() if key != before.id}
    had = _conflicts(before, version, beside, today)
    has = _conflicts(after, version, beside, today)
    said = {str(one) for one in lint(before, today=today)}
    slips = slips_of(after, after.release(version), _moves(before, after, version), noticed=today)
    everybody = [after, *beside.values()]
    return Simulation(
        before=before,
        after=after,
        version=version,
        train=compare_trains(before, after, version),
        slips=slips,
        consequences=consequences(after, after.release(version), slips, everybody, today=today) if slips else (),
        conflicts=tuple(has.values()),
        new=frozenset(has.keys() - had.keys()),
        gone=tuple(one for key, one in had.items() if key not in has),
        doubts=tuple(one for one in lint(after, today=today) if str(one) not in said),
        planned=_plan(before, version, today),
        replanned=_plan(after, version, today),
    )


def _plan(product: Product, version: str, today: date) -> ReleasePlan | None:
    if product.scope.source != FILE:
        return None
    release = product.release(version)
    return plan_release(product, release, release.features, at=datetime.combine(today, time(0), tzinfo=UTC))


def _conflicts(product: Product, version: str, beside: Mapping[str, Product], today: date) -> dict[str, Conflict]:
    """Conflicts of the release by key."""
    return {
        one.key: one
        for one in find_conflicts([product, *beside.values()], since=today)
        if any((side.product, side.version) == (product.id, version) for side in one.sides)
    }


def _moves(before: Product, after: Product, version: str) -> tuple[Difference, ...]:
    known = [
        Known(
            subject=one.subject,
            title=one.title,
            planned_at=one.planned_at,
            ends_at=one.ends_at,
            day=one.day,
            reason=one.reason,
            release_reason=one.release_reason,
            sequence=0,
            withdrawn=False,
        )
        for one in entries(before, before.release(version))
    ]
    return compare(known, entries(after, after.release(version)))
