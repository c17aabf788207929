"""The helper that answers approvals: who sits where, and what the form gets."""

from quickstart.approver import choose, fill


def test_different_people_take_the_seats_even_if_the_first_choice_must_step_back():
    assert choose([["ana", "ben"], ["ana"]], set()) == {0: "ben", 1: "ana"}


def test_who_answered_before_answers_no_more_if_somebody_else_can():
    assert choose([["ana", "ben"]], {"ana"}) == {0: "ben"}


def test_a_seat_that_only_the_same_person_can_take_is_still_answered():
    assert choose([["ana"]], {"ana"}) == {0: "ana"}


def test_a_seat_for_anybody_is_answered_by_the_admin():
    assert choose([[]], set()) == {0: "admin"}


def test_the_checklist_is_ticked_nothing_is_waived_and_a_reason_is_given():
    form = {
        "reason": {"value": "", "description": None, "schema": {"type": ["string", "null"]}},
        "tick_rollback": {"value": False, "description": None, "schema": {"type": "boolean"}},
        "waive_coverage": {"value": False, "description": None, "schema": {"type": "boolean"}},
        "waiver_days": {"value": 14, "description": None, "schema": {"type": "integer"}},
    }
    assert fill(form) == {
        "reason": "Answered by the quickstart",
        "tick_rollback": True,
        "waive_coverage": False,
        "waiver_days": 14,
    }
