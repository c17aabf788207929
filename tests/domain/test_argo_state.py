"""What Argo CD and Argo Rollouts say, and what that means for a deployment."""

from __future__ import annotations

import pytest

from release_ops.domain.argo_state import ApplicationState, RolloutState, judge


def application(**facts) -> ApplicationState:
    return ApplicationState(**{"sync": "Synced", "revisions": ("c",), "health": "Healthy", **facts})


def rollout(**facts) -> RolloutState:
    return RolloutState(**{"name": "web", "phase": "Progressing", "weight": 10, "step": 1, "steps": 4, **facts})


def judged(state, *rollouts, commit=True, failed=False, wanted=100, leads=False):
    found = judge(state, rollouts, has_commit=commit, failed_on_it=failed, wanted=wanted, leads=leads)
    return found.settled, found.phase, found.weight


@pytest.mark.parametrize(
    ("health", "settled", "phase"),
    [
        ("Healthy", True, "healthy"),
        ("Progressing", False, "progressing"),
        ("Degraded", True, "degraded"),
        ("Suspended", True, "paused"),
        ("Missing", False, "progressing"),
        ("Unknown", False, "unknown"),
        ("Strange", False, "unknown"),
    ],
)
def test_health_of_an_application_that_is_synced(health, settled, phase):
    assert judged(application(health=health)) == (settled, phase, 100)


@pytest.mark.parametrize(
    ("facts", "commit", "failed", "settled", "phase"),
    [
        ({}, False, False, False, "progressing"),
        ({"sync": "OutOfSync"}, True, False, False, "progressing"),
        ({"sync": "Unknown", "errors": ("ComparisonError: x",)}, True, False, False, "progressing"),
        ({"operation": "Running"}, True, False, False, "progressing"),
        ({"operation": "Running", "health": "Degraded"}, True, False, False, "degraded"),
        ({"operation": "Failed", "sync": "OutOfSync"}, True, True, True, "degraded"),
        ({"operation": "Failed"}, True, False, True, "healthy"),
    ],
)
def test_a_commit_has_to_be_synced_first(facts, commit, failed, settled, phase):
    assert judged(application(**facts), commit=commit, failed=failed)[:2] == (settled, phase)


@pytest.mark.parametrize(
    ("facts", "wanted", "leads", "expected"),
    [
        ({}, 10, False, (True, "healthy", 10)),
        ({}, 10, True, (False, "progressing", 10)),
        ({"weight": 50}, 10, False, (True, "healthy", 10)),
        ({"weight": 5}, 10, False, (False, "progressing", 5)),
        ({"phase": "Paused", "pauses": ("CanaryPauseStep",)}, 10, True, (True, "paused", 10)),
        ({"phase": "Paused", "pauses": ("CanaryPauseStep",)}, 50, False, (False, "paused", 10)),
        ({"phase": "Paused", "pauses": ("InconclusiveAnalysis",)}, 50, False, (True, "paused", 10)),
        ({"phase": "Degraded"}, 10, False, (True, "degraded", 10)),
        ({"aborted": True, "weight": 0}, 10, False, (True, "degraded", 0)),
        ({"phase": ""}, 10, False, (False, "progressing", 0)),
        ({"observed": False, "phase": "Healthy", "weight": 100}, 100, False, (False, "progressing", 0)),
        ({}, 0, False, (False, "progressing", 0)),
    ],
)
def test_a_rollout_by_itself(facts, wanted, leads, expected):
    assert judged(application(health="Progressing"), rollout(**facts), wanted=wanted, leads=leads) == expected


def test_of_several_rollouts_the_one_that_is_furthest_behind_counts():
    done = rollout(phase="Healthy", weight=100)
    assert judged(application(health="Progressing"), done, rollout(), wanted=50) == (False, "progressing", 10)
    assert judged(application(health="Degraded"), done, rollout(phase="Degraded"), wanted=50) == (True, "degraded", 10)


def test_once_they_are_through_the_rest_has_to_be_well_too():
    done = rollout(phase="Healthy", weight=100)
    assert judged(application(), done) == (True, "healthy", 100)
    assert judged(application(health="Progressing"), done) == (False, "progressing", 100)
    assert judged(application(health="Degraded"), done) == (True, "degraded", 100)
