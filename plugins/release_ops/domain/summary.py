"""What a model writes: what it is asked, and which of its sentences may stand."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

TITLE = "Summary (written by a model from the changes below)"
FACT_LIMIT = 400
"""Characters of one fact in a request; what is longer ends in `...`."""
REQUEST_LIMIT = 24_000
"""Characters of all facts in a request; those beyond are not sent, and cannot be written about."""
SENTENCE_LIMIT = 300
"""Characters of a sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WriterPolicy:
    """Who writes (an Airflow connection to a model), and at most how many sentences."""

    connection: str
    sentences: int = 5


@dataclass(frozen=True, slots=True)
class Fact:
    """One line that a model may write about. Both texts are data."""

    text: str
    kind: str
    """What it is, told to the model: `feat, breaking`, `milestone`. A sentence cannot stand on it."""
    label: str = ""
    """What readers know it by; empty: its number."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence and the numbers of the facts that it stands on, counted from 1. The text is data."""

    text: str
    sources: tuple[int, ...]


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
    """How many facts did not fit in."""


def request(facts: Sequence[Fact]) -> Request | None:
    """The request about `facts`, numbered from 1; None where there is nothing to write about."""
    lines: list[str] = []
    size = 0
    for number, fact in enumerate(facts, 1):
        text = " ".join(fact.text.split())
        text = text if len(text) <= FACT_LIMIT else f"{text[:FACT_LIMIT]}..."
        line = f"[{number}] ({fact.kind}) {text}"
        size += len(line) + 1
        if size > REQUEST_LIMIT:
            break
        lines.append(line)
    if not lines:
        return None
    # A hash of what it encloses: no line of data can hold it and so end the data early.
    mark = f"DATA-{hashlib.sha256(chr(10).join(lines).encode('utf-8', 'replace')).hexdigest()[:16]}"
    return Request(tuple(lines), mark, len(facts) - len(lines))


_FOREIGN = re.compile(r"://|\bwww\.|\b[\w-]+\.(?:com|org|net|io|dev)\b|\]\(|[@<>]", re.IGNORECASE)
_NUMBER = re.compile(
    r"\d{4}-\d{1,2}-\d{1,2}"  # a day
    r"|[^\W\d_]\w*-\d+"  # an id, WEB-205
    r"|\d+(?:[.,:]\d+)*(?:\s?%)?"
)
"""What must be in a source as a whole: the 11 of 2026-11-02 is not the number 11, and 40 % is not 40."""
_SPELLED = frozenset(
    {"zero", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen"}
    | {"fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty", "thirty", "forty", "fifty"}
    | {"sixty", "seventy", "eighty", "ninety", "dozen", "hundred", "thousand", "million", "billion", "half", "third"}
    | {"quarter", "twice", "double", "triple", "percent", "today", "tomorrow", "yesterday"}
)
_DAY_WORD = re.compile(
    r"\b(mon|tue|wed|thu|fri|sat|sun)(?:s|nes|rs|ur)?(?:day)?s?\b"
    r"|\b(jan|feb|mar|apr|jun|jul|aug|sep|oct|nov|dec)"
    r"(?:uary|ruary|ch|il|e|y|ust|t|tember|ober|ember)?\b"
    r"|(?:\d\W{1,2}|\b(?:in|of|by|for|from|until|next|this|early|mid|late|since|before|after)\s)(may)\b|\b(may)(?=\W{1,2}\d)",
    re.IGNORECASE,
)
"""Names of weekdays and months; `may` only where it is no verb."""
_WORD = re.compile(r"[^\W\d_]{4,}")
_STEM = 5


def checked(
    answer: Iterable[Sentence], facts: Sequence[Fact], *, version: str, limit: int
) -> tuple[Summary | None, tuple[str, ...]]:
    """The sentences of a model's answer that may stand, at most `limit`, and for each other one why it may not.

    A sentence stands on facts that exist and were sent; it is short, without links, mentions and invisible characters;
    every number, date and id in it, in digits or in words, is in one of its facts (the release's own version is known,
    too); and it shares a word with them. No summary where nothing is left.
    """
    asked = request(facts)
    sent = len(asked.lines) if asked else 0
    kept: list[Sentence] = []
    dropped: list[str] = []
    for sentence in answer:
        why = _objection(sentence, facts[:sent], version)
        if not why and len(kept) >= limit:
            why = f"more than {limit} sentences"
        if why:
            dropped.append(why)
        else:
            kept.append(Sentence(" ".join(sentence.text.split()), tuple(sorted(set(sentence.sources)))))
    return (Summary(tuple(kept)) if kept else None), tuple(dropped)


def _objection(sentence: Sentence, facts: Sequence[Fact], version: str) -> str:
    """Why a sentence may not stand; empty where it may."""
    text = " ".join(sentence.text.split())
    if not text or len(text) > SENTENCE_LIMIT:
        return f"{len(text)} characters"
    if not sentence.sources or not all(1 <= number <= len(facts) for number in sentence.sources):
        return f"stands on lines {list(sentence.sources)[:10]} of 1 to {len(facts)}"
    if _FOREIGN.search(text):
        return "has a link, a mention or markup"
    # Outputs leave them out: `4`, something invisible and `0` would be read as 40.
    if any(unicodedata.category(char) in {"Cc", "Cf", "Cs", "Co", "Cn"} for char in text):
        return "has an invisible character"
    source = " ".join(facts[number - 1].text for number in sentence.sources)
    own = re.sub(rf"(?<![\w.-])v?{re.escape(version)}(?![\w-]|\.\w)", " ", text)
    if extra := sorted(_numbers(own) - _numbers(source)):
        return f"has the number {extra[0]} of its own"
    return "" if _words(text) & _words(source) else "shares no word with its facts"


def _numbers(text: str) -> set[str]:
    """Numbers, versions, dates and ids of a text as they are written, spelled numbers, weekdays and months."""
    text = text.casefold()
    signs = {char for char in text if char.isnumeric() and not char.isdecimal()}
    written = {"".join(found.split()) for found in _NUMBER.findall(text)}
    days = {next(filter(None, found)) for found in _DAY_WORD.findall(text)}
    return written | signs | days | (set(re.findall(r"[^\W\d_]+", text)) & _SPELLED)


def _words(text: str) -> set[str]:
    """Beginnings of the longer words, so that `search` and `searching` are one."""
    return {word.casefold()[:_STEM] for word in _WORD.findall(text)}
