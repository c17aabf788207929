"""Plans against every other plan: who takes part is tried in all ways, and time is kept day by day, written plainly."""

from __future__ import annotations

import itertools
import random
from datetime import date, timedelta
from decimal import Decimal

import numpy as np
import pytest
from scipy.optimize import linprog

from release_ops.domain.allocation import allocate
from release_ops.domain.staff import Absence, Level, Member, Mix, Need, Project, Skill, Staff, StaffPolicy, Weights

MONDAY = date(2026, 11, 2)
FIT_LOST = {False: 0.0, True: 0.2}


def small(seed):
    """Three people, two or three projects of one or two needs, and now and then a rule of each kind."""
    rng = random.Random(seed)
    members = tuple(
        Member(
            id=name,
            name=name,
            team="t",
            hours_per_week=rng.choice([20, 40]),
            rate=Decimal(rng.randint(40, 120)),
            skills={
                skill: Skill(
                    level=rng.choice([*Level][1:]),
                    last_used=rng.choice([None, MONDAY, MONDAY - timedelta(days=366), MONDAY - timedelta(days=365)]),
                    certified=rng.random() < 0.7,
                )
                for skill in rng.sample(["x", "y", "z"], 2)
            },
            away=(Absence(start=MONDAY, end=MONDAY + timedelta(days=rng.randint(0, 3))),) if rng.random() < 0.3 else (),
        )
        for name in ("a", "b", "c")
    )
    projects = []
    for place in range(rng.choice([2, 2, 3])):
        start = MONDAY + timedelta(days=7 * rng.randint(0, 1))
        projects.append(
            Project(
                id=f"p{place}",
                name=f"p{place}",
                start=start,
                end=start + timedelta(days=rng.choice([4, 11])),
                needs=tuple(
                    Need(
                        skill=skill,
                        level=rng.choice([*Level][:3]),
                        hours=rng.randint(4, 30),
                        whole=rng.random() < 0.2,
                        certified=rng.random() < 0.15,
                        hours_of={"a": rng.randint(4, 30)} if rng.random() < 0.2 else {},
                    )
                    for skill in rng.sample(["x", "y", "z"], rng.choice([1, 1, 2]))
                ),
                budget=rng.choice([None, Decimal(rng.randint(1500, 4000))]),
                people_at_least=rng.choice([0, 0, 2]),
                people_at_most=rng.choice([None, 2]),
                mix=(Mix(skill="x", level=Level.EXPERT, people=1),) if rng.random() < 0.15 else (),
                members=("a",) if rng.random() < 0.15 else (),
                without=("b",) if rng.random() < 0.15 else (),
            )
        )
    policy = StaffPolicy(
        projects_at_once=rng.choice([1, 2, 3]),
        gap=0,
        budget=rng.choice([None, None, Decimal(6000)]),
        weights=Weights(balance=0),
    )
    return Staff(members=members, projects=tuple(projects), policy=policy)


def free_days(member, project):
    """Days of a project on which somebody is there."""
    days = [project.start + timedelta(days=place) for place in range((project.end - project.start).days + 1)]
    return [day for day in days if day.weekday() < 5 and not any(one.start <= day <= one.end for one in member.away)]


def brute_force(staff):
    """The least objective of all plans; None if there is none."""
    mean = sum(float(one.rate) for one in staff.members) / len(staff.members)
    offers = []
    for m, member in enumerate(staff.members):
        for p, project in enumerate(staff.projects):
            days = free_days(member, project)
            for n, need in enumerate(project.needs):
                skill = member.skills.get(need.skill)
                good = skill is not None and skill.level >= need.level and (skill.certified or not need.certified)
                if not good or member.id in project.without or not days:
                    continue
                hours = need.hours_of.get(member.id, need.hours)
                load = hours / (len(days) * member.hours_per_week / 5)
                stale = skill.last_used is not None and (project.start - skill.last_used).days > 365
                lost = 0.1 * (skill.level - need.level) + FIT_LOST[stale]
                money = hours * float(member.rate)
                offers.append((m, p, n, load, money, money + lost * hours * mean))
    pairs = sorted({one[:2] for one in offers})
    costs = [
        plan_cost(staff, offers, {*chosen})
        for size in range(len(pairs) + 1)
        for chosen in itertools.combinations(pairs, size)
    ]
    return min((one for one in costs if one is not None), default=None)


def composition_is_kept(staff, chosen):
    for p, project in enumerate(staff.projects):
        crew = [staff.members[m] for m, q in chosen if q == p]
        if len(crew) < project.people_at_least or len(crew) > (project.people_at_most or 99):
            return False
        if not {*project.members} <= {one.id for one in crew}:
            return False
        for mix in project.mix:
            if sum(one.skills[mix.skill].level >= mix.level for one in crew if mix.skill in one.skills) < mix.people:
                return False
    for m, member in enumerate(staff.members):
        for day in sorted({day for q in staff.projects for day in free_days(member, q)}):
            today = [p for n, p in chosen if n == m and staff.projects[p].start <= day <= staff.projects[p].end]
            if len(today) > staff.policy.projects_at_once:
                return False
    return True


def plan_cost(staff, offers, chosen):
    """The cheapest plan in which exactly these people take part in these projects."""
    if not composition_is_kept(staff, chosen):
        return None
    policy, open_ones = staff.policy, [one for one in offers if one[:2] in chosen]
    wholes = [(p, n) for p, project in enumerate(staff.projects) for n, need in enumerate(project.needs) if need.whole]
    ways = itertools.product(*([one for one in open_ones if one[1:3] == key] for key in wholes))
    start = sum(policy.start_hours * float(staff.members[m].rate) for m, _ in chosen)
    found = []
    for way in ways:
        rows, most, same = [], [], []
        for p, project in enumerate(staff.projects):
            for n in range(len(project.needs)):
                same.append([float(one[1:3] == (p, n)) for one in open_ones])
            if project.budget is not None:
                rows.append([one[4] * (one[1] == p) for one in open_ones])
                most.append(float(project.budget))
        if policy.budget is not None:
            rows.append([one[4] for one in open_ones])
            most.append(float(policy.budget))
        for m, member in enumerate(staff.members):
            for day in sorted({day for q in staff.projects for day in free_days(member, q)}):
                today = [p for n, p in chosen if n == m and staff.projects[p].start <= day <= staff.projects[p].end]
                rows.append([one[3] * (one[0] == m and one[1] in today) for one in open_ones])
                most.append(1 - policy.switching_loss * max(0, len(today) - 1))
        for m, p in chosen:
            project, own = staff.projects[p], [one[3] * (one[:2] == (m, p)) for one in open_ones]
            crew = max(1, project.people_at_least, len(project.members), *(one.people for one in project.mix))
            rows.append([-one for one in own])
            most.append(-min(policy.least_share, sum(own) / crew))
        bounds = [(1.0, 1.0) if one in way else (0.0, 0.0) if one[1:3] in wholes else (0.0, 1.0) for one in open_ones]
        if not open_ones:
            return None
        solved = linprog(
            [one[5] for one in open_ones],
            A_ub=np.array(rows),
            b_ub=most,
            A_eq=np.array(same),
            b_eq=np.ones(len(same)),
            bounds=bounds,
        )
        if solved.status == 0:
            found.append(solved.fun + start)
    return min(found, default=None)


@pytest.mark.parametrize("seed", range(40))
def test_no_other_plan_is_cheaper(seed):
    staff = small(seed)
    best, found = brute_force(staff), allocate(staff)
    assert (found.objective is None) == (best is None), found.clash
    if best is not None:
        assert found.objective == pytest.approx(best, rel=1e-5)
        assert found.bound <= best * (1 + 1e-6)
    else:
        assert found.status == "infeasible"


def test_the_cases_have_plans_and_clashes():
    has_plan = [brute_force(small(seed)) is not None for seed in range(12)]
    assert {*has_plan} == {True, False}
