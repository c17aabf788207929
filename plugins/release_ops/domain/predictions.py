"""Predictions: what was said before the fact, what came of it, and how good it was.

A chance is scored by G. W. Brier's rule (Verification of forecasts expressed in terms of probability, Monthly Weather
Review 78, 1950): the mean of (chance - outcome) squared, outcome 1 or 0; 0 is perfect, 0.25 is what always saying 50 % gets.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from math import fsum

LEAST = 5
"""With fewer scored predictions a target is neither met nor missed."""
BUCKETS = 10


class PredictionKind(StrEnum):
    """What is predicted."""

    GA_DATE = "ga_date"
    """GA is on `expected_on` or before, with the chance; the subject is p50, p85 or p95."""
    ON_TIME = "on_time"
    """GA is on its planned day, `expected_on`, or before, with the chance."""
    SCOPE = "scope"
    """The share `expected` of the planned features is delivered."""
    RISK = "risk"
    """What the subject names goes wrong, with the chance."""
    GATE = "gate"
    """The gate that the subject names passes the next time, with the chance."""
    DURATION = "duration"
    """From the opening of the release to GA it takes `expected` days."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prediction:
    """One forecast as it was written down."""

    product: str
    version: str
    kind: PredictionKind
    made_at: datetime
    """Aware."""
    subject: str = ""
    probability: float | None = None
    """Chance 0..1 that it comes true."""
    expected_on: date | None = None
    expected: float | None = None
    """Share 0..1 of the scope, or days."""
    basis: str = ""
    """What it rests on, in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of a prediction."""

    occurred: bool | None = None
    actual_on: date | None = None
    actual: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known of a release by now."""

    ga_on: date | None = None
    """Day of GA in the product's zone; None: not yet."""
    opened_on: date | None = None
    delivered: float | None = None
    """Share 0..1 of the planned features that GA delivered; None before GA, or if nothing was planned."""
    happened: Mapping[str, bool] = field(default_factory=dict)
    """Subject of a risk to whether it came true; only what is certain."""
    gates: Sequence[tuple[str, datetime, bool]] = ()
    """Gate, when it was evaluated, whether it passed (with conditions, too)."""


def resolve(prediction: Prediction, facts: Facts) -> Outcome | None:
    """What came of a prediction; None: nobody knows yet."""
    found: Outcome | None = None
    match prediction.kind:
        case PredictionKind.GA_DATE | PredictionKind.ON_TIME if facts.ga_on and prediction.expected_on:
            found = Outcome(occurred=facts.ga_on <= prediction.expected_on, actual_on=facts.ga_on)
        case PredictionKind.SCOPE if facts.delivered is not None:
            found = Outcome(actual=facts.delivered)
        case PredictionKind.DURATION if facts.ga_on and facts.opened_on:
            found = Outcome(actual=float((facts.ga_on - facts.opened_on).days), actual_on=facts.ga_on)
        case PredictionKind.RISK if prediction.subject in facts.happened:
            found = Outcome(occurred=facts.happened[prediction.subject])
        case PredictionKind.GATE:
            tries = [(at, ok) for gate, at, ok in facts.gates if gate == prediction.subject and at > prediction.made_at]
            found = Outcome(occurred=min(tries)[1]) if tries else None
    return found


def brier(pairs: Iterable[tuple[float, bool]]) -> float | None:
    """Brier score of (chance, whether it came true): 0 is perfect, 1 is always certain and wrong; None for none."""
    squares = [(chance - occurred) ** 2 for chance, occurred in pairs]
    return fsum(squares) / len(squares) if squares else None


@dataclass(frozen=True, slots=True)
class Bucket:
    """Predictions whose chance lies from `low` up to, not including, `high`; the last bucket includes 1."""

    low: float
    high: float
    count: int
    said: float
    """Mean chance."""
    came_true: float
    """Share that came true; near `said` if the predictions are calibrated."""


def calibration(pairs: Iterable[tuple[float, bool]]) -> tuple[Bucket, ...]:
    """The calibration table, ten buckets of 0.1; empty ones are left out."""
    sorted_in: dict[int, list[tuple[float, bool]]] = {}
    for chance, occurred in pairs:
        # Floor alone puts 0.3 (binary 0.29999...) into the bucket below.
        sorted_in.setdefault(min(int(chance * BUCKETS + 1e-9), BUCKETS - 1), []).append((chance, occurred))
    return tuple(
        Bucket(
            low=place / BUCKETS,
            high=(place + 1) / BUCKETS,
            count=len(found),
            said=fsum(chance for chance, _ in found) / len(found),
            came_true=sum(occurred for _, occurred in found) / len(found),
        )
        for place, found in sorted(sorted_in.items())
    )


def hit(chance: float, occurred: bool) -> bool:
    """Whether what was held for likelier came true; 0.5 says neither, and counts as saying that it comes true."""
    return (chance >= 0.5) == occurred


def scope_accuracy(expected: float, actual: float) -> float:
    """1 - the difference of two shares of the scope; 1 is perfect, never below 0."""
    return max(0.0, 1 - abs(actual - expected))


def time_variance(expected: float, actual: float) -> float | None:
    """Difference of two durations as a ratio of the expected one; None if that is none."""
    return abs(actual - expected) / expected if expected > 0 else None


def laplace(passed: int, tried: int) -> float:
    """Chance of a next success after so many, by Laplace's rule of succession: (passed + 1) / (tried + 2)."""
    return (passed + 1) / (tried + 2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """A prediction with its outcome."""

    prediction: Prediction
    outcome: Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """How good the predictions of a subject are, against the target."""

    subject: str
    """scope, risk, gate or time."""
    count: int
    value: float | None
    target: float
    at_most: bool
    """The target is an upper bound."""

    @property
    def verdict(self) -> str:
        """`met`, `missed`, or `too few` with fewer than LEAST scored predictions."""
        if self.value is None or self.count < LEAST:
            return "too few"
        return "met" if (self.value <= self.target if self.at_most else self.value >= self.target) else "missed"


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackRecord:
    """How good a product's predictions have been."""

    scores: tuple[Score, ...]
    """One per target: mean accuracy of the scope, share of hits of risks and of gates, mean variance of durations."""
    brier: float | None
    chances: int
    """Scored predictions that were chances."""
    calibration: tuple[Bucket, ...]
    days_off: float | None
    """Mean of the days by which GA came later than the P50 date said; negative: earlier."""


def track_record(scored: Sequence[Scored], targets: Mapping[str, float]) -> TrackRecord:
    """Score predictions that have come to their end; each counts, made early or late."""
    pairs = [
        (one.prediction.probability, one.outcome.occurred)
        for one in scored
        if one.prediction.probability is not None and one.outcome.occurred is not None
    ]
    values: dict[str, list[float]] = {"scope": [], "risk": [], "gate": [], "time": []}
    days = []
    for one in scored:
        said, came = one.prediction, one.outcome
        match said.kind:
            case PredictionKind.SCOPE if said.expected is not None and came.actual is not None:
                values["scope"].append(scope_accuracy(said.expected, came.actual))
            case PredictionKind.DURATION if said.expected is not None and came.actual is not None:
                if (variance := time_variance(said.expected, came.actual)) is not None:
                    values["time"].append(variance)
            case PredictionKind.RISK | PredictionKind.GATE if (
                said.probability is not None and came.occurred is not None
            ):
                values[said.kind.value].append(float(hit(said.probability, came.occurred)))
            case PredictionKind.GA_DATE if said.subject == "p50" and said.expected_on and came.actual_on:
                days.append((came.actual_on - said.expected_on).days)
    return TrackRecord(
        scores=tuple(
            Score(
                subject=subject,
                count=len(found),
                value=fsum(found) / len(found) if found else None,
                target=targets[subject],
                at_most=subject == "time",
            )
            for subject, found in values.items()
            if subject in targets
        ),
        brier=brier(pairs),
        chances=len(pairs),
        calibration=calibration(pairs),
        days_off=sum(days) / len(days) if days else None,
    )
