"""Highlights: by the written rules, and in their order."""

from __future__ import annotations

import pytest

from release_ops.domain.change import Change
from release_ops.domain.commits import parse_commit
from release_ops.domain.highlights import RULES, chosen, trailer
from release_ops.domain.model import Feature, FeatureStatus

BY_RULE = {
    "asked for": "docs: the new handbook\n\nHighlight: true",
    "breaking": "fix!: forget tokens\n\nBREAKING CHANGE: log in again",
    "security": "security: close the door",
    "must": "feat: pay by transfer\n\nRefs: WEB-1",
    "should": "feat: dark colours\n\nRefs: WEB-2",
    "could": "feat: gift wrapping\n\nRefs: WEB-3",
    "feature": "feat: something nobody planned",
    "performance": "perf: faster",
}


def feature(id: str, priority: str = "must", status: str = "done") -> Feature:
    return Feature(id=id, title=f"The title of {id}", status=FeatureStatus(status), priority=priority)


PLAN = (feature("WEB-1"), feature("WEB-2", "should"), feature("WEB-3", "could"), feature("WEB-4", status="in_progress"))


def parsed(*messages: str) -> list[Change]:
    changes = [parse_commit(message) for message in messages]
    assert all(changes)
    return [change for change in changes if change]


def test_the_rules_in_their_order() -> None:
    assert tuple(BY_RULE) == RULES
    found = chosen(parsed(*reversed(BY_RULE.values())), 20, PLAN)
    assert [highlight.rule for highlight in found] == list(RULES)


@pytest.mark.parametrize("message", ["fix: a typo", "docs: explain", "feat: x\n\nHighlight: false", "fix!: bare"])
def test_no_highlights(message: str) -> None:
    assert chosen(parsed(message), 5, PLAN) == ()


def test_not_more_than_the_limit() -> None:
    changes = parsed(*(f"feat: {n}" for n in range(9)))
    assert [highlight.change for highlight in chosen(changes, 3)] == changes[:3]
    assert chosen(changes, 0) == ()


def test_planned_features_come_in_the_order_of_the_plan_each_once_by_its_title() -> None:
    plan = (feature("WEB-1"), feature("#5"))
    changes = parsed("feat: b\n\nRefs: #5", "feat: a2\n\nRefs: WEB-1", "feat: a1\n\nCloses: web-1", "feat: a0 (WEB-1)")
    found = chosen(changes, 5, plan)
    assert [(highlight.title, highlight.change.description) for highlight in found][:2] == [
        ("The title of WEB-1", "a2"),
        ("The title of #5", "b"),
    ]


def test_a_feature_that_is_not_done_promises_nothing() -> None:
    (found,) = chosen(parsed("feat: prepare it behind a flag\n\nRefs: WEB-4"), 5, PLAN)
    assert (found.rule, found.title) == ("feature", "")


def test_a_breaking_change_of_a_planned_feature_is_told_in_its_own_words() -> None:
    (found,) = chosen(parsed("feat!: x\n\nBREAKING CHANGE: do this\nRefs: WEB-1"), 5, PLAN)
    assert (found.rule, found.title) == ("breaking", "")


def test_the_last_trailer_of_a_name_counts() -> None:
    (change,) = parsed("feat: x\n\nHighlight: true\nHIGHLIGHT: false")
    assert trailer(change, "highlight") == "false"
    assert trailer(change, "other") is None
