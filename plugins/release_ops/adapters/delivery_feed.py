"""Feeds of facts: CSV files here or in an object store, and the rows of SQL statements, read row by row and strictly.

A feed with anything wrong in it raises FeedRejected once it is read to its end, so that whoever writes its rows as they
come has to do it in a transaction.
"""

from __future__ import annotations

import contextlib
import csv
import tempfile
from array import array
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import IO

from release_ops.domain.feed_rows import Reading, Row, RowReader, Wrong, check_heading, heading_of
from release_ops.domain.feed_streams import STREAMS
from release_ops.product_errors import Problem

MOST_BYTES = 1 << 30
MOST_RECORD = 1 << 20
"""Bytes of a row; one that is longer has a quote that is never closed."""
MOST_TOLD = 50
"""Problems of a feed that are told one by one; the rest is counted."""
DELIMITERS = ",;\t"
_PIECE = 1 << 20

Record = tuple[int, Sequence[object]]
"""Number of the line (or row) where it begins, and its cells."""


class FeedRejected(Exception):
    """A feed of which nothing was taken: the first of all that is wrong in it, in its order, and how many more follow."""

    def __init__(self, place: str, problems: Sequence[Problem], more: int = 0) -> None:
        super().__init__(place, problems, more)
        self.place = place
        self.problems = tuple(problems)
        self.more = more

    def __str__(self) -> str:
        """One line per problem."""
        rest = [f"{self.place}: and {self.more} more"] if self.more else []
        return "\n".join([*map(str, self.problems), *rest, f"nothing of {self.place} was taken"])


@contextlib.contextmanager
def opened(place: str, *, folder: Path, connection: str = "") -> Iterator[IO[bytes]]:
    """The bytes of a file beside the product file (`folder`), or of an object; FeedRejected where there are none."""
    try:
        if "://" in place:
            with _fetched(place, connection) as file:
                yield file
            return
        path = folder / place
        # Asked before it is opened: a pipe would wait for somebody to write into it.
        if path.exists() and not path.is_file():
            raise FeedRejected(place, [Problem(place, 0, "", "", "is no file", "name a CSV file")])
        if path.stat().st_size > MOST_BYTES:
            raise _too_large(place)
        with path.open("rb") as file:
            yield file
    except OSError as error:
        said = error.strerror or str(error)
        remedy = "write it, or correct the feed in the product file"
        raise FeedRejected(place, [Problem(place, 0, "", "", said[:1].lower() + said[1:], remedy)]) from error


@contextlib.contextmanager
def _fetched(place: str, connection: str) -> Iterator[IO[bytes]]:
    """A copy of the object: what is read in pieces over hours would be no one state of it."""
    from airflow.sdk import ObjectStoragePath  # noqa: PLC0415 - fsspec only where it is used

    with tempfile.TemporaryFile() as copy:
        with ObjectStoragePath(place, conn_id=connection or None).open("rb") as source:
            while piece := source.read(_PIECE):
                copy.write(piece)
                if copy.tell() > MOST_BYTES:
                    raise _too_large(place)
        copy.seek(0)
        yield copy


def _too_large(place: str) -> FeedRejected:
    problem = Problem(
        place, 0, "", "", f"is over {MOST_BYTES >> 30} GiB", "leave out what is older than delivery.since"
    )
    return FeedRejected(place, [problem])


def csv_rows(file: IO[bytes], place: str, stream: str, reading: Reading) -> Iterator[Row]:
    """Rows of a CSV file as they come, in memory that does not grow with it; FeedRejected at the end of a bad one.

    UTF-8 with or without a byte order mark; the delimiter is the one of `,` `;` and tab that its heading shows.
    """
    lines = _Lines(file)
    found = _Found(place, "line")
    try:
        heading = next(lines, "").removeprefix("\ufeff")
        if not heading.strip():
            raise _Broken("has no heading", f"begin with the names of the columns: {_columns(stream)}")
        delimiter, names = _heading(heading, stream)
        yield from _checked(_records(lines, delimiter, len(names), found), names, stream, reading, found)
    except _Broken as error:
        found.say(lines.begins, Wrong("", "", error.message, error.remedy))
    except UnicodeDecodeError:
        found.say(lines.number, Wrong("", "", "is no text in UTF-8", "save the file as CSV in UTF-8"))
    except csv.Error as error:
        remedy = 'write " inside a text as "", and close every quote'
        found.say(lines.begins, Wrong("", "", f"is no CSV: {error}", remedy))
    found.close()


def sql_rows(
    names: Sequence[object], rows: Iterable[Sequence[object]], place: str, stream: str, reading: Reading
) -> Iterator[Row]:
    """Rows of a statement's result as they come; FeedRejected at the end of a bad one. Its rows are counted from 1."""
    found = _Found(place, "row")
    yield from _checked(enumerate(rows, 1), heading_of(names), stream, reading, found)
    found.close()


def _checked(
    records: Iterable[Record], names: Sequence[str], stream: str, reading: Reading, found: _Found
) -> Iterator[Row]:
    if wrong := check_heading(stream, names):
        for one in wrong:
            found.say(1, one)
        return
    reader = RowReader(stream, names, reading)
    hashes, numbers = array("q"), array("q")
    for number, cells in records:
        before = found.count
        row = reader.row(cells, partial(found.say, number))
        hashes.append(hash(reader.key_of(row)))
        numbers.append(number)
        if found.count == before:
            yield row
    for first, second in _doubles(hashes, numbers):
        key = ", ".join(reader.key)
        found.say(second, Wrong(key, "", f"is the same as in {found.row} {first}", "write one row for each"))


def _doubles(hashes: array[int], numbers: array[int]) -> Iterator[tuple[int, int]]:
    """Numbers of the first record of each key that is there more than once, and of each further one.

    Two keys of one 64-bit hash would pass for one; of a million rows that happens once in ten million feeds.
    """
    if not hashes:
        return
    import numpy as np  # noqa: PLC0415 - the command line starts without it

    keys, lines = np.frombuffer(hashes, dtype=np.int64), np.frombuffer(numbers, dtype=np.int64)
    order = np.argsort(keys, kind="stable")
    same = np.flatnonzero(keys[order][1:] == keys[order][:-1])
    first: dict[int, int] = {}
    pairs = []
    for place in same:
        one, other = int(order[place]), int(order[place + 1])
        first[other] = first.get(one, one)
        pairs.append((int(lines[first[other]]), int(lines[other])))
    yield from sorted(pairs, key=lambda pair: pair[1])


class _Found:
    """Problems of one feed."""

    def __init__(self, place: str, row: str) -> None:
        self.place = place
        self.row = row
        self.count = 0
        self._told: list[Problem] = []

    def say(self, number: int, wrong: Wrong) -> None:
        self.count += 1
        if len(self._told) < MOST_TOLD:
            self._told.append(Problem(self.place, number, wrong.column, wrong.value, wrong.message, wrong.remedy))

    def close(self) -> None:
        """FeedRejected if there was a problem."""
        if self.count:
            told = sorted(self._told, key=lambda one: one.line)
            raise FeedRejected(self.place, told, self.count - len(told))


class _Broken(Exception):
    def __init__(self, message: str, remedy: str) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy


class _Lines:
    """Lines of a file, bounded in what one record can hold."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.number = 0
        self.begins = 1
        """Number of the line with which the record begins."""
        self.held = 0
        """Its bytes so far."""

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._file.readline(MOST_RECORD + 1)
        if not line:
            raise StopIteration
        self.number += 1
        self.held += len(line)
        if self.held > MOST_RECORD:
            raise _Broken(f"is in a row of over {MOST_RECORD >> 20} MiB", "close the quote that was opened before")
        return line.decode("utf-8")

    def next_record(self) -> int:
        """A record ends here; number of the line with which it began."""
        began, self.begins, self.held = self.begins, self.number + 1, 0
        return began


def _columns(stream: str) -> str:
    return ",".join(column.name for column in STREAMS[stream].columns if column.required)


def _heading(line: str, stream: str) -> tuple[str, list[str]]:
    """The delimiter with which most columns are known, and the names of the columns."""
    known = {column.name for column in STREAMS[stream].columns}
    found = []
    for delimiter in DELIMITERS:
        names = heading_of(next(csv.reader([line], delimiter=delimiter, strict=True), []))
        found.append((len(known.intersection(names)), -DELIMITERS.index(delimiter), delimiter, names))
    _, _, delimiter, names = max(found)
    while names and not names[-1]:
        names.pop()
    return delimiter, names


def _records(lines: _Lines, delimiter: str, width: int, found: _Found) -> Iterator[Record]:
    lines.next_record()
    for cells in csv.reader(lines, delimiter=delimiter, strict=True):
        number = lines.next_record()
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) < width or any(cell.strip() for cell in cells[width:]):
            remedy = f"quote texts that hold {delimiter!r}"
            found.say(number, Wrong("", "", f"has {len(cells)} cells where the heading has {width}", remedy))
        else:
            yield number, cells[:width]
