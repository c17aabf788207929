"""What follows from a move: what stays behind, whose plans it crosses, who is away on the new day, what is closed then."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from release_ops.domain.business_days import Days
from release_ops.domain.events import events
from release_ops.domain.gates import NoApproverError, role_name, seats
from release_ops.domain.milestones import train
from release_ops.domain.model import Absence, ApprovalPolicy, Milestone, MilestoneKind, Need, Product, Release
from release_ops.domain.rules import local_instant
from release_ops.domain.slips import GA, Category, Slip, Subject, by_subject, headline, label
from release_ops.domain.windows import closed_by, next_open
from release_ops.domain.words import days_text


class Topic(StrEnum):
    """What a consequence is about, in the order in which they are told."""

    MOVES = "moves"
    """Moves with it."""
    STAYS = "stays"
    """Does not move although the GA does."""
    TRAIN = "train"
    """Another release of the product: overlap, or backwards."""
    NEEDS = "needs"
    """What this release needs of others."""
    DEPENDENT = "dependent"
    """Somebody else's release that needs this one."""
    WINDOW = "window"
    HOLIDAY = "holiday"
    ABSENCE = "absence"


@dataclass(frozen=True, slots=True, kw_only=True)
class Consequence:
    """One thing that follows from a move: a sentence without a full stop, and about which release."""

    topic: Topic
    product: str
    version: str
    text: str
    bad: bool
    """Somebody has to do something about it."""
    days: int | None = None
    """How far it moves or how late it gets, where that can be counted."""


def consequences(
    product: Product, release: Release, slips: Sequence[Slip], products: Iterable[Product], *, today: date
) -> tuple[Consequence, ...]:
    """Return what follows from the slips of one move of a release, in the order of `Topic`.

    `release` and `products` (all of them, this one too) are as planned now; the slips know what was before. What lies
    before `today` is not told.
    """
    moved = by_subject(slips)
    dated = {milestone.kind: milestone for milestone in train(product, release)}
    upcoming = {
        kind: milestone
        for kind, milestone in dated.items()
        if Subject(Category.MILESTONE, kind.value) in moved and milestone.planned_at.date() >= today
    }
    everybody = tuple(products)
    found = (
        *_with_it(release, slips),
        *_left_behind(product, release, moved, dated, today),
        *_other_trains(product, release, moved, dated, today),
        *_own_needs(release, moved, dated, {one.id: one for one in everybody}),
        *_dependents(product, release, upcoming, everybody, today),
        *_closed(product, release, upcoming),
        *_away(product, release, moved, upcoming, today),
    )
    return tuple(sorted(found, key=lambda one: list(Topic).index(one.topic)))


def dependents(product: Product, release: Release, products: Iterable[Product]) -> tuple[tuple[Product, Release], ...]:
    """Return the releases of other products that need a milestone of this one, in the order of the products."""
    return tuple(
        (other, theirs)
        for other in products
        if other.id != product.id
        for theirs in other.releases
        if any((need.product, need.version) == (product.id, release.version) for need in theirs.needs)
    )


def _with_it(release: Release, slips: Sequence[Slip]) -> list[Consequence]:
    first = headline(slips)
    return [
        _told(Topic.MOVES, release, f"{one.title} moves from {_day(one.old)} to {_day(one.new)} ({one.days:+d} d)",
              days=one.days)
        for one in slips
        if one is not first
    ]  # fmt: skip


def _left_behind(
    product: Product,
    release: Release,
    moved: Mapping[Subject, Slip],
    dated: Mapping[MilestoneKind, Milestone],
    today: date,
) -> list[Consequence]:
    if GA not in moved:
        return []
    stays = [
        (label(Subject(Category.MILESTONE, kind.value)), milestone.planned_at.date())
        for kind, milestone in dated.items()
        if Subject(Category.MILESTONE, kind.value) not in moved
    ]
    stays += [
        (event.title, event.planned_at.date())
        for event in events(product, release)
        if Subject(Category.EVENT, event.id) not in moved
    ]
    return [
        _told(Topic.STAYS, release, f"{title} stays on {_day(day)}, now {_distance(day, release.ga)} GA")
        for title, day in stays
        if day >= today
    ]


def _other_trains(
    product: Product,
    release: Release,
    moved: Mapping[Subject, Slip],
    dated: Mapping[MilestoneKind, Milestone],
    today: date,
) -> list[Consequence]:
    """Trains of the same product that cross this one now and did not before: its start lies before the other's GA."""
    if not dated:
        return []
    now = _start(dated.values()), release.ga
    before = _start_before(dated, moved), moved[GA].old if GA in moved else release.ga
    found = []
    for other in product.releases:
        theirs = train(product, other)
        if other.version == release.version or not theirs or other.ga < today:
            continue
        start = _start(theirs)
        name = f"{product.id} {other.version}"
        if other.ga > before[1] and other.ga <= now[1]:
            text = f"its GA is no longer before that of {name} on {_day(other.ga)}"
            found.append(_told(Topic.TRAIN, other, text, bad=True, days=(now[1] - other.ga).days))
        elif other.ga < before[1] and other.ga >= now[1]:
            text = f"its GA is no longer after that of {name} on {_day(other.ga)}"
            found.append(_told(Topic.TRAIN, other, text, bad=True, days=(other.ga - now[1]).days))
        elif start < now[1] <= other.ga and start >= before[1]:
            days = (now[1] - start).days
            text = f"the train of {name}, which starts on {_day(start)}, overlaps it by {days_text(days)}"
            found.append(_told(Topic.TRAIN, other, text, bad=True, days=days))
        elif now[0] < other.ga <= now[1] and before[0] >= other.ga:
            days = (other.ga - now[0]).days
            text = f"it starts before the GA of {name} on {_day(other.ga)} and overlaps it by {days_text(days)}"
            found.append(_told(Topic.TRAIN, other, text, bad=True, days=days))
    return found


def _own_needs(
    release: Release,
    moved: Mapping[Subject, Slip],
    dated: Mapping[MilestoneKind, Milestone],
    products: Mapping[str, Product],
) -> list[Consequence]:
    """What this release needs of others before a milestone of its own that moved."""
    found = []
    for need in release.needs:
        mine = dated.get(need.before)
        theirs = _milestone_of(products.get(need.product), need.version, need.milestone)
        if mine is None or theirs is None or Subject(Category.MILESTONE, need.before.value) not in moved:
            continue
        if theirs.planned_at.astimezone(UTC) >= mine.planned_at.astimezone(UTC):
            late = (theirs.planned_at.date() - mine.planned_at.date()).days
            text = (
                f"it needs {_name(need.milestone)} of {need.product} {need.version}, which is on "
                f"{_day(theirs.planned_at.date())}: {_late(late)} for its {_name(need.before)}"
            )
            found.append(_told(Topic.NEEDS, release, text, bad=True, days=late))
    return found


def _dependents(
    product: Product,
    release: Release,
    upcoming: Mapping[MilestoneKind, Milestone],
    products: Iterable[Product],
    today: date,
) -> list[Consequence]:
    found = []
    for other, theirs in dependents(product, release, products):
        for need in theirs.needs:
            if (need.product, need.version) == (product.id, release.version) and need.milestone in upcoming:
                before = _milestone_of(other, theirs.version, need.before)
                if before is not None and before.planned_at.date() >= today:
                    found.append(_dependent(theirs, need, upcoming[need.milestone], before))
    return found


def _dependent(theirs: Release, need: Need, needed: Milestone, before: Milestone) -> Consequence:
    spare = (before.planned_at.date() - needed.planned_at.date()).days
    late = needed.planned_at.astimezone(UTC) >= before.planned_at.astimezone(UTC)
    fits = (
        _late(-spare)
        if late
        else "still fits on the same day"
        if not spare
        else f"still fits, {days_text(spare)} to spare"
    )
    text = (
        f"{theirs.product} {theirs.version} needs {_name(need.milestone)} of {need.product} {need.version} before its own "
        f"{_name(need.before)} on "
        f"{_day(before.planned_at.date())}: {fits}"
    )
    return _told(Topic.DEPENDENT, theirs, text, bad=late, days=-spare)


def _closed(product: Product, release: Release, upcoming: Mapping[MilestoneKind, Milestone]) -> list[Consequence]:
    days = Days(product.holiday_regions)
    found = []
    for kind, milestone in upcoming.items():
        day = milestone.planned_at.date()
        if closure := closed_by(product, kind, milestone.planned_at, release.type):
            try:
                until = f"{next_open(product, kind, milestone.planned_at, release.type):%a %Y-%m-%d %H:%M}"
            except ValueError:  # blackouts without end
                until = f"after {closure.until:%a %Y-%m-%d %H:%M}"
            text = f"{_name(kind)} on {_day(day)} waits until {until}: {closure.reason}"
            found.append(_told(Topic.WINDOW, milestone, text, bad=True))
        elif why := days.closed(day):
            found.append(_told(Topic.HOLIDAY, milestone, f"{_name(kind)} on {_day(day)} is on {why}", bad=True))
    return found


def _away(
    product: Product,
    release: Release,
    moved: Mapping[Subject, Slip],
    upcoming: Mapping[MilestoneKind, Milestone],
    today: date,
) -> list[Consequence]:
    """Approvers who are away on the day of a milestone that moved, and owners on that of an event."""
    found = []
    for kind, milestone in upcoming.items():
        gate = product.gates.get(product.milestone_gates.get(kind, ""))
        away = _absent(product, milestone.planned_at)
        if gate is not None and away and (said := _quorum(product, gate.approvals, away)):
            where = f"{_name(kind)} on {_day(milestone.planned_at.date())}"
            found.append(_told(Topic.ABSENCE, release, f"{where}: {said[0]}", bad=said[1]))
    for event in events(product, release):
        if Subject(Category.EVENT, event.id) in moved and event.planned_at.date() >= today:
            reason = _absent(product, event.planned_at).get(event.owner)
            if reason is not None:
                where = f"{event.title} on {_day(event.planned_at.date())}"
                text = f"{where}: {event.owner}, who owns it, is away{_because(reason)}"
                found.append(_told(Topic.ABSENCE, release, text, bad=True))
    return found


def _absent(product: Product, at: datetime) -> dict[str, Absence]:
    """Who is away for any part of the product's local day of an instant."""
    zone = ZoneInfo(product.timezone)
    day = at.astimezone(zone).date()
    start = local_instant(day, time(0), zone).astimezone(UTC)
    end = local_instant(day + timedelta(days=1), time(0), zone).astimezone(UTC)
    return {
        one.person: one
        for one in product.absences
        if one.start.astimezone(UTC) < end and one.end.astimezone(UTC) > start
    }


def _quorum(product: Product, policy: ApprovalPolicy, away: Mapping[str, Absence]) -> tuple[str, bool] | None:
    """Who of the approvers that a gate asks is away, and whether the others fill its seats; None if nobody is."""
    roles = tuple(policy.roles) if policy.minimum <= sum(policy.roles.values()) else tuple(product.approvers)
    gone = {
        person.name: (sorted(role_name(role) for role in roles if person in product.approvers.get(role, ())), absence)
        for role in roles
        for person in product.approvers.get(role, ())
        if (absence := away.get(person.id))
    }
    if not gone:
        return None
    who = ", ".join(f"{name} ({', '.join(held)}) is away{_because(one)}" for name, (held, one) in gone.items())
    left = {role: [person for person in people if person.id not in away] for role, people in product.approvers.items()}
    try:
        seats(policy, left)
    except NoApproverError:
        return f"{who}; the others cannot fill every seat of its gate", True
    return f"{who}; the others can fill every seat of its gate", False


def _milestone_of(product: Product | None, version: str, kind: MilestoneKind) -> Milestone | None:
    release = next((one for one in product.releases if one.version == version), None) if product else None
    if product is None or release is None:
        return None
    return next((one for one in train(product, release) if one.kind is kind), None)


def _start(milestones: Iterable[Milestone]) -> date:
    return min(one.planned_at.date() for one in milestones)


def _start_before(dated: Mapping[MilestoneKind, Milestone], moved: Mapping[Subject, Slip]) -> date:
    return min(
        own.old if (own := moved.get(Subject(Category.MILESTONE, kind.value))) else milestone.planned_at.date()
        for kind, milestone in dated.items()
    )


def _told(
    topic: Topic, about: Release | Milestone, text: str, *, bad: bool = False, days: int | None = None
) -> Consequence:
    return Consequence(topic=topic, product=about.product, version=about.version, text=text, bad=bad, days=days)


def _name(kind: MilestoneKind) -> str:
    return label(Subject(Category.MILESTONE, kind.value))


def _day(day: date) -> str:
    return f"{day:%a %Y-%m-%d}"


def _late(days: int) -> str:
    return f"{days_text(days)} too late" if days > 0 else "not before it, on the same day"


def _distance(day: date, ga: date) -> str:
    if day == ga:
        return "on the day of"
    return f"{days_text((ga - day).days)} before" if day < ga else f"{days_text((day - ga).days)} after"


def _because(absence: Absence) -> str:
    return f": {absence.reason}" if absence.reason else ""
