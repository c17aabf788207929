"""Health in a product file: thresholds, weights of the quality score, and who gets the weekly report."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field, model_validator

from release_ops.domain.health_policy import DEFAULT_THRESHOLDS, MEASURES, QUALITY_PARTS, HealthPolicy, Threshold
from release_ops.product_types import Duration, Part, Text, wrong

Limit = Annotated[float, Field(ge=-1000, le=1000)]
Weight = Annotated[float, Field(ge=0, le=100)]
Measured = Literal[
    "on_time",
    "velocity",
    "critical_path",
    "capacity",
    "gates",
    "overdue",
    "slip",
    "quality",
    "critical_issues",
    "risk",
    "dependencies",
]
Scored = Literal["gates", "change_fail_rate", "reviews", "checks", "critical_issues"]


class ThresholdPart(Part):
    """Beyond `yellow` a measure is yellow, beyond `red` red; null: never."""

    yellow: Limit | None = None
    """Below it, or above it where more is worse, the measure is yellow."""
    red: Limit | None = None
    """Below it, or above it where more is worse, the measure is red."""


class HealthPart(Part):
    """How the health of releases is judged."""

    thresholds: dict[Measured, ThresholdPart | None] = {}
    """Limits of single measures; null: the measure is told but never bad."""
    needed: list[Measured] = ["on_time"]
    """Measures without which a release is `unknown` instead of green."""
    quality: dict[Scored, Weight] = {}
    """Weights of the parts of the quality score; 0 leaves a part out."""
    ahead: Duration = timedelta(days=14)
    """A release is reported from so long before its first milestone on; its milestones of this time are the focus."""
    expiring: Duration = timedelta(days=7)
    """A waiver that ends within this time is told."""
    report_to: list[Text] = ["engineering", "executives"]
    """Audiences that get the weekly report."""

    @model_validator(mode="after")
    def _in_order(self) -> HealthPart:
        for name, limit in self.thresholds.items():
            if limit is None or limit.yellow is None or limit.red is None:
                continue
            worse = limit.red - limit.yellow if MEASURES[name].high_is_bad else limit.yellow - limit.red
            if worse < 0:
                which = "above" if MEASURES[name].high_is_bad else "below"
                raise wrong(
                    f"thresholds: {name}: red {limit.red:g} is better than yellow {limit.yellow:g}",
                    f"write a red {which} the yellow",
                )
        return self


def health_policy(part: HealthPart) -> HealthPolicy:
    """The domain's policy; what the file does not say is as DEFAULT_THRESHOLDS has it."""
    own: dict[str, Threshold] = {
        name: Threshold() if limit is None else Threshold(yellow=limit.yellow, red=limit.red)
        for name, limit in part.thresholds.items()
    }
    weights: dict[str, float] = dict.fromkeys(QUALITY_PARTS, 1.0)
    for name, weight in part.quality.items():
        weights[name] = weight
    return HealthPolicy(
        thresholds={**DEFAULT_THRESHOLDS, **own},
        needed=frozenset(part.needed),
        quality=weights,
        ahead=part.ahead,
        expiring=part.expiring,
        report_to=tuple(part.report_to),
    )
