"""What a proposed date is: when, what forbids it, its score in parts, and what it would clash with."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from release_ops.domain.conflict_model import Conflict


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why a release may not go out on a day: `subject` is the same for all the days that one thing forbids."""

    rule: str
    """window, past, notice, people, needs or spacing."""
    subject: str
    text: str


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a score: 0 (bad) to 1, its weight, and the reason in words."""

    name: str
    score: float
    weight: float
    reason: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """A GA on one day: when it would be (aware, in the product's zone), what forbids it, and its parts."""

    at: datetime
    obstacles: tuple[Obstacle, ...]
    parts: tuple[Part, ...]
    conflicts: tuple[Conflict, ...] = ()
    """What it would clash with, as far as somebody has looked."""

    @property
    def day(self) -> date:
        """Local day."""
        return self.at.date()

    @property
    def is_legal(self) -> bool:
        """Whether nothing forbids it."""
        return not self.obstacles

    @property
    def score(self) -> float:
        """Weighted mean of the parts, 0..100; 0 when nothing has a weight."""
        weight = sum(part.weight for part in self.parts)
        return 100 * sum(part.score * part.weight for part in self.parts) / weight if weight else 0.0


@dataclass(frozen=True, slots=True)
class Closing:
    """What forbids days of a span, and on how many of them."""

    rule: str
    subject: str
    days: int


@dataclass(frozen=True, slots=True)
class Proposal:
    """The planned GA, the nearest legal ones around it when it is not legal, and the best days of the span."""

    planned: Candidate
    before: Candidate | None
    after: Candidate | None
    best: tuple[Candidate, ...]
    days: int
    legal: int
    closings: tuple[Closing, ...]
    """What forbids days of the span, most days first."""


def obstacle_texts(candidate: Candidate) -> Iterable[str]:
    """What forbids a candidate, each once, `window: closed by Christmas until ...`."""
    return dict.fromkeys(f"{one.rule}: {one.text}" for one in candidate.obstacles)
