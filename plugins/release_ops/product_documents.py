"""The part of a product file that is about the plan's documents: tests, messages of people, the way back."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from release_ops.domain.model import MilestoneKind, ReleaseType
from release_ops.domain.plan_policy import LevelPolicy, Phase, RollbackPolicy, TestPolicy
from release_ops.domain.risk import Level
from release_ops.domain.rules import anchors_of, parse_rule
from release_ops.product_types import Duration, Part, RuleText, Text, TimeOfDay, wrong


class TestLevelPart(Part):
    """One level of tests."""

    title: Text
    """What people call it."""
    before: MilestoneKind
    """The milestone that it has to be done for; its gate has the exit criteria."""
    owner: Text | None = None
    """Who sees to it: a role of the approvers, or a person."""
    selected: Text | None = None
    """What is tested at depth `selected`."""
    full: Text | None = None
    """What is tested at depth `full`."""


class TestsPart(Part):
    """The test plan."""

    levels: dict[Text, TestLevelPart] = {}
    """Levels of tests, by id."""
    depths: dict[ReleaseType, dict[Level, dict[Text, Literal["selected", "full"]]]] = {}
    """Release type, then risk level, then how deep each level goes; one that is not named is left out."""


def _by_type(value: Any) -> Any:
    return value if isinstance(value, dict) or value is None else {"*": value}


def _counts_from_ga(value: str) -> str:
    # A hotfix has a GA and no other day.
    if anchors_of(parse_rule(value)):
        raise wrong("counts from something else than GA", "write it like -2w")
    return value


PhaseRule = Annotated[RuleText, AfterValidator(_counts_from_ga)]


class PhasePart(Part):
    """One message about a release: a row of the communication matrix."""

    title: Text
    """What people call it."""
    rule: Annotated[
        dict[ReleaseType | Literal["*"], PhaseRule],
        BeforeValidator(_by_type, json_schema_input_type=RuleText | dict[ReleaseType | Literal["*"], RuleText]),
    ] = Field(default={}, examples=["-2w", {"major": "-4w", "minor": "-2w"}])
    """When, from GA, like a milestone's rule; or one for each release type that has it, `"*"` standing for all others."""
    audiences: list[Text]
    """Who is told; `"*"` stands for all."""
    what: Text | None = None
    """What about."""
    sender: Text | None = None
    """Who sends it: a role of the approvers, or a person."""
    types: list[ReleaseType] = []
    """Release types that have it; all without it."""
    kind: Text | None = None
    """Kind of message, one of `messages.kinds`, that is sent by itself; without it people send it."""
    detail: dict[ReleaseType, Text] = {}
    """How much it says, one of `messages.details` per release type; the reader's own without it."""
    channels: list[Literal["outbox", "slack", "email"]] = []
    """Kinds of channels that it goes through; all of the audience's without it."""
    at: TimeOfDay | None = None
    """Time of day; that of the product without it."""
    event: Literal["started", "completed", "failed", "rolled_back"] | None = None
    """What has to have happened first; `rule` then says when it is expected."""
    at_once: Annotated[bool, Field(strict=True)] = False
    """true: as soon as the release is known."""
    useful_for: Duration | None = None
    """How late it may come and still be sent; as `stakeholders.send` says without it."""

    @model_validator(mode="after")
    def _has_a_time(self) -> PhasePart:
        if not self.rule and self.event is None and not self.at_once:
            raise wrong("has no time", "write `rule`, like -2w, or `event`, or at_once: true")
        return self


class RollbackPart(Part):
    """The way back."""

    command: Text | None = Field(default=None, examples=["deploy webapp --version {previous}"])
    """How the previous version is deployed again."""
    when: list[Text] = Field(default=[], examples=[["more than 2 % of the orders fail for 5 minutes"]])
    """What makes the team go back, beside the numbers of the gates."""
    migrations: list[Text] = []
    """Patterns of the files that change data; `*` also matches slashes."""
    flags: list[Text] = []
    """Feature flags that switch a new thing off without going back."""


def test_policy(part: TestsPart) -> TestPolicy:
    """The policy that a section says."""
    return TestPolicy(
        levels=tuple(
            LevelPolicy(
                id=key,
                title=one.title,
                before=one.before.value,
                owner=one.owner or "",
                selected=one.selected or "",
                full=one.full or "",
            )
            for key, one in part.levels.items()
        ),
        depths={
            kind.value: {level.value: dict(found) for level, found in levels.items()}
            for kind, levels in part.depths.items()
        },
    )


def phases(parts: dict[str, PhasePart]) -> tuple[Phase, ...]:
    """The nouns of the parts."""
    return tuple(
        Phase(
            id=key,
            title=one.title,
            rule=one.rule.get("*", ""),
            rules={kind.value: rule for kind, rule in one.rule.items() if isinstance(kind, ReleaseType)},
            audiences=tuple(one.audiences),
            what=one.what or "",
            sender=one.sender or "",
            types=frozenset(kind.value for kind in one.types),
            kind=one.kind or "",
            details={kind.value: detail for kind, detail in one.detail.items()},
            channels=frozenset(one.channels),
            at=one.at,
            event=one.event or "",
            at_once=one.at_once,
            useful_for=one.useful_for,
        )
        for key, one in parts.items()
    )


def rollback_policy(part: RollbackPart) -> RollbackPolicy:
    """The policy that a section says."""
    return RollbackPolicy(
        command=part.command or "", when=tuple(part.when), migrations=tuple(part.migrations), flags=tuple(part.flags)
    )
