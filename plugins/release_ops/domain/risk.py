"""The risk register of a release: probability x impact, from data where there is data, and what became of each risk.

The score is the risk matrix of NIST SP 800-30 rev. 1 (appendix I) and of ISO 31010: likelihood times impact on a scale
of five. A risk about which nothing is known has the policy's `unknown` probability: no data is not zero risk.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from enum import StrEnum

from release_ops.domain.plan_policy import milestone_name
from release_ops.domain.words import days_text

LARGEST_IMPACT = 5
TOLERANCE = 0.005
"""Scores that are no further apart are the same to a reader."""


class Category(StrEnum):
    """What a risk threatens."""

    TECHNICAL = "technical"
    BUSINESS = "business"
    OPERATIONAL = "operational"


class Basis(StrEnum):
    """Where a probability comes from."""

    MEASURED = "measured"
    STATED = "stated"
    """The team says so."""
    UNKNOWN = "unknown"
    """Nothing is known; the probability is the policy's."""


class RiskState(StrEnum):
    """What became of a risk."""

    OPEN = "open"
    CAME_TRUE = "came_true"
    AVOIDED = "avoided"
    """It can no longer come true, and has not."""
    CLOSED = "closed"
    """The release is over, or the team closed it; nothing says whether it came true."""


class Trend(StrEnum):
    """A risk's score against the last assessment of an earlier day."""

    NEW = "new"
    RISING = "rising"
    FALLING = "falling"
    STEADY = "steady"


class Occurrence(StrEnum):
    """What can be seen to have happened; a risk says which of these make it come true."""

    MILESTONE_LATE = "milestone_late"
    GA_LATE = "ga_late"
    GATE_FAILED = "gate_failed"
    HOTFIX = "hotfix"
    SECURITY_RELEASE = "security_release"
    MUST_LEFT_OUT = "must_left_out"
    LEFT_BY_ONE = "left_by_one"
    """Several features were left out, and one person owns all of them."""
    MOVED_AGAIN = "moved_again"
    """Dates were moved twice or more."""
    APPROVAL_MISSING = "approval_missing"
    """A seat of a gate was not answered in time."""


class Level(StrEnum):
    """How risky a release is as a whole; decides how deep it is tested."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskRule:
    """A risk that is measured: the table that makes a probability of its measure, and what it would do."""

    id: str
    category: Category
    title: str
    impact: int
    steps: tuple[tuple[float, float], ...] = ()
    """(from this measure on, this probability), both rising; empty: the measure is a probability itself."""
    mitigation: str = ""
    owner: str = ""
    """A role of the product's approvers, or a person."""
    comes_true: tuple[Occurrence, ...] = ()

    def probability(self, measure: float) -> float:
        """Probability 0..1 of a measure; never falls while the measure rises; below the first step it is the first's."""
        if not self.steps:
            return min(1.0, max(0.0, measure))
        place = bisect_right([start for start, _ in self.steps], measure)
        return self.steps[max(0, place - 1)][1]


@dataclass(frozen=True, slots=True, kw_only=True)
class StatedRisk:
    """A risk that the team states itself."""

    id: str
    title: str
    category: Category
    probability: float
    impact: int
    mitigation: str = ""
    owner: str = ""
    comes_true: tuple[Occurrence, ...] = ()
    state: RiskState = RiskState.OPEN


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskPolicy:
    """Which risks are looked for, and how they are weighed."""

    rules: tuple[RiskRule, ...] = ()
    stated: tuple[StatedRisk, ...] = ()
    """Risks of every release of the product."""
    unknown: float = 0.3
    """What stands for a probability where nothing is known."""
    medium: float = 0.8
    high: float = 1.8
    """From these highest scores on, a release is a medium or a high risk."""
    hotfix_within: timedelta = timedelta(days=14)
    """A hotfix this soon after GA counts against that release."""
    incident_label: str = "incident"
    """Label of the issues on GitHub that are open incidents."""
    lock_files: tuple[str, ...] = ()
    """Names of the files in which package managers pin dependencies."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """What was found for one rule: a number and the sentence that has it; None: not known, and the sentence says why."""

    value: float | None
    words: str
    basis: Basis = Basis.MEASURED


@dataclass(frozen=True, slots=True, kw_only=True)
class Earlier:
    """A risk as it was last assessed on an earlier day."""

    probability: float
    impact: int
    state: RiskState = RiskState.OPEN
    detail: str = ""

    @property
    def score(self) -> float:
        """Probability x impact."""
        return self.probability * self.impact


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcomes:
    """What has happened to a release so far, each with the sentence that says so; and what can happen no more."""

    happened: Mapping[Occurrence, str] = field(default_factory=dict)
    settled: frozenset[Occurrence] = frozenset()
    is_over: bool = False
    """The release was closed, and a hotfix after it would count no more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Risk:
    """One line of the register. All text that comes from outside is data."""

    id: str
    category: Category
    title: str
    probability: float
    impact: int
    basis: Basis
    why: str
    """The numbers that the probability rests on, or why there are none."""
    mitigation: str = ""
    owner: str = ""
    trend: Trend = Trend.NEW
    state: RiskState = RiskState.OPEN
    detail: str = ""
    """What made it come true."""

    @property
    def score(self) -> float:
        """Probability x impact, 0..5."""
        return self.probability * self.impact


def register(
    policy: RiskPolicy,
    stated: Iterable[StatedRisk],
    measures: Mapping[str, Measure],
    *,
    outcomes: Outcomes | None = None,
    earlier: Mapping[str, Earlier] | None = None,
    people: Mapping[str, str] | None = None,
) -> tuple[Risk, ...]:
    """The risks of a release: open ones by falling score, then those that came true, then the rest.

    `measures` has what was found by the id of its rule; a rule without one does not apply to this release. `stated` are
    the release's own risks beside the policy's; of two with one id the release's own counts. `earlier` is the last
    assessment of an earlier day, `people` the names behind a role. A risk that came true or was avoided keeps its last
    probability from before.
    """
    outcomes, earlier, people = outcomes or Outcomes(), earlier or {}, people or {}
    found = [_measured(policy, rule, measures[rule.id], people) for rule in policy.rules if rule.id in measures]
    own = {one.id: one for one in (*policy.stated, *stated)}
    found += [_stated(one, people) for one in own.values()]
    ends = {rule.id: rule.comes_true for rule in policy.rules} | {key: one.comes_true for key, one in own.items()}
    closed = {key: one.state for key, one in own.items() if one.state is not RiskState.OPEN}
    settled = [
        _settled(risk, ends.get(risk.id, ()), outcomes, earlier.get(risk.id), closed.get(risk.id)) for risk in found
    ]
    return tuple(sorted(settled, key=_order))


def level_of(risks: Iterable[Risk], policy: RiskPolicy) -> Level:
    """How risky a release is: by the highest score of what is still open or came true."""
    alive = {RiskState.OPEN, RiskState.CAME_TRUE}
    highest = max((risk.score for risk in risks if risk.state in alive), default=0.0)
    if highest >= policy.high:
        return Level.HIGH
    return Level.MEDIUM if highest >= policy.medium else Level.LOW


_STATES = (RiskState.OPEN, RiskState.CAME_TRUE, RiskState.AVOIDED, RiskState.CLOSED)


def _order(risk: Risk) -> tuple[int, float, str]:
    return _STATES.index(risk.state), -risk.score, risk.id


def _measured(policy: RiskPolicy, rule: RiskRule, measure: Measure, people: Mapping[str, str]) -> Risk:
    known = measure.value is not None
    return Risk(
        id=rule.id,
        category=rule.category,
        title=rule.title,
        probability=rule.probability(measure.value) if measure.value is not None else policy.unknown,
        impact=rule.impact,
        basis=measure.basis if known else Basis.UNKNOWN,
        why=measure.words,
        mitigation=rule.mitigation,
        owner=people.get(rule.owner, rule.owner),
    )


def _stated(one: StatedRisk, people: Mapping[str, str]) -> Risk:
    return Risk(
        id=one.id,
        category=one.category,
        title=one.title,
        probability=one.probability,
        impact=one.impact,
        basis=Basis.STATED,
        why="the team's own estimate",
        mitigation=one.mitigation,
        owner=people.get(one.owner, one.owner),
    )


def _settled(
    risk: Risk,
    ends: Sequence[Occurrence],
    outcomes: Outcomes,
    before: Earlier | None,
    closed: RiskState | None,
) -> Risk:
    """The risk with its trend, and with what became of it."""
    happened = [outcomes.happened[one] for one in ends if one in outcomes.happened]
    if before is not None and before.state is RiskState.CAME_TRUE:
        state, detail = RiskState.CAME_TRUE, before.detail
    elif closed is not None:
        state, detail = closed, "the product file says so"
    elif happened:
        # A late GA is a late milestone, too.
        state, detail = RiskState.CAME_TRUE, "; ".join(dict.fromkeys("; ".join(happened).split("; ")))
    elif ends and outcomes.settled >= set(ends):
        state, detail = RiskState.AVOIDED, ""
    else:
        state, detail = (RiskState.CLOSED if outcomes.is_over else RiskState.OPEN), ""
    if before is not None and state is not RiskState.OPEN:
        risk = replace(risk, probability=before.probability, impact=before.impact)
    return replace(risk, state=state, detail=detail, trend=_trend(risk, before))


def _trend(risk: Risk, before: Earlier | None) -> Trend:
    if before is None:
        return Trend.NEW
    change = risk.score - before.score
    if abs(change) <= TOLERANCE:
        return Trend.STEADY
    return Trend.RISING if change > 0 else Trend.FALLING


@dataclass(frozen=True, slots=True, kw_only=True)
class MilestoneFact:
    """How a milestone went: its state and days, as far as there are any."""

    kind: str
    state: str
    planned_on: date | None = None
    done_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """How a release has gone so far, as the tables have it."""

    milestones: tuple[MilestoneFact, ...] = ()
    failed_gates: tuple[str, ...] = ()
    hotfixes: tuple[str, ...] = ()
    """Versions of the hotfixes and security releases within the policy's time after GA."""
    security: tuple[str, ...] = ()
    """Those of them that are security releases."""
    musts_left_out: tuple[str, ...] = ()
    left_out: tuple[tuple[str, str], ...] = ()
    """Features that the freeze took out, each with its owner; empty where nobody owns it."""
    moves: int = 0
    """How often its dates were moved; dates that were moved together are one move."""
    unanswered: Mapping[str, int] = field(default_factory=dict)
    """Gate to the seats of it that nobody answered in time."""
    released_on: date | None = None
    is_closed: bool = False


def outcomes_of(course: Course, policy: RiskPolicy, *, today: date) -> Outcomes:
    """What has happened to a release, and what can happen no more, as of `today`.

    A milestone is late when it was missed, done on a later day than planned, or is not done a day after it. The end of
    support is none of these: nobody waits for it.
    """
    late = [words for one in course.milestones if one.kind != "support_end" and (words := _lateness(one, today))]
    ga = [words for one in course.milestones if one.kind == "ga" and (words := _lateness(one, today))]
    happened: dict[Occurrence, str] = {}
    for occurrence, said in (
        (Occurrence.MILESTONE_LATE, late),
        (Occurrence.GA_LATE, ga),
        (Occurrence.GATE_FAILED, [f"gate {name} failed" for name in course.failed_gates]),
        (Occurrence.HOTFIX, [f"{version} followed as a hotfix" for version in course.hotfixes]),
        (Occurrence.SECURITY_RELEASE, [f"{version} followed as a security release" for version in course.security]),
        (Occurrence.MUST_LEFT_OUT, [f"must-have {name} was left out" for name in course.musts_left_out]),
        (Occurrence.LEFT_BY_ONE, _left_by_one(course)),
        (Occurrence.MOVED_AGAIN, [f"its dates were moved {course.moves} times"] if course.moves > 1 else []),
        (
            Occurrence.APPROVAL_MISSING,
            [
                f"{seats} seat{'' if seats == 1 else 's'} of gate {gate} had no answer in time"
                for gate, seats in course.unanswered.items()
            ],
        ),
    ):
        if said:
            happened[occurrence] = "; ".join(said)
    settled = frozenset[Occurrence]()
    if course.released_on is not None:
        settled = frozenset(Occurrence) - {Occurrence.HOTFIX, Occurrence.SECURITY_RELEASE}
        if today > course.released_on + policy.hotfix_within:
            settled = frozenset(Occurrence)
    # Support may end before the time in which a hotfix counts.
    is_over = course.is_closed and (course.released_on is None or Occurrence.HOTFIX in settled)
    return Outcomes(happened=happened, settled=settled, is_over=is_over)


def _left_by_one(course: Course) -> list[str]:
    """That one person owns all of several features that were left out; empty where it is not so."""
    owners = {owner for _, owner in course.left_out}
    if len(course.left_out) < 2 or len(owners) != 1 or not (owner := owners.pop()):
        return []
    return [f"all {len(course.left_out)} features that were left out are {owner}'s"]


def _lateness(one: MilestoneFact, today: date) -> str:
    """How late a milestone is, in words; empty when it is not."""
    name = milestone_name(one.kind)
    if one.state == "missed":
        return f"{name} was missed"
    if one.planned_on is None or one.state == "skipped":
        return ""
    days = ((one.done_on or today) - one.planned_on).days
    if one.done_on is not None:
        return f"{name} was {days_text(days)} late" if days > 0 else ""
    return f"{name} is {days_text(days)} late" if days > 1 else ""
