"""The risks of a release whose probability a change of its dates or scope would change."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from release_ops.domain.milestones import train
from release_ops.domain.model import Product
from release_ops.domain.risk import TOLERANCE, Basis, Risk
from release_ops.domain.risk_measures import Promise
from release_ops.domain.rollback import Change
from release_ops.risk_facts import Asked, RepositoryFacts, assess


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedRisk:
    """One risk before and after; None where it does not apply, or where nobody knows its probability."""

    before: Risk | None
    after: Risk | None

    @property
    def risk(self) -> Risk:
        """The risk as it would be; as it is, where it would be none."""
        found = self.after or self.before
        if found is None:
            raise ValueError("a risk on neither side")
        return found

    @property
    def change(self) -> float:
        """By how much the score rises; a side without a probability counts as 0."""
        return (self.after.score if self.after else 0.0) - (self.before.score if self.before else 0.0)


def changed_risks(
    before: Product,
    after: Product,
    version: str,
    *,
    today: date,
    on_time: tuple[float | None, float | None] = (None, None),
) -> tuple[ChangedRisk, ...]:
    """Risks whose score changes, those that rise most first.

    `on_time` has the chances of GA on the planned day before and after, where there is a forecast. What the repository
    and the tables say is the same on both sides, so neither is asked.
    """
    # What has begun is not undone by moving the rest, and what has not cannot begin in the past.
    start = _start(before, version)
    begun = start if start is not None and start <= today else None
    sides = [
        _known(product, version, chance, begun, today) for product, chance in zip((before, after), on_time, strict=True)
    ]
    found = [
        ChangedRisk(before=sides[0].get(key), after=sides[1].get(key)) for key in dict.fromkeys([*sides[0], *sides[1]])
    ]
    return tuple(
        sorted((one for one in found if abs(one.change) > TOLERANCE), key=lambda one: (-one.change, one.risk.id))
    )


def _start(product: Product, version: str) -> date | None:
    """Day of the first milestone; None for a release without a calendar."""
    dated = train(product, product.release(version))
    return dated[0].planned_at.date() if dated else None


def _known(product: Product, version: str, on_time: float | None, begun: date | None, today: date) -> dict[str, Risk]:
    """The risks of which something is known, by id."""
    release = product.release(version)
    ga = next((one.planned_at.date() for one in train(product, release) if one.kind == "ga"), release.ga)
    promise = None if on_time is None else Promise(on_time=on_time, ga=ga, made_on=today)
    nothing = RepositoryFacts(Change(why="the repository is not asked"))
    asked = Asked(promise=promise, begun=begun or max(_start(product, version) or today, today))
    risks = assess(product, release, release.features, nothing, asked, today=today)
    return {risk.id: risk for risk in risks if risk.basis is not Basis.UNKNOWN}
