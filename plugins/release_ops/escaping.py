"""Text from outside, made harmless for the format that it goes to: Markdown, Slack mrkdwn, HTML, XML or plain text."""

from __future__ import annotations

import functools
import html
import re
import unicodedata
from collections.abc import Callable, Iterable

from release_ops.domain.change import Change
from release_ops.domain.commits import without_pull
from release_ops.domain.references import closes

BREAK = "\u2060"
"""WORD JOINER, invisible and without width. At an `@` (or inside `://`) it ends the pattern by which GitHub, Slack
and mail programs find mentions and links: those work on the rendered text, where a backslash or an entity is long gone,
and an HTML comment would be raw HTML from data. The text keeps its look."""


class Safe(str):
    """Markup of our own that is not escaped again. Joining it with anything gives a plain string, to be escaped."""

    __slots__ = ()


_NEWLINES = re.compile("\r\n?|[\v\f\x85\u2028\u2029]")
_JOINERS = frozenset("\u200c\u200d")


_PLAIN = re.compile(r"[^\W\d_](?:[^\W_]++|[,;'\"!?%()-]| (?! )|(?<![wW])\.)*+(?<! )")


def is_plain(text: str) -> bool:
    """Whether a text is words and harmless punctuation alone, the same in Markdown and mrkdwn as it is written."""
    if text.replace(" ", "").isalnum():
        return text[0].isalpha() and text[-1] != " " and "  " not in text
    return _PLAIN.fullmatch(text) is not None


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
_MD_START = re.compile(r"^(?:([-+=#]+)|(\d{1,9})([.)]))(?=\s|$)")
_MD_ITEM = re.compile(r"(?:[-*+•]|\d{1,9}[.)])\s")
_ENTITY = re.compile(r"&(?=[#\w])")
_URL = re.compile(r"(?<=\w:)(?=//)|(?<=/)(?=/\w)|(?<=[wW]{3})(?=\.)")
_MENTION = re.compile(r"(?<=(\S))?@")


def _unmention(text: str) -> str:
    # In front of the sign, too: some finders of mail addresses take any character for part of a domain.
    return _MENTION.sub(lambda match: f"{BREAK if match[1] else ''}@{BREAK}", text) if "@" in text else text


def _unlink(text: str) -> str:
    return _URL.sub(BREAK, _unmention(text))


_ISSUE = re.compile(r"#\d+")


def escape_md(text: str) -> str:
    """Inline Markdown (CommonMark, GitHub) that shows `text` as it is: no structure, HTML, link, image or mention."""
    if is_plain(text) or _ISSUE.fullmatch(text):
        return text
    line = _MD_CHARS.sub(r"\\\g<0>", _ENTITY.sub("&amp;", one_line(text)))
    line = line.replace("<", "&lt;").replace(">", "&gt;")
    line = _MD_START.sub(lambda match: f"\\{match[1]}" if match[1] else f"{match[2]}\\{match[3]}", line)
    return _unlink(line)


def escape_mrkdwn(text: str) -> str:
    """Slack mrkdwn that shows `text`: `&`, `<` and `>` as entities, so that no `<!channel>` or `<@U1>` arises."""
    if is_plain(text):
        return text
    line = one_line(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    # A code block would swallow what follows, and an entity at the start makes a quotation.
    line = line.replace("``", f"`{BREAK}`").replace("``", f"`{BREAK}`")
    line = BREAK + line if line.startswith("&gt;") else line
    return _unmention(line)


_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def xml_characters(text: str) -> str:
    """The text without what XML cannot hold, which becomes U+FFFD; unlike an escape it leaves `&` and `<` alone."""
    return _NOT_XML.sub("\ufffd", text)


def escape_html(text: str) -> str:
    """HTML text or attribute value, fit for XHTML too: what XML cannot hold becomes U+FFFD."""
    return html.escape(xml_characters(one_line(text)))


def escape_xml(text: str) -> str:
    """XML text or attribute value for programs: unlike in HTML, the line breaks of the text stay."""
    return html.escape(xml_characters(clean(text)))


def escape_plain(text: str) -> str:
    """Plain text on one line."""
    return one_line(text)


_ESCAPES: dict[str, Callable[[str], str]] = {
    "md": escape_md,
    "mrkdwn": escape_mrkdwn,
    "html": escape_html,
    "plain": escape_plain,
    "xml": escape_xml,
}
FORMATS = tuple(_ESCAPES)


def escape(text: str, fmt: str) -> Safe:
    """`text` for the format, on one line but in xml; what is `Safe` already stays as it is."""
    return text if isinstance(text, Safe) else Safe(_ESCAPES[fmt](text))


_HTTP = re.compile(r"https?://[^\s\"'<>()\[\]{}|\\^`]+", re.IGNORECASE)


def is_web(url: object) -> bool:
    """Whether this is a plain http(s) address, which is safe as the target of a link in any format."""
    return isinstance(url, str) and _HTTP.fullmatch(url) is not None and clean(url) == url


def link(text: str, url: str, fmt: str) -> Safe:
    """`text` as a link to `url`, or only as text where the URL is not a plain http(s) one."""
    shown = escape(text, fmt)
    if not is_web(url) or fmt == "xml":
        return shown
    if fmt == "md":
        return Safe(f"[{shown}]({url})")
    if fmt == "mrkdwn":
        return Safe(f"<{url.replace('&', '&amp;')}|{shown.replace('|', '¦')}>")
    if fmt == "html":
        return Safe(f'<a href="{html.escape(url)}">{shown}</a>')
    return Safe(f"{shown} ({url})")


def block(text: str, fmt: str, indent: str = "") -> Safe:
    """Text of several lines: every line escaped on its own, blank runs reduced to one, later lines behind `indent`.

    In Markdown the items of a list that the text holds stand on lines of their own, though not as a list.
    """
    lines: list[str] = []
    for line in clean(text).strip().split("\n"):
        escaped = _ESCAPES[fmt](line)
        if not escaped:
            if lines and lines[-1]:
                lines.append("")
            continue
        if fmt == "md" and lines and lines[-1] and _MD_ITEM.match(line.lstrip()):
            lines[-1] += "\\"
        lines.append(escaped)
    while lines and not lines[-1]:
        lines.pop()
    joined = "<br/>\n" if fmt == "html" else "\n"
    return Safe(joined.join((indent + line if i and line else line) for i, line in enumerate(lines)))


_BACKTICKS = re.compile(r"`+")


def code_block(text: str, fmt: str, indent: str = "") -> Safe:
    """Several lines of code as they are, without control characters; later lines behind `indent`.

    In Markdown the fence is longer than any in the text, so that nothing ends it early.
    """
    lines = clean(text).split("\n")
    if fmt == "html":
        return Safe(f"<pre><code>{html.escape(chr(10).join(lines))}</code></pre>")
    if fmt == "md":
        mark = "`" * max([3, *(len(found) + 1 for found in _BACKTICKS.findall(text))])
        lines = [mark, *lines, mark]
    elif fmt == "mrkdwn":
        body = "\n".join(lines).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        lines = ["```", *_unmention(body).replace("``", f"`{BREAK}`").split("\n"), "```"]
    else:
        lines = [f"    {line}" for line in lines]
    return Safe("\n".join((indent + line if i and line.strip() else line) for i, line in enumerate(lines)))


def code(text: str, fmt: str) -> Safe:
    """A short machine word such as a commit id, set in code where the format has it."""
    word = one_line(text)
    if fmt == "html":
        return Safe(f"<code>{html.escape(word)}</code>")
    if fmt in {"plain", "xml"} or re.fullmatch(r"[\w./+-]+", word) is None:
        return escape(word, fmt)
    return Safe(f"`{word}`")


_PATHS = {"commit": "/commit/", "#": "/pull/", "!": "/merge_requests/", "issue": "/issues/"}
_FORGES = {
    "gitlab": {kind: f"/-{path}" for kind, path in _PATHS.items()} | {"#": "/-/issues/"},
    "bitbucket": _PATHS | {"commit": "/commits/", "#": "/pull-requests/"},
}


def _page(web_url: str, kind: str, name: str) -> str:
    """URL of a commit, pull request or issue; empty without a page of the repository."""
    host = web_url.partition("://")[2].partition("/")[0]
    paths = next((paths for forge, paths in _FORGES.items() if forge in host), _PATHS)
    return f"{web_url}{paths[kind]}{name}" if web_url else ""


_SPAN = re.compile(r"(?<![`\\])`([^`]+)`(?!`)")


def inline(text: str, fmt: str) -> Safe:
    """Text of one line whose spans of code, set between single backticks as in Markdown, are spans of code in `fmt`.

    A span shows what stands in it and nothing else, so that it makes neither a mention nor a link.
    """
    if fmt not in {"md", "html"} or "`" not in text:
        return escape(text, fmt)
    pieces = _SPAN.split(one_line(text))
    opening, closing = ("`", "`") if fmt == "md" else ("<code>", "</code>")
    shown = []
    for i, piece in enumerate(pieces):
        if i % 2 and piece.strip():
            shown.append(f"{opening}{piece if fmt == 'md' else escape_html(piece)}{closing}")
        elif i % 2:
            shown.append(escape(f"`{piece}`", fmt))
        else:
            # Blanks at the ends are not the piece's own: they part it from the code.
            inner = escape(piece.strip(), fmt)
            shown.append(f"{' ' * piece.startswith(' ')}{inner}{' ' * (piece.endswith(' ') and piece != ' ')}")
    return Safe("".join(shown))


def commit_page(change: Change, web_url: str) -> str:
    """URL of a change's commit; empty where there is no page."""
    return _page(web_url, "commit", change.id) if change.id else ""


def pull_page(pull: str, web_url: str) -> str:
    """URL of a pull or merge request, `#12` or `!12`; empty where there is no page."""
    return _page(web_url, pull[0], pull[1:]) if pull else ""


def issue_page(target: str, web_url: str) -> str:
    """URL of an issue of this repository, `#12`; empty for any other target."""
    return _page(web_url, "issue", target[1:]) if target[:1] == "#" and target[1:].isdecimal() else ""


def described(change: Change, web_url: str, fmt: str) -> Safe:
    """Description of a change; the pull request that a squash merge put behind it becomes a link."""
    pull = pulled(change, web_url, fmt)
    return Safe(f"{titled(change, fmt)} ({pull})") if pull else titled(change, fmt)


def titled(change: Change, fmt: str) -> Safe:
    """Description of a change without the pull request that a squash merge put behind it."""
    text = without_pull(change.description)[0]
    return ticketed(change, text, fmt)


def pulled(change: Change, web_url: str, fmt: str) -> Safe:
    """The pull or merge request of a change, `#12`, linked where the repository has a page; empty where none is known."""
    pull = without_pull(change.description)[1]
    return link(pull, pull_page(pull, web_url), fmt) if pull else Safe("")


def ticketed(change: Change, text: str, fmt: str) -> Safe:
    """A piece of the description, with the tickets in it as links."""
    if not change.links:
        return inline(text, fmt)
    pages = dict(change.links)
    parts = re.split(rf"(?<![\w/#.&-])({'|'.join(map(re.escape, pages))})(?![\w-])", one_line(text))
    return Safe("".join(link(part, pages[part], fmt) if at % 2 else _piece(part, fmt) for at, part in enumerate(parts)))


def _piece(text: str, fmt: str) -> str:
    """A part of a line, escaped, with the blanks at its ends."""
    bare = text.strip(" ")
    start = text.index(bare) if bare else len(text)
    return f"{text[:start]}{inline(bare, fmt)}{text[start + len(bare) :]}"


def commit_link(change: Change, web_url: str, fmt: str) -> Safe:
    """The short id of a change, linked where the repository has a page; empty for a change without an id."""
    if not change.id:
        return Safe("")
    return link(code(change.id[:7], fmt), commit_page(change, web_url), fmt)


def closed(change: Change, web_url: str, fmt: str) -> list[Safe]:
    """The issues that a change closes, each linked where it is one of this repository or of the team's tracker."""
    pages = dict(change.links)
    return [link(target, pages.get(target) or issue_page(target, web_url), fmt) for target in closes(change)]


def aside(change: Change, web_url: str, fmt: str) -> Safe:
    """What stands behind a change: ` (1a2b3c4, closes #12)`, or nothing."""
    about = [commit_link(change, web_url, fmt)] if change.id else []
    about += [Safe(f"closes {issue}") for issue in closed(change, web_url, fmt)]
    return Safe(f" ({', '.join(about)})" if about else "")


def change_link(number: int, change: Change, web_url: str, fmt: str) -> Safe:
    """The number of a change in its list, linked to its commit where that is shown and has a page."""
    return link(str(number), commit_page(change, web_url) if change.id else "", fmt)


@functools.lru_cache(maxsize=4096)
def _scope_md(scope: str) -> str:
    """The same few stand before most changes of a history."""
    return f"**{escape_md(scope)}:** "


def item_md(change: Change, web_url: str) -> str:
    """The lines of one change in a Markdown list, as `changelog/change.md.j2` lays them out."""
    description = change.description
    scope = _scope_md(change.scope) if change.scope else ""
    behind = ""
    if id_ := change.id:
        if not web_url and id_.isalnum() and id_.isascii():
            behind = f" (`{id_[:7]}`"
        else:
            behind = f" ({commit_link(change, web_url, 'md')}"
        targets = closes(change)
        behind += f"{''.join([f', closes {one}' for one in closed(change, web_url, 'md')])})" if targets else ")"
    text, pull = without_pull(description) if description[-1:] in {")", " "} else (description, "")
    shown = ticketed(change, text, "md") if change.links or "`" in text else escape_md(text)
    if pull:
        shown += f" ({link(pull, _page(web_url, pull[0], pull[1:]), 'md') if web_url else pull})"
    line = f"- {scope}{shown}{behind}\n"
    for note in change.notes if change.breaking else ():
        if note != description and (more := block(note, "md", "    ")):
            line += f"  - {more}\n"
    return line


def units(text: str) -> int:
    """Length as Slack counts it, in UTF-16 units: an emoji outside the basic plane is two."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def pack(lines: Iterable[str], limit: int) -> list[str]:
    """Lines joined to texts of at most `limit` UTF-16 units; a longer line goes on in the next text, nothing is lost.

    Such a line is parted at a blank where there is one, never inside `&lt;` or `<url|text>`.
    """
    texts: list[str] = []
    current, size = "", 0
    for line in lines:
        for piece in _pieces(line, limit):
            length = units(piece)
            if current and size + 1 + length > limit:
                texts.append(current)
                current, size = "", 0
            current, size = (f"{current}\n{piece}", size + 1 + length) if current else (piece, length)
    return [*texts, current] if current else texts


def _pieces(line: str, limit: int) -> Iterable[str]:
    start = 0
    while units(line[start : start + limit + 1]) > limit:
        end = start + limit
        while (over := units(line[start:end]) - limit) > 0:
            end -= (over + 1) // 2  # a character is two units at most
        blank = line.rfind(" ", start + limit // 2, end)
        end = blank if blank > 0 else end
        for opening, closing, reach in (("<", ">", limit // 2), ("&", ";", 8)):
            opened = line.rfind(opening, max(start + 1, end - reach), end)
            if opened > 0 and closing not in line[opened:end]:
                end = opened
        yield line[start:end]
        start = end
    yield line[start:]
