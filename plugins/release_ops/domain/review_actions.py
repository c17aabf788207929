"""An action item of a review, as messages tell of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionItem:
    """What somebody has to do until when. Texts are data."""

    id: str
    product: str
    version: str
    text: str
    owner: str
    due_on: date
    why: str = ""
    reminders: int = 0
    """How often its owner was reminded."""

    def days_over(self, today: date) -> int:
        """For how many days it has been overdue; never negative."""
        return max((today - self.due_on).days, 0)


def action_of(row: Mapping[str, Any]) -> ActionItem:
    """The item of a row of release_ops.action_item."""
    return ActionItem(**{one.name: row[one.name] for one in fields(ActionItem)})
