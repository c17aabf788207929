"""The risks and the plan's documents in a product file: what does not fit is told at its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from release_ops.domain.risk_measures import MEASURED
from release_ops.domain.rollback import Change
from release_ops.product import ProductError, load_product
from release_ops.risk_facts import Asked, RepositoryFacts, assess

DEMO = Path(__file__).resolve().parents[1] / "include" / "products" / "demo.yaml"
STATED = "{id: %s, title: Something, category: business, probability: low, impact: high}"


def written(folder: Path, section: str) -> Path:
    path = folder / "webapp.yaml"
    path.write_text(section + DEMO.read_text(encoding="utf-8"), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("section", "line", "said"),
    [
        (
            "risks:\n  rules:\n    churm: {impact: 2}\n",
            3,
            "risks.rules.churm: nothing measures this risk; did you mean 'churn'?",
        ),
        (
            "risks:\n  rules:\n    weather: {title: Rain, category: business, impact: 2}\n",
            3,
            "risks.rules.weather: nothing measures this risk; write a risk of your own under risks.stated",
        ),
        (
            f"risks:\n  stated:\n    - {STATED % 'fair'}\n    - {STATED % 'fair'}\n",
            4,
            "risks.stated[1].id: fair: is listed twice; remove one, or correct the id",
        ),
        (
            f"risks:\n  stated:\n    - {STATED % 'churn'}\n",
            3,
            "risks.stated[0].id: churn: is the id of a risk that is measured; give it another id, or write "
            "risks.rules.churn: null to state it yourself",
        ),
        (
            "tests:\n  depths:\n    minor:\n      low: {smok: full}\n",
            4,
            "tests.depths.minor.low.smok: full: there is no such level of tests; did you mean 'smoke'?",
        ),
        (
            "communication:\n  fair:\n    title: Fair\n    rule: -3d\n    audiences: [suport]\n",
            5,
            "communication.fair.audiences[0]: suport: there is no such audience; did you mean 'support'?",
        ),
    ],
)
def test_what_does_not_fit_is_told_at_its_line(tmp_path, section, line, said):
    path = written(tmp_path, section)
    with pytest.raises(ProductError) as caught:
        load_product(path)
    assert f"{path}:{line}: {said}" in str(caught.value).splitlines()


def test_a_releases_own_risk_may_replace_the_products(tmp_path):
    text = DEMO.read_text(encoding="utf-8")
    text = f"risks: {{stated: [{STATED % 'fair'}]}}\n" + text.replace(
        "  - version: 2.8.0\n", f"  - version: 2.8.0\n    risks: [{STATED % 'fair'}]\n", 1
    )
    path = tmp_path / "webapp.yaml"
    path.write_text(text, encoding="utf-8")
    assert [one.id for one in load_product(path).release("2.8.0").risks] == ["fair"]


def test_a_product_goes_without_a_rule_a_level_and_a_message_of_the_defaults(tmp_path):
    sections = "risks: {rules: {churn: null}}\ntests: {levels: {performance: null}}\ncommunication: {plan: null}\n"
    product = load_product(written(tmp_path, sections))
    assert "churn" not in [rule.id for rule in product.risks.rules]
    assert "performance" not in [level.id for level in product.tests.levels]
    assert "plan" not in [phase.id for phase in product.communication]


def test_every_measured_risk_has_a_rule_and_every_rule_its_measure():
    product = load_product(DEMO)
    assert {rule.id for rule in product.risks.rules} == MEASURED
    release = product.release("2.8.0")
    found = assess(
        product, release, release.features, RepositoryFacts(Change(why="not read")), Asked(), today=release.ga
    )
    assert {risk.id for risk in found} <= MEASURED
    assert MEASURED - {risk.id for risk in found} <= {"feature_estimates", "compression", "absences"}
