"""Whole rollouts by workflows: the state machine, the driver and GitHub together."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from release_ops.domain.deploy_policy import RollbackRule, Step, StepKind
from release_ops.domain.rollout import advance
from release_ops.domain.rollout_plan import Plan
from release_ops.domain.rollout_state import Apply, GoBack, Phase, State
from tests.adapters.test_deploy_github import AT, TARGET, WORKFLOW, started
from tests.fakes.github import FakeGitHub

PLAN = Plan(
    version="2.8.0",
    previous="2.7.0",
    steps=tuple(Step(kind=StepKind.WEIGHT, weight=percent) for percent in (10, 100)),
    rollback=RollbackRule(within=timedelta(hours=1)),
    progress_within=timedelta(hours=1),
)


@pytest.fixture
def github() -> Iterator[FakeGitHub]:
    with FakeGitHub() as fake:
        for version in ("2.7.0", "2.8.0"):
            fake.add_tag(f"v{version}", fake.add_commit(f"feat: {version}"))
        fake.deploys.workflows["deploy.yml"] = WORKFLOW
        yield fake
    assert fake.violations == []


def rolled(github: FakeGitHub, *, fails_at: int = 101, attempt: int = 1) -> State:
    """State at the end. Each act is asked for twice, as if the first answer were lost, and then on record.

    A run ends one turn after its start.
    """
    state, done = State(), set[str]()
    for turn in range(20):
        now = AT + turn * timedelta(minutes=1)
        live = started(github).look(replace(TARGET, weight=100))
        moved = advance(PLAN, state, now, live)
        state = moved.state
        if state.is_over:
            return state
        for run in github.deploys.runs:
            if run["status"] == "queued":
                failed = run["ref"] == "v2.8.0" and int(run["inputs"]["weight"]) >= fails_at
                run |= {"status": "completed", "conclusion": "failure" if failed else "success"}
        for act in moved.acts:
            key = f"{attempt} {act!r}"
            for age in () if key in done else (timedelta(0), timedelta(minutes=10)):
                one = started(github, age=age)
                done.add(key)
                if isinstance(act, Apply):
                    one.apply(replace(TARGET, weight=act.weight), key, AT)
                elif isinstance(act, GoBack):
                    one.rollback(TARGET, key, AT)
    return state


def runs(github: FakeGitHub) -> list[tuple[str, str]]:
    return [(run["ref"], run["inputs"]["weight"]) for run in github.deploys.runs]


def test_a_good_version_comes_to_all_users_with_one_run_for_each_weight(github):
    assert rolled(github).phase is Phase.PROMOTED
    assert runs(github) == [("v2.8.0", "10"), ("v2.8.0", "100")]


def test_a_run_that_fails_is_taken_back_by_a_run_of_the_tag_before(github):
    state = rolled(github, fails_at=100)
    assert (state.phase, "the workflow ended with failure" in state.why) == (Phase.ROLLED_BACK, True)
    assert runs(github) == [("v2.8.0", "10"), ("v2.8.0", "100"), ("v2.7.0", "100")]


def test_another_attempt_is_not_judged_by_the_run_of_the_one_before(github):
    assert rolled(github, fails_at=10).phase is Phase.ROLLED_BACK
    assert rolled(github, attempt=2).phase is Phase.PROMOTED
    assert runs(github)[2:] == [("v2.8.0", "10"), ("v2.8.0", "100")]
