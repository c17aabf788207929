"""What `git log` writes, read as it comes."""

from __future__ import annotations

from collections.abc import Iterator

from release_ops.domain.change import RawCommit

_LOG = "--format=tformat:%H%x00%P%x00%aN%x00%aE%x00%ct%x00%at%x00%B"
_LOG_FIELDS = 7
# With paths, an empty field goes before each commit: that is where the paths of the one before it end.
_LOG_PATHS = _LOG.replace("tformat:", "tformat:%x00")
_PATHS = ("--name-only", "--no-renames", "--diff-merges=first-parent")
_MESSAGE_LIMIT = 1 << 20
_DATE_DIGITS = 11
"""Digits of a date in seconds up to the year 5138; anybody can write a later one, which no calendar holds."""


def asked(*, paths: bool) -> tuple[str, ...]:
    """Options of `git log` whose output `commits_in` reads, with the files of each commit or without."""
    form = (_LOG_PATHS, *_PATHS) if paths else (_LOG,)
    return ("log", "-z", "--no-color", "--no-show-signature", "--no-decorate", "--encoding=UTF-8", *form)


def commits_in(output: Iterator[bytes], *, paths: bool) -> Iterator[RawCommit]:
    """The commits of such an output."""
    if paths:
        for fields, changed in _with_paths(_split(output)):
            commit, parents, author, email, at, written, message = fields
            about = author, email, seconds(at), seconds(written)
            yield RawCommit(commit, tuple(parents.split()), message, *about, tuple(changed))
        return
    rest: list[str] = []
    for pieces in _split(output):
        fields = rest + pieces if rest else pieces
        whole = len(fields) - len(fields) % _LOG_FIELDS
        values = iter(fields[:whole])
        for commit, parents, author, email, at, written, message in zip(*[values] * _LOG_FIELDS, strict=True):
            yield RawCommit(
                commit,
                (parents,) if parents.isalnum() else tuple(parents.split()),
                message,
                author,
                email,
                seconds(at),
                seconds(written),
            )
        rest = fields[whole:]


def seconds(date: str) -> int:
    """Seconds since the epoch; 0, which means that it is not known, for a date that is missing or beyond all calendars."""
    return int(date or 0) if len(date) <= _DATE_DIGITS else 0


def _with_paths(chunks: Iterator[list[str]]) -> Iterator[tuple[list[str], list[str]]]:
    """Fields and paths of each commit."""
    rest: list[str] = []
    for pieces in chunks:
        fields = rest + pieces if rest else pieces
        start, first = 0, _LOG_FIELDS + 1
        while (end := _index(fields, first)) >= 0:
            yield fields[start + 1 : first], _paths(fields[first:end])
            start, first = end, end + _LOG_FIELDS + 1
        rest = fields[start:]
    if len(rest) > _LOG_FIELDS:
        yield rest[1 : _LOG_FIELDS + 1], _paths(rest[_LOG_FIELDS + 1 :])


def _index(fields: list[str], start: int) -> int:
    """Place of the first empty field from `start` on; -1 without one."""
    try:
        return fields.index("", start)
    except ValueError:
        return -1


def _paths(found: list[str]) -> list[str]:
    """The paths as they are: git writes a line break before the first."""
    if found:
        found[0] = found[0].removeprefix("\n")
    return found


def _split(chunks: Iterator[bytes]) -> Iterator[list[str]]:
    """Pieces between NUL bytes, as many at once as have come; a piece over the limit is cut."""
    rest = b""
    for chunk in chunks:
        end = chunk.rfind(b"\x00")
        if end < 0:
            rest = rest + chunk if len(rest) < _MESSAGE_LIMIT else rest
            continue
        first, nul, others = chunk[:end].partition(b"\x00")
        pieces = [(rest + first)[:_MESSAGE_LIMIT].decode("utf-8", "replace")]
        if nul:
            pieces += others.decode("utf-8", "replace").split("\x00")
        yield pieces
        rest = chunk[end + 1 :]
    if rest.strip(b"\n"):
        yield [rest[:_MESSAGE_LIMIT].decode("utf-8", "replace")]
