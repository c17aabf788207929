"""Who reads what in messages, and which messages there are: tables that product files fill in (`messages:`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeVar

T = TypeVar("T")

EVERYBODY = "*"
"""Stands for every audience: among the audiences of a kind, and for those that its words do not name."""
PARTS = (
    "theme", "dates", "outlook", "progress", "highlights", "features", "changes", "upgrade", "known_issues", "criteria",
    "risks", "reason", "duties", "contact", "links",
)  # fmt: skip
"""What a message may hold beside its first sentence.

theme: what the release is about; dates: its milestones; outlook: health and the chance to be on time; progress: how many
milestones and features are done; highlights, changes: from the release notes of the audience; features: the planned ones;
upgrade: what breaks and what to do; known_issues; criteria: what gates still ask for; risks: the open ones; reason: why,
and the incident; duties: what the reader has to do; contact; links: to our pages, which need a login.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class DetailPolicy:
    """How much of everything: so many items of a list at most, and parts that are left out."""

    items: int
    without: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderPolicy:
    """What one audience of messages gets to see."""

    title: str
    notes: str
    """Audience of the release notes whose words it reads."""
    detail: str
    """Name of one of the details."""
    parts: tuple[str, ...] = ()
    """Words of `PARTS`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KindPolicy:
    """One kind of message: its template, who gets it, and the words that differ from reader to reader."""

    title: str
    template: str
    """`messages/<template>.md.j2`."""
    audiences: tuple[str, ...] = ()
    notes: str = ""
    """Audience of the release notes whose words it is made of, whoever reads it; empty: the reader's own."""
    detail: str = ""
    """Detail that it has, whoever reads it, where the reader has no wish; empty: the reader's."""
    parts: tuple[str, ...] = ()
    """Words of `PARTS` that it may hold; empty: all."""
    says: Mapping[str, str] = field(default_factory=dict)
    """Audience to the first sentence."""
    duties: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Audience to what it has to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MessagePolicy:
    """The messages of a product. ValueErrors name what there is instead."""

    kinds: Mapping[str, KindPolicy] = field(default_factory=dict)
    audiences: Mapping[str, ReaderPolicy] = field(default_factory=dict)
    details: Mapping[str, DetailPolicy] = field(default_factory=dict)
    contact: str = ""
    """Role of the product's approvers whom readers turn to."""
    known_issue_labels: tuple[str, ...] = ()
    """Labels of tickets, in any case, that tell a known issue."""

    def kind(self, name: str) -> KindPolicy:
        """Kind of that name."""
        return _named(self.kinds, name, "message")

    def audience(self, name: str) -> ReaderPolicy:
        """Audience of that name; one that only the product's channels know reads what `*` may, which is for outside."""
        if name not in self.audiences and EVERYBODY in self.audiences:
            return self.audiences[EVERYBODY]
        return _named(self.audiences, name, "audience")

    def detail(self, name: str) -> DetailPolicy:
        """Detail of that name."""
        return _named(self.details, name, "detail")

    def readers(self, kind: str) -> tuple[str, ...]:
        """Audiences that a kind of message is for."""
        named = self.kind(kind).audiences
        return self.names if EVERYBODY in named else named

    @property
    def names(self) -> tuple[str, ...]:
        """Audiences that have a name."""
        return tuple(name for name in self.audiences if name != EVERYBODY)

    def usual_detail(self, kind: str, audience: str) -> str:
        """Name of the detail of a kind for an audience that has no wish of its own."""
        return self.kind(kind).detail or self.audience(audience).detail

    def shown(self, kind: str, audience: str, detail: str = "") -> tuple[str, ...]:
        """The parts that a message holds for an audience, in the order of `PARTS`; without `detail` in the reader's own."""
        reader, parts = self.audience(audience), self.kind(kind).parts or PARTS
        left_out = self.detail(detail or self.usual_detail(kind, audience)).without
        return tuple(part for part in PARTS if part in parts and part in reader.parts and part not in left_out)


def _named(table: Mapping[str, T], name: str, what: str) -> T:
    if name not in table:
        raise ValueError(f"{what} {name!r}: unknown; choose one of {', '.join(table)}")
    return table[name]
