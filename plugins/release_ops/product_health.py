"""Health in a product file: thresholds, weights of the quality score, and who gets the weekly report."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal, cast

from pydantic import Field

from release_ops.domain.health_policy import (
    DEFAULT_THRESHOLDS,
    MEASURES,
    QUALITY_PARTS,
    ExternalNeed,
    HealthPolicy,
    Threshold,
)
from release_ops.domain.model import MilestoneKind
from release_ops.product_types import Date, Duration, Part, Text

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
    "scope_growth",
    "quality",
    "critical_issues",
    "risk",
    "dependencies",
]
After = Literal["gates", "overdue", "slip", "quality", "critical_issues", "risk"]
"""Measures that there are after GA too."""
Scored = Literal["gates", "change_fail_rate", "reviews", "checks", "critical_issues"]


class ThresholdPart(Part):
    """Beyond `yellow` a measure is yellow, beyond `red` red; null: never."""

    yellow: Limit | None = None
    """Below it, or above it where more is worse, the measure is yellow."""
    red: Limit | None = None
    """Below it, or above it where more is worse, the measure is red."""


class ExternalNeedPart(Part):
    """What somebody outside of the calendars owes: a vendor's delivery, a certificate, a contract."""

    what: Text
    """What is owed, in one line."""
    who: Text
    """Who owes it."""
    due: Date
    """Day by which it is promised."""
    before: MilestoneKind = MilestoneKind.GA
    """Milestone that waits for it."""
    version: Text | None = None
    """Release that waits for it; every one without it."""
    delivered: Annotated[bool, Field(strict=True)] = False
    """true once it is there."""


def _usual() -> dict[Measured, ThresholdPart | None]:
    return {
        cast("Measured", name): ThresholdPart(yellow=limit.yellow, red=limit.red)
        for name, limit in DEFAULT_THRESHOLDS.items()
    }


class HealthPart(Part):
    """How the health of releases is judged."""

    thresholds: dict[Measured, ThresholdPart | None] = Field(default_factory=_usual)
    """Limits of single measures; null: the measure is told but never bad."""
    needed: list[Measured] = ["on_time"]
    """Measures without which a release is `unknown` instead of green, before its GA."""
    needed_after: list[After] = ["critical_issues"]
    """The same after its GA."""
    quality: dict[Scored, Weight] = {}
    """Weights of the parts of the quality score; 0 leaves a part out."""
    coverage: Annotated[float, Field(ge=0, le=1)] = 0.5
    """Share of the quality weights that has to be known; with less the score is unknown."""
    ahead: Duration = timedelta(days=14)
    """A release is reported from so long before its first milestone on; its milestones of this time are the focus."""
    expiring: Duration = timedelta(days=7)
    """A waiver that ends within this time is told."""
    report_to: list[Text] = ["engineering", "executives"]
    """Audiences that get the weekly report."""
    external: list[ExternalNeedPart] = []
    """What vendors and others owe."""


def health_policy(part: HealthPart) -> HealthPolicy:
    """The domain's policy; a measure that `thresholds` leaves out is never bad: null in a product file has removed it."""
    limits: dict[str, Threshold] = {
        name: Threshold() if limit is None else Threshold(yellow=limit.yellow, red=limit.red)
        for name, limit in part.thresholds.items()
    }
    weights: dict[str, float] = dict.fromkeys(QUALITY_PARTS, 1.0)
    for name, weight in part.quality.items():
        weights[name] = weight
    return HealthPolicy(
        thresholds={name: limits.get(name, Threshold()) for name in MEASURES},
        needed=frozenset(part.needed),
        needed_after=frozenset(part.needed_after),
        quality=weights,
        coverage=part.coverage,
        ahead=part.ahead,
        expiring=part.expiring,
        report_to=tuple(dict.fromkeys(part.report_to)),
        external=tuple(
            ExternalNeed(
                what=one.what,
                who=one.who,
                due=one.due,
                before=one.before.value,
                version=one.version or "",
                delivered=one.delivered,
            )
            for one in part.external
        ),
    )
