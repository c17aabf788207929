"""What news means for whom: the tables of a product file's section `expectations`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

OTHER = "other"
"""Topic whose words stand for those that an event has none for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicPolicy:
    """What an event means for those who are concerned about a topic; texts with names in braces."""

    effect: str
    likely: str
    """What they will probably ask."""
    mitigation: str
    """What we do about it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EventPolicy:
    """What one kind of event touches."""

    topics: Mapping[str, TopicPolicy] = field(default_factory=dict)
    audiences: tuple[str, ...] = ()
    """Told in any case."""
    severities: tuple[str, ...] = ()
    """Of an incident: the severities that are an occasion; empty: all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectationPolicy:
    """Events by kind (`slip`, `scope`, `incident`), what audiences usually ask about, and when they hear again."""

    events: Mapping[str, EventPolicy] = field(default_factory=dict)
    usual: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Audience to the topics of those in it who have stated no concern."""
    next_contact: Mapping[str, int] = field(default_factory=dict)
    """Strategy to business days."""
    recent: timedelta = timedelta(days=7)
    """What is older when it is first seen gets no plan."""
