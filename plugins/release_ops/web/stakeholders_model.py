"""What the page of stakeholders shows. Addresses and the words of concerns are not among it."""

from __future__ import annotations

from datetime import datetime

from release_ops.web.parts import Pages
from release_ops.web.responses import Answer
from release_ops.web.stakeholders_news import Concerns, News
from release_ops.web.values import Line, Passage

STATES = ("due", "held", "failed", "sent", "escalated", "lapsed", "withdrawn")


class Person(Answer):
    """A stakeholder of a product."""

    number: int
    """Place in the list, from 1; the grid has the same."""
    product: str
    """Id of the product."""
    id: Line
    """Id in the register."""
    name: Line
    """Name that people read."""
    role: Line
    """What they are where they work; may be empty."""
    type: str
    """What they are to the product."""
    influence: int
    """1 none to 5."""
    interest: int
    """1 none to 5."""
    strategy: str
    """manage_closely, keep_satisfied, keep_informed or monitor."""
    cadence: str
    """How often they hear without an occasion."""
    by_hand: bool
    """Strategy or cadence differ from what the grid asks for."""
    reason: Passage
    """Why they do."""
    audience: Line
    """Audience whose messages they get; empty: none."""
    level: str
    """Language of detail."""
    owner: Line
    """Who looks after them; empty: nobody is named."""
    channels: tuple[str, ...]
    """Kinds of their channels, in the order in which they are tried."""
    topics: tuple[str, ...]
    """What they are concerned about, by topic."""
    last_sent_at: datetime | None
    """When they last heard; null: never."""
    next_due_at: datetime | None
    """When they hear next; null: nothing is planned."""
    troubled: int
    """Messages to them that were refused."""


class Told(Answer):
    """A message that the matrix or a cadence asks for."""

    key: str
    """Its key."""
    product: str
    """Id of the product; `*` for a digest of several."""
    version: str
    """Version; empty for a digest."""
    title: Line
    """What people call the occasion."""
    phase: str
    """Row of the matrix, digest or escalation."""
    kind: str
    """Kind of message."""
    audience: Line
    """Audience whose words it has."""
    stakeholder: Line
    """Id of the stakeholder; empty: the audience as a whole."""
    name: Line
    """Their name; empty: the audience as a whole."""
    channel_kind: str
    """outbox, slack or email."""
    emergency: bool
    """It waits for nobody's hours."""
    first_due_at: datetime
    """When it was due when it was first planned."""
    due_at: datetime
    """When it is due."""
    state: str
    """due, held, failed, sent, escalated, lapsed or withdrawn."""
    why: Passage
    """Why it is held, lapsed or withdrawn."""
    not_before: datetime | None
    """When it is tried next; null: not known, or it is neither held nor failed."""
    attempts: int
    """How often it was refused."""
    error: Passage
    """What the last refusal said."""
    sent_at: datetime | None
    """When the channel took it."""
    stands_in: bool
    """It was sent instead of another one."""
    escalated_by: str
    """Channel of what was sent instead; empty without one."""
    escalated_phase: str
    """escalation: the owner was told; else another channel of the reader."""
    escalated_state: str
    """State of what was sent instead."""


class Row(Answer):
    """A row of the communication matrix."""

    title: Line
    """What people call it."""
    what: Passage
    """What it is about."""
    kind: str
    """Kind of message; empty: people send it."""
    audiences: tuple[Line, ...]
    """Who is told."""
    times: dict[str, str]
    """Release type to when, in words; a type that is not there has no such message."""
    details: dict[str, str]
    """Release type to how much it says."""


class Matrix(Answer):
    """The communication matrix of a product."""

    product: str
    """Id of the product."""
    types: tuple[str, ...]
    """Release types, in order."""
    rows: tuple[Row, ...]
    """Its rows, in the order of the file."""


class StakeholdersAnswer(Answer):
    """The register, the matrix, and what became of every message."""

    people: tuple[Person, ...]
    """The register, the most influential first."""
    people_total: int
    """How many there are in all."""
    high_influence: int
    """From here on influence is high."""
    high_interest: int
    """From here on interest is high."""
    concerns: Concerns
    """What they have raised, and whether it was answered in time."""
    news: tuple[News, ...]
    """Slips, changes of scope and incidents, the latest first, with how many they touch."""
    matrix: Matrix | None
    """Of the chosen product, or of the only one; null: several."""
    messages: tuple[Told, ...]
    """This page of the messages: the open ones by their time, then the others."""
    counts: dict[str, int]
    """How many there are by state."""
    pages: Pages
    """Which page of the messages this is."""
