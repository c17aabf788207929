"""The forms of a message that are written from one Markdown text: plain text, Slack mrkdwn and blocks, mail-safe HTML."""

from __future__ import annotations

import html
import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from release_ops.adapters.slack_blocks import BLOCK_TEXT, BLOCKS, HEADER, Block, length, split
from release_ops.escaping import Safe, clean, code, code_block, escape, is_web, link, pack
from release_ops.markdown_tree import Line, Node, Span, words

WIDTH = 80
"""Columns of plain text; a word that is longer, such as an address, stays whole."""
ROOM = 2900
"""Characters of a section that are filled; Slack takes 3000."""
MORE = "This message is longer than Slack shows at once; mail and the pages have all of it."
_RESERVE = len(MORE) + 200


def to_plain(nodes: Sequence[Node], *, width: int = WIDTH) -> str:
    """Plain text of at most `width` columns."""
    return "\n".join(_plain(nodes, width)).strip("\n") + "\n"


def _plain(nodes: Sequence[Node], width: int) -> Iterator[str]:
    for place, node in enumerate(nodes):
        if place:
            yield ""
        yield from _plain_block(node, width)


def _plain_block(node: Node, width: int) -> Iterator[str]:
    match node.kind:
        case "heading":
            lines = _wrapped(_plain_line(node.line), width)
            yield from lines
            mark = "=" if node.level == 1 else "-"
            yield mark * min(width, max((len(line) for line in lines), default=0))
        case "paragraph":
            yield from _wrapped(_plain_line(node.line), width)
        case "code":
            yield from (f"    {line}".rstrip() for line in clean(node.text).split("\n"))
        case "list":
            yield from _plain_list(node, width)
        case "quote":
            for inner in _plain(node.items[0], width - 2):
                yield f"> {inner}".rstrip()
        case "table":
            yield from _plain_table(node, width)
        case "rule":
            yield "-" * width


def _plain_list(node: Node, width: int) -> Iterator[str]:
    loose = any(len(item) > 1 and item[1].kind != "list" for item in node.items)
    for place, item in enumerate(node.items):
        mark = "- " if node.start is None else f"{node.start + place}. "
        if place and loose:
            yield ""
        lines = [
            line
            for at, inner in enumerate(item)
            for line in (*_gap(at, inner), *_plain_block(inner, width - len(mark)))
        ]
        for at, line in enumerate(lines or [""]):
            yield f"{mark if at == 0 else ' ' * len(mark)}{line}".rstrip()


def _gap(at: int, node: Node) -> tuple[str, ...]:
    return ("",) if at and node.kind != "list" else ()


def _plain_table(node: Node, width: int) -> Iterator[str]:
    """Columns, where they fit; otherwise a line for each cell."""
    rows = [[_plain_line(cell).replace("\n", " ") for cell in row] for row in node.rows]
    sizes = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
    if sum(sizes) + 2 * (len(sizes) - 1) <= width:
        for place, row in enumerate(rows):
            yield "  ".join(cell.ljust(size) for cell, size in zip(row, sizes, strict=True)).rstrip()
            if place == 0:
                yield "  ".join("-" * size for size in sizes)
        return
    heads, *body = rows
    for row in body:
        yield from _wrapped(f"- {row[0]}", width, indent="  ")
        for head, cell in zip(heads[1:], row[1:], strict=True):
            if cell:
                yield from _wrapped(f"  {head}: {cell}", width, indent="    ")


def _plain_line(line: Line) -> str:
    return "".join(_joined(line, _plain_span))


def _plain_span(span: Span) -> str:
    text = _edged(span.text, "plain")
    return f"{text} ({span.url})" if span.url and span.url != text and is_web(span.url) else text


def _wrapped(text: str, width: int, *, indent: str = "") -> list[str]:
    found: list[str] = []
    for line in text.split("\n"):
        found += textwrap.wrap(
            line, max(width, 20), subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
        ) or [""]  # fmt: skip
    return found


def to_mrkdwn(nodes: Sequence[Node]) -> str:
    """Slack mrkdwn; sent with `verbatim`, so that Slack makes neither links nor mentions out of it."""
    return "\n\n".join("\n".join(group) for group in _groups(nodes)) + "\n"


def to_blocks(title: str, nodes: Sequence[Node]) -> list[Block]:
    """Slack's blocks of one message: what goes beyond its limits is left out at the end, and said to be."""
    blocks: list[Block] = []
    if title:
        # A header's text is plain: no mark-up, no mention; its own length is Slack's.
        shown = split(str(escape(title, "plain")), HEADER - 1)[0].rstrip()
        shown = shown if shown == str(escape(title, "plain")) else f"{shown}…"
        blocks.append({"type": "header", "text": {"type": "plain_text", "text": shown, "emoji": False}})
    size = sum(length(block["text"]["text"]) for block in blocks)
    for group in _groups(nodes):
        for text in pack(group, ROOM):
            more = length(text)
            if len(blocks) == BLOCKS - 1 or size + more > BLOCK_TEXT - _RESERVE:
                return [*blocks, {"type": "context", "elements": [_mrkdwn(MORE)]}]
            blocks.append({"type": "section", "text": _mrkdwn(text)})
            size += more
    return blocks


def _mrkdwn(text: str) -> Mapping[str, object]:
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def _groups(nodes: Sequence[Node]) -> Iterator[list[str]]:
    """The lines of each passage: a heading with what stands below it."""
    group: list[str] = []
    for node in nodes:
        if node.kind == "heading" and group:
            yield group
            group = []
        elif group and node.kind == "paragraph":
            group.append("")
        group += _slack(node, "")
    if group:
        yield group


def _slack(node: Node, indent: str) -> list[str]:
    match node.kind:
        case "heading":
            found = [f"*{_slack_line(node.line, plain=True)}*"]
        case "paragraph":
            found = [f"{indent}{line}" for line in _slack_line(node.line).split("\n")]
        case "code":
            found = list(_slack_code(node.text))
        case "list":
            found = list(_slack_list(node, indent))
        case "quote":
            found = [f"{indent}> {line}" for inner in node.items[0] for line in _slack(inner, "")]
        case "table":
            found = [f"{indent}{line}" for line in _slack_table(node)]
        case _:
            found = []
    return found


def _slack_list(node: Node, indent: str) -> Iterator[str]:
    for place, item in enumerate(node.items):
        mark = ("◦ " if indent else "• ") if node.start is None else f"{node.start + place}. "
        first = True
        for inner in item:
            if inner.kind == "paragraph" and first:
                lines = _slack_line(inner.line).split("\n")
                yield f"{indent}{mark}{lines[0]}"
                yield from (f"{indent}    {line}" for line in lines[1:])
            else:
                yield from _slack(inner, f"{indent}    ")
            first = False


def _slack_table(node: Node) -> Iterator[str]:
    heads, *body = node.rows
    for row in body:
        first, *others = (_slack_line(cell) for cell in row)
        if len(others) == 1:
            yield f"• {first}: {others[0]}"
            continue
        told = [f"{words(head)}: {cell}" for head, cell in zip(heads[1:], others, strict=True) if cell]
        yield f"• *{first}*" + (f" ({'; '.join(told)})" if told else "")


def _slack_code(text: str) -> Iterator[str]:
    """Fenced code, in pieces that a section holds, each with fences of its own."""
    for piece in split(clean(text), ROOM // 3):
        yield str(code_block(piece.strip("\n"), "mrkdwn"))


def _slack_line(line: Line, *, plain: bool = False) -> str:
    return "".join(_joined(line, _slack_plain if plain else _slack_span))


def _slack_plain(span: Span) -> str:
    return _edged(span.text, "mrkdwn")


def _slack_span(span: Span) -> str:
    text = span.text.strip(" ")
    if not text:
        return span.text
    start = " " * (len(span.text) - len(span.text.lstrip(" ")))
    end = " " * (len(span.text) - len(span.text.rstrip(" ")))
    shown = code(text, "mrkdwn") if span.code else escape(text, "mrkdwn")
    if span.url:
        shown = link(shown, span.url, "mrkdwn")
    marked = f"_{shown}_" if span.italic else str(shown)
    return f"{start}{f'*{marked}*' if span.bold else marked}{end}"


_STYLES: Mapping[str, str] = {
    "h1": "font-size:21px;line-height:1.3;margin:0 0 10px",
    "h2": "font-size:17px;line-height:1.3;margin:18px 0 6px",
    "h3": "font-size:15px;margin:14px 0 4px",
    "p": "margin:0 0 10px",
    "ul": "margin:0 0 12px;padding:0 0 0 22px",
    "ol": "margin:0 0 12px;padding:0 0 0 26px",
    "li": "margin:0 0 4px",
    "pre": "margin:0 0 12px;padding:10px 12px;background:#f3f4f6;white-space:pre-wrap;word-break:break-word;"
    "font-family:Consolas,Menlo,monospace;font-size:13px;line-height:1.4",
    "code": "font-family:Consolas,Menlo,monospace;font-size:13px;background:#f3f4f6;padding:1px 3px",
    "blockquote": "margin:0 0 12px;padding:0 0 0 12px;border-left:3px solid #d6dae0;color:#59636e",
    "table": "border-collapse:collapse;margin:0 0 14px",
    "th": "padding:5px 16px 5px 0;border-bottom:1px solid #d6dae0;text-align:left;font-size:13px;color:#59636e",
    "td": "padding:5px 16px 5px 0;border-bottom:1px solid #d6dae0;vertical-align:top;text-align:left",
    "a": "color:#0b5cad",
    "hr": "border:0;border-top:1px solid #d6dae0;margin:18px 0",
}
"""Styles stand in the elements: mail programs drop style sheets."""


def to_html(nodes: Sequence[Node]) -> Safe:
    """The body of a mail: elements with their styles, no classes, scripts, pictures or forms."""
    return Safe("\n".join(_html(nodes)))


def _html(nodes: Iterable[Node]) -> Iterator[str]:
    for node in nodes:
        match node.kind:
            case "heading":
                yield _element(f"h{min(node.level, 3)}", _html_line(node.line))
            case "paragraph":
                yield _element("p", _html_line(node.line))
            case "code":
                yield _element("pre", html.escape(clean(node.text)))
            case "list":
                yield _html_list(node)
            case "quote":
                yield _element("blockquote", "\n".join(_html(node.items[0])))
            case "table":
                yield _html_table(node)
            case "rule":
                yield f'<hr style="{_STYLES["hr"]}">'


def _html_list(node: Node) -> str:
    items = []
    for item in node.items:
        # The first paragraph of an item stands in the item itself: mail programs put space around paragraphs.
        first = _html_line(item[0].line) if item and item[0].kind == "paragraph" else ""
        rest = item[1:] if first else item
        items.append(_element("li", "\n".join([*([first] if first else []), *_html(rest)])))
    start = f' start="{node.start}"' if node.start not in (None, 1) else ""
    return _element("ul" if node.start is None else "ol", "\n" + "\n".join(items) + "\n", start)


def _html_table(node: Node) -> str:
    rows = []
    for place, row in enumerate(node.rows):
        tag, more = ("th", ' scope="col"') if place == 0 else ("td", "")
        rows.append("<tr>" + "".join(_element(tag, _html_line(cell), more) for cell in row) + "</tr>")
    return _element("table", "\n" + "\n".join(rows) + "\n", ' cellpadding="0" cellspacing="0"')


def _html_line(line: Line) -> str:
    return "".join(_joined(line, _html_span)).replace("\n", "<br>")


def _html_span(span: Span) -> str:
    shown = _edged(span.text, "html")
    if span.code:
        shown = _element("code", shown)
    if span.italic:
        shown = f"<em>{shown}</em>"
    if span.bold:
        shown = f"<strong>{shown}</strong>"
    if span.url and is_web(span.url):
        return f'<a href="{html.escape(span.url)}" style="{_STYLES["a"]}">{shown}</a>'
    return shown


def _element(tag: str, inner: str, more: str = "") -> str:
    return f'<{tag}{more} style="{_STYLES[tag]}">{inner}</{tag}>'


def _joined(line: Line, shown: Callable[[Span], str]) -> Iterator[str]:
    for span in line:
        yield "\n" if span.text == "\n" else shown(span)


def _edged(text: str, fmt: str) -> str:
    """Text for a format with the blanks at its ends, which part it from its neighbours."""
    bare = text.strip(" ")
    if not bare:
        return text
    start = text.index(bare)
    return f"{text[:start]}{escape(bare, fmt)}{text[start + len(bare) :]}"
