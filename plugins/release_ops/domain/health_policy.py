"""What the health of a release is judged by: measures, their thresholds, and the parts of the quality score."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import NamedTuple


class Measure(NamedTuple):
    """Something that is judged: its name, the unit of its value, and which way is worse."""

    title: str
    unit: str
    """ratio (0..1), days, points (of 10), score (0..5) or count."""
    high_is_bad: bool


MEASURES: Mapping[str, Measure] = {
    "on_time": Measure("Chance to be on time", "ratio", high_is_bad=False),
    "velocity": Measure("Velocity against what it takes", "ratio", high_is_bad=False),
    "critical_path": Measure("Room beyond the critical path", "days", high_is_bad=False),
    "capacity": Measure("Work left against capacity", "ratio", high_is_bad=True),
    "gates": Measure("Failing gates", "count", high_is_bad=True),
    "overdue": Measure("Overdue milestone", "days", high_is_bad=True),
    "slip": Measure("GA against its first plan", "days", high_is_bad=True),
    "scope_growth": Measure("Growth of the scope", "ratio", high_is_bad=True),
    "quality": Measure("Quality score", "points", high_is_bad=False),
    "critical_issues": Measure("Open critical issues", "count", high_is_bad=True),
    "risk": Measure("Highest open risk", "score", high_is_bad=True),
    "dependencies": Measure("What others owe and will not have in time", "count", high_is_bad=True),
}
"""Every measure, in the order in which equally bad ones are told."""

QUALITY_PARTS: Mapping[str, str] = {
    "gates": "Criteria passed at the last evaluation of each gate",
    "change_fail_rate": "Production deployments without failure, last 90 days",
    "reviews": "Merged pull requests that were approved, last 30 days",
    "checks": "Finished checks of pull requests that succeeded, last 30 days",
    "critical_issues": "No open critical issue (each one takes a quarter)",
}
"""What the quality score is made of, each a share 0..1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Threshold:
    """Beyond `yellow` a measure is yellow, beyond `red` it is red; None: never."""

    yellow: float | None = None
    red: float | None = None


DEFAULT_THRESHOLDS: Mapping[str, Threshold] = {
    "on_time": Threshold(yellow=0.85, red=0.5),
    "velocity": Threshold(yellow=1.0, red=0.7),
    "critical_path": Threshold(yellow=2, red=0),
    "capacity": Threshold(yellow=0.9, red=1.0),
    "gates": Threshold(yellow=0, red=1),
    "overdue": Threshold(yellow=0, red=3),
    "slip": Threshold(yellow=0, red=28),
    "scope_growth": Threshold(yellow=0.15, red=0.4),
    "quality": Threshold(yellow=7, red=4),
    "critical_issues": Threshold(yellow=0, red=2),
    "risk": Threshold(yellow=2, red=3.5),
    "dependencies": Threshold(yellow=0, red=1),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ExternalNeed:
    """What somebody outside of the calendars owes a release: a vendor's delivery, a certificate, a contract."""

    what: str
    who: str
    due: date
    """Day by which it is promised."""
    before: str = "ga"
    """Kind of the milestone that waits for it."""
    version: str = ""
    """Release that waits for it; empty: every one."""
    delivered: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthPolicy:
    """How the health of a product's releases is judged and told."""

    thresholds: Mapping[str, Threshold] = field(default_factory=lambda: dict(DEFAULT_THRESHOLDS))
    needed: frozenset[str] = frozenset({"on_time"})
    """Measures without which a release is `unknown` instead of green, before its GA."""
    needed_after: frozenset[str] = frozenset({"critical_issues"})
    """The same after its GA."""
    quality: Mapping[str, float] = field(default_factory=lambda: dict.fromkeys(QUALITY_PARTS, 1.0))
    """Weight of each part of the quality score."""
    coverage: float = 0.5
    """Share 0..1 of the weights that has to be known; with less the score says nothing."""
    ahead: timedelta = timedelta(days=14)
    """A release is reported from so long before its first milestone on, and its milestones of this time are the focus."""
    expiring: timedelta = timedelta(days=7)
    """A waiver that ends within this time is told."""
    report_to: tuple[str, ...] = ("engineering", "executives")
    """Audiences that get the weekly report."""
    external: tuple[ExternalNeed, ...] = ()
