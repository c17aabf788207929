"""From a plan to what it changes: bookings that would stand, who gains and who loses what, and whether it may be applied.

A plan says which share of somebody's free time goes to a project. As a booking that is so many hours a week, for each
stretch of days on which he has the same time free. A new plan replaces the bookings of the last one, and nothing that was
booked by hand.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, timedelta
from decimal import ROUND_DOWN, Decimal
from typing import Any, NamedTuple

from release_ops.domain.allocation import Share
from release_ops.domain.staff import WORKDAYS, Booking, Member, Project, Staff, booked_hours, free_hours, present_hours

STEP = Decimal("0.0001")
"""Of hours a week, rounded down: nobody is booked for more than he has, and a year is missed by less than a minute."""
CENT = Decimal("0.01")


class Standing(NamedTuple):
    """A booking that stands once the plan is applied."""

    member: str
    project: str
    skill: str
    start: date
    end: date
    hours_per_week: Decimal


class Change(NamedTuple):
    """What becomes of somebody's work for a project in one skill."""

    member: str
    project: str
    skill: str
    before: Decimal
    """Hours by the plan that stands; 0: he joins."""
    after: Decimal
    """Hours by the new one; 0: he leaves."""
    start: date
    end: date
    """First and last day of both."""
    money: Decimal
    """(after - before) x rate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A plan as something to approve."""

    id: str
    """Digest of the inputs and of the bookings: the same plan of the same inputs has the same id."""
    inputs: str
    """Digest of the team that it was made for; it is applied to no other."""
    currency: str
    bookings: tuple[Standing, ...]
    """All that stand afterwards, in place of those of the last plan."""
    changes: tuple[Change, ...]
    """By member, project and skill; empty: everything stays as it is."""

    @property
    def money(self) -> Decimal:
        """What it costs more than the plan that stands; below 0: less."""
        return sum((one.money for one in self.changes), Decimal(0))


def digest_of(staff: Staff) -> str:
    """Digest of members, projects and policy with the bookings that stand.

    Comments and the order of keys do not matter, nor does how long the search may take, or how capacity is reviewed.
    """
    data = asdict(staff)
    del data["review"]
    for name in ("gap", "seconds"):
        del data["policy"][name]
    return _digest(data)


def propose(staff: Staff, shares: Sequence[Share]) -> Proposal:
    """What a plan, or one of the ways out where there is none, would change. The shares are of this staff."""
    members = {one.id: one for one in staff.members}
    projects = {one.id: one for one in staff.projects}
    found = [
        booking
        for one in shares
        for booking in _bookings(members[one.member], projects[one.project], one.skill, one.load)
    ]
    bookings = tuple(sorted(found))
    inputs = digest_of(staff)
    return Proposal(
        id=_digest([inputs, [one._asdict() for one in bookings]]),
        inputs=inputs,
        currency=staff.policy.currency,
        bookings=bookings,
        changes=tuple(_changes(staff, bookings)),
    )


def applied(staff: Staff, proposal: Proposal) -> Staff:
    """The staff once a proposal is applied. ValueError, with the reason and what to do, if it was made for another."""
    if digest_of(staff) != proposal.inputs:
        raise ValueError("the team was changed since the plan was made; plan again")
    return with_bookings(staff, proposal.id, proposal.bookings)


def with_bookings(staff: Staff, plan: str, bookings: Sequence[Standing]) -> Staff:
    """The staff with these bookings of a plan in place of those of any other; those of people who are gone are left out."""
    own: dict[str, list[Booking]] = {}
    for one in bookings:
        own.setdefault(one.member, []).append(
            Booking(
                project=one.project,
                start=one.start,
                end=one.end,
                hours_per_week=float(one.hours_per_week),
                skill=one.skill,
                plan=plan,
            )
        )
    return replace(
        staff,
        members=tuple(
            replace(one, booked=(*(each for each in one.booked if each.plan is None), *own.get(one.id, [])))
            for one in staff.members
        ),
    )


def document(proposal: Proposal) -> dict[str, Any]:
    """A proposal as plain data of JSON; money and hours are texts in plain digits, dates are ISO 8601."""
    return {
        "id": proposal.id,
        "inputs": proposal.inputs,
        "currency": proposal.currency,
        "bookings": [_plain(one._asdict()) for one in proposal.bookings],
        "changes": [_plain(one._asdict()) for one in proposal.changes],
    }


def proposal_of(data: Mapping[str, Any]) -> Proposal:
    """The proposal of a `document`. ValueError if it is none, or was edited: its id is not that of its bookings."""
    try:
        bookings = tuple(Standing(**_read(one, {"hours_per_week"})) for one in data["bookings"])
        changes = tuple(Change(**_read(one, {"before", "after", "money"})) for one in data["changes"])
        found = Proposal(
            id=data["id"], inputs=data["inputs"], currency=data["currency"], bookings=bookings, changes=changes
        )
    except (KeyError, TypeError, ValueError, ArithmeticError) as error:
        raise ValueError(f"is no plan: {error!r}; write one with `release-ops allocate FILE --out PLAN`") from None
    if found.id != _digest([found.inputs, [one._asdict() for one in bookings]]):
        raise ValueError("was edited since it was made; plan again")
    return found


def _plain(data: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: f"{value:f}" if isinstance(value, Decimal) else value.isoformat() if isinstance(value, date) else value
        for name, value in data.items()
    }


def _read(data: Mapping[str, Any], decimals: set[str]) -> dict[str, Any]:
    return {
        name: Decimal(value)
        if name in decimals
        else date.fromisoformat(value)
        if name in {"start", "end"}
        else str(value)
        for name, value in data.items()
    }


def _digest(data: Any) -> str:
    def plain(value: Any) -> str:
        return f"{value:f}" if isinstance(value, Decimal) else str(value)

    text = json.dumps(data, sort_keys=True, default=plain)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _bookings(member: Member, project: Project, skill: str, load: float) -> Iterator[Standing]:
    """A load of somebody's free time as hours a week: one booking for each stretch of days with the same time free."""
    start, weekly = project.start, None
    for day in _days(project.start, project.end):
        free = free_hours(member, day, planned=False) * WORKDAYS
        # Weekends and absences have no time anyway: a booking goes on over them.
        if present_hours(member, day) == 0 or free == weekly:
            continue
        if weekly is not None:
            yield from _booking(member, project, skill, start, day - timedelta(days=1), weekly * load)
            start = day
        weekly = free
    if weekly is not None:
        yield from _booking(member, project, skill, start, project.end, weekly * load)


def _booking(member: Member, project: Project, skill: str, start: date, end: date, hours: float) -> Iterator[Standing]:
    # What the solver's tolerance left below a step is not lost: 13.99999999 h are 14.
    weekly = Decimal(repr(round(hours, 8))).quantize(STEP, ROUND_DOWN)
    if weekly > 0:
        yield Standing(member.id, project.id, skill, start, end, Decimal(f"{weekly.normalize():f}"))


def _changes(staff: Staff, bookings: Sequence[Standing]) -> Iterator[Change]:
    members = {one.id: one for one in staff.members}
    was = [
        Standing(one.id, each.project, each.skill or "", each.start, each.end, Decimal(repr(each.hours_per_week)))
        for one in staff.members
        for each in one.booked
        if each.plan is not None
    ]
    keys = sorted({one[:3] for one in (*was, *bookings)})
    for key in keys:
        old, new = ([one for one in side if one[:3] == key] for side in (was, bookings))
        before, after = (_hours(members[key[0]], side) for side in (old, new))
        if sorted(old) == sorted(new):
            continue
        first, last = min(one.start for one in (*old, *new)), max(one.end for one in (*old, *new))
        yield Change(*key, before, after, first, last, ((after - before) * members[key[0]].rate).quantize(CENT))


def _hours(member: Member, bookings: Sequence[Standing]) -> Decimal:
    total = sum(
        booked_hours(one, member, day)
        for each in bookings
        for one in [Booking(project="", start=each.start, end=each.end, hours_per_week=float(each.hours_per_week))]
        for day in _days(each.start, each.end)
    )
    return Decimal(repr(round(total, 2))).quantize(CENT)


def _days(start: date, end: date) -> Iterator[date]:
    for place in range((end - start).days + 1):
        yield start + timedelta(days=place)
