"""Where a product is deployed and how: environments in their order of promotion, strategies, steps, the way back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from release_ops.domain.deploy_readiness_policy import ReadinessPolicy, RehearsalPolicy, ValidationItem

if TYPE_CHECKING:
    from release_ops.domain.model import ApprovalPolicy

EVERY_ANALYSIS = "*"
"""Stands for all analyses of the product, in a step or in the background."""


class Stage(StrEnum):
    """What an environment is for; decides what it has where its own keys say nothing."""

    DEVELOPMENT = "development"
    TESTING = "testing"
    STAGING = "staging"
    PRE_PRODUCTION = "pre-production"
    PRODUCTION = "production"


class Strategy(StrEnum):
    """How a new version takes the place of the one before."""

    ROLLING = "rolling"
    """Instance by instance, by the platform itself."""
    BLUE_GREEN = "blue-green"
    """A second set without users first, then all users at once."""
    CANARY = "canary"
    """A growing share of the users."""
    RECREATE = "recreate"
    """The old one goes before the new one comes."""


class StepKind(StrEnum):
    """What a step of a rollout does."""

    WEIGHT = "weight"
    PAUSE = "pause"
    ANALYSE = "analyse"
    VALIDATE = "validate"


class Trigger(StrEnum):
    """What takes a rollout back by itself."""

    FAILED = "failed"
    """An analysis of a step failed, or the new version is not healthy."""
    ERROR_BUDGET = "error_budget"
    """An analysis in the background failed: the error budget burns too fast."""
    ERROR = "error"
    """An analysis could not be measured too often in a row. Without it, such a rollout is held."""


class AfterHold(StrEnum):
    """What happens to a held rollout that nobody decides on in time."""

    ROLLBACK = "rollback"
    STAY = "stay"
    """It stays held."""


class ValidationPhase(StrEnum):
    """When after a deployment something is checked."""

    IMMEDIATE = "immediate"
    EXTENDED = "extended"
    BUSINESS = "business"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step; only the field of its kind says something."""

    kind: StepKind
    weight: int = 0
    """Share of the users in percent, 0..100."""
    pause: timedelta | None = None
    """None: until somebody resumes."""
    analyses: tuple[str, ...] = ()
    """Analyses that have to succeed; `*` is all of the product's. Empty at `validate`: those of its list."""
    validation: str = ""
    """List of checks of a step `validate`, a `ValidationPhase`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RollbackRule:
    """When a rollout goes back by itself, and how long that may take."""

    automatic: bool = True
    """False: a failure holds the rollout, and a person decides."""
    on: frozenset[Trigger] = frozenset({Trigger.FAILED, Trigger.ERROR_BUDGET})
    within: timedelta = timedelta(minutes=15)
    """Until then the version before has to be live and healthy, else the rollout failed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldRule:
    """How long a held rollout waits for a person, and what then."""

    timeout: timedelta = timedelta(hours=24)
    then: AfterHold = AfterHold.ROLLBACK
    look_again: timedelta = timedelta(minutes=1)
    """How often a held rollout looks at commands from the form."""
    roles: tuple[str, ...] = ()
    """Roles of the approvers who may decide; empty, or nobody has one: anybody who may use the DAG."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """One place that a product is deployed to, with everything that holds there filled in."""

    name: str
    stage: Stage
    driver: str
    """`command`, `gitops` or `github`."""
    settings: Mapping[str, Any]
    """What the driver needs, by the keys of its section; durations are timedeltas."""
    milestones: frozenset[str] = frozenset()
    """Kinds of milestones (`alpha`, `beta`, `rc`, `ga`) whose tags come here by themselves."""
    after: tuple[str, ...] = ()
    """Environments in which a version has to be promoted before it comes here."""
    strategy: Strategy = Strategy.RECREATE
    steps: tuple[Step, ...] = ()
    """Never empty; the last weight is 100."""
    automatic: bool = False
    """True: it follows by itself when the environments before it have promoted the version."""
    gate: str = ""
    """Gate of the product that has to pass first; empty: none."""
    approvals: ApprovalPolicy | None = None
    """Who has to agree; None: nobody."""
    windows: bool = False
    """Whether the product's window has to be open at the moment of the act."""
    background: tuple[str, ...] = ()
    """Analyses that go on from the first users to the last step."""
    validation: Mapping[ValidationPhase, tuple[ValidationItem, ...]] = field(default_factory=dict)
    rehearse: bool = False
    """Whether the way back is rehearsed here by schedule."""
    rollback: RollbackRule = RollbackRule()
    hold: HoldRule = HoldRule()
    incident: str = ""
    """Severity of the incident when users had a version that is taken back; empty: no incident is opened."""
    announce: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Occasion (`started`, `held`, `promoted`, `rolled_back`) to the audiences that hear of it; `*` stands for all."""
    progress_within: timedelta = timedelta(minutes=10)
    """Until then what was asked of the driver has to be there, else the step failed."""
    attempts: int = 3
    """So many errors of the driver in a row count as a failure."""
    poll: timedelta = timedelta(seconds=15)
    """How often the driver is asked how far it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeployPolicy:
    """The environments of a product by name, in their order of promotion; none: it is not deployed from here."""

    environments: Mapping[str, Environment] = field(default_factory=dict)
    validation_within: Mapping[ValidationPhase, timedelta] = field(default_factory=dict)
    """Until when after a promotion each list of checks is due."""

    readiness: ReadinessPolicy = field(default_factory=ReadinessPolicy)
    """What has to be true before a deployment."""
    rehearsal: RehearsalPolicy = field(default_factory=RehearsalPolicy)

    def of_milestone(self, kind: str) -> tuple[Environment, ...]:
        """Environments that the tags of a milestone come to by themselves, without those that wait for others."""
        return tuple(one for one in self.environments.values() if kind in one.milestones)

    def following(self, name: str) -> tuple[Environment, ...]:
        """Environments that may come after this one."""
        return tuple(one for one in self.environments.values() if name in one.after)
