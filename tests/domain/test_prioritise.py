"""What goes into a release, and whether it can be done."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from release_ops.domain.feasibility import critical_path, cycles, plan_release, unknown_needs
from release_ops.domain.model import (
    Absence,
    Feature,
    FeatureStatus,
    FreezePolicy,
    MilestoneKind,
    MilestoneOverride,
    MilestoneRule,
    Product,
    Release,
    ReleaseType,
    Repository,
    WindowPolicy,
)
from release_ops.domain.prioritise import prioritise
from release_ops.domain.room import Pool, Room, efforts, room_for
from release_ops.domain.scope_policy import Capacity, ScopePolicy, TeamSpeed

AT = datetime(2026, 10, 1, tzinfo=UTC)
RELEASE = Release(product="shop", version="2.0.0", type=ReleaseType.MINOR, ga=date(2026, 11, 26))
K = MilestoneKind


def product(points=10.0, teams=None, **more):
    rules = {K.PLANNING: "-6w", K.FEATURE_COMPLETE: "-3w", K.GA: "ga"}
    return Product(
        id="shop",
        name="Shop",
        scheme="semver",
        timezone="UTC",
        holiday_regions=(),
        catch_up=timedelta(days=14),
        repository=Repository(
            kind="git",
            location="x",
            connection=None,
            default_branch="main",
            tag="v{version}",
            release_branch="release/{version}",
            changelog="CHANGELOG.md",
            push=False,
        ),
        trains={ReleaseType.MINOR: {kind: MilestoneRule(rule=rule) for kind, rule in rules.items()}},
        releases=(RELEASE,),
        gates={},
        milestone_gates={},
        approvers={},
        channels={},
        freeze=FreezePolicy(),
        windows=WindowPolicy(),
        blackouts=(),
        capacity=Capacity(
            whole=TeamSpeed(points_per_week=points) if points else None,
            teams={name: TeamSpeed(points_per_week=speed) for name, speed in (teams or {}).items()},
        ),
        **more,
    )


def feature(key, priority="should", points=5.0, **more):
    return Feature(
        id=key, title=key, status=more.pop("status", FeatureStatus.PLANNED), priority=priority, points=points, **more
    )


def room(points, days=100, teams=None):
    pools = {name: Pool(points=value, lost=0, per_day=1) for name, value in (teams or {}).items()}
    whole = Pool(points=points, lost=0, per_day=1)
    return Room(start=date(2026, 10, 1), end=date(2026, 11, 1), until="freeze", days=days, whole=whole, teams=pools)


def chosen(priorities):
    return {choice.feature.id: choice.planned for choice in priorities.choices}


def why(priorities, key):
    return next(choice.reason for choice in priorities.choices if choice.feature.id == key)


def test_musts_then_shoulds_then_coulds_by_value_per_point():
    found = prioritise(
        [
            feature("C", "could", 5, value=50),
            feature("S", points=5, value=1),
            feature("T", points=5, value=9),
            feature("M", "must", 5),
        ],
        room(15),
    )
    assert [choice.feature.id for choice in found.choices] == ["M", "T", "S", "C"]
    assert chosen(found) == {"M": True, "T": True, "S": True, "C": False}
    assert why(found, "C") == "could: value per point 10; capacity of 15 points used up"


def test_risk_discounts_the_value():
    found = prioritise([feature("A", value=10, risk=0.8), feature("B", value=5, risk=0.0)], room(5))
    assert chosen(found) == {"B": True, "A": False}


def test_what_a_must_depends_on_is_a_must():
    found = prioritise([feature("M", "must", depends_on=("N",)), feature("N", "could", 50)], room(10))
    assert found.mvp == ("M", "N")
    assert why(found, "N") == "must, because M depends on it"


def test_a_should_that_does_not_fit_says_how_much_is_left_and_needed():
    found = prioritise([feature("A", "must", 7), feature("B", depends_on=("C",)), feature("C", "could", 2)], room(10))
    assert chosen(found)["B"] is False
    assert "3 of capacity of 10 points are left, with C it needs 7" in why(found, "B")


def test_a_team_that_is_full_defers_its_own_features_alone():
    found = prioritise([feature("A", team="pay"), feature("B", team="web")], room(20, teams={"pay": 3.0, "web": 9.0}))
    assert chosen(found) == {"A": False, "B": True}
    assert "pay's capacity" in why(found, "A")


def test_a_chain_that_is_too_long_is_deferred():
    found = prioritise(
        [feature("A", points=1, days=8.0), feature("B", points=1, days=8.0, depends_on=("A",))], room(99, days=10)
    )
    assert chosen(found) == {"A": True, "B": False}
    assert "16 business days, there are 10" in why(found, "B")


def test_a_feature_that_nobody_ranked_is_a_could_in_the_last_fifth_of_the_capacity():
    found = prioritise(
        [feature("A", points=8, stated=False, value=9), feature("B", points=2, stated=False, value=1)], room(10)
    )
    assert {choice.feature.id: choice.priority for choice in found.choices} == {"A": "should", "B": "could"}


def test_what_nobody_estimated_counts_as_the_median_and_says_so():
    found = prioritise([feature("A", points=4.0), feature("B", points=None)], room(5))
    (assumed,) = [choice for choice in found.choices if choice.assumed]
    assert (assumed.feature.id, assumed.points, assumed.planned) == ("B", 4.0, False)


def test_extended_is_what_a_fifth_more_would_add():
    found = prioritise([feature("A", points=10), feature("B", points=2)], room(10))
    assert chosen(found) == {"B": True, "A": False}
    assert found.extended == ("A",)


@st.composite
def scopes(draw, acyclic=True):
    count = draw(st.integers(1, 12))
    keys = [f"F-{index:02}" for index in range(count)]
    return [
        feature(
            key,
            draw(st.sampled_from(["must", "should", "could"])),
            draw(st.one_of(st.none(), st.integers(0, 20).map(float))),
            value=draw(st.one_of(st.none(), st.integers(0, 20).map(float))),
            risk=draw(st.one_of(st.none(), st.floats(0, 1))),
            team=draw(st.sampled_from(["", "pay", "web"])),
            stated=draw(st.booleans()),
            status=draw(st.sampled_from(list(FeatureStatus))),
            depends_on=tuple(draw(st.lists(st.sampled_from(keys[:index] if acyclic else keys), max_size=3)))
            if index
            else (),
        )
        for index, key in enumerate(keys)
    ]


@given(scopes(acyclic=False), st.integers(0, 80), st.integers(0, 40))
def test_never_more_than_fits_besides_the_musts_and_always_with_its_dependencies(features, points, team):
    found = prioritise(features, room(float(points), teams={"pay": float(team)}))
    musts = sum(choice.points for choice in found.choices if choice.priority == "must")
    assert found.points <= max(points, musts) + 1e-6
    planned = {one.id for one in found.planned}
    unfinished = [one for one in found.planned if one.status is not FeatureStatus.DONE]
    assert all(other in planned for one in unfinished for other in one.depends_on)
    assert {choice.feature.id for choice in found.choices if choice.priority == "must"} <= planned
    assert all(choice.reason for choice in found.choices)


@given(scopes(), st.integers(0, 80), st.integers(0, 40))
def test_more_capacity_never_defers_what_came_before_the_first_deferred(features, points, more):
    features = [replace(one, stated=True) for one in features]

    def leading(capacity):
        choices = prioritise(features, room(float(capacity))).choices
        return next((index for index, choice in enumerate(choices) if not choice.planned), len(choices))

    assert leading(points) <= leading(points + more)


@given(scopes(), st.randoms())
def test_the_order_in_which_features_are_listed_says_nothing(features, random):
    mixed = [*features]
    random.shuffle(mixed)
    assert prioritise(mixed, room(30.0)) == prioritise(features, room(30.0))


# Feasibility


def test_the_room_is_from_planning_to_feature_complete_less_absences():
    away = Absence(person="ben", start=datetime(2026, 10, 19, tzinfo=UTC), end=datetime(2026, 10, 24, tzinfo=UTC))
    shop = product(points=None, absences=(away,))
    shop = replace(shop, capacity=Capacity(teams={"web": TeamSpeed(points_per_week=10, people=("ben", "lena"))}))
    found = room_for(shop, RELEASE, at=AT)
    assert (found.start, found.end, found.days) == (date(2026, 10, 15), date(2026, 11, 5), 15)
    assert (found.whole.points, found.whole.lost) == (25.0, 5.0)


def test_a_plan_that_is_late_counts_from_now():
    assert room_for(product(), RELEASE, at=datetime(2026, 10, 30, tzinfo=UTC)).days == 4


def test_the_critical_path_is_the_longest_chain():
    features = [feature("A", days=3.0), feature("B", days=4.0, depends_on=("A",)), feature("C", days=6.0)]
    assert critical_path(features, efforts(features, None)) == (("A", "B"), 7.0)


def test_an_infeasible_plan_says_which_numbers_make_it_so_and_what_would_help():
    features = [
        feature("A", "must", 20, value=20),
        feature("B", "must", 20, value=2, depends_on=("A",)),
        feature("C", "could", 5),
    ]
    verdict = plan_release(product(), RELEASE, features, at=AT).feasibility
    assert [issue.text for issue in verdict.issues] == [
        "critical path A -> B needs 20 business days, there are 15 until feature complete",
        "the must-haves need 40 points, there is capacity for 30",
    ]
    assert [remedy.text for remedy in verdict.remedies] == [
        "less scope: leave out or demote B B",
        "later date: GA on Thursday 2026-12-03, 1 week later, planning still on 2026-10-15",
        "more hands: 13.4 points per week instead of 10",
    ]


def test_circles_and_unknown_ids_are_named():
    features = [feature("A", "must", depends_on=("B",)), feature("B", "must", depends_on=("A", "X-1"))]
    assert cycles(features) == (("A", "B", "A"),)
    assert unknown_needs(features) == (("B", "X-1"),)
    verdict = plan_release(product(), RELEASE, features, at=AT).feasibility
    assert [issue.kind for issue in verdict.issues] == ["unknown", "cycle"]
    assert [remedy.kind for remedy in verdict.remedies] == ["repair"]


@pytest.mark.parametrize("source", ["jira", "github"])
def test_what_is_open_elsewhere_in_the_tracker_is_not_known_and_speaks_against_nothing(source):
    """Another team's issue may be done in time: nobody here knows, and a plan is not infeasible by what nobody knows."""
    shop = product(scope=ScopePolicy(source=source))
    plan = plan_release(shop, RELEASE, [feature("A", "must", depends_on=("OPS-1",)), feature("B", "must")], at=AT)
    assert plan.feasibility.feasible
    assert plan.outside == (("A", "OPS-1"),)
    assert not plan.estimated
    assert "A waits for OPS-1, which is open and not in this release" in plan.feasibility.notes
    done = plan_release(shop, RELEASE, [feature("A", "must", status=FeatureStatus.DONE, depends_on=("OPS-1",))], at=AT)
    assert done.outside == ()


def test_without_capacity_and_points_nothing_speaks_against_it_and_that_is_told():
    plan = plan_release(product(points=None), RELEASE, [feature("A", "must", None)], at=AT)
    assert plan.feasibility.feasible
    assert not plan.estimated
    assert len(plan.feasibility.notes) == 2


@given(scopes(), st.integers(1, 20))
def test_each_remedy_alone_makes_the_plan_feasible(features, points):
    shop = product(float(points), teams={"pay": points / 2})
    verdict = plan_release(shop, RELEASE, features, at=AT).feasibility
    for remedy in verdict.remedies:
        less = [one for one in features if one.id not in remedy.features]
        stays = {K.PLANNING: MilestoneOverride(date=date(2026, 10, 15))}
        release = replace(RELEASE, ga=remedy.ga or RELEASE.ga, overrides=stays)
        other = replace(shop, capacity=remedy.capacity or shop.capacity)
        assert plan_release(other, release, less, at=AT).feasibility.feasible, remedy
