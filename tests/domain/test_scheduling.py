"""Dates that are proposed for a release: what forbids a day, what speaks for it, and that the answer is always the same."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from release_ops.domain.hours import read_hours
from release_ops.domain.model import Absence, Blackout, MilestoneKind, Need, Product, Release, ReleaseType
from release_ops.domain.scheduling import Judge, needed, propose
from release_ops.domain.scheduling_model import Candidate
from release_ops.domain.window_rules import Peak, SchedulingPolicy
from release_ops.domain.windows import closed_by
from release_ops.product import load_product

DEMO = Path(__file__).parents[2] / "include" / "products" / "demo.yaml"
BERLIN = ZoneInfo("Europe/Berlin")
TODAY = date(2026, 11, 2)
GA = MilestoneKind.GA


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN)


@pytest.fixture(scope="module")
def demo() -> Product:
    """Webapp: 2.8.0 (minor) on Thu 2026-11-26, 2.8.1 (patch) on 2026-12-10, Christmas blackout from 18 December."""
    return load_product(DEMO)


def with_release(product: Product, version: str, **facts: object) -> Product:
    changed = tuple(
        replace(one, **facts) if one.version == version else one  # type: ignore[arg-type]
        for one in product.releases
    )
    return replace(product, releases=changed)


def judged(product: Product, version: str, day: str, today: date = TODAY, dates: object = None) -> Candidate:
    judge = Judge(product, product.release(version), today, dates or {})  # type: ignore[arg-type]
    return judge.candidate(date.fromisoformat(day))


def part(candidate: Candidate, name: str) -> tuple[float, str]:
    found = next(one for one in candidate.parts if one.name == name)
    return round(found.score, 3), found.reason


def rules(candidate: Candidate) -> list[str]:
    return [one.rule for one in candidate.obstacles]


def test_the_best_days_are_legal_in_order_of_score_and_explained(demo: Product) -> None:
    found = propose(demo, "2.8.1", date(2026, 12, 1), date(2026, 12, 31), today=TODAY, count=5)
    assert len(found.best) == 5
    assert all(one.is_legal and closed_by(demo, GA, one.at) is None for one in found.best)
    scores = [one.score for one in found.best]
    assert scores == sorted(scores, reverse=True)
    assert all(each.reason for one in found.best for each in one.parts)
    assert [each.weight for each in found.best[0].parts] == [3, 3, 2, 3, 2, 2]
    assert found.planned.is_legal
    assert (found.before, found.after) == (None, None)


def test_a_score_is_the_weighted_mean_of_its_parts(demo: Product) -> None:
    one = judged(demo, "2.8.1", "2026-12-08")
    total = sum(each.weight for each in one.parts)
    assert one.score == pytest.approx(100 * sum(each.score * each.weight for each in one.parts) / total)
    weights = {"impact": 0.0, "people": 0.0, "readiness": 0.0, "risk": 0.0, "compliance": 0.0, "preference": 0.0}
    assert judged(replace(demo, scheduling=SchedulingPolicy(weights=weights)), "2.8.1", "2026-12-08").score == 0


def test_a_planned_date_that_is_not_legal_says_why_and_names_the_nearest_ones(demo: Product) -> None:
    moved = with_release(demo, "2.8.1", ga=date(2026, 12, 22))
    found = propose(moved, "2.8.1", date(2026, 12, 21), date(2026, 12, 31), today=TODAY)
    assert found.best == ()
    assert [one.text for one in found.planned.obstacles] == [
        "closed by Christmas business and year-end closing until Mon 2027-01-04 08:00"
    ]
    assert found.before is not None
    assert found.after is not None
    assert (found.before.day, found.after.day) == (date(2026, 12, 18), date(2027, 1, 4))
    assert [(one.rule, one.subject, one.days) for one in found.closings] == [
        ("window", "Christmas business and year-end closing", 11)
    ]


def test_a_window_that_opens_later_on_the_day_moves_the_time(demo: Product) -> None:
    hours = read_hours({"mon-fri": ["11:00-12:00"]})
    one = judged(replace(demo, windows=replace(demo.windows, hours=hours)), "2.8.1", "2026-12-08")
    assert one.is_legal
    assert one.at == at("2026-12-08 11:00")


def test_a_hotfix_may_go_out_on_a_sunday_outside_the_office_hours(demo: Product) -> None:
    hours = read_hours({"mon-fri": ["11:00-12:00"]})
    release = Release(product="webapp", version="2.7.2", type=ReleaseType.HOTFIX, ga=date(2026, 11, 15))
    one = replace(demo, windows=replace(demo.windows, hours=hours), releases=(*demo.releases, release))
    found = judged(one, "2.7.2", "2026-11-15")
    assert found.is_legal
    assert f"{found.at:%A %H:%M}" == "Sunday 09:00"
    assert not judged(with_release(one, "2.7.2", type=ReleaseType.PATCH), "2.7.2", "2026-11-15").is_legal


def test_the_past_and_too_little_notice_are_forbidden_for_a_date_that_moves(demo: Product) -> None:
    assert rules(judged(demo, "2.8.1", "2026-10-30", TODAY)) == ["past", "notice"]
    assert rules(judged(demo, "2.8.0", "2026-12-03", date(2026, 11, 20))) == ["notice"]
    assert rules(judged(demo, "2.8.0", "2026-12-03", date(2026, 11, 19))) == []
    assert part(judged(demo, "2.8.0", "2026-11-26", date(2026, 11, 25)), "compliance")[1].startswith(
        "the date is known"
    )


def away(product: Product, *people: str) -> Product:
    found = (
        Absence(person=one, start=at("2026-12-08 12:00"), end=at("2026-12-08 18:00"), reason="vacation")
        for one in people
    )
    return replace(product, absences=tuple(found))


def test_a_day_on_which_the_gate_cannot_be_approved_is_forbidden_with_names(demo: Product) -> None:
    one = judged(away(demo, "eva"), "2.8.1", "2026-12-08")
    assert [each.text for each in one.obstacles] == [
        "the production gate cannot be approved: 1 of 2 approvers are there; away: Eva Ebert (vacation)"
    ]
    assert judged(away(demo, "eva"), "2.8.1", "2026-12-09").is_legal
    assert judged(away(demo, "chloe"), "2.8.1", "2026-12-08").is_legal, "she has no seat in this gate"


def test_people_who_can_be_replaced_lower_the_score_only(demo: Product) -> None:
    ben = demo.approvers["technical_lead"][0]
    one = away(replace(demo, approvers={**demo.approvers, "stakeholder": (*demo.approvers["stakeholder"], ben)}), "eva")
    found = judged(one, "2.8.1", "2026-12-08")
    assert found.is_legal
    assert part(found, "people") == (0.667, "2 of 3 approvers are there; away: Eva Ebert (vacation)")


def test_two_seats_are_not_filled_by_one_person(demo: Product) -> None:
    ana = demo.approvers["release_manager"]
    one = away(
        replace(demo, approvers={**demo.approvers, "stakeholder": (*demo.approvers["stakeholder"], *ana)}), "eva"
    )
    assert rules(judged(one, "2.8.1", "2026-12-08")) == ["people"]


def needing(product: Product) -> Product:
    return with_release(product, "2.8.1", needs=(Need(product="payments", version="3.1.0"),))


@pytest.mark.parametrize(
    ("theirs", "forbidden", "score"),
    [
        ("2026-12-08 09:00", [], 0.5),
        ("2026-12-01 09:00", [], 1.0),
        ("2026-12-08 09:01", ["needs"], 0.0),
        (None, ["needs"], 0.0),
    ],
)
def test_what_is_needed_has_to_be_out_before(
    demo: Product, theirs: str | None, forbidden: list[str], score: float
) -> None:
    dates = {("payments", "3.1.0", GA): at(theirs)} if theirs else {}
    found = judged(needing(demo), "2.8.1", "2026-12-08", dates=dates)
    assert rules(found) == forbidden
    assert part(found, "readiness")[0] == score
    if theirs is None:
        assert part(found, "readiness")[1] == "payments 3.1.0 ga is planned nowhere"


def test_the_dates_of_what_is_needed_come_from_the_other_products(demo: Product) -> None:
    payments = replace(demo, id="payments", releases=(replace(demo.release("2.7.1"), version="3.1.0"),))
    release = needing(demo).release("2.8.1")
    assert needed(release, {"payments": payments}) == {("payments", "3.1.0", GA): at("2026-09-24 09:00")}
    assert needed(release, {}) == {}


def test_days_before_a_weekend_or_a_blackout_are_riskier(demo: Product) -> None:
    risks = {day: part(judged(demo, "2.8.1", f"2026-12-{day}"), "risk") for day in ("07", "09", "11", "16")}
    assert risks["07"] == (1.0, "3 working days to mend it before a day off")
    assert risks["07"][0] > risks["09"][0] > risks["11"][0]
    assert risks["16"][1] == (
        "2 working days to mend it before a day off; Christmas business and year-end closing begins in 2 days"
    )


def test_a_day_off_is_no_day_for_a_release_unless_its_type_prefers_it(demo: Product) -> None:
    sunday, monday = (judged(demo, "2.8.1", f"2026-12-{day}") for day in ("06", "07"))
    assert part(sunday, "risk") == (0.667, "nobody is there to mend it: a weekend")
    assert part(sunday, "preference")[0] == 0
    assert sunday.score < monday.score
    hotfix = judged(with_release(demo, "2.8.1", type=ReleaseType.HOTFIX), "2.8.1", "2026-12-06")
    assert part(hotfix, "risk")[1] == "3 working days to mend it before a day off"


def test_milestones_that_would_be_squeezed_out_raise_the_risk(demo: Product) -> None:
    today = date(2026, 11, 2)  # alpha was due on 29 October, feature complete comes on 5 November
    assert part(judged(demo, "2.8.0", "2026-11-18", today), "risk")[1].endswith(
        "feature_complete would lie in the past"
    )
    assert "past" not in part(judged(demo, "2.8.0", "2026-11-26", today), "risk")[1]


def test_releases_keep_their_distance_by_the_shorter_of_their_types(demo: Product) -> None:
    assert rules(judged(demo, "2.8.1", "2026-11-27", date(2026, 11, 1))) == ["spacing"]
    assert rules(judged(demo, "2.8.1", "2026-11-30", date(2026, 11, 1))) == []
    assert "4 days from 2.8.0, 3 days are asked for" in part(judged(demo, "2.8.1", "2026-11-30"), "compliance")[1]


def test_peaks_of_the_year_count_more_than_the_weekday(demo: Product) -> None:
    policy = replace(
        demo.scheduling, peaks=(Peak("12-24", "01-06", 0.8, "Sales"), Peak("2026-12-08", "2026-12-08", 1.0, "Fair"))
    )
    one = replace(demo, scheduling=policy, blackouts=())
    assert part(judged(one, "2.8.1", "2026-12-08"), "impact") == (0.0, "Fair: an impact of 1")
    assert part(judged(one, "2.8.1", "2027-12-08"), "impact") == (0.7, "Wednesdays have an impact of 0.3")
    assert part(judged(one, "2.8.1", "2027-01-05"), "impact")[1] == "Sales: an impact of 0.8"


@pytest.mark.parametrize(
    ("kind", "day", "score"),
    [
        (ReleaseType.MAJOR, "2026-12-08", 1.0),
        (ReleaseType.MAJOR, "2026-12-11", 0.3),
        (ReleaseType.HOTFIX, "2026-12-13", 1.0),
    ],
)
def test_days_suit_release_types(demo: Product, kind: ReleaseType, day: str, score: float) -> None:
    assert part(judged(with_release(demo, "2.8.1", type=kind), "2.8.1", day), "preference")[0] == score


@pytest.mark.parametrize(
    ("first", "last", "message"),
    [("2026-12-02", "2026-12-01", "is before"), ("2026-12-02", "2029-12-01", "more than two years")],
)
def test_a_span_that_makes_no_sense_is_refused(demo: Product, first: str, last: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        propose(demo, "2.8.1", date.fromisoformat(first), date.fromisoformat(last), today=TODAY)


days = st.dates(date(2026, 11, 2), date(2027, 3, 1))


@given(days, st.integers(0, 40), st.lists(st.tuples(days, st.integers(1, 20)), max_size=3), days)
@settings(deadline=None, max_examples=25)
def test_what_is_proposed_is_the_best_of_the_legal_days_and_the_nearest_are_nearest(
    first: date, length: int, closed: list[tuple[date, int]], ga: date
) -> None:
    product = load_product(DEMO)
    blackouts = tuple(
        Blackout(start=start, end=start + timedelta(days=count), reason="shut")
        for start, count in ((datetime(day.year, day.month, day.day, tzinfo=UTC), count) for day, count in closed)
    )
    one = with_release(replace(product, blackouts=blackouts), "2.8.1", ga=ga)
    last = first + timedelta(days=length)
    found = propose(one, "2.8.1", first, last, today=TODAY, count=2)
    assert found == propose(one, "2.8.1", first, last, today=TODAY, count=2)
    judge = Judge(one, one.release("2.8.1"), TODAY, {})
    legal = [each for step in range(length + 1) if (each := judge.candidate(first + timedelta(days=step))).is_legal]
    assert len(legal) == found.legal
    assert [round(each.score, 4) for each in found.best] == sorted(
        (round(each.score, 4) for each in legal), reverse=True
    )[:2]
    assert all(0 <= each.score <= 1 for candidate in legal for each in candidate.parts)
    if found.after is not None:
        between = (found.after.day - ga).days
        skipped = [judge.candidate(ga + timedelta(days=step)) for step in range(between)]
        assert all(not each.is_legal or each.day.weekday() > 4 or judge.days.closed(each.day) for each in skipped)
        assert not judge.days.closed(found.after.day)
