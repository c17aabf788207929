"""Conflicts between the dates of releases: each kind by example, and the search against one of all pairs."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from release_ops.domain.conflict_policy import ConflictKind, ConflictPolicy, ConflictRule, Severity, strictest
from release_ops.domain.conflicts import find_conflicts
from release_ops.domain.crowding import Line, Point
from release_ops.domain.model import (
    Blackout,
    MilestoneKind,
    MilestoneRule,
    Need,
    Product,
    Release,
    ReleaseType,
)
from release_ops.domain.windows import closed_by
from release_ops.product import load_product

DEFAULTS = Path(__file__).parents[2] / "include" / "products"


@pytest.fixture(scope="session")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Product:
    path = tmp_path_factory.mktemp("products") / "bare.yaml"
    path.write_text("product: bare\nrepository: {location: ../x.git}\nmilestone_gates: {}\n" + PEOPLE)
    return load_product(path, defaults=DEFAULTS)


PEOPLE = """
approvers:
  release_manager: [{id: ana}]
  technical_lead: [{id: ben}]
  qa_lead: [{id: chloe}]
  product_owner: [{id: dmitri}]
  stakeholder: [{id: eva}, {id: finn}]
"""


def product_file(tmp_path: Path, name: str, text: str) -> Product:
    path = tmp_path / f"{name}.yaml"
    path.write_text(f"product: {name}\nrepository: {{location: ../{name}.git}}\ntimezone: Europe/Berlin\n{text}")
    return load_product(path, defaults=DEFAULTS)


def releases(*lines: str) -> str:
    return "releases:\n" + "".join(f"  - {{{line}}}\n" for line in lines)


def people(suffix: str) -> str:
    return PEOPLE.replace("}", f"{suffix}}}")


def told(*products: Product, kind: str, **options) -> list[str]:
    return [str(one) for one in find_conflicts(products, **options) if one.kind == kind]


MINOR = "version: 2.0.0, type: minor, ga: 2027-03-11"


def test_two_products_in_one_window(tmp_path):
    web = product_file(tmp_path, "web", people("w") + releases(MINOR))
    api = product_file(tmp_path, "api", people("a") + releases("version: 1.4.0, type: minor, ga: 2027-03-11"))
    assert told(web, api, kind="same_window") == [
        "web 2.0.0 ga on Thu 2027-03-11 09:00 CET is less than 4 hours from api 1.4.0 ga on Thu 2027-03-11 09:00 CET; "
        "move web 2.0.0 ga to Wed 2027-03-10 09:00 CET, or move web 2.0.0 ga to Fri 2027-03-12 09:00 CET"
    ]
    later = replace(api, timezone="America/New_York")  # 09:00 there is six hours later
    assert told(web, later, kind="same_window") == []


def test_one_person_whom_two_releases_cannot_do_without(tmp_path):
    web = product_file(tmp_path, "web", PEOPLE + releases(MINOR))
    api = product_file(tmp_path, "api", PEOPLE + releases(MINOR))
    found = [one for one in find_conflicts([web, api]) if one.kind is ConflictKind.APPROVERS]
    # Of two stakeholders either will do; nobody else can stand in for the others.
    assert {one.first.milestone: one.subject for one in found} == {
        MilestoneKind.ALPHA: "ben, chloe",
        MilestoneKind.FEATURE_COMPLETE: "ben",
        MilestoneKind.BETA: "chloe, dmitri",
        MilestoneKind.GA: "ana",
    }
    assert "the same day, both need ana" in found[-1].message


def test_a_team_that_two_products_share(tmp_path):
    web = product_file(tmp_path, "web", people("w") + "teams: [shop, search]\n" + releases(MINOR))
    api = product_file(tmp_path, "api", people("a") + "teams: [search]\n" + releases(MINOR))
    (found,) = (one for one in find_conflicts([web, api]) if one.kind is ConflictKind.TEAM)
    assert (found.first.product, found.second.product, found.subject) == ("web", "api", "search")
    assert "on the same day, are both of team search" in found.message


def test_releases_of_one_product_keep_a_distance(tmp_path):
    lines = ("version: 1.8.1, type: patch, ga: 2027-03-10", MINOR)
    assert told(product_file(tmp_path, "web", people("w") + releases(*lines)), kind="spacing") == [
        "web 2.0.0 ga on Thu 2027-03-11 09:00 CET and web 1.8.1 ga on Wed 2027-03-10 09:00 CET are 1 day apart; "
        "at least 2 days are asked for; move web 2.0.0 ga to Fri 2027-03-12 09:00 CET"
    ]


def test_several_majors_within_two_weeks(tmp_path):
    web = product_file(tmp_path, "web", people("w") + releases("version: 2.0.0, type: major, ga: 2027-03-11"))
    api = product_file(tmp_path, "api", people("a") + releases("version: 3.0.0, type: major, ga: 2027-03-24"))
    (said,) = told(web, api, kind="majors")
    assert "13 days apart; at least 14 days are asked for" in said
    assert "move api 3.0.0 ga to Thu 2027-03-25 09:00 CET" in said


class TestNeeds:
    def both(self, tmp_path, ga: str, need: str = "{product: api, version: 1.4.0}"):
        web = product_file(
            tmp_path, "web", people("w") + releases(f"version: 2.0.0, type: minor, ga: 2027-03-11, needs: [{need}]")
        )
        return web, product_file(tmp_path, "api", people("a") + releases(f"version: 1.4.0, type: minor, ga: {ga}"))

    def test_what_is_needed_comes_too_late(self, tmp_path):
        (found,) = (one for one in find_conflicts(self.both(tmp_path, "2027-03-16")) if one.kind == "needs")
        assert found.severity is Severity.ERROR
        assert str(found) == (
            "web 2.0.0 ga on Thu 2027-03-11 09:00 CET needs api 1.4.0 ga, which is planned on Tue 2027-03-16 09:00 CET; "
            "move api 1.4.0 ga to Wed 2027-03-10 09:00 CET, or move web 2.0.0 ga to Wed 2027-03-17 09:00 CET"
        )

    def test_what_is_needed_is_there_before(self, tmp_path):
        assert told(*self.both(tmp_path, "2027-03-10"), kind="needs") == []

    def test_at_the_same_time_is_not_before(self, tmp_path):
        (said,) = told(*self.both(tmp_path, "2027-03-11"), kind="needs")
        assert "planned at the same time" in said

    @pytest.mark.parametrize(
        ("need", "says"),
        [
            ("{product: apj, version: 1.4.0}", "there is no product apj (did you mean 'api'?)"),
            ("{product: api, version: 1.5.0}", "which nobody plans (did you mean '1.4.0'?)"),
        ],
    )
    def test_what_nobody_plans(self, tmp_path, need, says):
        (said,) = told(*self.both(tmp_path, "2027-03-10", need), kind="needs")
        assert says in said
        assert "plan ap" in said

    def test_releases_that_wait_for_each_other(self, tmp_path):
        web, api = self.both(tmp_path, "2027-03-10", "{product: api, version: 1.4.0, milestone: beta, before: beta}")
        back = web.releases[0].needs[0]
        back = replace(back, product="web", version="2.0.0", milestone=MilestoneKind.GA, before=MilestoneKind.ALPHA)
        api = replace(api, releases=(replace(api.releases[0], needs=(back,)),))
        rings = [one for one in find_conflicts([web, api]) if "each other" in one.message]
        assert [one.message for one in rings] == [
            "these wait for each other, so that no dates will do: "
            "web 2.0.0 beta needs api 1.4.0 beta needs api 1.4.0 alpha needs web 2.0.0 ga needs web 2.0.0 beta"
        ]
        assert rings[0].fixes == ()
        assert rings[0].proposal == "drop one of these needs"


class TestPeople:
    AWAY = "away: [{who: %s, start: 2027-03-10, end: 2027-03-11, reason: on holiday}]\n"

    def test_nobody_else_can_approve(self, tmp_path):
        web = product_file(tmp_path, "web", PEOPLE + self.AWAY % "ana" + releases(MINOR))
        (found,) = find_conflicts([web])
        assert found.is_error
        assert str(found) == (
            "web 2.0.0 ga on Thu 2027-03-11 09:00 CET: away then: ana (on holiday); without them the gate production "
            "cannot be passed; move web 2.0.0 ga to Tue 2027-03-09 09:00 CET, or move web 2.0.0 ga to "
            "Fri 2027-03-12 09:00 CET"
        )

    def test_somebody_else_can_approve(self, tmp_path):
        web = product_file(tmp_path, "web", PEOPLE + self.AWAY % "eva" + releases(MINOR))
        (found,) = find_conflicts([web])
        assert found.severity is Severity.WARNING

    def test_whichever_file_says_that_somebody_is_away(self, tmp_path):
        web = product_file(tmp_path, "web", PEOPLE + releases(MINOR))
        api = product_file(tmp_path, "api", people("a") + self.AWAY % "ana")
        assert len(told(web, api, kind="absence")) == 1


@pytest.mark.parametrize(
    ("which", "count"), [("", 1), (", regions: [DE]", 1), (", teams: [shop]", 1), (", teams: [ops]", 0)]
)
def test_conferences_concern_regions_or_teams(tmp_path, which, count):
    text = (
        f"conferences: [{{name: Fair, start: 2027-03-09, end: 2027-03-11{which}}}]\nteams: [shop]\nholidays: [DE-BE]\n"
    )
    web = product_file(tmp_path, "web", people("w") + text + releases(MINOR))
    found = told(web, kind="conference")
    assert len(found) == count
    if found:
        assert "is during Fair (2027-03-09 to 2027-03-11)" in found[0]
        # Monday 8 March is a public holiday in Berlin.
        assert "to Fri 2027-03-05 09:00 CET, or move web 2.0.0 ga to Fri 2027-03-12" in found[0]


def test_a_ga_on_a_public_holiday(tmp_path):
    web = product_file(tmp_path, "web", people("w") + "holidays: [DE-BE]\n" + releases(MINOR.replace("11", "08")))
    (said,) = told(web, kind="holiday")
    assert "is a public holiday: Women's Day (DE-BE)" in said


class TestDownstream:
    def pair(self, tmp_path, ga: str, blackout: str = ""):
        suite = product_file(
            tmp_path, "suite", people("s") + blackout + releases(f"version: 9.0.0, type: minor, ga: {ga}")
        )
        web = product_file(tmp_path, "web", people("w") + "ships_into: [suite]\n" + releases(MINOR))
        return web, suite

    def test_the_whole_is_frozen(self, tmp_path):
        (said,) = told(*self.pair(tmp_path, "2027-03-18"), kind="downstream")
        assert "ships into suite, which is frozen for 9.0.0 since Thu 2027-03-04 09:00 CET until its GA" in said
        assert "move web 2.0.0 ga to Wed 2027-03-03 09:00 CET, or move web 2.0.0 ga to Thu 2027-03-18" in said

    def test_the_whole_is_closed(self, tmp_path):
        blackout = "blackouts: [{start: 2027-03-11, end: 2027-03-12, reason: stocktaking}]\n"
        (said,) = told(*self.pair(tmp_path, "2027-06-17", blackout), kind="downstream")
        assert "ships into suite, whose window is closed then: stocktaking until Sat 2027-03-13 00:00 CET" in said
        assert "move web 2.0.0 ga to Wed 2027-03-10 09:00 CET, or move web 2.0.0 ga to Mon 2027-03-15" in said

    def test_a_whole_that_waits_for_this_release_is_no_obstacle(self, tmp_path):
        web, suite = self.pair(tmp_path, "2027-03-18")
        need = Need(product="web", version="2.0.0")
        assert told(web, replace(suite, releases=(replace(suite.releases[0], needs=(need,)),)), kind="downstream") == []


class TestPolicy:
    def test_a_kind_without_a_rule_is_no_conflict(self, tmp_path):
        web = product_file(tmp_path, "web", people("w") + releases(MINOR))
        api = product_file(tmp_path, "api", people("a") + releases(MINOR))
        assert find_conflicts([web, api], policy=ConflictPolicy()) == ()

    def test_where_products_disagree_the_stricter_counts(self, tmp_path):
        lax = product_file(
            tmp_path, "lax", people("l") + "conflicts: {kinds: {team: {within: 1d, at_most: 3}, spacing: null}}\n"
        )
        strict = product_file(
            tmp_path, "strict", people("s") + "conflicts: {kinds: {team: {within: 5d, severity: error}}}\n"
        )
        policy = strictest([lax.conflicts, strict.conflicts])
        rule = policy.rule(ConflictKind.TEAM)
        assert rule == ConflictRule(severity=Severity.ERROR, within=timedelta(days=5), at_most=1)
        assert policy.rule(ConflictKind.SPACING) == strict.conflicts.rule(ConflictKind.SPACING)
        assert policy == strictest([strict.conflicts, lax.conflicts])

    def test_an_accepted_conflict_is_told_with_its_reason_and_fails_nothing(self, tmp_path):
        accepted = "accepted_conflicts: [{kind: absence, version: 2.0.0, reason: her deputy signs by phone}]\n"
        web = product_file(tmp_path, "web", PEOPLE + TestPeople.AWAY % "ana" + accepted + releases(MINOR))
        (found,) = find_conflicts([web])
        assert found.accepted == "her deputy signs by phone"
        assert not found.is_error

    def test_an_acceptance_holds_for_its_release_product_and_time(self, tmp_path):
        def kinds(entry: str) -> list[str]:
            text = people("w") + f"accepted_conflicts: [{{kind: same_window, reason: fine{entry}}}]\n" + releases(MINOR)
            web = product_file(tmp_path, "web", text)
            api = product_file(tmp_path, "api", people("a") + releases(MINOR))
            return [one.accepted for one in find_conflicts([web, api])]

        assert kinds("") == kinds(", with: api") == kinds(", until: 2027-03-11") == ["fine"]
        assert kinds(", with: cli") == kinds(", until: 2027-03-10") == [""]

    def test_what_is_past_is_not_told(self, tmp_path):
        web = product_file(tmp_path, "web", people("w") + releases(MINOR))
        api = product_file(tmp_path, "api", people("a") + releases(MINOR))
        assert find_conflicts([web, api], since=date(2027, 3, 12)) == ()
        (found,) = find_conflicts([web, api], since=date(2027, 3, 11))
        assert [fix.at.date() for fix in found.fixes] == [date(2027, 3, 12)]


# --- properties -------------------------------------------------------------------------------------------------------

points = st.lists(st.tuples(st.integers(0, 30), st.sampled_from("abcd")), max_size=25).map(
    lambda some: [Point(x, (float(x), f"{number:03}"), name) for number, (x, name) in enumerate(some)]
)


@given(points, st.integers(1, 8), st.integers(1, 3))
def test_the_sweep_finds_what_a_search_of_all_pairs_finds(some, width, at_most):
    ordered = sorted(some, key=lambda point: (point.x, point.order))
    expected = {}
    for place, later in enumerate(ordered):
        near = [one for one in ordered[:place] if later.x - one.x < width and one.identity != later.identity]
        if len({one.identity for one in near}) >= at_most:
            expected[later] = (near[-1], len({one.identity for one in near}))
    found = {crowd.later: (crowd.earlier, crowd.others) for crowd in Line(some).crowded(width, at_most)}
    assert found == expected


@given(points, st.integers(0, 30), st.sampled_from("abcd"), st.integers(1, 8), st.integers(1, 3))
def test_where_there_is_room_a_point_makes_no_crowd(some, x, name, width, at_most):
    if Line(some).has_room(x, name, width, at_most):
        before = {crowd.later for crowd in Line(some).crowded(width, at_most)}
        after = {crowd.later for crowd in Line([*some, Point(x, (x + 0.5, "new"), name)]).crowded(width, at_most)}
        assert after <= before


CLOSED = Blackout(start=datetime(2027, 3, 15, tzinfo=UTC), end=datetime(2027, 3, 17, tzinfo=UTC), reason="stocktaking")
RULES = {
    ReleaseType.MINOR: {
        MilestoneKind.BETA: MilestoneRule(rule="-1w"),
        MilestoneKind.GA: MilestoneRule(rule="ga"),
    }
}
plans = st.lists(
    st.tuples(
        st.lists(st.integers(0, 40), max_size=3, unique=True),
        st.sampled_from(["UTC", "Europe/Berlin", "Pacific/Kiritimati"]),
        st.lists(st.sampled_from(["red", "blue"]), max_size=2, unique=True),
        st.sampled_from([time(9), time(11), time(16)]),
    ),
    min_size=1,
    max_size=5,
)


def planned(bare: Product, plan: list) -> list[Product]:
    found = []
    for number, (days, zone, teams, at) in enumerate(plan):
        name = f"p{number}"
        rules = {ReleaseType.MINOR: {kind: replace(rule, at=at) for kind, rule in RULES[ReleaseType.MINOR].items()}}
        found.append(
            replace(
                bare,
                id=name,
                timezone=zone,
                teams=tuple(teams),
                trains=rules,
                releases=tuple(
                    Release(
                        product=name,
                        version=f"1.{place}.0",
                        type=ReleaseType.MINOR,
                        ga=date(2027, 3, 1) + timedelta(days=day),
                    )
                    for place, day in enumerate(sorted(days))
                ),
                blackouts=(CLOSED,),
            )
        )
    return found


def all_pairs(products: list[Product], kind: ConflictKind) -> set[tuple[str, str]]:
    """Pairs of GAs that clash, by looking at every two: those of one line that are too close."""
    from release_ops.domain.milestones import train

    gas = [
        (product, one)
        for product in products
        for release in product.releases
        for one in train(product, release)
        if one.kind is MilestoneKind.GA
    ]
    found = set()
    for (a, one), (b, other) in combinations(gas, 2):
        apart = abs((one.planned_at - other.planned_at).total_seconds())
        days = abs(one.planned_at.toordinal() - other.planned_at.toordinal())
        clash = {
            ConflictKind.SAME_WINDOW: a.id != b.id and apart < 4 * 3600,
            ConflictKind.TEAM: a.id != b.id and bool(set(a.teams) & set(b.teams)) and days < 1,
            ConflictKind.SPACING: a.id == b.id and days < 2,
        }[kind]
        if clash:
            found |= {(one.key, other.key), (other.key, one.key)}
    return found


@settings(deadline=None, max_examples=60)
@given(plan=plans)
@pytest.mark.parametrize("kind", [ConflictKind.SAME_WINDOW, ConflictKind.TEAM, ConflictKind.SPACING])
def test_every_clash_of_all_pairs_is_told_and_nothing_else(bare, plan, kind):
    products = planned(bare, plan)
    told = [one for one in find_conflicts(products, fixes=False) if one.kind is kind]
    clashes = all_pairs(products, kind)
    assert {(one.first.key, one.second.key) for one in told} <= clashes
    # Of every pair the later one is told as too many, with the nearest one before it.
    order = {one.first.key: one for one in told}
    for one, other in clashes:
        assert one in order or other in order


@settings(deadline=None, max_examples=40)
@given(plan=plans, seed=st.randoms(use_true_random=False))
def test_the_order_of_products_does_not_matter(bare, plan, seed):
    products = planned(bare, plan)
    shuffled = [*products]
    seed.shuffle(shuffled)
    assert find_conflicts(shuffled) == find_conflicts(products)


def applied(products: list[Product], fix) -> list[Product]:
    """The products with the fix written into the file of its release."""
    from release_ops.domain.conflict_calendar import Dated

    found = []
    for product in products:
        if product.id == fix.side.product:
            release = product.release(fix.side.version)
            moved = Dated(product, release, ()).moved(fix.side.milestone, fix.at).release
            product = replace(product, releases=tuple(moved if one is release else one for one in product.releases))  # noqa: PLW2901
        found.append(product)
    return found


@settings(deadline=None, max_examples=60)
@given(plan=plans)
def test_a_proposed_date_resolves_its_conflict_and_makes_no_new_one_of_its_kind(bare, plan):
    products = planned(bare, plan)
    conflicts = find_conflicts(products)
    by_id = {product.id: product for product in products}
    for conflict in conflicts:
        before = {one.first.key for one in conflicts if one.kind is conflict.kind}
        for fix in conflict.fixes:
            after = {one.first.key for one in find_conflicts(applied(products, fix), fixes=False)
                     if one.kind is conflict.kind}  # fmt: skip
            assert after <= before - {conflict.first.key}
            assert closed_by(by_id[fix.side.product], fix.side.milestone, fix.at) is None
            assert fix.at.weekday() < 5
