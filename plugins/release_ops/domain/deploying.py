"""What a driver is asked for and what it says: a target, and what is live."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

LivePhase = Literal["progressing", "healthy", "degraded", "paused", "unknown"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A version that is to have so many percent of an environment's users."""

    product: str
    version: str
    ref: str
    """Tag, or whatever names the version in the repository."""
    commit: str
    environment: str
    weight: int
    """Share of the users in percent, 0..100; 0: it runs beside the one before and has no users."""
    previous: str
    """Version that has the other users and that the way back leads to; empty: there is none."""
    strategy: str
    """A `deploy_policy.Strategy`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """What an environment runs, as its driver sees it."""

    version: str
    """The newest version that is there; empty: none is."""
    weight: int
    """Its share of the users in percent, 0..100."""
    settled: bool
    """Whether nothing is under way: what was asked for is there, or is not going to be."""
    phase: LivePhase
    detail: str = ""
    """In words, for people; text from outside."""
    evidence: Mapping[str, str] = field(default_factory=dict)
    """What it stands on: a revision, an address, the end of an output. Text from outside."""

    def shows(self, version: str, weight: int) -> bool:
        """Whether this version has this share, for good and in health."""
        return self.version == version and self.weight == weight and self.settled and self.phase != "degraded"
