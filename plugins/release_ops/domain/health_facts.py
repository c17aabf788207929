"""What the health of a release is made from, as the tables, the product file and the trackers tell it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from release_ops.domain.feasibility import ReleasePlan
from release_ops.domain.model import Feature, MilestoneKind, Product, Release
from release_ops.domain.outlook import Outlook

SETTLED = frozenset({"done", "skipped"})
"""States of milestones that nobody waits for any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A milestone as planned and as it went."""

    kind: str
    state: str
    planned_at: datetime
    actual_at: datetime | None = None
    first_planned_on: date | None = None
    detail: str = ""

    @property
    def words(self) -> str:
        """Its state as the end of a sentence."""
        return {"planned": "has not begun", "missed": "was missed"}.get(self.state, f"is {self.state}")


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedCriterion:
    """A criterion at the last evaluation of its gate."""

    criterion: str
    title: str
    outcome: str
    """pass, fail, unknown or pending."""
    required: bool = True
    waived_by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedGate:
    """A gate at its last evaluation."""

    gate: str
    milestone: str
    verdict: str
    """pass, conditional or fail."""
    evaluated_at: datetime
    criteria: tuple[CheckedCriterion, ...] = ()
    waiting_for: int = 0
    """Answers that its approvers still owe."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpiringWaiver:
    """A waiver that holds now."""

    gate: str
    criterion: str
    approver: str
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenRisk:
    """An open risk as last assessed; score is probability times impact, 0..5."""

    risk: str
    title: str
    score: float
    probability: float
    impact: int
    trend: str
    why: str = ""
    mitigation: str = ""
    owner: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NeededMilestone:
    """Another product's milestone that one of ours waits for."""

    product: str
    version: str
    milestone: str
    before: str
    needed_by: datetime | None
    """When our milestone is planned; None: it is not."""
    planned_at: datetime | None
    """When theirs is planned; None: nobody plans it."""
    done: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ScopeDay:
    """How much was planned and done at the end of a day."""

    day: date
    total: int
    done: int
    points_total: float
    points_done: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """A share 0..1 of something, None if nobody knows, with the words for it."""

    share: float | None
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Earlier:
    """The last report of an earlier week."""

    week: date
    made_at: datetime
    status: str
    on_time: float | None
    p85_on: date | None
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthFacts:
    """All of it, as of `now` (aware)."""

    product: Product
    release: Release
    now: datetime
    steps: Sequence[Step]
    features: Sequence[Feature] | None
    """None: the scope could not be read."""
    features_why: str = ""
    outlook: Outlook | None = None
    outlook_why: str = ""
    plan: ReleasePlan | None = None
    gates: Sequence[CheckedGate] = ()
    waivers: Sequence[ExpiringWaiver] = ()
    risks: Sequence[OpenRisk] | None = None
    """None: they were never assessed."""
    critical: int | None = None
    """Open critical issues and incidents; None: nobody has counted them for a week."""
    deployments: Share = Share(share=None, words="no deployments are known")
    reviews: Share = Share(share=None, words="no pull requests are known")
    checks: Share = Share(share=None, words="no checks are known")
    needs: Sequence[NeededMilestone] = ()
    conflicts: Sequence[str] = ()
    history: Sequence[ScopeDay] = ()
    earlier: Earlier | None = None
    titles: Mapping[str, str] = field(default_factory=dict)
    """Names of other products."""


def step_of(facts: HealthFacts, kind: MilestoneKind) -> Step | None:
    """A milestone of the release."""
    return next((step for step in facts.steps if step.kind == kind.value), None)


def is_out(facts: HealthFacts) -> bool:
    """Whether GA is done."""
    ga = step_of(facts, MilestoneKind.GA)
    return ga is not None and ga.state == "done"
