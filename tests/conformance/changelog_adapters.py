"""How each kind of row of changelog_cases.jsonl is put to our functions: `check(row)` names the keys that differ.

Rows of one kind come from suites that write the same fact differently (a reference as an object or as `#12`, footers as
pairs or as lists by token). This module translates the writing, never the fact.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from release_ops.domain import commits, references, versions
from release_ops.domain.change import Change, Reference
from release_ops.domain.changelog import SECTION_RULES

Row = dict[str, Any]


def check(row: Row) -> list[str]:
    """Keys of `row["expect"]` on which we differ, each as `key: ours != theirs`; empty if the row passes."""
    return list(_KINDS[row["kind"]](row))


def _differ(key: str, ours: object, theirs: object) -> Iterator[str]:
    if ours != theirs:
        yield f"{key}: {ours!r} != {theirs!r}"


def _parse(row: Row) -> Iterator[str]:
    expect = row["expect"]
    if "mergePattern" in (row.get("options") or {}):
        change = next(iter(commits.parse_all(row["input"])), None)
    else:
        change = commits.parse_commit(row["input"])
    yield from _differ("valid", change is not None, expect["valid"])
    revert = commits.parse_revert(row["input"])
    if expect.get("revert"):
        theirs = (expect["revert"]["header"] or "", tuple(filter(None, [expect["revert"]["hash"]])))
        yield from _differ("revert", revert and (revert.header, revert.ids), theirs)
    if expect.get("merge"):
        yield from _differ("merge", commits.is_ignored(row["input"]), True)
    if change is None or not expect["valid"]:
        return
    if "merge_request" in expect:
        description, pull = commits.without_pull(change.description)
        change = replace(change, description=description)
        yield from _differ("merge_request", pull, expect["merge_request"])
    for key in expect:
        if key in _FIELDS:
            yield from _differ(key, *_FIELDS[key](change, expect[key]))


def _footers(change: Change, theirs: Any) -> tuple[object, object]:
    if isinstance(theirs, dict):
        ours: dict[str, list[str]] = {}
        for token, value in change.footers:
            ours.setdefault(token.lower().replace(" ", "-"), []).append(value)
        return ours, theirs
    return [list(pair) for pair in change.footers], theirs


def _references(change: Change, theirs: list[dict[str, Any]]) -> tuple[object, object]:
    wanted = []
    for reference in theirs:
        repository = "/".join(filter(None, [reference.get("owner"), reference.get("repository")]))
        wanted.append(
            Reference(action=reference["action"], target=f"{repository}{reference['prefix']}{reference['issue']}")
        )
    return set(change.references), set(wanted)


def _issues(change: Change, theirs: list[str]) -> tuple[object, object]:
    return sorted(r.target for r in change.references if r.action and r.action.lower() in references.CLOSING), sorted(
        theirs
    )


def _flat(text: str) -> str:
    return " ".join(text.split())


def _descriptions(change: Change) -> list[str]:
    """The paragraphs of a change as python-semantic-release lists them: issue footers and notes go elsewhere."""
    paragraphs = [commits.without_pull(change.description)[0], *(change.body or "").split("\n\n")]
    elsewhere = references.CLOSING | {"breaking change", "breaking-change", "notice"}
    paragraphs += [f"{token}: {value}" for token, value in change.footers if token.lower() not in elsewhere]
    return [_flat(paragraph) for paragraph in paragraphs if paragraph]


_FIELDS: dict[str, Callable[[Change, Any], tuple[object, object]]] = {
    "type": lambda change, theirs: (change.type, theirs),
    "scope": lambda change, theirs: (change.scope, theirs),
    "breaking": lambda change, theirs: (change.breaking, theirs),
    "description": lambda change, theirs: (change.description, theirs.rstrip()),
    "body": lambda change, theirs: (change.body, theirs or None),
    "footers": _footers,
    "notes": lambda change, theirs: (list(change.notes), theirs),
    "notes_contain": lambda change, theirs: ([t for t in theirs if t in "\n".join(change.notes)], theirs),
    "notes_exclude": lambda change, theirs: ([t for t in theirs if t in "\n".join(change.notes)], []),
    "references": _references,
    "linked_issues": _issues,
    "descriptions": lambda change, theirs: (_descriptions(change), theirs),
    "notices": lambda change, theirs: ([_flat(v) for token, v in change.footers if token.lower() == "notice"], theirs),
    "section": lambda change, theirs: (_section(change.type), theirs),
    "release_as": lambda change, theirs: (versions.release_as(change), versions.parse_version(theirs)),
}

_PSR_SECTIONS = {"fixes": "bug fixes", "maintenance": None, "performance": "performance improvements"}
_PSR_MAINTENANCE = {"style": "code style", "test": "testing", "build": "build system", "ci": "continuous integration"}


def _section(kind: str) -> str:
    title = next(rule.title for rule in SECTION_RULES if kind in rule.types).lower()
    return _PSR_SECTIONS.get(title, title) or _PSR_MAINTENANCE.get(kind, "chores")


def _parse_multi(row: Row) -> Iterator[str]:
    expected = [one for one in row["expect"]["commits"] if one is not None]
    changes = commits.parse_all(row["input"])
    yield from _differ("commits", len(changes), len(expected))
    for change, one in zip(changes, expected, strict=False):
        for key, theirs in one.items():
            if key == "type":
                yield from _differ(key, theirs in {change.type, _section(change.type)}, True)
            elif key == "bump":
                level = versions.level_of(change)
                yield from _differ(key, "no_release" if level == "none" else level, theirs)
            elif key == "breaking_descriptions":
                yield from _differ(key, list(change.notes), theirs)
            elif key in _FIELDS:
                yield from _differ(key, *_FIELDS[key](change, theirs))


def _ignored(row: Row) -> Iterator[str]:
    yield from _differ("ignored", commits.is_ignored(row["input"]), row["expect"]["ignored"])


def _compare(row: Row) -> Iterator[str]:
    loose = bool((row.get("options") or {}).get("loose"))
    left, right = (versions.parse_version(text, loose=loose) for text in row["input"])
    if "gt" in row["expect"]:
        yield from _differ("gt", left > right, row["expect"]["gt"])
    if "eq" in row["expect"]:
        yield from _differ("eq", left == right, row["expect"]["eq"])


def _sort(row: Row) -> Iterator[str]:
    ours = sorted(row["input"], key=versions.parse_version, reverse=True)
    yield from _differ("sorted_desc", ours, row["expect"]["sorted_desc"])


def _valid_version(row: Row) -> Iterator[str]:
    expect = row["expect"]
    try:
        version = versions.parse_version(row["input"])
    except ValueError:
        yield from _differ("valid", False, expect["valid"])
        return
    yield from _differ("valid", True, expect["valid"])
    for key in ("major", "minor", "patch"):
        if key in expect:
            yield from _differ(key, getattr(version, key), expect[key])
    for key in ("prerelease", "build"):
        if key in expect:
            text = getattr(version, key)
            yield from _differ(key, text.split(".") if text else [], [str(part) for part in expect[key]])


def _increment(row: Row) -> Iterator[str]:
    given = row["input"]
    base = given.get("identifierBase", 0)
    try:
        ours: str | None = versions.increment(
            given["version"],
            given.get("release") or given["level"],
            identifier=given.get("identifier") or "",
            base=None if base is False else int(base),
            loose=given.get("loose", False),
        )
    except ValueError:
        ours = None
    yield from _differ("version", ours, row["expect"]["version"])


def _bump_level(row: Row) -> Iterator[str]:
    changes = [change for message in row["input"] if (change := commits.parse_commit(message))]
    ours = max((versions.level_of(change) for change in changes), key=versions.LEVELS.index, default="none")
    theirs = (row["expect"]["level"] or "none").lower()
    yield from _differ("level", ours, "none" if theirs == "no_release" else theirs)


def _next_version(row: Row) -> Iterator[str]:
    suite = row["id"].partition("/")[0]
    ours = {
        "psr": _by_python_semantic_release,
        "semantic-release": _by_semantic_release,
        "commitizen": _by_commitizen,
        "release-please": _by_release_please,
    }[suite](row["input"])
    yield from _differ("version", ours, row["expect"]["version"])


def _by_python_semantic_release(given: dict[str, Any]) -> str:
    level = given["level_bump"].replace("prerelease_revision", "none").replace("no_release", "none")
    current = versions.parse_version(given["latest_version"])
    if current.major == 0 and level == "major" and not given["major_on_zero"]:
        level = "minor"
    return str(versions.advance(current, level, stage=given["prerelease_token"] if given["prerelease"] else None))


def _by_semantic_release(given: dict[str, Any]) -> str:
    stage = given["branch"].get("prerelease")
    if not given["lastRelease"]:
        return str(versions.bump([Change(type="feat")], None, stage=stage).version)
    current = versions.parse_version(given["lastRelease"]["version"])
    return str(versions.advance(current, given["nextRelease"]["type"], stage=stage))


_PEP440 = re.compile(r"(\d+(?:\.\d+){0,2})[-.]?(?:(a|alpha|b|beta|rc)\.?(\d*))?(?:[-.]dev\.?(\d+))?(?:\+(.*))?")
_SHORT = {"a": "alpha", "b": "beta"}


def _by_commitizen(given: dict[str, Any]) -> str:
    match = _PEP440.fullmatch(given["current_version"])
    assert match is not None, given["current_version"]
    core = ".".join([*match[1].split("."), "0", "0"][:3])
    label = _SHORT.get(match[2], match[2])
    current = versions.parse_version(f"{core}-{label}.{match[3] or 0}" if label else core)
    level = (given["increment"] or "none").lower()
    advanced = versions.advance(
        current,
        level,
        stage=given["prerelease"],
        first=given["prerelease_offset"],
        exact=given.get("exact_increment", False),
    )
    if given["scheme"] == "SemVer2" or not advanced.prerelease:
        return str(advanced)
    label, _, counter = advanced.prerelease.partition(".")
    short = {"alpha": "a", "beta": "b"}.get(label, label)
    return f"{advanced.finalize_version()}{'-' if given['scheme'] == 'SemVer' else ''}{short}{counter}"


def _by_release_please(given: dict[str, Any]) -> str:
    options = given["options"]
    always = given["strategy"].removeprefix("always-bump-") if given["strategy"].startswith("always") else ""
    policy = versions.BumpPolicy(
        others="patch",
        zero_breaking="minor" if options.get("bumpMinorPreMajor") else "major",
        zero_minor="patch" if options.get("bumpPatchForMinorPreMajor") else "minor",
        at_least=always or "none",
        at_most=always or "major",
    )
    changes = [
        Change(type=one["type"], breaking=one["breaking"], notes=tuple(one["notes"])) for one in given["commits"]
    ]
    current = versions.parse_version(given["current"])
    found = versions.bump(changes, given["current"], policy=policy)
    if found.level == "exact" or given["strategy"] != "prerelease":
        return str(found.version)
    stage = None
    if options.get("prerelease"):
        present = re.match(r"[A-Za-z]*", current.prerelease or "")
        stage = (present[0] if present else "") or options.get("prereleaseType")
    return str(versions.advance(current, found.level, stage=stage, first=None))


_KINDS: dict[str, Callable[[Row], Iterator[str]]] = {
    "parse": _parse,
    "parse-multi": _parse_multi,
    "ignored": _ignored,
    "compare": _compare,
    "sort": _sort,
    "valid-version": _valid_version,
    "increment": _increment,
    "next-version": _next_version,
    "bump-level": _bump_level,
}
