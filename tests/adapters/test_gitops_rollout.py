"""Whole rollouts by commits: the state machine, the driver, Argo CD and Argo Rollouts together."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from release_ops.adapters.argocd import ArgoCD
from release_ops.adapters.deploy_gitops import GitOpsDriver
from release_ops.adapters.git import GitRepository
from release_ops.domain.deploy_policy import RollbackRule, Step, StepKind
from release_ops.domain.deploying import Target
from release_ops.domain.gitops_policy import ArgoSteps, GitOpsPolicy, KustomizeImage
from release_ops.domain.rollout import advance
from release_ops.domain.rollout_plan import Plan
from release_ops.domain.rollout_state import Apply, GoBack, Phase, State
from tests.fakes.argocd import TOKEN, FakeArgoCD
from tests.fakes.git_source import Source, git

FILE = "kustomization.yaml"
BEFORE = "images:\n- name: webapp\n  newTag: 2.7.0\n"
START = datetime(2026, 11, 26, 9, tzinfo=UTC)
PAUSED = ({"setWeight": 10}, {"pause": {}}, {"setWeight": 50}, {"pause": {}})
TURNS = 30


def weight(percent: int) -> Step:
    return Step(kind=StepKind.WEIGHT, weight=percent)


PLAN = Plan(
    version="2.8.0",
    previous="2.7.0",
    steps=(weight(10), weight(50), weight(100)),
    rollback=RollbackRule(within=timedelta(hours=1)),
    progress_within=timedelta(hours=1),
)


@pytest.fixture
def source(tmp_path: Path) -> Source:
    made = Source(tmp_path / "config.git")
    made.commit("chore: start", files={FILE: BEFORE})
    return made


@pytest.fixture
def argo(source: Source) -> Iterator[FakeArgoCD]:
    with FakeArgoCD(source, FILE, steps=PAUSED) as fake:
        yield fake
    assert fake.violations == []


def rolled(source: Source, argo: FakeArgoCD, tmp_path: Path, steps: ArgoSteps, *, breaks_at: int = 101) -> State:
    """State at the end. Each turn is another worker; each act is asked for twice, as if the first answer were lost."""
    state = State()
    policy = GitOpsPolicy(
        repository=str(source.path),
        files=(KustomizeImage(file=FILE, image="webapp"),),
        argocd="argocd",
        rollouts=("webapp",),
        steps=steps,
    )
    for turn in range(TURNS):
        repository = GitRepository(source.path, mirror=tmp_path / "mirror.git", push=True)
        driver = GitOpsDriver(policy, repository, ArgoCD(argo.origin, TOKEN, "webapp-production"))
        now = START + turn * timedelta(minutes=1)
        percent = PLAN.steps[state.step].weight if state.step < len(PLAN.steps) else 100
        moved = advance(PLAN, state, now, driver.look(target(percent)))
        state = moved.state
        if state.is_over:
            return state
        for act in moved.acts:
            for _ in range(2):
                if isinstance(act, Apply):
                    driver.apply(target(act.weight), f"step{act.step}.{act.tries}", START)
                elif isinstance(act, GoBack):
                    driver.rollback(target(0), f"rollback.{act.tries}", START)
        if argo.live != source.head():
            argo.sync_now()
        if steps is ArgoSteps.FOLLOW and argo.rollout["status"].get("pauseConditions"):
            argo.rollout["status"].pop("pauseConditions")  # its own pause is over
        argo.step()
        if argo.rollout["status"].get("canary", {}).get("weights", {}).get("canary", {}).get("weight", 0) >= breaks_at:
            argo.rollout["status"] |= {"abort": True}
            argo.step()
    return state


def target(percent: int) -> Target:
    return Target(
        product="webapp",
        version="2.8.0",
        ref="v2.8.0",
        commit="1" * 40,
        environment="production",
        weight=percent,
        previous="2.7.0",
        strategy="canary",
    )


@pytest.mark.parametrize("steps", [*ArgoSteps])
def test_a_good_version_comes_to_all_users_with_one_commit(source, argo, tmp_path, steps):
    assert rolled(source, argo, tmp_path, steps).phase is Phase.PROMOTED
    assert git(source.path, "rev-list", "--count", "main") == "2"
    assert "newTag: 2.8.0" in git(source.path, "show", f"main:{FILE}")
    assert argo.acted == (["resume", "resume"] if steps is ArgoSteps.RESUME else [])


@pytest.mark.parametrize("steps", [*ArgoSteps])
def test_one_that_argo_aborts_is_taken_back_and_that_is_verified(source, argo, tmp_path, steps):
    state = rolled(source, argo, tmp_path, steps, breaks_at=50)
    assert state.phase is Phase.ROLLED_BACK
    assert "aborted" in state.why
    assert git(source.path, "show", f"main:{FILE}") + "\n" == BEFORE
    assert git(source.path, "rev-list", "--count", "main") == "3"
    assert argo.live == source.head()
