"""`deploy` in a product file: what stages and strategies fill in, and what is wrong with what was written."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from release_ops.domain.deploy_policy import Stage, StepKind, Strategy, Trigger
from release_ops.domain.model import Product
from release_ops.product import ProductError, load_product, project_root

BASE = """\
product: shop
repository: {kind: git, location: /srv/shop.git}
timezone: UTC
approvers:
  release_manager: [{id: ana}]
  technical_lead: [{id: ben}]
  qa_lead: [{id: chloe}]
  product_owner: [{id: dmitri}]
  stakeholder: [{id: eva}]
audiences:
  engineering: [{kind: outbox}]
analyses:
  errors: {like: errors}
  budget: {like: error_budget}
deploy:
  command: {run: [./deploy.sh], timeout: 5m}
"""


def load(tmp_path: Path, text: str) -> Product:
    file = tmp_path / "shop.yaml"
    file.write_text(BASE + text, encoding="utf-8")
    return load_product(file, defaults=project_root() / "include" / "products")


def test_a_name_is_enough_for_the_usual_environments(tmp_path):
    policy = load(tmp_path, "  environments: {testing: {}, staging: {}, production: {}}\n").deploy
    assert [*policy.environments] == ["testing", "staging", "production"]
    production = policy.environments["production"]
    assert (production.stage, production.strategy) == (Stage.PRODUCTION, Strategy.CANARY)
    assert [step.weight for step in production.steps if step.kind is StepKind.WEIGHT] == [10, 25, 50, 100]
    assert {step.analyses for step in production.steps if step.kind is StepKind.ANALYSE} == {("errors",)}
    assert production.background == ("budget",), "what has no end of its own goes on beside the steps"
    assert production.after == ("staging",)
    assert production.approvals is not None
    assert dict(production.approvals.roles) == {"technical_lead": 1, "release_manager": 1}
    assert (production.windows, production.automatic, production.incident) == (True, False, "high")
    assert policy.environments["staging"].milestones == {"rc", "ga"}
    assert policy.environments["testing"].approvals is not None
    assert not policy.environments["testing"].approvals.roles
    assert [one.name for one in policy.of_milestone("beta")] == ["testing"]
    assert [one.name for one in policy.following("testing")] == ["staging"]


def test_an_environment_changes_single_keys(tmp_path):
    text = """\
  environments:
    eu:
      stage: production
      after: []
      strategy: blue-green
      rollback: {on: [error]}
      hold: {timeout: 90s}
      command: {run: [./eu.sh, --region, eu]}
      announce: {started: [engineering]}
    us:
      steps: [{weight: 20}, {pause: 30s}, {pause: until told}, {weight: 100}, {validate: immediate}]
      validation: {immediate: [The front page opens, {title: Errors are rare, analyse: errors}]}
"""
    policy = load(tmp_path, text).deploy
    eu, us = policy.environments["eu"], policy.environments["us"]
    assert [step.weight for step in eu.steps if step.kind is StepKind.WEIGHT] == [0, 100]
    assert (eu.rollback.on, eu.rollback.automatic, eu.hold.timeout) == ({Trigger.ERROR}, True, timedelta(seconds=90))
    assert eu.settings == {"run": ["./eu.sh", "--region", "eu"], "timeout": timedelta(minutes=5), "output": 20_000}
    assert eu.announce["started"] == ("engineering",)
    assert eu.announce["held"] == ("engineering", "operations", "product"), "the other occasions stay as they were"
    assert us.stage is Stage.PRODUCTION, "an environment of no known name is treated with the most care"
    assert [step.pause for step in us.steps if step.kind is StepKind.PAUSE] == [timedelta(seconds=30), None]
    assert (us.steps[-1].kind, us.steps[-1].analyses) == (StepKind.VALIDATE, ("errors",))


def test_a_product_without_the_section_is_not_deployed(tmp_path):
    file = tmp_path / "shop.yaml"
    file.write_text(BASE.partition("deploy:")[0], encoding="utf-8")
    assert load_product(file, defaults=project_root() / "include" / "products").deploy.environments == {}


@pytest.mark.parametrize(
    ("environments", "line", "message", "remedy"),
    [
        ("{eu: {after: [staging]}}", 17, "there is no such environment", "known are: eu"),
        ("{eu: {gate: prodction}}", 17, "there is no such gate", "did you mean 'production'?"),
        (
            "{eu: {steps: [{weight: 50}]}}",
            17,
            "steps: does not end with all users",
            "write {weight: 100} as the last weight",
        ),
        ("{eu: {steps: [{weight: 50}, {weight: 10}, {weight: 100}]}}", 17, "takes users away again", "rising order"),
        (
            "{eu: {steps: [{weight: 100, pause: 5m}]}}",
            17,
            "steps[0]: has 2 kinds of step in one",
            "write one of weight",
        ),
        ("{eu: {steps: [{}, {weight: 100}]}}", 17, "steps[0]: does nothing", "write one of weight"),
        (
            "{eu: {steps: [{weight: 100}, {analyse: erors}]}}",
            17,
            "there is no analysis erors",
            "did you mean 'errors'?",
        ),
        ("{eu: {steps: [{weight: 100}, {analyse: budget}]}}", 17, "analysis budget has no end", "under background"),
        ("{eu: {background: [eror]}}", 17, "there is no such analysis", "did you mean 'errors'?"),
        ("{eu: {steps: [{weight: 10}, {weight: 100}]}}", 17, "is a canary that nothing looks at", "write analyses"),
        ("{eu: {approvals: {roles: {cto: 1}}}}", 17, "does not name enough people", "approvals:"),
        ("{eu: {announce: {started: [enginering]}}}", 17, "there is no such audience", "did you mean 'engineering'?"),
        ("{eu: {stage: prod}}", 17, "stage", "production"),
        ("{eu: {hold: {timeout: soon}}}", 17, "is not a duration", "write it like"),
    ],
)
def test_what_is_wrong_is_told_with_its_place_and_a_remedy(tmp_path, environments, line, message, remedy):
    with pytest.raises(ProductError) as caught:
        load(tmp_path, f"  environments: {environments}\n")
    text = str(caught.value)
    assert f"shop.yaml:{line}: deploy.environments.eu" in text
    assert message in text
    assert remedy in text


def test_a_driver_needs_its_settings(tmp_path):
    file = tmp_path / "shop.yaml"
    file.write_text(BASE.replace("  command: {run: [./deploy.sh], timeout: 5m}\n", "  environments: {eu: {}}\n"))
    with pytest.raises(ProductError, match="is deployed by the driver command, which has no run"):
        load_product(file, defaults=project_root() / "include" / "products")
