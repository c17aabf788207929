"""How a release stands: every measure against its thresholds, and all of them together. Unknown is never green."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from release_ops.domain.health_policy import MEASURES, QUALITY_PARTS, HealthPolicy

BEST = 10.0
"""The highest quality score."""
_ROUNDING = 1e-9


class Status(StrEnum):
    """Green: nothing that is known speaks against it and enough is known; unknown: too little is."""

    RED = "red"
    YELLOW = "yellow"
    UNKNOWN = "unknown"
    GREEN = "green"


WORST_FIRST: tuple[Status, ...] = tuple(Status)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What one measure says; value None: nobody knows, and `remedy` says what would make it known.

    Not `applies`: it is known that there is nothing to measure, such as a velocity when nothing is left to do.
    """

    measure: str
    value: float | None
    words: str
    remedy: str = ""
    applies: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """A reading with what it means."""

    measure: str
    title: str
    status: Status
    value: float | None
    threshold: float | None
    """The threshold that was crossed, else the nearest that was not; None where there is none or no value."""
    unit: str
    words: str
    remedy: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class QualityPart:
    """A part of the quality score: its share 0..1, None if nobody knows."""

    part: str
    title: str
    share: float | None
    weight: float
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """The quality score 0..10 over the parts that are known, and the share 0..1 of the weights that these are."""

    score: float | None
    coverage: float
    parts: tuple[QualityPart, ...]


def judge(reading: Reading, policy: HealthPolicy) -> Reason:
    """What a reading means. KeyError for a measure that MEASURES does not have."""
    measure = MEASURES[reading.measure]
    limits = policy.thresholds.get(reading.measure)
    status, threshold = Status.UNKNOWN, None
    if reading.value is not None:
        status = Status.GREEN
        yellow, red = (limits.yellow, limits.red) if limits else (None, None)
        if _beyond(reading.value, red, measure.high_is_bad):
            status, threshold = Status.RED, red
        elif _beyond(reading.value, yellow, measure.high_is_bad):
            status, threshold = Status.YELLOW, yellow
        else:
            threshold = yellow if yellow is not None else red
    return Reason(
        measure=reading.measure,
        title=measure.title,
        status=status,
        value=reading.value,
        threshold=threshold,
        unit=measure.unit,
        words=reading.words,
        remedy=reading.remedy if status is Status.UNKNOWN else "",
    )


def _beyond(value: float, threshold: float | None, high_is_bad: bool) -> bool:
    if threshold is None:
        return False
    return value > threshold + _ROUNDING if high_is_bad else value < threshold - _ROUNDING


def reasons_of(readings: Iterable[Reading], policy: HealthPolicy) -> tuple[Reason, ...]:
    """Every reading that applies judged, the worst first, then as MEASURES orders them."""
    order = {measure: place for place, measure in enumerate(MEASURES)}
    judged = (judge(reading, policy) for reading in readings if reading.applies)
    return tuple(sorted(judged, key=lambda one: (WORST_FIRST.index(one.status), order[one.measure])))


def overall(readings: Sequence[Reading], policy: HealthPolicy, *, is_out: bool = False) -> Status:
    """The worst that is known; without anything bad green, but only when every needed measure is known to be.

    After GA (`is_out`) other measures are needed than before. A needed measure for which there is no reading is unknown;
    one that does not apply is not needed.
    """
    reasons = reasons_of(readings, policy)
    found = {reason.status for reason in reasons}
    for status in (Status.RED, Status.YELLOW):
        if status in found:
            return status
    green = {reason.measure for reason in reasons if reason.status is Status.GREEN}
    without = {reading.measure for reading in readings if not reading.applies}
    needed = (policy.needed_after if is_out else policy.needed) - without
    return Status.GREEN if green and needed <= green else Status.UNKNOWN


def quality_of(shares: Mapping[str, tuple[float | None, str]], policy: HealthPolicy) -> Quality:
    """The score from the share 0..1 of each part with its words; parts without a weight do not count.

    The weighted mean of the known shares times ten. What is not known lowers the coverage, not the score.
    """
    parts = tuple(
        QualityPart(part=part, title=title, share=share, weight=weight, words=words)
        for part, title in QUALITY_PARTS.items()
        if (weight := policy.quality.get(part, 0.0)) > 0
        for share, words in [shares.get(part, (None, "nobody has looked"))]
    )
    known = [(part.share, part.weight) for part in parts if part.share is not None]
    weights = sum(weight for _, weight in known)
    whole = sum(part.weight for part in parts)
    return Quality(
        score=BEST * sum(share * weight for share, weight in known) / weights if weights else None,
        coverage=weights / whole if whole else 0.0,
        parts=parts,
    )
