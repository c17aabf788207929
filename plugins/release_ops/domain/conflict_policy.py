"""What counts as a conflict between releases: the project's policy, and what people have accepted of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum


class ConflictKind(StrEnum):
    """Ways in which the dates of releases are at odds with each other, or with people."""

    NEEDS = "needs"
    ABSENCE = "absence"
    APPROVERS = "approvers"
    SAME_WINDOW = "same_window"
    TEAM = "team"
    SPACING = "spacing"
    MAJORS = "majors"
    DOWNSTREAM = "downstream"
    CONFERENCE = "conference"
    HOLIDAY = "holiday"


CROWDING = frozenset(
    {ConflictKind.APPROVERS, ConflictKind.SAME_WINDOW, ConflictKind.TEAM, ConflictKind.SPACING, ConflictKind.MAJORS}
)
"""Kinds that are about too much within too short a time; they alone have `within` and `at_most`."""
IN_DAYS = CROWDING - {ConflictKind.SAME_WINDOW}
"""Kinds that count in whole local days: `within: 1d` is the same day."""


class Severity(StrEnum):
    """How bad a conflict is: an error cannot go well, a warning may be meant so."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConflictRule:
    """When one kind is a conflict, and how bad it is."""

    severity: Severity = Severity.WARNING
    within: timedelta = timedelta(0)
    """Two instants closer than this count as being at once."""
    at_most: int = 1
    """So many may be at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConflictPolicy:
    """Rules by kind, in the order of `ConflictKind`; a kind without one is never a conflict."""

    rules: tuple[tuple[ConflictKind, ConflictRule], ...] = ()
    horizon: timedelta = timedelta(days=60)
    """How far from its present date another one is looked for."""

    def rule(self, kind: ConflictKind) -> ConflictRule | None:
        """Rule of a kind; None where it is no conflict."""
        return next((rule for one, rule in self.rules if one is kind), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Conference:
    """Days, both included, on which people are elsewhere. Without regions and teams it concerns everybody."""

    name: str
    start: date
    end: date
    regions: frozenset[str] = frozenset()
    teams: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Acceptance:
    """A conflict that people know of and live with."""

    kind: ConflictKind
    reason: str
    version: str = ""
    """Only of this release; empty: of all."""
    product: str = ""
    """Only with this other product; empty: with any."""
    until: date | None = None
    """Last day on which the conflict may lie; None: for ever."""


def strictest(policies: Iterable[ConflictPolicy]) -> ConflictPolicy:
    """Return the policy that satisfies all: a rule that one has counts, the longest time, the fewest, the worst severity."""
    distinct = sorted(set(policies), key=repr)
    rules = []
    for kind in ConflictKind:
        found = [rule for policy in distinct if (rule := policy.rule(kind)) is not None]
        if not found:
            continue
        worst = Severity.ERROR if any(rule.severity is Severity.ERROR for rule in found) else Severity.WARNING
        within, at_most = max(rule.within for rule in found), min(rule.at_most for rule in found)
        rules.append((kind, ConflictRule(severity=worst, within=within, at_most=at_most)))
    horizon = max((policy.horizon for policy in distinct), default=timedelta(days=60))
    return ConflictPolicy(rules=tuple(rules), horizon=horizon)
