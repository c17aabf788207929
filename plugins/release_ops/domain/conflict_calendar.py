"""All dated releases of a project, arranged for what the search for conflicts asks of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from itertools import pairwise

from release_ops.domain.business_days import Days
from release_ops.domain.milestones import in_order, train
from release_ops.domain.model import Absence, Milestone, MilestoneKind, MilestoneOverride, Need, Product, Release
from release_ops.domain.seats import gate_of, indispensable

Key = tuple[str, str]
"""Product and version."""
Period = tuple[datetime, datetime, Milestone, Milestone]
"""Start and end in UTC (the end excluded), with the freeze and the GA that they are."""


@dataclass(frozen=True, slots=True)
class Dated:
    """A release with its train."""

    product: Product
    release: Release
    train: tuple[Milestone, ...]

    @property
    def key(self) -> Key:
        """Product and version."""
        return self.product.id, self.release.version

    def milestone(self, kind: MilestoneKind) -> Milestone | None:
        """Its milestone of a kind, if it has one."""
        return next((one for one in self.train if one.kind is kind), None)

    def only(self, kinds: Iterable[MilestoneKind]) -> Iterator[Milestone]:
        """Its milestones of some kinds."""
        wanted = frozenset(kinds)
        return (one for one in self.train if one.kind in wanted)

    def moved(self, kind: MilestoneKind, at: datetime) -> Dated:
        """Return it with another date for one milestone, as an edit of its file would have it: with GA all others move."""
        product, release = self.product, self.release
        own = release.overrides.get(kind) or MilestoneOverride()
        if kind is MilestoneKind.GA:
            usual = product.trains[release.type][kind].at
            at_own = own.at if (own.at or usual) == at.time() else at.time()
            overrides = {**release.overrides, kind: replace(own, at=at_own)} if at_own else release.overrides
            other = replace(release, ga=at.date(), overrides=overrides)
        else:
            overrides = {**release.overrides, kind: MilestoneOverride(date=at.date(), at=at.time(), reason=own.reason)}
            other = replace(release, overrides=overrides)
        return Dated(product, other, train(product, other))

    def in_order_of(self, before: Dated) -> bool:
        """True if its milestones follow each other as they did in `before`."""
        places = {one.kind: in_order(one)[0] for one in self.train}
        found = [places[one.kind] for one in before.train if one.kind in places]
        return all(first <= second for first, second in pairwise(found))


class Calendar:
    """The dated releases of some products; a product that comes twice counts once, as it came first."""

    def __init__(self, products: Iterable[Product]) -> None:
        self.products: dict[str, Product] = {}
        for product in products:
            self.products.setdefault(product.id, product)
        self.releases: dict[Key, Dated] = {}
        for _, product in sorted(self.products.items()):
            for release in product.releases:
                self.releases[product.id, release.version] = Dated(product, release, train(product, release))
        self._people: dict[tuple[str, str], tuple[str, ...]] = {}

    @cached_property
    def absences(self) -> dict[str, tuple[Absence, ...]]:
        """When each person is away, whichever product's file says so; sorted."""
        found: dict[str, set[Absence]] = {}
        for product in self.products.values():
            for absence in product.absences:
                found.setdefault(absence.person, set()).add(absence)
        return {
            person: tuple(
                sorted(some, key=lambda one: (one.start.astimezone(UTC), one.end.astimezone(UTC), one.reason))
            )
            for person, some in found.items()
        }

    def away(self, person: str, at: datetime) -> Absence | None:
        """Absence of a person at an instant, if there is one."""
        instant = at.astimezone(UTC)
        found = (
            one
            for one in self.absences.get(person, ())
            if one.start.astimezone(UTC) <= instant < one.end.astimezone(UTC)
        )
        return next(found, None)

    @cached_property
    def freezes(self) -> dict[str, tuple[Period, ...]]:
        """Per product the periods from a release's freeze to its GA, sorted."""
        found: dict[str, list[Period]] = {}
        for dated in self.releases.values():
            freeze, ga = dated.milestone(MilestoneKind.FREEZE), dated.milestone(MilestoneKind.GA)
            if freeze is not None and ga is not None:
                period = (freeze.planned_at.astimezone(UTC), ga.planned_at.astimezone(UTC), freeze, ga)
                found.setdefault(dated.product.id, []).append(period)
        return {product: tuple(sorted(some, key=lambda one: one[:2])) for product, some in found.items()}

    def waits(self, milestone: Milestone, product: str) -> bool:
        """True if the milestone's release needs one of a product."""
        release = self.releases[milestone.product, milestone.version].release
        return any(need.product == product for need in release.needs)

    @cached_property
    def dependents(self) -> dict[Key, list[tuple[Dated, Need]]]:
        """Per release those that need something of it."""
        found: dict[Key, list[tuple[Dated, Need]]] = {}
        for dated in self.releases.values():
            for need in dated.release.needs:
                found.setdefault((need.product, need.version), []).append((dated, need))
        return found

    def indispensable(self, product: Product, kind: MilestoneKind) -> tuple[str, ...]:
        """People without whom a milestone's gate cannot be passed."""
        name = product.milestone_gates.get(kind, "")
        found = self._people.get((product.id, name))
        if found is None:
            gate = gate_of(product, kind)
            found = self._people[product.id, name] = indispensable(product, gate) if gate else ()
        return found

    def neighbours(self, dated: Dated) -> tuple[date, date]:
        """GA dates, both excluded, between which a release's GA may move without overtaking another of its product."""
        order = sorted(enumerate(dated.product.releases), key=lambda item: (item[1].ga, item[0]))
        place = next(i for i, (_, one) in enumerate(order) if one.version == dated.release.version)
        lower = order[place - 1][1].ga if place else date.min
        return lower, order[place + 1][1].ga if place + 1 < len(order) else date.max


def days_from(day: date, step: int, count: int, regions: tuple[str, ...]) -> Iterator[date]:
    """Business days after (`step` 1) or before (-1) a date, the nearest first, at most `count` calendar days away."""
    calendar = Days(regions)
    for distance in range(1, count + 1):
        other = day + timedelta(days=step * distance)
        if not calendar.closed(other):
            yield other


def kinds_that_act(product: Product) -> Sequence[MilestoneKind]:
    """Milestones of a product that change production, or at which people have to agree."""
    return [kind for kind in MilestoneKind if kind in product.windows.milestones or gate_of(product, kind)]
