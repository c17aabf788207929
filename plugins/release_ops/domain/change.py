"""What git tells: commits and tags, and the change that a commit's message describes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any


@dataclass(slots=True)
class _Unread:
    """Parts of a commit's message that are read when somebody asks for one: most of a long history's never are.

    A slot that was never set is asked of `read`, which returns its value and may set others on the way. Where all parts
    were given, nothing is left to be read and `message` is not set.
    """

    message: str = field(init=False, repr=False, compare=False)
    at: int = field(init=False, repr=False, compare=False)
    read: Callable[[Any, str], object] = field(init=False, repr=False, compare=False)

    if not TYPE_CHECKING:

        def __getattr__(self, name):
            if name not in _LATER:
                raise AttributeError(f"{type(self).__name__} has no attribute {name!r}", name=name, obj=self)
            value = self.read(self, name)
            setattr(self, name, value)
            return value


_LATER = frozenset({"body", "footers", "notes", "references", "reverts", "committed_at"})


# Made by the hundred thousand, like RawCommit: `frozen` would triple what one costs. Nobody assigns to it.
@dataclass(unsafe_hash=True, slots=True, kw_only=True)
class Change(_Unread):
    """One commit as the changelog sees it; the fields follow Conventional Commits 1.0.0. Not to be changed."""

    type: str
    scope: str | None = None
    breaking: bool = False
    description: str = ""
    body: str | None = None
    footers: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()
    """Texts of BREAKING CHANGE footers."""
    references: tuple[Reference, ...] = ()
    reverts: tuple[str, ...] = ()
    """Full or abbreviated ids of the commits that this one reverts."""
    co_authors: tuple[str, ...] = ()
    links: tuple[tuple[str, str], ...] = ()
    """Tickets of the team's tracker that it names, each with its page."""
    id: str = ""
    """Commit id; empty while the message stands alone."""
    author: str = ""
    committed_at: datetime | None = None


@dataclass(unsafe_hash=True, slots=True, kw_only=True)
class Reference:
    """An issue that a change names: `closes octo/repo#12`, `refs JIRA-7`."""

    action: str | None
    target: str
    """`#12`, `octo/repo#12` or `JIRA-7`."""


@dataclass(unsafe_hash=True, slots=True)
class RawCommit:
    """One commit as git tells it, before anybody reads its message. Not to be changed."""

    id: str
    parents: tuple[str, ...]
    message: str
    author: str = ""
    email: str = ""
    committed_at: int = 0
    """Seconds since the epoch."""
    authored_at: int = field(default=0, compare=False)
    """Seconds since the epoch; copies of a commit keep it. 0: not known."""
    paths: tuple[str, ...] = field(default=(), compare=False)
    """Files that it changes, compared with its first parent; empty where nobody asked for them."""


@dataclass(frozen=True, slots=True)
class Tag:
    """A tag and the commit it leads to (annotated tags peeled)."""

    name: str
    commit: str
    annotated: bool = False
