"""Feature flags of a product: what they are, whom they are for, and how each is given to more and more people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from release_ops.domain.model import ApprovalPolicy

Value = bool | int | float | str
"""What a variant stands for in the code that asks for the flag."""


class FlagKind(StrEnum):
    """What a flag is there for; all but `ops` and `permission` are meant to go."""

    RELEASE = "release"
    EXPERIMENT = "experiment"
    OPS = "ops"
    PERMISSION = "permission"


class Engine(StrEnum):
    """What evaluates the flags. Both are other people's; nothing here decides who gets a variant."""

    FLAGD = "flagd"
    UNLEASH = "unleash"


class OnFailure(StrEnum):
    """Where a ramp goes when an analysis fails; it pauses in each case."""

    PAUSE = "pause"
    """It stays at the step that failed."""
    PREVIOUS = "previous"
    """Back to the step before."""
    OFF = "off"
    """Back to nobody."""


class Operator(StrEnum):
    """How a rule compares an attribute of the evaluation context; what both engines know."""

    IN = "in"
    NOT_IN = "not_in"
    STARTS_WITH = "starts_with"
    ENDS_WITH = "ends_with"
    VERSION_AT_LEAST = "version_at_least"
    VERSION_BELOW = "version_below"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One condition on an attribute; several values are alternatives."""

    attribute: str
    operator: Operator
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Targeting:
    """Whom a flag is for, beside the percentage."""

    users: tuple[str, ...] = ()
    """Keys of users that have it at any percentage."""
    groups: tuple[str, ...] = ()
    """Values of `group_attribute` that have it at any percentage."""
    group_attribute: str = "group"
    segments: tuple[str, ...] = ()
    """Unleash: names of segments; only who is in all of them counts for the percentage."""
    rules: tuple[Rule, ...] = ()
    """Only who fulfils all of them counts for the percentage."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorRate:
    """What is measured at every step beside the analyses, and the value above which the ramp pauses."""

    query: str
    threshold: float
    """A ratio 0..1: above it the step has failed."""
    source: str = "prometheus"
    connection: str = "prometheus"
    interval: timedelta = timedelta(minutes=1)
    """How often it is measured while a step lasts."""
    failure_limit: int = 0
    """So many measurements above the threshold are let pass."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ramp:
    """How a flag is given to more and more people in one environment."""

    steps: tuple[int, ...] = (1, 5, 25, 50, 100)
    """Percent, rising; the last is the target."""
    interval: timedelta = timedelta(hours=1)
    """How long a step lasts at least."""
    intervals: Mapping[int, timedelta] = field(default_factory=dict)
    """The same for single percentages."""
    targeting: Targeting = Targeting()
    analyses: tuple[str, ...] = ()
    """Names of `analyses` that every step waits for."""
    step_analyses: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    """The same for single percentages, in place of `analyses`."""
    error_rate: ErrorRate | None = None
    on_failure: OnFailure = OnFailure.PREVIOUS
    hold_for: timedelta = timedelta(hours=24)
    """How long a step without data is held before the ramp pauses."""
    look_again: timedelta = timedelta(minutes=5)
    """While a step is held, its analyses begin anew after so long."""
    with_rollout: bool = False
    """A step follows only when the release's rollout has reached its percentage, or is promoted."""
    approvals: ApprovalPolicy | None = None
    """Who has to agree before it begins; None: nobody."""
    windows: bool = False
    """Steps are taken only while the product's window is open."""

    @property
    def target(self) -> int:
        """Percentage at which the ramp is done."""
        return self.steps[-1]

    def interval_at(self, percent: int) -> timedelta:
        """How long the step of that percentage lasts at least."""
        return self.intervals.get(percent, self.interval)

    def analyses_at(self, percent: int) -> tuple[str, ...]:
        """Names of the analyses that the step of that percentage waits for."""
        return self.step_analyses.get(percent, self.analyses)


@dataclass(frozen=True, slots=True, kw_only=True)
class Flag:
    """A feature flag as the product file has it."""

    key: str
    owner: str
    kind: FlagKind
    created: date
    remove_by: date | None
    """When it is expected to be gone from the code; None: it stays."""
    description: str = ""
    variants: Mapping[str, Value] = field(default_factory=lambda: {"on": True, "off": False})
    off: str = "off"
    """Variant of those who do not have it."""
    split: Mapping[str, int] = field(default_factory=lambda: {"on": 1})
    """Weights of the variants among those who have it, in their order."""
    bucket_by: str = "targetingKey"
    """Attribute of the evaluation context that decides, with `seed`, who is among the first."""
    seed: str = ""
    """Text beside it, so that it is not always the same people; empty: the flag's key."""
    version: str = ""
    """Release that it belongs to; empty: none."""
    environments: Mapping[str, Ramp] = field(default_factory=dict)

    def ramp(self, environment: str) -> Ramp:
        """Ramp in that environment; KeyError with those that there are."""
        if environment not in self.environments:
            known = ", ".join(self.environments) or "none"
            raise KeyError(f"flag {self.key} has no environment {environment}; it has: {known}")
        return self.environments[environment]


@dataclass(frozen=True, slots=True, kw_only=True)
class FlagdSettings:
    """Where the flagd definition files are."""

    repository: str = ""
    """Git URL or path; empty: the product's own repository."""
    connection: str = ""
    branch: str = "main"
    file: str = "flags/{environment}.flagd.json"
    push: bool = True
    """False: commits stay in a private clone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnleashSettings:
    """Which Unleash, and what it calls the project and the environments."""

    connection: str = "unleash"
    project: str = "default"
    environments: Mapping[str, str] = field(default_factory=dict)
    """Our name of an environment to Unleash's; without an entry they are the same."""
    stickiness: str = "userId"
    """What `targetingKey` is called there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StalePolicy:
    """When a flag is due to be removed, or asked about."""

    full_for: timedelta = timedelta(days=30)
    """So long at 100 % in every environment: the code without it can go."""
    off_for: timedelta = timedelta(days=90)
    """So long at 0 % in every environment: the code behind it can go."""
    code: tuple[str, ...] = ("*",)
    """Patterns of the files in which a flag's key is looked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FlagsPolicy:
    """All flags of a product."""

    engine: Engine = Engine.FLAGD
    flagd: FlagdSettings = FlagdSettings()
    unleash: UnleashSettings = UnleashSettings()
    stale: StalePolicy = StalePolicy()
    incident: str = "high"
    """Severity of the incident that a bad step opens."""
    sample: int = 10_000
    """Number of user ids over which a change is tried before it is made."""
    tell: tuple[str, ...] = ("engineering",)
    """Audiences that hear of ramps and pauses."""
    tell_killed: tuple[str, ...] = ("engineering", "support")
    """Audiences that hear of a flag that was switched off."""
    report_to: tuple[str, ...] = ("engineering",)
    """Audiences that get the weekly report; nobody while the product has no flags."""
    flags: Mapping[str, Flag] = field(default_factory=dict)

    def flag(self, key: str) -> Flag:
        """Flag of that key; KeyError with those that there are."""
        if key not in self.flags:
            raise KeyError(f"no flag {key}; there are: {', '.join(self.flags) or 'none'}")
        return self.flags[key]
