"""What every engine of feature flags can do: be read, be written once, and be asked what a change would do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from release_ops.domain.flags import FlagState, Moves
from release_ops.domain.flags_policy import Flag


class FlagError(Exception):
    """The engine cannot be used or refused; the message names what was asked, what it said and the remedy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluations:
    """How often applications got a variant lately, as the engine counted."""

    variant: str
    yes: int
    """Evaluations with the flag on."""
    no: int


class FlagEngine(Protocol):
    """One engine, for the flags of one product."""

    name: str

    def read(self, flag: Flag, environment: str) -> FlagState:
        """What it serves now. FlagError when it cannot be asked."""
        ...

    def write(
        self, flag: Flag, environment: str, state: FlagState, *, key: str, at: datetime, why: str
    ) -> Mapping[str, Any]:
        """Let it serve that state, and return the evidence. Asks first: a state that is there already is not written.

        The same `key` and `at` make the same write. FlagError when it cannot, or when what it serves afterwards is not
        what was meant.
        """
        ...

    def written(self, flag: Flag, environment: str, state: FlagState, *, key: str) -> Mapping[str, Any] | None:
        """Evidence that the write of that key is done; None: it is not."""
        ...

    def moves(self, flag: Flag, environment: str, before: FlagState, after: FlagState, *, sample: int) -> Moves:
        """How many of a sample of users would get another variant."""
        ...

    def evaluations(self, flag: Flag, environment: str) -> tuple[Evaluations, ...] | None:
        """What applications got lately; None where the engine does not count."""
        ...
