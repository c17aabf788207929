"""The one Jinja environment: text that leaves the house, escaped for the format that it goes to.

Whatever a template prints is data and is escaped for the output format; only what this module itself marked as `Safe`
passes as it is. Nothing that Jinja builds (`~`, `|safe`, a macro's result) counts as safe, so a mistake in a template
shows as a visible backslash, never as somebody's markup.
"""

from __future__ import annotations

import html
import os
import re
import unicodedata
from collections.abc import Callable, Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import FileSystemLoader, StrictUndefined, Undefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from release_ops.domain.changelog import Changelog
from release_ops.domain.model import Change
from release_ops.domain.notes import Notes

TEMPLATES = Path(__file__).resolve().parents[2] / "include" / "templates"

BREAK = "\u2060"
"""WORD JOINER, invisible and without width. Behind an `@` (or inside `://`) it ends the pattern by which GitHub, Slack
and mail programs find mentions and links: those work on the rendered text, where a backslash or an entity is long gone,
and an HTML comment would be raw HTML from data. The text keeps its look."""


class Safe(str):
    """Markup of our own that is not escaped again. Joining it with anything gives a plain string, to be escaped."""

    __slots__ = ()


_NEWLINES = re.compile("\r\n?|[\v\f\x85\u2028\u2029]")
_JOINERS = frozenset("\u200c\u200d")


def clean(text: str) -> str:
    r"""The text with `\n` line ends and without control, bidi and invisible format characters.

    The joiners that Persian and emoji need stay; lone surrogates of undecodable bytes become U+FFFD.
    """
    if text.isascii() and text.isprintable():
        return text
    kept = []
    for char in _NEWLINES.sub("\n", text):
        if char == "\t":
            kept.append(" ")
        elif char == "\n" or char in _JOINERS:
            kept.append(char)
        else:
            category = unicodedata.category(char)
            if category == "Cs":
                kept.append("\ufffd")
            elif category not in {"Cc", "Cf"}:
                kept.append(char)
    return "".join(kept)


def one_line(text: str) -> str:
    """The text on one line: line breaks would be structure."""
    return " ".join(clean(text).split())


_MD_CHARS = re.compile(r"[\\`*\[\]|~$]|(?<![^\W_])_|_(?![^\W_])")
_MD_START = re.compile(r"^(?:([-+=#:])|(\d{1,9})([.)])(?=\s|$))")
_ENTITY = re.compile(r"&(?=[#\w])")
_URL = re.compile(r"(?<=\w):(?=//)|(?<=[wW]{3})\.")
_MENTION = re.compile("@(?!\u2060)")


def _unlink(text: str) -> str:
    return _URL.sub(lambda match: match[0] + BREAK, _MENTION.sub("@" + BREAK, text))


def escape_md(text: str) -> str:
    """Inline Markdown (CommonMark, GitHub) that shows `text` as it is: no structure, HTML, link, image or mention."""
    line = _MD_CHARS.sub(r"\\\g<0>", _ENTITY.sub("&amp;", one_line(text)))
    line = line.replace("<", "&lt;").replace(">", "&gt;")
    line = _MD_START.sub(lambda match: f"\\{match[1]}" if match[1] else f"{match[2]}\\{match[3]}", line)
    return _unlink(line)


def escape_mrkdwn(text: str) -> str:
    """Slack mrkdwn that shows `text`: `&`, `<` and `>` as entities, so that no `<!channel>` or `<@U1>` arises."""
    line = one_line(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _MENTION.sub("@" + BREAK, line)


def escape_html(text: str) -> str:
    """HTML text or attribute value."""
    return html.escape(one_line(text))


def escape_plain(text: str) -> str:
    """Plain text on one line."""
    return one_line(text)


_ESCAPES: dict[str, Callable[[str], str]] = {
    "md": escape_md,
    "mrkdwn": escape_mrkdwn,
    "html": escape_html,
    "plain": escape_plain,
}
FORMATS = tuple(_ESCAPES)


def escape(text: str, fmt: str) -> Safe:
    """`text` for the format (md, mrkdwn, html or plain), on one line; what is `Safe` already stays as it is."""
    return text if isinstance(text, Safe) else Safe(_ESCAPES[fmt](text))


_HTTP = re.compile(r"https?://[^\s\"'<>()\[\]{}|\\^`]+", re.IGNORECASE)


def link(text: str, url: str, fmt: str) -> Safe:
    """`text` as a link to `url`, or only as text where the URL is not a plain http(s) one."""
    shown = escape(text, fmt)
    if not isinstance(url, str) or _HTTP.fullmatch(url) is None or clean(url) != url:
        return shown
    if fmt == "md":
        return Safe(f"[{shown}]({url})")
    if fmt == "mrkdwn":
        return Safe(f"<{url.replace('&', '&amp;')}|{shown.replace('|', '¦')}>")
    if fmt == "html":
        return Safe(f'<a href="{html.escape(url)}">{shown}</a>')
    return Safe(f"{shown} ({url})")


def block(text: str, fmt: str, indent: str = "") -> Safe:
    """Text of several lines: every line escaped on its own, blank runs reduced to one, later lines behind `indent`."""
    lines: list[str] = []
    for line in clean(text).strip().split("\n"):
        escaped = _ESCAPES[fmt](line)
        if escaped or (lines and lines[-1]):
            lines.append(escaped)
    while lines and not lines[-1]:
        lines.pop()
    joined = "<br>\n" if fmt == "html" else "\n"
    return Safe(joined.join((indent + line if i and line else line) for i, line in enumerate(lines)))


def code(text: str, fmt: str) -> Safe:
    """A short machine word such as a commit id, set in code where the format has it."""
    word = one_line(text)
    if fmt == "html":
        return Safe(f"<code>{html.escape(word)}</code>")
    if fmt == "plain" or re.fullmatch(r"[\w./+-]+", word) is None:
        return escape(word, fmt)
    return Safe(f"`{word}`")


def render(template: str, *, fmt: str, **data: Any) -> str:
    """The template (`changelog/entry.md.j2`) with the data, every value escaped for `fmt` (md, mrkdwn, html, plain).

    A team's own file of that name in the folder of RELEASE_OPS_TEMPLATES comes first. Raises jinja2.TemplateError:
    TemplateNotFound, UndefinedError for a name that `data` lacks, SecurityError for a template that reaches too far.
    """
    return _environment(fmt, os.environ.get("RELEASE_OPS_TEMPLATES", "")).get_template(template).render(**data)


@lru_cache(maxsize=16)
def _environment(fmt: str, own: str) -> ImmutableSandboxedEnvironment:
    if fmt not in _ESCAPES:
        raise ValueError(f"format {fmt!r}: unknown; choose one of {', '.join(_ESCAPES)}")

    def finalize(value: Any) -> Any:
        if isinstance(value, (Safe, Undefined)):
            return value
        return "" if value is None else escape(str(value), fmt)

    environment = ImmutableSandboxedEnvironment(
        loader=FileSystemLoader([*([own] if own else []), str(TEMPLATES)]),
        undefined=StrictUndefined,
        finalize=finalize,
        autoescape=False,  # `finalize` escapes, for four formats instead of one
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters.update(
        block=lambda text, indent="": block(text, fmt, indent),
        code=lambda text: code(text, fmt),
        link=lambda text, url: link(text, url, fmt),
        commit=lambda change, web_url: commit_link(change, web_url, fmt),
    )
    return environment


def commit_link(change: Change, web_url: str, fmt: str) -> Safe:
    """The short id of a change, linked where the repository has a page; empty for a change without an id."""
    if not change.id:
        return Safe("")
    return link(code(change.id[:7], fmt), f"{web_url}/commit/{change.id}" if web_url else "", fmt)


def changelog_markdown(changelog: Changelog) -> str:
    """The entry of a changelog file (keep-a-changelog): heading, sections, ends with a line break."""
    return render("changelog/entry.md.j2", fmt="md", changelog=changelog).rstrip("\n") + "\n"


def notes_markdown(notes: Notes) -> str:
    """Release notes for one audience, for a page or the body of a GitHub release."""
    return render("notes/notes.md.j2", fmt="md", notes=notes, changelog=notes.changelog).rstrip("\n") + "\n"


SLACK_BLOCKS = 50
SLACK_TEXT = 3000
SLACK_HEADER = 150


def changelog_slack(changelog: Changelog) -> list[dict[str, Any]]:
    """Block Kit blocks of one message, within Slack's limits (50 blocks, 3000 characters each, header 150).

    A changelog that needs more says in its last block how many of its lines are not in this message;
    `changelog_slack_messages` has them all.
    """
    messages = changelog_slack_messages(changelog)
    if len(messages) == 1:
        return messages[0]
    more = sum(len(part["text"]["text"].splitlines()) for message in messages[1:] for part in message if "text" in part)
    note = link("the full changelog", changelog.compare_url, "mrkdwn")
    return (
        [*messages[0][:-1], *_sections([f"_{more} more lines are in {note}._"])]
        if len(messages[0]) >= SLACK_BLOCKS
        else [*messages[0], *_sections([f"_{more} more lines are in {note}._"])]
    )


def changelog_slack_messages(changelog: Changelog) -> list[list[dict[str, Any]]]:
    """The whole changelog as Block Kit messages, split between lines wherever one message or block is full."""
    text = render("changelog/slack.mrkdwn.j2", fmt="mrkdwn", changelog=changelog)
    title = one_line(f"{changelog.product} {changelog.version}")
    head: list[dict[str, Any]] = [
        {"type": "header", "text": {"type": "plain_text", "text": title[:SLACK_HEADER] or "Changelog", "emoji": False}}
    ]
    if len(title) > SLACK_HEADER:
        head += _sections([escape_mrkdwn(title)])
    blocks = head + _sections(text.strip("\n").split("\n"))
    # One less than the limit leaves room for a closing remark.
    size = SLACK_BLOCKS - 1
    return [blocks[i : i + size] for i in range(0, len(blocks), size)]


def _sections(lines: Iterable[str]) -> list[dict[str, Any]]:
    # `verbatim`: Slack must not make links, mentions or channel names out of plain text.
    return [
        {"type": "section", "text": {"type": "mrkdwn", "text": text, "verbatim": True}}
        for text in pack(lines, SLACK_TEXT)
        if text.strip()
    ]


_CUT = re.compile(r"\s|(?<=;)")


def pack(lines: Iterable[str], limit: int) -> list[str]:
    """Lines joined to texts of at most `limit` characters; a longer line goes on in the next text, nothing is lost.

    Such a line is parted at white space or behind an entity where there is one, so that `&lt;` stays whole.
    """
    texts: list[str] = []
    current = ""
    for line in lines:
        rest = line
        while len(rest) > limit:
            if current:
                texts.append(current)
                current = ""
            window = rest[: limit + 1]
            at = max(window.rfind(" ", 1), limit // 2)
            amp = rest.rfind("&", at - 8, at)
            if amp > 0 and ";" not in rest[amp:at]:
                at = amp
            texts.append(rest[:at])
            rest = rest[at:].lstrip(" ")
        if current and len(current) + 1 + len(rest) > limit:
            texts.append(current)
            current = rest
        else:
            current = f"{current}\n{rest}" if current else rest
    if current:
        texts.append(current)
    return texts
