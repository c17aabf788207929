"""What the freeze does with features, and when a scope may not be frozen."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from release_ops.domain.model import Disposition, Feature, FeatureStatus, FreezePolicy
from release_ops.domain.scope import freeze_features, readiness

AT = datetime(2026, 11, 12, 9, tzinfo=UTC)
POLICY = FreezePolicy(deadline=timedelta(days=3))
DONE, STARTED, PLANNED = FeatureStatus.DONE, FeatureStatus.IN_PROGRESS, FeatureStatus.PLANNED


def feature(status, priority="should", **more):
    return Feature(id="F-1", title="Search", status=status, priority=priority, **more)


@pytest.mark.parametrize(
    ("status", "priority", "disposition"),
    [
        (DONE, "must", Disposition.INCLUDED),
        (DONE, "could", Disposition.INCLUDED),
        (STARTED, "could", Disposition.EXCLUDED),
        (PLANNED, "could", Disposition.EXCLUDED),
        (STARTED, "should", Disposition.FROZEN),
        (PLANNED, "should", Disposition.FROZEN),
        (PLANNED, "someday", Disposition.FROZEN),
        (STARTED, "must", Disposition.DEADLINE_IMPOSED),
        (PLANNED, "must", Disposition.DEADLINE_IMPOSED),
    ],
)
def test_disposition_follows_from_status_and_priority(status, priority, disposition):
    (decision,) = freeze_features([feature(status, priority)], POLICY, at=AT)
    assert decision.disposition is disposition
    assert decision.previous_status is status
    assert decision.reason


def test_a_started_must_have_gets_a_deadline():
    (decision,) = freeze_features([feature(STARTED, "must")], POLICY, at=AT)
    assert decision.deadline == datetime(2026, 11, 15, 9, tzinfo=UTC)
    assert "2026-11-15 09:00 UTC" in decision.reason
    assert not decision.blocking


def test_a_must_have_that_nobody_started_blocks_the_freeze():
    ready = readiness(freeze_features([feature(DONE), feature(PLANNED, "must")], POLICY, at=AT))
    assert not ready.ready
    assert ready.issues == ("F-1 Search is a must-have and has not been started, and nobody owns it.",)
    assert "start it with an owner" in ready.recommendations[0]


def test_the_issue_names_the_owner():
    ready = readiness(freeze_features([feature(PLANNED, "must", owner="ana")], POLICY, at=AT))
    assert ready.issues == ("F-1 Search is a must-have and has not been started (owner: ana).",)


FEATURES = st.lists(st.builds(feature, st.sampled_from(FeatureStatus), st.sampled_from(["must", "should", "could"])))


@given(FEATURES)
def test_every_feature_gets_one_decision_in_its_place(features):
    decisions = freeze_features(features, POLICY, at=AT)
    assert [decision.feature for decision in decisions] == features
    assert all((each.deadline is None) == (each.disposition is not Disposition.DEADLINE_IMPOSED) for each in decisions)


@given(FEATURES)
def test_only_an_unstarted_must_have_makes_a_scope_unready(features):
    ready = readiness(freeze_features(features, POLICY, at=AT))
    assert ready.ready == all(each.priority != "must" or each.status is not PLANNED for each in features)
    assert len(ready.issues) == len(ready.recommendations)
