"""Slips: a date of a release's calendar that was moved, by how much, with how much notice, and whether that was enough."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from release_ops.domain.events import events
from release_ops.domain.milestones import train
from release_ops.domain.model import MilestoneKind, MilestoneOverride, Product, Release, ReleaseType
from release_ops.domain.words import days_text

YEAR = 365
"""Days; a date that moves by as much, or lies further back when it is noticed, is more likely a wrong year."""
FAR = 5 * YEAR
"""Days; nobody plans a release further ahead."""

_SHORT = {MilestoneKind.GA: "GA", MilestoneKind.RC: "RC"}


class Category(StrEnum):
    """What an entry of a calendar is."""

    MILESTONE = "milestone"
    EVENT = "event"


class Policy(StrEnum):
    """What the product's notice policy says of a move."""

    OK = "ok"
    BREACHED = "breached"
    NONE = "none"
    """It asks for no notice: not the GA, or a release type without a rule."""


class Subject(NamedTuple):
    """Which entry of a release's calendar: `name` is the milestone's kind or the event's id."""

    category: Category
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An entry of a release's calendar as planned now. `day` is its date in its own zone, the product's for milestones."""

    subject: Subject
    title: str
    planned_at: datetime
    ends_at: datetime | None
    """Exclusive; None for a milestone."""
    day: date
    reason: str
    """Of its own date in the product file; empty without one."""
    release_reason: str
    """The release's reason for its dates."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """An entry as it was last seen."""

    subject: Subject
    title: str
    planned_at: datetime
    ends_at: datetime | None
    day: date
    reason: str
    release_reason: str
    sequence: int
    withdrawn: bool
    """It was taken out of the plan: skipped, or its release left the product file."""


class Change(StrEnum):
    """What became of an entry since it was last seen."""

    ADDED = "added"
    MOVED = "moved"
    """To another day: a slip."""
    SHIFTED = "shifted"
    """Within its day, or its end; or a date in the past was corrected."""
    RETURNED = "returned"
    WITHDRAWN = "withdrawn"
    REWORDED = "reworded"


@dataclass(frozen=True, slots=True)
class Difference:
    """One change of a calendar; `before` is None for what was added, `after` for what was withdrawn."""

    change: Change
    before: Known | None
    after: Entry | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Slip:
    """One move of one date."""

    product: str
    version: str
    subject: Subject
    title: str
    old: date
    new: date
    noticed: date
    """Day, in the product's zone, on which the move was first seen."""
    policy: Policy
    policy_reason: str
    moved_ga: bool
    """The release's GA moved with it, or it is the GA."""
    reason: str = ""

    @property
    def days(self) -> int:
        """Calendar days from the old to the new date; negative: pulled forward."""
        return (self.new - self.old).days

    @property
    def notice_days(self) -> int:
        """Calendar days from the day it was noticed to the old date; negative: told after the fact."""
        return (self.old - self.noticed).days

    @property
    def is_ga(self) -> bool:
        """Whether it is the release's GA that moved."""
        return self.subject == GA


GA = Subject(Category.MILESTONE, MilestoneKind.GA.value)


def slip(
    product: str,
    version: str,
    subject: Subject,
    old: date,
    new: date,
    noticed: date,
    *,
    title: str = "",
    notice: timedelta | None = None,
    type: ReleaseType | None = None,
    moved_ga: bool = False,
    reason: str = "",
) -> Slip:
    """Return the slip of one date. `notice` is what the product asks for before a GA of this release `type`."""
    policy, why = notice_policy(old, new, noticed, notice if subject == GA else None, type=type)
    if subject != GA:
        why = "only the move of a GA needs notice"
    return Slip(
        product=product,
        version=version,
        subject=subject,
        title=title or label(subject),
        old=old,
        new=new,
        noticed=noticed,
        policy=policy,
        policy_reason=why,
        moved_ga=moved_ga or subject == GA,
        reason=reason,
    )


def notice_policy(
    old: date, new: date, noticed: date, notice: timedelta | None, *, type: ReleaseType | None = None
) -> tuple[Policy, str]:
    """Return whether a GA was moved with enough notice, and why, in one sentence without a full stop.

    Who moves a GA to a later day disappoints those who prepared for the old one: notice counts up to the old date. Who
    pulls it forward takes time away from everybody: notice counts up to the new one. So it is the earlier of the two.
    """
    what = f"a {type} release" if type else "the product"
    if notice is None:
        return Policy.NONE, f"{what} asks for no notice"
    first = min(old, new)
    given = (first - noticed).days
    which = "old" if first == old else "new"
    said = (
        f"{days_text(given)} before the {which} date"
        if given >= 0
        else f"told {days_text(-given)} after the {which} date"
    )
    asked = f"{what} asks for {_length(notice)}"
    if timedelta(days=given) >= notice:
        return Policy.OK, f"{said}; {asked}"
    return Policy.BREACHED, f"{said}, but {asked}"


def implausible(old: date, new: date, noticed: date | None = None) -> str:
    """Return why a move is more likely a typing error than a plan, with a guess; empty when it is plausible.

    A move by a year or more; with the day it was `noticed`, also a date that lies a year or more in the past, or five
    years ahead. A date of the past that gets a year in which it is still to come is a typing error that was mended.
    """
    days = (new - old).days
    if noticed is not None and old < noticed <= new < noticed + timedelta(days=YEAR) and _in_year(old, new.year) == new:
        return ""
    if abs(days) >= YEAR:
        guesses = [guess for guess in (_in_year(new, old.year + more) for more in (-1, 0, 1)) if guess and guess != new]
        guess = min(guesses, key=lambda one: abs((one - old).days), default=None)
        hint = f"did you mean {guess}?" if guess else "correct one of the two"
        return f"moves by {days_text(abs(days))}, from {old} to {new}; {hint}"
    if noticed is not None and (noticed - new).days >= YEAR:
        guess = _in_year(new, noticed.year)
        return f"{new} was {days_text((noticed - new).days)} ago when it was moved there" + (
            f"; did you mean {guess}?" if guess else "; correct its year"
        )
    if noticed is not None and (new - noticed).days >= FAR:
        return f"{new} is more than five years ahead; correct its year"
    return ""


def entries(product: Product, release: Release) -> tuple[Entry, ...]:
    """Return the whole calendar of a release, its milestones and its events, each in its order."""
    milestones = (
        Entry(
            subject=Subject(Category.MILESTONE, milestone.kind.value),
            title=label(Subject(Category.MILESTONE, milestone.kind.value)),
            planned_at=milestone.planned_at,
            ends_at=None,
            day=milestone.planned_at.date(),
            reason=_reason(release.overrides.get(milestone.kind)),
            release_reason=release.reason,
        )
        for milestone in train(product, release)
    )
    dated = (
        Entry(
            subject=Subject(Category.EVENT, event.id),
            title=event.title,
            planned_at=event.planned_at,
            ends_at=event.ends_at,
            day=event.planned_at.date(),
            reason=_reason(release.events.get(event.id)),
            release_reason=release.reason,
        )
        for event in events(product, release)
    )
    return (*milestones, *dated)


def compare(
    before: Iterable[Known], after: Iterable[Entry], *, kept: Collection[str] = (), past: Collection[str] = ()
) -> tuple[Difference, ...]:
    """Return what changed in a release's calendar since it was last seen; nothing for what is the same.

    A milestone in `kept` (kinds: done, or under way) keeps the date it was seen with, also when its release left the
    product file and comes back. A new date of one in `past`
    (released before anybody looked) corrects a record: it shifts and does not slip. What comes back after it was
    withdrawn is new, whatever its date.
    """
    known = {one.subject: one for one in before}
    planned = {one.subject: one for one in after}
    found = []
    for subject in dict.fromkeys((*planned, *known)):
        now, seen = planned.get(subject), known.get(subject)
        if subject.category is Category.MILESTONE and subject.name in kept and seen is not None:
            if now is None or not seen.withdrawn:
                continue
            now = replace(now, planned_at=seen.planned_at, ends_at=seen.ends_at, day=seen.day)
        change = _change(seen, now, subject.name in past)
        if change is not None:
            found.append(Difference(change, seen, now))
    return tuple(found)


def _change(before: Known | None, after: Entry | None, past: bool) -> Change | None:
    if before is None:
        return Change.ADDED
    if after is None:
        return None if before.withdrawn else Change.WITHDRAWN
    if before.withdrawn:
        return Change.RETURNED
    if before.day != after.day and not (past and before.subject.category is Category.MILESTONE):
        return Change.MOVED
    if (before.planned_at, before.ends_at) != (after.planned_at, after.ends_at):
        return Change.SHIFTED
    same = (before.title, before.reason, before.release_reason) == (after.title, after.reason, after.release_reason)
    return None if same else Change.REWORDED


def slips_of(
    product: Product, release: Release, differences: Iterable[Difference], *, noticed: date
) -> tuple[Slip, ...]:
    """Return the slips among the differences of one look, which are one move: GA's own first, then by new date."""
    moved = [(one.before, one.after) for one in differences if one.change is Change.MOVED and one.before and one.after]
    moved_ga = any(after.subject == GA for _, after in moved)
    found = (
        slip(
            product.id,
            release.version,
            after.subject,
            before.day,
            after.day,
            noticed,
            title=after.title,
            notice=product.notice.get(release.type),
            type=release.type,
            moved_ga=moved_ga,
            reason=stated_reason(before, after),
        )
        for before, after in moved
    )
    return tuple(sorted(found, key=_prominence))


def stated_reason(before: Known, after: Entry) -> str:
    """Return the reason that the product file gives for a move: one that was written or changed with it; else empty.

    A reason that stood there before the move explains an earlier one.
    """
    if after.reason and after.reason != before.reason:
        return after.reason
    return after.release_reason if after.release_reason != before.release_reason else ""


def headline(slips: Iterable[Slip]) -> Slip:
    """Return the slip that stands for a whole move: GA's, else the first milestone's in train order, else an event's."""
    return min(slips, key=_prominence)


def label(subject: Subject) -> str:
    """Return how people call a milestone: `GA`, `RC`, `feature complete`; an event by its id."""
    if subject.category is Category.EVENT:
        return subject.name
    return _SHORT.get(MilestoneKind(subject.name), subject.name.replace("_", " "))


def _prominence(one: Slip) -> tuple[bool, bool, int, date, str]:
    is_event = one.subject.category is Category.EVENT
    rank = 0 if is_event else MilestoneKind(one.subject.name).rank
    return not one.is_ga, is_event, rank, one.new, one.subject.name


def _reason(own: MilestoneOverride | None) -> str:
    return own.reason if own is not None else ""


def _in_year(day: date, year: int) -> date | None:
    try:
        return day.replace(year=year)
    except ValueError:  # 29 February
        return None


def _length(length: timedelta) -> str:
    hours = length.seconds // 3600
    return f"{days_text(length.days)} and {hours} h" if hours else days_text(length.days)


def by_subject(slips: Iterable[Slip]) -> Mapping[Subject, Slip]:
    """Return the slips of one move by what moved."""
    return {one.subject: one for one in slips}
