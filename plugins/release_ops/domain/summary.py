"""A summary that a model writes: what it is asked, and which of its sentences may stand."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from release_ops.domain.change import Change

TITLE = "Summary (written by a model from the changes below)"
CHANGE_LIMIT = 400
"""Characters of one change in a request; what is longer ends in `...`."""
REQUEST_LIMIT = 24_000
"""Characters of all changes in a request; those beyond are not sent, and cannot be written about."""
SENTENCE_LIMIT = 300
"""Characters of a sentence."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence and the numbers of the changes that it stands on. The text is data."""

    text: str
    changes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Summary:
    """The sentences that may stand, at least one."""

    sentences: tuple[Sentence, ...]


@dataclass(frozen=True, slots=True)
class Request:
    """What a model is given: numbered lines of data, and a mark around them that no line contains."""

    lines: tuple[str, ...]
    mark: str
    left_out: int
    """How many changes did not fit in."""


def request(changes: Sequence[Change]) -> Request | None:
    """The request about `changes`, numbered from 1; None where there is nothing to write about."""
    lines: list[str] = []
    size = 0
    for number, change in enumerate(changes, 1):
        kind = f"{change.type or 'change'}{', breaking' if change.breaking else ''}"
        text = " ".join(_text(change).split())
        text = text if len(text) <= CHANGE_LIMIT else f"{text[:CHANGE_LIMIT]}..."
        line = f"[{number}] ({kind}) {text}"
        size += len(line) + 1
        if size > REQUEST_LIMIT:
            break
        lines.append(line)
    if not lines:
        return None
    # A hash of what it encloses: no commit message can hold it and so end the data early.
    mark = f"CHANGES-{hashlib.sha256(chr(10).join(lines).encode('utf-8', 'replace')).hexdigest()[:16]}"
    return Request(tuple(lines), mark, len(changes) - len(lines))


_FOREIGN = re.compile(r"://|\bwww\.|\b[\w-]+\.(?:com|org|net|io|dev)\b|\]\(|[@<>]", re.IGNORECASE)
_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
_SPELLED = frozenset(
    {"two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "dozen", "hundred"}
    | {"thousand", "million", "half", "twice", "double", "triple", "percent"}
)
_WORD = re.compile(r"[^\W\d_]{4,}")
_STEM = 5


def checked(
    answer: Iterable[Sentence], changes: Sequence[Change], *, version: str, limit: int
) -> tuple[Summary | None, tuple[str, ...]]:
    """The sentences of a model's answer that may stand, at most `limit`, and for each other one why it may not.

    A sentence stands on changes that exist and were sent; it is short, without links and mentions; every number in it,
    in digits or in words, is in one of its changes (the release's own version is known, too); and it shares a word with
    them. No summary where nothing is left.
    """
    asked = request(changes)
    sent = len(asked.lines) if asked else 0
    kept: list[Sentence] = []
    dropped: list[str] = []
    for sentence in answer:
        why = _objection(sentence, changes[:sent], version)
        if not why and len(kept) >= limit:
            why = f"more than {limit} sentences"
        if why:
            dropped.append(why)
        else:
            kept.append(Sentence(" ".join(sentence.text.split()), tuple(sorted(set(sentence.changes)))))
    return (Summary(tuple(kept)) if kept else None), tuple(dropped)


def _objection(sentence: Sentence, changes: Sequence[Change], version: str) -> str:
    """Why a sentence may not stand; empty where it may."""
    text = " ".join(sentence.text.split())
    if not text or len(text) > SENTENCE_LIMIT:
        return f"{len(text)} characters"
    if not sentence.changes or not all(1 <= number <= len(changes) for number in sentence.changes):
        return f"stands on changes {list(sentence.changes)[:10]} of 1 to {len(changes)}"
    if _FOREIGN.search(text):
        return "has a link, a mention or markup"
    source = " ".join(_text(changes[number - 1]) for number in sentence.changes)
    if extra := sorted(_numbers(text.replace(version, " ")) - _numbers(source)):
        return f"has the number {extra[0]} of its own"
    return "" if _words(text) & _words(source) else "shares no word with its changes"


def _numbers(text: str) -> set[str]:
    """Numbers and versions of a text, in digits as they are written, and in words."""
    return {*_NUMBER.findall(text), *(_all_words(text) & _SPELLED)}


def _all_words(text: str) -> set[str]:
    return {word.casefold() for word in re.findall(r"[^\W\d_]+", text)}


def _words(text: str) -> set[str]:
    """Beginnings of the longer words, so that `search` and `searching` are one."""
    return {word.casefold()[:_STEM] for word in _WORD.findall(text)}


def _text(change: Change) -> str:
    """What a change says: scope, description and what it breaks."""
    notes = [note for note in change.notes if note != change.description]
    scope = [f"{change.scope}:"] if change.scope else []
    return " ".join([*scope, change.description, *notes])
