"""Who works on what: plans against every other plan, limits that are kept, and ways out where they cannot be."""

from __future__ import annotations

import itertools
import random
from datetime import date
from decimal import Decimal

import pytest

from release_ops.domain import allocation
from release_ops.domain.allocation import allocate
from release_ops.domain.allocation_clash import clash
from release_ops.domain.allocation_model import build
from release_ops.domain.allocation_solver import INFEASIBLE, solve
from release_ops.domain.assignment import assign
from release_ops.domain.staff import (
    Absence,
    Booking,
    Level,
    Member,
    Mix,
    Need,
    Project,
    Relaxing,
    Skill,
    Staff,
    StaffPolicy,
    Weights,
)

ONLY_COST = StaffPolicy(
    switching_loss=0, least_share=0, start_hours=0, gap=0, weights=Weights(match=0, balance=0, switching=0)
)


def member(name, rate=100, hours=40, away=(), booked=(), at_once=None, **skills):
    return Member(
        id=name,
        name=name.title(),
        team="web",
        hours_per_week=hours,
        rate=Decimal(rate),
        skills={skill: Skill(level=Level[level.upper()]) for skill, level in skills.items()},
        away=tuple(Absence(start=one, end=other) for one, other in away),
        booked=tuple(booked),
        projects_at_once=at_once,
    )


def need(skill, hours, level="novice", **rest):
    return Need(skill=skill, level=Level[level.upper()], hours=hours, **rest)


def project(name, *needs, start=date(2026, 11, 2), end=date(2026, 11, 6), **rest):
    return Project(id=name, name=name.title(), start=start, end=end, needs=needs, **rest)


def plan(members, projects, policy=ONLY_COST):
    return allocate(Staff(members=tuple(members), projects=tuple(projects), policy=policy))


def hours(found):
    return {(one.member, one.project, one.skill): float(one.hours) for one in found.shares}


def test_the_cheapest_who_can_do_it_does_it():
    found = plan(
        [member("ana", 90, python="expert"), member("bob", 60, python="intermediate"), member("cy", 50, sql="expert")],
        [project("a", need("python", 30, "advanced")), project("b", need("python", 20))],
    )
    assert hours(found) == {("ana", "a", "python"): 30, ("bob", "b", "python"): 20}
    assert (found.status, found.gap) == ("optimal", 0)
    assert found.objective == pytest.approx(30 * 90 + 20 * 60)
    assert sum(one.cost for one in found.shares) == Decimal(30 * 90 + 20 * 60)


def test_what_one_cannot_do_in_time_the_next_does():
    """Ten of the forty hours are booked, eight are of a day away, so 24 are left (a booking takes a fifth of each day)."""
    booking = Booking(project="x", start=date(2026, 11, 2), end=date(2026, 11, 6), hours_per_week=10)
    cheap = member("ana", 10, away=[(date(2026, 11, 4), date(2026, 11, 4))], booked=[booking], python="novice")
    found = plan([cheap, member("bob", 90, python="novice")], [project("a", need("python", 40))])
    assert hours(found) == {("ana", "a", "python"): 24, ("bob", "a", "python"): 16}


def test_time_is_kept_on_every_day_that_projects_share():
    """Both run in the first week; in the second only one does, and its work is spread over both."""
    long, short = project("long", need("python", 60), end=date(2026, 11, 13)), project("short", need("python", 20))
    found = plan([member("ana", 10, python="novice"), member("bob", 90, python="novice")], [long, short])
    loads = {name: sum(one.load for one in found.shares if one.member == name) for name in ("ana", "bob")}
    assert loads["ana"] == pytest.approx(1)
    assert loads["bob"] == pytest.approx(0.25)
    apart = project("apart", need("python", 40), start=date(2026, 11, 9), end=date(2026, 11, 13))
    found = plan([member("ana", 10, python="novice")], [project("first", need("python", 40)), apart])
    assert {one.load for one in found.shares} == {1}


def test_each_further_project_at_once_costs_time():
    policy = StaffPolicy(**{**vars_of(ONLY_COST), "switching_loss": 0.2})
    two = [project("a", need("python", 16)), project("b", need("python", 16))]
    assert plan([member("ana", python="novice")], two, policy).status == "optimal"
    more = [project("a", need("python", 16)), project("b", need("python", 17))]
    assert plan([member("ana", python="novice")], more, policy).status == "infeasible"
    assert plan([member("ana", python="novice")], more).status == "optimal"


def test_nobody_works_on_more_projects_at_once_than_he_may():
    three = [project(name, need("python", 4)) for name in "abc"]
    assert plan([member("ana", python="novice")], three).status == "optimal"
    found = plan([member("ana", at_once=2, python="novice")], three)
    assert found.clash is not None
    assert "Ana works on at most 2 of A, B and C at once" in found.clash.limits


def test_people_are_chosen_and_counted_as_a_project_wants():
    everybody = [
        member("ana", 10, python="expert"),
        member("bob", 20, python="novice"),
        member("cy", 30, python="expert"),
    ]
    free = project("a", need("python", 20))
    assert {one.member for one in plan(everybody, [free]).shares} == {"ana"}

    def members_of(**rules):
        least = StaffPolicy(**{**vars_of(ONLY_COST), "least_share": 0.1})
        return sorted(
            {one.member for one in plan(everybody, [project("a", need("python", 20), **rules)], least).shares}
        )

    assert members_of(people_at_least=2) == ["ana", "bob"]
    assert members_of(people_at_least=3) == ["ana", "bob", "cy"]
    assert members_of(mix=(Mix(skill="python", level=Level.EXPERT, people=2),)) == ["ana", "cy"]
    assert members_of(members=("cy",)) == ["ana", "cy"]
    assert members_of(without=("ana",)) == ["bob"]
    assert members_of(without=("ana",), members=("cy",), people_at_most=1) == ["cy"]


def test_balance_spreads_what_cost_would_heap():
    cheap, dear = member("ana", 50, python="novice"), member("bob", 55, python="novice")
    work = [project("a", need("python", 40))]
    assert hours(plan([cheap, dear], work)) == {("ana", "a", "python"): 40}
    spread = StaffPolicy(**{**vars_of(ONLY_COST), "weights": Weights(match=0, balance=1, switching=0)})
    assert hours(plan([cheap, dear], work, spread)) == {("ana", "a", "python"): 20, ("bob", "a", "python"): 20}


def test_a_budget_is_kept_or_clashes():
    both = [member("ana", 100, python="expert"), member("bob", 50, python="novice")]
    work = need("python", 20)
    assert plan(both, [project("a", work, budget=Decimal(1000))]).status == "optimal"
    found = plan(both, [project("a", work, budget=Decimal(900))])
    assert found.clash is not None
    assert found.clash.is_least
    assert [*found.clash.limits] == [
        "A takes 20 h of python (novice or better): 2 people can do it, with 80 h free then",
        "the people of A cost at most 900.00 EUR",
    ]
    cheapest = found.alternatives[0]
    assert (cheapest.title, round(cheapest.money, 2)) == ("more money", 100)
    assert [*cheapest.steps] == ["A, budget of 900.00 EUR: 100.00 more"]
    assert [(one.member, one.hours) for one in cheapest.shares] == [("bob", 20)]


def test_a_skill_that_nobody_has_clashes_alone_and_is_bought():
    found = plan([member("ana", python="expert")], [project("a", need("rust", 10), priority=2)])
    assert found.clash is not None
    assert [*found.clash.limits] == ["A takes 10 h of rust (novice or better): nobody there can do it"]
    assert [(one.title, one.money, one.price) for one in found.alternatives] == [
        ("less work, or people from outside", 1500, 3000)
    ]


def test_what_the_policy_forbids_is_no_way_out():
    never = Relaxing(hours=None, overtime=None, budget=None, projects=None, people=None)
    policy = StaffPolicy(**{**vars_of(ONLY_COST), "relaxing": never})
    found = plan([member("ana", python="expert")], [project("a", need("python", 50))], policy)
    assert found.status == "infeasible"
    assert found.alternatives == []


def test_the_cheapest_way_out_of_too_little_time_is_overtime():
    found = plan([member("ana", 60, python="expert")], [project("a", need("python", 44))])
    assert found.alternatives[0].title == "overtime"
    assert found.alternatives[0].money == pytest.approx(4 * 60 * 1.5)


@pytest.mark.parametrize("seed", range(12))
def test_a_clash_is_one_and_each_of_it_is_needed(seed):
    """Checked from the definition: its limits leave no plan, and without any one of them there is one."""
    models = (build(random_staff(seed, work, rate=40), overtime=True) for work in itertools.count(30, 10))
    model = next(one for one in models if solve(one, seconds=20, gap=0).status == INFEASIBLE)
    found = clash(model, lambda: 60.0)
    places = {place for place, one in enumerate(model.limits) if one.words in set(found.limits)}
    assert found.is_least
    assert len(places) == len(found.limits)
    assert solve(model, seconds=20, gap=0, weight=0, enforced=places).status == INFEASIBLE
    for one in places:
        assert solve(model, seconds=20, gap=0, weight=0, enforced=places - {one}).status != INFEASIBLE


@pytest.mark.parametrize("seed", range(10))
def test_a_plan_keeps_every_limit_when_it_is_added_up_again(seed):
    staff = random_staff(seed, work=8)
    found = allocate(staff)
    assert found.status == "optimal", found.clash
    people = {one.id: one for one in staff.members}
    for one in staff.projects:
        crew = {each.member for each in found.shares if each.project == one.id}
        assert len(crew) >= one.people_at_least
        for wanted in one.needs:
            own = [each for each in found.shares if (each.project, each.skill) == (one.id, wanted.skill)]
            assert sum(each.hours for each in own) == wanted.hours
            assert all(people[each.member].skills[wanted.skill].level >= wanted.level for each in own)
        cost = sum(each.cost for each in found.shares if each.project == one.id)
        # Hours are told in hundredths, one is at most lost or won for each share.
        rounding = Decimal("0.01") * sum(people[each.member].rate for each in found.shares if each.project == one.id)
        assert one.budget is None or cost <= one.budget + rounding
    for name in people:
        busy = [each for each in found.shares if each.member == name]
        assert len({each.project for each in busy}) <= staff.policy.projects_at_once
        loss = staff.policy.switching_loss * max(0, len({each.project for each in busy}) - 1)
        assert sum(each.load for each in busy) <= 1 - loss + 1e-6
    assert found.objective == pytest.approx(sum(found.parts.values()))
    assert found.objective >= found.bound - 1e-6


@pytest.mark.parametrize("seed", range(20))
def test_one_to_one_is_the_best_of_all_pairings(seed):
    rng = random.Random(seed)
    rows, columns = rng.randint(1, 5), rng.randint(1, 6)
    costs = [[rng.choice([rng.randint(-9, 9), float("inf")]) for _ in range(columns)] for _ in range(rows)]
    flat = costs if rows <= columns else [list(one) for one in zip(*costs, strict=True)]
    best = min(
        sum(flat[place][at] for place, at in enumerate(chosen))
        for chosen in itertools.permutations(range(max(rows, columns)), min(rows, columns))
    )
    found = assign(costs)
    assert (found is None) == (best == float("inf"))
    if found is not None:
        assert found.cost == best == sum(costs[row][column] for row, column in found.pairs)


@pytest.mark.parametrize("seed", range(6))
def test_one_to_one_and_the_programme_agree(seed, monkeypatch):
    rng = random.Random(seed)
    levels = [one.word for one in Level]
    staff = Staff(
        members=tuple(
            member(f"m{i}", rng.randint(40, 120), **{s: rng.choice(levels) for s in rng.sample(["x", "y", "z"], 2)})
            for i in range(6)
        ),
        projects=tuple(project(f"p{i}", need(rng.choice("xyz"), rng.randint(5, 40), whole=True)) for i in range(4)),
        policy=StaffPolicy(projects_at_once=1, gap=0),
    )
    one = allocate(staff)
    assert one.method == "assignment"
    monkeypatch.setattr(allocation, "_one_to_one", lambda model: False)
    other = allocate(staff)
    assert other.method == "programme"
    assert one.objective == pytest.approx(other.objective)
    assert one.parts == pytest.approx(other.parts)


def vars_of(policy):
    return {name: getattr(policy, name) for name in policy.__dataclass_fields__}


def random_staff(seed, work, rate=130):
    rng = random.Random(seed)
    levels = [one.word for one in Level]
    return Staff(
        members=(
            *(
                member(f"m{i}", rng.randint(40, 120), **{s: rng.choice(levels) for s in rng.sample(["x", "y", "z"], 2)})
                for i in range(5)
            ),
            member("all", 150, x="expert", y="expert", z="expert"),
        ),
        projects=tuple(
            project(
                f"p{i}",
                *(need(s, rng.randint(1, work), rng.choice(levels[:3])) for s in rng.sample(["x", "y", "z"], 2)),
                budget=rng.choice([None, Decimal(rate * 2 * work)]),
            )
            for i in range(4)
        ),
    )
