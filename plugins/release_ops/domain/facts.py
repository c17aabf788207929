"""Facts of delivery on their way from a source to the tables: rows by stream, and where the next reading goes on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

TABLES: Mapping[str, str] = {
    "commits": "commit",
    "pull_requests": "pull_request",
    "pull_reviews": "pull_review",
    "check_runs": "check_run",
    "issues": "issue",
    "published_releases": "published_release",
    "deployments": "deployment",
    "deployment_statuses": "deployment_status",
    "deployed_commits": "deployed_commit",
    "incidents": "incident",
    "flag_changes": "flag_change",
    "release_measures": "release_measure",
}
"""Stream to its table in both schemas."""

ALONG: Mapping[str, tuple[str, ...]] = {
    "pull_requests": ("pull_reviews", "check_runs"),
    "issues": ("incidents",),
    "deployments": ("deployment_statuses",),
}
"""Stream to those whose rows a forge gives with its own. Issues that are incidents have rows there from any source."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What one step of a reading found; it is written, and the watermark moved, in one transaction."""

    rows: Mapping[str, Sequence[Mapping[str, Any]]]
    """Stream to rows, whose keys are columns of its table but for product, source and loaded_at; times are aware."""
    gone: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)
    """Stream to keys, without product, of rows that are no longer true: an issue that lost its label is no incident."""
    watermark: Mapping[str, Any] = field(default_factory=dict)
    """Where the next reading goes on once these rows are written; JSON-safe, in the words of the source."""
    done: bool = False
    """True for the last batch of a reading."""


TIMES: Mapping[str, tuple[str, ...]] = {
    "commits": ("committed_at",),
    "pull_requests": ("created_at", "merged_at", "closed_at"),
    "pull_reviews": ("submitted_at",),
    "check_runs": ("started_at", "completed_at"),
    "issues": ("created_at", "closed_at"),
    "published_releases": ("created_at", "published_at"),
    "deployments": ("created_at", "started_at", "finished_at"),
    "deployment_statuses": ("created_at",),
    "deployed_commits": ("deployed_at",),
    "incidents": ("started_at", "resolved_at"),
    "flag_changes": ("changed_at",),
    "release_measures": ("measured_at",),
}
"""Stream to the times of its rows that figures are counted by."""
AHEAD = timedelta(days=1)
"""How far a time may lie ahead of our clock: clocks differ, and zones are mistaken."""


def is_ahead(stream: str, row: Mapping[str, Any], now: datetime) -> bool:
    """Whether a row tells of something that has not come yet."""
    return any((row.get(name) or now) > now + AHEAD for name in TIMES[stream])
