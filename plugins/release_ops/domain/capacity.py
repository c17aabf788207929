"""Time that people have and time that is wanted of them, week by week.

A week is its Monday. Hours of a member: those of his week, spread over Monday to Friday, on days on which he is there.
Hours of a need: spread evenly over the workdays of its project.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, timedelta
from typing import NamedTuple

from release_ops.domain.business_days import Days
from release_ops.domain.staff import WORKDAYS, Level, Member, Project, Staff, booked_hours, free_hours, present_hours

WEEK = timedelta(days=7)


class Work(NamedTuple):
    """Hours of a need in a week."""

    project: str
    need: int
    """Place among the project's needs."""
    skill: str
    level: Level
    certified: bool
    week: date
    hours: float
    priority: int


class MemberWeek(NamedTuple):
    """A member's week in hours."""

    member: str
    team: str
    week: date
    capacity: float
    """Hours that he is there."""
    booked: float
    """Promised to other things; at most the capacity."""
    planned: float
    """Promised by the plan."""
    beyond: float = 0.0
    """Promised by hand beyond the capacity: somebody is booked twice."""

    @property
    def utilisation(self) -> float | None:
        """Share of his time that is promised; None where he is away."""
        return (self.booked + self.planned + self.beyond) / self.capacity if self.capacity > 0 else None


class TeamWeek(NamedTuple):
    """A team's week in hours."""

    team: str
    week: date
    people: int
    """Who is there at all."""
    capacity: float
    booked: float
    planned: float
    over: int
    """People with more than all their time promised."""
    above: int
    """People above the target, those included."""
    under: int
    """People with room: below the policy's share."""

    @property
    def utilisation(self) -> float | None:
        """Share of the time that is promised; None where nobody is there."""
        return (self.booked + self.planned) / self.capacity if self.capacity > 0 else None


def monday(day: date) -> date:
    """First day of the ISO week of a day."""
    return day - timedelta(days=day.weekday())


def weeks(first: date, count: int) -> list[date]:
    """So many weeks from that of a day on; before it, if the count is below 0, in order."""
    start = monday(first)
    steps = range(count) if count >= 0 else range(count, 0)
    return [start + WEEK * one for one in steps]


def workdays(start: date, end: date, regions: tuple[str, ...]) -> list[date]:
    """Days of a period without Saturdays, Sundays and public holidays; all of them where nothing else is left."""
    days = [start + timedelta(days=one) for one in range((end - start).days + 1)]
    calendar = Days(regions)
    return [day for day in days if day.weekday() < WORKDAYS and not calendar.holiday(day)] or days


def demand(projects: Sequence[Project], regions: tuple[str, ...], within: Sequence[date]) -> list[Work]:
    """Hours of every need in those of some weeks in which its project runs."""
    found = []
    wanted = set(within)
    for project in projects:
        days = workdays(project.start, project.end, regions)
        share: dict[date, float] = defaultdict(float)
        for day in days:
            share[monday(day)] += 1 / len(days)
        for place, need in enumerate(project.needs):
            found += [
                Work(
                    project.id, place, need.skill, need.level, need.certified, week, need.hours * part, project.priority
                )
                for week, part in share.items()
                if week in wanted
            ]
    return found


def week_days(week: date) -> list[date]:
    """The seven days of a week."""
    return [week + timedelta(days=one) for one in range(7)]


def open_hours(member: Member, week: date) -> float:
    """Hours of a week that a member is there and has not promised by hand: what a plan may give him to do."""
    return sum(free_hours(member, day, planned=False) for day in week_days(week))


def member_weeks(staff: Staff, within: Sequence[date]) -> list[MemberWeek]:
    """Every member's weeks, with what the plan that stands gives him to do."""
    found = []
    for member in staff.members:
        plan = [one for one in member.booked if one.plan is not None]
        for week in within:
            days = week_days(week)
            there = sum(present_hours(member, day) for day in days)
            planned = sum(booked_hours(one, member, day) for one in plan for day in days)
            booked = there - open_hours(member, week)
            by_hand = sum(booked_hours(one, member, day) for one in member.booked if one.plan is None for day in days)
            beyond = max(0.0, by_hand - booked)
            found.append(MemberWeek(member.id, member.team, week, there, booked, planned, beyond))
    return found


def team_weeks(rows: Sequence[MemberWeek], *, target: float, under: float) -> list[TeamWeek]:
    """The same by team, teams by name and weeks in order."""
    groups: dict[tuple[str, date], list[MemberWeek]] = defaultdict(list)
    for row in rows:
        groups[row.team, row.week].append(row)
    found = []
    for (team, week), own in sorted(groups.items()):
        shares = [row.utilisation for row in own if row.utilisation is not None]
        found.append(
            TeamWeek(
                team=team,
                week=week,
                people=len(shares),
                capacity=sum(row.capacity for row in own),
                booked=sum(row.booked for row in own),
                planned=sum(row.planned for row in own),
                over=sum(share > 1 + TOLERANCE for share in shares),
                above=sum(share > target + TOLERANCE for share in shares),
                under=sum(share < under - TOLERANCE for share in shares),
            )
        )
    return found


TOLERANCE = 1e-3
"""Plans are kept to a hundredth of an hour: what is nearer to a limit is on it."""
