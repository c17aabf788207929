"""Slack's limits: what is too long becomes several messages, nothing is cut."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Block = Mapping[str, Any]

BLOCKS = 50
"""Blocks in a message."""
SECTION = 3000
"""Characters in the text of a section."""
HEADER = 150
FIELDS, FIELD = 10, 2000
CONTEXT = 10
"""Elements of a context block."""
TEXT = 40_000
"""Characters in the text of a message."""
BLOCK_TEXT = 12_000
"""Characters in all blocks of a message; Slack answers `msg_blocks_too_long` somewhat above, undocumented."""


@dataclass(frozen=True, slots=True)
class Part:
    """One message: the first goes to the channel, the others into its thread."""

    text: str
    blocks: tuple[Block, ...] = ()


def length(text: str) -> int:
    """Characters as Slack counts them: an emoji outside the basic plane is two."""
    return len(text.encode("utf-16-le")) // 2


def split(text: str, limit: int) -> tuple[str, ...]:
    """Pieces of at most `limit` characters that joined give the text.

    They end behind a line if possible, else behind a space, and never inside `<a link>` or an `&amp;`.
    """
    pieces = []
    while length(text) > limit:
        end = _end(text, limit)
        pieces.append(text[:end])
        text = text[end:]
    return (*pieces, text) if text or not pieces else tuple(pieces)


def _end(text: str, limit: int) -> int:
    end = min(len(text), limit)
    while length(text[:end]) > limit:
        end -= 1
    for mark in ("\n", " "):
        at = text.rfind(mark, 0, end) + 1
        if at > end // 2 and _is_between(text, at):
            return at
    for opening, closing, reach in (("<", ">", limit), ("&", ";", 8)):
        start = text.rfind(opening, max(0, end - reach), end)
        if start > 0 and closing not in text[start:end]:
            end = start
    return max(end, 1)


def _is_between(text: str, at: int) -> bool:
    return text.count("<", 0, at) == text.count(">", 0, at)


def parts(text: str, blocks: Sequence[Block] = ()) -> tuple[Part, ...]:
    """Messages that say it all; ValueError for what has no honest split or no text.

    With blocks the text is what notifications show; without blocks it is the message.
    """
    if not text.strip():
        raise ValueError("a Slack message needs a text: it is what notifications and screen readers say")
    if not blocks:
        return tuple(Part(piece) for piece in split(text, TEXT))
    groups = tuple(_groups([small for block in blocks for small in _fitted(block)]))
    if length(text) > TEXT:
        raise ValueError(
            f"the notification text has {length(text)} characters, Slack takes {TEXT}; the blocks say it all"
        )
    title = split(text.strip().splitlines()[0], 200)[0]
    return tuple(
        Part(text if index == 0 else f"{title} ({index + 1}/{len(groups)})", group)
        for index, group in enumerate(groups)
    )


def _groups(blocks: Sequence[Block]) -> Iterator[tuple[Block, ...]]:
    group: list[Block] = []
    size = 0
    for block in blocks:
        more = sum(length(text) for text in _texts(block))
        if group and (len(group) == BLOCKS or size + more > BLOCK_TEXT):
            yield tuple(group)
            group, size = [], 0
        group.append(block)
        size += more
    if group:
        yield tuple(group)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            if name not in ("type", "block_id", "action_id", "url"):
                yield from _texts(inner)
    elif isinstance(value, Sequence):
        for inner in value:
            yield from _texts(inner)


def _fitted(block: Block) -> Iterator[Block]:
    """The block, or several that say the same within the limits."""
    match block.get("type"):
        case "header" if length(block["text"]["text"]) > HEADER:
            yield from _fitted({"type": "section", "text": block["text"]})
        case "section":
            fields = block.get("fields") or ()
            if len(fields) > FIELDS or any(length(field["text"]) > FIELD for field in fields):
                raise ValueError(f"a Slack section takes {FIELDS} fields of {FIELD} characters; use sections with text")
            pieces = split(block["text"]["text"], SECTION) if "text" in block else ()
            if len(pieces) <= 1:
                yield block
                return
            yield {**block, "text": {**block["text"], "text": pieces[0]}}
            for piece in pieces[1:]:
                yield {"type": "section", "text": {**block["text"], "text": piece}}
        case "context" if len(block["elements"]) > CONTEXT:
            for start in range(0, len(block["elements"]), CONTEXT):
                yield {"type": "context", "elements": block["elements"][start : start + CONTEXT]}
        case None:
            raise ValueError(f"a Slack block needs a type: {str(block)[:80]}")
        case _:
            yield block
