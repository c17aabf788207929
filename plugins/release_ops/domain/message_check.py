"""What is wrong with a commit message or a pull request's title, rule by rule, before it is merged.

The reading is that of `commits`: what this module calls right is read by the changelog as its author meant it.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from release_ops.domain.changelog_file import section_of
from release_ops.domain.commits import (
    KNOWN_TYPES,
    TYPE_ALIASES,
    is_ignored,
    normalise,
    parse_all,
    parse_commit,
    picked_from,
    reverted_ids,
    without_pull,
)

ERROR, WARNING, OFF = "error", "warning", "off"
LEVELS = (ERROR, WARNING, OFF)

RULES: Mapping[str, tuple[str, str]] = {
    "empty": (ERROR, "the message has no text"),
    "no-type": (ERROR, "the title has no `type:` in front"),
    "unknown-type": (WARNING, "the type is none that the changelog or `--types` knows"),
    "no-blank": (ERROR, "no blank after the colon of the title"),
    "no-description": (ERROR, "nothing behind the colon of the title"),
    "empty-scope": (ERROR, "parentheses with nothing between them"),
    "malformed-title": (ERROR, "a sign of the title stands in the wrong place"),
    "long-title": (WARNING, "the title has more than 100 characters"),
    "no-blank-line": (WARNING, "text right below the title"),
    "breaking-note": (ERROR, "a breaking change without a footer that says what to do"),
    "breaking-spelling": (ERROR, "a BREAKING CHANGE footer that is written wrongly"),
    "footer": (WARNING, "a footer that is not read as one"),
    "fixup": (ERROR, "a fixup!, squash! or amend! commit that is about to be merged"),
    "unknown-commit": (ERROR, "names a commit that the repository does not have"),
    "release-notes": (ERROR, "the changelog file has nothing to say about the version"),
}
"""Rule -> its usual level and what it finds."""

LONGEST_TITLE = 100
_SHOWN = 72

# Almost `type(scope)!: description`. Possessive throughout: a title of a million blanks is read once.
_ALMOST = re.compile(
    r"(?P<open>\[)?(?P<type>[A-Za-z][\w/-]*+)\]?(?P<early>!)?[ \t]*+(?P<scope>\([^()]*+\))?[ \t]*+(?P<bang>!)?[ \t]*+"
    r"(?P<colon>[:：])?[ \t]*+(?P<description>.*)"
)
_AUTOSQUASH = re.compile(r"(?:fixup|squash|amend)!", re.IGNORECASE)
_FENCE = re.compile(r"[ \t]*(?:```|~~~)")
_RIGHT = re.compile(r"BREAKING[ -]CHANGE(?::[ \t]+\S|[ \t]#\S)")
_OPEN = re.compile(r"BREAKING[ -]CHANGE:[ \t]*$")
_ALIKE = re.compile(
    r"(?i:breaking[ \t_-]{0,3}changes?)[*_]*+[ \t]*+[:：][*_]*+(?P<text>.*)"
    r"|BREAKING[ \t_-]{0,3}CHANGES?\b[ \t-]*+(?P<plain>.*)|BREAKING:(?P<short>.*)"
)
_NOTHING = frozenset({"", "-", "none", "no", "nothing", "n/a", "na", "false"})
_BY = r"(?:signed[- ]off|reviewed|co[- ]authored|acked|tested|reported)[- ]by"
_TRAILER = re.compile(rf"(?P<token>{_BY}|release[- ]as)(?P<colon>:)(?P<blank>[ \t]*)\S", re.IGNORECASE)
_TIGHT = re.compile(r"(?P<token>close[sd]?|fix(?:e[sd])?|resolve[sd]?|refs?|see-also):(?![ \t/])\S", re.IGNORECASE)
_NAMES_COMMITS = re.compile(r"(?:refs?|reverts?|fixes|see-also):[ \t]+(?P<value>\S.*)", re.IGNORECASE)
_ID = re.compile(r"(?=[0-9]*[a-f])(?=[a-f]*[0-9])[0-9a-f]{7,64}")

_NO_NOTES = re.compile(r"<!--(?s:.*?)(?:-->|\Z)|^#.*$|^\[[^\]\n]++\]:.*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Flaw:
    """One thing that is wrong: the rule that found it, the 1-based line of the message, what stands there, what to do.

    Values are text from outside, at most 72 characters of it.
    """

    rule: str
    line: int
    value: str
    message: str
    remedy: str


def check_message(
    message: str, *, types: Collection[str] | None = None, whole: bool = True, final: bool = True
) -> list[Flaw]:
    """What is wrong with a message, in the order of its lines; empty when nothing is.

    `types` are the allowed types in lower case (None: those that the changelog knows, and their usual spellings).
    `whole` says that there is no more text than this, so that a missing footer is missing. `final` says that it is
    about to be merged: fixup! commits are wrong then. What Git or a hosting service wrote is neither right nor wrong.
    """
    text = normalise(message)
    header, _, rest = text.partition("\n")
    header = header.rstrip()
    if not header:
        return [Flaw("empty", 1, "", "the message is empty", "say what changed: `fix: close files`")]
    if _AUTOSQUASH.match(header):
        said = "is a commit to be melted into another one"
        return [Flaw("fixup", 1, _cut(header), said, "squash before merging: git rebase --autosquash")] if final else []
    if is_ignored(text):
        return []
    unified = _unified(message)
    skipped = len(unified) - len(unified.lstrip("\n"))
    found = [*_title(header, types), *_below(header, rest)]
    if whole and not any(flaw.rule.startswith("breaking") for flaw in found):
        found += _breaking(text)
    moved = (Flaw(one.rule, one.line + skipped, one.value, one.message, one.remedy) for one in found)
    return sorted(moved, key=lambda flaw: flaw.line)


def named_commits(message: str) -> list[tuple[int, str]]:
    """Line and id of each commit that a message names: what it reverts, was picked from, or refers to in a footer."""
    found = []
    for line, text in enumerate(_unified(message).split("\n"), start=1):
        ids = [*reverted_ids(text), *picked_from(text)]
        if footer := _NAMES_COMMITS.match(text):
            words = (word.strip("()\"'.,;") for word in footer["value"].replace(",", " ").split())
            # A row of digits is an issue, a row of letters a word.
            ids += [word for word in words if _ID.fullmatch(word)]
        found += [(line, one) for one in dict.fromkeys(ids)]
    return found


def unknown_commit(line: int, commit: str) -> Flaw:
    """The flaw of a message that names a commit which the repository does not have."""
    said = "is no commit of the repository"
    return Flaw("unknown-commit", line, commit, said, "name one that is there, or drop the line")


def check_release_notes(changelog: str, version: str) -> Flaw | None:
    """What is wrong where a changelog file (Markdown) says nothing about a version; ValueError for a malformed one.

    Headings, comments, link definitions and bullets without words are no release notes.
    """
    remedy = f"write them; `release-ops changelog --version {version}` prints a draft"
    found = section_of(changelog, version)
    if found is None:
        return Flaw("release-notes", 1, version, "has no section in this file", remedy)
    line, text = found
    if re.search(r"\w", _NO_NOTES.sub("", text)):
        return None
    return Flaw("release-notes", line, version, "has a section without text", remedy)


def _unified(message: str) -> str:
    return message.replace("\r\n", "\n").replace("\r", "\n")


def _title(header: str, types: Collection[str] | None) -> Iterator[Flaw]:
    known = types if types is not None else KNOWN_TYPES | TYPE_ALIASES.keys()
    change = parse_commit(header)
    if change is None:
        yield _untyped(header, known)
    elif change.type not in known:
        near = _near(change.type, known)
        names = ", ".join(sorted(types if types is not None else KNOWN_TYPES))
        remedy = f"did you mean `{near}`?" if near else f"use one of {names}"
        yield Flaw("unknown-type", 1, _cut(change.type), "is no known type", remedy)
    length = len(without_pull(header)[0])
    if length > LONGEST_TITLE:
        said = f"has {length} characters, more than {LONGEST_TITLE}"
        yield Flaw("long-title", 1, _cut(header), said, "shorten it; details belong below a blank line")


def _untyped(header: str, known: Collection[str]) -> Flaw:
    """Why a title cannot be read, with what its author most likely meant."""
    value = _cut(header)
    match = _ALMOST.match(header)
    word = match["type"].lower() if match else ""
    kind = TYPE_ALIASES.get(word, word) if word in known else _near(word, known)
    if match is None or not kind or (match["colon"] is None and word not in known):
        example = f"{kind or 'fix'}: {header}"
        said = "has no type in front"
        return Flaw("no-type", 1, value, said, f"write `type: description`, such as `{_cut(example)}`")
    scope = match["scope"] or ""
    bang = "!" if match["bang"] or match["early"] else ""
    description = match["description"].strip()
    if not description:
        return Flaw("no-description", 1, value, "says nothing about the change", f"write `{kind}{scope}{bang}: what`")
    if scope and not scope.strip("() \t"):
        right = f"{kind}{bang}: {description}"
        said = "has an empty scope"
        return Flaw("empty-scope", 1, value, said, f"name it or drop the parentheses: `{_cut(right)}`")
    right = _cut(f"{kind}{scope}{bang}: {description}")
    if match["colon"] is None:
        return Flaw("no-type", 1, value, "has no colon after the type", f"write `{right}`")
    if header.startswith(f"{match['type']}{scope}{bang}:"):
        return Flaw("no-blank", 1, value, "has no blank after the colon", f"write `{right}`")
    return Flaw("malformed-title", 1, value, "is not `type(scope)!: description`", f"write `{right}`")


def _near(word: str, known: Collection[str]) -> str:
    near = difflib.get_close_matches(word[:40], sorted(known), n=1, cutoff=0.7)
    return TYPE_ALIASES.get(near[0], near[0]) if near else ""


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN else text[: _SHOWN - 3] + "..."


def _below(header: str, rest: str) -> Iterator[Flaw]:
    """Lines below the title that are not read as they look."""
    lines = rest.split("\n") if rest else []
    if lines and lines[0].strip():
        yield Flaw("no-blank-line", 2, _cut(lines[0].strip()), "stands right below the title", "leave a blank line")
    readable = f"{header if parse_commit(header) else 'fix: x'}\n{rest}"
    footers = [footer for change in parse_all(readable) for footer in change.footers]
    values = {value.partition("\n")[0].strip() for _, value in footers}
    fenced = False
    for number, line in enumerate(lines, start=2):
        if _FENCE.match(line):
            fenced = not fenced
        elif not fenced:
            flaw = _breaking_line(number, line, lines, values) or _trailer_line(number, line, values)
            if flaw:
                yield flaw


def _breaking_line(number: int, line: str, lines: Sequence[str], values: Collection[str]) -> Flaw | None:
    """The flaw of a line that begins with BREAKING CHANGE, or with what its author meant to be that."""
    if "breaking" not in line.lower():
        return None
    right = _OPEN.match(line) or _RIGHT.match(line)
    if right:
        text = line[right.end() - 1 :].strip() if right.re is _RIGHT else _next(number, lines)
        if not text:
            remedy = "say what broke, and what its users have to do"
            return Flaw("breaking-note", number, _cut(line), "says nothing", remedy)
        remedy = "leave a blank line above the footers"
    else:
        match = _ALIKE.match(line.lstrip(" \t*_-"))
        if match is None:
            return None
        text = next(one for one in match.groups() if one is not None).strip(" \t*_:") or _next(number, lines)
        remedy = f"write `{_cut(f'BREAKING CHANGE: {text}')}`"
    if text in values if right else text.rstrip(".!").lower() in _NOTHING:
        return None
    return Flaw("breaking-spelling", number, _cut(line.strip()), "is not read as a footer", remedy)


def _next(number: int, lines: Sequence[str]) -> str:
    """The first line with text below line `number` of the message, whose second line is the first of `lines`."""
    places = range(number - 1, len(lines))
    return next((text for place in places if (text := lines[place].strip())), "")


def _trailer_line(number: int, line: str, values: Collection[str]) -> Flaw | None:
    if tight := _TIGHT.match(line):
        right = f"{tight['token']}: {line[tight.end('token') + 1 :]}"
        return Flaw("footer", number, _cut(line), "has no blank after the colon", f"write `{_cut(right)}`")
    match = _TRAILER.match(line)
    if match is None:
        return None
    value = line[match.end("colon") :].strip()
    token = match["token"].replace(" ", "-")
    if token != match["token"] or not match["blank"]:
        return Flaw("footer", number, _cut(line), "is not read as a footer", f"write `{_cut(f'{token}: {value}')}`")
    if value in values:
        return None
    return Flaw("footer", number, _cut(line), "is not read as a footer", "leave a blank line above the footers")


def _breaking(text: str) -> Iterator[Flaw]:
    """A breaking change whose footers do not say more than its title."""
    change = parse_commit(text)
    if change is None or not change.breaking:
        return
    notes = (note for one in parse_all(text) for note in one.notes if note != one.description)
    if not any(len(note.split()) > 1 for note in notes):
        said = "is a breaking change that does not say what to do"
        remedy = "add a footer below a blank line: `BREAKING CHANGE: what broke, and what its users have to do`"
        yield Flaw("breaking-note", 1, _cut(text.partition("\n")[0].rstrip()), said, remedy)
