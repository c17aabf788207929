"""How a product plans its tests, its messages and its way back: what the product file says of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelPolicy:
    """One level of tests. `before` is the kind of the milestone that it has to be done for, whose gate it must pass."""

    id: str
    title: str
    before: str
    owner: str = ""
    """A role of the product's approvers, or a person."""
    selected: str = ""
    """What is tested at depth `selected`."""
    full: str = ""
    """What is tested at depth `full`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TestPolicy:
    """Levels of tests, and how deep each goes: release type -> risk level -> id of the level -> `selected` or `full`."""

    levels: tuple[LevelPolicy, ...] = ()
    depths: Mapping[str, Mapping[str, Mapping[str, str]]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    """One message of people to people: when, relative to GA, to whom, what about, and who sends it."""

    id: str
    title: str
    rule: str
    audiences: tuple[str, ...]
    what: str = ""
    sender: str = ""
    types: frozenset[str] = frozenset()
    """Release types that have it; empty: all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RollbackPolicy:
    """What a team knows of its way back; what is empty nobody has written down."""

    command: str = ""
    """How the previous version is deployed again."""
    when: tuple[str, ...] = ()
    """What makes the team go back, beside the numbers of the gates."""
    migrations: tuple[str, ...] = ()
    """Patterns of the files that change data; `*` also matches slashes."""
    flags: tuple[str, ...] = ()
    """Feature flags that switch a new thing off without going back."""


def milestone_name(kind: str) -> str:
    """Return how people call a milestone: `GA`, `RC`, `feature complete`."""
    return kind.upper() if kind in {"ga", "rc"} else kind.replace("_", " ")
