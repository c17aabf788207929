"""Versions: semver 2.0.0 precedence, the pre-release ladder, the base of a range, and whether a plan makes sense."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from semver import Version

STAGES = ("alpha", "beta", "rc")
"""The pre-release ladder, lowest first; plain ASCII order agrees with it."""

_LOOSE = re.compile(r"\s*[=v]*\s*v?\s*", re.IGNORECASE)


def parse_version(text: str, *, loose: bool = False) -> Version:
    """The version that `text` names; a leading `v` is allowed, with `loose` also blanks and `=`.

    Raises ValueError that says what is missing.
    """
    stripped = text.strip()
    candidate = _LOOSE.sub("", stripped, count=1) if loose else stripped.removeprefix("v").removeprefix("V")
    try:
        return Version.parse(candidate)
    except (ValueError, TypeError) as error:
        raise ValueError(
            f"version {text!r}: not a semantic version; write MAJOR.MINOR.PATCH such as 2.8.0, "
            "or 2.8.0-rc.1 for a pre-release"
        ) from error


def tag_version(tag: str, pattern: str) -> Version | None:
    """The version of a tag by its pattern (`v{version}`), None for a tag of another kind or a malformed one."""
    prefix, _, suffix = pattern.partition("{version}")
    if not tag.startswith(prefix) or not tag.endswith(suffix) or len(tag) < len(prefix) + len(suffix):
        return None
    try:
        return Version.parse(tag[len(prefix) : len(tag) - len(suffix)])
    except ValueError:
        return None


def next_prerelease(version: str, stage: str, existing: Iterable[str], *, pattern: str | None = None) -> str:
    """The next pre-release of `version` at `stage`: `2.8.0`, `alpha`, tags up to `v2.8.0-alpha.1`: `2.8.0-alpha.2`.

    `existing` holds tags or versions; with `pattern` (`webapp-v{version}`) only tags of that form count. Counters start
    at 1 and go on from the highest, not from the number of tags. Raises ValueError for a version that is not final.
    """
    target = parse_version(version)
    if target.prerelease or target.build:
        raise ValueError(f"version {version!r}: pre-releases lead to a final version; give {target.finalize_version()}")
    wanted = re.compile(rf"(?:.*[^0-9.])?{re.escape(str(target))}-{re.escape(stage)}\.(\d{{1,9}})(?:\+.*)?")
    highest = 0
    for name in existing:
        if pattern is not None:
            tagged = tag_version(name, pattern)
            if tagged is None:
                continue
            name = str(tagged)  # noqa: PLW2901
        if match := wanted.fullmatch(name):
            highest = max(highest, int(match[1]))
    return f"{target}-{stage}.{highest + 1}"


def base_tag(version: str, tags: Sequence[str], pattern: str) -> str | None:
    """The tag that a release is compared with, out of `tags`, the ones that are ancestors of its commit.

    A final release compares to the last final one, a pre-release to the last pre-release of its own version or else to
    the last final; only lower versions count, so a rerun does not compare a release with itself. None: the whole
    history is new. Tags that do not follow `pattern` are passed over. Raises ValueError for a malformed `version`.
    """
    target = parse_version(version)
    core = target.finalize_version()
    best: tuple[Version, str] | None = None
    for tag in tags:
        found = tag_version(tag, pattern)
        if found is None or found >= target:
            continue
        if found.prerelease and not (target.prerelease and found.finalize_version() == core):
            continue
        if best is None or found > best[0]:
            best = (found, tag)
    return best[1] if best else None


def check_planned(version: str, existing: Iterable[str]) -> list[str]:
    """What is wrong with releasing `version` where `existing` (versions or `v` tags) are out; empty if nothing is.

    Wrong are a malformed version, one that exists, and one that goes backwards: below a final version of its own
    MAJOR.MINOR line, or below the newest version without a line of its own to continue. Malformed entries of `existing`
    are passed over.
    """
    try:
        planned = parse_version(version)
    except ValueError as error:
        return [str(error)]
    known = []
    for text in existing:
        try:
            known.append(parse_version(text))
        except ValueError:
            continue
    if planned in known:
        return [f"version {version}: exists already; plan the next free one"]
    finals = [other for other in known if not other.prerelease]
    line = [other for other in finals if (other.major, other.minor) == (planned.major, planned.minor)]
    newest = max(line or finals, default=None)
    if newest is not None and planned < newest:
        return [f"version {version}: goes backwards, {newest} is released already; plan a version above it"]
    return []
