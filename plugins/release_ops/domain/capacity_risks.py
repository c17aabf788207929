"""What rests on few people, and what people have not done for long."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from release_ops.domain.staff import Level, Member, Need, Project, Staff, able


class BusFactor(NamedTuple):
    """How many people would have to be gone before nobody can do it any more: as many as can."""

    skill: str
    level: Level
    """The highest that a project asks for; of a skill that none asks for, the lowest that anybody has."""
    factor: int
    is_needed: bool
    """Whether a project asks for it."""
    at_risk: bool


class ProjectBusFactor(NamedTuple):
    """The same for a project: the least of its needs."""

    project: str
    factor: int
    skill: str
    """The need with the least."""
    level: Level
    certified: bool
    at_risk: bool


class StaleSkill(NamedTuple):
    """A skill that was not used for long by some who have it."""

    skill: str
    people: int
    """Who have it."""
    stale: int
    """Who used it last longer ago than the policy's time."""
    unknown: int
    """Of whom nobody knows."""
    members: tuple[str, ...]
    """Ids of those with whom it is stale."""


def bus_factors(staff: Staff) -> list[BusFactor]:
    """Of every skill that anybody has or a project asks for; the least first."""
    asked: dict[str, Level] = {}
    for project in staff.projects:
        for need in project.needs:
            asked[need.skill] = max(asked.get(need.skill, need.level), need.level)
    had = {skill for member in staff.members for skill in member.skills}
    found = []
    for skill in sorted({*asked, *had}):
        levels = [member.skills[skill].level for member in staff.members if skill in member.skills]
        level = asked.get(skill) or min(levels)
        factor = sum(one >= level for one in levels)
        is_needed = skill in asked
        found.append(BusFactor(skill, level, factor, is_needed, is_needed and factor < staff.review.bus_factor))
    return sorted(found, key=lambda one: (not one.is_needed, one.factor, one.skill))


def project_bus_factors(staff: Staff) -> list[ProjectBusFactor]:
    """Of every project that needs anything; the least first."""
    found = []
    for project in staff.projects:
        counts = [(len(fit_for(staff, project, need)), place) for place, need in enumerate(project.needs)]
        if counts:
            factor, place = min(counts)
            need = project.needs[place]
            at_risk = factor < staff.review.bus_factor
            found.append(ProjectBusFactor(project.id, factor, need.skill, need.level, need.certified, at_risk))
    return sorted(found, key=lambda one: (one.factor, one.project))


def fit_for(staff: Staff, project: Project, need: Need) -> list[Member]:
    """Members who may do a need."""
    return [one for one in staff.members if one.id not in project.without and able(one, need)]


def stale_skills(staff: Staff, today: date) -> list[StaleSkill]:
    """Skills that are stale with anybody, the most first. It is not stale while nobody knows when it was used."""
    found = []
    for skill in sorted({name for member in staff.members for name in member.skills}):
        own = [(member.id, member.skills[skill].last_used) for member in staff.members if skill in member.skills]
        stale = tuple(who for who, used in own if used is not None and today - used > staff.policy.stale_after)
        if stale:
            found.append(StaleSkill(skill, len(own), len(stale), sum(used is None for _, used in own), stale))
    return sorted(found, key=lambda one: (-one.stale, one.skill))
