"""Versions that are no semantic ones, as if they were: `2026.04.0-rc.1` is compared as 2026.4.0-rc.1 and written as it is.

A tag pattern says how versions are written: `v{version}` has semantic ones, `v{version:YYYY.0M.MICRO}` those of a format
(see `calver`). Everything between reading and writing a tag works with `semver.Version`; a `FormVersion` is one that is
written by its format.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Any, ClassVar

from semver import Version

from release_ops.domain.calver import Format, parse_format, write

PLACE = re.compile(r"\{version(?::(?P<form>[^{}]*))?\}")
"""Where the version stands in a tag pattern."""

_NUMBER = r"(?:0|[1-9]\d{0,8})"
_MONTH, _WEEK, _DAY = (
    "|".join(map(str, range(1, 13))),
    "|".join(map(str, range(1, 54))),
    "|".join(map(str, range(1, 32))),
)
_PARTS: Mapping[str, str] = {
    "YYYY": r"[1-9]\d{3}",
    "YY": r"(?:0|[1-9]\d{0,2})",
    "0Y": r"(?:\d{2}|[1-9]\d{2})",
    "MM": f"(?:{_MONTH})",
    "0M": r"(?:0[1-9]|1[0-2])",
    "WW": f"(?:{_WEEK})",
    "0W": r"(?:0[1-9]|[1-4]\d|5[0-3])",
    "DD": f"(?:{_DAY})",
    "0D": r"(?:0[1-9]|[12]\d|3[01])",
}
_SMALL = frozenset({"MM", "0M", "WW", "0W", "DD", "0D"})
"""Below 100, so that they fit into one number with the part before them."""
_IDENTIFIER = r"(?:0|[1-9]\d*|\d*[A-Za-z-][0-9A-Za-z-]*)"
_PRERELEASE = rf"(?P<prerelease>[A-Za-z][0-9A-Za-z-]*(?:\.{_IDENTIFIER})*)"
_BUILD = r"(?P<build>[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)"


class FormVersion(Version):
    """A version that is ordered as semver orders and written by `form`. Only versions of one form can be compared."""

    __slots__ = ()
    form: ClassVar[Format]
    places: ClassVar[tuple[tuple[str, ...], ...]]
    """Which parts of the form make MAJOR, MINOR and PATCH; the rest is 0."""
    pattern: ClassVar[re.Pattern[str]]

    @classmethod
    def parse(cls, version: Any, optional_minor_and_patch: bool = False) -> FormVersion:
        """The version that a text of this form names. ValueError that says how it is written."""
        text = version.decode() if isinstance(version, bytes) else str(version)
        match = cls.pattern.fullmatch(text)
        if match is not None:
            parts = match.groupdict()
            numbers = [0, 0, 0]
            for i, tokens in enumerate(cls.places):
                for token in tokens:
                    numbers[i] = numbers[i] * 100 + int(parts[f"x{token}"] or 0)
            found = cls(numbers[0], numbers[1], numbers[2], prerelease=parts["prerelease"], build=parts["build"])
            if str(found) == text:
                return found
        loose = cls.form.pattern.fullmatch(text)
        close = {token: int(loose[f"x{token}"] or 0) for token in cls.form.tokens} if loose else None
        remedy = write(cls.form, close) if close else ""
        if not cls.pattern.fullmatch(remedy):
            remedy = f"{cls.form.text}, with -rc.1 for a pre-release"
        raise ValueError(f"version {text!r}: is not of the form {cls.form.text}; write {remedy}")

    @property
    def parts(self) -> dict[str, int]:
        """The numbers of the form's parts."""
        found: dict[str, int] = {}
        for number, tokens in zip((self.major, self.minor, self.patch), self.places, strict=False):
            rest = number
            for token in reversed(tokens[1:]):
                rest, found[token] = divmod(rest, 100)
            found[tokens[0]] = rest
        return found

    def __str__(self) -> str:
        suffix = f"-{self.prerelease}" if self.prerelease else ""
        return write(self.form, self.parts) + suffix + (f"+{self.build}" if self.build else "")

    __hash__ = Version.__hash__


@cache
def versions_of(form: str) -> type[FormVersion]:
    """The versions of a format. ValueError for a malformed one, or one of more than three parts that can grow."""
    parsed = parse_format(form)
    places: list[tuple[str, ...]] = [(token,) for token in parsed.tokens]
    while len(places) > 3:
        inner = [i for i in range(1, len(places)) if all(token in _SMALL for token in places[i])]
        if not inner:
            raise ValueError(f"version format {form!r}: has more than three parts that can grow; leave one out")
        places[inner[-1] - 1 : inner[-1] + 1] = [places[inner[-1] - 1] + places[inner[-1]]]
    body = parsed.pattern.pattern
    for token in parsed.tokens:
        body = body.replace(f"(?P<x{token}>\\d+)", f"(?P<x{token}>{_PARTS.get(token, _NUMBER)})")
    whole = re.compile(rf"{body}(?:-{_PRERELEASE})?(?:\+{_BUILD})?")
    fields = {"__slots__": (), "form": parsed, "places": tuple(places), "pattern": whole}
    return type("FormVersion", (FormVersion,), fields)


@cache
def read_pattern(pattern: str) -> tuple[str, str, type[Version]]:
    """What stands before and after the version in tags of that pattern, and the kind of version.

    ValueError for a pattern without exactly one place for the version, or a malformed format.
    """
    places = list(PLACE.finditer(pattern))
    if len(places) != 1:
        raise ValueError(f"tag pattern {pattern!r}: write where the version stands, once, such as v{{version}}")
    (place,) = places
    form = place["form"]
    return pattern[: place.start()], pattern[place.end() :], versions_of(form) if form else Version


def form_of(pattern: str) -> Format | None:
    """The format of a pattern's versions, None for semantic ones."""
    kind = read_pattern(pattern)[2]
    return kind.form if issubclass(kind, FormVersion) else None


def with_form(pattern: str, form: str | None) -> str:
    """The pattern `v{version}` with a format for its versions; without one as it is."""
    return PLACE.sub(f"{{version:{form}}}", pattern) if form else pattern


def tag_name(pattern: str, version: object) -> str:
    """Tag of a version."""
    return PLACE.sub(lambda _: str(version), pattern)
