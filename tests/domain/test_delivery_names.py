"""What others call an environment, a severity, an incident."""

from __future__ import annotations

import pytest

from release_ops.domain.delivery_names import environment_name, is_incident, severity_of
from release_ops.domain.delivery_policy import DeliveryPolicy

POLICY = DeliveryPolicy(
    production="live",
    environments={
        "preview": ("pr-*", "*"),
        "production": ("prod", "live-*-eu", "eu*"),
        "staging": ("stage", "prod-copy"),
    },
    incidents=("incident", "sev: outage"),
    severities={"high": ("sev2", "p1"), "critical": ("sev1",), "low": ("p3",)},
)


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("prod", "production"),
        ("PROD", "production"),
        ("Production", "production"),
        (" staging ", "staging"),
        ("prod-copy", "staging"),
        ("LIVE", "live"),
        ("pr-17", "preview"),
        ("live-2-eu", "preview"),
        ("a.b", "preview"),
    ],
)
def test_an_environment_has_our_name(theirs: str, ours: str) -> None:
    assert environment_name(POLICY, theirs) == ours


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("prod-eu", "production"),
        ("prod-eu-2", "prod-eu-2"),
        ("prodXeu", "prodXeu"),
        ("QA 1", "QA 1"),
        ("live\nprod-eu", "live\nprod-eu"),
    ],
)
def test_a_name_that_no_entry_knows_stays(theirs: str, ours: str) -> None:
    policy = DeliveryPolicy(environments={"production": ("prod-??", "prod-eu", "*.prod")})
    assert environment_name(policy, theirs) == ours


def test_a_star_stands_for_any_text_and_nothing_else_does() -> None:
    policy = DeliveryPolicy(environments={"production": ("live.*-eu",)})
    assert environment_name(policy, "live.-eu") == "production"
    assert environment_name(policy, "live.a/b c-EU") == "production"
    assert environment_name(policy, "liveX1-eu") == "liveX1-eu"


@pytest.mark.parametrize(
    ("labels", "severity"),
    [((), ""), (("bug",), ""), (("P3", "SEV2"), "high"), (("p1", "Sev1", "p3"), "critical"), ((" p3 ",), "low")],
)
def test_the_gravest_label_counts(labels: tuple[str, ...], severity: str) -> None:
    assert severity_of(POLICY, labels) == severity


@pytest.mark.parametrize(
    ("labels", "is_one"), [((), False), (("bug",), False), (("Incident",), True), (("x", "SEV: Outage"), True)]
)
def test_an_incident_is_one_by_any_label(labels: tuple[str, ...], is_one: bool) -> None:
    assert is_incident(POLICY, labels) is is_one
