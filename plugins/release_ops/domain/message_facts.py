"""What messages about a release are made of. What nobody knows is None, and `missing` says how to know it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from release_ops.domain.audiences import KnownIssue
from release_ops.domain.changelog import Changelog
from release_ops.domain.concerns import Raised
from release_ops.domain.expectations import Event, Expectation
from release_ops.domain.milestones import train
from release_ops.domain.model import Feature, FeatureStatus, Milestone, MilestoneKind, Person, Product, Release
from release_ops.domain.review_actions import ActionItem


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenCriterion:
    """What a gate still asks for, as last evaluated."""

    gate: str
    title: str
    outcome: str
    """fail, unknown or pending."""
    detail: str = ""
    required: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class NotedRisk:
    """An open risk; `score` is probability times impact, 0..5."""

    title: str
    score: float
    trend: str = ""
    mitigation: str = ""
    owner: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How the release stood in its last health report: status, chance (0..1) to be on time, the day with 85 %."""

    status: str
    week: date
    on_time: float | None = None
    p85_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """A date that was moved."""

    title: str
    old: date
    new: date
    noticed: date
    reason: str = ""

    @property
    def days(self) -> int:
        """How far; later is positive."""
        return (self.new - self.old).days


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """An incident, as delivery facts have it."""

    id: str
    title: str
    severity: str = ""
    started_at: datetime
    resolved_at: datetime | None = None
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """What a single message is about, beside the release; what is empty is not told."""

    reason: str = ""
    """Why a release failed or was taken back."""
    trouble: Trouble | None = None
    next: str = ""
    """What comes next, a sentence."""
    news: Event | None = None
    """What changed, for the kind `expectation`."""
    expectation: Expectation | None = None
    """What it means for the reader."""
    concern: Raised | None = None
    """For the kind `concern_overdue`."""
    action: ActionItem | None = None
    """For the kind `action_overdue`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """All of it about one release as of `now` (aware)."""

    product: Product
    release: Release
    now: datetime
    states: Mapping[str, str] = field(default_factory=dict)
    """Kind of milestone to its state (`planned`, `running`, `done`, `blocked`, `missed`, `skipped`); empty: none noted."""
    changelog: Changelog | None = None
    features: Sequence[Feature] | None = None
    risks: Sequence[NotedRisk] | None = None
    criteria: Sequence[OpenCriterion] | None = None
    known_issues: Sequence[KnownIssue] = ()
    standing: Standing | None = None
    moves: Sequence[Moved] | None = None
    """Moves since `since`."""
    troubles: Sequence[Trouble] | None = None
    """Incidents since `since`."""
    since: date | None = None
    """Day of the last message of a cadence."""
    pages: Mapping[str, str] = field(default_factory=dict)
    """What our pages are called to their address: for readers with a login."""
    notes_url: str = ""
    """Address of the published notes, for everybody."""
    lacking: Mapping[str, str] = field(default_factory=dict)
    """What could not be read, and why."""

    @property
    def milestones(self) -> tuple[Milestone, ...]:
        """The train as planned now."""
        return train(self.product, self.release)

    @property
    def contact(self) -> Person | None:
        """Whom readers turn to; None where the product file names nobody."""
        people = self.product.approvers.get(self.product.messages.contact, ())
        return people[0] if people else None

    @property
    def is_out(self) -> bool:
        """Whether the release is noted to be out; a date that has passed says nothing."""
        return self.states.get(MilestoneKind.GA.value) == "done"

    @property
    def done(self) -> int | None:
        """Number of features that are done; None where the scope is not known."""
        return None if self.features is None else sum(one.status is FeatureStatus.DONE for one in self.features)

    @property
    def missing(self) -> tuple[str, ...]:
        """A sentence for everything that a message would tell if somebody knew it, with what to do about it."""
        found = {
            "changes": self.changelog is None and "the changes are not known: the repository was not read",
            "features": self.features is None and "the features are not known: list `features` in the product file",
            "risks": self.risks is None and "the risks were never assessed: calendar_watch does it daily",
            "criteria": self.criteria is None and "no gate was evaluated yet: the milestones do it",
            "outlook": self.standing is None and "there is no health report: health_report makes one every Monday",
            "contact": self.contact is None
            and f"nobody to turn to: name a person under approvers.{self.product.messages.contact or '<role>'}",
            "theme": not self.release.theme and "the release has no theme: write `theme` in the product file",
        }
        return tuple(self.lacking.get(name) or said for name, said in found.items() if said)
