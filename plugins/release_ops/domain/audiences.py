"""Who reads release notes and what of them: tables that product files fill in (`notes:`, `known_issues:`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from release_ops.domain.summary import WriterPolicy

EVERY_SECTION = "*"
"""Stands in an audience's sections for all of them."""
SHOWN = ("scopes", "commits", "links", "counts", "people", "upgrade", "known_issues", "compare")
"""What an audience may be shown beside the words of the changes:

scopes: the part of the product before a change; commits: short commit ids; links: pull requests and tickets; counts: how
many changes of each kind; people: contributors, first-time ones marked; upgrade: the steps of breaking changes;
known_issues; compare: the link to all changes.
"""
RELEASE_PAGE = "general"
"""The audience whose notes become the text of a published release and the highlights of messages."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Audience:
    """What one kind of reader gets to see."""

    heading: str
    sections: tuple[str, ...]
    """Titles of sections in their order, or `*` for every one in the order of the changelog."""
    highlights: int = 0
    """At most so many highlights; 0: none."""
    show: frozenset[str] = frozenset()
    """Words of `SHOWN`."""
    without_scopes: frozenset[str] = frozenset()
    """Scopes, case-folded, that this audience has no use for."""
    internal: bool = False
    """True: also sees what is marked as internal, in the words of the commits."""

    def reads(self, title: str) -> bool:
        """Whether a section is for this audience."""
        return EVERY_SECTION in self.sections or title in self.sections


@dataclass(frozen=True, slots=True, kw_only=True)
class SummaryPolicy(WriterPolicy):
    """Who writes summaries of notes, and for which audiences."""

    audiences: tuple[str, ...] = (RELEASE_PAGE,)


@dataclass(frozen=True, slots=True, kw_only=True)
class NotesPolicy:
    """Audiences by name, what is kept from outside ones, and who writes summaries (None: nobody)."""

    audiences: Mapping[str, Audience] = field(default_factory=dict)
    internal_scopes: frozenset[str] = frozenset()
    """Scopes, case-folded, that only internal audiences see."""
    internal_types: frozenset[str] = frozenset()
    """Types that only internal audiences see."""
    summary: SummaryPolicy | None = None

    def audience(self, name: str) -> Audience:
        """Audience of that name; ValueError with the known ones."""
        if name not in self.audiences:
            raise ValueError(f"audience {name!r}: unknown; choose one of {', '.join(self.audiences)}")
        return self.audiences[name]


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownIssue:
    """Something that is not right in a release and known to be so. All texts are data."""

    id: str
    title: str
    workaround: str = ""
    url: str = ""
