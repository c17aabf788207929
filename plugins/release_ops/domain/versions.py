"""Versions: semver 2.0.0 precedence, the pre-release ladder, the bump that changes ask for, the base of a range."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from semver import Version

from release_ops.domain.change import Change
from release_ops.domain.loose_versions import read_loosely
from release_ops.domain.version_forms import FormVersion, read_pattern

STAGES = ("alpha", "beta", "rc")
"""The pre-release ladder, lowest first; plain ASCII order agrees with it."""
LEVELS = ("none", "patch", "minor", "major")
"""How much a release changes, lowest first."""

_PREFIX = re.compile(r"[v=\s]+", re.IGNORECASE)
_HYPHENLESS = re.compile(r"(\d+\.\d+\.\d+)([A-Za-z][0-9A-Za-z.-]*(?:\+[0-9A-Za-z.-]+)?)")


def parse_version(text: str, *, loose: bool = False) -> Version:
    """The version that `text` names; a leading `v` is allowed, with `loose` also `=`, blanks and `1.2.3beta`.

    Raises ValueError that says what is missing.
    """
    candidate = text.strip()
    if loose:
        candidate = _HYPHENLESS.sub(r"\1-\2", _PREFIX.sub("", candidate, count=1))
    elif candidate[:1] in {"v", "V"}:
        candidate = candidate[1:]
    try:
        return Version.parse(candidate)
    except (ValueError, TypeError) as error:
        raise ValueError(
            f"version {text!r}: not a semantic version; write MAJOR.MINOR.PATCH such as 2.8.0, "
            "or 2.8.0-rc.1 for a pre-release"
        ) from error


def read_version(text: str, pattern: str | None) -> Version:
    """The version that a text names as the versions of a tag pattern are written (`v{version:YYYY.0M.MICRO}`).

    Raises ValueError that says how they are written.
    """
    kind = Version if pattern is None else read_pattern(pattern)[2]
    return kind.parse(text) if issubclass(kind, FormVersion) else parse_version(text)


def tag_version(tag: str, pattern: str) -> Version | None:
    """The version of a tag by its pattern, None for a tag of another kind or a malformed one.

    Versions are semantic ones (`v{version}`), or of a format (`v{version:YYYY.0M.MICRO}`). What is no semantic version is
    read as `loose_versions` says: `v1.26`, `v2.0.0a1`.
    """
    prefix, suffix, kind = read_pattern(pattern)
    text = _between(tag, prefix, suffix)
    if text is None:
        return None
    try:
        return kind.parse(text)
    except ValueError:
        return None if issubclass(kind, FormVersion) else read_loosely(text)


def written_in(tag: str, pattern: str) -> str | None:
    """What stands in a tag where its pattern has the version; None for a tag of another form."""
    prefix, suffix, _ = read_pattern(pattern)
    return _between(tag, prefix, suffix)


def _between(tag: str, prefix: str, suffix: str) -> str | None:
    if not tag.startswith(prefix) or not tag.endswith(suffix) or len(tag) < len(prefix) + len(suffix):
        return None
    return tag[len(prefix) : len(tag) - len(suffix)]


def next_prerelease(version: str, stage: str, existing: Iterable[str], *, pattern: str | None = None) -> str:
    """The next pre-release of `version` at `stage`: `2.8.0`, `alpha`, tags up to `v2.8.0-alpha.1`: `2.8.0-alpha.2`.

    `existing` holds tags or versions; with `pattern` (`webapp-v{version}`) only tags of that form count. Counters start
    at 1 and go on from the highest, not from the number of tags. Raises ValueError for a version that is not final.
    """
    target = read_version(version, pattern)
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
    target = read_version(version, pattern)
    core = target.finalize_version()
    best: tuple[Version, str] | None = None
    # The longest name of a version is its own: `v2.8` may be a tag that moves along with 2.8.x.
    for tag in sorted(tags, key=len, reverse=True):
        found = tag_version(tag, pattern)
        if found is None or found >= target:
            continue
        if found.prerelease and not (target.prerelease and found.finalize_version() == core):
            continue
        if best is None or found > best[0]:
            best = (found, tag)
    return best[1] if best else None


def check_planned(version: str, existing: Iterable[str], pattern: str | None = None) -> list[str]:
    """What is wrong with releasing `version` where `existing` (tags or versions) are out; empty if nothing is.

    Wrong are a malformed version, one that exists, and one that goes backwards: below a final version of its own
    MAJOR.MINOR line, or below the newest version without a line of its own to continue. With `pattern` only tags of
    that form count; malformed entries are passed over.
    """
    try:
        planned = read_version(version, pattern)
    except ValueError as error:
        return [str(error)]
    known = [found for name in existing if (found := _known(name, pattern)) is not None]
    if planned in known:
        return [f"version {version}: exists already; plan the next free one"]
    finals = [other for other in known if not other.prerelease]
    line = [other for other in finals if (other.major, other.minor) == (planned.major, planned.minor)]
    newest = max(line or finals, default=None)
    if newest is not None and planned < newest:
        return [f"version {version}: goes backwards, {newest} is released already; plan a version above it"]
    return []


def _known(name: str, pattern: str | None) -> Version | None:
    if pattern is not None:
        return tag_version(name, pattern)
    try:
        return parse_version(name)
    except ValueError:
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class BumpPolicy:
    """Which changes ask for which version."""

    minor: frozenset[str] = frozenset({"feat", "deprecation"})
    """Types that ask for a minor version (semver 7: also when something becomes deprecated)."""
    patch: frozenset[str] = frozenset({"fix", "perf", "security", "revert"})
    others: str = "none"
    """Level of every other type; `none`: documentation alone is no reason for a release."""
    zero_breaking: str = "minor"
    """Level of a breaking change at 0.y.z: a product becomes 1.0.0 by decision, not by accident."""
    zero_minor: str = "minor"
    """Level of a feature at 0.y.z."""
    at_least: str = "none"
    """Level of every release that has any change."""
    at_most: str = "major"
    untyped: str = "patch"
    """Level of changes without a type for a team that writes none (`lacks_types`): something changed, nobody said how."""


@dataclass(frozen=True, slots=True)
class Bump:
    """The version that changes ask for. `version` is None where there is nothing to release."""

    version: str | None
    level: str
    why: tuple[tuple[str, Change], ...]
    """The changes that decided it, each with its reason: `breaking change`, `feat`, `Release-As 3.0.0`."""


def level_of(change: Change, policy: BumpPolicy | None = None) -> str:
    """none, patch, minor or major, as one change alone asks for it, above 0.y.z."""
    policy = policy or BumpPolicy()
    if change.breaking:
        return "major"
    if change.type in policy.minor:
        return "minor"
    return "patch" if change.type in policy.patch else policy.others


def lacks_types(changes: Iterable[Change]) -> bool:
    """Whether most changes have no type: their authors do not follow Conventional Commits.

    Reverts do not count, nor what programs write.
    """
    own = [bool(change.type) for change in changes if change.type != "revert" and not change.author.endswith("[bot]")]
    return own.count(False) > own.count(True)


def bump(
    changes: Sequence[Change],
    current: str | None,
    *,
    stage: str | None = None,
    policy: BumpPolicy | None = None,
) -> Bump:
    """The next version after `current` that `changes` (newest first) ask for, and which of them decided it.

    Without `current` the first version is 0.1.0. With `stage` it is a pre-release. A `Release-As: 3.0.0` footer
    decides alone, the newest first. Raises ValueError for a malformed `current`.
    """
    policy = policy or BumpPolicy()
    for change in changes:
        if wanted := release_as(change):
            return Bump(str(wanted), "exact", ((f"Release-As {wanted}", change),))
    if lacks_types(changes):
        levels = [level_of(change, policy) if change.type or change.breaking else policy.untyped for change in changes]
    else:
        levels = [level_of(change, policy) for change in changes]
    level = max(levels, key=LEVELS.index, default="none")
    why = tuple(
        ("breaking change" if change.breaking else change.type or "change", change)
        for change, own in zip(changes, levels, strict=True)
        if own == level
    )
    if changes:
        level = max(level, policy.at_least, key=LEVELS.index)
    level = min(level, policy.at_most, key=LEVELS.index)
    if level == "none":
        return Bump(None, level, ())
    version = parse_version(current) if current is not None else Version(0)
    if version.major == 0:
        level = {"major": policy.zero_breaking, "minor": policy.zero_minor}.get(level, level)
    if current is None:
        return Bump(str(advance(version, "minor", stage=stage)), level, why)
    return Bump(str(advance(version, level, stage=stage)), level, why)


def release_as(change: Change) -> Version | None:
    """The version that a `Release-As` footer or a `RELEASE AS:` note asks for; a malformed one asks for nothing."""
    asked = [value for token, value in change.footers if token.lower() == "release-as"]
    asked += [
        note.partition(":")[2] for note in change.notes if note.upper().startswith(("RELEASE AS:", "RELEASE-AS:"))
    ]
    for text in asked:
        try:
            return parse_version(text)
        except ValueError:
            continue
    return None


def advance(
    current: Version, level: str, *, stage: str | None = None, first: int | None = 1, exact: bool = False
) -> Version:
    """The version after `current`: a final one, or with `stage` the next step of the pre-release ladder.

    A pre-release already stands for a level (1.1.0-rc.1 for a minor one): smaller changes keep its MAJOR.MINOR.PATCH,
    greater ones raise it, `exact` raises it always. On one version the ladder only goes up: alpha after beta gives the
    next beta. The first pre-release of a stage has the counter `first`, None for none at all; `level` is one of LEVELS.
    """
    core = current.finalize_version()
    if not current.prerelease or exact or LEVELS.index(level) > LEVELS.index(_stands_for(core)):
        core = _raised(core, level)
    if stage is None:
        return core
    present = current.prerelease or ""
    label, counter = _label(present)
    if core == current.finalize_version() and present:
        if stage <= label:
            return core.replace(prerelease=_counted(present))
    elif stage == label and counter is not None:
        start = "1" if first is None else str(first)
        return core.replace(prerelease=present[: len(present) - len(counter)] + start.rjust(len(counter), "0"))
    return core.replace(prerelease=stage if first is None else f"{stage}.{first}")


def _stands_for(core: Version) -> str:
    return "patch" if core.patch else "minor" if core.minor else "major"


def _raised(core: Version, level: str) -> Version:
    raised: Mapping[str, Version] = {
        "none": core,
        "patch": core.bump_patch(),
        "minor": core.bump_minor(),
        "major": core.bump_major(),
    }
    return raised[level]


def _label(prerelease: str) -> tuple[str, str | None]:
    """Stage and counter of `rc.2`, `beta01`, `alpha`."""
    name = re.match(r"[A-Za-z-]*", prerelease)
    counter = re.search(r"\d+$", prerelease)
    return name[0] if name else "", counter[0] if counter else None


def _counted(prerelease: str) -> str:
    """The next of `rc.2`, `beta09` (beta10), `beta` (beta.1): the last number goes up and keeps its width."""
    _, counter = _label(prerelease)
    if counter is None:
        return f"{prerelease}.1"
    return prerelease[: len(prerelease) - len(counter)] + str(int(counter) + 1).rjust(len(counter), "0")


def increment(version: str, release: str, *, identifier: str = "", base: int | None = 0, loose: bool = False) -> str:
    """The version after `version` by the rules of npm's `semver.inc`, for teams whose other tools count so.

    `release` is major, minor, patch, premajor, preminor, prepatch, prerelease or release; `identifier` names the
    pre-release, `base` is its first counter, None for none. Raises ValueError with what does not fit.
    """
    current = parse_version(version, loose=loose)
    if release.startswith("pre") and identifier and not re.fullmatch(r"[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*", identifier):
        raise ValueError(f"identifier {identifier!r}: use letters, digits, hyphens and dots")
    if release == "release":
        if not current.prerelease:
            raise ValueError(f"version {version}: is no pre-release, so it has no final version to come")
        return str(current.finalize_version())
    core = current.finalize_version()
    if release in {"major", "minor", "patch"}:
        return str(advance(current, release))
    if release in {"premajor", "preminor", "prepatch"}:
        core, present = _raised(core, release.removeprefix("pre")), []
    elif release == "prerelease":
        present = current.prerelease.split(".") if current.prerelease else []
        core = core if present else core.bump_patch()
    else:
        raise ValueError(
            f"release {release!r}: unknown; choose one of major, minor, patch, pre..., prerelease, release"
        )
    return str(core.replace(prerelease=".".join(_identifiers(present, identifier, base))))


def _identifiers(present: list[str], identifier: str, base: int | None) -> list[str]:
    """The next pre-release identifiers by npm's rules: the last number goes up; a new identifier starts at `base`."""
    fresh = identifier.split(".") if identifier else []
    start = [] if base is None else [str(base)]
    numbers = [i for i, part in enumerate(present) if part.isdecimal()]
    if numbers:
        raised = [str(int(part) + 1) if i == numbers[-1] else part for i, part in enumerate(present)]
    else:
        if base is None and fresh == present:
            raise ValueError(
                f"identifier {identifier!r}: the version has it already, and without a counter nothing changes"
            )
        raised = [*present, str(base or 0)]
    if not fresh:
        return raised
    follows = raised[: len(fresh)] == fresh and raised[len(fresh) :] and raised[len(fresh)].isdecimal()
    return raised if follows else [*fresh, *start]
