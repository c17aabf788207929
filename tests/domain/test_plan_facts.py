"""What a model is told of a plan: each line, what readers know it by, and the numbers as the documents have them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from release_ops.domain.feasibility import plan_release
from release_ops.domain.milestones import train
from release_ops.domain.model import Feature, FeatureStatus
from release_ops.domain.plan_facts import risk_facts, scope_facts
from release_ops.domain.risk import Basis, Category, Level, Risk
from release_ops.domain.summary import REQUEST_LIMIT, request
from release_ops.product import load_product

DEMO = load_product(Path(__file__).resolve().parents[2] / "include" / "products" / "demo.yaml")
RELEASE = replace(DEMO.releases[0], theme="One page")


def scope_lines(*features: Feature) -> dict[str, list[str]]:
    plan = plan_release(DEMO, RELEASE, features, at=datetime(2020, 1, 6, tzinfo=UTC))
    found: dict[str, list[str]] = {}
    for fact in scope_facts(DEMO, RELEASE, train(DEMO, RELEASE), plan):
        found.setdefault(fact.label, []).append(fact.text)
    return found


def test_a_scope_is_told_with_its_dates_its_verdict_and_its_features() -> None:
    lines = scope_lines(
        Feature(id="A-1", title="Search", status=FeatureStatus.PLANNED, points=5, priority="must", depends_on=("A-9",))
    )
    assert lines["release"][0].endswith("release: One page")
    assert lines["ga"] == [f"ga is planned for {RELEASE.ga:%Y-%m-%d}, a {RELEASE.ga:%A}"]
    assert lines["feasibility"][0].startswith("The plan is not feasible")
    assert "A-1 depends on A-9, which is not in this release" in lines["feasibility"]
    assert lines["A-1"][0].startswith("A-1 Search; planned; must; 5 points left; waits for A-9; in the plan: ")


def test_a_release_without_features_has_no_verdict() -> None:
    assert "feasibility" not in scope_lines()


def test_a_risk_is_told_with_its_numbers_and_without_its_owner() -> None:
    risk = Risk(
        id="churn",
        category=Category.TECHNICAL,
        title="Files change again" + "!" * 100,
        probability=0.25,
        impact=3,
        basis=Basis.MEASURED,
        why="21 of 56",
        mitigation="Review them",
        owner="Ana Alvarez",
    )
    _, fact = risk_facts(DEMO, RELEASE, [risk], Level.HIGH)
    assert (
        "; score 0.8, probability 25 % (measured), impact 3; trend new; 21 of 56; what helps: Review them; open"
        in fact.text
    )
    assert "Ana" not in fact.text
    assert len(fact.label) == 63
    assert risk_facts(DEMO, RELEASE, [], Level.LOW) == ()


def test_a_large_scope_is_bounded() -> None:
    plan = plan_release(
        DEMO,
        RELEASE,
        [Feature(id=f"A-{n}", title="x" * 1000, status=FeatureStatus.PLANNED) for n in range(300)],
        at=datetime(2020, 1, 6, tzinfo=UTC),
    )
    asked = request(scope_facts(DEMO, RELEASE, train(DEMO, RELEASE), plan))
    assert asked is not None
    assert sum(map(len, asked.lines)) <= REQUEST_LIMIT
    assert asked.left_out > 0
