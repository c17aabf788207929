"""One commit message -> one Change: Conventional Commits 1.0.0, Git's own messages, references, reverts.

The rules that are named in comments are those of https://www.conventionalcommits.org/en/v1.0.0/. Every pattern here is
either anchored to one line or bounded, and a message is walked once, so that parsing takes time linear in its length.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from release_ops.domain.breaking import whole_notes
from release_ops.domain.change import Change
from release_ops.domain.message_parts import BREAKING_TOKENS, split_parts, stray_notes
from release_ops.domain.references import references_of

TYPE_ALIASES: Mapping[str, str] = {
    "feature": "feat",
    "features": "feat",
    "bugfix": "fix",
    "bug": "fix",
    "hotfix": "fix",
    "performance": "perf",
    "doc": "docs",
    "documentation": "docs",
    "sec": "security",
    "deprecate": "deprecation",
    "deprecated": "deprecation",
    "tests": "test",
    "refact": "refactor",
}
"""Spellings that teams use for the same type; `parse_commit` applies them only where it is told to."""

KNOWN_TYPES = frozenset(
    {"feat", "fix", "perf", "security", "deprecation", "revert", "docs", "refactor"}
    | {"chore", "ci", "style", "test", "build"}
)
"""Types with a meaning of their own; any other is allowed in a header, but does not begin a commit inside a body."""

# Rules 1, 4 and 13. A type is one noun without blanks; a scope is not empty and has no parentheses.
_HEADER = re.compile(r"(?P<type>[^\s():!,;]++)(?:\((?P<scope>[^()]++)\))?(?P<bang>!)?:[ \t]++(?P<description>.+)")
_NESTED = re.compile(
    rf"\n(?:[ \t\r]*+\n(?:[*-] )?(?i:{'|'.join(sorted(KNOWN_TYPES | TYPE_ALIASES.keys()))})(?:\([^()\n]++\))?!?:[ \t]"
    r"|Squashed commit of the following:|BEGIN_NESTED_COMMIT)"
)
# `git merge --squash` writes the log of the branch; release-please brackets further commits of the same message.
_LOG = "Squashed commit of the following:"
_LOGGED = re.compile(r"commit [0-9a-f]{7,64}(?: \(.*\))?\s*")
_OPENING, _CLOSING_MARK = "BEGIN_NESTED_COMMIT", "END_NESTED_COMMIT"


_SHA = r"[0-9a-f]{7,64}"
_REVERTS = re.compile(rf"\b[Tt]his reverts? (?:the )?commits? (?P<ids>{_SHA}(?:(?:,| and|, and) {_SHA}){{0,50}})")
_REVERT_HEADER = re.compile(r'revert(?:ed|s)?:? "(?P<header>.*)"(?: \(#\d+\))?\s*$', re.IGNORECASE)
_REAPPLY_HEADER = re.compile(r'reapply "(?P<header>.*)"(?: \(#\d+\))?\s*$', re.IGNORECASE)
_HEX = re.compile(rf"\b{_SHA}\b")
_PICKED = re.compile(rf"^\(cherry[- ]picked from commit (?P<id>{_SHA})\)", re.MULTILINE)
_CO_AUTHOR = re.compile(r"^co-authored-by:[ \t]*(?P<who>[^\n]{1,320})$", re.IGNORECASE | re.MULTILINE)

_MERGED_PR = re.compile(r"Merged PR \d{1,12}: ")
_PULL = re.compile(r"\s*\((?:pull request )?(?P<number>[#!]\d{1,12})\)$")

_VERSION = r"v?\d++\.\d++\.\d++\S*+"
_TAIL = r"(?:\s+(?:[\[(](?:skip[ -]ci|ci[ -]skip)[\])]|\([#!]\d{1,12}\)))*\Z"
_GIT_MESSAGES = re.compile(
    rf"""(?:
        Merge\ (?:branch|tag|remote-tracking\ branch|pull\ request|commit|heads?|refs|changes|\S+\ into)\b
      | Merged?\ (?:in|PR|\S+\ into)\b
      | Auto(?:matic(?:ally)?)?[- ]merged?\b
      | (?:fixup|squash|amend)!\ ?
      | revert(?:ed|s)?:?\ "
      | reapply\ "
      | {_VERSION}{_TAIL}
      | chore(?:\([^()\n]*\))?:\s+(?:release\ )?{_VERSION}{_TAIL}
      | (?:chore(?:\([^()\n]*\))?:\ |bump:\ )?(?:(?:bump|prepare|prepare\ for)\ )?(?:release|version)(?:\ bump)?:?
        \ (?:to\ |from\ )?{_VERSION}(?:\ (?:→|->|to)\ {_VERSION})?{_TAIL}
    )""",
    re.IGNORECASE | re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Revert:
    """What a commit takes back: the subject that it quotes and the ids that it names; either may be missing."""

    header: str
    ids: tuple[str, ...]


def normalise(message: str) -> str:
    r"""The message with `\n` line ends, without leading blank lines and trailing white space."""
    if "\r" in message:
        message = message.replace("\r\n", "\n").replace("\r", "\n")
    return message.lstrip("\n").rstrip()


def subject(message: str) -> str:
    """First line of a message, trimmed; empty for an empty message."""
    first = message.partition("\n")[0]
    if first and "\r" not in first:
        return first.strip()
    return normalise(message).partition("\n")[0].strip()


def is_ignored(message: str) -> bool:
    """Whether Git, a hosting service or a release tool wrote the message: merges, fixup!, reverts, bare versions.

    Such messages are neither right nor wrong by the convention. The kinds are those of commitlint's default ignores and
    of release tools; the first line decides, so a version with a trailer or with its changelog below is one of them.
    """
    return _GIT_MESSAGES.match(subject(message)) is not None


def parse_commit(
    message: str,
    *,
    types: Mapping[str, str] | None = None,
    id: str = "",
    author: str = "",
    committed_at: datetime | None = None,
) -> Change | None:
    """The change that a message describes, or None where its header does not follow Conventional Commits 1.0.0.

    `types` maps spellings to types (`{"feature": "feat"}`); a type is always given in lower case (rule 15). The body
    keeps its inner line breaks; footers keep their tokens and order; `notes` holds the texts of the BREAKING CHANGE
    footers, or the description where only `!` says that the change breaks (rule 13). More than the rules ask for, a line
    that begins with `BREAKING CHANGE: ` breaks, too, where it is no footer for want of a blank line above it, and so does
    a header of that type: to overlook one costs more than to heed it. `id`, `author` and `committed_at` are those of the
    commit. Never raises.
    """
    text = normalise(message)
    header, _, rest = text.partition("\n")
    match = _HEADER.fullmatch(header.rstrip())
    if match is None and header.startswith("BREAKING CHANGE"):
        match = _HEADER.fullmatch(header.rstrip().replace(" ", "-", 1))
    if match is None:
        return None
    kind, scope, bang, description = match.groups()
    description = description.strip()
    if scope is not None:
        scope = scope.strip()
        if not scope:
            return None
    breaking = bang is not None or kind == "BREAKING-CHANGE"
    kind = kind.lower()
    if types is not None:
        kind = types.get(kind, kind)
    if not rest:
        return Change(
            type=kind,
            scope=scope,
            breaking=breaking,
            description=description,
            notes=(description,) if breaking else (),
            references=references_of(header, ()) if "#" in header or "-" in header or "://" in header else (),
            id=id,
            author=author,
            committed_at=committed_at,
        )
    hanging, body, footers = split_parts(rest)
    notes: tuple[str, ...] = ()
    if "BREAKING" in rest:
        told = [value for token, value in footers if token in BREAKING_TOKENS] or stray_notes(rest)
        notes = whole_notes(rest, tuple(value for value in told if value))
        breaking = breaking or bool(told)
    if breaking and not notes:
        notes = (description,)
    return Change(
        type=kind,
        scope=scope,
        breaking=breaking,
        description=description,
        body=body,
        footers=tuple(footers),
        notes=notes,
        references=references_of("\n".join([header, *hanging, body or ""]), footers)
        if footers or "#" in text or "-" in text or "://" in text
        else (),
        reverts=_reverts(match["type"].lower(), rest, footers) if "evert" in text else (),
        co_authors=co_authors(rest),
        id=id,
        author=author,
        committed_at=committed_at,
    )


_PLAIN = re.compile(r"([a-z]+)(?:\(([^()]+)\))?:[ \t]++(.*\S)")
_PLAIN_TYPES = KNOWN_TYPES - {"revert"}
_new = object.__new__


def read_plain(
    message: str, types: Mapping[str, str], id: str, author: str, committed_at: int
) -> tuple[str, Change] | None:
    """Header and change of a message of the plainest kind; None for one that `parse_squashed` has to look at.

    What stands below the header is read when it is asked for. Left to others are messages that break something, take
    something back, were picked, hold other commits or may be a release tool's. `committed_at` is in seconds.
    """
    header, _, rest = message.partition("\n")
    match = _PLAIN.fullmatch(header)
    if match is None:
        return None
    kind, scope, description = match.groups()
    description = description.strip()
    kind = types.get(kind, kind)
    if scope is not None:
        scope = scope.strip()
    if kind not in _PLAIN_TYPES or scope == "" or "\r" in message or (kind == "chore" and _GIT_MESSAGES.match(header)):
        return None
    if rest and (
        "BREAKING" in rest
        or "evert" in rest
        or "cherry" in rest
        or (("\n\n" in message or _OPENING in rest) and _NESTED.search(message) is not None)
    ):
        return None
    change = _new(Change)
    change.type = kind
    change.scope = scope
    change.breaking = False
    change.description = description
    change.id = id
    change.author = author
    change.co_authors = co_authors(rest) if "uthored-" in rest or "UTHORED-" in rest else ()
    change.links = ()
    change.message = message
    change.at = committed_at
    change.read = _read_later
    return header, change


_PARTS = ("body", "footers", "notes", "references", "reverts")


def _read_later(change: Change, name: str) -> object:
    if name == "committed_at":
        return datetime.fromtimestamp(change.at, UTC) if change.at else None
    whole = parse_commit(change.message)
    for part in _PARTS:
        setattr(change, part, getattr(whole, part))
    return getattr(whole, name)


def parse_squashed(
    message: str,
    *,
    types: Mapping[str, str] | None = None,
    id: str = "",
    author: str = "",
    committed_at: datetime | None = None,
) -> tuple[Change, ...]:
    """The changes to announce for one commit: that of its header, or else those of the commits in its body.

    Where the header is conventional, the commits that were squashed into it are its making and not announced one by
    one; what they break, it breaks. Empty where nothing is conventional.
    """
    change = parse_commit(message, types=types, id=id, author=author, committed_at=committed_at)
    if not ("\n" in message and _NESTED.search(message)) and not message.lstrip().startswith(("Merged PR ", _LOG)):
        return (change,) if change else ()
    everything = tuple(
        replace(nested, id=id, author=author, committed_at=committed_at) for nested in parse_all(message, types=types)
    )
    if change is None or _OPENING in message:
        return everything
    notes = tuple(dict.fromkeys(note for nested in everything if nested.breaking for note in nested.notes))
    return (replace(change, breaking=True, notes=notes) if notes and not change.breaking else change,)


def parse_all(
    message: str, *, types: Mapping[str, str] | None = None, known: frozenset[str] = KNOWN_TYPES
) -> tuple[Change, ...]:
    """Every change of a message: its own, and those of the commits that a squash merge put into its body.

    `Merged PR 12: feat: x`, the title of such a merge on some services, is read without its prefix.

    A commit inside the body begins a paragraph or follows the header of another one, with or without a bullet, and has
    one of the `known` types; what stands below it belongs to it. So do the commits of a log that `git merge --squash`
    wrote, and those between BEGIN_NESTED_COMMIT and END_NESTED_COMMIT. Empty where neither the header nor anything in
    the body is conventional.
    """
    text = normalise(message)
    inner: list[list[str]] = []
    if _LOG in text or _OPENING in text:
        text, inner = _unfold(text)
    header, _, rest = text.partition("\n")
    pieces: list[list[str]] = [[_MERGED_PR.sub("", header)]]
    may_begin = False
    for line in rest.split("\n") if rest else []:
        begins = False
        if may_begin and line:
            nested = line[2:] if line[:2] in {"* ", "- "} else line
            match = _HEADER.fullmatch(nested.rstrip())
            begins = match is not None and (match["type"].lower() in known or match["type"].lower() in TYPE_ALIASES)
            if begins:
                pieces.append([])
                line = nested  # noqa: PLW2901
        pieces[-1].append(line)
        may_begin = begins or not line.strip()
    parsed = (parse_commit("\n".join(piece), types=types) for piece in [*pieces, *inner])
    return tuple(change for change in parsed if change is not None)


def _unfold(text: str) -> tuple[str, list[list[str]]]:
    """The message without the commits that it holds as a log or in brackets, and the lines of each of those."""
    own: list[str] = []
    inner: list[list[str]] = []
    target, in_log = own, False
    for line in text.split("\n"):
        word = line.strip()
        if word == _LOG:
            in_log = True
        elif word == _OPENING or (in_log and _LOGGED.fullmatch(line)):
            inner.append([])
            target = inner[-1]
        elif word == _CLOSING_MARK:
            target = own
        elif target is own or not in_log:
            target.append(line)
        elif line.startswith("    ") or (target and not word):
            target.append(line[4:])
        elif target:
            # Text at the margin below the log belongs to the commit that holds it.
            own.append(line)
    return normalise("\n".join(own)), inner


def parse_revert(message: str) -> Revert | None:
    """What Git's or a hosting service's `Revert "..."` takes back, or None for any other message.

    `Reapply "..."` (Git's name for the revert of a revert) counts as a revert too.
    """
    text = normalise(message)
    header, _, rest = text.partition("\n")
    if reapplied := _REAPPLY_HEADER.match(header):
        return Revert(f'Revert "{reapplied["header"]}"', reverted_ids(rest))
    if reverted := _REVERT_HEADER.match(header):
        return Revert(reverted["header"], reverted_ids(rest))
    return None


def picked_from(message: str) -> tuple[str, ...]:
    """Ids of the commits that `git cherry-pick -x` names, oldest pick first."""
    if "cherry" not in message:
        return ()
    return tuple(match["id"] for match in _PICKED.finditer(normalise(message)))


def reverted_ids(text: str) -> tuple[str, ...]:
    """Ids in sentences like Git's `This reverts commit 1a2b3c4.`, each once."""
    if "revert" not in text:
        return ()
    return tuple(dict.fromkeys(sha for match in _REVERTS.finditer(text) for sha in _HEX.findall(match["ids"])))


def without_pull(description: str) -> tuple[str, str]:
    """Description and pull or merge request: `add x (#12)` -> `add x`, `#12`; the second is empty without one."""
    match = _PULL.search(description[-40:])
    if match is None:
        return description, ""
    return description[: len(description) - len(match[0])], match["number"]


def co_authors(text: str) -> tuple[str, ...]:
    """People of `Co-authored-by` trailers, each once, as written: `Ada <ada@example.org>`."""
    found = [at for at in (text.find("uthored-"), text.find("UTHORED-")) if at >= 0]
    if not found:
        return ()
    start = text.rfind("\n", 0, min(found)) + 1
    return tuple(dict.fromkeys(match["who"].strip() for match in _CO_AUTHOR.finditer(text, start)))


def _reverts(kind: str, rest: str, footers: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    ids = list(reverted_ids(rest))
    if kind == "revert":
        for token, value in footers:
            if token.lower() in {"refs", "ref", "reverts"}:
                ids.extend(_HEX.findall(value))
    return tuple(dict.fromkeys(ids))
