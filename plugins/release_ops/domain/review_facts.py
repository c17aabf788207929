"""What a release is looked back on with: rows of our tables as they were at `now`, nothing worked out of them yet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from release_ops.domain.process_time import Course
from release_ops.domain.review_policy import ReviewPolicy

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """What happened in production between two instants (aware); None: nobody reads it."""

    start: datetime
    end: datetime
    deployments: Sequence[Row] | None = None
    """`is_failed` (None: not known), `recovery_seconds`, of each finished deployment."""
    lead_times: Sequence[float] | None = None
    """Seconds from commit to production, of every change that got there."""
    incidents: Sequence[Row] | None = None
    """`severity`, `restore_seconds` (None: open), of each incident that began."""

    @property
    def days(self) -> float:
        """Its length."""
        return max((self.end - self.start).total_seconds() / 86400, 0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewFacts:
    """All of it about one release."""

    product: str
    name: str
    version: str
    type: str
    theme: str
    kind: str
    """release, support_end or hotfix."""
    now: datetime
    due_at: datetime
    policy: ReviewPolicy
    scorecard: Row
    """Of release_metrics.release_scorecard; durations as timedelta."""
    course: Course | None
    """None: its opening or its GA is not known."""
    approvals: Sequence[Row] = ()
    attempts: Sequence[Row] = ()
    """Of gates, in the order of time: gate, verdict, evaluated_at, decided_at."""
    blocking: Sequence[Row] = ()
    """Criteria that did not pass when a gate failed: gate, criterion, title."""
    slips: Sequence[Row] = ()
    features: Sequence[Row] = ()
    before: Span | None = None
    after: Span | None = None
    incidents: Sequence[Row] | None = None
    """Held against deployments of it: incident, title, severity, environment, deployment, started_at, resolved_at, url."""
    surveys: Sequence[Row] = ()
    """Of release_metrics.survey_result, which has nothing that gives a small group away."""
    predictions: Sequence[Row] = ()
    """The last of each kind and subject before GA, of release_metrics.prediction."""
    rollouts: Sequence[Row] | None = None
    """Of release_ops.rollout; None: rollouts are not recorded."""
    measured: Mapping[str, tuple[Sequence[float], Sequence[float]]] = field(default_factory=dict)
    """Metric of the analyses to its values in production while the version before was rolled out, and this one."""
    measures: Mapping[str, tuple[float | None, float]] = field(default_factory=dict)
    """What others measure by release: of the version before (None: not measured), and of this one."""
    hotfix_seconds: float | None = None
    """From the request of a hotfix until it was out; None: it is none, or is not out."""
    earlier_actions: Sequence[Row] = ()
    """Action items of the product's earlier reviews, with the measure that asked for them."""
