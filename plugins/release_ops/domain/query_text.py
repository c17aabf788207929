"""Queries with placeholders: facts of a deployment put into PromQL escaped, and into SQL as parameters.

A placeholder is one of `analysis_policy.PLACEHOLDERS` in braces. Other braces are the query's own: `{version="{version}"}`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial

from release_ops.domain.analysis_policy import PLACEHOLDERS

_PLACEHOLDER = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")
_MATCHES = re.compile(r"[=!]~\s*$")
_NUMBER = re.compile(r"-?\d{1,15}(\.\d{1,15})?")
_REGEX_SIGNS = re.compile(r"[\\.+*?()|\[\]{}^$]")
_PROMQL = re.compile(r"""(?P<quoted>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`)|(?P<comment>\#[^\n]*)""", re.DOTALL)
_SQL = re.compile(r"""(?P<quoted>'(?:[^']|'')*'|"(?:[^"]|"")*")|(?P<comment>--[^\n]*|/\*.*?\*/)""", re.DOTALL)


class PlaceholderError(ValueError):
    """A placeholder that cannot be filled: `what is wrong; remedy`."""


@dataclass(frozen=True, slots=True)
class _Piece:
    """A stretch of a query: code, a quoted text or a comment."""

    kind: str
    text: str


def unknown_placeholders(text: str) -> tuple[str, ...]:
    """Names in braces that are no placeholders."""
    return tuple(dict.fromkeys(name for name in _PLACEHOLDER.findall(text) if name not in PLACEHOLDERS))


def placeholders(text: str) -> tuple[str, ...]:
    """Placeholders that a query names."""
    return tuple(dict.fromkeys(name for name in _PLACEHOLDER.findall(text) if name in PLACEHOLDERS))


def promql(text: str, facts: Mapping[str, str]) -> str:
    """PromQL with its placeholders filled in: escaped in quotes, as a regular expression after `=~`; else numbers only.

    PlaceholderError for an unknown name, a fact that is missing, or one that cannot stand where it is asked for.
    """
    _known(text)
    filled: list[str] = []
    for before, piece in _pieces(text, _PROMQL):
        if piece.kind == "comment":
            filled.append(piece.text)
            continue
        fill = partial(_promql, facts, piece, bool(_MATCHES.search(before)))
        filled.append(_PLACEHOLDER.sub(fill, piece.text))
    return "".join(filled)


def _promql(facts: Mapping[str, str], piece: _Piece, is_regex: bool, match: re.Match[str]) -> str:
    name = match[1]
    value = _fact(name, facts)
    if piece.kind == "code":
        if _NUMBER.fullmatch(value) is None:
            raise PlaceholderError(f'{{{name}}} stands outside of quotes, where only a number may; write "{{{name}}}"')
        return value
    if is_regex:
        value = _REGEX_SIGNS.sub(r"\\\g<0>", value)
    quote = piece.text[0]
    if quote == "`":
        if "`" in value:
            raise PlaceholderError(f"{{{name}}} holds a backtick and stands in backticks; write it in double quotes")
        return value
    escaped = value.replace("\\", "\\\\").replace(quote, f"\\{quote}")
    return "".join(one if one >= " " else f"\\x{ord(one):02x}" for one in escaped)


def sql_parts(text: str, facts: Mapping[str, str]) -> tuple[list[str], list[str | int | float]]:
    """Stretches of an SQL statement between its placeholders, and the values that belong there, to be bound.

    PlaceholderError for an unknown name, a fact that is missing, or a placeholder in quotes, where nothing is bound.
    """
    _known(text)
    parts = [""]
    values: list[str | int | float] = []
    for _, piece in _pieces(text, _SQL):
        if piece.kind == "comment":
            parts[-1] += piece.text
            continue
        place = 0
        for match in _PLACEHOLDER.finditer(piece.text):
            if piece.kind == "quoted":
                raise PlaceholderError(f"{match[0]} stands in quotes, where nothing is bound; write it without them")
            parts[-1] += piece.text[place : match.start()]
            value = _fact(match[1], facts)
            is_number = match[1] == "weight" and _NUMBER.fullmatch(value) is not None
            values.append((float(value) if "." in value else int(value)) if is_number else value)
            parts.append("")
            place = match.end()
        parts[-1] += piece.text[place:]
    return parts, values


def check_query(text: str, *, sql: bool) -> None:
    """PlaceholderError for a query that cannot be filled in, whatever the facts are."""
    facts = {name: "1" if name == "weight" else "x" for name in PLACEHOLDERS}
    sql_parts(text, facts) if sql else promql(text, facts)


def _known(text: str) -> None:
    for name in unknown_placeholders(text):
        raise PlaceholderError(f"{{{name}}} is no placeholder; known are {', '.join(PLACEHOLDERS)}")


def _fact(name: str, facts: Mapping[str, str]) -> str:
    value = facts.get(name)
    if value is None or value == "":
        raise PlaceholderError(f"{{{name}}} is not known of this deployment; leave it out of the query")
    return str(value)


def _pieces(text: str, pattern: re.Pattern[str]) -> Iterator[tuple[str, _Piece]]:
    """Stretches of a query, each with the text before it."""
    place = 0
    for match in pattern.finditer(text):
        if match.start() > place:
            yield text[:place], _Piece("code", text[place : match.start()])
        yield text[: match.start()], _Piece(str(match.lastgroup), match[0])
        place = match.end()
    if place < len(text):
        yield text[:place], _Piece("code", text[place:])
