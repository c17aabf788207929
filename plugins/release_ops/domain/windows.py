"""Open and closed time: what keeps a milestone from changing production, until when, and when it may."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from release_ops.domain.business_days import Days
from release_ops.domain.hours import describe, open_span
from release_ops.domain.milestones import train
from release_ops.domain.model import MilestoneKind, Product, ReleaseType
from release_ops.domain.recurrence import occurrences
from release_ops.domain.rules import local_instant
from release_ops.domain.window_rules import Closer, ForeignFreeze

HORIZON = timedelta(days=3660)
"""A window that does not open within ten years never opens."""


class NeverOpenError(ValueError):
    """No instant within the horizon is open; the message names the rules that close it all."""


@dataclass(frozen=True, slots=True)
class Closure:
    """Why production may not be changed, and the first instant (aware, in the product's zone) after this reason ends."""

    reason: str
    until: datetime
    closer: Closer = Closer.BLACKOUTS

    def __str__(self) -> str:
        """`Christmas business until Mon 2027-01-04 08:00`."""
        return f"{self.reason} until {moment_text(self.until)}"


@dataclass(frozen=True, slots=True)
class Opening:
    """When a window opens (aware; `asked` itself when it is open then), and every rule that was waited out, in order."""

    asked: datetime
    opens: datetime
    closures: tuple[Closure, ...] = ()

    def __str__(self) -> str:
        """`closed by Christmas business until Mon 2027-01-04 08:00, then by business hours until ...`; `open` if it is."""
        if not self.closures:
            return "open"
        return "closed by " + ", then by ".join(map(str, self.closures))


def moment_text(moment: datetime) -> str:
    """`Mon 2027-01-04 08:00`, in the moment's own zone."""
    return f"{moment:%a %Y-%m-%d %H:%M}"


def closed_by(
    product: Product, kind: MilestoneKind, at: datetime, release_type: ReleaseType | None = None
) -> Closure | None:
    """Return what closes the window of a milestone at an instant; None when it is open or the milestone needs none.

    Blackouts (also recurring ones and those of calendar files) and freezes of downstream products close from their
    start up to, not including, their end; a public holiday of the product's regions closes its whole local day; outside
    the business hours it is closed. Of several, the one that ends last is told. A release type does not see the closers
    that `windows.ignore` names for it. Raises ValueError for an instant without a zone.
    """
    if at.tzinfo is None:
        raise ValueError(f"{at} has no time zone; pass an aware datetime")
    if kind not in product.windows.milestones:
        return None
    ignored = product.windows.ignore.get(release_type, frozenset()) if release_type else frozenset[Closer]()
    found = [one for one in _closures(product, at) if one.closer not in ignored]
    order = [*Closer]
    return max(found, key=lambda one: (one.until.astimezone(UTC), -order.index(one.closer)), default=None)


def _closures(product: Product, at: datetime) -> Iterator[Closure]:
    zone = ZoneInfo(product.timezone)
    moment = at.astimezone(UTC)
    for blackout in product.blackouts:
        if blackout.start.astimezone(UTC) <= moment < blackout.end.astimezone(UTC):
            closer = Closer.CALENDARS if blackout.calendar else Closer.BLACKOUTS
            yield Closure(_reason(blackout.reason, blackout.calendar), blackout.end.astimezone(zone), closer)
    for recurring in product.recurring_blackouts:
        if (until := occurrences(recurring).covering(moment)) is not None:
            closer = Closer.CALENDARS if recurring.calendar else Closer.BLACKOUTS
            yield Closure(_reason(recurring.reason, recurring.calendar), until.astimezone(zone), closer)
    for freeze in product.downstream_freezes:
        if freeze.start.astimezone(UTC) <= moment < freeze.end.astimezone(UTC):
            yield Closure(_freeze_reason(freeze), freeze.end.astimezone(zone), Closer.DOWNSTREAM)
    day = at.astimezone(zone).date()
    if product.windows.holidays_close and (name := Days(product.holiday_regions).holiday(day)):
        yield Closure(name, local_instant(day + timedelta(days=1), time(0), zone), Closer.HOLIDAYS)
    if (hours := product.windows.hours) is not None:
        span = open_span(hours, at, zone)
        until = span[0] if span is not None else moment + HORIZON
        if until > moment:
            yield Closure(f"business hours ({describe(hours)})", until.astimezone(zone), Closer.HOURS)


def _reason(reason: str, calendar: str) -> str:
    return f"{reason} ({calendar})" if calendar else reason


def _freeze_reason(freeze: ForeignFreeze) -> str:
    return f"the freeze of {freeze.product} {freeze.version}"


def opening(product: Product, kind: MilestoneKind, at: datetime, release_type: ReleaseType | None = None) -> Opening:
    """Return when the window opens from `at` on, with the whole chain of what closes it until then.

    It goes from closure to closure, never minute by minute; days in a row that one rule closes are one link. Raises
    NeverOpenError when nothing is open within `HORIZON`.
    """
    now, chain = at, list[Closure]()
    end = at.astimezone(UTC) + HORIZON
    while (closure := closed_by(product, kind, now, release_type)) is not None:
        if chain and (chain[-1].reason, chain[-1].closer) == (closure.reason, closure.closer):
            chain[-1] = closure
        else:
            chain.append(closure)
        now = closure.until
        if now.astimezone(UTC) >= end:
            rules = dict.fromkeys(f"{one.closer}: {one.reason}" for one in chain)
            named = "; ".join([*rules][:5]) + (f"; and {len(rules) - 5} more" if len(rules) > 5 else "")
            raise NeverOpenError(
                f"{product.id}: the window does not open within ten years of {moment_text(at)}; closed by {named}: "
                "shorten one of them"
            )
    return Opening(at, now, tuple(chain))


def next_open(product: Product, kind: MilestoneKind, at: datetime, release_type: ReleaseType | None = None) -> datetime:
    """Return the first instant from `at` on at which the window is open: `at` itself if it is open now."""
    return opening(product, kind, at, release_type).opens


def closed_spans(product: Product, start: datetime, end: datetime) -> tuple[tuple[datetime, Closure], ...]:
    """Every blackout, holiday and downstream freeze that overlaps a span of aware instants, as (start, closure) by start.

    Business hours are left out: they close every night.
    """
    zone = ZoneInfo(product.timezone)
    first, last = start.astimezone(UTC), end.astimezone(UTC)
    found: list[tuple[datetime, Closure]] = []
    for blackout in product.blackouts:
        if blackout.start.astimezone(UTC) < last and blackout.end.astimezone(UTC) > first:
            closer = Closer.CALENDARS if blackout.calendar else Closer.BLACKOUTS
            closure = Closure(_reason(blackout.reason, blackout.calendar), blackout.end.astimezone(zone), closer)
            found.append((blackout.start.astimezone(zone), closure))
    for recurring in product.recurring_blackouts:
        closer = Closer.CALENDARS if recurring.calendar else Closer.BLACKOUTS
        reason = _reason(recurring.reason, recurring.calendar)
        found += [
            (one.astimezone(zone), Closure(reason, until.astimezone(zone), closer))
            for one, until in occurrences(recurring).between(first, last)
        ]
    for freeze in product.downstream_freezes:
        if freeze.start.astimezone(UTC) < last and freeze.end.astimezone(UTC) > first:
            closure = Closure(_freeze_reason(freeze), freeze.end.astimezone(zone), Closer.DOWNSTREAM)
            found.append((freeze.start.astimezone(zone), closure))
    if product.windows.holidays_close:
        days = Days(product.holiday_regions)
        day = start.astimezone(zone).date()
        while day <= end.astimezone(zone).date():
            midnight = local_instant(day, time(0), zone)
            if midnight.astimezone(UTC) < last and (name := days.holiday(day)):
                until = local_instant(day + timedelta(days=1), time(0), zone)
                found.append((midnight, Closure(name, until, Closer.HOLIDAYS)))
            day += timedelta(days=1)
    return tuple(sorted(found, key=lambda one: (one[0].astimezone(UTC), one[1].until.astimezone(UTC), one[1].reason)))


def freezes_for(product_id: str, downstream: Product) -> tuple[ForeignFreeze, ...]:
    """Freezes of a product that is built on another one, from the freeze to the GA of each of its releases.

    A release that needs one of ours is left out: it waits for us.
    """
    found = []
    for release in downstream.releases:
        dates = {milestone.kind: milestone.planned_at for milestone in train(downstream, release)}
        start, end = dates.get(MilestoneKind.FREEZE), dates.get(MilestoneKind.GA)
        if start is None or end is None or start.astimezone(UTC) >= end.astimezone(UTC):
            continue
        if all(need.product != product_id for need in release.needs):
            found.append(ForeignFreeze(product=downstream.id, version=release.version, start=start, end=end))
    return tuple(found)
