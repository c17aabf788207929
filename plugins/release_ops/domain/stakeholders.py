"""What is done for whom: influence and interest give a strategy, the strategy a cadence, the cadence its days."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from release_ops.domain.business_days import Days
from release_ops.domain.hours import open_span
from release_ops.domain.model import Adjust, Product
from release_ops.domain.rules import local_instant
from release_ops.domain.stakeholder_policy import (
    Availability,
    Cadence,
    Stakeholder,
    StakeholderPolicy,
    Strategy,
)

_MONDAY = date(1970, 1, 5)
"""From which every second week is counted, in every project alike."""
_WEEKS = {Cadence.WEEKLY: 1, Cadence.EVERY_TWO_WEEKS: 2}
_MONTHS = {Cadence.MONTHLY: 1, Cadence.QUARTERLY: 3}
_FAR = timedelta(days=730)
"""Who is not available within this time never is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Treatment:
    """What is done for a stakeholder, and what influence and interest alone would ask for."""

    strategy: Strategy
    cadence: Cadence
    asked: Strategy
    by_hand: bool
    """Whether strategy or cadence differ from what the grid asks for."""


def treatment_of(person: Stakeholder, policy: StakeholderPolicy) -> Treatment:
    """Strategy and cadence of a stakeholder; LookupError if the policy has no quadrant for them."""
    high = (person.influence >= policy.high_influence, person.interest >= policy.high_interest)
    asked = next((key for key, one in policy.quadrants.items() if (one.influence, one.interest) == high), None)
    if asked is None:
        raise LookupError(f"{person.id}: stakeholders.strategies has none for influence and interest like theirs")
    strategy = person.strategy or asked
    cadence = person.cadence or policy.quadrants[strategy].cadence
    by_hand = (strategy, cadence) != (asked, policy.quadrants[asked].cadence)
    return Treatment(strategy=strategy, cadence=cadence, asked=asked, by_hand=by_hand)


def audience_members(product: Product, people: Sequence[Stakeholder]) -> dict[str, tuple[Stakeholder, ...]]:
    """Every audience of the product to the stakeholders in it, those that nobody is in too."""
    names = dict.fromkeys([*product.channels, *(one.audience for one in people if one.audience)])
    return {name: tuple(one for one in people if one.audience == name) for name in names}


def availability_of_audiences(product: Product) -> Availability:
    """When audiences are told: in the product's zone, not on its holidays."""
    return Availability(zone=product.timezone, hours=product.stakeholders.send.hours, holidays=product.holiday_regions)


def periods(cadence: Cadence, after: date, until: date) -> list[date]:
    """First days of the cadence's periods after a day, up to another one, ascending."""
    if cadence in _WEEKS:
        step = 7 * _WEEKS[cadence]
        first = (after - _MONDAY).days // step + 1
        last = (until - _MONDAY).days // step
        return [_MONDAY + timedelta(days=step * count) for count in range(first, last + 1)]
    if cadence in _MONTHS:
        step = _MONTHS[cadence]
        first, last = ((day.year * 12 + day.month - 1) // step for day in (after, until))
        return [date(count * step // 12, count * step % 12 + 1, 1) for count in range(first + 1, last + 1)]
    return []


def digest_at(start: date, at: time, availability: Availability) -> datetime:
    """When the digest of a period is due, UTC: on its first business day where the reader is."""
    day = Days(availability.holidays).adjust(start, Adjust.NEXT)
    return local_instant(day, at, ZoneInfo(availability.zone)).astimezone(UTC)


def next_open(availability: Availability, moment: datetime) -> tuple[datetime, str] | None:
    """The first instant from an aware moment on at which somebody may be told, UTC, and why not before (empty: at once).

    None: at no time within two years.
    """
    zone, days = ZoneInfo(availability.zone), Days(availability.holidays)
    now, why = moment.astimezone(UTC), ""
    while now < moment + _FAR:
        away = next((one for one in availability.away if one.start <= now < one.end), None)
        if away is not None:
            now, why = away.end.astimezone(UTC), why or f"away{': ' if away.reason else ''}{away.reason}"
            continue
        today = now.astimezone(zone).date()
        holiday = days.holiday(today)
        if holiday:
            now = local_instant(today + timedelta(days=1), time(0), zone).astimezone(UTC)
            why = why or holiday
            continue
        span = open_span(availability.hours, now, zone) if availability.hours else (now, now)
        if span is None:
            return None
        if span[0] <= now:
            return now, why
        now, why = span[0], why or "outside their hours"
    return None
