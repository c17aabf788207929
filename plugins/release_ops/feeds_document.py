"""The columns of feeds as docs/feeds.md has them."""

from __future__ import annotations

from collections.abc import Iterator

from release_ops.domain.feed_format import FeedFormat
from release_ops.domain.feed_streams import STREAMS


def columns_document() -> str:
    """Markdown: of each stream its columns and an example."""
    return "\n".join(line for stream, form in STREAMS.items() for line in _stream(stream, form))


def _stream(stream: str, form: FeedFormat) -> Iterator[str]:
    yield from (f"### {stream}", "", form.about, f"Key: {', '.join(f'`{name}`' for name in form.key)}.", "")
    yield "| column | | type | meaning | example |"
    yield "|---|---|---|---|---|"
    for column in form.columns:
        need = "required" if column.required else ""
        example = f"`{column.example}`".replace("|", "\\|") if column.example else ""
        kind = column.type.replace("|", "\\|")
        yield f"| `{column.name}` | {need} | {kind} | {column.about} | {example} |"
    shown = [column for column in form.columns if column.required]
    yield from ("", "```csv", ",".join(column.name for column in shown))
    yield from (",".join(column.example for column in shown), "```", "")
