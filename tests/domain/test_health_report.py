"""What a weekly report tells besides its status: what changed, what was achieved, what comes, and what to do."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from release_ops.domain.health import Status
from release_ops.domain.health_facts import Earlier, HealthFacts, NeededMilestone, OpenRisk, ScopeDay, Share
from release_ops.domain.health_policy import ExternalNeed, Threshold
from release_ops.domain.health_report import Report, report_of
from release_ops.domain.model import FeatureStatus
from tests.health_cases import MONDAY, NOW, bad, blank, gate, good, week_before

NEW = OpenRisk(risk="new", title="New one", score=1, probability=1, impact=1, trend="new")


@cache
def fine() -> HealthFacts:
    """Everything done, everything known, nothing wrong."""
    return good()


@cache
def trouble() -> HealthFacts:
    """Much to do, a gate failed, a date moved."""
    return bad()


def policy(facts: HealthFacts, **changed: Any) -> HealthFacts:
    return replace(facts, product=replace(facts.product, health=replace(facts.product.health, **changed)))


def after(before: HealthFacts, **changed: Any) -> Report:
    """The report of facts that changed since a report of a week ago."""
    return report_of(replace(before, **{"earlier": week_before(before), **changed}))


def moved(facts: HealthFacts, kind: str, days: int) -> list[Any]:
    return [
        replace(step, planned_at=step.planned_at + timedelta(days=days)) if step.kind == kind else step
        for step in facts.steps
    ]


# ------------------------------------------------------------------------------------------- since the last report


@pytest.mark.parametrize("facts", [fine, blank])
def test_a_first_report_tells_no_changes_and_without_any_nothing_is_told(facts):
    assert report_of(facts()).changes == ()
    assert after(facts()).changes == ()


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"critical": 3}, ["green became red", "open critical issues: green became red (3 open)"]),
        (
            {"outlook": None, "outlook_why": "no history"},
            ["green became unknown", "chance to be on time: green became unknown (no forecast: no history)"],
        ),
        ({"risks": [*good().risks, NEW]}, ["new risk: New one"]),
        ({"risks": [*good().risks, replace(NEW, trend="steady")]}, []),
        ({"risks": []}, ["no longer open: The same files change again"]),
    ],
)
def test_what_became_of_status_measures_and_risks(changed, said):
    assert list(after(fine(), **changed).changes) == said


def test_a_measure_that_was_not_told_before_is_a_change_when_it_is_bad():
    owed = ExternalNeed(what="Contract", who="Vendor", due=date(2026, 11, 28))
    late, fits = policy(fine(), external=(owed,)), policy(fine(), external=(replace(owed, due=date(2026, 11, 20)),))
    earlier = week_before(fine())
    assert report_of(replace(fits, earlier=earlier)).changes == ()
    assert report_of(replace(late, earlier=earlier)).changes == (
        "green became yellow",
        "what others owe and will not have in time: is yellow (not in time: Contract from Vendor)",
    )


def test_milestones_that_moved_are_told_with_both_days():
    report = after(fine(), steps=moved(fine(), "beta", 4))
    assert report.changes == ("beta moved from 2026-11-12 to 2026-11-16, 4 days later",)
    report = after(fine(), steps=moved(fine(), "ga", -1))
    assert report.changes == ("GA moved from 2026-11-26 to 2026-11-25, 1 day earlier",)


def test_a_milestone_that_is_written_in_another_zone_has_not_moved():
    early = [replace(step, planned_at=step.planned_at.replace(hour=0, minute=30)) for step in fine().steps]
    base = replace(fine(), steps=early)
    elsewhere = [replace(step, planned_at=step.planned_at.astimezone(ZoneInfo("UTC"))) for step in early]
    assert after(base, steps=elsewhere).changes == ()


def test_the_85_percent_date_is_told_when_it_moved():
    outlook = trouble().outlook
    assert outlook is not None
    sure = outlook.ga[85]
    assert sure is not None
    earlier = replace(week_before(trouble()), p85_on=sure - timedelta(days=3))
    report = report_of(replace(trouble(), earlier=earlier))
    assert f"GA with 85 % moved from {sure - timedelta(days=3)} to {sure}, 3 days later" in report.changes
    assert report.before is not None
    assert report.before["p85_on"] == sure - timedelta(days=3)


@pytest.mark.parametrize(("before", "told"), [(0.6, True), (0.95, True), (0.96, False), (1.0, False)])
def test_a_chance_that_moved_by_less_than_five_points_has_not_changed(before, told):
    outlook = fine().outlook
    assert outlook is not None
    was = replace(fine(), outlook=replace(outlook, on_time=before))
    report = report_of(policy(replace(fine(), earlier=week_before(policy(was, thresholds={}))), thresholds={}))
    expected = (f"chance to be on time: {before * 100:.0f} % became 100 %",) if told else ()
    assert report.changes == expected


def test_features_that_came_went_and_were_taken_up_again():
    scope = trouble().features
    assert scope is not None
    fresh = replace(scope[-1], id="WEB-299", title="Late idea")
    reopened = replace(scope[0], status=FeatureStatus.IN_PROGRESS)
    report = after(trouble(), features=(reopened, *scope[1:-1], fresh))
    assert "added to the scope: WEB-299 Late idea" in report.changes
    assert f"out of the scope: {scope[-1].id} {scope[-1].title}" in report.changes
    assert f"done before, open again: {scope[0].id} {scope[0].title}" in report.changes


def test_a_scope_that_could_not_be_read_last_week_or_this_one_is_no_change_of_the_scope():
    unread = replace(trouble(), features=None, features_why="no answer", outlook=None)
    for facts in (replace(trouble(), earlier=week_before(unread)), replace(unread, earlier=week_before(trouble()))):
        assert not [one for one in report_of(facts).changes if "scope:" in one and not one.startswith("growth")]


def test_gates_are_told_when_their_verdict_changed_or_when_they_failed_at_first():
    failed = gate("beta", "beta", {"tests": "fail"}, days_ago=1)
    passed = gate("beta", "beta", {"tests": "pass"}, days_ago=1)
    assert "gate beta was evaluated and failed" in after(fine(), gates=(*fine().gates, failed)).changes
    assert not [one for one in after(fine(), gates=(*fine().gates, passed)).changes if "beta" in one]
    was = replace(fine(), gates=(failed,))
    assert "gate beta: fail became pass" in after(was, gates=(passed,)).changes


# -------------------------------------------------------------------------------------------------- accomplishments


def test_what_was_finished_since_the_last_report_is_an_accomplishment_and_nothing_else():
    scope = trouble().features
    assert scope is not None
    done = [replace(one, status=FeatureStatus.DONE) if place < 6 else one for place, one in enumerate(scope)]
    report = after(trouble(), features=done)
    assert f"{scope[5].id} {scope[5].title}" in report.accomplishments
    assert f"{scope[4].id} {scope[4].title}" not in report.accomplishments
    assert after(trouble()).accomplishments == ()


def test_milestones_and_gates_count_from_the_last_report_on_and_in_the_first_report_for_a_week():
    feature_complete = next(step for step in fine().steps if step.kind == "feature_complete")
    assert NOW - timedelta(days=7) < feature_complete.actual_at <= NOW
    first = report_of(fine())
    assert "feature complete is done" in first.accomplishments
    assert "gate feature complete passed" in first.accomplishments
    assert "planning is done" not in first.accomplishments
    since = replace(week_before(fine()), made_at=feature_complete.actual_at)
    assert "feature complete is done" not in report_of(replace(fine(), earlier=since)).accomplishments


def test_a_gate_that_waits_for_its_approvers_has_not_passed_and_needs_support():
    waiting = replace(gate("beta", "beta", {"tests": "pass"}, days_ago=1), waiting_for=2)
    waived = gate("rc", "rc", {"tests": "fail"}, days_ago=1, waived="tests")
    report = report_of(replace(fine(), gates=(waiting, waived)))
    assert [one for one in report.accomplishments if "gate" in one] == ["gate RC passed with waivers"]
    assert report.support == ("gate beta has been waiting for 2 approvals since 2026-11-08",)


# -------------------------------------------------------------------------------------------------------- what comes


def test_the_focus_is_what_comes_within_the_policys_time():
    report = report_of(policy(trouble(), ahead=timedelta(days=5)))
    assert report.focus[0].startswith("Thu 2026-11-12: ")
    assert not [one for one in report.focus if "GA" in one]
    assert [one for one in report_of(policy(trouble(), ahead=timedelta(days=20))).focus if ": GA" in one]


def test_a_promise_of_a_vendor_is_in_the_focus_until_it_is_kept():
    def focus(**changed: Any) -> tuple[str, ...]:
        one = ExternalNeed(**{"what": "Contract", "who": "Vendor", "due": MONDAY + timedelta(days=3), **changed})
        return report_of(policy(fine(), external=(one,))).focus

    assert "Thu 2026-11-12: Contract from Vendor is promised" in focus()
    for changed in ({"delivered": True}, {"due": MONDAY + timedelta(days=15)}, {"version": "2.8.1"}):
        assert not [one for one in focus(**changed) if "Contract" in one]


# ---------------------------------------------------------------------------------------------------------- what to do


def outlook_with(facts: HealthFacts, **changed: Any) -> HealthFacts:
    assert facts.outlook is not None
    return replace(facts, outlook=replace(facts.outlook, **changed))


def needs(days: int) -> tuple[NeededMilestone, ...]:
    return (
        NeededMilestone(
            product="shop",
            version="3.1.0",
            milestone="ga",
            before="beta",
            needed_by=NOW + timedelta(days=10),
            planned_at=NOW + timedelta(days=10 + days),
        ),
    )


def risks(score: float) -> tuple[OpenRisk, ...]:
    one = OpenRisk(
        risk="r",
        title="R",
        score=score,
        probability=score / 5,
        impact=5,
        trend="steady",
        mitigation="Do it",
        owner="Eva",
    )
    return (one,)


def vendor(due: date) -> HealthFacts:
    return policy(fine(), external=(ExternalNeed(what="Contract", who="Vendor", due=due),))


def grown(first: int) -> HealthFacts:
    noted = ScopeDay(day=MONDAY - timedelta(days=14), total=first, done=0, points_total=0, points_done=0)
    return replace(fine(), history=(noted,))


def late_beta(days: int) -> HealthFacts:
    steps = [
        replace(step, state="blocked", planned_at=NOW - timedelta(days=days), actual_at=None)
        if step.kind == "beta"
        else step
        for step in fine().steps
    ]
    return replace(fine(), steps=steps)


def reviewed(share: float) -> HealthFacts:
    return policy(
        replace(fine(), reviews=Share(share=share, words=f"{share * 40:.0f} of 40")), quality={"reviews": 1.0}
    )


ADVICE: Mapping[str, tuple[Callable[[], HealthFacts], Callable[[], HealthFacts], str, str]] = {
    "less scope": (
        trouble,
        lambda: outlook_with(trouble(), on_time=0.9),
        "Leave out WEB-211 Gift wrapping, ",
        "0 % for GA on 2026-11-26, with 85 % by ",
    ),
    "a later date": (
        trouble,
        lambda: outlook_with(trouble(), on_time=0.9),
        "or move GA to ",
        "0 % for GA on 2026-11-26",
    ),
    "more people": (
        trouble,
        lambda: outlook_with(trouble(), history=(100.0,)),
        "or find people for ",
        "features a week, ",
    ),
    "the gate": (
        lambda: replace(fine(), gates=(gate("beta", "beta", {"a": "fail", "b": "pass"}, days_ago=1),)),
        lambda: replace(fine(), gates=(gate("beta", "beta", {"a": "fail", "b": "pass"}, days_ago=1, waived="a"),)),
        "Mend or waive: A",
        "1 of 2 required criteria of gate beta do not pass",
    ),
    "the risk": (
        lambda: replace(fine(), risks=risks(2.5)),
        lambda: replace(fine(), risks=risks(2)),
        "Do it (Eva)",
        "R: 2.5 of 5, over 2",
    ),
    "another product": (
        lambda: replace(fine(), needs=needs(5), titles={"shop": "Shop"}),
        lambda: replace(fine(), needs=needs(-5), titles={"shop": "Shop"}),
        "Agree with Shop on a date for Shop 3.1.0 GA",
        "planned for 2026-11-24, 5 days after beta on 2026-11-19, which needs it",
    ),
    "a vendor who promised too late": (
        lambda: vendor(date(2026, 11, 28)),
        lambda: vendor(date(2026, 11, 26)),
        "Ask Vendor for Contract, or plan without it",
        "promised for 2026-11-28, 2 days after GA on 2026-11-26, which needs it",
    ),
    "a vendor who is late": (
        lambda: vendor(MONDAY - timedelta(days=3)),
        lambda: vendor(MONDAY),
        "Ask Vendor for Contract, or plan without it",
        "promised for 2026-11-06, 3 days ago; GA on 2026-11-26 needs it",
    ),
    "growth": (
        lambda: grown(10),
        lambda: grown(11),
        "Let nothing more into the scope unless something else leaves it",
        "12 features; 10 on 2026-10-26, when they were planned",
    ),
    "overdue": (
        lambda: late_beta(2),
        lambda: late_beta(0),
        "Finish beta, or set a new date",
        "beta is 2 days overdue and is blocked",
    ),
    "quality": (
        lambda: reviewed(0.6),
        lambda: reviewed(0.7),
        "Mend first what takes most from the quality score: ",
        "6.0 of 10; 24 of 40",
    ),
    "critical issues": (
        lambda: replace(fine(), critical=1),
        lambda: replace(fine(), critical=0),
        "Close the critical issues before anything new",
        "1 open",
    ),
}


@pytest.mark.parametrize("case", ADVICE)
def test_advice_carries_the_number_that_asks_for_it_and_is_not_given_without(case):
    met, unmet, text, trigger = ADVICE[case]
    given = [action for action in report_of(met()).actions if action.text.startswith(text)]
    assert given
    assert all(trigger in action.trigger for action in given), given
    assert not [action for action in report_of(unmet()).actions if action.text.lower().startswith(text.lower())]


@pytest.mark.parametrize("case", ADVICE)
def test_every_trigger_has_a_number(case):
    for action in report_of(ADVICE[case][0]()).actions:
        assert re.search(r"\d", action.trigger), action


@pytest.mark.parametrize("case", ADVICE)
def test_a_measure_that_is_never_bad_asks_for_nothing(case):
    never = dict.fromkeys(fine().product.health.thresholds, Threshold())
    report = report_of(policy(ADVICE[case][0](), thresholds=never))
    assert report.status in (Status.GREEN, Status.UNKNOWN)
    assert report.actions == ()


def test_several_overdue_milestones_are_one_piece_of_advice():
    steps = [replace(step, state="missed") if step.kind in {"alpha", "planning"} else step for step in fine().steps]
    (action,) = report_of(replace(fine(), steps=steps)).actions
    assert action.text == "Finish planning, alpha, or set new dates"
    assert action.trigger == "planning is 25 days overdue and was missed"
    (reason,) = [one for one in report_of(replace(fine(), steps=steps)).reasons if one.measure == "overdue"]
    assert reason.words == "planning of 2026-10-15 was missed, and 1 more"


def test_what_the_forecast_asks_to_leave_out_is_not_asked_for_twice():
    assert trouble().plan is not None
    assert trouble().outlook is not None
    later = [one.feature for one in trouble().plan.priorities.choices if not one.planned]
    drop = replace(trouble().outlook.proposal, drop=tuple(later))
    texts = [action.text for action in report_of(outlook_with(trouble(), proposal=drop)).actions]
    assert not [text for text in texts if text.startswith("Leave for a later release")]
    fewer = replace(trouble().outlook.proposal, drop=tuple(later[1:]))
    texts = [action.text for action in report_of(outlook_with(trouble(), proposal=fewer)).actions]
    assert [text for text in texts if text.startswith("Leave for a later release what does not fit: ")]


def test_after_ga_there_is_no_advice_about_the_way_to_it():
    ga = next(step for step in trouble().steps if step.kind == "ga")
    now = ga.planned_at + timedelta(days=1)
    steps = [replace(step, state="done", actual_at=step.planned_at) for step in trouble().steps]
    owed = ExternalNeed(what="Contract", who="Vendor", due=MONDAY)
    report = report_of(policy(replace(trouble(), now=now, steps=steps), external=(owed,)))
    assert {action.kind for action in report.actions} == {"mitigation"}
    assert not [action for action in report.actions if "Shop" in action.text or "Ask" in action.text]
    assert report.resources == ()


def test_alternatives_are_told_as_such():
    ways = [
        action.text for action in report_of(trouble()).actions if action.trigger.startswith(("0 %", "2.0 features"))
    ]
    assert ways[0].startswith("Leave out ")
    assert all(way.startswith("or ") for way in ways[1:])
    assert trouble().outlook is not None
    only_later = outlook_with(trouble(), proposal=replace(trouble().outlook.proposal, drop=()))
    assert report_of(only_later).actions[0].text.startswith("Move GA to ")


# ------------------------------------------------------------------------------------------------------------ the rest


@pytest.mark.parametrize("facts", [good, bad, blank])
def test_equal_facts_give_equal_reports_and_another_moment_of_the_day_the_same_words(facts):
    first, again = report_of(facts()), report_of(facts())
    assert first == again
    later = report_of(facts(now=NOW + timedelta(hours=1)))
    assert (later.reasons, later.changes, later.actions) == (first.reasons, first.changes, first.actions)
    assert later.week == first.week


def test_who_is_away_is_told_with_the_last_day_off():
    assert "lena is away from 2026-11-10 to 2026-11-13 (conference)" in report_of(trouble()).resources


def test_needs_are_told_with_their_state_and_their_day():
    one = ExternalNeed(what="Contract", who="Vendor", due=date(2026, 11, 28))
    there = ExternalNeed(what="Licence", who="Vendor", due=date(2026, 11, 1), delivered=True, before="beta")
    over = ExternalNeed(what="Key", who="Vendor", due=date(2026, 11, 2), before="rc")
    report = report_of(policy(trouble(), external=(one, there, over)))
    assert report.dependencies == (
        "Shop 3.1.0 GA: planned for 2026-11-17, too late; needed for beta on 2026-11-12",
        "Licence from Vendor: delivered; needed for beta",
        "Key from Vendor: promised for 2026-11-02, not delivered; needed for RC on 2026-11-19",
        "Contract from Vendor: promised for 2026-11-28, too late; needed for GA on 2026-11-26",
        "team checkout also releases shop 3.1.0 on Tue 2026-11-17",
    )


def test_the_last_report_may_be_older_than_a_week():
    earlier = week_before(fine())
    old = Earlier(
        week=earlier.week - timedelta(days=14),
        made_at=earlier.made_at - timedelta(days=14),
        status="red",
        on_time=0.2,
        p85_on=None,
        facts=earlier.facts,
    )
    report = report_of(replace(fine(), earlier=old))
    assert report.before == {"week": old.week, "status": "red", "on_time": 0.2, "p85_on": None}
    assert report.changes[0] == "red became green"
