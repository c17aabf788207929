"""The hotfix's deployment: one run of `release_deploy` per environment, in order; awaited, never doubled."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException, DagRunTriggerException, TaskDeferred

from tests.hotfix.conftest import Shop

DEPLOY = """
deploy:
  driver: command
  environments:
    staging: {stage: staging, milestones: [ga], strategy: recreate, command: {run: ["true"]}}
    production: {stage: production, milestones: [ga], after: [staging], strategy: recreate, command: {run: ["true"]}}
"""


def rolled_out(shop: Shop, environment: str, state: str, attempt: int = 1) -> None:
    """What release_deploy would have written."""
    ended = None if state == "running" else datetime.now(UTC)
    row: dict[str, Any] = {
        "rollout": f"shop:1.0.1:{environment}:{attempt}",
        "environment": environment,
        "attempt": attempt,
        "state": state,
        "ended_at": ended,
        "run_id": f"deploy__shop_1.0.1_{environment}",
    }
    with shop.store.connection() as connection:
        connection.execute(
            "INSERT INTO release_ops.rollout (rollout, product, version, environment, attempt, kind, strategy, driver,"
            " state, ended_at, run_id, dag_id) VALUES (%(rollout)s, 'shop', '1.0.1', %(environment)s, %(attempt)s, 'hotfix',"
            " 'recreate', 'command', %(state)s, %(ended_at)s, %(run_id)s, 'release_deploy')",
            row,
        )


def test_environments_come_one_after_the_other_and_each_run_is_awaited(shop: Shop) -> None:
    shop.file.write_text(shop.file.read_text(encoding="utf-8") + DEPLOY, encoding="utf-8")
    run, _ = shop.out(shop.fix("line 20\n", "mended\n"))
    shop.alive = 0
    with pytest.raises(DagRunTriggerException) as started:
        shop.deploy(run)
    assert started.value.dag_run_id == "deploy__shop_1.0.1_staging"
    assert started.value.deferrable
    assert {**started.value.conf, "reason": ""} == {
        "product": "shop",
        "version": "1.0.1",
        "environment": "staging",
        "reason": "",
        "kind": "hotfix",
    }

    shop.alive = 1
    with pytest.raises(TaskDeferred):  # killed after the run was begun: it is waited for
        shop.deploy(run)
    rolled_out(shop, "staging", "promoted")
    shop.alive = 0
    with pytest.raises(DagRunTriggerException) as started:
        shop.deploy(run, event={})
    assert started.value.dag_run_id == "deploy__shop_1.0.1_production"
    assert shop.told("deployed") == []
    rolled_out(shop, "production", "promoted")
    assert shop.deploy(run, event={}) == {"environments": {"staging": "promoted", "production": "promoted"}}
    assert shop.hotfix()["deployed_at"] is not None
    assert "customers" in shop.told("deployed")


def test_an_environment_that_was_rolled_back_stops_it_with_what_to_do(shop: Shop) -> None:
    shop.file.write_text(shop.file.read_text(encoding="utf-8") + DEPLOY, encoding="utf-8")
    run, _ = shop.out(shop.fix("line 20\n", "mended\n"))
    rolled_out(shop, "staging", "rolled_back")
    shop.has_ended = True
    with pytest.raises(
        AirflowFailException, match=r"ended rolled_back in staging: look at the run deploy__shop_1\.0\.1"
    ):
        shop.deploy(run, event={})
    assert shop.hotfix()["deployed_at"] is None


def test_an_environment_that_has_it_already_is_passed_over(shop: Shop) -> None:
    """`release_deploy` opens no rollout for what is live, and its run ends well: clearing it would change nothing."""
    shop.file.write_text(shop.file.read_text(encoding="utf-8") + DEPLOY, encoding="utf-8")
    run, _ = shop.out(shop.fix("line 20\n", "mended\n"))
    rolled_out(shop, "production", "promoted")
    shop.has_ended = True
    with pytest.raises(AirflowFailException, match="was not begun in staging"):
        shop.deploy(run)
    shop.ended_as = "success"
    assert shop.deploy(run)["environments"] == {"staging": "live already", "production": "promoted"}
    assert shop.hotfix()["deployed_at"]
