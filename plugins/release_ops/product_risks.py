"""The part of a product file that is about risks: how they are measured, and what the team states itself."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from itertools import pairwise
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from release_ops.domain.risk import Category, Occurrence, RiskPolicy, RiskRule, RiskState, StatedRisk
from release_ops.product_types import Duration, Part, Text, wrong

IMPACTS = {"very low": 1, "low": 2, "medium": 3, "high": 4, "very high": 5}
"""Words of NIST SP 800-30 for the five impacts."""
PROBABILITIES = {"low": 0.1, "medium": 0.3, "high": 0.6}
"""What a team means that does not want to write a number."""


def _impact(value: Any) -> Any:
    if isinstance(value, str) and value.replace("_", " ") in IMPACTS:
        return IMPACTS[value.replace("_", " ")]
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= 5:
        raise wrong("is no impact", f"write 1 to 5, or {', '.join(IMPACTS)}")
    return value


def _probability(value: Any) -> Any:
    if isinstance(value, str) and value in PROBABILITIES:
        return PROBABILITIES[value]
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        remedy = "write a ratio from 0 to 1, or low, medium or high"
        if isinstance(value, int | float) and 1 < value <= 100:
            remedy = f"write {value / 100:g}"
        raise wrong("is no probability", remedy)
    return float(value)


Impact = Annotated[
    int,
    BeforeValidator(_impact),
    WithJsonSchema({"anyOf": [{"type": "integer", "minimum": 1, "maximum": 5}, {"enum": [*IMPACTS]}]}),
]
Probability = Annotated[
    float,
    BeforeValidator(_probability),
    WithJsonSchema({"anyOf": [{"type": "number", "minimum": 0, "maximum": 1}, {"enum": [*PROBABILITIES]}]}),
]
Score = Annotated[float, Field(ge=0, le=5)]
Step = Annotated[list[float], Field(min_length=2, max_length=2)]


class StatedRiskPart(Part):
    """A risk that the team states itself."""

    id: Text = Field(examples=["payment-provider"])
    """Identifier, kept over all assessments."""
    title: Text
    """What may happen, in one line."""
    category: Category
    """What it threatens."""
    probability: Probability
    """Chance 0..1 that it happens, or low (0.1), medium (0.3), high (0.6)."""
    impact: Impact
    """How bad it would be, 1 to 5, or `very low` to `very high`."""
    mitigation: Text | None = None
    """What is done about it."""
    owner: Text | None = None
    """Who sees to it: a role of the approvers, or a person."""
    comes_true: list[Occurrence] = []
    """What shows that it came true; without it, say so with `state`."""
    state: RiskState = RiskState.OPEN
    """What became of it, when the team knows."""


class RiskRulePart(Part):
    """A risk that is measured. Which number it is measured by is known by its id."""

    category: Category
    """What it threatens."""
    title: Text
    """What may happen, in one line."""
    impact: Impact
    """How bad it would be, 1 to 5, or `very low` to `very high`."""
    steps: Annotated[list[Step], Field(max_length=20)] = []
    """Pairs [from this measure on, this probability], both rising; without them the measure is a probability itself."""
    mitigation: Text | None = None
    """What is done about it."""
    owner: Text | None = None
    """Who sees to it: a role of the approvers, or a person."""
    comes_true: list[Occurrence] = []
    """What shows that it came true."""

    @model_validator(mode="after")
    def _rises(self) -> RiskRulePart:
        for (start, low), (later, high) in pairwise(self.steps):
            if later <= start:
                raise wrong(f"the steps do not rise: {later:g} comes after {start:g}", "sort them by the measure")
            if high < low:
                raise wrong(
                    f"the probability falls from {low:g} to {high:g} at {later:g}",
                    "a larger measure is no smaller risk",
                )
        if any(not 0 <= probability <= 1 for _, probability in self.steps):
            raise wrong("has a step whose probability is not a ratio", "write 0 to 1 as the second number of each pair")
        return self


class LevelsPart(Part):
    """Highest scores from which on a release is a medium or a high risk."""

    medium: Score = 0.8
    """From here on a medium risk."""
    high: Score = 1.8
    """From here on a high risk."""

    @model_validator(mode="after")
    def _rises(self) -> LevelsPart:
        if self.medium > self.high:
            raise wrong("medium is above high", "swap them")
        return self


class RisksPart(Part):
    """The risk register."""

    unknown: Probability = 0.3
    """What stands for a probability where nothing is known."""
    levels: LevelsPart = LevelsPart()
    hotfix_within: Duration = timedelta(days=14)
    """A hotfix this soon after GA counts against the release."""
    incident_label: Text = "incident"
    """Label of the issues on GitHub that are open incidents."""
    lock_files: list[Text] = []
    """Names of the files in which package managers pin dependencies."""
    rules: dict[Text, RiskRulePart] = {}
    """The risks that are measured, by id."""
    stated: list[StatedRiskPart] = []
    """Risks of every release."""


def risk_policy(part: RisksPart) -> RiskPolicy:
    """The policy that a section says."""
    return RiskPolicy(
        rules=tuple(
            RiskRule(
                id=key,
                category=one.category,
                title=one.title,
                impact=one.impact,
                steps=tuple((start, probability) for start, probability in one.steps),
                mitigation=one.mitigation or "",
                owner=one.owner or "",
                comes_true=tuple(one.comes_true),
            )
            for key, one in part.rules.items()
        ),
        stated=stated_risks(part.stated),
        unknown=part.unknown,
        medium=part.levels.medium,
        high=part.levels.high,
        hotfix_within=part.hotfix_within,
        incident_label=part.incident_label,
        lock_files=tuple(part.lock_files),
    )


def stated_risks(parts: Iterable[StatedRiskPart]) -> tuple[StatedRisk, ...]:
    """The nouns of the parts."""
    return tuple(
        StatedRisk(
            id=one.id,
            title=one.title,
            category=one.category,
            probability=one.probability,
            impact=one.impact,
            mitigation=one.mitigation or "",
            owner=one.owner or "",
            comes_true=tuple(one.comes_true),
            state=one.state,
        )
        for one in parts
    )
