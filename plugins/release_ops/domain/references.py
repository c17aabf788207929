"""The issues that a commit message names, and which of them it closes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from release_ops.domain.change import Change, Reference

_ACTION_WORDS = {
    "close": "close closes closed closing",
    "fix": "fix fixes fixed fixing",
    "resolve": "resolve resolves resolved resolving",
    "implement": "implement implements implemented implementing",
}
CLOSING = frozenset(word for words in _ACTION_WORDS.values() for word in words.split())
"""Action words (lower case) that say that the issue is done with this change."""
_NAMING = frozenset(
    {"ref", "refs", "reference", "references", "see", "issue", "issues", "ticket", "tickets", "jira", "bug", "part-of"}
    | {"related", "related-to", "relates", "relates-to", "addresses"}
)
_KEY = r"[A-Z][A-Z0-9_]{1,15}-\d{1,9}"
_PLACE = r"(?:(?:[\w.-]{1,100}+/){0,9}[\w.-]{1,100}+)?"
_ISSUE = rf"{_PLACE}#(?:\d{{1,12}}|{_KEY})"
_TEXT_REFERENCE = re.compile(
    rf"(?<![\w/#.&-])(?:(?P<action>{'|'.join(sorted(CLOSING | {'refs', 'ref'}))}):?[ \t]{{1,8}})?"
    rf"(?P<target>{_ISSUE})(?![\w-])",
    re.IGNORECASE,
)
_ALONE = re.compile(r"\((#\d{1,12})\)")
_ACTION_KEY = re.compile(
    rf"(?<![\w-])(?P<action>{'|'.join(sorted(CLOSING | {'refs', 'ref'}))})(?P<colon>:?)[ \t]{{1,8}}(?P<target>{_KEY})"
    r"(?![\w-])",
    re.IGNORECASE,
)
# A footer lists issues as words: `Closes: #1, #2 and octo/repo#3; JIRA-7/JIRA-8`.
_SEPARATOR = re.compile(rf"[\s,;&]+|/(?=\s*(?:#|{_KEY}))")
_LISTED = re.compile(rf"{_PLACE}(?:#\w+(?:[^\s.)\]:]*\w)?|!\d{{1,12}}\b)|{_KEY}\w*(?:-\w+)*")
_SIGNLESS = re.compile(r'\d{1,12}(?![\w-]| \(")')
_GITHUB_KEY = re.compile(r"(?<![\w-])GH-\d{1,12}(?![\w-])")
_URL = re.compile(
    rf"(?P<before>(?<![\w-])(?:{'|'.join(sorted(CLOSING | {'refs', 'ref'}))}):?[ \t]{{1,8}})?\bhttps?://\S+",
    re.IGNORECASE,
)
# The pages of an issue at GitHub, GitLab, Gitea, Bitbucket and Jira, on any host.
_PAGE = re.compile(
    r"https?://[^/\s]++/(?:(?P<place>[\w.-]++(?:/[\w.-]++){1,9}?)(?:/-)?"
    r"/(?P<kind>issues|work_items|pulls?|merge_requests|pull-requests)/(?P<number>\d{1,12})"
    rf"|(?:[^\s?#]*/)?browse/(?P<key>{_KEY}))(?![\w-])"
)
_TRACKED = re.compile(rf"{_KEY}")
_CLOSES = re.compile(
    r"(?:clos|fix|resolv|implement)(?:e|es|ed|ing|s|d)?(?::[ \t]|[ \t]{1,8}(?:gh-|[^\s#]{0,1010}(?:#|://)))"
)
"""In front of whatever a message closes there is this, in small letters."""
_STEMS = ("clos", "fix", "resolv", "implement")


def closes(change: Change) -> tuple[str, ...]:
    """The issues that a change closes, each once: `#12`, `octo/repo#12`, `WEB-7`."""
    message = getattr(change, "message", None)
    if message is not None and not _may_close(change.description, message):
        return ()
    found = [one.target for one in change.references if one.action and one.action.lower() in CLOSING]
    return tuple(dict.fromkeys(found)) if found else ()


def _may_close(description: str, message: str) -> bool:
    """False where a look at the letters shows that no issue is closed: most messages need not be read for it."""
    if "#" in description and (description.count("#") > 1 or not description.endswith(")")):
        return True
    if "://" in description or ("-" in description and _TRACKED.search(description)):
        return True
    at = message.find("\n")
    if at < 0:
        return False
    below = message[at:].lower()
    for stem in _STEMS:
        at = below.find(stem)
        while at >= 0:
            if _CLOSES.match(below, at):
                return True
            at = below.find(stem, at + 1)
    return False


def references_of(text: str, footers: Iterable[tuple[str, str]]) -> tuple[Reference, ...]:
    """Issues that the message names, each once by action; a mention of one that an action names is left out."""
    found: list[tuple[str | None, str]] = []
    if "#" in text or "-" in text or "://" in text:
        found += _text_references(text)
    for token, value in footers:
        lowered = token.lower()
        if lowered in CLOSING or lowered in _NAMING:
            # `Closes #12`: the separator took the sign.
            if value.isascii() and value.isdecimal():
                found.append((token, f"#{value}"))
                continue
            listed = f"#{value}" if _SIGNLESS.match(value) else value
            if "://" in listed:
                listed = _URL.sub(lambda match: f" {_page_target(match[0])} ", listed)
            for word in _SEPARATOR.split(listed):
                if match := _LISTED.match(word):
                    found.append((token, match[0]))
        elif "#" in value or "-" in value:
            found += _text_references(value)
    if len(found) == 1:
        return (Reference(action=found[0][0], target=found[0][1]),)
    named = {target for action, target in found if action is not None}
    return tuple(
        Reference(action=action, target=target)
        for action, target in dict.fromkeys(found)
        if action is not None or target not in named
    )


def _page_target(text: str) -> str:
    """`octo/repo#12` for the URL of an issue that ends the text, `group/repo!3` for a merge request, `JIRA-7`; or empty."""
    match = _PAGE.match(text, max(text.lower().find("http"), 0))
    if match is None:
        return ""
    sign = "!" if match["kind"] == "merge_requests" else "#"
    return match["key"] or f"{match['place']}{sign}{match['number']}"


def _text_references(text: str) -> Iterator[tuple[str | None, str]]:
    if "://" in text:
        # Only what is done about an issue makes its URL a reference; other URLs are for reading.
        text = _URL.sub(
            lambda match: f"{match['before'] or ''}{_page_target(match[0]) if match['before'] else ''} ", text
        )
    at = text.find("#")
    if at > 0 and text.find("#", at + 1) < 0 and (alone := _ALONE.match(text, at - 1)):
        yield None, alone[1]
    elif at >= 0:
        action: str | None = None
        end = -1
        for match in _TEXT_REFERENCE.finditer(text):
            # `closes #1, #2` closes both.
            listed = end >= 0 and text[end : match.start()].strip(" ") in {",", "and", ", and", "&"}
            action = match["action"] or (action if listed else None)
            end = match.end()
            # A path of more than two names is an issue of a GitLab group only where something is done about it.
            if action is not None or match["target"].count("/") < 2:
                yield action, match["target"]
    if "-" in text and _TRACKED.search(text):
        for match in _ACTION_KEY.finditer(text):
            # Trackers that name issues so do not close them by a word in a sentence: without the colon it is a mention.
            target = match["target"]
            if target.isupper():
                yield match["action"] if match["colon"] or target.startswith("GH-") else None, target
    if "GH-" in text:
        yield from ((None, match[0]) for match in _GITHUB_KEY.finditer(text))
