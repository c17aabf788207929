"""Versions that tags have and semver 2.0.0 does not know: `1.26`, and Python's `2.0.0a1`, `1.0rc1`, `1.0.dev3`, `1.0.post1`.

The forms are those of PEP 440 (https://peps.python.org/pep-0440/) without epochs and without two suffixes at once.
"""

from __future__ import annotations

import re
from typing import Any

from semver import Version

_NUMBER = r"(?:0|[1-9]\d{0,8})"
_FORM = re.compile(
    rf"(?P<major>{_NUMBER})\.(?P<minor>{_NUMBER})(?:\.(?P<patch>{_NUMBER}))?"
    rf"(?:[._-]?(?P<suffix>alpha|beta|preview|pre|post|rev|dev|rc|a|b|c|r)[._-]?(?P<counter>{_NUMBER})?)?",
    re.IGNORECASE,
)
_STAGES = {
    **dict.fromkeys(("a", "alpha"), "alpha"),
    **dict.fromkeys(("b", "beta"), "beta"),
    **dict.fromkeys(("c", "rc", "pre", "preview"), "rc"),
    # A number comes before every word: development releases come before the first alpha.
    "dev": "0.dev",
}


class PostRelease(Version):
    """A version such as 1.0.post2: a final one after 1.0.0 and before 1.0.1. Its number is the build `post.2`.

    Python asks the subclass first, whichever side it stands on, so each comparison is written out here.
    """

    __slots__ = ()
    __hash__ = Version.__hash__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Version) and self.compare(other) == 0

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __lt__(self, other: Any) -> bool:
        return self.compare(other) < 0

    def __le__(self, other: Any) -> bool:
        return self.compare(other) <= 0

    def __gt__(self, other: Any) -> bool:
        return self.compare(other) > 0

    def __ge__(self, other: Any) -> bool:
        return self.compare(other) >= 0

    def compare(self, other: Any) -> int:
        """Negative, zero or positive, as semver compares; among equals the number decides."""
        order = int(Version(*self.to_tuple()).compare(other))
        return order or _post_number(self) - _post_number(other)


def read_loosely(text: str) -> Version | None:
    """The version that `text` writes in another way than semver; None for anything else.

    A version has two or three numbers, without leading zeros: one number alone (`v10`) is a tag that moves. A missing
    third is 0, a missing counter too. `1.0rc1` is 1.0.0-rc.1, `1.0.dev3` 1.0.0-0.dev.3, `1.0.post1` a PostRelease.
    """
    match = _FORM.fullmatch(text)
    if match is None:
        return None
    numbers = int(match["major"]), int(match["minor"]), int(match["patch"] or 0)
    suffix, counter = (match["suffix"] or "").lower(), int(match["counter"] or 0)
    if not suffix:
        return Version(*numbers)
    if suffix in {"post", "rev", "r"}:
        return PostRelease(*numbers, build=f"post.{counter}")
    return Version(*numbers, prerelease=f"{_STAGES[suffix]}.{counter}")


def _post_number(version: Any) -> int:
    """0 for a version without such a number: it comes before post0."""
    build = version.build if isinstance(version, PostRelease) else None
    return int(build.removeprefix("post.")) + 1 if build else 0
