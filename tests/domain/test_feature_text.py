"""What labels and the text of an issue say of a feature."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from release_ops.domain.feature_text import LINE_LIMIT, MOST, acceptance, needs, read_labels
from release_ops.domain.scope_policy import ScopePolicy

POLICY = ScopePolicy(points={"size/m": 5}, risk={"risk: high": 0.5}, priorities={"p0": "must", "high": "should"})


@pytest.mark.parametrize(
    ("label", "points"), [("points: 5", 5), ("SP/3", 3), ("estimate: 2.5", 2.5), ("Size/M", 5), ("5", None)]
)
def test_points_come_from_the_table_or_from_a_number(label, points):
    assert read_labels([label], POLICY).points == points


@pytest.mark.parametrize(
    ("label", "priority"),
    [("must", "must"), ("priority: could", "could"), ("P0", "must"), ("Priority: High", "should"), ("bug", None)],
)
def test_priorities_come_from_the_table_or_by_their_name(label, priority):
    assert read_labels([label], POLICY).priority == priority


def test_team_value_and_risk():
    found = read_labels(["team: payments", "value: 8", "risk: high"], POLICY)
    assert (found.team, found.value, found.risk) == ("payments", 8.0, 0.5)


def test_needs_are_what_it_says_it_waits_for_and_the_issues_of_its_task_lists():
    text = "Depends on #12, #13 and #14. See #99.\nblocked by: #15\n- [ ] #16\n- [x] https://github.com/a/b/issues/17\n"
    assert needs(text) == (12, 13, 14, 15, 16, 17)


def test_code_says_nothing():
    assert needs("```\ndepends on #1\n```\ndepends on #2") == (2,)


def test_acceptance_is_in_task_lists():
    assert acceptance("- [ ] works\n* [x] is fast\n- no task\n- [ ] #12") == ("works", "is fast")


@given(st.text(max_size=2000))
def test_whatever_the_text_it_is_bounded(text):
    assert len(needs(text * 3)) <= MOST
    assert all(len(one) <= LINE_LIMIT for one in acceptance(text))
