"""A made-up company of the shape of real ones, in which there is a plan: projects want what a hidden crew of theirs can do.

Skills are unequally spread, projects overlap, people are away or on call, and some projects have a budget, a limit of
people, a mix of skills or work that has to be one person's.
"""

from __future__ import annotations

import random
from datetime import date, timedelta
from decimal import Decimal

from release_ops.domain.staff import (
    Absence,
    Booking,
    Level,
    Member,
    Mix,
    Need,
    Project,
    Skill,
    Staff,
    StaffPolicy,
    free_hours,
)

FIRST = date(2027, 1, 4)
WEEKS = 26
SKILLS = [f"skill {place:02}" for place in range(40)]
SPREAD = [1 / (place + 3) for place in range(len(SKILLS))]
"""Many know the first skills and few the last."""
LEVELS = [*Level]


def company(people: int, projects: int, seed: int, load: float = 0.6) -> Staff:
    """People for half a year, and projects that want about `load` of their time."""
    rng = random.Random(seed)
    members = [_member(rng, place) for place in range(people)]
    spans = sorted(_span(rng) for _ in range(projects))
    # Heads at once: those of all the time, by the share of it that a project takes.
    weeks = sum((end - start).days / 7 for start, end in spans)
    crew = people * WEEKS * load / weeks
    busy: list[list[tuple[date, date, float]]] = [[] for _ in members]
    made: list[Project] = []
    for span in spans:
        tries = (_project(rng, len(made), span if one < 9 else _span(rng), members, busy, crew) for one in range(99))
        made.append(next(one for one in tries if one is not None))
    return Staff(members=tuple(members), projects=tuple(made), policy=StaffPolicy())


def _member(rng: random.Random, place: int) -> Member:
    level = rng.choices(LEVELS, [15, 30, 30, 20, 5])[0]
    own = dict.fromkeys(rng.choices(SKILLS, SPREAD, k=rng.randint(3, 8)))
    skills = {
        one: Skill(
            level=LEVELS[max(0, level - 1 + rng.choice([-1, -1, 0, 0, 0]))],
            last_used=FIRST - timedelta(days=rng.choice([20, 90, 200, 500, 900])),
            certified=rng.random() < 0.1,
        )
        for one in own
    }
    away = [_away(rng, weeks) for weeks in (1, 2)[: rng.randint(0, 2)]]
    call = Booking(project="on call", start=FIRST, end=FIRST + timedelta(weeks=rng.randint(4, 26)), hours_per_week=8)
    return Member(
        id=f"m{place:04}",
        name=f"Person {place}",
        team=f"team {place // 8}",
        hours_per_week=rng.choices([40, 32, 20], [80, 13, 7])[0],
        rate=max(Decimal(35), Decimal(round(rng.gauss(45 + 14 * level, 8)))),
        skills=skills,
        away=tuple(away),
        booked=(call,) if rng.random() < 0.15 else (),
    )


def _away(rng: random.Random, weeks: int) -> Absence:
    start = FIRST + timedelta(weeks=rng.randint(0, WEEKS - weeks))
    return Absence(start=start, end=start + timedelta(days=7 * weeks - 3))


def _span(rng: random.Random) -> tuple[date, date]:
    weeks = rng.choices([4, 6, 8, 12, 16, 26], [1, 2, 3, 4, 3, 1])[0]
    start = FIRST + timedelta(weeks=rng.randint(0, WEEKS - weeks))
    return start, start + timedelta(days=7 * weeks - 3)


def _project(
    rng: random.Random,
    place: int,
    span: tuple[date, date],
    members: list[Member],
    busy: list[list[tuple[date, date, float]]],
    crew: float,
) -> Project | None:
    """A project that wants the work of a crew with time; `busy` is added to. None if nobody has time for what it wants."""
    start, end = span
    skills = dict.fromkeys(rng.choices(SKILLS, SPREAD, k=rng.randint(2, 4)))
    wanted = {one: rng.choices(LEVELS[:4], [20, 40, 30, 10])[0] for one in skills}
    left = crew * rng.lognormvariate(0, 0.5)
    hours: dict[str, float] = {}
    cost, heads = 0.0, 0
    levels: list[tuple[str, Level]] = []
    for m in rng.sample(range(len(members)), len(members)):
        member = members[m]
        own = [one for one, level in wanted.items() if one in member.skills and member.skills[one].level >= level]
        if not own:
            continue
        others = [one for one in busy[m] if one[0] <= end and one[1] >= start]
        room = 0.95 - 0.1 * len(others) - sum(one[2] for one in others)
        free = sum(free_hours(member, start + timedelta(days=day)) for day in range((end - start).days + 1))
        if len(others) > 1 or room < 0.2 or free <= 0:
            continue
        share = min(room, rng.choice([0.25, 0.5, 0.5, 0.8, 0.8]))
        skill = rng.choice(own)
        busy[m].append((start, end, share))
        hours[skill] = hours.get(skill, 0.0) + share * free
        levels.append((skill, member.skills[skill].level))
        cost += share * free * float(member.rate)
        heads, left = heads + 1, left - share * member.hours_per_week / 40
        if left <= 0:
            break
    if not levels:
        return None
    best = max(levels, key=lambda one: one[1])
    return Project(
        id=f"p{place:03}",
        name=f"Project {place}",
        start=start,
        end=end,
        priority=rng.randint(1, 5),
        needs=tuple(
            Need(
                skill=skill, level=wanted[skill], hours=round(by, 1), whole=[one for one, _ in levels].count(skill) == 1
            )
            for skill, by in hours.items()
        ),
        budget=Decimal(round(cost * 1.02) + 1) if rng.random() < 0.3 else None,
        people_at_least=min(2, heads),
        people_at_most=heads + 1 if rng.random() < 0.5 else None,
        mix=(Mix(skill=best[0], level=best[1], people=1),) if rng.random() < 0.3 else (),
    )
