"""How the answers of surveys are judged, told and acted upon."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Late(StrEnum):
    """What becomes of answers that come after a round was closed."""

    SEPARATE = "separate"
    """They are counted, and change no score."""
    RESTATE = "restate"
    """Those of a group that is told are taken in once there are enough of them to hide in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """Beyond `yellow` a measure is yellow, beyond `red` it is red; None: never."""

    yellow: float | None = None
    red: float | None = None


MEASURES: Mapping[str, tuple[str, bool]] = {
    "nps": ("NPS", False),
    "csat": ("Satisfied", False),
    "ces": ("Found it easy", False),
    "concerns": ("Answers that voice a concern", True),
    "response_rate": ("Response rate", False),
    "engagement": ("Engagement", False),
}
"""What a group is judged by: its title, and whether more of it is worse. All are ratios; NPS is -1..1."""

ENGAGEMENT_PARTS = ("response_rate", "response_trend", "comments")
"""What engagement is made of, each 0..1."""

TRIGGERS: Mapping[str, str] = {
    "fell": "the score fell by more than chance explains",
    "rose": "the score rose by more than chance explains",
    "score": "the score",
    "concerns": "the share of answers that voice a concern",
    "response_rate": "the response rate",
    "response_fell": "the response rate fell by more than chance explains",
    "engagement": "engagement",
}
"""What an action can be asked for by."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Engagement:
    """How engagement (0..1) is worked out: the weighted mean of its parts, each held to a target."""

    response_rate: float = 0.3
    """Response rate that is full marks."""
    comments: float = 0.4
    """Share of answers with a comment that is full marks."""
    weights: Mapping[str, float] = field(default_factory=lambda: dict.fromkeys(ENGAGEMENT_PARTS, 1.0))


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionRule:
    """What is to be done for a group when something is so, and by whom."""

    id: str
    when: str
    """One of TRIGGERS."""
    action: str
    owner: str
    """Role that has to do it."""
    kinds: frozenset[str] = frozenset()
    """Kinds of survey that it holds for; empty: all."""
    below: float | None = None
    above: float | None = None
    within: str = ""
    """Time in which it has to be done, in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportColumns:
    """Which columns of another tool's CSV file say what. A name is compared without case and surrounding space."""

    score: tuple[str, ...]
    """The first of these that the file has; so with all."""
    comment: tuple[str, ...] = ()
    date: tuple[str, ...] = ()
    id: tuple[str, ...] = ()
    """What tells answers apart, so that the same file twice brings none twice."""
    audience: tuple[str, ...] = ()
    release: tuple[str, ...] = ()
    finished: tuple[str, ...] = ()
    """Where a value says that an answer was not sent off, its row is left out."""
    header_rows: int = 1
    """Rows before the first answer; the first has the names."""
    dates: tuple[str, ...] = ()
    """Forms of its dates beside ISO 8601, as strptime has them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportFolder:
    """Where a survey's files from another tool lie."""

    survey: str
    files: str
    """Pattern relative to the product file's folder."""
    tool: str = "columns"
    audience: str = ""
    """Audience of rows without one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SurveyResultsPolicy:
    """How the answers of a product's surveys are judged, told and acted upon."""

    level: float = 0.95
    """Confidence of intervals; 1 minus it is what counts as chance."""
    rounds: int = 8
    """Rounds of a survey that a report shows, the last ones."""
    protection: int = 5
    """Width of the interval in which at least the count of a small group stays hidden."""
    late: Late = Late.SEPARATE
    comments: int = 20
    """Comments of a group that a report shows."""
    comment_length: int = 500
    """Characters of one."""
    limits: Mapping[str, Limit] = field(default_factory=dict)
    engagement: Engagement = field(default_factory=Engagement)
    actions: tuple[ActionRule, ...] = ()
    report_to: tuple[str, ...] = ()
    """Audiences that get the report of a round."""
    tools: Mapping[str, ImportColumns] = field(default_factory=dict)
    """Name of a tool to the columns of its export."""
    imports: tuple[ImportFolder, ...] = ()
