"""How releases are looked back on: the section `review` of a product file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Objective:
    """Something that a release was meant to reach: a measure (`review_measures`) and its bound, both in its unit."""

    title: str
    measure: str
    at_least: float | None = None
    at_most: float | None = None
    kinds: tuple[str, ...] = ()
    """Kinds of review that it holds for; empty: all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A finding: when a measure is beyond its bound, it is told with its numbers, and what is recommended.

    `finding` and `recommendation` may name measures in braces; `evidence` are measures that are shown besides.
    """

    id: str
    worked: bool
    """True: something that worked; false: something that did not."""
    measure: str
    above: float | None = None
    below: float | None = None
    finding: str
    evidence: tuple[str, ...] = ()
    recommendation: str = ""
    owner: str = ""
    """Role that answers for the action item."""
    lever: str = ""
    """Lever of the process optimiser (`process_optimiser.LEVERS`) that says what it would gain."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionPolicy:
    """How action items are followed up."""

    due_in: timedelta = timedelta(days=14)
    remind_every: timedelta = timedelta(days=7)
    overdue_to: tuple[str, ...] = ()
    """Audiences that hear of an overdue item whose owner cannot be reached."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OptimiserPolicy:
    """What the process optimiser looks at."""

    releases: int = 8
    """The last so many releases, of the same kind of train."""
    quantile: float = 0.25
    """What the best do: this quantile of times of the same sort."""
    fewest: int = 4
    """So many times, and for a trend so many releases, are needed before anything is said of them."""
    least: timedelta = timedelta(minutes=30)
    """Changes that would save less per release are not told."""
    stages: Mapping[str, str] = field(default_factory=dict)
    """Kind of milestone to the category that the time before it is counted as, beside all waiting."""
    documents: tuple[str, ...] = ()
    """Criteria of gates whose lack is a lack of documents: patterns as fnmatch has them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewPolicy:
    """When releases are looked back on, what they are held to, and who hears of it."""

    after: timedelta = timedelta(days=10)
    """After GA."""
    at_support_end: bool = True
    hotfix_within: timedelta = timedelta(hours=48)
    look_back: timedelta = timedelta(days=90)
    """What was due longer ago and never made is not made up for."""
    compare: timedelta = timedelta(days=28)
    """At most so long before and after GA is compared."""
    minimum_sample: int = 5
    level: float = 0.95
    meeting: timedelta = timedelta(minutes=60)
    report_to: tuple[str, ...] = ()
    objectives: Mapping[str, Objective] = field(default_factory=dict)
    rules: tuple[Rule, ...] = ()
    actions: ActionPolicy = field(default_factory=ActionPolicy)
    optimiser: OptimiserPolicy = field(default_factory=OptimiserPolicy)
