"""What Argo CD and Argo Rollouts say of an application, and what that means for a deployment. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from release_ops.domain.deploying import LivePhase

_RUNNING = frozenset({"Running", "Terminating"})
_HEALTH: dict[str, tuple[bool, LivePhase]] = {
    "Healthy": (True, "healthy"),
    "Progressing": (False, "progressing"),
    "Degraded": (True, "degraded"),
    "Suspended": (True, "paused"),
    "Missing": (False, "progressing"),
    "Unknown": (False, "unknown"),
}
"""Argo CD's health to whether it is going to stay so, and the phase."""
_PHASES: dict[str, tuple[bool, LivePhase]] = {
    "Healthy": (True, "healthy"),
    "Degraded": (True, "degraded"),
    "Paused": (True, "paused"),
    "Progressing": (False, "progressing"),
}
"""Argo Rollouts' phases, likewise."""
_WORST_FIRST: tuple[LivePhase, ...] = ("degraded", "unknown", "progressing", "paused", "healthy")


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationState:
    """An Argo CD application, as far as it says whether a commit is live."""

    sync: str
    """Synced, OutOfSync or Unknown."""
    revisions: tuple[str, ...]
    """Commits that it was compared with, one of each source."""
    health: str
    health_message: str = ""
    operation: str = ""
    """Phase of the last sync: Running, Terminating, Succeeded, Failed, Error; empty: there was none."""
    operation_message: str = ""
    operation_revisions: tuple[str, ...] = ()
    """Commits that the last sync was about."""
    errors: tuple[str, ...] = ()
    """Conditions that are errors, in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RolloutState:
    """A Rollout of Argo Rollouts."""

    name: str
    phase: str
    """Healthy, Degraded, Paused or Progressing; empty before its controller has seen it."""
    message: str = ""
    weight: int = 0
    """Share of the users in percent that the new version has."""
    step: int | None = None
    """Index of the step that it is at; None: it has none."""
    steps: int = 0
    pauses_left: int = 0
    """Pauses among the steps after this one."""
    observed: bool = True
    """Whether its controller has seen the present spec."""
    aborted: bool = False
    promoted: bool = False
    """Whether the new version is the stable one."""
    resumed: bool = False
    """Whether somebody has resumed or promoted it, and its controller has not seen that yet."""
    pauses: tuple[str, ...] = ()
    """Why it is paused: CanaryPauseStep, InconclusiveAnalysis, BlueGreenPause."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What it comes to."""

    settled: bool
    phase: LivePhase
    detail: str
    weight: int


def judge(
    application: ApplicationState,
    rollouts: Sequence[RolloutState],
    *,
    has_commit: bool,
    failed_on_it: bool,
    wanted: int,
    leads: bool = False,
) -> Judged:
    """Whether a commit is live in health, with its share of the users.

    `has_commit`: the application was compared with the commit or a later one; `failed_on_it`: its last sync was about
    such a one and failed; `wanted`: percent of the users that the version is to have. A Rollout that has more already
    counts as having that many. `leads`: it is us who take it from one pause to the next, so that a share is there only once
    it pauses.
    """
    if failed_on_it:
        return Judged(
            settled=True, phase="degraded", detail=_said("sync failed", application.operation_message), weight=0
        )
    if not has_commit or application.sync != "Synced":
        waits = "waits for Argo CD to see the commit" if not has_commit else f"is {application.sync}"
        waits = "syncs" if application.operation in _RUNNING and has_commit else waits
        return Judged(settled=False, phase="progressing", detail=_said(waits, "; ".join(application.errors)), weight=0)
    settled, phase = _HEALTH.get(application.health, (False, "unknown"))
    if application.operation in _RUNNING:
        settled, phase = False, "progressing" if phase in ("healthy", "progressing") else phase
    if not rollouts:
        return Judged(
            settled=settled,
            phase=phase,
            detail=_said(f"Synced, {application.health}", application.health_message),
            weight=wanted,
        )
    judged = [_rollout(one, wanted, leads=leads) for one in rollouts]
    worst = min(judged, key=lambda one: _WORST_FIRST.index(one.phase))
    # A Rollout that pauses or progresses makes the application Suspended or Progressing; its own word is the finer one.
    if application.health == "Degraded" and worst.phase != "degraded":
        detail = _said("Synced, Degraded", application.health_message)
        return Judged(settled=True, phase="degraded", detail=detail, weight=min(one.weight for one in judged))
    # Once they are through, the rest of the application has to be well too; before, it cannot be.
    through = all(one.phase == "Healthy" and one.observed for one in rollouts)
    return Judged(
        settled=settled if through else all(one.settled for one in judged),
        phase=phase if through else worst.phase,
        detail="; ".join(one.detail for one in judged),
        weight=min(one.weight for one in judged),
    )


def _rollout(state: RolloutState, wanted: int, *, leads: bool) -> Judged:
    where = f" at step {state.step} of {state.steps}" if state.step is not None and state.steps else ""
    detail = f"Rollout {state.name} is {state.phase or 'not seen yet'}{where}, {state.weight} %"
    if not state.observed or not state.phase:
        return Judged(settled=False, phase="progressing", detail=_said(detail, state.message), weight=0)
    settled, phase = _PHASES.get(state.phase, (False, "unknown"))
    if state.aborted:
        settled, phase, detail = True, "degraded", f"{detail}, aborted"
    if "InconclusiveAnalysis" in state.pauses:
        detail = f"{detail}, its analysis is inconclusive"
    elif phase in ("progressing", "paused") and 0 < wanted < 100 and state.weight >= wanted and not leads:
        # Further steps are Argo's own; what was asked for is there.
        settled, phase = True, "healthy" if phase == "progressing" else phase
    elif phase == "paused" and state.weight < wanted:
        settled = False
    return Judged(settled=settled, phase=phase, detail=_said(detail, state.message), weight=min(state.weight, wanted))


def _said(what: str, message: str) -> str:
    return f"{what}: {message}" if message else what
