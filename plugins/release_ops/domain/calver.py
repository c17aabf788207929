"""Versions by the calendar (calver.org), by counting, and mixtures of both, from one format string."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

_DATES: Mapping[str, Callable[[dt.date], str]] = {
    "YYYY": lambda day: str(day.year),
    "YY": lambda day: str(day.year - 2000),
    "0Y": lambda day: f"{day.year - 2000:02d}",
    "MM": lambda day: str(day.month),
    "0M": lambda day: f"{day.month:02d}",
    "WW": lambda day: str(day.isocalendar().week),
    "0W": lambda day: f"{day.isocalendar().week:02d}",
    "DD": lambda day: str(day.day),
    "0D": lambda day: f"{day.day:02d}",
}
COUNTERS = ("MAJOR", "MINOR", "MICRO", "PATCH", "N")
"""The parts of a format that count; all others are dates."""
_TOKEN = re.compile(r"YYYY|YY|0Y|MM|0M|WW|0W|DD|0D|MAJOR|MINOR|MICRO|PATCH|N")
_LEVELS = {"MAJOR": "major", "MINOR": "minor"}
_ORDER = ("none", "patch", "minor", "major")


@dataclass(frozen=True, slots=True)
class Format:
    """A format such as `YYYY.0M.MICRO`, `YY.MINOR.PATCH` (hybrid), `YYYY.0M[.MICRO]` or `N` (sequential).

    A part in `[]` at the end is left out while its counter is 0.
    """

    text: str
    tokens: tuple[str, ...]
    pattern: re.Pattern[str]
    optional: str


def parse_format(text: str) -> Format:
    """The format that `text` writes down. ValueError that says what is wrong with it."""
    shape = re.fullmatch(r"([^\[\]]+)(?:\[([^\[\]]+)\])?", text)
    tokens = tuple(_TOKEN.findall(text))
    if shape is None or not tokens or len(set(tokens)) != len(tokens):
        raise ValueError(
            f"version format {text!r}: write each of {', '.join([*_DATES, *COUNTERS])} at most once, such as YYYY.0M.MICRO"
        )
    literal = _TOKEN.sub("", shape[1] + (shape[2] or ""))
    if strange := re.search(r"[A-Za-z0-9]+", literal):
        raise ValueError(f"version format {text!r}: {strange[0]!r} is none of {', '.join([*_DATES, *COUNTERS])}")
    if literal.strip(".-_"):
        raise ValueError(f"version format {text!r}: put dots, hyphens or underscores between its parts")
    ends = {match.end() for match in _TOKEN.finditer(text)}
    if any(match.start() in ends for match in _TOKEN.finditer(text)):
        raise ValueError(f"version format {text!r}: put a dot or a hyphen between its parts")
    counters = [token for token in tokens if token in COUNTERS]
    if shape[2] and not [token for token in _TOKEN.findall(shape[2]) if token in COUNTERS]:
        raise ValueError(f"version format {text!r}: only a counter can be optional, such as YYYY.0M[.MICRO]")
    if "N" in counters and len(counters) > 1:
        raise ValueError(f"version format {text!r}: N counts releases; use it without {counters[0]}")

    def expression(part: str) -> str:
        places = [f"(?P<x{match[0]}>\\d+)" for match in _TOKEN.finditer(part)]
        pieces = [re.escape(piece) for piece in _TOKEN.split(part)]
        return "".join(piece + place for piece, place in zip(pieces, [*places, ""], strict=True))

    body = expression(shape[1]) + (f"(?:{expression(shape[2])})?" if shape[2] else "")
    return Format(text, tokens, re.compile(body), shape[2] or "")


def key(version: str, form: Format) -> tuple[int, ...] | None:
    """What versions of the format are ordered by, None for a text of another form."""
    match = form.pattern.fullmatch(version)
    if match is None:
        return None
    return tuple(int(match[f"x{token}"] or 0) for token in form.tokens)


def date_of(form: Format, on: dt.date) -> dict[str, int]:
    """The numbers that the format's dates have on a day."""
    return {token: int(_DATES[token](on)) for token in form.tokens if token in _DATES}


def write(form: Format, numbers: Mapping[str, int]) -> str:
    """The version of these numbers, one for each of the format's parts."""
    return _written(form, {name: _WIDTHS.get(name, "{}").format(number) for name, number in numbers.items()})


def next_by_calendar(form: Format, on: dt.date, existing: Iterable[str], *, level: str = "patch") -> str:
    """The version of a release on the day `on`, above every one of `existing` (versions; other forms are passed over).

    On a new date counters start at 0 (N at 1). On the same date, and where the newest version is dated later than
    `on`, a counter goes up: the one that `level` (patch, minor, major) names where the format has it, else the last;
    the counters after it go back to 0. ValueError where the format has no counter left to tell two releases apart.
    """
    known = [found for name in existing if (found := key(name, form)) is not None]
    dated = {token: _DATES[token](on) for token in form.tokens if token in _DATES}
    fresh = {**dated, **{name: "0" for name in form.tokens if name in COUNTERS}}
    if "N" in fresh:
        fresh["N"] = "1"
    newest = max(known, default=None)
    if newest is None:
        if "MINOR" in fresh and not dated:
            fresh["MINOR"] = "1"
        return _written(form, fresh)
    before = dict(zip(form.tokens, newest, strict=True))
    if dated and [int(part) for part in dated.values()] > [before[name] for name in dated]:
        # Counters in front of the date are the product's, not the day's.
        for name in form.tokens[: form.tokens.index(next(iter(dated)))]:
            fresh[name] = str(before[name])
        return _written(form, _raised(form, fresh, level) if _LEVELS.get(form.tokens[0]) == level else fresh)
    counters = [token for token in form.tokens if token in COUNTERS]
    if not counters:
        raise ValueError(
            f"version format {form.text!r}: {_written(form, dated)} is out already; add a counter, such as [.MICRO]"
        )
    values = {name: _WIDTHS.get(name, "{}").format(number) for name, number in before.items()}
    return _written(form, _raised(form, values, level))


def _raised(form: Format, values: Mapping[str, str], level: str) -> dict[str, str]:
    counters = [token for token in form.tokens if token in COUNTERS]
    # A format without MAJOR shows a breaking change by the greatest counter that it has.
    fitting = [name for name in counters if _ORDER.index(_LEVELS.get(name, "patch")) <= _ORDER.index(level)]
    chosen = fitting[0] if fitting else counters[-1]
    after = counters[counters.index(chosen) + 1 :]
    return {**values, chosen: str(int(values[chosen]) + 1), **dict.fromkeys(after, "0")}


_WIDTHS = dict.fromkeys(("0Y", "0M", "0W", "0D"), "{:02d}")


def _written(form: Format, values: Mapping[str, str]) -> str:
    text = form.text.partition("[")[0]
    if form.optional and any(values[token] != "0" for token in _TOKEN.findall(form.optional)):
        text += form.optional
    return _TOKEN.sub(lambda match: values[match[0]], text)
