"""The part of a product file that is about deploying: environments, strategies, steps, the way back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import BeforeValidator, Field, model_validator

from release_ops.domain.analysis_policy import Analysis
from release_ops.domain.deploy_policy import (
    AfterHold,
    DeployPolicy,
    Environment,
    HoldRule,
    RollbackRule,
    Stage,
    Step,
    StepKind,
    Strategy,
    Trigger,
    ValidationPhase,
)
from release_ops.domain.deploy_readiness_policy import ValidationItem
from release_ops.domain.model import MilestoneKind
from release_ops.product_deploy_drivers import DriverParts, driver_name, driver_settings
from release_ops.product_deploy_readiness import (
    ReadinessPart,
    RehearsalPart,
    readiness_policy,
    rehearsal_policy,
)
from release_ops.product_deploy_validation import ItemOrText, validation_items
from release_ops.product_gates import ApprovalsPart, approval_policy
from release_ops.product_types import Part, Span, Text, wrong

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,39}$")]
Flag = Annotated[bool, Field(strict=True)]
Weight = Annotated[int, Field(strict=True, ge=0, le=100)]


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


Names = Annotated[list[Text], BeforeValidator(_listed, json_schema_input_type=Text | list[Text])]


class StepPart(Part):
    """One step of a rollout: exactly one of its keys."""

    weight: Weight | None = None
    """Percent of the users that get the new version; 0: it runs beside the old one without users."""
    pause: Span | Literal["until told"] | None = None
    """How long the rollout rests, or `until told`: until somebody resumes it."""
    analyse: Names | None = None
    """Analyses that have to succeed before the next step; `"*"` stands for all of the product's that come to an end."""
    validate_: ValidationPhase | None = Field(default=None, alias="validate")
    """List under `validation` whose analyses have to succeed."""

    @model_validator(mode="after")
    def _is_one(self) -> StepPart:
        said = [name for name in ("weight", "pause", "analyse", "validate_") if getattr(self, name) is not None]
        if len(said) != 1:
            remedy = "write one of weight, pause, analyse and validate; another step is another item of the list"
            raise wrong(f"has {len(said)} kinds of step in one" if said else "does nothing", remedy)
        return self


class RollbackRulePart(Part):
    """When a rollout goes back by itself."""

    automatic: Flag | None = None
    """false: a failure holds the rollout, and a person decides."""
    on: list[Trigger] | None = None
    """`failed`: an analysis of a step; `error_budget`: one in the background; `error`: one that cannot be measured."""
    within: Span | None = None
    """Until then the version before has to be live and healthy again."""


class HoldPart(Part):
    """How long a held rollout waits for a person."""

    timeout: Span | None = None
    """How long."""
    then: AfterHold | None = None
    """What then: `rollback`, or `stay` held."""
    look_again: Span | None = None
    """How often it looks at commands from the form meanwhile."""
    roles: list[Text] | None = None
    """Roles of the approvers who may answer; anybody who may use the DAG where nobody has one of them."""


Occasion = Literal["started", "held", "promoted", "rolled_back"]


class EnvironmentPart(DriverParts):
    """One place that the product is deployed to; what is not written is as for its stage."""

    stage: Stage | None = None
    """What it is for; an environment that is named like a stage is of that stage."""
    milestones: list[MilestoneKind] | None = None
    """Milestones whose tags come here by themselves."""
    after: list[Name] | None = None
    """Environments that must have promoted the version first; the one before without it."""
    strategy: Strategy | None = None
    """`rolling`, `blue-green`, `canary` or `recreate`."""
    steps: Annotated[list[StepPart], Field(min_length=1)] | None = None
    """The steps; those of the strategy without it."""
    automatic: Flag | None = None
    """true: it follows by itself; false: somebody starts it with the form."""
    gate: Text | None = None
    """Gate that has to pass first."""
    approvals: ApprovalsPart | None = None
    """Who has to agree."""
    windows: Flag | None = None
    """true: the product's window has to be open, and no freeze of a product that it ships into may hold."""
    background: Names | None = None
    """Analyses that go on from the first users to the last step; `"*"` stands for those
    that have no end of their own."""
    validation: dict[ValidationPhase, list[ItemOrText]] | None = None
    """Checks after the deployment, by when they are due: statements that people confirm, or what machines look at."""
    rehearse: Flag | None = None
    """true: the way back is rehearsed here by schedule."""
    rollback: RollbackRulePart | None = None
    """When a rollout goes back by itself."""
    hold: HoldPart | None = None
    """How long a held rollout waits for a person, and what then."""
    incident: Literal["critical", "high", "medium", "low", "none"] | None = None
    """Severity of the incident that is opened when users had a version that is taken back; `none`: none is opened."""
    announce: dict[Occasion, list[Text]] | None = None
    """Which audiences hear when a deployment starts, is held, is promoted or is taken back; `"*"` stands for all."""
    progress_within: Span | None = None
    """Until then what was asked of the driver has to be there."""
    attempts: Annotated[int, Field(strict=True, ge=1, le=100)] | None = None
    """So many errors of the driver in a row count as a failure."""
    poll: Span | None = None
    """After what time the driver is asked again how far it is."""


class DeployPart(DriverParts):
    """How the product is deployed."""

    environments: dict[Name, EnvironmentPart] = {}
    """Where, in the order of promotion; none: it is not deployed from here."""
    stages: dict[Stage, EnvironmentPart] = {}
    """What environments of a stage have where their own keys say nothing."""
    strategies: dict[Strategy, Annotated[list[StepPart], Field(min_length=1)]] = {}
    """Steps of each strategy."""
    validation_within: dict[ValidationPhase, Span] = {}
    """Until when after a promotion each list of checks is due."""
    validation_after: dict[ValidationPhase, Span] = {}
    """When after a promotion an item of each list is due that does not say so itself."""
    readiness: ReadinessPart = ReadinessPart()
    rehearsal: RehearsalPart = RehearsalPart()


def stage_of(name: str, part: EnvironmentPart) -> Stage:
    """Stage of an environment: the one that it says, or the one of its name, else production, the most careful."""
    return part.stage or (Stage(name) if name in {stage.value for stage in Stage} else Stage.PRODUCTION)


def deploy_policy(part: DeployPart, analyses: Mapping[str, Analysis]) -> DeployPolicy:
    """The policy that a section says. `*` stands for the analyses that come to an end, in the background for the others."""
    every = _Every(
        ending=tuple(name for name, one in analyses.items() if not one.endless),
        endless=tuple(name for name, one in analyses.items() if one.endless),
    )
    environments: dict[str, Environment] = {}
    before: str | None = None
    for name, own in part.environments.items():
        environments[name] = _environment(name, own, part, every, before)
        before = name
    return DeployPolicy(
        environments=environments,
        validation_within=dict(part.validation_within),
        readiness=readiness_policy(part.readiness),
        rehearsal=rehearsal_policy(part.rehearsal),
    )


class _Every(NamedTuple):
    """Names of the analyses that `*` stands for."""

    ending: tuple[str, ...]
    endless: tuple[str, ...]


def _environment(name: str, own: EnvironmentPart, deploy: DeployPart, every: _Every, before: str | None) -> Environment:
    stage = stage_of(name, own)
    usual = deploy.stages.get(stage, EnvironmentPart())
    parts = (deploy, usual, own)
    driver = driver_name(*parts)

    def said(key: str, otherwise: Any = None) -> Any:
        return next((value for part in (own, usual) if (value := getattr(part, key)) is not None), otherwise)

    strategy = said("strategy", Strategy.RECREATE)
    steps = own.steps or (None if own.strategy else usual.steps) or deploy.strategies.get(strategy) or _WHOLE
    due = {phase.value: length for phase, length in deploy.validation_after.items()}
    validation = {
        ValidationPhase(phase): validation_items(str(phase), items, due)
        for phase, items in said("validation", {}).items()
    }
    approvals: ApprovalsPart | None = said("approvals")
    return Environment(
        name=name,
        stage=stage,
        driver=driver,
        settings=driver_settings(driver, *parts),
        milestones=frozenset(kind.value for kind in said("milestones", ())),
        after=tuple(own.after) if own.after is not None else (before,) if before else (),
        strategy=strategy,
        steps=tuple(step for one in steps if (step := _step(one, every.ending, validation)) is not None),
        automatic=said("automatic", False),
        gate=said("gate", ""),
        approvals=approval_policy(approvals) if approvals is not None else None,
        windows=said("windows", False),
        background=_analyses(said("background", ()), every.endless),
        validation=validation,
        rehearse=said("rehearse", False),
        rollback=RollbackRule(**_keys(usual.rollback, own.rollback, on=frozenset)),
        hold=HoldRule(**_keys(usual.hold, own.hold, roles=tuple)),
        incident="" if (severity := said("incident", "none")) == "none" else severity,
        announce={**_dict(usual.announce), **_dict(own.announce)},
        **_plain(said),
    )


_WHOLE = [StepPart(weight=100)]


def _dict(audiences: Mapping[Occasion, list[str]] | None) -> dict[str, tuple[str, ...]]:
    return {occasion: tuple(names) for occasion, names in (audiences or {}).items()}


def _plain(said: Any) -> dict[str, Any]:
    """Settings whose defaults are the policy's."""
    return {key: value for key in ("progress_within", "attempts", "poll") if (value := said(key)) is not None}


def _keys(usual: Part | None, own: Part | None, **convert: Any) -> dict[str, Any]:
    """Keys of two parts, those of the second over those of the first."""
    found: dict[str, Any] = {}
    for part in (usual, own):
        if part is not None:
            found |= part.model_dump(exclude_none=True)
    return {key: convert.get(key, lambda value: value)(value) for key, value in found.items()}


def _analyses(names: Iterable[str], every: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one for name in names for one in (every if name == "*" else (name,))))


def _step(
    part: StepPart, every: tuple[str, ...], validation: Mapping[ValidationPhase, tuple[ValidationItem, ...]]
) -> Step | None:
    """The step; None for one that asks for every analysis of a product that has none, or checks an empty list."""
    if part.weight is not None:
        return Step(kind=StepKind.WEIGHT, weight=part.weight)
    if part.pause is not None:
        return Step(kind=StepKind.PAUSE, pause=None if isinstance(part.pause, str) else part.pause)
    if part.validate_ is not None:
        names = tuple(item.analysis for item in validation.get(part.validate_, ()) if item.analysis)
        step = Step(kind=StepKind.VALIDATE, analyses=names, validation=part.validate_.value)
    else:
        step = Step(kind=StepKind.ANALYSE, analyses=_analyses(part.analyse or (), every))
    return step if step.analyses else None
