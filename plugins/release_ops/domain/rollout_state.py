"""The nouns of a rollout: where it stands, what people tell it, what it demands of the world, what happened."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

GOOD, BAD, BROKEN, UNCLEAR = "Successful", "Failed", "Error", "Inconclusive"
"""How an analysis ends, in the words of `analysis.Phase`; anything else is under way."""
OVER = frozenset({GOOD, BAD, BROKEN, UNCLEAR})


class Phase(StrEnum):
    """Where a rollout stands."""

    PLANNED = "planned"
    RUNNING = "running"
    PAUSED = "paused"
    """In a step that rests."""
    HELD = "held"
    """A person has to decide."""
    ROLLING_BACK = "rolling_back"
    PROMOTED = "promoted"
    """Everybody has the new version."""
    ROLLED_BACK = "rolled_back"
    """The version before is live and healthy again."""
    ABORTED = "aborted"
    """It ended before anything was changed, or where there is no version to go back to."""
    FAILED = "failed"
    """It ended with an environment that needs people."""


ENDED = frozenset({Phase.PROMOTED, Phase.ROLLED_BACK, Phase.ABORTED, Phase.FAILED})
GOING = frozenset({Phase.RUNNING, Phase.PAUSED, Phase.HELD})
"""Phases in which the new version may have users and may still get more."""


class Order(StrEnum):
    """What people tell a rollout."""

    PROMOTE = "promote"
    """All users at once, without the steps between."""
    HOLD = "hold"
    RESUME = "resume"
    """Out of a hold, whose analyses begin again; or on to the next step out of a pause."""
    ABORT = "abort"
    RETRY = "retry"
    """As `resume`; on the way back: once more, with all the time that it may take."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """An order with who gave it and why."""

    order: Order
    by: str
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How far an analysis is: its phase, and why in words."""

    phase: str
    message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """The driver could not be asked, or could not do what it was asked."""

    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """All that a rollout has to remember."""

    phase: Phase = Phase.PLANNED
    step: int = 0
    """Place of the step that it is in; after the last one, their number."""
    since: datetime | None = None
    """Since when it is in this step, this hold, or on the way back."""
    tries: int = 0
    """How often the step, or the way back, began anew."""
    background: int = -1
    """How often those in the background did; -1: they have not begun."""
    weight: int = 0
    """Share of the users in percent that the new version has for certain."""
    asked: int = -1
    """Last step for which the driver was asked for a share."""
    waiting: str = ""
    """Why the next share waits: the rules that close the window. Empty: it does not."""
    failed: bool = False
    """Whether an analysis failed, or the new version is not healthy, and nobody has had it looked at again."""
    troubles: int = 0
    """Errors of the driver in a row."""
    skipping: bool = False
    """Whether somebody ordered all users at once."""
    why: str = ""
    """In words, why it is where it is."""

    @property
    def is_over(self) -> bool:
        """Whether nothing more will happen."""
        return self.phase in ENDED


class Apply(NamedTuple):
    """The driver has to bring the new version to this share of the users."""

    step: int
    weight: int
    tries: int = 0
    """How often somebody had it tried anew: each time it is another act."""


class GoBack(NamedTuple):
    """The driver has to bring the version before to all users."""

    tries: int = 0


class Analyse(NamedTuple):
    """An analysis has to be under way, under this key."""

    run: str
    analysis: str


Act = Apply | GoBack | Analyse


class Note(NamedTuple):
    """Something that happened: kind as in `release_ops.rollout_event`, words, and who did it if somebody did."""

    kind: str
    text: str
    by: str = ""


class Turn(NamedTuple):
    """The new state, what has to be so in it, and what happened on the way to it."""

    state: State
    acts: tuple[Act, ...]
    notes: tuple[Note, ...]


def state_to_json(state: State) -> dict[str, Any]:
    """A state as JSON can hold it."""
    found = {name: getattr(state, name) for name in State.__slots__}
    return {**found, "phase": state.phase.value, "since": state.since.isoformat() if state.since else None}


def state_from_json(kept: Mapping[str, Any]) -> State:
    """The state again; an empty mapping is one that has not begun."""
    if not kept:
        return State()
    since = kept["since"]
    return State(**{**kept, "phase": Phase(kept["phase"]), "since": datetime.fromisoformat(since) if since else None})
