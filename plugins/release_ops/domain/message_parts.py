"""What stands below the header of a commit message: its body and its footers, by the rules of Conventional Commits."""

from __future__ import annotations

import re

BREAKING_TOKENS = frozenset({"BREAKING CHANGE", "BREAKING-CHANGE"})

# Rules 8, 9 and 16: `Token: value` or `Token #value`; a lone `BREAKING CHANGE:` has its text below.
_FOOTER = re.compile(
    r"(?P<token>BREAKING[ -]CHANGE|[A-Za-z0-9][A-Za-z0-9-]*)(?:(?::[ \t]+|[ \t]#)(?P<value>\S.*)|(?P<open>:)[ \t]*$)"
)
_BLANK_LINE = re.compile(r"\n[^\S\n]++(?:\n|\Z)")
_FOOTERS = re.compile(r"\n\n(?:BREAKING[ -]CHANGE|[A-Za-z0-9][A-Za-z0-9-]*+)(?::|[ \t]#)")
_STRAY = re.compile(r"^(?P<indent> {0,3}(?:[*-] )?)BREAKING[ -]CHANGE:(?:[ \t]|$)", re.MULTILINE)


def stray_notes(rest: str) -> list[str]:
    """Texts from the first line on that says BREAKING CHANGE without being a footer; code in fences says nothing."""
    match = _STRAY.search(rest)
    if match is None or rest.count("```", 0, match.start()) % 2:
        return []
    indent = match["indent"]
    lines = [line.removeprefix(indent) for line in rest[match.start() :].split("\n")]
    return [value for token, value in split_parts("\n" + "\n".join(lines))[2] if token in BREAKING_TOKENS]


def split_parts(rest: str) -> tuple[list[str], str | None, list[tuple[str, str]]]:
    """Lines that hang on the header, body and footers of what follows it.

    Both begin after a blank line (rules 6 and 8), so lines that hang on the header are neither. A paragraph whose first
    line is a footer is a footer paragraph: each of its lines opens a footer or continues the one above (rule 10). A
    blank line ends a value, so that text below a footer stays text; an open `BREAKING CHANGE:` takes the paragraph
    below it.
    """
    text = "\n" + rest
    if _BLANK_LINE.search(text):
        return _split_lines(rest.split("\n"))
    # Blank lines are empty ones: what stands above the first footer paragraph needs no look at its lines.
    first = text.find("\n\n")
    if first < 0:
        return rest.split("\n"), None, []
    hanging = text[1:first].split("\n") if first else []
    found = _FOOTERS.search(text, first)
    if found is None:
        return hanging, text[first + 2 :].rstrip() or None, []
    body = text[first + 2 : found.start()].split("\n") if found.start() > first + 1 else []
    if found.start() > first:
        body.append("")
    footers = _simple_footers(text, found.start() + 2)
    if footers:
        return hanging, "\n".join(body).rstrip() or None, footers
    _, whole, footers = _split_lines(["", *text[found.start() + 2 :].split("\n")], body)
    return hanging, whole, footers


def _simple_footers(text: str, start: int) -> list[tuple[str, str]]:
    """Footers of one line each up to the end of the text; empty where there is anything else among them."""
    footers = []
    for line in text[start:].split("\n"):
        match = _FOOTER.match(line)
        if match is None:
            return []
        token, value = match.group("token", "value")
        if value is None:
            return []
        footers.append((token, value.rstrip()))
    return footers


def _split_lines(
    lines: list[str], body: list[str] | None = None
) -> tuple[list[str], str | None, list[tuple[str, str]]]:
    start = next((i for i, line in enumerate(lines) if not line.strip()), len(lines))
    body = [] if body is None else body
    footers: list[tuple[str, list[str]]] = []
    in_footers, after_blank = False, True
    for line in lines[start + 1 :]:
        if not line.strip():
            after_blank = True
            if not in_footers:
                body.append("")
            continue
        match = _FOOTER.match(line) if after_blank or in_footers else None
        if match is not None and match["open"] and match["token"] not in BREAKING_TOKENS:
            match = None
        if match is not None:
            footers.append((match["token"], [match["value"]] if match["value"] else []))
            in_footers = True
        elif in_footers and (not after_blank or not footers[-1][1]):
            # Git puts its own line among the trailers; it is no part of the one above.
            if not line.startswith("(cherry picked from commit "):
                footers[-1][1].append(line)
        else:
            if in_footers and body:
                body.append("")
            in_footers = False
            body.append(line)
        after_blank = False
    text = "\n".join(body).rstrip()
    return lines[:start], text or None, [(token, "\n".join(value).rstrip()) for token, value in footers]
