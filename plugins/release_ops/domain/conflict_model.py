"""What a conflict is: two sides, how bad it is, what is wrong, and which dates would mend it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from release_ops.domain.conflict_policy import ConflictKind, Severity
from release_ops.domain.model import Milestone, MilestoneKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One milestone of a conflict. `planned_at` is aware, in its product's zone; None: it has no date."""

    product: str
    version: str
    milestone: MilestoneKind
    planned_at: datetime | None

    @property
    def key(self) -> str:
        """Identity over every move, `webapp:2.8.0:ga`."""
        return f"{self.product}:{self.version}:{self.milestone}"

    def __str__(self) -> str:
        """`webapp 2.8.0 ga on Thu 2026-11-26 09:00 CET`."""
        name = f"{self.product} {self.version} {self.milestone.replace('_', ' ')}"
        return f"{name} on {moment(self.planned_at)}" if self.planned_at else name


@dataclass(frozen=True, slots=True, kw_only=True)
class Fix:
    """A date for one side that resolves the conflict and makes no new one of its kind."""

    side: Side
    at: datetime

    @property
    def earlier(self) -> bool:
        """True if the milestone moves forward in the calendar, to an earlier date."""
        return self.side.planned_at is not None and self.at < self.side.planned_at

    def __str__(self) -> str:
        """`move webapp 2.8.0 ga to Fri 2026-11-27 09:00 CET`."""
        where = f"{self.side.product} {self.side.version} {self.side.milestone.replace('_', ' ')}"
        return f"move {where} to {moment(self.at)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """Two dates that are at odds, or one that is at odds with people or with what happens elsewhere."""

    kind: ConflictKind
    severity: Severity
    first: Side
    """The milestone that the proposed dates move, unless they say otherwise."""
    second: Side | None = None
    """The other milestone; None where `first` is at odds with something else."""
    subject: str = ""
    """What they share or compete for: people, teams; a conference, a holiday."""
    message: str
    fixes: tuple[Fix, ...] = ()
    """The nearest earlier and the nearest later date, as far as there are any."""
    remedy: str = ""
    """What mends it where no other date would."""
    accepted: str = ""
    """Reason from the product file for living with it; empty: nobody has accepted it."""

    @property
    def key(self) -> str:
        """Identity over every move of its dates, `team:shop:3.1.0:ga:webapp:2.8.0:ga`."""
        other = self.second.key if self.second else self.subject
        return f"{self.kind}:{self.first.key}:{other}"

    @property
    def sides(self) -> tuple[Side, ...]:
        """The milestones that it names."""
        return (self.first, self.second) if self.second else (self.first,)

    @property
    def state(self) -> str:
        """`error`, `warning` or `accepted`."""
        return "accepted" if self.accepted else self.severity.value

    @property
    def is_error(self) -> bool:
        """True if it cannot go well and nobody has accepted it."""
        return self.severity is Severity.ERROR and not self.accepted

    @property
    def at(self) -> datetime:
        """The later of its dates; the first one's where the other has none."""
        return max((side.planned_at for side in self.sides if side.planned_at), key=_utc)

    @property
    def proposal(self) -> str:
        """What would mend it, in words; empty where nothing near does."""
        return self.remedy or ", or ".join(map(str, self.fixes))

    def __str__(self) -> str:
        """What is wrong, and what would mend it."""
        return f"{self.message}; {self.proposal}" if self.proposal else self.message


def side_of(milestone: Milestone) -> Side:
    """The milestone as a side of a conflict."""
    return Side(
        product=milestone.product,
        version=milestone.version,
        milestone=milestone.kind,
        planned_at=milestone.planned_at,
    )


def in_order(conflicts: Iterable[Conflict]) -> tuple[Conflict, ...]:
    """Conflicts by the later of their dates, then by kind and names: the same in whatever order they were found."""
    kinds = {kind: place for place, kind in enumerate(ConflictKind)}
    return tuple(sorted(conflicts, key=lambda one: (_utc(one.at), kinds[one.kind], one.key)))


def moment(at: datetime) -> str:
    """`Thu 2026-11-26 09:00 CET`."""
    return f"{at:%a %Y-%m-%d %H:%M %Z}"


def _utc(at: datetime) -> datetime:
    return at.astimezone(UTC)
