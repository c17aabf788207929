"""People with skills and time, projects with needs, and the policy by which the two are brought together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from enum import IntEnum

from release_ops.domain.business_days import Days
from release_ops.domain.capacity_policy import ReviewPolicy

WORKDAYS = 5
"""Days of a working week, Monday to Friday."""


class Level(IntEnum):
    """How well somebody has a skill."""

    NOVICE = 1
    INTERMEDIATE = 2
    ADVANCED = 3
    EXPERT = 4
    SPECIALIST = 5

    @property
    def word(self) -> str:
        """The level as team files write it."""
        return self.name.lower()


@dataclass(frozen=True, slots=True, kw_only=True)
class Skill:
    """A skill that a member has."""

    level: Level
    last_used: date | None = None
    """None: nobody knows."""
    certified: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Absence:
    """Days, both included, on which a member is not there."""

    start: date
    end: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Booking:
    """Work that a member is promised to already; days included."""

    project: str
    start: date
    end: date
    hours_per_week: float
    skill: str | None = None
    """What he does there; None: not said."""
    plan: str | None = None
    """Id of the approved plan that it comes from, and that the next plan replaces; None: somebody wrote it down."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """Somebody who works."""

    id: str
    name: str
    team: str
    hours_per_week: float
    rate: Decimal
    """What an hour costs."""
    skills: Mapping[str, Skill] = field(default_factory=dict)
    away: tuple[Absence, ...] = ()
    booked: tuple[Booking, ...] = ()
    projects_at_once: int | None = None
    """None: as the policy says."""
    regions: tuple[str, ...] = ()
    """Whose public holidays he has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """Hours of a skill that a project takes, over all its time."""

    skill: str
    level: Level
    """Lowest level that will do."""
    hours: float
    certified: bool = False
    whole: bool = False
    """Whether one person has to do all of it."""
    hours_of: Mapping[str, float] = field(default_factory=dict)
    """Member to the hours that all of it would take him, where he is faster or slower."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mix:
    """How many of the people of a project have to have a skill at a level."""

    skill: str
    level: Level
    people: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """Something that takes people's time, from its first day to its last, both included."""

    id: str
    name: str
    start: date
    end: date
    priority: int = 3
    """1 (least) to 5: what lacks costs so many times more."""
    needs: tuple[Need, ...] = ()
    budget: Decimal | None = None
    """What its people may cost."""
    people_at_least: int = 0
    people_at_most: int | None = None
    mix: tuple[Mix, ...] = ()
    members: tuple[str, ...] = ()
    """Ids of people who have to be part of it."""
    without: tuple[str, ...] = ()
    """Ids of people who must not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """How much each part of the objective counts; all parts are money. 0: not at all."""

    cost: float = 1.0
    match: float = 1.0
    balance: float = 1.0
    switching: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Relaxing:
    """What it costs to give way, per unit; None: that is not done."""

    hours: float | None = 150.0
    """An hour of work from outside, or left undone, at priority 1."""
    overtime: float | None = 1.5
    """An hour beyond a member's time, as a factor on the rate."""
    overtime_at_most: float = 0.25
    """Share of a member's time that overtime may add."""
    budget: float | None = 1.0
    """One more unit of money."""
    projects: float | None = 20.0
    """One more project at the same time, in hours of the member's rate."""
    people: float | None = 40.0
    """One head more or fewer than a rule of the team's composition wants, in hours of the mean rate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffPolicy:
    """How people are allocated and judged; docs/capacity.md tells what each part does."""

    currency: str = "EUR"
    target: float = 0.85
    """Utilisation that is aimed at, a share of the available time."""
    projects_at_once: int = 3
    switching_loss: float = 0.1
    """Share of a member's time that each project beyond the first at the same time costs."""
    least_share: float = 0.1
    """Share of a member's time below which taking part in a project is not worth while."""
    start_hours: float = 8.0
    """Hours that it costs somebody to get into a project."""
    stale_after: timedelta = timedelta(days=365)
    """A skill that was not used for so long is a worse match."""
    budget: Decimal | None = None
    """What all projects' people may cost together."""
    weights: Weights = field(default_factory=Weights)
    relaxing: Relaxing = field(default_factory=Relaxing)
    gap: float = 0.001
    """Relative distance to the optimum at which the search ends."""
    seconds: float = 60.0
    """Time after which the search ends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Staff:
    """People and projects together."""

    members: tuple[Member, ...]
    projects: tuple[Project, ...]
    policy: StaffPolicy = field(default_factory=StaffPolicy)
    review: ReviewPolicy = field(default_factory=ReviewPolicy)


def able(member: Member, need: Need) -> bool:
    """Whether somebody has the skill of a need, at its level or above, certified if it asks for that."""
    skill = member.skills.get(need.skill)
    return skill is not None and skill.level >= need.level and (skill.certified or not need.certified)


def match(member: Member, need: Need, policy: StaffPolicy, on: date) -> float:
    """How well an able member fits a need on a day, 0..1.

    1 at exactly the level; a tenth less for each level above, because such people are wanted where less will not do; a
    fifth less if the skill was last used longer ago than `stale_after`.
    """
    skill = member.skills[need.skill]
    worse = 0.1 * (skill.level - need.level)
    if skill.last_used is not None and on - skill.last_used > policy.stale_after:
        worse += 0.2
    return 1.0 - worse


def present_hours(member: Member, day: date) -> float:
    """Hours of a day that somebody is there, booked or not; 0 on Saturdays, Sundays and his public holidays."""
    if day.weekday() >= WORKDAYS or any(one.start <= day <= one.end for one in member.away):
        return 0.0
    if member.regions and Days(member.regions).holiday(day):
        return 0.0
    return member.hours_per_week / WORKDAYS


def booked_hours(booking: Booking, member: Member, day: date) -> float:
    """Hours of a day that a booking takes of a member; 0 on days that he is not there."""
    if not booking.start <= day <= booking.end or present_hours(member, day) == 0:
        return 0.0
    return booking.hours_per_week / WORKDAYS


def free_hours(member: Member, day: date, *, planned: bool = True) -> float:
    """Hours of a day that somebody is there and not booked. Without `planned`, bookings of a plan do not count."""
    booked = sum(booked_hours(one, member, day) for one in member.booked if planned or one.plan is None)
    return max(0.0, present_hours(member, day) - booked)
