"""The part of a product file that is about messages to people: readers, kinds and their words."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from release_ops.domain.message_policy import DetailPolicy, KindPolicy, MessagePolicy, ReaderPolicy
from release_ops.product_types import Part, Text

Shown = Literal[
    "theme", "dates", "outlook", "progress", "highlights", "features", "changes", "upgrade", "known_issues", "criteria",
    "risks", "reason", "duties", "contact", "links",
]  # fmt: skip
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
Reader = Annotated[str, Field(pattern=r"^([a-z][a-z0-9_]{0,39}|\*)$")]


class DetailPart(Part):
    """How much of everything a message tells."""

    items: Annotated[int, Field(strict=True, ge=1, le=200)]
    """So many items of a list at most; what is left out is counted."""
    without: list[Shown] = []
    """Parts that are left out."""


class ReaderPart(Part):
    """What one audience gets to see in messages."""

    title: Text
    """Its name for people."""
    notes: Text
    """Audience of the release notes (`notes.audiences`) whose words it reads."""
    detail: Text
    """Name of one of `messages.details`."""
    parts: list[Shown]
    """What its messages may hold."""


class KindPart(Part):
    """One kind of message."""

    title: Text
    """Its name for people."""
    template: Name
    """The text: include/templates/messages/<template>.md.j2."""
    audiences: list[Reader]
    """Who gets it; `"*"` stands for all."""
    notes: Text | None = None
    """Audience of the release notes whose words it is made of, whoever reads it; the reader's own without it."""
    detail: Text | None = None
    """Detail that it has, whoever reads it; the reader's own without it."""
    parts: list[Shown] = []
    """What it may hold; everything without it."""
    says: dict[Reader, Text] = {}
    """Audience to the first sentence; `"*"` for those that are not named. May hold {product}, {version}, {ga}, {contact}."""
    duties: dict[Reader, list[Text]] = {}
    """Audience to what it has to do; `"*"` for those that are not named."""


class MessagesPart(Part):
    """Messages to people: who reads what, and in which words."""

    contact: Text | None = None
    """Role of the approvers whom readers turn to."""
    known_issue_labels: list[Text] = []
    """Labels of tickets that tell a known issue."""
    details: dict[Name, DetailPart] = {}
    """How much of everything, by name."""
    audiences: dict[Reader, ReaderPart] = {}
    """From audience to what it gets to see; `"*"` stands for those that only `audiences` names."""
    kinds: dict[Name, KindPart] = {}
    """The messages there are."""


def message_policy(part: MessagesPart) -> MessagePolicy:
    """The policy that a section says."""
    return MessagePolicy(
        contact=part.contact or "",
        known_issue_labels=tuple(part.known_issue_labels),
        details={
            name: DetailPolicy(items=one.items, without=frozenset(one.without)) for name, one in part.details.items()
        },
        audiences={
            name: ReaderPolicy(title=one.title, notes=one.notes, detail=one.detail, parts=tuple(one.parts))
            for name, one in part.audiences.items()
        },
        kinds={
            name: KindPolicy(
                title=one.title,
                template=one.template,
                audiences=tuple(one.audiences),
                notes=one.notes or "",
                detail=one.detail or "",
                parts=tuple(one.parts),
                says=dict(one.says),
                duties={reader: tuple(texts) for reader, texts in one.duties.items()},
            )
            for name, one in part.kinds.items()
        },
    )
