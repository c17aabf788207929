"""Every number of a review, worked out once more from the rows that it is made of."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import date, timedelta
from itertools import combinations

import holidays
import networkx as nx
import pandas as pd
import pytest
from hypothesis import given, settings

from release_ops.domain.capacity import demand, member_weeks, monday, team_weeks, weeks
from release_ops.domain.capacity_gaps import gap_weeks, undone
from release_ops.domain.capacity_report import review
from release_ops.domain.capacity_risks import bus_factors, project_bus_factors, stale_skills
from release_ops.domain.staff import Absence, Booking, Level, Staff

from .cases import MONDAY, member, need, project, staff, staffs

SPAN = weeks(MONDAY, 8)


def days_of(found: Staff) -> pd.DataFrame:
    """One row per member and day of eight weeks: hours there, promised by hand and by a plan, straight from the rules."""
    rows = []
    calendars = {name: holidays.country_holidays(*name.split("-"), years=[2026, 2027]) for name in ("DE-BE", "US")}
    for one in found.members:
        for day in pd.date_range(MONDAY, periods=56):
            at = day.date()
            off = day.day_of_week > 4 or any(gone.start <= at <= gone.end for gone in one.away)
            off = off or any(at in calendars[name] for name in one.regions)
            own = [each for each in one.booked if each.start <= at <= each.end]
            there = 0.0 if off else one.hours_per_week / 5
            by_hand = sum(each.hours_per_week / 5 for each in own if each.plan is None)
            by_plan = sum(each.hours_per_week / 5 for each in own if each.plan is not None)
            rows.append((one.id, one.team, at, there, min(there, by_hand), by_plan if there else 0.0,
                         max(0.0, by_hand - there) if there else 0.0))  # fmt: skip
    table = pd.DataFrame(rows, columns=["member", "team", "day", "there", "hand", "plan", "twice"])
    table["week"] = pd.to_datetime(table["day"]).dt.to_period("W-SUN").dt.start_time.dt.date
    return table


@given(staffs())
@settings(max_examples=40)
def test_the_weeks_of_teams_are_the_sums_of_their_peoples_days(found: Staff) -> None:
    rows = member_weeks(found, SPAN)
    days = days_of(found)
    people = days.groupby(["member", "week"])[["there", "hand", "plan", "twice"]].sum()
    for row in rows:
        expected = people.loc[(row.member, row.week)]
        assert (row.capacity, row.booked, row.planned, row.beyond) == pytest.approx(tuple(expected))
    sums = days.groupby(["team", "week"])[["there", "hand", "plan"]].sum()
    for team in team_weeks(rows, target=0.85, under=0.5):
        there, hand, plan = sums.loc[(team.team, team.week)]
        assert (team.capacity, team.booked, team.planned) == pytest.approx((there, hand, plan))
        assert team.utilisation == (pytest.approx((hand + plan) / there) if there else None)
        own = people[people["there"] > 0].reset_index().merge(days[["member", "team"]].drop_duplicates(), on="member")
        own = own[(own["team"] == team.team) & (own["week"] == team.week)]
        load = ((own["hand"] + own["plan"] + own["twice"]) / own["there"]).round(6)
        assert team.people == len(load)
        assert (team.over, team.above, team.under) == ((load > 1).sum(), (load > 0.85).sum(), (load < 0.5).sum())


def test_who_is_booked_twice_by_hand_is_told_as_over_promised() -> None:
    """30 h a week for two things, of 40: the team's hours end at what there is, and the person is counted."""
    twice = tuple(
        Booking(project=one, start=MONDAY, end=MONDAY + timedelta(days=25), hours_per_week=30.0) for one in "ab"
    )
    crew = staff([member("ann", booked=twice), member("bo")], [project("p", need("python", Level.NOVICE, 1))])
    first = team_weeks(member_weeks(crew, SPAN), target=0.85, under=0.5)[0]
    assert (first.booked, first.utilisation) == (40, 0.5)
    assert (first.over, first.above, first.under) == (1, 1, 1)
    assert member_weeks(crew, SPAN)[0].utilisation == 1.5


@given(staffs())
def test_a_need_is_spread_evenly_over_the_workdays_of_its_project(found: Staff) -> None:
    closed = {name: holidays.country_holidays(*name.split("-"), years=[2026, 2027]) for name in found.review.regions}
    everything = weeks(MONDAY - timedelta(days=70), 40)
    by_week: dict[tuple[str, int, date], float] = defaultdict(float)
    for one in demand(found.projects, found.review.regions, everything):
        by_week[one.project, one.need, one.week] += one.hours
    for each in found.projects:
        days = pd.date_range(each.start, each.end)
        work = [day.date() for day in days if day.day_of_week < 5 and all(day.date() not in c for c in closed.values())]
        work = work or [day.date() for day in days]
        for place, wanted in enumerate(each.needs):
            own = {week: hours for (name, at, week), hours in by_week.items() if (name, at) == (each.id, place)}
            assert sum(own.values()) == pytest.approx(wanted.hours)
            for week, hours in own.items():
                inside = sum(week <= day <= week + timedelta(days=6) for day in work)
                assert hours == pytest.approx(wanted.hours * inside / len(work))


def most_that_is_met(found: Staff, week: date, pieces: list, share: float) -> float:
    """Greatest flow of people's hours to these pieces of work."""
    days = days_of(found)
    hours = days[days["week"] == week].groupby("member")[["there", "hand"]].sum()
    projects = {one.id: one for one in found.projects}
    graph = nx.DiGraph()
    graph.add_nodes_from(["from", "to"])
    for one in found.members:
        there, hand = hours.loc[one.id]
        graph.add_edge("from", one.id, capacity=(there - hand) * share)
        for place, piece in enumerate(pieces):
            wanted = projects[piece.project].needs[piece.need]
            own = one.skills.get(wanted.skill)
            if (
                own is not None
                and own.level.value >= wanted.level.value
                and (own.certified or not wanted.certified)
                and one.id not in projects[piece.project].without
            ):
                graph.add_edge(one.id, place, capacity=1e9)
    for place, piece in enumerate(pieces):
        graph.add_edge(place, "to", capacity=piece.hours)
    return nx.maximum_flow_value(graph, "from", "to")


@given(staffs())
@settings(max_examples=40)
def test_what_lacks_is_what_no_flow_of_hours_can_meet_the_important_served_first(found: Staff) -> None:
    work = demand(found.projects, found.review.regions, SPAN)
    for share in (1.0, 0.85):
        lacking = undone(work, found, share)
        for week in SPAN[::3]:
            places = [place for place, one in enumerate(work) if one.week == week]
            order = sorted(places, key=lambda place: (-work[place].priority, -work[place].level, place))
            before = 0.0
            for count, place in enumerate(order, 1):
                after = most_that_is_met(found, week, [work[one] for one in order[:count]], share)
                assert lacking[place] == pytest.approx(work[place].hours - (after - before), abs=1e-4)
                before = after


def test_an_hour_of_an_expert_is_not_counted_twice() -> None:
    ann = member("ann", skills={"python": Level.EXPERT, "react": Level.EXPERT})
    found = staff(
        [ann],
        [project("a", need("python", Level.EXPERT, 120)), project("b", need("react", Level.NOVICE, 120), priority=5)],
    )
    first = [one for one in gap_weeks(demand(found.projects, (), SPAN), found) if one.week == MONDAY]
    # 40 h are there and 60 are wanted: react matters more, so that python gets what is left of ann.
    assert [(one.ability.skill, one.demand, one.lacking, one.short) for one in first] == [
        ("python", pytest.approx(30), pytest.approx(20), pytest.approx(26)),
        ("react", pytest.approx(30), 0.0, 0.0),
    ]


def test_what_is_wanted_at_a_lower_level_is_left_undone_first() -> None:
    people = [member("ann", skills={"python": Level.EXPERT}), member("bo", skills={"python": Level.NOVICE})]
    wanted = [need("python", Level.EXPERT, 160), need("python", Level.NOVICE, 240)]
    found = staff(people, [project("a", *wanted)])
    rows = gap_weeks(demand(found.projects, (), SPAN[:1]), found)
    assert [(one.ability.level, one.lacking) for one in rows] == [
        (Level.NOVICE, pytest.approx(20)),
        (Level.EXPERT, 0.0),
    ]


@given(staffs())
def test_a_bus_factor_is_the_fewest_whose_loss_leaves_a_need_to_nobody(found: Staff) -> None:
    def able(people: tuple[str, ...], skill: str, level: Level, certified: bool = False) -> bool:
        return any(
            one.id in people
            and skill in one.skills
            and one.skills[skill].level >= level
            and (one.skills[skill].certified or not certified)
            for one in found.members
        )

    everybody = [one.id for one in found.members]

    def fewest(possible: list[str], *wanted: tuple[str, Level, bool]) -> int:
        for count in range(len(possible) + 1):
            for gone in combinations(possible, count):
                left = tuple(one for one in possible if one not in gone)
                if not all(able(left, *one) for one in wanted):
                    return count
        raise AssertionError

    for one in bus_factors(found):
        assert one.factor == fewest(everybody, (one.skill, one.level, False))
        assert one.at_risk == (one.is_needed and one.factor < 2)
    told = {one.project: one for one in project_bus_factors(found)}
    for each in found.projects:
        possible = [one for one in everybody if one not in each.without]
        wanted = [(one.skill, one.level, one.certified) for one in each.needs]
        assert told[each.id].factor == fewest(possible, *wanted)


@given(staffs())
def test_skills_are_stale_after_the_policys_time(found: Staff) -> None:
    rows = [(one.id, name, skill.last_used) for one in found.members for name, skill in one.skills.items()]
    expected: dict[str, set[str]] = defaultdict(set)
    for who, name, used in rows:
        if used is not None and used + timedelta(days=365) < MONDAY:
            expected[name].add(who)
    told = stale_skills(found, MONDAY)
    assert {one.skill: set(one.members) for one in told} == expected
    for one in told:
        own = [used for _, name, used in rows if name == one.skill]
        assert (one.people, one.stale, one.unknown) == (len(own), len(expected[one.skill]), own.count(None))


def test_a_holiday_and_a_leave_take_their_hours_and_nothing_else() -> None:
    ann = member("ann", regions=("DE-BE",), away=(Absence(start=date(2026, 12, 21), end=date(2026, 12, 23)),))
    bo = member("bo", hours=20)
    found = staff([ann, bo], [project("a", need("python", Level.NOVICE, 10))])
    week = team_weeks(member_weeks(found, [date(2026, 12, 21)]), target=0.85, under=0.5)[0]
    assert week.capacity == pytest.approx(8 + 20)  # the 24th for ann: the 25th is Christmas


def test_a_proposed_plan_is_shown_beside_the_one_that_stands() -> None:
    ann = member("ann", skills={"python": Level.EXPERT})
    found = staff([ann], [project("a", need("python", Level.NOVICE, 80))])
    booking = Booking(project="a", start=MONDAY, end=MONDAY + timedelta(days=25), hours_per_week=20, plan="new")
    told = review(found, today=MONDAY, proposed=replace(found, members=(replace(ann, booked=(booking,)),)))
    assert told.teams[0].utilisation == 0
    assert told.proposed is not None
    assert told.proposed[0].utilisation == pytest.approx(0.5)


def test_weeks_begin_on_mondays() -> None:
    assert weeks(date(2026, 12, 2), 2) == [MONDAY, MONDAY + timedelta(days=7)]
    assert weeks(date(2026, 12, 2), -2) == [MONDAY - timedelta(days=14), MONDAY - timedelta(days=7)]
    assert monday(date(2026, 12, 6)) == MONDAY
