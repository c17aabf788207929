"""A feed of what a team completes each day, in a CSV file."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from release_ops.domain.throughput import FeedError, Throughput, read_feed

MOST_BYTES = 1 << 20
"""A row a day for a century."""


def read_feed_file(path: Path, *, start: date, end: date, item: str) -> Throughput:
    """Throughput of a CSV file with the columns `day` and `completed`. FeedError says what is wrong and where."""
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
        text = content.decode("utf-8")
    except OSError as error:
        raise FeedError(f"{path}: {error.strerror}; write it, or name another file") from None
    except UnicodeDecodeError:
        raise FeedError(f"{path}: is not text in UTF-8; save it as CSV in UTF-8") from None
    if len(content) > MOST_BYTES:
        raise FeedError(f"{path}: is over {MOST_BYTES >> 20} MiB; a feed has one short row a day")
    return read_feed(text, start=start, end=end, item=item, source=str(path))
