"""What others owe a release, and how much its scope has grown since it was planned."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from release_ops.domain.health_facts import HealthFacts, NeededMilestone, ScopeDay
from release_ops.domain.health_policy import ExternalNeed
from release_ops.domain.health_report import report_of
from tests.health_cases import MONDAY, NOW, good, product

BERLIN = ZoneInfo("Europe/Berlin")


@cache
def fine() -> HealthFacts:
    """Everything done, everything known, nothing wrong."""
    return good()


# ------------------------------------------------------------------------------------------------ what others owe


def owed(**changed: Any) -> HealthFacts:
    one = ExternalNeed(**{"what": "Contract", "who": "Vendor", "due": date(2026, 11, 19), **changed})
    return replace(fine(), product=replace(product(), health=replace(product().health, external=(one,))))


@pytest.mark.parametrize(
    ("changed", "late"),
    [
        ({}, 0),
        ({"due": date(2026, 11, 26)}, 0),
        ({"due": date(2026, 11, 27)}, 1),
        ({"due": MONDAY}, 0),
        ({"due": MONDAY - timedelta(days=1)}, 1),
        ({"due": MONDAY - timedelta(days=1), "delivered": True}, 0),
        ({"before": "beta"}, 1),
        ({"before": "alpha"}, 0),
        ({"before": "alpha", "due": MONDAY - timedelta(days=9)}, 0),
        ({"due": date(2027, 1, 1), "version": "2.8.0"}, 1),
    ],
)
def test_what_vendors_owe_is_late_after_its_day_or_when_promised_for_too_late(changed, late):
    (reason,) = [one for one in report_of(owed(**changed)).reasons if one.measure == "dependencies"]
    assert reason.value == late
    assert reason.words.startswith("not in time: ") == bool(late)


def test_what_vendors_owe_another_release_is_not_of_this_one():
    facts = owed(version="2.8.1", due=date(2027, 1, 1))
    assert "dependencies" not in {one.measure for one in report_of(facts).reasons}


@pytest.mark.parametrize(
    ("changed", "late"),
    [
        ({}, 0),
        ({"planned_at": None}, 1),
        ({"planned_at": None, "done": True}, 0),
        ({"planned_at": NOW + timedelta(days=20)}, 1),
        ({"planned_at": NOW + timedelta(days=10)}, 1),
        ({"planned_at": NOW + timedelta(days=10) - timedelta(seconds=1)}, 0),
        ({"planned_at": NOW + timedelta(days=20), "before": "alpha"}, 0),
        ({"planned_at": NOW + timedelta(days=20), "needed_by": None}, 0),
    ],
)
def test_what_other_products_owe_has_to_come_before_the_milestone_that_needs_it(changed, late):
    need = NeededMilestone(
        **{
            "product": "shop",
            "version": "3.1.0",
            "milestone": "ga",
            "before": "beta",
            "needed_by": NOW + timedelta(days=10),
            "planned_at": NOW + timedelta(days=5),
            **changed,
        }
    )
    (reason,) = [one for one in report_of(replace(fine(), needs=(need,))).reasons if one.measure == "dependencies"]
    assert reason.value == late
    assert reason.words.startswith("not in time: ") == bool(late)


# ----------------------------------------------------------------------------------------------- growth of the scope


def noted(*totals: int, since: date) -> tuple[ScopeDay, ...]:
    return tuple(
        ScopeDay(day=since + timedelta(days=place), total=total, done=0, points_total=0, points_done=0)
        for place, total in enumerate(totals)
    )


def planned_on(day: date | None) -> list[Any]:
    at = None if day is None else datetime.combine(day, datetime.min.time(), BERLIN) + timedelta(hours=10)
    return [
        replace(step, state="planned" if at is None else "done", actual_at=at) if step.kind == "planning" else step
        for step in fine().steps
    ]


def test_what_is_added_while_the_release_is_planned_is_no_growth():
    day = MONDAY - timedelta(days=5)
    facts = replace(fine(), history=noted(1, 3, 12, 12, since=day), steps=planned_on(day + timedelta(days=1)))
    (reason,) = [one for one in report_of(facts).reasons if one.measure == "scope_growth"]
    assert reason.value == 0
    still = replace(facts, steps=planned_on(None))
    assert "scope_growth" not in {one.measure for one in report_of(still).reasons}


def test_where_nobody_noted_the_scope_after_planning_the_last_one_before_counts():
    day = MONDAY - timedelta(days=5)
    facts = replace(fine(), history=noted(1, 10, since=day), steps=planned_on(day + timedelta(days=3)))
    (reason,) = [one for one in report_of(facts).reasons if one.measure == "scope_growth"]
    assert reason.value == pytest.approx(0.2)
