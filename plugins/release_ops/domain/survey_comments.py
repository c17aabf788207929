"""Comments of surveys, made fit to be shown: what names somebody is taken out, the length is bounded, the order is chance.

A comment is somebody's words in confidence. What can be recognised of a person is replaced: addresses, telephone and other
long numbers, links, names that are known, and names after words that introduce one. No rule finds every name; so comments
are shown of groups alone that are large enough to be told.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from random import Random

ADDRESS, NUMBER, LINK, NAME = "[address]", "[number]", "[link]", "[name]"

_LINK = re.compile(r"\b(?:https?://|www\.)\S+", re.IGNORECASE)
_MAIL = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]+(?:@|\s?\(at\)\s?|\s?\[at\]\s?)[\w-]+(?:\.[\w-]+)+", re.IGNORECASE)
_HANDLE = re.compile(r"(?<![\w@])@[\w.-]{2,}")
_NUMBER = re.compile(r"(?<![\w.])\+?\(?\d(?:[\d()/ .\u00a0-]{5,})\d(?!\w)")
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?:\s?[\dA-Z]{4}){3,7}\s?[\dA-Z]{0,3}\b")
_WORD = r"[^\W\d_][\w'\u2019-]*"
_CAPITAL = r"(?=[^\W\d_a-zß-öø-ÿ])" + _WORD
_TITLE = re.compile(rf"\b(?:Mr|Mrs|Ms|Mx|Miss|Dr|Prof|Herrn?|Frau|M|Mme)\b\.?\s+{_CAPITAL}(?:\s+{_CAPITAL})?")
_INTRODUCED = re.compile(
    rf"\b((?:[Mm]y name is|[Mm]ein Name ist|[Ii]ch bin|I am|I['\u2019]m|[Tt]his is|[Hh]ier ist|"
    rf"(?:[Bb]est|[Kk]ind|[Ww]arm)?\s?[Rr]egards,?|[Cc]heers,?|[Tt]hanks,|[Ss]incerely,?|"
    rf"(?:[Vv]iele |[Ll]iebe |[Bb]este |[Ff]reundliche )?[Gg]rüße,?)\s+){_CAPITAL}(?:\s+{_CAPITAL})?"
)
_SPACE = re.compile(r"\s+")
_DAY = re.compile(r"\d{4}-\d\d-\d\d|\d{1,2}\.\d{1,2}\.\d{4}")
_FEWEST = 7
"""Digits of a number that can reach or name somebody."""
_SHORTEST = 3
"""Letters of a name that is looked for; a shorter one is a word too often."""


def names_of(people: Iterable[str]) -> frozenset[str]:
    """Words of the names and addresses of people that are known, in lower case: of `ada.lovelace@x.org` ada and lovelace."""
    found = set[str]()
    for person in people:
        local = person.partition("@")[0]
        found.update(word for word in re.split(r"[\W\d_]+", local.lower()) if len(word) >= _SHORTEST)
    return frozenset(found)


def redacted(text: str, names: Collection[str] = ()) -> str:
    """`text` on one line, without what names somebody. `names` in lower case, as `names_of` gives them."""
    text = _SPACE.sub(" ", "".join(one if one.isprintable() or one.isspace() else " " for one in text)).strip()
    text = _LINK.sub(LINK, text)
    text = _MAIL.sub(ADDRESS, text)
    text = _HANDLE.sub(NAME, text)
    text = _IBAN.sub(NUMBER, text)
    text = _NUMBER.sub(_number, text)
    text = _TITLE.sub(NAME, text)
    text = _INTRODUCED.sub(rf"\g<1>{NAME}", text)
    if names:
        text = re.sub(_WORD, lambda found: NAME if _is_name(found[0], names) else found[0], text)
    return re.sub(rf"{re.escape(NAME)}(?: {re.escape(NAME)})+", NAME, text)


def shown(comments: Sequence[str], *, names: Collection[str], most: int, longest: int, chance: Random) -> list[str]:
    """At most `most` of the comments in random order, each redacted and at most `longest` characters."""
    texts = [text for text in (redacted(one, names) for one in comments) if text]
    # Sorted first: the order in which they came must not show through, whatever the seed.
    picked = chance.sample(sorted(texts), min(most, len(texts)))
    return [text if len(text) <= longest else text[: longest - 1].rstrip() + "…" for text in picked]


def _number(found: re.Match[str]) -> str:
    digits = sum(one.isdigit() for one in found[0])
    return found[0] if digits < _FEWEST or _DAY.fullmatch(found[0]) else NUMBER


def _is_name(word: str, names: Collection[str]) -> bool:
    """Whether a word that begins with a capital is a known name, also as a genitive."""
    plain = word.lower().replace("\u2019", "'").removesuffix("'s").removesuffix("'")
    return word[0].isupper() and (plain in names or plain.removesuffix("s") in names)
