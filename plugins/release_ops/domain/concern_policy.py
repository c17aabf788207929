"""How soon concerns are answered: the section `concerns` of a product file."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from release_ops.domain.window_rules import Hours


@dataclass(frozen=True, slots=True, kw_only=True)
class ConcernPolicy:
    """How soon a concern is answered, and who hears of one that is not."""

    answer_within: timedelta = timedelta(hours=24)
    hours: Hours | None = None
    """Only time within these hours counts, on business days, in the product's zone; None: all of it."""
    remind_every: timedelta = timedelta(hours=24)
    overdue_to: tuple[str, ...] = ()
    """Audiences that hear of an overdue one where its owner cannot be reached."""
