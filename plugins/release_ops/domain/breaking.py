"""The text of a BREAKING CHANGE footer in full: with the code and the indented paragraphs below it."""

from __future__ import annotations

import re

# Rule 10 of Conventional Commits 1.0.0: the next footer ends a value.
_NEXT = re.compile(r"BREAKING[ -]CHANGE:|[A-Za-z0-9][A-Za-z0-9-]*+(?::[ \t]++|[ \t]#)\S")
_TOKEN = re.compile(r"^ {0,3}(?:[*-] )?BREAKING[ -]CHANGE(?::\s*| #)", re.MULTILINE)
_FENCE = re.compile(r"[ \t]*(?P<fence>`{3,}|~{3,})")


def whole_notes(rest: str, values: tuple[str, ...]) -> tuple[str, ...]:
    """The `values` of BREAKING CHANGE footers, each with what stands below it and belongs to it.

    `rest` is the message below its header. Text below a footer is text of its own, except what is set apart as part of
    it: code between fences, and paragraphs that begin with a blank, as Git folds the values of trailers. Linear in the text.
    """
    found: list[str] = []
    at = 0
    for value in values:
        tokens = (match.end() for match in _TOKEN.finditer(rest, at))
        start = next((place for place in tokens if rest.startswith(value, place)), None)
        if start is None:
            # The parser has taken an indentation away. To look for all that follow would take quadratic time.
            return (*found, *values[len(found) :])
        at = _end(rest, start, start + len(value))
        found.append(rest[start:at].rstrip())
    return tuple(found)


def _end(rest: str, start: int, end: int) -> int:
    """Where the text ends that begins at `start` and goes on at least to `end`."""
    fence = ""
    for line in rest[start:end].split("\n"):
        fence = _after(line, fence)
    place, blank = end, False
    while place <= len(rest):
        # Line by line, not split at once: a message may have a hundred thousand such footers.
        stop = rest.find("\n", place)
        stop = len(rest) if stop < 0 else stop
        line = rest[place:stop]
        opened = _after(line, fence)
        if not fence and place > end and line.strip():
            folded = line[0] in " \t" or bool(opened)
            if (blank and not folded) or (not blank and _NEXT.match(line)):
                break
        fence = opened
        blank = not line.strip()
        if not blank:
            end = stop
        place = stop + 1
    return end


def _after(line: str, fence: str) -> str:
    """The open code fence after a line; empty for none."""
    match = _FENCE.match(line)
    if match is None:
        return fence
    mark = match["fence"]
    if not fence:
        return mark
    return "" if mark[0] == fence[0] and len(mark) >= len(fence) and line.strip() == mark else fence
