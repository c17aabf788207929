"""Raised concerns and what news meant for whom, for the page of stakeholders. The words of concerns are not among it."""

from __future__ import annotations

from datetime import date, datetime

from release_ops.store import Store
from release_ops.web.responses import Answer
from release_ops.web.values import Line

SHOWN = 25
"""Concerns and events that are shown."""


class RaisedConcern(Answer):
    """A concern that a stakeholder raised."""

    id: str
    """Its id."""
    product: str
    """Id of the product."""
    version: str
    """Release that it is about; empty: none in particular."""
    name: Line
    """Who raised it."""
    topic: str
    """What it is about."""
    received_at: datetime
    """When it was received."""
    due_at: datetime
    """By when it has to be answered."""
    owner: Line
    """Who answers it; empty: nobody is named."""
    answered_at: datetime | None
    """When it was answered; null: it is open."""
    answered_by: Line
    """Who answered it."""
    reminders: int
    """How often its owner was told that it is overdue."""


class Concerns(Answer):
    """The concerns of a product, or of all."""

    shown: tuple[RaisedConcern, ...]
    """Open ones by the time they are due, then the latest answers."""
    total: int
    """How many there are."""
    open: int
    """How many wait for an answer."""
    in_time: int
    """How many were answered in time."""


class News(Answer):
    """A slip, a change of scope or an incident, and whom it touched."""

    product: str
    """Id of the product."""
    version: str
    """Release that it is about."""
    kind: str
    """slip, scope or incident."""
    event: str
    """Its id."""
    title: Line
    """What moved, or what the incident is called."""
    happened_at: datetime
    """When it was noticed or began."""
    old_on: date | None
    """Of a slip, the date before."""
    new_on: date | None
    """Of a slip, the date after."""
    severity: str
    """Of an incident."""
    features: int
    """Of a change of scope, the number of features that were taken out."""
    touched: int
    """Stakeholders and audiences that it touches."""
    concerned: int
    """How many of them have stated a concern that it touches."""
    told: int
    """How many of them were told."""
    next_contact_on: date | None
    """The first day by which one of them hears again."""


def read_concerns(store: Store, product: str | None) -> Concerns:
    """The concerns, in one query."""
    rows = store.all("concerns_board", product=product, limit=SHOWN)
    first = rows[0] if rows else {"total": 0, "open": 0, "in_time": 0}
    return Concerns(
        shown=tuple(RaisedConcern(**{name: row[name] for name in RaisedConcern.model_fields}) for row in rows),
        total=first["total"],
        open=first["open"],
        in_time=first["in_time"],
    )


def read_news(store: Store, product: str | None) -> tuple[News, ...]:
    """The latest events, in one query."""
    rows = store.all("expectations_board", product=product, limit=SHOWN)
    return tuple(News(**{name: row[name] for name in News.model_fields}) for row in rows)
