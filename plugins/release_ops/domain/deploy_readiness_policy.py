"""What has to be known before a deployment and looked at after it: checks, validation lists, rehearsals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

READINESS_KINDS = (
    "gate",
    "tag",
    "artifacts",
    "migrations",
    "dependencies",
    "on_call",
    "notice",
    "window",
    "promoted",
    "rehearsal",
    "checklist",
    "command",
    "sql",
)
"""Kinds of checks before a deployment; each has one function that looks."""

PHASES = ("immediate", "extended", "business")
"""Validation lists, in the order in which they begin: 0 to 2 hours, 2 to 8 hours, and when business shows it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeployCheck:
    """One thing that has to be true before a deployment begins. `spec` is what its kind needs to look."""

    id: str
    kind: str
    title: str
    blocks: bool = True
    """False: it is told, and the deployment goes on."""
    unknown_blocks: bool = True
    """Whether what nobody could find out stops a deployment too."""
    waivable: bool = True
    """False: nobody may sign an exception to it."""
    stages: frozenset[str] = frozenset()
    """Stages of the environments that it is for; empty: all."""
    types: frozenset[str] = frozenset()
    """Release types that it is for; empty: all."""
    purposes: frozenset[str] = frozenset({"release", "hotfix"})
    """What the deployment is for: `release`, `hotfix` or `rollback`."""
    with_migrations: bool = False
    """True: only where data is changed, or nobody knows whether it is."""
    role: str = ""
    """Of a checklist: only this role may tick it; empty: any approver."""
    spec: Mapping[str, Any] = field(default_factory=dict)

    def is_for(self, stage: str, release_type: str, purpose: str = "release") -> bool:
        """Whether a deployment of this purpose to an environment of this stage asks for it."""
        fits = (not self.stages or stage in self.stages) and (not self.types or release_type in self.types)
        return fits and purpose in self.purposes


@dataclass(frozen=True, slots=True, kw_only=True)
class DurationPolicy:
    """How long a deployment takes where no earlier one tells."""

    step: timedelta = timedelta(minutes=5)
    """Assumed for a step whose length the product file does not give."""
    last: int = 50
    """So many of the latest rollouts of an environment count."""
    confidence: float = 0.8
    """Probability 0..1 that a rollout takes a time in the interval that is told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadinessPolicy:
    """The checks in their order, and what durations are estimated from."""

    checks: tuple[DeployCheck, ...] = ()
    durations: DurationPolicy = field(default_factory=DurationPolicy)


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidationItem:
    """One thing that is looked at after a promotion."""

    title: str
    analysis: str = ""
    """Analysis of the product that answers it, of kind `analysis`."""
    id: str = ""
    """Unique within its environment."""
    phase: str = "immediate"
    kind: str = "human"
    """prometheus, sql, analysis, http, command, or human: somebody says so."""
    after: timedelta = timedelta(0)
    """When it is due, from the promotion."""
    critical: bool = False
    """True: its failure asks for a rollback."""
    retries: int = 0
    """So many times it is looked at again when nothing is known, or when it failed."""
    retry_after: timedelta = timedelta(minutes=1)
    role: str = ""
    """Of a human item: who may say so; empty: any approver."""
    within: timedelta = timedelta(hours=24)
    """Of a human item: how long it waits for an answer."""
    spec: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class RehearsalPolicy:
    """How often the way back is proved."""

    every: timedelta = timedelta(days=7)
    """An environment whose last rehearsal passed less than this ago is not rehearsed again by schedule."""
    tell: bool = True
    """Whether a failure is told to those who hear of problems."""
