"""The one interface of everything that deploys."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol

from release_ops.domain.deploying import Live, Target


class DriverError(Exception):
    """The driver could not do or say what it was asked; the message has what went wrong and the remedy."""


class Driver(Protocol):
    """Deploys to one environment of one product.

    Every call may come again after a crash, also while what was asked for is still under way: `apply` and `rollback`
    look first whether it is already so, and ask for it once. `key` is the same at every try of one act and different
    for every other act; where the outside system can keep a mark, it keeps this one. `at` is when the act was first
    begun (UTC), the same at every try. All of them raise DriverError.
    """

    def look(self, target: Target) -> Live:
        """What is live there now."""
        ...

    def apply(self, target: Target, key: str, at: datetime) -> Mapping[str, Any]:
        """Ask for the target's version at its weight and return at once, with JSON-safe facts about what was asked."""
        ...

    def rollback(self, target: Target, key: str, at: datetime) -> Mapping[str, Any]:
        """Ask for `target.previous` at 100 % and return at once, with JSON-safe facts about what was asked."""
        ...

    def rehearse(self, target: Target) -> Mapping[str, Any]:
        """Prove, changing nothing, that the way back works; returns JSON-safe evidence."""
        ...
