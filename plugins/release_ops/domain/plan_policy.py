"""How a product plans its tests, its messages and its way back: what the product file says of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import time, timedelta


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
    """One row of the communication matrix: when a release's message is due, for whom, through what, and how much it says.

    Without a `kind` people send it by hand.
    """

    id: str
    title: str
    rule: str = ""
    """When, from GA; empty: at no day that is known before (`event`, `at_once`)."""
    rules: Mapping[str, str] = field(default_factory=dict)
    """Release type to its own rule; with any, the types that are not named have none but `rule`."""
    audiences: tuple[str, ...] = ()
    what: str = ""
    sender: str = ""
    """Who sends it, or who answers questions about what is sent by itself."""
    types: frozenset[str] = frozenset()
    """Release types that have it; empty: all."""
    kind: str = ""
    """Kind of the message (`MessagePolicy.kinds`) that is sent by itself; empty: none is."""
    details: Mapping[str, str] = field(default_factory=dict)
    """Release type to the detail of the message; the reader's own without one."""
    channels: frozenset[str] = frozenset()
    """Kinds of the channels that it goes through; empty: all of the audience's."""
    at: time | None = None
    """Time of day in the product's zone; None: that of the product's GA."""
    event: str = ""
    """What has to have happened first: started, completed, failed or rolled_back."""
    at_once: bool = False
    """True: as soon as the release is known."""
    useful_for: timedelta | None = None
    """How late it may come and still be sent; None: as the product's policy says."""

    @property
    def has_rule(self) -> bool:
        """Whether its day is known before, for some type of release."""
        return bool(self.rule or self.rules)

    def is_for(self, release_type: str) -> bool:
        """Whether a release of the type has it."""
        if self.types and release_type not in self.types:
            return False
        return bool(self.rule or release_type in self.rules or self.event or self.at_once)

    def rule_for(self, release_type: str) -> str:
        """When it is due for a release of the type; empty: at no day that is known before."""
        return self.rules.get(release_type, self.rule)


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
