"""What a survey brought: its rounds, the groups that were asked, and their answers, as the tables have them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from release_ops.domain.survey_scores import Instrument, Tally, instrument, tally

OTHERS = "*"
"""Audience of the people in groups that are too small to be told apart."""


class Key(NamedTuple):
    """A cell of the table: one audience in one round."""

    round: str
    audience: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SurveyRound:
    """One time that a survey was held."""

    id: str
    product: str
    survey: str
    title: str
    kind: str
    occasion: str
    """`2026-11`, `2026-Q4` or the version."""
    version: str = ""
    """Release that it is about; empty: none."""
    closed_on: date
    low: int
    high: int
    minimum: int = 5
    people: int | None = None
    resting: int | None = None
    opted_out: int | None = None

    @property
    def scale(self) -> Instrument:
        """How its scores count."""
        return instrument(self.kind, self.low, self.high)


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer. `wave` 1 came before the reminder, 2 after it; None: unknown."""

    round: str
    audience: str
    score: int
    comment: str = ""
    wave: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SurveyAnswers:
    """All that is known of some rounds of one survey, the earliest round first."""

    rounds: Sequence[SurveyRound]
    invited: Mapping[Key, int | None]
    """How many were asked in each group that there was; None: unknown."""
    answers: Sequence[Answer]
    late: Mapping[Key, int]
    """Answers that came after the close and are in no score."""

    @property
    def audiences(self) -> list[str]:
        """By name, those of small groups last."""
        return sorted({key.audience for key in self.invited}, key=lambda one: (one == OTHERS, one))

    def tallies(self) -> dict[Key, Tally]:
        """Answers counted, for every group that was asked."""
        scales = {one.id: one.scale for one in self.rounds}
        scores: dict[Key, list[int]] = {key: [] for key in self.invited}
        for answer in self.answers:
            scores.setdefault(Key(answer.round, answer.audience), []).append(answer.score)
        return {key: tally(scales[key.round], found) for key, found in scores.items()}

    def commented(self) -> dict[Key, int]:
        """Answers with a comment in each group."""
        counts = dict.fromkeys(self.invited, 0)
        for answer in self.answers:
            if answer.comment.strip():
                key = Key(answer.round, answer.audience)
                counts[key] = counts.get(key, 0) + 1
        return counts
