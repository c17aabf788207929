"""A plan as something to approve: what it changes, and that it is applied once, and to the team it was made for."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from release_ops.domain.allocation import allocate
from release_ops.domain.allocation_change import applied, digest_of, document, proposal_of, propose
from release_ops.domain.staff import Booking, booked_hours
from release_ops.product_errors import ProductError
from release_ops.team_allocations import FOLDER_VARIABLE, allocations_file
from release_ops.team_apply import StalePlan, apply
from release_ops.team_file import load_staff, team_files

TEAM = """\
# Who we are.
members:
  - id: ana
    name: Ana Ruiz
    team: web
    hours_per_week: 40
    rate: 50
    skills: {python: expert}
    away: [{start: 2026-11-09, end: 2026-11-10}]
    booked: [{project: on call, start: 2026-11-16, end: 2026-11-20, hours_per_week: 10}]
  - {id: bo, team: web, hours_per_week: 40, rate: 60, skills: {python: expert}}
projects:
  - {id: shop, start: 2026-11-02, end: 2026-11-20, needs: [{skill: python, hours: 47}]}
policy: {weights: {balance: 0}}
"""


@pytest.fixture
def team(tmp_path):
    file = tmp_path / "web.yaml"
    file.write_text(TEAM, encoding="utf-8")
    return file


def proposal_for(team):
    staff = load_staff(team)
    return propose(staff, allocate(staff).shares)


def booked(staff, member, project):
    """Hours, added up day by day."""
    own = next(one for one in staff.members if one.id == member)
    days = [date(2026, 11, 1) + timedelta(days=place) for place in range(60)]
    return sum(booked_hours(one, own, day) for one in own.booked if one.project == project for day in days)


def test_a_plan_becomes_bookings_of_the_same_hours_in_each_stretch_of_the_same_free_time(team):
    """Half of Ana's free 94 h: 20 h a week until she is on call, then half of the 30 that are left; two days she is away."""
    found = proposal_for(team)
    assert [(one.member, str(one.start), str(one.end), one.hours_per_week) for one in found.bookings] == [
        ("ana", "2026-11-02", "2026-11-15", Decimal(20)),
        ("ana", "2026-11-16", "2026-11-20", Decimal(15)),
    ]
    assert [(one.member, one.before, one.after, one.money) for one in found.changes] == [("ana", 0, 47, 2350)]
    assert booked(applied(load_staff(team), found), "ana", "shop") == pytest.approx(47)


def test_an_applied_plan_stands_and_the_team_file_is_as_it_was(team):
    assert apply(team, proposal_for(team)) is True
    assert team.read_text(encoding="utf-8") == TEAM
    staff = load_staff(team)
    assert booked(staff, "ana", "shop") == pytest.approx(47)
    assert booked(staff, "ana", "on call") == 10
    assert team_files(team.parent) == [team]


def test_applying_again_changes_nothing(team):
    found = proposal_for(team)
    assert apply(team, found)
    before = allocations_file(team).read_bytes()
    assert apply(team, found) is False
    assert allocations_file(team).read_bytes() == before


def test_a_plan_is_refused_where_the_team_was_changed_since(team):
    found = proposal_for(team)
    team.write_text(TEAM.replace("rate: 60", "rate: 40"), encoding="utf-8")
    with pytest.raises(
        StalePlan, match=r"web.yaml: plan \w+: the team was changed since the plan was made; plan again"
    ):
        apply(team, found)
    assert not allocations_file(team).exists()


def test_a_comment_is_no_change_of_the_team(team):
    found = proposal_for(team)
    team.write_text(TEAM.replace("Who we are", "Who they are"), encoding="utf-8")
    assert apply(team, found)


def test_of_two_plans_for_one_team_the_second_is_refused(team):
    staff = load_staff(team)
    one = propose(staff, allocate(staff).shares)
    dearer = replace(staff, members=tuple(replace(each, rate=110 - each.rate) for each in staff.members))
    other = propose(staff, allocate(dearer).shares)
    assert one.id != other.id
    assert apply(team, one)
    with pytest.raises(StalePlan):
        apply(team, other)
    assert {each.member for each in one.bookings} == {"ana"}
    assert booked(load_staff(team), "ana", "shop") == pytest.approx(47)


def test_the_next_plan_replaces_the_last_and_tells_who_gains_and_loses(team):
    assert apply(team, proposal_for(team))
    team.write_text(TEAM.replace("rate: 60", "rate: 10"), encoding="utf-8")
    found = proposal_for(team)
    assert [(one.member, one.before, one.after, one.money) for one in found.changes] == [
        ("ana", 47, 0, -2350),
        ("bo", 0, 47, 470),
    ]
    assert found.money == -1880
    assert apply(team, found)
    assert booked(load_staff(team), "ana", "shop") == 0
    assert booked(load_staff(team), "bo", "shop") == pytest.approx(47, abs=0.001)


def test_who_is_in_a_project_stays_where_joining_costs_more_than_he_does(team):
    """Bo would be 47 cheaper, and would need eight hours to get into it."""
    assert apply(team, proposal_for(team))
    team.write_text(TEAM.replace("rate: 60", "rate: 49"), encoding="utf-8")
    assert proposal_for(team).changes == ()


def test_planning_again_without_a_change_proposes_none(team):
    assert apply(team, proposal_for(team))
    assert proposal_for(team).changes == ()


def test_a_proposal_is_the_same_after_json_and_an_edited_one_is_refused(team):
    found = proposal_for(team)
    data = json.loads(json.dumps(document(found)))
    assert proposal_of(data) == found
    data["bookings"][0]["hours_per_week"] = "39"
    with pytest.raises(ValueError, match="was edited since it was made; plan again"):
        proposal_of(data)
    with pytest.raises(ValueError, match="is no plan"):
        proposal_of({"id": "x"})


def test_the_id_says_which_team_and_which_bookings(team):
    found, again = proposal_for(team), proposal_for(team)
    assert found.id == again.id
    staff = load_staff(team)
    assert digest_of(replace(staff, policy=replace(staff.policy, seconds=1))) == found.inputs
    assert digest_of(replace(staff, policy=replace(staff.policy, target=0.8))) != found.inputs


def test_bookings_of_somebody_who_is_gone_are_left_out(team):
    assert apply(team, proposal_for(team))
    team.write_text(TEAM.replace("id: ana", "id: eva"), encoding="utf-8")
    staff = load_staff(team)
    assert {one.plan for each in staff.members for one in each.booked} == {None}


def test_the_file_may_be_elsewhere_and_odd_names_come_back_as_they_were(team, tmp_path, monkeypatch):
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "state" / "teams"))
    team.write_text(TEAM.replace("id: ana", 'id: "an\'a: {1e3} # \\"ü 🦀"'), encoding="utf-8")
    found = proposal_for(team)
    assert apply(team, found)
    assert allocations_file(team) == tmp_path / "state" / "teams" / "web.allocations.yaml"
    staff = load_staff(team)
    assert [one.plan for one in staff.members[0].booked] == [None, found.id, found.id]


def test_a_folder_that_cannot_be_written_is_told_with_its_remedy(team, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "file"))
    with pytest.raises(OSError, match=f"cannot be written: .*; name a folder that can be in {FOLDER_VARIABLE}"):
        apply(team, proposal_for(team))


def test_a_broken_file_of_allocations_is_told_with_its_line(team):
    apply(team, proposal_for(team))
    file = allocations_file(team)
    file.write_text(file.read_text().replace("hours_per_week: 20", "hours_per_week: many"))
    with pytest.raises(
        ProductError, match=r"web.allocations.yaml:4: bookings\[0\].hours_per_week: many: is not a number"
    ):
        load_staff(team)


def test_work_by_hand_is_no_part_of_a_plan(team):
    staff = load_staff(team)
    own = Booking(project="shop", start=date(2026, 11, 2), end=date(2026, 11, 6), hours_per_week=40)
    by_hand = replace(staff, members=(replace(staff.members[0], booked=(own,)), *staff.members[1:]))
    found = applied(by_hand, propose(by_hand, allocate(by_hand).shares))
    assert booked(found, "ana", "shop") == pytest.approx(40 + 47, abs=0.001)
    assert (
        max(
            sum(booked_hours(one, found.members[0], date(2026, 11, day)) for one in found.members[0].booked)
            for day in range(1, 31)
        )
        <= 8
    )
