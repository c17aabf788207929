"""The part of a product file that says what has to be true before a deployment, and how the way back is rehearsed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field

from release_ops.domain.deploy_readiness_policy import DeployCheck, DurationPolicy, ReadinessPolicy, RehearsalPolicy
from release_ops.domain.model import ReleaseType
from release_ops.product_gates import Comparator, Number
from release_ops.product_types import Part, Span, Text

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
Flag = Annotated[bool, Field(strict=True)]
Purpose = Literal["release", "hotfix", "rollback"]
StageName = Literal["development", "testing", "staging", "pre-production", "production"]
Argv = Annotated[list[Text], Field(min_length=1, max_length=50)]


class CheckBase(Part):
    """What every check before a deployment has."""

    title: Text
    """The statement that must be true."""
    blocks: Flag = True
    """false: it is told, and the deployment goes on."""
    unknown_blocks: Flag = True
    """false: what nobody could find out is told, and the deployment goes on."""
    waivable: Flag = True
    """false: no approver may sign an exception to it."""
    stages: list[StageName] = []
    """Stages of the environments that ask for it; all without any."""
    types: list[ReleaseType] = []
    """Release types that ask for it; all without any."""
    purposes: list[Purpose] = ["release", "hotfix"]
    """What the deployment is for: a way back need not wait for a notice."""
    with_migrations: Flag = False
    """true: only where data is changed, or nobody knows whether it is."""


class GateCheck(CheckBase):
    """The release has passed a gate."""

    kind: Literal["gate"]
    gate: Text | None = None
    """Name of the gate; without it that of the environment, else that of the version's milestone."""


class TagCheck(CheckBase):
    """The version's tag is there, at the commit that is deployed."""

    kind: Literal["tag"]


class ArtifactsCheck(CheckBase):
    """What was built is where the deployment fetches it."""

    kind: Literal["artifacts"]
    files: list[Text] = []
    """Paths in the commit."""
    urls: list[Annotated[Text, Field(pattern=r"^https?://")]] = Field(
        default=[], examples=[["https://registry.example.org/webapp/{version}/manifest.json"]]
    )
    """Addresses that answer with success; {product}, {version}, {commit} and {environment} are filled in."""


class MigrationsCheck(CheckBase):
    """Changes of data (`rollback.migrations`) are known, and somebody has seen that the way back survives them."""

    kind: Literal["migrations"]
    role: Text | None = None
    """Only this role may say so."""


class NeededPart(Part):
    """A version of another product."""

    at_least: Text
    """Lowest version that will do."""
    below: Text | None = None
    """Lowest version that will not do any more."""
    environment: Text | None = None
    """Environment in which it has to be; that of the same name without it."""


class DependenciesCheck(CheckBase):
    """Other products are there in the versions that this one needs."""

    kind: Literal["dependencies"]
    needs: dict[Text, NeededPart] = Field(default={}, examples=[{"payments": {"at_least": "3.2.0"}}])
    """Id of the other product to what is needed of it."""


class OnCallCheck(CheckBase):
    """Somebody is on call while it is deployed."""

    kind: Literal["on_call"]
    people: list[Text] = []
    """Who is, if it is always the same people."""
    calendar: Text | None = Field(default=None, examples=["on-call.ics", "https://example.pagerduty.com/private/feed"])
    """iCalendar file or address with a shift per entry, whose title names the person."""
    connection: Text | None = None
    """Airflow connection whose password is the calendar's secret address, instead of `calendar`."""


class NoticeCheck(CheckBase):
    """Those who have a stake in it were told."""

    kind: Literal["notice"]
    kinds: list[Text] = ["brief"]
    """Kinds of messages (`messages.kinds`), each of which must have gone out to whom the communication names."""
    before: Span = timedelta(0)
    """How long before the deployment at least."""


class WindowCheck(CheckBase):
    """The product's window is open, if the environment asks for one."""

    kind: Literal["window"]


class PromotedCheck(CheckBase):
    """The environments before this one have promoted the version."""

    kind: Literal["promoted"]


class RehearsalCheck(CheckBase):
    """The way back was rehearsed here, and worked."""

    kind: Literal["rehearsal"]
    max_age: Span = timedelta(days=14)
    """How long a rehearsal counts."""


class ChecklistCheck(CheckBase):
    """A person says so while approving."""

    kind: Literal["checklist"]
    role: Text | None = None
    """Only this role may tick it."""


class CommandCheck(CheckBase):
    """A program ends with 0."""

    kind: Literal["command"]
    run: Argv = Field(examples=[["./backup-is-fresh.sh", "{environment}"]])
    """Program and arguments, without a shell; {product}, {version}, {previous}, {commit} and {environment} are filled in."""
    timeout: Span = timedelta(minutes=2)
    """How long it may take."""


class SqlCheck(CheckBase):
    """A number that an SQL statement returns."""

    kind: Literal["sql"]
    connection: Text
    """Airflow connection of the database."""
    statement: Text
    """Statement that returns one number."""
    comparator: Comparator
    """How the number compares with the threshold."""
    threshold: Number
    """Ratios are written 0..1."""


CheckPart = Annotated[
    GateCheck | TagCheck | ArtifactsCheck | MigrationsCheck | DependenciesCheck | OnCallCheck | NoticeCheck | WindowCheck
    | PromotedCheck | RehearsalCheck | ChecklistCheck | CommandCheck | SqlCheck,
    Field(discriminator="kind"),
]  # fmt: skip


class DurationsPart(Part):
    """How long a deployment takes where no earlier one tells."""

    step: Span = timedelta(minutes=5)
    """Assumed for a step whose length nobody knows."""
    last: Annotated[int, Field(strict=True, ge=2, le=500)] = 50
    """So many of the latest rollouts of an environment count."""
    confidence: Annotated[float, Field(gt=0, lt=1)] = 0.8
    """Probability with which a rollout takes a time in the interval that is told."""


class ReadinessPart(Part):
    """What has to be true before a deployment begins."""

    checks: dict[Name, CheckPart] = {}
    """From id to what is looked at, in this order."""
    durations: DurationsPart = DurationsPart()


class RehearsalPart(Part):
    """How the way back is rehearsed, in environments with `rehearse: true`."""

    every: Span = timedelta(days=7)
    """An environment whose last rehearsal passed less than this ago is left out by the schedule."""
    tell: Flag = True
    """Whether those who hear of problems hear of one that failed."""


def readiness_policy(part: ReadinessPart) -> ReadinessPolicy:
    """The policy that a section says."""
    common = {*CheckBase.model_fields, "kind", "role"}
    return ReadinessPolicy(
        checks=tuple(
            DeployCheck(
                id=key,
                kind=one.kind,
                title=one.title,
                blocks=one.blocks,
                unknown_blocks=one.unknown_blocks,
                waivable=one.waivable,
                stages=_names(one.stages),
                types=_names(one.types),
                purposes=_names(one.purposes),
                with_migrations=one.with_migrations,
                role=getattr(one, "role", None) or "",
                spec=one.model_dump(exclude=common, exclude_none=True),
            )
            for key, one in part.checks.items()
        ),
        durations=DurationPolicy(**part.durations.model_dump()),
    )


def _names(values: Iterable[str]) -> frozenset[str]:
    return frozenset(str(one) for one in values)


def rehearsal_policy(part: RehearsalPart) -> RehearsalPolicy:
    """The policy that a section says."""
    return RehearsalPolicy(every=part.every, tell=part.tell)
