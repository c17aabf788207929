"""What a rollout says to those who count deployments: its deployment, the one that took it back, the incident between."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from release_ops.domain.rollout_state import Phase


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """One event of a rollout, as it was written down."""

    place: int
    at: datetime
    kind: str
    text: str = ""
    weight: int = 0
    """Share of the users in percent that had the version then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Later:
    """A rollout to the same environment that began afterwards."""

    rollout: str
    takes_back: bool
    """Whether it is a rollback from this very version."""
    planned_at: datetime
    promoted_at: datetime | None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """A rollout with all that happened in it."""

    rollout: str
    version: str
    environment: str
    kind: str
    ref: str
    commit: str
    previous: str
    previous_ref: str
    previous_commit: str
    phase: Phase
    planned_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    severity: str
    """Of the incident; empty: none is opened."""
    happenings: Sequence[Happening]
    later: Sequence[Later] = ()
    """In order, up to the first that was promoted."""

    @property
    def mended(self) -> Later | None:
        """The rollout after which users had a version that was promoted again."""
        return next((one for one in self.later if one.promoted_at is not None), None)

    @property
    def taken_back(self) -> Later | None:
        """The rollout by which people or a validation list took it back after its promotion."""
        return next((one for one in self.later if one.takes_back), None) if self.phase is Phase.PROMOTED else None

    def first(self, kind: str) -> Happening | None:
        """The first event of a kind."""
        return next((one for one in self.happenings if one.kind == kind), None)

    @property
    def reached(self) -> int:
        """The largest share of the users that ever had the version."""
        return max((one.weight for one in self.happenings), default=0)


_RESULTS = {
    Phase.PROMOTED: "success",
    Phase.ROLLED_BACK: "failure",
    Phase.FAILED: "failure",
    Phase.ABORTED: "abandoned",
}
_STATES = {
    "step": "in_progress",
    "hold": "pending",
    "resume": "in_progress",
    "rollback": "failure",
    "promote": "success",
}
"""Event to the state of the deployment that it leads to."""


def facts_of(story: Story) -> dict[str, list[dict[str, Any]]]:
    """Rows by stream; those of the same rollout later write over these.

    A version that was taken back is a failed deployment, `rolled_back` once users had it; the way back is an unplanned
    deployment of the version before. The incident begins when the way back does and ends when it is verified; where the way
    back failed, when a version is promoted there again. A promoted version that a later rollout takes back failed too.
    """
    if story.started_at is None:
        return {}
    result = _RESULTS.get(story.phase, "running")
    if result == "abandoned":
        result = "failure"  # It had begun, so something was changed.
    back, verified = story.first("rollback"), _verified(story)
    had_users = story.reached > 0
    rows: dict[str, list[dict[str, Any]]] = {
        "deployments": [
            {
                **_row(story, story.rollout, story.version, story.ref, story.commit),
                "result": result,
                "created_at": story.planned_at,
                "started_at": story.started_at,
                "finished_at": story.ended_at if result != "running" else None,
                "unplanned": story.kind in {"hotfix", "rollback"},
                "rolled_back": None if result == "running" else (back or story.taken_back) is not None and had_users,
            }
        ],
        "deployment_statuses": [
            {
                "deployment": story.rollout,
                "status": str(one.place),
                "state": _STATES[one.kind],
                "description": one.text[:500],
                "created_at": one.at,
            }
            for one in story.happenings
            if one.kind in _STATES
        ],
    }
    undone = f"{story.rollout}:rollback"
    if back is not None and story.previous:
        done = verified is not None
        ended = verified.at if verified is not None else story.ended_at
        rows["deployments"].append(
            {
                **_row(story, undone, story.previous, story.previous_ref, story.previous_commit),
                "result": "success" if done else "failure" if ended is not None else "running",
                "created_at": back.at,
                "started_at": back.at,
                "finished_at": ended,
                "unplanned": True,
                "rolled_back": False if ended is not None else None,
            }
        )
    if back is not None and had_users and story.severity:
        rows["incidents"] = [
            {
                "incident": story.rollout,
                "environment": story.environment,
                "title": f"{story.version} in {story.environment} was taken back: {back.text}"[:500],
                "severity": story.severity,
                "started_at": back.at,
                **_end(story, undone if verified is not None else "", verified.at if verified is not None else None),
            }
        ]
    elif (taken := story.taken_back) is not None and had_users and story.severity:
        rows["incidents"] = [
            {
                "incident": story.rollout,
                "environment": story.environment,
                "title": f"{story.version} in {story.environment} was taken back: {taken.reason or 'no reason given'}"[
                    :500
                ],
                "severity": story.severity,
                "started_at": taken.planned_at,
                **_end(story, "", None),
            }
        ]
    return rows


def _end(story: Story, fixed_by: str, at: datetime | None) -> Mapping[str, Any]:
    """End of an incident: as given, else by the next promotion."""
    if at is None and (mended := story.mended) is not None:
        fixed_by, at = mended.rollout, mended.promoted_at
    return {"resolved_at": at, "deployment": story.rollout, "fixed_by": fixed_by}


def _verified(story: Story) -> Happening | None:
    return story.first("verify") if story.phase is Phase.ROLLED_BACK else None


def _row(story: Story, deployment: str, version: str, ref: str, commit: str) -> Mapping[str, Any]:
    return {
        "deployment": deployment,
        "repository": "",
        "environment": story.environment,
        "component": "",
        "version": version,
        "ref": ref,
        "commit": commit,
    }
