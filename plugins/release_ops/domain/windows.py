"""Open and closed time: what keeps a milestone from changing production, and when it may."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from release_ops.domain.business_days import Days
from release_ops.domain.model import MilestoneKind, Product
from release_ops.domain.rules import local_instant

_MOST_CLOSURES = 1000


@dataclass(frozen=True, slots=True)
class Closure:
    """Why production may not be changed, and the first instant (aware, in the product's zone) after this reason ends."""

    reason: str
    until: datetime


def closed_by(product: Product, kind: MilestoneKind, at: datetime) -> Closure | None:
    """Return what closes the window of a milestone at an instant; None when it is open or the milestone needs none.

    A blackout closes from its start up to, not including, its end; a public holiday of the product's regions closes its
    whole local day. Of several, the one that ends last is told. Raises ValueError for an instant without a zone.
    """
    if at.tzinfo is None:
        raise ValueError(f"{at} has no time zone; pass an aware datetime")
    if kind not in product.windows.milestones:
        return None
    zone = ZoneInfo(product.timezone)
    moment = at.astimezone(UTC)
    closures = [
        Closure(blackout.reason, blackout.end.astimezone(zone))
        for blackout in product.blackouts
        if blackout.start.astimezone(UTC) <= moment < blackout.end.astimezone(UTC)
    ]
    day = at.astimezone(zone).date()
    if product.windows.holidays_close and (name := Days(product.holiday_regions).holiday(day)):
        closures.append(Closure(name, local_instant(day + timedelta(days=1), time(0), zone)))
    return max(closures, key=lambda closure: closure.until.astimezone(UTC), default=None)


def next_open(product: Product, kind: MilestoneKind, at: datetime) -> datetime:
    """Return the first instant from `at` on at which the window is open: `at` itself if it is open now."""
    for _ in range(_MOST_CLOSURES):
        closure = closed_by(product, kind, at)
        if closure is None:
            return at
        at = closure.until
    raise ValueError(f"{product.id}: the window stays closed until after {at}; shorten the blackouts")
