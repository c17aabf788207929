"""Conflicts in a product file: what counts as one, conferences, and what is accepted."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from pydantic import Field, model_validator

from release_ops.domain.conflict_policy import (
    CROWDING,
    IN_DAYS,
    Acceptance,
    Conference,
    ConflictKind,
    ConflictPolicy,
    ConflictRule,
    Severity,
)
from release_ops.product_types import Date, Duration, Part, Region, Text, wrong

_DAY = timedelta(days=1)


class ConflictRulePart(Part):
    """When one kind of conflict is one, and how bad it is."""

    severity: Severity = Severity.WARNING
    """`error`: it cannot go well, `release-ops conflicts` fails; `warning`: it may be meant so."""
    within: Duration | None = None
    """What is closer than this is too close. Kinds other than same_window count days: 1d is the same day."""
    at_most: Annotated[int, Field(strict=True, ge=1, le=1000)] | None = None
    """So many may be at once; 1 without it."""


class ConflictsPart(Part):
    """What counts as a conflict. It holds for the whole project: where products differ, the strictest counts."""

    horizon: Duration = timedelta(days=30)
    """How far from the present date a better one is looked for."""
    kinds: dict[ConflictKind, ConflictRulePart] = {}
    """Rules by kind; `null` removes one: then it is no conflict."""

    @model_validator(mode="after")
    def _fits(self) -> ConflictsPart:
        if not _DAY <= self.horizon <= timedelta(days=366):
            raise wrong("horizon is not between a day and a year", "write one like 30d")
        for kind, rule in self.kinds.items():
            if kind not in CROWDING and (rule.within is not None or rule.at_most is not None):
                what = "within" if rule.within is not None else "at_most"
                raise wrong(f"{kind} is not about too much at once and has no `{what}`", f"remove `{what}`")
            if kind in CROWDING and not rule.within:
                raise wrong(f"{kind} does not say within what time", "add `within:`, like 1d; or drop it: null")
            if kind in IN_DAYS and rule.within is not None and rule.within % _DAY:
                raise wrong(f"{kind} counts whole days", "write `within:` like 1d, which is the same day")
        return self


class ConferencePart(Part):
    """Days on which people are elsewhere."""

    name: Text = Field(examples=["KubeCon Europe"])
    """Shown beside what it collides with."""
    start: Date
    """First day."""
    end: Date
    """Last day (included)."""
    regions: list[Region] = []
    """Only products with one of these holiday regions are concerned; with `teams` empty too: all products."""
    teams: list[Text] = []
    """Only products of these teams are concerned."""

    @model_validator(mode="after")
    def _in_order(self) -> ConferencePart:
        if self.end < self.start:
            raise wrong("ends before it starts", "swap start and end, or correct one")
        return self


class AcceptedConflictPart(Part):
    """A conflict that people know of and live with: it is still listed, and nobody is told of it."""

    kind: ConflictKind
    """Its kind, as `release-ops conflicts` shows it."""
    reason: Text
    """Why it is fine."""
    version: Text | None = None
    """Only of this release; of all without it."""
    with_: Text | None = Field(default=None, alias="with")
    """Only with this product (or conference, or holiday); with any without it."""
    until: Date | None = None
    """Last day on which it is accepted."""


def conflict_policy(part: ConflictsPart) -> ConflictPolicy:
    """Policy that a product's file states, over the defaults."""
    rules = (
        (
            kind,
            ConflictRule(
                severity=part.kinds[kind].severity,
                within=part.kinds[kind].within or timedelta(0),
                at_most=part.kinds[kind].at_most or 1,
            ),
        )
        for kind in ConflictKind
        if kind in part.kinds
    )
    return ConflictPolicy(rules=tuple(rules), horizon=part.horizon)


def conferences(parts: list[ConferencePart]) -> tuple[Conference, ...]:
    """Conferences of a product's file."""
    return tuple(
        Conference(
            name=one.name, start=one.start, end=one.end, regions=frozenset(one.regions), teams=frozenset(one.teams)
        )
        for one in parts
    )


def acceptances(parts: list[AcceptedConflictPart]) -> tuple[Acceptance, ...]:
    """Conflicts that a product's file accepts."""
    return tuple(
        Acceptance(
            kind=one.kind, reason=one.reason, version=one.version or "", product=one.with_ or "", until=one.until
        )
        for one in parts
    )
