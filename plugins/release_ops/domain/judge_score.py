"""From classified metrics to one score 0..100 and what it means, after Kayenta's WeightedSumScorer.

Source: spinnaker/kayenta, kayenta-judge (scorers, classifiers/score) at a69573be (Apache-2.0).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

from release_ops.domain.judge import Label

NODATA_THRESHOLD = 50
"""From this percentage of metrics without data on the score is 0."""

_COUNTED = (Label.PASS, Label.HIGH, Label.LOW, Label.NODATA_FAIL)


class ScoreLabel(StrEnum):
    """What a score says."""

    PASS = "Pass"  # noqa: S105 - a label, not a secret
    MARGINAL = "Marginal"
    FAIL = "Fail"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """One classified metric as the score sees it."""

    name: str
    label: Label
    groups: tuple[str, ...]
    critical: bool = False
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupScore:
    """Share of a group's metrics that passed, in percent."""

    name: str
    score: float
    no_data: bool
    counts: Mapping[Label, int]
    metrics: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """The groups' scores and their weighted sum; `reason` says why it is 0 whatever they are."""

    groups: tuple[GroupScore, ...]
    summary: float
    reason: str = ""


def score(results: Sequence[Scored], weights: Mapping[str, float]) -> Score:
    """Score of classified metrics; weights of groups are in percent, and groups without one share the rest equally.

    A critical metric that did not pass, or half of all metrics without data, make it 0. A group without data counts as 100.
    """
    groups = tuple(_group(name, results) for name in dict.fromkeys(group for one in results for group in one.groups))
    failed = next((one for one in results if one.critical and one.label is not Label.PASS), None)
    if failed is not None:
        return Score(groups=groups, summary=0.0, reason=f"Canary Failed: {failed.reason}")
    silent = sum(one.label is Label.NODATA for one in results)
    if results and silent / len(results) * 100 >= NODATA_THRESHOLD:
        reason = f"Canary Failed: {NODATA_THRESHOLD}% or more metrics returned {Label.NODATA.upper()}"
        return Score(groups=groups, summary=0.0, reason=reason)
    without = [one.name for one in groups if one.name not in weights]
    share = (100 - sum(weights.values())) / len(without) if without else 0.0
    total = 0.0
    for one in groups:
        total += (100.0 if one.no_data else one.score) * (weights.get(one.name, share) / 100)
    return Score(groups=groups, summary=_rounded(total))


def classify_score(value: float, *, passing: float, marginal: float) -> ScoreLabel:
    """Pass from `passing` on, Marginal from `marginal` on, Fail below (Kayenta's ThresholdScoreClassifier)."""
    if value >= passing:
        return ScoreLabel.PASS
    return ScoreLabel.MARGINAL if value >= marginal else ScoreLabel.FAIL


def _group(name: str, results: Sequence[Scored]) -> GroupScore:
    labels = [one.label for one in results if name in one.groups]
    total = sum(label in _COUNTED for label in labels)
    passed = labels.count(Label.PASS)
    return GroupScore(
        name=name,
        score=passed / total * 100 if total else 0.0,
        no_data=not total,
        counts={label: labels.count(label) for label in dict.fromkeys(labels)},
        metrics=len(labels),
    )


def _rounded(value: float) -> float:
    return float(Decimal(repr(value)).quantize(Decimal("0.01"), ROUND_HALF_UP))
