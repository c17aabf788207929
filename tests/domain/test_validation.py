"""Which items of the validation lists are due when, and what their results mean."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from release_ops.domain.deploy_readiness_policy import ValidationItem
from release_ops.domain.model import Outcome
from release_ops.domain.validation import Result, ask_at, due, next_due, summary, to_ask

START = datetime(2026, 11, 26, 9, tzinfo=UTC)
PROBE = ValidationItem(id="probe", title="It answers", kind="http", critical=True, retries=2)
ORDERS = ValidationItem(id="orders", title="Orders come in", kind="sql", after=timedelta(minutes=30))
LOOK = ValidationItem(id="look", title="Pages look right", kind="human", after=timedelta(minutes=10))
ITEMS = (PROBE, ORDERS, LOOK)


def result(item: str, outcome: Outcome, minute: float = 0, attempts: int = 1) -> dict[str, Result]:
    return {item: Result(item=item, outcome=outcome, at=START + timedelta(minutes=minute), attempts=attempts)}


def test_machines_look_when_an_item_is_due_and_people_are_left_alone_meanwhile():
    assert due(ITEMS, {}, START, START) == (PROBE,)
    assert due(ITEMS, {}, START, START + timedelta(minutes=30)) == (PROBE, ORDERS)
    assert next_due(ITEMS, {}, START) == START
    assert next_due(ITEMS, result("probe", Outcome.PASS), START) == START + timedelta(minutes=30)
    assert to_ask(ITEMS, {}) == (LOOK,)
    assert ask_at([LOOK], START) == START + timedelta(minutes=10)


@pytest.mark.parametrize("outcome", [Outcome.FAIL, Outcome.UNKNOWN])
def test_what_did_not_pass_is_looked_at_again_as_often_as_its_policy_says(outcome):
    assert due([PROBE], result("probe", outcome, 5), START, START + timedelta(minutes=5)) == ()
    assert due([PROBE], result("probe", outcome, 5), START, START + timedelta(minutes=6)) == (PROBE,)
    assert next_due([PROBE], result("probe", outcome, 5, attempts=3), START) is None


def test_a_list_passes_when_everything_passed_and_is_unfinished_while_something_is_not_known():
    known = result("probe", Outcome.PASS) | result("orders", Outcome.PASS)
    assert summary(ITEMS, known).verdict == "unfinished"
    assert summary(ITEMS, known).unknown == ("look",)
    assert summary(ITEMS, known | result("look", Outcome.PASS)).verdict == "passed"


def test_only_a_critical_item_that_failed_for_good_asks_for_the_way_back():
    assert summary(ITEMS, result("probe", Outcome.FAIL, attempts=1)).critical == ()
    assert summary(ITEMS, result("probe", Outcome.FAIL, attempts=3)).critical == ("probe",)
    assert summary(ITEMS, result("probe", Outcome.UNKNOWN, attempts=3)).critical == ()
    failed = summary(ITEMS, result("orders", Outcome.FAIL))
    assert (failed.verdict, failed.critical) == ("failed", ())
