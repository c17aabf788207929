"""What a product file holds its figures to: a profile in one line, and single figures beside it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from release_ops.domain.delivery_policy import DeliveryTargets
from release_ops.product import ProductError, load_product

DEMO = Path(__file__).resolve().parents[1] / "include" / "products" / "demo.yaml"
STANDARD = DeliveryTargets(profile="standard")
STRICT = DeliveryTargets(profile="strict", deployment_success=0.995, recovery=timedelta(hours=2))


def targets(folder: Path, section: str) -> DeliveryTargets:
    path = folder / "webapp.yaml"
    path.write_text(f"{DEMO.read_text(encoding='utf-8')}\ndelivery:\n  targets: {section}\n", encoding="utf-8")
    return load_product(path).delivery.targets


def test_without_a_word_the_standard_profile_counts():
    assert load_product(DEMO).delivery.targets == STANDARD
    assert STANDARD.deployment_success == 0.98
    assert STANDARD.freeze_to_production == timedelta(weeks=4)
    assert STANDARD.critical_issues == 0.5
    assert STANDARD.recovery is None


def test_the_strict_profile_is_one_line(tmp_path):
    assert targets(tmp_path, "{profile: strict}") == STRICT


@pytest.mark.parametrize(
    ("section", "expected"),
    [
        ("{recovery: 8h}", {"profile": "standard", "recovery": timedelta(hours=8)}),
        (
            "{profile: strict, profiles: {strict: {recovery: null}}}",
            {"profile": "strict", "deployment_success": 0.995},
        ),
        (
            "{profile: strict, deployment_success: 1, critical_issues: 2}",
            {"profile": "strict", "deployment_success": 1, "critical_issues": 2, "recovery": timedelta(hours=2)},
        ),
        (
            "{profile: shop, profiles: {shop: {freeze_to_production: 2w}}}",
            {
                "profile": "shop",
                "deployment_success": None,
                "critical_issues": None,
                "freeze_to_production": timedelta(weeks=2),
            },
        ),
        (
            "{profiles: {standard: {freeze_to_production: 2w}}}",
            {"profile": "standard", "freeze_to_production": timedelta(weeks=2)},
        ),
    ],
)
def test_what_is_written_beside_the_profile_wins_and_null_takes_a_figure_away(tmp_path, section, expected):
    assert targets(tmp_path, section) == DeliveryTargets(**expected)


@pytest.mark.parametrize(
    ("section", "said"),
    [
        ("{profile: strikt}", "profile 'strikt' is none of `profiles`; did you mean 'strict'?"),
        ("{profile: gold}", "profile 'gold' is none of `profiles`; known are: standard, strict"),
        ("{deployment_success: 98}", "delivery.targets.deployment_success: 98"),
        ("{profiles: {own: {recovery: soon}}}", "delivery.targets.profiles.own.recovery: soon"),
    ],
)
def test_a_wrong_target_is_told_at_its_place(tmp_path, section, said):
    with pytest.raises(ProductError) as caught:
        targets(tmp_path, section)
    assert said in str(caught.value)
    assert "delivery.targets" in str(caught.value)
