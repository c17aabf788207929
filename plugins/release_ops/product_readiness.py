"""The part of a product file that is about readiness: what support, marketing and others need for a release."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from release_ops.domain.model import ReleaseType
from release_ops.domain.readiness import ReadinessArea, ReadinessItem, ReadinessNote
from release_ops.product_types import Part, Text

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
Flag = Annotated[bool, Field(strict=True)]


def _note(value: Any) -> Any:
    """`true`, or the address or words that show it, stand for a whole entry."""
    if isinstance(value, bool):
        return {"done": value}
    if isinstance(value, str):
        return {"link": value} if value.startswith(("http://", "https://")) else {"note": value}
    return value


class ReadinessItemPart(Part):
    """One thing that has to be there."""

    title: Text
    """The statement that must be true."""
    types: list[ReleaseType] = []
    """Release types that need it; all without any."""
    required: Flag = False
    """true: the gate fails without it; otherwise its verdict is conditional."""
    draft: Name | None = None
    """Kind of message whose draft among the artifacts is its evidence."""
    draft_is_enough: Flag = False
    """true: the draft alone shows it; otherwise somebody still has to say so."""


class ReadinessAreaPart(Part):
    """Who has to be ready, and at which gate."""

    title: Text
    """Its name for people."""
    gate: Text
    """Gate that asks for it."""
    role: Text | None = None
    """Only this role may tick its items; any approver without it."""
    items: dict[Name, ReadinessItemPart] = {}
    """What has to be there."""


class ReadinessNotePart(Part):
    """What is known of an item of a release."""

    done: Flag = True
    """false: it is known not to be there yet."""
    link: Text | None = None
    """Where it is seen."""
    note: Text | None = None
    """In words."""


ReadinessNoteOrText = Annotated[
    ReadinessNotePart, BeforeValidator(_note, json_schema_input_type=bool | str | ReadinessNotePart)
]


def readiness_areas(parts: Mapping[str, ReadinessAreaPart]) -> dict[str, ReadinessArea]:
    """The domain's areas."""
    return {
        name: ReadinessArea(
            title=area.title,
            gate=area.gate,
            role=area.role or "",
            items={
                key: ReadinessItem(
                    title=one.title,
                    types=frozenset(kind.value for kind in one.types),
                    required=one.required,
                    draft=one.draft or "",
                    draft_is_enough=one.draft_is_enough,
                )
                for key, one in area.items.items()
            },
        )
        for name, area in parts.items()
    }


def readiness_notes(parts: Mapping[str, Mapping[str, ReadinessNotePart]]) -> dict[str, ReadinessNote]:
    """What a release says, by `area.item`."""
    return {
        f"{area}.{item}": ReadinessNote(done=one.done, link=one.link or "", note=one.note or "")
        for area, items in parts.items()
        for item, one in items.items()
    }
