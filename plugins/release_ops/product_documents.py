"""The part of a product file that is about the plan's documents: tests, messages of people, the way back."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator

from release_ops.domain.model import MilestoneKind, ReleaseType
from release_ops.domain.plan_policy import LevelPolicy, Phase, RollbackPolicy, TestPolicy
from release_ops.domain.risk import Level
from release_ops.domain.rules import anchors_of, parse_rule
from release_ops.product_types import Part, RuleText, Text, wrong


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


class PhasePart(Part):
    """One message of people to people."""

    title: Text
    """What people call it."""
    rule: RuleText
    """When, from GA, like a milestone's rule."""
    audiences: list[Text]
    """Who is told; `"*"` stands for all."""
    what: Text | None = None
    """What about."""
    sender: Text | None = None
    """Who sends it: a role of the approvers, or a person."""
    types: list[ReleaseType] = []
    """Release types that have it; all without it."""

    @field_validator("rule")
    @classmethod
    def _counts_from_ga(cls, value: str) -> str:
        # A hotfix has a GA and no other day.
        if anchors_of(parse_rule(value)):
            raise wrong("counts from something else than GA", "write it like -2w")
        return value


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
            rule=one.rule,
            audiences=tuple(one.audiences),
            what=one.what or "",
            sender=one.sender or "",
            types=frozenset(kind.value for kind in one.types),
        )
        for key, one in parts.items()
    )


def rollback_policy(part: RollbackPart) -> RollbackPolicy:
    """The policy that a section says."""
    return RollbackPolicy(
        command=part.command or "", when=tuple(part.when), migrations=tuple(part.migrations), flags=tuple(part.flags)
    )
